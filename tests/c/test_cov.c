/*
 * The covariances of every model: that they belong to its family and minimise
 * the objective of model.h (nothing slopes, no perturbation within the family
 * improves them, the traces sum to n d), that models within models are never
 * better, that an iteration goes on from where it stopped, what they do under
 * changes of scale, unit and axes, and that they stay in the memory they asked
 * for.
 */
#include "cov.h"

#include "params.h"
#include "within.h"

/* The letters for volume, shape and orientation; E and V are EII and VII. */
static char letter(const gmm_model *model, int i) {
  return i == 0 || model->name[1] ? model->name[i] : 'I';
}

/* Not EVE and VVE: they look for axes that all share, and may find those of a
 * minimum that is not the least. */
static int has_one_minimum(const gmm_model *model) {
  return letter(model, 1) != 'V' || letter(model, 2) != 'E';
}

/* Models for d variables: E and V have one. */
static int holds(const gmm_model *model, int d) {
  return dimension_of(model, d) == d;
}

/* Anatomy ------------------------------------------------------------------ */

/* Axes of each component and variances along them: the data's own axes, those
 * that all share, or those in which a covariance is diagonal. */
typedef struct anatomy {
  long double axes[MAX_K][MAX_D * MAX_D], variance[MAX_K][MAX_D];
} anatomy;

static void find_axes(const gmm_model *model, const problem *p, int j, long double *axes) {
  int d = p->d, own = letter(model, 2) == 'V';
  long double ignored[MAX_D];
  if (letter(model, 2) == 'I') {
    for (int i = 0; i < d * d; i++) {
      axes[i] = i % (d + 1) == 0;
    }
  } else if (has_one_minimum(model)) {
    reference_eigen(d, p->sigma + at(p, 0, 0, own ? j : 0), axes, ignored);
  } else {
    for (int i = 0; i < d * d; i++) {
      axes[i] = p->factors.orientation[i];
    }
  }
}

/* Fills `anatomy`; returns how far the covariances are from the family: entries
 * off the axes, and logarithms of variances that should be the same. */
static double dissect(const gmm_model *model, const problem *p, anatomy *out) {
  int d = p->d;
  long double worst = 0, level[MAX_K];
  for (int j = 0; j < p->k; j++) {
    long double turned[MAX_D * MAX_D], *variance = out->variance[j];
    find_axes(model, p, j, out->axes[j]);
    reference_rotate(p, p->sigma, j, out->axes[j], turned);
    level[j] = 0;
    for (int a = 0; a < d; a++) {
      variance[a] = turned[a + d * a];
      level[j] += logl(variance[a]) / d;
    }
    for (int i = 0; i < d * d; i++) {
      int a = i % d, b = i / d;
      long double size = sqrtl(variance[a] * variance[b]);
      worst = fmaxl(worst, a == b ? 0 : fabsl(turned[i]) / size);
    }
    for (int a = 0; a < d; a++) {
      long double shape = logl(variance[a]) - level[j];
      long double first = logl(out->variance[0][a]) - level[0];
      shape -= letter(model, 1) == 'E' ? first : letter(model, 1) == 'V' ? shape : 0;
      worst = fmaxl(worst, fabsl(shape));
    }
    worst = fmaxl(worst, letter(model, 0) == 'E' ? fabsl(level[j] - level[0]) : 0);
  }
  return isnan(worst) ? INFINITY : (double)worst;
}

/* Adds what one component says of a factor to what is common, or takes it for
 * itself; the largest of either is the slope. */
typedef struct slope {
  long double common[MAX_D * MAX_D], own;
} slope;

static void add_slope(slope *s, char factor, int i, long double of_component, double share) {
  s->common[i] += factor == 'E' ? share * of_component : 0;
  s->own = fmaxl(s->own, factor == 'V' ? fabsl(of_component) : 0);
}

static double largest_slope(const slope *s) {
  long double largest = s->own;
  for (int i = 0; i < MAX_D * MAX_D; i++) {
    largest = isnan(s->common[i]) ? INFINITY : fmaxl(largest, fabsl(s->common[i]));
  }
  return (double)largest;
}

