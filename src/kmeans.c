#include "kmeans.h"

#include <math.h>
#include <string.h>

#include "kernel.h"

void gmm_kmeans_take(gmm_kmeans_work *work, gmm_arena *arena, size_t n, int d, int k) {
  work->centre = gmm_arena_doubles(arena, (size_t)d * (size_t)k);
  work->sum = gmm_arena_doubles(arena, (size_t)d * (size_t)k);
  work->count = gmm_arena_doubles(arena, (size_t)k);
  work->distance = gmm_arena_doubles(arena, n);
}

/* Squared distances of a block's rows to one centre, into out. */
static void block_distance(int d, const double *block, const double *centre, double *out) {
  for (int t = 0; t < GMM_BLOCK; t++) {
    out[t] = 0;
  }
  for (int a = 0; a < d; a++) {
    const double *x = block + GMM_BLOCK * (size_t)a;
    for (int t = 0; t < GMM_BLOCK; t++) {
      double y = x[t] - centre[a];
      out[t] += y * y;
    }
  }
}

static int stop(const gmm_rows *rows, int k) {
  return gmm_poll_stop(rows->poll, 2.0 * GMM_BLOCK * rows->d * k);
}

/* Makes row i centre j, and rows that are nearer to it than to others its own. */
static gmm_status add_centre(gmm_rows *rows, int j, size_t i, gmm_kmeans_work *work, int *part) {
  double *centre = work->centre + (size_t)rows->d * (size_t)j, out[GMM_BLOCK];
  for (int a = 0; a < rows->d; a++) {
    double x = rows->x[i + rows->n * (size_t)a];
    centre[a] = rows->frame->scale[a] * x - rows->frame->shift[a];
  }
  for (size_t start = 0; start < rows->n; start += GMM_BLOCK) {
    int count = gmm_rows_block(rows, start);
    block_distance(rows->d, rows->block, centre, out);
    for (int t = 0; t < count; t++) {
      if (j == 0 || out[t] < work->distance[start + (size_t)t]) {
        work->distance[start + (size_t)t] = out[t];
        part[start + (size_t)t] = j;
      }
    }
    if (stop(rows, 1)) {
      return gmm_fail(GMM_EINTERRUPT, -1);
    }
  }
  return gmm_ok();
}

/* The row at fraction u of the sum of distances; n when all are zero. */
static size_t row_by_distance(const gmm_rows *rows, const double *distance, double u) {
  double total = 0, passed = 0;
  size_t last = rows->n;
  for (size_t i = 0; i < rows->n; i++) {
    total += distance[i];
  }
  for (size_t i = 0; i < rows->n && passed <= u * total; i++) {
    if (distance[i] > 0) {
      passed += distance[i];
      last = i;
    }
  }
  return last;
}

/* A row drawn uniformly among those that are not yet a centre; n when none. */
static size_t row_uniformly(const gmm_rows *rows, const double *distance, double u) {
  size_t left = 0, wanted, i = 0;
  for (size_t r = 0; r < rows->n; r++) {
    left += distance[r] > 0;
  }
  if (left == 0) {
    return rows->n;
  }
  wanted = (size_t)(u * (double)left);
  wanted = wanted < left ? wanted : left - 1;
  for (;; i++) {
    if (distance[i] > 0 && wanted-- == 0) {
      return i;
    }
  }
}

static gmm_status draw_centres(gmm_rows *rows, int k, int plusplus, gmm_random *random,
                               gmm_kmeans_work *work, int *part) {
  for (size_t i = 0; i < rows->n; i++) {
    work->distance[i] = 1;
  }
  for (int j = 0; j < k; j++) {
    double u = k > 1 ? random->uniform(random->self) : 0;
    size_t i = plusplus && j > 0 ? row_by_distance(rows, work->distance, u)
                                 : row_uniformly(rows, work->distance, u);
    if (i == rows->n) {
      return gmm_fail(GMM_EDISTINCT, j);
    }
    gmm_status status = add_centre(rows, j, i, work, part);
    if (status.code != GMM_OK) {
      return status;
    }
  }
  return gmm_ok();
}

/* Each row to its nearest centre; returns in *moved how many changed. */
static gmm_status assign(gmm_rows *rows, int k, gmm_kmeans_work *work, int *part, size_t *moved) {
  double out[GMM_BLOCK], least[GMM_BLOCK];
  int nearest[GMM_BLOCK];
  size_t D = (size_t)rows->d;
  *moved = 0;
  memset(work->sum, 0, D * (size_t)k * sizeof(double));
  memset(work->count, 0, (size_t)k * sizeof(double));
  for (size_t start = 0; start < rows->n; start += GMM_BLOCK) {
    int count = gmm_rows_block(rows, start);
    for (int j = 0; j < k; j++) {
      block_distance(rows->d, rows->block, work->centre + D * (size_t)j, out);
      for (int t = 0; t < count; t++) {
        if (j == 0 || out[t] < least[t]) {
          least[t] = out[t];
          nearest[t] = j;
        }
      }
    }
    for (int t = 0; t < count; t++) {
      size_t i = start + (size_t)t, j = (size_t)nearest[t];
      *moved += part[i] != nearest[t];
      part[i] = nearest[t];
      work->distance[i] = least[t];
      work->count[j] += 1;
      for (size_t a = 0; a < D; a++) {
        work->sum[a + D * j] += rows->block[t + GMM_BLOCK * (int)a];
      }
    }
    if (stop(rows, k)) {
      return gmm_fail(GMM_EINTERRUPT, -1);
    }
  }
  return gmm_ok();
}

/* Gives each component without rows the row farthest from its own centre,
 * taken from a component that keeps another. */
static void fill_empty(const gmm_rows *rows, int k, gmm_kmeans_work *work, int *part) {
  size_t D = (size_t)rows->d;
  for (int j = 0; j < k; j++) {
    if (work->count[j] > 0) {
      continue;
    }
    size_t farthest = rows->n;
    for (size_t i = 0; i < rows->n; i++) {
      if (work->count[part[i]] > 1 &&
          (farthest == rows->n || work->distance[i] > work->distance[farthest])) {
        farthest = i;
      }
    }
    size_t from = (size_t)part[farthest];
    for (size_t a = 0; a < D; a++) {
      double x = rows->x[farthest + rows->n * a];
      double y = rows->frame->scale[a] * x - rows->frame->shift[a];
      work->sum[a + D * from] -= y;
      work->sum[a + D * (size_t)j] = y;
    }
    work->count[from] -= 1;
    work->count[j] = 1;
    work->distance[farthest] = 0;
    part[farthest] = j;
  }
}

gmm_status gmm_kmeans(gmm_rows *rows, int k, int plusplus, int max_iter, gmm_random *random,
                      gmm_kmeans_work *work, int *part) {
  gmm_status status = draw_centres(rows, k, plusplus, random, work, part);
  size_t moved = 1;
  /* The first assignment only sums up what the draw has assigned. */
  for (int it = 0; status.code == GMM_OK && it <= max_iter && moved > 0; it++) {
    status = assign(rows, k, work, part, &moved);
    moved += it == 0;
    if (status.code == GMM_OK) {
      fill_empty(rows, k, work, part);
      for (size_t i = 0; i < (size_t)rows->d * (size_t)k; i++) {
        work->centre[i] = work->sum[i] / work->count[i / (size_t)rows->d];
      }
    }
  }
  return status;
}
