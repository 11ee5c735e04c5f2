#' A mixture from given parameters
#'
#' Makes an object of parameters that come from elsewhere: it predicts,
#' simulates and plots as a fit does, but has no data and no log-likelihood.
#'
#' @param proportions Mixing proportions: k positive numbers that sum to 1, with `noise` if there
#'   is any. May be a list with all parameters, as [gmm_mstep()] returns it, or a fit.
#' @param means A k x d matrix, a row a component; a vector for one variable, or
#'   for one component. Column names are the names of the variables.
#' @param covariances A d x d x k array; a matrix for one component, a vector of
#'   variances for one variable.
#' @param noise,region Noise besides the components: its proportion, and the box in which it is
#'   uniform, a d x 2 matrix, a row a variable with its lower and its upper end; two numbers for
#'   one variable. Both, or neither. Beyond the box noise has the same density, as it has in a fit:
#'   what is there, and far from every component, is noise.
#' @returns An object of class `gmm_mixture`: a list with `proportions`, `means`,
#'   `covariances`, `noise` and `region` if there is noise, `model` (`"VVV"`, or `"V"` with one
#'   variable), `k` and `d`.
#' @section Errors:
#' `gaussmix_error_input` for parameters that make no mixture.
#' @family models
#' @export
#' @examples
#' two <- gmm_mixture(c(0.3, 0.7), means = c(-2, 2), covariances = c(1, 0.5))
#' two
#' predict(two, c(-1, 0, 1), type = "prob")
#'
#' # With a background of noise from -5 to 5:
#' noisy <- gmm_mixture(c(0.3, 0.6), c(-2, 2), c(1, 0.5), noise = 0.1, region = c(-5, 5))
#' predict(noisy, c(-1, 0, 5), type = "prob")
gmm_mixture <- function(proportions, means, covariances, noise = NULL, region = NULL) {
  # Missing ones are NULL, which check_parameters() names.
  parameters <- if (!missing(proportions) && is.list(proportions)) {
    proportions
  } else {
    list(
      proportions = if (!missing(proportions)) proportions,
      means = if (!missing(means)) means,
      covariances = if (!missing(covariances)) covariances
    )
  }
  parameters$noise <- noise %||% parameters$noise
  parameters$region <- region %||% parameters$region
  parameters <- check_parameters(parameters, arg = NULL, whole = TRUE)
  d <- ncol(parameters$means)
  structure(
    c(
      parameters,
      list(
        model = if (d == 1L) "V" else "VVV",
        k = length(parameters$proportions), d = d
      )
    ),
    class = c("gmm_mixture", "gmm")
  )
}

#' @export
format.gmm_mixture <- function(x, digits = 4, ...) {
  c(
    sprintf(
      "A Gaussian mixture of %s in %s",
      count_of(x$k, "component"), count_of(x$d, "variable")
    ),
    if (!is.null(x$noise)) "noise, uniform in the box of its region",
    "",
    format_components(x, digits)
  )
}

#' @export
print.gmm_mixture <- function(x, ...) {
  cat(format(x, ...), sep = "\n")
  invisible(x)
}
