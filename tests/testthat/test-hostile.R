# What nobody should give, in every place where it may be given: an error that names the argument,
# before anything is computed.

x <- as.matrix(iris[1:4])
species <- iris$Species
two <- rep(c("a", "b"), 75)
pars <- gmm_mstep(x, species)
fit <- gmm_fit(x, start = species, model = "EEE")

frame <- iris
frame$text <- "a"
frame$day <- as.Date("2024-01-01")
frame$lists <- as.list(1:150)
frame$matrix <- x
frame$none <- NA
frame$weight <- rep(1:3, 50)
by_formula <- gmm_fit(~ log(Sepal.Length) + weight, frame, 1)

# Of some rows or columns values are missing, or all.
lacks <- function(rows, columns) `[<-`(x, rows, columns, NA)
holes <- lacks(1:10, 2)
named <- function(...) `colnames<-`(x, c(...))
# Classes with methods that are not there.
foreign <- function(x) structure(x, class = c("haven_labelled", "vctrs_vctr", "double"))
few_known <- function(...) replace(rep(NA, 150), seq_along(c(...)), c(...))
with_noise <- function(noise = 0.1, ...) {
  utils::modifyList(pars, list(noise = noise, proportions = 0.9 * pars$proportions, ...))
}
with_field <- function(...) {
  utils::modifyList(pars[c("proportions", "means", "covariances")], list(...))
}
S4Numbers <- methods::setClass( # nolint: object_name_linter.
  "gaussmix_test_s4", methods::representation(p = "numeric"),
  where = environment()
)

# Cases: calls that are to raise gaussmix_error_<one of `what`>, with a message that matches `says`,
# before random numbers are drawn, which a search begins with, unless they are `searched` for.
# `values`, an expression vector, are put where calls have a dot: all of them in the first call, and
# by turns in the others, which share its checks.
refused <- function(what, says, calls, values = NULL, searched = FALSE) {
  calls <- as.list(calls)
  if (!is.null(values)) {
    values <- as.list(values)
    others <- length(calls) - 1L
    calls <- unlist(lapply(seq_along(calls), function(i) {
      turn <- i == 1L | seq_along(values) %% max(others, 1L) == i %% max(others, 1L)
      lapply(values[turn], function(value) {
        do.call(substitute, list(calls[[i]], list(. = value)))
      })
    }))
  }
  lapply(calls, function(call) {
    text <- paste(deparse(call, width.cutoff = 500L), collapse = " ")
    list(name = text, call = call, what = what, says = says, searched = searched)
  })
}

fitting_calls <- expression(gmm_fit(., 1), gmm_select(., 1:2), gmm_start(., 1))

data_calls <- expression(
  gmm_fit(., 2), gmm_select(., 1:2), gmm_start(., 2), gmm_estep(., pars), gmm_mstep(., species)
)

no_data <- expression(
  NULL, "a", mean, list(1, 2), list(list(1, 2), 3), as.list(iris), quote(a), globalenv(),
  expression(a), as.raw(1:9), 1:9 + 1i, x + 1i, species, as.Date("2024-01-01") + 1:9,
  as.POSIXct("2024-01-01", tz = "UTC") + 1:9, as.POSIXlt("2024-01-01", tz = "UTC"),
  as.difftime(1:9, units = "mins"), structure(as.double(1:9), class = "integer64"),
  matrix("a", 3, 3), array(1, 2:4), matrix(list(1), 2, 2), dist(x), numeric_version("1.2"),
  pairlist(1, 2), fit, S4Numbers(p = 1), structure(list(a = 1), class = "odd"),
  x[0, ], x[, 0], x[0, 0], iris[0, 1:4], iris[, 0], data.frame(), numeric(), character(), list(),
  iris, frame["text"], frame["day"], frame["lists"], frame["matrix"], data.frame(z = 1i + 1:9),
  structure(list(a = 1:3, b = 1:2), class = "data.frame", row.names = 1:3),
  structure(list(a = NULL, b = 1), class = "data.frame", row.names = 1L),
  named("a", "", "b", "c"), named("a", NA, "b", "c"), named("a", "a", "b", "c"),
  stats::setNames(iris[1:4], c("a", "a", "b", "c")),
  stats::setNames(iris[1:4], c("a", NA, "b", "c")),
  replace(x, 7, Inf), replace(x, 1:600, -Inf), replace(holes, 20, Inf)
)

