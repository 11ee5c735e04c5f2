/*
 * Random numbers for work that threads share out: a stream a part, each with its own place to
 * begin, drawn on the main thread. What comes of a part then does not depend on who does it,
 * nor when.
 */
#ifndef GMM_STREAM_H
#define GMM_STREAM_H

#include <stdint.h>

#include "gmm.h"

typedef struct gmm_stream {
  uint64_t state;
} gmm_stream;

/* Begins at a place that two of the caller's random numbers say. */
void gmm_stream_begin(gmm_stream *stream, gmm_random *random);

/* The stream as a source of random numbers; it must outlive it. */
gmm_random gmm_stream_random(gmm_stream *stream);

#endif
