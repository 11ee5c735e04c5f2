# Which number of components, which covariance model: a grid of fits. The search is in
# src/select.c; what comes after it, on all rows and one cell at a time, is here.

#' Select the number of components and the covariance model
#'
#' @description
#' Fits every covariance model with every number of components that is asked for, and says
#' which fit is best by a criterion. One search serves the whole grid: models that contain
#' others start from what these have found, and numbers of components from their neighbours.
#'
#' @details
#' # The search
#' Starts are drawn once for each number of components. The grid is gone through upwards, from
#' small models to those that contain them and from few components to many, and downwards again.
#' A fit begins at some of the starts, at what its neighbours among the models have found, and at
#' their components in halves, or merged. Where there are many rows this is on a sample of them,
#' and the best three solutions of each fit are finished on all. The fit that the criterion
#' prefers is then searched once more, as [gmm_fit()] does. A model that ended below one that it
#' contains is fitted again from there, so that it ends above, unless that leads to a solution that
#' is not proper (see [gmm_control()]: models differ in how many rows a component needs).
#'
#' # Criteria
#' Of all of them smaller is better. With the log-likelihood \eqn{\ell}{l}, its number of free
#' parameters `df`, n rows and the responsibilities \eqn{r_{ij}}{r_ij},
#' \describe{
#' \item{`"BIC"`}{\eqn{-2 \ell + df \log n}{-2 l + df log n}, an approximation to what the data
#'   say for a model (Schwarz 1978). With more rows it finds the number of components of the
#'   density, and is the one to take unless there is a reason for another.}
#' \item{`"AIC"`}{\eqn{-2 \ell + 2 df}{-2 l + 2 df}, for prediction of new rows (Akaike 1974). It
#'   tends to more components.}
#' \item{`"ICL"`}{\eqn{BIC - 2 \sum_{ij} r_{ij} \log r_{ij}}{BIC - 2 sum r_ij log r_ij}: BIC with
#'   twice the entropy of the responsibilities, for clusters that are apart (Biernacki et al. 2000).
#'   It tends to fewer components. mclust's `icl()` takes the logarithms of each row's largest
#'   responsibility instead, with the opposite sign.}
#' }
#' [stats::BIC()] and [stats::AIC()] of a fit are the same numbers; mclust reports BIC with the
#' opposite sign. Fits that are equal by the criterion are ordered by their number of parameters,
#' then by their number of components.
#'
#' @inheritParams gmm_fit
#' @param k Numbers of components: whole numbers.
#' @param models Covariance models, by any of their names (see [gmm_models()]); `NULL`: all, for
#'   one variable `"E"` and `"V"`.
#' @param criterion `"BIC"`, `"AIC"` or `"ICL"`.
#' @param nstart Number of starts that are drawn for each number of components. `NULL`: 12.
#' @param control A list made by [gmm_control()], for the limits, tolerances, `sample`, `threads`
#'   and `simd`; how thorough the search of the grid is, is its own.
#' @returns An object of class `gmm_selection`: a list with
#'   \describe{
#'   \item{`table`}{a data frame with a row a fit: `k`, `model`, `loglik`, `df`, `BIC`, `AIC`, `ICL`
#'     and `status`: `"ok"`, or why there is none. `as.data.frame()` and `tidy()` give it.}
#'   \item{`best`}{the fit that the criterion prefers, of class `gmm_fit`}
#'   \item{`criterion`, `n`, `d`, `call`}{what was asked for}
#'   }
#'   `selection[[i]]` is the fit of the i-th row of the table, `selection[[k, model]]` that of a
#'   number of components and a model. [predict()][predict.gmm_fit], [fitted()], [residuals()],
#'   [simulate()][simulate.gmm_fit], [coef()], [logLik()], [nobs()], [augment()] and [glance()] are
#'   those of the best fit; there are methods for [print()], [summary()], [plot()] and
#'   [autoplot()][autoplot.gmm_selection], and [update()][update.gmm_selection] adds to the grid.
#' @section Errors:
#' As [gmm_fit()]; `gaussmix_error_degenerate` when there is no proper fit in the whole grid.
#' @references
#' Akaike, H. (1974). A new look at the statistical model identification. *IEEE Transactions on
#' Automatic Control* 19, 716-723.
#'
#' Biernacki, C., Celeux, G. and Govaert, G. (2000). Assessing a mixture model for clustering with
#' the integrated completed likelihood. *IEEE Transactions on Pattern Analysis and Machine
#' Intelligence* 22, 719-725.
#'
#' Schwarz, G. (1978). Estimating the dimension of a model. *Annals of Statistics* 6, 461-464.
#' @family fitting
#' @export
#' @examples
#' set.seed(1)
#' selection <- gmm_select(faithful, k = 1:4)
#' selection
#' selection$best
#' selection[[2, "EEE"]]
gmm_select <- function(x, ...) {
  UseMethod("gmm_select")
}

