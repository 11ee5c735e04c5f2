/*
 * Extrapolation: the length of a geometric sequence and where it ends, the third
 * point at length 1, proportions that stay proportions, that of noise among them, and units that
 * do not matter.
 */
#include "squarem.h"

#include "helpers.h"

typedef struct points {
  gmm_layout layout;
  int d, k;
  gmm_squarem squarem;
  gmm_params limit, to;
  gmm_density density;
  void *memory;
} points;

static void points_take(void *self, gmm_arena *arena) {
  points *p = self;
  gmm_squarem_take(&p->squarem, arena, p->layout, p->d, p->k);
  gmm_params_take(&p->limit, arena, p->layout, p->d, p->k);
  gmm_params_take(&p->to, arena, p->layout, p->d, p->k);
  gmm_density_take(&p->density, arena, p->layout, p->d, p->k);
}

static size_t covariances(const points *p) {
  return gmm_cov_size(p->layout, p->d) * (size_t)p->k;
}

/* Three points on the way to `limit`, the difference from which shrinks by q; in all but
 * the proportions, whose logarithms have to be shifted to sum to 1. */
static void open(points *p, gmm_layout layout, int d, int k, double q, test_rng *rng) {
  *p = (points){.layout = layout, .d = d, .k = k};
  p->memory = carve(points_take, p);
  random_params(rng, &p->limit);
  gmm_params *x = p->squarem.point;
  double far[3] = {0.1, 0.1 * q, 0.1 * q * q};
  for (int i = 0; i < 3; i++) {
    gmm_params_copy(&x[i], &p->limit);
  }
  for (int a = 0; a < d * k; a++) {
    double way = normal(rng);
    for (int i = 0; i < 3; i++) {
      x[i].mu[a] += far[i] * way;
    }
  }
  for (size_t s = 0; s < covariances(p); s++) {
    double way = normal(rng);
    for (int i = 0; i < 3; i++) {
      x[i].sigma[s] += far[i] * way;
    }
  }
  CHECK(gmm_density_prepare(&p->density, &x[1]).code == GMM_OK);
}

static void close(points *p) {
  free(p->memory);
}

/* The entries that are meant. */
static double worst_in_lower(const points *p, const double *sigma, const double *want) {
  size_t size = gmm_cov_size(p->layout, p->d), D = (size_t)p->d;
  double worst = 0;
  for (size_t i = 0; i < covariances(p); i++) {
    if (p->layout == GMM_DIAGONAL || i % size % D >= i % size / D) {
      worst = fmax(worst, error_in(sigma[i], want[i], 1));
    }
  }
  return worst;
}

static void check_geometric(gmm_layout layout, int d, int k, double q) {
  test_rng rng = {1, 0};
  points p;
  open(&p, layout, d, k, q, &rng);
  double length = gmm_squarem_length(&p.squarem, &p.density);
  CHECK_NEAR(length * (1 - q), 1, 1e-10 / (1 - q));

  /* At that length it is there. */
  gmm_squarem_extrapolate(&p.squarem, 1 / (1 - q), &p.to);
  double tol = 1e-14 / (1 - q) / (1 - q);
  CHECK_NEAR(worst_error(p.to.mu, p.limit.mu, (size_t)(d * k)), 0, tol);
  CHECK_NEAR(worst_in_lower(&p, p.to.sigma, p.limit.sigma), 0, tol);
  CHECK_NEAR(worst_error(p.to.pi, p.limit.pi, (size_t)k), 0, tol);
  close(&p);
}

/* A way in the proportions alone: the difference of two of them, in logarithms, knows of no
 * shift. */
static void test_proportions(void) {
  enum { K = 3 };
  test_rng rng = {2, 0};
  points p;
  double q = 0.8, size = 0.3;
  open(&p, GMM_DIAGONAL, 1, K, 0, &rng);
  for (int i = 0; i < 3; i++) {
    gmm_params *x = &p.squarem.point[i];
    gmm_params_copy(x, &p.limit);
    double total = 0;
    for (int j = 0; j < K; j++) {
      total += x->pi[j] *= exp(size * j);
    }
    for (int j = 0; j < K; j++) {
      x->pi[j] /= total;
    }
    size *= q;
  }
  gmm_squarem_extrapolate(&p.squarem, 1 / (1 - q), &p.to);
  CHECK_NEAR(worst_error(p.to.pi, p.limit.pi, K), 0, 1e-13);

  /* However far it goes. */
  double lengths[] = {1, 1.5, 10, 1e3, 1e8};
  for (int l = 0; l < 5; l++) {
    int regular = gmm_squarem_extrapolate(&p.squarem, lengths[l], &p.to), some_left = 1;
    double total = 0;
    for (int j = 0; j < K; j++) {
      total += p.to.pi[j];
      CHECK(p.to.pi[j] >= 0);
      some_left &= p.to.pi[j] > 1e-6 * p.squarem.point[2].pi[j];
    }
    CHECK_NEAR(total, 1, 1e-15);
    /* Up to where a proportion would be gone. */
    CHECK(regular == some_left);
    CHECK(regular == (lengths[l] < 100));
  }
  close(&p);
}

