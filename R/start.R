# Where EM starts: a method that draws starts, or memberships or parameters
# that the user gives.

# The families of starts, numbered as gmm_start_family in src/search.h, and the
# methods that draw from one, or from each in turn.
start_families <- c("kmeans" = 0L, "kmeans++" = 1L, "random" = 2L)

# Where runs start from besides, by the same numbers; what the user gave has its own name.
found_families <- c("neighbour" = 6L, "hierarchy" = 7L)
run_families <- c(start_families, "move" = 3L, "sample" = 4L, found_families)
start_methods <- c("mixed", names(start_families))

#' Starting parameters
#'
#' Draws one start, as [gmm_fit()] draws each of its `nstart` starts: a partition
#' of the rows, and the parameters that an M-step makes of it. Where a part has too few
#' rows for a covariance of its own, all components get the common one. Random
#' numbers are those of R: [set.seed()] makes it reproducible.
#'
#' Distances are measured after dividing each variable by its standard
#' deviation, so that units do not decide. For models that compare variables (see
#' [gmm_models()], Units), one scale serves all.
#'
#' @inheritParams gmm_fit
#' @param x The data: a numeric matrix or data frame, or a vector for one variable. Missing values
#'   count as their means given the row's others, in a Gaussian that is fitted to all rows (for
#'   diagonal and spherical models, as the means of their variables).
#' @param k Number of components: a whole number.
#' @param method `"kmeans"`: centres drawn by k-means++ (Arthur and Vassilvitskii
#'   2007), then at most `control$kmeans_iter` Lloyd iterations. `"kmeans++"`: these
#'   centres alone, each row to the nearest. `"random"`: likewise, with centres
#'   drawn uniformly among the rows.
#' @returns A list as [gmm_mstep()] returns, with `partition` (integer vector of
#'   length n; rows of weight 0 go to the nearest mean) besides. `start =` of [gmm_fit()] and
#'   [gmm_estep()] take it.
#' @references
#' Arthur, D. and Vassilvitskii, S. (2007). k-means++: the advantages of careful
#' seeding. *Proceedings of the 18th ACM-SIAM Symposium on Discrete Algorithms*,
#' 1027-1035.
#' @family pieces of EM
#' @export
#' @examples
#' set.seed(1)
#' start <- gmm_start(iris[, 1:4], k = 3)
#' start$means
#' gmm_fit(iris[, 1:4], k = 3, start = start)
gmm_start <- function(x, k, model = "VVV", method = c("kmeans", "kmeans++", "random"),
                      control = gmm_control(), equal_proportions = NULL, weights = NULL) {
  x <- as_data_matrix(x, na_ok = TRUE)
  check_given(k)
  weights <- check_weights(weights, nrow(x))
  counts <- counting(weights, check_missing(x, "model", rlang::current_env()))
  check_counting(x, counts, rlang::current_env())
  cases <- take_cases(x, row_facts(weights, counts = counts))
  k <- check_k(k, cases$x)
  spec <- resolve_spec(model, ncol(x), equal_proportions)
  method <- check_choice(method, names(start_families))
  engine <- choose_engine(check_control(control))
  control <- engine_control(control, engine, method, 1L, spec$model, cases, k)

  drawn <- .Call(C_gmm_start, cases, k, spec, control)
  if (drawn$status$code != "ok") {
    abort_status(drawn$status, cases$x, k, spec$model)
  }
  parameters <- name_parameters(drawn$parameters, variables = variable_names(x))
  check_representable(parameters, zero_ok = TRUE, call = rlang::current_env())
  partition <- if (cases$rows < nrow(x)) nearest_mean(x, parameters$means, cases)
  partition[cases$index %||% seq_len(nrow(x))] <- drawn$partition
  c(parameters, spec, list(partition = partition))
}

# The nearest mean to each row, by the values that it has, in units of the standard deviations of
# those that count.
nearest_mean <- function(x, means, cases) {
  sd <- apply(cases$x, 2L, stats::sd, na.rm = TRUE)
  unit <- ifelse(is.finite(sd) & sd > 0, sd, 1)
  distances <- vapply(seq_len(nrow(means)), function(j) {
    colSums(((t(x) - means[j, ]) / unit)^2, na.rm = TRUE)
  }, numeric(nrow(x)))
  max.col(-matrix(distances, nrow(x)), "first")
}

# Which runs began at a start that was drawn, or found.
is_drawn <- function(starts) starts$method %in% names(c(start_families, found_families))

