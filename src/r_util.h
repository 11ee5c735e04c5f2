/*
 * What the glue files share: arguments and results between R and the core.
 */
#ifndef GMM_R_UTIL_H
#define GMM_R_UTIL_H

#ifndef R_NO_REMAP
#define R_NO_REMAP
#endif
#ifndef STRICT_R_HEADERS
#define STRICT_R_HEADERS
#endif
#include <R.h>
#include <Rinternals.h>
#include <limits.h>

#include "arena.h"
#include "data.h"
#include "engine.h"
#include "gmm.h"
#include "model.h"

/* An element of a named list; an R error when it is not there. */
SEXP gmm_r_element(SEXP list, const char *name);
int gmm_r_int(SEXP list, const char *name, int min, int max);
double gmm_r_double(SEXP list, const char *name);

/* A positive integer, such as the number of components; one more is an integer, too. */
#define GMM_R_MOST (INT_MAX / 2)
int gmm_r_count(SEXP x);

/* The n x d double matrix behind `x`, not to be written to: R would copy one whose
 * numbers are shared. An R error when it is none, has fewer rows, or no column. */
const double *gmm_r_matrix(SEXP x, int min_rows, size_t *n, int *d);

/* The rows behind a list (r_entries.h), of at least so many; those of a known class are of one of
 * k. */
gmm_data gmm_r_data(SEXP rows, int min_rows, int k);

/* Asks for large pages for memory that is about to be written for the first time, where the
 * system has them: for a result of a million rows, making small ones takes longer than
 * computing it. */
void gmm_r_fresh(void *memory, size_t bytes);

/* A new vector as element i of a list, which protects it. */
SEXP gmm_r_column(SEXP list, int i, SEXPTYPE type, R_xlen_t n);

/* A model by its name; what is fitted from list(model =, equal_proportions =). */
const gmm_model *gmm_r_model(SEXP name);
gmm_spec gmm_r_spec(SEXP list);

/* What runs the passes over the rows, from a list with threads (0: the most) and
 * simd (-1: the widest instruction set). More threads than there may be
 * are capped. */
gmm_engine gmm_r_engine(SEXP list, gmm_poll *poll);

/* Memory for a measured arena; R takes it back when .Call ends, however. */
gmm_arena gmm_r_arena(const gmm_arena *measured);

/* An R error when more was taken of an arena than was measured. */
void gmm_r_fits(const gmm_arena *arena, size_t measured);

/* Ctrl-C and R's random numbers, as the core wants them. */
gmm_poll gmm_r_poll(void);

/*
 * A poll that holds back the jump that an interrupt is, for a core that has other threads at
 * work: it says that the work should stop, and once the core has returned,
 * gmm_r_let_jump() goes on with the jump, if there was one.
 */
typedef struct gmm_r_held {
  SEXP token;
  int jumped;
} gmm_r_held;

/* Leaves the token protected, which is the caller's to unprotect. */
gmm_poll gmm_r_patient_poll(gmm_r_held *held);
void gmm_r_let_jump(gmm_r_held *held);

gmm_random gmm_r_random(void);

/* Parameters from a list with proportions (k), means (k x d), covariances (d x d x k) and, where
 * it has it, noise, into `params`; and the other way, unprotected. */
void gmm_r_params_in(SEXP list, gmm_params *params);
SEXP gmm_r_params_out(const gmm_params *params);

/* The status as list(code =, index =): index from 1, NA when there is none; and
 * each of the two for itself. */
const char *gmm_r_code_name(gmm_code code);
int gmm_r_index(gmm_status status);
SEXP gmm_r_status(gmm_status status);

#endif
