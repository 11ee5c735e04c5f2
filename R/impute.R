# Values in place of missing ones: drawn, or their means, given what is known of a row.

#' Impute missing values
#'
#' @description
#' Draws the missing values of each row from their distribution given the values that are there,
#' under a mixture: first the component of the row, by its probabilities given the known values,
#' then the missing values, from that component's Gaussian distribution given the known ones.
#' With the variables of a row divided into the known, o, and the missing, m, it has
#' \deqn{E(x_m | x_o) = \mu_m + \Sigma_{mo} \Sigma_{oo}^{-1} (x_o - \mu_o), \quad
#'   Cov(x_m | x_o) = \Sigma_{mm} - \Sigma_{mo} \Sigma_{oo}^{-1} \Sigma_{om}}{
#'   E(x_m | x_o) = mu_m + Sigma_mo Sigma_oo^-1 (x_o - mu_o),
#'   Cov(x_m | x_o) = Sigma_mm - Sigma_mo Sigma_oo^-1 Sigma_om}
#' Noise is uniform in its box, whatever the known values. A row that lacks all values is drawn
#' from the mixture. Values are taken to be missing at random, as [gmm_fit()] takes them.
#'
#' @details
#' Several data sets that are completed so show how uncertain the missing values are. What is
#' estimated from each of them is put together by the rules of Rubin (1987, chapter 3): the
#' estimate is the mean of the m estimates, and its variance the mean of their m variances plus
#' 1 + 1 / m times the variance between them.
#'
#' The parameters of the mixture are taken as known. Proper multiple imputation would draw them
#' too, for each data set, from what the data say of them; without that the variance between data
#' sets is somewhat too small, the less so the more rows there are for the parameters.
#'
#' Values are drawn by R's generator in the state that it is in: call [set.seed()] before. The
#' first data sets are the same however many follow.
#'
#' For the mean in place of a missing value, not a draw, see
#' [`fitted(fit, method = "imputed")`][gmm_fit-methods] and [augment()][gmm-tidiers]: it is the best
#' guess of a single value, but data completed by means vary too little.
#'
#' @param object A fit of [gmm_fit()], a [gmm_mixture()], or a selection of [gmm_select()], of which
#'   the best fit is taken.
#' @param newdata Rows with missing values (`NA` or `NaN`): a matrix, data frame or vector, whose
#'   columns are matched as by [predict()][predict.gmm_fit]. Left out: the data of the fit, as a
#'   matrix; then rows of a known class are drawn from its component.
#' @param m Number of completed data sets: a whole number of at least 1.
#' @returns A list of `m` completed data sets, each of the kind that `newdata` is, with its further
#'   columns as they are. Columns of a data frame in which values were missing come back as plain
#'   doubles. Of a fit by formula, a term that is no column of `newdata`, such as `log(a)`, comes
#'   back as a column of its own, while `a` stays as it is.
#' @section Errors:
#' `gaussmix_error_input` for an `object` or `m` of another kind, `gaussmix_error_no_data` when
#' `newdata` is left out and the fit keeps no data, `gaussmix_error_newdata` and
#' `gaussmix_error_data` when `newdata` do not fit.
#' @references
#' Ghahramani, Z. and Jordan, M. I. (1994). Supervised learning from incomplete data via an EM
#' approach. *Advances in Neural Information Processing Systems* 6, 120-127.
#'
#' Rubin, D. B. (1987). *Multiple Imputation for Nonresponse in Surveys*. Wiley.
#' @family methods of a fit
#' @export
#' @examples
#' lacking <- faithful
#' lacking$waiting[seq(1, 272, by = 9)] <- NA
#' set.seed(1)
#' fit <- gmm_fit(lacking, k = 2)
#' completed <- gmm_impute(fit, lacking, m = 5)
#' head(completed[[1]])
#'
#' # The mean waiting time, and its standard error, by Rubin's rules:
#' means <- sapply(completed, function(data) mean(data$waiting))
#' variances <- sapply(completed, function(data) var(data$waiting) / nrow(data))
#' c(mean = mean(means), se = sqrt(mean(variances) + (1 + 1 / 5) * var(means)))
gmm_impute <- function(object, newdata, m = 1) {
  if (inherits(object, "gmm_selection")) {
    object <- object$best
  }
  if (!inherits(object, c("gmm_fit", "gmm_mixture"))) {
    gmm_abort(
      "{.arg object} must be a fit, a selection or a mixture, not {.obj_type_friendly {object}}.",
      "input"
    )
  }
  m <- check_count(m)
  if (missing(newdata)) {
    x <- fit_data(object, "Give {.arg newdata}: {.code gmm_impute(object, newdata)}.")
    newdata <- x
    colnames(newdata) <- colnames(object$means)
    columns <- seq_len(object$d)
    labels <- label_codes(object$labels)
  } else {
    x <- newdata_matrix(object, newdata)
    columns <- variable_columns(object, newdata)
    labels <- NULL
  }
  lacking <- find_lacking(object, x, labels)
  values <- draw_values(object, lacking, m)
  lapply(seq_len(m), function(i) complete(newdata, x, columns, lacking$cells, values[, i]))
}

