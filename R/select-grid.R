# The search of a grid of fits: the core's on the rows or a sample of them, then on all rows.

# The knobs of the search of a grid, chosen by measurement: short runs of a few iterations, hardly
# more starts where a few agree, and moves only where there are few cells, which then have few
# neighbours to learn from, or to repair what is not proper.
grid_effort <- function(n_cells) {
  list(
    short_iter = 3L, n_moves = if (n_cells <= 30L) 20L else 0L, n_repairs = 20L, n_enough = 3L
  )
}

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
    # A bar that an interrupt met while it was drawn cannot always be closed.
    close = function() try(cli::cli_progress_done(id = bar), silent = TRUE)
  )
}

# What became of each cell: a list of the core's result, as gmm_fit() has it.
search_grid <- function(cells, grid, report) {
  x <- grid$cases$x
  control <- grid$control
  effort <- grid_effort(length(cells))
  control[names(effort)] <- effort
  k <- vapply(cells, `[[`, 0L, "k")
  labels <- grid$about$labels
  most <- if (is.null(labels)) nrow(x) else length(labels$levels) + labels$open
  possible <- k <= min(nrow(x), most)
  cells[!possible] <- lapply(cells[!possible], function(cell) {
    code <- if (cell$k > nrow(x)) "rows" else "labels"
    cell$result <- list(status = list(code = code, index = NA_integer_))
    cell
  })
  if (!any(possible)) {
    return(cells)
  }
  # One sample for all, which is enough for the most components.
  control$sample <- control$sample %||% default_sample(nrow(x), ncol(x), max(k[possible]))
  # The share of the work that is on the sample, roughly.
  searched <- if (control$sample < nrow(x)) 0.3 else 1
  # Of the settings, k makes a difference to the prior alone: the effort is that of the grid, and
  # the core moves nothing where there is one component.
  models <- unique(vapply(cells[possible], function(cell) cell$spec$model, ""))
  settings <- lapply(rlang::set_names(models), function(model) {
    engine_control(
      control, grid$engine, "mixed", grid$nstart, model, grid$cases, max(2L, k[possible]),
      grid$prior
    )
  })
  asked <- lapply(cells[possible], function(cell) {
    settings <- settings[[cell$spec$model]]
    settings$prior_scale <- prior_scale(grid$prior, cell$k, ncol(x))
    list(k = cell$k, spec = cell$spec, control = settings)
  })
  settings <- settings[[1]]
  found <- .Call(
    C_gmm_select, grid$cases, asked, settings, function(share) report(searched * share)
  )
  cells[possible] <- Map(function(cell, found) {
    cell$result <- found$result
    cell$kept <- found$kept
    cell
  }, cells[possible], found)
  for (i in which(possible)) {
    if (control$sample < nrow(x)) {
      cells[[i]] <- finish_on_all(cells[[i]], grid)
      report(searched + (1 - searched) * i / length(cells))
    }
    cells[[i]]$kept <- NULL
  }
  cells
}

has_answer <- function(cell) !is.null(cell$result$winner)

# What a search maximises, which with a prior is not the log-likelihood; NA without an answer.
maximised <- function(result) {
  trace <- result$loglik_trace
  if (is.null(result$winner)) NA_real_ else trace[[length(trace)]]
}

# A run on all rows from given parameters; without an answer where it is seen to end below `beat`.
# Where it ends in nothing proper, so many moves may repair that, until they lead to `enough`. With
# `moves`, it is the first run of a search, which may be on a sample.
run_from <- function(cell, parameters, grid, beat = -Inf, enough = -Inf, repairs = 0L,
                     control = grid$control, moves = FALSE) {
  settings <- engine_control(
    control, grid$engine, "kmeans", 1L, cell$spec$model, grid$cases, cell$k, grid$prior,
    given = TRUE, beat = beat, enough = enough, moves = moves
  )
  settings$n_repairs <- repairs
  .Call(C_gmm_fit, grid$cases, cell$k, cell$spec, parameters, settings)
}

