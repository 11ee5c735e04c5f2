# The same models, fitted by mclust from the same start.
skip_if_not_installed("mclust")

mclust_function <- function(name, model) {
  getExportedValue("mclust", paste0(name, model))
}

tight <- mclust::emControl(tol = c(1e-14, 1e-14), itmax = c(10000, 10000))

dataset <- function(name) {
  env <- new.env()
  utils::data(list = name, package = "mclust", envir = env)
  env[[name]]
}

sets <- list(
  iris = as.matrix(iris[1:4]),
  faithful = as.matrix(faithful),
  diabetes = as.matrix(dataset("diabetes")[, -1]),
  banknote = as.matrix(dataset("banknote")[, -1])
)

# A fixed partition: Ward's, of the standardised variables.
partition <- function(x, k) {
  unname(cutree(hclust(dist(scale(x)), "ward.D2"), k))
}

# What an mclust result says, as our parameters.
of_mclust <- function(parameters) {
  d <- parameters$variance$d
  k <- length(parameters$pro)
  sigma <- parameters$variance$sigma
  if (is.null(sigma)) {
    sigma <- rep_len(parameters$variance$sigmasq, k)
  }
  list(
    proportions = parameters$pro,
    means = if (d == 1L) matrix(parameters$mean) else t(parameters$mean),
    covariances = array(sigma, c(d, d, k))
  )
}

for (name in names(sets)) {
  test_that(paste("fits of", name, "reach the maximum that mclust reaches"), {
    x <- sets[[name]]
    for (k in 2:3) {
      class <- partition(x, k)
      for (model in several_models) {
        theirs <- mclust_function("me", model)(x, z = mclust::unmap(class), control = tight)
        ours <- gmm_fit(
          x, model = model, start = class, control = gmm_control(tol = 1e-13, max_iter = 30000)
        )
        label <- paste(name, model, k)
        expect_true(ours$converged, info = label)
        expect_equal(ours$loglik, theirs$loglik, tolerance = 1e-8, info = label)
        expect_parameters(ours, of_mclust(theirs$parameters), tolerance = 1e-3)
        expect_equal(ours$df, mclust::nMclustParams(model, ncol(x), k), info = label)
      }
    }
  })

  test_that(paste("an M-step of", name, "is mclust's"), {
    x <- sets[[name]]
    set.seed(1)
    for (model in several_models) {
      r <- random_responsibilities(nrow(x), 3)
      theirs <- mclust_function("mstep", model)(x, z = r)$parameters
      expect_parameters(gmm_mstep(x, r, model), of_mclust(theirs), tolerance = 1e-10)
    }
  })
}

test_that("one variable is fitted as mclust does", {
  for (y in list(faithful$waiting, faithful$eruptions, iris$Petal.Length)) {
    for (k in 2:3) {
      class <- partition(as.matrix(y), k)
      for (model in c("E", "V")) {
        theirs <- mclust_function("me", model)(y, z = mclust::unmap(class), control = tight)
        ours <- gmm_fit(
          y, model = model, start = class, control = gmm_control(tol = 1e-13, max_iter = 30000)
        )
        expect_equal(ours$loglik, theirs$loglik, tolerance = 1e-8)
        expect_equal(ours$df, mclust::nMclustParams(model, 1, k))
        step <- mclust_function("mstep", model)(y, z = mclust::unmap(class))$parameters
        expect_parameters(gmm_mstep(y, class, model), of_mclust(step), tolerance = 1e-10)
      }
    }
  }
})

test_that("log densities are mclust's", {
  for (name in names(sets)) {
    x <- sets[[name]]
    for (model in several_models) {
      theirs <- mclust_function("mstep", model)(x, z = mclust::unmap(partition(x, 2)))$parameters
      mixture <- gmm_mixture(of_mclust(theirs))
      expect_equal(
        predict(mixture, x, type = "logdensity"),
        mclust::dens(x, model, theirs, logarithm = TRUE),
        tolerance = 1e-8, ignore_attr = TRUE
      )
    }
  }
})

test_that("an E-step is mclust's", {
  x <- sets$iris
  for (model in several_models) {
    theirs <- mclust_function("mstep", model)(x, z = mclust::unmap(iris$Species))$parameters
    estep <- mclust_function("estep", model)(x, parameters = theirs)
    ours <- gmm_estep(x, of_mclust(theirs))
    expect_equal(ours$responsibilities, estep$z, tolerance = 1e-8, ignore_attr = TRUE)
    expect_equal(ours$loglik, estep$loglik, tolerance = 1e-10)
  }
})
