# Cross-validation of a grid: rows of a fold are scored by fits of the other rows.

# What `folds` and `repeats` mean: n_folds, or of_row, a matrix with a row a row and one column; and
# as they were `asked` for. NULL: nothing is to be validated.
check_folds <- function(folds, repeats, criterion, counts, call) {
  n <- sum(counts)
  if (criterion != "CV") {
    if (!is.null(folds) || !is.null(repeats)) {
      gmm_abort(
        c(
          "{.arg folds} and {.arg repeats} are for cross-validation.",
          i = "Ask for it: {.code criterion = \"CV\"}."
        ),
        "input", call = call
      )
    }
    return(NULL)
  }
  if (n < 2L) {
    gmm_abort("There is one row: cross-validation needs two.", "size", call = call)
  }
  wanted <- list(asked = list(folds = folds, repeats = repeats))
  wanted$repeats <- if (is.null(repeats)) 1L else check_count(repeats, max = 1000L, call = call)
  if (is.null(folds)) {
    wanted$n_folds <- min(10L, n)
  } else if (length(folds) == 1L && is.numeric(folds)) {
    wanted$n_folds <- check_count(folds, min = 2L, max = n, call = call)
  } else {
    wanted$of_row <- check_fold_of_row(folds, wanted$repeats, counts, call)
  }
  wanted
}

check_fold_of_row <- function(folds, repeats, counts, call) {
  n <- length(counts)
  wrong <- if (!is.atomic(folds)) {
    "It is {.obj_type_friendly {folds}}."
  } else if (length(folds) != n) {
    "{length(folds)} value{?s} for {n} row{?s}."
  } else if (anyNA(folds[counts])) {
    "The fold of {sum(is.na(folds[counts]))} row{?s} is missing."
  } else if (length(unique(folds[counts])) < 2L) {
    "All rows are of one fold."
  }
  if (!is.null(wrong)) {
    gmm_abort(
      c(
        "{.arg folds} must be a number of folds, or the fold of each row, two at least.",
        x = wrong
      ),
      "input", call = call
    )
  }
  if (repeats > 1L) {
    gmm_abort(
      c(
        "{.arg repeats} must be 1 where {.arg folds} are given.",
        i = "Only folds that are drawn differ from repeat to repeat."
      ),
      "input", call = call
    )
  }
  of_row <- match(folds, unique(folds[counts]))
  # Where nobody counts them, rows of weight 0 are in the first.
  matrix(ifelse(counts, of_row, 1L))
}

# Folds of about as many rows that count, drawn anew for each repeat.
draw_folds <- function(wanted, counts) {
  wanted$of_row %||% vapply(seq_len(wanted$repeats), function(i) {
    of_row <- rep(1L, length(counts))
    of_row[counts] <- sample(rep_len(seq_len(wanted$n_folds), sum(counts)))
    of_row
  }, integer(length(counts)))
}

n_searches <- function(wanted) {
  if (is.null(wanted$of_row)) wanted$n_folds * wanted$repeats else max(wanted$of_row)
}

# How many folds each repeat has.
n_folds <- function(folds) apply(folds, 2L, max)

# A row a fold: which it is, of which repeat, and how many rows it has, by weight.
fold_table <- function(grid) {
  folds <- grid$folds
  of_each <- n_folds(folds)
  weights <- (grid$about$facts$weights %||% rep(1, nrow(folds))) *
    rows_that_count(grid$about$facts, nrow(folds))
  data_frame(list(
    fold = sequence(of_each), of_repeat = rep(seq_along(of_each), of_each),
    n = unlist(lapply(seq_along(of_each), function(i) rowsum(weights, folds[, i])[, 1]))
  ))
}

# Log-likelihoods of each fold by fits of the other rows, as `held_out` of the cells; NA where
# there is no proper fit. A cell without a fit of all rows has none to choose.
cross_validate <- function(cells, grid, progress) {
  folds <- fold_table(grid)
  lacking <- which(vapply(cells, function(cell) is.null(cell$held_out), NA))
  held_out <- matrix(NA_real_, nrow(folds), length(cells))
  searched <- lacking[vapply(cells[lacking], has_answer, NA)]
  asked <- lapply(cells[searched], function(cell) cell[c("k", "spec")])
  for (f in seq_len(nrow(folds))) {
    out <- grid$folds[, folds$of_repeat[[f]]] == folds$fold[[f]]
    training <- grid
    counts <- rows_that_count(grid$about$facts, nrow(grid$x))
    training$cases <- take_cases(grid$x, grid$about$facts, counts & !out)
    # How values were recorded is told by all rows; NULL where in no steps, and to be kept so.
    training$cases[c("step", "rounding")] <- grid$cases[c("step", "rounding")]
    held <- grid$about$facts
    held$labels <- NULL
    held <- take_cases(grid$x, held, counts & out)
    # Rows that lack a column altogether say nothing of it.
    told <- all(colSums(!is.na(training$cases$x)) > 0)
    if (length(searched) > 0L && told) {
      fitted <- keep_nesting(search_grid(asked, training, progress$report), training)
      held_out[f, searched] <- vapply(fitted, held_out_loglik, 0, held, grid)
    }
    progress$step()
  }
  for (i in lacking) {
    cells[[i]]$held_out <- held_out[, i]
  }
  cells
}

held_out_loglik <- function(cell, cases, grid) {
  if (!has_answer(cell)) {
    return(NA_real_)
  }
  out <- .Call(
    C_gmm_score, cases, cell$k, cell$spec$model, cell$result$parameters, "logdensity", grid$engine
  )
  # A row may be too far away to have a density.
  if (out$status$code != "ok" || !is.finite(out$loglik)) {
    return(NA_real_)
  }
  if (is.null(cases$weights)) out$loglik else sum(cases$weights * out$logdensity)
}

# Deviances of all rows, of which each repeat has one; and the standard error of their difference
# from the least: with folds f of n_f rows, differences d_f and their sum d,
#
#   F / (F - 1) sum_f (d_f - d n_f / n)^2
#
# is what the variance of d is about, of one repeat.
cv_columns <- function(cells, grid) {
  folds <- fold_table(grid)
  deviance <- -2 * matrix(unlist(lapply(cells, `[[`, "held_out")), nrow(folds))
  cv <- colSums(deviance) / ncol(grid$folds)
  least <- which.min(cv)
  gap <- deviance - if (length(least) > 0L) deviance[, least] else NA_real_
  of_repeat <- split(seq_len(nrow(folds)), folds$of_repeat)
  variances <- vapply(of_repeat, function(rows) {
    of_this <- length(rows)
    part <- gap[rows, , drop = FALSE]
    expected <- outer(folds$n[rows], colSums(part) / sum(folds$n[rows]))
    of_this / (of_this - 1) * colSums((part - expected)^2)
  }, numeric(length(cells)))
  list(
    CV = cv, CV_se = sqrt(rowMeans(matrix(variances, length(cells)))),
    CV_failed = as.integer(colSums(is.na(deviance)))
  )
}
