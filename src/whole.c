#include "whole.h"

#include <math.h>
#include <string.h>

#include "linalg.h"
#include "params.h"

/* Enough for moments to start from, and to measure by. */
#define MOST_ITER 25
#define TOL 1e-6

/* A covariance that leaves a variable less, given those before it, may be on its way to nothing:
 * what values there are may not tell. */
#define LEAST_LEFT 1e-6

void gmm_whole_take(gmm_whole *whole, gmm_arena *arena, gmm_layout layout, int d) {
  gmm_params_take(&whole->params, arena, layout, d, 1);
  gmm_density_take(&whole->density, arena, layout, d, 1);
}

static gmm_spec spec_of(gmm_layout layout) {
  return (gmm_spec){.model = gmm_model_find(layout == GMM_FULL ? "VVV" : "VVI")};
}

void gmm_whole_em_take(gmm_whole_em *work, gmm_arena *arena, gmm_layout layout, int d) {
  gmm_em_take(&work->em, arena, layout, d, 1, MOST_ITER);
  gmm_em_work_take(&work->work, arena, spec_of(layout).model, d, 1);
}

/* The moments of each variable for itself; a constant one needs a variance to have a density. */
static void begin(gmm_params *params, const gmm_frame *frame, const double *sd) {
  int d = params->d;
  memset(params->mu, 0, (size_t)d * sizeof(double));
  memset(params->sigma, 0, gmm_cov_size(params->layout, d) * sizeof(double));
  for (int a = 0; a < d; a++) {
    double s = sd[a] * frame->scale[a];
    params->sigma[gmm_cov_diagonal(params->layout, d, a)] = s > 0 ? s * s : 1;
  }
  params->pi[0] = 1;
  params->noise = 0;
  gmm_factors_forget(&params->factors);
}

/* The first variable of which those before it leave nothing, or too little; -1: none; `work` holds
 * a covariance. */
static int find_collinear(const gmm_params *params, double *work) {
  if (params->layout == GMM_DIAGONAL) {
    return -1;
  }
  size_t d = (size_t)params->d;
  memcpy(work, params->sigma, d * d * sizeof(double));
  int bad = gmm_cholesky(params->d, work);
  for (size_t a = 0; a < d && bad < 0; a++) {
    double root = work[a * (d + 1)];
    bad = root * root < LEAST_LEFT * params->sigma[a * (d + 1)] ? (int)a : -1;
  }
  return bad;
}

gmm_status gmm_whole_find(gmm_whole *whole, gmm_rows *rows, const double *sd, gmm_whole_em *work) {
  gmm_params *params = &work->em.params;
  gmm_spec spec = spec_of(params->layout);
  gmm_em_control control = {.tol = TOL, .accelerate = 1, .beat = -INFINITY};
  gmm_data data = *rows->data, *as_they_are = &data;
  /* Neither noise nor classes are of interest. */
  const gmm_data *given = rows->data;
  data.label = NULL;
  data.range = NULL;
  rows->data = as_they_are;
  work->work.density.least_left = LEAST_LEFT;
  begin(params, rows->frame, sd);
  gmm_em_begin(&work->em);
  params->factors.exact = 0;
  params->factors.poll = rows->engine->poll;
  gmm_status status =
      gmm_em_run(&work->em, &spec, gmm_rows_source(rows), &control, MOST_ITER, &work->work);
  rows->data = given;
  gmm_params_copy(&whole->params, params);
  whole->collinear = find_collinear(params, work->work.stats.scatter);
  if (status.code != GMM_OK ||
      gmm_density_prepare(&whole->density, &whole->params).code != GMM_OK) {
    begin(&whole->params, rows->frame, sd);
    (void)gmm_density_prepare(&whole->density, &whole->params);
  }
  rows->whole = whole;
  return status.code == GMM_EINTERRUPT ? status : gmm_ok();
}

void gmm_whole_change(gmm_whole *to, const gmm_whole *from, const gmm_frame *from_frame,
                      const gmm_frame *to_frame) {
  gmm_params_convert(&to->params, &from->params);
  to->collinear = to->params.layout == GMM_FULL ? from->collinear : -1;
  size_t D = (size_t)to->params.d;
  gmm_frame_change(from_frame, to_frame, &to->params);
  for (size_t a = 0; a < D; a++) {
    size_t at = gmm_cov_diagonal(to->params.layout, (int)D, (int)a);
    if (!(to->params.sigma[at] > 0)) {
      to->params.sigma[at] = 1;
    }
  }
  (void)gmm_density_prepare(&to->density, &to->params);
}