data_cases <- c(
  refused("data", "`x`", data_calls, no_data),
  refused(c("data", "newdata"), "`newdata`", expression(predict(fit, .)), expression(
    NULL, "a", mean, list(1, 2), as.list(iris), quote(a), globalenv(), y ~ x, as.raw(1:4), 1:4 + 1i,
    species, x + 1i, array(1, 2:4), matrix(list(1), 2, 2), dist(x), fit, S4Numbers(p = 1), 1:3, 1,
    c(a = 1, b = 2, c = 3, d = 4), x[, 1:3], iris[1:3], x[, 0], unname(x)[, 1:3], iris[5],
    named("a", "b", "c", "d"), cbind(x, x), transform(iris, Petal.Width = "a"),
    transform(iris, Petal.Width = species),
    replace(x, 7, Inf), replace(holes, 20, -Inf), numeric(), character()
  )),
  refused(c("data", "newdata"), "`newdata`", expression(predict(by_formula, .)), expression(
    NULL, "a", 1:2, x, x[0, ], list(), frame["weight"], transform(frame, weight = "a"),
    transform(frame, weight = factor(weight)), transform(frame, weight = Inf),
    transform(frame, Sepal.Length = 0), transform(frame, weight = I(lists))
  )),
  # Values are missing, all of them, or all of a column, or of the rows that count.
  refused("data", "`x` has missing values only", fitting_calls, expression(
    NA, NaN, NA_real_, c(NA, NA), lacks(1:150, 1:4), as.data.frame(lacks(1:150, 1:4)),
    matrix(NA, 3, 2)
  )),
  refused("data", "`Sepal.Width`.*of `x`", fitting_calls, expression(
    lacks(1:150, 2), lacks(1:150, 2:4), `[<-`(lacks(1:150, 1:4), 5, 1, 2)
  )),
  refused("data", "`x`", expression(gmm_mstep(., species)), expression(
    holes, lacks(1:150, 2), lacks(1:150, 1:4), as.data.frame(holes), replace(x, 1, NaN)
  )),
  refused("data", "`Sepal.Width`.*`weights`", expression(
    gmm_fit(holes, 1, weights = rep(1:0, c(10, 140))),
    gmm_start(holes, 1, weights = rep(1:0, c(10, 140))),
    gmm_select(holes, 1:2, weights = rep(1:0, c(10, 140)))
  )),
  refused("weights", "`weights`", expression(
    gmm_fit(lacks(1:2, 1:4), 1, weights = rep(1:0, c(2, 148))),
    gmm_start(lacks(1:2, 1:4), 1, weights = rep(1:0, c(2, 148))),
    gmm_select(lacks(1:2, 1:4), 1, weights = rep(1:0, c(2, 148)))
  )),
  # There is too little.
  refused("data", "row", expression(
    gmm_fit(x[1, , drop = FALSE], 1), gmm_fit(c(1, NA), 1),
    gmm_fit(`[<-`(lacks(1:150, 1:4), 5, 1:4, 1:4), 1),
    gmm_fit(x[c(1, 51, 101), ], 1), gmm_fit(1, 1)
  )),
  refused("data", "row", expression(gmm_select(x[1, , drop = FALSE], 1:2)), searched = TRUE),
  refused("data", "constant", expression(gmm_select(x[rep(1, 20), ], 1:2)), searched = TRUE),
  refused("data", "constant", expression(
    gmm_fit(x[rep(1, 20), ], 2), gmm_fit(x[rep(1, 20), ], 1),
    gmm_start(x[rep(1, 20), ], 2), gmm_fit(rep(3, 9), 2),
    gmm_fit(cbind(a = c(1, NA, NA), b = 1:3), 1),
    gmm_fit(c(1, 1, NA), 1), gmm_fit(c(TRUE, TRUE, NA), 1)
  )),
  refused("data", "double precision", expression(gmm_fit(., 1), gmm_select(., 1:2)), expression(
    x * 1e300, x * 1e-300, x * 1e-310, replace(x[, 1], 1:2, c(1e308, -1e308))
  ), searched = TRUE),
  refused("data", "double precision", expression(gmm_mstep(., species)), expression(x * 1e300))
)

