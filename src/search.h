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
 *   n_start     runs that are started
 *   n_finish    proper maxima to reach, from the best short runs down
 *   short_iter  iterations of a short run
 *   max_iter    iterations of a run in all
 *   tol         see em.h
 *   plusplus, kmeans_iter   see kmeans.h
 */
typedef struct gmm_search_control {
  int n_start, n_finish, short_iter, max_iter, plusplus, kmeans_iter;
  double tol;
  gmm_proper proper;
} gmm_search_control;

/*
 * One start, as it ended.
 *
 *   status    GMM_OK, or why it was given up
 *   loglik    in working coordinates, NaN if it never had one
 *   finished  run to the end, not only shortly
 */
typedef struct gmm_start_record {
  gmm_status status;
  double loglik;
  int n_iter, converged, finished;
} gmm_start_record;

/* Runs that are held at once: all starts, shortly; one being finished; the
 * best. The long traces are only in the last two. */
typedef struct gmm_search {
  const gmm_model *model;
  gmm_rows *rows, *metric_rows;
  gmm_search_control control;
  gmm_random *random;

  gmm_em *runs, best;
  gmm_start_record *starts;
  gmm_em_work em_work;
  gmm_kmeans_work kmeans_work;
  int *part, *order;
  double *total, *proper_work, *long_trace;
} gmm_search;

/* Work memory; n is 0 when parameters are given and no start is drawn. */
void gmm_search_take(gmm_search *search, gmm_arena *arena, const gmm_model *model, size_t n, int d,
                     int k, const gmm_search_control *control);

/* Empties the records of the starts. */
void gmm_search_forget(gmm_search *search);

/*
 * Runs the search, once for each gmm_search_take(): it hands the memory of runs
 * on to the answer. model, rows, metric_rows (the same rows in the metric of
 * k-means; unused with `given`), control and random must be set.
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
