/*
 * A whole fit, from a matrix to parameters in its own coordinates: separated
 * clusters are found for every model, whatever the unit and the origin; given
 * parameters are where it starts; a caller that wants to stop is obeyed in
 * every phase; the answer is of all rows where the search was on some; threads
 * change no bit; hopeless data end in a status that says why.
 */
#include "fit.h"

#include "helpers.h"

typedef struct fitted {
  gmm_fit fit;
  gmm_spec spec;
  gmm_search_control control;
  gmm_data data;
  int k, given;
  test_rng rng;
  gmm_poll poll;
  gmm_engine engine;
  void *memory;
} fitted;

static const int kmeans_only[] = {GMM_START_KMEANS};

static const gmm_search_control usual = {
    .n_start = 4,
    .n_finish = 2,
    .short_iter = 6,
    .max_iter = 1000,
    .families = kmeans_only,
    .n_families = 1,
    .kmeans_iter = 5,
    .n_enough = 1000,
    .em = {.tol = 1e-10},
    .sample = SIZE_MAX,
    .proper = {.min_size = 6, .few_rows = INFINITY, .min_ratio = 1e-4, .min_total = 1e-10},
};

static void fitted_take(void *self, gmm_arena *arena) {
  fitted *f = self;
  gmm_fit_take(&f->fit, arena, &f->spec, &f->engine, &f->data, f->k, f->given, &f->control);
}

static void open_on(fitted *f, gmm_simd level, int threads, const gmm_search_control *control,
                    const char *model, size_t n, int d, int k, int given) {
  *f = (fitted){.control = *control, .k = k, .given = given, .rng = {1, 0}};
  f->data = (gmm_data){.n = n, .d = d};
  f->spec = spec_of(model);
  f->poll = poll_never();
  f->engine = (gmm_engine){gmm_simd_kernels(level), threads, &f->poll};
  f->memory = carve(fitted_take, f);
}

static void open(fitted *f, const char *model, size_t n, int d, int k, int given) {
  open_on(f, gmm_simd_widest(), 1, &usual, model, n, d, k, given);
}

static void close(fitted *f) {
  free(f->memory);
}

static void set_rows(fitted *f, const double *x) {
  f->data.x = x;
  gmm_data_sum(&f->data);
}

static gmm_status run(fitted *f, const double *x, const gmm_params *given) {
  gmm_random random = random_of(&f->rng);
  set_rows(f, x);
  return gmm_fit_run(&f->fit, given, &random);
}

/* Two clusters, so far apart in every variable that the maximum is the M-step of
 * the true partition; shifted and scaled by variable. */
static double *two_clusters(size_t n, int d, const double *unit, const double *origin) {
  test_rng rng = {1, 0};
  double *x = clusters(&rng, n, d, 2, 40);
  for (size_t i = 0; i < n * (size_t)d; i++) {
    /* Unequal spreads, for the models that tell them apart. */
    double y = i % n % 2 ? x[i] + (i < n ? 0 : 40) : 2 * x[i];
    x[i] = unit[i / n] * (y + origin[i / n]);
  }
  return x;
}

