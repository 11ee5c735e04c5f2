# Variables against each other: autoplot(fit, type = "pairs").
#
# The picture is a few data frames, one a layer, whose columns `column` and
# `row` say which panel a line of it belongs to. Nothing is estimated here:
# ellipses and densities are functions of the parameters.

plot_pairs <- function(object, variables, truth, level, max_points) {
  shown <- variables$shown
  points <- pairs_points(object, shown, truth, max_points)
  ellipses <- pairs_ellipses(object, shown, level)
  means <- pairs_means(object, shown)
  density <- pairs_density(object, shown, rbind(points[names(ellipses)], ellipses))

  ggplot2::ggplot(mapping = ggplot2::aes(.data$x, .data$y)) +
    layer_rug(points) +
    layer_points(points) +
    layer_densities(density, truth) +
    layer_ellipses(ellipses, truth, key = is.null(points)) +
    layer_means(means, truth) +
    ggplot2::facet_grid(
      row ~ column,
      scales = "free", labeller = ggplot2::as_labeller(wrap_names(length(shown)))
    ) +
    class_scales(
      object, truth, pairs_keys(points),
      if (is.null(truth)) c("colour", "fill") else "colour"
    ) +
    ggplot2::scale_x_continuous(breaks = inner_breaks, guide = spaced_axis()) +
    ggplot2::scale_y_continuous(breaks = inner_breaks, guide = spaced_axis()) +
    ggplot2::labs(
      x = NULL, y = NULL, title = mixture_title(object),
      subtitle = mixture_subtitle(object),
      caption = pairs_caption(points, variables, level)
    ) +
    mixture_theme() +
    pairs_theme(length(shown))
}

# ---- the data of the layers ----------------------------------------------------

# The rows drawn, in every panel off the diagonal; NULL without data. The
# attributes are what the caption tells of them.
pairs_points <- function(object, shown, truth, max_points) {
  if (is.null(object$data)) {
    return(NULL)
  }
  n <- nrow(object$data)
  # Even steps, not a sample: a plot neither draws random numbers nor changes.
  rows <- if (n > max_points) {
    round(seq(1, n, length.out = max_points))
  } else {
    seq_len(n)
  }
  data <- object$data[rows, match(shown, colnames(object$means)), drop = FALSE]
  colnames(data) <- shown
  class <- (truth %||% class_factor(object))[rows]

  panels <- panels_off_diagonal(shown)
  points <- data.frame(
    x = as.vector(data[, panels$column]),
    y = as.vector(data[, panels$row]),
    component = rep(class, times = nrow(panels)),
    column = factor(rep(panels$column, each = length(rows)), shown),
    row = factor(rep(panels$row, each = length(rows)), shown)
  )
  points$x_known <- points$x
  spread <- FALSE
  for (panel in split(seq_len(nrow(points)), rep(seq_len(nrow(panels)), each = length(rows)))) {
    place <- spread_ties(points$x[panel], points$y[panel], points$component[panel])
    if (!is.null(place)) {
      points$x[panel] <- place$x
      points$y[panel] <- place$y
      spread <- TRUE
    }
  }
  structure(
    points,
    n = n, n_shown = length(rows), incomplete = anyNA(data), spread = spread
  )
}

# ---- tied rows -----------------------------------------------------------------
# On a grid, as of answers from 1 to 5, the last of many rows would hide the
# others.

# Tied rows are heavy where fewer rows than this part of them differ.
max_distinct <- 0.5
# The reach of a disc, as part of the smallest distance of two values.
disc_reach <- 0.4

# The points of a panel with those of the same place spread to a disc around it;
# NULL where ties are few. The area of a disc is proportional to its number of
# points, and the largest reaches `disc_reach`.
spread_ties <- function(x, y, class) {
  known <- which(!is.na(x) & !is.na(y))
  place <- complex(real = value_id(x[known]), imaginary = value_id(y[known]))
  places <- unique(place)
  if (length(places) >= max_distinct * length(known)) {
    return(NULL)
  }
  ties <- split(known, match(place, places))
  radius <- disc_reach / sqrt(max(lengths(ties)))
  width <- radius * spacing(x[known])
  height <- radius * spacing(y[known])
  for (tie in ties[lengths(ties) > 1L]) {
    tie <- tie[order(class[tie])]
    disc <- sunflower(length(tie))
    x[tie] <- x[tie] + width * disc$x
    y[tie] <- y[tie] + height * disc$y
  }
  list(x = x, y = y)
}

# Numbers that are equal for equal values of x.
value_id <- function(x) {
  if (length(x) == 0L) {
    return(x)
  }
  lowest <- min(x)
  round((x - lowest) / (same_value * max(x - lowest, .Machine$double.xmin)))
}

