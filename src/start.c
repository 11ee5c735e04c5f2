#include "start.h"

#include <string.h>

#include "mstep.h"

gmm_status gmm_start_mstep(const gmm_model *model, gmm_rows *rows, const int *part, const double *r,
                           gmm_stats *stats, gmm_params *params) {
  size_t means = (size_t)params->d * (size_t)params->k;
  memset(params->mu, 0, means * sizeof(double));
  gmm_status status = gmm_ok();
  for (int pass = 0; pass < 2 && status.code == GMM_OK; pass++) {
    status = gmm_rows_stats(rows, part, r, params->mu, stats);
    if (status.code == GMM_OK) {
      status = gmm_mstep(model, stats, params);
    }
  }
  return status;
}
