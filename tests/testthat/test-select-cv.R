old_faithful <- as.matrix(faithful)
some <- c("EII", "EEE", "VVV")

# Deviance of each fold by fits of the rest, done by hand.
by_hand <- function(x, folds, k, model) {
  sum(vapply(sort(unique(folds)), function(fold) {
    fit <- gmm_fit(x[folds != fold, ], k, model)
    -2 * sum(predict(fit, x[folds == fold, , drop = FALSE], type = "logdensity"))
  }, 0))
}

test_that("CV is the deviance of rows that the fits have not seen", {
  set.seed(1)
  folds <- sample(rep_len(c("a", "b", "c", "d"), 272))
  selection <- gmm_select(old_faithful, k = 1:3, models = some, criterion = "CV", folds = folds)
  table <- selection$table
  expect_named(table, c(
    "k", "model", "loglik", "df", "BIC", "AIC", "ICL", "CV", "CV_se", "CV_failed", "status"
  ))
  expect_identical(table$CV_failed, rep(0L, 9))
  for (i in c(1, 4, 5, 6)) {
    expect_equal(
      table$CV[[i]], by_hand(old_faithful, folds, table$k[[i]], table$model[[i]]),
      tolerance = 1e-6
    )
  }
  expect_identical(selection$criterion, "CV")
  best <- which.min(table$CV)
  expect_identical(selection$best$loglik, table$loglik[[best]])
  expect_identical(table$CV_se[[best]], 0)
  expect_gt(min(table$CV_se[-best]), 0)
  # It is on the scale of AIC, which estimates it.
  regular <- table$k <= 2
  expect_lt(max(abs(table$CV - table$AIC)[regular]), 30)
})

test_that("the standard error is that of the differences between folds", {
  set.seed(2)
  folds <- sample(rep(1:3, c(50, 100, 122)))
  selection <- gmm_select(old_faithful, k = 1:2, models = "EEE", criterion = "CV", folds = folds)
  held_out <- sapply(selection$cells, `[[`, "held_out")
  d <- -2 * (held_out[, 1] - held_out[, 2])
  n <- tabulate(match(folds, unique(folds)))
  se <- sqrt(3 / 2 * sum((d - sum(d) * n / 272)^2))
  expect_equal(selection$table$CV_se, c(se, 0))
  expect_equal(selection$table$CV, -2 * colSums(held_out))
})

test_that("folds are drawn, of about equal size, after the search", {
  set.seed(3)
  plain <- gmm_select(old_faithful, k = 1:2, models = some)
  set.seed(3)
  selection <- gmm_select(
    old_faithful, k = 1:2, models = some, criterion = "CV", folds = 5, repeats = 2
  )
  expect_identical(selection$table$loglik, plain$table$loglik)
  expect_identical(dim(selection$grid$folds), c(272L, 2L))
  for (i in 1:2) {
    expect_setequal(table(selection$grid$folds[, i]), 54:55)
  }
  held_out <- sapply(selection$cells, `[[`, "held_out")
  expect_equal(selection$table$CV, -colSums(held_out))
  set.seed(3)
  again <- gmm_select(
    old_faithful, k = 1:2, models = some, criterion = "CV", folds = 5, repeats = 2,
    control = gmm_control(threads = 2)
  )
  expect_identical(again$table, selection$table)
  expect_identical(n_folds(gmm_select(
    old_faithful[1:8, ], k = 1, models = "EII", criterion = "CV"
  )$grid$folds), 8L)
})

test_that("fits that are added are validated by the same folds", {
  set.seed(4)
  selection <- gmm_select(old_faithful, k = 1:2, models = some, criterion = "CV", folds = 5)
  more <- update(selection, k = 3)
  expect_identical(more$grid$folds, selection$grid$folds)
  expect_identical(more$table$CV[1:6], selection$table$CV)
  expect_false(anyNA(more$table$CV))
  # Another criterion keeps them; new folds are for all.
  expect_identical(update(selection, criterion = "BIC")$table$CV, selection$table$CV)
  new <- update(selection, folds = 4)
  expect_identical(max(new$grid$folds), 4L)
  expect_false(any(new$table$CV == selection$table$CV))
  # What has none gets some.
  plain <- gmm_select(old_faithful, k = 1:2, models = "EEE")
  expect_null(plain$table$CV)
  validated <- update(plain, criterion = "CV", folds = 3)
  expect_false(anyNA(validated$table$CV))
  expect_identical(validated$table$loglik, plain$table$loglik)
})

test_that("a fit that lacks a proper solution without a fold has no CV", {
  # Ten rows of 40 are a component; the first fold is nine of them.
  set.seed(5)
  x <- rbind(matrix(rnorm(60), 30), matrix(rnorm(20, 20), 10))
  folds <- c(rep(2:4, each = 10), rep(1:2, c(9, 1)))
  selection <- gmm_select(x, k = 1:2, models = "VVV", criterion = "CV", folds = folds)
  table <- selection$table
  expect_identical(table$status, c("ok", "ok"))
  expect_identical(table$CV_failed, c(0L, 1L))
  expect_identical(is.na(table$CV), c(FALSE, TRUE))
  expect_identical(selection$best$k, 1L)
  expect_output(print(selection), "One has no CV")
  expect_output(print(summary(selection)), "One has no CV")
  expect_error(
    gmm_select(x, k = 2, models = "VVV", criterion = "CV", folds = folds),
    class = "gaussmix_error_degenerate"
  )
})

test_that("a cross-validated selection prints, and is drawn", {
  set.seed(6)
  selection <- gmm_select(old_faithful, k = 1:3, models = some, criterion = "CV", folds = 5)
  expect_snapshot(selection)
  expect_snapshot(summary(selection))
  expect_match(autoplot(selection)$labels$y, "CV")
  expect_identical(summary(selection)$best$criterion, c("BIC", "AIC", "ICL", "CV"))
})

test_that("bad folds are errors that say what was expected", {
  x <- old_faithful
  expect_errors("input", expression(
    gmm_select(x, 1, "EII", folds = 5),
    gmm_select(x, 1, "EII", repeats = 2),
    gmm_select(x, 1, "EII", criterion = "CV", folds = 1),
    gmm_select(x, 1, "EII", criterion = "CV", folds = 273),
    gmm_select(x, 1, "EII", criterion = "CV", folds = 2.5),
    gmm_select(x, 1, "EII", criterion = "CV", folds = "5"),
    gmm_select(x, 1, "EII", criterion = "CV", folds = 1:5),
    gmm_select(x, 1, "EII", criterion = "CV", folds = rep(1, 272)),
    gmm_select(x, 1, "EII", criterion = "CV", folds = c(NA, rep(1:2, 135), 1)),
    gmm_select(x, 1, "EII", criterion = "CV", folds = rep(1:2, 136), repeats = 2),
    gmm_select(x, 1, "EII", criterion = "CV", repeats = 0)
  ))
  expect_errors("size", expression(gmm_select(x[1, , drop = FALSE], 1, "EII", criterion = "CV")))
})
