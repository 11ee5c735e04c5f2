/*
 * The kernels of each instruction set on one block, against naive loops in long double:
 * log densities, weights, scores, statistics that add to what is there, nearest centres;
 * blocks from data, ranges and sums of columns. Numbers of rows, variables and components
 * leave every remainder of the tiles that they are worked on in. Rows beyond the data weigh
 * nothing and leave no trace; upper triangles are neither read nor written. Arrays are no
 * longer than what kernel.h lets be touched, for the sanitizer to guard.
 */
#include "kernel.h"

#include "helpers.h"

enum { MOST_D = 16, MOST_K = 9 };

/* One array for each of `columns`, of which the last ends with the rows worked on. */
static size_t column_doubles(int columns, int rows) {
  return GMM_STRIDE * (size_t)(columns - 1) + (size_t)rows;
}

static size_t at(int t, int column) {
  return (size_t)t + GMM_STRIDE * (size_t)column;
}

/* `count` random rows, and zeros up to `rows`; what lies beyond reads as NaN. */
typedef struct block {
  gmm_layout layout;
  int d, k, count, rows;
  gmm_params params;
  gmm_density density;
  double *x, *work;
  void *memory;
} block;

static void block_take(void *self, gmm_arena *arena) {
  block *b = self;
  gmm_params_take(&b->params, arena, b->layout, b->d, b->k);
  gmm_density_take(&b->density, arena, b->layout, b->d, b->k);
}

static void block_open(block *b, test_rng *rng, gmm_layout layout, int d, int k, int count) {
  *b = (block){.layout = layout, .d = d, .k = k, .count = count, .rows = gmm_block_rows(count)};
  b->memory = carve(block_take, b);
  random_params(rng, &b->params);
  CHECK(gmm_density_prepare(&b->density, &b->params).code == GMM_OK);
  b->x = aligned_doubles(column_doubles(d, b->rows));
  b->work = aligned_doubles(GMM_STRIDE * (size_t)(d + 1));
  for (int t = 0; t < b->rows; t++) {
    for (int a = 0; a < d; a++) {
      b->x[at(t, a)] = t < count ? 3 * normal(rng) : 0;
    }
  }
}

static void block_close(block *b) {
  free(b->x);
  free(b->work);
  free(b->memory);
}

/* Log densities ------------------------------------------------------------ */

static void check_logdens(const gmm_kernels *kernels, test_rng *rng, gmm_layout layout, int d,
                          int k, int count) {
  block b;
  block_open(&b, rng, layout, d, k, count);
  double *h = aligned_doubles(column_doubles(k, b.rows)), worst = 0;
  (layout == GMM_FULL ? kernels->full_logdens : kernels->diag_logdens)(
      d, k, b.rows, b.x, b.params.mu, b.density.factor, b.density.half, h, b.work);
  for (int j = 0; j < k; j++) {
    for (int t = 0; t < b.rows; t++) {
      long double want = reference_logdens(&b.params, j, b.x + t, GMM_STRIDE);
      worst = fmax(worst, error_in(2 * h[at(t, j)], want, 1 + fabsl(want)));
    }
  }
  CHECK_NEAR(worst, 0, 1e-13);
  free(h);
  block_close(&b);
}

/* Statistics --------------------------------------------------------------- */

/* Statistics are added to what stands there before. */
#define BEFORE 2.5

