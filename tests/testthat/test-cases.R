# What is known of the rows besides their values, or not: missing values, known classes, noise,
# weights; each for itself, and all together against EM in plain R.

x <- as.matrix(iris[, 1:4])
models <- model_table()$name[nchar(model_table()$name) > 1L]

with_seed <- function(code, seed = 1) {
  set.seed(seed)
  code
}

holes_in <- function(x, share, seed = 2) {
  x[with_seed(sample(length(x), share * length(x)), seed)] <- NA
  x
}

plain_em <- function(n_iter) gmm_control(tol = 0, max_iter = n_iter, accelerate = FALSE)

# A fit from parameters that are given, step by step.
steps_of <- function(x, start, model, n_iter, ...) {
  gmm_fit(x, model = model, start = start, control = plain_em(n_iter), ...)
}

expect_same_steps <- function(fit, reference) {
  expect_equal(fit$loglik_trace, reference$loglik_trace, tolerance = 1e-10)
  expect_parameters(fit, reference)
  if (!is.null(fit$noise)) expect_equal(fit$noise, reference$noise, tolerance = 1e-8)
}

# ---- all together ------------------------------------------------------------------

scene <- local({
  set.seed(11)
  n <- c(60, 50, 40, 30)
  x <- rbind(
    matrix(rnorm(3 * n[[1]]), n[[1]]),
    matrix(rnorm(3 * n[[2]]), n[[2]]) %*% matrix(c(1, .6, 0, 0, .8, .3, 0, 0, .5), 3) + 3,
    matrix(rnorm(3 * n[[3]]), n[[3]]) + rep(c(-3, 2, 0), each = n[[3]]),
    matrix(runif(3 * n[[4]], -8, 8), n[[4]])
  )
  class <- rep(1:4, n)
  x[sample(length(x), 0.15 * length(x))] <- NA
  x[5, ] <- NA
  labels <- factor(c("a", "b")[class])
  labels[sample(sum(n), 130)] <- NA
  list(x = x, class = class, labels = labels, weights = rep_len(c(1, 2, 0.5, 1, 3), sum(n)))
})

# The entropy that a row without values adds to the reference's.
row_entropy <- function(fit, i) {
  p <- c(fit$proportions, fit$noise)
  scene$weights[[i]] * -sum(p * log(p))
}

scene_start <- list(
  proportions = c(.3, .3, .2), noise = .2, means = rbind(c(0, 0, 0), c(3, 3, 3), c(-3, 2, 1)),
  covariances = array(2 * diag(3), c(3, 3, 3)) * rep(c(1, .8, 1.1), each = 9)
)

test_that("weights, missing values, labels and noise together are EM in plain R, every model", {
  region <- t(apply(scene$x, 2, range, na.rm = TRUE))
  codes <- as.integer(scene$labels)
  for (model in models) {
    fit <- steps_of(
      scene$x, scene_start, model, 5,
      weights = scene$weights, labels = scene$labels, noise = TRUE
    )
    # What is given is brought into the model first.
    begin <- steps_of(
      scene$x, scene_start, model, 0,
      weights = scene$weights, labels = scene$labels, noise = TRUE
    )
    reference <- ref_facts_em(scene$x, begin, model, 5, scene$weights, codes, region)
    if (model %in% common_axes_models) {
      # Each M-step is one of several ways up; where it ends is a fixed point all the same.
      end <- gmm_fit(
        scene$x, model = model, start = fit, weights = scene$weights, labels = scene$labels,
        noise = TRUE, control = gmm_control(tol = 1e-14)
      )
      again <- ref_facts_em(scene$x, end, model, 1, scene$weights, codes, region)
      expect_equal(again$loglik_trace, rep(end$loglik, 2), tolerance = 1e-10)
      expect_parameters(end, again, tolerance = 1e-4)
      next
    }
    expect_same_steps(fit, reference)
    expect_equal(fit$entropy, reference$entropy - row_entropy(fit, 5), tolerance = 1e-6)
  }
})

test_that("so is a fit by one thread, or more, to the last bit, and by any instructions", {
  big <- scene$x[rep(seq_len(180), 40), ] + with_seed(rnorm(180 * 40 * 3) / 10)
  fits <- lapply(1:3, function(threads) {
    with_seed(gmm_fit(
      big, 4,
      labels = rep(scene$labels, 40), noise = TRUE, weights = rep(scene$weights, 40),
      control = gmm_control(threads = threads, n_moves = 2), nstart = 3
    ))
  })
  expect_identical(fits[[2]]$loglik_trace, fits[[1]]$loglik_trace)
  expect_identical(coef(fits[[2]]), coef(fits[[1]]))
  expect_identical(fits[[3]]$classification, fits[[1]]$classification)
})

