/*
 * EEV and VEV: each component has axes of its own. Whatever the common shape A,
 * tr(W_j D_j A^-1 D_j') is least when D_j are the eigenvectors of W_j in the
 * order of A (von Neumann's trace inequality), so that only the eigenvalues are
 * left: a problem of EEI or VEI. All components have them in increasing order.
 */
#include "cov.h"
#include "linalg.h"

static gmm_status in_own_axes(gmm_cov_fn of_eigenvalues, const gmm_within *within,
                              gmm_factors *factors, double *sigma, double *work) {
  int d = within->d, k = within->k;
  size_t D = (size_t)d, size = D * D;
  double *eigenvalues = work, *variances = eigenvalues + D * (size_t)k;
  double *rest = variances + D * (size_t)k;
  for (int j = 0; j < k; j++) {
    double *values = eigenvalues + D * (size_t)j;
    if (gmm_eigen(d, within->scatter + size * (size_t)j, sigma + size * (size_t)j, values, rest)) {
      return gmm_fail(GMM_ESINGULAR, j);
    }
    for (size_t a = 0; a < D; a++) {
      values[a] = values[a] > 0 ? values[a] : 0;
    }
  }
  gmm_within in_axes = {d, k, within->n, within->count, eigenvalues};
  gmm_status status = of_eigenvalues(&in_axes, factors, variances, rest);
  for (int j = 0; j < k && status.code == GMM_OK; j++) {
    double *axes = sigma + size * (size_t)j;
    gmm_compose(d, axes, variances + D * (size_t)j, axes, rest);
  }
  return status;
}

gmm_status gmm_cov_eev(const gmm_within *within, gmm_factors *factors, double *sigma,
                       double *work) {
  return in_own_axes(gmm_cov_eei, within, factors, sigma, work);
}

gmm_status gmm_cov_vev(const gmm_within *within, gmm_factors *factors, double *sigma,
                       double *work) {
  return in_own_axes(gmm_cov_vei, within, factors, sigma, work);
}
