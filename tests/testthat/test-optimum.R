# What holds of every fit, whatever way it took: the same optimum from every seed, in every
# unit and order of the data, with or without leaps, on a sample of the rows or on all.
iris_x <- as.matrix(iris[1:4])

# Each model beside data of its own size: 60 to 150 rows, two or three components.
model_cases <- function() {
  lapply(seq_along(several_models), function(i) {
    k <- 2L + i %% 2L
    rows <- if (i %% 3L == 0L) seq(1, 150, by = 2) else seq_len(150)
    class <- as.integer(iris$Species)[rows]
    list(
      model = several_models[[i]], k = k, x = iris_x[rows, ],
      start = if (k == 2L) pmin(class, 2L) else class
    )
  })
}

# Two parallel cigars of 500 rows each, `apart` in the thin direction.
cigars <- function(sds, apart) {
  list(
    x = cbind(rnorm(1000, sd = sds[[1]]), rnorm(1000, rep(c(0, apart), each = 500), sds[[2]])),
    class = rep(1:2, each = 500)
  )
}

separated_rows <- function(n) {
  class <- rep_len(1:3, n)
  list(x = matrix(rnorm(2 * n), n) + cbind(c(0, 10, 0), c(0, 0, 10))[class, ], class = class)
}

test_that("every seed finds the optimum of the three species", {
  for (seed in 1:20) {
    set.seed(seed)
    fit <- gmm_fit(iris_x, 3, "VVV")
    expect_lt(abs(fit$loglik + 180.185477), 1e-5, label = paste("distance, seed", seed))
  }
})

test_that("parallel cigars are told apart, however long", {
  for (thin in c(0.5, 0.05)) {
    # At least 6 standard deviations: nearer ones overlap by more than two rows in a hundred.
    for (apart in unique(c(6 * thin, 3, 6))) {
      for (seed in 1:10) {
        set.seed(seed)
        data <- cigars(c(50, thin), apart)
        ari <- gmm_compare(gmm_fit(data$x, 2), data$class)$ari
        expect_gte(ari, 0.98, label = paste("index of cigars", thin, apart, seed))
      }
    }
  }
})

test_that("the optimum is the same in any unit and from any origin", {
  set.seed(1)
  fit <- gmm_fit(iris_x, 3)
  for (s in c(1e-8, 1e-4, 1e4, 1e8)) {
    set.seed(1)
    scaled <- gmm_fit(iris_x * s, 3)
    expect_equal(scaled$loglik + 600 * log(s), fit$loglik, tolerance = 1e-9)
    expect_equal(scaled$means / s, fit$means, tolerance = 1e-6)
    expect_equal(scaled$covariances / s^2, fit$covariances, tolerance = 1e-6)
  }
  set.seed(1)
  moved <- gmm_fit(iris_x + 1e6, 3)
  expect_equal(moved$loglik, fit$loglik, tolerance = 1e-7)
  expect_equal(moved$means - 1e6, fit$means, tolerance = 1e-5)
  expect_equal(moved$covariances, fit$covariances, tolerance = 1e-5)
})

test_that("with leaps or without, a run rises, and to the same height", {
  for (case in model_cases()) {
    n <- nrow(case$x)
    runs <- lapply(c(leaps = TRUE, plain = FALSE), function(accelerate) {
      gmm_fit(
        case$x, model = case$model, start = case$start,
        control = gmm_control(accelerate = accelerate)
      )
    })
    for (how in names(runs)) {
      rise <- min(diff(runs[[how]]$loglik_trace))
      expect_gte(rise, -1e-9 * n, label = paste("least rise of", case$model, how))
      expect_true(runs[[how]]$converged, info = paste(case$model, how))
    }
    gain <- runs$leaps$loglik - runs$plain$loglik
    expect_gte(gain, -1e-6, label = paste("gain by leaps,", case$model))
  }
})

test_that("the order of rows and of variables does not matter", {
  set.seed(1)
  for (case in model_cases()) {
    rows <- sample(nrow(case$x))
    columns <- c(3, 1, 4, 2)
    loglik <- function(x, start) gmm_fit(x, model = case$model, start = start)$loglik
    whole <- loglik(case$x, case$start)
    by_rows <- loglik(case$x[rows, ], case$start[rows])
    by_columns <- loglik(case$x[, columns], case$start)
    expect_equal(by_rows, whole, tolerance = 1e-6, info = case$model)
    expect_equal(by_columns, whole, tolerance = 1e-6, info = case$model)
  }
})

test_that("a seed decides the fit, and the number of threads nothing", {
  set.seed(1)
  large <- separated_rows(2e5)$x
  parameters <- c("proportions", "means", "covariances", "loglik_trace", "starts")
  cases <- list(list(iris_x, NULL), list(large, NULL), list(large, Inf))
  for (case in cases) {
    fits <- lapply(c(1, 2, 2), function(threads) {
      set.seed(1)
      control <- gmm_control(sample = case[[2]], n_moves = 10, threads = threads)
      gmm_fit(case[[1]], 3, control = control)
    })
    expect_identical(fits[[2]][parameters], fits[[1]][parameters])
    expect_identical(fits[[3]], fits[[2]])
  }
})

