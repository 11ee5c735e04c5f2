# Variables that are recorded in steps: components that are tighter than these are no answer.

# Answers from 1 to 5 to four questions, of one population.
answers <- function(n = 300, holes = 0) {
  opinions <- matrix(rnorm(4 * n), n) %*% chol(0.5 * diag(4) + 0.5)
  out <- pmin(pmax(round(3 + opinions), 1), 5)
  out[sample(length(out), holes)] <- NA
  colnames(out) <- c("q1", "q2", "q3", "q4")
  out
}

few_models <- c("EEI", "EEE", "VEI", "EEV", "VVV")

# The least eigenvalue of covariances relative to what rounding adds to the variances.
least_spread <- function(fit) {
  unit <- fit$rounding
  min(apply(fit$covariances, 3, function(s) min(eigen(s / outer(unit, unit))$values)))
}

test_that("the steps of the variables are found in whatever unit, with holes", {
  set.seed(1)
  x <- cbind(answers(100, 20), tenths = round(rnorm(100, 50), 1), free = rnorm(100))
  steps <- c(q1 = 1, q2 = 1, q3 = 1, q4 = 1, tenths = 0.1, free = 0)
  expect_equal(gmm_fit(x, k = 1)$step, steps)
  expect_equal(gmm_fit(x / 3 + 7, k = 1)$step, steps / 3)
  expect_equal(gmm_fit(scale(x), k = 1)$step, steps / apply(x, 2, sd, na.rm = TRUE))
  variances <- apply(x, 2, var, na.rm = TRUE) * (colSums(!is.na(x)) - 1) / colSums(!is.na(x))
  expect_equal(gmm_fit(x, k = 1)$rounding, sqrt(pmin(steps^2 / 12, variances / 10)))
  expect_null(gmm_fit(x[, "free"], k = 1)$step)
  expect_identical(gmm_fit(x[sample(100), ], k = 1)$step, gmm_fit(x, k = 1)$step)
  expect_equal(gmm_fit(iris[1:4], k = 1)$step, 0.1 + 0 * colMeans(iris[1:4]))
})

test_that("a selection describes the answers and not their steps", {
  for (holes in c(0, 120)) {
    set.seed(2)
    x <- answers(holes = holes)
    selection <- gmm_select(x, k = c(1, 2, 5, 6), models = few_models)
    expect_identical(selection$best$k, 1L)
    table <- as.data.frame(selection)
    proper <- which(table$status == "ok" & table$k > 1)
    expect_gt(length(proper), 3)
    for (i in proper) {
      expect_gt(least_spread(selection[[i]]), 0.8)
    }
    # Without the limit many components are far ahead of one.
    # They may gain without end.
    free <- suppressWarnings(
      gmm_select(x, k = c(1, 5, 6), models = few_models, control = gmm_control(min_rounding = 0)),
      classes = "gaussmix_warning_not_converged"
    )
    expect_gt(free$best$k, 4)
    expect_lt(BIC(free), BIC(selection) - 50)
    expect_lt(least_spread(free$best), 0.8)
    expect_match(format(free), "tighter than the rounding of the values", all = FALSE)
    expect_no_match(format(selection), "tighter than the rounding of the values")
  }
})

test_that("the limit follows the unit of each variable", {
  set.seed(3)
  x <- answers()
  units <- c(1e-8, 3, 1, 1e8)
  fits <- lapply(list(x, sweep(x, 2, units, "*")), function(x) {
    set.seed(4)
    gmm_fit(x, k = 5, model = "EEE")
  })
  expect_equal(fits[[2]]$loglik, fits[[1]]$loglik - 300 * sum(log(units)), tolerance = 1e-8)
  expect_equal(fits[[2]]$proportions, fits[[1]]$proportions, tolerance = 1e-5)
  expect_equal(fits[[2]]$rounding, fits[[1]]$rounding * units)
  for (fit in fits) {
    expect_true("rounded" %in% fit$starts$outcome)
  }
})

