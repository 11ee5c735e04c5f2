/*
 * VLFeat as a contestant, in double precision; it has diagonal covariances only.
 *
 * It stops where an iteration gains less than 1e-5 of the log-likelihood, and there is no
 * way to tell it otherwise. But a log-likelihood changes with the unit of the data: in the
 * unit in which it ends near zero, every gain is large.
 */
#include <math.h>
#include <vl/generic.h>
#include <vl/gmm.h>

#include "peer.h"

/* The data, and the start's means, times this. */
static double unit = 1;

static const char *version(void) {
  return vl_get_version_string();
}

static void multiply(size_t count, double factor, double *x) {
  for (size_t i = 0; i < count; i++) {
    x[i] *= factor;
  }
}

static VlGMM *run(const peer_problem *problem, int iterations, double *loglik) {
  VlGMM *gmm = vl_gmm_new(VL_TYPE_DOUBLE, (vl_size)problem->d, (vl_size)problem->k);
  vl_set_num_threads((vl_size)problem->threads);
  vl_gmm_set_covariance_lower_bound(gmm, 0);
  vl_gmm_set_initialization(gmm, VlGMMCustom);
  vl_gmm_set_priors(gmm, problem->start.proportions);
  vl_gmm_set_means(gmm, problem->start.means);
  vl_gmm_set_covariances(gmm, problem->start.covariances);
  vl_gmm_set_max_num_iterations(gmm, (vl_size)iterations);
  *loglik = vl_gmm_em(gmm, problem->x, problem->n);
  return gmm;
}

/* Where it ends is found by running it. */
static void prepare(peer_problem *problem) {
  size_t k = (size_t)problem->k, d = (size_t)problem->d, n = problem->n;
  double loglik;
  vl_gmm_delete(run(problem, 20, &loglik));
  unit = exp(loglik / ((double)n * (double)d));
  multiply(n * d, unit, problem->x);
  multiply(k * d, unit, problem->start.means);
  multiply(k * d, unit * unit, problem->start.covariances);
}

static void em(const peer_problem *problem, int iterations, peer_parameters *out) {
  size_t k = (size_t)problem->k, d = (size_t)problem->d;
  double loglik;
  VlGMM *gmm = run(problem, iterations, &loglik);
  memcpy(out->proportions, vl_gmm_get_priors(gmm), k * sizeof(double));
  memcpy(out->means, vl_gmm_get_means(gmm), k * d * sizeof(double));
  memcpy(out->covariances, vl_gmm_get_covariances(gmm), k * d * sizeof(double));
  vl_gmm_delete(gmm);
  multiply(k * d, 1 / unit, out->means);
  multiply(k * d, 1 / (unit * unit), out->covariances);
}

int main(int argc, char **argv) {
  static const peer_functions vlfeat = {version, prepare, em, NULL, NULL};
  return peer_main(argc, argv, &vlfeat);
}
