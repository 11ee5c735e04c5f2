/*
 * All rows as one Gaussian: their moments where nothing is missing; where something is, a place
 * where the log-likelihood has no slope, by sums in long double; the moments of each variable where
 * there is no such place, and which of them is a combination of others. Labels and noise make no
 * difference, weights do as rows repeated. And what it is in another metric.
 */
#include "whole.h"

#include "facts.h"

enum { D = 4 };

/* Steps beyond where it ends. */
enum { MORE = 150 };

typedef struct scene {
  facts f;
  setup s;
  gmm_whole whole;
  gmm_whole_em em;
  gmm_em more;
  gmm_layout layout;
  void *memory;
} scene;

static void scene_take(void *self, gmm_arena *arena) {
  scene *c = self;
  gmm_whole_take(&c->whole, arena, c->layout, D);
  gmm_whole_em_take(&c->em, arena, c->layout, D);
  gmm_em_take(&c->more, arena, c->layout, D, 1, MORE);
}

/* Rows that depend on each other, in units and with means of their own. */
static void open(scene *c, gmm_layout layout, size_t n) {
  test_rng rng = {n, 0};
  *c = (scene){.layout = layout};
  facts_open(&c->f, &rng, n, D, 1, 0);
  double *x = c->f.x;
  for (size_t i = 0; i < n; i++) {
    for (size_t a = 1; a < D; a++) {
      x[i + n * a] = 0.8 * x[i + n * (a - 1)] + 0.6 * x[i + n * a];
    }
    for (size_t a = 0; a < D; a++) {
      x[i + n * a] = ldexp(x[i + n * a] + 3.0 * (double)a, 4 * (int)a - 6);
    }
  }
  c->memory = carve(scene_take, c);
}

/* Two of the variables are missing now and then. */
static void punch_rarely(scene *c) {
  size_t n = c->f.data.n, ends[] = {n - n / 10, n - n / 20, n};
  const unsigned masks[] = {0, 0x8, 0x4};
  facts_punch(&c->f, 3, ends, masks);
}

/* Rows of which values are missing the more often the larger the one before is, so that the
 * moments of what is left are off; one lacks all. */
static void punch(scene *c) {
  size_t n = c->f.data.n, ends[6], sixth = n / 6;
  unsigned masks[] = {0, 0xe, 0x8, 0x6, 0xf, 0xc};
  for (size_t p = 0; p < 6; p++) {
    ends[p] = p == 5 ? n : p == 4 ? ends[3] + 1 : (p + 1) * sixth;
  }
  /* The first column in order, within limits. */
  for (size_t i = 1; i < n; i++) {
    for (size_t h = i; h > 0 && h + 40 > i && c->f.x[h] < c->f.x[h - 1]; h--) {
      for (size_t a = 0; a < D; a++) {
        double other = c->f.x[h + n * a];
        c->f.x[h + n * a] = c->f.x[h - 1 + n * a];
        c->f.x[h - 1 + n * a] = other;
      }
    }
  }
  facts_punch(&c->f, 6, ends, masks);
}

static gmm_status find(scene *c, int threads) {
  setup_open_of(&c->s, gmm_simd_widest(), threads, c->layout, &c->f.data, 1);
  gmm_status status = frame_of_rows(&c->s, 1);
  CHECK(status.code == GMM_OK || status.code == GMM_ECONSTANT);
  gmm_rows_set(&c->s.rows, &c->s.data, &c->s.frame);
  status = gmm_whole_find(&c->whole, &c->s.rows, c->s.sd, &c->em);
  /* Rows are as they were, but filled by it. */
  CHECK(c->s.rows.data == &c->s.data);
  if (status.code == GMM_OK) {
    CHECK(c->s.rows.whole == &c->whole);
  }
  return status;
}

static void close_setup(scene *c) {
  setup_close(&c->s);
}

static void close(scene *c) {
  close_setup(c);
  facts_close(&c->f);
  free(c->memory);
}

