#' A prior on the covariances
#'
#' @description
#' `prior = gmm_prior()` in [gmm_fit()] regularises the covariances: with fewer rows than
#' variables, duplicate rows or tiny clusters, where maximum likelihood has no answer
#' because a component collapses, there is one.
#'
#' @details
#' Each component counts as if it had seen `size` more rows about its own mean, with
#' covariance \eqn{S}{S}, which is `scale` times the covariance of the data (where that is
#' singular, its variances alone). What is maximised is the penalised log-likelihood
#' \deqn{\ell - \code{size} \sum_j KL(N(0, S) \| N(0, \Sigma_j))}{
#'   loglik - size sum_j KL(N(0, S) || N(0, Sigma_j))}
#' which is bounded, and of which EM never loses any, for each of the covariance models: the
#' rows are added to the sufficient statistics before the M-step. It is the conjugate prior
#' of Fraley and Raftery (2007), written as rows, and moves with the data: results are the
#' same in any units and, for `VVV` and where the data's covariance is regular, under any
#' invertible linear map.
#'
#' [logLik()], and with it [AIC()] and [BIC()], remain those of the data alone;
#' `fit$loglik_trace` is penalised. Every maximum counts as proper: also a narrow one that
#' without a prior would have been discarded, as far as the prior lets it be narrow. So compare
#' the `BIC()` of fits with one and the same prior, and not with that of fits without: a prior,
#' with its size, is part of the model.
#'
#' @param size Rows that each component has seen before, above 0 and at most a million; a part of
#'   a row will do. The
#'   default keeps any component from collapsing and changes one of dozens of rows little:
#'   a whole row as wide as the data can count for much where a component is narrow.
#' @param scale Their covariance as a multiple of that of the data. `NULL`:
#'   \eqn{k^{-2/d}}{k^(-2/d)} for k components of d variables, as if they shared
#'   the volume of the data.
#' @returns A list of class `gmm_prior`.
#' @references
#' Fraley, C. and Raftery, A. E. (2007). Bayesian regularization for normal mixture
#' estimation and model-based clustering. *Journal of Classification* 24, 155-181.
#' @family fitting
#' @export
#' @examples
#' # Ten rows of four variables, three of which are the same:
#' x <- iris[c(1, 1, 1, 51:54, 101:103), 1:4]
#' set.seed(1)
#' gmm_fit(x, k = 3, prior = gmm_prior())
gmm_prior <- function(size = 0.1, scale = NULL) {
  structure(
    list(
      size = check_positive(size, max = 1e6),
      scale = if (!is.null(scale)) check_positive(scale, min = 1e-100, max = 1e100)
    ),
    class = "gmm_prior"
  )
}

check_positive <- function(x, min = 0, max = Inf, arg = rlang::caller_arg(x),
                           call = rlang::caller_env()) {
  x <- check_number(x, min = min, max = max, arg = arg, call = call)
  if (x == 0) {
    gmm_abort("{.arg {arg}} must be above 0.", "input", call = call)
  }
  x
}

check_prior <- function(prior, call = rlang::caller_env()) {
  if (!is.null(prior) && !inherits(prior, "gmm_prior")) {
    gmm_abort(
      c(
        "{.arg prior} must be made by {.fn gmm_prior}, not {.obj_type_friendly {prior}}.",
        i = "For example {.code prior = gmm_prior()}."
      ),
      "input", call = call
    )
  }
  # Once more, as elements may have been set since.
  if (!is.null(prior)) do.call(gmm_prior, unclass(prior))
}

#' @export
print.gmm_prior <- function(x, ...) {
  cat("Prior of gmm_fit(): ", format_prior(x), "\n", sep = "")
  invisible(x)
}

format_prior <- function(prior) {
  sprintf(
    "%s a component, of %s times the data's covariance",
    count_of(prior$size, "row"), if (is.null(prior$scale)) "k^(-2/d)" else format(prior$scale)
  )
}
