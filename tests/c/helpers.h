/*
 * What the tests share: reproducible random numbers and data, work memory, a
 * data set with all that a pass over it and an M-step need, and densities and
 * factors in long double to compare with.
 *
 * Symbols and shapes are those of gmm.h.
 */
#ifndef GMM_TESTS_HELPERS_H
#define GMM_TESTS_HELPERS_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "check.h"
#include "density.h"
#include "frame.h"
#include "model.h"
#include "params.h"
#include "rows.h"
#include "sample.h"
#include "simd.h"
#include "start.h"
#include "stats.h"

/* Memory ------------------------------------------------------------------ */

/* Bytes that read as NaN, so that the use of what nobody wrote shows. */
static inline void *fresh(size_t bytes) {
  void *memory = malloc(bytes > 0 ? bytes : 1);
  if (!memory) {
    fprintf(stderr, "out of memory\n");
    exit(2);
  }
  return memset(memory, 0xff, bytes);
}

static inline double *doubles(size_t count) {
  return fresh(count * sizeof(double));
}

/* For what kernels read and write: aligned as an arena has it, and of exactly this
 * size, so that the sanitizer sees who goes beyond. */
static inline double *aligned_doubles(size_t count) {
  void *memory = NULL;
  size_t bytes = count * sizeof(double);
  if (posix_memalign(&memory, GMM_ALIGN, bytes > 0 ? bytes : 1) != 0) {
    fprintf(stderr, "out of memory\n");
    exit(2);
  }
  return memset(memory, 0xff, bytes);
}

static inline double *copy_of(const double *x, size_t count) {
  double *copy = doubles(count);
  memcpy(copy, x, count * sizeof(double));
  return copy;
}

/*
 * Has `take` measure, and then carve from fresh memory: what it returns is the
 * caller's to free.
 */
static inline void *carve(void (*take)(void *self, gmm_arena *arena), void *self) {
  gmm_arena measured = {0};
  take(self, &measured);
  void *memory = fresh(gmm_arena_bytes(&measured));
  gmm_arena arena = gmm_arena_over(memory);
  take(self, &arena);
  CHECK(arena.used == measured.used);
  return memory;
}

/* Comparisons ------------------------------------------------------------- */

static inline int same_bits(const double *x, const double *y, size_t count) {
  return memcmp(x, y, count * sizeof(double)) == 0;
}

/* |x - y| relative to `size`; infinite when it is no number. */
static inline double error_in(double x, long double y, long double size) {
  long double difference = fabsl((long double)x - y);
  if (isnan(difference)) {
    return INFINITY;
  }
  return difference > 0 ? (double)(difference / size) : 0;
}

/* Largest of the differences, relative to the largest of the |y|. */
static inline double worst_error(const double *x, const double *y, size_t count) {
  double size = 0, worst = 0;
  for (size_t i = 0; i < count; i++) {
    size = fmax(size, fabs(y[i]));
  }
  for (size_t i = 0; i < count; i++) {
    worst = fmax(worst, error_in(x[i], y[i], size));
  }
  return worst;
}

/* Random numbers ---------------------------------------------------------- */

/* splitmix64 (Steele, Lea & Flood 2014), counting what it draws. */
typedef struct test_rng {
  uint64_t state;
  int drawn;
} test_rng;

/* Uniform on (0, 1); fits gmm_random. */
static inline double uniform(void *self) {
  test_rng *rng = self;
  uint64_t z = rng->state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  z ^= z >> 31;
  rng->drawn++;
  return ((double)(z >> 11) + 0.5) * 0x1p-53;
}

static inline double normal(test_rng *rng) {
  double radius = sqrt(-2 * log(uniform(rng)));
  return radius * cos(6.283185307179586 * uniform(rng));
}

static inline int integer_to(test_rng *rng, int max) {
  return (int)(uniform(rng) * (max + 1));
}

static inline gmm_random random_of(test_rng *rng) {
  return (gmm_random){uniform, rng};
}

/* Interrupts -------------------------------------------------------------- */

static inline int poll_says_stop(void *self) {
  ++*(int *)self;
  return 1;
}

/* Never asked: the work that is reported only adds up, from this start on. */
#define POLL_START (-1e15)
static inline gmm_poll poll_never(void) {
  return (gmm_poll){.work = POLL_START};
}

/* Asked once `work` units are done, and says stop; *calls counts. */
static inline gmm_poll poll_after(double work, int *calls) {
  *calls = 0;
  return (gmm_poll){poll_says_stop, calls, GMM_POLL_WORK - work};
}

