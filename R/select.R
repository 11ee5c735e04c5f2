# Which number of components, which covariance model: a grid of fits. The search is in
# src/select.c, and of all rows, one cell at a time, in select-grid.R; here are the criteria and
# the choice.

#' Select the number of components and the covariance model
#'
#' @description
#' Fits every covariance model with every number of components that is asked for, and says
#' which fit is best by a criterion. One search serves the whole grid: models that contain
#' others start from what these have found, and numbers of components from their neighbours.
#'
#' @details
#' # The search
#' A hierarchy of the rows, or of 2000 of them, gives a start for each number of components: rows
#' are merged to clusters, two at a time, by the criterion for spherical clusters that differ in
#' volume (Banfield and Raftery 1993), with a term for small ones (Fraley 1998), on variables half
#' way to sphered ones (Scrucca and Raftery 2015); with `labels` there is none. The grid is gone
#' through upwards, from small
#' models to those that contain them and from few components to many, and downwards again. A fit
#' begins at that start, at what its neighbours among the models have found, and at their
#' components in halves, or merged; where there are none, at `nstart` drawn ones. Where all that
#' leads to nothing proper, the component to blame is moved, up to 20 times. Where there are
#' many rows this is on a sample of them, and the best three solutions of each fit are finished on
#' all, to 1000 times `tol`, but not more than 1e-7, and those within 10 of the best by the
#' criterion to `tol` itself; most of the time is then that of numbers of components beyond what
#' the data hold, which converge slowly. From the fit that the criterion prefers moves are then
#' made (see [gmm_control()]), where rows are many on a sample, until 100 in a row led to nothing
#' better, or `n_moves`, and again from what they led to; and from the next two, if they are within
#' 10 of it, until 40 did not. A model that ended below one that it contains is
#' fitted again from there, so that it ends above, unless that leads to a solution that is not
#' proper, nor is made so by moving the component to blame up to 10 times (see [gmm_control()]:
#' models differ in how many rows a component needs).
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
#' \item{`"CV"`}{\eqn{-2 \sum_i \log f_{-i}(x_i)}{-2 sum log f_-i(x_i)}, the deviance of rows that
#'   a fit has not seen: rows are divided into `folds`, and those of each are scored by a fit of the
#'   others, searched from the beginning (Smyth 2000). With `repeats`, the mean over several
#'   divisions. It asks what AIC estimates without its approximation, and costs a search of the
#'   whole grid a fold. Rows that are held out are scored without their `labels`,
#'   and noise is in the box of all rows.}
#' }
#' Which one? BIC, if there is no other reason. AIC or CV where new rows are to be predicted, or a
#' density estimated: CV if rows are few for the parameters, or a model may be wrong. ICL where
#' clusters are to be told apart. Two fits whose CV differs by less than the standard error of the
#' difference, `CV_se`, predict alike as far as the data can tell: the smaller is then a common
#' choice.
#'
#' [stats::BIC()] and [stats::AIC()] of a fit are the same numbers; mclust reports BIC with the
#' opposite sign. Fits that are equal by the criterion are ordered by their number of parameters,
#' then by their number of components.
#'
#' @inheritParams gmm_fit
#' @param k Numbers of components: whole numbers. Left out: 1 to 9; with `labels` from as many as
#'   there are classes.
#' @param models Covariance models, by any of their names (see [gmm_models()]); `NULL`: all, for
#'   one variable `"E"` and `"V"`.
#' @param criterion `"BIC"`, `"AIC"`, `"ICL"` or `"CV"`.
#' @param folds Of cross-validation: how many folds are drawn, at least 2, or the fold of each row,
#'   any values, for rows that belong together. `NULL`: 10.
#' @param repeats How often folds are drawn. `NULL`: once.
#' @param equal_proportions Whether all components share one proportion, which then is not
#'   estimated. `NULL`: they are estimated, unless `models` has names that say otherwise.
#' @param nstart Number of starts that are drawn for each number of components. `NULL`: 12.
#' @param control A list made by [gmm_control()], for the limits, tolerances, `sample`, `threads`,
#'   `simd`, and `n_moves` from the best. The search of the grid is quick: where components are many
#'   for the rows, other seeds may find other fits, and [gmm_fit()] with a `k` and a `model`, whose
#'   search is thorough, a better one.
#' @returns An object of class `gmm_selection`: a list with
#'   \describe{
#'   \item{`table`}{a data frame with a row a fit: `k`, `model`, `loglik`, `df`, `BIC`, `AIC`, `ICL`
#'     and `status`: `"ok"`, or why there is none. With cross-validation also `CV`, the standard
#'     error `CV_se` of its difference from the least, and the number `CV_failed` of folds without
#'     which there is no proper fit; then `CV` is missing. `as.data.frame()` and `tidy()` give it.}
#'   \item{`best`}{the fit that the criterion prefers, of class `gmm_fit`}
#'   \item{`criterion`, `n`, `d`, `call`}{what was asked for}
#'   \item{`cells`, `grid`}{what `[[` and `update()` need}
#'   }
#'   `selection[[i]]` is the fit of the i-th row of the table, `selection[[k, model]]` that of a
#'   number of components and a model; without `keep_data` such fits, but for the best, have no
#'   classes. [predict()][predict.gmm_fit], [fitted()], [residuals()],
#'   [simulate()][simulate.gmm_fit], [coef()], [logLik()], [nobs()], [augment()] and [glance()] are
#'   those of the best fit; there are methods for [print()], [summary()], [plot()] and
#'   [autoplot()][autoplot.gmm_selection], and [update()][update.gmm_selection] adds to the grid.
#' @section Errors:
#' As [gmm_fit()]; `gaussmix_error_degenerate` when there is no proper fit in the whole grid, or
#' none that can be cross-validated.
#' @references
#' Akaike, H. (1974). A new look at the statistical model identification. *IEEE Transactions on
#' Automatic Control* 19, 716-723.
#'
#' Banfield, J. D. and Raftery, A. E. (1993). Model-based Gaussian and non-Gaussian clustering.
#' *Biometrics* 49, 803-821.
#'
#' Biernacki, C., Celeux, G. and Govaert, G. (2000). Assessing a mixture model for clustering with
#' the integrated completed likelihood. *IEEE Transactions on Pattern Analysis and Machine
#' Intelligence* 22, 719-725.
#'
#' Fraley, C. (1998). Algorithms for model-based Gaussian hierarchical clustering. *SIAM Journal on
#' Scientific Computing* 20, 270-281.
#'
#' Schwarz, G. (1978). Estimating the dimension of a model. *Annals of Statistics* 6, 461-464.
#'
#' Scrucca, L. and Raftery, A. E. (2015). Improved initialisation of model-based clustering using
#' Gaussian hierarchical partitions. *Advances in Data Analysis and Classification* 9, 447-460.
#'
#' Smyth, P. (2000). Model selection for probabilistic clustering using cross-validated likelihood.
#' *Statistics and Computing* 10, 63-72.
#' @seealso `vignette("selection", "gaussmix")`.
#' @family fitting
#' @export
#' @examples
#' set.seed(1)
#' selection <- gmm_select(faithful, k = 1:4)
#' selection
#' selection$best
#' selection[[2, "EEE"]]
#' gmm_select(faithful, k = 1:3, models = c("EEE", "VVV"), criterion = "CV", folds = 5)
gmm_select <- function(x, ...) {
  check_given(x)
  UseMethod("gmm_select")
}

