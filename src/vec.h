/*
 * Vectors of doubles, as wide as the level that is being compiled has them (GMM_LEVEL,
 * one of gmm_simd): the vocabulary in which the kernels are written once.
 *
 *   vec     LANES doubles
 *   bits    as many 64-bit integers; what comparing two vec gives: all ones or zeros
 *   words   the same without a sign, for sums that may wrap around
 *
 * The compiler's own vectors do the arithmetic; intrinsics fill in what they lack or do
 * badly. Sums of products are vec_fma()'s, since compilers fuse a product and a sum in one
 * loop and not in another, by taste, and the same row would get other bits in another
 * place. Included by
 * kernel_level.h only, after it has told the compiler the instruction set.
 */
#ifndef GMM_VEC_H
#define GMM_VEC_H

#include <stdint.h>

#if GMM_LEVEL == GMM_SIMD_AVX512
#define VEC_BYTES 64
#elif GMM_LEVEL == GMM_SIMD_AVX2 && defined(GMM_SIMD_WIDE)
#define VEC_BYTES 32
#else
#define VEC_BYTES 16
#endif

#define LANES (VEC_BYTES / 8)

/* A register for each accumulator: the sides of tiles; rows of a factor and vectors of data rows at
 * a time. With 16 registers, tiles of 4 x 4 spill, and tiles of 3 x 3 leave half of 32 idle. Pairs
 * have to spread each entry of a factor by an instruction of its own, which serves more rows of
 * the data where there are fewer of the factor. `make bench` shows what another choice costs. */
#if GMM_LEVEL == GMM_SIMD_AVX512 || defined(__aarch64__)
#define TILE 4
#define STRIP 4
#define ABREAST 4
#elif VEC_BYTES == 32
#define TILE 3
#define STRIP 4
#define ABREAST 2
#else
#define TILE 3
#define STRIP 2
#define ABREAST 4
#endif

typedef double vec __attribute__((vector_size(VEC_BYTES)));
typedef int64_t bits __attribute__((vector_size(VEC_BYTES)));
typedef uint64_t words __attribute__((vector_size(VEC_BYTES)));

/* The same at any address that a double may have. */
typedef double vec_anywhere __attribute__((vector_size(VEC_BYTES), aligned(8), may_alias));

#define INLINE static inline __attribute__((always_inline))

/* Loops over the sides of a tile, whose length the compiler knows: only unrolled can
 * their arrays live in registers. */
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

INLINE vec vec_load(const double *from) {
  return *(const vec_anywhere *)from;
}

INLINE void vec_store(double *to, vec a) {
  *(vec_anywhere *)to = a;
}

INLINE vec vec_all(double a) {
  return a - (vec){0};
}

/* a b + c, rounded once where the level can. */
INLINE vec vec_fma(vec a, vec b, vec c) {
#if VEC_BYTES == 64
  return (vec)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif VEC_BYTES == 32
  return (vec)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#elif GMM_LEVEL == GMM_SIMD_AVX2 || defined(__FMA__)
  return (vec)_mm_fmadd_pd((__m128d)a, (__m128d)b, (__m128d)c);
#elif defined(__aarch64__)
  return (vec)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#else
  return a * b + c;
#endif
}

/* a > b ? a : b in each lane: b where they cannot be compared. */
INLINE vec vec_max(vec a, vec b) {
#if VEC_BYTES == 64
  return (vec)_mm512_max_pd((__m512d)a, (__m512d)b);
#elif VEC_BYTES == 32
  return (vec)_mm256_max_pd((__m256d)a, (__m256d)b);
#elif defined(GMM_SIMD_X86)
  return (vec)_mm_max_pd((__m128d)a, (__m128d)b);
#else
  bits more = a > b;
  return (vec)((more & (bits)a) | (~more & (bits)b));
#endif
}

/* `a` where `x > y`, elsewhere 0. */
INLINE vec vec_where_above(vec x, vec y, vec a) {
#if VEC_BYTES == 64
  return (vec)_mm512_maskz_mov_pd(_mm512_cmp_pd_mask((__m512d)x, (__m512d)y, _CMP_GT_OQ),
                                  (__m512d)a);
#else
  return (vec)((bits)(x > y) & (bits)a);
#endif
}

