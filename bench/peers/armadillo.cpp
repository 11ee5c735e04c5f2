// Armadillo as a contestant: gmm_full and gmm_diag, from given parameters.
#include <armadillo>
#include <string>

#include "peer.h"

namespace {

// What ClusterR asks for.
const double variance_floor = 1e-10;
const arma::uword kmeans_iterations = 10;

struct data {
  explicit data(const peer_problem *problem)
      : d(arma::uword(problem->d)), k(arma::uword(problem->k)),
        x(problem->x, d, problem->n, false, true) {
  }
  arma::rowvec proportions(const peer_parameters &p) const {
    return arma::rowvec(p.proportions, k);
  }
  arma::mat means(const peer_parameters &p) const {
    return arma::mat(p.means, d, k);
  }
  const arma::uword d, k;
  const arma::mat x;
};

void set(arma::gmm_full &model, const data &data, const peer_parameters &p) {
  arma::cube covariances(p.covariances, data.d, data.d, data.k);
  model.set_params(data.means(p), covariances, data.proportions(p));
}

void set(arma::gmm_diag &model, const data &data, const peer_parameters &p) {
  arma::mat covariances(p.covariances, data.d, data.k);
  model.set_params(data.means(p), covariances, data.proportions(p));
}

const double *covariances(const arma::gmm_full &model) {
  return model.fcovs.memptr();
}

const double *covariances(const arma::gmm_diag &model) {
  return model.dcovs.memptr();
}

template <typename Model> void take(const Model &model, peer_parameters *out) {
  std::copy(model.hefts.begin(), model.hefts.end(), out->proportions);
  std::copy(model.means.begin(), model.means.end(), out->means);
  std::copy_n(covariances(model), out->all + out->count - out->covariances, out->covariances);
}

template <typename Model>
void run_em(const peer_problem *problem, int iterations, peer_parameters *out) {
  const data data(problem);
  Model model;
  set(model, data, problem->start);
  bool ok = model.learn(data.x, data.k, arma::eucl_dist, arma::keep_existing, 0,
                        arma::uword(iterations), variance_floor, false);
  peer_check(ok, "learn()");
  take(model, out);
}

template <typename Model>
void run_fit(const peer_problem *problem, const char *effort, peer_parameters *out) {
  const data data(problem);
  arma::arma_rng::set_seed(arma::arma_rng::seed_type(problem->seed));
  Model model;
  bool ok = model.learn(data.x, data.k, arma::eucl_dist, arma::random_subset, kmeans_iterations,
                        std::stoul(effort), variance_floor, false);
  peer_check(ok, "learn()");
  take(model, out);
}

// It has log densities of the mixture and of each component, not responsibilities.
template <typename Model>
void run_score(const peer_problem *problem, double *logdensity, double *posterior) {
  const data data(problem);
  Model model;
  set(model, data, problem->truth);
  arma::mat logs(posterior, data.k, problem->n, false, true);
  for (arma::uword j = 0; j < data.k; j++) {
    logs.row(j) = model.log_p(data.x, j) + std::log(model.hefts(j));
  }
  arma::rowvec all(logdensity, problem->n, false, true);
  const arma::rowvec top = arma::max(logs, 0);
  logs.each_row() -= top;
  logs = arma::exp(logs);
  const arma::rowvec total = arma::sum(logs, 0);
  logs.each_row() /= total;
  all = top + arma::log(total);
}

const char *version() {
  static const std::string text = arma::arma_version::as_string();
  return text.c_str();
}

void em(const peer_problem *problem, int iterations, peer_parameters *out) {
  (problem->full ? run_em<arma::gmm_full> : run_em<arma::gmm_diag>)(problem, iterations, out);
}

void fit(const peer_problem *problem, const char *effort, peer_parameters *out) {
  (problem->full ? run_fit<arma::gmm_full> : run_fit<arma::gmm_diag>)(problem, effort, out);
}

void score(const peer_problem *problem, double *logdensity, double *posterior) {
  (problem->full ? run_score<arma::gmm_full> : run_score<arma::gmm_diag>)(problem, logdensity,
                                                                          posterior);
}

} // namespace

int main(int argc, char **argv) {
  static const peer_functions armadillo = {version, nullptr, em, fit, score};
  return peer_main(argc, argv, &armadillo);
}
