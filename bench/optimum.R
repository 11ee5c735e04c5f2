# How often programs find the best proper maximum on real data (bench/datasets.R).
#
# A cell is a data set, a number of components and a covariance model. Each program is asked
# for it with several seeds, at its defaults; its answers are judged here, by the
# log-likelihood that plain R works out from the parameters and by whether they are proper
# (?gmm_control). The best of a cell is the largest log-likelihood of a proper answer of any
# program, also after EM has run it to its end, and of many restarts of ours without moves.
#
# SEEDS is the number of seeds (20, fewer with SCALE), SETS=iris,swiss restricts the data
# sets; with SETS, only their rows of the results are replaced.

OPTIMUM_COMPONENTS <- 2:6
OPTIMUM_MODELS <- c("VVV", "EEE", "VVI")
# Seconds: a run that takes longer has failed, if its program lets it be stopped, and a
# program that takes longer for all is ended; what it has found counts.
RUN_SECONDS <- 10
RESTARTS_SECONDS <- 600
PROGRAM_SECONDS <- 8 * 3600
RESTARTS <- "gaussmix, 500 restarts"

#' `models` it has, least variables it takes, and the rows up to which it does not draw, so
#' that one run says it all.
seeker <- function(name, program = name, effort = "default", models = c(OPTIMUM_MODELS, "V", "E"),
                   least = 1, fixed = 0, limit = RUN_SECONDS) {
  list(
    name = name, program = program, effort = effort, models = models, least = least,
    fixed = fixed, limit = limit
  )
}

seekers <- list(
  seeker("gaussmix"),
  seeker(RESTARTS, "gaussmix", "restarts", fixed = Inf, limit = RESTARTS_SECONDS),
  # It samples rows for its hierarchical clustering where there are more.
  seeker("mclust", fixed = 2000),
  seeker("Rmixmod"),
  seeker("Rmixmod, 10 tries", "Rmixmod", "10"),
  seeker("EMCluster", models = c("VVV", "V")),
  seeker("mixture", least = 2),
  seeker("scikit-learn"),
  seeker("scikit-learn, 10 starts", "scikit-learn", "10")
)

seek_optima <- function(programs, scale, dir, work) {
  sets <- asked_sets()
  cells <- optimum_cells(sets)
  seeds <- as.integer(Sys.getenv("SEEDS", format(max(1, round(20 * scale)))))
  files <- file.path(work, "optimum")
  dir.create(files)
  on.exit(unlink(files, recursive = TRUE))
  for (name in names(sets)) {
    writeBin(as.vector(t(sets[[name]])), file.path(files, paste0(name, ".bin")))
  }

  absent <- character()
  runs <- list()
  finish <- make_finish()
  for (one in seekers) {
    program <- programs[[one$program]]
    if (!is.null(program$missing)) {
      absent[[one$name]] <- program$missing
      next
    }
    say("  ", one$name, " ...")
    runs[[one$name]] <- judge_answers(seek(one, program, cells, seeds, files), sets, finish)
  }
  runs <- do.call(rbind, runs)
  keep_results(dir, "optimum", optimum_rows(cells, runs), "set")
  keep_absent(dir, "optimum", absent)
  keep_results(dir, "machine", machine_rows("optimum", programs, character()), "part")
}

asked_sets <- function() {
  sets <- real_data()
  asked <- Sys.getenv("SETS")
  if (nzchar(asked)) {
    asked <- strsplit(asked, ",", fixed = TRUE)[[1]]
    unknown <- setdiff(asked, names(sets))
    if (length(unknown)) {
      stop_plainly("There is no data set ", unknown[[1]], ", or its package is not installed.")
    }
    sets <- sets[asked]
  }
  sets
}

optimum_cells <- function(sets) {
  cells <- do.call(rbind, lapply(names(sets), function(name) {
    d <- ncol(sets[[name]])
    models <- if (d == 1L) c("V", "E") else OPTIMUM_MODELS
    data.frame(
      set = name, n = nrow(sets[[name]]), d = d,
      expand.grid(k = OPTIMUM_COMPONENTS, model = models, stringsAsFactors = FALSE)
    )
  }))
  data.frame(cell = seq_len(nrow(cells)), cells)
}

