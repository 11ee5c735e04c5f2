# The steps in which variables are recorded (src/steps.h), and components that are tighter than
# rounding to these steps allows: no answer of a search, unless there is a prior, or `min_rounding`
# of gmm_control() lets them be.

# Cases (take_cases()) with `step`, and `rounding`: the standard deviations that come of it; NULL
# where no variable is recorded in any.
find_steps <- function(cases) {
  found <- .Call(C_gmm_steps, cases$x, cases$weights)
  if (any(found$step > 0)) {
    cases[names(found)] <- found
  }
  cases
}

# Which components of a fit would be refused for it, by the limit that there is by default.
tight_components <- function(x) {
  if (is.null(x$rounding) || x$k == 1L) {
    return(integer())
  }
  least <- formals(gmm_control)$min_rounding
  which(vapply(seq_len(x$k), function(j) {
    s <- matrix(x$covariances[, , j], x$d)
    unit <- sqrt(diag(s))
    left <- (s - diag(least * x$rounding^2, x$d)) / outer(unit, unit)
    min(eigen(left, symmetric = TRUE, only.values = TRUE)$values) <= 0
  }, NA))
}

format_tight <- function(x) {
  tight <- names(x$proportions)[tight_components(x)]
  if (length(tight) > 0L) {
    which <- if (length(tight) == x$k) {
      "all components are"
    } else if (length(tight) == 1L) {
      sprintf("component %s is", tight)
    } else {
      sprintf("components %s are", paste(tight, collapse = ", "))
    }
    c(
      paste(which, "tighter than the rounding of the values allows: the likelihood"),
      "  overrates the fit, see \"Variables that are recorded in steps\" in ?gmm_control"
    )
  }
}

in_steps <- function(cases) variable_names(cases$x)[cases$step > 0]

# For an error: which `variables` are in steps, and what lets components be.
about_steps <- c(
  x = paste(
    "{cli::qty(length(variables))}{.var {variables}} {?is/are} recorded in steps: such a",
    "component may describe the steps rather than the data."
  ),
  i = "Let it be with {.code control = gmm_control(min_rounding = 0)}."
)
