/*
 * The hot passes over one block of rows, in all components: one table of functions
 * an instruction set (simd.h), all compiled from the same source.
 *
 *   kernel_level.h    the table, for the level that the including .c names
 *   kernel_block.h    a block from columns of data; ranges and sums of columns
 *   kernel_full.h     log densities and statistics with whole covariances
 *   kernel_diag.h     the same with variances alone; nearest centres
 *   kernel_missing.h  what known columns say of missing ones
 *   kernel_sparse.h   log densities where most components are far away
 *   kernel_estep.h    responsibilities and log-likelihood from log densities
 *   vec.h, simdmath.h vectors, and their exp and log
 *
 * A block is d columns of up to GMM_BLOCK rows in working coordinates, one column
 * contiguous: x[t + GMM_STRIDE a]. Kernels work on `rows` of them, a multiple of
 * GMM_ROUND; the rows beyond the data are zero and weigh nothing. What there is one of a
 * row and component is laid out alike: h[t + GMM_STRIDE j].
 */
#ifndef GMM_KERNEL_H
#define GMM_KERNEL_H

#include <stddef.h>

/* Levels beyond the baseline. 64-bit Windows does not align the stack for vectors of
 * more than 16 bytes (GCC bug 54412). */
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define GMM_SIMD_X86
#ifndef _WIN64
#define GMM_SIMD_WIDE
#endif
#endif

#define GMM_BLOCK 256
#define GMM_ROUND 8

/* Not a power of two: columns that far apart would fall into the same cache lines. */
#define GMM_STRIDE (GMM_BLOCK + 8)

/* Rows to work on for so many rows of data. */
static inline int gmm_block_rows(int count) {
  return (count + GMM_ROUND - 1) / GMM_ROUND * GMM_ROUND;
}

/*
 * Where a block's responsibilities are, without being written down: those of row t are
 * (h_tj inverse_t)^2, and
 *
 *   h        k      exp((l_tj - top_t) / 2), for log densities l; 0 where negligible
 *   top      half the largest log density of the row
 *   total    sum_j h_tj^2; log f(x_t) = 2 top_t + log total_t
 *   inverse  1 / sqrt(total_t)
 *
 * Halves, since the square of h is the density up to a factor, and h itself the square
 * root that weighs a row on both sides of a scatter matrix. Beyond the data, total is 1
 * and the others are 0.
 */
typedef struct gmm_block_weights {
  double *h, *top, *total, *inverse;
} gmm_block_weights;

/* Half a log density so far below the row's largest has no weight: a responsibility of
 * 2^-100, which no double of its size can tell from 0 beside 1. */
#define GMM_NEGLIGIBLE -34.657359027997264

/* No weight only where a product with it could be a subnormal number, on which processors
 * are a hundred times slower: h^2 is at least 2^-961, which leaves 2^61 for what it is
 * multiplied with. */
#define GMM_VANISHING -333.0

/* Problems for which full_sparse() and diag_sparse() are made. */
#define GMM_SPARSE_D 8
#define GMM_SPARSE_K 1024

/* Scores of the rows of a block, written to arrays of the length of the data. NULL: not
 * wanted. */
typedef struct gmm_block_scores {
  double *r, *logdens, *density, *uncertainty;
  int *class;
} gmm_block_scores;

