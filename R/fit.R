#' Fit a Gaussian mixture
#'
#' @description
#' Fits a mixture of `k` Gaussian distributions by maximum likelihood, with the
#' EM algorithm: many starts, the promising ones iterated until nothing is to
#' be gained, and moves from the best of them; the best proper maximum is returned. Fits of
#' the same data agree whatever the seed, whenever the search finds the same maximum;
#' [summary()][summary.gmm_fit] says how often it did. [gmm_control()] describes the search.
#'
#' Case weights, missing values, known classes and a background of noise are part of the likelihood
#' that is maximised, and go together, with each covariance model and with a prior.
#'
#' @param x The data: a numeric matrix or data frame (tibble, data.table) with a
#'   row an observation and a column a variable, a vector for one variable, or a
#'   one-sided formula (`~ a + log(b)`, `~ .`) with `data`. Values may be missing (`NA`, `NaN`), see
#'   `na_action`; columns that are not numeric, and infinite values, are errors.
#' @param k Number of components: a whole number. May be left out where `start` or `labels`
#'   imply it.
#' @param model Covariance model: `"VVV"` (each component a covariance of its own,
#'   the default), `"EEE"` (one for all), or another of the fourteen that
#'   [gmm_models()] lists. The names of other software work too, such as `"full"`,
#'   `"tied"`, `"diag"`, `"spherical"` or `"Gaussian_pk_Lk_C"`. With one variable:
#'   `"V"` or `"E"`, and other names mean the one of their first letter.
#' @param equal_proportions Whether the mixing proportions are all 1 / k, not
#'   estimated. `NULL`: they are estimated, unless `model` is a name that says
#'   otherwise (`"Gaussian_p_..."`).
#' @param start Where EM starts: `"kmeans"`, `"kmeans++"` or `"random"`, which draw
#'   `nstart` starts of one kind (see [gmm_start()]), or `"mixed"`, which takes the
#'   three in turn; or a partition (vector or factor of length n, whose sorted values
#'   or levels become components 1 to k; with `noise`, rows of the class 0 or `"noise"` are that),
#'   an n x k matrix of responsibilities (with `noise` perhaps with that as one column more), a list
#'   with `proportions`, `means` and `covariances`, or an earlier fit
#'   (of any model: `model` says which is fitted).
#' @param nstart Number of starts that are drawn at most: fewer when they agree on the best
#'   maximum. `NULL`: 200 where passes over the rows are cheap, fewer where they are dear,
#'   but at least 6.
#' @param weights Case weights: how many rows each row stands for, as if it were there so many
#'   times; not negative, and not only whole numbers. A row of weight 0 is left out, though it is
#'   classified. The log-likelihood is weighted, and [nobs()] is the sum of the weights, so that
#'   [BIC()] and the limits of [gmm_control()] are those of the rows that are stood for: weights
#'   that sum to 1 make one row of all, and sampling weights are to be scaled to a mean of 1.
#'   With a formula it may be a column of `data`
#'   (which `~ .` would take for a variable). Sizes of components, and what [gmm_compare()] says,
#'   count each row once. The search is of at most `sample` rows (see [gmm_control()]) of those
#'   that there are, not of those that are stood for.
#' @param labels Known classes: a vector or factor with a value for each row, `NA` where the class
#'   is not known; with a formula it may be a column of `data`. Each class is a component, in the
#'   order of the levels and by their names; rows of a known class stay in it, and count by its
#'   density alone,
#'   \eqn{\log \pi_j N(x_i; \mu_j, \Sigma_j)}{log(pi_j N(x_i; mu_j, Sigma_j))}. `k` may be more
#'   than there are classes. With all classes known it is discriminant analysis (EDDA, Bensmail and
#'   Celeux 1996), and [predict()] classifies new rows. Each class needs two rows at least; a code
#'   for rows whose class is not known, such as 0 or `""`, would be a class like any other: make
#'   it `NA`.
#' @param noise Whether there is a background besides the components: rows from anywhere in the
#'   smallest box, with sides along the variables, that holds the data, with a proportion that is
#'   estimated (Banfield and Raftery 1993). Which rows it is need not be known. It is class 0.
#'   A fit with noise has one parameter more; log-likelihoods with and without it may be compared.
#' @param na_action What to do about rows with missing values. `"model"`: they are part of the fit
#'   by the values that they have, whose density is the marginal one of the mixture; that is
#'   maximum likelihood for values that are missing at random (Ghahramani and Jordan 1994; Little
#'   and Rubin 2002). Rows without any value count for nothing. `"omit"`: rows with missing values
#'   are left out of the fit, though they are classified by what they have. `"fail"`: they are an
#'   error.
#' @param prior [gmm_prior()] keeps components from collapsing. `NULL`: none, maximum
#'   likelihood.
#' @param control Further knobs: see [gmm_control()].
#' @param keep_data Whether the fit keeps the data, which `plot()`, `fitted()` and
#'   `predict()` without `newdata` use.
#' @param data For a formula: the data frame with its variables.
#' @param ... Not used; arguments after it must be named in full.
#'
#' @returns An object of class `gmm_fit`: a list with
#'   \describe{
#'   \item{`proportions`}{mixing proportions (length k, named)}
#'   \item{`means`}{k x d matrix, a row a component}
#'   \item{`covariances`}{d x d x k array}
#'   \item{`model`, `equal_proportions`}{covariance model; whether proportions were
#'     kept equal}
#'   \item{`k`, `d`, `n`}{numbers of components, variables and rows}
#'   \item{`n_obs`}{what the rows count for: how many there are, or the sum of their weights,
#'     without those that are left out or have no value}
#'   \item{`noise`, `region`}{proportion of noise, with which `proportions` sum to 1, and its box
#'     (d x 2): only with noise}
#'   \item{`loglik`, `df`}{log-likelihood, and the number of free parameters}
#'   \item{`entropy`}{of the probabilities of the components, summed over rows:
#'     \eqn{-\sum r_{ij} \log r_{ij}}{- sum r_ij log r_ij}}
#'   \item{`n_iter`, `converged`}{iterations of the returned run, and whether it
#'     met the criterion of [gmm_control()]}
#'   \item{`loglik_trace`}{log-likelihood at the start and after each iteration; with a
#'     prior, penalised (so is that of `starts`)}
#'   \item{`starts`}{data frame with a row a run: `method` (of a start, `"hierarchy"` or
#'     `"neighbour"` in [gmm_select()], or `"move"` from the
#'     best so far, or `"sample"` for a solution of a sample that was finished on all
#'     rows), `n` (rows that it looked at), `loglik`, `n_iter`, `n_pass` (passes over the
#'     rows), `outcome` and the `component` concerned. Outcomes are `"best"`, `"finished"`,
#'     `"not converged"` (ended at `max_iter`), `"short run"` (not continued), `"duplicate"` (its
#'     short run went where another did that was finished), `"overtaken"` (given up, since
#'     by the estimate in [gmm_control()] it would have ended below the best), `"returned"`
#'     (given up on its way to the best), or why the run was discarded: `"singular"` (a
#'     covariance collapsed), `"empty"` (a component lost its rows), `"small"`, `"spurious"` and
#'     `"rounded"` (the maximum is not proper, by `min_size`, by `min_ratio` and `min_total`, or by
#'     `min_rounding` of [gmm_control()]) or `"nonfinite"` (a density was not finite)}
#'   \item{`weights`, `labels`}{the case weights, and the known classes as a factor; `NULL` if none}
#'   \item{`missing`}{numbers of missing values, `cells`, of `rows` that have some, of rows that are
#'     `empty`, and `omitted`; `NULL` if none are missing}
#'   \item{`step`, `rounding`}{the step in which each variable is recorded, 0 if in none, and the
#'     standard deviation that comes of it (see [gmm_control()]); `NULL` if no variable is in steps}
#'   \item{`prior`}{the prior, `NULL` if none}
#'   \item{`classification`}{the class of each row (integer, length n): its known one, or the most
#'     likely component, by the values that it has; 0 for noise}
#'   \item{`call`, `data`, `terms`}{the call; the data as a double matrix, unless
#'     `keep_data = FALSE` (a double matrix that was given is not copied, and has no column
#'     names where it had none); the terms of a formula}
#'   }
#'   Components are numbered by increasing mean of the first variable (ties: the
#'   next), or as the start that was given has them; known classes come first.
#'
#'   There are methods for [print()], [summary()], [plot()],
#'   [autoplot()][autoplot.gmm_fit], [predict()][predict.gmm_fit], [fitted()],
#'   [residuals()], [simulate()][simulate.gmm_fit], [logLik()], [nobs()], [coef()],
#'   [update()], [as.data.frame()] and the tidiers of generics; [AIC()] and [BIC()]
#'   work, smaller is better.
#' @section Errors:
#' `gaussmix_error_data` for data, `gaussmix_error_weights`, `gaussmix_error_labels` and
#' `gaussmix_error_noise` for these, `gaussmix_error_start` for a start, `gaussmix_error_input` for
#' other arguments, that are not as they should be; `gaussmix_error_size` for fewer rows than
#' components; `gaussmix_error_degenerate` where no proper maximum was found.
#' @references
#' Banfield, J. D. and Raftery, A. E. (1993). Model-based Gaussian and non-Gaussian clustering.
#' *Biometrics* 49, 803-821.
#'
#' Bensmail, H. and Celeux, G. (1996). Regularized Gaussian discriminant analysis through
#' eigenvalue decomposition. *Journal of the American Statistical Association* 91, 1743-1748.
#'
#' Dempster, A. P., Laird, N. M. and Rubin, D. B. (1977). Maximum likelihood from
#' incomplete data via the EM algorithm. *Journal of the Royal Statistical
#' Society B* 39, 1-38.
#'
#' Ghahramani, Z. and Jordan, M. I. (1994). Supervised learning from incomplete data via an EM
#' approach. *Advances in Neural Information Processing Systems* 6, 120-127.
#'
#' Little, R. J. A. and Rubin, D. B. (2002). *Statistical Analysis with Missing Data*. Wiley.
#'
#' McLachlan, G. and Peel, D. (2000). *Finite Mixture Models*. Wiley.
#' @seealso [gmm_models()] for the covariance models, [gmm_mstep()] and [gmm_estep()] for
#'   the pieces of EM; `vignette("iris", "gaussmix")`, `vignette("models", "gaussmix")`,
#'   `vignette("selection", "gaussmix")`, `vignette("data", "gaussmix")`,
#'   `vignette("algorithm", "gaussmix")`.
#' @family fitting
#' @export
#' @examples
#' set.seed(1)
#' fit <- gmm_fit(iris[, 1:4], k = 3)
#' fit
#' summary(fit)
#' BIC(fit)
#' gmm_compare(fit, iris$Species)
#'
#' # One covariance for all, starting from a partition:
#' gmm_fit(~ Petal.Length + Petal.Width, data = iris, model = "EEE", start = iris$Species)
#'
#' # Some values and most classes are not known:
#' holes <- iris
#' holes[sample(150, 40), "Petal.Length"] <- NA
#' holes[sample(150, 120), "Species"] <- NA
#' fit <- gmm_fit(holes[, 1:4], labels = holes$Species)
#' fit
#' table(predict(fit), iris$Species)
gmm_fit <- function(x, ...) {
  check_given(x)
  UseMethod("gmm_fit")
}

