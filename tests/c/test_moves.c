/*
 * Moves on mixtures made by hand: which component owns a row, which one is taken
 * away and which takes over its rows, what a split, a gathering and a graft leave, moments
 * and proportions; beside noise these are of what it leaves.
 */
#include "moves.h"

#include "helpers.h"

enum { D = 2, K = 3 };

typedef struct mixture {
  gmm_layout layout;
  gmm_params params, before, other;
  gmm_density density;
  void *memory;
} mixture;

static void mixture_take(void *self, gmm_arena *arena) {
  mixture *m = self;
  gmm_params_take(&m->params, arena, m->layout, D, K);
  gmm_params_take(&m->before, arena, m->layout, D, K);
  gmm_params_take(&m->other, arena, m->layout, D, K);
  gmm_density_take(&m->density, arena, m->layout, D, K);
}

static double *variance(gmm_params *p, int j, int a) {
  return &p->sigma[gmm_cov_diagonal(p->layout, D, a) + gmm_cov_size(p->layout, D) * (size_t)j];
}

/*
 * Three components in a row at 0, 10 and 14 of the first variable, and another mixture of
 * the same shape. The second is wide, so that it owns rows that are nearer to the third.
 */
static void open(mixture *m, gmm_layout layout) {
  static const double pi[K] = {0.5, 0.3, 0.2}, mu[D * K] = {0, 0, 10, 1, 14, -1};
  static const double var[D * K] = {1, 2, 9, 1, 0.01, 0.5}, cov[K] = {0.5, -1, 0.01};
  test_rng rng = {1, 0};
  *m = (mixture){.layout = layout};
  m->memory = carve(mixture_take, m);
  random_params(&rng, &m->params);
  memcpy(m->params.pi, pi, sizeof pi);
  memcpy(m->params.mu, mu, sizeof mu);
  for (int j = 0; j < K; j++) {
    for (int a = 0; a < D; a++) {
      *variance(&m->params, j, a) = var[a + D * j];
    }
    if (layout == GMM_FULL) {
      m->params.sigma[1 + D * D * j] = cov[j];
    }
  }
  gmm_params_copy(&m->before, &m->params);
  random_params(&rng, &m->other);
  CHECK(gmm_density_prepare(&m->density, &m->before).code == GMM_OK);
}

static void close(mixture *m) {
  free(m->memory);
}

/* The entries of component j that are meant are those of i of another mixture. */
static int same_sigma(const gmm_params *p, int j, const gmm_params *q, int i) {
  size_t size = gmm_cov_size(p->layout, D);
  int same = 1;
  for (size_t s = 0; s < size; s++) {
    int held = p->layout == GMM_DIAGONAL || s % D >= s / D;
    same &= !held || p->sigma[s + size * (size_t)j] == q->sigma[s + size * (size_t)i];
  }
  return same;
}

static int same_component(const gmm_params *p, int j, const gmm_params *q, int i) {
  return same_bits(p->mu + D * j, q->mu + D * i, D) && same_sigma(p, j, q, i);
}

static double total(const gmm_params *p) {
  double sum = 0;
  for (int j = 0; j < p->k; j++) {
    sum += p->pi[j];
  }
  return sum;
}

/* Component i is taken away, none takes over, and the owner of the row is split. */
static void check_split(gmm_layout layout, const double *row, int owner) {
  for (int away = 0; away < K - 1; away++) {
    mixture m;
    double work[D];
    open(&m, layout);
    int i = away < owner ? away : away + 1, kept = K - owner - i;
    gmm_move_split(&m.params, &m.density, row, away, 0, work);
    CHECK_NEAR(total(&m.params), 1, 1e-15);
    double rest = 1 - m.before.pi[i];
    CHECK_NEAR(m.params.pi[owner], m.before.pi[owner] / rest / 2, 1e-15);
    CHECK(m.params.pi[i] == m.params.pi[owner]);
    CHECK_NEAR(m.params.pi[kept], m.before.pi[kept] / rest, 1e-15);
    CHECK(same_bits(m.params.mu + D * i, row, D));
    CHECK(same_sigma(&m.params, i, &m.before, owner));
    CHECK(same_component(&m.params, owner, &m.before, owner));
    CHECK(same_component(&m.params, kept, &m.before, kept));
    close(&m);
  }
}

