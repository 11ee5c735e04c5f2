/*
 * A prior on the covariances, as if each component had seen `size` more rows, about its
 * own mean, with the covariance S. The log-likelihood is then penalised by
 *
 *   size sum_j KL(N(0, S) || N(0, sigma_j))
 *     = size sum_j (tr(S sigma_j^-1) - d + log |sigma_j| - log |S|) / 2
 *
 * which is nothing where all are S, and grows without end where one collapses; so the
 * penalised one is bounded, and each of its maxima proper. It is the conjugate prior
 * (Fraley & Raftery 2007) with its mode at S.
 */
#ifndef GMM_PRIOR_H
#define GMM_PRIOR_H

#include "arena.h"
#include "density.h"
#include "gmm.h"

/*
 *   size        rows of each component, > 0
 *   scale       S is the covariance of the data times this
 *   covariance  S, in the layout of the model, lower
 *   log_det     log |S|
 *   count       k  room for counts
 *   work        room for one covariance
 */
typedef struct gmm_prior {
  gmm_layout layout;
  int d, k;
  double size, scale, log_det;
  double *covariance, *count, *work;
} gmm_prior;

void gmm_prior_take(gmm_prior *prior, gmm_arena *arena, gmm_layout layout, int d, int k);

/*
 * S from the covariance of the data, whose variances are positive: of its diagonal alone
 * where the data's is singular, as with fewer rows than variables.
 */
void gmm_prior_centre(gmm_prior *prior, const double *total);

double gmm_prior_penalty(const gmm_prior *prior, const gmm_density *density);

/* Covariances of components of n rows in all, which do not know of the prior, towards it: the
 * M-step of VVV. */
void gmm_prior_shrink(const gmm_prior *prior, double n, gmm_params *params);

#endif
