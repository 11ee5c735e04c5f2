/*
 * Mixtures as others see them: with another layout, with other numbers of components, in another
 * frame; and what stays known of their factors.
 */
#include "params.h"

#include "frame.h"
#include "helpers.h"

enum { D = 3, MOST_K = 4 };

typedef struct pair {
  gmm_layout from_layout, to_layout;
  int from_k, to_k;
  gmm_params from, to;
  gmm_frame frame, other;
  void *memory;
} pair;

static void pair_take(void *self, gmm_arena *arena) {
  pair *p = self;
  gmm_params_take(&p->from, arena, p->from_layout, D, p->from_k);
  gmm_params_take(&p->to, arena, p->to_layout, D, p->to_k);
  gmm_frame_take(&p->frame, arena, D);
  gmm_frame_take(&p->other, arena, D);
}

/* The first mixture is at random, with factors that are known, and the second has some of its
 * own. */
static void open(pair *p, gmm_layout from, int from_k, gmm_layout to, int to_k) {
  test_rng rng = {21, 0};
  *p = (pair){.from_layout = from, .to_layout = to, .from_k = from_k, .to_k = to_k};
  p->memory = carve(pair_take, p);
  random_params(&rng, &p->from);
  random_params(&rng, &p->to);
  gmm_params *both[] = {&p->from, &p->to};
  for (int i = 0; i < 2; i++) {
    gmm_factors *factors = &both[i]->factors;
    factors->volumes_known = 1;
    factors->axes_known = both[i]->layout == GMM_FULL;
    for (int j = 0; j < both[i]->k; j++) {
      factors->volume[j] = normal(&rng);
    }
    for (int a = 0; a < D * D && factors->axes_known; a++) {
      factors->orientation[a] = normal(&rng);
    }
  }
  for (int a = 0; a < D; a++) {
    p->frame.scale[a] = 2;
    p->other.scale[a] = 0.5;
    p->frame.shift[a] = p->other.shift[a] = 0;
  }
}

static int same_axes(const gmm_params *a, const gmm_params *b) {
  return memcmp(a->factors.orientation, b->factors.orientation, D * D * sizeof(double)) == 0;
}

static void check_convert(gmm_layout from, int from_k, gmm_layout to, int to_k) {
  pair p;
  open(&p, from, from_k, to, to_k);
  gmm_params_convert(&p.to, &p.from);
  int k = from_k < to_k ? from_k : to_k;
  for (int j = 0; j < k; j++) {
    CHECK(p.to.pi[j] == p.from.pi[j]);
    for (int a = 0; a < D; a++) {
      size_t J = (size_t)j, A = (size_t)a;
      CHECK(p.to.mu[A + D * J] == p.from.mu[A + D * J]);
      CHECK(p.to.sigma[gmm_cov_diagonal(to, D, a) + gmm_cov_size(to, D) * J] ==
            p.from.sigma[gmm_cov_diagonal(from, D, a) + gmm_cov_size(from, D) * J]);
    }
  }
  /* Volumes are those of components, axes of all. */
  CHECK(!p.to.factors.volumes_known);
  CHECK(p.to.factors.axes_known == (from == GMM_FULL && to == GMM_FULL));
  CHECK(!p.to.factors.axes_known || same_axes(&p.to, &p.from));
  free(p.memory);
}

/* A mixture that has no axes leaves none that were there before. */
static void test_no_axes(void) {
  pair p;
  open(&p, GMM_FULL, 2, GMM_FULL, 2);
  p.from.factors.axes_known = 0;
  gmm_params_convert(&p.to, &p.from);
  CHECK(!p.to.factors.axes_known);
  free(p.memory);
}

static void test_copy(void) {
  pair p;
  open(&p, GMM_FULL, 2, GMM_FULL, 2);
  p.to.factors.exact = 1;
  gmm_params_copy(&p.to, &p.from);
  CHECK(p.to.factors.volumes_known && p.to.factors.axes_known && same_axes(&p.to, &p.from));
  CHECK(memcmp(p.to.factors.volume, p.from.factors.volume, 2 * sizeof(double)) == 0);
  CHECK(p.to.factors.exact);
  gmm_factors_forget(&p.from.factors);
  gmm_params_copy(&p.to, &p.from);
  CHECK(!p.to.factors.volumes_known && !p.to.factors.axes_known);
  free(p.memory);
}

/* In other units the axes are others. */
static void test_frames(void) {
  pair p;
  open(&p, GMM_FULL, 2, GMM_FULL, 2);
  gmm_params_copy(&p.to, &p.from);
  gmm_frame_change(&p.frame, &p.frame, &p.to);
  CHECK(p.to.mu[0] == p.from.mu[0] && p.to.sigma[0] == p.from.sigma[0]);
  CHECK(p.to.factors.volumes_known && p.to.factors.axes_known);
  gmm_frame_change(&p.frame, &p.other, &p.to);
  CHECK(p.to.mu[0] == p.from.mu[0] / 4 && p.to.sigma[0] == p.from.sigma[0] / 16);
  CHECK(!p.to.factors.volumes_known && !p.to.factors.axes_known);
  free(p.memory);
}

int main(void) {
  gmm_layout layouts[] = {GMM_DIAGONAL, GMM_FULL};
  for (int from = 0; from < 2; from++) {
    for (int to = 0; to < 2; to++) {
      for (int k = 1; k <= MOST_K; k++) {
        check_convert(layouts[from], 2, layouts[to], k);
      }
    }
  }
  test_no_axes();
  test_copy();
  test_frames();
  return check_report("params");
}
