#include "search.h"

#include <math.h>
#include <string.h>

#include "mstep.h"
#include "params.h"
#include "search_runs.h"
#include "start.h"

/* A run that is given up: a component holds less than this part of what is proper. Few come
 * back from there. */
#define FORLORN 0.8

static int batch_size(const gmm_search_control *control) {
  return control->n_start < GMM_BATCH ? control->n_start : GMM_BATCH;
}

size_t gmm_search_most_records(const gmm_search_control *control) {
  return (size_t)control->n_start + (size_t)gmm_search_most_moves(control) + GMM_MOST_ELITE;
}

void gmm_search_take(gmm_search *search, gmm_arena *arena, const gmm_spec *spec, gmm_rows *rows,
                     gmm_rows *metric_rows, gmm_rows *all_rows, int k,
                     const gmm_search_control *control) {
  gmm_layout layout = spec->model->layout;
  int d = rows->d, max_iter = control->max_iter;
  size_t size = (size_t)batch_size(control);
  size_t n_starts = gmm_search_most_records(control);
  *search = (gmm_search){.spec = *spec,
                         .rows = rows,
                         .metric_rows = metric_rows,
                         .all_rows = all_rows,
                         .control = *control,
                         .bar = -INFINITY,
                         .enough = -INFINITY};
  if (search->control.short_iter > max_iter) {
    search->control.short_iter = max_iter;
  }
  search->starts = gmm_arena_take(arena, n_starts, sizeof(gmm_start_record));
  search->batch = gmm_arena_take(arena, size, sizeof(gmm_em));
  for (size_t b = 0; b < size; b++) {
    gmm_em run;
    gmm_em_take(&run, arena, layout, d, k, search->control.short_iter);
    if (search->batch) {
      search->batch[b] = run;
    }
  }
  gmm_em_take(&search->best, arena, layout, d, k, max_iter);
  gmm_em_take(&search->trial, arena, layout, d, k, max_iter);
  gmm_elite_take(&search->elite, arena, layout, d, k, GMM_MOST_ELITE);
  gmm_em_work_take(&search->em_work, arena, spec->model, d, k);
  if (metric_rows) {
    gmm_kmeans_take(&search->kmeans_work, arena, metric_rows, k);
    search->part = gmm_arena_take(arena, rows->n, sizeof(int));
  }
  gmm_prior_take(&search->prior, arena, layout, d, k);
  search->prior.size = control->prior_size;
  search->prior.scale = control->prior_scale;
  search->held = gmm_arena_doubles(arena, (size_t)k);
  search->total = gmm_arena_doubles(arena, gmm_cov_size(layout, d));
  search->rounding = gmm_arena_doubles(arena, (size_t)d);
  search->proper_work = gmm_arena_doubles(arena, gmm_proper_work(d));
  gmm_search_moves_take(search, arena);
}

void gmm_search_begin(gmm_search *search) {
  search->n_starts = search->hits = search->elite.n = 0;
  search->winner = search->faulty = -1;
  search->beat_after = search->control.short_iter;
  search->spec.prior = search->control.prior_size > 0 ? &search->prior : NULL;
  /* One component holds all rows, however few. */
  int several = search->best.params.k > 1;
  int needs = several && search->spec.model->own != GMM_OWN_NOTHING && !search->spec.prior;
  search->least_count = needs ? FORLORN * search->control.proper.min_size : 0;
}

int gmm_search_is_fatal(gmm_status status) {
  return status.code == GMM_EINTERRUPT || status.code == GMM_EDISTINCT;
}

/*
 * Where values are missing, the likelihood may be unbounded in a direction that no row has all the
 * variables of, however many rows there are; a covariance on its way there is given up.
 */
#define LEAST_LEFT 1e-8

/* In working coordinates. */
static void find_rounding(gmm_search *search, const gmm_rows *rows) {
  for (int a = 0; a < rows->d && rows->data->rounding; a++) {
    double sd = rows->data->rounding[a] * rows->frame->scale[a];
    search->rounding[a] = sd * sd;
  }
}

