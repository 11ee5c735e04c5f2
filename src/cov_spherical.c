#include "cov.h"

/* Sum of the diagonal of the scatter matrices from..to. */
static double trace(const gmm_within *within, int from, int to) {
  double sum = 0;
  for (size_t i = (size_t)within->d * (size_t)from; i < (size_t)within->d * (size_t)to; i++) {
    sum += within->scatter[i];
  }
  return sum;
}

static void fill(const gmm_within *within, int j, double variance, double *sigma) {
  for (int a = 0; a < within->d; a++) {
    sigma[(size_t)a + (size_t)within->d * (size_t)j] = variance;
  }
}

gmm_status gmm_cov_eii(const gmm_within *within, gmm_factors *factors, double *sigma,
                       double *work) {
  (void)factors, (void)work;
  double lambda = trace(within, 0, within->k) / (within->n * within->d);
  for (int j = 0; j < within->k; j++) {
    fill(within, j, lambda, sigma);
  }
  return gmm_ok();
}

gmm_status gmm_cov_vii(const gmm_within *within, gmm_factors *factors, double *sigma,
                       double *work) {
  (void)factors, (void)work;
  for (int j = 0; j < within->k; j++) {
    fill(within, j, trace(within, j, j + 1) / (within->count[j] * within->d), sigma);
  }
  return gmm_ok();
}
