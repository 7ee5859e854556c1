/*
 * The tables of dates, from ICU.  Relative times: its formatter is asked for
 * every unit, count and style, and the number is taken out again.  Not used
 * when pressmark runs: dates_table.c holds the result.
 */
#include <stdio.h>
#include <stdlib.h>

#include <unicode/ucal.h>
#include <unicode/udat.h>
#include <unicode/uloc.h>
#include <unicode/unum.h>
#include <unicode/ureldatefmt.h>
#include <unicode/ustring.h>
#include <unicode/uversion.h>

#include "base/err.h"
#include "base/mem.h"
#include "text/dates_internal.h"

static const char *const locales[] = {
	"af", "am", "ar", "ar_DZ", "ar_EG", "ar_MA", "ar_SY", "ar_TN", "as",
	"az", "az_Cyrl", "be", "bg", "bn", "bs", "bs_Cyrl", "ca", "ckb",
	"cs", "cy", "da", "de", "de_AT", "el", "en", "en_AU", "en_CA",
	"en_GB", "en_IN", "es", "es_MX", "es_AR", "et", "eu", "fa", "fa_AF",
	"fi", "fil", "fr", "fr_CA", "ga", "gl", "gu", "he", "hi", "hr", "hu",
	"hy", "id", "is", "it", "ja", "ka", "kk", "km", "kn", "ko", "ky",
	"lo", "lt", "lv", "mk", "ml", "mn", "mr", "ms", "my", "nb", "ne",
	"nl", "pa", "pl", "ps", "pt", "pt_PT", "ro", "ru", "sd", "si", "sk",
	"sl", "so", "sq", "sr", "sr_Latn", "sv", "sw", "ta", "te", "tg",
	"th", "tk", "tr", "tt", "ug", "uk", "ur", "uz", "uz_Cyrl", "vi",
	"yue", "zh", "zh_Hant", "zu"
};

enum { RAW_CHARS = 200, KEY_NAME = sizeof((struct pm_date_name *)0)->key };

/* What one locale says; conflicts are settled when all are there. */
struct raw {
	char key[PM_DATE_KEY_BYTES];
	uint8_t value;           /* unit, or month, or weekday */
	uint8_t count;
	uint8_t flags;
	bool dotted;             /* the locale writes "11. May" */
	bool ours;               /* from dates_phrases.c: overrules */
	bool future;
};

struct list {
	struct raw *p;
	size_t n, capacity;
};

struct pm_date_built {
	struct list spans, months, weekdays;
	struct pm_date_tables tables;
	struct pm_date_span *out_spans;
	struct pm_date_name *out_months, *out_weekdays;
	char version[U_MAX_VERSION_STRING_LENGTH];
};

static int
add_raw(struct list *list, const struct raw *raw, struct pm_err *err)
{
	if (list->n == list->capacity) {
		size_t capacity = list->capacity * 2 + 1024;
		struct raw *p = pm_realloc_array(list->p, capacity,
		    sizeof *p, err);

		if (p == NULL)
			return PM_ENOMEM;
		list->p = p;
		list->capacity = capacity;
	}
	list->p[list->n++] = *raw;
	return PM_OK;
}

static struct pm_bytes
utf8_of(char out[RAW_CHARS * 3], const UChar *s, int32_t n)
{
	UErrorCode status = U_ZERO_ERROR;
	int32_t length = 0;

	u_strToUTF8(out, RAW_CHARS * 3, &length, s, n, &status);
	return (struct pm_bytes){ (const uint8_t *)out,
		U_SUCCESS(status) ? (size_t)length : 0 };
}

