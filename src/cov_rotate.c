/*
 * EVE and VVE: axes D that all components share. Given D, the covariances are
 * those of EVI or VVI for the scatter along the axes, diag(D' W_j D); given the
 * inverse variances alpha_ja along the axes, D minimises
 *
 *   sum_j sum_a alpha_ja (D' W_j D)_aa
 *
 * Rotating the plane of two axes a and b by theta changes this, with
 * w = D' W_j D, by P (cos 2 theta - 1) + R sin 2 theta, where
 *
 *   P = 1/2 sum_j (alpha_ja - alpha_jb) (w_aa - w_bb)
 *   R =     sum_j (alpha_ja - alpha_jb) w_ab
 *
 * whose minimum is known in closed form: Jacobi's method for eigenvectors, of
 * several matrices at once, as Flury & Gautschi (1986) did for VVE. Sweeps over
 * all planes never raise the objective, and are repeated until no plane turns. With
 * W_j = L_j L_j', the entries of w are products of two columns of L_j' D, which turn with those
 * of D (Hestenes 1958): half the work of turning the rows and columns of w, and what a sweep
 * begins with is exact in small entries, too.
 *
 * Browne & McNicholas (2014) minimise a linear majoriser of the objective over D
 * instead. That needs a step as small as the largest eigenvalue of W_j demands,
 * hundreds of them when variances differ much, where a few sweeps do.
 *
 * The objective may have several minima. With no axes to go on from, sweeps are
 * tried from several, among them those of the models within this one, which so are
 * never better.
 */
#include <math.h>
#include <string.h>

#include "columns.h"
#include "cov.h"
#include "linalg.h"

/* A plane is at its minimum when the slope is below this part of its largest
 * possible value; then the objective is, but where it is flat, within the square. */
#define LEVEL 1e-10

/* A plane in which the objective varies by less than this part of n has no
 * minimum that matters. */
#define FLAT 1e-13

/* Sweeps of an M-step that the next will take up again, and from each of the axes
 * to try, before the choice. */
#define EM_SWEEPS 1
#define EM_TRIAL_SWEEPS 0

/* The same of an M-step that is to be exact, as work, with 1 for each entry of a
 * column that turns: enough to come to the end, but for dozens of variables that
 * have no axes in common, which want thousands of sweeps. */
#define EXACT_WORK 3e8
#define EXACT_TRIAL_WORK 1e7

/*
 *   of_diagonal  the model along the axes: EVI or VVI
 *   axes         d x d      D
 *   factor       d x d x k  L_j, lower
 *   turned       d x d x k  L_j' D
 *   along        d x k      the diagonals of D' W_j D
 *   cross        k          their entries for the two axes that are looked at
 *   variance     d x k      the variances that the model makes of them
 *   alpha        d x k      their inverses
 *   work         d x d at least
 *   settled      no plane turns any more
 */
typedef struct axes_problem {
  gmm_cov_fn of_diagonal;
  const gmm_within *within;
  double *axes, *factor, *turned, *along, *cross, *variance, *alpha, *work;
  gmm_poll *poll;
  int settled;
} axes_problem;

size_t gmm_cov_rotate_work(gmm_layout layout, int d, int k) {
  size_t D = (size_t)d, K = (size_t)k;
  size_t needs[] = {D * D, gmm_eigen_work(d), gmm_cov_even_work(GMM_DIAGONAL, d, k),
                    gmm_volumes_work(layout, d, k)};
  size_t most = 0;
  for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
    most = needs[i] > most ? needs[i] : most;
  }
  return D * D + D + 3 * D * K + D * D * K + K + most;
}

/* The columns of L_j' D. */
static double *turned_column(const axes_problem *p, int j, int a) {
  size_t D = (size_t)p->within->d;
  return p->turned + D * ((size_t)a + D * (size_t)j);
}

