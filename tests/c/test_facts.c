/*
 * The E-step on rows of which values are missing and classes known, with noise and weights, alone
 * and together: statistics and scores row by row against long double, by each instruction set, at
 * sizes around those of blocks and chunks, with patterns that end in odd places; the same bits on
 * any number of threads; rows that lack everything, and rows so far away that no density is
 * finite; statistics by responsibilities that are given. EM with all of it climbs.
 */
#include "em.h"
#include "whole.h"

#include "facts.h"

enum { MISSING = 1, LABELS = 2, NOISE = 4, WEIGHTS = 8, ALL = 15, SOME_MISSING = 16, MOST_K = 9 };

typedef struct scene {
  facts f;
  setup s;
  told *table;
  char *told_of;
} scene;

/* Rows of which these facts are known, in coordinates that are not their own, and a mixture in
 * the middle of them. */
static void open_far(scene *c, gmm_simd level, int threads, gmm_layout layout, size_t n, int d,
                     int k, int which, double apart) {
  test_rng rng = {n + (uint64_t)which, 0};
  facts_open(&c->f, &rng, n, d, k, apart);
  if (which & MISSING) {
    facts_punch_oddly(&c->f, &rng);
  }
  if (which & SOME_MISSING) {
    facts_punch_mildly(&c->f);
  }
  if (which & LABELS) {
    facts_label(&c->f, &rng, k, 0.3);
  }
  if (which & NOISE) {
    facts_add_noise(&c->f, &rng);
  }
  if (which & WEIGHTS) {
    facts_weigh(&c->f, &rng);
  }
  setup_open_of(&c->s, level, threads, layout, &c->f.data, k);
  for (int a = 0; a < d; a++) {
    c->s.frame.scale[a] = ldexp(1, a % 3 - 1);
    c->s.frame.shift[a] = normal(&rng);
    c->s.frame.log_jacobian += log(c->s.frame.scale[a]);
  }
  random_params(&rng, &c->s.params);
  for (int j = 0; j < k; j++) {
    c->s.params.mu[d * j] += apart * j / 2;
  }
  if (which & NOISE) {
    gmm_params_set_noise(&c->s.params, 0.15);
  }
  CHECK(gmm_density_prepare(&c->s.density, &c->s.params).code == GMM_OK);
  c->table = fresh(((size_t)k << d) * sizeof(told));
  c->told_of = calloc((size_t)1 << d, 1);
}

static void open(scene *c, gmm_simd level, int threads, gmm_layout layout, size_t n, int d, int k,
                 int which) {
  open_far(c, level, threads, layout, n, d, k, which, 2);
}

static void close(scene *c) {
  facts_close(&c->f);
  setup_close(&c->s);
  free(c->table);
  free(c->told_of);
}

/* What rows that lack these say, in component j of the mixture. */
static const told *told_by(scene *c, unsigned mask, int j) {
  size_t k = (size_t)c->s.k;
  for (int i = 0; i < c->s.k && !c->told_of[mask]; i++) {
    c->table[mask * k + (size_t)i] = tell(&c->s.params, i, mask);
  }
  c->told_of[mask] = 1;
  return &c->table[mask * k + (size_t)j];
}

static void working_row(const scene *c, size_t i, double *row) {
  for (int a = 0; a < c->s.d; a++) {
    row[a] = c->s.frame.scale[a] * c->f.x[i + c->s.n * (size_t)a] - c->s.frame.shift[a];
  }
}

/* log f of a row in working coordinates and, in r, responsibilities, that of noise last. */
static long double row_estep(scene *c, size_t i, const double *row, long double *r) {
  int k = c->s.k, label = gmm_data_label(&c->f.data, i);
  unsigned mask = mask_of(&c->f.data, i);
  long double most = -INFINITY, total = 0;
  for (int j = 0; j < k; j++) {
    int may = label < 0 || label == j;
    r[j] = may ? told_logdens(told_by(c, mask, j), &c->s.params, j, row) : -INFINITY;
    most = r[j] > most ? r[j] : most;
  }
  r[k] = -INFINITY;
  if (c->f.range && label < 0) {
    r[k] = logl(c->s.params.noise);
    for (int a = 0; a < c->s.d; a++) {
      long double side = (long double)c->f.range[a] * c->s.frame.scale[a];
      r[k] -= mask >> a & 1 ? 0 : logl(side);
    }
    most = r[k] > most ? r[k] : most;
  }
  for (int j = 0; j <= k; j++) {
    total += r[j] = expl(r[j] - most);
  }
  for (int j = 0; j <= k; j++) {
    r[j] /= total;
  }
  return most + logl(total);
}

