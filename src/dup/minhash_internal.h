/*
 * minhash_internal.h - the inner loop of pm_minhash, in the instructions of
 * each kind of processor.  All it does is exact integer arithmetic, so all
 * variants give the same values.
 */
#ifndef PM_DUP_MINHASH_INTERNAL_H
#define PM_DUP_MINHASH_INTERNAL_H

#include <stdbool.h>

#include "dup/minhash.h"

/* Permutation i of x is x * times[i] + plus[i]; times[i] is odd.  Aligned to
 * 64 bytes. */
extern const uint32_t pm_minhash_times[PM_MINHASH];
extern const uint32_t pm_minhash_plus[PM_MINHASH];

/* Lower each value[i] to the least that permutation i makes of x[0..n). */
typedef void pm_minhash_kernel(uint32_t *value, const uint32_t *x, size_t n);

/* Only where the compiler's target has them: see pm_minhash_kernel_of. */
pm_minhash_kernel pm_minhash_avx2, pm_minhash_avx512, pm_minhash_neon;

enum pm_minhash_variant {
	PM_MINHASH_SCALAR,
	PM_MINHASH_AVX2,
	PM_MINHASH_AVX512,
	PM_MINHASH_NEON,
	PM_MINHASH_VARIANTS
};

/* NULL for what this machine cannot run; each is better than those before. */
pm_minhash_kernel *pm_minhash_kernel_of(enum pm_minhash_variant variant);

/* As pm_minhash, which takes the best that the machine can; kernel is not
 * NULL. */
void pm_minhash_with(pm_minhash_kernel *kernel, struct pm_minhash *out,
    const uint64_t *shingle, size_t n);

#endif
