#include "moves.h"

#include <math.h>
#include <string.h>

/* |L_j^-1 (x - mu_j)|^2; `work` holds d. */
static double distance(const gmm_density *density, int j, const double *x, double *work) {
  int d = density->d;
  const double *mu = density->mu + (size_t)d * (size_t)j;
  const double *factor = density->factor + gmm_cov_size(density->layout, d) * (size_t)j;
  double square = 0;
  for (int a = 0; a < d; a++) {
    work[a] = x[a] - mu[a];
  }
  for (int a = 0; a < d; a++) {
    double z = 0;
    if (density->layout == GMM_FULL) {
      for (int b = 0; b <= a; b++) {
        z += factor[a + d * b] * work[b];
      }
    } else {
      z = factor[a] * work[a];
    }
    square += z * z;
  }
  return square;
}

/* The component with the largest responsibility for x. */
static int owner_of(const gmm_density *density, const double *x, double *work) {
  int owner = 0;
  double most = -INFINITY;
  for (int j = 0; j < density->k; j++) {
    double half = density->half[j] - 0.25 * distance(density, j, x, work);
    if (half > most) {
      most = half;
      owner = j;
    }
  }
  return owner;
}

/* The component whose distribution component i is the least far from. */
static int nearest_to(const gmm_density *density, int i, double *work) {
  int nearest = -1;
  double least = INFINITY;
  for (int j = 0; j < density->k; j++) {
    if (j != i) {
      double d2 = distance(density, j, density->mu + (size_t)density->d * (size_t)i, work);
      if (nearest < 0 || d2 < least) {
        least = d2;
        nearest = j;
      }
    }
  }
  return nearest;
}

/* Component j becomes the mixture of it and i, in its moments. */
static void merge(gmm_params *params, int j, int i, double *work) {
  int d = params->d;
  size_t D = (size_t)d, size = gmm_cov_size(params->layout, d);
  double *mu_j = params->mu + D * (size_t)j, *sigma_j = params->sigma + size * (size_t)j;
  const double *mu_i = params->mu + D * (size_t)i, *sigma_i = params->sigma + size * (size_t)i;
  double total = params->pi[i] + params->pi[j], p = params->pi[i] / total;
  for (size_t a = 0; a < D; a++) {
    work[a] = mu_i[a] - mu_j[a];
  }
  for (size_t s = 0; s < size; s++) {
    double apart = params->layout == GMM_FULL ? work[s % D] * work[s / D] : work[s] * work[s];
    sigma_j[s] = (1 - p) * sigma_j[s] + p * sigma_i[s] + p * (1 - p) * apart;
  }
  for (size_t a = 0; a < D; a++) {
    mu_j[a] += p * work[a];
  }
  params->pi[j] = total;
}

void gmm_move_apply(const gmm_move *move, const gmm_density *density, gmm_params *params,
                    double *work) {
  int d = params->d, k = params->k;
  size_t D = (size_t)d, size = gmm_cov_size(params->layout, d);
  int owner = owner_of(density, move->row, work);
  int i = move->away + (move->away >= owner);
  if (move->merge) {
    merge(params, nearest_to(density, i, work), i, work);
  } else {
    double left = 1 - params->pi[i];
    for (int j = 0; j < k; j++) {
      params->pi[j] /= left;
    }
  }
  /* Half of its owner's rows. */
  params->pi[i] = params->pi[owner] /= 2;
  memcpy(params->mu + D * (size_t)i, move->row, D * sizeof(double));
  for (size_t s = 0; s < size; s++) {
    params->sigma[size * (size_t)i + s] = move->scale * params->sigma[size * (size_t)owner + s];
  }
}
