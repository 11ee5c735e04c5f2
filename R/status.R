# The core returns a status: a code, and the component or variable concerned
# (src/gmm.h). Here it becomes an error with a remedy, or words for a table.

# What a code says of a component.
component_fault <- function(code, min_size = NULL) {
  switch(code,
    empty = "lost all its rows",
    singular = "collapsed: its covariance became singular",
    small = sprintf(
      "holds fewer than %s rows, too few for a covariance of its own",
      format(min_size, digits = 4)
    ),
    spurious = "is far tighter than another or than the data",
    nonfinite = "has no finite density",
    code
  )
}

abort_status <- function(status, x, k, model, call = rlang::caller_env()) {
  switch(status$code,
    distinct = gmm_abort(
      c(
        "There are fewer distinct rows than components.",
        # The index is of the first component that found no row.
        x = "{status$index - 1} distinct row{?s}, {.arg k} is {k}."
      ),
      "size", call = call
    ),
    constant = abort_constant(x, model, call),
    collinear = abort_collinear(x, status$index, model, call),
    {
      # A constant column has no variance: what collapses is the column.
      if (status$code == "singular" && length(constant_columns(x)) > 0L) {
        abort_constant(x, model, call)
      }
      fault <- component_fault(status$code)
      gmm_abort(
        c("Component {status$index} {fault}.", i = "Try fewer components or a simpler model."),
        "degenerate", call = call
      )
    }
  )
}

constant_columns <- function(x) {
  variable_names(x)[apply(x, 2, function(column) all(column == column[1]))]
}

abort_constant <- function(x, model, call) {
  constant <- constant_columns(x)
  number <- length(constant)
  gmm_abort(
    c(
      if (nrow(x) == 1L) {
        "One row has no spread that a covariance could describe."
      } else {
        paste(
          "{cli::qty(number)}Column{?s} {.var {constant}} {?is/are} constant,",
          "which model {.val {model}} cannot hold."
        )
      },
      i = if (nrow(x) > 1L) "Leave {cli::qty(number)}{?it/them} out." else "Give more rows."
    ),
    "data", call = call
  )
}

abort_collinear <- function(x, index, model, call) {
  few <- nrow(x) <= ncol(x)
  column <- variable_names(x)[index]
  table <- model_table()
  diagonal <- table$name[table$diagonal & nchar(table$name) > 1L]
  gmm_abort(
    c(
      if (few) {
        paste(
          "{nrow(x)} row{?s} {?is/are} too few for a covariance of {ncol(x)} variables",
          "({.val {model}})."
        )
      } else {
        paste(
          "Column {.var {column}} is a linear combination of the columns before it,",
          "which model {.val {model}} cannot hold."
        )
      },
      i = if (!few) "Leave it out, or one of the others.",
      i = "Diagonal and spherical models can: {.val {diagonal}}.",
      i = "So can any model with {.code prior = gmm_prior()}."
    ),
    "data", call = call
  )
}

# No start reached a proper maximum.
abort_degenerate <- function(starts, status, k, model, min_size, rows, call) {
  fault <- component_fault(status$code, min_size)
  simpler <- simpler_models(model)
  n <- nrow(starts)
  more <- 5 * n
  gmm_abort(
    c(
      if (n == 1L) {
        "The fit ended in a degenerate solution."
      } else {
        "All {n} starts ended in a degenerate solution."
      },
      x = if (is.na(status$index)) {
        "In the best of them, a density was not finite."
      } else {
        "{cli::qty(n)}{?In it/In the best of them}, component {status$index} of {k} {fault}."
      },
      i = if (is.null(simpler)) {
        "Fit fewer components."
      } else {
        paste0("Fit fewer components, or a model with less to estimate (", simpler, ").")
      },
      i = "Or keep components from collapsing: {.code prior = gmm_prior()}.",
      if (k * min_size > rows) {
        c(i = "No start can do better: {k} components of {min_size} rows are more than {rows}.")
      } else if (n > 1L) {
        c(i = "More starts may find a proper solution: {.code nstart = {more}}.")
      },
      i = "{.fn gmm_control} says what counts as degenerate, and adjusts it."
    ),
    "degenerate", starts = starts, call = call
  )
}