no_weights <- expression(
  replace(rep(1, 150), 3, -1), replace(rep(1, 150), 3, NA), replace(rep(1, 150), 3, NaN),
  replace(rep(1, 150), 3, Inf), replace(rep(1, 150), 3, -Inf), rep(0, 150), rep(0L, 150),
  -rep(1, 150),
  rep(NA, 150), rep(NA_real_, 150), rep(1, 149), rep(1, 151), 1, 0, numeric(), matrix(1, 150, 1),
  matrix(1, 75, 2), matrix(1, 1, 150), array(1, c(150, 1, 1)), rep("1", 150), factor(rep(1, 150)),
  rep(TRUE, 150), as.list(rep(1, 150)), data.frame(w = rep(1, 150)), rep(1i, 150), raw(150),
  as.Date("2024-01-01") + 1:150, as.difftime(1:150, units = "mins"), mean, quote(a), globalenv(),
  list(),
  ~w, "w", structure(rep(1, 150), class = "integer64"), replace(rep(1, 150), 1, 1e300),
  replace(rep(1, 150), 1, 1e-300), rep(1e-5, 150), rep(1 / 150, 150), rep(1e308, 150), rep(NaN, 150)
)

weight_cases <- c(
  refused("weights", "`weights`", expression(
    gmm_fit(x, 2, weights = .), gmm_select(x, 1:2, weights = .), gmm_start(x, 2, weights = .),
    gmm_mstep(x, species, weights = .), gmm_estep(x, pars, weights = .)
  ), no_weights),
  refused("weights", "`weights`", expression(
    gmm_fit(~Sepal.Length, frame, 2, weights = .),
    gmm_select(~Sepal.Length, frame, 1:2, weights = .)
  ), expression(
    none, text, day, lists, matrix, nope, weights, "weight", ~weight, weight[-1], -weight, Species,
    stop("no")
  ))
)

no_labels <- expression(
  species[-1], c(two, "a"), "a", character(), factor(), as.list(two), matrix(two), matrix(two, 75),
  array(two, c(150, 1, 1)), data.frame(two), iris, rep(1i, 150), as.raw(as.integer(species)),
  mean, quote(a), globalenv(), ~a, list(), as.POSIXlt("2024-01-01", tz = "UTC"),
  rep(NA, 150), rep(NA_character_, 150), rep(NaN, 150), factor(rep(NA, 150)),
  factor(rep(NA, 150), "a"),
  # A class with no known row, or with one.
  few_known("a"), few_known("a", "a", "b"), few_known("a", "b"), few_known(1, 1, 2, NaN),
  factor(two, c("a", "b", "c")), addNA(factor(few_known("a", "a", "b"))), seq_len(150) + 0.5,
  few_known("{a}", "{b}", "{a}")
)

label_cases <- c(
  refused("labels", "`labels`", expression(
    gmm_fit(x, 9, labels = .), gmm_fit(x, labels = .), gmm_select(x, labels = .),
    gmm_select(x, 3, labels = .)
  ), no_labels),
  refused("labels", "`labels`", expression(
    gmm_fit(~Sepal.Length, frame, 9, labels = .), gmm_select(~Sepal.Length, frame, labels = .)
  ), expression(none, lists, matrix, nope, labels, "Species", ~Species, Species[-1], stop("no"))),
  # The rows that are known do not count.
  refused("labels", "`labels`", expression(
    gmm_fit(x, 3, labels = few_known("a", "a", "b", "b"), weights = rep(0:1, c(1, 149))),
    gmm_fit(x, 3, labels = few_known("a", "a", "b", "b"), weights = rep(0:1, c(4, 146))),
    gmm_select(x, 3, labels = few_known("a", "a", "b", "b"), weights = rep(0:1, c(4, 146))),
    gmm_fit(lacks(1:2, 1:4), 3, labels = few_known("a", "a", "b", "b")),
    gmm_select(lacks(3:4, 1:4), 3, labels = few_known("a", "a", "b", "b")),
    gmm_fit(lacks(1:2, 1), 3, labels = few_known("a", "a", "b", "b"), na_action = "omit")
  )),
  # There are more classes than components, or components for which no row is left.
  refused("labels", "`labels`", expression(
    gmm_fit(x, 2, labels = species), gmm_fit(x, 1, labels = species),
    gmm_select(x, 1:3, labels = species),
    gmm_select(x, 2, labels = rep(1:10, 15)), gmm_fit(x, 4, labels = species),
    gmm_fit(x, 9, labels = replace(two, 1:2, NA)), gmm_select(x, 4:5, labels = species),
    gmm_fit(x, 4, labels = species, noise = TRUE)
  )),
  refused("labels", "`labels`.*`noise`", expression(
    gmm_fit(x, 2, labels = few_known("noise", "noise"), noise = TRUE),
    gmm_select(x, 2, labels = few_known("noise", "noise"), noise = TRUE)
  )),
  refused("input", "`k`", expression(gmm_fit(x, ., labels = species)),
  expression(-1, 0, 1.5, NA, "3", TRUE, 3:4))
)

