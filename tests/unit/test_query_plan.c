/*
 * Which indexes ls uses: every question comes in its order off an index, so
 * that the first rows need no look at the others.
 */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "store/catalog_internal.h"

static struct pm_catalog *catalog;

static int
open_catalog(void **state)
{
	struct pm_err err;

	(void)state;
	assert_int_equal(pm_catalog_open(&catalog, NULL, PM_CATALOG_TEMP,
	    &err), PM_OK);
	assert_int_equal(pm_catalog_exec(catalog,
	    "INSERT INTO tag(text) VALUES('Sport'), ('sport'), ('Law');"
	    "INSERT INTO input(name) VALUES('site');"
	    "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r"
	    " WHERE i < 60) INSERT INTO article(number, key, rest, norm,"
	    " frame, offset, bytes, canonical, copies, input, published,"
	    " offset_minutes, precision, date_source, lang, title) SELECT i,"
	    " i * 5000000000, zeroblob(24), i, 1, 0, 9, i, 1, 1,"
	    " 1700000000 + (i * 37 % 60) * 86400, 0,"
	    " CASE WHEN i % 10 = 0 THEN 5 ELSE 3 END,"
	    " CASE WHEN i % 7 = 0 THEN 6 ELSE 2 END,"
	    " CASE i % 3 WHEN 0 THEN 'ru' WHEN 1 THEN 'uz-Cyrl' END,"
	    " 'Title ' || i FROM r;"
	    "INSERT INTO article_tag SELECT number, number % 3 + 1, published"
	    " FROM article;"
	    "INSERT OR IGNORE INTO article_tag SELECT number, 1, published"
	    " FROM article WHERE number % 4 = 0", &err), PM_OK);
	return 0;
}

static int
close_catalog(void **state)
{
	(void)state;
	pm_catalog_close(catalog);
	return 0;
}

/* The plan of a question, a step a line. */
static void
read_plan(struct pm_buf *out, const struct pm_select *select)
{
	struct pm_query query;
	struct pm_err err;
	struct pm_buf sql;
	sqlite3_stmt *st = NULL, *plan = NULL;

	pm_buf_init(&sql);
	assert_int_equal(pm_query_init(&query, select, catalog, &err), PM_OK);
	assert_int_equal(pm_query_prepare_articles(&st, catalog, &query,
	    &err), PM_OK);
	assert_int_equal(pm_buf_printf(&sql, &err, "EXPLAIN QUERY PLAN %s",
	    sqlite3_sql(st)), PM_OK);
	assert_int_equal(pm_buf_append_byte(&sql, 0, &err), PM_OK);
	assert_int_equal(pm_catalog_prepare(&plan, catalog, (char *)sql.p,
	    &err), PM_OK);
	while (sqlite3_step(plan) == SQLITE_ROW)
		assert_int_equal(pm_buf_printf(out, &err, "%s\n",
		    (const char *)sqlite3_column_text(plan, 3)), PM_OK);
	assert_int_equal(pm_buf_append_byte(out, 0, &err), PM_OK);
	sqlite3_finalize(plan);
	sqlite3_finalize(st);
	pm_buf_clear(&sql);
}

struct expected {
	const char *name;
	struct pm_select select;
	const char *index[3];
	int sorted;              /* a few rows, put into order */
};

static void
check_plan(const struct expected *expected)
{
	struct pm_buf plan;
	const char *text;

	pm_buf_init(&plan);
	read_plan(&plan, &expected->select);
	text = (char *)plan.p;
	for (int i = 0; i < 3 && expected->index[i] != NULL; i++)
		if (strstr(text, expected->index[i]) == NULL)
			fail_msg("%s: no %s in\n%s", expected->name,
			    expected->index[i], text);
	/* In one second, and at most there. */
	if (!expected->sorted &&
	    strstr(text, "USE TEMP B-TREE FOR ORDER BY") != NULL)
		fail_msg("%s: sorts\n%s", expected->name, text);
	if (strstr(text, "SCAN a\n") != NULL ||
	    strstr(text, "SCAN x\n") != NULL)
		fail_msg("%s: looks at all\n%s", expected->name, text);
	pm_buf_clear(&plan);
}

static const char *const sport[] = { "SPORT" };

static const struct expected table[] = {
	{ "all", { 0 }, { "SCAN a USING INDEX article_dated",
	    "SCAN a USING INDEX article_undated", "MERGE (UNION ALL)" }, 0 },
	{ "since", { .since = "2023-12" },
	    { "SEARCH a USING INDEX article_dated (published>?",
	    "SEARCH a USING INDEX article_coarse (published>?" }, 0 },
	{ "until", { .until = "2023-12" },
	    { "SEARCH a USING INDEX article_dated (published<?" }, 0 },
	{ "on", { .on = "2023-12-05" },
	    { "SEARCH a USING INDEX article_dated (published>? AND"
	    " published<?)", "SEARCH a USING INDEX article_coarse"
	    " (published>? AND published<?)" }, 0 },
	{ "undated", { .undated = 1 },
	    { "SCAN a USING INDEX article_undated" }, 0 },
	{ "tag", { .tag = sport, .tag_n = 1 },
	    { "SEARCH x USING COVERING INDEX article_tag_tag (tag=?)" }, 0 },
	{ "tag and since", { .tag = sport, .tag_n = 1, .since = "2023-12" },
	    { "article_tag_tag (tag=? AND published>?)",
	    "article_coarse" }, 0 },
	{ "source", { .source = "site" },
	    { "SEARCH a USING INDEX article_input (input=?)" }, 0 },
	{ "lang", { .lang = "uz" },
	    { "SEARCH a USING INDEX article_lang (lang=?)" }, 0 },
	{ "no lang", { .lang = "und" },
	    { "SEARCH a USING INDEX article_lang (lang=?)" }, 0 },
	{ "title", { .title = "itle" },
	    { "SCAN a USING INDEX article_dated" }, 0 },
	{ "glob", { .url = "https://a.example/*" },
	    { "SCAN a USING INDEX article_dated" }, 0 },
	{ "address", { .url = "https://a.example/x" },
	    { "SEARCH a USING INTEGER PRIMARY KEY", "stated_url" }, 1 },
	{ "id", { .id = "12ab" },
	    { "SEARCH a USING INDEX article_key (<expr>>? AND <expr><?)" },
	    1 }
};