/* Its density is made ready. */
static void check_density(const scene *c) {
  setup at;
  setup_open(&at, c->layout, NULL, 0, D, 1);
  CHECK(gmm_density_prepare(&at.density, &c->whole.params).code == GMM_OK);
  CHECK(c->whole.density.mu == c->whole.params.mu);
  CHECK_NEAR(c->whole.params.pi[0], 1, 1e-13);
  CHECK(c->whole.params.noise == 0);
  CHECK(isfinite(c->whole.density.half[0]));
  CHECK(same_bits(at.density.half, c->whole.density.half, 1));
  CHECK(same_bits(at.density.factor, c->whole.density.factor, gmm_cov_size(c->layout, D)));
  setup_close(&at);
}

/*
 * How much the log-likelihood gains, of a row, by a step of EM from a mixture, to second order: the
 * step's length in the Fisher information of complete rows. At a maximum it is nothing.
 */
static double slope_at(const scene *c, const gmm_params *p) {
  size_t n = c->s.n;
  long double mean[D] = {0}, second[D * D] = {0}, mass = 0, length = 0;
  for (size_t i = 0; i < n; i++) {
    double row[D], weight = gmm_data_weight(&c->f.data, i);
    long double y[D];
    for (size_t a = 0; a < D; a++) {
      row[a] = c->s.frame.scale[a] * c->f.x[i + n * a] - c->s.frame.shift[a];
    }
    told t = tell(p, 0, mask_of(&c->f.data, i));
    told_fill(&t, p, 0, row, y);
    mass += weight;
    for (int a = 0; a < D; a++) {
      y[a] -= p->mu[a];
      mean[a] += weight * y[a];
    }
    for (int m = 0; m < D * D; m++) {
      second[m] += weight * y[m % D] * y[m / D];
    }
    for (int u = 0; u < t.n_missing; u++) {
      for (int v = 0; v < t.n_missing; v++) {
        second[t.missing[u] + D * t.missing[v]] += weight * t.spread[u + t.n_missing * v];
      }
    }
  }
  told all = tell(p, 0, 0);
  /* root^-1 mean, and root^-1 (second - sigma) root^-T. */
  for (int m = 0; m < D * D; m++) {
    int counts = c->layout == GMM_FULL || m % D == m / D;
    second[m] = counts ? second[m] / mass - sigma_at(p, 0, m % D, m / D) : 0;
  }
  for (int side = 0; side < 2; side++) {
    for (int b = 0; b < D; b++) {
      for (int a = 0; a < D; a++) {
        long double *to = side == 0 ? second + D * b : second + b;
        int step = side == 0 ? 1 : D;
        for (int e = 0; e < a; e++) {
          to[step * a] -= all.root[a + D * e] * to[step * e];
        }
        to[step * a] /= all.root[a + D * a];
      }
    }
  }
  for (int a = 0; a < D; a++) {
    mean[a] /= mass;
    for (int b = 0; b < a; b++) {
      mean[a] -= all.root[a + D * b] * mean[b];
    }
    mean[a] /= all.root[a + D * a];
    length += mean[a] * mean[a] / 2;
  }
  for (int m = 0; m < D * D; m++) {
    length += second[m] * second[m] / 4;
  }
  return (double)length;
}

/* From the same moments that the search for it begins at. */
static double slope_at_moments(scene *c) {
  gmm_params p = c->s.params;
  p.pi[0] = 1;
  memset(p.mu, 0, D * sizeof(double));
  memset(p.sigma, 0, gmm_cov_size(c->layout, D) * sizeof(double));
  for (int a = 0; a < D; a++) {
    double sd = c->s.sd[a] * c->s.frame.scale[a];
    p.sigma[gmm_cov_diagonal(c->layout, D, a)] = sd * sd;
  }
  return slope_at(c, &p);
}

