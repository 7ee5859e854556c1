/*
 * Which captures go where: the questions of restore and of scan --pairs.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "store/catalog_internal.h"
#include "store/catalog_query.h"

#define PATH_SQL "CASE WHEN d.path = '' THEN c.name ELSE d.path || '/' ||" \
	" c.name END"

/*
 * `wanted` gets the captures, with the number of their path among different
 * bytes: 1 for the first crawled, 2 for PATH~2, ...; the same bytes again at
 * one path are left out.
 */
static int
fill_wanted(struct pm_catalog *catalog, struct pm_err *err)
{
	return pm_catalog_exec(catalog, "CREATE TEMP TABLE IF NOT EXISTS"
	    " wanted(capture INTEGER PRIMARY KEY, copy INTEGER);"
	    "DELETE FROM wanted;"
	    "INSERT INTO wanted SELECT number, row_number() OVER (PARTITION"
	    " BY directory, name ORDER BY crawled, key, rest) FROM"
	    " (SELECT c.number, c.directory, c.name, c.key, c.rest,"
	    " c.crawled, row_number() OVER (PARTITION BY c.directory,"
	    " c.name, c.key, c.rest ORDER BY c.crawled, c.number)"
	    " AS again FROM capture c) WHERE again = 1", err);
}

static int
note_article(void *context, struct pm_article *article,
    const struct pm_article_row *place)
{
	sqlite3_stmt *st = context;

	(void)article;
	sqlite3_reset(st);
	sqlite3_bind_int64(st, 1, (int64_t)place->number);
	return sqlite3_step(st) == SQLITE_DONE ? PM_OK : PM_EIO;
}

/* Captures that show none of the articles go; numbers of paths stay, so that
 * a capture has the same name in every selection. */
static int
keep_selected(struct pm_catalog *catalog, const struct pm_query *query,
    struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = pm_catalog_exec(catalog, "CREATE TEMP TABLE IF NOT EXISTS"
	    " selected(article INTEGER PRIMARY KEY); DELETE FROM selected",
	    err);

	if (rc == PM_OK)
		rc = pm_catalog_prepare(&st, catalog,
		    "INSERT INTO selected VALUES(?1)", err);
	if (rc == PM_OK)
		rc = pm_catalog_list_articles(catalog, query, PM_DETAIL_ROW,
		    note_article, st, err);
	sqlite3_finalize(st);
	if (rc == PM_OK)
		rc = pm_catalog_exec(catalog, "DELETE FROM wanted WHERE"
		    " capture NOT IN (SELECT number FROM capture WHERE"
		    " article IN (SELECT article FROM selected))", err);
	return rc;
}

static int
put_path(struct pm_buf *out, struct pm_bytes path, int64_t copy,
    struct pm_err *err)
{
	int rc;

	pm_buf_reset(out);
	rc = pm_buf_append(out, path.p, path.n, err);
	if (rc == PM_OK && copy > 1)
		rc = pm_buf_printf(out, err, "~%lld", (long long)copy);
	return rc;
}

static int
read_restorable(struct pm_restorable *out, struct pm_buf *path,
    sqlite3_stmt *st, struct pm_err *err)
{
	struct pm_bytes rest = pm_catalog_column(st, 8);
	uint64_t key = (uint64_t)sqlite3_column_int64(st, 7) ^
	    UINT64_C(1) << 63;
	int rc = put_path(path, pm_catalog_column(st, 0),
	    sqlite3_column_int64(st, 1), err);

	*out = (struct pm_restorable){ .path = pm_buf_bytes(path),
	    .recipe_frame = (uint64_t)sqlite3_column_int64(st, 2),
	    .recipe_offset = (uint32_t)sqlite3_column_int64(st, 3),
	    .bytes = (uint64_t)sqlite3_column_int64(st, 4),
	    .mode = (uint32_t)sqlite3_column_int64(st, 6),
	    .mtime_ns = sqlite3_column_int64(st, 5) * 1000000000 +
	    sqlite3_column_int64(st, 9) };
	for (int i = 0; i < 8; i++)
		out->sha256[i] = (uint8_t)(key >> (56 - 8 * i));
	if (rest.n == 24)
		memcpy(out->sha256 + 8, rest.p, 24);
	return rc;
}