/*
 * The derivatives of the objective along the family, relative to n_j or n: with
 * W_j in the axes relative to the variances along them,
 *
 *   volume       the mean of its diagonal is n_j
 *   shape        its diagonal is constant
 *   orientation  w_ab (1 / variance_a - 1 / variance_b) is 0
 *
 * for each component where it has the factor to itself, else in the sum.
 */
static double steepest_slope(const gmm_model *model, const problem *p, const anatomy *from) {
  int d = p->d;
  slope volume = {0}, shape = {0}, orientation = {0};
  for (int j = 0; j < p->k; j++) {
    long double w[MAX_D * MAX_D], mean = 0;
    const long double *variance = from->variance[j];
    double share = p->count[j] / total_count(p);
    reference_rotate(p, p->scatter, j, from->axes[j], w);
    for (int i = 0; i < d * d; i++) {
      w[i] /= p->count[j];
    }
    for (int a = 0; a < d; a++) {
      mean += w[a + d * a] / variance[a] / d;
    }
    add_slope(&volume, letter(model, 0), 0, mean - 1, share);
    for (int i = 0; i < d * d; i++) {
      int a = i % d, b = i / d;
      if (a == b) {
        add_slope(&shape, letter(model, 1), i, w[i] / variance[a] - mean, share);
      } else {
        add_slope(&orientation, letter(model, 2), i, w[i] / variance[a] - w[i] / variance[b],
                  share);
      }
    }
  }
  return fmax(largest_slope(&volume), fmax(largest_slope(&shape), largest_slope(&orientation)));
}

/* Turns every plane of the axes by normal angles of this size. */
static void turn_at_random(test_rng *rng, int d, double by, long double *axes) {
  for (int b = 1; b < d; b++) {
    for (int a = 0; a < b; a++) {
      long double angle = by * normal(rng), c = cosl(angle), s = sinl(angle);
      for (int i = 0; i < d; i++) {
        long double left = axes[i + d * a], right = axes[i + d * b];
        axes[i + d * a] = c * left + s * right;
        axes[i + d * b] = c * right - s * left;
      }
    }
  }
}

/* The member of the family at a random distance of about `by`, into p->sigma. */
static void perturb(test_rng *rng, const gmm_model *model, const anatomy *from, double by,
                    problem *p) {
  int d = p->d;
  anatomy to = *from;
  test_rng common = *rng;
  for (int j = 0; j < p->k; j++) {
    /* What is equal gets the same random numbers in all components. */
    test_rng of_volume = letter(model, 0) == 'E' ? common : *rng;
    uniform(rng);
    test_rng of_shape = letter(model, 1) == 'E' ? common : *rng;
    double volume = normal(&of_volume), shape[MAX_D], mean = 0;
    for (int a = 0; a < d; a++) {
      shape[a] = letter(model, 1) == 'I' ? 0 : normal(&of_shape);
      mean += shape[a] / d;
    }
    for (int a = 0; a < d; a++) {
      to.variance[j][a] *= exp(by * (volume + shape[a] - mean));
    }
    uniform(rng);
    test_rng of_axes = letter(model, 2) == 'E' ? common : *rng;
    if (letter(model, 2) != 'I') {
      turn_at_random(&of_axes, d, by, to.axes[j]);
    }
    for (int a = 0; a < d; a++) {
      for (int b = p->layout == GMM_FULL ? 0 : a; b <= a; b++) {
        long double sum = 0;
        for (int c = 0; c < d; c++) {
          sum += to.axes[j][a + d * c] * to.variance[j][c] * to.axes[j][b + d * c];
        }
        p->sigma[at(p, a, b, j)] = (double)sum;
      }
    }
  }
}

/* Minima ------------------------------------------------------------------- */

