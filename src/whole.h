/*
 * All rows as one Gaussian, where values are missing: its mean and covariance fill in values where
 * rows are looked at one by one, or divided into parts to start from, and what is proper is
 * measured by them (gmm_whole in rows.h).
 */
#ifndef GMM_WHOLE_H
#define GMM_WHOLE_H

#include "em.h"
#include "rows.h"

/* What finding it takes. */
typedef struct gmm_whole_em {
  gmm_em em;
  gmm_em_work work;
} gmm_whole_em;

void gmm_whole_take(gmm_whole *whole, gmm_arena *arena, gmm_layout layout, int d);
void gmm_whole_em_take(gmm_whole_em *work, gmm_arena *arena, gmm_layout layout, int d);

/*
 * Where values are missing: by EM, in the coordinates of the rows, from the moments of each
 * variable, and where that leads nowhere those. The rows are filled by it from then on.
 *
 *   sd  d  standard deviations of the variables, in the data's own units (frame.h)
 */
gmm_status gmm_whole_find(gmm_whole *whole, gmm_rows *rows, const double *sd, gmm_whole_em *work);

/* What it is in other coordinates, about the same origin (gmm_frame_metric()); in a variable that
 * counts for nothing there, it is about that. */
void gmm_whole_change(gmm_whole *to, const gmm_whole *from, const gmm_frame *from_frame,
                      const gmm_frame *to_frame);

#endif
