/*
 * Which maxima are proper: components that hold too few rows, that are far
 * tighter than another or than the data in any direction; the verdict does not
 * change under linear maps; and which data have no covariance to compare with.
 */
#include "linalg.h"
#include "proper.h"

#include "helpers.h"

static const gmm_proper limits = {
    .min_size = 6, .few_rows = INFINITY, .min_ratio = 1e-4, .min_total = 1e-10};

/* Covariances, and the one of all rows, both as lower triangles. */
static gmm_status verdict(const char *name, int d, int k, const double *sigma, const double *total,
                          const double *count) {
  const gmm_model *model = gmm_model_find(name);
  gmm_layout layout = model->layout;
  size_t size = gmm_cov_size(layout, d);
  setup s;
  setup_open(&s, layout, NULL, 0, d, k);
  for (int j = 0; j < k; j++) {
    s.params.pi[j] = 1.0 / k;
  }
  memset(s.params.mu, 0, (size_t)(d * k) * sizeof(double));
  memcpy(s.params.sigma, sigma, size * (size_t)k * sizeof(double));
  CHECK(gmm_density_prepare(&s.density, &s.params).code == GMM_OK);
  double *factor = copy_of(total, size), *work = doubles(gmm_proper_work(d));
  CHECK(gmm_proper_total(layout, d, factor).code == GMM_OK);
  gmm_status status =
      gmm_proper_check(&limits, model, &s.params, count, &s.density, factor, NULL, work);
  free(factor);
  free(work);
  setup_close(&s);
  return status;
}

static void check(gmm_status status, gmm_code code, int index) {
  CHECK(status.code == code);
  CHECK(status.index == index);
}

/* Tight beside another: an accident of few rows, a fact with many. */
static void test_few_rows(void) {
  double pi[] = {0.5, 0.5}, mu[] = {0, 1}, sigma[] = {1, 1e-6}, count[] = {20, 20}, total = 1;
  gmm_proper some = limits;
  const gmm_model *model = gmm_model_find("V");
  gmm_params params = {.layout = GMM_DIAGONAL, .d = 1, .k = 2, .pi = pi, .mu = mu, .sigma = sigma};
  double half[2], factor[2], work[64];
  gmm_density density = {.layout = GMM_DIAGONAL, .d = 1, .k = 2, .half = half, .factor = factor};
  CHECK(gmm_density_prepare(&density, &params).code == GMM_OK);
  some.few_rows = 21;
  check(gmm_proper_check(&some, model, &params, count, &density, &total, NULL, work), GMM_ESPURIOUS,
        1);
  some.few_rows = 20;
  check(gmm_proper_check(&some, model, &params, count, &density, &total, NULL, work), GMM_OK, -1);
  count[1] = 19;
  check(gmm_proper_check(&some, model, &params, count, &density, &total, NULL, work), GMM_ESPURIOUS,
        1);
}

static void test_small(void) {
  double sigma[] = {1, 0, NAN, 1, 1, 0, NAN, 1, 1, 0, NAN, 1}, total[] = {1, 0, NAN, 1};
  double diagonal[] = {1, 1, 1, 1, 1, 1}, enough[] = {6, 50, 50};
  double small[] = {50, 5.999, 3};
  check(verdict("VVV", 2, 3, sigma, total, enough), GMM_OK, -1);
  check(verdict("VVV", 2, 3, sigma, total, small), GMM_ESMALL, 1);
  check(verdict("VVI", 2, 3, diagonal, diagonal, small), GMM_ESMALL, 1);
  check(verdict("VII", 2, 3, diagonal, diagonal, small), GMM_ESMALL, 1);
  /* A common covariance does not collapse on one component's rows. */
  check(verdict("EEE", 2, 3, sigma, total, small), GMM_OK, -1);
  check(verdict("EEI", 2, 3, diagonal, diagonal, small), GMM_OK, -1);
  /* One component holds all rows, however few they are. */
  double few[] = {3};
  check(verdict("VVV", 2, 1, sigma, total, few), GMM_OK, -1);
  check(verdict("VII", 2, 1, diagonal, diagonal, few), GMM_OK, -1);
}

