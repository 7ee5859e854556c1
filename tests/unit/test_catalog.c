/* The catalog: what a question costs, and what a reader sees. */
#include "support.h"

#include "store/catalog_internal.h"

static char archive[SCRATCH_CHARS];
static struct pm_err err;

static int
make_archive(void **state)
{
	char path[SCRATCH_CHARS];

	(void)state;
	scratch_make(archive, "catalog");
	scratch_join(path, archive, "volumes");
	assert_int_equal(pm_fs_make_directory(path, &err), PM_OK);
	return 0;
}

static int
remove_archive(void **state)
{
	(void)state;
	scratch_remove(archive);
	return 0;
}

static struct pm_catalog *
open_catalog(enum pm_catalog_mode mode)
{
	struct pm_catalog *catalog = NULL;

	assert_int_equal(pm_catalog_open(&catalog,
	    mode == PM_CATALOG_TEMP ? NULL : archive, mode, &err), PM_OK);
	return catalog;
}

/* Each in a directory of its own, or each under a name of its own. */
enum places { DIRECTORIES, NAMES };

static void
name_place(char out[64], enum places places, uint64_t i)
{
	if (places == DIRECTORIES)
		(void)snprintf(out, 64, "d%u/index.html", (unsigned)i);
	else
		(void)snprintf(out, 64, "d/%u.html", (unsigned)i);
}

/* Captures first ... last with the bytes of all others. */
static void
put_captures(struct pm_catalog *catalog, uint64_t first, uint64_t last,
    enum places places)
{
	struct pm_log_record record = { .kind = PM_LOG_CAPTURE };
	struct pm_log_capture *capture = &record.u.capture;
	char path[64];

	assert_int_equal(pm_catalog_begin(catalog, &err), PM_OK);
	for (uint64_t i = first; i <= last; i++) {
		name_place(path, places, i);
		*capture = (struct pm_log_capture){ .number = i,
		    .path = pm_bytes_of(path), .input = pm_bytes_of("in"),
		    .crawled = 1700000000, .mtime_ns = 1700000000000000000,
		    .mode = 0644, .bytes = 3, .kind = PM_CAPTURE_OPAQUE,
		    .like = i == 1 ? 0 : 1, .sha256 = { 1, 2, 3 } };
		assert_int_equal(pm_catalog_apply(catalog, &record, &err),
		    PM_OK);
	}
	assert_int_equal(pm_catalog_commit(catalog, &err), PM_OK);
}

static void
put_article(struct pm_catalog *catalog, uint64_t number)
{
	struct pm_log_record record = { .kind = PM_LOG_ARTICLE,
	    .u.article = { .number = number, .bytes = 100, .norm = number,
	    .sha256 = { (uint8_t)number, (uint8_t)(number >> 8) } } };

	assert_int_equal(pm_catalog_apply(catalog, &record, &err), PM_OK);
}

static int
count(void *context)
{
	++*(unsigned *)context;
	return 0;
}

/* Steps of SQLite's machine for one look. */
static unsigned
steps_to_know(struct pm_catalog *catalog, const char *path, bool expected)
{
	static const uint8_t sha256[PM_SHA256_BYTES] = { 1, 2, 3 };
	struct pm_capture_row row;
	unsigned steps = 0;
	struct pm_known known;

	sqlite3_progress_handler(catalog->db, 1, count, &steps);
	assert_int_equal(pm_catalog_find_capture(&row, catalog, sha256,
	    &err), PM_OK);
	assert_int_equal(pm_catalog_known(&known, catalog, sha256,
	    pm_bytes_of(path), 1700000000, PM_ROLE_ALONE, &err), PM_OK);
	sqlite3_progress_handler(catalog->db, 0, NULL, NULL);
	assert_true(row.number != 0);
	assert_int_equal(known.known, expected);
	return steps;
}

