/*
 * The few rows near one: against a sort of all of them, by the distance as a component sees
 * it; how many a share lets in; moments against sums in long double.
 */
#include "nearby.h"

#include "helpers.h"

enum { D = 3, K = 2, N = 700, MOST = 11 };

typedef struct scene {
  setup s;
  gmm_nearby nearby;
  void *memory;
  double x[N * D];
} scene;

static void scene_take(void *self, gmm_arena *arena) {
  scene *scene = self;
  gmm_nearby_take(&scene->nearby, arena, D, MOST);
}

static void open(scene *scene, gmm_layout layout) {
  test_rng rng = {4, 0};
  for (int i = 0; i < N * D; i++) {
    scene->x[i] = normal(&rng);
  }
  setup_open(&scene->s, layout, scene->x, N, D, K);
  /* Working coordinates are others than the data's. */
  for (int a = 0; a < D; a++) {
    scene->s.frame.scale[a] = a + 0.5;
    scene->s.frame.shift[a] = a - 1;
  }
  random_params(&rng, &scene->s.params);
  CHECK(gmm_density_prepare(&scene->s.density, &scene->s.params).code == GMM_OK);
  scene->memory = carve(scene_take, scene);
}

static void close(scene *scene) {
  setup_close(&scene->s);
  free(scene->memory);
}

static void working_row(const scene *scene, size_t i, double *row) {
  for (int a = 0; a < D; a++) {
    row[a] = scene->s.frame.scale[a] * scene->x[i + N * (size_t)a] - scene->s.frame.shift[a];
  }
}

static double square_of(const scene *scene, int j, size_t i, const double *centre) {
  double row[D];
  working_row(scene, i, row);
  for (int a = 0; a < D; a++) {
    row[a] -= centre[a];
  }
  return gmm_density_square(&scene->s.density, j, row);
}

/* With a share of 1, exactly so many rows are nearer than each of those that were found. */
static void check_nearest(gmm_layout layout, int j, int most) {
  scene scene;
  test_rng rng = {1, 0};
  gmm_random random = random_of(&rng);
  double centre[D] = {0.3, -0.2, 0.5};
  open(&scene, layout);
  gmm_nearby *nearby = &scene.nearby;
  CHECK(
      gmm_nearby_draw(nearby, &scene.s.rows, &scene.s.density, j, centre, most, 1, &random).code ==
      GMM_OK);
  CHECK(nearby->n == most);
  for (int f = 0; f < most; f++) {
    double square = square_of(&scene, j, nearby->row[f], centre);
    CHECK_NEAR(nearby->square[f] / square, 1, 1e-13);
    int nearer = 0;
    for (size_t i = 0; i < N; i++) {
      nearer += square_of(&scene, j, i, centre) < square;
    }
    CHECK(nearer == f);
  }
  close(&scene);
}

/* Each row is let in with the same probability, so that of the nearest `MOST` rows that
 * share is found, in the mean of many draws; none are where none is let in. */
static void check_share(gmm_layout layout) {
  scene scene;
  test_rng rng = {2, 0};
  gmm_random random = random_of(&rng);
  double centre[D] = {0, 0, 0};
  size_t nearest[MOST];
  open(&scene, layout);
  gmm_nearby *nearby = &scene.nearby;
  CHECK(
      gmm_nearby_draw(nearby, &scene.s.rows, &scene.s.density, 1, centre, MOST, 1, &random).code ==
      GMM_OK);
  memcpy(nearest, nearby->row, sizeof nearest);
  int found = 0, draws = 2000;
  for (int i = 0; i < draws; i++) {
    CHECK(gmm_nearby_draw(nearby, &scene.s.rows, &scene.s.density, 1, centre, MOST, 0.25, &random)
              .code == GMM_OK);
    CHECK(nearby->n == MOST);
    for (int f = 0; f < MOST; f++) {
      CHECK(f == 0 || nearby->square[f] >= nearby->square[f - 1]);
      for (int g = 0; g < MOST; g++) {
        found += nearby->row[f] == nearest[g];
      }
    }
  }
  /* Three standard errors. */
  CHECK_NEAR(found / (double)(draws * MOST), 0.25, 3 * sqrt(0.25 * 0.75 / (draws * MOST)));
  CHECK(
      gmm_nearby_draw(nearby, &scene.s.rows, &scene.s.density, 1, centre, MOST, 0, &random).code ==
      GMM_OK);
  CHECK(nearby->n == 0);
  close(&scene);
}

static void check_moments(gmm_layout layout, int most) {
  scene scene;
  test_rng rng = {3, 0};
  gmm_random random = random_of(&rng);
  double centre[D] = {1, 1, 1}, mean[D], covariance[D * D];
  open(&scene, layout);
  gmm_nearby *nearby = &scene.nearby;
  CHECK(
      gmm_nearby_draw(nearby, &scene.s.rows, &scene.s.density, 0, centre, most, 1, &random).code ==
      GMM_OK);
  gmm_nearby_moments(nearby, &scene.s.rows, layout, mean, covariance);
  long double first[D] = {0}, second[D * D] = {0};
  for (int pass = 0; pass < 2; pass++) {
    for (int f = 0; f < most; f++) {
      double row[D];
      working_row(&scene, nearby->row[f], row);
      for (int a = 0; a < D; a++) {
        first[a] += pass == 0 ? (long double)row[a] / most : 0;
        for (int b = 0; b < D; b++) {
          second[a + D * b] += pass == 1 ? (row[a] - first[a]) * (row[b] - first[b]) / most : 0;
        }
      }
    }
  }
  for (int a = 0; a < D; a++) {
    CHECK_NEAR(mean[a], (double)first[a], 1e-14);
    for (int b = layout == GMM_FULL ? 0 : a; b <= a; b++) {
      CHECK_NEAR(covariance[layout == GMM_FULL ? a + D * b : a], (double)second[a + D * b], 1e-14);
    }
  }
  close(&scene);
}

int main(void) {
  gmm_layout layouts[] = {GMM_DIAGONAL, GMM_FULL};
  for (int l = 0; l < 2; l++) {
    for (int j = 0; j < K; j++) {
      check_nearest(layouts[l], j, 1);
      check_nearest(layouts[l], j, MOST);
    }
    check_share(layouts[l]);
    check_moments(layouts[l], 1);
    check_moments(layouts[l], MOST);
  }
  return check_report("nearby");
}
