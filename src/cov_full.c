#include "cov.h"

void gmm_cov_eee(const gmm_within *within, double *sigma) {
  gmm_cov_average(gmm_cov_size(GMM_FULL, within->d), within, sigma);
}

void gmm_cov_vvv(const gmm_within *within, double *sigma) {
  gmm_cov_each(gmm_cov_size(GMM_FULL, within->d), within, sigma);
}
