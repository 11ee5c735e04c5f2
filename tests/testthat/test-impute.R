# Draws and means in place of missing values, held against the conditional moments of each row that
# ref_row() has from the textbook's formulas.

# Three variables, two components that overlap, noise.
scene <- gmm_mixture(
  c(a = 0.5, b = 0.4),
  rbind(c(u = 0, v = 0, w = 10), c(2, 1, 12)),
  array(c(2, 1, -1, 1, 3, 0.5, -1, 0.5, 4, 1, -0.6, 0.2, -0.6, 2, 0.8, 0.2, 0.8, 1), c(3, 3, 2)),
  noise = 0.1, region = rbind(c(-6, 6), c(-5, 8), c(0, 20))
)
quiet <- gmm_mixture(list(
  proportions = scene$proportions / 0.9, means = scene$means, covariances = scene$covariances
))

# Rows of the mixture that lack values in every way, with one that lacks all.
lacking_rows <- function(n, share = 0.3, mixture = scene) {
  set.seed(4)
  x <- simulate(mixture, n)
  attr(x, "component") <- NULL
  x[sample(length(x), share * length(x))] <- NA
  x[1, ] <- NA
  x
}

# Mean and covariance of each row's values given the known ones, with known classes as codes.
ref_conditional <- function(x, mixture, labels = NULL) {
  k <- mixture$k
  region <- mixture$region
  r <- ref_facts_estep(x, mixture, labels = labels, region = region)$responsibilities
  lapply(seq_len(nrow(x)), function(i) {
    there <- !is.na(x[i, ])
    row <- ref_row(x[i, ], mixture)
    first <- colSums(r[i, seq_len(k)] * row$first)
    second <- matrix(matrix(row$second, ncol = k) %*% r[i, seq_len(k)], ncol(x))
    if (!is.null(region)) {
      middle <- ifelse(there, x[i, ], rowMeans(region))
      first <- first + r[i, k + 1] * middle
      second <- second + r[i, k + 1] *
        (tcrossprod(middle) + diag(ifelse(there, 0, (region[, 2] - region[, 1])^2 / 12)))
    }
    list(mean = first, covariance = second - tcrossprod(first))
  })
}

ref_imputed <- function(x, mixture, labels = NULL) {
  out <- x
  out[] <- t(vapply(ref_conditional(x, mixture, labels), `[[`, x[1, ], "mean"))
  out
}

draws_of <- function(..., seed = 1) {
  set.seed(seed)
  gmm_impute(...)
}

# That rows are draws with this mean and this covariance: within five standard errors, those of the
# covariance from the draws themselves.
expect_moments <- function(draws, mean, covariance) {
  n <- nrow(draws)
  error <- abs(colMeans(draws) - mean)
  expect_true(all(error <= 5 * sqrt(diag(covariance) / n)))
  away <- sweep(draws, 2, mean)
  for (a in seq_along(mean)) {
    products <- away * away[, a]
    error <- abs(colMeans(products) - covariance[, a])
    expect_true(all(error <= 5 * apply(products, 2, sd) / sqrt(n)))
  }
}

test_that("one component's draws have the conditional mean and covariance", {
  one <- gmm_mixture(1, scene$means[1, , drop = FALSE], scene$covariances[, , 1, drop = FALSE])
  s <- one$covariances[, , 1]
  x <- matrix(c(1.5, NA, NA), 4e4, 3, byrow = TRUE)
  drawn <- draws_of(one, x)[[1]]
  expect_identical(drawn[, 1], x[, 1])
  expect_moments(
    drawn[, 2:3], one$means[1, 2:3] + s[2:3, 1] / s[1, 1] * 1.5,
    s[2:3, 2:3] - tcrossprod(s[2:3, 1]) / s[1, 1]
  )
  # In another order of the variables, too: the missing one is the first.
  x <- matrix(c(NA, 2, 7), 4e4, 3, byrow = TRUE)
  slope <- solve(s[2:3, 2:3], s[2:3, 1])
  drawn <- draws_of(one, x)[[1]]
  expect_moments(
    drawn[, 1, drop = FALSE], sum(slope * (c(2, 7) - c(0, 10))), s[1, 1] - slope %*% s[2:3, 1]
  )
  expect_moments(
    draws_of(one, replace(x, , NA))[[1]], one$means[1, ], s
  )
})

