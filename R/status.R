# The core returns a status: a code, and the component or variable concerned
# (src/gmm.h). Here it becomes an error with a remedy, or words for a table.

# Codes of a run that ended in nothing proper; the others are of data that no run can fit.
degenerate_codes <- c("empty", "singular", "small", "spurious", "rounded", "nonfinite")

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
    rounded = "is tighter than the rounding of the values allows",
    nonfinite = "has no finite density",
    code
  )
}

abort_status <- function(status, x, k, model, call = rlang::caller_env()) {
  switch(status$code,
    distinct = abort_distinct(x, status$index - 1L, k, call),
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

# `seen`: the rows that could be told apart as far as distances go, which are rounded.
abort_distinct <- function(x, seen, k, call) {
  distinct <- nrow(unique(x))
  gmm_abort(
    c(
      if (distinct < k) {
        "There are fewer distinct rows than components."
      } else {
        "There are fewer rows that differ by more than rounding than components."
      },
      x = if (distinct < k) {
        "{distinct} distinct row{?s}, {.arg k} is {k}."
      } else {
        "Beside the largest distances, {seen} row{?s} can be told apart; {.arg k} is {k}."
      },
      i = if (distinct >= k) "Look for values that are far from all others."
    ),
    "size", call = call
  )
}

constant_columns <- function(x) {
  variable_names(x)[apply(x, 2, function(column) {
    known <- column[!is.na(column)]
    all(known == known[1])
  })]
}

abort_constant <- function(x, model, call) {
  constant <- constant_columns(x)
  number <- length(constant)
  if (number == 0L) {
    gmm_abort(
      c(
        "The spread of a column is beyond the range of double precision.",
        i = "Rescale the data, for example by {.fn scale}."
      ),
      "data", call = call
    )
  }
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
      i = if (nrow(x) == 1L) {
        "Give more rows."
      } else if (nrow(x) <= ncol(x)) {
        "Leave {cli::qty(number)}{?it/them} out, or give more than {nrow(x)} rows."
      } else {
        "Leave {cli::qty(number)}{?it/them} out."
      }
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
      i = if (anyNA(x)) {
        "At least as far as the rows tell in which enough of these columns are known."
      },
      i = if (!few) "Leave it out, or one of the others.",
      i = "Diagonal and spherical models can: {.val {diagonal}}.",
      i = "So can any model with {.code prior = gmm_prior()}."
    ),
    "data", call = call
  )
}

# No start reached a proper maximum. `control` has the limits, as far as they were set.
abort_degenerate <- function(starts, status, k, model, control, cases, given, call) {
  x <- cases$x
  rows <- signif(cases$n, 6)
  d <- ncol(x)
  needed <- function(model) k * set_limits(control, model, d)$min_size
  min_size <- set_limits(control, model, d)$min_size
  fault <- component_fault(status$code, min_size)
  simpler <- Filter(function(m) needed(m) <= rows, simpler_names(model))
  distinct <- nrow(unique(x))
  n <- nrow(starts)
  more <- 5 * n
  variables <- in_steps(cases) # nolint: object_usage_linter.
  gmm_abort(
    c(
      if (n == 1L) {
        "The fit ended in a degenerate solution."
      } else {
        "All {n} runs ended in a degenerate solution."
      },
      x = if (is.na(status$index)) {
        "In the best of them, a density was not finite."
      } else {
        "{cli::qty(n)}{?In it/In the best of them}, component {status$index} of {k} {fault}."
      },
      x = if (anyNA(x)) {
        "Where values are missing, the rows that have a variable count for its variance."
      },
      if (status$code == "rounded") about_steps[1],
      x = if (rows < nrow(x)) {
        "By {.arg weights}, the {nrow(x)} row{?s} stand for {rows}; scale them to more."
      },
      x = if (distinct < nrow(x) && distinct < k * (d + 2)) {
        "The data have {distinct} distinct row{?s}."
      },
      x = if (needed(model) > rows) {
        "{k} components of at least {min_size} rows are {k * min_size}; there are {rows}."
      },
      i = if (length(simpler) == 0L) {
        "Fit fewer components."
      } else {
        "Fit fewer components, or a model with less to estimate: {.or {.val {simpler}}}."
      },
      i = "Or keep components from collapsing: {.code prior = gmm_prior()}.",
      if (status$code == "rounded") about_steps[2],
      if (needed(model) <= rows && n > 1L) {
        c(i = paste(
          "Another seed, or more starts, may find a proper solution:",
          "{.code nstart = {more}}."
        ))
      },
      i = if (given && needed(model) <= rows) {
        "Leave {.arg start} out: other starts may find a proper solution."
      },
      i = "{.fn gmm_control} says what counts as degenerate, and adjusts it."
    ),
    "degenerate", starts = starts, call = call
  )
}
