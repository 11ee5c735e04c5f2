#include "rows.h"

#include <math.h>
#include <string.h>

#include "estep.h"

/* Chunks: enough to share out, not so large that one is long to wait for. */
#define CHUNKS 48
#define LEAST_CHUNK 1024
#define MOST_CHUNK 8192
#define MOST_WORK 1e8
#define LEAST_ROWS 64

/* Slots: all chunks if that may be, since threads wait for each other after each round;
 * within bounds of memory, and of what is to be done before anybody asks whether to stop. */
#define MOST_SLOT_BYTES 8e6
#define MOST_ROUND 3e8

/* Of a row and all components, in the unit of gmm_poll. */
static double row_work(gmm_layout layout, int d, int k) {
  return (double)k * (20 + 2.0 * (double)gmm_cov_size(layout, d));
}

/* A whole number of blocks, or part of one where that is long to wait for, as the problem
 * alone has it. */
static size_t chunk_rows(size_t n, double work) {
  double rows = (double)n / CHUNKS;
  rows = fmin(fmax(rows, LEAST_CHUNK), fmin(MOST_CHUNK, MOST_WORK / work));
  if (rows < LEAST_ROWS) {
    return LEAST_ROWS;
  }
  return (size_t)ceil(rows / GMM_BLOCK) * GMM_BLOCK;
}

static int slots_for(int threads, size_t n_chunks, double work, double bytes) {
  double slots = fmin(MOST_SLOT_BYTES / bytes, threads * MOST_ROUND / work);
  slots = fmin(fmax(slots, threads), (double)n_chunks);
  return threads > 1 ? (int)slots : 1;
}

static void take_scratch(gmm_scratch *scratch, gmm_arena *arena, int d, int k) {
  scratch->block = gmm_arena_doubles(arena, GMM_STRIDE * (size_t)d);
  scratch->work = gmm_arena_doubles(arena, GMM_STRIDE * ((size_t)d + 1));
  scratch->weights = (gmm_block_weights){
      .h = gmm_arena_doubles(arena, GMM_STRIDE * (size_t)k),
      .top = gmm_arena_doubles(arena, GMM_STRIDE),
      .total = gmm_arena_doubles(arena, GMM_STRIDE),
      .inverse = gmm_arena_doubles(arena, GMM_STRIDE),
  };
}

void gmm_rows_take(gmm_rows *rows, gmm_arena *arena, const gmm_engine *engine, gmm_layout layout,
                   size_t n, int d, int k) {
  double work = row_work(layout, d, k);
  size_t chunk = chunk_rows(n, work), n_chunks = (n + chunk - 1) / chunk;
  int threads = gmm_parallel_threads(engine->threads, n_chunks, work * (double)chunk);
  double bytes = 8.0 * (double)gmm_stats_size(layout, d, k);
  int slots = slots_for(threads, n_chunks, work * (double)chunk, bytes);
  *rows = (gmm_rows){.mass = (double)n,
                     .n = n,
                     .d = d,
                     .chunk = chunk,
                     .threads = threads,
                     .slots = slots,
                     .engine = engine};
  rows->scratch = gmm_arena_take(arena, (size_t)threads, sizeof *rows->scratch);
  rows->parts = gmm_arena_take(arena, (size_t)slots, sizeof *rows->parts);
  rows->pace = gmm_arena_take(arena, 1, sizeof *rows->pace);
  if (rows->pace) {
    *rows->pace = (gmm_pace){0, 0};
  }
  for (int i = 0; i < threads; i++) {
    gmm_scratch scratch;
    take_scratch(&scratch, arena, d, k);
    if (rows->scratch) {
      rows->scratch[i] = scratch;
    }
  }
  for (int i = 0; i < slots; i++) {
    gmm_stats part;
    gmm_stats_take(&part, arena, layout, d, k);
    if (rows->parts) {
      rows->parts[i] = part;
    }
  }
}

void gmm_rows_set(gmm_rows *rows, const double *x, const double *weight, const gmm_frame *frame) {
  rows->x = x;
  rows->weight = weight;
  rows->frame = frame;
  rows->mass = gmm_weights_sum(weight, rows->n);
}

size_t gmm_rows_draw(const gmm_rows *rows, double u) {
  double at = u * rows->mass, passed = 0;
  size_t i = rows->weight ? 0 : (size_t)at;
  for (; rows->weight && i < rows->n; i++) {
    passed += rows->weight[i];
    if (passed > at) {
      break;
    }
  }
  return i < rows->n ? i : rows->n - 1;
}

