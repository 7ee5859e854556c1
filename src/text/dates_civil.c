#include "text/dates_internal.h"

int64_t
pm_floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b != 0 && (a % b < 0) != (b < 0));
}

/* Years are taken to begin in March, so that the leap day is their last. */
int64_t
pm_civil_days(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = pm_floor_div(y, 400);
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 +
	    day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	    of_year - 719468;
}

void
pm_civil_of_days(int64_t days, int64_t *year, int *month, int *day)
{
	int64_t z = days + 719468;
	int64_t era = pm_floor_div(z, 146097);
	int64_t of_era = z - era * 146097;
	int64_t y = (of_era - of_era / 1460 + of_era / 36524 -
	    of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * of_year + 2) / 153;

	*day = (int)(of_year - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = y + era * 400 + (*month <= 2);
}

int
pm_days_in_month(int64_t year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

bool
pm_civil_is_real(int64_t year, int month, int day)
{
	return month >= 1 && month <= 12 && day >= 1 &&
	    day <= pm_days_in_month(year, month);
}

/* The 33-year cycle, which agrees with the astronomical calendar from 1925
 * to 2088; a constant away from the civil day. */
static int64_t
persian_days(int year, int month, int day)
{
	int64_t y = year + 1595;

	return 365 * y + y / 33 * 8 + (y % 33 + 3) / 4 + day +
	    (month < 7 ? (month - 1) * 31 : (month - 7) * 30 + 186);
}

bool
pm_civil_of_persian(int32_t *year, int32_t *month, int32_t *day)
{
	int64_t days, y;
	int m, d;

	if (*year < 1304 || *year > 1467 || *month < 1 || *month > 12 ||
	    *day < 1 || *day > (*month < 7 ? 31 : 30))
		return false;
	days = persian_days(*year, *month, *day);
	if (days >= persian_days(*year + 1, 1, 1))
		return false;
	/* 1 Farvardin 1403 was 20 March 2024. */
	pm_civil_of_days(pm_civil_days(2024, 3, 20) + days -
	    persian_days(1403, 1, 1), &y, &m, &d);
	*year = (int32_t)y;
	*month = m;
	*day = d;
	return true;
}
