/* Moves of a search: from the best so far to another place, and repairs. */
#include "moves.h"

#include <math.h>

#include "mstep.h"
#include "params.h"
#include "search_runs.h"

/* Rows that a component can be gathered from: enough for a covariance, and not many more. */
#define LEAST_GATHERED(d) ((d) + 2)
#define MOST_GATHERED(d) (3 * (d) + 2)

static int most_moves(const gmm_search_control *control) {
  return GMM_MOVES_FACTOR * control->n_moves;
}

int gmm_search_most_moves(const gmm_search_control *control) {
  return most_moves(control) + control->n_repairs;
}

void gmm_search_moves_take(gmm_search *search, gmm_arena *arena) {
  gmm_layout layout = search->spec.model->layout;
  int d = search->rows->d;
  gmm_nearby_take(&search->nearby, arena, d, MOST_GATHERED(d));
  search->row = gmm_arena_doubles(arena, (size_t)d);
  search->mean = gmm_arena_doubles(arena, (size_t)d);
  search->covariance = gmm_arena_doubles(arena, gmm_cov_size(layout, d));
  search->move_work = gmm_arena_doubles(arena, (size_t)d);
}

static double draw(gmm_search *search) {
  return search->random->uniform(search->random->self);
}

static size_t draw_below(gmm_search *search, size_t n) {
  size_t i = (size_t)(draw(search) * (double)n);
  return i < n ? i : n - 1;
}

/* Every other move is from another of the best few, where the best may be a dead end. An
 * index among the elite, whose first is the best of all, if there is a best. */
#define BASES 5

static int draw_base(gmm_search *search) {
  int n = search->elite.n < BASES ? search->elite.n : BASES;
  return n > 1 && draw(search) < 0.5 ? 1 + (int)draw_below(search, (size_t)n - 1) : 0;
}

/* A component of a few rows near one, from surroundings that are narrow or wide: any number
 * of rows, with the same chances on the scale of logarithms. */
static gmm_status gather(gmm_search *search, gmm_params *params) {
  const gmm_rows *rows = search->rows;
  const gmm_density *density = &search->em_work.density;
  int d = rows->d, least = LEAST_GATHERED(d);
  int most = least + (int)draw_below(search, (size_t)(MOST_GATHERED(d) - least + 1));
  double share = pow(fmin(1, least / rows->mass), draw(search));
  gmm_rows_row(rows, gmm_rows_draw(rows, draw(search)), search->row);
  int owner = gmm_density_owner(density, search->row, search->move_work);
  int i = search->winner < 0 ? search->faulty : (int)draw_below(search, (size_t)params->k);
  gmm_status status = gmm_nearby_draw(&search->nearby, rows, density, owner, search->row, most,
                                      share, search->random);
  if (status.code == GMM_OK && search->nearby.n > 0) {
    gmm_nearby_moments(&search->nearby, rows, params->layout, search->mean, search->covariance);
    gmm_move_gather(params, i, owner, search->nearby.mass / rows->mass, search->mean,
                    search->covariance);
  }
  return status;
}

/* Which of the components that do not own the row is to move there: any, or the faulty one; if
 * that owns it, one beside it. */
static int draw_away(gmm_search *search, int k) {
  if (search->winner >= 0) {
    return (int)draw_below(search, (size_t)k - 1);
  }
  int owner = gmm_density_owner(&search->em_work.density, search->row, search->move_work);
  int away = search->faulty - (search->faulty > owner);
  return away < k - 1 ? away : k - 2;
}

/* Makes the trial a run that begins at a move. */
static gmm_status make_move(gmm_search *search) {
  gmm_em *trial = &search->trial;
  gmm_em_work *work = &search->em_work;
  const gmm_elite *elite = &search->elite;
  size_t k = (size_t)trial->params.k;
  gmm_em_begin(trial);
  int from = search->winner < 0 ? 0 : draw_base(search);
  const gmm_params *base = from == 0 ? &search->best.params : &elite->params[from];
  gmm_params_copy(&trial->params, base);
  trial->params.factors.poll = search->rows->engine->poll;
  gmm_status status = gmm_density_prepare(&work->density, base);
  if (status.code != GMM_OK) {
    return status;
  }
  if (draw(search) < 0.5) {
    status = gather(search, &trial->params);
  } else if (elite->n > 1 && draw(search) < 0.5) {
    int e = (int)draw_below(search, (size_t)elite->n - 1);
    const gmm_params *other = &elite->params[e + (e >= from)];
    int b = (int)draw_below(search, k);
    int i = draw(search) < 0.5 ? -1 : (int)draw_below(search, k);
    gmm_move_graft(&trial->params, &work->density, other, b, i, search->move_work);
  } else {
    gmm_rows_row(search->rows, gmm_rows_draw(search->rows, draw(search)), search->row);
    int away = draw_away(search, (int)k), merge = draw(search) < 0.5;
    gmm_move_split(&trial->params, &work->density, search->row, away, merge, search->move_work);
  }
  return status.code == GMM_OK
             ? gmm_mstep_project(&search->spec, &work->stats, &trial->params, work->mstep)
             : status;
}

static int has_enough(const gmm_search *search) {
  return search->winner >= 0 && gmm_em_loglik(&search->best) >= search->enough;
}

gmm_status gmm_search_repair(gmm_search *search) {
  int left = search->best.params.k > 1 ? search->control.n_repairs : 0;
  gmm_status status = gmm_ok();
  for (; left > 0 && !has_enough(search); left--) {
    gmm_start_record *start = gmm_search_next_record(search, GMM_START_MOVE, search->rows);
    status = make_move(search);
    if (status.code == GMM_OK) {
      status = gmm_search_finish_trial(search, search->rows, 0, start);
    } else {
      gmm_search_record(start, &search->trial, status);
    }
    if (gmm_search_is_fatal(status)) {
      return status;
    }
    if (search->winner < 0 && gmm_search_is_improper(status)) {
      gmm_search_keep_faulty(search, &search->trial, status);
    }
  }
  return gmm_ok();
}

gmm_status gmm_search_move(gmm_search *search) {
  const gmm_search_control *control = &search->control;
  if (search->winner < 0 && search->faulty >= 0) {
    gmm_status status = gmm_search_repair(search);
    if (status.code != GMM_OK) {
      return status;
    }
  }
  if (search->winner < 0) {
    return gmm_ok();
  }
  double gain = gmm_search_same_maximum(search->rows);
  int agreed = search->hits >= control->n_enough;
  int patience = agreed ? control->n_moves_agreed : control->n_moves;
  int in_vain = 0, left = search->best.params.k > 1 ? most_moves(control) : 0;
  for (; in_vain < patience && left > 0; left--) {
    gmm_start_record *start = gmm_search_next_record(search, GMM_START_MOVE, search->rows);
    double best = gmm_em_loglik(&search->best);
    gmm_status status = make_move(search);
    if (status.code == GMM_OK) {
      status = gmm_search_finish_trial(search, search->rows, gain, start);
    } else {
      gmm_search_record(start, &search->trial, status);
    }
    if (gmm_search_is_fatal(status)) {
      return status;
    }
    in_vain = gmm_em_loglik(&search->best) > best + gain ? 0 : in_vain + 1;
  }
  return gmm_ok();
}
