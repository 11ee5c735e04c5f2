#include "em.h"

#include <float.h>
#include <math.h>

#include "mstep.h"
#include "params.h"

/* Gains below this part of the log-likelihood's size are rounding, and so is a
 * fall of not much more. */
#define ROUNDING (16 * DBL_EPSILON)
#define ROUNDING_FALL (1000 * ROUNDING)

void gmm_em_take(gmm_em *em, gmm_arena *arena, gmm_layout layout, int d, int k, int max_iter) {
  *em = (gmm_em){.n_iter = 0};
  gmm_params_take(&em->params, arena, layout, d, k);
  em->trace = gmm_arena_doubles(arena, (size_t)max_iter + 1);
}

void gmm_em_work_take(gmm_em_work *work, gmm_arena *arena, const gmm_model *model, int d, int k) {
  gmm_density_take(&work->density, arena, model->layout, d, k);
  gmm_stats_take(&work->stats, arena, model->layout, d, k);
  work->mstep = gmm_arena_doubles(arena, gmm_model_work(model, d, k));
}

double gmm_em_loglik(const gmm_em *em) {
  return em->trace[em->n_iter];
}

/* The E-step after `n_iter` iterations, which counts when it succeeds. */
static gmm_status estep(gmm_em *em, int n_iter, gmm_source source, gmm_em_work *work) {
  gmm_status status = gmm_density_prepare(&work->density, &em->params);
  if (status.code == GMM_OK) {
    status = source.estep(source.self, &work->density, &work->stats);
  }
  if (status.code != GMM_OK) {
    return status;
  }
  if (!isfinite(*work->stats.loglik)) {
    return gmm_fail(GMM_ENONFINITE, -1);
  }
  em->n_iter = n_iter;
  em->trace[n_iter] = *work->stats.loglik;
  return gmm_ok();
}

/*
 * EM cannot lower the log-likelihood, so larger falls are rounding too, of
 * covariances so nearly singular that it shows. After a few there is no more to
 * be gained.
 */
#define MANY_FALLS 5

static int fell_often(const gmm_em *em, double least) {
  int falls = 0;
  for (int t = 1; t <= em->n_iter; t++) {
    falls += em->trace[t] < em->trace[t - 1] - least;
  }
  return falls >= MANY_FALLS;
}

static int is_converged(const gmm_em *em, double n, double tol) {
  if (em->n_iter < 2 || tol == 0) {
    return 0;
  }
  const double *l = em->trace + em->n_iter;
  double gain = l[0] - l[-1], before = l[-1] - l[-2];
  double size = fmax(fabs(l[0]), n);
  if (gain <= ROUNDING * size) {
    return gain >= -ROUNDING_FALL * size || fell_often(em, ROUNDING_FALL * size);
  }
  double to_come = gain < before ? gain * gain / (before - gain) : INFINITY;
  return gain <= tol * n && to_come <= tol * n;
}

gmm_status gmm_em_run(gmm_em *em, const gmm_spec *spec, gmm_source source, double tol, int max_iter,
                      gmm_em_work *work) {
  gmm_status status = estep(em, em->n_iter, source, work);
  while (status.code == GMM_OK && !em->converged && em->n_iter < max_iter) {
    status = gmm_mstep(spec, &work->stats, &em->params, work->mstep);
    if (status.code == GMM_OK) {
      status = estep(em, em->n_iter + 1, source, work);
    }
    if (status.code == GMM_OK) {
      em->converged = is_converged(em, *work->stats.n, tol);
    }
  }
  return status;
}