# What is missing -------------------------------------------------------------------

# The rows of x that lack values, those that lack the same together, and the probabilities of their
# components, noise last. `cells` are the places of the missing values in x, row and column, a block
# of rows that lack the same after another; of each block, `blocks` has its rows in this `x`,
# which variables they lack, and which of the cells are theirs, n by variables.
find_lacking <- function(object, x, labels = NULL, call = rlang::caller_env()) {
  index <- which(rowSums(is.na(x)) > 0)
  lacking <- unname(x[index, , drop = FALSE])
  patterns <- find_patterns(lacking)
  index <- index[patterns$order]
  lacking <- lacking[patterns$order, , drop = FALSE]
  # Of all rows, so that what is infinite is seen in the others, too.
  check_infinite(x, "newdata", call)
  probabilities <- score(
    lacking, object, object$model, "responsibilities",
    arg = "newdata", labels = labels[index], call = call
  )[[1]]

  ends <- patterns$ends
  begins <- c(1, ends[-length(ends)] + 1)[seq_along(ends)]
  missing <- lapply(ends, function(end) which(is.na(lacking[end, ])))
  upto <- cumsum((ends - begins + 1) * lengths(missing))
  blocks <- Map(function(begin, end, missing, last) {
    size <- (end - begin + 1) * length(missing)
    list(rows = seq.int(begin, end), missing = missing, cells = seq.int(last - size + 1, last))
  }, begins, ends, missing, upto)
  list(
    x = lacking, probabilities = unname(probabilities), blocks = blocks,
    cells = cbind(
      row = as.integer(unlist(lapply(blocks, function(b) rep(index[b$rows], length(b$missing))))),
      column = as.integer(unlist(lapply(blocks, function(b) rep(b$missing, each = length(b$rows)))))
    )
  )
}

# The distribution of the missing variables of rows, x, in component j: the `means`, a row each, and
# `factor`, R with R'R their covariance. With the known variables first, the Cholesky factor of the
# whole covariance has all of it: its last corner is the factor of the covariance given the known.
condition <- function(object, j, x, missing) {
  d <- object$d
  known <- seq_len(d)[-missing]
  order <- c(known, missing)
  factor <- stable_cholesky(matrix(object$covariances[order, order, j], d))
  first <- seq_along(known)
  last <- seq.int(length(known) + 1L, d)
  mean <- object$means[j, ]
  means <- rep(mean[missing], each = nrow(x))
  if (length(known) > 0L) {
    from_mean <- t(x[, known, drop = FALSE]) - mean[known]
    scores <- backsolve(factor, from_mean, length(known), transpose = TRUE)
    means <- means + crossprod(scores, factor[first, last, drop = FALSE])
  }
  list(
    means = matrix(means, nrow(x), length(missing)), factor = factor[last, last, drop = FALSE]
  )
}

# A covariance is positive definite as the core goes through the variables; in another order
# rounding may leave nothing of a variable that the others determine.
stable_cholesky <- function(covariance) {
  tryCatch(chol(covariance), error = function(e) {
    chol(covariance + diag(1e-12 * diag(covariance), nrow(covariance)))
  })
}

# What stands for it ----------------------------------------------------------------

