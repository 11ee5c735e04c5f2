/*
 * The M-step of the models with a closed form against it (cov.h), from
 * statistics about centres that are not the means; proportions that are not
 * estimated; projection into any model's family; rounding and empty components.
 */
#include "mstep.h"

#include "helpers.h"
#include "params.h"

#define MAX_D 5
#define K 3

/* W_j about the means, by hand: lower triangles or variances. */
typedef struct hand {
  double n, count[K], mu[MAX_D * K], within[MAX_D * MAX_D * K];
} hand;

/* Random statistics about random centres, and what they are about the means. */
static void random_stats(test_rng *rng, setup *s, double *centre, hand *h) {
  size_t D = (size_t)s->d, size = gmm_cov_size(s->layout, s->d);
  for (size_t i = 0; i < D * K; i++) {
    centre[i] = normal(rng);
  }
  gmm_stats_clear(&s->stats, centre);
  random_params(rng, &s->params);
  *h = (hand){0};
  for (size_t j = 0; j < K; j++) {
    h->count[j] = s->stats.count[j] = 1 + 20 * uniform(rng);
    h->n += h->count[j];
    for (size_t a = 0; a < D; a++) {
      double shift = normal(rng);
      s->stats.sum[a + D * j] = h->count[j] * shift;
      h->mu[a + D * j] = centre[a + D * j] + shift;
    }
    for (size_t i = 0; i < size; i++) {
      size_t a = s->layout == GMM_FULL ? i % D : i, b = s->layout == GMM_FULL ? i / D : i;
      double about_mean = s->params.sigma[i + size * j] * 7;
      double shift_a = h->mu[a + D * j] - centre[a + D * j];
      double shift_b = h->mu[b + D * j] - centre[b + D * j];
      h->within[i + size * j] = about_mean;
      s->stats.scatter[i + size * j] = about_mean + h->count[j] * shift_a * shift_b;
    }
  }
  *s->stats.n = h->n;
}

/* Covariances of each model from n, n_j and W_j, straight from cov.h. */
static void formula(const char *model, gmm_layout layout, int d, const hand *h, double *sigma) {
  int size = (int)gmm_cov_size(layout, d);
  double pooled[MAX_D * MAX_D] = {0}, trace[K] = {0}, all = 0;
  for (int i = 0; i < size * K; i++) {
    pooled[i % size] += h->within[i];
    if (layout == GMM_DIAGONAL) {
      trace[i / size] += h->within[i];
      all += h->within[i];
    }
  }
  int spherical = layout == GMM_DIAGONAL && (strstr(model, "II") || strlen(model) == 1);
  int equal = model[0] == 'E';
  for (int i = 0; i < size * K; i++) {
    int j = i / size;
    if (spherical) {
      sigma[i] = equal ? all / (h->n * d) : trace[j] / (h->count[j] * d);
    } else {
      sigma[i] = equal ? pooled[i % size] / h->n : h->within[i] / h->count[j];
    }
  }
}

/* Worst error over the entries that are meant. */
static double worst_in_cov(gmm_layout layout, int d, const double *sigma, const double *want) {
  int size = (int)gmm_cov_size(layout, d);
  double worst = 0;
  for (int i = 0; i < size * K; i++) {
    if (layout == GMM_DIAGONAL || i % size % d >= i % size / d) {
      worst = fmax(worst, error_in(sigma[i], want[i], 1));
    }
  }
  return worst;
}

static int is_closed_form(const gmm_model *model) {
  static const char *const names[] = {"E", "V", "EII", "VII", "EEI", "VVI", "EEE", "VVV"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strcmp(model->name, names[i]) == 0) {
      return 1;
    }
  }
  return 0;
}

/* Proportions, means, and the scatter about them. */
static void check_located(const gmm_spec *spec, const setup *s, const hand *h) {
  for (int j = 0; j < K; j++) {
    CHECK_NEAR(s->params.pi[j], spec->equal_proportions ? 1.0 / K : h->count[j] / h->n, 1e-15);
  }
  CHECK_NEAR(worst_error(s->params.mu, h->mu, (size_t)s->d * K), 0, 1e-14);
  CHECK_NEAR(worst_in_cov(s->layout, s->d, s->stats.scatter, h->within), 0, 1e-12);
}

static void check_formula(const gmm_spec *spec, int d, int alias) {
  const gmm_model *model = spec->model;
  test_rng rng = {(uint64_t)d, 0};
  setup s;
  hand h;
  double centre[MAX_D * K], want[MAX_D * MAX_D * K];
  setup_open(&s, model->layout, NULL, 0, d, K);
  random_stats(&rng, &s, centre, &h);
  if (alias) {
    memcpy(s.params.mu, centre, (size_t)d * K * sizeof(double));
    s.stats.centre = s.params.mu;
  }
  gmm_status status = gmm_mstep(spec, &s.stats, &s.params, s.mstep);
  CHECK(status.code == GMM_OK && status.index == -1);
  formula(model->name, model->layout, d, &h, want);
  check_located(spec, &s, &h);
  CHECK_NEAR(worst_in_cov(model->layout, d, s.params.sigma, want), 0, 1e-12);
  setup_close(&s);
}

