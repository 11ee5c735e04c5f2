#include "estep.h"

#include <math.h>

/* Brings the largest double's square into range. */
#define FAR_SCALE 0x1p-540

static double squared_distance(const gmm_density *density, int j, const double *row, double scale) {
  size_t D = (size_t)density->d, size = gmm_cov_size(density->layout, density->d);
  const double *factor = density->factor + size * (size_t)j, *mu = density->mu + D * (size_t)j;
  double sum = 0;
  for (size_t a = 0; a < D; a++) {
    double z = 0;
    if (density->layout == GMM_FULL) {
      for (size_t b = 0; b <= a; b++) {
        z += factor[a + D * b] * (row[GMM_STRIDE * b] * scale - mu[b] * scale);
      }
    } else {
      z = factor[a] * (row[GMM_STRIDE * a] * scale - mu[a] * scale);
    }
    sum += z * z;
  }
  return sum;
}

static int nearest_component(const gmm_density *density, const double *row) {
  int nearest = 0;
  double least = INFINITY;
  for (int j = 0; j < density->k; j++) {
    double distance = squared_distance(density, j, row, FAR_SCALE);
    if (isfinite(density->half[j]) && distance < least) {
      least = distance;
      nearest = j;
    }
  }
  return nearest;
}

/* Rows without a density go to the nearest component. */
static void place_far_rows(const gmm_density *density, const double *block, int count,
                           const gmm_block_weights *w) {
  for (int t = 0; t < count; t++) {
    if (w->total[t] >= 1) {
      continue;
    }
    int nearest = nearest_component(density, block + t);
    for (int j = 0; j < density->k; j++) {
      w->h[t + GMM_STRIDE * (size_t)j] = j == nearest;
    }
    w->top[t] = -INFINITY;
    w->total[t] = w->inverse[t] = 1;
  }
}

void gmm_estep_block(const gmm_kernels *kernels, const gmm_density *density, double floor,
                     const double *block, int count, const gmm_block_weights *w, double *loglik,
                     double *work) {
  int rows = gmm_block_rows(count);
  (density->layout == GMM_FULL ? kernels->full_logdens : kernels->diag_logdens)(
      density->d, density->k, rows, block, density->mu, density->factor, density->half, w->h,
      work);
  if (kernels->weigh(density->k, rows, count, floor, w, loglik)) {
    place_far_rows(density, block, count, w);
  }
}
