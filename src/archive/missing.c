/*
 * ls --missing: what a scraper could fetch next.
 */
#include "archive/archive.h"
#include "store/catalog_query.h"

int
pm_list_missing(struct pm_archive *archive, const struct pm_select *select,
    int (*missing)(void *context, const struct pm_missing *missing),
    void *context, struct pm_err *err)
{
	const struct pm_text_source source = { pm_frames_text,
	    archive->frames };
	struct pm_query query;
	int rc = pm_query_init(&query, select, archive->catalog, err);

	return rc == PM_OK ? pm_catalog_list_missing(archive->catalog, &query,
	    &source, missing, context, err) : rc;
}
