# Fits the iris data and draws the fit:
#
#   Rscript tools/iris.R [file]
#
# The package is installed from these sources first.

source("tools/common.R")

file <- commandArgs(trailingOnly = TRUE)
file <- if (length(file)) file[[1L]] else "iris-pairs.png"

lib <- writable_library()
.libPaths(c(lib, .libPaths()))
install_package(lib)
library(package, character.only = TRUE)

fit <- gmm_fit(iris[, 1:4], k = 3)
print(fit)

# A known size and resolution: the defaults depend on the graphics device.
ggplot2::ggsave(file, ggplot2::autoplot(fit), width = 9, height = 8, dpi = 150)
say("The pairs plot is in ", normalizePath(file), ".")
