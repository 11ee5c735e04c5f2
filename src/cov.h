/*
 * Covariances from scatter matrices, a function a model (gmm_cov_fn in
 * model.h). Closed forms of Celeux & Govaert (1995), sections 3 and 4; with
 * W = sum_j W_j:
 *
 *   EII  tr(W) / (n d) I                   their [lambda I]
 *   VII  tr(W_j) / (n_j d) I                     [lambda_k I]
 *   EEI  diag(W) / n                             [lambda B]
 *   VVI  diag(W_j) / n_j                         [lambda_k B_k]
 *   EEE  W / n                                   [lambda D A D']
 *   VVV  W_j / n_j                               [lambda_k D_k A_k D_k']
 */
#ifndef GMM_COV_H
#define GMM_COV_H

#include "model.h"

/* cov.c: sum_j W_j / n for every component, and W_j / n_j for each; `size` is
 * the number of doubles in one matrix, whatever its layout. */
void gmm_cov_average(size_t size, const gmm_within *within, double *sigma);
void gmm_cov_each(size_t size, const gmm_within *within, double *sigma);

/* cov_spherical.c */
void gmm_cov_eii(const gmm_within *within, double *sigma);
void gmm_cov_vii(const gmm_within *within, double *sigma);

/* cov_diagonal.c */
void gmm_cov_eei(const gmm_within *within, double *sigma);
void gmm_cov_vvi(const gmm_within *within, double *sigma);

/* cov_full.c */
void gmm_cov_eee(const gmm_within *within, double *sigma);
void gmm_cov_vvv(const gmm_within *within, double *sigma);

#endif
