# The rows as the core takes them: what is known of each goes with it, rows that say nothing stay
# away, and rows that lack the same values stand together.

# What is known of the rows besides their values, each NULL where there is nothing:
#
#   weights  n doubles
#   labels   n integers, the component from 0, -1 where it is not known
#   region   d x 2, the box in which noise is
#   counts   n logical: which rows are fitted to; NULL: all
row_facts <- function(weights = NULL, labels = NULL, region = NULL, counts = NULL) {
  list(weights = weights, labels = labels, region = region, counts = counts)
}

rows_that_count <- function(facts, n) facts$counts %||% rep(TRUE, n)

# The rows that count, or those of `rows`, with what they stand for, `n`, and how many there are,
# `rows`; `index` is where each is in x, NULL where that is where it was.
take_cases <- function(x, facts, rows = facts$counts) {
  index <- if (!is.null(rows) && !all(rows)) which(rows)
  if (!is.null(index)) {
    x <- x[index, , drop = FALSE]
  }
  patterns <- NULL
  if (anyNA(x)) {
    found <- find_patterns(x)
    patterns <- found$ends
    x <- x[found$order, , drop = FALSE]
    index <- if (is.null(index)) found$order else index[found$order]
  }
  taken <- function(fact) if (is.null(index)) fact else fact[index]
  weights <- taken(facts$weights)
  list(
    x = x, weights = weights, labels = taken(facts$labels), patterns = patterns,
    range = if (!is.null(facts$region)) as.double(facts$region[, 2L] - facts$region[, 1L]),
    step = NULL, rounding = NULL,
    n = if (is.null(weights)) nrow(x) else sum(weights), rows = nrow(x), index = index
  )
}

# What a fit says of its rows, those that count being `cases`.
describe_cases <- function(x, cases) {
  variables <- variable_names(x)
  list(
    n = nrow(x), n_obs = cases$n, variables = variables,
    step = if (!is.null(cases$step)) stats::setNames(cases$step, variables),
    rounding = if (!is.null(cases$step)) stats::setNames(cases$rounding, variables)
  )
}

# An order in which rows that lack the same values stand together, complete ones first, and the
# last of each pattern.
find_patterns <- function(x) {
  lacks <- is.na(x[, colSums(is.na(x)) > 0, drop = FALSE])
  n <- nrow(x)
  if (ncol(lacks) == 0L || n == 0L) {
    return(list(order = seq_len(n), ends = if (n > 0L) as.double(n)))
  }
  columns <- lapply(seq_len(ncol(lacks)), function(a) lacks[, a])
  order <- do.call(order, c(columns, method = "radix"))
  lacks <- lacks[order, , drop = FALSE]
  changes <- rowSums(lacks[-1L, , drop = FALSE] != lacks[-n, , drop = FALSE]) > 0
  list(order = order, ends = as.double(c(which(changes), n)))
}

# What was found for cases, for all n rows in their order: a vector, or a matrix with a row a case.
for_all_rows <- function(found, cases) {
  if (is.null(cases$index)) {
    return(found)
  }
  back <- order(cases$index)
  if (is.matrix(found)) found[back, , drop = FALSE] else found[back]
}

# Missing values -------------------------------------------------------------------

na_actions <- c("model", "omit", "fail")

# How many values are missing, and which rows are fitted to all the same: NULL where none are, else
# list(cells, rows, empty, omitted), numbers, and `counts`.
check_missing <- function(x, na_action, call) {
  na_action <- check_choice(na_action, na_actions, "na_action", call)
  if (!anyNA(x)) {
    return(NULL)
  }
  if (na_action == "fail") {
    gmm_abort(
      c(
        "There are missing values, and {.arg na_action} is {.val fail}.",
        x_lines(count_lines(colSums(is.na(x)), "missing value", x)),
        i = rows_concerned(is.na(x)),
        i = paste(
          "{.code na_action = \"model\"} takes rows for what they have, {.val omit} leaves",
          "them out."
        )
      ),
      "data", call = call
    )
  }
  lacking <- rowSums(is.na(x))
  empty <- lacking == ncol(x)
  counts <- if (na_action == "omit") lacking == 0 else !empty
  if (!any(counts)) {
    gmm_abort(
      c(
        "No row of {.arg x} has all its values; {.code na_action = \"omit\"} leaves out the rest.",
        i = "{.code na_action = \"model\"} takes rows for what they have."
      ),
      "data", call = call
    )
  }
  list(
    cells = sum(lacking), rows = sum(lacking > 0), empty = sum(empty),
    omitted = if (na_action == "omit") sum(lacking > 0) else 0L, counts = counts
  )
}

