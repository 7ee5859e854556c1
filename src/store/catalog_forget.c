/*
 * A forget line takes rows out of the tables, with all that hangs on them, and
 * leaves tombstones in the tables forgotten_*.
 *
 * All is done in sets, over temporary tables of what goes, because there is no
 * way from a capture to its sightings but to read them all.  What is touched is
 * noted and derived anew as for any other change (C3):
 *
 * - a group of the `same` that lost its first is known by the smallest number
 *   that is left, its heir, and so are its relations;
 * - groups that were related to one that is gone are clustered anew;
 * - a teaser that only captures which go have shown goes with them, but is not
 *   refused later (it has no key);
 * - teasers that began like one that goes are grouped anew.
 */
#include <stdio.h>

#include "base/err.h"
#include "base/mem.h"
#include "store/catalog_internal.h"

#define GONE "(SELECT number FROM gone_article)"

/* ---- what goes ---- */

static int
clear_gone(struct pm_catalog *catalog, struct pm_err *err)
{
	/* No text of what goes stays in pages that are free. */
	return pm_catalog_exec(catalog, "PRAGMA secure_delete = ON;"
	    "CREATE TEMP TABLE IF NOT EXISTS gone_article(number INTEGER"
	    " PRIMARY KEY);"
	    "CREATE TEMP TABLE IF NOT EXISTS gone_teaser(number INTEGER"
	    " PRIMARY KEY, start INTEGER, marks INTEGER);"
	    "CREATE TEMP TABLE IF NOT EXISTS gone_capture(number INTEGER"
	    " PRIMARY KEY);"
	    "DELETE FROM gone_article; DELETE FROM gone_teaser;"
	    "DELETE FROM gone_capture", err);
}

/* 0: it is in this log no more, and refused all the same. */
static void
bind_number(sqlite3_stmt *st, uint64_t number)
{
	if (number == 0)
		sqlite3_bind_null(st, 1);
	else
		sqlite3_bind_int64(st, 1, (int64_t)number);
}

static int
add_articles(struct pm_catalog *catalog, const struct pm_log_forget *forget,
    struct pm_err *err)
{
	sqlite3_stmt *gone = NULL, *stone = NULL;
	int rc = pm_catalog_prepare(&gone, catalog,
	    "INSERT OR IGNORE INTO gone_article VALUES(?1)", err);

	if (rc == PM_OK)
		rc = pm_catalog_prepare(&stone, catalog, "INSERT INTO"
		    " forgotten_article(number, key, rest, norm)"
		    " VALUES(?1, ?2, ?3, ?4) ON CONFLICT(number) DO UPDATE"
		    " SET key = ?2, rest = ?3, norm = ?4", err);
	for (size_t i = 0; i < forget->article_n && rc == PM_OK; i++) {
		const struct pm_log_gone_article *article =
		    &forget->article[i];

		if (article->number != 0) {
			sqlite3_bind_int64(gone, 1,
			    (int64_t)article->number);
			rc = pm_catalog_run(catalog, gone, err);
		}
		bind_number(stone, article->number);
		sqlite3_bind_int64(stone, 2, pm_catalog_key(article->sha256));
		sqlite3_bind_blob(stone, 3, article->sha256 + 8, 24,
		    SQLITE_STATIC);
		sqlite3_bind_null(stone, 4);
		if (article->norm != 0)
			sqlite3_bind_int64(stone, 4, (int64_t)article->norm);
		if (rc == PM_OK)
			rc = pm_catalog_run(catalog, stone, err);
	}
	sqlite3_finalize(gone);
	sqlite3_finalize(stone);
	return rc;
}

static int
add_teasers(struct pm_catalog *catalog, const struct pm_log_forget *forget,
    struct pm_err *err)
{
	sqlite3_stmt *gone = NULL, *stone = NULL;
	uint8_t sha256[PM_SHA256_BYTES] = { 0 };
	int rc = pm_catalog_prepare(&gone, catalog,
	    "INSERT OR IGNORE INTO gone_teaser(number) VALUES(?1)", err);

