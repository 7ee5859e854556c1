/*
 * Times as pages print them and as users write them.  The first byte chooses
 * the zone and the crawl.  What is formatted is parsed as the same.
 */
#include "records.h"
#include "text/dates.h"

static void
must_come_again(const struct pm_when *when)
{
	char text[PM_WHEN_CHARS];
	struct pm_when again;
	size_t n = pm_when_format(text, when);

	must(n < PM_WHEN_CHARS && text[n] == '\0');
	must(pm_when_parse(&again, (struct pm_bytes){ (uint8_t *)text, n },
	    NULL));
	must(again.utc_seconds == when->utc_seconds);
	must(pm_when_end(when) > when->utc_seconds);
}

static void
resolve(const struct pm_time_text *text, int64_t crawled,
    const struct pm_zone *zone)
{
	struct pm_when when;

	pm_time_resolve(&when, text, crawled, zone);
	must(pm_precision_name(when.precision) != NULL);
	/* Outside of these it is clamped. */
	if (when.utc_seconds > -62000000000 && when.utc_seconds < 253000000000)
		must_come_again(&when);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *const name[] = { "UTC", "Asia/Tashkent", "+05:30",
	    "America/New_York" };
	static const int64_t crawl[] = { 0, 1739000000, -1, 4000000000 };
	static struct pm_zone *zone[4];
	struct pm_time_text time;
	struct pm_bytes text;
	struct pm_when when;
	struct pm_err err;
	size_t at, length;

	for (size_t i = 0; i < 4 && zone[i] == NULL; i++)
		must(pm_zone_open(&zone[i], name[i], &err) == PM_OK);
	if (n == 0)
		return 0;
	text = as_text(p + 1, n - 1);
	if (pm_time_parse(&time, text))
		resolve(&time, crawl[p[0] >> 2 & 3], zone[p[0] & 3]);
	if (pm_time_find(&time, &at, &length, text)) {
		must(length > 0 && at < text.n && length <= text.n - at);
		resolve(&time, crawl[p[0] >> 2 & 3], zone[p[0] & 3]);
	}
	if (pm_when_parse(&when, text, zone[p[0] & 3]) &&
	    when.utc_seconds > -62000000000 && when.utc_seconds < 253000000000)
		must_come_again(&when);
	free((void *)(uintptr_t)text.p);
	return 0;
}
