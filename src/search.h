/*
 * The search for the best maximum.
 *
 *   1. Starts are drawn in batches. Of each batch, short runs of EM tell which are
 *      promising, and these are run to the end, until the best maximum has been reached
 *      often enough.
 *   2. From the best maximum so far, or one of the best few, one component at a time is
 *      moved elsewhere (moves.h, search_moves.c), until many moves in a row have led to
 *      nothing better.
 *   3. Where there are many rows, all this is on a sample of them, and the best few
 *      mixtures are run to the end on all.
 *
 * A run is given up where it will not reach the best one so far (em.h), or where a component
 * has lost so many rows that its maximum will hardly be proper. The answer is the best proper
 * maximum.
 */
#ifndef GMM_SEARCH_H
#define GMM_SEARCH_H

#include "elite.h"
#include "em.h"
#include "kmeans.h"
#include "nearby.h"
#include "proper.h"

/*
 * Where a run started. The first three are how a partition is drawn: Lloyd iterations from
 * centres by k-means++; these centres alone, each row to the nearest; or the same with rows
 * drawn alike as centres. k-means often draws one and the same partition, the others differ.
 * Then a move from the best so far, a mixture found on a sample, what the caller gave, what a
 * search for another model or number of components has found (select.h), and a partition by a
 * hierarchy of the rows.
 */
typedef enum gmm_start_family {
  GMM_START_KMEANS,
  GMM_START_PLUSPLUS,
  GMM_START_RANDOM,
  GMM_START_MOVE,
  GMM_START_SAMPLE,
  GMM_START_GIVEN,
  GMM_START_NEIGHBOUR,
  GMM_START_HIERARCHY
} gmm_start_family;

/* Short runs whose log-likelihoods differ by less, per row, are on one way; maxima are one
 * maximum. */
#define GMM_SAME_RUN 1e-9
#define GMM_SAME_MAXIMUM 1e-6

/* Starts of a batch, at most. */
#define GMM_BATCH 12

/* Mixtures of a sample that are tried on all rows; more where none of them is proper there. */
#define GMM_TRIED_ON_ALL 3

/*
 *   families    n_families of them, which the starts take in turn
 *   n_start     starts that are drawn, or offered, at most
 *   n_finish    of these, runs to the end, in each batch its part: the best short runs,
 *               without those that are on the way of another
 *   n_enough    no more starts when so many have reached the best maximum
 *   n_moves     moves in a row that lead to nothing better, until there are no more (in
 *               all at most GMM_MOVES_FACTOR times as many); n_moves_agreed, which are
 *               no more, where n_enough starts agreed
 *   n_repairs   moves from a mixture that is not proper, where no start has led to one that is
 *   short_iter  iterations of a short run, at most max_iter of them
 *   max_iter    iterations of a run in all
 *   kmeans_iter Lloyd iterations of a k-means start
 *   em          tol and acceleration; what is to be beaten is the search's to say
 *   prior_size, prior_scale
 *               see prior.h; a size of 0: no prior
 *   sample      rows of which a search is: of more, a sample is drawn
 */
#define GMM_MOVES_FACTOR 10

typedef struct gmm_search_control {
  const int *families;
  int n_families, n_start, n_finish, n_enough, n_moves, n_moves_agreed, n_repairs, short_iter,
      max_iter, kmeans_iter;
  gmm_em_control em;
  gmm_proper proper;
  double prior_size, prior_scale;
  size_t sample;
} gmm_search_control;

/*
 * One run, as it ended.
 *
 *   status     GMM_OK, or why it was given up
 *   loglik     the last one found, in working coordinates; NaN: none
 *   n, mass    rows that it was of, and the sum of their weights; and what its log-likelihoods
 *   jacobian   lack in the data's own coordinates
 *   finished   run to the end, not only shortly, nor until it was overtaken
 *   duplicate  not run to the end: the record is that of the start that was
 *              on the same way
 *   overtaken  given up, since it would not get beyond the best
 *   end        the log-likelihood at which it would have ended, as estimated then
 */
typedef struct gmm_start_record {
  gmm_status status;
  double loglik, end, mass, jacobian;
  size_t n;
  gmm_start_family family;
  int n_iter, n_pass, converged, finished, duplicate, overtaken;
} gmm_start_record;

/*
 *   rows         of the search; metric_rows: the same in the metric of k-means
 *   all_rows     what the answer is of: `rows`, or more where these are a sample
 *   batch        runs of a batch of starts, of which the short traces are
 *   trial, best  the run that is being finished, and the best so far
 *   faulty       while there is no best: the component for which the mixture in best.params is
 *                not proper, -1 if there is none either
 *   starts       n_starts records, the winner's index among them, -1: none
 *   hits         starts that have reached the best
 *   beat_after   iterations before which no run is given up for being behind
 *   bar          while there is no best, what a run is to end above: else it is given up, or is
 *                no answer; the caller's to set, -INFINITY to begin with
 *   enough       what repairs are to end above; the caller's, -INFINITY to begin with: at anything
 *                proper
 *   least_count  rows of a component below which a run is given up (em.h)
 *   promise      log-likelihoods of the short runs of a batch, and their order
 *   prior        what spec.prior is, if anything
 *   held         rows of each component, by which it is judged what is proper
 *   total        covariance of all rows as proper.h wants it; without a prior
 *   rounding     d  variances that rounding adds, in working coordinates, as proper.h wants them
 */
