# Case weights: a row of weight w is w rows, in everything.

x <- as.matrix(iris[, 1:4])
weights <- rep_len(c(2, 0, 1, 3, 1), 150)
repeated <- x[rep(seq_len(150), weights), ]
models <- model_table()$name[nchar(model_table()$name) > 1L]

with_seed <- function(code) {
  set.seed(1)
  code
}

test_that("a fit by whole weights is the fit of rows repeated, whatever the model", {
  for (model in models) {
    weighted <- with_seed(gmm_fit(x, 3, model, weights = weights))
    plain <- with_seed(gmm_fit(repeated, 3, model))
    expect_equal(weighted$loglik, plain$loglik, tolerance = 1e-10)
    expect_equal(weighted$proportions, plain$proportions, tolerance = 1e-8)
    expect_equal(weighted$means, plain$means, tolerance = 1e-8)
    expect_equal(weighted$covariances, plain$covariances, tolerance = 1e-8)
    expect_equal(weighted$entropy, plain$entropy, tolerance = 1e-6)
    expect_identical(weighted$df, plain$df)
    expect_equal(BIC(weighted), BIC(plain), tolerance = 1e-10)
    expect_equal(nobs(weighted), nobs(plain))
    # And starts behave alike, but for what rounding decides: which of two on one way goes on.
    expect_identical(weighted$starts$method, plain$starts$method)
    # Rows of weight 0 are classified, too.
    expect_identical(
      weighted$classification[weights > 0], plain$classification[!duplicated(rep(1:150, weights))]
    )
    expect_length(weighted$classification, 150)
  }
})

test_that("so is one variable, a prior, equal proportions, and a start that is given", {
  same <- function(...) {
    weighted <- with_seed(gmm_fit(..., x = x, weights = weights))
    plain <- with_seed(gmm_fit(..., x = repeated))
    expect_equal(weighted$loglik, plain$loglik, tolerance = 1e-10)
    expect_equal(coef(weighted), coef(plain), tolerance = 1e-7)
  }
  same(k = 2, prior = gmm_prior())
  same(k = 3, equal_proportions = TRUE, model = "EEE")
  same(k = 3, start = with_seed(gmm_fit(x, 3, "VVI")))
  same(k = 1)
  weighted <- with_seed(gmm_fit(x[, 1], 2, "E", weights = weights))
  plain <- with_seed(gmm_fit(repeated[, 1], 2, "E"))
  expect_equal(weighted$loglik, plain$loglik, tolerance = 1e-10)
  # A partition is of all rows, of weight 0 as well.
  weighted <- gmm_fit(x, start = iris$Species, weights = weights)
  plain <- gmm_fit(repeated, start = rep(iris$Species, weights))
  expect_equal(weighted$loglik, plain$loglik, tolerance = 1e-10)
})

test_that("selection by whole weights is that of rows repeated", {
  # Rows that are alike could be merged in one order or another.
  x <- with_seed(matrix(rnorm(450), 150)) + rep(c(0, 4, 0), each = 50)
  repeated <- x[rep(seq_len(150), weights), ]
  for (criterion in c("BIC", "CV")) {
    folds <- if (criterion == "CV") rep_len(1:3, 150)
    weighted <- with_seed(gmm_select(
      x, k = 1:2, models = c("EEE", "VVI", "VVV"), criterion = criterion, weights = weights,
      folds = folds
    ))
    plain <- with_seed(gmm_select(
      repeated, k = 1:2, models = c("EEE", "VVI", "VVV"), criterion = criterion,
      folds = rep(folds, weights)
    ))
    expect_equal(weighted$table, plain$table, tolerance = 1e-6)
    expect_equal(nobs(weighted), nobs(plain))
    expect_equal(BIC(weighted), BIC(plain))
    expect_length(weighted$best$classification, 150)
  }
  more <- with_seed(update(weighted, k = 3))
  expect_identical(more$table$k, rep(1:3, each = 3))
  expect_equal(nobs(more), sum(weights))
})

test_that("a sample carries the weights of its rows", {
  many <- with_seed(matrix(c(rnorm(3000), rnorm(3000, 6)), ncol = 1))
  w <- rep(c(1, 3), each = 3000)
  control <- gmm_control(sample = 500)
  fit <- with_seed(gmm_fit(many, 2, "V", weights = w, control = control))
  expect_equal(unname(fit$proportions), c(0.25, 0.75), tolerance = 0.01)
  best <- with_seed(gmm_select(many, 2, weights = w, control = control))$best
  expect_equal(unname(best$proportions), c(0.25, 0.75), tolerance = 0.01)
})