#' @rdname gmm_fit
#' @export
gmm_fit.default <- function(x, k, model = "VVV", ..., equal_proportions = NULL, start = "mixed",
                            nstart = NULL, weights = NULL, labels = NULL, noise = FALSE,
                            na_action = c("model", "omit", "fail"), prior = NULL,
                            control = gmm_control(), keep_data = TRUE) {
  check_dots_unused(...)
  call <- match.call()
  x <- as_data_matrix(x, na_ok = TRUE)
  fit_matrix(
    x, if (!missing(k)) k, model, equal_proportions, start, nstart, weights, labels, noise,
    na_action, prior, control, keep_data, call
  )
}

#' @rdname gmm_fit
#' @export
gmm_fit.formula <- function(x, data = NULL, k, model = "VVV", ..., equal_proportions = NULL,
                            start = "mixed", nstart = NULL, weights = NULL, labels = NULL,
                            noise = FALSE, na_action = c("model", "omit", "fail"), prior = NULL,
                            control = gmm_control(), keep_data = TRUE) {
  check_dots_unused(...)
  call <- match.call()
  terms <- check_formula(x, data)
  x <- matrix_from_terms(terms, data, "data", na_ok = TRUE)
  weights <- facts_in(rlang::enquo(weights), data, "weights")
  labels <- facts_in(rlang::enquo(labels), data, "labels")
  fit_matrix(
    x, if (!missing(k)) k, model, equal_proportions, start, nstart, weights, labels, noise,
    na_action, prior, control, keep_data, call, terms
  )
}