/* Sums over rows, and of the absolute values of what is summed. */
typedef struct sums {
  long double n, loglik, noise, count[MOST_K], sum[MOST_K * MOST_D];
  long double scatter[MOST_K * MOST_D * MOST_D];
} sums;

/* r times what component j makes of the row, by what `t` says of it. */
static void add_row(const setup *s, const told *t, const gmm_params *by, int says, int j,
                    const double *row, const double *centre, long double r, sums *to, sums *bound) {
  int d = s->d, size = (int)gmm_cov_size(s->layout, d);
  long double y[MOST_D];
  told_fill(t, by, says, row, y);
  to->count[j] += r;
  bound->count[j] += r;
  for (int a = 0; a < d; a++) {
    y[a] -= centre[a + d * j];
    to->sum[a + d * j] += r * y[a];
    bound->sum[a + d * j] += r * (fabsl(y[a]) + fabs(centre[a + d * j]));
  }
  for (int i = 0; i < size; i++) {
    int a = s->layout == GMM_FULL ? i % d : i, b = s->layout == GMM_FULL ? i / d : i;
    to->scatter[i + size * j] += r * y[a] * y[b];
    bound->scatter[i + size * j] += r * fabsl(y[a] * y[b]);
  }
  for (int u = 0; u < t->n_missing; u++) {
    for (int v = 0; v < t->n_missing; v++) {
      int a = t->missing[u], b = t->missing[v];
      long double spread = r * t->spread[u + t->n_missing * v];
      if (s->layout == GMM_FULL || a == b) {
        int at = (s->layout == GMM_FULL ? a + d * b : a) + size * j;
        to->scatter[at] += spread;
        bound->scatter[at] += fabsl(spread);
      }
    }
  }
}

/* The worst error of statistics. */
static double stats_error(const setup *s, const sums *want, const sums *bound) {
  int d = s->d, size = (int)gmm_cov_size(s->layout, d);
  double worst = error_in(*s->stats.n, want->n, want->n);
  worst = fmax(worst, error_in(*s->stats.loglik, want->loglik, bound->loglik));
  worst = fmax(worst, error_in(*s->stats.noise, want->noise, want->n));
  for (int j = 0; j < s->k; j++) {
    worst = fmax(worst, error_in(s->stats.count[j], want->count[j], bound->count[j]));
  }
  for (int i = 0; i < d * s->k; i++) {
    worst = fmax(worst, error_in(s->stats.sum[i], want->sum[i], bound->sum[i]));
  }
  for (int i = 0; i < size * s->k; i++) {
    if (s->layout == GMM_DIAGONAL || i % size % d >= i % size / d) {
      worst = fmax(worst, error_in(s->stats.scatter[i], want->scatter[i], bound->scatter[i]));
    }
  }
  return worst;
}

/* What an E-step says of each row, in coordinates of the data. */
typedef struct scores {
  double *r, *logdens, *density, *uncertainty, loglik;
  int *class;
} scores;

static void take_scores(scene *c, scores *out) {
  size_t n = c->s.n, columns = (size_t)c->s.k + (c->f.range != NULL);
  *out = (scores){.r = doubles(n * columns),
                  .logdens = doubles(n),
                  .density = doubles(n),
                  .uncertainty = doubles(n),
                  .class = fresh(n * sizeof(int))};
  gmm_scores to = {.rows = {.r = out->r,
                            .logdens = out->logdens,
                            .density = out->density,
                            .uncertainty = out->uncertainty,
                            .class = out->class},
                   .loglik = &out->loglik};
  CHECK(gmm_rows_score(&c->s.rows, &c->s.density, &to).code == GMM_OK);
}

static void free_scores(scores *out) {
  free(out->r);
  free(out->logdens);
  free(out->density);
  free(out->uncertainty);
  free(out->class);
}

