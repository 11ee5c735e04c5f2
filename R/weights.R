# Case weights: how many rows a row stands for.

# As doubles; NULL where each row counts once.
check_weights <- function(weights, n, call = rlang::caller_env()) {
  if (is.null(weights)) {
    return(NULL)
  }
  wrong <- if (!is.numeric(weights) || is.object(weights) || length(dim(weights)) > 1L) {
    "It is {.obj_type_friendly {weights}}."
  } else if (length(weights) != n) {
    "{length(weights)} weight{?s} for {n} row{?s}."
  } else if (anyNA(weights)) {
    "{sum(is.na(weights))} {?is/are} missing, the first in row {which(is.na(weights))[[1]]}."
  } else if (any(weights < 0)) {
    "{sum(weights < 0)} {?is/are} negative, the first in row {which(weights < 0)[[1]]}."
  } else if (!all(is.finite(weights))) {
    "{sum(!is.finite(weights))} {?is/are} infinite, the first in row {which(weights == Inf)[[1]]}."
  } else if (all(weights == 0)) {
    "All are zero."
  } else if (sum(weights) > 1e100 || min(weights[weights > 0]) < 1e-100) {
    "Some are beyond 1e-100 to 1e100, and so no numbers of rows."
  }
  if (!is.null(wrong)) {
    gmm_abort(
      c(
        "{.arg weights} must be one number for each row, not negative and not all zero.",
        x = wrong,
        i = "A weight says how many rows a row stands for; 0 leaves it out."
      ),
      "weights", call = call
    )
  }
  weights <- as.double(weights)
  if (all(weights == 1)) NULL else weights
}

# The rows that count, as the core takes them, without those of weight 0; how many they stand for,
# and how many there are.
weigh_rows <- function(x, weights) {
  if (is.null(weights)) {
    return(list(x = x, weights = NULL, n = nrow(x), rows = nrow(x)))
  }
  counts <- weights > 0
  if (!all(counts)) {
    x <- x[counts, , drop = FALSE]
    weights <- weights[counts]
  }
  list(x = x, weights = weights, n = sum(weights), rows = nrow(x))
}

# Weights as a formula's data have them, before what the caller has by that name.
weights_in <- function(weights, data, call = rlang::caller_env()) {
  if (rlang::quo_is_null(weights)) {
    return(NULL)
  }
  rlang::eval_tidy(weights, check_formula_data(data, "data", "data", call))
}