/* Mean and second moment of the mixture of some components, as sums. */
static void moments(const gmm_params *p, const int *of, int n, double *pi, double *first,
                    double *second) {
  size_t size = gmm_cov_size(p->layout, D);
  *pi = 0;
  memset(first, 0, D * sizeof(double));
  memset(second, 0, size * sizeof(double));
  for (int c = 0; c < n; c++) {
    const double *mu = p->mu + D * of[c], *sigma = p->sigma + size * (size_t)of[c];
    *pi += p->pi[of[c]];
    for (int a = 0; a < D; a++) {
      first[a] += p->pi[of[c]] * mu[a];
    }
    for (size_t s = 0; s < size; s++) {
      size_t a = s % D, b = p->layout == GMM_FULL ? s / D : a;
      second[s] += p->pi[of[c]] * (sigma[s] + mu[a] * mu[b]);
    }
  }
}

/* `i` goes and `heir`, which does not own the row, takes over its rows. */
static void check_merge(gmm_layout layout, const double *row, int i, int owner, int heir) {
  mixture m;
  double work[D], pi[2], first[2][D], second[2][D * D];
  open(&m, layout);
  gmm_move_split(&m.params, &m.density, row, i < owner ? i : i - 1, 1, work);
  CHECK_NEAR(total(&m.params), 1, 1e-15);
  CHECK(m.params.pi[i] == m.params.pi[owner]);
  CHECK_NEAR(m.params.pi[owner], m.before.pi[owner] / 2, 1e-15);
  CHECK(same_bits(m.params.mu + D * i, row, D));
  CHECK(same_component(&m.params, owner, &m.before, owner));
  CHECK(same_sigma(&m.params, i, &m.before, owner));
  int both[] = {i, heir};
  moments(&m.before, both, 2, &pi[0], first[0], second[0]);
  moments(&m.params, &heir, 1, &pi[1], first[1], second[1]);
  CHECK_NEAR(pi[1], pi[0], 1e-15);
  CHECK_NEAR(worst_error(first[1], first[0], D), 0, 1e-14);
  for (int a = 0; a < D; a++) {
    for (int b = layout == GMM_FULL ? 0 : a; b <= a; b++) {
      int s = layout == GMM_FULL ? a + D * b : a;
      CHECK_NEAR(second[1][s], second[0][s], 1e-12);
    }
  }
  close(&m);
}

/* What takes over may be what is split: both halves are then of what has been merged, and
 * one of them is at the row. */
static void check_merge_into_owner(gmm_layout layout) {
  mixture m;
  double work[D], row[D] = {10, 1}, pi[2], first[2][D], second[2][D * D];
  open(&m, layout);
  gmm_move_split(&m.params, &m.density, row, 1, 1, work);
  int both[] = {1, 2}, heir = 1;
  moments(&m.before, both, 2, &pi[0], first[0], second[0]);
  moments(&m.params, &heir, 1, &pi[1], first[1], second[1]);
  CHECK(m.params.pi[2] == m.params.pi[1]);
  CHECK_NEAR(m.params.pi[1], pi[0] / 2, 1e-15);
  CHECK_NEAR(m.params.pi[0], 0.5, 1e-15);
  for (int a = 0; a < D; a++) {
    CHECK_NEAR(first[1][a] / pi[1], first[0][a] / pi[0], 1e-14);
    size_t s = gmm_cov_diagonal(layout, D, a);
    CHECK_NEAR(second[1][s] / pi[1], second[0][s] / pi[0], 1e-11);
  }
  CHECK(same_bits(m.params.mu + D * 2, row, D));
  CHECK(same_sigma(&m.params, 2, &m.params, 1));
  close(&m);
}

/* Component i is what was gathered, and a little of the owner's covariance; it takes no more
 * than leaves the others something. */
static void check_gather(gmm_layout layout, int i, int owner, double share, double pi) {
  mixture m;
  double mean[D] = {3, 4}, covariance[D * D] = {1, 0.5, 0, 2}, gathered[D * D];
  memcpy(gathered, covariance, sizeof gathered);
  open(&m, layout);
  gmm_move_gather(&m.params, i, owner, share, mean, covariance);
  CHECK_NEAR(total(&m.params), 1, 1e-15);
  CHECK(m.params.pi[i] == pi);
  CHECK(same_bits(m.params.mu + D * i, mean, D));
  size_t size = gmm_cov_size(layout, D);
  for (size_t s = 0; s < size; s++) {
    if (layout == GMM_DIAGONAL || s % D >= s / D) {
      double of_owner = m.before.sigma[s + size * (size_t)owner];
      CHECK(m.params.sigma[s + size * (size_t)i] == gathered[s] + 1e-3 * of_owner);
    }
  }
  for (int j = 0; j < K; j++) {
    if (j != i) {
      CHECK_NEAR(m.params.pi[j], (1 - pi) / (1 - m.before.pi[i]) * m.before.pi[j], 1e-15);
      CHECK(same_component(&m.params, j, &m.before, j));
    }
  }
  close(&m);
}