	if (rc == PM_OK)
		rc = pm_catalog_prepare(&stone, catalog, "INSERT INTO"
		    " forgotten_teaser(number, key, rest, start, marks)"
		    " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(number) DO UPDATE"
		    " SET key = ?2, rest = ?3, start = ?4, marks = ?5", err);
	for (size_t i = 0; i < forget->teaser_n && rc == PM_OK; i++) {
		const struct pm_log_gone_teaser *teaser = &forget->teaser[i];

		if (teaser->number != 0) {
			sqlite3_bind_int64(gone, 1, (int64_t)teaser->number);
			rc = pm_catalog_run(catalog, gone, err);
		}
		memcpy(sha256, teaser->sha256, sizeof teaser->sha256);
		sqlite3_clear_bindings(stone);
		bind_number(stone, teaser->number);
		sqlite3_bind_int64(stone, 2, pm_catalog_key(sha256));
		sqlite3_bind_blob(stone, 3, sha256 + 8, 8, SQLITE_STATIC);
		if (teaser->has_marks) {
			sqlite3_bind_int64(stone, 4, teaser->start);
			sqlite3_bind_int64(stone, 5, teaser->marks);
		}
		if (rc == PM_OK)
			rc = pm_catalog_run(catalog, stone, err);
	}
	sqlite3_finalize(gone);
	sqlite3_finalize(stone);
	return rc;
}

static int
add_captures(struct pm_catalog *catalog, const struct pm_log_forget *forget,
    struct pm_err *err)
{
	sqlite3_stmt *gone = NULL, *stone = NULL;
	int rc = pm_catalog_prepare(&gone, catalog,
	    "INSERT OR IGNORE INTO gone_capture VALUES(?1)", err);

	if (rc == PM_OK)
		rc = pm_catalog_prepare(&stone, catalog, "INSERT OR IGNORE"
		    " INTO forgotten_capture(number) VALUES(?1)", err);
	for (size_t i = 0; i < forget->capture_n && rc == PM_OK; i++) {
		sqlite3_bind_int64(gone, 1, (int64_t)forget->capture[i]);
		sqlite3_bind_int64(stone, 1, (int64_t)forget->capture[i]);
		rc = pm_catalog_run(catalog, gone, err);
		if (rc == PM_OK)
			rc = pm_catalog_run(catalog, stone, err);
	}
	sqlite3_finalize(gone);
	sqlite3_finalize(stone);
	return rc;
}

static int
add_keys(struct pm_catalog *catalog, int kind, const uint64_t *key, size_t n,
    struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = n == 0 ? PM_OK : pm_catalog_prepare(&st, catalog,
	    "INSERT OR IGNORE INTO forgotten_key VALUES(?1, ?2)", err);

	for (size_t i = 0; i < n && rc == PM_OK; i++) {
		sqlite3_bind_int64(st, 1, kind);
		sqlite3_bind_int64(st, 2, (int64_t)key[i]);
		rc = pm_catalog_run(catalog, st, err);
	}
	sqlite3_finalize(st);
	return rc;
}

static int
add_line(struct pm_catalog *catalog, const struct pm_log_forget *forget,
    struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = pm_catalog_prepare(&st, catalog, "INSERT INTO forgotten("
	    "number, run, at, url) VALUES(?1, ?2, ?3, ?4)", err);

	if (rc != PM_OK)
		return rc;
	sqlite3_bind_int64(st, 1, (int64_t)forget->number);
	sqlite3_bind_int64(st, 2, (int64_t)forget->run);
	sqlite3_bind_int64(st, 3, forget->at);
	if (forget->url.n > 0)
		pm_catalog_bind(st, 4, forget->url);
	rc = pm_catalog_run(catalog, st, err);
	sqlite3_finalize(st);
	return rc;
}