/* Variances along the axes as they are, and their inverses. */
static gmm_status fit_variances(axes_problem *p) {
  const gmm_within *within = p->within;
  size_t D = (size_t)within->d, values = D * (size_t)within->k;
  for (size_t i = 0; i < values; i++) {
    p->along[i] = gmm_dot(D, p->turned + D * i, p->turned + D * i);
    if (!(p->along[i] > 0)) {
      return gmm_fail(GMM_ESINGULAR, (int)(i / D));
    }
  }
  gmm_within in_axes = {GMM_DIAGONAL, within->d, within->k, within->n, within->count, p->along};
  gmm_status status = p->of_diagonal(&in_axes, NULL, p->variance, p->work);
  for (size_t i = 0; i < values && status.code == GMM_OK; i++) {
    p->alpha[i] = 1 / p->variance[i];
  }
  return status;
}

/* The objective of model.h but for a constant: the traces sum to n d. */
static double objective(const axes_problem *p) {
  double sum = 0;
  for (int j = 0; j < p->within->k; j++) {
    int d = p->within->d;
    sum += p->within->count[j] * gmm_sum_logs(d, p->variance + (size_t)d * (size_t)j, 1);
  }
  return sum;
}

/*
 * Where each component's variances along axes a and b are equal, the objective does
 * not change to first order, but falls once the axes part: then the angle
 * maximises sum_j n_j z_j^2, with z_j the relative difference that results, which
 * is the objective to second order. Twice that angle as (cos, sin); 0 when they stay.
 */
static int apart(const axes_problem *p, int a, int b, double *c2, double *s2) {
  const gmm_within *within = p->within;
  size_t D = (size_t)within->d;
  double cc = 0, cs = 0, ss = 0;
  for (int j = 0; j < within->k; j++) {
    const double *along = p->along + D * (size_t)j;
    double w_aa = along[a], w_bb = along[b], w_ab = p->cross[j], half = (w_aa - w_bb) / 2;
    double weight = within->count[j] / ((w_aa + w_bb) * (w_aa + w_bb) / 4);
    cc += weight * half * half;
    cs += weight * half * w_ab;
    ss += weight * w_ab * w_ab;
  }
  double root = hypot((cc - ss) / 2, cs), gain = root - (cc - ss) / 2;
  if (gain <= FLAT * within->n) {
    return 0;
  }
  double turn = atan2(cs, (cc - ss) / 2) / 2;
  *c2 = cos(turn);
  *s2 = sin(turn);
  return 1;
}

/* Whether the slope `across` of the objective is as good as none. */
static int is_level(const axes_problem *p, int a, int b, double across) {
  size_t D = (size_t)p->within->d;
  double most = 0;
  for (int j = 0; j < p->within->k; j++) {
    const double *along = p->along + D * (size_t)j, *alpha = p->alpha + D * (size_t)j;
    most += fabs(alpha[a] - alpha[b]) * sqrt(along[a] * along[b]);
  }
  return fabs(across) <= LEVEL * most;
}

/* The angle to turn axes a and b by, as (cos, sin); 0 when they stay. */
static int best_angle(const axes_problem *p, int a, int b, double *cosine, double *sine) {
  const gmm_within *within = p->within;
  size_t D = (size_t)within->d;
  double straight = 0, across = 0;
  for (int j = 0; j < within->k; j++) {
    const double *along = p->along + D * (size_t)j, *alpha = p->alpha + D * (size_t)j;
    double difference = alpha[a] - alpha[b];
    p->cross[j] = gmm_dot(D, turned_column(p, j, a), turned_column(p, j, b));
    straight += difference * (along[a] - along[b]) / 2;
    across += difference * p->cross[j];
  }
  /* (cos, sin) of twice the angle, up to a factor. */
  double c2 = -straight, s2 = -across, length = sqrt(straight * straight + across * across);
  if (length <= FLAT * within->n) {
    if (!apart(p, a, b, &c2, &s2)) {
      return 0;
    }
    length = 1;
  } else if (straight <= 0 && is_level(p, a, b, across)) {
    return 0;
  }
  c2 /= length;
  s2 /= length;
  if (c2 >= 0) {
    *cosine = sqrt((1 + c2) / 2);
    *sine = s2 / (2 * *cosine);
  } else {
    *sine = sqrt((1 - c2) / 2);
    *cosine = s2 / (2 * *sine);
  }
  return 1;
}

