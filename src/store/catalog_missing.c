/*
 * Articles that are not here: groups of teasers (catalog_group.c) of which
 * none is linked.
 *
 * Groups come with the most seen first, texts by their place, so the texts
 * are put into a temporary table before: SQLite keeps it in a file when it is
 * large.
 */
#include "base/err.h"
#include "base/list.h"
#include "store/catalog_internal.h"
#include "store/catalog_query.h"
#include "store/catalog_tags.h"
#include "text/fold.h"

struct lister {
	struct pm_catalog *catalog;
	const struct pm_query *query;
	struct pm_err *err;
	struct pm_arena arena;           /* of one row */
	sqlite3_stmt *sightings, *tags, *urls, *title, *snippet;
	LIST(const char *) tag;
	LIST(const char *) url;
	struct pm_tag_keys wanted;       /* of the query */
	struct pm_bytes page[PM_MISSING_PAGES_MAX];
	struct pm_buf fold, other;
	/* Of one row: what its sightings say. */
	struct pm_when when;             /* precision 0: no date */
	bool from_source, crawled_in_time;
	int64_t first_run, first_seen, last_seen;
	struct pm_missing row;
};

/* ---- texts of teasers ---- */

static int
store_text(struct pm_catalog *catalog, sqlite3_stmt *add, int64_t teaser,
    struct pm_bytes title, struct pm_bytes snippet, struct pm_err *err)
{
	sqlite3_reset(add);
	sqlite3_bind_int64(add, 1, teaser);
	pm_catalog_bind(add, 2, title);
	pm_catalog_bind(add, 3, snippet);
	return pm_catalog_run(catalog, add, err);
}

int
pm_catalog_gather_texts(struct pm_catalog *catalog, const char *which,
    const struct pm_text_source *source, struct pm_err *err)
{
	sqlite3_stmt *ask = NULL, *add = NULL;
	struct pm_bytes title, snippet;
	int rc = pm_catalog_exec(catalog, "CREATE TEMP TABLE IF NOT EXISTS"
	    " teaser_text(teaser INTEGER PRIMARY KEY, title, snippet);"
	    "DELETE FROM teaser_text", err);

	if (rc == PM_OK)
		rc = pm_catalog_prepare(&ask, catalog, which, err);
	if (rc == PM_OK)
		rc = pm_catalog_prepare(&add, catalog, "INSERT INTO"
		    " teaser_text VALUES(?1, ?2, ?3)", err);
	while (rc == PM_OK && (rc = pm_catalog_step(catalog, ask, err)) ==
	    PM_OK) {
		rc = source->text(source->context, &title, &snippet,
		    (uint64_t)sqlite3_column_int64(ask, 1),
		    (uint32_t)sqlite3_column_int64(ask, 2), err);
		if (rc == PM_OK)
			rc = store_text(catalog, add,
			    sqlite3_column_int64(ask, 0), title, snippet, err);
	}
	sqlite3_finalize(ask);
	sqlite3_finalize(add);
	return rc == PM_END ? PM_OK : rc;
}

/* ---- one group ---- */

static int
keep(struct pm_bytes *out, struct lister *lister, struct pm_bytes text)
{
	uint8_t *copy = pm_arena_alloc(&lister->arena, text.n + 1,
	    lister->err);

	if (copy == NULL)
		return PM_ENOMEM;
	if (text.n > 0)
		memcpy(copy, text.p, text.n);
	copy[text.n] = 0;
	*out = (struct pm_bytes){ copy, text.n };
	return PM_OK;
}

static int
keep_when(const char **out, struct lister *lister,
    const struct pm_when *when)
{
	char text[PM_WHEN_CHARS];
	size_t n = pm_when_format(text, when);
	struct pm_bytes kept;
	int rc = keep(&kept, lister, (struct pm_bytes){ (uint8_t *)text, n });

	if (rc == PM_OK)
		*out = (const char *)kept.p;
	return rc;
}

/* R3, among teasers. */
static void
offer_when(struct pm_when *best, const struct pm_when *when)
{
	if (when->precision == 0)
		return;
	if (best->precision != 0) {
		if (when->precision != best->precision) {
			if (when->precision > best->precision)
				return;
		} else if (when->utc_seconds != best->utc_seconds) {
			if (when->utc_seconds > best->utc_seconds)
				return;
		} else if (when->offset_minutes >= best->offset_minutes) {
			return;
		}
	}
	*best = *when;
}

/* Pages by their paths, the latest crawl first, each once. */
static int
note_page(struct lister *lister, struct pm_bytes path)
{
	size_t n = lister->row.page_n;

	for (size_t i = 0; i < n; i++)
		if (pm_bytes_equal(lister->page[i], path))
			return PM_OK;
	if (n == PM_MISSING_PAGES_MAX)
		return PM_OK;
	lister->row.page_n++;
	return keep(&lister->page[n], lister, path);
}

