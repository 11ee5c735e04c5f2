/*
 * Passes over rows in memory, at sizes around those of blocks and chunks:
 * statistics by partition, by responsibilities, of all rows and by an E-step,
 * and scores, all against naive sums in long double. Means far from the origin
 * cost no digits. The bits are the same on any number of threads. A pass stops when it is
 * told to.
 */
#include "kernel.h"

#include "helpers.h"

#define K 3

static const size_t sizes[] = {1, 31, 255, 256, 257, 1024, 1025, 5000};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

/* How the reference weighs row i in component j. */
typedef struct weights {
  const int *part;
  const double *r;
  const gmm_params *params;
} weights;

static long double weigh(const weights *w, const double *row, size_t n, size_t i, long double *r) {
  for (int j = 0; j < K; j++) {
    r[j] = w->part ? w->part[i] == j : w->r ? w->r[i + n * (size_t)j] : 1;
  }
  return w->params ? reference_estep(w->params, row, 1, r) : 0;
}

/* Worst error of the statistics of `s` about `centre` (d x k), relative to the
 * sums of absolute values; in s->k components. */
static double stats_error(const setup *s, const weights *w, const double *centre) {
  int d = s->d, size = (int)gmm_cov_size(s->layout, d);
  long double loglik = 0, loglik_abs = 1, want[K * 100] = {0}, bound[K * 100] = {0};
  for (size_t i = 0; i < s->n; i++) {
    double row[9];
    long double r[K], y[9];
    for (int a = 0; a < d; a++) {
      row[a] = s->frame.scale[a] * s->data.x[i + s->n * (size_t)a] - s->frame.shift[a];
    }
    long double l = weigh(w, row, s->n, i, r);
    loglik += l;
    loglik_abs += fabsl(l);
    for (int j = 0; j < s->k; j++) {
      long double *to = want + 100 * j, *abs_to = bound + 100 * j;
      for (int a = 0; a < d; a++) {
        y[a] = (long double)row[a] - centre[a + d * j];
        to[1 + a] += r[j] * y[a];
        abs_to[1 + a] += r[j] * fabsl(y[a]);
      }
      to[0] += r[j];
      abs_to[0] += r[j];
      for (int c = 0; c < size; c++) {
        long double product = r[j] * (s->layout == GMM_FULL ? y[c % d] * y[c / d] : y[c] * y[c]);
        to[10 + c] += product;
        abs_to[10 + c] += fabsl(product);
      }
    }
  }
  double worst = error_in(*s->stats.loglik, loglik, loglik_abs);
  worst = fmax(worst, error_in(*s->stats.n, s->n, 1));
  for (int j = 0; j < s->k; j++) {
    const long double *to = want + 100 * j, *abs_to = bound + 100 * j;
    worst = fmax(worst, error_in(s->stats.count[j], to[0], abs_to[0]));
    for (int a = 0; a < d; a++) {
      worst = fmax(worst, error_in(s->stats.sum[a + d * j], to[1 + a], abs_to[1 + a]));
    }
    for (int c = 0; c < size; c++) {
      if (s->layout == GMM_DIAGONAL || c % d >= c / d) {
        worst = fmax(worst, error_in(s->stats.scatter[c + size * j], to[10 + c], abs_to[10 + c]));
      }
    }
  }
  return worst;
}

