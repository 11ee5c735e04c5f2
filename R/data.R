# What users bring, as the n x d double matrix that the core works on. Nothing
# is coerced in silence: what is not a number is an error that names its column.

# A checked double matrix. `x` is a matrix, a vector (one variable) or a data
# frame; only new data may have no rows. A double matrix comes back as it is, without
# being copied, and so without column names where it has none: variable_names()
# gives them. score() finds out by itself whether all numbers are finite: for it,
# `scored = TRUE` saves a pass over them. `na_ok`: values may be missing, but not all of a column.
as_data_matrix <- function(x, arg = "x", call = rlang::caller_env(), empty_ok = FALSE,
                           scored = FALSE, na_ok = FALSE) {
  check_given(x, arg, call)
  if (is.data.frame(x)) {
    x <- matrix_from_frame(x, arg, call)
  } else if (is.object(x) || !is.double(x) || length(dim(x)) != 2L) {
    x <- matrix_from_atomic(x, arg, call)
  }
  if (nrow(x) == 0L && !empty_ok) {
    gmm_abort("{.arg {arg}} has no rows.", "data", call = call)
  }
  if (ncol(x) == 0L) {
    gmm_abort("{.arg {arg}} has no columns.", "data", call = call)
  }
  check_column_names(dimnames(x)[[2L]], arg, call)
  if (!scored) {
    check_finite(x, arg, call, na_ok)
  }
  x
}

# The names of the variables; x1, x2, ... where they have none.
variable_names <- function(x) {
  dimnames(x)[[2L]] %||% default_variables(ncol(x))
}

matrix_from_frame <- function(x, arg, call) {
  columns <- unclass(x)
  numeric <- vapply(columns, is_numeric_column, NA)
  if (!all(numeric)) {
    abort_not_numeric(x, which(!numeric), arg, call)
  }
  rows <- attr(x, "row.names")
  check_column_lengths(columns, length(rows), arg, call)
  out <- .Call(C_gmm_columns, columns, length(rows))
  dimnames(out) <- list(if (is.character(rows)) rows, names(columns))
  out
}

# Not so where somebody has put the columns together by hand.
check_column_lengths <- function(columns, n, arg, call) {
  lengths <- lengths(columns, use.names = FALSE)
  odd <- which(lengths != n)
  if (length(odd) > 0L) {
    gmm_abort(
      c(
        "All columns of {.arg {arg}} must have one value for each of its {n} row{?s}.",
        x = "Column {odd[[1]]} has {lengths[[odd[[1]]]]}.",
        i = "{.fn data.frame} makes a data frame that holds together."
      ),
      "data", call = call
    )
  }
}

# data.frame() of columns that need no looking at, which it takes long to do.
data_frame <- function(columns, rows = .set_row_names(length(columns[[1L]]))) {
  attributes(columns) <- list(names = names(columns), class = "data.frame", row.names = rows)
  columns
}

# Classes whose numbers mean something else than their values.
not_numbers <- c("integer64", "Date", "POSIXct", "difftime", "factor", "dist")

is_numeric_column <- function(column) {
  (is.numeric(column) || is.logical(column)) && is.null(dim(column)) &&
    !inherits(column, not_numbers)
}

abort_not_numeric <- function(x, bad, arg, call) {
  shown <- utils::head(bad, 5)
  kinds <- vapply(shown, function(i) column_kind(x[[i]]), "")
  lines <- paste0("{.var ", escape_braces(names(x)[shown]), "} is ", kinds, ".")
  names(lines) <- rep("x", length(lines))
  rest <- length(bad) - length(shown)
  number <- length(bad)
  gmm_abort(
    c(
      "All columns of {.arg {arg}} must be numeric; {number} column{?s} {?is/are} not.",
      lines,
      if (rest > 0) c(x = "... and {rest} more."),
      i = if (arg != "newdata" && all(kinds %in% c("a factor", "character"))) {
        "Select the numeric columns. What tells classes is no variable: {.arg labels} takes it."
      } else {
        "Select the numeric columns, or make numbers of the others yourself."
      }
    ),
    "data", call = call
  )
}

column_kind <- function(column) {
  if (is.factor(column)) {
    "a factor"
  } else if (inherits(column, "Date")) {
    "a date"
  } else if (inherits(column, "POSIXt")) {
    "a date and time"
  } else if (inherits(column, "difftime")) {
    "a time difference"
  } else if (inherits(column, "integer64")) {
    "a 64-bit integer"
  } else if (is.data.frame(column)) {
    "a data frame"
  } else if (is.list(column)) {
    "a list"
  } else if (length(dim(column)) == 2L) {
    "a matrix"
  } else {
    switch(typeof(column), character = "character", complex = "complex", typeof(column))
  }
}

