#include "sample.h"

#include "frame.h"

static void copy_row(const double *x, size_t n, int d, size_t i, double *out, size_t m, size_t s) {
  for (size_t a = 0; a < (size_t)d; a++) {
    out[s + m * a] = x[i + n * a];
  }
}

/* One of each of m stretches of all that the rows stand for: heavy rows are in several. */
static void sample_cases(const double *x, const double *weight, size_t n, int d, size_t m,
                         gmm_random *random, double *out, double *out_weight) {
  double mass = gmm_weights_sum(weight, n), passed = weight[0];
  for (size_t s = 0, i = 0; s < m; s++) {
    double at = ((double)s + random->uniform(random->self)) * (mass / (double)m);
    while (passed <= at && i + 1 < n) {
      passed += weight[++i];
    }
    copy_row(x, n, d, i, out, m, s);
    out_weight[s] = mass < (double)m ? mass / (double)m : 1;
  }
}

void gmm_sample_rows(const double *x, const double *weight, size_t n, int d, size_t m,
                     gmm_random *random, double *out, double *out_weight) {
  if (weight) {
    sample_cases(x, weight, n, d, m, random, out, out_weight);
    return;
  }
  double stretch = (double)n / (double)m;
  for (size_t s = 0, next = 0; s < m; s++) {
    size_t first = next;
    next = s + 1 < m ? (size_t)((double)(s + 1) * stretch) : n;
    size_t i = first + (size_t)(random->uniform(random->self) * (double)(next - first));
    copy_row(x, n, d, i < next ? i : next - 1, out, m, s);
  }
}
