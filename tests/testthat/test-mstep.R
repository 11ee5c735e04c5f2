iris_x <- as.matrix(iris[1:4])

one_hot <- function(class) {
  unname(diag(max(class))[class, , drop = FALSE])
}

test_that("an M-step is that of the reference, for every model, d and k", {
  set.seed(1)
  for (d in c(1, 2, 4)) {
    for (k in 1:3) {
      x <- random_rows(60, d, k)
      r <- random_responsibilities(60, k)
      for (model in models_for(d)) {
        p <- gmm_mstep(x, r, model)
        expect_parameters(p, ref_mstep(x, r, model), tolerance = 1e-12)
        expect_identical(p$model, model)
      }
    }
  }
})

test_that("an M-step has shapes and names", {
  p <- gmm_mstep(iris[1:4], iris$Species)
  expect_named(p, c("proportions", "means", "covariances", "model"))
  components <- c("1", "2", "3")
  expect_identical(names(p$proportions), components)
  expect_identical(dimnames(p$means), list(components, names(iris)[1:4]))
  expect_identical(dimnames(p$covariances), list(names(iris)[1:4], names(iris)[1:4], components))
})

test_that("a partition means one-hot responsibilities, in the order of its values", {
  expected <- gmm_mstep(iris_x, one_hot(as.integer(iris$Species)))
  class <- iris$Species
  expect_identical(gmm_mstep(iris_x, class), expected)
  expect_identical(gmm_mstep(iris_x, as.character(class)), expected)
  expect_identical(gmm_mstep(iris_x, as.integer(class)), expected)
  expect_identical(gmm_mstep(iris_x, as.double(class) * 10 - 100), expected)
  expect_equal(gmm_mstep(iris_x, c(TRUE, FALSE, FALSE)[class])$means[2, ], colMeans(iris_x[1:50, ]))
  # Levels, also unsorted and unused ones.
  turned <- factor(class, levels = c("virginica", "none", "setosa", "versicolor"))
  expect_parameters(
    gmm_mstep(iris_x, turned),
    gmm_mstep(iris_x, c(2L, 3L, 1L)[class]),
    tolerance = 1e-14
  )
})

test_that("responsibilities may be integers or a data frame", {
  r <- one_hot(as.integer(iris$Species))
  expected <- gmm_mstep(iris_x, r)
  storage.mode(r) <- "integer"
  expect_identical(gmm_mstep(iris_x, r), expected)
  expect_identical(gmm_mstep(iris_x, as.data.frame(r)), expected)
})

test_that("covariances are exact under a large shift", {
  p <- gmm_mstep(iris_x, iris$Species)
  shifted <- gmm_mstep(iris_x + 2^30, iris$Species)
  expect_equal(shifted$covariances, p$covariances, tolerance = 1e-6)
  expect_equal(shifted$means - 2^30, p$means, tolerance = 1e-6)
})

test_that("covariances are symmetric to the last bit", {
  set.seed(2)
  for (model in several_models) {
    s <- gmm_mstep(iris_x, random_responsibilities(150, 3), model)$covariances
    expect_identical(aperm(s, c(2, 1, 3)), s)
  }
})

test_that("a model within another has no larger expected log-likelihood", {
  pairs <- list(
    c("EII", "VII"), c("EII", "EEI"), c("VII", "VVI"), c("EEI", "VVI"), c("EEI", "EEE"),
    c("VVI", "VVV"), c("EEE", "VVV")
  )
  set.seed(3)
  for (i in 1:5) {
    x <- random_rows(80, 3, 3)
    r <- random_responsibilities(80, 3)
    objective <- vapply(several_models, function(model) {
      ref_expected(x, r, gmm_mstep(x, r, model))
    }, 0)
    for (pair in pairs) {
      expect_lt(objective[[pair[[1]]]], objective[[pair[[2]]]])
    }
  }
})

test_that("an M-step is a maximum: nearby parameters of the model do worse", {
  set.seed(4)
  x <- random_rows(80, 2, 2)
  r <- random_responsibilities(80, 2)
  for (model in several_models) {
    p <- gmm_mstep(x, r, model)
    best <- ref_expected(x, r, p)
    for (step in c(-0.01, 0.01)) {
      volume <- moved <- shares <- p
      volume$covariances <- p$covariances * (1 + step)
      moved$means <- p$means + step
      shares$proportions <- p$proportions + c(step, -step)
      expect_lt(ref_expected(x, r, volume), best)
      expect_lt(ref_expected(x, r, moved), best)
      expect_lt(ref_expected(x, r, shares), best)
    }
  }
})

test_that("a constant column is no obstacle to an M-step: its variance is zero", {
  x <- cbind(iris_x, constant = 7)
  p <- gmm_mstep(x, iris$Species)
  expect_equal(unname(p$means[, "constant"]), rep(7, 3))
  expect_identical(unname(p$covariances["constant", "constant", ]), rep(0, 3))
  expect_equal(
    p$covariances[1:4, 1:4, ], gmm_mstep(iris_x, iris$Species)$covariances, tolerance = 1e-12
  )
})

test_that("one component a row gives means that are the rows, without variance", {
  p <- gmm_mstep(iris_x[1:3, ], 1:3)
  expect_equal(unname(p$means), unname(iris_x[1:3, ]), tolerance = 1e-14)
  expect_true(all(p$covariances == 0))
})
