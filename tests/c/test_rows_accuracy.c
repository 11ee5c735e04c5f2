/*
 * How exact passes over the rows are, by each instruction set: statistics and log-likelihood
 * of ten variables and overlapping components against sums in long double, row by row, also
 * where the data are a million standard deviations from the origin, and where most
 * components are far from most rows. A component that has next to nothing of any row gets
 * just that; a row that is out of everything's reach is placed with the nearest.
 *
 * Prints the largest errors that were found.
 */
#include "kernel.h"

#include "helpers.h"

enum { N = 20000, D = 10, MOST_K = 12, MOST_SIZE = D * D };

/* Cholesky factors and logarithms that all rows have in common. */
typedef struct reference {
  long double factor[MOST_K][MOST_SIZE], constant[MOST_K];
  long double loglik, count[MOST_K], sum[MOST_K][D], scatter[MOST_K][MOST_SIZE];
} reference;

static void reference_prepare(reference *ref, const gmm_params *p) {
  size_t size = gmm_cov_size(p->layout, p->d);
  *ref = (reference){.loglik = 0};
  for (int j = 0; j < p->k; j++) {
    const double *sigma = p->sigma + size * (size_t)j;
    if (p->layout == GMM_FULL) {
      reference_cholesky(p->d, sigma, ref->factor[j]);
    }
    ref->constant[j] = logl(p->pi[j]) - 0.5L * p->d * LOG_2PI_L;
    for (int a = 0; a < p->d; a++) {
      if (p->layout == GMM_DIAGONAL) {
        ref->factor[j][a + p->d * a] = sqrtl(sigma[a]);
      }
      ref->constant[j] -= logl(ref->factor[j][a + p->d * a]);
    }
  }
}

/* Adds a row that is already in working coordinates. */
static void reference_add(reference *ref, const gmm_params *p, const long double *row) {
  int d = p->d;
  long double y[MOST_K][D], l[MOST_K], top = -INFINITY, total = 0;
  for (int j = 0; j < p->k; j++) {
    long double z[D];
    l[j] = ref->constant[j];
    for (int a = 0; a < d; a++) {
      z[a] = y[j][a] = row[a] - p->mu[a + d * j];
      for (int b = 0; b < a && p->layout == GMM_FULL; b++) {
        z[a] -= ref->factor[j][a + d * b] * z[b];
      }
      z[a] /= ref->factor[j][a + d * a];
      l[j] -= 0.5L * z[a] * z[a];
    }
    top = l[j] > top ? l[j] : top;
  }
  for (int j = 0; j < p->k; j++) {
    total += expl(l[j] - top);
  }
  ref->loglik += top + logl(total);
  for (int j = 0; j < p->k; j++) {
    long double r = expl(l[j] - top) / total;
    ref->count[j] += r;
    for (int a = 0; a < d; a++) {
      ref->sum[j][a] += r * y[j][a];
      for (int b = p->layout == GMM_FULL ? 0 : a; b <= a; b++) {
        ref->scatter[j][a + d * b] += r * y[j][a] * y[j][b];
      }
    }
  }
}

static void reference_of(reference *ref, const setup *s) {
  reference_prepare(ref, &s->params);
  for (size_t i = 0; i < s->n; i++) {
    long double row[D];
    for (int a = 0; a < s->d; a++) {
      row[a] = (long double)s->frame.scale[a] * s->data.x[i + s->n * (size_t)a] - s->frame.shift[a];
    }
    reference_add(ref, &s->params, row);
  }
}

/* Errors of counts, relative, and of sums and scatter, in the unit n_j sd_a sd_b. */
typedef struct errors {
  double loglik, count, sum, scatter;
} errors;

static errors errors_of(const setup *s, const reference *ref) {
  const gmm_stats *stats = &s->stats;
  errors e = {.loglik = error_in(*stats->loglik, ref->loglik, fabsl(ref->loglik))};
  int d = s->d, full = s->layout == GMM_FULL;
  size_t size = gmm_cov_size(s->layout, d);
  for (int j = 0; j < s->k; j++) {
    long double n = ref->count[j];
    e.count = fmax(e.count, error_in(stats->count[j], n, n));
    for (int a = 0; a < d; a++) {
      long double sd = sqrtl(ref->scatter[j][a + d * a] / n);
      e.sum = fmax(e.sum, error_in(stats->sum[a + d * j], ref->sum[j][a], n * sd));
      for (int b = full ? 0 : a; b <= a; b++) {
        long double unit = n * sd * sqrtl(ref->scatter[j][b + d * b] / n);
        double got = stats->scatter[(full ? a + d * b : a) + (int)size * j];
        e.scatter = fmax(e.scatter, error_in(got, ref->scatter[j][a + d * b], unit));
      }
    }
  }
  return e;
}

/* Rows of a mixture whose means are `apart` standard deviations or so from each other, in
 * units of which each is half the last; and another mixture not far from it. */
