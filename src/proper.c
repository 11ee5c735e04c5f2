#include "proper.h"

#include <math.h>
#include <string.h>

#include "columns.h"
#include "linalg.h"

size_t gmm_proper_work(int d) {
  return 2 * (size_t)d * (size_t)d;
}

/* F'F for an inverse factor F: the inverse of a covariance, lower. */
static void find_precision(int d, const double *factor, double *precision) {
  size_t D = (size_t)d;
  for (size_t c = 0; c < D; c++) {
    for (size_t b = c; b < D; b++) {
      precision[b + D * c] = gmm_dot(D - b, factor + b + D * b, factor + b + D * c);
    }
  }
}

/* tr(A B) of symmetric matrices, lower. */
static double trace_of_product(int d, const double *a, const double *b) {
  size_t D = (size_t)d;
  double on = 0, below = 0;
  for (size_t c = 0; c < D; c++) {
    const double *left = a + c + D * c, *right = b + c + D * c;
    on += left[0] * right[0];
    below += gmm_dot(D - c - 1, left + 1, right + 1);
  }
  return on + 2 * below;
}

/* Whether `sigma` is nowhere tighter than the covariance that `factor`, an inverse factor as
 * in density.h, stands for, by more than a factor. */
static int exceeds(gmm_layout layout, int d, const double *factor, const double *sigma,
                   double ratio, double *work) {
  if (layout == GMM_FULL) {
    return gmm_exceeds(d, factor, sigma, ratio, work);
  }
  for (int a = 0; a < d; a++) {
    if (!(sigma[a] * factor[a] * factor[a] > ratio)) {
      return 0;
    }
  }
  return 1;
}

/* Whether the covariance that has this precision is surely nowhere tighter than that of component
 * i, by more than a factor: the largest eigenvalue of sigma_i relative to it is below the sum of
 * all. */
static int surely_exceeds(const gmm_params *params, const double *precision, int i, double ratio) {
  size_t size = gmm_cov_size(params->layout, params->d);
  const double *sigma = params->sigma + size * (size_t)i;
  return params->layout == GMM_FULL && trace_of_product(params->d, precision, sigma) * ratio < 1;
}

/* Whether `sigma` is wider than rounding in every direction: what it leaves is a covariance. */
static int exceeds_rounding(gmm_layout layout, int d, const double *sigma, const double *rounding,
                            double ratio, double *work) {
  size_t D = (size_t)d;
  if (layout == GMM_FULL) {
    memcpy(work, sigma, D * D * sizeof(double));
    for (size_t a = 0; a < D; a++) {
      work[a * (D + 1)] -= ratio * rounding[a];
    }
    return gmm_cholesky(d, work) < 0;
  }
  for (size_t a = 0; a < D; a++) {
    if (!(sigma[a] > ratio * rounding[a])) {
      return 0;
    }
  }
  return 1;
}

gmm_status gmm_proper_check(const gmm_proper *proper, const gmm_model *model,
                            const gmm_params *params, const double *count,
                            const gmm_density *density, const double *total, const double *rounding,
                            double *work) {
  int d = params->d, k = params->k;
  size_t size = gmm_cov_size(params->layout, d);
  double *precision = work + (size_t)d * (size_t)d;
  /* One component holds all rows: it cannot have collapsed on a few. */
  for (int j = 0; j < k && k > 1; j++) {
    if (model->own != GMM_OWN_NOTHING && count[j] < proper->min_size) {
      return gmm_fail(GMM_ESMALL, j);
    }
  }
  for (int j = 0; j < k; j++) {
    const double *sigma = params->sigma + size * (size_t)j;
    if (!exceeds(params->layout, d, total, sigma, proper->min_total, work)) {
      return gmm_fail(GMM_ESPURIOUS, j);
    }
    int few = k > 1 && model->own != GMM_OWN_NOTHING && count[j] < proper->few_rows;
    if (few && params->layout == GMM_FULL) {
      find_precision(d, density->factor + size * (size_t)j, precision);
    }
    for (int i = 0; i < k && few; i++) {
      const double *factor = density->factor + size * (size_t)i;
      if (i != j && !surely_exceeds(params, precision, i, proper->min_ratio) &&
          !exceeds(params->layout, d, factor, sigma, proper->min_ratio, work)) {
        return gmm_fail(GMM_ESPURIOUS, j);
      }
    }
    if (k > 1 && rounding &&
        !exceeds_rounding(params->layout, d, sigma, rounding, proper->min_rounding, work)) {
      return gmm_fail(GMM_EROUNDED, j);
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
