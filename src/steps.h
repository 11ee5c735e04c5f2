/*
 * In which steps is a variable recorded? Answers on a scale from 1 to 5, counts, and what is
 * rounded to a tenth all stand on a lattice. Rounding alone gives such values a variance of a
 * twelfth of the step squared (Sheppard 1898); a component that is tighter in some direction,
 * say around a plane through points of the lattice, owes its density to the rounding and not to
 * the data (proper.h).
 *
 * R asks for the steps before a fit; what rounding adds to the variances comes back as a fact
 * about the data (data.h).
 */
#ifndef GMM_STEPS_H
#define GMM_STEPS_H

#include <stddef.h>

/*
 * The largest step such that all values are whole multiples of it apart, but for rounding;
 * missing ones are NaN. 0 where there is none: values are continuous, or all the same, or there
 * would be more than 100,000 steps between the least and the largest. The order of the values
 * does not matter. Continuous values are told by the first few.
 */
double gmm_steps_find(size_t n, const double *x);

/*
 * The standard deviation that rounding to such steps alone gives these values, of such weights
 * (NULL: 1 each). Where a variable hardly varies, as one does that is 1 in a few rows and 0 in all
 * others, a twelfth of the step squared may be more than its variance: a tenth of that is the
 * most that rounding counts for.
 */
double gmm_steps_rounding(double step, size_t n, const double *x, const double *weight);

#endif
