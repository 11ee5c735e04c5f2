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

#include "columns.h"

/* Up to so many variables plain loops are done before BLAS and LAPACK have begun: they look at
 * their arguments first, and OpenBLAS at its locks. */
#define SMALL 16

/*
 * Left-looking, by columns. LAPACK's dpotrf has no pivot threshold: rounding
 * lets it accept a singular matrix, whose factor is then noise.
 */
int gmm_cholesky(int d, double *a) {
  size_t D = (size_t)d;
  for (size_t b = 0; b < D; b++) {
    double *col = a + D * b;
    double before = col[b];
    for (size_t c = 0; c < b; c++) {
      const double *done = a + D * c;
      gmm_add(D - b, -done[b], done + b, col + b);
    }
    if (!(col[b] > GMM_PIVOT_EPS * before) || !isfinite(col[b])) {
      return (int)b;
    }
    gmm_divide(D - b, sqrt(col[b]), col + b);
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
      gmm_add(D - c - 1, x, done + c + 1, column + c + 1);
      column[c] = x * done[c];
    }
    for (size_t e = j + 1; e < D; e++) {
      column[e] *= -pivot;
    }
    column[j] = pivot;
  }
}

/* Far from what would overflow, or vanish, with one more factor. */
#define LARGE 1e50

double gmm_sum_logs(int n, const double *x, size_t step) {
  double sum = 0, product = 1;
  for (size_t i = 0; i < (size_t)n; i++) {
    product *= x[step * i];
    if (!(product < LARGE && product > 1 / LARGE)) {
      sum += log(product);
      product = 1;
    }
  }
  return sum + log(product);
}

double gmm_log_diagonal(int d, const double *l) {
  return gmm_sum_logs(d, l, (size_t)d + 1);
}

void gmm_cholesky_solve(int d, const double *l, double *b) {
  size_t D = (size_t)d;
  int one = 1;
  if (d <= SMALL) {
    for (size_t a = 0; a < D; a++) {
      b[a] /= l[a + D * a];
      for (size_t e = a + 1; e < D; e++) {
        b[e] -= l[e + D * a] * b[a];
      }
    }
    for (size_t a = D; a-- > 0;) {
      for (size_t e = a + 1; e < D; e++) {
        b[a] -= l[e + D * a] * b[e];
      }
      b[a] /= l[a + D * a];
    }
    return;
  }
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
      size_t from = f < c ? c : f + 1;
      column[f] = f < c ? 0 : k[f + D * f] * x;
      gmm_add(D - from, x, k + from + D * f, column + from);
    }
  }
  for (size_t c = D; c-- > 0;) {
    double *column = out + D * c;
    for (size_t a = c; a < D; a++) {
      column[a] *= k[c + D * c];
    }
    for (size_t e = 0; e < c; e++) {
      gmm_add(D - c, k[c + D * e], out + c + D * e, column + c);
    }
  }
  gmm_symmetrise(d, out);
}

void gmm_transposed_times(int d, const double *l, const double *q, double *out) {
  size_t D = (size_t)d;
  double one = 1;
  if (d <= SMALL) {
    for (size_t c = 0; c < D; c++) {
      for (size_t b = 0; b < D; b++) {
        out[b + D * c] = gmm_dot(D - b, l + b + D * b, q + b + D * c);
      }
    }
    return;
  }
  memcpy(out, q, D * D * sizeof(double));
  F77_CALL(dtrmm)("L", "L", "T", "N", &d, &d, &one, l, &d, out, &d FCONE FCONE FCONE FCONE);
}

