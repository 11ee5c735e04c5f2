/*
 * The small linear algebra: factors against hand values, the pivot criterion
 * and its freedom of scale, inverses, products against naive loops, eigenvalues
 * that are graded, and relative eigenvalues against closed forms. Upper
 * triangles hold NaN wherever they must not be read.
 */
#include "columns.h"
#include "linalg.h"

#include "helpers.h"

#define MAX_D 19

static void test_cholesky_by_hand(void) {
  double one[1] = {9};
  CHECK(gmm_cholesky(1, one) == -1);
  CHECK_NEAR(one[0], 3, 0);

  double a[9] = {4, 12, -16, NAN, 37, -43, NAN, NAN, 98};
  double l[9] = {2, 6, -8, NAN, 1, 5, NAN, NAN, 3};
  CHECK(gmm_cholesky(3, a) == -1);
  for (int b = 0; b < 3; b++) {
    for (int c = b; c < 3; c++) {
      CHECK_NEAR(a[c + 3 * b], l[c + 3 * b], 1e-14);
    }
  }
  CHECK(isnan(a[3]) && isnan(a[6]) && isnan(a[7]));
  CHECK_NEAR(gmm_log_diagonal(3, a), log(6.0), 1e-15);
}

/* [1 1; 1 1 + pivot], in units s and t. */
static int accepts(double pivot, double s, double t) {
  double a[4] = {s * s, s * t, NAN, t * t * (1 + pivot)};
  int bad = gmm_cholesky(2, a);
  CHECK(bad == -1 || bad == 1);
  return bad == -1;
}

/* The verdict depends on the part of a variance that is not explained, and
 * neither on the unit of the matrix nor on that of one variable. */
static void test_pivot_is_scale_free(void) {
  for (int e = -660; e <= 660; e += 60) {
    double s = ldexp(1, e / 2);
    CHECK(accepts(1e-12, s, s));
    CHECK(!accepts(1e-14, s, s));
    CHECK(!accepts(0, s, s));
    CHECK(accepts(1e-12, s, 1 / s));
    CHECK(!accepts(1e-14, s, 1 / s));
  }
  double powers[] = {1e-100, 1e-50, 1, 1e50, 1e100};
  for (int i = 0; i < 5; i++) {
    double s = powers[i], v = s * s;
    double good[4] = {2 * v, v, NAN, 2 * v}, bad[4] = {2 * v, -2 * v, NAN, 2 * v};
    CHECK(gmm_cholesky(2, good) == -1);
    CHECK_NEAR(good[0] / s, sqrt(2), 1e-14);
    CHECK_NEAR(good[1] / s, sqrt(0.5), 1e-14);
    CHECK_NEAR(good[3] / s, sqrt(1.5), 1e-14);
    CHECK(gmm_cholesky(2, bad) == 1);
  }
}

