/*
 * Volumes of components that share all else, in both layouts: at Celeux &
 * Govaert's fixed point to rounding, never worse than from where they went on,
 * with components that differ in where they spread, in volume and in size by
 * many orders of magnitude, and what is said of those that have none.
 */
#include "volumes.h"

#include "within.h"

/* In arrays of exactly the size that is asked for. */
static gmm_status find_volumes(problem *p) {
  gmm_within within = within_of(p);
  double *work = doubles(gmm_volumes_work(p->layout, p->d, p->k));
  gmm_status status = gmm_volumes(&within, &p->factors, p->sigma, work);
  free(work);
  return status;
}

/* sigma_j = lambda_j M / n for these volumes: the objective of model.h is then F
 * but for a constant. */
static long double value(problem *p) {
  gmm_within within = within_of(p);
  size_t size = gmm_cov_size(p->layout, p->d);
  double *m = doubles(size);
  gmm_volumes_common(&within, p->factors.volume, m);
  for (size_t i = 0; i < size * (size_t)p->k; i++) {
    p->sigma[i] = m[i % size] * exp(p->factors.volume[i / size]) / total_count(p);
  }
  free(m);
  return objective(p);
}

/* How far tr(W_j C^-1) / (n_j d) is from lambda_j, relative to it. */
static double imbalance(problem *p) {
  double worst = 0;
  value(p);
  for (int j = 0; j < p->k; j++) {
    long double log_det, trace;
    log_det_and_trace(p, j, &log_det, &trace);
    worst = fmax(worst, error_in((double)(trace / (p->count[j] * p->d)), 1, 1));
  }
  return worst;
}

static void check_found(problem *p, double tol) {
  gmm_status status = find_volumes(p);
  CHECK(status.code == GMM_OK && status.index == -1);
  CHECK(p->factors.volumes_known);
  CHECK_NEAR(imbalance(p), 0, tol);
}

/* Volumes known from elsewhere, from near and from far. */
static void check_from(test_rng *rng, problem *p, double spread, double tol) {
  gmm_factors *factors = &p->factors;
  double nd = total_count(p) * p->d;
  factors->volumes_known = 1;
  for (int j = 0; j < p->k; j++) {
    factors->volume[j] = spread * normal(rng);
  }
  long double before = value(p);
  CHECK(find_volumes(p).code == GMM_OK);
  long double after = value(p);
  CHECK((double)(after - before) <= 1e-13 * nd);
  CHECK_NEAR(imbalance(p), 0, tol);
}

static void check_random(test_rng *rng, gmm_layout layout, int d, int k, double own) {
  problem p;
  problem_open(&p, layout, d, k);
  random_scatter(rng, &p, own);
  check_found(&p, 1e-12);
  /* Again: nowhere to go, whatever the constant that all share. */
  long double least = value(&p);
  double *volume = p.factors.volume, found[MAX_K];
  for (int j = 0; j < k; j++) {
    found[j] = volume[j];
    volume[j] += 5;
  }
  check_found(&p, 1e-12);
  CHECK_NEAR(worst_error(volume, found, (size_t)k), 0, 1e-12);
  CHECK_NEAR((double)(value(&p) - least) / total_count(&p), 0, 1e-13);
  double spread[] = {1e-6, 0.01, 0.1, 1, 10};
  for (int i = 0; i < 10; i++) {
    check_from(rng, &p, spread[i / 2], 1e-12);
    /* F is convex: there is one minimum. */
    CHECK((double)(value(&p) - least) / total_count(&p) <= 1e-13);
  }
  problem_close(&p);
}

static void test_random(gmm_layout layout) {
  test_rng rng = {1, 0};
  for (int d = 1; d <= MAX_D; d++) {
    for (int k = 1; k <= MAX_K; k++) {
      check_random(&rng, layout, d, k, 1);
      check_random(&rng, layout, d, k, 0);
    }
  }
}

/* One component: nothing to find but that there is scatter. */
static void test_one_component(gmm_layout layout) {
  test_rng rng = {2, 0};
  problem p;
  random_problem(&rng, &p, layout, 3, 1);
  check_found(&p, 1e-13);
  CHECK_NEAR(p.factors.volume[0], 0, 0);
  problem_close(&p);
}

/* Two components, each of which spreads where the other hardly does: with
 * W_1 = diag(n_1, e n_1) and W_2 the other way round, F is the same for all
 * volumes but for a part e of it. */
static void check_disjoint(gmm_layout layout, double e, double n_2, double v_2) {
  double n_1 = 10, w_1[] = {n_1, 0, 0, e * n_1}, w_2[] = {e * n_2 * v_2, 0, 0, n_2 * v_2};
  problem p;
  problem_open(&p, layout, 2, 2);
  p.count[0] = n_1;
  p.count[1] = n_2;
  set_scatter(&p, 0, w_1);
  set_scatter(&p, 1, w_2);
  check_found(&p, fmax(1e-12, 1e-14 / e));
  test_rng rng = {6, 0};
  for (int i = 0; i < 10; i++) {
    check_from(&rng, &p, 3, fmax(1e-12, 1e-14 / e));
  }
  /* With equal counts, symmetry says what the volumes are. */
  if (n_1 == n_2) {
    CHECK_NEAR(p.factors.volume[1] - p.factors.volume[0], log(v_2), 1e-12 / e);
  }
  problem_close(&p);
}