test_that("the fit does not depend on the order of the rows, nor on units", {
  fit <- function(x, rows = seq_len(nrow(x))) {
    gmm_fit(
      x[rows, ], 3,
      start = scene_start,
      weights = scene$weights[rows], labels = scene$labels[rows], noise = TRUE
    )
  }
  known <- fit(scene$x)
  shuffled <- with_seed(sample(180))
  other <- fit(scene$x, shuffled)
  expect_equal(other$loglik, known$loglik, tolerance = 1e-9)
  expect_identical(other$classification, known$classification[shuffled])
  start <- known[c("proportions", "means", "covariances", "noise")]
  start$means <- start$means * 1024
  start$covariances <- start$covariances * 1024^2
  scaled <- gmm_fit(
    scene$x * 1024, 3,
    start = start, weights = scene$weights, labels = scene$labels, noise = TRUE
  )
  observed <- sum(scene$weights * rowSums(!is.na(scene$x)))
  expect_equal(scaled$loglik + observed * log(1024), known$loglik, tolerance = 1e-9)
})

test_that("the law of replication holds with all of them", {
  weights <- rep_len(c(1, 2, 0, 1, 3), 180)
  rows <- rep(1:180, weights)
  weighted <- gmm_fit(scene$x, 3,
    start = scene_start, weights = weights, labels = scene$labels, noise = TRUE
  )
  repeated <- gmm_fit(scene$x[rows, ], 3,
    start = scene_start, labels = scene$labels[rows], noise = TRUE
  )
  expect_equal(weighted$loglik, repeated$loglik, tolerance = 1e-10)
  expect_equal(coef(weighted), coef(repeated), tolerance = 1e-6)
  expect_equal(BIC(weighted), BIC(repeated), tolerance = 1e-10)
  expect_equal(nobs(weighted), nobs(repeated))
})

test_that("a selection takes all of them, and cross-validates", {
  selection <- with_seed(gmm_select(
    scene$x, k = 2:3, models = c("EEE", "VVV", "VVI"), criterion = "CV", folds = 3,
    weights = scene$weights, labels = scene$labels, noise = TRUE
  ))
  expect_true(all(selection$table$status == "ok"))
  codes <- as.integer(scene$labels)
  for (i in seq_len(nrow(selection$table))) {
    fit <- selection[[i]]
    e <- ref_facts_estep(scene$x, fit, scene$weights, codes, fit$region)
    expect_equal(fit$loglik, e$loglik, tolerance = 1e-10)
    expect_equal(fit$entropy, e$entropy - row_entropy(fit, 5), tolerance = 1e-6)
    expect_equal(selection$table$BIC[[i]], BIC(fit))
    expect_identical(names(fit$proportions)[1:2], c("a", "b"))
  }
  expect_true(all(is.finite(selection$table$CV)))
  expect_identical(selection$best$labels, scene$labels)
  more <- update(selection, k = 4)
  expect_equal(unique(more$table$k), 2:4)
  expect_error(update(selection, k = 1), class = "gaussmix_error_labels")
})

# ---- missing values ----------------------------------------------------------------

test_that("at k = 1, two variables and a monotone pattern, the fit has a closed form", {
  # Anderson (1957): regression of what is missing on what is there.
  y <- with_seed(cbind(a = rnorm(80), b = 0))
  y[, "b"] <- 1 + 2 * y[, "a"] + with_seed(rnorm(80), 3)
  y[51:80, "b"] <- NA
  fit <- gmm_fit(y, 1, control = gmm_control(tol = 1e-15))
  line <- stats::lm(b ~ a, as.data.frame(y))
  mean_a <- mean(y[, "a"])
  var_a <- mean((y[, "a"] - mean_a)^2)
  slope <- coef(line)[["a"]]
  expect_equal(fit$means[1, ], c(a = mean_a, b = sum(coef(line) * c(1, mean_a))), tolerance = 1e-7)
  expect_equal(
    fit$covariances[, , 1],
    matrix(
      c(var_a, slope * var_a, slope * var_a, mean(residuals(line)^2) + slope^2 * var_a), 2,
      dimnames = list(c("a", "b"), c("a", "b"))
    ),
    tolerance = 1e-7
  )
})