# Which rows are fitted to, NULL: all.
counting <- function(weights, missing) {
  counts <- missing$counts
  if (!is.null(weights) && any(weights == 0)) {
    counts <- if (is.null(counts)) weights > 0 else counts & weights > 0
  }
  if (is.null(counts) || all(counts)) NULL else counts
}

# That those rows say something of each column.
check_counting <- function(x, counts, call) {
  if (is.null(counts)) {
    return(invisible())
  }
  if (!any(counts)) {
    gmm_abort(
      c(
        "No row with a positive weight has a value: nothing is to be fitted.",
        i = "Give a row with values a positive number in {.arg weights}."
      ),
      "weights", call = call
    )
  }
  if (anyNA(x)) {
    check_columns_known(x[counts, , drop = FALSE], "x", call, "in rows of positive {.arg weights}")
  }
}

format_missing_values <- function(missing) {
  if (is.null(missing)) {
    return(NULL)
  }
  if (missing$omitted > 0L) {
    return(sprintf("left out: %s with missing values", count_of(missing$omitted, "row")))
  }
  partly <- missing$rows - missing$empty
  lines <- c(
    if (partly > 0L) {
      sprintf(
        "%s by the values that %s", count_of(partly, "row counts", "rows count"),
        if (partly == 1L) "it has" else "they have"
      )
    },
    if (missing$empty > 0L) {
      paste(
        count_of(missing$empty, "without values counts", "without values count"), "for nothing"
      )
    }
  )
  paste0(count_of(missing$cells, "value"), " missing: ", paste(lines, collapse = "; "))
}

# Known classes --------------------------------------------------------------------

# NULL where no class is known, or a list of
#
#   codes    n integers: the component of each row from 0, -1 where it is not known
#   levels   the names of the classes
#   classes  the classes of the rows, a factor
#   open     how many rows that count are of no known class
check_labels <- function(labels, n, k, counts, noise, call) {
  if (is.null(labels)) {
    return(NULL)
  }
  if (!is.atomic(labels) || is.raw(labels) || is.complex(labels) || length(dim(labels)) > 1L) {
    abort_labels("not {.obj_type_friendly {labels}}", call, labels)
  }
  if (length(labels) != n) {
    abort_labels("not {length(labels)}", call, labels, n)
  }
  classes <- as_classes(labels)
  if (all(is.na(classes))) {
    gmm_abort(
      c(
        "{.arg labels} says the class of no row.",
        i = "Without known classes, leave {.arg labels} out."
      ),
      "labels", call = call
    )
  }
  check_known_classes(classes, counts, call)
  if (noise && "noise" %in% levels(classes)) {
    gmm_abort(
      c(
        "No class of {.arg labels} may be called {.val noise} where {.arg noise} is fitted.",
        i = "Call it something else, or let {.code NA} leave open what these rows are."
      ),
      "labels", call = call
    )
  }
  open <- sum(is.na(classes[counts %||% TRUE]))
  if (is_number(k) && k >= 1 && k == round(k)) {
    check_classes_and_k(nlevels(classes), open, k, call)
  }
  list(codes = label_codes(classes), levels = levels(classes), classes = classes, open = open)
}

# Each class has rows that count, as many as it takes for a component of its own.
check_known_classes <- function(classes, counts, call) {
  there <- tabulate(classes, nlevels(classes))
  known <- tabulate(classes[counts %||% TRUE], nlevels(classes))
  few <- which(known < 2L)
  if (length(few) == 0L) {
    return(invisible())
  }
  shown <- utils::head(few, 5L)
  rest <- length(few) - length(shown)
  lost <- any(there[few] > known[few])
  gmm_abort(
    c(
      "Each class of {.arg labels} needs two rows at least.",
      x_lines(sprintf(
        "Class {.val %s} has %s%s.", escape_braces(levels(classes)[shown]),
        c("none", "one")[known[shown] + 1L],
        ifelse(there[shown] > known[shown], sprintf(" that counts, of %d", there[shown]), "")
      )),
      x = if (rest > 0L) "... and {rest} more.",
      i = if (lost) {
        "Rows that are left out, of weight 0, or without values do not count."
      },
      i = if (any(there[few] == 0L)) "{.fn droplevels} drops the classes without rows.",
      i = if (any(there[few] > 0L)) "{.code NA} leaves the class of a row open."
    ),
    "labels", call = call
  )
}

