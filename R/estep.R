#' The E-step
#'
#' The probability of each component given a row, at given parameters:
#' \deqn{r_{ij} = \frac{\pi_j N(x_i; \mu_j, \Sigma_j)}{
#'   \sum_l \pi_l N(x_i; \mu_l, \Sigma_l)}}{
#'   r_ij = pi_j N(x_i; mu_j, Sigma_j) / sum_l pi_l N(x_i; mu_l, Sigma_l)}
#' (Dempster, Laird and Rubin 1977), computed from log densities, so that rows
#' far from every mean are no exception.
#'
#' @inheritParams gmm_start
#' @param x The data: a numeric matrix or data frame, or a vector for one variable. Values that are
#'   missing are left out: the density of such a row is the marginal one of the others.
#' @param parameters A list with `proportions` (length k), `means` (k x d) and
#'   `covariances` (d x d x k), as [gmm_mstep()] and [gmm_start()] return it, or a
#'   fit or [gmm_mixture()]. Means with column names are matched to the
#'   variables by name.
#' @returns A list with `responsibilities` (n x k, rows sum to 1; one column more for noise),
#'   `logdensity` (length n), the log density of the mixture at each row, and `loglik`, their sum,
#'   by `weights`: the log-likelihood
#'   \eqn{\sum_i \log \sum_j \pi_j N(x_i; \mu_j, \Sigma_j)}{
#'   sum_i log sum_j pi_j N(x_i; mu_j, Sigma_j)} of the parameters.
#' @inherit gmm_mstep references
#' @family pieces of EM
#' @export
#' @examples
#' p <- gmm_mstep(iris[, 1:4], iris$Species)
#' e <- gmm_estep(iris[, 1:4], p)
#' e$loglik
#' round(head(e$responsibilities), 3)
gmm_estep <- function(x, parameters, weights = NULL) {
  x <- as_data_matrix(x, scored = TRUE)
  check_given(parameters)
  weights <- check_weights(weights, nrow(x))
  checked <- check_parameters(
    parameters,
    d = ncol(x), variables = variable_names(x), whole = TRUE
  )
  out <- score(x, checked, "VVV", c("responsibilities", "logdensity", "loglik"))
  if (!is.null(weights)) {
    counts <- weights > 0
    out$loglik <- sum(weights[counts] * out$logdensity[counts])
  }
  out
}

# Asks the core for any of responsibilities, logdensity, density, class, uncertainty and
# loglik at `parameters`, with the names of rows and components. `x`, which is called `arg`, may
# hold what is not finite; values that are missing are left out of a row's density. `labels`: codes
# of known classes.
score <- function(x, parameters, model, wanted, engine = choose_engine(call = call), arg = "x",
                  labels = NULL, call = rlang::caller_env()) {
  k <- length(parameters$proportions)
  cases <- take_cases(x, row_facts(labels = labels, region = parameters$region))
  # One variable has one layout, whatever the model.
  out <- .Call(C_gmm_score, cases, k, model, parameters, wanted, engine)
  if (out$status$code != "ok") {
    abort_status(out$status, x, k, model, call = call)
  }
  # A row that is not finite has no density, but nor has one that is too far away; with noise, both
  # have that of noise.
  if (!is.finite(out$loglik) || !is.null(parameters$region)) {
    check_infinite(x, arg, call)
  }
  of_rows <- setdiff(wanted, "loglik")
  out[of_rows] <- lapply(out[of_rows], for_all_rows, cases)
  out[wanted]
}
