/*
 * The fold with a table.  A character whose fold does not depend on its
 * neighbours is copied from the table, with what it does to the space and the
 * apostrophe before it; kernels do so for many at once (fold_block.h).  A
 * character that may join what is before it (a mark, a Hangul vowel) starts a
 * run: the fold goes back to the last character that was written, and ICU
 * takes all from there up to the next one that stands alone.  A run holds no
 * other character of the first kind, so no byte is read by more than two runs;
 * and it holds no long row of those that join.
 *
 * That this equals pm_fold_reference rests on three facts, tested over all of
 * Unicode:
 *
 *  F1: what is written for a character that stands alone is stable, and
 *      nothing before it can join it;
 *  F2: dropped characters and apostrophes may be taken out before
 *      normalization;
 *  F3: a run's fold does not depend on what is outside, but for the state.
 */
#include "text/fold.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>

#include "base/err.h"
#include "base/utf8.h"
#include "text/fold_internal.h"
#include "text/fold_table.h"

/*
 * STEP: bytes read between two looks at the output's room.  No character of
 * the quick loop becomes more than twice its bytes with the space before it.
 * SLACK: what may be read and written past the last character.
 * When a kernel gets no further than SHORT, what comes is likely not for it:
 * up to PATCH bytes are for the quick loop, until it stops.  When the kernel
 * fails again it is not tried for PATCH bytes, then for twice as many each
 * time, up to PATCH_MAX.
 */
enum { STEP = 8192, SLACK = 16, SHORT = 24, PATCH = 96, PATCH_MAX = 1536 };

/*
 * state: what was written last: a space or nothing (PM_FOLD_SPACE), a letter
 * or a number, with marks or without; or a letter, and an apostrophe was read
 * after it that is not settled yet (PM_FOLD_APOSTROPHE).
 */
struct fold {
	struct pm_bytes in;
	struct pm_buf *out;
	size_t at;               /* in the input */
	enum pm_fold_class state;
	/* The last character written and what was so before it; of use while
	 * state is not PM_FOLD_SPACE. */
	size_t last_at, last_n;
	enum pm_fold_class last_state;
	bool last_lost;              /* a kernel wrote it: find_last() */
	pm_fold_kernel *kernel;      /* or NULL */
	size_t kernel_at, patch;     /* not before this; bytes until then */
	struct pm_buf run, normal;   /* UTF-16, for runs */
};

static uint32_t
entry_of(uint32_t c)
{
	size_t mid = fold_top[c >> 12] * 64u + (c >> 6 & 63);

	return fold_block[fold_mid[mid] * 64u + (c & 63)];
}

static enum pm_fold_class
class_of(uint32_t entry)
{
	return (enum pm_fold_class)(entry & 15);
}

static bool
joins(enum pm_fold_class class)
{
	return class >= PM_FOLD_JOINING_MARK && class <= PM_FOLD_QUIET_MARK;
}

/* The entry of the character at `at` and its length; a space for a byte that
 * is no UTF-8. */
static uint32_t
entry_at(struct pm_bytes in, size_t at, size_t *n)
{
	size_t after = at;

	if ((*n = pm_utf8_length(in, at)) == 0) {
		*n = 1;
		return PM_FOLD_SPACE;
	}
	return entry_of(pm_utf8_next(in, &after));
}

/*
 * What a character of this class does to the state.  Returns true when the
 * character itself is to be written, *space when a space is, before it.
 */