static int
read_sighting(struct lister *lister, sqlite3_stmt *st)
{
	const struct pm_query *query = lister->query;
	struct pm_when when = { .utc_seconds = sqlite3_column_int64(st, 0),
	    .offset_minutes = sqlite3_column_int(st, 1) };
	int64_t crawled = sqlite3_column_int64(st, 3);
	int64_t run = sqlite3_column_int64(st, 6);

	if (sqlite3_column_type(st, 0) != SQLITE_NULL)
		when.precision = sqlite3_column_int(st, 2);
	offer_when(&lister->when, &when);
	if (lister->row.sightings == 0 || crawled < lister->first_seen)
		lister->first_seen = crawled;
	if (lister->row.sightings == 0 || crawled > lister->last_seen)
		lister->last_seen = crawled;
	if (lister->row.sightings == 0 || run < lister->first_run)
		lister->first_run = run;
	if (query->source != NULL && pm_bytes_equal(pm_catalog_column(st, 5),
	    pm_bytes_of(query->source)))
		lister->from_source = true;
	if (crawled >= query->crawled_from && crawled < query->crawled_until)
		lister->crawled_in_time = true;
	lister->row.sightings++;
	return note_page(lister, pm_catalog_column(st, 4));
}

/* The rows of a question about the group. */
static int
each(struct lister *lister, sqlite3_stmt *st, int64_t head,
    int (*row)(struct lister *lister, sqlite3_stmt *st))
{
	int rc;

	sqlite3_reset(st);
	sqlite3_bind_int64(st, 1, head);
	while ((rc = pm_catalog_step(lister->catalog, st, lister->err)) ==
	    PM_OK)
		if ((rc = row(lister, st)) != PM_OK)
			break;
	sqlite3_reset(st);
	return rc == PM_END ? PM_OK : rc;
}

static int
read_tag(struct lister *lister, sqlite3_stmt *st)
{
	struct pm_bytes tag;
	int rc = LIST_ROOM(lister->tag, lister->err);

	if (rc == PM_OK)
		rc = keep(&tag, lister, pm_catalog_column(st, 0));
	if (rc == PM_OK)
		lister->tag.p[lister->tag.n++] = (const char *)tag.p;
	return rc;
}

static int
read_url(struct lister *lister, sqlite3_stmt *st)
{
	struct pm_bytes url;
	int rc = LIST_ROOM(lister->url, lister->err);

	if (rc == PM_OK)
		rc = keep(&url, lister, pm_catalog_column(st, 0));
	if (rc == PM_OK)
		lister->url.p[lister->url.n++] = (const char *)url.p;
	return rc;
}

static int
read_title(struct lister *lister, sqlite3_stmt *st)
{
	return keep(&lister->row.title, lister, pm_catalog_column(st, 0));
}

static int
read_snippet(struct lister *lister, sqlite3_stmt *st)
{
	return keep(&lister->row.snippet, lister, pm_catalog_column(st, 0));
}

static int
read_times(struct lister *lister)
{
	struct pm_when first = { .utc_seconds = lister->first_seen };
	struct pm_when last = { .utc_seconds = lister->last_seen };
	int rc = keep_when(&lister->row.first_seen, lister, &first);

	if (rc == PM_OK)
		rc = keep_when(&lister->row.last_seen, lister, &last);
	if (rc != PM_OK || lister->when.precision == 0)
		return rc;
	lister->row.published_precision =
	    pm_precision_name(lister->when.precision);
	return keep_when(&lister->row.published, lister, &lister->when);
}

/* st: head, key, teasers, pages. */
static int
read_row(struct lister *lister, sqlite3_stmt *st)
{
	int64_t head = sqlite3_column_int64(st, 0);
	struct pm_bytes kept;
	char id[17];
	int rc;

	pm_arena_reset(&lister->arena);
	pm_catalog_id(id, sqlite3_column_int64(st, 1));
	lister->row = (struct pm_missing){
	    .teasers = (uint64_t)sqlite3_column_int64(st, 2),
	    .pages = (uint64_t)sqlite3_column_int64(st, 3),
	    .page = lister->page };
	lister->when = (struct pm_when){ 0 };
	lister->from_source = lister->crawled_in_time = false;
	lister->tag.n = lister->url.n = 0;
	if ((rc = keep(&kept, lister, pm_bytes_of(id))) != PM_OK ||
	    (rc = each(lister, lister->sightings, head, read_sighting)) !=
	    PM_OK || (rc = each(lister, lister->tags, head, read_tag)) !=
	    PM_OK || (rc = each(lister, lister->urls, head, read_url)) !=
	    PM_OK || (rc = each(lister, lister->title, head, read_title)) !=
	    PM_OK || (rc = each(lister, lister->snippet, head,
	    read_snippet)) != PM_OK)
		return rc;
	lister->row.id = (const char *)kept.p;
	lister->row.tag = lister->tag.p;
	lister->row.tag_n = lister->tag.n;
	lister->row.url = lister->url.p;
	lister->row.url_n = lister->url.n;
	return read_times(lister);
}

