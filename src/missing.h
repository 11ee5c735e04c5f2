/*
 * What the values of a row that are there say of those that are missing, in a component. With
 * the variables of a row divided into those known, o, and those missing, m, and L the inverse
 * Cholesky factor of the component's covariance (density.h),
 *
 *   E(x_m | x_o)    = mu_m + B (x_o - mu_o)
 *   Cov(x_m | x_o)  = C = (L_m' L_m)^-1,   B = -C L_m' L_o
 *   log f(x_o)      = log f(x_o, E(x_m | x_o)) + log |2 pi C| / 2
 *
 * where L_m are the columns of L of the missing variables: with their mean in place of missing
 * values, the squared distance of a row is that of its known values. So a block of rows in which
 * this has been done is like any other to the kernels, but that C is to be added to its second
 * moments (Ghahramani & Jordan 1994). The columns L_m are made orthogonal, which takes time with
 * d^2 m, where few values are missing, and not with d^3.
 */
#ifndef GMM_MISSING_H
#define GMM_MISSING_H

#include "data.h"
#include "density.h"
#include "kernel.h"

/*
 *   missing, known  which variables: n_missing, and n_known
 *   slope           k, in steps of slope_size: B, n_missing x n_known by rows; none in the layout
 *                   GMM_DIAGONAL
 *   spread          k, in steps of gmm_cov_size(): C, n_missing x n_missing, lower, by columns; or
 *                   its diagonal
 *   gain            k  half of log |2 pi C| / 2, to be added to half a log density
 */
typedef struct gmm_missing {
  gmm_layout layout;
  int d, n_missing, n_known;
  int *missing, *known;
  size_t slope_size;
  double *slope, *spread, *gain, *columns, *triangle, *row;
} gmm_missing;

void gmm_missing_take(gmm_missing *missing, gmm_arena *arena, gmm_layout layout, int d, int k);

/* Which variables row i lacks. */
void gmm_missing_read(gmm_missing *missing, const gmm_data *data, size_t i);

/* Slopes, spreads and gains for them in each component of a density. */
void gmm_missing_condition(gmm_missing *missing, const gmm_kernels *kernels,
                           const gmm_density *density);

/* The conditional means in component j in place of the missing values of a block of rows. */
void gmm_missing_fill(const gmm_missing *missing, const gmm_kernels *kernels,
                      const gmm_density *density, int j, int rows, double *block);

/* The same for one row, of which a value is `stride` from the next. */
void gmm_missing_fill_row(const gmm_missing *missing, const gmm_density *density, int j,
                          size_t stride, double *row);

/* scatter += count C. */
void gmm_missing_add_spread(const gmm_missing *missing, int j, double count, double *scatter);

#endif
