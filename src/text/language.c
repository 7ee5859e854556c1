/*
 * Which language: the script with the most letters, then, where several
 * languages have that script, the one whose n-grams weigh most.
 *
 * The n-grams of a text overlap, so that the difference of two sums is more
 * bits than it is evidence: BITS_EACH of them count as one.
 */
#include "text/language_internal.h"

#include <math.h>

#define GLANCE_SURE 0.9999

enum {
	CHUNKS = 4,
	GLANCE_BYTES = 384,
	LETTERS_MIN = 4,
	DENSE = 2,               /* letters that a character of Han counts for */
	KANA_SHARE = 12,         /* one of so many is kana: Japanese */
	BIT = 16,
	BITS_EACH = 6,
	WORD_BITS_MIN = 2        /* a word's worth in a language that it is of */
};

struct guess {
	const char *code;        /* without its script */
	enum pm_script script;
	size_t row;              /* or PM_LANGUAGES_MAX */
	uint32_t best;
	double score;
};

static const char *
only_language_of(enum pm_script script)
{
	static const char codes[PM_SCRIPTS][4] = {
		[PM_SCRIPT_GREEK] = "el", [PM_SCRIPT_ARMENIAN] = "hy",
		[PM_SCRIPT_GEORGIAN] = "ka", [PM_SCRIPT_THAI] = "th",
		[PM_SCRIPT_LAO] = "lo", [PM_SCRIPT_KHMER] = "km",
		[PM_SCRIPT_MYANMAR] = "my", [PM_SCRIPT_TIBETAN] = "bo",
		[PM_SCRIPT_GURMUKHI] = "pa", [PM_SCRIPT_GUJARATI] = "gu",
		[PM_SCRIPT_ORIYA] = "or", [PM_SCRIPT_TAMIL] = "ta",
		[PM_SCRIPT_TELUGU] = "te", [PM_SCRIPT_KANNADA] = "kn",
		[PM_SCRIPT_MALAYALAM] = "ml", [PM_SCRIPT_SINHALA] = "si",
		[PM_SCRIPT_THAANA] = "dv", [PM_SCRIPT_HANGUL] = "ko",
		[PM_SCRIPT_ETHIOPIC] = "am", [PM_SCRIPT_KANA] = "ja"
	};

	return codes[script];
}

