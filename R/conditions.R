# Every error and warning of the package is raised here, so that each has a
# class that says what went wrong: `gaussmix_error_<what>`, `gaussmix_error`.

#' Errors and warnings of gaussmix
#'
#' @description
#' Every error has the class `gaussmix_error` and a class of its own that says
#' what went wrong; every warning likewise has `gaussmix_warning`. Use them
#' with [tryCatch()]:
#'
#' | class | raised when |
#' |---|---|
#' | `gaussmix_error_input` | an argument has the wrong type, length or value |
#' | `gaussmix_error_data` | a column is not numeric, not finite, constant, or a sum of others |
#' | `gaussmix_error_size` | there are fewer rows, or fewer distinct rows, than components |
#' | `gaussmix_error_model` | no covariance model has that name, or not for so many variables |
#' | `gaussmix_error_start` | `start` has the wrong shape or values |
#' | `gaussmix_error_weights` | `weights` are not numbers of rows, one for each |
#' | `gaussmix_error_labels` | `labels` are not classes of the rows, or not of enough of them |
#' | `gaussmix_error_noise` | there is no room for noise |
#' | `gaussmix_error_newdata` | new data lack a variable of the fit |
#' | `gaussmix_error_no_data` | something needs the data, which the fit does not keep |
#' | `gaussmix_error_degenerate` | every start ended in a collapsed or improper solution |
#' | `gaussmix_warning_weights` | weights sum to far fewer rows than there are |
#' | `gaussmix_warning_not_converged` | iterations ended at `max_iter`, or an M-step's too early |
#'
#' That of `gaussmix_error_degenerate` has a field `starts`, the table that a fit has, if it is
#' of one fit.
#'
#' @examples
#' tryCatch(
#'   gmm_fit(iris, k = 3),
#'   gaussmix_error_data = function(e) conditionMessage(e)
#' )
#' @name gaussmix-conditions
NULL

gmm_abort <- function(message, what, ..., call = rlang::caller_env(),
                      .envir = parent.frame()) {
  cli::cli_abort(
    message, ...,
    class = c(paste0("gaussmix_error_", what), "gaussmix_error"),
    call = call, .envir = .envir
  )
}

gmm_warn <- function(message, what, ..., .envir = parent.frame()) {
  cli::cli_warn(
    message, ...,
    class = c(paste0("gaussmix_warning_", what), "gaussmix_warning"),
    .envir = .envir
  )
}
