#include "select.h"

#include <math.h>
#include <string.h>

#include "moves.h"
#include "params.h"
#include "start.h"

/* Runs stop while there is so many times more to come than those that are returned: most only
 * tell which is best, which then goes on. */
#define LOOSE 1e3

/* Where cells are ----------------------------------------------------------------------- */

/* The numbers of components, increasing, as the index of one; -1: none that is so large. */
static int index_of_k(const gmm_select *select, int k) {
  for (int i = 0; i < select->n_draws; i++) {
    if (select->draws[i].k == k) {
      return i;
    }
  }
  return -1;
}

/* The cell of a model with as many components, if it has an answer. */
static const gmm_cell *answer_of(const gmm_select *select, const gmm_model *model, int k) {
  for (int c = 0; c < select->n_cells; c++) {
    const gmm_cell *cell = &select->cells[c];
    if (cell->spec.model == model && cell->k == k) {
      return cell->winner >= 0 ? cell : NULL;
    }
  }
  return NULL;
}

static const gmm_frame *frame_of(const gmm_select *select, const gmm_model *model) {
  return &select->frame[model->column_units != 0];
}

/* Some rows, in a frame, filled by what fills those that are searched there. */
static void set_rows(const gmm_select *select, gmm_rows *rows, const gmm_data *data,
                     const gmm_frame *frame) {
  gmm_rows_set(rows, data, frame);
  if (data->n_patterns > 0) {
    rows->whole = &select->whole[frame == &select->metric ? 2 : frame - select->frame];
  }
}

static void set_searched(const gmm_select *select, gmm_rows *rows, const gmm_frame *frame) {
  set_rows(select, rows, select->searched, frame);
}

/* A visit ------------------------------------------------------------------------------- */

typedef enum offer_kind { OFFER_DRAWN, OFFER_SAME_K, OFFER_HALVES, OFFER_MERGED } offer_kind;

/* A start for a cell: a mixture, and what is to be done to it; component j is concerned. */
typedef struct offer {
  offer_kind kind;
  const gmm_params *from;
  const gmm_frame *frame;
  gmm_start_family family;
  int j;
} offer;

/*
 * whole         what fills in missing values, in the layout of the model
 * next          density of the mixture with one component more, or fewer
 * wide          room for the mixture with one more
 * normal, work  d
 */
typedef struct visit {
  gmm_cell *cell;
  gmm_rows rows;
  gmm_whole whole;
  gmm_search search;
  gmm_random random;
  const gmm_frame *frame;
  gmm_density next;
  gmm_params wide;
  double *normal, *work;
  offer *offers;
  int n_offers;
} visit;

/* That of the hierarchy, and those that are drawn. */
static int most_draws(const gmm_select *select) {
  return 1 + select->n_draw;
}

/* Those, one for each component of a neighbour, and one a model. */
static int most_offers(const gmm_select *select, int k) {
  return most_draws(select) + k + 1 + gmm_model_count();
}

static void visit_take(visit *v, gmm_arena *arena, const gmm_select *select, gmm_cell *cell,
                       const gmm_engine *engine) {
  gmm_layout layout = cell->spec.model->layout;
  int d = select->d, k = cell->k, most = most_offers(select, k);
  gmm_search_control control = cell->control;
  control.n_start = most;
  control.em.tol *= LOOSE;
  *v = (visit){.cell = cell, .frame = frame_of(select, cell->spec.model)};
  gmm_rows_take(&v->rows, arena, engine, layout, select->searched, k);
  gmm_search_take(&v->search, arena, &cell->spec, &v->rows, NULL, &v->rows, k, &control);
  if (select->data->n_patterns > 0) {
    gmm_whole_take(&v->whole, arena, layout, d);
  }
  gmm_params_take(&v->wide, arena, layout, d, k + 1);
  gmm_density_take(&v->next, arena, layout, d, k + 1);
  v->normal = gmm_arena_doubles(arena, (size_t)d);
  v->work = gmm_arena_doubles(arena, (size_t)d);
  v->offers = gmm_arena_take(arena, (size_t)most, sizeof(offer));
}

