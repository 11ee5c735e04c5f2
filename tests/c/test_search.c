/*
 * The search over starts, in working coordinates: the record of each start,
 * their order, which is the answer, what is said when none is, when enough of them
 * agree, what moves find that starts do not, that what was found on a sample is
 * taken to all rows, and that a unit that is a power of two changes no bit.
 */
#include "search.h"

#include "helpers.h"

typedef struct searched {
  setup s;
  gmm_frame metric;
  gmm_rows metric_rows;
  gmm_search search;
  gmm_search_control control;
  gmm_spec spec;
  test_rng rng;
  gmm_random random;
  size_t n;
  int d, k, given;
  /* Where the search is on a sample; else none of it. */
  gmm_rows sample;
  gmm_data sample_data;
  void *memory;
} searched;

static const int kmeans_only[] = {GMM_START_KMEANS};
static const int random_only[] = {GMM_START_RANDOM};

static const gmm_search_control usual = {
    .n_start = 6,
    .n_finish = 2,
    .short_iter = 8,
    .max_iter = 3000,
    .families = kmeans_only,
    .n_families = 1,
    .kmeans_iter = 3,
    .n_enough = 1000,
    .em = {.tol = 1e-9},
    .sample = SIZE_MAX,
    .proper = {.min_size = 6, .few_rows = INFINITY, .min_ratio = 1e-4, .min_total = 1e-10},
};

static const gmm_data *searched_data(const searched *w) {
  return w->sample_data.x ? &w->sample_data : &w->s.data;
}

static void searched_take(void *self, gmm_arena *arena) {
  searched *w = self;
  gmm_frame_take(&w->metric, arena, w->d);
  const gmm_data *data = searched_data(w);
  gmm_rows_take(&w->metric_rows, arena, &w->s.engine, GMM_DIAGONAL, data, w->k);
  gmm_rows_take(&w->sample, arena, &w->s.engine, w->spec.model->layout, data, w->k);
  gmm_search_take(&w->search, arena, &w->spec, data == &w->s.data ? &w->s.rows : &w->sample,
                  w->given ? NULL : &w->metric_rows, &w->s.rows, w->k, &w->control);
}

/* The frame is that of all rows. */
static void open_sampled(searched *w, const char *model, const double *x, size_t n, int d, int k,
                         const gmm_search_control *control, int given, const double *sample_x,
                         size_t n_sample) {
  *w = (searched){.control = *control, .n = n, .d = d, .k = k, .given = given, .rng = {1, 0}};
  w->sample_data = data_of(sample_x, NULL, n_sample, d);
  w->spec = spec_of(model);
  setup_open(&w->s, w->spec.model->layout, x, n, d, k);
  w->memory = carve(searched_take, w);
  int units = w->spec.model->column_units;
  gmm_status status = frame_of_rows(&w->s, units);
  CHECK(status.code == GMM_OK || status.code == GMM_ECONSTANT);
  gmm_frame_metric(&w->metric, &w->s.frame, units, w->s.sd);
  gmm_rows_set(&w->metric_rows, searched_data(w), &w->metric);
  gmm_rows_set(&w->sample, searched_data(w), &w->s.frame);
  w->random = random_of(&w->rng);
  w->search.random = &w->random;
}

static void open(searched *w, const char *model, const double *x, size_t n, int d, int k,
                 const gmm_search_control *control, int given) {
  open_sampled(w, model, x, n, d, k, control, given, NULL, 0);
}

static void close(searched *w) {
  setup_close(&w->s);
  free(w->memory);
}

static gmm_status run(searched *w, const gmm_params *given) {
  return gmm_search_run(&w->search, given);
}

/* The answer is the finished proper start of largest log-likelihood, but for
 * rounding, and its record says what search->best is. */
