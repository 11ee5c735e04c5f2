/*
 * What the tests of the covariance models share: scatter matrices to make
 * covariances of, in memory of exactly the size that is asked for, and what is
 * true of the covariances at the minimum, in long double.
 */
#ifndef GMM_TESTS_WITHIN_H
#define GMM_TESTS_WITHIN_H

#include "helpers.h"

/* What the references hold. */
enum { MAX_D = 8, MAX_K = 5 };

/* Statistics, and what a model makes of them. The sanitizer sees who writes
 * beyond an array. */
typedef struct problem {
  gmm_layout layout;
  int d, k;
  double *count, *scatter, *sigma;
  gmm_factors factors;
} problem;

/* Nothing is known, and iterations go to the end. */
static inline void problem_open(problem *p, gmm_layout layout, int d, int k) {
  size_t size = gmm_cov_size(layout, d) * (size_t)k;
  *p = (problem){.layout = layout, .d = d, .k = k, .factors = {.exact = 1}};
  p->count = doubles((size_t)k);
  p->scatter = doubles(size);
  p->sigma = doubles(size);
  p->factors.volume = doubles((size_t)k);
  p->factors.orientation = doubles(layout == GMM_FULL ? (size_t)d * (size_t)d : 0);
}

static inline void problem_close(problem *p) {
  free(p->count);
  free(p->scatter);
  free(p->sigma);
  free(p->factors.volume);
  free(p->factors.orientation);
}

/* The lower triangle's entry a >= b of component j, or the variance, where
 * there are no others. */
static inline size_t at(const problem *p, int a, int b, int j) {
  size_t D = (size_t)p->d, A = (size_t)a, J = (size_t)j;
  return p->layout == GMM_FULL ? A + D * (size_t)b + D * D * J : A + D * J;
}

static inline double total_count(const problem *p) {
  double n = 0;
  for (int j = 0; j < p->k; j++) {
    n += p->count[j];
  }
  return n;
}

static inline gmm_within within_of(const problem *p) {
  return (gmm_within){p->layout, p->d, p->k, total_count(p), p->count, p->scatter};
}

/* The model's covariances, into p->sigma. */
static inline gmm_status fit(problem *p, const gmm_model *model) {
  gmm_within within = within_of(p);
  double *work = doubles(gmm_model_work(model, p->d, p->k));
  gmm_status status = model->covariances(&within, &p->factors, p->sigma, work);
  free(work);
  return status;
}

static inline gmm_status fit_named(problem *p, const char *model) {
  return fit(p, gmm_model_find(model));
}

/* The same statistics in another layout, to begin anew; without covariances. */
static inline void problem_like(problem *p, gmm_layout layout, const problem *from) {
  problem_open(p, layout, from->d, from->k);
  memcpy(p->count, from->count, (size_t)p->k * sizeof(double));
  for (int j = 0; j < p->k; j++) {
    for (int a = 0; a < p->d; a++) {
      for (int b = layout == GMM_FULL ? 0 : a; b <= a; b++) {
        p->scatter[at(p, a, b, j)] = from->scatter[at(from, a, b, j)];
      }
    }
  }
}

/* Component j's scatter from a whole matrix, of which the lower triangle counts. */
static inline void set_scatter(problem *p, int j, const double *w) {
  for (int a = 0; a < p->d; a++) {
    for (int b = p->layout == GMM_FULL ? 0 : a; b <= a; b++) {
      p->scatter[at(p, a, b, j)] = w[a + p->d * b];
    }
  }
}

/* Q diag(values) Q' as component j's scatter. */
static inline void set_scatter_in_axes(problem *p, int j, const double *q, const double *values) {
  double w[MAX_D * MAX_D];
  for (int i = 0; i < p->d * p->d; i++) {
    w[i] = 0;
    for (int c = 0; c < p->d; c++) {
      w[i] += q[i % p->d + p->d * c] * values[c] * q[i / p->d + p->d * c];
    }
  }
  set_scatter(p, j, w);
}

/*
 * Scatter matrices v_j (R_j R_j' + 0.02 I), where R_j is what all share but for
 * the part `own`: 0 makes them alike but for v_j, 1 wholly different.
 */
