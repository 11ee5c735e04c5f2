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

/* From the last column back: what is below and right of it is inverted already, and is
 * applied to it. LAPACK's dtrtri does the same, but takes its time over small ones. */
void gmm_invert_lower(int d, double *l) {
  size_t D = (size_t)d;
  for (size_t j = D; j-- > 0;) {
    double *column = l + D * j, pivot = 1 / column[j];
    for (size_t c = D; c-- > j + 1;) {
      const double *done = l + D * c;
      double x = column[c];
      for (size_t e = c + 1; e < D; e++) {
        column[e] += x * done[e];
      }
      column[c] = x * done[c];
    }
    for (size_t e = j + 1; e < D; e++) {
      column[e] *= -pivot;
    }
    column[j] = pivot;
  }
}

double gmm_log_diagonal(int d, const double *l) {
  double sum = 0;
  for (int a = 0; a < d; a++) {
    sum += log(l[a + (size_t)d * a]);
  }
  return sum;
}

void gmm_cholesky_solve(int d, const double *l, double *b) {
  int one = 1;
  F77_CALL(dtrsv)("L", "N", "N", &d, l, &d, b, &one FCONE FCONE FCONE);
  F77_CALL(dtrsv)("L", "T", "N", &d, l, &d, b, &one FCONE FCONE FCONE);
}

void gmm_symmetrise(int d, double *a) {
  size_t D = (size_t)d;
  for (int b = 1; b < d; b++) {
    for (int c = 0; c < b; c++) {
      a[c + D * b] = a[b + D * c];
    }
  }
}

/* K B first, a column after the other, of which the rows from the diagonal on are wanted; then
 * times K', from the last column back. BLAS takes its time over small ones, and for locks. */
void gmm_whiten(int d, const double *k, const double *b, double *out) {
  size_t D = (size_t)d;
  memcpy(out, b, D * D * sizeof(double));
  gmm_symmetrise(d, out);
  for (size_t c = 0; c < D; c++) {
    double *column = out + D * c;
    for (size_t f = D; f-- > 0;) {
      double x = column[f];
      column[f] = f < c ? 0 : k[f + D * f] * x;
      for (size_t a = f < c ? c : f + 1; a < D; a++) {
        column[a] += k[a + D * f] * x;
      }
    }
  }
  for (size_t c = D; c-- > 0;) {
    double *column = out + D * c;
    for (size_t a = c; a < D; a++) {
      column[a] *= k[c + D * c];
    }
    for (size_t e = 0; e < c; e++) {
      for (size_t a = c; a < D; a++) {
        column[a] += out[a + D * e] * k[c + D * e];
      }
    }
  }
  gmm_symmetrise(d, out);
}

void gmm_rotate(int d, const double *q, const double *b, double *out, double *work) {
  double one = 1, zero = 0;
  F77_CALL(dsymm)("L", "L", &d, &d, &one, b, &d, q, &d, &zero, work, &d FCONE FCONE);
  F77_CALL(dgemm)("T", "N", &d, &d, &d, &one, q, &d, work, &d, &zero, out, &d FCONE FCONE);
  gmm_symmetrise(d, out);
}

void gmm_orthonormalise(int d, double *q) {
  size_t D = (size_t)d;
  int one = 1;
  for (size_t b = 0; b < D; b++) {
    double *column = q + D * b;
    for (size_t c = 0; c < b; c++) {
      double minus = -F77_CALL(ddot)(&d, q + D * c, &one, column, &one);
      F77_CALL(daxpy)(&d, &minus, q + D * c, &one, column, &one);
    }
    double by = 1 / F77_CALL(dnrm2)(&d, column, &one);
    F77_CALL(dscal)(&d, &by, column, &one);
  }
}

void gmm_compose(int d, const double *q, const double *values, double *out, double *work) {
  size_t D = (size_t)d;
  double one = 1, zero = 0;
  for (size_t b = 0; b < D; b++) {
    double root = sqrt(values[b]);
    for (size_t a = 0; a < D; a++) {
      work[a + D * b] = q[a + D * b] * root;
    }
  }
  F77_CALL(dsyrk)("L", "N", &d, &d, &one, work, &d, &zero, out, &d FCONE FCONE);
}

/* LAPACK's dsyev wants 3 d - 1; more room lets it work by blocks. */
static size_t syev_work(int d) {
  return 34 * (size_t)d;
}

size_t gmm_eigen_work(int d) {
  size_t D = (size_t)d;
  return D * D + D + syev_work(d);
}

int gmm_eigen(int d, const double *a, double *vectors, double *values, double *work) {
  size_t D = (size_t)d;
  double *m = work, *found = m + D * D, *rest = found + D;
  int info = 0, lwork = (int)syev_work(d);
  /* LAPACK works from the first row down, and keeps small eigenvalues when it
   * meets the large variances first. `values` holds that order meanwhile. */
  double *order = values;
  for (int i = 0; i < d; i++) {
    int at = i;
    while (at > 0 && a[(size_t)order[at - 1] * (D + 1)] < a[(size_t)i * (D + 1)]) {
      order[at] = order[at - 1];
      at--;
    }
    order[at] = i;
  }
  for (size_t c = 0; c < D; c++) {
    for (size_t b = c; b < D; b++) {
      size_t i = (size_t)order[b], j = (size_t)order[c];
      m[b + D * c] = i > j ? a[i + D * j] : a[j + D * i];
    }
  }
  F77_CALL(dsyev)("V", "L", &d, m, &d, found, rest, &lwork, &info FCONE FCONE);
  for (size_t c = 0; c < D; c++) {
    for (size_t b = 0; b < D; b++) {
      vectors[(size_t)order[b] + D * c] = m[b + D * c];
    }
  }
  memcpy(values, found, D * sizeof(double));
  return info;
}

int gmm_exceeds(int d, const double *inv_chol_a, const double *b, double ratio, double *work) {
  /* M = L^-1 B L^-T has the eigenvalues of B relative to A = L L'. */
  gmm_whiten(d, inv_chol_a, b, work);
  for (size_t a = 0; a < (size_t)d; a++) {
    work[a * ((size_t)d + 1)] -= ratio;
  }
  return gmm_cholesky(d, work) < 0;
}
