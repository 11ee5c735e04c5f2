/*
 * The table of models: what is found, what each says of itself, and free
 * parameters against the formulas of Celeux & Govaert (1995), table 1.
 */
#include "model.h"

#include "helpers.h"

typedef struct expected {
  const char *name, *pooled;
  gmm_layout layout;
  int own_covariance, column_units;
} expected;

static const expected table[] = {
    {"E", "E", GMM_DIAGONAL, 0, 1},     {"V", "E", GMM_DIAGONAL, 1, 1},
    {"EII", "EII", GMM_DIAGONAL, 0, 0}, {"VII", "EII", GMM_DIAGONAL, 1, 0},
    {"EEI", "EEI", GMM_DIAGONAL, 0, 1}, {"VVI", "EEI", GMM_DIAGONAL, 1, 1},
    {"EEE", "EEE", GMM_FULL, 0, 1},     {"VVV", "EEE", GMM_FULL, 1, 1},
};

static void test_find(void) {
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    const gmm_model *model = gmm_model_find(table[i].name);
    CHECK(model != NULL);
    if (!model) {
      continue;
    }
    CHECK(strcmp(model->name, table[i].name) == 0);
    CHECK(strcmp(model->pooled, table[i].pooled) == 0);
    CHECK(model->layout == table[i].layout);
    CHECK(!model->own_covariance == !table[i].own_covariance);
    CHECK(!model->column_units == !table[i].column_units);
  }
  CHECK(gmm_model_find("") == NULL);
  CHECK(gmm_model_find("VV") == NULL);
  CHECK(gmm_model_find("VVVV") == NULL);
  CHECK(gmm_model_find("vvv") == NULL);
}

/* What the search relies on, for every model there is. */
static void test_table_is_consistent(void) {
  CHECK(gmm_model_count() >= (int)(sizeof table / sizeof *table));
  for (int i = 0; i < gmm_model_count(); i++) {
    const gmm_model *model = gmm_model_at(i), *pooled = gmm_model_find(model->pooled);
    CHECK(gmm_model_find(model->name) == model);
    CHECK(pooled != NULL);
    CHECK(pooled && pooled->layout == model->layout);
    CHECK(pooled && !pooled->own_covariance);
    CHECK(pooled && pooled->column_units == model->column_units);
  }
}

static void check_df(const char *name, int d, int k, double cov_df) {
  const gmm_model *model = gmm_model_find(name);
  CHECK(model != NULL);
  if (model) {
    CHECK_NEAR(model->cov_df(d, k), cov_df, 0);
    CHECK_NEAR(gmm_model_df(model, d, k), k - 1.0 + (double)k * d + cov_df, 0);
  }
}

static void test_df(void) {
  int ds[] = {1, 2, 4, 9, 60000}, ks[] = {1, 2, 3, 50};
  for (int i = 0; i < 5; i++) {
    for (int l = 0; l < 4; l++) {
      int d = ds[i], k = ks[l];
      double full = d * (d + 1.0) / 2;
      check_df("EII", d, k, 1);
      check_df("VII", d, k, k);
      check_df("EEI", d, k, d);
      check_df("VVI", d, k, (double)k * d);
      check_df("EEE", d, k, full);
      check_df("VVV", d, k, k * full);
    }
  }
  check_df("E", 1, 3, 1);
  check_df("V", 1, 3, 3);
  /* Iris with three components, as everyone reports it. */
  CHECK_NEAR(gmm_model_df(gmm_model_find("VVV"), 4, 3), 44, 0);
  CHECK_NEAR(gmm_model_df(gmm_model_find("EEE"), 4, 3), 24, 0);
}

int main(void) {
  test_find();
  test_table_is_consistent();
  test_df();
  return check_report("model");
}
