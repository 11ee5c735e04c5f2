/*
 * A hierarchy of the rows, for EM to start from: at first rows that are the same, and those for
 * which they stand by their weights, are a cluster of their own, and
 * then two at a time are merged, those for which that raises least
 *
 *   sum_c n_c log ((tr(W_c) + t) / n_c),   t = tr(W) / (n d)
 *
 * with W_c the scatter of cluster c about its mean, and W that of all rows: the criterion for
 * spherical clusters that differ in volume (Banfield & Raftery 1993), with a term t, as Fraley
 * (1998) has it, without which a cluster of one row would be worth any price.
 *
 * Distances are measured along the principal axes of the correlation matrix, on each of which
 * the standard deviation becomes its square root: half way between variables as they are and
 * sphered ones (Scrucca & Raftery 2015).
 *
 * One tree has a partition for any number of clusters, and nothing in it is drawn.
 */
#ifndef GMM_HIERARCHY_H
#define GMM_HIERARCHY_H

#include "arena.h"
#include "gmm.h"
#include "rows.h"

/*
 *   n, d     rows and variables
 *   merges   pairs of rows, in order: the cluster of the one takes in that of the other
 *
 * and, of each cluster that there still is,
 *
 *   mean     d x n
 *   size     n      n_c: rows, weighted
 *   trace    n      tr(W_c)
 *   cost     n      its term of the criterion
 *   row      n      one of its rows
 *   partner  n      the cluster with which it is best merged
 *   rise     n      of the criterion then
 *   least           t
 */
typedef struct gmm_hierarchy {
  size_t n;
  int d;
  size_t (*merges)[2];

  double *mean, *size, *trace, *cost, *rise, least;
  size_t *row, *partner;
  double *correlation, *axes, *values, *work;
} gmm_hierarchy;

void gmm_hierarchy_take(gmm_hierarchy *hierarchy, gmm_arena *arena, size_t n, int d);

/* Merges all rows, given in the metric of k-means. GMM_EINTERRUPT. */
gmm_status gmm_hierarchy_build(gmm_hierarchy *hierarchy, const gmm_rows *rows);

/*
 * The partition into k clusters, 1 <= k <= n, which are numbered in the order of their first
 * rows.
 *
 *   part  (out) n  0-based
 *   root  n        work
 */
void gmm_hierarchy_cut(const gmm_hierarchy *hierarchy, int k, int *part, size_t *root);

#endif
