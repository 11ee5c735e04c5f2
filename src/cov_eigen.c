/*
 * EEV and VEV: each component has axes of its own. Whatever the common shape A,
 * tr(W_j D_j A^-1 D_j') is least when D_j are the eigenvectors of W_j in the
 * order of A (von Neumann's trace inequality), so that only the eigenvalues are
 * left: a problem of EEI or VEI. All components have them in increasing order.
 */
#include "cov.h"

#include <string.h>

#include "linalg.h"

/* Eigenvalues below this part of the largest are rounding, where the matrix is
 * singular. */
#define ROUNDING 1e-14

size_t gmm_cov_eigen_work(gmm_layout layout, int d, int k) {
  (void)layout;
  size_t eigen = gmm_eigen_work(d), volumes = gmm_volumes_work(GMM_DIAGONAL, d, k);
  return 2 * (size_t)d * (size_t)k + (eigen > volumes ? eigen : volumes);
}

/* Nonzero when LAPACK fails. */
static int eigen_of(int d, const double *w, double *axes, double *values, double *work) {
  size_t D = (size_t)d;
  if (gmm_eigen(d, w, axes, values, work)) {
    return 1;
  }
  double least = ROUNDING * values[D - 1];
  if (values[0] > least) {
    return 0;
  }
  /* Zero exactly, not nearly, or a volume would be found for the rounding. */
  memcpy(work, w, D * D * sizeof(double));
  least = gmm_cholesky(d, work) >= 0 ? least : 0;
  for (size_t a = 0; a < D; a++) {
    values[a] = values[a] > least ? values[a] : 0;
  }
  return 0;
}

static gmm_status in_own_axes(gmm_cov_fn of_eigenvalues, const gmm_within *within,
                              gmm_factors *factors, double *sigma, double *work) {
  int d = within->d, k = within->k;
  size_t D = (size_t)d, size = D * D;
  double *eigenvalues = work, *variances = eigenvalues + D * (size_t)k;
  double *rest = variances + D * (size_t)k;
  for (int j = 0; j < k; j++) {
    const double *w = within->scatter + size * (size_t)j;
    if (eigen_of(d, w, sigma + size * (size_t)j, eigenvalues + D * (size_t)j, rest)) {
      return gmm_fail(GMM_ESINGULAR, j);
    }
  }
  gmm_within in_axes = {GMM_DIAGONAL, d, k, within->n, within->count, eigenvalues};
  gmm_status status = of_eigenvalues(&in_axes, factors, variances, rest);
  for (int j = 0; j < k && status.code == GMM_OK; j++) {
    double *axes = sigma + size * (size_t)j;
    gmm_compose(d, axes, variances + D * (size_t)j, axes, rest);
  }
  return status;
}

gmm_status gmm_cov_eev(const gmm_within *within, gmm_factors *factors, double *sigma,
                       double *work) {
  return in_own_axes(gmm_cov_equal, within, factors, sigma, work);
}

gmm_status gmm_cov_vev(const gmm_within *within, gmm_factors *factors, double *sigma,
                       double *work) {
  return in_own_axes(gmm_cov_proportional, within, factors, sigma, work);
}