test_that("weights need not be whole, in any unit of the data and on any number of threads", {
  w <- weights + 0.5
  fit <- with_seed(gmm_fit(x, 2, weights = w))
  expect_equal(
    fit$loglik, sum(w * predict(fit, type = "logdensity")), tolerance = 1e-12
  )
  scaled <- with_seed(gmm_fit(x * 2^20, 2, weights = w))
  expect_equal(scaled$loglik, fit$loglik - sum(w) * 4 * 20 * log(2), tolerance = 1e-12)
  # So many rows are worth two threads.
  big <- with_seed(matrix(rnorm(4e5), ncol = 2))
  on <- function(threads) {
    with_seed(gmm_fit(
      big, 3, "EEE", weights = rep_len(c(0.1, 7, 2), 2e5),
      control = gmm_control(threads = threads, max_iter = 5, short_iter = 3)
    ))[c("means", "covariances", "loglik")]
  }
  expect_identical(suppressWarnings(on(1)), suppressWarnings(on(2)))
  # Light rows beside heavy ones, which they have a component of their own to be apart from.
  heavy <- gmm_fit(
    x, start = 1 + (iris$Species == "setosa"), weights = ifelse(iris$Species == "setosa", 1e9, 1)
  )
  expect_equal(heavy$proportions[[2]], 50e9 / (50e9 + 100), tolerance = 1e-9)
  expect_equal(heavy$means[1, ], colMeans(x[51:150, ]), tolerance = 1e-4)
})

test_that("the pieces of EM take weights", {
  m <- gmm_mstep(x, iris$Species, weights = weights)
  plain <- gmm_mstep(repeated, rep(iris$Species, weights))
  expect_equal(m, plain, tolerance = 1e-12)
  expect_equal(gmm_estep(x, m, weights)$loglik, gmm_estep(repeated, m)$loglik, tolerance = 1e-12)
  expect_equal(
    with_seed(gmm_start(x, 3, weights = weights))$means,
    with_seed(gmm_start(repeated, 3))$means, tolerance = 1e-12
  )
  # Weighted k-means has no centre at a row that does not count.
  far <- rbind(x, 1e6)
  starts <- with_seed(gmm_start(far, 3, "EEE", weights = c(rep(1, 150), 0)))
  expect_lt(max(starts$means), 10)
  # What is returned for such rows is taken, and does not count.
  again <- gmm_mstep(far, starts, "EEE", weights = c(rep(1, 150), 0))
  expect_equal(again$means, starts$means, tolerance = 1e-12)
  expect_equal(
    gmm_mstep(rbind(x, 1e200), c(iris$Species, 1), weights = c(rep(1, 150), 0))$covariances,
    gmm_mstep(x, iris$Species)$covariances
  )
  expect_error(
    gmm_start(c(1, 1, 1, 5), 1, weights = c(1, 1, 1, 0)), class = "gaussmix_error_data"
  )
})

test_that("a formula finds weights in its data", {
  data <- data.frame(iris, w = weights)
  by_formula <- with_seed(
    gmm_fit(~ Petal.Length + Petal.Width, data = data, k = 2, weights = w)
  )
  plain <- with_seed(gmm_fit(x[, 3:4], k = 2, weights = weights))
  expect_equal(by_formula$loglik, plain$loglik)
  expect_equal(nobs(update(by_formula, model = "EEE")), sum(weights))
  best <- with_seed(gmm_select(~ Petal.Length, data = data, k = 1:2, weights = w))
  expect_equal(nobs(best), sum(weights))
  # A matrix is data, too; and what is not there is the caller's.
  elsewhere <- weights
  by_matrix <- with_seed(gmm_fit(~Petal.Length, data = x, k = 2, weights = elsewhere))
  expect_equal(nobs(by_matrix), sum(weights))
})

test_that("the bars of a plot are by weight", {
  # The second half of the rows stands for three quarters.
  y <- with_seed(c(rnorm(500), rnorm(500, 20)))
  fit <- with_seed(gmm_fit(y, 2, "E", weights = rep(c(1, 3), each = 500)))
  plot <- autoplot(fit)
  bars <- Filter(function(layer) "ymax" %in% names(layer$data), plot$layers)
  bars <- bars[[which(vapply(bars, function(layer) "xmin" %in% names(layer$data), NA))]]$data
  area <- (bars$xmax - bars$xmin) * (bars$ymax - bars$ymin)
  expect_equal(sum(area), 1)
  expect_equal(sum(area[bars$xmin > 10]), 0.75)
  expect_match(plot$labels$caption, "by weight")
})

