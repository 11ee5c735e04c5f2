/*
 * The covariance models: one table that says what each is, and the functions
 * that make its covariances from the statistics (cov_*.c).
 *
 * Names are those of Banfield & Raftery (1993) and Fraley & Raftery (1999):
 * volume, shape and orientation, each Equal, Variable or Identity; E and V in
 * one dimension.
 */
#ifndef GMM_MODEL_H
#define GMM_MODEL_H

#include "gmm.h"

/*
 * What a covariance model sees of the data.
 *
 *   n        total of the counts
 *   count    k, effective sizes n_j > 0
 *   scatter  W_j about each component's own mean, in the model's layout
 */
typedef struct gmm_within {
  int d, k;
  double n;
  const double *count, *scatter;
} gmm_within;

/* Covariances, in the model's layout, that maximise the expected complete-data
 * log-likelihood for these scatter matrices. */
typedef void (*gmm_cov_fn)(const gmm_within *within, double *sigma);

/*
 * layout          picks the pass over the rows: linear in d when diagonal
 * own_covariance  each component has parameters of its own in its covariance,
 *                 so that one of them alone can collapse on a few rows
 * column_units    rescaling the variables one by one stays within the model
 * pooled          the model to start from where this one is singular: the same
 *                 layout with one covariance for all
 * cov_df          free parameters of the covariances
 */
typedef struct gmm_model {
  const char *name;
  gmm_layout layout;
  int own_covariance;
  int column_units;
  gmm_cov_fn covariances;
  const char *pooled;
  double (*cov_df)(double d, double k);
} gmm_model;

int gmm_model_count(void);

/* 0 <= i < gmm_model_count(). */
const gmm_model *gmm_model_at(int i);

/* NULL when there is no model of that name. */
const gmm_model *gmm_model_find(const char *name);

/* Free parameters: k - 1 proportions, k d means, and the covariances'. */
double gmm_model_df(const gmm_model *model, int d, int k);

#endif
