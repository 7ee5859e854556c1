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

/* ---- where captures go ---- */

/*
 * `wanted` gets the captures, with the number of their path among different
 * bytes, first crawled first, and how many of them there are; the same bytes
 * again at one path are left out.
 */
static int
fill_wanted(struct pm_catalog *catalog, struct pm_err *err)
{
	return pm_catalog_exec(catalog, "CREATE TEMP TABLE IF NOT EXISTS"
	    " wanted(capture INTEGER PRIMARY KEY, copy INTEGER,"
	    " copies INTEGER);"
	    "DELETE FROM wanted;"
	    "INSERT INTO wanted SELECT number, row_number() OVER (PARTITION"
	    " BY directory, name ORDER BY crawled, key, rest), count(*) OVER"
	    " (PARTITION BY directory, name) FROM"
	    " (SELECT c.number, c.directory, c.name, c.key, c.rest,"
	    " c.crawled, row_number() OVER (PARTITION BY c.directory,"
	    " c.name, c.key, c.rest ORDER BY c.crawled, c.number)"
	    " AS again FROM capture c WHERE c.recipe_frame <> 0 AND"
	    " (c.file IS NULL OR c.kind = 4"
	    /* Of a file whose end was not reached, the records. */
	    " OR NOT EXISTS (SELECT 1 FROM capture f WHERE f.file = c.file"
	    " AND f.kind = 4 AND f.recipe_frame <> 0))) WHERE again = 1",
	    err);
}

/* Names that may not be given to a copy of `base`: of the number 1 is `base`
 * itself, where it is a directory; others are BASE~number of a capture or a
 * directory. */
struct reserver {
	struct pm_catalog *catalog;
	struct pm_err *err;
	sqlite3_stmt *find, *add;
	struct pm_buf last;              /* the directory before */
};

static int
reserve(struct reserver *reserver, int64_t directory, struct pm_bytes base,
    int64_t number)
{
	sqlite3_reset(reserver->add);
	sqlite3_bind_int64(reserver->add, 1, directory);
	pm_catalog_bind(reserver->add, 2, base);
	sqlite3_bind_int64(reserver->add, 3, number);
	return pm_catalog_run(reserver->catalog, reserver->add,
	    reserver->err);
}

/* Only a name that a copy could get: no leading zero, no number but small. */
static int
reserve_numbered(struct reserver *reserver, int64_t directory,
    struct pm_bytes name)
{
	enum { DIGITS_MAX = 9 };
	size_t digits = 0;
	int64_t number = 0;

	while (digits < name.n && digits <= DIGITS_MAX &&
	    name.p[name.n - digits - 1] >= '0' &&
	    name.p[name.n - digits - 1] <= '9')
		digits++;
	size_t n = name.n - digits;

	if (digits == 0 || digits > DIGITS_MAX || n == 0 ||
	    name.p[n - 1] != '~' || name.p[n] == '0')
		return PM_OK;
	for (size_t i = n; i < name.n; i++)
		number = number * 10 + (name.p[i] - '0');
	return number < 2 ? PM_OK : reserve(reserver, directory,
	    (struct pm_bytes){ name.p, n - 1 }, number);
}

/* A directory is in the way of captures of the directory above it. */
static int
reserve_folder(struct reserver *reserver, struct pm_bytes folder)
{
	struct pm_bytes above = { folder.p, 0 }, name = folder;
	size_t slash = folder.n;
	int64_t directory;
	int rc;

	while (slash > 1 && folder.p[slash - 1] != '/')
		slash--;
	if (slash > 1) {
		above.n = slash - 1;
		name = (struct pm_bytes){ folder.p + slash, folder.n - slash };
	}
	sqlite3_reset(reserver->find);
	pm_catalog_bind(reserver->find, 1, above);
	rc = pm_catalog_step(reserver->catalog, reserver->find,
	    reserver->err);
	if (rc != PM_OK)
		return rc == PM_END ? PM_OK : rc;
	directory = sqlite3_column_int64(reserver->find, 0);
	if ((rc = reserve(reserver, directory, name, 1)) != PM_OK)
		return rc;
	return reserve_numbered(reserver, directory, name);
}

/* path and all above it that are not above the path before. */
static int
reserve_folders(struct reserver *reserver, struct pm_bytes path)
{
	const struct pm_buf *last = &reserver->last;
	size_t common = 0;
	int rc = PM_OK;

	while (common < path.n && common < last->n &&
	    path.p[common] == last->p[common])
		common++;
	for (size_t i = common; i <= path.n && rc == PM_OK; i++)
		if (i > 0 && (i == path.n || path.p[i] == '/') &&
		    (i > common || i >= last->n || last->p[i] != '/'))
			rc = reserve_folder(reserver,
			    (struct pm_bytes){ path.p, i });
	pm_buf_reset(&reserver->last);
	return rc == PM_OK ? pm_buf_append(&reserver->last, path.p, path.n,
	    reserver->err) : rc;
}

