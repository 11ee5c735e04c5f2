#include <math.h>

#include "select_parts.h"

/* Where cells are ----------------------------------------------------------------------- */

int gmm_select_index(const gmm_select *select, int k) {
  for (int i = 0; i < select->n_draws; i++) {
    if (select->draws[i].k == k) {
      return i;
    }
  }
  return -1;
}

const gmm_frame *gmm_select_frame(const gmm_select *select, const gmm_model *model) {
  return &select->frame[model->column_units != 0];
}

void gmm_select_set_rows(const gmm_select *select, gmm_rows *rows, const gmm_data *data,
                         const gmm_frame *frame) {
  gmm_rows_set(rows, data, frame);
  if (data->n_patterns > 0) {
    rows->whole = &select->whole[frame == &select->metric ? 2 : frame - select->frame];
  }
}

/* Memory ---------------------------------------------------------------------------------- */

static void take_cells(gmm_select *select, gmm_arena *arena) {
  for (int c = 0; c < select->n_cells; c++) {
    gmm_cell *cell = &select->cells[c];
    gmm_layout layout = cell->spec.model->layout;
    gmm_em_take(&cell->best, arena, layout, select->d, cell->k, cell->control.max_iter);
    gmm_elite_take(&cell->elite, arena, layout, select->d, cell->k, GMM_KEPT);
    cell->starts =
        gmm_arena_take(arena, gmm_select_most_records(select, cell), sizeof *cell->starts);
  }
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
  for (int c = 0; c < select->n_cells; c++) {
    gmm_cell *cell = &select->cells[c];
    size_t bytes = gmm_select_visit_bytes(select, cell, engine);
    size_t other = gmm_select_starts_bytes(select, cell->k, engine);
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
  gmm_select_starts_take(select, arena);
  take_cells(select, arena);
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
  int along = gmm_select_index(select, cell->k), level = gmm_model_level(cell->spec.model);
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
    status = run_wave(select, (size_t)select->n_wave, gmm_select_visit);
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
    const gmm_frame *frame = gmm_select_frame(select, cell->spec.model);
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
    status = gmm_select_grow_tree(select, random);
  }
  if (status.code == GMM_OK) {
    status = run_wave(select, (size_t)select->n_draws, gmm_select_find_starts);
  }
  for (int downwards = 0; downwards < 2 && status.code == GMM_OK; downwards++) {
    status = visit_all(select, downwards);
  }
  if (status.code == GMM_OK) {
    leave_working_coordinates(select);
  }
  return status;
}