static void test_statistics(gmm_simd level, gmm_layout layout, int d, size_t n) {
  test_rng rng = {n, 0};
  double *x = clusters(&rng, n, d, K, 2), *r = doubles(n * K), centre[9 * K];
  int *part = fresh(n * sizeof(int));
  for (size_t i = 0; i < n; i++) {
    part[i] = integer_to(&rng, K - 1);
    for (size_t j = 0; j < K; j++) {
      r[i + n * j] = uniform(&rng);
    }
  }
  for (int i = 0; i < 9 * K; i++) {
    centre[i] = normal(&rng);
  }
  setup s;
  setup_open_on(&s, level, 1, layout, x, n, d, K);
  random_params(&rng, &s.params);
  for (int a = 0; a < d; a++) {
    s.frame.scale[a] = ldexp(1, a - 1);
    s.frame.shift[a] = normal(&rng);
  }

  weights by_part = {.part = part}, by_r = {.r = r}, by_estep = {.params = &s.params}, all = {0};
  CHECK(gmm_rows_stats(&s.rows, part, NULL, centre, &s.stats).code == GMM_OK);
  CHECK(s.stats.centre == centre);
  CHECK_NEAR(*s.stats.loglik, 0, 0);
  CHECK_NEAR(stats_error(&s, &by_part, centre), 0, 1e-14);

  CHECK(gmm_rows_stats(&s.rows, NULL, r, centre, &s.stats).code == GMM_OK);
  CHECK_NEAR(*s.stats.loglik, 0, 0);
  CHECK_NEAR(stats_error(&s, &by_r, centre), 0, 1e-14);

  CHECK(gmm_density_prepare(&s.density, &s.params).code == GMM_OK);
  CHECK(estep(&s).code == GMM_OK);
  CHECK(s.stats.centre == s.params.mu);
  CHECK_NEAR(stats_error(&s, &by_estep, s.params.mu), 0, 1e-13);

  /* One component of all rows, in memory for K of them. */
  s.k = 1;
  gmm_stats_fit(&s.stats, layout, d, 1);
  CHECK(gmm_rows_stats(&s.rows, NULL, NULL, centre, &s.stats).code == GMM_OK);
  CHECK_NEAR(s.stats.count[0], (double)n, 0);
  CHECK_NEAR(stats_error(&s, &all, centre), 0, 1e-14);

  setup_close(&s);
  free(x);
  free(r);
  free(part);
}

/* A block is what the frame makes of its rows, and zeros up to a round number of rows. */
static void test_block(gmm_simd level) {
  enum { N = GMM_BLOCK + 2, D = 2, LAST = GMM_BLOCK - 1 };
  double x[N * D];
  for (int i = 0; i < N * D; i++) {
    x[i] = i;
  }
  setup s;
  setup_open_on(&s, level, 1, GMM_FULL, x, N, D, 1);
  const double *block = s.rows.scratch->block;
  s.frame.scale[1] = 4;
  s.frame.shift[1] = 3;
  CHECK(gmm_rows_block(&s.rows, 0, 0) == GMM_BLOCK);
  CHECK_NEAR(block[LAST], LAST, 0);
  CHECK_NEAR(block[GMM_STRIDE + LAST], 4 * (N + LAST) - 3, 0);
  CHECK(gmm_rows_block(&s.rows, GMM_BLOCK, 0) == 2);
  CHECK_NEAR(block[1], GMM_BLOCK + 1, 0);
  CHECK_NEAR(block[GMM_STRIDE], 4 * (N + GMM_BLOCK) - 3, 0);
  int padding = 1;
  for (int t = 2; t < gmm_block_rows(2); t++) {
    padding &= block[t] == 0 && block[t + GMM_STRIDE] == 0;
  }
  CHECK(padding);
  setup_close(&s);
}

/* One row is what it is in a block, wherever it stands there, also where it is rounded. */
static void test_row(gmm_simd level) {
  enum { N = GMM_BLOCK + 13, D = 3 };
  test_rng rng = {3, 0};
  double *x = clusters(&rng, N, D, 1, 0), row[D];
  double *blocks = doubles(N * D);
  setup s;
  setup_open_on(&s, level, 1, GMM_FULL, x, N, D, 1);
  for (int a = 0; a < D; a++) {
    s.frame.scale[a] = 0.5 + uniform(&rng);
    s.frame.shift[a] = normal(&rng);
  }
  for (size_t start = 0; start < N; start += GMM_BLOCK) {
    int count = gmm_rows_block(&s.rows, start, 0);
    for (int i = 0; i < count * D; i++) {
      blocks[start + (size_t)(i % count) + N * (size_t)(i / count)] =
          s.rows.scratch->block[i % count + GMM_STRIDE * (i / count)];
    }
  }
  int same = 1;
  for (size_t i = 0; i < N; i++) {
    gmm_rows_row(&s.rows, i, row);
    for (size_t a = 0; a < D; a++) {
      same &= same_bits(row + a, blocks + i + N * a, 1);
    }
  }
  CHECK(same);
  setup_close(&s);
  free(x);
  free(blocks);
}