#' @rdname gmm_select
#' @export
gmm_select.default <- function(x, k = 1:9, models = NULL,
                               criterion = c("BIC", "AIC", "ICL", "CV"), ..., folds = NULL,
                               repeats = NULL, equal_proportions = NULL, nstart = NULL,
                               weights = NULL, labels = NULL, noise = FALSE,
                               na_action = c("model", "omit", "fail"), prior = NULL,
                               control = gmm_control(), keep_data = TRUE) {
  check_dots_unused(...)
  call <- match.call()
  x <- as_data_matrix(x, na_ok = TRUE)
  select_matrix(
    x, if (!missing(k)) k, models, criterion, folds, repeats, equal_proportions, nstart, weights,
    labels, noise, na_action, prior, control, keep_data, call
  )
}

#' @rdname gmm_select
#' @export
gmm_select.formula <- function(x, data = NULL, k = 1:9, models = NULL,
                               criterion = c("BIC", "AIC", "ICL", "CV"), ..., folds = NULL,
                               repeats = NULL, equal_proportions = NULL, nstart = NULL,
                               weights = NULL, labels = NULL, noise = FALSE,
                               na_action = c("model", "omit", "fail"), prior = NULL,
                               control = gmm_control(), keep_data = TRUE) {
  check_dots_unused(...)
  call <- match.call()
  terms <- check_formula(x, data)
  x <- matrix_from_terms(terms, data, "data", na_ok = TRUE)
  weights <- facts_in(rlang::enquo(weights), data, "weights")
  labels <- facts_in(rlang::enquo(labels), data, "labels")
  select_matrix(
    x, if (!missing(k)) k, models, criterion, folds, repeats, equal_proportions, nstart, weights,
    labels, noise, na_action, prior, control, keep_data, call, terms
  )
}

