/*
 * A block of rows from the data, and sums over columns (kernel.h). Included by
 * kernel_level.h only.
 */
#ifndef GMM_KERNEL_BLOCK_H
#define GMM_KERNEL_BLOCK_H

#include "simdmath.h"

/* f of all of x, the last few by way of a vector that is filled up. */
#define MAP(name, f)                                                                               \
  static void name(size_t n, const double *x, double *y) {                                         \
    size_t i = 0;                                                                                  \
    for (; i + LANES <= n; i += LANES) {                                                           \
      vec_store(y + i, f(vec_load(x + i)));                                                        \
    }                                                                                              \
    if (i < n) {                                                                                   \
      double rest[LANES] = {0};                                                                    \
      memcpy(rest, x + i, (n - i) * sizeof(double));                                               \
      vec_store(rest, f(vec_load(rest)));                                                          \
      memcpy(y + i, rest, (n - i) * sizeof(double));                                               \
    }                                                                                              \
  }

MAP(exp_all, vec_exp)
MAP(log_all, vec_log)

/* Doubles of a cache line. */
#define LINE 8

static void load(int d, const double *x, size_t n, int count, int next, const double *scale,
                 const double *shift, double *block) {
  int rows = gmm_block_rows(count);
  for (int a = 0; a < d; a++) {
    const double *from = x + n * (size_t)a;
    double *to = block + (size_t)GMM_STRIDE * (size_t)a;
    double s = scale[a], m = shift[a];
    int t = 0;
    for (; t + LANES <= count; t += LANES) {
      vec_store(to + t, vec_fma(vec_load(from + t), vec_all(s), vec_all(-m)));
    }
    if (t < count) {
      double rest[LANES] = {0};
      memcpy(rest, from + t, (size_t)(count - t) * sizeof(double));
      vec_store(to + t, vec_fma(vec_load(rest), vec_all(s), vec_all(-m)));
    }
    for (t = count; t < rows; t++) {
      to[t] = 0;
    }
    /* Many columns are more streams than the processor follows by itself. */
    for (int ahead = 0; ahead < next; ahead += LINE) {
      __builtin_prefetch(from + count + ahead);
    }
  }
}

static void range(const double *x, size_t n, double *low, double *high) {
  vec most = vec_all(x[0]), least = -most;
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    vec y = vec_load(x + i);
    most = vec_max(y, most);
    least = vec_max(-y, least);
  }
  *low = -least[0];
  *high = most[0];
  for (int l = 1; l < LANES; l++) {
    *low = -least[l] < *low ? -least[l] : *low;
    *high = most[l] > *high ? most[l] : *high;
  }
  for (; i < n; i++) {
    *low = x[i] < *low ? x[i] : *low;
    *high = x[i] > *high ? x[i] : *high;
  }
}

/* Four sums at once, so that no addition waits for the last. */
INLINE double sum_powers(int power, const double *x, size_t n, double s, double m) {
  vec part[4] = {{0}, {0}, {0}, {0}};
  double total[4], rest = 0;
  size_t i = 0;
  for (; i + 4 * LANES <= n; i += 4 * LANES) {
    UNROLL
    for (int u = 0; u < 4; u++) {
      vec y = vec_fma(vec_load(x + i + (size_t)u * LANES), vec_all(s), vec_all(-m));
      part[u] = power == 1 ? part[u] + y : vec_fma(y, y, part[u]);
    }
  }
  for (; i < n; i++) {
    double y = s * x[i] - m;
    rest += power == 1 ? y : y * y;
  }
  vec_sum4(part, total);
  return ((total[0] + total[1]) + (total[2] + total[3])) + rest;
}

static double sum(const double *x, size_t n, double s, double m) {
  return sum_powers(1, x, n, s, m);
}

static double sum_squares(const double *x, size_t n, double s, double m) {
  return sum_powers(2, x, n, s, m);
}

#endif
