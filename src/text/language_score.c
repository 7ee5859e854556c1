/*
 * A text's letters by script and its n-grams by language.  Words are runs of
 * letters of one script, in small letters; whatever looks like an apostrophe
 * is a letter within them.  Of Han, Kana and Hangul, which have no spaces or
 * very many characters, single ones and pairs are looked up.
 */
#include "text/language_internal.h"

#include <unicode/uchar.h>

#include "base/utf8.h"

/* LACKS: what a letter weighs that a language does not have. */
enum { WORD_MAX = 64, SHORT_MIN = 3, SHORT_MAX = 8, LACKS = 64 };

static const struct {
	uint32_t first, last;
	enum pm_script script;
} ranges[] = {
	{ 0x41, 0x5a, PM_SCRIPT_LATIN }, { 0x61, 0x7a, PM_SCRIPT_LATIN },
	{ 0xc0, 0xd6, PM_SCRIPT_LATIN }, { 0xd8, 0xf6, PM_SCRIPT_LATIN },
	{ 0xf8, 0x24f, PM_SCRIPT_LATIN }, { 0x250, 0x2af, PM_SCRIPT_LATIN },
	{ 0x370, 0x373, PM_SCRIPT_GREEK }, { 0x386, 0x386, PM_SCRIPT_GREEK },
	{ 0x388, 0x3ff, PM_SCRIPT_GREEK },
	{ 0x400, 0x481, PM_SCRIPT_CYRILLIC },
	{ 0x48a, 0x52f, PM_SCRIPT_CYRILLIC },
	{ 0x531, 0x556, PM_SCRIPT_ARMENIAN },
	{ 0x561, 0x587, PM_SCRIPT_ARMENIAN },
	{ 0x5b0, 0x5bd, PM_SCRIPT_HEBREW }, { 0x5d0, 0x5f2, PM_SCRIPT_HEBREW },
	{ 0x620, 0x65f, PM_SCRIPT_ARABIC }, { 0x66e, 0x6d3, PM_SCRIPT_ARABIC },
	{ 0x6d5, 0x6dc, PM_SCRIPT_ARABIC }, { 0x6e5, 0x6e8, PM_SCRIPT_ARABIC },
	{ 0x6ee, 0x6ef, PM_SCRIPT_ARABIC }, { 0x6fa, 0x6fc, PM_SCRIPT_ARABIC },
	{ 0x6ff, 0x6ff, PM_SCRIPT_ARABIC }, { 0x710, 0x74f, PM_SCRIPT_SYRIAC },
	{ 0x750, 0x77f, PM_SCRIPT_ARABIC }, { 0x780, 0x7b1, PM_SCRIPT_THAANA },
	{ 0x8a0, 0x8ff, PM_SCRIPT_ARABIC },
	{ 0x900, 0x963, PM_SCRIPT_DEVANAGARI },
	{ 0x971, 0x97f, PM_SCRIPT_DEVANAGARI },
	{ 0x980, 0x9e3, PM_SCRIPT_BENGALI }, { 0x9f0, 0x9f1, PM_SCRIPT_BENGALI },
	{ 0xa01, 0xa5e, PM_SCRIPT_GURMUKHI },
	{ 0xa70, 0xa75, PM_SCRIPT_GURMUKHI },
	{ 0xa81, 0xae3, PM_SCRIPT_GUJARATI }, { 0xb01, 0xb63, PM_SCRIPT_ORIYA },
	{ 0xb82, 0xbd7, PM_SCRIPT_TAMIL }, { 0xc00, 0xc63, PM_SCRIPT_TELUGU },
	{ 0xc80, 0xce3, PM_SCRIPT_KANNADA },
	{ 0xd00, 0xd63, PM_SCRIPT_MALAYALAM },
	{ 0xd81, 0xddf, PM_SCRIPT_SINHALA }, { 0xe01, 0xe3a, PM_SCRIPT_THAI },
	{ 0xe40, 0xe4e, PM_SCRIPT_THAI }, { 0xe81, 0xecd, PM_SCRIPT_LAO },
	{ 0xf40, 0xfbc, PM_SCRIPT_TIBETAN },
	{ 0x1000, 0x103f, PM_SCRIPT_MYANMAR },
	{ 0x10a0, 0x10ff, PM_SCRIPT_GEORGIAN },
	{ 0x1100, 0x11ff, PM_SCRIPT_HANGUL },
	{ 0x1200, 0x135a, PM_SCRIPT_ETHIOPIC },
	{ 0x1780, 0x17d3, PM_SCRIPT_KHMER }, { 0x1e00, 0x1eff, PM_SCRIPT_LATIN },
	{ 0x1f00, 0x1fff, PM_SCRIPT_GREEK }, { 0x3005, 0x3007, PM_SCRIPT_HAN },
	{ 0x3041, 0x3096, PM_SCRIPT_KANA }, { 0x30a1, 0x30fe, PM_SCRIPT_KANA },
	{ 0x3400, 0x4dbf, PM_SCRIPT_HAN }, { 0x4e00, 0x9fff, PM_SCRIPT_HAN },
	{ 0xac00, 0xd7a3, PM_SCRIPT_HANGUL }, { 0xf900, 0xfaff, PM_SCRIPT_HAN },
	{ 0xfb50, 0xfdfb, PM_SCRIPT_ARABIC }, { 0xfe70, 0xfefc, PM_SCRIPT_ARABIC },
	{ 0xff66, 0xff9d, PM_SCRIPT_KANA }, { 0x20000, 0x323af, PM_SCRIPT_HAN }
};

