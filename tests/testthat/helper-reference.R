# The oracle: EM for a Gaussian mixture in plain R, written from the formulas of
# ?gmm_estep and ?gmm_mstep and of Celeux and Govaert (1995), not from src/.
# Parameters are as the package has them: proportions (k), means (k x d),
# covariances (d x d x k).

several_models <- c("EII", "VII", "EEI", "VVI", "EEE", "VVV")

# The models that data of d variables can have.
models_for <- function(d) {
  if (d == 1L) c("E", "V") else several_models
}

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

ref_mstep <- function(x, r, model) {
  n <- nrow(x)
  d <- ncol(x)
  size <- colSums(r)
  k <- length(size)
  means <- crossprod(r, x) / size
  within <- lapply(seq_len(k), function(j) {
    y <- sweep(x, 2, means[j, ])
    crossprod(y, r[, j] * y)
  })
  pooled <- Reduce(`+`, within)
  covariance <- function(j) {
    switch(model,
      E = ,
      EII = diag(sum(diag(pooled)) / (n * d), d),
      V = ,
      VII = diag(sum(diag(within[[j]])) / (size[j] * d), d),
      EEI = diag(diag(pooled) / n, d),
      VVI = diag(diag(within[[j]]) / size[j], d),
      EEE = pooled / n,
      VVV = within[[j]] / size[j]
    )
  }
  list(
    proportions = size / n,
    means = means,
    covariances = array(unlist(lapply(seq_len(k), covariance)), c(d, d, k))
  )
}

# Iterations of EM, with the log-likelihood at the start and after each.
ref_em <- function(x, parameters, model, n_iter) {
  trace <- ref_estep(x, parameters)$loglik
  for (i in seq_len(n_iter)) {
    r <- ref_estep(x, parameters)$responsibilities
    parameters <- ref_mstep(x, r, model)
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
ref_df <- function(model, d, k) {
  covariance <- switch(model,
    E = , EII = 1,
    V = , VII = k,
    EEI = d,
    VVI = k * d,
    EEE = d * (d + 1) / 2,
    VVV = k * d * (d + 1) / 2
  )
  k - 1 + k * d + covariance
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

random_responsibilities <- function(n, k) {
  r <- matrix(rexp(n * k), n, k)
  r / rowSums(r)
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
