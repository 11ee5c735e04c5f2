#include "moves.h"

#include <math.h>
#include <string.h>

/* The component whose distribution component i is the least far from. */
int gmm_move_nearest(const gmm_density *density, int i, double *work) {
  int nearest = -1;
  double least = INFINITY;
  for (int j = 0; j < density->k; j++) {
    if (j != i) {
      double d2 =
          gmm_density_distance(density, j, density->mu + (size_t)density->d * (size_t)i, work);
      if (nearest < 0 || d2 < least) {
        least = d2;
        nearest = j;
      }
    }
  }
  return nearest;
}

/* Component j becomes the mixture of it and i, in its moments. */
static void merge_into(gmm_params *params, int j, int i, double *work) {
  int d = params->d;
  size_t D = (size_t)d, size = gmm_cov_size(params->layout, d);
  double *mu_j = params->mu + D * (size_t)j, *sigma_j = params->sigma + size * (size_t)j;
  const double *mu_i = params->mu + D * (size_t)i, *sigma_i = params->sigma + size * (size_t)i;
  double total = params->pi[i] + params->pi[j], p = params->pi[i] / total;
  for (size_t a = 0; a < D; a++) {
    work[a] = mu_i[a] - mu_j[a];
  }
  for (size_t s = 0; s < size; s++) {
    double apart = params->layout == GMM_FULL ? work[s % D] * work[s / D] : work[s] * work[s];
    sigma_j[s] = (1 - p) * sigma_j[s] + p * sigma_i[s] + p * (1 - p) * apart;
  }
  for (size_t a = 0; a < D; a++) {
    mu_j[a] += p * work[a];
  }
  params->pi[j] = total;
}

/* Gives component i this part of what is not noise, and the others the rest, as they had it. */
static void set_proportion(gmm_params *params, int i, double part) {
  double all = 1 - params->noise, pi = part * all, rest = (all - pi) / (all - params->pi[i]);
  for (int j = 0; j < params->k; j++) {
    params->pi[j] *= rest;
  }
  params->pi[i] = pi;
}

/* Means and covariance may be its own. */
static void set_component(gmm_params *params, int i, const double *mu, const double *sigma) {
  size_t D = (size_t)params->d, size = gmm_cov_size(params->layout, params->d);
  memmove(params->mu + D * (size_t)i, mu, D * sizeof(double));
  memmove(params->sigma + size * (size_t)i, sigma, size * sizeof(double));
}

void gmm_move_split(gmm_params *params, const gmm_density *density, const double *row, int away,
                    int merge, double *work) {
  int owner = gmm_density_owner(density, row, work);
  int i = away + (away >= owner);
  if (merge) {
    merge_into(params, gmm_move_nearest(density, i, work), i, work);
    params->pi[i] = 0;
  }
  set_proportion(params, i, 0);
  params->pi[i] = params->pi[owner] /= 2;
  set_component(params, i, row,
                params->sigma + gmm_cov_size(params->layout, params->d) * (size_t)owner);
}

/* No component takes nearly all. */
#define MOST_MOVED 0.9

/* The part of the owner's covariance that keeps that of a few rows regular. */
#define OF_THE_OWNER 1e-3

void gmm_move_gather(gmm_params *params, int i, int owner, double pi, const double *mean,
                     double *covariance) {
  size_t size = gmm_cov_size(params->layout, params->d);
  for (size_t s = 0; s < size; s++) {
    covariance[s] += OF_THE_OWNER * params->sigma[size * (size_t)owner + s];
  }
  set_proportion(params, i, fmin(pi, MOST_MOVED));
  set_component(params, i, mean, covariance);
}

void gmm_move_graft(gmm_params *params, const gmm_density *density, const gmm_params *other, int b,
                    int i, double *work) {
  const double *mu = other->mu + (size_t)other->d * (size_t)b;
  if (i < 0) {
    i = gmm_density_owner(density, mu, work);
  }
  set_proportion(params, i, fmin(other->pi[b], MOST_MOVED));
  set_component(params, i, mu, other->sigma + gmm_cov_size(other->layout, other->d) * (size_t)b);
}

/* Of a standard normal variable: the squared mean of its positive half. */
#define HALF_MEAN_SQUARE 0.63661977236758134

/* The vector with this length and direction where component j is spherical, as the data see
 * it: sigma_j factor_j' u for a unit vector u. */
static void lengthen(const gmm_params *params, const gmm_density *density, int j,
                     const double *normal, double *out) {
  size_t D = (size_t)params->d, size = gmm_cov_size(params->layout, params->d);
  const double *factor = density->factor + size * (size_t)j;
  const double *sigma = params->sigma + size * (size_t)j;
  double square = 0;
  for (size_t a = 0; a < D; a++) {
    square += normal[a] * normal[a];
    out[a] = 0;
  }
  double unit = square > 0 ? 1 / sqrt(square) : 0;
  for (size_t a = 0; a < D; a++) {
    if (params->layout == GMM_DIAGONAL) {
      out[a] = sigma[a] * factor[a] * normal[a] * unit;
      continue;
    }
    double entry = 0;
    for (size_t b = a; b < D; b++) {
      entry += factor[b + D * a] * normal[b] * unit;
    }
    for (size_t b = 0; b < D; b++) {
      out[b] += sigma[b >= a ? b + D * a : a + D * b] * entry;
    }
  }
}

void gmm_move_halve(gmm_params *params, const gmm_density *density, int j, const double *normal,
                    double *work) {
  size_t D = (size_t)params->d, size = gmm_cov_size(params->layout, params->d);
  size_t last = (size_t)params->k - 1;
  double *sigma = params->sigma + size * (size_t)j, *mu = params->mu + D * (size_t)j;
  lengthen(params, density, j, normal, work);
  for (size_t s = 0; s < size; s++) {
    double square = params->layout == GMM_FULL ? work[s % D] * work[s / D] : work[s] * work[s];
    sigma[s] -= HALF_MEAN_SQUARE * square;
  }
  params->pi[last] = params->pi[j] /= 2;
  set_component(params, (int)last, mu, sigma);
  for (size_t a = 0; a < D; a++) {
    double step = sqrt(HALF_MEAN_SQUARE) * work[a];
    params->mu[a + D * last] += step;
    mu[a] -= step;
  }
}

void gmm_move_merge(gmm_params *params, const gmm_density *density, int j, double *work) {
  size_t D = (size_t)params->d, size = gmm_cov_size(params->layout, params->d);
  size_t last = (size_t)params->k - 1;
  merge_into(params, gmm_move_nearest(density, j, work), j, work);
  params->pi[j] = params->pi[last];
  set_component(params, j, params->mu + D * last, params->sigma + size * last);
}