enum pm_script
pm_script_of(uint32_t c)
{
	size_t low = 0, high = sizeof ranges / sizeof ranges[0];

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (c > ranges[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < sizeof ranges / sizeof ranges[0] &&
	    c >= ranges[low].first ? ranges[low].script : PM_SCRIPT_NONE;
}

const char *
pm_script_name(enum pm_script script)
{
	static const char names[PM_SCRIPTS][5] = {
		"Zyyy", "Latn", "Cyrl", "Arab", "Grek", "Hebr", "Hani", "Kana",
		"Hang", "Deva", "Beng", "Ethi", "Armn", "Geor", "Thai", "Laoo",
		"Khmr", "Mymr", "Tibt", "Guru", "Gujr", "Orya", "Taml", "Telu",
		"Knda", "Mlym", "Sinh", "Thaa", "Syrc"
	};

	return names[script];
}

struct letter {
	uint32_t small;          /* '\'' for an apostrophe */
	enum pm_script script;
};

static bool
apostrophe(uint32_t c)
{
	return c == '\'' || c == '`' || c == 0xb4 || (c >= 0x2b9 && c <= 0x2bc) ||
	    c == 0x2018 || c == 0x2019 || c == 0x2032;
}

static bool
has_case(enum pm_script script)
{
	return script == PM_SCRIPT_LATIN || script == PM_SCRIPT_CYRILLIC ||
	    script == PM_SCRIPT_GREEK || script == PM_SCRIPT_ARMENIAN ||
	    script == PM_SCRIPT_GEORGIAN;
}

/* What is neither ASCII nor Russian. */
static struct letter
far_letter_of(uint32_t c)
{
	struct letter letter = { c, PM_SCRIPT_ARABIC };

	if (c >= 0x620 && c <= 0x65f)
		return letter;
	letter.script = pm_script_of(c);
	if (c < 0x2000 && has_case(letter.script))
		letter.small = c == 0x130 ? 'i' : (uint32_t)u_tolower((UChar32)c);
	return letter;
}

static inline struct letter
letter_of(uint32_t c)
{
	struct letter letter = { c, PM_SCRIPT_LATIN };

	if (c >= 'a' && c <= 'z')
		return letter;
	if (c >= 'A' && c <= 'Z') {
		letter.small = c + 0x20;
		return letter;
	}
	letter.script = PM_SCRIPT_CYRILLIC;
	if (c >= 0x430 && c <= 0x45f)
		return letter;
	if (c >= 0x410 && c <= 0x42f) {
		letter.small = c + 0x20;
		return letter;
	}
	letter.script = PM_SCRIPT_NONE;
	if (apostrophe(c))
		letter.small = '\'';
	else if (c >= 0x80)
		return far_letter_of(c);
	return letter;
}

/* The hash of an n-gram, a character at a time. */
static uint64_t
gram_add(uint64_t hash, uint32_t c)
{
	hash = hash * 0x10001 + (uint64_t)c * UINT64_C(0x9e3779b1);
	return hash ^ hash >> 29;
}

static void
count_letter(struct pm_language_sums *sums, uint32_t c)
{
	uint32_t at = c < 0x80 || c >= 0x2000 ? 0 :
	    pm_language_letter_at[c - 0x80];

	if (at > 0 && at <= PM_LANGUAGE_LETTERS_MAX)
		sums->letter[at - 1]++;
}

void
pm_language_rows_of(enum pm_script script, size_t *first, size_t *end)
{
	const char *name = pm_script_name(script);
	size_t i = 0;

	while (i < pm_language_rows_n &&
	    memcmp(pm_language_rows[i].script, name, 4) != 0)
		i++;
	*first = i;
	while (i < pm_language_rows_n &&
	    memcmp(pm_language_rows[i].script, name, 4) == 0)
		i++;
	*end = i;
}

void
pm_language_letters_judge(struct pm_language_sums *sums,
    enum pm_script script)
{
	uint64_t lost[PM_LANGUAGES_MAX] = { 0 };
	size_t first, end;

	pm_language_rows_of(script, &first, &end);
	for (size_t k = 0; k < pm_language_letters_n; k++)
		for (size_t i = first; sums->letter[k] > 0 && i < end; i++)
			if ((pm_language_letters[k].languages[i / 32] >>
			    i % 32 & 1) == 0)
				lost[i] += sums->letter[k] * (uint64_t)LACKS;
	for (size_t i = first; i < end; i++)
		sums->score[i] -= (uint32_t)(lost[i] < sums->score[i] ?
		    lost[i] : sums->score[i]);
}

static void
add_pending(struct pm_language_sums *sums)
{
	for (size_t i = 0; i < PM_LANGUAGE_WIDE; i++)
		sums->score[pm_language_lanes.wide + i] += sums->wide[i];
	for (size_t i = 0; i < PM_LANGUAGE_NARROW; i++)
		sums->score[pm_language_lanes.narrow + i] += sums->narrow[i];
	memset(sums->wide, 0, sizeof sums->wide);
	memset(sums->narrow, 0, sizeof sums->narrow);
	sums->pending = 0;
}

static void
add_dense(struct pm_language_sums *sums, uint32_t unit)
{
	const uint8_t *weight = pm_language_dense + unit * 16;

	if (sums->pending++ == UINT16_MAX / UINT8_MAX - 1)
		add_pending(sums);
	if (unit < pm_language_lanes.wide_units)
		for (size_t i = 0; i < PM_LANGUAGE_WIDE; i++)
			sums->wide[i] = (uint16_t)(sums->wide[i] + weight[i]);
	else
		for (size_t i = 0; i < PM_LANGUAGE_NARROW; i++)
			sums->narrow[i] = (uint16_t)(sums->narrow[i] +
			    weight[i]);
}

static void
add_postings(struct pm_language_sums *sums, const uint16_t *posting)
{
	do
		sums->score[*posting >> 8 & 0x7f] += *posting & 0xff;
	while (*posting++ >> 15 == 0);
}

static void
look_up(struct pm_language_sums *sums, uint64_t hash)
{
	uint32_t key = (uint32_t)(hash * UINT64_C(0x9e3779b97f4a7c15) >> 33);
	const uint16_t *first = pm_language_firsts + (key >> 16);
	uint32_t i = first[0], wanted = key >> 1 & 0x7fff;

	sums->grams++;
	while (i < first[1] && pm_language_grams[i] >> 17 != wanted)
		i++;
	if (i == first[1])
		return;
	i = pm_language_grams[i] & 0x1ffff;
	if (i >> 16 == 0)
		add_postings(sums, pm_language_postings + i);
	else
		add_dense(sums, i & 0xffff);
}

/* word[0..n) begins and ends with a space. */
static void
add_word(struct pm_language_sums *sums, const uint32_t *word, size_t n)
{
	uint64_t hash;

	for (size_t i = 0; i + 2 < n; i++) {
		count_letter(sums, word[i + 1]);
		hash = gram_add(gram_add(gram_add(0, word[i]), word[i + 1]),
		    word[i + 2]);
		look_up(sums, hash);
		if (i + 3 < n)
			look_up(sums, gram_add(hash, word[i + 3]));
	}
	if (n - 2 >= SHORT_MIN && n - 2 <= SHORT_MAX) {
		hash = 0;
		for (size_t i = 0; i < n; i++)
			hash = gram_add(hash, word[i]);
		look_up(sums, hash);
	}
	sums->words++;
}

static bool
is_dense(enum pm_script script)
{
	return script >= PM_SCRIPT_HAN && script <= PM_SCRIPT_HANGUL;
}

/* The word that begins at *at; *at is behind it or one further. */
static size_t
word_read(uint32_t word[WORD_MAX], enum pm_script script, struct pm_bytes text,
    size_t *at)
{
	size_t n = 0;

	word[n++] = ' ';
	while (*at < text.n && n + 1 < WORD_MAX) {
		size_t next = *at;
		struct letter letter = letter_of(pm_utf8_next(text, &next));

		if (letter.script != script && letter.small != '\'')
			break;
		word[n++] = letter.small;
		*at = next;
	}
	while (n > 1 && word[n - 1] == '\'')
		n--;
	word[n++] = ' ';
	return n;
}

void
pm_language_sum(struct pm_language_sums *sums, struct pm_bytes text)
{
	uint32_t word[WORD_MAX], before = 0;

	for (size_t at = 0; at < text.n;) {
		size_t next = at, n;
		struct letter letter = letter_of(pm_utf8_next(text, &next));

		if (letter.script == PM_SCRIPT_NONE) {
			at = next;
			before = 0;
		} else if (is_dense(letter.script)) {
			at = next;
			sums->letters[letter.script]++;
			look_up(sums, gram_add(0, letter.small));
			if (before != 0)
				look_up(sums, gram_add(gram_add(0, before),
				    letter.small));
			before = letter.small;
		} else {
			n = word_read(word, letter.script, text, &at);
			sums->letters[letter.script] += (uint32_t)n - 2;
			add_word(sums, word, n);
			before = 0;
		}
	}
	add_pending(sums);
}
