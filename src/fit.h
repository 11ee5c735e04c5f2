/*
 * One fit, from a matrix to parameters in its own coordinates: chooses the
 * frame and the metric, runs the search in them, and brings the result back.
 */
#ifndef GMM_FIT_H
#define GMM_FIT_H

#include "search.h"

/*
 * After gmm_fit_run():
 *
 *   search.best    parameters, iterations and trace of the answer, in the
 *                  coordinates of the data
 *   search.starts  a record of each start, log-likelihoods likewise
 *
 * With `beat`, a start that is given is given up when it is seen to end below that
 * log-likelihood, and then there is no answer; NULL: never.
 *
 * The search may be on a sample of the rows, `sample_x`, in the same frame; else `sample`
 * is not used. `weight` are the case weights of all rows (rows.h), or NULL: the caller's to set
 * before gmm_fit_take().
 */
typedef struct gmm_fit {
  gmm_search search;
  gmm_frame frame, metric;
  gmm_rows rows, sample, metric_rows;
  gmm_params given;
  double *sd, *frame_work, *sample_x, *sample_weight;
  const double *beat, *weight;
} gmm_fit;

/* Work memory for n x d data; `given` nonzero when parameters to start from will be
 * given. `engine` must outlive the fit. */
void gmm_fit_take(gmm_fit *fit, gmm_arena *arena, const gmm_spec *spec, const gmm_engine *engine,
                  size_t n, int d, int k, int given, const gmm_search_control *control);

/*
 *   x      n x d, finite
 *   given  parameters to start from, in the coordinates of x, or NULL; their
 *          covariances are brought into the model's family first
 *
 * Returns as gmm_search_run(), and GMM_ECONSTANT with the first variable.
 */
gmm_status gmm_fit_run(gmm_fit *fit, const double *x, const gmm_params *given, gmm_random *random);

/*
 * The first start as the search draws it when there is no sample: a partition, 0-based in
 * search.part, and the parameters made of it, in the coordinates of the data, those of
 * search.batch[0].
 */
gmm_status gmm_fit_start(gmm_fit *fit, const double *x, gmm_random *random);

#endif
