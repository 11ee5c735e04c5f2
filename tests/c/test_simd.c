/*
 * Instruction sets, and exp and log of their vectors: within 2 units in the last place of
 * long double over the whole range, with subnormal arguments and results, on both sides of
 * overflow and underflow, where the argument is reduced by one or by the next multiple of
 * log 2, and where logarithms cancel; the limits at 0, infinity and what is no number; any
 * number of arguments, and nothing touched beyond them.
 *
 * Prints the largest errors that were found.
 */
#include "simd.h"

#include <float.h>

#include "helpers.h"

/* Units in the last place. */
#define MOST_ULP 2

typedef void function(size_t n, const double *x, double *y);
typedef long double reference(long double x);

/* The error of y in units of the last place that a double near `want` has. */
static double ulps(double y, long double want) {
  /* Beyond this, doubles are rounded to infinity. */
  const long double overflow = 0x1.fffffffffffff8p+1023L;
  if (isnan(want)) {
    return isnan(y) ? 0 : INFINITY;
  }
  if (fabsl(want) >= overflow) {
    return y == copysign(INFINITY, (double)want) ? 0 : INFINITY;
  }
  int e = want == 0 ? -1022 : ilogbl(want);
  double unit = ldexp(1, (e < -1022 ? -1022 : e) - 52);
  return error_in(y, want, unit);
}

/* Arguments are gathered until there are enough to work on. */
enum { BATCH = 1000 };

typedef struct sweep {
  function *f;
  reference *want;
  double x[BATCH], worst, worst_at;
  int n;
} sweep;

static void flush(sweep *s) {
  double y[BATCH];
  s->f((size_t)s->n, s->x, y);
  for (int i = 0; i < s->n; i++) {
    double error = ulps(y[i], s->want(s->x[i]));
    if (error > s->worst) {
      s->worst = error;
      s->worst_at = s->x[i];
    }
  }
  s->n = 0;
}

static void try(sweep *s, double x) {
  s->x[s->n++] = x;
  if (s->n == BATCH) {
    flush(s);
  }
}

/* A number and those next to it. */
static void try_about(sweep *s, double x) {
  double below = x, above = x;
  try(s, x);
  for (int i = 0; i < 4; i++) {
    below = nextafter(below, -INFINITY);
    above = nextafter(above, INFINITY);
    try(s, below);
    try(s, above);
  }
}

static void finish(sweep *s, const char *level, const char *name) {
  flush(s);
  printf("# %s: %s within %.3f ulp, the most at %.17g\n", level, name, s->worst, s->worst_at);
  CHECK(s->worst <= MOST_ULP);
}

static void test_exp(const gmm_kernels *kernels, const char *level) {
  test_rng rng = {1, 0};
  sweep s = {.f = kernels->exp, .want = expl};
  for (int i = 0; i < 200000; i++) {
    try(&s, -750 + 1465 * uniform(&rng));
    try(&s, 2 * uniform(&rng) - 1);
  }
  /* Every size of argument, down to the subnormal ones. */
  for (int e = -1074; e < 1024; e++) {
    for (int i = 0; i < 20; i++) {
      double x = ldexp(1 + uniform(&rng), e);
      try(&s, x);
      try(&s, -x);
    }
  }
  /* As far from one multiple of log 2 as from the next, and at them. */
  for (int n = -1080; n <= 1030; n++) {
    try_about(&s, (double)((n + 0.5L) * 0xb.17217f7d1cf79acp-4L));
    try_about(&s, (double)(n * 0xb.17217f7d1cf79acp-4L));
  }
  /* Results about the largest double, the least normal one, the least, and half of it. */
  const long double ends[] = {DBL_MAX, DBL_MIN, 0x1p-1074L, 0x1p-1075L};
  for (int i = 0; i < 4; i++) {
    try_about(&s, (double)logl(ends[i]));
    for (int l = -1000; l <= 1000; l++) {
      try(&s, (double)logl(ends[i]) + l * 1e-3);
    }
  }
  double others[] = {0, -0.0, 1, -1, 600, -600, 710, -746, DBL_MAX, -DBL_MAX, INFINITY, -INFINITY};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    try_about(&s, others[i]);
  }
  finish(&s, level, "exp");
}

static void test_log(const gmm_kernels *kernels, const char *level) {
  test_rng rng = {2, 0};
  sweep s = {.f = kernels->log, .want = logl};
  for (int e = -1074; e < 1024; e++) {
    for (int i = 0; i < 100; i++) {
      try(&s, ldexp(1 + uniform(&rng), e));
    }
    try_about(&s, ldexp(1, e));
  }
  /* Near 1 it has the digits of x - 1; about the square roots of 2 and 1/2, another power of
   * 2 is taken out. */
  for (int i = 0; i < 200000; i++) {
    try(&s, 0.5 + 1.5 * uniform(&rng));
    try(&s, 1 + (uniform(&rng) - 0.5) * ldexp(1, -(i % 53)));
  }
  const double turns[] = {1, 0x1.6a09e667f3bcdp-1, 0x1.6a09e667f3bcdp+0, DBL_MIN, DBL_MAX};
  for (int i = 0; i < 5; i++) {
    double above = turns[i], below = turns[i];
    for (int l = 0; l < 1000; l++) {
      try(&s, above);
      try(&s, below);
      above = nextafter(above, INFINITY);
      below = nextafter(below, 0);
    }
  }
  finish(&s, level, "log");
}

