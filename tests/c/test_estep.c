/*
 * The E-step on a block, by each instruction set: log-sum-exp and responsibilities against
 * long double;
 * rows so far out that exp() underflows for every component, that squared
 * distances overflow, or that distances themselves are near the largest
 * double; components of no proportion; padding gets no responsibility. Looking for the
 * components that matter, before they are worked out, changes no bit.
 */
#include "estep.h"

#include <float.h>

#include "helpers.h"
#include "kernel.h"

#define K 3

/* The instruction set whose turn it is. */
static const gmm_kernels *kernels;

/* A block, its weights as the E-step leaves them, and what they say. */
typedef struct far_out {
  setup s;
  int count;
  double *block, *work, *r, *logdens, loglik;
  gmm_block_weights w;
} far_out;

/* `count` random rows, and padding. */
static void open(far_out *f, gmm_layout layout, int d, int count, uint64_t seed) {
  test_rng rng = {seed, 0};
  *f = (far_out){.count = count};
  setup_open(&f->s, layout, NULL, 0, d, K);
  random_params(&rng, &f->s.params);
  f->block = aligned_doubles(GMM_STRIDE * (size_t)d);
  f->work = aligned_doubles(GMM_STRIDE * (size_t)(d + 1));
  f->w = (gmm_block_weights){aligned_doubles(GMM_STRIDE * K), aligned_doubles(GMM_STRIDE),
                             aligned_doubles(GMM_STRIDE), aligned_doubles(GMM_STRIDE)};
  f->r = doubles(GMM_STRIDE * K);
  f->logdens = doubles(GMM_STRIDE);
  for (int a = 0; a < d; a++) {
    for (int t = 0; t < gmm_block_rows(count); t++) {
      f->block[t + GMM_STRIDE * a] = t < count ? normal(&rng) : 0;
    }
  }
}

static void run_above(far_out *f, double floor) {
  CHECK(gmm_density_prepare(&f->s.density, &f->s.params).code == GMM_OK);
  f->loglik = 0;
  gmm_manner manner = {.floor = floor};
  int pairs = gmm_estep_block(kernels, &f->s.density, &manner, NULL, f->block, f->count, &f->w,
                              &f->loglik, f->work);
  CHECK(pairs == gmm_block_rows(f->count) * K);
  for (int t = 0; t < gmm_block_rows(f->count); t++) {
    f->logdens[t] = 2 * f->w.top[t] + log(f->w.total[t]);
    for (int j = 0; j < K; j++) {
      double root = f->w.h[t + GMM_STRIDE * j] * f->w.inverse[t];
      f->r[t + GMM_STRIDE * j] = root * root;
    }
  }
}

static void run(far_out *f) {
  run_above(f, GMM_VANISHING);
}

static void close(far_out *f) {
  free(f->block);
  free(f->work);
  free(f->w.h);
  free(f->w.top);
  free(f->w.total);
  free(f->w.inverse);
  free(f->r);
  free(f->logdens);
  setup_close(&f->s);
}

/* Rows at `spread` standard deviations; the error of a log density grows with
 * its size, and with it that of a responsibility. */
