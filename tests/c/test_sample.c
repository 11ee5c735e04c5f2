/*
 * A sample of rows takes with it what is known of them: labels, values that are missing and the
 * patterns they make, and of weights what is left of them; in order, each from its stretch, and
 * enough of each class.
 */
#include "facts.h"

enum { MISSING = 1, LABELS = 2, NOISE = 4, WEIGHTS = 8, ALL = 15 };

/* In the first column, where no value is missing, rows have their numbers. */
static size_t number_of(const gmm_data *data, size_t i) {
  return (size_t)data->x[i];
}

/* A row that was drawn is there as it was, bit for bit, with its label; in the order of the rows,
 * and none twice where they have no weights. */
static void check_drawn(const facts *f, const gmm_sample *sample) {
  const gmm_data *data = &sample->data, *from = &f->data;
  int same = 1, ordered = 1;
  CHECK((data->label != NULL) == (from->label != NULL));
  for (size_t s = 0; s < data->n; s++) {
    size_t i = number_of(data, s), before = s > 0 ? number_of(data, s - 1) : i;
    ordered &= s == 0 || i > before || (from->weight && i == before);
    same &= gmm_data_label(data, s) == gmm_data_label(from, i);
    for (size_t a = 0; a < (size_t)data->d; a++) {
      same &= same_bits(data->x + s + data->n * a, from->x + i + from->n * a, 1);
    }
  }
  CHECK(ordered);
  CHECK(same);
}

/*
 * Of the rows of a class, or of none, each is from a stretch of what they stand for. Where classes
 * are known, each has its part of the sample, or alike of a quarter of it, if it has the rows, and
 * rows of no known class three quarters of theirs.
 */
static void check_strata(const facts *f, const gmm_sample *sample) {
  const gmm_data *data = &sample->data, *from = &f->data;
  int most = GMM_UNKNOWN, inside = 1;
  for (size_t i = 0; i < from->n; i++) {
    most = gmm_data_label(from, i) > most ? gmm_data_label(from, i) : most;
  }
  for (int label = GMM_UNKNOWN; label <= most; label++) {
    double mass = 0, passed = 0, n = (double)data->n;
    size_t rows = 0, drawn = 0, s = 0;
    for (size_t i = 0; i < from->n; i++) {
      int counts = gmm_data_label(from, i) == label;
      mass += counts ? gmm_data_weight(from, i) : 0;
      rows += (size_t)counts;
    }
    for (size_t t = 0; t < data->n; t++) {
      drawn += gmm_data_label(data, t) == label;
    }
    double part = floor(n * mass / from->mass * (1 - 1e-12)), least = (double)(data->n / 4);
    if (label == GMM_UNKNOWN) {
      CHECK(rows == 0 || (double)drawn >= floor(0.75 * n * mass / from->mass * (1 - 1e-12)));
    } else {
      least = fmin((double)rows, floor(least / (most + 1)));
      /* Where all together are too many, the largest of them give up some. */
      double others = n - floor(0.75 * n * (1 - mass / from->mass));
      CHECK((double)drawn >= fmin(fmax(part, least), others) - n / 4);
      CHECK((double)drawn >= fmin(least, n / 4 / (most + 1) - 1));
    }
    CHECK(from->weight || drawn <= rows);
    CHECK(drawn == 0 || rows > 0);
    for (size_t i = 0, t = 0; i < from->n && drawn > 0; i++) {
      double slack = 1e-9 * mass, stretch = mass / (double)drawn;
      if (gmm_data_label(from, i) != label) {
        continue;
      }
      double weight = gmm_data_weight(from, i);
      for (; t < data->n && number_of(data, t) <= i; t++) {
        if (number_of(data, t) == i) {
          /* The s-th of them overlaps with the s-th stretch. */
          inside &= passed < (double)(s + 1) * stretch + slack;
          inside &= passed + weight > (double)s * stretch - slack;
          s++;
        }
      }
      passed += weight;
    }
  }
  CHECK(inside);
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

/* Several draws, one after the other, as a search may ask for them. Labels: of about a third of the
 * rows, or all, or of no row of the first class, or of hardly any of the last, or of one class
 * above all. */
static void check_sample(size_t n, size_t m, int d, int which, double unit, int labels) {
  test_rng rng = {n + m, 0};
  gmm_random random = random_of(&rng);
  facts f;
  gmm_sample sample;
  facts_open(&f, &rng, n, d, 1, 0);
  if (which & MISSING) {
    facts_punch_oddly(&f, &rng);
  }
  for (size_t i = 0; i < n; i++) {
    f.x[i] = (double)i;
  }
  if (which & NOISE) {
    facts_add_noise(&f, &rng);
  }
  if (which & WEIGHTS) {
    facts_weigh(&f, &rng);
    for (size_t i = 0; i < n; i++) {
      f.weight[i] *= unit;
    }
  }
  gmm_data_sum(&f.data);
  if (which & LABELS) {
    facts_label(&f, &rng, 3, labels == 0 ? 0.3 : labels == 1 ? 1 : 0.9);
    for (size_t i = 0; i < n && labels >= 2; i++) {
      int gone = labels == 2 ? f.label[i] == 0 : f.label[i] == 2 && i != n / 2;
      f.label[i] = gone ? 1 : labels == 3 && i == n / 2 ? 2 : f.label[i];
    }
    for (size_t i = 0; i < n && labels == 4; i++) {
      double u = uniform(&rng);
      f.label[i] = u < 0.6 ? 0 : u < 0.63 ? 1 : u < 0.66 ? 2 : GMM_UNKNOWN;
    }
  }
  /* Any numbers: the sample has the same. */
  f.data.rounding = f.range;
  void *memory = sample_open(&sample, &f.data, m);
  CHECK(sample.data.n == m && sample.data.d == d && sample.data.range == f.range);
  CHECK(sample.data.rounding == f.data.rounding);
  for (int draw = 0; draw < 3; draw++) {
    rng.drawn = 0;
    gmm_sample_draw(&sample, &f.data, &random);
    CHECK(rng.drawn == (int)m);
    check_drawn(&f, &sample);
    check_strata(&f, &sample);
    check_sums(&f, &sample);
    if (which & MISSING) {
      check_patterns(&sample, f.data.n_patterns < m ? f.data.n_patterns : m);
    } else {
      CHECK(sample.data.n_patterns == 0);
    }
  }
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
    for (int labels = 0; labels < (which & LABELS ? 5 : 1); labels++) {
      check_sample(1, 1, 1, which, 1, labels);
      check_sample(300, 299, 2, which, 1, labels);
      check_sample(303, 300, 2, which, 1, labels);
      check_sample(3000, 500, 4, which, 1, labels);
      check_sample(3000, 5, 4, which, 1, labels);
      check_sample(300, 200, 3, which, 1e-3, labels);
    }
  }
  test_many_patterns();
  return check_report("sample");
}