/* What the line names, and what it must not leave behind. */
static int
fill_gone(struct pm_catalog *catalog, const struct pm_log_forget *forget,
    struct pm_err *err)
{
	int rc = clear_gone(catalog, err);

	if (rc == PM_OK)
		rc = add_line(catalog, forget, err);
	if (rc == PM_OK)
		rc = add_articles(catalog, forget, err);
	if (rc == PM_OK)
		rc = add_teasers(catalog, forget, err);
	if (rc == PM_OK)
		rc = add_captures(catalog, forget, err);
	if (rc == PM_OK)
		rc = add_keys(catalog, PM_FORGOTTEN_BEGIN, forget->begins,
		    forget->begins_n, err);
	if (rc == PM_OK)
		rc = add_keys(catalog, PM_FORGOTTEN_ADDRESS, forget->address,
		    forget->address_n, err);
	if (rc == PM_OK)
		rc = add_keys(catalog, PM_FORGOTTEN_PAYLOAD, forget->payload,
		    forget->payload_n, err);
	return rc == PM_OK ? pm_catalog_exec(catalog,
	    "INSERT OR IGNORE INTO gone_capture SELECT number FROM capture"
	    " WHERE article IN " GONE " AND NOT " PM_REVISIT_STAYS(
	    "capture.number", GONE) ";"
	    "INSERT OR IGNORE INTO gone_teaser(number) SELECT number FROM"
	    " teaser WHERE article IN (SELECT number FROM gone_article);"
	    /* What no other capture shows. */
	    "INSERT OR IGNORE INTO gone_teaser(number) SELECT DISTINCT"
	    " s.teaser FROM sighting s WHERE s.capture IN"
	    " (SELECT number FROM gone_capture) AND NOT EXISTS"
	    " (SELECT 1 FROM sighting o WHERE o.teaser = s.teaser"
	    " AND o.capture NOT IN (SELECT number FROM gone_capture));"
	    "UPDATE gone_teaser SET (start, marks) = (SELECT start, marks"
	    " FROM teaser t WHERE t.number = gone_teaser.number)",
	    err) : rc;
}

/* ---- what is touched ---- */

static int
collect(struct number_list *out, struct pm_catalog *catalog,
    const char *text, struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = pm_catalog_prepare(&st, catalog, text, err);

	while (rc == PM_OK && (rc = pm_catalog_step(catalog, st, err)) ==
	    PM_OK)
		rc = pm_number_list_add(out,
		    (uint64_t)sqlite3_column_int64(st, 0), err);
	sqlite3_finalize(st);
	return rc == PM_END ? PM_OK : rc;
}

/* While the rows are there. */
static int
touch(struct pm_catalog *catalog, struct pm_err *err)
{
	int rc = collect(&catalog->touched_articles, catalog,
	    "SELECT article FROM capture WHERE number IN (SELECT number FROM"
	    " gone_capture) AND article IS NOT NULL"
	    " UNION SELECT article FROM teaser WHERE number IN (SELECT number"
	    " FROM gone_teaser) AND article IS NOT NULL"
	    " UNION SELECT article FROM serve WHERE teaser IN (SELECT number"
	    " FROM gone_teaser)"
	    " UNION SELECT b.number FROM article a JOIN article b ON"
	    " b.same = a.same WHERE a.number IN (SELECT number FROM"
	    " gone_article)", err);

	if (rc == PM_OK)
		rc = collect(&catalog->touched_teasers, catalog,
		    "SELECT DISTINCT teaser FROM sighting WHERE capture IN"
		    " (SELECT number FROM gone_capture) AND teaser NOT IN"
		    " (SELECT number FROM gone_teaser)", err);
	if (rc == PM_OK)
		rc = collect(&catalog->touched_groups, catalog,
		    "SELECT b FROM relation WHERE a IN (SELECT number FROM"
		    " gone_article) UNION SELECT a FROM relation WHERE b IN"
		    " (SELECT number FROM gone_article)", err);
	if (rc == PM_OK)
		rc = collect(&catalog->touched_payloads, catalog,
		    "SELECT DISTINCT s.payload FROM capture c JOIN stated s"
		    " ON s.capture = c.number WHERE c.article IN " GONE
		    " AND s.revisit = 1 AND c.number NOT IN (SELECT number"
		    " FROM gone_capture)", err);
	return rc == PM_OK ? collect(&catalog->left_articles, catalog,
	    "SELECT DISTINCT article FROM teaser WHERE number IN"
	    " (SELECT number FROM gone_teaser) AND article IS NOT NULL"
	    " AND article NOT IN (SELECT number FROM gone_article)", err) :
	    rc;
}

