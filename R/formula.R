# The formula interface: which variables of a data frame are modelled.

# The terms of a one-sided formula of single variables: `~ a + log(b)`, `~ .`.
check_formula <- function(formula, data, call = rlang::caller_env()) {
  data <- check_formula_data(data, "data", "data", call)
  if (length(formula) != 2L) {
    gmm_abort(
      c(
        "The formula must have no left-hand side: a mixture has no response.",
        i = "For example {.code gmm_fit(~ a + b, data = d, k = 3)}."
      ),
      "input", call = call
    )
  }
  if ("." %in% all.vars(formula) && is.null(data)) {
    gmm_abort("{.code .} in the formula needs {.arg data}.", "input", call = call)
  }
  terms <- tryCatch(
    stats::terms(formula, data = data),
    error = function(e) {
      gmm_abort(
        c("The formula must be a sum of variables.", x = "{conditionMessage(e)}"),
        "input", call = call
      )
    }
  )
  odd <- attr(terms, "term.labels")[attr(terms, "order") > 1L]
  if (length(odd) > 0L) {
    gmm_abort(
      c(
        "The formula must be a sum of variables; {.code {odd}} {?is/are} not.",
        i = "For a product use {.code I(a * b)}."
      ),
      "input", call = call
    )
  }
  if (!is.null(attr(terms, "offset"))) {
    gmm_abort("The formula must have no offset.", "input", call = call)
  }
  if (length(attr(terms, "term.labels")) == 0L) {
    gmm_abort("The formula names no variable.", "input", call = call)
  }
  # Variables that new data must have; others, such as a constant in the
  # formula's environment, stay what they were.
  variables <- all.vars(stats::delete.response(terms))
  attr(terms, "needed") <- if (is.null(data)) variables else intersect(variables, names(data))
  terms
}

check_formula_data <- function(data, arg, what, call) {
  if (is.matrix(data) && !is.null(colnames(data))) {
    data <- as.data.frame(data)
  }
  if (!is.null(data) && !is.data.frame(data)) {
    gmm_abort(
      "{.arg {arg}} must be a data frame, not {.obj_type_friendly {data}}.",
      what, call = call
    )
  }
  data
}

# The variables of `terms`, from `data` or else from where the formula was
# written.
matrix_from_terms <- function(terms, data, arg, call = rlang::caller_env(), empty_ok = FALSE,
                              scored = FALSE, na_ok = FALSE) {
  what <- if (arg == "newdata") "newdata" else "data"
  data <- check_formula_data(data, arg, what, call)
  if (arg == "newdata") {
    check_has_columns(attr(terms, "needed"), names(data), call)
  }
  frame <- tryCatch(
    stats::model.frame(terms, data, na.action = stats::na.pass),
    error = function(e) {
      gmm_abort(
        c("The formula cannot be evaluated with {.arg {arg}}.", x = "{conditionMessage(e)}"),
        what, call = call
      )
    }
  )
  # Each term is one variable of the frame; its label may have backticks, which
  # the frame's name has not.
  frame <- frame[apply(attr(terms, "factors") > 0, 2, which)]
  # I() leaves a class behind.
  frame[] <- lapply(frame, function(column) {
    if (inherits(column, "AsIs")) unclass(column) else column
  })
  as_data_matrix(frame, arg, call, empty_ok, scored, na_ok)
}

# Weights or labels as a formula's data have them, before what the caller has by that name.
facts_in <- function(facts, data, arg, call = rlang::caller_env()) {
  if (rlang::quo_is_null(facts)) {
    return(NULL)
  }
  data <- check_formula_data(data, "data", "data", call)
  tryCatch(
    rlang::eval_tidy(facts, data),
    error = function(e) {
      gmm_abort(
        c("{.arg {arg}} cannot be evaluated with {.arg data}.", x = "{conditionMessage(e)}"),
        arg, call = call
      )
    }
  )
}
