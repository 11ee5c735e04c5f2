/*
 * A mixture made ready for evaluation: what the kernels read.
 *
 *   mu        d x k  means; not owned
 *   noise            the proportion of noise
 *   half      k      half of log pi_j - d/2 log(2 pi) - 1/2 log det sigma_j
 *   factor    inverse lower Cholesky factors (d x d x k, GMM_FULL) or inverse
 *             standard deviations (d x k, GMM_DIAGONAL)
 *
 * log pi_j f_j(x) = 2 half_j - 1/2 |factor_j (x - mu_j)|^2
 */
#ifndef GMM_DENSITY_H
#define GMM_DENSITY_H

#include "arena.h"
#include "gmm.h"

#define GMM_LOG_2PI 1.837877066409345483560659472811

typedef struct gmm_density {
  gmm_layout layout;
  int d, k;
  const double *mu;
  double noise, *half, *factor;
} gmm_density;

void gmm_density_take(gmm_density *density, gmm_arena *arena, gmm_layout layout, int d, int k);

/* |factor_j v|^2 for a vector v (d): the square of its length as component j sees it. */
double gmm_density_square(const gmm_density *density, int j, const double *v);

/* The square of the distance of x (d) from the mean, likewise; `work` holds d. */
double gmm_density_distance(const gmm_density *density, int j, const double *x, double *work);

/* tr(sigma_j^-1 a) for a matrix in this layout, lower; `work` holds one. */
double gmm_density_trace(const gmm_density *density, int j, const double *a, double *work);

/* The component with the largest responsibility for x (d); `work` holds d. */
int gmm_density_owner(const gmm_density *density, const double *x, double *work);

/* Returns GMM_ESINGULAR with the first component that has no density. */
gmm_status gmm_density_prepare(gmm_density *density, const gmm_params *params);

#endif