/* The first part of an M-step: all but the covariances. */
static void check_locate(const gmm_spec *spec, int d) {
  test_rng rng = {(uint64_t)d, 0};
  setup s;
  hand h;
  double centre[MAX_D * K];
  size_t size = gmm_cov_size(spec->model->layout, d) * K;
  setup_open(&s, spec->model->layout, NULL, 0, d, K);
  random_stats(&rng, &s, centre, &h);
  double *sigma = copy_of(s.params.sigma, size);
  CHECK(gmm_mstep_locate(spec, &s.stats, &s.params).code == GMM_OK);
  check_located(spec, &s, &h);
  CHECK(same_bits(s.params.sigma, sigma, size));
  free(sigma);
  setup_close(&s);
}

/* Brought into the family; means are not touched, nor proportions that are free. */
static void project(const gmm_spec *spec, setup *s) {
  size_t means = (size_t)s->d * K;
  double *mu = copy_of(s->params.mu, means), *pi = copy_of(s->params.pi, K), equal[K];
  for (int j = 0; j < K; j++) {
    equal[j] = 1.0 / K;
  }
  gmm_factors_forget(&s->params.factors);
  s->params.factors.exact = 1;
  CHECK(gmm_mstep_project(spec, &s->stats, &s->params, s->mstep).code == GMM_OK);
  CHECK(same_bits(s->params.pi, spec->equal_proportions ? equal : pi, K));
  CHECK(same_bits(s->params.mu, mu, means));
  free(mu);
  free(pi);
}

/* Into the family, to where the formula says if there is one, and members stay
 * where they are. */
static void check_project(const gmm_spec *spec, int d, int has_formula) {
  const gmm_model *model = spec->model;
  test_rng rng = {(uint64_t)d, 0};
  setup s;
  setup_open(&s, model->layout, NULL, 0, d, K);
  random_params(&rng, &s.params);
  size_t size = gmm_cov_size(model->layout, d) * K;
  hand h = {.n = 1};
  double want[MAX_D * MAX_D * K];
  for (int j = 0; j < K; j++) {
    h.count[j] = spec->equal_proportions ? 1.0 / K : s.params.pi[j];
  }
  for (size_t i = 0; i < size; i++) {
    h.within[i] = h.count[i / (size / K)] * s.params.sigma[i];
  }
  formula(model->name, model->layout, d, &h, want);
  project(spec, &s);
  if (has_formula) {
    CHECK_NEAR(worst_in_cov(model->layout, d, s.params.sigma, want), 0, 1e-14);
  }

  memcpy(want, s.params.sigma, size * sizeof(double));
  /* Axes that all share are found to where turning them gains nothing. */
  double tol = strstr(model->name, "VE") == model->name + 1 ? 1e-9 : 1e-12;
  for (int again = 0; again < 3; again++) {
    project(spec, &s);
    CHECK_NEAR(worst_in_cov(model->layout, d, s.params.sigma, want), 0, tol);
  }
  setup_close(&s);
}

/* Rows that are all at the new mean: the difference of two equal sums of
 * squares may round below zero, a variance may not. */
static void check_no_negative_variance(const gmm_spec *spec) {
  setup s;
  setup_open(&s, spec->model->layout, NULL, 0, 1, 1);
  test_rng rng = {1, 0};
  double centre = 0, least = 0;
  int rounded = 0;
  for (int i = 0; i < 200; i++) {
    double y = normal(&rng), n = 1 + integer_to(&rng, 50);
    gmm_stats_clear(&s.stats, &centre);
    *s.stats.n = s.stats.count[0] = n;
    s.stats.sum[0] = n * y;
    s.stats.scatter[0] = n * y * y;
    rounded += s.stats.scatter[0] - s.stats.sum[0] * (s.stats.sum[0] / n) < 0;
    CHECK(gmm_mstep(spec, &s.stats, &s.params, s.mstep).code == GMM_OK);
    least = fmin(least, fmin(s.params.sigma[0], s.stats.scatter[0]));
  }
  CHECK(rounded > 0);
  CHECK_NEAR(least, 0, 0);
  setup_close(&s);
}

/* The first component of no size, and nothing is changed. */
static void check_empty(const gmm_spec *spec, double size) {
  test_rng rng = {1, 0};
  setup s;
  hand h;
  double centre[MAX_D * K];
  for (int j = 0; j < K; j++) {
    setup_open(&s, spec->model->layout, NULL, 0, 1, K);
    random_stats(&rng, &s, centre, &h);
    for (int l = j; l < K; l++) {
      s.stats.count[l] = size;
    }
    double *mu = copy_of(s.params.mu, K), *sigma = copy_of(s.params.sigma, K);
    gmm_status status = gmm_mstep(spec, &s.stats, &s.params, s.mstep);
    CHECK(status.code == GMM_EEMPTY);
    CHECK(status.index == j);
    CHECK(same_bits(mu, s.params.mu, K));
    CHECK(same_bits(sigma, s.params.sigma, K));
    free(mu);
    free(sigma);
    setup_close(&s);
  }
}

int main(void) {
  for (int i = 0; i < 2 * gmm_model_count(); i++) {
    gmm_spec spec = {.model = gmm_model_at(i / 2), .equal_proportions = i % 2};
    int has_formula = is_closed_form(spec.model);
    for (int d = 1; d <= dimension_of(spec.model, MAX_D); d++) {
      if (has_formula) {
        check_formula(&spec, d, 0);
        check_formula(&spec, d, 1);
      }
      check_locate(&spec, d);
      check_project(&spec, d, has_formula);
    }
    if (has_formula) {
      check_no_negative_variance(&spec);
    }
    check_empty(&spec, 0);
    check_empty(&spec, NAN);
  }
  return check_report("mstep");
}