/* Rejected, and at the first bad column. */
static void test_cholesky_rejects(void) {
  struct {
    int column;
    double a[9];
  } cases[] = {
      {0, {0, 0, 0, NAN, 1, 0, NAN, NAN, 1}},
      {0, {-1, 0, 0, NAN, 1, 0, NAN, NAN, 1}},
      {0, {NAN, 0, 0, NAN, 1, 0, NAN, NAN, 1}},
      {0, {INFINITY, 0, 0, NAN, 1, 0, NAN, NAN, 1}},
      {1, {1, 0, 0, NAN, 0, 0, NAN, NAN, 1}},
      {1, {1, 2, 0, NAN, 1, 0, NAN, NAN, 1}},
      {1, {1, NAN, 0, NAN, 1, 0, NAN, NAN, 1}},
      {1, {1, INFINITY, 0, NAN, 1, 0, NAN, NAN, 1}},
      {2, {1, 0, 0, NAN, 1, 0, NAN, NAN, -1}},
      {2, {1, 0, 0, NAN, 1, NAN, NAN, NAN, 1}},
      /* The third variable is the sum of the other two. */
      {2, {1, 0.5, 1.5, NAN, 1, 1.5, NAN, NAN, 3}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    CHECK(gmm_cholesky(3, cases[i].a) == cases[i].column);
  }
}

static void test_factor_and_inverse(void) {
  test_rng rng = {1, 0};
  for (int d = 1; d <= MAX_D; d++) {
    double a[MAX_D * MAX_D], l[MAX_D * MAX_D], inverse[MAX_D * MAX_D];
    double product = 0, identity = 0, log_det = 0;
    random_spd(&rng, d, a);
    memcpy(l, a, sizeof l);
    CHECK(gmm_cholesky(d, l) == -1);
    memcpy(inverse, l, sizeof l);
    gmm_invert_lower(d, inverse);
    for (int b = 0; b < d; b++) {
      log_det += log(l[b + d * b]);
      for (int c = 0; c <= b; c++) {
        double ll = 0, li = 0;
        for (int e = 0; e <= c; e++) {
          ll += l[b + d * e] * l[c + d * e];
        }
        for (int e = c; e <= b; e++) {
          li += l[b + d * e] * inverse[e + d * c];
        }
        product = fmax(product, fabs(ll - a[b + d * c]));
        identity = fmax(identity, fabs(li - (b == c)));
      }
    }
    CHECK_NEAR(product, 0, 1e-13);
    CHECK_NEAR(identity, 0, 1e-13);
    CHECK_NEAR(gmm_log_diagonal(d, l), log_det, 1e-13);
  }
}

static void test_symmetrise(void) {
  double a[9] = {1, 2, 3, NAN, 4, 5, NAN, NAN, 6}, full[9] = {1, 2, 3, 2, 4, 5, 3, 5, 6};
  gmm_symmetrise(3, a);
  CHECK(same_bits(a, full, 9));
}

static void test_cholesky_solve(void) {
  test_rng rng = {4, 0};
  for (int d = 1; d <= MAX_D; d++) {
    double a[MAX_D * MAX_D], l[MAX_D * MAX_D], x[MAX_D], want[MAX_D];
    random_spd(&rng, d, a);
    memcpy(l, a, sizeof l);
    CHECK(gmm_cholesky(d, l) == -1);
    for (int b = 0; b < d; b++) {
      want[b] = normal(&rng);
    }
    for (int b = 0; b < d; b++) {
      x[b] = 0;
      for (int c = 0; c < d; c++) {
        x[b] += a[b >= c ? b + d * c : c + d * b] * want[c];
      }
    }
    gmm_cholesky_solve(d, l, x);
    CHECK_NEAR(worst_error(x, want, (size_t)d), 0, 1e-12);
  }
}

/* out = F B F', for any F and a symmetric, lower B. */
static void naive_product(int d, const double *f, const double *b, double *out) {
  for (int i = 0; i < d * d; i++) {
    long double sum = 0;
    for (int c = 0; c < d; c++) {
      for (int e = 0; e < d; e++) {
        long double b_ce = b[c >= e ? c + d * e : e + d * c];
        sum += f[i % d + d * c] * b_ce * f[i / d + d * e];
      }
    }
    out[i] = (double)sum;
  }
}

static void test_whiten(void) {
  test_rng rng = {5, 0};
  for (int d = 1; d <= MAX_D; d++) {
    size_t size = (size_t)(d * d);
    double lower[MAX_D * MAX_D], all[MAX_D * MAX_D], b[MAX_D * MAX_D], want[MAX_D * MAX_D];
    double *out = doubles(size);
    random_spd(&rng, d, b);
    for (int i = 0; i < d * d; i++) {
      int is_lower = i % d >= i / d;
      all[i] = is_lower ? normal(&rng) : 0;
      lower[i] = is_lower ? all[i] : NAN;
    }
    naive_product(d, all, b, want);
    gmm_whiten(d, lower, b, out);
    CHECK_NEAR(worst_error(out, want, size), 0, 1e-14);
    free(out);
  }
}

/* What is above the diagonal of the factor is not read. */
static void test_transposed_times(void) {
  test_rng rng = {6, 0};
  for (int d = 1; d <= MAX_D; d++) {
    size_t size = (size_t)(d * d);
    double lower[MAX_D * MAX_D], q[MAX_D * MAX_D], want[MAX_D * MAX_D];
    double *out = doubles(size);
    for (int i = 0; i < d * d; i++) {
      q[i] = normal(&rng);
      lower[i] = i % d >= i / d ? normal(&rng) : NAN;
    }
    for (int i = 0; i < d * d; i++) {
      long double sum = 0;
      for (int e = i % d; e < d; e++) {
        sum += (long double)lower[e + d * (i % d)] * q[e + d * (i / d)];
      }
      want[i] = (double)sum;
    }
    gmm_transposed_times(d, lower, q, out);
    CHECK_NEAR(worst_error(out, want, size), 0, 1e-14);
    free(out);
  }
}

/* Columns of any length, one beside the other. */
static void test_columns(void) {
  test_rng rng = {16, 0};
  for (int d = 0; d <= MAX_D; d++) {
    size_t D = (size_t)d;
    double *x = doubles(D), *y = doubles(D), *sum = doubles(D), *left = doubles(D);
    double *right = doubles(D), *part = doubles(D), c = cos(0.3), s = sin(0.3), worst = 0;
    long double dot = 0;
    for (int a = 0; a < d; a++) {
      sum[a] = right[a] = y[a] = normal(&rng);
      part[a] = left[a] = x[a] = normal(&rng);
      dot += (long double)x[a] * y[a];
    }
    CHECK_NEAR(gmm_dot(D, x, y), (double)dot, 1e-14 * (1 + d));
    gmm_add(D, 0.7, x, sum);
    gmm_divide(D, 3, part);
    gmm_turn(D, left, right, c, s);
    for (int a = 0; a < d; a++) {
      worst = fmax(worst, fabs(sum[a] - (y[a] + 0.7 * x[a])));
      worst = fmax(worst, fabs(left[a] - (c * x[a] - s * y[a])));
      worst = fmax(worst, fabs(right[a] - (s * x[a] + c * y[a])));
      CHECK(part[a] == x[a] / 3);
    }
    CHECK_NEAR(worst, 0, 1e-15);
    double *all[] = {x, y, sum, left, right, part};
    for (int i = 0; i < 6; i++) {
      free(all[i]);
    }
  }
}

/* Every pair once, and in a round none twice. */
static void test_rounds(void) {
  for (size_t d = 1; d <= MAX_D; d++) {
    int met[MAX_D * MAX_D] = {0};
    for (size_t round = 0; round < gmm_rounds(d); round++) {
      int busy[MAX_D] = {0};
      for (size_t a = 0; a < gmm_rounds(d); a++) {
        size_t b = gmm_partner(d, round, a);
        CHECK(b < d);
        if (b > a) {
          met[a + MAX_D * b]++;
          busy[a]++;
          busy[b]++;
        }
      }
      for (size_t a = 0; a < d; a++) {
        CHECK(busy[a] <= 1);
      }
    }
    for (size_t b = 1; b < d; b++) {
      for (size_t a = 0; a < b; a++) {
        CHECK(met[a + MAX_D * b] == 1);
      }
    }
  }
}

static void test_sum_logs(void) {
  test_rng rng = {17, 0};
  double x[3 * MAX_D], far[] = {1e-250, 1e-250, 1e250, 1e250, 1e250, 1e-3};
  for (int n = 0; n <= MAX_D; n++) {
    long double sum = 0;
    for (int i = 0; i < 3 * n; i++) {
      x[i] = i % 3 == 0 ? exp(40 * normal(&rng)) : NAN;
      sum += i % 3 == 0 ? logl(x[i]) : 0;
    }
    CHECK_NEAR(gmm_sum_logs(n, x, 3), (double)sum, 1e-12);
  }
  CHECK_NEAR(gmm_sum_logs(6, far, 1), 250 * log(10) - 3 * log(10), 1e-10);
  far[2] = 0;
  CHECK(gmm_sum_logs(6, far, 1) == -INFINITY);
  far[2] = NAN;
  CHECK(isnan(gmm_sum_logs(6, far, 1)));
}

/* Into another array, and in place. */
static void test_compose(void) {
  test_rng rng = {7, 0};
  for (int d = 1; d <= MAX_D; d++) {
    size_t size = (size_t)(d * d);
    double q[MAX_D * MAX_D], diagonal[MAX_D * MAX_D] = {0}, values[MAX_D], want[MAX_D * MAX_D];
    double *out = doubles(size), *work = doubles(size), *in_place;
    double worst = 0;
    for (int i = 0; i < d * d; i++) {
      q[i] = normal(&rng);
    }
    for (int a = 0; a < d; a++) {
      diagonal[a * (d + 1)] = values[a] = a == 1 ? 0 : uniform(&rng);
    }
    in_place = copy_of(q, size);
    naive_product(d, q, diagonal, want);
    gmm_compose(d, q, values, out, work);
    gmm_compose(d, in_place, values, in_place, work);
    for (int b = 0; b < d; b++) {
      for (int a = b; a < d; a++) {
        worst = fmax(worst, error_in(out[a + d * b], want[a + d * b], d));
        worst = fmax(worst, error_in(in_place[a + d * b], want[a + d * b], d));
      }
    }
    CHECK_NEAR(worst, 0, 1e-14);
    free(out);
    free(work);
    free(in_place);
  }
}

/* Nearly orthonormal columns become so, and hardly move; a rotation stays. */
static void test_orthonormalise(void) {
  test_rng rng = {8, 0};
  for (int d = 1; d <= MAX_D; d++) {
    double q[MAX_D * MAX_D], noise[] = {0, 1e-12, 1e-4};
    double *turned = doubles((size_t)(d * d));
    for (int n = 0; n < 3; n++) {
      double identity = 0, moved = 0;
      random_rotation(&rng, d, q);
      for (int i = 0; i < d * d; i++) {
        turned[i] = q[i] + noise[n] * normal(&rng);
      }
      gmm_orthonormalise(d, turned);
      for (int i = 0; i < d * d; i++) {
        double sum = 0;
        for (int a = 0; a < d; a++) {
          sum += turned[a + d * (i % d)] * turned[a + d * (i / d)];
        }
        identity = fmax(identity, fabs(sum - (i % d == i / d)));
        moved = fmax(moved, fabs(turned[i] - q[i]));
      }
      CHECK_NEAR(identity, 0, noise[n] > 1e-8 ? 1e-12 : 1e-14);
      CHECK_NEAR(moved, 0, 50 * noise[n] + 1e-14);
    }
    free(turned);
  }
}

/* Eigenvalues relative to themselves, and vectors that are orthonormal and give
 * A v = l v to what is rounding in each variable. */
static void check_eigen(int d, const double *a, double tol) {
  size_t size = (size_t)(d * d);
  double *vectors = doubles(size), *values = doubles((size_t)d);
  double *work = doubles(gmm_eigen_work(d));
  long double want_vectors[MAX_D * MAX_D], want[MAX_D];
  double worst = 0, residual = 0, identity = 0, largest = 0;
  int increasing = 1;
  reference_eigen(d, a, want_vectors, want);
  CHECK(gmm_eigen(d, a, vectors, values, work) == 0);
  for (int b = 0; b < d; b++) {
    increasing &= b == 0 || values[b - 1] <= values[b];
    worst = fmax(worst, error_in(values[b], want[b], want[b]));
    largest = fmax(largest, values[b]);
  }
  for (int i = 0; i < d * d; i++) {
    double sum = 0, product = 0;
    for (int c = 0; c < d; c++) {
      int row = i % d;
      sum += vectors[c + d * row] * vectors[c + i / d * d];
      product += a[row >= c ? row + d * c : c + d * row] * vectors[c + i / d * d];
    }
    identity = fmax(identity, fabs(sum - (i % d == i / d)));
    residual = fmax(residual, fabs(product - values[i / d] * vectors[i]));
  }
  CHECK(increasing);
  CHECK_NEAR(worst, 0, tol);
  CHECK_NEAR(identity, 0, 1e-13);
  CHECK_NEAR(residual / largest, 0, 1e-13);
  free(vectors);
  free(values);
  free(work);
}

static void test_eigen(void) {
  test_rng rng = {9, 0};
  for (int d = 1; d <= MAX_D; d++) {
    double a[MAX_D * MAX_D];
    random_spd(&rng, d, a);
    check_eigen(d, a, 1e-12);
  }
  double diagonal[] = {3, 0, 0, NAN, 1, 0, NAN, NAN, 2}, ties[] = {2, 0, 0, NAN, 2, 0, NAN, NAN, 2};
  check_eigen(3, diagonal, 1e-15);
  check_eigen(3, ties, 1e-15);
}

/* Of any size: no square is taken of what is small or large. */
static void test_eigen_of_any_size(void) {
  enum { D = 5, SIZE = D * D };
  const double sizes[] = {1e-200, 1e-150, 1e150, 1e200};
  test_rng rng = {18, 0};
  double a[SIZE], ones[SIZE], scaled[SIZE], vectors[SIZE], values[D], scaled_vectors[SIZE];
  double scaled_values[D], *work = doubles(gmm_eigen_work(D));
  random_spd(&rng, D, a);
  for (int i = 0; i < SIZE; i++) {
    ones[i] = 1;
  }
  for (int i = 0; i < 8; i++) {
    /* Positive definite, and singular. */
    const double *of = i < 4 ? a : ones;
    double size = sizes[i % 4], worst = 0, orthogonal = 0;
    CHECK(gmm_eigen(D, of, vectors, values, work) == 0);
    for (int e = 0; e < SIZE; e++) {
      scaled[e] = of[e] * size;
    }
    CHECK(gmm_eigen(D, scaled, scaled_vectors, scaled_values, work) == 0);
    for (int b = 0; b < D; b++) {
      worst = fmax(worst, fabs(scaled_values[b] / size - values[b]));
      for (int c = 0; c < D; c++) {
        double product = gmm_dot(D, scaled_vectors + D * b, scaled_vectors + D * c);
        orthogonal = fmax(orthogonal, fabs(product - (b == c)));
      }
    }
    CHECK_NEAR(worst, 0, 1e-12);
    CHECK_NEAR(orthogonal, 0, 1e-13);
  }
  free(work);
}

/* Variables that differ in scale, in any order of them. */
static void test_eigen_of_graded(void) {
  enum { D = 4, ORDERS = 24 };
  static const double scales[] = {1e6, 1, 1e-6, 1e-3};
  test_rng rng = {10, 0};
  for (int i = 0; i < ORDERS; i++) {
    int order[D], left[] = {0, 1, 2, 3};
    double a[D * D];
    for (int b = 0, code = i; b < D; b++) {
      int pick = code % (D - b);
      code /= D - b;
      order[b] = left[pick];
      left[pick] = left[D - 1 - b];
    }
    random_spd(&rng, D, a);
    for (int b = 0; b < D; b++) {
      for (int c = 0; c <= b; c++) {
        a[b + D * c] *= scales[order[b]] * scales[order[c]];
      }
    }
    check_eigen(D, a, 1e-8);
    /* The standard deviations themselves as scales: 1e6, 1, 1e-6 and between. */
    for (int b = 0; b < D; b++) {
      for (int c = 0; c <= b; c++) {
        a[b + D * c] /= sqrt(scales[order[b]] * scales[order[c]]);
      }
    }
    check_eigen(D, a, 1e-8);
  }
}

/* Smallest root l of det(B - l A) = 0 for 2 x 2 lower triangles. */
static double min_ratio_by_hand(const double *a, const double *b) {
  double det_a = a[0] * a[3] - a[1] * a[1], det_b = b[0] * b[3] - b[1] * b[1];
  double half = (a[0] * b[3] + a[3] * b[0] - 2 * a[1] * b[1]) / 2;
  return det_b / (half + sqrt(half * half - det_a * det_b));
}

static int exceeds(int d, const double *a, const double *b, double ratio) {
  double factor[MAX_D * MAX_D];
  double *work = doubles((size_t)(d * d));
  memcpy(factor, a, (size_t)(d * d) * sizeof(double));
  CHECK(gmm_cholesky(d, factor) == -1);
  gmm_invert_lower(d, factor);
  int out = gmm_exceeds(d, factor, b, ratio, work);
  free(work);
  return out;
}

/* The least eigenvalue lies between the two. */
static void check_least(int d, const double *a, const double *b, double least) {
  CHECK(exceeds(d, a, b, least * (1 - 1e-11)));
  CHECK(!exceeds(d, a, b, least * (1 + 1e-11)));
}

static void test_exceeds_of_two(void) {
  test_rng rng = {2, 0};
  for (int i = 0; i < 20; i++) {
    double a[4], b[4];
    random_spd(&rng, 2, a);
    random_spd(&rng, 2, b);
    double ratio = min_ratio_by_hand(a, b);
    check_least(2, a, b, ratio);
    /* Units of the whole cancel, of one matrix show. */
    for (int e = -600; e <= 600; e += 200) {
      double sa[4], sb[4];
      for (int c = 0; c < 4; c++) {
        sa[c] = ldexp(a[c], e);
        sb[c] = ldexp(b[c], e);
      }
      check_least(2, sa, sb, ratio);
      check_least(2, sa, b, ldexp(ratio, -e));
    }
  }
}

/* B = L diag(v) L' has the eigenvalues v relative to A = L L'. */
static void test_exceeds_of_many(void) {
  test_rng rng = {3, 0};
  for (int d = 1; d <= MAX_D; d++) {
    double a[MAX_D * MAX_D], l[MAX_D * MAX_D], b[MAX_D * MAX_D], least = INFINITY, v[MAX_D];
    random_spd(&rng, d, a);
    memcpy(l, a, sizeof l);
    gmm_cholesky(d, l);
    for (int e = 0; e < d; e++) {
      v[e] = 0.1 + uniform(&rng);
      least = fmin(least, v[e]);
    }
    for (int i = 0; i < d * d; i++) {
      int row = i % d, col = i / d;
      b[i] = row < col ? NAN : 0;
      for (int e = 0; e <= col && row >= col; e++) {
        b[i] += l[row + d * e] * v[e] * l[col + d * e];
      }
    }
    check_least(d, a, b, least);
  }
}

static void test_nan_does_not_exceed(void) {
  double a[4] = {1, 0, NAN, 1}, b[4] = {1, NAN, NAN, 1};
  CHECK(!exceeds(2, a, b, 0));
}

int main(void) {
  test_cholesky_by_hand();
  test_pivot_is_scale_free();
  test_cholesky_rejects();
  test_factor_and_inverse();
  test_symmetrise();
  test_cholesky_solve();
  test_whiten();
  test_transposed_times();
  test_columns();
  test_rounds();
  test_sum_logs();
  test_compose();
  test_orthonormalise();
  test_eigen();
  test_eigen_of_any_size();
  test_eigen_of_graded();
  test_exceeds_of_two();
  test_exceeds_of_many();
  test_nan_does_not_exceed();
  return check_report("linalg");
}
