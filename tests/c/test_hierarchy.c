/*
 * The hierarchy of the rows: each merge against the best of all pairs, by the criterion worked
 * out from the rows; partitions of each size; rows that are the same, variables that say the
 * same, one row; asked to stop.
 */
#include "hierarchy.h"

#include "helpers.h"

enum { N = 40 };

typedef struct scene {
  setup s;
  gmm_hierarchy hierarchy;
  void *memory;
} scene;

static void scene_take(void *self, gmm_arena *arena) {
  scene *scene = self;
  gmm_hierarchy_take(&scene->hierarchy, arena, scene->s.n, scene->s.d);
}

static void open(scene *scene, const double *x, size_t n, int d) {
  setup_open(&scene->s, GMM_DIAGONAL, x, n, d, 1);
  scene->memory = carve(scene_take, scene);
}

static void close(scene *scene) {
  setup_close(&scene->s);
  free(scene->memory);
}

/* Mean 0 and variance 1, as k-means wants them. */
static void standardise(double *x, int n) {
  long double mean = 0, square = 0;
  for (int i = 0; i < n; i++) {
    mean += (long double)x[i] / n;
  }
  for (int i = 0; i < n; i++) {
    square += (x[i] - mean) * (x[i] - mean) / n;
  }
  for (int i = 0; i < n; i++) {
    x[i] = (double)((x[i] - mean) / sqrtl(square));
  }
}

/* Two variables along the axes of their correlation r, which are the diagonals, with their
 * variances of 1 + r and 1 - r made to their roots. */
static void along_axes(const double *x, long double *z) {
  long double r = 0;
  for (int i = 0; i < N; i++) {
    r += (long double)x[i] * x[i + N] / N;
  }
  for (int i = 0; i < N; i++) {
    z[i] = ((long double)x[i] + x[i + N]) / sqrtl(2) / powl(1 + r, 0.25L);
    z[i + N] = ((long double)x[i] - x[i + N]) / sqrtl(2) / powl(1 - r, 0.25L);
  }
}

/* tr(W) of the rows in two clusters of a partition, which may be one, and how many they are. */
static long double trace_of(const long double *z, int d, const int *part, int one, int other,
                            int *size) {
  long double trace = 0;
  for (int a = 0; a < d; a++) {
    long double mean = 0, square = 0;
    *size = 0;
    for (int i = 0; i < N; i++) {
      if (part[i] == one || part[i] == other) {
        mean += z[i + N * a];
        square += z[i + N * a] * z[i + N * a];
        ++*size;
      }
    }
    trace += square - mean * mean / *size;
  }
  return trace;
}

static long double term(const long double *z, int d, const int *part, int one, int other,
                        long double t) {
  int size;
  long double trace = trace_of(z, d, part, one, other, &size);
  return size * logl((trace + t) / size);
}

/* Merges the best pair of `clusters`, which are numbered in the order of their first rows, and
 * stay so. */
static void merge_best(const long double *z, int d, int *part, int clusters) {
  int all[N] = {0}, size, first = 0, second = 1;
  long double t = trace_of(z, d, all, 0, 0, &size) / (N * d), least = INFINITY;
  for (int i = 0; i < clusters; i++) {
    for (int j = i + 1; j < clusters; j++) {
      long double rise =
          term(z, d, part, i, j, t) - term(z, d, part, i, i, t) - term(z, d, part, j, j, t);
      if (rise < least) {
        least = rise;
        first = i;
        second = j;
      }
    }
  }
  for (int i = 0; i < N; i++) {
    part[i] = part[i] == second ? first : part[i] - (part[i] > second);
  }
}

static void check_merges(const double *x, const long double *z, int d) {
  scene scene;
  int part[N], expected[N];
  size_t root[N];
  open(&scene, x, N, d);
  CHECK(gmm_hierarchy_build(&scene.hierarchy, &scene.s.rows).code == GMM_OK);
  for (int i = 0; i < N; i++) {
    expected[i] = i;
  }
  for (int k = N; k >= 1; k--) {
    gmm_hierarchy_cut(&scene.hierarchy, k, part, root);
    CHECK(memcmp(part, expected, sizeof part) == 0);
    merge_best(z, d, expected, k);
  }
  close(&scene);
}

/* One variable: its unit does not count. Two, with much or little in common. */
static void test_merges(void) {
  for (uint64_t seed = 1; seed <= 5; seed++) {
    test_rng rng = {seed, 0};
    double x[2 * N];
    long double z[2 * N];
    for (int i = 0; i < N; i++) {
      int far = 3 * (i % 3);
      x[i] = far + normal(&rng) / (1 + i % 2);
      x[i + N] = (double)seed * x[i] / 3 + normal(&rng);
    }
    standardise(x, N);
    standardise(x + N, N);
    for (int i = 0; i < N; i++) {
      z[i] = x[i];
    }
    check_merges(x, z, 1);
    along_axes(x, z);
    check_merges(x, z, 2);
  }
}

/* The partition into k of rows in turns near one of three places. */
static void check_thirds(const double *x, int d) {
  scene scene;
  int part[N];
  size_t root[N];
  open(&scene, x, N, d);
  CHECK(gmm_hierarchy_build(&scene.hierarchy, &scene.s.rows).code == GMM_OK);
  gmm_hierarchy_cut(&scene.hierarchy, 3, part, root);
  int right = 1;
  for (int i = 0; i < N; i++) {
    right &= part[i] == i % 3;
  }
  CHECK(right);
  close(&scene);
}

/* Rows that are the same; a variable that says what another says; one that is constant. */
static void test_degenerate(void) {
  double x[3 * N];
  for (int i = 0; i < N; i++) {
    x[i] = i % 3;
  }
  standardise(x, N);
  check_thirds(x, 1);
  for (int i = 0; i < N; i++) {
    x[i + N] = x[i];
    x[i + 2 * N] = 0;
  }
  check_thirds(x, 2);
  check_thirds(x, 3);
}

/* Where all rows are the same, any merge is as good; one row needs none. */
static void test_nothing_to_choose(void) {
  double x[N] = {0};
  for (size_t n = 1; n <= N; n += N - 1) {
    scene scene;
    int part[N], most = 0;
    size_t root[N];
    open(&scene, x, n, 1);
    CHECK(gmm_hierarchy_build(&scene.hierarchy, &scene.s.rows).code == GMM_OK);
    int k = n < 4 ? 1 : 4;
    gmm_hierarchy_cut(&scene.hierarchy, k, part, root);
    for (size_t i = 0; i < n; i++) {
      most = part[i] > most ? part[i] : most;
    }
    CHECK(part[0] == 0 && most == k - 1);
    close(&scene);
  }
}

static void test_stop(void) {
  double x[N];
  for (int i = 0; i < N; i++) {
    x[i] = i * i;
  }
  standardise(x, N);
  /* While it looks for partners, which is a fifth of the work, and while it merges. */
  for (double work = 1; work < 80000; work += 1000) {
    scene scene;
    int calls;
    open(&scene, x, N, 1);
    scene.s.poll = poll_after(work, &calls);
    gmm_status status = gmm_hierarchy_build(&scene.hierarchy, &scene.s.rows);
    CHECK(status.code == GMM_EINTERRUPT && calls == 1);
    close(&scene);
  }
}

int main(void) {
  test_merges();
  test_degenerate();
  test_nothing_to_choose();
  test_stop();
  return check_report("hierarchy");
}
