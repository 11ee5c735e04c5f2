/*
 * Partitions of rows of which some are of a known class: those stay in it, its centre is drawn at
 * their mean, and no other centre at one of them; also where rows are weighted, or values missing.
 * And the rows farthest from their centres, as many as may be noise.
 */
#include "kmeans.h"
#include "whole.h"

#include "facts.h"

enum { MISSING = 1, WEIGHTS = 2, D = 3, MOST_K = 6 };

typedef struct work {
  setup s;
  gmm_kmeans_work kmeans;
  gmm_whole whole;
  int *part;
  test_rng rng;
  void *memory;
} work;

static void work_take(void *self, gmm_arena *arena) {
  work *w = self;
  gmm_kmeans_take(&w->kmeans, arena, &w->s.rows, w->s.k);
  gmm_whole_take(&w->whole, arena, w->s.layout, w->s.d);
  w->part = gmm_arena_take(arena, w->s.n, sizeof(int));
}

static void open_on(work *w, gmm_simd level, int threads, gmm_layout layout, const gmm_data *data,
                    int k) {
  *w = (work){.rng = {3, 0}};
  setup_open_of(&w->s, level, threads, layout, data, k);
  w->memory = carve(work_take, w);
  if (data->n_patterns > 0) {
    random_params(&w->rng, &w->whole.params);
    CHECK(gmm_density_prepare(&w->whole.density, &w->whole.params).code == GMM_OK);
    w->s.rows.whole = &w->whole;
  }
}

static void open(work *w, const gmm_data *data, int k) {
  gmm_layout layout = data->n_patterns > 0 ? GMM_FULL : GMM_DIAGONAL;
  open_on(w, gmm_simd_widest(), 1, layout, data, k);
}

static void close(work *w) {
  setup_close(&w->s);
  free(w->memory);
}

static gmm_status run(work *w, int plusplus, int max_iter, uint64_t seed) {
  w->rng = (test_rng){seed, 0};
  gmm_random random = random_of(&w->rng);
  return gmm_kmeans(&w->s.rows, w->s.k, plusplus, max_iter, &random, &w->kmeans, w->part);
}

/* Rows about k centres, some of them of known classes below `n_classes`, not all of those that they
 * are about. */
static void open_facts(facts *f, size_t n, int k, int n_classes, int which, uint64_t seed) {
  test_rng rng = {seed, 0};
  facts_open(f, &rng, n, D, k, 3);
  if (which & MISSING) {
    facts_punch_oddly(f, &rng);
  }
  if (which & WEIGHTS) {
    facts_weigh(f, &rng);
  }
  facts_label(f, &rng, n_classes, 0.3);
}

/* Means of parts of the rows, as k-means sees them: of those of a known class alone, or of all. */
static void means_of(const work *w, int labelled, long double *mean) {
  long double mass[MOST_K] = {0};
  memset(mean, 0, MOST_K * D * sizeof *mean);
  for (size_t i = 0; i < w->s.n; i++) {
    double row[D];
    int j = labelled ? gmm_data_label(&w->s.data, i) : w->part[i];
    gmm_rows_row(&w->s.rows, i, row);
    for (int a = 0; a < D && j >= 0; a++) {
      mean[a + D * j] += gmm_rows_weight(&w->s.rows, i) * row[a];
    }
    mass[j >= 0 ? j : 0] += j >= 0 ? gmm_rows_weight(&w->s.rows, i) : 0;
  }
  for (int i = 0; i < w->s.k * D; i++) {
    mean[i] /= mass[i / D];
  }
}

/* How much farther from the centre of its part a row is than from the nearest, at most; that rows
 * of a known class are in it is certain. */
static double worst_detour(const work *w, const long double *centre) {
  double worst = 0;
  for (size_t i = 0; i < w->s.n; i++) {
    double row[D];
    long double least = INFINITY, own = INFINITY;
    if (gmm_data_label(&w->s.data, i) >= 0) {
      worst = w->part[i] == gmm_data_label(&w->s.data, i) ? worst : INFINITY;
      continue;
    }
    gmm_rows_row(&w->s.rows, i, row);
    for (int j = 0; j < w->s.k; j++) {
      long double sum = 0;
      for (int a = 0; a < D; a++) {
        sum += (row[a] - centre[a + D * j]) * (row[a] - centre[a + D * j]);
      }
      least = sum < least ? sum : least;
      own = j == w->part[i] ? sum : own;
    }
    worst = fmax(worst, (double)(own - least));
  }
  return worst;
}

