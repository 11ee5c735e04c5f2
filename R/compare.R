# How well the components recover known classes.

#' Compare a classification with known classes
#'
#' @description
#' Measures how well a fit, or any classification, recovers classes that are
#' known. As components carry no names, each is first matched to a class: one
#' to one, so that the most rows agree.
#'
#' The noise of a fit is a group of its own, in the index, the table and the error rate, but it is
#' no class that rows would share, and is matched to none, unless there is a class of noise among
#' those known. A class `"noise"` is matched to it, and to nothing else. If there is none, a class
#' `"0"`, which may be that of noise or the first of classes that are counted from 0, is matched
#' to it where most rows agree so, else to a component. In a vector of classes `"noise"` and 0
#' are classes as others are.
#'
#' @param fit A fit, from [gmm_fit()], which may have been made with
#'   `keep_data = FALSE`; or a vector or factor of `n` classes.
#' @param truth The known classes: a vector or factor of length `n`. Rows where
#'   either is `NA` are left out, counted and printed.
#'
#' @returns A `gmm_comparison`, a list with
#'   * `ari`: the adjusted Rand index of Hubert and Arabie (1985, eq. 5): 1 for
#'     partitions that agree, about 0 for those that agree by chance, and below
#'     for less. It does not depend on the matching. Two partitions that both
#'     have one class only, or both one row in each class, agree: 1.
#'   * `table`: the number of rows of each class (rows) in each component
#'     (columns; those matched first, in the order of their classes), and in noise.
#'   * `matching`: the class matched to each component, named by component;
#'     `NA` where there are more components than classes, or where a match
#'     would share no row.
#'   * `error_rate`: the share of rows whose component is not matched to their
#'     class.
#'   * `n`, `n_missing`: the rows compared and the rows left out.
#'   * `noise`: whether there is noise among the columns of the table.
#' @section Errors:
#' `gaussmix_error_input` when `fit` or `truth` is not a vector of classes,
#' their lengths differ, or no row has both.
#' @references
#' Hubert, L. and Arabie, P. (1985). Comparing partitions. *Journal of
#' Classification*, 2, 193-218. \doi{10.1007/BF01908075}
#'
#' Jonker, R. and Volgenant, A. (1987). A shortest augmenting path algorithm for
#' dense and sparse linear assignment problems. *Computing*, 38, 325-340.
#' \doi{10.1007/BF02278710}
#' @family methods of a fit
#' @examples
#' set.seed(1)
#' fit <- gmm_fit(iris[, 1:4], k = 3)
#' gmm_compare(fit, iris$Species)
#'
#' gmm_compare(c(1, 1, 2, 2), c("a", "a", "b", NA))
#' @export
gmm_compare <- function(fit, truth) {
  check_given(fit)
  check_given(truth)
  if (inherits(fit, "gmm_selection")) {
    fit <- fit$best
  }
  found <- classes_found(fit)
  truth <- check_classes(truth)
  if (length(truth) != length(found)) {
    gmm_abort(
      paste(
        "{.arg truth} must have as many values as there are rows:",
        "{length(found)}, not {length(truth)}."
      ),
      "input"
    )
  }
  known <- !is.na(truth) & !is.na(found)
  if (!any(known)) {
    gmm_abort("No row has both a class in {.arg truth} and a component.", "input")
  }

  # Components keep their column though no row falls to them; a class without
  # rows was not there to be recovered.
  counts <- table(truth = droplevels(truth[known]), component = found[known])
  noise <- inherits(fit, "gmm_fit") && !is.null(fit$noise)
  matched <- match_classes(if (noise) without_noise_matches(counts) else unclass(counts))
  agree <- sum(counts[cbind(matched, seq_along(matched))], na.rm = TRUE)
  matching <- stats::setNames(rownames(counts)[matched], colnames(counts))

  structure(
    list(
      ari = adjusted_rand_index(counts),
      table = counts[, order(matched), drop = FALSE],
      matching = matching,
      error_rate = 1 - agree / sum(known),
      n = sum(known),
      n_missing = sum(!known),
      noise = noise
    ),
    class = "gmm_comparison"
  )
}

#' @export
format.gmm_comparison <- function(x, ...) {
  check_dots_unused(...)
  wrong <- round(x$error_rate * x$n)
  rows <- function(n) paste0(format_count(n), ngettext(n, " row", " rows"))
  heads <- colnames(x$table)
  class <- x$matching[heads]
  matched <- ifelse(is.na(class), "-", class)
  counts <- rbind(heads, matched, matrix(format_count(x$table), nrow(x$table)))
  labels <- c("component", "matched to", rownames(x$table))
  cells <- cbind(format(labels), apply(counts, 2L, format, justify = "right"))
  c(
    paste0(
      "Recovery of ", nrow(x$table), " known ",
      ngettext(nrow(x$table), "class", "classes"), " by ",
      count_of(ncol(x$table) - x$noise, "component"), if (x$noise) " and noise",
      " (", rows(x$n), ")"
    ),
    paste0("Adjusted Rand index: ", formatC(round(x$ari, 4) + 0, format = "f", digits = 4)),
    paste0(
      "Error rate: ", formatC(100 * x$error_rate, format = "f", digits = 2),
      "% (", rows(wrong), ")"
    ),
    if (x$n_missing > 0) {
      paste0("Left out, as a class is missing: ", rows(x$n_missing))
    },
    "",
    apply(cells, 1L, paste, collapse = "  ")
  )
}