static void check_answer(const searched *w) {
  const gmm_search *search = &w->search;
  const gmm_em *best = &search->best;
  CHECK(w->search.winner >= 0 && w->search.winner < search->n_starts);
  if (w->search.winner < 0) {
    return;
  }
  const gmm_start_record *won = &search->starts[w->search.winner];
  CHECK(won->status.code == GMM_OK);
  CHECK(won->finished);
  CHECK(won->n == w->n);
  CHECK(won->converged == best->converged);
  CHECK(won->n_iter == best->n_iter);
  CHECK(won->n_pass == best->n_pass);
  CHECK(won->loglik == gmm_em_loglik(best));
  int n_proper = 0, largest = 1, in_range = 1, one_of = 1;
  for (int s = 0; s < search->n_starts; s++) {
    const gmm_start_record *start = &search->starts[s];
    if (start->finished && start->status.code == GMM_OK && start->n == won->n) {
      n_proper += start->family < GMM_START_MOVE;
      largest &= start->loglik <= won->loglik + GMM_SAME_RUN * (double)w->n;
    }
    int shortly = !start->finished && !start->duplicate && !start->overtaken;
    int most = shortly ? w->control.short_iter : w->control.max_iter;
    in_range &= start->n_iter >= 0 && start->n_iter <= most;
    one_of &= (start->finished != 0) + (start->duplicate != 0) + (start->overtaken != 0) <= 1;
  }
  CHECK(largest);
  CHECK(in_range);
  CHECK(one_of);
  CHECK(n_proper <= w->control.n_finish);

  /* The trace leads to it, and never falls; the parameters are where it ends. */
  double fall = 0;
  for (int t = 1; t <= best->n_iter; t++) {
    fall = fmax(fall, best->trace[t - 1] - best->trace[t]);
  }
  CHECK_NEAR(fall, 0, 8e-15 * (fabs(won->loglik) + (double)w->n));
  setup at;
  setup_open(&at, w->spec.model->layout, w->s.data.x, w->n, w->d, w->k);
  at.rows.frame = &w->s.frame;
  CHECK(gmm_density_prepare(&at.density, &best->params).code == GMM_OK);
  CHECK(estep(&at).code == GMM_OK);
  CHECK(*at.stats.loglik == won->loglik);
  setup_close(&at);
}

static void check_search(const char *model, size_t n, int d, int k, int equal, int accelerate) {
  test_rng rng = {4, 0};
  double *x = clusters(&rng, n, d, k, 4);
  gmm_search_control control = usual;
  control.em.accelerate = accelerate;
  searched w;
  open(&w, model, x, n, d, k, &control, 0);
  w.search.spec.equal_proportions = equal;
  CHECK(run(&w, NULL).code == GMM_OK);
  CHECK(w.search.n_starts == usual.n_start);
  CHECK(w.rng.drawn == k * usual.n_start);
  check_answer(&w);
  /* Whom a search within an M-step asks whether to stop. */
  CHECK(w.search.best.params.factors.poll == w.s.engine.poll);
  CHECK(w.search.starts[w.search.winner].converged);
  for (int j = 0; j < k && equal; j++) {
    CHECK_NEAR(w.search.best.params.pi[j], 1.0 / k, 0);
  }
  close(&w);
  free(x);
}

/* Runs that stop where they are when finished: log-likelihoods stay those that
 * were sorted by. Larger first, ties in the order of the starts. */
static void check_order(const searched *w) {
  const gmm_search *search = &w->search;
  int n_start = w->control.n_start, seen = 0, sorted = 1;
  for (int i = 0; i < n_start; i++) {
    seen |= 1 << search->order[i];
    if (i > 0) {
      int s = search->order[i - 1], t = search->order[i];
      double before = search->promise[s], after = search->promise[t];
      sorted &=
          isnan(after) ? !isnan(before) || s < t : before > after || (before == after && s < t);
    }
  }
  CHECK(seen == (1 << n_start) - 1);
  CHECK(sorted);
}

static void test_order(void) {
  enum { N = 300 };
  test_rng rng = {2, 0};
  double *x = clusters(&rng, N, 2, 3, 1);
  gmm_search_control control = usual;
  control.n_start = control.n_finish = 12;
  control.short_iter = control.max_iter = 3;
  control.em.tol = 0;
  searched w;
  open(&w, "VVV", x, N, 2, 3, &control, 0);
  CHECK(run(&w, NULL).code == GMM_OK);
  check_order(&w);
  check_answer(&w);
  CHECK(w.search.winner == w.search.order[0]);
  int n_different = 0;
  for (int s = 1; s < control.n_start; s++) {
    n_different += w.search.starts[s].loglik != w.search.starts[0].loglik;
    CHECK(w.search.starts[s].n_iter == 3);
  }
  CHECK(n_different > 3);
  close(&w);
  free(x);
}

