/*
 * Rows of which more is known than their numbers, or less: data sets with missing values, labels,
 * noise and weights, and what they say in long double.
 */
#ifndef GMM_TESTS_FACTS_H
#define GMM_TESTS_FACTS_H

#include "helpers.h"

enum { MOST_D = 8 };

/* R's NA: a NaN that signals, so that arithmetic makes another of it. It is not to go through a
 * register of the x87 on its way. */
static inline void put_na(double *x) {
  uint64_t bits = 0x7FF00000000007A2u;
  memcpy(x, &bits, sizeof bits);
}

/* The variables that row i lacks, as bits. */
static inline unsigned mask_of(const gmm_data *data, size_t i) {
  unsigned mask = 0;
  for (int a = 0; a < data->d; a++) {
    mask |= isnan(data->x[i + data->n * (size_t)a]) ? 1u << a : 0;
  }
  return mask;
}

/*
 * A data set of its own memory.
 *
 *   masks  n_patterns  what the rows of each pattern lack
 */
typedef struct facts {
  gmm_data data;
  double *x, *weight, *range;
  int *label;
  size_t *ends;
  unsigned *masks;
} facts;

/* Normal rows about k centres that are `apart`, all of their values there. */
static inline void facts_open(facts *f, test_rng *rng, size_t n, int d, int k, double apart) {
  *f = (facts){.x = clusters(rng, n, d, k, apart)};
  f->data = data_of(f->x, NULL, n, d);
}

/* Takes values out of the rows: of those from the last end up to ends[p], what masks[p] says. */
static inline void facts_punch(facts *f, size_t n_patterns, const size_t *ends,
                               const unsigned *masks) {
  f->ends = fresh(n_patterns * sizeof(size_t));
  f->masks = fresh(n_patterns * sizeof(unsigned));
  memcpy(f->ends, ends, n_patterns * sizeof(size_t));
  memcpy(f->masks, masks, n_patterns * sizeof(unsigned));
  for (size_t p = 0, i = 0; p < n_patterns; p++) {
    for (; i < ends[p]; i++) {
      for (int a = 0; a < f->data.d; a++) {
        if (masks[p] >> a & 1) {
          put_na(f->x + i + f->data.n * (size_t)a);
        }
      }
    }
  }
  f->data.pattern_end = f->ends;
  f->data.n_patterns = n_patterns;
  f->data.observed = doubles((size_t)f->data.d);
  gmm_data_sum(&f->data);
}

/* Patterns that end at random, at the ends of blocks and of chunks, and beside them; one of all
 * that a row may lack, and one of nothing. */
static inline void facts_punch_oddly(facts *f, test_rng *rng) {
  static const size_t odd[] = {1,    2,    9,    255,  256,  257,  300,  511,  1023, 1024,
                               1025, 1280, 1281, 2047, 2048, 2049, 2053, 3072, 4000, 4095};
  enum { ODD = sizeof odd / sizeof *odd };
  size_t ends[ODD + 1], n = 0;
  unsigned masks[ODD + 1], all = (1u << f->data.d) - 1;
  for (int p = 0; p < ODD && odd[p] < f->data.n; p++) {
    ends[n++] = odd[p];
  }
  ends[n++] = f->data.n;
  for (size_t p = 0; p < n; p++) {
    masks[p] = p % 7 == 2 ? all : p % 7 == 4 ? 0 : (unsigned)integer_to(rng, (int)all);
    /* The next is another. */
    masks[p] ^= p > 0 && masks[p] == masks[p - 1] ? 1 : 0;
  }
  facts_punch(f, n, ends, masks);
}

/* A third of the rows are whole, and each two variables are together in more than that. */
static inline void facts_punch_mildly(facts *f) {
  enum { PATTERNS = 12 };
  size_t ends[PATTERNS];
  unsigned masks[PATTERNS], all = (1u << f->data.d) - 1;
  for (size_t p = 0; p < PATTERNS; p++) {
    ends[p] = f->data.n * (p + 5) / (PATTERNS + 4);
    masks[p] = p == 0 ? 0 : p == 1 ? all : 1u << p % (size_t)f->data.d | 1u << p % 3;
  }
  facts_punch(f, PATTERNS, ends, masks);
}

/* Of a class are about `share` of the rows, of all patterns. */
static inline void facts_label(facts *f, test_rng *rng, int k, double share) {
  f->label = fresh(f->data.n * sizeof(int));
  for (size_t i = 0; i < f->data.n; i++) {
    f->label[i] = uniform(rng) < share ? integer_to(rng, k - 1) : GMM_UNKNOWN;
  }
  f->data.label = f->label;
}

