# Runs lintr over the R code of the package and of tools/; any lint is a failure.

source("tools/common.R")

files <- list.files(c("R", "tests", "tools"), "[.][Rr]$", recursive = TRUE, full.names = TRUE)
lints <- unlist(lapply(files, lintr::lint), recursive = FALSE)
class(lints) <- c("lints", "list")
if (length(lints)) {
  print(lints)
  stop_plainly(length(lints), " lints.")
}
say("No lints in ", length(files), " R files.")
