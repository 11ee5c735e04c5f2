#include "parallel.h"

#ifdef _OPENMP
#include <omp.h>
#endif
#ifndef _WIN32
#include <unistd.h>
#endif

/* Less work than this for each is done before a second thread has woken up: a few tenths
 * of a millisecond. */
#define WORTH_A_THREAD 4e6

/* One round: the n parts from `first` on. */
static void run_round(const gmm_loop *loop, size_t first, int n) {
#ifdef _OPENMP
  int threads = loop->threads < n ? loop->threads : n;
  if (threads > 1) {
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (int slot = 0; slot < n; slot++) {
      loop->item(loop->self, first + (size_t)slot, slot, omp_get_thread_num());
    }
    return;
  }
#endif
  for (int slot = 0; slot < n; slot++) {
    loop->item(loop->self, first + (size_t)slot, slot, 0);
  }
}

gmm_status gmm_parallel_run(const gmm_loop *loop, gmm_poll *poll) {
  for (size_t first = 0; first < loop->n_items; first += (size_t)loop->slots) {
    size_t left = loop->n_items - first;
    int n = left < (size_t)loop->slots ? (int)left : loop->slots;
    run_round(loop, first, n);
    for (int slot = 0; slot < n && loop->gather; slot++) {
      loop->gather(loop->self, slot);
    }
    if (gmm_poll_stop(poll, loop->work * n)) {
      return gmm_fail(GMM_EINTERRUPT, -1);
    }
  }
  return gmm_ok();
}

int gmm_parallel_threads(int threads, size_t n_items, double work) {
  double worth = work * (double)n_items / WORTH_A_THREAD;
  if (worth < threads) {
    threads = worth < 1 ? 1 : (int)worth;
  }
  return n_items < (size_t)threads ? (n_items > 0 ? (int)n_items : 1) : threads;
}

/* The process that loaded the package; 0: it was not told. */
static long home;

static long process(void) {
#ifdef _WIN32
  return 0;
#else
  return (long)getpid();
#endif
}

void gmm_threads_init(void) {
  home = process();
}

int gmm_threads_forked(void) {
  return home != 0 && home != process();
}

int gmm_threads_openmp(void) {
#ifdef _OPENMP
  return 1;
#else
  return 0;
#endif
}

int gmm_threads_processors(void) {
#ifdef _OPENMP
  return omp_get_num_procs();
#else
  return 1;
#endif
}

int gmm_threads_max(void) {
#ifdef _OPENMP
  if (!gmm_threads_forked()) {
    int threads = omp_get_max_threads(), limit = omp_get_thread_limit();
    return threads < limit ? threads : limit;
  }
#endif
  return 1;
}

int gmm_threads_allowed(int wanted) {
  int most = gmm_threads_max();
  return wanted > 0 && wanted < most ? wanted : most;
}
