iris_x <- as.matrix(iris[1:4])

# How many iterations, starts and moves it takes, and which of them end badly, is up to
# rounding, which differs between instruction sets.
any_iterations <- function(lines) {
  lines <- gsub("after [0-9]+ iterations?", "after <n> iterations", lines)
  found <- grepl("^search: |^ +runs: |^ +[a-z0-9]+ other maxim(um|a) among", lines)
  lines[found] <- gsub("[0-9.,]*[0-9]", "<n>", lines[found])
  gsub("[0-9]+ (start|move)s?", "<n> \\1s", lines)
}

test_that("a fit prints", {
  set.seed(1)
  fit <- gmm_fit(iris_x, 3)
  expect_snapshot(fit, transform = any_iterations)
  expect_snapshot(print(fit, digits = 2), transform = any_iterations)
  expect_snapshot(summary(fit), transform = any_iterations)
})

test_that("a fit of one variable prints standard deviations", {
  fit <- gmm_fit(faithful["waiting"], start = ifelse(faithful$waiting > 65, 2, 1))
  expect_snapshot(fit, transform = any_iterations)
  expect_snapshot(summary(fit), transform = any_iterations)
})

test_that("one component and one start print in the singular", {
  fit <- gmm_fit(iris_x, 1, "EEE")
  expect_snapshot(fit, transform = any_iterations)
  expect_match(format(fit)[1], "1 component,")
  expect_match(format(gmm_fit(faithful$waiting, 1))[2], "272 rows, 1 variable$")
})

test_that("a given start, and a fit that has not converged, print so", {
  fit <- gmm_fit(iris_x, start = iris$Species, control = gmm_control(tol = 0, max_iter = 1))
  expect_snapshot(fit)
  expect_match(format(fit)[4], "1 iteration,")
  again <- suppressWarnings(gmm_fit(iris_x, start = fit, control = gmm_control(max_iter = 2)))
  expect_match(format(again)[4], "not converged, after 2 iterations, from the given fit")
})

test_that("components of a start keep their names in print", {
  p <- gmm_mstep(iris_x, iris$Species)
  names(p$proportions) <- levels(iris$Species)
  expect_match(format(gmm_fit(iris_x, start = p)), "^setosa ", all = FALSE)
})

test_that("very large and small numbers print readably", {
  set.seed(1)
  fit <- gmm_fit(iris_x * rep(c(1e-100, 1, 1e6, 1e100), each = 150), start = iris$Species)
  expect_snapshot(fit, transform = any_iterations)
})

test_that("print returns its argument, format lines, summary a summary", {
  fit <- gmm_fit(iris_x, start = iris$Species)
  expect_output(out <- withVisible(print(fit)))
  expect_identical(out$value, fit)
  expect_false(out$visible)
  expect_type(format(fit), "character")
  s <- summary(fit)
  expect_s3_class(s, "summary.gmm_fit", exact = TRUE)
  expect_output(shown <- withVisible(print(s)))
  expect_identical(shown$value, s)
  expect_false(shown$visible)
  expect_null(s$data)
  expect_identical(s$size, tabulate(fit$classification, 3))
  u <- predict(fit, type = "uncertainty")
  expect_equal(s$uncertainty, c(mean = mean(u), max = max(u)))
  expect_null(summary(gmm_fit(iris_x, start = iris$Species, keep_data = FALSE))$uncertainty)
})

test_that("a summary counts what the search found", {
  set.seed(1)
  # All 20 are drawn, and finished but for those that are overtaken.
  control <- gmm_control(n_finish = 20, n_enough = 100, n_moves = 0)
  for (n_moves in c(0, 5)) {
    control$n_moves <- as.integer(n_moves)
    fit <- gmm_fit(iris_x, 3, nstart = 20, control = control)
    found <- summary(fit)$search
    starts <- fit$starts
    moved <- starts$method == "move"
    ended <- starts$outcome %in% c("best", "finished", "duplicate")
    loglik <- starts$loglik[ended]
    expect_identical(found$n_starts, 20L)
    expect_identical(found$n_starts + found$n_moves, nrow(starts))
    expect_identical(found$n_moves, sum(moved))
    expect_identical(found$n_best, sum(starts$loglik[ended & !moved] > max(loglik) - 1e-4))
    back <- starts$outcome == "returned"
    expect_identical(
      found$n_returned, sum(back | (ended & moved & starts$loglik > max(loglik) - 1e-4))
    )
    expect_identical(found$n_optima, length(unique(round(loglik, 2))))
    ended_well <- ended | starts$outcome %in% c("short run", "overtaken", "returned")
    expect_identical(found$not_continued, sum(starts$outcome == "short run"))
    expect_identical(found$given_up, sum(starts$outcome == "overtaken"))
    expect_identical(found$discarded, sum(!ended_well))
    lower <- loglik[loglik < max(loglik) - 1e-4]
    expect_equal(found$gap, if (length(lower) > 0) max(loglik) - max(lower) else NA_real_)
    expect_identical(found$rows, 150L)
  }
  expect_true(is.na(summary(gmm_fit(iris_x, 1))$search$gap))
})

test_that("a summary of a search on a sample compares runs on the same rows", {
  set.seed(1)
  x <- matrix(rnorm(20000), 10000) + rep(c(0, 10), each = 5000)
  fit <- gmm_fit(x, 2, control = gmm_control(sample = 2000))
  found <- summary(fit)$search
  starts <- fit$starts
  on_sample <- starts$method != "sample"
  ended <- starts$outcome %in% c("best", "finished", "duplicate")
  loglik <- starts$loglik[ended & on_sample]
  expect_equal(found$rows, 2000)
  drawn <- ended & on_sample & starts$method != "move"
  expect_identical(found$n_best, sum(starts$loglik[drawn] > max(loglik) - 2e-3))
  lower <- loglik[loglik < max(loglik) - 2e-3]
  expect_equal(found$gap, if (length(lower) > 0) max(loglik) - max(lower) else NA_real_)
  expect_output(print(summary(fit)), "on a sample of 2,000 rows")
  expect_false(any(grepl("sample", format(fit))))
})

test_that("what is said of the rows is of those that count, and of noise", {
  set.seed(1)
  x <- rbind(iris_x, NA)
  fit <- gmm_fit(x, 2, weights = rep(c(1, 2.5), c(150, 1)), start = rep(1:2, c(50, 101)))
  expect_match(format(fit)[2], "151 rows that stand for 150,", fixed = TRUE)
  noisy <- gmm_fit(rbind(iris_x, matrix(runif(60, 0, 8), 15)), 3, noise = TRUE)
  said <- sprintf("noise, uniform over the range of the data: %d rows", sum(predict(noisy) == 0))
  expect_true(said %in% format(noisy))
})

test_that("a covariance that components share is shown once", {
  shared <- format(summary(gmm_fit(iris_x, 3, "EEE", start = iris$Species)))
  expect_identical(sum(grepl("^Covariance of", shared)), 1L)
  expect_match(shared, "^Covariance of each component:", all = FALSE)
  own <- format(summary(gmm_fit(iris_x, 3, start = iris$Species)))
  expect_identical(sum(grepl("^Covariance of component", own)), 3L)
})

test_that("a selection says what all its fits have in common", {
  set.seed(1)
  selection <- gmm_select(
    iris_x, k = 2:3, models = "VVV", prior = gmm_prior(), equal_proportions = TRUE
  )
  expect_match(format(selection), "4 variables; equal proportions$", all = FALSE)
  expect_match(format(selection), "^prior: ", all = FALSE)
})
