#include <unicode/unorm2.h>

#include "text/dates_internal.h"

enum { TEXT_BYTES_MAX = UINT16_MAX - 4 };

struct reader {
	struct pm_date_text *out;
	uint32_t last;           /* letter of the open word, else 0 */
	bool space;
	bool full_stop;          /* after the open word, not yet a token */
	size_t bare_words_max;   /* words without a number before them */
};

static struct pm_date_token *
add_token(struct reader *r, enum pm_date_token_kind kind, size_t from,
    size_t to)
{
	struct pm_date_text *out = r->out;
	struct pm_date_token *token;

	if (out->n == PM_DATE_TOKENS)
		return NULL;
	token = &out->tokens[out->n++];
	*token = (struct pm_date_token){ .kind = (uint8_t)kind,
		.space = r->space, .from = (uint16_t)from,
		.to = (uint16_t)to, .at = (uint16_t)out->plain_n };
	r->space = false;
	return token;
}

static bool
put_letter(struct reader *r, uint32_t c, size_t to)
{
	struct pm_date_text *out = r->out;
	struct pm_date_token *token = &out->tokens[out->n - 1];
	size_t n;

	if (out->plain_n + 4 > PM_DATE_PLAIN_BYTES)
		return false;
	n = pm_utf8_put(out->plain + out->plain_n, c);
	out->plain_n += n;
	token->n = (uint16_t)(token->n + n);
	token->to = (uint16_t)to;
	r->last = c;
	return true;
}

/* A combining mark goes into the letter before it, if Unicode has both. */
static bool
compose(struct reader *r, uint32_t mark, size_t to)
{
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *nfc;
	UChar32 both;
	uint8_t bytes[4];
	size_t n;

	if (r->last == 0 || mark < 0x300 || mark > 0x36f)
		return false;
	nfc = unorm2_getNFCInstance(&status);
	if (U_FAILURE(status))
		return false;
	both = unorm2_composePair(nfc, (UChar32)r->last, (UChar32)mark);
	if (both < 0)
		return false;
	n = pm_utf8_put(bytes, r->last);
	r->out->plain_n -= n;
	r->out->tokens[r->out->n - 1].n = (uint16_t)
	    (r->out->tokens[r->out->n - 1].n - n);
	return put_letter(r, pm_date_same_letter((uint32_t)both), to);
}

static bool
read_letter(struct reader *r, uint32_t c, bool capital, size_t from,
    size_t to)
{
	struct pm_date_token *token;

	if (compose(r, c, to))
		return true;
	if (r->last == 0 || r->space || pm_date_is_han(c) || pm_date_is_han(r->last)) {
		if ((token = add_token(r, PM_TOKEN_WORD, from, to)) == NULL)
			return false;
		token->capital = capital;
		r->out->words += !pm_date_is_han(c);
		if (r->out->words > r->bare_words_max && r->out->numbers == 0)
			return false;
	}
	r->full_stop = false;    /* "p.m." is one word */
	return put_letter(r, c, to);
}

static bool
read_digit(struct reader *r, uint32_t c, size_t from, size_t to)
{
	struct pm_date_token *token = r->out->n == 0 ? NULL :
	    &r->out->tokens[r->out->n - 1];

	if (token == NULL || r->space || token->kind != PM_TOKEN_NUMBER ||
	    token->to != from) {
		if ((token = add_token(r, PM_TOKEN_NUMBER, from, to)) == NULL)
			return false;
		r->out->numbers++;
	}
	token->to = (uint16_t)to;
	if (token->digits < 255)
		token->digits++;
	token->value = token->digits > 9 ? -1 :
	    token->value * 10 + (int32_t)(c - '0');
	return true;
}

static bool
read_mark(struct reader *r, uint32_t c, size_t from, size_t to)
{
	struct pm_date_token *token = add_token(r, PM_TOKEN_MARK, from, to);

	if (token != NULL)
		token->mark = (char)c;
	return token != NULL;
}

static bool
flush_full_stop(struct reader *r, size_t before)
{
	bool space = r->space, ok;

	if (!r->full_stop)
		return true;
	r->full_stop = false;
	r->last = 0;
	r->space = false;
	ok = read_mark(r, '.', before, before);
	r->space = space;
	return ok;
}

