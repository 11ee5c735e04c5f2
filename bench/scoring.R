# Scoring: the log-density and the responsibilities of all rows at given parameters. A
# contestant is timed for having both, be it one call or two.

time_scoring <- function(programs, scale, dir, work) {
  row <- find_workload("W9", scale)
  problem <- make_problem(row)
  files <- write_problem(problem, file.path(work, row$workload))
  on.exit(unlink(files, recursive = TRUE))
  logs <- weighted_log_densities(problem$x, problem$truth)
  logdensity <- row_log_sums(logs)
  sums <- c(sum(logdensity), sum(exp(logs - logdensity)^2))
  who <- entrants(programs, row, "score")

  checks <- list()
  blas <- character()
  turns <- take_turns(who$present, row$rounds, function(one, round) {
    run <- run_task(one, "score", files)
    if (!is.null(run$failed)) {
      return(run$failed)
    }
    if (round == 1L) {
      blas[[one$name]] <<- blas_name(run$fields$blas)
      off <- abs(run$fields$sums - sums) / abs(sums)
      checks[[one$name]] <<- data.frame(
        workload = row$workload, n = row$n, contestant = one$name,
        logdensity_difference = off[[1]],
        posterior_difference = off[[2]], processors_used = round(run$fields$cpu, 2)
      )
    }
    data.frame(seconds = stats::median(run$fields$time))
  })
  keep_results(dir, "scoring", data.frame(workload = row$workload, turns$rows), "workload")
  keep_results(dir, "scoring-checks", do.call(rbind, checks), "workload")
  keep_absent(dir, row$workload, c(who$absent, turns$absent))
  keep_results(dir, "machine", machine_rows(row$workload, programs, blas), "part")
}