test_that("a search on a sample ends where one on all rows does", {
  set.seed(1)
  data <- separated_rows(20000)
  set.seed(2)
  sampled <- gmm_fit(data$x, 3, control = gmm_control(sample = 2000))
  set.seed(2)
  whole <- gmm_fit(data$x, 3, control = gmm_control(sample = Inf))
  expect_lt(abs(sampled$loglik - whole$loglik), 1e-4)
  expect_equal(sampled$means, whole$means, tolerance = 1e-5)
  expect_equal(unique(whole$starts$n), 20000)
  starts <- sampled$starts
  on_all <- starts$method == "sample"
  expect_true(any(on_all))
  expect_equal(unique(starts$n[on_all]), 20000)
  expect_equal(unique(starts$n[!on_all]), 2000)
  expect_true(on_all[starts$outcome == "best"])
  expect_identical(sampled$n, 20000L)
  expect_length(sampled$classification, 20000)
})

test_that("a given start draws no random number", {
  set.seed(1)
  large <- separated_rows(20000)
  before <- .Random.seed
  gmm_fit(iris_x, start = iris$Species)
  gmm_fit(iris_x, start = gmm_mstep(iris_x, iris$Species), model = "EEE")
  gmm_fit(large$x, start = large$class, control = gmm_control(sample = 2000))
  expect_identical(.Random.seed, before)
})

test_that("a fit lists its runs, and which is the best", {
  set.seed(1)
  fits <- list(
    search = gmm_fit(iris_x, 3),
    one = gmm_fit(iris_x, 1),
    given = gmm_fit(iris_x, start = iris$Species),
    drawn = gmm_fit(iris_x, 3, nstart = 9, control = gmm_control(n_moves = 0)),
    line = gmm_fit(faithful$waiting, 2),
    sampled = gmm_fit(separated_rows(3000)$x, 3, control = gmm_control(sample = 500))
  )
  for (name in names(fits)) {
    fit <- fits[[name]]
    starts <- fit$starts
    best <- which(starts$outcome == "best")
    expect_length(best, 1L)
    expect_identical(starts$loglik[best], fit$loglik, info = name)
    expect_identical(starts$n_iter[best], fit$n_iter, info = name)
    expect_equal(starts$n[best], fit$n, info = name)
    # No run on these rows ended above it, but for rounding: of equal ones the first stays.
    rivals <- starts$loglik[starts$outcome == "finished" & starts$n == fit$n]
    above <- max(rivals, -Inf) - fit$loglik
    expect_lte(above, 1e-9 * fit$n, label = paste("lead of another run,", name))
    # Every iteration is a pass, and so is the first E-step.
    ran <- starts$outcome %in% c("best", "finished", "overtaken")
    expect_true(all(starts$n_pass[ran] > starts$n_iter[ran]), info = name)
  }
  expect_identical(nrow(fits$one$starts), 1L)
  expect_identical(nrow(fits$given$starts), 1L)
  expect_identical(nrow(fits$drawn$starts), 9L)
})

test_that("where a sample holds nothing proper, all rows are searched with their effort", {
  set.seed(1)
  x <- cbind(a = rnorm(20000), b = 0)
  x[c(5, 9000), "b"] <- c(1, -1)
  control <- gmm_control(sample = 1000, n_enough = 1000, n_moves = 0, short_iter = 2)
  set.seed(2)
  fit <- gmm_fit(x, 2, "EEE", control = control)
  # What was tried on the sample would be there too.
  sampled <- fit$starts$n == 1000
  expect_false(any(fit$starts$outcome[sampled] %in% c("best", "finished")))
  expect_identical(sum(!sampled), search_effort(20000, 2, 2, "EEE")$nstart)
  expect_lt(sum(!sampled), search_effort(1000, 2, 2, "EEE")$nstart)
  expect_identical(summary(fit)$search$rows, 20000L)
})

test_that("a run that ends at max_iter is not returned on its way to collapse", {
  # Within an iteration or two, components shrink onto the rows with one and the same width.
  limits <- set_limits(gmm_control(), "VVV", 4)
  for (max_iter in c(3, 5, 10)) {
    set.seed(1)
    expect_warning(
      fit <- gmm_fit(iris_x, 3, control = gmm_control(max_iter = max_iter)),
      class = "gaussmix_warning_not_converged"
    )
    expect_lt(fit$loglik, -150)
    for (i in 1:3) for (j in setdiff(1:3, i)) {
      relative <- solve(fit$covariances[, , i], fit$covariances[, , j])
      expect_gt(min(Re(eigen(relative)$values)), gmm_control()$min_ratio)
    }
  }
})

test_that("where no start is proper, moves of the component that is to blame find what is", {
  # A hundred clusters of twenty rows: of so many centres, some clusters get two, or none.
  set.seed(5)
  centres <- matrix(runif(200, 0, 100), 100)
  group <- rep(1:100, each = 20)
  x <- centres[group, ] + rnorm(4000, sd = 0.5)
  set.seed(1)
  fit <- gmm_fit(x, k = 100)
  expect_identical(fit$starts$method[fit$starts$outcome == "best"], "move")
  counts <- colSums(predict(fit, type = "prob"))
  expect_gte(min(counts), set_limits(gmm_control(), "VVV", 2)$min_size)
})

test_that("moves are as many as were asked for, also where starts agree", {
  set.seed(1)
  fit <- gmm_fit(iris_x, 3, control = gmm_control(n_moves = 70))
  search <- summary(fit)$search
  expect_gte(search$n_best, gmm_control()$n_enough)
  expect_gte(search$n_moves, 70)
})
