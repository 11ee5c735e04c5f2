# All orders of `v`.
permutations <- function(v) {
  if (length(v) <= 1L) {
    return(list(v))
  }
  do.call(c, lapply(seq_along(v), function(i) {
    lapply(permutations(v[-i]), function(rest) c(v[i], rest))
  }))
}

test_that("the adjusted Rand index is that of Hubert and Arabie, by hand", {
  # Table 1 1 / 0 2 ...: pairs together in both 1, in rows 2, in columns 3, of 6.
  expect_equal(gmm_compare(c(1, 2, 2, 2), c("a", "a", "b", "b"))$ari, (1 - 1) / (2.5 - 1))
  # Rows 3 3, columns 2 2 2, cells 2 1 0 / 0 1 2: 2 - 6 * 3 / 15 over 4.5 - 1.2.
  expect_equal(
    gmm_compare(c(1, 1, 2, 2, 3, 3), c("a", "a", "a", "b", "b", "b"))$ari,
    0.8 / 3.3
  )
})

test_that("the adjusted Rand index is that of mclust on random partitions", {
  skip_if_not_installed("mclust")
  set.seed(1)
  for (i in 1:50) {
    x <- sample(sample(2:6, 1), 40, replace = TRUE)
    y <- sample(letters[1:sample(2:6, 1)], 40, replace = TRUE)
    expect_equal(gmm_compare(x, y)$ari, mclust::adjustedRandIndex(x, y))
  }
})

test_that("partitions that agree in a trivial way have index 1", {
  expect_identical(gmm_compare(rep(1, 5), rep("a", 5))$ari, 1)
  expect_identical(gmm_compare(1:5, letters[1:5])$ari, 1)
  expect_identical(gmm_compare(1, "a")$ari, 1)
  expect_identical(gmm_compare(rep(1, 5), letters[1:5])$ari, 0)
})

test_that("the index does not overflow with a million rows", {
  truth <- rep(1:2, each = 5e5)
  expect_equal(gmm_compare(truth, truth)$ari, 1)
  expect_equal(gmm_compare(rep(1:2, 5e5), truth)$ari, 0, tolerance = 1e-5)
})

test_that("the assignment is the best of all, for any shape", {
  set.seed(2)
  for (i in 1:100) {
    n <- sample(1:5, 1)
    m <- sample(n:6, 1)
    cost <- matrix(sample(-9:9, n * m, replace = TRUE), n)
    column <- assign_rows(cost)
    best <- min(vapply(permutations(seq_len(m)), function(p) {
      sum(cost[cbind(seq_len(n), p[seq_len(n)])])
    }, 0))
    expect_equal(anyDuplicated(column), 0L)
    expect_equal(sum(cost[cbind(seq_len(n), column)]), best)
  }
})

test_that("components are matched so that most rows agree, not greedily", {
  # Greedy takes the 6 and is left with 0; the best matching agrees in 5 + 5.
  counts <- matrix(c(6, 5, 5, 0), 2)
  truth <- rep(rep(c("a", "b"), 2), counts)
  found <- rep(c(1, 1, 2, 2), counts)
  compared <- gmm_compare(found, truth)
  expect_identical(compared$matching, c("1" = "b", "2" = "a"))
  expect_equal(compared$error_rate, 6 / 16)
  expect_identical(colnames(compared$table), c("2", "1"))
})

test_that("classes and components may differ in number", {
  more_components <- gmm_compare(c(1, 1, 2, 3), c("a", "a", "b", "b"))
  expect_identical(sum(is.na(more_components$matching)), 1L)
  expect_equal(more_components$error_rate, 1 / 4)

  more_classes <- gmm_compare(c(1, 1, 1, 2), c("a", "a", "b", "c"))
  expect_identical(more_classes$matching, c("1" = "a", "2" = "c"))
  expect_equal(more_classes$error_rate, 1 / 4)
})

test_that("a component without rows is kept, and matched to nothing", {
  found <- factor(c(1, 1, 2, 2), levels = 1:3)
  compared <- gmm_compare(found, c("a", "a", "b", "b"))
  expect_identical(compared$matching, c("1" = "a", "2" = "b", "3" = NA))
  expect_identical(dim(compared$table), c(2L, 3L))
})

test_that("rows without a class are left out and counted", {
  compared <- gmm_compare(c(1, 1, 2, 2, NA), c("a", NA, "b", "b", "b"))
  expect_equal(c(compared$n, compared$n_missing), c(3, 2))
  expect_equal(sum(compared$table), 3)
  expect_equal(compared$error_rate, 0)
})

test_that("a fit is compared by its classes, with data or without", {
  set.seed(1)
  fit <- gmm_fit(iris[, 1:4], k = 3)
  compared <- gmm_compare(fit, iris$Species)
  expect_equal(compared$ari, 0.9038742, tolerance = 1e-6)
  expect_equal(compared$error_rate, 5 / 150)
  expect_identical(unname(compared$matching), levels(iris$Species))

  fit$data <- NULL
  expect_identical(gmm_compare(fit, iris$Species), compared)
  expect_identical(gmm_compare(fit$classification, iris$Species)$ari, compared$ari)
})

