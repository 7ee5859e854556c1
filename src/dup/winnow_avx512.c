/* The hashes of eight grams at a time. */
#include "dup/winnow_internal.h"

#ifdef __x86_64__
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512dq")))
#define INLINE TARGET __attribute__((always_inline)) static inline

INLINE __m512i
times(__m512i a, uint64_t b)
{
	return _mm512_mullo_epi64(a, _mm512_set1_epi64((long long)b));
}

INLINE __m512i
fold_in(__m512i a, unsigned bits)
{
	return _mm512_xor_si512(a, _mm512_srli_epi64(a, bits));
}

/* The grams that begin at token[i] for each bit i that is set. */
INLINE __m512i
hash(const uint64_t *token, __mmask8 these)
{
	__m512i x = _mm512_maskz_loadu_epi64(these, token);

	for (int i = 1; i < PM_WINNOW_GRAM; i++)
		x = _mm512_add_epi64(times(x, PM_WINNOW_BASE),
		    _mm512_maskz_loadu_epi64(these, token + i));
	x = times(fold_in(x, 30), PM_WINNOW_MIX1);
	x = times(fold_in(x, 27), PM_WINNOW_MIX2);
	return fold_in(x, 31);
}

TARGET void
pm_winnow_avx512(uint64_t *out, const uint64_t *token, size_t grams)
{
	size_t i = 0;
	__mmask8 rest;

	for (; grams - i >= 8; i += 8)
		_mm512_storeu_si512(out + i, hash(token + i, 0xff));
	rest = (__mmask8)((1u << (grams - i)) - 1);
	_mm512_mask_storeu_epi64(out + i, rest, hash(token + i, rest));
}
#endif
