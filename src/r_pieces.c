/* The pieces of EM, each for itself: an M-step, and an E-step whose results
 * are kept. */
#include "r_entries.h"
#include "r_util.h"

#include "params.h"
#include "rows.h"
#include "start.h"
#include "whole.h"

#include <string.h>

/* Both passes work on one data set at given dimensions. */
typedef struct pieces {
  gmm_poll poll;
  gmm_engine engine;
  gmm_data data;
  gmm_frame frame;
  gmm_rows rows;
  gmm_params params;
  gmm_em_work work;
  gmm_whole whole;
  gmm_whole_em whole_em;
  double *sd, *frame_work;
  int *part;
} pieces;

static void pieces_take(pieces *p, gmm_arena *arena, const gmm_model *model, int k, size_t n_part) {
  int d = p->data.d;
  gmm_frame_take(&p->frame, arena, d);
  gmm_rows_take(&p->rows, arena, &p->engine, model->layout, &p->data, k);
  gmm_params_take(&p->params, arena, model->layout, d, k);
  gmm_em_work_take(&p->work, arena, model, d, k);
  p->sd = gmm_arena_doubles(arena, (size_t)d);
  p->frame_work = gmm_arena_doubles(arena, gmm_frame_work(p->data.n, d));
  p->part = gmm_arena_take(arena, n_part, sizeof(int));
  if (p->data.n_patterns > 0) {
    gmm_whole_take(&p->whole, arena, model->layout, d);
    gmm_whole_em_take(&p->whole_em, arena, model->layout, d);
  }
}

static void pieces_open(pieces *p, const gmm_model *model, SEXP rows_, int min_rows, int k,
                        size_t n_part, SEXP engine_) {
  p->data = gmm_r_data(rows_, min_rows, k);
  gmm_arena arena = {0};
  p->poll = gmm_r_poll();
  p->engine = gmm_r_engine(engine_, &p->poll);
  pieces_take(p, &arena, model, k, n_part);
  size_t measured = arena.used;
  arena = gmm_r_arena(&arena);
  pieces_take(p, &arena, model, k, n_part);
  gmm_r_fits(&arena, measured);
  gmm_rows_set(&p->rows, &p->data, &p->frame);
}

SEXP C_gmm_mstep(SEXP rows_, SEXP k_, SEXP spec_, SEXP part_, SEXP r_, SEXP engine_) {
  gmm_spec spec = gmm_r_spec(spec_);
  int k = gmm_r_count(k_);
  size_t n_part = part_ == R_NilValue ? 0 : (size_t)Rf_xlength(part_);
  pieces p;
  pieces_open(&p, spec.model, rows_, 1, k, n_part, engine_);

  size_t n = p.rows.n;
  if (part_ == R_NilValue ? TYPEOF(r_) != REALSXP || (size_t)Rf_xlength(r_) != n * (size_t)k
                          : TYPEOF(part_) != INTSXP || n_part != n) {
    Rf_error("internal error: memberships have the wrong type or length");
  }
  const int *part = n_part ? INTEGER_RO(part_) : NULL;
  for (size_t i = 0; i < n_part; i++) {
    if (part[i] > k) {
      Rf_error("internal error: row %.0f is of part %d of %d", (double)i + 1, part[i], k);
    }
    p.part[i] = part[i] > 0 ? part[i] - 1 : GMM_UNKNOWN;
  }

  /* A constant variable is no obstacle to an M-step with a closed form: its variance is
   * zero. */
  int column_units = spec.model->column_units;
  gmm_status status =
      gmm_frame_of_rows(&p.frame, &p.data, column_units, p.sd, &p.engine, p.frame_work);
  p.params.factors.exact = 1;
  p.params.factors.poll = &p.poll;
  if (p.data.n_patterns > 0 && (status.code == GMM_OK || status.code == GMM_ECONSTANT)) {
    status = gmm_whole_find(&p.whole, &p.rows, p.sd, &p.whole_em);
  }
  if (status.code == GMM_OK || status.code == GMM_ECONSTANT) {
    status = gmm_start_mstep(&spec, &p.rows, n_part ? p.part : NULL, n_part ? NULL : REAL_RO(r_),
                             &p.params, &p.work);
  }
  const char *names[] = {"status", "parameters", "settled", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, gmm_r_status(status));
  if (status.code == GMM_OK) {
    gmm_frame_leave(&p.frame, &p.params);
    SET_VECTOR_ELT(out, 1, gmm_r_params_out(&p.params));
    SET_VECTOR_ELT(out, 2, Rf_ScalarLogical(p.params.factors.settled));
  }
  UNPROTECT(1);
  return out;
}

