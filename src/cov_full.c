#include "cov.h"

#include <string.h>

#include "linalg.h"

gmm_status gmm_cov_eee(const gmm_within *within, gmm_factors *factors, double *sigma,
                       double *work) {
  (void)factors, (void)work;
  gmm_cov_average(gmm_cov_size(GMM_FULL, within->d), within, sigma);
  return gmm_ok();
}

gmm_status gmm_cov_vee(const gmm_within *within, gmm_factors *factors, double *sigma,
                       double *work) {
  return gmm_cov_graded(GMM_FULL, within, factors, sigma, work);
}

gmm_status gmm_cov_evv(const gmm_within *within, gmm_factors *factors, double *sigma,
                       double *work) {
  (void)factors;
  int d = within->d;
  size_t size = gmm_cov_size(GMM_FULL, d);
  double *level = work, *factor = work + within->k;
  for (int j = 0; j < within->k; j++) {
    memcpy(factor, within->scatter + size * (size_t)j, size * sizeof(double));
    if (gmm_cholesky(d, factor) >= 0) {
      return gmm_fail(GMM_ESINGULAR, j);
    }
    level[j] = 2 * gmm_log_diagonal(d, factor) / d;
  }
  gmm_cov_even(size, within, level, sigma);
  return gmm_ok();
}

gmm_status gmm_cov_vvv(const gmm_within *within, gmm_factors *factors, double *sigma,
                       double *work) {
  (void)factors, (void)work;
  gmm_cov_each(gmm_cov_size(GMM_FULL, within->d), within, sigma);
  return gmm_ok();
}