static inline bool
advance(enum pm_fold_class *state, enum pm_fold_class class,
    bool *space)
{
	*space = false;
	switch (class) {
	case PM_FOLD_DROP:
		return false;
	case PM_FOLD_LETTER:
	case PM_FOLD_JOINING_LETTER:
		*state = PM_FOLD_LETTER;
		return true;
	case PM_FOLD_NUMBER:
		*space = *state == PM_FOLD_APOSTROPHE;
		*state = PM_FOLD_NUMBER;
		return true;
	case PM_FOLD_MARK:
	case PM_FOLD_JOINING_MARK:
	case PM_FOLD_QUIET_MARK:
		/* One that nothing carries is drawn on a space: dropped. */
		if (*state == PM_FOLD_LETTER || *state == PM_FOLD_NUMBER)
			return true;
		break;
	case PM_FOLD_APOSTROPHE:
		if (*state == PM_FOLD_LETTER) {
			*state = PM_FOLD_APOSTROPHE;
			return false;
		}
		break;
	default:
		break;
	}
	*space = *state != PM_FOLD_SPACE;
	*state = PM_FOLD_SPACE;
	return false;
}

/* Write the bytes of an entry and some that do not matter, four in one store,
 * which compilers do not make of pm_le32_put here. */
static inline void
put_entry(uint8_t *o, uint32_t entry)
{
	uint32_t bytes = entry >> 8;

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	bytes = __builtin_bswap32(bytes);
#endif
	memcpy(o, &bytes, sizeof bytes);
}

/* Append to the output; there is room. */
static void
put(struct fold *f, enum pm_fold_class class, const uint8_t *p, size_t n)
{
	bool space, itself = advance(&f->state, class, &space);

	if (space)
		f->out->p[f->out->n++] = ' ';
	if (itself) {
		memcpy(f->out->p + f->out->n, p, n);
		f->out->n += n;
	}
}

static int
put_text(struct fold *f, const uint8_t *p, size_t n, struct pm_err *err)
{
	struct pm_bytes text = { p, n };
	int rc = pm_buf_reserve(f->out, 2 * n + SLACK, err);

	for (size_t at = 0; rc == PM_OK && at < n; at += n > at ?
	    pm_utf8_length(text, at) : 0) {
		size_t length;
		uint32_t entry = entry_at(text, at, &length);

		put(f, class_of(entry), p + at, length);
	}
	return rc;
}

static uint16_t *
units_of(const struct pm_buf *units)
{
	return (uint16_t *)(void *)units->p;
}

static size_t
length_of(const struct pm_buf *units)
{
	return units->n / sizeof(uint16_t);
}

static int
append_unit(struct pm_buf *units, uint32_t c, struct pm_err *err)
{
	uint16_t pair[2] = { (uint16_t)c, 0 };

	if (c < 0x10000)
		return pm_buf_append(units, pair, sizeof pair[0], err);
	pair[0] = (uint16_t)(0xd7c0 + (c >> 10));
	pair[1] = (uint16_t)(0xdc00 | (c & 0x3ff));
	return pm_buf_append(units, pair, sizeof pair, err);
}

/* Whether the next, of this class, is one too many.  *row: how many joining
 * ones there are. */
static bool
is_too_many(unsigned *row, enum pm_fold_class class)
{
	if (!joins(class))
		*row = 0;
	else if (*row == PM_FOLD_JOINED_MAX)
		return true;
	else
		++*row;
	return false;
}

/* Take the run from the input: its first character, whatever it is, and all
 * that do not stand alone. */
static int
read_run(struct fold *f, struct pm_err *err)
{
	size_t n;
	unsigned row = 0;
	uint32_t entry = entry_at(f->in, f->at, &n);
	int rc = PM_OK;

	pm_buf_reset(&f->run);
	do {
		enum pm_fold_class class = class_of(entry);
		size_t after = f->at;

		if (class != PM_FOLD_DROP && !is_too_many(&row, class))
			rc = append_unit(&f->run,
			    class == PM_FOLD_APOSTROPHE ? '\'' :
			    pm_utf8_next(f->in, &after), err);
		f->at += n;
		if (rc != PM_OK || f->at == f->in.n)
			return rc;
		entry = entry_at(f->in, f->at, &n);
	} while (joins(class_of(entry)) ||
	    class_of(entry) == PM_FOLD_APOSTROPHE ||
	    class_of(entry) == PM_FOLD_DROP);
	return rc;
}

