/*
 * Partitions to start from: centres that are drawn, by hand on a few rows;
 * exactly the distinct rows where there are k, and a count where there are
 * fewer; no part is ever empty; Lloyd never raises the sum of squares; k random
 * numbers a call, and nothing else decides, neither instructions nor threads; far clusters
 * are found.
 */
#include "kmeans.h"

#include "helpers.h"

typedef struct work {
  setup s;
  gmm_kmeans_work kmeans;
  int *part;
  size_t n;
  int d, k;
  void *memory;
} work;

static void work_take(void *self, gmm_arena *arena) {
  work *w = self;
  gmm_kmeans_take(&w->kmeans, arena, &w->s.rows, w->k);
  w->part = gmm_arena_take(arena, w->n, sizeof(int));
}

static void open_on(work *w, gmm_simd level, int threads, const double *x, size_t n, int d, int k) {
  *w = (work){.n = n, .d = d, .k = k};
  setup_open_on(&w->s, level, threads, GMM_DIAGONAL, x, n, d, k);
  w->memory = carve(work_take, w);
}

static void open(work *w, const double *x, size_t n, int d, int k) {
  open_on(w, gmm_simd_widest(), 1, x, n, d, k);
}

static void close(work *w) {
  setup_close(&w->s);
  free(w->memory);
}

static gmm_status run(work *w, int plusplus, int max_iter, test_rng *rng) {
  gmm_random random = random_of(rng);
  return gmm_kmeans(&w->s.rows, w->k, plusplus, max_iter, &random, &w->kmeans, w->part);
}

/* Numbers that are chosen, in place of random ones. */
typedef struct chosen {
  const double *u;
  int drawn;
} chosen;

static double next_chosen(void *self) {
  chosen *c = self;
  return c->u[c->drawn++];
}

/* Rows in the smallest part. */
static int smallest_part(const work *w) {
  int smallest = (int)w->n;
  for (int j = 0; j < w->k; j++) {
    int size = 0;
    for (size_t i = 0; i < w->n; i++) {
      size += w->part[i] == j;
    }
    smallest = size < smallest ? size : smallest;
  }
  return smallest;
}

/* Sum of squares within parts, about their means. */
static double within(const work *w) {
  long double total = 0;
  for (int j = 0; j < w->k; j++) {
    for (int a = 0; a < w->d; a++) {
      long double sum = 0, square = 0, mean;
      int size = 0;
      for (size_t i = 0; i < w->n; i++) {
        if (w->part[i] == j) {
          sum += w->s.data.x[i + w->n * (size_t)a];
          size++;
        }
      }
      mean = sum / size;
      for (size_t i = 0; i < w->n; i++) {
        long double y = w->s.data.x[i + w->n * (size_t)a] - mean;
        square += w->part[i] == j ? y * y : 0;
      }
      total += square;
    }
  }
  return (double)total;
}

/* Which row a number stands for, on rows 0, 1, 3 with centres never moved. */
static void check_draw(int plusplus, double u0, double u1, int p0, int p1, int p2) {
  double x[] = {0, 1, 3}, u[] = {u0, u1};
  chosen c = {u, 0};
  gmm_random random = {next_chosen, &c};
  work w;
  open(&w, x, 3, 1, 2);
  CHECK(gmm_kmeans(&w.s.rows, 2, plusplus, 0, &random, &w.kmeans, w.part).code == GMM_OK);
  CHECK(c.drawn == 2);
  CHECK(w.part[0] == p0 && w.part[1] == p1 && w.part[2] == p2);
  close(&w);
}

static void test_draw_by_hand(void) {
  /* k-means++ from row 0: squared distances 0, 1, 9, thus a tenth for row 1. */
  check_draw(1, 0.01, 0.09, 0, 1, 1);
  check_draw(1, 0.01, 0.11, 0, 0, 1);
  check_draw(1, 0.33, 0.99, 0, 0, 1);
  /* From row 1: 1, 0, 4. */
  check_draw(1, 0.34, 0.19, 1, 0, 0);
  check_draw(1, 0.66, 0.21, 0, 0, 1);
  /* From row 2: 9, 4, 0. */
  check_draw(1, 0.67, 0.68, 1, 1, 0);
  check_draw(1, 0.99, 0.70, 1, 1, 0);
  /* Uniformly, the second among the two rows that are left. */
  check_draw(0, 0.01, 0.49, 0, 1, 1);
  check_draw(0, 0.01, 0.51, 0, 0, 1);
  check_draw(0, 0.50, 0.49, 1, 0, 0);
  check_draw(0, 0.50, 0.51, 0, 0, 1);
  check_draw(0, 0.99, 0.49, 1, 1, 0);
}