# Each class is a component; rows for the others are those of no known class.
check_classes_and_k <- function(classes, open, k, call) {
  if (k < classes) {
    gmm_abort(
      c(
        "{.arg labels} has {classes} classes, more than {k} component{?s}.",
        i = "Each class is a component, and there may be others besides: let {.arg k} be more."
      ),
      "labels", call = call
    )
  }
  if (k > classes + open) {
    gmm_abort(
      c(
        "{.arg labels} leaves no rows for {k - classes} of {k} components.",
        x = if (open == 0L) {
          "Every row is of one of its {classes} class{?es}."
        } else {
          "It has {classes} class{?es}; {open} row{?s} {?is/are} of none."
        },
        i = "Let {.arg k} be {classes + open} at most, or give more rows no class: {.code NA}."
      ),
      "labels", call = call
    )
  }
}

# Classes as a factor, whatever the class of their values, the methods of which may not be there;
# none of NaN or of NA.
as_classes <- function(x) {
  if (is.factor(x)) {
    return(if (anyNA(levels(x))) factor(x, levels(x)[!is.na(levels(x))]) else x)
  }
  if (is.double(x)) {
    x[is.nan(x)] <- NA
  }
  tryCatch(factor(x), error = function(e) factor(bare(x)))
}

abort_labels <- function(given, call, labels, n = NULL) {
  envir <- rlang::env(labels = labels, n = n)
  gmm_abort(
    c(
      paste0(
        "{.arg labels} must be the class of each row, a vector or factor",
        if (!is.null(n)) " of length {n}", ", ", given, "."
      ),
      i = "{.code NA} where it is not known."
    ),
    "labels", call = call, .envir = envir
  )
}

# Names of k components, of which the first are known classes.
component_names <- function(k, levels) {
  all <- as.character(seq_len(k))
  all[seq_along(levels)] <- levels
  make.unique(all, "_")
}

# Noise ----------------------------------------------------------------------------

# The box of the rows that count, in which noise is uniform: d x 2; NULL: no noise is fitted.
check_noise <- function(noise, x, counts, call) {
  if (is_number(noise)) {
    gmm_abort(
      c(
        "{.arg noise} must be {.code TRUE} or {.code FALSE}, not {noise}.",
        i = "The fit estimates how much noise there is: {.code fit$noise}."
      ),
      "input", call = call
    )
  }
  noise <- check_flag(noise, "noise", call)
  if (!noise) {
    return(NULL)
  }
  rows <- sum(counts %||% rep(TRUE, nrow(x)))
  if (rows < 3L) {
    gmm_abort(
      c(
        "{.arg noise} needs three rows at least, not {rows}.",
        i = "Fit without it: {.code noise = FALSE}."
      ),
      "noise", call = call
    )
  }
  if (!is.null(counts)) {
    x <- x[counts, , drop = FALSE]
  }
  region <- t(apply(x, 2L, range, na.rm = TRUE))
  dimnames(region) <- list(variable_names(x), c("lower", "upper"))
  flat <- region[, 1L] == region[, 2L]
  if (any(flat)) {
    gmm_abort(
      c(
        paste(
          "{cli::qty(sum(flat))}Column{?s} {.var {rownames(region)[flat]}} {?is/are} constant:",
          "noise has no room there."
        ),
        i = "Leave {cli::qty(sum(flat))}{?it/them} out, or fit without {.arg noise}."
      ),
      "noise", call = call
    )
  }
  region
}

# Components, and noise besides.
classes_of <- function(object) {
  c(names(object$proportions), if (!is.null(object$noise)) "noise")
}

# The class of each row as a factor; noise, which has the number 0, is the last level.
class_factor <- function(object, class = object$classification) {
  levels <- classes_of(object)
  if (!is.null(object$noise)) {
    class[class == 0L] <- length(levels)
  }
  factor(levels[class], levels)
}
