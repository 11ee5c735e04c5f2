/*
 * The kernels of one level. A .c file defines GMM_LEVEL (a gmm_simd) and KERNELS (the name
 * of the table), and includes this.
 *
 * The instruction set is set for the functions that follow, not for the file: so the
 * package builds at R's plain flags, and headers of the system, which come first, are
 * left as they are.
 */
#include "simd.h"

#include <math.h>
#include <string.h>
#ifdef GMM_SIMD_X86
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#if GMM_LEVEL == GMM_SIMD_AVX2
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
#elif GMM_LEVEL == GMM_SIMD_AVX512
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq")
#endif
#endif

#include "kernel_block.h"
#include "kernel_diag.h"
#include "kernel_estep.h"
#include "kernel_full.h"
#include "kernel_missing.h"
#include "kernel_sparse.h"

/* What the constants of the kernels take for granted of each other. */
_Static_assert(GMM_BLOCK % GMM_ROUND == 0 && GMM_ROUND % LANES == 0, "blocks are whole vectors");
_Static_assert(ABREAST *LANES <= GMM_STRIDE, "a column of work holds a strip's variable");
_Static_assert(GMM_STRIDE * sizeof(double) % VEC_BYTES == 0, "columns are aligned");
_Static_assert(STRIP <= MOST_STRIP && MOST_STRIP == 4 && TILE <= 4,
               "what is left over has up to three columns");
_Static_assert(TOGETHER % 2 == 0 && 2 * TOGETHER % 4 == 0, "sums are taken by fours");
_Static_assert(FULL_BOUND <= GMM_SPARSE_D && DIAG_BOUND <= GMM_SPARSE_D, "bounds need variables");
_Static_assert(GMM_SPARSE_K <= GMM_STRIDE * sizeof(double), "a column of work holds the marks");
_Static_assert(31 * FACTORS < 1024, "products of so many totals do not overflow");

const gmm_kernels KERNELS = {
    .lanes = LANES,
    .exp = exp_all,
    .log = log_all,
    .load = load,
    .fill = fill,
    .orthogonalise = orthogonalise,
    .range = range,
    .sum = sum,
    .sum_squares = sum_squares,
    .full_logdens = full_logdens,
    .diag_logdens = diag_logdens,
    .full_sparse = full_sparse,
    .diag_sparse = diag_sparse,
    .weigh = weigh,
    .score = score,
    .full_stats = full_stats,
    .diag_stats = diag_stats,
    .nearest = nearest,
};

#if GMM_LEVEL != GMM_SIMD_BASELINE
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
