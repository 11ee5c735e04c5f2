# Runs contestants as programs of their own, and lets them take turns.

#' Run a program; returns list(fields, failed): what it told, as character vectors by
#' name (a matrix of numbers for `time`), or why it failed.
run_program <- function(command, arguments, threads = 1, timeout = PATIENCE, env = character()) {
  log <- tempfile("log-")
  on.exit(unlink(log))
  output <- suppressWarnings(system2(
    command[[1]], shQuote(c(command[-1], arguments)),
    stdout = TRUE, stderr = log, stdin = nullfile(), timeout = timeout,
    env = c(blas_environment(), paste0(thread_variables, "=", threads), env)
  ))
  status <- attr(output, "status")
  failed <- if (identical(status, 124L)) {
    paste("stopped after", timeout, "s")
  } else if (!is.null(status)) {
    last_words(log)
  }
  told <- sub("^bench: ", "", grep("^bench: ", output, value = TRUE))
  what <- sub(" .*", "", told)
  values <- strsplit(trimws(substring(told, nchar(what) + 1L)), " ")
  fields <- lapply(split(values, what), function(lines) do.call(rbind, lines))
  fields$version <- if (length(fields$version)) paste(fields$version, collapse = " ")
  for (name in intersect(c("time", "sums", "memory", "cpu"), names(fields))) {
    mode(fields[[name]]) <- "double"
  }
  list(fields = fields, failed = failed)
}

# Seconds: a turn that takes longer is ended, and a contestant that has used as many gets
# no further turn.
PATIENCE <- as.double(Sys.getenv("PATIENCE", "120"))

thread_variables <- c("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

last_words <- function(log) {
  lines <- grep("[[:alnum:]]", readLines(log, warn = FALSE), value = TRUE)
  lines <- setdiff(lines, "Execution halted")
  words <- if (length(lines)) trimws(lines[[length(lines)]]) else "fails without a word"
  substring(words, 1, 100)
}

#' One task of one contestant on the problem in a directory.
run_task <- function(one, task, dir, ..., timeout = PATIENCE, env = character()) {
  settings <- c(one$settings, ...)
  run_program(
    one$command, c(task, dir, paste0(names(settings), "=", settings)),
    threads = one$settings[["threads"]], timeout = timeout, env = env
  )
}

#' Rounds in which each contestant has a turn, so that whatever else the machine does
#' meets all of them; another begins each round, since who begins may pay for what the
#' last of the round before has left behind. `turn(one, round)` returns a data frame, or a
#' string that says why there is none, after which that one is out. After `least` rounds
#' those that have used `patience` seconds have had enough.
#'
#' Returns list(rows, absent), with the column `contestant`.
take_turns <- function(present, rounds, turn, least = 1L, patience = PATIENCE) {
  rows <- list()
  absent <- character()
  used <- stats::setNames(numeric(length(present)), names(present))
  for (round in seq_len(rounds)) {
    for (one in present[(seq_along(present) + round - 2L) %% length(present) + 1L]) {
      name <- one$name
      if (name %in% names(absent) || (round > least && used[[name]] > patience)) {
        next
      }
      begin <- Sys.time()
      found <- turn(one, round)
      used[[name]] <- used[[name]] + as.double(Sys.time() - begin, units = "secs")
      if (is.character(found)) {
        absent[[name]] <- found
        say("    ", name, ": ", found)
      } else {
        rows[[length(rows) + 1L]] <- data.frame(contestant = name, round = round, found)
      }
    }
  }
  list(rows = do.call(rbind, rows), absent = absent)
}

absent_rows <- function(workload, absent) {
  data.frame(
    workload = rep(workload, length(absent)), contestant = names(absent),
    note = unname(absent)
  )
}