static gmm_status make_offer(void *self, int i, gmm_em *run, gmm_start_family *family) {
  visit *v = self;
  const offer *o = &v->offers[i];
  gmm_params *params = &run->params;
  *family = o->family;
  if (o->kind == OFFER_HALVES) {
    for (int a = 0; a < params->d; a++) {
      v->normal[a] = v->random.uniform(v->random.self) - 0.5;
    }
    gmm_params_convert(params, o->from);
    gmm_move_halve(params, &v->next, o->j, v->normal, v->work);
  } else if (o->kind == OFFER_MERGED) {
    gmm_params_convert(&v->wide, o->from);
    gmm_move_merge(&v->wide, &v->next, o->j, v->work);
    gmm_params_convert(params, &v->wide);
  } else {
    gmm_params_convert(params, o->from);
  }
  gmm_frame_change(o->frame, v->frame, params);
  if (v->rows.data->range && !(params->noise * v->rows.mass > GMM_NO_NOISE)) {
    gmm_params_set_noise(params, GMM_FIRST_NOISE);
  }
  if (o->kind == OFFER_DRAWN && v->search.spec.prior) {
    gmm_prior_shrink(v->search.spec.prior, v->rows.mass, params);
  }
  return gmm_search_enter(&v->search, run);
}

static void add_offer(visit *v, offer_kind kind, const gmm_params *from, const gmm_frame *frame,
                      gmm_start_family family, int j) {
  v->offers[v->n_offers++] = (offer){kind, from, frame, family, j};
}

/* Whether this way a model is told what another has found: the one that is contained upwards,
 * the one that contains it downwards. */
static int tells(const gmm_select *select, const gmm_model *from, const gmm_model *to) {
  return select->downwards ? gmm_model_contains(from, to) : gmm_model_contains(to, from);
}

/* What models with as many components have found, without those that have told another of
 * them. */
static void offer_same_k(visit *v, const gmm_select *select) {
  const gmm_model *model = v->cell->spec.model;
  int k = v->cell->k;
  for (int i = 0; i < gmm_model_count(); i++) {
    const gmm_model *from = gmm_model_at(i);
    const gmm_cell *cell = tells(select, from, model) ? answer_of(select, from, k) : NULL;
    int between = 0;
    for (int j = 0; j < gmm_model_count() && cell && !between; j++) {
      const gmm_model *third = gmm_model_at(j);
      between =
          tells(select, from, third) && tells(select, third, model) && answer_of(select, third, k);
    }
    if (cell && !between) {
      add_offer(v, OFFER_SAME_K, &cell->best.params, frame_of(select, from), GMM_START_NEIGHBOUR,
                0);
    }
  }
}

/* What the model has found with a component more, or fewer: each in halves; or each merged into
 * the nearest, but once where two are nearest to each other. */
static void offer_next_k(visit *v, const gmm_select *select) {
  int down = select->downwards, k = v->cell->k + (down ? 1 : -1);
  const gmm_cell *cell = answer_of(select, v->cell->spec.model, k);
  v->next.k = k;
  if (!cell || gmm_density_prepare(&v->next, &cell->best.params).code != GMM_OK) {
    return;
  }
  for (int j = 0; j < k; j++) {
    int i = down ? gmm_move_nearest(&v->next, j, v->work) : k;
    if (i > j || gmm_move_nearest(&v->next, i, v->work) != j) {
      add_offer(v, down ? OFFER_MERGED : OFFER_HALVES, &cell->best.params, v->frame,
                GMM_START_NEIGHBOUR, j);
    }
  }
}

static const gmm_draws *draws_of(const visit *v, const gmm_select *select) {
  return &select->draws[index_of_k(select, v->cell->k)];
}

static void offer_drawn(visit *v, const gmm_select *select, int from, int to) {
  const gmm_draws *draws = draws_of(v, select);
  for (int i = from; i < to; i++) {
    add_offer(v, OFFER_DRAWN, &draws->params[i], &select->frame[1], draws->family[i], 0);
  }
}

/* What a visit has found, for the cell. What it knew before is the first record: how that ended
 * may have changed, since it was polished. */
