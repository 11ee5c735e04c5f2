/*
 * Loops over parts of the work on several threads, by OpenMP where there is it: the only
 * file that has its pragmas.
 *
 * Which part is done by which thread is left to chance, what comes of it is not: parts do
 * not depend on the number of threads, each leaves its result in a slot, and slots are
 * gathered in the order of the parts: each number of a result by one thread, which one does
 * not matter. So the same bits come out of any number of threads.
 */
#ifndef GMM_PARALLEL_H
#define GMM_PARALLEL_H

#include "gmm.h"

/*
 * Whether threads are worth it, learnt as one goes along: zero it to begin with.
 *
 * Threads that are done wait for the others, awake. Where other programs want the
 * processors, one of them may have been put aside meanwhile, and what should take a moment
 * takes as long as that. A round that took longer than one thread would have is followed
 * by some that are done alone, more of them each time. Results do not depend on it.
 *
 *   alone  rounds to be done by one thread
 *   last   how many they were the last time
 */
typedef struct gmm_pace {
  int alone, last;
} gmm_pace;

/*
 *   n_items  parts, from 0
 *   threads  at most
 *   slots    results that are held at once, at least 1
 *   work     of one part, in the unit of gmm_poll
 *   item     does one part, on thread `thread` < threads, into slot `slot` < slots
 *   gather   takes share `share` < shares of a slot's result: each share gets all slots, in
 *            the order of the parts. Several threads call it at a time, each with its share: it
 *            may write what belongs to that, and nothing else. NULL: there is none
 *   self     handed on to all
 *   pace     (in/out) of loops like this; NULL: of this one alone
 *   idle     called on the main thread, a hundred times a second, while it waits for others
 *            that have something to do; NULL: it just waits
 */
typedef struct gmm_loop {
  size_t n_items;
  int threads, slots;
  double work;
  void (*item)(void *self, size_t i, int slot, int thread);
  void (*gather)(void *self, int slot, int share, int shares);
  void *self;
  gmm_pace *pace;
  void (*idle)(void *self);
} gmm_loop;

/*
 * Runs a loop, and asks whether to stop between rounds of `slots` parts, when no other
 * thread works. Returns GMM_EINTERRUPT if so.
 */
gmm_status gmm_parallel_run(const gmm_loop *loop, gmm_poll *poll);

/*
 * A wish that one thread has and all are to know of: to stop. Zero it to begin with.
 */
typedef struct gmm_stop {
  int raised;
} gmm_stop;

void gmm_stop_raise(gmm_stop *stop);
int gmm_stop_raised(gmm_stop *stop);

/* More are not started. */
#define GMM_MOST_THREADS 256

/* Less work than this for each is done before a second thread has woken up: a few tenths of
 * a millisecond. Tests want threads for less. */
#ifndef GMM_WORTH_A_THREAD
#define GMM_WORTH_A_THREAD 4e6
#endif

/* How many of `threads` are worth their while for n_items parts of this much work. */
int gmm_parallel_threads(int threads, size_t n_items, double work);

/*
 * What there is, and what was asked for.
 *
 *   max         threads that are used at most: one a processor, unless OMP_NUM_THREADS
 *               or OMP_THREAD_LIMIT say less; 1 without OpenMP, and in a forked child, where
 *               the parent's threads are gone and OpenMP may wait for them forever
 *   allowed     `wanted`, but not more than max; 0: max
 *   openmp      whether this was compiled with it
 *   processors  of this process
 *   clock       seconds since some time
 *   forked      whether this is a child of the process that called gmm_threads_init(), or
 *               was a child then: `child`, which only the caller can know
 */
void gmm_threads_init(int child);
int gmm_threads_max(void);
int gmm_threads_allowed(int wanted);
int gmm_threads_openmp(void);
int gmm_threads_processors(void);
int gmm_threads_forked(void);
double gmm_threads_clock(void);

#endif
