/*
 * In which steps values are recorded: whatever they start from and however large they are, with
 * holes, after scaling and shifting; and in none where they are continuous, constant, or too many.
 */
#include "steps.h"

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
  CHECK(gmm_steps_find(N, x) == 1);
  x[0] = x[17] = NAN;
  CHECK(gmm_steps_find(N, x) == 1);
  CHECK(gmm_steps_find(0, x) == 0);
  double gap[] = {0, 6, 15, 25, 6}, even[] = {-3, 1, 5}, two[] = {0, 0, 1, 0};
  CHECK(gmm_steps_find(5, gap) == 1);
  CHECK(gmm_steps_find(3, even) == 4);
  CHECK(gmm_steps_find(4, two) == 1);
}

static void test_units(void) {
  double x[N], y[N], scales[] = {1e-80, 0.1, 1 / 3.0, 12345.678, 1e80};
  draw_whole(x);
  for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
    for (int i = 0; i < N; i++) {
      y[i] = scales[s] * (x[i] - 2.718);
    }
    CHECK_NEAR(gmm_steps_find(N, y) / scales[s], 1, 1e-6);
  }
  /* Tenths, far from 0. */
  for (int i = 0; i < N; i++) {
    y[i] = 1e6 + x[i] / 10;
  }
  CHECK_NEAR(gmm_steps_find(N, y), 0.1, 1e-6);
}

static void shuffle(double *x, size_t n, test_rng *r) {
  for (size_t i = n - 1; i > 0; i--) {
    int t = integer_to(r, (int)i);
    double kept = x[i];
    x[i] = x[t];
    x[t] = kept;
  }
}

/* The same step to the last bit, whatever the order, of many steps and of few values. */
static void test_order(void) {
  struct {
    double step, from;
    int most;
    size_t n;
  } cases[] = {
      {1, 0, 7, N},         {0.1, -250, 5000, N},    {0.1, 1e5, 500, N},  {0.001, 1.5, 4000, 32},
      {0.01, 165, 2500, N}, {1 / 60.0, 1.6, 210, N}, {0.01, 0, 99000, N}, {1e-9, 1e-6, 1000, 20},
  };
  test_rng r = {.state = 3};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    double x[N];
    size_t n = cases[c].n;
    for (size_t i = 0; i < n; i++) {
      x[i] = cases[c].from + cases[c].step * (i < 3 ? (int)i : integer_to(&r, cases[c].most));
    }
    double step = gmm_steps_find(n, x);
    CHECK_NEAR(step / cases[c].step, 1, 1e-6);
    for (int s = 0; s < 500; s++) {
      shuffle(x, n, &r);
      CHECK(gmm_steps_find(n, x) == step);
    }
  }
}

/* Tenths that were stored in single precision; which continuous values do not pass for. */
static void test_single(void) {
  test_rng r = {.state = 5};
  for (int s = 0; s < 200; s++) {
    double x[N], y[N];
    for (int i = 0; i < N; i++) {
      double z = normal(&r);
      x[i] = (double)(float)(nearbyint(10 * (5 + z)) / 10);
      y[i] = (double)(float)(5 + z);
    }
    CHECK_NEAR(gmm_steps_find(N, x), 0.1, 1e-6);
    CHECK(gmm_steps_find(N, y) == 0);
    CHECK(gmm_steps_find(6, y) == 0);
  }
}

/* A sum of tenths is not quite the same as a tenth. */
static void test_dust(void) {
  double x[] = {0.3, 0.1 + 0.2, 0.1, 0.5, 0.9, 5.1 - 4.9};
  CHECK_NEAR(gmm_steps_find(6, x), 0.1, 1e-12);
  CHECK(gmm_steps_find(2, x) == 0);
}

/* Continuous values have none, however few, whichever come first. */
static void test_continuous(void) {
  test_rng r = {.state = 4};
  for (int s = 0; s < 2000; s++) {
    double x[N];
    size_t n = 4 + (size_t)integer_to(&r, s % 2 ? 4 : N - 4);
    n = n > N ? N : n;
    for (size_t i = 0; i < n; i++) {
      x[i] = 1e3 * (s % 3 == 0) + normal(&r);
    }
    CHECK(gmm_steps_find(n, x) == 0);
  }
}

static void test_none(void) {
  double constant[] = {2, 2, 2}, one[] = {2}, holes[] = {NAN, NAN};
  CHECK(gmm_steps_find(3, constant) == 0);
  CHECK(gmm_steps_find(1, one) == 0);
  CHECK(gmm_steps_find(2, holes) == 0);
  /* Zeros among continuous values, and before them. */
  double x[N];
  test_rng r = {.state = 2};
  for (int i = 0; i < N; i++) {
    x[i] = i < 150 || i % 2 ? 0 : uniform(&r);
  }
  CHECK(gmm_steps_find(N, x) == 0);
  /* So many steps that they do not matter, in any order; and just not so many. */
  double many[] = {0, 1, 100200}, middle[] = {50000, 0, 1, 100200}, enough[] = {0, 1, 100000};
  CHECK(gmm_steps_find(3, many) == 0);
  CHECK(gmm_steps_find(4, middle) == 0);
  CHECK(gmm_steps_find(3, enough) == 1);
  /* Steps that are hardly more than rounding of the values. */
  double large[] = {1e16, 1e16 + 2, 1e16 + 4};
  CHECK(gmm_steps_find(3, large) == 0);
  double infinite[] = {0, 1, INFINITY}, far[] = {-1e308, 1e308};
  CHECK(gmm_steps_find(3, infinite) == 0);
  CHECK(gmm_steps_find(2, infinite + 1) == 0);
  CHECK(gmm_steps_find(2, far) == 0);
}

static void test_rounding(void) {
  double x[] = {0, 2, 4, 10, NAN}, rare[] = {0, 0, 0, 1}, weight[] = {1, 1, 1, 97};
  CHECK_NEAR(gmm_steps_rounding(2, 5, x, NULL), sqrt(4 / 12.0), 1e-15);
  CHECK_NEAR(gmm_steps_rounding(1, 4, rare, NULL), sqrt(0.1 * 0.1875), 1e-15);
  CHECK_NEAR(gmm_steps_rounding(1, 4, rare, weight), sqrt(0.1 * 0.97 * 0.03), 1e-15);
  CHECK(gmm_steps_rounding(0, 5, x, NULL) == 0);
  double huge[] = {0, 1e300, 2e300, 9e300};
  CHECK_NEAR(gmm_steps_rounding(1e300, 4, huge, NULL) / 1e300, sqrt(1 / 12.0), 1e-15);
}

int main(void) {
  test_whole_numbers();
  test_units();
  test_order();
  test_continuous();
  test_single();
  test_dust();
  test_none();
  test_rounding();
  return check_report("steps");
}