size_t gmm_rows_chunk_end(const gmm_rows *rows, size_t i) {
  size_t start = i * rows->chunk;
  return rows->n - start < rows->chunk ? rows->n : start + rows->chunk;
}

/* Rows of the block that starts at one row: it ends with its chunk. */
static int block_count(const gmm_rows *rows, size_t start) {
  size_t left = start < rows->n ? gmm_rows_chunk_end(rows, start / rows->chunk) - start : 0;
  return left < GMM_BLOCK ? (int)left : GMM_BLOCK;
}

int gmm_rows_block(const gmm_rows *rows, size_t start, int thread) {
  int count = block_count(rows, start), next = block_count(rows, start + (size_t)count);
  rows->engine->kernels->load(rows->d, rows->x + start, rows->n, count, next, rows->frame->scale,
                              rows->frame->shift, rows->scratch[thread].block);
  return count;
}

void gmm_rows_row(const gmm_rows *rows, size_t i, double *row) {
  const gmm_scratch *scratch = &rows->scratch[0];
  rows->engine->kernels->load(rows->d, rows->x + i, rows->n, 1, 0, rows->frame->scale,
                              rows->frame->shift, scratch->block);
  for (int a = 0; a < rows->d; a++) {
    row[a] = scratch->block[GMM_STRIDE * (size_t)a];
  }
}

gmm_status gmm_rows_each_chunk(const gmm_rows *rows, double work,
                               void (*item)(void *self, size_t i, int slot, int thread),
                               void (*gather)(void *self, int slot, int share, int shares),
                               void *self) {
  size_t rows_a_chunk = rows->n < rows->chunk ? rows->n : rows->chunk;
  gmm_loop loop = {
      .n_items = (rows->n + rows->chunk - 1) / rows->chunk,
      .threads = rows->threads,
      .slots = rows->slots,
      .work = work * (double)rows_a_chunk,
      .item = item,
      .gather = gather,
      .self = self,
      .pace = rows->pace,
  };
  return gmm_parallel_run(&loop, rows->engine->poll);
}

/*
 * A pass for statistics: responsibilities by a density, or given.
 */
typedef struct pass {
  gmm_rows *rows;
  const gmm_density *density;
  double floor;
  const int *part;
  const double *r;
  gmm_stats *stats;
} pass;

static void given_weights(const pass *p, int k, size_t start, int count, int rows,
                          const gmm_block_weights *w) {
  for (int t = 0; t < rows; t++) {
    w->inverse[t] = t < count;
  }
  for (int j = 0; j < k; j++) {
    double *h = w->h + GMM_STRIDE * (size_t)j;
    for (int t = 0; t < rows; t++) {
      size_t i = start + (size_t)t;
      if (t >= count) {
        h[t] = 0;
      } else if (p->part) {
        h[t] = p->part[i] == j;
      } else {
        h[t] = p->r ? sqrt(p->r[i + p->rows->n * (size_t)j]) : 1;
      }
    }
  }
}

/* A block's responsibilities times the weights of its rows, of which the kernels know nothing; of
 * the sums over rows, n and, if it is of a density, the log-likelihood. */
static void weigh_cases(const pass *p, size_t start, int count, const gmm_scratch *scratch,
                        gmm_stats *part) {
  const gmm_block_weights *w = &scratch->weights;
  const double *weight = p->rows->weight + start;
  if (p->density) {
    p->rows->engine->kernels->log((size_t)gmm_block_rows(count), w->total, scratch->work);
  }
  for (int t = 0; t < count; t++) {
    *part->n += weight[t];
    *part->loglik += p->density ? weight[t] * (2 * w->top[t] + scratch->work[t]) : 0;
    w->inverse[t] *= sqrt(weight[t]);
  }
}

static int add_block(const gmm_kernels *kernels, const gmm_scratch *scratch, int rows,
                     gmm_stats *part) {
  return (part->layout == GMM_FULL ? kernels->full_stats : kernels->diag_stats)(
      part->d, part->k, rows, scratch->block, part->centre, scratch->weights.h,
      scratch->weights.inverse, part->count, part->sum, part->scatter, scratch->work);
}

