# The figures were recorded with this series of ggplot2; others draw the same
# layers a little differently.
skip_unless_ggplot2_3 <- function() {
  skip_if_not_installed("vdiffr")
  version <- utils::packageVersion("ggplot2")
  skip_if(
    version < "3.4.0" || version >= "3.5.0",
    paste0("figures were recorded with ggplot2 3.4, this is ", version)
  )
}

iris_fit <- function(...) {
  set.seed(1)
  gmm_fit(iris[, 1:4], k = 3, ...)
}

# The data of the layer of a plot with this geom, as ggplot2 draws it.
layer_of <- function(picture, geom, i = 1L) {
  geoms <- vapply(picture$layers, function(layer) class(layer$geom)[[1L]], "")
  ggplot2::layer_data(picture, which(geoms == geom)[[i]])
}

panels_of <- function(picture) {
  ggplot2::ggplot_build(picture)$layout$layout
}

# In one line.
caption_of <- function(picture) {
  gsub("\n", " ", ggplot2::ggplot_build(picture)$plot$labels$caption)
}

# Three groups that answer d questions by whole numbers from 1 to 5.
survey <- function(d = 3, n = 400) {
  set.seed(42)
  group <- sample(3, n, TRUE)
  means <- matrix(sample(c(1.8, 3, 4.2), 3 * d, TRUE), 3)
  x <- round(means[group, ] + rnorm(n * d, 0, 0.8))
  matrix(pmin(5, pmax(1, x)), n, dimnames = list(NULL, paste0("item", seq_len(d))))
}

test_that("there is a panel for every pair of variables", {
  picture <- autoplot(iris_fit())
  expect_s3_class(picture, "ggplot")
  layout <- panels_of(picture)
  expect_identical(nrow(layout), 16L)
  expect_identical(levels(layout$column), names(iris)[1:4])
  expect_identical(nrow(layer_of(picture, "GeomPoint")), 150L * 12L)
})

test_that("an ellipse has the Mahalanobis radius of its level in its margin", {
  fit <- iris_fit()
  for (level in c(0.5, 0.95)) {
    picture <- autoplot(fit, level = level)
    layout <- panels_of(picture)
    ellipses <- layer_of(picture, "GeomPolygon")
    expect_identical(nrow(unique(ellipses[c("PANEL", "group")])), 36L)
    worst <- 0
    for (part in split(ellipses, ellipses[c("PANEL", "group")], drop = TRUE)) {
      panel <- layout[layout$PANEL == part$PANEL[[1L]], ]
      pair <- c(as.character(panel$column), as.character(panel$row))
      j <- part$group[[1L]]
      distance <- mahalanobis(
        cbind(part$x, part$y), fit$means[j, pair], fit$covariances[pair, pair, j]
      )
      worst <- max(worst, abs(distance - qchisq(level, 2)))
    }
    expect_lt(worst, 1e-8)
  }
})

test_that("the ellipse of a singular component is a segment", {
  r <- cholesky_2x2(matrix(c(4, 2, 2, 1), 2))
  expect_equal(crossprod(r), matrix(c(4, 2, 2, 1), 2))
  expect_equal(crossprod(cholesky_2x2(diag(c(0, 9)))), diag(c(0, 9)))
})

test_that("densities of components integrate to their proportions", {
  fit <- iris_fit()
  integral <- function(x, y) sum(diff(x) * (y[-1] + y[-length(y)]) / 2)
  picture <- autoplot(fit, variables = "Petal.Width")

  components <- layer_of(picture, "GeomRibbon")
  shares <- vapply(
    split(components, components$group), function(part) integral(part$x, part$ymax), 0
  )
  # The curves reach three standard deviations.
  expect_equal(unname(shares), unname(fit$proportions) * (1 - 2 * pnorm(-3)), tolerance = 1e-4)

  mixture <- layer_of(picture, "GeomLine")
  expect_equal(integral(mixture$x, mixture$y), 1, tolerance = 5e-3)
  expect_equal(
    mixture$y,
    rowSums(sapply(1:3, function(j) {
      fit$proportions[[j]] *
        dnorm(mixture$x, fit$means[j, 4], sqrt(fit$covariances[4, 4, j]))
    }))
  )

  bars <- layer_of(picture, "GeomRect")
  expect_equal(sum((bars$xmax - bars$xmin) * (bars$ymax - bars$ymin)), 1)
})