/* Noise is as a component of which nothing but its proportion changes. */
static void check_noise(gmm_layout layout, int d, int k) {
  test_rng rng = {6, 0};
  points with, without;
  open(&without, layout, d, k + 1, 0.5, &rng);
  open(&with, layout, d, k, 0.5, &rng);
  size_t size = gmm_cov_size(layout, d), D = (size_t)d, K = (size_t)k;
  for (int i = 0; i < 3; i++) {
    gmm_params *x = &with.squarem.point[i], *y = &without.squarem.point[i];
    test_rng same = {7, 0};
    random_params(i == 1 ? &rng : &same, y);
    random_params(&rng, y);
    memcpy(y->mu + D * K, without.squarem.point[0].mu + D * K, D * sizeof(double));
    memcpy(y->sigma + size * K, without.squarem.point[0].sigma + size * K, size * sizeof(double));
    memcpy(x->pi, y->pi, K * sizeof(double));
    memcpy(x->mu, y->mu, D * K * sizeof(double));
    memcpy(x->sigma, y->sigma, size * K * sizeof(double));
    x->noise = y->pi[k];
  }
  CHECK(gmm_density_prepare(&with.density, &with.squarem.point[1]).code == GMM_OK);
  CHECK(gmm_density_prepare(&without.density, &without.squarem.point[1]).code == GMM_OK);
  double length = gmm_squarem_length(&without.squarem, &without.density);
  CHECK_NEAR(gmm_squarem_length(&with.squarem, &with.density) / length, 1, 1e-14);
  double lengths[] = {1, 1.5, 4, 30};
  for (int l = 0; l < 4; l++) {
    int regular = gmm_squarem_extrapolate(&without.squarem, lengths[l], &without.to);
    CHECK(gmm_squarem_extrapolate(&with.squarem, lengths[l], &with.to) == regular);
    CHECK_NEAR(with.to.noise, without.to.pi[k], 1e-15);
    CHECK_NEAR(worst_error(with.to.pi, without.to.pi, K), 0, 1e-14);
    CHECK(same_bits(with.to.mu, without.to.mu, D * K));
  }
  /* Up to where it would be gone; and where there is none, there is none. */
  for (int i = 0; i < 3; i++) {
    with.squarem.point[i].noise = pow(0.1, i + 1);
  }
  CHECK(gmm_squarem_extrapolate(&with.squarem, 1, &with.to));
  with.squarem.point[2].noise = 1e-4;
  memcpy(with.squarem.point[0].pi, with.squarem.point[2].pi, K * sizeof(double));
  memcpy(with.squarem.point[1].pi, with.squarem.point[2].pi, K * sizeof(double));
  CHECK(!gmm_squarem_extrapolate(&with.squarem, 10, &with.to));
  for (int i = 0; i < 3; i++) {
    with.squarem.point[i].noise = 0;
  }
  CHECK(gmm_squarem_extrapolate(&with.squarem, 10, &with.to));
  CHECK(with.to.noise == 0);
  close(&with);
  close(&without);
}

/* Length 1 is the third point, to the bit but for the logarithms. */
static void check_third_point(gmm_layout layout, int d, int k) {
  test_rng rng = {3, 0};
  points p;
  open(&p, layout, d, k, 0.5, &rng);
  random_params(&rng, &p.squarem.point[0]);
  random_params(&rng, &p.squarem.point[2]);
  const gmm_params *third = &p.squarem.point[2];
  CHECK(gmm_squarem_extrapolate(&p.squarem, 1, &p.to));
  CHECK_NEAR(worst_error(p.to.pi, third->pi, (size_t)k), 0, 1e-14);
  CHECK(memcmp(p.to.mu, third->mu, (size_t)(d * k) * sizeof(double)) == 0);
  CHECK_NEAR(worst_in_lower(&p, p.to.sigma, third->sigma), 0, 0);
  close(&p);
}

/* The length is the same in other units: variables times powers of two, to the bit, and
 * any linear map, for full covariances. */
