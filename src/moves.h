/*
 * Moves: from a mixture to another place to start EM from, one component apart. EM, which
 * goes uphill from where it is, seldom takes a component from where there is one too many
 * to where there is one too few (Ueda et al. 2000; Zhao et al. 2012).
 */
#ifndef GMM_MOVES_H
#define GMM_MOVES_H

#include "density.h"

/*
 * Each takes `params`, of at least two components, to the place to start from, where
 * covariances may be outside the family of a constrained model.
 *
 *   density  of these params
 *   work     d doubles
 */

/*
 * Component i, the `away`-th of those that do not own `row`, is taken away, and the owner
 * of `row`, which is the component with the largest responsibility for it, is split:
 * half of it moves there.
 *
 *   row    d  in the coordinates of the mixture
 *   away   0 to k - 2
 *   merge  nonzero: the component nearest to i takes over its rows; else none
 */
void gmm_move_split(gmm_params *params, const gmm_density *density, const double *row, int away,
                    int merge, double *work);

/*
 * Component i in the moments of a few rows (nearby.h) and with their share of all rows, `pi`.
 * `covariance` is made regular by a little of the covariance of the component that owned
 * them, in place.
 */
void gmm_move_gather(gmm_params *params, int i, int owner, double pi, const double *mean,
                     double *covariance);

/*
 * Component b of another mixture of the same shape in place of component i, or in
 * place of the owner of its mean where i is negative.
 */
void gmm_move_graft(gmm_params *params, const gmm_density *density, const gmm_params *other, int b,
                    int i, double *work);

#endif