test_that("weights far from one, or that sum to few rows, make no difference but to what counts", {
  w <- rep(c(1e90, 2e90), each = 75)
  best <- with_seed(gmm_select(x, 1:3, "EEE", weights = w))
  expect_equal(nobs(best), sum(w))
  expect_true(all(best$table$status == "ok"))
  # All rows, and a sample of them, are worth 120.
  light <- with_seed(matrix(rnorm(24000), 12000)) + rep(c(0, 6), each = 6000)
  expect_warning(
    best <- with_seed(gmm_select(light, 1:3, "VVV", weights = rep(0.01, 12000))),
    class = "gaussmix_warning_weights"
  )
  expect_identical(best$best$k, 2L)
  expect_setequal(best[[2]]$starts$n, c(5000, 12000))
})

test_that("few rows that carry most of the weight are not missed by a sample", {
  many <- with_seed(matrix(rnorm(24000), ncol = 2)) + rep(c(8, 0, 8, 0), c(50, 11950, 50, 11950))
  w <- rep(c(1000, 1), c(50, 11950))
  fits <- vapply(1:3, function(seed) {
    set.seed(seed)
    gmm_fit(many, 2, weights = w)$loglik
  }, 0)
  whole <- with_seed(gmm_fit(many, 2, weights = w, control = gmm_control(sample = Inf)))
  expect_equal(fits, rep(whole$loglik, 3), tolerance = 1e-6)
  expect_equal(whole$proportions[[2]], 50000 / 61950, tolerance = 1e-3)
})

test_that("folds are of the rows that count", {
  few <- c(rep(1, 12), rep(0, 138))
  weighted <- with_seed(gmm_select(x, 1:2, "EII", criterion = "CV", weights = few, folds = 12))
  plain <- with_seed(gmm_select(x[1:12, ], 1:2, "EII", criterion = "CV", folds = 12))
  expect_equal(weighted$table, plain$table, tolerance = 1e-6)
  expect_error(
    gmm_select(x, 1:2, criterion = "CV", weights = few, folds = 13), class = "gaussmix_error_input"
  )
  given <- c(rep(1:3, 4), rep(NA, 138))
  weighted <- with_seed(gmm_select(x, 1, "EII", criterion = "CV", weights = few, folds = given))
  plain <- with_seed(gmm_select(x[1:12, ], 1, "EII", criterion = "CV", folds = rep(1:3, 4)))
  expect_equal(weighted$table, plain$table, tolerance = 1e-6)
})

test_that("a selection without its data still knows how many rows there are by weight", {
  best <- with_seed(gmm_select(x, 1:2, "EEE", weights = weights, keep_data = FALSE))
  expect_equal(nobs(best), sum(weights))
  expect_output(print(best), "150 rows that stand for 210")
})

test_that("weights of one are none", {
  fit <- with_seed(gmm_fit(x, 2, weights = rep(1L, 150)))
  expect_identical(fit$loglik, with_seed(gmm_fit(x, 2))$loglik)
  expect_null(fit$weights)
  expect_no_match(format(fit), "weights")
})

test_that("weights that are none are refused", {
  for (bad in list(
    -1, "a", TRUE, rep("1", 150), c(NA, rep(1, 149)), rep(0, 150), rep(1, 149), c(-1, rep(1, 149)),
    c(Inf, rep(1, 149)), rep(1e308, 150), rep(1e-200, 150), rep(1 / 150, 150),
    factor(rep(1, 150)), matrix(1, 150, 2), list(1), NA
  )) {
    expect_error(gmm_fit(x, 2, weights = bad), class = "gaussmix_error_weights")
    expect_error(gmm_select(x, 1:2, weights = bad), class = "gaussmix_error_weights")
    expect_error(gmm_mstep(x, iris$Species, weights = bad), class = "gaussmix_error_weights")
    expect_error(
      gmm_estep(x, with_seed(gmm_start(x, 2)), weights = bad), class = "gaussmix_error_weights"
    )
    expect_error(gmm_start(x, 2, weights = bad), class = "gaussmix_error_weights")
  }
  expect_snapshot(error = TRUE, {
    gmm_fit(x, 2, weights = 1:3)
    gmm_fit(x, 2, weights = c(1, NA, rep(1, 148)))
    gmm_fit(x, 2, weights = rep(1 / 150, 150))
    gmm_fit(~Sepal.Length, iris, 2, weights = nope)
    gmm_fit(x, 3, weights = c(1, 1, rep(0, 148)))
  })
})

test_that("print says what rows stand for", {
  expect_snapshot({
    with_seed(gmm_fit(x, 2, weights = weights))
    with_seed(gmm_select(x, 1:2, models = "EEE", weights = weights))
  })
})
