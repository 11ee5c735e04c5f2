iris_x <- as.matrix(iris[1:4])
fit <- gmm_fit(iris_x, start = iris$Species)

test_that("logLik() has the attributes that AIC() and BIC() use", {
  loglik <- logLik(fit)
  expect_s3_class(loglik, "logLik")
  expect_equal(as.numeric(loglik), fit$loglik)
  expect_equal(attr(loglik, "df"), 44)
  expect_equal(attr(loglik, "nobs"), 150)
  expect_equal(AIC(fit), -2 * fit$loglik + 2 * 44)
  expect_equal(BIC(fit), -2 * fit$loglik + log(150) * 44)
  one <- gmm_fit(iris_x, 1)
  expect_equal(BIC(fit, one)$BIC, c(BIC(fit), BIC(one)))
  expect_identical(nobs(fit), 150L)
})

test_that("coef() has every parameter, once, by name", {
  for (d in c(1, 2, 4)) {
    for (k in 1:3) {
      x <- iris_x[, seq_len(d), drop = FALSE]
      fit <- gmm_fit(x, start = rep_len(seq_len(k), 150), model = if (d == 1) "E" else "EEE")
      b <- coef(fit)
      expect_length(b, k + k * d + k * d * (d + 1) / 2)
      expect_identical(anyDuplicated(names(b)), 0L)
      expect_equal(sum(b[seq_len(k)]), 1)
    }
  }
  b <- coef(fit <- gmm_fit(iris_x, start = iris$Species))
  expect_identical(b[["proportion[2]"]], fit$proportions[["2"]])
  expect_identical(b[["mean[3,Petal.Length]"]], fit$means[["3", "Petal.Length"]])
  expect_identical(
    b[["cov[2,Sepal.Width,Petal.Width]"]], fit$covariances["Petal.Width", "Sepal.Width", "2"]
  )
  expect_identical(coef(gmm_mixture(fit)), b)
})

test_that("fitted() and residuals() are those of kmeans()", {
  expect_identical(unname(fitted(fit)), unname(fit$means[fit$classification, ]))
  expect_identical(dimnames(fitted(fit)), list(NULL, names(iris)[1:4]))
  expect_identical(fitted(fit, "classes"), fit$classification)
  expect_equal(fitted(fit) + residuals(fit), iris_x)
  expect_error(fitted(fit, "x"), class = "gaussmix_error_input")

  cars <- gmm_fit(mtcars[c("mpg", "wt")], start = mtcars$am)
  expect_identical(rownames(residuals(cars)), rownames(mtcars))
  one <- gmm_fit(faithful$waiting, 1)
  expect_equal(c(residuals(one)), faithful$waiting - mean(faithful$waiting))
})

test_that("update() changes, adds and removes arguments", {
  again <- update(fit)
  expect_identical(again, fit)
  one <- update(fit, k = 1, start = NULL, evaluate = FALSE)
  expect_identical(one$k, 1)
  other <- update(fit, model = "EEE")
  expect_identical(other$model, "EEE")
  expect_identical(other$call$model, "EEE")
  expect_identical(other$call[[1]], quote(gmm_fit))
  call <- update(fit, model = "EEE", evaluate = FALSE)
  expect_identical(call[[1]], quote(gmm_fit))
  expect_mapequal(as.list(call)[-1], as.list(other$call)[-1])
  expect_identical(update(other, model = "VVV")$loglik, fit$loglik)
  expect_identical(update(fit, start = fit)$starts$method, "fit")
})

test_that("update() evaluates where it is called, and finds the package unattached", {
  make <- function() {
    here <- iris[1:4]
    class <- iris$Species
    gmm_fit <- function(...) stop("not this one")
    made <- gaussmix::gmm_fit(here, start = class)
    update(made, model = "VVI")
  }
  expect_identical(make()$model, "VVI")
})

test_that("update() with wrong arguments is an error", {
  expect_errors("input", expression(
    update(fit, 3),
    update(fit, kk = 2),
    update(fit, evaluate = NA),
    update(fit, k = 0)
  ))
})

test_that("other packages' methods for class gmm are not reached", {
  # CRAN's gmm owns these for its class.
  for (generic in c("print", "format", "summary", "coef", "fitted", "residuals", "logLik",
                    "nobs", "update", "predict", "plot", "simulate")) {
    method <- getS3method(generic, "gmm_fit", optional = TRUE, envir = asNamespace("gaussmix"))
    expect_true(is.function(method), info = generic)
  }
  expect_identical(class(fit), c("gmm_fit", "gmm"))
})

