/*
 * dates_internal.h - what the dates_*.c files share; nobody else includes it.
 *
 *   dates.c           precision names, pm_time_parse
 *   dates_plain.c     a character of any script in one plain form
 *   dates_text.c      text -> tokens in that form
 *   dates_relative.c  tokens -> "so long ago", by table
 *   dates_absolute.c  tokens -> a date; dates_clock.c: the time of day
 *   dates_machine.c   20250211, seconds since 1970
 *   dates_find.c      a date in prose
 *   dates_resolve.c   a text and the time of the crawl -> an instant
 *   dates_when.c      instants in RFC 3339; dates_path.c: in paths
 *   dates_civil.c     days and calendars; dates_zone.c: zones
 *   dates_phrases.c   phrases ICU lacks; dates_build.c: the rest, from ICU
 *   dates_table.c     generated from these two by tests/tools/dates_table.c
 */
#ifndef PM_TEXT_DATES_INTERNAL_H
#define PM_TEXT_DATES_INTERNAL_H

#include "base/utf8.h"
#include "text/dates.h"

/* Calendars. */

int64_t pm_civil_days(int64_t year, int month, int day);
void pm_civil_of_days(int64_t days, int64_t *year, int *month, int *day);
/* month 1 to 12. */
int pm_days_in_month(int64_t year, int month);
bool pm_civil_is_real(int64_t year, int month, int day);
/* A Solar Hijri date made Gregorian; false when it is no real date. */
bool pm_civil_of_persian(int32_t *year, int32_t *month, int32_t *day);
int64_t pm_floor_div(int64_t a, int64_t b);

/* zone may be NULL: UTC. */
int64_t pm_zone_offset_at(const struct pm_zone *zone, int64_t utc_seconds);
/* Seconds to take off a local time; the earlier reading when there are two. */
int64_t pm_zone_offset_local(const struct pm_zone *zone,
    int64_t local_seconds);
void pm_when_of_local(struct pm_when *out, int64_t local_seconds,
    const struct pm_zone *zone);

/* Plain text. */

enum { PM_DATE_DROP = 0 };

/* PM_DATE_DROP; ' ' for a space, '0' to '9' for a digit, ASCII for a mark;
 * letters are folded. */
uint32_t pm_date_plain_of_icu(uint32_t c);
/* Letters that are one for our purposes. */
uint32_t pm_date_same_letter(uint32_t c);

/* The same for what has 16 bits: blocks of 128, each kind of block once. */
enum { PM_DATE_ITSELF = 0xffff };
extern const uint16_t pm_date_plain_table[][128];
extern const uint8_t pm_date_plain_block[512];

static inline uint32_t
pm_date_plain(uint32_t c)
{
	uint32_t plain;

	if (c > 0xffff)
		return pm_date_plain_of_icu(c);
	plain = pm_date_plain_table[pm_date_plain_block[c >> 7]][c & 127];
	return plain == PM_DATE_ITSELF ? c : plain;
}

/*
 * The character at text.p[*at], which is moved past it, or false when it is
 * not valid.  Inline, because no call in the dates is made as often.
 */
static inline bool
pm_date_next(uint32_t *out, struct pm_bytes text, size_t *at)
{
	const uint8_t *p = text.p + *at;

	if (p[0] < 0x80) {
		*out = p[0];
		*at += 1;
		return true;
	}
	if (p[0] >= 0xc2 && p[0] <= 0xdf && text.n - *at >= 2 &&
	    (p[1] & 0xc0) == 0x80) {
		*out = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
		*at += 2;
		return true;
	}
	if (pm_utf8_length(text, *at) == 0)
		return false;
	*out = pm_utf8_next(text, at);
	return true;
}

static inline bool
pm_date_is_han(uint32_t c)
{
	return (c >= 0x3400 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff);
}

enum {
	PM_DATE_BYTES = 120,     /* longer texts are no time expressions */
	PM_DATE_PLAIN_BYTES = 256,
	PM_DATE_TOKENS = 48,
	PM_DATE_KEY_BYTES = 96
};

enum pm_date_token_kind {
	PM_TOKEN_END, PM_TOKEN_WORD, PM_TOKEN_NUMBER, PM_TOKEN_MARK
};

