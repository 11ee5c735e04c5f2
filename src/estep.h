/*
 * The E-step on one block of rows: responsibilities and log-likelihood at a density.
 */
#ifndef GMM_ESTEP_H
#define GMM_ESTEP_H

#include "density.h"
#include "kernel.h"

/*
 *   floor   half log densities so far below a row's largest get no weight: GMM_NEGLIGIBLE
 *           or GMM_VANISHING
 *   block   a block of rows (kernel.h), of which `count` are data
 *   w       (out) its weights
 *   loglik  += sum_t log f(x_t)
 *   work    GMM_STRIDE (d + 1) doubles
 *
 * A row so far out that all its densities vanish even as logarithms (squared
 * distances overflow) has log density -Inf, and belongs to the component in whose
 * metric it is nearest.
 */
void gmm_estep_block(const gmm_kernels *kernels, const gmm_density *density, double floor,
                     const double *block, int count, const gmm_block_weights *w, double *loglik,
                     double *work);

#endif