test_that("the log-likelihood is that of the values that there are, for every model", {
  y <- holes_in(x, 0.2)
  for (model in models) {
    fit <- with_seed(gmm_fit(y, 3, model))
    expect_equal(fit$loglik, ref_facts_estep(y, fit)$loglik, tolerance = 1e-12)
    expect_gte(min(diff(fit$loglik_trace)), -1e-9)
    more <- ref_facts_em(y, fit, model, 1)
    expect_lt(diff(more$loglik_trace), 150 * 1e-8)
  }
})

test_that("an E-step, scores and predictions are of the values that there are", {
  y <- holes_in(x, 0.3)
  y[7, ] <- NA
  fit <- with_seed(gmm_fit(x, 3))
  e <- gmm_estep(y, fit)
  reference <- ref_facts_estep(y, fit)
  expect_equal(unname(e$responsibilities), reference$responsibilities[, 1:3], tolerance = 1e-10)
  expect_equal(e$loglik, reference$loglik, tolerance = 1e-10)
  expect_equal(unname(e$responsibilities[7, ]), unname(fit$proportions), tolerance = 1e-12)
  expect_equal(e$logdensity[[7]], 0, tolerance = 1e-12)
  expect_equal(unname(predict(fit, y)), max.col(reference$responsibilities[, 1:3], "first"))
  # A data frame, with names, in another order.
  frame <- data.frame(y, row.names = paste0("r", 1:150))
  expect_equal(
    predict(fit, frame[, 4:1], type = "logdensity"),
    stats::setNames(e$logdensity, rownames(frame)), tolerance = 1e-12
  )
})

test_that("rows without any value count for nothing, and get the prior class", {
  y <- rbind(x, NA, NA)
  fit <- with_seed(gmm_fit(y, 3))
  plain <- with_seed(gmm_fit(x, 3))
  expect_equal(fit$loglik, plain$loglik, tolerance = 1e-12)
  expect_equal(BIC(fit), BIC(plain), tolerance = 1e-12)
  expect_equal(nobs(fit), 150)
  expect_identical(fit$classification[151:152], rep(unname(which.max(fit$proportions)), 2))
  expect_equal(fit$missing$empty, 2)
})

test_that("na_action says what becomes of rows with missing values", {
  y <- holes_in(x, 0.05)
  whole <- stats::complete.cases(y)
  omitted <- with_seed(gmm_fit(y, 3, na_action = "omit"))
  complete <- with_seed(gmm_fit(y[whole, ], 3))
  expect_equal(omitted$loglik, complete$loglik, tolerance = 1e-12)
  expect_identical(omitted$classification[whole], complete$classification)
  expect_identical(nobs(omitted), sum(whole))
  expect_length(omitted$classification, 150)
  expect_error(gmm_fit(y, 3, na_action = "fail"), class = "gaussmix_error_data")
  fit <- with_seed(gmm_fit(y, 3))
  expect_identical(fit$missing$cells, 30)
  expect_identical(fit$missing$rows, sum(!whole))
  expect_null(with_seed(gmm_fit(x, 3))$missing)
  expect_snapshot(cat(format(fit)[1:3], format(omitted)[1:3], sep = "\n"))
})

test_that("collinear columns are that although a value is missing", {
  y <- with_seed(cbind(a = rnorm(60), b = rnorm(60)))
  y <- cbind(y, c = y[, "a"] + y[, "b"])
  y[2:4, "c"] <- NA
  expect_error(gmm_fit(y, 2), "linear combination", class = "gaussmix_error_data")
  expect_error(gmm_select(y, 2, "VVV"), "linear combination", class = "gaussmix_error_data")
  expect_s3_class(with_seed(gmm_fit(y, 2, "VVI")), "gmm_fit")
})

