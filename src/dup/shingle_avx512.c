/* How much two sets share, eight numbers of each at a time. */
#include "dup/shingle_internal.h"

#ifdef __x86_64__
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,popcnt")))

enum { STEP = 8 };

/* Bits of the numbers of a that are equal to one of b. */
TARGET static inline unsigned
equal(__m512i a, __m512i b)
{
#define X(i) (unsigned)_mm512_cmpeq_epi64_mask(a, _mm512_alignr_epi64(b, b, i))
	return (X(0) | X(1)) | (X(2) | X(3)) | (X(4) | X(5)) | (X(6) | X(7));
#undef X
}

TARGET void
pm_shared_avx512(struct pm_shared_place *out)
{
	struct pm_shared_place p = *out;

	while (p.a_end - p.a >= STEP && p.b_end - p.b >= STEP &&
	    pm_shared_goes_on(&p)) {
		uint64_t x = p.a[STEP - 1], y = p.b[STEP - 1];

		p.shared += (size_t)__builtin_popcount(
		    equal(_mm512_loadu_si512(p.a), _mm512_loadu_si512(p.b)));
		p.a += x <= y ? STEP : 0;
		p.b += y <= x ? STEP : 0;
	}
	*out = p;
}
#endif