matrix_from_atomic <- function(x, arg, call) {
  if (!is_number_like(x) || length(dim(x)) > 2L) {
    gmm_abort(
      c(
        paste(
          "{.arg {arg}} must be a numeric matrix, vector or data frame,",
          "not {.obj_type_friendly {x}}."
        ),
        i = hint_at_data(x)
      ),
      "data", call = call
    )
  }
  if (length(dim(x)) != 2L) {
    # A vector is one variable.
    double_matrix(x, c(length(x), 1L), list(names(x), default_variables(1L)))
  } else {
    double_matrix(x, dim(x), dimnames(x))
  }
}

# How what is no data may become some; NULL where it hardly can.
hint_at_data <- function(x) {
  if (inherits(x, c("Matrix", "sparseMatrix", "sparseVector"))) {
    "{.fn as.matrix} makes an ordinary matrix of it: all values count, zeros too."
  } else if (inherits(x, "dist")) {
    "A mixture is of the rows themselves, not of the distances between them."
  } else if (isS4(x) && !is.function(x)) {
    "If it holds numbers, {.fn as.matrix} may make an ordinary matrix of it."
  } else if (is.list(x) && !is.object(x) && is.null(dim(x))) {
    "{.fn as.data.frame} makes a data frame of columns that are equally long."
  } else if (length(dim(x)) > 2L) {
    "Give it a row for each observation, and a column for each variable."
  } else if (is.atomic(x) && !is.null(x)) {
    "Make numbers of it yourself, if it stands for any."
  }
}

# A vector without what a class adds, the methods of which may not be there or do something else.
bare <- function(x) {
  if (!is.null(attributes(x))) {
    attributes(x) <- NULL
  }
  x
}

# One copy, which matrix() would copy again.
double_matrix <- function(x, dim, dimnames) {
  x <- as.double(if (is.object(x)) bare(x) else x)
  dim(x) <- dim
  dimnames(x) <- dimnames
  x
}

# Numbers, or what R takes for numbers without a doubt; a time series is plain.
is_number_like <- function(x) {
  (is.numeric(x) || is.logical(x)) && is.atomic(x) && !inherits(x, not_numbers)
}

# All columns have names, different ones, or none has.
check_column_names <- function(names, arg, call) {
  if (is.null(names)) {
    return(invisible())
  }
  if (anyNA(names) || !all(nzchar(names))) {
    which <- as.character(which(is.na(names) | !nzchar(names)))
    gmm_abort(
      c(
        "{.arg {arg}} has names for some columns only.",
        x = "Column{?s} {which} {?has/have} none.",
        i = "Name all of them, or none."
      ),
      "data", call = call
    )
  }
  if (anyDuplicated(names) > 0L) {
    repeated <- unique(names[duplicated(names)])
    gmm_abort(
      c(
        "Columns of {.arg {arg}} must have different names.",
        x = "More than one column is called {.or {.var {repeated}}}.",
        i = "{.fn make.unique} makes different names of them."
      ),
      "data", call = call
    )
  }
}

# Missing and infinite values, named by column and count; `na_ok`: infinite ones alone, and columns
# that have nothing else than missing ones.
check_finite <- function(x, arg, call, na_ok = FALSE) {
  if (.Call(C_gmm_finite, x)) {
    return(invisible())
  }
  if (!na_ok) {
    abort_not_finite(x, arg, call)
  }
  check_infinite(x, arg, call)
  check_columns_known(x, arg, call)
}

abort_not_finite <- function(x, arg, call) {
  missing <- colSums(is.na(x))
  gmm_abort(
    c(
      "{.arg {arg}} must hold finite numbers only.",
      x_lines(c(
        count_lines(missing, "missing value", x),
        count_lines(colSums(is.infinite(x)), "infinite value", x)
      )),
      i = rows_concerned(!is.finite(x)),
      i = if (sum(missing) > 0) "{.fn complete.cases} finds the rows without missing values."
    ),
    "data", call = call
  )
}

check_infinite <- function(x, arg, call) {
  infinite <- is.infinite(x)
  if (any(infinite)) {
    gmm_abort(
      c(
        "{.arg {arg}} must not hold infinite values.",
        x_lines(count_lines(colSums(infinite), "infinite value", x)),
        i = rows_concerned(infinite),
        i = "Leave them out, or make {.code NA} of what is not known."
      ),
      "data", call = call
    )
  }
}