/* Ties, and starts that collapse: duplicates in small groups, where some draws
 * give a component to a group. */
static void test_order_with_failures(void) {
  enum { N = 60, D = 1, K = 4 };
  test_rng rng = {3, 0};
  double *x = clusters(&rng, N, D, 2, 6);
  for (int i = 0; i < 10; i++) {
    x[i] = 20;
  }
  int n_failed = 0, n_good = 0;
  for (uint64_t seed = 1; seed <= 5; seed++) {
    gmm_search_control control = usual;
    control.n_start = control.n_finish = GMM_BATCH;
    control.short_iter = control.max_iter = 6;
    control.families = random_only;
    searched w;
    open(&w, "VVV", x, N, D, K, &control, 0);
    w.rng = (test_rng){seed, 0};
    run(&w, NULL);
    check_order(&w);
    for (int s = 0; s < control.n_start; s++) {
      const gmm_start_record *start = &w.search.starts[s];
      int failed = isnan(w.search.promise[s]);
      n_failed += failed;
      n_good += !failed;
      CHECK(!failed || start->status.code != GMM_OK);
      CHECK(failed || start->finished || start->duplicate);
    }
    close(&w);
  }
  CHECK(n_failed > 0);
  CHECK(n_good > 0);
  free(x);
}

/* The families take turns, and are on record. */
static void test_families(void) {
  enum { N = 300 };
  static const int mixed[] = {GMM_START_KMEANS, GMM_START_PLUSPLUS, GMM_START_RANDOM};
  test_rng rng = {8, 0};
  double *x = clusters(&rng, N, 2, 3, 2);
  gmm_search_control control = usual;
  control.families = mixed;
  control.n_families = 3;
  control.n_start = 7;
  searched w;
  open(&w, "VVV", x, N, 2, 3, &control, 0);
  CHECK(run(&w, NULL).code == GMM_OK);
  check_answer(&w);
  for (int s = 0; s < control.n_start; s++) {
    CHECK(w.search.starts[s].family == (gmm_start_family)(s % 3));
  }
  close(&w);
  free(x);
}

/* A run of EM from there, no more. */
static void test_given(void) {
  enum { N = 300, D = 2, K = 2 };
  test_rng rng = {5, 0};
  double *x = clusters(&rng, N, D, K, 5);
  searched w;
  open(&w, "VVV", x, N, D, K, &usual, 1);
  random_params(&rng, &w.s.params);
  CHECK(run(&w, &w.s.params).code == GMM_OK);
  CHECK(w.rng.drawn == 0);
  check_answer(&w);
  CHECK(w.search.n_starts == 1 && w.search.winner == 0);
  CHECK(w.search.starts[0].family == GMM_START_GIVEN);
  CHECK(w.search.best.params.factors.poll == w.s.engine.poll);

  CHECK(gmm_density_prepare(&w.s.density, &w.s.params).code == GMM_OK);
  CHECK(estep(&w.s).code == GMM_OK);
  CHECK(*w.s.stats.loglik == w.search.best.trace[0]);
  close(&w);
  free(x);
}

