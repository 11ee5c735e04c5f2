/*
 * Parameters to start from: one M-step from memberships that are given.
 */
#ifndef GMM_START_H
#define GMM_START_H

#include "em.h"
#include "rows.h"

/*
 *   part, r  a partition (n, 0-based; negative: noise) or responsibilities (n x k); one is NULL.
 *            Where there is noise, and none of the rows are said to be of it, it begins with the
 *            proportion GMM_FIRST_NOISE
 *   params   (out) in the coordinates of rows->frame
 *   work     its stats and room for the M-step are used
 *
 * Returns as gmm_mstep() and gmm_rows_stats().
 */
gmm_status gmm_start_mstep(const gmm_spec *spec, gmm_rows *rows, const int *part, const double *r,
                           gmm_params *params, gmm_em_work *work);

#endif
