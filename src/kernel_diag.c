#include "kernel.h"

void gmm_kernel_diag_logdens(int d, const double *block, const double *mu, const double *factor,
                             double constant, double *out, double *work) {
  (void)work;
  for (int t = 0; t < GMM_BLOCK; t++) {
    out[t] = 0;
  }
  for (int a = 0; a < d; a++) {
    const double *x = block + GMM_BLOCK * (size_t)a;
    for (int t = 0; t < GMM_BLOCK; t++) {
      double z = factor[a] * (x[t] - mu[a]);
      out[t] += z * z;
    }
  }
  for (int t = 0; t < GMM_BLOCK; t++) {
    out[t] = constant - 0.5 * out[t];
  }
}

void gmm_kernel_diag_stats(int d, const double *block, const double *centre, const double *r,
                           double *count, double *sum, double *scatter, double *work) {
  double *y = work, *ry = work + GMM_BLOCK;
  *count += gmm_block_sum(r);
  for (int a = 0; a < d; a++) {
    const double *x = block + GMM_BLOCK * (size_t)a;
    for (int t = 0; t < GMM_BLOCK; t++) {
      y[t] = x[t] - centre[a];
      ry[t] = r[t] * y[t];
    }
    sum[a] += gmm_block_sum(ry);
    scatter[a] += gmm_block_dot(ry, y);
  }
}
