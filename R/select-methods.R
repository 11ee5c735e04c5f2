# What a selection answers to: its fits, print, summary, tables, update.

#' @export
`[[.gmm_selection` <- function(x, i, model) {
  fields <- unclass(x)
  if (missing(i) || (missing(model) && nargs() > 2L)) {
    gmm_abort(
      "Fits are {.code selection[[i]]}, a row of the table, or {.code selection[[k, model]]}.",
      "input"
    )
  }
  if (is.character(i) && length(i) == 1L && missing(model)) {
    if (!i %in% names(fields)) {
      gmm_abort(
        c(
          "A selection has no {.val {i}}.",
          i = "A fit is {.code selection[[k, model]]}, or {.code selection[[i]]} for row i."
        ),
        "input"
      )
    }
    return(fields[[i]])
  }
  row <- if (missing(model)) {
    check_count(i, max = nrow(fields$table), arg = "i")
  } else {
    find_cell(fields, i, model)
  }
  if (fields$table$status[[row]] != "ok") {
    status <- fields$table$status[[row]]
    gmm_abort(
      c(
        paste(
          "There is no fit of {.val {fields$table$model[[row]]}}",
          "with {fields$table$k[[row]]} component{?s}."
        ),
        x = "{status_words[[status]]}."
      ),
      "degenerate"
    )
  }
  best <- fields$best
  if (best$k == fields$table$k[[row]] && best$model == fields$table$model[[row]]) {
    return(best)
  }
  selection_fit(fields, row)
}

# For what goes through a list: str(), lapply().
#' @export
as.list.gmm_selection <- function(x, ...) unclass(x)

#' @importFrom utils str
#' @export
str.gmm_selection <- function(object, ...) {
  utils::str(unclass(object)[c("table", "best", "criterion", "n", "d", "call")], ...)
}

find_cell <- function(selection, k, model, call = rlang::caller_env()) {
  k <- check_count(k, arg = "k", call = call)
  model <- check_model(model, selection$d, call)
  row <- which(selection$table$k == k & selection$table$model == model)
  if (length(row) == 0L) {
    gmm_abort(
      c(
        "The grid has no fit of {.val {model}} with {k} component{?s}.",
        i = "{.code update(selection, k = , models = )} adds to it."
      ),
      "input", call = call
    )
  }
  row
}

#' Print and summarise a selection
#'
#' `print()` says which fit is best and by how much, and shows the best five. `summary()` shows the
#' criterion of the whole grid, the best fit by each criterion, and why fits are missing.
#'
#' @param x,object A selection of [gmm_select()].
#' @param n Number of fits that are shown.
#' @param row.names,optional As for [as.data.frame()]; no effect.
#' @param ... Not used.
#' @returns `print()` returns its argument invisibly, `format()` a character vector of lines,
#'   `summary()` an object of class `summary.gmm_selection`: a list with `criterion`, `values` (a
#'   matrix, a row a number of components and a column a model), `best` (a row of the table for
#'   each criterion) and `missing` (the rows without a fit). `as.data.frame()` and `tidy()` return
#'   the table, of [gmm_select()].
#' @family methods of a selection
#' @name print.gmm_selection
#' @examples
#' set.seed(1)
#' selection <- gmm_select(faithful, k = 1:4)
#' summary(selection)
#' head(as.data.frame(selection))
NULL

#' @rdname print.gmm_selection
#' @export
print.gmm_selection <- function(x, ...) {
  cat(format(x, ...), sep = "\n")
  invisible(x)
}

#' @rdname print.gmm_selection
#' @export
format.gmm_selection <- function(x, n = 5, ...) {
  check_dots_unused(...)
  n <- check_count(n)
  rows <- without_twins(x$table, ranking(x$table, x$criterion))
  c(
    format_grid(x),
    format_verdict(x$table, x$criterion),
    format_doubts(x),
    "",
    if (min(n, length(rows)) == 1L) "The best:" else sprintf("The best %d:", min(n, length(rows))),
    format_cells(x$table[utils::head(rows, n), ]),
    format_missing(x$table),
    format_failed(x$table)
  )
}

format_grid <- function(x) {
  c(
    sprintf(
      "Selection among %s: %s, %s",
      count_of(nrow(x$table), "Gaussian mixture"),
      count_of(length(unique(x$table$k)), "number of components", "numbers of components"),
      count_of(length(unique(x$table$model)), "covariance model")
    ),
    paste0(
      format_rows(x$n, x$grid$cases$n, x$grid$about$facts$weights), ", ",
      count_of(x$d, "variable"), if (x$best$equal_proportions) "; equal proportions"
    ),
    format_facts(x$grid$about$missing, x$grid$about$labels$classes, x$grid$about$facts$region),
    if (!is.null(x$grid$prior)) paste0("prior: ", format_prior(x$grid$prior))
  )
}