static int
normalize(struct pm_buf *to, const struct pm_buf *from, struct pm_err *err)
{
	UErrorCode code = U_ZERO_ERROR;
	const UNormalizer2 *form = unorm2_getNFKCCasefoldInstance(&code);
	size_t room = 2 * length_of(from) + 64;
	int32_t length;
	int rc;

	for (;;) {
		pm_buf_reset(to);
		if (room > INT32_MAX)
			return pm_fail(err, PM_ELIMIT, "too many marks");
		if ((rc = pm_buf_reserve(to, room * sizeof(uint16_t), err)) !=
		    PM_OK)
			return rc;
		length = unorm2_normalize(form, units_of(from),
		    (int32_t)length_of(from), units_of(to), (int32_t)room,
		    &code);
		if (code != U_BUFFER_OVERFLOW_ERROR)
			break;
		room = (size_t)length;
		code = U_ZERO_ERROR;
	}
	if (U_FAILURE(code))
		return pm_fail(err, PM_ENOMEM, "cannot normalize: %s",
		    u_errorName(code));
	to->n = (size_t)length * sizeof(uint16_t);
	return PM_OK;
}

/* What one character of a normalized run becomes: itself, but for the few
 * that the rules replace, which have their text in the entry. */
static uint32_t
replaced(uint32_t c, uint32_t entry)
{
	uint8_t bytes[4] = { 0 };
	struct pm_bytes text = { bytes, (entry >> 4) & 3 };
	size_t at = 0;

	put_entry(bytes, entry);
	return text.n > 0 ? pm_utf8_next(text, &at) : c;
}

/*
 * One pass of the rules over a normalized run.  Spaces and an unsettled
 * apostrophe stay as characters, for the next pass and for the output.
 */
static int
apply_rules(struct fold *f, struct pm_err *err)
{
	enum pm_fold_class state = f->state;
	uint32_t base = ' ';
	unsigned row = 0;
	size_t i = 0, n = length_of(&f->normal);
	int rc = PM_OK;

	pm_buf_reset(&f->run);
	while (rc == PM_OK && i < n) {
		uint32_t c = pm_fold_next16(units_of(&f->normal), &i);
		uint32_t entry = entry_of(c), before = base;
		bool space, itself;

		if (class_of(entry) == PM_FOLD_DROP)
			continue;
		if (u_getCombiningClass((UChar32)c) == 0)
			base = replaced(c, entry);
		itself = advance(&state, class_of(entry), &space);
		if (space) {
			rc = append_unit(&f->run, ' ', err);
			row = 0;
		}
		if (rc == PM_OK && itself && !pm_fold_mark_goes(before, c) &&
		    !is_too_many(&row, class_of(entry)))
			rc = append_unit(&f->run, replaced(c, entry), err);
	}
	if (rc == PM_OK && state == PM_FOLD_APOSTROPHE && n > 0)
		rc = append_unit(&f->run, '\'', err);
	return rc;
}

static int
write_run(struct fold *f, struct pm_err *err)
{
	size_t i = 0, n = length_of(&f->run);
	int rc = pm_buf_reserve(f->out, 4 * n + SLACK, err);

	while (rc == PM_OK && i < n) {
		uint32_t c = pm_fold_next16(units_of(&f->run), &i);
		uint8_t bytes[4];
		size_t length = pm_utf8_put(bytes, c);

		put(f, class_of(entry_of(c)), bytes, length);
	}
	return rc;
}

/*
 * The last character that a kernel wrote: after it come none but dropped ones
 * and an apostrophe.  It is a letter or a number, of which only an apostrophe
 * before it would change what is written; and that is settled.
 */