static int
reserve_all(struct reserver *reserver)
{
	struct pm_catalog *catalog = reserver->catalog;
	struct pm_err *err = reserver->err;
	sqlite3_stmt *st = NULL;
	int rc = pm_catalog_prepare(&st, catalog, "SELECT path FROM directory"
	    " ORDER BY path", err);

	while (rc == PM_OK && (rc = pm_catalog_step(catalog, st, err)) ==
	    PM_OK)
		rc = reserve_folders(reserver, pm_catalog_column(st, 0));
	sqlite3_finalize(st);
	st = NULL;
	if (rc == PM_END)
		rc = pm_catalog_prepare(&st, catalog, "SELECT DISTINCT"
		    " directory, name FROM capture WHERE name GLOB '*~[1-9]*'",
		    err);
	while (rc == PM_OK && (rc = pm_catalog_step(catalog, st, err)) ==
	    PM_OK)
		rc = reserve_numbered(reserver, sqlite3_column_int64(st, 0),
		    pm_catalog_column(st, 1));
	sqlite3_finalize(st);
	return rc == PM_END ? PM_OK : rc;
}

/* `taken`: the numbers reserved for a name in order, each with how many are
 * free below it.  Copy k gets the k-th free number: k + the rank of the last
 * one that has fewer than k free below it. */
static int
fill_taken(struct pm_catalog *catalog, struct pm_err *err)
{
	struct reserver reserver = { .catalog = catalog, .err = err };
	int rc = pm_catalog_exec(catalog, "CREATE TEMP TABLE IF NOT EXISTS"
	    " reserved(directory INTEGER, base, number INTEGER, PRIMARY KEY"
	    "(directory, base, number)) WITHOUT ROWID; DELETE FROM reserved;"
	    "CREATE TEMP TABLE IF NOT EXISTS taken(directory INTEGER, base,"
	    " free INTEGER, rank INTEGER, PRIMARY KEY(directory, base, free,"
	    " rank)) WITHOUT ROWID;"
	    "DELETE FROM taken", err);

	pm_buf_init(&reserver.last);
	if (rc == PM_OK && (rc = pm_catalog_prepare(&reserver.find, catalog,
	    "SELECT id FROM directory WHERE path = ?1", err)) == PM_OK &&
	    (rc = pm_catalog_prepare(&reserver.add, catalog, "INSERT OR"
	    " IGNORE INTO reserved VALUES(?1, ?2, ?3)", err)) == PM_OK)
		rc = reserve_all(&reserver);
	sqlite3_finalize(reserver.find);
	sqlite3_finalize(reserver.add);
	pm_buf_clear(&reserver.last);
	return rc == PM_OK ? pm_catalog_exec(catalog, "INSERT INTO taken"
	    " SELECT directory, base, number - rank, rank FROM"
	    " (SELECT directory, base, number, row_number() OVER (PARTITION"
	    " BY directory, base ORDER BY number) AS rank FROM reserved)",
	    err) : rc;
}

/* ---- which captures ---- */

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
		    " article IN (SELECT article FROM selected) UNION"
		    " SELECT f.number FROM capture c JOIN capture f ON"
		    " f.file = c.file AND f.kind = 4 WHERE c.article IN"
		    " (SELECT article FROM selected))", err);
	return rc;
}

#define LAST_TAKEN(value, condition) "coalesce((SELECT " value \
	" FROM taken t WHERE t.directory = c.directory AND t.base = c.name " \
	condition " ORDER BY t.free DESC, t.rank DESC LIMIT 1), 0)"
#define NUMBER_OF(copy) copy " + " LAST_TAKEN("t.rank", "AND t.free < " copy)

static const char restorable_sql[] =
"SELECT " PATH_SQL ", " NUMBER_OF("w.copy") ", 1 + max("
NUMBER_OF("w.copies") ", " LAST_TAKEN("t.free + t.rank", "") "),"
" c.recipe_frame, c.recipe_offset, c.bytes, coalesce(c.mtime, c.crawled),"
" coalesce(c.mtime_nanoseconds, 0), c.mode, c.key, c.rest, c.number"
" FROM wanted w CROSS JOIN capture c ON c.number = w.capture"
" CROSS JOIN directory d ON d.id = c.directory"
" ORDER BY c.recipe_frame, c.recipe_offset, c.number";

