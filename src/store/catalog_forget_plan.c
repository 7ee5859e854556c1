/*
 * What a forgetting would take: plan_article (with those copies that stay),
 * plan_teaser and plan_capture.
 */
#include "store/catalog_forget.h"

#include "base/err.h"
#include "store/catalog_internal.h"

#define TAKEN "(SELECT number FROM plan_article WHERE NOT stays)"

int
pm_catalog_plan_begin(struct pm_catalog *catalog, struct pm_err *err)
{
	return pm_catalog_exec(catalog,
	    "CREATE TEMP TABLE IF NOT EXISTS plan_article(number INTEGER"
	    " PRIMARY KEY, stays INTEGER, relation INTEGER);"
	    "CREATE TEMP TABLE IF NOT EXISTS plan_teaser(number INTEGER"
	    " PRIMARY KEY);"
	    "CREATE TEMP TABLE IF NOT EXISTS plan_capture(number INTEGER"
	    " PRIMARY KEY);"
	    "DELETE FROM plan_article; DELETE FROM plan_teaser;"
	    "DELETE FROM plan_capture", err);
}

int
pm_catalog_plan_article(struct pm_catalog *catalog, uint64_t number,
    struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = pm_catalog_prepare(&st, catalog, "INSERT OR IGNORE INTO"
	    " plan_article VALUES(?1, 0, NULL)", err);

	if (rc == PM_OK) {
		sqlite3_bind_int64(st, 1, (int64_t)number);
		rc = pm_catalog_run(catalog, st, err);
	}
	sqlite3_finalize(st);
	return rc;
}

int
pm_catalog_plan_url(struct pm_catalog *catalog, const char *glob,
    struct pm_err *err)
{
	static const char *const ask[] = {
	    "INSERT OR IGNORE INTO plan_article SELECT c.article, 0, NULL"
	    " FROM stated s JOIN capture c ON c.number = s.capture"
	    " WHERE s.url GLOB ?1 AND c.article IS NOT NULL",
	    "INSERT OR IGNORE INTO plan_capture SELECT s.capture FROM stated"
	    " s JOIN capture c ON c.number = s.capture WHERE s.url GLOB ?1"
	    " AND c.kind <> 4",
	    "INSERT OR IGNORE INTO plan_teaser SELECT t.number FROM"
	    " teaser_url u JOIN teaser t ON t.number = u.teaser"
	    " WHERE u.url GLOB ?1 AND (t.article IS NULL OR t.article IN "
	    TAKEN ")" };
	int rc = PM_OK;

	for (size_t i = 0; i < sizeof ask / sizeof *ask && rc == PM_OK; i++) {
		sqlite3_stmt *st = NULL;

		if ((rc = pm_catalog_prepare(&st, catalog, ask[i], err)) ==
		    PM_OK) {
			sqlite3_bind_text(st, 1, glob, -1, SQLITE_STATIC);
			rc = pm_catalog_run(catalog, st, err);
		}
		sqlite3_finalize(st);
	}
	return rc;
}

/* relation: -1 a copy of the cluster alone, 0 same, else as it is stored. */
int
pm_catalog_plan_copies(struct pm_catalog *catalog, bool take,
    struct pm_err *err)
{
	int rc = pm_catalog_exec(catalog,
	    "CREATE TEMP TABLE IF NOT EXISTS plan_copy(number INTEGER,"
	    " relation INTEGER); DELETE FROM plan_copy;"
	    "INSERT INTO plan_copy SELECT b.number, 0 FROM article a"
	    " JOIN article b ON b.same = a.same WHERE a.number IN " TAKEN ";"
	    "INSERT INTO plan_copy SELECT b.number, r.kind FROM article a"
	    " JOIN relation r ON r.a = coalesce(a.same, a.number)"
	    " JOIN article b ON b.number = r.b OR b.same = r.b"
	    " WHERE a.number IN " TAKEN ";"
	    "INSERT INTO plan_copy SELECT b.number, r.kind FROM article a"
	    " JOIN relation r ON r.b = coalesce(a.same, a.number)"
	    " JOIN article b ON b.number = r.a OR b.same = r.a"
	    " WHERE a.number IN " TAKEN ";"
	    "INSERT INTO plan_copy SELECT number, -1 FROM article"
	    " WHERE canonical IN (SELECT canonical FROM article WHERE"
	    " number IN " TAKEN ");"
	    "INSERT OR IGNORE INTO plan_article SELECT number, 1,"
	    " max(CASE WHEN relation < 0 THEN -1 ELSE 9 - relation END)"
	    " FROM plan_copy GROUP BY number", err);