# What `start =` means: list(method, parameters), where parameters is NULL for
# a method that draws starts.
resolve_start <- function(start, x, facts, labels, k, spec, engine, call = rlang::caller_env()) {
  if (is.character(start) && (length(start) == 1L || all(start %in% start_methods))) {
    if (length(start) > 1L) {
      gmm_abort("{.arg start} must be one method, not {length(start)}.", "start", call = call)
    }
    method <- check_choice(start, start_methods, "start", call, "start")
    return(list(method = method, parameters = NULL))
  }
  check_start_is_no_clustering(start, call)
  if (is.list(start) && !is.data.frame(start)) {
    parameters <- check_parameters(start, ncol(x), k, variable_names(x), "start", "start", call)
    check_components_differ(parameters, call)
    parameters <- in_order_of_labels(parameters, labels$levels)
    method <- if (inherits(start, "gmm_fit")) "fit" else "parameters"
    return(list(method = method, parameters = parameters))
  }
  members <- check_memberships(
    partition_in_order_of_labels(start, labels$levels), nrow(x), k, "start", "start", call,
    noise = noise_classes(!is.null(facts$region), labels)
  )
  parameters <- mstep_memberships(
    x, facts, members, spec, engine, "start", "start", call
  )$parameters
  check_start_covariances(parameters, members, spec$model, call)
  check_components_differ(parameters, call)
  list(method = members$kind, parameters = parameters)
}

# What other clusterings keep their classes in.
class_fields <- c(
  kmeans = "cluster", Mclust = "classification", pam = "clustering", hclust = NA
)

check_start_is_no_clustering <- function(start, call) {
  kind <- intersect(class(start), names(class_fields))
  if (length(kind) == 0L) {
    return(invisible())
  }
  field <- class_fields[[kind[[1]]]]
  gmm_abort(
    c(
      "{.arg start} is {.obj_type_friendly {start}}, of which only the classes are of use.",
      i = if (is.na(field)) {
        "Give those of k groups: {.code start = cutree(start, k)}."
      } else {
        "Give those: {.code start = start${field}}."
      }
    ),
    "start", call = call
  )
}

# Components with the names of known classes, in the order of these, and then the others.
in_order_of_labels <- function(parameters, levels) {
  names <- names(parameters$proportions)
  if (is.null(levels) || !all(levels %in% names)) {
    return(parameters)
  }
  order <- c(match(levels, names), which(!names %in% levels))
  reorder_components(parameters, order, names[order])
}

# Classes with the names of known ones, likewise; the others as they are sorted.
partition_in_order_of_labels <- function(start, levels) {
  if (is.null(levels) || !is.atomic(start) || length(dim(start)) == 2L) {
    return(start)
  }
  classes <- if (is.factor(start)) levels(start) else as.character(sort(unique(start)))
  if (!all(levels %in% classes)) {
    return(start)
  }
  factor(start, c(levels, setdiff(classes, levels)))
}

# The classes of a start that are noise, where there is any: 0, unless that is a class itself.
noise_classes <- function(noise, labels) {
  if (noise) setdiff(c("0", "noise"), labels$levels) else character()
}

# The number of components that a start implies; NULL for a method.
start_k <- function(start, noise, labels, call) {
  check_start_is_no_clustering(start, call)
  if (is.list(start) && !is.data.frame(start)) {
    length(check_parameters(start, arg = "start", what = "start", call = call)$proportions)
  } else if (length(dim(start)) == 2L) {
    ncol(start) - (noise && has_noise_column(start))
  } else if (is.atomic(start) && length(start) > 1L) {
    classes <- unique(as.character(if (is.factor(start)) start else bare(start)))
    k <- length(setdiff(classes, noise_classes(noise, labels)))
    if (k == 0L) {
      gmm_abort(
        c(
          "{.arg start} calls every row noise.",
          i = "Give some of them another class: each class is a component."
        ),
        "start", call = call
      )
    }
    k
  }
}

# EM cannot tell equal components apart, and would keep them so.
check_components_differ <- function(parameters, call) {
  means <- parameters$means
  d <- ncol(means)
  # Means and covariances side by side, in the standard deviations of the first.
  unit <- sqrt(parameters$covariances[seq.int(1L, d * d, d + 1L)])
  # Mostly the first variable tells them apart, and they come in its order.
  first <- means[, 1L]
  if (all(first[-1L] - first[-length(first)] > 1e-7 * unit[[1L]])) {
    return(invisible())
  }
  covariances <- matrix(parameters$covariances, d * d) / c(outer(unit, unit))
  described <- cbind(t(t(means) / unit), t(covariances))
  equal <- which(as.matrix(stats::dist(described, "maximum")) < 1e-8, arr.ind = TRUE)
  equal <- equal[equal[, 1] < equal[, 2], , drop = FALSE]
  if (nrow(equal) > 0L) {
    gmm_abort(
      c(
        "Components {equal[1, 1]} and {equal[1, 2]} of {.arg start} are equal.",
        i = "EM cannot tell them apart: they would stay equal. Start from components that differ."
      ),
      "start", call = call
    )
  }
}

# A covariance made from memberships may be singular, where EM cannot go on.
check_start_covariances <- function(parameters, members, model, call) {
  bad <- first_bad_covariance(parameters$covariances)
  if (is.null(bad)) {
    return(invisible())
  }
  j <- bad$component
  gmm_abort(
    c(
      "{.arg start} gives component {j} a singular covariance, from which EM cannot go on.",
      x = if (members$kind == "partition") {
        "Its {sum(members$partition == j)} row{?s} {?is/are} too few, or lie{?s/} in a plane."
      },
      i = paste0(
        "Give it more rows, or use a model with less to estimate (", simpler_models(model), ")."
      )
    ),
    "start", call = call
  )
}
