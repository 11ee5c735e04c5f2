/* gmm_fit(): the search, from an R matrix to a list of results. */
#include "r_entries.h"
#include "r_search.h"

#include "fit.h"
#include "params.h"

#include <R_ext/Random.h>
#include <stdint.h>

SEXP C_gmm_fit(SEXP rows_, SEXP k_, SEXP spec_, SEXP given_, SEXP control_) {
  int k = gmm_r_count(k_), given = given_ != R_NilValue;
  gmm_data data = gmm_r_data(rows_, k, k);
  gmm_spec spec = gmm_r_spec(spec_);
  gmm_search_control control = gmm_r_search_control(control_);
  gmm_poll poll = gmm_r_poll();
  gmm_engine engine = gmm_r_engine(control_, &poll);

  gmm_fit fit;
  gmm_params from;
  gmm_arena arena = {0};
  gmm_fit_take(&fit, &arena, &spec, &engine, &data, k, given, &control);
  gmm_params_take(&from, &arena, spec.model->layout, data.d, k);
  size_t measured = arena.used;
  arena = gmm_r_arena(&arena);
  gmm_fit_take(&fit, &arena, &spec, &engine, &data, k, given, &control);
  gmm_params_take(&from, &arena, spec.model->layout, data.d, k);
  gmm_r_fits(&arena, measured);
  double beat = gmm_r_double(control_, "beat");
  double enough = gmm_r_double(control_, "enough");
  fit.beat = &beat;
  fit.enough = &enough;
  if (given) {
    gmm_r_params_in(given_, &from);
  }

  gmm_random random = gmm_r_random();
  /* A start that is given draws nothing, and leaves R's generator alone, unless moves are to
   * be made. */
  int draws = !given || control.n_moves > 0 || control.n_repairs > 0;
  if (draws) {
    GetRNGstate();
  }
  gmm_status status = gmm_fit_run(&fit, given ? &from : NULL, &random);
  const gmm_search *search = &fit.search;
  if (draws) {
    PutRNGstate();
  }
  return gmm_r_result(status, search->starts, search->n_starts, search->winner, &search->best,
                      fit.entropy);
}

SEXP C_gmm_start(SEXP rows_, SEXP k_, SEXP spec_, SEXP control_) {
  int k = gmm_r_count(k_);
  gmm_data data = gmm_r_data(rows_, k, k);
  gmm_spec spec = gmm_r_spec(spec_);
  gmm_search_control control = gmm_r_search_control(control_);
  control.sample = SIZE_MAX;
  gmm_poll poll = gmm_r_poll();
  gmm_engine engine = gmm_r_engine(control_, &poll);

  gmm_fit fit;
  gmm_arena arena = {0};
  gmm_fit_take(&fit, &arena, &spec, &engine, &data, k, 0, &control);
  size_t measured = arena.used;
  arena = gmm_r_arena(&arena);
  gmm_fit_take(&fit, &arena, &spec, &engine, &data, k, 0, &control);
  gmm_r_fits(&arena, measured);

  gmm_random random = gmm_r_random();
  GetRNGstate();
  gmm_status status = gmm_fit_start(&fit, &random);
  PutRNGstate();

  const char *names[] = {"status", "partition", "parameters", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, gmm_r_status(status));
  if (status.code == GMM_OK) {
    int *part = INTEGER(gmm_r_column(out, 1, INTSXP, (R_xlen_t)data.n));
    for (size_t i = 0; i < data.n; i++) {
      part[i] = fit.search.part[i] + 1;
    }
    SET_VECTOR_ELT(out, 2, gmm_r_params_out(&fit.search.batch[0].params));
  }
  UNPROTECT(1);
  return out;
}
