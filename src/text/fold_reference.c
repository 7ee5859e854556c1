/*
 * The fold as its definition reads, over the whole text at once:
 *
 *  1. apostrophes become U+0027, dropped characters go, and so do joining
 *     ones after many in a row.  First, for NFKC would make U+00B4 a space
 *     and an accent, and a vowel point between a letter and its hamza would
 *     keep them from composing; and its time grows with the square of a row;
 *  2. NFKC_Casefold;
 *  3. the rule of each character, spaces and apostrophes by what is around,
 *     and again no long rows: so the fold of a fold is itself;
 *  4. again from 2 until nothing changes.  One pass is not enough: a rule
 *     can leave characters that compose (U+06CC U+0654 gives U+064A U+0654,
 *     which is U+0626; an apostrophe deleted between two jamo).
 */
#include "text/fold.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>

#include "base/err.h"
#include "base/utf8.h"
#include "text/fold_rules.h"

struct range { uint32_t first, last; };

static bool
in_ranges(const struct range *ranges, size_t n, uint32_t c)
{
	for (size_t i = 0; i < n; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/*
 * Quotation marks, accents and primes that writers put for an apostrophe,
 * and the modifier letters that are one (Uzbek, Ukrainian, Hebrew geresh,
 * romanized Arabic).
 */
static bool
is_apostrophe(uint32_t c)
{
	static const struct range ranges[] = {
		{ 0x27, 0x27 }, { 0x60, 0x60 }, { 0xb4, 0xb4 },
		{ 0x2b9, 0x2b9 }, { 0x2bb, 0x2bf }, { 0x2ca, 0x2cb },
		{ 0x374, 0x374 }, { 0x384, 0x384 }, { 0x55a, 0x55a },
		{ 0x5f3, 0x5f3 }, { 0x1fbd, 0x1fbd }, { 0x1fbf, 0x1fbf },
		{ 0x1fef, 0x1fef }, { 0x1ffd, 0x1ffe }, { 0x2018, 0x2019 },
		{ 0x201b, 0x201b }, { 0x2032, 0x2032 }, { 0x2035, 0x2035 },
		{ 0xff07, 0xff07 }, { 0xff40, 0xff40 }
	};

	return in_ranges(ranges, sizeof ranges / sizeof ranges[0], c);
}

/*
 * Tatweel; Arabic vowel and Quranic marks, but not madda and hamza (U+0653 to
 * U+0655), which are parts of letters; Hebrew points and cantillation.  News
 * is written without them and quotes with them.
 */
static bool
is_vowel_point(uint32_t c)
{
	static const struct range ranges[] = {
		{ 0x591, 0x5bd }, { 0x5bf, 0x5bf }, { 0x5c1, 0x5c2 },
		{ 0x5c4, 0x5c5 }, { 0x5c7, 0x5c7 }, { 0x610, 0x61a },
		{ 0x640, 0x640 }, { 0x64b, 0x652 }, { 0x656, 0x65f },
		{ 0x670, 0x670 }, { 0x6d6, 0x6dc }, { 0x6df, 0x6e4 },
		{ 0x6e7, 0x6e8 }, { 0x6ea, 0x6ed }, { 0x898, 0x89f },
		{ 0x8ca, 0x8e1 }, { 0x8e3, 0x8ff }, { 0xfb1e, 0xfb1e },
		/* Presentation forms of tatweel with a vowel. */
		{ 0xfcf2, 0xfcf4 }, { 0xfe71, 0xfe71 }, { 0xfe77, 0xfe77 },
		{ 0xfe79, 0xfe79 }, { 0xfe7b, 0xfe7b }, { 0xfe7d, 0xfe7d },
		{ 0xfe7f, 0xfe7f }
	};

	return in_ranges(ranges, sizeof ranges / sizeof ranges[0], c);
}

static bool
is_known(uint32_t c)
{
	UVersionInfo age;

	u_charAge((UChar32)c, age);
	return age[0] != 0 && (age[0] << 8 | age[1]) <=
	    (PM_FOLD_UNICODE_MAJOR << 8 | PM_FOLD_UNICODE_MINOR);
}

static uint32_t
replacement(uint32_t c)
{
	switch (c) {
	case 0x451:             /* ё */
		return 0x435;
	case 0x649:             /* alef maksura */
	case 0x6cc:             /* Farsi yeh */
		return 0x64a;
	case 0x6a9:             /* keheh */
		return 0x643;
	default:
		return c;
	}
}

enum pm_fold_class
pm_fold_rule(uint32_t c, uint32_t *to)
{
	uint32_t type = U_MASK(u_charType((UChar32)c));

	*to = c;
	if (is_apostrophe(c))
		return PM_FOLD_APOSTROPHE;
	if (is_vowel_point(c) ||
	    u_hasBinaryProperty((UChar32)c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT))
		return PM_FOLD_DROP;
	if (!is_known(c))
		return PM_FOLD_SPACE;
	if (type & U_GC_ND_MASK) {
		*to = (uint32_t)('0' + u_charDigitValue((UChar32)c));
		return PM_FOLD_NUMBER;
	}
	*to = replacement(c);
	if (type & U_GC_L_MASK)
		return PM_FOLD_LETTER;
	if (type & (U_GC_MN_MASK | U_GC_MC_MASK))
		return PM_FOLD_MARK;
	if (type & U_GC_N_MASK)
		return PM_FOLD_NUMBER;
	/* An enclosing mark is a drawing round a character: 1️⃣ is 1. */
	return type & U_GC_ME_MASK ? PM_FOLD_DROP : PM_FOLD_SPACE;
}

/* UTF-16 in a byte buffer. */
static size_t
length_of(const struct pm_buf *units)
{
	return units->n / sizeof(UChar);
}

static UChar *
units_of(const struct pm_buf *units)
{
	return (UChar *)(void *)units->p;
}

static int
append_unit(struct pm_buf *units, uint32_t c, struct pm_err *err)
{
	UChar pair[2];
	size_t n = 0;

	U16_APPEND_UNSAFE(pair, n, c);
	return pm_buf_append(units, pair, n * sizeof pair[0], err);
}

/* Whether it may join what is before it: has no normalization boundary. */
static bool
joins(uint32_t c)
{
	UErrorCode code = U_ZERO_ERROR;
	const UNormalizer2 *form = unorm2_getNFKCCasefoldInstance(&code);

	return c >= 0x300 && !unorm2_hasBoundaryBefore(form, (UChar32)c);
}

/* Whether c, which comes next, is one too many.  *row: how many there are. */
static bool
is_too_many(unsigned *row, uint32_t c)
{
	if (!joins(c))
		*row = 0;
	else if (*row == PM_FOLD_JOINED_MAX)
		return true;
	else
		++*row;
	return false;
}

/* Step 1. */
static int
read_text(struct pm_buf *units, struct pm_bytes text, struct pm_err *err)
{
	size_t at = 0;
	unsigned row = 0;
	int rc = PM_OK;

	while (rc == PM_OK && at < text.n) {
		uint32_t c = ' ', to;
		enum pm_fold_class class;

		if (pm_utf8_length(text, at) > 0)
			c = pm_utf8_next(text, &at);
		else
			at++;
		class = pm_fold_rule(c, &to);
		if (class == PM_FOLD_DROP)
			continue;
		if (class == PM_FOLD_APOSTROPHE)
			c = '\'';
		else if (!is_known(c))
			c = ' ';
		if (!is_too_many(&row, c))
			rc = append_unit(units, c, err);
	}
	return rc;
}

/* Step 2. */
static int
normalize(struct pm_buf *to, const struct pm_buf *from, struct pm_err *err)
{
	UErrorCode code = U_ZERO_ERROR;
	const UNormalizer2 *form = unorm2_getNFKCCasefoldInstance(&code);
	size_t n = length_of(from), room = 18 * n;   /* U+FDFA is the worst */
	int32_t length;
	int rc;

	pm_buf_reset(to);
	if (room > INT32_MAX / sizeof(UChar))
		return pm_fail(err, PM_ELIMIT, "text too long to fold");
	if ((rc = pm_buf_reserve(to, room * sizeof(UChar), err)) != PM_OK ||
	    n == 0)
		return rc;
	length = unorm2_normalize(form, units_of(from), (int32_t)n,
	    units_of(to), (int32_t)room, &code);
	if (U_FAILURE(code))
		return pm_fail(err, PM_ENOMEM, "cannot normalize: %s",
		    u_errorName(code));
	to->n = (size_t)length * sizeof(UChar);
	return PM_OK;
}

struct pass {
	struct pm_buf *to;
	uint32_t base;           /* last character of combining class 0 */
	enum pm_fold_class last; /* SPACE, LETTER, NUMBER or APOSTROPHE */
	unsigned row;            /* of joining characters, in *to */
};

static int
put_space(struct pass *pass, struct pm_err *err)
{
	enum pm_fold_class last = pass->last;

	pass->last = PM_FOLD_SPACE;
	if (last == PM_FOLD_SPACE)
		return PM_OK;
	pass->row = 0;
	return append_unit(pass->to, ' ', err);
}

/* Step 3 for one character. */
static int
put(struct pass *pass, uint32_t c, struct pm_err *err)
{
	uint32_t to, base = pass->base;
	enum pm_fold_class class = pm_fold_rule(c, &to);
	int rc = PM_OK;

	if (class == PM_FOLD_DROP)
		return PM_OK;
	if (u_getCombiningClass((UChar32)c) == 0)
		pass->base = to;
	if (class == PM_FOLD_APOSTROPHE && pass->last == PM_FOLD_LETTER) {
		pass->last = PM_FOLD_APOSTROPHE;
		return PM_OK;
	}
	if (class == PM_FOLD_SPACE || class == PM_FOLD_APOSTROPHE)
		return put_space(pass, err);
	if (pass->last == PM_FOLD_APOSTROPHE && class != PM_FOLD_LETTER)
		rc = put_space(pass, err);
	if (class == PM_FOLD_MARK) {
		if (pass->last == PM_FOLD_SPACE || pm_fold_mark_goes(base, c))
			return rc;
	} else {
		pass->last = class;
	}
	if (rc != PM_OK || is_too_many(&pass->row, to))
		return rc;
	return append_unit(pass->to, to, err);
}

/* Step 3. */
static int
apply_rules(struct pm_buf *to, const struct pm_buf *from, struct pm_err *err)
{
	struct pass pass = { to, ' ', PM_FOLD_SPACE, 0 };
	size_t i = 0, n = length_of(from);
	int rc = PM_OK;

	pm_buf_reset(to);
	while (rc == PM_OK && i < n)
		rc = put(&pass, pm_fold_next16(units_of(from), &i), err);
	if (rc == PM_OK && pass.last == PM_FOLD_SPACE && to->n > 0)
		to->n -= sizeof(UChar);
	return rc;
}

static int
write_text(struct pm_buf *out, const struct pm_buf *from, struct pm_err *err)
{
	size_t i = 0, n = length_of(from), before = out->n;
	int rc = PM_OK;

	while (rc == PM_OK && i < n) {
		uint8_t bytes[4];
		uint32_t c = pm_fold_next16(units_of(from), &i);

		rc = pm_buf_append(out, bytes, pm_utf8_put(bytes, c), err);
	}
	if (rc != PM_OK)
		out->n = before;
	return rc;
}

int
pm_fold_reference(struct pm_buf *out, struct pm_bytes text,
    struct pm_err *err)
{
	struct pm_buf from, normal, to;
	bool same = false;
	int rc;

	pm_buf_init(&from);
	pm_buf_init(&normal);
	pm_buf_init(&to);
	rc = read_text(&from, text, err);
	while (rc == PM_OK && !same) {
		struct pm_buf swap = from;

		if ((rc = normalize(&normal, &from, err)) != PM_OK ||
		    (rc = apply_rules(&to, &normal, err)) != PM_OK)
			break;
		same = pm_bytes_equal(pm_buf_bytes(&from), pm_buf_bytes(&to));
		from = to;
		to = swap;
	}
	if (rc == PM_OK)
		rc = write_text(out, &from, err);
	pm_buf_clear(&from);
	pm_buf_clear(&normal);
	pm_buf_clear(&to);
	return rc;
}