static void
read_restorable(struct pm_restorable *out, sqlite3_stmt *st)
{
	struct pm_bytes rest = pm_catalog_column(st, 10);
	uint64_t key = (uint64_t)sqlite3_column_int64(st, 9) ^
	    UINT64_C(1) << 63;

	*out = (struct pm_restorable){ .path = pm_catalog_column(st, 0),
	    .number = (unsigned)sqlite3_column_int64(st, 1),
	    .free_number = (unsigned)sqlite3_column_int64(st, 2),
	    .capture = (uint64_t)sqlite3_column_int64(st, 11),
	    .recipe_frame = (uint64_t)sqlite3_column_int64(st, 3),
	    .recipe_offset = (uint32_t)sqlite3_column_int64(st, 4),
	    .bytes = (uint64_t)sqlite3_column_int64(st, 5),
	    .mtime_ns = sqlite3_column_int64(st, 6) * 1000000000 +
	    sqlite3_column_int64(st, 7),
	    .mode = (uint32_t)sqlite3_column_int64(st, 8) };
	for (int i = 0; i < 8; i++)
		out->sha256[i] = (uint8_t)(key >> (56 - 8 * i));
	if (rest.n == 24)
		memcpy(out->sha256 + 8, rest.p, 24);
}

int
pm_catalog_text_only(uint64_t *out, struct pm_catalog *catalog,
    struct pm_err *err)
{
	int64_t n = 0;
	int rc = pm_catalog_number(&n, catalog, "SELECT count(*) FROM capture"
	    " WHERE recipe_frame = 0 AND kind <> 4 AND NOT EXISTS (SELECT 1"
	    " FROM lost l WHERE l.what = 1 AND l.number = capture.number)",
	    err);

	*out = (uint64_t)n;
	return rc;
}

static int
list_wanted(struct pm_catalog *catalog, sqlite3_stmt *st,
    int (*capture)(void *context, const struct pm_restorable *capture),
    void *context, struct pm_err *err)
{
	struct pm_restorable restorable;
	int answered = PM_OK, rc = PM_OK;

	while (answered == PM_OK &&
	    (rc = pm_catalog_step(catalog, st, err)) == PM_OK) {
		read_restorable(&restorable, st);
		answered = capture(context, &restorable);
	}
	return answered != PM_OK ? answered : rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_list_frames(struct pm_catalog *catalog,
    int (*frame)(void *context, uint64_t id, uint32_t volume,
    const struct pm_frame_at *at), void *context, struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int answered = PM_OK, rc = pm_catalog_prepare(&st, catalog, "SELECT"
	    " id, volume, offset, packed_bytes, plain_bytes FROM frame"
	    " ORDER BY id", err);

	while (rc == PM_OK && answered == PM_OK &&
	    (rc = pm_catalog_step(catalog, st, err)) == PM_OK) {
		struct pm_frame_at at = {
		    .offset = (uint64_t)sqlite3_column_int64(st, 2),
		    .packed_bytes = (uint32_t)sqlite3_column_int64(st, 3),
		    .plain_bytes = (uint32_t)sqlite3_column_int64(st, 4) };

		answered = frame(context,
		    (uint64_t)sqlite3_column_int64(st, 0),
		    (uint32_t)sqlite3_column_int64(st, 1), &at);
	}
	sqlite3_finalize(st);
	return answered != PM_OK ? answered : rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_list_restorable(struct pm_catalog *catalog,
    const struct pm_query *query,
    int (*capture)(void *context, const struct pm_restorable *capture),
    void *context, struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = fill_wanted(catalog, err);

	if (rc == PM_OK)
		rc = fill_taken(catalog, err);
	if (rc == PM_OK && query != NULL)
		rc = keep_selected(catalog, query, err);
	if (rc == PM_OK)
		rc = pm_catalog_prepare(&st, catalog, restorable_sql, err);
	if (rc == PM_OK)
		rc = list_wanted(catalog, st, capture, context, err);
	sqlite3_finalize(st);
	return rc;
}

static const char recipes_sql[] =
"SELECT " PATH_SQL ", 0, 0, c.recipe_frame, c.recipe_offset, c.bytes,"
" coalesce(c.mtime, c.crawled), coalesce(c.mtime_nanoseconds, 0), c.mode,"
" c.key, c.rest, c.number FROM wanted w CROSS JOIN capture c ON c.number = w.capture"
" CROSS JOIN directory d ON d.id = c.directory WHERE w.capture > ?1"
" ORDER BY w.capture";

int
pm_catalog_list_recipes(struct pm_catalog *catalog, uint64_t after,
    int (*capture)(void *context, const struct pm_restorable *capture),
    void *context, struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = fill_wanted(catalog, err);

	if (rc == PM_OK)
		rc = pm_catalog_prepare(&st, catalog, recipes_sql, err);
	if (rc == PM_OK) {
		sqlite3_bind_int64(st, 1, (int64_t)after);
		rc = list_wanted(catalog, st, capture, context, err);
	}
	sqlite3_finalize(st);
	return rc;
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
