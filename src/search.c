#include "search.h"

#include <math.h>
#include <string.h>

#include "moves.h"
#include "mstep.h"
#include "params.h"
#include "start.h"

void gmm_search_take(gmm_search *search, gmm_arena *arena, const gmm_spec *spec, gmm_rows *rows,
                     gmm_rows *metric_rows, int k, const gmm_search_control *control) {
  gmm_layout layout = spec->model->layout;
  int d = rows->d;
  size_t n_start = (size_t)control->n_start;
  *search =
      (gmm_search){.spec = *spec, .rows = rows, .metric_rows = metric_rows, .control = *control};
  if (search->control.short_iter > control->max_iter) {
    search->control.short_iter = control->max_iter;
  }
  search->runs = gmm_arena_take(arena, n_start, sizeof(gmm_em));
  search->starts =
      gmm_arena_take(arena, n_start + (size_t)control->most_moves, sizeof(gmm_start_record));
  search->order = gmm_arena_take(arena, n_start, sizeof(int));
  search->promise = gmm_arena_doubles(arena, n_start);
  for (size_t s = 0; s < n_start; s++) {
    gmm_em run;
    gmm_em_take(&run, arena, layout, d, k, search->control.short_iter);
    if (search->runs) {
      search->runs[s] = run;
    }
  }
  gmm_em_take(&search->best, arena, layout, d, k, control->max_iter);
  gmm_em_take(&search->trial, arena, layout, d, k, control->max_iter);
  search->row = gmm_arena_doubles(arena, (size_t)d);
  search->move_work = gmm_arena_doubles(arena, (size_t)d);
  search->long_trace = gmm_arena_doubles(arena, (size_t)control->max_iter + 1);
  gmm_em_work_take(&search->em_work, arena, spec->model, d, k);
  if (metric_rows) {
    gmm_kmeans_take(&search->kmeans_work, arena, metric_rows, k);
    search->part = gmm_arena_take(arena, rows->n, sizeof(int));
  }
  search->total = gmm_arena_doubles(arena, gmm_cov_size(layout, d));
  search->proper_work = gmm_arena_doubles(arena, gmm_proper_work(d));
}

/* The covariance of all rows, as proper.h wants it. */
static gmm_status find_total(gmm_search *search) {
  gmm_stats stats = search->em_work.stats;
  gmm_params *params = &search->best.params;
  int d = params->d;
  size_t size = gmm_cov_size(params->layout, d);
  gmm_stats_fit(&stats, params->layout, d, 1);
  memset(params->mu, 0, (size_t)d * sizeof(double));
  gmm_status status = gmm_rows_stats(search->rows, NULL, NULL, params->mu, &stats);
  if (status.code != GMM_OK) {
    return status;
  }
  for (size_t i = 0; i < size; i++) {
    search->total[i] = stats.scatter[i] / *stats.n;
  }
  return gmm_proper_total(params->layout, d, search->total);
}

static gmm_start_family family_of(const gmm_search *search, int s) {
  return search->control.families[s % search->control.n_families];
}

/* Whether a failure ends the whole search, not just one start. */
static int is_fatal(gmm_status status) {
  return status.code == GMM_EINTERRUPT || status.code == GMM_EDISTINCT;
}

static gmm_status draw_partition(gmm_search *search, int s) {
  gmm_start_family family = family_of(search, s);
  int plusplus = family != GMM_START_RANDOM;
  int lloyd = family == GMM_START_KMEANS ? search->control.kmeans_iter : 0;
  return gmm_kmeans(search->metric_rows, search->best.params.k, plusplus, lloyd, search->random,
                    &search->kmeans_work, search->part);
}

/*
 * Parameters from a drawn partition. A part with fewer rows than a covariance
 * of its own needs would end the start at once; a common covariance lets EM
 * sort the rows out first.
 */