# The criteria that need nothing but the fits, and those that a table has.
plain_criteria <- c("BIC", "AIC", "ICL")

criteria_of <- function(table) intersect(c(plain_criteria, "CV"), names(table))

# `k` is NULL where it was left out.
select_matrix <- function(x, k, models, criterion, folds, repeats, equal_proportions, nstart,
                          weights, labels, noise, na_action, prior, control, keep_data, call,
                          terms = NULL, env = rlang::caller_env()) {
  known <- check_facts(x, weights, labels, noise, na_action, NULL, env)
  cases <- find_steps(take_cases(x, known$facts))
  least <- max(1L, length(known$labels$levels))
  open <- known$labels$open %||% 9L
  k <- k %||% seq.int(least, min(max(9L, least), least + open))
  k <- check_numbers_of_components(k, cases$rows, env, least)
  if (!is.null(known$labels)) {
    check_classes_and_k(least, open, min(k), env)
  }
  specs <- check_models(models, ncol(x), equal_proportions, env)
  criterion <- check_choice(criterion, c(plain_criteria, "CV"), call = env)
  folds <- check_folds(folds, repeats, criterion, rows_that_count(known$facts, nrow(x)), env)
  nstart <- if (is.null(nstart)) 12L else check_count(nstart, max = 1e4L, call = env)
  control <- check_control(control, env)
  prior <- check_prior(prior, env)
  keep_data <- check_flag(keep_data, call = env)
  call[[1]] <- quote(gmm_select)
  about <- c(known, describe_cases(x, cases))
  grid <- list(
    x = x, about = about, cases = cases,
    engine = choose_engine(control, env), control = control, prior = prior,
    nstart = nstart, keep_data = keep_data, terms = terms, call = call, env = env
  )
  filled <- fill_grid(cross_cells(k, specs), grid, folds)
  new_selection(filled$cells, criterion, filled$grid)
}

# Each number of components with each model.
cross_cells <- function(k, specs) {
  unlist(lapply(k, function(k) {
    lapply(specs, function(spec) list(k = k, spec = spec))
  }), recursive = FALSE)
}

# Searches the cells that have not been, and cross-validates those that have not been where folds
# are `wanted`, or were: then all cells have the same. The grid has them afterwards.
fill_grid <- function(cells, grid, wanted = NULL) {
  new <- vapply(cells, function(cell) is.null(cell$result), NA)
  searches <- c(
    any(new),
    if (!is.null(wanted)) n_searches(wanted) else if (!is.null(grid$folds)) n_folds(grid$folds)
  )
  progress <- search_progress(sum(searches))
  on.exit(progress$close())
  if (any(new)) {
    cells[new] <- search_grid(cells[new], grid, progress$report)
    progress$step()
    cells <- keep_nesting(cells, grid)
  }
  if (!is.null(wanted)) {
    grid$folds <- draw_folds(wanted, rows_that_count(grid$about$facts, nrow(grid$x)))
    grid$asked_folds <- wanted$asked
    cells <- lapply(cells, function(cell) cell[names(cell) != "held_out"])
  }
  if (!is.null(grid$folds)) {
    cells <- cross_validate(cells, grid, progress)
  }
  list(cells = cells, grid = grid)
}