/* Nothing is left to chance where all classes are known: rows are with the nearest of the means of
 * those that are known, and when they have settled with the nearest of the means of all. */
static void check_all_known(size_t n, int which, int plusplus) {
  enum { K = 4 };
  facts f;
  work w;
  long double mean[MOST_K * D];
  open_facts(&f, n, K, K, which, n);
  for (int j = 0; j < K; j++) {
    f.label[j] = j;
  }
  open(&w, &f.data, K);
  for (int max_iter = 0; max_iter <= 200; max_iter += 200) {
    CHECK(run(&w, plusplus, max_iter, 1).code == GMM_OK);
    CHECK(w.rng.drawn == 0);
    means_of(&w, max_iter == 0, mean);
    CHECK_NEAR(worst_detour(&w, mean), 0, 1e-11);
    means_of(&w, 0, mean);
    for (int i = 0; i < K * D; i++) {
      CHECK_NEAR(w.kmeans.centre[i], (double)mean[i], 1e-11);
    }
    int none = 1;
    for (size_t i = 0; i < n; i++) {
      none &= f.label[i] < 0 || w.kmeans.distance[i] == 0;
    }
    CHECK(none);
  }
  close(&w);
  facts_close(&f);
}

/* Centres of the other classes are drawn, a number for each. */
static void check_some_known(size_t n, int n_classes, int which, int plusplus, uint64_t seed) {
  facts f;
  work w;
  long double mean[MOST_K * D];
  open_facts(&f, n, MOST_K, n_classes, which, seed);
  for (int j = 0; j < n_classes; j++) {
    f.label[j] = j;
  }
  open(&w, &f.data, MOST_K);
  CHECK(run(&w, plusplus, 0, seed).code == GMM_OK);
  CHECK(w.rng.drawn == MOST_K - n_classes);
  CHECK(run(&w, plusplus, 500, seed).code == GMM_OK);
  CHECK(w.rng.drawn == MOST_K - n_classes);
  means_of(&w, 0, mean);
  CHECK_NEAR(worst_detour(&w, mean), 0, 1e-11);
  int rows[MOST_K] = {0};
  for (size_t i = 0; i < n; i++) {
    rows[w.part[i]]++;
  }
  for (int j = 0; j < MOST_K; j++) {
    CHECK(rows[j] > 0);
  }
  close(&w);
  facts_close(&f);
}

/* Numbers that are chosen, in place of random ones. */
static double chosen(void *self) {
  return *(double *)self;
}

/* Rows 0, 1, 2, 7, 8 of which the first two, or others, are known to be of class 1: the centre of
 * class 0 is one of the others, each as likely. */
static void test_draw_by_hand(void) {
  double x[] = {0, 1, 2, 7, 8};
  for (int first = 0; first < 4; first++) {
    int label[] = {GMM_UNKNOWN, GMM_UNKNOWN, GMM_UNKNOWN, GMM_UNKNOWN, GMM_UNKNOWN}, others[3];
    label[first] = label[first + 1] = 1;
    for (int i = 0, o = 0; i < 5; i++) {
      if (label[i] < 0) {
        others[o++] = i;
      }
    }
    gmm_data data = data_of(x, NULL, 5, 1);
    data.label = label;
    for (int plusplus = 0; plusplus < 2; plusplus++) {
      for (int i = 0; i < 30; i++) {
        double u = (i + 0.5) / 30, centre = x[others[i / 10]];
        double known = (x[first] + x[first + 1]) / 2;
        work w;
        open(&w, &data, 2);
        gmm_random random = {chosen, &u};
        CHECK(gmm_kmeans(&w.s.rows, 2, plusplus, 0, &random, &w.kmeans, w.part).code == GMM_OK);
        for (int row = 0; row < 5; row++) {
          int nearer = fabs(x[row] - known) < fabs(x[row] - centre);
          CHECK(w.part[row] == (label[row] >= 0 ? 1 : nearer));
        }
        close(&w);
      }
    }
  }
}

