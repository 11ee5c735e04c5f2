#include "parallel.h"

int gmm_threads_max(void) {
  return 1;
}

int gmm_threads_openmp(void) {
  return 0;
}

int gmm_threads_processors(void) {
  return 1;
}

int gmm_threads_forked(void) {
  return 0;
}
