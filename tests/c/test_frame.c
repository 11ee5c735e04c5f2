/*
 * Working coordinates: scales are powers of two near 1 / sd, shifts are scaled
 * means; parameters come back from there as they went in; multiplying the data
 * by a power of two changes no bit, nor does the number of threads; magnitudes from 1e-300 to
 * 1e300; constant variables with a scale each and with one for all; where values are missing, the
 * others alone.
 */
#include "frame.h"

#include "kernel.h"

#include "facts.h"

enum { N = 500, D = 3 };

static int is_power_of_two(double x) {
  int e;
  return x > 0 && isfinite(x) && frexp(x, &e) == 0.5;
}

/* Columns of different units and origins; none for the origin 0. */
static double *columns(uint64_t seed, const double *unit, const double *origin) {
  test_rng rng = {seed, 0};
  double *x = doubles(N * D);
  for (int i = 0; i < N * D; i++) {
    x[i] = unit[i / N] * (normal(&rng) + (origin ? origin[i / N] : 0));
  }
  return x;
}

/* Mean and standard deviation of a column, scaled to be within range. */
static void moments(const double *x, double unit, long double *mean, long double *sd) {
  *mean = *sd = 0;
  for (int i = 0; i < N; i++) {
    *mean += (long double)(x[i] / unit) / N;
  }
  for (int i = 0; i < N; i++) {
    *sd += (x[i] / unit - *mean) * (x[i] / unit - *mean) / N;
  }
  *sd = sqrtl(*sd);
}

static void check_frame(const double *unit, const double *origin) {
  double *x = columns(1, unit, origin);
  setup s;
  setup_open(&s, GMM_FULL, x, N, D, 1);
  gmm_status status = frame_of_rows(&s, 1);
  CHECK(status.code == GMM_OK && status.index == -1);
  double jacobian = 0;
  for (int a = 0; a < D; a++) {
    long double mean, sd;
    moments(x + N * a, unit[a], &mean, &sd);
    double scale = s.frame.scale[a], size = 1 + fabs((double)mean);
    CHECK(is_power_of_two(scale));
    CHECK_NEAR(error_in(s.sd[a] / unit[a], sd, sd), 0, 1e-13 * size);
    CHECK(s.sd[a] * scale >= 1 - 1e-15 && s.sd[a] * scale < 2 + 1e-15);
    CHECK_NEAR(error_in(s.frame.shift[a] / scale / unit[a], mean, size), 0, 1e-15);
    jacobian += log(scale);
  }
  CHECK_NEAR(s.frame.log_jacobian, jacobian, 0);

  /* One scale for all: the one of the largest spread. */
  double own[D];
  memcpy(own, s.frame.scale, sizeof own);
  double *shift = copy_of(s.frame.shift, D), smallest = fmin(own[0], fmin(own[1], own[2]));
  CHECK(frame_of_rows(&s, 0).code == GMM_OK);
  for (int a = 0; a < D; a++) {
    CHECK(s.frame.scale[a] == smallest);
    CHECK_NEAR(s.frame.shift[a], shift[a] * (smallest / own[a]), fabs(s.frame.shift[a]) * 1e-15);
  }
  free(shift);
  setup_close(&s);
  free(x);
}

static void test_magnitudes(void) {
  double ordinary[] = {1, 3, 0.2}, spread[] = {1e-300, 1, 1e300}, large[] = {1e300, 1e299, 3e299};
  double small[] = {1e-300, 1e-299, 3e-300}, origin[] = {5, -1000, 1e6}, none[] = {0, 0, 0};
  check_frame(ordinary, origin);
  check_frame(ordinary, none);
  check_frame(spread, none);
  check_frame(large, none);
  check_frame(small, none);
  double near_origin[] = {5, -3, 10};
  check_frame(spread, near_origin);
}

/* At the largest and the smallest of doubles, working coordinates are still of
 * ordinary size. */
static void test_extremes(void) {
  double largest = 0x1.fffffffffffffp+1023, least = 0x1p-1022;
  double x[2][2] = {{largest, -largest}, {least, -least}};
  for (int i = 0; i < 2; i++) {
    setup s;
    setup_open(&s, GMM_FULL, x[i], 2, 1, 1);
    CHECK(frame_of_rows(&s, 1).code == GMM_OK);
    CHECK(is_power_of_two(s.frame.scale[0]));
    gmm_rows_block(&s.rows, 0, 0);
    double y = fabs(s.rows.scratch->block[0]);
    CHECK(y >= 1 && y <= 2);
    CHECK_NEAR(s.sd[0] / fabs(x[i][0]), 1, 1e-15);
    setup_close(&s);
  }
}

