/*
 * Partitions of the rows for EM to start from: centres drawn by k-means++
 * (Arthur & Vassilvitskii 2007) or uniformly, then Lloyd iterations.
 */
#ifndef GMM_KMEANS_H
#define GMM_KMEANS_H

#include "arena.h"
#include "gmm.h"
#include "rows.h"

/*
 * Work for n rows and k centres.
 *
 *   centre    d x k
 *   sum       d x k
 *   count     k
 *   distance  n  squared distance to the nearest centre
 */
typedef struct gmm_kmeans_work {
  double *centre, *sum, *count, *distance;
} gmm_kmeans_work;

void gmm_kmeans_take(gmm_kmeans_work *work, gmm_arena *arena, size_t n, int d, int k);

/*
 *   rows       in the metric that distances are measured in
 *   plusplus   draw centres far apart (k-means++), else uniformly among rows
 *   max_iter   Lloyd iterations at most; 0: the nearest drawn centre
 *   part       (out) n  0-based; every component holds at least one row
 *
 * Draws k random numbers, none for one centre. Returns GMM_EDISTINCT when there are fewer than k
 * distinct rows, with the first component that found none as index.
 */
gmm_status gmm_kmeans(gmm_rows *rows, int k, int plusplus, int max_iter, gmm_random *random,
                      gmm_kmeans_work *work, int *part);

#endif
