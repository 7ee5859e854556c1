#include "text/fold.h"

#include <stdbool.h>

#include "base/err.h"
#include "base/utf8.h"

#if defined __SSE2__
#include <emmintrin.h>
#elif defined __aarch64__ && defined __ARM_NEON
#include <arm_neon.h>
#endif

/*
 * Bytes looked at together, and bytes between two looks at the output's room,
 * which may hold a token for each two of them and one that began before.
 */
enum { BLOCK = 64, STEP = 4096 };

/*
 * Scripts written without spaces: Unicode 15.0, Scripts.txt, as blocks, for
 * folded text holds no unassigned characters; with the marks and the length
 * sign that Japanese shares.
 */
static bool
is_unspaced(uint32_t c)
{
	static const struct { uint32_t first, last; } ranges[] = {
		{ 0xe00, 0xeff },         /* Thai, Lao */
		{ 0x1000, 0x109f },       /* Myanmar */
		{ 0x1780, 0x17ff },       /* Khmer */
		{ 0x2e80, 0x2fdf },       /* Han radicals */
		{ 0x3005, 0x3007 }, { 0x3021, 0x3029 }, { 0x3031, 0x3035 },
		{ 0x3038, 0x303c },       /* Han numbers, Kana repeat marks */
		{ 0x3041, 0x30ff },       /* Kana */
		{ 0x31f0, 0x31ff },
		{ 0x3400, 0x4dbf }, { 0x4e00, 0x9fff },
		{ 0xa9e0, 0xa9ff },       /* Myanmar */
		{ 0xaa60, 0xaa7f },
		{ 0xf900, 0xfaff },
		{ 0x16fe2, 0x16fe3 }, { 0x16ff0, 0x16ff1 },
		{ 0x1aff0, 0x1b16f },     /* Kana */
		{ 0x20000, 0x3ffff }
	};
	size_t low = 0, high = sizeof ranges / sizeof ranges[0];

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (c < ranges[middle].first)
			high = middle;
		else if (c > ranges[middle].last)
			low = middle + 1;
		else
			return true;
	}
	return false;
}

/*
 * The most common, by their first two bytes: true for Han of the main block
 * and Kana, false for what begins a word (Indic scripts, Hangul); neither is
 * sure of others, so *known says.
 */
static inline bool
is_common(const uint8_t *p, bool *known)
{
	uint32_t two = (uint32_t)p[0] << 8 | p[1];

	*known = true;
	if ((two >= 0xe4b8 && two <= 0xe9bf) || two == 0xe382 || two == 0xe383)
		return true;
	*known = two < 0xe0b8 || (two >= 0xeaae && two <= 0xed9e);
	return false;
}

/*
 * Bytes of the character of such a script at `at`, else 0.  Below U+0E00 there
 * is none, and two bytes tell.
 */
static inline size_t
unspaced_at(struct pm_bytes s, size_t at)
{
	size_t n, after = at;
	bool known, unspaced;

	if (at >= s.n || s.p[at] < 0xe0)
		return 0;
	if (s.n - at >= 3 && (s.p[at + 1] & 0xc0) == 0x80 &&
	    (s.p[at + 2] & 0xc0) == 0x80) {
		unspaced = is_common(s.p + at, &known);
		if (known)
			return unspaced ? 3 : 0;
	}
	if ((n = pm_utf8_length(s, at)) == 0)
		return 0;
	return is_unspaced(pm_utf8_next(s, &after)) ? n : 0;
}

static bool
unspaced_before(struct pm_bytes s, size_t at)
{
	size_t start = at;

	while (start > 0 && at - start < 4)
		if ((s.p[--start] & 0xc0) != 0x80)
			break;
	return start < at && start + unspaced_at(s, start) == at;
}

int
pm_token_next(struct pm_token_cursor *cursor, struct pm_bytes *token)
{
	struct pm_bytes s = cursor->folded;
	size_t at = cursor->at, start, first;

	while (at < s.n) {
		if (s.p[at] == ' ') {
			at++;
			continue;
		}
		start = at;
		if ((first = unspaced_at(s, at)) == 0) {
			while (at < s.n && s.p[at] != ' ' &&
			    (s.p[at] < 0xe0 || unspaced_at(s, at) == 0))
				at++;
		} else {
			/* The second of a pair is the first of the next. */
			at += first;
			first = unspaced_at(s, at);
			if (first == 0 && unspaced_before(s, start))
				continue;
			cursor->at = at;
			*token = (struct pm_bytes){ s.p + start,
			    at + first - start };
			return true;
		}
		cursor->at = at;
		*token = (struct pm_bytes){ s.p + start, at - start };
		return true;
	}
	cursor->at = at;
	return false;
}

/* ---- all at once ---- */

/* Bit i is about byte i of a block: a space; the first byte of three or four,
 * as every character of a script without spaces has it. */
struct block {
	uint64_t space, wide;
};

