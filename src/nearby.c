#include "nearby.h"

#include <math.h>
#include <string.h>

#define MOST_COPIES 32

void gmm_nearby_take(gmm_nearby *nearby, gmm_arena *arena, int d, int most) {
  *nearby = (gmm_nearby){.most = most};
  nearby->row = gmm_arena_take(arena, (size_t)most, sizeof(size_t));
  nearby->square = gmm_arena_doubles(arena, (size_t)most);
  nearby->x = gmm_arena_doubles(arena, (size_t)d);
  nearby->change = gmm_arena_doubles(arena, (size_t)d);
}

/* Row i at its place, if it is nearer than the last or there is room. */
static void let_in(gmm_nearby *nearby, int most, size_t i, double square) {
  int at = nearby->n < most ? nearby->n++ : most;
  for (; at > 0 && nearby->square[at - 1] > square; at--) {
    if (at < most) {
      nearby->square[at] = nearby->square[at - 1];
      nearby->row[at] = nearby->row[at - 1];
    }
  }
  if (at < most) {
    nearby->square[at] = square;
    nearby->row[at] = i;
  }
}

/* How many are let in of the rows for which one stands: each is looked at if they are not many,
 * and counted as one if they are. */
static int draw_copies(double weight, double share, gmm_random *random) {
  if (weight > MOST_COPIES) {
    return random->uniform(random->self) < -expm1(weight * log1p(-share));
  }
  int copies = 0;
  for (; weight > 0; weight--) {
    copies += random->uniform(random->self) < share * fmin(weight, 1);
  }
  return copies;
}

gmm_status gmm_nearby_draw(gmm_nearby *nearby, const gmm_rows *rows, const gmm_density *density,
                           int j, const double *centre, int most, double share,
                           gmm_random *random) {
  double work = 20 + (double)gmm_cov_size(density->layout, rows->d);
  nearby->n = 0;
  for (size_t i = 0; i < rows->n; i++) {
    int copies = draw_copies(gmm_rows_weight(rows, i), share, random);
    if (copies > 0) {
      gmm_rows_row(rows, i, nearby->x);
      for (int a = 0; a < rows->d; a++) {
        nearby->change[a] = nearby->x[a] - centre[a];
      }
      double square = gmm_density_square(density, j, nearby->change);
      for (int c = 0; c < copies && c < most; c++) {
        let_in(nearby, most, i, square);
      }
    }
    if (gmm_poll_stop(rows->engine->poll, work)) {
      return gmm_fail(GMM_EINTERRUPT, -1);
    }
  }
  nearby->mass = 0;
  for (int f = 0; f < nearby->n; f++) {
    double weight = gmm_rows_weight(rows, nearby->row[f]);
    nearby->mass += weight > MOST_COPIES ? weight : 1;
  }
  return gmm_ok();
}

void gmm_nearby_moments(const gmm_nearby *nearby, const gmm_rows *rows, gmm_layout layout,
                        double *mean, double *covariance) {
  size_t D = (size_t)rows->d;
  double *x = nearby->x;
  memset(mean, 0, D * sizeof(double));
  memset(covariance, 0, gmm_cov_size(layout, rows->d) * sizeof(double));
  for (int i = 0; i < nearby->n; i++) {
    gmm_rows_row(rows, nearby->row[i], x);
    for (size_t a = 0; a < D; a++) {
      mean[a] += x[a] / nearby->n;
    }
  }
  for (int i = 0; i < nearby->n; i++) {
    gmm_rows_row(rows, nearby->row[i], x);
    for (size_t b = 0; b < D; b++) {
      if (layout == GMM_DIAGONAL) {
        covariance[b] += (x[b] - mean[b]) * (x[b] - mean[b]) / nearby->n;
      } else {
        for (size_t a = b; a < D; a++) {
          covariance[a + D * b] += (x[a] - mean[a]) * (x[b] - mean[b]) / nearby->n;
        }
      }
    }
  }
}