void gmm_orthonormalise(int d, double *q) {
  size_t D = (size_t)d;
  for (size_t b = 0; b < D; b++) {
    double *column = q + D * b;
    for (size_t c = 0; c < b; c++) {
      gmm_add(D, -gmm_dot(D, q + D * c, column), q + D * c, column);
    }
    gmm_divide(D, sqrt(gmm_dot(D, column, column)), column);
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
  if (d <= SMALL) {
    memset(out, 0, D * D * sizeof(double));
    for (size_t f = 0; f < D; f++) {
      const double *column = work + D * f;
      for (size_t c = 0; c < D; c++) {
        gmm_add(D - c, column[c], column + c, out + c + D * c);
      }
    }
    return;
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

/* Off the diagonal, entries below this part of what is on it are none. */
#define DIAGONAL_EPS 1e-15
#define MOST_SWEEPS 60

/* Cosine, sine and tangent of the angle that turns a symmetric 2 x 2 matrix to a diagonal one, of
 * any size. */
static void find_angle(double aa, double bb, double ab, double *c, double *s, double *t) {
  double zeta = (bb - aa) / (2 * ab);
  *t = (zeta < 0 ? -1 : 1) / (fabs(zeta) + sqrt(1 + zeta * zeta));
  *c = 1 / sqrt(1 + *t * *t);
  *s = *c * *t;
}

/*
 * Turns the plane of axes a and b of a symmetric matrix, all of which is there, so that their
 * entry vanishes, and the axes. Returns 0 if it is as good as 0, relative to what is on the
 * diagonal, so that small eigenvalues come out as exactly as large ones (Demmel & Veselic 1992).
 */
static int turn_plane(size_t D, double *m, double *axes, size_t a, size_t b) {
  double aa = m[a + D * a], bb = m[b + D * b], ab = m[b + D * a];
  if (!(fabs(ab) > DIAGONAL_EPS * sqrt(fabs(aa)) * sqrt(fabs(bb)))) {
    return 0;
  }
  double c, s, t;
  find_angle(aa, bb, ab, &c, &s, &t);
  gmm_turn(D, m + D * a, m + D * b, c, s);
  for (size_t i = 0; i < D; i++) {
    m[a + D * i] = m[i + D * a];
    m[b + D * i] = m[i + D * b];
  }
  m[a + D * a] = aa - t * ab;
  m[b + D * b] = bb + t * ab;
  m[a + D * b] = m[b + D * a] = 0;
  gmm_turn(D, axes + D * a, axes + D * b, c, s);
  return 1;
}

/* Turns columns a and b until they are orthogonal, with the squares of their lengths in `values`.
 * Returns 0 if they are. */
static int turn_columns(size_t D, double *vectors, double *values, size_t a, size_t b) {
  double *left = vectors + D * a, *right = vectors + D * b, aa = values[a], bb = values[b];
  double ab = gmm_dot(D, left, right), c, s, t;
  if (!(fabs(ab) > DIAGONAL_EPS * sqrt(aa) * sqrt(bb))) {
    return 0;
  }
  find_angle(aa, bb, ab, &c, &s, &t);
  gmm_turn(D, left, right, c, s);
  values[a] = aa - t * ab;
  values[b] = bb + t * ab;
  return 1;
}

/*
 * Of a positive definite matrix L L': turning the columns of L until they are orthogonal
 * (Hestenes 1958), which are then the eigenvectors times the roots of the eigenvalues. That is
 * Jacobi's method for L' L, at less than half the cost, and L' L is nearer to a diagonal matrix.
 * `vectors` holds L, and zeros above its diagonal.
 */
static void eigen_of_factor(size_t D, double *vectors, double *values) {
  int turned = D > 1;
  for (int sweep = 0; sweep < MOST_SWEEPS && turned; sweep++) {
    turned = 0;
    for (size_t a = 0; a < D; a++) {
      values[a] = gmm_dot(D, vectors + D * a, vectors + D * a);
    }
    for (size_t round = 0; round < gmm_rounds(D); round++) {
      for (size_t a = 0; a < gmm_rounds(D); a++) {
        size_t b = gmm_partner(D, round, a);
        turned |= b > a && turn_columns(D, vectors, values, a, b);
      }
    }
  }
  for (size_t a = 0; a < D; a++) {
    double *column = vectors + D * a;
    values[a] = gmm_dot(D, column, column);
    gmm_divide(D, sqrt(values[a]), column);
  }
}

/* Jacobi's method: sweeps over all planes, until none turns. `m` holds d x d. */
static void eigen_of_matrix(size_t D, const double *of, double *vectors, double *values,
                            double *m) {
  int turned = D > 1;
  memcpy(m, of, D * D * sizeof(double));
  gmm_symmetrise((int)D, m);
  memset(vectors, 0, D * D * sizeof(double));
  for (size_t a = 0; a < D; a++) {
    vectors[a + D * a] = 1;
  }
  for (int sweep = 0; sweep < MOST_SWEEPS && turned; sweep++) {
    turned = 0;
    for (size_t b = 1; b < D; b++) {
      for (size_t a = 0; a < b; a++) {
        turned |= turn_plane(D, m, vectors, a, b);
      }
    }
  }
  for (size_t a = 0; a < D; a++) {
    values[a] = m[a + D * a];
  }
}

/* The Cholesky factor with zeros above its diagonal; 0 if there is none. */
static int factor_whole(int d, const double *a, double *l) {
  size_t D = (size_t)d;
  memcpy(l, a, D * D * sizeof(double));
  for (size_t b = 1; b < D; b++) {
    memset(l + D * b, 0, b * sizeof(double));
  }
  return gmm_cholesky(d, l) < 0;
}

/* By increasing values. */
static void sort_eigen(size_t D, double *vectors, double *values) {
  for (size_t a = 0; a < D; a++) {
    size_t least = a;
    for (size_t b = a + 1; b < D; b++) {
      least = values[b] < values[least] ? b : least;
    }
    double value = values[a];
    values[a] = values[least];
    values[least] = value;
    if (least != a) {
      gmm_turn(D, vectors + D * least, vectors + D * a, 0, 1);
    }
  }
}

int gmm_eigen(int d, const double *a, double *vectors, double *values, double *work) {
  size_t D = (size_t)d;
  if (d <= SMALL) {
    if (factor_whole(d, a, vectors)) {
      eigen_of_factor(D, vectors, values);
    } else {
      eigen_of_matrix(D, a, vectors, values, work);
    }
    sort_eigen(D, vectors, values);
    return 0;
  }
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
