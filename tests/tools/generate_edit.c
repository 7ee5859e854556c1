/*
 * generate_edit.c - what happens to a text between two sites or two crawls,
 * and an exact measure of how much of it is left.
 */
#include <stdlib.h>

#include "base/utf8.h"
#include "generate.h"

/* Kinds of change that must leave a text "the same". */
enum {
	SAME_QUOTES = 1, SAME_DASH = 2, SAME_SPACES = 4, SAME_CAPITALS = 8,
	SAME_LETTERS = 16, SAME_COMMAS = 32, SAME_HIDDEN = 64, SAME_LINES = 128
};

static struct pm_bytes
bytes_of(const struct text *text)
{
	return (struct pm_bytes){ (const uint8_t *)text->p, text->n };
}

static void
add_char(struct text *out, uint32_t c)
{
	uint8_t p[4];

	text_add(out, (const char *)p, pm_utf8_put(p, c));
}

static bool
language_is(const struct vocabulary *v, const char *code)
{
	return strcmp(v->language->code, code) == 0;
}

/* Another way to write the letter or digit c; false when there is none. */
static bool
same_letter(struct text *out, uint32_t c, const struct vocabulary *v,
    struct rng *rng)
{
	static const uint32_t apostrophe[] = { 0x2019, 0x2018, 0x2bb };

	if (c == 0x451)
		add_char(out, 0x435);
	else if (c == 0xdf)
		text_add_str(out, "ss");
	else if (c == '\'')
		add_char(out, apostrophe[rng_below(rng, 3)]);
	else if (c >= '0' && c <= '9' && language_is(v, "ar"))
		add_char(out, 0x660 + c - '0');
	else if (c >= '0' && c <= '9' && language_is(v, "hi"))
		add_char(out, 0x966 + c - '0');
	else if (c >= '0' && c <= '9' && language_is(v, "zh"))
		add_char(out, 0xff10 + c - '0');
	else
		return false;
	return true;
}

static bool
same_mark(struct text *out, uint32_t c, char next, uint32_t set,
    struct rng *rng)
{
	bool quote = c == 0xab || c == 0xbb || (c >= 0x201c && c <= 0x201e);

	if (quote && set & SAME_QUOTES)
		add_char(out, '"');
	else if (c == 0x2014 && set & SAME_DASH)
		add_char(out, 0x2013);
	else if (c == 0x2013 && set & SAME_DASH)
		add_char(out, 0x2014);
	else if (c == 0xff0c && set & SAME_COMMAS)
		add_char(out, ',');
	else if ((c == ',' || c == 0x60c) && next == ' ' &&
	    set & SAME_COMMAS && rng_chance(rng, 400))
		return true;
	else if (c == ' ' && set & SAME_SPACES && rng_chance(rng, 40))
		text_add_str(out, "  ");
	else if (c == ' ' && set & SAME_SPACES && rng_chance(rng, 40))
		add_char(out, 0xa0);
	else if (c == '\n' && set & SAME_LINES && rng_chance(rng, 100))
		add_char(out, ' ');
	else
		return false;
	return true;
}

/* Soft hyphens, and tatweel in Arabic, inside words. */
static void
hide_something(struct text *out, uint32_t c, char next,
    const struct vocabulary *v, struct rng *rng)
{
	bool letter = upper_of(c) != c || (c >= 0x620 && c <= 0x64a);
	bool before_letter = next < 0 || (next >= 'a' && next <= 'z');

	if (letter && before_letter && rng_chance(rng, 6))
		add_char(out, language_is(v, "ar") ? 0x640 : 0xad);
}

static void
same_pass(struct text *out, const struct text *in, const struct vocabulary *v,
    struct rng *rng, uint32_t set)
{
	bool capitals = false;
	size_t at = 0;

	while (at < in->n) {
		uint32_t c = pm_utf8_next(bytes_of(in), &at);
		char next = '\n';

		if (at < in->n)
			next = in->p[at];
		if (c == ' ' || c == '\n')
			capitals = set & SAME_CAPITALS && rng_chance(rng, 20);
		if (same_mark(out, c, next, set, rng))
			continue;
		if (set & SAME_LETTERS && same_letter(out, c, v, rng))
			continue;
		add_char(out, capitals ? upper_of(c) : c);
		if (set & SAME_HIDDEN)
			hide_something(out, c, next, v, rng);
	}
}