/* log of the volume of a unit of the known variables of row i. */
static long double log_unit(const scene *c, size_t i) {
  long double sum = 0;
  for (int a = 0; a < c->s.d; a++) {
    sum += isnan(c->f.x[i + c->s.n * (size_t)a]) ? 0 : logl(c->s.frame.scale[a]);
  }
  return sum;
}

/* The worst error of the scores of row i, whose responsibilities should be r. */
static double score_error(const scene *c, const scores *out, size_t i, const long double *r,
                          long double logdens) {
  int columns = c->s.k + (c->f.range != NULL), best = 0;
  double worst = error_in(out->logdens[i], logdens, 1 + fabsl(logdens));
  long double others = 0;
  for (int j = 0; j < columns; j++) {
    worst = fmax(worst, error_in(out->r[i + c->s.n * (size_t)j], r[j], 1));
    best = r[j] > r[best] ? j : best;
  }
  for (int j = 0; j < columns; j++) {
    others += j == best ? 0 : r[j];
  }
  /* Relative, but for numbers that vanish. */
  long double density = expl(logdens) + 1e-270L, size = 1 + fabsl(logdens);
  others += 1e-270L;
  worst = fmax(worst, error_in(out->density[i] + 1e-270, density, size * density));
  worst = fmax(worst, error_in(out->uncertainty[i] + 1e-270, others, size * others));
  return out->class[i] == (best == c->s.k ? 0 : best + 1) ? worst : INFINITY;
}

/* Statistics, scores, entropy and what the log-likelihood lacks in the data's own coordinates. */
static void check_rows(scene *c) {
  int k = c->s.k;
  static sums want, bound;
  long double entropy = 0, jacobian = 0, scored = 0, scored_abs = 1;
  double worst = 0, entropy_got = NAN;
  scores out;
  want = bound = (sums){0};
  bound.loglik = 1;
  take_scores(c, &out);
  for (size_t i = 0; i < c->s.n; i++) {
    double row[MOST_D], weight = gmm_data_weight(&c->f.data, i);
    long double r[MOST_K + 1], unit = log_unit(c, i);
    unsigned mask = mask_of(&c->f.data, i);
    working_row(c, i, row);
    long double logdens = row_estep(c, i, row, r);
    worst = fmax(worst, score_error(c, &out, i, r, logdens + unit));
    want.n += weight;
    want.loglik += weight * logdens;
    bound.loglik += weight * fabsl(logdens);
    want.noise += weight * r[k];
    jacobian += weight * unit;
    scored += logdens + unit;
    scored_abs += fabsl(logdens + unit);
    for (int j = 0; j <= k; j++) {
      entropy -= r[j] > 0 ? weight * r[j] * logl(r[j]) : 0;
    }
    for (int j = 0; j < k; j++) {
      add_row(&c->s, told_by(c, mask, j), &c->s.params, j, j, row, c->s.params.mu, weight * r[j],
              &want, &bound);
    }
  }
  CHECK_NEAR(worst, 0, 1e-11);
  CHECK_NEAR(error_in(out.loglik, scored, scored_abs), 0, 1e-12);
  CHECK(estep(&c->s).code == GMM_OK);
  CHECK(c->s.stats.centre == c->s.params.mu);
  CHECK_NEAR(stats_error(&c->s, &want, &bound), 0, 1e-11);
  CHECK(gmm_rows_entropy(&c->s.rows, &c->s.density, &entropy_got).code == GMM_OK);
  CHECK_NEAR(error_in(entropy_got, entropy, 1e-3L * want.n + entropy), 0, 1e-11);
  CHECK_NEAR(error_in(gmm_rows_log_jacobian(&c->s.rows), jacobian, want.n), 0, 1e-12);
  free_scores(&out);
}