test_that("the diagonal is scaled to the variable of its row", {
  picture <- autoplot(iris_fit())
  layout <- panels_of(picture)
  points <- layer_of(picture, "GeomPoint")
  ellipses <- layer_of(picture, "GeomPolygon")
  mixture <- layer_of(picture, "GeomLine")
  for (i in 1:4) {
    in_row <- layout$PANEL[layout$ROW == i]
    span <- range(points$y[points$PANEL %in% in_row], ellipses$y[ellipses$PANEL %in% in_row])
    curve <- mixture[mixture$PANEL == layout$PANEL[layout$ROW == i & layout$COL == i], ]
    expect_equal(max(curve$y), span[[2L]])
    expect_true(all(curve$y >= span[[1L]]))
  }
})

test_that("points have the colour of their component", {
  fit <- iris_fit()
  points <- layer_of(autoplot(fit, variables = 1:2), "GeomPoint")
  colours <- class_colours(1:3)
  expect_identical(points$colour[1:150], unname(colours[fit$classification]))
})

test_that("with truth, points have the colour of their class, the mixture none", {
  truth <- as.character(iris$Species)
  picture <- autoplot(iris_fit(), truth = truth)
  points <- layer_of(picture, "GeomPoint")
  colours <- class_colours(levels(iris$Species))
  expect_identical(points$colour[1:150], unname(colours[truth]))
  expect_identical(unique(layer_of(picture, "GeomPolygon")$colour), neutral_grey)
  scale <- ggplot2::ggplot_build(picture)$plot$scales$get_scales("colour")
  expect_identical(scale$name, "Known class")
  expect_identical(scale$get_labels(), paste0(levels(iris$Species), " (50)"))
})

test_that("with truth, the bars of one variable add up to the histogram", {
  fit <- iris_fit()
  truth <- replace(iris$Species, 1:10, NA)
  bars <- layer_of(autoplot(fit, variables = 3, truth = truth), "GeomRect")
  expect_equal(sum((bars$xmax - bars$xmin) * (bars$ymax - bars$ymin)), 1)
  plain <- layer_of(autoplot(fit, variables = 3), "GeomRect")
  expect_equal(
    unname(c(tapply(bars$ymax, bars$xmin, max))), plain$ymax[order(plain$xmin)]
  )
})

test_that("colours differ and stay legible for many components", {
  for (k in c(1, 3, 8, 9, 20)) {
    expect_identical(anyDuplicated(class_colours(seq_len(k))), 0L)
  }
})

test_that("more rows than max_points are thinned evenly, and the caption says so", {
  fit <- iris_fit()
  picture <- autoplot(fit, variables = 1:2, max_points = 50)
  points <- layer_of(picture, "GeomPoint")
  rows <- round(seq(1, 150, length.out = 50))
  # The first panel off the diagonal has the second variable across.
  expect_identical(points$x[1:50], iris$Sepal.Width[rows])
  expect_identical(nrow(points), 100L)
  expect_match(caption_of(picture), "50 of 150 rows", fixed = TRUE)
  expect_no_match <- function(x, pattern) expect_false(grepl(pattern, x, fixed = TRUE))
  expect_no_match(caption_of(autoplot(fit)), "Points:")
})

test_that("of many variables six are shown, and the caption says so", {
  mixture <- gmm_mixture(
    c(0.5, 0.5), matrix(0:1, 2, 8, dimnames = list(NULL, letters[1:8])),
    array(diag(8), c(8, 8, 2))
  )
  picture <- autoplot(mixture)
  expect_identical(nrow(panels_of(picture)), 36L)
  expect_match(caption_of(picture), "The first 6 of 8 variables", fixed = TRUE)
  expect_identical(nrow(panels_of(autoplot(mixture, variables = 1:7))), 49L)
})