void
edit_same(struct text *out, const struct text *in, const struct vocabulary *v,
    struct rng *rng)
{
	size_t start = out->n;

	same_pass(out, in, v, rng, rng_below(rng, 256));
	if (out->n - start == in->n && memcmp(out->p + start, in->p, in->n) == 0)
		text_add_str(out, "..");     /* nothing came up: a fuller stop */
}

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
change_digits(struct text *out, const struct text *in, struct rng *rng,
    uint32_t permille)
{
	bool changed = false;
	size_t at = 0;

	while (at < in->n) {
		size_t end = at;

		while (end < in->n && digit(in->p[end]))
			end++;
		if (end == at) {
			text_add(out, in->p + at++, 1);
			continue;
		}
		if (rng_chance(rng, permille)) {
			/* The first digit becomes another one, and no 0. */
			int first = (in->p[at] - '0' + 7 +
			    (int)rng_below(rng, 8)) % 9 + 1;

			if (first == in->p[at] - '0')
				first = first % 9 + 1;
			text_printf(out, "%d", first);
			while (++at < end)
				text_printf(out, "%u", rng_below(rng, 10));
			changed = true;
		} else
			text_add(out, in->p + at, end - at);
		at = end;
	}
	return changed;
}

void
edit_update(struct text *out, const struct text *in, struct rng *rng)
{
	size_t start = out->n;

	if (change_digits(out, in, rng, 500))
		return;
	out->n = start;
	if (!change_digits(out, in, rng, 1000))
		abort();                     /* article_body puts one in */
}

/* Length of the word (in Han: the character) that begins at `at`. */
static size_t
token_length(const struct text *in, size_t at, const struct vocabulary *v)
{
	size_t end = at;

	if (v->language->space[0] == '\0') {
		pm_utf8_next(bytes_of(in), &end);
		return end - at;
	}
	while (end < in->n && in->p[end] != ' ' && in->p[end] != '\n')
		end++;
	return end - at;
}

static bool
between_tokens(char c)
{
	return c == ' ' || c == '\n';
}

static uint32_t
token_count(const struct text *in, const struct vocabulary *v)
{
	uint32_t count = 0;

	for (size_t at = 0; at < in->n; count++) {
		while (at < in->n && between_tokens(in->p[at]))
			at++;
		if (at < in->n)
			at += token_length(in, at, v);
	}
	return count;
}

static void
edit_token(struct text *out, const char *p, size_t n, bool first_of_line,
    const struct vocabulary *v, struct rng *rng)
{
	const struct word *word = word_pick(v, rng);
	uint32_t what = rng_below(rng, 10);

	if (word->n == n && memcmp(word->p, p, n) == 0)
		word = &v->word[(word - v->word + 1) % WORDS];
	if (what < 2 && !first_of_line) {            /* taken away */
		if (out->p[out->n - 1] == ' ')
			out->n--;
		return;
	}
	text_add(out, word->p, word->n);
	if (what < 4) {                              /* put in */
		text_add_str(out, v->language->space);
		text_add(out, p, n);
	} else if (p[n - 1] == '.' || p[n - 1] == ',')
		text_add(out, p + n - 1, 1);
}

double
edit_near(struct text *out, const struct text *in, const struct vocabulary *v,
    struct rng *rng, double percent)
{
	uint32_t count = token_count(in, v), edits = 0, run = 0;
	/* One edit is certain; in half of the texts the others come in runs,
	 * as when a sentence is rewritten. */
	uint32_t certain = rng_below(rng, count);
	uint32_t run_mean = rng_chance(rng, 500) ? 1 : 7;
	double wanted = percent / 100 - 1.0 / count;
	uint32_t per_million = wanted <= 0 ? 0 :
	    (uint32_t)(wanted * 1e6 / run_mean);
	bool first = true;
	size_t at = 0;

	for (uint32_t i = 0; at < in->n; i++) {
		size_t n;

		for (; at < in->n && between_tokens(in->p[at]); at++) {
			first = in->p[at] == '\n';
			text_add(out, in->p + at, 1);
		}
		if (at == in->n)
			break;
		n = token_length(in, at, v);
		if (run == 0 && rng_below(rng, 1000000) < per_million)
			run = run_mean == 1 ? 1 : 3 + rng_below(rng, 9);
		if (run > 0 || i == certain) {
			edit_token(out, in->p + at, n, first, v, rng);
			run -= run > 0;
			edits++;
		} else
			text_add(out, in->p + at, n);
		first = false;
		at += n;
	}
	return 100.0 * edits / count;
}

