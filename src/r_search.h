/*
 * What searches take from R and give back: gmm_fit() and gmm_select() share it.
 */
#ifndef GMM_R_SEARCH_H
#define GMM_R_SEARCH_H

#include "r_util.h"

#include "search.h"

/* From the list that engine_control() makes. */
gmm_search_control gmm_r_search_control(SEXP control);

/* The families of starts: integers in R's memory, as gmm_start_family has them. */
const int *gmm_r_families(SEXP control, int *n);

/* The records of n starts, as the columns of a data frame; unprotected. */
SEXP gmm_r_starts(const gmm_start_record *starts, int n);

/* What came of a search, as a list, unprotected: without an answer where `winner`, the index
 * of its start, is negative. */
SEXP gmm_r_result(gmm_status status, const gmm_start_record *starts, int n_starts, int winner,
                  const gmm_em *best, double entropy);

#endif
