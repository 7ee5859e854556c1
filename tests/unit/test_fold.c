/*
 * The fold and its tokens.  PM_FOLD_SEED=n repeats a random test that failed;
 * PM_FOLD_BENCH=1 measures instead of testing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "text/fold.h"
#include "text/fold_internal.h"

static struct pm_err err;
static const char *const variant_names[PM_FOLD_VARIANTS] = { "scalar", "AVX2",
	"AVX-512", "NEON" };

static void
dump(const char *name, struct pm_bytes s)
{
	fprintf(stderr, "%s:", name);
	for (size_t i = 0; i < s.n; i++)
		fprintf(stderr, " %02x", s.p[i]);
	fprintf(stderr, "\n");
}

/* What one variant makes of a text, and of its fold, is `want`. */
static bool
variant_agrees(enum pm_fold_variant variant, struct pm_bytes text,
    struct pm_bytes want)
{
	struct pm_buf fold, again;
	bool equal;

	pm_buf_init(&fold);
	pm_buf_init(&again);
	assert_int_equal(pm_fold_with(variant, &fold, text, &err), PM_OK);
	assert_int_equal(pm_fold_with(variant, &again, pm_buf_bytes(&fold),
	    &err), PM_OK);
	equal = pm_bytes_equal(pm_buf_bytes(&fold), want) &&
	    pm_bytes_equal(pm_buf_bytes(&again), want);
	if (!equal && text.n < 1000) {
		dump("text", text);
		dump(variant_names[variant], pm_buf_bytes(&fold));
		dump("reference", want);
		dump("fold again", pm_buf_bytes(&again));
	}
	pm_buf_clear(&fold);
	pm_buf_clear(&again);
	return equal;
}

/* All variants, the reference and the fold of the fold are one. */
static bool
agrees(struct pm_bytes text)
{
	struct pm_buf slow;
	bool equal = true;

	pm_buf_init(&slow);
	assert_int_equal(pm_fold_reference(&slow, text, &err), PM_OK);
	for (int i = 0; i < PM_FOLD_VARIANTS; i++)
		equal = equal && (!pm_fold_can((enum pm_fold_variant)i) ||
		    variant_agrees((enum pm_fold_variant)i, text,
		    pm_buf_bytes(&slow)));
	pm_buf_clear(&slow);
	return equal;
}

static void
check_agrees(struct pm_bytes text)
{
	assert_true(agrees(text));
}

static void
check_folds(const char *text, const char *want)
{
	struct pm_buf fold;

	pm_buf_init(&fold);
	assert_int_equal(pm_fold(&fold, pm_bytes_of(text), &err), PM_OK);
	assert_int_equal(pm_buf_append_byte(&fold, 0, &err), PM_OK);
	assert_string_equal((const char *)fold.p, want);
	pm_buf_clear(&fold);
	check_agrees(pm_bytes_of(text));
}

static bool
same(const char *a, const char *b)
{
	struct pm_buf x, y;
	bool equal;

	pm_buf_init(&x);
	pm_buf_init(&y);
	assert_int_equal(pm_fold(&x, pm_bytes_of(a), &err), PM_OK);
	assert_int_equal(pm_fold(&y, pm_bytes_of(b), &err), PM_OK);
	equal = pm_bytes_equal(pm_buf_bytes(&x), pm_buf_bytes(&y));
	pm_buf_clear(&x);
	pm_buf_clear(&y);
	check_agrees(pm_bytes_of(a));
	check_agrees(pm_bytes_of(b));
	return equal;
}

static void
test_spaces(void **unused)
{
	(void)unused;
	check_folds("", "");
	check_folds("  \t\n ", "");
	check_folds("...", "");
	check_folds("  One,  two -- THREE!  ", "one two three");
	check_folds("a\xc2\xa0" "b\xe2\x80\x94" "c\xe3\x80\x80" "d", "a b c d");
	check_folds("1,5 3:0 50%", "1 5 3 0 50");
	check_folds("co\xc2\xad" "op zero\xe2\x80\x8bwidth \xef\xbb\xbf" "bom",
	    "coop zerowidth bom");
	check_folds("½ ⑴ № ™ m² ﬁn", "1 2 1 no tm m2 fin");
	check_folds("1️⃣ 👍🏽 ok", "1 ok");
	/* A mark that nothing carries. */
	check_folds("\xcc\x88 a -\xcc\x88- b", "a b");
}