static void keep(visit *v, int known) {
  gmm_cell *cell = v->cell;
  const gmm_search *search = &v->search;
  const gmm_em *best = &search->best;
  if (known) {
    gmm_start_record *start = &cell->starts[cell->winner];
    gmm_start_family family = start->family;
    *start = search->starts[0];
    start->family = family;
  }
  int fresh = search->winner >= known;
  if (fresh || (search->winner >= 0 && best->n_pass > cell->best.n_pass)) {
    gmm_em kept = *best;
    kept.params = cell->best.params;
    kept.trace = cell->best.trace;
    cell->best = kept;
    gmm_params_copy(&cell->best.params, &best->params);
    memcpy(cell->best.trace, best->trace, ((size_t)best->n_iter + 1) * sizeof(double));
  }
  if (fresh) {
    cell->winner = cell->n_starts + search->winner - known;
  } else if (search->winner < 0) {
    cell->winner = -1;
  }
  for (int s = known; s < search->n_starts; s++) {
    cell->starts[cell->n_starts++] = search->starts[s];
  }
  double tie = GMM_SAME_MAXIMUM * v->rows.mass;
  for (int e = 0; e < search->elite.n; e++) {
    double loglik = search->elite.loglik[e];
    gmm_elite_add(&cell->elite, &search->elite.params[e], loglik, loglik - tie, loglik + tie);
  }
}

static int is_stopped(gmm_status status) {
  return status.code == GMM_EINTERRUPT || status.code == GMM_EDISTINCT;
}

/* Tries what is offered: the first `n_sure` and, of all, a third. */
static gmm_status try_offers(visit *v, int n_sure) {
  gmm_offers offers = {
      .n = v->n_offers,
      .n_finish = (v->n_offers + 2) / 3,
      .n_sure = n_sure,
      .make = make_offer,
      .self = v,
  };
  v->n_offers = 0;
  return offers.n > 0 ? gmm_search_try(&v->search, &offers) : v->cell->status;
}

/*
 * From small models to large ones. What is drawn by chance is for where there is no mixture of
 * one component less to begin with, or nothing else has led to anything proper.
 */
static gmm_status look_upwards(visit *v, const gmm_select *select) {
  const gmm_draws *draws = draws_of(v, select);
  if (draws->status.code != GMM_OK) {
    return draws->status;
  }
  offer_drawn(v, select, 0, draws->n_tree);
  offer_same_k(v, select);
  int others = v->n_offers;
  offer_next_k(v, select);
  int alone = v->n_offers == others;
  if (alone) {
    offer_drawn(v, select, draws->n_tree, draws->n);
  }
  gmm_status status = try_offers(v, draws->n_tree);
  if (v->search.winner < 0 && !alone && !is_stopped(status)) {
    offer_drawn(v, select, draws->n_tree, draws->n);
    status = try_offers(v, 0);
  }
  return status;
}

static gmm_status look_downwards(visit *v, const gmm_select *select) {
  offer_same_k(v, select);
  offer_next_k(v, select);
  return try_offers(v, 0);
}

static gmm_status search_cell(visit *v, const gmm_select *select) {
  gmm_cell *cell = v->cell;
  gmm_search *search = &v->search;
  int known = cell->winner >= 0;
  gmm_search_begin(search);
  gmm_status status = gmm_search_total(search, &v->rows);
  if (status.code != GMM_OK) {
    return status;
  }
  v->random = gmm_stream_random(&cell->stream);
  search->random = &v->random;
  if (known) {
    gmm_search_resume(search, &cell->best);
  }
  status = select->downwards ? look_downwards(v, select) : look_upwards(v, select);
  /* What the way up has not repaired, the way down need not try again. */
  int repairs = search->winner < 0 && search->faulty >= 0 && !select->downwards;
  if (status.code == GMM_OK || (repairs && !is_stopped(status))) {
    gmm_status moved = gmm_search_move(search);
    status = is_stopped(moved) || search->winner >= 0 ? moved : status;
  }
  if (select->downwards && search->winner >= 0 && !is_stopped(status)) {
    status = gmm_search_polish(search, cell->control.em.tol);
  }
  if (select->downwards && search->winner >= 0 && !is_stopped(status)) {
    gmm_status scored = gmm_search_entropy(search, &cell->entropy);
    status = scored.code == GMM_OK ? status : scored;
  }
  keep(v, known);
  return status;
}

/* What is known before a search. Only spherical models hold a constant variable, and no prior
 * does; and there may be fewer rows than all components need. */
static gmm_status may_fit(const gmm_select *select, const gmm_cell *cell, double mass) {
  const gmm_model *model = cell->spec.model;
  const gmm_search_control *control = &cell->control;
  int must_vary = model->layout == GMM_FULL || model->column_units || control->prior_size > 0;
  gmm_status status = select->framed[must_vary];
  double needed = control->prior_size > 0 ? 0 : cell->k * control->proper.min_size;
  if (status.code == GMM_OK && cell->k > 1 && needed > mass) {
    status = gmm_fail(GMM_ESMALL, cell->k - 1);
  }
  return status;
}

