iris_x <- as.matrix(iris[1:4])

# EVE and VVE leave part of the search for their axes to the next iteration, so that
# only where they end is that of the reference.
test_that("30 iterations are those of the reference, for every model, d and k", {
  set.seed(1)
  control <- gmm_control(
    tol = 0, max_iter = 30, accelerate = FALSE, min_size = 0, min_ratio = 0
  )
  for (d in c(1, 2, 4)) {
    for (k in 1:3) {
      x <- random_rows(150, d, k)
      for (model in setdiff(models_for(d), common_axes_models)) {
        start <- ref_mstep(x, random_responsibilities(150, k), model)
        fit <- gmm_fit(x, model = model, start = start, control = control)
        expected <- ref_em(x, start, model, 30)
        label <- paste(model, d, k)
        expect_equal(fit$loglik_trace, expected$trace, tolerance = 1e-9, info = label)
        expect_equal(plain(fit), plain(expected), tolerance = 1e-8, info = label)
        expect_equal(fit$df, ref_df(model, d, k), info = label)
      }
    }
  }
})

test_that("iterations with equal proportions are those of the reference", {
  set.seed(8)
  control <- gmm_control(
    tol = 0, max_iter = 20, accelerate = FALSE, min_size = 0, min_ratio = 0
  )
  x <- random_rows(150, 2, 3)
  r <- random_responsibilities(150, 3)
  for (model in setdiff(several_models, common_axes_models)) {
    start <- ref_mstep(x, r, model)
    fit <- gmm_fit(x, model = model, start = start, equal_proportions = TRUE, control = control)
    # The start is brought to equal proportions, too.
    start$proportions <- rep(1 / 3, 3)
    expected <- ref_em(x, start, model, 20, equal_proportions = TRUE)
    expect_identical(unname(fit$proportions), rep(1 / 3, 3))
    expect_equal(fit$loglik_trace, expected$trace, tolerance = 1e-9, info = model)
    expect_equal(plain(fit), plain(expected), tolerance = 1e-8, info = model)
    expect_equal(fit$df, ref_df(model, 2, 3, equal_proportions = TRUE), info = model)
  }
})

test_that("the log-likelihood never falls", {
  set.seed(2)
  for (d in 1:3) {
    for (k in 2:4) {
      x <- random_rows(120, d, k)
      for (model in models_for(d)) {
        fit <- tryCatch(
          gmm_fit(x, k, model, nstart = 2, control = gmm_control(tol = 0, max_iter = 100)),
          gaussmix_error_degenerate = function(e) NULL
        )
        if (!is.null(fit)) {
          falls <- -min(diff(fit$loglik_trace))
          expect_lte(falls, 1e-9 * abs(fit$loglik), label = paste("fall of", model, d, k))
        }
      }
    }
  }
})

test_that("one component has its closed form, for every model", {
  set.seed(3)
  for (d in c(1, 2, 4)) {
    x <- random_rows(50, d, 2)
    s <- cov(x) * 49 / 50
    for (model in models_for(d)) {
      # The letter of the shape, then that of the orientation.
      sigma <- if (d > 1L && substr(model, 2, 2) == "I") {
        diag(mean(diag(s)), d)
      } else if (d > 1L && substr(model, 3, 3) == "I") {
        diag(diag(s), d)
      } else {
        s
      }
      fit <- gmm_fit(x, 1, model)
      expect_identical(unname(fit$proportions), 1)
      expect_equal(unname(fit$means[1, ]), colMeans(x), tolerance = 1e-12)
      expect_equal(matrix(fit$covariances, d), sigma, tolerance = 1e-12)
      distance <- mahalanobis(x, colMeans(x), sigma)
      loglik <- -(sum(distance) + 50 * (log(det(sigma)) + d * log(2 * pi))) / 2
      expect_equal(fit$loglik, loglik, tolerance = 1e-12)
      expect_true(fit$converged)
      expect_identical(nrow(fit$starts), 1L)
      expect_identical(fit$classification, rep(1L, 50))
    }
  }
})

test_that("a fit is a stationary point: an iteration of the reference stays there", {
  set.seed(4)
  x <- random_rows(200, 2, 2)
  for (model in several_models) {
    fit <- gmm_fit(x, 2, model)
    r <- ref_estep(x, fit)$responsibilities
    expect_equal(plain(ref_mstep(x, r, model)), plain(fit), tolerance = 1e-3)
    expect_equal(ref_em(x, fit, model, 20)$trace[21], fit$loglik, tolerance = 1e-7)
  }
})

