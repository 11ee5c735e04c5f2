# A mixture as data frames, in the columns that broom uses for mixtures.

#' A mixture as data frames
#'
#' @description
#' `tidy()` gives one row a component, `glance()` one row for the fit,
#' `augment()` the data with the class of each row. Columns have the names that
#' 'broom' gives them for other mixtures. `as.data.frame()` is `tidy()`.
#'
#' `BIC` here is that of [stats::BIC()], of which smaller is better; 'broom'
#' reports that of 'mclust' with the opposite sign.
#'
#' @param x A fit, from [gmm_fit()], or a mixture, from [gmm_mixture()], which
#'   has no `glance()` as it was not fitted.
#' @param data Data with the variables of the mixture, as for `predict()`;
#'   other columns are kept. By default the data of the fit.
#' @param probabilities Whether to add the probability of each component.
#' @param row.names,optional As for [as.data.frame()]; `optional` has no effect.
#' @param ... None.
#'
#' @returns Plain data frames:
#'   * `tidy()`: `component` (its number, or name), `size` (the number of rows
#'     classified to it; `NA` for a mixture), `proportion`, `variance` (for
#'     spherical models and one variable) and `mean.<variable>` for each
#'     variable. Noise is the last row, the component 0, or `"noise"` where components have
#'     names, without mean and variance.
#'   * `glance()`: `model`, `G` (components), `BIC`, `logLik`, `df`, `nobs`,
#'     `converged`, `n_iter` (iterations of the best run) and `n_starts` (drawn, or
#'     found in neighbouring fits of a selection).
#'   * `augment()`: the data, `.class` (factor; noise is its last level, `"noise"`),
#'     `.uncertainty` (1 less the largest probability), `.prob_<component>` and `.prob_noise` if
#'     asked for, and for each variable of which values are missing `.imputed_<variable>`: its
#'     value, or where that is missing, its mean given the known values of the row (see
#'     [`fitted(method = "imputed")`][gmm_fit-methods]).
#' @section Errors:
#' `gaussmix_error_no_data` when `augment()` has no `data` and the fit keeps
#' none; those of `predict()` when `data` do not fit.
#' @family methods of a fit
#' @examples
#' set.seed(1)
#' fit <- gmm_fit(faithful, k = 2)
#' tidy(fit)
#' glance(fit)
#' head(augment(fit, probabilities = TRUE))
#' @name gmm-tidiers
NULL

#' @rdname gmm-tidiers
#' @export
tidy.gmm_fit <- function(x, ...) {
  check_dots_unused(...)
  # Known classes are names, whatever they look like.
  component <- names(x$proportions)
  if (is.null(x$labels)) {
    component <- utils::type.convert(component, as.is = TRUE)
  }
  noisy <- !is.null(x$noise)
  if (noisy) {
    component <- c(component, if (is.character(component)) "noise" else 0L)
  }
  out <- data.frame(
    component = component,
    size = if (is.null(x$classification)) {
      NA_integer_
    } else {
      tabulate(class_factor(x), length(component))
    },
    proportion = c(unname(x$proportions), x$noise)
  )
  if (is_spherical(x$model)) {
    out$variance <- c(unname(x$covariances[1L, 1L, ]), if (noisy) NA)
  }
  means <- rbind(x$means, if (noisy) NA)
  dimnames(means) <- list(NULL, paste0("mean.", colnames(x$means)))
  cbind(out, means)
}

#' @rdname gmm-tidiers
#' @export
tidy.gmm_mixture <- tidy.gmm_fit

#' @rdname gmm-tidiers
#' @export
glance.gmm_fit <- function(x, ...) {
  check_dots_unused(...)
  data.frame(
    model = x$model,
    G = x$k,
    BIC = stats::BIC(x),
    logLik = x$loglik,
    df = x$df,
    nobs = stats::nobs(x),
    converged = x$converged,
    n_iter = x$n_iter,
    n_starts = sum(is_drawn(x$starts))
  )
}

#' @rdname gmm-tidiers
#' @export
augment.gmm_fit <- function(x, data = NULL, probabilities = FALSE, ...) {
  check_dots_unused(...)
  probabilities <- check_flag(probabilities)
  if (is.null(data) && is.null(x$data)) {
    gmm_abort(
      c(
        "There are no data to augment: {.arg x} does not hold any.",
        i = "Give {.arg data}, or fit with {.code keep_data = TRUE}."
      ),
      "no_data"
    )
  }

  # Without `data` not even by its name: the columns of a formula fit are terms,
  # which new data do not have.
  predicted <- function(type) {
    if (is.null(data)) stats::predict(x, type = type) else stats::predict(x, data, type = type)
  }
  prob <- predicted("prob")
  uncertainty <- predicted("uncertainty")
  labels <- if (is.null(data)) label_codes(x$labels)
  values <- if (is.null(data)) x$data else newdata_matrix(x, data)
  colnames(values) <- colnames(x$means)
  if (is.null(data)) {
    data <- values
  }
  out <- if (is.null(dim(data))) {
    # A bare vector is the one variable of the mixture, or one row.
    as.data.frame(`rownames<-`(values, NULL))
  } else {
    as.data.frame(data)
  }
  classes <- classes_of(x)
  out$.class <- factor(classes[max.col(prob, "first")], classes)
  out$.uncertainty <- as.vector(uncertainty)
  if (probabilities) {
    out[paste0(".prob_", classes)] <- as.data.frame(unclass(prob))
  }
  if (anyNA(values)) {
    lacking <- colSums(is.na(values)) > 0
    imputed <- fill_with_means(x, values, labels)[, lacking, drop = FALSE]
    out[paste0(".imputed_", colnames(imputed))] <- as.data.frame(imputed)
  }
  out
}

#' @rdname gmm-tidiers
#' @export
augment.gmm_mixture <- augment.gmm_fit

#' @rdname gmm-tidiers
#' @export
as.data.frame.gmm_fit <- function(x, row.names = NULL, # nolint: object_name_linter.
                                  optional = FALSE, ...) {
  out <- tidy.gmm_fit(x, ...)
  if (!is.null(row.names)) {
    row.names(out) <- row.names
  }
  out
}

#' @rdname gmm-tidiers
#' @export
as.data.frame.gmm_mixture <- as.data.frame.gmm_fit
