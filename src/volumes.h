/*
 * The volumes of components that share all else: with M = sum_j W_j / lambda_j
 * and eta_j = log lambda_j, the minimum over eta of
 *
 *   F(eta) = d sum_j n_j eta_j + n log |M|
 *
 * which is what the objective of model.h comes to once the common factor of the
 * covariances lambda_j C is M / n, its best value. F is convex (a sum of
 * exponentials of linear functions, inside a log determinant) and constant
 * along (1, ..., 1).
 *
 * Celeux & Govaert (1995) alternate between lambda and C, which is
 *
 *   lambda_j <- tr(W_j C^-1) / (n_j d)
 *
 * and slow when components differ in where they spread: the objective is then
 * flat. Newton's method takes a handful of steps, whatever the data.
 */
#ifndef GMM_VOLUMES_H
#define GMM_VOLUMES_H

#include "model.h"

size_t gmm_volumes_work(gmm_layout layout, int d, int k);

/*
 *   factors  (in/out) the volumes: from where to go on, if known; the minimum
 *   room     k matrices in the layout of `within`, to work in
 *   work     gmm_volumes_work() doubles
 *
 * F never rises beyond rounding. Returns GMM_ESINGULAR with the first component that has no
 * scatter; with the one whose volume vanishes, where F has no minimum since that
 * component holds many rows that spread in few directions; or with 0 where M is
 * singular, which is no one component's doing.
 */
gmm_status gmm_volumes(const gmm_within *within, gmm_factors *factors, double *room, double *work);

/* M of these volumes. */
void gmm_volumes_common(const gmm_within *within, const double *eta, double *m);

#endif
