/*
 * Axes that all components share: found exactly where there are such axes, left
 * where they are a saddle, least of all that a search over the angle finds in the
 * plane, never worse than where they went on from, and orthonormal after any
 * number of M-steps.
 */
#include "cov.h"

#include "within.h"

static const char *const models[] = {"EVE", "VVE"};

static int is_eve(const char *model) {
  return model[0] == 'E';
}

/* The least objective with axes Q. */
static double value_in_axes(const char *model, const problem *p, const double *q) {
  int d = p->d;
  long double axes[MAX_D * MAX_D], w[MAX_D * MAX_D], lambda = 0, log_dets = 0;
  double n = total_count(p);
  for (int i = 0; i < d * d; i++) {
    axes[i] = q[i];
  }
  for (int j = 0; j < p->k; j++) {
    long double log_det = 0;
    reference_rotate(p, p->scatter, j, axes, w);
    for (int a = 0; a < d; a++) {
      log_det += logl(w[a + d * a]);
    }
    lambda += expl(log_det / d) / n;
    log_dets += p->count[j] * (log_det - d * logl(p->count[j]));
  }
  return (double)(n * d + (is_eve(model) ? n * d * logl(lambda) : log_dets));
}

static void check_orthonormal(const problem *p) {
  int d = p->d;
  double worst = 0;
  for (int i = 0; i < d * d; i++) {
    double sum = 0;
    for (int a = 0; a < d; a++) {
      sum += p->factors.orientation[a + i % d * d] * p->factors.orientation[a + i / d * d];
    }
    worst = fmax(worst, fabs(sum - (i % d == i / d)));
  }
  CHECK_NEAR(worst, 0, 1e-13);
}

/* Scatter matrices that are diagonal in the same axes: these are found, and the
 * variances are those along them. */
static void check_commuting(test_rng *rng, const char *model, int d, int k) {
  double q[MAX_D * MAX_D], values[MAX_D * MAX_K], want[MAX_D * MAX_D * MAX_K];
  double level[MAX_K], lambda = 0;
  problem p;
  problem_open(&p, GMM_FULL, d, k);
  random_rotation(rng, d, q);
  for (int j = 0; j < k; j++) {
    level[j] = 0;
    p.count[j] = 1 + 20 * uniform(rng);
    for (int a = 0; a < d; a++) {
      values[a + d * j] = exp(3 * normal(rng));
      level[j] += log(values[a + d * j]) / d;
    }
    set_scatter_in_axes(&p, j, q, values + d * j);
  }
  for (int j = 0; j < k; j++) {
    lambda += exp(level[j]) / total_count(&p);
  }
  for (size_t i = 0; i < (size_t)(d * d * k); i++) {
    int j = (int)i / (d * d);
    want[i] = p.scatter[i] * (is_eve(model) ? lambda / exp(level[j]) : 1 / p.count[j]);
  }
  CHECK(fit_named(&p, model).code == GMM_OK);
  CHECK_NEAR(worst_in_sigma(&p, want), 0, 1e-10);
  check_orthonormal(&p);
  double worst = 0;
  for (int b = 0; b < d; b++) {
    double nearest = 0;
    for (int c = 0; c < d; c++) {
      double dot = 0;
      for (int a = 0; a < d; a++) {
        dot += q[a + d * b] * p.factors.orientation[a + d * c];
      }
      nearest = fmax(nearest, fabs(dot));
    }
    worst = fmax(worst, fabs(nearest - 1));
  }
  CHECK_NEAR(worst, 0, 1e-12);
  problem_close(&p);
}

static void test_commuting(void) {
  test_rng rng = {1, 0};
  for (int m = 0; m < 2; m++) {
    for (int d = 1; d <= MAX_D; d++) {
      for (int k = 1; k <= MAX_K; k++) {
        check_commuting(&rng, models[m], d, k);
      }
    }
  }
}

/* Equal variances and opposite covariances: in the axes of the data nothing
 * slopes, but the objective falls once they turn. The common axes are the
 * diagonals, and the covariances are W_j / n_j. */
static void check_saddle(const char *model, int d, int known, int exact, double v_2) {
  enum { N = 10 };
  problem p;
  problem_open(&p, GMM_FULL, d, 2);
  size_t size = (size_t)d * (size_t)d;
  double *want = doubles(2 * size);
  for (int j = 0; j < 2; j++) {
    p.count[j] = N;
    for (int a = 0; a < d; a++) {
      for (int b = 0; b <= a; b++) {
        /* The variables are uncorrelated but for the first and the last. */
        double correlated = a == d - 1 && b == 0 ? (j == 0 ? 1 : -1) : 0;
        want[at(&p, a, b, j)] = (j == 0 ? 1 : v_2) * (a == b ? 2 : correlated);
        p.scatter[at(&p, a, b, j)] = N * want[at(&p, a, b, j)];
      }
    }
  }
  p.factors.axes_known = known;
  p.factors.exact = exact;
  for (size_t i = 0; i < size; i++) {
    p.factors.orientation[i] = i % ((size_t)d + 1) == 0;
  }
  CHECK(fit_named(&p, model).code == GMM_OK);
  CHECK_NEAR(worst_in_sigma(&p, want), 0, 1e-12);
  free(want);
  problem_close(&p);
}

static void test_saddle(void) {
  for (int known = 0; known < 2; known++) {
    for (int exact = 0; exact < 2; exact++) {
      for (int d = 2; d <= 4; d++) {
        check_saddle("VVE", d, known, exact, 1);
        check_saddle("VVE", d, known, exact, 7);
        check_saddle("EVE", d, known, exact, 1);
      }
    }
  }
}

