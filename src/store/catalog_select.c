/*
 * A selection into conditions of SQL.
 */
#include <stdlib.h>

#include "base/err.h"
#include "store/catalog_internal.h"
#include "store/catalog_query.h"
#include "store/catalog_tags.h"
#include "text/fold.h"

#define LONGEST_PRECISION (366 * 86400)

/* ---- understanding a selection ---- */

static int
parse_time(struct pm_when *out, const char *text, const char *zone_name,
    struct pm_err *err)
{
	struct pm_zone *zone = NULL;
	int rc = zone_name == NULL ? PM_OK :
	    pm_zone_open(&zone, zone_name, err);

	if (rc == PM_OK && !pm_when_parse(out, pm_bytes_of(text), zone))
		rc = pm_fail(err, PM_EUSAGE, "'%s' is no date; write YYYY, "
		    "YYYY-MM, YYYY-MM-DD or 2025-02-11T14:30:00Z", text);
	pm_zone_close(zone);
	return rc;
}

static int
init_dates(struct pm_query *out, const struct pm_select *select,
    struct pm_err *err)
{
	struct pm_when when;
	int rc;

	out->since = out->crawled_from = INT64_MIN;
	out->until = out->crawled_until = INT64_MAX;
	out->dated = select->since != NULL || select->until != NULL;
	out->crawled = select->crawled_since != NULL ||
	    select->crawled_until != NULL;
	if (select->since != NULL) {
		if ((rc = parse_time(&when, select->since, select->zone,
		    err)) != PM_OK)
			return rc;
		out->since = when.utc_seconds;
	}
	if (select->until != NULL) {
		if ((rc = parse_time(&when, select->until, select->zone,
		    err)) != PM_OK)
			return rc;
		out->until = pm_when_end(&when);
	}
	if (select->crawled_since != NULL) {
		if ((rc = parse_time(&when, select->crawled_since,
		    select->zone, err)) != PM_OK)
			return rc;
		out->crawled_from = when.utc_seconds;
	}
	if (select->crawled_until != NULL) {
		if ((rc = parse_time(&when, select->crawled_until,
		    select->zone, err)) != PM_OK)
			return rc;
		out->crawled_until = pm_when_end(&when);
	}
	if (select->on != NULL) {
		if ((rc = parse_time(&when, select->on, NULL, err)) != PM_OK)
			return rc;
		out->on = true;
		out->on_from = when.utc_seconds + when.offset_minutes * 60;
		out->on_until = pm_when_end(&when) + when.offset_minutes * 60;
	}
	return PM_OK;
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ?
	    c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int
init_id(struct pm_query *out, const char *id, struct pm_err *err)
{
	uint64_t low = 0, high;
	size_t n = strlen(id);

	if (n == 0 || n > 64)
		return pm_fail(err, PM_EUSAGE, "'%s' is no id", id);
	for (size_t i = 0; i < n; i++) {
		if (hex_digit(id[i]) < 0)
			return pm_fail(err, PM_EUSAGE, "'%s' is no id: ids "
			    "are hexadecimal digits", id);
		if (i < 16)
			low |= (uint64_t)hex_digit(id[i]) << (60 - 4 * i);
	}
	high = n >= 16 ? low : low | UINT64_MAX >> (4 * n);
	out->id = true;
	out->id_low = (int64_t)(low ^ UINT64_C(1) << 63);
	out->id_high = (int64_t)(high ^ UINT64_C(1) << 63);
	return PM_OK;
}

static int
last_run(int64_t *out, struct pm_catalog *catalog, struct pm_err *err)
{
	sqlite3_stmt *statement = NULL;
	int rc = pm_catalog_prepare(&statement, catalog,
	    "SELECT coalesce(max(id), 0) FROM run", err);

	if (rc == PM_OK)
		rc = pm_catalog_step(catalog, statement, err);
	if (rc == PM_OK)
		*out = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return rc;
}

/* Digits alone are the number of a run; four of them that are no run yet, a
 * year. */
static int
init_added(struct pm_query *out, const struct pm_select *select,
    struct pm_catalog *catalog, struct pm_err *err)
{
	const char *text = select->added_since;
	sqlite3_stmt *statement = NULL;
	struct pm_when when;
	int64_t last = 0;
	int rc = last_run(&last, catalog, err);

