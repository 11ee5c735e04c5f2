/*
 * Partitions of the rows for EM to start from: centres drawn by k-means++
 * (Arthur & Vassilvitskii 2007) or uniformly, then Lloyd iterations. Rows of a known class stay in
 * it, and where its centre is drawn is their mean (Basu et al. 2002).
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
 *   sums      of each component's rows, weighted: count (k) and sum (d x k); how many of them
 *             count is the first of its column of scatter (d x k), and n how many have changed
 *   distance  n  squared distance to the nearest centre
 *   mass      sums of distances times weights, and of weights of rows that are no centre, for
 *             each chunk
 */
typedef struct gmm_kmeans_work {
  double *centre, *distance, *mass;
  gmm_stats sums;
} gmm_kmeans_work;

/* `rows` are taken for at least k components, and a layout that gmm_data_metric_layout() gives. */
void gmm_kmeans_take(gmm_kmeans_work *work, gmm_arena *arena, const gmm_rows *rows, int k);

/*
 *   rows       in the metric that distances are measured in
 *   plusplus   draw centres far apart (k-means++), else uniformly among rows
 *   max_iter   Lloyd iterations at most; 0: the nearest drawn centre
 *   part       (out) n  0-based; every component holds at least one row
 *
 * Draws a random number for each centre of no known class, none for one centre. Returns
 * GMM_EDISTINCT when there are fewer than k distinct rows, with the first component that found none
 * as index.
 */
gmm_status gmm_kmeans(gmm_rows *rows, int k, int plusplus, int max_iter, gmm_random *random,
                      gmm_kmeans_work *work, int *part);

/*
 * After it: the rows farthest from their own centres, up to `share` of all that are of no known
 * class, get the number GMM_UNKNOWN, as long as more than `least` are left in their component.
 */
void gmm_kmeans_trim(const gmm_rows *rows, int k, double share, double least, gmm_kmeans_work *work,
                     int *part);

#endif