static void check_minimum(test_rng *rng, const gmm_model *model, const problem *from) {
  problem p;
  anatomy found;
  double n = total_count(from), nd = n * from->d;
  problem_like(&p, model->layout, from);
  gmm_status status = fit(&p, model);
  CHECK(status.code == GMM_OK && status.index == -1);
  CHECK_NEAR(dissect(model, &p, &found), 0, 1e-11);
  CHECK_NEAR(steepest_slope(model, &p, &found), 0, has_one_minimum(model) ? 1e-11 : 1e-8);
  long double least = objective(&p), traces = 0;
  for (int j = 0; j < p.k; j++) {
    long double log_det, trace;
    log_det_and_trace(&p, j, &log_det, &trace);
    traces += trace;
  }
  CHECK_NEAR((double)traces / nd, 1, 1e-12);

  /* Far away only where there is no other minimum. */
  double gain = 0, by[] = {1e-4, 1e-2, 0.1, 1};
  for (int i = 0; i < (has_one_minimum(model) ? 12 : 6); i++) {
    perturb(rng, model, &found, by[i / 3], &p);
    gain = fmax(gain, (double)(least - objective(&p)));
  }
  CHECK_NEAR(gain / nd, 0, 1e-13);
  problem_close(&p);
}

static void test_minima(void) {
  test_rng rng = {1, 0};
  for (int d = 1; d <= MAX_D; d++) {
    for (int k = 1; k <= MAX_K; k++) {
      problem p;
      random_problem(&rng, &p, GMM_FULL, d, k);
      for (int i = 0; i < gmm_model_count(); i++) {
        if (holds(gmm_model_at(i), d)) {
          check_minimum(&rng, gmm_model_at(i), &p);
        }
      }
      problem_close(&p);
    }
  }
}

/* Whether all that the one model does, the other can do: I < E < V. */
static int is_within(const gmm_model *model, const gmm_model *wider) {
  static const char order[] = "IEV";
  int within = model != wider;
  for (int i = 0; i < 3; i++) {
    within &= strchr(order, letter(model, i)) <= strchr(order, letter(wider, i));
  }
  return within;
}

static void check_nesting(test_rng *rng, int d, int k, double own) {
  enum { MOST = 16 };
  problem p;
  long double least[MOST];
  problem_open(&p, GMM_FULL, d, k);
  random_scatter(rng, &p, own);
  CHECK(gmm_model_count() <= MOST);
  for (int i = 0; i < gmm_model_count(); i++) {
    const gmm_model *model = gmm_model_at(i);
    problem q;
    problem_like(&q, model->layout, &p);
    CHECK(!holds(model, d) || fit(&q, model).code == GMM_OK);
    least[i] = holds(model, d) ? objective(&q) : NAN;
    problem_close(&q);
  }
  int n_pairs = 0;
  for (int i = 0; i < gmm_model_count(); i++) {
    for (int l = 0; l < gmm_model_count(); l++) {
      const gmm_model *model = gmm_model_at(i), *wider = gmm_model_at(l);
      if (!holds(model, d) || !holds(wider, d) || !is_within(model, wider)) {
        continue;
      }
      n_pairs++;
      double excess = (double)(least[l] - least[i]);
      CHECK(excess <= 1e-12 * total_count(&p) * d);
      /* With one component, only the axes that a model may have tell it from others. */
      int as_good = k == 1 && letter(model, 2) != 'I' && letter(wider, 2) != 'I';
      CHECK(!as_good || -excess <= 1e-10 * total_count(&p) * d);
    }
  }
  CHECK(n_pairs > 30);
  problem_close(&p);
}

static void test_nesting(void) {
  test_rng rng = {2, 0};
  for (int d = 1; d <= MAX_D; d++) {
    for (int k = 1; k <= MAX_K; k++) {
      check_nesting(&rng, d, k, 1);
      check_nesting(&rng, d, k, 0.1);
      check_nesting(&rng, d, k, 0);
    }
  }
}

/* Going on ----------------------------------------------------------------- */

/* From the minimum, nothing moves; statistics that change, as from one iteration
 * of EM to the next, find covariances that are no worse than the last ones. */
