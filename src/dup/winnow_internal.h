/*
 * winnow_internal.h - hashing the grams of pm_winnow, in the instructions of
 * each kind of processor.  64-bit multiplications are nearly all of it, which
 * of the vector instructions only AVX-512 has.
 */
#ifndef PM_DUP_WINNOW_INTERNAL_H
#define PM_DUP_WINNOW_INTERNAL_H

#include "dup/winnow.h"

/*
 * The hash of a gram: its tokens as the digits of a number in this base (mod
 * 2^64), then the finalizer of splitmix64, for a polynomial's low bits are
 * weak.
 */
#define PM_WINNOW_BASE UINT64_C(0x9e3779b97f4a7c15)
#define PM_WINNOW_MIX1 UINT64_C(0xbf58476d1ce4e5b9)
#define PM_WINNOW_MIX2 UINT64_C(0x94d049bb133111eb)

/* The hashes of the grams that begin at token[0..grams). */
typedef void pm_winnow_kernel(uint64_t *out, const uint64_t *token,
    size_t grams);

/* Only where the compiler's target has it: see pm_winnow_kernel_of. */
pm_winnow_kernel pm_winnow_avx512;

enum pm_winnow_variant {
	PM_WINNOW_SCALAR,
	PM_WINNOW_AVX512,           /* with DQ */
	PM_WINNOW_VARIANTS
};

/* NULL for what this machine cannot run; each is better than those before. */
pm_winnow_kernel *pm_winnow_kernel_of(enum pm_winnow_variant variant);

/* As pm_winnow, which takes the best that the machine can; kernel is not
 * NULL. */
size_t pm_winnow_with(pm_winnow_kernel *kernel, uint64_t *out,
    const uint64_t *token, size_t n);

#endif
