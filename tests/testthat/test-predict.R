iris_x <- as.matrix(iris[1:4])
fit <- gmm_fit(iris_x, start = iris$Species)

test_that("every type is that of the reference", {
  expected <- ref_estep(iris_x, fit)
  expect_equal(unname(predict(fit, type = "prob")), expected$responsibilities, tolerance = 1e-9)
  expect_equal(predict(fit, type = "logdensity"), expected$logdens, tolerance = 1e-10)
  expect_equal(predict(fit, type = "density"), exp(expected$logdens), tolerance = 1e-10)
  expect_identical(predict(fit), max.col(expected$responsibilities))
  expect_identical(predict(fit, type = "class"), fit$classification)
  expect_equal(
    predict(fit, type = "uncertainty"), 1 - apply(expected$responsibilities, 1, max),
    tolerance = 1e-9
  )
  expect_equal(sum(predict(fit, type = "logdensity")), fit$loglik, tolerance = 1e-12)
})

test_that("every model predicts as the reference does", {
  for (d in c(1, 3)) {
    for (model in models_for(d)) {
      x <- iris_x[, 4:(5 - d), drop = FALSE]
      other <- gmm_fit(x, start = iris$Species, model = model)
      expect_equal(
        predict(other, x[1:9, , drop = FALSE], type = "logdensity"),
        ref_estep(x[1:9, , drop = FALSE], other)$logdens,
        tolerance = 1e-10
      )
    }
  }
})

test_that("a small uncertainty keeps its digits", {
  two <- gmm_mixture(c(0.5, 0.5), c(0, 1), c(1, 1))
  # 1 - max(prob) would be 0.
  expect_equal(predict(two, 60, type = "uncertainty"), plogis(-59.5), tolerance = 1e-10)
})

test_that("probabilities have names and sum to 1", {
  prob <- predict(fit, type = "prob")
  expect_identical(dimnames(prob), list(NULL, c("1", "2", "3")))
  expect_equal(rowSums(prob), rep(1, 150), tolerance = 1e-14)
  expect_true(all(prob >= 0 & prob <= 1))
})

test_that("row names come through every type", {
  cars <- gmm_fit(mtcars[c("mpg", "wt")], start = mtcars$am)
  new <- mtcars[3:5, ]
  for (type in c("class", "density", "logdensity", "uncertainty")) {
    expect_named(predict(cars, new, type = type), rownames(new))
  }
  expect_identical(rownames(predict(cars, new, type = "prob")), rownames(new))
})

test_that("columns are matched by name, others ignored", {
  expected <- fit$classification
  expect_identical(predict(fit, iris), expected)
  expect_identical(predict(fit, iris[5:1]), expected)
  expect_identical(predict(fit, iris_x[, 4:1]), expected)
  expect_identical(predict(fit, cbind(iris_x, extra = NA)[, 5:1]), expected)
  expect_identical(predict(fit, unname(iris_x)), expected)
  prob <- predict(fit, type = "prob")
  expect_identical(predict(fit, iris[5:1], type = "prob"), prob)
})

test_that("row names stay with columns that are reordered", {
  cars <- gmm_fit(mtcars[c("mpg", "wt")], start = mtcars$am)
  expect_named(predict(cars, mtcars), rownames(mtcars))
  expect_named(predict(cars, as.matrix(mtcars)), rownames(mtcars))
  expect_identical(predict(cars, mtcars[c("wt", "mpg")]), predict(cars))
})

test_that("a tibble or data.table is matched by name", {
  skip_if_not_installed("tibble")
  skip_if_not_installed("data.table")
  expect_identical(predict(fit, tibble::as_tibble(iris[5:1])), fit$classification)
  expect_identical(predict(fit, data.table::as.data.table(iris[5:1])), fit$classification)
})

test_that("no row, one row and a row as a vector work", {
  expect_identical(predict(fit, iris[0, ]), integer())
  expect_identical(predict(fit, iris_x[0, ], type = "density"), numeric())
  expect_identical(
    predict(fit, iris[0, ], type = "prob"),
    matrix(0, 0, 3, dimnames = list(NULL, c("1", "2", "3")))
  )
  last <- fit$classification[[150]]
  expect_identical(predict(fit, iris_x[150, , drop = FALSE]), last)
  expect_identical(predict(fit, iris_x[150, ]), last)
  expect_identical(predict(fit, iris_x[150, 4:1]), last)
  expect_identical(predict(fit, unname(iris_x[150, ])), last)
})

