# Who takes part: one table. A contestant is a program that knows the tasks of
# bench/peers/run.R, with settings ("..."), and
#
#   tasks, only  the tasks and the workloads that it is for
#   lacks        why it cannot do a task or a kind of covariances
#   own_start    whether its EM starts where it wants
#   efforts      tolerances, or numbers of iterations, that a fit may need

contestant <- function(name, program, ..., tasks = c("em", "score", "fit", "memory"),
                       only = workloads$workload, lacks = character(), own_start = FALSE,
                       efforts = numeric()) {
  settings <- c(threads = "1")
  settings[names(c(...))] <- c(...)
  list(
    name = name, program = program, settings = settings, tasks = tasks, only = only,
    lacks = lacks, own_start = own_start, efforts = efforts
  )
}

tolerances <- 10^-(3:10)
iterations <- c(5, 10, 20, 50, 100, 200, 500, 1000)

contestants <- list(
  contestant("gaussmix", "gaussmix", efforts = tolerances),
  contestant(
    "gaussmix, 2 threads", "gaussmix",
    threads = "2", only = setdiff(workloads$workload, "W1"), efforts = tolerances
  ),
  contestant("gaussmix, baseline", "gaussmix", simd = "baseline", tasks = "em", only = "W3"),
  contestant("gaussmix, AVX2", "gaussmix", simd = "AVX2", tasks = "em", only = "W3"),
  contestant("gaussmix, AVX-512", "gaussmix", simd = "AVX-512", tasks = "em", only = "W3"),
  contestant("mclust", "mclust", efforts = 10^-(5:10)),
  contestant("ClusterR", "ClusterR", own_start = TRUE, efforts = iterations),
  contestant(
    "Rmixmod", "Rmixmod",
    lacks = c(score = "the prediction has no log-density"), efforts = 10^-(0:6)
  ),
  contestant(
    "EMCluster", "EMCluster",
    lacks = c(diagonal = "whole covariances only"), efforts = 10^-(4:10)
  ),
  contestant(
    "mixture", "mixture",
    lacks = c(score = "evaluates its own fits only"), efforts = 10^-(0:8)
  ),
  contestant("scikit-learn", "scikit-learn", efforts = tolerances),
  contestant(
    "VLFeat", "VLFeat",
    lacks = c(full = "diagonal covariances only", fit = "diagonal covariances only")
  ),
  contestant(
    "Armadillo", "Armadillo",
    lacks = c(default = "no default number of iterations"), efforts = iterations
  ),
  contestant("Armadillo, native", "Armadillo, native", tasks = c("em", "score"))
)
names(contestants) <- vapply(contestants, function(one) one$name, "")

# ---- Programs -----------------------------------------------------------------

#' The command of each program, or why there is none.
prepare_programs <- function(work) {
  r_packages <- c("gaussmix", "mclust", "ClusterR", "Rmixmod", "EMCluster", "mixture")
  programs <- lapply(stats::setNames(nm = r_packages), r_program)
  programs[["scikit-learn"]] <- python_program("sklearn")
  programs[["VLFeat"]] <- compiled_program("vlfeat.c", "vlfeat", work, libraries = "-lvl -lm")
  for (native in c(FALSE, TRUE)) {
    programs[[paste0("Armadillo", if (native) ", native")]] <- compiled_program(
      "armadillo.cpp", paste0("armadillo", if (native) "-native"), work,
      # Later options win.
      flags = if (native) "-O3 -march=native" else "", libraries = "-larmadillo"
    )
  }
  lapply(programs, function(program) {
    if (is.null(program$missing)) {
      version <- run_program(program$command, "version")
      program$version <- version$fields$version
      program$missing <- version$failed
    }
    program
  })
}

r_program <- function(package) {
  if (!nzchar(system.file(package = package))) {
    return(list(missing = "not installed"))
  }
  rscript <- file.path(R.home("bin"), "Rscript")
  list(command = c(rscript, "--vanilla", "bench/peers/run.R", package))
}

#' Looked for in PYTHON, on the path, and where systems install it.
python_program <- function(module) {
  for (python in c(Sys.getenv("PYTHON"), "python3", "/usr/bin/python3")) {
    probe <- paste("import", module)
    if (nzchar(Sys.which(python)) && !quiet_status(python, c("-c", shQuote(probe)))) {
      return(list(command = c(python, paste0("bench/peers/", module, ".py"))))
    }
  }
  list(missing = "not installed")
}

#' With the compiler and the flags that R has for packages.
compiled_program <- function(source, name, work, flags = "", libraries) {
  language <- if (endsWith(source, ".c")) "C" else "CXX"
  config <- function(what) {
    system2(file.path(R.home("bin"), "R"), c("CMD", "config", what), stdout = TRUE)
  }
  if (language == "C") {
    compiler <- c(config("CC"), config("CFLAGS"))
  } else {
    compiler <- c(config("CXX"), config("CXXFLAGS"))
  }
  program <- file.path(work, name)
  line <- paste(c(
    compiler, flags, shQuote(file.path("bench/peers", source)), "-o", shQuote(program), libraries
  ), collapse = " ")
  if (system(paste(line, "2>/dev/null"))) {
    return(list(missing = "not installed, or it does not compile"))
  }
  list(command = program)
}

quiet_status <- function(command, args) {
  suppressWarnings(system2(command, args, stdout = FALSE, stderr = FALSE))
}

# ---- Who takes part -----------------------------------------------------------

#' Those that take part in a task on a workload, with their commands, and the reasons of
#' those that cannot, by name. `way` is a further word that they may lack.
entrants <- function(programs, row, task, way = NULL) {
  asked <- Filter(function(one) task %in% one$tasks && row$workload %in% one$only, contestants)
  asked <- lapply(asked, function(one) {
    program <- programs[[one$program]]
    one$command <- program$command
    one$absent <- c(
      one$lacks[intersect(names(one$lacks), c(task, way, row$covariances))], program$missing,
      if (one$program == "gaussmix") missing_engine(one$settings)
    )
    one
  })
  absent <- lengths(lapply(asked, function(one) one$absent)) > 0L
  list(
    present = asked[!absent],
    absent = vapply(asked[absent], function(one) one$absent[[1]], "")
  )
}

#' Why gaussmix cannot run with these settings, if so.
missing_engine <- function(settings) {
  knobs <- names(formals(gaussmix::gmm_control))
  if (settings[["threads"]] != "1" && !"threads" %in% knobs) {
    return("runs on one thread")
  }
  simd <- settings["simd"]
  if (!is.na(simd) && !("simd" %in% knobs && simd %in% gaussmix::gmm_info()$simd_available)) {
    return("this machine or this version does not have it")
  }
}