test_that("a fit has the documented fields", {
  set.seed(1)
  fit <- gmm_fit(iris_x, 3)
  expect_s3_class(fit, c("gmm_fit", "gmm"), exact = TRUE)
  expect_named(fit, c(
    "proportions", "means", "covariances", "model", "equal_proportions", "k", "d", "n", "n_obs",
    "loglik", "df", "entropy", "n_iter", "converged", "loglik_trace", "starts", "prior",
    "classification", "call", "data", "terms", "weights", "labels", "missing", "step",
    "rounding"
  ), ignore.order = TRUE)
  components <- c("1", "2", "3")
  expect_identical(names(fit$proportions), components)
  expect_equal(sum(fit$proportions), 1)
  expect_identical(dimnames(fit$means), list(components, names(iris)[1:4]))
  expect_identical(dimnames(fit$covariances), list(names(iris)[1:4], names(iris)[1:4], components))
  expect_identical(fit[c("model", "k", "d", "n")], list(model = "VVV", k = 3L, d = 4L, n = 150L))
  expect_equal(fit$df, 44)
  expect_identical(fit$loglik, fit$loglik_trace[[length(fit$loglik_trace)]])
  expect_length(fit$loglik_trace, fit$n_iter + 1)
  expect_true(fit$converged)
  expect_identical(fit$classification, predict(fit))
  expect_identical(fit$call, quote(gmm_fit(x = iris_x, k = 3)))
  expect_identical(fit$data, iris_x)
  expect_null(fit$terms)
  expect_equal(fit$loglik, ref_estep(iris_x, fit)$loglik, tolerance = 1e-12)
})

test_that("the table of starts says what became of each", {
  set.seed(1)
  fit <- gmm_fit(iris_x, 3, nstart = 12)
  expect_named(
    fit$starts, c("method", "n", "loglik", "n_iter", "n_pass", "outcome", "component")
  )
  # What is drawn comes first, then moves.
  expect_identical(fit$starts$method[1:12], rep(c("kmeans", "kmeans++", "random"), 4))
  expect_gt(nrow(fit$starts), 12)
  expect_identical(unique(fit$starts$method[-(1:12)]), "move")
  expect_equal(unique(fit$starts$n), 150)
  best <- which(fit$starts$outcome == "best")
  expect_length(best, 1)
  expect_identical(fit$starts$loglik[best], fit$loglik)
  expect_identical(fit$starts$n_iter[best], fit$n_iter)
  expect_equal(max(fit$starts$loglik[fit$starts$outcome %in% c("best", "finished")]), fit$loglik)
  expect_true(all(fit$starts$outcome %in% c(
    "best", "finished", "duplicate", "overtaken", "returned", "short run", "empty",
    "singular", "small", "spurious", "rounded", "nonfinite"
  )))
  none <- gmm_control(n_moves = 0)
  fit <- gmm_fit(iris_x, 3, start = "random", nstart = 4, control = none)
  expect_identical(fit$starts$method, rep("random", 4))
})

test_that("components are numbered by the mean of the first variable", {
  for (seed in 1:5) {
    set.seed(seed)
    fit <- gmm_fit(iris_x, 3)
    expect_false(is.unsorted(fit$means[, 1]))
    turned <- gmm_fit(iris_x[, c(2, 1, 3, 4)], 3)
    expect_false(is.unsorted(turned$means[, 1]))
  }
  # Ties in the first variable: the next decides.
  set.seed(1)
  y <- rnorm(200)
  x <- cbind(a = c(y, y), b = rep(c(20, 0), each = 200) + rnorm(400, sd = 0.1))
  for (seed in 1:5) {
    set.seed(seed)
    fit <- gmm_fit(x, 2)
    expect_lt(fit$means[1, "b"], fit$means[2, "b"])
  }
})

test_that("the same seed gives the same fit, and the stream goes on", {
  set.seed(1)
  a <- gmm_fit(iris_x, 3)
  position <- runif(1)
  set.seed(1)
  b <- gmm_fit(iris_x, 3)
  expect_identical(a, b)
  expect_identical(runif(1), position)
  # No seed is set inside: the next fit draws other starts.
  set.seed(1)
  none <- gmm_control(n_moves = 0)
  first <- gmm_fit(iris_x, 3, start = "random", nstart = 6, control = none)$starts$loglik
  second <- gmm_fit(iris_x, 3, start = "random", nstart = 6, control = none)$starts$loglik
  expect_false(identical(first, second))
})

