/*
 * Parameters to start from: one M-step from memberships that are given.
 */
#ifndef GMM_START_H
#define GMM_START_H

#include "model.h"
#include "rows.h"

/*
 *   part, r  a partition (n, 0-based) or responsibilities (n x k); one is NULL
 *   stats    (out) about means found in a first pass, so that covariances lose
 *            no digits
 *   params   (out) in the coordinates of rows->frame
 *
 * Returns as gmm_mstep() and gmm_rows_stats().
 */
gmm_status gmm_start_mstep(const gmm_model *model, gmm_rows *rows, const int *part, const double *r,
                           gmm_stats *stats, gmm_params *params);

#endif