static void
find_last(struct fold *f)
{
	size_t at = f->at, n;
	uint32_t entry;

	do {
		at--;
		while ((f->in.p[at] & 0xc0) == 0x80)
			at--;
		entry = entry_at(f->in, at, &n);
	} while (class_of(entry) == PM_FOLD_DROP ||
	    class_of(entry) == PM_FOLD_APOSTROPHE);
	if ((entry >> 4 & 3) != 0)
		n = entry >> 4 & 3;
	f->last_at = at;
	f->last_n = f->out->n - n;
	f->last_state = PM_FOLD_SPACE;
	f->last_lost = false;
}

/*
 * A character at f->at joins what is before it: fold both by ICU, until the
 * rules change nothing (the reference says why).
 */
static int
fold_run(struct fold *f, struct pm_err *err)
{
	int rc;

	if (f->state != PM_FOLD_SPACE && f->last_lost)
		find_last(f);
	if (f->state != PM_FOLD_SPACE) {
		f->at = f->last_at;
		f->out->n = f->last_n;
		f->state = f->last_state;
	}
	rc = read_run(f, err);
	do {
		if (rc != PM_OK ||
		    (rc = normalize(&f->normal, &f->run, err)) != PM_OK ||
		    (rc = apply_rules(f, err)) != PM_OK)
			return rc;
	} while (!pm_bytes_equal(pm_buf_bytes(&f->run),
	    pm_buf_bytes(&f->normal)));
	return write_run(f, err);
}

/* One character, of any kind. */
static int
fold_one(struct fold *f, struct pm_err *err)
{
	size_t n;
	uint32_t entry = entry_at(f->in, f->at, &n);
	enum pm_fold_class class = class_of(entry);
	const uint8_t *text = f->in.p + f->at;
	uint8_t bytes[4];
	int rc;

	if (joins(class))
		return fold_run(f, err);
	if ((rc = pm_buf_reserve(f->out, SLACK, err)) != PM_OK)
		return rc;
	if (class != PM_FOLD_SPACE && class != PM_FOLD_DROP &&
	    class != PM_FOLD_APOSTROPHE) {
		f->last_at = f->at;
		f->last_n = f->out->n;
		f->last_state = f->state;
		f->last_lost = false;
	}
	f->at += n;
	if (class == PM_FOLD_TEXT) {
		text = fold_pool + (entry >> 8);
		return put_text(f, text + 1, *text, err);
	}
	if ((entry >> 4 & 3) != 0) {
		n = entry >> 4 & 3;
		put_entry(bytes, entry);
		text = bytes;
	}
	put(f, class, text, n);
	return PM_OK;
}

static enum pm_fold_class
ascii_state(uint8_t folded)
{
	return folded == ' ' ? PM_FOLD_SPACE :
	    folded <= '9' ? PM_FOLD_NUMBER : PM_FOLD_LETTER;
}

/* In each byte under 0x80 of eight, the high bit where first <= it <= last. */
static uint64_t
between(uint64_t eight, uint8_t first, uint8_t last)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);

	return (eight + (0x80u - first) * ones) &
	    ~(eight + (0x7fu - last) * ones) & (0x80 * ones);
}

/*
 * Fold up to eight bytes of ASCII at once, one byte to one byte: up to a byte
 * that is not, an apostrophe, or a second space.  Returns how many; o[0..8)
 * may be written.
 */
static inline size_t
copy_ascii(uint8_t *o, const uint8_t *p, enum pm_fold_class now)
{
	const uint64_t high = UINT64_C(0x8080808080808080);
	uint64_t eight = (uint64_t)pm_le32_get(p + 4) << 32 | pm_le32_get(p);
	uint64_t low = eight & ~high;
	uint64_t upper = between(low, 'A', 'Z');
	uint64_t word = upper | between(low, 'a', 'z') | between(low, '0', '9');
	uint64_t spaces = ~word & high;
	uint64_t before = now == PM_FOLD_SPACE ? 0x80 : 0;
	uint64_t stop = (eight & high) | (spaces & (spaces << 8 | before)) |
	    between(low, '\'', '\'') | between(low, '`', '`');
	uint64_t keep = (word >> 7) * 0xff;

	if (now == PM_FOLD_APOSTROPHE)
		return 0;
	low = ((low | upper >> 2) & keep) |
	    ((spaces >> 2) & ~keep);
	pm_le32_put(o, (uint32_t)low);
	pm_le32_put(o + 4, (uint32_t)(low >> 32));
	return stop == 0 ? 8 : (size_t)__builtin_ctzll(stop) / 8;
}

