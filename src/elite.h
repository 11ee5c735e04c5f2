/*
 * The best mixtures that a search has found so far, or was on the way to, distinct and by
 * decreasing log-likelihood. Components of one may be what another lacks (moves.h).
 */
#ifndef GMM_ELITE_H
#define GMM_ELITE_H

#include "arena.h"
#include "gmm.h"

/* At most so many, and of large mixtures no more than this memory holds, but two. */
#define GMM_MOST_ELITE 30
#define GMM_ELITE_BYTES 8e6

typedef struct gmm_elite {
  int n, room;
  gmm_params *params;
  double *loglik;
} gmm_elite;

/* Room for `most`, up to GMM_MOST_ELITE, if they are not too large. */
void gmm_elite_take(gmm_elite *elite, gmm_arena *arena, gmm_layout layout, int d, int k, int most);

/*
 * Lets a mixture in, unless it is worse than all when there is no room, or one is there
 * whose log-likelihood is between `low` and `high`: that is taken for the same.
 */
void gmm_elite_add(gmm_elite *elite, const gmm_params *params, double loglik, double low,
                   double high);

#endif
