#include "stream.h"

/* The state counts up by an odd number, and is mixed to give what is drawn: SplitMix of
 * Steele, Lea & Flood (2014), with the constants of variant 13 of Stafford (2011). */
static uint64_t next(gmm_stream *stream) {
  uint64_t z = stream->state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

/* In the middle of one of 2^52 parts of (0, 1), so never 0 or 1. */
static double uniform(void *self) {
  return ((double)(next(self) >> 12) + 0.5) * 0x1p-52;
}

void gmm_stream_begin(gmm_stream *stream, gmm_random *random) {
  /* A generator has 32 bits, or fewer. */
  double high = random->uniform(random->self), low = random->uniform(random->self);
  stream->state = (uint64_t)(high * 0x1p32) << 32 ^ (uint64_t)(low * 0x1p32);
  next(stream);
}

gmm_random gmm_stream_random(gmm_stream *stream) {
  return (gmm_random){uniform, stream};
}