# Whole numbers, each once, of components that there are rows for, and of one for each known class.
check_numbers_of_components <- function(k, n, call, least = 1L) {
  whole <- function(k) !is.na(k) & k >= 1 & k == round(k) & k <= .Machine$integer.max
  if (!is.numeric(k) || length(k) == 0L || !all(whole(k))) {
    wrong <- if (is.numeric(k)) k[!whole(k)]
    gmm_abort(
      c(
        "{.arg k} must be whole numbers of at least 1.",
        x = if (length(wrong) > 0L) "It has {.val {wrong}}." else "It is {.obj_type_friendly {k}}.",
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
  if (min(k) < least) {
    gmm_abort(
      c(
        "{.arg labels} has {least} classes, more than {min(k)} component{?s}.",
        i = paste(
          "Each class is a component, and there may be others besides:",
          "{.code k = {least}:{max(9, least + 2)}}."
        )
      ),
      "labels", call = call
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
        x = if (is.character(models) && anyNA(models)) {
          "{sum(is.na(models))} of them {?is/are} missing."
        },
        i = "{.fn gmm_models} lists them."
      ),
      "model", call = call
    )
  }
  specs <- lapply(unique(models), resolve_spec, d, equal_proportions, call)
  equal <- vapply(specs, `[[`, NA, "equal_proportions")
  if (length(unique(equal)) > 1L) {
    gmm_abort(
      c(
        "Models of one selection must all have free proportions, or all equal ones.",
        x = "{.val {unique(models)[equal]}} mean{?s/} equal ones.",
        i = "Use names without proportions, and {.arg equal_proportions}."
      ),
      "model", call = call
    )
  }
  specs[!duplicated(vapply(specs, `[[`, "", "model"))]
}

selection_table <- function(cells, grid) {
  d <- ncol(grid$x)
  number <- function(cell, name) {
    if (has_answer(cell)) cell$result[[name]] else NA_real_
  }
  table <- data_frame(list(
    k = vapply(cells, `[[`, 0L, "k"),
    model = vapply(cells, function(cell) cell$spec$model, ""),
    loglik = vapply(cells, number, 0, "loglik"),
    df = vapply(cells, function(cell) model_df(cell$spec, d, cell$k), 0) +
      !is.null(grid$about$facts$region)
  ))
  table$BIC <- -2 * table$loglik + table$df * log(grid$cases$n)
  table$AIC <- -2 * table$loglik + 2 * table$df
  table$ICL <- table$BIC + 2 * vapply(cells, number, 0, "entropy")
  if (!is.null(grid$folds)) {
    table[c("CV", "CV_se", "CV_failed")] <- cv_columns(cells, grid)
  }
  table$status <- vapply(cells, function(cell) {
    if (has_answer(cell)) "ok" else cell$result$status$code
  }, "")
  table
}

# The rows of a table from the best on; without those that have no fit.
ranking <- function(table, criterion) {
  # Rounding does not decide among fits that are the same.
  order <- order(signif(table[[criterion]], 10), table$df, table$k)
  order[!is.na(table[[criterion]][order])]
}

# The same rows without fits that are one fit by several names: all spherical models with one
# component are, and so are the diagonal ones and the rest.
without_twins <- function(table, rows) {
  key <- paste(table$df[rows], ifelse(table$k[rows] == 1L, "one", rows))
  rows[!duplicated(key)]
}

# The table of cells, of which one at least can be chosen.
choosable <- function(cells, criterion, grid) {
  table <- selection_table(cells, grid)
  if (all(is.na(table$loglik))) {
    abort_selection(cells, grid)
  }
  if (all(is.na(table[[criterion]]))) {
    abort_folds(grid)
  }
  table
}

# A criterion this much larger than the smallest is not in doubt, whatever a fit still gains.
within_reach <- 10

# Fits that are searched again, at most: the best, and those that may turn out to be it.
n_rivals <- 3L

# The cell to be searched again next: of those that come first, one that has not been, or the best
# if it has gained something since. NULL: none. `searched` is what was maximised then.
next_rival <- function(cells, table, criterion, searched) {
  rows <- without_twins(table, ranking(table, criterion))
  near <- table[[criterion]][rows] - table[[criterion]][[rows[[1]]]] < within_reach
  rivals <- utils::head(rows[near], n_rivals)
  open <- is.na(searched[rivals])
  open[[1]] <- open[[1]] || maximised(cells[[rivals[[1]]]]$result) > searched[[rivals[[1]]]]
  if (any(open)) rivals[open][[1]]
}

new_selection <- function(cells, criterion, grid) {
  table <- choosable(cells, criterion, grid)
  searched <- rep(NA_real_, length(cells))
  # Those that may be the best are taken to their end, and searched again.
  repeat {
    best <- ranking(table, criterion)[[1]]
    behind <- table[[criterion]] - table[[criterion]][[best]]
    loose <- vapply(cells, function(cell) isTRUE(cell$loose), NA)
    near <- which(loose & behind < within_reach)
    rival <- if (length(near) == 0L) next_rival(cells, table, criterion, searched)
    if (length(near) > 0L) {
      cells[near] <- lapply(cells[near], polish, grid)
    } else if (!is.null(rival)) {
      searched[[rival]] <- maximised(cells[[rival]]$result)
      moves <- if (rival == best) moves_again else moves_rival
      cells[[rival]]$result <- search_again(cells[[rival]], grid, moves)
      if (maximised(cells[[rival]]$result) <= searched[[rival]]) {
        next
      }
    } else {
      break
    }
    cells <- keep_nesting(cells, grid)
    table <- choosable(cells, criterion, grid)
  }
  selection <- list(
    table = table, criterion = criterion, n = nrow(grid$x), d = ncol(grid$x),
    call = grid$call, cells = cells, grid = grid[names(grid) != "env"]
  )
  selection$best <- selection_fit(selection, best, grid$env)
  if (!grid$keep_data) {
    selection$grid[c("x", "cases")] <- list(NULL, grid$cases[c("n", "rows")])
  }
  if (!selection$best$converged && grid$control$tol > 0) {
    warn_not_converged(selection$best$n_iter, "selection$best")
  }
  class(selection) <- "gmm_selection"
  selection
}

# Moves in a row that lead to nothing better, at most, where the best is searched again, or a rival.
moves_again <- 100L
moves_rival <- 40L

# Moves from where a cell is. Nothing is drawn: its neighbours have searched, too. One
# component cannot move: beside noise, where it has several maxima, it is fitted as gmm_fit() does.
search_again <- function(cell, grid, moves) {
  control <- grid$control
  control$most_moves <- moves
  if (cell$k == 1L && !is.null(grid$cases$range)) {
    begin <- list(method = "mixed", parameters = NULL)
    found <- core_search(
      grid$cases, 1L, cell$spec, begin, NULL, grid$prior, control, grid$engine
    )
  } else if (cell$k > 1L && !identical(control$n_moves, 0L) && !all_known(grid$cases, cell$k)) {
    found <- without_first(run_from(
      cell, cell$result$parameters, grid, repairs = moves, control = control, moves = TRUE
    ))
  } else {
    return(cell$result)
  }
  better_result(cell$result, found, gain = same_maximum(grid$cases$n))
}

# A result without its first run, which was of what is known.
without_first <- function(result) {
  result$starts <- lapply(result$starts, `[`, -1L)
  result$winner <- if (!is.null(result$winner) && result$winner > 1L) result$winner - 1L
  result
}

# The fit of the i-th cell.
selection_fit <- function(selection, i, env = rlang::caller_env()) {
  cell <- selection$cells[[i]]
  grid <- selection$grid
  call <- grid$call
  call[[1]] <- quote(gmm_fit)
  call[c("criterion", "models", "folds", "repeats", "nstart")] <- NULL
  call$k <- as.double(cell$k)
  call$model <- cell$spec$model
  if (cell$spec$equal_proportions) {
    call$equal_proportions <- TRUE
  }
  build_fit(
    cell$result, grid$about, cell$k, cell$spec, grid$prior, choose_engine(grid$control, env), call,
    grid$x, grid$keep_data, grid$terms, env = env
  )
}

abort_selection <- function(cells, grid) {
  status <- cells[[1]]$result$status
  data_wide <- c("constant", "collinear", "distinct", "rows")
  codes <- vapply(cells, function(cell) cell$result$status$code, "")
  if (all(codes %in% data_wide)) {
    abort_status(status, grid$cases$x, cells[[1]]$k, cells[[1]]$spec$model, grid$env)
  }
  variables <- in_steps(grid$cases)
  gmm_abort(
    c(
      "None of the {length(cells)} fits has a proper solution.",
      x = "Why: {status_counts(codes)}.",
      if (any(codes == "rounded")) about_steps,
      i = if (is.null(grid$prior)) "Keep components from collapsing: {.code prior = gmm_prior()}.",
      i = if (any(codes %in% degenerate_codes)) {
        "Search more: another seed, or {.arg nstart} of some hundreds."
      },
      i = "Fit fewer components: {.arg k} begins with {min(vapply(cells, `[[`, 0L, 'k'))}."
    ),
    "degenerate", call = grid$env
  )
}

abort_folds <- function(grid) {
  gmm_abort(
    c(
      "No fit can be cross-validated: each lacks a proper solution without one of the folds.",
      i = "Take more {.arg folds}, so that fewer rows are left out at a time.",
      i = "Or keep components from collapsing: {.code prior = gmm_prior()}."
    ),
    "degenerate", call = grid$env
  )
}

# What a status means, for tables.
status_words <- c(
  rows = "fewer rows than components",
  labels = "labels leave no rows for a component",
  distinct = "fewer distinct rows than components",
  constant = "a column is constant",
  collinear = "columns are collinear, or rows too few",
  empty = "a component lost all its rows",
  singular = "a component collapsed",
  small = "a component holds too few rows",
  spurious = "a component is far tighter than another or the data",
  rounded = "a component is tighter than rounding allows",
  nonfinite = "a density is not finite"
)

status_counts <- function(codes) {
  codes <- codes[codes != "ok"]
  number <- sort(table(factor(codes, names(status_words))), decreasing = TRUE)
  number <- number[number > 0L]
  words <- status_words[names(number)]
  if (length(number) > 1L) paste(number, words, sep = ": ", collapse = "; ") else unname(words)
}