test_that("a mixture's draws have the moments of the mixture given what is known", {
  for (row in list(c(1, NA, NA), c(NA, 3, 11), c(NA, NA, 12.5), c(5, NA, 2), rep(NA_real_, 3))) {
    x <- matrix(row, 4e4, 3, byrow = TRUE)
    expected <- ref_conditional(x[1, , drop = FALSE], scene)[[1]]
    lacks <- is.na(row)
    drawn <- draws_of(scene, x)[[1]]
    expect_moments(
      drawn[, lacks, drop = FALSE], expected$mean[lacks],
      expected$covariance[lacks, lacks, drop = FALSE]
    )
    # Many data sets of one row are as one of many rows.
    sets <- draws_of(scene, x[1, , drop = FALSE], m = 1e4)
    expect_moments(
      do.call(rbind, sets)[, lacks, drop = FALSE], expected$mean[lacks],
      expected$covariance[lacks, lacks, drop = FALSE]
    )
  }
})

test_that("each row is drawn by what it has itself, whatever else is there", {
  x <- lacking_rows(300)
  m <- 500
  lacks <- is.na(x)
  for (mixture in list(scene, quiet)) {
    sets <- draws_of(mixture, x, m = m)
    expected <- ref_conditional(x, mixture)
    mean <- t(vapply(expected, `[[`, numeric(3), "mean"))
    variance <- t(vapply(expected, function(row) diag(row$covariance), numeric(3)))
    scores <- (Reduce(`+`, sets) / m - mean)[lacks] / sqrt(variance[lacks] / m)
    expect_gt(length(scores), 200)
    expect_lt(max(abs(scores)), 4.5)
    expect_equal(sd(scores), 1, tolerance = 0.1)
    for (set in sets[1:3]) {
      expect_false(anyNA(set))
      expect_identical(set[!lacks], x[!lacks])
    }
  }
})

test_that("the components that are drawn have their probabilities", {
  set.seed(1)
  p <- rbind(c(0.2, 0, 0.5, 0.3), c(0, 0, 1, 0), c(0, 0.7, 0.3, 0))
  drawn <- draw_components(p[rep(1:3, each = 1e4), ])
  shares <- t(vapply(1:3, function(i) tabulate(drawn[1e4 * (i - 1) + 1:1e4], 4) / 1e4, numeric(4)))
  expect_true(all(abs(shares - p) <= 5 * sqrt(p * (1 - p) / 1e4)))
  expect_identical(draw_components(matrix(1, 3, 1)), c(1L, 1L, 1L))
})

test_that("noise is drawn uniformly from its box", {
  # So far from all components that it can be nothing else.
  x <- matrix(c(-500, NA, NA), 2e4, 3, byrow = TRUE)
  drawn <- draws_of(scene, x)[[1]][, 2:3]
  box <- scene$region[2:3, ]
  expect_true(all(t(drawn) >= box[, 1] & t(drawn) <= box[, 2]))
  for (a in 1:2) {
    uniform <- (drawn[, a] - box[a, 1]) / (box[a, 2] - box[a, 1])
    expect_gt(ks.test(uniform, "punif")$p.value, 1e-3)
  }
  expect_lt(abs(cor(drawn)[1, 2]), 5 / sqrt(2e4))
  expect_equal(augment(scene, x[1, , drop = FALSE])$.imputed_v, 1.5)
})

test_that("means in place of missing values are those of the formulas", {
  x <- lacking_rows(60)
  for (mixture in list(scene, quiet, gmm_mixture(1, scene$means[2, ], scene$covariances[, , 2]))) {
    expect_equal(fill_with_means(mixture, x), ref_imputed(x, mixture), tolerance = 1e-10)
  }
})