#' @rdname gmm_select
#' @export
gmm_select.default <- function(x, k = 1:9, models = NULL, criterion = c("BIC", "AIC", "ICL"), ...,
                               equal_proportions = NULL, nstart = NULL, prior = NULL,
                               control = gmm_control(), keep_data = TRUE) {
  check_dots_unused(...)
  call <- match.call()
  x <- as_data_matrix(x)
  select_matrix(
    x, k, models, criterion, equal_proportions, nstart, prior, control, keep_data, call
  )
}

#' @rdname gmm_select
#' @export
gmm_select.formula <- function(x, data = NULL, k = 1:9, models = NULL,
                               criterion = c("BIC", "AIC", "ICL"), ..., equal_proportions = NULL,
                               nstart = NULL, prior = NULL, control = gmm_control(),
                               keep_data = TRUE) {
  check_dots_unused(...)
  call <- match.call()
  terms <- check_formula(x, data)
  x <- matrix_from_terms(terms, data, "data")
  select_matrix(
    x, k, models, criterion, equal_proportions, nstart, prior, control, keep_data, call, terms
  )
}

selection_criteria <- c("BIC", "AIC", "ICL")

select_matrix <- function(x, k, models, criterion, equal_proportions, nstart, prior, control,
                          keep_data, call, terms = NULL, env = rlang::caller_env()) {
  k <- check_numbers_of_components(k, nrow(x), env)
  specs <- check_models(models, ncol(x), equal_proportions, env)
  criterion <- check_choice(criterion, selection_criteria, call = env)
  nstart <- if (is.null(nstart)) 12L else check_count(nstart, max = 1e4L, call = env)
  control <- check_control(control, env)
  prior <- check_prior(prior, env)
  keep_data <- check_flag(keep_data, call = env)
  call[[1]] <- quote(gmm_select)
  grid <- list(
    x = x, variables = variable_names(x), engine = choose_engine(control, env), control = control, prior = prior,
    nstart = nstart, keep_data = keep_data, terms = terms, call = call, env = env
  )
  cells <- unlist(lapply(k, function(k) {
    lapply(specs, function(spec) list(k = k, spec = spec))
  }), recursive = FALSE)
  cells <- search_grid(cells, grid)
  new_selection(cells, criterion, grid)
}

# Whole numbers, each once, of components that there are rows for.
check_numbers_of_components <- function(k, n, call) {
  whole <- is.numeric(k) && length(k) > 0L && !anyNA(k) && all(k >= 1 & k == round(k))
  if (!whole) {
    gmm_abort(
      c(
        "{.arg k} must be whole numbers of at least 1, not {.obj_type_friendly {k}}.",
        i = "For example {.code k = 1:9}."
      ),
      "input", call = call
    )
  }
  if (min(k) > n) {
    gmm_abort(
      c("There are fewer rows than components.", x = "{n} row{?s}, {.arg k} is {k}."),
      "size", call = call
    )
  }
  sort(unique(as.integer(k)))
}

