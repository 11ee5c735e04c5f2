/*
 * A sample of the rows of a data set.
 */
#ifndef GMM_SAMPLE_H
#define GMM_SAMPLE_H

#include "data.h"

/*
 * m rows that are yet to be drawn of such as `like` has; what is known of a row goes with it. A
 * heavy row may be there several times, each time with the weight 1, or less where all weights sum
 * to less than m.
 */
typedef struct gmm_sample {
  gmm_data data;
  double *x, *weight;
  int *label;
  size_t *pattern_end;
  struct gmm_stratum *strata;
  size_t n_strata;
} gmm_sample;

/* `like` must not be a sample that is yet to get its memory. */
void gmm_sample_take(gmm_sample *sample, gmm_arena *arena, const gmm_data *like, size_t m);

/*
 * One row of each of m stretches of the rows, or of what they stand for by their weights, in their
 * order, so that an order that means something is kept, and none is drawn twice where there are no
 * weights. Of a known class, of which there may be few rows, more are drawn than is their part: it
 * is by them that a search knows which component the class is.
 */
void gmm_sample_draw(gmm_sample *sample, const gmm_data *from, gmm_random *random);

#endif
