#' Control a fit
#'
#' @description
#' Every knob of the algorithm, with its default. Tolerances and limits are
#' free of units: rescaling or shifting the data changes none of them.
#'
#' @details
#' # The search
#' Starts are drawn in batches of 12. All of a batch run for `short_iter` iterations; then
#' the best are finished, until the best maximum has been reached by `n_enough` starts,
#' or `nstart` have been drawn. From the best maximum so far, or another of the best five, one
#' component at a time is moved elsewhere, and EM run from there: to a few rows that are drawn
#' from surroundings narrow or wide (the elemental subsets of Rousseeuw and Leroy 1987); to a
#' row, where it takes half of the component that owns it; or it is replaced by a component of
#' another good solution (Ueda et al. 2000; Zhao et al. 2012). The search ends when `n_moves`
#' moves in a row have led to nothing better, and after ten times as many in any case. A run is
#' given up where, by the estimate below, it will not get beyond the best so far. All this is on a
#' sample of the rows where these are many; the best three solutions are then finished on all of
#' them. `fit$starts` has a row a run, and `summary()` says what was found.
#'
#' # Acceleration
#' EM is slow where components overlap. After every two of its steps the iterations try a
#' leap beyond the third (SQUAREM, Varadhan and Roland 2008), which stays within the
#' covariance model and is kept only if the log-likelihood is not below that of the step
#' before. So it never falls, and a maximum that takes EM hundreds of iterations takes a
#' third of them or fewer. Iterations are counted together, steps and leaps.
#'
#' # When the iterations stop
#' Let \eqn{g_t} be the gain in log-likelihood of a step t of EM per row and
#' \eqn{q = g_t / g_{t-1}} for two steps in a row. EM converges linearly, so the gain
#' still to come is about \eqn{g_t q / (1 - q)} (Aitken's estimate; Boehning et al. 1994).
#' The iterations stop when both \eqn{g_t} and this estimate are at most `tol`. Where
#' the lengths of the last leaps speak of a slower rate than q, that is used. While
#' gains grow, however small, they go on: EM often stays on a plateau for hundreds
#' of iterations before it finds the way out.
#'
#' # Proper maxima
#' The likelihood of a mixture is unbounded: a component that shrinks onto a
#' few rows gains without end. A maximum counts as proper when every component
#' whose covariance is, in part at least, its own holds at least `min_size` rows, and
#' none that holds fewer than `few_rows` is tighter than another by more than the factor
#' `min_ratio` in variance, in any direction. With more rows, a tight component is a
#' fact of the data, unless the run was stopped at `max_iter`: then `min_ratio` holds for all, or
#' it describes nothing but the steps in which the variables are recorded (`min_rounding`, see the
#' section on them).
#' Others are discarded, and listed in `fit$starts`. Where values are missing, it is the rows that
#' have a variable that count for its variance, and a covariance that leaves a variable less than
#' 1e-8 of its variance, given the others, is taken for singular: in a direction that no row has all
#' the variables of, the likelihood is unbounded, too.
#'
#' @param tol Largest log-likelihood per row that may still be gained when the
#'   iterations stop. `0` runs exactly `max_iter` iterations.
#' @param max_iter Most iterations of a run, up to a million. A fit that needs more
#'   warns.
#' @param accelerate Whether the iterations leap. `FALSE`: plain EM, step by step.
#' @param short_iter Iterations of the short runs among which the promising
#'   starts are found, and of any run before it may be given up.
#' @param n_finish Number of starts to finish, of each batch its part: the short runs are
#'   continued, best first. Runs that are on the way of another are not repeated. `NULL`:
#'   a third of the starts.
#' @param n_enough Number of starts that must have reached the best maximum for no more to
#'   be drawn, whatever `nstart` allows: the first knob for a more thorough search.
#' @param n_moves Number of moves in a row that lead to nothing better after which the
#'   search ends; `0`: none are made. `NULL`: \eqn{2 \times 10^8 / (n k (20 + 2 D))}{2e8 / (n k (20
#'   + 2 D))} with n the rows looked at and D the entries of a covariance, \eqn{d^2}{d^2}, or d
#'   for diagonal models, but at least 6 and at most 1000; a twentieth of that where
#'   `n_enough` starts agreed. `nstart` has the same default, of at most 200.
#' @param sample Number of rows that the search looks at; where there are more, a sample
#'   is drawn. `Inf`: all. `NULL`: 5000, or `20 * k * (d + 1)` where that is more;
#'   all where there are no more than twice as many. The search is repeated on all rows where
#'   nothing proper was found on the sample.
#' @param kmeans_iter Most Lloyd iterations of a k-means start.
#' @param min_size Least effective size (sum of responsibilities) of a
#'   component that can collapse, by what of its covariance is its own. `NULL`:
#'   `2 * (d + 1)` for `d` variables, twice what a covariance needs to be regular,
#'   where it is more than the variances (`VVV`, `EVV`, `VEV`, `VVE`, `EVE`); 5 where it
#'   is the variances (`VVI`, `EVI`), which need no more rows for more variables; 3 where
#'   it is the volume (`VII`, `VEI`, `VEE`); 2.5 for one variable, where groups of three
#'   are common. Components of the other models cannot collapse one by one.
#' @param few_rows Effective size below which such a component must keep `min_ratio`.
#'   `NULL`: `5 * (d + 1)`, at most 25 where only variances or the volume are its own.
#' @param min_ratio Least eigenvalue of such a component's covariance relative to
#'   another's (Hathaway 1985).
#' @param min_total Least eigenvalue of any component's covariance relative to
#'   that of all rows: less is rounding.
#' @param min_rounding Least variance of a component in any direction, relative to that of rounding,
#'   where variables are recorded in steps and there are several components: see the section on
#'   such variables. `0`: however tight.
#' @param threads Number of threads of this fit, a whole number: at most
#'   `gmm_info()$threads_max` are used, and small work is done by one, whatever
#'   is asked for. `NULL`: that of `options(gaussmix.threads = )`, else as many as there may
#'   be. The number never changes the result.
#' @param simd Instruction set of the compiled loops over the rows of this fit: `"baseline"`,
#'   `"AVX2"` or `"AVX-512"` (upper or lower case, with or without hyphen), of those that the
#'   computer has. `NULL`: what `options(gaussmix.simd = )` names, else the widest. Between
#'   them last bits of results may differ.
#' @returns A list of class `gmm_control`.
#' @section Variables that are recorded in steps:
#' Answers from 1 to 5, counts, and measurements rounded to a tenth stand on a lattice. A
#' component that shrinks onto a plane through points of it has a density as large as one likes
#' at all of them, however many they are. Where it shares its shape with others it need not
#' even collapse: the likelihood, and with it BIC, then favours many components that describe
#' the lattice and not the data. Rounding to steps of `h` alone gives a variable a variance of
#' \eqn{h^2/12} (Sheppard 1898). So where there are several components, and no `prior`, a
#' maximum is proper only if none of them has less than `min_rounding` times that in any
#' direction: a little less than all, as variables that differ in nothing but their rounding, a
#' length in centimetres and in inches, have just that. Of a variable that hardly varies, as
#' one does that is 1 in a few rows and 0 in all others, \eqn{h^2/12} may be more than its
#' variance: a tenth of its variance is what rounding counts for at most.
#'
#' The steps are found in the values: the largest such that all are whole multiples of it
#' apart, with at most 100,000 of them between the least and the greatest; fewer where values
#' are large for their range, or in single precision. `fit$step` has them. One value between
#' the points of the lattice, such as a mean in place of a missing one, and there are none:
#' leave such values missing. Sums and means of variables in steps are in steps, too; principal
#' components and logarithms are not, and fits of them have no such limit.
#' @section When the data do not determine the fit:
#' With few rows for each component there are many maxima, close to each other, and a search may
#' end at one of them with one seed and at another with the next. Compare `logLik()` of fits
#' with several seeds; raise `n_enough` and `n_moves`, and with many rows `sample`; and if they
#' still differ, fit fewer components, or a simpler model. The same holds for an error that a
#' fit is degenerate: another seed, or `nstart` and `n_enough` of some hundreds, may find a proper
#' maximum where there is one.
#' @section Speed and reproducibility:
#' Functions without `control`, such as [gmm_estep()] and [gmm_mstep()], go by the options for
#' `threads` and `simd`, which are looked at whenever a function is called; so does
#' [predict()][predict.gmm_fit] of a fit whose `control` had others. Results have the same bits
#' for any number of threads. What it takes for the same bits on different machines,
#' [gmm_info()] says.
#' @references
#' Rousseeuw, P. J. and Leroy, A. M. (1987). *Robust Regression and Outlier Detection*. Wiley.
#'
#' Sheppard, W. F. (1898). On the calculation of the most probable values of
#' frequency-constants, for data arranged according to equidistant divisions of a scale.
#' *Proceedings of the London Mathematical Society* 29, 353-380.
#'
#' Ueda, N., Nakano, R., Ghahramani, Z. and Hinton, G. E. (2000). SMEM algorithm for mixture
#' models. *Neural Computation* 12, 2109-2128.
#'
#' Varadhan, R. and Roland, C. (2008). Simple and globally convergent methods for
#' accelerating the convergence of any EM algorithm. *Scandinavian Journal of Statistics*
#' 35, 335-353.
#'
#' Zhao, Q., Hautamaki, V., Karkkainen, I. and Franti, P. (2012). Random swap EM algorithm
#' for Gaussian mixture models. *Pattern Recognition Letters* 33, 2120-2126.
#'
#' Boehning, D., Dietz, E., Schaub, R., Schlattmann, P. and Lindsay, B. G.
#' (1994). The distribution of the likelihood ratio for mixtures of densities
#' from the one-parameter exponential family. *Annals of the Institute of
#' Statistical Mathematics* 46, 373-388.
#'
#' Hathaway, R. J. (1985). A constrained formulation of maximum-likelihood
#' estimation for normal mixture distributions. *Annals of Statistics* 13,
#' 795-800.
#' @concept threads
#' @concept reproducibility
#' @family fitting
#' @export
#' @examples
#' # Exactly 50 iterations of plain EM from a start:
#' set.seed(1)
#' start <- gmm_start(iris[, 1:4], k = 3)
#' plain <- gmm_control(accelerate = FALSE, tol = 0, max_iter = 50)
#' fit <- gmm_fit(iris[, 1:4], start = start, control = plain)
#' length(fit$loglik_trace)
gmm_control <- function(tol = 1e-10, max_iter = 10000, accelerate = TRUE, short_iter = 20,
                        n_finish = NULL, n_enough = 15, n_moves = NULL, sample = NULL,
                        kmeans_iter = 10, min_size = NULL, few_rows = NULL,
                        min_ratio = 1e-4, min_total = 1e-20, min_rounding = 0.8, threads = NULL,
                        simd = NULL) {
  structure(
    list(
      tol = check_number(tol, min = 0),
      max_iter = check_count(max_iter, min = 0L, max = 1e6L),
      accelerate = check_flag(accelerate),
      short_iter = check_count(short_iter, min = 0L, max = 1e6L),
      n_finish = if (!is.null(n_finish)) check_count(n_finish),
      n_enough = check_count(n_enough),
      n_moves = if (!is.null(n_moves)) check_count(n_moves, min = 0L, max = 1e4L),
      sample = if (!is.null(sample)) check_rows(sample),
      kmeans_iter = check_count(kmeans_iter, min = 0L),
      min_size = if (!is.null(min_size)) check_number(min_size, min = 0),
      few_rows = if (!is.null(few_rows)) check_number(few_rows, min = 0),
      min_ratio = check_number(min_ratio, min = 0, max = 1),
      min_total = check_number(min_total, min = 0, max = 1),
      min_rounding = check_number(min_rounding, min = 0),
      threads = if (!is.null(threads)) check_count(threads),
      simd = if (!is.null(simd)) check_simd(simd, "simd", rlang::current_env())
    ),
    class = "gmm_control"
  )
}

