#include "page/page_internal.h"

#include "base/utf8.h"

/* Longer than this, blank lines are no gap inside a list. */
enum { BLANK_BYTES_MAX = 4096 };
enum { TIME_BYTES_MAX = 160 };

/* What the first byte of a character says about it. */
enum first {
	PART_OF_WORD,    /* neither white nor of a script without spaces */
	WHITE,
	SPACELESS,
	UNSURE           /* the character must be read */
};

static const uint8_t first[256] = {
	['\t'] = WHITE, ['\n'] = WHITE, ['\v'] = WHITE, ['\f'] = WHITE,
	['\r'] = WHITE, [' '] = WHITE,
	[0xc2] = UNSURE, [0xe0] = UNSURE, [0xe1] = UNSURE, [0xe2] = UNSURE,
	[0xe3] = UNSURE, [0xe4] = SPACELESS, [0xe5] = SPACELESS,
	[0xe6] = SPACELESS, [0xe7] = SPACELESS, [0xe8] = SPACELESS,
	[0xe9] = SPACELESS, [0xef] = UNSURE, [0xf0] = UNSURE,
	[0xf1] = UNSURE, [0xf2] = UNSURE, [0xf3] = UNSURE, [0xf4] = UNSURE
};

/* Blanks, and what cannot be seen: U+0080 to U+009F are controls, found where
 * Windows text was taken for Latin-1. */
static bool
white(uint32_t c)
{
	if (c < 0x80)
		return first[c] == WHITE;
	return c <= 0xa0 || c == 0x1680 ||
	    (c >= 0x2000 && c <= 0x200f) || (c >= 0x2028 && c <= 0x202f) ||
	    (c >= 0x205f && c <= 0x2060) || (c >= 0x2066 && c <= 0x2069) ||
	    c == 0x3000 || c == 0xfeff;
}

/* Scripts written without spaces: a character is about half a word. */
static bool
spaceless(uint32_t c)
{
	return (c >= 0x0e00 && c <= 0x0eff) || (c >= 0x1000 && c <= 0x109f) ||
	    (c >= 0x1780 && c <= 0x17ff) || (c >= 0x3041 && c <= 0x30ff) ||
	    (c >= 0x3400 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) ||
	    (c >= 0x20000 && c <= 0x3ffff);
}

/* Is the character at *at white?  If so, *at moves past it. */
static inline bool
skip_white(struct pm_bytes text, size_t *at)
{
	size_t next = *at;

	switch (first[text.p[*at]]) {
	case WHITE:
		*at += 1;
		return true;
	case UNSURE:
		if (!white(pm_utf8_next(text, &next)))
			return false;
		*at = next;
		return true;
	default:
		return false;
	}
}

/* Where the character begins that ends before `end`. */
static size_t
begin_of_last(struct pm_bytes text, size_t from, size_t end)
{
	size_t i = end - 1;

	while (i > from && (text.p[i] & 0xc0) == 0x80)
		i--;
	return i;
}

/* The character that ends before `end`, and where it begins. */
static uint32_t
character_before(struct pm_bytes text, size_t from, size_t end, size_t *at)
{
	size_t i = *at = begin_of_last(text, from, end);

	return pm_utf8_next(text, &i);
}

struct pm_span
pm_page_trim(struct pm_bytes text, size_t from, size_t to)
{
	while (from < to && skip_white(text, &from))
		;
	while (to > from) {
		size_t at = to - 1, next;

		if (text.p[at] >= 0x80)
			at = begin_of_last(text, from, to);
		next = at;
		if (!skip_white(text, &next))
			break;
		to = at;
	}
	return (struct pm_span){ from, to - from };
}

bool
pm_page_line_read(struct pm_page_line *out, struct pm_bytes text, size_t at,
    size_t max)
{
	size_t left = text.n - at;
	const uint8_t *end = memchr(text.p + at, '\n', left < max ? left : max);
	struct pm_span trimmed;

	if (end == NULL && left > max)
		return false;
	out->next = end == NULL ? text.n : (size_t)(end - text.p) + 1;
	trimmed = pm_page_trim(text, at, out->next);
	out->at = trimmed.at;
	out->end = trimmed.at + trimmed.n;
	return true;
}

