/*
 * The hot passes over one block of rows, one component at a time. A block is
 * d columns of GMM_BLOCK rows, one column contiguous: block[t + GMM_BLOCK a].
 * Blocks are always full; rows beyond the data are zero and get r = 0.
 *
 * Fixed trip counts let the compiler vectorise; the block stays in cache while
 * all components visit it.
 */
#ifndef GMM_KERNEL_H
#define GMM_KERNEL_H

#include <stddef.h>

#define GMM_BLOCK 128

/*
 * Log densities of the block's rows in one component.
 *
 *   mu      d
 *   factor  inverse Cholesky factor (full), inverse standard deviations (diag)
 *   out     GMM_BLOCK  constant - 1/2 |factor (x - mu)|^2
 *   work    GMM_BLOCK d
 */
void gmm_kernel_full_logdens(int d, const double *block, const double *mu, const double *factor,
                             double constant, double *out, double *work);
void gmm_kernel_diag_logdens(int d, const double *block, const double *mu, const double *factor,
                             double constant, double *out, double *work);

/*
 * Adds the block's rows to one component's statistics.
 *
 *   centre   d
 *   r        GMM_BLOCK  responsibilities
 *   count    1          += sum_t r_t
 *   sum      d          += sum_t r_t (x_t - centre)
 *   scatter  d x d lower, or d   += sum_t r_t (x_t - centre)(x_t - centre)'
 *   work     2 GMM_BLOCK d
 */
void gmm_kernel_full_stats(int d, const double *block, const double *centre, const double *r,
                           double *count, double *sum, double *scatter, double *work);
void gmm_kernel_diag_stats(int d, const double *block, const double *centre, const double *r,
                           double *count, double *sum, double *scatter, double *work);

/* Helpers of the two kernels: sums over a block. Several partial sums, so that
 * one addition need not wait for the last. */
static inline double gmm_block_sum(const double *u) {
  double part[8] = {0};
  for (int t = 0; t < GMM_BLOCK; t += 8) {
    for (int l = 0; l < 8; l++) {
      part[l] += u[t + l];
    }
  }
  return ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
}

static inline double gmm_block_dot(const double *u, const double *v) {
  double part[8] = {0};
  for (int t = 0; t < GMM_BLOCK; t += 8) {
    for (int l = 0; l < 8; l++) {
      part[l] += u[t + l] * v[t + l];
    }
  }
  return ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
}

#endif
