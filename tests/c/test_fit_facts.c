/*
 * Whole fits, and grids of them, of rows with missing values, known classes, noise and weights,
 * alone and together, also on a sample: the log-likelihood and the entropy of an answer are those
 * of its parameters, row by row in the coordinates of the data; classes keep their numbers; the
 * same bits on any number of threads and in units that are powers of two; whoever wants to stop is
 * heard at all times.
 */
#include "fit.h"
#include "select.h"

#include "facts.h"

enum { MISSING = 1, LABELS = 2, NOISE = 4, WEIGHTS = 8, ALL = 15, D = 3, K = 3 };

static const int families[] = {GMM_START_KMEANS, GMM_START_PLUSPLUS, GMM_START_RANDOM};

static const gmm_search_control usual = {
    .n_start = 12,
    .n_finish = 2,
    .short_iter = 6,
    .max_iter = 2000,
    .families = families,
    .n_families = 3,
    .kmeans_iter = 5,
    .n_moves = 20,
    .n_moves_agreed = 1,
    .n_enough = 1000,
    .em = {.tol = 1e-9, .accelerate = 1},
    .sample = SIZE_MAX,
    .proper = {.min_size = 6, .few_rows = 20, .min_ratio = 1e-4, .min_total = 1e-10},
};

/* Three clusters, perhaps in units that differ. Every ninth row is somewhere else. */
static void open_facts(facts *f, size_t n, int which, double unit, int units_differ) {
  test_rng rng = {n, 0};
  facts_open(f, &rng, n, D, K, 6);
  for (size_t i = 0; i < n; i++) {
    for (size_t a = 0; a < D && which & NOISE && i % 9 == 4; a++) {
      f->x[i + n * a] = 30 * uniform(&rng) - 10;
    }
  }
  if (which & LABELS) {
    /* Of some of the rows, what they are; the last class is known of none. */
    f->label = fresh(n * sizeof(int));
    for (size_t i = 0; i < n; i++) {
      int known = i % 4 == 0 && i % 9 != 4 && i % K < K - 1;
      f->label[i] = known ? 1 - (int)(i % K) : GMM_UNKNOWN;
    }
    f->data.label = f->label;
  }
  int step = units_differ ? -7 : 0;
  for (size_t i = 0; i < n * D; i++) {
    f->x[i] = unit * ldexp(f->x[i] + 3 + (double)(i / n), step * (int)(i / n));
  }
  if (which & NOISE) {
    f->range = doubles(D);
    for (int a = 0; a < D; a++) {
      f->range[a] = unit * ldexp(30, step * a);
    }
    f->data.range = f->range;
  }
  if (which & MISSING) {
    facts_punch_mildly(f);
  }
  if (which & WEIGHTS) {
    facts_weigh(f, &rng);
  }
}

/* The log-likelihood and the entropy of all rows at parameters in their coordinates. */
static void evaluate(const gmm_data *data, const gmm_params *p, double *loglik, double *entropy) {
  long double all = 0, spread = 0;
  for (size_t i = 0; i < data->n; i++) {
    double row[D], weight = gmm_data_weight(data, i);
    long double l[K + 2], most = -INFINITY, total = 0;
    int label = gmm_data_label(data, i), n = 0;
    for (size_t a = 0; a < D; a++) {
      memcpy(row + a, data->x + i + data->n * a, sizeof *row);
    }
    unsigned mask = mask_of(data, i);
    for (int j = 0; j < p->k; j++) {
      if (label < 0 || label == j) {
        told t = tell(p, j, mask);
        l[n++] = told_logdens(&t, p, j, row);
      }
    }
    if (data->range && label < 0) {
      l[n] = logl(p->noise);
      for (int a = 0; a < D; a++) {
        l[n] -= mask >> a & 1 ? 0 : logl(data->range[a]);
      }
      n++;
    }
    for (int j = 0; j < n; j++) {
      most = l[j] > most ? l[j] : most;
    }
    for (int j = 0; j < n; j++) {
      total += expl(l[j] - most);
    }
    all += weight * (most + logl(total));
    for (int j = 0; j < n; j++) {
      long double r = expl(l[j] - most) / total;
      spread -= r > 0 ? weight * r * logl(r) : 0;
    }
  }
  *loglik = (double)all;
  *entropy = (double)spread;
}

/* What is found is what the rows were made of: about the means of the clusters, in their order,
 * but that labels have exchanged the first two. */
static void check_found(const facts *f, const gmm_params *p) {
  int at[K], found = 0;
  double total = p->noise;
  for (int j = 0; j < p->k; j++) {
    at[j] = (int)floor((p->mu[D * j] - 3) / 6 + 0.5);
    found |= at[j] >= 0 && at[j] < K ? 1 << at[j] : 0;
    total += p->pi[j];
  }
  CHECK_NEAR(total, 1, 1e-12);
  CHECK(found == (1 << K) - 1);
  if (f->label) {
    CHECK(at[0] == 1 && at[1] == 0);
  }
  CHECK(f->range ? p->noise > 0.03 && p->noise < 0.25 : p->noise == 0);
}

