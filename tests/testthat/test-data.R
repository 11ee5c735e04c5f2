iris_x <- as.matrix(iris[1:4])

# A fit without what says how the data came.
essence <- function(fit) {
  fit[setdiff(names(fit), c("call", "terms"))]
}

test_that("a matrix, data frame, tibble, data.table and formula give the same fit", {
  fit_of <- function(x) {
    set.seed(1)
    essence(gmm_fit(x, k = 3))
  }
  expected <- fit_of(iris_x)
  expect_identical(fit_of(iris[1:4]), expected)
  set.seed(1)
  expect_identical(essence(gmm_fit(~ . - Species, data = iris, k = 3)), expected)
  expect_identical(fit_of(`dimnames<-`(iris_x, list(NULL, names(iris)[1:4]))), expected)
  expect_identical(fit_of(structure(iris_x, class = c("odd", "matrix"))), expected)
})

test_that("a tibble is a data frame", {
  skip_if_not_installed("tibble")
  expect_identical(
    essence(gmm_fit(tibble::as_tibble(iris[1:4]), start = iris$Species)),
    essence(gmm_fit(iris_x, start = iris$Species))
  )
})

test_that("a data.table is a data frame", {
  skip_if_not_installed("data.table")
  expect_identical(
    essence(gmm_fit(data.table::as.data.table(iris[1:4]), start = iris$Species)),
    essence(gmm_fit(iris_x, start = iris$Species))
  )
})

test_that("integers and logicals are numbers", {
  set.seed(1)
  x <- cbind(a = rpois(60, 20), b = rpois(60, 5))
  start <- rep(1:2, 30)
  expected <- essence(gmm_fit(x + 0, start = start))
  expect_type(x, "integer")
  expect_identical(essence(gmm_fit(x, start = start)), expected)
  expect_identical(essence(gmm_fit(as.data.frame(x), start = start)), expected)
  expect_type(gmm_fit(x, start = start)$data, "double")

  flags <- cbind(a = x[, 1] > 20, b = x[, 2] > 4)
  expect_identical(
    gmm_fit(flags, 1)$means, gmm_fit(flags + 0, 1)$means
  )
  expect_identical(gmm_fit(as.data.frame(flags), 1)$means, gmm_fit(flags + 0, 1)$means)
})

test_that("one variable may be a vector, a matrix, a column or a series", {
  y <- faithful$waiting
  start <- ifelse(y > 65, 2, 1)
  fit_of <- function(x) {
    fit <- essence(gmm_fit(x, start = start))
    fit$data <- unname(fit$data)
    dimnames(fit$covariances) <- NULL
    fit
  }
  expected <- fit_of(c(y))
  same <- function(fit) {
    colnames(fit$means) <- names(fit$step) <- names(fit$rounding) <- colnames(expected$means)
    fit
  }
  expect_identical(colnames(expected$means), "x")
  expect_identical(fit_of(matrix(y)), expected)
  expect_identical(fit_of(as.integer(y)), expected)
  expect_identical(fit_of(array(y, length(y))), expected)
  expect_identical(same(fit_of(faithful["waiting"])), expected)
  expect_identical(same(fit_of(data.frame(y))), expected)
  expect_identical(fit_of(ts(y, start = 1990, frequency = 12)), expected)
  expect_identical(gmm_fit(~y, k = 2, start = start)$loglik_trace, expected$loglik_trace)
})

test_that("a multivariate series is a matrix", {
  series <- EuStockMarkets[1:100, ]
  plain <- unclass(series)
  attr(plain, "tsp") <- NULL
  fit <- gmm_fit(ts(plain), start = rep(1:2, 50), model = "EEE")
  expect_identical(essence(fit), essence(gmm_fit(plain, start = rep(1:2, 50), model = "EEE")))
})

