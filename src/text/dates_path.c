/* Dates in paths. */
#include "text/dates_internal.h"

enum { DAY_SECONDS = 86400 };

static bool
is_digit(uint8_t b)
{
	return b >= '0' && b <= '9';
}

static size_t
run_length(struct pm_bytes path, size_t at)
{
	size_t n = 0;

	while (at + n < path.n && is_digit(path.p[at + n]))
		n++;
	return n;
}

static int
two_digits(const uint8_t *p)
{
	return (p[0] - '0') * 10 + (p[1] - '0');
}

/* Digits at p as YYYYMMDD. */
static bool
read_date(struct pm_time_text *out, const uint8_t *year, const uint8_t *month,
    const uint8_t *day)
{
	out->year = two_digits(year) * 100 + two_digits(year + 2);
	out->month = two_digits(month);
	out->day = two_digits(day);
	return out->year >= 1990 && out->year <= 2100 &&
	    pm_civil_is_real(out->year, out->month, out->day);
}

static bool
read_clock(struct pm_time_text *out, const uint8_t *hour,
    const uint8_t *minute, const uint8_t *second)
{
	int h = two_digits(hour), m = two_digits(minute);
	int s = second == NULL ? 0 : two_digits(second);

	if (h > 23 || m > 59 || s > 59)
		return false;
	out->hour = h;
	out->minute = m;
	out->second = s;
	return true;
}

/* After a date: T08-00-00, _080000, -0800, T08:00Z. */
static void
read_time_after(struct pm_time_text *out, struct pm_bytes path, size_t at)
{
	const uint8_t *p = path.p;
	size_t n, end = at;

	if (at >= path.n || strchr("Tt_- ", p[at]) == NULL || p[at] == 0)
		return;
	n = run_length(path, ++at);
	if (n == 6 || n == 4) {
		end = at + n;
		if (!read_clock(out, p + at, p + at + 2,
		    n == 6 ? p + at + 4 : NULL))
			return;
	} else if (n == 2 && at + 3 < path.n &&
	    strchr("-:_.", p[at + 2]) != NULL && p[at + 2] != 0 &&
	    run_length(path, at + 3) == 2) {
		bool seconds = at + 6 < path.n && p[at + 5] == p[at + 2] &&
		    run_length(path, at + 6) == 2;

		end = at + (seconds ? 8 : 5);
		if (!read_clock(out, p + at, p + at + 3,
		    seconds ? p + at + 6 : NULL))
			return;
	} else
		return;
	out->has_offset = end < path.n && p[end] == 'Z';
}

/* A date whose first digit is at `at`, in a run of n digits. */
static bool
read_at(struct pm_time_text *out, struct pm_bytes path, size_t at, size_t n)
{
	const uint8_t *p = path.p + at;

	pm_date_none(out);
	if (n == 14)
		return read_date(out, p, p + 4, p + 6) &&
		    read_clock(out, p + 8, p + 10, p + 12);
	if (n == 8) {
		if (!read_date(out, p, p + 4, p + 6))
			return false;
		read_time_after(out, path, at + 8);
		return true;
	}
	if (n != 4 || path.n - at < 10 || (p[4] != '-' && p[4] != '/') ||
	    p[7] != p[4] || run_length(path, at + 5) != 2 ||
	    run_length(path, at + 8) != 2 || !read_date(out, p, p + 5, p + 8))
		return false;
	read_time_after(out, path, at + 10);
	return true;
}

bool
pm_when_in_path(struct pm_when *out, struct pm_bytes path,
    const struct pm_zone *zone)
{
	struct pm_time_text found, last;
	bool any = false;
	size_t n;

	for (size_t at = 0; at < path.n; at += n) {
		if ((n = run_length(path, at)) == 0) {
			n = 1;
			continue;
		}
		if (read_at(&found, path, at, n)) {
			last = found;
			any = true;
		}
	}
	if (!any)
		return false;
	last.precision = last.hour >= 0 ? PM_MINUTE : PM_DAY;
	pm_time_resolve(out, &last, 0, zone);
	return true;
}