test_that("fitted() and augment() have the means, of a fit and of new data", {
  x <- lacking_rows(200)
  set.seed(1)
  fit <- gmm_fit(x, 2, noise = TRUE, nstart = 3)
  means <- fitted(fit, "imputed")
  expect_equal(means, ref_imputed(x, fit), tolerance = 1e-8)
  expect_identical(means[!is.na(x)], x[!is.na(x)])
  expect_identical(dimnames(means), list(NULL, c("u", "v", "w")))
  augmented <- augment(fit)
  expect_identical(
    names(augmented),
    c("u", "v", "w", ".class", ".uncertainty", ".imputed_u", ".imputed_v", ".imputed_w")
  )
  expect_identical(unname(as.matrix(augmented[6:8])), unname(means))
  expect_identical(augmented$u, x[, 1])

  # Only what lacks values has such a column; others and their order do not matter.
  new <- data.frame(id = letters[1:4], w = c(9, NA, 11, 12), v = 1:4, u = c(0, 1, 2, NA))
  augmented <- augment(fit, new, probabilities = TRUE)
  expect_identical(
    names(augmented),
    c(
      names(new), ".class", ".uncertainty", ".prob_1", ".prob_2", ".prob_noise", ".imputed_u",
      ".imputed_w"
    )
  )
  expected <- ref_imputed(as.matrix(new[c("u", "v", "w")]), fit)
  expect_equal(augmented$.imputed_w, unname(expected[, "w"]), tolerance = 1e-8)
  expect_equal(augmented$.imputed_u, unname(expected[, "u"]), tolerance = 1e-8)
  expect_false(any(grepl("imputed", names(augment(fit, new[c(1, 3), ])))))

  expect_identical(unname(fitted(gmm_fit(faithful, 1), "imputed")), unname(as.matrix(faithful)))
})

test_that("rows of a known class are drawn, and filled, from its component", {
  x <- lacking_rows(300, 0.2)
  labels <- rep(c("a", NA, "b"), 100)
  set.seed(1)
  fit <- gmm_fit(x, labels = labels, noise = TRUE, nstart = 1)
  codes <- match(labels, names(fit$proportions))
  expect_equal(fitted(fit, "imputed"), ref_imputed(x, fit, codes), tolerance = 1e-8)
  # It makes a difference.
  expect_gt(max(abs(fitted(fit, "imputed") - ref_imputed(x, fit))), 0.1)
  expect_identical(augment(fit)$.imputed_u, unname(fitted(fit, "imputed")[, "u"]))

  # The first row, of class "a", lacks all; as new data it may be of any.
  m <- 2000
  first <- function(sets) t(vapply(sets, function(set) set[1, ], numeric(3)))
  expect_moments(first(draws_of(fit, m = m)), fit$means["a", ], fit$covariances[, , "a"])
  any <- ref_conditional(x[1, , drop = FALSE], fit)[[1]]
  expect_moments(first(draws_of(fit, x, m = m)), any$mean, any$covariance)
})

test_that("draws follow R's generator, and the first sets do not depend on how many follow", {
  x <- lacking_rows(50)
  expect_identical(draws_of(scene, x, m = 3), draws_of(scene, x, m = 3))
  expect_identical(draws_of(scene, x, m = 3)[1:2], draws_of(scene, x, m = 2))
  expect_false(identical(draws_of(scene, x), draws_of(scene, x, seed = 2)))
  sets <- draws_of(scene, x, m = 2)
  expect_false(any(sets[[1]][is.na(x)] == sets[[2]][is.na(x)]))
})

test_that("the data of a fit, and a selection's best, are taken", {
  x <- lacking_rows(100)
  set.seed(1)
  selection <- gmm_select(unname(x), 1:2, "EEE")
  drawn <- draws_of(selection, m = 2)
  expect_identical(drawn, draws_of(selection$best, m = 2))
  expect_identical(unname(drawn[[2]]), unname(draws_of(selection$best, unname(x), m = 2)[[2]]))
  expect_identical(dimnames(drawn[[1]]), list(NULL, c("x1", "x2", "x3")))
  expect_identical(fitted(selection, method = "imputed"), fitted(selection$best, "imputed"))
})