check_models <- function(models, d, equal_proportions, call) {
  if (is.data.frame(models) && "model" %in% names(models)) {
    models <- models$model
    several <- nchar(models) > 1L
    models <- models[if (d == 1L) !several else several]
  }
  if (is.null(models)) {
    known <- model_table()$name
    models <- known[if (d == 1L) nchar(known) == 1L else nchar(known) > 1L]
  }
  if (!is.character(models) || length(models) == 0L || anyNA(models)) {
    gmm_abort(
      c(
        "{.arg models} must be names of covariance models, not {.obj_type_friendly {models}}.",
        i = "{.fn gmm_models} lists them."
      ),
      "model", call = call
    )
  }
  specs <- lapply(unique(models), resolve_spec, d, equal_proportions, call)
  specs[!duplicated(vapply(specs, `[[`, "", "model"))]
}

# ---- The grid ------------------------------------------------------------------------

# The knobs of the search of a grid, chosen by measurement: short runs of a few iterations, no
# moves, and hardly more starts where a few agree.
grid_effort <- list(short_iter = 5L, n_moves = 0L, n_enough = 3L)

# What became of each cell: a list of the core's result, as gmm_fit() has it.
search_grid <- function(cells, grid) {
  x <- grid$x
  control <- grid$control
  control[names(grid_effort)] <- grid_effort
  # One sample for all, which is enough for the most components.
  most <- max(vapply(cells, `[[`, 0L, "k"))
  control$sample <- control$sample %||% default_sample(nrow(x), ncol(x), most)
  possible <- vapply(cells, function(cell) cell$k <= nrow(x), NA)
  asked <- lapply(cells[possible], function(cell) {
    settings <- engine_control(
      control, grid$engine, "mixed", grid$nstart, cell$spec$model, nrow(x), ncol(x), cell$k,
      grid$prior
    )
    list(k = cell$k, spec = cell$spec, control = settings)
  })
  settings <- asked[[length(asked)]]$control
  settings$nstart <- grid$nstart
  settings$sample <- as.double(control$sample)
  bar <- cli::cli_progress_bar("Searching", total = 1, .auto_close = FALSE)
  on.exit(cli::cli_progress_done(id = bar))
  found <- .Call(C_gmm_select, x, asked, settings, function(share) {
    cli::cli_progress_update(set = share * 0.9, id = bar)
  })
  cells[possible] <- Map(function(cell, found) {
    cell$result <- found$result
    cell$kept <- found$kept
    cell
  }, cells[possible], found)
  cells[!possible] <- lapply(cells[!possible], function(cell) {
    cell$result <- list(status = list(code = "rows", index = NA_integer_))
    cell
  })
  for (i in seq_along(cells)) {
    if (length(cells[[i]]$kept) > 0L) {
      cells[[i]]$result <- finish_on_all(cells[[i]], grid)
      cli::cli_progress_update(set = 0.9 + 0.1 * i / length(cells), id = bar)
    }
    cells[[i]]$kept <- NULL
  }
  keep_nesting(cells, grid)
}

has_answer <- function(cell) !is.null(cell$result$winner)

# A run on all rows from given parameters.
run_from <- function(cell, parameters, grid) {
  settings <- engine_control(
    grid$control, grid$engine, "kmeans", 1L, cell$spec$model, nrow(grid$x), ncol(grid$x), cell$k,
    grid$prior, given = TRUE
  )
  .Call(C_gmm_fit, grid$x, cell$k, cell$spec, parameters, settings)
}

# The better of two results, with the runs of both.
better_result <- function(known, new, family) {
  new$starts$family[] <- run_families[[family]]
  better <- !is.null(new$winner) && (is.null(known$winner) || new$loglik > known$loglik)
  before <- length(known$starts$n)
  starts <- Map(c, known$starts, new$starts)
  if (better) {
    known <- new
    known$winner <- new$winner + before
  }
  known$starts <- starts
  known
}

# From a sample to all rows: the best few solutions to their end.
finish_on_all <- function(cell, grid) {
  result <- cell$result
  result$winner <- NULL
  for (parameters in cell$kept) {
    result <- better_result(result, run_from(cell, parameters, grid), "sample")
  }
  result
}

