/*
 * Parameters from given memberships: means and covariances of the parts
 * against naive sums, with memberships that are a partition or its indicator
 * matrix, and no digits lost to a part that is far from the origin.
 */
#include "start.h"

#include "helpers.h"

enum { N = 1000, D = 2, K = 2 };

static void check_start(const char *name, double apart) {
  test_rng rng = {1, 0};
  gmm_spec spec = spec_of(name);
  gmm_layout layout = spec.model->layout;
  double *x = clusters(&rng, N, D, K, apart), *r = doubles(N * K);
  int *part = fresh(N * sizeof(int));
  for (int i = 0; i < N; i++) {
    part[i] = i % K;
    for (int j = 0; j < K; j++) {
      r[i + N * j] = part[i] == j;
    }
  }
  setup s, t;
  setup_open(&s, layout, x, N, D, K);
  setup_open(&t, layout, x, N, D, K);
  CHECK(start_from(&s, &spec, part, NULL, &s.params).code == GMM_OK);
  CHECK(start_from(&t, &spec, NULL, r, &t.params).code == GMM_OK);
  size_t size = gmm_cov_size(layout, D);
  double worst_mean = 0, worst_cov = 0;
  for (int j = 0; j < K; j++) {
    long double mean[D] = {0};
    CHECK_NEAR(s.params.pi[j], 0.5, 0);
    for (int a = 0; a < D; a++) {
      for (int i = j; i < N; i += K) {
        mean[a] += (long double)x[i + N * a] / (N / K);
      }
      worst_mean = fmax(worst_mean, error_in(s.params.mu[a + D * j], mean[a], 1 + fabsl(mean[a])));
    }
    for (int a = 0; a < D; a++) {
      for (int b = layout == GMM_FULL ? 0 : a; b <= a; b++) {
        long double cov = 0;
        for (int i = j; i < N; i += K) {
          cov += (x[i + N * a] - mean[a]) * (x[i + N * b] - mean[b]) / (N / K);
        }
        size_t at = layout == GMM_FULL ? (size_t)(a + D * b) : (size_t)a;
        worst_cov = fmax(worst_cov, error_in(s.params.sigma[at + size * (size_t)j], cov, 1));
      }
    }
  }
  CHECK_NEAR(worst_mean, 0, 1e-15);
  CHECK_NEAR(worst_cov, 0, 1e-13);
  CHECK(same_bits(s.params.mu, t.params.mu, D * K));
  CHECK_NEAR(worst_error(s.params.pi, t.params.pi, K), 0, 0);
  setup_close(&s);
  setup_close(&t);
  free(x);
  free(r);
  free(part);
}

static void test_failures(void) {
  test_rng rng = {1, 0};
  double *x = clusters(&rng, N, D, K, 1);
  int *part = calloc(N, sizeof(int)), calls;
  gmm_spec spec = spec_of("VVV");
  setup s;
  setup_open(&s, GMM_FULL, x, N, D, K);
  gmm_status status = start_from(&s, &spec, part, NULL, &s.params);
  CHECK(status.code == GMM_EEMPTY);
  CHECK(status.index == 1);
  s.poll = poll_after(1, &calls);
  status = start_from(&s, &spec, part, NULL, &s.params);
  CHECK(status.code == GMM_EINTERRUPT);
  setup_close(&s);
  free(x);
  free(part);
}

int main(void) {
  double apart[] = {1, 1e6};
  for (int i = 0; i < 2; i++) {
    check_start("VVV", apart[i]);
    check_start("VVI", apart[i]);
  }
  test_failures();
  return check_report("start");
}