#if defined __SSE2__
static inline struct block
look_at(const uint8_t *p)
{
	struct block b = { 0, 0 };

	for (unsigned i = 0; i < BLOCK / 16; i++) {
		__m128i s = _mm_loadu_si128(
		    (const __m128i *)(const void *)(p + 16 * i));
		__m128i wide = _mm_cmpeq_epi8(s,
		    _mm_max_epu8(s, _mm_set1_epi8((char)0xe0)));
		int space = _mm_movemask_epi8(
		    _mm_cmpeq_epi8(s, _mm_set1_epi8(' ')));

		b.space |= (uint64_t)(uint32_t)space << 16 * i;
		b.wide |= (uint64_t)(uint32_t)_mm_movemask_epi8(wide) << 16 * i;
	}
	return b;
}
#elif defined __aarch64__ && defined __ARM_NEON
static inline uint64_t
bits_of(uint8x16_t mask)
{
	const uint8x8_t bit = vcreate_u8(UINT64_C(0x8040201008040201));

	return vaddv_u8(vand_u8(vget_low_u8(mask), bit)) |
	    (uint64_t)vaddv_u8(vand_u8(vget_high_u8(mask), bit)) << 8;
}

static inline struct block
look_at(const uint8_t *p)
{
	struct block b = { 0, 0 };

	for (unsigned i = 0; i < BLOCK / 16; i++) {
		uint8x16_t s = vld1q_u8(p + 16 * i);

		b.space |= bits_of(vceqq_u8(s, vdupq_n_u8(' '))) << 16 * i;
		b.wide |= bits_of(vcgeq_u8(s, vdupq_n_u8(0xe0))) << 16 * i;
	}
	return b;
}
#else
static inline struct block
look_at(const uint8_t *p)
{
	struct block b = { 0, 0 };

	for (unsigned i = 0; i < BLOCK; i++) {
		b.space |= (uint64_t)(p[i] == ' ') << i;
		b.wide |= (uint64_t)(p[i] >= 0xe0) << i;
	}
	return b;
}
#endif

/* The last block of a text, with a space behind. */
static struct block
look_at_last(const uint8_t *p, size_t n)
{
	uint8_t last[BLOCK];

	memset(last, ' ', sizeof last);
	memcpy(last, p, n);
	return look_at(last);
}

/* What all_tokens() is at. */
struct split {
	struct pm_bytes folded;
	uint32_t start;            /* of the word that is not over yet */
	bool wide;                 /* it may have unspaced characters */
	struct pm_token *out;      /* the next */
};

static inline void
put_token(struct split *split, size_t start, size_t end)
{
	*split->out++ = (struct pm_token){ (uint32_t)start, (uint32_t)end };
}

/* A word that may have unspaced characters, as pm_token_next splits it. */
static void
split_wide(struct split *split, size_t end)
{
	struct pm_bytes s = { split->folded.p, end };
	size_t at = split->start, start, n;

	while (at < end) {
		start = at;
		if ((n = unspaced_at(s, at)) == 0) {
			do
				at++;
			while (at < end && unspaced_at(s, at) == 0);
			put_token(split, start, at);
			continue;
		}
		at += n;
		if ((n = unspaced_at(s, at)) == 0)
			put_token(split, start, at);
		for (; n > 0; n = unspaced_at(s, at)) {
			put_token(split, start, at + n);
			start = at;
			at += n;
		}
	}
}

/* The words that end in the block at `at`. */
static inline void
split_block(struct split *split, struct block b, uint32_t at)
{
	while (b.space != 0) {
		uint64_t low = b.space & -b.space;
		uint32_t end = at + (uint32_t)__builtin_ctzll(low);

		if (split->wide || (b.wide & (low - 1)) != 0) {
			split_wide(split, end);
			b.wide &= ~(low - 1);
			split->wide = false;
		} else {
			/* None between two spaces. */
			*split->out = (struct pm_token){ split->start, end };
			split->out += end > split->start;
		}
		split->start = end + 1;
		b.space &= b.space - 1;
	}
	split->wide = split->wide || b.wide != 0;
}

int
pm_tokens_all(struct pm_buf *out, struct pm_bytes folded, struct pm_err *err)
{
	struct split split = { .folded = folded };
	int rc = PM_OK;

	pm_buf_reset(out);
	if (folded.n == 0)
		return PM_OK;
	if (folded.n > UINT32_MAX - BLOCK)
		return pm_fail(err, PM_ELIMIT, "too long a text");
	for (size_t at = 0; at <= folded.n; at += BLOCK) {
		size_t left = folded.n - at;

		if (at % STEP == 0) {
			size_t most = at + STEP - split.start;

			rc = pm_buf_reserve(out, (most / 2 + BLOCK) *
			    sizeof *split.out, err);
			if (rc != PM_OK)
				break;
			split.out = (struct pm_token *)(void *)(out->p + out->n);
		}
		split_block(&split, left < BLOCK ?
		    look_at_last(folded.p + at, left) :
		    look_at(folded.p + at), (uint32_t)at);
		out->n = (size_t)((uint8_t *)split.out - out->p);
	}
	if (rc != PM_OK)
		pm_buf_reset(out);
	return rc;
}