static void check_going_on(test_rng *rng, const gmm_model *model, int d, int k, int exact) {
  problem p;
  random_problem(rng, &p, model->layout, d, k);
  size_t size = gmm_cov_size(model->layout, d) * (size_t)k;
  double nd = total_count(&p) * d;
  p.factors.exact = 1;
  CHECK(fit(&p, model).code == GMM_OK);
  double *cold = copy_of(p.sigma, size);
  long double least = objective(&p);
  p.factors.exact = exact;
  CHECK(fit(&p, model).code == GMM_OK);
  CHECK_NEAR((double)(objective(&p) - least) / nd, 0, 1e-13);
  CHECK_NEAR(worst_in_sigma(&p, cold), 0, has_one_minimum(model) ? 1e-11 : 1e-7);
  free(cold);

  double rise = -INFINITY;
  for (int i = 0; i < 6; i++) {
    problem other;
    random_problem(rng, &other, model->layout, d, k);
    for (size_t l = 0; l < size; l++) {
      p.scatter[l] += 0.3 * other.scatter[l];
    }
    long double before = objective(&p);
    CHECK(fit(&p, model).code == GMM_OK);
    rise = fmax(rise, (double)(objective(&p) - before) / nd);
    problem_close(&other);
  }
  CHECK(rise < 0);
  problem_close(&p);
}

static void test_going_on(void) {
  test_rng rng = {3, 0};
  int ds[] = {1, 2, 3, 5, 8}, ks[] = {1, 2, 5};
  for (int i = 0; i < gmm_model_count(); i++) {
    for (int l = 0; l < 15; l++) {
      const gmm_model *model = gmm_model_at(i);
      check_going_on(&rng, model, dimension_of(model, ds[l / 3]), ks[l % 3], 0);
      check_going_on(&rng, model, dimension_of(model, ds[l / 3]), ks[l % 3], 1);
    }
  }
}

/* Changes of scale, unit and axes ------------------------------------------- */

/* Covariances of statistics that were changed against those that were changed
 * alike, in `want`. */
static void check_changed(const gmm_model *model, problem *p, const double *want, double tol) {
  CHECK(fit(p, model).code == GMM_OK);
  CHECK_NEAR(worst_in_sigma(p, want), 0, tol);
}

/* W_j times s makes sigma_j times s; rows that count s times change nothing. */
static void check_scale(test_rng *rng, const gmm_model *model, int d, double s) {
  enum { K = 3 };
  problem p, scaled, counted;
  random_problem(rng, &p, model->layout, d, K);
  problem_like(&scaled, model->layout, &p);
  problem_like(&counted, model->layout, &p);
  CHECK(fit(&p, model).code == GMM_OK);
  size_t size = gmm_cov_size(model->layout, d) * K;
  double *want = copy_of(p.sigma, size);
  for (size_t i = 0; i < size; i++) {
    scaled.scatter[i] *= s;
    counted.scatter[i] *= s;
    want[i] *= s;
  }
  for (int j = 0; j < K; j++) {
    counted.count[j] *= s;
  }
  /* Rounding in the logarithm of a determinant hides the last steps to the
   * minimum when all of it is large. */
  int is_usual = fabs(log(s)) < 100;
  double tol = !is_usual ? 1e-6 : has_one_minimum(model) ? 1e-10 : 1e-7;
  check_changed(model, &scaled, want, tol);
  check_changed(model, &counted, p.sigma, tol);
  free(want);
  problem_close(&p);
  problem_close(&scaled);
  problem_close(&counted);
}

/* Units of the variables, for the models that say they are free of them. */
static void check_units(test_rng *rng, const gmm_model *model, int d) {
  enum { K = 3 };
  static const double units[] = {1e3, 1, 1e-4, 1e5, 0.1};
  problem p, scaled;
  random_problem(rng, &p, model->layout, d, K);
  problem_like(&scaled, model->layout, &p);
  CHECK(fit(&p, model).code == GMM_OK);
  for (int j = 0; j < K; j++) {
    for (int a = 0; a < d; a++) {
      for (int b = model->layout == GMM_FULL ? 0 : a; b <= a; b++) {
        scaled.scatter[at(&p, a, b, j)] *= units[a % 5] * units[b % 5];
      }
    }
  }
  CHECK(fit(&scaled, model).code == GMM_OK);
  double worst = 0;
  for (int j = 0; j < K; j++) {
    for (int a = 0; a < d; a++) {
      for (int b = model->layout == GMM_FULL ? 0 : a; b <= a; b++) {
        size_t i = at(&p, a, b, j);
        double size = sqrt(p.sigma[at(&p, a, a, j)] * p.sigma[at(&p, b, b, j)]);
        double got = scaled.sigma[i] / (units[a % 5] * units[b % 5]);
        worst = fmax(worst, error_in(got, p.sigma[i], size));
      }
    }
  }
  CHECK_NEAR(worst, 0, 1e-10);
  problem_close(&p);
  problem_close(&scaled);
}

