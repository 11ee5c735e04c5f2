# Rmixmod. It works out the log-likelihood anew after each iteration.

mixmod <- function(input, ...) {
  mixmodCluster(
    input$frame, input$k,
    models = mixmodGaussianModel(listModels = input$model), strategy = mixmodStrategy(...),
    seed = input$seed
  )
}

mixmod_parameter <- function(parameters) {
  sigma <- parameters$covariances
  methods::new(
    "GaussianParameter",
    proportions = parameters$proportions, mean = parameters$means,
    variance = lapply(seq_len(dim(sigma)[[3]]), function(j) sigma[, , j])
  )
}

peer <- list(
  package = "Rmixmod",
  models = c(full = "Gaussian_pk_Lk_Ck", diagonal = "Gaussian_pk_Lk_Bk"),
  prepare = function(problem, settings) {
    # It takes data frames only.
    problem$frame <- as.data.frame(problem$x)
    problem$start <- mixmod_parameter(problem$start)
    problem
  },
  em = function(input, m) {
    # NaN would mean 0.001, and 0 is refused.
    mixmod(
      input,
      initMethod = "parameter", parameter = input$start, nbIterationInAlgo = m,
      epsilonInAlgo = .Machine$double.xmin
    )
  },
  parameters = function(result, input) {
    found <- result@bestResult@parameters
    list(
      proportions = found@proportions, means = found@mean,
      covariances = simplify2array(found@variance)
    )
  },
  fit = function(input, effort) {
    if (effort == "default") {
      return(mixmod(input))
    }
    begin <- partition_parameters(input$x, kmeans_partition(input))
    mixmod(
      input,
      initMethod = "parameter", parameter = mixmod_parameter(begin),
      nbIterationInAlgo = 10000, epsilonInAlgo = as.double(effort)
    )
  }
)