static void check_units(gmm_layout layout, int d, int k) {
  enum { MAX_D = 4 };
  test_rng rng = {4, 0};
  points p;
  open(&p, layout, d, k, 0.5, &rng);
  for (int i = 0; i < 3; i += 2) {
    random_params(&rng, &p.squarem.point[i]);
  }
  double length = gmm_squarem_length(&p.squarem, &p.density);
  size_t D = (size_t)d, size = gmm_cov_size(layout, d);
  int e[MAX_D] = {-20, 3, 100, 0};
  for (int i = 0; i < 3; i++) {
    gmm_params *x = &p.squarem.point[i];
    for (size_t m = 0; m < D * (size_t)k; m++) {
      x->mu[m] = ldexp(x->mu[m], e[m % D]);
    }
    for (size_t s = 0; s < covariances(&p); s++) {
      size_t a = s % size % D, b = layout == GMM_FULL ? s % size / D : a;
      x->sigma[s] = ldexp(x->sigma[s], e[a] + e[b]);
    }
  }
  CHECK(gmm_density_prepare(&p.density, &p.squarem.point[1]).code == GMM_OK);
  CHECK(gmm_squarem_length(&p.squarem, &p.density) == length);

  for (int i = 0; i < 3 && layout == GMM_FULL; i++) {
    gmm_params *x = &p.squarem.point[i];
    /* The second variable is, from now on, it and three of the first. */
    double r = ldexp(3, e[1] - e[0]);
    for (int j = 0; j < k; j++) {
      double *mu = x->mu + d * j, *sigma = x->sigma + d * d * j;
      mu[1] += r * mu[0];
      sigma[1 + d] += 2 * r * sigma[1] + r * r * sigma[0];
      sigma[1] += r * sigma[0];
      for (int a = 2; a < d; a++) {
        sigma[a + d] += r * sigma[a];
      }
    }
  }
  CHECK(gmm_density_prepare(&p.density, &p.squarem.point[1]).code == GMM_OK);
  CHECK_NEAR(gmm_squarem_length(&p.squarem, &p.density) / length, 1, 1e-12);
  close(&p);
}

/* One variable, one way at a time: what the parts of the length weigh. */
static void test_weights(void) {
  test_rng rng = {5, 0};
  points p;
  open(&p, GMM_DIAGONAL, 1, 1, 0, &rng);
  gmm_params *x = p.squarem.point;
  double sigma = 4, mu[] = {0, 1, 1}, var[] = {0, 1, 3};
  for (int i = 0; i < 3; i++) {
    x[i].pi[0] = 1;
    x[i].mu[0] = mu[i];
    x[i].sigma[0] = sigma + var[i] - var[1];
  }
  CHECK(gmm_density_prepare(&p.density, &x[1]).code == GMM_OK);
  /* r = (1, 1), v = (-1, 1). */
  CHECK_NEAR(gmm_squarem_length(&p.squarem, &p.density), 1, 1e-15);
  /* r = (2, 1), v = (-1, 1) / 2. */
  x[1].mu[0] = 2;
  x[2].mu[0] = 3.5;
  x[2].sigma[0] = sigma + 1.5;
  double first = 4 / sigma + 1 / sigma / sigma / 2;
  double second = 0.25 / sigma + 0.25 / sigma / sigma / 2;
  CHECK_NEAR(gmm_squarem_length(&p.squarem, &p.density), sqrt(first / second), 1e-14);

  /* Steps of one size go on for ever. */
  x[1].mu[0] = 1;
  x[2].mu[0] = 2;
  x[2].sigma[0] = sigma + 1;
  CHECK(gmm_squarem_length(&p.squarem, &p.density) == INFINITY);
  close(&p);
}

int main(void) {
  double q[] = {0.1, 0.5, 0.9, 0.999};
  for (int i = 0; i < 4; i++) {
    check_geometric(GMM_FULL, 4, 3, q[i]);
    check_geometric(GMM_FULL, 1, 1, q[i]);
    check_geometric(GMM_DIAGONAL, 4, 3, q[i]);
    check_geometric(GMM_DIAGONAL, 1, 2, q[i]);
  }
  test_proportions();
  check_noise(GMM_FULL, 3, 2);
  check_noise(GMM_DIAGONAL, 2, 4);
  check_third_point(GMM_FULL, 3, 2);
  check_third_point(GMM_DIAGONAL, 3, 2);
  check_units(GMM_FULL, 3, 2);
  check_units(GMM_FULL, 4, 3);
  check_units(GMM_DIAGONAL, 4, 3);
  test_weights();
  return check_report("squarem");
}
