iris_x <- as.matrix(iris[1:4])

one_hot <- function(class) {
  unname(diag(max(class))[class, , drop = FALSE])
}

# What covariances are judged by: the less, the better.
objective_of <- function(x, r, parameters) {
  moments <- ref_moments(x, r)
  ref_objective(moments$within, moments$size, parameters$covariances)
}

# Where the objective is at its least to the last digit, the axes of EVE and VVE
# are so to half of the digits only.
tolerance_of <- function(model, usual = 1e-10) {
  if (model %in% common_axes_models) max(usual, 1e-6) else usual
}

# That two M-steps agree, or the first found better axes.
expect_mstep <- function(object, expected, x, r, usual = 1e-10, info = NULL) {
  expect_equal(object$proportions, expected$proportions, tolerance = usual, ignore_attr = TRUE)
  expect_equal(object$means, expected$means, tolerance = usual, ignore_attr = TRUE, info = info)
  ours <- objective_of(x, r, object)
  theirs <- objective_of(x, r, expected)
  slack <- 1e-10 * abs(theirs)
  expect_lte(ours, theirs + slack, label = paste("objective of", info))
  if (!object$model %in% common_axes_models || ours > theirs - slack) {
    expect_equal(
      c(object$covariances), c(expected$covariances),
      tolerance = tolerance_of(object$model, usual), info = info
    )
  }
}

test_that("an M-step is that of the reference, for every model, d and k", {
  set.seed(1)
  for (d in c(1, 2, 4, 8)) {
    for (k in c(1, 2, 5)) {
      x <- random_rows(30 * k, d, k)
      r <- random_responsibilities(30 * k, k, power = 3)
      for (model in models_for(d)) {
        p <- gmm_mstep(x, r, model)
        expect_mstep(p, ref_mstep(x, r, model), x, r, info = paste(model, d, k))
        expect_identical(p$model, model)
      }
    }
  }
})

