/*
 * How passes over the rows are run: by which instructions, on how many threads, and whom
 * to ask meanwhile whether to stop.
 */
#ifndef GMM_ENGINE_H
#define GMM_ENGINE_H

#include "kernel.h"
#include "parallel.h"

typedef struct gmm_engine {
  const gmm_kernels *kernels;
  int threads;
  gmm_poll *poll;
} gmm_engine;

#endif