/* The axes, what they turn, and the variances along a and b in proportion to the scatter, their
 * product as it was, which is best as far as it goes. `cross` is of these axes. */
static void turn(axes_problem *p, int a, int b, double c, double s) {
  size_t D = (size_t)p->within->d;
  gmm_turn(D, p->axes + D * (size_t)a, p->axes + D * (size_t)b, c, -s);
  for (int j = 0; j < p->within->k; j++) {
    double *along = p->along + D * (size_t)j, *alpha = p->alpha + D * (size_t)j;
    double w_aa = along[a], w_bb = along[b], w_ab = p->cross[j];
    gmm_turn(D, turned_column(p, j, a), turned_column(p, j, b), c, -s);
    along[a] = c * c * w_aa + 2 * c * s * w_ab + s * s * w_bb;
    along[b] = s * s * w_aa - 2 * c * s * w_ab + c * c * w_bb;
    double product = alpha[a] * alpha[b], ratio = along[b] / along[a];
    if (ratio > 0 && isfinite(ratio)) {
      alpha[a] = sqrt(product * ratio);
      alpha[b] = product / alpha[a];
    }
  }
}

/*
 * Sweeps from `axes`, at most `sweeps` of them, until no plane turns. Leaves axes
 * and variances, and the objective in `value`.
 */
static gmm_status minimise(axes_problem *p, int sweeps, double *value) {
  const gmm_within *within = p->within;
  size_t d = (size_t)within->d, size = d * d;
  for (int j = 0; j < within->k; j++) {
    size_t at = size * (size_t)j;
    gmm_transposed_times(within->d, p->factor + at, p->axes, p->turned + at);
  }
  gmm_status status = fit_variances(p);
  int turned = 1;
  for (int sweep = 0; sweep < sweeps && turned && status.code == GMM_OK; sweep++) {
    turned = 0;
    for (size_t round = 0; round < gmm_rounds(d); round++) {
      for (size_t a = 0; a < gmm_rounds(d); a++) {
        size_t b = gmm_partner(d, round, a);
        double c, s;
        if (b > a && best_angle(p, (int)a, (int)b, &c, &s)) {
          turn(p, (int)a, (int)b, c, s);
          turned = 1;
        }
      }
    }
    if (turned) {
      status = fit_variances(p);
    }
    if (p->poll && gmm_poll_stop(p->poll, 2.0 * within->k * pow(within->d, 3))) {
      status = gmm_fail(GMM_EINTERRUPT, -1);
    }
  }
  p->settled = !turned;
  *value = status.code == GMM_OK ? objective(p) : NAN;
  return status;
}

/*
 * Sets the i-th axes to try: those of the data; the eigenvectors of the pooled
 * scatter, and of VEE's common factor; those of each W_j. Returns 0 where there
 * are none. `turned` and `work` are free.
 */
static int trial_axes(axes_problem *p, int i, double *values, gmm_factors *factors) {
  const gmm_within *within = p->within;
  int d = within->d;
  size_t D = (size_t)d;
  const double *of = p->turned;
  if (i == 0) {
    memset(p->axes, 0, D * D * sizeof(double));
    for (size_t a = 0; a < D; a++) {
      p->axes[a * (D + 1)] = 1;
    }
    return 1;
  }
  if (i == 1) {
    gmm_cov_equal(within, NULL, p->turned, NULL);
  } else if (i == 2) {
    gmm_factors volumes = {.volume = factors->volume, .exact = factors->exact};
    if (gmm_cov_proportional(within, &volumes, p->turned, p->work).code != GMM_OK) {
      return 0;
    }
  } else {
    of = within->scatter + D * D * (size_t)(i - 3);
  }
  return gmm_eigen(d, of, p->axes, values, p->work) == 0;
}

/* How many sweeps over all planes are so much work. */
static int sweeps_of(const gmm_within *within, double work) {
  double d = within->d, a_sweep = within->k * d * d * (d - 1) / 2;
  return a_sweep > 0 ? (int)fmin(1 + work / a_sweep, 1e6) : 0;
}

/* Sweeps from p->axes, and keeps where they end when that is the best so far. Nonzero
 * when asked to stop. */
