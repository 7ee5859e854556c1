/*
 * dates.h - times as news pages print them, and as users and machines do.
 *
 * "6 часов назад", "3 hours ago", "6小时前", "вчера", "11 фев 2025", "29 января
 * 2025, 14:30", "11.02.2025 14:30", "2025-02-11T14:30:00+05:00".
 *
 * Relative times come from inverting ICU's formatter (units, values, styles,
 * locales), plus bare units ICU lacks ("час назад", "только что"); month names
 * from ICU's symbols.  All of it is a generated table in the tree, so that no
 * process pays for building it.  Thread-safe.  Nothing here depends on the
 * process's locale or TZ.
 */
#ifndef PM_TEXT_DATES_H
#define PM_TEXT_DATES_H

#include <stdbool.h>

#include "base/buf.h"

/* How exactly an instant is known; the order is from fine to coarse. */
enum pm_precision {
	PM_MINUTE = 1, PM_HOUR, PM_DAY, PM_WEEK, PM_MONTH, PM_YEAR
};

/* "minute" ... "year"; NULL for another number. */
const char *pm_precision_name(int precision);
/* 0 when name is none of them. */
int pm_precision_of_name(struct pm_bytes name);

/* An instant, with the offset it was printed in.  A time of day printed
 * without one has its zone's, so that the day stays the day as printed; a
 * date, and an instant counted back from the crawl, have 0. */
struct pm_when {
	int64_t utc_seconds;
	int32_t offset_minutes;
	int32_t precision;       /* enum pm_precision */
};

/* What a text says before the time of the crawl is known. */
struct pm_time_text {
	enum { PM_TIME_RELATIVE, PM_TIME_ABSOLUTE } kind;
	int32_t precision;
	/* Relative: the amount to take off; months are calendar months. */
	int32_t months;
	int64_t seconds;
	/* Absolute; year 0: not printed.  hour -1: not printed.  A relative
	 * day may have the time too: "yesterday, 18:05". */
	int32_t year, month, day, hour, minute, second;
	bool has_offset;
	int32_t offset_minutes;
};

/* A time zone by IANA name, "UTC", "Z" or "+05:00"; PM_EUSAGE when unknown. */
struct pm_zone;
int pm_zone_open(struct pm_zone **out, const char *name, struct pm_err *err);
void pm_zone_close(struct pm_zone *zone);   /* accepts NULL */

/* True when the whole of text (but for blanks and one leading or trailing
 * separator such as "|" or "•") is one time expression. */
bool pm_time_parse(struct pm_time_text *out, struct pm_bytes text);

/*
 * The first absolute date in prose that has a day and a month name or is
 * fully numeric with a four-digit year; *at and *n say where it stands.
 */
bool pm_time_find(struct pm_time_text *out, size_t *at, size_t *n,
    struct pm_bytes text);

/*
 * Make it an instant.  crawled is the time of the crawl in UTC seconds.  A
 * relative time is the crawl time minus the amount; day and coarser
 * precisions start at 00:00 (month: first of the month, year: first of
 * January; week: that day), with "today" and "yesterday" counted in zone.  A
 * date without a year takes the latest year that does not put it after the
 * crawl (a day of grace for zones).  A time without an offset is in zone
 * (NULL: UTC); day precision and coarser are dates and take no zone: they
 * come out as 00:00 with offset 0.
 */
void pm_time_resolve(struct pm_when *out, const struct pm_time_text *text,
    int64_t crawled, const struct pm_zone *zone);

/* RFC 3339 ("2025-02-11T00:00:00Z", "2025-02-11T14:30:00+05:00"); returns its
 * length.  Years outside 0000 to 9999 are clamped. */
enum { PM_WHEN_CHARS = 26 };
size_t pm_when_format(char out[PM_WHEN_CHARS], const struct pm_when *when);

/*
 * YYYY, YYYY-MM, YYYY-MM-DD, or RFC 3339 with "T" or a space, seconds
 * optional, offset optional (then zone, NULL: UTC); the whole text.  False
 * when it is none of these or no real date.
 */
bool pm_when_parse(struct pm_when *out, struct pm_bytes text,
    const struct pm_zone *zone);

/* One past the last second that *when may mean, given its precision
 * ("2025-02" ends at 2025-03-01T00:00:00 of its offset). */
int64_t pm_when_end(const struct pm_when *when);

/*
 * A date in a path: 2025-02-11, 2025/02/11, 20250211, with an optional time
 * (T08-00-00, _080000, 14 digits as in web archives); years 1990 to 2100, a
 * real date, digits not inside a longer run of digits.  The last one in the
 * path counts.  Precision is PM_MINUTE with a time, else PM_DAY.
 */
bool pm_when_in_path(struct pm_when *out, struct pm_bytes path,
    const struct pm_zone *zone);

#endif
