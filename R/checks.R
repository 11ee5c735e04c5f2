# Checks of single arguments. Each returns the value in the type that the rest
# of the package works with, or aborts naming the argument. Checks of the data
# are in data.R, of `start` in start.R.

# An argument without a default.
check_given <- function(x, arg = rlang::caller_arg(x), call = rlang::caller_env()) {
  if (missing(x)) {
    gmm_abort("{.arg {arg}} must be given.", "input", call = call)
  }
}

is_number <- function(x) {
  is.numeric(x) && !is.object(x) && length(x) == 1L && is.null(dim(x)) &&
    !is.na(x)
}

# One piece of text.
is_name <- function(x) {
  is.character(x) && length(x) == 1L && !is.na(x) && validUTF8(x)
}

check_count <- function(x, min = 1L, max = .Machine$integer.max,
                        arg = rlang::caller_arg(x), call = rlang::caller_env()) {
  # A limit for memory's sake is mentioned when it matters.
  range <- "of at least {min}"
  if (is_number(x) && x > max && max < .Machine$integer.max) {
    range <- "from {min} to {format(max, big.mark = ',', scientific = FALSE)}"
  }
  if (is.numeric(x) && length(x) != 1L) {
    gmm_abort(
      paste0("{.arg {arg}} must be one whole number ", range, ", not {length(x)} numbers."),
      "input", call = call
    )
  }
  if (!is_number(x)) {
    gmm_abort(
      paste0("{.arg {arg}} must be a whole number ", range, ", not {.obj_type_friendly {x}}."),
      "input", call = call
    )
  }
  if (x != trunc(x) || x < min || x > max) {
    gmm_abort(
      paste0("{.arg {arg}} must be a whole number ", range, ", not {x}."),
      "input", call = call
    )
  }
  as.integer(x)
}

check_number <- function(x, min = -Inf, max = Inf, arg = rlang::caller_arg(x),
                         call = rlang::caller_env()) {
  range <- if (is.finite(max)) "from {min} to {max}" else "of at least {min}"
  if (!is_number(x)) {
    gmm_abort(
      paste0("{.arg {arg}} must be a number ", range, ", not {.obj_type_friendly {x}}."),
      "input", call = call
    )
  }
  if (!is.finite(x) || x < min || x > max) {
    gmm_abort(
      paste0("{.arg {arg}} must be a number ", range, ", not {x}."),
      "input", call = call
    )
  }
  as.double(x)
}

check_flag <- function(x, arg = rlang::caller_arg(x),
                       call = rlang::caller_env()) {
  if (!is.logical(x) || length(x) != 1L || is.na(x)) {
    gmm_abort(
      "{.arg {arg}} must be {.code TRUE} or {.code FALSE}, not {.obj_type_friendly {x}}.",
      "input", call = call
    )
  }
  as.vector(x)
}

# One of a few names; the nearest one is suggested for a misspelt one.
check_choice <- function(x, choices, arg = rlang::caller_arg(x),
                         call = rlang::caller_env(), what = "input") {
  # The default of an argument lists all choices, as for match.arg().
  if (identical(x, choices)) {
    return(choices[[1]])
  }
  if (!is.character(x) || length(x) != 1L || is.na(x)) {
    gmm_abort(
      "{.arg {arg}} must be one of {.or {.val {choices}}}, not {.obj_type_friendly {x}}.",
      what, call = call
    )
  }
  if (!x %in% choices) {
    gmm_abort(
      c(
        "{.arg {arg}} must be one of {.or {.val {choices}}}, not {.val {x}}.",
        i = did_you_mean(x, choices)
      ),
      what, call = call
    )
  }
  x
}

# A hint naming the choice nearest to a misspelt `x`, or NULL if none is near;
# `style` is cli's for the choice.
did_you_mean <- function(x, choices, style = "val") {
  if (!validUTF8(x)) {
    return(NULL)
  }
  distance <- utils::adist(x, choices, ignore.case = TRUE)[1, ]
  if (min(distance) > ceiling(nchar(x) / 3) || min(distance) >= nchar(x)) {
    return(NULL)
  }
  nearest <- choices[[which.min(distance)]]
  paste0("Did you mean {.", style, " ", escape_braces(nearest), "}?")
}

# A name as part of a message's text, where cli would read braces as markup.
escape_braces <- function(x) {
  gsub("}", "}}", gsub("{", "{{", x, fixed = TRUE), fixed = TRUE)
}

# Methods take `...` for their generic; an argument in it is a misspelt one.
check_dots_unused <- function(..., call = rlang::caller_env()) {
  if (...length() > 0L) {
    known <- setdiff(names(formals(rlang::caller_fn())), "...")
    given <- ...names()
    given <- given[!is.na(given) & nzchar(given)]
    if (length(given) > 0L) {
      gmm_abort(
        c("Unknown argument{?s}: {.arg {given}}.", i = hint_at_argument(given[[1]], known)),
        "input", call = call
      )
    }
    gmm_abort("Too many arguments without a name.", "input", call = call)
  }
}

# Where an argument that a function does not have belongs.
hint_at_argument <- function(given, known) {
  if (given %in% c("seed", "random_state")) {
    "Random numbers are R's: call {.fn set.seed} before."
  } else if (given %in% names(formals(gmm_control))) {
    if ("control" %in% known) {
      paste0("It belongs into {.arg control}: {.code control = gmm_control(", given, " = )}.")
    } else if (given %in% c("threads", "simd")) {
      paste0("Set {.code options(gaussmix.", given, " = )}.")
    }
  } else if (given %in% c("G", "n_components", "ncomp", "K") && "k" %in% known) {
    "The number of components is {.arg k}."
  } else if (given %in% c("modelNames", "covariance_type")) {
    named <- intersect(c("model", "models"), known)
    if (length(named) > 0L) paste0("The covariance model is {.arg ", named[[1]], "}.")
  } else if (given %in% c("n_init", "nstarts", "n.init") && "nstart" %in% known) {
    "The number of starts is {.arg nstart}."
  } else if (given %in% foreign_starts && "start" %in% known) {
    "What a fit starts from is {.arg start}: a method, classes, or parameters."
  } else if (given %in% c("reg_covar", "RegularizationValue") && "prior" %in% known) {
    "What keeps covariances from collapsing is {.code prior = gmm_prior()}."
  } else if (given %in% c("verbose", "verb")) {
    "{.fn summary} says what was done."
  } else if (given == "control") {
    "What is fitted already has its settings: begin again with {.fn gmm_select} or {.fn gmm_fit}."
  } else if (given == "subset") {
    "Take the rows before, as by {.fn subset}."
  } else {
    did_you_mean(given, known, "arg")
  }
}

foreign_starts <- c(
  "init_params", "init", "initialization", "means_init", "weights_init", "precisions_init",
  "centers"
)
