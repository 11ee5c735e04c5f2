/*
 * The statistics are a monoid: parts of the rows, split anywhere and added in
 * any order, give what all rows give. On small integers, and responsibilities that are
 * squares of such, every sum is exact, so that equal means equal bits. Statistics of smaller
 * dimensions lie over the memory of larger ones.
 */
#include "helpers.h"

#define N 300

static size_t values_in(gmm_layout layout, int d, int k) {
  return 3 + (size_t)k * (1 + 2 * (size_t)d + gmm_cov_size(layout, d));
}

/* Statistics of rows from..to about `centre`, by responsibilities. */
static void stats_of(const double *x, const double *r, const double *centre, size_t from, size_t to,
                     setup *s) {
  size_t n = to - from;
  double *part_x = doubles(n * (size_t)s->d), *part_r = doubles(n * (size_t)s->k);
  for (int a = 0; a < s->d; a++) {
    memcpy(part_x + n * (size_t)a, x + from + N * (size_t)a, n * sizeof(double));
  }
  for (int j = 0; j < s->k; j++) {
    memcpy(part_r + n * (size_t)j, r + from + N * (size_t)j, n * sizeof(double));
  }
  s->data = data_of(part_x, NULL, n, s->d);
  s->rows.n = n;
  CHECK(gmm_rows_stats(&s->rows, NULL, part_r, centre, &s->stats).code == GMM_OK);
  free(part_x);
  free(part_r);
}

/* Adds the parts between `cuts`, first to last or last to first. */
static void check_split(gmm_layout layout, const size_t *cuts, int n_parts, int backwards) {
  enum { D = 3, K = 2 };
  test_rng rng = {1, 0};
  double x[N * D], r[N * K], centre[D * K];
  for (int i = 0; i < N * D; i++) {
    x[i] = integer_to(&rng, 16) - 8;
  }
  for (int i = 0; i < N * K; i++) {
    double root = integer_to(&rng, 2) / 2.0;
    r[i] = root * root;
  }
  for (int i = 0; i < D * K; i++) {
    centre[i] = integer_to(&rng, 4) - 2;
  }
  setup all, part, sum;
  setup_open(&all, layout, x, N, D, K);
  setup_open(&part, layout, x, N, D, K);
  setup_open(&sum, layout, x, N, D, K);
  stats_of(x, r, centre, 0, N, &all);
  gmm_stats_clear(&sum.stats, centre);
  for (int p = 0; p < n_parts; p++) {
    int at = backwards ? n_parts - 1 - p : p;
    stats_of(x, r, centre, cuts[at], cuts[at + 1], &part);
    gmm_stats_add(&sum.stats, &part.stats, 0, 1);
  }
  size_t size = values_in(layout, D, K);
  CHECK(*sum.stats.n == N);
  CHECK(sum.stats.centre == centre);
  CHECK(same_bits(sum.stats.values, all.stats.values, size));
  setup_close(&all);
  setup_close(&part);
  setup_close(&sum);
}

static void test_parts_add(void) {
  size_t whole[] = {0, N}, thirds[] = {0, 100, 200, N}, ends[] = {0, 1, 299, N};
  size_t blocks[] = {0, 128, 256, N}, empty[] = {0, 77, 77, N};
  for (int layout = GMM_DIAGONAL; layout <= GMM_FULL; layout++) {
    for (int backwards = 0; backwards < 2; backwards++) {
      check_split(layout, whole, 1, backwards);
      check_split(layout, thirds, 3, backwards);
      check_split(layout, ends, 3, backwards);
      check_split(layout, blocks, 3, backwards);
      check_split(layout, empty, 3, backwards);
    }
  }
}

static void take_stats(void *self, gmm_arena *arena) {
  gmm_stats_take(self, arena, GMM_FULL, 4, 3);
}

/* The arrays follow each other without gap or overlap. */
static void check_laid_out(const gmm_stats *s) {
  CHECK(s->n == s->values);
  CHECK(s->loglik == s->n + 1);
  CHECK(s->noise == s->loglik + 1);
  CHECK(s->count == s->noise + 1);
  CHECK(s->sum == s->count + s->k);
  CHECK(s->lacking == s->sum + s->d * s->k);
  CHECK(s->scatter == s->lacking + s->d * s->k);
}

static void test_fit(void) {
  gmm_stats s, other;
  double centre[12] = {0};
  void *memory = carve(take_stats, &s);
  void *other_memory = carve(take_stats, &other);
  CHECK(s.layout == GMM_FULL && s.d == 4 && s.k == 3);
  check_laid_out(&s);
  gmm_stats_clear(&s, centre);
  gmm_stats_clear(&other, centre);
  struct {
    gmm_layout layout;
    int d, k;
  } smaller[] = {{GMM_FULL, 4, 1}, {GMM_DIAGONAL, 4, 3}, {GMM_FULL, 1, 3}, {GMM_DIAGONAL, 1, 1}};
  size_t all = values_in(GMM_FULL, 4, 3);
  for (size_t c = 0; c < sizeof smaller / sizeof *smaller; c++) {
    gmm_stats small = s, part = other;
    size_t size = values_in(smaller[c].layout, smaller[c].d, smaller[c].k);
    for (size_t i = 0; i < all; i++) {
      s.values[i] = 7;
      other.values[i] = (double)i;
    }
    gmm_stats_fit(&small, smaller[c].layout, smaller[c].d, smaller[c].k);
    gmm_stats_fit(&part, smaller[c].layout, smaller[c].d, smaller[c].k);
    check_laid_out(&small);
    gmm_stats_clear(&small, centre + 1);
    /* In shares, of which some may have nothing to add. */
    for (int share = 0; share < 7; share++) {
      gmm_stats_add(&small, &part, share, 7);
    }
    CHECK(small.centre == centre + 1);
    /* What is above the diagonals counts for nothing. */
    for (int i = 0; small.layout == GMM_FULL && i < small.d * small.d * small.k; i++) {
      int row = i % small.d, column = i / small.d % small.d;
      CHECK(row >= column || small.scatter[i] == 0);
      part.scatter[i] *= row >= column;
    }
    CHECK(same_bits(small.values, other.values, size));
    /* What lies beyond is not theirs. */
    for (size_t i = size; i < all; i++) {
      CHECK_NEAR(s.values[i], 7, 0);
    }
  }
  free(memory);
  free(other_memory);
}

int main(void) {
  test_parts_add();
  test_fit();
  return check_report("stats");
}
