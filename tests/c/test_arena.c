/*
 * The arena: measuring and carving agree, arrays are aligned, do not overlap,
 * and fit into what gmm_arena_bytes() asks for, wherever the memory starts.
 */
#include <stdint.h>

#include "helpers.h"

enum { N_ARRAYS = 5 };
static const size_t sizes[N_ARRAYS] = {1, 0, 64, 65, 1000};

static void take(gmm_arena *arena, char **taken) {
  for (int i = 0; i < N_ARRAYS; i++) {
    taken[i] = gmm_arena_take(arena, sizes[i], 1);
  }
}

static void test_measure(void) {
  gmm_arena arena = {0};
  char *taken[N_ARRAYS];
  take(&arena, taken);
  for (int i = 0; i < N_ARRAYS; i++) {
    CHECK(taken[i] == NULL);
  }
  CHECK(arena.base == NULL);
  CHECK(arena.used == 64 + 0 + 64 + 128 + 1024);
  CHECK(gmm_arena_bytes(&arena) >= arena.used);
}

/* From a start that is `off` bytes beyond an aligned one; what is written out
 * of bounds is seen by the sanitizer, or by the neighbour. */
static void test_carve(size_t off) {
  gmm_arena measured = {0};
  char *taken[N_ARRAYS];
  take(&measured, taken);
  size_t bytes = gmm_arena_bytes(&measured);
  char *memory = aligned_alloc(GMM_ALIGN, (off + bytes + GMM_ALIGN - 1) / GMM_ALIGN * GMM_ALIGN);
  gmm_arena arena = gmm_arena_over(memory + off);
  take(&arena, taken);
  CHECK(arena.used == measured.used);

  int aligned = 1, inside = 1, intact = 1;
  for (int i = 0; i < N_ARRAYS; i++) {
    aligned &= (uintptr_t)taken[i] % GMM_ALIGN == 0;
    inside &= taken[i] >= memory + off && taken[i] + sizes[i] <= memory + off + bytes;
    memset(taken[i], i + 1, sizes[i]);
  }
  for (int i = 0; i < N_ARRAYS; i++) {
    for (size_t b = 0; b < sizes[i]; b++) {
      intact &= taken[i][b] == i + 1;
    }
  }
  CHECK(aligned);
  CHECK(inside);
  CHECK(intact);
  free(memory);
}

static void test_doubles(void) {
  gmm_arena arena = {0};
  CHECK(gmm_arena_doubles(&arena, 9) == NULL);
  CHECK(arena.used == 128);
}

int main(void) {
  test_measure();
  for (size_t off = 0; off <= GMM_ALIGN; off++) {
    test_carve(off);
  }
  test_doubles();
  return check_report("arena");
}