noise_cases <- c(
  refused("input", "`noise`", expression(
    gmm_fit(x, 2, noise = .), gmm_select(x, 1:2, noise = .),
    gmm_fit(~Sepal.Length, frame, 2, noise = .)
  ), expression(
    NA, "yes", "TRUE", 2, 1, 0, NULL, c(TRUE, FALSE), logical(), rep(TRUE, 150), list(TRUE), mean,
    quote(a),
    globalenv(), factor(TRUE), 1i, as.raw(1)
  )),
  refused("noise", "noise", expression(
    gmm_fit(x[1:2, ], 1, noise = TRUE), gmm_fit(x[1, , drop = FALSE], 1, noise = TRUE),
    gmm_fit(1, 1, noise = TRUE),
    gmm_fit(c(1, 2, NA, NA), 1, noise = TRUE),
    gmm_fit(x, 1, noise = TRUE, weights = rep(1:0, c(2, 148))),
    gmm_select(x[1:2, ], 1, noise = TRUE), gmm_fit(rep(1, 9), 1, noise = TRUE),
    gmm_fit(cbind(x, c = 1), 2, noise = TRUE),
    gmm_fit(cbind(x, c = 1, d = 2), 2, "VVI", noise = TRUE),
    gmm_select(cbind(x, c = 1), 1:2, noise = TRUE),
    gmm_fit(cbind(x, c = c(1, 1, rep(NA, 148))), 2, noise = TRUE),
    gmm_fit(cbind(x, c = rep(1:2, c(9, 141))), 1, noise = TRUE, weights = rep(1:0, c(9, 141)))
  )),
  refused("input", "`parameters`", expression(gmm_estep(x, with_noise(noise = .))), expression(
    NA, "a", -1, 1, 2, Inf, c(0.1, 0.1), numeric(), TRUE, list(0.1), mean
  )),
  refused("input", "`parameters`", expression(gmm_estep(x, with_noise(region = .))), expression(
    NULL, NA, 1, "a", matrix("a", 4, 2), matrix(1:8, 4)[, 2:1], matrix(1:8, 2), matrix(1:6, 3),
    matrix(NA, 4, 2),
    matrix(c(1:7, Inf), 4), matrix(1, 4, 2), as.data.frame(matrix(1:8, 4)), array(1:8, c(4, 2, 1)),
    mean
  )),
  refused("input", "`region`", expression(gmm_mixture(with_noise()),
  gmm_mixture(with_noise(region = 1)))),
  refused("input", "`parameters`",
  expression(gmm_estep(x, utils::modifyList(pars, list(noise = 0.1))))),
  refused("start", "`start`", expression(
    gmm_fit(x, start = rep(0, 150), noise = TRUE),
    gmm_fit(x, start = rep("noise", 150), noise = TRUE),
    gmm_fit(x, 2, start = rep(0:1, c(149, 1)), noise = TRUE),
    gmm_fit(x, 3, start = with_noise(noise = 2), noise = TRUE)
  ))
)

