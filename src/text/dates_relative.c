#include "text/dates_internal.h"

/* No phrase is longer; what is, is prose and gets no second look. */
enum { MOST_TOKENS = 12 };

const struct pm_date_span *
pm_date_span_find(const char *key, size_t n)
{
	const struct pm_date_index *index = &pm_date_tables.span_index;
	size_t i = pm_date_hash(key, n) & (index->n - 1);

	for (; index->slot[i] != 0; i = (i + 1) & (index->n - 1)) {
		const struct pm_date_span *span =
		    &pm_date_tables.spans[index->slot[i] - 1];

		if (n < sizeof span->key && memcmp(span->key, key, n + 1) == 0)
			return span;
	}
	return NULL;
}

static const struct unit {
	int32_t precision;
	int32_t months;
	int32_t seconds;
	int32_t max;             /* past it, it is no time but a mistake */
} units[] = {
	[PM_UNIT_SECOND] = { PM_MINUTE, 0, 1, 99999 },
	[PM_UNIT_MINUTE] = { PM_MINUTE, 0, 60, 99999 },
	[PM_UNIT_HOUR] = { PM_HOUR, 0, 3600, 99999 },
	[PM_UNIT_DAY] = { PM_DAY, 0, 86400, 99999 },
	[PM_UNIT_WEEK] = { PM_WEEK, 0, 7 * 86400, 9999 },
	[PM_UNIT_MONTH] = { PM_MONTH, 1, 0, 2400 },
	[PM_UNIT_QUARTER] = { PM_MONTH, 3, 0, 800 },
	[PM_UNIT_YEAR] = { PM_YEAR, 12, 0, 200 }
};

static bool
set_span(struct pm_time_text *out, const struct pm_date_span *span,
    int32_t number)
{
	const struct unit *unit = &units[span->unit];
	int32_t count = span->count == PM_DATE_ANY ? number : span->count;

	if (count < 0 || count > unit->max)
		return false;
	out->kind = PM_TIME_RELATIVE;
	out->precision = unit->precision;
	out->months = unit->months * count;
	out->seconds = (int64_t)unit->seconds * count;
	return true;
}

/* As the scripts of sites print it. */
const char *const pm_date_about[] = { "about", "around", "almost",
	"over", "approximately", "nearly", "около", "примерно",
	"почти", "более", "environ", "etwa", "ungefahr", "ungefähr",
	"fast", "circa", "unas", "unos", "casi", "aproximadamente",
	"cerca", "близько", "майже", "ongeveer", "około", "prawie",
	"yaklaşık", "حوالي", "حدود", "تقريبا", "约", "約", NULL };

/* The key of tokens from..to, without one word for "about" if need be. */
static const struct pm_date_span *
find_span(const struct pm_date_text *text, size_t from, size_t to,
    int32_t *number)
{
	static const char *const de[] = { "de", NULL };
	char key[PM_DATE_KEY_BYTES], rest[PM_DATE_KEY_BYTES];
	const struct pm_date_span *span;
	int32_t other;
	size_t n, m;

	if ((n = pm_date_key(key, number, text, from, to)) == 0)
		return NULL;
	if ((span = pm_date_span_find(key, n)) != NULL)
		return span;
	if (to - from > MOST_TOKENS)
		return NULL;
	for (size_t i = from; i < to && i < from + 4; i++) {
		struct pm_date_cursor c = { text, i, false };

		if (!pm_date_word(&c, pm_date_about))
			continue;
		(void)pm_date_word(&c, de);
		n = pm_date_key(key, number, text, from, i);
		m = pm_date_key(rest, &other, text, c.at, to);
		if (m == 0 || n + m >= sizeof key)
			return NULL;
		memcpy(key + n, rest, m + 1);
		*number = *number < 0 ? other : *number;
		return pm_date_span_find(key, n + m);
	}
	return NULL;
}

