# mclust: em() without a tolerance. Its own start is a hierarchical clustering.

mclust_parameters <- function(parameters, model) {
  sigma <- parameters$covariances
  parts <- if (model == "VVV") {
    list(cholsigma = array(apply(sigma, 3, chol), dim(sigma)))
  } else {
    v <- variances(parameters)
    scale <- exp(colMeans(log(v)))
    list(scale = scale, shape = sweep(v, 2, scale, "/"))
  }
  size <- list(modelName = model, d = nrow(sigma), G = dim(sigma)[[3]], sigma = sigma)
  list(
    pro = parameters$proportions, mean = t(parameters$means), variance = c(size, parts)
  )
}

peer <- list(
  package = "mclust",
  models = c(full = "VVV", diagonal = "VVI"),
  prepare = function(problem, settings) {
    problem$start <- mclust_parameters(problem$start, problem$model)
    problem$truth <- mclust_parameters(problem$truth, problem$model)
    problem
  },
  em = function(input, m) {
    control <- emControl(tol = c(0, 0), itmax = m)
    em(input$x, input$model, input$start, control = control, warn = FALSE)
  },
  parameters = function(result, input) {
    found <- result$parameters
    if (input$d == 1L) {
      # Variances then, one for all or one each.
      found$variance$sigma <- array(found$variance$sigmasq, c(1, 1, input$k))
      found$mean <- t(found$mean)
    }
    list(
      proportions = found$pro, means = t(found$mean), covariances = found$variance$sigma
    )
  },
  score = function(input) {
    list(
      logdensity = dens(input$x, input$model, input$truth, logarithm = TRUE),
      posterior = estep(input$x, input$model, input$truth)$z
    )
  },
  scores = identity,
  fit = function(input, effort) {
    if (effort == "default") {
      return(Mclust(input$x, input$k, input$model, verbose = FALSE))
    }
    control <- emControl(tol = c(as.double(effort), sqrt(.Machine$double.eps)))
    me(input$x, input$model, unmap(kmeans_partition(input)), control = control)
  }
)