format_verdict <- function(table, criterion) {
  rows <- without_twins(table, ranking(table, criterion))
  values <- table[[criterion]][rows]
  best <- table[rows[[1]], ]
  paste0(
    sprintf(
      "%s is smallest for %s with %s: %s", criterion, best$model, count_of(best$k, "component"),
      decimals(values[[1]], 2)
    ),
    if (length(rows) > 1L) {
      sprintf(", %s less than the next", decimals(values[[2]] - values[[1]], 2))
    },
    if (length(rows) > 1L && criterion == "CV") {
      sprintf(" (standard error %s)", decimals(table$CV_se[[rows[[2]]]], 2))
    }
  )
}

# What speaks against taking the best as it is.
format_doubts <- function(x) {
  best <- x$best
  k <- unique(x$table$k)
  rows <- x$grid$cases$rows
  most <- max(k[k <= rows])
  c(
    format_unfit_columns(x),
    if (best$k == most && length(k) > 1L && most < rows) {
      sprintf(
        "That is the most components of the grid: update(selection, k = %d:%d) goes on.",
        most + 1L, most + 3L
      )
    },
    if (best$df > nobs(x) / 2) {
      format_many_parameters(x)
    },
    format_tight(best)
  )
}

format_many_parameters <- function(x) {
  several <- x$best$k > 1L
  remedies <- c(
    if (x$criterion != "CV") "criterion = \"CV\" tells",
    if (several && is.null(x$grid$prior)) "prior = gmm_prior() holds components back"
  )
  text <- paste0(
    sprintf(
      "Mind that it has %s for %s: %snew rows may not be like these.",
      count_of(x$best$df, "parameter"), count_of(signif(nobs(x), 7), "row"),
      if (several) "other seeds may find other fits, and " else ""
    ),
    if (length(remedies) > 0L) paste0(" ", paste(remedies, collapse = "; "), ".")
  )
  strwrap(text, exdent = 2)
}

# Columns that models cannot hold, where there are more rows than columns: else these are to blame.
format_unfit_columns <- function(x) {
  values <- x$grid$x
  if (is.null(values) || nrow(values) <= ncol(values)) {
    return(NULL)
  }
  constant <- if (any(x$table$status == "constant")) constant_columns(values)
  collinear <- vapply(x$cells[x$table$status == "collinear"], function(cell) {
    cell$result$status$index
  }, 0L)
  collinear <- variable_names(values)[sort(unique(collinear))]
  strwrap(
    c(
      if (length(constant) > 0L) {
        sprintf(
          "Mind that %s constant, which spherical models alone can hold: leave %s out.",
          are_columns(constant), if (length(constant) == 1L) "it" else "them"
        )
      },
      if (length(collinear) > 0L) {
        sprintf(
          "Mind that %s a linear combination of those before, which %s: leave %s out.",
          are_columns(collinear), "models with whole covariances cannot hold",
          if (length(collinear) == 1L) "it" else "them"
        )
      }
    ),
    exdent = 2
  )
}

are_columns <- function(names) {
  if (length(names) == 1L) {
    sprintf("column `%s` is", names)
  } else {
    sprintf("columns %s are", paste0("`", names, "`", collapse = ", "))
  }
}

# The columns that are shown, as text.
shown_cells <- function(table) {
  shown <- data.frame(
    k = table$k, model = table$model, loglik = decimals(table$loglik, 3), df = table$df,
    BIC = decimals(table$BIC, 2), AIC = decimals(table$AIC, 2), ICL = decimals(table$ICL, 2)
  )
  shown$CV <- if (!is.null(table$CV)) decimals(table$CV, 2)
  shown
}

format_cells <- function(table) {
  utils::capture.output(print(shown_cells(table), row.names = FALSE))
}

format_missing <- function(table) {
  missing <- table$status != "ok"
  if (any(missing)) {
    strwrap(
      sprintf(
        "%s no proper fit (%s)",
        if (sum(missing) == 1L) "One has" else paste(sum(missing), "have"),
        status_counts(table$status)
      ),
      exdent = 2
    )
  }
}

format_failed <- function(table) {
  failed <- sum(table$status == "ok" & table$CV_failed > 0L)
  if (failed > 0L) {
    sprintf(
      "%s no CV: no proper fit without some fold",
      if (failed == 1L) "One has" else paste(failed, "have")
    )
  }
}

#' @rdname print.gmm_selection
#' @export
summary.gmm_selection <- function(object, ...) {
  check_dots_unused(...)
  table <- object$table
  k <- unique(table$k)
  models <- unique(table$model)
  values <- matrix(NA_real_, length(k), length(models), dimnames = list(k = k, model = models))
  values[cbind(match(table$k, k), match(table$model, models))] <- table[[object$criterion]]
  criteria <- criteria_of(table)
  best <- table[vapply(criteria, function(name) ranking(table, name)[[1]], 0L), ]
  structure(
    list(
      header = format_grid(object),
      verdict = c(format_verdict(table, object$criterion), format_doubts(object)),
      criterion = object$criterion, values = values,
      best = data_frame(c(list(criterion = criteria), as.list(best))),
      missing = table[table$status != "ok", ], failed = format_failed(table)
    ),
    class = "summary.gmm_selection"
  )
}