static void check_accuracy(gmm_layout layout, int k, double apart, double shift) {
  test_rng rng = {11, 0};
  double *x = doubles(N * D), mu[D * MOST_K];
  for (int i = 0; i < D * k; i++) {
    mu[i] = apart * normal(&rng);
  }
  for (int i = 0; i < N; i++) {
    int j = integer_to(&rng, k - 1);
    double common = normal(&rng);
    for (int a = 0; a < D; a++) {
      x[i + N * a] = ldexp(mu[a + D * j] + 0.8 * normal(&rng) + 0.5 * common, -a) + shift;
    }
  }
  setup s;
  setup_open(&s, layout, x, N, D, k);
  CHECK(frame_of_rows(&s, 1).code == GMM_OK);
  random_params(&rng, &s.params);
  for (int j = 0; j < k; j++) {
    for (int a = 0; a < D; a++) {
      double m = ldexp(mu[a + D * j] + 0.2 * s.params.mu[a + D * j], -a) + shift;
      s.params.mu[a + D * j] = s.frame.scale[a] * m - s.frame.shift[a];
      s.params.sigma[gmm_cov_diagonal(layout, D, a) + gmm_cov_size(layout, D) * (size_t)j] +=
          0.2 / (1 + apart * apart);
    }
  }
  CHECK(gmm_density_prepare(&s.density, &s.params).code == GMM_OK);
  reference *ref = fresh(sizeof *ref);
  reference_of(ref, &s);
  for (gmm_simd level = GMM_SIMD_BASELINE; level < GMM_SIMD_LEVELS; level = next_level(level)) {
    s.engine.kernels = gmm_simd_kernels(level);
    CHECK(estep(&s).code == GMM_OK);
    errors e = errors_of(&s, ref);
    printf("# %s, %s, k %d, shift %g: log-likelihood %.1e, counts %.1e, sums %.1e, scatter %.1e\n",
           gmm_simd_name(level), layout == GMM_FULL ? "full" : "diagonal", k, shift, e.loglik,
           e.count, e.sum, e.scatter);
    CHECK_NEAR(e.loglik, 0, 1e-14);
    CHECK_NEAR(e.count, 0, 1e-13);
    CHECK_NEAR(e.sum, 0, 1e-13);
    CHECK_NEAR(e.scatter, 0, 1e-13);
  }
  free(ref);
  setup_close(&s);
  free(x);
}

/* The last of three components is `away` standard deviations from all rows: its
 * responsibilities of exp(-away^2 / 2) are all that it has. In d variables, and in the
 * company of k - 3 more, so that it is first looked at from afar. */
static void check_tiny(gmm_simd level, gmm_layout layout, int d, int k, double away) {
  enum { ROWS = 3000 };
  test_rng rng = {12, 0};
  double *x = doubles(ROWS * (size_t)d);
  setup s;
  setup_open_on(&s, level, 1, layout, x, ROWS, d, k);
  memset(s.params.sigma, 0, gmm_cov_size(layout, d) * (size_t)k * sizeof(double));
  for (int j = 0; j < k; j++) {
    s.params.pi[j] = 1.0 / k;
    for (int a = 0; a < d; a++) {
      s.params.mu[a + d * j] = a == 0 ? j : 0;
      s.params.sigma[gmm_cov_diagonal(layout, d, a) + gmm_cov_size(layout, d) * (size_t)j] = 1;
    }
  }
  s.params.mu[d * (k - 1) + d - 1] = away;
  for (size_t i = 0; i < ROWS * (size_t)d; i++) {
    /* Within a narrow range, for one distance to all. */
    x[i] = 0.1 * uniform(&rng) + (i < ROWS ? (double)(i % (size_t)(k - 1)) : 0);
  }
  CHECK(gmm_density_prepare(&s.density, &s.params).code == GMM_OK);
  CHECK(estep(&s).code == GMM_OK);
  reference *ref = fresh(sizeof *ref);
  reference_of(ref, &s);
  errors e = errors_of(&s, ref);
  int last = k - 1;
  CHECK(ref->count[last] > 0 && ref->count[last] < 1);
  CHECK(s.stats.count[last] > 0);
  /* Exponents have an error that grows with their size. */
  CHECK_NEAR(e.count, 0, 1e-15 * away * away + 1e-14);
  CHECK_NEAR(e.sum, 0, 1e-14 * away * away + 1e-13);
  CHECK_NEAR(e.scatter, 0, 1e-14 * away * away + 1e-13);
  CHECK_NEAR(e.loglik, 0, 1e-14);
  free(ref);
  setup_close(&s);
  free(x);
}