gmm_status gmm_search_total(gmm_search *search, gmm_rows *rows) {
  search->em_work.density.least_left = rows->data->n_patterns > 0 ? LEAST_LEFT : 0;
  gmm_stats stats = search->em_work.stats;
  gmm_params *params = &search->best.params;
  int d = params->d;
  size_t size = gmm_cov_size(params->layout, d);
  if (rows->whole && rows->whole->collinear >= 0 && !search->spec.prior) {
    return gmm_fail(GMM_ECOLLINEAR, rows->whole->collinear);
  }
  if (rows->whole) {
    memcpy(search->total, rows->whole->params.sigma, size * sizeof(double));
  } else {
    gmm_stats_fit(&stats, params->layout, d, 1);
    memset(params->mu, 0, (size_t)d * sizeof(double));
    gmm_status status = gmm_rows_stats(rows, NULL, NULL, params->mu, &stats);
    if (status.code != GMM_OK) {
      return status;
    }
    for (size_t i = 0; i < size; i++) {
      search->total[i] = stats.scatter[i] / *stats.n;
    }
  }
  if (search->spec.prior) {
    gmm_prior_centre(&search->prior, search->total);
    return gmm_ok();
  }
  find_rounding(search, rows);
  return gmm_proper_total(params->layout, d, search->total);
}

/* Runs ------------------------------------------------------------------------------- */

double gmm_search_same_maximum(const gmm_rows *rows) {
  return GMM_SAME_MAXIMUM * rows->mass;
}

/*
 * Goes on with a run up to `max_iter`, unless it is seen that it will not end within
 * `beyond` of the best, or that much above it.
 */
static gmm_status go_on(gmm_search *search, gmm_em *run, gmm_rows *rows, double beyond,
                        int max_iter) {
  gmm_em_control control = search->control.em;
  control.beat = search->bar;
  control.least_count = search->least_count;
  control.beat_after = search->beat_after;
  control.count_after = search->control.short_iter;
  if (search->winner >= 0) {
    control.beat = gmm_em_loglik(&search->best) + beyond;
  }
  return gmm_em_run(run, &search->spec, gmm_rows_source(rows), &control, max_iter,
                    &search->em_work);
}

/* Makes the trial the run that another is, and can go on to be: its trace is long enough. */
static void make_trial(gmm_search *search, const gmm_em *run) {
  gmm_em *trial = &search->trial;
  gmm_params_copy(&trial->params, &run->params);
  memcpy(trial->trace, run->trace, ((size_t)run->n_iter + 1) * sizeof(double));
  gmm_em copy = *run;
  copy.params = trial->params;
  copy.trace = trial->trace;
  *trial = copy;
}

void gmm_search_record(gmm_start_record *start, const gmm_em *run, gmm_status status) {
  start->status = status;
  start->loglik = gmm_em_loglik(run);
  start->n_iter = run->n_iter;
  start->n_pass = run->n_pass;
  start->converged = run->converged;
  start->overtaken = run->overtaken;
  start->end = run->end;
}

gmm_start_record *gmm_search_next_record(gmm_search *search, gmm_start_family family,
                                         const gmm_rows *rows) {
  gmm_start_record *start = &search->starts[search->n_starts++];
  *start = (gmm_start_record){
      .status = {GMM_OK, -1}, .n = rows->n, .mass = rows->mass, .family = family};
  start->jacobian = gmm_rows_log_jacobian(rows);
  start->loglik = start->end = NAN;
  return start;
}

/*
 * A run that was overtaken is none to return, but its components may be of use, unless it was
 * on the way to what is known: it would have ended about where it was seen to, and not beyond
 * twice that.
 */
static void remember(gmm_search *search, const gmm_em *run) {
  double tie = gmm_search_same_maximum(search->rows), at = gmm_em_loglik(run);
  double to_come = run->overtaken ? run->end - at : 0;
  gmm_elite_add(&search->elite, &run->params, at + to_come, at - tie, at + 2 * to_come + tie);
}