/* Worst error of one component's statistics, relative to the sums of absolute values. */
static double stats_error(const block *b, int j, const double *r, double count, const double *sum,
                          const double *scatter) {
  int d = b->d, full = b->layout == GMM_FULL;
  const double *centre = b->params.mu + d * j;
  long double want = BEFORE, bound = BEFORE;
  for (int t = 0; t < b->count; t++) {
    want += r[t];
  }
  double worst = error_in(count, want, want);
  for (int p = 0; p < d; p++) {
    want = bound = BEFORE;
    for (int t = 0; t < b->count; t++) {
      long double y = (long double)b->x[at(t, p)] - centre[p];
      want += r[t] * y;
      bound += r[t] * fabsl(y);
    }
    worst = fmax(worst, error_in(sum[p], want, bound));
    for (int q = full ? 0 : p; q <= p; q++) {
      want = bound = BEFORE;
      for (int t = 0; t < b->count; t++) {
        long double y = (long double)b->x[at(t, p)] - centre[p];
        long double z = (long double)b->x[at(t, q)] - centre[q];
        want += r[t] * y * z;
        bound += r[t] * fabsl(y * z);
      }
      worst = fmax(worst, error_in(scatter[full ? p + d * q : p], want, bound));
    }
  }
  return worst;
}

static void check_stats(const gmm_kernels *kernels, test_rng *rng, gmm_layout layout, int d, int k,
                        int count) {
  block b;
  block_open(&b, rng, layout, d, k, count);
  size_t D = (size_t)d, K = (size_t)k, size = gmm_cov_size(layout, d);
  double *h = aligned_doubles(column_doubles(k, b.rows));
  double *inverse = aligned_doubles((size_t)b.rows), *r = doubles((size_t)b.rows * K);
  double *n_j = doubles(K), *sum = doubles(D * K), *scatter = doubles(size * K);
  for (int t = 0; t < b.rows; t++) {
    /* Beyond the data there may be any h. */
    inverse[t] = t < count ? uniform(rng) : 0;
    for (int j = 0; j < k; j++) {
      double root = uniform(rng);
      h[at(t, j)] = root;
      r[t + b.rows * j] = root * inverse[t] * (root * inverse[t]);
    }
  }
  for (size_t i = 0; i < size * K; i++) {
    size_t c = i % size;
    scatter[i] = layout == GMM_FULL && c % D < c / D ? NAN : BEFORE;
  }
  for (size_t i = 0; i < D * K; i++) {
    sum[i] = BEFORE;
    n_j[i / D] = BEFORE;
  }
  (layout == GMM_FULL ? kernels->full_stats : kernels->diag_stats)(
      d, k, b.rows, b.x, b.params.mu, h, inverse, n_j, sum, scatter, b.work);
  double worst = 0;
  int upper_untouched = 1;
  for (int j = 0; j < k; j++) {
    const double *mine = scatter + size * (size_t)j;
    worst = fmax(worst, stats_error(&b, j, r + b.rows * j, n_j[j], sum + d * j, mine));
    for (size_t c = 0; c < size && layout == GMM_FULL; c++) {
      upper_untouched &= c % D >= c / D || isnan(mine[c]);
    }
  }
  CHECK_NEAR(worst, 0, 1e-14);
  CHECK(upper_untouched);
  free(h);
  free(inverse);
  free(r);
  free(n_j);
  free(sum);
  free(scatter);
  block_close(&b);
}

/* Weights and scores ------------------------------------------------------- */

typedef struct weighed {
  int k, count, rows;
  double *half;
  gmm_block_weights w;
} weighed;

/* Half log densities that differ by about `spread`, about `level` and padded with what no
 * one may care for. */
static void weighed_open(weighed *g, test_rng *rng, int k, int count, double spread, double level) {
  *g = (weighed){.k = k, .count = count, .rows = gmm_block_rows(count)};
  size_t rows = (size_t)g->rows;
  g->half = doubles(rows * (size_t)k);
  g->w = (gmm_block_weights){aligned_doubles(column_doubles(k, g->rows)), aligned_doubles(rows),
                             aligned_doubles(rows), aligned_doubles(rows)};
  for (int j = 0; j < k; j++) {
    for (int t = 0; t < g->rows; t++) {
      double half = level + spread * normal(rng);
      g->half[t + g->rows * j] = g->w.h[at(t, j)] = t < count ? half : t % 2 ? -INFINITY : NAN;
    }
  }
}

static void weighed_close(weighed *g) {
  free(g->half);
  free(g->w.h);
  free(g->w.top);
  free(g->w.total);
  free(g->w.inverse);
}

