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

fit_by_mclust <- function(x, class, model, control = tight) {
  # It warns of the limit to inner iterations.
  suppressWarnings(mclust_function("me", model)(x, z = mclust::unmap(class), control = control))
}

# Where the EM of both begins, each with its own M-step of a partition, is the
# same except for VVE: mclust's stops short of the maximum, and leads elsewhere.
same_start <- function(x, class, model) {
  if (model != "VVE") {
    return(class)
  }
  mstep <- mclust_function("mstep", model)(x, z = mclust::unmap(class), control = tight)
  of_mclust(mstep$parameters)
}

fit_to_the_end <- function(x, model, start, equal_proportions = FALSE) {
  # A maximum is one, also where gmm_fit() would reject it as spurious; leaps may end in another.
  control <- gmm_control(
    tol = 1e-13, max_iter = 30000, accelerate = FALSE, min_size = 0, min_ratio = 0,
    min_rounding = 0
  )
  gmm_fit(
    x, model = model, start = start, equal_proportions = equal_proportions, control = control
  )
}

# That our fit from the same start is mclust's, or a better one of EVE and VVE.
expect_fit_of_mclust <- function(x, class, model, label) {
  theirs <- fit_by_mclust(x, class, model)
  ours <- fit_to_the_end(x, model, same_start(x, class, model))
  expect_true(ours$converged, info = label)
  better <- ours$loglik - theirs$loglik
  expect_gte(better, -1e-8 * abs(theirs$loglik), label = paste("gain over mclust:", label))
  if (!model %in% common_axes_models || better < 1e-8 * abs(theirs$loglik)) {
    expect_equal(ours$loglik, theirs$loglik, tolerance = 1e-8, info = label)
    expect_parameters(ours, of_mclust(theirs$parameters), tolerance = 1e-3)
  }
}

# That our M-step is mclust's, or a better one of EVE and VVE.
expect_mstep_of_mclust <- function(x, r, model) {
  # A further step of its own inner iterations moves mclust's VEE in the ninth digit.
  tolerance <- if (model == "VEE") 1e-7 else 1e-10
  theirs <- mclust_function("mstep", model)(x, z = r, control = tight)$parameters
  expected <- of_mclust(theirs)
  ours <- gmm_mstep(x, r, model)
  expect_equal(unname(ours$proportions), expected$proportions, tolerance = 1e-10)
  expect_equal(unname(ours$means), unname(expected$means), tolerance = 1e-10)
  if (model %in% common_axes_models) {
    moments <- ref_moments(as.matrix(x), r)
    objective <- function(p) ref_objective(moments$within, moments$size, p$covariances)
    limit <- objective(expected) + 1e-10 * abs(objective(expected))
    expect_lte(objective(ours), limit, label = paste("objective of", model))
  } else {
    expect_equal(c(ours$covariances), c(expected$covariances), tolerance = tolerance, info = model)
  }
}

for (name in names(sets)) {
  test_that(paste("fits of", name, "reach the maximum that mclust reaches"), {
    x <- sets[[name]]
    for (k in 2:3) {
      for (model in several_models) {
        expect_fit_of_mclust(x, partition(x, k), model, paste(name, model, k))
      }
    }
  })

  test_that(paste("an M-step of", name, "is mclust's"), {
    x <- sets[[name]]
    set.seed(1)
    for (model in several_models) {
      expect_mstep_of_mclust(x, random_responsibilities(nrow(x), 3), model)
    }
  })

  test_that(paste("no iteration for", name, "lowers the log-likelihood"), {
    x <- sets[[name]]
    set.seed(1)
    for (model in several_models) {
      for (equal in c(FALSE, TRUE)) {
        fit <- gmm_fit(x, 3, model, equal_proportions = equal)
        falls <- max(-diff(fit$loglik_trace), 0)
        label <- paste("fall of", model, if (equal) "with equal proportions")
        expect_lte(falls, 1e-12 * abs(fit$loglik), label = label)
      }
    }
  })
}

test_that("M-steps and fits are mclust's, for every model, d and k", {
  set.seed(2)
  for (d in c(1, 2, 4, 8)) {
    for (k in c(1, 2, 5)) {
      x <- random_rows(60 * k, d, k)
      class <- partition(x, k)
      r <- random_responsibilities(60 * k, k, power = 3)
      for (model in models_for(d)) {
        expect_mstep_of_mclust(if (d == 1) drop(x) else x, r, model)
        expect_fit_of_mclust(if (d == 1) drop(x) else x, class, model, paste(model, d, k))
      }
    }
  }
})

test_that("fits have as many parameters as mclust counts", {
  none <- gmm_control(tol = 0, max_iter = 0, min_size = 0, min_ratio = 0)
  for (d in c(1, 2, 4, 8)) {
    x <- matrix(sin(seq_len(60 * d)^2), 60, d)
    for (k in c(1, 2, 5)) {
      for (model in models_for(d)) {
        for (equal in c(FALSE, TRUE)) {
          fit <- gmm_fit(
            x, model = model, start = rep_len(seq_len(k), 60), equal_proportions = equal,
            control = none
          )
          expected <- mclust::nMclustParams(model, d, k, equalPro = equal)
          expect_equal(fit$df, expected, info = paste(model, d, k, equal))
          expect_equal(ref_df(model, d, k, equal), expected, info = paste(model, d, k, equal))
        }
      }
    }
  }
})

test_that("one variable is fitted as mclust does", {
  for (y in list(faithful$waiting, faithful$eruptions, iris$Petal.Length)) {
    for (k in 2:3) {
      class <- partition(as.matrix(y), k)
      for (model in c("E", "V")) {
        expect_fit_of_mclust(y, class, model, paste(model, k))
        expect_mstep_of_mclust(y, mclust::unmap(class), model)
      }
    }
  }
})

# With equal proportions mclust 6.0.0 goes astray for VVI, VEE, EVE, VVE and EVV: it
# ends below its own start, or with proportions whose sum is not 1.
test_that("fits with equal proportions reach the maximum that mclust reaches", {
  equal <- tight
  equal$equalPro <- TRUE
  for (name in names(sets)) {
    x <- sets[[name]]
    class <- partition(x, 3)
    for (model in c("EII", "VII", "EEI", "VEI", "EVI", "EEE", "EEV", "VEV", "VVV")) {
      theirs <- fit_by_mclust(x, class, model, equal)
      ours <- fit_to_the_end(x, model, class, equal_proportions = TRUE)
      expect_identical(unname(ours$proportions), rep(1 / 3, 3))
      expect_equal(ours$loglik, theirs$loglik, tolerance = 1e-8, info = paste(name, model))
      expect_parameters(ours, of_mclust(theirs$parameters), tolerance = 1e-3)
    }
  }
})

test_that("from a maximum with equal proportions, free ones go up", {
  for (name in names(sets)) {
    x <- sets[[name]]
    for (model in several_models) {
      equal <- fit_to_the_end(x, model, partition(x, 2), equal_proportions = TRUE)
      expect_identical(unname(equal$proportions), c(0.5, 0.5))
      free <- fit_to_the_end(x, model, equal)
      expect_gte(
        free$loglik, equal$loglik - 1e-12 * abs(equal$loglik), label = paste(name, model)
      )
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