check_control <- function(control, call = rlang::caller_env()) {
  if (!inherits(control, "gmm_control")) {
    gmm_abort(
      c(
        "{.arg control} must be made by {.fn gmm_control}, not {.obj_type_friendly {control}}.",
        i = "For example {.code control = gmm_control(max_iter = 500)}."
      ),
      "input", call = call
    )
  }
  # Once more, as elements may have been set since.
  rlang::try_fetch(
    do.call(gmm_control, unclass(control)),
    error = function(e) {
      gmm_abort(
        c("{.arg control} has been changed to what it cannot be.", x = conditionMessage(e)),
        "input", call = call
      )
    }
  )
}

# The limits that depend on the model, where the user has set none.
set_limits <- function(control, model, d) {
  own <- model_own(model)
  if (is.null(control$min_size)) {
    control$min_size <- switch(own,
      nothing = 0,
      volume = if (d == 1L) 2.5 else 3,
      variances = 5,
      covariance = 2 * (d + 1)
    )
  }
  if (is.null(control$few_rows)) {
    many <- 5 * (d + 1)
    control$few_rows <- if (own == "covariance") many else min(many, 25)
  }
  control
}

# The control list as .Call takes it: the families of starts spelt out, and what is
# left open decided, for these rows (take_cases()).
engine_control <- function(control, engine, method, nstart, model, cases, k, prior = NULL,
                           given = FALSE, beat = -Inf, enough = -Inf, moves = !given) {
  n <- cases$rows
  d <- ncol(cases$x)
  control <- unclass(control)
  control$beat <- beat
  control$enough <- enough
  control[c("threads", "simd")] <- engine
  control$accelerate <- as.integer(control$accelerate)
  control$families <- if (method == "mixed") start_families else start_families[[method]]
  control$sample <- as.double(control$sample %||% default_sample(n, d, k))
  effort <- search_effort(min(n, control$sample), d, k, model, length(cases$patterns))
  control$nstart <- nstart %||% effort$nstart
  # As many as were asked for, or where starts agreed a twentieth of what they would be; no more
  # than `most_moves`, which search_again() sets.
  control$n_moves_agreed <- control$n_moves %||% as.integer(ceiling(effort$n_moves / 20))
  control$n_moves <- control$n_moves %||% min(effort$n_moves, control$most_moves)
  if (given || k == 1L) {
    # One component has one start, all rows, unless there is noise; and a start that is given is the
    # only one.
    control$nstart <- if (given || is.null(cases$range)) 1L else control$nstart
  }
  if (k == 1L || !moves) {
    control$n_moves <- control$n_moves_agreed <- 0L
    control$sample <- Inf
  }
  control$n_repairs <- control$n_repairs %||% min(control$n_moves, 100L)
  control$n_finish <- control$n_finish %||% as.integer(ceiling(control$nstart / 3))
  control$prior_size <- prior$size %||% 0
  control$prior_scale <- prior_scale(prior, k, d)
  set_limits(control, model, d)
}

