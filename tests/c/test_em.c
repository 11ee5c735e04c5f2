/*
 * The EM loop: the log-likelihood never falls, for any model; a run that is
 * taken up again gives the bits of one long run; tol = 0 runs to the end; the
 * stopping criterion on scripted log-likelihoods (Aitken's estimate on
 * geometric decay, patience while gains grow, rounding counts as nothing), and
 * on the two parallel cigars whose gains first shrink and then grow; leaps end
 * no lower than steps do, in fewer passes and in the model's family, and change
 * nothing where they are in vain; runs that will not beat what they should are
 * given up; and each way to fail.
 */
#include "em.h"

#include "helpers.h"

enum { MAX_ITER = 10000 };

/* Runs of one data set, one model. */
typedef struct run {
  gmm_spec spec;
  int d, k;
  gmm_em em;
  gmm_em_work work;
  void *memory;
} run;

static void run_take(void *self, gmm_arena *arena) {
  run *r = self;
  gmm_em_take(&r->em, arena, r->spec.model->layout, r->d, r->k, MAX_ITER);
  gmm_em_work_take(&r->work, arena, r->spec.model, r->d, r->k);
}

static void run_open(run *r, const char *model, int d, int k) {
  *r = (run){.spec = spec_of(model), .d = d, .k = k};
  r->memory = carve(run_take, r);
  gmm_em_begin(&r->em);
}

static void run_close(run *r) {
  free(r->memory);
}

static gmm_status run_by(run *r, gmm_source source, gmm_em_control control, int max_iter) {
  return gmm_em_run(&r->em, &r->spec, source, &control, max_iter, &r->work);
}

static gmm_em_control control_of(double tol, int accelerate) {
  return (gmm_em_control){.tol = tol, .accelerate = accelerate, .beat = -INFINITY};
}

/* The plain loop. */
static gmm_status run_to(run *r, gmm_source source, double tol, int max_iter) {
  return run_by(r, source, control_of(tol, 0), max_iter);
}

/* Parameters from responsibilities that know little of the clusters: far from
 * any maximum, and from where all components are the same. */
static void start_at_random(run *r, setup *s, test_rng *rng) {
  double *memberships = doubles(s->n * (size_t)r->k);
  for (size_t i = 0; i < s->n; i++) {
    double sum = 0;
    for (int j = 0; j < r->k; j++) {
      double known = i % (size_t)r->k == (size_t)j ? 0.3 : 0;
      sum += memberships[i + s->n * (size_t)j] = uniform(rng) + known;
    }
    for (int j = 0; j < r->k; j++) {
      memberships[i + s->n * (size_t)j] /= sum;
    }
  }
  CHECK(start_from(s, &r->spec, NULL, memberships, &r->em.params).code == GMM_OK);
  free(memberships);
}

/* Rounding in a log-likelihood of n rows. */
static double rounding(const gmm_em *em, size_t n) {
  return 8e-15 * (fabs(gmm_em_loglik(em)) + (double)n);
}

static void check_monotone(const char *model, int equal, int d, int k, uint64_t seed) {
  enum { N = 400 };
  test_rng rng = {seed, 0};
  double *x = clusters(&rng, N, d, k, 4);
  run r;
  setup s;
  run_open(&r, model, d, k);
  r.spec.equal_proportions = equal;
  setup_open(&s, r.spec.model->layout, x, N, d, k);
  start_at_random(&r, &s, &rng);
  /* None of these collapses. */
  CHECK(run_to(&r, gmm_rows_source(&s.rows), 0, 200).code == GMM_OK);
  double fall = 0;
  for (int t = 1; t <= r.em.n_iter; t++) {
    fall = fmax(fall, r.em.trace[t - 1] - r.em.trace[t]);
  }
  CHECK(r.em.n_iter == 200);
  CHECK(r.em.n_pass == 201 && r.em.n_plain == 200);
  CHECK(gmm_em_loglik(&r.em) > r.em.trace[0] + 0.1);
  CHECK_NEAR(fall, 0, rounding(&r.em, N));
  for (int j = 0; j < k && equal; j++) {
    CHECK_NEAR(r.em.params.pi[j], 1.0 / k, 0);
  }

  /* The statistics that are left are those at the parameters. */
  CHECK(r.work.stats.centre == r.em.params.mu);
  CHECK(*r.work.stats.loglik == gmm_em_loglik(&r.em));
  CHECK(gmm_density_prepare(&s.density, &r.em.params).code == GMM_OK);
  CHECK(estep(&s).code == GMM_OK);
  CHECK(same_bits(s.stats.count, r.work.stats.count, (size_t)k));
  CHECK(*s.stats.loglik == gmm_em_loglik(&r.em));
  run_close(&r);
  setup_close(&s);
  free(x);
}

