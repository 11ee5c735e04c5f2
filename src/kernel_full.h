/*
 * Log densities and statistics with whole covariance matrices (kernel.h). Included by
 * kernel_level.h only.
 *
 * Both are small matrix products, done in tiles whose sums stay in registers. Each
 * function below is given the sides of its tile as constants, and becomes straight code.
 */
#ifndef GMM_KERNEL_FULL_H
#define GMM_KERNEL_FULL_H

#include "vec.h"

/* Rows of the factor that are worked on at a time, at most. */
#define MOST_STRIP 4

/*
 * Rows a to a + R - 1 of z = factor y, for V vectors of data rows; their squares are added
 * to q.
 *
 *   y  V x d vectors
 */
INLINE void add_strip(int R, int V, size_t d, size_t a, const double *factor, const vec *y,
                      vec *q) {
  vec z[MOST_STRIP][ABREAST];
  UNROLL
  for (int r = 0; r < R; r++) {
    UNROLL
    for (int v = 0; v < V; v++) {
      z[r][v] = (vec){0};
    }
  }
  const double *column = factor + a;
  for (size_t b = 0; b < a; b++, column += d) {
    UNROLL
    for (int r = 0; r < R; r++) {
      UNROLL
      for (int v = 0; v < V; v++) {
        z[r][v] = vec_fma(vec_all(column[r]), y[b * (size_t)V + (size_t)v], z[r][v]);
      }
    }
  }
  /* The triangle at the end. */
  UNROLL
  for (int b = 0; b < R; b++) {
    UNROLL
    for (int r = b; r < R; r++) {
      UNROLL
      for (int v = 0; v < V; v++) {
        vec l = vec_all(column[d * (size_t)b + (size_t)r]);
        z[r][v] = vec_fma(l, y[(a + (size_t)b) * (size_t)V + (size_t)v], z[r][v]);
      }
    }
  }
  UNROLL
  for (int r = 0; r < R; r++) {
    UNROLL
    for (int v = 0; v < V; v++) {
      q[v] = vec_fma(z[r][v], z[r][v], q[v]);
    }
  }
}

/* out = half - 1/4 |factor (x - mu)|^2 for V vectors of rows; y is work. */
INLINE void log_densities(int V, size_t d, const double *x, const double *mu, const double *factor,
                          double half, double *out, vec *y) {
  vec q[ABREAST] = {{0}};
  size_t a = 0;
  for (size_t b = 0; b < d; b++) {
    UNROLL
    for (int v = 0; v < V; v++) {
      y[b * (size_t)V + (size_t)v] = vec_load(x + GMM_STRIDE * b + v * LANES) - mu[b];
    }
  }
  for (; a + STRIP <= d; a += STRIP) {
    add_strip(STRIP, V, d, a, factor, y, q);
  }
  switch (d - a) {
  case 3:
    add_strip(3, V, d, a, factor, y, q);
    break;
  case 2:
    add_strip(2, V, d, a, factor, y, q);
    break;
  case 1:
    add_strip(1, V, d, a, factor, y, q);
    break;
  }
  UNROLL
  for (int v = 0; v < V; v++) {
    vec_store(out + v * LANES, vec_fma(vec_all(-0.25), q[v], vec_all(half)));
  }
}

static void full_logdens(int d, int k, int rows, const double *block, const double *mu,
                         const double *factor, const double *half, double *h, double *work) {
  size_t D = (size_t)d;
  vec *y = (vec *)work;
  for (int j = 0; j < k; j++, mu += D, factor += D * D, h += GMM_STRIDE) {
    int t = 0;
    for (; t + ABREAST * LANES <= rows; t += ABREAST * LANES) {
      log_densities(ABREAST, D, block + t, mu, factor, half[j], h + t, y);
    }
    for (; t < rows; t += LANES) {
      log_densities(1, D, block + t, mu, factor, half[j], h + t, y);
    }
  }
}

/* Where one component's statistics go. */
typedef struct target {
  size_t d;
  double *count, *sum, *scatter;
} target;

/* Adds the product of columns a >= b of u; beyond the variables stands the weight. */
INLINE void add_product(const target *to, size_t a, size_t b, double value) {
  if (a < to->d) {
    to->scatter[a + to->d * b] += value;
  } else if (b < to->d) {
    to->sum[b] += value;
  } else {
    *to->count += value;
  }
}

/*
 * Products of the R columns of u from a on with the S columns from b on; of a tile on the
 * diagonal, a = b, those of the lower triangle.
 */
