/* gmm_select(): the search for a grid of fits, from an R matrix to a list of results. */
#include "r_entries.h"
#include "r_search.h"

#include "params.h"
#include "select.h"

#include <R_ext/Random.h>

/* A cell is list(k =, spec =, control =). */
static gmm_cell cell_in(SEXP list) {
  return (gmm_cell){
      .k = gmm_r_int(list, "k", 1, GMM_R_MOST),
      .spec = gmm_r_spec(gmm_r_element(list, "spec")),
      .control = gmm_r_search_control(gmm_r_element(list, "control")),
  };
}

/* In R's memory, which R takes back when .Call ends. */
static gmm_cell *cells_in(SEXP cells, int *n) {
  *n = TYPEOF(cells) == VECSXP ? Rf_length(cells) : 0;
  if (*n == 0) {
    Rf_error("internal error: no cells");
  }
  gmm_cell *out = (gmm_cell *)R_alloc((size_t)*n, sizeof(gmm_cell));
  for (int c = 0; c < *n; c++) {
    out[c] = cell_in(VECTOR_ELT(cells, c));
  }
  return out;
}

/* The mixtures to try on all rows, as a list. */
static SEXP kept_out(const gmm_elite *elite) {
  int n = 0;
  while (n < elite->n && n < GMM_KEPT && elite->loglik[0] - elite->loglik[n] <= GMM_WITHIN) {
    n++;
  }
  SEXP out = PROTECT(Rf_allocVector(VECSXP, n));
  for (int e = 0; e < n; e++) {
    SET_VECTOR_ELT(out, e, gmm_r_params_out(&elite->params[e]));
  }
  UNPROTECT(1);
  return out;
}

static SEXP cell_out(const gmm_cell *cell, int sampled) {
  const char *names[] = {"result", "kept", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0,
                 gmm_r_result(cell->status, cell->starts, cell->n_starts, cell->winner, &cell->best,
                              cell->entropy));
  if (sampled) {
    SET_VECTOR_ELT(out, 1, kept_out(&cell->elite));
  }
  UNPROTECT(1);
  return out;
}

/* An R function that is told of one number, but not more often than somebody looks. */
typedef struct listener {
  SEXP function;
  double told;
} listener;

#define TELL_EVERY 0.1

static void tell(void *self, double share) {
  listener *to = self;
  double now = gmm_threads_clock();
  if (now - to->told < TELL_EVERY) {
    return;
  }
  to->told = now;
  SEXP call = PROTECT(Rf_lang2(to->function, PROTECT(Rf_ScalarReal(share))));
  Rf_eval(call, R_GlobalEnv);
  UNPROTECT(2);
}

SEXP C_gmm_select(SEXP rows_, SEXP cells_, SEXP control_, SEXP progress_) {
  if (progress_ != R_NilValue && !Rf_isFunction(progress_)) {
    Rf_error("internal error: 'progress' is no function");
  }
  gmm_r_held held;
  gmm_poll poll = gmm_r_patient_poll(&held);
  gmm_engine engine = gmm_r_engine(control_, &poll);
  gmm_search_control control = gmm_r_search_control(control_);
  listener to = {progress_, gmm_threads_clock()};
  gmm_select select = {
      .families = control.families,
      .n_families = control.n_families,
      .n_draw = control.n_start,
      .kmeans_iter = control.kmeans_iter,
      .sample = control.sample,
      .engine = &engine,
      .progress = progress_ == R_NilValue ? NULL : tell,
      .progress_self = &to,
  };
  select.cells = cells_in(cells_, &select.n_cells);
  int least_k = select.cells[0].k, most_k = least_k;
  for (int c = 1; c < select.n_cells; c++) {
    least_k = select.cells[c].k < least_k ? select.cells[c].k : least_k;
    most_k = select.cells[c].k > most_k ? select.cells[c].k : most_k;
  }
  gmm_data data = gmm_r_data(rows_, most_k, least_k);
  select.data = &data;

  gmm_arena arena = {0};
  gmm_select_take(&select, &arena);
  size_t measured = arena.used;
  arena = gmm_r_arena(&arena);
  gmm_select_take(&select, &arena);
  gmm_r_fits(&arena, measured);

  gmm_random random = gmm_r_random();
  GetRNGstate();
  gmm_status status = gmm_select_run(&select, &random);
  PutRNGstate();
  gmm_r_let_jump(&held);
  if (status.code != GMM_OK) {
    Rf_error("internal error: the search was stopped by nobody");
  }

  SEXP out = PROTECT(Rf_allocVector(VECSXP, select.n_cells));
  for (int c = 0; c < select.n_cells; c++) {
    SET_VECTOR_ELT(out, c, cell_out(&select.cells[c], select.searched != select.data));
  }
  UNPROTECT(2);
  return out;
}