/*
 * The entry of the one to three bytes at p, with its text in it, and their
 * number; PM_FOLD_TEXT for what is longer or no UTF-8.
 */
static inline uint32_t
quick_entry(const uint8_t *p, size_t *n)
{
	uint32_t lead = p[0], entry;
	size_t mid;

	if (lead < 0xe0) {
		/* No branch on one byte or two: where words end cannot be
		 * predicted. */
		uint32_t two = lead >> 7;
		uint32_t pair = (lead & 0x1f) << 6 | (p[1] & 0x3fu);

		*n = 1 + two;
		if (two & ((lead < 0xc2) | ((p[1] & 0xc0) != 0x80)))
			return PM_FOLD_TEXT;
		return fold_block[(pair & -two) | (lead & (two - 1))];
	}
	*n = 3;
	if (lead >= 0xf0 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80 ||
	    (lead == 0xe0 && p[1] < 0xa0))
		return PM_FOLD_TEXT;
	mid = fold_top[lead & 0xf] * 64u + (p[1] & 0x3f);
	entry = fold_block[fold_mid[mid] * 64u + (p[2] & 0x3f)];
	if (entry == PM_FOLD_SPACE)
		return 1u << 4 | ' ' << 8;
	if (entry < 16)
		entry |= 3u << 4 | lead << 8 | (uint32_t)p[1] << 16 |
		    (uint32_t)p[2] << 24;
	return entry;
}

/* How long a character is that begins with this byte and is at most three
 * bytes long. */
static inline size_t
lead_length(uint8_t lead)
{
	return 1u + (lead >= 0xc0) + (lead >= 0xe0);
}

/*
 * The quick loop: characters of one to three bytes that stand alone, up to
 * stop, and after one of them a quiet mark, which needs no ICU: but when
 * another that joins comes next, a run begins with the character before both.
 * It ends before the first of another kind.  The output has room for twice
 * the input, and SLACK bytes may be read at stop.  Not inlined, for it needs
 * all registers.
 */
static void __attribute__((noinline))
fold_many(struct fold *f, size_t stop)
{
	const uint8_t *in = f->in.p, *p = in + f->at, *end = in + stop;
	const uint8_t *begin = p;
	const uint8_t *last = in + f->last_at;
	uint8_t *base = f->out->p, *o = base + f->out->n;
	uint8_t *last_o = base + f->last_n;
	enum pm_fold_class now = f->state, last_state = f->last_state;

	while (p < end) {
		enum pm_fold_class class;
		uint32_t entry;
		size_t n, length;
		bool space, itself;

		if ((pm_le32_get(p) & 0x80808080) == 0 &&
		    (n = copy_ascii(o, p, now)) > 1) {
			last = p + n - 1;
			last_o = o + n - 1;
			last_state = ascii_state(o[n - 2]);
			now = ascii_state(o[n - 1]);
			p += n;
			o += n;
			continue;
		}
		entry = quick_entry(p, &n);
		class = class_of(entry);
		length = entry >> 4 & 3;
		if (class <= PM_FOLD_LETTER) {
			/* As advance(), but no branch on which of them. */
			last = p;
			last_o = o;
			last_state = now;
			put_entry(o, entry);
			o += (class | now) != PM_FOLD_SPACE ? length : 0;
			now = class;
			p += n;
			continue;
		}
		if (class == PM_FOLD_QUIET_MARK && last < p &&
		    p == last + lead_length(*last) && last >= begin &&
		    (now == PM_FOLD_LETTER || now == PM_FOLD_NUMBER)) {
			memcpy(o, p, sizeof(uint32_t));
			p += n;
			o += n;
			continue;
		}
		if (class > PM_FOLD_DROP)
			break;
		if (class <= PM_FOLD_MARK) {
			last = p;
			last_o = o;
			last_state = now;
		}
		p += n;
		itself = advance(&now, class, &space);
		*o = ' ';
		o += space;
		put_entry(o, entry);
		o += itself ? length : 0;
	}
	f->at = (size_t)(p - in);
	f->last_lost = f->last_lost && last == in + f->last_at;
	f->out->n = (size_t)(o - base);
	f->state = now;
	f->last_at = (size_t)(last - in);
	f->last_n = (size_t)(last_o - base);
	f->last_state = last_state;
}