typedef struct fitted {
  facts f;
  gmm_fit fit;
  gmm_spec spec;
  gmm_search_control control;
  int given;
  gmm_poll poll;
  gmm_engine engine;
  test_rng rng;
  void *memory;
} fitted;

static void fitted_take(void *self, gmm_arena *arena) {
  fitted *f = self;
  gmm_fit_take(&f->fit, arena, &f->spec, &f->engine, &f->f.data, K, f->given, &f->control);
}

static void open(fitted *f, const char *model, size_t n, int which, size_t sample, int threads,
                 int given, double unit) {
  *f = (fitted){.control = usual, .given = given, .rng = {1, 0}, .poll = poll_never()};
  f->control.sample = sample;
  if (given) {
    f->control.n_moves = f->control.n_moves_agreed = 0;
  }
  f->spec = spec_of(model);
  f->engine = (gmm_engine){gmm_simd_kernels(gmm_simd_widest()), threads, &f->poll};
  open_facts(&f->f, n, which, unit, f->spec.model->column_units);
  f->memory = carve(fitted_take, f);
}

static gmm_status run(fitted *f, const gmm_params *given) {
  gmm_random random = random_of(&f->rng);
  return gmm_fit_run(&f->fit, given, &random);
}

static void close(fitted *f) {
  facts_close(&f->f);
  free(f->memory);
}

static void check_fit(const char *model, int which, size_t sample) {
  enum { N = 540 };
  double loglik, entropy;
  fitted f, given;
  open(&f, model, N, which, sample, 1, 0, 1);
  CHECK(run(&f, NULL).code == GMM_OK);
  const gmm_search *search = &f.fit.search;
  const gmm_em *best = &search->best;
  CHECK(search->winner >= 0 && best->converged);
  check_found(&f.f, &best->params);
  evaluate(&f.f.data, &best->params, &loglik, &entropy);
  CHECK_NEAR(gmm_em_loglik(best), loglik, 1e-9 * fabs(loglik));
  CHECK_NEAR(best->plain, loglik, 1e-9 * fabs(loglik));
  CHECK_NEAR(search->starts[search->winner].loglik, loglik, 1e-9 * fabs(loglik));
  CHECK_NEAR(f.fit.entropy, entropy, 1e-8 * (1 + fabs(entropy)));
  for (int t = 1; t <= best->n_iter; t++) {
    CHECK(best->trace[t] >= best->trace[t - 1] - 1e-11 * fabs(loglik));
  }
  /* Rows of a sample are like the others; moves may end far below. */
  for (int s = 0; s < search->n_starts; s++) {
    const gmm_start_record *start = &search->starts[s];
    if (start->status.code == GMM_OK && start->finished && start->family != GMM_START_MOVE) {
      CHECK_NEAR(start->loglik / start->mass, loglik / f.f.data.mass, 1);
    }
  }
  /* From there it goes nowhere else. */
  open(&given, model, N, which, sample, 1, 1, 1);
  CHECK(run(&given, &best->params).code == GMM_OK);
  CHECK_NEAR(given.fit.search.best.trace[0], loglik, 1e-9 * fabs(loglik));
  CHECK_NEAR(gmm_em_loglik(&given.fit.search.best), loglik, 1e-6 * N);
  close(&given);
  close(&f);
}

/* Whatever the number of threads; and in another unit, but for that. */
static void check_same(const char *model, int which, size_t sample) {
  enum { N = 5400 };
  fitted one, other;
  open(&one, model, N, which, sample, 1, 0, 1);
  CHECK(run(&one, NULL).code == GMM_OK);
  const gmm_params *p = &one.fit.search.best.params;
  for (int way = 0; way < 3; way++) {
    double unit = way == 0 ? 0x1p-30 : 1;
    open(&other, model, N, which, sample, 1 + way, 0, unit);
    CHECK(run(&other, NULL).code == GMM_OK);
    const gmm_params *q = &other.fit.search.best.params;
    for (int i = 0; i < D * K; i++) {
      CHECK(q->mu[i] == unit * p->mu[i]);
    }
    CHECK(same_bits(q->pi, p->pi, K) && same_bits(&q->noise, &p->noise, 1));
    CHECK(way == 0 || same_bits(&other.fit.entropy, &one.fit.entropy, 1));
    close(&other);
  }
  close(&one);
}

/* Asked after every part of the work, once each; there is no answer then. */
static void check_interrupt(int which, size_t sample) {
  enum { N = 1200, PARTS = 60 };
  fitted f;
  open(&f, "VVV", N, which, sample, 1, 0, 1);
  CHECK(run(&f, NULL).code == GMM_OK);
  double work = f.poll.work - POLL_START;
  close(&f);
  int obeyed = 1;
  for (int p = 0; p < PARTS; p++) {
    int calls;
    open(&f, "VVV", N, which, sample, 1, 0, 1);
    f.poll = poll_after(1 + work * (p + 0.9) / (PARTS + 1), &calls);
    obeyed &= run(&f, NULL).code == GMM_EINTERRUPT && calls == 1 && f.fit.search.winner == -1;
    close(&f);
  }
  CHECK(obeyed);
}

