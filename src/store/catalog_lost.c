#include "store/catalog_lost.h"

#include "base/err.h"
#include "base/mem.h"
#include "store/catalog_internal.h"

int
pm_catalog_apply_lost(struct pm_catalog *catalog,
    const struct pm_log_lost *lost, struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_LOST_INSERT, err);

	if (st == NULL)
		return err->status;
	sqlite3_bind_int(st, 1, lost->what);
	sqlite3_bind_int64(st, 2, (int64_t)lost->number);
	sqlite3_bind_int64(st, 3, (int64_t)lost->to);
	if (lost->path.n > 0)
		pm_catalog_bind(st, 4, lost->path);
	if (lost->title.n > 0)
		pm_catalog_bind(st, 5, lost->title);
	if (lost->bytes > 0)
		sqlite3_bind_int64(st, 6, (int64_t)lost->bytes);
	if (lost->has_crawled)
		sqlite3_bind_int64(st, 7, lost->crawled);
	if (lost->has_sha256) {
		sqlite3_bind_int64(st, 8, pm_catalog_key(lost->sha256));
		sqlite3_bind_blob(st, 9, lost->sha256 + 8, 24, SQLITE_STATIC);
	}
	return pm_catalog_run(catalog, st, err);
}

static void
read_lost(struct pm_log_lost *out, sqlite3_stmt *st)
{
	struct pm_bytes rest = pm_catalog_column(st, 8);
	uint64_t key = (uint64_t)sqlite3_column_int64(st, 7) ^
	    UINT64_C(1) << 63;

	*out = (struct pm_log_lost){ .what = sqlite3_column_int(st, 0),
	    .number = (uint64_t)sqlite3_column_int64(st, 1),
	    .to = (uint64_t)sqlite3_column_int64(st, 2),
	    .path = pm_catalog_column(st, 3),
	    .title = pm_catalog_column(st, 4),
	    .bytes = (uint64_t)sqlite3_column_int64(st, 5),
	    .has_crawled = sqlite3_column_type(st, 6) == SQLITE_INTEGER,
	    .crawled = sqlite3_column_int64(st, 6),
	    .has_sha256 = rest.n == PM_SHA256_BYTES - 8 };
	if (!out->has_sha256)
		return;
	for (int i = 0; i < 8; i++)
		out->sha256[i] = (uint8_t)(key >> (56 - 8 * i));
	memcpy(out->sha256 + 8, rest.p, rest.n);
}