typedef struct gmm_kernels {
  int lanes;

  /* exp and log of n numbers. */
  void (*exp)(size_t n, const double *x, double *y);
  void (*log)(size_t n, const double *x, double *y);

  /*
   * A block of scale_a x - shift_a from `count` rows of data; rows beyond are zero.
   *
   *   x      column-major, its columns `n` apart; where the block starts
   *   next   rows that the next block will ask for: they are fetched ahead
   */
  void (*load)(int d, const double *x, size_t n, int count, int next, const double *scale,
               const double *shift, double *block);

  /*
   * Columns of a block from others: column_m = mu_m + sum_o slope_mo (column_o - mu_o) for each of
   * n columns m that are to be filled, and n_known columns o.
   *
   *   mu     d
   *   slope  n x n_known, by rows
   */
  void (*fill)(int rows, int n, const int *missing, int n_known, const int *known, const double *mu,
               const double *slope, double *block);

  /*
   * The first n of n_columns columns are made orthonormal, one by one, and all that come after
   * orthogonal to them (the modified method of Gram and Schmidt).
   *
   *   size      their length, a multiple of GMM_ROUND: zeros beyond what there is
   *   columns   (in/out) one contiguous
   *   triangle  (out) n x n_columns by rows: from the diagonal on, the products of the first n
   *             with all, which make up what the columns were
   */
  void (*orthogonalise)(int n, int n_columns, int size, double *columns, double *triangle);

  /* Least and largest of n numbers, n > 0. */
  void (*range)(const double *x, size_t n, double *low, double *high);

  /* Sum of s x - m over n numbers, or of its square. */
  double (*sum)(const double *x, size_t n, double s, double m);
  double (*sum_squares)(const double *x, size_t n, double s, double m);

  /*
   * Half log densities in all components.
   *
   *   mu      d x k
   *   factor  inverse Cholesky factors d x d x k (full), inverse standard deviations
   *           d x k (diag)
   *   half    k  half the log density at mu_j
   *   h       rows x k  half_j - 1/4 |factor_j (x - mu_j)|^2
   *   work    GMM_STRIDE (d + 1), aligned to 64 bytes, as an arena has it
   */
  void (*full_logdens)(int d, int k, int rows, const double *block, const double *mu,
                       const double *factor, const double *half, double *h, double *work);
  void (*diag_logdens)(int d, int k, int rows, const double *block, const double *mu,
                       const double *factor, const double *half, double *h, double *work);

  /*
   * Weights from half log densities, in w->h on entry, of which `count` are data.
   *
   *   floor   half log densities so far below the largest get no weight
   *   loglik  += sum_t log f(x_t)
   *
   * Returns nonzero if a row, perhaps one beyond the data, has no finite density: its total
   * is then 0, its top -Inf and its inverse Inf.
   */
  int (*weigh)(int k, int rows, int count, double floor, const gmm_block_weights *w,
               double *loglik);

  /*
   * Log densities and weights in one, for components that are mostly far apart. d is at
   * least GMM_SPARSE_D, k at most GMM_SPARSE_K.
   *
   *   work   as above
   *   pairs  of the rows x k pairs, how many might have weight and were worked out
   */
  int (*full_sparse)(int d, int k, int rows, int count, double floor, const double *block,
                     const double *mu, const double *factor, const double *half,
                     const gmm_block_weights *w, double *loglik, double *work, int *pairs);
  int (*diag_sparse)(int d, int k, int rows, int count, double floor, const double *block,
                     const double *mu, const double *factor, const double *half,
                     const gmm_block_weights *w, double *loglik, double *work, int *pairs);

  /* The scores of the first `count` rows, from row `start` of n on. `work` has
   * GMM_STRIDE. */
  void (*score)(int k, int rows, int count, const gmm_block_weights *w, size_t start, size_t n,
                double log_jacobian, const gmm_block_scores *out, double *work);

  /*
   * Adds the block's rows to the statistics of all components (stats.h), with
   * r_tj = (h_tj inverse_t)^2.
   *
   *   centre   d x k
   *   h        overwritten
   *   count    k      += sum_t r_tj
   *   sum      d x k  += sum_t r_tj (x_t - centre_j)
   *   scatter  d x d x k lower, or d x k
   *                   += sum_t r_tj (x_t - centre_j)(x_t - centre_j)'
   *   work     GMM_STRIDE (d + 1)
   *
   * Returns how many of the rows x k pairs it could not pass over, by whole vectors of
   * rows.
   */
  int (*full_stats)(int d, int k, int rows, const double *block, const double *centre, double *h,
                    const double *inverse, double *count, double *sum, double *scatter,
                    double *work);
  int (*diag_stats)(int d, int k, int rows, const double *block, const double *centre, double *h,
                    const double *inverse, double *count, double *sum, double *scatter,
                    double *work);

  /*
   * The nearest of k centres (d x k), numbered from `first`, for rows that know one, those
   * beyond the data included:
   *
   *   least    rows  (in/out) squared distance to the nearest so far
   *   nearest  rows  (in/out) its number
   */
  void (*nearest)(int d, int rows, const double *block, const double *centre, int k, int first,
                  double *least, double *nearest);
} gmm_kernels;

extern const gmm_kernels gmm_kernels_baseline;
#ifdef GMM_SIMD_X86
extern const gmm_kernels gmm_kernels_avx2;
#ifdef GMM_SIMD_WIDE
extern const gmm_kernels gmm_kernels_avx512;
#endif
#endif

#endif