bool
pm_page_skip_blank(struct pm_bytes text, size_t *at, size_t max,
    size_t *skipped)
{
	size_t begin = *at;

	*skipped = 0;
	while (*at < text.n && *at - begin < BLANK_BYTES_MAX) {
		size_t i = *at;

		/* The line may be long: look at its blank beginning only. */
		while (i < text.n && text.p[i] != '\n' &&
		    i - begin < BLANK_BYTES_MAX)
			if (!skip_white(text, &i))
				return true;
		if (i == text.n || text.p[i] != '\n' || ++*skipped > max)
			return false;
		*at = i + 1;
	}
	return false;
}

struct pm_span
pm_page_strip_hashes(struct pm_bytes text, struct pm_span line)
{
	const uint8_t *p = text.p + line.at;
	size_t n = 0;
	size_t end = line.at + line.n;
	struct pm_span bare;

	while (n < line.n && n < 6 && p[n] == '#')
		n++;
	if (n == 0 || n == line.n || p[n] != ' ')
		return line;
	while (end > line.at + n && text.p[end - 1] == '#')
		end--;
	bare = pm_page_trim(text, line.at + n, end);
	return bare.n > 0 ? bare : line;
}

static bool
dash(uint32_t c)
{
	return c == '-' || c == '*' || c == 0xb7 || c == 0x2013 ||
	    c == 0x2014 || c == 0x2022 || c == 0x2023 || c == 0x25aa ||
	    c == 0x25b8 || c == 0x25ba || c == 0x25cf || c == 0x25e6;
}

bool
pm_page_dash(struct pm_span *item, struct pm_bytes text, struct pm_span line)
{
	size_t space = line.at;

	if (line.n < 3 || first[text.p[space]] == SPACELESS ||
	    !dash(pm_utf8_next(text, &space)) ||
	    space >= line.at + line.n || !skip_white(text, &space))
		return false;
	*item = pm_page_trim(text, space, line.at + line.n);
	return item->n > 0;
}

static bool
closes(uint32_t c)
{
	return white(c) || c == '"' || c == '\'' || c == ')' || c == ']' ||
	    c == '*' || c == '_' || c == 0xbb || c == 0x203a ||
	    (c >= 0x2018 && c <= 0x201f) || c == 0x300d || c == 0x300f ||
	    c == 0xff09;
}

/* Without quotes and brackets that close at the end. */
static struct pm_span
strip_closers(struct pm_bytes text, struct pm_span line)
{
	while (line.n > 0) {
		uint8_t last = text.p[line.at + line.n - 1];
		size_t at;

		/* As most lines end. */
		if (last == '.' || ((last | 0x20) >= 'a' &&
		    (last | 0x20) <= 'z') || !closes(character_before(text, line.at,
		    line.at + line.n, &at)))
			break;
		line.n = at - line.at;
	}
	return line;
}

static bool
ends_with(struct pm_bytes text, struct pm_span line, const char *tail)
{
	size_t n = strlen(tail);

	return line.n >= n &&
	    memcmp(text.p + line.at + line.n - n, tail, n) == 0;
}

bool
pm_page_ends_in_ellipsis(struct pm_bytes text, struct pm_span line)
{
	line = strip_closers(text, line);
	if (line.n == 0)
		return false;
	switch (text.p[line.at + line.n - 1]) {
	case '.':
		return ends_with(text, line, "...") ||
		    ends_with(text, line, ". . .");
	case ';':
		return ends_with(text, line, "&hellip;") ||
		    ends_with(text, line, "&#8230;");
	case 0xa6:
		return ends_with(text, line, "\u2026");
	case 0xaf:
		return ends_with(text, line, "\u22ef");
	default:
		return false;
	}
}

bool
pm_page_has_sign(struct pm_bytes text, struct pm_span line)
{
	struct pm_span item;

	return pm_page_dash(&item, text, line) ||
	    pm_page_ends_in_ellipsis(text, line);
}

static uint32_t
last_character(struct pm_bytes text, struct pm_span line)
{
	size_t at;

	line = strip_closers(text, line);
	if (line.n == 0)
		return 0;
	return character_before(text, line.at, line.at + line.n, &at);
}

bool
pm_page_ends_sentence(struct pm_bytes text, struct pm_span line)
{
	uint32_t c = last_character(text, line);

	return pm_page_ends_in_stop(text, line) || c == '.' || c == '!' ||
	    c == '?' || c == ';' || c == 0x2026 || c == 0x61f || c == 0x61b ||
	    c == 0xff01 || c == 0xff1f || c == 0xff1b;
}

