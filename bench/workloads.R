# The workloads. `steps` are the iterations that are timed, `rounds` how often the
# contestants take turns, `seconds` how long a turn lasts at least: longer where little is
# timed beside what surrounds it.

workload <- function(name, n, d, k, covariances, steps, rounds, seconds = 0.5) {
  data.frame(
    workload = name, n = n, d = d, k = k, covariances = covariances, steps = steps,
    rounds = rounds, seconds = seconds
  )
}

workloads <- rbind(
  workload("W1", 150, 4, 3, "full", 20, 7, seconds = 2),
  workload("W2", 1e5, 4, 3, "full", 20, 7),
  workload("W3", 1e5, 10, 5, "full", 10, 7),
  workload("W4", 1e6, 10, 5, "full", 3, 5),
  workload("W5", 2e4, 50, 10, "full", 10, 7),
  workload("W6", 1e5, 10, 5, "diagonal", 10, 7),
  workload("W7", 1e5, 100, 16, "diagonal", 5, 7),
  workload("W9", 1e6, 10, 5, "full", NA, 5)
)

#' The row of a workload, with `scale` times its rows.
find_workload <- function(name, scale = 1) {
  row <- workloads[workloads$workload == name, ]
  if (name != "W1") {
    row$n <- max(200, round(row$n * scale))
  }
  row
}

make_problem <- function(row) {
  if (row$workload == "W1") {
    iris_problem()
  } else {
    simulate_problem(row$n, row$d, row$k, row$covariances)
  }
}