#' @rdname print.gmm_selection
#' @export
print.summary.gmm_selection <- function(x, ...) {
  cat(x$header, x$verdict, "", paste0(x$criterion, ":"), sep = "\n")
  shown <- x$values
  shown[] <- ifelse(is.na(shown), "-", decimals(shown, 1))
  print(shown, quote = FALSE, right = TRUE)
  cat("\nThe best by each criterion:", sep = "\n")
  print(cbind(" " = x$best$criterion, shown_cells(x$best)), row.names = FALSE)
  lines <- c(format_missing(x$missing), x$failed)
  if (length(lines) > 0L) cat("", lines, sep = "\n")
  invisible(x)
}

#' @rdname print.gmm_selection
#' @export
as.data.frame.gmm_selection <- function(x, row.names = NULL, # nolint: object_name_linter.
                                        optional = FALSE, ...) {
  check_dots_unused(...)
  x$table
}

#' @rdname print.gmm_selection
#' @export
tidy.gmm_selection <- function(x, ...) {
  check_dots_unused(...)
  x$table
}

# What is asked of the best fit.
#' @export
predict.gmm_selection <- function(object, ...) stats::predict(object$best, ...)

#' @export
fitted.gmm_selection <- function(object, ...) stats::fitted(object$best, ...)

#' @export
residuals.gmm_selection <- function(object, ...) stats::residuals(object$best, ...)

#' @export
simulate.gmm_selection <- function(object, nsim = 1, seed = NULL, ...) {
  stats::simulate(object$best, nsim = nsim, seed = seed, ...)
}

#' @export
coef.gmm_selection <- function(object, ...) stats::coef(object$best, ...)

#' @export
logLik.gmm_selection <- function(object, ...) stats::logLik(object$best, ...)

#' @export
nobs.gmm_selection <- function(object, ...) object$grid$cases$n

#' @export
augment.gmm_selection <- function(x, ...) augment(x$best, ...)

#' @export
glance.gmm_selection <- function(x, ...) glance(x$best, ...)

#' Add to a selection
#'
#' @param object A selection of [gmm_select()].
#' @param k,models Numbers of components and covariance models to add: each with each that is
#'   there, too. Fits that are there are kept as they are, but for those that a new one shows to be
#'   improved on.
#' @param criterion Another criterion.
#' @param folds,repeats Of cross-validation, as for [gmm_select()]; fits that are added are
#'   validated by the folds that there are, unless new ones are asked for.
#' @param ... Not used.
#' @returns A selection of the larger grid.
#' @section Errors:
#' `gaussmix_error_no_data` when the selection does not keep its data.
#' @family methods of a selection
#' @export
#' @examples
#' set.seed(1)
#' selection <- gmm_select(faithful, k = 1:3, models = c("EEE", "VVV"))
#' update(selection, k = 4:5)
#' update(selection, criterion = "ICL")
update.gmm_selection <- function(object, k = NULL, models = NULL, criterion = NULL, folds = NULL,
                                 repeats = NULL, ...) {
  check_dots_unused(...)
  env <- rlang::current_env()
  grid <- object$grid
  criterion <- check_choice(
    criterion %||% object$criterion, c(plain_criteria, "CV"), "criterion"
  )
  wanted_folds <- NULL
  if (is.null(grid$folds) || !is.null(folds) || !is.null(repeats)) {
    # More repeats are of as many folds as there are.
    wanted_folds <- check_folds(
      folds %||% grid$asked_folds$folds, repeats, criterion,
      rows_that_count(grid$about$facts, object$n), env
    )
  }
  least <- max(1L, length(grid$about$labels$levels))
  if (!is.null(k)) {
    k <- check_numbers_of_components(k, Inf, env, least)
    if (!is.null(grid$about$labels)) {
      check_classes_and_k(least, grid$about$labels$open, min(k), env)
    }
  }
  k <- check_numbers_of_components(c(object$table$k, k), grid$cases$rows, env, least)
  equal <- object$cells[[1]]$spec$equal_proportions
  if (!is.null(models)) {
    models <- vapply(check_models(models, object$d, equal, env), `[[`, "", "model")
  }
  specs <- check_models(unique(c(object$table$model, models)), object$d, equal, env)
  wanted <- cross_cells(k, specs)
  key <- function(cells) vapply(cells, function(cell) paste(cell$k, cell$spec$model), "")
  known <- match(key(wanted), key(object$cells))
  if (is.null(grid$x)) {
    gmm_abort(
      "The selection does not keep its data ({.code keep_data = FALSE}).", "no_data"
    )
  }
  grid$env <- env
  grid$engine <- choose_engine(grid$control, env)
  cells <- wanted
  cells[!is.na(known)] <- object$cells[known[!is.na(known)]]
  filled <- fill_grid(cells, grid, wanted_folds)
  grid <- filled$grid
  grid$call$k <- as.double(k)
  grid$call$models <- vapply(specs, `[[`, "", "model")
  grid$call$criterion <- criterion
  asked_folds <- if (criterion == "CV") grid$asked_folds
  grid$call$folds <- asked_folds$folds
  grid$call$repeats <- asked_folds$repeats
  new_selection(filled$cells, criterion, grid)
}
