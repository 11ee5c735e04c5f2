# What a fit prints. format() makes the lines, print() shows them.

#' Print and summarise a fit
#'
#' `print()` shows what was fitted, how well, and the components. `summary()`
#' adds their covariances, the classes and what the search found: how many starts
#' and moves came to the best maximum, and which others were seen.
#'
#' @param x,object A fit of [gmm_fit()].
#' @param digits Significant digits of the numbers shown.
#' @param ... Passed on to `format()`.
#' @returns `print()` returns its argument invisibly, `format()` a character vector
#'   of lines, `summary()` an object of class `summary.gmm_fit` that prints:
#'   the fit's fields, with `size` (rows by most likely component), `uncertainty`
#'   (mean and maximum over rows, if the fit has its data) and `search`: a list with
#'   `n_starts` drawn and `n_moves` made, `n_best` and `n_returned` of them that came to the best
#'   maximum found, `n_optima` (distinct maxima among the runs that came to one) and `gap` (from
#'   the best to the next of them, in log-likelihood, penalised if there is a prior), the numbers
#'   of runs `not_continued` after their short run, `given_up` on the way to an end below the
#'   best, or `discarded` as degenerate, `rounded` of these as tighter than rounding allows,
#'   and the `rows` that the search looked at. There may be
#'   maxima between the best and the next of these, to which no run was followed.
#' @family methods of a fit
#' @name print.gmm_fit
#' @examples
#' set.seed(1)
#' summary(gmm_fit(faithful, k = 2))
NULL

#' @rdname print.gmm_fit
#' @export
print.gmm_fit <- function(x, ...) {
  cat(format(x, ...), sep = "\n")
  invisible(x)
}

#' @rdname print.gmm_fit
#' @export
format.gmm_fit <- function(x, digits = 4, ...) {
  c(format_header(x), "", format_components(x, digits))
}

#' @rdname print.gmm_fit
#' @export
summary.gmm_fit <- function(object, ...) {
  extra <- list(
    # Other fits than the best of a selection that keeps no data have no classes.
    size = if (is.null(object$classification)) {
      rep(NA_integer_, length(classes_of(object)))
    } else {
      tabulate(class_factor(object), length(classes_of(object)))
    },
    uncertainty = if (!is.null(object$data)) {
      u <- predict(object, type = "uncertainty")
      c(mean = mean(u), max = max(u))
    },
    search = search_summary(object$starts, nobs.gmm_fit(object) / object$n)
  )
  object$data <- NULL
  structure(c(unclass(object), extra), class = "summary.gmm_fit")
}

#' @rdname print.gmm_fit
#' @export
format.summary.gmm_fit <- function(x, digits = 4, ...) {
  c(
    format_header(x),
    format_search(x$search, x$starts, x$prior),
    "",
    format_components(x, digits, size = x$size),
    "",
    format_covariances(x, digits),
    if (!is.null(x$uncertainty)) {
      sprintf(
        "Uncertainty of the classification: mean %s, largest %s",
        format(x$uncertainty[["mean"]], digits = 3), format(x$uncertainty[["max"]], digits = 3)
      )
    }
  )
}

#' @rdname print.gmm_fit
#' @export
print.summary.gmm_fit <- function(x, ...) {
  cat(format(x, ...), sep = "\n")
  invisible(x)
}

format_header <- function(x) {
  loglik <- logLik.gmm_fit(x)
  c(
    sprintf(
      "Gaussian mixture of %s, %s (%s%s)",
      count_of(x$k, "component"), x$model, model_phrase(x$model),
      if (isTRUE(x$equal_proportions)) "; equal proportions" else ""
    ),
    paste0(format_rows(x$n, x$n_obs, x$weights), ", ", count_of(x$d, "variable")),
    format_facts(x$missing, x$labels, x$region, x$classification),
    sprintf(
      "log-likelihood %s (df %d), AIC %s, BIC %s",
      decimals(x$loglik, 3), as.integer(x$df),
      decimals(stats::AIC(loglik), 2), decimals(stats::BIC(loglik), 2)
    ),
    format_convergence(x),
    if (!is.null(x$prior)) paste0("prior: ", format_prior(x$prior)),
    format_tight(x)
  )
}

# What is known of the rows, or is not.
format_facts <- function(missing, labels, region, classification = NULL) {
  c(
    format_missing_values(missing),
    if (!is.null(labels)) {
      sprintf(
        "%s of a known class, of %s", count_of(sum(!is.na(labels)), "row"),
        count_of(nlevels(labels), "class", "classes")
      )
    },
    if (!is.null(region)) {
      paste0(
        "noise, uniform over the range of the data",
        if (!is.null(classification)) paste0(": ", count_of(sum(classification == 0L), "row"))
      )
    }
  )
}

# `n_obs`: what they stand for, as far as they count.
format_rows <- function(n, n_obs, weights) {
  by_weight <- if (!is.null(weights)) {
    sprintf(" that stand for %s", format(signif(n_obs, 7), big.mark = ","))
  }
  paste0(count_of(n, "row"), by_weight)
}

format_convergence <- function(x) {
  how <- if (x$converged) "converged after" else "stopped, not converged, after"
  sprintf("%s %s, %s", how, count_of(x$n_iter, "iteration"), format_origin(x$starts))
}

