# The penalty, worked out from its formula.
prior_penalty <- function(fit, x, size, scale) {
  s <- scale * stats::cov(x) * (nrow(x) - 1) / nrow(x)
  d <- ncol(x)
  each <- apply(fit$covariances, 3, function(sigma) {
    ratio <- solve(sigma, s)
    (sum(diag(ratio)) - d - log(det(ratio))) / 2
  })
  size * sum(each)
}

x <- as.matrix(iris[seq(1, 150, 2), 1:4])

test_that("the trace is penalised, the log-likelihood is not", {
  set.seed(1)
  fit <- gmm_fit(x, k = 2, prior = gmm_prior(size = 0.7))
  expect_equal(fit$loglik, gmm_estep(x, fit)$loglik)
  penalty <- prior_penalty(fit, x, 0.7, 2^(-2 / 4))
  expect_equal(fit$loglik_trace[[fit$n_iter + 1L]], fit$loglik - penalty)
  expect_gt(penalty, 0)
})

test_that("each component has seen `size` rows more", {
  set.seed(1)
  fit <- gmm_fit(x, k = 2, prior = gmm_prior(size = 3, scale = 0.25))
  r <- gmm_estep(x, fit)$responsibilities
  s <- 0.25 * stats::cov(x) * (nrow(x) - 1) / nrow(x)
  for (j in 1:2) {
    from_mean <- sqrt(r[, j]) * t(t(x) - fit$means[j, ])
    expected <- (crossprod(from_mean) + 3 * s) / (sum(r[, j]) + 3)
    expect_equal(fit$covariances[, , j], expected, tolerance = 1e-5, ignore_attr = TRUE)
  }
})

test_that("no model loses any, in any units", {
  models <- gmm_models()$model
  for (model in models[nchar(models) == 3L]) {
    set.seed(1)
    fit <- gmm_fit(x, k = 2, model = model, prior = gmm_prior())
    set.seed(1)
    other <- gmm_fit(x * 2^-20 + 3, k = 2, model = model, prior = gmm_prior())
    expect_true(all(diff(fit$loglik_trace) > -1e-9), label = model)
    expect_equal(
      other$loglik - length(x) * 20 * log(2), fit$loglik,
      tolerance = 1e-6, label = model
    )
  }
})

test_that("a linear map of the data is one of the fit", {
  map <- matrix(c(1, 2, 0, 0, 0, 1, 3, 0, 0, 0, 1, -1, 0.5, 0, 0, 2), 4)
  set.seed(1)
  fit <- gmm_fit(x, start = iris$Species[seq(1, 150, 2)], prior = gmm_prior(2))
  mapped <- gmm_fit(x %*% map, start = fit$classification, prior = gmm_prior(2))
  expect_equal(
    mapped$loglik + nrow(x) * log(abs(det(map))), fit$loglik,
    tolerance = 1e-7
  )
})

test_that("fewer rows than variables, and duplicate rows, have an answer", {
  set.seed(1)
  wide <- matrix(rnorm(8 * 20), 8)
  expect_error(gmm_fit(wide, k = 2), class = "gaussmix_error_data")
  fit <- gmm_fit(wide, k = 2, prior = gmm_prior())
  expect_true(all(is.finite(fit$covariances)))

  twins <- x[rep(c(1, 30, 60), each = 5), ]
  fit <- gmm_fit(twins, k = 3, prior = gmm_prior())
  expect_equal(unname(fit$proportions), rep(1 / 3, 3))
})

test_that("a constant column has no spread to go by", {
  flat <- cbind(x, flat = 1)
  expect_error(gmm_fit(flat, k = 2, prior = gmm_prior()), class = "gaussmix_error_data")
  expect_error(
    gmm_fit(flat, k = 2, model = "VII", prior = gmm_prior()),
    class = "gaussmix_error_data"
  )
})

test_that("a prior is made by gmm_prior(), and printed", {
  expect_error(gmm_fit(x, k = 2, prior = 1), class = "gaussmix_error_input")
  expect_error(gmm_prior(size = 0), class = "gaussmix_error_input")
  expect_error(gmm_prior(scale = -1), class = "gaussmix_error_input")
  expect_error(gmm_prior(size = NA), class = "gaussmix_error_input")
  expect_snapshot(gmm_prior())
  expect_snapshot(gmm_prior(size = 1, scale = 0.5))
  set.seed(1)
  fit <- gmm_fit(x, k = 2, prior = gmm_prior())
  expect_match(format(fit), "^prior: 0.1 rows a component", all = FALSE)
  expect_equal(update(fit, k = 3)$prior, fit$prior)
})