/* Moves from where a given start leads to: two components that are the same stay so. */
static void test_moves_from_given(void) {
  enum { N = 300, D = 2, K = 4 };
  test_rng rng = {6, 0};
  double *x = clusters(&rng, N, D, K, 12);
  gmm_search_control control = usual;
  control.n_moves = control.n_moves_agreed = 40;
  searched w, moving;
  open(&w, "VVI", x, N, D, K, &control, 0);
  CHECK(run(&w, NULL).code == GMM_OK);
  double best = gmm_em_loglik(&w.search.best);

  control.n_moves = control.n_moves_agreed = 10;
  open(&moving, "VVI", x, N, D, K, &control, 1);
  gmm_params *given = &moving.s.params;
  gmm_params_copy(given, &w.search.best.params);
  for (int a = 0; a < D; a++) {
    given->mu[a + D] = given->mu[a];
    given->sigma[a + D] = given->sigma[a];
  }
  CHECK(run(&moving, given).code == GMM_OK);
  const gmm_search *search = &moving.search;
  check_answer(&moving);
  CHECK(moving.rng.drawn > 0);
  CHECK(search->n_starts > control.n_moves);
  CHECK(search->starts[0].family == GMM_START_GIVEN);
  CHECK(search->starts[0].loglik < best - 10);
  for (int s = 1; s < search->n_starts; s++) {
    CHECK(search->starts[s].family == GMM_START_MOVE);
  }
  CHECK(search->winner > 0);
  CHECK_NEAR(gmm_em_loglik(&search->best), best, 1e-4);
  close(&moving);
  close(&w);
  free(x);
}

/* The most promising start decides what is said when none is proper. */
static void test_none_proper(void) {
  enum { N = 60 };
  double x[2 * N];
  searched w;

  /* Three points, again and again: each component collapses on one of them. */
  for (int i = 0; i < N; i++) {
    x[i] = i % 3 == 1;
    x[i + N] = i % 3 == 2;
  }
  open(&w, "VVV", x, N, 2, 3, &usual, 0);
  gmm_status status = run(&w, NULL);
  CHECK(status.code == GMM_ESINGULAR);
  CHECK(status.index >= 0 && status.index < 3);
  CHECK(w.search.winner == -1);
  const gmm_start_record *first = &w.search.starts[w.search.order[0]];
  CHECK(first->status.code == status.code && first->status.index == status.index);
  close(&w);

  open(&w, "VVV", x, N, 2, 4, &usual, 0);
  status = run(&w, NULL);
  CHECK(status.code == GMM_EDISTINCT);
  CHECK(status.index == 3);
  CHECK(w.search.winner == -1);
  close(&w);

  for (int i = 0; i < N; i++) {
    x[i] = i;
    x[i + N] = 2 * i + 1;
  }
  open(&w, "VVV", x, N, 2, 2, &usual, 0);
  status = run(&w, NULL);
  CHECK(status.code == GMM_ECOLLINEAR);
  CHECK(status.index == 1);
  CHECK(w.search.winner == -1);
  CHECK(w.search.n_starts == 0);
  close(&w);
}

/* Parts of fewer rows than a covariance needs do not end a start at once: it
 * begins with a common covariance. */
static void check_pooled_start(const char *model) {
  enum { N = 40, D = 3, K = 6 };
  test_rng rng = {9, 0};
  double *x = clusters(&rng, N, D, 2, 3);
  searched w;
  open(&w, model, x, N, D, K, &usual, 0);
  w.search.control.proper = (gmm_proper){0};
  run(&w, NULL);
  int n_tiny = 0, all_began = 1, size[K];
  for (int s = 0; s < usual.n_start; s++) {
    all_began &= w.search.starts[s].n_iter > 0;
  }
  CHECK(all_began);
  /* The same draws again, to see that there were such parts. */
  w.rng = (test_rng){1, 0};
  for (int s = 0; s < usual.n_start; s++) {
    gmm_status status = gmm_kmeans(&w.metric_rows, K, 1, usual.kmeans_iter, &w.random,
                                   &w.search.kmeans_work, w.search.part);
    CHECK(status.code == GMM_OK);
    memset(size, 0, sizeof size);
    for (int i = 0; i < N; i++) {
      size[w.search.part[i]]++;
    }
    for (int j = 0; j < K; j++) {
      n_tiny += size[j] <= D;
    }
  }
  CHECK(n_tiny > 0);
  close(&w);
  free(x);
}