/* Lloyd from rows that are drawn by choice, on a line. */
static void check_lloyd(const double *x, int n, int k, const int *drawn, int max_iter,
                        const int *want) {
  double u[8];
  for (int j = 0; j < k; j++) {
    int before = drawn[j];
    for (int l = 0; l < j; l++) {
      before -= drawn[l] < drawn[j];
    }
    u[j] = (before + 0.5) / (n - j);
  }
  chosen c = {u, 0};
  gmm_random random = {next_chosen, &c};
  work w;
  open(&w, x, (size_t)n, 1, k);
  CHECK(gmm_kmeans(&w.s.rows, k, 0, max_iter, &random, &w.kmeans, w.part).code == GMM_OK);
  CHECK(c.drawn == k);
  CHECK(memcmp(w.part, want, (size_t)n * sizeof(int)) == 0);
  close(&w);
}

static void test_lloyd_by_hand(void) {
  /* Means 1 and 4.5 of {0, 2} and {4, 5}: no row moves. Row 1 was as far from
   * either centre: ties go to the first. */
  double still[] = {0, 2, 4, 5};
  int still_drawn[] = {0, 2}, still_want[] = {0, 0, 1, 1};
  check_lloyd(still, 4, 2, still_drawn, 0, still_want);
  check_lloyd(still, 4, 2, still_drawn, 5, still_want);

  /* One row an iteration changes sides: means 0, 5.17; 1.25, 6.5; 1.83, 10. */
  double moving[] = {0, 2.5, 3, 10};
  int moving_drawn[] = {0, 1};
  int moving_want[][4] = {{0, 1, 1, 1}, {0, 0, 1, 1}, {0, 0, 0, 1}, {0, 0, 0, 1}};
  for (int it = 0; it < 4; it++) {
    check_lloyd(moving, 4, 2, moving_drawn, it, moving_want[it]);
  }

  /* The middle one of the means 0, 8.33, 27.5 loses all its rows; 18 is the
   * farthest from its mean, and takes it over. */
  double emptied[] = {0, 3, 4, 18, 23, 32};
  int emptied_drawn[] = {0, 2, 5}, emptied_want[] = {0, 0, 0, 1, 2, 2};
  check_lloyd(emptied, 6, 3, emptied_drawn, 1, emptied_want);
  check_lloyd(emptied, 6, 3, emptied_drawn, 10, emptied_want);

  /* Of the means 49.5, 40, 64.67, 20 the first loses all. The farthest is 1,
   * but the last mean has no other row; next is 75. */
  double single[] = {1, 39, 40, 41, 58, 59, 60, 75};
  int single_drawn[] = {3, 2, 7, 1}, single_want[] = {3, 1, 1, 1, 2, 2, 2, 0};
  check_lloyd(single, 8, 4, single_drawn, 1, single_want);
  check_lloyd(single, 8, 4, single_drawn, 10, single_want);
}

/* Rows of `distinct` kinds, many of each. */
static double *kinds(test_rng *rng, size_t n, int d, int distinct, int *kind) {
  double *x = doubles(n * (size_t)d), *values = doubles((size_t)(distinct * d));
  for (int i = 0; i < distinct * d; i++) {
    values[i] = normal(rng);
  }
  for (size_t i = 0; i < n; i++) {
    kind[i] = i < (size_t)distinct ? (int)i : integer_to(rng, distinct - 1);
    for (int a = 0; a < d; a++) {
      x[i + n * (size_t)a] = values[kind[i] + distinct * a];
    }
  }
  free(values);
  return x;
}

/* A metric in which coordinates are rounded. */
static void set_metric(work *w, test_rng *rng) {
  for (int a = 0; a < w->d; a++) {
    w->s.frame.scale[a] = 0.5 + uniform(rng);
    w->s.frame.shift[a] = normal(rng);
  }
}

