/*
 * The E-step on one block of rows: responsibilities and log-likelihood from
 * the log densities of the components.
 */
#ifndef GMM_ESTEP_H
#define GMM_ESTEP_H

#include <stddef.h>

#include "density.h"

/* Doubles of work that gmm_estep_block() wants. */
size_t gmm_estep_work(int d);

/*
 *   block    a block of rows (kernel.h), of which `rows` are data
 *   r        (out) GMM_BLOCK x k  responsibilities; 0 beyond `rows`
 *   logdens  (out) GMM_BLOCK      log f(x_t) = log sum_j pi_j f_j(x_t)
 *   work     gmm_estep_work(d) doubles
 *
 * A row so far out that all its densities vanish even as logarithms (squared
 * distances overflow) has logdens -Inf, and belongs to the component in whose
 * metric it is nearest.
 */
void gmm_estep_block(const gmm_density *density, const double *block, int rows, double *r,
                     double *logdens, double *work);

#endif