/* Every maximum is called small: what the first in order ended as. */
static void test_all_small(void) {
  enum { N = 100 };
  test_rng rng = {6, 0};
  double *x = clusters(&rng, N, 2, 2, 6);
  gmm_search_control control = usual;
  control.proper.min_size = 70;
  searched w;
  open(&w, "VVV", x, N, 2, 2, &control, 0);
  gmm_status status = run(&w, NULL);
  CHECK(status.code == GMM_ESMALL);
  CHECK(status.index == 0 || status.index == 1);
  CHECK(w.search.winner == -1);
  int all = 1;
  for (int s = 0; s < control.n_start; s++) {
    /* None was proper, so all were tried. */
    const gmm_start_record *start = &w.search.starts[s];
    all &= (start->finished || start->duplicate) && start->status.code == GMM_ESMALL;
  }
  CHECK(all);
  CHECK(w.search.starts[w.search.order[0]].status.index == status.index);
  close(&w);
  free(x);
}

/* Batches ------------------------------------------------------------------ */

/* Each finishes its part, and the families go on taking turns. */
static void test_batches(void) {
  enum { N = 300 };
  static const int mixed[] = {GMM_START_KMEANS, GMM_START_RANDOM, GMM_START_PLUSPLUS};
  static const int first[] = {0, 12, 24, 30}, most[] = {2, 2, 1};
  test_rng rng = {8, 0};
  double *x = clusters(&rng, N, 2, 4, 2);
  gmm_search_control control = usual;
  control.n_start = 30;
  control.n_finish = 5;
  control.families = mixed;
  control.n_families = 3;
  searched w;
  open(&w, "VVI", x, N, 2, 4, &control, 0);
  CHECK(run(&w, NULL).code == GMM_OK);
  check_answer(&w);
  CHECK(w.search.n_starts == 30);
  for (int b = 0; b < 3; b++) {
    int tried = 0;
    for (int s = first[b]; s < first[b + 1]; s++) {
      const gmm_start_record *start = &w.search.starts[s];
      CHECK(start->family == (gmm_start_family)mixed[s % 3]);
      tried += start->status.code == GMM_OK && (start->finished || start->overtaken);
    }
    CHECK(tried >= 1 && tried <= most[b]);
  }
  close(&w);
  free(x);
}

/* Starts of the records that reached the best. */
static int hits_on_record(const gmm_search *search) {
  double best = gmm_em_loglik(&search->best), tie = GMM_SAME_MAXIMUM * (double)search->rows->n;
  int hits = 0;
  for (int s = 0; s < search->n_starts; s++) {
    const gmm_start_record *start = &search->starts[s];
    hits += start->family < GMM_START_MOVE && (start->finished || start->duplicate) &&
            start->status.code == GMM_OK && best - start->loglik < tie;
  }
  return hits;
}

/* No more starts are drawn once so many have reached the best. */
static void test_enough(void) {
  enum { N = 300, D = 2, K = 2, BATCHES = 3 };
  test_rng rng = {10, 0};
  double *x = clusters(&rng, N, D, K, 6);
  /* All of a batch reach it. */
  int n_enough[] = {1, GMM_BATCH, GMM_BATCH + 1, 1000}, batches[] = {1, 1, 2, BATCHES};
  for (int i = 0; i < 4; i++) {
    gmm_search_control control = usual;
    control.n_start = control.n_finish = BATCHES * GMM_BATCH;
    control.n_enough = n_enough[i];
    searched w;
    open(&w, "EII", x, N, D, K, &control, 0);
    CHECK(run(&w, NULL).code == GMM_OK);
    check_answer(&w);
    CHECK(w.search.n_starts == batches[i] * GMM_BATCH);
    CHECK(w.rng.drawn == K * w.search.n_starts);
    CHECK(w.search.hits == w.search.n_starts);
    CHECK(w.search.hits == hits_on_record(&w.search));
    close(&w);
  }
  free(x);
}