static inline void random_scatter(test_rng *rng, problem *p, double own) {
  int d = p->d;
  double *common = doubles((size_t)(d * d)), *root = doubles((size_t)(d * d));
  for (int i = 0; i < d * d; i++) {
    common[i] = (i % (d + 1) == 0) * (1 + i % 3) + normal(rng) / sqrt(d);
  }
  for (int j = 0; j < p->k; j++) {
    p->count[j] = 1 + 20 * uniform(rng);
    double volume = p->count[j] * exp(normal(rng));
    for (int i = 0; i < d * d; i++) {
      double mine = (i % (d + 1) == 0) * 0.5 + normal(rng) / sqrt(d);
      root[i] = (1 - own) * common[i] + own * mine;
    }
    for (int a = 0; a < d; a++) {
      for (int b = p->layout == GMM_FULL ? 0 : a; b <= a; b++) {
        double sum = a == b ? 0.02 : 0;
        for (int c = 0; c < d; c++) {
          sum += root[a + d * c] * root[b + d * c];
        }
        p->scatter[at(p, a, b, j)] = volume * sum;
      }
    }
  }
  free(common);
  free(root);
}

static inline void random_problem(test_rng *rng, problem *p, gmm_layout layout, int d, int k) {
  problem_open(p, layout, d, k);
  random_scatter(rng, p, 1);
}

/* log |sigma_j| and tr(W_j sigma_j^-1). */
static inline void log_det_and_trace(const problem *p, int j, long double *log_det,
                                     long double *trace) {
  int d = p->d;
  const double *sigma = p->sigma + at(p, 0, 0, j);
  *log_det = *trace = 0;
  if (p->layout == GMM_DIAGONAL) {
    for (int a = 0; a < d; a++) {
      *log_det += logl(sigma[a]);
      *trace += (long double)p->scatter[at(p, a, a, j)] / sigma[a];
    }
    return;
  }
  long double l[MAX_D * MAX_D], inverse[MAX_D * MAX_D];
  reference_cholesky(d, sigma, l);
  for (int b = 0; b < d; b++) {
    *log_det += 2 * logl(l[b + d * b]);
    for (int a = b; a < d; a++) {
      long double sum = a == b;
      for (int c = b; c < a; c++) {
        sum -= l[a + d * c] * inverse[c + d * b];
      }
      inverse[a + d * b] = sum / l[a + d * a];
    }
  }
  for (int a = 0; a < d; a++) {
    for (int b = 0; b <= a; b++) {
      long double precision = 0;
      for (int c = a; c < d; c++) {
        precision += inverse[c + d * a] * inverse[c + d * b];
      }
      *trace += (a == b ? 1 : 2) * precision * p->scatter[at(p, a, b, j)];
    }
  }
}

/* What the models minimise: sum_j n_j log |sigma_j| + tr(W_j sigma_j^-1). */
static inline long double objective(const problem *p) {
  long double sum = 0;
  for (int j = 0; j < p->k; j++) {
    long double log_det, trace;
    log_det_and_trace(p, j, &log_det, &trace);
    sum += p->count[j] * log_det + trace;
  }
  return sum;
}

/* out = Q' B Q for the component's scatter, or covariance, B. */
static inline void reference_rotate(const problem *p, const double *b, int j, const long double *q,
                                    long double *out) {
  int d = p->d;
  for (int i = 0; i < d * d; i++) {
    out[i] = 0;
    for (int a = 0; a < d; a++) {
      for (int c = 0; c < d; c++) {
        if (a == c || p->layout == GMM_FULL) {
          long double entry = b[at(p, a > c ? a : c, a > c ? c : a, j)];
          out[i] += q[a + d * (i % d)] * entry * q[c + d * (i / d)];
        }
      }
    }
  }
}

/* Largest difference in the entries that are meant, relative to the largest of
 * the same component. */
static inline double worst_in_sigma(const problem *p, const double *want) {
  double worst = 0;
  for (int j = 0; j < p->k; j++) {
    double size = 0;
    for (int a = 0; a < p->d; a++) {
      size = fmax(size, fabs(want[at(p, a, a, j)]));
    }
    for (int a = 0; a < p->d; a++) {
      for (int b = p->layout == GMM_FULL ? 0 : a; b <= a; b++) {
        size_t i = at(p, a, b, j);
        worst = fmax(worst, error_in(p->sigma[i], want[i], size));
      }
    }
  }
  return worst;
}

#endif