test_that("variables are shown in the order asked for", {
  layout <- panels_of(autoplot(iris_fit(), variables = c("Petal.Width", "Sepal.Length")))
  expect_identical(levels(layout$column), c("Petal.Width", "Sepal.Length"))
})

test_that("without data there are ellipses and densities only", {
  fit <- iris_fit(keep_data = FALSE)
  picture <- autoplot(fit)
  geoms <- vapply(picture$layers, function(layer) class(layer$geom)[[1L]], "")
  expect_false("GeomRug" %in% geoms)
  # The one layer of points are the means.
  expect_identical(nrow(layer_of(picture, "GeomPoint")), 36L)
  expect_error(autoplot(fit, truth = iris$Species), class = "gaussmix_error_no_data")
  expect_silent(ggplot2::ggplotGrob(autoplot(fit, variables = 2)))
})

test_that("the trace shows every iteration and the value at its end", {
  fit <- iris_fit()
  picture <- autoplot(fit, type = "trace")
  line <- layer_of(picture, "GeomLine")
  expect_equal(line$x, 0:fit$n_iter)
  expect_equal(line$y, fit$loglik_trace)
  expect_identical(layer_of(picture, "GeomText")$label, format_number(fit$loglik))
  expect_true(all(whole_breaks(c(0, 3)) %% 1 == 0))
})

test_that("every kind of plot is drawn without a message or a random number", {
  fit <- iris_fit()
  set.seed(5)
  state <- .Random.seed
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  expect_silent({
    for (picture in list(
      autoplot(fit), autoplot(fit, truth = iris$Species),
      autoplot(fit, variables = 1), autoplot(fit, variables = 1, truth = iris$Species),
      autoplot(fit, type = "trace"), autoplot(fit, truth = replace(iris$Species, 1, NA))
    )) {
      ggplot2::ggplotGrob(picture)
    }
  })
  expect_identical(.Random.seed, state)
})

test_that("plot prints what autoplot makes and returns it invisibly", {
  fit <- iris_fit()
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  shown <- withVisible(plot(fit, type = "trace"))
  expect_false(shown$visible)
  expect_s3_class(shown$value, "ggplot")
})

test_that("long names are broken where words end", {
  wrap <- wrap_names(6)
  expect_identical(
    wrap(c("Sepal.Length", "x", "verylongwithoutend")),
    c("Sepal.\nLength", "x", "verylong\nwithoute\nnd")
  )
})

test_that("rows that tie heavily are spread, each near its values", {
  x <- survey()
  fit <- gmm_fit(x, k = 3)
  picture <- autoplot(fit, variables = 1:2)
  points <- layer_of(picture, "GeomPoint")[1:400, ]
  off <- cbind(points$x, points$y) - x[, 2:1]
  expect_lte(max(sqrt(rowSums(off^2))), disc_reach)
  expect_identical(anyDuplicated(points[c("x", "y")]), 0L)
  expect_match(caption_of(picture), "same values are spread", fixed = TRUE)

  rug <- layer_of(picture, "GeomRug")
  expect_equal(nrow(rug), 800)
  expect_identical(anyDuplicated(rug[c("PANEL", "x")]), 0L)
})

test_that("rows are at their values where ties are few", {
  picture <- autoplot(iris_fit(), variables = 3:4)
  points <- layer_of(picture, "GeomPoint")
  expect_identical(points$x[1:150], iris$Petal.Width)
  expect_identical(points$y[1:150], iris$Petal.Length)
  expect_false(grepl("spread", caption_of(picture)))
  expect_null(spread_ties(1:4, c(1, 1, 2, 2), factor(1:4)))
  # As many as a picture may have: pairs of all their values would be 1e10.
  many <- seq_len(1e5)
  expect_null(spread_ties(many / 7, sqrt(many), factor(rep(1, 1e5))))
})

