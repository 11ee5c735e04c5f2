#include "fit.h"

#include "mstep.h"
#include "params.h"
#include "sample.h"

static int is_sampled(const gmm_fit *fit) {
  return fit->sample_x != NULL;
}

void gmm_fit_take(gmm_fit *fit, gmm_arena *arena, const gmm_spec *spec, const gmm_engine *engine,
                  size_t n, int d, int k, int given, const gmm_search_control *control) {
  gmm_layout layout = spec->model->layout;
  int sampled = !given && n > control->sample;
  size_t n_search = sampled ? control->sample : n;
  gmm_frame_take(&fit->frame, arena, d);
  gmm_frame_take(&fit->metric, arena, d);
  gmm_rows_take(&fit->rows, arena, engine, layout, n, d, k);
  fit->sample_x = fit->sample_weight = NULL;
  if (sampled) {
    gmm_rows_take(&fit->sample, arena, engine, layout, n_search, d, k);
    fit->sample_x = gmm_arena_doubles(arena, n_search * (size_t)d);
    fit->sample_weight = fit->weight ? gmm_arena_doubles(arena, n_search) : NULL;
  }
  if (!given) {
    gmm_rows_take(&fit->metric_rows, arena, engine, GMM_DIAGONAL, n_search, d, k);
  }
  gmm_search_take(&fit->search, arena, spec, sampled ? &fit->sample : &fit->rows,
                  given ? NULL : &fit->metric_rows, &fit->rows, k, control);
  gmm_params_take(&fit->given, arena, layout, d, k);
  fit->sd = gmm_arena_doubles(arena, (size_t)d);
  fit->frame_work = gmm_arena_doubles(arena, gmm_frame_work(n, d));
}

/* Frame and metric of the data, and the rows in each; a sample is yet to be drawn. */
static gmm_status look_at(gmm_fit *fit, const double *x) {
  int column_units = fit->search.spec.model->column_units;
  gmm_status status = gmm_frame_of_rows(&fit->frame, x, fit->weight, fit->rows.n, column_units,
                                        fit->sd, fit->rows.engine, fit->frame_work);
  if (status.code == GMM_OK) {
    gmm_frame_metric(&fit->metric, &fit->frame, column_units, fit->sd);
    gmm_rows_set(&fit->rows, x, fit->weight, &fit->frame);
    if (fit->search.metric_rows && !is_sampled(fit)) {
      gmm_rows_set(&fit->metric_rows, x, fit->weight, &fit->metric);
    }
  }
  /* Only spherical models hold a constant variable, and no prior does. */
  int all_vary = fit->search.spec.model->layout == GMM_FULL || fit->search.control.prior_size > 0;
  for (int a = 0; a < fit->frame.d && status.code == GMM_OK; a++) {
    if (all_vary && !(fit->sd[a] > 0)) {
      status = gmm_fail(GMM_ECONSTANT, a);
    }
  }
  return status;
}

static void leave_working_coordinates(gmm_fit *fit) {
  gmm_search *search = &fit->search;
  double jacobian = fit->frame.log_jacobian;
  if (search->winner >= 0) {
    gmm_frame_leave(&fit->frame, &search->best.params);
    for (int t = 0; t <= search->best.n_iter; t++) {
      search->best.trace[t] += fit->rows.mass * jacobian;
    }
    search->best.plain += fit->rows.mass * jacobian;
  }
  for (int s = 0; s < search->n_starts; s++) {
    search->starts[s].loglik += search->starts[s].mass * jacobian;
    search->starts[s].end += search->starts[s].mass * jacobian;
  }
}

gmm_status gmm_fit_run(gmm_fit *fit, const double *x, const gmm_params *given, gmm_random *random) {
  gmm_search *search = &fit->search;
  gmm_search_begin(search);
  gmm_status status = look_at(fit, x);
  if (status.code != GMM_OK) {
    return status;
  }
  if (given) {
    if (fit->beat) {
      search->bar = *fit->beat - fit->rows.mass * fit->frame.log_jacobian;
    }
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
  if (is_sampled(fit)) {
    gmm_sample_rows(x, fit->weight, fit->rows.n, fit->frame.d, fit->sample.n, random, fit->sample_x,
                    fit->sample_weight);
    gmm_rows_set(&fit->sample, fit->sample_x, fit->sample_weight, &fit->frame);
    gmm_rows_set(&fit->metric_rows, fit->sample_x, fit->sample_weight, &fit->metric);
  }
  status = gmm_search_run(search, given ? &fit->given : NULL);
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
  gmm_em *run = &search->batch[0];
  run->params.factors.exact = 1;
  status = gmm_search_draw(search, search->control.families[0], run);
  if (status.code == GMM_OK) {
    gmm_frame_leave(&fit->frame, &run->params);
  }
  return status;
}
