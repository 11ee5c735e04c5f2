#' Predict from a mixture
#'
#' @param object A fit of [gmm_fit()], or a [gmm_mixture()].
#' @param newdata A matrix, data frame or vector of new rows. Columns are matched
#'   to the variables by name, in any order, and further ones are ignored; without
#'   names they are taken by position. Values may be missing: rows are then judged by the others,
#'   and a row without any gets what holds of all, the mixing proportions and the density 1. Left
#'   out: the data of the fit, of which known classes stay as they are.
#' @param type What to predict for each row x:
#'   \describe{
#'   \item{`"class"`}{the most likely component: an integer, 0 for noise; of a fit with `labels` a
#'     factor of the names of its components}
#'   \item{`"prob"`}{the probability of each component, and of noise, which comes last: an n x k
#'     matrix, or n x (k + 1)}
#'   \item{`"density"`, `"logdensity"`}{the density \eqn{f(x) = \sum_j \pi_j
#'     N(x; \mu_j, \Sigma_j)}{f(x) = sum_j pi_j N(x; mu_j, Sigma_j)} of the
#'     mixture, per unit of volume in the units of the data, and its logarithm}
#'   \item{`"uncertainty"`}{the probability that the class is another one}
#'   }
#' @param ... Not used.
#' @returns A vector with an element a row, or for `"prob"` a matrix with a row a
#'   row and a column a component; named by the row names, if there are any.
#' @family methods of a fit
#' @export
#' @examples
#' set.seed(1)
#' fit <- gmm_fit(faithful, k = 2)
#' new <- data.frame(waiting = c(50, 70, 90), eruptions = c(2, 3, 4.5))
#' predict(fit, new)
#' predict(fit, new, type = "prob")
predict.gmm_fit <- function(object, newdata,
                            type = c("class", "prob", "density", "logdensity", "uncertainty"),
                            ...) {
  check_dots_unused(...)
  type <- check_choice(type, c("class", "prob", "density", "logdensity", "uncertainty"))
  x <- if (missing(newdata)) fit_data(object) else newdata_matrix(object, newdata)
  wanted <- if (type == "prob") "responsibilities" else type
  labels <- if (missing(newdata)) label_codes(object$labels)
  found <- score(x, object, object$model, wanted, arg = "newdata", labels = labels)[[1]]
  if (type == "class" && !is.null(object$labels)) class_factor(object, found) else found
}

# Known classes as the core has them.
label_codes <- function(labels) {
  if (is.null(labels)) {
    return(NULL)
  }
  codes <- as.integer(labels) - 1L
  codes[is.na(codes)] <- -1L
  codes
}

#' @rdname predict.gmm_fit
#' @export
predict.gmm_mixture <- predict.gmm_fit

# The data of a fit, or an error that says how to have them.
fit_data <- function(object, remedy = "Give {.arg newdata}: {.code predict(object, newdata)}.",
                     call = rlang::caller_env()) {
  if (is.null(object$data)) {
    gmm_abort(
      c(
        if (inherits(object, "gmm_fit")) {
          "The fit does not keep its data ({.code keep_data = FALSE})."
        } else {
          "A mixture made of parameters has no data."
        },
        i = remedy
      ),
      "no_data", call = call
    )
  }
  object$data
}
