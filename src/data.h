/*
 * The rows of a data set, and all that is known of them, in the coordinates of the data. Case
 * weights, known classes, missing values and noise are facts about rows: they enter where a pass
 * over the rows turns densities into statistics (rows.c), and nowhere else.
 *
 *   x             n x d  a value that is missing is NaN
 *   weight        n      how many rows a row stands for, positive; NULL: 1 each
 *   label         n      the component of a row, from 0, or GMM_UNKNOWN; NULL: none is known
 *   pattern_end   n_patterns, increasing to n: rows that lack the same values stand together, and
 *                        this is the row after the last of each such pattern; n_patterns 0: no
 *                        value is missing
 *   range         d      lengths of the sides of the box in which noise is uniform; NULL: there is
 *                        no noise
 *   rounding      d      standard deviations that come of rounding to the steps in which the
 *                        variables are recorded (steps.h), 0 for none; NULL: none is in steps
 *
 * and, from gmm_data_sum(),
 *
 *   mass          the sum of the weights
 *   observed      d      that of the rows in which the variable is there; NULL where all are in all
 */
#ifndef GMM_DATA_H
#define GMM_DATA_H

#include "arena.h"
#include "gmm.h"

#define GMM_UNKNOWN (-1)

typedef struct gmm_data {
  size_t n;
  int d;
  const double *x, *weight;
  const int *label;
  const size_t *pattern_end;
  size_t n_patterns;
  const double *range, *rounding;
  double mass, *observed;
} gmm_data;

/* Sums up what rows stand for; `observed` is where it is written to, if values are missing. */
void gmm_data_sum(gmm_data *data);

static inline double gmm_data_weight(const gmm_data *data, size_t i) {
  return data->weight ? data->weight[i] : 1;
}

/* The class of a row, or GMM_UNKNOWN. */
static inline int gmm_data_label(const gmm_data *data, size_t i) {
  return data->label ? data->label[i] : GMM_UNKNOWN;
}

/* The pattern that row i is of; 0 where no value is missing. */
size_t gmm_data_pattern(const gmm_data *data, size_t i);

/* The row after the last one of a pattern; n where no value is missing. */
static inline size_t gmm_data_pattern_end(const gmm_data *data, size_t pattern) {
  return data->n_patterns > 0 ? data->pattern_end[pattern] : data->n;
}

/* Distances are between variables one by one; but what is missing is told by all together. */
static inline gmm_layout gmm_data_metric_layout(const gmm_data *data, gmm_layout layout) {
  return data->n_patterns > 0 ? layout : GMM_DIAGONAL;
}

#endif
