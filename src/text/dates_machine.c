/*
 * Times that machines write without marks: 20250211, 20250211T100000Z,
 * seconds and milliseconds since 1970; and what they put behind a time.
 */
#include "text/dates_internal.h"

enum { DAY_SECONDS = 86400 };

/* Seconds of 2001-09-09 and of 2100: ten digits, as no other number. */
static const int64_t epoch_min = 1000000000, epoch_max = 4102444800;

static size_t
digits_at(struct pm_bytes text, size_t at)
{
	size_t n = 0;

	while (at + n < text.n && text.p[at + n] >= '0' &&
	    text.p[at + n] <= '9')
		n++;
	return n;
}

static int64_t
number_at(struct pm_bytes text, size_t at, size_t n)
{
	int64_t value = 0;

	for (size_t i = 0; i < n; i++)
		value = value * 10 + (text.p[at + i] - '0');
	return value;
}

static void
skip_fraction(struct pm_bytes text, size_t *at)
{
	size_t n;

	if (*at < text.n && text.p[*at] == '.' &&
	    (n = digits_at(text, *at + 1)) > 0)
		*at += 1 + n;
}

/* 1739268000, 1739268000.25, 1739268000000 */
static bool
read_epoch(struct pm_time_text *out, struct pm_bytes text, size_t n)
{
	int64_t seconds, year, day;
	int month, day_of_month;
	size_t at = n;

	if (n != 10 && n != 13)
		return false;
	skip_fraction(text, &at);
	seconds = number_at(text, 0, n) / (n == 13 ? 1000 : 1);
	if (at != text.n || seconds < epoch_min || seconds >= epoch_max)
		return false;
	day = seconds / DAY_SECONDS;
	seconds %= DAY_SECONDS;
	pm_civil_of_days(day, &year, &month, &day_of_month);
	pm_date_none(out);
	out->year = (int32_t)year;
	out->month = month;
	out->day = day_of_month;
	out->hour = (int32_t)(seconds / 3600);
	out->minute = (int32_t)(seconds / 60 % 60);
	out->second = (int32_t)(seconds % 60);
	out->has_offset = true;
	out->precision = PM_MINUTE;
	return true;
}

/* "Z", "+0100", "+01:00", "-05" up to the end of the text. */
static bool
read_zone(struct pm_time_text *out, struct pm_bytes text, size_t at)
{
	int64_t hours, minutes = 0;
	size_t n;

	if (at == text.n)
		return true;
	out->has_offset = true;
	if (text.p[at] == 'Z' || text.p[at] == 'z')
		return at + 1 == text.n;
	if (text.p[at] != '+' && text.p[at] != '-')
		return false;
	n = digits_at(text, at + 1);
	if (n != 2 && n != 4)
		return false;
	hours = number_at(text, at + 1, 2);
	if (n == 4)
		minutes = number_at(text, at + 3, 2);
	else if (text.n == at + 6 && text.p[at + 3] == ':' &&
	    digits_at(text, at + 4) == 2) {
		minutes = number_at(text, at + 4, 2);
		n = 5;
	}
	out->offset_minutes = (int32_t)(hours * 60 + minutes) *
	    (text.p[at] == '-' ? -1 : 1);
	return at + 1 + n == text.n && hours <= 18 && minutes <= 59;
}

/* n digits of a clock, 4 or 6. */
static bool
read_clock(struct pm_time_text *out, struct pm_bytes text, size_t at,
    size_t n)
{
	out->hour = (int32_t)number_at(text, at, 2);
	out->minute = (int32_t)number_at(text, at + 2, 2);
	out->second = n == 6 ? (int32_t)number_at(text, at + 4, 2) : 0;
	out->precision = PM_MINUTE;
	return out->hour <= 23 && out->minute <= 59 && out->second <= 59;
}

/* 20250211, 202502111000, 20250211100000, 20250211T1000, 20250211T100000Z */
static bool
read_compact(struct pm_time_text *out, struct pm_bytes text, size_t n)
{
	size_t at = n, clock;

	pm_date_none(out);
	out->year = (int32_t)number_at(text, 0, 4);
	out->month = (int32_t)number_at(text, 4, 2);
	out->day = (int32_t)number_at(text, 6, 2);
	out->precision = PM_DAY;
	if (out->year < 1990 || out->year > 2100 ||
	    !pm_civil_is_real(out->year, out->month, out->day))
		return false;
	if (n > 8)
		return at == text.n && read_clock(out, text, 8, n - 8);
	if (at == text.n)
		return true;
	if (text.p[at] != 'T' && text.p[at] != 't')
		return false;
	clock = digits_at(text, ++at);
	if ((clock != 4 && clock != 6) || !read_clock(out, text, at, clock))
		return false;
	at += clock;
	skip_fraction(text, &at);
	return read_zone(out, text, at);
}

bool
pm_date_machine(struct pm_time_text *out, struct pm_bytes text)
{
	size_t n = digits_at(text, 0);

	if (n == 8 || n == 12 || n == 14)
		return read_compact(out, text, n);
	return (n == 10 || n == 13) && read_epoch(out, text, n);
}

/* "[Europe/Berlin]" and "(Central European Standard Time)" say in words what
 * the offset before them has said. */
struct pm_bytes
pm_date_without_zone_name(struct pm_bytes text)
{
	size_t n = text.n;
	uint8_t open;

	if (n == 0 || (text.p[n - 1] != ']' && text.p[n - 1] != ')'))
		return text;
	open = text.p[n - 1] == ']' ? '[' : '(';
	for (n--; n > 0 && text.p[n - 1] != open; n--)
		if (text.p[n - 1] >= '0' && text.p[n - 1] <= '9')
			return text;
	if (n < 6 || n + 2 > text.n)
		return text;
	/* Behind an offset or a Z only. */
	for (n--; n > 0 && text.p[n - 1] == ' '; n--)
		;
	if (n > 0 && (text.p[n - 1] == 'Z' || (n > 5 &&
	    text.p[n - 1] >= '0' && text.p[n - 1] <= '9' &&
	    (text.p[n - 5] == '+' || text.p[n - 5] == '-' ||
	    text.p[n - 6] == '+' || text.p[n - 6] == '-'))))
		text.n = n;
	return text;
}
