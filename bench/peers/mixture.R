# mixture: its loop is called as gpcm() calls it, since gpcm() looks at every row in R
# first. It starts from responsibilities with an M-step, the first of m.

peer <- list(
  package = "mixture",
  models = c(full = "VVV", diagonal = "VVI"),
  prepare = function(problem, settings) {
    problem$start <- responsibilities(problem$x, problem$start)
    problem
  },
  em = function(input, m) {
    id <- mixture:::model_to_id(input$model)
    # Aitken's estimate is never less than so little.
    mixture:::main_loop(
      X = input$x, G = input$k, in_zigs = input$start, model_id = id, model_type = id,
      in_nmax = m - 1L, in_l_tol = -1, in_m_iter_max = 10, in_m_tol = 1e-8, anneals = 1,
      t_burn = 5, in_min_obs = 5
    )
  },
  parameters = function(result, input) {
    if (!is.null(result$model_objs)) {
      result <- result$best_model$model_obj[[1]]
    }
    list(
      proportions = c(result$pi_gs), means = do.call(rbind, result$mus),
      covariances = array(unlist(result$sigs), c(input$d, input$d, input$k))
    )
  },
  fit = function(input, effort) {
    if (effort == "default") {
      return(gpcm(input$x, input$k, input$model))
    }
    # Its default start is k-means.
    gpcm(
      input$x, input$k, input$model,
      nmax = 10000, atol = as.double(effort), seed = input$seed
    )
  }
)
