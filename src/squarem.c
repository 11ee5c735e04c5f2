#include "squarem.h"

#include <math.h>
#include <string.h>

#include "linalg.h"
#include "params.h"

void gmm_squarem_take(gmm_squarem *squarem, gmm_arena *arena, gmm_layout layout, int d, int k) {
  for (int i = 0; i < 3; i++) {
    gmm_params_take(&squarem->point[i], arena, layout, d, k);
  }
  squarem->change = gmm_arena_doubles(arena, gmm_cov_size(layout, d));
  squarem->half = gmm_arena_doubles(arena, (size_t)k);
  squarem->white = gmm_arena_doubles(arena, gmm_cov_size(layout, d));
}

/* w0 x0 + w1 x1 + w2 x2 of one number. */
typedef struct weights {
  double w0, w1, w2;
} weights;

static const weights FIRST_CHANGE = {-1, 1, 0}, SECOND_CHANGE = {1, -2, 1};

static double combine(weights w, double x0, double x1, double x2) {
  return w.w0 * x0 + w.w1 * x1 + w.w2 * x2;
}

/* |factor change factor'|^2 / 2. */
static double covariance_length(gmm_layout layout, int d, const double *factor,
                                const double *change, double *white) {
  size_t size = gmm_cov_size(layout, d);
  double length = 0;
  if (layout == GMM_FULL) {
    gmm_whiten(d, factor, change, white);
  }
  for (size_t i = 0; i < size; i++) {
    double z = layout == GMM_FULL ? white[i] : factor[i] * factor[i] * change[i];
    length += z * z;
  }
  return length / 2;
}

static int has_noise(const gmm_squarem *s) {
  return s->point[0].noise > 0 && s->point[1].noise > 0 && s->point[2].noise > 0;
}

/* The squared length of a combination of the points whose weights sum to 0. */
static double squared_length(const gmm_squarem *s, const gmm_density *density, weights w) {
  const gmm_params *x = s->point;
  int d = x->d, k = x->k;
  size_t size = gmm_cov_size(x->layout, d);
  double length = 0;
  for (int j = 0; j < k; j++) {
    const double *factor = density->factor + size * (size_t)j;
    size_t mu = (size_t)d * (size_t)j, sigma = size * (size_t)j;
    double log_pi = combine(w, log(x[0].pi[j]), log(x[1].pi[j]), log(x[2].pi[j]));
    for (int a = 0; a < d; a++) {
      size_t i = mu + (size_t)a;
      s->change[a] = combine(w, x[0].mu[i], x[1].mu[i], x[2].mu[i]);
    }
    double part = log_pi * log_pi + gmm_density_square(density, j, s->change);
    for (size_t b = 0; b < size; b++) {
      size_t i = sigma + b;
      s->change[b] = combine(w, x[0].sigma[i], x[1].sigma[i], x[2].sigma[i]);
    }
    part += covariance_length(x->layout, d, factor, s->change, s->white);
    length += x[1].pi[j] * part;
  }
  if (has_noise(s)) {
    double log_pi = combine(w, log(x[0].noise), log(x[1].noise), log(x[2].noise));
    length += x[1].noise * log_pi * log_pi;
  }
  return length;
}

double gmm_squarem_length(gmm_squarem *squarem, const gmm_density *density) {
  memcpy(squarem->half, density->half, (size_t)density->k * sizeof(double));
  double first = squared_length(squarem, density, FIRST_CHANGE);
  double second = squared_length(squarem, density, SECOND_CHANGE);
  return first > 0 ? sqrt(first / second) : 1;
}

/* A leap may not take a proportion below this part of the last: it would hardly come back. */
#define LEAST_LEFT 1e-6

/* Nor half the logarithm of a determinant so far below that of the point before: where it
 * happened to end near a singular covariance, the log-likelihood would rise, and mean nothing. */
#define MOST_SHRUNK 4.6

int gmm_squarem_extrapolate(const gmm_squarem *squarem, double length, gmm_params *to) {
  const gmm_params *x = squarem->point;
  size_t D = (size_t)x->d, K = (size_t)x->k, size = gmm_cov_size(x->layout, x->d);
  /* x0 + 2 a r + a^2 v */
  double a = length;
  weights w = {(1 - a) * (1 - a), 2 * a * (1 - a), a * a};
  double sum = 0, most = -INFINITY, noise = -INFINITY;
  int regular = 1;
  if (has_noise(squarem)) {
    most = noise = combine(w, log(x[0].noise), log(x[1].noise), log(x[2].noise));
  }
  for (size_t j = 0; j < K; j++) {
    to->pi[j] = combine(w, log(x[0].pi[j]), log(x[1].pi[j]), log(x[2].pi[j]));
    most = fmax(most, to->pi[j]);
  }
  to->noise = exp(noise - most);
  sum = to->noise;
  for (size_t j = 0; j < K; j++) {
    to->pi[j] = exp(to->pi[j] - most);
    sum += to->pi[j];
  }
  to->noise /= sum;
  regular &= to->noise >= LEAST_LEFT * x[2].noise;
  for (size_t j = 0; j < K; j++) {
    to->pi[j] /= sum;
    regular &= to->pi[j] >= LEAST_LEFT * x[2].pi[j];
  }
  for (size_t i = 0; i < D * K; i++) {
    to->mu[i] = combine(w, x[0].mu[i], x[1].mu[i], x[2].mu[i]);
  }
  for (size_t i = 0; i < size * K; i++) {
    to->sigma[i] = combine(w, x[0].sigma[i], x[1].sigma[i], x[2].sigma[i]);
  }
  return regular;
}

int gmm_squarem_shrank(const gmm_squarem *squarem, const gmm_params *to,
                       const gmm_density *density) {
  for (int j = 0; j < to->k; j++) {
    double of_pi = log(to->pi[j] / squarem->point[1].pi[j]);
    /* Of half log |sigma_j|. */
    double rise = of_pi - 2 * (density->half[j] - squarem->half[j]);
    if (!(rise > -MOST_SHRUNK)) {
      return 1;
    }
  }
  return 0;
}
