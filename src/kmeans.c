#include "kmeans.h"

#include <math.h>
#include <string.h>

static size_t n_chunks(const gmm_rows *rows) {
  return (rows->n + rows->chunk - 1) / rows->chunk;
}

void gmm_kmeans_take(gmm_kmeans_work *work, gmm_arena *arena, const gmm_rows *rows, int k) {
  work->centre = gmm_arena_doubles(arena, (size_t)rows->d * (size_t)k);
  work->distance = gmm_arena_doubles(arena, rows->n);
  work->mass = gmm_arena_doubles(arena, 2 * n_chunks(rows));
  gmm_stats_take(&work->sums, arena, GMM_DIAGONAL, rows->d, k);
}

/* A pass that compares rows with centres `first` to `first + k - 1`. */
typedef struct comparison {
  gmm_rows *rows;
  gmm_kmeans_work *work;
  int k, first;
  int *part;
} comparison;

/* Where a block's least distances and nearest centres are worked out. */
static double *block_least(const gmm_scratch *scratch) {
  return scratch->weights.top;
}

static double *block_nearest(const gmm_scratch *scratch) {
  return scratch->weights.total;
}

static void compare_block(const comparison *c, const gmm_scratch *scratch, int count) {
  c->rows->engine->kernels->nearest(c->rows->d, gmm_block_rows(count), scratch->block,
                                    c->work->centre + (size_t)c->rows->d * (size_t)c->first, c->k,
                                    c->first, block_least(scratch), block_nearest(scratch));
}

/* Distances to one more centre, and rows that are nearer to it than to others made its
 * own. */
static void approach_chunk(void *self, size_t i, int slot, int thread) {
  (void)slot;
  const comparison *c = self;
  const gmm_rows *rows = c->rows;
  const gmm_scratch *scratch = &rows->scratch[thread];
  double *least = block_least(scratch), *nearest = block_nearest(scratch), mass = 0, left = 0;
  size_t end = gmm_rows_chunk_end(rows, i);
  for (size_t start = i * rows->chunk; start < end; start += GMM_BLOCK) {
    int count = gmm_rows_block(rows, start, thread);
    double *distance = c->work->distance + start;
    for (int t = 0; t < gmm_block_rows(count); t++) {
      least[t] = c->first == 0 || t >= count ? INFINITY : distance[t];
      nearest[t] = 0;
    }
    compare_block(c, scratch, count);
    for (int t = 0; t < count; t++) {
      int label = gmm_data_label(rows->data, start + (size_t)t);
      if (c->first == 0 || least[t] < distance[t]) {
        distance[t] = least[t];
        c->part[start + (size_t)t] = c->first;
      }
      if (label >= 0) {
        /* Its place is known. */
        distance[t] = 0;
        c->part[start + (size_t)t] = label;
      }
      double weight = gmm_rows_weight(rows, start + (size_t)t);
      mass += weight * distance[t];
      left += distance[t] > 0 ? weight : 0;
    }
  }
  c->work->mass[2 * i] = mass;
  c->work->mass[2 * i + 1] = left;
}

/* Compares rows with centre j, which is new. */
static gmm_status add_centre(gmm_rows *rows, int j, gmm_kmeans_work *work, int *part) {
  comparison c = {.rows = rows, .work = work, .k = 1, .first = j, .part = part};
  return gmm_rows_each_chunk(rows, 2.0 * rows->d, approach_chunk, NULL, &c);
}

/*
 * The row at fraction u of the way through all that is not yet a centre, by its distance
 * or, if `uniform`, each alike; n when there is none. Chunks are passed over whole, by
 * their mass.
 */
static size_t draw_row(const gmm_rows *rows, const gmm_kmeans_work *work, int uniform, double u) {
  double total = 0, passed = 0;
  size_t chunks = n_chunks(rows), last = rows->n;
  for (size_t i = 0; i < chunks; i++) {
    total += work->mass[2 * i + (size_t)uniform];
  }
  for (size_t i = 0; i < chunks && passed <= u * total; i++) {
    double mass = work->mass[2 * i + (size_t)uniform];
    size_t end = gmm_rows_chunk_end(rows, i), start = i * rows->chunk;
    if (passed + mass <= u * total && i + 1 < chunks) {
      passed += mass;
      continue;
    }
    for (size_t row = start; row < end && passed <= u * total; row++) {
      if (work->distance[row] > 0) {
        passed += gmm_rows_weight(rows, row) * (uniform ? 1 : work->distance[row]);
        last = row;
      }
    }
  }
  return last;
}

