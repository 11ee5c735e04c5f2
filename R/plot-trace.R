# The log-likelihood against the iteration: autoplot(fit, type = "trace").

plot_trace <- function(object) {
  trace <- data.frame(
    iteration = seq_along(object$loglik_trace) - 1L,
    loglik = object$loglik_trace
  )
  end <- trace[nrow(trace), ]

  ggplot2::ggplot(trace, ggplot2::aes(.data$iteration, .data$loglik)) +
    ggplot2::geom_line(colour = trace_colour, linewidth = 0.6) +
    trace_points(trace) +
    ggplot2::geom_point(data = end, colour = trace_colour, size = 2.4) +
    # Below the end of the curve: the trace never falls, so that corner is free.
    ggplot2::geom_text(
      data = end, label = format_number(end$loglik), hjust = 1, vjust = 2.2,
      size = 3.2, colour = "grey25"
    ) +
    ggplot2::scale_x_continuous(breaks = whole_breaks) +
    ggplot2::labs(
      x = "Iteration", y = trace_label(object), title = mixture_title(object),
      subtitle = trace_subtitle(object)
    ) +
    mixture_theme()
}

check_trace_only <- function(object, variables, truth,
                             call = rlang::caller_env()) {
  if (is.null(object$loglik_trace)) {
    gmm_abort(
      "A mixture given by its parameters was not fitted, so it has no trace to plot.",
      "input", call = call
    )
  }
  given <- c("variables", "truth")[c(!is.null(variables), !is.null(truth))]
  if (length(given) > 0L) {
    gmm_abort(
      "{.arg {given}} {?is/are} for {.code type = \"pairs\"} only.",
      "input", call = call
    )
  }
}

trace_colour <- "#0072B2"

# Each iteration is a point while points can still be told apart.
max_trace_points <- 60L

trace_points <- function(trace) {
  if (nrow(trace) <= max_trace_points) {
    ggplot2::geom_point(colour = trace_colour, size = 1.3)
  }
}

trace_label <- function(object) {
  if (is.null(object$prior)) "Log-likelihood" else "Penalised log-likelihood"
}

trace_subtitle <- function(object) {
  iterations <- paste0(
    format_count(object$n_iter), ngettext(object$n_iter, " iteration", " iterations")
  )
  paste0(
    if (object$converged) "Converged after " else "Stopped after ",
    iterations, ", ", format_origin(object$starts)
  )
}

whole_breaks <- function(limits) {
  breaks <- pretty(limits)
  breaks[breaks == round(breaks)]
}
