# What `autoplot()` and `plot()` take, check and share: the variables and the
# classes asked for, colours, titles and theme. The pictures themselves are in
# plot-pairs.R, plot-marginal.R and plot-trace.R.

#' Plot a Gaussian mixture
#'
#' @description
#' `autoplot()` makes a [ggplot2][ggplot2::ggplot2-package] object that can be
#' added to and saved like any other; `plot()` prints it.
#'
#' `type = "pairs"` shows the variables against each other: the rows of the
#' data, coloured by component, and of every component the ellipse that holds
#' `level` of its probability, with a mark at its mean. An ellipse is exact: it
#' belongs to the component's marginal distribution of the two variables shown.
#' The diagonal shows the marginal density of the mixture (dark line) and, in
#' colour, the share of every component in it; its height is in arbitrary
#' units, as the axes beside it are those of the variables. A rug marks the
#' rows where there are at most 1000 of them. Where fewer than half of the rows
#' differ in the two variables of a panel, as with answers from 1 to 5, rows
#' with the same values are spread to a disc around them, in sectors by colour.
#' For one variable there is a single panel with a histogram of all rows and a
#' true density axis.
#'
#' Rows of noise are grey, and its density is part of that of the mixture. A row with missing values
#' is a point where both variables are known.
#'
#' `type = "trace"` shows the log-likelihood against the iteration.
#'
#' @param object,x A fit, from [gmm_fit()], or a mixture, from [gmm_mixture()].
#'   Without data (a mixture, or a fit made with `keep_data = FALSE`) the pairs
#'   are ellipses and densities only. A mixture has no trace.
#' @param type `"pairs"` or `"trace"`.
#' @param variables The variables shown, by name or position, in the order
#'   shown. By default all, or the first six when there are more.
#' @param truth Known classes, a vector or factor with one value for each of the
#'   `n` rows. Points are then coloured by class, and the mixture is drawn in
#'   grey. `NA` is allowed.
#' @param level The share of a component's probability that its ellipse holds:
#'   above 0 and below 1.
#' @param max_points The most rows drawn as points. Of more, this many are
#'   drawn, at even steps through the data, and the caption says so.
#' @param ... For `plot()`, arguments to `autoplot()`; for `autoplot()` none.
#'
#' @returns `autoplot()` returns a `ggplot` object, `plot()` the same one,
#'   invisibly.
#' @section Errors:
#' `gaussmix_error_input` for arguments that do not fit the object,
#' `gaussmix_error_no_data` for `truth` with a fit that does not keep its data.
#' @family methods of a fit
#' @examples
#' set.seed(1)
#' fit <- gmm_fit(iris[, 1:4], k = 3)
#' autoplot(fit, variables = c("Sepal.Length", "Petal.Width"))
#' autoplot(fit, variables = 3:4, truth = iris$Species)
#' autoplot(fit, type = "trace")
#' @export
#' @importFrom rlang .data %||%
autoplot.gmm_fit <- function(object, type = c("pairs", "trace"),
                             variables = NULL, truth = NULL, level = 0.95,
                             max_points = 5000, ...) {
  check_dots_unused(...)
  type <- check_choice(type, c("pairs", "trace"))
  if (type == "trace") {
    check_trace_only(object, variables, truth)
    return(plot_trace(object))
  }

  variables <- check_variables(variables, colnames(object$means))
  level <- check_level(level)
  max_points <- check_count(max_points)
  truth <- check_truth(truth, object)

  if (length(variables$shown) == 1L) {
    plot_marginal(object, variables, truth)
  } else {
    plot_pairs(object, variables, truth, level, max_points)
  }
}

#' @rdname autoplot.gmm_fit
#' @export
autoplot.gmm_mixture <- autoplot.gmm_fit

#' @rdname autoplot.gmm_fit
#' @export
plot.gmm_fit <- function(x, ...) {
  picture <- ggplot2::autoplot(x, ...)
  print(picture)
  invisible(picture)
}