/* number: what must stand at '#'; -1 for any, as in our own phrases. */
static int
add_span(struct list *list, struct pm_bytes text, struct raw raw,
    int32_t number, struct pm_err *err)
{
	struct pm_date_text tokens;
	int32_t value;

	if (text.n == 0 || text.n > PM_DATE_BYTES ||
	    !pm_date_text_read(&tokens, text, SIZE_MAX) ||
	    pm_date_key(raw.key, &value, &tokens, 0, tokens.n) == 0)
		return PM_OK;
	if (number >= 0) {
		if (value >= 0 && value != number)
			return PM_OK;
		raw.count = value >= 0 ? PM_DATE_ANY : (uint8_t)number;
	}
	/* A number alone says nothing, nor does "-5". */
	if (strcmp(raw.key, "#") == 0 || strcmp(raw.key, "-#") == 0)
		return PM_OK;
	return add_raw(list, &raw, err);
}

static const struct {
	URelativeDateTimeUnit icu;
	uint8_t unit;
} units[] = {
	{ UDAT_REL_UNIT_SECOND, PM_UNIT_SECOND },
	{ UDAT_REL_UNIT_MINUTE, PM_UNIT_MINUTE },
	{ UDAT_REL_UNIT_HOUR, PM_UNIT_HOUR },
	{ UDAT_REL_UNIT_DAY, PM_UNIT_DAY },
	{ UDAT_REL_UNIT_WEEK, PM_UNIT_WEEK },
	{ UDAT_REL_UNIT_MONTH, PM_UNIT_MONTH },
	{ UDAT_REL_UNIT_QUARTER, PM_UNIT_QUARTER },
	{ UDAT_REL_UNIT_YEAR, PM_UNIT_YEAR }
};

static int
add_counts(struct list *list, const URelativeDateTimeFormatter *formatter,
    size_t unit, struct pm_err *err)
{
	/* Every plural form of CLDR has one of these. */
	static const uint8_t more[] = { 70, 71, 72, 75, 100, 101, 102, 103,
		111, 121, 200 };
	char bytes[RAW_CHARS * 3];
	UChar text[RAW_CHARS];
	int rc = PM_OK;

	for (int i = 0; i < 60 + (int)sizeof more && rc == PM_OK; i++)
		for (int past = 0; past <= 1 && rc == PM_OK; past++) {
			UErrorCode status = U_ZERO_ERROR;
			int count = i < 60 ? i : more[i - 60];
			struct raw raw = { .value = units[unit].unit,
				.future = past == 0 };
			int32_t n;

			if (count == 0 && !past)
				continue;
			n = ureldatefmt_formatNumeric(formatter,
			    past ? -(double)count : count, units[unit].icu,
			    text, RAW_CHARS, &status);
			if (U_SUCCESS(status))
				rc = add_span(list, utf8_of(bytes, text, n),
				    raw, count, err);
		}
	return rc;
}

/* "yesterday", "now", "last week". */
static int
add_words(struct list *list, const URelativeDateTimeFormatter *formatter,
    size_t unit, struct pm_err *err)
{
	char bytes[RAW_CHARS * 3];
	UChar text[RAW_CHARS];
	int rc = PM_OK;
	bool today = units[unit].unit == PM_UNIT_DAY ||
	    units[unit].unit == PM_UNIT_SECOND;

	for (int count = today ? 0 : 1; count <= 2 && rc == PM_OK; count++) {
		UErrorCode status = U_ZERO_ERROR;
		struct raw raw = { .value = units[unit].unit };
		int32_t n = ureldatefmt_format(formatter, -(double)count,
		    units[unit].icu, text, RAW_CHARS, &status);

		if (U_SUCCESS(status))
			rc = add_span(list, utf8_of(bytes, text, n), raw,
			    count, err);
	}
	return rc;
}

static int
add_spans(struct list *list, const char *locale, struct pm_err *err)
{
	static const UDateRelativeDateTimeFormatterStyle styles[] = {
		UDAT_STYLE_LONG, UDAT_STYLE_SHORT, UDAT_STYLE_NARROW };
	int rc = PM_OK;

	for (size_t s = 0; s < 3 && rc == PM_OK; s++) {
		UErrorCode status = U_ZERO_ERROR;
		URelativeDateTimeFormatter *formatter = ureldatefmt_open(
		    locale, NULL, styles[s], UDISPCTX_CAPITALIZATION_NONE,
		    &status);

		if (U_FAILURE(status))
			return pm_fail(err, PM_EIO, "%s: %s", locale,
			    u_errorName(status));
		for (size_t u = 0; u < sizeof units / sizeof units[0] &&
		    rc == PM_OK; u++)
			if ((rc = add_counts(list, formatter, u, err)) ==
			    PM_OK)
				rc = add_words(list, formatter, u, err);
		ureldatefmt_close(formatter);
	}
	return rc;
}