static bool
tail(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

/* The sums of text, or of CHUNKS parts of a long one, `bytes` in all, cut at
 * spaces if there are some. */
static void
sum_parts(struct pm_language_sums *sums, struct pm_bytes text, size_t bytes)
{
	size_t part = bytes / CHUNKS;

	memset(sums, 0, sizeof *sums);
	if (text.n <= bytes) {
		pm_language_sum(sums, text);
		return;
	}
	for (size_t i = 0; i < CHUNKS; i++) {
		size_t at = (text.n - part) / (CHUNKS - 1) * i, end = at + part;
		size_t most = at + part / 4;

		while (i > 0 && at < most && text.p[at] != ' ')
			at++;
		while (at < end && tail(text.p[at]))
			at++;
		while (end > at && end < text.n && tail(text.p[end]))
			end--;
		pm_language_sum(sums, (struct pm_bytes){ text.p + at, end - at });
	}
}

static enum pm_script
main_script(uint32_t letters[PM_SCRIPTS])
{
	enum pm_script best = PM_SCRIPT_NONE;
	uint32_t most = LETTERS_MIN - 1;
	uint32_t han = letters[PM_SCRIPT_HAN], kana = letters[PM_SCRIPT_KANA];

	letters[kana > (han + kana) / KANA_SHARE ? PM_SCRIPT_KANA :
	    PM_SCRIPT_HAN] = han + kana;
	letters[kana > (han + kana) / KANA_SHARE ? PM_SCRIPT_HAN :
	    PM_SCRIPT_KANA] = 0;
	letters[PM_SCRIPT_HAN] *= DENSE;
	letters[PM_SCRIPT_KANA] *= DENSE;
	letters[PM_SCRIPT_HANGUL] *= DENSE;
	for (int i = 1; i < PM_SCRIPTS; i++)
		if (letters[i] > most) {
			most = letters[i];
			best = (enum pm_script)i;
		}
	return best;
}

static bool
same_language(size_t a, size_t b)
{
	const char *x = pm_language_rows[a].code, *y = pm_language_rows[b].code;
	size_t n = strcspn(x, "-");

	return n == strcspn(y, "-") && memcmp(x, y, n) == 0;
}

static bool
row_is(size_t row, const char *code)
{
	size_t n = strlen(code);
	const char *name = pm_language_rows[row].code;

	return strncmp(name, code, n) == 0 && (name[n] == '\0' || name[n] == '-');
}

/* The probability that the lead over the next language is no chance. */
static double
sureness(uint32_t best, uint32_t next, const struct pm_language_sums *sums)
{
	double bits = (double)(best - next) / (BIT * BITS_EACH);
	double worth = sums->words == 0 ? 0 :
	    (double)best / BIT / sums->words;
	double sure = 1 - exp2(-bits - 1);

	return worth >= WORD_BITS_MIN ? sure : sure * worth / WORD_BITS_MIN;
}

static void
guess_by_grams(struct guess *guess, struct pm_language_sums *sums)
{
	uint32_t next = 0;
	size_t first, end;

	pm_language_letters_judge(sums, guess->script);
	pm_language_rows_of(guess->script, &first, &end);
	for (size_t i = first; i < end; i++)
		if (sums->score[i] > guess->best) {
			guess->best = sums->score[i];
			guess->row = i;
		}
	if (guess->row == PM_LANGUAGES_MAX)
		return;
	for (size_t i = first; i < end; i++)
		if (sums->score[i] > next && !same_language(i, guess->row))
			next = sums->score[i];
	guess->code = pm_language_rows[guess->row].code;
	guess->score = sureness(guess->best, next, sums);
}

static void
guess_of(struct guess *guess, struct pm_language_sums *sums)
{
	uint32_t all = 0, most;

	*guess = (struct guess){ .code = "und", .row = PM_LANGUAGES_MAX };
	guess->script = main_script(sums->letters);
	if (guess->script == PM_SCRIPT_NONE)
		return;
	for (int i = 1; i < PM_SCRIPTS; i++)
		all += sums->letters[i];
	most = sums->letters[guess->script];
	guess->code = guess->script == PM_SCRIPT_HAN ? "zh" :
	    only_language_of(guess->script);
	if (guess->code[0] != '\0')
		guess->score = (double)most / all * (1 - exp2(-(double)most / 4));
	else
		guess_by_grams(guess, sums);
	if (guess->script == PM_SCRIPT_KANA)
		guess->script = PM_SCRIPT_HAN;
}

/* The script is part of the code where language.h says so. */
static void
code_put(char out[12], const char *code, enum pm_script script)
{
	const char *usual, *name = pm_script_name(script);
	size_t n = strcspn(code, "-");

	memcpy(out, code, n);
	out[n] = '\0';
	usual = pm_language_scripts(out);
	if (usual[0] == '\0' || script == PM_SCRIPT_NONE)
		return;
	if (strncmp(usual, name, 4) == 0 && strcmp(out, "uz") != 0 &&
	    strcmp(out, "az") != 0)
		return;
	out[n] = '-';
	memcpy(out + n + 1, name, 5);
}

static bool
near_each_other(const char *a, const char *b)
{
	static const char pairs[][2][4] = {
		{ "bs", "hr" }, { "bs", "sr" }, { "hr", "sr" }, { "nb", "nn" },
		{ "nb", "da" }, { "id", "ms" }, { "jv", "id" }, { "fo", "is" },
		{ "ba", "tt" }, { "sa", "hi" }, { "sa", "mr" }, { "mn", "ky" }
	};
	size_t n = strcspn(b, "-");

	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		for (int j = 0; j < 2; j++)
			if (strcmp(a, pairs[i][j]) == 0 && n == 2 &&
			    memcmp(b, pairs[i][1 - j], 2) == 0)
				return true;
	return false;
}

enum { CLOSE_PERCENT = 88 };

/* Can the text be in the language that is stated? */
static bool
can_be(const struct pm_stated *stated, const struct guess *guess,
    const struct pm_language_sums *sums)
{
	const char *scripts = pm_language_scripts(stated->language);
	const char *script = pm_script_name(guess->script);
	uint32_t own = 0;
	size_t first, end;
	bool known = false;

	if (guess->script == PM_SCRIPT_NONE)
		return true;
	if (scripts[0] != '\0' && strstr(scripts, script) == NULL)
		return false;
	if (scripts[0] == '\0' && guess->script != PM_SCRIPT_LATIN)
		return guess->score < PM_LANGUAGE_SURE;
	if (guess->row == PM_LANGUAGES_MAX)
		return guess->script != PM_SCRIPT_HAN ||
		    strncmp(stated->language, guess->code, 2) == 0;
	pm_language_rows_of(guess->script, &first, &end);
	for (size_t i = first; i < end; i++)
		if (row_is(i, stated->language)) {
			known = true;
			own = sums->score[i] > own ? sums->score[i] : own;
		}
	if (known && (uint64_t)own * 100 >= (uint64_t)guess->best * CLOSE_PERCENT)
		return true;
	return guess->score < PM_LANGUAGE_SURE ||
	    near_each_other(stated->language, guess->code);
}

/* Most texts tell in a few words; the others are looked at longer. */
static void
look(struct guess *guess, struct pm_language_sums *sums, struct pm_bytes text)
{
	sum_parts(sums, text, GLANCE_BYTES);
	guess_of(guess, sums);
	if (guess->score >= GLANCE_SURE || text.n <= GLANCE_BYTES)
		return;
	sum_parts(sums, text, PM_LANGUAGE_TEXT_MAX);
	guess_of(guess, sums);
}

static void
take_guess(struct pm_language *out, const struct guess *guess)
{
	*out = (struct pm_language){ "und", PM_LANGUAGE_NONE, 0 };
	if (guess->score < PM_LANGUAGE_UNSURE)
		return;
	code_put(out->code, guess->code, guess->script);
	out->source = PM_LANGUAGE_DETECTED;
	out->score = (float)guess->score;
}

void
pm_language_of(struct pm_language *out, struct pm_bytes text,
    struct pm_bytes stated)
{
	struct pm_language detected;

	pm_languages_of(&detected, out, text, stated);
	if (out->source == PM_LANGUAGE_NONE)
		*out = detected;
}

void
pm_languages_of(struct pm_language *detected, struct pm_language *out,
    struct pm_bytes text, struct pm_bytes stated)
{
	struct pm_language_sums sums;
	struct pm_stated said;
	struct guess guess;

	*out = (struct pm_language){ "", PM_LANGUAGE_NONE, 0 };
	look(&guess, &sums, text);
	take_guess(detected, &guess);
	if (pm_language_stated(&said, stated) && can_be(&said, &guess, &sums)) {
		code_put(out->code, said.language, guess.script);
		out->source = PM_LANGUAGE_STATED;
		out->score = strncmp(guess.code, said.language,
		    strlen(said.language)) == 0 && guess.score > 0.5 ?
		    (float)guess.score : 0.5f;
	}
}

/* Does `lang` answer: the language is the same, and the script if one is
 * asked for. */
bool
pm_language_answers(struct pm_bytes lang, struct pm_bytes wanted)
{
	struct pm_stated has, asked;
	const char *usual;

	if (pm_bytes_equal(lang, wanted))
		return true;
	if (!pm_language_stated(&has, lang) || !pm_language_stated(&asked, wanted) ||
	    strcmp(has.language, asked.language) != 0)
		return false;
	usual = pm_language_scripts(has.language);
	return asked.script[0] == '\0' || strcmp(asked.script,
	    has.script) == 0 || (has.script[0] == '\0' &&
	    strncmp(usual, asked.script, 4) == 0);
}