/* One component: the maximum in closed form after one step. */
static void test_one_component(void) {
  enum { N = 500, D = 3 };
  test_rng rng = {1, 0};
  double *x = clusters(&rng, N, D, 1, 0);
  for (int i = 0; i < N; i++) {
    x[i + N] += x[i];
  }
  run r;
  setup s;
  run_open(&r, "VVV", D, 1);
  setup_open(&s, GMM_FULL, x, N, D, 1);
  random_params(&rng, &r.em.params);
  r.em.params.pi[0] = 1;
  CHECK(run_to(&r, gmm_rows_source(&s.rows), 1e-10, MAX_ITER).code == GMM_OK);
  CHECK(r.em.converged);
  CHECK(r.em.n_iter <= 3);
  CHECK(start_from(&s, &r.spec, NULL, NULL, &s.params).code == GMM_OK);
  long double l[D * D], half_log_det = 0;
  reference_cholesky(D, s.params.sigma, l);
  for (int a = 0; a < D; a++) {
    half_log_det += logl(l[a + D * a]);
  }
  double loglik = (double)(-N * (0.5L * D * (LOG_2PI_L + 1) + half_log_det));
  CHECK_NEAR(gmm_em_loglik(&r.em), loglik, 1e-10);
  CHECK_NEAR(worst_error(r.em.params.mu, s.params.mu, D), 0, 1e-12);
  run_close(&r);
  setup_close(&s);
  free(x);
}

/* A run in pieces against one run of the same length, in all bits. */
static void check_resume(const char *model, double tol, int last) {
  enum { N = 300, K = 3 };
  test_rng rng = {5, 0};
  int d = dimension_of(gmm_model_find(model), 2);
  size_t means = (size_t)d * K;
  double *x = clusters(&rng, N, d, K, 3);
  int pieces[] = {0, 1, 2, 3, 7, last};
  run one, many;
  setup s;
  run_open(&one, model, d, K);
  run_open(&many, model, d, K);
  setup_open(&s, one.spec.model->layout, x, N, d, K);
  start_at_random(&one, &s, &rng);
  gmm_params_copy(&many.em.params, &one.em.params);
  gmm_source source = gmm_rows_source(&s.rows);
  CHECK(run_to(&one, source, tol, last).code == GMM_OK);
  for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
    CHECK(run_to(&many, source, tol, pieces[p]).code == GMM_OK);
    CHECK(p + 1 == sizeof pieces / sizeof *pieces || many.em.n_iter == pieces[p]);
  }
  CHECK(many.em.n_iter == one.em.n_iter);
  CHECK(many.em.converged == one.em.converged);
  CHECK(same_bits(many.em.trace, one.em.trace, (size_t)one.em.n_iter + 1));
  CHECK(same_bits(many.em.params.pi, one.em.params.pi, K));
  CHECK(same_bits(many.em.params.mu, one.em.params.mu, means));

  /* At the end there is nothing to take up. */
  int n_iter = many.em.n_iter;
  double *mu = copy_of(many.em.params.mu, means);
  CHECK(run_to(&many, source, tol, tol > 0 ? MAX_ITER : last).code == GMM_OK);
  CHECK(many.em.n_iter == n_iter);
  CHECK(same_bits(many.em.params.mu, mu, means));
  free(mu);
  run_close(&one);
  run_close(&many);
  setup_close(&s);
  free(x);
}

/* A copy of the parameters in the middle of a run is a run that goes on: it knows
 * of the axes and volumes that it had. */