/* Q' B_j Q of all components, into lower triangles. */
static void rotate_all(const problem *p, const double *b, const double *q, double *out) {
  long double axes[MAX_D * MAX_D], turned[MAX_D * MAX_D];
  for (int i = 0; i < p->d * p->d; i++) {
    axes[i] = q[i];
  }
  for (int j = 0; j < p->k; j++) {
    reference_rotate(p, b, j, axes, turned);
    for (int a = 0; a < p->d; a++) {
      for (int c = p->layout == GMM_FULL ? 0 : a; c <= a; c++) {
        out[at(p, a, c, j)] = (double)turned[a + p->d * c];
      }
    }
  }
}

/* W_j and covariances in other axes. EVE and VVE begin with the axes of the data,
 * and may end in another minimum from others: they are told where to begin. */
static void check_axes(const gmm_model *model, problem *p, const double *q) {
  int d = p->d;
  problem turned;
  problem_like(&turned, model->layout, p);
  CHECK(fit(p, model).code == GMM_OK);
  double *want = copy_of(p->sigma, gmm_cov_size(model->layout, d) * (size_t)p->k);
  rotate_all(p, p->sigma, q, want);
  rotate_all(p, p->scatter, q, turned.scatter);
  if (!has_one_minimum(model)) {
    turned.factors.axes_known = 1;
    for (int i = 0; i < d * d; i++) {
      turned.factors.orientation[i] = 0;
      for (int c = 0; c < d; c++) {
        turned.factors.orientation[i] += q[c + d * (i % d)] * p->factors.orientation[c + i / d * d];
      }
    }
  }
  check_changed(model, &turned, want, has_one_minimum(model) ? 1e-10 : 1e-7);
  free(want);
  problem_close(&turned);
}

static void check_rotation(test_rng *rng, const gmm_model *model, int d) {
  double q[MAX_D * MAX_D];
  problem p;
  random_problem(rng, &p, model->layout, d, 3);
  random_rotation(rng, d, q);
  check_axes(model, &p, q);
  problem_close(&p);
}

/* The variables in reverse order, and the components too. */
static void check_permutation(test_rng *rng, const gmm_model *model, int d) {
  enum { K = 3 };
  double q[MAX_D * MAX_D];
  problem p, reversed;
  random_problem(rng, &p, model->layout, d, K);
  for (int i = 0; i < d * d; i++) {
    q[i] = i % d == d - 1 - i / d;
  }
  check_axes(model, &p, q);

  problem_like(&reversed, model->layout, &p);
  size_t size = gmm_cov_size(model->layout, d);
  double *want = copy_of(p.sigma, size * K);
  for (size_t j = 0; j < K; j++) {
    reversed.count[j] = p.count[K - 1 - j];
    memcpy(reversed.scatter + size * j, p.scatter + size * (K - 1 - j), size * sizeof(double));
    memcpy(want + size * j, p.sigma + size * (K - 1 - j), size * sizeof(double));
  }
  check_changed(model, &reversed, want, has_one_minimum(model) ? 1e-10 : 1e-7);
  free(want);
  problem_close(&p);
  problem_close(&reversed);
}

static void test_changes(void) {
  test_rng rng = {4, 0};
  int ds[] = {1, 2, 3, 6};
  double scales[] = {1e-100, 1e-6, 3, 1e6, 1e100};
  for (int i = 0; i < gmm_model_count(); i++) {
    const gmm_model *model = gmm_model_at(i);
    for (int l = 0; l < 4; l++) {
      int d = dimension_of(model, ds[l]);
      for (int s = 0; s < 5; s++) {
        check_scale(&rng, model, d, scales[s]);
      }
      if (model->column_units) {
        check_units(&rng, model, d);
      }
      if (model->layout == GMM_FULL) {
        check_rotation(&rng, model, d);
      }
      check_permutation(&rng, model, d);
    }
  }
}

