# Parameters of a mixture as users give them and as they are returned: a list
# with `proportions` (k), `means` (k x d) and `covariances` (d x d x k).

# Rows of responsibilities, and proportions, must sum to one this closely.
sum_tolerance <- 1e-6

# Checked parameters with full shapes and names. `d`, `k` and `variables` are
# what they must agree with, where that is known; `what` is the class of error. `whole`: that noise
# has its region, without which parameters do to start from, but have no density.
check_parameters <- function(parameters, d = NULL, k = NULL, variables = NULL,
                             arg = "parameters", what = "input",
                             call = rlang::caller_env(), whole = FALSE) {
  fail <- function(field, ...) abort_parameters(field, c(...), arg, what, call)

  wanted <- c("proportions", "means", "covariances")
  if (!is.list(parameters)) {
    fail(NULL, "a list with {.field {wanted}}, not {.obj_type_friendly {parameters}}")
  }
  if (!all(wanted %in% names(parameters))) {
    fail(
      NULL, "a list with {.field {wanted}}",
      x = "Missing: {.field {setdiff(wanted, names(parameters))}}."
    )
  }
  for (field in wanted) {
    value <- parameters[[field]]
    if (!is.numeric(value) || length(value) == 0L || !all(is.finite(value))) {
      if (is.numeric(value) && length(value) > 0L) {
        bad <- sum(!is.finite(value))
        fail(field, "finite numbers; {bad} of {length(value)} {cli::qty(bad)}{?is/are} not")
      }
      fail(field, "finite numbers, not {.obj_type_friendly {value}}")
    }
  }
  proportions <- parameters$proportions
  if (is.null(k)) {
    k <- length(proportions)
  }
  if (length(proportions) != k) {
    fail("proportions", "one number for each of {k} component{?s}, not {length(proportions)}")
  }
  noise <- check_noise_proportion(parameters, fail)
  total <- sum(proportions) + noise
  if (any(proportions <= 0) || abs(total - 1) > sum_tolerance) {
    fail(
      "proportions", if (noise > 0) "positive and sum to 1 with noise" else "positive and sum to 1",
      x = "Their sum is {signif(sum(proportions), 7)}, the least {signif(min(proportions), 7)}."
    )
  }

  means <- shape_means(parameters$means, k)
  if (is.null(d)) {
    d <- ncol(means)
  }
  if (nrow(means) != k || ncol(means) != d) {
    fail(
      "means", "{k} x {d}: a row a component, a column a variable",
      x = "It is {nrow(means)} x {ncol(means)}; there {cli::qty(k)}{?is/are} {k} proportion{?s}."
    )
  }
  covariances <- shape_covariances(parameters$covariances, k, d)
  if (!identical(dim(covariances), c(d, d, k))) {
    shape <- if (is.null(dim(covariances))) {
      paste("a vector of length", length(covariances))
    } else {
      paste(dim(covariances), collapse = " x ")
    }
    fail("covariances", "{d} x {d} x {k}: a matrix a component", x = "It is {shape}.")
  }
  bad <- first_bad_covariance(covariances)
  if (!is.null(bad)) {
    fail(
      "covariances", "symmetric and positive definite",
      x = "That of component {bad$component} is not {bad$property}."
    )
  }

  given <- colnames(means)
  same <- identical(given, variables)
  if (!same && anyDuplicated(given)) {
    twice <- given[duplicated(given)][1]
    fail("means", "about different variables", x = "{.var {twice}} is there twice.")
  }
  by_name <- !same && has_names(given) && has_names(variables)
  if (by_name && !setequal(given, variables)) {
    fail(
      "means", "about the variables of the data",
      x = "Not among them: {.var {setdiff(given, variables)}}."
    )
  }
  named <- dimnames(covariances)[[1]]
  if (!is.null(named) && !is.null(given) && !identical(named, given)) {
    fail(
      "covariances", "about the variables of the means, in their order",
      x = "Means: {.var {given}}. Covariances: {.var {named}}."
    )
  }
  region <- check_region(parameters$region, parameters$noise, d, given, whole, fail)
  if (by_name) {
    order <- match(variables, given)
    means <- means[, order, drop = FALSE]
    covariances <- covariances[order, order, , drop = FALSE]
    region <- region[order, , drop = FALSE]
  }
  components <- if (is.null(names(proportions))) rownames(means) else names(proportions)
  if (anyDuplicated(components)) {
    fail("proportions", "named by different names", x = "Given: {.val {components}}.")
  }
  if (noise > 0 && "noise" %in% components) {
    fail("proportions", "named otherwise: {.val noise} is the name of noise")
  }
  name_parameters(
    list(
      proportions = proportions / total, means = means, covariances = covariances,
      noise = noise / total, region = region
    ),
    components = components,
    variables = if (is.null(variables)) given else variables
  )
}

