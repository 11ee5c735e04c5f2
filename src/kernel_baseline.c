/* The kernels for whatever the compiler assumes. */
#include "kernel.h"

#define GMM_LEVEL GMM_SIMD_BASELINE
#define KERNELS gmm_kernels_baseline
#include "kernel_level.h"
