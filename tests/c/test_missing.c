/*
 * What known values say of missing ones: slopes, spreads and gains against the covariances of the
 * known in long double, of all subsets of up to six variables and in covariances that are nearly
 * singular, by each instruction set; columns that are made orthogonal; and how missing values are
 * filled in, in blocks and in single rows.
 */
#include "missing.h"

#include "facts.h"

enum { K = 3, MAX_D = 6 };

/* The instruction set whose turn it is. */
static const gmm_kernels *kernels;

typedef struct scene {
  gmm_layout layout;
  int d;
  gmm_params params;
  gmm_density density;
  gmm_missing missing;
  void *memory;
} scene;

static void scene_take(void *self, gmm_arena *arena) {
  scene *s = self;
  gmm_params_take(&s->params, arena, s->layout, s->d, K);
  gmm_density_take(&s->density, arena, s->layout, s->d, K);
  gmm_missing_take(&s->missing, arena, s->layout, s->d, K);
}

static void open(scene *s, gmm_layout layout, int d) {
  *s = (scene){.layout = layout, .d = d};
  s->memory = carve(scene_take, s);
}

/* Has the scene know what rows that lack these say. */
static void condition(scene *s, unsigned mask) {
  double row[MAX_D];
  for (int a = 0; a < s->d; a++) {
    row[a] = a - 1;
    if (mask >> a & 1) {
      put_na(row + a);
    }
  }
  gmm_data data = {.x = row, .n = 1, .d = s->d};
  CHECK(gmm_density_prepare(&s->density, &s->params).code == GMM_OK);
  gmm_missing_read(&s->missing, &data, 0);
  gmm_missing_condition(&s->missing, kernels, &s->density);
}

/* Eigenvalues of correlations from 1 down to 1 / `condition`, in variances that differ as much
 * as `units`; means about the origin. */
static void set_covariances(scene *s, test_rng *rng, double condition, double units) {
  random_params(rng, &s->params);
  size_t size = gmm_cov_size(s->layout, s->d);
  for (int j = 0; j < K; j++) {
    double q[MAX_D * MAX_D], *sigma = s->params.sigma + size * (size_t)j;
    random_rotation(rng, s->d, q);
    for (int b = 0; b < s->d; b++) {
      for (int a = b; a < s->d; a++) {
        long double sum = 0;
        for (int c = 0; c < s->d; c++) {
          long double value = s->d > 1 ? powl(condition, -(long double)c / (s->d - 1)) : 1;
          sum += value * q[a + s->d * c] * q[b + s->d * c];
        }
        double unit_a = pow(units, 0.25 * sin(a + j)), unit_b = pow(units, 0.25 * sin(b + j));
        if (s->layout == GMM_FULL || a == b) {
          sigma[s->layout == GMM_FULL ? a + s->d * b : a] = (double)sum * unit_a * unit_b;
        }
      }
      s->params.mu[b + s->d * j] *= pow(units, 0.25 * sin(b + j));
    }
  }
}

/* Errors are relative to the standard deviations of the variables. */
static void check_component(const scene *s, int j, unsigned mask, double tolerance) {
  const gmm_missing *m = &s->missing;
  told t = tell(&s->params, j, mask);
  CHECK(m->n_missing == t.n_missing && m->n_known == t.n_known);
  CHECK(memcmp(m->missing, t.missing, (size_t)t.n_missing * sizeof(int)) == 0);
  CHECK(memcmp(m->known, t.known, (size_t)t.n_known * sizeof(int)) == 0);
  double sd[MAX_D], worst = 0;
  for (int a = 0; a < s->d; a++) {
    sd[a] = sqrt(sigma_at(&s->params, j, a, a));
  }
  const double *slope = m->slope + m->slope_size * (size_t)j;
  const double *spread = m->spread + gmm_cov_size(s->layout, s->d) * (size_t)j;
  for (int u = 0; u < t.n_missing; u++) {
    double unit = sd[t.missing[u]];
    for (int o = 0; o < t.n_known && s->layout == GMM_FULL; o++) {
      int at = o + t.n_known * u;
      /* How much the largest of the known values could say at this size. */
      worst = fmax(worst, error_in(slope[at], t.slope[at], unit / sd[t.known[o]]));
    }
    for (int v = 0; v <= u; v++) {
      double other = sd[t.missing[v]];
      if (s->layout == GMM_FULL) {
        worst = fmax(worst, error_in(spread[u + t.n_missing * v], t.spread[u + t.n_missing * v],
                                     unit * other));
      } else if (u == v) {
        worst = fmax(worst, error_in(spread[u], t.spread[u + t.n_missing * u], unit * unit));
      }
    }
  }
  CHECK_NEAR(worst, 0, tolerance);
  CHECK_NEAR(m->gain[j], (double)(t.log_volume / 2), tolerance);
  /* A spread is of what is not told: relative to itself, it is as exact. */
  for (int u = 0; u < t.n_missing; u++) {
    double variance = s->layout == GMM_FULL ? spread[u + t.n_missing * u] : spread[u];
    CHECK_NEAR(variance / (double)t.spread[u + t.n_missing * u], 1, tolerance);
  }
}

