# Many fits by one process of an R package, for bench/optimum.R:
#
#   Rscript bench/peers/optima.R <package> <data> <answers> <effort> <limit>
#
# <answers>/cells.csv has a row a cell: cell, set, n, d, k, model and the number of seeds; the
# data of a set are <data>/<set>.bin, a row after the other. Each run leaves a row in
# answers.csv, with the seconds and the reason why it failed, and if it did not its parameters
# in answers.bin: proportions, means and covariances, each a component after the other. A
# run may take `limit` seconds. effort: "default", "restarts" (gaussmix), or the tries (Rmixmod).

source("bench/problem.R")

arguments <- commandArgs(trailingOnly = TRUE)
package <- arguments[[1]]
data <- arguments[[2]]
answers <- arguments[[3]]
effort <- arguments[[4]]
limit <- as.double(arguments[[5]])

source(file.path("bench/peers", paste0(package, ".R")))
suppressPackageStartupMessages(library(peer$package, character.only = TRUE))

#' What the package calls a model.
model_name <- function(model) {
  if (package == "Rmixmod") {
    switch(model,
      VVI = "Gaussian_pk_Lk_Bk",
      EEE = ,
      E = "Gaussian_pk_L_C",
      "Gaussian_pk_Lk_Ck"
    )
  } else {
    model
  }
}

#' As the peers want it.
take_input <- function(cell) {
  x <- readBin(file.path(data, paste0(cell$set, ".bin")), "double", cell$n * cell$d)
  x <- matrix(x, cell$n, byrow = TRUE)
  list(
    x = x, frame = as.data.frame(x), n = cell$n, d = cell$d, k = cell$k,
    model = model_name(cell$model), engine = list(threads = 1L)
  )
}

fit <- function(input) {
  if (effort == "restarts") {
    control <- gmm_control(
      n_moves = 0, n_enough = 500, n_finish = 500, sample = Inf, threads = 1
    )
    gmm_fit(input$x, input$k, input$model, nstart = 500, control = control)
  } else if (package == "Rmixmod" && effort != "default") {
    mixmod(input, nbTry = as.integer(effort))
  } else if (package == "mixture") {
    # It would set its own seed.
    gpcm(input$x, input$k, input$model, seed = input$seed)
  } else {
    peer$fit(input, "default")
  }
}

now <- function() {
  as.double(Sys.time())
}

#' One run: the seconds, and the parameters or why there are none.
attempt <- function(input) {
  begin <- now()
  seconds <- NA
  found <- tryCatch(
    {
      setTimeLimit(elapsed = limit)
      set.seed(input$seed)
      begin <- now()
      result <- suppressWarnings(suppressMessages(fit(input)))
      seconds <- now() - begin
      setTimeLimit()
      if (is.null(result)) {
        stop("no answer")
      }
      parameters <- peer$parameters(result, input)
      values <- as.double(unlist(parameters[c("proportions", "means", "covariances")]))
      if (length(values) != input$k * (1 + input$d + input$d^2)) {
        stop("no answer")
      }
      if (!all(is.finite(values))) {
        stop("parameters that are not finite")
      }
      parameters
    },
    error = conditionMessage
  )
  setTimeLimit()
  list(seconds = if (is.na(seconds)) now() - begin else seconds, found = found)
}

#' As a field of a table.
one_line <- function(reason) {
  substring(trimws(gsub("[^[:alnum:].:()<>=-]+", " ", reason[[1]])), 1, 80)
}

cells <- utils::read.csv(file.path(answers, "cells.csv"))
rows <- file(file.path(answers, "answers.csv"), "w")
values <- file(file.path(answers, "answers.bin"), "wb")
writeLines("cell,seed,seconds,reason", rows)
for (i in seq_len(nrow(cells))) {
  input <- take_input(cells[i, ])
  for (seed in seq_len(cells$seeds[[i]])) {
    input$seed <- seed
    run <- attempt(input)
    reason <- ""
    if (is.character(run$found)) {
      reason <- one_line(run$found)
    } else {
      write_parameters(run$found, "full", values)
      flush(values)
    }
    writeLines(sprintf("%d,%d,%.6f,%s", cells$cell[[i]], seed, run$seconds, reason), rows)
    flush(rows)
  }
}
close(rows)
close(values)