static void test_rows(gmm_simd level, gmm_layout layout) {
  const size_t sizes[] = {1, 2, 9, 255, 256, 258, 1025, 5000};
  scene c;
  for (int which = 0; which <= ALL; which++) {
    open(&c, level, 1, layout, 700, 3, 3, which);
    check_rows(&c);
    close(&c);
  }
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    open(&c, level, 1, layout, sizes[s], 1, 2, ALL);
    check_rows(&c);
    close(&c);
    open(&c, level, 1, layout, sizes[s], 5, 4, ALL);
    check_rows(&c);
    close(&c);
  }
  /* Where the next block is looked at first, if it lacks nothing; a component to which nothing is
   * known to belong. */
  for (int which = 0; which <= ALL; which += 5) {
    open_far(&c, level, 1, layout, 2100, MOST_D, MOST_K, which ^ MISSING, 30);
    check_rows(&c);
    close(&c);
  }
  open(&c, level, 1, layout, 700, 3, 3, ALL ^ LABELS);
  c.s.params.pi[1] = 0;
  CHECK(gmm_density_prepare(&c.s.density, &c.s.params).code == GMM_OK);
  check_rows(&c);
  close(&c);
}

/* Rows that lack everything are of each component as often as any row, or noise. */
static void test_nothing_known(gmm_simd level, gmm_layout layout) {
  enum { N = 300, D = 3, K = 3 };
  scene c;
  const size_t end[] = {N};
  const unsigned everything[] = {(1u << D) - 1};
  open(&c, level, 1, layout, N, D, K, NOISE);
  facts_punch(&c.f, 1, end, everything);
  setup_close(&c.s);
  setup_open_of(&c.s, level, 1, layout, &c.f.data, K);
  test_rng rng = {8, 0};
  random_params(&rng, &c.s.params);
  gmm_params_set_noise(&c.s.params, 0.15);
  CHECK(gmm_density_prepare(&c.s.density, &c.s.params).code == GMM_OK);
  CHECK(estep(&c.s).code == GMM_OK);
  CHECK_NEAR(*c.s.stats.loglik, 0, 1e-11);
  CHECK_NEAR(*c.s.stats.noise, 0.15 * N, 1e-11);
  for (int j = 0; j < K; j++) {
    double count = N * c.s.params.pi[j];
    CHECK_NEAR(c.s.stats.count[j], count, 1e-11);
    for (int a = 0; a < D; a++) {
      CHECK_NEAR(c.s.stats.sum[a + D * j], 0, 1e-11);
      for (int b = 0; b <= a; b++) {
        double want = count * sigma_at(&c.s.params, j, a, b);
        size_t at = layout == GMM_FULL ? (size_t)(a + D * b) : (size_t)a;
        if (layout == GMM_FULL || a == b) {
          CHECK_NEAR(c.s.stats.scatter[at + gmm_cov_size(layout, D) * (size_t)j], want, 1e-10);
        }
      }
    }
  }
  CHECK(gmm_rows_log_jacobian(&c.s.rows) == 0);
  close(&c);
}

/* All that passes over the rows give, one after the other; the caller's to free. */
static double *all_results(scene *c, size_t *size) {
  size_t n = c->s.n, columns = (size_t)c->s.k + (c->f.range != NULL);
  size_t in_stats = gmm_stats_size(c->s.layout, c->s.d, c->s.k);
  *size = in_stats + n * (columns + 4) + 2;
  double *all = doubles(*size), *to = all;
  scores out;
  take_scores(c, &out);
  CHECK(estep(&c->s).code == GMM_OK);
  memcpy(to, c->s.stats.values, in_stats * sizeof(double));
  to += in_stats;
  memcpy(to, out.r, n * columns * sizeof(double));
  to += n * columns;
  for (size_t i = 0; i < n; i++) {
    to[i] = out.logdens[i];
    to[n + i] = out.density[i];
    to[2 * n + i] = out.uncertainty[i];
    to[3 * n + i] = out.class[i];
  }
  to[4 * n] = out.loglik;
  CHECK(gmm_rows_entropy(&c->s.rows, &c->s.density, to + 4 * n + 1).code == GMM_OK);
  free_scores(&out);
  return all;
}

static void test_threads(gmm_simd level, gmm_layout layout) {
  for (int which = 0; which < 4; which++) {
    size_t size, n = which == 0 ? 1025 : 8300;
    double *first = NULL;
    for (int t = 0; t < N_THREADS; t++) {
      scene c;
      open(&c, level, some_threads[t], layout, n, 6, 5, which == 1 ? MISSING : ALL);
      CHECK(c.s.rows.threads > 1 || some_threads[t] == 1 || (which == 0 && layout == GMM_DIAGONAL));
      double *results = all_results(&c, &size);
      CHECK(!first || same_bits(results, first, size));
      if (first) {
        free(results);
      } else {
        first = results;
      }
      close(&c);
    }
    free(first);
  }
}

