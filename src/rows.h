/*
 * Rows in memory: passes over an n x d column-major matrix, block by block, in
 * working coordinates. Nothing of size n is allocated here.
 *
 * The rows are divided into chunks, whose size depends on the problem alone. Chunks are
 * what threads work on; their statistics are added in order.
 */
#ifndef GMM_ROWS_H
#define GMM_ROWS_H

#include "data.h"
#include "engine.h"
#include "estep.h"
#include "frame.h"
#include "source.h"

/*
 * What a thread works in: one block, its weights, what is missing in it, and room for the kernels.
 */
typedef struct gmm_scratch {
  double *block, *work;
  gmm_block_weights weights;
  gmm_missing missing;
} gmm_scratch;

/* All rows as one Gaussian (whole.h): one component. Where a variable is a combination of those
 * before it, `collinear` is the first such, else -1, and the variances stand alone. */
typedef struct gmm_whole {
  gmm_params params;
  gmm_density density;
  int collinear;
} gmm_whole;

/*
 *   data     which rows they are
 *   mass     how many rows they stand for
 *   whole    what fills in missing values where rows are looked at one by one, or divided into
 *            given parts, in the same coordinates; NULL where none are missing, and before
 *            gmm_whole_find()
 *   chunk    rows of a chunk
 *   threads  that are worth their while, each with its scratch
 *   slots    chunks whose statistics are held at once, in `parts`
 *   pace     whether the threads have been worth it so far
 */
typedef struct gmm_rows {
  const gmm_data *data;
  double mass;
  const gmm_whole *whole;
  size_t n, chunk;
  int d, threads, slots;
  const gmm_frame *frame;
  const gmm_engine *engine;
  gmm_scratch *scratch;
  gmm_stats *parts;
  gmm_pace *pace;
} gmm_rows;

/* Work memory for passes over such rows with up to k components; which they are is yet to be
 * said. */
void gmm_rows_take(gmm_rows *rows, gmm_arena *arena, const gmm_engine *engine, gmm_layout layout,
                   const gmm_data *like, int k);

/* Which rows they are, and in which coordinates; both must outlive it. */
void gmm_rows_set(gmm_rows *rows, const gmm_data *data, const gmm_frame *frame);

static inline double gmm_rows_weight(const gmm_rows *rows, size_t i) {
  return gmm_data_weight(rows->data, i);
}

/* The row at fraction u of the way through all, by their weights. */
size_t gmm_rows_draw(const gmm_rows *rows, double u);

/* Copies the block that starts at row `start`, in working coordinates, to the scratch of
 * a thread (kernel.h); returns how many of its rows are data. Missing values are filled in. */
int gmm_rows_block(const gmm_rows *rows, size_t start, int thread);

/* One row in working coordinates, to the last bit as it stands in a block, with missing values
 * filled in; overwrites the scratch of thread 0. */
void gmm_rows_row(const gmm_rows *rows, size_t i, double *row);

/* Chunk i is from row i * chunk up to this one. */
size_t gmm_rows_chunk_end(const gmm_rows *rows, size_t i);

/*
 * Runs a function on each chunk, as parallel.h has it.
 *
 *   work  of one row, in the unit of gmm_poll
 */
gmm_status gmm_rows_each_chunk(const gmm_rows *rows, double work,
                               void (*item)(void *self, size_t i, int slot, int thread),
                               void (*gather)(void *self, int slot, int share, int shares),
                               void *self);

/* The source of statistics that these rows are; `rows` must outlive it. */
gmm_source gmm_rows_source(gmm_rows *rows);

/*
 * Statistics, weighted, about `centre` (d x k) for responsibilities that are given: as a
 * partition, `part` (n, component of each row; negative: noise) or as `r` (n x k, what rows lack
 * of 1 is noise); the other is NULL. Both NULL: one component that holds every row. Missing values
 * are as `whole` has them.
 */
gmm_status gmm_rows_stats(gmm_rows *rows, const int *part, const double *r, const double *centre,
                          gmm_stats *stats);

/*
 * One E-step with its results kept. Any of the outputs may be NULL.
 *
 *   rows.r            n x k  responsibilities; of noise, if there is any, in one column more
 *   rows.logdens      n      log f(x_i), in the data's own coordinates
 *   rows.class        n      the component with the largest responsibility, from 1; 0: noise
 *   rows.density      n      f(x_i), likewise
 *   rows.uncertainty  n      1 - that responsibility
 *   loglik            1      sum of logdens
 */
typedef struct gmm_scores {
  gmm_block_scores rows;
  double *loglik;
} gmm_scores;

gmm_status gmm_rows_score(gmm_rows *rows, const gmm_density *density, const gmm_scores *out);

/* The entropy of the responsibilities, - sum w r log r. */
gmm_status gmm_rows_entropy(gmm_rows *rows, const gmm_density *density, double *entropy);

/* What is to be added to the log-likelihood of rows in working coordinates, so that it is that in
 * the data's own. */
double gmm_rows_log_jacobian(const gmm_rows *rows);

#endif
