/*
 * fold_block.h - the body of the vector kernels, included once by each of
 * them.  The file that includes it has defined, for vectors of 64 bytes:
 *
 *	TARGET, INLINE     what functions here are declared with
 *	vec                the type
 *	load, zero         from memory; of zeros
 *	high_bits          mask of the bytes that are not ASCII
 *	equal, least       masks of bytes equal to k; of unsigned bytes >= k
 *	ascii              ASCII letters in small, digits; ' ' for all else
 *	before             each byte replaced by the one before it (first: 0)
 *	after              by the one after it (last: 0)
 *	larger             the larger of each two bytes
 *	choose             bytes of a where the mask is set, else of b
 *	place_of           each byte's place in a page, from it and the one before
 *	even_of            bytes without their lowest bit
 *	look_up            at the mask, what a page says by place: the first
 *	                   vector takes the last byte, the second the code
 *	squeeze            store the bytes whose bit is set, side by side
 *
 * Bit i of a mask is about byte i.  Only what lies before the first stop is
 * used in the end, so that a rule may say anything of what comes after; and
 * all but the apostrophe's look at what comes before.
 */
#ifndef PM_TEXT_FOLD_BLOCK_H
#define PM_TEXT_FOLD_BLOCK_H

#include "text/fold_pages.h"

/* The bytes of a block, by what their characters become.  A byte may be in
 * none (an error) or, besides, in gone. */
struct block {
	vec folded;
	uint64_t letter, number, space, apostrophe, drop;
	uint64_t gone;      /* first bytes of what becomes shorter */
	uint64_t lead;      /* of characters of two or three bytes */
	uint64_t three;     /* of three */
	uint64_t more;      /* bytes of characters after the first */
	uint64_t stop;      /* any byte of what is not for us */
};

/* The third bytes of Han and Hangul, which stay as they are. */
INLINE uint64_t
ideographs(vec bytes, uint64_t three)
{
	uint64_t e4 = equal(bytes, 0xe4), ea = equal(bytes, 0xea);
	uint64_t ed = equal(bytes, 0xed);
	uint64_t all = least(bytes, 0xe4) & ~least(bytes, 0xee);
	uint64_t not = (e4 & ~(least(bytes, 0xb8) >> 1)) |
	    (ea & ~(least(bytes, 0xb0) >> 1)) |
	    (ed & (least(bytes, 0x9e) >> 1));

	return (three & all & ~not) << 2;
}

/*
 * Note what the codes of characters say; all of a character's bytes, size of
 * them, are in the same masks.  `at` are the last bytes.
 */
INLINE void
note_codes(struct block *b, vec code, uint64_t at, unsigned size)
{
	uint64_t lead = size == 2 ? at >> 1 : at >> 1 | at >> 2;
	uint64_t letter = least(code, PM_FOLD_CODE_SPACE + 1) & at;
	uint64_t space = equal(code, PM_FOLD_CODE_SPACE) & at;
	uint64_t rare = at & ~(letter | space), one;

#define WHOLE(mask) ((mask) | (mask) >> 1 | (size == 3 ? (mask) >> 2 : 0))
	b->letter |= WHOLE(letter);
	b->space |= WHOLE(space);
	if (rare != 0) {
		one = equal(code, PM_FOLD_CODE_ONE_LETTER) & at;
		b->letter |= WHOLE(one);
		b->gone |= WHOLE(one) & lead;
		one = equal(code, PM_FOLD_CODE_ONE_NUMBER) & at;
		b->number |= WHOLE(one);
		b->gone |= WHOLE(one) & lead;
		one = equal(code, PM_FOLD_CODE_DROP) & at;
		b->drop |= WHOLE(one);
		one = equal(code, PM_FOLD_CODE_APOSTROPHE) & at;
		b->apostrophe |= WHOLE(one);
		b->stop |= equal(code, PM_FOLD_CODE_STOP) & at;
	}
#undef WHOLE
}