test_that("a data frame comes back as it was, but for what was missing", {
  new <- data.frame(
    id = c("p", "q", "r"), w = c(9L, NA, 11L), v = c(NA, 2, NaN), u = 1:3, z = c(NA, 1, 2),
    row.names = c("i", "ii", "iii")
  )
  drawn <- draws_of(scene, new, m = 2)[[2]]
  expect_identical(drawn[c("id", "u", "z")], new[c("id", "u", "z")])
  expect_identical(dimnames(drawn), dimnames(new))
  expect_identical(drawn$w[c(1, 3)], c(9, 11))
  expect_identical(drawn$v[2], 2)
  expect_false(anyNA(drawn[c("u", "v", "w")]))
  # The values are the same ones as in a matrix.
  as_matrix <- draws_of(scene, as.matrix(new[c("u", "v", "w")]), m = 2)[[2]]
  expect_identical(as.matrix(drawn[c("u", "v", "w")]), as_matrix)
  expect_identical(draws_of(scene, new[3:1, ])[[1]]$id, c("r", "q", "p"))
  # Where nothing is missing, nothing changes, not even a type.
  whole <- data.frame(u = 1:2, v = 3:4, w = 5:6)
  expect_identical(gmm_impute(scene, whole, 2), list(whole, whole))
})

test_that("tibbles and data.tables stay such, and are not changed themselves", {
  frame <- data.frame(w = c(9, NA), v = c(1, 2), u = c(NA, 0), id = c("p", "q"))
  expected <- draws_of(scene, frame)[[1]]
  skip_if_not_installed("tibble")
  tibble <- tibble::as_tibble(frame)
  drawn <- draws_of(scene, tibble)[[1]]
  expect_s3_class(drawn, "tbl_df")
  expect_identical(as.data.frame(drawn), expected)
  skip_if_not_installed("data.table")
  table <- data.table::as.data.table(frame)
  drawn <- draws_of(scene, table)[[1]]
  expect_s3_class(drawn, "data.table")
  expect_identical(as.data.frame(drawn), expected)
  expect_identical(as.data.frame(table), frame)
})

test_that("a matrix comes back with its names, type and further columns", {
  x <- cbind(id = 1:4, w = c(9L, NA, 11L, 12L), v = 1:4, u = c(NA, 1L, 2L, NA))
  rownames(x) <- letters[1:4]
  drawn <- draws_of(scene, x)[[1]]
  expect_identical(dimnames(drawn), dimnames(x))
  expect_identical(drawn[!is.na(x)], as.double(x[!is.na(x)]))
  expect_false(anyNA(drawn))
  by_position <- draws_of(scene, unname(x[, c("u", "v", "w")]))[[1]]
  expect_identical(unname(drawn[, c("u", "v", "w")]), by_position)
  none <- x[0, ]
  expect_identical(gmm_impute(scene, none), list(none))
})

test_that("a vector is one variable, or one row, and comes back as a vector", {
  two <- gmm_mixture(c(0.3, 0.7), means = c(-2, 2), covariances = c(1, 0.5))
  drawn <- draws_of(two, c(a = 1, b = NA, c = 3))[[1]]
  expect_identical(drawn[c("a", "c")], c(a = 1, c = 3))
  expect_false(anyNA(drawn))
  expect_identical(drawn[["b"]], draws_of(two, matrix(c(1, NA, 3)))[[1]][2, 1])
  row <- draws_of(scene, c(w = 9, v = NA, u = 1))[[1]]
  expect_identical(row[c("w", "u")], c(w = 9, u = 1))
  expect_identical(row[["v"]], draws_of(scene, rbind(c(1, NA, 9)))[[1]][1, 2])
  expect_identical(draws_of(scene, c(1, NA, 9))[[1]][[2]], row[["v"]])
  augmented <- augment(scene, c(w = 9, v = NA, u = 1))
  expect_identical(dim(augmented), c(1L, 6L))
  expect_identical(augmented$w, 9)
})

