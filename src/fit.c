#include "fit.h"

#include <math.h>

#include "mstep.h"
#include "params.h"

void gmm_fit_take(gmm_fit *fit, gmm_arena *arena, const gmm_spec *spec, const gmm_engine *engine,
                  const gmm_data *data, int k, int given, const gmm_search_control *control) {
  gmm_layout layout = spec->model->layout;
  int d = data->d;
  const gmm_data *searched = data;
  fit->data = data;
  fit->sampled = data->n > control->sample && !(given && control->n_moves == 0);
  gmm_frame_take(&fit->frame, arena, d);
  gmm_frame_take(&fit->metric, arena, d);
  gmm_rows_take(&fit->rows, arena, engine, layout, data, k);
  if (fit->sampled) {
    gmm_sample_take(&fit->sample, arena, data, control->sample);
    gmm_rows_take(&fit->sample_rows, arena, engine, layout, &fit->sample.data, k);
    searched = &fit->sample.data;
  }
  if (!given) {
    gmm_rows_take(&fit->metric_rows, arena, engine, gmm_data_metric_layout(data, layout), searched,
                  k);
  }
  gmm_search_take(&fit->search, arena, spec, fit->sampled ? &fit->sample_rows : &fit->rows,
                  given ? NULL : &fit->metric_rows, &fit->rows, k, control);
  gmm_params_take(&fit->given, arena, layout, d, k);
  fit->sd = gmm_arena_doubles(arena, (size_t)d);
  fit->frame_work = gmm_arena_doubles(arena, gmm_frame_work(data->n, d));
  for (int i = 0; i < 3 && data->n_patterns > 0; i++) {
    gmm_whole_take(&fit->whole[i], arena, layout, d);
  }
  if (data->n_patterns > 0) {
    gmm_whole_em_take(&fit->whole_em, arena, layout, d);
  }
}

/* What fills in missing values, of all rows and of those that are searched. */
static gmm_status find_whole(gmm_fit *fit) {
  gmm_search *search = &fit->search;
  if (fit->data->n_patterns == 0) {
    return gmm_ok();
  }
  gmm_status status = gmm_whole_find(&fit->whole[0], &fit->rows, fit->sd, &fit->whole_em);
  if (status.code == GMM_OK && fit->sampled) {
    status = gmm_whole_find(&fit->whole[1], &fit->sample_rows, fit->sd, &fit->whole_em);
  }
  if (status.code == GMM_OK && search->metric_rows) {
    gmm_whole_change(&fit->whole[2], search->rows->whole, &fit->frame, &fit->metric);
    fit->metric_rows.whole = &fit->whole[2];
  }
  return status;
}

/* Frame and metric of the data, and the rows in each. */
static gmm_status look_at(gmm_fit *fit, gmm_random *random) {
  const gmm_data *data = fit->data;
  int column_units = fit->search.spec.model->column_units;
  gmm_status status = gmm_frame_of_rows(&fit->frame, data, column_units, fit->sd, fit->rows.engine,
                                        fit->frame_work);
  /* Only spherical models hold a constant variable, and no prior does. */
  int all_vary = fit->search.spec.model->layout == GMM_FULL || fit->search.control.prior_size > 0;
  for (int a = 0; a < fit->frame.d && status.code == GMM_OK; a++) {
    if (all_vary && !(fit->sd[a] > 0)) {
      status = gmm_fail(GMM_ECONSTANT, a);
    }
  }
  if (status.code != GMM_OK) {
    return status;
  }
  gmm_frame_metric(&fit->metric, &fit->frame, column_units, fit->sd);
  gmm_rows_set(&fit->rows, data, &fit->frame);
  if (fit->sampled) {
    gmm_sample_draw(&fit->sample, data, random);
    gmm_rows_set(&fit->sample_rows, &fit->sample.data, &fit->frame);
  }
  if (fit->search.metric_rows) {
    gmm_rows_set(&fit->metric_rows, fit->search.rows->data, &fit->metric);
  }
  return find_whole(fit);
}

static void leave_working_coordinates(gmm_fit *fit) {
  gmm_search *search = &fit->search;
  double jacobian = gmm_rows_log_jacobian(&fit->rows);
  if (search->winner >= 0) {
    gmm_frame_leave(&fit->frame, &search->best.params);
    for (int t = 0; t <= search->best.n_iter; t++) {
      search->best.trace[t] += jacobian;
    }
    search->best.plain += jacobian;
  }
  for (int s = 0; s < search->n_starts; s++) {
    search->starts[s].loglik += search->starts[s].jacobian;
    search->starts[s].end += search->starts[s].jacobian;
  }
}

/* Parameters to start from, into the frame and into the family. */
static gmm_status enter_given(gmm_fit *fit, const gmm_params *given) {
  gmm_search *search = &fit->search;
  gmm_em_work *work = &search->em_work;
  int noisy = fit->data->range != NULL;
  double jacobian = gmm_rows_log_jacobian(&fit->rows);
  search->bar = fit->beat && !fit->sampled ? *fit->beat - jacobian : -INFINITY;
  search->enough = fit->enough && !fit->sampled ? *fit->enough - jacobian : -INFINITY;
  gmm_params_copy(&fit->given, given);
  if (noisy != (given->noise > 0)) {
    gmm_params_set_noise(&fit->given, noisy ? GMM_FIRST_NOISE : 0);
  }
  gmm_frame_enter(&fit->frame, &fit->given);
  fit->given.factors.exact = 1;
  gmm_factors_forget(&fit->given.factors);
  fit->given.factors.poll = fit->rows.engine->poll;
  return gmm_mstep_project(&search->spec, &work->stats, &fit->given, work->mstep);
}

gmm_status gmm_fit_run(gmm_fit *fit, const gmm_params *given, gmm_random *random) {
  gmm_search *search = &fit->search;
  gmm_search_begin(search);
  gmm_status status = look_at(fit, random);
  if (status.code == GMM_OK && given) {
    status = enter_given(fit, given);
  }
  if (status.code != GMM_OK) {
    return status;
  }
  search->random = random;
  status = gmm_search_run(search, given ? &fit->given : NULL);
  if (search->winner >= 0) {
    gmm_status scored = gmm_search_entropy(search, &fit->entropy);
    if (scored.code != GMM_OK) {
      search->winner = -1;
      status = scored;
    }
  }
  leave_working_coordinates(fit);
  return status;
}

gmm_status gmm_fit_start(gmm_fit *fit, gmm_random *random) {
  gmm_search *search = &fit->search;
  gmm_status status = look_at(fit, random);
  if (status.code != GMM_OK) {
    return status;
  }
  search->random = random;
  gmm_em *run = &search->batch[0];
  run->params.factors.exact = 1;
  status = gmm_search_draw(search, search->control.families[0], 0, run);
  if (status.code == GMM_OK) {
    gmm_frame_leave(&fit->frame, &run->params);
  }
  return status;
}
