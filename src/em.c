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
  gmm_squarem_take(&work->squarem, arena, model->layout, d, k);
  work->mstep = gmm_arena_doubles(arena, gmm_model_work(model, d, k));
}

/* Leaps start short, and grow and shrink by this factor. */
#define FIRST_LEAP 4
#define LEAP_FACTOR 4
#define LEAST_LEAP 2

/* Beyond it, a length is rounding. */
#define FARTHEST 1e8

void gmm_em_begin(gmm_em *em) {
  em->n_iter = em->n_pass = em->n_plain = em->converged = em->overtaken = 0;
  em->longest = FIRST_LEAP;
  em->reach = 1;
  em->end = INFINITY;
  em->trace[0] = NAN;
}

double gmm_em_loglik(const gmm_em *em) {
  return em->trace[em->n_iter];
}

/* The E-step at em->params, of which work->density is. */
static gmm_status estep(gmm_em *em, const gmm_spec *spec, gmm_source source, gmm_em_work *work) {
  gmm_status status = source.estep(source.self, &work->density, &work->stats);
  em->n_pass++;
  if (status.code != GMM_OK) {
    return status;
  }
  double penalty = spec->prior ? gmm_prior_penalty(spec->prior, &work->density) : 0;
  work->loglik = *work->stats.loglik - penalty;
  return isfinite(work->loglik) ? gmm_ok() : gmm_fail(GMM_ENONFINITE, -1);
}

static gmm_status prepare_estep(gmm_em *em, const gmm_spec *spec, gmm_source source,
                                gmm_em_work *work) {
  gmm_status status = gmm_density_prepare(&work->density, &em->params);
  return status.code == GMM_OK ? estep(em, spec, source, work) : status;
}

/* Has an E-step that succeeded count as that after `n_iter` iterations. */
static void count_iteration(gmm_em *em, int n_iter, const gmm_em_work *work) {
  em->n_iter = n_iter;
  em->trace[n_iter] = work->loglik;
  em->plain = *work->stats.loglik;
}

/* The longest leap of at most `length` that ends in a mixture, into em->params and
 * work->density; GMM_ESINGULAR when only a step does. */
static gmm_status extrapolate(gmm_em *em, const gmm_spec *spec, double length, gmm_em_work *work) {
  gmm_status status = gmm_fail(GMM_ESINGULAR, -1);
  while (length > 1.01 && status.code != GMM_OK && status.code != GMM_EINTERRUPT) {
    if (gmm_squarem_extrapolate(&work->squarem, length, &em->params)) {
      status = gmm_mstep_project(spec, &work->stats, &em->params, work->mstep);
    }
    if (status.code == GMM_OK) {
      status = gmm_density_prepare(&work->density, &em->params);
    }
    if (status.code == GMM_OK && gmm_squarem_shrank(&work->squarem, &em->params, &work->density)) {
      status = gmm_fail(GMM_ESINGULAR, -1);
    }
    length = (1 + length) / 2;
  }
  return status;
}

/*
 * Tries a leap from the points that are held, of which the last is em->params, whose
 * log-likelihood is not yet known. If it is not kept, they are as before.
 */
static gmm_status try_leap(gmm_em *em, const gmm_spec *spec, gmm_source source, gmm_em_work *work,
                           int *kept) {
  double length = fmin(gmm_squarem_length(&work->squarem, &work->density), FARTHEST);
  *kept = 0;
  em->reach = fmax(em->reach / 2, length > 1 ? length : 1);
  if (!(length > 1)) {
    return gmm_ok();
  }
  length = fmin(length, em->longest);
  gmm_status status = extrapolate(em, spec, length, work);
  if (status.code == GMM_OK) {
    status = estep(em, spec, source, work);
  }
  if (status.code == GMM_EINTERRUPT) {
    return status;
  }
  *kept = status.code == GMM_OK && work->loglik >= gmm_em_loglik(em);
  if (!*kept) {
    em->longest = fmax(LEAST_LEAP, length / LEAP_FACTOR);
    gmm_params_copy(&em->params, &work->squarem.point[2]);
  } else if (length == em->longest) {
    em->longest *= LEAP_FACTOR;
  }
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

/* The gain still to come after these two in a row; infinite while gains grow. */
static double gain_to_come(const gmm_em *em, double gain, double before) {
  double slow = 1 - 1 / em->reach;
  double rate = before > 0 ? fmax(gain / before, slow * slow) : INFINITY;
  return rate < 1 ? gain * rate / (1 - rate) : INFINITY;
}

/* Whether that is the end of the run, after two steps in a row. */
static void judge(gmm_em *em, double n, const gmm_em_control *control) {
  if (em->n_plain < 2) {
    return;
  }
  const double *l = em->trace + em->n_iter;
  double gain = l[0] - l[-1], before = l[-1] - l[-2];
  double size = fmax(fabs(l[0]), n);
  if (gain <= ROUNDING * size) {
    em->converged =
        control->tol > 0 && (gain >= -ROUNDING_FALL * size || fell_often(em, ROUNDING_FALL * size));
    return;
  }
  double to_come = gain_to_come(em, gain, before);
  em->converged = gain <= control->tol * n && to_come <= control->tol * n;
  em->end = l[0] + to_come;
  em->overtaken = !em->converged && em->n_iter >= control->beat_after && em->end < control->beat;
}

/* Whether all components hold as much as a run needs that is not given up. */
static gmm_status check_counts(const gmm_em *em, const double *count,
                               const gmm_em_control *control) {
  for (int j = 0; j < em->params.k && em->n_iter >= control->count_after; j++) {
    if (count[j] < control->least_count) {
      return gmm_fail(GMM_ESMALL, j);
    }
  }
  return gmm_ok();
}

gmm_status gmm_em_run(gmm_em *em, const gmm_spec *spec, gmm_source source,
                      const gmm_em_control *control, int max_iter, gmm_em_work *work) {
  gmm_squarem *squarem = &work->squarem;
  int held = 0;
  gmm_status status = prepare_estep(em, spec, source, work);
  if (status.code == GMM_OK) {
    count_iteration(em, em->n_iter, work);
  }
  while (status.code == GMM_OK && !em->converged && !em->overtaken && em->n_iter < max_iter) {
    int leapt = 0;
    if (control->accelerate && held++ >= 0) {
      gmm_params_copy(&squarem->point[held - 1], &em->params);
    }
    status = gmm_mstep(spec, &work->stats, &em->params, work->mstep);
    if (status.code == GMM_OK && held == 2) {
      gmm_params_copy(&squarem->point[held], &em->params);
      status = try_leap(em, spec, source, work, &leapt);
      /* Where a leap ended is not on EM's way; where a step from there leads is nearer. */
      held = leapt ? -1 : 0;
    }
    if (status.code == GMM_OK && !leapt) {
      status = prepare_estep(em, spec, source, work);
    }
    if (status.code == GMM_OK) {
      em->n_plain = leapt ? 0 : em->n_plain + 1;
      count_iteration(em, em->n_iter + 1, work);
      judge(em, *work->stats.n, control);
      status = check_counts(em, work->stats.count, control);
    }
  }
  return status;
}