	if (rc != PM_OK)
		return rc;
	out->added = true;
	if (strspn(text, "0123456789") == strlen(text) && *text != '\0') {
		out->added_run = strtoll(text, NULL, 10);
		if (strlen(text) != 4 || out->added_run <= last)
			return PM_OK;
	}
	if ((rc = parse_time(&when, text, select->zone, err)) != PM_OK)
		return rc;
	rc = pm_catalog_prepare(&statement, catalog, "SELECT"
	    " coalesce(min(id), 9223372036854775807) FROM run"
	    " WHERE started >= ?1", err);
	if (rc == PM_OK) {
		sqlite3_bind_int64(statement, 1, when.utc_seconds);
		rc = pm_catalog_step(catalog, statement, err);
	}
	if (rc == PM_OK)
		out->added_run = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return rc;
}

int
pm_query_init(struct pm_query *out, const struct pm_select *select,
    struct pm_catalog *catalog, struct pm_err *err)
{
	struct pm_zone *zone = NULL;
	int rc;

	*out = (struct pm_query){ .undated = select->undated != 0,
	    .unique = select->unique != 0, .keep = select->keep,
	    .tag = select->tag,
	    .tag_n = select->tag_n, .source = select->source,
	    .title = select->title, .lang = select->lang,
	    .url = select->url, .limit = select->limit };
	/* Wrong even where no time is given. */
	if (select->zone != NULL && (rc = pm_zone_open(&zone, select->zone,
	    err)) != PM_OK)
		return rc;
	pm_zone_close(zone);
	if ((rc = init_dates(out, select, err)) != PM_OK)
		return rc;
	if (select->id != NULL && (rc = init_id(out, select->id, err)) !=
	    PM_OK)
		return rc;
	if (select->added_since != NULL)
		rc = init_added(out, select, catalog, err);
	return rc;
}

/* ---- functions that SQL calls ---- */

/* pm_end(published, precision): one past the last second it may mean. */
static void
sql_end(sqlite3_context *context, int n, sqlite3_value **value)
{
	struct pm_when when = { .utc_seconds = sqlite3_value_int64(value[0]),
	    .precision = sqlite3_value_int(value[1]) };

	(void)n;
	sqlite3_result_int64(context, pm_when_end(&when));
}

/* pm_has(text, needle): the fold of text holds the folded needle. */
static void
sql_has(sqlite3_context *context, int n, sqlite3_value **value)
{
	struct pm_bytes text = { sqlite3_value_blob(value[0]),
	    (size_t)sqlite3_value_bytes(value[0]) };
	const char *needle = (const char *)sqlite3_value_text(value[1]);
	struct pm_buf folded;
	struct pm_err err;
	int found = 0, rc = PM_OK;

	(void)n;
	pm_buf_init(&folded);
	if (text.n > 0 && needle != NULL &&
	    (rc = pm_fold(&folded, text, &err)) == PM_OK &&
	    (rc = pm_buf_append_byte(&folded, 0, &err)) == PM_OK)
		found = strstr((char *)folded.p, needle) != NULL;
	pm_buf_clear(&folded);
	if (rc == PM_OK)
		sqlite3_result_int(context, found);
	else
		sqlite3_result_error_nomem(context);
}

int
pm_query_functions(struct pm_catalog *catalog, struct pm_err *err)
{
	const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;

	if (catalog->has_functions)
		return PM_OK;
	if (sqlite3_create_function(catalog->db, "pm_end", 2, flags, NULL,
	    sql_end, NULL, NULL) != SQLITE_OK ||
	    sqlite3_create_function(catalog->db, "pm_has", 2, flags, NULL,
	    sql_has, NULL, NULL) != SQLITE_OK)
		return pm_catalog_fail(catalog, "cannot prepare", err);
	catalog->has_functions = true;
	return PM_OK;
}

/* ---- conditions ---- */

int
pm_query_tags(struct number_list *out, struct pm_catalog *catalog,
    const struct pm_query *query, struct pm_err *err)
{
	struct pm_tag_keys keys;
	sqlite3_stmt *statement = NULL;
	bool match = false;
	int rc = pm_tag_keys_init(&keys, query->tag, query->tag_n, err);

	if (rc != PM_OK)
		return rc;
	rc = pm_catalog_prepare(&statement, catalog,
	    "SELECT id, text FROM tag", err);
	while (rc == PM_OK && (rc = pm_catalog_step(catalog, statement,
	    err)) == PM_OK) {
		rc = pm_tag_keys_have(&match, &keys,
		    pm_catalog_column(statement, 1), err);
		if (rc == PM_OK && match)
			rc = pm_number_list_add(out, (uint64_t)
			    sqlite3_column_int64(statement, 0), err);
	}
	sqlite3_finalize(statement);
	pm_tag_keys_clear(&keys);
	return rc == PM_END ? PM_OK : rc;
}

int
pm_query_tags_text(struct pm_buf *out, const struct number_list *tags,
    struct pm_err *err)
{
	int rc = PM_OK;

