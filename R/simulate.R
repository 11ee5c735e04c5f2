# Rows drawn from a mixture.

#' Draw rows from a Gaussian mixture
#'
#' @description
#' Draws rows independently from the mixture: first the component of each, then
#' the values of the variables from that component. Noise is uniform in its box.
#'
#' `nsim` is the number of *rows*, unlike for [stats::simulate()] of a linear
#' model, where it is the number of response vectors: a mixture has no rows of
#' its own that a new response could belong to. By default there are as many
#' rows as the fit had.
#'
#' @param object A fit, from [gmm_fit()], or a mixture, from [gmm_mixture()].
#' @param nsim Number of rows: a whole number of at least 0. By default the `n`
#'   of a fit, 1 for a mixture.
#' @param seed Must be `NULL`. R's generator is used in the state that it is in:
#'   call [set.seed()] before.
#' @param ... None.
#'
#' @returns An `nsim` x `d` double matrix, its columns named as the variables,
#'   with an attribute `component`: an integer vector, the component of each row, 0 for noise.
#'   A component with a singular covariance matrix is drawn from as well.
#' @section Errors:
#' `gaussmix_error_input` for `nsim` or `seed` of another kind.
#' @family methods of a fit
#' @examples
#' set.seed(1)
#' fit <- gmm_fit(faithful, k = 2)
#' new <- simulate(fit, nsim = 5)
#' new
#' attr(new, "component")
#' @importFrom stats simulate
#' @export
simulate.gmm_fit <- function(object, nsim = max(object$n, 1L), seed = NULL, ...) {
  check_dots_unused(...)
  n <- check_count(nsim, min = 0L)
  if (!is.null(seed)) {
    gmm_abort(
      c(
        "{.arg seed} must be {.code NULL}: gaussmix never sets the seed.",
        i = "Call {.fun set.seed} before {.fun simulate}."
      ),
      "input"
    )
  }

  proportions <- c(object$proportions, object$noise)
  component <- sample.int(length(proportions), n, replace = TRUE, prob = proportions)
  draws <- matrix(stats::rnorm(as.double(n) * object$d), n, object$d)
  colnames(draws) <- colnames(object$means)
  for (j in seq_len(object$k)) {
    rows <- which(component == j)
    factor <- covariance_factor(object$covariances[, , j])
    draws[rows, ] <- draws[rows, , drop = FALSE] %*% factor +
      rep(object$means[j, ], each = length(rows))
  }
  if (!is.null(object$noise)) {
    rows <- which(component > object$k)
    uniform <- draws[rows, , drop = FALSE]
    uniform[] <- stats::pnorm(uniform)
    draws[rows, ] <- draw_noise(object$region, uniform)
    component[rows] <- 0L
  }
  attr(draws, "component") <- component
  draws
}

#' @rdname simulate.gmm_fit
#' @export
simulate.gmm_mixture <- simulate.gmm_fit

# R with R'R = covariance: Cholesky's, and for a singular matrix that of its
# eigenvectors, of the correlation as variables may differ in scale.
covariance_factor <- function(covariance) {
  covariance <- as.matrix(covariance)
  tryCatch(chol(covariance), error = function(e) {
    sd <- sqrt(diag(covariance))
    scale <- ifelse(sd > 0, sd, 1)
    parts <- eigen(covariance / outer(scale, scale), symmetric = TRUE)
    sqrt(pmax(parts$values, 0)) * t(scale * parts$vectors)
  })
}