/* A name of up to three tokens, none of them a number. */
static int
add_name(struct list *list, struct pm_bytes text, struct raw raw,
    struct pm_err *err)
{
	struct pm_date_text tokens;
	int32_t number;

	if (text.n == 0 || text.n > PM_DATE_BYTES ||
	    !pm_date_text_read(&tokens, text, SIZE_MAX) || tokens.numbers > 0 ||
	    tokens.n > 4 || tokens.plain_n >= KEY_NAME ||
	    pm_date_key(raw.key, &number, &tokens, 0, tokens.n) < 2)
		return PM_OK;
	return add_raw(list, &raw, err);
}

static bool
writes_dotted_days(UDateFormat *format)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar pattern[RAW_CHARS];
	int32_t n = udat_toPattern(format, 0, pattern, RAW_CHARS, &status);

	for (int32_t i = 0; U_SUCCESS(status) && i + 1 < n; i++)
		if (pattern[i] == 'd' && pattern[i + 1] == '.')
			return true;
	return false;
}

static int
add_symbols(struct list *list, UDateFormat *format, UDateFormatSymbolType type,
    struct raw raw, struct pm_err *err)
{
	int32_t n = udat_countSymbols(format, type);
	char bytes[RAW_CHARS * 3];
	UChar text[RAW_CHARS];
	int rc = PM_OK;

	for (int32_t i = 0; i < n && i < 13 && rc == PM_OK; i++) {
		UErrorCode status = U_ZERO_ERROR;
		int32_t length = udat_getSymbols(format, type, i, text,
		    RAW_CHARS, &status);

		raw.value = (uint8_t)(i + 1);    /* of a month */
		if (U_SUCCESS(status))
			rc = add_name(list, utf8_of(bytes, text, length), raw,
			    err);
	}
	return rc;
}

static int
add_names(struct pm_date_built *b, const char *locale, const char *calendar,
    uint8_t flags, struct pm_err *err)
{
	static const struct {
		UDateFormatSymbolType type;
		bool weekday, is_short;
	} types[] = {
		{ UDAT_MONTHS, false, false },
		{ UDAT_STANDALONE_MONTHS, false, false },
		{ UDAT_SHORT_MONTHS, false, true },
		{ UDAT_STANDALONE_SHORT_MONTHS, false, true },
		{ UDAT_WEEKDAYS, true, false },
		{ UDAT_STANDALONE_WEEKDAYS, true, false },
		{ UDAT_SHORT_WEEKDAYS, true, true },
		{ UDAT_STANDALONE_SHORT_WEEKDAYS, true, true }
	};
	static const UChar utc[] = { 'U', 'T', 'C', 0 };
	UErrorCode status = U_ZERO_ERROR;
	struct raw raw = { 0 };
	UDateFormat *format;
	char name[64];
	int rc = PM_OK;

	(void)snprintf(name, sizeof name, "%s%s", locale, calendar);
	format = udat_open(UDAT_NONE, UDAT_LONG, name, utc, -1, NULL, 0,
	    &status);
	if (U_FAILURE(status))
		return pm_fail(err, PM_EIO, "%s: %s", name,
		    u_errorName(status));
	raw.dotted = writes_dotted_days(format);
	for (size_t i = 0; i < sizeof types / sizeof types[0] && rc == PM_OK;
	    i++) {
		raw.flags = (uint8_t)(flags |
		    (types[i].is_short ? PM_NAME_SHORT : 0));
		rc = add_symbols(types[i].weekday ? &b->weekdays : &b->months,
		    format, types[i].type, raw, err);
	}
	udat_close(format);
	return rc;
}

