# Passes when what is evaluated allocates vectors of these sizes in bytes, up to
# a header, and no others of a size that grows with the data.
expect_allocates <- function(object, bytes, threshold = 50000) {
  skip_if_not(capabilities("profmem"))
  expr <- substitute(object)
  env <- parent.frame()
  # Not what R allocates when it first meets a function.
  eval(expr, env)
  log <- tempfile()
  on.exit({
    utils::Rprofmem(NULL)
    unlink(log)
  })
  utils::Rprofmem(log, threshold = threshold)
  eval(expr, env)
  utils::Rprofmem(NULL)
  found <- as.double(sub(" :.*", "", grep("^[0-9]", readLines(log), value = TRUE)))
  expect(
    length(found) == length(bytes) && all(abs(sort(found) - sort(bytes)) < 1000),
    paste0(
      deparse(expr, width.cutoff = 500)[1], " should allocate (",
      paste(bytes, collapse = ", "), ") bytes, but allocated (", paste(found, collapse = ", "), ")."
    )
  )
}