static void
test_apostrophes(void **unused)
{
	static const char *const forms[] = { "'", "‘", "’", "ʻ", "ʼ", "`", "´",
		"ʽ", "‛", "′", "＇", "΄" };
	char text[64];

	(void)unused;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		(void)snprintf(text, sizeof text, "O%szbek", forms[i]);
		check_folds(text, "ozbek");
		(void)snprintf(text, sizeof text, "%sbek%s 1%s2",
		    forms[i], forms[i], forms[i]);
		check_folds(text, "bek 1 2");
	}
	check_folds("don't", "dont");
	check_folds("'quoted' rock 'n' roll", "quoted rock n roll");
	check_folds("a''b", "a b");
	check_folds("the 90's", "the 90 s");
	check_folds("l'2e", "l 2e");
	check_folds("x'", "x");
	check_folds("x'\xe2\x80\x8by", "xy");
	check_folds("x'\xcc\x81y", "x y");
	check_folds("ŉ", "n");
	check_folds("Cafe\xcc\x81's", "cafés");
	/* Jamo on both sides of one compose when it goes. */
	check_folds("\xe1\x84\x80'\xe1\x85\xa1'\xe1\x86\xa8", "각");
}

static void
test_cyrillic(void **unused)
{
	(void)unused;
	assert_true(same("Ещё ЁЛКА", "еще елка"));
	check_folds("«Всё» — о Ёлке…", "все о елке");
	check_folds("Е\xcc\x88лка", "елка");
	check_folds("е\xcc\x88\xcc\x88\xcc\xa3\xcc\x88", "е\xcc\xa3");
	check_folds("И\xcc\x86од", "йод");
	assert_false(same("йод", "иод"));
	assert_false(same("погибли 12 человек", "погибли 13 человек"));
	/* uk */
	assert_true(same("З’ЇЗД об'єднання", "з'їзд обʼєднання"));
	assert_false(same("їжак", "іжак"));
	assert_false(same("ґрати", "грати"));
	/* tg */
	assert_true(same("ҶУМҲУРӢ", "ҷумҳурӣ"));
	assert_true(same("ҷумҳури\xcc\x84", "ҷумҳурӣ"));
	assert_false(same("ҷумҳурӣ", "чумхури"));
	/* uz */
	assert_true(same("Ўзбекистон", "ўзбекистон"));
	assert_true(same("У\xcc\x86збекистон", "ўзбекистон"));
	assert_false(same("ўзбек", "узбек"));
	assert_false(same("қиш", "киш"));
	/* ky, kk */
	assert_true(same("КЫРГЫЗ ӨЛКӨСҮ ЖАҢЫ", "кыргыз өлкөсү жаңы"));
	assert_false(same("өлкө", "олко"));
	assert_true(same("ҒЫЛЫМ ҰЛТ Һәм", "ғылым ұлт һәм"));
	assert_false(same("ғылым", "гылым"));
	assert_false(same("ұлт", "үлт"));
}

static void
test_latin(void **unused)
{
	(void)unused;
	/* uz */
	assert_true(same("Oʻzbekiston G‘alaba", "o'zbekiston g’alaba"));
	assert_false(same("oʻt", "o t"));
	assert_false(same("bosh", "boʻsh x"));
	/* tr: İ is i, ı is another letter */
	check_folds("İSTANBUL'da", "istanbulda");
	assert_true(same("İstanbul", "istanbul"));
	check_folds("I\xcc\x87zmir i\xcc\x87\xcc\x81", "izmir í");
	assert_false(same("ısı", "isi"));
	assert_false(same("şok", "sok"));
	/* de */
	assert_true(same("STRASSE", "Straße"));
	assert_true(same("STRAẞE", "strasse"));
	assert_true(same("Mu\xcc\x88nchen", "MÜNCHEN"));
	assert_false(same("schön", "schon"));
	assert_true(same("ＡＢＣ１２３", "abc123"));
	assert_true(same("ΟΔΟΣ", "οδος"));
}