# n points evenly over a disc of radius sqrt(n), like the seeds of a sunflower:
# each a golden angle further than the last. They are in the order of their
# angle, so that classes in order are sectors of the disc.
sunflower <- function(n) {
  i <- seq_len(n) - 0.5
  angle <- (i * pi * (3 - sqrt(5))) %% (2 * pi)
  seeds <- data.frame(x = sqrt(i) * sin(angle), y = sqrt(i) * cos(angle))
  seeds[order(angle), ]
}

ellipse_steps <- 120L

# The points at Mahalanobis distance sqrt(qchisq(level, 2)) of the mean, in the
# marginal distribution of the two variables of the panel.
pairs_ellipses <- function(object, shown, level) {
  angle <- seq(0, 2 * pi, length.out = ellipse_steps + 1L)
  circle <- sqrt(stats::qchisq(level, 2)) * cbind(cos(angle), sin(angle))

  each_component(object, shown, function(component, column, row) {
    block <- object$covariances[c(column, row), c(column, row), component]
    points <- circle %*% cholesky_2x2(block)
    data.frame(
      x = object$means[component, column] + points[, 1L],
      y = object$means[component, row] + points[, 2L]
    )
  })
}

pairs_means <- function(object, shown) {
  each_component(object, shown, function(component, column, row) {
    data.frame(
      x = object$means[component, column], y = object$means[component, row]
    )
  })
}

# Marginal densities for the diagonal, scaled so that the peak of the mixture
# in a panel spans what the other layers occupy of the axis of its row.
pairs_density <- function(object, shown, others) {
  density <- marginal_density(object, shown)
  for (variable in shown) {
    ends <- range(others$y[others$row == variable], na.rm = TRUE)
    peak <- max(density$mixture$y[density$mixture$column == variable])
    density <- lapply(density, function(part) {
      here <- part$column == variable
      part$y[here] <- ends[[1L]] + diff(ends) * part$y[here] / peak
      part$ymin[here] <- ends[[1L]]
      part
    })
  }
  density
}

panels_off_diagonal <- function(shown) {
  panels <- expand.grid(column = shown, row = shown, stringsAsFactors = FALSE)
  panels[panels$column != panels$row, ]
}

# What `one()` gives for every component in every panel, in one data frame.
each_component <- function(object, shown, one) {
  components <- names(object$proportions)
  panels <- panels_off_diagonal(shown)
  parts <- lapply(seq_len(nrow(panels)), function(i) {
    column <- panels$column[[i]]
    row <- panels$row[[i]]
    lapply(components, function(component) {
      cbind(one(component, column, row), component, column, row)
    })
  })
  all <- do.call(rbind, do.call(c, parts))
  all$component <- factor(all$component, components)
  all$column <- factor(all$column, shown)
  all$row <- factor(all$row, shown)
  all
}

# Upper triangular R with R'R = block. Written out because chol() refuses the
# semidefinite block of a flat component, whose ellipse is a segment.
cholesky_2x2 <- function(block) {
  a <- sqrt(block[1L, 1L])
  b <- if (a > 0) block[1L, 2L] / a else 0
  matrix(c(a, 0, b, sqrt(max(block[2L, 2L] - b^2, 0))), 2L)
}

# ---- the layers ------------------------------------------------------------------
# With `truth` colour stands for the known classes, so that what belongs to the
# mixture is drawn in a neutral grey.

layer_points <- function(points) {
  if (is.null(points)) {
    return(NULL)
  }
  many <- attr(points, "n_shown")
  size <- if (many <= 300) 1.3 else if (many <= 1500) 0.9 else 0.5
  alpha <- if (many <= 300) 0.75 else if (many <= 1500) 0.5 else 0.3
  # The dots of a disc are close to each other, in small panels all the more.
  if (attr(points, "spread")) {
    alpha <- max(alpha, 0.8)
    size <- size * min(1, 1.8 / nlevels(points$column))
  }
  ggplot2::geom_point(
    ggplot2::aes(colour = .data$component), points,
    # Solid dots without a border: borders add up to a smear where dots overlap.
    shape = 16, na.rm = TRUE,
    size = size, alpha = alpha
  )
}

max_rug <- 1000L

