# Builds the source package with its vignettes, runs R CMD check --as-cran on
# it, and judges the log: an error, a warning or a note is a failure, except
# for what comes from the machine and not from the package.
#
#   Rscript tools/check.R [--counts=file]
#
# The log stays in <package>.Rcheck. Building and checking count as one test each.

source("tools/common.R")

out <- paste0(package, ".Rcheck")
unlink(out, recursive = TRUE)
has <- function(command) nzchar(Sys.which(command))

# Until there is an outcome, both stages have failed.
write_counts(0L, 2L, 0L)

say("Building the source package ...")
tarball <- build_tarball(vignettes = TRUE)
say("Built ", basename(tarball), ".")
write_counts(1L, 1L, 0L)

# The questions that --as-cran puts to other sites depend on the network;
# the rest of the incoming checks does not.
Sys.setenv("_R_CHECK_CRAN_INCOMING_REMOTE_" = "false")

suggested <- trimws(strsplit(gsub("[(][^)]*[)]", "", description[["Suggests"]]), ",")[[1L]])
absent <- suggested[!nzchar(vapply(suggested, function(p) system.file(package = p), ""))]
if (length(absent)) {
  say("Checking without suggested packages that are not installed: ", toString(absent), ".")
  Sys.setenv("_R_CHECK_FORCE_SUGGESTS_" = "false")
}

args <- c("check", "--as-cran", paste0("--output=", getwd()))
if (!has("pdflatex")) {
  say("Checking without the PDF manual: there is no pdflatex.")
  args <- c(args, "--no-manual")
}
status <- r_cmd(c(args, tarball), show = TRUE)

# ---- The log ----------------------------------------------------------------

log <- file.path(out, "00check.log")
if (!file.exists(log)) {
  stop_plainly("R CMD check left no log.")
}
lines <- readLines(log, warn = FALSE, encoding = "UTF-8")

# A check begins with a star; what follows belongs to it.
checks <- split(lines, cumsum(grepl("^[*] ", lines)))
outcome <- vapply(checks, function(check) {
  # The result stands at the end of the first line, or on a line of its own
  # after output of the check.
  hit <- regmatches(check, regexpr("(^| )(ERROR|WARNING|NOTE)$", check))
  if (length(hit)) trimws(hit[[1L]]) else "OK"
}, "")
# The last entries only sum up.
outcome[vapply(checks, function(check) grepl("^[*] DONE", check[[1L]]), NA)] <- "OK"

old_tidy <- function() {
  if (!has("tidy")) {
    return(TRUE)
  }
  version <- suppressWarnings(system2("tidy", "--version", stdout = TRUE, stderr = TRUE))
  number <- regmatches(version, regexpr("[0-9]+([.][0-9]+)+", version))
  !length(number) || utils::compareVersion(number[[1L]], "5.8.0") < 0L
}

# Flags that R was built with, and hands to every package.
own_flags <- function(flags) {
  names <- c("CFLAGS", "CPPFLAGS", "CXXFLAGS", "FFLAGS", "FCFLAGS")
  config <- vapply(names, function(name) {
    paste(system2(file.path(R.home("bin"), "R"), c("CMD", "config", name), stdout = TRUE),
          collapse = " ")
  }, "")
  flags %in% unlist(strsplit(config, "[[:space:]]+"))
}

only <- function(pattern, body) {
  all(grepl(pattern, body))
}

# The notes that can say nothing about the package: the name of the check and a
# function of the note's lines, which gives the reason, or NULL when the note
# does say something.
excuses <- list(
  "CRAN incoming feasibility" = function(body) {
    if (only("^(Maintainer: .*|New submission)$", body)) {
      "a package that is not on CRAN is a new submission"
    }
  },
  "future file timestamps" = function(body) {
    if (only("unable to verify current time", body)) {
      "the clock could not be compared with a time server"
    }
  },
  "compilation flags used" = function(body) {
    flags <- unlist(strsplit(body[-1L], "[[:space:]]+"))
    flags <- gsub("[^[:alnum:]=_,+./-]", "", flags)
    flags <- flags[nzchar(flags)]
    if (length(flags) && all(own_flags(flags))) {
      "the flags are those that R itself was built with"
    }
  },
  "HTML version of manual" = function(body) {
    if (only("^Skipping checking ", body)) {
      "a tool for the check is not installed"
    } else if (old_tidy()) {
      # Before 5.8.0 it does not know the HTML 5 that R writes.
      "the HTML Tidy of this machine is too old for the HTML that R writes"
    }
  }
)

excuse <- function(check) {
  body <- trimws(check[-1L])
  body <- body[nzchar(body) & body != "NOTE"]
  for (name in names(excuses)) {
    if (grepl(name, check[[1L]], fixed = TRUE)) {
      return(excuses[[name]](body))
    }
  }
  NULL
}

say("")
bad <- 0L
for (i in which(outcome != "OK")) {
  reason <- if (outcome[[i]] == "NOTE") excuse(checks[[i]])
  if (is.null(reason)) {
    bad <- bad + 1L
    say("Not accepted:")
  } else {
    say("Tolerated, since ", reason, ":")
  }
  writeLines(paste0("  ", checks[[i]]))
}

# A check that was cut short has no status line.
finished <- any(grepl("^Status: ", lines))
if (bad > 0L || !finished || (status != 0L && !any(outcome != "OK"))) {
  outcome <- if (finished) paste(bad, "finding(s)") else "it did not finish"
  stop_plainly("R CMD check: ", outcome, "; see ", log, ".")
}
write_counts(2L, 0L, 0L)
say("R CMD check: nothing to complain about.")