static void test_ratio(void) {
  double count[] = {50, 50}, total[] = {1, 0, NAN, 1};
  double one[] = {1}, wide_tight[] = {1, 0.99e-4}, tight_wide[] = {0.99e-4, 1};
  double just[] = {1, 1.01e-4};
  check(verdict("V", 1, 2, wide_tight, one, count), GMM_ESPURIOUS, 1);
  check(verdict("V", 1, 2, tight_wide, one, count), GMM_ESPURIOUS, 0);
  check(verdict("V", 1, 2, just, one, count), GMM_OK, -1);

  /* Crossed cigars: each is tight where the other is not. */
  double crossed[] = {1, 1e-5, 1e-5, 1}, crossed_full[] = {1, 0, NAN, 1e-5, 1e-5, 0, NAN, 1};
  check(verdict("VVI", 2, 2, crossed, crossed + 1, count), GMM_ESPURIOUS, 0);
  check(verdict("VVV", 2, 2, crossed_full, total, count), GMM_ESPURIOUS, 0);

  /* Two cigars along one diagonal are alike, however thin. */
  double c = 1 - 1e-6, alike[] = {1, c, NAN, 1, 1, c, NAN, 1},
         across[] = {1, c, NAN, 1, 1, -c, NAN, 1};
  check(verdict("VVV", 2, 2, alike, total, count), GMM_OK, -1);
  check(verdict("VVV", 2, 2, across, total, count), GMM_ESPURIOUS, 0);
}

static void test_total(void) {
  double count[] = {50, 50}, total[] = {1, 0, NAN, 1};
  double tight[] = {1, 0, NAN, 0.9e-10, 1, 0, NAN, 0.9e-10};
  double just[] = {1, 0, NAN, 1.1e-10, 1, 0, NAN, 1.1e-10};
  double tight_diagonal[] = {1, 0.9e-10, 1, 0.9e-10}, ones[] = {1, 1};
  check(verdict("VVV", 2, 2, tight, total, count), GMM_ESPURIOUS, 0);
  check(verdict("EEE", 2, 2, tight, total, count), GMM_ESPURIOUS, 0);
  check(verdict("EEE", 2, 2, just, total, count), GMM_OK, -1);
  check(verdict("EEI", 2, 2, tight_diagonal, ones, count), GMM_ESPURIOUS, 0);
}

/* x -> A x takes covariances S to A S A'. */
static void map(int d, const double *a, const double *s, double *out) {
  for (int i = 0; i < d * d; i++) {
    int row = i % d, col = i / d;
    out[i] = 0;
    for (int p = 0; p < d; p++) {
      for (int q = 0; q < d; q++) {
        out[i] += a[row + d * p] * s[p > q ? p + d * q : q + d * p] * a[col + d * q];
      }
    }
  }
}

static void test_linear_maps(void) {
  enum { D = 4 };
  test_rng rng = {1, 0};
  double count[] = {50, 50};
  for (int i = 0; i < 20; i++) {
    /* Relative to the first, the second has variances from `least` to 1. */
    for (int tight = 0; tight < 2; tight++) {
      double least = tight ? 0.9e-4 : 1.1e-4, a[D * D], mapped[2 * D * D], mapped_total[D * D];
      double first[D * D] = {0}, second[D * D] = {0};
      for (int b = 0; b < D; b++) {
        first[b + D * b] = 1;
        second[b + D * b] = b == 2 ? least : 1;
      }
      for (int b = 0; b < D * D; b++) {
        a[b] = normal(&rng) * ldexp(1, 100 * (b % D) - 150);
      }
      map(D, a, first, mapped);
      map(D, a, second, mapped + D * D);
      map(D, a, first, mapped_total);
      gmm_status status = verdict("VVV", D, 2, mapped, mapped_total, count);
      check(status, tight ? GMM_ESPURIOUS : GMM_OK, tight ? 1 : -1);
    }
  }
}

static void test_collinear(void) {
  /* Variables 0, 1 and their sum; variable 0 constant; all well. */
  double sum[] = {1, 0.5, 1.5, NAN, 1, 1.5, NAN, NAN, 3};
  double constant[] = {0, 0, 0, NAN, 1, 0, NAN, NAN, 1};
  double well[] = {4, 0, 0, NAN, 1, 0, NAN, NAN, 0.25};
  check(gmm_proper_total(GMM_FULL, 3, sum), GMM_ECOLLINEAR, 2);
  check(gmm_proper_total(GMM_FULL, 3, constant), GMM_ECOLLINEAR, 0);
  check(gmm_proper_total(GMM_FULL, 3, well), GMM_OK, -1);
  CHECK_NEAR(well[0], 0.5, 1e-16);
  CHECK_NEAR(well[4], 1, 1e-16);
  CHECK_NEAR(well[8], 2, 1e-15);
}

