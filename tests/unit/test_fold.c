/*
 * The fold and its tokens.  PM_FOLD_SEED=n repeats a random test that failed.
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

/* ---- languages: what reads the same is equal, what does not differs ---- */

struct pair {
	const char *language, *a, *b;
};

static const struct pair equal_pairs[] = {
	{ "ru", "Ещё ЁЛКА", "еще елка" },
	{ "ru", "«Всё» — это…", "\"Все\" - это..." },
	{ "ru", "И\xcc\x86ОД", "йод" },
	{ "ru", "Е\xcc\x88жик", "ёжик" },
	{ "ru", "пре\xc2\xadмьер\xe2\x80\x91министр", "Премьер-министр" },
	{ "ru", "№ 5 (пятый)", "No 5, пятый" },
	{ "ru", "в\xc2\xa0" "2024\xe2\x80\xaf" "году", "в 2024 году" },
	{ "uk", "З’ЇЗД об'єднання", "з'їзд обʼєднання" },
	{ "uk", "і\xcc\x88жак", "Їжак" },
	{ "uk", "П’ЯТЬ", "п`ять" },
	{ "uk", "ҐАНОК, Єдність", "ґанок єдність" },
	{ "uk", "„Київ“", "«Київ»" },
	{ "tg", "ҶУМҲУРӢ", "ҷумҳурӣ" },
	{ "tg", "ҷумҳури\xcc\x84", "ҷумҳурӣ" },
	{ "tg", "РУ\xcc\x84З", "рӯз" },
	{ "tg", "Боғи «Ғафуров»", "боғи ғафуров" },
	{ "tg", "Қонун — қарор", "ҚОНУН, ҚАРОР" },
	{ "uz-Latn", "Oʻzbekiston G‘alaba", "o'zbekiston g’alaba" },
	{ "uz-Latn", "O`ZBEK", "o‘zbek" },
	{ "uz-Latn", "ma’no", "MAʼNO" },
	{ "uz-Latn", "To‘rt-besh", "toʻrt besh" },
	{ "uz-Latn", "“Yangi O‘zbekiston”", "\"Yangi Oʻzbekiston\"" },
	{ "uz-Cyrl", "ЎЗБЕКИСТОН", "ўзбекистон" },
	{ "uz-Cyrl", "У\xcc\x86збекистон", "ўзбекистон" },
	{ "uz-Cyrl", "ҒАЛАБА ҚИЛДИ", "ғалаба қилди" },
	{ "uz-Cyrl", "Ҳукумат «қарори»", "ҳукумат қарори" },
	{ "ky", "КЫРГЫЗ ӨЛКӨСҮ ЖАҢЫ", "кыргыз өлкөсү жаңы" },
	{ "ky", "«Ата-Журт» үчүн", "ата журт үчүн" },
	{ "ky", "Үй\xc2\xa0" "бүлө", "ҮЙ БҮЛӨ" },
	{ "ky", "Таң, эртең…", "таң эртең" },
	{ "kk", "ҒЫЛЫМ ҰЛТ Һәм", "ғылым ұлт һәм" },
	{ "kk", "ӘДЕБИЕТ ІСІ", "әдебиет ісі" },
	{ "kk", "«Егемен Қазақстан»", "\"егемен қазақстан\"" },
	{ "kk", "жүздеген — ҮҢГІР", "Жүздеген, үңгір" },
	{ "fa", "می‌خواهم", "میخواهم" },
	{ "fa", "كتاب‌هاي", "کتابهای" },
	{ "fa", "۱۴۰۳", "1403" },
	{ "fa", "۱۴۰۳", "١٤٠٣" },
	{ "fa", "«ایران»، تهران؛", "ایران تهران" },
	{ "fa", "خـــبر تِهران", "خبر تهران" },
	{ "ar", "مُحَمَّدٌ", "محمد" },
	{ "ar", "كـــتاب", "كتاب" },
	{ "ar", "مستشفى", "مستشفي" },
	{ "ar", "٢٠٢٤", "2024" },
	{ "ar", "ﻻ", "لا" },
	{ "ar", "ﻣﺼﺮ", "مصر" },
	{ "ar", "العربيّة، اليوم؟", "العربية اليوم" },
	{ "tr", "İstanbul", "istanbul" },
	{ "tr", "I\xcc\x87STANBUL'da", "istanbul’da" },
	{ "tr", "ŞİŞLİ", "şişli" },
	{ "tr", "s\xcc\xa7ok", "ŞOK" },
	{ "tr", "g\xcc\x86" "o\xcc\x88" "c\xcc\xa7", "ğöç" },
	{ "tr", "Türkiye’nin", "TÜRKİYE'NİN" },
	{ "de", "STRASSE", "Straße" },
	{ "de", "STRAẞE", "strasse" },
	{ "de", "Mu\xcc\x88nchen", "MÜNCHEN" },
	{ "de", "„Ja“, sagte er", "»Ja« sagte er" },
	{ "de", "Geht’s?", "geht's" },
	{ "de", "Bundes\xc2\xadtag", "BUNDESTAG" },
	{ "zh", "北京，２０２４年１０月。", "北京, 2024年10月." },
	{ "zh", "“中国”", "「中国」" },
	{ "zh", "ＡＰＥＣ会议", "Apec会议" },
	{ "zh", "中国\xe3\x80\x80新闻", "中国 新闻" },
	{ "zh", "⼈民", "人民" },
	{ "zh", "\xef\xa4\x80", "豈" },
	{ "ja", "ｶﾞｽ", "ガス" },
	{ "ja", "か\xe3\x82\x99", "が" },
	{ "ja", "ﾊ\xef\xbe\x9fﾘ", "パリ" },
	{ "ja", "㍿", "株式会社" },
	{ "ja", "５㌔、", "5キロ" },
	{ "ja", "『東京』", "「東京」" },
	{ "ja", "ＮＨＫニュース", "nhkニュース" },
	/* others */
	{ "el", "ΟΔΟΣ", "οδος" },
	{ "he", "שָׁלוֹם", "שלום" },
	{ "he", "ג׳ירפה", "ג'ירפה" },
	{ "ko", "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "한" },
	{ "en", "ＡＢＣ１２３", "abc123" },
};

static const struct pair different_pairs[] = {
	{ "ru", "йод", "иод" },
	{ "ru", "погибли 12 человек", "погибли 13 человек" },
	{ "ru", "мир", "мира" },
	{ "ru", "1,5 млн", "15 млн" },
	{ "ru", "не был", "небыл" },
	{ "ru", "сто", "ст\x6f" },          /* a Latin o */
	{ "ru", "съел", "сел" },
	{ "uk", "їжак", "іжак" },
	{ "uk", "ґрати", "грати" },
	{ "uk", "кит", "кіт" },
	{ "uk", "є", "е" },
	{ "uk", "з'їзд", "з їзд" },
	{ "tg", "ҷумҳурӣ", "чумхури" },
	{ "tg", "шаҳрӣ", "шаҳри" },
	{ "tg", "рӯй", "руй" },
	{ "tg", "боғ", "бог" },
	{ "tg", "қор", "кор" },
	{ "uz-Latn", "oʻt", "o t" },
	{ "uz-Latn", "bosh", "bos" },
	{ "uz-Latn", "qoʻl", "koʻl" },
	{ "uz-Latn", "xil", "hil" },
	{ "uz-Latn", "2024-yil", "2025-yil" },
	{ "uz-Latn", "oʻzbek", "ўзбек" },    /* scripts stay apart */
	{ "uz-Cyrl", "ўзбек", "узбек" },
	{ "uz-Cyrl", "қиш", "киш" },
	{ "uz-Cyrl", "ҳар", "хар" },
	{ "uz-Cyrl", "ғам", "гам" },
	{ "uz-Cyrl", "ўн", "он" },
	{ "ky", "өлкө", "олко" },
	{ "ky", "үч", "уч" },
	{ "ky", "таң", "тан" },
	{ "ky", "өт", "от" },
	{ "kk", "ғылым", "гылым" },
	{ "kk", "ұлт", "үлт" },
	{ "kk", "ән", "ан" },
	{ "kk", "іс", "ыс" },
	{ "kk", "қар", "кар" },
	{ "kk", "іс", "iс" },                /* a Latin i */
	/* With a space it is another text; joining that would need a
	 * dictionary. */
	{ "fa", "می خواهم", "میخواهم" },
	{ "fa", "۱۴۰۳", "1404" },
	{ "fa", "پدر", "بدر" },
	{ "fa", "گل", "کل" },
	{ "fa", "چای", "جای" },
	{ "ar", "سأل", "سال" },
	{ "ar", "حرب", "حزب" },
	{ "ar", "مدرسة", "مدرسه" },
	{ "ar", "إن", "أن" },
	{ "ar", "١٢ قتيلا", "١٣ قتيلا" },
	{ "tr", "ısı", "isi" },
	{ "tr", "şok", "sok" },
	{ "tr", "kâr", "kar" },
	{ "tr", "dağ", "dag" },
	{ "tr", "öl", "ol" },
	{ "tr", "kır", "kir" },
	{ "de", "schön", "schon" },
	{ "de", "drücken", "drucken" },
	{ "de", "Müller", "Mueller" },
	{ "de", "3,5 Prozent", "35 Prozent" },
	{ "zh", "北京", "東京" },
	{ "zh", "国家", "國家" },
	{ "zh", "未来", "末来" },
	{ "zh", "十二人", "十三人" },
	{ "zh", "中国 新闻", "中国新闻" },
	{ "ja", "かす", "がす" },
	{ "ja", "カス", "かす" },
	{ "ja", "ビル", "ビール" },
	{ "ja", "びょういん", "びよういん" },
	{ "ja", "ハリ", "パリ" },
	/* Marks are parts of words. */
	{ "hi", "की", "का" },
};

static void
test_languages(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof equal_pairs / sizeof equal_pairs[0];
	    i++) {
		const struct pair *pair = &equal_pairs[i];

		if (!same(pair->a, pair->b))
			fail_msg("%s: %s is not %s", pair->language, pair->a,
			    pair->b);
	}
	for (size_t i = 0; i < sizeof different_pairs /
	    sizeof different_pairs[0]; i++) {
		const struct pair *pair = &different_pairs[i];

		if (same(pair->a, pair->b))
			fail_msg("%s: %s is %s", pair->language, pair->a,
			    pair->b);
	}
}