static void check_copy(const char *model) {
  enum { N = 300, K = 3, HALF = 8 };
  test_rng rng = {6, 0};
  run one, copy;
  setup s;
  int d = dimension_of(gmm_model_find(model), 3);
  double *x = clusters(&rng, N, d, K, 3);
  run_open(&one, model, d, K);
  run_open(&copy, model, d, K);
  setup_open(&s, one.spec.model->layout, x, N, d, K);
  start_at_random(&one, &s, &rng);
  gmm_source source = gmm_rows_source(&s.rows);
  CHECK(run_to(&one, source, 0, HALF).code == GMM_OK);
  gmm_params_copy(&copy.em.params, &one.em.params);
  CHECK(copy.em.params.factors.volumes_known == one.em.params.factors.volumes_known);
  CHECK(copy.em.params.factors.axes_known == one.em.params.factors.axes_known);
  CHECK(run_to(&one, source, 0, 2 * HALF).code == GMM_OK);
  CHECK(run_to(&copy, source, 0, HALF).code == GMM_OK);
  CHECK(same_bits(copy.em.trace, one.em.trace + HALF, HALF + 1));
  CHECK(same_bits(copy.em.params.mu, one.em.params.mu, (size_t)d * K));
  run_close(&one);
  run_close(&copy);
  setup_close(&s);
  free(x);
}

/* Leaps -------------------------------------------------------------------- */

/* Values along the axes, in the order of the axes of the variables where they are
 * these, else increasing; d <= 3. */
static void values_of(const gmm_params *p, int j, double *values) {
  const double *sigma = p->sigma + gmm_cov_size(p->layout, p->d) * (size_t)j;
  long double vectors[9], found[3];
  if (p->layout == GMM_FULL) {
    reference_eigen(p->d, sigma, vectors, found);
  }
  for (int a = 0; a < p->d; a++) {
    values[a] = p->layout == GMM_FULL ? (double)found[a] : sigma[a];
  }
}

/* Whether the covariances of the first component and of j share their axes: then the
 * product is symmetric. */
static void check_axes(const gmm_params *p, int j) {
  int d = p->d;
  double product[9] = {0}, size = 0;
  for (int i = 0; i < d * d; i++) {
    for (int c = 0; c < d; c++) {
      int a = i % d, b = i / d;
      double left = p->sigma[a > c ? a + d * c : c + d * a];
      product[i] += left * p->sigma[d * d * j + (b > c ? b + d * c : c + d * b)];
    }
    size = fmax(size, fabs(product[i]));
  }
  for (int i = 0; i < d * d; i++) {
    CHECK_NEAR(product[i] / size, product[i / d + d * (i % d)] / size, 1e-10);
  }
}

/* Volume, shape and orientation are what the name says. */
static void check_family(const gmm_params *p, const char *name) {
  int d = p->d, one = strlen(name) == 1;
  double first[3], values[3], volume[2];
  for (int j = 0; j < p->k; j++) {
    values_of(p, j, j == 0 ? first : values);
    const double *v = j == 0 ? first : values;
    volume[j > 0] = 0;
    for (int a = 0; a < d; a++) {
      volume[j > 0] += log(v[a]) / d;
    }
    for (int a = 0; a < d && !one && name[1] != 'V'; a++) {
      double shape = name[1] == 'I' ? 0 : log(first[a]) - volume[0];
      CHECK_NEAR(log(v[a]) - volume[j > 0], shape, 1e-10);
    }
    if (j > 0 && name[0] == 'E') {
      CHECK_NEAR(volume[1], volume[0], 1e-10);
    }
    if (j > 0 && !one && name[2] == 'E') {
      check_axes(p, j);
    }
  }
  CHECK(p->layout == (one || name[2] == 'I' ? GMM_DIAGONAL : GMM_FULL));
}

/* Overlapping components, where EM is slow. From these starts the two runs end at one
 * maximum, if leaps do not find a better one. */
