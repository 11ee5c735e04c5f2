/*
 * Covariances from scatter matrices, after Celeux & Govaert (1995), sections 3
 * and 4. With W = sum_j W_j, theirs in brackets:
 *
 *   cov_spherical.c
 *     EII       tr(W) / (n d) I                             [lambda I]
 *     VII       tr(W_j) / (n_j d) I                         [lambda_k I]
 *   cov.c, of diagonal matrices or whole ones
 *     EEI, EEE  W / n                                       [lambda B], [lambda D A D']
 *     VEI, VEE  lambda_j M / n, M = sum_j W_j / lambda_j    [lambda_k B], [lambda_k D A D']
 *     EVI, EVV  lambda W_j / |W_j|^(1/d)                    [lambda B_k], [lambda C_k]
 *     VVI, VVV  W_j / n_j                                   [lambda_k B_k], [lambda_k C_k]
 *   cov_eigen.c: of the eigenvalues of each W_j, in its own axes
 *     EEV       as EEI                                      [lambda D_k A D_k']
 *     VEV       as VEI                                      [lambda_k D_k A D_k']
 *   cov_rotate.c: of diag(D' W_j D), in the common axes D that do best
 *     EVE       as EVI                                      [lambda D A_k D']
 *     VVE       as VVI                                      [lambda_k D A_k D']
 *
 * Each is a gmm_cov_fn, as model.h has it; the _work functions say how many
 * doubles it works in, for the proportional ones gmm_volumes_work().
 */
#ifndef GMM_COV_H
#define GMM_COV_H

#include "model.h"
#include "volumes.h"

/* cov_spherical.c */
gmm_status gmm_cov_eii(const gmm_within *, gmm_factors *, double *sigma, double *work);
gmm_status gmm_cov_vii(const gmm_within *, gmm_factors *, double *sigma, double *work);

/* cov.c: one for all, one up to their volumes, each its own but for one volume,
 * each its own. */
gmm_status gmm_cov_equal(const gmm_within *, gmm_factors *, double *sigma, double *work);
gmm_status gmm_cov_proportional(const gmm_within *, gmm_factors *, double *sigma, double *work);
gmm_status gmm_cov_even(const gmm_within *, gmm_factors *, double *sigma, double *work);
gmm_status gmm_cov_own(const gmm_within *, gmm_factors *, double *sigma, double *work);
size_t gmm_cov_even_work(gmm_layout layout, int d, int k);

/* cov_eigen.c */
gmm_status gmm_cov_eev(const gmm_within *, gmm_factors *, double *sigma, double *work);
gmm_status gmm_cov_vev(const gmm_within *, gmm_factors *, double *sigma, double *work);
size_t gmm_cov_eigen_work(gmm_layout layout, int d, int k);

/* cov_rotate.c */
gmm_status gmm_cov_eve(const gmm_within *, gmm_factors *, double *sigma, double *work);
gmm_status gmm_cov_vve(const gmm_within *, gmm_factors *, double *sigma, double *work);
size_t gmm_cov_rotate_work(gmm_layout layout, int d, int k);

#endif
