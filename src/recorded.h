/*
 * In which steps is a variable recorded? Answers on a scale from 1 to 5, counts, and what is
 * rounded to a tenth all stand on a lattice. Rounding alone gives such values a variance of a
 * twelfth of the step squared (Sheppard 1898); a component that is tighter in some direction,
 * say around a plane through points of the lattice, owes its density to the rounding and not to
 * the data.
 */
#ifndef GMM_RECORDED_H
#define GMM_RECORDED_H

#include <stddef.h>

/*
 * The largest h such that all values are whole multiples of h apart, whatever they start from,
 * but for rounding; missing ones are NaN. 0 where there is none, where all values are the same, and
 * where the values span more steps than would matter. Continuous values are told by the first few.
 */
double gmm_recorded_step(size_t n, const double *x);

#endif
