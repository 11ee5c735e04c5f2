iris_x <- as.matrix(iris[1:4])

test_that("a start is a partition and its M-step", {
  set.seed(1)
  for (method in c("kmeans", "random")) {
    for (model in several_models) {
      start <- gmm_start(iris_x, 3, model, method = method)
      expect_named(
        start, c("proportions", "means", "covariances", "model", "equal_proportions", "partition")
      )
      expect_type(start$partition, "integer")
      expect_setequal(start$partition, 1:3)
      expect_length(start$partition, 150)
      expect_identical(start$model, model)
      if (min(tabulate(start$partition)) > 5) {
        expect_identical(start[1:5], gmm_mstep(iris_x, start$partition, model))
      }
    }
  }
})

test_that("a start whose parts are too small has a common covariance", {
  x <- iris_x[1:20, ]
  set.seed(1)
  for (model in c("VVV", "EVV", "EVE", "VVE")) {
    start <- gmm_start(x, 6, model)
    expect_lt(min(tabulate(start$partition)), 5)
    expect_identical(start[1:3], gmm_mstep(x, start$partition, "EEE")[1:3])
    control <- gmm_control(tol = 0, max_iter = 0, min_size = 0)
    fit <- gmm_fit(x, start = start, model = model, control = control)
    expect_equal(plain(fit), plain(start), tolerance = 1e-10)
  }
})

test_that("a start comes from R's random numbers", {
  set.seed(1)
  a <- gmm_start(iris_x, 4, method = "random")
  b <- gmm_start(iris_x, 4, method = "random")
  set.seed(1)
  expect_identical(gmm_start(iris_x, 4, method = "random"), a)
  expect_false(identical(a, b))
})

test_that("Lloyd iterations lead where every row is with the nearest centre", {
  # Distances are those of the standardised variables.
  z <- scale(iris_x)
  control <- gmm_control(kmeans_iter = 100)
  set.seed(1)
  for (i in 1:5) {
    part <- gmm_start(iris_x, 3, control = control)$partition
    centers <- rowsum(z, part) / tabulate(part)
    distances <- apply(centers, 1, function(center) colSums((t(z) - center)^2))
    expect_identical(max.col(-distances), part)
  }
})

test_that("a start does not depend on the units of the variables", {
  set.seed(1)
  a <- gmm_start(iris_x, 3)$partition
  set.seed(1)
  expect_identical(gmm_start(iris_x * rep(c(1e-20, 1, 1000, 1e30), each = 150), 3)$partition, a)
})

test_that("an empty cluster is filled, so that no component lacks rows", {
  set.seed(1)
  for (i in 1:20) {
    x <- round(rnorm(12), 1)
    k <- 5
    expect_setequal(gmm_start(x, k, control = gmm_control(kmeans_iter = 50))$partition, 1:k)
  }
})

test_that("every kind of start gives the same fit", {
  class <- as.integer(iris$Species)
  expected <- gmm_fit(iris_x, 3, start = class)
  starts <- list(
    factor = iris$Species,
    character = as.character(iris$Species),
    double = class + 0.5,
    responsibilities = diag(3)[class, ],
    frame = as.data.frame(diag(3)[class, ]),
    parameters = gmm_mstep(iris_x, class),
    mixture = gmm_mixture(gmm_mstep(iris_x, class))
  )
  for (start in starts) {
    fit <- gmm_fit(iris_x, 3, start = start)
    expect_equal(fit$loglik_trace, expected$loglik_trace, tolerance = 1e-12)
    expect_parameters(fit, expected)
    # k is implied by the start.
    alone <- gmm_fit(iris_x, start = start)
    expect_equal(alone$loglik_trace, expected$loglik_trace, tolerance = 1e-12)
  }
})

test_that("a given start is named in the table of starts", {
  class <- as.integer(iris$Species)
  method <- function(start) gmm_fit(iris_x, start = start)$starts$method
  expect_identical(method(class), "partition")
  expect_identical(method(diag(3)[class, ]), "responsibilities")
  expect_identical(method(gmm_mstep(iris_x, class)), "parameters")
  expect_identical(method(gmm_fit(iris_x, start = class)), "fit")
})

test_that("a fit that starts at a fit stays there", {
  set.seed(1)
  fit <- gmm_fit(iris_x, 3)
  again <- gmm_fit(iris_x, start = fit)
  expect_equal(again$loglik_trace[[1]], fit$loglik, tolerance = 1e-12)
  expect_gte(again$loglik, fit$loglik - 1e-9)
  expect_equal(again$loglik, fit$loglik, tolerance = 1e-9)
  expect_lt(again$n_iter, 10)
})