# The rug stands in the panels of the diagonal: each row once, not once a panel.
layer_rug <- function(points) {
  if (is.null(points) || attr(points, "n_shown") > max_rug) {
    return(NULL)
  }
  shown <- levels(points$column)
  # Any one panel of a column holds all values of its variable.
  partner <- shown[c(2L, rep(1L, length(shown) - 1L))]
  rug <- points[points$row == partner[as.integer(points$column)], ]
  rug$row <- rug$column
  rug$x <- rug$x_known
  for (variable in unique(points$column[which(points$x != points$x_known)])) {
    here <- which(rug$column == variable & !is.na(rug$x))
    rug$x[here] <- spread_ticks(rug$x[here], rug$component[here])
  }
  ggplot2::geom_rug(
    ggplot2::aes(.data$x, colour = .data$component), rug,
    inherit.aes = FALSE, sides = "b", length = ggplot2::unit(0.035, "npc"),
    alpha = 0.5, linewidth = 0.25, show.legend = FALSE, na.rm = TRUE
  )
}

# Ticks of the same value side by side, in the order of their classes.
spread_ticks <- function(x, class) {
  reach <- disc_reach * spacing(x)
  for (tie in split(seq_along(x), value_id(x))) {
    tie <- tie[order(class[tie])]
    x[tie] <- x[tie] + reach * (2 * (seq_along(tie) - 0.5) / length(tie) - 1)
  }
  x
}

layer_ellipses <- function(ellipses, truth, key) {
  by_component <- list(ggplot2::aes(group = .data$component))
  look <- list(data = ellipses, linewidth = 0.55, show.legend = key)
  if (is.null(truth)) {
    by_component <- list(ggplot2::aes(
      colour = .data$component, fill = .data$component, group = .data$component
    ))
    look$alpha <- 0.08
  } else {
    look <- c(look, colour = neutral_grey, fill = NA)
  }
  do.call(ggplot2::geom_polygon, c(by_component, look))
}

layer_means <- function(means, truth) {
  look <- list(
    data = means, shape = 23, size = 1.9, stroke = 0.6, colour = "grey10",
    show.legend = FALSE
  )
  if (is.null(truth)) {
    look <- c(list(ggplot2::aes(fill = .data$component)), look)
  } else {
    look$fill <- "white"
  }
  do.call(ggplot2::geom_point, look)
}

# The legend shows dots as they are seen, only larger and not transparent.
pairs_keys <- function(points) {
  if (is.null(points)) list(alpha = 0.4) else list(alpha = 1, size = 2.2)
}

# ---- axes and strips -----------------------------------------------------------

pairs_theme <- function(d) {
  many <- d > 6L
  ggplot2::theme(
    aspect.ratio = 1,
    panel.spacing = ggplot2::unit(if (many) 2.5 else 4, "pt"),
    axis.text = ggplot2::element_text(size = if (many) 6 else 8),
    strip.text = ggplot2::element_text(size = if (d > 4L) 7 else 8.5)
  )
}

# Labels that would overlap are left out ...
spaced_axis <- function() {
  ggplot2::guide_axis(check.overlap = TRUE)
}

# ... and so are breaks at the ends, whose labels would run into those of the
# panel beside.
inner_breaks <- function(limits) {
  margin <- 0.05 * diff(limits)
  for (n in c(4, 6, 9)) {
    breaks <- pretty(limits, n)
    inner <- breaks[breaks >= limits[[1L]] + margin & breaks <= limits[[2L]] - margin]
    if (length(inner) >= 2L) {
      break
    }
  }
  inner
}

# Names go on to a new line where they would run into those of the panel beside:
# at a dot, an underscore or a space, or where the line is full.
wrap_names <- function(d) {
  width <- max(8, 40 %/% d)
  function(names) {
    vapply(strsplit(names, "(?<=[._ ])", perl = TRUE), function(words) {
      words <- unlist(lapply(words, function(word) {
        from <- seq(1L, max(1L, nchar(word)), by = width)
        substring(word, from, from + width - 1L)
      }))
      lines <- character()
      for (word in words) {
        last <- length(lines)
        if (last > 0L && nchar(lines[[last]]) + nchar(word) <= width) {
          lines[[last]] <- paste0(lines[[last]], word)
        } else {
          lines <- c(lines, word)
        }
      }
      paste(trimws(lines), collapse = "\n")
    }, "")
  }
}

pairs_caption <- function(points, variables, level) {
  n <- attr(points, "n")
  n_shown <- attr(points, "n_shown")
  sentences <- c(
    paste0(
      "Ellipses: ", format(100 * level, digits = 4),
      "% of a component's probability. Diamonds: means."
    ),
    "Diagonal: densities, mixture (dark) and components, not to scale.",
    if (!is.null(points) && n_shown < n) {
      paste0(
        "Points: ", format_count(n_shown), " of ", format_count(n),
        " rows, at even steps through the data."
      )
    },
    if (isTRUE(attr(points, "spread"))) {
      "Rows with the same values are spread around them."
    },
    if (isTRUE(attr(points, "incomplete"))) {
      "A row with missing values is a point only where both variables are known."
    },
    variables$note
  )
  wrap_caption(sentences)
}
