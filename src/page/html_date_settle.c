/*
 * Which of the dates that were found are the page's.  The one that is worth
 * most comes first; what says otherwise stays behind it.
 */
#include "page/html_meta_internal.h"

enum {
	PRINTED_WORTH = 180,         /* beside the headline */
	WEST_HOURS = 9               /* no newspaper is farther from UTC */
};

/* Minutes since some day, as printed. */
static int64_t
minutes_of(const struct pm_time_text *t)
{
	/* Days of the civil calendar, March first. */
	int64_t year = t->month <= 2 ? t->year - 1 : t->year;
	int64_t month = (t->month + 9) % 12;
	int64_t days = 365 * year + year / 4 - year / 100 + year / 400 +
	    (153 * month + 2) / 5 + t->day;

	return days * 1440 + t->hour * 60 + t->minute;
}

static bool
same_day(const struct pm_time_text *a, const struct pm_time_text *b)
{
	return a->kind == b->kind && a->year == b->year &&
	    a->month == b->month && a->day == b->day && (a->kind ==
	    PM_TIME_ABSOLUTE || (a->seconds == b->seconds &&
	    a->months == b->months));
}

void
pm_html_date_add(struct pm_html_dates *dates,
    const struct pm_time_text *when, int worth, bool modified,
    const char *from)
{
	size_t i = 0;

	while (i < dates->n && !(dates->date[i].modified == modified &&
	    same_day(&dates->date[i].when, when)))
		i++;
	if (i < dates->n && dates->date[i].worth >= worth)
		return;
	if (i == PM_HTML_DATES_MAX)
		return;
	dates->n += i == dates->n;
	dates->date[i] = (struct pm_html_date){ *when, worth, modified,
	    from };
}

static void
sort(struct pm_html_dates *dates)
{
	for (size_t i = 1; i < dates->n; i++) {
		struct pm_html_date date = dates->date[i];
		size_t at = i;

		for (; at > 0 && dates->date[at - 1].worth < date.worth; at--)
			dates->date[at] = dates->date[at - 1];
		dates->date[at] = date;
	}
}

static bool
has_clock(const struct pm_time_text *t)
{
	return t->kind == PM_TIME_ABSOLUTE && t->year > 0 && t->hour >= 0;
}

/*
 * "02:25Z" to machines and "9:25 pm" to readers, a day before: the latter is
 * the same instant where the site is, so that is its offset.
 */
static void
learn_offset(struct pm_html_dates *dates)
{
	struct pm_time_text *first = &dates->date[0].when;

	if (dates->n == 0 || !has_clock(first) || !first->has_offset ||
	    first->offset_minutes != 0)
		return;
	for (size_t i = 1; i < dates->n; i++) {
		const struct pm_time_text *other = &dates->date[i].when;
		int64_t ahead;

		if (!has_clock(other) || dates->date[i].modified)
			continue;
		ahead = minutes_of(other) - minutes_of(first);
		if (ahead == 0 || ahead < -12 * 60 || ahead > 14 * 60 ||
		    ahead % 30 != 0 || (other->has_offset &&
		    other->offset_minutes != 0 &&
		    other->offset_minutes != ahead))
			continue;
		*first = *other;
		first->has_offset = true;
		first->offset_minutes = (int32_t)ahead;
		return;
	}
}

/* Is it of the day, or in the month, of the address? */
static bool
agrees(const struct pm_time_text *when, const struct pm_time_text *url)
{
	return when->kind == PM_TIME_ABSOLUTE && when->year == url->year &&
	    when->month == url->month && when->day > 0 &&
	    (url->day == 0 || when->day == url->day);
}

/* Days from a to b. */
static int64_t
days_between(struct pm_time_text a, struct pm_time_text b)
{
	a.hour = a.minute = b.hour = b.minute = 0;
	return (minutes_of(&b) - minutes_of(&a)) / 1440;
}

/* Is it midnight east of Greenwich, and so perhaps a bare day? */
static bool
is_midnight(const struct pm_time_text *utc)
{
	return utc->hour >= 10 && utc->minute % 30 == 0 && utc->second == 0;
}

/*
 * "2025-02-11T02:25Z" to machines and 10 February to readers, by the address
 * or beside the headline: that is the day where the site is, and stands
 * first; the instant stays behind it.
 */
static void
prefer_printed_day(struct pm_html_dates *dates, int worth)
{
	const struct pm_time_text first = dates->date[0].when;

	if (dates->n == 0 || !has_clock(&first) || !first.has_offset ||
	    first.offset_minutes != 0)
		return;
	for (size_t i = 1; i < dates->n; i++) {
		struct pm_html_date day = dates->date[i];
		int64_t days;

		if (day.when.kind != PM_TIME_ABSOLUTE || day.when.year == 0 ||
		    day.when.precision != PM_DAY || day.modified ||
		    day.worth < worth)
			continue;
		days = days_between(first, day.when);
		if (!(days == -1 && first.hour < WEST_HOURS) &&
		    !(days == 1 && is_midnight(&first)))
			continue;
		day.worth = dates->date[0].worth + 1;
		memmove(&dates->date[1], &dates->date[0],
		    i * sizeof dates->date[0]);
		dates->date[0] = day;
		return;
	}
}

static enum pm_page_date_source
source_of(const struct pm_html_date *date, int page_worth)
{
	return date->worth >= page_worth ? PM_PAGE_DATE_PAGE :
	    PM_PAGE_DATE_TEXT;
}

static const char url_from[] = "the address";

void
pm_html_dates_settle(struct pm_page *page, struct pm_html_dates *dates)
{
	struct pm_time_text url;
	bool has_url = pm_url_date(&url, page->url);
	const struct pm_html_date *modified = NULL;
	int page_worth = has_url && url.precision == PM_DAY ? 330 : 180;

	for (size_t i = 0; has_url && i < dates->n; i++)
		if (agrees(&dates->date[i].when, &url))
			dates->date[i].worth += 150;
	if (has_url && url.precision == PM_DAY)
		pm_html_date_add(dates, &url, PRINTED_WORTH, false,
		    url_from);
	sort(dates);
	learn_offset(dates);
	prefer_printed_day(dates, PRINTED_WORTH);
	for (size_t i = 0; i < dates->n; i++) {
		const struct pm_html_date *date = &dates->date[i];

		if (date->modified) {
			modified = modified == NULL ? date : modified;
			continue;
		}
		if (date->from == url_from && date->worth == PRINTED_WORTH)
			continue;
		/* Where all agree, it is the page's word. */
		pm_page_add_date(page, &date->when, has_url &&
		    agrees(&date->when, &url) ? PM_PAGE_DATE_PAGE :
		    source_of(date, page_worth), date->from);
	}
	if (has_url && !(dates->n > 0 && dates->date[0].from == url_from &&
	    dates->date[0].worth > PRINTED_WORTH))
		pm_page_add_date(page, &url, PM_PAGE_DATE_URL, url_from);
	if (modified == NULL)
		return;
	page->modified = modified->when;
	page->has_modified = true;
	/* Better than a date in prose. */
	if (page->date_n == 0 || page->date[0].source == PM_PAGE_DATE_TEXT)
		pm_page_add_date(page, &modified->when, PM_PAGE_DATE_PAGE,
		    modified->from);
}
