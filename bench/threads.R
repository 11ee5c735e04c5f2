# One thread beside two: seconds an iteration of gaussmix alone, in turns within one process, many
# times over, so that what else the machine does meanwhile is averaged out. And beside two processes
# of one thread each at a time, which share nothing: what the processors do together is not twice
# what one does alone, where they share power and caches, with each other or with somebody else.

THREADS_ROUNDS <- 31L
THREADS_WORKLOADS <- paste0("W", 2:7)
# Seconds that the iterations of one thread are to take, about.
THREADS_SECONDS <- 0.4

compare_threads <- function(programs, scale, dir, work) {
  rounds <- as.integer(min(THREADS_ROUNDS, as.double(Sys.getenv("ROUNDS", "Inf"))))
  for (name in THREADS_WORKLOADS) {
    say("  ", name, " ...")
    row <- find_workload(name, scale)
    seconds <- threads_seconds(make_problem(row), rounds)
    keep_results(dir, "threads", data.frame(workload = name, n = row$n, seconds), "workload")
  }
  keep_results(dir, "machine", machine_rows("threads", programs, character()), "part")
}

threads_seconds <- function(problem, rounds) {
  iterate <- function(threads, iterations) {
    control <- gaussmix::gmm_control(
      accelerate = FALSE, tol = 0, max_iter = iterations, threads = threads
    )
    system.time(gaussmix::gmm_fit(
      problem$x, problem$k, if (problem$covariances == "full") "VVV" else "VVI",
      start = problem$start, control = control
    ))[["elapsed"]]
  }
  # Data and start count in both, and so not in the difference.
  a_try <- iterate(1L, 11L) - iterate(1L, 1L)
  steps <- max(3L, as.integer(round(10 * THREADS_SECONDS / max(a_try, 0.01))))
  of_iteration <- function(threads) (iterate(threads, 1L + steps) - iterate(threads, 1L)) / steps
  # The slower of two processes, each of which does it all.
  of_iteration_beside <- function() {
    other <- parallel::mcparallel(iterate(1L, 1L + steps))
    own <- iterate(1L, 1L + steps)
    (max(own, parallel::mccollect(other)[[1]]) - iterate(1L, 1L)) / steps
  }
  rows <- lapply(seq_len(rounds), function(round) {
    data.frame(
      round = round, one = of_iteration(1L), two = of_iteration(2L), beside = of_iteration_beside()
    )
  })
  do.call(rbind, rows)
}
