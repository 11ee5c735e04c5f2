/* The kernels for AVX2 and FMA. */
#include "kernel.h"

#ifdef GMM_SIMD_X86
#define GMM_LEVEL GMM_SIMD_AVX2
#define KERNELS gmm_kernels_avx2
#include "kernel_level.h"
#endif
