/*
 * What known columns say of missing ones (kernel.h). Included by kernel_level.h only.
 */
#ifndef GMM_KERNEL_MISSING_H
#define GMM_KERNEL_MISSING_H

#include <math.h>

#include "vec.h"

static void fill(int rows, int n, const int *missing, int n_known, const int *known,
                 const double *mu, const double *slope, double *block) {
  for (int m = 0; m < n; m++, slope += n_known) {
    double *to = block + GMM_STRIDE * (size_t)missing[m];
    for (int t = 0; t < rows; t += LANES) {
      vec value = vec_all(mu[missing[m]]);
      for (int o = 0; o < n_known; o++) {
        vec away = vec_load(block + GMM_STRIDE * (size_t)known[o] + t) - mu[known[o]];
        value = vec_fma(vec_all(slope[o]), away, value);
      }
      vec_store(to + t, value);
    }
  }
}

/* Columns that are made orthogonal to one at a time, so that no sum is waited for. */
#define FOUR 4

static void orthogonalise(int n, int n_columns, int size, double *columns, double *triangle) {
  size_t step = (size_t)size, N = (size_t)n_columns;
  for (size_t u = 0; u < (size_t)n; u++) {
    double *q = columns + step * u, *along = triangle + N * u;
    vec square = {0};
    for (size_t a = 0; a < step; a += LANES) {
      square = vec_fma(vec_load(q + a), vec_load(q + a), square);
    }
    double length = sqrt(vec_sum(square));
    along[u] = length;
    for (size_t a = 0; a < step; a += LANES) {
      vec_store(q + a, vec_load(q + a) / length);
    }
    for (size_t c = u + 1; c < N; c += FOUR) {
      /* Where fewer are left, the first of them stands in for the others. */
      size_t left = N - c < FOUR ? N - c : FOUR;
      double *x[FOUR], value[FOUR];
      vec part[FOUR] = {{0}, {0}, {0}, {0}};
      UNROLL
      for (int s = 0; s < FOUR; s++) {
        x[s] = columns + step * (c + ((size_t)s < left ? (size_t)s : 0));
      }
      for (size_t a = 0; a < step; a += LANES) {
        vec of_q = vec_load(q + a);
        UNROLL
        for (int s = 0; s < FOUR; s++) {
          part[s] = vec_fma(of_q, vec_load(x[s] + a), part[s]);
        }
      }
      vec_sum4(part, value);
      for (size_t s = 0; s < left; s++) {
        along[c + s] = value[s];
        for (size_t a = 0; a < step; a += LANES) {
          vec_store(x[s] + a, vec_fma(vec_all(-value[s]), vec_load(q + a), vec_load(x[s] + a)));
        }
      }
    }
  }
}

#endif
