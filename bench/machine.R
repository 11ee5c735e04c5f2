# What a part of the results was measured on and with.

machine_rows <- function(part, programs, blas) {
  versions <- vapply(programs, function(program) {
    if (is.null(program$version)) NA_character_ else program$version
  }, "")
  items <- c(
    processor = processor(),
    processors = as.character(parallel::detectCores()),
    memory = memory(),
    system = system_name(),
    R = paste0(R.version$major, ".", R.version$minor),
    compiler = compiler(),
    # Where R itself was built is nobody's concern.
    flags = gsub(" -ffile-prefix-map=\\S+", "", paste(r_config("CFLAGS"), collapse = " ")),
    date = format(Sys.Date()),
    stats::setNames(versions, paste("version of", names(programs))),
    stats::setNames(blas, if (length(blas)) paste("BLAS of", names(blas)))
  )
  items <- items[!is.na(items)]
  data.frame(part = part, item = names(items), value = unname(items))
}

processor <- function() {
  lines <- grep("^model name", read_lines("/proc/cpuinfo"), value = TRUE)
  if (length(lines)) sub(".*: ", "", lines[[1]]) else "unknown"
}

memory <- function() {
  line <- grep("^MemTotal", read_lines("/proc/meminfo"), value = TRUE)
  if (length(line)) sprintf("%.0f GB", as.double(gsub("[^0-9]", "", line)) / 2^20) else "unknown"
}

system_name <- function() {
  name <- grep("^PRETTY_NAME", read_lines("/etc/os-release"), value = TRUE)
  if (length(name)) gsub("PRETTY_NAME=|\"", "", name) else Sys.info()[["sysname"]]
}

compiler <- function() {
  cc <- strsplit(r_config("CC"), " ")[[1]][[1]]
  system2(cc, "--version", stdout = TRUE)[[1]]
}

r_config <- function(what) {
  system2(file.path(R.home("bin"), "R"), c("CMD", "config", what), stdout = TRUE)
}

read_lines <- function(file) {
  if (file.exists(file)) readLines(file, warn = FALSE) else character()
}