#' @export
print.gmm_comparison <- function(x, ...) {
  writeLines(format(x, ...))
  invisible(x)
}

# ---- classes -------------------------------------------------------------------

classes_found <- function(fit, call = rlang::caller_env()) {
  if (inherits(fit, "gmm_fit")) {
    if (is.null(fit$classification)) {
      fit_data(fit, "Give the classes themselves: {.code predict(fit, data)}.", call)
    }
    return(class_factor(fit))
  }
  if (inherits(fit, "gmm")) {
    gmm_abort(
      c(
        "{.arg fit} must have classified rows, which a mixture given by its parameters has not.",
        i = "Give the classes themselves: {.code predict(mixture, data)}."
      ),
      "input", call = call
    )
  }
  check_classes(fit, "fit", call)
}

check_classes <- function(x, arg = "truth", call = rlang::caller_env()) {
  if (!is.atomic(x) || is.raw(x) || is.null(x) || length(dim(x)) > 1L) {
    gmm_abort(
      "{.arg {arg}} must be a vector or factor of classes, not {.obj_type_friendly {x}}.",
      "input", call = call
    )
  }
  as_classes(x)
}

# ---- agreement -------------------------------------------------------------------

# Hubert & Arabie (1985), eq. 5, from a contingency table. In doubles: the
# number of pairs of 1e6 rows is beyond an integer.
adjusted_rand_index <- function(counts) {
  pairs <- function(n) sum(as.double(n) * (as.double(n) - 1) / 2)
  together <- pairs(counts)
  in_rows <- pairs(rowSums(counts))
  in_columns <- pairs(colSums(counts))
  all <- pairs(sum(counts))

  # All rows together in both, or all apart in both: the index is 0 / 0, and
  # the partitions are the same.
  if (in_rows == in_columns && (in_rows == 0 || in_rows == all)) {
    return(1)
  }
  expected <- in_rows * (in_columns / all)
  (together - expected) / ((in_rows + in_columns) / 2 - expected)
}

# Counts of rows for matching: none where noise, the last column, is not to be matched, which is but
# to a class of noise.
without_noise_matches <- function(counts) {
  counts <- unclass(counts)
  noise <- ncol(counts)
  class <- if ("noise" %in% rownames(counts)) "noise" else "0"
  counts[rownames(counts) != class, noise] <- 0L
  if (class == "noise") {
    counts[class, -noise] <- 0L
  }
  counts
}

# The row matched to each column, so that the matched cells have the largest
# sum; NA for a column without a match. A match that shares no row is none.
match_classes <- function(counts) {
  if (nrow(counts) <= ncol(counts)) {
    column <- assign_rows(-counts)
    row <- rep_len(NA_integer_, ncol(counts))
    row[column] <- seq_along(column)
  } else {
    row <- assign_rows(-t(counts))
  }
  row[counts[cbind(row, seq_along(row))] %in% 0] <- NA
  row
}

# The column of each row in the assignment of least total cost: shortest
# augmenting paths (Jonker & Volgenant, 1987). For no more rows than columns;
# O(rows^2 columns).
assign_rows <- function(cost) {
  n <- nrow(cost)
  m <- ncol(cost)
  price_row <- double(n)
  price_column <- double(m)
  owner <- integer(m) # the row that has this column; 0 for none

  for (start in seq_len(n)) {
    distance <- rep_len(Inf, m) # of the shortest path from `start` to a column
    before <- integer(m) # the column before it on that path; 0 at its start
    reached <- logical(m)
    row <- start
    column <- 0L
    length <- 0

    repeat {
      reduced <- length + cost[row, ] - price_row[row] - price_column
      shorter <- !reached & reduced < distance
      distance[shorter] <- reduced[shorter]
      before[shorter] <- column

      column <- which(!reached)[which.min(distance[!reached])]
      length <- distance[column]
      reached[column] <- TRUE
      if (owner[column] == 0L) {
        break
      }
      row <- owner[column]
    }

    # Prices that keep all reduced costs non-negative, then the new owners.
    inner <- reached & owner > 0L
    price_row[start] <- price_row[start] + length
    price_row[owner[inner]] <- price_row[owner[inner]] + length - distance[inner]
    price_column[inner] <- price_column[inner] - (length - distance[inner])
    while (column != 0L) {
      previous <- before[column]
      owner[column] <- if (previous == 0L) start else owner[previous]
      column <- previous
    }
  }

  assigned <- integer(n)
  assigned[owner[owner > 0L]] <- which(owner > 0L)
  assigned
}
