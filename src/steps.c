#include "steps.h"

#include <math.h>

/* Steps between the least and the largest value. */
#define MOST_STEPS 1e5

/* What is taken for 0, in the least step that there may be; and what a value that is the result of
 * some operations is off, or one that has been stored in single precision. */
#define SLACK 1e-3
#define ROUNDING 4e-16
#define ROUNDING_SINGLE 6e-8

/* What a value may be off its multiple of the step, in steps. */
#define TOLERANCE 1e-4

/* Values by which most that are continuous are told. */
#define A_FEW 64

/* Parts of the square of a step, and of the variance, that rounding is. */
#define TWELFTH (1 / 12.0)
#define MOST_OF_VARIANCE 0.1

typedef struct extent {
  double low, high;
} extent;

static extent find_extent(size_t n, const double *x) {
  extent e = {INFINITY, -INFINITY};
  for (size_t i = 0; i < n; i++) {
    /* A comparison with NaN is false. */
    e.low = x[i] < e.low ? x[i] : e.low;
    e.high = x[i] > e.high ? x[i] : e.high;
  }
  return e;
}

/*
 * The largest common measure of two lengths (Euclid), or 0 where it is less than `least`: what is
 * left over of one is as good as nothing, up to `slack`, or as much as `least`.
 */
static double common_measure(double a, double b, double least, double slack) {
  while (b > slack) {
    if (b < least) {
      return 0;
    }
    double rest = fabs(a - b * nearbyint(a / b));
    a = b;
    b = rest;
  }
  return a;
}

/* A step of these values, which are off by `rounding`, or 0; of more values the step is a part
 * of it. */
static double find_step(size_t n, const double *x, double rounding) {
  extent e = find_extent(n, x);
  double range = e.high - e.low, size = fmax(fabs(e.low), fabs(e.high));
  if (!(range > 0 && isfinite(range))) {
    return 0;
  }
  /* What is left over is off by as many roundings as there are steps: less than the slack. */
  double most = fmin(MOST_STEPS, sqrt(SLACK * range / (rounding * size)));
  if (most < 1) {
    return 0;
  }
  double least = range / most, slack = SLACK * least, step = range;
  for (size_t i = 0; i < n && step > 0; i++) {
    double length = x[i] - e.low;
    if (length > 0) {
      double rest = fabs(length - step * nearbyint(length / step));
      if (rest > slack) {
        step = common_measure(step, rest, (1 - SLACK) * least, slack);
        /* The ends tell it best. */
        step = step > 0 ? range / nearbyint(range / step) : 0;
      }
    }
  }
  for (size_t i = 0; i < n && step > 0; i++) {
    double steps = (x[i] - e.low) / step;
    if (fabs(steps - nearbyint(steps)) > TOLERANCE) {
      return 0;
    }
  }
  return step;
}

/* Likewise, but most that have none are told by a few of them. */
static double find_step_soon(size_t n, const double *x, double rounding) {
  if (n > A_FEW) {
    extent e = find_extent(A_FEW, x);
    if (e.high > e.low && find_step(A_FEW, x, rounding) == 0) {
      return 0;
    }
  }
  return find_step(n, x, rounding);
}

static int are_single(size_t n, const double *x) {
  for (size_t i = 0; i < n; i++) {
    if ((double)(float)x[i] != x[i] && !isnan(x[i])) {
      return 0;
    }
  }
  return 1;
}

double gmm_steps_find(size_t n, const double *x) {
  double step = find_step_soon(n, x, ROUNDING);
  return step == 0 && are_single(n, x) ? find_step_soon(n, x, ROUNDING_SINGLE) : step;
}

double gmm_steps_rounding(double step, size_t n, const double *x, const double *weight) {
  if (step == 0) {
    return 0;
  }
  extent e = find_extent(n, x);
  double mass = 0, sum = 0, square = 0;
  for (size_t i = 0; i < n; i++) {
    if (!isnan(x[i])) {
      /* In steps, which squares of any unit are not too large for. */
      double steps = (x[i] - e.low) / step, w = weight ? weight[i] : 1;
      mass += w;
      sum += w * steps;
      square += w * steps * steps;
    }
  }
  double variance = square / mass - sum / mass * (sum / mass);
  return step * sqrt(fmin(TWELFTH, MOST_OF_VARIANCE * variance));
}