# The call as users write it, not with the name of the method. What is fitted is
# kept as values, so that update() means this fit although a variable changed.
fit_call <- function(call, k, model, equal_proportions) {
  call[[1]] <- quote(gmm_fit)
  if ("k" %in% names(call)) {
    call$k <- as.double(k)
  }
  if ("model" %in% names(call)) {
    # As it was named, since that may say more than the model.
    call$model <- model
  }
  if ("equal_proportions" %in% names(call)) {
    call$equal_proportions <- equal_proportions
  }
  call
}

resolve_k <- function(k, start, labels, noise, x, call = rlang::caller_env()) {
  if (is.null(k)) {
    k <- start_k(start, noise, labels, call)
  }
  if (is.null(k) && length(labels$levels) > 0L) {
    k <- length(labels$levels)
  }
  if (is.null(k)) {
    gmm_abort(
      c(
        "{.arg k} must be given: the number of components.",
        i = "For example {.code gmm_fit(x, k = 3)}.",
        i = "{.fn gmm_select} finds the number and the model by a criterion."
      ),
      "input", call = call
    )
  }
  if (is.numeric(k) && length(k) > 1L) {
    gmm_abort(
      c(
        "{.arg k} must be one number of components, not {length(k)}.",
        i = "To compare several: {.code gmm_select(x, k = )}."
      ),
      "input", call = call
    )
  }
  check_k(k, x, call = call)
}

