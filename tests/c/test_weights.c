/*
 * Case weights: what rows with whole weights give, and the same rows repeated, one beside the
 * other: statistics, moments of columns, k-means, the hierarchy, rows that are drawn, the few near
 * one. And weights that are not whole, against sums in long double.
 */
#include "hierarchy.h"
#include "kmeans.h"
#include "nearby.h"

#include "helpers.h"

/* Enough for several chunks, and for two threads; FEW for what takes n^2. */
enum { N = 6000, FEW = 230, D = 3, K = 3, MOST = 3 * N, MOST_ROWS = 11 };

typedef struct scene {
  setup s;
  gmm_kmeans_work kmeans;
  gmm_hierarchy hierarchy;
  gmm_nearby nearby;
  void *memory;
} scene;

/* The same in rows that are weighted, and repeated. */
typedef struct twins {
  scene weighted, repeated;
  double x[N * D], weight[N], x_repeated[MOST * D];
  size_t n, n_repeated, original[MOST];
} twins;

static void scene_take(void *self, gmm_arena *arena) {
  scene *scene = self;
  gmm_kmeans_take(&scene->kmeans, arena, &scene->s.rows, K);
  gmm_hierarchy_take(&scene->hierarchy, arena, scene->s.n < 3 * FEW ? scene->s.n : 1, D);
  gmm_nearby_take(&scene->nearby, arena, D, MOST_ROWS);
}

static void open_scene(scene *scene, gmm_layout layout, gmm_simd level, int threads,
                       const double *x, const double *weight, size_t n) {
  test_rng rng = {4, 0};
  setup_open_on(&scene->s, level, threads, layout, x, n, D, K);
  setup_weigh(&scene->s, weight);
  random_params(&rng, &scene->s.params);
  CHECK(gmm_density_prepare(&scene->s.density, &scene->s.params).code == GMM_OK);
  scene->memory = carve(scene_take, scene);
}

static void close_scene(scene *scene) {
  setup_close(&scene->s);
  free(scene->memory);
}

static void open_few(twins *t, int n, gmm_layout layout, gmm_simd level, int threads) {
  test_rng rng = {7, 0};
  t->n = (size_t)n;
  t->n_repeated = 0;
  for (int i = 0; i < n; i++) {
    t->weight[i] = 1 + i % 3;
    for (int c = 0; c < 1 + i % 3; c++) {
      t->original[t->n_repeated++] = (size_t)i;
    }
  }
  for (int a = 0; a < D; a++) {
    for (int i = 0; i < n; i++) {
      t->x[i + n * a] = normal(&rng) + 2 * (i % 2) + a;
    }
    for (size_t i = 0; i < t->n_repeated; i++) {
      t->x_repeated[i + t->n_repeated * (size_t)a] = t->x[t->original[i] + (size_t)(n * a)];
    }
  }
  open_scene(&t->weighted, layout, level, threads, t->x, t->weight, t->n);
  open_scene(&t->repeated, layout, level, 1, t->x_repeated, NULL, t->n_repeated);
  CHECK(t->weighted.s.rows.mass == (double)t->n_repeated);
}

static void open(twins *t, gmm_layout layout, gmm_simd level, int threads) {
  open_few(t, N, layout, level, threads);
}

static void close(twins *t) {
  close_scene(&t->weighted);
  close_scene(&t->repeated);
}

static void check_same_stats(const gmm_stats *got, const gmm_stats *expected, double tolerance) {
  size_t columns = (size_t)(got->d * got->k), size = gmm_cov_size(got->layout, got->d);
  CHECK(*got->n == *expected->n);
  CHECK_NEAR(*got->loglik / *expected->loglik, 1, tolerance);
  for (int j = 0; j < got->k; j++) {
    CHECK_NEAR(got->count[j] / expected->count[j], 1, tolerance);
  }
  for (size_t i = 0; i < columns; i++) {
    CHECK_NEAR(got->sum[i], expected->sum[i], tolerance * *got->n);
  }
  for (size_t i = 0; i < size * (size_t)got->k; i++) {
    size_t row = i % size % (size_t)got->d, column = i % size / (size_t)got->d;
    if (got->layout == GMM_DIAGONAL || row >= column) {
      CHECK_NEAR(got->scatter[i], expected->scatter[i], tolerance * *got->n);
    }
  }
}

