/*
 * The search for the best maximum: several short runs of EM, of which the most
 * promising are finished, and the best proper one is the answer.
 */
#ifndef GMM_SEARCH_H
#define GMM_SEARCH_H

#include "em.h"
#include "kmeans.h"
#include "proper.h"

/*
 * How a start is drawn: Lloyd iterations from centres by k-means++; these centres
 * alone, each row to the nearest; or the same with rows drawn alike as centres.
 * k-means often draws one and the same partition, the others differ.
 */
typedef enum gmm_start_family {
  GMM_START_KMEANS,
  GMM_START_PLUSPLUS,
  GMM_START_RANDOM,
  GMM_START_MOVE
} gmm_start_family;

/* Short runs whose log-likelihoods differ by less, per row, are on one way. */
#define GMM_SAME_RUN 1e-9

/*
 *   families    n_families of them, which the starts take in turn
 *   n_start     runs that are started
 *   n_finish    proper maxima to reach, from the best short runs down, without
 *               those that are on the way of another
 *   short_iter  iterations of a short run, at most max_iter of them
 *   max_iter    iterations of a run in all
 *   em          see em.h
 *   kmeans_iter Lloyd iterations of a k-means start
 */
typedef struct gmm_search_control {
  const int *families;
  int n_families, n_start, n_finish, short_iter, max_iter, kmeans_iter;
  int move_patience, most_moves;
  gmm_em_control em;
  gmm_proper proper;
} gmm_search_control;

/*
 * One start, as it ended.
 *
 *   status    GMM_OK, or why it was given up
 *   loglik     the last one found, in working coordinates; NaN: none
 *   finished   run to the end, not only shortly
 *   duplicate  not run to the end: the record is that of the start that was
 *              on the same way
 */
typedef struct gmm_start_record {
  gmm_status status;
  double loglik;
  gmm_start_family family;
  int n_iter, n_pass, converged, finished, duplicate, overtaken;
} gmm_start_record;

/* Runs that are held at once: all starts, shortly; one being finished; the
 * best. The long traces are only in the last two. */
typedef struct gmm_search {
  gmm_spec spec;
  gmm_rows *rows, *metric_rows;
  gmm_search_control control;
  gmm_random *random;

  gmm_em *runs, best, trial;
  double *row, *move_work;
  int n_records;
  gmm_start_record *starts;
  gmm_em_work em_work;
  gmm_kmeans_work kmeans_work;
  int *part, *order;
  double *promise;
  double *total, *proper_work, *long_trace;
} gmm_search;

/* Work memory, and the rows in working coordinates and in the metric of k-means; the
 * latter is NULL when parameters are given and no start is drawn. */
void gmm_search_take(gmm_search *search, gmm_arena *arena, const gmm_spec *spec, gmm_rows *rows,
                     gmm_rows *metric_rows, int k, const gmm_search_control *control);

/* Empties the records of the starts. */
void gmm_search_forget(gmm_search *search);

/*
 * Draws start s: a partition (n, 0-based) of metric_rows, in search->part, and
 * parameters made of it, in search->runs[s].
 */
gmm_status gmm_search_start(gmm_search *search, int s);

/*
 * Runs the search, once for each gmm_search_take(): it hands the memory of runs
 * on to the answer. `random` must be set.
 *
 *   given  parameters to start from, in working coordinates, in place of
 *          drawn starts; or NULL
 *
 * On GMM_OK the answer is search->best, and *winner the index of its start.
 * Otherwise the status is the one of the most promising start, or what stopped
 * the search: GMM_ECOLLINEAR, GMM_EDISTINCT, GMM_EINTERRUPT. search->starts
 * has a record of each start, except after such a stop.
 */
gmm_status gmm_search_run(gmm_search *search, const gmm_params *given, int *winner);

#endif
