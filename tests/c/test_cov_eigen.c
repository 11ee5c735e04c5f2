/*
 * Components with axes of their own: by hand in the plane, whatever the order in
 * which the eigenvalues stand; components that are round, flat or graded.
 */
#include "cov.h"

#include "within.h"

/* Two components with variances along axes that are 30 degrees from those of the
 * data, this way or that; 8 and 2 rows. */
static void open_plane(problem *p, double *q_1, double *q_2, const double *w_1, const double *w_2) {
  double c = sqrt(3) / 2, s = 0.5;
  double left[] = {c, s, -s, c}, right[] = {c, -s, s, c};
  problem_open(p, GMM_FULL, 2, 2);
  memcpy(q_1, left, sizeof left);
  memcpy(q_2, right, sizeof right);
  p->count[0] = 8;
  p->count[1] = 2;
  set_scatter_in_axes(p, 0, q_1, w_1);
  set_scatter_in_axes(p, 1, q_2, w_2);
}

/* Q diag(values) Q' is what component j should have. */
static void check_sigma(const problem *p, int j, const double *q, const double *values) {
  for (int a = 0; a < 2; a++) {
    for (int b = 0; b <= a; b++) {
      double want = q[a] * values[0] * q[b] + q[a + 2] * values[1] * q[b + 2];
      CHECK_NEAR(p->sigma[at(p, a, b, j)], want, 1e-13 * (values[0] + values[1]));
    }
  }
}

/* EEV: the larger eigenvalues add up, and the smaller, over n = 10. */
static void test_eev_by_hand(void) {
  double w_1[] = {12, 3}, w_2[] = {1, 18}, round[] = {7, 7}, flat[] = {0, 8}, none[] = {0, 0};
  const struct {
    const double *w_1, *w_2;
    double sigma_1[2], sigma_2[2];
  } cases[] = {
      {w_1, w_2, {3, 0.4}, {0.4, 3}},
      {w_1, flat, {2, 0.3}, {0.3, 2}},
      {w_1, none, {1.2, 0.3}, {NAN}},
      {round, w_2, {NAN}, {0.8, 2.5}},
  };
  for (int i = 0; i < 4; i++) {
    problem p;
    double q_1[4], q_2[4];
    open_plane(&p, q_1, q_2, cases[i].w_1, cases[i].w_2);
    CHECK(fit_named(&p, "EEV").code == GMM_OK);
    /* A component that is round is free to choose its axes. */
    if (!isnan(cases[i].sigma_1[0])) {
      check_sigma(&p, 0, q_1, cases[i].sigma_1);
    }
    if (!isnan(cases[i].sigma_2[0])) {
      check_sigma(&p, 1, q_2, cases[i].sigma_2);
    }
    problem_close(&p);
  }
}

static void check_vev(const double *w_1, const double *w_2, const double *sigma_1,
                      const double *sigma_2) {
  problem p;
  double q_1[4], q_2[4];
  open_plane(&p, q_1, q_2, w_1, w_2);
  CHECK(fit_named(&p, "VEV").code == GMM_OK);
  check_sigma(&p, 0, q_1, sigma_1);
  check_sigma(&p, 1, q_2, sigma_2);
  problem_close(&p);
}

/*
 * Components of one shape: W_j / n_j. And a flat component, which takes the shape
 * of the other: with variances lambda_j (a, b),
 *
 *   10 a = 16 / lambda_1 + 6 / lambda_2,   10 b = 4 / lambda_1,   n = 10
 *   6 / lambda_2 = 4 a,                                           n_2 d = 4
 *
 * so that lambda_1 (a, b) = (16 / 6, 4 / 10), and lambda_2 a = 6 / 4.
 */
static void test_vev_by_hand(void) {
  double w_1[] = {16, 4}, w_2[] = {50, 200}, sigma_1[] = {2, 0.5}, sigma_2[] = {25, 100};
  check_vev(w_1, w_2, sigma_1, sigma_2);
  double flat[] = {0, 6}, beside[] = {16.0 / 6, 0.4}, taken[] = {1.5 * 0.4 / (16.0 / 6), 1.5};
  check_vev(w_1, flat, beside, taken);
}

/* All components in one direction each: the second eigenvalues are nothing but
 * rounding, of either sign. */
static void test_all_flat(void) {
  enum { D = 3, K = 2 };
  test_rng rng = {1, 0};
  for (int i = 0; i < 20; i++) {
    problem p;
    double q[D * D], values[D] = {0, 0, 5};
    problem_open(&p, GMM_FULL, D, K);
    for (int j = 0; j < K; j++) {
      random_rotation(&rng, D, q);
      p.count[j] = 5;
      set_scatter_in_axes(&p, j, q, values);
    }
    CHECK(fit_named(&p, "EEV").code == GMM_OK);
    for (int j = 0; j < K; j++) {
      double trace = 0;
      for (int a = 0; a < D; a++) {
        CHECK(p.sigma[at(&p, a, a, j)] >= 0);
        trace += p.sigma[at(&p, a, a, j)];
      }
      CHECK_NEAR(trace, 1, 1e-14);
    }
    problem_close(&p);
  }
}

int main(void) {
  test_eev_by_hand();
  test_vev_by_hand();
  test_all_flat();
  return check_report("cov_eigen");
}
