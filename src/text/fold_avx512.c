/* The kernel for AVX-512 with VBMI and VBMI2: a block is one register. */
#include "text/fold_internal.h"

#ifdef __x86_64__
#include <immintrin.h>

#include "text/fold_pages.h"

#define TARGET __attribute__((target( \
    "avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi,lzcnt,popcnt")))
#define INLINE TARGET __attribute__((always_inline)) static inline

typedef __m512i vec;

INLINE vec
load(const uint8_t *p)
{
	return _mm512_loadu_si512(p);
}

INLINE vec
zero(void)
{
	return _mm512_setzero_si512();
}

INLINE vec
all_of(unsigned k)
{
	return _mm512_set1_epi8((char)k);
}

INLINE uint64_t
high_bits(vec a)
{
	return _mm512_movepi8_mask(a);
}

INLINE uint64_t
equal(vec a, unsigned k)
{
	return _mm512_cmpeq_epi8_mask(a, all_of(k));
}

INLINE uint64_t
least(vec a, unsigned k)
{
	return _mm512_cmpge_epu8_mask(a, all_of(k));
}

INLINE vec
ascii(vec a)
{
	vec small = _mm512_or_si512(a, all_of(0x20));
	__mmask64 letter = _mm512_cmplt_epu8_mask(
	    _mm512_sub_epi8(small, all_of('a')), all_of(26));
	__mmask64 digit = _mm512_cmplt_epu8_mask(
	    _mm512_sub_epi8(a, all_of('0')), all_of(10));

	a = _mm512_mask_mov_epi8(all_of(' '), digit, a);
	return _mm512_mask_mov_epi8(a, letter, small);
}

/* Lanes of 16 bytes with the one before them, for what crosses lanes. */
INLINE vec
before(vec a)
{
	vec lower = _mm512_alignr_epi64(a, zero(), 6);

	return _mm512_alignr_epi8(a, lower, 15);
}

INLINE vec
after(vec a)
{
	vec higher = _mm512_alignr_epi64(zero(), a, 2);

	return _mm512_alignr_epi8(higher, a, 1);
}

INLINE vec
larger(vec a, vec b)
{
	return _mm512_max_epu8(a, b);
}

INLINE vec
choose(uint64_t mask, vec a, vec b)
{
	return _mm512_mask_mov_epi8(b, mask, a);
}

INLINE vec
place_of(vec a, vec previous)
{
	vec high = _mm512_and_si512(_mm512_slli_epi16(previous, 6),
	    all_of(0x40));

	return _mm512_or_si512(_mm512_and_si512(a, all_of(0x3f)), high);
}

INLINE vec
even_of(vec a)
{
	return _mm512_and_si512(a, all_of(0xfe));
}

INLINE void
look_up(vec *last, vec *code, const struct pm_fold_page *page, vec place,
    uint64_t mask)
{
	*last = _mm512_mask_mov_epi8(*last, mask, _mm512_permutex2var_epi8(
	    load(page->last), place, load(page->last + 64)));
	*code = _mm512_mask_mov_epi8(*code, mask, _mm512_permutex2var_epi8(
	    load(page->code), place, load(page->code + 64)));
}

/* To memory at once, the instruction is slow on some machines. */
INLINE void
squeeze(uint8_t *out, vec a, uint64_t keep)
{
	_mm512_storeu_si512(out, _mm512_maskz_compress_epi8(keep, a));
}

#include "text/fold_block.h"

TARGET void
pm_fold_avx512(struct pm_fold_place *place, const uint8_t *stop,
    const uint8_t *end)
{
	fold_blocks(place, stop, end);
}
#endif