test_that("rescaling by a power of two changes nothing but the scale", {
  for (model in several_models) {
    set.seed(1)
    fit <- gmm_fit(iris_x, 3, model)
    for (e in c(-300, -3, 1, 40, 300)) {
      set.seed(1)
      scaled <- gmm_fit(iris_x * 2^e, 3, model)
      expect_identical(scaled$n_iter, fit$n_iter)
      expect_equal(
        scaled$loglik_trace + 600 * e * log(2), fit$loglik_trace, tolerance = 1e-12
      )
      expect_identical(scaled$classification, fit$classification)
      expect_identical(scaled$means / 2^e, fit$means)
      expect_identical(scaled$covariances / 2^e / 2^e, fit$covariances)
    }
  }
})

test_that("the fit does not depend on the unit, however large or small", {
  set.seed(1)
  line <- faithful$waiting
  for (model in several_models) {
    set.seed(1)
    fit <- gmm_fit(iris_x, 3, model)
    one <- gmm_fit(line, 2, model)
    for (s in c(1e-100, 1e-8, 3, 1e8, 1e100)) {
      set.seed(1)
      scaled <- gmm_fit(iris_x * s, 3, model)
      expect_equal(scaled$loglik + 600 * log(s), fit$loglik, tolerance = 1e-9)
      expect_identical(scaled$classification, fit$classification)
      expect_equal(scaled$means / s, fit$means, tolerance = 1e-5)
      expect_equal(scaled$covariances / s / s, fit$covariances, tolerance = 1e-4)
      expect_equal(
        gmm_fit(line * s, 2, model)$loglik + 272 * log(s), one$loglik, tolerance = 1e-8
      )
    }
  }
})

test_that("each variable may have a unit of its own, unless the model compares them", {
  units <- c(1e-100, 1, 1e100, 1e-5)
  for (model in c("EEI", "VVI", "EEE", "VVV")) {
    set.seed(1)
    fit <- gmm_fit(iris_x, 3, model)
    set.seed(1)
    other <- gmm_fit(t(t(iris_x) * units), 3, model)
    expect_equal(other$loglik + 150 * sum(log(units)), fit$loglik, tolerance = 1e-8)
    expect_identical(other$classification, fit$classification)
  }
})

test_that("a shift moves the means only", {
  set.seed(1)
  fit <- gmm_fit(iris_x, 3)
  set.seed(1)
  moved <- gmm_fit(iris_x + 1e6, 3)
  expect_equal(moved$loglik, fit$loglik, tolerance = 1e-8)
  expect_equal(moved$means - 1e6, fit$means, tolerance = 1e-6)
  expect_equal(moved$covariances, fit$covariances, tolerance = 1e-6)
  expect_identical(moved$classification, fit$classification)
})

test_that("VVV follows a linear map, spherical models a rotation", {
  set.seed(5)
  a <- matrix(rnorm(16), 4)
  q <- qr.Q(qr(a))
  fit <- gmm_fit(iris_x, start = iris$Species)
  mapped <- gmm_fit(iris_x %*% a, start = iris$Species)
  expect_equal(mapped$loglik + 150 * log(abs(det(a))), fit$loglik, tolerance = 1e-8)
  expect_identical(mapped$classification, fit$classification)
  for (model in c("EII", "VII", "EEE")) {
    expect_equal(
      gmm_fit(iris_x %*% q, start = iris$Species, model = model)$loglik,
      gmm_fit(iris_x, start = iris$Species, model = model)$loglik,
      tolerance = 1e-8
    )
  }
})

test_that("the order of rows and columns does not matter", {
  set.seed(6)
  rows <- sample(150)
  columns <- c(3, 1, 4, 2)
  for (model in several_models) {
    fit <- gmm_fit(iris_x, start = iris$Species, model = model)
    by_rows <- gmm_fit(iris_x[rows, ], start = iris$Species[rows], model = model)
    expect_equal(by_rows$loglik, fit$loglik, tolerance = 1e-9)
    expect_identical(by_rows$classification, fit$classification[rows])
    expect_parameters(by_rows, fit, tolerance = 1e-4)
    by_columns <- gmm_fit(iris_x[, columns], start = iris$Species, model = model)
    expect_equal(by_columns$loglik, fit$loglik, tolerance = 1e-9)
    expect_identical(by_columns$classification, fit$classification)
    expect_equal(by_columns$means, fit$means[, columns], tolerance = 1e-4)
  }
})