test_that("a fit of another model is a start, brought to the model", {
  set.seed(1)
  full <- gmm_fit(iris_x, 3)
  for (model in several_models) {
    fit <- gmm_fit(iris_x, model = model, start = full)
    projected <- ref_mstep(iris_x, gmm_estep(iris_x, full)$responsibilities, model)
    expect_equal(fit$model, model)
    expect_gte(fit$loglik, ref_estep(iris_x, projected)$loglik - 1e-6)
    expect_true(all(diff(fit$loglik_trace) > -1e-9))
  }
})

test_that("a start with names is matched to the variables", {
  set.seed(1)
  fit <- gmm_fit(iris_x, 3)
  loglik_of <- function(...) gmm_fit(...)$loglik_trace[[1]]
  expect_equal(loglik_of(iris_x[, c(3, 1, 4, 2)], start = fit), fit$loglik, tolerance = 1e-12)
  expect_equal(loglik_of(unname(iris_x), start = plain(fit)), fit$loglik, tolerance = 1e-12)
  # By position, as predict() does.
  expect_equal(loglik_of(unname(iris_x), start = fit), fit$loglik, tolerance = 1e-12)
})

test_that("the start keeps the order and the names of its components", {
  class <- c(3L, 1L, 2L)[iris$Species]
  fit <- gmm_fit(iris_x, start = class)
  expect_identical(unname(order(fit$means[, "Sepal.Length"])), c(3L, 1L, 2L))
  p <- gmm_mstep(iris_x, iris$Species)
  names(p$proportions) <- levels(iris$Species)
  expect_identical(names(gmm_fit(iris_x, start = p)$proportions), levels(iris$Species))
})

test_that("a given start draws no random numbers", {
  set.seed(1)
  before <- .Random.seed
  fit <- gmm_fit(iris_x, start = iris$Species)
  gmm_estep(iris_x, fit)
  gmm_mstep(iris_x, iris$Species)
  predict(fit)
  summary(fit)
  expect_identical(.Random.seed, before)
})

test_that("a start that is none is an error", {
  set.seed(1)
  fit <- gmm_fit(iris_x, 3)
  expect_errors("start", expression(
    gmm_fit(iris_x, 3, start = "kmean"),
    gmm_fit(iris_x, 3, start = "hierarchical"),
    gmm_fit(iris_x, 3, start = c("kmeans", "random")),
    gmm_fit(iris_x, 3, start = NULL),
    gmm_fit(iris_x, 3, start = NA),
    gmm_fit(iris_x, 3, start = mean),
    gmm_fit(iris_x, start = list(a = 1)),
    gmm_fit(iris_x, 4, start = fit),
    gmm_fit(iris_x[, 1:2], start = fit),
    gmm_fit(iris_x, 3, start = 2),
    gmm_fit(iris_x, 3, start = list(a = 1)),
    gmm_fit(iris_x, start = list()),
    gmm_fit(setNames(iris[1:4], letters[1:4]), start = fit)
  ))
  expect_errors("input", expression(
    gmm_fit(iris_x, 3, start = iris$Species, nstart = 5),
    gmm_fit(iris_x, 3, nstart = 0),
    gmm_start(iris_x, 3, method = "kmean"),
    gmm_fit(iris_x, 3, start = fit, nstart = 1),
    gmm_fit(iris_x, 3, nstart = "a"),
    gmm_start(iris_x, NULL)
  ))
})

test_that("a clustering of another package is told from its classes", {
  clusterings <- list(
    kmeans = kmeans(iris_x, iris_x[c(1, 51, 101), ]), hclust = hclust(dist(iris_x)),
    Mclust = structure(list(classification = rep(1:3, 50)), class = "Mclust")
  )
  advice <- c(
    kmeans = "start$cluster", hclust = "cutree(start, k)", Mclust = "start$classification"
  )
  for (kind in names(clusterings)) {
    for (k in list(NULL, 3)) {
      failed <- expect_error(
        gmm_fit(iris_x, k, start = clusterings[[kind]]), class = "gaussmix_error_start"
      )
      expect_match(conditionMessage(failed), advice[[kind]], fixed = TRUE)
    }
  }
  expect_s3_class(gmm_fit(iris_x, start = clusterings$kmeans$cluster), "gmm_fit")
})

test_that("a start with a singular covariance is an error that names the component", {
  x <- iris_x[1:20, ]
  few <- rep(1:2, c(17, 3))
  expect_errors("start", expression(
    gmm_fit(x, start = few),
    gmm_fit(iris_x, start = rep(1:2, c(149, 1))),
    gmm_fit(x, start = diag(2)[few, ])
  ))
  # A model with one covariance has no trouble with them.
  expect_s3_class(gmm_fit(x, start = few, model = "EEE"), "gmm_fit")
})
