/*
 * The M-step of every model against its formula (cov.h), from statistics about
 * centres that are not the means; projection into a model's family; rounding
 * and empty components.
 */
#include "mstep.h"

#include "helpers.h"

#define MAX_D 5
#define K 3

/* W_j about the means, by hand: lower triangles or variances. */
typedef struct hand {
  double n, count[K], mu[MAX_D * K], within[MAX_D * MAX_D * K];
} hand;

/* Random statistics, and what they are about the means. */
static void random_stats(test_rng *rng, setup *s, const double *centre, hand *h) {
  size_t D = (size_t)s->d, size = gmm_cov_size(s->layout, s->d);
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

static const char *names[] = {"E", "V", "EII", "VII", "EEI", "VVI", "EEE", "VVV"};
enum { N_MODELS = sizeof names / sizeof *names };

static void check_formula(const gmm_model *model, int d, int alias) {
  test_rng rng = {(uint64_t)d, 0};
  setup s;
  hand h;
  double centre[MAX_D * K], want[MAX_D * MAX_D * K];
  setup_open(&s, model->layout, NULL, 0, d, K);
  for (int i = 0; i < MAX_D * K; i++) {
    centre[i] = normal(&rng);
  }
  random_stats(&rng, &s, centre, &h);
  if (alias) {
    memcpy(s.params.mu, centre, (size_t)d * K * sizeof(double));
    s.stats.centre = s.params.mu;
  }
  gmm_status status = gmm_mstep(model, &s.stats, &s.params);
  CHECK(status.code == GMM_OK && status.index == -1);
  formula(model->name, model->layout, d, &h, want);
  for (int j = 0; j < K; j++) {
    CHECK_NEAR(s.params.pi[j], h.count[j] / h.n, 1e-15);
  }
  CHECK_NEAR(worst_error(s.params.mu, h.mu, (size_t)d * K), 0, 1e-14);
  CHECK_NEAR(worst_in_cov(model->layout, d, s.params.sigma, want), 0, 1e-12);
  CHECK_NEAR(worst_in_cov(model->layout, d, s.stats.scatter, h.within), 0, 1e-12);
  setup_close(&s);
}

/* Into the family, where it stays; members of the family are left alone. */
static void check_project(const gmm_model *model, int d) {
  test_rng rng = {(uint64_t)d, 0};
  setup s;
  setup_open(&s, model->layout, NULL, 0, d, K);
  random_params(&rng, &s.params);
  size_t size = gmm_cov_size(model->layout, d) * K;
  hand h = {.n = 1};
  double want[MAX_D * MAX_D * K], pi[K];
  memcpy(pi, s.params.pi, sizeof pi);
  double *mu = copy_of(s.params.mu, (size_t)d * K);
  for (int j = 0; j < K; j++) {
    h.count[j] = pi[j];
  }
  for (size_t i = 0; i < size; i++) {
    h.within[i] = pi[i / (size / K)] * s.params.sigma[i];
  }
  formula(model->name, model->layout, d, &h, want);
  gmm_mstep_project(model, &s.stats, &s.params);
  CHECK_NEAR(worst_in_cov(model->layout, d, s.params.sigma, want), 0, 1e-14);
  CHECK(same_bits(s.params.pi, pi, K));
  CHECK(same_bits(s.params.mu, mu, (size_t)d * K));

  memcpy(want, s.params.sigma, size * sizeof(double));
  gmm_mstep_project(model, &s.stats, &s.params);
  CHECK_NEAR(worst_in_cov(model->layout, d, s.params.sigma, want), 0, 1e-14);
  free(mu);
  setup_close(&s);
}

/* Rows that are all at the new mean: the difference of two equal sums of
 * squares may round below zero, a variance may not. */
static void test_no_negative_variance(const gmm_model *model) {
  setup s;
  setup_open(&s, model->layout, NULL, 0, 1, 1);
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
    CHECK(gmm_mstep(model, &s.stats, &s.params).code == GMM_OK);
    least = fmin(least, fmin(s.params.sigma[0], s.stats.scatter[0]));
  }
  CHECK(rounded > 0);
  CHECK_NEAR(least, 0, 0);
  setup_close(&s);
}

/* The first component of no size, and nothing is changed. */
static void check_empty(const gmm_model *model, double size) {
  test_rng rng = {1, 0};
  setup s;
  hand h;
  double centre[MAX_D * K] = {0};
  for (int j = 0; j < K; j++) {
    setup_open(&s, model->layout, NULL, 0, 1, K);
    random_stats(&rng, &s, centre, &h);
    for (int l = j; l < K; l++) {
      s.stats.count[l] = size;
    }
    double *mu = copy_of(s.params.mu, K), *sigma = copy_of(s.params.sigma, K);
    gmm_status status = gmm_mstep(model, &s.stats, &s.params);
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
  for (int i = 0; i < N_MODELS; i++) {
    const gmm_model *model = gmm_model_find(names[i]);
    CHECK(model != NULL);
    int max_d = strlen(names[i]) == 1 ? 1 : MAX_D;
    for (int d = 1; model && d <= max_d; d++) {
      check_formula(model, d, 0);
      check_formula(model, d, 1);
      check_project(model, d);
    }
    if (model) {
      test_no_negative_variance(model);
      check_empty(model, 0);
      check_empty(model, NAN);
    }
  }
  return check_report("mstep");
}
