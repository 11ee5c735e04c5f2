# The exercise step by step: uniform responsibilities, a k-means start, 50
# iterations, classes and their picture beside the species, the optimum.
iris_x <- as.matrix(iris[1:4])

test_that("an M-step from uniform responsibilities has the moments of all rows", {
  p <- gmm_mstep(iris_x, matrix(1 / 3, 150, 3))
  expect_equal(unname(p$proportions), rep(1 / 3, 3), tolerance = 1e-14)
  means <- c(5.84333333, 3.05733333, 3.758, 1.19933333)
  expect_equal(unname(colMeans(p$means)), means, tolerance = 1e-8)
  for (j in 1:3) {
    expect_equal(p$means[j, ], colMeans(iris_x), tolerance = 1e-14)
    expect_equal(p$covariances[, , j], cov(iris_x) * 149 / 150, tolerance = 1e-13)
    expect_gt(min(eigen(p$covariances[, , j], only.values = TRUE)$values), 0)
  }
  expect_equal(mean(p$covariances), 0.60580225, tolerance = 1e-8)
  expect_equal(-gmm_estep(iris_x, p)$loglik, 379.914630122269, tolerance = 1e-12)
})

test_that("50 iterations from k-means never lower the log-likelihood", {
  set.seed(1)
  clusters <- kmeans(iris_x, 3, nstart = 10)$cluster
  start <- gmm_mstep(iris_x, clusters)
  for (j in 1:3) {
    rows <- iris_x[clusters == j, ]
    expect_equal(start$covariances[, , j], cov(rows) * (nrow(rows) - 1) / nrow(rows))
  }
  control <- gmm_control(tol = 0, max_iter = 50, accelerate = FALSE)
  fit <- gmm_fit(iris_x, k = 3, start = start, control = control)
  expect_length(fit$loglik_trace, 51)
  history <- -fit$loglik_trace
  expect_true(all(diff(history) <= 1e-9 * abs(history[-1])))
  expect_lt(history[51], history[1])
  expect_equal(fit$loglik_trace, ref_em(iris_x, start, "VVV", 50)$trace, tolerance = 1e-10)
  expect_equal(history[51], 180.1854, tolerance = 1e-5)
})

test_that("every row has a most likely class, and the species are recovered", {
  set.seed(1)
  fit <- gmm_fit(iris_x, 3)
  expect_length(predict(fit), 150)
  expect_identical(predict(fit), unname(max.col(predict(fit, type = "prob"))))
  recovery <- gmm_compare(fit, iris$Species)
  expect_identical(round(recovery$ari, 3), 0.904)
  expect_identical(
    unname(unclass(recovery$table)[, c("1", "2", "3")]),
    matrix(c(50L, 0L, 0L, 0L, 45L, 0L, 0L, 5L, 50L), 3)
  )
  expect_equal(recovery$error_rate, 5 / 150)
})

test_that("the pairs of variables are drawn, by component and beside the species", {
  set.seed(1)
  fit <- gmm_fit(iris_x, 3)
  for (truth in list(NULL, iris$Species)) {
    picture <- autoplot(fit, truth = truth)
    expect_s3_class(picture, "ggplot")
    expect_identical(nrow(ggplot2::ggplot_build(picture)$layout$layout), 16L)
  }
})

test_that("the default call finds the optimum from every seed", {
  for (seed in 1:20) {
    set.seed(seed)
    fit <- gmm_fit(iris[, 1:4], k = 3)
    expect_lt(abs(fit$loglik + 180.185477), 1e-5)
    expect_equal(fit$df, 44)
    expect_true(fit$converged)
    expect_identical(tabulate(fit$classification), c(50L, 45L, 55L))
  }
})
