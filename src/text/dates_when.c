/* Instants as RFC 3339. */
#include <stdio.h>

#include "text/dates_internal.h"

enum { DAY_SECONDS = 86400 };

size_t
pm_when_format(char out[PM_WHEN_CHARS], const struct pm_when *when)
{
	/* Years 0000 to 9999 leave a day at either end for the offset. */
	const int64_t first = pm_civil_days(0, 1, 1) * DAY_SECONDS;
	const int64_t last = pm_civil_days(10000, 1, 1) * DAY_SECONDS - 1;
	int32_t offset = when->offset_minutes;
	int64_t local = when->utc_seconds, days, year;
	int month, day, second, n;

	if (offset < -1439 || offset > 1439)
		offset = 0;
	if (local < first - DAY_SECONDS)
		local = first - DAY_SECONDS;
	if (local > last + DAY_SECONDS)
		local = last + DAY_SECONDS;
	local += offset * 60;
	local = local < first ? first : local > last ? last : local;
	days = pm_floor_div(local, DAY_SECONDS);
	second = (int)(local - days * DAY_SECONDS);
	pm_civil_of_days(days, &year, &month, &day);
	n = snprintf(out, PM_WHEN_CHARS, "%04d-%02d-%02dT%02d:%02d:%02d",
	    (int)year % 10000, month % 100, day % 100, second / 3600 % 100,
	    second / 60 % 60, second % 60);
	if (offset == 0)
		n += snprintf(out + n, PM_WHEN_CHARS - (size_t)n, "Z");
	else
		n += snprintf(out + n, PM_WHEN_CHARS - (size_t)n,
		    "%c%02d:%02d", offset < 0 ? '-' : '+',
		    (offset < 0 ? -offset : offset) / 60 % 24,
		    (offset < 0 ? -offset : offset) % 60);
	return (size_t)n;
}

/* Exactly n digits. */
static bool
take(struct pm_bytes *s, size_t n, int min, int max, int *out)
{
	int value = 0;

	if (s->n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		value = value * 10 + (s->p[i] - '0');
	}
	s->p += n;
	s->n -= n;
	*out = value;
	return value >= min && value <= max;
}

static bool
take_byte(struct pm_bytes *s, const char *any)
{
	if (s->n == 0 || s->p[0] == 0 || strchr(any, s->p[0]) == NULL)
		return false;
	s->p++;
	s->n--;
	return true;
}

/* "Z", "+05:00"; *has is false when nothing is left. */
static bool
take_offset(struct pm_bytes *s, bool *has, int *minutes)
{
	int sign, hour, minute;

	*has = s->n > 0;
	*minutes = 0;
	if (s->n == 0)
		return true;
	if (take_byte(s, "Zz"))
		return s->n == 0;
	sign = s->p[0] == '-' ? -1 : 1;
	if (!take_byte(s, "+-") || !take(s, 2, 0, 23, &hour))
		return false;
	(void)take_byte(s, ":");
	if (!take(s, 2, 0, 59, &minute))
		return false;
	*minutes = sign * (hour * 60 + minute);
	return s->n == 0;
}

static bool
parse_clock(struct pm_when *out, struct pm_bytes s, int64_t days,
    const struct pm_zone *zone)
{
	int hour, minute, second = 0, offset;
	int64_t local;
	bool has;

	if (!take_byte(&s, "Tt ") || !take(&s, 2, 0, 23, &hour) ||
	    !take_byte(&s, ":") || !take(&s, 2, 0, 59, &minute))
		return false;
	if (take_byte(&s, ":")) {
		if (!take(&s, 2, 0, 60, &second))
			return false;
		if (take_byte(&s, ".")) {
			if (!take_byte(&s, "0123456789"))
				return false;
			while (take_byte(&s, "0123456789"))
				;
		}
	}
	if (!take_offset(&s, &has, &offset))
		return false;
	local = days * DAY_SECONDS + hour * 3600 + minute * 60 +
	    (second == 60 ? 59 : second);
	out->precision = PM_MINUTE;
	if (!has) {
		pm_when_of_local(out, local, zone);
		return true;
	}
	out->utc_seconds = local - offset * 60;
	out->offset_minutes = offset;
	return true;
}

bool
pm_when_parse(struct pm_when *out, struct pm_bytes text,
    const struct pm_zone *zone)
{
	struct pm_when found = { .precision = PM_YEAR };
	int year, month = 1, day = 1;
	int64_t days;

	if (!take(&text, 4, 0, 9999, &year))
		return false;
	if (text.n > 0) {
		found.precision = PM_MONTH;
		if (!take_byte(&text, "-") || !take(&text, 2, 1, 12, &month))
			return false;
	}
	if (text.n > 0) {
		found.precision = PM_DAY;
		if (!take_byte(&text, "-") || !take(&text, 2, 1, 31, &day))
			return false;
	}
	if (!pm_civil_is_real(year, month, day))
		return false;
	days = pm_civil_days(year, month, day);
	found.utc_seconds = days * DAY_SECONDS;
	if (text.n > 0 && !parse_clock(&found, text, days, zone))
		return false;
	*out = found;
	return true;
}

int64_t
pm_when_end(const struct pm_when *when)
{
	int64_t offset = (int64_t)when->offset_minutes * 60;
	int64_t days = pm_floor_div(when->utc_seconds + offset, DAY_SECONDS);
	int64_t year;
	int month, day;

	pm_civil_of_days(days, &year, &month, &day);
	switch (when->precision) {
	case PM_MINUTE:
		return when->utc_seconds + 60;
	case PM_HOUR:
		return when->utc_seconds + 3600;
	case PM_WEEK:
		days += 7;
		break;
	case PM_MONTH:
		days = month == 12 ? pm_civil_days(year + 1, 1, 1) :
		    pm_civil_days(year, month + 1, 1);
		break;
	case PM_YEAR:
		days = pm_civil_days(year + 1, 1, 1);
		break;
	default:
		days += 1;
	}
	return days * DAY_SECONDS - offset;
}
