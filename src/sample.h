/*
 * A sample of the rows of a matrix.
 */
#ifndef GMM_SAMPLE_H
#define GMM_SAMPLE_H

#include "gmm.h"

/*
 * One row of each of m stretches of the rows, in their order, so that an order that means something
 * is kept, and none is drawn twice where there are no weights.
 *
 *   x           n x d
 *   weight      n, the weights of the rows; NULL: they have none
 *   out         m x d, m <= n
 *   out_weight  m: of what rows stand for by their weights, one is drawn of each of m stretches, so
 *               that a heavy row may be there several times, each time with the weight 1, or less
 *               where all weights sum to less than m
 */
void gmm_sample_rows(const double *x, const double *weight, size_t n, int d, size_t m,
                     gmm_random *random, double *out, double *out_weight);

#endif
