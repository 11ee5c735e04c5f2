#include "proper.h"

#include <math.h>

#include "linalg.h"

size_t gmm_proper_work(int d) {
  return gmm_min_ratio_work(d);
}

/* Smallest eigenvalue of `sigma` relative to the matrix that `factor`, an
 * inverse factor as in density.h, stands for. */
static double min_ratio(gmm_layout layout, int d, const double *factor, const double *sigma,
                        double *work) {
  if (layout == GMM_FULL) {
    return gmm_min_ratio(d, factor, sigma, work);
  }
  double least = INFINITY;
  for (int a = 0; a < d; a++) {
    least = fmin(least, sigma[a] * factor[a] * factor[a]);
  }
  return least;
}

gmm_status gmm_proper_check(const gmm_proper *proper, const gmm_model *model,
                            const gmm_params *params, const double *count,
                            const gmm_density *density, const double *total, double *work) {
  int d = params->d, k = params->k;
  size_t size = gmm_cov_size(params->layout, d);
  /* One component holds all rows: it cannot have collapsed on a few. */
  for (int j = 0; j < k && k > 1; j++) {
    if (model->own != GMM_OWN_NOTHING && count[j] < proper->min_size) {
      return gmm_fail(GMM_ESMALL, j);
    }
  }
  for (int j = 0; j < k; j++) {
    const double *sigma = params->sigma + size * (size_t)j;
    if (!(min_ratio(params->layout, d, total, sigma, work) >= proper->min_total)) {
      return gmm_fail(GMM_ESPURIOUS, j);
    }
    int few = model->own != GMM_OWN_NOTHING && count[j] < proper->few_rows;
    for (int i = 0; i < k && few; i++) {
      const double *factor = density->factor + size * (size_t)i;
      if (i != j && !(min_ratio(params->layout, d, factor, sigma, work) >= proper->min_ratio)) {
        return gmm_fail(GMM_ESPURIOUS, j);
      }
    }
  }
  return gmm_ok();
}

gmm_status gmm_proper_total(gmm_layout layout, int d, double *total) {
  if (layout == GMM_FULL) {
    int bad = gmm_cholesky(d, total);
    if (bad >= 0) {
      return gmm_fail(GMM_ECOLLINEAR, bad);
    }
    gmm_invert_lower(d, total);
    return gmm_ok();
  }
  /* A constant variable, which only spherical models hold, says nothing. */
  for (int a = 0; a < d; a++) {
    total[a] = total[a] > 0 ? 1 / sqrt(total[a]) : INFINITY;
  }
  return gmm_ok();
}
