/*
 * Moves: from one mixture to another place to start EM from, as far as a component. One
 * component is taken away, and another is put elsewhere: EM alone, which goes uphill from
 * where it is, cannot do that (Ueda et al. 2000; Zhao et al. 2012).
 */
#ifndef GMM_MOVES_H
#define GMM_MOVES_H

#include "density.h"

/*
 * What to do; all of it is drawn, but none of it here.
 *
 *   row    d  where the new component is, in the coordinates of the mixture
 *   away   the component that is taken away, among those that do not own `row`: the rank,
 *          from 0 to k - 2
 *   merge  nonzero: the one nearest to it takes over its rows; else it is just gone
 *   scale  the new component's covariance is that of the owner of `row`, times this
 */
typedef struct gmm_move {
  const double *row;
  int away, merge;
  double scale;
} gmm_move;

/*
 *   params   (in/out) at least two components
 *   density  of these params
 *   work     d doubles
 *
 * Covariances may come out outside the family of a constrained model.
 */
void gmm_move_apply(const gmm_move *move, const gmm_density *density, gmm_params *params,
                    double *work);

#endif
