/*
 * The table of models: what is found, what each says of itself, and free
 * parameters against the formulas of Celeux & Govaert (1995), table 1.
 */
#include "model.h"

#include "helpers.h"

typedef struct expected {
  const char *name, *pooled;
  gmm_layout layout;
  gmm_own own;
  int column_units;
} expected;

static const expected table[] = {
    {"E", "E", GMM_DIAGONAL, GMM_OWN_NOTHING, 1},
    {"V", "E", GMM_DIAGONAL, GMM_OWN_VOLUME, 1},
    {"EII", "EII", GMM_DIAGONAL, GMM_OWN_NOTHING, 0},
    {"VII", "EII", GMM_DIAGONAL, GMM_OWN_VOLUME, 0},
    {"EEI", "EEI", GMM_DIAGONAL, GMM_OWN_NOTHING, 1},
    {"VEI", "EEI", GMM_DIAGONAL, GMM_OWN_VOLUME, 1},
    {"EVI", "EEI", GMM_DIAGONAL, GMM_OWN_VARIANCES, 1},
    {"VVI", "EEI", GMM_DIAGONAL, GMM_OWN_VARIANCES, 1},
    {"EEE", "EEE", GMM_FULL, GMM_OWN_NOTHING, 1},
    {"VEE", "EEE", GMM_FULL, GMM_OWN_VOLUME, 1},
    {"EVE", "EEE", GMM_FULL, GMM_OWN_COVARIANCE, 0},
    {"VVE", "EEE", GMM_FULL, GMM_OWN_COVARIANCE, 0},
    {"EEV", "EEE", GMM_FULL, GMM_OWN_NOTHING, 0},
    {"VEV", "EEE", GMM_FULL, GMM_OWN_COVARIANCE, 0},
    {"EVV", "EEE", GMM_FULL, GMM_OWN_COVARIANCE, 1},
    {"VVV", "EEE", GMM_FULL, GMM_OWN_COVARIANCE, 1},
};

static void test_find(void) {
  CHECK(gmm_model_count() == (int)(sizeof table / sizeof *table));
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    const gmm_model *model = gmm_model_find(table[i].name);
    CHECK(model != NULL);
    if (!model) {
      continue;
    }
    CHECK(strcmp(model->name, table[i].name) == 0);
    CHECK(gmm_model_at(model->pooled) == gmm_model_find(table[i].pooled));
    CHECK(model->layout == table[i].layout);
    CHECK(model->own == table[i].own);
    CHECK(!model->column_units == !table[i].column_units);
  }
  CHECK(gmm_model_find("") == NULL);
  CHECK(gmm_model_find("VV") == NULL);
  CHECK(gmm_model_find("VVVV") == NULL);
  CHECK(gmm_model_find("vvv") == NULL);
}

/* The model to start from is one covariance for all, in the same layout, and in
 * the family of the model that falls back on it. */
static void test_pooled_is_one_covariance(void) {
  enum { D = 3, K = 4 };
  test_rng rng = {1, 0};
  for (int i = 0; i < gmm_model_count(); i++) {
    const gmm_model *model = gmm_model_at(i), *pooled = gmm_model_at(model->pooled);
    int d = dimension_of(model, D);
    size_t size = gmm_cov_size(model->layout, d);
    CHECK(gmm_model_find(model->name) == model);
    CHECK(pooled->layout == model->layout);
    CHECK(pooled->own == GMM_OWN_NOTHING);
    CHECK(gmm_model_at(pooled->pooled) == pooled);
    /* Where a unit is free for this model, it must be for the other. */
    CHECK(pooled->column_units >= model->column_units);

    setup s;
    setup_open(&s, model->layout, NULL, 0, d, K);
    random_params(&rng, &s.params);
    double *sigma = copy_of(s.params.sigma, size * K);
    gmm_within within = {s.layout, d, K, 1, s.params.pi, sigma};
    CHECK(pooled->covariances(&within, &s.params.factors, s.params.sigma, s.mstep).code == GMM_OK);
    for (int j = 1; j < K; j++) {
      CHECK(same_bits(s.params.sigma, s.params.sigma + size * (size_t)j, size));
    }
    free(sigma);
    setup_close(&s);
  }
}

/* Free parameters of the covariances; of one full matrix: beta. */
static double cov_df(const char *name, double d, double k) {
  double beta = d * (d + 1) / 2;
  const struct {
    const char *name;
    double df;
  } formulas[] = {
      {"E", 1},
      {"V", k},
      {"EII", 1},
      {"VII", k},
      {"EEI", d},
      {"VEI", d + k - 1},
      {"EVI", k * d - k + 1},
      {"VVI", k * d},
      {"EEE", beta},
      {"VEE", beta + k - 1},
      {"EVE", beta + (k - 1) * (d - 1)},
      {"VVE", beta + (k - 1) * d},
      {"EEV", k * beta - (k - 1) * d},
      {"VEV", k * beta - (k - 1) * (d - 1)},
      {"EVV", k * beta - (k - 1)},
      {"VVV", k * beta},
  };
  for (size_t i = 0; i < sizeof formulas / sizeof *formulas; i++) {
    if (strcmp(formulas[i].name, name) == 0) {
      return formulas[i].df;
    }
  }
  return NAN;
}

static void test_df(void) {
  int ds[] = {1, 2, 4, 9, 60000}, ks[] = {1, 2, 3, 50};
  for (int m = 0; m < gmm_model_count(); m++) {
    gmm_spec free = {.model = gmm_model_at(m)}, equal = free;
    equal.equal_proportions = 1;
    for (int i = 0; i < 20; i++) {
      int d = dimension_of(free.model, ds[i / 4]), k = ks[i % 4];
      double df = cov_df(free.model->name, d, k) + (double)k * d;
      CHECK_NEAR(gmm_spec_df(&free, d, k), df + k - 1, 0);
      CHECK_NEAR(gmm_spec_df(&equal, d, k), df, 0);
    }
  }
}

/* As many pairs as there are; more freedom is more parameters, and a level more. */
static void test_containment(void) {
  int pairs = 0;
  for (int i = 0; i < gmm_model_count(); i++) {
    const gmm_model *large = gmm_model_at(i);
    int level = gmm_model_level(large);
    CHECK(level >= 0 && level < GMM_MODEL_LEVELS);
    for (int j = 0; j < gmm_model_count(); j++) {
      const gmm_model *small = gmm_model_at(j);
      if (gmm_model_contains(large, small)) {
        int d = large->name[1] ? 4 : 1;
        gmm_spec more = {.model = large}, less = {.model = small};
        CHECK(gmm_spec_df(&more, d, 3) > gmm_spec_df(&less, d, 3));
        CHECK(level > gmm_model_level(small));
        CHECK(!gmm_model_contains(small, large));
        pairs++;
      }
    }
  }
  /* 61 of several variables, and E in V. */
  CHECK(pairs == 62);
  CHECK(gmm_model_contains(gmm_model_find("VEE"), gmm_model_find("VEI")));
  CHECK(!gmm_model_contains(gmm_model_find("EEV"), gmm_model_find("EVE")));
}

static void check_iris(const char *name, double df) {
  gmm_spec spec = spec_of(name);
  CHECK_NEAR(gmm_spec_df(&spec, 4, 3), df, 0);
}

int main(void) {
  test_find();
  test_pooled_is_one_covariance();
  test_df();
  test_containment();
  /* Iris with three components, as everyone reports it. */
  check_iris("VVV", 44);
  check_iris("EEE", 24);
  check_iris("VEV", 38);
  return check_report("model");
}
