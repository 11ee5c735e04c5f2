/*
 * Memory of a mixture's parameters (gmm_params in gmm.h).
 */
#ifndef GMM_PARAMS_H
#define GMM_PARAMS_H

#include "arena.h"
#include "gmm.h"

void gmm_params_take(gmm_params *params, gmm_arena *arena, gmm_layout layout, int d, int k);

/* Same layout, d and k. How its M-steps work, factors.exact and poll, stays with `to`. */
void gmm_params_copy(gmm_params *to, const gmm_params *from);

/* No factors are known. */
void gmm_factors_forget(gmm_factors *factors);

/* The first components of a mixture that may have another layout, of which the variances are
 * taken alone, or lie on the diagonal, and more or fewer components; same d. The axes that
 * components share are known of them, too. */
void gmm_params_convert(gmm_params *to, const gmm_params *from);

/* Noise gets this proportion, and components the rest, as they had it. */
void gmm_params_set_noise(gmm_params *params, double noise);

/* The proportion that noise begins with where nothing is known of it. From hardly any, less than
 * this part of a row, it would hardly grow. */
#define GMM_FIRST_NOISE 0.05
#define GMM_NO_NOISE 1e-3

#endif
