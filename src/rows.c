#include "rows.h"

#include <string.h>

#include "estep.h"
#include "kernel.h"

/* How one block gets its responsibilities, into rows->r. */
typedef struct gmm_weigher {
  const gmm_density *density;
  const int *part;
  const double *r;
} gmm_weigher;

void gmm_rows_take(gmm_rows *rows, gmm_arena *arena, gmm_layout layout, int d, int k) {
  *rows = (gmm_rows){.d = d};
  rows->block = gmm_arena_doubles(arena, GMM_BLOCK * (size_t)d);
  rows->r = gmm_arena_doubles(arena, GMM_BLOCK * (size_t)k);
  rows->logdens = gmm_arena_doubles(arena, GMM_BLOCK);
  rows->work = gmm_arena_doubles(arena, 2 * GMM_BLOCK * (size_t)d);
  gmm_stats_take(&rows->part, arena, layout, d, k);
}

int gmm_rows_block(const gmm_rows *rows, size_t start) {
  size_t left = rows->n - start, count = left < GMM_BLOCK ? left : GMM_BLOCK;
  for (int a = 0; a < rows->d; a++) {
    const double *x = rows->x + start + rows->n * (size_t)a;
    double *to = rows->block + GMM_BLOCK * (size_t)a;
    double s = rows->frame->scale[a], m = rows->frame->shift[a];
    for (size_t t = 0; t < count; t++) {
      to[t] = s * x[t] - m;
    }
    for (size_t t = count; t < GMM_BLOCK; t++) {
      to[t] = 0;
    }
  }
  return (int)count;
}

static void weigh(gmm_rows *rows, const gmm_weigher *weigher, int k, size_t start, int count) {
  double *r = rows->r;
  if (weigher->density) {
    gmm_estep_block(weigher->density, rows->block, count, r, rows->logdens, rows->work);
    return;
  }
  memset(r, 0, GMM_BLOCK * (size_t)k * sizeof(double));
  memset(rows->logdens, 0, GMM_BLOCK * sizeof(double));
  for (int j = 0; j < k; j++) {
    double *to = r + GMM_BLOCK * (size_t)j;
    for (int t = 0; t < count; t++) {
      size_t i = start + (size_t)t;
      if (weigher->part) {
        to[t] = weigher->part[i] == j;
      } else {
        to[t] = weigher->r ? weigher->r[i + rows->n * (size_t)j] : 1;
      }
    }
  }
}

static void add_block(gmm_rows *rows, gmm_stats *part, int count) {
  int d = part->d;
  size_t size = gmm_cov_size(part->layout, d);
  *part->n += count;
  for (int t = 0; t < count; t++) {
    *part->loglik += rows->logdens[t];
  }
  for (int j = 0; j < part->k; j++) {
    const double *centre = part->centre + (size_t)d * (size_t)j;
    const double *r = rows->r + GMM_BLOCK * (size_t)j;
    double *sum = part->sum + (size_t)d * (size_t)j;
    double *scatter = part->scatter + size * (size_t)j;
    if (part->layout == GMM_FULL) {
      gmm_kernel_full_stats(d, rows->block, centre, r, part->count + j, sum, scatter, rows->work);
    } else {
      gmm_kernel_diag_stats(d, rows->block, centre, r, part->count + j, sum, scatter, rows->work);
    }
  }
}

static double block_work(const gmm_rows *rows, gmm_layout layout, int k) {
  return (double)GMM_BLOCK * k * (20 + 2.0 * (double)gmm_cov_size(layout, rows->d));
}

static gmm_status pass(gmm_rows *rows, const gmm_weigher *weigher, const double *centre,
                       gmm_stats *stats) {
  /* The chunk's statistics fit the largest pass; a smaller one uses less. */
  gmm_stats part = rows->part;
  gmm_stats_fit(&part, stats->layout, stats->d, stats->k);
  gmm_stats_clear(stats, centre);
  for (size_t chunk = 0; chunk < rows->n; chunk += GMM_CHUNK) {
    gmm_stats_clear(&part, centre);
    size_t end = rows->n - chunk < GMM_CHUNK ? rows->n : chunk + GMM_CHUNK;
    for (size_t start = chunk; start < end; start += GMM_BLOCK) {
      int count = gmm_rows_block(rows, start);
      weigh(rows, weigher, stats->k, start, count);
      add_block(rows, &part, count);
      if (gmm_poll_stop(rows->poll, block_work(rows, stats->layout, stats->k))) {
        return gmm_fail(GMM_EINTERRUPT, -1);
      }
    }
    gmm_stats_add(stats, &part);
  }
  return gmm_ok();
}

static gmm_status rows_estep(void *self, const gmm_density *at, gmm_stats *stats) {
  gmm_rows *rows = self;
  gmm_weigher weigher = {.density = at};
  return pass(rows, &weigher, at->mu, stats);
}

gmm_source gmm_rows_source(gmm_rows *rows) {
  return (gmm_source){rows_estep, rows};
}

gmm_status gmm_rows_stats(gmm_rows *rows, const int *part, const double *r, const double *centre,
                          gmm_stats *stats) {
  gmm_weigher weigher = {.part = part, .r = r};
  return pass(rows, &weigher, centre, stats);
}

static void keep_block(const gmm_rows *rows, const gmm_scores *out, int k, size_t start,
                       int count) {
  for (int t = 0; t < count; t++) {
    size_t i = start + (size_t)t;
    int best = 0;
    for (int j = 0; j < k; j++) {
      double r = rows->r[t + GMM_BLOCK * (size_t)j];
      best = r > rows->r[t + GMM_BLOCK * (size_t)best] ? j : best;
      if (out->r) {
        out->r[i + rows->n * (size_t)j] = r;
      }
    }
    if (out->logdens) {
      out->logdens[i] = rows->logdens[t] + rows->frame->log_jacobian;
    }
    if (out->class) {
      out->class[i] = best + 1;
    }
    if (out->uncertainty) {
      double other = 0;
      for (int j = 0; j < k; j++) {
        other += j == best ? 0 : rows->r[t + GMM_BLOCK * (size_t)j];
      }
      out->uncertainty[i] = other;
    }
  }
}

gmm_status gmm_rows_score(gmm_rows *rows, const gmm_density *density, const gmm_scores *out) {
  double loglik = 0;
  gmm_weigher weigher = {.density = density};
  for (size_t chunk = 0; chunk < rows->n; chunk += GMM_CHUNK) {
    double part = 0;
    size_t end = rows->n - chunk < GMM_CHUNK ? rows->n : chunk + GMM_CHUNK;
    for (size_t start = chunk; start < end; start += GMM_BLOCK) {
      int count = gmm_rows_block(rows, start);
      weigh(rows, &weigher, density->k, start, count);
      keep_block(rows, out, density->k, start, count);
      for (int t = 0; t < count; t++) {
        part += rows->logdens[t];
      }
      if (gmm_poll_stop(rows->poll, block_work(rows, density->layout, density->k))) {
        return gmm_fail(GMM_EINTERRUPT, -1);
      }
    }
    loglik += part;
  }
  if (out->loglik) {
    *out->loglik = loglik + (double)rows->n * rows->frame->log_jacobian;
  }
  return gmm_ok();
}