static void check_leaps(const char *model, int equal, int k, uint64_t seed) {
  enum { N = 500 };
  test_rng rng = {seed, 0};
  int d = dimension_of(gmm_model_find(model), 3);
  double *x = clusters(&rng, N, d, k, 2);
  run plain, fast;
  setup s;
  run_open(&plain, model, d, k);
  run_open(&fast, model, d, k);
  plain.spec.equal_proportions = fast.spec.equal_proportions = equal;
  setup_open(&s, plain.spec.model->layout, x, N, d, k);
  start_at_random(&plain, &s, &rng);
  gmm_params_copy(&fast.em.params, &plain.em.params);
  gmm_source source = gmm_rows_source(&s.rows);
  CHECK(run_by(&plain, source, control_of(1e-12, 0), MAX_ITER).code == GMM_OK);
  CHECK(run_by(&fast, source, control_of(1e-12, 1), MAX_ITER).code == GMM_OK);
  CHECK(plain.em.converged && fast.em.converged);
  CHECK(gmm_em_loglik(&fast.em) >= gmm_em_loglik(&plain.em) - 1e-8 * N);
  CHECK(fast.em.n_pass < plain.em.n_pass);
  CHECK(fast.em.n_pass > fast.em.n_iter);
  double fall = 0, total = 0;
  for (int t = 1; t <= fast.em.n_iter; t++) {
    fall = fmax(fall, fast.em.trace[t - 1] - fast.em.trace[t]);
  }
  CHECK_NEAR(fall, 0, rounding(&fast.em, N));
  for (int j = 0; j < k; j++) {
    total += fast.em.params.pi[j];
    CHECK(!equal || fast.em.params.pi[j] == 1.0 / k);
  }
  CHECK_NEAR(total, 1, 1e-14);
  check_family(&fast.em.params, model);

  /* So they are in the middle of a run, where the last thing was a leap. */
  gmm_em_begin(&fast.em);
  start_at_random(&fast, &s, &rng);
  gmm_em_control control = control_of(0, 1);
  do {
    CHECK(run_by(&fast, source, control, fast.em.n_iter + 2).code == GMM_OK);
  } while (fast.em.n_plain > 0 && fast.em.n_iter < 40);
  CHECK(fast.em.n_plain == 0);
  check_family(&fast.em.params, model);

  /* The statistics that are left are those at the parameters. */
  CHECK(gmm_density_prepare(&s.density, &fast.em.params).code == GMM_OK);
  CHECK(estep(&s).code == GMM_OK);
  CHECK(same_bits(s.stats.count, fast.work.stats.count, (size_t)k));
  CHECK(*s.stats.loglik == gmm_em_loglik(&fast.em));
  run_close(&plain);
  run_close(&fast);
  setup_close(&s);
  free(x);
}

/* Rows of which each third pass, a leap where none is kept, is spoilt. */
typedef struct spoilt {
  gmm_source rows;
  double loglik;
  int calls, fails_at;
} spoilt;

static gmm_status spoilt_estep(void *self, const gmm_density *at, gmm_stats *stats) {
  spoilt *s = self;
  gmm_status status = s->rows.estep(s->rows.self, at, stats);
  if (s->calls % 3 == 2) {
    *stats->loglik = s->loglik;
  }
  return s->calls++ == s->fails_at ? gmm_fail(GMM_EINTERRUPT, -1) : status;
}

/* Leaps in vain change no bit. */
static void check_spoilt(const char *model, double loglik) {
  enum { N = 300, K = 3, STEPS = 20 };
  test_rng rng = {11, 0};
  int d = dimension_of(gmm_model_find(model), 3);
  double *x = clusters(&rng, N, d, K, 2);
  run plain, vain;
  setup s;
  run_open(&plain, model, d, K);
  run_open(&vain, model, d, K);
  setup_open(&s, plain.spec.model->layout, x, N, d, K);
  start_at_random(&plain, &s, &rng);
  gmm_params_copy(&vain.em.params, &plain.em.params);
  spoilt source = {gmm_rows_source(&s.rows), loglik, 0, -1};
  CHECK(run_to(&plain, source.rows, 0, STEPS).code == GMM_OK);
  gmm_source as_source = {spoilt_estep, &source};
  CHECK(run_by(&vain, as_source, control_of(0, 1), STEPS).code == GMM_OK);
  CHECK(vain.em.n_iter == STEPS && vain.em.n_plain == STEPS);
  CHECK(vain.em.n_pass == 1 + STEPS + STEPS / 2);
  CHECK(vain.em.longest == 2);
  CHECK(same_bits(vain.em.trace, plain.em.trace, STEPS + 1));
  CHECK(same_bits(vain.em.params.mu, plain.em.params.mu, (size_t)d * K));

  /* An interrupt is none of what makes a leap vain. */
  source.calls = 0;
  source.fails_at = 2;
  gmm_em_begin(&vain.em);
  CHECK(run_by(&vain, as_source, control_of(0, 1), STEPS).code == GMM_EINTERRUPT);
  CHECK(vain.em.n_iter == 1);
  run_close(&plain);
  run_close(&vain);
  setup_close(&s);
  free(x);
}

