/*
 * Covariances from scatter matrices, a function a model (gmm_cov_fn in
 * model.h), after Celeux & Govaert (1995), sections 3 and 4. With W = sum_j W_j,
 * theirs in brackets:
 *
 *   cov_spherical.c
 *     EII  tr(W) / (n d) I                                     [lambda I]
 *     VII  tr(W_j) / (n_j d) I                                 [lambda_k I]
 *   cov_diagonal.c, with diag(W_j) for W_j
 *     EEI  W / n                                               [lambda B]
 *     VEI  lambda_j M / n, M = sum_j W_j / lambda_j (volumes)  [lambda_k B]
 *     EVI  lambda W_j / |W_j|^(1/d)                            [lambda B_k]
 *     VVI  W_j / n_j                                           [lambda_k B_k]
 *   cov_full.c: the same of whole matrices
 *     EEE as EEI                                               [lambda D A D']
 *     VEE as VEI                                               [lambda_k D A D']
 *     EVV as EVI                                               [lambda C_k]
 *     VVV as VVI                                               [lambda_k C_k]
 *   cov_eigen.c: of the eigenvalues of each W_j, in its own axes
 *     EEV as EEI                                               [lambda D_k A D_k']
 *     VEV as VEI                                               [lambda_k D_k A D_k']
 *   cov_rotate.c: of diag(D' W_j D), in the common axes D that do best
 *     EVE as EVI                                               [lambda D A_k D']
 *     VVE as VVI                                               [lambda_k D A_k D']
 */
#ifndef GMM_COV_H
#define GMM_COV_H

#include "model.h"
#include "volumes.h"

/* cov.c: the same whatever the layout; `size` is the number of doubles in one
 * matrix. sum_j W_j / n for every component, and W_j / n_j for each. */
void gmm_cov_average(size_t size, const gmm_within *within, double *sigma);
void gmm_cov_each(size_t size, const gmm_within *within, double *sigma);

/* One volume, the shapes of the W_j, whose mean log eigenvalues are `level` (k). */
void gmm_cov_even(size_t size, const gmm_within *within, const double *level, double *sigma);

/* One common factor M / n, volumes that do best (volumes.h). */
gmm_status gmm_cov_graded(gmm_layout layout, const gmm_within *within, gmm_factors *factors,
                          double *sigma, double *work);

/* Room for the models of cov_rotate.c, which need the most. */
size_t gmm_cov_rotate_work(int d, int k);

gmm_status gmm_cov_eii(const gmm_within *, gmm_factors *, double *sigma, double *work);
gmm_status gmm_cov_vii(const gmm_within *, gmm_factors *, double *sigma, double *work);
gmm_status gmm_cov_eei(const gmm_within *, gmm_factors *, double *sigma, double *work);
gmm_status gmm_cov_vei(const gmm_within *, gmm_factors *, double *sigma, double *work);
gmm_status gmm_cov_evi(const gmm_within *, gmm_factors *, double *sigma, double *work);
gmm_status gmm_cov_vvi(const gmm_within *, gmm_factors *, double *sigma, double *work);
gmm_status gmm_cov_eee(const gmm_within *, gmm_factors *, double *sigma, double *work);
gmm_status gmm_cov_vee(const gmm_within *, gmm_factors *, double *sigma, double *work);
gmm_status gmm_cov_eve(const gmm_within *, gmm_factors *, double *sigma, double *work);
gmm_status gmm_cov_vve(const gmm_within *, gmm_factors *, double *sigma, double *work);
gmm_status gmm_cov_eev(const gmm_within *, gmm_factors *, double *sigma, double *work);
gmm_status gmm_cov_vev(const gmm_within *, gmm_factors *, double *sigma, double *work);
gmm_status gmm_cov_evv(const gmm_within *, gmm_factors *, double *sigma, double *work);
gmm_status gmm_cov_vvv(const gmm_within *, gmm_factors *, double *sigma, double *work);

#endif
