/* MinHash for NEON on 64-bit ARM: 32 minima and their constants are in
 * registers. */
#include "dup/minhash_internal.h"

#if defined __aarch64__ && defined __ARM_NEON
#include <arm_neon.h>

enum { LANES = 32 };

/* X(0) to X(7). */
#define EIGHT(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

static inline void
minima(uint32_t *value, const uint32_t *times, const uint32_t *plus,
    const uint32_t *x, size_t n)
{
#define X(i) uint32x4_t least##i = vld1q_u32(value + 4 * i), \
	times##i = vld1q_u32(times + 4 * i), \
	plus##i = vld1q_u32(plus + 4 * i);
	EIGHT(X)
#undef X

	for (size_t k = 0; k < n; k++) {
		uint32x4_t all = vdupq_n_u32(x[k]);

#define X(i) least##i = vminq_u32(least##i, vmlaq_u32(plus##i, all, times##i));
		EIGHT(X)
#undef X
	}
#define X(i) vst1q_u32(value + 4 * i, least##i);
	EIGHT(X)
#undef X
}

void
pm_minhash_neon(uint32_t *value, const uint32_t *x, size_t n)
{
	for (unsigned from = 0; from < PM_MINHASH; from += LANES)
		minima(value + from, pm_minhash_times + from,
		    pm_minhash_plus + from, x, n);
}
#endif
