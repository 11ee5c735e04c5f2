/*
 * Streams of random numbers: within (0, 1), alike whatever the others do, and uniform by their
 * moments and by pairs; and a sample of rows: each from its stretch, in order, none twice.
 */
#include "stream.h"

#include "helpers.h"

enum { N = 200000 };

static void test_streams(void) {
  test_rng rng = {1, 0}, again = {1, 0};
  gmm_random main_thread = random_of(&rng), repeated = random_of(&again);
  gmm_stream streams[3], copies[3];
  for (int s = 0; s < 3; s++) {
    gmm_stream_begin(&streams[s], &main_thread);
  }
  for (int s = 0; s < 3; s++) {
    gmm_stream_begin(&copies[s], &repeated);
  }
  /* One after the other, and in turn. */
  gmm_random of[3], copy[3];
  double *x = doubles(3 * N);
  for (int s = 0; s < 3; s++) {
    of[s] = gmm_stream_random(&streams[s]);
    copy[s] = gmm_stream_random(&copies[s]);
    for (int i = 0; i < N; i++) {
      x[i + N * s] = of[s].uniform(of[s].self);
    }
  }
  int same = 1, inside = 1;
  for (int i = 0; i < N; i++) {
    for (int s = 0; s < 3; s++) {
      same &= copy[s].uniform(copy[s].self) == x[i + N * s];
      inside &= x[i + N * s] > 0 && x[i + N * s] < 1;
    }
  }
  CHECK(same);
  CHECK(inside);
  for (int s = 0; s < 3; s++) {
    const double *y = x + N * s, *other = x + N * ((s + 1) % 3);
    double mean = 0, square = 0, lagged = 0, crossed = 0;
    for (int i = 0; i < N; i++) {
      mean += y[i] / N;
      square += (y[i] - 0.5) * (y[i] - 0.5) / N;
      lagged += (y[i] - 0.5) * (y[(i + 1) % N] - 0.5) / N;
      crossed += (y[i] - 0.5) * (other[i] - 0.5) / N;
    }
    /* Five standard errors. */
    double se = 5 / sqrt(N);
    CHECK_NEAR(mean, 0.5, se * 0.29);
    CHECK_NEAR(square, 1.0 / 12, se * 0.075);
    CHECK_NEAR(lagged, 0, se / 12);
    CHECK_NEAR(crossed, 0, se / 12);
  }
  free(x);
}

static void check_sample(size_t n, size_t m) {
  test_rng rng = {n + m, 0};
  gmm_random random = random_of(&rng);
  double *x = doubles(2 * n);
  for (size_t i = 0; i < n; i++) {
    x[i] = (double)i;
    x[i + n] = -(double)i;
  }
  gmm_data data = data_of(x, NULL, n, 2);
  gmm_sample sample;
  void *memory = sample_open(&sample, &data, m);
  gmm_sample_draw(&sample, &data, &random);
  CHECK(sample.data.n == m && sample.data.mass == (double)m);
  const double *out = sample.data.x;
  int ordered = 1, rows = 1;
  for (size_t s = 0; s < m; s++) {
    ordered &= s == 0 || out[s] > out[s - 1];
    rows &= out[s + m] == -out[s];
    ordered &= out[s] >= floor((double)s * (double)n / (double)m) && out[s] < (double)n;
  }
  CHECK(ordered);
  CHECK(rows);
  free(memory);
  free(x);
}

int main(void) {
  test_streams();
  check_sample(1000, 1000);
  check_sample(1000, 999);
  check_sample(1000, 300);
  check_sample(7, 1);
  return check_report("stream");
}
