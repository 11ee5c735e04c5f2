# The oracle: EM for a Gaussian mixture in plain R, written from the formulas of
# ?gmm_estep and ?gmm_mstep, of Celeux and Govaert (1995) and, for EVE and VVE, of
# Browne and McNicholas (2014), not from src/.
# Parameters are as the package has them: proportions (k), means (k x d),
# covariances (d x d x k).

several_models <- c(
  "EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV"
)

# Those whose best orientation, common to all components, has no closed form
# and may be one of several local optima.
common_axes_models <- c("EVE", "VVE")

# The models that data of d variables can have.
models_for <- function(d) {
  if (d == 1L) c("E", "V") else several_models
}

# Volume, shape and orientation: each "I" (identity), "E" (equal) or "V" (variable).
model_letters <- function(model) {
  letters <- strsplit(model, "")[[1]]
  c(letters, rep("I", 3 - length(letters)))
}

# Pairs of models of which the first is a special case of the second: no letter
# of it is freer.
model_nestings <- local({
  freedom <- vapply(several_models, function(model) {
    match(model_letters(model), c("I", "E", "V"))
  }, numeric(3))
  pairs <- expand.grid(inner = several_models, outer = several_models, stringsAsFactors = FALSE)
  freer <- colSums(freedom[, pairs$inner] > freedom[, pairs$outer]) > 0
  pairs[pairs$inner != pairs$outer & !freer, ]
})

# log(pi_j) + log N(x_i; mu_j, Sigma_j), n x k.
ref_logdens <- function(x, parameters) {
  d <- ncol(x)
  component <- function(j) {
    sigma <- matrix(parameters$covariances[, , j], d)
    y <- t(x) - parameters$means[j, ]
    distance <- colSums(y * solve(sigma, y))
    logdet <- 2 * sum(log(diag(chol(sigma))))
    log(parameters$proportions[[j]]) - (d * log(2 * pi) + logdet + distance) / 2
  }
  k <- length(parameters$proportions)
  matrix(unlist(lapply(seq_len(k), component)), nrow(x), k)
}

ref_estep <- function(x, parameters) {
  logdens <- ref_logdens(x, parameters)
  largest <- apply(logdens, 1, max)
  density <- largest + log(rowSums(exp(logdens - largest)))
  list(responsibilities = exp(logdens - density), logdens = density, loglik = sum(density))
}

# Effective sizes n_j, means, and the scatter W_j about each mean.
ref_moments <- function(x, r) {
  size <- colSums(r)
  means <- crossprod(r, x) / size
  within <- lapply(seq_along(size), function(j) {
    y <- sweep(x, 2, means[j, ])
    crossprod(y, r[, j] * y)
  })
  list(size = size, means = means, within = within)
}

ref_mstep <- function(x, r, model, equal_proportions = FALSE) {
  moments <- ref_moments(x, r)
  k <- ncol(r)
  list(
    proportions = if (equal_proportions) rep(1 / k, k) else moments$size / nrow(x),
    means = moments$means,
    covariances = ref_covariances(moments$within, moments$size, model)
  )
}

# Sigma_j = lambda_j D_j A_j D_j', with volumes lambda_j, orthogonal D_j and
# diagonal A_j of determinant 1: those of the model with the least objective.
ref_covariances <- function(within, size, model) {
  d <- nrow(within[[1]])
  letters <- model_letters(model)
  if (model == "VEE") {
    best <- ref_alternation(within, size)
    return(array(best$shape %o% best$volume, c(d, d, length(size))))
  }
  axes <- switch(letters[[3]],
    I = rep(list(diag(d)), length(size)),
    E = rep(list(ref_common_axes(within, size, model)), length(size)),
    V = lapply(within, principal_axes)
  )
  variances <- ref_variances(scatter_along(within, axes), size, model)
  covariances <- lapply(seq_along(size), function(j) {
    axes[[j]] %*% diag(variances[, j], d) %*% t(axes[[j]])
  })
  array(unlist(covariances), c(d, d, length(size)))
}

# sum_j n_j log |Sigma_j| + tr(W_j Sigma_j^-1), which the covariances minimise.
ref_objective <- function(within, size, covariances) {
  terms <- lapply(seq_along(size), function(j) {
    root <- chol(matrix(covariances[, , j], nrow(within[[j]])))
    2 * size[[j]] * sum(log(diag(root))) + sum(within[[j]] * chol2inv(root))
  })
  sum(unlist(terms))
}

principal_axes <- function(s) {
  eigen(s, symmetric = TRUE)$vectors
}

