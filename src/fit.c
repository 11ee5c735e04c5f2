#include "fit.h"

#include "mstep.h"
#include "params.h"

void gmm_fit_take(gmm_fit *fit, gmm_arena *arena, const gmm_spec *spec, const gmm_engine *engine,
                  size_t n, int d, int k, int given, const gmm_search_control *control) {
  gmm_layout layout = spec->model->layout;
  gmm_frame_take(&fit->frame, arena, d);
  gmm_frame_take(&fit->metric, arena, d);
  gmm_rows_take(&fit->rows, arena, engine, layout, n, d, k);
  if (!given) {
    gmm_rows_take(&fit->metric_rows, arena, engine, GMM_DIAGONAL, n, d, k);
  }
  gmm_search_take(&fit->search, arena, spec, &fit->rows, given ? NULL : &fit->metric_rows, k,
                  control);
  gmm_params_take(&fit->given, arena, layout, d, k);
  fit->sd = gmm_arena_doubles(arena, (size_t)d);
  fit->frame_work = gmm_arena_doubles(arena, gmm_frame_work(n, d));
}

static void set_rows(gmm_rows *rows, const double *x, const gmm_frame *frame) {
  rows->x = x;
  rows->frame = frame;
}

/* Frame and metric of the data, and the rows in each. */
static gmm_status look_at(gmm_fit *fit, const double *x) {
  int column_units = fit->search.spec.model->column_units;
  gmm_status status = gmm_frame_of_rows(&fit->frame, x, fit->rows.n, column_units, fit->sd,
                                        fit->rows.engine, fit->frame_work);
  if (status.code == GMM_OK) {
    gmm_frame_metric(&fit->metric, &fit->frame, column_units, fit->sd);
    set_rows(&fit->rows, x, &fit->frame);
    set_rows(&fit->metric_rows, x, &fit->metric);
  }
  /* Only spherical models hold a constant variable. */
  for (int a = 0; a < fit->frame.d && status.code == GMM_OK; a++) {
    if (fit->search.spec.model->layout == GMM_FULL && !(fit->sd[a] > 0)) {
      status = gmm_fail(GMM_ECONSTANT, a);
    }
  }
  return status;
}

static void leave_working_coordinates(gmm_fit *fit) {
  gmm_search *search = &fit->search;
  double shift = (double)fit->rows.n * fit->frame.log_jacobian;
  if (fit->winner >= 0) {
    gmm_frame_leave(&fit->frame, &search->best.params);
    for (int t = 0; t <= search->best.n_iter; t++) {
      search->best.trace[t] += shift;
    }
  }
  for (int s = 0; s < search->n_records; s++) {
    search->starts[s].loglik += shift;
  }
}

gmm_status gmm_fit_run(gmm_fit *fit, const double *x, const gmm_params *given, gmm_random *random) {
  gmm_search *search = &fit->search;
  fit->winner = -1;
  gmm_search_forget(search);
  gmm_status status = look_at(fit, x);
  if (status.code != GMM_OK) {
    return status;
  }
  if (given) {
    gmm_params_copy(&fit->given, given);
    gmm_frame_enter(&fit->frame, &fit->given);
    gmm_em_work *work = &search->em_work;
    fit->given.factors.exact = 1;
    fit->given.factors.known = 0;
    fit->given.factors.poll = fit->rows.engine->poll;
    status = gmm_mstep_project(&search->spec, &work->stats, &fit->given, work->mstep);
    if (status.code != GMM_OK) {
      return status;
    }
  }
  search->random = random;
  status = gmm_search_run(search, given ? &fit->given : NULL, &fit->winner);
  leave_working_coordinates(fit);
  return status;
}

gmm_status gmm_fit_start(gmm_fit *fit, const double *x, gmm_random *random) {
  gmm_search *search = &fit->search;
  gmm_status status = look_at(fit, x);
  if (status.code != GMM_OK) {
    return status;
  }
  search->random = random;
  search->runs[0].params.factors.exact = 1;
  status = gmm_search_start(search, 0);
  if (status.code == GMM_OK) {
    gmm_frame_leave(&fit->frame, &search->runs[0].params);
  }
  return status;
}
