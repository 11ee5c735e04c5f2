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

/* The nearest component to each row without a density, or that of its class, as half a log density
 * would have it. `least` is of the block's rows. */
static void find_nearest(const gmm_density *density, const gmm_kernels *kernels,
                         const gmm_block_facts *facts, double *block, int count,
                         const gmm_block_weights *w, double *least, double *nearest) {
  int rows = gmm_block_rows(count);
  for (int t = 0; t < count; t++) {
    least[t] = INFINITY;
    nearest[t] = 0;
  }
  for (int j = 0; j < density->k; j++) {
    if (facts->missing) {
      gmm_missing_fill(facts->missing, kernels, density, j, rows, block);
    }
    for (int t = 0; t < count; t++) {
      int may = !facts->label || facts->label[t] < 0 || facts->label[t] == j;
      double distance = INFINITY;
      if (!(w->total[t] >= 1) && may && isfinite(density->half[j])) {
        distance = squared_distance(density, j, block + t, FAR_SCALE);
      }
      if (distance < least[t] || (facts->label && facts->label[t] == j)) {
        least[t] = distance;
        nearest[t] = j;
      }
    }
  }
}

/* Rows without a density go to the nearest component. */
static void place_far_rows(const gmm_density *density, const gmm_kernels *kernels,
                           const gmm_block_facts *facts, double *block, int count,
                           const gmm_block_weights *w, double *work) {
  double *nearest = work + GMM_STRIDE;
  find_nearest(density, kernels, facts, block, count, w, work, nearest);
  for (int t = 0; t < count; t++) {
    if (w->total[t] >= 1) {
      continue;
    }
    for (int j = 0; j < density->k + facts->noisy; j++) {
      w->h[t + GMM_STRIDE * (size_t)j] = j == (int)nearest[t];
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

/* Half log densities where values are missing: each component has its own values for them. */
static void fill_logdens(const gmm_kernels *kernels, const gmm_density *density,
                         const gmm_missing *missing, int rows, double *block, double *h,
                         double *work) {
  int d = density->d;
  size_t D = (size_t)d, size = gmm_cov_size(density->layout, d);
  for (int j = 0; j < density->k; j++) {
    size_t J = (size_t)j;
    double half = density->half[j] + missing->gain[j];
    gmm_missing_fill(missing, kernels, density, j, rows, block);
    (density->layout == GMM_FULL ? kernels->full_logdens : kernels->diag_logdens)(
        d, 1, rows, block, density->mu + D * J, density->factor + size * J, &half,
        h + GMM_STRIDE * J, work);
  }
}

/* Noise, as the last component, and no weight beside that of a known class. */
static void add_facts(const gmm_block_facts *facts, int k, int rows, int count, double *h) {
  for (int t = 0; t < rows && facts->noisy; t++) {
    h[(size_t)t + GMM_STRIDE * (size_t)k] = facts->noise;
  }
  for (int t = 0; t < count && facts->label; t++) {
    for (int j = 0; j < k + facts->noisy && facts->label[t] >= 0; j++) {
      if (j != facts->label[t]) {
        h[(size_t)t + GMM_STRIDE * (size_t)j] = -INFINITY;
      }
    }
  }
}

int gmm_estep_block(const gmm_kernels *kernels, const gmm_density *density,
                    const gmm_manner *manner, const gmm_block_facts *facts, double *block,
                    int count, const gmm_block_weights *w, double *loglik, double *work) {
  static const gmm_block_facts nothing = {0};
  facts = facts ? facts : &nothing;
  int d = density->d, k = density->k, rows = gmm_block_rows(count), pairs = rows * k, lost;
  int full = density->layout == GMM_FULL, plain = !facts->label && !facts->missing && !facts->noisy;
  if (manner->sparse && plain) {
    lost = (full ? kernels->full_sparse
                 : kernels->diag_sparse)(d, k, rows, count, manner->floor, block, density->mu,
                                         density->factor, density->half, w, loglik, work, &pairs);
  } else {
    if (facts->missing) {
      fill_logdens(kernels, density, facts->missing, rows, block, w->h, work);
    } else {
      (full ? kernels->full_logdens : kernels->diag_logdens)(
          d, k, rows, block, density->mu, density->factor, density->half, w->h, work);
    }
    add_facts(facts, k, rows, count, w->h);
    lost = kernels->weigh(k + facts->noisy, rows, count, manner->floor, w, loglik);
  }
  if (lost) {
    place_far_rows(density, kernels, facts, block, count, w, work);
  }
  return pairs;
}