/* "2 hours 15 minutes ago": the finer unit is within the precision of the
 * coarser for all who read news, but not for us. */
static bool
read_two_spans(struct pm_time_text *out, const struct pm_date_text *text,
    size_t from, size_t to)
{
	struct pm_time_text first;
	const struct pm_date_span *span;
	char key[PM_DATE_KEY_BYTES], last[PM_DATE_KEY_BYTES];
	int32_t a, b;
	size_t n, m;

	/* number, unit, number, unit, "ago" */
	if (to - from != 5 || text->tokens[from].kind != PM_TOKEN_NUMBER ||
	    text->tokens[from + 2].kind != PM_TOKEN_NUMBER)
		return false;
	n = pm_date_key(key, &a, text, from, from + 2);
	m = pm_date_key(last, &b, text, to - 1, to);
	if (n == 0 || m == 0 || n + m >= sizeof key)
		return false;
	memcpy(key + n, last, m + 1);
	if ((span = pm_date_span_find(key, n + m)) == NULL ||
	    !set_span(out, span, a))
		return false;
	first = *out;
	if ((n = pm_date_key(key, &b, text, from + 2, to)) == 0 ||
	    (span = pm_date_span_find(key, n)) == NULL ||
	    !set_span(out, span, b))
		return false;
	if (out->precision >= first.precision)
		return false;
	out->months += first.months;
	out->seconds += first.seconds;
	/* Months have no fixed length: what is finer than them is lost. */
	if (first.months != 0)
		*out = first;
	return true;
}

/* "yesterday", "today": a day that a time may follow. */
static bool
read_named_day(struct pm_time_text *out, const struct pm_date_text *text,
    size_t from, size_t to)
{
	const struct pm_date_span *span;
	char key[PM_DATE_KEY_BYTES];
	int32_t number;
	size_t n;

	if (from >= to ||
	    (n = pm_date_key(key, &number, text, from, to)) == 0 ||
	    number >= 0 || (span = pm_date_span_find(key, n)) == NULL)
		return false;
	return span->unit == PM_UNIT_DAY && span->count != PM_DATE_ANY &&
	    set_span(out, span, number);
}

static bool
read_day_and_clock(struct pm_time_text *out, const struct pm_date_text *text)
{
	struct pm_date_cursor c = { text, 0, false };
	struct pm_time_text clock;
	size_t day_end;

	pm_date_none(&clock);
	/* "yesterday, 18:05": wherever the clock begins */
	for (day_end = 1; day_end < text->n && day_end < 6; day_end++) {
		if (!read_named_day(out, text, 0, day_end))
			continue;
		c.at = day_end;
		if (pm_date_clock(&c, &clock) && pm_date_marks(&c, ".)") &&
		    c.at == text->n)
			goto found;
	}
	c.at = 0;
	if (!pm_date_clock(&c, &clock))
		return false;
	pm_date_marks(&c, ",|-");
	if (!read_named_day(out, text, c.at, text->n))
		return false;
found:
	out->hour = clock.hour;
	out->minute = clock.minute;
	out->second = clock.second;
	out->has_offset = clock.has_offset;
	out->offset_minutes = clock.offset_minutes;
	if (out->hour >= 0)
		out->precision = PM_MINUTE;
	return true;
}

bool
pm_date_relative(struct pm_time_text *out, const struct pm_date_text *text)
{
	const struct pm_date_span *span;
	int32_t number;

	if (text->numbers <= 1 &&
	    (span = find_span(text, 0, text->n, &number)) != NULL)
		/* "3d" is days, "3D" is a tag. */
		return !(span->key[0] == '#' && strlen(span->key) == 2 &&
		    text->tokens[1].capital) && set_span(out, span, number);
	if (text->numbers == 2 && read_two_spans(out, text, 0, text->n))
		return true;
	return text->numbers > 0 && text->n <= MOST_TOKENS &&
	    read_day_and_clock(out, text);
}
