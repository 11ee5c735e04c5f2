# ClusterR, which runs Armadillo's EM for so many iterations from a start of its own.

peer <- list(
  package = "ClusterR",
  models = c(full = "full", diagonal = "diagonal"),
  prepare = function(problem, settings) {
    problem
  },
  em = function(input, m) {
    cluster_r(input, seed_mode = "static_subset", em_iter = m)
  },
  parameters = function(result, input) {
    covariances <- result$covariance_matrices
    if (input$model == "diagonal") {
      covariances <- array(apply(covariances, 1, diag, input$d), c(input$d, input$d, input$k))
    }
    list(proportions = result$weights, means = result$centroids, covariances = covariances)
  },
  score = function(input) {
    truth <- input$truth
    found <- predict_GMM(input$x, truth$means, truth$covariances, truth$proportions)
    # Its cluster_proba adds 1e-8 to densities, and is all but 1 / k where they are small: both
    # are made of its log densities of the components.
    weighted <- found$log_likelihood + rep(log(truth$proportions), each = input$n)
    logdensity <- row_log_sums(weighted)
    list(logdensity = logdensity, posterior = exp(weighted - logdensity))
  },
  scores = identity,
  fit = function(input, effort) {
    if (effort == "default") {
      cluster_r(input)
    } else {
      cluster_r(input, em_iter = as.integer(effort))
    }
  }
)

cluster_r <- function(input, ...) {
  GMM(input$x, input$k, seed = input$seed, full_covariance_matrices = input$model == "full", ...)
}
