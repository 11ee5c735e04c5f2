/*
 * What is known of rows: which pattern a row is of, found by looking at all of them; and what
 * rows stand for, with and without weights and missing values.
 */
#include "data.h"

#include "facts.h"

/* The pattern of each row, by going through all of them. */
static void check_patterns(const size_t *ends, size_t n_patterns) {
  gmm_data data = {.n = ends[n_patterns - 1], .pattern_end = ends, .n_patterns = n_patterns};
  int right = 1;
  for (size_t i = 0, at = 0; i < data.n; i++) {
    while (i >= ends[at]) {
      at++;
    }
    size_t found = gmm_data_pattern(&data, i);
    right &= found == at && gmm_data_pattern_end(&data, found) == ends[at];
  }
  CHECK(right);
}

static void test_patterns(void) {
  enum { MOST = 40 };
  test_rng rng = {1, 0};
  size_t ends[MOST];
  for (size_t n_patterns = 1; n_patterns <= MOST; n_patterns++) {
    for (int layout = 0; layout < 20; layout++) {
      for (size_t p = 0, end = 0; p < n_patterns; p++) {
        /* All of one row, all alike, and of any number of rows. */
        int more = layout == 0 ? 0 : layout == 1 ? 6 : integer_to(&rng, 1 << layout % 9);
        ends[p] = end += 1 + (size_t)more;
      }
      check_patterns(ends, n_patterns);
    }
  }
  /* A long one among short ones. */
  for (size_t large = 0; large < 9; large++) {
    for (size_t p = 0, end = 0; p < 9; p++) {
      ends[p] = end += p == large ? 5000 : 1;
    }
    check_patterns(ends, 9);
  }
  /* Where there are none, all rows are of one. */
  gmm_data none = {.n = 7};
  for (size_t i = 0; i < 7; i++) {
    CHECK(gmm_data_pattern(&none, i) == 0);
  }
  CHECK(gmm_data_pattern_end(&none, 0) == 7);
}

/* R's NA, or another NaN, among the missing. */
static void check_sum(size_t n, int weighted, int punched, int plain_nan) {
  enum { D = 4 };
  test_rng rng = {n, 0};
  facts f;
  facts_open(&f, &rng, n, D, 1, 0);
  if (weighted) {
    facts_weigh(&f, &rng);
  }
  if (punched) {
    facts_punch_oddly(&f, &rng);
  }
  for (size_t i = 0; i < n * D && plain_nan; i++) {
    f.x[i] = isnan(f.x[i]) ? copysign(NAN, i % 2 ? 1 : -1) : f.x[i];
  }
  f.data.mass = NAN;
  gmm_data_sum(&f.data);
  long double mass = 0, observed[D] = {0};
  for (size_t i = 0; i < n; i++) {
    mass += weighted ? f.weight[i] : 1;
    CHECK(gmm_data_weight(&f.data, i) == (weighted ? f.weight[i] : 1));
    CHECK(gmm_data_label(&f.data, i) == GMM_UNKNOWN);
    for (int a = 0; a < D && punched; a++) {
      int lacks = f.masks[gmm_data_pattern(&f.data, i)] >> a & 1;
      observed[a] += lacks ? 0 : weighted ? f.weight[i] : 1;
    }
  }
  double tolerance = weighted ? 1e-14 : 0;
  CHECK_NEAR(error_in(f.data.mass, mass, mass), 0, tolerance);
  CHECK(punched == (f.data.observed != NULL));
  for (int a = 0; a < D && punched; a++) {
    CHECK_NEAR(error_in(f.data.observed[a], observed[a], mass), 0, tolerance);
  }
  facts_close(&f);
}

static void test_sums(void) {
  const size_t sizes[] = {1, 2, 10, 257, 3000};
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    for (int way = 0; way < 8; way++) {
      check_sum(sizes[s], way & 1, way >> 1 & 1, way >> 2 & 1);
    }
  }
  /* What is not a number only looks like it: infinities and the largest numbers are there. */
  double x[] = {INFINITY, -INFINITY, 1.7e308, 0, -0.0, 5e-324}, observed;
  size_t end = 6;
  gmm_data data = {.x = x, .n = 6, .d = 1, .pattern_end = &end, .n_patterns = 1};
  data.observed = &observed;
  gmm_data_sum(&data);
  CHECK(observed == 6);
}

static void test_labels(void) {
  int label[] = {2, GMM_UNKNOWN, 0};
  gmm_data data = {.n = 3, .d = 1, .label = label};
  CHECK(gmm_data_label(&data, 0) == 2);
  CHECK(gmm_data_label(&data, 1) == GMM_UNKNOWN);
  CHECK(gmm_data_label(&data, 2) == 0);
}

/* Covariances are needed where they tell what is missing. */
static void test_metric_layout(void) {
  size_t end = 3;
  gmm_data data = {.n = 3, .d = 2};
  CHECK(gmm_data_metric_layout(&data, GMM_FULL) == GMM_DIAGONAL);
  CHECK(gmm_data_metric_layout(&data, GMM_DIAGONAL) == GMM_DIAGONAL);
  data.pattern_end = &end;
  data.n_patterns = 1;
  CHECK(gmm_data_metric_layout(&data, GMM_FULL) == GMM_FULL);
  CHECK(gmm_data_metric_layout(&data, GMM_DIAGONAL) == GMM_DIAGONAL);
}

int main(void) {
  test_patterns();
  test_sums();
  test_labels();
  test_metric_layout();
  return check_report("data");
}
