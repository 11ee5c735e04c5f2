iris_x <- as.matrix(iris[1:4])

test_that("the table of models has a row a model", {
  table <- gmm_models()
  expect_s3_class(table, c("gmm_models", "data.frame"), exact = TRUE)
  expect_named(table, c(
    "model", "volume", "shape", "orientation", "parameters",
    "Celeux_Govaert", "Rmixmod", "sklearn", "MATLAB"
  ))
  expect_identical(table$model, c("E", "V", several_models))
  expect_identical(anyDuplicated(table$model), 0L)
  expect_false(anyNA(table[c("model", "volume", "parameters")]))
  several <- nchar(table$model) == 3
  expect_identical(is.na(table$shape), !several)
  words <- c(E = "equal", V = "variable", I = "identity")
  letter <- function(i) unname(words[substr(table$model[several], i, i)])
  expect_identical(table$volume[several], letter(1))
  expect_identical(table$shape[several], letter(2))
  expect_identical(table$orientation[several], letter(3))
})

test_that("the table of models prints", {
  expect_snapshot(gmm_models())
  expect_snapshot(subset(gmm_models(), orientation == "equal", c("model", "parameters", "Rmixmod")))
  expect_snapshot(gmm_models()["model"])
  expect_snapshot(gmm_models()[1:2, ])
  expect_output(print(gmm_models(), row.names = TRUE), "VVV")
  expect_snapshot(gmm_models()[0, ])
})

test_that("the table's count of covariance parameters is the one that fits have", {
  table <- gmm_models()
  none <- gmm_control(tol = 0, max_iter = 0)
  for (d in c(1, 2, 5)) {
    for (k in 1:3) {
      x <- matrix(sin(seq_len(40 * d)^2), 40, d)
      for (model in models_for(d)) {
        formula <- table$parameters[table$model == model]
        # "k d (d + 1) / 2" as R writes it.
        product <- gsub("(?<=[dk)]) (?=[a-z(])", "*", formula, perl = TRUE)
        count <- eval(parse(text = product), list(d = d, k = k))
        expect_equal(count, ref_df(model, d, k) - (k - 1) - k * d, info = paste(model, formula))
        fit <- gmm_fit(x, model = model, start = rep_len(seq_len(k), 40), control = none)
        expect_equal(fit$df, ref_df(model, d, k), info = model)
      }
    }
  }
})

test_that("synonyms mean the models that they name elsewhere", {
  synonyms <- c(full = "VVV", tied = "EEE", diag = "VVI", diagonal = "VVI", spherical = "VII")
  for (name in names(synonyms)) {
    fit <- gmm_fit(iris_x, start = iris$Species, model = name)
    expect_identical(fit$model, synonyms[[name]])
    expect_identical(gmm_mstep(iris_x, iris$Species, name)$model, synonyms[[name]])
  }
})

test_that("every name of the table is accepted, however it is written", {
  meant <- function(name) gmm_mstep(iris_x, iris$Species, name)$model
  table <- subset(gmm_models(), nchar(model) == 3)
  for (column in setdiff(names(table), c("volume", "shape", "orientation", "parameters"))) {
    named <- !is.na(table[[column]])
    for (write in list(identity, tolower, toupper, function(name) gsub("[][ ]", "", name))) {
      names <- write(table[[column]][named])
      expect_identical(vapply(names, meant, "", USE.NAMES = FALSE), table$model[named])
    }
  }
  expect_identical(meant(" Gaussian pk Lk C"), "VEE")
  expect_identical(meant("\u03bb_k D A D'"), "VEE")
  expect_identical(meant("[lambda_k D_k A_k D_k']"), "VVV")
  expect_identical(meant("lambda D_k A_k D_k'"), "EVV")
})

test_that("Rmixmod's names say whether proportions are equal", {
  fit <- gmm_fit(iris_x, 3, "Gaussian_p_Lk_C", start = iris$Species)
  expect_identical(fit$model, "VEE")
  expect_true(fit$equal_proportions)
  expect_identical(unname(fit$proportions), rep(1 / 3, 3))
  expect_identical(fit$df, 24)
  expect_identical(update(fit)$proportions, fit$proportions)
  expect_false(update(fit, model = "EEE")$equal_proportions)
  expect_false(update(fit, model = "Gaussian_pk_Lk_C")$equal_proportions)
  expect_output(print(fit), "VEE (ellipsoidal, volume varies; equal proportions)", fixed = TRUE)
  equal <- FALSE
  kept <- gmm_fit(iris_x, 3, "VEE", equal_proportions = equal, start = iris$Species)
  equal <- TRUE
  expect_false(update(kept)$equal_proportions)
  set.seed(1)
  expect_identical(
    unname(gmm_start(iris_x, 3, "VEE", equal_proportions = TRUE)$proportions), rep(1 / 3, 3)
  )
  free <- gmm_fit(iris_x, 3, "Gaussian_pk_Lk_C", start = iris$Species)
  expect_false(free$equal_proportions)
  expect_gt(free$loglik, fit$loglik)
  expect_identical(
    gmm_fit(iris_x, 3, "VEE", equal_proportions = TRUE, start = iris$Species)$loglik, fit$loglik
  )
})

test_that("what varies is said in words", {
  phrases <- vapply(gmm_models()$model, model_phrase, "")
  expect_snapshot(writeLines(paste(names(phrases), phrases)))
})

test_that("with one variable a model is its first letter", {
  for (model in c(several_models, "E", "V")) {
    expect_identical(
      gmm_fit(faithful$waiting, 2, model, start = rep(1:2, 136))$model, substr(model, 1, 1)
    )
  }
  expect_identical(gmm_fit(faithful$waiting, 2, "tied", start = rep(1:2, 136))$model, "E")
})

test_that("a model that is none is an error, with the nearest name", {
  expect_errors("model", expression(
    gmm_fit(iris_x, 2, "ful"),
    gmm_fit(iris_x, 2, "tide"),
    gmm_fit(iris_x, 2, "Gausian_pk_Lk_C"),
    gmm_fit(iris_x, 2, "Gaussian_p_Lk_Cq"),
    gmm_fit(iris_x, 2, "Gaussian_pk_VVV"),
    gmm_fit(iris_x, 2, "Gaussian_p_L_C", equal_proportions = FALSE),
    gmm_fit(iris_x, 2, "Gaussian_pk_L_C", equal_proportions = TRUE),
    gmm_fit(iris_x, 2, "VVE1"),
    gmm_fit(iris_x, 2, "xyzzy"),
    gmm_fit(iris_x, 2, "{k}"),
    gmm_fit(iris_x, 2, "E"),
    gmm_fit(iris_x, 2, "V"),
    gmm_fit(iris_x, 2, NA),
    gmm_fit(iris_x, 2, NULL),
    gmm_fit(iris_x, 2, c("VVV", "EEE")),
    gmm_fit(iris_x, 2, 3),
    gmm_fit(iris_x, 2, ""),
    gmm_fit(iris_x, 2, mean),
    gmm_fit(1:10, 2, "none"),
    gmm_mstep(iris_x, iris$Species, "ful"),
    gmm_start(iris_x, 2, "ful")
  ))
  expect_error(gmm_fit(iris_x, 2, "ful"), 'Did you mean "full"')
  expect_error(gmm_fit(iris_x, 2, "tide"), 'Did you mean "tied"')
  expect_errors("input", expression(
    gmm_fit(iris_x, 2, equal_proportions = "yes"),
    gmm_mstep(iris_x, iris$Species, equal_proportions = NA)
  ))
})