static void check_two_clusters(const char *name, const double *unit, const double *origin) {
  enum { N = 400, K = 2 };
  int d = dimension_of(gmm_model_find(name), 3);
  double *x = two_clusters(N, d, unit, origin);
  fitted f;
  open(&f, name, N, d, K, 0);
  CHECK(run(&f, x, NULL).code == GMM_OK);
  CHECK(f.fit.search.winner >= 0);
  const gmm_em *best = &f.fit.search.best;
  CHECK(best->converged);
  /* Component of the even rows. */
  int even = best->params.mu[0] < best->params.mu[d] ? 0 : 1;
  double loglik = 0;
  for (int g = 0; g < K; g++) {
    int j = g == 0 ? even : 1 - even;
    CHECK_NEAR(best->params.pi[j], 0.5, 1e-12);
    for (int a = 0; a < d; a++) {
      long double mean = 0, var = 0;
      for (int i = g; i < N; i += K) {
        mean += (long double)x[i + N * a] / unit[a] * K / N;
      }
      for (int i = g; i < N; i += K) {
        long double y = x[i + N * a] / unit[a] - mean;
        var += y * y * K / N;
      }
      CHECK_NEAR(best->params.mu[a + d * j] / unit[a], (double)mean, 1e-11 * (1 + fabs(origin[a])));
      if (strcmp(name, "VVI") == 0 || strcmp(name, "VVV") == 0) {
        size_t at = gmm_cov_diagonal(f.spec.model->layout, d, a);
        size_t size = gmm_cov_size(f.spec.model->layout, d);
        double got = best->params.sigma[at + size * (size_t)j] / unit[a] / unit[a];
        CHECK_NEAR(got / (double)var, 1, 1e-9);
      }
    }
  }
  /* The log-likelihood is the one of these parameters for these data. */
  for (int i = 0; i < N; i++) {
    long double r[K];
    loglik += (double)reference_estep(&best->params, x + i, N, r);
  }
  CHECK_NEAR(gmm_em_loglik(best) / loglik, 1, 1e-10);
  CHECK(f.fit.search.starts[f.fit.search.winner].loglik == gmm_em_loglik(best));

  /* And the partition that is drawn is that of the clusters. */
  int right = 1;
  gmm_random random = random_of(&f.rng);
  CHECK(gmm_fit_start(&f.fit, &random).code == GMM_OK);
  const int *part = f.fit.search.part;
  for (int i = 0; i < N; i++) {
    right &= part[i] == part[i % 2];
  }
  CHECK(right && part[0] != part[1]);
  close(&f);
  free(x);
}

static void test_two_clusters(void) {
  double one[] = {1, 1, 1}, none[] = {0, 0, 0}, far_off[] = {1e4, -1e5, 1e6};
  double large[] = {1e100, 1e100, 1e100}, small[] = {1e-100, 1e-100, 1e-100};
  double mixed[] = {1e-50, 1e3, 1e50};
  for (int i = 0; i < gmm_model_count(); i++) {
    const gmm_model *model = gmm_model_at(i);
    check_two_clusters(model->name, one, none);
    check_two_clusters(model->name, one, far_off);
    check_two_clusters(model->name, large, none);
    check_two_clusters(model->name, small, none);
    if (model->column_units) {
      check_two_clusters(model->name, mixed, none);
    }
  }
}

/* Parameters scale exactly, and gains are the same but for the rounding of the
 * constant that the unit adds. */
static void check_power_of_two(const char *name, int e) {
  enum { N = 300, D = 2, K = 3 };
  test_rng rng = {2, 0};
  double *x = clusters(&rng, N, D, K, 3), *y = copy_of(x, N * D);
  for (int i = 0; i < N * D; i++) {
    y[i] = ldexp(y[i], e);
  }
  fitted a, b;
  open(&a, name, N, D, K, 0);
  open(&b, name, N, D, K, 0);
  CHECK(run(&a, x, NULL).code == GMM_OK);
  CHECK(run(&b, y, NULL).code == GMM_OK);
  gmm_em *s = &a.fit.search.best, *t = &b.fit.search.best;
  size_t size = gmm_cov_size(a.spec.model->layout, D) * K;
  CHECK(a.fit.search.winner == b.fit.search.winner);
  CHECK(s->n_iter == t->n_iter);
  CHECK(same_bits(s->params.pi, t->params.pi, K));
  for (int i = 0; i < D * K; i++) {
    t->params.mu[i] = ldexp(t->params.mu[i], -e);
  }
  for (size_t i = 0; i < size; i++) {
    t->params.sigma[i] = ldexp(t->params.sigma[i], -2 * e);
  }
  CHECK(same_bits(s->params.mu, t->params.mu, D * K));
  CHECK(same_bits(s->params.sigma, t->params.sigma, size));
  double shift = -N * D * e * log(2), worst = 0;
  for (int i = 0; i <= s->n_iter; i++) {
    worst = fmax(worst, fabs(t->trace[i] - s->trace[i] - shift));
  }
  CHECK_NEAR(worst, 0, 1e-14 * (fabs(shift) + fabs(s->trace[0])));
  close(&a);
  close(&b);
  free(x);
  free(y);
}

enum { PAIR = 200 };

