iris_x <- as.matrix(iris[1:4])

test_that("a control and a prior that were changed are checked again", {
  control <- gmm_control()
  control$max_iter <- 500
  control$n_moves <- 0
  set.seed(1)
  expect_lte(max(gmm_fit(iris[1:4], 3, control = control)$starts$n_iter), 500)
  control$tol <- -1
  expect_error(gmm_fit(iris[1:4], 3, control = control), class = "gaussmix_error_input")
  prior <- gmm_prior()
  prior$size <- 1L
  expect_identical(gmm_fit(iris[1:4], 1, prior = prior)$prior, gmm_prior(size = 1))
  prior$size <- -1
  expect_error(gmm_fit(iris[1:4], 1, prior = prior), class = "gaussmix_error_input")
})

test_that("control has a checked element for every argument", {
  control <- gmm_control()
  expect_s3_class(control, "gmm_control")
  expect_named(control, names(formals(gmm_control)))
  expect_identical(gmm_control(max_iter = 5)$max_iter, 5L)
  expect_identical(gmm_control(tol = 0L)$tol, 0)
  expect_snapshot(gmm_control(max_iter = 50, tol = 0))
})

test_that("a knob out of range is an error that gives the range", {
  expect_errors("input", expression(
    gmm_control(tol = -1),
    gmm_control(tol = "a"),
    gmm_control(tol = NA),
    gmm_control(tol = Inf),
    gmm_control(max_iter = 1.5),
    gmm_control(max_iter = -1),
    gmm_control(n_finish = 0),
    gmm_control(min_ratio = 2),
    gmm_control(min_size = c(1, 2)),
    gmm_control(tol = NULL),
    gmm_control(tol = NaN),
    gmm_control(tol = c(1, 2)),
    gmm_control(max_iter = NULL),
    gmm_control(max_iter = 1e+10),
    gmm_control(max_iter = Inf),
    gmm_control(short_iter = -1),
    gmm_control(kmeans_iter = -1),
    gmm_control(min_ratio = -1),
    gmm_control(min_total = 2),
    gmm_control(min_size = -1),
    gmm_control(min_size = "a"),
    gmm_control(min_size = TRUE),
    gmm_control(accelerate = NA),
    gmm_control(accelerate = 1),
    gmm_control(n_enough = 0),
    gmm_control(n_moves = -1),
    gmm_control(sample = 0),
    gmm_control(sample = NA),
    gmm_control(sample = 2.5)
  ))
  expect_error(gmm_control(itmax = 5), "unused argument")
})

test_that("what gmm_control() did not make is refused", {
  expect_errors("input", expression(
    gmm_fit(iris_x, 3, control = list(max_iter = 5)),
    gmm_fit(iris_x, 3, control = gmm_control),
    gmm_fit(iris_x, 3, control = NULL),
    gmm_fit(iris_x, 3, control = 5),
    gmm_start(iris_x, 3, control = list())
  ))
})

test_that("tol = 0 runs exactly max_iter iterations and does not warn", {
  for (max_iter in c(0, 1, 7, 20, 50)) {
    control <- gmm_control(tol = 0, max_iter = max_iter)
    expect_silent(given <- gmm_fit(iris_x, start = iris$Species, control = control))
    expect_equal(given$n_iter, max_iter)
    expect_length(given$loglik_trace, max_iter + 1)
    expect_false(given$converged)
    set.seed(1)
    expect_silent(drawn <- gmm_fit(iris_x, 3, control = control))
    expect_equal(drawn$n_iter, max_iter)
    expect_length(drawn$loglik_trace, max_iter + 1)
  }
})

test_that("max_iter = 0 returns the start", {
  fit <- gmm_fit(iris_x, start = iris$Species, control = gmm_control(tol = 0, max_iter = 0))
  p <- gmm_mstep(iris_x, iris$Species)
  expect_parameters(fit, p, tolerance = 1e-12)
  expect_equal(fit$loglik, gmm_estep(iris_x, p)$loglik, tolerance = 1e-12)
})

test_that("a fit stops where less than tol a row is to be gained", {
  exact <- gmm_fit(
    iris_x, start = iris$Species, control = gmm_control(tol = 0, max_iter = 3000)
  )$loglik
  for (accelerate in c(TRUE, FALSE)) {
    lengths <- numeric()
    for (tol in c(1e-2, 1e-4, 1e-6, 1e-8, 1e-10)) {
      control <- gmm_control(tol = tol, accelerate = accelerate)
      fit <- gmm_fit(iris_x, start = iris$Species, control = control)
      expect_true(fit$converged)
      # The estimate of the gain to come is not a bound: EM may yet speed up.
      expect_lt((exact - fit$loglik) / 150, 10 * tol)
      lengths <- c(lengths, fit$n_iter)
    }
    # A leap may gain what two tolerances ask for.
    expect_true(all(diff(lengths) >= if (accelerate) 0 else 1))
  }
})

test_that("a plateau is not taken for the end", {
  # Two parallel cigars, 3 apart, cut across: gains fall below a hundredth, and
  # then grow a thousandfold when EM finds the way out.
  set.seed(1)
  x <- cbind(rnorm(1000, sd = 50), c(rnorm(500, sd = 0.5), rnorm(500, 3, sd = 0.5)))
  truth <- rep(1:2, each = 500)
  start <- ifelse(x[, 1] > 0, 2, 1)
  leapt <- gmm_fit(x, start = start)
  expect_true(leapt$converged)
  expect_gt(gmm_compare(leapt, truth)$ari, 0.95)
  fit <- gmm_fit(x, start = start, control = gmm_control(accelerate = FALSE))
  expect_true(fit$converged)
  gains <- diff(fit$loglik_trace)
  plateau <- which.min(gains[1:100])
  expect_lt(gains[plateau], 0.01)
  expect_gt(max(gains[-(1:plateau)]), 10)
  expect_gt(gmm_compare(fit, truth)$ari, 0.95)
  expect_gt(gmm_compare(gmm_fit(x, 2), truth)$ari, 0.95)
})

