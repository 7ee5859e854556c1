/*
 * generate_text.c - sentences, titles and bodies that look like news: names,
 * numbers, quotations, stock openings, words in Zipf-like proportions.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "generate.h"

enum { LEAD_WORDS = 24, OPENINGS = 4 };

void
text_add(struct text *text, const char *p, size_t n)
{
	if (n > sizeof text->p - text->n)
		abort();
	memcpy(text->p + text->n, p, n);
	text->n += n;
}

void
text_add_str(struct text *text, const char *s)
{
	text_add(text, s, strlen(s));
}

void
text_printf(struct text *text, const char *fmt, ...)
{
	size_t room = sizeof text->p - text->n;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text->p + text->n, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room)
		abort();
	text->n += (size_t)n;
}

/* Copies more than the word: a copy of fixed size is the fastest. */
static void
add_word(struct text *out, const struct word *word, bool capital)
{
	struct pm_bytes bytes = { (const uint8_t *)word->p, word->n };
	size_t at = 0, first = 0;

	if (sizeof out->p - out->n < 4 + WORD_MAX)
		abort();
	if (!capital) {
		memcpy(out->p + out->n, word->p, WORD_MAX);
		out->n += word->n;
		return;
	}
	first = pm_utf8_put((uint8_t *)out->p + out->n,
	    upper_of(pm_utf8_next(bytes, &at)));
	memcpy(out->p + out->n + first, word->p + at, word->n - at);
	out->n += first + word->n - at;
}

static void
add_number(struct text *out, const struct language *l, struct rng *rng)
{
	uint32_t r = rng_below(rng, 100);

	if (r < 50)
		text_printf(out, "%u", 2 + rng_below(rng, 98));
	else if (r < 75)
		text_printf(out, "%u", 100 + rng_below(rng, 900));
	else if (r < 85)
		text_printf(out, "%u", 10000 + rng_below(rng, 90000));
	else {
		text_printf(out, "%u%c", 1 + rng_below(rng, 98), l->decimal);
		text_printf(out, "%u", 1 + rng_below(rng, 9));
	}
}

/* n words without a stop; with_number puts a number among the first. */
static void
clause(struct text *out, const struct vocabulary *v, struct rng *rng,
    uint32_t n, bool with_number)
{
	const struct language *l = v->language;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t r = rng_below(rng, 256);

		if (i > 0)
			text_add_str(out, l->space);
		if (i == 0)
			add_word(out, r < 90 ? &v->function[rng_below(rng,
			    v->function_n)] : word_pick(v, rng), true);
		else if (with_number && i == 2)
			add_number(out, l, rng);
		else if (r < 80 && i + 1 < n)
			add_word(out, &v->function[rng_below(rng,
			    v->function_n)], false);
		else if (r < 90)
			add_number(out, l, rng);
		else
			add_word(out, word_pick(v, rng), r < 104);
		if (i > 1 && i + 2 < n && r % 16 == 0)
			text_add_str(out, l->comma);
	}
}

/* A person: two words of the rarer half, as names are. */
static void
name(struct text *out, const struct vocabulary *v, struct rng *rng)
{
	add_word(out, &v->word[WORDS / 2 + rng_below(rng, WORDS / 2)], true);
	text_add_str(out, v->language->space);
	add_word(out, &v->word[WORDS / 2 + rng_below(rng, WORDS / 2)], true);
}

/* Returns its number of words, about. */
static uint32_t
sentence(struct text *out, const struct vocabulary *v, struct rng *rng,
    bool with_number)
{
	const struct language *l = v->language;
	uint32_t n = 7 + rng_below(rng, 14);
	bool quoted = rng_chance(rng, 120);

	if (quoted)
		text_add_str(out, l->open);
	clause(out, v, rng, n, with_number);
	if (quoted) {
		text_add_str(out, l->close);
		text_add_str(out, l->comma);
		text_add_str(out, l->dash);
		add_word(out, &v->said[rng_below(rng, v->said_n)], false);
		text_add_str(out, l->space);
		name(out, v, rng);
		n += 3;
	}
	text_add_str(out, l->stop);
	return n;
}

void
article_title(struct text *out, uint64_t seed, uint64_t index, uint32_t site)
{
	const struct vocabulary *v = vocabulary_of(site);
	struct rng rng = rng_of(seed, index, 'T');
	uint32_t kind = rng_below(&rng, 10);

	if (kind < 2) {
		text_add_str(out, v->language->open);
		clause(out, v, &rng, 4 + rng_below(&rng, 6), false);
		text_add_str(out, v->language->close);
		text_add_str(out, v->language->comma);
		text_add_str(out, v->language->dash);
		name(out, v, &rng);
		return;
	}
	clause(out, v, &rng, 5 + rng_below(&rng, 6), false);
	if (kind == 2)
		text_add_str(out, "?");
}

void
article_lead(struct text *out, uint64_t seed, uint64_t index, uint32_t site)
{
	const struct vocabulary *v = vocabulary_of(site);
	struct rng rng = rng_of(seed, index, 'L');
	uint32_t words = 0;

	if (rng_chance(&rng, 150)) {
		struct rng stock = rng_of(seed,
		    site * OPENINGS + rng_below(&rng, OPENINGS), 'O');

		/* In Han a word is two tokens or more. */
		clause(out, v, &stock, v->language->space[0] == '\0' ? 2 :
		    3 + rng_below(&stock, 4), false);
		text_add_str(out, v->language->comma);
		text_add_str(out, v->language->space);
	}
	for (;;) {
		words += sentence(out, v, &rng, false);
		if (words >= LEAD_WORDS)
			break;
		text_add_str(out, v->language->space);
	}
}

void
article_body(struct text *out, uint64_t seed, uint64_t index, uint32_t site)
{
	const struct vocabulary *v = vocabulary_of(site);
	struct rng rng = rng_of(seed, index, 'B');
	uint32_t u = rng_below(&rng, 1000);
	size_t start = out->n;
	size_t target = 600 + (size_t)3200 * u / 1000 * u / 1000;
	bool with_number = true;         /* so that an update has one */

	article_lead(out, seed, index, site);
	do {
		uint32_t n = 1 + rng_below(&rng, 4);

		text_add_str(out, "\n");
		for (uint32_t i = 0; i < n; i++) {
			if (i > 0)
				text_add_str(out, v->language->space);
			sentence(out, v, &rng, with_number);
			with_number = false;
		}
	} while (out->n - start < target);
}

void
site_line(struct text *out, uint64_t seed, uint32_t site, uint32_t number)
{
	struct rng rng = rng_of(seed, site * UINT64_C(1000) + number, 'S');

	sentence(out, vocabulary_of(site), &rng, false);
}

size_t
words_prefix(const struct text *text, const struct vocabulary *v,
    uint32_t words)
{
	struct pm_bytes bytes = { (const uint8_t *)text->p, text->n };
	size_t at = 0;

	if (v->language->space[0] == '\0') {
		for (uint32_t i = 0; i < 2 * words && at < text->n; i++)
			pm_utf8_next(bytes, &at);
		return at;
	}
	while (at < text->n) {
		if (text->p[at] == ' ' && --words == 0)
			break;
		at++;
	}
	return at;
}
