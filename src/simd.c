#include "simd.h"

#include <stddef.h>

static const char *const names[GMM_SIMD_LEVELS] = {"baseline", "AVX2", "AVX-512"};

static int processor_has(gmm_simd level) {
#ifdef GMM_SIMD_X86
  __builtin_cpu_init();
  switch (level) {
  case GMM_SIMD_BASELINE:
    return 1;
  case GMM_SIMD_AVX2:
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  case GMM_SIMD_AVX512:
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
  }
#endif
  return level == GMM_SIMD_BASELINE;
}

const gmm_kernels *gmm_simd_kernels(gmm_simd level) {
  switch (level) {
#ifdef GMM_SIMD_X86
  case GMM_SIMD_AVX2:
    return &gmm_kernels_avx2;
#ifdef GMM_SIMD_WIDE
  case GMM_SIMD_AVX512:
    return &gmm_kernels_avx512;
#endif
#endif
  case GMM_SIMD_BASELINE:
    return &gmm_kernels_baseline;
  default:
    return NULL;
  }
}

int gmm_simd_available(gmm_simd level) {
  return gmm_simd_kernels(level) && processor_has(level);
}

gmm_simd gmm_simd_widest(void) {
  gmm_simd level = GMM_SIMD_LEVELS - 1;
  while (level > GMM_SIMD_BASELINE && !gmm_simd_available(level)) {
    level--;
  }
  return level;
}

const char *gmm_simd_name(gmm_simd level) {
  return names[level];
}

int gmm_simd_lanes(gmm_simd level) {
  const gmm_kernels *kernels = gmm_simd_kernels(level);
  return kernels ? kernels->lanes : 0;
}
