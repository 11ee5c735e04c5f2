/*
 * The M-step alone: what it costs to make of given statistics the density that
 * the next E-step evaluates, for each covariance model. Three times, each as a
 * multiple of VVV's:
 *
 *   first  from statistics, with nothing to go on from
 *   next   in the middle of a run of EM: the statistics change a little, the
 *          models that iterate go on from the last factors
 *   alone  as next, but without the factors of the covariances that every
 *          model's E-step needs: the model's own part
 *
 *   mstep [d] [k]
 *
 * The scatter matrices have orientations, shapes and volumes of their own, so
 * that the common axes of EVE and VVE fit none of them.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "density.h"
#include "linalg.h"
#include "mstep.h"
#include "params.h"

/* Statistics of a run of EM, which converge by this factor an iteration. */
#define RUN 8
#define RATE 0.5

/* Rounds in which the models take turns; the median counts. */
#define ROUNDS 15

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double uniform(void) {
  static uint64_t state = 1;
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (double)(state >> 11) * 0x1p-53;
}

static double normal(void) {
  return sqrt(-2 * log(1 - uniform())) * cos(6.283185307179586 * uniform());
}

static double *doubles(size_t count) {
  double *memory = calloc(count, sizeof(double));
  if (!memory) {
    exit(1);
  }
  return memory;
}

/* Scatter of 20 d rows of d variables with standard deviations from 1 to 10. */
static void random_scatter(int d, double *w) {
  size_t D = (size_t)d;
  double *mix = doubles(D * D), *row = doubles(D), *z = doubles(D);
  for (size_t i = 0; i < D * D; i++) {
    mix[i] = normal() / sqrt(d);
  }
  for (int t = 0; t < 20 * d; t++) {
    for (size_t a = 0; a < D; a++) {
      z[a] = normal() * pow(10, (double)a / d);
    }
    for (size_t a = 0; a < D; a++) {
      row[a] = 0.3 * z[a];
      for (size_t b = 0; b < D; b++) {
        row[a] += mix[a + D * b] * z[b];
      }
    }
    for (size_t b = 0; b < D; b++) {
      for (size_t a = b; a < D; a++) {
        w[a + D * b] += row[a] * row[b];
      }
    }
  }
  free(mix), free(row), free(z);
}

typedef struct bench {
  int d, k;
  double *end, *begin, *centre, *work;
  gmm_stats stats;
  gmm_params params;
  gmm_density density;
} bench;

/* The statistics of the t-th iteration, in the layout of `layout`. */
static void set_stats(bench *b, gmm_layout layout, int t) {
  size_t D = (size_t)b->d, size = gmm_cov_size(layout, b->d);
  gmm_stats_fit(&b->stats, layout, b->d, b->k);
  gmm_stats_clear(&b->stats, b->centre);
  for (int j = 0; j < b->k; j++) {
    const double *end = b->end + D * D * (size_t)j, *begin = b->begin + D * D * (size_t)j;
    double *w = b->stats.scatter + size * (size_t)j, part = pow(RATE, t);
    for (size_t i = 0; i < size; i++) {
      size_t from = layout == GMM_FULL ? i : i * (D + 1);
      w[i] = (1 - part) * end[from] + part * begin[from];
    }
    b->stats.count[j] = 20.0 * b->d;
    *b->stats.n += b->stats.count[j];
  }
}

static double time_mstep(bench *b, const gmm_model *model, int t, double *alone) {
  gmm_spec spec = {.model = model};
  set_stats(b, model->layout, t);
  b->params.layout = b->density.layout = model->layout;
  double begin = now();
  gmm_status status = gmm_mstep(&spec, &b->stats, &b->params, b->work);
  *alone = now() - begin;
  if (status.code == GMM_OK) {
    status = gmm_density_prepare(&b->density, &b->params);
  }
  double end = now();
  if (status.code != GMM_OK) {
    fprintf(stderr, "%s failed\n", model->name);
    exit(1);
  }
  return end - begin;
}

static int by_size(const void *x, const void *y) {
  double a = *(const double *)x, b = *(const double *)y;
  return (a > b) - (a < b);
}

static double median(double *x) {
  qsort(x, ROUNDS, sizeof *x, by_size);
  return x[ROUNDS / 2];
}

int main(int argc, char **argv) {
  bench b = {.d = argc > 1 ? atoi(argv[1]) : 50, .k = argc > 2 ? atoi(argv[2]) : 10};
  size_t D = (size_t)b.d, K = (size_t)b.k;
  b.end = doubles(D * D * K);
  b.begin = doubles(D * D * K);
  for (size_t j = 0; j < K; j++) {
    random_scatter(b.d, b.end + D * D * j);
    random_scatter(b.d, b.begin + D * D * j);
  }
  b.centre = doubles(D * K);
  b.work = doubles(gmm_model_work(gmm_model_find("VVE"), b.d, b.k));
  gmm_arena need = {0};
  for (int carving = 0; carving < 2; carving++) {
    gmm_stats_take(&b.stats, &need, GMM_FULL, b.d, b.k);
    gmm_params_take(&b.params, &need, GMM_FULL, b.d, b.k);
    gmm_density_take(&b.density, &need, GMM_FULL, b.d, b.k);
    if (!carving) {
      need = gmm_arena_over(doubles(gmm_arena_bytes(&need) / sizeof(double) + 1));
    }
  }

  enum { FIRST, NEXT, ALONE, COLUMNS };
  int n_models = gmm_model_count(), reference = n_models - 1;
  double times[COLUMNS][64][ROUNDS], result[COLUMNS][64];
  for (int round = 0; round < ROUNDS; round++) {
    for (int m = 0; m < n_models; m++) {
      double alone;
      gmm_factors_forget(&b.params.factors);
      times[FIRST][m][round] = time_mstep(&b, gmm_model_at(m), 0, &alone);
      times[NEXT][m][round] = times[ALONE][m][round] = 0;
      for (int t = 1; t <= RUN; t++) {
        times[NEXT][m][round] += time_mstep(&b, gmm_model_at(m), t, &alone) / RUN;
        times[ALONE][m][round] += alone / RUN;
      }
    }
  }
  printf("| model | first | next | alone |\n|---|---|---|---|\n");
  for (int m = 0; m < n_models; m++) {
    for (int c = 0; c < COLUMNS; c++) {
      result[c][m] = median(times[c][m]);
    }
  }
  for (int m = 0; m < n_models; m++) {
    if (gmm_model_at(m)->name[1]) {
      printf("| %s |", gmm_model_at(m)->name);
      for (int c = 0; c < COLUMNS; c++) {
        printf(" %.2f |", result[c][m] / result[c][reference]);
      }
      printf("\n");
    }
  }
  printf("\nVVV: %.0f, %.0f and %.0f microseconds.\n", 1e6 * result[FIRST][reference],
         1e6 * result[NEXT][reference], 1e6 * result[ALONE][reference]);
  return 0;
}
