/* The pieces of EM, each for itself: an M-step, and an E-step whose results
 * are kept. */
#include "r_entries.h"
#include "r_util.h"

#include "params.h"
#include "rows.h"
#include "start.h"

#include <string.h>

/* Both passes work on one data set at given dimensions. */
typedef struct pieces {
  gmm_poll poll;
  gmm_engine engine;
  gmm_frame frame;
  gmm_rows rows;
  gmm_params params;
  gmm_em_work work;
  double *sd, *frame_work;
  int *part;
} pieces;

static void pieces_take(pieces *p, gmm_arena *arena, const gmm_model *model, size_t n, int d, int k,
                        size_t n_part) {
  gmm_frame_take(&p->frame, arena, d);
  gmm_rows_take(&p->rows, arena, &p->engine, model->layout, n, d, k);
  gmm_params_take(&p->params, arena, model->layout, d, k);
  gmm_em_work_take(&p->work, arena, model, d, k);
  p->sd = gmm_arena_doubles(arena, (size_t)d);
  p->frame_work = gmm_arena_doubles(arena, gmm_frame_work(n, d));
  p->part = gmm_arena_take(arena, n_part, sizeof(int));
}

static void pieces_open(pieces *p, const gmm_model *model, SEXP x_, SEXP weights_, int min_rows,
                        int k, size_t n_part, SEXP engine_) {
  size_t n;
  int d;
  const double *x = gmm_r_matrix(x_, min_rows, &n, &d);
  gmm_arena arena = {0};
  p->poll = gmm_r_poll();
  p->engine = gmm_r_engine(engine_, &p->poll);
  pieces_take(p, &arena, model, n, d, k, n_part);
  arena = gmm_r_arena(&arena);
  pieces_take(p, &arena, model, n, d, k, n_part);
  gmm_rows_set(&p->rows, x, gmm_r_weights(weights_, n), &p->frame);
}

SEXP C_gmm_mstep(SEXP x_, SEXP weights_, SEXP k_, SEXP spec_, SEXP part_, SEXP r_, SEXP engine_) {
  gmm_spec spec = gmm_r_spec(spec_);
  int k = gmm_r_count(k_);
  size_t n_part = part_ == R_NilValue ? 0 : (size_t)Rf_xlength(part_);
  pieces p;
  pieces_open(&p, spec.model, x_, weights_, 1, k, n_part, engine_);

  size_t n = p.rows.n;
  if (part_ == R_NilValue ? TYPEOF(r_) != REALSXP || (size_t)Rf_xlength(r_) != n * (size_t)k
                          : TYPEOF(part_) != INTSXP || n_part != n) {
    Rf_error("internal error: memberships have the wrong type or length");
  }
  const int *part = n_part ? INTEGER_RO(part_) : NULL;
  for (size_t i = 0; i < n_part; i++) {
    p.part[i] = part[i] - 1;
  }

  /* A constant variable is no obstacle to an M-step with a closed form: its variance is
   * zero. */
  int column_units = spec.model->column_units;
  gmm_status status = gmm_frame_of_rows(&p.frame, p.rows.x, p.rows.weight, n, column_units, p.sd,
                                        &p.engine, p.frame_work);
  p.params.factors.exact = 1;
  p.params.factors.poll = &p.poll;
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

static SEXP row_names(SEXP x_) {
  SEXP names = Rf_getAttrib(x_, R_DimNamesSymbol);
  return names == R_NilValue ? R_NilValue : VECTOR_ELT(names, 0);
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

SEXP C_gmm_score(SEXP x_, SEXP k_, SEXP model_, SEXP parameters_, SEXP wanted_, SEXP engine_) {
  const gmm_model *model = gmm_r_model(model_);
  int k = gmm_r_count(k_);
  if (TYPEOF(wanted_) != STRSXP) {
    Rf_error("internal error: 'wanted' is not character");
  }
  pieces p;
  pieces_open(&p, model, x_, R_NilValue, 0, k, 0, engine_);
  gmm_r_params_in(parameters_, &p.params);
  gmm_frame_of_params(&p.frame, &p.params);
  gmm_frame_enter(&p.frame, &p.params);

  const char *names[] = {"status",      "responsibilities", "logdensity", "density",
                         "uncertainty", "loglik",           "class",      ""};
  size_t n = p.rows.n;
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SEXP rows = row_names(x_);
  gmm_scores scores = {0};
  if (wants(wanted_, "responsibilities")) {
    SEXP components = Rf_getAttrib(gmm_r_element(parameters_, "proportions"), R_NamesSymbol);
    scores.rows.r = responsibilities_out(out, 1, n, rows, components, k);
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
