# A contestant that is an R package, as a program of its own:
#
#   Rscript bench/peers/run.R <package> <task> <directory> [name=value ...]
#
# The directory holds a problem (bench/problem.R); bench/peers/<package>.R defines the
# list `peer` of what the package can do, with functions of the problem and of the settings
# name=value:
#
#   prepare(problem, settings)  what follows gets: data and start as the package takes them
#   em(input, m)                m iterations of EM from the start
#   parameters(result, input)   proportions, means and covariances of what em or fit gave
#   score(input)                log densities and responsibilities at the true parameters
#   scores(result)              list(logdensity, posterior)
#   fit(input, effort)          from data to an answer; effort is "default" or a number
#
# Tasks, which all programs of this directory know. em, score and fit are timed: `time`
# is what they took in seconds, `cpu` the processors in use meanwhile.
#
#   version  of the package
#   em       seconds of `first` and of `last` iterations, several times; the parameters
#            are left in first.bin and last.bin
#   score    seconds, several times; sum of the log densities and of the squares of
#            the responsibilities
#   fit      seconds, once, with `effort` and `seed`; the parameters are left in fit.bin
#   memory   peak above what data and package take, of `last` iterations, in kB
#
# What they find is printed as lines "bench: <what> <values>".

source("bench/problem.R")

arguments <- commandArgs(trailingOnly = TRUE)
package <- arguments[[1]]
task <- arguments[[2]]

settings <- list(seconds = "0.5", threads = "1", seed = "1")
for (setting in strsplit(arguments[-(1:3)], "=", fixed = TRUE)) {
  settings[[setting[[1]]]] <- setting[[2]]
}

tell <- function(...) {
  cat("bench: ", paste(c(...), collapse = " "), "\n", sep = "")
}

now <- function() {
  as.double(Sys.time())
}

seconds <- function(expression) {
  begin <- now()
  force(expression)
  now() - begin
}

#' Again and again until the time is over, at least once.
repeatedly <- function(action) {
  begin <- now()
  repeat {
    action()
    if (now() - begin > as.double(settings$seconds)) {
      break
    }
  }
}

cpu_seconds <- function() {
  sum(proc.time()[c("user.self", "sys.self")])
}

memory_kb <- function(what) {
  line <- grep(paste0("^", what, ":"), readLines("/proc/self/status"), value = TRUE)
  as.double(gsub("[^0-9]", "", line))
}

tell_libraries <- function() {
  files <- sub("^[^/]*", "", readLines("/proc/self/maps"))
  tell("blas", unique(basename(grep("blas|mkl|atlas|blis", basename(files), value = TRUE))))
}

source(file.path("bench/peers", paste0(package, ".R")))
if (task == "version") {
  tell("version", as.character(utils::packageVersion(peer$package)))
  quit("no")
}

suppressPackageStartupMessages(library(peer$package, character.only = TRUE))
dir <- arguments[[3]]
problem <- read_problem(dir)
problem$model <- peer$models[[problem$covariances]]
problem$seed <- as.integer(settings$seed)
input <- peer$prepare(problem, settings)
if (task == "fit") {
  input$start <- input$truth <- NULL
}
first <- as.integer(settings$first)
last <- as.integer(settings$last)

leave <- function(result, name) {
  write_parameters(
    peer$parameters(result, input), problem$covariances, file.path(dir, paste0(name, ".bin"))
  )
}

invisible(gc())
begin <- c(now(), cpu_seconds())
switch(task,
  em = {
    result <- peer$em(input, first)
    leave(result, "first")
    leave(peer$em(input, last), "last")
    begin <- c(now(), cpu_seconds())
    repeatedly(function() {
      tell("time", seconds(peer$em(input, first)), seconds(peer$em(input, last)))
    })
  },
  score = {
    scores <- peer$scores(peer$score(input))
    tell("sums", sprintf("%.17g", c(sum(scores$logdensity), sum(scores$posterior^2))))
    begin <- c(now(), cpu_seconds())
    repeatedly(function() tell("time", seconds(peer$score(input))))
  },
  fit = {
    set.seed(as.integer(settings$seed))
    tell("time", seconds(result <- peer$fit(input, settings$effort)))
    leave(result, "fit")
  },
  memory = {
    # Forget the peak so far.
    writeLines("5", "/proc/self/clear_refs")
    before <- memory_kb("VmRSS")
    result <- peer$em(input, last)
    tell("memory", memory_kb("VmHWM") - before)
  }
)
tell("cpu", (cpu_seconds() - begin[[2]]) / (now() - begin[[1]]))
tell_libraries()
