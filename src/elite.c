#include "elite.h"

#include <math.h>

#include "params.h"

static int room_for(gmm_layout layout, int d, int k, int most) {
  double doubles = (double)k * (1 + (double)d + (double)gmm_cov_size(layout, d));
  double room = floor(GMM_ELITE_BYTES / (8 * doubles));
  return (int)fmin(fmax(room, 2), most);
}

void gmm_elite_take(gmm_elite *elite, gmm_arena *arena, gmm_layout layout, int d, int k, int most) {
  elite->n = 0;
  elite->room = room_for(layout, d, k, most);
  elite->loglik = gmm_arena_doubles(arena, (size_t)elite->room);
  elite->params = gmm_arena_take(arena, (size_t)elite->room, sizeof *elite->params);
  for (int e = 0; e < elite->room; e++) {
    gmm_params params;
    gmm_params_take(&params, arena, layout, d, k);
    if (elite->params) {
      elite->params[e] = params;
    }
  }
}

void gmm_elite_add(gmm_elite *elite, const gmm_params *params, double loglik, double low,
                   double high) {
  for (int e = 0; e < elite->n; e++) {
    if (elite->loglik[e] > low && elite->loglik[e] < high) {
      return;
    }
  }
  if (elite->n == elite->room && elite->loglik[elite->n - 1] >= loglik) {
    return;
  }
  elite->n += elite->n < elite->room;
  /* The memory of the last, which is free or goes, moves up to the new one's place. */
  int at = elite->n - 1;
  gmm_params free = elite->params[at];
  while (at > 0 && elite->loglik[at - 1] < loglik) {
    elite->params[at] = elite->params[at - 1];
    elite->loglik[at] = elite->loglik[at - 1];
    at--;
  }
  gmm_params_copy(&free, params);
  elite->params[at] = free;
  elite->loglik[at] = loglik;
}
