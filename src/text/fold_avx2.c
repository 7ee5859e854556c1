/* The kernel for AVX2: a block is two registers. */
#include "text/fold_internal.h"

#ifdef __x86_64__
#include <immintrin.h>

#include "text/fold_pages.h"

#define TARGET __attribute__((target("avx2,bmi,popcnt")))
#define INLINE TARGET __attribute__((always_inline)) static inline

typedef struct {
	__m256i low, high;
} vec;

INLINE vec
load(const uint8_t *p)
{
	return (vec){ _mm256_loadu_si256((const __m256i *)(const void *)p),
		_mm256_loadu_si256((const __m256i *)(const void *)(p + 32)) };
}

INLINE vec
zero(void)
{
	return (vec){ _mm256_setzero_si256(), _mm256_setzero_si256() };
}

INLINE __m256i
all_of(unsigned k)
{
	return _mm256_set1_epi8((char)k);
}

INLINE uint64_t
mask_of(__m256i low, __m256i high)
{
	return (uint32_t)_mm256_movemask_epi8(low) |
	    (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

INLINE uint64_t
high_bits(vec a)
{
	return mask_of(a.low, a.high);
}

INLINE uint64_t
equal(vec a, unsigned k)
{
	return mask_of(_mm256_cmpeq_epi8(a.low, all_of(k)),
	    _mm256_cmpeq_epi8(a.high, all_of(k)));
}

INLINE __m256i
least_of(__m256i a, unsigned k)
{
	return _mm256_cmpeq_epi8(_mm256_max_epu8(a, all_of(k)), a);
}

INLINE uint64_t
least(vec a, unsigned k)
{
	return mask_of(least_of(a.low, k), least_of(a.high, k));
}

INLINE __m256i
ascii_half(__m256i a)
{
	__m256i small = _mm256_or_si256(a, all_of(0x20));
	__m256i no_letter = least_of(_mm256_sub_epi8(small, all_of('a')), 26);
	__m256i no_digit = least_of(_mm256_sub_epi8(a, all_of('0')), 10);

	a = _mm256_blendv_epi8(a, all_of(' '), no_digit);
	return _mm256_blendv_epi8(small, a, no_letter);
}

INLINE vec
ascii(vec a)
{
	return (vec){ ascii_half(a.low), ascii_half(a.high) };
}

/* a shifted up by one byte, the last of lower coming in. */
INLINE __m256i
up(__m256i lower, __m256i a)
{
	return _mm256_alignr_epi8(a,
	    _mm256_permute2x128_si256(lower, a, 0x21), 15);
}

INLINE vec
before(vec a)
{
	return (vec){ up(_mm256_setzero_si256(), a.low), up(a.low, a.high) };
}

/* a shifted down by one byte, the first of higher coming in. */
INLINE __m256i
down(__m256i a, __m256i higher)
{
	return _mm256_alignr_epi8(
	    _mm256_permute2x128_si256(a, higher, 0x21), a, 1);
}

INLINE vec
after(vec a)
{
	return (vec){ down(a.low, a.high),
		down(a.high, _mm256_setzero_si256()) };
}

INLINE vec
larger(vec a, vec b)
{
	return (vec){ _mm256_max_epu8(a.low, b.low),
		_mm256_max_epu8(a.high, b.high) };
}

/* Bytes of all bits where a bit is set. */
INLINE __m256i
spread(uint32_t mask)
{
	const __m256i byte = _mm256_setr_epi64x(0, 0x0101010101010101,
	    0x0202020202020202, 0x0303030303030303);
	const __m256i bit = _mm256_set1_epi64x((long long)
	    UINT64_C(0x8040201008040201));
	__m256i all = _mm256_shuffle_epi8(_mm256_set1_epi32((int)mask), byte);

	return _mm256_cmpeq_epi8(_mm256_and_si256(all, bit), bit);
}

INLINE vec
choose(uint64_t mask, vec a, vec b)
{
	return (vec){
		_mm256_blendv_epi8(b.low, a.low, spread((uint32_t)mask)),
		_mm256_blendv_epi8(b.high, a.high,
		    spread((uint32_t)(mask >> 32))) };
}

INLINE __m256i
place_half(__m256i a, __m256i previous)
{
	return _mm256_or_si256(_mm256_and_si256(a, all_of(0x3f)),
	    _mm256_and_si256(_mm256_slli_epi16(previous, 6), all_of(0x40)));
}

INLINE vec
place_of(vec a, vec previous)
{
	return (vec){ place_half(a.low, previous.low),
		place_half(a.high, previous.high) };
}

INLINE vec
even_of(vec a)
{
	return (vec){ _mm256_and_si256(a.low, all_of(0xfe)),
		_mm256_and_si256(a.high, all_of(0xfe)) };
}

INLINE __m256i
sixteen(const uint8_t *p)
{
	return _mm256_broadcastsi128_si256(
	    _mm_loadu_si128((const __m128i *)(const void *)p));
}

/*
 * What part k of a table, of sixteen places, says.  For a place in another
 * part the sum has its high bit set, which makes the shuffle give 0.
 */
INLINE __m256i
look_part(const uint8_t *table, __m256i place, unsigned k)
{
	__m256i in = _mm256_adds_epu8(
	    _mm256_xor_si256(place, all_of(k << 4)), all_of(0x70));

	return _mm256_shuffle_epi8(sixteen(table + 16 * k), in);
}

INLINE __m256i
look_parts(const uint8_t *table, __m256i place, unsigned k)
{
	return _mm256_or_si256(look_part(table, place, k),
	    look_part(table, place, k + 1));
}

INLINE __m256i
look_half(const uint8_t *table, __m256i place)
{
	return _mm256_or_si256(
	    _mm256_or_si256(look_parts(table, place, 0),
	    look_parts(table, place, 2)),
	    _mm256_or_si256(look_parts(table, place, 4),
	    look_parts(table, place, 6)));
}

INLINE vec
look(const uint8_t *table, vec place)
{
	return (vec){ look_half(table, place.low),
		look_half(table, place.high) };
}

INLINE void
look_up(vec *last, vec *code, const struct pm_fold_page *page, vec place,
    uint64_t mask)
{
	*last = choose(mask, look(page->last, place), *last);
	*code = choose(mask, look(page->code, place), *code);
}

/* Store the kept bytes of eight; returns where the next go. */
INLINE uint8_t *
squeeze_eight(uint8_t *out, __m128i eight, uint8_t keep)
{
	__m128i order = _mm_loadl_epi64(
	    (const __m128i *)(const void *)pm_fold_squeeze[keep]);

	_mm_storel_epi64((__m128i *)(void *)out,
	    _mm_shuffle_epi8(eight, order));
	return out + __builtin_popcount(keep);
}

INLINE uint8_t *
squeeze_sixteen(uint8_t *out, __m128i a, uint64_t keep)
{
	out = squeeze_eight(out, a, (uint8_t)keep);
	return squeeze_eight(out, _mm_srli_si128(a, 8), (uint8_t)(keep >> 8));
}

INLINE void
squeeze(uint8_t *out, vec a, uint64_t keep)
{
	out = squeeze_sixteen(out, _mm256_castsi256_si128(a.low), keep);
	out = squeeze_sixteen(out, _mm256_extracti128_si256(a.low, 1),
	    keep >> 16);
	out = squeeze_sixteen(out, _mm256_castsi256_si128(a.high), keep >> 32);
	(void)squeeze_sixteen(out, _mm256_extracti128_si256(a.high, 1),
	    keep >> 48);
}

#include "text/fold_block.h"

TARGET void
pm_fold_avx2(struct pm_fold_place *place, const uint8_t *stop,
    const uint8_t *end)
{
	fold_blocks(place, stop, end);
}
#endif