/* ---- is it asked for? ---- */

static bool
is_dated_so(const struct pm_query *query, const struct pm_when *when)
{
	struct pm_when printed = *when;

	if (query->undated && when->precision != 0)
		return false;
	if ((query->dated || query->on) && when->precision == 0)
		return false;
	if (query->dated && (when->utc_seconds >= query->until ||
	    pm_when_end(when) <= query->since))
		return false;
	printed.utc_seconds += when->offset_minutes * 60;
	printed.offset_minutes = 0;
	return !query->on || (printed.utc_seconds < query->on_until &&
	    pm_when_end(&printed) > query->on_from);
}

/* Is it within, after folding? */
static int
is_within(bool *out, struct lister *lister, struct pm_bytes text,
    const char *wanted)
{
	int rc;

	pm_buf_reset(&lister->fold);
	pm_buf_reset(&lister->other);
	if ((rc = pm_fold(&lister->fold, text, lister->err)) != PM_OK ||
	    (rc = pm_fold(&lister->other, pm_bytes_of(wanted),
	    lister->err)) != PM_OK)
		return rc;
	/* Folded text holds no NUL. */
	if ((rc = pm_buf_append_byte(&lister->fold, 0, lister->err)) !=
	    PM_OK || (rc = pm_buf_append_byte(&lister->other, 0,
	    lister->err)) != PM_OK)
		return rc;
	*out = strstr((char *)lister->fold.p, (char *)lister->other.p) !=
	    NULL;
	return PM_OK;
}

static int
has_tag(bool *out, struct lister *lister)
{
	int rc = PM_OK;

	*out = lister->query->tag_n == 0;
	for (size_t k = 0; k < lister->tag.n && rc == PM_OK && !*out; k++)
		rc = pm_tag_keys_have(out, &lister->wanted,
		    pm_bytes_of(lister->tag.p[k]), lister->err);
	return rc;
}

static bool
has_url(const struct lister *lister)
{
	const char *glob = lister->query->url;
	bool found = glob == NULL;

	for (size_t i = 0; i < lister->url.n && !found; i++)
		found = sqlite3_strglob(glob, lister->url.p[i]) == 0;
	return found;
}

static int
is_asked_for(bool *out, struct lister *lister, int64_t key)
{
	const struct pm_query *query = lister->query;
	int rc;

	*out = is_dated_so(query, &lister->when) &&
	    (query->source == NULL || lister->from_source) &&
	    (!query->crawled || lister->crawled_in_time) &&
	    (!query->added || lister->first_run >= query->added_run) &&
	    has_url(lister) && (!query->id || (key >= query->id_low && key <= query->id_high));
	if (!*out)
		return PM_OK;
	if (query->title != NULL && ((rc = is_within(out, lister,
	    lister->row.title, query->title)) != PM_OK || !*out))
		return rc;
	return has_tag(out, lister);
}

/* ---- all of them ---- */

static const char *const preparations =
    "CREATE TEMP TABLE IF NOT EXISTS missing(teaser INTEGER PRIMARY KEY,"
    " head INTEGER NOT NULL, key INTEGER NOT NULL,"
    " sightings INTEGER NOT NULL);"
    "DELETE FROM missing;"
    "INSERT INTO missing SELECT t.number, coalesce(t.leader, t.number),"
    " t.key, (SELECT count(*) FROM sighting s WHERE s.teaser = t.number)"
    " FROM teaser t WHERE t.article IS NULL AND (t.leader IS NULL OR"
    " t.leader NOT IN (SELECT leader FROM teaser WHERE article IS NOT NULL"
    " AND leader IS NOT NULL));"
    "CREATE INDEX IF NOT EXISTS missing_head ON missing(head)";

#define OF_GROUP " FROM missing m JOIN sighting s ON s.teaser = m.teaser" \
	" JOIN capture c ON c.number = s.capture"