INLINE void
fold_two(struct block *b, const uint8_t *p, vec place, vec lead_before,
    uint64_t at)
{
	vec code = zero();

	for (uint64_t todo = at, these; todo != 0; todo &= ~these) {
		uint8_t lead = p[__builtin_ctzll(todo) - 1] & 0xfe;
		const struct pm_fold_page *page =
		    &pm_fold_two[(lead - 0xc2) >> 1];

		these = todo & equal(lead_before, lead);
		look_up(&b->folded, &code, page, place, these);
	}
	/* Before it ascii() left a space, which is what codes under it give. */
	b->folded = larger(b->folded, after(code));
	note_codes(b, code, at, 2);
}

INLINE void
fold_three(struct block *b, const uint8_t *p, vec bytes, vec place,
    vec lead_before, uint64_t at)
{
	vec code = zero();
	uint64_t same = ideographs(bytes, b->three) & at, these;

	same |= same >> 1 | same >> 2;
	b->letter |= same;
	at &= ~same;
	for (uint64_t todo = at; todo != 0; todo &= ~these) {
		const uint8_t *lead = p + __builtin_ctzll(todo) - 2;
		unsigned n = pm_fold_three_of[lead[0] & 15][lead[1] >> 1 & 31];

		these = todo & equal(bytes, lead[0]) << 2 &
		    equal(lead_before, lead[1] & 0xfe);
		if (n == 0) {
			b->stop |= these;
			at &= (these & -these) - 1;
			break;
		}
		look_up(&b->folded, &code, &pm_fold_three[n - 1], place,
		    these);
	}
	these = at & least(code, PM_FOLD_CODE_SPACE + 1);
	b->folded = choose(same | these >> 1 | these >> 2, bytes, b->folded);
	note_codes(b, code, at, 3);
}

/* What is not ASCII. */
INLINE void
fold_high(struct block *b, const uint8_t *p, vec bytes, uint64_t high)
{
	uint64_t leads = least(bytes, 0xc0), e0 = least(bytes, 0xe0);
	uint64_t two = least(bytes, 0xc2) & ~e0;
	vec previous = before(bytes), place = place_of(bytes, previous);
	vec even = even_of(previous);

	b->more = high & ~leads;
	b->three = e0 & ~least(bytes, 0xf0);
	b->lead = two | b->three;
	b->stop = (leads & ~b->lead) |
	    (b->more ^ (b->lead << 1 | b->three << 2));
	fold_two(b, p, place, even, two << 1 & b->more);
	if (b->three != 0)
		fold_three(b, p, bytes, place, even, b->three << 2 & b->more);
}

/*
 * Apostrophes between two letters: of each character's bytes, the first must
 * stand after a letter and the last before one.
 */
INLINE uint64_t
inner(const struct block *b, uint64_t letter_before)
{
	uint64_t first = b->apostrophe & ~b->more &
	    (b->letter << 1 | letter_before);
	uint64_t all = first | (first << 1 & b->apostrophe & b->more);

	all |= all << 1 & b->apostrophe & b->more;
	first = all & b->letter >> 1;
	first |= (first & b->more) >> 1 & all;
	return first | ((first & b->more) >> 1 & all);
}

/* Bytes that are no part of a whole character that is for us. */
INLINE uint64_t
stops(const struct block *b, enum pm_fold_class state)
{
	uint64_t word = (b->letter | b->number) << 1 |
	    (state != PM_FOLD_SPACE);
	uint64_t stop = b->stop;

	/* Dropped characters hide what spaces and apostrophes look at: they
	 * must come straight after a word, and no apostrophe after them. */
	if (b->drop != 0)
		stop |= (b->drop & ~(b->drop << 1) & ~word) |
		    (b->apostrophe & b->drop << 1);
	return stop | (b->lead & stop >> 1) | (b->three & stop >> 2);
}

INLINE uint64_t
bits_below(unsigned n)
{
	return ~(UINT64_MAX << n / 2 << (n - n / 2));    /* n may be 64 */
}

