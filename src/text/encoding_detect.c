/*
 * Which encoding bytes are in that say nothing of it.  A sample is read in
 * each that news is written in; its n-grams (language_score.c) tell what is a
 * language from what only has letters.  uchardet's word counts a little more,
 * and names what is not among them.
 */
#include <uchardet/uchardet.h>
#include <unicode/uchar.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "text/encoding_internal.h"
#include "text/language_internal.h"

/*
 * Equal scores: the first.  KOI8-U has all letters of KOI8-R, ISO-8859-15 but
 * for eight characters all of windows-1252.
 */
static const char candidates[][16] = {
	"windows-1252", "windows-1251", "KOI8-R", "KOI8-U", "IBM866",
	"ISO-8859-5", "x-mac-cyrillic", "windows-1250", "ISO-8859-2",
	"windows-1254", "windows-1257", "ISO-8859-15",
	"windows-1253", "ISO-8859-7", "windows-1255", "ISO-8859-8",
	"windows-1256", "ISO-8859-6", "windows-874", "windows-1258",
	"gb18030", "Big5", "EUC-JP", "Shift_JIS", "EUC-KR"
};

enum {
	CANDIDATES = sizeof candidates / sizeof candidates[0],
	HEAD = 640,              /* bytes that all candidates read */
	READ = 2048,             /* and the likely ones */
	CLOSE = 4,               /* behind the best by so much of it at most */
	HEARD = 40               /* what uchardet adds to a score */
};

/* What is odd, in the n-grams' 16ths of a bit. */
enum {
	BAD = 160,               /* bytes without meaning; a C1 control */
	ODD = 96,                /* Latin beside Cyrillic, xX, a sign in a word */
	FLAT = 6,                /* a letter of a script without n-grams */
	CONTEXT = 3,             /* words behind one that is not ASCII */
	BAD_SHARE = 50           /* one of so many may be bad */
};

static bool
has_high(struct pm_bytes s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0x80)
			return true;
	return false;
}

static size_t
word_end(struct pm_bytes bytes, size_t at, size_t end)
{
	while (at < end && bytes.p[at] > ' ' && bytes.p[at] != '<')
		at++;
	return at;
}

/* Past a tag that begins at at. */
static size_t
tag_end(struct pm_bytes bytes, size_t at, size_t end)
{
	const uint8_t *close;
	uint8_t next = at + 1 < end ? bytes.p[at + 1] : ' ';

	if (next != '/' && next != '!' && next != '?' &&
	    !((next | 0x20) >= 'a' && (next | 0x20) <= 'z'))
		return at + 1;
	close = memchr(bytes.p + at, '>', end - at);
	return close == NULL ? end : (size_t)(close - bytes.p) + 1;
}

size_t
pm_encoding_sample(uint8_t out[PM_ENCODING_SAMPLE], struct pm_bytes bytes)
{
	size_t n = 0, at = 0, end, context = 0;

	while (at < bytes.n && bytes.p[at] < 0x80)
		at++;
	while (at > 0 && bytes.p[at - 1] > ' ' && bytes.p[at - 1] != '>')
		at--;
	end = bytes.n - at > PM_ENCODING_SCAN ? at + PM_ENCODING_SCAN : bytes.n;
	while (at < end && n < PM_ENCODING_SAMPLE) {
		size_t to = word_end(bytes, at, end), length = to - at;
		struct pm_bytes word = { bytes.p + at, length };

		if (has_high(word))
			context = CONTEXT + 1;
		if (context > 0 && length > 0) {
			if (length > PM_ENCODING_SAMPLE - n)
				length = PM_ENCODING_SAMPLE - n;
			memcpy(out + n, word.p, length);
			n += length;
			if (n < PM_ENCODING_SAMPLE)
				out[n++] = ' ';
			context--;
		}
		at = to < end && bytes.p[to] == '<' ? tag_end(bytes, to, end) :
		    to + 1;
	}
	return n;
}

static bool
is_sign(uint32_t c)
{
	switch (u_charType((UChar32)c)) {
	case U_OTHER_SYMBOL: case U_MATH_SYMBOL: case U_CURRENCY_SYMBOL:
	case U_MODIFIER_SYMBOL: case U_OTHER_NUMBER: case U_PRIVATE_USE_CHAR:
	case U_UNASSIGNED:
		return c >= 0x80;
	default:
		return false;
	}
}