static int try_axes(axes_problem *p, int sweeps, double *best, double *least) {
  size_t size = (size_t)p->within->d * (size_t)p->within->d;
  double value;
  gmm_status status = minimise(p, sweeps, &value);
  if (status.code == GMM_OK && value < *least) {
    *least = value;
    memcpy(best, p->axes, size * sizeof(double));
  }
  return status.code == GMM_EINTERRUPT;
}

/* The best of the trial axes, in p->axes. `values` holds d. Nonzero when asked to
 * stop. */
static int find_axes(axes_problem *p, double *values, gmm_factors *factors) {
  int d = p->within->d;
  int sweeps = factors->exact ? sweeps_of(p->within, EXACT_TRIAL_WORK) : EM_TRIAL_SWEEPS;
  double *best = factors->orientation, least = INFINITY;
  /* EVE is within VVE, and may end elsewhere. */
  if (factors->exact && p->of_diagonal == gmm_cov_own) {
    p->of_diagonal = gmm_cov_even;
    int stopped = find_axes(p, values, factors);
    p->of_diagonal = gmm_cov_own;
    if (stopped || try_axes(p, sweeps, best, &least)) {
      return 1;
    }
  }
  for (int i = 0; i < 3 + p->within->k; i++) {
    if (trial_axes(p, i, values, factors) && try_axes(p, sweeps, best, &least)) {
      return 1;
    }
  }
  memcpy(p->axes, best, (size_t)d * (size_t)d * sizeof(double));
  return 0;
}

/* L_j. There is no minimum where an axis can be turned to where a component has no
 * scatter. */
static gmm_status factor_scatter(axes_problem *p) {
  const gmm_within *within = p->within;
  size_t size = (size_t)within->d * (size_t)within->d;
  memcpy(p->factor, within->scatter, size * (size_t)within->k * sizeof(double));
  for (int j = 0; j < within->k; j++) {
    if (gmm_cholesky(within->d, p->factor + size * (size_t)j) >= 0) {
      return gmm_fail(GMM_ESINGULAR, j);
    }
  }
  return gmm_ok();
}

static gmm_status in_common_axes(gmm_cov_fn of_diagonal, const gmm_within *within,
                                 gmm_factors *factors, double *sigma, double *work) {
  int d = within->d, k = within->k;
  size_t D = (size_t)d, values = D * (size_t)k;
  axes_problem p = {
      .of_diagonal = of_diagonal, .within = within, .turned = sigma, .poll = factors->poll};
  double *eigenvalues = work + D * D;
  p.axes = work;
  p.along = eigenvalues + D;
  p.variance = p.along + values;
  p.alpha = p.variance + values;
  p.factor = p.alpha + values;
  p.cross = p.factor + D * values;
  p.work = p.cross + k;

  gmm_status status = factor_scatter(&p);
  if (status.code != GMM_OK) {
    return status;
  }
  if (factors->axes_known) {
    memcpy(p.axes, factors->orientation, D * D * sizeof(double));
    /* Thousands of turns add up their rounding. */
    gmm_orthonormalise(d, p.axes);
  } else if (find_axes(&p, eigenvalues, factors)) {
    return gmm_fail(GMM_EINTERRUPT, -1);
  }
  double value;
  status = minimise(&p, factors->exact ? sweeps_of(within, EXACT_WORK) : EM_SWEEPS, &value);
  if (status.code != GMM_OK) {
    return status;
  }
  memcpy(factors->orientation, p.axes, D * D * sizeof(double));
  factors->axes_known = 1;
  factors->settled = p.settled;
  for (int j = 0; j < k; j++) {
    gmm_compose(d, p.axes, p.variance + D * (size_t)j, sigma + D * D * (size_t)j, p.work);
  }
  return gmm_ok();
}

gmm_status gmm_cov_eve(const gmm_within *within, gmm_factors *factors, double *sigma,
                       double *work) {
  return in_common_axes(gmm_cov_even, within, factors, sigma, work);
}

gmm_status gmm_cov_vve(const gmm_within *within, gmm_factors *factors, double *sigma,
                       double *work) {
  return in_common_axes(gmm_cov_own, within, factors, sigma, work);
}
