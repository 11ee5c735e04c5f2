#include "model.h"

#include <string.h>

#include "cov.h"

/* The table's order, for gmm_model.pooled. */
enum { E, V, EII, VII, EEI, VEI, EVI, VVI, EEE, VEE, EVE, VVE, EEV, VEV, EVV, VVV };

/*
 * E and V are EII and VII in one dimension, where rescaling the one variable
 * is rescaling all of them.
 */
// clang-format off
static const gmm_model models[] = {
  /*      name   layout        own                 units covariances, work */
  [E]   = {"E",   GMM_DIAGONAL, GMM_OWN_NOTHING,    1, gmm_cov_eii, NULL, E},
  [V]   = {"V",   GMM_DIAGONAL, GMM_OWN_VOLUME,     1, gmm_cov_vii, NULL, E},
  [EII] = {"EII", GMM_DIAGONAL, GMM_OWN_NOTHING,    0, gmm_cov_eii, NULL, EII},
  [VII] = {"VII", GMM_DIAGONAL, GMM_OWN_VOLUME,     0, gmm_cov_vii, NULL, EII},
  [EEI] = {"EEI", GMM_DIAGONAL, GMM_OWN_NOTHING,    1, gmm_cov_equal, NULL, EEI},
  [VEI] = {"VEI", GMM_DIAGONAL, GMM_OWN_VOLUME,     1,
           gmm_cov_proportional, gmm_volumes_work, EEI},
  [EVI] = {"EVI", GMM_DIAGONAL, GMM_OWN_VARIANCES,  1, gmm_cov_even, gmm_cov_even_work, EEI},
  [VVI] = {"VVI", GMM_DIAGONAL, GMM_OWN_VARIANCES,  1, gmm_cov_own, NULL, EEI},
  [EEE] = {"EEE", GMM_FULL,     GMM_OWN_NOTHING,    1, gmm_cov_equal, NULL, EEE},
  [VEE] = {"VEE", GMM_FULL,     GMM_OWN_VOLUME,     1,
           gmm_cov_proportional, gmm_volumes_work, EEE},
  [EVE] = {"EVE", GMM_FULL,     GMM_OWN_COVARIANCE, 0, gmm_cov_eve, gmm_cov_rotate_work, EEE},
  [VVE] = {"VVE", GMM_FULL,     GMM_OWN_COVARIANCE, 0, gmm_cov_vve, gmm_cov_rotate_work, EEE},
  [EEV] = {"EEV", GMM_FULL,     GMM_OWN_NOTHING,    0, gmm_cov_eev, gmm_cov_eigen_work, EEE},
  [VEV] = {"VEV", GMM_FULL,     GMM_OWN_COVARIANCE, 0, gmm_cov_vev, gmm_cov_eigen_work, EEE},
  [EVV] = {"EVV", GMM_FULL,     GMM_OWN_COVARIANCE, 1, gmm_cov_even, gmm_cov_even_work, EEE},
  [VVV] = {"VVV", GMM_FULL,     GMM_OWN_COVARIANCE, 1, gmm_cov_own, NULL, EEE},
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

size_t gmm_model_work(const gmm_model *model, int d, int k) {
  return model->work ? model->work(model->layout, d, k) : 0;
}

/* Identity, equal, variable: each contains those before it. */
static int freedom(char letter) {
  return letter == 'V' ? 2 : letter == 'E';
}

int gmm_model_contains(const gmm_model *large, const gmm_model *small) {
  if (large == small || !large->name[1] != !small->name[1]) {
    return 0;
  }
  for (int i = 0; large->name[i]; i++) {
    if (freedom(large->name[i]) < freedom(small->name[i])) {
      return 0;
    }
  }
  return 1;
}

int gmm_model_level(const gmm_model *model) {
  int level = -1;
  for (int i = 0; model->name[i]; i++) {
    level += freedom(model->name[i]);
  }
  return level;
}

/* A factor with `each` parameters: none, one set for all, one a component. */
static double factor_df(char letter, double each, double k) {
  return letter == 'V' ? k * each : letter == 'E' ? each : 0;
}

double gmm_spec_df(const gmm_spec *spec, int d, int k) {
  const char *name = spec->model->name;
  double df = (double)k * d + (spec->equal_proportions ? 0 : k - 1.0);
  df += factor_df(name[0], 1, k);
  /* In one dimension the volume is all. */
  if (name[1]) {
    df += factor_df(name[1], d - 1.0, k) + factor_df(name[2], d * (d - 1.0) / 2, k);
  }
  return df;
}