struct pm_date_token {
	uint8_t kind;
	bool space;              /* stands before it */
	bool capital;
	char mark;               /* '?' for one that no date has */
	uint8_t digits;
	int32_t value;           /* -1 when it has more than 9 digits */
	uint16_t at, n;          /* of a word, in plain */
	uint16_t from, to;       /* in the text read */
};

/*
 * Words are case-folded and composed, without apostrophes, inner full stops
 * and marks of vowels or direction; a Han character is a word.  Digits are
 * values, dashes '-', bullets '|'.  tokens[n] is PM_TOKEN_END.
 */
struct pm_date_text {
	uint8_t plain[PM_DATE_PLAIN_BYTES];
	size_t plain_n;
	struct pm_date_token tokens[PM_DATE_TOKENS + 1];
	size_t n;
	size_t numbers;
	size_t words;            /* Han does not count */
};

/* False when it is not UTF-8, has too many tokens, or more than so many words
 * and no number before the last of them; what was read is there. */
bool pm_date_text_read(struct pm_date_text *out, struct pm_bytes text,
    size_t bare_words_max);

/* Digits outside ASCII begin with few bytes, as other characters do. */
static inline bool
pm_date_may_be_digit(uint8_t b)
{
	return (b >= '0' && b <= '9') || (b >= 0xd9 && (b == 0xd9 ||
	    b == 0xdb || b == 0xdf || b == 0xe0 || b == 0xe1 || b == 0xea ||
	    b == 0xef || b == 0xf0));
}

/* A byte of text may be of a digit. */
bool pm_date_has_digit(struct pm_bytes text);
/* The first digit, of any script, at or after `at`; text.n: none. */
size_t pm_date_next_digit(struct pm_bytes text, size_t at);
/*
 * Does text begin at `at`, past blanks, as one of the names or words that
 * pairs was made of?  Single letters, and those that a combining mark may
 * change, are let pass; what begins with no letter is not.  *first is the
 * first character.
 */
bool pm_date_begins_like(uint32_t *first, const uint64_t *pairs,
    struct pm_bytes text, size_t at);

/*
 * Tokens from..to as a key: words without blanks, '#' for the one number
 * (*value, -1 when there is none), '-' kept at the front.  0 when it has two
 * numbers, other marks than ".,-" or does not fit; else its length.
 */
size_t pm_date_key(char out[PM_DATE_KEY_BYTES], int32_t *value,
    const struct pm_date_text *text, size_t from, size_t to);

/* Tables: sorted by key, in the order of strcmp, and found by hash. */

enum pm_date_unit {
	PM_UNIT_SECOND, PM_UNIT_MINUTE, PM_UNIT_HOUR, PM_UNIT_DAY,
	PM_UNIT_WEEK, PM_UNIT_MONTH, PM_UNIT_QUARTER, PM_UNIT_YEAR
};

enum { PM_DATE_ANY = 255 };  /* count is the number at '#' */

struct pm_date_span {
	char key[PM_DATE_KEY_BYTES];
	uint8_t unit;
	uint8_t count;
};

enum {
	PM_NAME_SHORT = 1,       /* only ever an abbreviation */
	PM_NAME_PERSIAN = 2,     /* a month of the Solar Hijri calendar */
	PM_NAME_THAI = 4         /* its years may be Buddhist */
};

/* "listopada" is November after "11" (Polish) and October after "11."
 * (Croatian): number and number_dotted.  0: unknown. */
struct pm_date_name {
	char key[48];
	uint8_t number;
	uint8_t number_dotted;
	uint8_t flags;
};

/* Where keys are: number + 1 at their hash or in the slots after it. */
struct pm_date_index {
	const uint16_t *slot;
	size_t n;                /* a power of two */
};

static inline size_t
pm_date_hash(const char *key, size_t n)
{
	uint64_t hash = n;

	while (n > 0) {
		uint64_t word = 0;
		size_t take = n < 8 ? n : 8;

		for (size_t i = 0; i < take; i++)
			word |= (uint64_t)(uint8_t)key[i] << (8 * i);
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
		key += take;
		n -= take;
	}
	return (size_t)hash;
}

/* How names and words may begin: a bit for each two letters, and for a single
 * one with 0. */
