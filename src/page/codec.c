/*
 * Bytes that a codec writes as they are come in long runs, so everything here
 * goes from one byte that is not to the next, eight at a time.
 */
#include "page/codec.h"

#include "base/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
	ASCII = PM_CODEC_JSON_ASCII & ~1,
	SLASH = PM_CODEC_JSON_SLASH & ~1,
	UPPER = PM_CODEC_JSON_UPPER & ~1,
	ESCAPE_MAX = 12              /* two times \uxxxx */
};

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static bool
is_json(int codec)
{
	return codec > 0 && codec < PM_CODEC_CSV && (codec & 1) != 0;
}

bool
pm_codec_known(int codec)
{
	return codec == PM_CODEC_PLAIN || is_json(codec) ||
	    (codec >= PM_CODEC_CSV && codec <= PM_CODEC_XML_QUOT);
}

/* The high bit of each byte of v that is c; right up to the first. */
static inline uint64_t
bytes_that_are(uint64_t v, uint8_t c)
{
	uint64_t x = v ^ EACH(c);

	return (x - EACH(1)) & ~x & EACH(0x80);
}

static inline uint64_t
special8(int codec, uint64_t v)
{
	uint64_t hit = bytes_that_are(v, '"');

	if (codec >= PM_CODEC_XML)
		return (codec == PM_CODEC_XML ? 0 : hit) |
		    bytes_that_are(v, '&') | bytes_that_are(v, '<') |
		    bytes_that_are(v, '>');
	if (codec == PM_CODEC_CSV)
		return hit;
	hit |= bytes_that_are(v, '\\');
	hit |= (v - EACH(0x20)) & ~v & EACH(0x80);
	if ((codec & SLASH) != 0)
		hit |= bytes_that_are(v, '/');
	if ((codec & ASCII) != 0)
		hit |= v & EACH(0x80);
	return hit;
}

#ifdef __SSE2__
/* Of JSON, sixteen at a time as long as there are so many; *hit: one of the
 * sixteen at what is returned ends the run. */
static size_t
long_run(unsigned *hit, int codec, struct pm_bytes text)
{
	const __m128i slash = _mm_set1_epi8((codec & SLASH) != 0 ? '/' : '"');
	const __m128i high = _mm_set1_epi8((codec & ASCII) != 0 ? -1 : 0);
	size_t i = 0;

	for (*hit = 0; text.n - i >= 16; i += 16) {
		__m128i v = _mm_loadu_si128(
		    (const __m128i *)(const void *)(text.p + i));
		__m128i found = _mm_or_si128(
		    _mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
		    _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));

		found = _mm_or_si128(found, _mm_cmpeq_epi8(v, slash));
		found = _mm_or_si128(found, _mm_and_si128(v, high));
		found = _mm_or_si128(found, _mm_cmpeq_epi8(v,
		    _mm_min_epu8(v, _mm_set1_epi8(0x1f))));
		*hit = (unsigned)_mm_movemask_epi8(found);
		if (*hit != 0)
			break;
	}
	return i;
}
#endif

size_t
pm_codec_run(int codec, struct pm_bytes text)
{
	uint8_t last[8];
	uint64_t hit;
	size_t i = 0;

	if (codec == PM_CODEC_PLAIN)
		return text.n;
#ifdef __SSE2__
	if (is_json(codec)) {
		unsigned first;

		i = long_run(&first, codec, text);
		if (first != 0)
			return i + (size_t)__builtin_ctz(first);
	}
#endif
	for (; text.n - i >= 8; i += 8)
		if ((hit = special8(codec, pm_le64_get(text.p + i))) != 0)
			return i + (size_t)__builtin_ctzll(hit) / 8;
	if (i == text.n)
		return i;
	memset(last, 'x', sizeof last);
	memcpy(last, text.p + i, text.n - i);
	if ((hit = special8(codec, pm_le64_get(last))) != 0)
		return i + (size_t)__builtin_ctzll(hit) / 8;
	return text.n;
}

static size_t
put_u(uint8_t *out, int codec, uint32_t unit)
{
	const char *digit = (codec & UPPER) != 0 ? "0123456789ABCDEF" :
	    "0123456789abcdef";

	out[0] = '\\';
	out[1] = 'u';
	for (int i = 0; i < 4; i++)
		out[2 + i] = (uint8_t)digit[unit >> (12 - 4 * i) & 15];
	return 6;
}

/* What stands behind the backslash; 0: "u". */
static const uint8_t letter[256] = { ['"'] = '"', ['\\'] = '\\',
    ['/'] = '/', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r',
    ['\t'] = 't' };

static size_t
escape_json(uint8_t out[ESCAPE_MAX], int codec, struct pm_bytes text,
    size_t *at)
{
	uint32_t c;

	if (letter[text.p[*at]] != 0) {
		out[0] = '\\';
		out[1] = letter[text.p[(*at)++]];
		return 2;
	}
	c = pm_utf8_next(text, at);
	if (c < 0x10000)
		return put_u(out, codec, c);
	c -= 0x10000;
	(void)put_u(out, codec, 0xd800 + (c >> 10));
	return 6 + put_u(out + 6, codec, 0xdc00 + (c & 0x3ff));
}

