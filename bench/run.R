# The benchmarks: installs the package from these sources into a library of its own,
# times it beside its peers, and writes bench/README.md.
#
#   Rscript bench/run.R [part ...]
#
# Parts: W1 to W7 (seconds an iteration), threads, W9 (scoring), fits, optimum, selection, grids
# (their time against the number of rows), missing (values), memory, growth, instructions; all of
# them if none is named. Peers are taken from where R, Python and
# the compiler find them: R_LIBS and PYTHON help. SCALE=0.1 tries it all with a tenth of
# the rows; results then go to bench/trial. ROUNDS=3 lets the contestants take fewer turns,
# PATIENCE=60 and, of whole fits, FIT_SECONDS=60 give up on slow ones sooner; SEEDS=2 and
# SETS=iris,swiss make less of optimum.

source("tools/common.R")
for (file in c(
  "problem", "workloads", "contestants", "measure", "blas", "results", "machine", "iterations",
  "threads", "scoring", "fits", "datasets", "optimum", "selection", "missing", "memory", "growth",
  "instructions"
)) {
  source(file.path("bench", paste0(file, ".R")))
}

scale <- as.double(Sys.getenv("SCALE", "1"))
workloads$rounds <- pmin(workloads$rounds, as.double(Sys.getenv("ROUNDS", "Inf")))
parts <- list(
  threads = compare_threads, W9 = time_scoring, fits = time_fits, optimum = seek_optima,
  selection = measure_selection, missing = measure_missing, grids = measure_grids,
  memory = measure_memory,
  growth = measure_growth, instructions = count_instructions
)
iteration_parts <- paste0("W", 1:7)
asked <- commandArgs(trailingOnly = TRUE)
if (!length(asked) || identical(asked, "all")) {
  asked <- c(iteration_parts, names(parts))
}
unknown <- setdiff(asked, c(iteration_parts, names(parts)))
if (length(unknown)) {
  stop_plainly(
    "There is no part ", unknown[[1]], "; the parts are ",
    paste(c(iteration_parts, names(parts)), collapse = ", "), "."
  )
}

work <- tempfile("bench-")
dir.create(file.path(work, "library"), recursive = TRUE)
.libPaths(c(file.path(work, "library"), .libPaths()))
Sys.setenv(R_LIBS = paste(.libPaths(), collapse = .Platform$path.sep))
install_package(.libPaths()[[1]])

programs <- prepare_programs(work)
for (name in names(programs)) {
  program <- programs[[name]]
  say("  ", name, ": ", if (is.null(program$missing)) program$version else program$missing)
}
results <- results_directory(scale)
for (part in asked) {
  say(part, " ...")
  if (part %in% iteration_parts) {
    time_iterations(programs, find_workload(part, scale), results, work)
  } else {
    parts[[part]](programs, scale, results, work)
  }
}
unlink(work, recursive = TRUE)
source("bench/render.R")