static void test_disjoint(gmm_layout layout) {
  double es[] = {0.1, 1e-2, 1e-4, 1e-8, 1e-12}, vs[] = {1, 1e6, 1e-6};
  for (int i = 0; i < 5; i++) {
    for (int l = 0; l < 3; l++) {
      check_disjoint(layout, es[i], 10, vs[l]);
    }
  }
  check_disjoint(layout, 1e-2, 9, 1);
  check_disjoint(layout, 1e-2, 11, 1e3);
}

/* Volumes and counts that differ by many orders of magnitude. */
static void test_extremes(gmm_layout layout) {
  enum { D = 3, K = 4 };
  test_rng rng = {3, 0};
  double volumes[] = {1e-12, 1e12, 1, 1e-200}, counts[] = {1, 1, 1e-6, 1e-200};
  for (int i = 0; i < 2; i++) {
    problem p;
    random_problem(&rng, &p, layout, D, K);
    for (int j = 0; j < K; j++) {
      double by = i == 0 ? counts[j] : 1;
      p.count[j] *= by;
      for (int a = 0; a < D; a++) {
        for (int b = layout == GMM_FULL ? 0 : a; b <= a; b++) {
          p.scatter[at(&p, a, b, j)] *= by * (i == 1 && j < 3 ? volumes[j] : 1);
        }
      }
    }
    check_found(&p, 1e-12);
    problem_close(&p);
  }
}

/* The first component without scatter; some scatter is enough. */
static void test_without_scatter(gmm_layout layout) {
  enum { D = 3, K = 4 };
  test_rng rng = {4, 0};
  for (int known = 0; known < 2; known++) {
    for (int j = 0; j < K; j++) {
      problem p;
      random_problem(&rng, &p, layout, D, K);
      size_t size = gmm_cov_size(layout, D), J = (size_t)j;
      memset(p.scatter + size * J, 0, size * sizeof(double));
      memset(p.factors.volume, 0, K * sizeof(double));
      p.factors.volumes_known = known;
      gmm_status status = find_volumes(&p);
      CHECK(status.code == GMM_ESINGULAR);
      CHECK(status.index == j);

      memset(p.factors.volume, 0, K * sizeof(double));
      p.factors.volumes_known = known;
      p.scatter[at(&p, 1, 1, j)] = 2;
      /* With more than n / d rows on a line, there would be no minimum. */
      p.count[j] = 0.9 * (total_count(&p) - p.count[j]) / (D - 1);
      check_found(&p, 1e-12);
      problem_close(&p);
    }
  }
}

/* No component spreads in the last direction. */
static void test_singular_sum(gmm_layout layout) {
  enum { D = 3, K = 2 };
  test_rng rng = {5, 0};
  problem p;
  random_problem(&rng, &p, layout, D, K);
  for (int j = 0; j < K; j++) {
    for (int b = layout == GMM_FULL ? 0 : D - 1; b < D; b++) {
      p.scatter[at(&p, D - 1, b, j)] = 0;
    }
  }
  gmm_status status = find_volumes(&p);
  CHECK(status.code == GMM_ESINGULAR);
  CHECK(status.index == 0);
  problem_close(&p);
}

/*
 * A component with many rows that spread in one direction only: F falls without end
 * as its volume goes to zero.
 */
static void test_without_minimum(gmm_layout layout) {
  double along[] = {0, 0, 0, 1}, both[] = {1, 0, 0, 1}, counts[] = {1, 3};
  for (int first = 0; first < 2; first++) {
    for (int known = 0; known < 2; known++) {
      problem p;
      problem_open(&p, layout, 2, 2);
      for (int j = 0; j < 2; j++) {
        p.count[j] = counts[j == first];
        p.factors.volume[j] = 0;
        set_scatter(&p, j, j == first ? along : both);
      }
      p.factors.volumes_known = known;
      gmm_status status = find_volumes(&p);
      CHECK(status.code == GMM_ESINGULAR);
      CHECK(status.index == first);
      problem_close(&p);
    }
  }
}

int main(void) {
  gmm_layout layouts[] = {GMM_DIAGONAL, GMM_FULL};
  for (int i = 0; i < 2; i++) {
    test_random(layouts[i]);
    test_one_component(layouts[i]);
    test_disjoint(layouts[i]);
    test_extremes(layouts[i]);
    test_without_scatter(layouts[i]);
    test_singular_sum(layouts[i]);
    test_without_minimum(layouts[i]);
  }
  return check_report("volumes");
}