na_action_cases <- c(
  refused("input", "`na_action`", expression(
    gmm_fit(holes, 2, na_action = .), gmm_fit(x, 2, na_action = .),
    gmm_select(x, 1:2, na_action = .),
    gmm_fit(~Sepal.Length, frame, 2, na_action = .)
  ), expression(
    "fial", "na.omit", "", NA, NA_character_, NULL, 1, TRUE, character(), c("omit", "fail"),
    list("omit"), mean,
    na.omit, quote(omit), factor("omit"), globalenv()
  )),
  refused("data", "na_action", expression(
    gmm_fit(holes, 2, na_action = "fail"), gmm_select(holes, 1:2, na_action = "fail"),
    gmm_fit(`[<-`(x, cbind(1:150, rep_len(1:4, 150)), NA), 2, na_action = "omit"),
    gmm_select(`[<-`(x, cbind(1:150, rep_len(1:4, 150)), NA), 2, na_action = "omit")
  )),
  refused("data", "na_action", expression(
    gmm_fit(~ log(weight), transform(frame, weight = replace(weight, 1, NA)), 1, na_action = "fail")
  )),
  refused("size", "`k`", expression(
    gmm_fit(lacks(2:150, 1), 2, na_action = "omit"),
    gmm_select(lacks(2:150, 1), 2, na_action = "omit"),
    gmm_fit(`[<-`(lacks(1:150, 1:4), 5, 1:4, 1:4), 2)
  ))
)

k_cases <- c(
  refused("input", "`k`", expression(gmm_fit(x, .), gmm_start(x, .), gmm_select(x, .)), expression(
    0, -1, 1.5, NA, NA_real_, NaN, Inf, -Inf, 1e10, 3e9, "2", TRUE, factor(2), 2i, as.raw(2),
    list(2), integer(),
    mean, quote(a), globalenv(), as.Date("2024-01-01"), data.frame(k = 2), c(NA, 2), c(2, Inf),
    c(2, 2.5), ~k
  )),
  refused("input", "`k`", expression(gmm_fit(x, .), gmm_start(x, .)), expression(
    1:2, 1:1e6, c(2, 2), matrix(2), array(2), structure(2, class = "odd"), ts(2)
  )),
  refused("input", "`k`", expression(gmm_fit(x), gmm_fit(x, NULL), gmm_start(x),
  gmm_start(x, NULL))),
  refused("size", "`k`", expression(
    gmm_fit(x, 151), gmm_start(x, 151), gmm_select(x, 151:152), gmm_fit(x[1:5, ], 6), gmm_fit(1, 2),
    gmm_fit(x, 3, weights = rep(1:0, c(2, 148))), gmm_select(x, 3, weights = rep(1:0, c(2, 148))),
    gmm_start(x, 3, weights = rep(1:0, c(2, 148))), gmm_fit(c(1, 2, NA), 3),
    gmm_start(c(1, 2, NA), 3)
  )),
  refused("size", "`k`", expression(
    gmm_fit(., 3, "EII"), gmm_start(., 3, "EII"), gmm_select(., 3:4, "EII")
  ), expression(x[rep(1:2, 9), ], x[rep(2:1, 2), ], c(1, 2, 1, 2, NA)), searched = TRUE)
)

membership_cases <- c(
  refused("input", "`responsibilities`", expression(gmm_mstep(x, .)), expression(
    NULL, NA, 1, "a", mean, globalenv(), quote(a), list(), list(responsibilities = 1),
    as.list(species), species[-1],
    1:151, integer(), replace(two, 1, NA), rep(NA, 150), as.raw(as.integer(species)),
    matrix(1, 149, 1),
    matrix(1, 150, 0), matrix("a", 150, 2), matrix(list(1), 150, 2), matrix(TRUE, 150, 1),
    matrix(2, 150, 1),
    matrix(NA, 150, 2), matrix(NaN, 150, 2), matrix(Inf, 150, 2),
    matrix(c(-1, 2), 150, 2, byrow = TRUE),
    cbind(rep(1, 150), 0), array(1 / 3, c(150, 3, 1)), data.frame(a = two), iris, rep(1i, 149), ~a
  )),
  refused("input", "`responsibilities`", expression(
    gmm_mstep(x, species, weights = rep(0:1, c(50, 100))),
    gmm_mstep(x, species, weights = rep(1:0, c(2, 148)))
  )),
  refused("start", "`start`", expression(gmm_fit(x, 3, start = .)), expression(
    NULL, NA, 1, "kmean", "", c("kmeans", "random"), character(), NA_character_, 1:3, x,
    species[-1], mean, quote(a),
    globalenv(), list(), as.list(species), iris, data.frame(a = 1), rep(1, 150), two,
    replace(species, 1, NA),
    array(1 / 3, c(150, 3, 1)), matrix(1 / 3, 150, 3), matrix(1 / 2, 150, 2), matrix("a", 150, 3),
    rep(1i, 150),
    gmm_mixture(1, 0, 1), gmm_mixture(c(0.5, 0.5), c(0, 1), c(1, 1)), ~a, as.raw(1)
  )),
  refused("start", "`start`", expression(
    gmm_fit(x, start = species, weights = rep(0:1, c(50, 100))),
    gmm_fit(lacks(1:50, 1:4), start = species),
    gmm_fit(lacks(1:50, 2), start = species, na_action = "omit")
  ))
)