# The proportion of noise, 0 where there is none.
check_noise_proportion <- function(parameters, fail) {
  noise <- parameters$noise %||% 0
  if (!is_number(noise) || noise < 0 || noise >= 1) {
    fail("noise", "a proportion, from 0 to less than 1")
  }
  as.double(noise)
}

# The box of noise, d x 2, with the names `given` to the variables; NULL where there is none.
check_region <- function(region, noise, d, given, whole, fail) {
  if (is.null(region)) {
    if (whole && isTRUE(noise > 0)) {
      fail("region", "given with noise: {d} x 2, the ends of the box in which it is")
    }
    return(NULL)
  }
  if (whole && is.null(noise)) {
    fail("noise", "given with its region: a proportion, with which all sum to 1")
  }
  if (is.null(dim(region)) && d == 1L && length(region) == 2L) {
    # One variable.
    region <- matrix(region, 1L)
  }
  if (!is.numeric(region) || length(dim(region)) != 2L || any(dim(region) != c(d, 2L))) {
    fail("region", "{d} x 2: a row a variable, the ends of the box in which noise is")
  }
  flat <- which(!(region[, 1L] < region[, 2L] & is.finite(region[, 2L] - region[, 1L])))
  if (length(flat) > 0L) {
    fail(
      "region", "a lower and an upper end for each variable, finite numbers",
      x = paste(
        "Variable {flat[[1]]} has {signif(region[[flat[[1]], 1]], 7)} and",
        "{signif(region[[flat[[1]], 2]], 7)}."
      )
    )
  }
  named <- rownames(region)
  if (!is.null(named) && !is.null(given) && !identical(named, given)) {
    fail(
      "region", "about the variables of the means, in their order",
      x = "Means: {.var {given}}. Region: {.var {named}}."
    )
  }
  matrix(as.double(region), d, 2L)
}

# Whether variables have names of their own; others go by position.
has_names <- function(variables) {
  !is.null(variables) && !identical(variables, default_variables(length(variables)))
}

# `must_be` and what follows are cli text of the caller's.
abort_parameters <- function(field, must_be, arg, what, call) {
  # gmm_mixture() has the fields as arguments of their own.
  subject <- if (is.null(field)) {
    if (is.null(arg)) "{.arg proportions}, when it stands alone," else "{.arg {arg}}"
  } else if (is.null(arg)) {
    "{.arg {field}}"
  } else {
    "{.field {field}} of {.arg {arg}}"
  }
  must_be[[1]] <- paste0(subject, " must be ", must_be[[1]], ".")
  envir <- rlang::env(parent.frame(2), field = field, arg = arg)
  gmm_abort(must_be, what, call = call, .envir = envir)
}

# A vector of means is one component, or one variable.
shape_means <- function(means, k) {
  if (length(dim(means)) == 2L) {
    means
  } else if (k == 1L) {
    matrix(means, 1L, dimnames = list(NULL, names(means)))
  } else {
    matrix(means, ncol = 1L)
  }
}

# A matrix is the covariance of one component, a vector are variances of one
# variable.
shape_covariances <- function(covariances, k, d) {
  short <- length(dim(covariances)) < 3L && (k == 1L || d == 1L)
  if (short && length(covariances) == d * d * k) {
    names <- dimnames(covariances)
    array(covariances, c(d, d, k), if (length(names) == 2L) c(names, list(NULL)))
  } else {
    covariances
  }
}