/* Whether all rows of both, in the coordinates of their frames, are the same. */
static int same_rows(setup *s, setup *t) {
  int same = 1;
  for (size_t start = 0; start < N; start += GMM_BLOCK) {
    int count = gmm_rows_block(&s->rows, start, 0);
    same &= gmm_rows_block(&t->rows, start, 0) == count;
    for (int a = 0; a < D; a++) {
      same &= same_bits(s->rows.scratch->block + GMM_STRIDE * a,
                        t->rows.scratch->block + GMM_STRIDE * a, (size_t)gmm_block_rows(count));
    }
  }
  return same;
}

/* The same bits in working coordinates and in the metric of k-means, whatever
 * power of two the unit is; exponents by variable, or one for all. */
static void check_power_of_two(int e0, int e1, int e2, int column_units) {
  int e[D] = {e0, e1, e2};
  double unit[D] = {1, 30, 0.01}, origin[D] = {3, -100, 0};
  double *x = columns(2, unit, origin), *y = copy_of(x, N * D);
  for (int i = 0; i < N * D; i++) {
    y[i] = ldexp(y[i], e[i / N]);
  }
  setup s, t;
  setup_open(&s, GMM_FULL, x, N, D, 1);
  setup_open(&t, GMM_FULL, y, N, D, 1);
  CHECK(frame_of_rows(&s, column_units).code == GMM_OK);
  CHECK(frame_of_rows(&t, column_units).code == GMM_OK);
  CHECK(same_bits(s.frame.shift, t.frame.shift, D));
  CHECK(same_rows(&s, &t));
  gmm_frame_metric(&s.metric, &s.frame, column_units, s.sd);
  gmm_frame_metric(&t.metric, &t.frame, column_units, t.sd);
  s.rows.frame = &s.metric;
  t.rows.frame = &t.metric;
  CHECK(same_rows(&s, &t));
  for (int a = 0; a < D; a++) {
    CHECK(t.sd[a] == ldexp(s.sd[a], e[a]));
  }
  setup_close(&s);
  setup_close(&t);
  free(x);
  free(y);
}

static void test_power_of_two(void) {
  int e[] = {-900, -332, -1, 1, 332, 900};
  for (int i = 0; i < 6; i++) {
    check_power_of_two(e[i], e[i], e[i], 0);
    check_power_of_two(e[i], e[i], e[i], 1);
    check_power_of_two(e[i], -e[i], 3, 1);
  }
}

/* In the metric, variables have mean 0 and variance 1; without column units
 * the one of the largest spread has. */
static void test_metric(void) {
  double unit[D] = {1, 1e-3, 20}, origin[D] = {3, 1e5, 0};
  double *x = columns(3, unit, origin), spread[D];
  for (int column_units = 0; column_units < 2; column_units++) {
    setup s;
    setup_open(&s, GMM_FULL, x, N, D, 1);
    CHECK(frame_of_rows(&s, column_units).code == GMM_OK);
    gmm_frame_metric(&s.metric, &s.frame, column_units, s.sd);
    for (int a = 0; a < D; a++) {
      double sum = 0, square = 0;
      for (int i = 0; i < N; i++) {
        double y = s.metric.scale[a] * x[i + N * a] - s.metric.shift[a];
        sum += y;
        square += y * y;
      }
      spread[a] = sqrt(square / N);
      CHECK_NEAR(sum / N, 0, 1e-9);
      CHECK_NEAR(spread[a], column_units ? 1 : s.sd[a] / s.sd[2], 1e-9);
    }
    CHECK_NEAR(s.metric.log_jacobian, 0, 0);
    setup_close(&s);
  }
  free(x);
}