/* NaN with any payload: the one of R's NA among them. */
static double nan_of(uint64_t payload, int negative) {
  uint64_t bits = 0x7ff8000000000000u | payload | (uint64_t)negative << 63;
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* In each lane, and without an effect on the others. */
static void check_limit(function *f, double x, double want, double one) {
  enum { N = 9 };
  int right = 1;
  for (int at = 0; at < N; at++) {
    double arguments[N], y[N];
    for (int i = 0; i < N; i++) {
      arguments[i] = i == at ? x : 1;
    }
    f(N, arguments, y);
    for (int i = 0; i < N; i++) {
      double is = i == at ? want : one;
      right &= isnan(is) ? isnan(y[i]) : y[i] == is;
    }
  }
  CHECK(right);
}

static void test_limits(const gmm_kernels *kernels) {
  double one = 1, e, zero;
  kernels->exp(1, &one, &e);
  kernels->log(1, &one, &zero);
  CHECK(zero == 0);
  check_limit(kernels->exp, 0, 1, e);
  check_limit(kernels->exp, -0.0, 1, e);
  check_limit(kernels->exp, INFINITY, INFINITY, e);
  check_limit(kernels->exp, -INFINITY, 0, e);
  check_limit(kernels->exp, 1e300, INFINITY, e);
  check_limit(kernels->exp, -1e300, 0, e);
  check_limit(kernels->log, 0, -INFINITY, 0);
  check_limit(kernels->log, -0.0, -INFINITY, 0);
  check_limit(kernels->log, INFINITY, INFINITY, 0);
  check_limit(kernels->log, -INFINITY, NAN, 0);
  check_limit(kernels->log, -1, NAN, 0);
  check_limit(kernels->log, -0x1p-1074, NAN, 0);
  for (int negative = 0; negative < 2; negative++) {
    for (uint64_t payload = 0; payload < 5000; payload += payload < 10 ? 1 : 499) {
      check_limit(kernels->exp, nan_of(payload, negative), NAN, e);
      check_limit(kernels->log, nan_of(payload, negative), NAN, 0);
    }
    check_limit(kernels->exp, nan_of(1954, negative), NAN, e);
  }
}

/* The same numbers whatever their count, and wherever they start. */
static void test_counts(function *f) {
  enum { MOST = 20 };
  double x[MOST + 1], all[MOST];
  for (int i = 0; i <= MOST; i++) {
    x[i] = 0.3 + 0.7 * i;
  }
  f(MOST, x, all);
  int same = 1, untouched = 1;
  for (size_t n = 0; n <= MOST; n++) {
    /* No longer than needed, for the sanitizer. */
    double *from = copy_of(x, n), *to = doubles(n), y[MOST + 1];
    f(n, from, to);
    same &= same_bits(to, all, n);
    y[n] = -7;
    f(n, from, y);
    same &= same_bits(y, all, n);
    untouched &= y[n] == -7;
    /* In place. */
    f(n, from, from);
    same &= same_bits(from, all, n);
    if (n < MOST) {
      f(n, x + 1, y);
      same &= n == 0 || same_bits(y, all + 1, n);
    }
    free(from);
    free(to);
  }
  CHECK(same);
  CHECK(untouched);
}

static void test_levels(void) {
  gmm_simd widest = gmm_simd_widest();
  CHECK(gmm_simd_available(GMM_SIMD_BASELINE));
  CHECK(gmm_simd_available(widest));
  CHECK(!gmm_simd_available(GMM_SIMD_LEVELS));
  CHECK(!gmm_simd_available(-1));
  for (gmm_simd level = GMM_SIMD_BASELINE; level < GMM_SIMD_LEVELS; level++) {
    const gmm_kernels *kernels = gmm_simd_kernels(level);
    int lanes = gmm_simd_lanes(level);
    CHECK(strlen(gmm_simd_name(level)) > 0);
    for (gmm_simd other = GMM_SIMD_BASELINE; other < level; other++) {
      CHECK(strcmp(gmm_simd_name(level), gmm_simd_name(other)) != 0);
    }
    CHECK(level <= widest || !gmm_simd_available(level));
    CHECK(kernels ? lanes == kernels->lanes && lanes > 0 && GMM_ROUND % lanes == 0 : lanes == 0);
    CHECK(!gmm_simd_available(level) || lanes > 0);
    CHECK(!kernels || level == GMM_SIMD_BASELINE || lanes >= gmm_simd_lanes(level - 1));
  }
}

int main(void) {
  test_levels();
  for (gmm_simd level = GMM_SIMD_BASELINE; level < GMM_SIMD_LEVELS; level = next_level(level)) {
    const gmm_kernels *kernels = gmm_simd_kernels(level);
    test_exp(kernels, gmm_simd_name(level));
    test_log(kernels, gmm_simd_name(level));
    test_limits(kernels);
    test_counts(kernels->exp);
    test_counts(kernels->log);
  }
  return check_report("simd");
}