# Values drawn for the cells: a column a data set.
draw_values <- function(object, lacking, m) {
  component <- matrix(0L, nrow(lacking$x), m)
  values <- matrix(0, nrow(lacking$cells), m)
  for (i in seq_len(m)) {
    component[, i] <- draw_components(lacking$probabilities)
    values[, i] <- stats::rnorm(nrow(values))
  }
  for (block in lacking$blocks) {
    rows <- length(block$rows)
    variables <- length(block$missing)
    # Rows of all data sets below each other.
    drawn <- c(component[block$rows, ])
    deviates <- aperm(array(values[block$cells, ], c(rows, variables, m)), c(1L, 3L, 2L))
    dim(deviates) <- c(rows * m, variables)
    for (j in unique(drawn)) {
      these <- which(drawn == j)
      z <- deviates[these, , drop = FALSE]
      deviates[these, ] <- if (j > object$k) {
        draw_noise(object$region[block$missing, , drop = FALSE], stats::pnorm(z))
      } else {
        among <- (these - 1L) %% rows + 1L
        given <- condition(object, j, lacking$x[block$rows[among], , drop = FALSE], block$missing)
        given$means + z %*% given$factor
      }
    }
    dim(deviates) <- c(rows, m, variables)
    values[block$cells, ] <- aperm(deviates, c(1L, 3L, 2L))
  }
  values
}

# A component for each row of probabilities.
draw_components <- function(probabilities) {
  n <- nrow(probabilities)
  upto <- probabilities
  for (j in seq_len(ncol(upto))[-1L]) {
    upto[, j] <- upto[, j] + upto[, j - 1L]
  }
  drawn <- stats::runif(n) * upto[, ncol(upto)]
  1L + as.integer(rowSums(drawn > upto[, -ncol(upto), drop = FALSE]))
}

# Rows in a box from `shares` (n by variables) of its sides.
draw_noise <- function(region, shares) {
  n <- nrow(shares)
  rep(region[, 1L], each = n) + rep(region[, 2L] - region[, 1L], each = n) * shares
}

# The mean of each cell given what is known of its row.
mean_values <- function(object, lacking) {
  values <- double(nrow(lacking$cells))
  middle <- if (!is.null(object$region)) rowMeans(object$region)
  for (block in lacking$blocks) {
    x <- lacking$x[block$rows, , drop = FALSE]
    shares <- lacking$probabilities[block$rows, , drop = FALSE]
    mean <- 0
    for (j in which(colSums(shares) > 0)) {
      mean <- mean + shares[, j] * if (j > object$k) {
        rep(middle[block$missing], each = nrow(x))
      } else {
        condition(object, j, x, block$missing)$means
      }
    }
    values[block$cells] <- mean
  }
  values
}

# Rows of x with the mean in place of each missing value.
fill_with_means <- function(object, x, labels = NULL, call = rlang::caller_env()) {
  lacking <- find_lacking(object, x, labels, call)
  x[lacking$cells] <- mean_values(object, lacking)
  x
}

# Putting it there ------------------------------------------------------------------

# Where each variable is in new data: the column, or the place in a row that is a vector. NA for a
# term that is computed from columns.
variable_columns <- function(object, newdata) {
  variables <- colnames(object$means)
  vector <- length(dim(newdata)) < 2L
  if (vector && object$d == 1L) {
    return(1L)
  }
  given <- if (vector || is.data.frame(newdata)) names(newdata) else colnames(newdata)
  if (!is.null(object$terms)) {
    return(match(variables, given))
  }
  find_columns(variables, given) %||% seq_len(object$d)
}

# `newdata` with values for the cells, which are those that x lacks: its variables, which are in
# `columns` of it.
complete <- function(newdata, x, columns, cells, values) {
  if (nrow(cells) == 0L && !anyNA(columns)) {
    # Integers stay such.
    return(newdata)
  }
  if (is.data.frame(newdata)) {
    return(complete_frame(newdata, x, columns, cells, values))
  }
  places <- columns[cells[, 2L]]
  if (length(dim(newdata)) < 2L) {
    newdata[if (ncol(x) == 1L) cells[, 1L] else places] <- values
    return(newdata)
  }
  there <- !is.na(places)
  newdata[cbind(cells[, 1L], places)[there, , drop = FALSE]] <- values[there]
  own <- is.na(columns)
  if (any(own)) {
    x[cells] <- values
    newdata <- cbind(newdata, x[, own, drop = FALSE])
  }
  newdata
}

complete_frame <- function(newdata, x, columns, cells, values) {
  own <- which(is.na(columns))
  for (variable in union(unique(cells[, 2L]), own)) {
    these <- which(cells[, 2L] == variable)
    column <- unname(x[, variable])
    column[cells[these, 1L]] <- values[these]
    place <- if (variable %in% own) colnames(x)[[variable]] else columns[[variable]]
    newdata[[place]] <- column
  }
  newdata
}
