# Instructions an iteration of gaussmix: counted by callgrind in EM alone, as the difference
# of two runs of a given number of iterations. The baseline vectors, since callgrind does
# not know the widest; the processor's mood does not matter.

# The core's loop, and the only one.
EM_FUNCTION <- "gmm_em_run"
COUNTED_ITERATIONS <- c(5L, 10L)

counted_sizes <- rbind(
  data.frame(n = 2000, d = 4, k = 3, covariances = "full"),
  data.frame(n = 2000, d = 10, k = 5, covariances = "full"),
  data.frame(n = 2000, d = 50, k = 10, covariances = "full"),
  data.frame(n = 2000, d = 10, k = 5, covariances = "diagonal"),
  data.frame(n = 2000, d = 100, k = 16, covariances = "diagonal")
)

count_instructions <- function(programs, scale, dir, work) {
  if (!nzchar(Sys.which("valgrind"))) {
    keep_absent(dir, "instructions", c(gaussmix = "valgrind is not installed"))
    return(invisible())
  }
  problems <- vapply(seq_len(nrow(counted_sizes)), function(i) {
    size <- counted_sizes[i, ]
    problem <- simulate_problem(size$n, size$d, size$k, size$covariances)
    write_problem(problem, file.path(work, paste0("counted-", i)))
  }, "")
  counts <- matrix(callgrind_totals(problems, work), length(COUNTED_ITERATIONS))
  rows <- data.frame(
    part = "instructions", counted_sizes,
    instructions = diff(counts)[1, ] / diff(COUNTED_ITERATIONS)
  )
  keep_results(dir, "instructions", rows, "part")
  keep_results(dir, "machine", machine_rows("instructions", programs, character()), "part")
}

#' Of each problem and each number of iterations, in this order. callgrind writes a file
#' whenever the function is left, which is as often in each fit: a short run, and its
#' continuation.
callgrind_totals <- function(problems, work) {
  out <- file.path(work, "callgrind.out")
  valgrind <- paste(
    "valgrind --tool=callgrind --collect-atstart=no", paste0("--toggle-collect=", EM_FUNCTION),
    paste0("--dump-after=", EM_FUNCTION), paste0("--callgrind-out-file=", out)
  )
  run <- run_program(
    c(file.path(R.home("bin"), "R"), "-d", valgrind, "--vanilla", "-s"),
    c("-f", "bench/peers/counted.R", "--args", COUNTED_ITERATIONS, problems),
    timeout = 1800
  )
  if (!is.null(run$failed)) {
    stop("callgrind fails: ", run$failed, call. = FALSE)
  }
  fits <- length(problems) * length(COUNTED_ITERATIONS)
  dumps <- length(Sys.glob(paste0(out, ".*")))
  stopifnot(dumps > 0L, dumps %% fits == 0L)
  totals <- vapply(paste0(out, ".", seq_len(dumps)), function(file) {
    as.double(sub("totals: *", "", grep("^totals:", readLines(file), value = TRUE)[[1]]))
  }, 0)
  colSums(matrix(totals, ncol = fits))
}
