/*
 * Tags as people count them.
 *
 * An archive may have any number of spellings, so which are one is written
 * into a temporary table, by line of the map or by key.
 */
#include "store/catalog_tags.h"

#include <stdlib.h>

#include "base/err.h"
#include "store/catalog_internal.h"
#include "text/fold.h"

int
pm_tag_key(struct pm_buf *out, struct pm_bytes tag, struct pm_err *err)
{
	size_t before = out->n;
	int rc = pm_fold(out, tag, err);

	if (rc == PM_OK && out->n == before)
		rc = pm_buf_append(out, tag.p, tag.n, err);
	return rc;
}

/* ---- a set of keys ---- */

static int
compare_keys(const void *a, const void *b)
{
	return pm_bytes_compare(*(const struct pm_bytes *)a,
	    *(const struct pm_bytes *)b);
}

static int
add_key(struct pm_tag_keys *keys, const char *tag, struct pm_err *err)
{
	struct pm_bytes key;
	int rc = LIST_ROOM(keys->key, err);

	pm_buf_reset(&keys->asked);
	if (rc == PM_OK)
		rc = pm_tag_key(&keys->asked, pm_bytes_of(tag), err);
	if (rc != PM_OK)
		return rc;
	key.n = keys->asked.n;
	key.p = pm_arena_copy(&keys->arena, keys->asked.p, key.n, err);
	if (key.p == NULL)
		return PM_ENOMEM;
	keys->key.p[keys->key.n++] = key;
	return PM_OK;
}

int
pm_tag_keys_init(struct pm_tag_keys *keys, const char *const *tag, size_t n,
    struct pm_err *err)
{
	int rc = PM_OK;

	*keys = (struct pm_tag_keys){ 0 };
	pm_arena_init(&keys->arena);
	for (size_t i = 0; i < n && rc == PM_OK; i++)
		rc = add_key(keys, tag[i], err);
	if (rc != PM_OK)
		pm_tag_keys_clear(keys);
	else if (keys->key.n > 0)
		qsort(keys->key.p, keys->key.n, sizeof *keys->key.p,
		    compare_keys);
	return rc;
}

void
pm_tag_keys_clear(struct pm_tag_keys *keys)
{
	pm_arena_clear(&keys->arena);
	pm_free(keys->key.p);
	pm_buf_clear(&keys->asked);
}

int
pm_tag_keys_have(bool *out, struct pm_tag_keys *keys, struct pm_bytes tag,
    struct pm_err *err)
{
	struct pm_bytes key;
	int rc;

	pm_buf_reset(&keys->asked);
	if ((rc = pm_tag_key(&keys->asked, tag, err)) != PM_OK)
		return rc;
	key = pm_buf_bytes(&keys->asked);
	*out = keys->key.n > 0 && bsearch(&key, keys->key.p, keys->key.n,
	    sizeof key, compare_keys) != NULL;
	return PM_OK;
}

/* ---- which are one ---- */

static const char *const tables =
    "CREATE TEMP TABLE IF NOT EXISTS tag_group(tag INTEGER PRIMARY KEY,"
    " line INTEGER NOT NULL, key BLOB NOT NULL, shown,"
    " articles INTEGER NOT NULL);"
    "CREATE TEMP TABLE IF NOT EXISTS tag_row(line INTEGER NOT NULL,"
    " key BLOB NOT NULL, tag, articles INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS tag_group_key ON tag_group(line, key);"
    "DELETE FROM tag_group; DELETE FROM tag_row";

static const char *const rows =
    "INSERT INTO tag_row SELECT g.line, g.key, max(g.shown),"
    " count(DISTINCT x.article) FROM tag_group g JOIN article_tag x"
    " ON x.tag = g.tag GROUP BY g.line, g.key;"
    "UPDATE tag_row SET tag = (SELECT t.text FROM tag_group g JOIN tag t"
    " ON t.id = g.tag WHERE g.line = 0 AND g.key = tag_row.key"
    " ORDER BY g.articles DESC, t.text LIMIT 1) WHERE line = 0";