/* The mean of the rows that are known to be of class j as centre j; whether there are any. */
static int find_class(const gmm_rows *rows, int j, gmm_kmeans_work *work) {
  size_t D = (size_t)rows->d;
  double *centre = work->centre + D * (size_t)j, *row = work->sums.sum, mass = 0;
  for (size_t i = 0; i < rows->n && rows->data->label; i++) {
    if (rows->data->label[i] == j) {
      double weight = gmm_rows_weight(rows, i);
      gmm_rows_row(rows, i, row);
      mass += weight;
      for (size_t a = 0; a < D; a++) {
        centre[a] = mass > weight ? centre[a] + weight / mass * (row[a] - centre[a]) : row[a];
      }
    }
  }
  return mass > 0;
}

static gmm_status draw_centres(gmm_rows *rows, int k, int plusplus, gmm_random *random,
                               gmm_kmeans_work *work, int *part) {
  /* Rows of a known class are no centres of others. */
  for (size_t i = 0; i < rows->n; i++) {
    work->distance[i] = gmm_data_label(rows->data, i) < 0;
  }
  for (size_t i = 0; i < n_chunks(rows); i++) {
    double mass = 0;
    for (size_t row = i * rows->chunk; row < gmm_rows_chunk_end(rows, i); row++) {
      mass += work->distance[row] > 0 ? gmm_rows_weight(rows, row) : 0;
    }
    work->mass[2 * i] = work->mass[2 * i + 1] = mass;
  }
  for (int j = 0; j < k; j++) {
    if (!find_class(rows, j, work)) {
      double u = k > 1 || rows->data->range ? random->uniform(random->self) : 0;
      size_t i = draw_row(rows, work, !(plusplus && j > 0), u);
      if (i == rows->n) {
        return gmm_fail(GMM_EDISTINCT, j);
      }
      gmm_rows_row(rows, i, work->centre + (size_t)rows->d * (size_t)j);
    }
    gmm_status status = add_centre(rows, j, work, part);
    if (status.code != GMM_OK) {
      return status;
    }
  }
  return gmm_ok();
}

/* Each row to its nearest centre; sums up the rows of each, and how many changed. */
static void assign_chunk(void *self, size_t i, int slot, int thread) {
  const comparison *c = self;
  const gmm_rows *rows = c->rows;
  const gmm_scratch *scratch = &rows->scratch[thread];
  gmm_stats *sums = &rows->parts[slot];
  size_t D = (size_t)rows->d, end = gmm_rows_chunk_end(rows, i);
  gmm_stats_fit(sums, GMM_DIAGONAL, rows->d, c->k);
  gmm_stats_clear(sums, NULL);
  for (size_t start = i * rows->chunk; start < end; start += GMM_BLOCK) {
    int count = gmm_rows_block(rows, start, thread);
    double *least = block_least(scratch), *nearest = block_nearest(scratch);
    for (int t = 0; t < gmm_block_rows(count); t++) {
      least[t] = INFINITY;
      nearest[t] = 0;
    }
    compare_block(c, scratch, count);
    for (int t = 0; t < count; t++) {
      size_t row = start + (size_t)t;
      int label = gmm_data_label(rows->data, row);
      size_t j = (size_t)(label >= 0 ? label : (int)nearest[t]);
      *sums->n += c->part[row] != (int)j;
      c->part[row] = (int)j;
      c->work->distance[row] = label >= 0 ? 0 : least[t];
      double weight = gmm_rows_weight(rows, row);
      sums->count[j] += weight;
      sums->scatter[D * j] += weight > 0;
      for (size_t a = 0; a < D; a++) {
        sums->sum[a + D * j] += weight * scratch->block[(size_t)t + GMM_STRIDE * a];
      }
    }
  }
}

static void assign_gather(void *self, int slot, int share, int shares) {
  const comparison *c = self;
  gmm_stats_add(&c->work->sums, &c->rows->parts[slot], share, shares);
}