test_that("update() means the k and model of this fit, though variables changed", {
  fits <- list()
  for (k in 1:3) fits[[k]] <- gmm_fit(iris_x, k)
  expect_identical(update(fits[[2]], model = "EEE")$k, 2L)
  kind <- "EEE"
  fit <- gmm_fit(iris_x, 2, kind)
  kind <- "VVI"
  expect_identical(update(fit, nstart = 3)$model, "EEE")
})

# Two groups and rows from all over, with values missing.
noisy_rows <- local({
  set.seed(3)
  x <- rbind(as.matrix(faithful), cbind(runif(40, 1, 6), runif(40, 40, 100)))
  x[sample(length(x), 60)] <- NA
  rownames(x) <- NULL
  x
})
noisy <- local({
  set.seed(1)
  gmm_fit(noisy_rows, 2, noise = TRUE, nstart = 3)
})

test_that("rows of noise have no mean, and missing values no residual", {
  noise <- noisy$classification == 0
  expect_gt(sum(noise), 5)
  centres <- fitted(noisy)
  expect_identical(dim(centres), dim(noisy_rows))
  expect_true(all(is.na(centres[noise, ])))
  expect_identical(
    unname(centres[!noise, ]), unname(noisy$means[noisy$classification[!noise], ])
  )
  expect_identical(residuals(noisy), noisy_rows - centres)
  expect_identical(unname(is.na(residuals(noisy))), unname(is.na(noisy_rows) | noise))
  expect_identical(fitted(noisy, "classes"), noisy$classification)
  expect_identical(fitted(noisy, "classes"), predict(noisy))
})

test_that("the classes of a fit with known ones are named, as predict() has them", {
  labels <- c("short", "long")[1 + (noisy_rows[, 1] > 3)]
  labels[-(1:100)] <- NA
  fit <- gmm_fit(noisy_rows, labels = labels, noise = TRUE, nstart = 1)
  classes <- fitted(fit, "classes")
  expect_identical(classes, predict(fit))
  expect_identical(levels(classes), c("long", "short", "noise"))
  known <- which(!is.na(labels))
  expect_identical(as.character(classes[known]), labels[known])
  expect_identical(sum(classes == "noise"), sum(fit$classification == 0))
})

test_that("coef() has the proportion of noise", {
  b <- coef(noisy)
  # All parameters, and one more for the proportions that sum to 1.
  expect_length(b, noisy$df + 1)
  expect_identical(
    names(b)[1:4], c(paste0("proportion[", c(1, 2, "noise"), "]"), "mean[1,eruptions]")
  )
  expect_identical(b[["proportion[noise]"]], noisy$noise)
  expect_equal(sum(b[1:3]), 1)
  expect_equal(coef(gmm_mixture(noisy)), b, tolerance = 1e-14)
})

test_that("update() takes noise, labels and what to do about missing values away and back", {
  rows <- noisy_rows
  labels <- ifelse(is.na(rows[, 1]), NA, rows[, 1] > 3)
  set.seed(1)
  fit <- gmm_fit(rows, 2, noise = TRUE, nstart = 2)
  quiet <- update(fit, noise = FALSE)
  expect_null(quiet$noise)
  expect_identical(quiet$df, fit$df - 1)
  expect_equal(update(quiet, noise = TRUE, start = fit)$loglik, fit$loglik, tolerance = 1e-8)
  supervised <- update(fit, labels = labels)
  expect_identical(names(supervised$proportions), c("FALSE", "TRUE"))
  expect_null(update(supervised, labels = NULL)$labels)
  expect_identical(update(fit, na_action = "omit")$n_obs, sum(complete.cases(rows)))
  expect_error(update(fit, na_action = "fail"), class = "gaussmix_error_data")
  from_classes <- update(fit, start = fitted(fit, "classes"))
  expect_equal(from_classes$loglik, fit$loglik, tolerance = 1e-8)
})

test_that("a fit that never had its data has no classes to give", {
  set.seed(1)
  selection <- gmm_select(faithful, 1:2, "EEE", keep_data = FALSE)
  other <- selection[[3L - selection$best$k]]
  expect_error(fitted(other), class = "gaussmix_error_no_data")
  expect_error(fitted(other, "classes"), class = "gaussmix_error_no_data")
  expect_length(fitted(selection$best, "classes"), 272)
})
