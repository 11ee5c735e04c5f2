/*
 * A test harness of one header, for programs of one file.
 *
 *   int main(void)
 *   {
 *     CHECK(gmm_model_find("VVV") != NULL);
 *     CHECK_NEAR(loglik, -180.185477, 1e-6);
 *     return check_report("model");
 *   }
 *
 * A check that fails is reported with its line and the program goes on;
 * check_report() prints the counts and gives the exit status.
 */
#ifndef GMM_TESTS_CHECK_H
#define GMM_TESTS_CHECK_H

#include <math.h>
#include <stdio.h>

static int check_n_passed = 0;
static int check_n_failed = 0;

static inline void check_count(int ok) {
  if (ok)
    check_n_passed++;
  else
    check_n_failed++;
}

static inline void check_true(int ok, const char *what, const char *file, int line) {
  check_count(ok);
  if (!ok)
    fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
}

static inline void check_near(double a, double b, double tol, const char *what, const char *file,
                              int line) {
  /* Equal infinities are near; the difference of anything with NaN is not. */
  int ok = a == b || fabs(a - b) <= tol;
  check_count(ok);
  if (!ok)
    fprintf(stderr, "%s:%d: failed: %s: %.17g and %.17g differ by %.3g\n", file, line, what, a, b,
            fabs(a - b));
}

static inline int check_report(const char *name) {
  printf("%s: %d passed, %d failed\n", name, check_n_passed, check_n_failed);
  /* The leak check runs after this and may end the program without flushing. */
  fflush(stdout);
  return check_n_failed > 0;
}

/* The condition holds. */
#define CHECK(cond) check_true(!!(cond), #cond, __FILE__, __LINE__)

/* a and b differ by at most tol, in absolute terms. */
#define CHECK_NEAR(a, b, tol) check_near((a), (b), (tol), #a " near " #b, __FILE__, __LINE__)

#endif