void
edit_contains(struct text *out, const struct text *in,
    const struct vocabulary *v, struct rng *rng, double percent)
{
	size_t n = (size_t)((double)in->n * percent / 100), at = 0, end = 0;
	size_t least = in->n / 2 < 250 ? in->n / 2 : 250;

	if (n < least)
		n = least;
	while (at < n) {                 /* end: the last whole word's end */
		while (at < in->n && between_tokens(in->p[at]))
			at++;
		at += token_length(in, at, v);
		if (at <= n)
			end = at;
	}
	text_add(out, in->p, end);
	if (rng_chance(rng, 250))
		text_add_str(out, "...");
}

void
edit_moved(struct text *out, const struct text *in, struct rng *rng)
{
	enum { LINES = 128 };
	size_t start[LINES + 1], count = 0, order[LINES], from, to;

	for (size_t at = 0; at < in->n && count < LINES; count++) {
		start[count] = at;
		while (at < in->n && in->p[at] != '\n')
			at++;
		at += at < in->n;
		order[count] = count;
	}
	start[count] = in->n + 1;
	if (count == LINES)
		abort();
	from = count < 3 ? 0 : 1 + rng_below(rng, (uint32_t)count - 1);
	to = count < 3 ? count - 1 : 1 + rng_below(rng, (uint32_t)count - 2);
	if (count >= 3 && to >= from)
		to++;
	for (size_t i = from; i < to; i++)
		order[i] = order[i + 1];
	for (size_t i = from; i > to; i--)
		order[i] = order[i - 1];
	order[to] = from;
	for (size_t i = 0; i < count; i++) {
		size_t at = start[order[i]];

		if (i > 0)
			text_add_str(out, "\n");
		text_add(out, in->p + at, start[order[i] + 1] - 1 - at);
	}
}

/* --- how alike two texts are --- */

enum { HASHES = TEXT_MAX / 2 + 8 };

static bool
is_mark(uint32_t c)
{
	if (c < 0x80)
		return !digit((char)c) && upper_of(c | 0x20) == (c | 0x20);
	return c == 0xa0 || c == 0xab || c == 0xbb || c == 0x60c ||
	    c == 0x964 || (c >= 0x2010 && c <= 0x205e) ||
	    (c >= 0x3000 && c <= 0x301f) || c == 0xff0c;
}

static size_t
token_hashes(uint64_t *out, const struct text *text)
{
	uint64_t hash = 0;
	uint32_t last_han = 0;
	size_t at = 0, n = 0;

	while (at < text->n) {
		uint32_t c = pm_utf8_next(bytes_of(text), &at);
		bool han = c >= 0x4e00 && c <= 0x9fff;

		if (c == '\'')
			continue;
		if (han && last_han != 0)
			out[n++] = mix64((uint64_t)last_han << 32 | c);
		last_han = han ? c : 0;
		if (!han && !is_mark(c))
			hash = mix64(hash + upper_of(c));
		else if (hash != 0) {
			out[n++] = hash;
			hash = 0;
		}
	}
	if (hash != 0)
		out[n++] = hash;
	return n;
}

static int
compare_hashes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Sorted 3-grams, each once. */
static size_t
shingles(uint64_t *out, const struct text *text)
{
	size_t n = token_hashes(out, text), unique = 0;

	if (n < 3)
		return n;
	n -= 2;
	for (size_t i = 0; i < n; i++)
		out[i] = mix64(mix64(mix64(out[i]) + out[i + 1]) + out[i + 2]);
	qsort(out, n, sizeof *out, compare_hashes);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || out[i] != out[i - 1])
			out[unique++] = out[i];
	return unique;
}

struct likeness
measure(const struct text *a, const struct text *b)
{
	static uint64_t x[HASHES], y[HASHES];
	size_t x_n = shingles(x, a), y_n = shingles(y, b), both = 0;
	size_t least = x_n < y_n ? x_n : y_n;

	for (size_t i = 0, j = 0; i < x_n && j < y_n;) {
		both += x[i] == y[j];
		if (x[i] < y[j])
			i++;
		else if (x[i] > y[j])
			j++;
		else {
			i++;
			j++;
		}
	}
	if (least == 0)
		return (struct likeness){ 0, 0 };
	return (struct likeness){ (double)both / (double)(x_n + y_n - both),
	    (double)both / (double)least };
}