static void test_statistics(void) {
  for (gmm_simd level = GMM_SIMD_BASELINE; level < GMM_SIMD_LEVELS; level = next_level(level)) {
    for (int layout = GMM_DIAGONAL; layout <= GMM_FULL; layout++) {
      for (int threads = 1; threads <= 2; threads++) {
        static twins t;
        open(&t, layout, level, threads);
        CHECK(t.weighted.s.rows.threads == threads && N > t.weighted.s.rows.chunk);
        CHECK(estep(&t.weighted.s).code == GMM_OK && estep(&t.repeated.s).code == GMM_OK);
        check_same_stats(&t.weighted.s.stats, &t.repeated.s.stats, 1e-12);
        /* Of one component that holds all. */
        double centre[D] = {0};
        gmm_stats_fit(&t.weighted.s.stats, layout, D, 1);
        gmm_stats_fit(&t.repeated.s.stats, layout, D, 1);
        gmm_rows_stats(&t.weighted.s.rows, NULL, NULL, centre, &t.weighted.s.stats);
        gmm_rows_stats(&t.repeated.s.rows, NULL, NULL, centre, &t.repeated.s.stats);
        *t.weighted.s.stats.loglik = *t.repeated.s.stats.loglik = 1;
        check_same_stats(&t.weighted.s.stats, &t.repeated.s.stats, 1e-12);
        close(&t);
      }
    }
  }
}

/* Weights of any size, against sums over rows. */
static void test_uneven(void) {
  static twins t;
  open(&t, GMM_FULL, gmm_simd_widest(), 1);
  long double loglik = 0, count[K] = {0}, mass = 0;
  for (int i = 0; i < N; i++) {
    long double r[K];
    t.weight[i] = exp(20 * sin(i));
    long double of_row = reference_estep(&t.weighted.s.params, t.x + i, N, r);
    loglik += t.weight[i] * of_row;
    mass += t.weight[i];
    for (int j = 0; j < K; j++) {
      count[j] += t.weight[i] * r[j];
    }
  }
  setup_weigh(&t.weighted.s, t.weight);
  CHECK_NEAR(t.weighted.s.rows.mass / (double)mass, 1, 1e-14);
  CHECK(estep(&t.weighted.s).code == GMM_OK);
  CHECK_NEAR(*t.weighted.s.stats.loglik / (double)loglik, 1, 1e-13);
  for (int j = 0; j < K; j++) {
    CHECK_NEAR(t.weighted.s.stats.count[j] / (double)count[j], 1, 1e-13);
  }
  /* A weight of 0 is no row. */
  for (int i = 0; i < N; i++) {
    t.weight[i] = i == 5 ? 1 : 0;
  }
  setup_weigh(&t.weighted.s, t.weight);
  CHECK(estep(&t.weighted.s).code == GMM_OK);
  CHECK(*t.weighted.s.stats.n == 1);
  long double r[K];
  CHECK_NEAR(*t.weighted.s.stats.loglik,
             (double)reference_estep(&t.weighted.s.params, t.x + 5, N, r), 1e-12);
  close(&t);
}

static void test_frame(void) {
  for (int column_units = 0; column_units < 2; column_units++) {
    static twins t;
    open(&t, GMM_FULL, gmm_simd_widest(), 1);
    setup *s = &t.weighted.s, *r = &t.repeated.s;
    CHECK(frame_of_rows(s, column_units).code == GMM_OK);
    CHECK(frame_of_rows(r, column_units).code == GMM_OK);
    CHECK(same_bits(s->frame.scale, r->frame.scale, D));
    for (int a = 0; a < D; a++) {
      CHECK_NEAR(s->frame.shift[a], r->frame.shift[a], 1e-13);
      CHECK_NEAR(s->sd[a] / r->sd[a], 1, 1e-13);
    }
    close(&t);
  }
}

