/*
 * Working coordinates: x -> scale * x - shift, variable by variable. Scales
 * are powers of two near 1 / sd and shifts are scaled column means, so that
 *
 *   - multiplying a variable by a power of two changes no bit of the fit,
 *   - no square overflows or vanishes, whatever the unit,
 *   - sums are about the mean, and lose no digits when the mean is large.
 *
 *   d
 *   scale, shift  d
 *   log_jacobian  sum_a log scale_a: added to a log density in working
 *                 coordinates, it gives the one in the data's own
 */
#ifndef GMM_FRAME_H
#define GMM_FRAME_H

#include "arena.h"
#include "data.h"
#include "engine.h"
#include "gmm.h"

typedef struct gmm_frame {
  int d;
  double *scale, *shift, log_jacobian;
} gmm_frame;

void gmm_frame_take(gmm_frame *frame, gmm_arena *arena, int d);

/* Doubles that gmm_frame_of_rows() works in. */
size_t gmm_frame_work(size_t n, int d);

/*
 * The frame of a data set, by the values that are there; leaves the standard deviations, in the
 * data's own units, in `sd` (d).
 *
 *   column_units  nonzero: a scale a variable; zero: one scale for all, for
 *                 models that compare the variables
 *   work          gmm_frame_work() doubles
 *
 * Returns GMM_EINTERRUPT; or GMM_ECONSTANT, with a frame that is still good to
 * use, and the first constant variable as index: any if `column_units`, else
 * only where all variables are constant.
 */
gmm_status gmm_frame_of_rows(gmm_frame *frame, const gmm_data *data, int column_units, double *sd,
                             const gmm_engine *engine, double *work);

/* The frame of a mixture: about its mean, scaled by its largest variances. */
void gmm_frame_of_params(gmm_frame *frame, const gmm_params *params);

/*
 * The metric in which k-means measures distances: x -> (x - mean) / sd in the
 * same sense of `column_units`, exactly scaled, so that the unit of a variable
 * does not decide. A constant variable counts for nothing.
 */
void gmm_frame_metric(gmm_frame *metric, const gmm_frame *frame, int column_units,
                      const double *sd);

/* Parameters into working coordinates, and back. */
void gmm_frame_enter(const gmm_frame *frame, gmm_params *params);
void gmm_frame_leave(const gmm_frame *frame, gmm_params *params);

/* Parameters from the working coordinates of one frame into those of another, about the same
 * means; exactly, as far as no number overflows or vanishes. Factors that are known stay so where
 * both frames are one. */
void gmm_frame_change(const gmm_frame *from, const gmm_frame *to, gmm_params *params);

#endif