# Where the answer comes from.
format_origin <- function(starts) {
  drawn <- sum(is_drawn(starts))
  moves <- sum(starts$method == "move")
  if (drawn == 0L) {
    return(sprintf("from the given %s", starts$method[[1]]))
  }
  paste0(
    if (drawn > 1L || moves > 0L) "best of ",
    if (drawn == 1L) "one start" else count_of(drawn, "start"),
    if (moves > 0L) sprintf(" and %s", count_of(moves, "move"))
  )
}

format_components <- function(x, digits, size = NULL) {
  table <- data.frame(proportion = x$proportions, x$means, check.names = FALSE)
  if (x$d == 1L) {
    table$sd <- sqrt(x$covariances[1, 1, ])
  }
  if (!is.null(x$noise)) {
    table["noise", ] <- c(x$noise, rep(NA, ncol(table) - 1L))
  }
  if (!is.null(size)) {
    table <- data.frame(rows = size, table, check.names = FALSE)
  }
  c("Proportions and means:", table_lines(table, digits))
}

# Once where components have the same; those of one variable are with the means.
format_covariances <- function(x, digits) {
  if (x$d == 1L) {
    return(NULL)
  }
  same <- x$k > 1L && all(x$covariances == c(x$covariances[, , 1L]))
  whose <- if (same) "each component" else paste("component", names(x$proportions))
  unlist(lapply(seq_along(whose), function(j) {
    s <- matrix(x$covariances[, , j], x$d, dimnames = dimnames(x$covariances)[1:2])
    c(sprintf("Covariance of %s:", whose[[j]]), table_lines(s, digits), "")
  }))
}

# The lines that print() would show, each column to `digits` on its own.
table_lines <- function(table, digits) {
  columns <- lapply(as.data.frame(table, optional = TRUE), format, digits = digits)
  text <- matrix(
    unlist(columns), nrow(table),
    dimnames = list(rownames(table), colnames(table))
  )
  utils::capture.output(print(text, quote = FALSE, right = TRUE))
}

# What the search found: maxima of the runs that came to one, without those that were given
# up below the best. A row stands for `weight` in the mean.
search_summary <- function(starts, weight) {
  starts <- starts[is_drawn(starts) | starts$method == "move", ]
  # Where nothing was found on a sample, all rows were searched.
  rows <- starts$n[nrow(starts)]
  starts <- starts[starts$n %in% rows, ]
  outcome <- starts$outcome
  drawn <- starts$method != "move"
  tolerance <- same_maximum(rows * weight)
  ended <- outcome %in% c("best", "finished", "duplicate")
  loglik <- sort(starts$loglik[ended], decreasing = TRUE)
  best <- loglik[1]
  reached <- ended & best - starts$loglik <= tolerance | outcome == "returned"
  gaps <- best - loglik[best - loglik > tolerance]
  list(
    n_starts = sum(drawn),
    n_best = sum(reached & drawn),
    n_moves = sum(!drawn),
    n_returned = sum(reached & !drawn),
    n_optima = 1L + sum(diff(c(0, gaps)) > tolerance),
    gap = if (length(gaps) > 0L) min(gaps) else NA_real_,
    not_continued = sum(outcome == "short run"),
    given_up = sum(outcome == "overtaken"),
    discarded = sum(outcome %in% degenerate_codes),
    rounded = sum(outcome == "rounded"),
    rows = rows
  )
}

format_search <- function(search, starts, prior) {
  if (search$n_starts + search$n_moves <= 1L) {
    return(NULL)
  }
  on_all <- sum(starts$method == "sample")
  c(
    sprintf(
      "search: of %s %s came to the best maximum found%s",
      count_of(search$n_starts, "start"), format(search$n_best, big.mark = ","),
      if (search$n_moves == 0L) {
        ""
      } else {
        sprintf(
          ", of %s %s", count_of(search$n_moves, "move"),
          format(search$n_returned, big.mark = ",")
        )
      }
    ),
    sprintf(
      "        %s among the runs that came to one%s",
      if (search$n_optima == 1L) {
        "no other maximum"
      } else {
        count_of(search$n_optima - 1L, "other maximum", "other maxima")
      },
      if (is.na(search$gap)) {
        ""
      } else {
        sprintf(
          ", the next %s lower%s", signif(search$gap, 3),
          if (is.null(prior)) "" else " (penalised)"
        )
      }
    ),
    format_lost(search),
    if (on_all > 0L) {
      sprintf(
        "        all this on a sample of %s; the best %s finished on all",
        count_of(search$rows, "row"), if (on_all == 1L) "was" else paste(on_all, "were")
      )
    }
  )
}

# Runs that did not come to a proper maximum.
format_lost <- function(search) {
  number <- c(search$not_continued, search$given_up, search$discarded)
  what <- c(
    "not continued", "given up below the best",
    paste0(
      "discarded as degenerate",
      if (search$rounded > 0L) sprintf(" (%d tighter than rounding allows)", search$rounded)
    )
  )
  some <- number > 0L
  if (any(some)) {
    said <- paste(format(number[some], big.mark = ",", trim = TRUE), what[some], collapse = ", ")
    paste0("        runs: ", said)
  }
}

count_of <- function(n, what, plural = paste0(what, "s")) {
  number <- format(n, big.mark = ",", decimal.mark = ".")
  sprintf("%s %s", number, if (n == 1) what else plural)
}

decimals <- function(x, n) {
  formatC(x, digits = n, format = "f", decimal.mark = ".")
}