/* NULL is no key. */
static void
bind_key(sqlite3_stmt *st, int column, struct pm_bytes key)
{
	if (key.n == 0)
		sqlite3_bind_zeroblob(st, column, 0);
	else
		sqlite3_bind_blob64(st, column, key.p, key.n, SQLITE_STATIC);
}

/* ask: id, text, articles. */
static int
group_tag(struct pm_catalog *catalog, sqlite3_stmt *add, sqlite3_stmt *ask,
    const struct pm_tag_lines *lines, struct pm_buf *key,
    struct pm_err *err)
{
	const char *shown = NULL;
	size_t line = 0;
	int rc;

	pm_buf_reset(key);
	rc = pm_tag_key(key, pm_catalog_column(ask, 1), err);
	if (rc != PM_OK)
		return rc;
	if (lines != NULL)
		line = lines->line(lines->context, &shown,
		    pm_buf_bytes(key));
	sqlite3_reset(add);
	sqlite3_clear_bindings(add);
	sqlite3_bind_int64(add, 1, sqlite3_column_int64(ask, 0));
	sqlite3_bind_int64(add, 2, (int64_t)line);
	bind_key(add, 3, line == 0 ? pm_buf_bytes(key) :
	    (struct pm_bytes){ NULL, 0 });
	if (line != 0)
		pm_catalog_bind(add, 4, pm_bytes_of(shown));
	sqlite3_bind_int64(add, 5, sqlite3_column_int64(ask, 2));
	return pm_catalog_run(catalog, add, err);
}

static int
group_tags(struct pm_catalog *catalog, const struct pm_tag_lines *lines,
    struct pm_err *err)
{
	sqlite3_stmt *ask = NULL, *add = NULL;
	struct pm_buf key;
	int rc = pm_catalog_exec(catalog, tables, err);

	pm_buf_init(&key);
	if (rc == PM_OK)
		rc = pm_catalog_prepare(&ask, catalog, "SELECT t.id, t.text,"
		    " count(*) FROM article_tag x JOIN tag t ON t.id = x.tag"
		    " GROUP BY t.id", err);
	if (rc == PM_OK)
		rc = pm_catalog_prepare(&add, catalog, "INSERT INTO"
		    " tag_group VALUES(?1, ?2, ?3, ?4, ?5)", err);
	while (rc == PM_OK && (rc = pm_catalog_step(catalog, ask, err)) ==
	    PM_OK)
		rc = group_tag(catalog, add, ask, lines, &key, err);
	sqlite3_finalize(ask);
	sqlite3_finalize(add);
	pm_buf_clear(&key);
	return rc == PM_END ? pm_catalog_exec(catalog, rows, err) : rc;
}

/* ---- rows ---- */

struct name_counts {
	struct pm_name_count *p;
	size_t n, capacity;
};

struct lister {
	struct pm_catalog *catalog;
	struct pm_err *err;
	struct pm_arena arena;           /* of one row, its strings */
	struct name_counts lang, variant;
	sqlite3_stmt *langs, *variants;
};

static int
keep(const char **out, struct lister *lister, struct pm_bytes text)
{
	char *copy = pm_arena_alloc(&lister->arena, text.n + 1, lister->err);

	if (copy == NULL)
		return PM_ENOMEM;
	if (text.n > 0)
		memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	*out = copy;
	return PM_OK;
}