test_that("numbers with a class of their own are numbers", {
  labelled <- iris[1:4]
  labelled[[1]] <- structure(
    labelled[[1]], class = c("haven_labelled", "vctrs_vctr", "double"), label = "Sepal length"
  )
  # as.double() of such a class fails when haven is not loaded.
  labelled[[2]] <- I(labelled[[2]])
  labelled[[3]] <- structure(labelled[[3]], class = "units", units = "cm")
  labelled[[4]] <- structure(labelled[[4]], names = paste0("r", 1:150), note = "text")
  expect_identical(
    essence(gmm_fit(labelled, start = iris$Species)),
    essence(gmm_fit(iris[1:4], start = iris$Species))
  )
})

test_that("row names come through, automatic ones do not", {
  x <- mtcars[c("mpg", "wt")]
  fit <- gmm_fit(x, start = mtcars$am)
  expect_identical(names(fit$classification), rownames(mtcars))
  expect_identical(rownames(fit$data), rownames(mtcars))
  expect_identical(names(predict(fit)), rownames(mtcars))
  expect_null(names(gmm_fit(iris[1:4], start = iris$Species)$classification))
  named <- stats::setNames(x$mpg, rownames(mtcars))
  expect_identical(names(gmm_fit(named, start = mtcars$am)$classification), rownames(mtcars))
})

test_that("columns without names are x1, x2, ...; a single one is x", {
  expect_identical(colnames(gmm_fit(unname(iris_x), 1)$means), paste0("x", 1:4))
  expect_identical(colnames(gmm_fit(iris_x[, 1], 1)$means), "x")
  expect_identical(colnames(gmm_fit(unname(iris_x[, 1, drop = FALSE]), 1)$means), "x")
})

test_that("any name is a name", {
  odd <- c("{a}", "`b`", "deparse.level", "a b {.val 1}")
  x <- stats::setNames(iris[1:4], odd)
  fit <- gmm_fit(x, start = iris$Species)
  expect_identical(colnames(fit$means), odd)
  expect_equal(fit$loglik, gmm_fit(iris_x, start = iris$Species)$loglik)
  expect_output(print(summary(fit)), "{a}", fixed = TRUE)
  expect_identical(predict(fit, x[4:1]), fit$classification)
  expect_identical(colnames(gmm_fit(as.matrix(x), 1)$means), odd)
})

test_that("the data are not changed, and are kept as they are", {
  x <- iris_x + 0
  copy <- x + 0
  fit <- gmm_fit(x, start = iris$Species)
  expect_identical(x, copy)
  expect_identical(fit$data, x)
  expect_null(gmm_fit(x, start = iris$Species, keep_data = FALSE)$data)
})

test_that("a double matrix is kept without being copied", {
  named <- iris_x + 0
  plain <- unname(named)
  for (x in list(named, plain)) {
    fit <- gmm_fit(x, start = iris$Species)
    expect_identical(rlang::obj_address(fit$data), rlang::obj_address(x))
  }
  expect_null(colnames(fit$data))
})

test_that("no function copies a double matrix, or makes as much of it", {
  n <- 20000
  set.seed(1)
  plain <- matrix(rnorm(2 * n), n)
  named <- plain
  # R may now share the numbers of the two, behind which the core must see.
  colnames(named) <- c("a", "b")
  p <- gmm_mixture(c(0.5, 0.5), rbind(c(-1, 0), c(1, 0)), array(diag(2), c(2, 2, 2)))
  responsibilities <- gmm_estep(plain, p)$responsibilities
  control <- gmm_control(tol = 0, max_iter = 1)
  doubles <- function(k) 8 * n * k
  integers <- 4 * n
  for (x in list(plain, named)) {
    expect_allocates(predict(p, x), integers)
    expect_allocates(predict(p, x, type = "prob"), doubles(2))
    expect_allocates(predict(p, x, type = "logdensity"), doubles(1))
    expect_allocates(predict(p, x, type = "uncertainty"), doubles(1))
    expect_allocates(gmm_estep(x, p), c(doubles(2), doubles(1)))
    expect_allocates(gmm_mstep(x, responsibilities), numeric())
    expect_allocates(gmm_fit(x, start = p, control = control), integers)
  }
  fit <- gmm_fit(named, 1)
  frame <- as.data.frame(named)
  expect_allocates(predict(fit, frame), c(doubles(2), integers))
})

