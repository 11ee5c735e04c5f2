# A problem: data, the mixture they come from, and where EM starts. All that is random
# in the benchmarks is drawn here. Every contestant reads the same files:
#
#   size             n, d, k and the covariances ("full" or "diagonal")
#   x.bin            the data, a row after the other
#   start.bin        parameters: proportions, means, covariances, each a component after
#   truth.bin        the other; of diagonal covariances the variances alone
#
# all numbers being doubles of the machine.

# Least distance between two components, in standard deviations.
SEPARATION <- 3.5

#' Sizes differ by component, orientations too; less so with many variables, where
#' small differences in all of them already tell the components apart.
#' A common linear map, which leaves the overlap as it is, gives the variables units and
#' correlations.
random_mixture <- function(d, k, covariances) {
  means <- spread_means(d, k)
  sigma <- array(0, c(d, d, k))
  for (j in seq_len(k)) {
    axes <- if (covariances == "full") random_rotation(d) else diag(d)
    sigma[, , j] <- axes %*% (exp(stats::rnorm(d) / sqrt(d)) * t(axes))
  }
  units <- diag(10^stats::runif(d, -0.25, 0.25), d)
  map <- if (covariances == "full") random_rotation(d) %*% units else units
  proportions <- seq(1, 2, length.out = k)
  mixture <- list(
    proportions = proportions / sum(proportions), means = means, covariances = sigma
  )
  mixture$start <- list(
    proportions = rep(1 / k, k),
    means = means + stats::rnorm(k * d, sd = 1 / sqrt(d)),
    covariances = array(apply(sigma, 1:2, mean), c(d, d, k))
  )
  mixture[c("proportions", "means", "covariances")] <- map_parameters(mixture, map)
  mixture$start <- map_parameters(mixture$start, map)
  mixture
}

#' Of some draws the one in which the nearest are farthest apart: where two of many components
#' are nearly the same, a fit is a matter of luck.
spread_means <- function(d, k, draws = 50) {
  nearest <- function(means) if (k > 1) min(stats::dist(means)) else 1
  drawn <- lapply(seq_len(draws), function(i) matrix(stats::rnorm(k * d), k))
  distances <- vapply(drawn, nearest, 0)
  drawn[[which.max(distances)]] * SEPARATION / max(distances)
}

random_rotation <- function(d) {
  qr.Q(qr(matrix(stats::rnorm(d * d), d)))
}

#' The parameters of x %*% map.
map_parameters <- function(parameters, map) {
  covariances <- apply(parameters$covariances, 3, function(s) crossprod(map, s %*% map))
  list(
    proportions = parameters$proportions,
    means = parameters$means %*% map,
    covariances = array(covariances, dim(parameters$covariances))
  )
}

simulate_problem <- function(n, d, k, covariances, seed = 1) {
  set.seed(seed, "Mersenne-Twister", "Inversion", "Rejection")
  mixture <- random_mixture(d, k, covariances)
  component <- sample.int(k, n, replace = TRUE, mixture$proportions)
  x <- matrix(stats::rnorm(n * d), n)
  for (j in seq_len(k)) {
    rows <- which(component == j)
    x[rows, ] <- x[rows, , drop = FALSE] %*% chol(mixture$covariances[, , j]) +
      rep(mixture$means[j, ], each = length(rows))
  }
  list(
    n = n, d = d, k = k, covariances = covariances, x = x, start = mixture$start,
    truth = mixture[c("proportions", "means", "covariances")]
  )
}

#' Iris, from the means and the common covariance of a partition into rows that follow
#' one another, not quite the species.
iris_problem <- function() {
  x <- as.matrix(datasets::iris[, 1:4])
  dimnames(x) <- NULL
  part <- rep(1:3, c(40, 60, 50))
  within <- crossprod(x - apply(x, 2, function(column) stats::ave(column, part))) / nrow(x)
  start <- list(
    proportions = rep(1 / 3, 3), means = unname(rowsum(x, part) / tabulate(part)),
    covariances = array(within, c(4, 4, 3))
  )
  list(n = 150, d = 4, k = 3, covariances = "full", x = x, start = start, truth = start)
}