#' @rdname autoplot.gmm_fit
#' @export
plot.gmm_mixture <- plot.gmm_fit

# ---- checks ------------------------------------------------------------------

max_variables <- 6L

# `shown`: names of the variables to show; `note`: what the caption must say.
check_variables <- function(variables, known, call = rlang::caller_env()) {
  d <- length(known)
  if (is.null(variables)) {
    note <- if (d > max_variables) {
      paste0("The first ", max_variables, " of ", d, " variables.")
    }
    return(list(shown = known[seq_len(min(d, max_variables))], note = note))
  }

  if (is.character(variables) && length(variables) > 0L) {
    unknown <- variables[!variables %in% known]
    if (length(unknown) > 0L) {
      gmm_abort(
        c(
          "{.arg variables} must name variables of the mixture: there is no {.val {unknown}}.",
          i = did_you_mean(unknown[[1L]], known) %||% "It has {.val {known}}."
        ),
        "input", call = call
      )
    }
    shown <- variables
  } else if (is.numeric(variables) && length(variables) > 0L) {
    if (!all(variables %in% seq_len(d))) {
      wrong <- setdiff(variables, seq_len(d))[1]
      gmm_abort(
        "{.arg variables} must be positions from 1 to {d}, not {.val {wrong}}.",
        "input", call = call
      )
    }
    shown <- known[variables]
  } else {
    gmm_abort(
      paste(
        "{.arg variables} must be names or positions of variables,",
        "not {.obj_type_friendly {variables}}."
      ),
      "input", call = call
    )
  }

  if (anyDuplicated(shown) > 0L) {
    gmm_abort(
      "{.arg variables} must differ: {.val {unique(shown[duplicated(shown)])}} is there twice.",
      "input", call = call
    )
  }
  list(shown = shown, note = NULL)
}

check_level <- function(level, call = rlang::caller_env()) {
  level <- check_number(level, 0, 1, call = call)
  if (level == 0 || level == 1) {
    gmm_abort("{.arg level} must be above 0 and below 1, not {level}.", "input", call = call)
  }
  level
}

# Known classes as a factor, one for each row of the data of the fit.
check_truth <- function(truth, object, call = rlang::caller_env()) {
  if (is.null(truth)) {
    return(NULL)
  }
  if (is.null(object$data)) {
    gmm_abort(
      c(
        "{.arg truth} colours the rows of the data, which {.arg object} does not hold.",
        i = "Fit with {.code keep_data = TRUE}."
      ),
      "no_data", call = call
    )
  }
  if (!is.atomic(truth) || !is.null(dim(truth))) {
    gmm_abort(
      "{.arg truth} must be a vector or a factor, not {.obj_type_friendly {truth}}.",
      "input", call = call
    )
  }
  if (length(truth) != nrow(object$data)) {
    gmm_abort(
      paste(
        "{.arg truth} must have a value for each of the {nrow(object$data)} rows,",
        "not {length(truth)}."
      ),
      "input", call = call
    )
  }
  droplevels(as.factor(truth))
}

# ---- what the pictures share -------------------------------------------------

# The colour of ellipses, densities and means when colour stands for `truth`.
neutral_grey <- "grey25"

# Noise is no component.
noise_grey <- "grey55"

# Colours that colour-blind readers can tell apart (Okabe & Ito, 2008), those
# with the best contrast to white first. There are eight; beyond, hues at equal
# steps are the best one can do.
class_colours <- function(levels) {
  okabe_ito <- grDevices::palette.colors(palette = "Okabe-Ito")
  best_first <- c(
    "blue", "orange", "bluishgreen", "reddishpurple", "vermillion", "skyblue",
    "yellow", "gray"
  )
  n <- length(levels)
  colours <- if (n <= length(best_first)) {
    unname(okabe_ito[best_first[seq_len(n)]])
  } else {
    grDevices::hcl.colors(n, "Dark 3")
  }
  stats::setNames(colours, levels)
}