/* A run is given up when, and only when, it ends below what it is to beat; from where its
 * gains shrink, so that they tell the end. */
static void check_overtaken(int accelerate, int k, double apart, uint64_t seed) {
  enum { N = 500, D = 3, AFTER = 10 };
  test_rng rng = {seed, 0};
  double *x = clusters(&rng, N, D, k, apart);
  run r;
  setup s;
  run_open(&r, "EEE", D, k);
  setup_open(&s, GMM_FULL, x, N, D, k);
  int part[N];
  for (int i = 0; i < N; i++) {
    part[i] = i % k;
  }
  CHECK(start_from(&s, &r.spec, part, NULL, &r.em.params).code == GMM_OK);
  gmm_params_copy(&s.params, &r.em.params);
  gmm_source source = gmm_rows_source(&s.rows);
  CHECK(run_by(&r, source, control_of(1e-10, accelerate), MAX_ITER).code == GMM_OK);
  CHECK(r.em.converged && !r.em.overtaken);
  double end = gmm_em_loglik(&r.em);
  int n_iter = r.em.n_iter;

  gmm_em_control control = control_of(1e-10, accelerate);
  double off[] = {-2, -1, 0.5, 1, 100};
  for (int i = 0; i < 5; i++) {
    control.beat = end + off[i];
    control.beat_after = i % 2 ? AFTER : 0;
    gmm_em_begin(&r.em);
    gmm_params_copy(&r.em.params, &s.params);
    CHECK(run_by(&r, source, control, MAX_ITER).code == GMM_OK);
    CHECK(r.em.overtaken == (off[i] > 0));
    CHECK(r.em.converged == (off[i] < 0));
    CHECK(off[i] > 0 ? r.em.n_iter < n_iter : r.em.n_iter == n_iter);
    CHECK(r.em.n_iter >= control.beat_after);
  }
  run_close(&r);
  setup_close(&s);
  free(x);
}

/* A run is given up, in the component that is too small, once it may be: here from the first
 * iteration on, since there is no component of more than N. */
static void test_forlorn(void) {
  enum { N = 200, D = 3 };
  test_rng rng = {1, 0};
  double *x = clusters(&rng, N, D, 2, 3);
  setup s;
  run r;
  run_open(&r, "VVV", D, 2);
  setup_open(&s, GMM_FULL, x, N, D, 2);
  int part[N];
  for (int i = 0; i < N; i++) {
    part[i] = i % 5 == 0;
  }
  gmm_source source = gmm_rows_source(&s.rows);
  int after[] = {0, 1, 7};
  for (int i = 0; i < 3; i++) {
    gmm_em_control control = control_of(1e-10, 0);
    control.least_count = N + 1;
    control.count_after = after[i];
    gmm_em_begin(&r.em);
    CHECK(start_from(&s, &r.spec, part, NULL, &r.em.params).code == GMM_OK);
    gmm_status status = run_by(&r, source, control, MAX_ITER);
    CHECK(status.code == GMM_ESMALL && status.index == 0);
    CHECK(r.em.n_iter == (after[i] > 1 ? after[i] : 1));
  }
  run_close(&r);
  setup_close(&s);
  free(x);
}

/* A source that is read from a script ------------------------------------- */

