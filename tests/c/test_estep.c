/*
 * The E-step on a block: log-sum-exp and responsibilities against long double;
 * rows so far out that exp() underflows for every component, that squared
 * distances overflow, or that distances themselves are near the largest
 * double; components of no proportion; padding gets no responsibility.
 */
#include "estep.h"

#include <float.h>

#include "helpers.h"
#include "kernel.h"

#define K 3

typedef struct far_out {
  setup s;
  double *block, *r, *logdens, *work;
} far_out;

static void open(far_out *f, gmm_layout layout, int d, uint64_t seed) {
  test_rng rng = {seed, 0};
  setup_open(&f->s, layout, NULL, 0, d, K);
  random_params(&rng, &f->s.params);
  f->block = doubles(GMM_BLOCK * (size_t)d);
  f->r = doubles(GMM_BLOCK * K);
  f->logdens = doubles(GMM_BLOCK);
  f->work = doubles(gmm_estep_work(d));
  for (int i = 0; i < GMM_BLOCK * d; i++) {
    f->block[i] = normal(&rng);
  }
}

static void run(far_out *f, int rows) {
  CHECK(gmm_density_prepare(&f->s.density, &f->s.params).code == GMM_OK);
  gmm_estep_block(&f->s.density, f->block, rows, f->r, f->logdens, f->work);
}

static void close(far_out *f) {
  free(f->block);
  free(f->r);
  free(f->logdens);
  free(f->work);
  setup_close(&f->s);
}

/* Rows at `spread` standard deviations; the error of a log density grows with
 * its size, and with it that of a responsibility. */
static void check_against_reference(gmm_layout layout, int d, double spread, int rows) {
  far_out f;
  open(&f, layout, d, 10);
  for (int a = 0; a < d; a++) {
    for (int t = 0; t < GMM_BLOCK; t++) {
      f.block[t + GMM_BLOCK * a] = t < rows ? f.block[t + GMM_BLOCK * a] * spread : 0;
    }
  }
  run(&f, rows);
  double worst_l = 0, worst_r = 0, worst_sum = 0;
  for (int t = 0; t < rows; t++) {
    long double r[K], l = reference_estep(&f.s.params, f.block + t, GMM_BLOCK, r);
    double sum = 0;
    worst_l = fmax(worst_l, error_in(f.logdens[t], l, 1 + fabsl(l)));
    for (int j = 0; j < K; j++) {
      double got = f.r[t + GMM_BLOCK * j];
      sum += got;
      worst_r = fmax(worst_r, error_in(got, r[j], 1 + fabsl(l)));
    }
    worst_sum = fmax(worst_sum, fabs(sum - 1));
  }
  CHECK_NEAR(worst_l, 0, 1e-13);
  CHECK_NEAR(worst_r, 0, 1e-13);
  CHECK_NEAR(worst_sum, 0, 1e-15);
  int padding = 1;
  for (int j = 0; j < K; j++) {
    for (int t = rows; t < GMM_BLOCK; t++) {
      padding &= f.r[t + GMM_BLOCK * j] == 0;
    }
  }
  CHECK(padding);
  close(&f);
}

/* All densities at 0, with means on the axes so that distances are known. */
static void place(far_out *f, double mu0, double mu1, double mu2) {
  double mu[K] = {mu0, mu1, mu2};
  int d = f->s.d;
  size_t size = gmm_cov_size(f->s.layout, d);
  memset(f->s.params.sigma, 0, size * K * sizeof(double));
  memset(f->s.params.mu, 0, (size_t)d * K * sizeof(double));
  memset(f->block, 0, GMM_BLOCK * (size_t)d * sizeof(double));
  for (int j = 0; j < K; j++) {
    f->s.params.pi[j] = 1.0 / K;
    f->s.params.mu[d * j] = mu[j];
    for (int a = 0; a < d; a++) {
      f->s.params.sigma[size * (size_t)j + gmm_cov_diagonal(f->s.layout, d, a)] = 1;
    }
  }
}

/* exp(-0.5 * 60^2) is no double, the log density is. */
static void test_underflow(gmm_layout layout) {
  far_out f;
  open(&f, layout, 2, 1);
  place(&f, 60, -61, 1e5);
  run(&f, 1);
  double base = -log(3.0) - log(6.283185307179586);
  CHECK(exp(-0.5 * 60 * 60) == 0);
  CHECK_NEAR(f.logdens[0], base - 0.5 * 60 * 60, 1e-10);
  CHECK_NEAR(f.r[0], 1, 1e-15);
  CHECK_NEAR(f.r[GMM_BLOCK] / exp(-0.5 * (61 * 61 - 60 * 60)), 1, 1e-10);
  CHECK_NEAR(f.r[2 * GMM_BLOCK], 0, 0);
  close(&f);
}

/* A responsibility is either zero or so large that a product with it does not
 * become a subnormal number, which is slow; the log density loses nothing. */
