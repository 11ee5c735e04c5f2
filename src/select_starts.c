#include <math.h>

#include "params.h"
#include "select_parts.h"
#include "start.h"

/* Memory ---------------------------------------------------------------------------------- */

int gmm_select_most_starts(const gmm_select *select) {
  return 1 + select->n_draw;
}

static void take_draws(gmm_select *select, gmm_arena *arena) {
  size_t n_draw = (size_t)gmm_select_most_starts(select);
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

void gmm_select_starts_take(gmm_select *select, gmm_arena *arena) {
  take_tree(select, arena);
  take_draws(select, arena);
}

/* Finding them ---------------------------------------------------------------------------- */

/* The model whose covariances are those of the parts. */
static gmm_spec moments_of(const gmm_select *select) {
  return (gmm_spec){.model = gmm_model_find(select->layout == GMM_FULL ? "VVV" : "VVI")};
}

typedef struct drawing {
  gmm_rows rows, metric_rows, tree_rows;
  gmm_kmeans_work kmeans;
  gmm_em_work em;
  int *part;
  size_t *root;
} drawing;

static void drawing_take(drawing *w, gmm_arena *arena, const gmm_select *select, int k,
                         const gmm_engine *engine) {
  const gmm_data *data = select->searched;
  gmm_layout metric = gmm_data_metric_layout(data, select->layout);
  gmm_rows_take(&w->rows, arena, engine, select->layout, data, k);
  gmm_rows_take(&w->metric_rows, arena, engine, metric, data, k);
  if (select->n_tree > 0) {
    gmm_rows_take(&w->tree_rows, arena, engine, select->layout, select->tree_data, k);
  }
  gmm_kmeans_take(&w->kmeans, arena, &w->metric_rows, k);
  gmm_em_work_take(&w->em, arena, moments_of(select).model, select->d, k);
  w->part = gmm_arena_take(arena, data->n, sizeof(int));
  w->root = gmm_arena_take(arena, select->n_tree, sizeof(size_t));
}

gmm_status gmm_select_grow_tree(gmm_select *select, gmm_random *random) {
  if (select->tree_data != select->searched) {
    gmm_sample_draw(&select->tree_sample, select->searched, random);
  }
  gmm_select_set_rows(select, &select->tree_rows, select->tree_data, &select->metric);
  return gmm_hierarchy_build(&select->tree, &select->tree_rows);
}

/* The start that the hierarchy gives. */
static gmm_status cut_tree(const gmm_select *select, const gmm_spec *spec, gmm_draws *draws,
                           drawing *w) {
  gmm_hierarchy_cut(&select->tree, draws->k, w->part, w->root);
  draws->family[0] = GMM_START_HIERARCHY;
  return gmm_start_mstep(spec, &w->tree_rows, w->part, NULL, &draws->params[0], &w->em);
}

void gmm_select_find_starts(void *self, size_t i, int slot, int thread) {
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
  drawing_take(&w, &arena, select, draws->k, &visitor->engine);
  gmm_select_set_rows(select, &w.rows, select->searched, &select->frame[1]);
  gmm_select_set_rows(select, &w.metric_rows, select->searched, &select->metric);
  if (select->n_tree > 0) {
    gmm_select_set_rows(select, &w.tree_rows, select->tree_data, &select->frame[1]);
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

size_t gmm_select_starts_bytes(const gmm_select *select, int k, const gmm_engine *engine) {
  drawing w;
  gmm_arena arena = {0};
  drawing_take(&w, &arena, select, k, engine);
  return gmm_arena_bytes(&arena);
}
