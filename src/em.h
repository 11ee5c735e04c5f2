/*
 * The EM loop: the only one. It asks a source for statistics at the current
 * parameters and makes the next parameters of them.
 *
 * Stopping. Let g_t be the gain in log-likelihood of iteration t, per row, and
 * q = g_t / g_{t-1}. EM converges linearly, so the gain still to come is about
 * g_t q / (1 - q) (Aitken; Boehning et al. 1994). The loop stops when both g_t
 * and this estimate are at most `tol`, which asks for q < 1: while gains grow,
 * as on the way out of a plateau, it goes on, however small they are. Gains
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

/*
 *   params     (in/out) where the run stands
 *   n_iter     iterations so far, over all calls of gmm_em_run(), that ended
 *              with a log-likelihood
 *   converged  whether the criterion was met
 *   trace      at least max_iter + 1 of the runs to come: log-likelihood at the
 *              start and after each iteration, in working coordinates
 */
typedef struct gmm_em {
  gmm_params params;
  int n_iter, converged;
  double *trace;
} gmm_em;

/* Work that runs share; after a run it holds what was last computed. `mstep` is
 * gmm_mstep()'s. */
typedef struct gmm_em_work {
  gmm_density density;
  gmm_stats stats;
  double *mstep;
} gmm_em_work;

void gmm_em_take(gmm_em *em, gmm_arena *arena, gmm_layout layout, int d, int k, int max_iter);
void gmm_em_work_take(gmm_em_work *work, gmm_arena *arena, const gmm_model *model, int d, int k);

/* The last log-likelihood that was found; NaN before the first. */
double gmm_em_loglik(const gmm_em *em);

/*
 * Iterates from em->params until the criterion is met, which is never when tol
 * is 0, or em->n_iter is `max_iter`. A run may be taken up again with a larger
 * max_iter; it then repeats the E-step where it stopped.
 *
 * On GMM_OK, work->stats and work->density are those of em->params.
 *
 * Returns GMM_ESINGULAR or GMM_EEMPTY with the component that collapsed,
 * GMM_ENONFINITE, or what the source returned; em->params are then where it
 * happened.
 */
gmm_status gmm_em_run(gmm_em *em, const gmm_spec *spec, gmm_source source, double tol, int max_iter,
                      gmm_em_work *work);

#endif