/* Which variables are constant decides, and the frame stays good to use. */
static void check_constant(const int *constant, double value, int column_units, gmm_code code,
                           int index) {
  double unit[D] = {1, 1, 1};
  double *x = columns(4, unit, NULL);
  for (int i = 0; i < N * D; i++) {
    x[i] = constant[i / N] ? value : x[i];
  }
  setup s;
  setup_open(&s, GMM_FULL, x, N, D, 1);
  gmm_status status = frame_of_rows(&s, column_units);
  CHECK(status.code == code);
  CHECK(status.index == index);
  int at_zero = 1, nothing = 1;
  for (int a = 0; a < D; a++) {
    CHECK(is_power_of_two(s.frame.scale[a]));
    CHECK(isfinite(s.frame.shift[a]));
    CHECK((s.sd[a] == 0) == constant[a]);
    double y = s.frame.scale[a] * x[N * a] - s.frame.shift[a];
    at_zero &= !constant[a] || fabs(y) <= 1e-15 * (1 + fabs(value) * s.frame.scale[a]);
  }
  CHECK(at_zero);
  CHECK(isfinite(s.frame.log_jacobian));
  /* In the metric it is nothing at all. */
  gmm_frame_metric(&s.metric, &s.frame, column_units, s.sd);
  for (int a = 0; a < D; a++) {
    nothing &= !constant[a] || (s.metric.scale[a] == 0 && s.metric.shift[a] == 0);
  }
  CHECK(nothing);
  setup_close(&s);
  free(x);
}

static void test_constant(void) {
  int first[D] = {1, 0, 0}, last[D] = {0, 0, 1}, two[D] = {0, 1, 1}, all[D] = {1, 1, 1};
  double values[] = {0, 0.1, -5, 1e6, 1e300, 1e-300};
  for (int v = 0; v < 6; v++) {
    check_constant(first, values[v], 1, GMM_ECONSTANT, 0);
    check_constant(last, values[v], 1, GMM_ECONSTANT, 2);
    check_constant(two, values[v], 1, GMM_ECONSTANT, 1);
    check_constant(all, values[v], 1, GMM_ECONSTANT, 0);
    check_constant(all, values[v], 0, GMM_ECONSTANT, 0);
  }
  for (int v = 0; v < 4; v++) {
    check_constant(first, values[v], 0, GMM_OK, -1);
    check_constant(two, values[v], 0, GMM_OK, -1);
  }
}

/* Away from its mean by the last bit is not constant. */
static void test_almost_constant(void) {
  double x[N];
  for (int i = 0; i < N; i++) {
    x[i] = i == 77 ? nextafter(1e6, INFINITY) : 1e6;
  }
  setup s;
  setup_open(&s, GMM_FULL, x, N, 1, 1);
  CHECK(frame_of_rows(&s, 1).code == GMM_OK);
  double sd = (x[77] - 1e6) * sqrt(1.0 / N * (1 - 1.0 / N));
  CHECK_NEAR(s.sd[0] / sd, 1, 0.01);
  setup_close(&s);
}

/* Into a frame and back: scaling is exact, shifting rounds. */
static void check_round_trip(gmm_layout layout, const double *unit) {
  enum { K = 2 };
  double *x = columns(5, unit, NULL);
  test_rng rng = {6, 0};
  setup s, t;
  setup_open(&s, layout, x, N, D, K);
  setup_open(&t, layout, x, N, D, K);
  random_params(&rng, &s.params);
  size_t size = gmm_cov_size(layout, D);
  for (size_t i = 0; i < size * K; i++) {
    size_t a = layout == GMM_FULL ? i % D : i % size, b = layout == GMM_FULL ? i % size / D : a;
    s.params.sigma[i] = a < b ? 0 : s.params.sigma[i] * unit[a] * unit[b];
  }
  for (int i = 0; i < D * K; i++) {
    s.params.mu[i] *= unit[i % D];
  }
  gmm_params_copy(&t.params, &s.params);
  CHECK(frame_of_rows(&t, 1).code == GMM_OK);
  gmm_frame_enter(&t.frame, &t.params);
  for (int j = 0; j < K; j++) {
    for (int a = 0; a < D; a++) {
      double m = t.frame.scale[a] * s.params.mu[a + D * j] - t.frame.shift[a];
      CHECK_NEAR(t.params.mu[a + D * j], m, 1e-15);
      size_t at = gmm_cov_diagonal(layout, D, a) + size * (size_t)j;
      CHECK_NEAR(t.params.sigma[at], s.params.sigma[at] * t.frame.scale[a] * t.frame.scale[a], 0);
    }
  }
  gmm_frame_leave(&t.frame, &t.params);
  CHECK(same_bits(t.params.sigma, s.params.sigma, size * K));
  CHECK(same_bits(t.params.pi, s.params.pi, K));
  for (int i = 0; i < D * K; i++) {
    CHECK_NEAR(t.params.mu[i] / unit[i % D], s.params.mu[i] / unit[i % D], 1e-15);
  }
  setup_close(&s);
  setup_close(&t);
  free(x);
}