test_that("a comparison prints", {
  expect_snapshot(gmm_compare(c(1, 1, 2, 2, 3), c("a", "a", "b", NA, "b")))
  expect_snapshot(gmm_compare(1:2, c(TRUE, FALSE)))
})

test_that("what cannot be compared is an error that says so", {
  expect_snapshot(error = TRUE, {
    gmm_compare(1:3, 1:2)
    gmm_compare(1:3, list(1, 2, 3))
    gmm_compare(1:3, NULL)
    gmm_compare(matrix(1:4, 2), 1:4)
    gmm_compare(1:2, c(NA, NA))
  })
  expect_error(gmm_compare(1:3, 1:2), class = "gaussmix_error_input")
  expect_error(gmm_compare(1:3, list(1)), class = "gaussmix_error_input")
})

test_that("NaN is no class", {
  compared <- gmm_compare(c(1, NaN, 2, 2), c("a", "a", "b", "b"))
  expect_equal(compared$n_missing, 1)
  expect_identical(dim(compared$table), c(2L, 2L))
})

# A fit of which the classes are these, 0 being noise; as much of one as the comparison asks for.
fit_with <- function(classification, k = max(classification)) {
  structure(
    list(proportions = stats::setNames(rep(0.9 / k, k), seq_len(k)), k = k, noise = 0.1,
         classification = classification),
    class = c("gmm_fit", "gmm")
  )
}

test_that("noise is a group of its own that is matched to no class", {
  # Most rows would agree if noise were "b".
  found <- c(1, 1, 1, 0, 0, 0, 2)
  truth <- c("a", "a", "a", "b", "b", "b", "b")
  compared <- gmm_compare(fit_with(found), truth)
  expect_identical(compared$matching, c("1" = "a", "2" = "b", "noise" = NA))
  expect_equal(compared$error_rate, 3 / 7)
  expect_identical(colnames(compared$table), c("1", "2", "noise"))
  expect_identical(compared$table["b", "noise"], 3L)
  expect_true(compared$noise)
  expect_equal(compared$ari, gmm_compare(found, truth)$ari)
  expect_snapshot(compared)
  # Among plain classes 0 is one as others are.
  expect_identical(gmm_compare(found, truth)$matching, c("0" = "b", "1" = "a", "2" = NA))
  expect_false(gmm_compare(found, truth)$noise)
})

test_that("a class of noise is matched to noise, and to nothing else", {
  found <- c(1, 1, 1, 2, 2, 2, 2, 0)
  truth <- c("a", "a", "a", "noise", "noise", "noise", "noise", "noise")
  compared <- gmm_compare(fit_with(found), truth)
  expect_identical(compared$matching, c("1" = "a", "2" = NA, "noise" = "noise"))
  expect_equal(compared$error_rate, 4 / 8)
  # There is a class "0", too: it is a class as others are.
  both <- gmm_compare(fit_with(found), replace(truth, 4:6, "0"))
  expect_identical(both$matching, c("1" = "a", "2" = "0", "noise" = "noise"))
  # No row agrees.
  none <- gmm_compare(fit_with(c(1, 1, 2, 2, 0)), c("a", "a", "b", "noise", "b"))
  expect_identical(none$matching, c("1" = "a", "2" = "b", "noise" = NA))
})

test_that("a class 0 is noise where most rows agree so, or the first class", {
  as_noise <- gmm_compare(fit_with(c(1, 1, 1, 2, 2, 0, 0, 0)), c(1, 1, 1, 2, 2, 0, 0, 2))
  expect_identical(as_noise$matching, c("1" = "1", "2" = "2", "noise" = "0"))
  expect_equal(as_noise$error_rate, 1 / 8)
  counted_from_0 <- gmm_compare(fit_with(c(1, 1, 1, 2, 2, 2, 0, 0)), c(0, 0, 0, 1, 1, 1, 0, 1))
  expect_identical(counted_from_0$matching, c("1" = "0", "2" = "1", "noise" = NA))
  expect_equal(counted_from_0$error_rate, 2 / 8)
})

test_that("a fit with noise and known classes is compared by their names", {
  x <- rbind(as.matrix(iris[1:4]), matrix(c(4.4, 2, 7, 0.1, 8, 4.4, 1, 2.5), 8, 4, byrow = TRUE))
  truth <- c(as.character(iris$Species), rep("noise", 8))
  labels <- replace(truth, -c(1:9, 51:59, 101:109), NA)
  set.seed(1)
  fit <- gmm_fit(x, labels = labels, noise = TRUE, nstart = 1)
  compared <- gmm_compare(fit, truth)
  expect_identical(compared$matching[["noise"]], "noise")
  expect_identical(unname(compared$matching[1:3]), levels(iris$Species))
  expect_equal(
    compared$error_rate, mean(c(names(fit$proportions), "noise")[
      replace(fit$classification, fit$classification == 0, 4)
    ] != truth)
  )
  expect_lt(compared$error_rate, 0.1)
})