test_that("an M-step has shapes and names", {
  p <- gmm_mstep(iris[1:4], iris$Species)
  expect_named(p, c("proportions", "means", "covariances", "model", "equal_proportions"))
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
  for (seed in 1:120) {
    set.seed(seed)
    d <- sample(2:6, 1)
    k <- sample(2:5, 1)
    n <- k * sample(c(d + 2, 12), 1)
    x <- random_rows(n, d, k)
    # Few rows a component, without overlap: EVE and VVE have several minima.
    r <- if (seed %% 2 == 0) {
      random_responsibilities(n, k, power = sample(4, 1))
    } else {
      one_hot(rep_len(seq_len(k), n))
    }
    objective <- vapply(several_models, function(model) {
      ref_expected(x, r, gmm_mstep(x, r, model))
    }, 0)
    gain <- objective[model_nestings$outer] - objective[model_nestings$inner]
    worst <- which.min(gain)
    expect_gt(gain[[worst]], 0, label = paste(
      "gain of", model_nestings$outer[[worst]], "over", model_nestings$inner[[worst]],
      "in", d, "variables, seed", seed
    ))
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
      turn <- matrix(c(cos(step), sin(step), -sin(step), cos(step)), 2)
      expect_lt(ref_expected(x, r, volume), best)
      expect_lt(ref_expected(x, r, moved), best)
      expect_lt(ref_expected(x, r, shares), best)
      # One angle for all, or for the first component alone.
      orientation <- model_letters(model)[[3]]
      turned <- p
      for (j in switch(orientation, I = NULL, E = 1:2, V = 1)) {
        turned$covariances[, , j] <- turn %*% p$covariances[, , j] %*% t(turn)
      }
      if (orientation != "I") {
        expect_lt(ref_expected(x, r, turned), best)
      }
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

test_that("covariances are of the model's family, and not of one within it", {
  apart <- function(values) max(abs(values - rowMeans(values))) / max(abs(values))
  set.seed(5)
  for (d in c(2, 5)) {
    x <- random_rows(90, d, 3)
    r <- random_responsibilities(90, 3, power = 3)
    for (model in several_models) {
      s <- unname(gmm_mstep(x, r, model)$covariances)
      volume <- apply(s, 3, det)^(1 / d)
      unit <- sweep(s, 3, volume, "/")
      turned_back <- function(j) t(axes) %*% unit[, , j] %*% axes
      axes <- principal_axes(unit[, , 1])
      # How unequal volumes, shapes and orientations are.
      unequal <- c(
        apart(t(volume)),
        apart(apply(unit, 3, function(u) sort(eigen(u)$values))),
        max(vapply(1:3, function(j) max(abs(turned_back(j) - diag(diag(turned_back(j))))), 0))
      )
      letters <- model_letters(model)
      if (letters[[3]] == "I") {
        expect_identical(c(s), c(apply(s, 3, function(m) diag(diag(m)))), info = model)
        # The variances are in the same order, too.
        unequal[2:3] <- c(apart(apply(unit, 3, diag)), 0)
      } else if (letters[[3]] == "E" && letters[[2]] == "E") {
        unequal[[2]] <- max(apart(matrix(unit, d * d)), unequal[[2]])
      }
      if (letters[[2]] == "I") {
        expect_equal(c(unit), rep(c(diag(d)), 3), tolerance = 1e-12)
      }
      for (i in 1:3) {
        label <- paste("inequality of", c("volume", "shape", "orientation")[[i]], model)
        if (letters[[i]] == "V") {
          expect_gt(unequal[[i]], 1e-3, label = label)
        } else {
          expect_lt(unequal[[i]], 1e-9, label = label)
        }
      }
    }
  }
})

test_that("with one component, models differ in the orientation at most", {
  set.seed(6)
  for (d in c(2, 4, 8)) {
    x <- random_rows(40, d, 2)
    same_as <- list(
      EII = "VII", EEI = c("VEI", "EVI", "VVI"),
      EEE = c("VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV")
    )
    for (simple in names(same_as)) {
      expected <- gmm_mstep(x, rep(1, 40), simple)$covariances
      for (model in same_as[[simple]]) {
        found <- gmm_mstep(x, rep(1, 40), model)$covariances
        expect_equal(c(found), c(expected), tolerance = 1e-10, info = paste(model, d))
      }
    }
  }
})

# Data, responsibilities and the M-step of each model for the tests of
# equivariance, in d = 4 variables.
equivariance_case <- function(seed) {
  set.seed(seed)
  x <- random_rows(90, 4, 3)
  r <- random_responsibilities(90, 3, power = 3)
  list(x = x, r = r, parameters = sapply(several_models, gmm_mstep, x = x, r = r, simplify = FALSE))
}

# That the M-step of `model` for other data is that of `case` with x -> x m + shift.
expect_mapped <- function(case, model, m, shift = numeric(4), usual = 1e-9) {
  p <- case$parameters[[model]]
  mapped <- gmm_mstep(sweep(case$x %*% m, 2, shift, "+"), case$r, model)
  back <- solve(m, tol = 0)
  expect_equal(
    sweep(mapped$means, 2, shift) %*% back, p$means, tolerance = usual, ignore_attr = TRUE,
    info = model
  )
  for (j in 1:3) {
    expect_equal(
      t(back) %*% mapped$covariances[, , j] %*% back, p$covariances[, , j],
      tolerance = tolerance_of(model, usual), ignore_attr = TRUE, info = model
    )
  }
}

test_that("an M-step follows a change of the unit and of the origin", {
  case <- equivariance_case(7)
  for (model in several_models) {
    for (s in c(1e-100, 1e-8, 3, 1e8, 1e100)) {
      expect_mapped(case, model, diag(s, 4))
    }
    expect_mapped(case, model, diag(4), shift = c(1000, -100, 10, -1))
  }
})

test_that("an M-step follows a change of each variable's unit, unless the model compares them", {
  case <- equivariance_case(8)
  units <- diag(c(1e-100, 1, 1e100, 1e-5))
  for (model in c("EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVV", "VVV")) {
    expect_mapped(case, model, units)
  }
})

test_that("an M-step follows a rotation, unless the model is bound to the variables", {
  case <- equivariance_case(9)
  rotation <- random_rotation(4)
  for (model in setdiff(several_models, c("EEI", "VEI", "EVI", "VVI"))) {
    expect_mapped(case, model, rotation)
  }
})

test_that("an M-step follows the order of variables and of components", {
  case <- equivariance_case(10)
  order <- c(3, 1, 2)
  for (model in several_models) {
    expect_mapped(case, model, diag(4)[, c(3, 1, 4, 2)])
    p <- case$parameters[[model]]
    turned <- plain(gmm_mstep(case$x, case$r[, order], model))
    expected <- plain(p)
    expect_equal(turned$proportions, expected$proportions[order], tolerance = 1e-12)
    expect_equal(turned$means, expected$means[order, ], tolerance = 1e-12)
    expect_equal(
      c(turned$covariances), c(expected$covariances[, , order]), tolerance = tolerance_of(model),
      info = model
    )
  }
})

# Axes and standard deviations of k components whose covariances are of the model;
# the largest is `aspect` times the smallest.
random_member <- function(model, d, k, aspect) {
  letters <- model_letters(model)
  draw <- function(letter, identity, random) {
    switch(letter,
      I = rep(list(identity), k),
      E = rep(list(random()), k),
      V = replicate(k, random(), simplify = FALSE)
    )
  }
  powers <- seq(-1, 1, length.out = d) / 2
  Map(
    function(volume, shape, axes) list(sds = volume * shape, axes = axes),
    draw(letters[[1]], 1, function() exp(rnorm(1))),
    draw(letters[[2]], rep(1, d), function() aspect^sample(powers)),
    draw(letters[[3]], diag(d), function() random_rotation(d))
  )
}

# How far covariances are from the members, each relative to its own.
distance_to_members <- function(covariances, members) {
  distances <- Map(function(member, j) {
    whiten <- sweep(member$axes, 2, member$sds, "/")
    max(abs(t(whiten) %*% covariances[, , j] %*% whiten - diag(ncol(whiten))))
  }, members, seq_along(members))
  max(unlist(distances))
}

test_that("scatter that is of the model's family is left as it is, round or thin", {
  set.seed(11)
  for (aspect in c(1 + 1e-9, 10, 1e6)) {
    for (d in c(2, 4)) {
      for (k in c(2, 4)) {
        for (model in several_models) {
          members <- random_member(model, d, k, aspect)
          sizes <- sample(10:30, k)
          x <- do.call(rbind, Map(function(member, n) {
            exact_rows(n, member$axes, member$sds)
          }, members, sizes))
          p <- gmm_mstep(x, rep(seq_len(k), sizes), model)
          # Rounding of the rows, in the thinnest direction.
          expect_lt(
            distance_to_members(p$covariances, members),
            1e-8 + if (model_letters(model)[[3]] == "I") 0 else aspect^2 * 1e-14,
            label = paste("error of", model, d, k, aspect)
          )
        }
      }
    }
  }
})

test_that("axes that are nearly undetermined cost nothing", {
  set.seed(12)
  class <- rep(1:3, c(15, 20, 25))
  for (spread in c(0, 1e-12, 1e-9, 1e-5)) {
    x <- do.call(rbind, lapply(table(class), function(n) {
      exact_rows(n, random_rotation(3), 1 + spread * rnorm(3))
    }))
    for (model in several_models) {
      p <- gmm_mstep(x, class, model)
      # tr(W_j Sigma_j^-1) = n_j d, and W_j = n_j I but for the spread.
      objective <- objective_of(x, one_hot(class), p)
      expect_equal(objective, 60 * 3, tolerance = 1e-9 + 5 * spread, info = paste(model, spread))
      expected <- ref_mstep(x, one_hot(class), model)
      expect_lte(objective, objective_of(x, one_hot(class), expected) + 1e-10)
    }
  }
})

test_that("volumes are exact where components spread in different variables", {
  # Variances (1, e) and (e, 1): with C^-1 = diag(u, 1 / u) the derivative of the
  # objective is zero where n e u^4 + (n_1 - n_2) (1 - e^2) u^2 = n e.
  set.seed(13)
  for (sizes in list(c(30, 30), c(20, 40), c(29, 31))) {
    for (e in c(1e-2, 1e-4, 1e-8)) {
      x <- rbind(
        exact_rows(sizes[[1]], diag(2), sqrt(c(1, e))),
        exact_rows(sizes[[2]], diag(2), sqrt(c(e, 1)))
      )
      half <- (sizes[[2]] - sizes[[1]]) * (1 - e^2) / (2 * e * sum(sizes))
      u <- sqrt(half + sqrt(half^2 + 1))
      volumes <- c(u + e / u, e * u + 1 / u) / 2
      expected <- array(diag(c(1 / u, u)) %o% volumes, c(2, 2, 2))
      class <- rep(1:2, sizes)
      # The objective is flat to the order of e where sizes are equal.
      tolerance <- 1e-13 / e + 1e-10
      rotation <- random_rotation(2)
      turned <- gmm_mstep(x %*% rotation, class, "VEE")$covariances
      for (j in 1:2) {
        relative <- sqrt(tcrossprod(diag(expected[, , j])))
        found <- gmm_mstep(x, class, "VEI")$covariances[, , j]
        expect_equal(
          unname(found) / relative, diag(2), tolerance = tolerance, info = paste(e, sizes[[1]])
        )
        back <- rotation %*% turned[, , j] %*% t(rotation)
        expect_equal(
          unname(back) / relative, diag(2), tolerance = max(tolerance, 1e-8),
          info = paste(e, sizes[[1]])
        )
      }
    }
  }
})

test_that("the common axes of two variables are the best of all angles", {
  for (seed in 1:20) {
    set.seed(seed)
    k <- sample(2:6, 1)
    class <- rep(seq_len(k), sample(4:9, k, replace = TRUE))
    x <- random_rows(length(class), 2, 1)
    moments <- ref_moments(x, one_hot(class))
    for (model in common_axes_models) {
      at_angle <- function(angle) {
        axes <- matrix(c(cos(angle), sin(angle), -sin(angle), cos(angle)), 2)
        axes_state(axes, moments$within, moments$size, model)$objective
      }
      angles <- seq(0, pi / 2, length.out = 181)
      nearest <- angles[[which.min(vapply(angles, at_angle, 0))]]
      best <- optimize(at_angle, nearest + c(-1, 1) * pi / 360, tol = 1e-10)$objective
      found <- objective_of(x, one_hot(class), gmm_mstep(x, class, model))
      expect_equal(found, best, tolerance = 1e-10, info = paste(model, "seed", seed))
    }
  }
})

test_that("thin components with axes of their own have common axes that do best", {
  # No axes are exact for both: the objective has a sharp valley, and long ones.
  set.seed(14)
  class <- rep(1:2, each = 20)
  for (aspect in c(1e2, 1e4, 1e6)) {
    sds <- aspect^c(0, -0.5, -1)
    x <- rbind(exact_rows(20, diag(3), sds), exact_rows(20, random_rotation(3), rev(sds)))
    moments <- ref_moments(x, one_hot(class))
    for (model in common_axes_models) {
      p <- gmm_mstep(x, class, model)
      inner <- model_nestings$inner[model_nestings$outer == model]
      simpler <- vapply(inner, function(model) {
        objective_of(x, one_hot(class), gmm_mstep(x, class, model))
      }, 0)
      expect_lt(objective_of(x, one_hot(class), p), min(simpler))
      # A stationary point: see axes_state().
      axes <- principal_axes(p$covariances[, , 1])
      state <- axes_state(axes, moments$within, moments$size, model)
      expect_lt(state$torque, 1e-6, label = paste("torque of", model, aspect))
    }
  }
})

test_that("a component of fewer rows than variables borrows from the others", {
  set.seed(15)
  class <- rep(1:3, c(20, 20, 3))
  x <- random_rows(43, 4, 3)
  for (model in c("EEE", "VEE", "EEV", "VEV")) {
    p <- gmm_mstep(x, class, model)
    smallest <- apply(p$covariances, 3, function(s) min(eigen(s, TRUE)$values))
    expect_true(all(smallest > 1e-3), info = model)
    # Of EEV and VEV the axes without scatter are not determined, but what they do is.
    expect_equal(
      objective_of(x, one_hot(class), p),
      objective_of(x, one_hot(class), ref_mstep(x, one_hot(class), model)),
      tolerance = 1e-10, info = model
    )
  }
  # Where it cannot, there is no minimum.
  for (model in c("EVE", "VVE", "EVV")) {
    expect_error(gmm_mstep(x, class, model), class = "gaussmix_error_degenerate")
  }
})

test_that("equal proportions are exact, and change nothing else", {
  set.seed(16)
  for (k in c(1, 3, 5)) {
    x <- random_rows(20 * k, 2, k)
    r <- random_responsibilities(20 * k, k, power = 3)
    for (model in several_models) {
      free <- gmm_mstep(x, r, model)
      equal <- gmm_mstep(x, r, model, equal_proportions = TRUE)
      expect_identical(unname(equal$proportions), rep(1 / k, k))
      expect_identical(names(equal$proportions), names(free$proportions))
      expect_identical(
        equal[c("means", "covariances", "model")], free[c("means", "covariances", "model")]
      )
      expect_parameters(equal, ref_mstep(x, r, model, equal_proportions = TRUE), 1e-6)
    }
  }
})

test_that("volumes without a best value are an error that names the component", {
  # Component 1 has most of the rows, and no spread in the second variable.
  set.seed(1)
  x <- cbind(rnorm(100), c(rep(0, 60), rnorm(40)))
  for (model in c("VEI", "VEE", "VEV")) {
    expect_error(
      gmm_mstep(x, rep(1:2, c(60, 40)), model), "Component 1 collapsed",
      class = "gaussmix_error_degenerate"
    )
  }
})

test_that("axes that are not found to the end are a warning", {
  set.seed(1)
  d <- 40
  k <- 6
  classes <- lapply(seq_len(k), function(j) {
    matrix(rnorm(60 * d), 60) %*% diag(exp(rnorm(d, sd = 1.5))) %*% random_rotation(d)
  })
  x <- do.call(rbind, classes)
  expect_warning(
    p <- gmm_mstep(x, rep(seq_len(k), each = 60), "VVE"), class = "gaussmix_warning_not_converged"
  )
  expect_identical(p$model, "VVE")
})

test_that("an M-step takes what an E-step and a start return", {
  set.seed(1)
  start <- gmm_start(iris_x, 3)
  expect_identical(gmm_mstep(iris_x, start), gmm_mstep(iris_x, start$partition))
  e <- gmm_estep(iris_x, start)
  expect_identical(gmm_mstep(iris_x, e), gmm_mstep(iris_x, e$responsibilities))
  expect_error(gmm_mstep(iris_x, list(1)), class = "gaussmix_error_input")
})