/* Instruction sets -------------------------------------------------------- */

/*
 * The next that this processor has, GMM_SIMD_LEVELS after the last:
 *
 *   for (gmm_simd level = GMM_SIMD_BASELINE; level < GMM_SIMD_LEVELS; level = next_level(level))
 */
static inline gmm_simd next_level(gmm_simd level) {
  do {
    level++;
  } while (level < GMM_SIMD_LEVELS && !gmm_simd_available(level));
  return level;
}

/* Threads that must make no difference. */
static const int some_threads[] = {1, 2, 3, 4, 8};
enum { N_THREADS = sizeof some_threads / sizeof *some_threads };

/* Data -------------------------------------------------------------------- */

/* n x d standard normal noise about k centres, `apart` from each other in the
 * first variable; row i is about centre i % k. */
static inline double *clusters(test_rng *rng, size_t n, int d, int k, double apart) {
  double *x = doubles(n * (size_t)d);
  for (size_t i = 0; i < n * (size_t)d; i++) {
    x[i] = normal(rng) + (i < n ? apart * (double)(i % n % (size_t)k) : 0);
  }
  return x;
}

/* Proportions, means about the origin, and well-conditioned covariances; the
 * upper triangles are NaN, since nobody may read them. */
static inline void random_params(test_rng *rng, gmm_params *params) {
  size_t D = (size_t)params->d, size = gmm_cov_size(params->layout, params->d);
  double total = 0;
  for (int j = 0; j < params->k; j++) {
    total += params->pi[j] = 0.2 + uniform(rng);
    double *sigma = params->sigma + size * (size_t)j, root[256];
    for (size_t i = 0; i < D * D; i++) {
      root[i] = normal(rng);
    }
    for (size_t a = 0; a < D; a++) {
      params->mu[a + D * (size_t)j] = normal(rng);
      for (size_t b = 0; b < D && params->layout == GMM_FULL; b++) {
        sigma[a + D * b] = a < b ? NAN : a == b;
        for (size_t c = 0; c < D && a >= b; c++) {
          sigma[a + D * b] += root[a + D * c] * root[b + D * c] / (double)D;
        }
      }
      if (params->layout == GMM_DIAGONAL) {
        sigma[a] = 0.5 + uniform(rng);
      }
    }
  }
  for (int j = 0; j < params->k; j++) {
    params->pi[j] /= total;
  }
}

/* A model by name, with proportions that are estimated. */
static inline gmm_spec spec_of(const char *name) {
  gmm_spec spec = {.model = gmm_model_find(name)};
  CHECK(spec.model != NULL);
  return spec;
}

/* A dimension for a model: E and V have but one. */
static inline int dimension_of(const gmm_model *model, int d) {
  return strlen(model->name) == 1 ? 1 : d;
}

/* Orthonormal columns, by Gram and Schmidt's method, d <= 16. */
static inline void random_rotation(test_rng *rng, int d, double *q) {
  for (int b = 0; b < d; b++) {
    long double column[32], norm = 0;
    for (int a = 0; a < d; a++) {
      column[a] = normal(rng);
    }
    for (int c = 0; c < 2 * b; c++) {
      long double dot = 0;
      for (int a = 0; a < d; a++) {
        dot += q[a + d * (c % b)] * column[a];
      }
      for (int a = 0; a < d; a++) {
        column[a] -= dot * q[a + d * (c % b)];
      }
    }
    for (int a = 0; a < d; a++) {
      norm += column[a] * column[a];
    }
    for (int a = 0; a < d; a++) {
      q[a + d * b] = (double)(column[a] / sqrtl(norm));
    }
  }
}

/* Rows of which nothing is known but their numbers, and perhaps their weights. */
static inline gmm_data data_of(const double *x, const double *weight, size_t n, int d) {
  gmm_data data = {.x = x, .weight = weight, .n = n, .d = d};
  gmm_data_sum(&data);
  return data;
}

/* A data set and what a pass over it, and an M-step, need. */
typedef struct setup {
  gmm_layout layout;
  int d, k;
  size_t n;
  gmm_data data;
  gmm_frame frame, metric;
  gmm_rows rows;
  gmm_params params;
  gmm_density density;
  gmm_stats stats;
  double *sd, *mstep, *frame_work;
  gmm_poll poll;
  gmm_engine engine;
  void *memory;
} setup;