test_that("other data become one matrix, once", {
  n <- 20000
  bytes <- 8 * 2 * n
  frame <- data.frame(a = rep(c(1.5, 2, 4), length.out = n), b = rep(1:7, length.out = n))
  whole <- matrix(rep(1:7, length.out = 2 * n), n)
  expect_allocates(as_data_matrix(frame), bytes)
  expect_allocates(as_data_matrix(whole), bytes)
  expect_identical(as_data_matrix(frame), cbind(a = frame$a, b = as.double(frame$b)))
})

test_that("columns of any kind and length become doubles", {
  for (n in c(1, 1023, 1024, 1025, 5000)) {
    frame <- data.frame(
      whole = rep(c(-3L, 5L, 8L), length.out = n), sequence = seq_len(n),
      flag = rep(c(TRUE, FALSE), length.out = n), number = seq_len(n) / 7
    )
    expect_identical(as_data_matrix(frame), matrix(
      as.double(unlist(frame)), n, dimnames = list(NULL, names(frame))
    ))
  }
})

test_that("a number that is not finite is found wherever it stands", {
  for (n in c(1, 511, 512, 513, 1500)) {
    for (at in unique(c(1, n %/% 2 + 1, n))) {
      for (value in c(NA, NaN, Inf, -Inf)) {
        x <- replace(rep(1, n), at, value)
        expect_error(as_data_matrix(x), class = "gaussmix_error_data")
      }
    }
  }
  extremes <- c(0, -0, .Machine$double.xmax, -.Machine$double.xmax, 2^-1074, pi)
  expect_identical(c(as_data_matrix(rep(extremes, 300))), rep(extremes, 300))
})

test_that("data without names are shown under the names of the variables", {
  fit <- gmm_fit(unname(iris_x), start = iris$Species)
  named <- gmm_fit(`colnames<-`(iris_x, paste0("x", 1:4)), start = iris$Species)
  expect_identical(augment(fit), augment(named))
  expect_identical(residuals(fit), residuals(named))
  expect_identical(fitted(fit), fitted(named))
  points <- function(object) ggplot2::layer_data(autoplot(object, variables = c("x2", "x3")))
  expect_identical(points(fit), points(named))
  expect_identical(
    ggplot2::layer_data(autoplot(fit, variables = "x4")),
    ggplot2::layer_data(autoplot(named, variables = "x4"))
  )
})

test_that("what is not a number is an error that names the column", {
  many <- iris
  many$text <- "a"
  many$day <- as.Date("2024-01-01") + 1:150
  many$time <- as.POSIXct("2024-01-01", tz = "UTC") + 1:150
  many$gap <- many$day - many$day[1]
  many$complex <- complex(150, 1, 1)
  many$matrix <- iris_x
  many$list <- as.list(1:150)
  many$long <- structure(as.double(1:150), class = "integer64")
  few <- function(name) many[c("Sepal.Length", name)]
  expect_errors("data", expression(
    gmm_fit(iris, 3),
    gmm_fit(many, 3),
    gmm_fit(few(c("day", "time", "gap")), 3),
    gmm_fit(few(c("complex", "matrix", "list", "long")), 3),
    gmm_fit(stats::setNames(few("text"), c("a", "{b}")), 3)
  ))
  for (name in setdiff(names(many), names(iris)[1:4])) {
    expect_error(gmm_fit(few(name), 3), paste0("`", name, "`"), class = "gaussmix_error_data")
  }
  day <- many["day"]
  day$lt <- as.POSIXlt(many$time)
  expect_error(gmm_fit(day["lt"], 3), "`lt`", class = "gaussmix_error_data")
})

test_that("columns that are not numbers are found under odd names too", {
  twice <- stats::setNames(iris[c(1, 2, 5)], c("a", "b", "a"))
  expect_error(gmm_fit(twice, 3), "a factor", class = "gaussmix_error_data")
  nameless <- stats::setNames(iris[c(1, 2, 5)], c("a", "b", ""))
  expect_error(gmm_fit(nameless, 3), "a factor|column 3", class = "gaussmix_error_data")
})

