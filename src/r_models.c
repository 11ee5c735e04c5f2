/* The table of models, for R. */
#include "r_entries.h"
#include "r_util.h"

static const char *own_name(gmm_own own) {
  switch (own) {
  case GMM_OWN_NOTHING:
    return "nothing";
  case GMM_OWN_VOLUME:
    return "volume";
  case GMM_OWN_VARIANCES:
    return "variances";
  case GMM_OWN_COVARIANCE:
    return "covariance";
  }
  return "unknown";
}

SEXP C_gmm_models(void) {
  const char *names[] = {"name", "diagonal", "own", "column_units", ""};
  int n = gmm_model_count();
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SEXP name = gmm_r_column(out, 0, STRSXP, n);
  SEXP diagonal = gmm_r_column(out, 1, LGLSXP, n);
  SEXP own = gmm_r_column(out, 2, STRSXP, n);
  SEXP units = gmm_r_column(out, 3, LGLSXP, n);
  for (int i = 0; i < n; i++) {
    const gmm_model *model = gmm_model_at(i);
    SET_STRING_ELT(name, i, Rf_mkChar(model->name));
    LOGICAL(diagonal)[i] = model->layout == GMM_DIAGONAL;
    SET_STRING_ELT(own, i, Rf_mkChar(own_name(model->own)));
    LOGICAL(units)[i] = model->column_units;
  }
  UNPROTECT(1);
  return out;
}

SEXP C_gmm_df(SEXP spec_, SEXP d_, SEXP k_) {
  gmm_spec spec = gmm_r_spec(spec_);
  return Rf_ScalarReal(gmm_spec_df(&spec, gmm_r_count(d_), gmm_r_count(k_)));
}