static void visit_cell(void *self, size_t i, int slot, int thread) {
  gmm_select *select = self;
  gmm_cell *cell = &select->cells[select->wave[i]];
  gmm_visitor *visitor = &select->visitors[thread];
  (void)slot;
  if (gmm_stop_raised(&select->stop)) {
    return;
  }
  visit v;
  gmm_arena arena = gmm_arena_over(visitor->memory);
  visit_take(&v, &arena, select, cell, &visitor->engine);
  set_searched(select, &v.rows, v.frame);
  if (v.rows.whole) {
    gmm_whole_change(&v.whole, v.rows.whole, v.frame, v.frame);
    v.rows.whole = &v.whole;
  }
  gmm_status status = may_fit(select, cell, v.rows.mass);
  if (status.code == GMM_OK) {
    status = search_cell(&v, select);
  }
  if (cell->winner < 0) {
    cell->status = status;
  }
}

/* Starts that all models share ------------------------------------------------------------ */

typedef struct drawing {
  gmm_rows rows, metric_rows, tree_rows;
  gmm_kmeans_work kmeans;
  gmm_em_work em;
  int *part;
  size_t *root;
} drawing;

static void drawing_take(drawing *w, gmm_arena *arena, const gmm_select *select,
                         const gmm_spec *spec, int k, const gmm_engine *engine) {
  const gmm_data *data = select->searched;
  gmm_layout metric = gmm_data_metric_layout(data, select->layout);
  gmm_rows_take(&w->rows, arena, engine, select->layout, data, k);
  gmm_rows_take(&w->metric_rows, arena, engine, metric, data, k);
  if (select->n_tree > 0) {
    gmm_rows_take(&w->tree_rows, arena, engine, select->layout, select->tree_data, k);
  }
  gmm_kmeans_take(&w->kmeans, arena, &w->metric_rows, k);
  gmm_em_work_take(&w->em, arena, spec->model, select->d, k);
  w->part = gmm_arena_take(arena, data->n, sizeof(int));
  w->root = gmm_arena_take(arena, select->n_tree, sizeof(size_t));
}

/* The model whose covariances are those of the parts. */
static gmm_spec moments_of(const gmm_select *select) {
  return (gmm_spec){.model = gmm_model_find(select->layout == GMM_FULL ? "VVV" : "VVI")};
}

static gmm_status grow_tree(gmm_select *select, gmm_random *random) {
  if (select->tree_data != select->searched) {
    gmm_sample_draw(&select->tree_sample, select->searched, random);
  }
  set_rows(select, &select->tree_rows, select->tree_data, &select->metric);
  return gmm_hierarchy_build(&select->tree, &select->tree_rows);
}

/* The start that the hierarchy gives. */
static gmm_status cut_tree(const gmm_select *select, const gmm_spec *spec, gmm_draws *draws,
                           drawing *w) {
  gmm_hierarchy_cut(&select->tree, draws->k, w->part, w->root);
  draws->family[0] = GMM_START_HIERARCHY;
  return gmm_start_mstep(spec, &w->tree_rows, w->part, NULL, &draws->params[0], &w->em);
}

static void draw_for_k(void *self, size_t i, int slot, int thread) {
  gmm_select *select = self;
  gmm_draws *draws = &select->draws[i];
  gmm_visitor *visitor = &select->visitors[thread];
  gmm_spec spec = moments_of(select);
  drawing w;
  gmm_arena arena = gmm_arena_over(visitor->memory);
  (void)slot;
  if (gmm_stop_raised(&select->stop)) {
    return;
  }
  drawing_take(&w, &arena, select, &spec, draws->k, &visitor->engine);
  set_searched(select, &w.rows, &select->frame[1]);
  set_searched(select, &w.metric_rows, &select->metric);
  if (select->n_tree > 0) {
    set_rows(select, &w.tree_rows, select->tree_data, &select->frame[1]);
  }
  gmm_random random = gmm_stream_random(&draws->stream);
  draws->status = gmm_ok();
  draws->n = draws->n_tree = draws->k > 1 && (size_t)draws->k <= select->n_tree;
  if (draws->n_tree > 0) {
    draws->status = cut_tree(select, &spec, draws, &w);
  }
  /* One component is not drawn, unless all but noise. */
  int n_draw = draws->k > 1 || select->data->range ? select->n_draw : 1;
  for (int s = 0; s < n_draw && draws->status.code == GMM_OK; s++) {
    gmm_start_family family = select->families[s % select->n_families];
    draws->family[draws->n] = family;
    draws->status = gmm_search_partition(&w.metric_rows, family, s, draws->k, select->kmeans_iter,
                                         &random, &w.kmeans, w.part);
    if (draws->status.code == GMM_OK) {
      draws->status =
          gmm_start_mstep(&spec, &w.rows, w.part, NULL, &draws->params[draws->n++], &w.em);
    }
  }
}

