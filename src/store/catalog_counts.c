/*
 * What an archive holds, by source and by language too.
 */
#include "base/err.h"
#include "store/catalog_internal.h"
#include "store/catalog_query.h"

/* Rows (name, articles, canonical articles, bytes). */
static int
list_shares(struct pm_catalog *catalog, const char *text,
    int (*share)(void *context, const struct pm_source_counts *counts),
    void *context, struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int answered = PM_OK, rc = pm_catalog_prepare(&st, catalog, text, err);

	while (rc == PM_OK && answered == PM_OK &&
	    (rc = pm_catalog_step(catalog, st, err)) == PM_OK) {
		const struct pm_source_counts counts = {
		    (const char *)sqlite3_column_text(st, 0),
		    (uint64_t)sqlite3_column_int64(st, 1),
		    (uint64_t)sqlite3_column_int64(st, 2),
		    (uint64_t)sqlite3_column_int64(st, 3) };

		answered = counts.source == NULL ? pm_fail(err, PM_ENOMEM,
		    "out of memory") : share(context, &counts);
	}
	sqlite3_finalize(st);
	return answered != PM_OK ? answered : rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_list_sources(struct pm_catalog *catalog,
    int (*source)(void *context, const struct pm_source_counts *counts),
    void *context, struct pm_err *err)
{
	return list_shares(catalog, "SELECT i.name, count(*),"
	    " sum(a.canonical = a.number), sum(a.bytes) FROM article a"
	    " JOIN input i ON i.id = a.input GROUP BY i.id ORDER BY i.name",
	    source, context, err);
}

int
pm_catalog_list_languages(struct pm_catalog *catalog,
    int (*language)(void *context, const struct pm_source_counts *counts),
    void *context, struct pm_err *err)
{
	return list_shares(catalog, "SELECT coalesce(lang, 'und') AS l,"
	    " count(*), sum(canonical = number), sum(bytes) FROM article"
	    " GROUP BY l ORDER BY l", language, context, err);
}

/* Rows (part, bytes, plain bytes). */
static int
list_parts(struct pm_catalog *catalog, const char *file, const char *text,
    int (*part)(void *context, const struct pm_part_bytes *bytes),
    void *context, struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int answered = PM_OK, rc = pm_catalog_prepare(&st, catalog, text, err);

	while (rc == PM_OK && answered == PM_OK &&
	    (rc = pm_catalog_step(catalog, st, err)) == PM_OK) {
		const struct pm_part_bytes bytes = { file,
		    (const char *)sqlite3_column_text(st, 0),
		    (uint64_t)sqlite3_column_int64(st, 1),
		    (uint64_t)sqlite3_column_int64(st, 2) };

		answered = bytes.part == NULL ? pm_fail(err, PM_ENOMEM,
		    "out of memory") : part(context, &bytes);
	}
	sqlite3_finalize(st);
	return answered != PM_OK ? answered : rc == PM_END ? PM_OK : rc;
}

/* A SQLite that was built without dbstat does not say how large tables are. */
int
pm_catalog_list_bytes(struct pm_catalog *catalog,
    int (*part)(void *context, const struct pm_part_bytes *bytes),
    void *context, struct pm_err *err)
{
	int rc = list_parts(catalog, "volumes", "SELECT 'text',"
	    " sum(packed_bytes), sum(plain_bytes) FROM frame WHERE id IN"
	    " (SELECT frame FROM article) UNION ALL SELECT 'metadata',"
	    " sum(packed_bytes), sum(plain_bytes) FROM frame WHERE id NOT IN"
	    " (SELECT frame FROM article)", part, context, err);

	if (rc != PM_OK || !sqlite3_compileoption_used("ENABLE_DBSTAT_VTAB"))
		return rc;
	return list_parts(catalog, "catalog", "SELECT name, sum(pgsize), 0"
	    " FROM dbstat GROUP BY name ORDER BY 2 DESC, 1", part, context,
	    err);
}

int
pm_catalog_counts(struct pm_counts *out, struct pm_catalog *catalog,
    struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	uint64_t value[14];
	int rc = pm_catalog_prepare(&st, catalog, "SELECT"
	    " (SELECT count(*) FROM capture WHERE kind <> 4),"
	    " (SELECT count(*) FROM capture WHERE kind = 3),"
	    " (SELECT count(*) FROM article),"
	    " (SELECT count(*) FROM article WHERE canonical = number),"
	    " (SELECT count(*) FROM teaser),"
	    " (SELECT count(*) FROM teaser WHERE marks & 1 = 0),"
	    " (SELECT count(*) FROM sighting),"
	    " (SELECT count(*) FROM teaser WHERE article IS NOT NULL),"
	    " (SELECT count(*) FROM capture WHERE article IS NOT NULL),"
	    " (SELECT coalesce(sum(bytes), 0) FROM capture WHERE kind <> 4),"
	    " (SELECT count(*) FROM article WHERE same <> number),"
	    " (SELECT count(*) FROM relation WHERE kind = 1),"
	    " (SELECT count(*) FROM relation WHERE kind = 2),"
	    " (SELECT count(*) FROM relation WHERE kind = 3)",
	    err);

	if (rc == PM_OK)
		rc = pm_catalog_step(catalog, st, err);
	if (rc == PM_OK) {
		for (int i = 0; i < 14; i++)
			value[i] = (uint64_t)sqlite3_column_int64(st, i);
		out->captures = value[0];
		out->opaque = value[1];
		out->articles = value[2];
		out->unique_articles = value[3];
		out->teasers = value[4];
		out->unique_teasers = value[5];
		out->teaser_sightings = value[6];
		out->links = value[7];
		out->identical = value[8] - value[2];
		out->input_bytes = value[9];
		out->same = value[10];
		out->update = value[11];
		out->near = value[12];
		out->contains = value[13];
	}
	sqlite3_finalize(st);
	return rc;
}