/* When they are gone: those that began like one of them, where these are not
 * too many for a group (G3). */
static int
touch_groups(struct pm_catalog *catalog, struct pm_err *err)
{
	return collect(&catalog->regroup, catalog,
	    "SELECT number FROM teaser WHERE start IN (SELECT DISTINCT"
	    " g.start FROM gone_teaser g WHERE (SELECT count(*) FROM"
	    " (SELECT 1 FROM teaser t WHERE t.start = g.start LIMIT 65))"
	    " <= 64)", err);
}

/* ---- going ---- */

static int
drop_captures(struct pm_catalog *catalog, struct pm_err *err)
{
	return pm_catalog_exec(catalog,
	    "INSERT OR IGNORE INTO forgotten_sighting SELECT capture, teaser"
	    " FROM sighting WHERE teaser IN (SELECT number FROM gone_teaser)"
	    " AND capture NOT IN (SELECT number FROM gone_capture);"
	    "DELETE FROM forgotten_sighting WHERE capture IN"
	    " (SELECT number FROM gone_capture);"
	    "DELETE FROM sighting WHERE teaser IN (SELECT number FROM"
	    " gone_teaser) OR capture IN (SELECT number FROM gone_capture);"
	    "DELETE FROM stated WHERE capture IN (SELECT number FROM"
	    " gone_capture);"
	    "DELETE FROM other_date WHERE capture IN (SELECT number FROM"
	    " gone_capture);"
	    "DELETE FROM redacted WHERE capture IN (SELECT number FROM"
	    " gone_capture);"
	    "INSERT OR REPLACE INTO forgotten_capture SELECT number, file"
	    " FROM capture WHERE number IN (SELECT number FROM"
	    " gone_capture);"
	    "DELETE FROM capture WHERE number IN (SELECT number FROM"
	    " gone_capture)", err);
}

static int
drop_teasers(struct pm_catalog *catalog, struct pm_err *err)
{
	return pm_catalog_exec(catalog,
	    "INSERT OR IGNORE INTO forgotten_teaser(number) SELECT number"
	    " FROM gone_teaser;"
	    "UPDATE forgotten_teaser SET (frame, ordinal) = (SELECT frame,"
	    " ordinal FROM teaser t WHERE t.number ="
	    " forgotten_teaser.number) WHERE number IN (SELECT t.number FROM"
	    " gone_teaser g JOIN teaser t ON t.number = g.number);"
	    "DELETE FROM teaser_url WHERE teaser IN (SELECT number FROM"
	    " gone_teaser);"
	    "DELETE FROM serve WHERE teaser IN (SELECT number FROM"
	    " gone_teaser) OR article IN (SELECT number FROM gone_article);"
	    "DELETE FROM teaser WHERE number IN (SELECT number FROM"
	    " gone_teaser);"
	    /* The next that folds to the same is the first now. */
	    "UPDATE teaser SET marks = marks & ~1 WHERE number IN"
	    " (SELECT (SELECT t.number FROM teaser t WHERE t.start = g.start"
	    " AND t.marks IN (g.marks, g.marks | 1) ORDER BY t.marks & 1,"
	    " t.number LIMIT 1) FROM gone_teaser g WHERE g.marks & 1 = 0)",
	    err);
}

