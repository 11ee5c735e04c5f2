iris_x <- as.matrix(iris[1:4])

test_that("constant columns are errors that name them, where the model minds", {
  one <- cbind(iris_x, flat = 1)
  two <- cbind(one, `{also}` = 2)
  all <- iris_x * 0
  expect_errors("data", expression(
    gmm_fit(one, 2),
    gmm_fit(two, 2, "EEI"),
    gmm_fit(all[, 1:2], 2, "EII"),
    gmm_fit(rep(1, 10), 2),
    gmm_fit(rep(1, 10), 1, "E")
  ))
  for (model in c("VVV", "EEE", "VVI", "EEI")) {
    expect_error(gmm_fit(one, 2, model), "`flat`", class = "gaussmix_error_data")
  }
  for (model in c("VII", "EII")) {
    fit <- gmm_fit(one, start = iris$Species, model = model)
    expect_identical(unname(fit$means[, "flat"]), rep(1, 3))
    expect_error(gmm_fit(all, 2, model), class = "gaussmix_error_data")
  }
  # Of any size.
  for (value in c(0, 1 / 3, -1e300, 1e-300)) {
    flat <- cbind(iris_x, flat = value)
    expect_error(gmm_fit(flat, 2), "`flat`", class = "gaussmix_error_data")
  }
})

test_that("collinear columns are errors that name one", {
  sum <- cbind(iris_x, sum = iris_x[, 1] + iris_x[, 2])
  twice <- cbind(a = iris_x[, 1], b = iris_x[, 1] * 1e6, c = iris_x[, 2])
  expect_errors("data", expression(
    gmm_fit(sum, 2),
    gmm_fit(twice, 2, "EEE")
  ))
  expect_error(gmm_fit(twice, 2), "`b`", class = "gaussmix_error_data")
  for (model in c("VVI", "EEI", "VII", "EII")) {
    expect_s3_class(gmm_fit(sum, start = iris$Species, model = model), "gmm_fit")
  }
})

test_that("few rows are errors that say how few", {
  set.seed(1)
  z <- matrix(rnorm(20), 4)
  expect_errors("data", expression(
    gmm_fit(z, 1),
    gmm_fit(z, 2, "EEE"),
    gmm_fit(z[1, , drop = FALSE], 1),
    gmm_fit(5, 1),
    gmm_fit(z[1, , drop = FALSE], 1, "EII")
  ))
  expect_errors("size", expression(
    gmm_fit(z, 5),
    gmm_fit(z[1, , drop = FALSE], 2),
    gmm_fit(1:3, 4),
    gmm_start(z, 5)
  ))
})

test_that("one component needs no more rows than its covariance", {
  # VVV and EEE are the same model with one component.
  set.seed(1)
  z <- matrix(rnorm(32), 8)
  expect_equal(gmm_fit(z, 1, "VVV")$loglik, gmm_fit(z, 1, "EEE")$loglik)
  expect_equal(gmm_fit(z[1:2, 1], 1, "V")$loglik, gmm_fit(z[1:2, 1], 1, "E")$loglik)
})

test_that("fewer distinct rows than components are counted", {
  z <- cbind(c(1, 5, 3), c(2, 2, 7))[rep(1:3, 8), ]
  expect_errors("size", expression(
    gmm_fit(rep(1:3, 10), 4),
    gmm_fit(rep(1:3, 10), 4, start = "random"),
    gmm_fit(z, 5),
    gmm_start(rep(1:2, 10), 3)
  ))
  expect_error(gmm_fit(z, 5), "3 distinct rows")
})

