/*
 * The entry points that R calls, registered in init.c: a name here is the name
 * in C, in the registration and in R.
 */
#ifndef GMM_R_ENTRIES_H
#define GMM_R_ENTRIES_H

#ifndef R_NO_REMAP
#define R_NO_REMAP
#endif
#include <Rinternals.h>

/*
 * r_fit.c
 *   rows     list(x, weights, labels, patterns, range, rounding), see data.h for what they mean:
 *              x         n x d double matrix
 *              weights   NULL, or n doubles, positive
 *              labels    NULL, or n integers: from 0, -1 where the class is not known
 *              patterns  NULL where no value is missing, or doubles: the last row, from 1, of each
 *              range     NULL where there is no noise, or d doubles
 *              rounding  NULL where no variable is in steps, or d doubles of C_gmm_steps()
 *   k        integer
 *   spec     list(model, equal_proportions): what is fitted
 *   given    NULL, or list(proportions, means, covariances), and `noise`, the proportion of it,
 *            where there is any
 *   control  list of gmm_control() as .Call takes it (R: engine_control()), with
 *            the elements of an engine, see below
 */
SEXP C_gmm_fit(SEXP rows_, SEXP k_, SEXP spec_, SEXP given_, SEXP control_);

/*
 * r_select.c
 *   cells     list of list(k, spec, control), one for each fit
 *   control   likewise: what is for all, starts, sample and engine
 *   progress  NULL, or a function of the share that is done
 */
SEXP C_gmm_select(SEXP rows_, SEXP cells_, SEXP control_, SEXP progress_);

/* r_fit.c */
SEXP C_gmm_start(SEXP rows_, SEXP k_, SEXP spec_, SEXP control_);

/*
 * r_pieces.c
 *   rows        likewise; labels count for nothing in an M-step
 *   model       name of a model
 *   part        NULL, or integer (n) from 1 to k, and 0 for noise
 *   r           NULL, or n x k double matrix
 *   parameters  likewise
 *   wanted      which of "responsibilities", "logdensity", "density", "class",
 *               "uncertainty", "loglik" to return; rows have the names that they
 *               have in x, components those of the proportions, and noise "noise".
 *               "loglik" is there always: it is not finite where a row has no density
 *   engine      list(threads, simd): integers, 0 for the most threads, -1 for the
 *               widest instructions, else a gmm_simd
 */
SEXP C_gmm_mstep(SEXP rows_, SEXP k_, SEXP spec_, SEXP part_, SEXP r_, SEXP engine_);
SEXP C_gmm_score(SEXP rows_, SEXP k_, SEXP model_, SEXP parameters_, SEXP wanted_, SEXP engine_);

/*
 * r_data.c: a new matrix from numeric columns of n rows each; missing values stay so.
 *   columns  list of double, integer or logical vectors
 */
SEXP C_gmm_columns(SEXP columns_, SEXP n_);

/*
 * list(step, rounding), d doubles each: in which steps the columns of a matrix are recorded, 0 for
 * none, and the standard deviations that come of it (steps.h). `weights`: NULL, or n doubles.
 */
SEXP C_gmm_steps(SEXP x_, SEXP weights_);

/*
 * r_checks.c
 *   C_gmm_finite         whether all numbers of a double vector are finite
 *   C_gmm_probabilities  of an n x k double matrix: list(bad, the number of rows that are
 *                        not non-negative numbers whose sum is 1 up to the tolerance;
 *                        first, the first of them or NA; exact, whether sums are 1 but
 *                        for rounding; held, whether a column is not all zero)
 *   C_gmm_singular       of a d x d x k double array: the first matrix that is not
 *                        positive definite, from its lower triangle; or NA
 */
SEXP C_gmm_finite(SEXP x_);
SEXP C_gmm_probabilities(SEXP r_, SEXP tolerance_);
SEXP C_gmm_singular(SEXP covariances_);

/* r_models.c: the table of models, and free parameters. */
SEXP C_gmm_models(void);
SEXP C_gmm_df(SEXP spec_, SEXP d_, SEXP k_);

/* r_info.c: what there is to run on, as R's gmm_info() tells it; and that this process was
 * forked before the package was loaded, so that threads are out of the question. */
SEXP C_gmm_info(void);
SEXP C_gmm_forked(void);

#endif
