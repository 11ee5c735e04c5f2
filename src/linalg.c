#include "linalg.h"

#ifndef USE_FC_LEN_T
#define USE_FC_LEN_T
#endif
#include <R_ext/BLAS.h>
#include <R_ext/Lapack.h>
#ifndef FCONE
#define FCONE
#endif
#include <math.h>
#include <string.h>

/*
 * Left-looking, by columns. LAPACK's dpotrf has no pivot threshold: rounding
 * lets it accept a singular matrix, whose factor is then noise.
 */
int gmm_cholesky(int d, double *a) {
  size_t D = (size_t)d;
  for (int b = 0; b < d; b++) {
    double *col = a + D * b;
    double before = col[b];
    for (int c = 0; c < b; c++) {
      const double *done = a + D * c;
      double l_bc = done[b];
      for (int e = b; e < d; e++) {
        col[e] -= done[e] * l_bc;
      }
    }
    if (!(col[b] > GMM_PIVOT_EPS * before) || !isfinite(col[b])) {
      return b;
    }
    double root = sqrt(col[b]);
    for (int e = b; e < d; e++) {
      col[e] /= root;
    }
  }
  return -1;
}

void gmm_invert_lower(int d, double *l) {
  int info = 0;
  F77_CALL(dtrtri)("L", "N", &d, l, &d, &info FCONE FCONE);
}

double gmm_log_diagonal(int d, const double *l) {
  double sum = 0;
  for (int a = 0; a < d; a++) {
    sum += log(l[a + (size_t)d * a]);
  }
  return sum;
}

void gmm_symmetrise(int d, double *a) {
  size_t D = (size_t)d;
  for (int b = 1; b < d; b++) {
    for (int c = 0; c < b; c++) {
      a[c + D * b] = a[b + D * c];
    }
  }
}

/* LAPACK's dsyev wants 3 d - 1; more room lets it work by blocks. */
static size_t syev_work(int d) {
  return 34 * (size_t)d;
}

size_t gmm_min_ratio_work(int d) {
  size_t D = (size_t)d;
  return D * D + D + syev_work(d);
}

double gmm_min_ratio(int d, const double *inv_chol_a, const double *b, double *work) {
  size_t D = (size_t)d;
  double *m = work, *values = m + D * D, *rest = values + D;
  double one = 1;
  int info = 0, lwork = (int)syev_work(d);
  /* M = L^-1 B L^-T has the eigenvalues of B relative to A = L L'. */
  memcpy(m, b, D * D * sizeof(double));
  gmm_symmetrise(d, m);
  F77_CALL(dtrmm)("L", "L", "N", "N", &d, &d, &one, inv_chol_a, &d, m, &d FCONE FCONE FCONE FCONE);
  F77_CALL(dtrmm)("R", "L", "T", "N", &d, &d, &one, inv_chol_a, &d, m, &d FCONE FCONE FCONE FCONE);
  F77_CALL(dsyev)("N", "L", &d, m, &d, values, rest, &lwork, &info FCONE FCONE);
  return info == 0 ? values[0] : NAN;
}
