# What the scripts of this directory share. They are run from the top directory
# of the sources, as `Rscript tools/<script>.R`, and use nothing but base R:
# they are what brings the packages.

options(timeout = max(600, getOption("timeout")), useFancyQuotes = FALSE)

if (!file.exists("DESCRIPTION") || !dir.exists("tools")) {
  stop("Run this script from the top directory of the sources.", call. = FALSE)
}

description <- read.dcf("DESCRIPTION")[1L, ]
package <- description[["Package"]]

say <- function(...) {
  cat(..., "\n", sep = "")
  flush(stdout())
}

#' End with a plain message and status 1, without R's "Error:" and traceback.
stop_plainly <- function(...) {
  flush(stdout())
  cat(..., "\n", sep = "", file = stderr())
  quit("no", status = 1L)
}

is_writable <- function(dir) {
  dir.exists(dir) & file.access(dir, 2L) == 0L
}

#' The library that packages are installed into: the first writable one, or
#' the user library, made as R itself would after asking.
#'
#' R's own library comes last even where it is writable (as root, say): what is
#' put there mixes with what the system's package manager owns.
writable_library <- function() {
  own <- normalizePath(.Library)
  libs <- setdiff(normalizePath(.libPaths()), own)
  libs <- libs[is_writable(libs)]
  if (length(libs)) {
    return(libs[[1L]])
  }

  user <- strsplit(Sys.getenv("R_LIBS_USER"), .Platform$path.sep, fixed = TRUE)[[1L]]
  user <- path.expand(setdiff(user, c("", "NULL")))
  if (length(user)) {
    dir.create(user[[1L]], recursive = TRUE, showWarnings = FALSE)
    if (is_writable(user[[1L]])) {
      say("Packages go into the user library ", user[[1L]], ".")
      return(normalizePath(user[[1L]]))
    }
  }

  if (is_writable(own)) {
    return(own)
  }
  stop_plainly(
    "No library can be written to.\n",
    "Set R_LIBS_USER to a directory of yours and try again."
  )
}

#' Run `R CMD <args>`; the status is returned, the output shown only when the
#' command fails or `show` is TRUE.
r_cmd <- function(args, show = FALSE, env = character()) {
  r <- file.path(R.home("bin"), "R")
  # Children must see the libraries of this process, also those added since
  # it started.
  libs <- paste(.libPaths(), collapse = .Platform$path.sep)
  old <- Sys.getenv("R_LIBS", NA)
  Sys.setenv(R_LIBS = libs)
  on.exit(if (is.na(old)) Sys.unsetenv("R_LIBS") else Sys.setenv(R_LIBS = old))

  args <- c("CMD", shQuote(args))
  if (show) {
    return(system2(r, args, env = env, stdin = nullfile()))
  }
  log <- tempfile("r-cmd-")
  on.exit(unlink(log), add = TRUE)
  status <- system2(r, args, stdout = log, stderr = log, env = env, stdin = nullfile())
  if (status != 0L) {
    writeLines(readLines(log, warn = FALSE))
  }
  status
}

#' Build the source package into `dir` and return the path of the tarball.
#'
#' Everything is compiled from a tarball, so that no object file is left in src/.
build_tarball <- function(dir = tempfile("build-"), vignettes = FALSE) {
  dir.create(dir, showWarnings = FALSE, recursive = TRUE)
  root <- getwd()
  old <- setwd(dir)
  on.exit(setwd(old))
  args <- c("build", if (!vignettes) "--no-build-vignettes", root)
  if (r_cmd(args, show = vignettes) != 0L) {
    stop_plainly("Building the source package failed; see above.")
  }
  tarball <- list.files(dir, pattern = "[.]tar[.]gz$", full.names = TRUE)
  stopifnot(length(tarball) == 1L)
  tarball
}

#' Build the package and install it into `lib`.
install_package <- function(lib) {
  say("Building and installing ", package, " ...")
  tarball <- build_tarball()
  args <- c("INSTALL", "--no-test-load", paste0("--library=", lib), tarball)
  if (r_cmd(args) != 0L) {
    stop_plainly("Installing ", package, " failed; see above.")
  }
  unlink(dirname(tarball), recursive = TRUE)
  invisible(lib)
}

#' The value of `--name=value` among the arguments, or `default`.
option <- function(name, default = NULL) {
  args <- commandArgs(trailingOnly = TRUE)
  start <- paste0("--", name, "=")
  hit <- args[startsWith(args, start)]
  if (length(hit)) substring(hit[[1L]], nchar(start) + 1L) else default
}

#' Leave the counts for the script that adds them up, if it asked for them.
write_counts <- function(passed, failed, skipped) {
  file <- option("counts")
  if (!is.null(file)) {
    cat(passed, failed, skipped, "\n", file = file)
  }
}
