# Selection: a grid of fits by gmm_select() beside mclust's mclustBIC(), in turns in one
# process. On real data, each cell of both is judged; on simulated data, whose model and number of
# components are known, what BIC chooses; and time against the number of rows.

SELECTION_SETS <- c("iris", "diabetes", "banknote", "thyroid", "wine", "faithful")
SELECTION_SEEDS <- 5L
# Log-likelihoods that differ by less are the same.
SAME <- 1e-4

RECOVERY_DRAWS <- 10L
RECOVERY_SIZE <- list(n = 500L, d = 3L, k = 3L, grid = 1:5)

GRID_GROWTH <- 10^(3:6)
# mclust is not asked where it takes minutes.
GRID_GROWTH_MCLUST <- 1e4

measure_selection <- function(programs, scale, dir, work) {
  absent <- attach_mclust(programs)
  if (!length(absent)) {
    compare_grids(scale, dir)
    compare_recovery(scale, dir)
  }
  keep_absent(dir, "selection", absent)
  keep_results(dir, "machine", machine_rows("selection", programs, character()), "part")
}

measure_grids <- function(programs, scale, dir, work) {
  absent <- attach_mclust(programs)
  grow_grids(scale, dir, with_mclust = !length(absent))
  keep_results(dir, "machine", machine_rows("grids", programs, character()), "part")
}

#' mclustBIC() looks for what it calls by name. Returns why it is not there, if so.
attach_mclust <- function(programs) {
  if (!is.null(programs$mclust$missing)) {
    return(c(mclust = programs$mclust$missing))
  }
  suppressPackageStartupMessages(library(mclust))
  character()
}

on_threads <- function(threads) gaussmix::gmm_control(threads = threads)

#' Seconds of the processor.
cpu_time <- function(expression) {
  sum(system.time(expression, gcFirst = TRUE)[c("user.self", "sys.self")])
}

# ---- Real data ------------------------------------------------------------------

compare_grids <- function(scale, dir) {
  sets <- real_data()[SELECTION_SETS]
  sets <- sets[!vapply(sets, is.null, NA)]
  set.seed(1)
  sets$simulated <- simulate_problem(2000, 8, 5, "full")$x
  seeds <- max(1L, round(SELECTION_SEEDS * scale))
  rows <- lapply(names(sets), function(name) {
    say("  ", name, " ...")
    compare_grid(name, sets[[name]], seeds)
  })
  keep_results(dir, "selection", do.call(rbind, rows), "set")
}

compare_grid <- function(name, x, seeds) {
  theirs <- judged_mclust(x)
  rows <- lapply(seq_len(seeds), function(seed) {
    set.seed(seed)
    mclust_seconds <- cpu_time(mclust::mclustBIC(x, verbose = FALSE))
    selection <- NULL
    seconds <- cpu_time(selection <- gaussmix::gmm_select(x, control = on_threads(1L)))
    ours <- as.data.frame(selection)
    gain <- ours$loglik - theirs$loglik
    ok <- theirs$proper & !is.na(gain)
    data.frame(
      set = name, n = nrow(x), d = ncol(x), seed = seed, cells = nrow(ours),
      seconds = seconds, mclust_seconds = mclust_seconds,
      missing = sum(is.na(ours$loglik)), mclust_missing = sum(is.na(theirs$loglik)),
      mclust_improper = sum(!is.na(theirs$loglik) & !theirs$proper),
      both = sum(ok), lower = sum(gain[ok] < -SAME), worst = min(gain[ok], 0),
      higher = sum(gain[ok] > SAME), median_gain = stats::median(gain[ok]),
      missing_of_proper = sum(theirs$proper & is.na(ours$loglik)),
      best = paste0(selection$best$model, " ", selection$best$k)
    )
  })
  do.call(rbind, rows)
}

#' What mclust has in each cell: its log-likelihood, by its parameters in plain R, and whether it
#' is proper (bench/optimum.R) and stays so when EM goes on. It does not draw.
judged_mclust <- function(x) {
  finish <- make_finish()
  cells <- as.data.frame(gaussmix::gmm_models())
  cells <- expand.grid(
    model = cells$model[nchar(cells$model) > 1L], k = 1:9, stringsAsFactors = FALSE
  )
  start <- hierarchical(x)
  verdicts <- vapply(seq_len(nrow(cells)), function(i) {
    fit <- suppressWarnings(mclust::Mclust(
      x, G = cells$k[[i]], modelNames = cells$model[[i]], verbose = FALSE,
      initialization = list(hcPairs = start)
    ))
    judge_mclust(x, fit, cells$model[[i]], finish)
  }, c(no_verdict, stays = 0))
  data.frame(
    cells, loglik = verdicts["loglik", ],
    proper = verdicts["proper", ] == 1 & verdicts["stays", ] == 1
  )
}

