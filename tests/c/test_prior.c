/*
 * The prior on the covariances: its penalty is a divergence, nothing where all are its
 * centre; and with it EM goes uphill for any model, by steps and by leaps, also to where a
 * component would collapse.
 */
#include "prior.h"

#include "em.h"
#include "helpers.h"

enum { MAX_ITER = 300 };

typedef struct fitted {
  gmm_spec spec;
  gmm_prior prior;
  gmm_em em;
  gmm_em_work work;
  int d, k;
  void *memory;
} fitted;

static void fitted_take(void *self, gmm_arena *arena) {
  fitted *f = self;
  gmm_layout layout = f->spec.model->layout;
  gmm_prior_take(&f->prior, arena, layout, f->d, f->k);
  gmm_em_take(&f->em, arena, layout, f->d, f->k, MAX_ITER);
  gmm_em_work_take(&f->work, arena, f->spec.model, f->d, f->k);
}

static void open(fitted *f, const char *model, int d, int k, double size, double scale) {
  *f = (fitted){.spec = spec_of(model), .d = d, .k = k};
  f->memory = carve(fitted_take, f);
  f->prior.size = size;
  f->prior.scale = scale;
  f->spec.prior = &f->prior;
  gmm_em_begin(&f->em);
}

static void close(fitted *f) {
  free(f->memory);
}

/* Against log determinants and traces in long double, where the inverse of the factor is
 * the other way to the trace. */
static void check_penalty(const char *model, int d, int k) {
  test_rng rng = {1, 0};
  double size = 2.5, scale = 0.3;
  fitted f;
  setup s;
  open(&f, model, d, k, size, scale);
  gmm_layout layout = f.spec.model->layout;
  setup_open(&s, layout, NULL, 1, d, k);
  random_params(&rng, &s.params);
  random_params(&rng, &f.em.params);
  gmm_prior_centre(&f.prior, f.em.params.sigma);
  CHECK(gmm_density_prepare(&s.density, &s.params).code == GMM_OK);

  /* tr(S sigma^-1) is the sum of |L^-1 c|^2 over the columns c of the factor of S, which are
   * what the log density at mu + c lacks. */
  long double want = 0, factor[256] = {0};
  for (int a = 0; a < d && layout == GMM_DIAGONAL; a++) {
    factor[a + d * a] = sqrtl(f.prior.covariance[a]);
  }
  if (layout == GMM_FULL) {
    reference_cholesky(d, f.prior.covariance, factor);
  }
  for (int j = 0; j < k; j++) {
    const double *mu = s.params.mu + d * j;
    long double at_mean = reference_logdens(&s.params, j, mu, 1);
    long double log_det = 2 * (logl(s.params.pi[j]) - 0.5L * d * LOG_2PI_L - at_mean);
    want += log_det - d;
    for (int b = 0; b < d; b++) {
      double x[16];
      for (int a = 0; a < d; a++) {
        x[a] = mu[a] + (a < b ? 0 : (double)factor[a + d * b]);
      }
      want += 2 * (at_mean - reference_logdens(&s.params, j, x, 1));
      want -= 2 * logl(factor[b + d * b]);
    }
  }
  want *= size / 2;
  double penalty = gmm_prior_penalty(&f.prior, &s.density);
  CHECK_NEAR(penalty / (double)want, 1, 1e-12);
  CHECK(penalty > 0);

  /* Nothing at the centre. */
  size_t one = gmm_cov_size(layout, d);
  for (int j = 0; j < k; j++) {
    memcpy(s.params.sigma + one * (size_t)j, f.prior.covariance, one * sizeof(double));
  }
  CHECK(gmm_density_prepare(&s.density, &s.params).code == GMM_OK);
  CHECK_NEAR(gmm_prior_penalty(&f.prior, &s.density), 0, 1e-13);
  setup_close(&s);
  close(&f);
}

/* Two rows of a component's own are too few without a prior. */
static void check_uphill(const char *model, int accelerate) {
  enum { N = 200, K = 3 };
  test_rng rng = {2, 0};
  int d = dimension_of(gmm_model_find(model), 3), part[N];
  double *x = clusters(&rng, N, d, 2, 4);
  for (int i = 0; i < N; i++) {
    part[i] = i < 2 ? 2 : i % 2;
  }
  fitted f;
  setup s;
  open(&f, model, d, K, 0.5, 0.2);
  setup_open(&s, f.spec.model->layout, x, N, d, K);
  random_params(&rng, &s.params);
  gmm_prior_centre(&f.prior, s.params.sigma);
  CHECK(start_from(&s, &f.spec, part, NULL, &f.em.params).code == GMM_OK);
  gmm_em_control control = {.tol = 1e-10, .accelerate = accelerate, .beat = -INFINITY};
  gmm_source source = gmm_rows_source(&s.rows);
  CHECK(gmm_em_run(&f.em, &f.spec, source, &control, MAX_ITER, &f.work).code == GMM_OK);
  double fall = 0;
  for (int t = 1; t <= f.em.n_iter; t++) {
    fall = fmax(fall, f.em.trace[t - 1] - f.em.trace[t]);
  }
  double loglik = gmm_em_loglik(&f.em);
  CHECK_NEAR(fall, 0, 8e-15 * (fabs(loglik) + N));
  CHECK(f.em.n_iter > 2 && loglik > f.em.trace[0]);

  /* It is the penalised one of the parameters. */
  CHECK(gmm_density_prepare(&s.density, &f.em.params).code == GMM_OK);
  CHECK(estep(&s).code == GMM_OK);
  CHECK(f.em.plain == *s.stats.loglik);
  CHECK(loglik == f.em.plain - gmm_prior_penalty(&f.prior, &s.density));
  setup_close(&s);
  close(&f);
  free(x);
}

/* Where the covariance of the data is singular, the centre is its diagonal. */
static void test_singular(void) {
  enum { D = 2 };
  double total[D * D] = {1, 2, NAN, 4}, want[D * D] = {0.5, 0, 0, 2};
  fitted f;
  open(&f, "VVV", D, 1, 1, 0.5);
  gmm_prior_centre(&f.prior, total);
  CHECK(f.prior.covariance[0] == want[0] && f.prior.covariance[1] == want[1]);
  CHECK(f.prior.covariance[3] == want[3]);
  CHECK_NEAR(f.prior.log_det, log(1.0), 1e-15);
  close(&f);
}

int main(void) {
  for (int i = 0; i < gmm_model_count(); i++) {
    const gmm_model *model = gmm_model_at(i);
    check_penalty(model->name, dimension_of(model, 3), 2);
    check_uphill(model->name, 0);
    check_uphill(model->name, 1);
  }
  test_singular();
  return check_report("prior");
}
