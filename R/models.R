# The table of covariance models. What a model is, is said once, in
# src/model.c; this file adds the words that people use for it.

# Names under which other software knows the models.
model_synonyms <- c(
  spherical = "VII", diag = "VVI", diagonal = "VVI", tied = "EEE", full = "VVV"
)

#' The covariance models
#'
#' @description
#' A covariance model says what the components' covariances have in common.
#' Each is written
#' \deqn{\Sigma_j = \lambda_j D_j A_j D_j'}{Sigma_j = lambda_j D_j A_j D_j'}
#' with the volume \eqn{\lambda_j}{lambda_j}, the shape \eqn{A_j} (diagonal,
#' determinant 1) and the orientation \eqn{D_j} (orthogonal). The three letters
#' of a name say whether volume, shape and orientation are **E**qual for all
#' components, **V**ariable, or the **I**dentity. With one variable only the
#' volume is left: `"E"` and `"V"`.
#'
#' @returns A data frame with one row a model:
#'   \describe{
#'   \item{`model`}{the name that `model =` takes; a synonym works as well}
#'   \item{`volume`, `shape`, `orientation`}{`"equal"`, `"variable"` or
#'     `"identity"`; `NA` with one variable}
#'   \item{`covariance`}{the form of component j's covariance}
#'   \item{`parameters`}{free parameters of the covariances, for `d` variables
#'     and `k` components}
#'   \item{`synonym`}{the name in other software, or `NA`}
#'   }
#' @references
#' Banfield, J. D. and Raftery, A. E. (1993). Model-based Gaussian and
#' non-Gaussian clustering. *Biometrics* 49, 803-821.
#'
#' Celeux, G. and Govaert, G. (1995). Gaussian parsimonious clustering models.
#' *Pattern Recognition* 28, 781-793.
#' @family models
#' @export
#' @examples
#' gmm_models()
gmm_models <- function() {
  words <- c(E = "equal", V = "variable", I = "identity")
  name <- model_table()$name
  forms <- data.frame(
    model = c("E", "V", "EII", "VII", "EEI", "VVI", "EEE", "VVV"),
    covariance = c(
      "sigma^2", "sigma_j^2", "lambda I", "lambda_j I", "lambda A", "lambda_j A_j",
      "lambda D A D'", "lambda_j D_j A_j D_j'"
    ),
    parameters = c("1", "k", "1", "k", "d", "k d", "d (d + 1) / 2", "k d (d + 1) / 2")
  )
  forms <- forms[match(name, forms$model), ]
  data.frame(
    model = name,
    volume = unname(words[substr(name, 1, 1)]),
    shape = unname(words[substr(name, 2, 2)]),
    orientation = unname(words[substr(name, 3, 3)]),
    covariance = forms$covariance,
    parameters = forms$parameters,
    synonym = names(model_synonyms)[match(name, model_synonyms)]
  )
}

model_table <- function() {
  .Call(C_gmm_models)
}

# One model's row of the table, as a list.
model_info <- function(model) {
  table <- model_table()
  lapply(table, `[[`, match(model, table$name))
}

# Free parameters of a mixture.
model_df <- function(model, d, k) {
  .Call(C_gmm_df, model, as.integer(d), as.integer(k))
}

# What a name says, for titles: "VVV" -> "volume, shape and orientation vary".
model_phrase <- function(model) {
  phrases <- c(
    E = "equal variances", V = "variances vary",
    EII = "spherical, equal volume", VII = "spherical, volume varies",
    EEI = "diagonal, equal volume and shape", VVI = "diagonal, volume and shape vary",
    EEE = "ellipsoidal, equal covariances",
    VVV = "ellipsoidal, volume, shape and orientation vary"
  )
  phrases[[model]]
}

# The name of a model as the core knows it: synonyms resolved, a misspelt one
# refused with the nearest, E and V for one variable.
check_model <- function(model, d, call = rlang::caller_env()) {
  if (!is.character(model) || length(model) != 1L || is.na(model)) {
    gmm_abort(
      c(
        "{.arg model} must be the name of one covariance model, not {.obj_type_friendly {model}}.",
        i = "{.fn gmm_models} lists them."
      ),
      "model", call = call
    )
  }
  if (model %in% names(model_synonyms)) {
    model <- model_synonyms[[model]]
  }
  known <- model_table()$name
  if (!model %in% known) {
    gmm_abort(
      c(
        "There is no covariance model {.val {model}}.",
        i = did_you_mean(model, c(setdiff(known, c("E", "V")), names(model_synonyms))),
        i = "{.fn gmm_models} lists them."
      ),
      "model", call = call
    )
  }
  if (d == 1L) {
    return(substr(model, 1, 1))
  }
  if (nchar(model) == 1L) {
    spherical <- paste0(model, "II")
    gmm_abort(
      c(
        "{.code model = {.val {model}}} is for one variable; the data have {d}.",
        i = "Its counterpart for several variables is {.val {spherical}}."
      ),
      "model", call = call
    )
  }
  model
}
