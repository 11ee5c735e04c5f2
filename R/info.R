# What the package runs on here.

#' What gaussmix runs on
#'
#' @description
#' Tells the instructions and the number of threads that the functions of the package
#' use in this session, why, and the versions of what is involved: for a report of a
#' problem, or of a timing.
#'
#' @details
#' # Speed and reproducibility
#' Work on the rows is divided among threads (with OpenMP) and done several rows at once
#' by the widest vector instructions of the processor, of those that the package was
#' compiled for: nothing need be set. What is too small to gain from threads is done by
#' one.
#'
#' * **Threads.** Results have the same bits for any number of threads. The number is that
#'   of [gmm_control()], else `options(gaussmix.threads = )`, else all that there
#'   may be: one per processor, or fewer if the environment variables `OMP_NUM_THREADS` and
#'   `OMP_THREAD_LIMIT` said so when the package was loaded. More than that are not used,
#'   whatever is asked for. In a forked process (`parallel::mclapply()`) it is one, because
#'   threads do not survive a fork. Where other programs want the processors too, threads
#'   would wait for each other: a fit notices that and goes on with one for a while.
#'   `options(gaussmix.threads = 1)` leaves the other processors alone from the start.
#' * **Instructions.** `"baseline"`, which every processor of a kind has, `"AVX2"` or
#'   `"AVX-512"`. The wider ones round a product and its sum once, not twice, and AVX-512
#'   begins roots with an estimate that differs between makers of processors, so that between
#'   them last bits may differ, and with them now and then the number of iterations. With the
#'   same seed, data, build of the package, R, BLAS and LAPACK,
#'   `options(gaussmix.simd = "baseline")` gives the same bits on all x86-64 processors.
#' * **BLAS and LAPACK** are R's own. They work on d x d matrices, in numbers that do
#'   not grow with the rows: a faster BLAS hardly makes a fit faster, but another one
#'   may change last bits.
#'
#' @returns An object of class `gmm_info`, a list with
#'   \describe{
#'   \item{`version`, `R`, `compiler`}{the versions of the package, of R, and of the
#'     compiler of the package}
#'   \item{`simd`, `lanes`, `simd_why`}{the instructions in use: their name, how many
#'     doubles one works on at once, and what decides it}
#'   \item{`simd_available`}{the names of those that this processor and this build have}
#'   \item{`threads`, `threads_why`}{the number of threads in use, and what decides it}
#'   \item{`threads_max`, `processors`}{the most threads, and the processors}
#'   \item{`openmp`, `forked`}{whether the package was compiled with OpenMP, and whether
#'     this process was forked}
#'   \item{`BLAS`, `LAPACK`}{the files of the libraries that R uses, `""` where it does
#'     not know}
#'   }
#'   Functions that take a `control` go by that first.
#' @concept threads
#' @concept reproducibility
#' @seealso [gmm_control()]
#' @export
#' @examples
#' gmm_info()
gmm_info <- function() {
  has <- .Call(C_gmm_info)
  engine <- choose_engine()
  simd <- if (engine$simd < 0L) has$simd_default else names(simd_levels)[[engine$simd + 1L]]
  asked <- if (engine$threads > 0L) engine$threads
  structure(
    list(
      version = getNamespaceVersion("gaussmix")[["version"]],
      R = as.character(getRversion()),
      compiler = has$compiler,
      simd = simd,
      lanes = has$lanes[[match(simd, has$simd)]],
      simd_why = if (engine$simd < 0L) "the widest" else "the option gaussmix.simd",
      simd_available = has$simd,
      threads = min(asked, has$threads_max),
      threads_why = why_threads(asked, has),
      threads_max = has$threads_max,
      processors = has$processors,
      openmp = has$openmp,
      forked = has$forked,
      BLAS = extSoftVersion()[["BLAS"]],
      LAPACK = La_library()
    ),
    class = "gmm_info"
  )
}

# OpenMP reads its variables once, so what they say later does not count.
at_load <- new.env(parent = emptyenv())

note_limits <- function() {
  at_load$limits <- Sys.getenv(c("OMP_NUM_THREADS", "OMP_THREAD_LIMIT"))
}

# Whether this process was forked by package parallel, which alone knows it. Had its parent
# used OpenMP, by whatever package, threads would be waited for in vain.
is_parallel_child <- function() {
  isNamespaceLoaded("parallel") &&
    isTRUE(tryCatch(utils::getFromNamespace("isChild", "parallel")(), error = function(e) FALSE))
}

# What decides the number of threads, when so many are `asked` for, or NULL.
why_threads <- function(asked, has, limits = at_load$limits) {
  limits <- names(limits)[nzchar(limits)]
  most <- if (!has$openmp) {
    "the package was compiled without OpenMP"
  } else if (has$forked) {
    "this process was forked"
  } else if (length(limits) > 0L) {
    paste(limits, collapse = " and ")
  } else {
    "one per processor"
  }
  if (is.null(asked)) {
    most
  } else if (asked <= has$threads_max) {
    "the option gaussmix.threads"
  } else {
    sprintf("the option gaussmix.threads asks for %d, but %s", asked, most)
  }
}

#' @export
format.gmm_info <- function(x, ...) {
  file <- function(path) if (nzchar(path)) path else "unknown"
  c(
    sprintf("gaussmix %s, R %s, compiled by %s", x$version, x$R, x$compiler),
    sprintf(
      "Instructions: %s, %s at once (%s; available: %s)",
      x$simd, count_of(x$lanes, "double"), x$simd_why, paste(x$simd_available, collapse = ", ")
    ),
    sprintf("Threads:      %d of at most %d (%s)", x$threads, x$threads_max, x$threads_why),
    sprintf(
      "Processors:   %d; %s OpenMP", x$processors, if (x$openmp) "with" else "without"
    ),
    sprintf("BLAS:         %s", file(x$BLAS)),
    sprintf("LAPACK:       %s", file(x$LAPACK)),
    "BLAS and LAPACK work on d x d matrices only, not on the rows."
  )
}

#' @export
print.gmm_info <- function(x, ...) {
  writeLines(format(x, ...))
  invisible(x)
}
