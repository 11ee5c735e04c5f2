# EMCluster, whose covariances are packed lower triangles.

em_object <- function(parameters) {
  list(
    pi = parameters$proportions, Mu = parameters$means,
    LTSigma = variance2LTSigma(parameters$covariances)
  )
}

peer <- list(
  package = "EMCluster",
  models = c(full = "full"),
  prepare = function(problem, settings) {
    problem$start <- em_object(problem$start)
    problem$truth <- em_object(problem$truth)
    problem
  },
  em = function(input, m) {
    # Any gain is larger than -1.
    emcluster(input$x, input$start, EMC = .EMControl(em.iter = m, em.eps = -1))
  },
  parameters = function(result, input) {
    list(
      proportions = result$pi, means = result$Mu,
      covariances = LTSigma2variance(result$LTSigma)
    )
  },
  score = function(input) {
    list(
      logdensity = dmixmvn(input$x, input$truth, log = TRUE),
      posterior = e.step(input$x, input$truth)$Gamma
    )
  },
  scores = identity,
  fit = function(input, effort) {
    if (effort == "default") {
      return(init.EM(input$x, input$k))
    }
    begin <- em_object(partition_parameters(input$x, kmeans_partition(input)))
    control <- .EMControl(em.iter = 10000, em.eps = as.double(effort))
    emcluster(input$x, begin, EMC = control)
  }
)