test_that("a model within another reaches no larger log-likelihood", {
  loglik <- vapply(several_models, function(model) {
    set.seed(1)
    gmm_fit(iris_x, 3, model)$loglik
  }, 0)
  expect_lt(loglik[["EII"]], loglik[["VII"]])
  expect_lt(loglik[["VII"]], loglik[["VVI"]])
  expect_lt(loglik[["EEI"]], loglik[["VVI"]])
  expect_lt(loglik[["EEI"]], loglik[["EEE"]])
  expect_lt(loglik[["EEE"]], loglik[["VVV"]])
  expect_lt(loglik[["VVI"]], loglik[["VVV"]])
})

test_that("blocks of rows add up: any number of rows is fitted the same", {
  # Rows that fill blocks exactly, or leave one over.
  set.seed(7)
  for (n in c(63, 64, 65, 127, 128, 129, 255, 256, 257, 1023, 1025)) {
    x <- random_rows(n, 2, 2)
    start <- ref_mstep(x, random_responsibilities(n, 2), "VVV")
    control <- gmm_control(tol = 0, max_iter = 2, accelerate = FALSE)
    expect_equal(
      gmm_fit(x, start = start, control = control)$loglik_trace,
      ref_em(x, start, "VVV", 2)$trace,
      tolerance = 1e-11
    )
  }
})

test_that("a fit works without the package being attached", {
  alone <- new.env(parent = baseenv())
  fit <- eval(quote(gaussmix::gmm_fit(datasets::iris[, 1:4], k = 3, nstart = 3)), alone)
  expect_s3_class(fit, "gmm_fit")
})

test_that("k that is no number of components is an error", {
  expect_errors("input", expression(
    gmm_fit(iris_x, 0),
    gmm_fit(iris_x, 2.5),
    gmm_fit(iris_x, NA),
    gmm_fit(iris_x, NULL),
    gmm_fit(iris_x),
    gmm_fit(iris_x, "3"),
    gmm_fit(iris_x, c(2, 3)),
    gmm_fit(iris_x, Inf),
    gmm_fit(iris_x, TRUE),
    gmm_fit(iris_x, -1),
    gmm_fit(iris_x, NA_real_),
    gmm_fit(iris_x, NaN),
    gmm_fit(iris_x, 1e10),
    gmm_fit(iris_x, list(2)),
    gmm_fit(iris_x, factor(2)),
    gmm_fit(iris_x, mean)
  ))
  expect_errors("size", expression(
    gmm_fit(iris_x, 151)
  ))
  expect_identical(gmm_fit(iris_x, 1L)$k, 1L)
})

test_that("unknown arguments are errors that name them", {
  expect_errors("input", expression(
    gmm_fit(iris_x, 3, nstrat = 5),
    gmm_fit(iris_x, G = 3, modelNames = "VVV"),
    gmm_fit(iris_x, 3, "VVV", 5),
    gmm_fit(~Petal.Length, data = iris, k = 2, foo = 1),
    gmm_fit(iris_x, 3, keep_data = NA),
    gmm_fit(iris_x, 3, keep_data = "no"),
    gmm_fit(iris_x, G = 3),
    gmm_fit(iris_x, 3, keep_data = c(TRUE, TRUE)),
    gmm_fit(iris_x, data = iris, k = 3)
  ))
})

test_that("one component is fitted to as few rows as have a covariance, however long it takes", {
  set.seed(1)
  x <- matrix(rnorm(18), 6)
  never <- gmm_control(tol = 0, max_iter = 40)
  fit <- gmm_fit(x, k = 1, model = "VVV", control = never)
  expect_equal(as.vector(fit$means), colMeans(x), tolerance = 1e-12)
  x[1, 1] <- NA
  expect_equal(gmm_fit(x, k = 1, model = "VVV", control = never)$k, 1L)
  expect_equal(gmm_select(x, k = 1, models = "VVV")$table$status, "ok")
})
