/* gmm_fit(): the search, from an R matrix to a list of results. */
#include "r_entries.h"
#include "r_util.h"

#include "fit.h"
#include "params.h"

#include <R_ext/Random.h>
#include <stdint.h>
#include <string.h>

/* The families of starts: integers in R's memory, as gmm_start_family has them. */
static const int *families_in(SEXP control, int *n) {
  SEXP families = gmm_r_element(control, "families");
  *n = TYPEOF(families) == INTSXP ? Rf_length(families) : 0;
  for (int i = 0; i < *n; i++) {
    int family = INTEGER(families)[i];
    if (family < GMM_START_KMEANS || family > GMM_START_RANDOM) {
      *n = 0;
    }
  }
  if (*n == 0) {
    Rf_error("internal error: no families of starts");
  }
  return INTEGER(families);
}

static gmm_search_control control_in(SEXP control) {
  int n_families;
  const int *families = families_in(control, &n_families);
  double sample = gmm_r_double(control, "sample");
  return (gmm_search_control){
      .families = families,
      .n_families = n_families,
      .n_start = gmm_r_int(control, "nstart", 1),
      .n_finish = gmm_r_int(control, "n_finish", 1),
      .n_enough = gmm_r_int(control, "n_enough", 1),
      .n_moves = gmm_r_int(control, "n_moves", 0),
      .short_iter = gmm_r_int(control, "short_iter", 0),
      .max_iter = gmm_r_int(control, "max_iter", 0),
      .kmeans_iter = gmm_r_int(control, "kmeans_iter", 0),
      .em = {.tol = gmm_r_double(control, "tol"),
             .accelerate = gmm_r_int(control, "accelerate", 0)},
      .proper = {.min_size = gmm_r_double(control, "min_size"),
                 .few_rows = gmm_r_double(control, "few_rows"),
                 .min_ratio = gmm_r_double(control, "min_ratio"),
                 .min_total = gmm_r_double(control, "min_total")},
      .prior_size = gmm_r_double(control, "prior_size"),
      .prior_scale = gmm_r_double(control, "prior_scale"),
      .sample = sample < (double)SIZE_MAX ? (size_t)sample : SIZE_MAX,
  };
}

/* The records of the starts, as the columns of a data frame. */
static SEXP starts_out(const gmm_search *search) {
  const char *names[] = {"family",   "n",         "loglik",    "n_iter", "n_pass",    "converged",
                         "finished", "duplicate", "overtaken", "code",   "component", ""};
  int n = search->n_starts;
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  int *family = INTEGER(gmm_r_column(out, 0, INTSXP, n));
  int *rows = INTEGER(gmm_r_column(out, 1, INTSXP, n));
  double *loglik = REAL(gmm_r_column(out, 2, REALSXP, n));
  int *n_iter = INTEGER(gmm_r_column(out, 3, INTSXP, n));
  int *n_pass = INTEGER(gmm_r_column(out, 4, INTSXP, n));
  int *converged = LOGICAL(gmm_r_column(out, 5, LGLSXP, n));
  int *finished = LOGICAL(gmm_r_column(out, 6, LGLSXP, n));
  int *duplicate = LOGICAL(gmm_r_column(out, 7, LGLSXP, n));
  int *overtaken = LOGICAL(gmm_r_column(out, 8, LGLSXP, n));
  SEXP code = gmm_r_column(out, 9, STRSXP, n);
  int *component = INTEGER(gmm_r_column(out, 10, INTSXP, n));
  for (int s = 0; s < n; s++) {
    const gmm_start_record *start = &search->starts[s];
    family[s] = (int)start->family;
    rows[s] = (int)start->n;
    loglik[s] = ISNAN(start->loglik) ? NA_REAL : start->loglik;
    n_iter[s] = start->n_iter;
    n_pass[s] = start->n_pass;
    converged[s] = start->converged;
    finished[s] = start->finished;
    duplicate[s] = start->duplicate;
    overtaken[s] = start->overtaken;
    SET_STRING_ELT(code, s, Rf_mkChar(gmm_r_code_name(start->status.code)));
    component[s] = gmm_r_index(start->status);
  }
  UNPROTECT(1);
  return out;
}