/* What comes out, where that is worth seeing. */
static void
test_forms(void **unused)
{
	(void)unused;
	check_folds("«Всё» — о Ёлке…", "все о елке");
	check_folds("Е\xcc\x88лка", "елка");
	check_folds("е\xcc\x88\xcc\x88\xcc\xa3\xcc\x88", "е\xcc\xa3");
	check_folds("И\xcc\x86од", "йод");
	check_folds("İSTANBUL'da", "istanbulda");
	check_folds("I\xcc\x87zmir i\xcc\x87\xcc\x81", "izmir í");
	check_folds("ا\xd9\x8e\xd9\x94", "أ");
	check_folds("ی\xd9\x94", "ئ");
	check_folds("北京，２０２４年１０月。", "北京 2024年10月");
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

/*
 * A kernel takes a text to its end, and does not leave it to the quick loop:
 * prose with its punctuation, apostrophes, digits, quotes, dropped marks.
 */
static void
test_kernels_go_on(void **unused)
{
	static const char *const texts[] = {
		"It wasn't \"over\" yet, they've said; 1,500 `people` came. ",
		"«Ёлка» — это 25-й съезд… Он сказал: “Да”, и ушёл в 10:30. ",
		"Об’єднання з'їзду, OʻZBEK bo‘ldi; Ҷумҳурӣ ӯро Қазақ ұлты. ",
		"Ο Οδυσσέας γύρισε στην Ιθάκη, το 2024. ",
		"قال مُحَمَّد: «نعم»، في ٢٠٢٤؛ می‌خواهم، ۱۴۰۳. ",
		"שָׁלוֹם לכולם, אמר ג׳ירפה. ",
		"Größe, Çağrı’nın, naïveté, Việt Nam, ‘Łódź’ – ",
		"北京，２０２４年10月。“我们会回来的”，她说：「好」、ガス・かな。 서울 ",
	};
	struct pm_buf text, out;

	(void)unused;
	pm_buf_init(&text);
	pm_buf_init(&out);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		for (int v = 0; v < PM_FOLD_VARIANTS; v++) {
			pm_fold_kernel *kernel =
			    pm_fold_kernel_of((enum pm_fold_variant)v);
			struct pm_fold_place place = { .state = PM_FOLD_SPACE };

			pm_buf_reset(&text);
			while (text.n < 1000)
				put_string(&text, texts[i]);
			assert_int_equal(pm_buf_reserve(&out, 2000, &err),
			    PM_OK);
			place.in = text.p;
			place.out = out.p;
			if (kernel == NULL)
				continue;
			kernel(&place, text.p + text.n, text.p + text.n);
			if (place.in != text.p + text.n)
				fail_msg("%s stops at: %.20s",
				    variant_names[v], (const char *)place.in);
		}
	pm_buf_clear(&text);
	pm_buf_clear(&out);
}

/* Texts of some blocks, nearly all for kernels, whatever falls on an edge. */
static void
test_blocks(void **unused)
{
	static const char *const parts[] = { "a", "Z", "7", " ", " ", "  ",
		", ", "'", "`", "’", "ʻ", "´", "я", "Ё", "р", "Б", "ß", "é",
		"ع", "ي", "٣", "\xd9\x8e", "\xc2\xad", "\xe2\x80\x8c", "—", "«",
		"…", "中", "国", "，", "。", "２", "Ａ", "か", "한", "ế", "ა",
		"ª", "²", "\xcc\x88", "½", "₽", "\xf0\x9f\x98\x80", "\xff",
		"\xd0", "\xe2\x80" };
	uint64_t state = 0x9e3779b97f4a7c15;
	struct pm_buf text;

	(void)unused;
	pm_buf_init(&text);
	for (int round = 0; round < 20000; round++) {
		size_t n = next_random(&state) % 260;
		/* In most rounds none of the last, on which kernels stop. */
		size_t kinds = sizeof parts / sizeof parts[0] -
		    (round % 4 > 0 ? 7 : 0);

		pm_buf_reset(&text);
		while (text.n < n)
			put_string(&text, parts[(next_random(&state) >> 20) %
			    (round % 3 == 0 ? 25 : kinds)]);
		check_exact(text.p, text.n);
	}
	pm_buf_clear(&text);
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

/* c, many times, in rows of its own and with others that join. */
static void
put_rows(struct pm_buf *text, uint32_t c)
{
	for (int i = 0; i < 40; i++)
		put(text, i == 0 ? 'e' : c);
	put_string(text, " \xe1\x84\x80");
	for (int i = 0; i < 14; i++) {
		put(text, 0x301);
		put(text, c);
		put(text, 0x323);
	}
	put(text, '\'');
	for (int i = 0; i < 33; i++)
		put(text, i % 11 == 3 ? 0x200b : i % 2 == 0 ? c : 0x344);
	put(text, '.');
}

/* Every character that may join, and those about it. */
static void
test_rows(void **unused)
{
	bool all = getenv("PM_FOLD_ALL") != NULL;
	struct pm_buf text;
	uint32_t first = 0;

	(void)unused;
	pm_buf_init(&text);
	for (uint32_t c = 0; c < 0x33000; c++) {
		if (!is_surrogate(c) && (all || may_join(c)))
			put_rows(&text, c);
		if (text.n < 50000 && c + 1 < 0x33000)
			continue;
		if (!agrees(pm_buf_bytes(&text)))
			fail_msg("some of U+%04X to U+%04X", first, c);
		pm_buf_reset(&text);
		first = c;
	}
	pm_buf_clear(&text);
}

/* Rows of few different characters, from nothing to far too many of them. */
static void
test_random_rows(void **unused)
{
	static const uint32_t joining[] = { 0x301, 0x323, 0x308, 0x344, 0xf73,
		0x345, 0x3099, 0xff9e, 0x1161, 0x11a8, 0x9be, 0x93c, 0x1133e,
		0x307, 0x654, 0x653, 0x338, 0x1d165, 0x1d16d, 0xfe77, 0x5b0,
		0x64e, 0x20dd, 0x200d, '\'', 0x1100, 0x435, 0x6cc, 'i', ' ',
		/* Quiet marks, and what they stand after. */
		0x94d, 0x316, 0xe48, 0xe38, 0x302, 0xe31, 0x915, 0xe1, 0x130,
		0xfb2a, '1', 0x451 };
	const char *given = getenv("PM_FOLD_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 0) :
	    (uint64_t)time(NULL);
	uint64_t state = seed * 2654435761u + 1;
	struct pm_buf text;

	(void)unused;
	print_message("PM_FOLD_SEED=%llu\n", (unsigned long long)seed);
	pm_buf_init(&text);
	for (int round = 0; round < 5000; round++) {
		size_t n = next_random(&state) % 150;
		uint32_t set[4];

		pm_buf_reset(&text);
		for (int i = 0; i < 4; i++)
			set[i] = joining[(next_random(&state) >> 20) %
			    (sizeof joining / sizeof joining[0])];
		put(&text, random_character(&state, 1));
		while (n-- > 0)
			put(&text, next_random(&state) >> 20 & 15 ?
			    set[next_random(&state) >> 20 & 3] :
			    random_character(&state, 1));
		check_agrees(pm_buf_bytes(&text));
	}
	pm_buf_clear(&text);
}

/* The 30th is kept, the next is not, and then it begins anew. */
static void
test_most_in_a_row(void **unused)
{
	struct pm_buf text, want;

	(void)unused;
	pm_buf_init(&text);
	pm_buf_init(&want);
	for (int n = 29; n < 34; n++) {
		pm_buf_reset(&text);
		pm_buf_reset(&want);
		for (int row = 0; row < 2; row++) {
			put_string(&text, "x");
			put_string(&want, "x");
			for (int i = 0; i < n; i++) {
				put(&text, 0x301);
				if (i < 30)
					put(&want, 0x301);
			}
		}
		put(&text, 0);
		put(&want, 0);
		check_folds((const char *)text.p, (const char *)want.p);
	}
	pm_buf_clear(&text);
	pm_buf_clear(&want);
}

#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
#define SOUP_SECONDS 4.0
#else
#define SOUP_SECONDS 0.5
#endif

/*
 * A megabyte of what ICU alone takes a minute and more for, or of what looks
 * alike, in processor time.  It takes some 5 ms, 50 where the text becomes
 * longer, and ten times as long with sanitizers.
 */
static void
test_soup(void **unused)
{
	static const char *const soups[] = { "\xcc\x81\xcc\xa3",
		"\xcc\x81\xef\xbe\x9e", "\xe0\xbd\xb3\xcc\x81", "\xcd\x84",
		"\xe1\x85\xa1", "\xe1\x86\xa8\xe1\x85\xa1", "ᄀ'\xe1\x85\xa1'",
		"\xcd\x85\xcc\xa3", "\xcc\x88\xd9\x8e\xcc\xa3", "ﷺ\xcc\x88",
		"\xe0\xa7\x87\xe0\xa6\xbe", "\xcc\x81'\xcc\xa3",
		"е\xcc\x81\xcc\xa3\xcc\x88", "\xe2\x83\x9d\xcc\x81" };
	struct pm_buf text, fold;

	(void)unused;
	pm_buf_init(&text);
	pm_buf_init(&fold);
	for (size_t i = 0; i < sizeof soups / sizeof soups[0]; i++) {
		clock_t start;
		double seconds;

		pm_buf_reset(&text);
		pm_buf_reset(&fold);
		put(&text, 'a');
		while (text.n < 1000000)
			put_string(&text, soups[i]);
		start = clock();
		assert_int_equal(pm_fold(&fold, pm_buf_bytes(&text), &err),
		    PM_OK);
		seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
		if (seconds > SOUP_SECONDS)
			fail_msg("soup %zu: %.2f s", i, seconds);
		text.n = 30000;
		check_agrees(pm_buf_bytes(&text));
	}
	pm_buf_clear(&text);
	pm_buf_clear(&fold);
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

/* At once they are as one by one; from an exact allocation. */
static void
check_tokens_all(struct pm_bytes folded)
{
	uint8_t *copy = malloc(folded.n > 0 ? folded.n : 1);
	struct pm_token_cursor cursor;
	struct pm_bytes token;
	const struct pm_token *all;
	struct pm_buf out;
	size_t n = 0;

	assert_non_null(copy);
	if (folded.n > 0)
		memcpy(copy, folded.p, folded.n);
	cursor = pm_tokens((struct pm_bytes){ copy, folded.n });
	pm_buf_init(&out);
	assert_int_equal(pm_tokens_all(&out, cursor.folded, &err), PM_OK);
	all = (const struct pm_token *)(const void *)out.p;
	while (pm_token_next(&cursor, &token)) {
		assert_true((n + 1) * sizeof *all <= out.n);
		assert_int_equal(all[n].start, token.p - copy);
		assert_int_equal(all[n].end, token.p - copy +
		    (ptrdiff_t)token.n);
		n++;
	}
	assert_int_equal(out.n, n * sizeof *all);
	pm_buf_clear(&out);
	free(copy);
}

static void
test_tokens_all(void **unused)
{
	static const char *const parts[] = { " ", " ", "a", "слово", "q1",
		"中", "国家", "ก", "한국", "é", "हि", "𠮷", "  ", "京a京",
		"\xe5", "\x97", "longer than sixty four bytes it is not but " };
	uint64_t state = 12345678901u;
	struct pm_buf text;

	(void)unused;
	check_tokens_all((struct pm_bytes){ NULL, 0 });
	pm_buf_init(&text);
	for (int round = 0; round < 3000; round++) {
		size_t n = next_random(&state) % (round % 50 == 0 ? 20000 : 300);
		size_t kinds = round % 2 == 0 ? 5 :
		    sizeof parts / sizeof parts[0];

		pm_buf_reset(&text);
		while (text.n < n)
			put_string(&text, parts[(next_random(&state) >> 20) %
			    kinds]);
		check_tokens_all(pm_buf_bytes(&text));
	}
	/* The most there can be. */
	pm_buf_reset(&text);
	for (int i = 0; i < 50000; i++)
		put_string(&text, i % 2 == 0 ? "a" : "京");
	check_tokens_all(pm_buf_bytes(&text));
	pm_buf_reset(&text);
	for (int i = 0; i < 50000; i++)
		put_string(&text, "a ");
	check_tokens_all(pm_buf_bytes(&text));
	pm_buf_clear(&text);
}

/* Whether a character splits from the letter behind it. */
static bool
is_unspaced(uint32_t c)
{
	struct pm_buf text;
	struct pm_token_cursor cursor;
	struct pm_bytes token;
	bool split;

	pm_buf_init(&text);
	put(&text, c);
	put(&text, 'a');
	cursor = pm_tokens(pm_buf_bytes(&text));
	assert_true(pm_token_next(&cursor, &token));
	split = token.n < text.n;
	check_tokens_all(pm_buf_bytes(&text));
	pm_buf_clear(&text);
	return split;
}

/* The blocks of scripts without spaces, all of them and no others. */
static void
test_unspaced(void **unused)
{
	static const struct { uint32_t first, last; } blocks[] = {
		{ 0xe00, 0xeff }, { 0x1000, 0x109f }, { 0x1780, 0x17ff },
		{ 0x2e80, 0x2fdf }, { 0x3005, 0x3007 }, { 0x3021, 0x3029 },
		{ 0x3031, 0x3035 }, { 0x3038, 0x303c }, { 0x3041, 0x30ff },
		{ 0x31f0, 0x31ff }, { 0x3400, 0x4dbf }, { 0x4e00, 0x9fff },
		{ 0xa9e0, 0xa9ff }, { 0xaa60, 0xaa7f }, { 0xf900, 0xfaff },
		{ 0x16fe2, 0x16fe3 }, { 0x16ff0, 0x16ff1 },
		{ 0x1aff0, 0x1b16f }, { 0x20000, 0x3ffff },
		{ 0x110000, 0x110000 }
	};
	size_t i = 0;

	(void)unused;
	for (uint32_t c = 'b'; c < 0x40010; c++) {
		if (c > blocks[i].last)
			i++;
		if (c == ' ' || is_surrogate(c))
			continue;
		if (is_unspaced(c) != (c >= blocks[i].first))
			fail_msg("U+%04X", c);
	}
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
	check_tokens_all(pm_bytes_of(folded));
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spaces),
		cmocka_unit_test(test_apostrophes),
		cmocka_unit_test(test_languages),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_kernels_go_on),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_all_characters),
		cmocka_unit_test(test_random_texts),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_random_rows),
		cmocka_unit_test(test_most_in_a_row),
		cmocka_unit_test(test_soup),
		cmocka_unit_test(test_long_runs),
		cmocka_unit_test(test_appends),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_tokens_all),
		cmocka_unit_test(test_unspaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
