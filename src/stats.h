/*
 * The sufficient statistics: all that the M-step knows of the rows. They are a
 * monoid: two of them, about the same centres, add. Blocks of rows, threads
 * and chunks of a file are parts whose statistics are added in a fixed order.
 *
 *   n        rows that were counted, sum_i w_i with their weights
 *   noise    of these, what is noise: n less all n_j
 *   loglik   sum_i w_i log f(x_i) at the parameters of the E-step
 *   count    k      n_j = sum_i w_i r_ij; in the sums below r_ij stands for w_i r_ij
 *   sum      d x k  m_j = sum_i r_ij (x_i - c_j)
 *   lacking  d x k  of n_j, what rows lack the variable
 *   scatter  W_j = sum_i r_ij (x_i - c_j)(x_i - c_j)', in `layout`, lower
 *   centre   d x k  c_j: the means that the E-step used, so that sums are
 *            small and W_j loses no digits; not owned, not added
 *
 * `values` holds all of them in one array. What is above the diagonal of a whole matrix is not
 * added.
 */
#ifndef GMM_STATS_H
#define GMM_STATS_H

#include "arena.h"
#include "gmm.h"

typedef struct gmm_stats {
  gmm_layout layout;
  int d, k;
  double *values;
  double *n, *loglik, *noise, *count, *sum, *lacking, *scatter;
  const double *centre;
} gmm_stats;

/* Doubles that statistics take. */
size_t gmm_stats_size(gmm_layout layout, int d, int k);

void gmm_stats_take(gmm_stats *stats, gmm_arena *arena, gmm_layout layout, int d, int k);

/* Lays statistics of other, not larger, dimensions over the same memory. */
void gmm_stats_fit(gmm_stats *stats, gmm_layout layout, int d, int k);

/* What component j has of rows with any one variable, at least. */
double gmm_stats_known(const gmm_stats *stats, int j);

/* Sets everything to zero, about `centre`. */
void gmm_stats_clear(gmm_stats *stats, const double *centre);

/* total += part, both about the same centres: of their numbers share `share` < shares. */
void gmm_stats_add(gmm_stats *total, const gmm_stats *part, int share, int shares);

#endif
