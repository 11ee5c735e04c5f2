# What R hands to C is checked by then. Here C is called with what is not: each entry returns, or
# raises an error of R's; none crashes, nor takes for ever.

entries <- local({
  n <- 24L
  d <- 2L
  k <- 2L
  set.seed(1)
  x <- matrix(rnorm(n * d), n, dimnames = list(NULL, c("a", "b"))) + rep(c(0, 6), each = n / 2)
  engine <- list(threads = 1L, simd = -1L)
  spec <- list(model = "VVV", equal_proportions = FALSE)
  parameters <- gmm_mstep(x, rep(1:2, each = n / 2))[c("proportions", "means", "covariances")]

  plain <- take_cases(x, row_facts())
  control <- engine_control(
    gmm_control(max_iter = 20, short_iter = 5, n_moves = 2, n_enough = 2), engine, "mixed", 3L,
    "VVV", plain, k
  )
  # For so few rows there would be no sample.
  control$sample <- 20
  holes <- x
  holes[, "b"] <- round(holes[, "b"], 1)
  holes[cbind(c(1:4, 20L), c(1L, 1L, 2L, 2L, 1L))] <- NA
  region <- t(apply(x, 2L, range))
  facts <- row_facts(rep(c(1, 2), n / 2), rep(c(0L, -1L, 1L, -1L), each = n / 4), region)
  all_known <- find_steps(take_cases(holes, facts))
  with_noise <- c(parameters, list(noise = 0.1))
  with_noise$proportions <- 0.9 * with_noise$proportions

  part <- rep(1:2, each = n / 2)
  r <- matrix(0.5, n, k)
  # What else there is in them, C does not look at.
  looked_at <- c("x", "weights", "labels", "patterns", "range", "rounding")
  plain <- plain[looked_at]
  all_known <- all_known[looked_at]
  cells <- list(
    list(k = 1L, spec = spec, control = control), list(k = 2L, spec = spec, control = control)
  )
  # As they are called, once with all that may be known of rows.
  list(
    C_gmm_fit = list(
      list(plain, k, spec, NULL, control), list(all_known, k, spec, with_noise, control),
      list(all_known, k, spec, NULL, control)
    ),
    C_gmm_select = list(list(plain, cells, control, NULL),
    list(all_known, cells[2], control, function(share) NULL)),
    C_gmm_start = list(list(plain, k, spec, control), list(all_known, k, spec, control)),
    C_gmm_mstep = list(list(plain, k, spec, part, NULL, engine),
    list(all_known, k, spec, NULL, r, engine)),
    C_gmm_score = list(
      list(plain, k, "VVV", parameters, c("class", "responsibilities"), engine),
      list(all_known, k, "VVI", with_noise, c("density", "logdensity", "uncertainty", "loglik"),
      engine)
    ),
    C_gmm_columns = list(list(list(a = 1:n, b = x[, 1], c = x[, 2] > 0), n)),
    C_gmm_steps = list(list(x, NULL), list(holes, rep(1, n))),
    C_gmm_finite = list(list(x)),
    C_gmm_probabilities = list(list(r, 1e-6)),
    C_gmm_singular = list(list(parameters$covariances)),
    C_gmm_df = list(list(spec, d, k))
  )
})

Odd <- methods::setClass( # nolint: object_name_linter.
  "gaussmix_test_odd", methods::representation(p = "numeric"),
  where = environment()
)

wrong <- list(
  NULL, integer(), double(), character(), "a", NA, NA_character_, NA_integer_, NaN, Inf, list(),
  1:3, c(0.5, 0.5), mean, new.env(), matrix(0, 1, 1), matrix(0, 0, 3), matrix(0, 3, 0),
  matrix(1L, 24, 2), matrix(1, 24, 3), array(0, c(2, 2, 2)), array(0, c(0, 0, 2)),
  array(1, c(2, 3, 2)), as.raw(1:3), .Machine$integer.max, -.Machine$integer.max, 2147483647, 1e300,
  -1e300, -1L, 0L, 0, 2L, 1000L, TRUE, 1i, rep(list(1), 1000), list(a = 1, b = 2),
  pairlist(a = 1), quote(x), quote(f(x)), factor("a"), Odd(p = 1), expression(a), "VVI", "EEE",
  "E", "V", c("class", NA), "\xff", as.POSIXlt("2024-01-01", tz = "UTC")
)

# Of the type and the length that is wanted, or nearly, but not the numbers.
twisted <- function(value) {
  others <- list()
  if (is.numeric(value) && length(value) > 0L) {
    with <- function(numbers) {
      value[] <- numbers
      value
    }
    others <- list(
      value * NaN, value * 0, -value, value * 1e300, value / 1e300, with(NA),
      with(replace(value, 1, NA)),
      with(replace(value, length(value), -1e308)), rev(value), value[-1], c(value, value),
      value + 0.5,
      if (is.double(value)) replace(value, 1, Inf),
      if (is.integer(value)) with(.Machine$integer.max),
      if (is.integer(value)) as.double(value),
      if (is.double(value)) suppressWarnings(as.integer(value))
    )
  } else if (is.character(value)) {
    others <- list(rev(value), value[-1], rep(value, 3), as.list(value))
  } else if (is.list(value)) {
    others <- list(
      rev(value), value[-1], c(value, value), unname(value), unlist(value), as.pairlist(value),
      stats::setNames(value, rep_len("", length(value))),
      stats::setNames(value, rep_len(NA, length(value)))
    )
  }
  c(others, list(list(value)))
}

# The arguments with one of them replaced, or one element of a list of them, one after the other.
variations <- function(arguments) {
  out <- list()
  vary <- function(put, value) {
    for (other in c(wrong, twisted(value))) {
      out[[length(out) + 1L]] <<- put(other)
    }
  }
  for (i in seq_along(arguments)) {
    whole <- arguments
    vary(function(other) {
      whole[i] <- list(other)
      whole
    }, arguments[[i]])
    if (!is.list(arguments[[i]])) {
      next
    }
    for (j in seq_along(arguments[[i]])) {
      vary(function(other) {
        whole[[i]][j] <- list(other)
        whole
      }, arguments[[i]][[j]])
    }
  }
  out
}

# What becomes of a call: TRUE if it returns or raises an error that is not for lack of time.
survives <- function(entry, arguments) {
  on.exit(setTimeLimit())
  setTimeLimit(elapsed = 30, transient = TRUE)
  tryCatch(
    {
      suppressWarnings(do.call(.Call, c(list(entry), arguments)))
      TRUE
    },
    error = function(e) !grepl("time limit", conditionMessage(e))
  )
}

test_that("every entry is here, but those without arguments", {
  registered <- getDLLRegisteredRoutines("gaussmix")$.Call
  takes <- vapply(registered, `[[`, 0L, "numParameters")
  expect_setequal(names(entries), names(takes)[takes > 0])
  for (name in names(entries)) {
    for (arguments in entries[[name]]) {
      expect_length(arguments, takes[[name]])
      expect_no_error(do.call(.Call, c(list(get(name)), arguments)))
    }
  }
})

for (name in names(entries)) {
  test_that(paste(name, "returns or raises an error, whatever it is given"), {
    skip_on_cran()
    entry <- get(name)
    for (arguments in entries[[name]]) {
      for (varied in variations(arguments)) {
        if (!survives(entry, varied)) {
          shown <- utils::capture.output(utils::str(varied))
          fail(paste(c("takes too long:", shown), collapse = "\n"))
        }
      }
    }
    succeed()
  })
}