parameter_cases <- c(
  refused("input", "`parameters`", expression(gmm_estep(x, .)), expression(
    NULL, NA, 1, "a", list(), mean, quote(a), globalenv(), x, iris, ~a, gmm_mixture(1, 0, 1),
    with_field(proportions = NULL), with_field(means = NULL), with_field(covariances = NULL)
  )),
  refused("input", "proportions.*`parameters`",
  expression(gmm_estep(x, with_field(proportions = .))), expression(
    "a", NA, c(1, 0, 0), c(2, -0.5, -0.5), c(NA, 0.5, 0.5), c(0.5, 0.5, Inf),
    list(1 / 3, 1 / 3, 1 / 3), numeric(), TRUE,
    factor(1:3), 1i, mean, rep(0.5, 3)
  )),
  refused("input", "means.*`parameters`", expression(gmm_estep(x, with_field(means = .))),
  expression(
    1, "a", NA, pars$means[, -1], pars$means[-1, ], t(pars$means), array(1, c(3, 4, 1)),
    as.data.frame(pars$means),
    replace(pars$means, 1, NA), replace(pars$means, 1, Inf), numeric(), list(1), mean,
    matrix("a", 3, 4),
    `colnames<-`(pars$means, letters[1:4])
  )),
  refused("input", "covariances.*`parameters`",
  expression(gmm_estep(x, with_field(covariances = .))), expression(
    1, "a", NA, diag(4), pars$covariances[, , 1:2], pars$covariances[-1, , ], array(0, c(4, 4, 3)),
    -pars$covariances,
    replace(pars$covariances, 1, NA), replace(pars$covariances, 1, Inf),
    replace(pars$covariances, 2, 99), numeric(),
    list(diag(4), diag(4), diag(4)), mean, array("a", c(4, 4, 3)), array(1, c(4, 4, 3, 1))
  )),
  refused("input", "`truth`", expression(gmm_compare(fit, .)), expression(
    NULL, "a", species[-1], as.list(species), iris, x, rep(NA, 150), rep(NaN, 150),
    factor(rep(NA, 150)), mean, quote(a),
    globalenv(), ~a, as.raw(as.integer(species)), integer(), as.POSIXlt("2024-01-01", tz = "UTC"),
    fit
  )),
  refused("input", "`fit`", expression(gmm_compare(., species)), expression(
    NULL, list(), iris, x, mean, quote(a), globalenv(), ~a, as.raw(1:150), gmm_mixture(1, 0, 1)
  ))
)