static void
test_known_is_one_probe(void **state)
{
	char path[64];

	(void)state;
	for (enum places i = DIRECTORIES; i <= NAMES; i++) {
		struct pm_catalog *catalog = open_catalog(PM_CATALOG_TEMP);
		unsigned few, many;

		put_captures(catalog, 1, 10, i);
		name_place(path, i, 10);
		few = steps_to_know(catalog, path, true);
		put_captures(catalog, 11, 2000, i);
		name_place(path, i, 2000);
		many = steps_to_know(catalog, path, true);
		assert_true(many <= 2 * few);
		name_place(path, i, 2001);
		assert_true(steps_to_know(catalog, path, false) <= 2 * few);
		pm_catalog_close(catalog);
	}
}

static void
test_not_known(void **state)
{
	static const uint8_t other[PM_SHA256_BYTES] = { 1, 2, 4 };
	struct pm_catalog *catalog = open_catalog(PM_CATALOG_TEMP);
	struct pm_capture_row row;
	struct pm_known known;

	(void)state;
	put_captures(catalog, 1, 20, DIRECTORIES);
	(void)steps_to_know(catalog, "d1/index.htm", false);
	(void)steps_to_know(catalog, "index.html", false);
	(void)steps_to_know(catalog, "d21/index.html", false);
	assert_int_equal(pm_catalog_find_capture(&row, catalog, other, &err),
	    PM_OK);
	assert_int_equal(row.number, 0);
	assert_int_equal(pm_catalog_known(&known, catalog, other,
	    pm_bytes_of("d1/index.html"), 1700000000, PM_ROLE_ALONE, &err),
	    PM_OK);
	assert_false(known.known);
	pm_catalog_close(catalog);
}

static unsigned
steps_to_count(struct pm_catalog *catalog, uint64_t expected)
{
	unsigned steps = 0;
	uint64_t n = 0;

	sqlite3_progress_handler(catalog->db, 1, count, &steps);
	assert_int_equal(pm_catalog_unique(&n, catalog, &err), PM_OK);
	sqlite3_progress_handler(catalog->db, 0, NULL, NULL);
	assert_int_equal(n, expected);
	return steps;
}

static int
no_title(void *context, struct pm_buf *out, uint64_t teaser, uint64_t frame,
    uint32_t ordinal, struct pm_err *e)
{
	(void)context;
	(void)out;
	(void)teaser;
	(void)frame;
	(void)ordinal;
	(void)e;
	fail();
	return PM_OK;
}

/* Every fourth article is an edited copy of the one before. */
static void
put_articles(struct pm_catalog *catalog, uint64_t first, uint64_t last)
{
	static const struct pm_teaser_source source = { no_title, NULL };
	struct pm_log_record record = { .kind = PM_LOG_RELATION };
	struct pm_log_record capture = { .kind = PM_LOG_CAPTURE };

	assert_int_equal(pm_catalog_begin(catalog, &err), PM_OK);
	for (uint64_t i = first; i <= last; i++) {
		put_article(catalog, i);
		capture.u.capture = (struct pm_log_capture){ .number = i,
		    .path = pm_bytes_of("page"), .input = pm_bytes_of("in"),
		    .mode = 0644, .bytes = 100, .kind = PM_CAPTURE_PAGE,
		    .article = i, .sha256 = { (uint8_t)i,
		    (uint8_t)(i >> 8), 1 } };
		assert_int_equal(pm_catalog_apply(catalog, &capture, &err),
		    PM_OK);
		if (i % 4 != 0)
			continue;
		record.u.relation = (struct pm_log_relation){ i - 1, i,
		    PM_RELATION_NEAR, 0.9, 0.95 };
		assert_int_equal(pm_catalog_apply(catalog, &record, &err),
		    PM_OK);
	}
	assert_int_equal(pm_catalog_refresh(catalog, &source, &err), PM_OK);
	assert_int_equal(pm_catalog_commit(catalog, &err), PM_OK);
}