static int
by_key(const void *a, const void *b)
{
	return strcmp(((const struct raw *)a)->key,
	    ((const struct raw *)b)->key);
}

/* One past the last of the same key as list->p[from]. */
static size_t
group_end(const struct list *list, size_t from)
{
	size_t to = from + 1;

	while (to < list->n &&
	    strcmp(list->p[from].key, list->p[to].key) == 0)
		to++;
	return to;
}

/* Words for "now" and the like that are names or other words elsewhere, and
 * that no page prints as a time: a tag "Leo" is no "today" in Swahili. */
static bool
is_rather_a_tag(const char *key)
{
	static const char *const keys[] = { "ara", "iaz", "indi", "jana",
		"juzi", "lani", "leo", "most", "nawr", "nou", "nu", "ora",
		"sad", "sada", "tani", "vjet", "zdaj" };

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

/* Our own phrase, else what all locales agree on; NULL when they do not, or
 * when some say so of the future. */
static const struct raw *
settle_span(const struct raw *p, size_t n)
{
	const struct raw *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (p[i].ours)
			return &p[i];
	if (is_rather_a_tag(p->key))
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (p[i].future)
			return NULL;
		if (best != NULL && (best->value != p[i].value ||
		    best->count != p[i].count))
			return NULL;
		best = &p[i];
	}
	return best;
}

static int
settle_spans(struct pm_date_built *b, struct pm_err *err)
{
	struct list *list = &b->spans;
	size_t n = 0;

	qsort(list->p, list->n, sizeof *list->p, by_key);
	b->out_spans = pm_realloc_array(NULL, list->n, sizeof *b->out_spans,
	    err);
	if (b->out_spans == NULL)
		return PM_ENOMEM;
	for (size_t i = 0, to; i < list->n; i = to) {
		const struct raw *best;

		to = group_end(list, i);
		if ((best = settle_span(list->p + i, to - i)) == NULL)
			continue;
		memcpy(b->out_spans[n].key, best->key, sizeof best->key);
		b->out_spans[n].unit = best->value;
		b->out_spans[n++].count = best->count;
	}
	b->tables.spans = b->out_spans;
	b->tables.n_spans = n;
	return PM_OK;
}

/* The month that all of one habit (dotted days or not) mean; else 0. */
static uint8_t
agreed(const struct raw *p, size_t n, bool dotted, bool *any)
{
	uint8_t value = 0;

	*any = false;
	for (size_t i = 0; i < n; i++) {
		if (p[i].dotted != dotted)
			continue;
		if (*any && value != p[i].value)
			return 0;
		*any = true;
		value = p[i].value;
	}
	return value;
}

static void
settle_name(struct pm_date_name *out, const struct raw *p, size_t n)
{
	bool any_plain, any_dotted, persian = false;

	out->number = agreed(p, n, false, &any_plain);
	out->number_dotted = agreed(p, n, true, &any_dotted);
	if (!any_plain)
		out->number = out->number_dotted;
	if (!any_dotted)
		out->number_dotted = out->number;
	out->flags = PM_NAME_SHORT;
	for (size_t i = 0; i < n; i++) {
		if ((p[i].flags & PM_NAME_SHORT) == 0)
			out->flags &= (uint8_t)~PM_NAME_SHORT;
		out->flags |= p[i].flags & PM_NAME_THAI;
		persian = persian || (p[i].flags & PM_NAME_PERSIAN) != 0;
	}
	for (size_t i = 0; persian && i < n; i++)
		if ((p[i].flags & PM_NAME_PERSIAN) == 0)
			out->number = out->number_dotted = 0;
	if (persian)
		out->flags |= PM_NAME_PERSIAN;
}

