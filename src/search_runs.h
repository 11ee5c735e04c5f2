/*
 * What the parts of a search share, search.c (starts, and the order of it all) and search_moves.c:
 * one run, its record, and whether it is the answer. Nobody else includes this.
 */
#ifndef GMM_SEARCH_RUNS_H
#define GMM_SEARCH_RUNS_H

#include "search.h"

/* Whether a failure ends the whole search, not just one start. */
int gmm_search_is_fatal(gmm_status status);

/* Whether a run came to a maximum, or near one, that is not proper. */
int gmm_search_is_improper(gmm_status status);

/* Log-likelihoods that differ by less are those of one maximum. */
double gmm_search_same_maximum(const gmm_rows *rows);

/* The record of a run that begins. */
gmm_start_record *gmm_search_next_record(gmm_search *search, gmm_start_family family,
                                         const gmm_rows *rows);

/* What became of a run. */
void gmm_search_record(gmm_start_record *start, const gmm_em *run, gmm_status status);

/* Takes the trial to its end, and for the answer if it is the best. It is given up when it is
 * seen that it will not end within `beyond` of the best, or that much above it. */
gmm_status gmm_search_finish_trial(gmm_search *search, gmm_rows *rows, double beyond,
                                   gmm_start_record *start);

/* Keeps a mixture that is not proper to go on from, as long as there is none that is. */
void gmm_search_keep_faulty(gmm_search *search, const gmm_em *run, gmm_status status);

/* Moves and repairs that a search makes, at most, and memory for them. */
int gmm_search_most_moves(const gmm_search_control *control);
void gmm_search_moves_take(gmm_search *search, gmm_arena *arena);

/* Where no start has led to a proper maximum: moves the component that is to blame, and then the
 * one that is to blame for where that led; of several components. From the first that is proper
 * on any, until there is enough. */
gmm_status gmm_search_repair(gmm_search *search);

#endif
