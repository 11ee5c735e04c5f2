/*
 * The EM loop: the only one. It asks a source for statistics at the current
 * parameters and makes the next parameters of them.
 *
 * Acceleration. After every two steps of EM it tries a leap beyond the third (squarem.h),
 * back in the family of the model, and keeps it if the log-likelihood, which comes with
 * the statistics, is not below that of the step before; else it takes the third step. So
 * the log-likelihood never falls, and a leap in vain costs one pass. How long a leap may
 * be is learnt from how the last ones went.
 *
 * Stopping. Let g_t be the gain in log-likelihood of a step of EM, per row, and
 * q = g_t / g_{t-1} for two such steps in a row. EM converges linearly, so the gain still
 * to come is about g_t q / (1 - q) (Aitken; Boehning et al. 1994). The loop stops when
 * both g_t and this estimate are at most `tol`, which asks for q < 1: while gains grow,
 * as on the way out of a plateau, it goes on, however small they are. A leap takes out
 * what is slow and leaves what is fast, so that q may look small afterwards: where the
 * lengths of the last leaps speak of a slower rate, q is that. Gains
 * that rounding can produce count as none, and end the run; a larger fall, which
 * EM cannot produce but rounding in nearly singular covariances can, does not, until
 * it has happened several times. The criterion is free of the unit of
 * the data, since gains are.
 */
#ifndef GMM_EM_H
#define GMM_EM_H

#include "arena.h"
#include "model.h"
#include "source.h"
#include "squarem.h"

/*
 *   tol         see above; 0: the criterion is never met
 *   accelerate  whether to leap
 *   beat        a log-likelihood: the run is given up when, by the same estimate, it will
 *               end below; -INFINITY: never
 *   least_count the run is given up when a component holds less (sum of its responsibilities);
 *               0: never
 *   beat_after, count_after
 *               iterations before which `beat`, and `least_count`, are not looked at
 */
typedef struct gmm_em_control {
  double tol;
  int accelerate;
  double beat, least_count;
  int beat_after, count_after;
} gmm_em_control;

/*
 * With a prior, all log-likelihoods here are penalised (prior.h).
 *
 *   params     (in/out) where the run stands
 *   n_iter     iterations so far, over all calls of gmm_em_run(), that ended
 *              with a log-likelihood: steps of EM, and leaps
 *   n_pass     E-steps, those of leaps that were not kept included
 *   n_plain    the last iterations that were steps of EM
 *   converged  whether the criterion was met
 *   overtaken  whether it was given up
 *   end        the log-likelihood at which it will end, as last estimated
 *   longest    the longest leap that may be tried
 *   reach      1 / (1 - rate), by the lengths of the last leaps
 *   plain      the last log-likelihood without a penalty
 *   trace      at least max_iter + 1 of the runs to come: log-likelihood at the
 *              start and after each iteration, in working coordinates
 */
typedef struct gmm_em {
  gmm_params params;
  int n_iter, n_pass, n_plain, converged, overtaken;
  double longest, reach, end, plain;
  double *trace;
} gmm_em;

/* Work that runs share; after a run it holds what was last computed. `mstep` is
 * gmm_mstep()'s; `loglik` is of the last E-step, penalised. */
typedef struct gmm_em_work {
  gmm_density density;
  gmm_stats stats;
  gmm_squarem squarem;
  double *mstep, loglik;
} gmm_em_work;

void gmm_em_take(gmm_em *em, gmm_arena *arena, gmm_layout layout, int d, int k, int max_iter);
void gmm_em_work_take(gmm_em_work *work, gmm_arena *arena, const gmm_model *model, int d, int k);

/* No iteration yet, from em->params. */
void gmm_em_begin(gmm_em *em);

/* The last log-likelihood that was found; NaN before the first. */
double gmm_em_loglik(const gmm_em *em);

/*
 * Iterates from em->params until the criterion is met, or em->n_iter is `max_iter`. A run
 * may be taken up again with a larger max_iter; it then repeats the E-step where it
 * stopped, and makes two steps before it leaps.
 *
 * On GMM_OK, work->stats and work->density are those of em->params.
 *
 * Returns GMM_ESINGULAR or GMM_EEMPTY with the component that collapsed, GMM_ESMALL with one
 * below `least_count`, GMM_ENONFINITE, or what the source returned; em->params are then where it
 * happened.
 */
gmm_status gmm_em_run(gmm_em *em, const gmm_spec *spec, gmm_source source,
                      const gmm_em_control *control, int max_iter, gmm_em_work *work);

#endif
