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

test_that("a mixture may have noise, with its box", {
  means <- cbind(a = c(0, 3), b = c(1, 1))
  box <- rbind(c(-5, 5), c(0, 4))
  noisy <- gmm_mixture(c(0.5, 0.3), means, array(diag(2), c(2, 2, 2)), noise = 0.2, region = box)
  expect_named(
    noisy, c("proportions", "means", "covariances", "noise", "region", "model", "k", "d")
  )
  expect_identical(noisy$noise, 0.2)
  expect_identical(
    noisy$region, matrix(box, 2, dimnames = list(c("a", "b"), c("lower", "upper")))
  )
  x <- rbind(c(0, 1), c(-4, 4), c(40, 1))
  density <- cbind(
    0.5 * dnorm(x[, 1]) * dnorm(x[, 2], 1), 0.3 * dnorm(x[, 1], 3) * dnorm(x[, 2], 1), 0.2 / 40
  )
  expect_equal(predict(noisy, x, type = "density"), rowSums(density))
  expect_equal(unname(predict(noisy, x, type = "prob")), density / rowSums(density))
  expect_identical(predict(noisy, x), c(1L, 0L, 0L))
  expect_identical(
    gmm_estep(x, noisy)$responsibilities, gmm_estep(x, unclass(noisy))$responsibilities
  )
  # What is infinite is not noise.
  expect_errors("data", expression(predict(noisy, rbind(c(NA, Inf)))))

  expect_identical(gmm_mixture(noisy), noisy)
  without <- gmm_mixture(c(0.5, 0.3) / 0.8, means, noisy$covariances)
  expect_identical(
    gmm_mixture(unclass(without), noise = 0, region = box)[names(without)], unclass(without)
  )
  line <- gmm_mixture(c(0.3, 0.6), c(-2, 2), c(1, 1), noise = 0.1, region = c(-5, 5))
  expect_identical(
    line$region, matrix(c(-5, 5), 1, dimnames = list("x", c("lower", "upper")))
  )
  expect_snapshot(noisy)
})

test_that("a mixture of a fit with noise is the fit", {
  x <- rbind(as.matrix(faithful), cbind(seq(1, 6, length.out = 30), rep(c(45, 95), 15)))
  set.seed(1)
  fit <- gmm_fit(x, 2, noise = TRUE, nstart = 3)
  mixture <- gmm_mixture(fit)
  expect_identical(mixture$noise, fit$noise)
  expect_identical(mixture$region, fit$region)
  expect_equal(predict(mixture, x, type = "prob"), predict(fit, type = "prob"))
  # Variables in another order: the box goes with them, as shows where a side of it is missing.
  x[1:9, 2] <- NA
  turned <- gmm_estep(x[, 2:1], mixture)
  expect_equal(turned$logdensity, gmm_estep(x, mixture)$logdensity)
  one <- gmm_fit(faithful["waiting"], 2, noise = TRUE, start = faithful$waiting > 67)
  expect_equal(
    gmm_estep(faithful["waiting"], gmm_mixture(one))$loglik, one$loglik,
    tolerance = 1e-10
  )
})

test_that("noise without its box, or with one that is none, is an error", {
  means <- cbind(a = c(0, 3), b = c(1, 1))
  s <- array(diag(2), c(2, 2, 2))
  box <- rbind(c(-5, 5), c(0, 4))
  named <- `rownames<-`(box, c("b", "a"))
  expect_errors("input", expression(
    gmm_mixture(c(0.5, 0.3), means, s, noise = 0.2),
    gmm_mixture(c(0.5, 0.5), means, s, region = box),
    gmm_mixture(c(0.5, 0.5), means, s, noise = 0.2, region = box),
    gmm_mixture(c(0.5, 0.5), means, s, noise = -0.2, region = box),
    gmm_mixture(c(0.5, 0.3), means, s, noise = 0.2, region = t(box)[, c(1, 1, 2)]),
    gmm_mixture(c(0.5, 0.3), means, s, noise = 0.2, region = c(-5, 5)),
    gmm_mixture(c(0.5, 0.3), means, s, noise = 0.2, region = box[, 2:1]),
    gmm_mixture(c(0.5, 0.3), means, s, noise = 0.2, region = replace(box, 4, NA)),
    gmm_mixture(c(0.5, 0.3), means, s, noise = 0.2, region = named),
    gmm_mixture(c(a = 0.5, noise = 0.3), means, s, noise = 0.2, region = box),
    gmm_estep(
      faithful, list(proportions = 0.9, means = c(3, 70), covariances = diag(2), noise = 0.1)
    )
  ))
})
