#include "volumes.h"

#include <math.h>
#include <string.h>

#include "linalg.h"

/* Newton converges quadratically: a step below this leaves its square. */
#define LAST_STEP 1e-6

/* A fixed point within rounding. */
#define BALANCED 1e-14

/* One step changes no volume by more than this factor's logarithm. */
#define LONGEST_STEP 4.0

/* Steps are a handful; the bound is for what rounding might make of them. */
#define MAX_STEPS 200
#define MAX_HALVINGS 30

/* Rises of F below this part of its size are rounding. */
#define ROUNDING 1e-14

/* Further from balance than this, the descent ended without a minimum; further apart
 * than this, volumes are on the way to one at infinity, as far as can be told. */
#define FAR_FROM_BALANCED 1e-2
#define FAR_APART 30.0

/*
 *   matrix       M's inverse Cholesky factor
 *   parts        k matrices: W_j / lambda_j relative to M
 *   t            k        their traces, which sum to d
 *   products     k x k    sums of the products of their entries, lower
 *   hessian      in k - 1 dimensions
 *   step, trial  k
 */
typedef struct volumes_problem {
  const gmm_within *within;
  size_t size;
  double *matrix, *parts, *t, *products, *hessian, *step, *trial;
  /* The component whose volume stays: the one that holds most. */
  int fixed;
} volumes_problem;

size_t gmm_volumes_work(gmm_layout layout, int d, int k) {
  return gmm_cov_size(layout, d) + (size_t)k * (2 * (size_t)k + 3);
}

void gmm_volumes_common(const gmm_within *within, const double *eta, double *m) {
  size_t size = gmm_cov_size(within->layout, within->d);
  memset(m, 0, size * sizeof(double));
  for (int j = 0; j < within->k; j++) {
    const double *w = within->scatter + size * (size_t)j;
    double scale = exp(-eta[j]);
    for (size_t i = 0; i < size; i++) {
      m[i] += scale * w[i];
    }
  }
}

/* F at `eta`, with the factor of M left in p->matrix; NaN where M is singular. */
static double objective(volumes_problem *p, const double *eta) {
  const gmm_within *within = p->within;
  int d = within->d;
  double log_det = 0, volumes = 0;
  gmm_volumes_common(within, eta, p->matrix);
  if (p->within->layout == GMM_FULL) {
    if (gmm_cholesky(d, p->matrix) >= 0) {
      return NAN;
    }
    log_det = 2 * gmm_log_diagonal(d, p->matrix);
    gmm_invert_lower(d, p->matrix);
  } else {
    for (int a = 0; a < d; a++) {
      if (!(p->matrix[a] > 0)) {
        return NAN;
      }
      log_det += log(p->matrix[a]);
      p->matrix[a] = 1 / sqrt(p->matrix[a]);
    }
  }
  for (int j = 0; j < within->k; j++) {
    volumes += within->count[j] * eta[j];
  }
  return d * volumes + within->n * log_det;
}

/* parts, t and products at `eta`, for which objective() was called last. */
static void derivatives(volumes_problem *p, const double *eta) {
  const gmm_within *within = p->within;
  int d = within->d, k = within->k;
  size_t D = (size_t)d;
  for (int j = 0; j < k; j++) {
    const double *w = within->scatter + p->size * (size_t)j;
    double *part = p->parts + p->size * (size_t)j;
    double scale = exp(-eta[j]);
    if (p->within->layout == GMM_FULL) {
      gmm_whiten(d, p->matrix, w, part);
    } else {
      for (size_t a = 0; a < D; a++) {
        part[a] = p->matrix[a] * p->matrix[a] * w[a];
      }
    }
    p->t[j] = 0;
    for (size_t i = 0; i < p->size; i++) {
      part[i] *= scale;
    }
    for (int a = 0; a < d; a++) {
      p->t[j] += part[gmm_cov_diagonal(p->within->layout, d, a)];
    }
    for (int i = 0; i <= j; i++) {
      const double *other = p->parts + p->size * (size_t)i;
      double sum = 0;
      for (size_t a = 0; a < p->size; a++) {
        sum += part[a] * other[a];
      }
      p->products[(size_t)j + (size_t)k * (size_t)i] = sum;
    }
  }
}

/* How far log lambda_j is from Celeux & Govaert's fixed point. */
static double imbalance(const volumes_problem *p, int j) {
  const gmm_within *within = p->within;
  return log(within->n * p->t[j] / (within->d * within->count[j]));
}

/*
 * The step of Newton's method, with p->fixed at rest. Returns 0 when the
 * volumes are not determined, or beyond rounding.
 */
static int newton_step(volumes_problem *p) {
  const gmm_within *within = p->within;
  int k = within->k;
  size_t row = 0;
  double *minus_gradient = p->trial;
  for (int j = 0; j < k; j++) {
    size_t column = 0;
    for (int i = 0; i <= j && j != p->fixed; i++) {
      if (i != p->fixed) {
        double product = p->products[(size_t)j + (size_t)k * (size_t)i];
        p->hessian[row + (size_t)(k - 1) * column++] = (i == j ? p->t[j] : 0) - product;
      }
    }
    if (j != p->fixed) {
      minus_gradient[row++] = p->t[j] - within->d * within->count[j] / within->n;
    }
  }
  if (gmm_cholesky(k - 1, p->hessian) >= 0) {
    return 0;
  }
  gmm_cholesky_solve(k - 1, p->hessian, minus_gradient);
  row = 0;
  for (int j = 0; j < k; j++) {
    p->step[j] = j == p->fixed ? 0 : minus_gradient[row++];
  }
  return 1;
}

