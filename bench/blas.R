# Which BLAS the contestants run with.

#' The directory of an OpenBLAS that goes by the name of libblas.so.3, or NULL.
openblas_directory <- function() {
  candidates <- c(debian_alternatives(), linker_cache())
  openblas <- candidates[grepl("openblas", candidates)]
  if (length(openblas)) dirname(openblas[[1]])
}

debian_alternatives <- function() {
  if (!nzchar(Sys.which("update-alternatives"))) {
    return(character())
  }
  names <- system2("update-alternatives", "--get-selections", stdout = TRUE)
  blas <- grep("^libblas[.]so[.]3", sub(" .*", "", names), value = TRUE)
  unlist(lapply(blas, function(name) {
    system2("update-alternatives", c("--list", name), stdout = TRUE)
  }))
}

linker_cache <- function() {
  ldconfig <- Sys.which(c("ldconfig", "/sbin/ldconfig"))
  ldconfig <- ldconfig[nzchar(ldconfig)]
  if (!length(ldconfig)) {
    return(character())
  }
  lines <- system2(ldconfig[[1]], "-p", stdout = TRUE)
  sub(".*=> ", "", grep("^\\s*libblas[.]so[.]3 ", lines, value = TRUE))
}

blas_environment <- local({
  found <- NULL
  function() {
    if (is.null(found)) {
      path <- c(openblas_directory(), Sys.getenv("LD_LIBRARY_PATH"))
      found <<- paste0("LD_LIBRARY_PATH=", paste(path[nzchar(path)], collapse = ":"))
    }
    found
  }
})

#' A name for the libraries that a program had loaded.
blas_name <- function(libraries) {
  libraries <- grep("^lib", libraries, value = TRUE)
  openblas <- grep("openblas", libraries, value = TRUE)
  if (length(openblas)) {
    version <- sub(".*-r([0-9.]+)[.]so.*", "\\1", openblas[[1]])
    paste("OpenBLAS", if (version != openblas[[1]]) version)
  } else if (length(libraries)) {
    paste(sort(libraries), collapse = ", ")
  } else {
    "none"
  }
}
