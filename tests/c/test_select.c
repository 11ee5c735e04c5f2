/*
 * The search for a grid of fits: each cell an answer that is stationary and no worse than those
 * it contains; reasons where there is none; the same bits on any number of threads and with units
 * that are powers of two; a caller who wants to stop is heard at once.
 */
#include "select.h"

#include "helpers.h"

enum { N = 240, D = 3, MOST_K = 4 };

static const char *const models[] = {"EII", "VII", "EEI", "VVI", "EEE", "VEE", "EEV", "VVV"};
enum { MODELS = sizeof models / sizeof *models, CELLS = MODELS * MOST_K };

static const int families[] = {GMM_START_KMEANS, GMM_START_PLUSPLUS, GMM_START_RANDOM};

typedef struct grid {
  gmm_select select;
  gmm_cell cells[CELLS];
  gmm_engine engine;
  gmm_poll poll;
  gmm_data data;
  int told;
  double share;
  void *memory;
} grid;

static void grid_take(void *self, gmm_arena *arena) {
  grid *g = self;
  gmm_select_take(&g->select, arena);
}

static void hear(void *self, double share) {
  grid *g = self;
  CHECK(share > g->share && share <= 1);
  g->share = share;
  g->told++;
}

static void open(grid *g, size_t n, size_t sample, int threads) {
  *g = (grid){.data = {.n = n, .d = D}};
  g->poll = poll_never();
  g->engine = (gmm_engine){gmm_simd_kernels(gmm_simd_widest()), threads, &g->poll};
  for (int c = 0; c < CELLS; c++) {
    gmm_cell *cell = &g->cells[c];
    cell->k = 1 + c / MODELS;
    cell->spec = spec_of(models[c % MODELS]);
    cell->control = (gmm_search_control){
        .families = families,
        .n_families = 3,
        .n_start = 1,
        .n_finish = 1,
        .n_enough = 3,
        .short_iter = 5,
        .max_iter = 3000,
        .em = {.tol = 1e-10, .accelerate = 1},
        .proper = {.min_size = 8, .few_rows = 20, .min_ratio = 1e-4, .min_total = 1e-20},
    };
  }
  g->select = (gmm_select){.cells = g->cells,
                           .n_cells = CELLS,
                           .n_draw = 9,
                           .kmeans_iter = 10,
                           .families = families,
                           .n_families = 3,
                           .sample = sample,
                           .data = &g->data,
                           .engine = &g->engine,
                           .progress = hear,
                           .progress_self = g};
  g->memory = carve(grid_take, g);
}

static gmm_status run(grid *g, const double *x) {
  test_rng rng = {7, 0};
  gmm_random random = random_of(&rng);
  g->data.x = x;
  gmm_data_sum(&g->data);
  return gmm_select_run(&g->select, &random);
}

static double loglik_of(const gmm_cell *cell) {
  return gmm_em_loglik(&cell->best);
}

/* The parameters of a cell give its log-likelihood and entropy, and EM gains nothing from there. */
static void check_cell(const gmm_cell *cell, const double *x, size_t n) {
  setup s;
  gmm_layout layout = cell->spec.model->layout;
  setup_open(&s, layout, x, n, D, cell->k);
  CHECK(frame_of_rows(&s, cell->spec.model->column_units).code == GMM_OK);
  gmm_params_copy(&s.params, &cell->best.params);
  gmm_frame_enter(&s.frame, &s.params);
  CHECK(gmm_density_prepare(&s.density, &s.params).code == GMM_OK);
  CHECK(estep(&s).code == GMM_OK);
  double loglik = *s.stats.loglik + (double)n * s.frame.log_jacobian;
  CHECK_NEAR(loglik, loglik_of(cell), 1e-9 * fabs(loglik));
  CHECK(cell->best.plain == loglik_of(cell));
  double entropy = 0;
  double *r = doubles(n * (size_t)cell->k);
  gmm_scores out = {.rows = {.r = r}};
  CHECK(gmm_rows_score(&s.rows, &s.density, &out).code == GMM_OK);
  for (size_t i = 0; i < n * (size_t)cell->k; i++) {
    entropy -= r[i] > 0 ? r[i] * log(r[i]) : 0;
  }
  CHECK_NEAR(cell->entropy, entropy, 1e-8 * (1 + fabs(loglik)));
  free(r);
  setup_close(&s);
}

static void check_answers(const grid *g, const double *x) {
  for (int c = 0; c < CELLS; c++) {
    const gmm_cell *cell = &g->cells[c];
    CHECK(cell->winner >= 0 && cell->winner < cell->n_starts);
    CHECK(cell->best.converged);
    CHECK(cell->starts[cell->winner].loglik == loglik_of(cell));
    CHECK((size_t)cell->n_starts <= 2 * gmm_search_most_records(&cell->control) + 200);
    check_cell(cell, x, N);
    for (int other = 0; other < CELLS; other++) {
      const gmm_cell *small = &g->cells[other];
      int below = small->k == cell->k ? gmm_model_contains(cell->spec.model, small->spec.model)
                                      : small->k < cell->k && small->spec.model == cell->spec.model;
      if (below) {
        CHECK(loglik_of(cell) > loglik_of(small) - 1e-3);
      }
    }
  }
}

static int same_answers(const grid *g, const grid *h) {
  int same = 1;
  for (int c = 0; c < CELLS; c++) {
    const gmm_params *p = &g->cells[c].best.params, *q = &h->cells[c].best.params;
    same &= g->cells[c].n_starts == h->cells[c].n_starts;
    same &= loglik_of(&g->cells[c]) == loglik_of(&h->cells[c]);
    same &= same_bits(p->mu, q->mu, (size_t)D * (size_t)p->k);
    same &= same_bits(p->sigma, q->sigma, gmm_cov_size(p->layout, D) * (size_t)p->k);
  }
  return same;
}