test_that("what too few values tell of is no answer", {
  set.seed(2)
  y <- cbind(rnorm(400), rnorm(400), rnorm(400))
  y[201:400, ] <- y[201:400, ] + 4
  y[-sample(400, 12), 3] <- NA
  # A variance from a handful of values, though each component holds 200 rows.
  expect_error(
    with_seed(gmm_fit(y, 2, nstart = 12, control = gmm_control(n_moves = 5))),
    class = "gaussmix_error_degenerate"
  )
  # Of eight variables of which half are missing, no direction is sure.
  set.seed(3)
  y <- matrix(rnorm(1600), 200) %*% matrix(rnorm(64), 8)
  y[sample(1600, 800)] <- NA
  expect_error(gmm_fit(y, 1), class = "gaussmix_error_degenerate")
  # A prior holds them.
  fit <- gmm_fit(y, 1, prior = gmm_prior())
  expect_gt(min(eigen(cov2cor(fit$covariances[, , 1]))$values), 1e-6)
  expect_gte(min(diff(fit$loglik_trace)), -1e-7)
  set.seed(8)
  y <- matrix(rnorm(150), 30)
  y[sample(150, 75)] <- NA
  fit <- with_seed(gmm_fit(y, 2, "EVV", prior = gmm_prior()))
  expect_gte(min(diff(fit$loglik_trace)), -1e-7)
})

test_that("what is left out is as if it were not there", {
  y <- holes_in(x, 0.05)
  omitted <- with_seed(gmm_fit(y, 3, na_action = "omit"))
  complete <- with_seed(gmm_fit(na.omit(y), 3))
  expect_identical(omitted$loglik, complete$loglik)
  expect_identical(coef(omitted), coef(complete))
  # A column without any value where a fold is left out.
  y <- x
  y[-(1:15), 4] <- NA
  selection <- with_seed(gmm_select(y, 1, c("EII", "VVV")))
  expect_true(all(selection$table$status == "ok"))
  expect_error(
    update(selection, criterion = "CV", folds = rep(1:10, each = 15)),
    class = "gaussmix_error_degenerate"
  )
})

test_that("a start is drawn of rows with missing values, and taken as a partition", {
  y <- holes_in(x, 0.2)
  start <- with_seed(gmm_start(y, 3))
  expect_setequal(start$partition, 1:3)
  expect_length(start$partition, 150)
  expect_gt(gmm_compare(start$partition, iris$Species)$ari, 0.4)
  from_parts <- gmm_fit(y, start = iris$Species)
  expect_equal(from_parts$loglik, with_seed(gmm_fit(y, 3))$loglik, tolerance = 1e-8)
  expect_error(gmm_mstep(y, iris$Species), class = "gaussmix_error_data")
})

test_that("many rows with missing values are searched on a sample, by patterns", {
  set.seed(5)
  centre <- rep(c(0, 4, 8), each = 4000)
  big <- holes_in(cbind(rnorm(12000, centre), rnorm(12000, -centre), rnorm(12000)), 0.2)
  fit <- with_seed(gmm_fit(big, 3, control = gmm_control(sample = 1000)))
  expect_equal(sort(unique(fit$starts$n)), c(1000, 12000 - fit$missing$empty))
  expect_equal(unname(fit$means[, 1]), c(0, 4, 8), tolerance = 0.05)
  expect_gt(gmm_compare(fit, centre)$ari, 0.8)
})

test_that("values missing at random do not bias the means, as leaving rows out does", {
  set.seed(6)
  n <- 4000
  a <- rnorm(n)
  y <- cbind(a, b = a + rnorm(n) / 2)
  # The larger a is, the likelier b is missing.
  y[stats::runif(n) < stats::plogis(3 * a), "b"] <- NA
  expect_lt(abs(gmm_fit(y, 1)$means[1, "b"]), 0.06)
  expect_gt(abs(gmm_fit(y, 1, na_action = "omit")$means[1, "b"]), 0.3)
})

# ---- known classes -------------------------------------------------------------------

some_known <- function(n_unknown, seed = 3) {
  labels <- iris$Species
  labels[with_seed(sample(150, n_unknown), seed)] <- NA
  labels
}

test_that("rows of a known class stay in it, and classes name the components", {
  labels <- some_known(120)
  fit <- with_seed(gmm_fit(x, labels = labels))
  expect_identical(names(fit$proportions), levels(labels))
  expect_identical(fit$k, 3L)
  known <- !is.na(labels)
  expect_identical(fit$classification[known], as.integer(labels)[known])
  expect_equal(fit$loglik, ref_facts_estep(x, fit, labels = as.integer(labels))$loglik,
    tolerance = 1e-12
  )
  expect_s3_class(predict(fit), "factor")
  expect_identical(predict(fit)[known], labels[known])
  # New rows are no known ones.
  expect_identical(levels(predict(fit, x[1:2, ])), levels(labels))
  prob <- predict(fit, x, type = "prob")
  expect_true(all(prob[known, ] < 1 | prob[known, ] > 0))
  # Whatever the order of the levels.
  turned <- factor(labels, rev(levels(labels)))
  other <- with_seed(gmm_fit(x, labels = turned))
  expect_equal(other$loglik, fit$loglik, tolerance = 1e-9)
  expect_identical(as.character(predict(other)), as.character(predict(fit)))
})

