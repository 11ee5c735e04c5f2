#' gaussmix: Gaussian mixture models by the EM algorithm
#'
#' [gmm_fit()] fits a mixture; its result prints, plots, predicts and works
#' with the generics of R. [gmm_models()] lists the covariance models,
#' [gmm_control()] the knobs. [gmm_estep()], [gmm_mstep()] and [gmm_start()] are
#' the pieces of EM, each usable alone. `vignette("iris", "gaussmix")` walks
#' through an analysis, `vignette("models", "gaussmix")` through the models.
#'
#' @keywords internal
#' @useDynLib gaussmix, .registration = TRUE
#' @importFrom rlang .data
#' @importFrom stats coef fitted logLik nobs predict residuals simulate update
"_PACKAGE"

.onLoad <- function(libname, pkgname) {
  note_limits()
  if (is_parallel_child()) {
    .Call(C_gmm_forked)
  }
}
