#include "start.h"

#include <string.h>

#include "mstep.h"
#include "params.h"

/* The first pass finds the means, about which the second loses no digits. */
gmm_status gmm_start_mstep(const gmm_spec *spec, gmm_rows *rows, const int *part, const double *r,
                           gmm_params *params, gmm_em_work *work) {
  memset(params->mu, 0, (size_t)params->d * (size_t)params->k * sizeof(double));
  gmm_status status = gmm_rows_stats(rows, part, r, params->mu, &work->stats);
  if (status.code == GMM_OK) {
    status = gmm_mstep_locate(spec, &work->stats, params);
  }
  if (status.code == GMM_OK) {
    status = gmm_rows_stats(rows, part, r, params->mu, &work->stats);
  }
  gmm_factors_forget(&params->factors);
  if (status.code == GMM_OK) {
    status = gmm_mstep(spec, &work->stats, params, work->mstep);
  }
  if (rows->data->range && !(params->noise * rows->mass > GMM_NO_NOISE)) {
    gmm_params_set_noise(params, GMM_FIRST_NOISE);
  }
  return status;
}