test_that("what is not data is an error that says what it is", {
  expect_errors("data", expression(
    gmm_fit(NULL, 2),
    gmm_fit("a", 2),
    gmm_fit(mean, 2),
    gmm_fit(list(1, 2), 2),
    gmm_fit(iris$Species, 2),
    gmm_fit(as.Date("2024-01-01") + 1:9, 2),
    gmm_fit(matrix("a", 3, 3), 2),
    gmm_fit(array(1, c(2, 3, 4)), 2),
    gmm_fit(1:9 + 1i, 2),
    gmm_fit(structure(as.double(1:9), class = "integer64"), 2),
    gmm_fit(structure(list(), class = c("dgCMatrix", "Matrix")), 2),
    gmm_fit(iris[0, 1:4], 2),
    gmm_fit(iris_x[, 0], 2),
    gmm_fit(numeric(), 2),
    gmm_fit(matrix(list(1, 2), 2), 2),
    gmm_fit(complex(9, 1:9, 1), 2),
    gmm_fit(quote(a), 2),
    gmm_fit(globalenv(), 2),
    gmm_fit(as.raw(1:9), 2),
    gmm_fit(expression(a), 2),
    gmm_fit(as.POSIXct("2024-01-01", tz = "UTC") + 1:9, 2),
    gmm_fit(as.difftime(1:9, units = "mins"), 2),
    gmm_fit(structure(list(), class = "foo"), 2),
    gmm_fit(iris[0, 1:4], 1),
    gmm_fit(iris[, 0], 1),
    gmm_fit(data.frame(), 1),
    gmm_fit(iris_x[0, ], 1),
    gmm_fit(iris_x[, 0], 1),
    gmm_fit(numeric(), 1),
    gmm_mstep(iris, iris$Species),
    gmm_start(iris, 3),
    gmm_estep("a", list())
  ))
})

test_that("missing and infinite values are counted by column", {
  x <- iris_x
  x[3:5, 2] <- NA
  x[1, 1] <- NaN
  x[7, 4] <- -Inf
  x[8:9, 4] <- Inf
  one <- replace(iris_x, 1, NA)
  expect_errors("data", expression(
    gmm_fit(x, 3),
    gmm_mstep(one, iris$Species),
    gmm_fit(c(1, NA, Inf), 1),
    gmm_fit(data.frame(`{a}` = c(1, NA), b = 1:2, check.names = FALSE), 1),
    gmm_fit(c(1, NA), 1),
    gmm_fit(c(NA, TRUE), 1),
    gmm_fit(c(1L, NA), 1),
    gmm_fit(c(Inf, -Inf), 1),
    gmm_fit(as.data.frame(x), 3),
    gmm_estep(x, gmm_mstep(iris_x, iris$Species)),
    gmm_mstep(x, iris$Species),
    gmm_start(x, 3)
  ))
})

test_that("numbers too large or small for their squares are errors about the data", {
  x <- as.matrix(faithful)
  expect_identical(sum(x * 1e304), Inf)
  expect_error(gmm_fit(x * 1e304, 1), class = "gaussmix_error_data")
  expect_error(gmm_fit(x * 1e200, 2), class = "gaussmix_error_data")
  expect_error(gmm_fit(x * 1e-200, 2), class = "gaussmix_error_data")
  p <- list(proportions = 1, means = matrix(0, 1, 2), covariances = array(diag(2), c(2, 2, 1)))
  expect_identical(gmm_estep(unname(x) * 1e304, p)$loglik, -Inf)
})

test_that("names that are missing or repeated are errors", {
  x <- iris_x
  named <- function(...) `colnames<-`(iris_x, c(...))
  expect_errors("data", expression(
    gmm_fit(named("a", "a", "b", "c"), 2),
    gmm_fit(named("a", "a", "b", "b"), 2),
    gmm_fit(named("a", "", "b", "c"), 2),
    gmm_fit(named("a", "", "b", NA), 2),
    gmm_fit(stats::setNames(iris[1:4], c("a", "a", "b", "c")), 2),
    gmm_fit(stats::setNames(iris[1:4], c("a", "", "b", "")), 2)
  ))
  expect_error(gmm_fit(named("a", "", "b", "c"), 2), "[Cc]olumn 2 has none")
})