/* The pass is repeated for such a component, and only for such: the work tells. */
static void check_repeated(gmm_simd level, double count, int repeated) {
  enum { ROWS = 600 };
  double *x = doubles(ROWS);
  setup s;
  setup_open_on(&s, level, 1, GMM_DIAGONAL, x, ROWS, 1, 2);
  /* `count` rows are the second component's, the others are out of its reach. */
  for (int i = 0; i < ROWS; i++) {
    x[i] = i < count ? 20 : 0;
  }
  for (int j = 0; j < 2; j++) {
    s.params.pi[j] = 0.5;
    s.params.mu[j] = 20 * j;
    s.params.sigma[j] = 1;
  }
  CHECK(gmm_density_prepare(&s.density, &s.params).code == GMM_OK);
  s.poll = poll_never();
  CHECK(gmm_rows_stats(&s.rows, NULL, NULL, s.params.mu, &s.stats).code == GMM_OK);
  double once = s.poll.work - POLL_START;
  s.poll = poll_never();
  CHECK(estep(&s).code == GMM_OK);
  CHECK_NEAR((s.poll.work - POLL_START) / once, repeated ? 2 : 1, 1e-9);
  CHECK_NEAR(s.stats.count[1], count > 0 ? count : ROWS * exp(-200), 1e-12 * (1 + count));
  CHECK_NEAR(s.stats.count[1] > 0, 1, 0);
  setup_close(&s);
  free(x);
}

/* So far that squared distances overflow: the log density is no number that there is, and
 * the row belongs to the component that is nearest. */
static void check_out_of_reach(gmm_simd level, gmm_layout layout, int d, int k) {
  enum { ROWS = 700 };
  test_rng rng = {13, 0};
  double *x = clusters(&rng, ROWS, d, k, 50), *r = doubles(ROWS * (size_t)k);
  double *logdens = doubles(ROWS), *density = doubles(ROWS), *uncertainty = doubles(ROWS);
  double loglik = 0;
  int *class = fresh(ROWS * sizeof(int));
  setup s;
  setup_open_on(&s, level, 1, layout, x, ROWS, d, k);
  random_params(&rng, &s.params);
  for (int j = 0; j < k; j++) {
    s.params.mu[d * j] = 50 * j;
    /* The last but one is by far the widest, thus the nearest. */
    for (int a = 0; a < d; a++) {
      size_t at = gmm_cov_diagonal(layout, d, a) + gmm_cov_size(layout, d) * (size_t)j;
      s.params.sigma[at] += j == k - 2 ? 1000 : 0;
    }
  }
  const int out[] = {0, 1, 300, 511, 512, ROWS - 1};
  enum { N_OUT = sizeof out / sizeof *out };
  for (int i = 0; i < N_OUT; i++) {
    x[out[i] + ROWS * (i % d)] = i % 2 ? 1e200 : -1e200;
  }
  CHECK(gmm_density_prepare(&s.density, &s.params).code == GMM_OK);
  gmm_scores scores = {.rows = {.r = r,
                                .logdens = logdens,
                                .density = density,
                                .uncertainty = uncertainty,
                                .class = class},
                       .loglik = &loglik};
  CHECK(gmm_rows_score(&s.rows, &s.density, &scores).code == GMM_OK);
  CHECK_NEAR(loglik, -INFINITY, 0);
  int n_infinite = 0;
  for (int i = 0; i < ROWS; i++) {
    n_infinite += logdens[i] == -INFINITY;
  }
  CHECK_NEAR(n_infinite, N_OUT, 0);
  for (int i = 0; i < N_OUT; i++) {
    CHECK_NEAR(logdens[out[i]], -INFINITY, 0);
    CHECK_NEAR(density[out[i]], 0, 0);
    CHECK_NEAR(uncertainty[out[i]], 0, 0);
    CHECK_NEAR(class[out[i]], k - 1, 0);
    for (int j = 0; j < k; j++) {
      CHECK_NEAR(r[out[i] + ROWS * j], j == k - 2, 0);
    }
  }
  CHECK(estep(&s).code == GMM_OK);
  CHECK_NEAR(*s.stats.loglik, -INFINITY, 0);
  setup_close(&s);
  free(x);
  free(r);
  free(logdens);
  free(density);
  free(uncertainty);
  free(class);
}

int main(void) {
  for (int layout = GMM_DIAGONAL; layout <= GMM_FULL; layout++) {
    check_accuracy(layout, 5, 0.5, 0);
    check_accuracy(layout, 5, 0.5, 1e6);
    check_accuracy(layout, MOST_K, 20, 0);
    for (gmm_simd level = GMM_SIMD_BASELINE; level < GMM_SIMD_LEVELS; level = next_level(level)) {
      /* Above what is negligible, below it, and as far as there is weight at all. */
      const double away[] = {8, 20, 35};
      for (int i = 0; i < 3; i++) {
        check_tiny(level, layout, 2, 3, away[i]);
        check_tiny(level, layout, D, MOST_K, away[i]);
      }
      check_out_of_reach(level, layout, 3, 4);
      check_out_of_reach(level, layout, D, MOST_K);
    }
  }
  for (gmm_simd level = GMM_SIMD_BASELINE; level < GMM_SIMD_LEVELS; level = next_level(level)) {
    check_repeated(level, 0, 1);
    check_repeated(level, 1, 0);
    check_repeated(level, 30, 0);
  }
  return check_report("rows_accuracy");
}