static void
test_plans(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		check_plan(&table[i]);
}

/* Statements that a row asks again and again. */
static void
test_statements(void **state)
{
	static const enum statement statement[] = { ST_FIND_ARTICLE,
		ST_FIND_NORM, ST_HAS_TEASER_URL, ST_TEASERS_TO,
		ST_TEASER_URLS };
	struct pm_err err;
	struct pm_buf sql;
	sqlite3_stmt *st, *plan;

	(void)state;
	pm_buf_init(&sql);
	for (size_t i = 0; i < sizeof statement / sizeof *statement; i++) {
		st = pm_catalog_statement(catalog, statement[i], &err);
		assert_non_null(st);
		pm_buf_reset(&sql);
		assert_int_equal(pm_buf_printf(&sql, &err,
		    "EXPLAIN QUERY PLAN %s", sqlite3_sql(st)), PM_OK);
		assert_int_equal(pm_buf_append_byte(&sql, 0, &err), PM_OK);
		assert_int_equal(pm_catalog_prepare(&plan, catalog,
		    (char *)sql.p, &err), PM_OK);
		while (sqlite3_step(plan) == SQLITE_ROW)
			if (strncmp((const char *)sqlite3_column_text(plan,
			    3), "SCAN", 4) == 0)
				fail_msg("scans: %s", sqlite3_sql(st));
		sqlite3_finalize(plan);
	}
	pm_buf_clear(&sql);
}

/* ---- what the arms give ---- */

struct told {
	uint64_t number[200];
	size_t n;
};

static int
note(void *context, struct pm_article *article,
    const struct pm_article_row *place)
{
	struct told *told = context;

	(void)article;
	assert_true(told->n < 200);
	told->number[told->n++] = place->number;
	return 0;
}

static void
list(struct told *out, const struct pm_select *select)
{
	struct pm_query query;
	struct pm_err err;

	out->n = 0;
	assert_int_equal(pm_query_init(&query, select, catalog, &err), PM_OK);
	assert_int_equal(pm_catalog_list_articles(catalog, &query,
	    PM_DETAIL_ROW, note, out, &err), PM_OK);
}

/* The same articles in the same order as a plain question gives. */
static void
check_rows(const struct pm_select *select, const char *where)
{
	struct told told;
	struct pm_err err;
	struct pm_buf sql;
	sqlite3_stmt *st = NULL;
	size_t n = 0;

	list(&told, select);
	pm_buf_init(&sql);
	assert_int_equal(pm_buf_printf(&sql, &err, "SELECT number FROM"
	    " article a WHERE %s ORDER BY published, key", where), PM_OK);
	assert_int_equal(pm_buf_append_byte(&sql, 0, &err), PM_OK);
	assert_int_equal(pm_catalog_prepare(&st, catalog, (char *)sql.p,
	    &err), PM_OK);
	while (sqlite3_step(st) == SQLITE_ROW) {
		assert_true(n < told.n);
		assert_int_equal(told.number[n++],
		    sqlite3_column_int64(st, 0));
	}
	if (told.n != n || n == 0)
		fail_msg("%zu and not %zu where %s", told.n, n, where);
	sqlite3_finalize(st);
	pm_buf_clear(&sql);
}

static void
test_rows(void **state)
{
	static const char *const both[] = { "sport", "law" };

	(void)state;
	check_rows(&(struct pm_select){ 0 }, "1");
	check_rows(&(struct pm_select){ .undated = 1 }, "date_source = 6");
	check_rows(&(struct pm_select){ .lang = "UZ" }, "lang = 'uz-Cyrl'");
	check_rows(&(struct pm_select){ .lang = "und" }, "lang IS NULL");
	check_rows(&(struct pm_select){ .source = "site" }, "1");
	check_rows(&(struct pm_select){ .tag = sport, .tag_n = 1 },
	    "number IN (SELECT article FROM article_tag WHERE tag < 3)");
	check_rows(&(struct pm_select){ .tag = both, .tag_n = 2 }, "1");
	/* Of a day and of a month that began before the first moment. */
	check_rows(&(struct pm_select){ .since = "2023-12-18T23:00:00Z" },
	    "date_source = 2 AND (published >= 1702857600 OR"
	    " precision = 5 AND published >= 1701388800)");
	check_rows(&(struct pm_select){ .since = "2023-12-18T23:00:00Z",
	    .tag = sport, .tag_n = 1 },
	    "date_source = 2 AND (published >= 1702857600 OR"
	    " precision = 5 AND published >= 1701388800) AND"
	    " number IN (SELECT article FROM article_tag WHERE tag < 3)");
}

static void
test_limit(void **state)
{
	struct told all, some;

	(void)state;
	list(&all, &(struct pm_select){ .lang = "ru" });
	list(&some, &(struct pm_select){ .lang = "ru", .limit = 3 });
	assert_int_equal(some.n, 3);
	assert_memory_equal(all.number, some.number, 3 * sizeof *all.number);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_limit)
	};

	return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