/* By the same random numbers the same partition, of the rows and of their copies. */
static void test_kmeans(void) {
  for (int plusplus = 0; plusplus < 2; plusplus++) {
    for (uint64_t seed = 1; seed <= 20; seed++) {
      static twins t;
      static int part[N], repeated[MOST];
      test_rng one = {seed, 0}, other = {seed, 0};
      gmm_random random = random_of(&one), random_other = random_of(&other);
      open(&t, GMM_DIAGONAL, gmm_simd_widest(), 1);
      CHECK(
          gmm_kmeans(&t.weighted.s.rows, K, plusplus, 5, &random, &t.weighted.kmeans, part).code ==
          GMM_OK);
      CHECK(gmm_kmeans(&t.repeated.s.rows, K, plusplus, 5, &random_other, &t.repeated.kmeans,
                       repeated)
                .code == GMM_OK);
      int same = 1;
      for (size_t i = 0; i < t.n_repeated; i++) {
        same &= repeated[i] == part[t.original[i]];
      }
      CHECK(same);
      for (int j = 0; j < K; j++) {
        CHECK(t.weighted.kmeans.sums.count[j] == t.repeated.kmeans.sums.count[j]);
      }
      close(&t);
    }
  }
}

/* Centres on rows that are there twice leave a part without rows: it takes one in, of whatever
 * weight, from a part that has another. */
static void test_empty_part(void) {
  double x[] = {0, 0, 1, 1, 1.5}, weight[] = {7, 7, 3, 3, 2};
  for (uint64_t seed = 1; seed <= 50; seed++) {
    scene scene;
    int part[5], rows[3] = {0};
    test_rng rng = {seed, 0};
    gmm_random random = random_of(&rng);
    setup_open(&scene.s, GMM_DIAGONAL, x, 5, 1, 3);
    setup_weigh(&scene.s, weight);
    gmm_arena measured = {0};
    gmm_kmeans_take(&scene.kmeans, &measured, &scene.s.rows, 3);
    void *memory = fresh(gmm_arena_bytes(&measured));
    gmm_arena arena = gmm_arena_over(memory);
    gmm_kmeans_take(&scene.kmeans, &arena, &scene.s.rows, 3);
    CHECK(gmm_kmeans(&scene.s.rows, 3, 0, 3, &random, &scene.kmeans, part).code == GMM_OK);
    for (int i = 0; i < 5; i++) {
      rows[part[i]]++;
    }
    CHECK(rows[0] > 0 && rows[1] > 0 && rows[2] > 0);
    setup_close(&scene.s);
    free(memory);
  }
}

static void test_hierarchy(void) {
  static twins t;
  int part[FEW], repeated[3 * FEW];
  size_t root[3 * FEW];
  open_few(&t, FEW, GMM_DIAGONAL, gmm_simd_widest(), 1);
  CHECK(gmm_hierarchy_build(&t.weighted.hierarchy, &t.weighted.s.rows).code == GMM_OK);
  CHECK(gmm_hierarchy_build(&t.repeated.hierarchy, &t.repeated.s.rows).code == GMM_OK);
  for (int k = 1; k <= 40; k++) {
    gmm_hierarchy_cut(&t.weighted.hierarchy, k, part, root);
    gmm_hierarchy_cut(&t.repeated.hierarchy, k, repeated, root);
    int same = 1;
    for (size_t i = 0; i < t.n_repeated; i++) {
      same &= repeated[i] == part[t.original[i]];
    }
    CHECK(same);
  }
  close(&t);
}

