/*
 * What the dates pass over unread is no date: pm_time_parse and pm_time_find
 * against the same without their short cuts, on random texts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "text/dates_internal.h"

enum { TEXTS = 200000, TEXT_BYTES = 400 };

static uint32_t seed = 1;

static uint32_t
any(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static const char *const pieces[] = {
	" ", " ", " ", " ", " ", ".", ",", "-", "/", ":", "|", "(", ")", "'",
	"\u2019", "\u200b", "\u00a0", "\u0300", "\u0306", "\u0640", "\u2026",
	"\u2013", "%", "\u00ba", "\u0e01", "\u0915", "\u4e8c", "\u6708",
	"\u4ee4", "\u548c", "\u7ea6", "\uc77c", "\uff11", "\u0661", "\u06f5",
	"\u0967", "\u0e51", "\U0001d7d8", "\u0645", "\u0438", "x", "Y", "\xff",
	"\xd9", "a", "at", "kl", "the", "de", "\u043d\u0430",
	"th\u00e1ng", "people", "\u043b\u044e\u0434\u0435\u0439", "st", "th",
	"Uhr", "h", "pm", "p.m.", "UTC", "+05:00", "14:30", "3.11"
};

static const char *
any_name(void)
{
	const struct pm_date_tables *t = &pm_date_tables;

	switch (any(5)) {
	case 0:
		return t->months[any((uint32_t)t->n_months)].key;
	case 1:
		return t->weekdays[any((uint32_t)t->n_weekdays)].key;
	case 2:
		return t->spans[any((uint32_t)t->n_spans)].key;
	case 3:
		return pm_date_phrases[any((uint32_t)pm_date_phrases_n)].text;
	default:
		return pm_date_about[any(32)];
	}
}

/* A '#' of a key becomes a number. */
static size_t
put(char *out, size_t n, const char *piece)
{
	for (; *piece != '\0' && n + 2 < TEXT_BYTES; piece++)
		out[n++] = *piece == '#' ? (char)('1' + any(9)) : *piece;
	return n;
}

static struct pm_bytes
any_text(char out[TEXT_BYTES], uint32_t max)
{
	static const char *const numbers[] = { "1", "6", "11", "31", "52",
		"2025", "1403", "2568", "99", "123", "20250211" };
	size_t n = 0;

	for (uint32_t i = any(max) + 1; i > 0; i--) {
		switch (any(4)) {
		case 0:
			n = put(out, n, any_name());
			break;
		case 1:
			n = put(out, n, numbers[any(sizeof numbers /
			    sizeof numbers[0])]);
			break;
		default:
			n = put(out, n, pieces[any(sizeof pieces /
			    sizeof pieces[0])]);
		}
		if (any(2) == 0)
			n = put(out, n, " ");
	}
	return (struct pm_bytes){ (const uint8_t *)out, n };
}

static bool
same(const struct pm_time_text *a, const struct pm_time_text *b)
{
	return a->kind == b->kind && a->precision == b->precision &&
	    a->months == b->months && a->seconds == b->seconds &&
	    a->year == b->year && a->month == b->month && a->day == b->day &&
	    a->hour == b->hour && a->minute == b->minute &&
	    a->second == b->second && a->has_offset == b->has_offset &&
	    a->offset_minutes == b->offset_minutes;
}

static void
trim_separators(struct pm_date_text *text)
{
	struct pm_date_token *token = text->tokens;

	if (text->n > 1 && token->kind == PM_TOKEN_MARK &&
	    (token->mark == '|' || token->mark == '/' ||
	    (token->mark == '-' && token[1].space)))
		memmove(token, token + 1, text->n-- * sizeof *token);
	if (text->n > 1 && token[text->n - 1].kind == PM_TOKEN_MARK &&
	    strchr("|/-,", token[text->n - 1].mark) != NULL)
		token[--text->n].kind = PM_TOKEN_END;
}

