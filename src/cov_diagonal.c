#include "cov.h"

#include <math.h>

gmm_status gmm_cov_eei(const gmm_within *within, gmm_factors *factors, double *sigma,
                       double *work) {
  (void)factors, (void)work;
  gmm_cov_average((size_t)within->d, within, sigma);
  return gmm_ok();
}

gmm_status gmm_cov_vei(const gmm_within *within, gmm_factors *factors, double *sigma,
                       double *work) {
  return gmm_cov_graded(GMM_DIAGONAL, within, factors, sigma, work);
}

gmm_status gmm_cov_evi(const gmm_within *within, gmm_factors *factors, double *sigma,
                       double *work) {
  (void)factors;
  double *level = work;
  for (int j = 0; j < within->k; j++) {
    const double *w = within->scatter + (size_t)within->d * (size_t)j;
    level[j] = 0;
    for (int a = 0; a < within->d; a++) {
      if (!(w[a] > 0)) {
        return gmm_fail(GMM_ESINGULAR, j);
      }
      level[j] += log(w[a]) / within->d;
    }
  }
  gmm_cov_even((size_t)within->d, within, level, sigma);
  return gmm_ok();
}

gmm_status gmm_cov_vvi(const gmm_within *within, gmm_factors *factors, double *sigma,
                       double *work) {
  (void)factors, (void)work;
  gmm_cov_each((size_t)within->d, within, sigma);
  return gmm_ok();
}
