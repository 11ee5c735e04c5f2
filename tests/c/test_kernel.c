/*
 * The passes over one block against naive loops in long double, for one to
 * nine variables: log densities, and statistics that add to what is there.
 * Rows beyond the data are zero, weigh nothing and leave no trace; upper
 * triangles are neither read nor written. Every array is of the exact size in
 * kernel.h, for the sanitizer to guard.
 */
#include "kernel.h"

#include "helpers.h"

typedef struct block {
  gmm_params params;
  gmm_density density;
  double *x, *r, *work;
  int rows;
} block;

static void block_take(void *self, gmm_arena *arena) {
  block *b = self;
  int d = b->params.d;
  gmm_layout layout = b->params.layout;
  gmm_params_take(&b->params, arena, layout, d, 1);
  gmm_density_take(&b->density, arena, layout, d, 1);
}

/* `rows` random rows, the rest padding, and random parameters. */
static void *block_open(block *b, test_rng *rng, gmm_layout layout, int d, int rows) {
  *b = (block){.params = {.layout = layout, .d = d}, .rows = rows};
  void *memory = carve(block_take, b);
  random_params(rng, &b->params);
  CHECK(gmm_density_prepare(&b->density, &b->params).code == GMM_OK);
  b->x = doubles(GMM_BLOCK * (size_t)d);
  b->r = doubles(GMM_BLOCK);
  b->work = doubles(2 * GMM_BLOCK * (size_t)d);
  for (int t = 0; t < GMM_BLOCK; t++) {
    b->r[t] = t < rows ? uniform(rng) : 0;
    for (int a = 0; a < d; a++) {
      b->x[t + GMM_BLOCK * a] = t < rows ? 3 * normal(rng) : 0;
    }
  }
  return memory;
}

static void block_close(block *b, void *memory) {
  free(b->x);
  free(b->r);
  free(b->work);
  free(memory);
}

static void check_logdens(test_rng *rng, gmm_layout layout, int d) {
  block b;
  void *memory = block_open(&b, rng, layout, d, GMM_BLOCK);
  double *out = doubles(GMM_BLOCK), worst = 0;
  /* One block of work is enough here. */
  free(b.work);
  b.work = doubles(GMM_BLOCK * (size_t)d);
  if (layout == GMM_FULL) {
    gmm_kernel_full_logdens(d, b.x, b.params.mu, b.density.factor, b.density.constant[0], out,
                            b.work);
  } else {
    gmm_kernel_diag_logdens(d, b.x, b.params.mu, b.density.factor, b.density.constant[0], out,
                            b.work);
  }
  for (int t = 0; t < GMM_BLOCK; t++) {
    long double want = reference_logdens(&b.params, 0, b.x + t, GMM_BLOCK);
    worst = fmax(worst, error_in(out[t], want, 1 + fabsl(want)));
  }
  CHECK_NEAR(worst, 0, 1e-13);
  free(out);
  block_close(&b, memory);
}

/* Statistics are added to what stands there before. */
#define BEFORE 2.5

static void check_stats(test_rng *rng, gmm_layout layout, int d, int rows) {
  block b;
  void *memory = block_open(&b, rng, layout, d, rows);
  const double *centre = b.params.mu;
  size_t D = (size_t)d, size = gmm_cov_size(layout, d);
  double count = BEFORE, *sum = doubles(D), *scatter = doubles(size);
  for (size_t i = 0; i < size; i++) {
    scatter[i] = layout == GMM_FULL && i % D < i / D ? NAN : BEFORE;
  }
  for (size_t a = 0; a < D; a++) {
    sum[a] = BEFORE;
  }
  if (layout == GMM_FULL) {
    gmm_kernel_full_stats(d, b.x, centre, b.r, &count, sum, scatter, b.work);
  } else {
    gmm_kernel_diag_stats(d, b.x, centre, b.r, &count, sum, scatter, b.work);
  }

  long double want_count = BEFORE;
  double worst = 0;
  for (int t = 0; t < rows; t++) {
    want_count += b.r[t];
  }
  for (size_t a = 0; a < D; a++) {
    long double want = BEFORE, bound = BEFORE;
    for (int t = 0; t < rows; t++) {
      long double y = (long double)b.x[t + GMM_BLOCK * (int)a] - centre[a];
      want += b.r[t] * y;
      bound += b.r[t] * fabsl(y);
    }
    worst = fmax(worst, error_in(sum[a], want, bound));
  }
  int upper_untouched = 1;
  for (size_t i = 0; i < size; i++) {
    size_t p = layout == GMM_FULL ? i % D : i, q = layout == GMM_FULL ? i / D : i;
    if (p < q) {
      upper_untouched &= isnan(scatter[i]);
      continue;
    }
    long double want = BEFORE, bound = BEFORE;
    for (int t = 0; t < rows; t++) {
      long double yp = (long double)b.x[t + GMM_BLOCK * (int)p] - centre[p];
      long double yq = (long double)b.x[t + GMM_BLOCK * (int)q] - centre[q];
      want += b.r[t] * yp * yq;
      bound += b.r[t] * fabsl(yp * yq);
    }
    worst = fmax(worst, error_in(scatter[i], want, bound));
  }
  CHECK_NEAR(count, (double)want_count, 1e-13);
  CHECK_NEAR(worst, 0, 1e-14);
  CHECK(upper_untouched);
  free(sum);
  free(scatter);
  block_close(&b, memory);
}

static void test_block_sums(void) {
  double u[GMM_BLOCK], v[GMM_BLOCK], sum = 0, dot = 0;
  for (int t = 0; t < GMM_BLOCK; t++) {
    u[t] = t * t;
    v[t] = t % 5 - 2;
    sum += u[t];
    dot += u[t] * v[t];
  }
  CHECK_NEAR(gmm_block_sum(u), sum, 0);
  CHECK_NEAR(gmm_block_dot(u, v), dot, 0);
}

int main(void) {
  test_rng rng = {1, 0};
  int rows[] = {0, 1, 7, 127, GMM_BLOCK};
  for (int layout = GMM_DIAGONAL; layout <= GMM_FULL; layout++) {
    for (int d = 1; d <= 9; d++) {
      check_logdens(&rng, layout, d);
      for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_stats(&rng, layout, d, rows[i]);
      }
    }
  }
  test_block_sums();
  return check_report("kernel");
}