# A column without any value says nothing. Where `x` is some of the rows, `of` says which.
check_columns_known <- function(x, arg, call, of = NULL) {
  empty <- colSums(!is.na(x)) == 0
  if (!any(empty)) {
    return(invisible())
  }
  columns <- variable_names(x)[empty]
  gmm_abort(
    c(
      if (all(empty)) {
        "{.arg {arg}} has missing values only."
      } else {
        paste(
          "{cli::qty(length(columns))}Column{?s} {.var {columns}}", of %||% "of {.arg {arg}}",
          "{cli::qty(length(columns))}{?has/have} missing values only."
        )
      },
      i = if (all(empty)) {
        "A mixture is fitted to values that are there."
      } else {
        "Leave {cli::qty(length(columns))}{?it/them} out."
      }
    ),
    "data", call = call
  )
}

rows_concerned <- function(wrong) {
  rows <- sum(rowSums(wrong) > 0)
  sprintf(
    "%d of %s %s concerned.", rows, count_of(nrow(wrong), "row"), if (rows == 1) "is" else "are"
  )
}

x_lines <- function(lines) stats::setNames(lines, rep("x", length(lines)))

# A line for each column of `x` that has any, up to a few.
count_lines <- function(counts, what, x) {
  counts <- stats::setNames(counts, variable_names(x))[counts > 0]
  shown <- utils::head(counts, 5)
  lines <- sprintf(
    "Column {.var %s} has %d %s%s.", escape_braces(names(shown)), as.integer(shown), what,
    ifelse(shown == 1, "", "s")
  )
  rest <- length(counts) - length(shown)
  if (rest > 0) c(lines, sprintf("%d more columns have %ss.", rest, what)) else lines
}

# The variables of a fit in new data: matched by name, in the fit's order,
# others ignored. A matrix or vector without names is taken by position. To be scored.
newdata_matrix <- function(object, newdata, call = rlang::caller_env()) {
  if (!is.null(object$terms)) {
    return(
      matrix_from_terms(object$terms, newdata, "newdata", call, empty_ok = TRUE, scored = TRUE)
    )
  }
  variables <- dimnames(object$means)[[2L]]
  if (length(dim(newdata)) == 2L) {
    newdata <- take_columns(newdata, variables, call)
  } else if (length(dim(newdata)) < 2L && is.atomic(newdata) && object$d > 1L &&
               length(newdata) == object$d) {
    newdata <- row_from_vector(newdata, variables, call)
  }
  newdata <- as_data_matrix(newdata, "newdata", call, empty_ok = TRUE, scored = TRUE)
  if (ncol(newdata) != object$d) {
    gmm_abort(
      "{.arg newdata} must have {object$d} column{?s} as the data of the fit, not {ncol(newdata)}.",
      "newdata", call = call
    )
  }
  newdata
}

# The columns called so, in that order; all, where either has no names to go by.
take_columns <- function(newdata, variables, call) {
  given <- if (is.data.frame(newdata)) names(newdata) else dimnames(newdata)[[2L]]
  which <- find_columns(variables, given, call)
  if (is.null(which)) {
    newdata
  } else if (is.data.frame(newdata)) {
    data_frame(.subset(newdata, which), attr(newdata, "row.names"))
  } else {
    newdata[, which, drop = FALSE]
  }
}

# Where the variables are among the names that are given; NULL: in their order, as far as names say.
find_columns <- function(variables, given, call = rlang::caller_env()) {
  if (is.null(given) || identical(given, variables) || !has_names(variables)) {
    return(NULL)
  }
  check_has_columns(variables, given, call)
  match(variables, given)
}

# One row, given as a vector.
row_from_vector <- function(newdata, variables, call) {
  which <- find_columns(variables, names(newdata), call)
  if (!is.null(which)) {
    newdata <- newdata[which]
  }
  matrix(newdata, 1L, dimnames = list(NULL, variables))
}

check_has_columns <- function(wanted, given, call) {
  twice <- intersect(wanted, given[duplicated(given)])
  if (length(twice) > 0L) {
    gmm_abort(
      c(
        "{.arg newdata} must have each variable of the fit once.",
        x = "More than one column is called {.or {.var {twice}}}."
      ),
      "newdata", call = call
    )
  }
  missing <- setdiff(wanted, given)
  if (length(missing) > 0L) {
    gmm_abort(
      c(
        "{.arg newdata} must have all variables of the fit.",
        x = "Missing: {.var {missing}}.",
        i = "Columns are matched by name; their order and further columns do not matter."
      ),
      "newdata", call = call
    )
  }
}
