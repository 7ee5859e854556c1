/*
 * JSON as RFC 8259 has it, forward.  Nesting is a stack of bits, so that what is
 * nested costs no recursion.
 */
#include "base/utf8.h"
#include "page/codec.h"
#include "page/fields.h"

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static void
skip_space(struct pm_bytes text, size_t *at)
{
	while (*at < text.n && is_space(text.p[*at]))
		(*at)++;
}

static bool
take(struct pm_bytes text, size_t *at, uint8_t c)
{
	skip_space(text, at);
	if (*at == text.n || text.p[*at] != c)
		return false;
	(*at)++;
	return true;
}

/* ---- strings ---- */

/* A hexadecimal digit and 16; 0: it is none. */
static const uint8_t digit[256] = { ['0'] = 16, ['1'] = 17, ['2'] = 18,
    ['3'] = 19, ['4'] = 20, ['5'] = 21, ['6'] = 22, ['7'] = 23, ['8'] = 24,
    ['9'] = 25, ['a'] = 26, ['b'] = 27, ['c'] = 28, ['d'] = 29, ['e'] = 30,
    ['f'] = 31, ['A'] = 26, ['B'] = 27, ['C'] = 28, ['D'] = 29, ['E'] = 30,
    ['F'] = 31 };

static inline bool
hex4(uint32_t *out, const uint8_t *p)
{
	uint32_t a = digit[p[0]], b = digit[p[1]];
	uint32_t c = digit[p[2]], d = digit[p[3]];

	*out = (a & 15) << 12 | (b & 15) << 8 | (c & 15) << 4 | (d & 15);
	return (a & b & c & d & 16) != 0;
}

/* Behind the backslash at *at and what it stands for. */
static bool
skip_escape(struct pm_bytes text, size_t *at)
{
	uint32_t unit;

	if (text.n - *at < 2)
		return false;
	if (text.p[*at + 1] == 'u') {
		if (text.n - *at < 6 || !hex4(&unit, text.p + *at + 2))
			return false;
		*at += 6;
		return true;
	}
	if (text.p[*at + 1] == '\0' ||
	    strchr("\"\\/bfnrt", text.p[*at + 1]) == NULL)
		return false;
	*at += 2;
	return true;
}

/* *at is behind the quote that opens it. */
static bool
scan_string(struct pm_scan *out, struct pm_bytes text, size_t *at)
{
	size_t begin = *at;

	out->type = PM_SCAN_STRING;
	out->escaped = false;
	for (;;) {
		*at += pm_codec_run(PM_CODEC_JSON, (struct pm_bytes){
		    text.p + *at, text.n - *at });
		if (*at == text.n || text.p[*at] < ' ')
			return false;
		if (text.p[*at] == '"')
			break;
		out->escaped = true;
		do {
			if (!skip_escape(text, at))
				return false;
		} while (*at < text.n && text.p[*at] == '\\');
	}
	out->raw = (struct pm_bytes){ text.p + begin, *at - begin };
	(*at)++;
	return true;
}

