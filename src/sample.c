#include "sample.h"

/* Weights of less than 1 in the mean would make few rows of a sample of many, of which not even
 * as many components can be made as of all: they are raised until the sample is as many rows as
 * all are, but not more than it has. */
static void raise_weights(const double *weight, size_t n, double *out, size_t m) {
  double all = 0, drawn = 0;
  for (size_t i = 0; i < n; i++) {
    all += weight[i];
  }
  for (size_t s = 0; s < m; s++) {
    drawn += out[s];
  }
  double wanted = all < (double)m ? all : (double)m;
  for (size_t s = 0; s < m && drawn < wanted; s++) {
    out[s] *= wanted / drawn;
  }
}

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
  if (weight) {
    raise_weights(weight, n, out_weight, m);
  }
}