# A model that ended below one that it contains begins again from there, from small models to
# large ones. Where that leads to nothing proper, it stays where it is: what it contains may need
# fewer rows in a component.
keep_nesting <- function(cells, grid) {
  models <- vapply(cells, function(cell) cell$spec$model, "")
  k <- vapply(cells, `[[`, 0L, "k")
  contains <- model_contains(models)
  tolerance <- same_maximum(nrow(grid$x))
  for (i in order(rowSums(contains), k)) {
    inside <- which(contains[i, ] & k == k[[i]])
    inside <- inside[vapply(cells[inside], has_answer, NA)]
    if (length(inside) == 0L || !has_answer(cells[[i]])) {
      next
    }
    best <- inside[[which.max(vapply(cells[inside], function(cell) cell$result$loglik, 0))]]
    bar <- cells[[best]]$result$loglik - tolerance
    if (cells[[i]]$result$loglik < bar) {
      new <- run_from(cells[[i]], cells[[best]]$result$parameters, grid)
      cells[[i]]$result <- better_result(cells[[i]]$result, new, "neighbour")
    }
  }
  cells
}

# Whether each model (a row) contains each other (a column): of the three letters, each leaves a
# component as much freedom, or more.
model_contains <- function(models) {
  freedom <- c(I = 0, E = 1, V = 2)
  letters <- strsplit(models, "")
  contains <- outer(models, models, "!=")
  for (i in seq_along(letters[[1]])) {
    of_letter <- freedom[vapply(letters, `[[`, "", i)]
    contains <- contains & outer(of_letter, of_letter, ">=")
  }
  contains
}

# ---- The object ------------------------------------------------------------------------

selection_table <- function(cells, grid) {
  d <- ncol(grid$x)
  number <- function(cell, name) {
    if (has_answer(cell)) cell$result[[name]] else NA_real_
  }
  table <- data_frame(list(
    k = vapply(cells, `[[`, 0L, "k"),
    model = vapply(cells, function(cell) cell$spec$model, ""),
    loglik = vapply(cells, number, 0, "loglik"),
    df = vapply(cells, function(cell) model_df(cell$spec, d, cell$k), 0)
  ))
  table$BIC <- -2 * table$loglik + table$df * log(nrow(grid$x))
  table$AIC <- -2 * table$loglik + 2 * table$df
  table$ICL <- table$BIC + 2 * vapply(cells, number, 0, "entropy")
  table$status <- vapply(cells, function(cell) {
    if (has_answer(cell)) "ok" else cell$result$status$code
  }, "")
  table
}

# The rows of a table from the best on; without those that have no fit.
ranking <- function(table, criterion) {
  order <- order(table[[criterion]], table$df, table$k)
  order[!is.na(table[[criterion]][order])]
}

new_selection <- function(cells, criterion, grid) {
  table <- selection_table(cells, grid)
  if (all(is.na(table$loglik))) {
    abort_selection(cells, grid)
  }
  # The best is searched as gmm_fit() does, until that is the best.
  searched <- integer()
  while (!(best <- ranking(table, criterion)[[1]]) %in% searched) {
    searched <- c(searched, best)
    cells[[best]]$result <- search_again(cells[[best]], grid)
    cells <- keep_nesting(cells, grid)
    table <- selection_table(cells, grid)
  }
  selection <- list(
    table = table, criterion = criterion, n = nrow(grid$x), d = ncol(grid$x),
    call = grid$call, cells = cells, grid = grid[names(grid) != "env"]
  )
  selection$best <- selection_fit(selection, best)
  if (!grid$keep_data) {
    selection$grid["x"] <- list(NULL)
  }
  if (!selection$best$converged && grid$control$tol > 0) {
    warn_not_converged(selection$best$n_iter)
  }
  class(selection) <- "gmm_selection"
  selection
}

