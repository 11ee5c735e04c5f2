#include "rows.h"

#include <math.h>

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

/* What rows lack of 1 by rounding, where they are given. */
#define ROUNDING 1e-9

/* Of a row and all components, in the unit of gmm_poll. */
static double row_work(gmm_layout layout, int d, int k) {
  return (double)k * (20 + 2.0 * (double)gmm_cov_size(layout, d));
}

/* What a row's pattern costs besides, on the average. */
static double pattern_work(gmm_layout layout, const gmm_data *data, int k) {
  double D = data->d, each = layout == GMM_FULL ? D * D * D / 4 : D;
  return data->n > 0 ? k * each * (double)data->n_patterns / (double)data->n : 0;
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

static void take_scratch(gmm_scratch *scratch, gmm_arena *arena, gmm_layout layout,
                         const gmm_data *like, int k) {
  int d = like->d, columns = k + (like->range != NULL);
  scratch->block = gmm_arena_doubles(arena, GMM_STRIDE * (size_t)d);
  scratch->work = gmm_arena_doubles(arena, GMM_STRIDE * ((size_t)d + 1));
  scratch->weights = (gmm_block_weights){
      .h = gmm_arena_doubles(arena, GMM_STRIDE * (size_t)columns),
      .top = gmm_arena_doubles(arena, GMM_STRIDE),
      .total = gmm_arena_doubles(arena, GMM_STRIDE),
      .inverse = gmm_arena_doubles(arena, GMM_STRIDE),
  };
  if (like->n_patterns > 0) {
    gmm_missing_take(&scratch->missing, arena, layout, d, k);
  }
}

void gmm_rows_take(gmm_rows *rows, gmm_arena *arena, const gmm_engine *engine, gmm_layout layout,
                   const gmm_data *like, int k) {
  size_t n = like->n;
  int d = like->d;
  double work = row_work(layout, d, k) + pattern_work(layout, like, k);
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
    gmm_scratch scratch = {0};
    take_scratch(&scratch, arena, layout, like, k);
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

void gmm_rows_set(gmm_rows *rows, const gmm_data *data, const gmm_frame *frame) {
  rows->data = data;
  rows->mass = data->mass;
  rows->frame = frame;
  rows->whole = NULL;
}

size_t gmm_rows_draw(const gmm_rows *rows, double u) {
  const double *weight = rows->data->weight;
  double at = u * rows->mass, passed = 0;
  size_t i = weight ? 0 : (size_t)at;
  for (; weight && i < rows->n; i++) {
    passed += weight[i];
    if (passed > at) {
      break;
    }
  }
  return i < rows->n ? i : rows->n - 1;
}

double gmm_rows_log_jacobian(const gmm_rows *rows) {
  const gmm_data *data = rows->data;
  double sum = data->observed ? 0 : rows->mass * rows->frame->log_jacobian;
  for (int a = 0; a < rows->d && data->observed; a++) {
    sum += data->observed[a] * log(rows->frame->scale[a]);
  }
  return sum;
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

/* Rows as they are, to the scratch of a thread; `next` will be asked for after them. */
static void load(const gmm_rows *rows, size_t start, int count, int next, int thread) {
  rows->engine->kernels->load(rows->d, rows->data->x + start, rows->n, count, next,
                              rows->frame->scale, rows->frame->shift, rows->scratch[thread].block);
}

/* Fills in what is missing in `count` rows from `start` on, pattern by pattern. By the same sums
 * for a row alone as for one in a block, not by the kernel's: rows that are the same stay so. */
static void fill_in(const gmm_rows *rows, size_t start, int count, int thread) {
  const gmm_scratch *scratch = &rows->scratch[thread];
  gmm_missing missing = scratch->missing;
  size_t i = start, end = start + (size_t)count;
  while (i < end) {
    size_t stop = gmm_data_pattern_end(rows->data, gmm_data_pattern(rows->data, i));
    gmm_missing_read(&missing, rows->data, i);
    if (missing.n_missing > 0) {
      gmm_missing_condition(&missing, rows->engine->kernels, &rows->whole->density);
    }
    for (; i < end && i < stop; i++) {
      gmm_missing_fill_row(&missing, &rows->whole->density, 0, GMM_STRIDE,
                           scratch->block + (i - start));
    }
  }
}

int gmm_rows_block(const gmm_rows *rows, size_t start, int thread) {
  int count = block_count(rows, start), next = block_count(rows, start + (size_t)count);
  load(rows, start, count, next, thread);
  if (rows->whole) {
    fill_in(rows, start, count, thread);
  }
  return count;
}

void gmm_rows_row(const gmm_rows *rows, size_t i, double *row) {
  const gmm_scratch *scratch = &rows->scratch[0];
  load(rows, i, 1, 0, 0);
  if (rows->whole) {
    fill_in(rows, i, 1, 0);
  }
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
 * The blocks of a chunk in turn, as the E-step wants them: rows of one block lack the same values.
 *
 *   filler   the density that says what is missing
 *   start    where the block starts, `count` rows; `end` of the chunk
 *   pattern  that of its rows
 *   facts    what is known of it
 */
typedef struct walk {
  const gmm_rows *rows;
  const gmm_density *filler;
  int thread, count;
  size_t start, end, pattern;
  gmm_missing missing;
  gmm_block_facts facts;
} walk;

/* Half the log density of noise: of the known variables alone, since what is missing may be
 * anywhere in the box. */
static double noise_half(const gmm_rows *rows, double noise, const gmm_missing *missing) {
  const double *range = rows->data->range, *scale = rows->frame->scale;
  double volume = 0;
  int n = missing ? missing->n_known : rows->d;
  for (int i = 0; i < n; i++) {
    int a = missing ? missing->known[i] : i;
    volume += log(range[a] * scale[a]);
  }
  return 0.5 * (log(noise) - volume);
}

/* What is to be added to the log density of each row of a block (gmm_rows_log_jacobian()). */
static double block_log_jacobian(const walk *w) {
  const gmm_missing *missing = w->facts.missing;
  double sum = missing ? 0 : w->rows->frame->log_jacobian;
  for (int i = 0; missing && i < missing->n_known; i++) {
    sum += log(w->rows->frame->scale[missing->known[i]]);
  }
  return sum;
}

static walk walk_chunk(const gmm_rows *rows, size_t i, int thread, const gmm_density *filler,
                       const gmm_density *density) {
  walk w = {.rows = rows, .filler = filler, .thread = thread, .start = i * rows->chunk};
  w.end = gmm_rows_chunk_end(rows, i);
  w.missing = rows->scratch[thread].missing;
  w.pattern = gmm_data_pattern(rows->data, w.start);
  w.facts.noisy = rows->data->range != NULL;
  w.facts.noise = w.facts.noisy && density ? noise_half(rows, density->noise, NULL) : -INFINITY;
  return w;
}

/* What the rows of a pattern that begins lack; `density` is what noise has a part of. */
static void enter_pattern(walk *w, const gmm_density *density) {
  gmm_missing_read(&w->missing, w->rows->data, w->start);
  w->facts.missing = w->missing.n_missing > 0 ? &w->missing : NULL;
  if (w->facts.missing) {
    gmm_missing_condition(&w->missing, w->rows->engine->kernels, w->filler);
  }
  if (w->facts.noisy && density) {
    w->facts.noise = noise_half(w->rows, density->noise, w->facts.missing);
  }
}

/* Loads the next block; whether there is one. */
static int walk_on(walk *w, const gmm_density *density) {
  const gmm_data *data = w->rows->data;
  w->start += (size_t)w->count;
  if (w->start >= w->end) {
    return 0;
  }
  size_t stop = w->end;
  if (data->n_patterns > 0) {
    int first = w->count == 0;
    if (w->start >= data->pattern_end[w->pattern]) {
      w->pattern++;
      first = 1;
    }
    if (first) {
      enter_pattern(w, density);
    }
    stop = data->pattern_end[w->pattern] < w->end ? data->pattern_end[w->pattern] : w->end;
  }
  size_t left = stop - w->start;
  w->count = left < GMM_BLOCK ? (int)left : GMM_BLOCK;
  size_t next = w->rows->n - w->start - (size_t)w->count;
  load(w->rows, w->start, w->count, next < GMM_BLOCK ? (int)next : GMM_BLOCK, w->thread);
  w->facts.label = data->label ? data->label + w->start : NULL;
  return 1;
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

/* Weights of rows that are given, those of noise in one column more. */
static void given_weights(const pass *p, int k, size_t start, int count, int rows, int noisy,
                          const gmm_block_weights *w) {
  for (int t = 0; t < rows; t++) {
    w->inverse[t] = t < count;
    w->total[t] = 1;
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
      w->total[t] -= p->r && t < count ? p->r[i + p->rows->n * (size_t)j] : h[t];
    }
  }
  for (int t = 0; t < rows && noisy; t++) {
    w->h[(size_t)t + GMM_STRIDE * (size_t)k] =
        t < count && w->total[t] > ROUNDING ? sqrt(w->total[t]) : 0;
  }
}

/* A block's responsibilities times the weights of its rows, of which the kernels know nothing; of
 * the sums over rows, n and, if it is of a density, the log-likelihood. */
static void weigh_cases(const pass *p, size_t start, int count, const gmm_scratch *scratch,
                        gmm_stats *part) {
  const gmm_block_weights *w = &scratch->weights;
  const double *weight = p->rows->data->weight + start;
  if (p->density) {
    p->rows->engine->kernels->log((size_t)gmm_block_rows(count), w->total, scratch->work);
  }
  for (int t = 0; t < count; t++) {
    *part->n += weight[t];
    *part->loglik += p->density ? weight[t] * (2 * w->top[t] + scratch->work[t]) : 0;
    w->inverse[t] *= sqrt(weight[t]);
  }
}

/* What noise has of a block. */
static double noise_count(int k, int count, const gmm_block_weights *w) {
  const double *h = w->h + GMM_STRIDE * (size_t)k;
  double sum = 0;
  for (int t = 0; t < count; t++) {
    double root = h[t] * w->inverse[t];
    sum += root * root;
  }
  return sum;
}

/* The statistics of components from `first` on, of which there are k. */
static int add_components(const gmm_kernels *kernels, const gmm_scratch *scratch, int first, int k,
                          int rows, gmm_stats *part) {
  size_t J = (size_t)first, D = (size_t)part->d;
  return (part->layout == GMM_FULL ? kernels->full_stats : kernels->diag_stats)(
      part->d, k, rows, scratch->block, part->centre + D * J, scratch->weights.h + GMM_STRIDE * J,
      scratch->weights.inverse, part->count + J, part->sum + D * J,
      part->scatter + gmm_cov_size(part->layout, part->d) * J, scratch->work);
}

/* Where values are missing, a component has its own for them, and their spread besides. */
static int add_filled(const gmm_kernels *kernels, const gmm_scratch *scratch, const walk *w,
                      int rows, gmm_stats *part) {
  int pairs = 0;
  for (int j = 0; j < part->k; j++) {
    int says = w->filler->k > 1 ? j : 0;
    double before = part->count[j];
    gmm_missing_fill(&w->missing, kernels, w->filler, says, rows, scratch->block);
    pairs += add_components(kernels, scratch, j, 1, rows, part);
    gmm_missing_add_spread(&w->missing, says, part->count[j] - before,
                           part->scatter + gmm_cov_size(part->layout, part->d) * (size_t)j);
  }
  return pairs;
}

/* NULL while it is not known. */
static const gmm_density *whole_density(const gmm_rows *rows) {
  return rows->whole ? &rows->whole->density : NULL;
}

static void pass_chunk(void *self, size_t i, int slot, int thread) {
  const pass *p = self;
  const gmm_rows *rows = p->rows;
  const gmm_kernels *kernels = rows->engine->kernels;
  const gmm_scratch *scratch = &rows->scratch[thread];
  gmm_stats *part = &rows->parts[slot];
  gmm_stats_fit(part, p->stats->layout, p->stats->d, p->stats->k);
  gmm_stats_clear(part, p->stats->centre);
  gmm_manner manner = {0};
  if (p->density) {
    manner = gmm_manner_for(p->density, p->floor);
  }
  walk w = walk_chunk(rows, i, thread, p->density ? p->density : whole_density(rows), p->density);
  while (walk_on(&w, p->density)) {
    int padded = gmm_block_rows(w.count), worked_out = 0;
    double unweighted = 0, *loglik = rows->data->weight ? &unweighted : part->loglik;
    if (p->density) {
      worked_out = gmm_estep_block(kernels, p->density, &manner, &w.facts, scratch->block, w.count,
                                   &scratch->weights, loglik, scratch->work);
    } else {
      given_weights(p, part->k, w.start, w.count, padded, w.facts.noisy, &scratch->weights);
    }
    if (rows->data->weight) {
      weigh_cases(p, w.start, w.count, scratch, part);
    } else {
      *part->n += w.count;
    }
    if (w.facts.noisy) {
      *part->noise += noise_count(part->k, w.count, &scratch->weights);
    }
    int weighed = w.facts.missing ? add_filled(kernels, scratch, &w, padded, part)
                                  : add_components(kernels, scratch, 0, part->k, padded, part);
    gmm_manner_learn(&manner, padded * part->k, worked_out, weighed);
  }
}

static void pass_gather(void *self, int slot, int share, int shares) {
  const pass *p = self;
  gmm_stats_add(p->stats, &p->rows->parts[slot], share, shares);
}

static gmm_status run_pass(pass *p, const double *centre) {
  gmm_stats_clear(p->stats, centre);
  double work = row_work(p->stats->layout, p->stats->d, p->stats->k);
  work += pattern_work(p->stats->layout, p->rows->data, p->stats->k);
  return gmm_rows_each_chunk(p->rows, work, pass_chunk, pass_gather, p);
}

/*
 * Responsibilities that no sum can tell from 0 are left out, as long as there are others:
 * a component that has not one row's worth may live of them alone, and one of light rows of those
 * of heavy ones.
 */
static gmm_status rows_estep(void *self, const gmm_density *at, gmm_stats *stats) {
  gmm_rows *rows = self;
  double floor = rows->data->weight ? GMM_VANISHING : GMM_NEGLIGIBLE;
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

/* A pass for scores, or for the entropy. What a chunk sums up is held where its statistics would
 * be. */
typedef struct scoring {
  gmm_rows *rows;
  const gmm_density *density;
  const gmm_scores *out;
  double loglik, entropy;
} scoring;

/* - sum w r log r of a block. */
static double block_entropy(const gmm_rows *rows, int columns, const walk *w,
                            const gmm_scratch *scratch) {
  const gmm_block_weights *weights = &scratch->weights;
  double *r = scratch->block, *log_r = scratch->work, sum = 0;
  for (int j = 0; j < columns; j++) {
    const double *h = weights->h + GMM_STRIDE * (size_t)j;
    for (int t = 0; t < w->count; t++) {
      double root = h[t] * weights->inverse[t];
      r[t] = root * root;
      log_r[t] = r[t] > 0 ? r[t] : 1;
    }
    rows->engine->kernels->log((size_t)w->count, log_r, log_r);
    for (int t = 0; t < w->count; t++) {
      sum -= gmm_rows_weight(rows, w->start + (size_t)t) * r[t] * log_r[t];
    }
  }
  return sum;
}

/* Noise, which is numbered last, has the number 0. */
static void renumber_noise(int *class, int count, int noise) {
  for (int t = 0; t < count; t++) {
    class[t] = class[t] == noise ? 0 : class[t];
  }
}

static void score_chunk(void *self, size_t i, int slot, int thread) {
  const scoring *s = self;
  const gmm_rows *rows = s->rows;
  const gmm_scratch *scratch = &rows->scratch[thread];
  const gmm_kernels *kernels = rows->engine->kernels;
  gmm_stats *part = &rows->parts[slot];
  gmm_manner manner = {.floor = GMM_VANISHING};
  *part->loglik = *part->n = 0;
  walk w = walk_chunk(rows, i, thread, s->density, s->density);
  while (walk_on(&w, s->density)) {
    int columns = s->density->k + w.facts.noisy;
    double jacobian = block_log_jacobian(&w);
    gmm_estep_block(kernels, s->density, &manner, &w.facts, scratch->block, w.count,
                    &scratch->weights, part->loglik, scratch->work);
    *part->loglik += w.count * jacobian;
    if (!s->out) {
      *part->n += block_entropy(rows, columns, &w, scratch);
      continue;
    }
    kernels->score(columns, gmm_block_rows(w.count), w.count, &scratch->weights, w.start, rows->n,
                   jacobian, &s->out->rows, scratch->work);
    if (w.facts.noisy && s->out->rows.class) {
      renumber_noise(s->out->rows.class + w.start, w.count, columns);
    }
  }
}

static void score_gather(void *self, int slot, int share, int shares) {
  scoring *s = self;
  (void)shares;
  if (share == 0) {
    s->loglik += *s->rows->parts[slot].loglik;
    s->entropy += *s->rows->parts[slot].n;
  }
}

static gmm_status run_scoring(scoring *s) {
  const gmm_density *density = s->density;
  return gmm_rows_each_chunk(s->rows, row_work(density->layout, density->d, density->k) / 2,
                             score_chunk, score_gather, s);
}

gmm_status gmm_rows_score(gmm_rows *rows, const gmm_density *density, const gmm_scores *out) {
  scoring s = {.rows = rows, .density = density, .out = out};
  gmm_status status = run_scoring(&s);
  if (status.code == GMM_OK && out->loglik) {
    *out->loglik = s.loglik;
  }
  return status;
}

gmm_status gmm_rows_entropy(gmm_rows *rows, const gmm_density *density, double *entropy) {
  scoring s = {.rows = rows, .density = density};
  gmm_status status = run_scoring(&s);
  *entropy = s.entropy;
  return status;
}