/* Log density of row t and its responsibilities, of those above the floor. */
static long double reference_weights(const weighed *g, int t, double floor, long double *r) {
  long double total = 0;
  double top = -INFINITY;
  for (int j = 0; j < g->k; j++) {
    top = fmax(top, g->half[t + g->rows * j]);
  }
  for (int j = 0; j < g->k; j++) {
    double below = g->half[t + g->rows * j] - top;
    total += r[j] = below > floor ? expl(2 * (long double)below) : 0;
  }
  for (int j = 0; j < g->k; j++) {
    r[j] /= total;
  }
  return 2 * (long double)top + logl(total);
}

static void check_weigh(const gmm_kernels *kernels, test_rng *rng, int k, int count, double floor,
                        double spread, double level) {
  weighed g;
  weighed_open(&g, rng, k, count, spread, level);
  double loglik = BEFORE, worst_r = 0, worst_l = 0;
  /* Rows beyond the data may be told as lost, which they are. */
  int lost = kernels->weigh(k, g.rows, count, floor, &g.w, &loglik);
  CHECK(lost == 0 || count < g.rows);
  long double want = BEFORE, bound = 1;
  int same_zeros = 1, no_padding = 1;
  for (int t = 0; t < count; t++) {
    long double r[MOST_K], l = reference_weights(&g, t, floor, r);
    worst_l = fmax(worst_l, error_in(2 * g.w.top[t] + log(g.w.total[t]), l, 1 + fabsl(l)));
    for (int j = 0; j < k; j++) {
      double root = g.w.h[at(t, j)] * g.w.inverse[t];
      worst_r = fmax(worst_r, r[j] > 0 ? error_in(root * root, r[j], r[j]) : 0);
      same_zeros &= (root == 0) == (r[j] == 0);
    }
    want += l;
    bound += fabsl(l);
  }
  for (int t = count; t < g.rows; t++) {
    no_padding &= g.w.top[t] == 0 && g.w.total[t] == 1 && g.w.inverse[t] == 0;
    for (int j = 0; j < k; j++) {
      no_padding &= g.w.h[at(t, j)] * g.w.inverse[t] == 0;
    }
  }
  CHECK_NEAR(worst_l, 0, 1e-15);
  CHECK_NEAR(worst_r, 0, 3e-15);
  CHECK(same_zeros);
  CHECK(no_padding);
  CHECK_NEAR(error_in(loglik, want, bound), 0, 2e-15);
  weighed_close(&g);
}

/* Whatever row of a block has no density, it is told; not so the rows beyond. */
static void check_lost(const gmm_kernels *kernels, test_rng *rng, int lost, double nothing) {
  enum { COUNT = 24 };
  int k = 3;
  weighed g;
  weighed_open(&g, rng, k, COUNT, 1, -5);
  for (int j = 0; j < k; j++) {
    g.w.h[at(lost, j)] = nothing;
  }
  double loglik = 0, others = 0;
  CHECK(kernels->weigh(k, g.rows, COUNT, GMM_NEGLIGIBLE, &g.w, &loglik) != 0);
  CHECK(loglik == -INFINITY);
  for (int t = 0; t < COUNT; t++) {
    CHECK(t == lost ? g.w.total[t] == 0 : g.w.total[t] >= 1);
    others += g.w.top[t] == -INFINITY;
  }
  CHECK_NEAR(others, 1, 0);
  weighed_close(&g);

  /* One component without a density does not matter, wherever it stands. */
  for (int j = 0; j < k; j++) {
    weighed_open(&g, rng, k, COUNT, 1, -5);
    g.w.h[at(lost, j)] = nothing;
    loglik = 0;
    CHECK(kernels->weigh(k, g.rows, COUNT, GMM_NEGLIGIBLE, &g.w, &loglik) == 0);
    CHECK(isfinite(loglik));
    CHECK_NEAR(g.w.h[at(lost, j)], 0, 0);
    weighed_close(&g);
  }
}

