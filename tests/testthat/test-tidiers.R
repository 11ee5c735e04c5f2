iris_fit <- function(...) {
  set.seed(1)
  gmm_fit(iris[, 1:4], k = 3, ...)
}

test_that("tidy gives a row a component", {
  fit <- iris_fit()
  tidied <- tidy(fit)
  expect_identical(
    names(tidied),
    c("component", "size", "proportion", paste0("mean.", names(iris)[1:4]))
  )
  expect_identical(tidied$component, 1:3)
  expect_identical(tidied$size, tabulate(fit$classification, 3L))
  expect_identical(tidied$proportion, unname(fit$proportions))
  expect_equal(tidied$mean.Petal.Width, unname(fit$means[, "Petal.Width"]))
})

test_that("tidy has a variance where there is one", {
  expect_false("variance" %in% names(tidy(iris_fit())))
  spherical <- iris_fit(model = "VII")
  expect_equal(tidy(spherical)$variance, unname(spherical$covariances[2, 2, ]))
  set.seed(1)
  univariate <- gmm_fit(faithful["waiting"], k = 2)
  expect_equal(tidy(univariate)$variance, unname(univariate$covariances[1, 1, ]))
})

test_that("a mixture has no sizes", {
  mixture <- gmm_mixture(c(0.5, 0.5), rbind(c(a = 0), c(a = 1)), array(1, c(1, 1, 2)))
  tidied <- tidy(mixture)
  expect_identical(tidied$size, c(NA_integer_, NA_integer_))
  expect_equal(tidied$mean.a, c(0, 1))
})

test_that("as.data.frame is tidy, with row names if given", {
  fit <- iris_fit()
  expect_identical(as.data.frame(fit), tidy(fit))
  expect_identical(row.names(as.data.frame(fit, row.names = letters[1:3])), letters[1:3])
})

test_that("glance gives one row of numbers that agree with the methods", {
  fit <- iris_fit()
  glanced <- glance(fit)
  expect_identical(nrow(glanced), 1L)
  expect_identical(
    names(glanced),
    c("model", "G", "BIC", "logLik", "df", "nobs", "converged", "n_iter", "n_starts")
  )
  expect_equal(glanced$BIC, -2 * fit$loglik + log(150) * 44)
  expect_equal(glanced$df, 44)
  expect_equal(glanced$nobs, 150)
  expect_identical(glanced$n_starts, sum(fit$starts$method != "move"))
})

test_that("augment adds class and uncertainty to the data of the fit", {
  fit <- iris_fit()
  augmented <- augment(fit)
  expect_identical(names(augmented), c(names(iris)[1:4], ".class", ".uncertainty"))
  expect_identical(augmented$.class, factor(fit$classification, 1:3))
  expect_true(all(augmented$.uncertainty >= 0 & augmented$.uncertainty <= 2 / 3))
})

test_that("augment keeps other columns of new data, and adds probabilities", {
  fit <- iris_fit()
  augmented <- augment(fit, iris[5:1 * 30, 5:1], probabilities = TRUE)
  expect_identical(augmented$Species, iris$Species[5:1 * 30])
  expect_identical(as.integer(augmented$.class), fit$classification[5:1 * 30])
  prob <- as.matrix(augmented[paste0(".prob_", 1:3)])
  expect_equal(unname(rowSums(prob)), rep(1, 5))
  expect_equal(augmented$.uncertainty, unname(1 - apply(prob, 1, max)), tolerance = 1e-12)
})

test_that("augment of a fit that keeps no data needs data", {
  fit <- iris_fit(keep_data = FALSE)
  expect_snapshot(augment(fit), error = TRUE)
  expect_error(augment(fit), class = "gaussmix_error_no_data")
  expect_identical(augment(fit, iris[1:4]), augment(iris_fit(), iris[1:4]))
})

test_that("augment takes the data frame that a formula fit came from", {
  set.seed(1)
  fit <- gmm_fit(~ eruptions + log(waiting), data = faithful, k = 2)
  augmented <- augment(fit, faithful)
  expect_identical(names(augmented), c(names(faithful), ".class", ".uncertainty"))
  expect_identical(augment(fit)$.class, augmented$.class)
})