static void check_graft(gmm_layout layout, int b, int i) {
  mixture m;
  double work[D];
  open(&m, layout);
  gmm_move_graft(&m.params, &m.density, &m.other, b, i, work);
  CHECK_NEAR(total(&m.params), 1, 1e-15);
  CHECK(m.params.pi[i] == m.other.pi[b]);
  CHECK(same_component(&m.params, i, &m.other, b));
  for (int j = 0; j < K; j++) {
    if (j != i) {
      double rest = (1 - m.other.pi[b]) / (1 - m.before.pi[i]);
      CHECK_NEAR(m.params.pi[j], rest * m.before.pi[j], 1e-15);
      CHECK(same_component(&m.params, j, &m.before, j));
    }
  }
  close(&m);
}

/* In place of the owner of its mean, and of no more than leaves the others something. */
static void check_graft_at_owner(gmm_layout layout, const double *mean, int owner) {
  mixture m;
  double work[D];
  open(&m, layout);
  memcpy(m.other.mu, mean, D * sizeof(double));
  m.other.pi[0] = 0.98;
  m.other.pi[1] = m.other.pi[2] = 0.01;
  gmm_move_graft(&m.params, &m.density, &m.other, 0, -1, work);
  CHECK_NEAR(total(&m.params), 1, 1e-15);
  CHECK(m.params.pi[owner] == 0.9);
  for (int j = 0; j < K; j++) {
    CHECK(j == owner ? same_component(&m.params, j, &m.other, 0)
                     : same_component(&m.params, j, &m.before, j));
  }
  close(&m);
}

/* The moments of two components together, as those of one. */
static void together(gmm_params *p, int i, int j, double *mean, double *covariance) {
  double pi = p->pi[i] + p->pi[j], share[2] = {p->pi[i] / pi, p->pi[j] / pi};
  int of[2] = {i, j};
  size_t size = gmm_cov_size(p->layout, D);
  memset(covariance, 0, size * sizeof(double));
  for (int a = 0; a < D; a++) {
    mean[a] = share[0] * p->mu[a + D * i] + share[1] * p->mu[a + D * j];
  }
  for (int m = 0; m < 2; m++) {
    const double *mu = p->mu + D * of[m], *sigma = p->sigma + size * (size_t)of[m];
    for (size_t s = 0; s < size; s++) {
      size_t a = p->layout == GMM_FULL ? s % D : s, b = p->layout == GMM_FULL ? s / D : s;
      if (a >= b) {
        covariance[s] += share[m] * (sigma[s] + (mu[a] - mean[a]) * (mu[b] - mean[b]));
      }
    }
  }
}

/* Halves together are what the whole was, apart along the normal; the rest stays. */
static void check_halve(gmm_layout layout, int j, const double *normal) {
  mixture m;
  double work[D], mean[D], covariance[D * D];
  open(&m, layout);
  /* The last component is the room for the new one. */
  size_t size = gmm_cov_size(layout, D);
  m.params.pi[2] = NAN;
  for (int a = 0; a < D; a++) {
    m.params.mu[a + 2 * D] = NAN;
  }
  gmm_move_halve(&m.params, &m.density, j, normal, work);
  CHECK(m.params.pi[j] == m.before.pi[j] / 2 && m.params.pi[2] == m.params.pi[j]);
  CHECK(same_component(&m.params, 1 - j, &m.before, 1 - j));
  together(&m.params, j, 2, mean, covariance);
  CHECK_NEAR(worst_error(mean, m.before.mu + D * j, D), 0, 1e-14);
  for (size_t s = 0; s < size; s++) {
    if (layout == GMM_DIAGONAL || s % D >= s / D) {
      double before = m.before.sigma[s + size * (size_t)j];
      /* Without the covariances of variables the halves' means cannot be told from a spread
       * along each. */
      CHECK_NEAR(covariance[s], before, 1e-13 * (1 + fabs(before)));
    }
  }
  double apart[D];
  for (int a = 0; a < D; a++) {
    apart[a] = m.params.mu[a + 2 * D] - m.params.mu[a + D * j];
  }
  CHECK_NEAR(gmm_density_square(&m.density, j, apart), 4 * 2 / acos(-1), 1e-12);
  CHECK(*variance(&m.params, j, 0) > 0 && *variance(&m.params, j, 1) > 0);
  close(&m);
}

