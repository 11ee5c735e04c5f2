#include "hierarchy.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "linalg.h"

/* A principal axis with less than this part of the largest variance counts for nothing. */
#define NO_AXIS 1e-12

/* In place of a partner that is no more. */
#define LOST SIZE_MAX

void gmm_hierarchy_take(gmm_hierarchy *hierarchy, gmm_arena *arena, size_t n, int d) {
  size_t D = (size_t)d;
  *hierarchy = (gmm_hierarchy){.n = n, .d = d};
  hierarchy->merges = gmm_arena_take(arena, n, sizeof *hierarchy->merges);
  hierarchy->mean = gmm_arena_doubles(arena, D * n);
  hierarchy->size = gmm_arena_doubles(arena, n);
  hierarchy->trace = gmm_arena_doubles(arena, n);
  hierarchy->cost = gmm_arena_doubles(arena, n);
  hierarchy->rise = gmm_arena_doubles(arena, n);
  hierarchy->row = gmm_arena_take(arena, n, sizeof(size_t));
  hierarchy->partner = gmm_arena_take(arena, n, sizeof(size_t));
  hierarchy->correlation = gmm_arena_doubles(arena, D * D);
  hierarchy->axes = gmm_arena_doubles(arena, D * D);
  hierarchy->values = gmm_arena_doubles(arena, D);
  hierarchy->work = gmm_arena_doubles(arena, gmm_eigen_work(d) + D);
}

/* The rows as means of clusters of one, along the axes in which distances are measured; as they
 * are, in the unlikely case that there are no axes. */
static void place_rows(gmm_hierarchy *h, const gmm_rows *rows) {
  size_t D = (size_t)h->d;
  memset(h->correlation, 0, D * D * sizeof(double));
  for (size_t i = 0; i < h->n; i++) {
    double *x = h->mean + D * i;
    gmm_rows_row(rows, i, x);
    for (size_t b = 0; b < D; b++) {
      for (size_t a = b; a < D; a++) {
        h->correlation[a + D * b] += gmm_rows_weight(rows, i) * x[a] * x[b] / rows->mass;
      }
    }
  }
  if (gmm_eigen(h->d, h->correlation, h->axes, h->values, h->work) != 0) {
    return;
  }
  double least = NO_AXIS * h->values[D - 1];
  for (size_t i = 0; i < h->n; i++) {
    double *x = h->mean + D * i;
    memcpy(h->work, x, D * sizeof(double));
    for (size_t b = 0; b < D; b++) {
      double along = 0;
      for (size_t a = 0; a < D; a++) {
        along += h->axes[a + D * b] * h->work[a];
      }
      x[b] = h->values[b] > least ? along / sqrt(sqrt(h->values[b])) : 0;
    }
  }
}

/* tr(W) / (n d): the rows are about the mean. 1 where all are the same, since it is to be
 * positive. */
static double find_least(const gmm_hierarchy *h, const gmm_rows *rows) {
  double sum = 0;
  for (size_t i = 0; i < h->n; i++) {
    for (size_t a = 0; a < (size_t)h->d; a++) {
      double z = h->mean[a + (size_t)h->d * i];
      sum += gmm_rows_weight(rows, i) * z * z;
    }
  }
  return sum > 0 ? sum / (rows->mass * h->d) : 1;
}

/* tr(W) of two clusters as one. */
static double joint_trace(const gmm_hierarchy *h, size_t i, size_t j) {
  size_t D = (size_t)h->d;
  const double *one = h->mean + D * i, *other = h->mean + D * j;
  double square = 0, m = h->size[i], n = h->size[j];
  for (size_t a = 0; a < D; a++) {
    square += (one[a] - other[a]) * (one[a] - other[a]);
  }
  return h->trace[i] + h->trace[j] + m * (n / (m + n)) * square;
}

static double cost_of(const gmm_hierarchy *h, double trace, double size) {
  return size * log((trace + h->least) / size);
}

static double rise_of(const gmm_hierarchy *h, size_t i, size_t j) {
  double joint = cost_of(h, joint_trace(h, i, j), h->size[i] + h->size[j]);
  return joint - h->cost[i] - h->cost[j];
}

static void offer_partner(gmm_hierarchy *h, size_t i, size_t j, double rise) {
  if (rise < h->rise[i]) {
    h->rise[i] = rise;
    h->partner[i] = j;
  }
}

/* The best partner of cluster i among `left`, for which i is looked at, too. */
static void find_partner(gmm_hierarchy *h, size_t i, size_t left) {
  h->rise[i] = INFINITY;
  /* Any, where nothing can be compared. */
  h->partner[i] = i == 0;
  for (size_t j = 0; j < left; j++) {
    if (j != i) {
      double rise = rise_of(h, i, j);
      offer_partner(h, i, j, rise);
      offer_partner(h, j, i, rise);
    }
  }
}

