#include "stats.h"

#include <string.h>

size_t gmm_stats_size(gmm_layout layout, int d, int k) {
  return 3 + (size_t)k * (1 + 2 * (size_t)d + gmm_cov_size(layout, d));
}

void gmm_stats_take(gmm_stats *stats, gmm_arena *arena, gmm_layout layout, int d, int k) {
  *stats = (gmm_stats){.values = gmm_arena_doubles(arena, gmm_stats_size(layout, d, k))};
  if (stats->values) {
    gmm_stats_fit(stats, layout, d, k);
  }
}

void gmm_stats_fit(gmm_stats *stats, gmm_layout layout, int d, int k) {
  stats->layout = layout;
  stats->d = d;
  stats->k = k;
  stats->n = stats->values;
  stats->loglik = stats->values + 1;
  stats->noise = stats->values + 2;
  stats->count = stats->values + 3;
  stats->sum = stats->count + k;
  stats->lacking = stats->sum + (size_t)d * (size_t)k;
  stats->scatter = stats->lacking + (size_t)d * (size_t)k;
}

double gmm_stats_known(const gmm_stats *stats, int j) {
  const double *lacking = stats->lacking + (size_t)stats->d * (size_t)j;
  double most = 0;
  for (int a = 0; a < stats->d; a++) {
    most = lacking[a] > most ? lacking[a] : most;
  }
  return stats->count[j] - most;
}

void gmm_stats_clear(gmm_stats *stats, const double *centre) {
  memset(stats->values, 0, gmm_stats_size(stats->layout, stats->d, stats->k) * sizeof(double));
  stats->centre = centre;
}

static size_t share_begin(size_t n, int share, int shares) {
  return n * (size_t)share / (size_t)shares;
}

static void add(double *total, const double *part, size_t from, size_t to) {
  for (size_t i = from; i < to; i++) {
    total[i] += part[i];
  }
}

void gmm_stats_add(gmm_stats *total, const gmm_stats *part, int share, int shares) {
  size_t D = (size_t)total->d, flat = gmm_stats_size(total->layout, total->d, total->k);
  size_t columns = total->layout == GMM_FULL ? D * (size_t)total->k : 0;
  flat -= columns * D;
  add(total->values, part->values, share_begin(flat, share, shares),
      share_begin(flat, share + 1, shares));
  /* Columns of whole matrices, from their diagonals on. */
  size_t end = share_begin(columns, share + 1, shares);
  for (size_t c = share_begin(columns, share, shares); c < end; c++) {
    add(total->scatter, part->scatter, c * D + c % D, (c + 1) * D);
  }
}
