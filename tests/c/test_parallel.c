/*
 * Loops over parts of the work: each part is done once, by a thread and into a slot that
 * there are, gathered in order; a caller that wants to stop is asked between rounds; how
 * many threads are worth their while, and are allowed; none but its own in a forked child.
 */
#include "parallel.h"

#include "helpers.h"

#ifndef _WIN32
#include <sys/wait.h>
#include <unistd.h>
#endif

enum { MOST_ITEMS = 1000, MOST_SLOTS = 64, MOST_THREADS = 8, NUMBERS = 13 };

/* What was done, each by the one thread that did it; a result has several numbers, each of
 * which is gathered by one thread. */
typedef struct record {
  const gmm_loop *loop;
  int done[MOST_ITEMS], out_of_range;
  volatile int busy[MOST_THREADS];
  size_t held[MOST_SLOTS], n_gathered[NUMBERS];
  int out_of_order[NUMBERS];
} record;

static void item(void *self, size_t i, int slot, int thread) {
  record *r = self;
  int slots = r->loop->slots, threads = r->loop->threads;
  if (i >= r->loop->n_items || slot < 0 || slot >= slots || thread < 0 || thread >= threads) {
    r->out_of_range = 1;
    return;
  }
  /* Threads of the same number would work in the same memory. */
  if (r->busy[thread]++ != 0) {
    r->out_of_range = 1;
  }
  r->done[i]++;
  r->held[slot] = i;
  r->busy[thread]--;
}

static void gather(void *self, int slot, int share, int shares) {
  record *r = self;
  for (int i = NUMBERS * share / shares; i < NUMBERS * (share + 1) / shares; i++) {
    r->out_of_order[i] |= r->held[slot] != r->n_gathered[i];
    r->n_gathered[i]++;
  }
}

/* Whether the results of the first n parts were gathered, in their order. */
static int is_gathered(const record *r, size_t n) {
  int all = 1;
  for (int i = 0; i < NUMBERS; i++) {
    all &= r->n_gathered[i] == n && !r->out_of_order[i];
  }
  return all;
}

static void check_run(size_t n_items, int threads, int slots) {
  gmm_loop loop = {n_items, threads, slots, 10, item, gather, NULL, NULL, NULL};
  record r = {.loop = &loop};
  gmm_poll poll = poll_never();
  loop.self = &r;
  CHECK(gmm_parallel_run(&loop, &poll).code == GMM_OK);
  int once = 1;
  for (size_t i = 0; i < MOST_ITEMS; i++) {
    once &= r.done[i] == (i < n_items);
  }
  CHECK(once);
  CHECK(!r.out_of_range);
  CHECK(is_gathered(&r, n_items));
  CHECK_NEAR(poll.work - POLL_START, 10.0 * (double)n_items, 0);

  /* There may be nothing to gather. */
  loop.gather = NULL;
  CHECK(gmm_parallel_run(&loop, &poll).code == GMM_OK);
  CHECK(n_items == 0 || r.done[n_items - 1] == 2);
}

static void test_run(void) {
  const size_t counts[] = {0, 1, 2, 3, 7, 8, 9, 64, 65, MOST_ITEMS};
  const int slots[] = {1, 2, 3, 8, MOST_SLOTS};
  for (int i = 0; i < 10; i++) {
    for (int t = 0; t < N_THREADS; t++) {
      for (int s = 0; s < 5; s++) {
        check_run(counts[i], some_threads[t], slots[s]);
      }
    }
  }
}

/* Takes its time, so that others are at work meanwhile. */
static void slow_item(void *self, size_t i, int slot, int thread) {
  record *r = self;
  if (r->busy[thread]++ != 0) {
    r->out_of_range = 1;
  }
  for (volatile int spin = 0; spin < 200000; spin++) {
  }
  r->done[i]++;
  r->held[slot] = i;
  r->busy[thread]--;
}

/* No two threads have the same number at a time. */
static void test_numbers(void) {
  gmm_loop loop = {64, 4, 32, 1, slow_item, gather, NULL, NULL, NULL};
  record r = {.loop = &loop};
  gmm_poll poll = poll_never();
  loop.self = &r;
  CHECK(gmm_parallel_run(&loop, &poll).code == GMM_OK);
  CHECK(!r.out_of_range);
  CHECK(is_gathered(&r, 64));
}