/* About the mean of the mixture, scaled by the largest variances. */
static void check_frame_of_params(gmm_layout layout, double unit) {
  enum { K = 2 };
  setup s;
  setup_open(&s, layout, NULL, 0, D, K);
  size_t size = gmm_cov_size(layout, D);
  memset(s.params.sigma, 0, size * K * sizeof(double));
  for (int j = 0; j < K; j++) {
    s.params.pi[j] = j == 0 ? 0.25 : 0.75;
    for (int a = 0; a < D; a++) {
      s.params.mu[a + D * j] = unit * (a + 4 * j);
      s.params.sigma[gmm_cov_diagonal(layout, D, a) + size * (size_t)j] =
          unit * unit * (j == 0 ? 1 : pow(10, a - 1));
    }
  }
  gmm_frame_of_params(&s.frame, &s.params);
  double jacobian = 0, sd[D] = {1, 1, sqrt(10)};
  for (int a = 0; a < D; a++) {
    double scale = s.frame.scale[a];
    CHECK(is_power_of_two(scale));
    CHECK(scale * unit * sd[a] > 0.999 && scale * unit * sd[a] < 2);
    CHECK_NEAR(s.frame.shift[a], scale * unit * (a + 3), 1e-14 * scale * unit);
    jacobian += log(scale);
  }
  CHECK_NEAR(s.frame.log_jacobian, jacobian, 0);
  setup_close(&s);
}

/* The same bits from any number of threads, also where a column is more than one thread's
 * work. */
static void check_threads(gmm_simd level, size_t n, int d) {
  test_rng rng = {n, 0};
  double *x = clusters(&rng, n, d, 1, 0), *first = NULL;
  size_t width = (size_t)d;
  for (size_t i = 0; i < n * width; i++) {
    x[i] = 1000 + 3 * x[i];
  }
  for (int t = 0; t < N_THREADS; t++) {
    setup s;
    setup_open_on(&s, level, some_threads[t], GMM_DIAGONAL, x, n, d, 1);
    CHECK(frame_of_rows(&s, 1).code == GMM_OK);
    if (!first) {
      first = doubles(3 * width);
      memcpy(first, s.frame.scale, width * sizeof(double));
      memcpy(first + width, s.frame.shift, width * sizeof(double));
      memcpy(first + 2 * width, s.sd, width * sizeof(double));
      long double mean = 0, rest = 0, square = 0;
      for (size_t i = 0; i < n; i++) {
        mean += (long double)x[i] / n;
      }
      for (size_t i = 0; i < n; i++) {
        rest += (x[i] - mean) / n;
      }
      mean += rest;
      for (size_t i = 0; i < n; i++) {
        square += (x[i] - mean) * (x[i] - mean) / n;
      }
      CHECK_NEAR(error_in(s.frame.shift[0] / s.frame.scale[0], mean, mean), 0, 4e-16);
      CHECK_NEAR(error_in(s.sd[0], sqrtl(square), sqrtl(square)), 0, 1e-14);
    }
    CHECK(same_bits(s.frame.scale, first, width));
    CHECK(same_bits(s.frame.shift, first + width, width));
    CHECK(same_bits(s.sd, first + 2 * width, width));
    setup_close(&s);
  }
  free(x);
  free(first);
}

static void test_threads(gmm_simd level) {
  const size_t sizes[] = {2, 31, 32, 33, 255, 256, 257, 1023, 1024, 1025, 4095, 4096, 4097, 20000};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    check_threads(level, sizes[i], 3);
  }
  check_threads(level, 100003, 10);
  /* On the way from one segment to two. */
  check_threads(level, (size_t)1 << 20, 1);
  check_threads(level, ((size_t)1 << 20) + 1, 1);
}

