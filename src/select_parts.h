/*
 * What the parts of the search of a grid share: select.c (the order of it all),
 * select_starts.c (the starts that all models share) and select_visit.c (the search of one
 * cell). Nobody else includes this.
 */
#ifndef GMM_SELECT_PARTS_H
#define GMM_SELECT_PARTS_H

#include "select.h"

/* The index of a number of components among those that are asked for; -1: it is not. */
int gmm_select_index(const gmm_select *select, int k);

/* That in which a model is searched. */
const gmm_frame *gmm_select_frame(const gmm_select *select, const gmm_model *model);

/* Some rows, in a frame, filled by what fills those that are searched there. */
void gmm_select_set_rows(const gmm_select *select, gmm_rows *rows, const gmm_data *data,
                         const gmm_frame *frame);

/* Memory for starts of each number of components, and for the hierarchy. */
void gmm_select_starts_take(gmm_select *select, gmm_arena *arena);

/* Starts for one number of components, at most: that of the hierarchy, and those that are
 * drawn. */
int gmm_select_most_starts(const gmm_select *select);

/* The hierarchy of the rows. */
gmm_status gmm_select_grow_tree(gmm_select *select, gmm_random *random);

/* Finds the starts of the i-th number of components. Bytes of the visitor's memory for it. */
void gmm_select_find_starts(void *self, size_t i, int slot, int thread);
size_t gmm_select_starts_bytes(const gmm_select *select, int k, const gmm_engine *engine);

/* Searches the i-th cell of the wave. Bytes of the visitor's memory for it, and the records that
 * it leaves on the way up and on the way down, at most. */
void gmm_select_visit(void *self, size_t i, int slot, int thread);
size_t gmm_select_visit_bytes(const gmm_select *select, gmm_cell *cell, const gmm_engine *engine);
size_t gmm_select_most_records(const gmm_select *select, const gmm_cell *cell);

#endif