/* Rounds that are to be done alone are, and are counted down; what comes of it is the same. */
static void test_pace(void) {
  gmm_pace pace = {.alone = 3, .last = 3};
  gmm_loop loop = {60, 4, 20, 1, slow_item, gather, NULL, &pace, NULL};
  record r = {.loop = &loop};
  gmm_poll poll = poll_never();
  loop.self = &r;
  /* A thread of another number would leave a mark. */
  for (int thread = 1; thread < MOST_THREADS; thread++) {
    r.busy[thread] = 1;
  }
  CHECK(gmm_parallel_run(&loop, &poll).code == GMM_OK);
  CHECK(!r.out_of_range);
  CHECK(is_gathered(&r, 60));
  CHECK(!gmm_threads_openmp() || pace.alone == 0);
}

/* Asked after each round: what is done until then is whole rounds. */
static void test_stop(void) {
  for (int t = 0; t < N_THREADS; t++) {
    gmm_loop loop = {100, some_threads[t], 7, 1, item, gather, NULL, NULL, NULL};
    record r = {.loop = &loop};
    int calls;
    gmm_poll poll = poll_after(15, &calls);
    loop.self = &r;
    gmm_status status = gmm_parallel_run(&loop, &poll);
    CHECK(status.code == GMM_EINTERRUPT && status.index == -1);
    CHECK(calls == 1);
    CHECK(is_gathered(&r, 21));
    int done = 0;
    for (int i = 0; i < 100; i++) {
      done += r.done[i];
    }
    CHECK(done == 21);

    /* Work that does not reach the limit is carried over to the next loop. */
    poll = poll_after(150, &calls);
    CHECK(gmm_parallel_run(&loop, &poll).code == GMM_OK);
    CHECK(calls == 0);
    CHECK(gmm_parallel_run(&loop, &poll).code == GMM_EINTERRUPT);
    CHECK(calls == 1);
  }
}

static void test_worth(void) {
  /* Never more than asked for, than there are parts, or fewer than one. */
  for (int threads = 1; threads <= 16; threads++) {
    int before = 1, rising = 1;
    for (double work = 1; work < 1e12; work *= 3) {
      for (size_t items = 0; items < 40; items += 3) {
        int got = gmm_parallel_threads(threads, items, work);
        CHECK(got >= 1 && got <= threads);
        CHECK(got == 1 || (size_t)got <= items);
      }
      int now = gmm_parallel_threads(threads, 100, work);
      rising &= now >= before;
      before = now;
    }
    CHECK(rising);
    CHECK(before == threads);
    CHECK(gmm_parallel_threads(threads, 100, 1) == 1);
    CHECK(gmm_parallel_threads(threads, 3, 1e12) == (threads < 3 ? threads : 3));
  }
}

static void test_allowed(void) {
  gmm_threads_init(0);
  CHECK(!gmm_threads_forked());
  CHECK(gmm_threads_processors() >= 1);
  CHECK(gmm_threads_max() >= 1);
  CHECK(gmm_threads_allowed(0) == gmm_threads_max());
  CHECK(gmm_threads_allowed(1) == 1);
  int got = gmm_threads_allowed(3);
  CHECK(gmm_threads_openmp() ? got >= 1 && got <= 3 : got == 1);
  CHECK(gmm_threads_openmp() || gmm_threads_max() == 1);
  CHECK(gmm_threads_openmp() || gmm_threads_processors() == 1);
}

#ifndef _WIN32
/* What a child has to say, by its exit status: 0 where all is well. */
static int in_child(void) {
  if (!gmm_threads_forked() || gmm_threads_max() != 1 || gmm_threads_allowed(4) != 1) {
    return 1;
  }
  gmm_loop loop = {100, gmm_threads_allowed(4), 8, 1, item, gather, NULL, NULL, NULL};
  record r = {.loop = &loop};
  gmm_poll poll = poll_never();
  loop.self = &r;
  if (gmm_parallel_run(&loop, &poll).code != GMM_OK || !is_gathered(&r, 100)) {
    return 2;
  }
  /* A child may be a home of its own. */
  gmm_threads_init(0);
  return gmm_threads_forked() ? 3 : 0;
}

/* After the parent has had threads, which the child has not. */
static void test_fork(void) {
  int status = -1;
  fflush(stdout);
  fflush(stderr);
  pid_t child = fork();
  if (child == 0) {
    _exit(in_child());
  }
  CHECK(child > 0);
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK_NEAR(WEXITSTATUS(status), 0, 0);
  CHECK(!gmm_threads_forked());

  /* One that was a child to begin with is told to be. */
  gmm_threads_init(1);
  CHECK(gmm_threads_forked());
  CHECK(gmm_threads_max() == 1 && gmm_threads_allowed(4) == 1);
}
#endif

int main(void) {
  test_allowed();
  test_run();
  test_numbers();
  test_pace();
  test_stop();
  test_worth();
#ifndef _WIN32
  test_fork();
#endif
  return check_report("parallel");
}
