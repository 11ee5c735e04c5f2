/*
 * Log densities and statistics with variances alone, and distances to centres (kernel.h).
 * Included by kernel_level.h only.
 */
#ifndef GMM_KERNEL_DIAG_H
#define GMM_KERNEL_DIAG_H

#include "vec.h"

/* Components at a time, which share what is read of the block. */
#if TILE == 4
#define TOGETHER 4
#else
#define TOGETHER 2
#endif

/* Log densities in J components, for V <= 2 vectors of rows. */
INLINE void diag_densities(int J, int V, size_t d, const double *x, const double *mu,
                           const double *factor, const double *half, double *h) {
  vec q[TOGETHER][2] = {{{0}}};
  for (size_t a = 0; a < d; a++, x += GMM_STRIDE) {
    vec y[2];
    UNROLL
    for (int v = 0; v < V; v++) {
      y[v] = vec_load(x + v * LANES);
    }
    UNROLL
    for (int j = 0; j < J; j++) {
      double m = mu[a + d * (size_t)j], f = factor[a + d * (size_t)j];
      UNROLL
      for (int v = 0; v < V; v++) {
        vec z = (y[v] - m) * f;
        q[j][v] = vec_fma(z, z, q[j][v]);
      }
    }
  }
  UNROLL
  for (int j = 0; j < J; j++) {
    UNROLL
    for (int v = 0; v < V; v++) {
      vec_store(h + GMM_STRIDE * j + v * LANES, vec_fma(vec_all(-0.25), q[j][v], vec_all(half[j])));
    }
  }
}

INLINE void diag_logdens_of(int J, size_t d, int rows, const double *block, const double *mu,
                            const double *factor, const double *half, double *h) {
  int t = 0;
  for (; t + 2 * LANES <= rows; t += 2 * LANES) {
    diag_densities(J, 2, d, block + t, mu, factor, half, h + t);
  }
  if (t < rows) {
    diag_densities(J, 1, d, block + t, mu, factor, half, h + t);
  }
}

static void diag_logdens(int d, int k, int rows, const double *block, const double *mu,
                         const double *factor, const double *half, double *h, double *work) {
  (void)work;
  size_t D = (size_t)d, j = 0, K = (size_t)k;
  for (; j + TOGETHER <= K; j += TOGETHER) {
    diag_logdens_of(TOGETHER, D, rows, block, mu + D * j, factor + D * j, half + j,
                    h + GMM_STRIDE * j);
  }
  for (; j < K; j++) {
    diag_logdens_of(1, D, rows, block, mu + D * j, factor + D * j, half + j, h + GMM_STRIDE * j);
  }
}

/*
 * Sums and sums of squares of A <= 2 variables in J components, weighted by r.
 *
 *   from  n  where the vectors of rows start
 */
INLINE void add_moments(int A, int J, size_t d, int n, const int *from, const double *block,
                        const double *centre, const double *r, double *sum, double *scatter) {
  vec first[TOGETHER * 2] = {{0}}, second[TOGETHER * 2] = {{0}};
  for (int i = 0; i < n; i++) {
    int t = from[i];
    UNROLL
    for (int a = 0; a < A; a++) {
      vec x = vec_load(block + GMM_STRIDE * a + t);
      UNROLL
      for (int j = 0; j < J; j++) {
        vec y = x - centre[(size_t)a + d * (size_t)j];
        vec ry = vec_load(r + GMM_STRIDE * j + t) * y;
        first[j * 2 + a] += ry;
        second[j * 2 + a] = vec_fma(ry, y, second[j * 2 + a]);
      }
    }
  }
  double value[2][TOGETHER * 2];
  UNROLL
  for (int i = 0; i < J * 2; i += 4) {
    vec_sum4(first + i, value[0] + i);
    vec_sum4(second + i, value[1] + i);
  }
  UNROLL
  for (int j = 0; j < J; j++) {
    UNROLL
    for (int a = 0; a < A; a++) {
      sum[(size_t)a + d * (size_t)j] += value[0][j * 2 + a];
      scatter[(size_t)a + d * (size_t)j] += value[1][j * 2 + a];
    }
  }
}