/* Memory ---------------------------------------------------------------------------------- */

/* Records of two visits. */
static size_t most_records(const gmm_select *select, const gmm_cell *cell) {
  gmm_search_control control = cell->control;
  control.n_start = most_offers(select, cell->k);
  return 2 * gmm_search_most_starts(&control);
}

static void take_cells(gmm_select *select, gmm_arena *arena) {
  for (int c = 0; c < select->n_cells; c++) {
    gmm_cell *cell = &select->cells[c];
    gmm_layout layout = cell->spec.model->layout;
    gmm_em_take(&cell->best, arena, layout, select->d, cell->k, cell->control.max_iter);
    gmm_elite_take(&cell->elite, arena, layout, select->d, cell->k, GMM_KEPT);
    cell->starts = gmm_arena_take(arena, most_records(select, cell), sizeof *cell->starts);
  }
}

static void take_draws(gmm_select *select, gmm_arena *arena) {
  size_t n_draw = (size_t)most_draws(select);
  int n = 0;
  select->draws = gmm_arena_take(arena, (size_t)select->n_cells, sizeof *select->draws);
  for (int k = 1; k <= select->most_k; k++) {
    int asked = 0;
    for (int c = 0; c < select->n_cells; c++) {
      asked |= select->cells[c].k == k;
    }
    if (!asked) {
      continue;
    }
    gmm_draws draws = {.k = k};
    draws.family = gmm_arena_take(arena, n_draw, sizeof *draws.family);
    draws.params = gmm_arena_take(arena, n_draw, sizeof *draws.params);
    for (size_t s = 0; s < n_draw; s++) {
      gmm_params params;
      gmm_params_take(&params, arena, select->layout, select->d, k);
      if (draws.params) {
        draws.params[s] = params;
      }
    }
    if (select->draws) {
      select->draws[n] = draws;
    }
    n++;
  }
  select->n_draws = n;
}

/* A hierarchy takes time with n^2 d; it knows of no classes. What is known of the rows is asked of
 * all of them: a sample that is only measured has no memory for it. */
static void take_tree(gmm_select *select, gmm_arena *arena) {
  const gmm_data *data = select->searched;
  double most = GMM_HIERARCHY_ROWS / fmax(1, sqrt(select->d / 10.0));
  size_t n = data->n > (size_t)most ? (size_t)most : data->n;
  select->n_tree = select->most_k > 1 && !select->data->label ? n : 0;
  if (select->n_tree == 0) {
    return;
  }
  select->tree_data = data;
  if (n < data->n) {
    gmm_sample_take(&select->tree_sample, arena, select->data, n);
    select->tree_data = &select->tree_sample.data;
  }
  gmm_layout metric = gmm_data_metric_layout(data, select->layout);
  gmm_rows_take(&select->tree_rows, arena, select->engine, metric, select->tree_data, 1);
  gmm_hierarchy_take(&select->tree, arena, n, select->d);
}

/* What fills in missing values. */
static void take_whole(gmm_select *select, gmm_arena *arena) {
  for (int i = 0; i < 3; i++) {
    gmm_whole_take(&select->whole[i], arena, select->layout, select->d);
  }
  gmm_whole_em_take(&select->whole_em, arena, select->layout, select->d);
  gmm_rows_take(&select->whole_rows, arena, select->engine, select->layout, select->searched, 1);
}

/* Bytes for the largest of what a visitor has to do. */
static size_t visitor_bytes(const gmm_select *select, const gmm_engine *engine) {
  size_t most = 0;
  gmm_spec spec = moments_of(select);
  for (int c = 0; c < select->n_cells; c++) {
    visit v;
    drawing w;
    gmm_arena visiting = {0}, drawing_starts = {0};
    visit_take(&v, &visiting, select, &select->cells[c], engine);
    drawing_take(&w, &drawing_starts, select, &spec, select->cells[c].k, engine);
    size_t bytes = gmm_arena_bytes(&visiting), other = gmm_arena_bytes(&drawing_starts);
    bytes = bytes > other ? bytes : other;
    most = bytes > most ? bytes : most;
  }
  return most;
}