static void test_draws(void) {
  static twins t;
  open(&t, GMM_FULL, gmm_simd_widest(), 1);
  for (int i = 0; i < 5000; i++) {
    double u = i / 5000.0;
    size_t of_all = gmm_rows_draw(&t.repeated.s.rows, u);
    CHECK(gmm_rows_draw(&t.weighted.s.rows, u) == t.original[of_all]);
  }
  CHECK(gmm_rows_draw(&t.weighted.s.rows, 1) == N - 1);
  /* The few near one are copies of as many rows, of the same ones. */
  double centre[D] = {1, 2, 3};
  for (int i = 0; i < 20; i++) {
    test_rng one = {9, 0}, other = {9, 0};
    gmm_random random = random_of(&one), random_other = random_of(&other);
    double share = (i + 1) / 20.0;
    gmm_nearby *near = &t.weighted.nearby, *copies = &t.repeated.nearby;
    gmm_nearby_draw(near, &t.weighted.s.rows, &t.weighted.s.density, 1, centre, MOST_ROWS, share,
                    &random);
    gmm_nearby_draw(copies, &t.repeated.s.rows, &t.repeated.s.density, 1, centre, MOST_ROWS, share,
                    &random_other);
    CHECK(one.drawn == other.drawn);
    CHECK(near->n == copies->n && near->mass == near->n);
    for (int f = 0; f < near->n; f++) {
      CHECK(near->row[f] == t.original[copies->row[f]]);
    }
  }
  close(&t);
}

/* A row that stands for very many counts as one, if any of them is let in. */
static void test_heavy(void) {
  static twins t;
  double centre[D] = {1, 2, 3};
  open(&t, GMM_FULL, gmm_simd_widest(), 1);
  for (int i = 0; i < N; i++) {
    t.weight[i] = 1e6;
  }
  test_rng rng = {9, 0};
  gmm_random random = random_of(&rng);
  gmm_nearby *near = &t.weighted.nearby;
  gmm_nearby_draw(near, &t.weighted.s.rows, &t.weighted.s.density, 1, centre, MOST_ROWS, 1e-3,
                  &random);
  CHECK(near->n == MOST_ROWS && rng.drawn == N && near->mass == MOST_ROWS * 1e6);
  for (int f = 1; f < near->n; f++) {
    CHECK(near->row[f] != near->row[f - 1]);
  }
  close(&t);
}

/* A row is in a sample as often as its weight says, within one; a sample of more rows than all
 * stand for is not worth more. */
static void test_sample(void) {
  enum { M = 500 };
  static twins t;
  for (int light = 0; light < 2; light++) {
    test_rng rng = {9, 0};
    gmm_random random = random_of(&rng);
    double unit = light ? 1e-4 : 1, all = 0, passed = 0;
    open(&t, GMM_FULL, gmm_simd_widest(), 1);
    for (int i = 0; i < N; i++) {
      t.weight[i] = unit * (i % 1000 == 7 ? 500 : 1);
      all += t.weight[i];
    }
    gmm_data data = data_of(t.x, t.weight, N, D);
    gmm_sample sample;
    void *memory = sample_open(&sample, &data, M);
    gmm_sample_draw(&sample, &data, &random);
    CHECK(rng.drawn == M);
    const double *x = sample.data.x, *weight = sample.data.weight;
    for (int i = 0, s = 0; i < N; i++) {
      int times = 0;
      for (; s < M && x[s] == t.x[i] && x[s + M] == t.x[i + N]; s++) {
        times++;
        CHECK(weight[s] == (light ? weight[0] : 1));
      }
      double wanted = M * t.weight[i] / all;
      CHECK(fabs(times - wanted) < 2);
      passed += times;
    }
    CHECK(passed == M);
    CHECK(!light || fabs(weight[0] * M / all - 1) < 1e-13);
    free(memory);
    close(&t);
  }
}

int main(void) {
  test_statistics();
  test_uneven();
  test_frame();
  test_kmeans();
  test_empty_part();
  test_hierarchy();
  test_draws();
  test_heavy();
  test_sample();
  return check_report("weights");
}
