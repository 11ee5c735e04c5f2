#include <string.h>

#include "moves.h"
#include "params.h"
#include "select_parts.h"

/* Runs stop while so much may be to come for each row, unless they are not to go so far: most only
 * tell which is best, which then goes on. Less than what tells maxima apart (GMM_SAME_MAXIMUM). */
#define LOOSE 3e-7

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

/* Those, one for each component of a neighbour, and one a model. */
static int most_offers(const gmm_select *select, int k) {
  return gmm_select_most_starts(select) + k + 1 + gmm_model_count();
}

static void visit_take(visit *v, gmm_arena *arena, const gmm_select *select, gmm_cell *cell,
                       const gmm_engine *engine) {
  gmm_layout layout = cell->spec.model->layout;
  int d = select->d, k = cell->k, most = most_offers(select, k);
  gmm_search_control control = cell->control;
  control.n_start = most;
  if (control.em.tol > 0 && control.em.tol < LOOSE) {
    control.em.tol = LOOSE;
  }
  *v = (visit){.cell = cell, .frame = gmm_select_frame(select, cell->spec.model)};
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
      add_offer(v, OFFER_SAME_K, &cell->best.params, gmm_select_frame(select, from),
                GMM_START_NEIGHBOUR, 0);
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
  return &select->draws[gmm_select_index(select, v->cell->k)];
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
  /* One component beside noise depends on how much of that there is to begin with. */
  int sure = v->cell->k == 1 ? v->n_offers : draws->n_tree;
  gmm_status status = try_offers(v, sure);
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

void gmm_select_visit(void *self, size_t i, int slot, int thread) {
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
  gmm_select_set_rows(select, &v.rows, select->searched, v.frame);
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

size_t gmm_select_visit_bytes(const gmm_select *select, gmm_cell *cell, const gmm_engine *engine) {
  visit v;
  gmm_arena arena = {0};
  visit_take(&v, &arena, select, cell, engine);
  return gmm_arena_bytes(&arena);
}

size_t gmm_select_most_records(const gmm_select *select, const gmm_cell *cell) {
  gmm_search_control control = cell->control;
  control.n_start = most_offers(select, cell->k);
  return 2 * gmm_search_most_records(&control);
}