/* A grid ------------------------------------------------------------------- */

static const char *const models[] = {"EII", "VVI", "EEE", "VVV"};
enum { MODELS = sizeof models / sizeof *models, CELLS = MODELS * K };

typedef struct grid {
  gmm_select select;
  gmm_cell cells[CELLS];
  gmm_engine engine;
  gmm_poll poll;
  facts f;
  void *memory;
} grid;

static void grid_take(void *self, gmm_arena *arena) {
  grid *g = self;
  gmm_select_take(&g->select, arena);
}

/* Of the models of `first` and after; with labels, of no fewer components than classes. */
static int open_grid(grid *g, size_t n, int which, size_t sample, int threads, int first) {
  *g = (grid){.poll = poll_never()};
  g->engine = (gmm_engine){gmm_simd_kernels(gmm_simd_widest()), threads, &g->poll};
  open_facts(&g->f, n, which, 1, 0);
  int cells = 0;
  for (int k = which & LABELS ? K - 1 : 1; k <= K; k++) {
    for (int m = first; m < MODELS; m++) {
      gmm_cell *cell = &g->cells[cells++];
      cell->k = k;
      cell->spec = spec_of(models[m]);
      cell->control = usual;
      cell->control.n_start = cell->control.n_finish = 1;
      cell->control.sample = 0;
    }
  }
  g->select = (gmm_select){.cells = g->cells,
                           .n_cells = cells,
                           .n_draw = 6,
                           .kmeans_iter = 5,
                           .families = families,
                           .n_families = 3,
                           .sample = sample,
                           .data = &g->f.data,
                           .engine = &g->engine};
  g->memory = carve(grid_take, g);
  return cells;
}

static gmm_status run_grid(grid *g) {
  test_rng rng = {7, 0};
  gmm_random random = random_of(&rng);
  return gmm_select_run(&g->select, &random);
}

static void close_grid(grid *g) {
  facts_close(&g->f);
  free(g->memory);
}

static void check_grid(size_t n, int which, size_t sample, int first) {
  grid g, threaded;
  int cells = open_grid(&g, n, which, sample, 1, first);
  CHECK(run_grid(&g).code == GMM_OK);
  for (int c = 0; c < cells; c++) {
    const gmm_cell *cell = &g.cells[c];
    CHECK(cell->status.code == GMM_OK && cell->winner >= 0);
    if (cell->winner < 0) {
      continue;
    }
    double loglik, entropy;
    evaluate(g.select.searched, &cell->best.params, &loglik, &entropy);
    CHECK_NEAR(gmm_em_loglik(&cell->best), loglik, 1e-9 * fabs(loglik));
    CHECK_NEAR(cell->starts[cell->winner].loglik, loglik, 1e-9 * fabs(loglik));
    CHECK_NEAR(cell->entropy, entropy, 1e-8 * (1 + fabs(entropy)));
    if (cell->k == K) {
      check_found(&g.f, &cell->best.params);
    }
  }
  for (int threads = 2; threads <= 3; threads++) {
    open_grid(&threaded, n, which, sample, threads, first);
    CHECK(run_grid(&threaded).code == GMM_OK);
    for (int c = 0; c < cells; c++) {
      const gmm_params *p = &g.cells[c].best.params, *q = &threaded.cells[c].best.params;
      CHECK(same_bits(p->mu, q->mu, (size_t)(D * p->k)));
      CHECK(same_bits(&p->noise, &q->noise, 1));
      CHECK(same_bits(&g.cells[c].entropy, &threaded.cells[c].entropy, 1));
    }
    close_grid(&threaded);
  }
  close_grid(&g);
}

int main(void) {
  const char *const some[] = {"VVV", "EEE", "VEV", "VVI", "EII"};
  for (int m = 0; m < 5; m++) {
    for (int which = 0; which <= ALL; which++) {
      check_fit(some[m], which, SIZE_MAX);
    }
    check_fit(some[m], ALL, 300);
    check_fit(some[m], MISSING, 300);
    check_same(some[m], ALL, SIZE_MAX);
    check_same(some[m], ALL, 2100);
  }
  check_interrupt(ALL, SIZE_MAX);
  check_interrupt(ALL, 700);
  check_interrupt(MISSING, 700);
  for (int which = 0; which <= ALL; which++) {
    check_grid(540, which, which % 2 ? SIZE_MAX : 300, which / 2 % 2);
    check_grid(540, which, which % 2 ? 300 : SIZE_MAX, 0);
  }
  /* Where the hierarchy is of a sample of the sample. */
  check_grid(2600, WEIGHTS, 2300, MODELS - 1);
  check_grid(2600, ALL ^ LABELS, 2300, MODELS - 1);
  check_grid(2600, ALL, 2300, MODELS - 1);
  return check_report("fit_facts");
}
