#include "frame.h"

#include <math.h>

#include "params.h"

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

/* Sums are taken in short runs, so that rounding grows with the square root of n at most;
 * a segment is what a thread works on. */
#define RUN ((size_t)4096)
#define SEGMENT (256 * RUN)

static size_t segments_of(size_t n) {
  return (n + SEGMENT - 1) / SEGMENT;
}

size_t gmm_frame_work(size_t n, int d) {
  return (size_t)d * (3 + 2 * segments_of(n));
}

/*
 * One look at all columns: their ranges, or weighted sums of s x - m or of its square.
 *
 *   scale, mean  d  s and m
 *   found        2 x segments x d
 */
typedef enum look_kind { LOOK_RANGE, LOOK_SUM, LOOK_SQUARES } look_kind;

typedef struct look {
  look_kind kind;
  const gmm_kernels *kernels;
  const gmm_data *data;
  const double *scale, *mean;
  size_t n;
  double *found;
} look;

/* The sum of w (s x - m), or of w (s x - m)^2, over the values that are there in n rows of a
 * column, from row `start` on. */
static double weighted_sum(const look *l, size_t a, size_t start, size_t n) {
  const double *x = l->data->x + l->n * a + start;
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    if (!isnan(x[i])) {
      double y = l->scale[a] * x[i] - l->mean[a];
      sum += gmm_data_weight(l->data, start + i) * (l->kind == LOOK_SUM ? y : y * y);
    }
  }
  return sum;
}

/* The same where each row counts once and no value is missing. */
static double plain_sum(const look *l, size_t a, size_t start, size_t n) {
  const double *x = l->data->x + l->n * a + start;
  return (l->kind == LOOK_SUM ? l->kernels->sum : l->kernels->sum_squares)(x, n, l->scale[a],
                                                                           l->mean[a]);
}

/* The range of the values that are there; where there are none, nothing. */
static void range_of(const look *l, const double *x, size_t n, double *found) {
  if (l->data->n_patterns == 0) {
    l->kernels->range(x, n, found, found + 1);
    return;
  }
  found[0] = INFINITY;
  found[1] = -INFINITY;
  /* R's NA is a signalling NaN, from which fmin() makes another. */
  for (size_t i = 0; i < n; i++) {
    found[0] = x[i] < found[0] ? x[i] : found[0];
    found[1] = x[i] > found[1] ? x[i] : found[1];
  }
}

static void look_at_segment(void *self, size_t i, int slot, int thread) {
  (void)slot, (void)thread;
  const look *l = self;
  size_t segments = segments_of(l->n), a = i / segments;
  size_t start = i % segments * SEGMENT, end = start + SEGMENT < l->n ? start + SEGMENT : l->n;
  int plain = !l->data->weight && l->data->n_patterns == 0;
  double *found = l->found + 2 * i;
  if (l->kind == LOOK_RANGE) {
    range_of(l, l->data->x + l->n * a + start, end - start, found);
    return;
  }
  *found = 0;
  for (; start < end; start += RUN) {
    size_t run = end - start < RUN ? end - start : RUN;
    *found += (plain ? plain_sum : weighted_sum)(l, a, start, run);
  }
}

static gmm_status look_at_columns(look *l, look_kind kind, int d, const gmm_engine *engine) {
  size_t items = segments_of(l->n) * (size_t)d, rows = l->n < SEGMENT ? l->n : SEGMENT;
  l->kind = kind;
  gmm_loop loop = {
      .n_items = items,
      .threads = gmm_parallel_threads(engine->threads, items, (double)rows),
      .work = (double)rows,
      .item = look_at_segment,
      .self = l,
  };
  loop.slots = 4 * loop.threads;
  return gmm_parallel_run(&loop, engine->poll);
}

/* What the rows with a value in a column stand for. */
static double observed(const look *l, int a) {
  return l->data->observed ? l->data->observed[a] : l->data->mass;
}

