# Case weights: how many rows a row stands for.

# As doubles; NULL where each row counts once.
check_weights <- function(weights, n, call = rlang::caller_env()) {
  if (is.null(weights)) {
    return(NULL)
  }
  if (is.object(weights) && is_number_like(weights) && length(dim(weights)) < 2L) {
    weights <- bare(weights)
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
        i = if (is.character(weights) && length(weights) == 1L) {
          "Give the column itself, {.code weights = data${weights}}."
        },
        i = if (inherits(weights, "formula")) {
          "Give the column itself: {.code weights = data$column}."
        },
        i = "A weight says how many rows a row stands for; 0 leaves it out.",
        i = if (length(weights) > n && n > 1L) {
          "Rows with missing values need not be left out: they count by what they have."
        }
      ),
      "weights", call = call
    )
  }
  weights <- as.double(weights)
  check_sum_of_weights(sum(weights), sum(weights > 0), call)
  if (all(weights == 1)) NULL else weights
}

# Weights that were scaled to sum to one, say, are none of rows.
check_sum_of_weights <- function(sum, rows, call) {
  advice <- paste(
    "They are numbers of rows that rows stand for: scale them to the number that the data are",
    "worth, {.code weights / mean(weights)} for one each."
  )
  if (rows > 1L && sum <= 1) {
    gmm_abort(
      c("{.arg weights} sum to {signif(sum, 3)}, not more than one row.", i = advice),
      "weights", call = call
    )
  }
  if (sum < rows / 10) {
    gmm_warn(
      c("{.arg weights} sum to {signif(sum, 3)}, for {rows} rows.", i = advice), "weights"
    )
  }
}