/* A block of rows and one beside it say the same of a row, of whatever pattern it is. */
static void test_alone(gmm_layout layout) {
  enum { N = 700, D = 4, K = 3 };
  scene c;
  open(&c, gmm_simd_widest(), 1, layout, N, D, K, MISSING | NOISE);
  scores out;
  take_scores(&c, &out);
  int same = 1;
  for (size_t i = 0; i < N; i += 7) {
    double x[D], logdens = NAN;
    size_t end = 1;
    for (size_t a = 0; a < D; a++) {
      memcpy(x + a, c.f.x + i + N * a, sizeof *x);
    }
    double observed[D];
    gmm_data one = {.x = x, .n = 1, .d = D, .pattern_end = &end, .n_patterns = 1};
    one.observed = observed;
    one.range = c.f.range;
    gmm_data_sum(&one);
    gmm_data all = c.s.data;
    c.s.data = one;
    c.s.rows.n = 1;
    gmm_scores to = {.rows = {.logdens = &logdens}};
    CHECK(gmm_rows_score(&c.s.rows, &c.s.density, &to).code == GMM_OK);
    same &= same_bits(&logdens, out.logdens + i, 1);
    c.s.data = all;
    c.s.rows.n = N;
  }
  CHECK(same);
  free_scores(&out);
  close(&c);
}

/* Far rows ---------------------------------------------------------------- */

/* Every third row is so far out, in the first of its known variables, that squares overflow. */
static void put_far(scene *c, double far_out) {
  for (size_t i = 0; i < c->s.n; i += 3) {
    for (int a = 0; a < c->s.d; a++) {
      double *x = c->f.x + i + c->s.n * (size_t)a;
      if (!isnan(*x)) {
        *x = (i % 2 ? far_out : -far_out) * (1 + (double)(i % 5));
        break;
      }
    }
  }
}

static int is_far(const scene *c, size_t i) {
  return i % 3 == 0 && mask_of(&c->f.data, i) != (1u << c->s.d) - 1;
}

/*
 * Far rows are noise, where there is any; those of a class are in it, and others in the component
 * in whose metric they are nearest, without a density. The others are as they would be without
 * them.
 */
static void check_far(gmm_simd level, gmm_layout layout, int which, double noise) {
  enum { N = 600, D = 4, K = 3 };
  scene c;
  open(&c, level, 1, layout, N, D, K, which);
  if (c.f.range) {
    gmm_params_set_noise(&c.s.params, noise);
  }
  /* One that nothing belongs to, unless it is known to. */
  c.s.params.pi[1] = 0;
  CHECK(gmm_density_prepare(&c.s.density, &c.s.params).code == GMM_OK);
  put_far(&c, 1e200);
  scores out;
  take_scores(&c, &out);
  long double count[K] = {0}, noise_count = 0;
  double worst = 0;
  int lost = 0, exact = 1, columns = K + (c.f.range != NULL);
  for (size_t i = 0; i < N; i++) {
    double row[D];
    long double r[K + 1], weight = gmm_data_weight(&c.f.data, i);
    int label = gmm_data_label(&c.f.data, i);
    working_row(&c, i, row);
    long double logdens = row_estep(&c, i, row, r);
    int none = is_far(&c, i) && !(label < 0 && c.f.range && noise > 0);
    /* A row of a class that nothing belongs to has no density either. */
    none |= label == 1;
    if (none) {
      for (int j = 0; j <= K; j++) {
        int nearest = label >= 0 ? label : r[0] > r[2] ? 0 : 2;
        r[j] = j == nearest;
      }
      logdens = -INFINITY;
      exact &= out.logdens[i] == -INFINITY && out.density[i] == 0 && out.uncertainty[i] == 0;
      for (int j = 0; j < columns; j++) {
        exact &= out.r[i + N * (size_t)j] == (double)r[j];
        exact &= r[j] < 1 || out.class[i] == j + 1;
      }
    } else {
      worst = fmax(worst, score_error(&c, &out, i, r, logdens + log_unit(&c, i)));
    }
    lost += none;
    noise_count += weight * r[K];
    for (int j = 0; j < K; j++) {
      count[j] += weight * r[j];
    }
  }
  CHECK(exact);
  CHECK_NEAR(worst, 0, 1e-11);
  CHECK((lost > 0) == (noise == 0 || (which & LABELS)));
  CHECK(estep(&c.s).code == GMM_OK);
  CHECK(isfinite(*c.s.stats.loglik) == (lost == 0));
  CHECK_NEAR(error_in(*c.s.stats.noise, noise_count, N), 0, 1e-12);
  for (int j = 0; j < K; j++) {
    CHECK_NEAR(error_in(c.s.stats.count[j], count[j], N), 0, 1e-12);
  }
  free_scores(&out);
  close(&c);
}

