/*
 * The small linear algebra: factors against hand values, the pivot criterion
 * and its freedom of scale, inverses, and relative eigenvalues against closed
 * forms. Upper triangles hold NaN wherever they must not be read.
 */
#include "linalg.h"

#include "helpers.h"

#define MAX_D 9

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

/* Lower triangle of a random positive definite matrix. */
static void random_spd(test_rng *rng, int d, double *a) {
  double root[MAX_D * MAX_D];
  for (int i = 0; i < d * d; i++) {
    root[i] = normal(rng);
  }
  for (int c = 0; c < d; c++) {
    for (int b = 0; b < d; b++) {
      a[b + d * c] = b < c ? NAN : b == c;
      for (int e = 0; e < d && b >= c; e++) {
        a[b + d * c] += root[b + d * e] * root[c + d * e];
      }
    }
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

/* Smallest root l of det(B - l A) = 0 for 2 x 2 lower triangles. */
static double min_ratio_by_hand(const double *a, const double *b) {
  double det_a = a[0] * a[3] - a[1] * a[1], det_b = b[0] * b[3] - b[1] * b[1];
  double half = (a[0] * b[3] + a[3] * b[0] - 2 * a[1] * b[1]) / 2;
  return det_b / (half + sqrt(half * half - det_a * det_b));
}

static double min_ratio(int d, const double *a, const double *b) {
  double factor[MAX_D * MAX_D];
  double *work = doubles(gmm_min_ratio_work(d));
  memcpy(factor, a, (size_t)(d * d) * sizeof(double));
  CHECK(gmm_cholesky(d, factor) == -1);
  gmm_invert_lower(d, factor);
  double out = gmm_min_ratio(d, factor, b, work);
  free(work);
  return out;
}

static void test_min_ratio_of_two(void) {
  test_rng rng = {2, 0};
  for (int i = 0; i < 20; i++) {
    double a[4], b[4];
    random_spd(&rng, 2, a);
    random_spd(&rng, 2, b);
    double ratio = min_ratio_by_hand(a, b);
    CHECK_NEAR(min_ratio(2, a, b) / ratio, 1, 1e-13);
    /* Units of the whole cancel, of one matrix show. */
    for (int e = -600; e <= 600; e += 200) {
      double sa[4], sb[4];
      for (int c = 0; c < 4; c++) {
        sa[c] = ldexp(a[c], e);
        sb[c] = ldexp(b[c], e);
      }
      CHECK_NEAR(min_ratio(2, sa, sb) / ratio, 1, 1e-13);
      CHECK_NEAR(ldexp(min_ratio(2, sa, b), e) / ratio, 1, 1e-13);
    }
  }
}

/* B = L diag(v) L' has the eigenvalues v relative to A = L L'. */
static void test_min_ratio_of_many(void) {
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
    CHECK_NEAR(min_ratio(d, a, b), least, 1e-13);
  }
}

static void test_min_ratio_of_nan(void) {
  double a[4] = {1, 0, NAN, 1}, b[4] = {1, NAN, NAN, 1};
  CHECK(isnan(min_ratio(2, a, b)));
}

int main(void) {
  test_cholesky_by_hand();
  test_pivot_is_scale_free();
  test_cholesky_rejects();
  test_factor_and_inverse();
  test_symmetrise();
  test_min_ratio_of_two();
  test_min_ratio_of_many();
  test_min_ratio_of_nan();
  return check_report("linalg");
}