/* Mean and covariance, whether or not rows that lack nothing are said to be of a pattern. */
static void check_complete(gmm_layout layout, int pattern, int weighted) {
  enum { N = 300 };
  test_rng rng = {4, 0};
  scene c;
  open(&c, layout, N);
  size_t end = N;
  unsigned nothing = 0;
  if (pattern) {
    facts_punch(&c.f, 1, &end, &nothing);
  }
  if (weighted) {
    facts_weigh(&c.f, &rng);
  }
  CHECK(find(&c, 1).code == GMM_OK);
  long double mean[D] = {0}, mass = 0;
  for (size_t i = 0; i < N; i++) {
    mass += gmm_data_weight(&c.f.data, i);
    for (size_t a = 0; a < D; a++) {
      long double y = (long double)c.s.frame.scale[a] * c.f.x[i + N * a] - c.s.frame.shift[a];
      mean[a] += gmm_data_weight(&c.f.data, i) * y;
    }
  }
  for (int a = 0; a < D; a++) {
    mean[a] /= mass;
    CHECK_NEAR(c.whole.params.mu[a], (double)mean[a], 1e-13);
  }
  for (int b = 0; b < D; b++) {
    for (int a = b; a < D; a++) {
      long double sum = 0;
      for (size_t i = 0; i < N; i++) {
        const double *x = c.f.x + i, *scale = c.s.frame.scale, *shift = c.s.frame.shift;
        long double y = (long double)scale[a] * x[N * a] - shift[a] - mean[a];
        long double z = (long double)scale[b] * x[N * b] - shift[b] - mean[b];
        sum += gmm_data_weight(&c.f.data, i) * y * z;
      }
      if (layout == GMM_FULL || a == b) {
        size_t at = layout == GMM_FULL ? (size_t)(a + D * b) : (size_t)a;
        CHECK_NEAR(c.whole.params.sigma[at], (double)(sum / mass), 1e-12);
      }
    }
  }
  check_density(&c);
  close(&c);
}

/* A maximum, and as such better than the moments of the values that are there. */
static void check_missing(gmm_layout layout, int weighted) {
  enum { N = 600 };
  test_rng rng = {5, 0};
  scene c;
  open(&c, layout, N);
  punch(&c);
  if (weighted) {
    facts_weigh(&c.f, &rng);
  }
  CHECK(find(&c, 1).code == GMM_OK);
  CHECK(layout == GMM_DIAGONAL || slope_at_moments(&c) > 1e-2);
  CHECK_NEAR(slope_at(&c, &c.whole.params), 0, 2e-6);
  check_density(&c);
  CHECK(c.whole.collinear == -1);
  /* It is not only slow: many more steps gain no more than it says. */
  gmm_em *em = &c.more;
  gmm_spec spec = spec_of(layout == GMM_FULL ? "VVV" : "VVI");
  gmm_em_control control = {.beat = -INFINITY, .accelerate = 1};
  gmm_params_copy(&em->params, &c.whole.params);
  gmm_em_begin(em);
  em->params.factors.poll = &c.s.poll;
  CHECK(gmm_em_run(em, &spec, gmm_rows_source(&c.s.rows), &control, MORE, &c.em.work).code ==
        GMM_OK);
  double gain = gmm_em_loglik(em) - em->trace[0];
  CHECK(gain > -1e-9 && gain < 2e-6 * c.f.data.mass);

  /* Neither classes nor noise make a difference, nor do threads. */
  gmm_params before = c.whole.params;
  size_t size = gmm_cov_size(layout, D);
  double *mu = copy_of(before.mu, D), *sigma = copy_of(before.sigma, size);
  for (int threads = 1; threads <= 2; threads++) {
    if (!c.f.label) {
      facts_label(&c.f, &rng, 3, 0.5);
      facts_add_noise(&c.f, &rng);
    }
    close_setup(&c);
    CHECK(find(&c, threads).code == GMM_OK);
    CHECK(same_bits(c.whole.params.mu, mu, D));
    for (size_t i = 0; i < size; i++) {
      if (layout == GMM_DIAGONAL || i % D >= i / D) {
        CHECK(same_bits(c.whole.params.sigma + i, sigma + i, 1));
      }
    }
  }
  free(mu);
  free(sigma);
  close(&c);
}

