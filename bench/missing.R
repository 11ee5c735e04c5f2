# Missing values: seconds an iteration of W3 with a tenth of its values hidden, beside the same
# rows with all of them, and beside MGMM, which fits VVV by the same likelihood. In turns, from the
# same start; the difference between a long and a short run, so that neither the data's way in nor
# the start counts. And how far the parameters are from MGMM's, where both are run to their end.

MISSING_SHARE <- 0.1
MISSING_ROUNDS <- 11L
# MGMM takes turns in so many of the rounds, on so many of the rows.
MISSING_ROUNDS_MGMM <- 3L
MISSING_ROWS_MGMM <- 2000
MISSING_STEPS <- 30L

measure_missing <- function(programs, scale, dir, work) {
  row <- find_workload("W3", scale)
  problem <- make_problem(row)
  holes <- hide_values(problem$x, MISSING_SHARE)
  rounds <- as.integer(min(MISSING_ROUNDS, as.double(Sys.getenv("ROUNDS", "Inf"))))
  beside <- requireNamespace("MGMM", quietly = TRUE)
  ours <- function(x) {
    run <- function(iterations) {
      control <- gaussmix::gmm_control(
        accelerate = FALSE, tol = 0, max_iter = iterations, threads = 1L
      )
      system.time(suppressWarnings(gaussmix::gmm_fit(
        x, problem$k,
        start = problem$start, control = control, keep_data = FALSE
      )))[["elapsed"]]
    }
    (run(1L + MISSING_STEPS) - run(1L)) / MISSING_STEPS
  }
  rows <- lapply(seq_len(rounds), function(round) {
    say("  round ", round, " ...")
    data.frame(
      part = "missing", n = row$n, d = row$d, k = row$k, round = round,
      complete = ours(problem$x), missing = ours(holes),
      MGMM = if (beside && round <= MISSING_ROUNDS_MGMM) mgmm_iteration(holes, problem) else NA,
      rows_MGMM = min(MISSING_ROWS_MGMM, nrow(holes))
    )
  })
  keep_results(dir, "missing", do.call(rbind, rows), "part")
  if (beside) {
    keep_results(dir, "missing-checks", compare_with_mgmm(), "part")
  }
  keep_results(dir, "machine", machine_rows("missing", programs, character()), "part")
}

hide_values <- function(x, share) {
  x[stats::runif(length(x)) < share] <- NA
  # MGMM has no rows without any value.
  x[rowSums(!is.na(x)) > 0, ]
}

mgmm_fit <- function(x, k, start, iterations, eps) {
  MGMM::FitGMM(
    x,
    k = k, init_means = lapply(seq_len(k), function(j) start$means[j, ]),
    init_covs = lapply(seq_len(k), function(j) start$covariances[, , j]),
    init_props = unname(start$proportions), maxit = iterations, eps = eps, report = FALSE
  )
}

#' Of the first rows: the second to fifth iteration.
mgmm_iteration <- function(x, problem) {
  x <- x[seq_len(min(MISSING_ROWS_MGMM, nrow(x))), ]
  run <- function(iterations) {
    system.time(mgmm_fit(x, problem$k, problem$start, iterations, 0))[["elapsed"]]
  }
  (run(5L) - run(1L)) / 4
}

compare_with_mgmm <- function() {
  problem <- simulate_problem(1000, 4, 3, "full")
  x <- hide_values(problem$x, MISSING_SHARE)
  theirs <- mgmm_fit(x, 3L, problem$start, 1e5L, 1e-12)
  control <- gaussmix::gmm_control(tol = 1e-14)
  ours <- gaussmix::gmm_fit(x, 3, start = problem$start, control = control)
  apart <- function(ours, theirs) max(abs(ours - theirs)) / max(abs(theirs))
  data.frame(
    part = "missing",
    proportions = apart(ours$proportions, theirs@Proportions),
    means = apart(ours$means, do.call(rbind, theirs@Means)),
    covariances = apart(ours$covariances, simplify2array(theirs@Covariances))
  )
}
