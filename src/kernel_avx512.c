/* The kernels for AVX-512. */
#include "kernel.h"

#ifdef GMM_SIMD_WIDE
#define GMM_LEVEL GMM_SIMD_AVX512
#define KERNELS gmm_kernels_avx512
#include "kernel_level.h"
#endif