# What gmm_fit() finds, where that is better.
search_again <- function(cell, grid) {
  begin <- list(method = "mixed", parameters = NULL)
  result <- core_search(
    grid$x, cell$k, cell$spec, begin, NULL, grid$prior, grid$control, grid$engine
  )
  known <- cell$result
  tie <- same_maximum(nrow(grid$x))
  if (is.null(result$winner) || result$loglik <= known$loglik + tie) {
    # The runs of the search are there, whichever found it.
    known$starts <- Map(c, known$starts, result$starts)
    return(known)
  }
  result$winner <- result$winner + length(known$starts$n)
  result$starts <- Map(c, known$starts, result$starts)
  result
}

# The fit of the i-th cell.
selection_fit <- function(selection, i) {
  cell <- selection$cells[[i]]
  grid <- selection$grid
  call <- grid$call
  call[[1]] <- quote(gmm_fit)
  call[c("criterion", "models", "nstart")] <- NULL
  call$k <- as.double(cell$k)
  call$model <- cell$spec$model
  build_fit(
    cell$result, selection$n, grid$variables, cell$k, cell$spec, grid$prior, grid$engine, call,
    grid$x, grid$keep_data, grid$terms
  )
}

abort_selection <- function(cells, grid) {
  status <- cells[[1]]$result$status
  data_wide <- c("constant", "collinear", "distinct")
  codes <- vapply(cells, function(cell) cell$result$status$code, "")
  if (all(codes %in% data_wide)) {
    abort_status(status, grid$x, cells[[1]]$k, cells[[1]]$spec$model, grid$env)
  }
  gmm_abort(
    c(
      "None of the {length(cells)} fits has a proper solution.",
      x = "{status_counts(codes)}.",
      i = "Keep components from collapsing: {.code prior = gmm_prior()}.",
      i = "Or fit fewer components: {.arg k} begins with {min(vapply(cells, `[[`, 0L, 'k'))}."
    ),
    "degenerate", call = grid$env
  )
}

# What a status means, for tables.
status_words <- c(
  rows = "fewer rows than components",
  distinct = "fewer distinct rows than components",
  constant = "a column is constant",
  collinear = "columns are collinear, or rows too few",
  empty = "a component lost all its rows",
  singular = "a component collapsed",
  small = "a component holds too few rows",
  spurious = "a component is far tighter than another or the data",
  nonfinite = "a density is not finite"
)

status_counts <- function(codes) {
  codes <- codes[codes != "ok"]
  number <- sort(table(factor(codes, names(status_words))), decreasing = TRUE)
  number <- number[number > 0L]
  paste(number, status_words[names(number)], sep = ": ", collapse = "; ")
}

#' @export
`[[.gmm_selection` <- function(x, i, j) {
  fields <- unclass(x)
  if (is.character(i) && missing(j)) {
    return(fields[[i]])
  }
  row <- if (missing(j)) {
    check_count(i, max = nrow(fields$table), arg = "i")
  } else {
    find_cell(fields$table, i, j)
  }
  if (fields$table$status[[row]] != "ok") {
    status <- fields$table$status[[row]]
    gmm_abort(
      c(
        "There is no fit of {.val {fields$table$model[[row]]}} with {fields$table$k[[row]]} components.",
        x = "{status_words[[status]]}."
      ),
      "degenerate"
    )
  }
  selection_fit(fields, row)
}

find_cell <- function(table, k, model, call = rlang::caller_env()) {
  k <- check_count(k, arg = "k", call = call)
  name <- find_model(check_choice(model, unique(c(table$model, model)), "model", call, "model"))
  row <- which(table$k == k & table$model == (name %||% model))
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
  rows <- ranking(x$table, x$criterion)
  c(
    format_grid(x),
    format_verdict(x$table, x$criterion, rows),
    "",
    sprintf("The best %d:", min(n, length(rows))),
    format_cells(x$table[utils::head(rows, n), ]),
    format_missing(x$table)
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
    sprintf("%s, %s", count_of(x$n, "row"), count_of(x$d, "variable"))
  )
}