# ---- Files ------------------------------------------------------------------

write_problem <- function(problem, dir) {
  dir.create(dir, showWarnings = FALSE, recursive = TRUE)
  size <- c(format(c(problem$n, problem$d, problem$k), scientific = FALSE, trim = TRUE))
  writeLines(c(size, problem$covariances), file.path(dir, "size"))
  writeBin(as.vector(t(problem$x)), file.path(dir, "x.bin"))
  for (name in c("start", "truth")) {
    write_parameters(problem[[name]], problem$covariances, file.path(dir, paste0(name, ".bin")))
  }
  invisible(dir)
}

read_problem <- function(dir) {
  size <- readLines(file.path(dir, "size"))
  problem <- as.list(as.integer(size[1:3]))
  names(problem) <- c("n", "d", "k")
  problem$covariances <- size[[4]]
  x <- readBin(file.path(dir, "x.bin"), "double", prod(as.double(size[1:2])))
  problem$x <- matrix(x, problem$n, byrow = TRUE)
  for (name in c("start", "truth")) {
    problem[[name]] <- read_parameters(problem, file.path(dir, paste0(name, ".bin")))
  }
  problem
}

write_parameters <- function(parameters, covariances, file) {
  sigma <- parameters$covariances
  if (covariances == "diagonal") {
    sigma <- variances(parameters)
  }
  writeBin(as.double(c(parameters$proportions, t(parameters$means), sigma)), file)
}

#' d x k
variances <- function(parameters) {
  matrix(apply(parameters$covariances, 3, diag), ncol(parameters$means))
}

read_parameters <- function(size, file) {
  d <- size$d
  k <- size$k
  each <- if (size$covariances == "full") d * d else d
  all <- readBin(file, "double", k * (1 + d + each))
  sigma <- matrix(all[-seq_len(k * (1 + d))], each)
  if (size$covariances == "diagonal") {
    sigma <- apply(sigma, 2, diag, d)
  }
  list(
    proportions = all[seq_len(k)],
    means = matrix(all[k + seq_len(k * d)], k, byrow = TRUE),
    covariances = array(sigma, c(d, d, k))
  )
}

# ---- The density in plain R: what all contestants are checked against ----------

#' log pi_j + log f_j(x_i), n x k
weighted_log_densities <- function(x, parameters) {
  vapply(seq_along(parameters$proportions), function(j) {
    root <- chol(parameters$covariances[, , j])
    z <- backsolve(root, t(x) - parameters$means[j, ], transpose = TRUE)
    log(parameters$proportions[[j]]) - sum(log(diag(root))) -
      ncol(x) / 2 * log(2 * pi) - colSums(z^2) / 2
  }, numeric(nrow(x)))
}

row_log_sums <- function(logs) {
  top <- do.call(pmax, as.data.frame(logs))
  top + log(rowSums(exp(logs - top)))
}

log_likelihood <- function(x, parameters) {
  sum(row_log_sums(weighted_log_densities(x, parameters)))
}

responsibilities <- function(x, parameters) {
  logs <- weighted_log_densities(x, parameters)
  exp(logs - row_log_sums(logs))
}

# ---- A start for those that have no k-means of their own ------------------------

#' As many steps as gaussmix and ClusterR take; R's default algorithm is much slower.
kmeans_partition <- function(problem) {
  suppressWarnings(
    stats::kmeans(problem$x, problem$k, iter.max = 10, algorithm = "Lloyd")$cluster
  )
}

#' The parameters of a partition: an M-step.
partition_parameters <- function(x, part) {
  k <- max(part)
  covariances <- vapply(seq_len(k), function(j) {
    stats::cov(x[part == j, , drop = FALSE])
  }, diag(ncol(x)))
  list(
    proportions = tabulate(part) / nrow(x), means = unname(rowsum(x, part) / tabulate(part)),
    covariances = covariances
  )
}