/* The rows (name, articles) of a question about a group. */
static int
list_counts(struct name_counts *out, struct lister *lister, sqlite3_stmt *st,
    int64_t line, struct pm_bytes key)
{
	int rc;

	out->n = 0;
	sqlite3_reset(st);
	sqlite3_bind_int64(st, 1, line);
	bind_key(st, 2, key);
	while ((rc = pm_catalog_step(lister->catalog, st, lister->err)) ==
	    PM_OK) {
		struct pm_name_count count = { .articles =
		    (uint64_t)sqlite3_column_int64(st, 1) };

		if ((rc = LIST_ROOM(*out, lister->err)) != PM_OK ||
		    (rc = keep(&count.name, lister,
		    pm_catalog_column(st, 0))) != PM_OK)
			break;
		out->p[out->n++] = count;
	}
	sqlite3_reset(st);
	return rc == PM_END ? PM_OK : rc;
}

/* st: line, key, tag, articles. */
static int
read_row(struct pm_listed_tag *out, struct lister *lister, sqlite3_stmt *st)
{
	int64_t line = sqlite3_column_int64(st, 0);
	struct pm_bytes key = pm_catalog_column(st, 1);
	int rc;

	pm_arena_reset(&lister->arena);
	*out = (struct pm_listed_tag){ .articles =
	    (uint64_t)sqlite3_column_int64(st, 3) };
	if ((rc = list_counts(&lister->lang, lister, lister->langs, line,
	    key)) != PM_OK || (rc = list_counts(&lister->variant, lister,
	    lister->variants, line, key)) != PM_OK ||
	    (rc = keep(&out->tag, lister, pm_catalog_column(st, 2))) != PM_OK)
		return rc;
	out->lang = lister->lang.p;
	out->lang_n = lister->lang.n;
	out->variant = lister->variant.p;
	out->variant_n = lister->variant.n;
	return PM_OK;
}

#define OF_GROUP " FROM tag_group g JOIN article_tag x ON x.tag = g.tag"

static int
list_rows(struct lister *lister,
    int (*tag)(void *context, const struct pm_listed_tag *tag),
    void *context)
{
	struct pm_catalog *catalog = lister->catalog;
	struct pm_listed_tag row;
	sqlite3_stmt *st = NULL;
	int answered = PM_OK, rc;

	if ((rc = pm_catalog_prepare(&lister->langs, catalog, "SELECT"
	    " coalesce(a.lang, 'und') AS l, count(DISTINCT a.number) AS n"
	    OF_GROUP " JOIN article a ON a.number = x.article"
	    " WHERE g.line = ?1 AND g.key = ?2 GROUP BY l"
	    " ORDER BY n DESC, l", lister->err)) == PM_OK &&
	    (rc = pm_catalog_prepare(&lister->variants, catalog, "SELECT"
	    " t.text, g.articles FROM tag_group g JOIN tag t ON t.id = g.tag"
	    " WHERE g.line = ?1 AND g.key = ?2"
	    " ORDER BY g.articles DESC, t.text", lister->err)) == PM_OK)
		rc = pm_catalog_prepare(&st, catalog, "SELECT line, key, tag,"
		    " articles FROM tag_row ORDER BY articles DESC, tag",
		    lister->err);
	while (rc == PM_OK && answered == PM_OK &&
	    (rc = pm_catalog_step(catalog, st, lister->err)) == PM_OK)
		if ((rc = read_row(&row, lister, st)) == PM_OK)
			answered = tag(context, &row);
	sqlite3_finalize(st);
	return answered != PM_OK ? answered : rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_list_tags(struct pm_catalog *catalog,
    const struct pm_tag_lines *lines,
    int (*tag)(void *context, const struct pm_listed_tag *tag),
    void *context, struct pm_err *err)
{
	struct lister lister = { .catalog = catalog, .err = err };
	int rc = group_tags(catalog, lines, err);

	pm_arena_init(&lister.arena);
	if (rc == PM_OK)
		rc = list_rows(&lister, tag, context);
	sqlite3_finalize(lister.langs);
	sqlite3_finalize(lister.variants);
	pm_arena_clear(&lister.arena);
	pm_free(lister.lang.p);
	pm_free(lister.variant.p);
	return rc;
}