format_verdict <- function(table, criterion, rows) {
  values <- table[[criterion]][rows]
  best <- table[rows[[1]], ]
  paste0(
    sprintf(
      "%s is smallest for %s with %s: %s", criterion, best$model, count_of(best$k, "component"),
      decimals(values[[1]], 2)
    ),
    if (length(rows) > 1L) sprintf(", %s less than the next", decimals(values[[2]] - values[[1]], 2))
  )
}

format_cells <- function(table) {
  shown <- data.frame(
    k = table$k, model = table$model, loglik = decimals(table$loglik, 3), df = table$df,
    BIC = decimals(table$BIC, 2), AIC = decimals(table$AIC, 2), ICL = decimals(table$ICL, 2)
  )
  utils::capture.output(print(shown, row.names = FALSE))
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

#' @rdname print.gmm_selection
#' @export
summary.gmm_selection <- function(object, ...) {
  check_dots_unused(...)
  table <- object$table
  k <- unique(table$k)
  models <- unique(table$model)
  values <- matrix(NA_real_, length(k), length(models), dimnames = list(k = k, model = models))
  values[cbind(match(table$k, k), match(table$model, models))] <- table[[object$criterion]]
  best <- table[vapply(selection_criteria, function(name) ranking(table, name)[[1]], 0L), ]
  structure(
    list(
      header = format_grid(object), verdict = format(object, n = 1)[[3]],
      criterion = object$criterion, values = values,
      best = data_frame(c(list(criterion = selection_criteria), as.list(best))),
      missing = table[table$status != "ok", ]
    ),
    class = "summary.gmm_selection"
  )
}

#' @rdname print.gmm_selection
#' @export
print.summary.gmm_selection <- function(x, ...) {
  cat(x$header, x$verdict, "", paste0(x$criterion, ":"), sep = "\n")
  shown <- format(round(x$values, 1), nsmall = 1)
  shown[is.na(x$values)] <- "-"
  print(shown, quote = FALSE, right = TRUE)
  cat("\nThe best by each criterion:", sep = "\n")
  best <- cbind(" " = x$best$criterion, utils::read.table(
    text = format_cells(x$best), header = TRUE, colClasses = "character"
  ))
  print(best, row.names = FALSE)
  lines <- format_missing(x$missing)
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
nobs.gmm_selection <- function(object, ...) object$n

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
#' @param ... Not used.
#' @returns A selection of the larger grid.
#' @section Errors:
#' `gaussmix_error_no_data` when the selection does not keep its data and fits are to be added.
#' @family methods of a selection
#' @export
#' @examples
#' set.seed(1)
#' selection <- gmm_select(faithful, k = 1:3, models = c("EEE", "VVV"))
#' update(selection, k = 4:5)
#' update(selection, criterion = "ICL")
update.gmm_selection <- function(object, k = NULL, models = NULL, criterion = NULL, ...) {
  check_dots_unused(...)
  env <- rlang::current_env()
  grid <- object$grid
  criterion <- check_choice(criterion %||% object$criterion, selection_criteria)
  k <- check_numbers_of_components(c(object$table$k, k), object$n, env)
  equal <- object$cells[[1]]$spec$equal_proportions
  specs <- check_models(unique(c(object$table$model, models)), object$d, equal, env)
  wanted <- unlist(lapply(k, function(k) {
    lapply(specs, function(spec) list(k = k, spec = spec))
  }), recursive = FALSE)
  key <- function(cells) vapply(cells, function(cell) paste(cell$k, cell$spec$model), "")
  new <- !key(wanted) %in% key(object$cells)
  if (is.null(grid$x)) {
    gmm_abort(
      "The selection does not keep its data ({.code keep_data = FALSE}).", "no_data"
    )
  }
  grid$env <- env
  cells <- wanted
  cells[!new] <- object$cells[match(key(wanted[!new]), key(object$cells))]
  if (any(new)) {
    cells[new] <- search_grid(wanted[new], grid)
    cells <- keep_nesting(cells, grid)
  }
  grid$call$k <- as.double(k)
  grid$call$models <- vapply(specs, `[[`, "", "model")
  grid$call$criterion <- criterion
  new_selection(cells, criterion, grid)
}
