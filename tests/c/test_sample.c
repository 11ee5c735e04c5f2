/*
 * A sample of rows takes with it what is known of them: labels, values that are missing and the
 * patterns they make, and of weights what is left of them; in order, each from its stretch.
 */
#include "facts.h"

enum { MISSING = 1, LABELS = 2, NOISE = 4, WEIGHTS = 8, ALL = 15 };

/* The row that was drawn, by its label, is there as it was, bit for bit, and in the stretch that it
 * was drawn from. */
static void check_drawn(const facts *f, const gmm_sample *sample) {
  const gmm_data *data = &sample->data, *from = &f->data;
  int same = 1, inside = 1, ordered = 1;
  long double passed = 0, stretch = (long double)from->mass / data->n;
  for (size_t s = 0, at = 0; s < data->n; s++) {
    size_t i = (size_t)data->label[s];
    ordered &= i >= at;
    for (; at < i; at++) {
      passed += gmm_data_weight(from, at);
    }
    for (size_t a = 0; a < (size_t)data->d; a++) {
      same &= same_bits(data->x + s + data->n * a, from->x + i + from->n * a, 1);
    }
    long double slack = 1e-12L * from->mass;
    inside &= passed < (s + 1) * stretch + slack;
    inside &= passed + gmm_data_weight(from, i) > s * stretch - slack;
  }
  CHECK(ordered && inside);
  CHECK(same);
}

/* Rows of a pattern lack the same, and those beside it something else. */
static void check_patterns(const gmm_sample *sample, size_t most) {
  const gmm_data *data = &sample->data;
  CHECK(data->n_patterns > 0 && data->n_patterns <= most);
  CHECK(data->pattern_end[data->n_patterns - 1] == data->n);
  int right = 1;
  for (size_t p = 0, s = 0; p < data->n_patterns; p++) {
    right &= data->pattern_end[p] > s && (s == 0 || mask_of(data, s) != mask_of(data, s - 1));
    unsigned mask = mask_of(data, s);
    for (; s < data->pattern_end[p]; s++) {
      right &= mask_of(data, s) == mask && gmm_data_pattern(data, s) == p;
    }
  }
  CHECK(right);
}

static void check_sums(const facts *f, const gmm_sample *sample) {
  const gmm_data *data = &sample->data;
  double unit = f->weight && f->data.mass < (double)data->n ? f->data.mass / (double)data->n : 1;
  long double mass = 0, observed[MOST_D] = {0};
  CHECK((data->weight != NULL) == (f->weight != NULL));
  for (size_t s = 0; s < data->n; s++) {
    CHECK(gmm_data_weight(data, s) == unit);
    mass += unit;
    for (int a = 0; a < data->d; a++) {
      observed[a] += mask_of(data, s) >> a & 1 ? 0 : unit;
    }
  }
  CHECK_NEAR(error_in(data->mass, mass, mass), 0, 1e-13);
  CHECK((data->observed != NULL) == (f->ends != NULL));
  for (int a = 0; a < data->d && data->observed; a++) {
    CHECK_NEAR(error_in(data->observed[a], observed[a], mass), 0, 1e-13);
  }
}

/* Several draws, one after the other, as a search may ask for them. */
static void check_sample(size_t n, size_t m, int d, int which, double unit) {
  test_rng rng = {n + m, 0};
  gmm_random random = random_of(&rng);
  facts f;
  gmm_sample sample;
  facts_open(&f, &rng, n, d, 1, 0);
  if (which & MISSING) {
    facts_punch_oddly(&f, &rng);
  }
  if (which & NOISE) {
    facts_add_noise(&f, &rng);
  }
  if (which & WEIGHTS) {
    facts_weigh(&f, &rng);
    for (size_t i = 0; i < n; i++) {
      f.weight[i] *= unit;
    }
    gmm_data_sum(&f.data);
  }
  /* As labels, rows have their numbers. */
  facts_label(&f, &rng, 1, 1);
  for (size_t i = 0; i < n; i++) {
    f.label[i] = (int)i;
  }
  void *memory = sample_open(&sample, &f.data, m);
  CHECK(sample.data.n == m && sample.data.d == d && sample.data.range == f.range);
  for (int draw = 0; draw < 3; draw++) {
    rng.drawn = 0;
    gmm_sample_draw(&sample, &f.data, &random);
    CHECK(rng.drawn == (int)m);
    check_drawn(&f, &sample);
    check_sums(&f, &sample);
    if (which & MISSING) {
      check_patterns(&sample, f.data.n_patterns < m ? f.data.n_patterns : m);
    } else {
      CHECK(sample.data.n_patterns == 0);
    }
  }
  free(memory);
  /* What is not known of the rows is not known of the sample. */
  f.data.label = NULL;
  memory = sample_open(&sample, &f.data, m);
  gmm_sample_draw(&sample, &f.data, &random);
  CHECK(sample.data.label == NULL && gmm_data_label(&sample.data, m - 1) == GMM_UNKNOWN);
  free(memory);
  facts_close(&f);
}

/* Each row of a pattern of its own, of which a few are drawn. */
static void test_many_patterns(void) {
  enum { N = 60, D = 6 };
  test_rng rng = {1, 0};
  gmm_random random = random_of(&rng);
  size_t ends[N];
  unsigned masks[N];
  for (size_t i = 0; i < N; i++) {
    ends[i] = i + 1;
    masks[i] = (unsigned)i;
  }
  for (size_t m = 1; m <= N; m += 7) {
    facts f;
    gmm_sample sample;
    facts_open(&f, &rng, N, D, 1, 0);
    facts_punch(&f, N, ends, masks);
    void *memory = sample_open(&sample, &f.data, m);
    gmm_sample_draw(&sample, &f.data, &random);
    check_patterns(&sample, m);
    CHECK(sample.data.n_patterns == m);
    free(memory);
    facts_close(&f);
  }
}

int main(void) {
  for (int which = 0; which <= ALL; which++) {
    check_sample(1, 1, 1, which, 1);
    check_sample(300, 299, 2, which, 1);
    check_sample(3000, 500, 4, which, 1);
    check_sample(3000, 5, 4, which, 1);
    check_sample(300, 200, 3, which, 1e-3);
  }
  test_many_patterns();
  return check_report("sample");
}
