#include "sample.h"

#include <math.h>

void gmm_sample_take(gmm_sample *sample, gmm_arena *arena, const gmm_data *like, size_t m) {
  size_t patterns = like->n_patterns < m ? like->n_patterns : m, D = (size_t)like->d;
  sample->x = gmm_arena_doubles(arena, m * D);
  sample->weight = like->weight ? gmm_arena_doubles(arena, m) : NULL;
  sample->label = like->label ? gmm_arena_take(arena, m, sizeof(int)) : NULL;
  sample->pattern_end = gmm_arena_take(arena, patterns, sizeof(size_t));
  sample->data = (gmm_data){.n = m, .d = like->d, .n_patterns = patterns};
  sample->data.x = sample->x;
  sample->data.weight = sample->weight;
  sample->data.label = sample->label;
  sample->data.pattern_end = sample->pattern_end;
  sample->data.range = like->range;
  sample->data.observed = patterns > 0 ? gmm_arena_doubles(arena, D) : NULL;
}

/* Row i as the s-th of the sample. */
static void copy_row(gmm_sample *sample, const gmm_data *from, size_t i, size_t s) {
  size_t m = sample->data.n;
  for (size_t a = 0; a < (size_t)from->d; a++) {
    sample->x[s + m * a] = from->x[i + from->n * a];
  }
  if (sample->label) {
    sample->label[s] = from->label[i];
  }
}

/* One of each of m stretches of all that the rows stand for: heavy rows are in several. */
static void draw_cases(gmm_sample *sample, const gmm_data *from, gmm_random *random) {
  size_t m = sample->data.n;
  double passed = from->weight[0];
  for (size_t s = 0, i = 0; s < m; s++) {
    double at = ((double)s + random->uniform(random->self)) * (from->mass / (double)m);
    while (passed <= at && i + 1 < from->n) {
      passed += from->weight[++i];
    }
    copy_row(sample, from, i, s);
    sample->weight[s] = from->mass < (double)m ? from->mass / (double)m : 1;
  }
}

static void draw_rows(gmm_sample *sample, const gmm_data *from, gmm_random *random) {
  size_t m = sample->data.n;
  double stretch = (double)from->n / (double)m;
  for (size_t s = 0, next = 0; s < m; s++) {
    size_t first = next;
    next = s + 1 < m ? (size_t)((double)(s + 1) * stretch) : from->n;
    size_t i = first + (size_t)(random->uniform(random->self) * (double)(next - first));
    copy_row(sample, from, i < next ? i : next - 1, s);
  }
}

/* Rows that lack the same values stand together, as they did. */
static void find_patterns(gmm_sample *sample) {
  size_t m = sample->data.n, found = 0;
  for (size_t s = 1; s <= m; s++) {
    int same = s < m;
    for (size_t a = 0; a < (size_t)sample->data.d && same; a++) {
      same = !isnan(sample->x[s + m * a]) == !isnan(sample->x[s - 1 + m * a]);
    }
    if (!same) {
      sample->pattern_end[found++] = s;
    }
  }
  sample->data.n_patterns = found;
}

void gmm_sample_draw(gmm_sample *sample, const gmm_data *from, gmm_random *random) {
  (from->weight ? draw_cases : draw_rows)(sample, from, random);
  if (from->n_patterns > 0) {
    find_patterns(sample);
  }
  gmm_data_sum(&sample->data);
}
