#include "r_search.h"

#include <stdint.h>
#include <string.h>

/* As much as R lets pass, or more: there is memory for each. */
#define MOST_RUNS 1000000
#define MOST_ITERATIONS 1000000

const int *gmm_r_families(SEXP control, int *n) {
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

gmm_search_control gmm_r_search_control(SEXP control) {
  int n_families;
  const int *families = gmm_r_families(control, &n_families);
  double sample = gmm_r_double(control, "sample");
  if (!(sample >= 1)) {
    Rf_error("internal error: 'sample' is no number of rows");
  }
  return (gmm_search_control){
      .families = families,
      .n_families = n_families,
      .n_start = gmm_r_int(control, "nstart", 1, MOST_RUNS),
      .n_finish = gmm_r_int(control, "n_finish", 1, INT_MAX),
      .n_enough = gmm_r_int(control, "n_enough", 1, INT_MAX),
      .n_moves = gmm_r_int(control, "n_moves", 0, MOST_RUNS),
      .n_repairs = gmm_r_int(control, "n_repairs", 0, MOST_RUNS),
      .n_moves_agreed = gmm_r_int(control, "n_moves_agreed", 0, INT_MAX),
      .short_iter = gmm_r_int(control, "short_iter", 0, MOST_ITERATIONS),
      .max_iter = gmm_r_int(control, "max_iter", 0, MOST_ITERATIONS),
      .kmeans_iter = gmm_r_int(control, "kmeans_iter", 0, INT_MAX),
      .em = {.tol = gmm_r_double(control, "tol"),
             .accelerate = gmm_r_int(control, "accelerate", 0, INT_MAX)},
      .proper = {.min_size = gmm_r_double(control, "min_size"),
                 .few_rows = gmm_r_double(control, "few_rows"),
                 .min_ratio = gmm_r_double(control, "min_ratio"),
                 .min_total = gmm_r_double(control, "min_total"),
                 .min_rounding = gmm_r_double(control, "min_rounding")},
      .prior_size = gmm_r_double(control, "prior_size"),
      .prior_scale = gmm_r_double(control, "prior_scale"),
      .sample = sample < (double)SIZE_MAX ? (size_t)sample : SIZE_MAX,
  };
}

SEXP gmm_r_starts(const gmm_start_record *starts, int n) {
  const char *names[] = {"family",    "n",        "loglik",    "n_iter",    "n_pass",
                         "converged", "finished", "duplicate", "overtaken", "code",
                         "component", "end",      "mass",      ""};
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
  double *end = REAL(gmm_r_column(out, 11, REALSXP, n));
  double *mass = REAL(gmm_r_column(out, 12, REALSXP, n));
  for (int s = 0; s < n; s++) {
    const gmm_start_record *start = &starts[s];
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
    mass[s] = start->mass;
    end[s] = ISNAN(start->end) ? NA_REAL : start->end;
  }
  UNPROTECT(1);
  return out;
}

SEXP gmm_r_result(gmm_status status, const gmm_start_record *starts, int n_starts, int winner,
                  const gmm_em *best, double entropy) {
  const char *names[] = {"status",    "starts",       "winner", "parameters", "n_iter",
                         "converged", "loglik_trace", "loglik", "entropy",    ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, gmm_r_status(status));
  SET_VECTOR_ELT(out, 1, gmm_r_starts(starts, n_starts));
  if (winner >= 0) {
    SET_VECTOR_ELT(out, 2, Rf_ScalarInteger(winner + 1));
    SET_VECTOR_ELT(out, 3, gmm_r_params_out(&best->params));
    SET_VECTOR_ELT(out, 4, Rf_ScalarInteger(best->n_iter));
    SET_VECTOR_ELT(out, 5, Rf_ScalarLogical(best->converged));
    SEXP trace = Rf_allocVector(REALSXP, best->n_iter + 1);
    SET_VECTOR_ELT(out, 6, trace);
    SET_VECTOR_ELT(out, 7, Rf_ScalarReal(best->plain));
    SET_VECTOR_ELT(out, 8, Rf_ScalarReal(entropy));
    memcpy(REAL(trace), best->trace, ((size_t)best->n_iter + 1) * sizeof(double));
  }
  UNPROTECT(1);
  return out;
}