# The better of two results, with the runs of both: the new one where it is better by more than
# `gain`. `family` says where its runs began, if they do not themselves.
better_result <- function(known, new, family = NULL, gain = 0) {
  if (!is.null(family)) {
    given <- !new$starts$family %in% run_families
    new$starts$family[given] <- run_families[[family]]
  }
  better <- !is.null(new$winner) &&
    (is.null(known$winner) || maximised(new) > maximised(known) + gain)
  before <- length(known$starts$n)
  starts <- Map(c, known$starts, new$starts)
  if (better) {
    known <- new
    known$winner <- new$winner + before
  }
  known$starts <- starts
  known
}

# The log-likelihood per row that may be to come where that does not matter yet, if it may be less
# at the end.
loose_tolerance <- function(tol) max(tol, min(1e3 * tol, 1e-7))

# From a sample to all rows: the best few solutions, not quite to their end.
finish_on_all <- function(cell, grid) {
  control <- grid$control
  control$tol <- loose_tolerance(control$tol)
  cell$loose <- control$tol > grid$control$tol
  result <- cell$result[c("status", "starts")]
  for (parameters in cell$kept) {
    beat <- if (is.null(result$winner)) -Inf else maximised(result)
    found <- run_from(cell, parameters, grid, beat, control = control)
    result <- better_result(result, found, "sample")
  }
  cell$result <- if (is.null(result$winner)) search_all(cell, result, grid) else result
  cell
}

# Where nothing of a sample is proper, a search of all rows, which may have what a sample of them
# misses.
search_all <- function(cell, result, grid) {
  control <- grid$control
  # All rows are dear: a few starts, no moves, no repairs.
  effort <- grid_effort(Inf)
  control[names(effort)] <- effort
  control$n_repairs <- 0L
  control$sample <- Inf
  begin <- list(method = "mixed", parameters = NULL)
  found <- core_search(
    grid$cases, cell$k, cell$spec, begin, min(grid$nstart, 6L), grid$prior, control, grid$engine
  )
  result <- better_result(result, found)
  result$status <- found$status
  result
}

# To the end with a fit that was not taken there.
polish <- function(cell, grid) {
  found <- run_from(cell, cell$result$parameters, grid)
  if (is.null(found$winner)) {
    known <- better_result(cell$result[c("status", "starts")], found, "sample")
    cell$result <- search_all(cell, known, grid)
  } else {
    cell$result <- better_result(cell$result, found, "sample", gain = -Inf)
  }
  cell$loose <- FALSE
  cell
}

# Moves to repair what is not proper, on the way from what a model contains.
nesting_repairs <- 10L

# A model that ended below some that it contains begins again from these, the best first, from
# small models to large ones. Where that leads to nothing proper, moves from the best may make it
# so; where they do not, or to less, it stays as it is: what it contains may need fewer rows in a
# component.
keep_nesting <- function(cells, grid) {
  models <- vapply(cells, function(cell) cell$spec$model, "")
  k <- vapply(cells, `[[`, 0L, "k")
  names <- unique(models)
  contains <- model_contains(names)
  reached <- vapply(cells, function(cell) maximised(cell$result), 0)
  tolerance <- same_maximum(grid$cases$n)
  for (name in names[order(rowSums(contains))]) {
    inside <- which(models %in% names[contains[names == name, ]])
    for (i in which(models == name & !is.na(reached))) {
      rivals <- inside[k[inside] == k[[i]]]
      rivals <- rivals[order(-reached[rivals])]
      repairs <- nesting_repairs
      for (rival in rivals) {
        if (!isTRUE(reached[[i]] < reached[[rival]] - tolerance)) {
          break
        }
        cells[[i]] <- begin_again(
          cells[[i]], cells[[rival]]$result$parameters, grid, reached[[rival]] - tolerance, repairs
        )
        reached[[i]] <- maximised(cells[[i]]$result)
        repairs <- 0L
      }
    }
  }
  cells
}

begin_again <- function(cell, parameters, grid, enough, repairs) {
  known <- maximised(cell$result)
  new <- run_from(cell, parameters, grid, known, enough, repairs)
  cell$result <- better_result(cell$result, new, "neighbour")
  # That was to the end, not loosely.
  cell$loose <- isTRUE(cell$loose) && maximised(cell$result) <= known
  cell
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
