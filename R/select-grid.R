# The search of a grid of fits: the core's on the rows or a sample of them, then on all rows.

# The knobs of the search of a grid, chosen by measurement: short runs of a few iterations, no
# moves, and hardly more starts where a few agree.
grid_effort <- list(short_iter = 5L, n_moves = 0L, n_enough = 3L)

# A progress bar for a number of searches, one after the other: report() is told the share of the
# one that is under way, step() that it is done.
search_progress <- function(searches) {
  state <- new.env(parent = emptyenv())
  state$done <- 0
  bar <- cli::cli_progress_bar(
    "Searching", total = max(searches, 1), .auto_close = FALSE, .envir = state
  )
  list(
    report = function(share) cli::cli_progress_update(set = state$done + share, id = bar),
    step = function() state$done <- state$done + 1,
    close = function() cli::cli_progress_done(id = bar)
  )
}

# What became of each cell: a list of the core's result, as gmm_fit() has it.
search_grid <- function(cells, grid, report) {
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
  found <- .Call(C_gmm_select, x, asked, settings, function(share) report(0.9 * share))
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
      report(0.9 + 0.1 * i / length(cells))
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

# The better of two results, with the runs of both: the new one where it is better by more than
# `gain`. `family` says where its runs began, if they do not themselves.
better_result <- function(known, new, family = NULL, gain = 0) {
  if (!is.null(family)) {
    new$starts$family[] <- run_families[[family]]
  }
  better <- !is.null(new$winner) && (is.null(known$winner) || new$loglik > known$loglik + gain)
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
  names <- unique(models)
  contains <- model_contains(names)
  loglik <- vapply(cells, function(cell) cell$result$loglik %||% NA_real_, 0)
  tolerance <- same_maximum(nrow(grid$x))
  for (name in names[order(rowSums(contains))]) {
    inside <- models %in% names[contains[names == name, ]]
    for (i in which(models == name & !is.na(loglik))) {
      best <- which.max(ifelse(inside & k == k[[i]], loglik, NA))
      if (length(best) > 0L && loglik[[i]] < loglik[[best]] - tolerance) {
        new <- run_from(cells[[i]], cells[[best]]$result$parameters, grid)
        cells[[i]]$result <- better_result(cells[[i]]$result, new, "neighbour")
        loglik[[i]] <- cells[[i]]$result$loglik
      }
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
