/*
 * The best mixtures so far: their order, what ties with one that is there, and who
 * has to go when there is no room.
 */
#include "elite.h"

#include "helpers.h"

typedef struct group {
  gmm_layout layout;
  int d, k;
  gmm_elite elite;
  gmm_params params;
  void *memory;
} group;

static void group_take(void *self, gmm_arena *arena) {
  group *g = self;
  gmm_elite_take(&g->elite, arena, g->layout, g->d, g->k, GMM_MOST_ELITE);
  gmm_params_take(&g->params, arena, g->layout, g->d, g->k);
}

static void open(group *g, gmm_layout layout, int d, int k) {
  test_rng rng = {1, 0};
  *g = (group){.layout = layout, .d = d, .k = k};
  g->memory = carve(group_take, g);
  if (d <= 16) {
    random_params(&rng, &g->params);
  }
  CHECK(g->elite.n == 0);
}

static void close(group *g) {
  free(g->memory);
}

/* A mixture that tells which it is. */
static void add(group *g, double loglik, double tie) {
  size_t size = gmm_cov_size(g->layout, g->d);
  g->params.mu[0] = g->params.sigma[size - 1] = g->params.pi[g->k - 1] = loglik;
  gmm_elite_add(&g->elite, &g->params, loglik, loglik - tie, loglik + tie);
}

/* By decreasing log-likelihood, each with its own parameters in memory of its own. */
static void check_order(const group *g) {
  const gmm_elite *e = &g->elite;
  size_t size = gmm_cov_size(g->layout, g->d);
  int right = e->n <= e->room;
  for (int i = 0; i < e->n; i++) {
    const gmm_params *p = &e->params[i];
    right &= i == 0 || e->loglik[i] < e->loglik[i - 1];
    right &= p->mu[0] == e->loglik[i] && p->sigma[size - 1] == e->loglik[i];
    right &= p->pi[g->k - 1] == e->loglik[i];
    for (int j = 0; j < i; j++) {
      right &= p->mu != e->params[j].mu;
    }
  }
  CHECK(right);
}

/* In any order of arrival, the best that there is room for. */
static void test_best_stay(void) {
  group g;
  open(&g, GMM_FULL, 2, 3);
  CHECK(g.elite.room == GMM_MOST_ELITE);
  for (int i = 0; i < 101; i++) {
    add(&g, -(i * 37 % 101), 0.5);
    check_order(&g);
    CHECK(g.elite.n == (i < GMM_MOST_ELITE ? i + 1 : GMM_MOST_ELITE));
  }
  for (int i = 0; i < g.elite.n; i++) {
    CHECK(g.elite.loglik[i] == -i);
  }
  close(&g);
}

static void test_ties(void) {
  group g;
  open(&g, GMM_DIAGONAL, 3, 2);
  double offered[] = {-10, -12, -10.4, -9.6, -11.6, -12.4, -11, -10.5};
  int n[] = {1, 2, 2, 2, 2, 2, 3, 4};
  for (int i = 0; i < 8; i++) {
    add(&g, offered[i], 0.5);
    check_order(&g);
    CHECK(g.elite.n == n[i]);
  }
  double want[] = {-10, -10.5, -11, -12};
  CHECK(same_bits(g.elite.loglik, want, 4));
  close(&g);
}

/* What is not at its end may be the same as one that is above it. */
static void test_interval(void) {
  group g;
  open(&g, GMM_DIAGONAL, 3, 2);
  add(&g, -10, 0.5);
  gmm_elite_add(&g.elite, &g.params, -11, -12, -9.9);
  CHECK(g.elite.n == 1);
  gmm_elite_add(&g.elite, &g.params, -11, -12, -10);
  CHECK(g.elite.n == 2 && g.elite.loglik[1] == -11);
  close(&g);
}

/* Large mixtures are few, but two. */
static void test_room(void) {
  group g;
  open(&g, GMM_FULL, 100, 10);
  CHECK(g.elite.room == (int)(GMM_ELITE_BYTES / (8.0 * 10 * (1 + 100 + 10000))));
  CHECK(g.elite.room > 2 && g.elite.room < GMM_MOST_ELITE);
  close(&g);
  open(&g, GMM_FULL, 400, 5);
  CHECK(g.elite.room == 2);
  memset(g.params.pi, 0, 5 * sizeof(double));
  double offered[] = {-3, -2, -4, -1};
  for (int i = 0; i < 4; i++) {
    add(&g, offered[i], 1e-6);
    check_order(&g);
  }
  CHECK(g.elite.loglik[0] == -1 && g.elite.loglik[1] == -2);
  close(&g);
}

int main(void) {
  test_best_stay();
  test_ties();
  test_interval();
  test_room();
  return check_report("elite");
}
