/*
 * The M-step: parameters from sufficient statistics. No row of the data is
 * seen here, whatever the covariance model.
 */
#ifndef GMM_MSTEP_H
#define GMM_MSTEP_H

#include "model.h"
#include "stats.h"

/*
 *   stats   (in/out) the scatter is moved from the centres to the new means, and that of
 *           the prior added
 *   params  (in/out) its means may be the very array of the centres; its factors
 *           are those from which a model that iterates goes on
 *   work    gmm_model_work() doubles
 *
 * Returns GMM_EEMPTY with the first component of no size, or as the model's
 * function (gmm_cov_fn). Covariances may come out singular:
 * gmm_density_prepare() tells.
 */
gmm_status gmm_mstep(const gmm_spec *spec, gmm_stats *stats, gmm_params *params, double *work);

/* The first part of it: proportions and means, and the scatter about them. */
gmm_status gmm_mstep_locate(const gmm_spec *spec, gmm_stats *stats, gmm_params *params);

/*
 * Brings parameters that come from elsewhere into the family that is fitted:
 * covariances to the member closest in Kullback-Leibler divergence, which is what
 * an M-step makes of them as scatter matrices. Members stay as they are, up to
 * rounding, if the factors are to be exact and none are known (gmm.h).
 *
 *   stats   memory to work in
 *   params  (in/out) with positive proportions
 *   work    gmm_model_work() doubles
 */
gmm_status gmm_mstep_project(const gmm_spec *spec, gmm_stats *stats, gmm_params *params,
                             double *work);

#endif
