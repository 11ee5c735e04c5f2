# Methods of the generics that every fitted model in R answers to.

#' Extract from a fit
#'
#' @description
#' The generics of R for fitted models. `AIC()` and `BIC()` work through
#' `logLik()`: smaller is better (mclust reports BIC with the sign turned and
#' its maximum best).
#'
#' @param object A fit of [gmm_fit()]; for `coef()`, or a [gmm_mixture()].
#' @param method `"centers"`: the mean of each row's component, the known or else the most likely
#'   one; `"classes"`: that component; `"imputed"`: the data, with the mean given the row's known
#'   values in place of each missing one.
#' @param ... For `update()`: arguments of [gmm_fit()] to change or add. Otherwise
#'   not used.
#' @param evaluate Whether `update()` evaluates the new call, or returns it.
#' @returns
#' * `logLik()`: the log-likelihood, with attributes `df` (free parameters) and
#'   `nobs`.
#' * `nobs()`: the number of rows, or the sum of their weights.
#' * `coef()`: all parameters as a named vector: proportions, that of noise last, means, and the
#'   lower triangles of the covariances.
#' * `fitted()`: an n x d matrix of component means, as for [kmeans()], or the classes, as
#'   [predict()][predict.gmm_fit] has them; `residuals()`: the data minus these means. Noise has no
#'   mean: for its rows both are `NA`; residuals are `NA` also where a value is missing. With
#'   `"imputed"`, the data: a missing value is \eqn{\sum_j r_{ij} E(x_m | x_o, j)}{
#'   sum_j r_ij E(x_m | x_o, j)}, by the probabilities of the components given the known values
#'   (of noise: the middle of its box). Such data vary too little, see [gmm_impute()].
#' * `update()`: a new fit, from the call with other arguments, by name: `k = 4`, or
#'   for a formula `x = ~ a + b`. The call is evaluated where `update()` is called.
#' @family methods of a fit
#' @name gmm_fit-methods
#' @examples
#' set.seed(1)
#' fit <- gmm_fit(faithful, k = 2)
#' logLik(fit)
#' BIC(fit, update(fit, model = "EEE"))
#' head(fitted(fit))
NULL

#' @rdname gmm_fit-methods
#' @export
logLik.gmm_fit <- function(object, ...) {
  structure(object$loglik, df = object$df, nobs = nobs.gmm_fit(object), class = "logLik")
}

#' @rdname gmm_fit-methods
#' @export
nobs.gmm_fit <- function(object, ...) {
  object$n_obs
}

#' @rdname gmm_fit-methods
#' @export
coef.gmm_fit <- function(object, ...) {
  components <- names(object$proportions)
  variables <- colnames(object$means)
  lower <- which(lower.tri(diag(object$d), diag = TRUE), arr.ind = TRUE)
  pairs <- paste0(variables[lower[, 2]], ",", variables[lower[, 1]])
  covariances <- apply(object$covariances, 3, function(s) s[lower])
  c(
    stats::setNames(
      c(object$proportions, object$noise), paste0("proportion[", classes_of(object), "]")
    ),
    stats::setNames(
      as.vector(t(object$means)),
      paste0("mean[", rep(components, each = object$d), ",", variables, "]")
    ),
    stats::setNames(
      as.vector(covariances),
      paste0("cov[", rep(components, each = nrow(lower)), ",", pairs, "]")
    )
  )
}

#' @rdname gmm_fit-methods
#' @export
coef.gmm_mixture <- coef.gmm_fit

#' @rdname gmm_fit-methods
#' @export
fitted.gmm_fit <- function(object, method = c("centers", "classes", "imputed"), ...) {
  check_dots_unused(...)
  method <- check_choice(method, c("centers", "classes", "imputed"))
  if (method == "imputed") {
    out <- fill_with_means(object, fit_data(object, remedy = NULL), label_codes(object$labels))
    colnames(out) <- colnames(object$means)
    return(out)
  }
  class <- object$classification
  if (is.null(class)) {
    # A fit of a selection without data: it never had classes.
    fit_data(object, remedy = NULL)
  }
  if (method == "classes") {
    return(if (is.null(object$labels)) class else class_factor(object))
  }
  # Not with a component's name for each row.
  out <- unname(object$means)[replace(class, class == 0L, NA), , drop = FALSE]
  dimnames(out) <- list(names(object$classification), colnames(object$means))
  out
}

#' @rdname gmm_fit-methods
#' @export
residuals.gmm_fit <- function(object, ...) {
  fitted <- fitted(object)
  out <- fit_data(object, remedy = NULL) - fitted
  dimnames(out) <- dimnames(fitted)
  out
}

# Without these, the defaults of stats would return NULL in silence.
#' @export
fitted.gmm_mixture <- function(object, ...) {
  fit_data(object, remedy = NULL)
}

#' @export
residuals.gmm_mixture <- fitted.gmm_mixture

#' @rdname gmm_fit-methods
#' @export
update.gmm_fit <- function(object, ..., evaluate = TRUE) {
  call <- object$call
  changes <- match.call(expand.dots = FALSE)$...
  if (length(changes) > 0L && (is.null(names(changes)) || any(!nzchar(names(changes))))) {
    gmm_abort(
      c("Arguments to change must be named.", i = "For example {.code update(fit, k = 4)}."),
      "input"
    )
  }
  # How many starts to draw says nothing of a start that is given.
  if ("start" %in% names(changes) && !is.character(changes$start)) {
    call$nstart <- NULL
  }
  for (name in names(changes)) {
    call[name] <- list(changes[[name]])
  }
  if (!check_flag(evaluate)) {
    return(call)
  }
  # Found without the package being attached.
  call[[1]] <- quote(gaussmix::gmm_fit)
  eval(call, parent.frame())
}
