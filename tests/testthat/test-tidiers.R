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

test_that("glance counts the starts that print does", {
  set.seed(1)
  best <- gmm_select(iris[1:4], k = 2:3, models = c("EEE", "VVV"))$best
  said <- sprintf("best of %d starts", glance(best)$n_starts)
  expect_match(format(best), said, all = FALSE)
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

test_that("noise is a row, a class and a probability of its own", {
  x <- rbind(as.matrix(faithful), cbind(seq(1, 6, length.out = 30), rep(c(45, 95), 15)))
  set.seed(1)
  fit <- gmm_fit(x, 2, noise = TRUE, nstart = 3)
  tidied <- tidy(fit)
  expect_identical(tidied$component, c(1:2, 0L))
  expect_identical(tidied$size, c(tabulate(fit$classification, 2), sum(fit$classification == 0)))
  expect_equal(sum(tidied$size), 302)
  expect_identical(tidied$proportion, c(unname(fit$proportions), fit$noise))
  expect_identical(tidied$mean.waiting, c(unname(fit$means[, "waiting"]), NA))
  expect_identical(as.data.frame(fit), tidied)
  expect_identical(tidy(gmm_mixture(fit))$size, rep(NA_integer_, 3))
  expect_identical(tidy(gmm_mixture(fit))[-2], tidied[-2])
  spherical <- tidy(update(fit, model = "VII"))
  expect_identical(is.na(spherical$variance), c(FALSE, FALSE, TRUE))

  augmented <- augment(fit, probabilities = TRUE)
  expect_identical(levels(augmented$.class), c("1", "2", "noise"))
  expect_identical(augmented$.class == "noise", unname(fit$classification == 0))
  expect_identical(
    names(augmented),
    c("eruptions", "waiting", ".class", ".uncertainty", ".prob_1", ".prob_2", ".prob_noise")
  )
  expect_identical(augmented$.prob_noise, unname(predict(fit, type = "prob")[, "noise"]))
  expect_equal(rowSums(augmented[5:7]), rep(1, 302), ignore_attr = TRUE)
  expect_identical(names(glance(fit)), names(glance(iris_fit())))
  expect_identical(glance(fit)$G, 2L)

  labels <- replace(rep(c("short", "long"), length.out = 302), -(1:4), NA)
  labels[1:4] <- c("long", "short", "long", "short")
  named <- gmm_fit(x, labels = labels, noise = TRUE, nstart = 1)
  expect_identical(tidy(named)$component, c("long", "short", "noise"))
  expect_identical(levels(augment(named)$.class), c("long", "short", "noise"))
})

test_that("a bare vector is one variable, or one row", {
  two <- gmm_mixture(1, c(a = 0, b = 1), diag(2))
  expect_identical(
    augment(two, c(b = 3, a = 2)),
    data.frame(a = 2, b = 3, .class = factor("1"), .uncertainty = 0)
  )
  one <- gmm_mixture(1, c(a = 0), matrix(1))
  expect_identical(augment(one, c(p = 2, q = 3))$a, c(2, 3))
})