static void test_negligible(gmm_layout layout) {
  far_out f;
  open(&f, layout, 2, 1);
  place(&f, 0, sqrt(2 * 667), -sqrt(2 * 669));
  run(&f, 1);
  CHECK_NEAR(f.r[0], 1, 1e-15);
  CHECK_NEAR(f.r[GMM_BLOCK] / exp(-667), 1, 1e-10);
  CHECK(exp(-669) > 0);
  CHECK_NEAR(f.r[2 * GMM_BLOCK], 0, 0);
  CHECK_NEAR(f.logdens[0], -log(3.0) - log(6.283185307179586), 1e-14);
  close(&f);
}

/* Whole vectors are compared, so that no row but the right one is 1. */
static void check_nearest(const far_out *f, int t, int nearest) {
  CHECK_NEAR(f->logdens[t], -INFINITY, 0);
  for (int j = 0; j < K; j++) {
    CHECK_NEAR(f->r[t + GMM_BLOCK * j], j == nearest, 0);
  }
}

/* Squared distances overflow: the nearest component, in its own metric. */
static void test_overflow(gmm_layout layout) {
  int d = 2;
  far_out f;
  open(&f, layout, d, 1);
  place(&f, 1e200, 3e200, 7e200);
  /* The distances of rows 0, 1 and 2 are least to components 0, 1 and 2. */
  f.block[1] = 3.1e200;
  f.block[2] = 8e200;
  f.block[3] = -DBL_MAX;
  /* A row that is near a component is not touched by its neighbours. */
  f.block[4] = 3e200;
  run(&f, 5);
  check_nearest(&f, 0, 0);
  check_nearest(&f, 1, 1);
  check_nearest(&f, 2, 2);
  check_nearest(&f, 3, 0);
  CHECK_NEAR(f.logdens[4], -log(3.0) - log(6.283185307179586), 1e-14);
  CHECK_NEAR(f.r[4 + GMM_BLOCK], 1, 0);

  /* A wide component is nearer than one whose mean is. */
  size_t size = gmm_cov_size(layout, d);
  for (int a = 0; a < d; a++) {
    f.s.params.sigma[size * 2 + gmm_cov_diagonal(layout, d, a)] = 1e6;
  }
  run(&f, 1);
  check_nearest(&f, 0, 2);

  /* But not when nothing is expected there. */
  f.s.params.pi[2] = 0;
  run(&f, 1);
  check_nearest(&f, 0, 0);
  close(&f);
}

/* Overflow in one component does not spoil the density of another. */
static void test_overflow_of_some(gmm_layout layout) {
  far_out f;
  open(&f, layout, 2, 1);
  place(&f, 1e200, 2, -1e200);
  run(&f, 1);
  CHECK_NEAR(f.logdens[0], -log(3.0) - log(6.283185307179586) - 2, 1e-14);
  CHECK_NEAR(f.r[0], 0, 0);
  CHECK_NEAR(f.r[GMM_BLOCK], 1, 0);
  CHECK_NEAR(f.r[2 * GMM_BLOCK], 0, 0);
  close(&f);
}

/* Off-diagonal terms that overflow with either sign leave inf - inf. */
static void test_overflow_with_correlation(void) {
  far_out f;
  open(&f, GMM_FULL, 2, 1);
  place(&f, 0, 1, 2);
  for (int j = 0; j < K; j++) {
    double *sigma = f.s.params.sigma + 4 * j;
    sigma[1] = 0.999;
  }
  for (int t = 0; t < 4; t++) {
    f.block[t] = t % 2 ? DBL_MAX : -DBL_MAX;
    f.block[t + GMM_BLOCK] = t / 2 ? DBL_MAX : -DBL_MAX;
  }
  run(&f, 4);
  for (int t = 0; t < 4; t++) {
    double sum = 0;
    CHECK_NEAR(f.logdens[t], -INFINITY, 0);
    for (int j = 0; j < K; j++) {
      sum += f.r[t + GMM_BLOCK * j];
    }
    CHECK_NEAR(sum, 1, 0);
  }
  close(&f);
}

/* Components of no proportion take no part, wherever they stand. */
static void test_no_proportion(gmm_layout layout) {
  for (int j = 0; j < K; j++) {
    far_out f;
    open(&f, layout, 2, 3);
    f.s.params.pi[j] = 0;
    run(&f, GMM_BLOCK);
    double worst = 0;
    int none = 1;
    for (int t = 0; t < GMM_BLOCK; t++) {
      long double r[K], l = reference_estep(&f.s.params, f.block + t, GMM_BLOCK, r);
      worst = fmax(worst, error_in(f.logdens[t], l, 1 + fabsl(l)));
      none &= f.r[t + GMM_BLOCK * j] == 0;
    }
    CHECK_NEAR(worst, 0, 1e-13);
    CHECK(none);
    close(&f);
  }
}

int main(void) {
  double spreads[] = {0.01, 1, 30, 1e4, 1e100};
  for (int layout = GMM_DIAGONAL; layout <= GMM_FULL; layout++) {
    for (int i = 0; i < 5; i++) {
      check_against_reference(layout, 1, spreads[i], GMM_BLOCK);
      check_against_reference(layout, 4, spreads[i], 77);
    }
    test_underflow(layout);
    test_negligible(layout);
    test_overflow(layout);
    test_overflow_of_some(layout);
    test_no_proportion(layout);
  }
  test_overflow_with_correlation();
  return check_report("estep");
}