# ---- Runs -----------------------------------------------------------------------

#' All runs of one program, by one process (bench/peers/optima.R). Returns a row a run with
#' its parameters in the list column `answer`.
seek <- function(one, program, cells, seeds, files) {
  cells <- cells[cells$model %in% one$models & cells$d >= one$least, ]
  cells$seeds <- ifelse(cells$n <= one$fixed, 1L, seeds)
  place <- file.path(files, "answers")
  dir.create(place)
  on.exit(unlink(place, recursive = TRUE))
  utils::write.csv(cells, file.path(place, "cells.csv"), row.names = FALSE, quote = FALSE)
  # The driver is beside the one of the other tasks.
  driver <- grep("^bench/peers/", program$command)
  command <- program$command[seq_len(driver)]
  command[[driver]] <- sub("(run|sklearn)", "optima", command[[driver]])
  run <- run_program(
    command, c(one$program, files, place, one$effort, one$limit),
    timeout = PROGRAM_SECONDS
  )
  if (!is.null(run$failed)) {
    say("    ", run$failed)
  }
  ended <- if (is.null(run$failed)) "no answer" else run$failed
  asked <- data.frame(
    cell = rep(cells$cell, cells$seeds), seed = sequence(cells$seeds), program = one$name
  )
  found <- read_answers(place, cells)
  row <- match(paste(asked$cell, asked$seed), paste(found$cell, found$seed))
  data.frame(
    asked, cells[match(asked$cell, cells$cell), c("set", "k", "model")],
    seconds = found$seconds[row], reason = ifelse(is.na(row), ended, found$reason[row]),
    answer = I(found$answer[row]), row.names = NULL
  )
}

read_answers <- function(place, cells) {
  found <- utils::read.csv(
    file.path(place, "answers.csv"),
    colClasses = c("integer", "integer", "double", "character"), na.strings = "NA"
  )
  values <- file(file.path(place, "answers.bin"), "rb")
  on.exit(close(values))
  found$answer <- I(lapply(seq_len(nrow(found)), function(i) {
    if (found$reason[[i]] == "") {
      size <- cells[match(found$cell[[i]], cells$cell), ]
      read_parameters(list(d = size$d, k = size$k, covariances = "full"), values)
    }
  }))
  found
}

# ---- Verdicts -------------------------------------------------------------------

#' In place of the answers: their log-likelihood, whether they are proper, and the
#' log-likelihood of the proper maximum that EM takes them to, NA if none.
judge_answers <- function(runs, sets, finish) {
  verdicts <- vapply(seq_len(nrow(runs)), function(i) {
    if (runs$reason[[i]] != "") {
      return(c(no_verdict, finished = NA))
    }
    x <- sets[[runs$set[[i]]]]
    found <- judge(x, runs$answer[[i]], runs$model[[i]])
    finished <- NA
    if (!is.na(found[["loglik"]])) {
      key <- paste(runs$cell[[i]], format(found[["loglik"]], digits = 10))
      finished <- finish(x, runs$answer[[i]], runs$model[[i]], key)
    }
    c(found, finished = finished)
  }, c(no_verdict, finished = NA))
  runs$answer <- NULL
  runs$loglik <- verdicts["loglik", ]
  # What EM takes from there to a collapse was stopped on its way, and is no maximum.
  runs$finished <- verdicts["finished", ]
  runs$proper <- verdicts["proper", ] == 1 & !is.na(runs$finished)
  runs$reason[runs$reason == "" & is.na(runs$loglik)] <- "covariances that are not positive"
  runs
}

no_verdict <- c(loglik = NA_real_, proper = 0)

judge <- function(x, parameters, model) {
  tryCatch(
    {
      loglik <- log_likelihood(x, parameters)
      stopifnot(is.finite(loglik))
      c(loglik = loglik, proper = is_proper(x, parameters, model))
    },
    error = function(e) no_verdict
  )
}