check_k <- function(k, x, call = rlang::caller_env()) {
  k <- check_count(k, arg = "k", call = call)
  if (k > nrow(x)) {
    gmm_abort(
      c(
        "There are fewer rows than components.",
        x = "{nrow(x)} row{?s}, {.arg k} is {k}."
      ),
      "size", call = call
    )
  }
  k
}

# A start that is given is one start.
check_single_search <- function(start, nstart, call = rlang::caller_env()) {
  drawn <- is.character(start) && length(start) == 1L
  if (!is.null(nstart) && !drawn) {
    gmm_abort(
      c(
        "{.arg nstart} is for starts that are drawn; {.arg start} gives one.",
        i = "Leave {.arg nstart} out, or use {.code start = \"mixed\"}."
      ),
      "input", call = call
    )
  }
}

# What is known of the rows of a checked matrix, as checked: `facts` (row_facts()), `labels`
# (check_labels()) and `missing` (check_missing()).
check_facts <- function(x, weights, labels, noise, na_action, k, call = rlang::caller_env()) {
  weights <- check_weights(weights, nrow(x), call)
  missing <- check_missing(x, na_action, call)
  counts <- counting(weights, missing)
  check_counting(x, counts, call)
  region <- check_noise(noise, x, counts, call)
  labels <- check_labels(labels, nrow(x), k, counts, !is.null(region), call)
  list(
    facts = row_facts(weights, labels$codes, region, counts), labels = labels, missing = missing
  )
}

# The fit of a checked matrix, with `k` NULL where it was left out: resolves what
# the arguments mean, runs the core, and turns its result into an object or an
# error.
fit_matrix <- function(x, k, model, equal_proportions, start, nstart, weights, labels, noise,
                       na_action, prior, control, keep_data, call, terms = NULL,
                       env = rlang::caller_env()) {
  d <- ncol(x)
  known <- check_facts(x, weights, labels, noise, na_action, if (is_number(k)) k, env)
  cases <- find_steps(take_cases(x, known$facts))
  k <- resolve_k(k, start, known$labels, !is.null(known$facts$region), cases$x, env)
  if (!is.null(known$labels)) {
    check_classes_and_k(length(known$labels$levels), known$labels$open, k, env)
  }
  check_single_search(start, nstart, env)
  asked <- model
  spec <- resolve_spec(asked, d, equal_proportions, env)
  model <- spec$model
  control <- check_control(control, env)
  prior <- check_prior(prior, env)
  keep_data <- check_flag(keep_data, call = env)
  nstart <- if (!is.null(nstart)) check_count(nstart, max = 1e5L, call = env)
  engine <- choose_engine(control, env)
  begin <- resolve_start(start, x, known$facts, known$labels, k, spec, engine, env)
  given <- !is.null(begin$parameters)
  result <- core_search(cases, k, spec, begin, nstart, prior, control, engine)
  if (is.null(result$winner)) {
    if (!ended_degenerate(result)) {
      abort_status(result$status, cases$x, k, model, env)
    }
    starts <- starts_table(result, if (given) begin$method)
    abort_degenerate(starts, result$status, k, model, control, cases, given, env)
  }

  if (!result$converged && control$tol > 0) {
    warn_not_converged(result$n_iter)
  }
  about <- c(known, describe_cases(x, cases))
  build_fit(
    result, about, k, spec, prior, engine, fit_call(call, k, asked, equal_proportions), x,
    keep_data, terms, begin, env
  )
}