/* Write the first n bytes of a block, which hold whole characters. */
INLINE void
write_block(struct pm_fold_place *place, const struct block *b,
    uint64_t apostrophe_gone, unsigned n)
{
	uint64_t space = b->space | (b->apostrophe & ~apostrophe_gone);
	uint64_t again = space &
	    (space << 1 | (place->state == PM_FOLD_SPACE));
	uint64_t here = bits_below(n);
	uint64_t keep = here &
	    ~(again | apostrophe_gone | b->gone | b->drop);
	uint64_t known = (space | b->letter | b->number) & here;

	squeeze(place->out, b->folded, keep);
	place->out += __builtin_popcountll(keep);
	place->in += n;
	if (known == 0)
		return;
	/* Of the last of them; no branches, for none can be foretold. */
	n = 63 - (unsigned)__builtin_clzll(known);
	place->state = (enum pm_fold_class)
	    (PM_FOLD_LETTER * (b->letter >> n & 1) +
	    PM_FOLD_NUMBER * (b->number >> n & 1));
}

/* Fold up to n <= 64 bytes at p.  False when there is a stop among them. */
INLINE bool
fold_block(struct pm_fold_place *place, const uint8_t *p, unsigned n)
{
	struct block b = { 0 };
	vec bytes = load(p);
	uint64_t high = high_bits(bytes), stop, cut, gone = 0;
	unsigned to = n;

	b.folded = ascii(bytes);
	b.letter = least(b.folded, 'a');
	b.number = least(b.folded, '0') & ~b.letter;
	b.apostrophe = equal(bytes, '\'') | equal(bytes, '`');
	b.space = ~(b.letter | b.number | b.apostrophe | high);
	if ((high | b.apostrophe) == 0) {
		write_block(place, &b, 0, n);
		return true;
	}
	if (high != 0)
		fold_high(&b, p, bytes, high);
	stop = stops(&b, place->state) & bits_below(n);
	if ((stop | b.apostrophe) == 0 && n == PM_FOLD_BLOCK) {
		/* Where the next begins does not wait for what this one
		 * becomes. */
		to -= (unsigned)(b.lead >> 63) +
		    2 * (unsigned)(b.three >> 62 & 1);
		write_block(place, &b, 0, to);
		return true;
	}
	cut = stop | (b.lead & UINT64_C(1) << 63) |
	    (b.three & UINT64_C(1) << 62);
	if (cut != 0)
		to = (unsigned)__builtin_ctzll(cut);
	b.apostrophe &= bits_below(to);
	if (b.apostrophe != 0) {
		/* What comes after the last one must be known. */
		if ((b.apostrophe & ~bits_below(to - 1)) != 0)
			to = 63 - (unsigned)__builtin_clzll(b.apostrophe &
			    ~b.more);
		gone = inner(&b, place->state == PM_FOLD_LETTER);
	}
	write_block(place, &b, gone & bits_below(to), to);
	return to > 0 && stop == 0;
}

/* Less than a block, in a copy: nothing is read past the end. */
TARGET static __attribute__((noinline)) void
fold_end(struct pm_fold_place *place, const uint8_t *end)
{
	uint8_t copy[PM_FOLD_BLOCK];
	bool more = true;

	while (more && place->in < end) {
		size_t n = (size_t)(end - place->in);

		memset(copy, 0, sizeof copy);
		memcpy(copy, place->in, n);
		more = fold_block(place, copy, (unsigned)n);
	}
}

INLINE void
fold_blocks(struct pm_fold_place *out, const uint8_t *stop, const uint8_t *end)
{
	struct pm_fold_place place = *out;
	bool more = true;

	while (more && place.in < stop && end - place.in >= PM_FOLD_BLOCK)
		more = fold_block(&place, place.in, PM_FOLD_BLOCK);
	*out = place;
	if (more && place.in < stop)
		fold_end(out, end);
}

#endif