static void fixed_point_step(volumes_problem *p) {
  for (int j = 0; j < p->within->k; j++) {
    p->step[j] = imbalance(p, j) - imbalance(p, p->fixed);
  }
}

/* Shortens the step where it is long; its largest entry. */
static double limit_step(volumes_problem *p) {
  int k = p->within->k;
  double longest = 0;
  for (int j = 0; j < k; j++) {
    longest = fmax(longest, fabs(p->step[j]));
  }
  double by = longest > LONGEST_STEP ? LONGEST_STEP / longest : 1;
  for (int j = 0; j < k; j++) {
    p->step[j] *= by;
  }
  return longest * by;
}

/*
 * Goes along the step, halving it until F has not risen: nonzero, with F in
 * `value`; or nowhere, when it rises however short the step.
 */
static int descend(volumes_problem *p, double *eta, double *value) {
  int k = p->within->k;
  double allowed = *value + ROUNDING * (p->within->n * p->within->d + fabs(*value));
  double by = 1;
  for (int halving = 0; halving <= MAX_HALVINGS; halving++, by /= 2) {
    for (int j = 0; j < k; j++) {
      p->trial[j] = eta[j] + by * p->step[j];
    }
    double after = objective(p, p->trial);
    if (after <= allowed) {
      memcpy(eta, p->trial, (size_t)k * sizeof(double));
      *value = after;
      return 1;
    }
  }
  return 0;
}

static double largest_imbalance(const volumes_problem *p) {
  double largest = 0;
  for (int j = 0; j < p->within->k; j++) {
    largest = fmax(largest, fabs(imbalance(p, j)));
  }
  return largest;
}

/* The component whose volume is most on the way down. */
static int shrinking(const volumes_problem *p) {
  int least = 0;
  for (int j = 1; j < p->within->k; j++) {
    least = imbalance(p, j) < imbalance(p, least) ? j : least;
  }
  return least;
}

static int smallest(const double *eta, int k) {
  int least = 0;
  for (int j = 1; j < k; j++) {
    least = eta[j] < eta[least] ? j : least;
  }
  return least;
}

/* F at the volumes to begin with: those that are known, if they are any good. */
static double begin(volumes_problem *p, double *eta, int known) {
  int k = p->within->k;
  double common = known ? eta[p->fixed] : 0, f = NAN;
  for (int j = 0; j < k && known; j++) {
    eta[j] -= common;
  }
  if (known) {
    f = objective(p, eta);
  }
  if (!isfinite(f)) {
    memset(eta, 0, (size_t)k * sizeof(double));
    f = objective(p, eta);
  }
  return f;
}

gmm_status gmm_volumes(const gmm_within *within, gmm_factors *factors, double *room, double *work) {
  int k = within->k, settled = 0;
  size_t K = (size_t)k;
  double *eta = factors->volume;
  volumes_problem p = {.within = within, .size = gmm_cov_size(within->layout, within->d)};
  p.matrix = work;
  p.products = p.matrix + p.size;
  p.hessian = p.products + K * K;
  p.t = p.hessian + K * K;
  p.step = p.t + K;
  p.trial = p.step + K;
  p.parts = room;
  for (int j = 1; j < k; j++) {
    p.fixed = within->count[j] > within->count[p.fixed] ? j : p.fixed;
  }

  double f = begin(&p, eta, factors->volumes_known);
  if (!isfinite(f)) {
    return gmm_fail(GMM_ESINGULAR, 0);
  }
  for (int i = 0; !settled; i++) {
    derivatives(&p, eta);
    for (int j = 0; j < k; j++) {
      if (!(p.t[j] > 0)) {
        return gmm_fail(GMM_ESINGULAR, j);
      }
    }
    if (k == 1 || largest_imbalance(&p) <= BALANCED) {
      break;
    }
    /* From nowhere, the fixed point's first step is the one to take. */
    int newton = (factors->volumes_known || i > 0) && newton_step(&p);
    if (!newton) {
      fixed_point_step(&p);
    }
    double longest = limit_step(&p);
    if (i == MAX_STEPS || !descend(&p, eta, &f)) {
      /* As far as rounding lets it; or is there no minimum to come to? */
      if (largest_imbalance(&p) > FAR_FROM_BALANCED) {
        return gmm_fail(GMM_ESINGULAR, shrinking(&p));
      }
      break;
    }
    settled = newton && longest <= LAST_STEP;
  }
  int least = smallest(eta, k);
  if (eta[p.fixed] - eta[least] > FAR_APART) {
    return gmm_fail(GMM_ESINGULAR, least);
  }
  factors->volumes_known = 1;
  return gmm_ok();
}