/* Every output, in the coordinates of the data, for a mixture that is given in
 * them and evaluated in a frame of its own. */
static void test_scores(gmm_simd level, gmm_layout layout, size_t n) {
  enum { D = 3 };
  test_rng rng = {n, 0};
  double *x = clusters(&rng, n, D, K, 3), *r = doubles(n * K), *logdens = doubles(n);
  double *uncertainty = doubles(n), *density = doubles(n), loglik = NAN;
  int *class = fresh(n * sizeof(int));
  setup s, given;
  setup_open_on(&s, level, 1, layout, x, n, D, K);
  setup_open(&given, layout, x, n, D, K);
  random_params(&rng, &given.params);
  for (int a = 0; a < D; a++) {
    /* Units and origins that a frame has something to do with. */
    double unit[] = {1, 1e-3, 50}, origin[] = {0, 10, -200};
    for (size_t i = 0; i < n; i++) {
      x[i + n * (size_t)a] = origin[a] + unit[a] * x[i + n * (size_t)a];
    }
    for (int j = 0; j < K; j++) {
      given.params.mu[a + D * j] = origin[a] + unit[a] * given.params.mu[a + D * j];
      double *sigma = given.params.sigma + gmm_cov_size(layout, D) * (size_t)j;
      for (int b = 0; b < D; b++) {
        double *at = layout == GMM_FULL ? sigma + a + D * b : sigma + a;
        *at *= layout == GMM_FULL ? unit[a] * unit[b] : b == 0 ? unit[a] * unit[a] : 1;
      }
    }
  }
  gmm_params_copy(&s.params, &given.params);
  gmm_frame_of_params(&s.frame, &s.params);
  gmm_frame_enter(&s.frame, &s.params);
  CHECK(gmm_density_prepare(&s.density, &s.params).code == GMM_OK);
  gmm_scores out = {.rows = {.r = r,
                             .logdens = logdens,
                             .density = density,
                             .uncertainty = uncertainty,
                             .class = class},
                    .loglik = &loglik};
  CHECK(gmm_rows_score(&s.rows, &s.density, &out).code == GMM_OK);

  long double total = 0, total_abs = 0;
  double worst_l = 0, worst_r = 0, worst_u = 0, worst_d = 0;
  int right_class = 1;
  for (size_t i = 0; i < n; i++) {
    long double want[K], l = reference_estep(&given.params, x + i, n, want), others = 0;
    int best = 0;
    for (int j = 0; j < K; j++) {
      worst_r = fmax(worst_r, error_in(r[i + n * (size_t)j], want[j], 1));
      best = r[i + n * (size_t)j] > r[i + n * (size_t)best] ? j : best;
    }
    for (int j = 0; j < K; j++) {
      others += j == best ? 0 : want[j];
    }
    /* Relative: one minus a responsibility near one would have no digits. */
    worst_u = fmax(worst_u, error_in(uncertainty[i], others, others));
    worst_l = fmax(worst_l, error_in(logdens[i], l, 1 + fabsl(l)));
    worst_d = fmax(worst_d, error_in(density[i], expl(l), (1 + fabsl(l)) * expl(l)));
    right_class &= class[i] == best + 1;
    total += l;
    total_abs += fabsl(l);
  }
  CHECK_NEAR(worst_l, 0, 1e-12);
  CHECK_NEAR(worst_r, 0, 1e-10);
  CHECK_NEAR(worst_u, 0, 1e-9);
  CHECK_NEAR(worst_d, 0, 1e-12);
  CHECK(right_class);
  CHECK_NEAR(error_in(loglik, total, total_abs), 0, 1e-12);

  /* Any of them may be left out, without a change in the others. */
  for (int left = 0; left < 6; left++) {
    double *r2 = doubles(n * K), *logdens2 = doubles(n), *uncertainty2 = doubles(n), loglik2;
    double *density2 = doubles(n);
    int *class2 = fresh(n * sizeof(int));
    gmm_scores fewer = {.rows = {.r = left == 0 ? NULL : r2,
                                 .logdens = left == 1 ? NULL : logdens2,
                                 .density = left == 2 ? NULL : density2,
                                 .uncertainty = left == 3 ? NULL : uncertainty2,
                                 .class = left == 4 ? NULL : class2},
                        .loglik = left == 5 ? NULL : &loglik2};
    CHECK(gmm_rows_score(&s.rows, &s.density, &fewer).code == GMM_OK);
    CHECK(left == 0 || same_bits(r2, r, n * K));
    CHECK(left == 1 || same_bits(logdens2, logdens, n));
    CHECK(left == 2 || same_bits(density2, density, n));
    CHECK(left == 3 || same_bits(uncertainty2, uncertainty, n));
    CHECK(left == 4 || memcmp(class2, class, n * sizeof(int)) == 0);
    CHECK(left == 5 || loglik2 == loglik);
    free(r2);
    free(logdens2);
    free(density2);
    free(uncertainty2);
    free(class2);
  }

  /* The log-likelihood of a pass for statistics is the same number. */
  CHECK(estep(&s).code == GMM_OK);
  CHECK_NEAR(*s.stats.loglik + (double)n * s.frame.log_jacobian, loglik, 1e-12 * fabs(loglik));

  setup_close(&s);
  setup_close(&given);
  free(x);
  free(r);
  free(logdens);
  free(density);
  free(uncertainty);
  free(class);
}