static bool
read_character(struct reader *r, uint32_t raw, size_t from, size_t to)
{
	uint32_t c = pm_date_plain(raw);
	bool letter = c >= 0x80 || (c >= 'a' && c <= 'z');

	if (c == PM_DATE_DROP)
		return true;
	if (letter && !(r->full_stop && r->space))
		return read_letter(r, c, c != raw, from, to);
	if (!r->full_stop && c == '.' && r->last != 0 && !r->space) {
		r->full_stop = true;
		return true;
	}
	if (c == ' ') {
		r->space = true;
		return true;
	}
	if (!flush_full_stop(r, from))
		return false;
	r->last = 0;
	if (letter)
		return read_letter(r, c, c != raw, from, to);
	return c >= '0' && c <= '9' ? read_digit(r, c, from, to) :
	    read_mark(r, c, from, to);
}

/* A letter of two or three bytes whose plain form has as many; else 0. */
static size_t
simple_letter(struct pm_bytes text, size_t at, uint32_t *plain)
{
	size_t next = at;
	uint32_t raw;

	if (!pm_date_next(&raw, text, &next) || raw > 0xffff ||
	    (raw >= 0x300 && raw <= 0x36f))
		return 0;
	*plain = pm_date_plain(raw);
	if (next - at == 2)
		return *plain >= 0x80 && *plain < 0x800 ? 2 : 0;
	return *plain >= 0x800 && !pm_date_is_han(*plain) ? 3 : 0;
}

/* The open word goes on, as far as nothing is special about it; what is left
 * to read_character is read in the same way there, only slower. */
static size_t
read_simple_letters(struct reader *r, struct pm_bytes text, size_t at)
{
	struct pm_date_text *out = r->out;
	struct pm_date_token *token = &out->tokens[out->n - 1];
	size_t begin = at, end = out->plain_n;

	while (at < text.n && at <= TEXT_BYTES_MAX &&
	    end + 4 <= PM_DATE_PLAIN_BYTES) {
		uint32_t c = text.p[at] | 0x20;
		size_t n = 1;

		if (c >= 'a' && c <= 'z')
			out->plain[end] = (uint8_t)c;
		else if (text.p[at] < 0x80 ||
		    (n = simple_letter(text, at, &c)) == 0)
			break;
		else
			(void)pm_utf8_put(out->plain + end, c);
		r->last = c;
		at += n;
		end += n;
	}
	if (at > begin) {
		r->full_stop = false;
		token->n = (uint16_t)(token->n + end - out->plain_n);
		token->to = (uint16_t)at;
		out->plain_n = end;
	}
	return at;
}

bool
pm_date_text_read(struct pm_date_text *out, struct pm_bytes text,
    size_t bare_words_max)
{
	struct reader r = { .out = out, .bare_words_max = bare_words_max };
	bool ok = true;
	size_t at = 0;

	out->plain_n = 0;
	out->n = 0;
	out->numbers = 0;
	out->words = 0;
	while (ok && at < text.n) {
		size_t from;
		uint32_t c;

		if (r.last != 0 && !r.space && !pm_date_is_han(r.last))
			at = read_simple_letters(&r, text, at);
		if ((from = at) == text.n)
			break;
		if (at > TEXT_BYTES_MAX || !pm_date_next(&c, text, &at)) {
			ok = false;
			break;
		}
		ok = read_character(&r, c, from, at);
	}
	ok = ok && flush_full_stop(&r, text.n);
	out->tokens[out->n] = (struct pm_date_token){ .kind = PM_TOKEN_END,
		.space = true, .from = (uint16_t)at, .to = (uint16_t)at };
	return ok;
}

bool
pm_date_has_digit(struct pm_bytes text)
{
	for (size_t i = 0; i < text.n; i++)
		if (pm_date_may_be_digit(text.p[i]))
			return true;
	return false;
}

enum { DIGIT_BLOCK = 16 };

/* May one of the bytes be of a digit?  Without a branch, so that it is done
 * many at a time; one byte more is read.  Letters of Arabic begin as its digits
 * do, so there the second byte counts. */
