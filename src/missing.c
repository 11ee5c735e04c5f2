#include "missing.h"

#include <math.h>
#include <string.h>

void gmm_missing_take(gmm_missing *missing, gmm_arena *arena, gmm_layout layout, int d, int k) {
  size_t D = (size_t)d, K = (size_t)k, full = layout == GMM_FULL;
  *missing = (gmm_missing){.layout = layout, .d = d, .slope_size = full * (D * D / 4)};
  missing->missing = gmm_arena_take(arena, D, sizeof(int));
  missing->known = gmm_arena_take(arena, D, sizeof(int));
  missing->slope = gmm_arena_doubles(arena, missing->slope_size * K);
  missing->spread = gmm_arena_doubles(arena, gmm_cov_size(layout, d) * K);
  missing->gain = gmm_arena_doubles(arena, K);
  missing->columns = gmm_arena_doubles(arena, full * D * (size_t)gmm_block_rows(d));
  missing->triangle = gmm_arena_doubles(arena, full * D * D);
  missing->row = gmm_arena_doubles(arena, full * D);
}

void gmm_missing_read(gmm_missing *missing, const gmm_data *data, size_t i) {
  missing->n_missing = missing->n_known = 0;
  for (int a = 0; a < missing->d; a++) {
    if (isnan(data->x[i + data->n * (size_t)a])) {
      missing->missing[missing->n_missing++] = a;
    } else {
      missing->known[missing->n_known++] = a;
    }
  }
}

/* The columns of the factor, missing variables first, of which those are made orthonormal:
 * L_m = Q R, and in the rows of `triangle` are R and Q' L_o. */
static void orthogonalise(gmm_missing *m, const gmm_kernels *kernels, const double *factor) {
  size_t D = (size_t)m->d, size = (size_t)gmm_block_rows(m->d), n_missing = (size_t)m->n_missing;
  memset(m->columns, 0, size * D * sizeof(double));
  for (size_t c = 0; c < D; c++) {
    size_t a = (size_t)(c < n_missing ? m->missing[c] : m->known[c - n_missing]);
    memcpy(m->columns + size * c + a, factor + D * a + a, (D - a) * sizeof(double));
  }
  kernels->orthogonalise(m->n_missing, m->d, (int)size, m->columns, m->triangle);
}

/* R^-1 of R x = the rest of each row of the triangle, from the last row up. */
static void solve_rows(const gmm_missing *m, size_t from, size_t to) {
  size_t D = (size_t)m->d;
  for (size_t u = (size_t)m->n_missing; u-- > 0;) {
    double *row = m->triangle + D * u;
    for (size_t v = u + 1; v < (size_t)m->n_missing; v++) {
      const double *below = m->triangle + D * v;
      for (size_t c = from; c < to; c++) {
        row[c] -= row[v] * below[c];
      }
    }
    for (size_t c = from; c < to; c++) {
      row[c] /= row[u];
    }
  }
}

/* C = R^-1 R^-T, by columns of R^-1. */
static void invert(gmm_missing *m, double *spread) {
  size_t D = (size_t)m->d, n = (size_t)m->n_missing;
  memset(spread, 0, n * n * sizeof(double));
  for (size_t c = 0; c < n; c++) {
    /* R z = e_c */
    for (size_t u = c + 1; u-- > 0;) {
      const double *row = m->triangle + D * u;
      double z = u == c;
      for (size_t v = u + 1; v <= c; v++) {
        z -= row[v] * m->row[v];
      }
      m->row[u] = z / row[u];
    }
    for (size_t b = 0; b <= c; b++) {
      for (size_t a = b; a <= c; a++) {
        spread[a + n * b] += m->row[a] * m->row[b];
      }
    }
  }
}

static void condition_full(gmm_missing *m, const gmm_kernels *kernels, const gmm_density *density,
                           int j) {
  size_t D = (size_t)m->d, n_missing = (size_t)m->n_missing, n_known = (size_t)m->n_known;
  double *slope = m->slope + m->slope_size * (size_t)j;
  orthogonalise(m, kernels, density->factor + D * D * (size_t)j);
  m->gain[j] = 0;
  for (size_t u = 0; u < n_missing; u++) {
    m->gain[j] += GMM_LOG_2PI / 4 - log(m->triangle[u + D * u]) / 2;
  }
  invert(m, m->spread + D * D * (size_t)j);
  solve_rows(m, n_missing, D);
  for (size_t u = 0; u < n_missing; u++) {
    for (size_t o = 0; o < n_known; o++) {
      slope[o + n_known * u] = -m->triangle[n_missing + o + D * u];
    }
  }
}

static void condition_diagonal(gmm_missing *m, const gmm_density *density, int j) {
  size_t D = (size_t)m->d;
  const double *factor = density->factor + D * (size_t)j;
  m->gain[j] = 0;
  for (int u = 0; u < m->n_missing; u++) {
    double root = factor[m->missing[u]];
    m->gain[j] += GMM_LOG_2PI / 4 - log(root) / 2;
    m->spread[(size_t)u + D * (size_t)j] = 1 / (root * root);
  }
}

void gmm_missing_condition(gmm_missing *missing, const gmm_kernels *kernels,
                           const gmm_density *density) {
  for (int j = 0; j < density->k; j++) {
    if (missing->layout == GMM_FULL) {
      condition_full(missing, kernels, density, j);
    } else {
      condition_diagonal(missing, density, j);
    }
  }
}

/* Variables by which a missing value is told. */
static int n_telling(const gmm_missing *missing) {
  return missing->layout == GMM_FULL ? missing->n_known : 0;
}

void gmm_missing_fill(const gmm_missing *missing, const gmm_kernels *kernels,
                      const gmm_density *density, int j, int rows, double *block) {
  size_t J = (size_t)j;
  kernels->fill(rows, missing->n_missing, missing->missing, n_telling(missing), missing->known,
                density->mu + (size_t)missing->d * J, missing->slope + missing->slope_size * J,
                block);
}

void gmm_missing_fill_row(const gmm_missing *missing, const gmm_density *density, int j,
                          size_t stride, double *row) {
  const double *mu = density->mu + (size_t)missing->d * (size_t)j;
  const double *slope = missing->slope + missing->slope_size * (size_t)j;
  int n = n_telling(missing);
  for (int u = 0; u < missing->n_missing; u++, slope += n) {
    double value = mu[missing->missing[u]];
    for (int o = 0; o < n; o++) {
      value += slope[o] * (row[stride * (size_t)missing->known[o]] - mu[missing->known[o]]);
    }
    row[stride * (size_t)missing->missing[u]] = value;
  }
}

void gmm_missing_add_spread(const gmm_missing *missing, int j, double count, double *scatter) {
  size_t D = (size_t)missing->d, n = (size_t)missing->n_missing;
  const double *spread = missing->spread + gmm_cov_size(missing->layout, missing->d) * (size_t)j;
  for (size_t v = 0; v < n; v++) {
    size_t b = (size_t)missing->missing[v];
    if (missing->layout == GMM_DIAGONAL) {
      scatter[b] += count * spread[v];
      continue;
    }
    for (size_t u = v; u < n; u++) {
      scatter[(size_t)missing->missing[u] + D * b] += count * spread[u + n * v];
    }
  }
}