#' Answers of a cell that agree in ten digits of the log-likelihood, the key, go on alike.
make_finish <- function() {
  known <- new.env()
  control <- gaussmix::gmm_control(threads = 1)
  function(x, parameters, model, key) {
    if (is.null(known[[key]])) {
      fit <- tryCatch(
        suppressWarnings(
          gaussmix::gmm_fit(x, model = model, start = parameters, control = control)
        ),
        error = function(e) NULL
      )
      found <- if (is.null(fit)) no_verdict else judge(x, fit, model)
      known[[key]] <- if (found[["proper"]] == 1) found[["loglik"]] else NA_real_
    }
    known[[key]]
  }
}

#' The definition of ?gmm_control and src/proper.h, with the defaults.
is_proper <- function(x, parameters, model) {
  k <- length(parameters$proportions)
  d <- ncol(x)
  limits <- proper_limits(model, d)
  total <- crossprod(scale(x, scale = FALSE)) / nrow(x)
  if (endsWith(model, "I")) {
    total <- diag(diag(total))
  }
  sigma <- lapply(seq_len(k), function(j) matrix(parameters$covariances[, , j], d))
  size <- colSums(responsibilities(x, parameters))
  if (!all(is.finite(size)) || any(size < limits[["size"]])) {
    return(FALSE)
  }
  if (min(vapply(sigma, least_ratio, 0, to = total)) < 1e-20) {
    return(FALSE)
  }
  for (j in which(size < limits[["few"]])) {
    if (min(vapply(sigma[-j], function(other) least_ratio(sigma[[j]], other), 0)) < 1e-4) {
      return(FALSE)
    }
  }
  TRUE
}

#' Least rows of a component, and those below which it may not be tighter than another. A
#' common covariance cannot collapse on a few rows.
proper_limits <- function(model, d) {
  limits <- gaussmix:::set_limits(list(), model, d)
  c(size = limits$min_size, few = if (limits$min_size > 0) limits$few_rows else 0)
}

#' Smallest eigenvalue of a covariance relative to another.
least_ratio <- function(sigma, to) {
  root <- chol(to)
  half <- backsolve(root, sigma, transpose = TRUE)
  whitened <- backsolve(root, t(half), transpose = TRUE)
  min(eigen(whitened, symmetric = TRUE, only.values = TRUE)$values)
}

# ---- A row a cell and program ------------------------------------------------------

optimum_rows <- function(cells, runs) {
  proper <- ifelse(runs$proper, runs$loglik, NA)
  found <- tapply(
    pmax(proper, runs$finished, na.rm = TRUE), list(runs$cell, runs$program), most
  )
  best <- apply(found, 1, most)
  groups <- split(seq_len(nrow(runs)), list(runs$cell, match(runs$program, unique(runs$program))))
  groups <- groups[lengths(groups) > 0L]
  do.call(rbind, lapply(groups, function(group) {
    part <- runs[group, ]
    cell <- as.character(part$cell[[1]])
    loglik <- proper[group]
    failed <- is.na(part$loglik)
    share <- function(reaches) mean(!is.na(reaches) & reaches)
    others <- most(found[cell, colnames(found) != part$program[[1]]])
    data.frame(
      cells[match(cell, cells$cell), c("set", "n", "d", "k", "model")],
      program = part$program[[1]], runs = nrow(part), best = best[[cell]],
      others = others,
      hit = share(loglik >= best[[cell]] - HIT),
      hit_finished = share(part$finished >= best[[cell]] - HIT),
      hit_others = share(loglik >= others - HIT), above_others = share(loglik > others + HIT),
      improper = mean(!failed & !part$proper), failed = mean(failed),
      seconds = stats::median(part$seconds, na.rm = TRUE),
      mean_seconds = mean(part$seconds, na.rm = TRUE), reason = frequent(part$reason),
      row.names = NULL
    )
  }))
}

#' The largest, NA if there is none: tapply() has NA where a program has no runs.
most <- function(x) {
  if (all(is.na(x))) NA_real_ else max(x, na.rm = TRUE)
}

#' The reason that is given most often.
frequent <- function(reasons) {
  reasons <- reasons[reasons != ""]
  if (length(reasons)) names(which.max(table(reasons))) else ""
}