static int
prepare(struct lister *lister)
{
	struct pm_catalog *catalog = lister->catalog;
	struct pm_err *err = lister->err;
	int rc;

	if ((rc = pm_catalog_prepare(&lister->sightings, catalog,
	    "SELECT s.published, x.offset_minutes, x.precision, c.crawled, "
	    PM_PATH_SQL " AS p, i.name, c.run" OF_GROUP
	    " JOIN directory d ON d.id = c.directory"
	    " JOIN input i ON i.id = c.input LEFT JOIN time_text x"
	    " ON x.id = s.time_text WHERE m.head = ?1"
	    " ORDER BY c.crawled DESC, CAST(p AS BLOB)", err)) != PM_OK ||
	    (rc = pm_catalog_prepare(&lister->tags, catalog,
	    "SELECT DISTINCT g.text FROM missing m JOIN sighting s ON"
	    " s.teaser = m.teaser JOIN tag_set z ON z.id = s.tag_set,"
	    " json_each(z.tags) e JOIN tag g ON g.id = e.value"
	    " WHERE m.head = ?1 ORDER BY g.text", err)) != PM_OK ||
	    (rc = pm_catalog_prepare(&lister->urls, catalog,
	    "SELECT DISTINCT u.url FROM missing m JOIN teaser_url u ON"
	    " u.teaser = m.teaser WHERE m.head = ?1 ORDER BY u.url",
	    err)) != PM_OK ||
	    (rc = pm_catalog_prepare(&lister->title, catalog,
	    "SELECT x.title FROM missing m JOIN teaser_text x ON"
	    " x.teaser = m.teaser WHERE m.head = ?1"
	    " ORDER BY m.sightings DESC, m.key LIMIT 1", err)) != PM_OK)
		return rc;
	return pm_catalog_prepare(&lister->snippet, catalog,
	    "SELECT x.snippet FROM missing m JOIN teaser_text x ON"
	    " x.teaser = m.teaser WHERE m.head = ?1 ORDER BY"
	    " length(CAST(x.snippet AS BLOB)) DESC, m.key LIMIT 1", err);
}

static int
list(struct lister *lister,
    int (*missing)(void *context, const struct pm_missing *missing),
    void *context)
{
	sqlite3_stmt *st = NULL;
	bool wanted;
	int answered = PM_OK, rc = pm_catalog_prepare(&st, lister->catalog, "SELECT m.head,"
	    " t.key, count(*), (SELECT count(*) FROM (SELECT DISTINCT"
	    " c.directory, c.name FROM missing n JOIN sighting s ON"
	    " s.teaser = n.teaser JOIN capture c ON c.number = s.capture"
	    " WHERE n.head = m.head)) FROM missing m JOIN teaser t ON"
	    " t.number = m.head GROUP BY m.head"
	    " ORDER BY sum(m.sightings) DESC, t.key", lister->err);

	while (rc == PM_OK && answered == PM_OK &&
	    (rc = pm_catalog_step(lister->catalog, st, lister->err)) ==
	    PM_OK) {
		if ((rc = read_row(lister, st)) == PM_OK)
			rc = is_asked_for(&wanted, lister,
			    sqlite3_column_int64(st, 1));
		if (rc == PM_OK && wanted)
			answered = missing(context, &lister->row);
	}
	sqlite3_finalize(st);
	return answered != PM_OK ? answered : rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_list_missing(struct pm_catalog *catalog,
    const struct pm_query *query, const struct pm_text_source *source,
    int (*missing)(void *context, const struct pm_missing *missing),
    void *context, struct pm_err *err)
{
	struct lister lister = { .catalog = catalog, .query = query,
	    .err = err };
	int rc = pm_tag_keys_init(&lister.wanted, query->tag, query->tag_n,
	    err);

	if (rc != PM_OK)
		return rc;
	pm_arena_init(&lister.arena);
	if ((rc = pm_catalog_exec(catalog, preparations, err)) == PM_OK &&
	    (rc = pm_catalog_gather_texts(catalog, "SELECT t.number, t.frame,"
	    " t.ordinal FROM missing m JOIN teaser t ON t.number = m.teaser"
	    " ORDER BY t.frame, t.ordinal", source, err)) == PM_OK &&
	    (rc = prepare(&lister)) == PM_OK)
		rc = list(&lister, missing, context);
	sqlite3_finalize(lister.sightings);
	sqlite3_finalize(lister.tags);
	sqlite3_finalize(lister.urls);
	sqlite3_finalize(lister.title);
	sqlite3_finalize(lister.snippet);
	pm_arena_clear(&lister.arena);
	pm_free(lister.tag.p);
	pm_free(lister.url.p);
	pm_tag_keys_clear(&lister.wanted);
	pm_buf_clear(&lister.fold);
	pm_buf_clear(&lister.other);
	return rc;
}