/* The first of a group goes: what is known by it is known by another. */
static int
pass_on(struct pm_catalog *catalog, int64_t first, struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int64_t heir = 0;
	char text[900];
	int rc = pm_catalog_prepare(&st, catalog, "SELECT min(number) FROM"
	    " article WHERE same = ?1 AND number NOT IN (SELECT number FROM"
	    " gone_article)", err);

	if (rc != PM_OK)
		return rc;
	sqlite3_bind_int64(st, 1, first);
	if ((rc = pm_catalog_step(catalog, st, err)) == PM_OK)
		heir = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	if (rc != PM_OK)
		return rc;
	(void)snprintf(text, sizeof text,
	    "UPDATE forgotten_article SET heir = nullif(%lld, 0) WHERE"
	    " number = %lld OR heir = %lld;"
	    "UPDATE article SET same = %lld WHERE same = %lld;"
	    "INSERT OR IGNORE INTO relation SELECT min(%lld, b), max(%lld, b),"
	    " kind, jaccard, containment FROM relation WHERE a = %lld"
	    " AND %lld <> 0;"
	    "INSERT OR IGNORE INTO relation SELECT min(%lld, a), max(%lld, a),"
	    " kind, jaccard, containment FROM relation WHERE b = %lld"
	    " AND %lld <> 0;"
	    "DELETE FROM relation WHERE a = %lld OR b = %lld",
	    (long long)heir, (long long)first, (long long)first,
	    (long long)heir, (long long)first, (long long)heir,
	    (long long)heir, (long long)first, (long long)heir,
	    (long long)heir, (long long)heir, (long long)first,
	    (long long)heir, (long long)first, (long long)first);
	if ((rc = pm_catalog_exec(catalog, text, err)) != PM_OK || heir == 0)
		return rc;
	if ((rc = pm_number_list_add(&catalog->touched_groups,
	    (uint64_t)heir, err)) != PM_OK)
		return rc;
	return pm_number_list_add(&catalog->touched_articles, (uint64_t)heir,
	    err);
}

/* Groups that are left with one article are none. */
static int
leave_alone(struct pm_catalog *catalog, const struct number_list *root,
    struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = pm_catalog_prepare(&st, catalog, "UPDATE article SET"
	    " same = NULL WHERE number = ?1 AND same = ?1 AND"
	    " (SELECT count(*) FROM article WHERE same = ?1) = 1", err);

	for (size_t i = 0; i < root->n && rc == PM_OK; i++) {
		sqlite3_bind_int64(st, 1, (int64_t)root->p[i]);
		rc = pm_catalog_run(catalog, st, err);
	}
	sqlite3_finalize(st);
	return rc;
}

static int
drop_articles(struct pm_catalog *catalog, struct pm_err *err)
{
	struct number_list first = { 0 }, root = { 0 };
	int rc = collect(&first, catalog, "SELECT a.number FROM article a"
	    " WHERE a.number IN (SELECT number FROM gone_article) AND"
	    " (a.same = a.number OR (a.same IS NULL AND EXISTS (SELECT 1"
	    " FROM relation r WHERE r.a = a.number OR r.b = a.number)))",
	    err);

	for (size_t i = 0; i < first.n && rc == PM_OK; i++)
		rc = pass_on(catalog, (int64_t)first.p[i], err);
	if (rc == PM_OK)
		rc = collect(&root, catalog, "SELECT DISTINCT b.same FROM"
		    " article a JOIN article b ON b.same = a.same WHERE"
		    " a.number IN (SELECT number FROM gone_article)", err);
	/* The count of canonicals goes by this (trigger total_canonicals). */
	if (rc == PM_OK)
		rc = pm_catalog_exec(catalog, "UPDATE capture SET"
		    " article = NULL WHERE article IN " GONE ";"
		    "UPDATE article SET canonical = NULL WHERE number IN (SELECT number FROM"
		    " gone_article);"
		    "DELETE FROM article_tag WHERE article IN (SELECT number"
		    " FROM gone_article);"
		    "DELETE FROM article WHERE number IN (SELECT number FROM"
		    " gone_article)", err);
	if (rc == PM_OK)
		rc = leave_alone(catalog, &root, err);
	pm_free(first.p);
	pm_free(root.p);
	return rc;
}

