/* MinHash for AVX2: 32 minima and their constants are in registers. */
#include "dup/minhash_internal.h"

#ifdef __x86_64__
#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))
#define INLINE TARGET __attribute__((always_inline)) static inline

enum { LANES = 32 };

INLINE __m256i
load(const uint32_t *p, unsigned i)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)(p + 8 * i));
}

INLINE void
store(uint32_t *p, unsigned i, __m256i a)
{
	_mm256_storeu_si256((__m256i *)(void *)(p + 8 * i), a);
}

INLINE __m256i
lower(__m256i least, __m256i x, __m256i times, __m256i plus)
{
	return _mm256_min_epu32(least,
	    _mm256_add_epi32(_mm256_mullo_epi32(x, times), plus));
}

INLINE void
minima(uint32_t *value, const uint32_t *times, const uint32_t *plus,
    const uint32_t *x, size_t n)
{
	__m256i a = load(value, 0), a_times = load(times, 0);
	__m256i b = load(value, 1), b_times = load(times, 1);
	__m256i c = load(value, 2), c_times = load(times, 2);
	__m256i d = load(value, 3), d_times = load(times, 3);
	__m256i a_plus = load(plus, 0), b_plus = load(plus, 1);
	__m256i c_plus = load(plus, 2), d_plus = load(plus, 3);

	for (size_t k = 0; k < n; k++) {
		__m256i all = _mm256_set1_epi32((int)x[k]);

		a = lower(a, all, a_times, a_plus);
		b = lower(b, all, b_times, b_plus);
		c = lower(c, all, c_times, c_plus);
		d = lower(d, all, d_times, d_plus);
	}
	store(value, 0, a);
	store(value, 1, b);
	store(value, 2, c);
	store(value, 3, d);
}

TARGET void
pm_minhash_avx2(uint32_t *value, const uint32_t *x, size_t n)
{
	for (unsigned from = 0; from < PM_MINHASH; from += LANES)
		minima(value + from, pm_minhash_times + from,
		    pm_minhash_plus + from, x, n);
}
#endif
