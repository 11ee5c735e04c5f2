iris_x <- as.matrix(iris[1:4])
third <- matrix(1 / 3, 150, 3)

test_that("what is not memberships is an error that says what it is", {
  with_na <- replace(third, 2, NA)
  negative <- third
  negative[7, ] <- c(-0.5, 1, 0.5)
  expect_errors("input", expression(
    gmm_mstep(iris_x, third[-1, ]),
    gmm_mstep(iris_x, third[, 0]),
    gmm_mstep(iris_x, matrix("a", 150, 3)),
    gmm_mstep(iris_x, with_na),
    gmm_mstep(iris_x, negative),
    gmm_mstep(iris_x, 2 * third),
    gmm_mstep(iris_x, cbind(third, 0)),
    gmm_mstep(iris_x, cbind(third, 0, 0)),
    gmm_mstep(iris_x, 1:149),
    gmm_mstep(iris_x, c(NA, rep(1:2, 75)[-1])),
    gmm_mstep(iris_x, c(NA, NA, rep(1:2, 74))),
    gmm_mstep(iris_x, list(1)),
    gmm_mstep(iris_x, NULL),
    gmm_mstep(iris_x, mean),
    gmm_mstep(iris_x, third * (1 + 1e-05)),
    gmm_mstep(iris_x, third * c(Inf, rep(1, 449))),
    gmm_mstep(iris_x, 1),
    gmm_mstep(iris_x, rep(NA, 150)),
    gmm_mstep(iris_x, array(1, c(150, 1, 1, 1))[-1])
  ))
})

test_that("several components without rows are named in the plural", {
  expect_error(gmm_mstep(iris_x, cbind(third, 0)), "component 4 without")
  expect_error(gmm_mstep(iris_x, cbind(third, 0, 0)), "components 4 and 5 without")
})

test_that("rounding in the sums of responsibilities is forgiven", {
  nearly <- third * (1 + 1e-9)
  expect_parameters(gmm_mstep(iris_x, nearly), gmm_mstep(iris_x, third), tolerance = 1e-8)
})

test_that("memberships as a start are checked against k", {
  start <- iris$Species
  expect_errors("start", expression(
    gmm_fit(iris_x, 2, start = start),
    gmm_fit(iris_x, 4, start = third),
    gmm_fit(iris_x, 1, start = third),
    gmm_fit(iris_x, 3, start = start[-1]),
    gmm_fit(iris_x, 3, start = replace(start, 1:2, NA)),
    gmm_fit(iris_x, 4, start = start),
    gmm_fit(iris_x, 3, start = replace(start, 1, NA)),
    gmm_fit(iris_x, 3, start = third[-1, ]),
    gmm_fit(iris_x, 3, start = 2 * third),
    gmm_fit(iris_x, start = start[-1])
  ))
})

test_that("responsibilities that are a little off are brought to sum to 1", {
  set.seed(1)
  exact <- random_responsibilities(150, 3)
  off <- exact * (1 + rep(c(-5e-7, 0, 5e-7), each = 50))
  expect_equal(gmm_mstep(iris_x, off), gmm_mstep(iris_x, exact), tolerance = 1e-12)
  one <- gmm_mstep(iris_x, matrix(1 + rep(c(-5e-7, 5e-7), 75)))
  expect_equal(unname(one$means), unname(t(colMeans(iris_x))), tolerance = 1e-12)
  whole <- 1L * (outer(as.integer(iris$Species), 1:3, `==`))
  expect_type(whole, "integer")
  expect_equal(gmm_mstep(iris_x, whole), gmm_mstep(iris_x, iris$Species), tolerance = 1e-12)
})

test_that("rows that are no probabilities are counted beyond the first thousands", {
  x <- cbind(sin(1:3000), cos(1:3000))
  r <- matrix(0.5, 3000, 2)
  r[c(700, 2999), 1] <- c(-0.5, NA)
  expect_error(gmm_mstep(x, r), "2 rows are not, the first is row 700")
})

test_that("levels without rows are no components", {
  some <- factor(iris$Species, c("none", "virginica", "setosa", "nor this", "versicolor"))
  expect_identical(
    gmm_mstep(iris_x, some), gmm_mstep(iris_x, factor(some, c("virginica", "setosa", "versicolor")))
  )
})
