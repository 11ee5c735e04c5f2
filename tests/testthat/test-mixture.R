two <- gmm_mixture(c(0.3, 0.7), means = c(-2, 2), covariances = c(1, 0.5))

test_that("a mixture has full shapes and names", {
  expect_s3_class(two, c("gmm_mixture", "gmm"), exact = TRUE)
  expect_named(two, c("proportions", "means", "covariances", "model", "k", "d"))
  expect_identical(two$proportions, c("1" = 0.3, "2" = 0.7))
  expect_identical(two$means, matrix(c(-2, 2), dimnames = list(c("1", "2"), "x")))
  expect_identical(dim(two$covariances), c(1L, 1L, 2L))
  expect_identical(two$model, "V")
  expect_equal(c(two$k, two$d), c(2, 1))
})

test_that("one component, or one variable, may be short", {
  one <- gmm_mixture(1, c(a = 1, b = 2), diag(2))
  expect_identical(dim(one$means), c(1L, 2L))
  expect_identical(dim(one$covariances), c(2L, 2L, 1L))
  expect_identical(dimnames(one$covariances)[[1]], c("a", "b"))
  expect_identical(one$model, "VVV")
  long <- gmm_mixture(1, matrix(0), array(4, c(1, 1, 1)))
  expect_identical(gmm_mixture(1, 0, 4), long)
  expect_type(gmm_mixture(1L, 0L, 4L)$means, "double")
})

test_that("a mixture is made of what the pieces and fits return", {
  p <- gmm_mstep(iris[1:4], iris$Species)
  expect_parameters(gmm_mixture(p), p, tolerance = 1e-15)
  fit <- gmm_fit(iris[1:4], start = p)
  expect_parameters(gmm_mixture(fit), fit, tolerance = 1e-15)
  expect_identical(dimnames(gmm_mixture(fit)$means), dimnames(fit$means))
})

test_that("a mixture predicts", {
  x <- c(-3, 0, 1e3)
  p <- ref_estep(matrix(x), two)
  expect_equal(unname(predict(two, x, type = "prob")), p$responsibilities)
  expect_equal(predict(two, x, type = "logdensity"), p$logdens)
  expect_equal(
    predict(two, x[1:2], type = "density"),
    0.3 * dnorm(x[1:2], -2) + 0.7 * dnorm(x[1:2], 2, sqrt(0.5))
  )
  # The wider component has the nearer and the farther rows.
  expect_identical(predict(two, c(-3, 2, 1e3)), c(1L, 2L, 1L))
  expect_errors("no_data", expression(predict(two)))
})

test_that("the density of a mixture integrates to 1", {
  integral <- integrate(function(x) predict(two, x, type = "density"), -20, 20, rel.tol = 1e-9)
  expect_equal(integral$value, 1, tolerance = 1e-8)
})

test_that("a mixture prints", {
  expect_snapshot(two)
  expect_snapshot(print(gmm_mixture(1, c(a = 1.23456, b = 2), diag(2)), digits = 3))
})

test_that("what makes no mixture is an error", {
  expect_errors("input", expression(
    gmm_mixture(0.5, 1, 1),
    gmm_mixture(c(0.3, 0.7), 1:3, c(1, 1)),
    gmm_mixture(c(0.3, 0.7), c(-2, 2), c(1, -0.5)),
    gmm_mixture(1, c(1, 2), 1),
    gmm_mixture("a", 1, 1),
    gmm_mixture(numeric(), 1, 1),
    gmm_mixture(1, NULL, 1),
    gmm_mixture(list(1)),
    gmm_mixture(1, 1, matrix(c(1, 2, 3, 4), 2))
  ))
})

test_that("names that disagree, or occur twice, make no mixture", {
  means <- matrix(0, 1, 2, dimnames = list(NULL, c("a", "b")))
  s <- diag(c(4, 1))
  expect_identical(gmm_mixture(1, means, s)$covariances[1, 1, 1], 4)
  dimnames(s) <- list(c("b", "a"), c("b", "a"))
  expect_error(gmm_mixture(1, means, s), "Covariances: `b` and `a`", class = "gaussmix_error_input")
  expect_error(
    gmm_mixture(c(a = 0.5, a = 0.5), c(0, 1), c(1, 1)), "different names",
    class = "gaussmix_error_input"
  )
})