static void
test_unique_is_kept(void **state)
{
	struct pm_log_record record = { .kind = PM_LOG_RELATION,
	    .u.relation = { 3, 4, PM_RELATION_NONE, 0, 0 } };
	static const struct pm_teaser_source source = { no_title, NULL };
	struct pm_catalog *catalog = open_catalog(PM_CATALOG_TEMP);
	unsigned few;

	(void)state;
	assert_true(steps_to_count(catalog, 0) > 0);
	put_articles(catalog, 1, 8);
	few = steps_to_count(catalog, 6);
	put_articles(catalog, 9, 400);
	assert_true(steps_to_count(catalog, 300) <= few);
	/* What is taken back is not counted. */
	assert_int_equal(pm_catalog_begin(catalog, &err), PM_OK);
	assert_int_equal(pm_catalog_apply(catalog, &record, &err), PM_OK);
	assert_int_equal(pm_catalog_refresh(catalog, &source, &err), PM_OK);
	(void)steps_to_count(catalog, 301);
	assert_int_equal(pm_catalog_commit(catalog, &err), PM_OK);
	(void)steps_to_count(catalog, 301);
	pm_catalog_close(catalog);
}

/* Chains and a star of 600 among 2000 articles, same ones among them. */
static void
put_components(struct pm_catalog *catalog)
{
	struct pm_log_record record = { .kind = PM_LOG_RELATION };
	uint64_t a;

	assert_int_equal(pm_catalog_begin(catalog, &err), PM_OK);
	for (uint64_t i = 1; i <= 2000; i++) {
		struct pm_log_record article = { .kind = PM_LOG_ARTICLE,
		    .u.article = { .number = i, .bytes = 100 + i * 7 % 13,
		    .norm = i, .same = i % 50 == 10 ? i - 1 : 0,
		    .sha256 = { (uint8_t)(i * 5), (uint8_t)(i >> 8) } } };

		assert_int_equal(pm_catalog_apply(catalog, &article, &err),
		    PM_OK);
	}
	for (uint64_t i = 1; i < 2000; i++) {
		if (i % 50 == 10 || (i + 1) % 50 == 10 ||
		    (i > 600 && i % 4 == 0))
			continue;
		a = i < 600 ? 1 : i;
		record.u.relation = (struct pm_log_relation){ a, i + 1,
		    PM_RELATION_NEAR, 0.9, 0.95 };
		assert_int_equal(pm_catalog_apply(catalog, &record, &err),
		    PM_OK);
	}
}

static int64_t
sum_of_canonicals(struct pm_catalog *catalog)
{
	int64_t sum = 0;

	assert_int_equal(pm_catalog_number(&sum, catalog,
	    "SELECT sum(canonical * 31 % 1009 * number) FROM article"
	    " WHERE canonical IS NOT NULL", &err), PM_OK);
	return sum;
}

/* One component at a time gives what all at once give. */
static void
test_lean_clusters_alike(void **state)
{
	struct pm_catalog *lean = open_catalog(PM_CATALOG_LEAN);
	struct pm_catalog *full = open_catalog(PM_CATALOG_TEMP);
	uint64_t group[2000], a = 0, b = 0;

	(void)state;
	put_components(lean);
	assert_int_equal(pm_catalog_commit(lean, &err), PM_OK);
	assert_int_equal(lean->touched_articles.n, 0);
	assert_int_equal(lean->touched_groups.n, 0);
	assert_int_equal(pm_catalog_cluster_all(lean, &err), PM_OK);
	put_components(full);
	assert_int_equal(pm_catalog_exec(full, "UPDATE article SET canonical ="
	    " coalesce((SELECT b.number FROM article b WHERE b.same ="
	    " article.same ORDER BY b.bytes DESC, b.key, b.rest LIMIT 1),"
	    " number)", &err), PM_OK);
	for (uint64_t i = 0; i < 2000; i++)
		group[i] = i + 1 - ((i + 1) % 50 == 10);
	assert_int_equal(pm_catalog_cluster(full, group, 2000, &err), PM_OK);
	assert_int_equal(pm_catalog_commit(full, &err), PM_OK);
	assert_int_equal(pm_catalog_unique(&a, lean, &err), PM_OK);
	assert_int_equal(pm_catalog_unique(&b, full, &err), PM_OK);
	assert_int_equal(a, b);
	assert_true(a > 100 && a < 1400);
	assert_int_equal(sum_of_canonicals(lean), sum_of_canonicals(full));
	pm_catalog_close(lean);
	pm_catalog_close(full);
}