/* Rows that are noise leave no trace in the statistics of components, however far they are. */
static void check_far_noise(gmm_simd level, gmm_layout layout) {
  enum { N = 600, D = 4, K = 3 };
  scene c;
  open(&c, level, 1, layout, N, D, K, ALL ^ LABELS);
  put_far(&c, 1e200);
  check_rows(&c);
  close(&c);
}

/* Where even what is filled in overflows, there is still one component for each row. */
static void check_farthest(gmm_simd level, gmm_layout layout) {
  enum { N = 90, D = 4, K = 3 };
  scene c;
  scores out;
  open(&c, level, 1, layout, N, D, K, MISSING);
  for (size_t i = 0; i < N * D; i++) {
    if (!isnan(c.f.x[i])) {
      c.f.x[i] = i % 2 ? 0.4e308 : -0.4e308;
    }
  }
  take_scores(&c, &out);
  int one = 1;
  for (size_t i = 0; i < N; i++) {
    int known = mask_of(&c.f.data, i) != (1u << D) - 1;
    double sum = 0, most = 0;
    for (int j = 0; j < K; j++) {
      sum += out.r[i + N * (size_t)j];
      most = fmax(most, out.r[i + N * (size_t)j]);
    }
    one &= known ? sum == 1 && most == 1 && out.logdens[i] == -INFINITY : fabs(sum - 1) < 1e-15;
  }
  CHECK(one);
  free_scores(&out);
  close(&c);
}

static void test_far(gmm_simd level, gmm_layout layout) {
  const int which[] = {0, MISSING, LABELS, MISSING | LABELS, ALL ^ NOISE};
  for (int i = 0; i < 5; i++) {
    check_far(level, layout, which[i], 0);
    check_far(level, layout, which[i] | NOISE, 0);
    check_far(level, layout, which[i] | NOISE, 0.15);
  }
  check_far_noise(level, layout);
  check_farthest(level, layout);
}

/* Given responsibilities --------------------------------------------------- */

typedef struct filler {
  gmm_whole whole;
  setup *s;
} filler;

static void filler_take(void *self, gmm_arena *arena) {
  filler *f = self;
  gmm_whole_take(&f->whole, arena, f->s->layout, f->s->d);
}

/* As a partition, as responsibilities, and of all rows; what is not theirs is noise. What is
 * missing is as all rows have it. */
