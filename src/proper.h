/*
 * Is a maximum proper? The likelihood of a mixture is unbounded: a component
 * that shrinks onto a few rows, or onto a plane through them, gains without
 * end, and on the way there are local maxima that mean nothing. A maximum is
 * taken for proper when
 *
 *   - each component with a covariance of its own holds at least `min_size`
 *     rows (sum of its responsibilities),
 *   - of those that hold fewer than `few_rows`, none has a covariance whose
 *     smallest eigenvalue relative to another's is below `min_ratio` (the
 *     constraint of Hathaway 1985, for d = 1); with more rows a tight component
 *     is a fact of the data, not an accident of a few,
 *   - no covariance has one below `min_total` relative to that of all rows,
 *     which is to say that it is more than rounding,
 *   - where there are several components, none has less than `min_rounding` times the variance
 *     that rounding alone gives the variables, in any direction: what is tighter describes the
 *     lattice on which the values are (steps.h).
 *
 * Relative eigenvalues do not change under linear maps, so the verdict does not depend on units.
 * The last condition does not either, but it is about the variables as they were recorded: when
 * they are mixed, their steps are gone.
 */
#ifndef GMM_PROPER_H
#define GMM_PROPER_H

#include "arena.h"
#include "density.h"
#include "model.h"

typedef struct gmm_proper {
  double min_size, few_rows, min_ratio, min_total, min_rounding;
} gmm_proper;

size_t gmm_proper_work(int d);

/*
 *   count    k  effective sizes
 *   density  of `params`, prepared
 *   total    gmm_proper_total()'s factor of the covariance of all rows
 *   rounding d  variances that rounding adds to the variables, 0 where there is none; NULL: in none
 *   work     gmm_proper_work(d) doubles
 *
 * Returns GMM_ESMALL, GMM_ESPURIOUS or GMM_EROUNDED with the component, or GMM_OK.
 */
gmm_status gmm_proper_check(const gmm_proper *proper, const gmm_model *model,
                            const gmm_params *params, const double *count,
                            const gmm_density *density, const double *total, const double *rounding,
                            double *work);

/*
 * The covariance of all rows into its inverse factor, in place (density.h has
 * the form). Returns GMM_ECOLLINEAR with the first variable that is a linear
 * combination of those before it.
 */
gmm_status gmm_proper_total(gmm_layout layout, int d, double *total);

#endif
