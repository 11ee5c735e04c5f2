# Installs the packages that a task needs and that are missing or too old:
#
#   Rscript tools/setup.R run | test | check | vignettes | document | lint
#
# What a task needs is read from DESCRIPTION. Nothing is downloaded, and no
# mirror is asked, when everything is there.

source("tools/common.R")

tasks <- c("run", "test", "check", "vignettes", "document", "lint")
task <- commandArgs(trailingOnly = TRUE)
if (length(task) != 1L || !task %in% tasks) {
  stop_plainly("Usage: Rscript tools/setup.R ", paste(tasks, collapse = " | "))
}

# System libraries that source builds of these packages look for, by their
# Debian and Ubuntu names.
system_libraries <- c(
  curl = "libcurl4-openssl-dev", fs = "libuv1-dev", systemfonts = "libfontconfig1-dev",
  vdiffr = "libpng-dev", xml2 = "libxml2-dev"
)

# ---- Dependencies -----------------------------------------------------------

#' "a (>= 1.0), b" as a list of minimum versions by name; "0" where none is named.
parse_dependencies <- function(...) {
  text <- as.character(c(...))
  items <- trimws(unlist(strsplit(text[!is.na(text)], ",", fixed = TRUE)))
  items <- items[nzchar(items)]
  name <- sub("[[:space:]]*[(].*$", "", items)
  at_least <- grepl(">=?[[:space:]]*[0-9]", items)
  version <- rep("0", length(items))
  version[at_least] <- sub("^.*>=?[[:space:]]*([0-9.-]+).*$", "\\1", items[at_least])
  stats::setNames(as.list(version), name)
}

field <- function(row, names) {
  row[intersect(names, names(row))]
}

run_fields <- c("Depends", "Imports")
build_fields <- c(run_fields, "LinkingTo")

older <- function(a, b) {
  utils::compareVersion(a, b) < 0L
}

#' What is installed: the first library on the path that has a package wins,
#' as it does for library().
read_installed <- function() {
  have <- utils::installed.packages(noCache = TRUE)
  have[!duplicated(rownames(have)), , drop = FALSE]
}

# R itself, and what comes with every R.
own_packages <- function(have) {
  c("R", rownames(have)[have[, "Priority"] %in% "base"])
}

#' The repositories: the user's, or the first mirror of R's list when none is set.
set_repos <- function() {
  repos <- getOption("repos")
  if (!length(repos) || "@CRAN@" %in% repos) {
    utils::chooseCRANmirror(ind = 1L, local.only = TRUE)
  }
  getOption("repos")
}

#' What the repositories offer, also to newer versions of R: knowing that a
#' package exists, but wants a newer R, makes for a better message.
read_available <- function() {
  set_repos()
  all <- tryCatch(
    suppressWarnings(utils::available.packages(
      type = offer_type(), filters = c("OS_type", "subarch")
    )),
    error = function(e) NULL
  )
  if (is.null(all) || !nrow(all)) {
    return(NULL)
  }
  needs_r <- vapply(all[, "Depends"], function(depends) {
    max_version(unlist(parse_dependencies(depends)["R"]))
  }, "")
  running <- as.character(getRversion())
  usable <- !vapply(needs_r, older, NA, a = running)
  newest_first <- order(numeric_version(all[, "Version"]), decreasing = TRUE)
  keep <- function(rows) {
    rows <- all[newest_first[newest_first %in% which(rows)], , drop = FALSE]
    rows[!duplicated(rownames(rows)), , drop = FALSE]
  }
  refused <- keep(!usable)
  list(
    usable = keep(usable),
    refused = stats::setNames(refused[, "Depends"], rownames(refused))
  )
}

max_version <- function(versions) {
  versions <- unlist(versions)
  if (!length(versions)) "0" else as.character(max(numeric_version(versions)))
}

# Where R installs binaries they are offered in their own list.
offer_type <- function() {
  if (identical(getOption("pkgType"), "source")) "source" else "binary"
}

#' Walk the dependencies of `wanted` (minimum versions by name).
#'
#' install.packages() takes any installed version of a dependency as good
#' enough, so an old package stays and the new one that needs a newer version
#' of it does not load. Here the minimum versions are followed all the way down:
#' through the installed package where it will do, else through the one offered.
#'
#' Returns the names to install and, by name, why a package cannot be had.
resolve <- function(wanted, have, offered = NULL) {
  minimum <- list()
  install <- character()
  problems <- character()
  own <- own_packages(have)
  queue <- wanted

  while (length(queue)) {
    name <- names(queue)[[1L]]
    version <- queue[[1L]]
    queue <- queue[-1L]
    if (name %in% own || (name %in% names(minimum) && !older(minimum[[name]], version))) {
      next
    }
    minimum[[name]] <- version

    if (has_version(have, name, version)) {
      found <- field(have[name, ], run_fields)
    } else {
      install <- union(install, name)
      found <- NULL
      if (has_version(offered$usable, name, version)) {
        found <- field(offered$usable[name, ], build_fields)
      } else if (!is.null(offered)) {
        problems[[name]] <- problem(name, version, offered)
      }
    }
    queue <- c(queue, parse_dependencies(found))
  }
  list(install = install, problems = problems)
}