static uint64_t
captures_of(struct pm_catalog *catalog)
{
	struct pm_catalog_state now;

	assert_int_equal(pm_catalog_state(&now, catalog, &err), PM_OK);
	return now.captures;
}

static bool
is_there(const char *name)
{
	char path[SCRATCH_CHARS];

	scratch_join(path, archive, name);
	return pm_fs_exists(path);
}

/* C4: begun before a writer came, during its work, after it went. */
static void
test_readers_see_one_state(void **state)
{
	struct pm_catalog *writer, *before, *during, *after;

	(void)state;
	writer = open_catalog(PM_CATALOG_WRITE);
	put_captures(writer, 1, 100, NAMES);
	pm_catalog_close(writer);
	assert_false(is_there("catalog.db-wal"));

	before = open_catalog(PM_CATALOG_READ);
	writer = open_catalog(PM_CATALOG_WRITE);
	put_captures(writer, 101, 200, NAMES);
	during = open_catalog(PM_CATALOG_READ);
	put_captures(writer, 201, 30000, NAMES);
	assert_int_equal(captures_of(before), 100);
	assert_int_equal(captures_of(during), 200);
	pm_catalog_close(writer);
	assert_true(is_there("catalog.db-wal"));
	assert_int_equal(captures_of(before), 100);
	assert_int_equal(captures_of(during), 200);
	after = open_catalog(PM_CATALOG_READ);
	assert_int_equal(captures_of(after), 30000);
	pm_catalog_close(before);
	pm_catalog_close(during);

	/* This one holds a state that lies in a WAL. */
	writer = open_catalog(PM_CATALOG_WRITE);
	put_captures(writer, 30001, 60000, NAMES);
	pm_catalog_close(writer);
	assert_int_equal(captures_of(after), 30000);
	pm_catalog_close(after);
	writer = open_catalog(PM_CATALOG_WRITE);
	pm_catalog_close(writer);
	assert_false(is_there("catalog.db-wal"));
	after = open_catalog(PM_CATALOG_READ);
	assert_int_equal(captures_of(after), 60000);
	pm_catalog_close(after);
}

/* A stranger's catalog: its schema may not call what acts. */
static void
test_schema_is_not_trusted(void **state)
{
	struct pm_catalog *catalog = open_catalog(PM_CATALOG_WRITE);
	sqlite3_stmt *st = NULL;
	char path[SCRATCH_CHARS];
	sqlite3 *db;

	(void)state;
	pm_catalog_close(catalog);
	scratch_join(path, archive, "catalog.db");
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE VIEW trap AS"
	    " SELECT load_extension('nothing')", NULL, NULL, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	catalog = open_catalog(PM_CATALOG_READ);
	assert_int_equal(pm_catalog_prepare(&st, catalog,
	    "SELECT * FROM trap", &err), PM_ECORRUPT);
	assert_non_null(strstr(err.text, "unsafe use"));
	assert_null(st);
	pm_catalog_close(catalog);
}

static void
test_older_version(void **state)
{
	struct pm_catalog *catalog = open_catalog(PM_CATALOG_WRITE);
	char path[SCRATCH_CHARS];
	sqlite3 *db;

	(void)state;
	pm_catalog_close(catalog);
	scratch_join(path, archive, "catalog.db");
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 1", NULL,
	    NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(pm_catalog_open(&catalog, archive, PM_CATALOG_READ,
	    &err), PM_EVERSION);
	assert_non_null(strstr(err.text, "run reindex"));
}

int
main(void)
{
#define IN_ARCHIVE(test) \
	cmocka_unit_test_setup_teardown(test, make_archive, remove_archive)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_is_one_probe),
		cmocka_unit_test(test_not_known),
		cmocka_unit_test(test_unique_is_kept),
		cmocka_unit_test(test_lean_clusters_alike),
		IN_ARCHIVE(test_readers_see_one_state),
		IN_ARCHIVE(test_schema_is_not_trusted),
		IN_ARCHIVE(test_older_version)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