gmm_status gmm_search_start(gmm_search *search, int s) {
  gmm_em *run = &search->runs[s];
  gmm_em_work *work = &search->em_work;
  run->params.factors.poll = search->rows->engine->poll;
  gmm_status status = draw_partition(search, s);
  if (status.code != GMM_OK) {
    return status;
  }
  status = gmm_start_mstep(&search->spec, search->rows, search->part, NULL, &run->params, work);
  if (status.code == GMM_OK) {
    status = gmm_density_prepare(&work->density, &run->params);
  }
  if (status.code == GMM_ESINGULAR) {
    gmm_spec pooled = search->spec;
    pooled.model = gmm_model_at(pooled.model->pooled);
    status = gmm_start_mstep(&pooled, search->rows, search->part, NULL, &run->params, work);
  }
  return status;
}

static void record(gmm_start_record *start, const gmm_em *run, gmm_status status) {
  start->status = status;
  start->loglik = gmm_em_loglik(run);
  start->n_iter = run->n_iter;
  start->n_pass = run->n_pass;
  start->converged = run->converged;
  start->overtaken = run->overtaken;
}

static gmm_status run_shortly(gmm_search *search, int s, const gmm_params *given) {
  gmm_em *run = &search->runs[s];
  gmm_status status = gmm_ok();
  gmm_em_begin(run);
  search->starts[s].family = family_of(search, s);
  if (given) {
    gmm_params_copy(&run->params, given);
    run->params.factors.poll = search->rows->engine->poll;
  } else {
    status = gmm_search_start(search, s);
  }
  if (status.code == GMM_OK) {
    status = gmm_em_run(run, &search->spec, gmm_rows_source(search->rows), &search->control.em,
                        search->control.short_iter, &search->em_work);
  }
  record(&search->starts[s], run, status);
  search->promise[s] = status.code == GMM_OK ? gmm_em_loglik(run) : NAN;
  return is_fatal(status) ? status : gmm_ok();
}

/* Takes a short run to its end, where its trace is `trace`. */
static gmm_status finish(gmm_search *search, int s, double *trace) {
  gmm_em *run = &search->runs[s];
  gmm_em_work *work = &search->em_work;
  gmm_start_record *start = &search->starts[s];
  memcpy(trace, run->trace, ((size_t)run->n_iter + 1) * sizeof(double));
  run->trace = trace;

  gmm_status status = gmm_em_run(run, &search->spec, gmm_rows_source(search->rows),
                                 &search->control.em, search->control.max_iter, work);
  if (status.code == GMM_OK) {
    status =
        gmm_proper_check(&search->control.proper, search->spec.model, &run->params,
                         work->stats.count, &work->density, search->total, search->proper_work);
  }
  record(start, run, status);
  start->finished = 1;
  return status;
}

/* Starts by decreasing log-likelihood of their short runs, failed ones last;
 * the sort is stable, so that ties keep their order. */
static void sort_starts(gmm_search *search) {
  for (int s = 0; s < search->control.n_start; s++) {
    int at = s;
    double promise = search->promise[s];
    while (at > 0 && !isnan(promise)) {
      double other = search->promise[search->order[at - 1]];
      if (!isnan(other) && other >= promise) {
        break;
      }
      search->order[at] = search->order[at - 1];
      at--;
    }
    search->order[at] = s;
  }
}

/*
 * Whether the i-th most promising start ran to the same log-likelihood as one
 * before it that was finished: then it is on the same way, and ends as that one.
 */
static int is_duplicate(gmm_search *search, int i) {
  int s = search->order[i];
  double same = GMM_SAME_RUN * (double)search->rows->n;
  for (int before = i - 1; before >= 0; before--) {
    int other = search->order[before];
    if (search->promise[other] - search->promise[s] > same) {
      return 0;
    }
    if (search->starts[other].finished) {
      gmm_start_record twin = search->starts[other];
      twin.family = search->starts[s].family;
      twin.finished = 0;
      twin.duplicate = 1;
      search->starts[s] = twin;
      return 1;
    }
  }
  return 0;
}

void gmm_search_forget(gmm_search *search) {
  search->n_records = search->control.n_start;
  for (int s = 0; s < search->control.n_start + search->control.most_moves; s++) {
    search->starts[s] = (gmm_start_record){.status = {GMM_OK, -1}, .loglik = NAN};
  }
}

static double draw(gmm_search *search) {
  return search->random->uniform(search->random->self);
}

static int draw_below(gmm_search *search, int n) {
  int i = (int)(draw(search) * n);
  return i < n ? i : n - 1;
}