int
pm_catalog_list_restorable(struct pm_catalog *catalog,
    const struct pm_query *query,
    int (*capture)(void *context, const struct pm_restorable *capture),
    void *context, struct pm_err *err)
{
	struct pm_restorable restorable;
	struct pm_buf path;
	sqlite3_stmt *st = NULL;
	int rc = fill_wanted(catalog, err);

	pm_buf_init(&path);
	if (rc == PM_OK && query != NULL)
		rc = keep_selected(catalog, query, err);
	if (rc == PM_OK)
		rc = pm_catalog_prepare(&st, catalog, "SELECT " PATH_SQL ","
		    " w.copy, c.recipe_frame, c.recipe_offset, c.bytes,"
		    " coalesce(c.mtime, c.crawled), c.mode, c.key, c.rest,"
		    " coalesce(c.mtime_nanoseconds, 0)"
		    " FROM wanted w JOIN capture c ON c.number = w.capture"
		    " JOIN directory d ON d.id = c.directory"
		    " ORDER BY c.recipe_frame, c.recipe_offset, c.number",
		    err);
	while (rc == PM_OK && (rc = pm_catalog_step(catalog, st, err)) ==
	    PM_OK) {
		rc = read_restorable(&restorable, &path, st, err);
		if (rc == PM_OK)
			rc = capture(context, &restorable);
	}
	sqlite3_finalize(st);
	pm_buf_clear(&path);
	return rc == PM_END ? PM_OK : rc;
}

/* ---- pairs ---- */

/* How two articles x and y stand, and the relation r between their groups. */
#define PAIR_COLUMNS \
	"CASE WHEN x.number = y.number THEN -1 WHEN x.same = y.same THEN 0" \
	" ELSE r.kind END, coalesce(r.jaccard, 1.0)," \
	" coalesce(r.containment, 1.0)"
#define GROUP(t) "coalesce(" t ".same, " t ".number)"
#define RELATION_OF_PAIR \
	" LEFT JOIN relation r ON r.a = min(" GROUP("x") ", " GROUP("y") ")" \
	" AND r.b = max(" GROUP("x") ", " GROUP("y") ")"

/* Each capture with the first path of its canonical article. */
static const char canonical_sql[] =
"WITH first AS (SELECT c.article, min(CAST(" PATH_SQL " AS BLOB)) AS path"
" FROM capture c JOIN directory d ON d.id = c.directory"
" WHERE c.article IS NOT NULL GROUP BY c.article)"
" SELECT CAST(" PATH_SQL " AS BLOB) AS p, f.path, " PAIR_COLUMNS
" FROM capture c JOIN directory d ON d.id = c.directory"
" JOIN article x ON x.number = c.article"
" JOIN article y ON y.number = x.canonical"
" JOIN first f ON f.article = y.number" RELATION_OF_PAIR
" WHERE p <> f.path ORDER BY p, f.path";

/* Every two captures of one cluster that are related themselves, the smaller
 * path first: by articles, their captures, then put into order. */
static const char all_sql[] =
"WITH pair(a, b, kind, jaccard, containment) AS ("
" SELECT number, number, -1, 1.0, 1.0 FROM article"
" UNION ALL SELECT x.number, y.number, 0, 1.0, 1.0 FROM article x"
"  JOIN article y ON y.same = x.same AND y.number > x.number"
" UNION ALL SELECT x.number, y.number, r.kind, r.jaccard, r.containment"
"  FROM relation r JOIN article x ON x.number = r.a OR x.same = r.a"
"  JOIN article y ON y.number = r.b OR y.same = r.b"
"  WHERE x.canonical = y.canonical),"
" shown AS MATERIALIZED (SELECT CAST(" PATH_SQL " AS BLOB) AS p, c.article,"
"  c.number FROM capture c JOIN directory d ON d.id = c.directory"
"  WHERE c.article IS NOT NULL)"
" SELECT min(x.p, y.p) AS p, max(x.p, y.p) AS q, kind, jaccard, containment"
" FROM pair JOIN shown x ON x.article = pair.a JOIN shown y"
" ON y.article = pair.b WHERE pair.a <> pair.b OR x.number < y.number"
" ORDER BY p, q";

static const char *
pair_name(int kind)
{
	return kind < 0 ? "identical" : kind == 0 ? "same" :
	    pm_relation_name(kind);
}

int
pm_catalog_list_pairs(struct pm_catalog *catalog, enum pm_pairs pairs,
    int (*answer)(void *context, const struct pm_pair *pair), void *context,
    struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int answered = PM_OK, rc = pm_catalog_prepare(&st, catalog,
	    pairs == PM_PAIRS_ALL ? all_sql : canonical_sql, err);

	while (rc == PM_OK && answered == PM_OK &&
	    (rc = pm_catalog_step(catalog, st, err)) == PM_OK) {
		struct pm_pair pair = { pm_catalog_column(st, 0),
		    pm_catalog_column(st, 1),
		    pair_name(sqlite3_column_int(st, 2)),
		    sqlite3_column_double(st, 3),
		    sqlite3_column_double(st, 4) };

		answered = answer(context, &pair);
	}
	sqlite3_finalize(st);
	return answered != PM_OK ? answered : rc == PM_END ? PM_OK : rc;
}
