/*
 * A mixture made ready: constants against long double, factors that whiten
 * their covariance, and the first component without a density is named. Distances and owners
 * against the log densities of the reference.
 */
#include "density.h"

#include "helpers.h"

static void check_prepare(gmm_layout layout, int d) {
  enum { K = 3 };
  test_rng rng = {(uint64_t)d, 0};
  setup s;
  setup_open(&s, layout, NULL, 0, d, K);
  random_params(&rng, &s.params);
  gmm_status status = gmm_density_prepare(&s.density, &s.params);
  CHECK(status.code == GMM_OK && status.index == -1);
  CHECK(s.density.mu == s.params.mu);
  size_t size = gmm_cov_size(layout, d);
  double half = 0, whitened = 0;
  for (int j = 0; j < K; j++) {
    /* At its own mean a density is this constant alone. */
    long double want = reference_logdens(&s.params, j, s.params.mu + d * j, 1);
    half = fmax(half, error_in(2 * s.density.half[j], want, 1 + fabsl(want)));

    /* F sigma F' = I for the factor F. */
    const double *f = s.density.factor + size * (size_t)j, *c = s.params.sigma + size * (size_t)j;
    for (int a = 0; a < d && layout == GMM_DIAGONAL; a++) {
      whitened = fmax(whitened, fabs(f[a] * f[a] * c[a] - 1));
    }
    for (int i = 0; i < d * d && layout == GMM_FULL; i++) {
      int a = i % d, b = i / d;
      double sum = 0;
      for (int p = 0; p <= a; p++) {
        for (int q = 0; q <= b; q++) {
          sum += f[a + d * p] * c[p > q ? p + d * q : q + d * p] * f[b + d * q];
        }
      }
      whitened = fmax(whitened, fabs(sum - (a == b)));
    }
  }
  CHECK_NEAR(half, 0, 1e-14);
  CHECK_NEAR(whitened, 0, 1e-13);
  setup_close(&s);
}

static void check_singular(gmm_layout layout, double variance) {
  setup s;
  test_rng rng = {1, 0};
  setup_open(&s, layout, NULL, 0, 2, 3);
  random_params(&rng, &s.params);
  size_t size = gmm_cov_size(layout, 2);
  for (int j = 2; j >= 0; j--) {
    s.params.sigma[size * (size_t)j + gmm_cov_diagonal(layout, 2, 1)] = variance;
    gmm_status status = gmm_density_prepare(&s.density, &s.params);
    CHECK(status.code == GMM_ESINGULAR);
    CHECK(status.index == j);
  }
  setup_close(&s);
}

/* A proportion of zero is no failure: that density is nowhere. */
static void test_no_proportion(void) {
  setup s;
  test_rng rng = {1, 0};
  setup_open(&s, GMM_FULL, NULL, 0, 2, 2);
  random_params(&rng, &s.params);
  s.params.pi[0] = 0;
  CHECK(gmm_density_prepare(&s.density, &s.params).code == GMM_OK);
  CHECK_NEAR(s.density.half[0], -INFINITY, 0);
  CHECK(isfinite(s.density.half[1]));
  setup_close(&s);
}

/* A distance is what a log density loses between the mean and x; the owner has the largest. */
static void check_distances(gmm_layout layout, int d) {
  enum { K = 4 };
  test_rng rng = {(uint64_t)d + 10, 0};
  setup s;
  setup_open(&s, layout, NULL, 0, d, K);
  random_params(&rng, &s.params);
  CHECK(gmm_density_prepare(&s.density, &s.params).code == GMM_OK);
  for (int i = 0; i < 50; i++) {
    double x[9], work[9];
    long double logdens[K], most = -INFINITY;
    for (int a = 0; a < d; a++) {
      x[a] = 2 * normal(&rng);
    }
    for (int j = 0; j < K; j++) {
      logdens[j] = reference_logdens(&s.params, j, x, 1);
      most = fmaxl(most, logdens[j]);
      double want =
          2 * (double)(reference_logdens(&s.params, j, s.params.mu + d * j, 1) - logdens[j]);
      CHECK_NEAR(gmm_density_distance(&s.density, j, x, work) / want, 1, 1e-11);
      for (int a = 0; a < d; a++) {
        work[a] = x[a] - s.params.mu[a + d * j];
      }
      CHECK_NEAR(gmm_density_square(&s.density, j, work) / want, 1, 1e-11);
    }
    CHECK(logdens[gmm_density_owner(&s.density, x, work)] == most);
  }
  setup_close(&s);
}

int main(void) {
  double bad[] = {0, -1, NAN, INFINITY};
  for (int layout = GMM_DIAGONAL; layout <= GMM_FULL; layout++) {
    for (int d = 1; d <= 9; d++) {
      check_prepare(layout, d);
      check_distances(layout, d);
    }
    for (int i = 0; i < 4; i++) {
      check_singular(layout, bad[i]);
    }
  }
  test_no_proportion();
  return check_report("density");
}
