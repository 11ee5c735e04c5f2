#include "sample.h"

#include <math.h>
#include <string.h>

/*
 * The rows of a known class, or of none: how many there are, what they stand for, and how many of
 * them are drawn; and while they are gone through, what was passed, how many were taken, and where
 * the next is.
 */
typedef struct gmm_stratum {
  size_t rows, quota, taken;
  double mass, passed, next;
} gmm_stratum;

static size_t stratum_of(const gmm_data *data, size_t i) {
  return (size_t)(data->label[i] + 1);
}

static size_t count_strata(const gmm_data *data) {
  size_t most = 0;
  for (size_t i = 0; i < data->n && data->label; i++) {
    most = stratum_of(data, i) > most ? stratum_of(data, i) : most;
  }
  return data->label ? most + 1 : 0;
}

void gmm_sample_take(gmm_sample *sample, gmm_arena *arena, const gmm_data *like, size_t m) {
  size_t patterns = like->n_patterns < m ? like->n_patterns : m, D = (size_t)like->d;
  sample->x = gmm_arena_doubles(arena, m * D);
  sample->weight = like->weight ? gmm_arena_doubles(arena, m) : NULL;
  sample->label = like->label ? gmm_arena_take(arena, m, sizeof(int)) : NULL;
  sample->pattern_end = gmm_arena_take(arena, patterns, sizeof(size_t));
  sample->n_strata = count_strata(like);
  sample->strata = gmm_arena_take(arena, sample->n_strata, sizeof *sample->strata);
  sample->data = (gmm_data){.n = m, .d = like->d, .n_patterns = patterns};
  sample->data.x = sample->x;
  sample->data.weight = sample->weight;
  sample->data.label = sample->label;
  sample->data.pattern_end = sample->pattern_end;
  sample->data.range = like->range;
  sample->data.rounding = like->rounding;
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

/* A quarter of the sample is for the known classes, alike for each, as far as they have rows; or
 * as many as is their part, where that is more. */
static void set_quotas(gmm_sample *sample, const gmm_data *from) {
  size_t m = sample->data.n, given = 0;
  gmm_stratum *open = sample->strata;
  memset(open, 0, sample->n_strata * sizeof *open);
  for (size_t i = 0; i < from->n; i++) {
    gmm_stratum *stratum = &sample->strata[stratum_of(from, i)];
    stratum->rows++;
    stratum->mass += gmm_data_weight(from, i);
  }
  size_t least = m / 4 / (sample->n_strata > 1 ? sample->n_strata - 1 : 1);
  for (size_t c = 1; c < sample->n_strata; c++) {
    gmm_stratum *stratum = &sample->strata[c];
    size_t part = (size_t)((double)m * (stratum->mass / from->mass));
    size_t few = stratum->rows < least ? stratum->rows : least;
    stratum->quota = stratum->rows == 0 ? 0 : few > part ? few : part;
    given += stratum->quota;
  }
  /* Rows of no known class keep their part but for that quarter. */
  size_t of_open = open->rows == 0 ? 0 : (size_t)(0.75 * (double)m * (open->mass / from->mass));
  for (; given + of_open > m; given--) {
    size_t most = 1;
    for (size_t c = 2; c < sample->n_strata; c++) {
      most = sample->strata[c].quota > sample->strata[most].quota ? c : most;
    }
    sample->strata[most].quota--;
  }
  open->quota = open->rows == 0 ? 0 : m - given;
  /* Without weights, no row is drawn twice. */
  if (!from->weight && open->quota > open->rows) {
    open->quota = open->rows;
  }
  given += open->quota;
  for (size_t c = 0; given < m; c = (c + 1) % sample->n_strata) {
    gmm_stratum *stratum = &sample->strata[c];
    size_t more = from->weight ? stratum->rows > 0 : stratum->quota < stratum->rows;
    stratum->quota += more;
    given += more;
  }
}

/* Where the next of a stratum is: in a stretch of its own of what its rows stand for, in the middle
 * of a row where they have no weights. */
static void draw_next(gmm_stratum *stratum, int weighted, gmm_random *random) {
  if (stratum->taken >= stratum->quota) {
    stratum->next = INFINITY;
    return;
  }
  double stretch = stratum->mass / (double)stratum->quota, u = random->uniform(random->self);
  double first = (double)stratum->taken * stretch, last = first + stretch;
  if (weighted) {
    stratum->next = first + u * stretch;
  } else {
    first = floor(first);
    stratum->next = first + floor(u * (floor(last) - first)) + 0.5;
  }
}

/* From each stratum its quota, in the order of the rows. */
static void draw_strata(gmm_sample *sample, const gmm_data *from, gmm_random *random) {
  size_t m = sample->data.n, s = 0;
  int weighted = from->weight != NULL;
  set_quotas(sample, from);
  for (size_t c = 0; c < sample->n_strata; c++) {
    draw_next(&sample->strata[c], weighted, random);
  }
  for (size_t i = 0; i < from->n; i++) {
    gmm_stratum *stratum = &sample->strata[stratum_of(from, i)];
    stratum->passed += gmm_data_weight(from, i);
    while (stratum->next < stratum->passed && s < m) {
      copy_row(sample, from, i, s++);
      stratum->taken++;
      draw_next(stratum, weighted, random);
    }
  }
  /* Rounding may have passed one by. */
  for (; s < m; s++) {
    copy_row(sample, from, from->n - 1, s);
  }
  for (s = 0; s < m && weighted; s++) {
    sample->weight[s] = from->mass < (double)m ? from->mass / (double)m : 1;
  }
}

void gmm_sample_draw(gmm_sample *sample, const gmm_data *from, gmm_random *random) {
  if (from->label) {
    draw_strata(sample, from, random);
  } else {
    (from->weight ? draw_cases : draw_rows)(sample, from, random);
  }
  if (from->n_patterns > 0) {
    find_patterns(sample);
  }
  gmm_data_sum(&sample->data);
}