	for (size_t i = 0; i < tags->n && rc == PM_OK; i++)
		rc = pm_buf_printf(out, err, "%s%lld", i == 0 ? "" : ",",
		    (long long)tags->p[i]);
	return rc == PM_OK ? pm_buf_append_byte(out, 0, err) : rc;
}

static int
date_conditions(struct pm_buf *out, const struct pm_query *query,
    struct pm_err *err)
{
	int rc = PM_OK;

	/* A crawl time is only an upper bound: it dates nothing. */
	if (query->dated || query->on)
		rc = pm_buf_printf(out, err, " AND a.date_source <> %d",
		    PM_DATE_CRAWL);
	if (rc == PM_OK && query->dated && query->until != INT64_MAX)
		rc = pm_buf_printf(out, err, " AND a.published < %lld",
		    (long long)query->until);
	if (rc == PM_OK && query->dated && query->since != INT64_MIN)
		rc = pm_buf_printf(out, err, " AND a.published > %lld"
		    " AND pm_end(a.published, a.precision) > %lld",
		    (long long)query->since - LONGEST_PRECISION,
		    (long long)query->since);
	if (rc == PM_OK && query->on)
		rc = pm_buf_printf(out, err, " AND a.published BETWEEN %lld"
		    " AND %lld AND a.published + a.offset_minutes * 60 < %lld"
		    " AND pm_end(a.published + a.offset_minutes * 60,"
		    " a.precision) > %lld",
		    (long long)query->on_from - LONGEST_PRECISION - 86400,
		    (long long)query->on_until + 86400,
		    (long long)query->on_until, (long long)query->on_from);
	if (rc == PM_OK && query->undated)
		rc = pm_buf_printf(out, err, " AND (a.date_source IS NULL"
		    " OR a.date_source = %d)", PM_DATE_CRAWL);
	return rc;
}

#define TITLE_SQL "coalesce(a.title, (SELECT s.title FROM stated s" \
	" WHERE s.capture = a.url_capture))"

/* What has to do with captures. */
static int
capture_conditions(struct pm_buf *out, const struct pm_query *query,
    struct pm_err *err)
{
	int rc = PM_OK;

