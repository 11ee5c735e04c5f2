#include "data.h"

#include <math.h>

void gmm_data_sum(gmm_data *data) {
  data->mass = data->weight ? 0 : (double)data->n;
  for (size_t i = 0; i < data->n && data->weight; i++) {
    data->mass += data->weight[i];
  }
  if (data->n_patterns == 0) {
    data->observed = NULL;
    return;
  }
  for (int a = 0; a < data->d; a++) {
    const double *column = data->x + data->n * (size_t)a;
    data->observed[a] = 0;
    for (size_t i = 0; i < data->n; i++) {
      data->observed[a] += isnan(column[i]) ? 0 : gmm_data_weight(data, i);
    }
  }
}

size_t gmm_data_pattern(const gmm_data *data, size_t i) {
  size_t low = 0, high = data->n_patterns;
  /* The first whose end is beyond the row is at least `low` and less than `high`. */
  while (high > low + 1) {
    size_t middle = low + (high - low - 1) / 2;
    if (data->pattern_end[middle] > i) {
      high = middle + 1;
    } else {
      low = middle + 1;
    }
  }
  return low;
}
