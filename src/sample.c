#include "sample.h"

void gmm_sample_rows(const double *x, const double *weight, size_t n, int d, size_t m,
                     gmm_random *random, double *out, double *out_weight) {
  double stretch = (double)n / (double)m;
  for (size_t s = 0, next = 0; s < m; s++) {
    size_t first = next;
    next = s + 1 < m ? (size_t)((double)(s + 1) * stretch) : n;
    size_t i = first + (size_t)(random->uniform(random->self) * (double)(next - first));
    i = i < next ? i : next - 1;
    for (size_t a = 0; a < (size_t)d; a++) {
      out[s + m * a] = x[i + n * a];
    }
    if (weight) {
      out_weight[s] = weight[i];
    }
  }
}