/* Log-likelihoods one after the other; the statistics say that all is well, so
 * that only the log-likelihood matters. */
typedef struct script {
  double n, loglik[MAX_ITER + 1];
  int calls, empty_at, fails_at;
} script;

static gmm_status script_estep(void *self, const gmm_density *at, gmm_stats *stats) {
  script *s = self;
  gmm_stats_clear(stats, at->mu);
  *stats->n = s->n;
  *stats->loglik = s->loglik[s->calls];
  for (int j = 0; j < stats->k; j++) {
    stats->count[j] = s->calls == s->empty_at && j == 1 ? 0 : s->n / stats->k;
    stats->scatter[j] = s->n / stats->k;
  }
  return s->calls++ == s->fails_at ? gmm_fail(GMM_EINTERRUPT, -1) : gmm_ok();
}

static void script_open(script *s, run *r, double n) {
  *s = (script){.n = n, .empty_at = -1, .fails_at = -1};
  run_open(r, "V", 1, 2);
  for (int j = 0; j < 2; j++) {
    r->em.params.pi[j] = 0.5;
    r->em.params.mu[j] = j;
    r->em.params.sigma[j] = 1;
  }
}

static gmm_status play(script *s, run *r, double tol, int max_iter) {
  s->calls = 0;
  return run_to(r, (gmm_source){script_estep, s}, tol, max_iter);
}

/* Gains first, first q, first q^2, ... up to `limit`; the first iteration at
 * which both the gain and all that is still to come are at most tol n. */
static void check_geometric(double first, double q, double n, double tol) {
  script s;
  run r;
  script_open(&s, &r, n);
  double limit = -100;
  for (int t = 0; t <= MAX_ITER; t++) {
    s.loglik[t] = limit - first / (1 - q) * pow(q, t);
  }
  /* The gain of iteration t is first q^(t-1). */
  int want = 2;
  while (first * pow(q, want - 1) > tol * n || first * pow(q, want) / (1 - q) > tol * n) {
    want++;
  }
  CHECK(play(&s, &r, tol, MAX_ITER).code == GMM_OK);
  CHECK(r.em.converged);
  CHECK(r.em.n_iter == want);
  CHECK(limit - gmm_em_loglik(&r.em) <= tol * n * 1.001);
  run_close(&r);
}

static void test_geometric(void) {
  check_geometric(1, 0.5, 100, 1e-7);
  check_geometric(1, 0.1, 100, 1.1e-7);
  check_geometric(10, 0.9, 1000, 1.1e-6);
  check_geometric(1, 0.99, 1000, 1.1e-7);
  /* From the first iteration that could stop. */
  check_geometric(1e-6, 0.3, 1000, 1e-6);
}

/* Gains fall to far less than tol n, slowly, and grow again: a plateau. Only
 * the decay at the end, from gains of 1, is an end. */
static void test_plateau(void) {
  script s;
  run r;
  double n = 1000, tol = 1e-6, lowest = tol * n / 10;
  int bottom = 150, top = 0, want = 0;
  script_open(&s, &r, n);
  s.loglik[0] = -500;
  double gain = 0, to_come = 0;
  for (int t = 1; t <= MAX_ITER; t++) {
    if (top == 0) {
      gain = lowest * exp(0.0005 * (t - bottom) * (t - bottom));
      top = t > bottom && gain > 1 ? t : 0;
    } else {
      gain *= 0.7;
      to_come = gain * 0.7 / 0.3;
      want = want == 0 && gain <= tol * n && to_come <= tol * n ? t : want;
    }
    s.loglik[t] = s.loglik[t - 1] + gain;
  }
  CHECK(play(&s, &r, tol, MAX_ITER).code == GMM_OK);
  CHECK(r.em.converged);
  CHECK(r.em.n_iter == want);
  CHECK(want > top && top > bottom);

  /* The bottom is no end even if it is all there is to see. */
  gmm_em_begin(&r.em);
  CHECK(play(&s, &r, tol, bottom + 50).code == GMM_OK);
  CHECK(!r.em.converged);
  CHECK(r.em.n_iter == bottom + 50);
  CHECK(s.loglik[bottom + 50] - s.loglik[bottom + 49] <= tol * n);
  run_close(&r);
}