int
pm_catalog_apply_forget(struct pm_catalog *catalog,
    const struct pm_log_forget *forget, struct pm_err *err)
{
	int rc = fill_gone(catalog, forget, err);

	catalog->forgot = true;
	if (rc == PM_OK)
		rc = touch(catalog, err);
	if (rc == PM_OK)
		rc = drop_captures(catalog, err);
	if (rc == PM_OK)
		rc = drop_teasers(catalog, err);
	if (rc == PM_OK)
		rc = drop_articles(catalog, err);
	return rc == PM_OK ? touch_groups(catalog, err) : rc;
}

static int
keep_present(struct pm_catalog *catalog, struct number_list *list,
    struct pm_err *err)
{
	struct pm_article_row row;
	size_t n = 0;
	int rc = PM_OK;

	for (size_t i = 0; i < list->n && rc == PM_OK; i++) {
		rc = pm_catalog_article(&row, catalog, list->p[i], err);
		if (rc == PM_OK && row.number != 0)
			list->p[n++] = list->p[i];
	}
	list->n = rc == PM_OK ? n : list->n;
	return rc;
}

int
pm_catalog_drop_gone(struct pm_catalog *catalog, struct pm_err *err)
{
	int rc = keep_present(catalog, &catalog->touched_articles, err);

	return rc == PM_OK ? keep_present(catalog, &catalog->touched_groups,
	    err) : rc;
}

/* ---- questions ---- */

/* Has the statement, which is bound, a row? */
static int
has_row(bool *out, struct pm_catalog *catalog, sqlite3_stmt *st,
    struct pm_err *err)
{
	int rc = pm_catalog_step(catalog, st, err);

	*out = rc == PM_OK;
	sqlite3_reset(st);
	return rc == PM_END ? PM_OK : rc;
}

static int
has_number(bool *out, struct pm_catalog *catalog, enum statement which,
    uint64_t number, struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, which, err);

	if (st == NULL)
		return err->status;
	if (which != ST_FORGETS)
		sqlite3_bind_int64(st, 1, (int64_t)number);
	return has_row(out, catalog, st, err);
}

int
pm_catalog_forgets(bool *out, struct pm_catalog *catalog, struct pm_err *err)
{
	return has_number(out, catalog, ST_FORGETS, 0, err);
}

int
pm_catalog_forgotten_article(bool *out, struct pm_catalog *catalog,
    uint64_t number, struct pm_err *err)
{
	return has_number(out, catalog, ST_GONE_ARTICLE, number, err);
}

int
pm_catalog_forgotten_teaser(bool *out, struct pm_catalog *catalog,
    uint64_t number, struct pm_err *err)
{
	return has_number(out, catalog, ST_GONE_TEASER, number, err);
}

int
pm_catalog_forgotten_capture(bool *out, struct pm_catalog *catalog,
    uint64_t number, struct pm_err *err)
{
	return has_number(out, catalog, ST_GONE_CAPTURE, number, err);
}

int
pm_catalog_is_redacted(bool *out, struct pm_catalog *catalog,
    uint64_t capture, struct pm_err *err)
{
	return has_number(out, catalog, ST_IS_REDACTED, capture, err);
}

int
pm_catalog_touches(bool *out, struct pm_catalog *catalog, uint64_t first,
    uint64_t last, struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_TOUCHES, err);

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)first);
	sqlite3_bind_int64(st, 2, (int64_t)last);
	return has_row(out, catalog, st, err);
}

