/*
 * The E-step on one block of rows: responsibilities and log-likelihood at a density.
 */
#ifndef GMM_ESTEP_H
#define GMM_ESTEP_H

#include "density.h"
#include "kernel.h"
#include "missing.h"

/*
 * How the blocks of a chunk are worked on. Where most responsibilities of a block turned
 * out to be none, the next one is looked at before it is worked out; until that is seen to
 * be in vain. No bit of the results depends on it.
 *
 *   floor   half log densities so far below a row's largest get no weight: GMM_NEGLIGIBLE
 *           or GMM_VANISHING
 *   sparse  whether to look first
 *   may     whether that may help
 */
typedef struct gmm_manner {
  double floor;
  int sparse, may;
} gmm_manner;

gmm_manner gmm_manner_for(const gmm_density *density, double floor);

/* Of the pairs of a row and a component in a block, `worked_out` were in the E-step, and
 * `weighed` in its statistics. */
void gmm_manner_learn(gmm_manner *manner, int pairs, int worked_out, int weighed);

/*
 * What is known of a block besides its numbers.
 *
 *   label    of its rows: those of a known class have no weight in another component (data.h); NULL
 *   missing  which values of its rows are missing, and what components say of them; NULL: none are
 *   noisy    whether there is noise, as one component more, and `noise`, half its log density
 */
typedef struct gmm_block_facts {
  const int *label;
  const gmm_missing *missing;
  int noisy;
  double noise;
} gmm_block_facts;

/*
 *   block   a block of rows (kernel.h), of which `count` are data; where values are missing, those
 *           of its columns are overwritten
 *   facts   what is known of it; NULL: nothing
 *   w       (out) its weights, of k components and noise
 *   loglik  += sum_t log f(x_t); of rows of a known class, the density of that
 *   work    GMM_STRIDE (d + 1) doubles
 *
 * A row so far out that all its densities vanish even as logarithms (squared
 * distances overflow) has log density -Inf, and belongs to the component in whose
 * metric it is nearest.
 *
 * Returns how many pairs of a row and a component were worked out.
 */
int gmm_estep_block(const gmm_kernels *kernels, const gmm_density *density,
                    const gmm_manner *manner, const gmm_block_facts *facts, double *block,
                    int count, const gmm_block_weights *w, double *loglik, double *work);

#endif