	if (query->url != NULL)
		rc = pm_buf_append_str(out, " AND EXISTS (SELECT 1 FROM"
		    " capture c JOIN stated s ON s.capture = c.number"
		    " WHERE c.article = a.number AND s.url GLOB ?4)", err);
	if (rc == PM_OK && query->crawled)
		rc = pm_buf_printf(out, err, " AND EXISTS (SELECT 1 FROM"
		    " capture c WHERE c.article = a.number AND c.crawled >="
		    " %lld AND c.crawled < %lld)",
		    (long long)query->crawled_from,
		    (long long)query->crawled_until);
	if (rc == PM_OK && query->added)
		rc = pm_buf_printf(out, err, " AND (SELECT min(c.run) FROM"
		    " capture c WHERE c.article = a.number) >= %lld",
		    (long long)query->added_run);
	return rc;
}

/* " AND ..." for each condition; ?1 is the source, ?2 the folded title, ?3 the
 * language, ?4 the glob of the address. */
int
pm_query_conditions(struct pm_buf *out, const struct pm_query *query,
    const char *tags, struct pm_err *err)
{
	int rc = date_conditions(out, query, err);

	if (rc == PM_OK && query->unique && query->keep == PM_KEEP_CANONICAL)
		rc = pm_buf_append_str(out,
		    " AND a.canonical = a.number", err);
	if (rc == PM_OK && query->source != NULL)
		rc = pm_buf_append_str(out, " AND a.input = (SELECT id FROM"
		    " input WHERE name = ?1)", err);
	if (rc == PM_OK && query->id)
		rc = pm_buf_printf(out, err, " AND a.key >> 32 BETWEEN"
		    " %lld >> 32 AND %lld >> 32 AND a.key BETWEEN %lld AND"
		    " %lld", (long long)query->id_low,
		    (long long)query->id_high, (long long)query->id_low,
		    (long long)query->id_high);
	if (rc == PM_OK && tags != NULL)
		rc = pm_buf_printf(out, err, " AND a.number IN (SELECT"
		    " article FROM article_tag WHERE tag IN (%s))", tags);
	if (rc == PM_OK && query->lang != NULL)
		rc = pm_buf_append_str(out, " AND (coalesce(a.lang, 'und')"
		    " LIKE ?3 OR a.lang LIKE ?3 || '-%')", err);
	if (rc == PM_OK && query->title != NULL)
		rc = pm_buf_append_str(out, " AND pm_has(" TITLE_SQL ", ?2)",
		    err);
	return rc == PM_OK ? capture_conditions(out, query, err) : rc;
}

/* The same, with the tags looked up. */
static int
conditions(struct pm_buf *out, struct pm_catalog *catalog,
    const struct pm_query *query, struct pm_err *err)
{
	struct number_list tags = { 0 };
	struct pm_buf text;
	int rc = PM_OK;

	pm_buf_init(&text);
	if (query->tag_n > 0)
		rc = pm_query_tags(&tags, catalog, query, err);
	if (rc == PM_OK)
		rc = pm_query_tags_text(&text, &tags, err);
	if (rc == PM_OK)
		rc = pm_query_conditions(out, query, query->tag_n > 0 ?
		    (char *)text.p : NULL, err);
	pm_free(tags.p);
	pm_buf_clear(&text);
	return rc;
}

/* One of each cluster among those that all other conditions hold for. */
static int
keep_one(struct pm_buf *out, struct pm_catalog *catalog,
    const struct pm_query *query, struct pm_err *err)
{
	int rc = pm_buf_append_str(out, " AND a.number IN (SELECT number FROM"
	    " (SELECT a.number, row_number() OVER (PARTITION BY a.canonical"
	    " ORDER BY ", err);

	if (rc == PM_OK && query->keep == PM_KEEP_LONGEST)
		rc = pm_buf_append_str(out, "a.bytes DESC", err);
	else if (rc == PM_OK)
		rc = pm_buf_printf(out, err, "coalesce(a.date_source = %d,"
		    " 1), a.published, a.first_seen", PM_DATE_CRAWL);
	if (rc == PM_OK)
		rc = pm_buf_append_str(out, ", a.key, a.rest) AS place FROM"
		    " article a LEFT JOIN input i ON i.id = a.input WHERE 1",
		    err);
	if (rc == PM_OK)
		rc = conditions(out, catalog, query, err);
	return rc == PM_OK ? pm_buf_append_str(out, ") WHERE place = 1)",
	    err) : rc;
}

int
pm_query_keep(struct pm_buf *out, struct pm_catalog *catalog,
    const struct pm_query *query, struct pm_err *err)
{
	return query->unique && query->keep != PM_KEEP_CANONICAL ?
	    keep_one(out, catalog, query, err) : PM_OK;
}

int
pm_query_bind(sqlite3_stmt *statement, const struct pm_query *query,
    struct pm_err *err)
{
	struct pm_buf title;
	int rc = PM_OK;

	if (query->source != NULL)
		sqlite3_bind_text(statement, 1, query->source, -1,
		    SQLITE_TRANSIENT);
	if (query->lang != NULL)
		sqlite3_bind_text(statement, 3, query->lang, -1,
		    SQLITE_TRANSIENT);
	if (query->url != NULL)
		sqlite3_bind_text(statement, 4, query->url, -1,
		    SQLITE_TRANSIENT);
	if (query->title == NULL)
		return PM_OK;
	pm_buf_init(&title);
	rc = pm_fold(&title, pm_bytes_of(query->title), err);
	if (rc == PM_OK)
		sqlite3_bind_text(statement, 2, title.n == 0 ? "" :
		    (char *)title.p, (int)title.n, SQLITE_TRANSIENT);
	pm_buf_clear(&title);
	return rc;
}

int
pm_query_prepare(sqlite3_stmt **out, struct pm_catalog *catalog,
    const struct pm_query *query, const char *select, const char *order,
    struct pm_err *err)
{
	struct pm_buf text;
	int rc;

	pm_buf_init(&text);
	rc = pm_buf_append_str(&text, select, err);
	if (rc == PM_OK && query != NULL)
		rc = query->unique && query->keep != PM_KEEP_CANONICAL ?
		    keep_one(&text, catalog, query, err) :
		    conditions(&text, catalog, query, err);
	if (rc == PM_OK)
		rc = pm_buf_append(&text, order, strlen(order) + 1, err);
	if (rc == PM_OK)
		rc = pm_query_functions(catalog, err);
	if (rc == PM_OK)
		rc = pm_catalog_prepare(out, catalog, (char *)text.p, err);
	if (rc == PM_OK && query != NULL)
		rc = pm_query_bind(*out, query, err);
	pm_buf_clear(&text);
	return rc;
}
