# The covariance models in words. What a model is, is said once, in
# src/model.c: this file adds its form, its names elsewhere, and what to try where
# it degenerates.

read_table <- function(text) {
  utils::read.table(
    text = text, header = TRUE, sep = "|", strip.white = TRUE, quote = "", na.strings = "",
    colClasses = "character"
  )
}

# `parameters` are those of the covariances. Rmixmod's names follow "Gaussian_pk_",
# or "Gaussian_p_" for equal proportions.
model_words <- read_table("
  model | parameters                      | Celeux_Govaert        | Rmixmod    | simpler
  E     | 1                               |                       |            |
  V     | k                               |                       |            | E
  EII   | 1                               | [lambda I]            | L_I        |
  VII   | k                               | [lambda_k I]          | Lk_I       | EII
  EEI   | d                               | [lambda B]            | L_B        | EII
  VEI   | k + d - 1                       | [lambda_k B]          | Lk_B       | EEI
  EVI   | 1 + k (d - 1)                   | [lambda B_k]          | L_Bk       | EEI
  VVI   | k d                             | [lambda_k B_k]        | Lk_Bk      | VEI, EEI
  EEE   | d (d + 1) / 2                   | [lambda D A D']       | L_C        | EEI
  VEE   | k - 1 + d (d + 1) / 2           | [lambda_k D A D']     | Lk_C       | EEE
  EVE   | 1 + k (d - 1) + d (d - 1) / 2   | [lambda D A_k D']     | L_D_Ak_D   | EEE
  VVE   | k d + d (d - 1) / 2             | [lambda_k D A_k D']   | Lk_D_Ak_D  | VEE, EEE
  EEV   | d + k d (d - 1) / 2             | [lambda D_k A D_k']   | L_Dk_A_Dk  | EEE
  VEV   | k + d - 1 + k d (d - 1) / 2     | [lambda_k D_k A D_k'] | Lk_Dk_A_Dk | EEV, VEE
  EVV   | 1 + k (d - 1) + k d (d - 1) / 2 | [lambda C_k]          | L_Ck       | EEV, EEE
  VVV   | k d (d + 1) / 2                 | [lambda_k C_k]        | Lk_Ck      | VEE, EEE, VVI
")

# Software that knows some of the models only.
sklearn_names <- c(VII = "spherical", VVI = "diag", EEE = "tied", VVV = "full")
matlab_names <- c(
  EEI = "diagonal, shared", VVI = "diagonal", EEE = "full, shared", VVV = "full"
)

#' The covariance models
#'
#' @description
#' A covariance model says what the components' covariances have in common.
#' Each covariance is written
#' \deqn{\Sigma_j = \lambda_j D_j A_j D_j'}{Sigma_j = lambda_j D_j A_j D_j'}
#' with the volume \eqn{\lambda_j}{lambda_j}, the shape \eqn{A_j} (diagonal,
#' determinant 1) and the orientation \eqn{D_j} (orthogonal). The three letters
#' of a name say whether volume, shape and orientation are **E**qual for all
#' components, **V**ariable, or the **I**dentity. With one variable only the
#' volume is left: `"E"` and `"V"`.
#'
#' Models whose orientation is the identity are diagonal, those whose shape is
#' are spherical: their cost grows with the number of variables, that of the
#' others with its square.
#'
#' @details
#' # Names in other software
#' `model =` takes any of the names in the table, in upper or lower case, with or
#' without spaces, brackets and underscores: `"tied"` (scikit-learn),
#' `"full, shared"` (MATLAB's `CovarianceType` and `SharedCovariance`),
#' `"[lambda_k C]"` (Celeux and Govaert) and `"Gaussian_pk_Lk_C"` (Rmixmod). Those of
#' Rmixmod that begin with `Gaussian_p_` mean equal proportions too. Note that
#' `"spherical"` is `VII`, and `"diag"` `VVI`.
#'
#' # The M-step of each
#' With the scatter \eqn{W_j} of component j about its mean, \eqn{n_j} the sum
#' of its responsibilities and n their total, the covariances minimise
#' \deqn{\sum_j n_j \log |\Sigma_j| + tr(W_j \Sigma_j^{-1})}{
#'   sum_j n_j log |Sigma_j| + tr(W_j Sigma_j^-1)}
#' For `VEI`, `VEE` and `VEV` this is a convex problem in the k volumes, solved
#' by Newton's method; for `EVE` and `VVE` one in the common orientation, solved by
#' rotating pairs of axes (Flury and Gautschi 1986; Browne and McNicholas 2014 minimise
#' a majoriser instead). That problem may have several minima: [gmm_mstep()] searches
#' from several orientations to the end, or warns, while an iteration of [gmm_fit()]
#' makes one sweep over all pairs from where the last one ended. The others have
#' closed forms (Celeux and Govaert 1995, sections 3 and 4). No iteration lowers the
#' likelihood, but for the rounding of covariances that are nearly singular.
#'
#' # Units
#' Rescaling the variables one by one leaves a fit of `EEI`, `VEI`, `EVI`, `VVI`,
#' `EEE`, `VEE`, `EVV`, `VVV`, `E` or `V` as it is. The other models compare the
#' variables: bring these to one unit first, for example by [scale()].
#'
#' @returns A data frame of class `gmm_models` with one row a model:
#'   \describe{
#'   \item{`model`}{the name that `model =` takes}
#'   \item{`volume`, `shape`, `orientation`}{`"equal"`, `"variable"` or
#'     `"identity"`; `NA` with one variable}
#'   \item{`parameters`}{free parameters of the covariances, for `d` variables
#'     and `k` components}
#'   \item{`Celeux_Govaert`, `Rmixmod`, `sklearn`, `MATLAB`}{its name there, or `NA`; in
#'     that of Celeux and Govaert, B is a diagonal and C any matrix of determinant 1}
#'   }
#' @references
#' Banfield, J. D. and Raftery, A. E. (1993). Model-based Gaussian and
#' non-Gaussian clustering. *Biometrics* 49, 803-821.
#'
#' Browne, R. P. and McNicholas, P. D. (2014). Orthogonal Stiefel manifold
#' optimization for eigen-decomposed covariance parameter estimation in mixture
#' models. *Statistics and Computing* 24, 203-210.
#'
#' Celeux, G. and Govaert, G. (1995). Gaussian parsimonious clustering models.
#' *Pattern Recognition* 28, 781-793.
#'
#' Flury, B. N. and Gautschi, W. (1986). An algorithm for simultaneous orthogonal
#' transformation of several positive definite symmetric matrices to nearly
#' diagonal form. *SIAM Journal on Scientific and Statistical Computing* 7,
#' 169-184.
#' @seealso [gmm_fit()], [gmm_mstep()]; `vignette("models", "gaussmix")` shows what each
#'   model can follow.
#' @family models
#' @export
#' @examples
#' gmm_models()
#'
#' # The models with a common orientation:
#' subset(gmm_models(), orientation == "equal")$model
#'
#' gmm_fit(iris[, 1:4], k = 3, model = "VEE", start = iris$Species)
gmm_models <- function() {
  letters <- c(E = "equal", V = "variable", I = "identity")
  name <- model_table()$name
  words <- model_words[match(name, model_words$model), ]
  structure(
    data.frame(
      model = name,
      volume = unname(letters[substr(name, 1, 1)]),
      shape = unname(letters[substr(name, 2, 2)]),
      orientation = unname(letters[substr(name, 3, 3)]),
      parameters = words$parameters,
      Celeux_Govaert = words$Celeux_Govaert,
      Rmixmod = sub("^", "Gaussian_pk_", words$Rmixmod),
      sklearn = unname(sklearn_names[name]),
      MATLAB = unname(matlab_names[name])
    ),
    class = c("gmm_models", "data.frame")
  )
}

# The columns of gmm_models() with names from elsewhere.
elsewhere <- c("Celeux_Govaert", "Rmixmod", "sklearn", "MATLAB")

#' @export
print.gmm_models <- function(x, ...) {
  plain <- structure(x, class = "data.frame")
  columns <- names(x)
  here <- setdiff(columns, elsewhere)
  # A table that is not one any more, after columns were taken out or renamed.
  if (nrow(x) == 0L || !"model" %in% columns || anyDuplicated(columns) || length(here) == 1L) {
    print(plain, ...)
  } else {
    print_block(plain, "Covariance models:", here)
    print_block(plain, "\nTheir names elsewhere:", c("model", intersect(columns, elsewhere)))
  }
  invisible(x)
}

# Some columns under a title, without the rows in which they say nothing.
print_block <- function(table, title, columns) {
  block <- table[columns]
  said <- rowSums(!is.na(block[columns != "model"])) > 0L
  if (any(said)) {
    block <- block[said, , drop = FALSE]
    text <- vapply(block, is.character, NA)
    block[text][is.na(block[text])] <- ""
    cat(title, "\n", sep = "")
    print(block, row.names = FALSE, right = FALSE)
  }
}

# A function that makes its value when it is first called, and keeps it.
once <- function(make) {
  value <- NULL
  function() {
    if (is.null(value)) {
      value <<- make()
    }
    value
  }
}

model_table <- once(function() .Call(C_gmm_models))

# What of its covariance a component has to itself.
model_own <- function(model) {
  table <- model_table()
  table$own[[match(model, table$name)]]
}

is_diagonal <- function(model) {
  table <- model_table()
  table$diagonal[[match(model, table$name)]]
}

is_spherical <- function(model) {
  model %in% c("E", "V", "EII", "VII")
}

# Free parameters of a mixture.
model_df <- function(spec, d, k) {
  .Call(C_gmm_df, spec, as.integer(d), as.integer(k))
}

# What a name says, for titles: "VEV" -> "ellipsoidal, volume and orientation vary".
model_phrase <- function(model) {
  letters <- strsplit(model, "")[[1]]
  factors <- c("volume", "shape", "orientation")[seq_along(letters)]
  if (length(letters) == 1L) {
    return(if (letters == "E") "equal variances" else "variances vary")
  }
  form <- if (letters[2] == "I") {
    "spherical"
  } else if (letters[3] == "I") {
    "diagonal"
  } else {
    "ellipsoidal"
  }
  varies <- factors[letters == "V"]
  what <- if (length(varies) == 0L) {
    "equal covariances"
  } else {
    verb <- if (length(varies) == 1L) "varies" else "vary"
    paste(cli::ansi_collapse(varies, last = " and "), verb)
  }
  paste0(form, ", ", what)
}

# Models with less to estimate, as cli text; NULL where there is none.
simpler_models <- function(model) {
  simpler <- simpler_names(model)
  if (length(simpler) > 0L) {
    paste0("{.val ", simpler, "}", collapse = ", ")
  }
}

simpler_names <- function(model) {
  simpler <- model_words$simpler[model_words$model == model]
  if (is.na(simpler)) character() else strsplit(simpler, ", ")[[1]]
}

# A name without what people write differently: case, spaces, brackets,
# underscores, Greek.
bare_name <- function(name) {
  name <- gsub("\u03bb", "lambda", name, fixed = TRUE)
  name <- gsub("lambda", "l", tolower(name), fixed = TRUE)
  gsub("[] [(){}',_+*-]", "", name)
}

# The models by all their names in bare form: c(tied = "EEE", ...).
models_by_name <- once(function() {
  by_name <- function(models, names) {
    stats::setNames(models, bare_name(names))[!is.na(names)]
  }
  known <- model_table()$name
  c(
    by_name(known, known),
    by_name(model_words$model, model_words$Celeux_Govaert),
    by_name(model_words$model, model_words$Rmixmod),
    by_name(names(sklearn_names), sklearn_names),
    by_name(names(matlab_names), matlab_names),
    # The same matrices, written out or in short.
    ldkakdk = "EVV", lkdkakdk = "VVV"
  )
})

# Rmixmod's names, as bare_name() leaves them: the prefix says whether proportions
# are free (pk) or equal (p), and the rest begins with the volume.
rmixmod_prefix <- "^gaussian(pk?)(?=l)"

# Whether a name says that proportions are equal; NULL when it does not say.
named_proportions <- function(model) {
  if (model %in% model_table()$name) {
    return(NULL)
  }
  prefix <- regmatches(bare_name(model), regexpr(rmixmod_prefix, bare_name(model), perl = TRUE))
  if (length(prefix) > 0L) prefix == "gaussianp"
}

# What is fitted, as the core takes it: list(model, equal_proportions). Synonyms are
# resolved, a misspelt name is refused with the nearest, and one variable has E
# and V only.
resolve_spec <- function(model, d, equal_proportions = NULL, call = rlang::caller_env()) {
  if (!is.null(equal_proportions)) {
    equal_proportions <- check_flag(equal_proportions, call = call)
  }
  name <- check_model(model, d, call)
  said <- named_proportions(model)
  if (!is.null(said) && !identical(equal_proportions %||% said, said)) {
    meaning <- if (said) "equal" else "free"
    gmm_abort(
      c(
        "{.arg model} and {.arg equal_proportions} disagree.",
        x = "{.val {model}} means {meaning} proportions.",
        i = "Leave {.arg equal_proportions} out, or name the model {.val {name}}."
      ),
      "model", call = call
    )
  }
  list(model = name, equal_proportions = equal_proportions %||% said %||% FALSE)
}

check_model <- function(model, d, call = rlang::caller_env()) {
  if (!is.character(model) || length(model) != 1L || is.na(model)) {
    gmm_abort(
      c(
        "{.arg model} must be the name of one covariance model, not {.obj_type_friendly {model}}.",
        i = if (length(model) > 1L) "To compare several: {.code gmm_select(x, models = )}.",
        i = "{.fn gmm_models} lists them."
      ),
      "model", call = call
    )
  }
  name <- find_model(model)
  if (is.null(name)) {
    gmm_abort(
      c(
        "There is no covariance model {.val {model}}.",
        i = did_you_mean(model, model_choices()),
        i = "{.fn gmm_models} lists them."
      ),
      "model", call = call
    )
  }
  if (d == 1L) {
    return(substr(name, 1, 1))
  }
  if (nchar(name) == 1L) {
    spherical <- paste0(name, "II")
    gmm_abort(
      c(
        "{.code model = {.val {model}}} is for one variable; the data have {d}.",
        i = "Its counterpart for several variables is {.val {spherical}}."
      ),
      "model", call = call
    )
  }
  name
}

# The model by any of its names; NULL when it is none.
find_model <- function(model) {
  if (model %in% model_table()$name) {
    return(model)
  }
  if (validUTF8(model)) {
    bare <- sub(rmixmod_prefix, "", bare_name(model), perl = TRUE)
    known <- models_by_name()
    if (bare %in% names(known)) known[[bare]]
  }
}

# The names that a misspelt one is compared with.
model_choices <- function() {
  table <- gmm_models()
  names <- c(
    table$model[nchar(table$model) > 1L], unlist(unclass(table)[elsewhere]),
    sub("_pk_", "_p_", table$Rmixmod)
  )
  unique(names[!is.na(names)])
}