/* The density of the row with what is missing filled in is that of the known values, with the
 * gain. */
static void check_density(const scene *s, int j, unsigned mask, const double *row,
                          double tolerance) {
  told t = tell(&s->params, j, mask);
  double filled[MAX_D], work[MAX_D];
  long double want = told_logdens(&t, &s->params, j, row), means[MAX_D];
  memcpy(filled, row, (size_t)s->d * sizeof(double));
  for (int u = 0; u < t.n_missing; u++) {
    put_na(filled + t.missing[u]);
  }
  gmm_missing_fill_row(&s->missing, &s->density, j, 1, filled);
  told_fill(&t, &s->params, j, row, means);
  for (int a = 0; a < s->d; a++) {
    double unit = sqrt(sigma_at(&s->params, j, a, a));
    CHECK_NEAR(error_in(filled[a], means[a], unit), 0, tolerance);
  }
  double distance = gmm_density_distance(&s->density, j, filled, work);
  double got = 2 * (s->density.half[j] + s->missing.gain[j]) - 0.5 * distance;
  CHECK_NEAR(error_in(got, want, 1 + fabsl(want)), 0, tolerance);
}

static void check_subsets(gmm_layout layout, int d, double condition_number, double units) {
  test_rng rng = {(uint64_t)d, 0};
  scene s;
  open(&s, layout, d);
  set_covariances(&s, &rng, condition_number, units);
  double tolerance = 1e-14 + 1e-15 * condition_number;
  for (unsigned mask = 1; mask < 1u << d; mask++) {
    condition(&s, mask);
    for (int j = 0; j < K; j++) {
      told all = tell(&s.params, j, 0);
      double row[MAX_D], z[MAX_D];
      for (int a = 0; a < d; a++) {
        z[a] = normal(&rng);
        row[a] = s.params.mu[a + d * j];
        for (int b = 0; b <= a; b++) {
          row[a] += (double)all.root[a + d * b] * z[b];
        }
      }
      check_component(&s, j, mask, tolerance);
      check_density(&s, j, mask, row, tolerance);
    }
  }
  free(s.memory);
}

static void test_subsets(void) {
  for (int d = 1; d <= MAX_D; d++) {
    for (int layout = GMM_DIAGONAL; layout <= GMM_FULL; layout++) {
      check_subsets(layout, d, 1, 1);
      check_subsets(layout, d, 10, 1);
      check_subsets(layout, d, 10, 1e20);
      check_subsets(layout, d, 1e6, 1);
      check_subsets(layout, d, 1e12, 1);
      check_subsets(layout, d, 1e9, 1e10);
    }
  }
}

/* Where nothing is known, the means, the covariances, and a density of 1. */
static void test_nothing_known(void) {
  test_rng rng = {3, 0};
  for (int layout = GMM_DIAGONAL; layout <= GMM_FULL; layout++) {
    for (int d = 1; d <= MAX_D; d++) {
      scene s;
      open(&s, layout, d);
      set_covariances(&s, &rng, 100, 1);
      condition(&s, (1u << d) - 1);
      CHECK(s.missing.n_missing == d && s.missing.n_known == 0);
      for (int j = 0; j < K; j++) {
        double row[MAX_D];
        for (int a = 0; a < d; a++) {
          put_na(row + a);
        }
        gmm_missing_fill_row(&s.missing, &s.density, j, 1, row);
        CHECK(same_bits(row, s.params.mu + d * j, (size_t)d));
        double half = s.density.half[j] + s.missing.gain[j];
        CHECK_NEAR(2 * half, log(s.params.pi[j]), 1e-14);
      }
      free(s.memory);
    }
  }
}

