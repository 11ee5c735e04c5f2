#' The M-step
#'
#' Parameters from responsibilities: those that maximise the expected
#' complete-data log-likelihood
#' \deqn{\sum_i \sum_j r_{ij} (\log \pi_j + \log N(x_i; \mu_j, \Sigma_j))}{
#'   sum_i sum_j r_ij (log pi_j + log N(x_i; mu_j, Sigma_j))}
#' with covariances in the family of `model`. For `"VVV"`, with
#' \eqn{n_j = \sum_i r_{ij}}{n_j = sum_i r_ij}:
#' \deqn{\pi_j = n_j / n, \quad \mu_j = \frac{1}{n_j} \sum_i r_{ij} x_i, \quad
#'   \Sigma_j = \frac{1}{n_j} \sum_i r_{ij} (x_i - \mu_j)(x_i - \mu_j)'}{
#'   pi_j = n_j / n, mu_j = sum_i r_ij x_i / n_j,
#'   Sigma_j = sum_i r_ij (x_i - mu_j)(x_i - mu_j)' / n_j}
#' For the other models see [gmm_models()]. With `weights`, each \eqn{r_{ij}}{r_ij} is
#' \eqn{w_i r_{ij}}{w_i r_ij}, and n their sum.
#'
#' @inheritParams gmm_start
#' @param x The data: a numeric matrix or data frame, or a vector for one variable, without missing
#'   values: what an M-step would make of these depends on parameters, and is [gmm_fit()]'s.
#' @param responsibilities An n x k matrix of probabilities whose rows sum to 1,
#'   or a partition of the rows: a vector or factor of length n; or what [gmm_estep()] or
#'   [gmm_start()] returned.
#' @returns A list with
#'   \describe{
#'   \item{`proportions`}{length k, named}
#'   \item{`means`}{k x d, a row a component}
#'   \item{`covariances`}{d x d x k, a matrix a component; divided by n, not n - 1}
#'   \item{`model`, `equal_proportions`}{the covariance model; whether proportions were
#'     kept equal}
#'   }
#'   [gmm_estep()], [gmm_mixture()] and `start =` of [gmm_fit()] take it.
#' @references
#' Dempster, A. P., Laird, N. M. and Rubin, D. B. (1977). Maximum likelihood from
#' incomplete data via the EM algorithm. *Journal of the Royal Statistical
#' Society B* 39, 1-38.
#'
#' Celeux, G. and Govaert, G. (1995). Gaussian parsimonious clustering models.
#' *Pattern Recognition* 28, 781-793.
#' @family pieces of EM
#' @export
#' @examples
#' # The means and covariances of the species:
#' p <- gmm_mstep(iris[, 1:4], iris$Species)
#' p$means
gmm_mstep <- function(x, responsibilities, model = "VVV", equal_proportions = NULL,
                      weights = NULL) {
  x <- as_data_matrix(x)
  check_given(responsibilities)
  weights <- check_weights(weights, nrow(x))
  spec <- resolve_spec(model, ncol(x), equal_proportions)
  # What gmm_estep() and gmm_start() return holds them.
  if (is.list(responsibilities) && !is.data.frame(responsibilities)) {
    held <- responsibilities$responsibilities %||% responsibilities$partition
    responsibilities <- held %||% responsibilities
  }
  check_no_noise(responsibilities)
  members <- check_memberships(responsibilities, nrow(x))
  facts <- row_facts(weights, counts = counting(weights, NULL))
  step <- mstep_memberships(x, facts, members, spec)
  if (!step$settled) {
    gmm_warn(
      c(
        "The search for the common axes of {.val {spec$model}} has not come to its end.",
        i = "The components have hardly any axes in common: consider {.val EEV} or {.val VVV}."
      ),
      "not_converged"
    )
  }
  c(step$parameters, spec)
}

check_no_noise <- function(responsibilities, call = rlang::caller_env()) {
  if (length(dim(responsibilities)) == 2L && has_noise_column(responsibilities)) {
    gmm_abort(
      c(
        "{.arg responsibilities} has a column of noise, which {.fn gmm_mstep} knows nothing of.",
        i = "{.fn gmm_fit} does: {.code noise = TRUE}, with the same matrix as {.arg start}."
      ),
      "input", call = call
    )
  }
}

# Parameters, and whether the search for them came to its end. Rows of the class 0 are noise.
mstep_memberships <- function(x, facts, members, spec, engine = choose_engine(call = call),
                              arg = "responsibilities", what = "input",
                              call = rlang::caller_env()) {
  cases <- take_cases(x, facts)
  if (!is.null(cases$index)) {
    members$partition <- members$partition[cases$index]
    members$responsibilities <- members$responsibilities[cases$index, , drop = FALSE]
  }
  if (cases$rows < nrow(x)) {
    check_components_held(members, arg, what, call)
  }
  result <- .Call(
    C_gmm_mstep, cases, members$k, spec, members$partition, members$responsibilities, engine
  )
  if (result$status$code != "ok") {
    abort_status(result$status, cases$x, members$k, spec$model, call = call)
  }
  parameters <- name_parameters(result$parameters, variables = variable_names(x))
  check_representable(parameters, zero_ok = TRUE, call = call)
  list(parameters = parameters, settled = result$settled)
}

# Of the rows that count, each component has some.
check_components_held <- function(members, arg, what, call) {
  held <- if (members$kind == "partition") {
    tabulate(members$partition, members$k) > 0L
  } else {
    colSums(members$responsibilities) > 0
  }
  if (!all(held)) {
    empty <- as.character(which(!held))
    gmm_abort(
      c(
        paste(
          "{.arg {arg}} leaves {cli::qty(length(empty))}component{?s} {empty} without rows that",
          "count."
        ),
        x = "Rows that are left out, of weight 0, or without values do not.",
        i = "Let each component have others."
      ),
      what, call = call
    )
  }
}
