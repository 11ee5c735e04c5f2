#include "frame.h"

#include <math.h>

void gmm_frame_take(gmm_frame *frame, gmm_arena *arena, int d) {
  frame->d = d;
  frame->scale = gmm_arena_doubles(arena, (size_t)d);
  frame->shift = gmm_arena_doubles(arena, (size_t)d);
  frame->log_jacobian = 0;
}

/* The power of two that brings a positive size into [1, 2). Subnormal sizes
 * would want a scale beyond the largest double. */
static double unit_scale(double size) {
  int e = size > 0 ? ilogb(size) : 0;
  return ldexp(1, e < -1022 ? 1022 : -e);
}

static void set_log_jacobian(gmm_frame *frame) {
  frame->log_jacobian = 0;
  for (int a = 0; a < frame->d; a++) {
    frame->log_jacobian += log(frame->scale[a]);
  }
}

/* One scale for all variables: the one of the largest spread. */
static void share_scale(gmm_frame *frame, const double *sd, int all_constant) {
  double smallest = INFINITY;
  for (int a = 0; a < frame->d; a++) {
    if (sd[a] > 0 || all_constant) {
      smallest = fmin(smallest, frame->scale[a]);
    }
  }
  for (int a = 0; a < frame->d; a++) {
    frame->shift[a] = frame->shift[a] / frame->scale[a] * smallest;
    frame->scale[a] = smallest;
  }
}

#define CHUNK 4096

/*
 * Sum of f(x) over a column in chunks, so that rounding grows with the square
 * root of n at most: of s x - m when power is 1, of its square when 2.
 */
static double column_sum(const double *x, size_t n, double s, double m, int power, gmm_poll *poll,
                         int *stopped) {
  double total = 0;
  for (size_t start = 0; start < n && !*stopped; start += CHUNK) {
    size_t end = start + CHUNK < n ? start + CHUNK : n;
    double part = 0;
    for (size_t i = start; i < end; i++) {
      double y = s * x[i] - m;
      part += power == 1 ? y : y * y;
    }
    total += part;
    *stopped = gmm_poll_stop(poll, 4.0 * (double)(end - start));
  }
  return total;
}

gmm_status gmm_frame_of_rows(gmm_frame *frame, const double *x, size_t n, int column_units,
                             double *sd, gmm_poll *poll) {
  int n_constant = 0, first_constant = -1, stopped = 0;
  for (int a = 0; a < frame->d; a++) {
    const double *col = x + n * (size_t)a;
    double low = col[0], high = col[0];
    for (size_t i = 1; i < n; i++) {
      low = fmin(low, col[i]);
      high = fmax(high, col[i]);
    }
    /* Scaled so that neither the sum nor the squares can overflow. */
    double s = unit_scale(fmax(fabs(low), fabs(high)));
    double mean = column_sum(col, n, s, 0, 1, poll, &stopped) / (double)n;
    mean += column_sum(col, n, s, mean, 1, poll, &stopped) / (double)n;
    double variance = low == high ? 0 : column_sum(col, n, s, mean, 2, poll, &stopped) / (double)n;
    double scale = s * unit_scale(sqrt(variance));
    /* A spread for which there is no scale is as good as none. */
    if (!(variance > 0) || !isfinite(scale)) {
      n_constant++;
      first_constant = first_constant < 0 ? a : first_constant;
      variance = 0;
    }
    sd[a] = sqrt(variance) / s;
    frame->scale[a] = variance > 0 ? scale : s;
    frame->shift[a] = mean / s * frame->scale[a];
    if (stopped) {
      return gmm_fail(GMM_EINTERRUPT, -1);
    }
  }
  if (!column_units) {
    share_scale(frame, sd, n_constant == frame->d);
  }
  set_log_jacobian(frame);
  if (n_constant == frame->d || (n_constant > 0 && column_units)) {
    return gmm_fail(GMM_ECONSTANT, first_constant);
  }
  return gmm_ok();
}

void gmm_frame_of_params(gmm_frame *frame, const gmm_params *params) {
  size_t D = (size_t)params->d, size = gmm_cov_size(params->layout, params->d);
  for (int a = 0; a < params->d; a++) {
    double mean = 0, largest = 0;
    for (int j = 0; j < params->k; j++) {
      mean += params->pi[j] * params->mu[(size_t)a + D * (size_t)j];
      double v = params->sigma[gmm_cov_diagonal(params->layout, params->d, a) + size * (size_t)j];
      largest = fmax(largest, v);
    }
    frame->scale[a] = unit_scale(sqrt(largest));
    frame->shift[a] = mean * frame->scale[a];
  }
  set_log_jacobian(frame);
}

void gmm_frame_metric(gmm_frame *metric, const gmm_frame *frame, int column_units,
                      const double *sd) {
  double largest = 0;
  for (int a = 0; a < frame->d; a++) {
    largest = fmax(largest, sd[a]);
  }
  for (int a = 0; a < frame->d; a++) {
    double unit = column_units ? sd[a] : largest;
    metric->scale[a] = sd[a] > 0 ? 1 / unit : 0;
    metric->shift[a] = frame->shift[a] / frame->scale[a] * metric->scale[a];
  }
  metric->log_jacobian = 0;
}

/* mu -> (mu + before) * scale + after, and the covariances accordingly. */
static void rescale(const gmm_frame *frame, gmm_params *params, int enter) {
  size_t D = (size_t)params->d, size = gmm_cov_size(params->layout, params->d);
  for (int j = 0; j < params->k; j++) {
    double *mu = params->mu + D * (size_t)j;
    double *sigma = params->sigma + size * (size_t)j;
    for (int a = 0; a < params->d; a++) {
      double s = frame->scale[a], m = frame->shift[a];
      mu[a] = enter ? s * mu[a] - m : (mu[a] + m) / s;
    }
    for (size_t i = 0; i < size; i++) {
      double sa = frame->scale[params->layout == GMM_FULL ? i % D : i];
      double sb = frame->scale[params->layout == GMM_FULL ? i / D : i];
      sigma[i] = enter ? sigma[i] * sa * sb : sigma[i] / sa / sb;
    }
  }
}

void gmm_frame_enter(const gmm_frame *frame, gmm_params *params) {
  rescale(frame, params, 1);
}

void gmm_frame_leave(const gmm_frame *frame, gmm_params *params) {
  rescale(frame, params, 0);
}