int
pm_catalog_capture_place(struct pm_capture_place *out,
    struct pm_catalog *catalog, uint64_t capture, struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_CAPTURE_PLACE,
	    err);
	int rc;

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)capture);
	if ((rc = pm_catalog_step(catalog, st, err)) != PM_OK)
		return rc;
	out->kind = sqlite3_column_int(st, 0);
	out->frame = (uint64_t)sqlite3_column_int64(st, 1);
	out->offset = (uint32_t)sqlite3_column_int64(st, 2);
	out->bytes = (uint64_t)sqlite3_column_int64(st, 3);
	sqlite3_reset(st);
	return PM_OK;
}

int
pm_catalog_heir(uint64_t *out, struct pm_catalog *catalog, uint64_t article,
    struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_HEIR, err);
	int rc;

	*out = 0;
	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)article);
	if ((rc = pm_catalog_step(catalog, st, err)) == PM_OK)
		*out = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_forgotten_shown(struct pm_catalog *catalog, uint64_t capture,
    int (*teaser)(void *context, const struct pm_forgotten_teaser *teaser),
    void *context, struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_GONE_SHOWN, err);
	int answered = PM_OK, rc = PM_OK;

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)capture);
	while (answered == PM_OK &&
	    (rc = pm_catalog_step(catalog, st, err)) == PM_OK) {
		struct pm_forgotten_teaser row = {
		    (uint64_t)sqlite3_column_int64(st, 0),
		    (uint64_t)sqlite3_column_int64(st, 1),
		    (uint32_t)sqlite3_column_int64(st, 2) };

		answered = teaser(context, &row);
	}
	sqlite3_reset(st);
	return answered != PM_OK ? answered : rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_refuses_body(bool *out, struct pm_catalog *catalog,
    const uint8_t sha256[PM_SHA256_BYTES], uint64_t norm,
    struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_REFUSES_BODY,
	    err);

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, pm_catalog_key(sha256));
	sqlite3_bind_blob(st, 2, sha256 + 8, 24, SQLITE_STATIC);
	if (norm != 0)
		sqlite3_bind_int64(st, 3, (int64_t)norm);
	return has_row(out, catalog, st, err);
}

int
pm_catalog_refuses_url(bool *out, struct pm_catalog *catalog,
    struct pm_bytes url, struct pm_err *err)
{
	sqlite3_stmt *st;

	*out = false;
	if (url.n == 0)
		return PM_OK;
	if ((st = pm_catalog_statement(catalog, ST_REFUSES_URL, err)) == NULL)
		return err->status;
	pm_catalog_bind(st, 1, url);
	return has_row(out, catalog, st, err);
}

int
pm_catalog_refuses_payload(bool *out, struct pm_catalog *catalog,
    struct pm_bytes payload, struct pm_err *err)
{
	sqlite3_stmt *st;

	*out = false;
	if (payload.n == 0)
		return PM_OK;
	if ((st = pm_catalog_statement(catalog, ST_REFUSES_KEY, err)) == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, PM_FORGOTTEN_PAYLOAD);
	sqlite3_bind_int64(st, 2, pm_catalog_payload_key(payload));
	return has_row(out, catalog, st, err);
}

int
pm_catalog_refuses_teaser(bool *out, struct pm_catalog *catalog,
    const uint8_t sha256[PM_SHA256_BYTES],
    const struct pm_teaser_marks *marks, uint64_t key, struct pm_bytes url,
    struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_REFUSES_TEASER,
	    err);

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, pm_catalog_key(sha256));
	sqlite3_bind_blob(st, 2, sha256 + 8, 8, SQLITE_STATIC);
	sqlite3_bind_int64(st, 3, pm_marks_start(marks));
	sqlite3_bind_int64(st, 4, pm_marks_pack(marks));
	if (key != 0)
		sqlite3_bind_int64(st, 5, (int64_t)key);
	if (url.n > 0) {
		sqlite3_bind_int64(st, 6, pm_catalog_url_key(url));
		pm_catalog_bind(st, 7, url);
	}
	return has_row(out, catalog, st, err);
}
