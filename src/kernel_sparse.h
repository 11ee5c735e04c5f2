/*
 * The E-step where most components are far from most rows (kernel.h): only those pairs of
 * a vector of rows and a component are worked out that can have weight. Included by
 * kernel_level.h only.
 *
 * The squared distance is a sum over rows of the factor, so that its first few bound it
 * from below, and the log density from above. The component of the largest bound is worked
 * out for each row; what its density is, the row's largest is at least. Bounds too far
 * below that are done with. The others are worked out as they would be anyway: no bit of
 * the result depends on how many were left out.
 */
#ifndef GMM_KERNEL_SPARSE_H
#define GMM_KERNEL_SPARSE_H

#include "kernel_diag.h"
#include "kernel_estep.h"
#include "kernel_full.h"

/* Rows of the factor that make a bound. */
#define FULL_BOUND MOST_STRIP
#define DIAG_BOUND 8

typedef struct sparse_input {
  int full;
  size_t d, k;
  const double *block, *mu, *factor, *half;
  double *h;
  vec *y;
} sparse_input;

/* The sum of the first few squares, for one vector of rows. */
INLINE vec bound_distance(const sparse_input *in, const double *x, size_t j) {
  size_t d = in->d;
  const double *mu = in->mu + d * j, *factor = in->factor + (in->full ? d * d : d) * j;
  vec q[ABREAST] = {{0}};
  if (in->full) {
    vec y[FULL_BOUND];
    UNROLL
    for (int b = 0; b < FULL_BOUND; b++) {
      y[b] = vec_load(x + GMM_STRIDE * b) - mu[b];
    }
    add_strip(FULL_BOUND, 1, d, 0, factor, y, q);
  } else {
    UNROLL
    for (int b = 0; b < DIAG_BOUND; b++) {
      vec z = (vec_load(x + GMM_STRIDE * b) - mu[b]) * factor[b];
      q[0] = vec_fma(z, z, q[0]);
    }
  }
  return q[0];
}

/* Bounds for V <= 2 vectors of rows, into h, and the components that have the largest. */
INLINE void find_bounds(int V, const sparse_input *in, int t, vec *largest_at) {
  vec best[2], index = {0};
  UNROLL
  for (int v = 0; v < V; v++) {
    best[v] = vec_all(-INFINITY);
    largest_at[v] = (vec){0};
  }
  for (size_t j = 0; j < in->k; j++) {
    UNROLL
    for (int v = 0; v < V; v++) {
      vec bound = vec_fma(vec_all(-0.25), bound_distance(in, in->block + t + v * LANES, j),
                          vec_all(in->half[j]));
      bits more = bound > best[v];
      best[v] = vec_choose(more, bound, best[v]);
      largest_at[v] = vec_choose(more, index, largest_at[v]);
      vec_store(in->h + GMM_STRIDE * j + t + v * LANES, bound);
    }
    index += 1;
  }
}

INLINE vec work_out(const sparse_input *in, int t, size_t j) {
  size_t d = in->d;
  double *h = in->h + GMM_STRIDE * j + t;
  if (in->full) {
    log_densities(1, d, in->block + t, in->mu + d * j, in->factor + d * d * j, in->half[j], h,
                  in->y);
  } else {
    diag_densities(1, 1, d, in->block + t, in->mu + d * j, in->factor + d * j, in->half + j, h);
  }
  return vec_load(h);
}

/*
 * Works out what one vector of rows needs; `first` are components to begin with. Lists
 * the components that are left in `which` (k), and returns how many; `done` (k) is 0 on
 * entry and exit.
 */
INLINE int work_out_vector(const sparse_input *in, int t, vec first, double floor, int *which,
                           unsigned char *done) {
  vec least = vec_all(-INFINITY);
  int n = 0;
  for (int l = 0; l < LANES; l++) {
    size_t j = (size_t)first[l];
    if (!done[j]) {
      done[j] = 1;
      least = vec_max(work_out(in, t, j), least);
    }
  }
  /* Lower by more than rounding can move the limit. */
  vec needed = least + (floor - 1);
  for (size_t j = 0; j < in->k; j++) {
    double *h = in->h + GMM_STRIDE * j + t;
    /* What overflowed compares as false, and is worked out. */
    if (vec_all_below(vec_load(h), needed)) {
      vec_store(h, (vec){0});
    } else {
      which[n++] = (int)j;
      if (!done[j]) {
        work_out(in, t, j);
      }
    }
  }
  for (int l = 0; l < LANES; l++) {
    done[(size_t)first[l]] = 0;
  }
  return n;
}

INLINE int sparse_weigh(int full, int d, int k, int rows, int count, double floor,
                        const double *block, const double *mu, const double *factor,
                        const double *half, const gmm_block_weights *w, double *loglik,
                        double *work, int *pairs) {
  unsigned char *done = (unsigned char *)(work + GMM_STRIDE * (size_t)d);
  int which[GMM_SPARSE_K];
  sparse_input in = {full, (size_t)d, (size_t)k, block, mu, factor, half, w->h, (vec *)work};
  bits lost = {0};
  *pairs = 0;
  memset(done, 0, (size_t)k);
  for (int t = 0; t < rows; t += 2 * LANES) {
    int V = t + LANES < rows ? 2 : 1;
    vec first[2];
    if (V == 2) {
      find_bounds(2, &in, t, first);
    } else {
      find_bounds(1, &in, t, first);
    }
    for (int v = 0; v < V; v++) {
      int n = work_out_vector(&in, t + v * LANES, first[v], floor, which, done);
      lost |= weigh_vector(n, which, t + v * LANES, floor, w);
      *pairs += n * LANES;
    }
  }
  return finish_weights(rows, count, lost, w, loglik);
}

static int full_sparse(int d, int k, int rows, int count, double floor, const double *block,
                       const double *mu, const double *factor, const double *half,
                       const gmm_block_weights *w, double *loglik, double *work, int *pairs) {
  return sparse_weigh(1, d, k, rows, count, floor, block, mu, factor, half, w, loglik, work, pairs);
}

static int diag_sparse(int d, int k, int rows, int count, double floor, const double *block,
                       const double *mu, const double *factor, const double *half,
                       const gmm_block_weights *w, double *loglik, double *work, int *pairs) {
  return sparse_weigh(0, d, k, rows, count, floor, block, mu, factor, half, w, loglik, work, pairs);
}

#endif
