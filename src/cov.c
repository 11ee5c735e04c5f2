#include "cov.h"

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