static void check_given(gmm_simd level, gmm_layout layout, size_t n, int which) {
  enum { D = 4, K = 3 };
  test_rng rng = {n, 0};
  scene c;
  open(&c, level, 1, layout, n, D, K, which);
  filler fill = {.s = &c.s};
  void *memory = carve(filler_take, &fill);
  random_params(&rng, &fill.whole.params);
  CHECK(gmm_density_prepare(&fill.whole.density, &fill.whole.params).code == GMM_OK);
  c.s.rows.whole = which & MISSING ? &fill.whole : NULL;
  double centre[D * K], *r = doubles(n * K);
  int *part = fresh(n * sizeof(int));
  for (int i = 0; i < D * K; i++) {
    centre[i] = normal(&rng);
  }
  for (size_t i = 0; i < n; i++) {
    double of_noise = c.f.range ? uniform(&rng) : 0, total = of_noise;
    part[i] = integer_to(&rng, K - 1) - (c.f.range && i % 4 == 0 ? K : 0);
    for (size_t j = 0; j < K; j++) {
      total += r[i + n * j] = uniform(&rng);
    }
    for (size_t j = 0; j < K; j++) {
      r[i + n * j] /= total;
    }
  }
  for (int way = 0; way < 3; way++) {
    static sums want, bound;
    want = bound = (sums){.n = 0};
    bound.loglik = 1;
    c.s.k = way == 2 ? 1 : K;
    gmm_stats_fit(&c.s.stats, layout, D, c.s.k);
    for (size_t i = 0; i < n; i++) {
      double row[D], weight = gmm_data_weight(&c.f.data, i);
      unsigned mask = mask_of(&c.f.data, i);
      told t = tell(&fill.whole.params, 0, mask);
      long double left = 1;
      working_row(&c, i, row);
      for (int j = 0; j < c.s.k; j++) {
        long double of_j = way == 0 ? part[i] == j : way == 1 ? r[i + n * (size_t)j] : 1;
        left -= of_j;
        add_row(&c.s, &t, &fill.whole.params, 0, j, row, centre, weight * of_j, &want, &bound);
      }
      want.n += weight;
      want.noise += c.f.range ? weight * left : 0;
    }
    CHECK(gmm_rows_stats(&c.s.rows, way == 0 ? part : NULL, way == 1 ? r : NULL, centre, &c.s.stats)
              .code == GMM_OK);
    CHECK(*c.s.stats.loglik == 0);
    CHECK_NEAR(stats_error(&c.s, &want, &bound), 0, 1e-12);
  }
  c.s.k = K;
  free(memory);
  free(r);
  free(part);
  close(&c);
}

/* Blocks and single rows with what is missing filled in, to the last bit alike. */
static void check_filled(gmm_simd level, gmm_layout layout) {
  enum { N = 1400, D = 4 };
  test_rng rng = {2, 0};
  scene c;
  open(&c, level, 1, layout, N, D, 1, MISSING);
  filler fill = {.s = &c.s};
  void *memory = carve(filler_take, &fill);
  random_params(&rng, &fill.whole.params);
  CHECK(gmm_density_prepare(&fill.whole.density, &fill.whole.params).code == GMM_OK);
  c.s.rows.whole = &fill.whole;
  double worst = 0, *blocks = doubles(N * D);
  int zero = 1, same = 1;
  for (size_t start = 0; start < N;) {
    int count = gmm_rows_block(&c.s.rows, start, 0);
    const double *block = c.s.rows.scratch->block;
    for (int a = 0; a < D; a++) {
      memcpy(blocks + start + N * (size_t)a, block + GMM_STRIDE * a,
             (size_t)count * sizeof(double));
      for (int t = count; t < gmm_block_rows(count); t++) {
        zero &= block[t + GMM_STRIDE * a] == 0;
      }
    }
    start += (size_t)count;
  }
  for (size_t i = 0; i < N; i++) {
    double row[D], filled[D];
    long double want[D];
    working_row(&c, i, row);
    told t = tell(&fill.whole.params, 0, mask_of(&c.f.data, i));
    told_fill(&t, &fill.whole.params, 0, row, want);
    gmm_rows_row(&c.s.rows, i, filled);
    for (size_t a = 0; a < D; a++) {
      worst = fmax(worst, error_in(filled[a], want[a], 1 + fabsl(want[a])));
      same &= same_bits(filled + a, blocks + i + N * a, 1);
    }
  }
  CHECK(zero);
  CHECK(same);
  CHECK_NEAR(worst, 0, 1e-13);
  free(blocks);
  free(memory);
  close(&c);
}

static void test_given(gmm_simd level, gmm_layout layout) {
  for (int which = 0; which <= ALL; which++) {
    check_given(level, layout, 300, which);
  }
  check_given(level, layout, 1, ALL);
  check_given(level, layout, 2600, ALL);
  check_filled(level, layout);
}

/* EM ----------------------------------------------------------------------- */

typedef struct climb {
  gmm_em em;
  gmm_em_work work;
  const gmm_model *model;
  int d, k;
} climb;

enum { MOST_ITER = 3000 };

static void climb_take(void *self, gmm_arena *arena) {
  climb *c = self;
  gmm_em_take(&c->em, arena, c->model->layout, c->d, c->k, MOST_ITER);
  gmm_em_work_take(&c->work, arena, c->model, c->d, c->k);
}