/* Whether a < b in all lanes; whether a > b in any. */
INLINE int vec_all_below(vec a, vec b) {
#if VEC_BYTES == 64
  return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_LT_OQ) == 0xff;
#elif VEC_BYTES == 32
  return _mm256_movemask_pd(_mm256_cmp_pd((__m256d)a, (__m256d)b, _CMP_LT_OQ)) == 0xf;
#elif defined(GMM_SIMD_X86)
  return _mm_movemask_pd(_mm_cmplt_pd((__m128d)a, (__m128d)b)) == 0x3;
#else
  bits below = a < b;
  return (below[0] & below[1]) != 0;
#endif
}

INLINE int vec_any_above(vec a, vec b) {
#if VEC_BYTES == 64
  return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_GT_OQ) != 0;
#elif VEC_BYTES == 32
  return _mm256_movemask_pd(_mm256_cmp_pd((__m256d)a, (__m256d)b, _CMP_GT_OQ)) != 0;
#elif defined(GMM_SIMD_X86)
  return _mm_movemask_pd(_mm_cmpgt_pd((__m128d)a, (__m128d)b)) != 0;
#else
  bits above = a > b;
  return (above[0] | above[1]) != 0;
#endif
}

INLINE vec vec_choose(bits where, vec a, vec b) {
  return (vec)((where & (bits)a) | (~where & (bits)b));
}

INLINE vec vec_sqrt(vec a) {
#if VEC_BYTES == 64
  return (vec)_mm512_sqrt_pd((__m512d)a);
#elif VEC_BYTES == 32
  return (vec)_mm256_sqrt_pd((__m256d)a);
#elif defined(GMM_SIMD_X86)
  return (vec)_mm_sqrt_pd((__m128d)a);
#elif defined(__aarch64__)
  return (vec)vsqrtq_f64((float64x2_t)a);
#else
  for (int l = 0; l < LANES; l++) {
    a[l] = sqrt(a[l]);
  }
  return a;
#endif
}

/* 1 / sqrt(a) for finite a >= 1, within a unit in the last place or two; infinite for 0. Wide roots
 * and quotients take the processor longer than an estimate of 14 bits does, of which one step makes
 * 41 bits, and another all. */
INLINE vec vec_inverse_sqrt(vec a) {
#if VEC_BYTES == 64
  vec y = (vec)_mm512_rsqrt14_pd((__m512d)a), one = vec_all(1), half = vec_all(0.5);
  vec e = vec_fma(-a * y, y, one);
  vec better = vec_fma(y * e, vec_fma(vec_all(0.375), e, half), y);
  e = vec_fma(-a * better, better, one);
  better = vec_fma(better * e, half, better);
  return (vec)_mm512_mask_mov_pd(
      (__m512d)y, _mm512_cmp_pd_mask((__m512d)a, (__m512d)one, _CMP_GE_OQ), (__m512d)better);
#else
  return 1 / vec_sqrt(a);
#endif
}

/* The sums over the lanes of four vectors. */
INLINE void vec_sum4(const vec *a, double *sum) {
#if VEC_BYTES >= 32
  __m256d half[4];
  UNROLL
  for (int i = 0; i < 4; i++) {
#if VEC_BYTES == 64
    __m512d all = (__m512d)a[i];
    half[i] = _mm256_add_pd(_mm512_castpd512_pd256(all), _mm512_extractf64x4_pd(all, 1));
#else
    half[i] = (__m256d)a[i];
#endif
  }
  __m256d ab = _mm256_hadd_pd(half[0], half[1]), cd = _mm256_hadd_pd(half[2], half[3]);
  _mm256_storeu_pd(sum, _mm256_add_pd(_mm256_permute2f128_pd(ab, cd, 0x20),
                                      _mm256_permute2f128_pd(ab, cd, 0x31)));
#else
  for (int i = 0; i < 4; i++) {
    sum[i] = a[i][0] + a[i][1];
  }
#endif
}

INLINE double vec_sum(vec a) {
  double sum[4];
  vec four[4] = {a, (vec){0}, (vec){0}, (vec){0}};
  vec_sum4(four, sum);
  return sum[0];
}

#endif