bool
pm_page_ends_in_stop(struct pm_bytes text, struct pm_span line)
{
	uint32_t c = last_character(text, line);

	if (c == '.')
		return !pm_page_ends_in_ellipsis(text, line);
	return c == 0x3002 || c == 0x6d4 || c == 0x964 || c == 0x589 ||
	    c == 0x1362;
}

size_t
pm_page_characters(struct pm_bytes text, struct pm_span span)
{
	size_t n = 0;

	for (size_t i = span.at; i < span.at + span.n; i++)
		n += (text.p[i] & 0xc0) != 0x80;
	return n;
}

/* The kind of the character at *at, which moves past it. */
static enum first
next_kind(struct pm_bytes text, size_t *at)
{
	const uint8_t *p = text.p + *at;
	enum first is = first[p[0]];
	uint32_t c;

	if (p[0] == 0xe0)        /* Thai and Lao; or Devanagari and so on */
		is = p[1] >= 0xb8 && p[1] <= 0xbb ? SPACELESS : PART_OF_WORD;
	if (is != UNSURE) {
		/* Of a longer character the rest is of its word. */
		*at += is == SPACELESS ? 3 : 1;
		return is;
	}
	c = pm_utf8_next(text, at);
	return white(c) ? WHITE : spaceless(c) ? SPACELESS : PART_OF_WORD;
}

enum { WORD_BLOCK = 16 };

/*
 * Words that begin in the bytes at p, of which p[-1] can be read, or
 * WORD_BLOCK when not every byte tells what it is.  Without a branch, so that
 * it is done many at a time.
 */
static size_t
words_in_block(const uint8_t *p)
{
	uint8_t n = 0, odd = 0;

	for (size_t i = 0; i < WORD_BLOCK; i++) {
		uint8_t c = p[i], before = p[(ptrdiff_t)i - 1];
		uint8_t blank = (uint8_t)((c == ' ') |
		    ((uint8_t)(c - '\t') < 5));
		uint8_t blank_before = (uint8_t)((before == ' ') |
		    ((uint8_t)(before - '\t') < 5));

		odd |= (uint8_t)((c == 0xc2) | (c >= 0xe0));
		n = (uint8_t)(n + (blank_before & ~blank));
	}
	return odd != 0 ? WORD_BLOCK : n;
}

/* Does the byte before tell what a block at `at` needs to know? */
static bool
may_read_block(struct pm_bytes text, size_t at, bool inside)
{
	enum first before = first[text.p[at - 1]];

	return inside ? before == PART_OF_WORD : before == WHITE;
}

size_t
pm_page_words(struct pm_bytes text, struct pm_span span)
{
	size_t words = 0, spaceless_n = 0, n;
	size_t at = span.at, end = span.at + span.n, block = span.at + 1;
	bool inside = false;

	while (at < end) {
		enum first is;

		if (at >= block && end - at >= WORD_BLOCK &&
		    may_read_block(text, at, inside)) {
			n = words_in_block(text.p + at);
			block = at + WORD_BLOCK;
			if (n < WORD_BLOCK) {
				words += n;
				at += WORD_BLOCK;
				inside = first[text.p[at - 1]] == PART_OF_WORD;
				continue;
			}
		}
		is = next_kind(text, &at);
		words += is == PART_OF_WORD && !inside;
		spaceless_n += is == SPACELESS;
		inside = is == PART_OF_WORD;
	}
	return words + (spaceless_n + 1) / 2;
}

bool
pm_page_has_more_words(struct pm_bytes text, struct pm_span span, size_t n)
{
	/* Each word but the last is of two bytes, its blank included. */
	return span.n > 2 * n && pm_page_words(text, span) > n;
}

bool
pm_page_has_more_characters(struct pm_bytes text, struct pm_span span,
    size_t n)
{
	return span.n > n && (span.n > 4 * n ||
	    pm_page_characters(text, span) > n);
}

bool
pm_page_time(struct pm_time_text *out, struct pm_bytes text,
    struct pm_span span)
{
	struct pm_time_text when;

	if (span.n < 2 || span.n > TIME_BYTES_MAX ||
	    !pm_time_parse(&when, pm_page_bytes(text, span)))
		return false;
	*out = when;
	return true;
}