	return rc == PM_OK && take ? pm_catalog_exec(catalog,
	    "UPDATE plan_article SET stays = 0", err) : rc;
}

int
pm_catalog_plan_finish(struct pm_catalog *catalog, struct pm_err *err)
{
	return pm_catalog_exec(catalog,
	    "INSERT OR IGNORE INTO plan_capture SELECT number FROM capture"
	    " WHERE article IN " TAKEN " AND NOT " PM_REVISIT_STAYS(
	    "capture.number", TAKEN) ";"
	    "INSERT OR IGNORE INTO plan_teaser SELECT number FROM teaser"
	    " WHERE article IN " TAKEN ";"
	    /* Others of their groups that are linked to nothing are of the
	     * article, too. */
	    "INSERT OR IGNORE INTO plan_teaser SELECT number FROM teaser"
	    " WHERE article IS NULL AND leader IN (SELECT leader FROM teaser"
	    " WHERE number IN (SELECT number FROM plan_teaser))", err);
}

int
pm_catalog_plan_counts(struct pm_plan_counts *out,
    struct pm_catalog *catalog, struct pm_err *err)
{
	static const char *const ask[] = {
	    "SELECT count(*) FROM plan_article WHERE NOT stays",
	    "SELECT count(*) FROM plan_article WHERE stays",
	    "SELECT count(*) FROM plan_capture",
	    "SELECT count(*) FROM plan_teaser",
	    "SELECT count(*) FROM sighting WHERE teaser IN (SELECT number"
	    " FROM plan_teaser) AND capture NOT IN (SELECT number FROM"
	    " plan_capture)",
	    "SELECT count(DISTINCT capture) FROM sighting WHERE teaser IN"
	    " (SELECT number FROM plan_teaser) AND capture NOT IN"
	    " (SELECT number FROM plan_capture)" };
	uint64_t *const to[] = { &out->articles, &out->copies, &out->captures,
	    &out->teasers, &out->sightings, &out->cut };
	int64_t n = 0;
	int rc = PM_OK;

	for (size_t i = 0; i < sizeof ask / sizeof *ask && rc == PM_OK; i++) {
		rc = pm_catalog_number(&n, catalog, ask[i], err);
		*to[i] = (uint64_t)n;
	}
	return rc;
}

static const char *
relation_name(int code)
{
	return code < 0 ? "cluster" : code == 9 ? "same" :
	    pm_relation_name(9 - code);
}