/* Gains within rounding of the log-likelihood are none, though they grow. */
static void test_rounding(void) {
  script s;
  run r;
  script_open(&s, &r, 10);
  for (int t = 0; t <= MAX_ITER; t++) {
    s.loglik[t] = 1e6 + (t < 5 ? t : 5 + ldexp(1, t % 2 - 33));
  }
  CHECK(play(&s, &r, 1e-15, MAX_ITER).code == GMM_OK);
  CHECK(r.em.converged);
  CHECK(r.em.n_iter == 6 || r.em.n_iter == 7);
  run_close(&r);
}

static void test_constant_loglik(double loglik) {
  script s;
  run r;
  script_open(&s, &r, 10);
  for (int t = 0; t <= MAX_ITER; t++) {
    s.loglik[t] = loglik;
  }
  CHECK(play(&s, &r, 1e-10, MAX_ITER).code == GMM_OK);
  CHECK(r.em.converged);
  CHECK(r.em.n_iter == 2);

  /* Exactly max_iter iterations when tol is 0. */
  int lengths[] = {0, 1, 2, 3, 50, MAX_ITER};
  for (int i = 0; i < 6; i++) {
    gmm_em_begin(&r.em);
    CHECK(play(&s, &r, 0, lengths[i]).code == GMM_OK);
    CHECK(!r.em.converged);
    CHECK(r.em.n_iter == lengths[i]);
    CHECK(s.calls == lengths[i] + 1);
  }
  run_close(&r);
}

/* On geometric decay the end is known from the second iteration on. */
static void test_overtaken(void) {
  script s;
  run r;
  script_open(&s, &r, 100);
  for (int t = 0; t <= MAX_ITER; t++) {
    s.loglik[t] = -100 - 2 * pow(0.9, t);
  }
  int after[] = {0, 2, 3, 17};
  for (int i = 0; i < 4; i++) {
    for (int beyond = 0; beyond < 2; beyond++) {
      gmm_em_control control = control_of(1e-9, 0);
      control.beat = -100 + (beyond ? 1e-6 : -1e-6);
      control.beat_after = after[i];
      s.calls = 0;
      gmm_em_begin(&r.em);
      CHECK(run_by(&r, (gmm_source){script_estep, &s}, control, MAX_ITER).code == GMM_OK);
      CHECK(r.em.overtaken == beyond);
      CHECK(r.em.converged == !beyond);
      CHECK(!beyond || r.em.n_iter == (after[i] > 2 ? after[i] : 2));
    }
  }
  run_close(&r);
}

/* A gain after a fall is no sign of an end, however small. */
static void test_gain_after_fall(void) {
  script s;
  run r;
  script_open(&s, &r, 1000);
  for (int t = 0; t <= MAX_ITER; t++) {
    s.loglik[t] = -500 + 1e-8 * pow(1.1, t) - (t < 20 ? 0 : 1e-7);
  }
  CHECK(play(&s, &r, 1e-9, 40).code == GMM_OK);
  CHECK(!r.em.converged);
  CHECK(r.em.n_iter == 40);
  run_close(&r);
}

/* Failures ----------------------------------------------------------------- */

static void test_nonfinite(void) {
  double bad[] = {NAN, INFINITY, -INFINITY};
  for (int i = 0; i < 3; i++) {
    for (int at = 0; at < 4; at += 3) {
      script s;
      run r;
      script_open(&s, &r, 10);
      for (int t = 0; t <= MAX_ITER; t++) {
        s.loglik[t] = t == at ? bad[i] : t;
      }
      gmm_status status = play(&s, &r, 1e-10, MAX_ITER);
      CHECK(status.code == GMM_ENONFINITE);
      CHECK(status.index == -1);
      CHECK(r.em.n_iter == (at > 0 ? at - 1 : 0));
      CHECK(!r.em.converged);
      run_close(&r);
    }
  }
}