# The object of what the core has found in rows of which `about` says what is known, check_facts(),
# and what they are, describe_cases(); with the data `x` as far as they are there. A start that is
# given says what components are called, and their order, unless labels do.
build_fit <- function(result, about, k, spec, prior, engine, call, x, keep_data, terms,
                      begin = list(), env = rlang::caller_env()) {
  given <- !is.null(begin$parameters)
  labels <- about$labels
  names <- if (is.null(labels)) {
    names(begin$parameters$proportions)
  } else {
    component_names(k, labels$levels)
  }
  parameters <- name_parameters(result$parameters, names, about$variables)
  check_representable(parameters, zero_ok = FALSE, call = env)
  if (!given) {
    order <- component_order(parameters, length(labels$levels))
    parameters <- reorder_components(parameters, order, names)
  }
  region <- about$facts$region
  if (!is.null(region)) {
    parameters$noise <- result$parameters$noise
    parameters$region <- region
  }
  d <- ncol(parameters$means)
  fit <- c(
    parameters,
    list(
      model = spec$model, equal_proportions = spec$equal_proportions, k = k,
      d = d, n = about$n, n_obs = about$n_obs,
      weights = about$facts$weights, labels = labels$classes,
      missing = if (!is.null(about$missing)) about$missing[names(about$missing) != "counts"],
      step = about$step, rounding = about$rounding,
      loglik = result$loglik,
      prior = prior,
      df = model_df(spec, d, k) + !is.null(region),
      entropy = result$entropy,
      n_iter = result$n_iter, converged = result$converged,
      loglik_trace = result$loglik_trace,
      starts = starts_table(result, if (given) begin$method),
      classification = if (!is.null(x)) {
        score(x, parameters, spec$model, "class", engine, labels = labels$codes)$class
      },
      call = call,
      data = if (keep_data) x,
      terms = terms
    )
  )
  class(fit) <- c("gmm_fit", "gmm")
  fit
}

all_known <- function(cases, k) {
  !is.null(cases$labels) && min(cases$labels) >= 0L && max(cases$labels) == k - 1L
}

# What the core finds in rows that count (take_cases()).
core_search <- function(cases, k, spec, begin, nstart, prior, control, engine) {
  n <- cases$rows
  given <- !is.null(begin$parameters)
  if (!given && all_known(cases, k)) {
    # All starts are one.
    nstart <- 1L
    control$n_moves <- 0L
  }
  method <- if (given) "kmeans" else begin$method
  settings <- function(control) {
    engine_control(control, engine, method, nstart, spec$model, cases, k, prior, given)
  }
  chosen <- settings(control)
  result <- .Call(C_gmm_fit, cases, k, spec, begin$parameters, chosen)
  if (is.null(result$winner) && chosen$sample < n) {
    # A sample may miss what the data have: the few rows that make a column vary, say.
    control$sample <- Inf
    on_sample <- result$starts
    result <- .Call(C_gmm_fit, cases, k, spec, begin$parameters, settings(control))
    result$starts <- Map(c, on_sample, result$starts)
    if (!is.null(result$winner)) {
      result$winner <- result$winner + length(on_sample$n)
    }
  }
  result
}

ended_degenerate <- function(result) {
  is.null(result$winner) && result$status$code %in% degenerate_codes
}

# `given` names the kind of a start that was given.
starts_table <- function(result, given) {
  starts <- result$starts
  ok <- starts$code == "ok"
  outcome <- starts$code
  outcome[ok] <- "short run"
  outcome[ok & starts$finished] <- "finished"
  outcome[ok & starts$finished & !starts$converged] <- "not converged"
  outcome[ok & starts$duplicate] <- "duplicate"
  outcome[ok & starts$overtaken] <- "overtaken"
  if (!is.null(result$winner)) {
    # Moves are given up also where they are on the way back to the best.
    best <- starts$loglik[[result$winner]]
    tie <- same_maximum(starts$mass)
    back <- starts$end >= best - tie & starts$loglik <= best + tie &
      starts$n == starts$n[[result$winner]]
    outcome[ok & starts$overtaken & back] <- "returned"
    outcome[result$winner] <- "best"
  }
  method <- given %||% names(run_families)[match(starts$family, run_families)]
  component <- starts$component
  component[ok] <- NA
  data_frame(list(
    method = rep(method, length.out = length(ok)), n = starts$n, loglik = starts$loglik,
    n_iter = starts$n_iter, n_pass = starts$n_pass, outcome = outcome, component = component
  ))
}

# Maxima are one maximum when their log-likelihoods differ by no more: 1e-6 a row, by weight, in
# any unit of the data.
same_maximum <- function(n) 1e-6 * n

# `of` is what the fit is called.
warn_not_converged <- function(n_iter, of = "fit") {
  control <- sprintf("gmm_control(max_iter = %s)", format(10 * max(n_iter, 1)))
  call <- sprintf("update(%s, start = %s, control = %s)", of, of, control)
  gmm_warn(
    c(
      "The fit has not converged after {n_iter} iteration{?s}: the log-likelihood still rises.",
      i = "Continue with {.code {call}}."
    ),
    "not_converged"
  )
}
