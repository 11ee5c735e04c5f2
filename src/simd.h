/*
 * Instruction sets: the passes over the rows are compiled for each of those below from
 * one source (kernel_level.h), and one is chosen when the program runs. The last bits of
 * results differ between them, since the wider ones fuse multiplication and addition, add up in
 * another order, and take estimates of reciprocal roots, which makers of processors round as they
 * like.
 *
 *   GMM_SIMD_BASELINE  what the compiler assumes anyway: SSE2 on x86-64, NEON on arm64
 *   GMM_SIMD_AVX2      AVX2 with FMA
 *   GMM_SIMD_AVX512    AVX-512 F and DQ
 */
#ifndef GMM_SIMD_H
#define GMM_SIMD_H

#include "kernel.h"

/* Macros, since the preprocessor asks for them too. */
#define GMM_SIMD_BASELINE 0
#define GMM_SIMD_AVX2 1
#define GMM_SIMD_AVX512 2
#define GMM_SIMD_LEVELS 3

typedef int gmm_simd;

/* Whether this processor has it, and this program was compiled for it. */
int gmm_simd_available(gmm_simd level);

gmm_simd gmm_simd_widest(void);

const char *gmm_simd_name(gmm_simd level);

/* Doubles that an instruction works on. */
int gmm_simd_lanes(gmm_simd level);

/* The kernels of a level that is available. */
const gmm_kernels *gmm_simd_kernels(gmm_simd level);

#endif