/* Ties go to the first component. */
static void test_class_ties(gmm_simd level) {
  double x[1] = {0};
  int class[1] = {0};
  setup s;
  setup_open_on(&s, level, 1, GMM_DIAGONAL, x, 1, 1, 2);
  for (int j = 0; j < 2; j++) {
    s.params.pi[j] = 0.5;
    s.params.mu[j] = j == 0 ? 1 : -1;
    s.params.sigma[j] = 1;
  }
  s.frame.log_jacobian = 0;
  CHECK(gmm_density_prepare(&s.density, &s.params).code == GMM_OK);
  gmm_scores out = {.rows = {.class = class}};
  CHECK(gmm_rows_score(&s.rows, &s.density, &out).code == GMM_OK);
  CHECK(class[0] == 1);
  setup_close(&s);
}

/* Covariances of data a million standard deviations from the origin, or more,
 * against those of the same doubles in long double. */
static void test_far_from_origin(gmm_simd level, gmm_layout layout, double origin) {
  enum { N = 5000, D = 2 };
  test_rng rng = {1, 0};
  double *x = clusters(&rng, N, D, 1, 0);
  for (int i = 0; i < N * D; i++) {
    x[i] += i < N ? origin : -origin;
  }
  long double mean[D] = {0}, cov[D * D] = {0};
  for (int a = 0; a < D; a++) {
    long double rest = 0;
    for (int i = 0; i < N; i++) {
      mean[a] += (long double)x[i + N * a] / N;
    }
    for (int i = 0; i < N; i++) {
      rest += (x[i + N * a] - mean[a]) / N;
    }
    mean[a] += rest;
  }
  for (int c = 0; c < D * D; c++) {
    for (int i = 0; i < N; i++) {
      cov[c] += (x[i + N * (c % D)] - mean[c % D]) * (x[i + N * (c / D)] - mean[c / D]) / N;
    }
  }
  setup s;
  setup_open_on(&s, level, 1, layout, x, N, D, 1);
  CHECK(frame_of_rows(&s, 1).code == GMM_OK);
  gmm_spec spec = spec_of(layout == GMM_FULL ? "VVV" : "VVI");
  CHECK(start_from(&s, &spec, NULL, NULL, &s.params).code == GMM_OK);
  gmm_frame_leave(&s.frame, &s.params);
  for (int a = 0; a < D; a++) {
    CHECK_NEAR(error_in(s.params.mu[a], mean[a], fabsl(mean[a])), 0, 4e-16);
    for (int b = layout == GMM_FULL ? 0 : a; b <= a; b++) {
      double got = s.params.sigma[layout == GMM_FULL ? a + D * b : a];
      CHECK_NEAR(error_in(got, cov[a + D * b], 1), 0, 1e-13);
    }
  }
  setup_close(&s);
  free(x);
}

