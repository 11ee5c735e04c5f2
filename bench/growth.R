# Growth: seconds an iteration of gaussmix against n, d and k, one of them at a time.

GROWTH_ROUNDS <- 3L

growth_sizes <- rbind(
  data.frame(against = "n", n = 10^(3:7), d = 10, k = 5),
  data.frame(against = "d", n = 2e4, d = c(2, 5, 10, 20, 50, 100, 200), k = 5),
  data.frame(against = "k", n = 1e5, d = 10, k = c(1, 2, 5, 10, 20, 50, 100))
)

measure_growth <- function(programs, scale, dir, work) {
  rows <- list()
  for (covariances in c("full", "diagonal")) {
    for (i in seq_len(nrow(growth_sizes))) {
      size <- growth_sizes[i, ]
      size$n <- max(round(size$n * scale), 20 * size$d * size$k)
      rows[[length(rows) + 1L]] <- data.frame(
        size["against"],
        covariances = covariances, size[c("n", "d", "k")],
        seconds = growth_seconds(programs, size, covariances, work)
      )
    }
  }
  keep_results(dir, "growth", do.call(rbind, rows), "against")
  keep_results(dir, "machine", machine_rows("growth", programs, character()), "part")
}

growth_seconds <- function(programs, size, covariances, work) {
  files <- file.path(work, "growth")
  on.exit(unlink(files, recursive = TRUE))
  write_problem(simulate_problem(size$n, size$d, size$k, covariances), files)
  one <- contestants$gaussmix
  one$command <- programs[[one$program]]$command
  # About a billion products, but not too many in small data.
  products <- size$n * size$k * size$d * (if (covariances == "full") size$d else 2)
  steps <- round(min(max(1e9 / products, 3), 1000))
  seconds <- vapply(seq_len(GROWTH_ROUNDS), function(round) {
    run <- run_task(one, "em", files, first = 1L, last = 1L + steps)
    if (!is.null(run$failed)) {
      say("    ", paste(names(size), size, sep = " = ", collapse = ", "), ": ", run$failed)
      return(NA_real_)
    }
    stats::median(run$fields$time[, 2] - run$fields$time[, 1]) / steps
  }, 0)
  stats::median(seconds)
}