/* Of a NaN of any kind nothing is known; of an infinity and of the smallest number there is. */
static void test_read(void) {
  enum { N = 3, D = 5 };
  double x[N * D];
  for (int i = 0; i < N * D; i++) {
    x[i] = i;
  }
  put_na(x + 1);
  x[1 + N] = NAN;
  x[1 + 2 * N] = copysign(NAN, -1);
  x[1 + 3 * N] = -INFINITY;
  x[1 + 4 * N] = 5e-324;
  put_na(x + 2 + 4 * N);
  gmm_data data = {.x = x, .n = N, .d = D};
  scene s;
  open(&s, GMM_FULL, D);
  gmm_missing_read(&s.missing, &data, 0);
  CHECK(s.missing.n_missing == 0 && s.missing.n_known == D);
  gmm_missing_read(&s.missing, &data, 1);
  CHECK(s.missing.n_missing == 3 && s.missing.n_known == 2);
  CHECK(s.missing.missing[0] == 0 && s.missing.missing[1] == 1 && s.missing.missing[2] == 2);
  CHECK(s.missing.known[0] == 3 && s.missing.known[1] == 4);
  gmm_missing_read(&s.missing, &data, 2);
  CHECK(s.missing.n_missing == 1 && s.missing.missing[0] == 4);
  free(s.memory);
}

/* Lower, in the rows and columns of the missing variables alone. */
static void test_spread(void) {
  test_rng rng = {5, 0};
  for (int layout = GMM_DIAGONAL; layout <= GMM_FULL; layout++) {
    scene s;
    open(&s, layout, MAX_D);
    set_covariances(&s, &rng, 10, 1);
    for (unsigned mask = 1; mask < 1u << MAX_D; mask++) {
      condition(&s, mask);
      for (int j = 0; j < K; j++) {
        told t = tell(&s.params, j, mask);
        double scatter[MAX_D * MAX_D], want[MAX_D * MAX_D];
        for (int i = 0; i < MAX_D * MAX_D; i++) {
          want[i] = scatter[i] = i;
        }
        gmm_missing_add_spread(&s.missing, j, 2.5, scatter);
        for (int u = 0; u < t.n_missing; u++) {
          for (int v = 0; v <= u; v++) {
            int a = t.missing[u], b = t.missing[v];
            if (layout == GMM_FULL || u == v) {
              int at = layout == GMM_FULL ? a + MAX_D * b : a;
              want[at] += 2.5 * (double)t.spread[u + t.n_missing * v];
            }
          }
        }
        for (int i = 0; i < MAX_D * MAX_D; i++) {
          CHECK_NEAR(scatter[i], want[i], 1e-12);
        }
      }
    }
    free(s.memory);
  }
}

/* The kernel against plain code; nothing is written to but the columns that are to be filled, whose
 * rows may hold anything. */
static void check_kernel(int rows, int d, unsigned mask) {
  test_rng rng = {(uint64_t)rows + mask, 0};
  size_t size = GMM_STRIDE * (size_t)d;
  int missing[MOST_D], known[MOST_D], n = 0, n_known = 0;
  double mu[MOST_D], slope[MOST_D * MOST_D], *block = aligned_doubles(size), *before;
  for (int a = 0; a < d; a++) {
    mu[a] = 10 * normal(&rng);
    if (mask >> a & 1) {
      missing[n++] = a;
    } else {
      known[n_known++] = a;
    }
    for (int t = 0; t < GMM_STRIDE; t++) {
      block[t + GMM_STRIDE * a] = normal(&rng);
      if (mask >> a & 1 && t < rows) {
        put_na(block + t + GMM_STRIDE * a);
      }
    }
  }
  for (int i = 0; i < n * n_known; i++) {
    slope[i] = normal(&rng);
  }
  before = copy_of(block, size);
  kernels->fill(rows, n, missing, n_known, known, mu, slope, block);
  double worst = 0;
  for (int u = 0; u < n; u++) {
    for (int t = 0; t < rows; t++) {
      long double want = mu[missing[u]], bound = fabsl(want);
      for (int o = 0; o < n_known; o++) {
        double x = before[t + GMM_STRIDE * known[o]];
        long double term = slope[o + n_known * u] * ((long double)x - mu[known[o]]);
        want += term;
        bound += fabsl(term);
      }
      double *got = block + t + GMM_STRIDE * missing[u];
      worst = fmax(worst, error_in(*got, want, bound));
      /* As it was, for what follows. */
      memcpy(got, before + t + GMM_STRIDE * missing[u], sizeof *got);
    }
  }
  CHECK_NEAR(worst, 0, 1e-15);
  CHECK(same_bits(block, before, size));
  free(block);
  free(before);
}

static void test_kernel(void) {
  for (int d = 1; d <= MOST_D; d++) {
    unsigned all = (1u << d) - 1, step = d > 5 ? 5 : 1;
    for (unsigned mask = 0; mask <= all; mask += step) {
      check_kernel(GMM_ROUND, d, mask);
      check_kernel(5 * GMM_ROUND, d, mask);
      check_kernel(GMM_BLOCK, d, mask);
    }
    check_kernel(GMM_BLOCK, d, all);
  }
}