#' As mclustBIC() does it by default.
hierarchical <- function(x) {
  mclust::hc(x, modelName = mclust::mclust.options("hcModelName"),
             use = mclust::mclust.options("hcUse"))
}

judge_mclust <- function(x, fit, model, finish) {
  if (is.null(fit) || is.na(fit$loglik)) {
    return(c(no_verdict, stays = 0))
  }
  parameters <- list(
    proportions = fit$parameters$pro, means = t(fit$parameters$mean),
    covariances = fit$parameters$variance$sigma
  )
  found <- judge(x, parameters, model)
  stays <- !is.na(found[["loglik"]]) &&
    !is.na(finish(x, parameters, model, paste(model, fit$G, found[["loglik"]])))
  c(found, stays = stays)
}

# ---- Known truth ------------------------------------------------------------------

#' The draws of each model: what each program chooses by BIC.
compare_recovery <- function(scale, dir) {
  models <- gaussmix::gmm_models()$model
  models <- models[nchar(models) > 1L]
  draws <- max(1L, round(RECOVERY_DRAWS * scale))
  rows <- lapply(models, function(model) {
    say("  ", model, " ...")
    do.call(rbind, lapply(seq_len(draws), function(draw) recover(model, draw)))
  })
  keep_results(dir, "recovery", do.call(rbind, rows), "model")
}

recover <- function(model, draw) {
  size <- RECOVERY_SIZE
  set.seed(1000 + draw)
  truth <- mixture_of(model, size$d, size$k)
  x <- stats::simulate(truth, size$n)
  theirs <- mclust::mclustBIC(x, G = size$grid, verbose = FALSE)
  theirs <- strsplit(names(summary(theirs))[[1]], ",")[[1]]
  ours <- gaussmix::gmm_select(x, k = size$grid, control = on_threads(1L))$best
  data.frame(
    model = model, draw = draw, size[c("n", "d", "k")],
    program = c("gaussmix", "mclust"),
    chosen_model = c(ours$model, theirs[[1]]),
    chosen_k = as.integer(c(ours$k, theirs[[2]]))
  )
}

#' Volumes, shapes and orientations as the letters say: alike, or apart enough to be told.
mixture_of <- function(model, d, k) {
  letters <- strsplit(model, "")[[1]]
  volumes <- if (letters[[1]] == "V") exp(seq(-1, 1, length.out = k)) else rep(1, k)
  shapes <- matrix(0, d, k)
  if (letters[[2]] != "I") {
    shape <- seq(-1.2, 1.2, length.out = d)
    shapes <- vapply(seq_len(k), function(j) {
      if (letters[[2]] == "V") shape[(seq_len(d) + j - 2L) %% d + 1L] * (0.4 + 0.6 * j / k) else shape
    }, numeric(d))
  }
  common <- random_rotation(d)
  covariances <- vapply(seq_len(k), function(j) {
    axes <- switch(letters[[3]], I = diag(d), E = common, V = random_rotation(d))
    axes %*% (volumes[[j]] * exp(shapes[, j]) * t(axes))
  }, matrix(0, d, d))
  gaussmix::gmm_mixture(list(
    proportions = rep(1 / k, k), means = spread_means(d, k) * 1.2, covariances = covariances
  ))
}

# ---- Growth -----------------------------------------------------------------------

grow_grids <- function(scale, dir, with_mclust) {
  rows <- list()
  sizes <- rbind(
    data.frame(n = GRID_GROWTH, d = 4, k = 5), data.frame(n = 1e5, d = 10, k = 5)
  )
  for (i in seq_len(nrow(sizes))) {
    n <- max(200, round(sizes$n[[i]] * scale))
    say("  ", n, " rows of ", sizes$d[[i]], " ...")
    set.seed(1)
    x <- simulate_problem(n, sizes$d[[i]], sizes$k[[i]], "full")$x
    runs <- list(
      gaussmix = function() gaussmix::gmm_select(x, control = on_threads(1L)),
      "gaussmix, 2 threads" = function() gaussmix::gmm_select(x, control = on_threads(2L)),
      mclust = if (with_mclust && n <= GRID_GROWTH_MCLUST) {
        function() mclust::mclustBIC(x, verbose = FALSE)
      }
    )
    for (name in names(Filter(Negate(is.null), runs))) {
      found <- NULL
      seconds <- system.time(found <- runs[[name]]())[["elapsed"]]
      best <- if (name == "mclust") {
        sub(",", " ", names(summary(found))[[1]])
      } else {
        paste(found$best$model, found$best$k)
      }
      rows[[length(rows) + 1L]] <- data.frame(
        n = n, d = sizes$d[[i]], contestant = name, seconds = seconds, best = best
      )
    }
  }
  keep_results(dir, "grid-growth", do.call(rbind, rows), "n")
}