static void
test_arabic_and_hebrew(void **unused)
{
	(void)unused;
	/* ar */
	assert_true(same("مُحَمَّدٌ", "محمد"));
	assert_true(same("كـــتاب", "كتاب"));
	assert_true(same("مستشفى", "مستشفي"));
	assert_true(same("٢٠٢٤", "2024"));
	assert_true(same("ﻻ", "لا"));
	assert_false(same("سأل", "سال"));
	check_folds("ا\xd9\x8e\xd9\x94", "أ");
	check_folds("ی\xd9\x94", "ئ");
	/*
	 * fa.  Writers leave ZWNJ out or put nothing for it (می‌خواهم,
	 * میخواهم): these must be one word.  With a space it is another text;
	 * joining that too would need a dictionary.
	 */
	assert_true(same("می‌خواهم", "میخواهم"));
	assert_true(same("كتاب‌هاي", "کتابهای"));
	assert_false(same("می خواهم", "میخواهم"));
	assert_true(same("۱۴۰۳", "1403"));
	assert_false(same("۱۴۰۳", "1404"));
	/* he */
	assert_true(same("שָׁלוֹם", "שלום"));
	assert_true(same("ג׳ירפה", "ג'ירפה"));
}

static void
test_asia(void **unused)
{
	(void)unused;
	/* zh */
	check_folds("北京，２０２４年１０月。", "北京 2024年10月");
	assert_false(same("北京", "東京"));
	/* ja: half width and decomposed */
	assert_true(same("ｶﾞｽ", "ガス"));
	assert_true(same("か\xe3\x82\x99", "が"));
	assert_false(same("かす", "がす"));
	assert_true(same("㍿", "株式会社"));
	/* ko */
	assert_true(same("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "한"));
	/* hi, th: marks are parts of words */
	assert_false(same("की", "का"));
	check_folds("हिन्दी, ๒๕๖๗ ที่", "हिन्दी 2567 ที่");
}

static void
put(struct pm_buf *text, uint32_t c)
{
	uint8_t bytes[4];

	assert_int_equal(pm_buf_append(text, bytes, pm_utf8_put(bytes, c),
	    &err), PM_OK);
}

static bool
is_surrogate(uint32_t c)
{
	return c >= 0xd800 && c <= 0xdfff;
}

static void
put_string(struct pm_buf *text, const char *string)
{
	assert_int_equal(pm_buf_append_str(text, string, &err), PM_OK);
}

/* Alone, between letters, about apostrophes. */
static void
put_contexts(struct pm_buf *text, uint32_t c)
{
	put(text, c);
	put_string(text, ".a");
	put(text, c);
	put_string(text, "b'");
	put(text, c);
	put(text, '.');
}

/* With characters that join, of all kinds, behind. */
static void
put_joined(struct pm_buf *text, uint32_t c)
{
	static const uint32_t after[] = { 0x301, 0x308, 0x307, 0x345, 0x323,
		0x338, 0x653, 0x654, 0x93c, 0x94d, 0x9be, 0x1161, 0x11a8,
		0x3099, 0x1133e, 0x64e, 0x200d, 0x20dd };

	put_string(text, "е");
	put(text, c);
	put_string(text, "\xcc\x88'");
	put(text, c);
	put_string(text, "'\xe1\x84\x80");
	put(text, c);
	put_string(text, "\xe1\x85\xa1.1'");
	put(text, c);
	put_string(text, "'1.");
	for (size_t i = 0; i < sizeof after / sizeof after[0]; i++) {
		put(text, c);
		put(text, after[i]);
		put(text, '.');
	}
}

/* Blocks where what stands around can matter. */
static bool
may_join(uint32_t c)
{
	return c < 0x3100 || (c >= 0xa000 && c < 0xac20) ||
	    (c >= 0xd7a0 && c < 0x12000 && (c < 0xe000 || c >= 0xf900)) ||
	    (c >= 0x16a00 && c < 0x17000) || (c >= 0x1bc00 && c < 0x1c000) ||
	    (c >= 0x1cf00 && c < 0x1d250) || (c >= 0x1e000 && c < 0x1f200);
}

static void
put_all(struct pm_buf *text, uint32_t c)
{
	if (is_surrogate(c))
		return;
	put_contexts(text, c);
	if (may_join(c))
		put_joined(text, c);
}

/* Find which character it is that makes a text fail. */
static void
fail_on_one(uint32_t first, uint32_t last)
{
	struct pm_buf text;

	pm_buf_init(&text);
	for (uint32_t c = first; c <= last; c++) {
		pm_buf_reset(&text);
		put_all(&text, c);
		if (!agrees(pm_buf_bytes(&text)))
			fail_msg("U+%04X", c);
	}
	fail_msg("some of U+%04X to U+%04X", first, last);
}

/*
 * Every character, many in one text; of the planes where nothing is assigned
 * every 61st, or all with PM_FOLD_ALL=1.
 */
static void
test_all_characters(void **unused)
{
	bool all = getenv("PM_FOLD_ALL") != NULL;
	uint32_t first = 0, step;
	struct pm_buf text;

	(void)unused;
	pm_buf_init(&text);
	for (uint32_t c = 0; c < 0x110000; c += step) {
		step = all || c < 0x33000 || (c >= 0xe0000 && c < 0xe1000) ?
		    1 : 61;
		if (step > 1 && c < 0xe0000 && c + step > 0xe0000)
			step = 0xe0000 - c;
		put_all(&text, c);
		if (text.n < 50000 && c + step < 0x110000)
			continue;
		if (!agrees(pm_buf_bytes(&text)))
			fail_on_one(first, c);
		pm_buf_reset(&text);
		first = c;
	}
	pm_buf_clear(&text);
}

static uint64_t
next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Mostly from blocks where characters act on each other. */
static uint32_t
random_character(uint64_t *state, unsigned ascii_of_eight)
{
	static const struct { uint32_t first, n; } blocks[] = {
		{ 0x20, 0x60 }, { 0xa0, 0x60 }, { 0x2b0, 0x40 },
		{ 0x300, 0x70 }, { 0x300, 0x70 }, { 0x370, 0x90 },
		{ 0x400, 0x100 }, { 0x590, 0x70 }, { 0x600, 0x100 },
		{ 0x640, 0x20 }, { 0x900, 0x80 }, { 0x980, 0x80 },
		{ 0xdc0, 0x40 }, { 0xe00, 0x100 }, { 0xf00, 0x100 },
		{ 0x1000, 0x80 }, { 0x1100, 0x100 }, { 0x1780, 0x70 },
		{ 0x1b00, 0x40 }, { 0x1e00, 0x200 }, { 0x2000, 0x70 },
		{ 0x2100, 0x90 }, { 0x3040, 0xc0 }, { 0x4e00, 0x40 },
		{ 0xac00, 0x100 }, { 0xfb00, 0x500 }, { 0xfe70, 0x180 },
		{ 0x11080, 0x150 }, { 0x1d150, 0x100 }, { 0x2f800, 0x200 }
	};
	static const uint32_t some[] = { 'a', 'i', 'I', 0x130, 0x435, 0x415,
		0x451, 0x308, 0x307, 0x306, 0x301, '\'', 0x2019, 0xb4, 0x640,
		0x64e, 0x6cc, 0x649, 0x627, 0x654, 0x200c, 0xad, '1', ' ', '-',
		0x1100, 0x1161, 0x11a8, 0xac00, 0x345, 0x37a, 0xfc5e, 0xfe77,
		0x9c7, 0x9be, 0xfdfa, 0xbd, 0x20dd, 0x3099, 0xff9e };
	static const char ascii[] = "aZ09 '`-.eTq";
	uint64_t r = next_random(state) >> 8;
	size_t block = (size_t)(r >> 32) % (sizeof blocks / sizeof blocks[0]);

	if (r % 8 < ascii_of_eight)
		return (uint32_t)ascii[(r >> 8) % (sizeof ascii - 1)];
	r >>= 3;
	if (r % 8 < 4)
		return some[(r >> 8) % (sizeof some / sizeof some[0])];
	if (r % 8 < 7)
		return blocks[block].first +
		    (uint32_t)(r >> 8) % blocks[block].n;
	r = (r >> 8) % 0x110000;
	return is_surrogate((uint32_t)r) ? ' ' : (uint32_t)r;
}

static void
test_random_texts(void **unused)
{
	const char *given = getenv("PM_FOLD_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 0) :
	    (uint64_t)time(NULL);
	uint64_t state = seed * 2654435761u + 1;
	struct pm_buf text;

	(void)unused;
	print_message("PM_FOLD_SEED=%llu\n", (unsigned long long)seed);
	pm_buf_init(&text);
	for (int round = 0; round < 20000; round++) {
		size_t n = next_random(&state) % 40;

		pm_buf_reset(&text);
		while (n-- > 0)
			put(&text, random_character(&state,
			    (unsigned)round % 9));
		check_agrees(pm_buf_bytes(&text));
	}
	pm_buf_clear(&text);
}

/* Copies to the end of an exact allocation, so that ASan sees over-reads. */
static void
check_exact(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);

	assert_non_null(copy);
	if (n > 0)
		memcpy(copy, p, n);
	check_agrees((struct pm_bytes){ copy, n });
	free(copy);
}

/* Bytes that are no UTF-8 are spaces; nothing is read past the end. */
static void
test_hostile(void **unused)
{
	static const char text[] = "Ab Ёж ہے 北京 ½ﷺ 𝔸𐐀 е\xcc\x88 \xe1\x84\x80"
	    "\xe1\x85\xa1 o’z, x\xf0\x91\x84\xb1\xf0\x91\x84\xa7";
	static const char bad[] = "a\xc0\xafz\xc1\x81\xe0\x80\xaf.\xed\xa0\x80k"
	    "\xf4\x90\x80\x80\xff\xfe\x80n\xf0\x80\x80\x80\xc3(\xe2\x82(m"
	    "\xe2\x28\xa1 0123456789 0123456789";
	uint64_t state = 88172645463325252u;
	uint8_t noise[48];

	(void)unused;
	for (size_t i = 0; i < sizeof text; i++) {
		check_exact((const uint8_t *)text, i);
		check_exact((const uint8_t *)text + i, sizeof text - i);
	}
	for (size_t i = 0; i < sizeof bad; i++)
		check_exact((const uint8_t *)bad, i);
	for (int round = 0; round < 5000; round++) {
		for (size_t i = 0; i < sizeof noise; i++) {
			uint64_t r = next_random(&state) >> 11;

			noise[i] = (uint8_t)(r % 3 == 0 ? 'a' + r % 7 :
			    0x80 | r >> 8);
		}
		check_exact(noise, next_random(&state) % sizeof noise);
	}
}

/* Long runs take time in proportion, and grow buffers rightly. */
static void
test_long_runs(void **unused)
{
	struct pm_buf text;

	(void)unused;
	pm_buf_init(&text);
	put(&text, 0x451);
	for (int i = 0; i < 100000; i++)
		put(&text, 0x308);
	check_agrees(pm_buf_bytes(&text));
	pm_buf_reset(&text);
	for (int i = 0; i < 30000; i++)
		put(&text, i % 2 == 0 ? 0x345 : 0x344);
	check_agrees(pm_buf_bytes(&text));
	pm_buf_reset(&text);
	for (int i = 0; i < 30000; i++)
		put(&text, i % 3 == 0 ? 0xfdfa : i % 3 == 1 ? 0x23a : '\'');
	check_agrees(pm_buf_bytes(&text));
	pm_buf_clear(&text);
}

static void
test_appends(void **unused)
{
	struct pm_buf out;

	(void)unused;
	pm_buf_init(&out);
	assert_int_equal(pm_fold(&out, pm_bytes_of("One "), &err), PM_OK);
	assert_int_equal(pm_fold(&out, pm_bytes_of(" Two"), &err), PM_OK);
	assert_int_equal(pm_fold(&out, pm_bytes_of("\xcc\x81 \xcc\x81"), &err),
	    PM_OK);
	assert_int_equal(out.n, 6);
	assert_memory_equal(out.p, "onetwo", 6);
	pm_buf_clear(&out);
	assert_int_equal(strncmp(pm_fold_unicode_version(), "15.0", 4), 0);
}

/* want: the tokens with '|' between. */
static void
check_tokens(const char *folded, const char *want)
{
	struct pm_token_cursor cursor = pm_tokens(pm_bytes_of(folded));
	struct pm_bytes token;
	char got[256];
	size_t n = 0;

	while (pm_token_next(&cursor, &token)) {
		assert_true(n + token.n + 2 < sizeof got);
		if (n > 0)
			got[n++] = '|';
		memcpy(got + n, token.p, token.n);
		n += token.n;
	}
	got[n] = '\0';
	assert_string_equal(got, want);
	assert_false(pm_token_next(&cursor, &token));
}

static void
test_tokens(void **unused)
{
	(void)unused;
	check_tokens("", "");
	check_tokens(" ", "");
	check_tokens("one", "one");
	check_tokens("one два 3", "one|два|3");
	check_tokens("北", "北");
	check_tokens("北京", "北京");
	check_tokens("北京市", "北京|京市");
	check_tokens("北京 市", "北京|市");
	check_tokens("北 京", "北|京");
	check_tokens("2024年10月", "2024|年|10|月");
	check_tokens("abc北京市def", "abc|北京|京市|def");
	check_tokens("ビタミンc 食べる", "ビタ|タミ|ミン|c|食べ|べる");
	check_tokens("ไทย", "ไท|ทย");
	check_tokens("ລາວ ខ្មែរ", "ລາ|າວ|ខ្|្ម|មែ|ែរ");
	check_tokens("မြန်", "မြ|ြန|န်");
	check_tokens("𠮷野家", "𠮷野|野家");
	check_tokens("हिन्दी 한국어", "हिन्दी|한국어");
	/* Not folded text, but nothing is read past it. */
	check_tokens("\xe5\x8c", "\xe5\x8c");
	check_tokens("\x97\xac京", "\x97\xac|京");
}

static double
seconds_of(const char *sentence)
{
	struct timespec start, end;
	struct pm_buf text, out;
	double best = 1e9;

	pm_buf_init(&text);
	pm_buf_init(&out);
	while (text.n < 1 << 20)
		(void)pm_buf_append_str(&text, sentence, &err);
	for (int i = 0; i < 30; i++) {
		double s;

		pm_buf_reset(&out);
		clock_gettime(CLOCK_MONOTONIC, &start);
		(void)pm_fold(&out, pm_buf_bytes(&text), &err);
		clock_gettime(CLOCK_MONOTONIC, &end);
		s = (double)(end.tv_sec - start.tv_sec) +
		    (double)(end.tv_nsec - start.tv_nsec) / 1e9;
		s = s * (1 << 20) / (double)text.n;
		if (s < best)
			best = s;
	}
	pm_buf_clear(&text);
	pm_buf_clear(&out);
	return best;
}

static int
bench(void)
{
	static const struct { const char *name, *sentence; } texts[] = {
		{ "Russian", "Вчера, 12 марта, в столице открылась выставка: её "
		    "посетили более трёхсот человек, сообщил журналистам "
		    "директор музея Иван Петрович Сидоров. «Мы ждали этого "
		    "дня», — сказал он.\n" },
		{ "English", "The river rose by two metres overnight, and the "
		    "mayor, who hadn't slept, asked everyone near the old "
		    "bridge to leave. \"We'll be back,\" she said.\n" },
		{ "Arabic", "ارتفع منسوب النهر مترين خلال الليل، وطلبت رئيسة "
		    "البلدية من السكان مغادرة المنطقة القريبة من الجسر.\n" },
		{ "Chinese", "昨夜河水上涨两米，市长要求住在老桥附近的居民全部撤离。"
		    "“我们会回来的”，她说。\n" },
		{ "Hindi", "रात में नदी का जलस्तर दो मीटर बढ़ गया और महापौर ने पुल के पास "
		    "रहने वालों से हटने को कहा।\n" }
	};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		printf("%s: %.0f MB/s\n", texts[i].name, (1 << 20) / 1e6 /
		    seconds_of(texts[i].sentence));
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spaces),
		cmocka_unit_test(test_apostrophes),
		cmocka_unit_test(test_cyrillic),
		cmocka_unit_test(test_latin),
		cmocka_unit_test(test_arabic_and_hebrew),
		cmocka_unit_test(test_asia),
		cmocka_unit_test(test_all_characters),
		cmocka_unit_test(test_random_texts),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_long_runs),
		cmocka_unit_test(test_appends),
		cmocka_unit_test(test_tokens),
	};

	if (getenv("PM_FOLD_BENCH") != NULL)
		return bench();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