/* A row of weight w is w rows. */
static void check_weights(gmm_layout layout) {
  enum { N = 240, MOST = 3 * N };
  scene c, repeated;
  open(&c, layout, N);
  punch(&c);
  open(&repeated, layout, MOST);
  double *weight = doubles(N);
  size_t ends[6], total = 0, *original = fresh(MOST * sizeof *original);
  for (size_t i = 0, p = 0; i < N; i++) {
    weight[i] = 1 + (double)(i % 3);
    for (size_t w = 0; w < 1 + i % 3; w++) {
      original[total++] = i;
    }
    while (p < 6 && c.f.ends[p] == i + 1) {
      ends[p++] = total;
    }
  }
  for (size_t i = 0; i < total; i++) {
    for (size_t a = 0; a < D; a++) {
      memcpy(repeated.f.x + i + total * a, c.f.x + original[i] + N * a, sizeof(double));
    }
  }
  c.f.weight = weight;
  c.f.data.weight = weight;
  gmm_data_sum(&c.f.data);
  repeated.f.data.n = total;
  facts_punch(&repeated.f, 6, ends, c.f.masks);
  CHECK(find(&c, 1).code == GMM_OK && find(&repeated, 1).code == GMM_OK);
  for (int a = 0; a < D; a++) {
    CHECK_NEAR(c.whole.params.mu[a], repeated.whole.params.mu[a], 1e-11);
    for (int b = 0; b <= a; b++) {
      double sigma = sigma_at(&repeated.whole.params, 0, a, b);
      CHECK_NEAR(sigma_at(&c.whole.params, 0, a, b), sigma, 1e-11);
    }
  }
  free(original);
  close(&c);
  close(&repeated);
}

/* All rows can be filled by it; a constant variable is what it is. */
static void check_filled(const scene *c, int constant) {
  int right = 1;
  for (size_t i = 0; i < c->s.n; i++) {
    double row[D];
    gmm_rows_row(&c->s.rows, i, row);
    for (int a = 0; a < D; a++) {
      right &= fabs(row[a]) < 20 && (!constant || a < 3 || row[a] == 0);
    }
  }
  CHECK(right);
}

/* Where a variable is a combination of those before it, it is said which, as far as steps of EM
 * come in time, and the moments of each stand alone. Where they are missing often, it is as if
 * they were nearly so. */
static void check_collinear(gmm_layout layout, int rarely, int last) {
  enum { N = 300 };
  scene c;
  open(&c, layout, N);
  double *x = c.f.x;
  for (size_t i = 0; i < N; i++) {
    x[i + N * (size_t)last] = -8 * x[i + N] + (last == 3 ? x[i + N * 2] : 0);
  }
  (rarely ? punch_rarely : punch)(&c);
  CHECK(find(&c, 1).code == GMM_OK);
  int alone = c.whole.collinear >= 0;
  CHECK(c.whole.collinear == -1 || c.whole.collinear == last);
  CHECK(!rarely || alone == (layout == GMM_FULL));
  for (int a = 0; a < D && alone; a++) {
    CHECK(c.whole.params.mu[a] == 0);
    double sd = c.s.sd[a] * c.s.frame.scale[a];
    for (int b = 0; b <= a; b++) {
      CHECK(sigma_at(&c.whole.params, 0, a, b) == (b < a ? 0 : sd * sd));
    }
  }
  CHECK(layout == GMM_FULL || slope_at(&c, &c.whole.params) < 2e-6);
  check_density(&c);
  check_filled(&c, 0);
  close(&c);
}

/* A constant variable is where it is, and has some variance, so that there is a density. */
static void check_constant(gmm_layout layout, int rarely) {
  enum { N = 300 };
  scene c;
  open(&c, layout, N);
  for (size_t i = 0; i < N; i++) {
    c.f.x[i + N * 3] = 7;
  }
  (rarely ? punch_rarely : punch)(&c);
  CHECK(find(&c, 1).code == GMM_OK);
  CHECK(c.whole.params.mu[3] == 0 && sigma_at(&c.whole.params, 0, 3, 3) > 0);
  check_density(&c);
  check_filled(&c, 1);
  close(&c);
}