test_that("when every start is degenerate, the error names a component", {
  set.seed(1)
  z <- matrix(rnorm(24), 12)
  caught <- expect_error(
    gmm_fit(z, 4, nstart = 24, control = gmm_control(n_moves = 5)), "component [1-4] of 4",
    class = "gaussmix_error_degenerate"
  )
  expect_match(conditionMessage(caught), "All 29 runs")
  expect_s3_class(caught$starts, "data.frame")
  families <- rep(c("kmeans", "kmeans++", "random"), 8)
  expect_identical(caught$starts$method, c(families, rep("move", 5)))
  expect_true(all(caught$starts$component %in% 1:4))
  expect_false(any(caught$starts$outcome %in% c("best", "finished")))

  start <- rep(1:4, 3)
  expect_errors("degenerate", expression(
    gmm_fit(z, start = start),
    gmm_fit(z, start = start, model = "VVI"),
    gmm_fit(rep(c(1, 2), 10), 2),
    gmm_fit(rep(c(1, 2), 10), 2, "E")
  ))
})

test_that("the remedy is not the model that failed", {
  advice <- function(...) {
    message <- conditionMessage(tryCatch(gmm_fit(...), gaussmix_error_degenerate = identity))
    sub(".*less to estimate \\(([^)]*)\\).*", "\\1", gsub("\n", " ", message))
  }
  y <- rep(c(1, 2), 10)
  expect_false(grepl('"E"', advice(y, 2, "E")))
  z <- unname(cbind(y, c(1, 5)[y]))
  expect_false(grepl('"EII"', advice(z, 2, "EII")))
  expect_false(grepl('"VII"', advice(z, 2, "VII")))
})

test_that("a collapsed component is not returned, though its likelihood is larger", {
  # Three rows in a tight bunch attract a component.
  set.seed(1)
  x <- rbind(matrix(rnorm(100), 50), matrix(rnorm(100, 4), 50), matrix(rnorm(6, 5, 1e-6), 3))
  start <- rep(1:3, c(50, 50, 3))
  collapsed <- gmm_control(min_size = 0, min_ratio = 0, min_total = 0)
  larger <- gmm_fit(x, start = start, control = collapsed)
  expect_error(gmm_fit(x, start = start), class = "gaussmix_error_degenerate")
  fit <- gmm_fit(x, 3, nstart = 50)
  expect_lt(fit$loglik, larger$loglik)
  expect_true(all(fit$proportions * 103 >= 6))
  # Ten times the same row.
  y <- c(rnorm(50), rep(7, 10), rnorm(40, 3))
  fit <- gmm_fit(y, 2)
  expect_gt(min(fit$covariances), 1e-3)
})

test_that("discarded starts are listed with the component", {
  set.seed(2)
  x <- rbind(matrix(rnorm(100), 50), matrix(rnorm(6, 2, 1e-6), 3))
  fit <- gmm_fit(x, 3, nstart = 50)
  bad <- fit$starts$outcome %in% degenerate_codes
  expect_true(any(bad))
  expect_true(all(fit$starts$component[bad] %in% 1:3))
  expect_true(all(is.na(fit$starts$component[!bad])))
  expect_identical(sum(fit$starts$outcome == "best"), 1L)
})

test_that("where all k-means starts are degenerate, other kinds are not", {
  # Ten times the same value attracts every k-means start.
  set.seed(3)
  y <- c(rnorm(50), rep(7, 10), rnorm(40, 3))
  expect_error(gmm_fit(y, 3, start = "kmeans"), class = "gaussmix_error_degenerate")
  expect_s3_class(gmm_fit(y, 3), "gmm_fit")
})

test_that("a start with equal components is an error", {
  expect_errors("start", expression(
    gmm_fit(iris_x, start = matrix(1 / 3, 150, 3)),
    gmm_fit(iris_x[, 1], start = matrix(1 / 2, 150, 2))
  ))
  p <- gmm_mstep(iris_x, iris$Species)
  p$means[2, ] <- p$means[3, ]
  expect_s3_class(gmm_fit(iris_x, start = p), "gmm_fit")
  p$covariances[, , 2] <- p$covariances[, , 3]
  expect_error(gmm_fit(iris_x, start = p), "2 and 3", class = "gaussmix_error_start")
})
