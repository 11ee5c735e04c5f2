#include "cov.h"

void gmm_cov_eei(const gmm_within *within, double *sigma) {
  gmm_cov_average(gmm_cov_size(GMM_DIAGONAL, within->d), within, sigma);
}

void gmm_cov_vvi(const gmm_within *within, double *sigma) {
  gmm_cov_each(gmm_cov_size(GMM_DIAGONAL, within->d), within, sigma);
}
