#include "fit.h"

#include "mstep.h"
#include "params.h"

void gmm_fit_take(gmm_fit *fit, gmm_arena *arena, const gmm_spec *spec, size_t n, int d, int k,
                  int given, const gmm_search_control *control) {
  gmm_layout layout = spec->model->layout;
  gmm_search_take(&fit->search, arena, spec, given ? 0 : n, d, k, control);
  gmm_frame_take(&fit->frame, arena, d);
  gmm_frame_take(&fit->metric, arena, d);
  gmm_rows_take(&fit->rows, arena, layout, d, k);
  gmm_rows_take(&fit->metric_rows, arena, GMM_DIAGONAL, d, 1);
  gmm_params_take(&fit->given, arena, layout, d, k);
  fit->sd = gmm_arena_doubles(arena, (size_t)d);
}

static void set_rows(gmm_rows *rows, const double *x, size_t n, const gmm_frame *frame,
                     gmm_poll *poll) {
  rows->x = x;
  rows->n = n;
  rows->frame = frame;
  rows->poll = poll;
}

/* Frame and metric of the data, and the rows in each. */
static gmm_status look_at(gmm_fit *fit, const double *x, size_t n, gmm_poll *poll) {
  int column_units = fit->search.spec.model->column_units;
  gmm_status status = gmm_frame_of_rows(&fit->frame, x, n, column_units, fit->sd, poll);
  if (status.code == GMM_OK) {
    gmm_frame_metric(&fit->metric, &fit->frame, column_units, fit->sd);
    set_rows(&fit->rows, x, n, &fit->frame, poll);
    set_rows(&fit->metric_rows, x, n, &fit->metric, poll);
  }
  /* Only spherical models hold a constant variable. */
  for (int a = 0; a < fit->frame.d && status.code == GMM_OK; a++) {
    if (fit->search.spec.model->layout == GMM_FULL && !(fit->sd[a] > 0)) {
      status = gmm_fail(GMM_ECONSTANT, a);
    }
  }
  return status;
}

static void leave_working_coordinates(gmm_fit *fit, size_t n) {
  gmm_search *search = &fit->search;
  double shift = (double)n * fit->frame.log_jacobian;
  if (fit->winner >= 0) {
    gmm_frame_leave(&fit->frame, &search->best.params);
    for (int t = 0; t <= search->best.n_iter; t++) {
      search->best.trace[t] += shift;
    }
  }
  for (int s = 0; s < search->control.n_start; s++) {
    search->starts[s].loglik += shift;
  }
}

gmm_status gmm_fit_run(gmm_fit *fit, const double *x, size_t n, const gmm_params *given,
                       gmm_poll *poll, gmm_random *random) {
  gmm_search *search = &fit->search;
  fit->winner = -1;
  gmm_search_forget(search);
  gmm_status status = look_at(fit, x, n, poll);
  if (status.code != GMM_OK) {
    return status;
  }
  if (given) {
    gmm_params_copy(&fit->given, given);
    gmm_frame_enter(&fit->frame, &fit->given);
    gmm_em_work *work = &search->em_work;
    fit->given.factors.exact = 1;
    fit->given.factors.known = 0;
    fit->given.factors.poll = poll;
    status = gmm_mstep_project(&search->spec, &work->stats, &fit->given, work->mstep);
    if (status.code != GMM_OK) {
      return status;
    }
  }
  search->rows = &fit->rows;
  search->metric_rows = &fit->metric_rows;
  search->random = random;
  status = gmm_search_run(search, given ? &fit->given : NULL, &fit->winner);
  leave_working_coordinates(fit, n);
  return status;
}

gmm_status gmm_fit_start(gmm_fit *fit, const double *x, size_t n, gmm_poll *poll,
                         gmm_random *random) {
  gmm_search *search = &fit->search;
  gmm_status status = look_at(fit, x, n, poll);
  if (status.code != GMM_OK) {
    return status;
  }
  search->rows = &fit->rows;
  search->metric_rows = &fit->metric_rows;
  search->random = random;
  search->runs[0].params.factors.exact = 1;
  status = gmm_search_start(search, 0);
  if (status.code == GMM_OK) {
    gmm_frame_leave(&fit->frame, &search->runs[0].params);
  }
  return status;
}