/* Those that reached what was the best before do not count. */
static void test_hits_of_the_best(void) {
  enum { N = 300, K = 5 };
  test_rng rng = {12, 0};
  double *x = clusters(&rng, N, 2, K, 3);
  int fewer = 0;
  for (uint64_t seed = 1; seed <= 10; seed++) {
    gmm_search_control control = usual;
    control.n_start = control.n_finish = 24;
    control.families = random_only;
    searched w;
    open(&w, "EEE", x, N, 2, K, &control, 0);
    w.rng = (test_rng){seed, 0};
    CHECK(run(&w, NULL).code == GMM_OK);
    check_answer(&w);
    CHECK(w.search.hits >= 1 && w.search.hits == hits_on_record(&w.search));
    fewer += w.search.hits < 12;
    close(&w);
  }
  CHECK(fewer > 0);
  free(x);
}

/* Moves -------------------------------------------------------------------- */

/* Two tight groups of three, far apart: EM that gives one group four components and
 * the other two stays there. */
static double *two_groups(test_rng *rng, size_t n) {
  static const double centre[6][2] = {{0, 0}, {5, 0}, {0, 5}, {60, 0}, {65, 0}, {60, 5}};
  double *x = doubles(2 * n);
  for (size_t i = 0; i < n; i++) {
    x[i] = centre[i % 6][0] + normal(rng);
    x[i + n] = centre[i % 6][1] + normal(rng);
  }
  return x;
}

/* There are moves until as many as it takes in a row were in vain. */
static void check_moves(const searched *w, int patience) {
  const gmm_search *search = &w->search;
  double gain = GMM_SAME_MAXIMUM * (double)search->rows->n, best = -INFINITY;
  int in_vain = 0, most_in_vain = 0, n_start = w->control.n_start, in_order = 1;
  for (int s = 0; s < search->n_starts; s++) {
    const gmm_start_record *start = &search->starts[s];
    double loglik = start->finished && start->status.code == GMM_OK ? start->loglik : -INFINITY;
    in_vain = s < n_start || loglik > best + gain ? 0 : in_vain + 1;
    most_in_vain = in_vain > most_in_vain ? in_vain : most_in_vain;
    in_order &= (start->family == GMM_START_MOVE) == (s >= n_start);
    best = fmax(best, loglik);
  }
  CHECK(in_order);
  CHECK(in_vain == patience && most_in_vain == patience);
  CHECK(search->n_starts <= n_start + GMM_MOVES_FACTOR * w->control.n_moves);
}

/* Where a start gets stuck, moves find the way. */
static void check_stuck(const char *model, int accelerate) {
  enum { N = 300, K = 6, MOVES = 45, SEEDS = 6 };
  test_rng rng = {13, 0};
  double *x = two_groups(&rng, N), best = -INFINITY, found[2][SEEDS];
  int n_overtaken = 0, n_stuck = 0;
  for (int i = 0; i < 2 * SEEDS; i++) {
    int moves = i / SEEDS;
    gmm_search_control control = usual;
    control.n_start = control.n_finish = 1;
    control.n_moves = moves * MOVES;
    control.n_moves_agreed = (control.n_moves + 19) / 20;
    control.em.accelerate = accelerate;
    searched w;
    open(&w, model, x, N, 2, K, &control, 0);
    w.rng = (test_rng){(uint64_t)(i % SEEDS), 0};
    CHECK(run(&w, NULL).code == GMM_OK);
    check_answer(&w);
    check_moves(&w, control.n_moves);
    for (int s = 0; s < w.search.n_starts; s++) {
      n_overtaken += w.search.starts[s].overtaken;
    }
    found[moves][i % SEEDS] = gmm_em_loglik(&w.search.best);
    best = fmax(best, gmm_em_loglik(&w.search.best));
    close(&w);
  }
  for (int i = 0; i < SEEDS; i++) {
    n_stuck += found[0][i] < best - 10;
    CHECK(found[1][i] > best - 1);
  }
  CHECK(n_stuck > 0);
  CHECK(n_overtaken > 0);
  free(x);
}

