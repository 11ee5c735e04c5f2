/*
 * Responsibilities, log-likelihood and scores from log densities (kernel.h). Included by
 * kernel_level.h only.
 */
#ifndef GMM_KERNEL_ESTEP_H
#define GMM_KERNEL_ESTEP_H

#include "kernel_block.h"

/* Numbers from 1 to k whose product cannot overflow, for any k that is an int. */
#define FACTORS 32

/* sum_t log f(x_t) = 2 sum top + log of products of totals: few logarithms. */
INLINE double block_loglik(int rows, const double *top, const double *total) {
  vec tops = {0}, logs = {0};
  for (int t = 0; t < rows;) {
    int end = t + FACTORS * LANES < rows ? t + FACTORS * LANES : rows;
    vec product = vec_all(1);
    for (; t < end; t += LANES) {
      tops += vec_load(top + t);
      product = product * vec_load(total + t);
    }
    logs += vec_log(product);
  }
  return 2 * vec_sum(tops) + vec_sum(logs);
}

/*
 * Weights of one vector of rows, from t on, in n components: those of `which`, or the
 * first n where that is NULL.
 */
INLINE bits weigh_vector(int n, const int *which, int t, double floor, const gmm_block_weights *w) {
  vec top = vec_all(-INFINITY), total = {0};
  /* No number where distances overflow: no density, then. */
  for (int i = 0; i < n; i++) {
    size_t j = (size_t)(which ? which[i] : i);
    top = vec_max(vec_load(w->h + GMM_STRIDE * j + t), top);
  }
  for (int i = 0; i < n; i++) {
    double *h = w->h + GMM_STRIDE * (size_t)(which ? which[i] : i) + t;
    vec below = vec_load(h) - top;
    vec root = vec_where_above(below, vec_all(floor), vec_exp_small(below));
    total = vec_fma(root, root, total);
    vec_store(h, root);
  }
  vec_store(w->top + t, top);
  vec_store(w->total + t, total);
  vec_store(w->inverse + t, vec_inverse_sqrt(total));
  return ~(bits)(total >= 1);
}

/* Rows beyond the data, and the log-likelihood; whether rows have been lost. */
INLINE int finish_weights(int rows, int count, bits lost, const gmm_block_weights *w,
                          double *loglik) {
  for (int t = count; t < rows; t++) {
    w->top[t] = w->inverse[t] = 0;
    w->total[t] = 1;
  }
  *loglik += block_loglik(rows, w->top, w->total);
  int64_t any = 0;
  for (int l = 0; l < LANES; l++) {
    any |= lost[l];
  }
  return any != 0;
}

static int weigh(int k, int rows, int count, double floor, const gmm_block_weights *w,
                 double *loglik) {
  bits lost = {0};
  for (int t = 0; t < rows; t += LANES) {
    lost |= weigh_vector(k, NULL, t, floor, w);
  }
  return finish_weights(rows, count, lost, w, loglik);
}

/* Copies the data's rows of a block's column. */
INLINE void copy_out(double *to, const double *from, int count) {
  memcpy(to, from, (size_t)count * sizeof(double));
}

static void score(int k, int rows, int count, const gmm_block_weights *w, size_t start, size_t n,
                  double log_jacobian, const gmm_block_scores *out, double *work) {
  for (int j = 0; j < k && out->r; j++) {
    const double *h = w->h + (size_t)GMM_STRIDE * (size_t)j;
    double *r = out->r + start + n * (size_t)j;
    int t = 0;
    for (; t + LANES <= count; t += LANES) {
      vec root = vec_load(h + t) * vec_load(w->inverse + t);
      vec_store(r + t, root * root);
    }
    for (; t < count; t++) {
      double root = h[t] * w->inverse[t];
      r[t] = root * root;
    }
  }
  if (out->logdens || out->density) {
    for (int t = 0; t < rows; t += LANES) {
      vec value = 2 * vec_load(w->top + t) + vec_log(vec_load(w->total + t)) + log_jacobian;
      vec_store(work + t, value);
    }
    if (out->logdens) {
      copy_out(out->logdens + start, work, count);
    }
    if (out->density) {
      exp_all((size_t)rows, work, work);
      copy_out(out->density + start, work, count);
    }
  }
  if (out->class || out->uncertainty) {
    for (int t = 0; t < rows; t += LANES) {
      vec best = {0}, at = {0}, others = {0};
      for (int j = 0; j < k; j++) {
        vec h = vec_load(w->h + (size_t)GMM_STRIDE * (size_t)j + t);
        bits more = h > best;
        vec less = vec_choose(more, best, h);
        others += less * less;
        best = vec_choose(more, h, best);
        at = vec_choose(more, vec_all(j + 1), at);
      }
      vec_store(work + t, at);
      if (out->uncertainty) {
        vec u = others / vec_load(w->total + t);
        for (int l = 0; l < LANES && t + l < count; l++) {
          out->uncertainty[start + (size_t)(t + l)] = u[l];
        }
      }
    }
    for (int t = 0; t < count && out->class; t++) {
      out->class[start + (size_t)t] = (int)work[t];
    }
  }
}

#endif