static int
settle_names(struct pm_date_name **out, size_t *out_n, struct list *list,
    bool weekdays, struct pm_err *err)
{
	struct pm_date_name *names;
	size_t n = 0;

	qsort(list->p, list->n, sizeof *list->p, by_key);
	names = pm_realloc_array(NULL, list->n, sizeof *names, err);
	if (names == NULL)
		return PM_ENOMEM;
	for (size_t i = 0, to; i < list->n; i = to) {
		to = group_end(list, i);
		memset(&names[n], 0, sizeof names[n]);
		memcpy(names[n].key, list->p[i].key, KEY_NAME);
		if (weekdays)
			names[n++].number = 1;
		else {
			settle_name(&names[n], list->p + i, to - i);
			n += names[n].number != 0 ||
			    names[n].number_dotted != 0;
		}
	}
	*out = names;
	*out_n = n;
	return PM_OK;
}

static int
add_ours(struct pm_date_built *b, struct pm_err *err)
{
	char text[PM_DATE_BYTES + 1];
	int rc = PM_OK;

	for (size_t i = 0; i < pm_date_phrases_n && rc == PM_OK; i++) {
		const struct pm_date_phrase *phrase = &pm_date_phrases[i];
		struct raw raw = { .value = phrase->unit,
			.count = phrase->count, .ours = true };
		char *slot;

		if (strlen(phrase->text) >= sizeof text)
			return pm_fail(err, PM_ELIMIT, "%s: too long",
			    phrase->text);
		memcpy(text, phrase->text, strlen(phrase->text) + 1);
		if ((slot = strchr(text, '#')) != NULL)
			*slot = '1';
		rc = add_span(&b->spans, pm_bytes_of(text), raw, -1, err);
	}
	for (size_t i = 0; i < pm_date_extra_months_n && rc == PM_OK; i++) {
		const struct pm_date_extra_name *name =
		    &pm_date_extra_months[i];
		struct raw raw = { .value = name->number,
			.flags = name->flags };

		rc = add_name(&b->months, pm_bytes_of(name->text), raw, err);
	}
	return rc;
}

static int
add_locales(struct pm_date_built *b, struct pm_err *err)
{
	int rc = PM_OK;

	for (size_t i = 0; i < sizeof locales / sizeof locales[0] &&
	    rc == PM_OK; i++)
		if ((rc = add_spans(&b->spans, locales[i], err)) == PM_OK)
			rc = add_names(b, locales[i], "@calendar=gregorian",
			    strcmp(locales[i], "th") == 0 ? PM_NAME_THAI : 0,
			    err);
	if (rc == PM_OK)
		rc = add_names(b, "fa", "@calendar=persian", PM_NAME_PERSIAN,
		    err);
	if (rc == PM_OK)
		rc = add_names(b, "fa_AF", "@calendar=persian",
		    PM_NAME_PERSIAN, err);
	return rc;
}

int
pm_date_tables_build(struct pm_date_built **out, struct pm_err *err)
{
	struct pm_date_built *b = pm_alloc_zero(sizeof *b, err);
	UVersionInfo version;
	int rc = PM_ENOMEM;

	if (b == NULL)
		goto done;
	if ((rc = add_ours(b, err)) != PM_OK ||
	    (rc = add_locales(b, err)) != PM_OK ||
	    (rc = settle_spans(b, err)) != PM_OK ||
	    (rc = settle_names(&b->out_months, &b->tables.n_months,
	    &b->months, false, err)) != PM_OK ||
	    (rc = settle_names(&b->out_weekdays, &b->tables.n_weekdays,
	    &b->weekdays, true, err)) != PM_OK)
		goto done;
	b->tables.months = b->out_months;
	b->tables.weekdays = b->out_weekdays;
	u_getVersion(version);
	u_versionToString(version, b->version);
	b->tables.icu_version = b->version;
	*out = b;
	b = NULL;
done:
	pm_date_tables_free(b);
	return rc;
}

const struct pm_date_tables *
pm_date_built_tables(const struct pm_date_built *built)
{
	return &built->tables;
}

void
pm_date_tables_free(struct pm_date_built *b)
{
	if (b == NULL)
		return;
	pm_free(b->spans.p);
	pm_free(b->months.p);
	pm_free(b->weekdays.p);
	pm_free(b->out_spans);
	pm_free(b->out_months);
	pm_free(b->out_weekdays);
	pm_free(b);
}