static bool
block_has_digit(const uint8_t *p)
{
	uint8_t any = 0;

	for (size_t i = 0; i < DIGIT_BLOCK; i++) {
		uint8_t b = p[i], next = p[i + 1];

		any |= (uint8_t)(((uint8_t)(b - '0') < 10) |
		    ((b == 0xd9) & ((uint8_t)(next - 0xa0) < 10)) |
		    ((b == 0xdb) & ((uint8_t)(next - 0xb0) < 10)) |
		    (b == 0xdf) | (b == 0xe0) | (b == 0xe1) |
		    (b == 0xea) | (b == 0xef) | (b == 0xf0));
	}
	return any != 0;
}

size_t
pm_date_next_digit(struct pm_bytes text, size_t at)
{
	while (at < text.n) {
		size_t next = at;
		uint32_t c;

		if (text.n - at > DIGIT_BLOCK &&
		    !block_has_digit(text.p + at)) {
			at += DIGIT_BLOCK;
			continue;
		}
		for (size_t end = at + DIGIT_BLOCK; at < end && at < text.n;
		    at++) {
			if (!pm_date_may_be_digit(text.p[at]))
				continue;
			next = at;
			if (!pm_date_next(&c, text, &next))
				continue;
			c = pm_date_plain(c);
			if (c >= '0' && c <= '9')
				return at;
		}
	}
	return text.n;
}

/* The next character that has a plain form, in that; 0 at the end. */
static uint32_t
next_plain(struct pm_bytes text, size_t *at, bool *mark)
{
	uint32_t raw;

	while (*at < text.n && pm_date_next(&raw, text, at)) {
		uint32_t c = pm_date_plain(raw);

		*mark = raw >= 0x300 && raw <= 0x36f;
		if (c != PM_DATE_DROP)
			return c;
	}
	return 0;
}

static bool
is_letter(uint32_t c)
{
	return c >= 0x80 || (c >= 'a' && c <= 'z');
}

static bool
has_pair(const uint64_t *pairs, uint32_t first, uint32_t second)
{
	uint32_t pair = pm_date_pair(first, second);

	return (pairs[pair / 64] >> pair % 64 & 1) != 0;
}

bool
pm_date_begins_like(uint32_t *first, const uint64_t *pairs,
    struct pm_bytes text, size_t at)
{
	bool mark = false;
	uint32_t second;

	while ((*first = next_plain(text, &at, &mark)) == ' ')
		;
	if (!is_letter(*first))
		return false;
	second = next_plain(text, &at, &mark);
	if (mark || !is_letter(second))
		return true;
	/* A Han character may be a word, and ends the one before it. */
	if (pm_date_is_han(*first) ? has_pair(pairs, *first, 0) :
	    pm_date_is_han(second))
		return true;
	(void)next_plain(text, &at, &mark);
	return mark || has_pair(pairs, *first, second);
}

static bool
put_key(char out[PM_DATE_KEY_BYTES], size_t *n, const void *p, size_t size)
{
	if (*n + size >= PM_DATE_KEY_BYTES)
		return false;
	memcpy(out + *n, p, size);
	*n += size;
	return true;
}

size_t
pm_date_key(char out[PM_DATE_KEY_BYTES], int32_t *value,
    const struct pm_date_text *text, size_t from, size_t to)
{
	size_t n = 0;

	*value = -1;
	for (size_t i = from; i < to; i++) {
		const struct pm_date_token *token = &text->tokens[i];
		bool ok = true;

		if (token->kind == PM_TOKEN_WORD)
			ok = put_key(out, &n, text->plain + token->at,
			    token->n);
		else if (token->kind == PM_TOKEN_NUMBER) {
			ok = *value < 0 && token->value >= 0 &&
			    put_key(out, &n, "#", 1);
			*value = token->value;
		} else if (token->mark == '-' && n == 0 && i + 1 < to &&
		    text->tokens[i + 1].kind == PM_TOKEN_NUMBER &&
		    !text->tokens[i + 1].space)
			ok = put_key(out, &n, "-", 1);
		else
			ok = token->mark == '.' || token->mark == ',' ||
			    token->mark == '-';
		if (!ok)
			return 0;
	}
	out[n] = '\0';
	return n;
}