typedef struct gmm_search {
  gmm_spec spec;
  gmm_rows *rows, *metric_rows, *all_rows;
  gmm_search_control control;
  gmm_random *random;

  gmm_em *batch, trial, best;
  gmm_start_record *starts;
  int n_starts, winner, faulty, hits, beat_after;
  double bar, enough, least_count;
  gmm_prior prior;
  gmm_elite elite;
  gmm_em_work em_work;
  gmm_kmeans_work kmeans_work;
  int *part, order[GMM_BATCH];
  double promise[GMM_BATCH];
  gmm_nearby nearby;
  double *held, *total, *rounding, *proper_work, *row, *mean, *covariance, *move_work;
} gmm_search;

/* Records that a search makes, at most. */
size_t gmm_search_most_records(const gmm_search_control *control);

/* Work memory, and the rows in working coordinates and in the metric of k-means; the
 * latter is NULL when parameters are given and no start is drawn. `all_rows` may be
 * `rows`. */
void gmm_search_take(gmm_search *search, gmm_arena *arena, const gmm_spec *spec, gmm_rows *rows,
                     gmm_rows *metric_rows, gmm_rows *all_rows, int k,
                     const gmm_search_control *control);

/* No start so far, and no answer; the prior, if there is one, is part of search->spec from
 * here on. */
void gmm_search_begin(gmm_search *search);

/*
 * A partition (n, 0-based) of rows in the metric of k-means, as a family draws it. Where there is
 * noise, the rows that are farthest from their centres are it, and `i`, the number of the start,
 * says how many.
 */
gmm_status gmm_search_partition(gmm_rows *rows, gmm_start_family family, int i, int k,
                                int kmeans_iter, gmm_random *random, gmm_kmeans_work *work,
                                int *part);

/* Draws the i-th start, of a family: such a partition of metric_rows, in search->part, and
 * parameters made of it, in `run`, whose run begins there. */
gmm_status gmm_search_draw(gmm_search *search, gmm_start_family family, int i, gmm_em *run);

/*
 * Starts that are made elsewhere. `make` is asked for each, in order: it has a run begin at
 * parameters in working coordinates, and says of which family they are. If it fails, so
 * does that start.
 *
 *   n         how many, of which n_finish are run to the end
 *   n_sure    the first of them, which are run on besides, whatever their short runs say, and
 *             are not given up for being behind before GMM_SURE_AFTER iterations
 *   count_all whether those on the way to the best maximum are, too, and so counted for sure;
 *             else they are given up when it is seen where they go
 */
#define GMM_SURE_AFTER 20

typedef struct gmm_offers {
  int n, n_finish, n_sure, count_all;
  gmm_status (*make)(void *self, int i, gmm_em *run, gmm_start_family *family);
  void *self;
} gmm_offers;

/* The pieces of a search, for who has them in another order (select.h); each after
 * gmm_search_begin() and gmm_search_total(). */

/* What the rows as a whole say: what is proper, or the prior. GMM_ECOLLINEAR. */
gmm_status gmm_search_total(gmm_search *search, gmm_rows *rows);

/* Has a mixture that is known count as the best so far, of which `from` is the run. */
void gmm_search_resume(gmm_search *search, const gmm_em *from);

/* Tries starts in batches, as many as are offered, or until enough agree. The status is OK
 * if there is a best, that of the most promising start of the first batch if not. */
gmm_status gmm_search_try(gmm_search *search, const gmm_offers *offers);

/* The entropy of the responsibilities of the best. */
gmm_status gmm_search_entropy(gmm_search *search, double *entropy);

/* Tries moves from the best. */
gmm_status gmm_search_move(gmm_search *search);

/* Goes on with the best to the end that `tol` is, where it was found with a larger one. If that
 * leads to something that is not proper, the next of the elite that stays so is the best, and if
 * there is none, there is no best any more: the status says why. */
gmm_status gmm_search_polish(gmm_search *search, double tol);

/* Brings the parameters of a run that begins into the family, or, where there they would be
 * singular, into that of the model to start from. Factors that are known of them are of use. */
gmm_status gmm_search_enter(gmm_search *search, gmm_em *run);

/*
 * Runs the search. `random` must be set.
 *
 *   given  parameters to start from, in working coordinates, in place of drawn starts; or NULL.
 *          Moves are made from there, too
 *
 * On GMM_OK the answer is search->best, and search->winner the index of its start.
 * Otherwise the status is that of the most promising start of the first batch, or what
 * stopped the search: GMM_ECOLLINEAR, GMM_EDISTINCT, GMM_EINTERRUPT.
 */
gmm_status gmm_search_run(gmm_search *search, const gmm_params *given);

#endif
