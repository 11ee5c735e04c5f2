# Runs the R tests against the package as it is installed:
#
#   Rscript tools/test-r.R [--filter=regexp] [--update] [--counts=file]
#
# The tests run in a copy, so that a failing snapshot leaves nothing in the
# sources; a snapshot that is not recorded yet is a failure. --update runs the
# tests in place, accepts the snapshots they give and removes those that no test
# uses, except for tests that were skipped.

source("tools/common.R")

update <- "--update" %in% commandArgs(trailingOnly = TRUE)
# Until the tests have run, the outcome is one failure.
write_counts(0L, 1L, 0L)

lib <- tempfile("library-")
dir.create(lib)
.libPaths(c(lib, .libPaths()))
install_package(lib)

snapshots <- function() {
  list.files("tests/testthat/_snaps", recursive = TRUE)
}

if (update) {
  dir <- "tests/testthat"
  recorded <- snapshots()
  backup <- tempfile("snapshots-")
  dir.create(backup)
  if (length(recorded)) {
    invisible(file.copy("tests/testthat/_snaps", backup, recursive = TRUE))
  }
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

# One line for each expectation that `is` picks: where it stands, and `text` of it.
report <- function(is, text) {
  unlist(lapply(results, function(test) {
    vapply(Filter(is, test$results), function(expectation) {
      paste0("  ", test$file, ": ", test$test, " - ", text(conditionMessage(expectation)))
    }, "")
  }))
}

skips <- report(
  function(expectation) inherits(expectation, "expectation_skip"),
  function(message) gsub("\n", " ", sub("^Reason: ", "", message))
)

# testthat records a snapshot that it does not know and only warns of it, unless
# it believes to be on a CI service.
unrecorded <- report(
  function(expectation) {
    inherits(expectation, "expectation_warning") &&
      grepl("^(Warning: )?Adding new (file )?snapshot", conditionMessage(expectation))
  },
  # The log above has all of it.
  function(message) {
    value <- sub("^[^:]*snapshot[^:]*:[[:space:]]*", "", sub("^Warning: ", "", message))
    strtrim(gsub("[[:space:]]+", " ", value), 60L)
  }
)
warnings <- sum(table$warning) - length(unrecorded)

if (update) {
  testthat::snapshot_accept(path = dir)
  # testthat takes the files of a skipped test for ones that no test uses: under
  # another version of ggplot2 it would delete the figures.
  gone <- setdiff(recorded, snapshots())
  owner <- ifelse(dirname(gone) == ".", sub("[.]md$", "", gone), basename(dirname(gone)))
  cut_short <- table$file[table$skipped | table$error]
  keep <- gone[owner %in% sub("^test[-_]?(.*)[.][Rr]$", "\\1", cut_short)]
  for (file in keep) {
    target <- file.path("tests/testthat/_snaps", file)
    dir.create(dirname(target), showWarnings = FALSE, recursive = TRUE)
    stopifnot(file.copy(file.path(backup, "_snaps", file), target))
  }
  removed <- setdiff(gone, keep)
} else {
  failed <- failed + length(unrecorded)
}

say("")
if (length(skips)) {
  say("Skipped:")
  writeLines(skips)
}
if (warnings > 0L) {
  say("Warnings given by tests: ", warnings, ".")
}
if (update) {
  if (length(unrecorded)) {
    say("New snapshots: ", length(unrecorded), ".")
  }
  if (length(keep)) {
    say("Kept, since tests of their file were skipped or ended early:")
    writeLines(paste0("  _snaps/", keep))
  }
  if (length(removed)) {
    say("Removed, since no test uses them:")
    writeLines(paste0("  _snaps/", removed))
  }
} else if (length(unrecorded)) {
  say("Failed, since the snapshot is not recorded (`make snapshots` records it, to be committed):")
  writeLines(unrecorded)
}
say("R tests: ", passed, " passed, ", failed, " failed, ", length(skips), " skipped")
write_counts(passed, failed, length(skips))

if (passed + failed == 0L) {
  stop_plainly("No test was run.")
}
quit("no", status = as.integer(failed > 0L))