formula_cases <- c(
  refused("data", "`data`", expression(gmm_fit(~Sepal.Length, ., 2),
  gmm_select(~Sepal.Length, ., 1:2)), expression(
    list(a = 1), "a", 1, unname(x), frame[0, ], mean, globalenv(),
    transform(frame, Sepal.Length = Inf),
    transform(frame, Sepal.Length = NA), transform(frame, Sepal.Length = "a")
  )),
  refused("data", "`data`", expression(
    gmm_fit(~Species, frame, 2), gmm_fit(~text, frame, 2), gmm_fit(~day, frame, 2),
    gmm_fit(~lists, frame, 2),
    gmm_fit(~matrix, frame, 2), gmm_fit(~none, frame, 2), gmm_fit(~nope, frame, 2),
    gmm_fit(~., frame, 2),
    gmm_fit(~ I(Sepal.Length / 0), frame, 2), gmm_fit(~ poly(Sepal.Length, 2), frame, 2),
    gmm_fit(~ Sepal.Length + weight[1:3], frame, 2), gmm_fit(~ stop("no"), frame, 2)
  )),
  refused("input", "formula", expression(
    gmm_fit(~., k = 2), gmm_fit(Species ~ ., frame, 2), gmm_fit(~ a:b, frame, 2),
    gmm_fit(~ a * b, frame, 2),
    gmm_fit(~1, frame, 2), gmm_fit(~0, frame, 2), gmm_fit(~ offset(weight), frame, 2),
    gmm_fit(~ -weight, frame, 2)
  )),
  refused("input", "`x`", expression(gmm_fit(), gmm_fit(k = 2), gmm_select(), gmm_start(),
  gmm_estep(), gmm_mstep())),
  refused("input", "`parameters`", expression(gmm_estep(x))),
  refused("input", "`responsibilities`", expression(gmm_mstep(x))),
  refused("input", "`fit`", expression(gmm_compare(), gmm_compare(truth = species))),
  refused("input", "`truth`", expression(gmm_compare(fit))),
  refused("input", "`na.action`", expression(gmm_fit(holes, 2, na.action = "omit"))),
  refused("input", "`weight`", expression(gmm_fit(x, 2, weight = rep(1, 150)),
  gmm_select(x, 2, weight = rep(1, 150)))),
  refused("input", "`label`", expression(gmm_fit(x, 3, label = species),
  gmm_select(x, 3, label = species)))
)

# What a call raises, all warnings that it gives on the way, and whether it draws random numbers.
outcome_of <- function(call, env) {
  warnings <- list()
  set.seed(1)
  before <- .Random.seed
  raised <- withCallingHandlers(
    tryCatch({
      eval(call, env)
      NULL
    }, error = identity),
    warning = function(w) {
      warnings <<- c(warnings, list(w))
      invokeRestart("muffleWarning")
    }
  )
  list(raised = raised, warnings = warnings, drawn = !identical(.Random.seed, before))
}

expect_refused <- function(cases, env = parent.frame()) {
  for (case in cases) {
    found <- outcome_of(case$call, env)
    raised <- found$raised
    problem <- if (is.null(raised)) {
      "raised nothing"
    } else if (!inherits(raised, "gaussmix_error") ||
                 !inherits(raised, paste0("gaussmix_error_", case$what))) {
      paste("raised", class(raised)[[1L]], "-", conditionMessage(raised))
    } else if (!grepl(case$says, message <- conditionMessage(raised))) {
      paste0("does not say ", case$says, ": ", message)
    } else if (!all(vapply(found$warnings, inherits, NA, "gaussmix_warning"))) {
      paste("warned:", conditionMessage(found$warnings[[1L]]))
    } else if (found$drawn && !case$searched) {
      "drew random numbers"
    } else if (!as.character(conditionCall(raised))[[1L]] %in% public) {
      paste("was raised in", as.character(conditionCall(raised))[[1L]])
    }
    expect(is.null(problem), paste0(case$name, " ", problem))
  }
}

public <- c(
  "gmm_fit", "gmm_select", "gmm_start", "gmm_estep", "gmm_mstep", "gmm_compare", "gmm_mixture",
  "predict"
)

tables <- list(
  data = data_cases, weights = weight_cases, labels = label_cases, noise = noise_cases,
  na_action = na_action_cases, k = k_cases, memberships = membership_cases,
  parameters = parameter_cases, formula = formula_cases
)

for (table in names(tables)) {
  test_that(paste("what is hostile is refused by name:", table), {
    expect_refused(tables[[table]])
  })
}

test_that("what is missing is named, and what to do about it", {
  two_lack <- lacks(1:150, c(2, 4))
  expect_errors("data", expression(
    gmm_fit(lacks(1:150, 2), 2),
    gmm_fit(two_lack, 2),
    gmm_fit(lacks(1:150, 1:4), 2),
    gmm_fit(holes, 1, weights = rep(1:0, c(10, 140))),
    gmm_fit(replace(holes, 20, Inf), 2),
    predict(fit, replace(holes, 20, Inf)),
    gmm_fit(holes, 2, na_action = "fail"),
    gmm_fit(lacks(1:150, 1), 2, na_action = "omit"),
    gmm_fit(`[<-`(x, cbind(1:150, rep_len(1:4, 150)), NA), 2, na_action = "omit"),
    gmm_fit(cbind(a = c(1, NA, NA), b = 1:3), 1),
    gmm_select(x[1, , drop = FALSE], 1:2)
  ))
  expect_errors("weights", expression(
    gmm_fit(lacks(1:2, 1:4), 1, weights = rep(1:0, c(2, 148)))
  ))
})