/* One fewer: into the nearest, in their moments, and the last in its place. */
static void check_merge_step(gmm_layout layout, int j) {
  mixture m;
  double work[D], mean[D], covariance[D * D];
  open(&m, layout);
  int i = gmm_move_nearest(&m.density, j, work);
  CHECK(i != j && i >= 0);
  together(&m.before, i, j, mean, covariance);
  gmm_move_merge(&m.params, &m.density, j, work);
  int at = i == K - 1 ? j : i, other = K - i - j;
  CHECK_NEAR(m.params.pi[0] + m.params.pi[1], 1, 1e-15);
  CHECK_NEAR(m.params.pi[at], m.before.pi[i] + m.before.pi[j], 1e-15);
  CHECK_NEAR(worst_error(m.params.mu + D * at, mean, D), 0, 1e-14);
  CHECK_NEAR(*variance(&m.params, at, 0), covariance[0], 1e-12);
  if (j != K - 1 || i != K - 1) {
    int where = other == K - 1 ? j : other;
    CHECK(same_component(&m.params, where, &m.before, other));
    CHECK(m.params.pi[where] == m.before.pi[other]);
  }
  close(&m);
}

/* Noise keeps its proportion, and components have of the rest what they would have of all. */
static void check_noise(gmm_layout layout) {
  double work[D], row[D] = {8, 0}, mean[D] = {3, 4}, noise = 0.2;
  for (int move = 0; move < 4; move++) {
    mixture plain, noisy;
    open(&plain, layout);
    open(&noisy, layout);
    gmm_params_set_noise(&noisy.params, noise);
    CHECK_NEAR(total(&noisy.params), 1 - noise, 1e-15);
    CHECK(gmm_density_prepare(&noisy.density, &noisy.params).code == GMM_OK);
    mixture *both[] = {&plain, &noisy};
    for (int m = 0; m < 2; m++) {
      gmm_params *p = &both[m]->params;
      double covariance[D * D] = {1, 0.5, 0, 2};
      if (move < 2) {
        gmm_move_split(p, &both[m]->density, row, 1, move, work);
      } else if (move == 2) {
        gmm_move_gather(p, 1, 0, 0.02, mean, covariance);
      } else {
        gmm_move_graft(p, &both[m]->density, &both[m]->other, 1, 0, work);
      }
    }
    CHECK(noisy.params.noise == noise);
    for (int j = 0; j < K; j++) {
      CHECK_NEAR(noisy.params.pi[j], (1 - noise) * plain.params.pi[j], 1e-15);
    }
    close(&plain);
    close(&noisy);
  }
}

int main(void) {
  /* The last ones are nearest to the third component, but for its spread. */
  static const double rows[][D] = {{-1, 3}, {14, -1}, {8, 0}, {13.68, -1}, {13.6, -1}};
  static const int owners[] = {0, 2, 1, 2, 1};
  gmm_layout layouts[] = {GMM_DIAGONAL, GMM_FULL};
  for (int l = 0; l < 2; l++) {
    gmm_layout layout = layouts[l];
    for (int r = 0; r < 5; r++) {
      check_split(layout, rows[r], owners[r]);
      check_graft_at_owner(layout, rows[r], owners[r]);
    }
    /* By distance in the spread of those that stay. */
    check_merge(layout, rows[0], 2, 0, 1);
    check_merge(layout, rows[1], 0, 2, 1);
    check_merge_into_owner(layout);
    check_noise(layout);
    static const double normals[][D] = {{1, 0}, {0, -3}, {0.2, 0.1}};
    for (int i = 0; i < 3; i++) {
      check_halve(layout, 0, normals[i]);
      check_halve(layout, 1, normals[i]);
      check_merge_step(layout, i);
    }
    for (int i = 0; i < K; i++) {
      check_graft(layout, (i + 1) % K, i);
      for (int owner = 0; owner < K; owner++) {
        check_gather(layout, i, owner, 0.02, 0.02);
      }
      check_gather(layout, i, 1, 0.95, 0.9);
    }
  }
  return check_report("moves");
}