/* The only maximum of two clusters apart, in `found`; the log-likelihood there. */
static double maximum_of_pair(const double *x, setup *found) {
  fitted f;
  open(&f, "VVV", PAIR, 2, 2, 0);
  CHECK(run(&f, x, NULL).code == GMM_OK);
  gmm_params_copy(&found->params, &f.fit.search.best.params);
  double loglik = gmm_em_loglik(&f.fit.search.best);
  close(&f);
  return loglik;
}

/* What is given is no answer where it ends below what is to be beaten. */
static void test_beat(void) {
  const double unit[] = {1e3, 1e-3}, origin[] = {0, 5};
  double *x = two_clusters(PAIR, 2, unit, origin);
  setup given;
  setup_open(&given, GMM_FULL, x, PAIR, 2, 2);
  double loglik = maximum_of_pair(x, &given);
  given.params.mu[0] *= 1.1;
  for (int above = 0; above < 2; above++) {
    fitted f;
    double beat = loglik + (above ? 1 : -1);
    open(&f, "VVV", PAIR, 2, 2, 1);
    f.fit.beat = &beat;
    CHECK(run(&f, x, &given.params).code == GMM_OK);
    CHECK(f.fit.search.winner == (above ? -1 : 0));
    close(&f);
  }
  setup_close(&given);
  free(x);
}

/* What is given leads to a component of five rows: moves, if there may be some, repair that. */
static void test_repair(void) {
  const double unit[] = {1, 1}, origin[] = {0, 0};
  double *x = two_clusters(PAIR, 2, unit, origin);
  setup given;
  setup_open(&given, GMM_FULL, x, PAIR, 2, 2);
  double loglik = maximum_of_pair(x, &given);
  double *params[] = {given.params.mu, given.params.sigma + 4};
  for (int a = 0; a < 2; a++) {
    params[0][2 + a] = x[PAIR * a];
    for (int b = 0; b < 2; b++) {
      params[1][a + 2 * b] = a == b ? 1e-6 : 0;
    }
  }
  const double around[] = {0, 1, 0, -1, 0, 0};
  for (int i = 1; i < 5; i++) {
    x[i] = x[0] + 1e-3 * around[i];
    x[i + PAIR] = x[PAIR] + 1e-3 * around[i + 1];
  }
  for (int n_repairs = 0; n_repairs <= 20; n_repairs += 20) {
    gmm_search_control control = usual;
    fitted f;
    control.n_repairs = n_repairs;
    open_on(&f, gmm_simd_widest(), 1, &control, "VVV", PAIR, 2, 2, 1);
    gmm_status status = run(&f, x, &given.params);
    CHECK(f.fit.search.starts[0].status.code == GMM_ESMALL);
    CHECK((status.code == GMM_OK) == (n_repairs > 0));
    CHECK((f.fit.search.winner > 0) == (n_repairs > 0));
    CHECK(n_repairs == 0 || gmm_em_loglik(&f.fit.search.best) > loglik - PAIR);
    close(&f);
  }
  setup_close(&given);
  free(x);
}

/* From given parameters, in the coordinates of the data: no random number is
 * drawn, the trace starts at their log-likelihood, and from the maximum there
 * is nowhere to go. */
static void check_given(const char *name) {
  enum { N = 300, D = 2, K = 2 };
  test_rng rng = {3, 0};
  double *x = clusters(&rng, N, D, K, 4);
  for (int i = 0; i < N; i++) {
    x[i + N] = 100 + 1e-3 * x[i + N];
  }
  fitted f, drawn;
  setup given;
  open(&f, name, N, D, K, 1);
  open(&drawn, name, N, D, K, 0);
  setup_open(&given, f.spec.model->layout, x, N, D, K);
  CHECK(run(&drawn, x, NULL).code == GMM_OK);
  const gmm_em *found = &drawn.fit.search.best, *best = &f.fit.search.best;

  /* Away from the maximum. */
  gmm_params_copy(&given.params, &found->params);
  given.params.pi[0] = 0.9;
  given.params.pi[1] = 0.1;
  given.params.mu[0] += 0.5;
  double loglik = 0;
  for (int i = 0; i < N; i++) {
    long double r[K];
    loglik += (double)reference_estep(&given.params, x + i, N, r);
  }
  CHECK(run(&f, x, &given.params).code == GMM_OK);
  CHECK(f.rng.drawn == 0);
  CHECK_NEAR(best->trace[0], loglik, 1e-9 * fabs(loglik));
  CHECK(best->n_iter > 2);
  CHECK_NEAR(gmm_em_loglik(best), gmm_em_loglik(found), 1e-6);
  close(&f);

  open(&f, name, N, D, K, 1);
  CHECK(run(&f, x, &found->params).code == GMM_OK);
  CHECK_NEAR(best->trace[0], gmm_em_loglik(found), 1e-10 * fabs(loglik));
  CHECK(best->n_iter <= 10);
  close(&f);
  close(&drawn);
  setup_close(&given);
  free(x);
}

