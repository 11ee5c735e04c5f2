# Results are tables in bench/results, in which a run replaces the rows of what it ran.

# An optimum: what is within so much of the best log-likelihood hits it.
HIT <- 1e-3

#' Where they go: those of a trial with fewer rows, to bench/trial, which is not kept.
results_directory <- function(scale) {
  if (scale == 1) "bench/results" else "bench/trial/results"
}

read_results <- function(dir, name) {
  file <- file.path(dir, paste0(name, ".csv"))
  if (file.exists(file)) {
    utils::read.csv(file, stringsAsFactors = FALSE, check.names = FALSE)
  }
}

#' `by` is the column whose values in `rows` are replaced.
keep_results <- function(dir, name, rows, by) {
  if (is.null(rows)) {
    return(invisible())
  }
  dir.create(dir, showWarnings = FALSE, recursive = TRUE)
  # As it will be read, so that old and new rows agree.
  rows <- utils::read.csv(text = csv_lines(rows), stringsAsFactors = FALSE)
  old <- read_results(dir, name)
  if (!is.null(old) && setequal(names(old), names(rows))) {
    rows <- rbind(old[!old[[by]] %in% rows[[by]], names(rows)], rows)
  }
  rows <- rows[order(match(rows[[by]], sort(unique(rows[[by]])))), ]
  writeLines(csv_lines(rows), file.path(dir, paste0(name, ".csv")))
}

csv_lines <- function(rows) {
  numbers <- vapply(rows, is.double, NA)
  rows[numbers] <- lapply(rows[numbers], signif, 9)
  lines <- character()
  connection <- textConnection("lines", "w", local = TRUE)
  utils::write.csv(rows, connection, row.names = FALSE)
  close(connection)
  lines
}

#' Why some do not take part; `part` is a workload or a part.
keep_absent <- function(dir, part, absent) {
  if (!length(absent)) {
    absent <- c("(none)" = "")
  }
  rows <- data.frame(part = part, contestant = names(absent), reason = unname(absent))
  keep_results(dir, "absent", rows, "part")
}