static void test_grid(void) {
  test_rng rng = {3, 0};
  double *x = clusters(&rng, N, D, 3, 3);
  grid g, threaded;
  open(&g, N, SIZE_MAX, 1);
  CHECK(run(&g, x).code == GMM_OK);
  CHECK(g.told > 2 && g.share == 1);
  check_answers(&g, x);
  for (int threads = 2; threads <= 5; threads += 3) {
    open(&threaded, N, SIZE_MAX, threads);
    CHECK(run(&threaded, x).code == GMM_OK);
    CHECK(same_answers(&g, &threaded));
    free(threaded.memory);
  }
  /* In other units nothing but the units is another. */
  double *scaled = copy_of(x, N * D);
  for (int i = 0; i < N * D; i++) {
    scaled[i] *= ldexp(1, -40);
  }
  open(&threaded, N, SIZE_MAX, 2);
  CHECK(run(&threaded, scaled).code == GMM_OK);
  for (int c = 0; c < CELLS; c++) {
    double shift = N * D * 40 * log(2);
    CHECK_NEAR(loglik_of(&threaded.cells[c]), loglik_of(&g.cells[c]) + shift, 1e-8 * N);
    CHECK(threaded.cells[c].best.params.mu[0] == ldexp(g.cells[c].best.params.mu[0], -40));
  }
  free(threaded.memory);
  free(scaled);
  free(g.memory);
  free(x);
}

/* Of a sample there are a few mixtures to try on all rows, by decreasing log-likelihood. */
static void test_sample(void) {
  test_rng rng = {4, 0};
  double *x = clusters(&rng, N, D, 3, 3);
  grid g;
  open(&g, N, 150, 2);
  CHECK(run(&g, x).code == GMM_OK);
  CHECK(g.select.searched->n == 150);
  for (int c = 0; c < CELLS; c++) {
    const gmm_elite *elite = &g.cells[c].elite;
    CHECK(elite->n >= 1 && elite->n <= GMM_KEPT);
    for (int e = 1; e < elite->n; e++) {
      CHECK(elite->loglik[e] <= elite->loglik[e - 1]);
    }
    CHECK(g.cells[c].starts[0].n == 150);
  }
  free(g.memory);
  free(x);
}

/* A constant column is for spherical models, three distinct rows for three components, and too few
 * rows for none. */
static void test_reasons(void) {
  test_rng rng = {5, 0};
  double *x = clusters(&rng, N, D, 3, 3);
  grid g;
  open(&g, N, SIZE_MAX, 2);
  for (int i = 0; i < N; i++) {
    x[i + 2 * N] = 1;
  }
  CHECK(run(&g, x).code == GMM_OK);
  for (int c = 0; c < CELLS; c++) {
    int spherical = c % MODELS < 2;
    CHECK(g.cells[c].winner >= 0 ? spherical : g.cells[c].status.code == GMM_ECONSTANT);
    CHECK(!spherical || g.cells[c].winner >= 0);
  }
  free(g.memory);
  for (int i = 0; i < N; i++) {
    for (int a = 0; a < D; a++) {
      x[i + N * a] = i % 3 == a;
    }
  }
  open(&g, N, SIZE_MAX, 1);
  CHECK(run(&g, x).code == GMM_OK);
  for (int c = 0; c < CELLS; c++) {
    CHECK(g.cells[c].k < 4 || g.cells[c].status.code != GMM_OK);
    CHECK(g.cells[c].k < 4 || g.cells[c].winner < 0);
  }
  free(g.memory);
  open(&g, 20, SIZE_MAX, 1);
  double *few = clusters(&rng, 20, D, 3, 3);
  CHECK(run(&g, few).code == GMM_OK);
  for (int c = 0; c < CELLS; c++) {
    if (g.cells[c].k >= 3 && g.cells[c].spec.model->own == GMM_OWN_COVARIANCE) {
      CHECK(g.cells[c].status.code == GMM_ESMALL);
      CHECK(g.cells[c].n_starts == 0);
    }
  }
  free(few);
  free(g.memory);
  free(x);
}

/* Says stop when it is asked for the `at`-th time, from 0, and from then on. */
typedef struct patience {
  int calls, at;
} patience;

static int lose_patience(void *self) {
  patience *p = self;
  return p->calls++ >= p->at;
}

static void test_stop(void) {
  test_rng rng = {6, 0};
  enum { MANY = 20000 };
  double *x = clusters(&rng, MANY, D, 3, 2);
  for (int threads = 1; threads <= 3; threads += 2) {
    /* Before the first wave, and later and later: in draws, in cells, and while threads wait. */
    int after[] = {0, 1, 4, 12, 30};
    int told = 0;
    for (int i = 0; i < 5; i++) {
      grid g;
      patience p = {0, after[i]};
      open(&g, MANY, SIZE_MAX, threads);
      g.poll = (gmm_poll){lose_patience, &p, GMM_POLL_WORK};
      CHECK(run(&g, x).code == GMM_EINTERRUPT);
      /* Once it has said so, nobody asks again. */
      CHECK(p.calls == after[i] + 1);
      CHECK(g.told >= told);
      CHECK(i > 0 || g.told == 0);
      told = g.told;
      free(g.memory);
    }
    CHECK(told > 0);
  }
  free(x);
}

int main(void) {
  test_grid();
  test_sample();
  test_reasons();
  test_stop();
  return check_report("select");
}
