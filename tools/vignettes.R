# Renders the vignettes into vignettes/, with the package as it is in these
# sources, installed for the purpose into a temporary library.

source("tools/common.R")

lib <- tempfile("library-")
dir.create(lib)
.libPaths(c(lib, .libPaths()))
install_package(lib)

for (file in list.files("vignettes", "[.]Rmd$", full.names = TRUE)) {
  out <- rmarkdown::render(file, quiet = TRUE, envir = new.env(parent = globalenv()))
  say("Rendered ", out, ".")
}