/* All of the text is read, whatever it begins with. */
static bool
parse_slowly(struct pm_time_text *out, struct pm_bytes text)
{
	struct pm_date_text tokens;

	while (text.n > 0 && text.p[0] <= ' ')
		text = (struct pm_bytes){ text.p + 1, text.n - 1 };
	while (text.n > 0 && text.p[text.n - 1] <= ' ')
		text.n--;
	text = pm_date_without_zone_name(text);
	if (text.n <= PM_DATE_BYTES && pm_date_machine(out, text))
		return true;
	if (text.n == 0 || text.n > PM_DATE_BYTES ||
	    (text.n > 72 && !pm_date_has_digit(text)) ||
	    !pm_date_text_read(&tokens, text, SIZE_MAX) ||
	    tokens.words > 12 || (tokens.numbers == 0 && tokens.words > 7))
		return false;
	trim_separators(&tokens);
	pm_date_none(out);
	if (pm_date_relative(out, &tokens))
		return true;
	pm_date_none(out);
	return tokens.numbers > 0 && pm_date_absolute(out, &tokens);
}

static void
test_parse(void **state)
{
	char buf[TEXT_BYTES];
	size_t times = 0;

	(void)state;
	for (int i = 0; i < TEXTS; i++) {
		uint32_t before = seed;
		struct pm_bytes text = any_text(buf, 6);
		struct pm_time_text fast, slow;
		bool is = pm_time_parse(&fast, text);

		times += is;
		if (is != parse_slowly(&slow, text) ||
		    (is && !same(&fast, &slow)))
			fail_msg("seed %u: \"%.*s\"", before, (int)text.n,
			    buf);
	}
	assert_in_range(times, TEXTS / 100, TEXTS);
}

static bool
is_letter_byte(uint8_t b)
{
	return b >= 0x80 || (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z');
}

/* Where the word before `at` begins, no more than 48 bytes away. */
static size_t
word_before(struct pm_bytes text, size_t at)
{
	size_t start = at, min = at > 48 ? at - 48 : 0, end;

	while (start > min && (text.p[start - 1] == ' ' ||
	    text.p[start - 1] == '.'))
		start--;
	end = start;
	while (start > min && is_letter_byte(text.p[start - 1]))
		start--;
	while (start < end && (text.p[start] & 0xc0) == 0x80)
		start++;
	return start < end && end < at ? start : at;
}

static bool
date_at(struct pm_time_text *out, size_t *n, struct pm_bytes text, size_t at)
{
	struct pm_bytes window = { text.p + at, text.n - at };
	struct pm_date_text tokens;
	struct pm_date_cursor c = { &tokens, 0, true };
	const struct pm_date_token *last;

	window.n = window.n < 96 ? window.n : 96;
	(void)pm_date_text_read(&tokens, window, SIZE_MAX);
	if (tokens.n < 2 || !pm_date_day(&c, out))
		return false;
	last = &tokens.tokens[c.at - 1];
	if (last->kind == PM_TOKEN_NUMBER && last[1].kind == PM_TOKEN_MARK &&
	    strchr("./-", last[1].mark) != NULL && !last[1].space &&
	    last[2].kind == PM_TOKEN_NUMBER && !last[2].space)
		return false;
	while (c.at > 1 && last->kind == PM_TOKEN_MARK)
		last = &tokens.tokens[--c.at - 1];
	*n = last->to;
	return true;
}

static bool
may_begin_number(struct pm_bytes text, size_t at)
{
	return text.p[at] < 0x80 ? text.p[at] >= '0' && text.p[at] <= '9' :
	    text.p[at] != 0xf0 && pm_date_may_be_digit(text.p[at]) &&
	    pm_utf8_length(text, at) > 0;
}

/* At every number, and at every letter that may be one by its first byte. */
static bool
find_slowly(struct pm_time_text *out, size_t *at, size_t *n,
    struct pm_bytes text)
{
	for (size_t i = 0; i < text.n;) {
		if (!may_begin_number(text, i)) {
			i++;
			continue;
		}
		*at = word_before(text, i);
		if (*at < i && date_at(out, n, text, *at))
			return true;
		*at = i;
		if (!(i >= 2 && text.p[i - 1] != 0 &&
		    strchr("./,:", text.p[i - 1]) != NULL &&
		    text.p[i - 2] >= '0' && text.p[i - 2] <= '9') &&
		    !(i > 0 && text.p[i - 1] < 0x80 &&
		    (is_letter_byte(text.p[i - 1]) || text.p[i - 1] == '_')) &&
		    date_at(out, n, text, i))
			return true;
		if (text.p[i] >= 0x80)
			i += pm_utf8_length(text, i);
		else
			while (i < text.n && text.p[i] >= '0' &&
			    text.p[i] <= '9')
				i++;
	}
	return false;
}

static void
test_find(void **state)
{
	char buf[TEXT_BYTES];
	size_t times = 0;

	(void)state;
	for (int i = 0; i < TEXTS; i++) {
		uint32_t before = seed;
		struct pm_bytes text = any_text(buf, 24);
		struct pm_time_text fast, slow;
		size_t at, n, slow_at, slow_n;
		bool is = pm_time_find(&fast, &at, &n, text);

		times += is;
		if (is != find_slowly(&slow, &slow_at, &slow_n, text) ||
		    (is && (!same(&fast, &slow) || at != slow_at ||
		    n != slow_n)))
			fail_msg("seed %u: \"%.*s\"", before, (int)text.n,
			    buf);
	}
	assert_in_range(times, TEXTS / 100, TEXTS);
}

static void
expect_same(struct pm_bytes text)
{
	struct pm_time_text fast, slow;
	size_t at, n, slow_at, slow_n;
	bool is = pm_time_find(&fast, &at, &n, text);

	if (is != find_slowly(&slow, &slow_at, &slow_n, text) ||
	    (is && (!same(&fast, &slow) || at != slow_at || n != slow_n)))
		fail_msg("find: \"%.*s\"", (int)text.n, text.p);
	is = pm_time_parse(&fast, text);
	if (is != parse_slowly(&slow, text) || (is && !same(&fast, &slow)))
		fail_msg("parse: \"%.*s\"", (int)text.n, text.p);
}

/* The letters and their marks apart. */
static size_t
decompose(char out[TEXT_BYTES], const char *text)
{
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *nfd = unorm2_getNFDInstance(&status);
	UChar from[TEXT_BYTES], to[TEXT_BYTES];
	int32_t n;

	u_strFromUTF8(from, TEXT_BYTES, &n, text, -1, &status);
	n = unorm2_normalize(nfd, from, n, to, TEXT_BYTES, &status);
	u_strToUTF8(out, TEXT_BYTES, &n, to, n, &status);
	assert_true(U_SUCCESS(status));
	return (size_t)n;
}

static void
expect_name_is_same(const char *key)
{
	static const char *const shapes[] = { "#", "# 11, 2025", "11 # 2025",
		"in #-the 11th", "2025 # 11", "#, 14:30" };
	char name[TEXT_BYTES], text[TEXT_BYTES];

	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		const char *slot = strchr(shapes[i], '#');
		size_t n = (size_t)(slot - shapes[i]);

		for (int apart = 0; apart < 2; apart++) {
			size_t name_n = apart ? decompose(name, key) :
			    put(name, 0, key);

			memcpy(text, shapes[i], n);
			memcpy(text + n, name, name_n);
			strcpy(text + n + name_n, slot + 1);
			expect_same(pm_bytes_of(text));
		}
	}
}

