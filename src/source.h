/*
 * Where the EM loop gets its statistics: one function of the parameters. Rows
 * in memory are one source (rows.h); whatever else can add up statistics is
 * another, with the same loop, stopping and search.
 */
#ifndef GMM_SOURCE_H
#define GMM_SOURCE_H

#include "density.h"
#include "stats.h"

typedef struct gmm_source {
  /*
   * One E-step: fills `stats` about the means of `at`.
   * Returns GMM_EINTERRUPT when asked to stop.
   */
  gmm_status (*estep)(void *self, const gmm_density *at, gmm_stats *stats);
  void *self;
} gmm_source;

#endif