test_that("a fit that runs out of iterations warns once, and can be continued", {
  control <- gmm_control(max_iter = 3)
  expect_warning(
    fit <- gmm_fit(iris_x, start = iris$Species, control = control),
    class = "gaussmix_warning_not_converged"
  )
  expect_false(fit$converged)
  expect_identical(fit$n_iter, 3L)
  expect_snapshot(invisible(gmm_fit(iris_x, start = iris$Species, control = control)))
  one <- gmm_control(max_iter = 1)
  expect_snapshot(invisible(gmm_fit(iris_x, start = iris$Species, control = one)))

  warnings <- 0
  withCallingHandlers(
    # Without moves, which may start where another run ended, and go on with it to its end.
    gmm_fit(iris_x, 3, control = gmm_control(max_iter = 3, n_moves = 0)),
    gaussmix_warning = function(w) {
      warnings <<- warnings + 1
      invokeRestart("muffleWarning")
    }
  )
  expect_identical(warnings, 1)

  # What the warning advises.
  more <- update(fit, start = fit, control = gmm_control(max_iter = 30000))
  expect_true(more$converged)
  whole <- gmm_fit(iris_x, start = iris$Species)
  expect_equal(more$loglik, whole$loglik, tolerance = 1e-8)
  expect_identical(more$loglik_trace[[1]] >= fit$loglik - 1e-9, TRUE)
})

test_that("short runs and n_finish decide how much of a search is done", {
  set.seed(1)
  few <- gmm_control(short_iter = 2, n_finish = 2, n_moves = 0)
  fit <- gmm_fit(iris_x, 3, nstart = 8, control = few)
  short <- fit$starts$outcome == "short run"
  expect_identical(nrow(fit$starts), 8L)
  expect_true(any(short))
  expect_true(all(fit$starts$n_iter[short] <= 2))
  set.seed(1)
  all <- gmm_fit(iris_x, 3, nstart = 8, control = gmm_control(n_finish = 8, n_moves = 0))
  expect_false(any(all$starts$outcome == "short run"))
  expect_gte(all$loglik, fit$loglik - 1e-6)
})

test_that("min_size, few_rows, min_ratio and min_total say what is degenerate", {
  set.seed(1)
  x <- rbind(matrix(rnorm(100), 50), matrix(rnorm(8, 20), 4))
  part <- rep(1:2, c(50, 4))
  expect_error(gmm_fit(x, start = part), class = "gaussmix_error_degenerate")
  fit <- gmm_fit(x, start = part, control = gmm_control(min_size = 3))
  expect_identical(fit$classification, part)

  tight <- rbind(matrix(rnorm(100), 50), matrix(rnorm(100, 5, 1e-4), 50))
  part <- rep(1:2, each = 50)
  # Fifty rows in one spot are a fact; if that were few, they would be an accident.
  expect_identical(gmm_fit(tight, start = part)$classification, part)
  few <- function(...) gmm_control(few_rows = 60, ...)
  expect_error(
    gmm_fit(tight, start = part, control = few()), class = "gaussmix_error_degenerate"
  )
  fit <- gmm_fit(tight, start = part, control = few(min_ratio = 1e-12))
  expect_identical(fit$classification, part)
  expect_error(
    gmm_fit(tight, start = part, control = gmm_control(min_ratio = 0, min_total = 1e-3)),
    class = "gaussmix_error_degenerate"
  )
})

test_that("components of many rows may differ in scale as they like", {
  # Each was once refused, or given up for a maximum far below.
  set.seed(1)
  wide <- c(rnorm(500), rnorm(500, 0, 200))
  crossed <- rbind(
    cbind(rnorm(500, 0, 50), rnorm(500, 0, 0.3)), cbind(rnorm(500, 0, 0.3), rnorm(500, 0, 50))
  )
  bunch <- rbind(matrix(rnorm(1000), 500), matrix(runif(400, -300, 300), 200))
  far <- rbind(matrix(rnorm(200), 100), matrix(rnorm(200), 100) + 1e6)
  small <- matrix(rnorm(600), 60) + rep(c(0, 5, 10), each = 20)
  cases <- list(
    list(wide, rep(1:2, each = 500), "V"), list(crossed, rep(1:2, each = 500), "VVV"),
    list(bunch, rep(1:2, c(500, 200)), "VVV"), list(far, rep(1:2, each = 100), "EII"),
    list(far, rep(1:2, each = 100), "VVV"), list(small, rep(1:3, each = 20), "VVI"),
    list(small, rep(1:3, each = 20), "VII")
  )
  for (case in cases) {
    known <- gmm_fit(case[[1]], start = case[[2]], model = case[[3]])
    found <- gmm_fit(case[[1]], max(case[[2]]), case[[3]])
    expect_gt(found$loglik, known$loglik - 1e-3)
  }
})

test_that("arguments of gmm_control() and a seed are pointed to where they belong", {
  expect_errors("input", expression(
    gmm_fit(iris_x, 3, threads = 2),
    gmm_fit(iris_x, 3, max_iter = 5),
    gmm_fit(iris_x, 3, seed = 1),
    predict(gmm_mixture(1, 0, 1), 1, threads = 2)
  ))
})
