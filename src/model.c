#include "model.h"

#include <string.h>

#include "cov.h"

static double df_one(double d, double k) {
  (void)d, (void)k;
  return 1;
}
static double df_each(double d, double k) {
  (void)d;
  return k;
}
static double df_diagonal(double d, double k) {
  (void)k;
  return d;
}
static double df_diagonals(double d, double k) {
  return k * d;
}
static double df_full(double d, double k) {
  (void)k;
  return d * (d + 1) / 2;
}
static double df_fulls(double d, double k) {
  return k * d * (d + 1) / 2;
}

/*
 * E and V are EII and VII in one dimension, where rescaling the one variable
 * is rescaling all of them.
 */
// clang-format off
static const gmm_model models[] = {
  /* name   layout        own  units  covariances  pooled  cov_df */
  {"E",   GMM_DIAGONAL, 0,   1,     gmm_cov_eii, "E",    df_one},
  {"V",   GMM_DIAGONAL, 1,   1,     gmm_cov_vii, "E",    df_each},
  {"EII", GMM_DIAGONAL, 0,   0,     gmm_cov_eii, "EII",  df_one},
  {"VII", GMM_DIAGONAL, 1,   0,     gmm_cov_vii, "EII",  df_each},
  {"EEI", GMM_DIAGONAL, 0,   1,     gmm_cov_eei, "EEI",  df_diagonal},
  {"VVI", GMM_DIAGONAL, 1,   1,     gmm_cov_vvi, "EEI",  df_diagonals},
  {"EEE", GMM_FULL,     0,   1,     gmm_cov_eee, "EEE",  df_full},
  {"VVV", GMM_FULL,     1,   1,     gmm_cov_vvv, "EEE",  df_fulls},
};
// clang-format on

int gmm_model_count(void) {
  return (int)(sizeof models / sizeof *models);
}

const gmm_model *gmm_model_at(int i) {
  return &models[i];
}

const gmm_model *gmm_model_find(const char *name) {
  for (int i = 0; i < gmm_model_count(); i++) {
    if (strcmp(models[i].name, name) == 0) {
      return &models[i];
    }
  }
  return NULL;
}

double gmm_model_df(const gmm_model *model, int d, int k) {
  return (k - 1.0) + (double)k * d + model->cov_df(d, k);
}