/* Cluster i takes in cluster j; the last of `left` takes the place of that. */
static void merge(gmm_hierarchy *h, size_t i, size_t j, size_t left) {
  size_t D = (size_t)h->d, last = left - 1;
  double size = h->size[i] + h->size[j], trace = joint_trace(h, i, j);
  for (size_t a = 0; a < D; a++) {
    double *mean = h->mean + D * i + a;
    *mean += h->size[j] / size * (h->mean[D * j + a] - *mean);
  }
  h->size[i] = size;
  h->trace[i] = trace;
  h->cost[i] = cost_of(h, trace, size);
  if (j != last) {
    memcpy(h->mean + D * j, h->mean + D * last, D * sizeof(double));
    h->size[j] = h->size[last];
    h->trace[j] = h->trace[last];
    h->cost[j] = h->cost[last];
    h->row[j] = h->row[last];
    h->partner[j] = h->partner[last];
    h->rise[j] = h->rise[last];
  }
}

/* Partners after a merge, i < j: of the new cluster, and of those that have lost theirs, unless
 * the new one is better still. Returns for how many that was looked up, which are many where there
 * are many variables. */
static size_t find_partners(gmm_hierarchy *h, size_t i, size_t j, size_t left) {
  for (size_t c = 0; c < left; c++) {
    if (h->partner[c] == i || h->partner[c] == j) {
      h->partner[c] = LOST;
    } else if (h->partner[c] == left) {
      h->partner[c] = j;
    }
  }
  size_t looked_up = 1;
  find_partner(h, i, left);
  for (size_t c = 0; c < left; c++) {
    if (h->partner[c] == LOST) {
      find_partner(h, c, left);
      looked_up++;
    }
  }
  return looked_up;
}

/* Puts row i among the first `left` clusters: with one of the same place, or as one more. Returns
 * how many there are then. */
static size_t take_in(gmm_hierarchy *h, size_t i, double weight, size_t left) {
  size_t bytes = (size_t)h->d * sizeof(double), D = (size_t)h->d;
  size_t same = 0;
  while (same < left && memcmp(h->mean + D * same, h->mean + D * i, bytes) != 0) {
    same++;
  }
  if (same < left) {
    h->merges[i - left][0] = h->row[same];
    h->merges[i - left][1] = i;
    h->size[same] += weight;
    return left;
  }
  memmove(h->mean + D * left, h->mean + D * i, bytes);
  h->size[left] = weight;
  h->row[left] = i;
  return left + 1;
}

/* Clusters of rows that are the same, and which are best merged with which. */
static gmm_status begin(gmm_hierarchy *h, const gmm_rows *rows, size_t *left) {
  place_rows(h, rows);
  h->least = find_least(h, rows);
  *left = 0;
  for (size_t i = 0; i < h->n; i++) {
    *left = take_in(h, i, gmm_rows_weight(rows, i), *left);
    if (gmm_poll_stop(rows->engine->poll, 4.0 * (double)*left)) {
      return gmm_fail(GMM_EINTERRUPT, -1);
    }
  }
  for (size_t i = 0; i < *left; i++) {
    h->trace[i] = 0;
    h->cost[i] = cost_of(h, 0, h->size[i]);
    h->rise[i] = INFINITY;
    h->partner[i] = i == 0;
  }
  for (size_t i = 1; i < *left; i++) {
    find_partner(h, i, i);
    if (gmm_poll_stop(rows->engine->poll, (double)i * (20 + h->d))) {
      return gmm_fail(GMM_EINTERRUPT, -1);
    }
  }
  return gmm_ok();
}

gmm_status gmm_hierarchy_build(gmm_hierarchy *h, const gmm_rows *rows) {
  size_t left;
  gmm_status status = begin(h, rows, &left);
  for (; left > 1 && status.code == GMM_OK; left--) {
    size_t i = 0;
    for (size_t c = 1; c < left; c++) {
      i = h->rise[c] < h->rise[i] ? c : i;
    }
    size_t j = h->partner[i], first = i < j ? i : j, second = i < j ? j : i;
    h->merges[h->n - left][0] = h->row[first];
    h->merges[h->n - left][1] = h->row[second];
    merge(h, first, second, left);
    size_t looked_up = find_partners(h, first, second, left - 1);
    if (gmm_poll_stop(rows->engine->poll, (double)(3 + looked_up) * (double)left * (20 + h->d))) {
      status = gmm_fail(GMM_EINTERRUPT, -1);
    }
  }
  return status;
}

/* The end of the chain from i, which is made shorter on the way. */
static size_t find_root(size_t *root, size_t i) {
  while (root[i] != i) {
    root[i] = root[root[i]];
    i = root[i];
  }
  return i;
}

void gmm_hierarchy_cut(const gmm_hierarchy *h, int k, int *part, size_t *root) {
  for (size_t i = 0; i < h->n; i++) {
    root[i] = i;
    part[i] = -1;
  }
  for (size_t m = 0; m < h->n - (size_t)k; m++) {
    root[h->merges[m][1]] = h->merges[m][0];
  }
  /* A row's root may come after it: its number is kept with the root until all have theirs. */
  int clusters = 0;
  for (size_t i = 0; i < h->n; i++) {
    size_t at = find_root(root, i);
    if (part[at] < 0) {
      part[at] = clusters++;
    }
    part[i] = part[at];
  }
}