/* Given covariances outside of the model's family are brought into it. */
static void test_given_of_another_family(void) {
  enum { N = 300, D = 2, K = 2 };
  test_rng rng = {6, 0};
  double *x = clusters(&rng, N, D, K, 4), loglik = 0;
  fitted f;
  setup given, pooled;
  open(&f, "EEE", N, D, K, 1);
  setup_open(&given, GMM_FULL, x, N, D, K);
  setup_open(&pooled, GMM_FULL, x, N, D, K);
  random_params(&rng, &given.params);
  gmm_params_copy(&pooled.params, &given.params);
  const double *pi = given.params.pi, *sigma = given.params.sigma;
  for (int i = 0; i < D * D; i++) {
    double mean = pi[0] * sigma[i] + pi[1] * sigma[i + D * D];
    pooled.params.sigma[i] = pooled.params.sigma[i + D * D] = mean;
  }
  for (int i = 0; i < N; i++) {
    long double r[K];
    loglik += (double)reference_estep(&pooled.params, x + i, N, r);
  }
  CHECK(run(&f, x, &given.params).code == GMM_OK);
  CHECK_NEAR(f.fit.search.best.trace[0], loglik, 1e-10 * fabs(loglik));
  close(&f);
  setup_close(&given);
  setup_close(&pooled);
  free(x);
}

/* The search is on rows from all over the data, and the answer of all of them, in the
 * coordinates of the data. */
static void check_sample(const char *name, double unit, double origin) {
  enum { N = 3000, M = 1300, K = 2 };
  int d = dimension_of(gmm_model_find(name), 2);
  test_rng rng = {9, 0};
  double *x = clusters(&rng, N, d, K, 4), loglik = 0, entropy = 0;
  for (int i = 0; i < N * d; i++) {
    x[i] = unit * (x[i] + origin);
  }
  gmm_search_control control = usual;
  control.sample = M;
  control.em.accelerate = 1;
  fitted f;
  open_on(&f, gmm_simd_widest(), 1, &control, name, N, d, K, 0);
  CHECK(run(&f, x, NULL).code == GMM_OK);
  const gmm_search *search = &f.fit.search;
  const gmm_em *best = &search->best;
  const gmm_start_record *won = &search->starts[search->winner];
  CHECK(f.rng.drawn == M + K * control.n_start);
  CHECK(won->family == GMM_START_SAMPLE && won->n == N);
  CHECK(won->loglik == gmm_em_loglik(best) && won->converged && best->converged);
  for (int i = 0; i < N; i++) {
    long double r[K];
    loglik += (double)reference_estep(&best->params, x + i, N, r);
    for (int j = 0; j < K; j++) {
      entropy -= r[j] > 0 ? (double)(r[j] * logl(r[j])) : 0;
    }
  }
  CHECK_NEAR(won->loglik / loglik, 1, 1e-10);
  CHECK_NEAR(f.fit.entropy / entropy, 1, 1e-10);
  for (int s = 0; s < control.n_start; s++) {
    const gmm_start_record *start = &search->starts[s];
    CHECK(start->n == M && start->family == GMM_START_KMEANS);
    /* Of rows that are like the others. */
    CHECK_NEAR((start->loglik / M - loglik / N), 0, 0.2);
  }

  /* Row after row of the sample is one of the data, and none is there twice. */
  int row = 0, found = 1;
  for (int i = 0; i < M; i++) {
    while (row < N && x[row] != f.fit.sample.x[i]) {
      row++;
    }
    for (int a = 0; a < d && row < N; a++) {
      found &= x[row + N * a] == f.fit.sample.x[i + M * a];
    }
    found &= row++ < N;
  }
  CHECK(found);

  /* From given parameters all rows are used from the first. */
  fitted given;
  open_on(&given, gmm_simd_widest(), 1, &control, name, N, d, K, 1);
  CHECK(run(&given, x, &best->params).code == GMM_OK);
  CHECK(given.rng.drawn == 0);
  CHECK(given.fit.search.n_starts == 1 && given.fit.search.starts[0].n == N);
  CHECK_NEAR(given.fit.search.best.trace[0], won->loglik, 1e-10 * fabs(loglik));
  close(&given);
  close(&f);
  free(x);
}