int gmm_search_is_improper(gmm_status status) {
  return status.code == GMM_ESMALL || status.code == GMM_ESPURIOUS || status.code == GMM_EROUNDED;
}

void gmm_search_keep_faulty(gmm_search *search, const gmm_em *run, gmm_status status) {
  gmm_params_copy(&search->best.params, &run->params);
  search->faulty = status.index;
}

/* Of a run that was stopped on its way nobody knows whether a tight component is a fact of the
 * data, however many rows it holds: it may be about to collapse. */
static gmm_status check_proper(const gmm_search *search, const gmm_em *run) {
  const gmm_em_work *work = &search->em_work;
  gmm_proper proper = search->control.proper;
  /* A variance is as good as the values that it is made of. */
  int by_values = search->spec.model->own >= GMM_OWN_VARIANCES;
  for (int j = 0; j < run->params.k; j++) {
    search->held[j] = by_values ? gmm_stats_known(&work->stats, j) : work->stats.count[j];
  }
  if (!run->converged && search->control.em.tol > 0) {
    proper.few_rows = INFINITY;
  }
  const double *rounding = search->rows->data->rounding ? search->rounding : NULL;
  return gmm_proper_check(&proper, search->spec.model, &run->params, search->held, &work->density,
                          search->total, rounding, search->proper_work);
}

gmm_status gmm_search_finish_trial(gmm_search *search, gmm_rows *rows, double beyond,
                                   gmm_start_record *start) {
  gmm_em *trial = &search->trial;
  trial->params.factors.poll = rows->engine->poll;
  gmm_status status = go_on(search, trial, rows, beyond, search->control.max_iter);
  if (status.code == GMM_OK && !trial->overtaken && !search->spec.prior) {
    status = check_proper(search, trial);
  }
  gmm_search_record(start, trial, status);
  start->finished = !trial->overtaken;
  if (search->winner < 0 && search->faulty < 0 && gmm_search_is_improper(status)) {
    gmm_search_keep_faulty(search, trial, status);
  }
  if (status.code != GMM_OK) {
    return status;
  }
  if (rows == search->rows) {
    remember(search, trial);
  }
  /* Among runs that came to one maximum the first stays. */
  double same = GMM_SAME_RUN * rows->mass;
  double bar = search->winner < 0 ? search->bar : gmm_em_loglik(&search->best) + same;
  if (start->finished && start->loglik > bar) {
    gmm_em old = search->best;
    search->best = *trial;
    *trial = old;
    search->winner = (int)(start - search->starts);
  }
  return status;
}

/* Starts that are drawn -------------------------------------------------------------- */

/* Parts of the rows that are noise to begin with, in turn. */
static const double noise_shares[] = {0.05, 0.2, 0.4, 0.7};
enum { NOISE_SHARES = sizeof noise_shares / sizeof *noise_shares, IN_A_ROW = 3 };

gmm_status gmm_search_partition(gmm_rows *rows, gmm_start_family family, int i, int k,
                                int kmeans_iter, gmm_random *random, gmm_kmeans_work *work,
                                int *part) {
  int plusplus = family != GMM_START_RANDOM;
  int lloyd = family == GMM_START_KMEANS ? kmeans_iter : 0;
  gmm_status status = gmm_kmeans(rows, k, plusplus, lloyd, random, work, part);
  if (status.code == GMM_OK && rows->data->range) {
    double share = noise_shares[i / IN_A_ROW % NOISE_SHARES];
    gmm_kmeans_trim(rows, k, share, rows->d + 2, work, part);
  }
  return status;
}

/*
 * Parameters from a drawn partition. A part with fewer rows than a covariance
 * of its own needs would end the start at once; a common covariance lets EM
 * sort the rows out first.
 */
