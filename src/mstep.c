#include "mstep.h"

/*
 * W_j about the mean from W_j about a centre c_j near it. The mean is
 * c_j + m_j / n_j, and
 *
 *   sum r (x - mean)(x - mean)' = W_j - m_j m_j' / n_j
 *
 * which cancels only as far as the mean moved, and that goes to zero.
 */
static void centre_scatter(gmm_stats *stats, int j) {
  size_t D = (size_t)stats->d, J = (size_t)j;
  const double *sum = stats->sum + D * J;
  double count = stats->count[j];
  double *scatter = stats->scatter + gmm_cov_size(stats->layout, stats->d) * J;
  if (stats->layout == GMM_FULL) {
    for (size_t b = 0; b < D; b++) {
      for (size_t a = b; a < D; a++) {
        scatter[a + D * b] -= sum[a] * (sum[b] / count);
      }
    }
  } else {
    for (size_t a = 0; a < D; a++) {
      scatter[a] -= sum[a] * (sum[a] / count);
    }
  }
  /* Rounding must not leave a negative sum of squares. */
  for (int a = 0; a < stats->d; a++) {
    double *s = scatter + gmm_cov_diagonal(stats->layout, stats->d, a);
    *s = *s > 0 ? *s : 0;
  }
}

gmm_status gmm_mstep_locate(const gmm_spec *spec, gmm_stats *stats, gmm_params *params) {
  size_t D = (size_t)stats->d;
  for (int j = 0; j < stats->k; j++) {
    if (!(stats->count[j] > 0)) {
      return gmm_fail(GMM_EEMPTY, j);
    }
  }
  params->noise = *stats->noise / *stats->n;
  for (int j = 0; j < stats->k; j++) {
    const double *centre = stats->centre + D * (size_t)j;
    const double *sum = stats->sum + D * (size_t)j;
    double *mu = params->mu + D * (size_t)j;
    centre_scatter(stats, j);
    params->pi[j] =
        spec->equal_proportions ? (1 - params->noise) / stats->k : stats->count[j] / *stats->n;
    for (size_t a = 0; a < D; a++) {
      mu[a] = centre[a] + sum[a] / stats->count[j];
    }
  }
  return gmm_ok();
}

/* Covariances from scatter matrices of these counts, which sum to n. */
static gmm_status make_covariances(const gmm_spec *spec, double n, const double *count,
                                   const double *scatter, gmm_params *params, double *work) {
  gmm_within within = {params->layout, params->d, params->k, n, count, scatter};
  params->factors.settled = 1;
  return spec->model->covariances(&within, &params->factors, params->sigma, work);
}

/* The rows of the prior, which are about each mean, into the scatter; their counts. */
static const double *add_prior(const gmm_prior *prior, gmm_stats *stats) {
  size_t size = gmm_cov_size(stats->layout, stats->d);
  for (size_t i = 0; i < size * (size_t)stats->k; i++) {
    stats->scatter[i] += prior->size * prior->covariance[i % size];
  }
  for (int j = 0; j < stats->k; j++) {
    prior->count[j] = stats->count[j] + prior->size;
  }
  return prior->count;
}

gmm_status gmm_mstep(const gmm_spec *spec, gmm_stats *stats, gmm_params *params, double *work) {
  gmm_status status = gmm_mstep_locate(spec, stats, params);
  if (status.code != GMM_OK) {
    return status;
  }
  double n = *stats->n - *stats->noise;
  if (spec->prior) {
    return make_covariances(spec, n + stats->k * spec->prior->size, add_prior(spec->prior, stats),
                            stats->scatter, params, work);
  }
  return make_covariances(spec, n, stats->count, stats->scatter, params, work);
}

gmm_status gmm_mstep_project(const gmm_spec *spec, gmm_stats *stats, gmm_params *params,
                             double *work) {
  size_t size = gmm_cov_size(params->layout, params->d);
  for (int j = 0; j < params->k && spec->equal_proportions; j++) {
    params->pi[j] = (1 - params->noise) / params->k;
  }
  for (size_t i = 0; i < size * (size_t)params->k; i++) {
    stats->scatter[i] = params->pi[i / size] * params->sigma[i];
  }
  return make_covariances(spec, 1 - params->noise, params->pi, stats->scatter, params, work);
}