/* Singular scatter ---------------------------------------------------------- */

/* Component `flat` has scatter in `rank` directions. It holds fewer rows than n / d:
 * one on a line that holds more has a volume without a least value. */
static gmm_status fit_singular(const char *name, int flat, int rank) {
  enum { D = 3, K = 4 };
  const gmm_model *model = gmm_model_find(name);
  test_rng rng = {5, 0};
  problem p;
  random_problem(&rng, &p, model->layout, D, K);
  double column[2][D];
  for (int j = 0; j < K; j++) {
    p.count[j] = 10;
  }
  for (int i = 0; i < 2 * D; i++) {
    column[i / D][i % D] = i / D < rank ? normal(&rng) : 0;
  }
  for (int a = 0; a < D; a++) {
    for (int b = model->layout == GMM_FULL ? 0 : a; b <= a; b++) {
      double full = column[0][a] * column[0][b] + column[1][a] * column[1][b];
      p.scatter[at(&p, a, b, flat)] = model->layout == GMM_FULL ? full : a < rank;
    }
  }
  gmm_status status = fit(&p, model);
  int finite = 1;
  for (int j = 0; j < K; j++) {
    for (int a = 0; a < D; a++) {
      finite &= isfinite(p.sigma[at(&p, a, a, j)]) && p.sigma[at(&p, a, a, j)] >= 0;
    }
  }
  CHECK(status.code != GMM_OK || finite);
  problem_close(&p);
  return status;
}

static void check_singular(const char *name, int rank, int is_singular) {
  for (int j = 0; j < 4; j++) {
    gmm_status status = fit_singular(name, j, rank);
    CHECK(status.code == (is_singular ? GMM_ESINGULAR : GMM_OK));
    CHECK(status.index == (is_singular ? j : -1));
  }
}

static void test_singular(void) {
  /* A volume, or a shape, that could shrink without end. */
  const char *without_minimum[] = {"EVI", "EVE", "VVE", "EVV"};
  for (int i = 0; i < 4; i++) {
    for (int rank = 0; rank < 3; rank++) {
      check_singular(without_minimum[i], rank, 1);
    }
  }
  const char *volumes[] = {"VEI", "VEE", "VEV"};
  for (int i = 0; i < 3; i++) {
    check_singular(volumes[i], 0, 1);
    check_singular(volumes[i], 1, 0);
    check_singular(volumes[i], 2, 0);
  }
  const char *closed[] = {"EII", "VII", "EEI", "VVI", "EEE", "EEV", "VVV"};
  for (int i = 0; i < 7; i++) {
    check_singular(closed[i], 0, 0);
    check_singular(closed[i], 1, 0);
  }
}

/* Work ---------------------------------------------------------------------- */

/* Arrays of exactly the size that is asked for, which hold NaN at first. */
static void check_work(test_rng *rng, const gmm_model *model, int d, int k) {
  problem p;
  problem_open(&p, model->layout, d, k);
  random_scatter(rng, &p, 0.01);
  for (int exact = 0; exact < 2; exact++) {
    gmm_factors_forget(&p.factors);
    p.factors.exact = exact;
    CHECK(fit(&p, model).code == GMM_OK);
    CHECK(fit(&p, model).code == GMM_OK);
  }
  int positive = 1;
  for (int i = 0; i < d * k; i++) {
    positive &= p.sigma[at(&p, i % d, i % d, i / d)] > 0;
  }
  CHECK(positive);
  problem_close(&p);
}

static void test_work(void) {
  test_rng rng = {6, 0};
  int ks[] = {1, 2, 10};
  for (int i = 0; i < gmm_model_count(); i++) {
    for (int l = 0; l < 3 && holds(gmm_model_at(i), 2); l++) {
      for (int d = 1; d <= 10; d++) {
        check_work(&rng, gmm_model_at(i), d, ks[l]);
      }
      check_work(&rng, gmm_model_at(i), 50, ks[l]);
    }
  }
}

int main(void) {
  test_minima();
  test_nesting();
  test_going_on();
  test_changes();
  test_singular();
  test_work();
  return check_report("cov");
}
