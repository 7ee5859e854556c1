/* How much two sets share, four numbers of each at a time. */
#include "dup/shingle_internal.h"

#ifdef __x86_64__
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,popcnt")))

enum { STEP = 4 };

TARGET static inline __m256i
load(const uint64_t *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

TARGET void
pm_shared_avx2(struct pm_shared_place *out)
{
	struct pm_shared_place p = *out;

	while (p.a_end - p.a >= STEP && p.b_end - p.b >= STEP &&
	    pm_shared_goes_on(&p)) {
		__m256i a = load(p.a), b = load(p.b);
		uint64_t x = p.a[STEP - 1], y = p.b[STEP - 1];
		__m256i same = _mm256_or_si256(
		    _mm256_or_si256(_mm256_cmpeq_epi64(a, b),
		    _mm256_cmpeq_epi64(a, _mm256_permute4x64_epi64(b, 0x39))),
		    _mm256_or_si256(
		    _mm256_cmpeq_epi64(a, _mm256_permute4x64_epi64(b, 0x4e)),
		    _mm256_cmpeq_epi64(a,
		    _mm256_permute4x64_epi64(b, 0x93))));

		p.shared += (size_t)__builtin_popcount((unsigned)
		    _mm256_movemask_pd(_mm256_castsi256_pd(same)));
		p.a += x <= y ? STEP : 0;
		p.b += y <= x ? STEP : 0;
	}
	*out = p;
}
#endif