enum { PM_DATE_PAIRS = 16384 };

static inline uint32_t
pm_date_pair(uint32_t first, uint32_t second)
{
	return (first * 0x9e3779b1u ^ second * 0x85ebca6bu) >> 18;
}

struct pm_date_tables {
	const char *icu_version;
	const struct pm_date_span *spans;
	size_t n_spans;
	const struct pm_date_name *months;
	size_t n_months;
	const struct pm_date_name *weekdays;
	size_t n_weekdays;
	/* Not of tables that were built. */
	struct pm_date_index span_index, month_index, weekday_index;
	const uint64_t *month_pairs;
	const uint64_t *bare_pairs;      /* times without a number */
	const uint64_t *number_pairs;    /* those with one */
	const uint64_t *after_pairs;     /* words of a date after a number */
};
extern const struct pm_date_tables pm_date_tables;

struct pm_date_phrase {
	const char *text;        /* '#' or digits for any number */
	uint8_t unit;
	uint8_t count;
};
extern const struct pm_date_phrase pm_date_phrases[];
extern const size_t pm_date_phrases_n;
struct pm_date_extra_name {
	const char *text;
	uint8_t number;
	uint8_t flags;
};
extern const struct pm_date_extra_name pm_date_extra_months[];
extern const size_t pm_date_extra_months_n;

/* key is ended by '\0' after n bytes. */
const struct pm_date_span *pm_date_span_find(const char *key, size_t n);
const struct pm_date_name *pm_date_name_find(const struct pm_date_name *names,
    const struct pm_date_index *index, const char *key, size_t n);

/* The tables anew from the ICU that runs, for the generator and its test;
 * free with pm_date_tables_free. */
struct pm_date_built;
int pm_date_tables_build(struct pm_date_built **out, struct pm_err *err);
const struct pm_date_tables *pm_date_built_tables(
    const struct pm_date_built *built);
void pm_date_tables_free(struct pm_date_built *built);   /* accepts NULL */

/* Reading tokens. */

struct pm_date_cursor {
	const struct pm_date_text *text;
	size_t at;
	bool prose;
};

static inline const struct pm_date_token *
pm_date_peek(const struct pm_date_cursor *c)
{
	return &c->text->tokens[c->at];
}

bool pm_date_mark(struct pm_date_cursor *c, char mark);
/* Any of the marks, or none: always true. */
bool pm_date_marks(struct pm_date_cursor *c, const char *marks);
/* One word out of a list ended by NULL. */
bool pm_date_word(struct pm_date_cursor *c, const char *const *words);
bool pm_date_number(struct pm_date_cursor *c, int32_t *out, int min_digits,
    int max_digits, int32_t min, int32_t max);
/* One to three tokens that are a name together. */
const struct pm_date_name *pm_date_name(struct pm_date_cursor *c,
    const struct pm_date_name *names, const struct pm_date_index *index);

bool pm_date_clock(struct pm_date_cursor *c, struct pm_time_text *out);
/* Day, month, year; fields must be as pm_date_none leaves them. */
bool pm_date_day(struct pm_date_cursor *c, struct pm_time_text *out);
void pm_date_none(struct pm_time_text *out);

/* Lists of words, ended by NULL. */
extern const char *const pm_date_about[];       /* "about" 6 hours */
extern const char *const pm_date_articles[];    /* "the" 6th */
extern const char *const pm_date_before_clock[];    /* "at" 14:30 */
extern const char *const pm_date_am[], *const pm_date_pm[];
extern const char *const pm_date_day_words[];   /* 11 "th" */
extern const char *const pm_date_month_words[]; /* 11 "tháng" 2 */
extern const char *const pm_date_year_words[];  /* 2025 "года" */

/* The whole of text, without white space around it. */
bool pm_date_machine(struct pm_time_text *out, struct pm_bytes text);
/* Without "[Europe/Berlin]" or "(Central ... Time)" behind an offset. */
struct pm_bytes pm_date_without_zone_name(struct pm_bytes text);
bool pm_date_relative(struct pm_time_text *out,
    const struct pm_date_text *text);
bool pm_date_absolute(struct pm_time_text *out,
    const struct pm_date_text *text);

#endif
