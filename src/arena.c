#include "arena.h"

#include <stdint.h>

size_t gmm_arena_bytes(const gmm_arena *measured) {
  return measured->used + GMM_ALIGN;
}

gmm_arena gmm_arena_over(void *memory) {
  uintptr_t start = (uintptr_t)memory;
  size_t skip = (size_t)(GMM_ALIGN - start % GMM_ALIGN) % GMM_ALIGN;
  return (gmm_arena){(char *)memory + skip, 0};
}

void *gmm_arena_take(gmm_arena *arena, size_t count, size_t size) {
  void *taken = arena->base ? arena->base + arena->used : NULL;
  size_t bytes = count * size;
  arena->used += (bytes + GMM_ALIGN - 1) / GMM_ALIGN * GMM_ALIGN;
  return taken;
}

double *gmm_arena_doubles(gmm_arena *arena, size_t count) {
  return gmm_arena_take(arena, count, sizeof(double));
}