/* By the kernel, up to stop; returns how many bytes were taken. */
static size_t
fold_blocks(struct fold *f, size_t stop)
{
	struct pm_fold_place place = { f->in.p + f->at,
		f->out->p + f->out->n, f->state };
	size_t n;

	if (f->kernel == NULL || f->state == PM_FOLD_APOSTROPHE ||
	    f->at < f->kernel_at)
		return 0;
	f->kernel(&place, f->in.p + stop, f->in.p + f->in.n);
	n = (size_t)(place.in - f->in.p) - f->at;
	f->at += n;
	if (place.out > f->out->p + f->out->n)
		f->last_lost = true;
	f->out->n = (size_t)(place.out - f->out->p);
	f->state = place.state;
	f->kernel_at = f->at + f->patch;
	if (n > SHORT)
		f->kernel_at = f->patch = 0;
	else if (f->patch < PATCH_MAX)
		f->patch = f->patch > 0 ? 2 * f->patch : PATCH;
	return n;
}

/* Many characters, by what is quickest: perhaps none. */
static int
fold_step(struct fold *f, struct pm_err *err)
{
	size_t left = f->in.n - f->at, n = left < STEP ? left : STEP;
	int rc = pm_buf_reserve(f->out, 2 * n + 3 * PM_FOLD_BLOCK, err);

	if (rc != PM_OK || fold_blocks(f, f->at + n) > SHORT)
		return rc;
	if (f->kernel != NULL)
		n = f->kernel_at > f->at ? f->kernel_at - f->at : PATCH;
	left = f->in.n - f->at;
	if (left > SLACK)
		fold_many(f, f->at + (left - SLACK < n ? left - SLACK : n));
	return PM_OK;
}

int
pm_fold_with(enum pm_fold_variant variant, struct pm_buf *out,
    struct pm_bytes text, struct pm_err *err)
{
	struct fold f = { .in = text, .out = out, .state = PM_FOLD_SPACE,
		.last_n = out->n, .kernel = pm_fold_kernel_of(variant) };
	size_t before = out->n;
	int rc = PM_OK;

	while (rc == PM_OK && f.at < text.n) {
		rc = fold_step(&f, err);
		if (rc == PM_OK && f.at < text.n)
			rc = fold_one(&f, err);
	}
	if (rc != PM_OK)
		out->n = before;
	else if (f.state == PM_FOLD_SPACE && out->n > before)
		out->n--;
	pm_buf_clear(&f.run);
	pm_buf_clear(&f.normal);
	return rc;
}

int
pm_fold(struct pm_buf *out, struct pm_bytes text, struct pm_err *err)
{
	enum pm_fold_variant best = PM_FOLD_VARIANTS - 1;

	while (!pm_fold_can(best))
		best--;
	return pm_fold_with(best, out, text, err);
}

const char *
pm_fold_unicode_version(void)
{
	UVersionInfo version;

	u_getUnicodeVersion(version);
	if ((version[0] << 8 | version[1]) <
	    (PM_FOLD_UNICODE_MAJOR << 8 | PM_FOLD_UNICODE_MINOR))
		return PM_FOLD_UNICODE " with an older ICU";
	return PM_FOLD_UNICODE;
}
