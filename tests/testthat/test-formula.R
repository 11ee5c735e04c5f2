a_few <- data.frame(
  a = c(1.2, 3.4, 2.2, 5.9, 4.1, 7.7, 3.3, 9.1), b = c(2, 7, 1, 8, 2, 8, 1, 8),
  text = letters[1:8]
)

test_that("a formula names the variables", {
  fit <- gmm_fit(~ a + b, data = a_few, k = 1)
  expect_identical(colnames(fit$means), c("a", "b"))
  expect_identical(fit$data, as.matrix(a_few[c("a", "b")]))
  expect_identical(colnames(gmm_fit(~ b + a, a_few, 1)$means), c("b", "a"))
  expect_identical(colnames(gmm_fit(~ . - text, a_few, 1)$means), c("a", "b"))
  expect_identical(colnames(gmm_fit(~., a_few[1:2], 1)$means), c("a", "b"))
  expect_identical(colnames(gmm_fit(~ a + b - 1, a_few, 1)$means), c("a", "b"))
  expect_identical(colnames(gmm_fit(~ a + a, a_few, 1)$means), "a")
})

test_that("terms may be computed", {
  fit <- gmm_fit(~ log(a) + I(a * b), data = a_few, k = 1)
  expect_identical(colnames(fit$means), c("log(a)", "I(a * b)"))
  expect_equal(unname(fit$data), unname(cbind(log(a_few$a), a_few$a * a_few$b)))
  density <- predict(fit, type = "density")
  expect_equal(predict(fit, a_few[3:4, ], type = "density"), density[3:4])
})

test_that("names that need backticks work", {
  odd <- stats::setNames(a_few[1:2], c("a b", "{c}"))
  fit <- gmm_fit(~ `a b` + `{c}`, data = odd, k = 1)
  expect_identical(colnames(fit$means), c("a b", "{c}"))
  expect_equal(fit$loglik, gmm_fit(a_few[1:2], 1)$loglik)
  expect_identical(colnames(gmm_fit(~., data = odd, k = 1)$means), c("a b", "{c}"))
  expect_identical(predict(fit, odd), fit$classification)
})

test_that("without data, variables come from where the formula was written", {
  a <- a_few$a
  fit <- gmm_fit(~a, k = 1)
  expect_equal(fit$means[[1]], mean(a))
  expect_equal(gmm_fit(~ a + b, data = a_few["b"], k = 1)$means[[1]], mean(a))
})

test_that("data may be a matrix with names", {
  expect_equal(gmm_fit(~b, as.matrix(a_few[1:2]), 1)$means[[1]], mean(a_few$b))
})

test_that("a fit by formula updates and predicts by its terms", {
  set.seed(1)
  fit <- gmm_fit(~ Petal.Length + log(Petal.Width), data = iris, k = 3)
  expect_s3_class(fit$terms, "terms")
  expect_identical(predict(fit, iris[5:1]), fit$classification)
  expect_identical(update(fit, k = 1)$k, 1L)
  expect_identical(colnames(update(fit, x = ~Petal.Width, k = 1)$means), "Petal.Width")
  expect_identical(predict(fit, iris[0, ]), integer())
  expect_identical(dim(predict(fit, iris[0, ], type = "prob")), c(0L, 3L))
})

test_that("newdata of a formula lacks a variable though one of its name is about", {
  b <- 99
  fit <- gmm_fit(~ a + b, data = a_few, k = 1)
  expect_errors("newdata", expression(
    predict(fit, a_few[1, "a", drop = FALSE]),
    predict(fit, a_few[1:2, "text", drop = FALSE])
  ))
})

test_that("a formula that is no sum of variables is an error", {
  expect_errors("input", expression(
    gmm_fit(y ~ a, data = a_few, k = 1),
    gmm_fit(~ a:b, data = a_few, k = 1),
    gmm_fit(~ a * b + a:text, data = a_few, k = 1),
    gmm_fit(~ a + offset(b), data = a_few, k = 1),
    gmm_fit(~1, data = a_few, k = 1),
    gmm_fit(a ~ b, a_few, 1),
    gmm_fit(~a * b, a_few, 1),
    gmm_fit(~0, a_few, 1),
    gmm_fit(~a, a_few),
    gmm_fit(~a, a_few, 1, foo = 2),
    gmm_fit(~., k = 1)
  ))
})

test_that("variables that are not there, or no numbers, are errors that name them", {
  expect_errors("data", expression(
    gmm_fit(~ a + none_such, data = a_few, k = 1),
    gmm_fit(~., data = a_few, k = 1),
    gmm_fit(~ a + factor(b), data = a_few, k = 1),
    gmm_fit(~ cbind(a, b), data = a_few, k = 1),
    gmm_fit(~a, data = list(a = 1), k = 1),
    gmm_fit(~a, 3),
    gmm_fit(~ log(a - 1.2), data = a_few, k = 1),
    gmm_fit(~cbind(a, b), a_few, 1),
    gmm_fit(~a, data = mean, k = 1),
    gmm_fit(~a, data = a_few[0, ], k = 1)
  ))
})

test_that("the formula method has the same defaults", {
  default <- formals(getS3method("gmm_fit", "default"))
  formula <- formals(getS3method("gmm_fit", "formula"))
  expect_identical(formula[names(default)], as.pairlist(default)[names(default)])
})