# The first component whose covariance is none, and what it lacks; NULL: all are.
# Singular is what the core takes for it (GMM_PIVOT_EPS in src/linalg.h).
first_bad_covariance <- function(covariances) {
  dim <- dim(covariances)
  covariances <- array(as.double(covariances), dim)
  bad <- c(
    "symmetric" = first_asymmetric(covariances),
    "positive definite" = .Call(C_gmm_singular, covariances)
  )
  if (!all(is.na(bad))) {
    first <- which.min(bad)
    list(component = bad[[first]], property = names(first))
  }
}

first_asymmetric <- function(covariances) {
  turned <- aperm(covariances, c(2L, 1L, 3L))
  if (identical(turned, covariances)) {
    return(NA_integer_)
  }
  off <- apply(abs(covariances - turned), 3, max)
  which(off > 1e-8 * apply(abs(covariances), 3, max))[1]
}

# The core computes in coordinates in which no square overflows or vanishes; in
# those of the data, a covariance may. A constant variable (`zero_ok`) has none.
check_representable <- function(parameters, zero_ok, call) {
  variances <- variances_of(parameters$covariances)
  if (min(variances) >= .Machine$double.xmin && max(variances) < Inf) {
    return(invisible())
  }
  spread <- apply(variances, 1, max)
  bad <- !is.finite(spread) | (spread < .Machine$double.xmin & !(zero_ok & spread == 0))
  if (any(bad)) {
    columns <- colnames(parameters$means)[bad]
    gmm_abort(
      c(
        "The squares of column{?s} {.var {columns}} are beyond the range of double precision.",
        i = "Rescale the data, for example by {.fn scale}."
      ),
      "data", call = call
    )
  }
}

# The diagonals, d x k.
variances_of <- function(covariances) {
  d <- dim(covariances)[[1L]]
  dim(covariances) <- c(d * d, dim(covariances)[[3L]])
  covariances[seq.int(1L, d * d, d + 1L), , drop = FALSE]
}

# Shapes and names as they are returned, double throughout.
name_parameters <- function(parameters, components = NULL, variables = NULL) {
  k <- nrow(parameters$means)
  d <- ncol(parameters$means)
  if (is.null(components)) {
    components <- as.character(seq_len(k))
  }
  if (is.null(variables)) {
    variables <- default_variables(d)
  }
  proportions <- as.double(parameters$proportions)
  names(proportions) <- components
  out <- list(
    proportions = proportions,
    means = array(as.double(parameters$means), c(k, d), list(components, variables)),
    covariances = array(
      as.double(parameters$covariances), c(d, d, k),
      list(variables, variables, components)
    )
  )
  if (isTRUE(parameters$noise > 0) || !is.null(parameters$region)) {
    out$noise <- parameters$noise
    if (!is.null(parameters$region)) {
      out$region <- parameters$region
      dimnames(out$region) <- list(variables, c("lower", "upper"))
    }
  }
  out
}

# The names of variables that have none.
default_variables <- function(d) {
  if (d == 1L) "x" else paste0("x", seq_len(d))
}

# The same parameters with the components in another order, named 1 to k, or as `names` says.
reorder_components <- function(parameters, order, names = NULL) {
  parameters$proportions <- parameters$proportions[order]
  parameters$means <- parameters$means[order, , drop = FALSE]
  parameters$covariances <- parameters$covariances[, , order, drop = FALSE]
  name_parameters(parameters, names, colnames(parameters$means))
}

# Components by increasing mean of the first variable, ties by the next. Means
# that differ by rounding only are ties, or rounding would decide the order. The first `known` stay
# where they are: classes that have a name.
component_order <- function(parameters, known = 0L) {
  rest <- seq_along(parameters$proportions)[-seq_len(known)]
  if (known > 0L && length(rest) < 2L) {
    return(seq_along(parameters$proportions))
  }
  if (known > 0L) {
    unknown <- list(
      means = parameters$means[rest, , drop = FALSE],
      covariances = parameters$covariances[, , rest, drop = FALSE]
    )
    return(c(seq_len(known), rest[component_order(unknown)]))
  }
  means <- parameters$means
  variances <- variances_of(parameters$covariances)
  steps <- lapply(seq_len(ncol(means)), function(a) {
    round((means[, a] - min(means[, a])) / sqrt(max(variances[a, ])), 4)
  })
  do.call(order, steps)
}
