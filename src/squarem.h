/*
 * Squared extrapolation of EM: SQUAREM, scheme S3 (Varadhan & Roland 2008). From three
 * points in a row on EM's way, x0, x1 and x2, to one beyond them,
 *
 *   x0 + 2 a r + a^2 v,    r = x1 - x0,  v = (x2 - x1) - r
 *
 * where a = 1 is x2, and the length a = |r| / |v| is what a way that shrinks at one rate q
 * asks for: 1 / (1 - q).
 *
 * Points are (log pi, mu, sigma), with that of noise among the proportions. The length of a change
 * is that in the Fisher information of the complete data,
 *
 *   sum_j pi_j (dlog pi_j^2 + |L_j^-1 dmu_j|^2 + |L_j^-1 dsigma_j L_j^-T|^2 / 2)
 *
 * with sigma_j = L_j L_j'. It knows no units, and in it EM is steepest ascent and its rate
 * a symmetric matrix, which is what makes the length of one direction a good guess for the
 * others.
 */
#ifndef GMM_SQUAREM_H
#define GMM_SQUAREM_H

#include "arena.h"
#include "density.h"

/* Three points of one shape, the density's `half` (density.h) at the middle one, and room for a
 * change of one component. */
typedef struct gmm_squarem {
  gmm_params point[3];
  double *half, *change, *white;
} gmm_squarem;

void gmm_squarem_take(gmm_squarem *squarem, gmm_arena *arena, gmm_layout layout, int d, int k);

/* |r| / |v|, measured at `density`, which is that of the middle one of the points; infinite
 * where v is nothing, and 1 where r is. */
double gmm_squarem_length(gmm_squarem *squarem, const gmm_density *density);

/*
 * The point at `length`, into `to`: proportions sum to 1, covariances are what comes out,
 * maybe indefinite, and outside a constrained model's family. Returns 0 where a proportion
 * comes out as next to nothing, which no leap should make of it.
 */
int gmm_squarem_extrapolate(const gmm_squarem *squarem, double length, gmm_params *to);

/* Whether, where a leap ended, a component has shrunk as no leap should make it, from where
 * gmm_squarem_length() was measured. */
int gmm_squarem_shrank(const gmm_squarem *squarem, const gmm_params *to,
                       const gmm_density *density);

#endif