/* Maxima that differ by less, per row, count as one. */
#define SAME_MAXIMUM 1e-6

static gmm_status try_move(gmm_search *search) {
  gmm_em *trial = &search->trial;
  gmm_em_work *work = &search->em_work;
  int k = trial->params.k;
  gmm_move move = {.row = search->row};
  size_t n = search->rows->n, i = (size_t)(draw(search) * (double)n);
  gmm_rows_row(search->rows, i < n ? i : n - 1, search->row);
  move.away = draw_below(search, k - 1);
  move.merge = draw(search) < 0.5;
  const double scales[] = {1, 0.25};
  move.scale = scales[draw_below(search, 2)];
  gmm_params_copy(&trial->params, &search->best.params);
  trial->params.factors.poll = search->rows->engine->poll;
  gmm_status status = gmm_density_prepare(&work->density, &search->best.params);
  if (status.code != GMM_OK) {
    return status;
  }
  gmm_move_apply(&move, &work->density, &trial->params, search->move_work);
  status = gmm_mstep_project(&search->spec, &work->stats, &trial->params, work->mstep);
  if (status.code != GMM_OK) {
    return status;
  }
  gmm_em_begin(trial);
  gmm_em_control control = search->control.em;
  control.beat = gmm_em_loglik(&search->best) + SAME_MAXIMUM * (double)n;
  control.beat_after = search->control.short_iter;
  status = gmm_em_run(trial, &search->spec, gmm_rows_source(search->rows), &control,
                      search->control.max_iter, work);
  if (status.code == GMM_OK && !trial->overtaken) {
    status =
        gmm_proper_check(&search->control.proper, search->spec.model, &trial->params,
                         work->stats.count, &work->density, search->total, search->proper_work);
  }
  return status;
}

static gmm_status explore(gmm_search *search, int *winner) {
  int failed = 0;
  double tie = SAME_MAXIMUM * (double)search->rows->n;
  if (search->best.params.k < 2) {
    return gmm_ok();
  }
  while (failed < search->control.move_patience &&
         search->n_records < search->control.n_start + search->control.most_moves) {
    gmm_start_record *start = &search->starts[search->n_records];
    gmm_em_begin(&search->trial);
    gmm_status status = try_move(search);
    if (is_fatal(status)) {
      return status;
    }
    record(start, &search->trial, status);
    start->family = GMM_START_MOVE;
    start->finished = status.code == GMM_OK && !search->trial.overtaken;
    failed++;
    if (start->finished && start->loglik > gmm_em_loglik(&search->best) + tie) {
      gmm_em old = search->best;
      search->best = search->trial;
      search->trial = old;
      *winner = search->n_records;
      failed = 0;
    }
    search->n_records++;
  }
  return gmm_ok();
}

gmm_status gmm_search_run(gmm_search *search, const gmm_params *given, int *winner) {
  int n_start = search->control.n_start, n_proper = 0;
  *winner = -1;
  gmm_search_forget(search);
  gmm_status status = find_total(search);
  for (int s = 0; s < n_start && status.code == GMM_OK; s++) {
    status = run_shortly(search, s, given);
  }
  if (status.code != GMM_OK) {
    return status;
  }

  sort_starts(search);
  status = search->starts[search->order[0]].status;
  for (int i = 0; i < n_start && n_proper < search->control.n_finish; i++) {
    int s = search->order[i];
    if (search->starts[s].status.code != GMM_OK || is_duplicate(search, i)) {
      continue;
    }
    gmm_status ended = finish(search, s, search->long_trace);
    if (is_fatal(ended)) {
      *winner = -1;
      return ended;
    }
    if (ended.code == GMM_OK) {
      n_proper++;
      if (*winner < 0 || gmm_em_loglik(&search->runs[s]) > gmm_em_loglik(&search->best)) {
        search->long_trace = search->best.trace;
        search->best = search->runs[s];
        *winner = s;
      }
    } else if (i == 0) {
      status = ended;
    }
  }
  if (*winner >= 0 && !given) {
    status = explore(search, winner);
    if (status.code != GMM_OK) {
      *winner = -1;
    }
    return status;
  }
  return *winner < 0 ? status : gmm_ok();
}