/* Starts that agreed leave less to be looked for; one component cannot move. */
static void test_patience(void) {
  enum { N = 300, MOVES = 30 };
  test_rng rng = {14, 0};
  double *x = clusters(&rng, N, 2, 2, 6);
  gmm_search_control control = usual;
  control.n_moves = MOVES;
  control.n_moves_agreed = (control.n_moves + 19) / 20;
  searched w;
  open(&w, "EII", x, N, 2, 2, &control, 0);
  CHECK(run(&w, NULL).code == GMM_OK);
  check_answer(&w);
  check_moves(&w, MOVES);
  close(&w);

  control.n_enough = 2;
  open(&w, "EII", x, N, 2, 2, &control, 0);
  CHECK(run(&w, NULL).code == GMM_OK);
  CHECK(w.search.hits >= 2);
  check_moves(&w, (MOVES + 19) / 20);
  close(&w);

  open(&w, "VVV", x, N, 2, 1, &control, 0);
  CHECK(run(&w, NULL).code == GMM_OK);
  CHECK(w.search.n_starts == usual.n_start);
  close(&w);
  free(x);
}

/* A sample ----------------------------------------------------------------- */

/* The answer is of all rows, from what was found on the sample, by starts that are drawn or from
 * one that is given. */
static void check_sample(const char *model, int n_moves, int given) {
  enum { N = 2000, EACH = 5, M = N / EACH, K = 3 };
  test_rng rng = {15, 0};
  int d = dimension_of(gmm_model_find(model), 2);
  double *x = clusters(&rng, N, d, K, 4), *sample = doubles((size_t)(M * d));
  for (int i = 0; i < M * d; i++) {
    sample[i] = x[EACH * (i % M) + N * (i / M)];
  }
  gmm_search_control control = usual;
  control.n_moves = n_moves;
  control.n_moves_agreed = (control.n_moves + 19) / 20;
  control.em.accelerate = 1;
  searched w, all;
  open_sampled(&w, model, x, N, d, K, &control, given, sample, M);
  random_params(&rng, &w.s.params);
  CHECK(run(&w, given ? &w.s.params : NULL).code == GMM_OK);
  check_answer(&w);
  const gmm_search *search = &w.search;
  int n_on_all = 0, in_order = 1, right_n = 1;
  for (int s = 0; s < search->n_starts; s++) {
    const gmm_start_record *start = &search->starts[s];
    int on_all = start->family == GMM_START_SAMPLE;
    right_n &= start->n == (size_t)(on_all ? N : M);
    in_order &= on_all >= (n_on_all > 0);
    n_on_all += on_all;
  }
  CHECK(right_n && in_order);
  CHECK(n_on_all >= 1 && n_on_all <= GMM_TRIED_ON_ALL);
  CHECK(search->starts[search->winner].family == GMM_START_SAMPLE);
  CHECK(search->best.params.factors.poll == w.s.engine.poll);

  /* With moves it is the maximum that a search of all rows comes to. */
  open(&all, model, x, N, d, K, &control, 0);
  CHECK(run(&all, NULL).code == GMM_OK);
  double difference = gmm_em_loglik(&search->best) - gmm_em_loglik(&all.search.best);
  CHECK_NEAR(difference, 0, n_moves > 0 ? 1e-6 * N : 10);
  close(&all);
  close(&w);
  free(x);
  free(sample);
}

/* What is proper on the sample and not on all rows is no answer. */
static void test_improper_on_all(void) {
  enum { N = 300, M = 100 };
  test_rng rng = {16, 0};
  double *x = clusters(&rng, N, 1, 2, 8);
  double *sample = copy_of(x, M);
  /* The rows that are not in the sample are of the first cluster. */
  for (int i = M; i < N; i++) {
    x[i] -= i % 2 ? 8 : 0;
  }
  gmm_search_control control = usual;
  control.proper.min_size = 45;
  searched w;
  open_sampled(&w, "V", x, N, 1, 2, &control, 0, sample, M);
  CHECK(run(&w, NULL).code == GMM_OK);
  check_answer(&w);
  close(&w);

  control.proper.min_size = 60;
  open_sampled(&w, "V", x, N, 1, 2, &control, 0, sample, M);
  CHECK(run(&w, NULL).code == GMM_ESMALL);
  CHECK(w.search.winner == -1);
  close(&w);
  free(x);
  free(sample);
}

/* -------------------------------------------------------------------------- */

