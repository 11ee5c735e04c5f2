#include "prior.h"

#include <math.h>
#include <string.h>

#include "linalg.h"

void gmm_prior_take(gmm_prior *prior, gmm_arena *arena, gmm_layout layout, int d, int k) {
  size_t size = gmm_cov_size(layout, d);
  prior->layout = layout;
  prior->d = d;
  prior->k = k;
  prior->covariance = gmm_arena_doubles(arena, size);
  prior->work = gmm_arena_doubles(arena, size);
  prior->count = gmm_arena_doubles(arena, (size_t)k);
}

static int is_singular(const gmm_prior *prior, const double *total) {
  if (prior->layout == GMM_DIAGONAL) {
    return 0;
  }
  memcpy(prior->work, total, gmm_cov_size(prior->layout, prior->d) * sizeof(double));
  return gmm_cholesky(prior->d, prior->work) >= 0;
}

void gmm_prior_centre(gmm_prior *prior, const double *total) {
  int d = prior->d;
  size_t size = gmm_cov_size(prior->layout, d);
  int singular = is_singular(prior, total);
  for (size_t i = 0; i < size; i++) {
    prior->covariance[i] = singular ? 0 : prior->scale * total[i];
  }
  prior->log_det = 0;
  for (int a = 0; a < d; a++) {
    size_t at = gmm_cov_diagonal(prior->layout, d, a);
    prior->covariance[at] = prior->scale * total[at];
    if (singular || prior->layout == GMM_DIAGONAL) {
      prior->log_det += log(prior->covariance[at]);
    }
  }
  if (!singular && prior->layout == GMM_FULL) {
    /* The factor that is_singular() left. */
    prior->log_det = d * log(prior->scale) + 2 * gmm_log_diagonal(d, prior->work);
  }
}

double gmm_prior_penalty(const gmm_prior *prior, const gmm_density *density) {
  int d = prior->d;
  size_t size = gmm_cov_size(prior->layout, d);
  double sum = 0;
  for (int j = 0; j < prior->k; j++) {
    const double *factor = density->factor + size * (size_t)j;
    double part = gmm_density_trace(density, j, prior->covariance, prior->work);
    part -= d + prior->log_det;
    for (int a = 0; a < d; a++) {
      part -= 2 * log(factor[gmm_cov_diagonal(prior->layout, d, a)]);
    }
    sum += part;
  }
  return prior->size * sum / 2;
}

void gmm_prior_shrink(const gmm_prior *prior, double n, gmm_params *params) {
  size_t size = gmm_cov_size(prior->layout, prior->d);
  for (size_t i = 0; i < size * (size_t)params->k; i++) {
    double count = n * params->pi[i / size];
    params->sigma[i] = (count * params->sigma[i] + prior->size * prior->covariance[i % size]) /
                       (count + prior->size);
  }
}