test_that("where nothing else is left, the error says why, and what lets it be", {
  set.seed(5)
  # Two groups, each of which gives one answer to the first question, but for one person.
  x <- cbind(a = rep(1:2, each = 100), b = c(rnorm(100), rnorm(100, 8)))
  x[c(1, 101), "a"] <- c(2, 1)
  part <- rep(1:2, each = 100)
  failed <- expect_error(
    gmm_fit(x, 2, "EEI", labels = part), class = "gaussmix_error_degenerate"
  )
  expect_match(conditionMessage(failed), "`a` is recorded in steps", fixed = TRUE)
  expect_match(conditionMessage(failed), "min_rounding = 0", fixed = TRUE)
  expect_identical(tail(failed$starts$outcome, 1), "rounded")
  fit <- gmm_fit(x, 2, "EEI", labels = part, control = gmm_control(min_rounding = 0))
  expect_equal(unname(fit$covariances[1, 1, ]), rep(0.0099, 2))
  expect_match(format(fit), "all components are tighter than the rounding", all = FALSE)
  expect_s3_class(gmm_fit(x, 2, "EEI", labels = part, prior = gmm_prior()), "gmm_fit")
  # A table has the reason, too, and a selection of nothing else.
  table <- as.data.frame(gmm_select(x, 2:3, c("EII", "EEI"), labels = part))
  expect_identical(table$status[table$k == 2], c("ok", "rounded"))
  failed <- expect_error(
    gmm_select(x, 2, "EEI", labels = part), class = "gaussmix_error_degenerate"
  )
  expect_match(conditionMessage(failed), "`a` is recorded in steps", fixed = TRUE)
})

test_that("the errors and what print says read well", {
  x <- cbind(a = rep(1:2, each = 100), b = seq(0, 1, length.out = 200)^2)
  x[c(1, 101), "a"] <- c(2, 1)
  part <- rep(1:2, each = 100)
  expect_snapshot(error = TRUE, {
    gmm_fit(x, 2, "EEI", labels = part)
    gmm_select(x, 2, "EEI", labels = part)
  })
  fit <- gmm_fit(x, 2, "EEI", labels = part, prior = gmm_prior(size = 1, scale = 1e-3))
  expect_identical(tight_components(fit), 1:2)
  expect_snapshot(cat(head(format(fit), 8), sep = "\n"))
})

test_that("weights, noise, labels, samples and folds know the steps", {
  set.seed(8)
  x <- answers(400, 60)
  labels <- c(rep(c("low", "high"), 5), rep(NA, 390))
  selection <- gmm_select(
    x, 5:6, c("EEE", "EEV"), weights = rep(1:2, 200), labels = labels, noise = TRUE
  )
  table <- as.data.frame(selection)
  for (i in which(table$status == "ok")) {
    expect_gt(least_spread(selection[[i]]), 0.8)
  }
  with_folds <- gmm_select(x, c(1, 5), "EEE", criterion = "CV", folds = 3)
  expect_identical(with_folds$best$k, 1L)
  set.seed(9)
  many <- gmm_fit(answers(12000), 5, "EEE")
  expect_lt(many$starts$n[[1]], 12000)
  expect_gt(least_spread(many), 0.8)
})

test_that("one component has no limit, nor have continuous variables", {
  set.seed(7)
  rare <- cbind(rbinom(500, 1, 0.01), rnorm(500))
  expect_equal(gmm_fit(rare, k = 1)$covariances[1, 1, 1], mean(rare[, 1]) * (1 - mean(rare[, 1])))
  tight <- rbind(matrix(rnorm(200), 100), matrix(rnorm(200, 5, 1e-4), 100))
  part <- rep(1:2, each = 100)
  expect_identical(gmm_fit(tight, start = part)$classification, part)
  # Rounded, which leaves one of the groups hardly more than a point.
  rounded <- rbind(matrix(rnorm(200), 100), matrix(rnorm(800, 5, 2.5e-4), 400))
  rounded <- round(rounded, 3)
  part <- rep(1:2, c(100, 400))
  expect_error(gmm_fit(rounded, start = part, model = "VVI"), class = "gaussmix_error_degenerate")
  fit <- gmm_fit(rounded, start = part, model = "VVI", control = gmm_control(min_rounding = 0.1))
  expect_identical(fit$classification, part)
})

test_that("variables that differ in nothing but their rounding are no reason to refuse groups", {
  refused <- 0
  for (seed in 1:10) {
    set.seed(seed)
    group <- rep(1:2, each = 150)
    height <- rnorm(300, c(160, 185)[group], 6)
    x <- cbind(cm = round(height), inch = round(height / 2.54))
    fit <- gmm_fit(x, start = group, model = "EEE", control = gmm_control(min_rounding = 0))
    expect_gt(mean(fit$classification == group), 0.9)
    refused <- refused + (length(tight_components(fit)) > 0)
  }
  expect_lte(refused, 1)
})

test_that("a limit that is set otherwise is the one that holds", {
  set.seed(1)
  x <- cbind(a = rpois(200, rep(c(2, 12), 100)), b = rpois(200, rep(c(2, 12), 100)))
  expect_s3_class(gmm_fit(x, 2), "gmm_fit")
  expect_error(
    gmm_fit(x, 2, control = gmm_control(min_rounding = 1000)), "may describe the steps",
    class = "gaussmix_error_degenerate"
  )
})
