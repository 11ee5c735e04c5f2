iris_x <- as.matrix(iris[1:4])

# Options for the rest of a test, which those of the session do not disturb.
local_engine <- function(threads = NULL, simd = NULL, env = parent.frame()) {
  rlang::local_options(gaussmix.threads = threads, gaussmix.simd = simd, .frame = env)
}

test_that("the engine is what the control says, else the options, else the most", {
  local_engine()
  expect_identical(choose_engine(), list(threads = 0L, simd = -1L))
  expect_identical(choose_engine(gmm_control()), list(threads = 0L, simd = -1L))
  control <- gmm_control(threads = 3, simd = "baseline")
  expect_identical(choose_engine(control), list(threads = 3L, simd = 0L))

  local_engine(threads = 2, simd = "Baseline")
  expect_identical(choose_engine(), list(threads = 2L, simd = 0L))
  expect_identical(choose_engine(gmm_control(threads = 5)), list(threads = 5L, simd = 0L))
  # Options are for when a fit is run.
  expect_null(gmm_control()$threads)
})

test_that("instruction sets are found in any case, with or without hyphen", {
  all <- names(simd_levels)
  named <- function(x) check_simd(x, "simd", NULL, all)
  expect_identical(named("BASELINE"), "baseline")
  expect_identical(named("avx2"), "AVX2")
  expect_identical(named("AVX-2"), "AVX2")
  expect_identical(named("avx512"), "AVX-512")
  expect_identical(vapply(all, named, ""), stats::setNames(all, all))
  expect_true(all(gmm_info()$simd_available %in% all))
})

test_that("a wrong number of threads or instruction set is an error that names it", {
  local_engine()
  with_options <- function(expr, ...) {
    rlang::local_options(...)
    expr
  }
  expect_errors("input", expression(
    gmm_control(threads = 0),
    gmm_control(threads = 1.5),
    gmm_control(threads = "two"),
    gmm_control(threads = c(1, 2)),
    gmm_control(threads = NA),
    gmm_control(simd = "SSE"),
    gmm_control(simd = 2),
    gmm_control(simd = NA_character_),
    gmm_control(simd = c("baseline", "AVX2", "AVX-512")),
    check_simd("avx512", "simd", NULL, c("baseline", "AVX2")),
    check_simd("AVX2", "options(gaussmix.simd = )", NULL, "baseline"),
    with_options(gmm_fit(iris_x, 3), gaussmix.threads = -1),
    with_options(gmm_start(iris_x, 3), gaussmix.threads = "all"),
    with_options(gmm_mstep(iris_x, iris$Species), gaussmix.simd = "mmx"),
    with_options(gmm_estep(1:9, gmm_mixture(1, 0, 1)), gaussmix.simd = 1),
    with_options(predict(gmm_mixture(1, 0, 1), 1), gaussmix.threads = 0)
  ))
})

test_that("any number of threads gives the same bits, more than there are too", {
  set.seed(1)
  x <- random_rows(20000, 3, 2)
  fit_by <- function(threads) {
    set.seed(1)
    gmm_fit(x, 2, nstart = 2, control = gmm_control(threads = threads))
  }
  expected <- fit_by(1)
  for (threads in c(2, 3, 1000)) {
    fit <- fit_by(threads)
    fit$call <- expected$call
    expect_identical(fit, expected)
  }
  for (threads in c(1, 2, 1000)) {
    local_engine(threads = threads)
    expect_identical(predict(expected, type = "logdensity"), {
      local_engine(threads = 1)
      predict(expected, type = "logdensity")
    })
  }
})

test_that("every instruction set there is gives the same fit but for rounding", {
  expected <- gmm_fit(iris_x, start = iris$Species, control = gmm_control(simd = "baseline"))
  for (simd in gmm_info()$simd_available) {
    fit <- gmm_fit(iris_x, start = iris$Species, control = gmm_control(simd = simd))
    expect_parameters(fit, expected, tolerance = 1e-6)
    expect_equal(fit$loglik, expected$loglik, tolerance = 1e-10)
    local_engine(simd = simd)
    expect_equal(
      predict(expected, type = "prob"), gmm_estep(iris_x, expected)$responsibilities,
      tolerance = 1e-12
    )
  }
})