#' Does a table of packages have this one, in this version or a newer one?
has_version <- function(table, name, version) {
  name %in% rownames(table) && !older(table[name, "Version"], version)
}

problem <- function(name, version, offered) {
  at_least <- if (version == "0") "" else paste0(" (at least ", version, " is needed)")
  if (name %in% names(offered$refused)) {
    needs <- parse_dependencies(offered$refused[[name]])[["R"]]
    return(paste0(
      "its current version needs R ", needs, " or newer; this is R ", getRversion(), at_least
    ))
  }
  if (name %in% rownames(offered$usable)) {
    return(paste0(
      "version ", offered$usable[name, "Version"], " is offered, at least ", version, " is needed"
    ))
  }
  paste0("the repository does not offer it", at_least)
}

# ---- What the tasks need ----------------------------------------------------

imports <- parse_dependencies(field(description, build_fields))
suggests <- parse_dependencies(field(description, "Suggests"))

#' The test files that name a package: those that lose tests without it.
test_files_using <- function(name) {
  files <- list.files("tests/testthat", pattern = "[.][Rr]$", full.names = TRUE)
  uses <- vapply(files, function(file) {
    any(grepl(paste0("\\b", name, "\\b"), readLines(file, warn = FALSE)))
  }, NA)
  basename(files[uses])
}

used_in_tests <- function(name) {
  length(test_files_using(name)) > 0L
}

from_suggests <- function(...) {
  names <- c(...)
  known <- intersect(names, names(suggests))
  other <- setdiff(names, known)
  c(suggests[known], stats::setNames(rep(list("0"), length(other)), other))
}

required <- c(imports, switch(task,
  run = list(),
  test = from_suggests("testthat"),
  check = from_suggests("testthat", "knitr", "rmarkdown"),
  vignettes = from_suggests("knitr", "rmarkdown"),
  document = from_suggests("roxygen2"),
  lint = from_suggests("lintr")
))
optional <- switch(task,
  test = Filter(used_in_tests, names(suggests)),
  check = names(suggests),
  character()
)
optional <- suggests[setdiff(optional, names(required))]

# ---- Installing -------------------------------------------------------------

#' Load each package in a fresh process, where nothing of this one helps.
#' Returns the error messages by package.
load_errors <- function(names) {
  script <- tempfile(fileext = ".R")
  result <- tempfile()
  on.exit(unlink(c(script, result)))
  writeLines(c(
    "args <- commandArgs(trailingOnly = TRUE)",
    "attempt <- function(name) {",
    "  tryCatch({",
    "    loadNamespace(name)",
    "    \"\"",
    "  }, error = function(e) gsub(\"[[:space:]]+\", \" \", conditionMessage(e)))",
    "}",
    "writeLines(vapply(args[-1L], attempt, \"\"), args[[1L]])"
  ), script)
  status <- system2(
    file.path(R.home("bin"), "Rscript"), shQuote(c(script, result, names)),
    stdout = FALSE, stderr = FALSE, stdin = nullfile()
  )
  if (status != 0L || !file.exists(result)) {
    # One of them takes R down with it: find out which.
    if (length(names) == 1L) {
      return(stats::setNames("R stops when it is loaded", names))
    }
    return(unlist(lapply(names, load_errors)))
  }
  errors <- stats::setNames(readLines(result), names)
  errors[nzchar(errors)]
}

install <- function(names, offered, lib) {
  say(
    "Installing ", length(names), " package", if (length(names) > 1L) "s", " into ", lib, ": ",
    paste(names, collapse = ", "), "."
  )
  log <- tempfile("log-")
  dir.create(log)
  old <- setwd(log)
  on.exit({
    setwd(old)
    unlink(log, recursive = TRUE)
  })
  # Builds write pages of compiler output; they go to files, which are shown
  # for the packages that fail.
  args <- list(names, lib = lib, Ncpus = 2L, dependencies = FALSE, keep_outputs = log)
  if (offer_type() == "source") {
    args$available <- offered$usable
    args$type <- "source"
  }
  withCallingHandlers(
    suppressMessages(do.call(utils::install.packages, c(args, quiet = TRUE))),
    warning = function(w) {
      say("  ", conditionMessage(w))
      invokeRestart("muffleWarning")
    }
  )
  now <- read_installed()
  for (name in setdiff(names, rownames(now)[now[, "LibPath"] == lib])) {
    file <- file.path(log, paste0(name, ".out"))
    if (file.exists(file)) {
      say("---- the end of the build of ", name, ":")
      writeLines(utils::tail(readLines(file, warn = FALSE), 25L))
    }
  }
}