static inline void setup_take(void *self, gmm_arena *arena) {
  setup *s = self;
  gmm_frame_take(&s->frame, arena, s->d);
  gmm_frame_take(&s->metric, arena, s->d);
  gmm_rows_take(&s->rows, arena, &s->engine, s->layout, &s->data, s->k);
  gmm_params_take(&s->params, arena, s->layout, s->d, s->k);
  gmm_density_take(&s->density, arena, s->layout, s->d, s->k);
  gmm_stats_take(&s->stats, arena, s->layout, s->d, s->k);
  s->sd = gmm_arena_doubles(arena, (size_t)s->d);
  s->frame_work = gmm_arena_doubles(arena, gmm_frame_work(s->n, s->d));
  s->mstep = gmm_arena_doubles(
      arena, gmm_model_work(gmm_model_find(s->layout == GMM_FULL ? "VVE" : "VEI"), s->d, s->k));
}

/* In place: what is inside points to `s`. The frame is the identity. Passes over the rows
 * are by one instruction set, on so many threads as are worth their while. */
static inline void setup_open_of(setup *s, gmm_simd level, int threads, gmm_layout layout,
                                 const gmm_data *data, int k) {
  *s = (setup){.layout = layout, .d = data->d, .k = k, .n = data->n, .poll = poll_never()};
  s->data = *data;
  s->engine = (gmm_engine){gmm_simd_kernels(level), threads, &s->poll};
  s->memory = carve(setup_take, s);
  for (int a = 0; a < data->d; a++) {
    s->frame.scale[a] = 1;
    s->frame.shift[a] = 0;
  }
  gmm_rows_set(&s->rows, &s->data, &s->frame);
}

static inline void setup_open_on(setup *s, gmm_simd level, int threads, gmm_layout layout,
                                 const double *x, size_t n, int d, int k) {
  gmm_data data = data_of(x, NULL, n, d);
  setup_open_of(s, level, threads, layout, &data, k);
}

/* The rows with these case weights from now on. */
static inline void setup_weigh(setup *s, const double *weight) {
  s->data.weight = weight;
  gmm_data_sum(&s->data);
  gmm_rows_set(&s->rows, &s->data, &s->frame);
}

static inline void setup_open(setup *s, gmm_layout layout, const double *x, size_t n, int d,
                              int k) {
  setup_open_on(s, gmm_simd_widest(), 1, layout, x, n, d, k);
}

static inline void setup_close(setup *s) {
  free(s->memory);
}

/* m rows to be drawn of a data set; what it returns is the caller's to free. */
static inline void *sample_open(gmm_sample *sample, const gmm_data *like, size_t m) {
  gmm_arena measured = {0};
  gmm_sample_take(sample, &measured, like, m);
  void *memory = fresh(gmm_arena_bytes(&measured));
  gmm_arena arena = gmm_arena_over(memory);
  gmm_sample_take(sample, &arena, like, m);
  CHECK(arena.used == measured.used);
  return memory;
}

/* gmm_frame_of_rows() of these rows. */
static inline gmm_status frame_of_rows(setup *s, int column_units) {
  return gmm_frame_of_rows(&s->frame, &s->data, column_units, s->sd, &s->engine, s->frame_work);
}

/* One E-step at s->density into s->stats. */
static inline gmm_status estep(setup *s) {
  gmm_source source = gmm_rows_source(&s->rows);
  return source.estep(source.self, &s->density, &s->stats);
}

/* gmm_start_mstep() of these rows into `params`. */
static inline gmm_status start_from(setup *s, const gmm_spec *spec, const int *part,
                                    const double *r, gmm_params *params) {
  gmm_em_work work = {.density = s->density, .stats = s->stats, .mstep = s->mstep};
  gmm_status status = gmm_start_mstep(spec, &s->rows, part, r, params, &work);
  s->stats = work.stats;
  return status;
}

/* References -------------------------------------------------------------- */

#define LOG_2PI_L 1.837877066409345483560659472811235279722794947275566825634L

/* Lower Cholesky factor of a lower triangle, d <= 16. */
static inline void reference_cholesky(int d, const double *a, long double *l) {
  for (int b = 0; b < d; b++) {
    for (int e = b; e < d; e++) {
      long double s = a[e + d * b];
      for (int c = 0; c < b; c++) {
        s -= l[e + d * c] * l[b + d * c];
      }
      l[e + d * b] = e == b ? sqrtl(s) : s / l[b + d * b];
    }
  }
}

