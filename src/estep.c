#include "estep.h"

#include <math.h>

#include "kernel.h"

/* Responsibilities below this are zero: products with them would be subnormal
 * numbers, on which processors are a hundred times slower. */
#define NEGLIGIBLE 1e-290

/* Brings the largest double's square into range. */
#define FAR_SCALE 0x1p-540

size_t gmm_estep_work(int d) {
  return GMM_BLOCK * (size_t)d;
}

static double squared_distance(const gmm_density *density, int j, const double *row, double scale) {
  size_t D = (size_t)density->d, size = gmm_cov_size(density->layout, density->d);
  const double *factor = density->factor + size * (size_t)j, *mu = density->mu + D * (size_t)j;
  double sum = 0;
  for (size_t a = 0; a < D; a++) {
    double z = 0;
    if (density->layout == GMM_FULL) {
      for (size_t b = 0; b <= a; b++) {
        z += factor[a + D * b] * (row[GMM_BLOCK * b] * scale - mu[b] * scale);
      }
    } else {
      z = factor[a] * (row[GMM_BLOCK * a] * scale - mu[a] * scale);
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
    if (isfinite(density->constant[j]) && distance < least) {
      least = distance;
      nearest = j;
    }
  }
  return nearest;
}

void gmm_estep_block(const gmm_density *density, const double *block, int rows, double *r,
                     double *logdens, double *work) {
  int d = density->d, k = density->k;
  size_t size = gmm_cov_size(density->layout, d);
  double largest[GMM_BLOCK], total[GMM_BLOCK];

  for (int j = 0; j < k; j++) {
    const double *mu = density->mu + (size_t)d * (size_t)j;
    const double *factor = density->factor + size * (size_t)j;
    double *out = r + GMM_BLOCK * (size_t)j;
    if (density->layout == GMM_FULL) {
      gmm_kernel_full_logdens(d, block, mu, factor, density->constant[j], out, work);
    } else {
      gmm_kernel_diag_logdens(d, block, mu, factor, density->constant[j], out, work);
    }
  }

  /* Shift by the row's maximum: exp() underflows far from every mean. */
  for (int t = 0; t < GMM_BLOCK; t++) {
    largest[t] = -INFINITY;
    total[t] = 0;
  }
  for (int j = 0; j < k; j++) {
    const double *l = r + GMM_BLOCK * (size_t)j;
    for (int t = 0; t < GMM_BLOCK; t++) {
      largest[t] = l[t] > largest[t] ? l[t] : largest[t];
    }
  }
  for (int j = 0; j < k; j++) {
    double *l = r + GMM_BLOCK * (size_t)j;
    for (int t = 0; t < rows; t++) {
      /* No number where distances overflow: no density, then. */
      double e = exp(l[t] - largest[t]);
      l[t] = e > NEGLIGIBLE ? e : 0;
      total[t] += l[t];
    }
  }
  for (int t = 0; t < rows; t++) {
    logdens[t] = largest[t] + log(total[t]);
  }
  for (int j = 0; j < k; j++) {
    double *l = r + GMM_BLOCK * (size_t)j;
    for (int t = 0; t < rows; t++) {
      l[t] /= total[t];
    }
    for (int t = rows; t < GMM_BLOCK; t++) {
      l[t] = 0;
    }
  }

  for (int t = 0; t < rows; t++) {
    if (!(total[t] > 0)) {
      int nearest = nearest_component(density, block + t);
      logdens[t] = -INFINITY;
      for (int j = 0; j < k; j++) {
        r[t + GMM_BLOCK * (size_t)j] = j == nearest;
      }
    }
  }
}
