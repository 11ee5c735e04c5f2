# Peak memory of EM from given parameters, above what the data (as the contestant takes
# them), the start and the loaded packages need.

MEMORY_WORKLOAD <- "W4"
MEMORY_ITERATIONS <- 2L

# What is freed goes back to the system, so that the peak is not served from what reading the
# data left.
MEMORY_ENVIRONMENT <- "MALLOC_MMAP_THRESHOLD_=65536"

measure_memory <- function(programs, scale, dir, work) {
  row <- find_workload(MEMORY_WORKLOAD, scale)
  files <- write_problem(make_problem(row), file.path(work, "memory"))
  on.exit(unlink(files, recursive = TRUE))
  who <- entrants(programs, row, "memory")
  turns <- take_turns(who$present, 1L, function(one, round) {
    run <- run_task(one, "memory", files, last = MEMORY_ITERATIONS, env = MEMORY_ENVIRONMENT)
    if (!is.null(run$failed)) {
      return(run$failed)
    }
    data.frame(megabytes = run$fields$memory[[1]] / 1024)
  })
  rows <- data.frame(
    workload = row$workload, data_megabytes = row$n * row$d * 8 / 2^20,
    turns$rows[c("contestant", "megabytes")]
  )
  keep_results(dir, "memory", rows, "workload")
  keep_absent(dir, "memory", c(who$absent, turns$absent))
  keep_results(dir, "machine", machine_rows("memory", programs, character()), "part")
}