test_that("a fit of one variable predicts vectors", {
  one <- gmm_fit(faithful$waiting, start = ifelse(faithful$waiting > 65, 2, 1))
  expect_identical(predict(one, c(50, 80)), 1:2)
  expect_identical(predict(one, 80), 2L)
  expect_identical(predict(one, matrix(c(50, 80))), 1:2)
  expect_identical(predict(one, data.frame(x = c(50, 80))), 1:2)
  named <- gmm_fit(faithful["waiting"], start = ifelse(faithful$waiting > 65, 2, 1))
  expect_identical(predict(named, faithful), named$classification)
  expect_identical(predict(named, c(50, 80)), 1:2)
})

test_that("rows out of reach have probabilities and no density", {
  far <- rbind(rep(1e300, 4), rep(-1e300, 4), c(1e300, -1e300, 1, 1), rep(1e200, 4))
  for (model in c("VVV", "VVI", "VII", "EEE")) {
    fit <- gmm_fit(iris_x, start = iris$Species, model = model)
    prob <- predict(fit, far, type = "prob")
    expect_equal(rowSums(prob), rep(1, 4))
    expect_identical(predict(fit, far, type = "logdensity"), rep(-Inf, 4))
    expect_identical(predict(fit, far, type = "density"), rep(0, 4))
    expect_false(anyNA(predict(fit, far, type = "uncertainty")))
    expect_true(all(predict(fit, far) %in% 1:3))
  }
  # Far, but within reach of a log density: as the reference has it.
  moderate <- rbind(iris_x[1, ] * 1e5, iris_x[1, ] * -1e5)
  expect_equal(
    predict(fit, moderate, type = "logdensity"), ref_estep(moderate, fit)$logdens, tolerance = 1e-10
  )
})

test_that("new data that do not fit are errors that say what is missing", {
  thin <- gmm_fit(iris_x, start = iris$Species, keep_data = FALSE)
  expect_errors("newdata", expression(
    predict(fit, iris[2:4]),
    predict(fit, iris[3:5]),
    predict(fit, unname(iris_x[, 1:3])),
    predict(fit, 1:3),
    predict(fit, iris_x[, 2:4]),
    predict(fit, iris[0, 2:4]),
    predict(fit, unname(iris_x[0, 1:3])),
    predict(fit, c(a = 1, b = 2, c = 3, d = 4))
  ))
  expect_errors("data", expression(
    predict(fit, transform(iris, Petal.Width = Species)),
    predict(fit, NULL),
    predict(fit, "a"),
    predict(fit, replace(iris_x, 1, Inf))
  ))
  expect_errors("no_data", expression(
    predict(thin),
    residuals(thin)
  ))
  expect_errors("input", expression(
    predict(fit, iris, type = "probability"),
    predict(fit, iris, type = "clas"),
    predict(fit, iris, type = c("class", "prob")),
    predict(fit, iris, foo = 1),
    predict(fit, iris, type = NULL)
  ))
  expect_identical(predict(thin, iris), fit$classification)
})

test_that("new data that are not finite are found, wherever they are", {
  n <- 300
  set.seed(1)
  x <- matrix(rnorm(3 * n), n)
  is_refused <- function(...) {
    tryCatch(is.null(predict(...)), gaussmix_error_data = function(e) {
      grepl("`newdata` must not hold infinite values", conditionMessage(e), fixed = TRUE)
    })
  }
  for (level in gmm_info()$simd_available) {
    rlang::local_options(gaussmix.simd = level)
    for (model in c("VVV", "VVI")) {
      two <- gmm_fit(x, model = model, start = rep(1:2, length.out = n))
      for (value in c(Inf, -Inf)) {
        for (at in c(1, 257 + n, 3 * n)) {
          expect_true(is_refused(two, replace(x, at, value)))
          # Beside values that are missing, too.
          expect_true(is_refused(two, replace(replace(x, 7, NA), at, value)))
        }
      }
    }
  }
  for (type in c("prob", "density", "logdensity", "uncertainty")) {
    expect_true(is_refused(two, replace(x, 5, Inf), type))
  }
})
