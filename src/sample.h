/*
 * A sample of the rows of a matrix.
 */
#ifndef GMM_SAMPLE_H
#define GMM_SAMPLE_H

#include "gmm.h"

/*
 * One row of each of m stretches of the rows, in their order, so that none is drawn twice and
 * an order that means something is kept.
 *
 *   x    n x d
 *   out  m x d, m <= n
 */
void gmm_sample_rows(const double *x, size_t n, int d, size_t m, gmm_random *random, double *out);

#endif