test_that("labels that are none say why", {
  expect_errors("labels", expression(
    gmm_fit(x, 3, labels = species[-1]),
    gmm_fit(x, 3, labels = as.list(two)),
    gmm_fit(x, 3, labels = rep(NA, 150)),
    gmm_fit(x, 3, labels = few_known("a", "a", "b")),
    gmm_fit(x, 3, labels = factor(two, c("a", "b", "{c}"))),
    gmm_fit(x, 3, labels = seq_len(150) + 0.5),
    gmm_fit(x, 3, labels = few_known("a", "a", "b", "b"), weights = rep(0:1, c(3, 147))),
    gmm_fit(x, 2, labels = species),
    gmm_fit(x, 4, labels = species),
    gmm_fit(x, 5, labels = replace(two, 1, NA)),
    gmm_fit(x, 2, labels = few_known("noise", "noise"), noise = TRUE),
    gmm_select(x, 2, labels = rep(1:10, 15))
  ))
})

test_that("noise that cannot be says why", {
  expect_errors("noise", expression(
    gmm_fit(x[1:2, ], 1, noise = TRUE),
    gmm_fit(cbind(x, c = 1), 2, noise = TRUE)
  ))
  expect_errors("input", expression(
    gmm_estep(x, with_noise()),
    gmm_estep(x, with_noise(region = matrix(8:1, 4))),
    gmm_mixture(with_noise())
  ))
  expect_errors("start", expression(gmm_fit(x, start = rep(0, 150), noise = TRUE)))
})

test_that("memberships of rows that do not count say so", {
  expect_errors("input", expression(
    gmm_mstep(x, species, weights = rep(0:1, c(50, 100))),
    gmm_mstep(x, species, weights = rep(1:0, c(2, 148)))
  ))
  expect_errors("start", expression(
    gmm_fit(x, start = species, weights = rep(0:1, c(50, 100)))
  ))
})

test_that("what is left out is asked for", {
  expect_errors("input", expression(
    gmm_fit(), gmm_start(x), gmm_estep(x), gmm_mstep(x), gmm_compare(fit), gmm_select(k = 2)
  ))
})

test_that("new data with a variable twice are ambiguous", {
  expect_errors("newdata", expression(predict(fit, cbind(x, x[, 1:2]))))
})

test_that("an argument of another package is told what it is called here", {
  words <- c(
    n_components = "components is `k`", covariance_type = "model is `model`", n_init = "`nstart`",
    random_state = "set.seed", reg_covar = "gmm_prior()", init_params = "`start`",
    verbose = "`summary()`", subset = "`subset()`", max_iter = "gmm_control(max_iter"
  )
  for (argument in names(words)) {
    call <- list(x = iris[1:4], k = 2)
    call[[argument]] <- 1
    failed <- expect_error(do.call(gmm_fit, call), class = "gaussmix_error_input")
    expect_match(conditionMessage(failed), words[[argument]], fixed = TRUE)
  }
  failed <- expect_error(gmm_fit(iris[1:4], 2, noise = 0.05), class = "gaussmix_error_input")
  expect_match(conditionMessage(failed), "not 0.05", fixed = TRUE)
  for (weights in list("w", ~w)) {
    failed <- expect_error(
      gmm_fit(iris[1:4], 2, weights = weights), class = "gaussmix_error_weights"
    )
    expect_match(conditionMessage(failed), "weights = data$", fixed = TRUE)
  }
  failed <- expect_error(
    gmm_fit(iris[1:4], 2, weights = rep(1, 160)), class = "gaussmix_error_weights"
  )
  expect_match(conditionMessage(failed), "need not be left out", fixed = TRUE)
  expect_error(gmm_fit(iris[1:2, 1:4], 1), "give more than 2 rows", class = "gaussmix_error_data")
})