/* Each row of st, which is finalized. */
static int
answer_rows(struct pm_catalog *catalog, sqlite3_stmt *st,
    int (*lost)(void *context, const struct pm_log_lost *lost),
    void *context, struct pm_err *err)
{
	struct pm_log_lost row;
	int answered = PM_OK, rc = PM_OK;

	while (answered == PM_OK && (rc = pm_catalog_step(catalog, st,
	    err)) == PM_OK) {
		read_lost(&row, st);
		answered = lost(context, &row);
	}
	sqlite3_finalize(st);
	return answered != PM_OK ? answered : rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_list_lost(struct pm_catalog *catalog,
    int (*lost)(void *context, const struct pm_log_lost *lost),
    void *context, struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = pm_catalog_prepare(&st, catalog, "SELECT l.what, l.number,"
	    " l.last, l.path, l.title, l.bytes, l.crawled, l.key, l.rest"
	    " FROM lost l WHERE l.key IS NULL OR CASE l.what"
	    " WHEN 1 THEN NOT EXISTS (SELECT 1 FROM capture c WHERE"
	    "  c.key = l.key AND c.rest = l.rest AND c.crawled = l.crawled"
	    "  AND c.recipe_frame <> 0 AND (l.path IS NULL OR l.path ="
	    "  (SELECT " PM_PATH_SQL " FROM directory d"
	    "  WHERE d.id = c.directory)))"
	    " ELSE NOT EXISTS (SELECT 1 FROM article a WHERE"
	    "  a.key = l.key AND a.rest = l.rest) END ORDER BY l.position",
	    err);

	return rc == PM_OK ? answer_rows(catalog, st, lost, context, err) :
	    rc;
}

int
pm_catalog_sound(struct pm_catalog *catalog, struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = pm_catalog_prepare(&st, catalog, "PRAGMA integrity_check(1)",
	    err);

	if (rc == PM_OK)
		rc = pm_catalog_step(catalog, st, err);
	if (rc == PM_OK && !pm_bytes_equal(pm_catalog_column(st, 0),
	    pm_bytes_of("ok")))
		rc = PM_END;
	sqlite3_finalize(st);
	return rc == PM_END ? pm_fail(err, PM_ECORRUPT,
	    "%s: the database is damaged", catalog->path) : rc;
}

int
pm_catalog_name_lost(struct pm_catalog *catalog, enum pm_lost_what what,
    uint64_t from, uint64_t to,
    int (*lost)(void *context, const struct pm_log_lost *lost),
    void *context, struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = pm_catalog_prepare(&st, catalog, what == PM_LOST_CAPTURE ?
	    "SELECT 1, c.number, c.number, " PM_PATH_SQL ", NULL, c.bytes,"
	    " c.crawled, c.key, c.rest FROM capture c JOIN directory d"
	    " ON d.id = c.directory WHERE c.number BETWEEN ?1 AND ?2"
	    " ORDER BY c.number" :
	    "SELECT 2, number, number, NULL, title, bytes, NULL, key, rest"
	    " FROM article WHERE number BETWEEN ?1 AND ?2 ORDER BY number",
	    err);

	if (rc != PM_OK)
		return rc;
	sqlite3_bind_int64(st, 1, (int64_t)from);
	sqlite3_bind_int64(st, 2, to > INT64_MAX ? INT64_MAX : (int64_t)to);
	return answer_rows(catalog, st, lost, context, err);
}

/* A column's bytes in the arena. */
static struct pm_bytes
keep_column(struct pm_arena *arena, sqlite3_stmt *st, int column, int *status,
    struct pm_err *err)
{
	struct pm_bytes bytes = pm_catalog_column(st, column);

	bytes.p = pm_arena_copy(arena, bytes.p, bytes.n, err);
	if (bytes.p == NULL)
		*status = PM_ENOMEM;
	return bytes;
}

int
pm_catalog_run_line(struct pm_log_run *out, struct pm_arena *arena,
    struct pm_catalog *catalog, uint64_t run, struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = pm_catalog_prepare(&st, catalog, "SELECT started, version,"
	    " normalizer, unicode, page_rules, inputs, policy FROM run"
	    " WHERE id = ?1", err);

	if (rc == PM_OK) {
		sqlite3_bind_int64(st, 1, (int64_t)run);
		rc = pm_catalog_step(catalog, st, err);
	}
	if (rc == PM_OK)
		*out = (struct pm_log_run){ .number = run,
		    .started = sqlite3_column_int64(st, 0),
		    .version = keep_column(arena, st, 1, &rc, err),
		    .normalizer = sqlite3_column_int(st, 2),
		    .unicode = keep_column(arena, st, 3, &rc, err),
		    .page_rules = sqlite3_column_int(st, 4),
		    .inputs = keep_column(arena, st, 5, &rc, err),
		    .policy = keep_column(arena, st, 6, &rc, err) };
	sqlite3_finalize(st);
	return rc;
}

int
pm_catalog_article_line(struct pm_log_article *out, struct pm_arena *arena,
    struct pm_catalog *catalog, uint64_t article, struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	struct pm_log_lost row;
	int rc = pm_catalog_prepare(&st, catalog, "SELECT 2, number, number,"
	    " NULL, coalesce(own_title, CASE WHEN title_teaser IS NULL THEN"
	    " title END, ''), bytes, NULL, key, rest, same, norm,"
	    " coalesce(detected, ''), coalesce(lang_score, 0) FROM article"
	    " WHERE number = ?1", err);

	if (rc == PM_OK) {
		sqlite3_bind_int64(st, 1, (int64_t)article);
		rc = pm_catalog_step(catalog, st, err);
	}
	if (rc == PM_OK) {
		read_lost(&row, st);
		*out = (struct pm_log_article){ .number = article,
		    .bytes = row.bytes,
		    .same = (uint64_t)sqlite3_column_int64(st, 9),
		    .norm = (uint64_t)sqlite3_column_int64(st, 10),
		    .title = keep_column(arena, st, 4, &rc, err),
		    .lang = keep_column(arena, st, 11, &rc, err),
		    .lang_score = sqlite3_column_double(st, 12) };
		memcpy(out->sha256, row.sha256, PM_SHA256_BYTES);
	}
	sqlite3_finalize(st);
	return rc;
}
