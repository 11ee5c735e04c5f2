# Fits whose instructions are counted (bench/instructions.R): each problem for each number of
# iterations.
#
#   R -f bench/peers/counted.R --args <few> <many> <directory> ...

source("bench/problem.R")
source("bench/peers/gaussmix.R")
library(gaussmix)

arguments <- commandArgs(trailingOnly = TRUE)
for (dir in arguments[-(1:2)]) {
  problem <- read_problem(dir)
  problem$model <- peer$models[[problem$covariances]]
  input <- peer$prepare(problem, list(threads = "1", simd = "baseline"))
  for (m in as.integer(arguments[1:2])) {
    peer$em(input, m)
  }
}
