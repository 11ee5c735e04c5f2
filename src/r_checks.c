/* Checks of what users give that would take R passes over all numbers, and copies
 * of them: each says in one pass whether anything is wrong. What it is, R finds out. */
#include "r_entries.h"
#include "r_util.h"

#include "linalg.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* Numbers between two looks at whether the user wants to stop: milliseconds. */
#define POLL_NUMBERS ((size_t)1 << 22)

/* A divisor of POLL_NUMBERS. */
#define BLOCK 512

#define LOWEST_EXPONENT_BIT (UINT64_C(1) << 52)
#define SIGN_BIT (UINT64_C(1) << 63)

/* The sign bit is set when x is not finite: its exponent is all ones, and one more
 * carries over. */
static inline uint64_t nonfinite(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return (bits & ~SIGN_BIT) + LOWEST_EXPONENT_BIT;
}

/* Their number is constant, so that compilers make vectors of them. */
static uint64_t nonfinite_block(const double *x) {
  uint64_t any = 0;
  for (int i = 0; i < BLOCK; i++) {
    any |= nonfinite(x[i]);
  }
  return any & SIGN_BIT;
}

SEXP C_gmm_finite(SEXP x_) {
  if (TYPEOF(x_) != REALSXP) {
    Rf_error("internal error: not doubles");
  }
  const double *x = REAL_RO(x_);
  size_t n = (size_t)Rf_xlength(x_), i = 0;
  uint64_t any = 0;
  for (; i + BLOCK <= n && !any; i += BLOCK) {
    any = nonfinite_block(x + i);
    if ((i + BLOCK) % POLL_NUMBERS == 0) {
      R_CheckUserInterrupt();
    }
  }
  for (; i < n && !any; i++) {
    any = nonfinite(x[i]) & SIGN_BIT;
  }
  return Rf_ScalarLogical(!any);
}

/* The sums of m rows of an n x k matrix, NaN where a number is negative; notes the
 * columns that are not all zero. */
static void sum_rows(const double *r, size_t n, int k, int m, double *sum, int *held) {
  memset(sum, 0, (size_t)m * sizeof(double));
  for (int j = 0; j < k; j++) {
    const double *column = r + n * (size_t)j;
    for (int t = 0; t < m; t++) {
      sum[t] += column[t] < 0 ? NAN : column[t];
      held[j] |= column[t] != 0;
    }
  }
}

SEXP C_gmm_probabilities(SEXP r_, SEXP tolerance_) {
  size_t n;
  int k;
  const double *r = gmm_r_matrix(r_, 0, &n, &k);
  double tolerance = Rf_asReal(tolerance_);
  /* What adding up k numbers, each rounded, may leave. */
  double rounding = 4 * k * DBL_EPSILON;

  const char *names[] = {"bad", "first", "exact", "held", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  int *held = LOGICAL(gmm_r_column(out, 3, LGLSXP, k));
  memset(held, 0, (size_t)k * sizeof(int));
  double sum[BLOCK];
  int bad = 0, first = NA_INTEGER, exact = 1;
  size_t polled = 0;
  for (size_t i = 0; i < n; i += BLOCK) {
    int m = n - i < BLOCK ? (int)(n - i) : BLOCK;
    sum_rows(r + i, n, k, m, sum, held);
    for (int t = 0; t < m; t++) {
      double away = fabs(sum[t] - 1);
      /* NaN is neither. */
      exact = exact && away <= rounding;
      if (!(away <= tolerance)) {
        first = bad == 0 ? (int)i + t + 1 : first;
        bad++;
      }
    }
    polled += (size_t)m * (size_t)k;
    if (polled > POLL_NUMBERS) {
      polled = 0;
      R_CheckUserInterrupt();
    }
  }
  SET_VECTOR_ELT(out, 0, Rf_ScalarInteger(bad));
  SET_VECTOR_ELT(out, 1, Rf_ScalarInteger(first));
  SET_VECTOR_ELT(out, 2, Rf_ScalarLogical(exact));
  UNPROTECT(1);
  return out;
}

SEXP C_gmm_singular(SEXP covariances_) {
  SEXP dim = Rf_getAttrib(covariances_, R_DimSymbol);
  if (TYPEOF(covariances_) != REALSXP || TYPEOF(dim) != INTSXP || Rf_xlength(dim) != 3 ||
      INTEGER(dim)[0] != INTEGER(dim)[1] || INTEGER(dim)[0] < 1) {
    Rf_error("internal error: not an array of covariances");
  }
  int d = INTEGER(dim)[0], k = INTEGER(dim)[2];
  size_t size = (size_t)d * (size_t)d;
  double *factor = (double *)R_alloc(size, sizeof(double));
  for (int j = 0; j < k; j++) {
    memcpy(factor, REAL_RO(covariances_) + size * (size_t)j, size * sizeof(double));
    if (gmm_cholesky(d, factor) >= 0) {
      return Rf_ScalarInteger(j + 1);
    }
  }
  return Rf_ScalarInteger(NA_INTEGER);
}
