/*
 * When an article or a teaser was, as far as pages say (linking needs it; for
 * people there is R3 of catalog_refresh.c).
 */
#include "base/err.h"
#include "store/catalog_internal.h"

void
pm_known_time_offer(struct pm_known_time *best,
    const struct pm_known_time *time)
{
	if (time->how < best->how)
		return;
	if (time->how == best->how) {
		if (time->how == PM_TIME_STATED &&
		    time->precision != best->precision) {
			if (time->precision > best->precision)
				return;
		} else if (time->from >= best->from) {
			return;
		}
	}
	*best = *time;
}

static int
offer_rows(struct pm_known_time *best, struct pm_catalog *catalog,
    enum statement which, uint64_t number, struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, which, err);
	int rc;

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)number);
	while ((rc = pm_catalog_step(catalog, st, err)) == PM_OK) {
		struct pm_known_time time = { .how = PM_TIME_CRAWLED,
		    .from = sqlite3_column_int64(st, 0) };
		struct pm_when when = {
		    .utc_seconds = sqlite3_column_int64(st, 1),
		    .precision = sqlite3_column_int(st, 2),
		    .offset_minutes = sqlite3_column_int(st, 3) };

		time.until = time.from + 1;
		pm_known_time_offer(best, &time);
		if (sqlite3_column_type(st, 1) == SQLITE_NULL)
			continue;
		time = (struct pm_known_time){ PM_TIME_STATED,
		    when.utc_seconds, pm_when_end(&when), when.precision };
		pm_known_time_offer(best, &time);
	}
	return rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_article_time(struct pm_known_time *best,
    struct pm_catalog *catalog, uint64_t article, struct pm_err *err)
{
	return offer_rows(best, catalog, ST_ARTICLE_TIMES, article, err);
}

int
pm_catalog_teaser_time(struct pm_known_time *best,
    struct pm_catalog *catalog, uint64_t teaser, struct pm_err *err)
{
	return offer_rows(best, catalog, ST_TEASER_TIMES, teaser, err);
}