static gmm_status assign(gmm_rows *rows, int k, gmm_kmeans_work *work, int *part) {
  comparison c = {.rows = rows, .work = work, .k = k, .part = part};
  gmm_stats_clear(&work->sums, NULL);
  return gmm_rows_each_chunk(rows, 2.0 * rows->d * (k + 1), assign_chunk, assign_gather, &c);
}

/* Gives each component without rows the row farthest from its own centre,
 * taken from a component that keeps another. */
static void fill_empty(const gmm_rows *rows, int k, gmm_kmeans_work *work, int *part) {
  size_t D = (size_t)rows->d;
  double *count = work->sums.count, *sum = work->sums.sum, *n_rows = work->sums.scatter;
  for (int j = 0; j < k; j++) {
    if (count[j] > 0) {
      continue;
    }
    size_t farthest = rows->n;
    for (size_t i = 0; i < rows->n; i++) {
      if (n_rows[D * (size_t)part[i]] > 1 && gmm_rows_weight(rows, i) > 0 &&
          gmm_data_label(rows->data, i) < 0 &&
          (farthest == rows->n || work->distance[i] > work->distance[farthest])) {
        farthest = i;
      }
    }
    if (farthest == rows->n) {
      continue;
    }
    size_t from = (size_t)part[farthest];
    double weight = gmm_rows_weight(rows, farthest);
    gmm_rows_row(rows, farthest, sum + D * (size_t)j);
    for (size_t a = 0; a < D; a++) {
      sum[a + D * (size_t)j] *= weight;
      sum[a + D * from] -= sum[a + D * (size_t)j];
    }
    /* It keeps another row, though one so light that it is lost in the difference. */
    count[from] = count[from] > weight ? count[from] - weight : weight;
    count[j] = weight;
    n_rows[D * from] -= 1;
    n_rows[D * (size_t)j] = 1;
    work->distance[farthest] = 0;
    part[farthest] = j;
  }
}

gmm_status gmm_kmeans(gmm_rows *rows, int k, int plusplus, int max_iter, gmm_random *random,
                      gmm_kmeans_work *work, int *part) {
  gmm_stats_fit(&work->sums, GMM_DIAGONAL, rows->d, k);
  gmm_status status = draw_centres(rows, k, plusplus, random, work, part);
  double moved = 1;
  /* The first assignment only sums up what the draw has assigned. */
  for (int it = 0; status.code == GMM_OK && it <= max_iter && moved > 0; it++) {
    status = assign(rows, k, work, part);
    if (status.code == GMM_OK) {
      moved = *work->sums.n + (it == 0);
      fill_empty(rows, k, work, part);
      for (size_t i = 0; i < (size_t)rows->d * (size_t)k; i++) {
        work->centre[i] = work->sums.sum[i] / work->sums.count[i / (size_t)rows->d];
      }
    }
  }
  return status;
}

/* What stands for rows of no known class that are farther away than this. */
static double mass_beyond(const gmm_rows *rows, double distance, const gmm_kmeans_work *work) {
  double mass = 0;
  for (size_t i = 0; i < rows->n; i++) {
    int counts = work->distance[i] > distance && gmm_data_label(rows->data, i) < 0;
    mass += counts ? gmm_rows_weight(rows, i) : 0;
  }
  return mass;
}

/* Halvings in which the distance is found beyond which so much is. */
#define HALVINGS 30

void gmm_kmeans_trim(const gmm_rows *rows, int k, double share, double least, gmm_kmeans_work *work,
                     int *part) {
  double low = 0, high = 0, *left = work->sums.count;
  double most = share * mass_beyond(rows, -1, work);
  memset(left, 0, (size_t)k * sizeof(double));
  for (size_t i = 0; i < rows->n; i++) {
    high = fmax(high, work->distance[i]);
    left[part[i]] += gmm_rows_weight(rows, i);
  }
  for (int h = 0; h < HALVINGS; h++) {
    double middle = (low + high) / 2;
    if (mass_beyond(rows, middle, work) > most) {
      low = middle;
    } else {
      high = middle;
    }
  }
  for (size_t i = 0; i < rows->n; i++) {
    double weight = gmm_rows_weight(rows, i);
    int far = work->distance[i] > high && gmm_data_label(rows->data, i) < 0;
    if (far && left[part[i]] - weight > least) {
      left[part[i]] -= weight;
      part[i] = GMM_UNKNOWN;
    }
  }
}
