#include "cov.h"

#include <math.h>
#include <string.h>

void gmm_cov_average(size_t size, const gmm_within *within, double *sigma) {
  memcpy(sigma, within->scatter, size * sizeof(double));
  for (size_t i = size; i < size * (size_t)within->k; i++) {
    sigma[i % size] += within->scatter[i];
  }
  for (size_t i = 0; i < size; i++) {
    sigma[i] /= within->n;
  }
  for (int j = 1; j < within->k; j++) {
    memcpy(sigma + size * (size_t)j, sigma, size * sizeof(double));
  }
}

void gmm_cov_each(size_t size, const gmm_within *within, double *sigma) {
  for (int j = 0; j < within->k; j++) {
    for (size_t i = size * (size_t)j; i < size * (size_t)(j + 1); i++) {
      sigma[i] = within->scatter[i] / within->count[j];
    }
  }
}

void gmm_cov_even(size_t size, const gmm_within *within, const double *level, double *sigma) {
  double lambda = 0;
  for (int j = 0; j < within->k; j++) {
    lambda += exp(level[j]) / within->n;
  }
  for (int j = 0; j < within->k; j++) {
    double scale = lambda / exp(level[j]);
    for (size_t i = size * (size_t)j; i < size * (size_t)(j + 1); i++) {
      sigma[i] = within->scatter[i] * scale;
    }
  }
}

gmm_status gmm_cov_graded(gmm_layout layout, const gmm_within *within, gmm_factors *factors,
                          double *sigma, double *work) {
  size_t size = gmm_cov_size(layout, within->d);
  gmm_status status = gmm_volumes(layout, within, factors, sigma, work);
  if (status.code != GMM_OK) {
    return status;
  }
  gmm_volumes_common(layout, within, factors->volume, work);
  for (int j = 0; j < within->k; j++) {
    double scale = exp(factors->volume[j]) / within->n;
    for (size_t i = 0; i < size; i++) {
      sigma[i + size * (size_t)j] = work[i] * scale;
    }
  }
  return gmm_ok();
}