/* A sample of all rows is no sample. */
static void test_sample_of_all(void) {
  enum { N = 300, D = 2, K = 2 };
  test_rng rng = {10, 0};
  double *x = clusters(&rng, N, D, K, 4);
  gmm_search_control control = usual;
  fitted a, b;
  open(&a, "VVV", N, D, K, 0);
  control.sample = N;
  open_on(&b, gmm_simd_widest(), 1, &control, "VVV", N, D, K, 0);
  CHECK(run(&a, x, NULL).code == GMM_OK);
  CHECK(run(&b, x, NULL).code == GMM_OK);
  CHECK(a.rng.drawn == b.rng.drawn && a.fit.search.n_starts == b.fit.search.n_starts);
  CHECK(same_bits(a.fit.search.best.params.mu, b.fit.search.best.params.mu, D * K));
  close(&a);
  close(&b);
  free(x);
}

/* Phases in which a fit may be told to stop, by what it left behind. */
enum { IN_FRAME, IN_TOTAL, IN_SHORT_RUNS, IN_LONG_RUNS, IN_MOVES, ON_ALL_ROWS, N_PHASES };

static int phase_of(const fitted *f) {
  const gmm_search *search = &f->fit.search;
  const gmm_start_record *starts = search->starts;
  if (f->fit.rows.data == NULL) {
    return IN_FRAME;
  }
  if (search->n_starts == 0) {
    return IN_TOTAL;
  }
  gmm_start_family last = starts[search->n_starts - 1].family;
  if (last == GMM_START_MOVE || last == GMM_START_SAMPLE) {
    return last == GMM_START_MOVE ? IN_MOVES : ON_ALL_ROWS;
  }
  for (int s = 0; s < search->n_starts; s++) {
    if (starts[s].finished) {
      return IN_LONG_RUNS;
    }
  }
  return IN_SHORT_RUNS;
}

/* Asked after every hundredth part of the work of a fit, once each. */
static void check_interrupt(const char *model, size_t sample) {
  enum { N = 1500, D = 2, K = 2, PARTS = 100 };
  test_rng rng = {4, 0};
  double *x = clusters(&rng, N, D, K, 4);
  gmm_search_control control = usual;
  control.n_moves = 3;
  control.n_moves_agreed = (control.n_moves + 19) / 20;
  control.em.accelerate = 1;
  control.sample = sample;
  fitted f;
  open_on(&f, gmm_simd_widest(), 1, &control, model, N, D, K, 0);
  CHECK(run(&f, x, NULL).code == GMM_OK);
  double work = f.poll.work - POLL_START;
  close(&f);
  int seen[N_PHASES] = {0}, obeyed = 1;
  for (int p = 0; p <= PARTS; p++) {
    int calls;
    /* Each of the four looks at the columns, the total, and then equal parts. */
    double at = p < 5 ? 1 + 1.0 * N * D * p : work * (p - 0.5) / PARTS;
    open_on(&f, gmm_simd_widest(), 1, &control, model, N, D, K, 0);
    f.poll = poll_after(at, &calls);
    gmm_status status = run(&f, x, NULL);
    obeyed &= status.code == GMM_EINTERRUPT && calls == 1 && f.fit.search.winner == -1;
    seen[phase_of(&f)]++;
    close(&f);
  }
  CHECK(obeyed);
  for (int phase = 0; phase < N_PHASES; phase++) {
    CHECK(seen[phase] > 0 || (phase == ON_ALL_ROWS && sample >= N));
  }
  free(x);
}

