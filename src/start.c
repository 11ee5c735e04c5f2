#include "start.h"

#include <string.h>

#include "mstep.h"

gmm_status gmm_start_mstep(const gmm_spec *spec, gmm_rows *rows, const int *part, const double *r,
                           gmm_params *params, gmm_em_work *work) {
  size_t means = (size_t)params->d * (size_t)params->k;
  gmm_status status = gmm_ok();
  memset(params->mu, 0, means * sizeof(double));
  /* The first pass finds the means, about which the second loses no digits. */
  for (int pass = 0; pass < 2 && status.code == GMM_OK; pass++) {
    status = gmm_rows_stats(rows, part, r, params->mu, &work->stats);
    params->factors.known = 0;
    if (status.code == GMM_OK) {
      status = gmm_mstep(spec, &work->stats, params, work->mstep);
    }
  }
  return status;
}
