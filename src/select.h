/*
 * The search for many fits of one data set: a cell for each of several covariance models and
 * numbers of components.
 *
 * Cells help each other. Starts are found once for each number of components, one by a
 * hierarchy of the rows and the others by chance, and kept as the mixtures that the moments of
 * their parts are: what a model makes of a start is what it makes of these. A mixture of one model
 * is one of each model that contains it, and a component more is a component in halves. So cells
 * are visited
 *
 *   upwards    from small models to large ones, and from few components to many: each begins at
 *              what was drawn, at what models that it contains have found, and at halves of the
 *              components of the model with one fewer;
 *   downwards  the other way: each begins at what models that contain it have found, and at
 *              merged components of the model with one more.
 *
 * Cells that depend on none of each other are a wave, and are visited at the same time by
 * several threads. Each has random numbers of its own (stream.h), and sees what was found in
 * waves before its own, so that the same comes out on any number of threads.
 */
#ifndef GMM_SELECT_H
#define GMM_SELECT_H

#include "hierarchy.h"
#include "sample.h"
#include "search.h"
#include "stream.h"
#include "whole.h"

/* Mixtures of a cell that are kept where the search is on a sample: those to try on all. */
#define GMM_KEPT GMM_TRIED_ON_ALL

/* Of two mixtures the difference of the log-likelihoods on a sample, D, has a variance of about
 * 2 D where they are near to each other: who is this far behind is so on all rows. */
#define GMM_WITHIN 25.0

/*
 *   k, spec, control  what is fitted, and how it is searched: limits, tolerances, n_moves and
 *                     n_repairs of a visit, n_enough
 *   status            OK, or why there is no answer
 *   best              the run that led to the answer, in the coordinates of the data
 *   entropy           of its responsibilities (gmm_search)
 *   elite             the best few, likewise, the first of which is the answer
 *   starts            n_starts records, `winner` the index of the answer's, -1: none
 */
typedef struct gmm_cell {
  int k;
  gmm_spec spec;
  gmm_search_control control;

  gmm_status status;
  gmm_em best;
  double entropy;
  gmm_elite elite;
  gmm_start_record *starts;
  int n_starts, winner;
  gmm_stream stream;
} gmm_cell;

/* Rows of a hierarchy, at most; fewer of many variables. */
#define GMM_HIERARCHY_ROWS 2000

/* Starts for one number of components: n mixtures in the frame [1]. The first n_tree, 1 or 0, are
 * of the hierarchy. */
typedef struct gmm_draws {
  int k, n, n_tree;
  gmm_status status;
  gmm_start_family *family;
  gmm_params *params;
  gmm_stream stream;
} gmm_draws;

/* What a thread works in: memory for any visit, and its own ear. */
typedef struct gmm_visitor {
  void *memory;
  gmm_poll poll;
  gmm_engine engine;
} gmm_visitor;

/*
 *   cells      n_cells, in any order
 *   n_draw     starts for each number of components, besides that of the hierarchy
 *   families   n_families of them, in turn
 *   sample     rows of which the search is
 *   data       the rows, which must outlive it
 *   engine     its poll must not jump: other threads are at work
 *   progress   told on the main thread, while no other works, what share is done; may jump;
 *              NULL: nobody
 */
typedef struct gmm_select {
  gmm_cell *cells;
  int n_cells, n_draw, kmeans_iter;
  const int *families;
  int n_families;
  size_t sample;
  const gmm_data *data;
  const gmm_engine *engine;
  void (*progress)(void *self, double share);
  void *progress_self;

  /* Of the models that have one unit for all columns, [0], and a unit for each, [1]; `whole` also
   * in the metric, [2]. */
  gmm_frame frame[2], metric;
  gmm_status framed[2];
  gmm_whole whole[3];
  gmm_whole_em whole_em;
  gmm_layout layout;
  double *sd, *frame_work;

  /* Those that are searched, and of which the hierarchy is: all, or a sample. */
  const gmm_data *searched, *tree_data;
  gmm_sample sample_rows, tree_sample;
  gmm_rows whole_rows;
  size_t n_tree;
  int d, most_k;
  gmm_hierarchy tree;
  gmm_rows tree_rows;

  gmm_draws *draws;
  int n_draws;
  gmm_visitor *visitors;
  int n_visitors;
  gmm_stop stop;
  int *wave, n_wave, downwards;
} gmm_select;

/* Work memory; cells, with what is fitted, and all that is up to the caller must be set. */
void gmm_select_take(gmm_select *select, gmm_arena *arena);

/* Runs the search. GMM_OK whatever became of the cells, or GMM_EINTERRUPT. */
gmm_status gmm_select_run(gmm_select *select, gmm_random *random);

#endif
