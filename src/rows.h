/*
 * Rows in memory: passes over an n x d column-major matrix, block by block, in
 * working coordinates. Nothing of size n is allocated here.
 *
 * Sums are taken over fixed chunks of GMM_CHUNK rows, which are then added in
 * order; neither depends on how the work is divided.
 */
#ifndef GMM_ROWS_H
#define GMM_ROWS_H

#include "frame.h"
#include "source.h"

#define GMM_CHUNK 4096

typedef struct gmm_rows {
  const double *x;
  size_t n;
  int d;
  const gmm_frame *frame;
  gmm_poll *poll;
  /* Work for one block, and the statistics of one chunk. */
  double *block, *r, *logdens, *work;
  gmm_stats part;
} gmm_rows;

/* Work memory for passes with up to k components; x, n, frame and poll are the
 * caller's to set. */
void gmm_rows_take(gmm_rows *rows, gmm_arena *arena, gmm_layout layout, int d, int k);

/* Copies the block that starts at row `start`, in working coordinates, to
 * rows->block (kernel.h); returns how many of its rows are data. */
int gmm_rows_block(const gmm_rows *rows, size_t start);

/* The source of statistics that these rows are; `rows` must outlive it. */
gmm_source gmm_rows_source(gmm_rows *rows);

/*
 * Statistics about `centre` (d x k) for responsibilities that are given: as a
 * partition, `part` (n, component of each row) or as `r` (n x k); the other is
 * NULL. Both NULL: one component that holds every row.
 */
gmm_status gmm_rows_stats(gmm_rows *rows, const int *part, const double *r, const double *centre,
                          gmm_stats *stats);

/*
 * One E-step with its results kept. Any of the outputs may be NULL.
 *
 *   r            n x k  responsibilities
 *   logdens      n      log f(x_i), in the data's own coordinates
 *   class        n      the component with the largest responsibility, from 1
 *   uncertainty  n      1 - that responsibility
 *   loglik       1      sum of logdens
 */
typedef struct gmm_scores {
  double *r, *logdens, *uncertainty, *loglik;
  int *class;
} gmm_scores;

gmm_status gmm_rows_score(gmm_rows *rows, const gmm_density *density, const gmm_scores *out);

#endif
