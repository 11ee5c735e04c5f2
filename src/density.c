#include "density.h"

#include <math.h>
#include <string.h>

#include "linalg.h"

void gmm_density_take(gmm_density *density, gmm_arena *arena, gmm_layout layout, int d, int k) {
  *density = (gmm_density){.layout = layout, .d = d, .k = k};
  density->half = gmm_arena_doubles(arena, (size_t)k);
  density->factor = gmm_arena_doubles(arena, gmm_cov_size(layout, d) * (size_t)k);
}

/* Inverse Cholesky factor in place; half the log determinant, or NaN. */
static double factor_full(int d, double *a) {
  if (gmm_cholesky(d, a) >= 0) {
    return NAN;
  }
  double half_log_det = gmm_log_diagonal(d, a);
  gmm_invert_lower(d, a);
  return half_log_det;
}

static double factor_diagonal(int d, double *a) {
  for (int b = 0; b < d; b++) {
    if (!(a[b] > 0) || !isfinite(a[b])) {
      return NAN;
    }
    a[b] = 1 / sqrt(a[b]);
  }
  return -gmm_sum_logs(d, a, 1);
}

/* Whether a variable has less left than it must. */
static int leaves_too_little(const gmm_density *density, const gmm_params *params, int j) {
  size_t d = (size_t)params->d, at = d * d * (size_t)j;
  int any = 0;
  for (size_t a = 0; a < d && params->layout == GMM_FULL && density->least_left > 0; a++) {
    double root = density->factor[at + a * (d + 1)], variance = params->sigma[at + a * (d + 1)];
    any |= !(1 / (root * root) >= density->least_left * variance);
  }
  return any;
}

gmm_status gmm_density_prepare(gmm_density *density, const gmm_params *params) {
  int d = params->d;
  size_t size = gmm_cov_size(params->layout, d);
  density->mu = params->mu;
  density->noise = params->noise;
  memcpy(density->factor, params->sigma, size * (size_t)params->k * sizeof(double));
  for (int j = 0; j < params->k; j++) {
    double *factor = density->factor + size * (size_t)j;
    double half_log_det =
        params->layout == GMM_FULL ? factor_full(d, factor) : factor_diagonal(d, factor);
    if (isnan(half_log_det) || leaves_too_little(density, params, j)) {
      return gmm_fail(GMM_ESINGULAR, j);
    }
    density->half[j] = 0.5 * (log(params->pi[j]) - 0.5 * d * GMM_LOG_2PI - half_log_det);
  }
  return gmm_ok();
}

double gmm_density_trace(const gmm_density *density, int j, const double *a, double *work) {
  int d = density->d;
  const double *factor = density->factor + gmm_cov_size(density->layout, d) * (size_t)j;
  double trace = 0;
  if (density->layout == GMM_FULL) {
    gmm_whiten(d, factor, a, work);
  }
  for (int b = 0; b < d; b++) {
    trace += density->layout == GMM_FULL ? work[(size_t)b * ((size_t)d + 1)]
                                         : factor[b] * factor[b] * a[b];
  }
  return trace;
}

double gmm_density_square(const gmm_density *density, int j, const double *v) {
  int d = density->d;
  const double *factor = density->factor + gmm_cov_size(density->layout, d) * (size_t)j;
  double square = 0;
  for (int a = 0; a < d; a++) {
    double z = 0;
    if (density->layout == GMM_FULL) {
      for (int b = 0; b <= a; b++) {
        z += factor[a + d * b] * v[b];
      }
    } else {
      z = factor[a] * v[a];
    }
    square += z * z;
  }
  return square;
}

double gmm_density_distance(const gmm_density *density, int j, const double *x, double *work) {
  const double *mu = density->mu + (size_t)density->d * (size_t)j;
  for (int a = 0; a < density->d; a++) {
    work[a] = x[a] - mu[a];
  }
  return gmm_density_square(density, j, work);
}

int gmm_density_owner(const gmm_density *density, const double *x, double *work) {
  int owner = 0;
  double most = -INFINITY;
  for (int j = 0; j < density->k; j++) {
    double half = density->half[j] - 0.25 * gmm_density_distance(density, j, x, work);
    if (half > most) {
      most = half;
      owner = j;
    }
  }
  return owner;
}