/* Traces in working coordinates, partitions and proportions in all bits. */
static void check_power_of_two(const char *model, int e0, int e1) {
  enum { N = 400, D = 2, K = 3 };
  int e[D] = {e0, e1};
  test_rng rng = {7, 0};
  double *x = clusters(&rng, N, D, K, 3), *y = copy_of(x, N * D);
  for (int i = 0; i < N * D; i++) {
    x[i] += 10;
    y[i] = ldexp(x[i], e[i / N]);
  }
  searched a, b;
  gmm_search_control control = usual;
  control.n_moves = 3;
  control.n_moves_agreed = (control.n_moves + 19) / 20;
  control.em.accelerate = 1;
  open(&a, model, x, N, D, K, &control, 0);
  open(&b, model, y, N, D, K, &control, 0);
  CHECK(run(&a, NULL).code == GMM_OK);
  CHECK(run(&b, NULL).code == GMM_OK);
  CHECK(a.search.winner == b.search.winner);
  CHECK(a.search.n_starts == b.search.n_starts);
  const gmm_em *s = &a.search.best, *t = &b.search.best;
  CHECK(s->n_iter == t->n_iter);
  CHECK(same_bits(s->trace, t->trace, (size_t)s->n_iter + 1));
  CHECK(same_bits(s->params.pi, t->params.pi, K));
  CHECK(same_bits(s->params.mu, t->params.mu, D * K));
  /* The partition of the last start that was drawn. */
  CHECK(memcmp(a.search.part, b.search.part, N * sizeof(int)) == 0);
  close(&a);
  close(&b);
  free(x);
  free(y);
}

/* Short runs that are no shorter than long ones. */
static void test_short_is_long(void) {
  enum { N = 200 };
  test_rng rng = {8, 0};
  double *x = clusters(&rng, N, 2, 2, 5);
  int lengths[] = {0, 1, 5};
  for (int i = 0; i < 3; i++) {
    gmm_search_control control = usual;
    control.short_iter = 20;
    control.max_iter = lengths[i];
    control.em.tol = 0;
    searched w;
    open(&w, "VVV", x, N, 2, 2, &control, 0);
    CHECK(run(&w, NULL).code == GMM_OK);
    CHECK(w.search.best.n_iter == lengths[i]);
    CHECK(!w.search.best.converged);
    close(&w);
    control.short_iter = 0;
    open(&w, "VVV", x, N, 2, 2, &control, 0);
    CHECK(run(&w, NULL).code == GMM_OK);
    CHECK(w.search.best.n_iter == lengths[i]);
    close(&w);
  }
  free(x);
}

int main(void) {
  int e[] = {-500, -7, 1, 500};
  for (int i = 0; i < gmm_model_count(); i++) {
    const gmm_model *model = gmm_model_at(i);
    check_search(model->name, 600, dimension_of(model, 2), 3, 0, 0);
    check_search(model->name, 600, dimension_of(model, 2), 3, 0, 1);
    check_search(model->name, 600, dimension_of(model, 2), 3, 1, 0);
    check_search(model->name, 60, dimension_of(model, 3), 2, 0, 0);
    check_sample(model->name, 0, 0);
    check_sample(model->name, 40, 0);
    check_sample(model->name, 40, 1);
    for (int l = 0; l < 4 && dimension_of(model, 2) == 2; l++) {
      check_power_of_two(model->name, e[l], model->column_units ? 3 - e[l] : e[l]);
    }
  }
  test_order();
  test_order_with_failures();
  test_families();
  test_given();
  test_moves_from_given();
  test_none_proper();
  const char *own_covariance[] = {"VVV", "EVV", "VVE", "EVE"};
  for (int i = 0; i < 4; i++) {
    check_pooled_start(own_covariance[i]);
  }
  test_all_small();
  test_batches();
  test_enough();
  test_hits_of_the_best();
  const char *stuck[] = {"EII", "EEI", "EEE", "VII"};
  for (int i = 0; i < 4; i++) {
    check_stuck(stuck[i], 0);
    check_stuck(stuck[i], 1);
  }
  test_patience();
  test_improper_on_all();
  test_short_is_long();
  return check_report("search");
}
