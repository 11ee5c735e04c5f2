/*
 * One fit, from a data set to parameters in its own coordinates: chooses the
 * frame and the metric, runs the search in them, and brings the result back.
 */
#ifndef GMM_FIT_H
#define GMM_FIT_H

#include "sample.h"
#include "search.h"
#include "whole.h"

/*
 * After gmm_fit_run():
 *
 *   search.best    parameters, iterations and trace of the answer, in the
 *                  coordinates of the data
 *   search.starts  a record of each start, log-likelihoods likewise
 *   entropy        of the responsibilities of the answer
 *
 * With `beat`, a start that is given is given up when it is seen to end below that
 * log-likelihood, which is of all rows, and then there is no answer; NULL: never, nor on a sample.
 * With `enough`, repairs go on while they have led to less than that; NULL: to nothing proper.
 *
 * The search may be on a sample of the rows, in the same frame, unless it is but a run from
 * parameters that are given, without moves; else `sample` is not used. Of
 * `whole`, the first is of all rows, the second of those that are searched, and the third of these
 * in the metric.
 */
typedef struct gmm_fit {
  const gmm_data *data;
  gmm_search search;
  gmm_frame frame, metric;
  gmm_rows rows, sample_rows, metric_rows;
  gmm_sample sample;
  gmm_whole whole[3];
  gmm_whole_em whole_em;
  gmm_params given;
  double *sd, *frame_work, entropy;
  const double *beat, *enough;
  int sampled;
} gmm_fit;

/* Work memory for a fit to `data`, which must outlive it, as must `engine`; `given` nonzero when
 * parameters to start from will be given. */
void gmm_fit_take(gmm_fit *fit, gmm_arena *arena, const gmm_spec *spec, const gmm_engine *engine,
                  const gmm_data *data, int k, int given, const gmm_search_control *control);

/*
 *   given  parameters to start from, in the coordinates of the data, or NULL; their
 *          covariances are brought into the model's family first
 *
 * Returns as gmm_search_run(), and GMM_ECONSTANT with the first variable.
 */
gmm_status gmm_fit_run(gmm_fit *fit, const gmm_params *given, gmm_random *random);

/*
 * The first start as the search draws it when there is no sample: a partition, 0-based in
 * search.part, and the parameters made of it, in the coordinates of the data, those of
 * search.batch[0].
 */
gmm_status gmm_fit_start(gmm_fit *fit, gmm_random *random);

#endif