int
pm_catalog_plan_articles(struct pm_catalog *catalog,
    int (*article)(void *context, const struct pm_plan_article *article),
    void *context, struct pm_err *err)
{
	struct pm_plan_article plan;
	sqlite3_stmt *st = NULL;
	int answered = PM_OK, rc = pm_catalog_prepare(&st, catalog,
	    "SELECT p.number, p.stays, p.relation FROM plan_article p JOIN"
	    " article a ON a.number = p.number ORDER BY p.stays,"
	    " p.relation IS NOT NULL, a.key, a.rest", err);

	while (rc == PM_OK && answered == PM_OK &&
	    (rc = pm_catalog_step(catalog, st, err)) == PM_OK) {
		plan.number = (uint64_t)sqlite3_column_int64(st, 0);
		plan.stays = sqlite3_column_int(st, 1) != 0;
		plan.relation = sqlite3_column_type(st, 2) == SQLITE_NULL ?
		    NULL : relation_name(sqlite3_column_int(st, 2));
		rc = pm_catalog_article(&plan.row, catalog, plan.number, err);
		if (rc == PM_OK)
			answered = article(context, &plan);
	}
	sqlite3_finalize(st);
	return answered != PM_OK ? answered : rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_plan_teasers(struct pm_catalog *catalog,
    int (*teaser)(void *context, const struct pm_plan_teaser *teaser),
    void *context, struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int answered = PM_OK, rc = pm_catalog_prepare(&st, catalog,
	    "SELECT t.number, t.key, t.rest, t.start, t.marks, t.frame,"
	    " t.ordinal, (SELECT count(*) FROM sighting s WHERE s.teaser ="
	    " t.number) FROM plan_teaser p JOIN teaser t ON"
	    " t.number = p.number ORDER BY t.frame, t.ordinal", err);

	while (rc == PM_OK && answered == PM_OK &&
	    (rc = pm_catalog_step(catalog, st, err)) == PM_OK) {
		uint64_t key = (uint64_t)sqlite3_column_int64(st, 1) ^
		    UINT64_C(1) << 63;
		struct pm_bytes rest = pm_catalog_column(st, 2);
		struct pm_plan_teaser plan = {
		    .gone.number = (uint64_t)sqlite3_column_int64(st, 0),
		    .gone.start = sqlite3_column_int64(st, 3),
		    .gone.marks = sqlite3_column_int64(st, 4),
		    .frame = (uint64_t)sqlite3_column_int64(st, 5),
		    .ordinal = (uint32_t)sqlite3_column_int64(st, 6),
		    .sightings = (uint64_t)sqlite3_column_int64(st, 7) };

		for (int i = 0; i < 8; i++)
			plan.gone.sha256[i] = (uint8_t)(key >> (56 - 8 * i));
		if (rest.n == 8)
			memcpy(plan.gone.sha256 + 8, rest.p, 8);
		answered = teaser(context, &plan);
	}
	sqlite3_finalize(st);
	return answered != PM_OK ? answered : rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_plan_captures(struct pm_catalog *catalog,
    int (*capture)(void *context, uint64_t number, struct pm_bytes path),
    void *context, struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int answered = PM_OK, rc = pm_catalog_prepare(&st, catalog,
	    "SELECT c.number, " PM_PATH_SQL " AS p FROM plan_capture x JOIN"
	    " capture c ON c.number = x.number JOIN directory d"
	    " ON d.id = c.directory ORDER BY CAST(p AS BLOB), c.crawled,"
	    " c.number", err);

	while (rc == PM_OK && answered == PM_OK &&
	    (rc = pm_catalog_step(catalog, st, err)) == PM_OK)
		answered = capture(context,
		    (uint64_t)sqlite3_column_int64(st, 0),
		    pm_catalog_column(st, 1));
	sqlite3_finalize(st);
	return answered != PM_OK ? answered : rc == PM_END ? PM_OK : rc;
}

static int
give_keys(struct pm_catalog *catalog, const char *text,
    int (*give)(void *context, int64_t key), void *context,
    struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int answered = PM_OK, rc = pm_catalog_prepare(&st, catalog, text,
	    err);

	while (rc == PM_OK && answered == PM_OK &&
	    (rc = pm_catalog_step(catalog, st, err)) == PM_OK)
		answered = give(context, sqlite3_column_int64(st, 0));
	sqlite3_finalize(st);
	return answered != PM_OK ? answered : rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_plan_addresses(struct pm_catalog *catalog,
    int (*address)(void *context, int64_t key), void *context,
    struct pm_err *err)
{
	return give_keys(catalog,
	    "SELECT DISTINCT s.url_key FROM plan_capture p JOIN stated s"
	    " ON s.capture = p.number WHERE s.url_key IS NOT NULL AND NOT"
	    " EXISTS (SELECT 1 FROM stated o WHERE o.url_key = s.url_key"
	    " AND o.capture NOT IN (SELECT number FROM plan_capture))"
	    " ORDER BY 1", address, context, err);
}

int
pm_catalog_plan_payloads(struct pm_catalog *catalog,
    int (*payload)(void *context, int64_t key), void *context,
    struct pm_err *err)
{
	return give_keys(catalog,
	    "SELECT DISTINCT s.payload FROM plan_capture p JOIN stated s"
	    " ON s.capture = p.number JOIN capture c ON c.number = p.number"
	    " WHERE s.payload IS NOT NULL AND c.article IS NOT NULL AND NOT"
	    " EXISTS (SELECT 1 FROM stated o JOIN capture w ON"
	    " w.number = o.capture WHERE o.payload = s.payload"
	    " AND o.revisit IS NULL AND w.article IS NOT NULL"
	    " AND o.capture NOT IN (SELECT number FROM plan_capture))"
	    " ORDER BY 1", payload, context, err);
}

int
pm_catalog_next_forget(uint64_t *out, struct pm_catalog *catalog,
    struct pm_err *err)
{
	int64_t last = 0;
	int rc = pm_catalog_number(&last, catalog,
	    "SELECT coalesce(max(number), 0) FROM forgotten", err);

	*out = (uint64_t)last + 1;
	return rc;
}

int
pm_catalog_forgotten_captures(uint64_t *out, struct pm_catalog *catalog,
    struct pm_err *err)
{
	int64_t n = 0;
	int rc = pm_catalog_number(&n, catalog,
	    "SELECT count(*) FROM forgotten_capture", err);

	*out = (uint64_t)n;
	return rc;
}
