#include "cov.h"

#include <math.h>
#include <string.h>

#include "linalg.h"

gmm_status gmm_cov_equal(const gmm_within *within, gmm_factors *factors, double *sigma,
                         double *work) {
  (void)factors, (void)work;
  size_t size = gmm_cov_size(within->layout, within->d);
  memcpy(sigma, within->scatter, size * sizeof(double));
  for (int j = 1; j < within->k; j++) {
    const double *w = within->scatter + size * (size_t)j;
    for (size_t i = 0; i < size; i++) {
      sigma[i] += w[i];
    }
  }
  for (size_t i = 0; i < size; i++) {
    sigma[i] /= within->n;
  }
  for (int j = 1; j < within->k; j++) {
    memcpy(sigma + size * (size_t)j, sigma, size * sizeof(double));
  }
  return gmm_ok();
}

/* sigma_j = scale W_j. */
static void scale_scatter(const gmm_within *within, int j, double scale, double *sigma) {
  size_t size = gmm_cov_size(within->layout, within->d);
  for (size_t i = size * (size_t)j; i < size * (size_t)(j + 1); i++) {
    sigma[i] = within->scatter[i] * scale;
  }
}

gmm_status gmm_cov_own(const gmm_within *within, gmm_factors *factors, double *sigma,
                       double *work) {
  (void)factors, (void)work;
  for (int j = 0; j < within->k; j++) {
    scale_scatter(within, j, 1 / within->count[j], sigma);
  }
  return gmm_ok();
}

size_t gmm_cov_even_work(gmm_layout layout, int d, int k) {
  return gmm_cov_size(layout, d) + (size_t)k;
}

/* log |W_j| / d; NaN where W_j is singular. */
static double mean_log_eigenvalue(const gmm_within *within, int j, double *factor) {
  int d = within->d;
  size_t size = gmm_cov_size(within->layout, d);
  const double *w = within->scatter + size * (size_t)j;
  if (within->layout == GMM_FULL) {
    memcpy(factor, w, size * sizeof(double));
    return gmm_cholesky(d, factor) >= 0 ? NAN : 2 * gmm_log_diagonal(d, factor) / d;
  }
  for (int a = 0; a < d; a++) {
    if (!(w[a] > 0)) {
      return NAN;
    }
  }
  return gmm_sum_logs(d, w, 1) / d;
}

gmm_status gmm_cov_even(const gmm_within *within, gmm_factors *factors, double *sigma,
                        double *work) {
  (void)factors;
  double *level = work, lambda = 0;
  for (int j = 0; j < within->k; j++) {
    level[j] = mean_log_eigenvalue(within, j, work + within->k);
    if (!isfinite(level[j])) {
      return gmm_fail(GMM_ESINGULAR, j);
    }
    lambda += exp(level[j]) / within->n;
  }
  for (int j = 0; j < within->k; j++) {
    scale_scatter(within, j, lambda / exp(level[j]), sigma);
  }
  return gmm_ok();
}

gmm_status gmm_cov_proportional(const gmm_within *within, gmm_factors *factors, double *sigma,
                                double *work) {
  size_t size = gmm_cov_size(within->layout, within->d);
  gmm_status status = gmm_volumes(within, factors, sigma, work);
  if (status.code != GMM_OK) {
    return status;
  }
  gmm_volumes_common(within, factors->volume, work);
  for (int j = 0; j < within->k; j++) {
    double scale = exp(factors->volume[j]) / within->n;
    for (size_t i = 0; i < size; i++) {
      sigma[i + size * (size_t)j] = work[i] * scale;
    }
  }
  return gmm_ok();
}