/* Components that are all alike make the largest totals that there are: their product over
 * a block is beyond the largest double. */
static void check_all_alike(const gmm_kernels *kernels, int k) {
  enum { ROWS = GMM_BLOCK };
  double loglik = 0, half = -3;
  gmm_block_weights w = {aligned_doubles(column_doubles(k, ROWS)), aligned_doubles(ROWS),
                         aligned_doubles(ROWS), aligned_doubles(ROWS)};
  for (int j = 0; j < k; j++) {
    for (int t = 0; t < ROWS; t++) {
      w.h[at(t, j)] = half;
    }
  }
  CHECK(kernels->weigh(k, ROWS, ROWS, GMM_NEGLIGIBLE, &w, &loglik) == 0);
  CHECK_NEAR(loglik / (ROWS * (2 * half + log(k))), 1, 1e-14);
  free(w.h);
  free(w.top);
  free(w.total);
  free(w.inverse);
}

/* Scores go to rows START to START + count - 1 of columns of N. */
static void check_score(const gmm_kernels *kernels, test_rng *rng, int k, int count) {
  enum { START = 3, AFTER = 5 };
  double jacobian = 1.25, loglik = 0;
  size_t n = START + (size_t)count + AFTER;
  double *work = aligned_doubles(GMM_STRIDE), *r = doubles(n * (size_t)k);
  double *logdens = doubles(n), *density = doubles(n), *uncertainty = doubles(n);
  int *class = fresh(n * sizeof(int));
  memset(class, 0, n * sizeof(int));
  gmm_block_scores out = {
      .r = r, .logdens = logdens, .density = density, .uncertainty = uncertainty, .class = class};
  weighed g;
  weighed_open(&g, rng, k, count, 2, -3);
  kernels->weigh(k, g.rows, count, GMM_VANISHING, &g.w, &loglik);
  kernels->score(k, g.rows, count, &g.w, START, n, jacobian, &out, work);
  double worst_r = 0, worst_l = 0, worst_u = 0, worst_d = 0;
  int right_class = 1, untouched = 1;
  for (int t = 0; t < count; t++) {
    int i = START + t, best = 0;
    long double want[MOST_K], l = reference_weights(&g, t, GMM_VANISHING, want), others = 0;
    for (int j = 0; j < k; j++) {
      best = want[j] > want[best] ? j : best;
      worst_r = fmax(worst_r, error_in(r[i + (int)n * j], want[j], want[j]));
    }
    for (int j = 0; j < k; j++) {
      others += j == best ? 0 : want[j];
    }
    worst_u = fmax(worst_u, error_in(uncertainty[i], others, others));
    worst_l = fmax(worst_l, error_in(logdens[i], l + jacobian, 1 + fabsl(l)));
    worst_d = fmax(worst_d, error_in(density[i], expl(logdens[i]), expl(logdens[i])));
    right_class &= class[i] == best + 1;
  }
  for (size_t i = 0; i < n; i++) {
    if (i >= START && i < START + (size_t)count) {
      continue;
    }
    untouched &= isnan(logdens[i]) && isnan(density[i]) && isnan(uncertainty[i]);
    untouched &= class[i] == 0;
    for (int j = 0; j < k; j++) {
      untouched &= isnan(r[i + n * (size_t)j]);
    }
  }
  CHECK_NEAR(worst_r, 0, 3e-15);
  CHECK_NEAR(worst_u, 0, 3e-15);
  CHECK_NEAR(worst_l, 0, 1e-15);
  CHECK_NEAR(worst_d, 0, 5e-16);
  CHECK(right_class);
  CHECK(untouched);
  weighed_close(&g);
  free(work);
  free(r);
  free(logdens);
  free(density);
  free(uncertainty);
  free(class);
}

/* Nearest centres ---------------------------------------------------------- */

