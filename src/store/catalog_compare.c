/*
 * One catalog against another, row by row.
 */
#include <stdio.h>

#include "base/err.h"
#include "store/catalog_internal.h"

struct comparison {
	struct pm_catalog *a, *b;
	int (*difference)(void *context, const char *text);
	void *context;
	struct pm_err *err;
};

static bool
equal_values(sqlite3_stmt *a, sqlite3_stmt *b, int column)
{
	int type = sqlite3_column_type(a, column);

	if (type != sqlite3_column_type(b, column))
		return false;
	switch (type) {
	case SQLITE_NULL:
		return true;
	case SQLITE_INTEGER:
		return sqlite3_column_int64(a, column) ==
		    sqlite3_column_int64(b, column);
	case SQLITE_FLOAT: {
		double x = sqlite3_column_double(a, column);
		double y = sqlite3_column_double(b, column);

		return memcmp(&x, &y, sizeof x) == 0;
	}
	default:
		return pm_bytes_equal(pm_catalog_column(a, column),
		    pm_catalog_column(b, column));
	}
}

/* The first column that differs, or -1. */
static int
compare_row(sqlite3_stmt *a, sqlite3_stmt *b)
{
	int n = sqlite3_column_count(a);

	if (n != sqlite3_column_count(b))
		return 0;
	for (int i = 0; i < n; i++)
		if (!equal_values(a, b, i))
			return i;
	return -1;
}

static int
tell(struct comparison *comparison, const char *table, const char *what)
{
	char text[400];

	(void)snprintf(text, sizeof text, "table %s: %s", table, what);
	return comparison->difference(comparison->context, text);
}

static int
tell_row(struct comparison *comparison, const char *table, sqlite3_stmt *a,
    sqlite3_stmt *b, int column)
{
	char text[300];
	const char *x = (const char *)sqlite3_column_text(a, column);
	const char *y = (const char *)sqlite3_column_text(b, column);

	(void)snprintf(text, sizeof text, "row %lld, column %s: '%.60s', "
	    "the volumes say '%.60s'",
	    (long long)sqlite3_column_int64(a, 0),
	    sqlite3_column_name(a, column), x == NULL ? "NULL" : x,
	    y == NULL ? "NULL" : y);
	return tell(comparison, table, text);
}

/* Only the first difference of a table: the others follow from it, or will be
 * mended by the same reindex. */
static int
compare_statements(struct comparison *comparison, const char *table,
    sqlite3_stmt *a, sqlite3_stmt *b)
{
	for (;;) {
		int x = sqlite3_step(a), y = sqlite3_step(b);
		int column;

		if (y != SQLITE_ROW && y != SQLITE_DONE)
			return pm_catalog_fail(comparison->b, "cannot read",
			    comparison->err);
		if (x != SQLITE_ROW && x != SQLITE_DONE)
			return tell(comparison, table,
			    sqlite3_errmsg(comparison->a->db));
		if (x != y)
			return tell(comparison, table, x == SQLITE_ROW ?
			    "has rows that the volumes do not have" :
			    "rows are missing");
		if (x == SQLITE_DONE)
			return 0;
		if ((column = compare_row(a, b)) >= 0)
			return tell_row(comparison, table, a, b, column);
	}
}

static int
compare_query(struct comparison *comparison, const char *table,
    const char *query)
{
	sqlite3_stmt *a = NULL, *b = NULL;
	int rc;

	if (sqlite3_prepare_v2(comparison->b->db, query, -1, &b, NULL) !=
	    SQLITE_OK)
		return pm_catalog_fail(comparison->b, "cannot read",
		    comparison->err);
	if (sqlite3_prepare_v2(comparison->a->db, query, -1, &a, NULL) !=
	    SQLITE_OK)
		rc = tell(comparison, table,
		    sqlite3_errmsg(comparison->a->db));
	else
		rc = compare_statements(comparison, table, a, b);
	sqlite3_finalize(a);
	sqlite3_finalize(b);
	return rc;
}

static int
compare_tables(struct comparison *comparison)
{
	sqlite3_stmt *names = NULL;
	char query[200];
	int rc = pm_catalog_prepare(&names, comparison->b, "SELECT name FROM"
	    " sqlite_schema WHERE type = 'table' AND name NOT LIKE"
	    " 'sqlite_%' ORDER BY name", comparison->err);

	while (rc == PM_OK && (rc = pm_catalog_step(comparison->b, names,
	    comparison->err)) == PM_OK) {
		const char *name = (const char *)sqlite3_column_text(names,
		    0);

		(void)snprintf(query, sizeof query,
		    "SELECT * FROM \"%s\" NOT INDEXED", name);
		rc = compare_query(comparison, name, query);
	}
	sqlite3_finalize(names);
	return rc == PM_END ? PM_OK : rc;
}

/* Indexes hold copies of what the tables say: SQLite itself compares them. */
static int
check_integrity(struct comparison *comparison)
{
	sqlite3_stmt *st = NULL;
	int rc = PM_OK, code;

	if (sqlite3_prepare_v2(comparison->a->db, "PRAGMA integrity_check(5)",
	    -1, &st, NULL) != SQLITE_OK)
		return tell(comparison, "(all)",
		    sqlite3_errmsg(comparison->a->db));
	while (rc == PM_OK && (code = sqlite3_step(st)) != SQLITE_DONE) {
		const char *text = code == SQLITE_ROW ?
		    (const char *)sqlite3_column_text(st, 0) :
		    sqlite3_errmsg(comparison->a->db);

		if (code != SQLITE_ROW || text == NULL ||
		    strcmp(text, "ok") != 0)
			rc = tell(comparison, "(all)", text == NULL ? "?" :
			    text);
		if (code != SQLITE_ROW)
			break;
	}
	sqlite3_finalize(st);
	return rc;
}

int
pm_catalog_compare(struct pm_catalog *a, struct pm_catalog *b,
    int (*difference)(void *context, const char *text), void *context,
    struct pm_err *err)
{
	struct comparison comparison = { a, b, difference, context, err };
	int rc = compare_query(&comparison, "sqlite_schema",
	    "SELECT type, name, tbl_name, sql FROM sqlite_schema"
	    " ORDER BY rowid");

	if (rc == PM_OK)
		rc = compare_query(&comparison, "(header)",
		    "SELECT application_id, user_version FROM"
		    " pragma_application_id, pragma_user_version");
	if (rc == PM_OK)
		rc = compare_tables(&comparison);
	if (rc == PM_OK)
		rc = check_integrity(&comparison);
	return rc;
}

int
pm_catalog_articles_in_frame(struct pm_catalog *catalog, uint64_t frame,
    int (*article)(void *context, const char *id), void *context,
    struct pm_err *err)
{
	sqlite3_stmt *st = NULL;
	char id[17];
	int rc = pm_catalog_prepare(&st, catalog, "SELECT DISTINCT key FROM"
	    " (SELECT key FROM article WHERE frame = ?1 UNION ALL"
	    " SELECT a.key FROM capture c JOIN article a ON"
	    " a.number = c.article WHERE c.recipe_frame = ?1)"
	    " ORDER BY key", err);

	if (rc == PM_OK)
		sqlite3_bind_int64(st, 1, (int64_t)frame);
	while (rc == PM_OK && (rc = pm_catalog_step(catalog, st, err)) ==
	    PM_OK) {
		pm_catalog_id(id, sqlite3_column_int64(st, 0));
		rc = article(context, id);
	}
	sqlite3_finalize(st);
	return rc == PM_END ? PM_OK : rc;
}
