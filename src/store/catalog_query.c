#include "store/catalog_query.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "store/catalog_internal.h"
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

/* Digits alone are the number of a run, four of them too. */
static int
init_added(struct pm_query *out, const struct pm_select *select,
    struct pm_catalog *catalog, struct pm_err *err)
{
	const char *text = select->added_since;
	sqlite3_stmt *statement = NULL;
	struct pm_when when;
	int rc;

	out->added = true;
	if (strspn(text, "0123456789") == strlen(text) && *text != '\0') {
		out->added_run = strtoll(text, NULL, 10);
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
	int rc;

	*out = (struct pm_query){ .undated = select->undated != 0,
	    .unique = select->unique != 0, .tag = select->tag,
	    .tag_n = select->tag_n, .source = select->source,
	    .title = select->title };
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

static int
register_functions(struct pm_catalog *catalog, struct pm_err *err)
{
	const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;

	if (sqlite3_create_function(catalog->db, "pm_end", 2, flags, NULL,
	    sql_end, NULL, NULL) != SQLITE_OK ||
	    sqlite3_create_function(catalog->db, "pm_has", 2, flags, NULL,
	    sql_has, NULL, NULL) != SQLITE_OK)
		return pm_catalog_fail(catalog, "cannot prepare", err);
	return PM_OK;
}

/* ---- conditions ---- */

/* Ids of the tags that are equal to one of the query's after folding, as
 * "3,17". */
static int
matching_tags(struct pm_buf *out, struct pm_catalog *catalog,
    const struct pm_query *query, struct pm_err *err)
{
	struct pm_buf want, have;
	sqlite3_stmt *statement = NULL;
	int rc = pm_catalog_prepare(&statement, catalog,
	    "SELECT id, text FROM tag", err);

	pm_buf_init(&want);
	pm_buf_init(&have);
	while (rc == PM_OK && (rc = pm_catalog_step(catalog, statement,
	    err)) == PM_OK) {
		bool match = false;

		pm_buf_reset(&have);
		rc = pm_fold(&have, pm_catalog_column(statement, 1), err);
		for (size_t i = 0; i < query->tag_n && rc == PM_OK && !match;
		    i++) {
			pm_buf_reset(&want);
			rc = pm_fold(&want, pm_bytes_of(query->tag[i]), err);
			match = pm_bytes_equal(pm_buf_bytes(&want),
			    pm_buf_bytes(&have));
		}
		if (rc == PM_OK && match)
			rc = pm_buf_printf(out, err, "%s%lld",
			    out->n == 0 ? "" : ",", (long long)
			    sqlite3_column_int64(statement, 0));
	}
	sqlite3_finalize(statement);
	pm_buf_clear(&want);
	pm_buf_clear(&have);
	return rc == PM_END ? PM_OK : rc;
}

static int
tag_condition(struct pm_buf *out, struct pm_catalog *catalog,
    const struct pm_query *query, struct pm_err *err)
{
	struct pm_buf ids;
	int rc;

	pm_buf_init(&ids);
	rc = matching_tags(&ids, catalog, query, err);
	if (rc == PM_OK)
		rc = pm_buf_printf(out, err, " AND a.number IN (SELECT"
		    " article FROM article_tag WHERE tag IN (%.*s))",
		    (int)ids.n, ids.n == 0 ? "" : (char *)ids.p);
	pm_buf_clear(&ids);
	return rc;
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

/* " AND ..." for each condition; ?1 is the source, ?2 the folded title. */
static int
conditions(struct pm_buf *out, struct pm_catalog *catalog,
    const struct pm_query *query, struct pm_err *err)
{
	int rc = date_conditions(out, query, err);

	if (rc == PM_OK && query->unique)
		rc = pm_buf_append_str(out,
		    " AND a.canonical = a.number", err);
	if (rc == PM_OK && query->source != NULL)
		rc = pm_buf_append_str(out, " AND i.name = ?1", err);
	if (rc == PM_OK && query->title != NULL)
		rc = pm_buf_append_str(out, " AND pm_has(a.title, ?2)", err);
	if (rc == PM_OK && query->id)
		rc = pm_buf_printf(out, err,
		    " AND a.key BETWEEN %lld AND %lld",
		    (long long)query->id_low, (long long)query->id_high);
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
	if (rc == PM_OK && query->tag_n > 0)
		rc = tag_condition(out, catalog, query, err);
	return rc;
}

/* Prepare `select` + conditions + `order`, its parameters bound. */
static int
prepare_query(sqlite3_stmt **out, struct pm_catalog *catalog,
    const struct pm_query *query, const char *select, const char *order,
    struct pm_err *err)
{
	struct pm_buf text, title;
	int rc = register_functions(catalog, err);

	pm_buf_init(&text);
	pm_buf_init(&title);
	if (rc == PM_OK)
		rc = pm_buf_append_str(&text, select, err);
	if (rc == PM_OK && query != NULL)
		rc = conditions(&text, catalog, query, err);
	if (rc == PM_OK)
		rc = pm_buf_append(&text, order, strlen(order) + 1, err);
	if (rc == PM_OK)
		rc = pm_catalog_prepare(out, catalog, (char *)text.p, err);
	if (rc == PM_OK && query != NULL && query->source != NULL)
		sqlite3_bind_text(*out, 1, query->source, -1,
		    SQLITE_TRANSIENT);
	if (rc == PM_OK && query != NULL && query->title != NULL) {
		rc = pm_fold(&title, pm_bytes_of(query->title), err);
		if (rc == PM_OK)
			sqlite3_bind_text(*out, 2, title.n == 0 ? "" :
			    (char *)title.p, (int)title.n, SQLITE_TRANSIENT);
	}
	pm_buf_clear(&text);
	pm_buf_clear(&title);
	return rc;
}

/* ---- rows of articles ---- */

struct lister {
	struct pm_catalog *catalog;
	struct pm_err *err;
	struct pm_arena arena;           /* of one row */
	sqlite3_stmt *tags, *paths, *relations, *twins;
	int status;
};

static const char *
keep_text(struct lister *lister, struct pm_bytes text)
{
	char *copy = pm_arena_alloc(&lister->arena, text.n + 1, lister->err);

	if (copy == NULL) {
		lister->status = PM_ENOMEM;
		return "";
	}
	if (text.n > 0)
		memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	return copy;
}

static const char *
text_column(struct lister *lister, sqlite3_stmt *st, int column)
{
	if (sqlite3_column_type(st, column) == SQLITE_NULL)
		return NULL;
	return keep_text(lister, pm_catalog_column(st, column));
}

static const char *
time_text(struct lister *lister, int64_t seconds, int64_t offset)
{
	struct pm_when when = { .utc_seconds = seconds,
	    .offset_minutes = (int32_t)offset };
	char text[PM_WHEN_CHARS];
	size_t n = pm_when_format(text, &when);

	return keep_text(lister, (struct pm_bytes){ (uint8_t *)text, n });
}

static const char *
time_column(struct lister *lister, sqlite3_stmt *st, int column)
{
	if (sqlite3_column_type(st, column) == SQLITE_NULL)
		return NULL;
	return time_text(lister, sqlite3_column_int64(st, column), 0);
}

/* 16 digits; 32 when another article has the same 16. */
static const char *
id_text(struct lister *lister, int64_t key, struct pm_bytes rest)
{
	char id[33];
	int64_t twins = 0;

	pm_catalog_id(id, key);
	sqlite3_reset(lister->twins);
	sqlite3_bind_int64(lister->twins, 1, key);
	if (pm_catalog_step(lister->catalog, lister->twins, lister->err) ==
	    PM_OK)
		twins = sqlite3_column_int64(lister->twins, 0);
	if (twins > 1 && rest.n >= 8)
		pm_hex(id + 16, rest.p, 8);
	return keep_text(lister, pm_bytes_of(id));
}

static const struct pm_bytes *
list_paths(struct lister *lister, uint64_t article, size_t *n)
{
	size_t capacity = 0;
	struct pm_bytes *path = NULL;
	int rc;

	*n = 0;
	sqlite3_reset(lister->paths);
	sqlite3_bind_int64(lister->paths, 1, (int64_t)article);
	while ((rc = pm_catalog_step(lister->catalog, lister->paths,
	    lister->err)) == PM_OK) {
		struct pm_bytes text = pm_catalog_column(lister->paths, 0);

		if (*n == capacity) {
			size_t bigger = capacity == 0 ? 16 : capacity * 2;
			struct pm_bytes *grown = pm_arena_alloc(
			    &lister->arena, bigger * sizeof *grown,
			    lister->err);

			if (grown == NULL) {
				lister->status = PM_ENOMEM;
				return NULL;
			}
			if (capacity > 0)
				memcpy(grown, path, capacity * sizeof *path);
			path = grown;
			capacity = bigger;
		}
		path[*n].p = (const uint8_t *)keep_text(lister, text);
		path[(*n)++].n = text.n;
	}
	if (rc != PM_END)
		lister->status = rc;
	return path;
}

static const char *const *
list_tags(struct lister *lister, uint64_t article, size_t *n)
{
	const char **tag = NULL;
	size_t capacity = 0;
	int rc;

	*n = 0;
	sqlite3_reset(lister->tags);
	sqlite3_bind_int64(lister->tags, 1, (int64_t)article);
	while ((rc = pm_catalog_step(lister->catalog, lister->tags,
	    lister->err)) == PM_OK) {
		if (*n == capacity) {
			size_t bigger = capacity == 0 ? 8 : capacity * 2;
			const char **grown = pm_arena_alloc(&lister->arena,
			    bigger * sizeof *grown, lister->err);

			if (grown == NULL) {
				lister->status = PM_ENOMEM;
				return NULL;
			}
			if (capacity > 0)
				memcpy(grown, tag, capacity * sizeof *tag);
			tag = grown;
			capacity = bigger;
		}
		tag[(*n)++] = text_column(lister, lister->tags, 0);
	}
	if (rc != PM_END)
		lister->status = rc;
	return tag;
}

/* The canonical names its members, a member its canonical. */
static const struct pm_relation *
list_relations(struct lister *lister, uint64_t article, size_t *n)
{
	struct pm_relation *relation = NULL;
	size_t capacity = 0;
	int rc;

	*n = 0;
	sqlite3_reset(lister->relations);
	sqlite3_bind_int64(lister->relations, 1, (int64_t)article);
	while ((rc = pm_catalog_step(lister->catalog, lister->relations,
	    lister->err)) == PM_OK) {
		if (*n == capacity) {
			size_t bigger = capacity == 0 ? 8 : capacity * 2;
			struct pm_relation *grown = pm_arena_alloc(
			    &lister->arena, bigger * sizeof *grown,
			    lister->err);

			if (grown == NULL) {
				lister->status = PM_ENOMEM;
				return NULL;
			}
			if (capacity > 0)
				memcpy(grown, relation,
				    capacity * sizeof *relation);
			relation = grown;
			capacity = bigger;
		}
		relation[(*n)++] = (struct pm_relation){ id_text(lister,
		    sqlite3_column_int64(lister->relations, 0),
		    pm_catalog_column(lister->relations, 1)), "same", 1, 1 };
	}
	if (rc != PM_END)
		lister->status = rc;
	return relation;
}

static const char select_articles[] = "SELECT a.number, a.key, a.rest,"
    " a.title, a.published, a.offset_minutes, a.precision, a.date_source,"
    " a.lang, i.name, a.bytes, a.sightings, a.copies, a.first_seen,"
    " a.last_seen, c.key, c.rest, a.canonical, a.frame, a.offset, a.same"
    " FROM article a JOIN article c ON c.number = a.canonical"
    " LEFT JOIN input i ON i.id = a.input WHERE 1";

static void
read_place(struct pm_article_row *place, sqlite3_stmt *st)
{
	struct pm_bytes rest = pm_catalog_column(st, 2);
	uint64_t key = (uint64_t)sqlite3_column_int64(st, 1) ^
	    UINT64_C(1) << 63;

	memset(place, 0, sizeof *place);
	place->number = (uint64_t)sqlite3_column_int64(st, 0);
	place->bytes = (uint64_t)sqlite3_column_int64(st, 10);
	place->frame = (uint64_t)sqlite3_column_int64(st, 18);
	place->offset = (uint32_t)sqlite3_column_int64(st, 19);
	place->same = (uint64_t)sqlite3_column_int64(st, 20);
	for (int i = 0; i < 8; i++)
		place->sha256[i] = (uint8_t)(key >> (56 - 8 * i));
	if (rest.n == 24)
		memcpy(place->sha256 + 8, rest.p, 24);
}

static void
read_article(struct pm_article *out, struct lister *lister,
    sqlite3_stmt *st, enum pm_detail detail)
{
	uint64_t number = (uint64_t)sqlite3_column_int64(st, 0);

	*out = (struct pm_article){
	    .id = id_text(lister, sqlite3_column_int64(st, 1),
	    pm_catalog_column(st, 2)),
	    .title = text_column(lister, st, 3),
	    .published_precision =
	    pm_precision_name(sqlite3_column_int(st, 6)),
	    .published_source =
	    pm_date_source_name(sqlite3_column_int(st, 7)),
	    .lang = text_column(lister, st, 8),
	    .source = text_column(lister, st, 9),
	    .bytes = (uint64_t)sqlite3_column_int64(st, 10),
	    .sightings = (uint64_t)sqlite3_column_int64(st, 11),
	    .copies = (uint64_t)sqlite3_column_int64(st, 12),
	    .first_seen = time_column(lister, st, 13),
	    .last_seen = time_column(lister, st, 14),
	    .cluster = id_text(lister, sqlite3_column_int64(st, 15),
	    pm_catalog_column(st, 16)),
	    .canonical = sqlite3_column_int64(st, 17) == (int64_t)number };
	if (out->published_precision != NULL)
		out->published = time_text(lister,
		    sqlite3_column_int64(st, 4), sqlite3_column_int64(st, 5));
	out->tag = list_tags(lister, number, &out->tag_n);
	if (detail == PM_DETAIL_FULL) {
		out->full = 1;
		out->path = list_paths(lister, number, &out->path_n);
		out->relation = list_relations(lister, number,
		    &out->relation_n);
	}
}

static int
lister_open(struct lister *lister, struct pm_catalog *catalog,
    struct pm_err *err)
{
	int rc;

	*lister = (struct lister){ .catalog = catalog, .err = err };
	pm_arena_init(&lister->arena);
	if ((rc = pm_catalog_prepare(&lister->tags, catalog, "SELECT t.text"
	    " FROM article_tag x JOIN tag t ON t.id = x.tag"
	    " WHERE x.article = ?1 ORDER BY t.text", err)) != PM_OK ||
	    (rc = pm_catalog_prepare(&lister->paths, catalog,
	    "SELECT DISTINCT CASE WHEN d.path = '' THEN c.name ELSE d.path"
	    " || '/' || c.name END AS p FROM capture c JOIN directory d ON"
	    " d.id = c.directory WHERE c.article = ?1"
	    " ORDER BY CAST(p AS BLOB)", err)) != PM_OK ||
	    (rc = pm_catalog_prepare(&lister->relations, catalog,
	    "SELECT b.key, b.rest FROM article a JOIN article b"
	    " ON b.same = a.same AND b.number <> a.number"
	    " WHERE a.number = ?1 AND (b.number = a.canonical OR"
	    " a.canonical = a.number) ORDER BY b.key, b.rest", err)) !=
	    PM_OK)
		return rc;
	return pm_catalog_prepare(&lister->twins, catalog,
	    "SELECT count(*) FROM article WHERE key = ?1", err);
}

static void
lister_close(struct lister *lister)
{
	sqlite3_finalize(lister->tags);
	sqlite3_finalize(lister->paths);
	sqlite3_finalize(lister->relations);
	sqlite3_finalize(lister->twins);
	pm_arena_clear(&lister->arena);
}

int
pm_catalog_list_articles(struct pm_catalog *catalog,
    const struct pm_query *query, enum pm_detail detail,
    int (*answer)(void *context, struct pm_article *article,
    const struct pm_article_row *place), void *context, struct pm_err *err)
{
	struct lister lister;
	struct pm_article article;
	struct pm_article_row place;
	sqlite3_stmt *st = NULL;
	int rc = lister_open(&lister, catalog, err);

	if (rc == PM_OK)
		rc = prepare_query(&st, catalog, query, select_articles,
		    " ORDER BY a.published, a.key, a.rest", err);
	while (rc == PM_OK && (rc = pm_catalog_step(catalog, st, err)) ==
	    PM_OK) {
		pm_arena_reset(&lister.arena);
		read_article(&article, &lister, st, detail);
		read_place(&place, st);
		rc = lister.status != PM_OK ? lister.status :
		    answer(context, &article, &place);
	}
	sqlite3_finalize(st);
	lister_close(&lister);
	return rc == PM_END ? PM_OK : rc;
}

/* ---- captures, tags, runs, sources ---- */

#define PATH_SQL "CASE WHEN d.path = '' THEN c.name ELSE d.path || '/' ||" \
	" c.name END"

/* Run `text` and give each row to `row`, with a lister for its strings. */
static int
each_row(struct pm_catalog *catalog, const char *text,
    int (*row)(void *context, struct lister *lister, sqlite3_stmt *st),
    void *context, struct pm_err *err)
{
	struct lister lister;
	sqlite3_stmt *st = NULL;
	int rc = lister_open(&lister, catalog, err);

	if (rc == PM_OK)
		rc = pm_catalog_prepare(&st, catalog, text, err);
	while (rc == PM_OK && (rc = pm_catalog_step(catalog, st, err)) ==
	    PM_OK) {
		pm_arena_reset(&lister.arena);
		rc = row(context, &lister, st);
		if (rc == PM_OK)
			rc = lister.status;
	}
	sqlite3_finalize(st);
	lister_close(&lister);
	return rc == PM_END ? PM_OK : rc;
}

struct capture_answer {
	int (*capture)(void *context,
	    const struct pm_listed_capture *capture);
	void *context;
};

static int
capture_row(void *context, struct lister *lister, sqlite3_stmt *st)
{
	struct capture_answer *answer = context;
	struct pm_listed_capture capture = {
	    .path = pm_catalog_column(st, 0),
	    .kind = pm_capture_kind_name(sqlite3_column_int(st, 1)),
	    .reason = text_column(lister, st, 2),
	    .crawled = time_column(lister, st, 3),
	    .source = text_column(lister, st, 6),
	    .bytes = (uint64_t)sqlite3_column_int64(st, 7),
	    .run = (uint64_t)sqlite3_column_int64(st, 8) };
	struct pm_bytes rest = pm_catalog_column(st, 10);

	if (sqlite3_column_type(st, 4) != SQLITE_NULL)
		capture.article = id_text(lister, sqlite3_column_int64(st, 4),
		    pm_catalog_column(st, 5));
	pm_catalog_id(capture.sha256, sqlite3_column_int64(st, 9));
	if (rest.n == 24)
		pm_hex(capture.sha256 + 16, rest.p, 24);
	return answer->capture(answer->context, &capture);
}

int
pm_catalog_list_captures(struct pm_catalog *catalog,
    int (*capture)(void *context, const struct pm_listed_capture *capture),
    void *context, struct pm_err *err)
{
	struct capture_answer answer = { capture, context };

	return each_row(catalog, "SELECT " PATH_SQL " AS p, c.kind, r.text,"
	    " c.crawled, a.key, a.rest, i.name, c.bytes, c.run, c.key,"
	    " c.rest FROM capture c JOIN directory d ON d.id = c.directory"
	    " JOIN input i ON i.id = c.input LEFT JOIN reason r ON"
	    " r.id = c.reason LEFT JOIN article a ON a.number = c.article"
	    " ORDER BY CAST(p AS BLOB), c.crawled, c.key", capture_row,
	    &answer, err);
}

struct tag_answer {
	int (*tag)(void *context, const struct pm_listed_tag *tag);
	void *context;
};

static int
tag_row(void *context, struct lister *lister, sqlite3_stmt *st)
{
	struct tag_answer *answer = context;
	struct pm_listed_tag tag = { text_column(lister, st, 0),
	    (uint64_t)sqlite3_column_int64(st, 1) };

	return answer->tag(answer->context, &tag);
}

int
pm_catalog_list_tags(struct pm_catalog *catalog,
    int (*tag)(void *context, const struct pm_listed_tag *tag),
    void *context, struct pm_err *err)
{
	struct tag_answer answer = { tag, context };

	return each_row(catalog, "SELECT t.text, count(*) AS n FROM"
	    " article_tag x JOIN tag t ON t.id = x.tag GROUP BY t.id"
	    " ORDER BY n DESC, t.text", tag_row, &answer, err);
}

struct run_answer {
	int (*run)(void *context, const struct pm_listed_run *run);
	void *context;
};

static int
run_row(void *context, struct lister *lister, sqlite3_stmt *st)
{
	struct run_answer *answer = context;
	struct pm_listed_run run = {
	    .run = (uint64_t)sqlite3_column_int64(st, 0),
	    .started = time_column(lister, st, 1),
	    .finished = time_column(lister, st, 2),
	    .version = text_column(lister, st, 3),
	    .unicode = text_column(lister, st, 4),
	    .normalizer = sqlite3_column_int(st, 5),
	    .page_rules = sqlite3_column_int(st, 6),
	    .inputs = text_column(lister, st, 7),
	    .captures = (uint64_t)sqlite3_column_int64(st, 8),
	    .articles = (uint64_t)sqlite3_column_int64(st, 9) };

	return answer->run(answer->context, &run);
}

int
pm_catalog_list_runs(struct pm_catalog *catalog,
    int (*run)(void *context, const struct pm_listed_run *run),
    void *context, struct pm_err *err)
{
	struct run_answer answer = { run, context };

	return each_row(catalog, "SELECT r.id, r.started, r.finished,"
	    " r.version, r.unicode, r.normalizer, r.page_rules, r.inputs,"
	    " count(c.number), count(DISTINCT c.article) FROM run r"
	    " LEFT JOIN capture c ON c.run = r.id GROUP BY r.id"
	    " ORDER BY r.id", run_row, &answer, err);
}

struct source_answer {
	int (*source)(void *context, const struct pm_source_counts *counts);
	void *context;
};

static int
source_row(void *context, struct lister *lister, sqlite3_stmt *st)
{
	struct source_answer *answer = context;
	struct pm_source_counts counts = { text_column(lister, st, 0),
	    (uint64_t)sqlite3_column_int64(st, 1),
	    (uint64_t)sqlite3_column_int64(st, 2),
	    (uint64_t)sqlite3_column_int64(st, 3) };

	return answer->source(answer->context, &counts);
}

int
pm_catalog_list_sources(struct pm_catalog *catalog,
    int (*source)(void *context, const struct pm_source_counts *counts),
    void *context, struct pm_err *err)
{
	struct source_answer answer = { source, context };

	return each_row(catalog, "SELECT i.name, count(*),"
	    " sum(a.canonical = a.number), sum(a.bytes) FROM article a"
	    " JOIN input i ON i.id = a.input GROUP BY i.id ORDER BY i.name",
	    source_row, &answer, err);
}

/* ---- teasers and sightings ---- */

struct teaser_answer {
	int (*teaser)(void *context, struct pm_listed_teaser *teaser,
	    uint64_t frame, uint32_t ordinal);
	void *context;
};

static int
teaser_row(void *context, struct lister *lister, sqlite3_stmt *st)
{
	struct teaser_answer *answer = context;
	struct pm_listed_teaser teaser = { 0 };
	char id[17];

	pm_catalog_id(id, sqlite3_column_int64(st, 0));
	teaser.id = id;
	if (sqlite3_column_type(st, 3) != SQLITE_NULL) {
		teaser.article = id_text(lister, sqlite3_column_int64(st, 3),
		    pm_catalog_column(st, 4));
		teaser.evidence = pm_evidence_name(sqlite3_column_int(st, 5));
		teaser.score = sqlite3_column_double(st, 6);
		teaser.ambiguous = sqlite3_column_int(st, 7);
	}
	teaser.sightings = (uint64_t)sqlite3_column_int64(st, 8);
	teaser.first_seen = time_column(lister, st, 9);
	teaser.last_seen = time_column(lister, st, 10);
	return answer->teaser(answer->context, &teaser,
	    (uint64_t)sqlite3_column_int64(st, 1),
	    (uint32_t)sqlite3_column_int64(st, 2));
}

int
pm_catalog_list_teasers(struct pm_catalog *catalog,
    int (*teaser)(void *context, struct pm_listed_teaser *teaser,
    uint64_t frame, uint32_t ordinal), void *context, struct pm_err *err)
{
	struct teaser_answer answer = { teaser, context };

	return each_row(catalog, "SELECT t.key, t.frame, t.ordinal, a.key,"
	    " a.rest, t.evidence, t.score, t.ambiguous, count(*),"
	    " min(c.crawled), max(c.crawled) FROM teaser t JOIN sighting s"
	    " ON s.teaser = t.number JOIN capture c ON c.number = s.capture"
	    " LEFT JOIN article a ON a.number = t.article GROUP BY t.number",
	    teaser_row, &answer, err);
}

static const char sighting_sql[] = "SELECT " PATH_SQL " AS p, s.position,"
    " s.tag_set, x.text, s.published, x.offset_minutes, x.precision,"
    " c.crawled, t.number, t.frame, t.ordinal, t.score, t.evidence,"
    " t.ambiguous, t.article FROM teaser t JOIN sighting s"
    " ON s.teaser = t.number JOIN capture c ON c.number = s.capture"
    " JOIN directory d ON d.id = c.directory LEFT JOIN time_text x"
    " ON x.id = s.time_text";

/* Texts of a tag set. */
static const char *const *
set_tags(struct lister *lister, sqlite3_stmt *set, int64_t id, size_t *n)
{
	enum { MOST = 64 };
	const char **tag = pm_arena_alloc(&lister->arena,
	    MOST * sizeof *tag, lister->err);
	int rc = PM_END;

	*n = 0;
	if (tag == NULL) {
		lister->status = PM_ENOMEM;
		return NULL;
	}
	sqlite3_reset(set);
	sqlite3_bind_int64(set, 1, id);
	while (*n < MOST && (rc = pm_catalog_step(lister->catalog, set,
	    lister->err)) == PM_OK)
		tag[(*n)++] = text_column(lister, set, 0);
	if (rc != PM_END && rc != PM_OK)
		lister->status = rc;
	return tag;
}

struct sighting_walk {
	int (*sighting)(void *context, const struct pm_sighting_row *row);
	void *context;
	sqlite3_stmt *set;
	bool with_article;
};

static int
sighting_row(void *context, struct lister *lister, sqlite3_stmt *st)
{
	struct sighting_walk *walk = context;
	struct pm_sighting_row row = { 0 };

	row.sighting = (struct pm_sighting){
	    .path = pm_catalog_column(st, 0),
	    .position = (unsigned)sqlite3_column_int(st, 1),
	    .time_text = text_column(lister, st, 3),
	    .crawled = time_column(lister, st, 7) };
	if (sqlite3_column_type(st, 2) != SQLITE_NULL)
		row.sighting.tag = set_tags(lister, walk->set,
		    sqlite3_column_int64(st, 2), &row.sighting.tag_n);
	if (sqlite3_column_type(st, 4) != SQLITE_NULL) {
		row.sighting.published = time_text(lister,
		    sqlite3_column_int64(st, 4), sqlite3_column_int64(st, 5));
		row.sighting.published_precision =
		    pm_precision_name(sqlite3_column_int(st, 6));
	}
	row.teaser = (uint64_t)sqlite3_column_int64(st, 8);
	row.frame = (uint64_t)sqlite3_column_int64(st, 9);
	row.ordinal = (uint32_t)sqlite3_column_int64(st, 10);
	row.score = sqlite3_column_double(st, 11);
	row.evidence = pm_evidence_name(sqlite3_column_int(st, 12));
	row.ambiguous = sqlite3_column_int(st, 13) != 0;
	if (walk->with_article) {
		size_t n;
		const struct pm_bytes *path = list_paths(lister,
		    (uint64_t)sqlite3_column_int64(st, 14), &n);

		if (n > 0)
			row.article_path = path[0];
	}
	return lister->status != PM_OK ? lister->status :
	    walk->sighting(walk->context, &row);
}

int
pm_catalog_list_sightings(struct pm_catalog *catalog, uint64_t article,
    int (*sighting)(void *context, const struct pm_sighting_row *row),
    void *context, struct pm_err *err)
{
	struct sighting_walk walk = { sighting, context, NULL,
	    article == 0 };
	char text[1200];
	int rc = pm_catalog_prepare(&walk.set, catalog, "SELECT g.text FROM"
	    " tag_set z, json_each(z.tags) e JOIN tag g ON g.id = e.value"
	    " WHERE z.id = ?1", err);

	if (article == 0)
		(void)snprintf(text, sizeof text, "%s WHERE t.article IS NOT"
		    " NULL ORDER BY CAST(p AS BLOB), c.crawled, c.key,"
		    " s.position", sighting_sql);
	else
		(void)snprintf(text, sizeof text, "%s WHERE t.article IN"
		    " (SELECT number FROM article WHERE number = %llu UNION"
		    " SELECT b.number FROM article a JOIN article b ON"
		    " b.same = a.same WHERE a.number = %llu)"
		    " ORDER BY c.crawled, CAST(p AS BLOB), s.position",
		    sighting_sql, (unsigned long long)article,
		    (unsigned long long)article);
	if (rc == PM_OK)
		rc = each_row(catalog, text, sighting_row, &walk, err);
	sqlite3_finalize(walk.set);
	return rc;
}

/* ---- counts ---- */

int
pm_catalog_counts(struct pm_counts *out, struct pm_catalog *catalog,
    struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	uint64_t value[11];
	int rc = pm_catalog_prepare(&st, catalog, "SELECT"
	    " (SELECT count(*) FROM capture),"
	    " (SELECT count(*) FROM capture WHERE kind = 3),"
	    " (SELECT count(*) FROM article),"
	    " (SELECT count(*) FROM article WHERE canonical = number),"
	    " (SELECT count(*) FROM teaser),"
	    " (SELECT count(DISTINCT norm) FROM teaser),"
	    " (SELECT count(*) FROM sighting),"
	    " (SELECT count(*) FROM teaser WHERE article IS NOT NULL),"
	    " (SELECT count(*) FROM capture WHERE article IS NOT NULL),"
	    " (SELECT coalesce(sum(bytes), 0) FROM capture),"
	    " (SELECT count(*) FROM article WHERE canonical <> number)",
	    err);

	if (rc == PM_OK)
		rc = pm_catalog_step(catalog, st, err);
	if (rc == PM_OK) {
		for (int i = 0; i < 11; i++)
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
	}
	sqlite3_finalize(st);
	return rc;
}
