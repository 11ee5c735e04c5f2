/*
 * What the contestants in C and C++ share: the tasks and files described in
 * bench/peers/run.R, around the functions of one of them.
 *
 *   <program> <task> <directory> [name=value ...]
 *
 * A header of static functions, so that one command compiles a contestant.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

/* Parameters in one piece of memory: proportions k, means d x k, covariances d x d x k
 * or, of diagonal ones, d x k. */
typedef struct {
  double *all, *proportions, *means, *covariances;
  size_t count;
} peer_parameters;

typedef struct {
  size_t n;
  int d, k, full, threads, seed;
  double *x; /* d x n */
  peer_parameters start, truth;
} peer_problem;

typedef struct {
  const char *(*version)(void);
  /* What is done to the problem before anything is timed. NULL: nothing. */
  void (*prepare)(peer_problem *problem);
  /* `iterations` of EM from problem->start. */
  void (*em)(const peer_problem *problem, int iterations, peer_parameters *out);
  /* From data to an answer; effort is "default" or a number. NULL: not to be asked. */
  void (*fit)(const peer_problem *problem, const char *effort, peer_parameters *out);
  /* logdensity n, posterior k x n. NULL: not to be asked. */
  void (*score)(const peer_problem *problem, double *logdensity, double *posterior);
} peer_functions;

static inline void peer_check(int ok, const char *what) {
  if (!ok) {
    fprintf(stderr, "%s: %s\n", what, errno ? strerror(errno) : "failed");
    exit(1);
  }
}

static inline double *peer_doubles(size_t count) {
  double *memory = (double *)malloc(count * sizeof(double));
  peer_check(memory != NULL, "memory");
  return memory;
}

static inline double peer_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline double peer_cpu(void) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
         1e-6 * (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

/* ---- Files ------------------------------------------------------------------ */

static inline FILE *peer_open(const char *dir, const char *name, const char *mode) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", dir, name);
  FILE *file = fopen(path, mode);
  peer_check(file != NULL, path);
  return file;
}

static inline void peer_read(const char *dir, const char *name, size_t count, double *out) {
  FILE *file = peer_open(dir, name, "rb");
  peer_check(fread(out, sizeof *out, count, file) == count, name);
  fclose(file);
}

static inline void peer_leave(const char *dir, const char *name, const peer_parameters *p) {
  FILE *file = peer_open(dir, name, "wb");
  peer_check(fwrite(p->all, sizeof(double), p->count, file) == p->count, name);
  fclose(file);
}

static inline peer_parameters peer_take_parameters(const peer_problem *problem) {
  size_t k = (size_t)problem->k, d = (size_t)problem->d;
  peer_parameters p;
  p.count = k + k * d + k * d * (problem->full ? d : 1);
  p.all = p.proportions = peer_doubles(p.count);
  p.means = p.proportions + k;
  p.covariances = p.means + k * d;
  return p;
}

static inline peer_problem peer_read_problem(const char *dir) {
  peer_problem problem;
  char covariances[16];
  FILE *file = peer_open(dir, "size", "r");
  peer_check(fscanf(file, "%zu %d %d %15s", &problem.n, &problem.d, &problem.k, covariances) == 4,
             "size");
  fclose(file);
  problem.full = !strcmp(covariances, "full");
  problem.threads = problem.seed = 1;
  size_t size = problem.n * (size_t)problem.d;
  problem.x = peer_doubles(size);
  peer_read(dir, "x.bin", size, problem.x);
  problem.start = peer_take_parameters(&problem);
  peer_read(dir, "start.bin", problem.start.count, problem.start.all);
  problem.truth = peer_take_parameters(&problem);
  peer_read(dir, "truth.bin", problem.truth.count, problem.truth.all);
  return problem;
}

/* ---- What the system knows ---------------------------------------------------- */

static inline long peer_memory_kb(const char *what) {
  FILE *file = peer_open("/proc/self", "status", "r");
  char line[256];
  long found = 0;
  while (fgets(line, sizeof line, file)) {
    if (!strncmp(line, what, strlen(what))) {
      found = atol(line + strlen(what));
    }
  }
  fclose(file);
  return found;
}