/* In the plane there is one angle, and a fine grid of them. */
static void check_plane(test_rng *rng, const char *model, int k, double own) {
  enum { STEPS = 1000 };
  problem p;
  problem_open(&p, GMM_FULL, 2, k);
  random_scatter(rng, &p, own);
  double least = INFINITY;
  for (int i = 0; i < STEPS; i++) {
    double angle = 1.5707963267948966 * i / STEPS, c = cos(angle), s = sin(angle);
    double q[] = {c, s, -s, c};
    least = fmin(least, value_in_axes(model, &p, q));
  }
  CHECK(fit_named(&p, model).code == GMM_OK);
  CHECK((double)objective(&p) <= least + 1e-13 * total_count(&p));
  CHECK_NEAR(value_in_axes(model, &p, p.factors.orientation), (double)objective(&p),
             1e-12 * total_count(&p));
  problem_close(&p);
}

static void test_plane(void) {
  test_rng rng = {2, 0};
  for (int m = 0; m < 2; m++) {
    for (int k = 1; k <= MAX_K; k++) {
      for (int i = 0; i < 20; i++) {
        check_plane(&rng, models[m], k, i % 2 ? 0.3 : 1);
      }
    }
  }
}

/* Lower triangles by rows, one component after the other. */
static void open_by_rows(problem *p, int d, int k, const double *count, const double *w) {
  problem_open(p, GMM_FULL, d, k);
  memcpy(p->count, count, (size_t)k * sizeof(double));
  for (int j = 0; j < k; j++) {
    for (int a = 0; a < d; a++) {
      for (int b = 0; b <= a; b++) {
        p->scatter[at(p, a, b, j)] = *w++;
      }
    }
  }
}

/* Valleys along which sweeps come down by hundreds: at the end of one M-step there
 * is nothing left for another. */
static void check_valley(const char *model, int d, int k, const double *count, const double *w) {
  problem p;
  open_by_rows(&p, d, k, count, w);
  CHECK(fit_named(&p, model).code == GMM_OK);
  long double least = objective(&p);
  for (int again = 0; again < 10; again++) {
    CHECK(fit_named(&p, model).code == GMM_OK);
  }
  CHECK_NEAR((double)(objective(&p) - least) / total_count(&p), 0, 1e-12);
  problem_close(&p);
}

static void test_valleys(void) {
  double n_2[] = {8, 3, 7}, w_2[] = {5, 6, 19, 14, 9, 10, 14, 2, 2};
  double n_3[] = {1, 4}, w_3[] = {10, -6, 9, 9, -2, 23, 14, 3, 20, 3, 18, 19};
  double n_4[] = {2, 4};
  double w_4[] = {27, 13, 19, -2, 9, 16, 0, -2, -3, 5, 29, 5, 4, 15, 6, 28, 8, 0, 0, 9};
  for (int m = 0; m < 2; m++) {
    check_valley(models[m], 2, 3, n_2, w_2);
    check_valley(models[m], 3, 2, n_3, w_3);
    check_valley(models[m], 4, 2, n_4, w_4);
  }
}

/* EVE has found better axes than VVE's own ways lead to. */
static void check_vve_after_eve(const double *count, const double *w) {
  problem eve, vve;
  open_by_rows(&eve, 3, 2, count, w);
  problem_like(&vve, GMM_FULL, &eve);
  CHECK(fit_named(&eve, "EVE").code == GMM_OK);
  CHECK(fit_named(&vve, "VVE").code == GMM_OK);
  CHECK(objective(&vve) < objective(&eve));
  problem_close(&eve);
  problem_close(&vve);
}

static void test_vve_after_eve(void) {
  double fours[] = {4, 4}, w[] = {7, -1, 3, 6, 0, 9, 5, 2, 7, 2, 5, 7};
  double five_four[] = {5, 4}, other[] = {6, -2, 3, -3, 3, 7, 6, 0, 2, -2, -2, 6};
  check_vve_after_eve(fours, w);
  check_vve_after_eve(five_four, other);
}

/* Axes that are known, however bad, are where it goes on; and they stay
 * orthonormal. */
static void check_known(test_rng *rng, const char *model, int d, int k, int exact) {
  enum { STEPS = 200 };
  double q[MAX_D * MAX_D];
  problem p;
  random_problem(rng, &p, GMM_FULL, d, k);
  double nd = total_count(&p) * d;
  p.factors.axes_known = 1;
  p.factors.exact = exact;
  for (int i = 0; i < 5; i++) {
    random_rotation(rng, d, q);
    memcpy(p.factors.orientation, q, (size_t)(d * d) * sizeof(double));
    CHECK(fit_named(&p, model).code == GMM_OK);
    CHECK((double)objective(&p) <= value_in_axes(model, &p, q) + 1e-13 * nd);
  }
  for (int i = 0; i < STEPS; i++) {
    problem other;
    random_problem(rng, &other, GMM_FULL, d, k);
    memcpy(p.scatter, other.scatter, (size_t)(d * d * k) * sizeof(double));
    CHECK(fit_named(&p, model).code == GMM_OK);
    problem_close(&other);
  }
  check_orthonormal(&p);
  problem_close(&p);
}

static void test_known(void) {
  test_rng rng = {3, 0};
  for (int m = 0; m < 2; m++) {
    for (int exact = 0; exact < 2; exact++) {
      check_known(&rng, models[m], 2, 3, exact);
      check_known(&rng, models[m], 4, 2, exact);
      check_known(&rng, models[m], 5, 3, exact);
    }
  }
}

int main(void) {
  test_commuting();
  test_saddle();
  test_plane();
  test_valleys();
  test_vve_after_eve();
  test_known();
  return check_report("cov_rotate");
}
