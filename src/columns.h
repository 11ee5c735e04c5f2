/*
 * Columns of small matrices: their products, and turns in their plane, which are most of what
 * M-steps with axes do. Two numbers at a time, as any processor does them; kernels (kernel.h)
 * would be faster by little where columns are short.
 */
#ifndef GMM_COLUMNS_H
#define GMM_COLUMNS_H

#include <stddef.h>

/* Two doubles at any address that a double may have. */
typedef double gmm_pair __attribute__((vector_size(16), aligned(8), may_alias));

static inline gmm_pair gmm_pair_at(const double *x) {
  return *(const gmm_pair *)x;
}

/* x'y. Two sums of two, since one would wait for each of its terms. */
static inline double gmm_dot(size_t d, const double *x, const double *y) {
  gmm_pair first = {0, 0}, second = {0, 0};
  size_t a = 0;
  for (; a + 4 <= d; a += 4) {
    first += gmm_pair_at(x + a) * gmm_pair_at(y + a);
    second += gmm_pair_at(x + a + 2) * gmm_pair_at(y + a + 2);
  }
  if (a + 2 <= d) {
    first += gmm_pair_at(x + a) * gmm_pair_at(y + a);
    a += 2;
  }
  first += second;
  double sum = first[0] + first[1];
  return a < d ? sum + x[a] * y[a] : sum;
}

/* y += by x. */
static inline void gmm_add(size_t d, double by, const double *x, double *y) {
  size_t a = 0;
  for (; a + 2 <= d; a += 2) {
    *(gmm_pair *)(y + a) = gmm_pair_at(y + a) + by * gmm_pair_at(x + a);
  }
  if (a < d) {
    y[a] += by * x[a];
  }
}

/* x /= by. */
static inline void gmm_divide(size_t d, double by, double *x) {
  size_t a = 0;
  for (; a + 2 <= d; a += 2) {
    *(gmm_pair *)(x + a) = gmm_pair_at(x + a) / by;
  }
  if (a < d) {
    x[a] /= by;
  }
}

/* (x, y) becomes (c x - s y, s x + c y). */
static inline void gmm_turn(size_t d, double *x, double *y, double c, double s) {
  size_t a = 0;
  for (; a + 2 <= d; a += 2) {
    gmm_pair left = gmm_pair_at(x + a), right = gmm_pair_at(y + a);
    *(gmm_pair *)(x + a) = c * left - s * right;
    *(gmm_pair *)(y + a) = s * left + c * right;
  }
  if (a < d) {
    double left = x[a], right = y[a];
    x[a] = c * left - s * right;
    y[a] = s * left + c * right;
  }
}

/*
 * Every pair of d columns once, in rounds as of a tournament: the pairs of a round have no column
 * in common, so that the processor need not end one turn before it begins the next. In each round
 * columns below gmm_rounds() are asked for their partners: one that is not above them is none, or
 * asks itself.
 */
static inline size_t gmm_rounds(size_t d) {
  return d % 2 ? d : d - 1;
}

static inline size_t gmm_partner(size_t d, size_t round, size_t a) {
  size_t rounds = gmm_rounds(d), b = (round + rounds - a) % rounds;
  return b == a && d % 2 == 0 ? d - 1 : b;
}

#endif