# diag(D_j' W_j D_j), a column a component.
scatter_along <- function(within, axes) {
  d <- nrow(within[[1]])
  along <- Map(function(w, axes) colSums(axes * (w %*% axes)), within, axes)
  matrix(unlist(along), d)
}

geometric_mean <- function(x) {
  exp(mean(log(x)))
}

# The diagonals of lambda_j A_j (d x k) from those of D_j' W_j D_j.
ref_variances <- function(along, size, model) {
  d <- nrow(along)
  k <- ncol(along)
  volume_shape <- paste(model_letters(model)[1:2], collapse = "")
  switch(volume_shape,
    EI = matrix(sum(along) / (sum(size) * d), d, k),
    VI = matrix(rep(colSums(along) / (size * d), each = d), d),
    EE = matrix(rowSums(along) / sum(size), d, k),
    VE = {
      best <- ref_alternation(lapply(seq_len(k), function(j) diag(along[, j])), size)
      diag(best$shape) %o% best$volume
    },
    EV = {
      volume <- apply(along, 2, geometric_mean)
      sweep(along, 2, volume, "/") * sum(volume) / sum(size)
    },
    VV = sweep(along, 2, size, "/")
  )
}

# Sigma_j = lambda_j C with |C| = 1: volumes given C, C given volumes, in turn,
# until rounding stops them.
ref_alternation <- function(within, size) {
  d <- nrow(within[[1]])
  scatter <- matrix(unlist(within), d * d)
  volume <- rep(1, length(size))
  change <- Inf
  for (i in seq_len(1e5)) {
    shape <- matrix(scatter %*% (1 / volume), d)
    shape <- shape / exp(determinant(shape)$modulus[[1]] / d)
    last <- list(volume = volume, change = change)
    volume <- drop(crossprod(scatter, c(solve(shape)))) / (d * size)
    change <- max(abs(volume / last$volume - 1))
    if (change < 1e-14 || (change < 1e-10 && change >= last$change)) {
      return(list(volume = volume, shape = shape))
    }
  }
  stop("The alternation did not converge.")
}

# The common D of EEE, EVE and VVE. For the latter two from several starts; the
# best is followed to its end.
ref_common_axes <- function(within, size, model) {
  pooled <- principal_axes(Reduce(`+`, within))
  if (model == "EEE") {
    return(pooled)
  }
  starts <- c(list(diag(nrow(pooled)), pooled), lapply(within, principal_axes))
  runs <- lapply(starts, ref_turn, within, size, model, tolerance = 1e-4)
  best <- runs[[which.min(vapply(runs, `[[`, 0, "objective"))]]
  ref_turn(best$axes, within, size, model, tolerance = 1e-10)$axes
}

# Where D stands: the best variances for it, their objective, and how far it is
# from a stationary point, at which D' sum_j W_j D Sigma_j^-1 is symmetric.
axes_state <- function(axes, within, size, model) {
  k <- length(size)
  along <- scatter_along(within, rep(list(axes), k))
  variances <- ref_variances(along, size, model)
  # A component without scatter along an axis has no minimum.
  if (!isTRUE(all(variances > 1e-14 * max(variances)))) {
    return(list(axes = axes, objective = Inf, torque = 0))
  }
  pulls <- lapply(seq_len(k), function(j) within[[j]] %*% sweep(axes, 2, variances[, j], "/"))
  pull <- crossprod(axes, Reduce(`+`, pulls))
  list(
    axes = axes,
    variances = variances,
    objective = sum(size * colSums(log(variances))) + sum(along / variances),
    torque = max(abs(pull - t(pull))) / max(abs(pull))
  )
}

# The orthogonal matrix nearest to m.
nearest_axes <- function(m) {
  factors <- svd(m)
  tcrossprod(factors$u, factors$v)
}

# A step of the MM algorithm of Browne and McNicholas. Given the variances,
# sum_j tr(W_j D P_j D') with P_j = Sigma_j^-1 in these axes does not change, but for
# a constant, when the largest eigenvalue of W_j is taken from its diagonal. It is
# then concave in D: nowhere above its tangent, which is least at the orthogonal
# matrix nearest to minus the slope. So with P_j in the role of W_j: `by`.
mm_step <- function(state, within, by) {
  slopes <- lapply(seq_along(within), function(j) {
    w <- within[[j]]
    precision <- 1 / state$variances[, j]
    switch(by,
      scatter = diag(eigen(w, TRUE, TRUE)$values[[1]], nrow(w)) - w,
      precision = w
    ) %*% state$axes %*% switch(by,
      scatter = diag(precision),
      precision = diag(max(precision) - precision)
    )
  })
  nearest_axes(Reduce(`+`, slopes))
}

