test_that("what is told is what would be used", {
  rlang::local_options(gaussmix.threads = NULL, gaussmix.simd = NULL)
  info <- gmm_info()
  expect_s3_class(info, "gmm_info")
  expect_identical(info$version, as.character(utils::packageVersion("gaussmix")))
  expect_true(info$simd %in% info$simd_available)
  expect_true("baseline" %in% info$simd_available)
  expect_identical(info$threads, info$threads_max)
  expect_gte(info$processors, 1)
  expect_output(print(info), info$simd, fixed = TRUE)

  rlang::local_options(gaussmix.threads = 1, gaussmix.simd = "baseline")
  info <- gmm_info()
  expect_identical(info$threads, 1L)
  expect_identical(info$simd, "baseline")
  rlang::local_options(gaussmix.threads = 1e6)
  expect_identical(gmm_info()$threads, info$threads_max)
})

test_that("the reason for the number of threads is the one that decides", {
  has <- list(openmp = TRUE, forked = FALSE, threads_max = 4L)
  limits <- c(OMP_NUM_THREADS = "", OMP_THREAD_LIMIT = "")
  expect_identical(why_threads(NULL, has, limits), "one per processor")
  expect_identical(why_threads(4L, has, limits), "the option gaussmix.threads")
  expect_match(why_threads(5L, has, limits), "asks for 5, but one per processor$")
  limits[["OMP_THREAD_LIMIT"]] <- "4"
  expect_identical(why_threads(NULL, has, limits), "OMP_THREAD_LIMIT")
  expect_match(why_threads(9L, has, limits), "asks for 9, but OMP_THREAD_LIMIT$")
  expect_identical(why_threads(2L, has, limits), "the option gaussmix.threads")
  has$threads_max <- 1L
  has$forked <- TRUE
  expect_match(why_threads(2L, has, limits), "asks for 2, but this process was forked$")
  has$openmp <- FALSE
  expect_identical(why_threads(NULL, has, limits), "the package was compiled without OpenMP")
})

test_that("it prints what matters for speed", {
  info <- structure(
    list(
      version = "1.2.3", R = "4.5.6", compiler = "gcc 12.2.0", simd = "AVX2", lanes = 4L,
      simd_why = "the widest",
      simd_available = c("baseline", "AVX2", "AVX-512"), threads = 2L,
      threads_why = "the option gaussmix.threads", threads_max = 8L, processors = 8L,
      openmp = TRUE, forked = FALSE, BLAS = "/lib/libblas.so.3", LAPACK = ""
    ),
    class = "gmm_info"
  )
  expect_snapshot(info)
})
