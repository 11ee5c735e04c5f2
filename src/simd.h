/*
 * Instruction sets that the passes over the rows can be run with.
 */
#ifndef GMM_SIMD_H
#define GMM_SIMD_H

typedef enum gmm_simd { GMM_SIMD_BASELINE, GMM_SIMD_AVX2, GMM_SIMD_AVX512 } gmm_simd;

/* Nonzero: this processor, and the package as it was compiled, have it. */
int gmm_simd_available(gmm_simd level);

gmm_simd gmm_simd_widest(void);

/* "baseline", "AVX2", "AVX-512". */
const char *gmm_simd_name(gmm_simd level);

/* Doubles that one instruction works on. */
int gmm_simd_lanes(gmm_simd level);

#endif
