# gaussmix itself. Settings: threads, simd.

peer <- list(
  package = "gaussmix",
  models = c(full = "VVV", diagonal = "VVI"),
  prepare = function(problem, settings) {
    options(gaussmix.threads = as.integer(settings$threads), gaussmix.simd = settings$simd)
    engine <- list(threads = as.integer(settings$threads), simd = settings$simd)
    problem$engine <- engine[intersect(names(formals(gmm_control)), names(engine))]
    problem
  },
  em = function(input, m) {
    control <- do.call(gmm_control, c(accelerate = FALSE, tol = 0, max_iter = m, input$engine))
    gmm_fit(input$x, input$k, input$model, start = input$start, control = control)
  },
  parameters = function(result, input) {
    result
  },
  score = function(input) {
    gmm_estep(input$x, input$truth)
  },
  scores = function(result) {
    list(logdensity = result$logdensity, posterior = result$responsibilities)
  },
  fit = function(input, effort) {
    if (effort == "default") {
      control <- do.call(gmm_control, input$engine)
      return(gmm_fit(input$x, input$k, input$model, control = control))
    }
    control <- do.call(gmm_control, c(tol = as.double(effort), n_moves = 0, input$engine))
    gmm_fit(input$x, input$k, input$model, start = "kmeans", nstart = 1, control = control)
  }
)
