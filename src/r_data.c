/* The data of a data frame as the matrix that the core works on, and what its columns are like. */
#include "r_entries.h"
#include "r_util.h"
#include "steps.h"

/* Integers and logical values that are converted at once. */
#define CHUNK 1024

/* Whole numbers come by the chunk: a sequence that R has as its ends stays so. */
static void integers_in(SEXP column, R_xlen_t n, double *to) {
  int chunk[CHUNK];
  for (R_xlen_t i = 0; i < n; i += CHUNK) {
    R_xlen_t m = TYPEOF(column) == INTSXP ? INTEGER_GET_REGION(column, i, CHUNK, chunk)
                                          : LOGICAL_GET_REGION(column, i, CHUNK, chunk);
    for (R_xlen_t t = 0; t < m; t++) {
      to[i + t] = chunk[t] == NA_INTEGER ? NA_REAL : chunk[t];
    }
  }
}

/* Before there is memory for them. */
static void check_columns(SEXP columns, int d, R_xlen_t n) {
  for (int a = 0; a < d; a++) {
    SEXP column = VECTOR_ELT(columns, a);
    int type = TYPEOF(column);
    if (type != REALSXP && type != INTSXP && type != LGLSXP) {
      Rf_error("internal error: a column is not numeric");
    }
    if (Rf_xlength(column) != n) {
      Rf_error("internal error: a column has the wrong length");
    }
  }
}

SEXP C_gmm_columns(SEXP columns_, SEXP n_) {
  if (TYPEOF(columns_) != VECSXP || TYPEOF(n_) != INTSXP || Rf_xlength(n_) != 1 ||
      INTEGER(n_)[0] < 0) {
    Rf_error("internal error: not a list of columns and their length");
  }
  R_xlen_t n = INTEGER(n_)[0];
  int d = Rf_length(columns_);
  check_columns(columns_, d, n);
  SEXP out = PROTECT(Rf_allocMatrix(REALSXP, (int)n, d));
  gmm_r_fresh(REAL(out), (size_t)n * (size_t)d * sizeof(double));
  for (int a = 0; a < d; a++) {
    SEXP column = VECTOR_ELT(columns_, a);
    double *to = REAL(out) + n * a;
    if (TYPEOF(column) == REALSXP) {
      REAL_GET_REGION(column, 0, n, to);
    } else {
      integers_in(column, n, to);
    }
    R_CheckUserInterrupt();
  }
  UNPROTECT(1);
  return out;
}

SEXP C_gmm_steps(SEXP x_, SEXP weights_) {
  size_t n;
  int d;
  const double *x = gmm_r_matrix(x_, 0, &n, &d), *weight = NULL;
  if (weights_ != R_NilValue) {
    if (TYPEOF(weights_) != REALSXP || (size_t)Rf_xlength(weights_) != n) {
      Rf_error("internal error: weights have the wrong type or length");
    }
    weight = REAL_RO(weights_);
  }
  const char *names[] = {"step", "rounding", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  double *step = REAL(gmm_r_column(out, 0, REALSXP, d));
  double *rounding = REAL(gmm_r_column(out, 1, REALSXP, d));
  for (int a = 0; a < d; a++) {
    const double *column = x + n * (size_t)a;
    step[a] = gmm_steps_find(n, column);
    rounding[a] = gmm_steps_rounding(step[a], n, column, weight);
    R_CheckUserInterrupt();
  }
  UNPROTECT(1);
  return out;
}