static void test_interrupt(void) {
  enum { N = 3000 };
  scene c;
  int calls;
  open(&c, GMM_FULL, N);
  punch(&c);
  CHECK(find(&c, 1).code == GMM_OK);
  for (int i = 0; i < 3; i++) {
    c.s.poll = poll_after(1 + 3e5 * i, &calls);
    CHECK(gmm_whole_find(&c.whole, &c.s.rows, c.s.sd, &c.em).code == GMM_EINTERRUPT);
    CHECK(calls == 1 && c.s.rows.data == &c.s.data);
  }
  close(&c);
}

/* Rows in the metric are filled by what they are filled with in the frame, also where the metric
 * knows variances alone; a variable that counts for nothing is as it is there: nothing. */
static void check_change(gmm_layout layout, gmm_layout to_layout, int constant) {
  enum { N = 300 };
  scene c, metric = {.layout = to_layout};
  open(&c, layout, N);
  for (size_t i = 0; i < N && constant; i++) {
    c.f.x[i + N] = 5;
  }
  punch(&c);
  void *memory = carve(scene_take, &metric);
  CHECK(find(&c, 1).code == GMM_OK);
  c.whole.collinear = layout == GMM_FULL ? 2 : -1;
  gmm_frame_metric(&c.s.metric, &c.s.frame, 1, c.s.sd);
  gmm_whole_change(&metric.whole, &c.whole, &c.s.frame, &c.s.metric);
  CHECK(metric.whole.density.mu == metric.whole.params.mu);
  CHECK(metric.whole.collinear == (to_layout == GMM_FULL ? 2 : -1));
  double ratio[D];
  for (int a = 0; a < D; a++) {
    ratio[a] = c.s.metric.scale[a] / c.s.frame.scale[a];
    CHECK_NEAR(metric.whole.params.mu[a], ratio[a] * c.whole.params.mu[a], 1e-14);
    for (int b = 0; b <= a; b++) {
      double want = ratio[a] * ratio[b] * sigma_at(&c.whole.params, 0, a, b);
      want = constant && a == 1 ? a == b : want;
      want = a != b && to_layout == GMM_DIAGONAL ? 0 : want;
      CHECK_NEAR(sigma_at(&metric.whole.params, 0, a, b), want, 1e-14);
    }
  }
  if (layout == to_layout) {
    double worst = 0;
    for (size_t i = 0; i < N; i++) {
      double row[D], other[D];
      gmm_rows_row(&c.s.rows, i, row);
      c.s.rows.frame = &c.s.metric;
      c.s.rows.whole = &metric.whole;
      gmm_rows_row(&c.s.rows, i, other);
      c.s.rows.frame = &c.s.frame;
      c.s.rows.whole = &c.whole;
      for (int a = 0; a < D; a++) {
        worst = fmax(worst, fabs(other[a] - ratio[a] * row[a]));
      }
    }
    CHECK_NEAR(worst, 0, 1e-12);
  }
  free(memory);
  close(&c);
}

int main(void) {
  for (int layout = GMM_DIAGONAL; layout <= GMM_FULL; layout++) {
    for (int way = 0; way < 4; way++) {
      check_complete(layout, way % 2, way / 2);
    }
    check_missing(layout, 0);
    check_missing(layout, 1);
    check_weights(layout);
    for (int rarely = 0; rarely < 2; rarely++) {
      check_collinear(layout, rarely, 2);
      check_collinear(layout, rarely, 3);
      check_constant(layout, rarely);
    }
    for (int constant = 0; constant < 2; constant++) {
      check_change(layout, layout, constant);
      check_change(GMM_FULL, GMM_DIAGONAL, constant);
    }
  }
  test_interrupt();
  return check_report("whole");
}
