#include <string.h>
#include <strings.h>

#include <unicode/ucal.h>
#include <unicode/uenum.h>
#include <unicode/ustring.h>

#include "base/err.h"
#include "base/mem.h"
#include "text/dates_internal.h"

/*
 * A calendar is changed by asking it for an offset, so that each question
 * goes to a clone: a zone may then be shared between threads.
 */
struct pm_zone {
	UCalendar *calendar;     /* NULL: a fixed offset */
	int32_t offset_minutes;
};

/* "+05:00", "+0500", "+05", "-3:30"; false when it is none. */
static bool
read_offset(const char *s, int32_t *out)
{
	int32_t digit[4], sign = s[0] == '-' ? -1 : 1;
	size_t n = 0;

	if (s[0] != '+' && s[0] != '-')
		return false;
	for (s++; *s != '\0'; s++) {
		if (*s == ':' && (n == 1 || n == 2) && s[1] != '\0') {
			if (n == 1) {
				digit[1] = digit[0];
				digit[0] = 0;
				n = 2;
			}
		} else if (*s >= '0' && *s <= '9' && n < 4)
			digit[n++] = *s - '0';
		else
			return false;
	}
	if (n != 2 && n != 4)
		return false;
	*out = (digit[0] * 10 + digit[1]) * 60;
	if (n == 4) {
		if (digit[2] > 5)
			return false;
		*out += digit[2] * 10 + digit[3];
	}
	if (*out > 18 * 60)
		return false;
	*out *= sign;
	return true;
}

/* ICU keeps short names that are its own; "IST" has three meanings. */
static bool
known_only_to_icu(const char *name)
{
	static const char *const names[] = { "ACT", "AET", "AGT", "ART",
		"AST", "BET", "BST", "CAT", "CNT", "CST", "CTT", "EAT", "ECT",
		"IET", "IST", "JST", "MIT", "NET", "NST", "PLT", "PNT", "PRT",
		"PST", "SST", "VST", "Etc/Unknown" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return strncmp(name, "SystemV/", 8) == 0;
}

static bool
is_known(const char *name)
{
	UErrorCode status = U_ZERO_ERROR;
	UEnumeration *ids = ucal_openTimeZoneIDEnumeration(UCAL_ZONE_TYPE_ANY,
	    NULL, NULL, &status);
	bool found = false;
	const char *id;

	while (U_SUCCESS(status) && !found &&
	    (id = uenum_next(ids, NULL, &status)) != NULL)
		found = strcmp(id, name) == 0;
	uenum_close(ids);
	return found && !known_only_to_icu(name);
}

static int
open_calendar(UCalendar **out, const char *name, struct pm_err *err)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar id[64];

	if (strlen(name) >= sizeof id / sizeof id[0] || !is_known(name))
		return pm_fail(err, PM_EUSAGE, "unknown time zone \"%.64s\"",
		    name);
	u_charsToUChars(name, id, (int32_t)strlen(name) + 1);
	*out = ucal_open(id, -1, "en_US", UCAL_GREGORIAN, &status);
	if (U_FAILURE(status))
		return pm_fail(err, PM_ENOMEM, "time zone %s: %s", name,
		    u_errorName(status));
	return PM_OK;
}

int
pm_zone_open(struct pm_zone **out, const char *name, struct pm_err *err)
{
	struct pm_zone *zone = pm_alloc_zero(sizeof *zone, err);
	int rc = PM_ENOMEM;

	if (zone == NULL)
		goto done;
	rc = PM_OK;
	if (strcasecmp(name, "UTC") != 0 && strcasecmp(name, "Z") != 0 &&
	    !read_offset(name, &zone->offset_minutes))
		rc = open_calendar(&zone->calendar, name, err);
	if (rc != PM_OK)
		goto done;
	*out = zone;
	zone = NULL;
done:
	pm_zone_close(zone);
	return rc;
}

void
pm_zone_close(struct pm_zone *zone)
{
	if (zone != NULL && zone->calendar != NULL)
		ucal_close(zone->calendar);
	pm_free(zone);
}

int64_t
pm_zone_offset_at(const struct pm_zone *zone, int64_t utc_seconds)
{
	UErrorCode status = U_ZERO_ERROR;
	UCalendar *calendar;
	int64_t ms;

	if (zone == NULL)
		return 0;
	if (zone->calendar == NULL)
		return (int64_t)zone->offset_minutes * 60;
	calendar = ucal_clone(zone->calendar, &status);
	ucal_setMillis(calendar, (double)utc_seconds * 1000, &status);
	ms = ucal_get(calendar, UCAL_ZONE_OFFSET, &status);
	ms += ucal_get(calendar, UCAL_DST_OFFSET, &status);
	if (calendar != NULL)
		ucal_close(calendar);
	return U_SUCCESS(status) ? ms / 1000 : 0;
}

int64_t
pm_zone_offset_local(const struct pm_zone *zone, int64_t local_seconds)
{
	/* A day off, no zone has changed twice. */
	int64_t before = pm_zone_offset_at(zone, local_seconds - 86400);
	int64_t after = pm_zone_offset_at(zone, local_seconds + 86400);

	if (before == after ||
	    pm_zone_offset_at(zone, local_seconds - before) == before)
		return before;
	return pm_zone_offset_at(zone, local_seconds - after) == after ?
	    after : before;
}

void
pm_when_of_local(struct pm_when *out, int64_t local_seconds,
    const struct pm_zone *zone)
{
	int64_t offset = pm_zone_offset_local(zone, local_seconds);

	out->utc_seconds = local_seconds - offset;
	out->offset_minutes = (int32_t)(offset / 60);
}
