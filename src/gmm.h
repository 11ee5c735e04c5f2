/*
 * The vocabulary of the core: status codes and the symbols that every file
 * uses. The core is plain C11 on double*, int and size_t; it knows nothing of
 * R, owns no heap and prints nothing.
 *
 *   n  rows                     i, and t within a block of rows
 *   d  variables                a, b
 *   k  components               j
 *   x      n x d   data, column-major as R has them: x[i + n a]
 *   r      n x k   responsibilities, column-major: r[i + n j]
 *   pi     k       mixing proportions
 *   mu     d x k   means, one component contiguous: mu[a + d j]
 *   sigma  covariances, one component contiguous, in one of two layouts:
 *          GMM_FULL      d x d x k, lower triangles: sigma[a + d b + d d j]
 *          GMM_DIAGONAL  d x k, variances only:      sigma[a + d j]
 *
 * Working coordinates. All numbers inside the EM loop are in coordinates that
 * are centred and scaled by powers of two (frame.h), so that neither the
 * origin nor the unit of a variable matters.
 *
 * One direction of dependence, who calls to the left:
 *
 *   fit, and select for a grid of fits -> sample
 *   select -> parallel: cells on threads, each with a stream of random numbers
 *   fit, select
 *       -> search -> kmeans -> rows
 *                 -> start  -> rows, mstep
 *                 -> moves: from the best so far, and from the elite, elsewhere, to one
 *                    component more or fewer; nearby: to rows near each other
 *                 -> em     -> source: statistics at given parameters
 *                           -> mstep -> model -> cov_*: covariances from
 *                                                scatter matrices -> volumes
 *                           -> squarem: leaps beyond where steps lead
 *                           -> prior
 *                 -> proper
 *   rows, which is a source -> parallel: chunks of rows on threads
 *                           -> estep -> missing: what values there say of those missing
 *                                    -> kernel: blocks of rows, by the table of an
 *                                       instruction set, which simd has chosen
 *   fit, select -> whole: all rows as one component, which fills in starts -> em
 *
 * steps is asked by the glue before a fit; what it finds is part of the data, for proper.
 *
 * Used all over: data (the rows, and what is known of them), params, density and stats (what is
 * passed around), frame (working coordinates), engine (instructions and threads), linalg, columns,
 * arena.
 */
#ifndef GMM_H
#define GMM_H

#include <stddef.h>

typedef enum gmm_code {
  GMM_OK = 0,
  /* A component's responsibilities sum to nothing. */
  GMM_EEMPTY,
  /* A component's covariance is singular: it collapsed. */
  GMM_ESINGULAR,
  /* A component holds too few rows to have a covariance of its own. */
  GMM_ESMALL,
  /* A component is far tighter than another or than the data: spurious. */
  GMM_ESPURIOUS,
  /* A component is tighter than the rounding of the values allows. */
  GMM_EROUNDED,
  /* A density or log-likelihood is not finite. */
  GMM_ENONFINITE,
  /* Fewer distinct rows than components. */
  GMM_EDISTINCT,
  /* A variable is constant; the index is the variable's. */
  GMM_ECONSTANT,
  /* A variable is a linear combination of those before it. */
  GMM_ECOLLINEAR,
  /* The caller asked to stop. */
  GMM_EINTERRUPT
} gmm_code;

/* What went wrong, and with which component or variable (-1: none). */
typedef struct gmm_status {
  gmm_code code;
  int index;
} gmm_status;

static inline gmm_status gmm_ok(void) {
  return (gmm_status){GMM_OK, -1};
}

static inline gmm_status gmm_fail(gmm_code code, int index) {
  return (gmm_status){code, index};
}

/* Which entries of a covariance are used: all, or the variances. */
typedef enum gmm_layout { GMM_DIAGONAL, GMM_FULL } gmm_layout;

/* Doubles that one component's covariance, or scatter, takes. */
static inline size_t gmm_cov_size(gmm_layout layout, int d) {
  return layout == GMM_FULL ? (size_t)d * (size_t)d : (size_t)d;
}

/* Where the variance of variable a stands among them. */
static inline size_t gmm_cov_diagonal(gmm_layout layout, int d, int a) {
  return layout == GMM_FULL ? (size_t)a * ((size_t)d + 1) : (size_t)a;
}

/*
 * The caller's ears: `poll` returns nonzero when the work should stop, or jumps
 * out of the core, which holds nothing that would leak, if no other thread works. It is
 * called on the main thread, and of one fit while no other works; of a grid of fits (select.c)
 * others do, and may not be left: there `poll` returns. Passes over the rows call it after each
 * round of chunks (rows.c), which is a few hundredths of a second unless 64 rows take longer, and
 * M-steps that search once per GMM_POLL_WORK units of work (about a multiply-add each). Otherwise
 * there is, between passes, only the work of a few times k factorisations of d x d matrices.
 */
#define GMM_POLL_WORK 5e7

typedef struct gmm_poll {
  int (*poll)(void *self);
  void *self;
  double work;
} gmm_poll;

/* Reports `work` done; nonzero when the caller wants to stop. */
static inline int gmm_poll_stop(gmm_poll *p, double work) {
  p->work += work;
  if (p->work < GMM_POLL_WORK) {
    return 0;
  }
  p->work = 0;
  return p->poll ? p->poll(p->self) : 0;
}

/*
 * What an M-step that iterates goes on from: factors of sigma_j = lambda_j D_j A_j D_j'
 * as the last one left them. That way it cannot lose what was reached.
 *
 *   volumes_known, axes_known
 *                nonzero: they are those of the last M-step, or of a mixture that this one was
 *                made from
 *   settled      nonzero: it came to its end
 *   volume       k      log lambda_j, up to a constant that all share
 *   orientation  d x d  D, columns orthonormal; none in the layout GMM_DIAGONAL
 *
 * How it works is for the caller to say:
 *
 *   exact        nonzero: search the orientation to the end. EM comes back, and is
 *                served as well by a few steps, which are as sure to gain.
 *                Volumes are always found to the end.
 *   poll         whom to ask whether to stop; NULL: nobody
 */
typedef struct gmm_factors {
  int volumes_known, axes_known, settled, exact;
  double *volume, *orientation;
  gmm_poll *poll;
} gmm_factors;

/* Parameters of a mixture; shapes as above. `noise` is the proportion of noise (data.h), which is
 * no component: with it proportions sum to 1. */
typedef struct gmm_params {
  gmm_layout layout;
  int d, k;
  double *pi, *mu, *sigma, noise;
  gmm_factors factors;
} gmm_params;

/* The caller's random numbers, uniform on (0, 1). */
typedef struct gmm_random {
  double (*uniform)(void *self);
  void *self;
} gmm_random;

#endif