void gmm_select_take(gmm_select *select, gmm_arena *arena) {
  const gmm_data *data = select->data;
  size_t n = data->n;
  int d = select->d = data->d;
  select->layout = GMM_DIAGONAL;
  select->most_k = 0;
  for (int c = 0; c < select->n_cells; c++) {
    const gmm_cell *cell = &select->cells[c];
    select->most_k = cell->k > select->most_k ? cell->k : select->most_k;
    if (cell->spec.model->layout == GMM_FULL) {
      select->layout = GMM_FULL;
    }
  }
  gmm_frame_take(&select->frame[0], arena, d);
  gmm_frame_take(&select->frame[1], arena, d);
  gmm_frame_take(&select->metric, arena, d);
  select->sd = gmm_arena_doubles(arena, (size_t)d);
  select->frame_work = gmm_arena_doubles(arena, gmm_frame_work(n, d));
  select->searched = data;
  if (n > select->sample) {
    gmm_sample_take(&select->sample_rows, arena, data, select->sample);
    select->searched = &select->sample_rows.data;
  }
  if (data->n_patterns > 0) {
    take_whole(select, arena);
  }
  take_tree(select, arena);
  take_cells(select, arena);
  take_draws(select, arena);
  select->wave = gmm_arena_take(arena, (size_t)select->n_cells, sizeof(int));

  int n_visitors =
      select->engine->threads < select->n_cells ? select->engine->threads : select->n_cells;
  select->n_visitors = n_visitors;
  select->visitors = gmm_arena_take(arena, (size_t)n_visitors, sizeof *select->visitors);
  gmm_engine alone = *select->engine;
  alone.threads = 1;
  size_t bytes = visitor_bytes(select, &alone);
  for (int i = 0; i < n_visitors; i++) {
    void *memory = gmm_arena_take(arena, bytes, 1);
    if (select->visitors) {
      select->visitors[i] = (gmm_visitor){.memory = memory, .engine = alone};
    }
  }
}

/* The run --------------------------------------------------------------------------------- */

/* The ears of visitors: the first asks the caller, and the others hear of it. */
static int ask_caller(void *self) {
  gmm_select *select = self;
  gmm_poll *poll = select->engine->poll;
  if (!gmm_stop_raised(&select->stop) && poll->poll && poll->poll(poll->self)) {
    gmm_stop_raise(&select->stop);
  }
  return gmm_stop_raised(&select->stop);
}

static int hear_of_it(void *self) {
  gmm_select *select = self;
  return gmm_stop_raised(&select->stop);
}

static void ask_while_idle(void *self) {
  (void)ask_caller(self);
}

static gmm_status run_wave(gmm_select *select, size_t n,
                           void (*item)(void *self, size_t i, int slot, int thread)) {
  gmm_poll poll = {ask_caller, select, 0};
  gmm_loop loop = {
      .n_items = n,
      .threads = select->n_visitors,
      .slots = n > 0 ? (int)n : 1,
      .work = 0,
      .item = item,
      .self = select,
      .idle = ask_while_idle,
  };
  gmm_status status = gmm_parallel_run(&loop, &poll);
  return gmm_stop_raised(&select->stop) ? gmm_fail(GMM_EINTERRUPT, -1) : status;
}

/* What a cell costs, more or less. */
static double cost_of(const gmm_cell *cell, int d) {
  return cell->k * (20 + 2.0 * (double)gmm_cov_size(cell->spec.model->layout, d));
}

/* Steps from where the upward way begins, or the other one. */
static int step_of(const gmm_select *select, const gmm_cell *cell) {
  int along = index_of_k(select, cell->k), level = gmm_model_level(cell->spec.model);
  return select->downwards ? select->n_draws - 1 - along + GMM_MODEL_LEVELS - 1 - level
                           : along + level;
}

/* The cells of one step, dear ones first, so that none is waited for long. */
static void find_wave(gmm_select *select, int step) {
  select->n_wave = 0;
  for (int c = 0; c < select->n_cells; c++) {
    if (step_of(select, &select->cells[c]) != step) {
      continue;
    }
    int at = select->n_wave++;
    double cost = cost_of(&select->cells[c], select->d);
    while (at > 0 && cost_of(&select->cells[select->wave[at - 1]], select->d) < cost) {
      select->wave[at] = select->wave[at - 1];
      at--;
    }
    select->wave[at] = c;
  }
}