static void check_nearest(const gmm_kernels *kernels, test_rng *rng, int d, int k, int count) {
  enum { FIRST = 5 };
  block b;
  block_open(&b, rng, GMM_DIAGONAL, d, k, count);
  size_t rows = (size_t)b.rows;
  double *least = aligned_doubles(rows), *which = aligned_doubles(rows), worst = 0;
  double *before = doubles(rows), *centre = doubles((size_t)(d * k));
  for (int i = 0; i < d * k; i++) {
    centre[i] = 3 * normal(rng);
  }
  /* Some rows know none, others one that may be nearer than all of these. */
  for (size_t t = 0; t < rows; t++) {
    before[t] = least[t] = t % 3 == 0 ? INFINITY : 9 * d * uniform(rng);
    which[t] = 1;
  }
  kernels->nearest(d, b.rows, b.x, centre, k, FIRST, least, which);
  int right = 1;
  for (int t = 0; t < b.rows; t++) {
    long double want = before[t];
    int number = 1;
    for (int j = 0; j < k; j++) {
      long double distance = 0;
      for (int a = 0; a < d; a++) {
        long double y = (long double)b.x[at(t, a)] - centre[a + d * j];
        distance += y * y;
      }
      number = distance < want ? FIRST + j : number;
      want = distance < want ? distance : want;
    }
    worst = fmax(worst, error_in(least[t], want, want));
    right &= which[t] == number;
  }
  CHECK_NEAR(worst, 0, 1e-14);
  CHECK(right);

  /* Ties go to the first, and to what was known before. */
  for (int i = 0; i < d * k; i++) {
    centre[i] = centre[i % d];
  }
  for (size_t t = 0; t < rows; t++) {
    least[t] = INFINITY;
    which[t] = 1;
  }
  kernels->nearest(d, b.rows, b.x, centre, k, FIRST, least, which);
  for (int t = 0; t < b.rows; t++) {
    right &= which[t] == FIRST;
    which[t] = 1;
  }
  kernels->nearest(d, b.rows, b.x, centre, k, FIRST, least, which);
  for (int t = 0; t < b.rows; t++) {
    right &= which[t] == 1;
  }
  CHECK(right);
  free(least);
  free(which);
  free(before);
  free(centre);
  block_close(&b);
}

/* Blocks, ranges and sums of columns --------------------------------------- */

/* Scales are powers of two, so that there is one right result, however it is rounded. */
static void check_load(const gmm_kernels *kernels, test_rng *rng, int d, int count, int next) {
  size_t n = (size_t)(count + next) + 3;
  int rows = gmm_block_rows(count), right = 1;
  double *x = doubles(n * (size_t)d), *to = aligned_doubles(column_doubles(d, rows));
  double scale[MOST_D] = {0}, shift[MOST_D] = {0};
  for (size_t i = 0; i < n * (size_t)d; i++) {
    x[i] = normal(rng);
  }
  for (int a = 0; a < d; a++) {
    scale[a] = ldexp(1, a - 2);
    shift[a] = normal(rng);
  }
  kernels->load(d, x + 3, n, count, next, scale, shift, to);
  for (int a = 0; a < d; a++) {
    for (int t = 0; t < rows; t++) {
      double want = t < count ? scale[a] * x[3 + (size_t)t + n * (size_t)a] - shift[a] : 0;
      right &= to[at(t, a)] == want;
    }
  }
  CHECK(right);
  free(x);
  free(to);
}

/* The same row gives the same bits, wherever in a block it stands: rows that are equal stay
 * so, also where the scale is no power of two and products are rounded. */
static void check_load_alike(const gmm_kernels *kernels, test_rng *rng, int count) {
  double *x = doubles((size_t)count), *to = aligned_doubles((size_t)gmm_block_rows(count));
  int alike = 1;
  for (int trial = 0; trial < 20; trial++) {
    double value = normal(rng), scale = uniform(rng), shift = scale * value * (1 + uniform(rng));
    for (int t = 0; t < count; t++) {
      x[t] = value;
    }
    kernels->load(1, x, (size_t)count, count, 0, &scale, &shift, to);
    for (int t = 1; t < count; t++) {
      alike &= same_bits(to, to + t, 1);
    }
  }
  CHECK(alike);
  free(x);
  free(to);
}

