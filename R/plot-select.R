# The criterion of each fit of a grid, against the number of components.

#' Plot a selection
#'
#' @description
#' `autoplot()` draws the criterion against the number of components, a line a covariance model:
#' the models with the best fits differ in colour, type of line and symbol, so that they can be told
#' apart in black and white, and the others are grey. A ring marks the best fit. `plot()` prints
#' it.
#'
#' @param object,x A selection of [gmm_select()].
#' @param criterion Another criterion than that of the selection.
#' @param highlight Number of models that are not grey, at most 8.
#' @param ... For `plot()`, arguments to `autoplot()`; for `autoplot()` none.
#' @returns `autoplot()` returns a `ggplot` object, `plot()` the same one, invisibly.
#' @family methods of a selection
#' @export
#' @examples
#' set.seed(1)
#' autoplot(gmm_select(faithful, k = 1:5))
autoplot.gmm_selection <- function(object, criterion = NULL, highlight = 6, ...) {
  check_dots_unused(...)
  criterion <- check_choice(criterion %||% object$criterion, criteria_of(object$table))
  highlight <- check_count(highlight, max = 8L)
  table <- object$table
  table$value <- table[[criterion]]
  table <- table[!is.na(table$value), ]
  least <- sort(tapply(table$value, table$model, min))
  shown <- names(utils::head(least, highlight))
  table$shown <- factor(table$model, shown)
  rest <- table[is.na(table$shown), ]
  apart <- table[!is.na(table$shown), ]
  best <- table[which.min(table$value), ]

  ggplot2::ggplot(apart, ggplot2::aes(.data$k, .data$value)) +
    ggplot2::geom_line(
      ggplot2::aes(group = .data$model), rest, colour = "grey80", linewidth = 0.4
    ) +
    ggplot2::geom_line(
      ggplot2::aes(colour = .data$shown, linetype = .data$shown), linewidth = 0.6
    ) +
    ggplot2::geom_point(ggplot2::aes(colour = .data$shown, shape = .data$shown), size = 2) +
    ggplot2::geom_point(data = best, shape = 1, size = 5, stroke = 0.9, colour = "black") +
    ggplot2::scale_colour_manual(NULL, values = class_colours(shown)) +
    ggplot2::scale_linetype_manual(NULL, values = stats::setNames(
      rep(c("solid", "longdash", "dashed", "dotdash"), length.out = length(shown)), shown
    )) +
    ggplot2::scale_shape_manual(NULL, values = stats::setNames(
      c(16, 17, 15, 18, 3, 4, 8, 25)[seq_along(shown)], shown
    )) +
    ggplot2::scale_x_continuous(breaks = whole_breaks) +
    # A model that fits badly must not press the others together.
    ggplot2::coord_cartesian(ylim = shown_range(table$value, apart$value)) +
    ggplot2::labs(
      x = "Components", y = paste0(criterion, " (smaller is better)"),
      title = paste0(best$model, " with ", count_of(best$k, "component")),
      subtitle = format_verdict(object$table, criterion, ranking(object$table, criterion)),
      caption = selection_caption(object$table, rest)
    ) +
    mixture_theme()
}

#' @rdname autoplot.gmm_selection
#' @export
plot.gmm_selection <- function(x, ...) {
  picture <- ggplot2::autoplot(x, ...)
  print(picture)
  invisible(picture)
}

# From the least value to what shows all that is drawn apart, but for a few that are far above.
shown_range <- function(all, apart) {
  least <- min(all)
  top <- max(apart)
  typical <- stats::quantile(all, 0.75, names = FALSE)
  c(least, if (top - least > 3 * (typical - least) && typical > least) typical else top)
}

selection_caption <- function(table, rest) {
  notes <- c(
    if (nrow(rest) > 0L) "Grey: the other models.",
    if (any(table$status != "ok")) {
      sprintf("%d of %d fits have no proper solution.", sum(table$status != "ok"), nrow(table))
    }
  )
  if (length(notes) > 0L) wrap_caption(notes)
}
