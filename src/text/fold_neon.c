/* The kernel for NEON on 64-bit ARM, where every machine has it. */
#include "text/fold_internal.h"

#if defined __aarch64__ && defined __ARM_NEON && \
    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#include <arm_neon.h>

#include "text/fold_pages.h"

#define TARGET
#define INLINE static inline __attribute__((always_inline))

typedef uint8x16x4_t vec;

/* X(0) to X(3). */
#define FOUR(X) { { X(0), X(1), X(2), X(3) } }

INLINE vec
load(const uint8_t *p)
{
	return vld1q_u8_x4(p);
}

INLINE vec
zero(void)
{
	uint8x16_t none = vdupq_n_u8(0);

	return (vec){ { none, none, none, none } };
}

/* A bit for each byte of four masks. */
INLINE uint64_t
mask_of(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d)
{
	const uint8x16_t bit = vreinterpretq_u8_u64(
	    vdupq_n_u64(UINT64_C(0x8040201008040201)));
	uint8x16_t low = vpaddq_u8(vandq_u8(a, bit), vandq_u8(b, bit));
	uint8x16_t high = vpaddq_u8(vandq_u8(c, bit), vandq_u8(d, bit));

	low = vpaddq_u8(low, high);
	low = vpaddq_u8(low, low);
	return vgetq_lane_u64(vreinterpretq_u64_u8(low), 0);
}

INLINE uint64_t
equal(vec a, unsigned k)
{
	uint8x16_t all = vdupq_n_u8((uint8_t)k);

	return mask_of(vceqq_u8(a.val[0], all), vceqq_u8(a.val[1], all),
	    vceqq_u8(a.val[2], all), vceqq_u8(a.val[3], all));
}

INLINE uint64_t
least(vec a, unsigned k)
{
	uint8x16_t all = vdupq_n_u8((uint8_t)k);

	return mask_of(vcgeq_u8(a.val[0], all), vcgeq_u8(a.val[1], all),
	    vcgeq_u8(a.val[2], all), vcgeq_u8(a.val[3], all));
}

INLINE uint64_t
high_bits(vec a)
{
	return least(a, 0x80);
}

INLINE uint8x16_t
ascii_quarter(uint8x16_t a)
{
	uint8x16_t small = vorrq_u8(a, vdupq_n_u8(0x20));
	uint8x16_t letter = vcltq_u8(vsubq_u8(small, vdupq_n_u8('a')),
	    vdupq_n_u8(26));
	uint8x16_t digit = vcltq_u8(vsubq_u8(a, vdupq_n_u8('0')),
	    vdupq_n_u8(10));

	a = vbslq_u8(digit, a, vdupq_n_u8(' '));
	return vbslq_u8(letter, small, a);
}

INLINE vec
ascii(vec a)
{
#define X(i) ascii_quarter(a.val[i])
	return (vec)FOUR(X);
#undef X
}

INLINE vec
before(vec a)
{
#define X(i) vextq_u8(i > 0 ? a.val[(i) - (i > 0)] : vdupq_n_u8(0), \
    a.val[i], 15)
	return (vec)FOUR(X);
#undef X
}

INLINE vec
after(vec a)
{
#define X(i) vextq_u8(a.val[i], \
    i < 3 ? a.val[(i) + (i < 3)] : vdupq_n_u8(0), 1)
	return (vec)FOUR(X);
#undef X
}

INLINE vec
larger(vec a, vec b)
{
#define X(i) vmaxq_u8(a.val[i], b.val[i])
	return (vec)FOUR(X);
#undef X
}

/* Bytes of all bits where one of the sixteen bits is set. */
INLINE uint8x16_t
spread(uint64_t mask)
{
	const uint8x16_t bit = vreinterpretq_u8_u64(
	    vdupq_n_u64(UINT64_C(0x8040201008040201)));

	return vtstq_u8(vcombine_u8(vdup_n_u8((uint8_t)mask),
	    vdup_n_u8((uint8_t)(mask >> 8))), bit);
}

INLINE vec
choose(uint64_t mask, vec a, vec b)
{
#define X(i) vbslq_u8(spread(mask >> 16 * i), a.val[i], b.val[i])
	return (vec)FOUR(X);
#undef X
}

INLINE vec
place_of(vec a, vec previous)
{
#define X(i) vorrq_u8(vandq_u8(a.val[i], vdupq_n_u8(0x3f)), \
    vandq_u8(vshlq_n_u8(previous.val[i], 6), vdupq_n_u8(0x40)))
	return (vec)FOUR(X);
#undef X
}

INLINE vec
even_of(vec a)
{
#define X(i) vandq_u8(a.val[i], vdupq_n_u8(0xfe))
	return (vec)FOUR(X);
#undef X
}

INLINE vec
look_part(const uint8_t *part, vec place)
{
	vec low = load(part), high = load(part + 64);

	/* A place past a table gives 0, or leaves what was found. */
#define X(i) vqtbx4q_u8(vqtbl4q_u8(low, place.val[i]), high, \
    vsubq_u8(place.val[i], vdupq_n_u8(64)))
	return (vec)FOUR(X);
#undef X
}

INLINE void
look_up(vec *last, vec *code, const struct pm_fold_page *page, vec place,
    uint64_t mask)
{
	*last = choose(mask, look_part(page->last, place), *last);
	*code = choose(mask, look_part(page->code, place), *code);
}

INLINE void
squeeze(uint8_t *out, vec a, uint64_t keep)
{
	uint8_t bytes[PM_FOLD_BLOCK];

	vst1q_u8_x4(bytes, a);
	for (unsigned i = 0; i < 8; i++) {
		uint8_t bits = (uint8_t)(keep >> 8 * i);

		vst1_u8(out, vtbl1_u8(vld1_u8(bytes + 8 * i),
		    vld1_u8(pm_fold_squeeze[bits])));
		out += __builtin_popcount(bits);
	}
}

#include "text/fold_block.h"

void
pm_fold_neon(struct pm_fold_place *place, const uint8_t *stop,
    const uint8_t *end)
{
	fold_blocks(place, stop, end);
}
#endif