/* How the character at *at is written, which is not as it is. */
static size_t
escape(uint8_t out[ESCAPE_MAX], int codec, struct pm_bytes text, size_t *at)
{
	const char *written;

	if (is_json(codec))
		return escape_json(out, codec, text, at);
	switch (text.p[(*at)++]) {
	case '&':
		written = "&amp;";
		break;
	case '<':
		written = "&lt;";
		break;
	case '>':
		written = "&gt;";
		break;
	default:
		written = codec == PM_CODEC_CSV ? "\"\"" : "&quot;";
	}
	memcpy(out, written, strlen(written));
	return strlen(written);
}

/* Escapes often follow one another. */
static inline size_t
run_at(int codec, struct pm_bytes text, size_t at)
{
	uint8_t c = text.p[at];

	if (is_json(codec) && (c < ' ' || c == '"' || c == '\\' ||
	    (c >= 0x80 && (codec & ASCII) != 0)))
		return 0;
	return pm_codec_run(codec, (struct pm_bytes){ text.p + at,
	    text.n - at });
}

int
pm_codec_write(struct pm_buf *out, int codec, struct pm_bytes text,
    struct pm_err *err)
{
	const size_t before = out->n;
	uint8_t escaped[ESCAPE_MAX];
	int rc = PM_OK;

	for (size_t at = 0; at < text.n && rc == PM_OK;) {
		size_t n = run_at(codec, text, at);

		rc = pm_buf_append(out, text.p + at, n, err);
		at += n;
		if (at < text.n && rc == PM_OK) {
			n = escape(escaped, codec, text, &at);
			rc = pm_buf_append(out, escaped, n, err);
		}
	}
	if (rc != PM_OK)
		out->n = before;
	return rc;
}

size_t
pm_codec_length(int codec, struct pm_bytes text)
{
	uint8_t escaped[ESCAPE_MAX];
	size_t length = 0;

	for (size_t at = 0; at < text.n;) {
		size_t n = run_at(codec, text, at);

		length += n;
		at += n;
		if (at < text.n)
			length += escape(escaped, codec, text, &at);
	}
	return length;
}

/* Are the next bytes of *written these?  They are taken off. */
static bool
take(struct pm_bytes *written, const uint8_t *p, size_t n)
{
	if (n == 0)
		return true;
	if (written->n < n || memcmp(written->p, p, n) != 0)
		return false;
	written->p += n;
	written->n -= n;
	return true;
}

static bool
makes(int codec, struct pm_bytes written, struct pm_bytes text)
{
	uint8_t escaped[ESCAPE_MAX];

	for (size_t at = 0; at < text.n;) {
		size_t n = run_at(codec, text, at);

		if (!take(&written, text.p + at, n))
			return false;
		at += n;
		if (at < text.n) {
			n = escape(escaped, codec, text, &at);
			if (!take(&written, escaped, n))
				return false;
		}
	}
	return written.n == 0;
}

/*
 * Takes the escape off *written.  The first one with a hexadecimal letter says
 * whether letters are upper case: *settled.
 */
static bool
take_escape(struct pm_bytes *written, int *codec, int *settled,
    struct pm_bytes text, size_t *at)
{
	uint8_t lower[ESCAPE_MAX], upper[ESCAPE_MAX];
	size_t again = *at;
	uint8_t c = letter[text.p[*at]];
	size_t n;

	if (c != 0) {
		if (written->n < 2 || written->p[0] != '\\' ||
		    written->p[1] != c)
			return false;
		written->p += 2;
		written->n -= 2;
		(*at)++;
		return true;
	}
	n = escape_json(lower, *codec, text, at);
	if ((*settled & UPPER) != 0)
		return take(written, lower, n);
	(void)escape_json(upper, *codec | UPPER, text, &again);
	if (memcmp(lower, upper, n) == 0)
		return take(written, lower, n);
	*settled |= UPPER;
	if (take(written, lower, n))
		return true;
	*codec |= UPPER;
	return take(written, upper, n);
}

/* Bits are settled by the first character that tells. */
static int
find_json(struct pm_bytes written, struct pm_bytes text)
{
	int codec = PM_CODEC_JSON, settled = 0;

	for (size_t at = 0; at < text.n;) {
		int open = (ASCII | SLASH) & ~settled;
		size_t n = run_at(codec | open, text, at);
		bool escaped;

		if (!take(&written, text.p + at, n))
			return -1;
		if ((at += n) == text.n)
			break;
		escaped = written.n > 0 && written.p[0] == '\\';
		open &= text.p[at] >= 0x80 ? ASCII :
		    text.p[at] == '/' ? SLASH : 0;
		settled |= open;
		codec |= escaped ? open : 0;
		if (open != 0 && !escaped)
			continue;
		if (!take_escape(&written, &codec, &settled, text, &at))
			return -1;
	}
	return written.n == 0 ? codec : -1;
}

int
pm_codec_find(struct pm_bytes written, struct pm_bytes text)
{
	int codec;

	if (pm_bytes_equal(written, text))
		return PM_CODEC_PLAIN;
	if (written.n < text.n)
		return -1;
	if ((codec = find_json(written, text)) >= 0)
		return codec;
	for (codec = PM_CODEC_CSV; codec <= PM_CODEC_XML_QUOT; codec++)
		if (makes(codec, written, text))
			return codec;
	return -1;
}
