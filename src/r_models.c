/* The table of models, for R. */
#include "r_entries.h"
#include "r_util.h"

SEXP C_gmm_models(void) {
  const char *names[] = {"name", "diagonal", "own_covariance", "column_units", ""};
  int n = gmm_model_count();
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SEXP name = gmm_r_column(out, 0, STRSXP, n);
  SEXP diagonal = gmm_r_column(out, 1, LGLSXP, n);
  SEXP own = gmm_r_column(out, 2, LGLSXP, n);
  SEXP units = gmm_r_column(out, 3, LGLSXP, n);
  for (int i = 0; i < n; i++) {
    const gmm_model *model = gmm_model_at(i);
    SET_STRING_ELT(name, i, Rf_mkChar(model->name));
    LOGICAL(diagonal)[i] = model->layout == GMM_DIAGONAL;
    LOGICAL(own)[i] = model->own_covariance;
    LOGICAL(units)[i] = model->column_units;
  }
  UNPROTECT(1);
  return out;
}

SEXP C_gmm_df(SEXP model_, SEXP d_, SEXP k_) {
  const gmm_model *model = gmm_r_model(model_);
  return Rf_ScalarReal(gmm_model_df(model, gmm_r_count(d_), gmm_r_count(k_)));
}
