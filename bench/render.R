# Writes bench/README.md and its figures from the tables in bench/results:
#
#   Rscript bench/render.R
#
# With SCALE other than 1, those of a trial (bench/run.R). Nothing is timed.

source("bench/workloads.R")
source("bench/contestants.R")
source("bench/results.R")
source("bench/tables.R")
source("bench/figures.R")
library(rlang, include.only = ".data")

render <- function(from, to) {
  read <- function(name) read_results(from, name)
  lines <- c(
    introduction(read("machine")),
    iterations_section(read("iterations"), read("iterations-checks"), read("absent"), to),
    threads_section(read("threads")),
    scoring_section(read("scoring"), read("scoring-checks"), read("absent")),
    fits_section(read("fits")),
    optimum_section(read("optimum"), read("absent")),
    selection_section(
      read("selection"), read("recovery"), read("grid-growth"), read("absent")
    ),
    missing_section(read("missing"), read("missing-checks")),
    memory_section(read("memory"), read("absent")),
    growth_section(read("growth"), to),
    instructions_section(read("instructions")),
    contestants_section(read("machine"))
  )
  writeLines(lines, file.path(to, "README.md"))
  cat("The tables are in ", file.path(to, "README.md"), ".\n", sep = "")
}

scale <- as.double(Sys.getenv("SCALE", "1"))
render(results_directory(scale), dirname(results_directory(scale)))
