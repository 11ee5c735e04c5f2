# One variable: the panel that autoplot() draws for it, and the marginal
# densities, which are on the diagonal of plot-pairs.R too.

plot_marginal <- function(object, variables, truth) {
  shown <- variables$shown
  bars <- histogram_bars(object, shown, truth)
  density <- marginal_density(object, shown)

  ggplot2::ggplot(mapping = ggplot2::aes(.data$x, .data$y)) +
    layer_bars(bars, truth) +
    layer_densities(density, truth, key = is.null(truth)) +
    class_scales(
      object, truth, list(alpha = 0.6),
      if (is.null(truth)) c("colour", "fill") else "fill"
    ) +
    ggplot2::scale_y_continuous(expand = ggplot2::expansion(c(0, 0.05))) +
    ggplot2::labs(
      x = shown, y = "Density", title = mixture_title(object),
      subtitle = mixture_subtitle(object),
      caption = marginal_caption(bars, variables, !is.null(object$weights))
    ) +
    mixture_theme()
}

# Marginal densities of the variables shown: `components`, weighted by their
# proportions, and `mixture`, their sum; columns x, y, ymin, column, row.
marginal_density <- function(object, shown) {
  parts <- lapply(shown, marginal_density_1d, object = object)
  lapply(
    list(components = "components", mixture = "mixture"),
    function(what) {
      part <- do.call(rbind, lapply(parts, `[[`, what))
      part$ymin <- 0
      part$column <- factor(part$column, shown)
      part$row <- part$column
      part
    }
  )
}

density_reach <- 3
density_steps <- 201L

marginal_density_1d <- function(variable, object) {
  names <- names(object$proportions)
  mean <- object$means[, variable]
  sd <- sqrt(object$covariances[variable, variable, ])
  # A flat component has no density in this variable.
  proper <- which(sd > 0)
  weighted <- function(x, j) object$proportions[[j]] * stats::dnorm(x, mean[[j]], sd[[j]])

  # Each component on a grid of its own: on a common one a narrow component
  # beside a wide one would lose its peak.
  z <- seq(-density_reach, density_reach, length.out = density_steps)
  components <- do.call(rbind, lapply(proper, function(j) {
    x <- mean[[j]] + z * sd[[j]]
    data.frame(x = x, y = weighted(x, j), component = names[[j]], column = variable)
  }))
  components$component <- factor(components$component, names)

  ends <- range(components$x, object$region[variable, ])
  x <- sort(unique(c(components$x, seq(ends[[1L]], ends[[2L]], length.out = density_steps))))
  y <- Reduce(`+`, lapply(proper, weighted, x = x))
  if (!is.null(object$noise)) {
    box <- object$region[variable, ]
    y <- y + object$noise * (x >= box[[1L]] & x <= box[[2L]]) / diff(box)
  }
  list(
    components = components,
    mixture = data.frame(x = x, y = y, column = variable)
  )
}

# Coloured by component, and under `truth`, where colour means something else,
# grey; the mixture as a dark line above them.
layer_densities <- function(density, truth, key = FALSE) {
  mapping <- ggplot2::aes(
    ymin = .data$ymin, ymax = .data$y, group = .data$component
  )
  look <- list(
    data = density$components, outline.type = "upper", linewidth = 0.45,
    show.legend = key
  )
  if (is.null(truth)) {
    mapping$colour <- mapping$fill <- ggplot2::aes(colour = .data$component)$colour
    look$alpha <- 0.25
  } else {
    look <- c(look, colour = "grey50", fill = NA)
  }
  list(
    do.call(ggplot2::geom_ribbon, c(list(mapping), look)),
    ggplot2::geom_line(data = density$mixture, colour = neutral_grey, linewidth = 0.6)
  )
}

# ---- histogram -------------------------------------------------------------------

min_bins <- 10
max_bins <- 60

# The histogram of all rows, by weight, on the density scale, stacked by known class.
# NULL without data.
histogram_bars <- function(object, variable, truth) {
  x <- object$data[, match(variable, colnames(object$means))]
  known <- !is.na(x)
  if (is.null(x) || !any(known)) {
    return(NULL)
  }
  breaks <- histogram_breaks(x[known], object, variable)
  bin <- cut(x[known], breaks, include.lowest = TRUE)
  class <- truth %||% factor(rep_len("all", length(x)))
  weights <- (object$weights %||% rep(1, length(x)))[known]
  counts <- tapply(weights, list(bin, addNA(class, ifany = TRUE)[known]), sum, default = 0)

  width <- diff(breaks)
  density <- counts / (sum(weights) * width)
  top <- matrix(t(apply(density, 1L, cumsum)), nrow(density))
  structure(
    data.frame(
      xmin = rep(breaks[-length(breaks)], times = ncol(counts)),
      xmax = rep(breaks[-1L], times = ncol(counts)),
      ymin = as.vector(top - density),
      ymax = as.vector(top),
      component = factor(rep(colnames(counts), each = nrow(counts)), levels(class))
    ),
    n_missing = sum(!known)
  )
}

# Scott's rule for the component that needs the finest bins: applied to all rows
# at once it would hide a narrow component behind a bar.
histogram_breaks <- function(x, object, variable) {
  sd <- sqrt(object$covariances[variable, variable, ])
  width <- 3.49 * sd * (length(x) * object$proportions)^(-1 / 3)
  bins <- diff(range(x)) / min(width[sd > 0])
  bins <- min(max(bins, min_bins), max_bins)
  if (is_discrete(x)) discrete_breaks(x, bins) else pretty(range(x), bins)
}

max_discrete <- 50L

is_discrete <- function(x) {
  distinct <- length(unique(x))
  distinct > 1L && distinct <= max_discrete && distinct < length(x) / 2
}

# About `bins` bins, each of the same number of steps between the values and
# with its edges halfway between two of them.
discrete_breaks <- function(x, bins) {
  step <- spacing(x)
  ends <- range(x)
  steps <- diff(ends) / step
  width <- max(1, round(steps / bins))
  n <- ceiling(round(steps + 1, 6) / width)
  ends[[1L]] + step * (width * seq(0, n) - 0.5)
}

layer_bars <- function(bars, truth) {
  if (is.null(bars)) {
    return(NULL)
  }
  mapping <- ggplot2::aes(
    xmin = .data$xmin, xmax = .data$xmax, ymin = .data$ymin, ymax = .data$ymax
  )
  look <- list(data = bars, inherit.aes = FALSE, colour = "white", linewidth = 0.3)
  if (is.null(truth)) {
    look <- c(look, fill = "grey87", show.legend = FALSE)
  } else {
    mapping$fill <- ggplot2::aes(fill = .data$component)$fill
    look$alpha <- 0.6
  }
  do.call(ggplot2::geom_rect, c(list(mapping), look))
}

marginal_caption <- function(bars, variables, weighted) {
  missing <- attr(bars, "n_missing")
  sentences <- c(
    "Densities of the mixture (dark) and of its components, each times its proportion.",
    if (!is.null(bars)) {
      paste0(
        "Bars: the rows of the data",
        if (weighted) ", by weight",
        if (missing > 0L) paste0(", without ", format_count(missing), " with a missing value"),
        "."
      )
    },
    variables$note
  )
  wrap_caption(sentences)
}