/* No row is left for another class, whichever comes first; nor are there more kinds of rows. */
static void test_none_left(void) {
  double x[] = {0, 1, 2, 7, 7, 7};
  for (int j = 0; j < 2; j++) {
    for (int plusplus = 0; plusplus < 2; plusplus++) {
      int label[] = {j, j, j, j, j, j};
      gmm_data data = data_of(x, NULL, 6, 1);
      work w;
      data.label = label;
      open(&w, &data, 2);
      gmm_status status = run(&w, plusplus, 5, 1);
      CHECK(status.code == GMM_EDISTINCT && status.index == 1 - j);
      close(&w);
      /* One kind, of which two centres cannot be. */
      label[3] = label[4] = label[5] = GMM_UNKNOWN;
      open(&w, &data, 3);
      status = run(&w, plusplus, 5, 1);
      CHECK(status.code == GMM_EDISTINCT && status.index == 2);
      close(&w);
      open(&w, &data, 2);
      CHECK(run(&w, plusplus, 5, 1).code == GMM_OK);
      CHECK(w.part[0] == j && w.part[1] == j && w.part[2] == j);
      CHECK(w.part[3] == 1 - j && w.part[4] == 1 - j && w.part[5] == 1 - j);
      close(&w);
    }
  }
}

/* Few rows with long tails, where Lloyd empties parts: none stays empty, and no row of a known
 * class fills it. */
static void check_no_empty_part(int plusplus, uint64_t seed) {
  enum { MAX_N = 14 };
  test_rng rng = {seed, 0};
  double x[MAX_N];
  int n = 8 + integer_to(&rng, MAX_N - 8), k = 3 + integer_to(&rng, 2), label[MAX_N];
  for (int i = 0; i < n; i++) {
    x[i] = exp(2 * normal(&rng));
    label[i] = uniform(&rng) < 0.3 ? integer_to(&rng, k - 2) : GMM_UNKNOWN;
  }
  gmm_data data = data_of(x, NULL, (size_t)n, 1);
  data.label = label;
  work w;
  open(&w, &data, k);
  gmm_status status = run(&w, plusplus, 10, seed);
  int rows[MOST_K] = {0}, stay = 1;
  for (int i = 0; i < n && status.code == GMM_OK; i++) {
    rows[w.part[i]]++;
    stay &= label[i] < 0 || w.part[i] == label[i];
  }
  for (int j = 0; j < k && status.code == GMM_OK; j++) {
    CHECK(rows[j] > 0);
    CHECK(isfinite(w.kmeans.centre[j]));
  }
  CHECK(stay);
  CHECK(status.code == GMM_OK);
  close(&w);
}

/* The same partition from any number of threads. */
static void check_threads(gmm_simd level, int which) {
  enum { N = 9000, K = 5 };
  facts f;
  int *part = fresh(N * sizeof(int));
  double centre[K * D];
  open_facts(&f, N, K, 3, which, 7);
  gmm_layout layout = which & MISSING ? GMM_FULL : GMM_DIAGONAL;
  for (int t = 0; t < N_THREADS; t++) {
    work w;
    open_on(&w, level, some_threads[t], layout, &f.data, K);
    CHECK(w.s.rows.threads > 1 || some_threads[t] == 1);
    CHECK(run(&w, 1, 4, 5).code == GMM_OK);
    gmm_kmeans_trim(&w.s.rows, K, 0.1, 5, &w.kmeans, w.part);
    if (t == 0) {
      memcpy(part, w.part, N * sizeof(int));
      memcpy(centre, w.kmeans.centre, sizeof centre);
    }
    CHECK(memcmp(part, w.part, N * sizeof(int)) == 0);
    CHECK(same_bits(centre, w.kmeans.centre, K * D));
    close(&w);
  }
  free(part);
  facts_close(&f);
}