/* Each variable as if the values that are there, with their weights, were all. */
static void check_missing(size_t n, int weighted, double unit, double origin, int threads) {
  test_rng rng = {n, 0};
  facts f;
  setup s, alone;
  facts_open(&f, &rng, n, D, 1, 0);
  for (size_t i = 0; i < n * D; i++) {
    f.x[i] = unit * (f.x[i] + origin);
  }
  facts_punch_oddly(&f, &rng);
  if (weighted) {
    facts_weigh(&f, &rng);
  }
  setup_open_of(&s, gmm_simd_widest(), threads, GMM_FULL, &f.data, 1);
  CHECK(frame_of_rows(&s, 1).code == GMM_OK);
  double log_jacobian = 0;
  for (size_t a = 0; a < D; a++) {
    double *x = doubles(n), *weight = doubles(n);
    size_t there = 0;
    for (size_t i = 0; i < n; i++) {
      if (!isnan(f.x[i + n * a])) {
        x[there] = f.x[i + n * a];
        weight[there++] = gmm_data_weight(&f.data, i);
      }
    }
    CHECK(there > 1 && there < n);
    setup_open(&alone, GMM_FULL, x, there, 1, 1);
    setup_weigh(&alone, weight);
    CHECK(frame_of_rows(&alone, 1).code == GMM_OK);
    CHECK_NEAR(s.sd[a] / alone.sd[0], 1, 1e-12);
    CHECK(s.frame.scale[a] == alone.frame.scale[0]);
    CHECK_NEAR(s.frame.shift[a], alone.frame.shift[0], 1e-13 * (1 + fabs(alone.frame.shift[0])));
    log_jacobian += log(s.frame.scale[a]);
    setup_close(&alone);
    free(x);
    free(weight);
  }
  CHECK_NEAR(s.frame.log_jacobian, log_jacobian, 1e-12 * (1 + fabs(log_jacobian)));
  setup_close(&s);
  facts_close(&f);
}

/* Of what is there nothing differs; and of the first of two segments nothing is there. */
static void test_missing(void) {
  for (int weighted = 0; weighted < 2; weighted++) {
    check_missing(400, weighted, 1, 0, 1);
    check_missing(400, weighted, 1e150, 2, 1);
    check_missing(5000, weighted, 1e-150, -1e6, 2);
  }
  double x[] = {1, 2, 3, 5, 0.1, 0.1, 0.1, 0.1};
  size_t ends[] = {1, 2, 4};
  const unsigned masks[] = {2, 1, 0};
  facts f = {.x = copy_of(x, 8)};
  f.data = data_of(f.x, NULL, 4, 2);
  facts_punch(&f, 3, ends, masks);
  setup s;
  setup_open_of(&s, gmm_simd_widest(), 1, GMM_FULL, &f.data, 1);
  gmm_status status = frame_of_rows(&s, 1);
  CHECK(status.code == GMM_ECONSTANT && status.index == 1);
  CHECK_NEAR(s.sd[0], sqrt(8.0 / 3), 1e-15);
  CHECK(s.sd[1] == 0);
  setup_close(&s);
  facts_close(&f);

  enum { MORE = (1 << 20) + 4 };
  f = (facts){.x = doubles(MORE)};
  size_t far_ends[] = {MORE - 4, MORE};
  const unsigned far_masks[] = {1, 0};
  for (int i = 0; i < MORE; i++) {
    f.x[i] = i % 2 ? 6 : 4;
  }
  f.data = data_of(f.x, NULL, MORE, 1);
  facts_punch(&f, 2, far_ends, far_masks);
  setup_open_of(&s, gmm_simd_widest(), 1, GMM_FULL, &f.data, 1);
  CHECK(frame_of_rows(&s, 1).code == GMM_OK);
  CHECK(s.sd[0] == 1 && s.frame.shift[0] == 5 && s.frame.scale[0] == 1);
  setup_close(&s);
  facts_close(&f);
}

static void test_interrupt(void) {
  double unit[D] = {1, 1, 1};
  double *x = columns(7, unit, NULL);
  int calls;
  setup s;
  setup_open(&s, GMM_FULL, x, N, D, 1);
  s.poll = poll_after(1, &calls);
  CHECK(frame_of_rows(&s, 1).code == GMM_EINTERRUPT);
  CHECK(calls == 1);
  setup_close(&s);
  free(x);
}

int main(void) {
  double ordinary[] = {1, 3, 0.2}, spread[] = {1e-140, 1, 1e140};
  test_magnitudes();
  test_extremes();
  test_power_of_two();
  test_metric();
  test_constant();
  test_almost_constant();
  test_missing();
  for (int layout = GMM_DIAGONAL; layout <= GMM_FULL; layout++) {
    check_round_trip(layout, ordinary);
    check_round_trip(layout, spread);
    check_frame_of_params(layout, 1);
    check_frame_of_params(layout, 1e-150);
    check_frame_of_params(layout, 1e150);
  }
  for (gmm_simd level = GMM_SIMD_BASELINE; level < GMM_SIMD_LEVELS; level = next_level(level)) {
    test_threads(level);
  }
  test_interrupt();
  return check_report("frame");
}