/* Letters side by side that no language has so. */
static long
odd_of(struct pm_bytes text)
{
	uint32_t before = ' ';
	enum pm_script script_before = PM_SCRIPT_NONE;
	long odd = 0;

	for (size_t at = 0; at < text.n;) {
		uint32_t c = pm_utf8_next(text, &at);
		enum pm_script script = pm_script_of(c);

		if (c >= 0x80 && c < 0xa0)
			odd += BAD;
		if (script != PM_SCRIPT_NONE && script_before != PM_SCRIPT_NONE) {
			if (script != script_before &&
			    (script < PM_SCRIPT_HAN || script_before <
			    PM_SCRIPT_HAN) && (c >= 0x80 || before >= 0x80))
				odd += ODD;
			else if ((c >= 0x80 || before >= 0x80) &&
			    u_islower((UChar32)before) && u_isupper((UChar32)c))
				odd += ODD;
		} else if ((script != PM_SCRIPT_NONE && is_sign(before)) ||
		    (script_before != PM_SCRIPT_NONE && is_sign(c))) {
			odd += ODD;
		}
		before = c;
		script_before = script;
	}
	return odd;
}

static long
language_of(struct pm_bytes text)
{
	struct pm_language_sums sums = { .words = 0 };
	long best = 0, flat = 0;

	pm_language_sum(&sums, text);
	for (int i = PM_SCRIPT_LATIN; i <= PM_SCRIPT_ARABIC; i++)
		pm_language_letters_judge(&sums, (enum pm_script)i);
	for (size_t i = 0; i < pm_language_rows_n; i++)
		if ((long)sums.score[i] > best)
			best = (long)sums.score[i];
	for (int i = PM_SCRIPT_ARMENIAN; i < PM_SCRIPTS; i++)
		flat += FLAT * (long)sums.letters[i];
	return best > flat ? best : flat;
}

long
pm_encoding_score(const char *name, struct pm_bytes sample)
{
	struct pm_encoding encoding = { .bom_n = 0 };
	struct pm_buf text;
	struct pm_err err;
	uint64_t bad = 0;
	long score = -1;

	if (strlen(name) >= sizeof encoding.name)
		return -1;
	memcpy(encoding.name, name, strlen(name) + 1);
	pm_buf_init(&text);
	if (pm_encoding_decode(&text, &bad, &encoding, sample, &err) == PM_OK &&
	    bad * BAD_SHARE <= text.n + BAD_SHARE) {
		struct pm_bytes read = pm_buf_bytes(&text);

		score = language_of(read) - odd_of(read) - (long)bad * BAD;
		score = score < 0 ? 0 : score;
	}
	pm_buf_clear(&text);
	return score;
}

/* uchardet's word, by the standard's name if it has one. */
static bool
detector(char name[32], struct pm_bytes sample)
{
	uchardet_t detector = uchardet_new();
	bool found;

	found = detector != NULL && uchardet_handle_data(detector,
	    (const char *)sample.p, sample.n) == 0;
	if (found) {
		uchardet_data_end(detector);
		found = pm_encoding_name(name,
		    pm_bytes_of(uchardet_get_charset(detector)));
	}
	if (detector != NULL)
		uchardet_delete(detector);
	return found;
}

static struct pm_bytes
begin_of(struct pm_bytes sample, size_t most)
{
	size_t n = most;

	if (sample.n <= most)
		return sample;
	while (n > most / 2 && sample.p[n - 1] != ' ')
		n--;
	return (struct pm_bytes){ sample.p, n };
}

struct pm_bytes
pm_encoding_head(struct pm_bytes sample)
{
	return begin_of(sample, HEAD);
}

/*
 * All candidates read the head; those that are not far behind the best of
 * them then read more.  Which those are is kept in scores: the others are -1.
 */
static void
first_round(long scores[CANDIDATES], struct pm_bytes sample)
{
	struct pm_bytes head = pm_encoding_head(sample);
	long best = 0;

	for (size_t i = 0; i < CANDIDATES; i++) {
		scores[i] = pm_encoding_score(candidates[i], head);
		best = scores[i] > best ? scores[i] : best;
	}
	for (size_t i = 0; i < CANDIDATES && head.n < sample.n; i++)
		scores[i] = scores[i] < best - best / CLOSE ? -1 :
		    pm_encoding_score(candidates[i], sample);
}

long
pm_encoding_detect(char name[32], struct pm_bytes sample)
{
	long scores[CANDIDATES], best = -1;
	char said[32] = "";
	bool heard = detector(said, sample), among = false;

	memset(name, 0, 32);
	sample = begin_of(sample, READ);
	first_round(scores, sample);
	for (size_t i = 0; i < CANDIDATES; i++) {
		long score = scores[i];

		if (heard && strcmp(said, candidates[i]) == 0) {
			among = true;
			score += score > 0 ? HEARD : 0;
		}
		if (score > best) {
			best = score;
			memcpy(name, candidates[i], sizeof candidates[i]);
		}
	}
	if (heard && !among && strncmp(said, "UTF-", 4) != 0) {
		long score = pm_encoding_score(said, sample);

		if (score > best + best / 16) {
			best = score;
			memcpy(name, said, sizeof said);
		}
	}
	return best;
}