test_that("ties are spread with missing and with constant values", {
  x <- c(1, 1, 1, 2, 2, 2, NA)
  place <- spread_ties(x, c(3, 3, 3, 3, 3, NA, 3), factor(rep(1, 7)))
  expect_identical(place$x[6:7], x[6:7])
  expect_identical(place$y, c(3, 3, 3, 3, 3, NA, 3))
  expect_identical(anyDuplicated(place$x[1:5]), 0L)
  # What differs by rounding is a tie.
  y <- c(0.3, 3 * 0.1, 1)
  expect_identical(length(unique(value_id(y))), 2L)
  expect_equal(spacing(y), 0.7)
  expect_identical(spacing(c(2, 2)), 0)
})

test_that("the bars of discrete values are centred on them", {
  x <- survey()
  bars <- layer_of(autoplot(gmm_fit(x, k = 3), variables = 1), "GeomRect")
  expect_equal((bars$xmin + bars$xmax) / 2, 1:5)
  expect_equal(bars$ymax, tabulate(x[, 1], 5) / 400)

  # Of many values a bar holds the same number each, with edges between them.
  breaks <- discrete_breaks(rep(seq(0, 40), 3), 10)
  expect_equal(diff(breaks), rep(4, 11))
  expect_equal(breaks[[1L]], -0.5)
  expect_gt(max(breaks), 40)
  expect_false(is_discrete(1:40))
  expect_false(is_discrete(rep(1, 40)))
})

test_that("captions fit a small figure", {
  for (picture in list(autoplot(iris_fit()), autoplot(iris_fit(), variables = 1))) {
    lines <- strsplit(ggplot2::ggplot_build(picture)$plot$labels$caption, "\n")[[1L]]
    expect_true(all(nchar(lines) < caption_width))
  }
})

test_that("breaks keep away from the ends of the axis", {
  for (limits in list(c(0, 1), c(4.1, 7.9), c(-1e5, 3e5), c(0, 7.5))) {
    breaks <- inner_breaks(limits)
    expect_gte(length(breaks), 2)
    expect_true(all(breaks > limits[1] & breaks < limits[2]))
  }
})

test_that("arguments that do not fit are errors that say so", {
  fit <- iris_fit()
  mixture <- gmm_mixture(c(1), rbind(c(a = 0, b = 0)), array(diag(2), c(2, 2, 1)))
  expect_snapshot(error = TRUE, {
    autoplot(fit, type = "pair")
    autoplot(fit, variables = "Sepal.Lenght")
    autoplot(fit, variables = c("unheard", "of"))
    autoplot(fit, variables = 5)
    autoplot(fit, variables = c(1, 1))
    autoplot(fit, variables = TRUE)
    autoplot(fit, truth = iris$Species[1:3])
    autoplot(fit, truth = iris)
    autoplot(fit, level = 1)
    autoplot(fit, max_points = 0)
    autoplot(fit, colour = "red")
    autoplot(fit, type = "trace", truth = iris$Species)
    autoplot(mixture, type = "trace")
  })
  expect_error(autoplot(fit, variables = "no"), class = "gaussmix_error_input")
  expect_error(autoplot(mixture, type = "trace"), class = "gaussmix_error_input")
})

test_that("figures are as recorded", {
  skip_unless_ggplot2_3()
  fit <- iris_fit()
  # Rounded, so that the last bits of a platform do not change the figure.
  for (part in c("proportions", "means", "covariances", "loglik")) {
    fit[[part]] <- round(fit[[part]], 3)
  }
  vdiffr::expect_doppelganger("iris pairs", autoplot(fit, variables = 3:4))
  vdiffr::expect_doppelganger(
    "iris pairs with truth", autoplot(fit, variables = 3:4, truth = iris$Species)
  )
  vdiffr::expect_doppelganger("iris marginal", autoplot(fit, variables = 3))
  # Ties, without a fit whose last bits could change a figure.
  items <- fit
  items$data <- survey(4, 150)
  colnames(items$data) <- colnames(iris)[1:4]
  vdiffr::expect_doppelganger(
    "ties with truth", autoplot(items, variables = 1:2, truth = iris$Species)
  )
})