remedy <- function(names) {
  names <- sort(names)
  needs <- system_libraries[intersect(names, names(system_libraries))]
  c(
    paste0(
      "  On Debian or Ubuntu:  apt-get install ",
      paste0("r-cran-", tolower(names), collapse = " ")
    ),
    paste0(
      "  Elsewhere, in R:      install.packages(c(",
      paste0("\"", names, "\"", collapse = ", "), "))"
    ),
    if (any(names %in% names(offered$refused))) {
      "  A newer R takes the current versions as well."
    },
    if (length(needs)) {
      paste0("  A build from source may need the system libraries ", toString(needs), ".")
    }
  )
}

# fs, which testthat needs, builds the copy of libuv that it brings along only
# when told to. It is wanted where the system has none.
no_libuv <- function() {
  !nzchar(Sys.which("pkg-config")) ||
    suppressWarnings(system2("pkg-config", "--exists libuv", stderr = FALSE)) != 0L
}
if (!nzchar(Sys.getenv("USE_BUNDLED_LIBUV")) && no_libuv()) {
  Sys.setenv(USE_BUNDLED_LIBUV = "1")
}

have <- read_installed()
needed <- resolve(c(required, optional), have)$install
lib <- NULL
offered <- NULL
problems <- character()

if (length(needed)) {
  say("Needed, and missing or too old: ", paste(sort(needed), collapse = ", "), ".")
  lib <- writable_library()
  .libPaths(c(.libPaths(), lib))
  offered <- read_available()
  if (is.null(offered)) {
    say("No list of packages came from ", toString(getOption("repos")), ".")
  } else {
    # A package that cannot be completed is not begun: what it would bring
    # along is of no use.
    plan <- resolve(required, have, offered)
    todo <- plan$install
    problems <- plan$problems
    for (name in names(optional)) {
      extra <- resolve(optional[name], have, offered)
      if (length(extra$problems)) {
        problems <- c(problems, extra$problems)
      } else {
        todo <- union(todo, extra$install)
      }
    }
    todo <- setdiff(todo, names(problems))
    if (length(todo)) {
      install(todo, offered, lib)
    }
  }
}

# ---- Verdict ----------------------------------------------------------------

have <- read_installed()
wanted <- c(required, optional)
left <- lapply(names(wanted), function(name) resolve(wanted[name], have)$install)
names(left) <- names(wanted)
broken <- load_errors(setdiff(names(wanted)[lengths(left) == 0L], own_packages(have)))

why <- function(name) {
  missing <- left[[name]]
  if (!length(missing)) {
    return(paste0("it does not load: ", broken[[name]]))
  }
  known <- intersect(missing, names(problems))
  if (length(known)) {
    subject <- ifelse(known == name, "", paste0(known, ", which it needs: "))
    return(paste0(subject, problems[known], collapse = "; "))
  }
  state <- ifelse(missing %in% rownames(have), "too old", "missing")
  paste(missing, "is", state, collapse = ", ")
}

bad <- c(names(left)[lengths(left) > 0L], names(broken))
bad_optional <- setdiff(bad, names(required))
bad_required <- intersect(unique(names(required)), bad)

for (name in bad_optional) {
  files <- test_files_using(name)
  say(
    "Warning: ", name, " cannot be used (", why(name), "); ",
    if (length(files)) {
      paste0("tests that need it are skipped, in ", toString(files), ".")
    } else {
      "no test needs it."
    }
  )
}

if (length(bad_required)) {
  causes <- unique(c(unlist(left[bad_required]), names(broken)))
  causes <- intersect(causes, c(bad_required, unlist(left)))
  stop_plainly(paste(c(
    "",
    paste0("Packages that are needed (task: ", task, ") and could not be had:"),
    paste0("  ", bad_required, ": ", vapply(bad_required, why, "")),
    remedy(causes),
    paste0(
      "If the repository cannot be reached, check the connection, or set another one with ",
      "options(repos = ) in the R profile."
    )
  ), collapse = "\n"))
}

if (length(needed)) {
  say("The packages for '", task, "' are there.")
}
