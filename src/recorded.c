#include "recorded.h"

#include <math.h>

/* With so many steps from the least to the largest value, a rounding is 1e-9 of the variance. */
#define MOST_STEPS 1e4

/* What a whole multiple may be off, in steps, beside what rounding of the values takes. */
#define TOLERANCE 1e-6
#define ROUNDING 4e-16

/* The largest common measure of two lengths, to within `slack`; a length up to that is none. */
static double common_measure(double a, double b, double slack) {
  while (b > slack) {
    double rest = fabs(a - b * nearbyint(a / b));
    a = b;
    b = rest;
  }
  return a;
}

double gmm_recorded_step(size_t n, const double *x) {
  double first = NAN, farthest = 0, size = 0, step = 0;
  for (size_t i = 0; i < n; i++) {
    if (isnan(x[i])) {
      continue;
    }
    if (isnan(first)) {
      first = x[i];
    }
    double length = fabs(x[i] - first);
    if (length == 0) {
      continue;
    }
    if (!isfinite(length)) {
      return 0;
    }
    size = fmax(size, fmax(fabs(first), fabs(x[i])));
    farthest = fmax(farthest, length);
    double slack = fmax(TOLERANCE * (step > 0 ? step : length), ROUNDING * size);
    if (step == 0 || fabs(length - step * nearbyint(length / step)) > slack) {
      step = step == 0 ? length : common_measure(step, length, slack);
    }
    /* Where the values are too coarse for their size, nobody can tell. */
    if (!(farthest <= MOST_STEPS * step) || !(ROUNDING * size < 0.01 * step)) {
      return 0;
    }
  }
  return step;
}
