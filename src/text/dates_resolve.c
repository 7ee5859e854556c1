#include "text/dates_internal.h"

enum { DAY_SECONDS = 86400 };

/* Dates take no zone. */
static void
set_date(struct pm_when *out, int64_t days)
{
	out->utc_seconds = days * DAY_SECONDS;
	out->offset_minutes = 0;
}

static void
set_clock(struct pm_when *out, int64_t days, const struct pm_time_text *text,
    const struct pm_zone *zone)
{
	int64_t local = days * DAY_SECONDS + text->hour * 3600 +
	    text->minute * 60 + text->second;

	out->precision = PM_MINUTE;
	if (text->has_offset) {
		out->offset_minutes = text->offset_minutes;
		out->utc_seconds = local - text->offset_minutes * 60;
	} else
		pm_when_of_local(out, local, zone);
}

static void
resolve_relative(struct pm_when *out, const struct pm_time_text *text,
    int64_t crawled, const struct pm_zone *zone)
{
	int64_t today = pm_floor_div(crawled +
	    pm_zone_offset_at(zone, crawled), DAY_SECONDS);
	int64_t year, months;
	int month, day;

	if (text->hour >= 0)
		set_clock(out, today - text->seconds / DAY_SECONDS, text,
		    zone);
	else if (text->precision <= PM_HOUR)
		out->utc_seconds = crawled - text->seconds;
	else if (text->precision <= PM_WEEK)
		set_date(out, today - text->seconds / DAY_SECONDS);
	else {
		pm_civil_of_days(today, &year, &month, &day);
		months = year * 12 + month - 1 - text->months;
		year = pm_floor_div(months, 12);
		month = text->precision == PM_YEAR ? 1 :
		    (int)(months - year * 12) + 1;
		set_date(out, pm_civil_days(year, month, 1));
	}
}

/* The latest year that does not put it after the crawl; with 29 February,
 * one that has it. */
static int64_t
latest_year(const struct pm_time_text *text, int64_t today)
{
	int64_t year;
	int month, day;

	pm_civil_of_days(today + 1, &year, &month, &day);
	for (int i = 0; i < 9; i++, year--)
		if (pm_civil_is_real(year, text->month, text->day) &&
		    pm_civil_days(year, text->month, text->day) <= today + 1)
			break;
	return year;
}

void
pm_time_resolve(struct pm_when *out, const struct pm_time_text *text,
    int64_t crawled, const struct pm_zone *zone)
{
	int64_t days, year = text->year;

	*out = (struct pm_when){ .precision = text->precision };
	if (text->kind == PM_TIME_RELATIVE) {
		resolve_relative(out, text, crawled, zone);
		return;
	}
	if (year == 0)
		year = latest_year(text, pm_floor_div(crawled +
		    pm_zone_offset_at(zone, crawled), DAY_SECONDS));
	days = pm_civil_days(year, text->month == 0 ? 1 : text->month,
	    text->day == 0 ? 1 : text->day);
	if (text->hour >= 0)
		set_clock(out, days, text, zone);
	else
		set_date(out, days);
}
