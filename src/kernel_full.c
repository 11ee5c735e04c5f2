#include "kernel.h"

void gmm_kernel_full_logdens(int d, const double *block, const double *mu, const double *factor,
                             double constant, double *out, double *work) {
  size_t D = (size_t)d;
  double z[GMM_BLOCK];
  for (int t = 0; t < GMM_BLOCK; t++) {
    out[t] = 0;
  }
  for (size_t a = 0; a < D; a++) {
    const double *x = block + GMM_BLOCK * a;
    double *y = work + GMM_BLOCK * a, l = factor[a + D * a];
    for (int t = 0; t < GMM_BLOCK; t++) {
      y[t] = x[t] - mu[a];
      z[t] = l * y[t];
    }
    for (size_t b = 0; b < a; b++) {
      const double *yb = work + GMM_BLOCK * b;
      l = factor[a + D * b];
      for (int t = 0; t < GMM_BLOCK; t++) {
        z[t] += l * yb[t];
      }
    }
    for (int t = 0; t < GMM_BLOCK; t++) {
      out[t] += z[t] * z[t];
    }
  }
  for (int t = 0; t < GMM_BLOCK; t++) {
    out[t] = constant - 0.5 * out[t];
  }
}

void gmm_kernel_full_stats(int d, const double *block, const double *centre, const double *r,
                           double *count, double *sum, double *scatter, double *work) {
  size_t D = (size_t)d;
  double *y = work, *ry = work + GMM_BLOCK * D;
  *count += gmm_block_sum(r);
  for (size_t a = 0; a < D; a++) {
    const double *x = block + GMM_BLOCK * a;
    for (int t = 0; t < GMM_BLOCK; t++) {
      y[t + GMM_BLOCK * a] = x[t] - centre[a];
      ry[t + GMM_BLOCK * a] = r[t] * y[t + GMM_BLOCK * a];
    }
    sum[a] += gmm_block_sum(ry + GMM_BLOCK * a);
  }
  for (size_t b = 0; b < D; b++) {
    for (size_t a = b; a < D; a++) {
      scatter[a + D * b] += gmm_block_dot(ry + GMM_BLOCK * a, y + GMM_BLOCK * b);
    }
  }
}
