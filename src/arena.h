/*
 * One block of work memory, handed in by the caller, from which the core takes
 * its arrays. With `base` NULL nothing is handed out and `used` counts what
 * would be: the same code measures and carves, so the two cannot disagree.
 *
 *   gmm_arena need = {0};
 *   build(&work, &need);                       measure
 *   gmm_arena arena = {allocate(need.used), 0};
 *   build(&work, &arena);                      carve
 *
 * Arrays are zeroed by nobody and aligned to GMM_ALIGN bytes.
 */
#ifndef GMM_ARENA_H
#define GMM_ARENA_H

#include <stddef.h>

#define GMM_ALIGN 64

typedef struct gmm_arena {
  char *base;
  size_t used;
} gmm_arena;

/* Bytes to allocate for an arena that was measured: room to align its start. */
size_t gmm_arena_bytes(const gmm_arena *measured);

/* An arena over `memory`, which holds at least gmm_arena_bytes(). */
gmm_arena gmm_arena_over(void *memory);

/* `count` elements of `size` bytes; NULL while measuring. */
void *gmm_arena_take(gmm_arena *arena, size_t count, size_t size);

double *gmm_arena_doubles(gmm_arena *arena, size_t count);

#endif
