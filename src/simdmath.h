/*
 * exp() and log() of vectors, within 2 units in the last place over the whole range, with
 * the limits of the C library's at 0, infinity and NaN. Included by kernel_level.h only.
 *
 * exp(x) = 2^n exp(r) with |r| <= log(2) / 2, and exp(r) = 1 + r + r^2 q(r); q interpolates
 * at Chebyshev points, relative error of the whole 1.6e-17.
 *
 * log(x) = n log(2) + log(m) with m from sqrt(1/2) to sqrt(2). With f = m - 1 and
 * s = f / (2 + f), log(m) = 2 s + s^3 p(s^2); relative error 4.6e-18. It is summed as
 * f - (f^2 / 2 - s (f^2 / 2 + s^2 p)), which is the same, since f is exact and 2 s is not.
 */
#ifndef GMM_SIMDMATH_H
#define GMM_SIMDMATH_H

#include "vec.h"

/* log(2) as a sum: n times the first is exact. */
#define LN2_HIGH 0x1.62e42fefp-1
#define LN2_LOW 0x1.473de6af278edp-34
#define INV_LN2 0x1.71547652b82fep+0

/* Added to a small number, leaves it rounded to an integer in the lowest bits. */
#define TO_INTEGER 0x1.8p52

/* exp(x) 2^-n for the integer n nearest to x / log(2). */
INLINE vec exp_reduced(vec x, bits *n) {
  static const double q[] = {0x1.0000000000001p-1,  0x1.5555555555556p-3,  0x1.5555555553d63p-5,
                             0x1.11111111109b3p-7,  0x1.6c16c1788bd90p-10, 0x1.a01a01a7c41d5p-13,
                             0x1.a019b90d2ae7ap-16, 0x1.71de0dae63bb3p-19, 0x1.289185613a3d6p-22,
                             0x1.af38a9b0ec855p-26};
  vec shifted = vec_fma(x, vec_all(INV_LN2), vec_all(TO_INTEGER));
  vec whole = shifted - TO_INTEGER;
  vec r = vec_fma(whole, vec_all(-LN2_HIGH), x);
  r = vec_fma(whole, vec_all(-LN2_LOW), r);
  vec p = vec_all(q[9]);
  UNROLL
  for (int i = 8; i >= 0; i--) {
    p = vec_fma(p, r, vec_all(q[i]));
  }
  /* The integer stands in the lowest bits, above it what TO_INTEGER has there. */
  *n = (bits)((words)shifted - (words)vec_all(TO_INTEGER));
  return 1 + vec_fma(r * r, p, r);
}

/* a 2^n, for results that are normal numbers. */
INLINE vec scale_exponent(vec a, bits n) {
  return (vec)((words)a + ((words)n << 52));
}

/* exp(x) for -600 <= x <= 600; elsewhere anything, but without a trap. */
INLINE vec vec_exp_small(vec x) {
  bits n;
  vec p = exp_reduced(x, &n);
  return scale_exponent(p, n);
}

INLINE vec vec_exp(vec x) {
  /* Beyond these, the result is 0 or infinity. */
  x = vec_max(vec_all(-746), x);
  x = -vec_max(vec_all(-710), -x);
  bits n, half;
  vec p = exp_reduced(x, &n);
  /* In two steps, so that neither power leaves the range; the second rounds to a
   * subnormal number or overflows as it should. */
  half = n >> 1;
  p = scale_exponent(p, half) * scale_exponent(vec_all(1), n - half);
  /* Scaling would make a number of what is none. */
  return vec_choose(x == x, p, x);
}

INLINE vec vec_log(vec x) {
  static const double p[] = {0x1.5555555555558p-1, 0x1.99999999952d7p-2, 0x1.2492492df281ap-2,
                             0x1.c71c62e3f11e6p-3, 0x1.7462b51cb66b1p-3, 0x1.39fe51a7c18f9p-3,
                             0x1.2b5900de53b32p-3};
  const vec zero = {0}, infinite = vec_all(INFINITY);
  /* Subnormal numbers are brought into range first. */
  bits tiny = x < vec_all(0x1p-1022);
  vec y = vec_choose(tiny, x * 0x1p54, x);
  /* Subtracting the bits of sqrt(1/2) leaves the exponent of a mantissa about 1. */
  const words low = (words)vec_all(0x1.6a09e667f3bcdp-1);
  bits n = (bits)((words)y - low) >> 52;
  vec f = scale_exponent(y, -n) - 1;
  n = n - (tiny & 54);
  /* An exponent is a small integer: by way of its bits it becomes a double. */
  vec whole = (vec)(n + (bits)vec_all(TO_INTEGER)) - TO_INTEGER;
  vec s = f / (2 + f), s2 = s * s, r = vec_all(p[6]), half = 0.5 * f * f;
  UNROLL
  for (int i = 5; i >= 0; i--) {
    r = vec_fma(r, s2, vec_all(p[i]));
  }
  vec value = whole * LN2_HIGH - ((half - (s * (half + r * s2) + whole * LN2_LOW)) - f);
  /* log(0) = -Inf, log(Inf) = Inf, log of negative numbers and NaN is NaN. */
  value = vec_choose(x == infinite, infinite, value);
  value = vec_choose(x == zero, -infinite, value);
  return vec_choose(x >= zero, value, vec_all(NAN));
}

#endif
