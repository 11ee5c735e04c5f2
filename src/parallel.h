/*
 * Threads that the passes over the rows can be run by.
 */
#ifndef GMM_PARALLEL_H
#define GMM_PARALLEL_H

/* The most threads: 1 without OpenMP and in a forked child; else what OMP_NUM_THREADS
 * and OMP_THREAD_LIMIT say, or the number of processors. */
int gmm_threads_max(void);

/* Nonzero: compiled with OpenMP. */
int gmm_threads_openmp(void);

int gmm_threads_processors(void);

/* Nonzero: this process was forked from the one that loaded the package. */
int gmm_threads_forked(void);

#endif