static SEXP result_out(const gmm_fit *fit, gmm_status status) {
  const char *names[] = {"status",       "starts",  "winner", "parameters", "n_iter", "converged",
                         "loglik_trace", "penalty", ""};
  const gmm_em *best = &fit->search.best;
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, gmm_r_status(status));
  SET_VECTOR_ELT(out, 1, starts_out(&fit->search));
  if (fit->search.winner >= 0) {
    SET_VECTOR_ELT(out, 2, Rf_ScalarInteger(fit->search.winner + 1));
    SET_VECTOR_ELT(out, 3, gmm_r_params_out(&best->params));
    SET_VECTOR_ELT(out, 4, Rf_ScalarInteger(best->n_iter));
    SET_VECTOR_ELT(out, 5, Rf_ScalarLogical(best->converged));
    SEXP trace = Rf_allocVector(REALSXP, best->n_iter + 1);
    SET_VECTOR_ELT(out, 6, trace);
    SET_VECTOR_ELT(out, 7, Rf_ScalarReal(best->penalty));
    memcpy(REAL(trace), best->trace, ((size_t)best->n_iter + 1) * sizeof(double));
  }
  UNPROTECT(1);
  return out;
}

SEXP C_gmm_fit(SEXP x_, SEXP k_, SEXP spec_, SEXP given_, SEXP control_) {
  size_t n;
  int d, k = gmm_r_count(k_), given = given_ != R_NilValue;
  const double *x = gmm_r_matrix(x_, 1, &n, &d);
  gmm_spec spec = gmm_r_spec(spec_);
  gmm_search_control control = control_in(control_);
  gmm_poll poll = gmm_r_poll();
  gmm_engine engine = gmm_r_engine(control_, &poll);

  gmm_fit fit;
  gmm_params from;
  gmm_arena arena = {0};
  gmm_fit_take(&fit, &arena, &spec, &engine, n, d, k, given, &control);
  gmm_params_take(&from, &arena, spec.model->layout, d, k);
  arena = gmm_r_arena(&arena);
  gmm_fit_take(&fit, &arena, &spec, &engine, n, d, k, given, &control);
  gmm_params_take(&from, &arena, spec.model->layout, d, k);
  if (given) {
    gmm_r_params_in(given_, &from);
  }

  gmm_random random = gmm_r_random();
  /* A start that is given draws nothing, and leaves R's generator alone. */
  if (!given) {
    GetRNGstate();
  }
  gmm_status status = gmm_fit_run(&fit, x, given ? &from : NULL, &random);
  if (!given) {
    PutRNGstate();
  }
  return result_out(&fit, status);
}

SEXP C_gmm_start(SEXP x_, SEXP k_, SEXP spec_, SEXP control_) {
  size_t n;
  int d, k = gmm_r_count(k_);
  const double *x = gmm_r_matrix(x_, 1, &n, &d);
  gmm_spec spec = gmm_r_spec(spec_);
  gmm_search_control control = control_in(control_);
  control.sample = SIZE_MAX;
  gmm_poll poll = gmm_r_poll();
  gmm_engine engine = gmm_r_engine(control_, &poll);

  gmm_fit fit;
  gmm_arena arena = {0};
  gmm_fit_take(&fit, &arena, &spec, &engine, n, d, k, 0, &control);
  arena = gmm_r_arena(&arena);
  gmm_fit_take(&fit, &arena, &spec, &engine, n, d, k, 0, &control);

  gmm_random random = gmm_r_random();
  GetRNGstate();
  gmm_status status = gmm_fit_start(&fit, x, &random);
  PutRNGstate();

  const char *names[] = {"status", "partition", "parameters", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, gmm_r_status(status));
  if (status.code == GMM_OK) {
    int *part = INTEGER(gmm_r_column(out, 1, INTSXP, (R_xlen_t)n));
    for (size_t i = 0; i < n; i++) {
      part[i] = fit.search.part[i] + 1;
    }
    SET_VECTOR_ELT(out, 2, gmm_r_params_out(&fit.search.batch[0].params));
  }
  UNPROTECT(1);
  return out;
}