static void check_column(const gmm_kernels *kernels, test_rng *rng, size_t n) {
  double *x = doubles(n), low = NAN, high = NAN, least = INFINITY, most = -INFINITY;
  double s = 0.25, m = 0.5;
  long double sum = 0, bound = 0, squares = 0;
  for (size_t i = 0; i < n; i++) {
    x[i] = 7 + normal(rng);
    least = fmin(least, x[i]);
    most = fmax(most, x[i]);
    long double y = (long double)s * x[i] - m;
    sum += y;
    bound += fabsl(y);
    squares += y * y;
  }
  CHECK_NEAR(error_in(kernels->sum(x, n, s, m), sum, bound), 0, 1e-14);
  CHECK_NEAR(error_in(kernels->sum_squares(x, n, s, m), squares, squares), 0, 1e-14);
  kernels->range(x, n, &low, &high);
  CHECK(low == least && high == most);
  /* The ends may stand anywhere. */
  int found = 1;
  for (size_t i = 0; i < n; i++) {
    double was = x[i];
    x[i] = 1e308;
    kernels->range(x, n, &low, &high);
    found &= high == 1e308 && (n == 1 || low < 100);
    x[i] = -1e308;
    kernels->range(x, n, &low, &high);
    found &= low == -1e308 && (n == 1 || high > -100);
    x[i] = was;
  }
  CHECK(found);
  free(x);
}

static void test_level(gmm_simd level) {
  const gmm_kernels *kernels = gmm_simd_kernels(level);
  test_rng rng = {1, 0};
  const int counts[] = {1, 7, 8, 9, 31, 32, 33, 40, 100, GMM_BLOCK - 1, GMM_BLOCK};
  enum { N_COUNTS = sizeof counts / sizeof *counts };
  int turn = 0;
  for (int layout = GMM_DIAGONAL; layout <= GMM_FULL; layout++) {
    for (int d = 1; d <= 13; d++) {
      for (int k = 1; k <= MOST_K; k += k < 5 ? 1 : 4) {
        int count = counts[turn++ % N_COUNTS];
        check_logdens(kernels, &rng, layout, d, k, count);
        check_stats(kernels, &rng, layout, d, k, count);
      }
    }
    check_stats(kernels, &rng, layout, MOST_D, 2, GMM_BLOCK);
    check_logdens(kernels, &rng, layout, MOST_D, 2, GMM_BLOCK);
  }
  for (int i = 0; i < N_COUNTS; i++) {
    int count = counts[i];
    for (int k = 1; k <= MOST_K; k++) {
      check_weigh(kernels, &rng, k, count, GMM_NEGLIGIBLE, 1, -4);
      check_weigh(kernels, &rng, k, count, GMM_NEGLIGIBLE, 30, 1e5);
      check_weigh(kernels, &rng, k, count, GMM_VANISHING, 200, -1e8);
      check_score(kernels, &rng, k, count);
      check_nearest(kernels, &rng, 1 + k % 5, k, count);
    }
    check_load(kernels, &rng, 1, count, 0);
    check_load(kernels, &rng, 5, count, GMM_BLOCK);
    check_load(kernels, &rng, 2, count, 17);
    check_load_alike(kernels, &rng, count);
  }
  for (int lost = 0; lost < 24; lost++) {
    check_lost(kernels, &rng, lost, -INFINITY);
    check_lost(kernels, &rng, lost, NAN);
  }
  check_all_alike(kernels, 300);
  check_all_alike(kernels, 5000);
  for (size_t n = 1; n < 70; n++) {
    check_column(kernels, &rng, n);
  }
  check_column(kernels, &rng, 1000);
}

int main(void) {
  for (gmm_simd level = GMM_SIMD_BASELINE; level < GMM_SIMD_LEVELS; level = next_level(level)) {
    test_level(level);
  }
  return check_report("kernel");
}
