/*
 * A few rows near one, and their moments: where a component can start that has hardly more.
 * Of rows drawn so, chances are that all belong to one cluster, however small it is, or lie
 * close to one plane; robust statistics finds its starts like this (the elemental subsets of
 * Rousseeuw & Leroy 1987; Rousseeuw & Van Driessen 1999).
 */
#ifndef GMM_NEARBY_H
#define GMM_NEARBY_H

#include "density.h"
#include "rows.h"

/*
 *   row     n   which rows they are, of which there can be `most`; nearest first. One that stands
 *               for several may be there more than once
 *   square  n   squared lengths of what is between them and the centre
 *   mass        how many rows they are by weight: each one, but those that stand for many
 */
typedef struct gmm_nearby {
  int n, most;
  size_t *row;
  double mass, *square, *x, *change;
} gmm_nearby;

void gmm_nearby_take(gmm_nearby *nearby, gmm_arena *arena, int d, int most);

/*
 * Of the rows, and of those for which one stands by its weight, each is let in with probability
 * `share`; the `most` nearest to a centre, as
 * component j sees it, of those are taken. A share of 1: a neighbourhood; the smaller it is,
 * the wider the surroundings that the few are from.
 *
 *   centre  d  in working coordinates
 *   most    up to nearby->most
 *
 * Returns GMM_EINTERRUPT, or GMM_OK.
 */
gmm_status gmm_nearby_draw(gmm_nearby *nearby, const gmm_rows *rows, const gmm_density *density,
                           int j, const double *centre, int most, double share, gmm_random *random);

/*
 * Mean (d) and covariance (one component's, in the density's layout; lower) of the n > 0
 * rows.
 */
void gmm_nearby_moments(const gmm_nearby *nearby, const gmm_rows *rows, gmm_layout layout,
                        double *mean, double *covariance);

#endif
