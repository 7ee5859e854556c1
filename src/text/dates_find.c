/*
 * A date in prose.  It begins with a number or with the name of a month and
 * a number a few words on, so that most of a text is never read as tokens:
 * what is far from a digit, and words that begin as no month does.  The
 * tests compare with reading at every place.
 */
#include "text/dates_internal.h"

enum {
	BEFORE_BYTES = 48,
	AFTER_BYTES = 96,
	BARE_WORDS = 4           /* a name has three; "the" after it */
};

static bool
is_ascii_letter(uint8_t b)
{
	return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z');
}

static bool
begins_number(struct pm_bytes text, size_t at)
{
	uint8_t b = text.p[at];

	if (b < 0x80)
		return b >= '0' && b <= '9';
	return b != 0xf0 && pm_date_may_be_digit(b) &&
	    pm_utf8_length(text, at) > 0;
}

/* Where the word before `at` begins, for "February 11"; at when there is
 * none. */
static size_t
word_before(struct pm_bytes text, size_t at)
{
	size_t start = at, min = at > BEFORE_BYTES ? at - BEFORE_BYTES : 0;
	size_t end;

	while (start > min && (text.p[start - 1] == ' ' ||
	    text.p[start - 1] == '.'))
		start--;
	end = start;
	while (start > min && (text.p[start - 1] >= 0x80 ||
	    is_ascii_letter(text.p[start - 1])))
		start--;
	/* Not from inside a character. */
	while (start < end && (text.p[start] & 0xc0) == 0x80)
		start++;
	return start < end && end < at ? start : at;
}

/* A date that begins exactly at `at`. */
static bool
date_at(struct pm_time_text *out, size_t *n, struct pm_bytes text, size_t at)
{
	struct pm_bytes window = { text.p + at, text.n - at };
	struct pm_date_text tokens;
	struct pm_date_cursor c = { &tokens, 0, true };
	const struct pm_date_token *last;

	if (window.n > AFTER_BYTES)
		window.n = AFTER_BYTES;
	/* A cut character or too many tokens end what was read. */
	(void)pm_date_text_read(&tokens, window, BARE_WORDS);
	if (tokens.n < 2 || !pm_date_day(&c, out))
		return false;
	last = &tokens.tokens[c.at - 1];
	/* "11.02.2025.3" and "2025-02-11-7" are no dates. */
	if (last->kind == PM_TOKEN_NUMBER && last[1].kind == PM_TOKEN_MARK &&
	    strchr("./-", last[1].mark) != NULL && !last[1].space &&
	    last[2].kind == PM_TOKEN_NUMBER && !last[2].space)
		return false;
	/* Its full stop may be the sentence's. */
	while (c.at > 1 && last->kind == PM_TOKEN_MARK)
		last = &tokens.tokens[--c.at - 1];
	*n = last->to;
	return true;
}

/* "3.11.02.2025": the number goes on to the left. */
static bool
is_tail(struct pm_bytes text, size_t at)
{
	return at >= 2 && strchr("./,:", text.p[at - 1]) != NULL &&
	    text.p[at - 1] != 0 && text.p[at - 2] >= '0' &&
	    text.p[at - 2] <= '9';
}

static size_t
skip_number(struct pm_bytes text, size_t at)
{
	if (text.p[at] >= 0x80)
		return at + pm_utf8_length(text, at);
	while (at < text.n && text.p[at] >= '0' && text.p[at] <= '9')
		at++;
	return at;
}

static bool
inside_word(struct pm_bytes text, size_t at)
{
	return at > 0 && (is_ascii_letter(text.p[at - 1]) ||
	    text.p[at - 1] == '_');
}

/* May the number here be the first of a date, by what is after it? */
static bool
may_go_on(struct pm_bytes text, size_t at)
{
	size_t next = at, n = 0;
	uint32_t c = 0;

	while (next < text.n && pm_date_next(&c, text, &next)) {
		c = pm_date_plain(c);
		if (c == PM_DATE_DROP)
			return true;
		if (c < '0' || c > '9')
			break;
		n++;
		at = next;
	}
	if (n != 1 && n != 2 && n != 4)
		return false;
	return pm_date_begins_like(&c, pm_date_tables.after_pairs, text,
	    at) || c == '.' || c == '-' || c == '/' || (c == ',' && n == 4) ||
	    (c >= '0' && c <= '9') || pm_date_is_han(c);
}

/* May a date begin here? */
static bool
may_begin(struct pm_bytes text, size_t at)
{
	uint32_t first;

	if (pm_date_begins_like(&first, pm_date_tables.month_pairs, text, at))
		return true;
	if (first >= '0' && first <= '9')
		return may_go_on(text, pm_date_next_digit(text, at));
	return pm_date_is_han(first);
}

struct digits {
	size_t last;             /* before the place looked at; SIZE_MAX: none */
	size_t next;             /* at or after it */
};

/* Can what is read from `start`, at or before i, reach a digit? */
static bool
reaches_digit(const struct digits *digits, size_t start)
{
	return (digits->last != SIZE_MAX && digits->last >= start) ||
	    digits->next < start + AFTER_BYTES;
}

/* At the number, or the word before it; *start is where. */
static bool
date_near(struct pm_time_text *out, size_t *start, size_t *n,
    struct pm_bytes text, size_t at, const struct digits *digits)
{
	*start = word_before(text, at);
	if (*start < at && reaches_digit(digits, *start) &&
	    may_begin(text, *start) && date_at(out, n, text, *start))
		return true;
	*start = at;
	return reaches_digit(digits, at) && !is_tail(text, at) &&
	    !inside_word(text, at) && may_begin(text, at) &&
	    date_at(out, n, text, at);
}

/* Digits as seen from i; false when no date can begin so near to it that i is
 * of interest, and then i is moved on. */
static bool
approach(struct digits *digits, size_t *i, struct pm_bytes text)
{
	size_t start = *i > BEFORE_BYTES ? *i - BEFORE_BYTES : 0;

	while (digits->next < *i) {
		digits->last = digits->next;
		digits->next = pm_date_next_digit(text, digits->next + 1);
	}
	if (reaches_digit(digits, *i) || reaches_digit(digits, start))
		return true;
	*i = digits->next == text.n ? text.n :
	    digits->next - AFTER_BYTES + 1;
	return false;
}

bool
pm_time_find(struct pm_time_text *out, size_t *at, size_t *n,
    struct pm_bytes text)
{
	struct digits digits = { SIZE_MAX, pm_date_next_digit(text, 0) };
	struct pm_time_text found;
	size_t i = 0, start, length;

	while (i < text.n) {
		if (!approach(&digits, &i, text))
			continue;
		if (!begins_number(text, i)) {
			i++;
			continue;
		}
		if (date_near(&found, &start, &length, text, i, &digits)) {
			*out = found;
			*at = start;
			*n = length;
			return true;
		}
		i = skip_number(text, i);
	}
	return false;
}
