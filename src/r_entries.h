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
 *   x        n x d double matrix, finite
 *   k        integer
 *   spec     list(model, equal_proportions): what is fitted
 *   given    NULL, or list(proportions, means, covariances)
 *   control  list of gmm_control() as .Call takes it (R: engine_control())
 */
SEXP C_gmm_fit(SEXP x_, SEXP k_, SEXP spec_, SEXP given_, SEXP control_);
SEXP C_gmm_start(SEXP x_, SEXP k_, SEXP spec_, SEXP control_);

/*
 * r_pieces.c
 *   model       name of a model
 *   part        NULL, or integer (n) from 1 to k
 *   r           NULL, or n x k double matrix
 *   parameters  list(proportions, means, covariances)
 *   wanted      which of "responsibilities", "logdens", "class",
 *               "uncertainty", "loglik" to return
 */
SEXP C_gmm_mstep(SEXP x_, SEXP k_, SEXP spec_, SEXP part_, SEXP r_);
SEXP C_gmm_score(SEXP x_, SEXP k_, SEXP model_, SEXP parameters_, SEXP wanted_);

/* r_models.c: the table of models, and free parameters. */
SEXP C_gmm_models(void);
SEXP C_gmm_df(SEXP spec_, SEXP d_, SEXP k_);

#endif