static void test_interrupt(void) {
  enum { N = 1500, D = 2, K = 2 };
  test_rng rng = {4, 0};
  double *x = clusters(&rng, N, D, K, 4);
  check_interrupt("VVV", SIZE_MAX);
  check_interrupt("VVV", 700);
  check_interrupt("VVE", 700);

  /* A caller that has nothing against it does not change the result. */
  fitted f, g;
  open(&f, "VVV", N, D, K, 0);
  open(&g, "VVV", N, D, K, 0);
  g.poll = (gmm_poll){0};
  CHECK(run(&f, x, NULL).code == GMM_OK);
  CHECK(run(&g, x, NULL).code == GMM_OK);
  CHECK(same_bits(f.fit.search.best.params.mu, g.fit.search.best.params.mu, D * K));
  close(&f);
  close(&g);

  int calls;
  open(&f, "VVV", N, D, K, 0);
  set_rows(&f, x);
  gmm_random random = random_of(&f.rng);
  double after[] = {1, 4.0 * N * D + 1, 4.0 * N * D + 2.0 * N * D * 3};
  for (int i = 0; i < 3; i++) {
    f.poll = poll_after(after[i], &calls);
    gmm_status status = gmm_fit_start(&f.fit, &random);
    CHECK(status.code == GMM_EINTERRUPT);
  }
  close(&f);
  free(x);
}

static int same_record(const gmm_start_record *s, const gmm_start_record *t) {
  return s->status.code == t->status.code && s->status.index == t->status.index &&
         same_bits(&s->loglik, &t->loglik, 1) && s->family == t->family && s->n_iter == t->n_iter &&
         s->n == t->n && s->n_pass == t->n_pass && s->overtaken == t->overtaken &&
         s->converged == t->converged && s->finished == t->finished && s->duplicate == t->duplicate;
}

/* The same bits of everything from any number of threads. */
static void check_threads(gmm_simd level, const char *name, size_t sample) {
  enum { N = 9001, K = 3 };
  static const int mixed[] = {GMM_START_KMEANS, GMM_START_PLUSPLUS, GMM_START_RANDOM};
  gmm_search_control control = usual;
  control.n_start = 3;
  control.families = mixed;
  control.n_families = 3;
  control.short_iter = 2;
  control.max_iter = 5;
  control.n_moves = 1;
  control.n_moves_agreed = (control.n_moves + 19) / 20;
  control.em.accelerate = 1;
  control.sample = sample;
  int d = dimension_of(gmm_model_find(name), 3);
  test_rng rng = {8, 0};
  double *x = clusters(&rng, N, d, K, 3);
  size_t means = (size_t)d * K;
  fitted one;
  open_on(&one, level, 1, &control, name, N, d, K, 0);
  CHECK(run(&one, x, NULL).code == GMM_OK);
  const gmm_em *best = &one.fit.search.best;
  for (int t = 1; t < N_THREADS; t++) {
    fitted many;
    open_on(&many, level, some_threads[t], &control, name, N, d, K, 0);
    CHECK(many.fit.rows.threads > 1 && (sample < N || many.fit.metric_rows.threads > 1));
    CHECK(run(&many, x, NULL).code == GMM_OK);
    const gmm_em *other = &many.fit.search.best;
    CHECK(many.fit.search.winner == one.fit.search.winner);
    CHECK(many.rng.drawn == one.rng.drawn);
    CHECK(other->n_iter == best->n_iter && other->converged == best->converged);
    CHECK(same_bits(other->trace, best->trace, (size_t)best->n_iter + 1));
    CHECK(same_bits(other->params.pi, best->params.pi, K));
    CHECK(same_bits(other->params.mu, best->params.mu, means));
    /* Of the whole matrices, lower triangles. */
    size_t size = gmm_cov_size(one.spec.model->layout, d), full = size > (size_t)d;
    int same = 1;
    for (size_t i = 0; i < size * K; i++) {
      size_t c = i % size, D = (size_t)d;
      int held = !full || c % D >= c / D;
      same &= !held || same_bits(other->params.sigma + i, best->params.sigma + i, 1);
    }
    CHECK(same);
    size_t n = sample < N ? sample : N;
    CHECK(memcmp(many.fit.search.part, one.fit.search.part, n * sizeof(int)) == 0);
    CHECK(many.fit.search.n_starts == one.fit.search.n_starts);
    for (int s = 0; s < one.fit.search.n_starts; s++) {
      CHECK(same_record(&many.fit.search.starts[s], &one.fit.search.starts[s]));
    }
    close(&many);
  }
  close(&one);
  free(x);
}

