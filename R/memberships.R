# Memberships of rows in components: a partition, or responsibilities.

# list(kind = "partition", partition = integer n from 1 to k) or
# list(kind = "responsibilities", responsibilities = double n x k), with k.
# `k` NULL: as many components as there are.
check_memberships <- function(x, n, k = NULL, arg = "responsibilities", what = "input",
                              call = rlang::caller_env(), noise = character()) {
  if (length(dim(x)) != 2L) {
    return(check_partition(x, n, k, arg, what, call, noise))
  }
  # What predict() says of a fit with noise: one column more, the last.
  noisy <- length(noise) > 0L && has_noise_column(x, k)
  columns <- if (noisy && !is.null(k)) k + 1L else k
  members <- check_responsibilities(x, n, columns, arg, what, call, noisy)
  if (noisy) {
    members$k <- members$k - 1L
    members$responsibilities <- members$responsibilities[, seq_len(members$k), drop = FALSE]
  }
  members
}

has_noise_column <- function(x, k = NULL) {
  identical(colnames(x)[ncol(x)], "noise") || (!is.null(k) && ncol(x) == k + 1L)
}

# With `noisy`, the last column may be empty.
check_responsibilities <- function(r, n, k, arg, what, call, noisy = FALSE) {
  if (is.data.frame(r)) {
    r <- as.matrix(r)
  }
  if (!is.numeric(r)) {
    gmm_abort(
      c("{.arg {arg}} must be numbers, not {.obj_type_friendly {r}}.", i = hint_at_data(r)),
      what, call = call
    )
  }
  columns <- if (is.null(k)) "one column a component" else "{k} column{?s}, one a component"
  if (nrow(r) != n || ncol(r) == 0L || !is.null(k) && ncol(r) != k) {
    gmm_abort(
      c(
        paste0("{.arg {arg}} must have {n} row{?s}, as the data, and ", columns, "."),
        x = "It is {nrow(r)} x {ncol(r)}."
      ),
      what, call = call
    )
  }
  if (!is.double(r)) {
    storage.mode(r) <- "double"
  }
  found <- .Call(C_gmm_probabilities, r, sum_tolerance)
  if (found$bad > 0) {
    gmm_abort(
      c(
        "Each row of {.arg {arg}} must be probabilities that sum to 1.",
        x = "{found$bad} row{?s} {?is/are} not, the first is row {found$first}."
      ),
      what, call = call
    )
  }
  empty <- as.character(which(!found$held[seq_len(ncol(r) - noisy)]))
  if (length(empty) > 0L) {
    gmm_abort(
      "{.arg {arg}} leaves {cli::qty(length(empty))}component{?s} {empty} without rows.",
      what, call = call
    )
  }
  # What the tolerance lets pass must not make the rows count unequally.
  if (!found$exact) {
    r <- r / rowSums(r)
  }
  list(kind = "responsibilities", responsibilities = r, k = ncol(r))
}

# Classes by name or number. Numbers 1 to k keep their order, so that component
# j is class j; other values are taken in sorted order, factors in that of their
# levels. Rows of the classes `noise` are that, which has the number 0.
check_partition <- function(x, n, k, arg, what, call, noise = character()) {
  if (!is.atomic(x) || is.raw(x) || is.null(x) || length(x) != n) {
    gmm_abort(
      c(
        "{.arg {arg}} must be a partition of the {n} row{?s}, or an n x k matrix of probabilities.",
        x = if (is.atomic(x) && !is.null(x)) {
          "It has length {length(x)}."
        } else {
          "It is {.obj_type_friendly {x}}."
        }
      ),
      what, call = call
    )
  }
  if (anyNA(x)) {
    gmm_abort(
      "{.arg {arg}} must say the class of every row; {sum(is.na(x))} {?is/are} missing.",
      what, call = call
    )
  }
  # Values of a class of their own are told apart as they are stored.
  codes <- if (is.factor(x)) as.integer(x) else bare(x)
  classes <- if (is.factor(x)) which(tabulate(x, nlevels(x)) > 0L) else sort(unique(codes))
  named <- if (is.factor(x)) levels(x)[classes] else as.character(classes)
  classes <- classes[!named %in% noise]
  if (!is.null(k) && length(classes) != k) {
    gmm_abort(
      "{.arg {arg}} must have {k} class{?es}, one a component, not {length(classes)}.",
      what, call = call
    )
  }
  list(
    kind = "partition",
    partition = match(codes, classes, nomatch = 0L),
    k = length(classes)
  )
}