/* Of *p, which is behind "\u"; moves it. */
static uint32_t
unescape_u(const uint8_t **p, const uint8_t *end)
{
	uint32_t high, low;

	(void)hex4(&high, *p);
	*p += 4;
	if (high < 0xd800 || high > 0xdfff)
		return high;
	if (high > 0xdbff || end - *p < 6 || (*p)[0] != '\\' ||
	    (*p)[1] != 'u' || !hex4(&low, *p + 2) ||
	    low < 0xdc00 || low > 0xdfff)
		return 0xfffd;
	*p += 6;
	return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

static uint8_t
unescape_letter(uint8_t c)
{
	switch (c) {
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return c;
	}
}

int
pm_scan_string(struct pm_bytes *out, struct pm_arena *arena,
    const struct pm_scan *string, struct pm_err *err)
{
	const uint8_t *p = string->raw.p, *end = p + string->raw.n;
	uint8_t *to;
	size_t n = 0;

	*out = string->raw;
	if (!string->escaped)
		return PM_OK;
	/* Nothing is longer than its escape. */
	if ((to = pm_arena_alloc(arena, string->raw.n, err)) == NULL)
		return PM_ENOMEM;
	while (p < end) {
		const uint8_t *next = memchr(p, '\\', (size_t)(end - p));
		size_t run = (size_t)((next == NULL ? end : next) - p);

		memcpy(to + n, p, run);
		n += run;
		p += run;
		/* Escapes often follow one another. */
		while (p < end && *p == '\\') {
			p += 2;
			if (p[-1] == 'u')
				n += pm_utf8_put(to + n,
				    unescape_u(&p, end));
			else
				to[n++] = unescape_letter(p[-1]);
		}
	}
	*out = (struct pm_bytes){ to, n };
	return PM_OK;
}

/* ---- other values ---- */

static size_t
skip_digits(struct pm_bytes text, size_t *at)
{
	size_t begin = *at;

	while (*at < text.n && text.p[*at] >= '0' && text.p[*at] <= '9')
		(*at)++;
	return *at - begin;
}

static bool
scan_number(struct pm_scan *out, struct pm_bytes text, size_t *at)
{
	size_t begin = *at;

	*at += text.p[*at] == '-';
	if (*at < text.n && text.p[*at] == '0')
		(*at)++;
	else if (skip_digits(text, at) == 0)
		return false;
	if (*at < text.n && text.p[*at] == '.') {
		(*at)++;
		if (skip_digits(text, at) == 0)
			return false;
	}
	if (*at < text.n && (text.p[*at] | 0x20) == 'e') {
		(*at)++;
		*at += *at < text.n && (text.p[*at] == '+' ||
		    text.p[*at] == '-');
		if (skip_digits(text, at) == 0)
			return false;
	}
	/* "01" and "1x" are told by what may follow. */
	*out = (struct pm_scan){ PM_SCAN_NUMBER, false,
	    { text.p + begin, *at - begin } };
	return true;
}

static bool
scan_word(struct pm_scan *out, struct pm_bytes text, size_t *at)
{
	const char *word = text.p[*at] == 't' ? "true" :
	    text.p[*at] == 'f' ? "false" : "null";
	size_t n = strlen(word);

	if (text.n - *at < n || memcmp(text.p + *at, word, n) != 0)
		return false;
	*out = (struct pm_scan){ word[0] == 'n' ? PM_SCAN_NULL : PM_SCAN_BOOL,
	    false, { text.p + *at, n } };
	*at += n;
	return true;
}

static bool
scan_scalar(struct pm_scan *out, struct pm_bytes text, size_t *at)
{
	uint8_t c = text.p[*at];

	if (c == '"') {
		(*at)++;
		return scan_string(out, text, at);
	}
	if (c == '-' || (c >= '0' && c <= '9'))
		return scan_number(out, text, at);
	return scan_word(out, text, at);
}

static bool
scan_key(struct pm_scan *out, struct pm_bytes text, size_t *at)
{
	return take(text, at, '"') && scan_string(out, text, at) &&
	    take(text, at, ':');
}

/*
 * All of what the bracket before *at opens; objects is a bit for each level
 * that is open.
 */
static bool
skip_inside(struct pm_bytes text, size_t *at, bool object, unsigned depth)
{
	uint64_t objects = object;
	unsigned level = 1;
	bool fresh = true;           /* nothing stands behind the bracket yet */
	struct pm_scan ignored;

	while (level > 0) {
		bool in_object = (objects & 1) != 0;
		uint8_t c;

		if (take(text, at, in_object ? '}' : ']')) {
			objects >>= 1;
			level--;
			fresh = false;
			continue;
		}
		if ((!fresh && !take(text, at, ',')) ||
		    (in_object && !scan_key(&ignored, text, at)))
			return false;
		skip_space(text, at);
		if (*at == text.n)
			return false;
		c = text.p[*at];
		fresh = c == '{' || c == '[';
		if (!fresh) {
			if (!scan_scalar(&ignored, text, at))
				return false;
			continue;
		}
		if (level++ == depth)
			return false;
		objects = objects << 1 | (c == '{');
		(*at)++;
	}
	return true;
}

bool
pm_scan_value(struct pm_scan *out, struct pm_bytes text, size_t *at,
    unsigned depth)
{
	size_t begin;
	bool object;

	skip_space(text, at);
	if (*at == text.n)
		return false;
	begin = *at;
	object = text.p[begin] == '{';
	if (!object && text.p[begin] != '[')
		return scan_scalar(out, text, at);
	(*at)++;
	if (depth == 0 || !skip_inside(text, at, object, depth))
		return false;
	*out = (struct pm_scan){ object ? PM_SCAN_OBJECT : PM_SCAN_ARRAY,
	    false, { text.p + begin, *at - begin } };
	return true;
}

/* ---- one by one ---- */

/* To where the next one begins. */
static enum pm_scan_next
advance(struct pm_scan_inside *in, uint8_t open, uint8_t close)
{
	bool first = in->at == 0;

	if (first && !take(in->text, &in->at, open))
		return PM_SCAN_BROKEN;
	if (take(in->text, &in->at, close))
		return PM_SCAN_END;
	if (!first && !take(in->text, &in->at, ','))
		return PM_SCAN_BROKEN;
	return PM_SCAN_MORE;
}

enum pm_scan_next
pm_scan_member(struct pm_scan *key, struct pm_scan *value,
    struct pm_scan_inside *object)
{
	enum pm_scan_next next = advance(object, '{', '}');

	if (next == PM_SCAN_MORE && (!scan_key(key, object->text,
	    &object->at) || !pm_scan_value(value, object->text, &object->at,
	    object->depth)))
		return PM_SCAN_BROKEN;
	return next;
}

enum pm_scan_next
pm_scan_item(struct pm_scan *value, struct pm_scan_inside *array)
{
	enum pm_scan_next next = advance(array, '[', ']');

	if (next == PM_SCAN_MORE && !pm_scan_value(value, array->text,
	    &array->at, array->depth))
		return PM_SCAN_BROKEN;
	return next;
}