static void test_threads(void) {
  for (int i = 0; i < gmm_model_count(); i++) {
    check_threads(gmm_simd_widest(), gmm_model_at(i)->name, SIZE_MAX);
  }
  check_threads(gmm_simd_widest(), "VVV", 4000);
  for (gmm_simd level = GMM_SIMD_BASELINE; level < gmm_simd_widest(); level = next_level(level)) {
    check_threads(level, "VVV", SIZE_MAX);
    check_threads(level, "VVI", SIZE_MAX);
  }
}

/* Few distinct rows, many of each: components that collapse on them. */
static void test_collapse(void) {
  enum { N = 60 };
  double x[N];
  fitted f;
  for (int i = 0; i < N; i++) {
    x[i] = i % 2;
  }
  const char *models[] = {"V", "VVV", "VVI", "E", "EEE"};
  for (int m = 0; m < 5; m++) {
    open(&f, models[m], N, 1, 2, 0);
    gmm_status status = run(&f, x, NULL);
    CHECK(status.code == GMM_ESINGULAR || status.code == GMM_ESPURIOUS);
    CHECK(status.index == 0 || status.index == 1);
    CHECK(f.fit.search.winner == -1);
    close(&f);
  }
}

/* Which only spherical models hold, whether or not variables share a scale. */
static void check_constant_variable(const gmm_model *model) {
  enum { N = 50, D = 3 };
  test_rng rng = {5, 0};
  double *x = clusters(&rng, N, D, 2, 5);
  fitted f;
  for (int i = 0; i < N; i++) {
    x[i + N] = 0.1;
  }
  open(&f, model->name, N, D, 2, 0);
  gmm_status status = run(&f, x, NULL);
  if (strstr(model->name, "II")) {
    CHECK(status.code == GMM_OK);
  } else {
    CHECK(status.code == GMM_ECONSTANT && status.index == 1);
    CHECK(f.fit.search.winner == -1);
    CHECK(f.fit.search.n_starts == 0);
  }
  close(&f);
  free(x);
}

/* Data that have no fit, and what is at fault. */
static void test_hopeless(void) {
  enum { N = 50, D = 3 };
  test_rng rng = {5, 0};
  double *x = clusters(&rng, N, D, 2, 5);
  fitted f;
  gmm_status status;

  for (int i = 0; i < N; i++) {
    x[i + 2 * N] = x[i] - 2 * x[i + N];
  }
  open(&f, "VVV", N, D, 2, 0);
  status = run(&f, x, NULL);
  CHECK(status.code == GMM_ECOLLINEAR && status.index == 2);
  close(&f);
  /* Models without correlations do not mind. */
  open(&f, "VVI", N, D, 2, 0);
  CHECK(run(&f, x, NULL).code == GMM_OK);
  close(&f);

  for (int i = 0; i < N * D; i++) {
    x[i] = i % N % 3;
  }
  open(&f, "VII", N, D, 4, 0);
  status = run(&f, x, NULL);
  CHECK(status.code == GMM_EDISTINCT && status.index == 3);
  CHECK(f.fit.search.winner == -1);
  close(&f);
  free(x);
}

int main(void) {
  int e[] = {-400, -3, 1, 400};
  test_two_clusters();
  for (int i = 0; i < gmm_model_count(); i++) {
    const gmm_model *model = gmm_model_at(i);
    if (dimension_of(model, 2) == 2) {
      for (int l = 0; l < 4; l++) {
        check_power_of_two(model->name, e[l]);
      }
      check_given(model->name);
      check_constant_variable(model);
    }
    check_sample(model->name, 1, 0);
    check_sample(model->name, 1e-3, 1e4);
  }
  test_sample_of_all();
  test_given_of_another_family();
  test_beat();
  test_repair();
  test_interrupt();
  test_threads();
  test_collapse();
  test_hopeless();
  return check_report("fit");
}