/* Spherical models hold a variable that is constant: it has no say. */
static void test_constant_variable(void) {
  double total[] = {1, 0, 4}, sigma[] = {1, 1, 1, 0.5, 0.5, 0.5}, count[] = {50, 50};
  check(verdict("VII", 3, 2, sigma, total, count), GMM_OK, -1);
  double tight[] = {1, 1, 1, 1e-5, 1e-5, 1e-5};
  check(verdict("VII", 3, 2, tight, total, count), GMM_ESPURIOUS, 1);
}

/* Tighter than rounding in one direction, along a variable or across; by how much is a matter of
 * `min_rounding`; and not where one component holds all. */
static void test_rounding(void) {
  double count[] = {50, 50}, total[] = {1, 0, NAN, 1}, rounding[] = {0.25, 0};
  double c = 0.8, full[] = {1, c, NAN, 1, 1, 0, NAN, 1}, work[8];
  double diagonal[] = {1, 1e-3, 0.2, 1}, ones[] = {1, 1}, pi[] = {0.5, 0.5}, mu[4] = {0};
  gmm_proper some = limits;
  struct {
    const char *model;
    double *sigma, *total, min_rounding;
    int k, component;
  } cases[] = {
      /* Given the second variable, the first has a variance of 0.36. */
      {"VVV", full, total, 1, 2, -1},       {"VVV", full, total, 1.43, 2, -1},
      {"VVV", full, total, 1.45, 2, 0},     {"VVI", diagonal, ones, 1, 2, 1},
      {"VVI", diagonal, ones, 0.79, 2, -1}, {"VVI", diagonal + 2, ones, 1, 1, -1},
      {"EEE", full, total, 1.45, 2, 0},     {"VVI", diagonal, ones, 0, 2, -1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const gmm_model *model = gmm_model_find(cases[i].model);
    gmm_params params = {.layout = model->layout,
                         .d = 2,
                         .k = cases[i].k,
                         .pi = pi,
                         .mu = mu,
                         .sigma = cases[i].sigma};
    double half[2], factor[8], inverse[4];
    gmm_density density = {
        .layout = model->layout, .d = 2, .k = cases[i].k, .half = half, .factor = factor};
    CHECK(gmm_density_prepare(&density, &params).code == GMM_OK);
    memcpy(inverse, cases[i].total, gmm_cov_size(model->layout, 2) * sizeof(double));
    CHECK(gmm_proper_total(model->layout, 2, inverse).code == GMM_OK);
    some.min_rounding = cases[i].min_rounding;
    int fails = cases[i].component >= 0;
    check(gmm_proper_check(&some, model, &params, count, &density, inverse, rounding, work),
          fails ? GMM_EROUNDED : GMM_OK, cases[i].component);
    /* Without steps there is nothing to be tighter than. */
    check(gmm_proper_check(&some, model, &params, count, &density, inverse, NULL, work), GMM_OK,
          -1);
  }
}

/* What traces decide is what eigenvalues would: random components of which some are tight. */
static void test_many(void) {
  enum { D = 5, K = 3, SIZE = D * D };
  test_rng rng = {8, 0};
  int seen[2] = {0};
  for (int trial = 0; trial < 400; trial++) {
    double sigma[SIZE * K], total[SIZE], factor[SIZE * K], work[SIZE], count[K] = {50, 50, 50};
    int expected = -1;
    random_spd(&rng, D, total);
    for (int j = 0; j < K; j++) {
      double *one = sigma + SIZE * j, scale = exp(-12 * uniform(&rng));
      random_spd(&rng, D, one);
      for (int i = 0; i < SIZE; i++) {
        one[i] *= scale;
      }
      memcpy(factor + SIZE * j, one, sizeof work);
      CHECK(gmm_cholesky(D, factor + SIZE * j) < 0);
      gmm_invert_lower(D, factor + SIZE * j);
    }
    for (int j = K - 1; j >= 0; j--) {
      for (int i = 0; i < K; i++) {
        int tight =
            i != j && !gmm_exceeds(D, factor + SIZE * i, sigma + SIZE * j, limits.min_ratio, work);
        expected = tight ? j : expected;
      }
    }
    gmm_status status = verdict("VVV", D, K, sigma, total, count);
    CHECK(status.index == expected);
    CHECK(status.code == (expected < 0 ? GMM_OK : GMM_ESPURIOUS));
    seen[expected < 0]++;
  }
  CHECK(seen[0] > 50 && seen[1] > 50);
}

int main(void) {
  test_few_rows();
  test_small();
  test_ratio();
  test_total();
  test_linear_maps();
  test_collinear();
  test_constant_variable();
  test_rounding();
  test_many();
  return check_report("proper");
}