/*
 * The farthest of the rows of no known class, together at most `share` of those, and with the next
 * more than that, are noise, but for those without which a part would have too little.
 */
static void check_trim(size_t n, int which, int labelled, double share, double least) {
  enum { K = 4 };
  facts f;
  work w;
  open_facts(&f, n, K, 3, which, n);
  if (!labelled) {
    f.data.label = NULL;
  }
  open(&w, &f.data, K);
  CHECK(run(&w, 1, 10, 2).code == GMM_OK);
  int *part = fresh(n * sizeof(int));
  memcpy(part, w.part, n * sizeof(int));
  double *distance = copy_of(w.kmeans.distance, n);
  gmm_kmeans_trim(&w.s.rows, K, share, least, &w.kmeans, w.part);
  long double all = 0, left[K] = {0}, trimmed = 0, slack = 1e-9L * w.s.rows.mass;
  int right = 1, count = 0, kept = 0;
  for (size_t i = 0; i < n; i++) {
    double weight = gmm_rows_weight(&w.s.rows, i);
    all += gmm_data_label(&w.s.data, i) < 0 ? weight : 0;
    if (w.part[i] == GMM_UNKNOWN) {
      trimmed += weight;
      count++;
      right &= gmm_data_label(&w.s.data, i) < 0;
    } else {
      left[part[i]] += weight;
      right &= w.part[i] == part[i];
    }
  }
  CHECK(right);
  CHECK(trimmed <= share * all + slack);
  for (size_t i = 0; i < n; i++) {
    double weight = gmm_rows_weight(&w.s.rows, i);
    if (gmm_data_label(&w.s.data, i) >= 0) {
      continue;
    }
    long double from = 0;
    for (size_t other = 0; other < n; other++) {
      int counts = gmm_data_label(&w.s.data, other) < 0 && distance[other] >= distance[i];
      from += counts ? gmm_rows_weight(&w.s.rows, other) : 0;
    }
    if (w.part[i] == GMM_UNKNOWN) {
      /* It, and all that are as far. */
      right &= from <= share * all + slack;
      right &= left[part[i]] > least - (double)slack;
    } else if (from <= share * all - slack) {
      kept++;
      right &= left[part[i]] - weight <= least + slack;
    }
  }
  CHECK(right);
  CHECK(share > 0 || count == 0);
  CHECK(kept == 0 || least > 0);
  CHECK(count > 0 || share * (double)all < 10 || least > 10);
  free(part);
  free(distance);
  close(&w);
  facts_close(&f);
}

static void test_trim(void) {
  for (int which = 0; which < 4; which++) {
    for (int labelled = 0; labelled < 2; labelled++) {
      check_trim(400, which, labelled, 0, 0);
      check_trim(400, which, labelled, 0.05, 0);
      check_trim(400, which, labelled, 0.4, 0);
      check_trim(400, which, labelled, 0.2, 60);
      check_trim(400, which, labelled, 0.4, 90);
      check_trim(40, which, labelled, 0.4, 5);
      check_trim(1300, which, labelled, 0.05, 5);
    }
  }
}

int main(void) {
  test_draw_by_hand();
  test_none_left();
  for (int which = 0; which < 4; which++) {
    for (int plusplus = 0; plusplus < 2; plusplus++) {
      check_all_known(30, which, plusplus);
      check_all_known(1300, which, plusplus);
      for (int n_classes = 1; n_classes < MOST_K; n_classes++) {
        check_some_known(300, n_classes, which, plusplus, (uint64_t)n_classes);
        check_some_known(1300, n_classes, which, plusplus, (uint64_t)n_classes + 10);
      }
    }
  }
  for (uint64_t seed = 1; seed <= 1000; seed++) {
    check_no_empty_part(0, seed);
    check_no_empty_part(1, seed);
  }
  for (gmm_simd level = GMM_SIMD_BASELINE; level < GMM_SIMD_LEVELS; level = next_level(level)) {
    for (int which = 0; which < 4; which++) {
      check_threads(level, which);
    }
  }
  test_trim();
  return check_report("kmeans_labels");
}
