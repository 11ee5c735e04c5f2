/*
 * Small dense linear algebra, the only file that names LAPACK. Matrices are
 * d x d, column-major; "lower" means that the strict upper triangle is neither
 * read nor meant.
 */
#ifndef GMM_LINALG_H
#define GMM_LINALG_H

#include <stddef.h>

/*
 * Cholesky factor of a symmetric matrix, lower, in place.
 *
 * Returns -1 when it is positive definite beyond rounding, else the first
 * column whose pivot is not above GMM_PIVOT_EPS times the diagonal entry it
 * started from, which is scale-free: a pivot is the part of a variable's
 * variance that the variables before it do not explain. NaN fails too.
 */
#define GMM_PIVOT_EPS 1e-13
int gmm_cholesky(int d, double *a);

/* Inverse of a lower triangular matrix with a nonzero diagonal, in place. */
void gmm_invert_lower(int d, double *l);

/* sum_i log x_i of x[0], x[step] and so on, n numbers from 1e-250 to 1e250, or 0, or NaN, by few
 * logarithms. */
double gmm_sum_logs(int n, const double *x, size_t step);

/* sum_a log l_aa of a lower triangular matrix: half the log determinant. */
double gmm_log_diagonal(int d, const double *l);

/* Solves A x = b, in place, for the lower Cholesky factor of A. */
void gmm_cholesky_solve(int d, const double *l, double *b);

/* Copies the strict lower triangle onto the upper. */
void gmm_symmetrise(int d, double *a);

/* out = K B K' for a lower triangular K and a symmetric, lower B; all of `out`
 * is filled. */
void gmm_whiten(int d, const double *k, const double *b, double *out);

/* out = L' Q for a lower triangular L and any Q. */
void gmm_transposed_times(int d, const double *l, const double *q, double *out);

/* Makes the columns of a nearly orthonormal matrix orthonormal. */
void gmm_orthonormalise(int d, double *q);

/* out = Q diag(values) Q', lower, for values >= 0. `out` may be Q; `work` holds d x d. */
void gmm_compose(int d, const double *q, const double *values, double *out, double *work);

/*
 * Eigenvalues, increasing, and eigenvectors, as columns, of a symmetric, lower
 * matrix. Where the variables differ in scale only, small eigenvalues are
 * accurate relative to themselves.
 *
 *   work  gmm_eigen_work(d) doubles
 *
 * Nonzero when LAPACK fails.
 */
size_t gmm_eigen_work(int d);
int gmm_eigen(int d, const double *a, double *vectors, double *values, double *work);

/*
 * Whether all eigenvalues of B relative to A exceed a ratio: v'Bv > ratio v'Av for all v, by
 * more than rounding.
 *
 *   inv_chol_a  inverse of A's lower Cholesky factor
 *   b           symmetric, lower
 *   work        d x d
 */
int gmm_exceeds(int d, const double *inv_chol_a, const double *b, double ratio, double *work);

#endif
