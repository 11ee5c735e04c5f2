iris_x <- as.matrix(iris[1:4])
good <- gmm_mstep(iris_x, iris$Species)

with_parameters <- function(...) {
  utils::modifyList(good, list(...))
}

test_that("parameters of the wrong kind or shape are errors that name the part", {
  expect_errors("input", expression(
    gmm_estep(iris_x, 1),
    gmm_estep(iris_x, NULL),
    gmm_estep(iris_x, good[2:3]),
    gmm_estep(iris_x, stats::setNames(good, c("pro", "mean", "sigma", "model"))),
    gmm_estep(iris_x, with_parameters(proportions = c(0.5, 0.5))),
    gmm_estep(iris_x, with_parameters(proportions = c(0.5, 0.5, 0))),
    gmm_estep(iris_x, with_parameters(proportions = c(0.5, 0.5, 0.5))),
    gmm_estep(iris_x, with_parameters(proportions = c(0.5, NA, 0.5))),
    gmm_estep(iris_x, with_parameters(means = good$means[, 1:3])),
    gmm_estep(iris_x, with_parameters(means = t(good$means))),
    gmm_estep(iris_x, with_parameters(means = "a")),
    gmm_estep(iris_x, with_parameters(covariances = good$covariances[, , 1])),
    gmm_estep(iris_x, with_parameters(covariances = 1:3)),
    gmm_estep(iris_x, list()),
    gmm_estep(iris_x, mean),
    gmm_estep(iris_x, unname(good)),
    gmm_estep(iris_x, with_parameters(proportions = c(0.6, 0.6, -0.2))),
    gmm_estep(iris_x, with_parameters(proportions = letters[1:3])),
    gmm_estep(iris_x, with_parameters(means = good$means[1:2, ])),
    gmm_estep(iris_x, with_parameters(means = 1:12)),
    gmm_estep(iris_x, with_parameters(means = replace(good$means, 1, Inf))),
    gmm_estep(iris_x, with_parameters(covariances = list(1, 2, 3))),
    gmm_estep(iris_x[, 1:2], good)
  ))
})

test_that("covariances that are none are errors that name the component", {
  lopsided <- replace(good$covariances, cbind(1, 2, 2), 9)
  negative <- good$covariances * rep(c(1, 1, -1), each = 16)
  flat <- good$covariances
  flat[, , 2] <- 1
  expect_errors("input", expression(
    gmm_estep(iris_x, with_parameters(covariances = lopsided)),
    gmm_estep(iris_x, with_parameters(covariances = negative)),
    gmm_estep(iris_x, with_parameters(covariances = replace(good$covariances, 1, NaN))),
    gmm_estep(iris_x, with_parameters(covariances = flat)),
    gmm_estep(iris_x, with_parameters(covariances = good$covariances * 0))
  ))
  expect_errors("start", expression(
    gmm_fit(iris_x, start = with_parameters(covariances = negative)),
    gmm_fit(iris_x, start = with_parameters(covariances = flat)),
    gmm_fit(iris_x, start = with_parameters(proportions = c(0.5, 0.5, 0.5))),
    gmm_fit(iris_x, 3, start = good[1:2])
  ))
})

test_that("names of means must be those of the data", {
  renamed <- function(...) with_parameters(means = `colnames<-`(good$means, c(...)))
  expect_errors("input", expression(
    gmm_estep(iris_x, renamed("a", "b", "c", "Petal.Width")),
    gmm_estep(iris_x, renamed("Sepal.Length", "Sepal.Length", "Petal.Length", "Petal.Width"))
  ))
})

test_that("covariances may be in any unit", {
  for (s in c(1e-100, 1e-8, 1e8, 1e100)) {
    p <- with_parameters(means = good$means * s, covariances = good$covariances * s^2)
    expect_equal(
      gmm_estep(iris_x * s, p)$loglik + 600 * log(s), gmm_estep(iris_x, good)$loglik,
      tolerance = 1e-10
    )
  }
})

test_that("asymmetry by rounding is forgiven", {
  p <- with_parameters(covariances = good$covariances * (1 + 1e-13 * seq_len(48)))
  expect_equal(gmm_estep(iris_x, p)$loglik, gmm_estep(iris_x, good)$loglik, tolerance = 1e-9)
})