static void check_against_reference(gmm_layout layout, int d, double spread, int count,
                                    double floor) {
  far_out f;
  open(&f, layout, d, count, 10);
  for (int a = 0; a < d; a++) {
    for (int t = 0; t < count; t++) {
      f.block[t + GMM_STRIDE * a] *= spread;
    }
  }
  run_above(&f, floor);
  double worst_l = 0, worst_r = 0, worst_sum = 0;
  long double loglik = 0, loglik_abs = 1;
  for (int t = 0; t < count; t++) {
    long double r[K], l = reference_estep(&f.s.params, f.block + t, GMM_STRIDE, r);
    double sum = 0;
    loglik += l;
    loglik_abs += fabsl(l);
    worst_l = fmax(worst_l, error_in(f.logdens[t], l, 1 + fabsl(l)));
    for (int j = 0; j < K; j++) {
      double got = f.r[t + GMM_STRIDE * j];
      sum += got;
      worst_r = fmax(worst_r, error_in(got, r[j], 1 + fabsl(l)));
    }
    worst_sum = fmax(worst_sum, fabs(sum - 1));
  }
  CHECK_NEAR(worst_l, 0, 1e-13);
  CHECK_NEAR(worst_r, 0, 1e-13);
  CHECK_NEAR(worst_sum, 0, 2e-15);
  CHECK_NEAR(error_in(f.loglik, loglik, loglik_abs), 0, 1e-13);
  int padding = 1;
  for (int j = 0; j < K; j++) {
    for (int t = count; t < gmm_block_rows(count); t++) {
      padding &= f.r[t + GMM_STRIDE * j] == 0;
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
  memset(f->block, 0, GMM_STRIDE * (size_t)d * sizeof(double));
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
  open(&f, layout, 2, 1, 1);
  place(&f, 60, -61, 1e5);
  run(&f);
  double base = -log(3.0) - log(6.283185307179586);
  CHECK(exp(-0.5 * 60 * 60) == 0);
  CHECK_NEAR(f.logdens[0], base - 0.5 * 60 * 60, 1e-10);
  CHECK_NEAR(f.r[0], 1, 1e-15);
  CHECK_NEAR(f.r[GMM_STRIDE] / exp(-0.5 * (61 * 61 - 60 * 60)), 1, 1e-10);
  CHECK_NEAR(f.r[2 * GMM_STRIDE], 0, 0);
  close(&f);
}

/* A responsibility is either zero or far from the subnormal numbers, which are slow; or,
 * with the other floor, zero where no sum with the largest can tell. The log density loses
 * nothing. */
static void test_floor(gmm_layout layout, double floor, double kept, double left_out) {
  far_out f;
  open(&f, layout, 2, 1, 1);
  place(&f, 0, sqrt(2 * kept), -sqrt(2 * left_out));
  run_above(&f, floor);
  CHECK_NEAR(f.r[0], 1, 1e-15);
  CHECK_NEAR(f.r[GMM_STRIDE] / exp(-kept), 1, 1e-10);
  CHECK(exp(-left_out) > 0);
  CHECK_NEAR(f.r[2 * GMM_STRIDE], 0, 0);
  CHECK_NEAR(f.logdens[0], -log(3.0) - log(6.283185307179586), 1e-14);
  close(&f);
}

/* Whole vectors are compared, so that no row but the right one is 1. */
static void check_nearest(const far_out *f, int t, int nearest) {
  CHECK_NEAR(f->logdens[t], -INFINITY, 0);
  for (int j = 0; j < K; j++) {
    CHECK_NEAR(f->r[t + GMM_STRIDE * j], j == nearest, 0);
  }
}

/* Squared distances overflow: the nearest component, in its own metric. */
static void test_overflow(gmm_layout layout) {
  int d = 2;
  far_out f;
  open(&f, layout, d, 5, 1);
  place(&f, 1e200, 3e200, 7e200);
  /* The distances of rows 0, 1 and 2 are least to components 0, 1 and 2. */
  f.block[1] = 3.1e200;
  f.block[2] = 8e200;
  f.block[3] = -DBL_MAX;
  /* A row that is near a component is not touched by its neighbours. */
  f.block[4] = 3e200;
  run(&f);
  CHECK_NEAR(f.loglik, -INFINITY, 0);
  check_nearest(&f, 0, 0);
  check_nearest(&f, 1, 1);
  check_nearest(&f, 2, 2);
  check_nearest(&f, 3, 0);
  CHECK_NEAR(f.logdens[4], -log(3.0) - log(6.283185307179586), 1e-14);
  CHECK_NEAR(f.r[4 + GMM_STRIDE], 1, 0);

  /* A wide component is nearer than one whose mean is. */
  size_t size = gmm_cov_size(layout, d);
  for (int a = 0; a < d; a++) {
    f.s.params.sigma[size * 2 + gmm_cov_diagonal(layout, d, a)] = 1e6;
  }
  run(&f);
  check_nearest(&f, 0, 2);

  /* But not when nothing is expected there. */
  f.s.params.pi[2] = 0;
  run(&f);
  check_nearest(&f, 0, 0);
  close(&f);
}

/* Overflow in one component does not spoil the density of another. */
static void test_overflow_of_some(gmm_layout layout) {
  far_out f;
  open(&f, layout, 2, 1, 1);
  place(&f, 1e200, 2, -1e200);
  run(&f);
  CHECK_NEAR(f.logdens[0], -log(3.0) - log(6.283185307179586) - 2, 1e-14);
  CHECK_NEAR(f.r[0], 0, 0);
  CHECK_NEAR(f.r[GMM_STRIDE], 1, 0);
  CHECK_NEAR(f.r[2 * GMM_STRIDE], 0, 0);
  close(&f);
}

/* Off-diagonal terms that overflow with either sign leave inf - inf. */
static void test_overflow_with_correlation(void) {
  far_out f;
  open(&f, GMM_FULL, 2, 4, 1);
  place(&f, 0, 1, 2);
  for (int j = 0; j < K; j++) {
    double *sigma = f.s.params.sigma + 4 * j;
    sigma[1] = 0.999;
  }
  for (int t = 0; t < 4; t++) {
    f.block[t] = t % 2 ? DBL_MAX : -DBL_MAX;
    f.block[t + GMM_STRIDE] = t / 2 ? DBL_MAX : -DBL_MAX;
  }
  run(&f);
  for (int t = 0; t < 4; t++) {
    double sum = 0;
    CHECK_NEAR(f.logdens[t], -INFINITY, 0);
    for (int j = 0; j < K; j++) {
      sum += f.r[t + GMM_STRIDE * j];
    }
    CHECK_NEAR(sum, 1, 0);
  }
  close(&f);
}

/* Components of no proportion take no part, wherever they stand. */
static void test_no_proportion(gmm_layout layout) {
  for (int j = 0; j < K; j++) {
    far_out f;
    open(&f, layout, 2, GMM_BLOCK, 3);
    f.s.params.pi[j] = 0;
    run(&f);
    double worst = 0;
    int none = 1;
    for (int t = 0; t < GMM_BLOCK; t++) {
      long double r[K], l = reference_estep(&f.s.params, f.block + t, GMM_STRIDE, r);
      worst = fmax(worst, error_in(f.logdens[t], l, 1 + fabsl(l)));
      none &= f.r[t + GMM_STRIDE * j] == 0;
    }
    CHECK_NEAR(worst, 0, 1e-13);
    CHECK(none);
    close(&f);
  }
}

/* What one E-step on a block leaves behind. */
typedef struct outcome {
  gmm_block_weights w;
  double loglik;
  int pairs;
} outcome;

static void outcome_open(outcome *o, const gmm_density *density, double *block, int count,
                         double floor, int sparse) {
  double *work = aligned_doubles(GMM_STRIDE * (size_t)(density->d + 1));
  gmm_manner manner = {.floor = floor, .sparse = sparse, .may = sparse};
  *o = (outcome){.loglik = 0.5};
  o->w = (gmm_block_weights){aligned_doubles(GMM_STRIDE * (size_t)density->k),
                             aligned_doubles(GMM_STRIDE), aligned_doubles(GMM_STRIDE),
                             aligned_doubles(GMM_STRIDE)};
  o->pairs =
      gmm_estep_block(kernels, density, &manner, NULL, block, count, &o->w, &o->loglik, work);
  free(work);
}

static void outcome_close(outcome *o) {
  free(o->w.h);
  free(o->w.top);
  free(o->w.total);
  free(o->w.inverse);
}

/* Rows that are about the means of all components in turn, or all about that of one; every
 * `lost`-th so far out that it has no density. */
static void check_sparse(gmm_layout layout, int d, int k, int count, double apart, int mixed,
                         int lost, double floor) {
  test_rng rng = {(uint64_t)(d * k + count), 0};
  int rows = gmm_block_rows(count), all = rows * k, same = 1;
  setup s;
  setup_open(&s, layout, NULL, 0, d, k);
  random_params(&rng, &s.params);
  for (int i = 0; i < d * k; i++) {
    s.params.mu[i] *= apart;
  }
  s.params.pi[k / 2] = 0;
  CHECK(gmm_density_prepare(&s.density, &s.params).code == GMM_OK);
  double *block = aligned_doubles(GMM_STRIDE * (size_t)d);
  memset(block, 0, GMM_STRIDE * (size_t)d * sizeof(double));
  for (int t = 0; t < count; t++) {
    double far_out = lost && t % lost == 0 ? 1e200 : 0;
    for (int a = 0; a < d; a++) {
      double centre = s.params.mu[a + d * (mixed ? t % k : 0)];
      block[t + GMM_STRIDE * a] = centre + normal(&rng) + far_out;
    }
  }
  outcome dense, sparse;
  outcome_open(&dense, &s.density, block, count, floor, 0);
  outcome_open(&sparse, &s.density, block, count, floor, 1);
  for (int j = 0; j < k; j++) {
    same &= same_bits(dense.w.h + GMM_STRIDE * j, sparse.w.h + GMM_STRIDE * j, (size_t)rows);
  }
  CHECK(same);
  CHECK(same_bits(dense.w.top, sparse.w.top, (size_t)rows));
  CHECK(same_bits(dense.w.total, sparse.w.total, (size_t)rows));
  CHECK(same_bits(dense.w.inverse, sparse.w.inverse, (size_t)rows));
  CHECK(same_bits(&dense.loglik, &sparse.loglik, 1));
  CHECK(dense.pairs == all);
  CHECK(sparse.pairs > 0 && sparse.pairs <= all);
  /* It was of use where rows of a vector have the same few components near. */
  CHECK(count < 100 || apart < 100 || mixed || lost || sparse.pairs <= all / 4);
  outcome_close(&dense);
  outcome_close(&sparse);
  free(block);
  setup_close(&s);
}

static void test_sparse(gmm_layout layout) {
  const int counts[] = {1, 8, 9, 24, 100, GMM_BLOCK - 9, GMM_BLOCK - 8, GMM_BLOCK};
  const double aparts[] = {0.1, 1, 3, 10, 1000};
  for (int i = 0; i < 8; i++) {
    for (int l = 0; l < 5; l++) {
      double floor = (i + l) % 3 ? GMM_NEGLIGIBLE : GMM_VANISHING;
      check_sparse(layout, 8, 8, counts[i], aparts[l], 1, 0, floor);
      check_sparse(layout, 9 + i % 8, 17, counts[i], aparts[l], 0, 0, floor);
      check_sparse(layout, 10, 9, counts[i], aparts[l], l % 2, 1 + i, floor);
    }
  }
  check_sparse(layout, 8, GMM_SPARSE_K, 40, 3, 1, 0, GMM_NEGLIGIBLE);
}

/* It is done where it can be, once few pairs had weight, and no more once it was in vain. */
static void test_manner(void) {
  gmm_density density = {.layout = GMM_FULL, .d = GMM_SPARSE_D, .k = 16};
  gmm_manner manner = gmm_manner_for(&density, GMM_NEGLIGIBLE);
  CHECK(manner.may && !manner.sparse && manner.floor == GMM_NEGLIGIBLE);
  gmm_manner_learn(&manner, 300, 300, 299);
  CHECK(!manner.sparse);
  gmm_manner_learn(&manner, 300, 300, 3);
  CHECK(manner.sparse);
  gmm_manner_learn(&manner, 300, 20, 3);
  CHECK(manner.sparse);
  gmm_manner_learn(&manner, 300, 299, 3);
  CHECK(!manner.sparse && !manner.may);
  gmm_manner_learn(&manner, 300, 300, 3);
  CHECK(!manner.sparse);

  /* Its kernels are not made for these. */
  const int d[] = {GMM_SPARSE_D - 1, GMM_SPARSE_D, GMM_SPARSE_D};
  const int k[] = {16, GMM_SPARSE_K + 1, 1};
  for (int i = 0; i < 3; i++) {
    density.d = d[i];
    density.k = k[i];
    manner = gmm_manner_for(&density, GMM_VANISHING);
    gmm_manner_learn(&manner, 300, 300, 3);
    CHECK(!manner.may && !manner.sparse);
  }
}

static void test_level(void) {
  double spreads[] = {0.01, 1, 30, 1e4, 1e100};
  for (int layout = GMM_DIAGONAL; layout <= GMM_FULL; layout++) {
    for (int i = 0; i < 5; i++) {
      check_against_reference(layout, 1, spreads[i], GMM_BLOCK, GMM_VANISHING);
      check_against_reference(layout, 4, spreads[i], 77, GMM_VANISHING);
      check_against_reference(layout, 4, spreads[i], 77, GMM_NEGLIGIBLE);
    }
    test_underflow(layout);
    /* Logarithms of 2^-100, and of a number whose products are not yet subnormal. */
    test_floor(layout, GMM_NEGLIGIBLE, 69.31, 69.32);
    test_floor(layout, GMM_VANISHING, 665.9, 666.1);
    test_overflow(layout);
    test_overflow_of_some(layout);
    test_no_proportion(layout);
    test_sparse(layout);
  }
  test_overflow_with_correlation();
}

int main(void) {
  for (gmm_simd level = GMM_SIMD_BASELINE; level < GMM_SIMD_LEVELS; level = next_level(level)) {
    kernels = gmm_simd_kernels(level);
    test_level();
  }
  test_manner();
  return check_report("estep");
}