/* A pass asks in time, and stops in each of its forms. */
static void test_interrupt(int threads) {
  enum { N = 20000 };
  test_rng rng = {1, 0};
  double *x = clusters(&rng, N, 2, K, 3), *r = doubles(N * K), loglik = -7;
  int *part = calloc(N, sizeof(int));
  setup s;
  setup_open_on(&s, gmm_simd_widest(), threads, GMM_FULL, x, N, 2, K);
  CHECK(s.rows.threads == threads);
  random_params(&rng, &s.params);
  CHECK(gmm_density_prepare(&s.density, &s.params).code == GMM_OK);
  gmm_scores out = {.loglik = &loglik};
  for (int i = 0; i < N * K; i++) {
    r[i] = 0.5;
  }
  for (int way = 0; way < 4; way++) {
    gmm_status status;
    int calls;
    s.poll = poll_after(1, &calls);
    if (way == 0) {
      status = gmm_rows_stats(&s.rows, part, NULL, s.params.mu, &s.stats);
    } else if (way == 1) {
      status = gmm_rows_stats(&s.rows, NULL, r, s.params.mu, &s.stats);
    } else if (way == 2) {
      status = estep(&s);
    } else {
      status = gmm_rows_score(&s.rows, &s.density, &out);
    }
    CHECK(status.code == GMM_EINTERRUPT);
    CHECK(calls == 1);
    /* On one thread it comes no further than the first chunk. */
    CHECK(threads > 1 || *s.stats.n < N);
  }
  CHECK_NEAR(loglik, -7, 0);
  /* The work that is reported is about that of the multiplications. */
  s.poll = poll_never();
  CHECK(estep(&s).code == GMM_OK);
  double work = s.poll.work - POLL_START, flops = N * K * 2.0 * 2 * 2;
  CHECK(work >= flops && work < 100 * flops);
  setup_close(&s);
  free(x);
  free(r);
  free(part);
}

/* Everything that passes over the rows give, one after the other; the caller's to free. */
static double *all_results(setup *s, const int *part, const double *r, const double *centre,
                           size_t *size) {
  size_t n = s->n, k = (size_t)s->k, one = gmm_stats_size(s->layout, s->d, s->k);
  *size = 4 * one + n * (k + 4) + 1;
  double *out = doubles(*size), *to = out;
  int *class = fresh(n * sizeof(int));
  for (int way = 0; way < 4; way++) {
    gmm_stats stats = s->stats;
    gmm_status status;
    if (way == 0) {
      gmm_stats_fit(&stats, s->layout, s->d, 1);
      status = gmm_rows_stats(&s->rows, NULL, NULL, centre, &stats);
    } else if (way < 3) {
      status =
          gmm_rows_stats(&s->rows, way == 1 ? part : NULL, way == 2 ? r : NULL, centre, &stats);
    } else {
      status = estep(s);
    }
    CHECK(status.code == GMM_OK);
    memcpy(to, stats.values, gmm_stats_size(s->layout, s->d, stats.k) * sizeof(double));
    to += one;
  }
  gmm_scores scores = {.rows = {.r = to,
                                .logdens = to + n * k,
                                .density = to + n * (k + 1),
                                .uncertainty = to + n * (k + 2),
                                .class = class},
                       .loglik = to + n * (k + 4)};
  CHECK(gmm_rows_score(&s->rows, &s->density, &scores).code == GMM_OK);
  for (size_t i = 0; i < n; i++) {
    to[n * (k + 3) + i] = class[i];
  }
  free(class);
  return out;
}

