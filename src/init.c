#include "parallel.h"
#include "r_entries.h"

#include <R_ext/Rdynload.h>
#include <R_ext/Visibility.h>

/* By way of void (*)(void), which compilers take for any function. */
#define ENTRY(name, arguments)                                                                     \
  { #name, (DL_FUNC)(void (*)(void))name, arguments }

static const R_CallMethodDef entries[] = {
    ENTRY(C_gmm_fit, 5),      ENTRY(C_gmm_select, 4), ENTRY(C_gmm_start, 4),
    ENTRY(C_gmm_mstep, 6),    ENTRY(C_gmm_score, 6),  ENTRY(C_gmm_columns, 2),
    ENTRY(C_gmm_steps, 2),    ENTRY(C_gmm_finite, 1), ENTRY(C_gmm_probabilities, 2),
    ENTRY(C_gmm_singular, 1), ENTRY(C_gmm_models, 0), ENTRY(C_gmm_df, 3),
    ENTRY(C_gmm_info, 0),     ENTRY(C_gmm_forked, 0), {NULL, NULL, 0},
};

void attribute_visible R_init_gaussmix(DllInfo *dll);

void attribute_visible R_init_gaussmix(DllInfo *dll) {
  gmm_threads_init(0);
  R_registerRoutines(dll, NULL, entries, NULL, NULL);
  R_useDynamicSymbols(dll, FALSE);
  R_forceSymbols(dll, TRUE);
}
