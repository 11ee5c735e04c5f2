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
#include "prior.h"

/*
 * What a covariance model sees of the data.
 *
 *   n        total of the counts
 *   count    k, effective sizes n_j > 0
 *   scatter  W_j about each component's own mean, in `layout`
 */
typedef struct gmm_within {
  gmm_layout layout;
  int d, k;
  double n;
  const double *count, *scatter;
} gmm_within;

/*
 * Covariances of a model that minimise
 *
 *   sum_j n_j log |sigma_j| + tr(W_j sigma_j^-1)
 *
 * that is, maximise the expected complete-data log-likelihood.
 *
 *   factors  (in/out) read and written by the models that iterate: where they
 *            are known, the result is at least as good as what they stand for
 *   sigma    (out)    in that layout
 *   work     gmm_model_work() doubles
 *
 * Returns GMM_ESINGULAR with the component when there is no minimum because
 * its scatter is singular, or 0 when it is the scatter of all. Models with a
 * closed form may return singular covariances instead. GMM_EINTERRUPT when
 * factors->poll wants to stop.
 */
typedef gmm_status (*gmm_cov_fn)(const gmm_within *within, gmm_factors *factors, double *sigma,
                                 double *work);

/*
 * What of its covariance a component has to itself, and so what can collapse
 * on a few rows: nothing, its volume, its variances along the axes of the
 * variables, or so much that it takes more rows than variables to be regular.
 */
typedef enum gmm_own {
  GMM_OWN_NOTHING,
  GMM_OWN_VOLUME,
  GMM_OWN_VARIANCES,
  GMM_OWN_COVARIANCE
} gmm_own;

/*
 * layout        picks the pass over the rows: linear in d when diagonal
 * own           see above
 * column_units  rescaling the variables one by one stays within the model
 * covariances   see above; work, how many doubles it works in, NULL: none
 * pooled        the model to start from where this one is singular, as an index
 *               for gmm_model_at(): one covariance for all, in the same layout
 */
typedef struct gmm_model {
  const char *name;
  gmm_layout layout;
  gmm_own own;
  int column_units;
  gmm_cov_fn covariances;
  size_t (*work)(gmm_layout layout, int d, int k);
  int pooled;
} gmm_model;

int gmm_model_count(void);

/* 0 <= i < gmm_model_count(). */
const gmm_model *gmm_model_at(int i);

/* NULL when there is no model of that name. */
const gmm_model *gmm_model_find(const char *name);

/* Doubles that the model's covariances are worked out in. */
size_t gmm_model_work(const gmm_model *model, int d, int k);

/* Whether every mixture of `small` is one of `large`, another model of as many variables. */
int gmm_model_contains(const gmm_model *large, const gmm_model *small);

/* Models in a row that are contained in it, one in the next; at most GMM_MODEL_LEVELS - 1. */
#define GMM_MODEL_LEVELS 6
int gmm_model_level(const gmm_model *model);

/* What is fitted. */
typedef struct gmm_spec {
  const gmm_model *model;
  /* Mixing proportions are 1 / k, not estimated. */
  int equal_proportions;
  /* On the covariances; NULL: none. */
  const gmm_prior *prior;
} gmm_spec;

/* Free parameters: proportions, means and covariances. */
double gmm_spec_df(const gmm_spec *spec, int d, int k);

#endif