/*
 * Eigenvalues, increasing, and eigenvectors, as columns, of a lower triangle
 * with a positive diagonal, d <= 20, by Jacobi's method, to which the scales of
 * the variables do not matter.
 */
static inline void reference_eigen(int d, const double *a, long double *vectors,
                                   long double *values) {
  long double m[400];
  for (int i = 0; i < d * d; i++) {
    int row = i % d, col = i / d;
    m[i] = row >= col ? a[i] : a[col + d * row];
    vectors[i] = row == col;
  }
  for (int turned = 1; turned;) {
    turned = 0;
    for (int q = 1; q < d; q++) {
      for (int p = 0; p < q; p++) {
        long double pp = m[p + d * p], qq = m[q + d * q], pq = m[p + d * q];
        if (!(fabsl(pq) > 1e-18L * sqrtl(fabsl(pp * qq)))) {
          continue;
        }
        turned = 1;
        long double tau = (qq - pp) / (2 * pq);
        long double t = copysignl(1, tau) / (fabsl(tau) + hypotl(1, tau));
        long double c = 1 / hypotl(1, t), s = t * c;
        for (int i = 0; i < d; i++) {
          long double ip = m[i + d * p], iq = m[i + d * q];
          m[i + d * p] = m[p + d * i] = c * ip - s * iq;
          m[i + d * q] = m[q + d * i] = s * ip + c * iq;
          long double vp = vectors[i + d * p], vq = vectors[i + d * q];
          vectors[i + d * p] = c * vp - s * vq;
          vectors[i + d * q] = s * vp + c * vq;
        }
        m[p + d * p] = pp - t * pq;
        m[q + d * q] = qq + t * pq;
        m[p + d * q] = m[q + d * p] = 0;
      }
    }
  }
  for (int b = 0; b < d; b++) {
    int least = b;
    for (int c = b + 1; c < d; c++) {
      least = m[c + d * c] < m[least + d * least] ? c : least;
    }
    values[b] = m[least + d * least];
    m[least + d * least] = m[b + d * b];
    for (int i = 0; i < d; i++) {
      long double v = vectors[i + d * b];
      vectors[i + d * b] = vectors[i + d * least];
      vectors[i + d * least] = v;
    }
  }
}

/* log pi_j + log f_j(x) for one row, x[a * stride]. */
static inline long double reference_logdens(const gmm_params *p, int j, const double *x,
                                            size_t stride) {
  int d = p->d;
  const double *mu = p->mu + d * j, *sigma = p->sigma + gmm_cov_size(p->layout, d) * (size_t)j;
  long double l[256], z[16], out = logl(p->pi[j]) - 0.5L * d * LOG_2PI_L;
  if (p->layout == GMM_FULL) {
    reference_cholesky(d, sigma, l);
  }
  for (int a = 0; a < d; a++) {
    z[a] = (long double)x[(size_t)a * stride] - mu[a];
    for (int b = 0; b < a && p->layout == GMM_FULL; b++) {
      z[a] -= l[a + d * b] * z[b];
    }
    long double root = p->layout == GMM_FULL ? l[a + d * a] : sqrtl(sigma[a]);
    z[a] /= root;
    out -= 0.5L * z[a] * z[a] + logl(root);
  }
  return out;
}

/* log f(x) of a row, and its responsibilities into r (k). */
static inline long double reference_estep(const gmm_params *p, const double *x, size_t stride,
                                          long double *r) {
  long double largest = -INFINITY, total = 0;
  for (int j = 0; j < p->k; j++) {
    r[j] = reference_logdens(p, j, x, stride);
    largest = r[j] > largest ? r[j] : largest;
  }
  for (int j = 0; j < p->k; j++) {
    total += r[j] = expl(r[j] - largest);
  }
  for (int j = 0; j < p->k; j++) {
    r[j] /= total;
  }
  return largest + logl(total);
}

/* Lower triangle of a random positive definite matrix. */
static inline void random_spd(test_rng *rng, int d, double *a) {
  double *root = doubles((size_t)(d * d));
  for (int i = 0; i < d * d; i++) {
    root[i] = normal(rng);
  }
  for (int c = 0; c < d; c++) {
    for (int b = 0; b < d; b++) {
      a[b + d * c] = b < c ? NAN : b == c;
      for (int e = 0; e < d && b >= c; e++) {
        a[b + d * c] += root[b + d * e] * root[c + d * e];
      }
    }
  }
  free(root);
}

#endif
