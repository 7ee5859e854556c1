/* MinHash for AVX-512: all 128 minima and their constants are in registers. */
#include "dup/minhash_internal.h"

#ifdef __x86_64__
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f")))
#define INLINE TARGET __attribute__((always_inline)) static inline

/* X(0) to X(7). */
#define EIGHT(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

INLINE __m512i
load(const uint32_t *p, unsigned i)
{
	return _mm512_loadu_si512(p + 16 * i);
}

INLINE __m512i
lower(__m512i least, __m512i x, __m512i times, __m512i plus)
{
	return _mm512_min_epu32(least,
	    _mm512_add_epi32(_mm512_mullo_epi32(x, times), plus));
}

TARGET void
pm_minhash_avx512(uint32_t *value, const uint32_t *x, size_t n)
{
#define X(i) __m512i least##i = load(value, i), \
	times##i = load(pm_minhash_times, i), \
	plus##i = load(pm_minhash_plus, i);
	EIGHT(X)
#undef X

	for (size_t k = 0; k < n; k++) {
		__m512i all = _mm512_set1_epi32((int)x[k]);

#define X(i) least##i = lower(least##i, all, times##i, plus##i);
		EIGHT(X)
#undef X
	}
#define X(i) _mm512_storeu_si512(value + 16 * i, least##i);
	EIGHT(X)
#undef X
}
#endif