/* The same bits from any number of threads, of which there are as many as asked for where
 * there is work for all. */
static void check_threads(gmm_simd level, gmm_layout layout, size_t n, int d, int k, double apart,
                          int most) {
  test_rng rng = {n, 0};
  size_t size, means = (size_t)(d * k);
  double *x = clusters(&rng, n, d, k, apart), *r = doubles(n * (size_t)k), *first = NULL;
  double *centre = doubles(means);
  int *part = fresh(n * sizeof(int));
  for (size_t i = 0; i < n; i++) {
    part[i] = integer_to(&rng, k - 1);
    for (int j = 0; j < k; j++) {
      r[i + n * (size_t)j] = uniform(&rng);
    }
  }
  for (size_t i = 0; i < means; i++) {
    centre[i] = normal(&rng);
  }
  for (int t = 0; t < N_THREADS; t++) {
    setup s;
    setup_open_on(&s, level, some_threads[t], layout, x, n, d, k);
    test_rng same = {7, 0};
    random_params(&same, &s.params);
    for (int j = 0; j < k; j++) {
      s.params.mu[d * j] += apart * j;
    }
    CHECK(gmm_density_prepare(&s.density, &s.params).code == GMM_OK);
    CHECK(s.rows.threads == (some_threads[t] < most ? some_threads[t] : most));
    double *results = all_results(&s, part, r, centre, &size);
    CHECK(!first || same_bits(results, first, size));
    setup_close(&s);
    if (first) {
      free(results);
    } else {
      first = results;
    }
  }
  free(x);
  free(r);
  free(centre);
  free(part);
  free(first);
}

static void test_threads(gmm_simd level, gmm_layout layout) {
  const size_t few[] = {1, 31, 32, 33, 255, 256, 257, 1023, 1024};
  for (size_t i = 0; i < sizeof few / sizeof *few; i++) {
    check_threads(level, layout, few[i], 9, 5, 1, 1);
  }
  /* Two chunks, the second of one row; 16 whole ones, and one row more. */
  check_threads(level, layout, 1025, 16, 9, 1, 2);
  check_threads(level, layout, 16384, 4, 5, 2, 8);
  check_threads(level, layout, 16385, 4, 5, 2, 8);
  check_threads(level, layout, 20000, 4, 5, 2, 8);
  check_threads(level, layout, 100003, 2, 3, 2, 8);
  /* Far apart, so that most components are not looked at. */
  check_threads(level, layout, 10000, 8, 9, 100, 8);
}

static void test_level(gmm_simd level) {
  for (int layout = GMM_DIAGONAL; layout <= GMM_FULL; layout++) {
    for (int i = 0; i < N_SIZES; i++) {
      test_statistics(level, layout, 1, sizes[i]);
      test_statistics(level, layout, 4, sizes[i]);
      test_scores(level, layout, sizes[i]);
    }
    test_statistics(level, layout, 9, 300);
    test_far_from_origin(level, layout, 1e6);
    test_far_from_origin(level, layout, 1e12);
    test_threads(level, layout);
  }
  test_block(level);
  test_row(level);
  test_class_ties(level);
}

int main(void) {
  for (gmm_simd level = GMM_SIMD_BASELINE; level < GMM_SIMD_LEVELS; level = next_level(level)) {
    test_level(level);
  }
  test_interrupt(1);
  test_interrupt(2);
  return check_report("rows");
}
