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
#' @param highlight Which models are not grey: their names, or how many, the best first; at most
#'   8.
#' @param ... For `plot()`, arguments to `autoplot()`; for `autoplot()` none.
#' @returns `autoplot()` returns a `ggplot` object, `plot()` the same one, invisibly.
#' @family methods of a selection
#' @export
#' @examples
#' set.seed(1)
#' autoplot(gmm_select(faithful, k = 1:5))
autoplot.gmm_selection <- function(object, criterion = NULL, highlight = 6, ...) {
  check_dots_unused(...)
  criterion <- check_criterion(criterion %||% object$criterion, object$table)
  table <- object$table
  table$value <- table[[criterion]]
  table <- table[!is.na(table$value), ]
  shown <- check_highlight(highlight, table)
  table$shown <- factor(table$model, shown)
  rest <- table[is.na(table$shown), ]
  apart <- table[!is.na(table$shown), ]
  best <- object$table[ranking(object$table, criterion)[[1]], ]
  best$value <- best[[criterion]]

  ggplot2::ggplot(apart, ggplot2::aes(.data$k, .data$value)) +
    lines_of(rest, ggplot2::aes(group = .data$model), colour = "grey80", linewidth = 0.4) +
    lines_of(
      apart, ggplot2::aes(colour = .data$shown, linetype = .data$shown), linewidth = 0.6
    ) +
    ggplot2::geom_point(ggplot2::aes(colour = .data$shown, shape = .data$shown), size = 2) +
    ggplot2::geom_point(data = best, shape = 1, size = 5, stroke = 0.9, colour = "black") +
    ggplot2::scale_colour_manual(NULL, values = class_colours(shown), limits = shown) +
    ggplot2::scale_linetype_manual(NULL, limits = shown, values = stats::setNames(
      rep(c("solid", "longdash", "dashed", "dotdash"), length.out = length(shown)), shown
    )) +
    ggplot2::scale_shape_manual(NULL, limits = shown, values = stats::setNames(
      c(16, 17, 15, 18, 3, 4, 8, 25)[seq_along(shown)], shown
    )) +
    ggplot2::scale_x_continuous(breaks = numbers_of_components) +
    # A model that fits badly must not press the others together.
    ggplot2::coord_cartesian(ylim = shown_range(apart$value)) +
    ggplot2::labs(
      x = "Components", y = paste0(criterion, " (smaller is better)"),
      title = paste0(best$model, " with ", count_of(best$k, "component")),
      subtitle = format_verdict(object$table, criterion),
      caption = selection_caption(object$table, rest, apart)
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

check_criterion <- function(criterion, table, call = rlang::caller_env()) {
  if (identical(criterion, "CV") && is.null(table$CV)) {
    gmm_abort(
      c(
        "The selection has not been cross-validated.",
        i = "Do it: {.code update(selection, criterion = \"CV\")}."
      ),
      "input", call = call
    )
  }
  check_choice(criterion, criteria_of(table), "criterion", call)
}

# The models to highlight, the best first.
check_highlight <- function(highlight, table, call = rlang::caller_env()) {
  # Models whose best fit goes by several names are one.
  apart <- table$model[without_twins(table, order(signif(table$value, 10), table$df))]
  by_best <- unique(c(apart, names(sort(tapply(table$value, table$model, min)))))
  if (!is.character(highlight)) {
    return(utils::head(by_best, check_count(highlight, max = 8L, arg = "highlight", call = call)))
  }
  unknown <- setdiff(highlight, by_best)
  if (length(unknown) > 0L || length(unique(highlight)) > 8L || length(highlight) == 0L) {
    gmm_abort(
      c(
        "{.arg highlight} must be a number, or names of one to eight models of the selection.",
        x = if (length(unknown) > 0L) "It has no fit of {.val {unknown}}."
      ),
      "input", call = call
    )
  }
  intersect(by_best, highlight)
}

# A line needs two numbers of components.
lines_of <- function(table, mapping, ...) {
  number <- table(table$model)
  ggplot2::geom_line(mapping, table[table$model %in% names(number)[number > 1L], ], ...)
}

numbers_of_components <- function(limits) {
  all <- seq(ceiling(limits[[1]]), floor(limits[[2]]))
  if (length(all) <= 15L) all else whole_breaks(limits)
}

# All that is drawn apart, but for what is so far above that it would press the rest together.
shown_range <- function(values) {
  least <- min(values)
  far <- least + 4 * (stats::median(values) - least)
  c(least, if (far > least) min(max(values), far) else max(values))
}

selection_caption <- function(table, rest, apart) {
  notes <- c(
    if (max(apart$value) > shown_range(apart$value)[[2]]) {
      "Fits that are far from the best are beyond the picture."
    },
    if (nrow(rest) > 0L) "Grey: the other models.",
    if (any(table$status != "ok")) {
      sprintf("%d of %d fits have no proper solution.", sum(table$status != "ok"), nrow(table))
    }
  )
  if (length(notes) > 0L) wrap_caption(notes)
}