# The legend, for colour and fill alike: components with their proportions, or the
# known classes with the number of rows in each.
class_scales <- function(object, truth, keys, aesthetics) {
  if (is.null(truth)) {
    title <- "Component"
    levels <- classes_of(object)
    labels <- paste0(levels, " (", format_share(c(object$proportions, object$noise)), ")")
  } else {
    title <- "Known class"
    levels <- levels(truth)
    labels <- paste0(levels, " (", format_count(tabulate(truth, length(levels))), ")")
  }
  colours <- class_colours(levels)
  if (is.null(truth) && !is.null(object$noise)) {
    colours <- c(class_colours(names(object$proportions)), noise = noise_grey)
  }
  scale <- function(make, guide) {
    make(
      name = title, values = colours, breaks = levels,
      labels = labels, na.value = "grey60", guide = guide
    )
  }
  # ggplot2 warns when both halves of a legend override `keys`, and when a
  # scale has nothing to scale.
  colour <- scale(ggplot2::scale_colour_manual, ggplot2::guide_legend(override.aes = keys))
  fill <- scale(ggplot2::scale_fill_manual, ggplot2::guide_legend())
  list(colour = colour, fill = fill)[aesthetics]
}

mixture_title <- function(object) {
  paste0(
    "Gaussian mixture: ", object$model, ", ", object$k,
    ngettext(object$k, " component", " components")
  )
}

mixture_subtitle <- function(object) {
  if (is.null(object$loglik)) {
    return("Given by its parameters")
  }
  paste0(
    format_rows(object$n, object$n_obs, object$weights), ", log-likelihood ",
    format_number(object$loglik), ", BIC ", format_number(stats::BIC(object)),
    if (!object$converged) ", not converged"
  )
}

mixture_theme <- function() {
  ggplot2::theme_bw(base_size = 10) +
    ggplot2::theme(
      panel.grid.major = ggplot2::element_line(colour = "grey93", linewidth = 0.25),
      panel.grid.minor = ggplot2::element_blank(),
      panel.border = ggplot2::element_rect(colour = "grey75", fill = NA, linewidth = 0.4),
      panel.spacing = ggplot2::unit(4, "pt"),
      axis.ticks = ggplot2::element_line(colour = "grey75", linewidth = 0.3),
      axis.text = ggplot2::element_text(colour = "grey35"),
      strip.background = ggplot2::element_blank(),
      strip.text = ggplot2::element_text(face = "bold", colour = "grey15"),
      strip.clip = "off",
      legend.position = "bottom",
      legend.key = ggplot2::element_blank(),
      plot.title = ggplot2::element_text(face = "bold"),
      plot.subtitle = ggplot2::element_text(colour = "grey30"),
      plot.caption = ggplot2::element_text(colour = "grey40", hjust = 0),
      plot.title.position = "plot",
      plot.caption.position = "plot"
    )
}

# As lines that fit a small figure.
wrap_caption <- function(sentences) {
  paste(strwrap(paste(sentences, collapse = " "), caption_width), collapse = "\n")
}

caption_width <- 66L

# The smallest distance of two values, 0 where there is one value only.
# Distances that are rounding (0.3 and 3 * 0.1) do not count.
spacing <- function(x) {
  x <- sort(unique(x))
  steps <- diff(x)
  steps <- steps[steps > same_value * (x[length(x)] - x[1L])]
  if (length(steps) > 0L) min(steps) else 0
}

# The part of the range of the data below which two values are the same.
same_value <- 1e-8

format_count <- function(x) {
  trimws(formatC(x, format = "d", big.mark = ","))
}

format_number <- function(x) {
  formatC(x, format = "f", digits = 1)
}

# Whole per cents, one decimal where that would hide a small share.
format_share <- function(x) {
  sprintf("%.*f%%", ifelse(x < 0.0995, 1L, 0L), 100 * x)
}