# The covariance that a prior is about, as a multiple of that of the data: components that share
# the space of the data have a k-th part of its volume each.
prior_scale <- function(prior, k, d) prior$scale %||% k^(-2 / d)

# A number of rows, all of them included.
check_rows <- function(x, arg = rlang::caller_arg(x), call = rlang::caller_env()) {
  if (identical(x, Inf)) Inf else as.double(check_count(x, arg = arg, call = call))
}

# Rows that show what all would show: there is no sample of fewer than twice as many.
default_sample <- function(n, d, k) {
  sample <- max(5000, 20 * k * (d + 1))
  if (n > 2 * sample) sample else Inf
}

# Starts and moves: many where they are cheap, fewer where a pass over the rows, whose cost
# is in multiply-adds here, is dear.
search_effort <- function(n, d, k, model, n_patterns = 0) {
  # What is to be worked out for each pattern of missing values takes about as long.
  n <- n + 50 * min(n, n_patterns)
  entries <- if (is_diagonal(model)) d else d^2
  passes <- 1e10 / (n * k * (20 + 2 * entries))
  list(
    nstart = max(6L, min(200L, as.integer(passes / 50))),
    n_moves = max(6L, min(1000L, as.integer(passes / 50)))
  )
}

#' @export
print.gmm_control <- function(x, ...) {
  cat("Control of gmm_fit():\n")
  shown <- vapply(x, function(value) if (is.null(value)) "NULL" else format(value), "")
  cat(paste0("  ", format(names(x)), "  ", shown, "\n"), sep = "")
  invisible(x)
}
