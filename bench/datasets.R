# Real data from R's own packages and some of CRAN's: as they are, without rows that are
# incomplete and columns that are not numeric.

#' A named list of double matrices. Sets whose package is not installed are left out.
real_data <- function() {
  sets <- list(
    iris = quote(datasets::iris[, 1:4]),
    faithful = quote(datasets::faithful),
    quakes = quote(datasets::quakes[, 1:4]),
    airquality = quote(datasets::airquality[, 1:4]),
    swiss = quote(datasets::swiss),
    trees = quote(datasets::trees),
    USArrests = quote(datasets::USArrests),
    rock = quote(datasets::rock),
    LifeCycleSavings = quote(datasets::LifeCycleSavings),
    crabs = quote(MASS::crabs[, 4:8]),
    geyser = quote(MASS::geyser),
    galaxies = quote(data.frame(velocity = MASS::galaxies)),
    Pima = quote(MASS::Pima.tr[, 2:7]),
    mammals = quote(log(MASS::mammals)),
    topo = quote(MASS::topo),
    Cushings = quote(log(MASS::Cushings[, 1:2])),
    UScereal = quote(MASS::UScereal[, 2:6]),
    diabetes = quote(packaged("diabetes", "mclust")[, -1]),
    banknote = quote(packaged("banknote", "mclust")[, -1]),
    thyroid = quote(packaged("thyroid", "mclust")[, -1]),
    acidity = quote(data.frame(acidity = packaged("acidity", "mclust"))),
    wreath = quote(packaged("wreath", "mclust")),
    ruspini = quote(packaged("ruspini", "cluster")),
    xclara = quote(packaged("xclara", "cluster")),
    pluton = quote(packaged("pluton", "cluster")),
    wine = quote(packaged("wine", "gclus")[, -1]),
    body = quote(packaged("body", "gclus")[, 1:8]),
    Glass = quote(packaged("Glass", "mlbench")[, 1:4]),
    Vehicle = quote(packaged("Vehicle", "mlbench")[, 1:8])
  )
  found <- lapply(sets, function(set) tryCatch(eval(set), error = function(e) NULL))
  lapply(found[!vapply(found, is.null, NA)], function(set) {
    x <- as.matrix(set[stats::complete.cases(set), , drop = FALSE])
    storage.mode(x) <- "double"
    dimnames(x) <- list(NULL, colnames(x))
    x
  })
}

#' A data set of a package that does not export it.
packaged <- function(name, package) {
  place <- new.env()
  utils::data(list = name, package = package, envir = place)
  place[[name]]
}
