#include "simd.h"

int gmm_simd_available(gmm_simd level) {
#if defined(__x86_64__) && defined(__GNUC__)
  switch (level) {
  case GMM_SIMD_AVX2:
    return __builtin_cpu_supports("avx2") != 0;
  case GMM_SIMD_AVX512:
    return __builtin_cpu_supports("avx512f") != 0;
  default:
    break;
  }
#endif
  return level == GMM_SIMD_BASELINE;
}

gmm_simd gmm_simd_widest(void) {
  int level = GMM_SIMD_AVX512;
  while (!gmm_simd_available((gmm_simd)level)) {
    level--;
  }
  return (gmm_simd)level;
}

const char *gmm_simd_name(gmm_simd level) {
  static const char *const names[] = {"baseline", "AVX2", "AVX-512"};
  return names[level];
}

int gmm_simd_lanes(gmm_simd level) {
  return 2 << (int)level;
}