static void
test_every_name(void **state)
{
	const struct pm_date_tables *t = &pm_date_tables;

	(void)state;
	for (size_t i = 0; i < t->n_months; i++)
		expect_name_is_same(t->months[i].key);
	for (size_t i = 0; i < t->n_weekdays; i++)
		expect_name_is_same(t->weekdays[i].key);
	for (size_t i = 0; i < t->n_spans; i++)
		expect_name_is_same(t->spans[i].key);
	expect_same(pm_bytes_of("th\u00e1ng m\u01b0\u1eddi hai, 11 2025"));
	expect_same(pm_bytes_of("in th\u00e1ng m\u01b0\u1eddi hai the 11"));
}

static void
test_next_digit(void **state)
{
	char buf[TEXT_BYTES];

	(void)state;
	for (int i = 0; i < TEXTS / 10; i++) {
		struct pm_bytes text = any_text(buf, 24);
		size_t at = 0;

		while (at < text.n) {
			size_t next = at;
			uint32_t c;

			if (pm_date_next(&c, text, &next) &&
			    pm_date_plain(c) >= '0' && pm_date_plain(c) <= '9')
				break;
			at++;
		}
		assert_int_equal(pm_date_next_digit(text, 0), at);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_every_name),
		cmocka_unit_test(test_next_digit),
	};

	if (argc > 1)
		seed = (uint32_t)strtoul(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