test_that("a level that is NA is no class", {
  labels <- some_known(120)
  fit <- with_seed(gmm_fit(x, labels = labels))
  expect_identical(with_seed(gmm_fit(x, labels = addNA(labels)))$loglik, fit$loglik)
})

test_that("a start with the names of classes is taken by these", {
  labels <- factor(some_known(120), c("virginica", "setosa", "versicolor"))
  fit <- with_seed(gmm_fit(x, labels = labels))
  for (start in list(iris$Species, as.character(iris$Species), gmm_fit(x, labels = iris$Species))) {
    from_start <- gmm_fit(x, labels = labels, start = start)
    expect_identical(names(from_start$proportions), levels(labels))
    expect_equal(from_start$loglik, fit$loglik, tolerance = 1e-8)
    # There from the beginning, not on the way.
    begin <- gmm_fit(x, labels = labels, start = start, control = plain_em(0))
    expect_lt(begin$means["setosa", "Petal.Length"], 2)
  }
})

test_that("there may be more components than classes", {
  labels <- some_known(120)
  two <- droplevels(replace(labels, labels == "virginica", NA))
  fit <- with_seed(gmm_fit(x, 3, labels = two))
  expect_identical(names(fit$proportions), c("setosa", "versicolor", "3"))
  expect_gt(mean(as.integer(predict(fit)) == as.integer(iris$Species)), 0.9)
  selection <- with_seed(gmm_select(x, labels = two, models = c("EEE", "VVV")))
  expect_equal(unique(selection$table$k), 2:9)
})

test_that("all classes known are discriminant analysis", {
  for (model in models) {
    fit <- gmm_fit(x, model = model, labels = iris$Species)
    # An M-step is all there is to it.
    step <- gmm_mstep(x, iris$Species, model)
    expect_equal(fit$covariances, step$covariances, tolerance = 1e-5, ignore_attr = TRUE)
    expect_equal(unname(fit$means), unname(step$means))
    expect_equal(nrow(fit$starts), 1)
  }
  fit <- gmm_fit(x, model = "EEE", labels = iris$Species)
  # Fisher's discriminant functions, with the scatter within classes over n.
  means <- rowsum(x, iris$Species) / as.vector(table(iris$Species))
  pooled <- crossprod(x - means[iris$Species, ]) / nrow(x)
  slopes <- solve(pooled, t(means))
  scores <- sweep(x %*% slopes, 2L, colSums(slopes * t(means)) / 2)
  expect_equal(
    unname(predict(fit, x, type = "prob")), unname(exp(scores) / rowSums(exp(scores))),
    tolerance = 1e-8
  )
  expect_identical(as.character(predict(fit, x)), levels(iris$Species)[max.col(scores)])
})

test_that("labels and EDDA of mclust give the same parameters", {
  skip_if_not_installed("mclust")
  library(mclust, warn.conflicts = FALSE, quietly = TRUE)
  labels <- as.character(some_known(120))
  for (model in c("EII", "VVI", "EEE", "EEV", "VEV", "VVV")) {
    theirs <- mclust::MclustDA(x, iris$Species,
      modelType = "EDDA", modelNames = model, verbose = FALSE
    )
    ours <- gmm_fit(x, model = model, labels = iris$Species)
    expect_equal(unname(predict(ours, x, type = "prob")), unname(predict(theirs, x)$z),
      tolerance = 1e-4
    )
    semi <- mclust::MclustSSC(x, labels, G = 3, modelNames = model, verbose = FALSE)
    start <- list(
      proportions = semi$parameters$pro, means = t(semi$parameters$mean),
      covariances = semi$parameters$variance$sigma
    )
    same <- gmm_fit(x, model = model, labels = labels, start = start)
    expect_equal(same$loglik, semi$loglik, tolerance = 1e-4)
    # And a search finds no less.
    expect_gte(with_seed(gmm_fit(x, model = model, labels = labels))$loglik, semi$loglik - 1e-3)
  }
})