/* The log-likelihood never falls, proportions sum to one with noise, and where it ends EM stays. */
static void check_climb(const char *name, int which, int accelerate, double noise) {
  enum { N = 900, D = 4, K = 3 };
  gmm_spec spec = spec_of(name);
  spec.equal_proportions = which == (NOISE | LABELS);
  climb c = {.model = spec.model, .d = D, .k = K};
  scene scene;
  open_far(&scene, gmm_simd_widest(), 1, spec.model->layout, N, D, K, which, 5);
  test_rng rng = {9, 0};
  for (size_t i = 0; i < N * D && (which & NOISE); i++) {
    if (i % N % 8 == 0 && !isnan(scene.f.x[i])) {
      scene.f.x[i] = 12 * uniform(&rng) - 6;
    }
  }
  void *memory = carve(climb_take, &c);
  gmm_params *p = &c.em.params;
  gmm_params_copy(p, &scene.s.params);
  if (which & NOISE) {
    gmm_params_set_noise(p, noise);
  }
  p->factors.exact = 1;
  p->factors.poll = &scene.s.poll;
  gmm_em_begin(&c.em);
  gmm_em_control control = {.tol = 1e-9, .accelerate = accelerate, .beat = -INFINITY};
  gmm_source source = gmm_rows_source(&scene.s.rows);
  CHECK(gmm_em_run(&c.em, &spec, source, &control, MOST_ITER, &c.work).code == GMM_OK);
  CHECK(c.em.converged && c.em.n_iter > 3);
  double fall = 0, total = p->noise, size = fabs(gmm_em_loglik(&c.em)) + N;
  for (int t = 1; t <= c.em.n_iter; t++) {
    fall = fmax(fall, c.em.trace[t - 1] - c.em.trace[t]);
  }
  CHECK_NEAR(fall, 0, 1e-13 * size);
  for (int j = 0; j < K; j++) {
    total += p->pi[j];
    CHECK(!spec.equal_proportions || p->pi[j] == p->pi[0]);
  }
  CHECK_NEAR(total, 1, 1e-13);
  CHECK((which & NOISE) && noise > 0 ? p->noise > 0.001 && p->noise < 0.999 : p->noise == 0);
  /* The log-likelihood is that of these parameters. */
  gmm_params_copy(&scene.s.params, p);
  memset(scene.told_of, 0, (size_t)1 << D);
  long double loglik = 0;
  for (size_t i = 0; i < N; i++) {
    double row[D];
    long double r[K + 1];
    working_row(&scene, i, row);
    loglik += gmm_data_weight(&scene.f.data, i) * row_estep(&scene, i, row, r);
  }
  CHECK_NEAR(error_in(gmm_em_loglik(&c.em), loglik, size), 0, 1e-12);
  free(memory);
  close(&scene);
}

static void test_climb(void) {
  const char *const models[] = {"VVV", "EEE", "VVI", "EII", "VEV"};
  for (int m = 0; m < 5; m++) {
    for (int accelerate = 0; accelerate < 2; accelerate++) {
      check_climb(models[m], SOME_MISSING, accelerate, 0);
      check_climb(models[m], SOME_MISSING | LABELS, accelerate, 0);
      check_climb(models[m], NOISE, accelerate, 0.1);
      check_climb(models[m], NOISE | LABELS, accelerate, 0.1);
      check_climb(models[m], SOME_MISSING | LABELS | NOISE | WEIGHTS, accelerate, 0.1);
      check_climb(models[m], SOME_MISSING | LABELS | NOISE | WEIGHTS, accelerate, 0);
    }
  }
}

int main(void) {
  for (gmm_simd level = GMM_SIMD_BASELINE; level < GMM_SIMD_LEVELS; level = next_level(level)) {
    for (int layout = GMM_DIAGONAL; layout <= GMM_FULL; layout++) {
      test_rows(level, layout);
      test_nothing_known(level, layout);
      test_threads(level, layout);
      test_far(level, layout);
      test_given(level, layout);
    }
  }
  test_alone(GMM_DIAGONAL);
  test_alone(GMM_FULL);
  test_climb();
  return check_report("facts");
}