static gmm_status visit_all(gmm_select *select, int downwards) {
  int steps = select->n_draws + GMM_MODEL_LEVELS - 1;
  gmm_status status = gmm_ok();
  select->downwards = downwards;
  for (int step = 0; step < steps && status.code == GMM_OK; step++) {
    find_wave(select, step);
    status = run_wave(select, (size_t)select->n_wave, visit_cell);
    if (status.code == GMM_OK && select->progress) {
      select->progress(select->progress_self, (downwards + (step + 1.0) / steps) / 2);
    }
  }
  return status;
}

/* What fills in missing values, in each frame. */
static gmm_status find_whole(gmm_select *select) {
  gmm_rows *rows = &select->whole_rows;
  gmm_rows_set(rows, select->searched, &select->frame[1]);
  gmm_status status = gmm_whole_find(&select->whole[1], rows, select->sd, &select->whole_em);
  if (status.code != GMM_OK) {
    return status;
  }
  gmm_whole_change(&select->whole[0], &select->whole[1], &select->frame[1], &select->frame[0]);
  gmm_whole_change(&select->whole[2], &select->whole[1], &select->frame[1], &select->metric);
  return gmm_ok();
}

static gmm_status look_at(gmm_select *select, gmm_random *random) {
  for (int units = 0; units < 2; units++) {
    gmm_status status = gmm_frame_of_rows(&select->frame[units], select->data, units, select->sd,
                                          select->engine, select->frame_work);
    if (status.code == GMM_EINTERRUPT) {
      return status;
    }
    select->framed[units] = status;
  }
  gmm_frame_metric(&select->metric, &select->frame[1], 1, select->sd);
  if (select->searched != select->data) {
    gmm_sample_draw(&select->sample_rows, select->data, random);
  }
  return select->data->n_patterns > 0 ? find_whole(select) : gmm_ok();
}

/* Answers and records in the coordinates of the data. */
static void leave_working_coordinates(gmm_select *select) {
  for (int c = 0; c < select->n_cells; c++) {
    gmm_cell *cell = &select->cells[c];
    const gmm_frame *frame = frame_of(select, cell->spec.model);
    double jacobian = 0;
    for (int s = 0; s < cell->n_starts; s++) {
      jacobian = cell->starts[s].jacobian;
      cell->starts[s].loglik += jacobian;
      cell->starts[s].end += jacobian;
    }
    for (int e = 0; e < cell->elite.n; e++) {
      gmm_frame_leave(frame, &cell->elite.params[e]);
    }
    if (cell->winner >= 0) {
      gmm_frame_leave(frame, &cell->best.params);
      for (int t = 0; t <= cell->best.n_iter; t++) {
        cell->best.trace[t] += jacobian;
      }
      cell->best.plain += jacobian;
    }
  }
}

gmm_status gmm_select_run(gmm_select *select, gmm_random *random) {
  select->stop = (gmm_stop){0};
  for (int i = 0; i < select->n_visitors; i++) {
    gmm_visitor *visitor = &select->visitors[i];
    visitor->poll = (gmm_poll){i == 0 ? ask_caller : hear_of_it, select, 0};
    visitor->engine.poll = &visitor->poll;
  }
  for (int i = 0; i < select->n_draws; i++) {
    gmm_stream_begin(&select->draws[i].stream, random);
  }
  for (int c = 0; c < select->n_cells; c++) {
    gmm_cell *cell = &select->cells[c];
    cell->status = gmm_ok();
    cell->n_starts = cell->elite.n = 0;
    cell->winner = -1;
    cell->entropy = NAN;
    gmm_stream_begin(&cell->stream, random);
  }
  gmm_status status = look_at(select, random);
  if (status.code == GMM_OK && select->n_tree > 0) {
    status = grow_tree(select, random);
  }
  if (status.code == GMM_OK) {
    status = run_wave(select, (size_t)select->n_draws, draw_for_k);
  }
  for (int downwards = 0; downwards < 2 && status.code == GMM_OK; downwards++) {
    status = visit_all(select, downwards);
  }
  if (status.code == GMM_OK) {
    leave_working_coordinates(select);
  }
  return status;
}