static double found_sum(const look *l, int a) {
  double total = 0;
  for (size_t g = 0; g < segments_of(l->n); g++) {
    total += l->found[2 * (g + segments_of(l->n) * (size_t)a)];
  }
  return total;
}

/* A scale so that neither the sum nor the squares can overflow; whether the column is
 * constant. */
static double found_scale(const look *l, int a, double *constant) {
  const double *found = l->found + 2 * segments_of(l->n) * (size_t)a;
  double low = found[0], high = found[1];
  for (size_t g = 1; g < segments_of(l->n); g++) {
    low = fmin(low, found[2 * g]);
    high = fmax(high, found[2 * g + 1]);
  }
  *constant = low >= high;
  /* Where no value is known, nothing is known of its size. */
  return low > high ? 1 : unit_scale(fmax(fabs(low), fabs(high)));
}

/* Scales and means, first by the size of the numbers, and which columns are constant. */
static gmm_status find_moments(look *l, int d, double *scale, double *mean, double *constant,
                               const gmm_engine *engine) {
  gmm_status status = look_at_columns(l, LOOK_RANGE, d, engine);
  for (int a = 0; a < d && status.code == GMM_OK; a++) {
    scale[a] = found_scale(l, a, constant + a);
    mean[a] = 0;
  }
  /* The second time makes up for the rounding of the first. */
  for (int twice = 0; twice < 2 && status.code == GMM_OK; twice++) {
    status = look_at_columns(l, LOOK_SUM, d, engine);
    for (int a = 0; a < d && status.code == GMM_OK; a++) {
      mean[a] += observed(l, a) > 0 ? found_sum(l, a) / observed(l, a) : 0;
    }
  }
  return status.code == GMM_OK ? look_at_columns(l, LOOK_SQUARES, d, engine) : status;
}

gmm_status gmm_frame_of_rows(gmm_frame *frame, const gmm_data *data, int column_units, double *sd,
                             const gmm_engine *engine, double *work) {
  int d = frame->d, n_constant = 0, first_constant = -1;
  double *size = work, *mean = size + d, *constant = mean + d;
  look l = {.kernels = engine->kernels,
            .data = data,
            .n = data->n,
            .scale = size,
            .mean = mean,
            .found = constant + d};
  gmm_status status = find_moments(&l, d, size, mean, constant, engine);
  if (status.code != GMM_OK) {
    return status;
  }
  for (int a = 0; a < d; a++) {
    double s = size[a], variance = constant[a] != 0 ? 0 : found_sum(&l, a) / observed(&l, a);
    double scale = s * unit_scale(sqrt(variance));
    /* A spread for which there is no scale is as good as none. */
    if (!(variance > 0) || !isfinite(scale)) {
      n_constant++;
      first_constant = first_constant < 0 ? a : first_constant;
      variance = 0;
    }
    sd[a] = sqrt(variance) / s;
    frame->scale[a] = variance > 0 ? scale : s;
    frame->shift[a] = mean[a] / s * frame->scale[a];
  }
  if (!column_units) {
    share_scale(frame, sd, n_constant == d);
  }
  set_log_jacobian(frame);
  if (n_constant == d || (n_constant > 0 && column_units)) {
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

void gmm_frame_change(const gmm_frame *from, const gmm_frame *to, gmm_params *params) {
  size_t D = (size_t)params->d, size = gmm_cov_size(params->layout, params->d);
  if (from == to) {
    return;
  }
  for (size_t i = 0; i < D * (size_t)params->k; i++) {
    params->mu[i] *= to->scale[i % D] / from->scale[i % D];
  }
  for (size_t i = 0; i < size * (size_t)params->k; i++) {
    size_t a = i % size % D, b = params->layout == GMM_FULL ? i % size / D : a;
    params->sigma[i] *= to->scale[a] / from->scale[a];
    params->sigma[i] *= to->scale[b] / from->scale[b];
  }
  gmm_factors_forget(&params->factors);
}