static inline void peer_tell_libraries(void) {
  static const char *const names[] = {"blas", "mkl", "atlas", "blis"};
  FILE *file = peer_open("/proc/self", "maps", "r");
  char line[4352], last[256] = "";
  printf("bench: blas");
  while (fgets(line, sizeof line, file)) {
    const char *base = strrchr(line, '/');
    line[strcspn(line, "\n")] = 0;
    for (size_t i = 0; base && i < sizeof names / sizeof *names; i++) {
      /* The parts of a library follow each other. */
      if (strstr(base, names[i]) && strcmp(base + 1, last)) {
        snprintf(last, sizeof last, "%s", base + 1);
        printf(" %s", last);
      }
    }
  }
  printf("\n");
  fclose(file);
}

/* ---- Tasks -------------------------------------------------------------------- */

static inline const char *peer_setting(int argc, char **argv, const char *name,
                                       const char *otherwise) {
  size_t length = strlen(name);
  for (int i = 3; i < argc; i++) {
    if (!strncmp(argv[i], name, length) && argv[i][length] == '=') {
      return argv[i] + length + 1;
    }
  }
  return otherwise;
}

static inline double peer_time_em(const peer_functions *peer, const peer_problem *problem,
                                  int iterations, peer_parameters *out) {
  double begin = peer_now();
  peer->em(problem, iterations, out);
  return peer_now() - begin;
}

static inline double peer_time_score(const peer_functions *peer, const peer_problem *problem,
                                     double *logdensity, double *posterior) {
  double begin = peer_now();
  peer->score(problem, logdensity, posterior);
  return peer_now() - begin;
}

static inline int peer_main(int argc, char **argv, const peer_functions *peer) {
  if (argc > 1 && !strcmp(argv[1], "version")) {
    printf("bench: version %s\n", peer->version());
    return 0;
  }
  peer_check(argc > 2, "arguments");
  const char *task = argv[1], *dir = argv[2];
  int first = atoi(peer_setting(argc, argv, "first", "0"));
  int last = atoi(peer_setting(argc, argv, "last", "0"));
  double least = atof(peer_setting(argc, argv, "seconds", "0.5"));
  peer_problem problem = peer_read_problem(dir);
  problem.threads = atoi(peer_setting(argc, argv, "threads", "1"));
  problem.seed = atoi(peer_setting(argc, argv, "seed", "1"));
  peer_parameters out = peer_take_parameters(&problem);
  if (peer->prepare) {
    peer->prepare(&problem);
  }

  double begin = peer_now(), cpu = peer_cpu();
  if (!strcmp(task, "em")) {
    peer->em(&problem, first, &out);
    peer_leave(dir, "first.bin", &out);
    peer->em(&problem, last, &out);
    peer_leave(dir, "last.bin", &out);
    begin = peer_now(), cpu = peer_cpu();
    do {
      double few = peer_time_em(peer, &problem, first, &out);
      printf("bench: time %.9f %.9f\n", few, peer_time_em(peer, &problem, last, &out));
    } while (peer_now() - begin < least);
  } else if (!strcmp(task, "score")) {
    size_t cells = problem.n * (size_t)problem.k;
    double *logdensity = peer_doubles(problem.n), *posterior = peer_doubles(cells);
    double sum = 0, squares = 0;
    peer->score(&problem, logdensity, posterior);
    for (size_t i = 0; i < problem.n; i++) {
      sum += logdensity[i];
    }
    for (size_t i = 0; i < cells; i++) {
      squares += posterior[i] * posterior[i];
    }
    printf("bench: sums %.17g %.17g\n", sum, squares);
    begin = peer_now(), cpu = peer_cpu();
    do {
      printf("bench: time %.9f\n", peer_time_score(peer, &problem, logdensity, posterior));
    } while (peer_now() - begin < least);
  } else if (!strcmp(task, "fit")) {
    peer->fit(&problem, peer_setting(argc, argv, "effort", "default"), &out);
    printf("bench: time %.9f\n", peer_now() - begin);
    peer_leave(dir, "fit.bin", &out);
  } else if (!strcmp(task, "memory")) {
    FILE *file = peer_open("/proc/self", "clear_refs", "w");
    fputs("5", file);
    fclose(file);
    long before = peer_memory_kb("VmRSS:");
    peer->em(&problem, last, &out);
    printf("bench: memory %ld\n", peer_memory_kb("VmHWM:") - before);
  }
  printf("bench: cpu %.3f\n", (peer_cpu() - cpu) / (peer_now() - begin));
  peer_tell_libraries();
  return 0;
}

#endif
