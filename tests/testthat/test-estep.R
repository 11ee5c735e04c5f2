iris_x <- as.matrix(iris[1:4])

test_that("an E-step is that of the reference, for every model, d and k", {
  set.seed(1)
  for (d in c(1, 2, 4)) {
    for (k in 1:3) {
      x <- random_rows(60, d, k)
      for (model in models_for(d)) {
        parameters <- ref_mstep(x, random_responsibilities(60, k), model)
        e <- gmm_estep(x, parameters)
        expected <- ref_estep(x, parameters)
        expect_equal(unname(e$responsibilities), expected$responsibilities, tolerance = 1e-10)
        expect_equal(unname(e$logdensity), expected$logdens, tolerance = 1e-10)
        expect_equal(e$loglik, expected$loglik, tolerance = 1e-12)
      }
    }
  }
})

test_that("an E-step returns rows and components by name", {
  p <- gmm_mstep(iris_x, iris$Species)
  e <- gmm_estep(iris[1:4], p)
  expect_named(e, c("responsibilities", "logdensity", "loglik"))
  expect_identical(dim(e$responsibilities), c(150L, 3L))
  expect_identical(colnames(e$responsibilities), c("1", "2", "3"))
  expect_null(rownames(e$responsibilities))
  expect_equal(rowSums(e$responsibilities), rep(1, 150), tolerance = 1e-14)
  expect_true(is.double(e$loglik) && length(e$loglik) == 1L)

  cars <- gmm_estep(mtcars[c("mpg", "wt")], gmm_mstep(mtcars[c("mpg", "wt")], mtcars$cyl))
  expect_identical(rownames(cars$responsibilities), rownames(mtcars))
  expect_named(cars$logdensity, rownames(mtcars))
})

test_that("rows far from every mean still get probabilities", {
  p <- list(proportions = c(0.5, 0.5), means = matrix(c(0, 1)), covariances = array(1, c(1, 1, 2)))
  x <- c(-1e5, -50, 50, 1e5, 1e160, -1e300)
  e <- gmm_estep(x, p)
  expect_equal(rowSums(e$responsibilities), rep(1, 6))
  expect_equal(unname(e$responsibilities[1:4, 2]), plogis(x[1:4] - 0.5), tolerance = 1e-12)
  expect_identical(e$loglik, -Inf)

  near <- gmm_estep(c(-1e5, 1e5), p)
  expect_equal(near$loglik, ref_estep(matrix(c(-1e5, 1e5)), p)$loglik, tolerance = 1e-12)
})

test_that("what the pieces and gmm_fit() return, an E-step accepts", {
  set.seed(1)
  fit <- gmm_fit(iris_x, 3)
  expect_equal(gmm_estep(iris_x, fit)$loglik, fit$loglik, tolerance = 1e-12)
  expect_equal(gmm_estep(iris_x, gmm_mixture(fit))$loglik, fit$loglik, tolerance = 1e-12)
  start <- gmm_start(iris_x, 3)
  expect_equal(gmm_estep(iris_x, start)$loglik, ref_estep(iris_x, start)$loglik, tolerance = 1e-12)
})

test_that("means with names are matched to the variables, without names by position", {
  p <- gmm_mstep(iris_x, iris$Species)
  e <- gmm_estep(iris_x, p)
  expect_equal(gmm_estep(iris_x[, 4:1], p), e, tolerance = 1e-12)
  expect_equal(gmm_estep(unname(iris_x), plain(p)), e, tolerance = 1e-12)
  expect_equal(gmm_estep(iris_x, plain(p)), e, tolerance = 1e-12)
  # Data without names have no names that could disagree; predict() takes them.
  expect_equal(gmm_estep(unname(iris_x), p), e, tolerance = 1e-12)
})

test_that("EM by hand from the pieces is EM by gmm_fit()", {
  p <- gmm_mstep(iris_x, iris$Species)
  trace <- numeric()
  for (i in 1:10) {
    e <- gmm_estep(iris_x, p)
    trace[i] <- e$loglik
    p <- gmm_mstep(iris_x, e$responsibilities)
  }
  control <- gmm_control(tol = 0, max_iter = 10, accelerate = FALSE)
  fit <- gmm_fit(iris_x, start = iris$Species, control = control)
  expect_equal(fit$loglik_trace[1:10], trace, tolerance = 1e-12)
  expect_parameters(fit, p, tolerance = 1e-12)
})