/* The first n columns orthonormal, those after orthogonal to them, and all made up of what is in
 * the triangle; nothing below its diagonal is written to, nor beyond its rows. */
static void check_orthogonal(int n, int d, double spread) {
  test_rng rng = {(uint64_t)(n + 100 * d), 0};
  int size = gmm_block_rows(d);
  double *columns = aligned_doubles((size_t)(size * d)), *before;
  double *triangle = aligned_doubles((size_t)(d * d)), worst = 0, across = 0;
  for (int c = 0; c < d; c++) {
    for (int a = 0; a < size; a++) {
      columns[a + size * c] = a < d ? ldexp(normal(&rng), (int)(spread * sin(c))) : 0;
    }
  }
  for (int i = 0; i < d * d; i++) {
    triangle[i] = 77;
  }
  before = copy_of(columns, (size_t)(size * d));
  kernels->orthogonalise(n, d, size, columns, triangle);
  int rest = 1;
  for (int c = 0; c < d; c++) {
    long double length = 0;
    for (int a = 0; a < size; a++) {
      length += (long double)before[a + size * c] * before[a + size * c];
      rest &= a < d || columns[a + size * c] == 0;
    }
    for (int u = 0; u < d; u++) {
      rest &= (u < n && u <= c) || triangle[c + d * u] == 77;
    }
    for (int a = 0; a < d; a++) {
      long double sum = c < n ? 0 : columns[a + size * c];
      for (int u = 0; u < n && u <= c; u++) {
        sum += (long double)triangle[c + d * u] * columns[a + size * u];
      }
      worst = fmax(worst, error_in(before[a + size * c], sum, sqrtl(length)));
    }
    for (int u = 0; u < n; u++) {
      long double sum = u == c ? -1 : 0;
      for (int a = 0; a < d; a++) {
        sum += (long double)columns[a + size * u] * columns[a + size * c];
      }
      across = fmax(across, error_in((double)sum, 0, c < n ? 1 : sqrtl(length)));
    }
  }
  CHECK(rest);
  CHECK_NEAR(worst, 0, 1e-14);
  CHECK_NEAR(across, 0, 1e-11);
  free(columns);
  free(before);
  free(triangle);
}

static void test_orthogonal(void) {
  for (int d = 1; d <= 40; d += d < 20 ? 1 : 7) {
    for (int n = 1; n <= d; n += d < 12 ? 1 : 5) {
      check_orthogonal(n, d, 0);
      check_orthogonal(n, d, 60);
    }
  }
}

/* A block is filled as its rows are one by one, in either layout, and by a stride. */
static void test_block(void) {
  enum { ROWS = 3 * GMM_ROUND };
  test_rng rng = {6, 0};
  for (int layout = GMM_DIAGONAL; layout <= GMM_FULL; layout++) {
    scene s;
    open(&s, layout, MAX_D);
    set_covariances(&s, &rng, 10, 1);
    for (unsigned mask = 1; mask < 1u << MAX_D; mask++) {
      double *block = aligned_doubles(GMM_STRIDE * MAX_D);
      double *rows = aligned_doubles(GMM_STRIDE * MAX_D);
      condition(&s, mask);
      for (int i = 0; i < GMM_STRIDE * MAX_D; i++) {
        rows[i] = normal(&rng);
        if (mask >> i / GMM_STRIDE & 1) {
          put_na(rows + i);
        }
      }
      for (int j = 0; j < K; j++) {
        memcpy(block, rows, GMM_STRIDE * MAX_D * sizeof(double));
        gmm_missing_fill(&s.missing, kernels, &s.density, j, ROWS, block);
        double worst = 0;
        for (int t = 0; t < ROWS; t++) {
          gmm_missing_fill_row(&s.missing, &s.density, j, GMM_STRIDE, rows + t);
          for (int a = 0; a < MAX_D; a++) {
            worst = fmax(worst, error_in(block[t + GMM_STRIDE * a], rows[t + GMM_STRIDE * a], 1));
          }
        }
        CHECK_NEAR(worst, 0, 1e-13);
      }
      free(block);
      free(rows);
    }
    free(s.memory);
  }
}

int main(void) {
  for (gmm_simd level = GMM_SIMD_BASELINE; level < GMM_SIMD_LEVELS; level = next_level(level)) {
    kernels = gmm_simd_kernels(level);
    test_subsets();
    test_nothing_known();
    test_spread();
    test_kernel();
    test_orthogonal();
    test_block();
  }
  test_read();
  return check_report("missing");
}