test_that("few known rows among many name the components all the same", {
  set.seed(9)
  class <- rep(1:3, c(12000, 9000, 9000))
  y <- cbind(rnorm(30000, c(0, 5, -5)[class]), rnorm(30000, c(0, 5, 5)[class]))
  labels <- factor(c("a", "b", "c")[class])
  known <- unlist(lapply(1:3, function(j) sample(which(class == j), 2)))
  labels[-known] <- NA
  for (seed in 1:3) {
    fit <- with_seed(gmm_fit(y, 3, "EII", labels = labels), seed)
    expect_lt(min(fit$starts$n), 30000)
    expect_gt(mean(fit$classification == class), 0.99)
  }
  # Some of a class are many, of another few.
  labels[which(class == 1)[1:5000]] <- "a"
  fit <- with_seed(gmm_fit(y, 3, "VVV", labels = labels, weights = rep(c(1, 2), 15000)))
  expect_gt(mean(fit$classification == class), 0.99)
})

test_that("labels and starts that do not fit each other are told apart", {
  expect_error(
    gmm_fit(x, start = gmm_start(x, 2), labels = iris$Species),
    class = "gaussmix_error_labels"
  )
  # Named components of one variable, with and without labels.
  v <- with_seed(c(rnorm(50), rnorm(50, 5)))
  start <- list(proportions = c(a = .5, b = .5), means = c(0, 5), covariances = c(1, 1))
  expect_identical(names(gmm_fit(v, start = start)$proportions), c("a", "b"))
  labels <- factor(c("b", rep(NA, 48), "b", "a", "a", rep(NA, 48)))
  turned <- gmm_fit(v, start = start, labels = labels)
  expect_identical(names(turned$proportions), c("a", "b"))
  # Classes that are called 0 and 1, with noise.
  binary <- rep(0:1, each = 50)
  fit <- gmm_fit(v, labels = replace(binary, 3:40, NA), noise = TRUE, start = binary)
  expect_identical(tidy(fit)$component, c("0", "1", "noise"))
  # Twelve classes are sorted as numbers.
  many <- rep(1:12, each = 10)
  w <- many * 10 + with_seed(rnorm(120))
  fit <- gmm_fit(w, labels = replace(many, many > 2, NA), start = many)
  expect_equal(order(fit$means), 1:12)
})

# ---- noise -----------------------------------------------------------------------------

noisy <- local({
  set.seed(8)
  list(
    x = rbind(
      matrix(rnorm(300), 150), matrix(rnorm(200), 100) %*% matrix(c(1, .8, 0, .4), 2) + 5,
      matrix(runif(120, -10, 10), 60)
    ),
    class = rep(c(1, 2, 0), c(150, 100, 60))
  )
})

test_that("noise is found without being told where it is", {
  for (seed in 1:5) {
    fit <- with_seed(gmm_fit(noisy$x, 2, noise = TRUE), seed)
    told <- gmm_fit(noisy$x, 2, noise = TRUE, start = noisy$class)
    expect_equal(fit$loglik, told$loglik, tolerance = 1e-9)
    expect_equal(fit$noise, 60 / 310, tolerance = 0.3)
    expect_gt(gmm_compare(fit$classification, noisy$class)$ari, 0.85)
  }
  expect_equal(sum(fit$proportions) + fit$noise, 1)
  expect_identical(fit$df, with_seed(gmm_fit(noisy$x, 2))$df + 1)
  expect_lt(BIC(fit), BIC(with_seed(gmm_fit(noisy$x, 2))))
  expect_setequal(fit$classification, 0:2)
  prob <- predict(fit, type = "prob")
  expect_identical(colnames(prob), c("1", "2", "noise"))
  expect_equal(rowSums(prob), rep(1, 310))
  expect_identical(fit$classification == 0, max.col(prob, "first") == 3)
  # Far from everything is noise.
  expect_identical(predict(fit, cbind(1e3, -1e3)), 0L)
})

test_that("noise is what mclust makes of it from the same start", {
  skip_if_not_installed("mclust")
  library(mclust, warn.conflicts = FALSE, quietly = TRUE)
  volume <- prod(apply(noisy$x, 2, function(a) diff(range(a))))
  z <- mclust::unmap(ifelse(noisy$class == 0, 3, noisy$class))
  for (model in c("EII", "VVI", "EEE", "VEV", "VVV")) {
    theirs <- mclust::me(noisy$x, model, z,
      Vinv = 1 / volume, control = mclust::emControl(tol = 1e-12, itmax = 10000)
    )
    ours <- gmm_fit(noisy$x, 2, model, noise = TRUE, start = noisy$class)
    expect_equal(ours$loglik, theirs$loglik, tolerance = 1e-6)
    expect_equal(c(unname(ours$proportions), ours$noise), theirs$parameters$pro, tolerance = 1e-3)
  }
})