static int wants(SEXP wanted, const char *name) {
  for (R_xlen_t i = 0; i < Rf_xlength(wanted); i++) {
    if (strcmp(CHAR(STRING_ELT(wanted, i)), name) == 0) {
      return 1;
    }
  }
  return 0;
}

/* Names are given here: in R they would take a copy. */
static void name_rows(SEXP value, SEXP rows) {
  if (rows != R_NilValue) {
    Rf_setAttrib(value, R_NamesSymbol, rows);
  }
}

static void name_matrix(SEXP value, SEXP rows, SEXP columns) {
  SEXP names = PROTECT(Rf_allocVector(VECSXP, 2));
  SET_VECTOR_ELT(names, 0, rows);
  SET_VECTOR_ELT(names, 1, columns);
  Rf_setAttrib(value, R_DimNamesSymbol, names);
  UNPROTECT(1);
}

static SEXP row_names(SEXP rows_) {
  SEXP names = Rf_getAttrib(gmm_r_element(rows_, "x"), R_DimNamesSymbol);
  return names == R_NilValue ? R_NilValue : VECTOR_ELT(names, 0);
}

/* Those of the proportions, and of noise. */
static SEXP component_names(SEXP proportions, int k, int noisy) {
  SEXP names = Rf_getAttrib(proportions, R_NamesSymbol);
  if (!noisy || names == R_NilValue) {
    return names;
  }
  SEXP all = PROTECT(Rf_allocVector(STRSXP, k + 1));
  for (int j = 0; j < k; j++) {
    SET_STRING_ELT(all, j, STRING_ELT(names, j));
  }
  SET_STRING_ELT(all, k, Rf_mkChar("noise"));
  UNPROTECT(1);
  return all;
}

static double *responsibilities_out(SEXP out, int i, size_t n, SEXP rows, SEXP components, int k) {
  SEXP value = Rf_allocMatrix(REALSXP, (int)n, k);
  SET_VECTOR_ELT(out, i, value);
  name_matrix(value, rows, components);
  gmm_r_fresh(REAL(value), n * (size_t)k * sizeof(double));
  return REAL(value);
}

static double *doubles_out(SEXP out, int i, size_t n, SEXP rows) {
  SEXP value = gmm_r_column(out, i, REALSXP, (R_xlen_t)n);
  name_rows(value, rows);
  gmm_r_fresh(REAL(value), n * sizeof(double));
  return REAL(value);
}

static int *integers_out(SEXP out, int i, size_t n, SEXP rows) {
  SEXP value = gmm_r_column(out, i, INTSXP, (R_xlen_t)n);
  name_rows(value, rows);
  gmm_r_fresh(INTEGER(value), n * sizeof(int));
  return INTEGER(value);
}

SEXP C_gmm_score(SEXP rows_, SEXP k_, SEXP model_, SEXP parameters_, SEXP wanted_, SEXP engine_) {
  const gmm_model *model = gmm_r_model(model_);
  int k = gmm_r_count(k_);
  if (TYPEOF(wanted_) != STRSXP) {
    Rf_error("internal error: 'wanted' is not character");
  }
  pieces p;
  pieces_open(&p, model, rows_, 0, k, 0, engine_);
  gmm_r_params_in(parameters_, &p.params);
  gmm_frame_of_params(&p.frame, &p.params);
  gmm_frame_enter(&p.frame, &p.params);

  const char *names[] = {"status",      "responsibilities", "logdensity", "density",
                         "uncertainty", "loglik",           "class",      ""};
  size_t n = p.rows.n;
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SEXP rows = row_names(rows_);
  gmm_scores scores = {0};
  if (wants(wanted_, "responsibilities")) {
    SEXP proportions = gmm_r_element(parameters_, "proportions");
    int noisy = p.data.range != NULL;
    SEXP components = PROTECT(component_names(proportions, k, noisy));
    scores.rows.r = responsibilities_out(out, 1, n, rows, components, k + noisy);
    UNPROTECT(1);
  }
  if (wants(wanted_, "logdensity")) {
    scores.rows.logdens = doubles_out(out, 2, n, rows);
  }
  if (wants(wanted_, "density")) {
    scores.rows.density = doubles_out(out, 3, n, rows);
  }
  if (wants(wanted_, "uncertainty")) {
    scores.rows.uncertainty = doubles_out(out, 4, n, rows);
  }
  scores.loglik = doubles_out(out, 5, 1, R_NilValue);
  if (wants(wanted_, "class")) {
    scores.rows.class = integers_out(out, 6, n, rows);
  }
  gmm_status status = gmm_density_prepare(&p.work.density, &p.params);
  if (status.code == GMM_OK) {
    status = gmm_rows_score(&p.rows, &p.work.density, &scores);
  }
  SET_VECTOR_ELT(out, 0, gmm_r_status(status));
  UNPROTECT(1);
  return out;
}
