/*
 * Moves: from a mixture to another place to start EM from, one component apart. EM, which
 * goes uphill from where it is, seldom takes a component from where there is one too many
 * to where there is one too few (Ueda et al. 2000; Zhao et al. 2012). And steps to one
 * component more, or fewer.
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

/*
 * One component more: of the k there are, the last has no values yet. Component j, and the
 * new one, become halves of what j was, which a plane through its mean divides, in their
 * moments.
 *
 *   density  of the k - 1
 *   normal   d  of the plane, in coordinates in which component j is spherical; any length
 */
void gmm_move_halve(gmm_params *params, const gmm_density *density, int j, const double *normal,
                    double *work);

/* The component whose distribution component i is the least far from; -1: there is no other. */
int gmm_move_nearest(const gmm_density *density, int i, double *work);

/* One component fewer: j becomes part of the one nearest to it, in their moments, and the last
 * takes its place; the values of the last are then of no use. Proportions sum to 1. */
void gmm_move_merge(gmm_params *params, const gmm_density *density, int j, double *work);

#endif