test_that("what a fit with noise says of the rows is a start", {
  told <- gmm_fit(noisy$x, 2, noise = TRUE, start = noisy$class)
  prob <- predict(told, type = "prob")
  for (start in list(prob, unname(prob), told, predict(told))) {
    again <- gmm_fit(noisy$x, 2, noise = TRUE, start = start)
    expect_equal(again$loglik, told$loglik, tolerance = 1e-9)
  }
  expect_identical(gmm_fit(noisy$x, noise = TRUE, start = prob)$k, 2L)
  expect_identical(gmm_fit(noisy$x, noise = TRUE, start = noisy$class)$k, 2L)
  labels <- factor(c("a", "b", "noise")[match(noisy$class, c(1, 2, 0))])
  expect_error(gmm_fit(noisy$x, labels = labels, noise = TRUE), class = "gaussmix_error_labels")
  expect_identical(names(gmm_fit(noisy$x, labels = labels)$proportions), levels(labels))
})

test_that("one component beside noise is searched for", {
  set.seed(1)
  z <- rbind(
    matrix(rnorm(200, -5, .3), 100), matrix(rnorm(200, 5, .3), 100),
    matrix(runif(400, -10, 10), 200)
  )
  told <- gmm_fit(z, start = rep(1:0, c(100, 300)), noise = TRUE)
  expect_gte(with_seed(gmm_fit(z, 1, noise = TRUE))$loglik, told$loglik - 1e-4)
  expect_gte(with_seed(gmm_select(z, 1, "VVV", noise = TRUE))$best$loglik, told$loglik - 1e-4)
})

test_that("noise that came to nothing is still there", {
  fit <- gmm_fit(x, labels = iris$Species, noise = TRUE)
  expect_identical(fit$noise, 0)
  expect_identical(ncol(gmm_estep(x, fit)$responsibilities), 4L)
  expect_identical(ncol(predict(fit, type = "prob")), 4L)
  expect_no_warning(with_seed(simulate(fit, 5)))
  selection <- gmm_select(x, 2:3, c("EEE", "VVI"), noise = TRUE, keep_data = FALSE)
  for (i in 1:4) expect_output(print(summary(selection[[i]])), "noise")
})

test_that("noise begins with some rows where a start says nothing of it", {
  q <- with_seed(c(rnorm(200), rnorm(200, 6), runif(40, -4, 10)))
  best <- with_seed(gmm_fit(q, 2, noise = TRUE))
  without <- with_seed(gmm_fit(q, 2))
  r <- predict(without, type = "prob")
  for (start in list(r, cbind(r, noise = 0), without)) {
    expect_equal(gmm_fit(q, 2, noise = TRUE, start = start)$loglik, best$loglik, tolerance = 1e-6)
  }
  expect_error(gmm_mstep(q, gmm_estep(q, best)), class = "gaussmix_error_input")
})

test_that("without noise in the data, the proportion of it goes to nothing", {
  fit <- with_seed(gmm_fit(x, 3, noise = TRUE))
  expect_lt(fit$noise, 1e-3)
  expect_equal(fit$loglik, with_seed(gmm_fit(x, 3))$loglik, tolerance = 1e-4)
})

# ---- patterns --------------------------------------------------------------------------

test_that("rows that lack the same values stand together, and come back in their order", {
  y <- holes_in(x, 0.3)
  found <- find_patterns(y)
  lacks <- apply(is.na(y[found$order, ]), 1, paste, collapse = "")
  runs <- rle(lacks)
  expect_false(anyDuplicated(runs$values) > 0)
  expect_equal(found$ends, cumsum(runs$lengths))
  cases <- take_cases(y, row_facts())
  expect_identical(for_all_rows(cases$x, cases), y)
  expect_identical(for_all_rows(cases$index, cases), 1:150)
  expect_null(take_cases(x, row_facts())$index)
  # Some rows only.
  some <- take_cases(y, row_facts(weights = 1:150), seq_len(150) > 100)
  expect_identical(sort(some$index), 101:150)
  expect_identical(some$weights, some$index)
})