static inline void facts_weigh(facts *f, test_rng *rng) {
  f->weight = doubles(f->data.n);
  for (size_t i = 0; i < f->data.n; i++) {
    f->weight[i] = exp(4 * uniform(rng) - 2);
  }
  f->data.weight = f->weight;
  gmm_data_sum(&f->data);
}

/* Noise in a box of about the size of the rows. */
static inline void facts_add_noise(facts *f, test_rng *rng) {
  f->range = doubles((size_t)f->data.d);
  for (int a = 0; a < f->data.d; a++) {
    f->range[a] = 8 + 4 * uniform(rng);
  }
  f->data.range = f->range;
}

static inline void facts_close(facts *f) {
  free(f->x);
  free(f->weight);
  free(f->range);
  free(f->label);
  free(f->ends);
  free(f->masks);
  free(f->data.observed);
}

/* References -------------------------------------------------------------- */

/*
 * What the known variables say of the missing ones in one component, from the Cholesky factor of
 * its covariance with the known first, whose leading block is that of theirs.
 *
 *   slope       n_missing x n_known, by rows
 *   spread      n_missing x n_missing
 *   log_volume  log |2 pi spread| / 2
 *   root        d x d, that factor
 */
typedef struct told {
  int d, n_missing, n_known, missing[MOST_D], known[MOST_D];
  long double slope[MOST_D * MOST_D], spread[MOST_D * MOST_D], root[MOST_D * MOST_D];
  long double log_volume;
} told;

static inline double sigma_at(const gmm_params *p, int j, int a, int b) {
  const double *sigma = p->sigma + gmm_cov_size(p->layout, p->d) * (size_t)j;
  if (p->layout == GMM_DIAGONAL) {
    return a == b ? sigma[a] : 0;
  }
  return a >= b ? sigma[a + p->d * b] : sigma[b + p->d * a];
}

static inline told tell(const gmm_params *p, int j, unsigned mask) {
  told t = {.d = p->d, .log_volume = 0};
  int order[MOST_D], d = p->d;
  double sorted[MOST_D * MOST_D] = {0};
  for (int a = 0; a < d; a++) {
    if (mask >> a & 1) {
      t.missing[t.n_missing++] = a;
    } else {
      t.known[t.n_known++] = a;
    }
  }
  for (int a = 0; a < d; a++) {
    order[a] = a < t.n_known ? t.known[a] : t.missing[a - t.n_known];
  }
  for (int a = 0; a < d; a++) {
    for (int b = 0; b <= a; b++) {
      sorted[a + d * b] = sigma_at(p, j, order[a], order[b]);
    }
  }
  reference_cholesky(d, sorted, t.root);
  for (int u = 0; u < t.n_missing; u++) {
    int row = t.n_known + u;
    t.log_volume += 0.5L * LOG_2PI_L + logl(t.root[row + d * row]);
    for (int v = 0; v < t.n_missing; v++) {
      long double sum = 0;
      for (int w = 0; w <= (u < v ? u : v); w++) {
        sum += t.root[row + d * (t.n_known + w)] * t.root[t.n_known + v + d * (t.n_known + w)];
      }
      t.spread[u + t.n_missing * v] = sum;
    }
    long double *slope = t.slope + t.n_known * u;
    for (int o = t.n_known - 1; o >= 0; o--) {
      slope[o] = t.root[row + d * o];
      for (int q = o + 1; q < t.n_known; q++) {
        slope[o] -= slope[q] * t.root[q + d * o];
      }
      slope[o] /= t.root[o + d * o];
    }
  }
  return t;
}

/* log pi_j + log f_j of what is known of a row. */
static inline long double told_logdens(const told *t, const gmm_params *p, int j,
                                       const double *row) {
  long double z[MOST_D], out = logl(p->pi[j]) - 0.5L * t->n_known * LOG_2PI_L;
  for (int a = 0; a < t->n_known; a++) {
    z[a] = (long double)row[t->known[a]] - p->mu[t->known[a] + p->d * j];
    for (int b = 0; b < a; b++) {
      z[a] -= t->root[a + t->d * b] * z[b];
    }
    z[a] /= t->root[a + t->d * a];
    out -= 0.5L * z[a] * z[a] + logl(t->root[a + t->d * a]);
  }
  return out;
}

/* A row with the mean of what is missing in its place. */
static inline void told_fill(const told *t, const gmm_params *p, int j, const double *row,
                             long double *filled) {
  const double *mu = p->mu + p->d * j;
  for (int o = 0; o < t->n_known; o++) {
    filled[t->known[o]] = row[t->known[o]];
  }
  for (int u = 0; u < t->n_missing; u++) {
    long double value = mu[t->missing[u]];
    for (int o = 0; o < t->n_known; o++) {
      value += t->slope[o + t->n_known * u] * ((long double)row[t->known[o]] - mu[t->known[o]]);
    }
    filled[t->missing[u]] = value;
  }
}

#endif