static void check_distinct(gmm_simd level, int distinct, int plusplus, uint64_t seed) {
  enum { N = 203, D = 2 };
  test_rng rng = {seed, 0};
  int kind[N];
  double *x = kinds(&rng, N, D, distinct, kind);
  work w;
  open_on(&w, level, 1, x, N, D, distinct);
  set_metric(&w, &rng);
  CHECK(run(&w, plusplus, 5, &rng).code == GMM_OK);
  int matched = 1;
  for (int i = 0; i < N; i++) {
    /* The first row of each kind carries its label. */
    matched &= w.part[i] == w.part[kind[i]];
  }
  CHECK(matched);
  CHECK(smallest_part(&w) > 0);
  CHECK_NEAR(within(&w), 0, 1e-25);
  close(&w);

  open_on(&w, level, 1, x, N, D, distinct + 1);
  set_metric(&w, &rng);
  gmm_status status = run(&w, plusplus, 5, &rng);
  CHECK(status.code == GMM_EDISTINCT);
  CHECK(status.index == distinct);
  close(&w);
  free(x);
}

/* Few rows with long tails, where Lloyd empties parts now and then. */
static void check_no_empty_part(int plusplus, uint64_t seed) {
  enum { MAX_N = 12 };
  test_rng rng = {seed, 0};
  double x[2 * MAX_N];
  int n = 6 + integer_to(&rng, MAX_N - 6), k = 3 + integer_to(&rng, 3), inside = 1;
  for (int i = 0; i < 2 * n; i++) {
    x[i] = exp(2 * normal(&rng));
  }
  work w;
  open(&w, x, (size_t)n, 2, k);
  gmm_status status = run(&w, plusplus, 10, &rng);
  CHECK(status.code == GMM_OK);
  for (int i = 0; i < n; i++) {
    inside &= w.part[i] >= 0 && w.part[i] < k;
  }
  CHECK(inside);
  CHECK(smallest_part(&w) > 0);
  close(&w);
}

/* The same draws, one iteration more each time. */
static void check_monotone(int plusplus, uint64_t seed) {
  enum { N = 150, D = 2, K = 6 };
  test_rng rng = {seed, 0};
  double *x = clusters(&rng, N, D, 3, 2), before = INFINITY;
  for (int max_iter = 0; max_iter <= 12; max_iter++) {
    test_rng same = {seed + 100, 0};
    work w;
    open(&w, x, N, D, K);
    CHECK(run(&w, plusplus, max_iter, &same).code == GMM_OK);
    CHECK(same.drawn == K);
    double now = within(&w);
    CHECK(now <= before * (1 + 1e-14));
    CHECK(smallest_part(&w) > 0);
    before = now;
    close(&w);
  }
  free(x);
}

static void test_deterministic(void) {
  enum { N = 500, D = 3, K = 4 };
  test_rng rng = {1, 0};
  double *x = clusters(&rng, N, D, K, 2);
  int differ = 0;
  for (int plusplus = 0; plusplus < 2; plusplus++) {
    work first, again, other;
    test_rng a = {7, 0}, b = {7, 0}, c = {8, 0};
    open(&first, x, N, D, K);
    open(&again, x, N, D, K);
    open(&other, x, N, D, K);
    CHECK(run(&first, plusplus, 3, &a).code == GMM_OK);
    CHECK(run(&again, plusplus, 3, &b).code == GMM_OK);
    CHECK(run(&other, plusplus, 3, &c).code == GMM_OK);
    CHECK(memcmp(first.part, again.part, N * sizeof(int)) == 0);
    differ += memcmp(first.part, other.part, N * sizeof(int)) != 0;
    close(&first);
    close(&again);
    close(&other);
  }
  CHECK(differ > 0);
  free(x);
}

/* One part holds all rows, and there is nothing to draw. */
static void test_one_part(void) {
  double x[] = {1, 2, 4, 4};
  test_rng rng = {1, 0};
  work w;
  open(&w, x, 4, 1, 1);
  for (int plusplus = 0; plusplus < 2; plusplus++) {
    CHECK(run(&w, plusplus, 3, &rng).code == GMM_OK);
    CHECK(rng.drawn == 0);
    CHECK(smallest_part(&w) == 4);
  }
  close(&w);
}

/* Five clusters, a thousand standard deviations apart: k-means++ draws one
 * centre in each but once in many thousand calls. */
static void test_far_clusters(void) {
  enum { N = 300, D = 2, K = 5 };
  test_rng rng = {1, 0};
  double *x = clusters(&rng, N, D, K, 1000);
  for (uint64_t seed = 1; seed <= 20; seed++) {
    test_rng draws = {seed, 0};
    work w;
    open(&w, x, N, D, K);
    CHECK(run(&w, 1, 10, &draws).code == GMM_OK);
    int right = 1;
    for (int i = 0; i < N; i++) {
      right &= w.part[i] == w.part[i % K];
    }
    CHECK(right);
    CHECK(smallest_part(&w) == N / K);
    close(&w);
  }
  free(x);
}

