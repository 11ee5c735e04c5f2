# Runs the R tests against the package as it is installed:
#
#   Rscript tools/test-r.R [--filter=regexp] [--update] [--counts=file]
#
# The tests run in a copy, so that a failing snapshot leaves nothing in the
# sources; --update runs them in place and accepts the snapshots they give.

source("tools/common.R")

update <- "--update" %in% commandArgs(trailingOnly = TRUE)
# Until the tests have run, the outcome is one failure.
write_counts(0L, 1L, 0L)

lib <- tempfile("library-")
dir.create(lib)
.libPaths(c(lib, .libPaths()))
install_package(lib)

if (update) {
  dir <- "tests/testthat"
} else {
  copy <- tempfile("tests-")
  dir.create(copy)
  invisible(file.copy("tests/testthat", copy, recursive = TRUE))
  dir <- file.path(copy, "testthat")
}

# The same messages and order of sorting everywhere; tests that are too slow or
# too fragile for CRAN are run.
Sys.setenv(
  NOT_CRAN = "true", LANGUAGE = "en",
  # For processes that tests start.
  R_LIBS = paste(.libPaths(), collapse = .Platform$path.sep)
)

suppressPackageStartupMessages(library(package, character.only = TRUE))
results <- testthat::test_dir(
  dir,
  filter = option("filter"),
  # In a log a line is not redrawn: one line a file, once it is done.
  reporter = testthat::ProgressReporter$new(
    show_praise = FALSE, max_failures = Inf, update_interval = Inf
  ),
  package = package,
  load_package = "installed",
  stop_on_failure = FALSE
)

table <- as.data.frame(results)
passed <- sum(table$passed)
failed <- sum(table$failed) + sum(table$error)

is_skip <- function(expectation) inherits(expectation, "expectation_skip")
skips <- unlist(lapply(results, function(test) {
  vapply(Filter(is_skip, test$results), function(skip) {
    reason <- sub("^Reason: ", "", conditionMessage(skip))
    paste0("  ", test$file, ": ", test$test, " - ", gsub("\n", " ", reason))
  }, "")
}))

if (update) {
  testthat::snapshot_accept(path = dir)
}

say("")
if (length(skips)) {
  say("Skipped:")
  writeLines(skips)
}
if (sum(table$warning) > 0L) {
  say("Warnings given by tests: ", sum(table$warning), ".")
}
say("R tests: ", passed, " passed, ", failed, " failed, ", length(skips), " skipped")
write_counts(passed, failed, length(skips))

if (passed + failed == 0L) {
  stop_plainly("No test was run.")
}
quit("no", status = as.integer(failed > 0L))
