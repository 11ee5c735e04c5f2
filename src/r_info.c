/* What the package runs on, for R. */
#include "r_entries.h"
#include "r_util.h"

#include "parallel.h"
#include "simd.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "unknown"
#endif

/* Character and integer vectors: the names of the instruction sets that there are, and
 * the doubles that each works on at once. */
static void instructions_out(SEXP out) {
  int there[GMM_SIMD_LEVELS], n = 0;
  for (int level = GMM_SIMD_BASELINE; level < GMM_SIMD_LEVELS; level++) {
    if (gmm_simd_available((gmm_simd)level)) {
      there[n++] = level;
    }
  }
  SEXP name = gmm_r_column(out, 0, STRSXP, n);
  SEXP lanes = gmm_r_column(out, 1, INTSXP, n);
  for (int i = 0; i < n; i++) {
    SET_STRING_ELT(name, i, Rf_mkChar(gmm_simd_name((gmm_simd)there[i])));
    INTEGER(lanes)[i] = gmm_simd_lanes((gmm_simd)there[i]);
  }
}

SEXP C_gmm_info(void) {
  const char *names[] = {"simd",        "lanes",    "simd_default",
                         "threads_max", "openmp",   "processors",
                         "forked",      "compiler", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  instructions_out(out);
  SET_VECTOR_ELT(out, 2, Rf_mkString(gmm_simd_name(gmm_simd_widest())));
  SET_VECTOR_ELT(out, 3, Rf_ScalarInteger(gmm_threads_max()));
  SET_VECTOR_ELT(out, 4, Rf_ScalarLogical(gmm_threads_openmp() != 0));
  SET_VECTOR_ELT(out, 5, Rf_ScalarInteger(gmm_threads_processors()));
  SET_VECTOR_ELT(out, 6, Rf_ScalarLogical(gmm_threads_forked() != 0));
  SET_VECTOR_ELT(out, 7, Rf_mkString(COMPILER));
  UNPROTECT(1);
  return out;
}

SEXP C_gmm_forked(void) {
  gmm_threads_init(1);
  return R_NilValue;
}
