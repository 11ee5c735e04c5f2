#include "estep.h"

#include <math.h>

/* Fewer components are worked out sooner than they are looked at. */
#define LEAST_SPARSE_K 8

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

gmm_manner gmm_manner_for(const gmm_density *density, double floor) {
  int may =
      density->k >= LEAST_SPARSE_K && density->k <= GMM_SPARSE_K && density->d >= GMM_SPARSE_D;
  return (gmm_manner){floor, 0, may};
}

void gmm_manner_learn(gmm_manner *manner, int pairs, int worked_out, int weighed) {
  if (!manner->sparse) {
    manner->sparse = manner->may && weighed < pairs / 3;
  } else if (worked_out > pairs / 2) {
    manner->sparse = manner->may = 0;
  }
}

int gmm_estep_block(const gmm_kernels *kernels, const gmm_density *density,
                    const gmm_manner *manner, const double *block, int count,
                    const gmm_block_weights *w, double *loglik, double *work) {
  int d = density->d, k = density->k, rows = gmm_block_rows(count), pairs = rows * k, lost;
  int full = density->layout == GMM_FULL;
  if (manner->sparse) {
    lost = (full ? kernels->full_sparse
                 : kernels->diag_sparse)(d, k, rows, count, manner->floor, block, density->mu,
                                         density->factor, density->half, w, loglik, work, &pairs);
  } else {
    (full ? kernels->full_logdens : kernels->diag_logdens)(
        d, k, rows, block, density->mu, density->factor, density->half, w->h, work);
    lost = kernels->weigh(k, rows, count, manner->floor, w, loglik);
  }
  if (lost) {
    place_far_rows(density, block, count, w);
  }
  return pairs;
}
