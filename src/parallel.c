#include "parallel.h"

#ifdef _OPENMP
#include <math.h>
#include <omp.h>
#endif
#ifdef _WIN32
#include <windows.h>
#else
#include <time.h>
#include <unistd.h>
#endif

/* A share of what the first n slots hold. */
static void gather_share(const gmm_loop *loop, int n, int share, int shares) {
  for (int slot = 0; slot < n && loop->gather; slot++) {
    loop->gather(loop->self, slot, share, shares);
  }
}

#ifdef _OPENMP
/* A round that takes so many times longer than one thread would is a failure. */
#define TOO_SLOW 1.5

#define MOST_ALONE 256

/* Where the list of a thread begins, and that of the one before it ends: lists of n parts
 * are of even length, or nearly. */
static int list_begin(int n, int list, int team) {
  return (int)((long long)n * list / team);
}

/* The next part of a list that none has taken, -1 if there is none. */
static int next_in_list(int *taken, int n, int list, int team) {
  int at;
#pragma omp atomic capture
  at = (*taken)++;
  at += list_begin(n, list, team);
  return at < list_begin(n, list + 1, team) ? at : -1;
}

static void nap(void) {
#ifdef _WIN32
  Sleep(10);
#else
  struct timespec wanted = {0, 10000000};
  nanosleep(&wanted, NULL);
#endif
}

/* Until as many threads are done as there are. */
static void wait_awake(const gmm_loop *loop, int *done, int team) {
  int seen = 0;
  while (seen < team) {
    nap();
    loop->idle(loop->self);
#pragma omp atomic read
    seen = *done;
  }
}

/*
 * The n parts from `first` on, by several threads, and then their shares of the results;
 * returns the seconds that the parts took, as a multiple of what one thread would have taken,
 * going by the quickest whole part.
 *
 * Each thread has a list, parts in a row, and helps with the others' when it is done. So
 * the same rows come to the same processor every time, as long as its cache holds them,
 * what is written beside them stays with it, and a slow one is not waited for.
 */
static double run_together(const gmm_loop *loop, size_t first, int n, int threads) {
  int taken[GMM_MOST_THREADS] = {0}, done = 0;
  double start = omp_get_wtime(), quickest = HUGE_VAL, end = 0;
#pragma omp parallel num_threads(threads) reduction(min : quickest)
  {
    int me = omp_get_thread_num(), team = omp_get_num_threads();
    for (int other = 0; other < team; other++) {
      int list = (me + other) % team, slot;
      while ((slot = next_in_list(&taken[list], n, list, team)) >= 0) {
        double begin = omp_get_wtime();
        loop->item(loop->self, first + (size_t)slot, slot, me);
        double took = omp_get_wtime() - begin;
        /* The last part of all may be a small one. */
        int whole = first + (size_t)slot + 1 < loop->n_items;
        quickest = whole && took < quickest ? took : quickest;
      }
    }
    int before;
#pragma omp atomic capture
    before = done++;
    if (me == 0 && before + 1 < team && loop->idle) {
      wait_awake(loop, &done, team);
    }
#pragma omp barrier
    if (me == 0) {
      end = omp_get_wtime();
    }
    gather_share(loop, n, me, team);
  }
  return (end - start) / (quickest * n);
}

static void learn_pace(gmm_pace *pace, double slower) {
  if (slower <= TOO_SLOW) {
    pace->last /= 2;
    return;
  }
  pace->last = pace->last < MOST_ALONE / 2 ? 2 * pace->last + 2 : MOST_ALONE;
  pace->alone = pace->last;
}
#endif

/* One round: the n parts from `first` on, and what comes of them. */
static void run_round(const gmm_loop *loop, size_t first, int n, gmm_pace *pace) {
#ifdef _OPENMP
  int threads = loop->threads < n ? loop->threads : n;
  threads = threads < GMM_MOST_THREADS ? threads : GMM_MOST_THREADS;
  if (threads > 1 && pace->alone == 0) {
    learn_pace(pace, run_together(loop, first, n, threads));
    return;
  }
  pace->alone -= pace->alone > 0;
#else
  (void)pace;
#endif
  for (int slot = 0; slot < n; slot++) {
    loop->item(loop->self, first + (size_t)slot, slot, 0);
  }
  gather_share(loop, n, 0, 1);
}

gmm_status gmm_parallel_run(const gmm_loop *loop, gmm_poll *poll) {
  gmm_pace own = {0, 0}, *pace = loop->pace ? loop->pace : &own;
  for (size_t first = 0; first < loop->n_items; first += (size_t)loop->slots) {
    size_t left = loop->n_items - first;
    int n = left < (size_t)loop->slots ? (int)left : loop->slots;
    run_round(loop, first, n, pace);
    if (gmm_poll_stop(poll, loop->work * n)) {
      return gmm_fail(GMM_EINTERRUPT, -1);
    }
  }
  return gmm_ok();
}

int gmm_parallel_threads(int threads, size_t n_items, double work) {
  double worth = work * (double)n_items / GMM_WORTH_A_THREAD;
  if (worth < threads) {
    threads = worth < 1 ? 1 : (int)worth;
  }
  return n_items < (size_t)threads ? (n_items > 0 ? (int)n_items : 1) : threads;
}

void gmm_stop_raise(gmm_stop *stop) {
#ifdef _OPENMP
#pragma omp atomic write
#endif
  stop->raised = 1;
}

int gmm_stop_raised(gmm_stop *stop) {
  int raised;
#ifdef _OPENMP
#pragma omp atomic read
#endif
  raised = stop->raised;
  return raised;
}

/* The process that loaded the package; 0: it was not told; CHILD: none that had threads. */
#define CHILD -1
static long home;

static long process(void) {
#ifdef _WIN32
  return 0;
#else
  return (long)getpid();
#endif
}

void gmm_threads_init(int child) {
  home = child ? CHILD : process();
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

double gmm_threads_clock(void) {
#ifdef _WIN32
  return (double)GetTickCount64() / 1e3;
#else
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
#endif
}

int gmm_threads_max(void) {
#ifdef _OPENMP
  if (!gmm_threads_forked()) {
    int threads = omp_get_max_threads(), limit = omp_get_thread_limit();
    int processors = omp_get_num_procs();
    threads = threads < limit ? threads : limit;
    return threads < processors ? threads : processors;
  }
#endif
  return 1;
}

int gmm_threads_allowed(int wanted) {
  int most = gmm_threads_max();
  return wanted > 0 && wanted < most ? wanted : most;
}
