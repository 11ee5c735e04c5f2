# What runs the passes over the rows: how many threads, and which instructions.

# Numbered as gmm_simd in src/simd.h.
simd_levels <- c("baseline" = 0L, "AVX2" = 1L, "AVX-512" = 2L)

# As .Call takes it: 0 is the most threads there are, -1 the widest instructions.
# What `control` leaves open, options say, which are read anew in every call.
choose_engine <- function(control = NULL, call = rlang::caller_env()) {
  simd <- control$simd %||% simd_option(call)
  list(
    threads = control$threads %||% threads_option(call) %||% 0L,
    simd = if (is.null(simd)) -1L else simd_levels[[simd]]
  )
}

# NULL where the option is not set.
threads_option <- function(call) {
  threads <- getOption("gaussmix.threads")
  if (!is.null(threads)) check_count(threads, arg = "options(gaussmix.threads = )", call = call)
}

simd_option <- function(call) {
  simd <- getOption("gaussmix.simd")
  if (!is.null(simd)) check_simd(simd, "options(gaussmix.simd = )", call)
}

# The name of an instruction set that this computer has; case and hyphen are free.
check_simd <- function(x, arg, call, available = .Call(C_gmm_info)$simd) {
  known <- names(simd_levels)
  bare <- function(name) tolower(gsub("-", "", name, fixed = TRUE))
  name <- if (is_name(x)) known[match(bare(x), bare(known))]
  if (is.null(name) || is.na(name)) {
    given <- if (is_name(x)) "{.val {x}}" else "{.obj_type_friendly {x}}"
    gmm_abort(
      paste0("{.arg {arg}} must be {.or {.val {known}}}, not ", given, "."),
      "input", call = call
    )
  }
  if (!name %in% available) {
    gmm_abort(
      c(
        "{.arg {arg}} asks for {.val {name}} instructions, which are not available here.",
        i = "{.fn gmm_info} lists those that are: {.val {available}}."
      ),
      "input", call = call
    )
  }
  name
}