# Steps of both kinds in turn from `axes` to a stationary point. Every two turns
# end with the squared extrapolation of Varadhan and Roland (2008), if it helps.
ref_turn <- function(axes, within, size, model, tolerance) {
  state_at <- function(axes) axes_state(axes, within, size, model)
  take_turn <- function(state) {
    for (by in c("scatter", "precision")) {
      state <- if (is.finite(state$objective)) state_at(mm_step(state, within, by)) else state
    }
    state
  }
  state <- state_at(axes)
  for (i in seq_len(1e4)) {
    if (state$torque < tolerance) {
      return(state)
    }
    once <- take_turn(state)
    twice <- take_turn(once)
    step <- once$axes - state$axes
    bend <- twice$axes - once$axes - step
    by <- sqrt(sum(step^2) / sum(bend^2))
    state <- twice
    if (is.finite(by)) {
      far <- state_at(nearest_axes(once$axes - step + 2 * by * step + by^2 * bend))
      if (far$objective < twice$objective) {
        state <- far
      }
    }
  }
  stop("The common axes did not converge.")
}

# Iterations of EM, with the log-likelihood at the start and after each.
ref_em <- function(x, parameters, model, n_iter, equal_proportions = FALSE) {
  trace <- ref_estep(x, parameters)$loglik
  for (i in seq_len(n_iter)) {
    r <- ref_estep(x, parameters)$responsibilities
    parameters <- ref_mstep(x, r, model, equal_proportions)
    trace <- c(trace, ref_estep(x, parameters)$loglik)
  }
  c(parameters, list(trace = trace))
}

# Sum over rows and components of r_ij (log pi_j + log N(x_i; mu_j, Sigma_j)):
# what an M-step maximises.
ref_expected <- function(x, r, parameters) {
  sum(r * ref_logdens(x, parameters))
}

# Free parameters, counted from the definition of each model.
ref_df <- function(model, d, k, equal_proportions = FALSE) {
  letters <- model_letters(model)
  times <- c(I = 0, E = 1, V = k)
  volume <- times[[letters[[1]]]]
  shape <- times[[letters[[2]]]] * (d - 1)
  orientation <- times[[letters[[3]]]] * d * (d - 1) / 2
  (if (equal_proportions) 0 else k - 1) + k * d + volume + shape + orientation
}

# Rows of k overlapping classes with covariances of their own.
random_rows <- function(n, d, k) {
  class <- rep_len(seq_len(k), n)
  x <- matrix(0, n, d)
  for (j in seq_len(k)) {
    mix <- matrix(rnorm(d * d), d) + diag(2, d)
    rows <- which(class == j)
    x[rows, ] <- matrix(rnorm(length(rows) * d), ncol = d) %*% mix +
      rep(rnorm(d, sd = 3), each = length(rows))
  }
  x
}

# The larger `power`, the nearer to a partition.
random_responsibilities <- function(n, k, power = 1) {
  r <- matrix(rexp(n * k)^power, n, k)
  r / rowSums(r)
}

random_rotation <- function(d) {
  qr.Q(qr(matrix(rnorm(d * d), d)))
}

# n rows of mean zero, whose covariance (divided by n) has these axes and standard
# deviations along them.
exact_rows <- function(n, axes, sds) {
  d <- length(sds)
  z <- qr.Q(qr(cbind(1, matrix(rnorm(n * d), n))))[, -1, drop = FALSE]
  sqrt(n) * z %*% diag(sds, d) %*% t(axes)
}

plain <- function(parameters) {
  lapply(parameters[c("proportions", "means", "covariances")], unname)
}

# That two sets of parameters agree, names aside.
expect_parameters <- function(object, expected, tolerance = 1e-8) {
  expect_equal(plain(object), plain(expected), tolerance = tolerance)
}

# That each call in `calls` (an expression vector, evaluated where this is
# called) raises the error of class gaussmix_error_<what>, and says what the
# snapshot has.
expect_errors <- function(what, calls, env = parent.frame()) {
  shown <- character()
  for (call in as.list(calls)) {
    text <- paste(deparse(call, width.cutoff = 500), collapse = " ")
    raised <- tryCatch(
      {
        eval(call, env)
        NULL
      },
      error = identity
    )
    expect(
      inherits(raised, paste0("gaussmix_error_", what)) && inherits(raised, "gaussmix_error"),
      paste0(
        text, " should raise gaussmix_error_", what, ", but raised ",
        if (is.null(raised)) "nothing." else paste(class(raised)[[1]], conditionMessage(raised))
      )
    )
    if (!is.null(raised)) {
      from <- conditionCall(raised)
      shown <- c(
        shown, paste(">", text),
        paste0(class(raised)[[1]], if (is.symbol(from[[1]])) paste0(" in ", from[[1]], "()")),
        # cli names one class of an object, or all, depending on its version.
        gsub("<([[:alnum:]_.]+)/[^>]*>", "<\\1>", conditionMessage(raised)), ""
      )
    }
  }
  expect_snapshot(writeLines(shown))
}