test_that("of a fit by formula, variables are filled in, and terms become columns", {
  data <- data.frame(class = "p", waiting = faithful$waiting, eruptions = faithful$eruptions)
  data$waiting[c(2, 5)] <- NA
  data$eruptions[c(3, 5)] <- NA
  set.seed(1)
  plain <- gmm_fit(~ eruptions + waiting, data, 2, nstart = 2)
  drawn <- draws_of(plain, data)[[1]]
  expect_identical(names(drawn), names(data))
  expect_identical(unname(as.matrix(drawn[3:2])), unname(draws_of(plain)[[1]]))

  set.seed(1)
  fit <- gmm_fit(~ eruptions + log(waiting), data, 2, nstart = 2)
  drawn <- draws_of(fit, data)[[1]]
  expect_identical(names(drawn), c(names(data), "log(waiting)"))
  expect_identical(drawn$waiting, data$waiting)
  expect_equal(drawn[["log(waiting)"]][-c(2, 5)], log(data$waiting)[-c(2, 5)])
  expect_false(anyNA(drawn[3:4]))
  terms <- draws_of(fit)[[1]]
  expect_identical(unname(as.matrix(drawn[3:4])), unname(terms))
  expect_identical(colnames(terms), c("eruptions", "log(waiting)"))
  matrix <- as.matrix(data[3:2])
  from_matrix <- draws_of(fit, matrix)[[1]]
  expect_identical(colnames(from_matrix), c(colnames(matrix), "log(waiting)"))
  expect_equal(unname(from_matrix[, c(1, 3)]), unname(terms))
  expect_true(".imputed_log(waiting)" %in% names(augment(fit, data)))
})

test_that("units do not matter, and a variable that others determine is no obstacle", {
  x <- lacking_rows(50)
  unit <- c(1e-90, 1, 1e80)
  scaled <- gmm_mixture(
    scene$proportions, scene$means * rep(unit, each = 2),
    scene$covariances * c(outer(unit, unit)),
    noise = scene$noise, region = scene$region * unit
  )
  drawn <- draws_of(scaled, x * rep(unit, each = 50))[[1]]
  expect_equal(drawn / rep(unit, each = 50), draws_of(scene, x)[[1]], tolerance = 1e-10)

  # Positive definite in this order, but not to the last bit in another.
  e <- 10^-6.4
  root <- rbind(c(1, 0, 0), c(1, e, 0), c(0, 1, e))
  s <- tcrossprod(root)
  expect_error(chol(s[c(2, 3, 1), c(2, 3, 1)]))
  tight <- gmm_mixture(1, c(0, 0, 0), s)
  drawn <- draws_of(tight, c(NA, 1, 1))[[1]]
  expect_equal(drawn, c(1, 1, 1), tolerance = 1e-4)
})

test_that("what cannot be imputed is an error that says so", {
  thin <- gmm_fit(faithful, 1, keep_data = FALSE)
  expect_errors("input", expression(
    gmm_impute(faithful),
    gmm_impute(scene, c(1, NA, 2), m = 0),
    gmm_impute(scene, c(1, NA, 2), m = 1:2)
  ))
  expect_errors("no_data", expression(gmm_impute(scene), gmm_impute(thin), fitted(thin, "imputed")))
  expect_errors("newdata", expression(
    gmm_impute(scene, data.frame(u = NA_real_, v = 1)),
    gmm_impute(scene, matrix(1, 1, 2))
  ))
  expect_errors("data", expression(
    gmm_impute(scene, data.frame(u = NA_real_, v = 1, w = "a")),
    gmm_impute(scene, rbind(c(1, NA, 2), c(1, 2, -Inf))),
    gmm_impute(quiet, rbind(c(1, NA, 2), c(1, 2, -Inf))),
    gmm_impute(scene, NULL)
  ))
})