/* Responsibilities of J components in place of h, and their sums. Notes the vectors of
 * rows that have any; returns how many they are. */
INLINE int find_responsibilities(int J, int rows, double *h, const double *inverse, double *count,
                                 int *from) {
  vec total[TOGETHER] = {{0}};
  int n = 0;
  for (int t = 0; t < rows; t += LANES) {
    vec most = {0};
    UNROLL
    for (int j = 0; j < J; j++) {
      double *at = h + GMM_STRIDE * j + t;
      vec root = vec_load(at) * vec_load(inverse + t), r = root * root;
      total[j] += r;
      most = vec_max(r, most);
      vec_store(at, r);
    }
    from[n] = t;
    n += vec_any_above(most, (vec){0});
  }
  UNROLL
  for (int j = 0; j < J; j++) {
    count[j] += vec_sum(total[j]);
  }
  return n;
}

/* All variables of J components; returns pairs of a row and a component that weigh. */
INLINE int add_components(int J, size_t d, int rows, const double *block, const double *centre,
                          double *h, const double *inverse, double *count, double *sum,
                          double *scatter) {
  int from[GMM_BLOCK / LANES + 1];
  int n = find_responsibilities(J, rows, h, inverse, count, from);
  size_t a = 0, end = n > 0 ? d : 0;
  for (; a + 2 <= end; a += 2) {
    add_moments(2, J, d, n, from, block + GMM_STRIDE * a, centre + a, h, sum + a, scatter + a);
  }
  if (a < end) {
    add_moments(1, J, d, n, from, block + GMM_STRIDE * a, centre + a, h, sum + a, scatter + a);
  }
  return n * LANES * J;
}

static int diag_stats(int d, int k, int rows, const double *block, const double *centre, double *h,
                      const double *inverse, double *count, double *sum, double *scatter,
                      double *work) {
  (void)work;
  size_t D = (size_t)d, K = (size_t)k, j = 0;
  int pairs = 0;
  for (; j + TOGETHER <= K; j += TOGETHER) {
    pairs += add_components(TOGETHER, D, rows, block, centre + D * j, h + GMM_STRIDE * j, inverse,
                            count + j, sum + D * j, scatter + D * j);
  }
  for (; j < K; j++) {
    pairs += add_components(1, D, rows, block, centre + D * j, h + GMM_STRIDE * j, inverse,
                            count + j, sum + D * j, scatter + D * j);
  }
  return pairs;
}

/* Squared distances to C centres, for one vector of rows after the other. */
INLINE void compare_centres(int C, int d, int rows, const double *block, const double *centre,
                            int number, double *least, double *which) {
  for (int t = 0; t < rows; t += LANES) {
    vec distance[4] = {{0}};
    for (int a = 0; a < d; a++) {
      vec x = vec_load(block + (size_t)GMM_STRIDE * (size_t)a + t);
      UNROLL
      for (int c = 0; c < C; c++) {
        vec y = x - centre[(size_t)a + (size_t)d * (size_t)c];
        distance[c] = vec_fma(y, y, distance[c]);
      }
    }
    vec best = vec_load(least + t), at = vec_load(which + t);
    UNROLL
    for (int c = 0; c < C; c++) {
      bits nearer = distance[c] < best;
      best = vec_choose(nearer, distance[c], best);
      at = vec_choose(nearer, vec_all(number + c), at);
    }
    vec_store(least + t, best);
    vec_store(which + t, at);
  }
}

static void nearest(int d, int rows, const double *block, const double *centre, int k, int first,
                    double *least, double *which) {
  int j = 0;
  for (; j + 4 <= k; j += 4) {
    compare_centres(4, d, rows, block, centre + (size_t)d * (size_t)j, first + j, least, which);
  }
  for (; j < k; j++) {
    compare_centres(1, d, rows, block, centre + (size_t)d * (size_t)j, first + j, least, which);
  }
}

#endif