/* Distances are in the frame's units: the second variable, a thousand times
 * larger than what matters, counts for little there. */
static void test_frame(void) {
  enum { N = 200 };
  test_rng rng = {1, 0};
  double *x = clusters(&rng, N, 2, 2, 20);
  for (int i = N; i < 2 * N; i++) {
    x[i] *= 1000;
  }
  work w;
  open(&w, x, N, 2, 2);
  w.s.frame.scale[1] = 0x1p-10;
  CHECK(run(&w, 1, 10, &rng).code == GMM_OK);
  int right = 1;
  for (int i = 0; i < N; i++) {
    right &= w.part[i] == w.part[i % 2];
  }
  CHECK(right && w.part[0] != w.part[1]);
  close(&w);
  free(x);
}

/* The same partition from any number of threads. */
static void check_threads(gmm_simd level, size_t n, int plusplus) {
  enum { D = 4, K = 5 };
  test_rng rng = {n, 0};
  double *x = clusters(&rng, n, D, K, 2), centre[D * K];
  int *part = fresh(n * sizeof(int)), drawn = 0;
  for (int t = 0; t < N_THREADS; t++) {
    work w;
    test_rng draws = {9, 0};
    open_on(&w, level, some_threads[t], x, n, D, K);
    test_rng metric = {3, 0};
    set_metric(&w, &metric);
    CHECK(n < 20000 || w.s.rows.threads == some_threads[t]);
    CHECK(run(&w, plusplus, 4, &draws).code == GMM_OK);
    if (t == 0) {
      memcpy(part, w.part, n * sizeof(int));
      memcpy(centre, w.kmeans.centre, sizeof centre);
      drawn = draws.drawn;
    }
    CHECK(memcmp(w.part, part, n * sizeof(int)) == 0);
    CHECK(same_bits(w.kmeans.centre, centre, D * K));
    CHECK(draws.drawn == drawn);
    close(&w);
  }
  free(x);
  free(part);
}

/* Asked while centres are drawn, and while rows are assigned. */
static void test_interrupt(int threads) {
  enum { N = 20000, D = 4, K = 3 };
  test_rng rng = {1, 0};
  double *x = clusters(&rng, N, D, K, 2);
  work w;
  open_on(&w, gmm_simd_widest(), threads, x, N, D, K);
  CHECK(w.s.rows.threads == threads);
  int calls;
  w.s.poll = poll_never();
  CHECK(run(&w, 1, 5, &rng).code == GMM_OK);
  double all = w.s.poll.work - POLL_START;
  CHECK(all > 0);
  int drawn[] = {1, K, K};
  double after[] = {1, all * 0.4, all * 0.9};
  for (int i = 0; i < 3; i++) {
    test_rng draws = {1, 0};
    w.s.poll = poll_after(after[i], &calls);
    CHECK(run(&w, 1, 5, &draws).code == GMM_EINTERRUPT);
    CHECK(calls == 1);
    CHECK(draws.drawn == drawn[i]);
  }
  close(&w);
  free(x);
}

int main(void) {
  test_draw_by_hand();
  test_lloyd_by_hand();
  for (int plusplus = 0; plusplus < 2; plusplus++) {
    for (gmm_simd level = GMM_SIMD_BASELINE; level < GMM_SIMD_LEVELS; level = next_level(level)) {
      for (uint64_t seed = 1; seed <= 40; seed++) {
        check_distinct(level, 1 + (int)(seed % 8), plusplus, seed);
      }
    }
    for (uint64_t seed = 1; seed <= 1000; seed++) {
      check_no_empty_part(plusplus, seed);
    }
    for (uint64_t seed = 1; seed <= 5; seed++) {
      check_monotone(plusplus, seed);
    }
  }
  test_deterministic();
  test_one_part();
  test_far_clusters();
  test_frame();
  const size_t sizes[] = {31, 32, 33, 255, 256, 257, 1023, 1024, 1025, 20000, 100003};
  for (gmm_simd level = GMM_SIMD_BASELINE; level < GMM_SIMD_LEVELS; level = next_level(level)) {
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
      check_threads(level, sizes[i], i % 2 == 0);
      check_threads(level, sizes[i], i % 2 == 1);
    }
  }
  test_interrupt(1);
  test_interrupt(2);
  return check_report("kmeans");
}