gmm_status gmm_search_draw(gmm_search *search, gmm_start_family family, int i, gmm_em *run) {
  gmm_em_work *work = &search->em_work;
  run->params.factors.poll = search->rows->engine->poll;
  gmm_em_begin(run);
  gmm_status status = gmm_search_partition(search->metric_rows, family, i, run->params.k,
                                           search->control.kmeans_iter, search->random,
                                           &search->kmeans_work, search->part);
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

gmm_status gmm_search_enter(gmm_search *search, gmm_em *run) {
  gmm_em_work *work = &search->em_work;
  gmm_spec spec = search->spec;
  gmm_params *given = &search->trial.params;
  run->params.factors.poll = search->rows->engine->poll;
  gmm_params_copy(given, &run->params);
  gmm_status status = gmm_mstep_project(&spec, &work->stats, &run->params, work->mstep);
  if (status.code == GMM_OK) {
    status = gmm_density_prepare(&work->density, &run->params);
  }
  if (status.code == GMM_ESINGULAR) {
    spec.model = gmm_model_at(spec.model->pooled);
    gmm_params_copy(&run->params, given);
    gmm_factors_forget(&run->params.factors);
    status = gmm_mstep_project(&spec, &work->stats, &run->params, work->mstep);
  }
  return status;
}

/* Short runs of a batch of starts, of which the i-th of all is the first; their records are
 * from `first` on. */
static gmm_status run_shortly(gmm_search *search, const gmm_offers *offers, int i, int size) {
  for (int b = 0; b < size; b++) {
    gmm_em *run = &search->batch[b];
    gmm_start_record *start = gmm_search_next_record(search, GMM_START_GIVEN, search->rows);
    gmm_em_begin(run);
    gmm_status status = offers->make(offers->self, i + b, run, &start->family);
    if (status.code == GMM_OK) {
      status = go_on(search, run, search->rows, -INFINITY, search->control.short_iter);
    }
    gmm_search_record(start, run, status);
    if (gmm_search_is_fatal(status)) {
      return status;
    }
    search->promise[b] = status.code == GMM_OK ? gmm_em_loglik(run) : NAN;
  }
  return gmm_ok();
}

/* The batch by decreasing log-likelihood of the short runs, failed ones last;
 * the sort is stable, so that ties keep their order. */
static void sort_batch(gmm_search *search, int size) {
  for (int b = 0; b < size; b++) {
    int at = b;
    double promise = search->promise[b];
    while (at > 0 && !isnan(promise)) {
      double other = search->promise[search->order[at - 1]];
      if (!isnan(other) && other >= promise) {
        break;
      }
      search->order[at] = search->order[at - 1];
      at--;
    }
    search->order[at] = b;
  }
}

/*
 * The start before the i-th of the batch's order whose short run came to the same
 * log-likelihood, and that was finished or given up: then both are on one way. NULL: none.
 */
static const gmm_start_record *twin_of(const gmm_search *search, int first, int i) {
  double promise = search->promise[search->order[i]];
  double same = GMM_SAME_RUN * search->rows->mass;
  for (int before = i - 1; before >= 0; before--) {
    int other = search->order[before];
    if (search->promise[other] - promise > same) {
      return NULL;
    }
    const gmm_start_record *twin = &search->starts[first + other];
    if (twin->finished || twin->overtaken) {
      return twin;
    }
  }
  return NULL;
}

/* Whether a start went, or is known to go, to a proper maximum. */
static int is_at_maximum(const gmm_start_record *start) {
  return start->status.code == GMM_OK && !start->overtaken && (start->finished || start->duplicate);
}

static void count_hit(gmm_search *search, const gmm_start_record *start) {
  const gmm_start_record *best = &search->starts[search->winner];
  double tie = gmm_search_same_maximum(search->rows);
  if (start == best) {
    /* Others may have come to it too, and ended a little lower. */
    search->hits = 0;
    for (int s = 0; s < search->n_starts; s++) {
      const gmm_start_record *other = &search->starts[s];
      search->hits += is_at_maximum(other) && best->loglik - other->loglik < tie;
    }
  } else if (best->loglik - start->loglik < tie) {
    search->hits++;
  }
}

/* How many of the first `n` starts are finished. */
static int quota(const gmm_offers *offers, int n) {
  return (int)ceil((double)offers->n_finish * n / offers->n);
}

/* Finishes the `finish` best of a batch, whose records are from `first` on, and the first
 * `n_sure`. Returns the status of the best of all. */
static gmm_status finish_batch(gmm_search *search, int first, int size, int finish, int n_sure,
                               int count_all) {
  double tie = gmm_search_same_maximum(search->rows), beyond = count_all ? -tie : tie;
  gmm_status best = search->starts[first + search->order[0]].status;
  for (int i = 0; i < size; i++) {
    int b = search->order[i], sure = b < n_sure;
    gmm_start_record *start = &search->starts[first + b];
    if (start->status.code != GMM_OK) {
      break;
    }
    if (finish <= 0 && !sure) {
      continue;
    }
    const gmm_start_record *twin = twin_of(search, first, i);
    twin = sure && twin && twin->overtaken ? NULL : twin;
    gmm_status status = gmm_ok();
    if (twin) {
      gmm_start_record own = *start;
      *start = *twin;
      start->family = own.family;
      start->n_pass = own.n_pass;
      start->finished = 0;
      start->duplicate = 1;
    } else {
      make_trial(search, &search->batch[b]);
      search->beat_after = sure ? GMM_SURE_AFTER : search->control.short_iter;
      status = gmm_search_finish_trial(search, search->rows, beyond, start);
      search->beat_after = search->control.short_iter;
      finish -= status.code == GMM_OK && !sure;
    }
    if (gmm_search_is_fatal(status)) {
      return status;
    }
    if (is_at_maximum(start)) {
      count_hit(search, start);
    }
    if (i == 0) {
      best = status;
    }
  }
  return best;
}

gmm_status gmm_search_try(gmm_search *search, const gmm_offers *offers) {
  gmm_status said = gmm_ok();
  for (int i = 0; i < offers->n && search->hits < search->control.n_enough; i += GMM_BATCH) {
    int left = offers->n - i, size = left < GMM_BATCH ? left : GMM_BATCH;
    int first = search->n_starts;
    gmm_status status = run_shortly(search, offers, i, size);
    if (status.code == GMM_OK) {
      sort_batch(search, size);
      int finish = quota(offers, i + size) - quota(offers, i);
      status = finish_batch(search, first, size, finish, offers->n_sure - i, offers->count_all);
    }
    if (gmm_search_is_fatal(status)) {
      return status;
    }
    said = i == 0 ? status : said;
  }
  return search->winner < 0 ? said : gmm_ok();
}

static gmm_status draw_start(void *self, int i, gmm_em *run, gmm_start_family *family) {
  gmm_search *search = self;
  *family = search->control.families[i % search->control.n_families];
  return gmm_search_draw(search, *family, i, run);
}

static gmm_status draw_starts(gmm_search *search) {
  const gmm_search_control *control = &search->control;
  gmm_offers offers = {
      .n = control->n_start,
      .n_finish = control->n_finish,
      .count_all = 1,
      .make = draw_start,
      .self = search,
  };
  return gmm_search_try(search, &offers);
}

void gmm_search_resume(gmm_search *search, const gmm_em *from) {
  gmm_start_record *start = gmm_search_next_record(search, GMM_START_GIVEN, search->rows);
  make_trial(search, from);
  gmm_search_record(start, &search->trial, gmm_ok());
  start->finished = 1;
  remember(search, &search->trial);
  gmm_em old = search->best;
  search->best = search->trial;
  search->trial = old;
  search->winner = (int)(start - search->starts);
  search->hits = 1;
}

/* From a sample to all rows ---------------------------------------------------------- */

/* Whether a mixture is so far behind the best on the sample that chance cannot account for
 * it: three standard errors, if log densities of a row differ by about one. */
static int is_behind(const gmm_search *search, int e) {
  const double *loglik = search->elite.loglik;
  return loglik[0] - loglik[e] > 3 * sqrt(search->rows->mass);
}

/* A run from these parameters to its end. */
static gmm_status run_from(gmm_search *search, gmm_rows *rows, gmm_start_family family,
                           const gmm_params *params) {
  gmm_start_record *start = gmm_search_next_record(search, family, rows);
  gmm_em_begin(&search->trial);
  gmm_params_copy(&search->trial.params, params);
  return gmm_search_finish_trial(search, rows, 0, start);
}

gmm_status gmm_search_entropy(gmm_search *search, double *entropy) {
  gmm_status status = gmm_density_prepare(&search->em_work.density, &search->best.params);
  return status.code == GMM_OK
             ? gmm_rows_entropy(search->all_rows, &search->em_work.density, entropy)
             : status;
}

/* Takes the trial for the best, which it went on from. */
static void take_trial(gmm_search *search) {
  gmm_em old = search->best;
  search->best = search->trial;
  search->trial = old;
}

gmm_status gmm_search_polish(gmm_search *search, double tol) {
  gmm_start_record *start = &search->starts[search->winner];
  const gmm_elite *elite = &search->elite;
  int n_pass = search->best.n_pass;
  search->control.em.tol = tol;
  make_trial(search, &search->best);
  search->trial.converged = 0;
  gmm_status status = gmm_search_finish_trial(search, search->rows, -INFINITY, start);
  if (gmm_search_is_fatal(status)) {
    return status;
  }
  if (status.code == GMM_OK) {
    if (search->best.n_pass == n_pass) {
      take_trial(search);
    }
    return status;
  }
  /* It was on its way to a collapse. Nobody goes on from there. */
  search->winner = -1;
  search->faulty = status.index;
  for (int e = 0; e < elite->n && search->winner < 0; e++) {
    gmm_status other = run_from(search, search->all_rows, GMM_START_NEIGHBOUR, &elite->params[e]);
    if (gmm_search_is_fatal(other)) {
      return other;
    }
  }
  return search->winner < 0 ? status : gmm_ok();
}

static gmm_status run_on_all(gmm_search *search) {
  gmm_status status = gmm_search_total(search, search->all_rows), said = gmm_ok();
  const gmm_elite *elite = &search->elite;
  /* What was found on the sample is no longer the answer. */
  search->winner = -1;
  if (status.code != GMM_OK) {
    return status;
  }
  for (int e = 0; e < elite->n && !gmm_search_is_fatal(status); e++) {
    /* More than a few, and those far behind, only while none is proper. */
    if (search->winner >= 0 && (e >= GMM_TRIED_ON_ALL || is_behind(search, e))) {
      break;
    }
    status = run_from(search, search->all_rows, GMM_START_SAMPLE, &elite->params[e]);
    said = e == 0 ? status : said;
  }
  if (gmm_search_is_fatal(status)) {
    return status;
  }
  return search->winner < 0 ? said : gmm_ok();
}

/* ------------------------------------------------------------------------------------ */

/* From given parameters, wherever they lead to: small components are not given up. */
static gmm_status run_given(gmm_search *search, const gmm_params *given) {
  double least_count = search->least_count;
  search->least_count = 0;
  gmm_status status = run_from(search, search->rows, GMM_START_GIVEN, given);
  search->least_count = least_count;
  return status;
}

gmm_status gmm_search_run(gmm_search *search, const gmm_params *given) {
  gmm_search_begin(search);
  gmm_status status = gmm_search_total(search, search->rows);
  if (status.code == GMM_OK) {
    status = given ? run_given(search, given) : draw_starts(search);
  }
  if (status.code == GMM_OK || search->faulty >= 0) {
    gmm_status moved = gmm_search_move(search);
    status = gmm_search_is_fatal(moved) || search->winner >= 0 ? moved : status;
  }
  if (status.code == GMM_OK && search->all_rows != search->rows) {
    status = run_on_all(search);
  }
  if (gmm_search_is_fatal(status)) {
    search->winner = -1;
  }
  return status;
}
