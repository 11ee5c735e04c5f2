# Seconds an iteration: the difference of a long and a short run of a contestant's own EM
# from the same start, over the difference of their iterations, so that neither data
# nor start count.

SHORT_RUN <- 1L

time_iterations <- function(programs, row, dir, work) {
  problem <- make_problem(row)
  files <- write_problem(problem, file.path(work, row$workload))
  on.exit(unlink(files, recursive = TRUE))
  last <- SHORT_RUN + row$steps
  trace <- our_trace(problem, problem$start, last + 10L)
  who <- entrants(programs, row, "em")

  checks <- list()
  blas <- character()
  turns <- take_turns(who$present, row$rounds, function(one, round) {
    run <- run_task(one, "em", files, first = SHORT_RUN, last = last, seconds = row$seconds)
    if (!is.null(run$failed)) {
      return(run$failed)
    }
    if (round == 1L) {
      blas[[one$name]] <<- blas_name(run$fields$blas)
      checks[[one$name]] <<- check_iterations(one, problem, files, row, trace, run$fields$cpu)
    }
    time <- run$fields$time
    data.frame(seconds = stats::median(time[, 2] - time[, 1]) / row$steps)
  })
  absent <- c(who$absent, turns$absent)
  keep_results(dir, "iterations", data.frame(workload = row$workload, turns$rows), "workload")
  keep_results(dir, "iterations-checks", do.call(rbind, checks), "workload")
  keep_absent(dir, row$workload, absent)
  keep_results(dir, "machine", machine_rows(row$workload, programs, blas), "part")
}

our_trace <- function(problem, start, m) {
  model <- if (problem$covariances == "full") "VVV" else "VVI"
  control <- gaussmix::gmm_control(accelerate = FALSE, tol = 0, max_iter = m)
  gaussmix::gmm_fit(problem$x, problem$k, model, start = start, control = control)$loglik_trace
}

#' Did it do the iterations? Its parameters' log-likelihood, worked out in plain R, beside
#' ours after as many iterations: from its own parameters after the short run where the
#' start is its own. `as_ours_after` is the place of the former in the course of the latter.
check_iterations <- function(one, problem, files, row, trace, cpu) {
  file <- function(name) file.path(files, paste0(name, ".bin"))
  loglik <- log_likelihood(problem$x, read_parameters(problem, file("last")))
  offset <- 0L
  if (one$own_start) {
    offset <- SHORT_RUN
    begin <- read_parameters(problem, file("first"))
    trace <- our_trace(problem, begin, length(trace) - 1L - offset)
  }
  last <- SHORT_RUN + row$steps
  ours <- trace[[last - offset + 1L]]
  rising <- !duplicated(trace)
  place <- stats::approx(trace[rising], (seq_along(trace) - 1L)[rising], loglik, rule = 2)$y
  data.frame(
    workload = row$workload, n = row$n, contestant = one$name, iterations = last, loglik = loglik,
    loglik_gaussmix = ours, relative_difference = (loglik - ours) / abs(ours),
    as_ours_after = round(place + offset, 2), processors_used = round(cpu, 2)
  )
}