static void pass_chunk(void *self, size_t i, int slot, int thread) {
  const pass *p = self;
  const gmm_rows *rows = p->rows;
  const gmm_scratch *scratch = &rows->scratch[thread];
  gmm_stats *part = &rows->parts[slot];
  size_t end = gmm_rows_chunk_end(rows, i);
  gmm_stats_fit(part, p->stats->layout, p->stats->d, p->stats->k);
  gmm_stats_clear(part, p->stats->centre);
  gmm_manner manner = {0};
  if (p->density) {
    manner = gmm_manner_for(p->density, p->floor);
  }
  for (size_t start = i * rows->chunk; start < end; start += GMM_BLOCK) {
    int count = gmm_rows_block(rows, start, thread), padded = gmm_block_rows(count), worked_out = 0;
    double unweighted = 0, *loglik = rows->weight ? &unweighted : part->loglik;
    if (p->density) {
      worked_out = gmm_estep_block(rows->engine->kernels, p->density, &manner, scratch->block,
                                   count, &scratch->weights, loglik, scratch->work);
    } else {
      given_weights(p, part->k, start, count, padded, &scratch->weights);
    }
    if (rows->weight) {
      weigh_cases(p, start, count, scratch, part);
    } else {
      *part->n += count;
    }
    int weighed = add_block(rows->engine->kernels, scratch, padded, part);
    gmm_manner_learn(&manner, padded * part->k, worked_out, weighed);
  }
}

static void pass_gather(void *self, int slot, int share, int shares) {
  const pass *p = self;
  gmm_stats_add(p->stats, &p->rows->parts[slot], share, shares);
}

static gmm_status run_pass(pass *p, const double *centre) {
  gmm_stats_clear(p->stats, centre);
  return gmm_rows_each_chunk(p->rows, row_work(p->stats->layout, p->stats->d, p->stats->k),
                             pass_chunk, pass_gather, p);
}

/*
 * Responsibilities that no sum can tell from 0 are left out, as long as there are others:
 * a component that has not one row's worth may live of them alone, and one of light rows of those
 * of heavy ones.
 */
static gmm_status rows_estep(void *self, const gmm_density *at, gmm_stats *stats) {
  gmm_rows *rows = self;
  double floor = rows->weight ? GMM_VANISHING : GMM_NEGLIGIBLE;
  pass p = {.rows = rows, .density = at, .floor = floor, .stats = stats};
  gmm_status status = run_pass(&p, at->mu);
  for (int j = 0; j < at->k && status.code == GMM_OK; j++) {
    if (stats->count[j] < 1 && p.floor > GMM_VANISHING) {
      p.floor = GMM_VANISHING;
      status = run_pass(&p, at->mu);
    }
  }
  return status;
}

gmm_source gmm_rows_source(gmm_rows *rows) {
  return (gmm_source){rows_estep, rows};
}

gmm_status gmm_rows_stats(gmm_rows *rows, const int *part, const double *r, const double *centre,
                          gmm_stats *stats) {
  pass p = {.rows = rows, .part = part, .r = r, .stats = stats};
  return run_pass(&p, centre);
}

/* A pass for scores. A chunk's log-likelihood is held where its statistics would be. */
typedef struct scoring {
  gmm_rows *rows;
  const gmm_density *density;
  const gmm_scores *out;
  double loglik;
} scoring;

static void score_chunk(void *self, size_t i, int slot, int thread) {
  const scoring *s = self;
  const gmm_rows *rows = s->rows;
  const gmm_scratch *scratch = &rows->scratch[thread];
  const gmm_kernels *kernels = rows->engine->kernels;
  double *loglik = rows->parts[slot].loglik;
  size_t end = gmm_rows_chunk_end(rows, i);
  gmm_manner manner = {.floor = GMM_VANISHING};
  *loglik = 0;
  for (size_t start = i * rows->chunk; start < end; start += GMM_BLOCK) {
    int count = gmm_rows_block(rows, start, thread);
    gmm_estep_block(kernels, s->density, &manner, scratch->block, count, &scratch->weights, loglik,
                    scratch->work);
    kernels->score(s->density->k, gmm_block_rows(count), count, &scratch->weights, start, rows->n,
                   rows->frame->log_jacobian, &s->out->rows, scratch->work);
  }
}

static void score_gather(void *self, int slot, int share, int shares) {
  scoring *s = self;
  (void)shares;
  if (share == 0) {
    s->loglik += *s->rows->parts[slot].loglik;
  }
}

gmm_status gmm_rows_score(gmm_rows *rows, const gmm_density *density, const gmm_scores *out) {
  scoring s = {.rows = rows, .density = density, .out = out};
  gmm_status status = gmm_rows_each_chunk(
      rows, row_work(density->layout, density->d, density->k) / 2, score_chunk, score_gather, &s);
  if (status.code == GMM_OK && out->loglik) {
    *out->loglik = s.loglik + (double)rows->n * rows->frame->log_jacobian;
  }
  return status;
}
