/*
 * In which steps values are recorded: whatever they start from and however large they are, with
 * holes, after scaling and shifting; and in none where they are continuous, constant, or too many.
 */
#include "recorded.h"

#include "helpers.h"

#define N 200

/* Whole numbers from 0 to 6, 0 and 1 among them. */
static void draw_whole(double *x) {
  test_rng r = {.state = 1};
  for (int i = 0; i < N; i++) {
    x[i] = i < 2 ? i : integer_to(&r, 6);
  }
}

static void test_whole_numbers(void) {
  double x[N];
  draw_whole(x);
  CHECK(gmm_recorded_step(N, x) == 1);
  x[0] = x[17] = NAN;
  CHECK(gmm_recorded_step(N, x) == 1);
  CHECK(gmm_recorded_step(0, x) == 0);
  double gap[] = {0, 6, 15, 25, 6}, even[] = {-3, 1, 5}, two[] = {0, 0, 1, 0};
  CHECK(gmm_recorded_step(5, gap) == 1);
  CHECK(gmm_recorded_step(3, even) == 4);
  CHECK(gmm_recorded_step(4, two) == 1);
}

static void test_units(void) {
  double x[N], y[N], scales[] = {1e-80, 0.1, 1 / 3.0, 12345.678, 1e80};
  draw_whole(x);
  for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
    for (int i = 0; i < N; i++) {
      y[i] = scales[s] * (x[i] - 2.718);
    }
    CHECK_NEAR(gmm_recorded_step(N, y) / scales[s], 1, 1e-6);
  }
  /* Tenths, far from 0. */
  for (int i = 0; i < N; i++) {
    y[i] = 1e6 + x[i] / 10;
  }
  CHECK_NEAR(gmm_recorded_step(N, y), 0.1, 1e-6);
}

static void test_none(void) {
  double x[N], constant[] = {2, 2, 2}, one[] = {2}, holes[] = {NAN, NAN};
  CHECK(gmm_recorded_step(3, constant) == 0);
  CHECK(gmm_recorded_step(1, one) == 0);
  CHECK(gmm_recorded_step(2, holes) == 0);
  test_rng r = {.state = 2};
  for (int i = 0; i < N; i++) {
    x[i] = uniform(&r);
  }
  CHECK(gmm_recorded_step(N, x) == 0);
  /* Zeros among continuous values. */
  for (int i = 0; i < N; i += 2) {
    x[i] = 0;
  }
  CHECK(gmm_recorded_step(N, x) == 0);
  /* So many steps that they do not matter; and just not so many. */
  double many[] = {0, 1, 10001}, enough[] = {0, 1, 10000};
  CHECK(gmm_recorded_step(3, many) == 0);
  CHECK(gmm_recorded_step(3, enough) == 1);
  /* Steps that are hardly more than rounding of the values. */
  double large[] = {1e16, 1e16 + 2, 1e16 + 4};
  CHECK(gmm_recorded_step(3, large) == 0);
  double infinite[] = {0, 1, INFINITY}, far[] = {-1e308, 1e308};
  CHECK(gmm_recorded_step(3, infinite) == 0);
  CHECK(gmm_recorded_step(2, infinite + 1) == 0);
  CHECK(gmm_recorded_step(2, far) == 0);
}

int main(void) {
  test_whole_numbers();
  test_units();
  test_none();
  return check_report("recorded");
}