INLINE void add_tile(int R, int S, int diagonal, int rows, const double *u, size_t a, size_t b,
                     const target *to) {
  vec product[TILE * TILE + 3] = {{0}};
  const double *ua = u + GMM_STRIDE * a, *ub = u + GMM_STRIDE * b;
  for (int t = 0; t < rows; t += LANES) {
    vec left[TILE], right[TILE];
    UNROLL
    for (int r = 0; r < R; r++) {
      left[r] = vec_load(ua + GMM_STRIDE * r + t);
    }
    UNROLL
    for (int s = 0; s < S; s++) {
      right[s] = diagonal ? left[s] : vec_load(ub + GMM_STRIDE * s + t);
    }
    UNROLL
    for (int s = 0; s < S; s++) {
      UNROLL
      for (int r = diagonal ? s : 0; r < R; r++) {
        product[r + R * s] = vec_fma(left[r], right[s], product[r + R * s]);
      }
    }
  }
  double value[TILE * TILE + 3];
  UNROLL
  for (int i = 0; i < R * S; i += 4) {
    vec_sum4(product + i, value + i);
  }
  UNROLL
  for (int s = 0; s < S; s++) {
    UNROLL
    for (int r = diagonal ? s : 0; r < R; r++) {
      add_product(to, a + (size_t)r, b + (size_t)s, value[r + R * s]);
    }
  }
}

/* The tiles of R columns from a on with all before them, and with each other. */
INLINE void add_tile_row(int R, int rows, const double *u, size_t a, const target *to) {
  for (size_t b = 0; b < a; b += TILE) {
    add_tile(R, TILE, 0, rows, u, a, b, to);
  }
  add_tile(R, R, 1, rows, u, a, a, to);
}

/* C of the columns below, for the n vectors of rows that begin at `from`. */
INLINE void add_columns(int C, int n, const int *from, const double *block, const double *centre,
                        const double *root, double *u) {
  for (int i = 0; i < n; i++, u += LANES) {
    const vec by = vec_load(root + i * LANES);
    const double *x = block + from[i];
    UNROLL
    for (int c = 0; c < C; c++) {
      vec_store(u + GMM_STRIDE * c, by * (vec_load(x + GMM_STRIDE * c) - centre[c]));
    }
  }
}

/*
 * The columns u_a = root (x_a - centre_a) and, last, root itself: so that one product of u
 * with itself gives count, sum and scatter. `root` is the square root of r. Vectors of
 * rows without any weight are left out: they would add zeros. Returns how many rows are
 * left.
 */
INLINE int root_columns(size_t d, int rows, const double *block, const double *centre,
                        const double *h, const double *inverse, double *u) {
  double *root = u + GMM_STRIDE * d;
  int from[GMM_BLOCK / LANES], n = 0;
  for (int t = 0; t < rows; t += LANES) {
    vec value = vec_load(h + t) * vec_load(inverse + t);
    if (vec_any_above(value, (vec){0})) {
      vec_store(root + n * LANES, value);
      from[n++] = t;
    }
  }
  size_t a = 0;
  for (; a + 2 <= d; a += 2) {
    add_columns(2, n, from, block + GMM_STRIDE * a, centre + a, root, u + GMM_STRIDE * a);
  }
  if (a < d) {
    add_columns(1, n, from, block + GMM_STRIDE * a, centre + a, root, u + GMM_STRIDE * a);
  }
  return n * LANES;
}

static int full_stats(int d, int k, int rows, const double *block, const double *centre, double *h,
                      const double *inverse, double *count, double *sum, double *scatter,
                      double *work) {
  size_t D = (size_t)d;
  int pairs = 0;
  for (size_t j = 0; j < (size_t)k; j++) {
    const target to = {D, count + j, sum + D * j, scatter + D * D * j};
    int left = root_columns(D, rows, block, centre + D * j, h + GMM_STRIDE * j, inverse, work);
    size_t a = 0, end = left > 0 ? D + 1 : 0;
    pairs += left;
    for (; a + TILE <= end; a += TILE) {
      add_tile_row(TILE, left, work, a, &to);
    }
    switch (end - a) {
    case 3:
      add_tile_row(3, left, work, a, &to);
      break;
    case 2:
      add_tile_row(2, left, work, a, &to);
      break;
    case 1:
      add_tile_row(1, left, work, a, &to);
      break;
    }
  }
  return pairs;
}

#endif