# EM with all that may be known of the rows, or not, a row at a time ---------------------

# Of one row: log densities in each component, and of noise, by the values that are there; and
# what each component expects of x and x x', missing values included.
ref_row <- function(x, parameters, region = NULL) {
  there <- !is.na(x)
  k <- length(parameters$proportions)
  logdens <- numeric(k)
  first <- matrix(0, k, length(x))
  second <- array(0, c(length(x), length(x), k))
  for (j in seq_len(k)) {
    mu <- parameters$means[j, ]
    sigma <- matrix(parameters$covariances[, , j], length(x))
    known <- sigma[there, there, drop = FALSE]
    away <- x[there] - mu[there]
    expected <- mu
    expected[there] <- x[there]
    spread <- array(0, dim(sigma))
    logdens[[j]] <- log(parameters$proportions[[j]])
    if (any(there)) {
      logdens[[j]] <- logdens[[j]] -
        (sum(there) * log(2 * pi) + log(det(known)) + sum(away * solve(known, away))) / 2
    }
    if (!all(there)) {
      slope <- if (any(there)) {
        t(solve(known, sigma[there, !there, drop = FALSE]))
      } else {
        matrix(0, sum(!there), 0)
      }
      expected[!there] <- mu[!there] + slope %*% away
      spread[!there, !there] <- sigma[!there, !there] - slope %*% sigma[there, !there, drop = FALSE]
    }
    first[j, ] <- expected
    second[, , j] <- tcrossprod(expected) + spread
  }
  noise <- if (is.null(region)) {
    -Inf
  } else {
    log(parameters$noise) - sum(log(region[there, 2] - region[there, 1]))
  }
  list(logdens = logdens, noise = noise, first = first, second = second)
}

ref_facts_estep <- function(x, parameters, weights = NULL, labels = NULL, region = NULL) {
  k <- length(parameters$proportions)
  d <- ncol(x)
  out <- list(
    loglik = 0, size = numeric(k), noise = 0,
    first = matrix(0, k, d), second = array(0, c(d, d, k)),
    responsibilities = matrix(0, nrow(x), k + 1), entropy = 0
  )
  for (i in seq_len(nrow(x))) {
    w <- if (is.null(weights)) 1 else weights[[i]]
    row <- ref_row(x[i, ], parameters, region)
    l <- c(row$logdens, row$noise)
    if (!is.null(labels) && !is.na(labels[[i]])) {
      l[-labels[[i]]] <- -Inf
    }
    density <- max(l) + log(sum(exp(l - max(l))))
    r <- exp(l - density)
    out$responsibilities[i, ] <- r
    out$entropy <- out$entropy - w * sum(r[r > 0] * log(r[r > 0]))
    # A row without any value counts for nothing.
    if (all(is.na(x[i, ]))) next
    out$loglik <- out$loglik + w * density
    out$noise <- out$noise + w * r[[k + 1]]
    for (j in seq_len(k)) {
      out$size[[j]] <- out$size[[j]] + w * r[[j]]
      out$first[j, ] <- out$first[j, ] + w * r[[j]] * row$first[j, ]
      out$second[, , j] <- out$second[, , j] + w * r[[j]] * row$second[, , j]
    }
  }
  out
}

# EM steps from parameters; the log-likelihoods at the start and after each.
ref_facts_em <- function(x, parameters, model, n_iter, weights = NULL, labels = NULL,
                         region = NULL) {
  d <- ncol(x)
  trace <- numeric(0)
  for (iteration in seq_len(n_iter + 1)) {
    e <- ref_facts_estep(x, parameters, weights, labels, region)
    trace <- c(trace, e$loglik)
    if (iteration > n_iter) break
    means <- e$first / e$size
    within <- lapply(seq_along(e$size), function(j) {
      matrix(e$second[, , j], d) - e$size[[j]] * tcrossprod(means[j, ])
    })
    n <- sum(e$size) + e$noise
    parameters <- list(
      proportions = e$size / n, means = means,
      covariances = ref_covariances(within, e$size, model), noise = e$noise / n
    )
  }
  c(parameters, list(loglik_trace = trace, entropy = e$entropy))
}