static void test_failures(void) {
  script s;
  run r;
  script_open(&s, &r, 10);
  for (int t = 0; t <= MAX_ITER; t++) {
    s.loglik[t] = t;
  }
  s.empty_at = 2;
  gmm_status status = play(&s, &r, 0, MAX_ITER);
  CHECK(status.code == GMM_EEMPTY);
  CHECK(status.index == 1);
  CHECK(r.em.n_iter == 2);
  run_close(&r);

  script_open(&s, &r, 10);
  s.fails_at = 3;
  status = play(&s, &r, 0, MAX_ITER);
  CHECK(status.code == GMM_EINTERRUPT);
  run_close(&r);

  script_open(&s, &r, 10);
  r.em.params.sigma[1] = 0;
  status = play(&s, &r, 0, MAX_ITER);
  CHECK(status.code == GMM_ESINGULAR);
  CHECK(status.index == 1);
  CHECK(s.calls == 0);
  run_close(&r);
}

/* Two groups of 500 rows, sd 50 by 0.5, 3 apart, from a start that splits them
 * across: gains shrink to little, then grow a hundred thousandfold. */
static void check_two_cigars(uint64_t seed) {
  enum { N = 1000 };
  test_rng rng = {seed, 0};
  double *x = doubles(2 * N);
  int part[N];
  for (int i = 0; i < N; i++) {
    x[i] = 50 * normal(&rng);
    x[i + N] = 0.5 * normal(&rng) + 3 * (i % 2);
    part[i] = x[i] > 0;
  }
  run r;
  setup s;
  run_open(&r, "VVV", 2, 2);
  setup_open(&s, GMM_FULL, x, N, 2, 2);
  CHECK(frame_of_rows(&s, 1).code == GMM_OK);
  CHECK(start_from(&s, &r.spec, part, NULL, &r.em.params).code == GMM_OK);
  CHECK(run_to(&r, gmm_rows_source(&s.rows), 1e-10, MAX_ITER).code == GMM_OK);
  CHECK(r.em.converged);

  /* It was a trap: the largest gain, relative to the least before it. */
  double least = INFINITY, rise = 0;
  for (int t = 1; t <= r.em.n_iter; t++) {
    double gain = (r.em.trace[t] - r.em.trace[t - 1]) / N;
    least = fmin(least, gain);
    rise = fmax(rise, gain / least);
  }
  CHECK(rise > 1e5);

  int right = 0, class[N];
  gmm_scores scores = {.rows = {.class = class}};
  CHECK(gmm_density_prepare(&s.density, &r.em.params).code == GMM_OK);
  CHECK(gmm_rows_score(&s.rows, &s.density, &scores).code == GMM_OK);
  for (int i = 0; i < N; i++) {
    right += class[i] == 1 + i % 2;
  }
  CHECK(right > 0.99 * N || right < 0.01 * N);
  run_close(&r);
  setup_close(&s);
  free(x);
}

int main(void) {
  for (int i = 0; i < gmm_model_count(); i++) {
    const char *model = gmm_model_at(i)->name;
    int d = dimension_of(gmm_model_at(i), 3);
    for (uint64_t seed = 1; seed <= 3; seed++) {
      check_monotone(model, 0, d, 2, seed);
      check_monotone(model, 0, d, 3, seed);
    }
    check_monotone(model, 1, d, 3, 4);
    check_resume(model, 0, 40);
    check_resume(model, 1e-8, MAX_ITER);
    check_copy(model);
    check_leaps(model, 0, 2, 1);
    check_leaps(model, 0, 3, 4);
    check_leaps(model, 1, 2, 3);
    check_spoilt(model, -1e10);
    check_spoilt(model, NAN);
  }
  for (uint64_t seed = 1; seed <= 3; seed++) {
    check_overtaken(0, 2, 3, seed);
    check_overtaken(1, 3, 2, seed);
  }
  test_overtaken();
  test_gain_after_fall();
  test_forlorn();
  test_one_component();
  test_geometric();
  test_plateau();
  test_rounding();
  test_constant_loglik(0);
  test_constant_loglik(-12345.678);
  test_nonfinite();
  test_failures();
  check_two_cigars(7);
  check_two_cigars(8);
  check_two_cigars(9);
  check_two_cigars(15);
  return check_report("em");
}
