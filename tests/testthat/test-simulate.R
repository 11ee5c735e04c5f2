two_components <- function() {
  gmm_mixture(
    proportions = c(0.3, 0.7),
    means = rbind(c(x = 0, y = 10), c(x = 5, y = -10)),
    covariances = array(c(1, 0.5, 0.5, 2, 4, -3, -3, 9), c(2, 2, 2))
  )
}

test_that("draws have the proportions and moments of the mixture", {
  mixture <- two_components()
  set.seed(1)
  n <- 2e5
  draws <- simulate(mixture, nsim = n)
  component <- attr(draws, "component")

  expect_identical(dim(draws), c(as.integer(n), 2L))
  expect_identical(colnames(draws), c("x", "y"))
  expect_type(component, "integer")
  # Five standard errors.
  expect_lt(abs(mean(component == 1L) - 0.3), 5 * sqrt(0.21 / n))
  for (j in 1:2) {
    part <- draws[component == j, ]
    sigma <- mixture$covariances[, , j]
    error <- abs(colMeans(part) - mixture$means[j, ])
    expect_true(all(error < 5 * sqrt(diag(sigma) / nrow(part))))
    spread <- sqrt((outer(diag(sigma), diag(sigma)) + sigma^2) / nrow(part))
    expect_true(all(abs(cov(part) - sigma) < 5 * spread))
  }
})

test_that("draws follow the generator of R and nothing else", {
  mixture <- two_components()
  set.seed(3)
  first <- simulate(mixture, 10)
  second <- simulate(mixture, 10)
  set.seed(3)
  expect_identical(simulate(mixture, 10), first)
  expect_false(identical(first, second))
})

test_that("there are as many rows as asked for", {
  set.seed(1)
  fit <- gmm_fit(faithful, k = 2)
  expect_identical(dim(simulate(fit)), c(272L, 2L))
  expect_identical(dim(simulate(two_components())), c(1L, 2L))
  none <- simulate(fit, nsim = 0)
  expect_identical(dim(none), c(0L, 2L))
  expect_identical(colnames(none), names(faithful))
  expect_identical(attr(none, "component"), integer())
})

test_that("one variable gives one column", {
  set.seed(1)
  fit <- gmm_fit(faithful["waiting"], k = 2)
  draws <- simulate(fit, 50)
  expect_identical(dim(draws), c(50L, 1L))
  expect_identical(colnames(draws), "waiting")
})

test_that("the factor gives back the covariance, singular or badly scaled", {
  expect_factor <- function(covariance) {
    product <- crossprod(covariance_factor(covariance))
    expect_equal(product / covariance, covariance^0, tolerance = 1e-7)
  }
  expect_factor(matrix(c(2, 1, 1, 3), 2))
  expect_factor(matrix(c(1, 2e50, 2e50, 4e100), 2))
  expect_factor(tcrossprod(c(1e-80, 3, 1e70)))
  expect_equal(crossprod(covariance_factor(diag(c(1, 0, 4)))), diag(c(1, 0, 4)))
})

test_that("a seed and other wrong arguments are errors", {
  mixture <- two_components()
  expect_snapshot(error = TRUE, {
    simulate(mixture, seed = 1)
    simulate(mixture, nsim = -1)
    simulate(mixture, nsim = "many")
    simulate(mixture, nsim = 2, sim = 3)
  })
  expect_error(simulate(mixture, seed = 1), class = "gaussmix_error_input")
})

test_that("noise is drawn in its box, in its proportion", {
  noisy <- two_components()
  box <- rbind(c(-20, 40), c(-100, -99))
  noisy <- gmm_mixture(
    noisy$proportions * 0.8, noisy$means, noisy$covariances,
    noise = 0.2, region = box
  )
  n <- 5e4
  set.seed(1)
  draws <- simulate(noisy, n)
  component <- attr(draws, "component")
  expect_type(component, "integer")
  expect_lt(max(abs(tabulate(component + 1L, 3) / n - c(0.2, 0.24, 0.56))), 5 * 0.5 / sqrt(n))
  noise <- draws[component == 0L, ]
  expect_true(all(t(noise) >= box[, 1] & t(noise) <= box[, 2]))
  for (a in 1:2) {
    expect_gt(ks.test((noise[, a] - box[a, 1]) / diff(box[a, ]), "punif")$p.value, 1e-3)
  }
  expect_lt(abs(cor(noise)[1, 2]), 5 / sqrt(nrow(noise)))
  expect_equal(colMeans(draws[component == 2L, ]), noisy$means[2, ], tolerance = 0.02)
})
