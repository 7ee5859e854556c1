/*
 * A catalog.db with other values in its rows, or with other bytes: opened for
 * reading, and asked everything that is asked of one.  Each question is
 * answered or fails; what is told is strings that end.
 *
 * If the first byte is even, the rest are edits: a table, a row, a column, the
 * kind of value, its bytes; else pairs of an offset (3 bytes) and what is xored
 * to the byte there.  With its second bit the catalog is compared too.
 */
#include <sqlite3.h>

#include "records.h"
#include "scratch.h"
#include "store/catalog_query.h"

enum { ARTICLES = 6, TEASERS = 4, RECORDS = 2, COLUMNS_MAX = 512,
	EDITS_MAX = 16 };

static struct column {
	char table[32], name[32], first[32];     /* of its table */
} column[COLUMNS_MAX];
static size_t column_n;
static struct pm_buf database;

/* ---- as a writer left it ---- */

static void
apply(struct pm_catalog *catalog, const struct pm_log_record *record)
{
	struct pm_err err;

	must(pm_catalog_apply(catalog, record, &err) == PM_OK);
}

static void
put_run(struct pm_catalog *catalog)
{
	struct pm_log_record record = { .kind = PM_LOG_RUN,
	    .u.run = { .number = 1, .started = 1739000000,
	    .version = pm_bytes_of("0"), .unicode = pm_bytes_of("0"),
	    .inputs = pm_bytes_of("in"), .policy = pm_bytes_of("0") } };

	apply(catalog, &record);
	record = (struct pm_log_record){ .kind = PM_LOG_RUN_END,
	    .u.run_end = { 1, 1739000100, 3 } };
	apply(catalog, &record);
}

static void
put_teasers(struct pm_catalog *catalog)
{
	for (uint64_t i = 1; i <= TEASERS; i++) {
		struct pm_log_record record = { .kind = PM_LOG_TEASER,
		    .u.teaser = { .number = i, .sha256 = { (uint8_t)i },
		    .title = pm_bytes_of("A bridge"),
		    .snippet = pm_bytes_of("It is open"), .frame = 1,
		    .marks = { i / 3, 1, i / 3, i }, .ordinal =
		    (uint32_t)i - 1 } };

		apply(catalog, &record);
	}
}

static void
put_page(struct pm_catalog *catalog, uint64_t i)
{
	const struct pm_bytes tag[] = { pm_bytes_of("City"),
	    pm_bytes_of("\xd0\x81") };
	const struct pm_log_date other = { { 1737000000, 0, PM_HOUR },
	    PM_DATE_URL };
	const struct pm_log_sighting sighting[] = {
	    { .teaser = 1 + i % TEASERS, .tag = tag, .tag_n = 2,
	    .time_text = pm_bytes_of("2 days ago"),
	    .when = { 1738000000, 60, PM_DAY },
	    .url = pm_bytes_of("https://one.example/2") },
	    { .teaser = 1 + (i + 1) % TEASERS } };
	struct pm_log_record record = { .kind = PM_LOG_ARTICLE,
	    .u.article = { .number = i, .bytes = 100 * i,
	    .norm = i < 3 ? 1 : i, .same = i < 3 ? 1 : 0,
	    .title = pm_bytes_of("The Bridge"), .lang = pm_bytes_of("ru"),
	    .lang_score = 0.5, .sha256 = { (uint8_t)(i * 60) },
	    .frame = 1 } };

	apply(catalog, &record);
	record = (struct pm_log_record){ .kind = PM_LOG_CAPTURE,
	    .u.capture = { .number = i, .path = pm_bytes_of(i < 4 ?
	    "d/a.html" : i < 6 ? "d/a.html~2" : "b"),
	    .input = pm_bytes_of("in"), .crawled = 1739000000 + (int64_t)i,
	    .mtime_ns = 1700000000000000001, .mode = 0644, .bytes = 200,
	    .kind = PM_CAPTURE_PAGE, .article = i, .sha256 = { (uint8_t)i },
	    .url = pm_bytes_of("https://one.example/1"),
	    .source = pm_bytes_of("one.example"), .lang = pm_bytes_of("uz"),
	    .date = { 1738000000 + (int64_t)i * 86400, 60, PM_DAY },
	    .date_source = PM_DATE_PAGE, .modified = { 1738500000, 0,
	    PM_MINUTE }, .other_date = &other, .other_date_n = 1,
	    .tag = tag, .tag_n = 2, .title = pm_bytes_of("Title"),
	    .payload = pm_bytes_of("sha1:AA"), .sighting = sighting,
	    .sighting_n = 2, .recipe_frame = 1, .recipe_offset =
	    (uint32_t)i, .text_only = i == 5 } };
	apply(catalog, &record);
}

static void
put_records(struct pm_catalog *catalog)
{
	for (uint64_t i = ARTICLES + 1; i <= ARTICLES + RECORDS; i++) {
		struct pm_log_record record = { .kind = PM_LOG_CAPTURE,
		    .u.capture = { .number = i, .path = pm_bytes_of(
		    i % 2 == 1 ? "f.jsonl#1" : "f.jsonl"),
		    .input = pm_bytes_of("in"), .bytes = 100, .kind =
		    i % 2 == 1 ? PM_CAPTURE_OPAQUE : PM_CAPTURE_RECORDS,
		    .reason = pm_bytes_of(i % 2 == 1 ? "no text" : ""),
		    .file = ARTICLES + 2, .sha256 = { (uint8_t)i },
		    .recipe_frame = 1 } };

		apply(catalog, &record);
	}
}

static void
put_links(struct pm_catalog *catalog)
{
	static const uint64_t serves[] = { 4 };
	struct pm_log_record record = { .kind = PM_LOG_LINK,
	    .u.link = { .teaser = 1, .article = 3, .evidence =
	    PM_EVIDENCE_PREFIX, .score = 0.9, .ambiguous = true,
	    .serves = serves, .serves_n = 1 } };

	apply(catalog, &record);
	record = (struct pm_log_record){ .kind = PM_LOG_RELATION,
	    .u.relation = { 3, 4, PM_RELATION_NEAR, 0.9, 0.95 } };
	apply(catalog, &record);
	record.u.relation = (struct pm_log_relation){ 4, 5,
	    PM_RELATION_CONTAINS, 0.5, 1 };
	apply(catalog, &record);
}

static void
forget(struct pm_catalog *catalog)
{
	static const struct pm_log_gone_article article = { 6, 6, { 1 } };
	static const struct pm_log_gone_teaser teaser = { 4, { 4 }, true, 1,
	    4 };
	static const uint64_t key[] = { 7 }, capture[] = { 6 };
	struct pm_log_record record = { .kind = PM_LOG_FORGET,
	    .u.forget = { .number = 1, .run = 1, .at = 1739000200,
	    .url = pm_bytes_of("https://two.example/*"), .article = &article,
	    .article_n = 1, .teaser = &teaser, .teaser_n = 1,
	    .capture = capture, .capture_n = 1, .begins = key, .begins_n = 1,
	    .address = key, .address_n = 1, .payload = key,
	    .payload_n = 1 } };

	apply(catalog, &record);
}

static int
give_title(void *context, struct pm_buf *out, uint64_t teaser, uint64_t frame,
    uint32_t ordinal, struct pm_err *err)
{
	(void)context, (void)teaser, (void)frame, (void)ordinal;
	return pm_buf_append_str(out, "A bridge", err);
}

static void
fill(struct pm_catalog *catalog)
{
	static const struct pm_teaser_source source = { give_title, NULL };
	struct pm_frame_at frame = { .offset = 0, .packed_bytes = 100,
	    .plain_bytes = 4096 };
	struct pm_batch batch = { .volume = 1, .sequence = 1, .run = 1,
	    .end = 200, .marker = 150, .first_frame = 1, .frame = &frame,
	    .frame_n = 1 };
	struct pm_err err;

	must(pm_catalog_begin(catalog, &err) == PM_OK);
	put_run(catalog);
	put_teasers(catalog);
	for (uint64_t i = 1; i <= ARTICLES; i++)
		put_page(catalog, i);
	put_records(catalog);
	put_links(catalog);
	forget(catalog);
	must(pm_catalog_batch(catalog, &batch, &err) == PM_OK);
	must(pm_catalog_refresh(catalog, &source, &err) == PM_OK);
	must(pm_catalog_commit(catalog, &err) == PM_OK);
}

/* ---- what can be changed in it ---- */

static int
note_column(void *context, int n, char **value, char **name)
{
	(void)context, (void)n, (void)name;
	must(column_n < COLUMNS_MAX);
	(void)snprintf(column[column_n].table, 32, "%s", value[0]);
	(void)snprintf(column[column_n].name, 32, "%s", value[1]);
	(void)snprintf(column[column_n].first, 32, "%s", value[2]);
	column_n++;
	return 0;
}

static sqlite3 *
open_file(void)
{
	char path[128];
	sqlite3 *db;

	scratch_path(path, "catalog.db");
	must(sqlite3_open(path, &db) == SQLITE_OK);
	must(sqlite3_exec(db, "PRAGMA synchronous = OFF;"
	    "PRAGMA journal_mode = MEMORY", NULL, NULL, NULL) == SQLITE_OK);
	return db;
}

static void
keep_file(void)
{
	char path[128];
	FILE *file;
	struct pm_err err;
	int c;

	scratch_path(path, "catalog.db");
	must((file = fopen(path, "rb")) != NULL);
	pm_buf_init(&database);
	while ((c = getc(file)) != EOF)
		must(pm_buf_append_byte(&database, (uint8_t)c, &err) == PM_OK);
	must(fclose(file) == 0);
}

static void
set_up(void)
{
	struct pm_catalog *catalog;
	struct pm_err err;
	char path[128];
	sqlite3 *db;

	/* Most of the time went into memory. */
	must(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 1200, 1000) ==
	    SQLITE_OK);
	scratch_make("catalog.db");
	scratch_path(path, "volumes");
	must(mkdir(path, 0700) == 0);
	must(pm_catalog_open(&catalog, scratch, PM_CATALOG_WRITE, &err) ==
	    PM_OK);
	fill(catalog);
	pm_catalog_close(catalog);
	db = open_file();
	must(sqlite3_exec(db, "SELECT t.name, c.name, (SELECT name FROM"
	    " pragma_table_info(t.name) WHERE cid = 0) FROM sqlite_schema t,"
	    " pragma_table_info(t.name) c WHERE t.type = 'table'"
	    " ORDER BY t.name, c.cid", note_column, NULL, NULL) == SQLITE_OK);
	must(sqlite3_close(db) == SQLITE_OK);
	keep_file();
}

/* ---- changing it ---- */

struct input {
	const uint8_t *p;
	size_t n;
};

static uint64_t
take(struct input *in, size_t bytes)
{
	uint64_t value = 0;

	for (; bytes > 0 && in->n > 0; bytes--, in->p++, in->n--)
		value = value << 8 | *in->p;
	return value;
}

static void
bind_value(sqlite3_stmt *statement, struct input *in)
{
	unsigned kind = (unsigned)take(in, 1) % 6;
	uint64_t bits;
	double real;
	size_t n;

	if (kind < 2) {
		bits = take(in, kind == 0 ? 1 : 8);
		(void)sqlite3_bind_int64(statement, 1, (int64_t)bits);
	} else if (kind == 2) {
		bits = take(in, 8);
		memcpy(&real, &bits, sizeof real);
		(void)sqlite3_bind_double(statement, 1, real);
	} else if (kind < 5) {
		n = (size_t)take(in, 1);
		n = n < in->n ? n : in->n;
		(void)(kind == 3 ? sqlite3_bind_text(statement, 1,
		    (const char *)in->p, (int)n, SQLITE_TRANSIENT) :
		    sqlite3_bind_blob(statement, 1, in->p, (int)n,
		    SQLITE_TRANSIENT));
		in->p += n;
		in->n -= n;
	} else {
		(void)sqlite3_bind_null(statement, 1);
	}
}

static void
edit(sqlite3 *db, struct input *in)
{
	const struct column *at = &column[take(in, 2) % column_n];
	sqlite3_stmt *statement;
	char sql[400];
	int row = (int)take(in, 1);

	(void)snprintf(sql, sizeof sql, row >= 128 ?
	    "DELETE FROM %s WHERE %s IS NOT ?1 AND %s IN"
	    " (SELECT %s FROM %s LIMIT 1 OFFSET %d)" :
	    "UPDATE OR IGNORE %s SET %s = ?1 WHERE %s IN"
	    " (SELECT %s FROM %s LIMIT 1 OFFSET %d)", at->table,
	    at->name, at->first, at->first, at->table, row % 16);
	must(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK);
	bind_value(statement, in);
	(void)sqlite3_step(statement);
	(void)sqlite3_finalize(statement);
}

static void
edit_rows(struct input in)
{
	sqlite3 *db;

	scratch_put("catalog.db", database.p, database.n);
	db = open_file();
	must(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK);
	for (int i = 0; i < EDITS_MAX && in.n > 0; i++)
		edit(db, &in);
	must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
	must(sqlite3_close(db) == SQLITE_OK);
}

static void
edit_bytes(struct input in)
{
	uint8_t *copy = malloc(database.n);

	must(copy != NULL);
	memcpy(copy, database.p, database.n);
	while (in.n > 0) {
		size_t at = (size_t)take(&in, 3) % database.n;

		copy[at] = (uint8_t)(copy[at] ^ take(&in, 1));
	}
	scratch_put("catalog.db", copy, database.n);
	free(copy);
}

/* ---- asking ---- */

static size_t told;

static void
see(const char *text)
{
	told += text == NULL ? 0 : strlen(text);
}

static void
see_bytes(struct pm_bytes bytes)
{
	for (size_t i = 0; i < bytes.n; i++)
		told += bytes.p[i];
}

static int
see_number(void *context, uint64_t number)
{
	(void)context;
	told += number != 0;
	return 0;
}

static int
see_article(void *context, struct pm_article *article,
    const struct pm_article_row *place)
{
	(void)context;
	must(strlen(article->id) >= 16);
	see(article->cluster), see(article->title), see(article->published);
	see(article->published_precision), see(article->published_source);
	see(article->lang), see(article->lang_source), see(article->source);
	see(article->url), see(article->first_seen), see(article->last_seen);
	see(article->modified);
	for (size_t i = 0; i < article->tag_n; i++)
		see(article->tag[i]);
	for (size_t i = 0; i < article->own_tag_n; i++)
		see(article->own_tag[i]);
	for (size_t i = 0; i < article->path_n; i++)
		see_bytes(article->path[i]);
	told += place->frame != 0;
	return 0;
}

static int
see_cluster(void *context, const struct pm_cluster *cluster)
{
	(void)context;
	see(cluster->canonical->id);
	return 0;
}

static int
see_dup(void *context, struct pm_dup *dup, const struct pm_article_row *place)
{
	(void)context, (void)place;
	see(dup->article->id), see(dup->relation);
	see_bytes(dup->path);
	return 0;
}

static int
see_capture(void *context, const struct pm_listed_capture *capture)
{
	(void)context;
	see_bytes(capture->path);
	see(capture->kind), see(capture->reason), see(capture->crawled);
	see(capture->article), see(capture->source), see(capture->url);
	must(memchr(capture->sha256, 0, sizeof capture->sha256) != NULL);
	return 0;
}

static int
see_run(void *context, const struct pm_listed_run *run)
{
	(void)context;
	see(run->started), see(run->finished), see(run->version);
	see(run->unicode), see(run->inputs), see(run->policy);
	return 0;
}

static int
see_source(void *context, const struct pm_source_counts *counts)
{
	(void)context;
	see(counts->source);
	return 0;
}

static int
see_teaser(void *context, struct pm_listed_teaser *teaser, uint64_t frame,
    uint32_t ordinal)
{
	(void)context, (void)frame, (void)ordinal;
	see(teaser->id), see(teaser->article), see(teaser->evidence);
	see(teaser->group), see(teaser->first_seen), see(teaser->last_seen);
	see(teaser->url);
	return 0;
}

static int
see_missing(void *context, const struct pm_missing *missing)
{
	(void)context;
	see(missing->id), see(missing->published), see(missing->first_seen);
	see_bytes(missing->title);
	for (size_t i = 0; i < missing->tag_n; i++)
		see(missing->tag[i]);
	for (size_t i = 0; i < missing->page_n; i++)
		see_bytes(missing->page[i]);
	for (size_t i = 0; i < missing->url_n; i++)
		see(missing->url[i]);
	return 0;
}

static int
see_sighting(void *context, const struct pm_sighting_row *row)
{
	(void)context;
	see_bytes(row->sighting.path), see_bytes(row->article_path);
	see(row->sighting.time_text), see(row->sighting.published);
	see(row->sighting.published_precision), see(row->sighting.crawled);
	see(row->sighting.evidence);
	for (size_t i = 0; i < row->sighting.tag_n; i++)
		see(row->sighting.tag[i]);
	return 0;
}

static int
see_restorable(void *context, const struct pm_restorable *capture)
{
	(void)context;
	see_bytes(capture->path);
	return 0;
}

static int
see_pair(void *context, const struct pm_pair *pair)
{
	(void)context;
	see_bytes(pair->a), see_bytes(pair->b);
	see(pair->relation);
	return 0;
}

static int
see_difference(void *context, const char *text)
{
	(void)context;
	see(text);
	return 0;
}

static int
give_text(void *context, struct pm_bytes *title, struct pm_bytes *snippet,
    uint64_t frame, uint32_t ordinal, struct pm_err *err)
{
	(void)context, (void)frame, (void)ordinal, (void)err;
	*title = pm_bytes_of("A bridge");
	*snippet = pm_bytes_of("It is open");
	return PM_OK;
}

static void
list(struct pm_catalog *c)
{
	static const struct pm_dup_answer dups = { see_cluster, see_dup };
	static const struct pm_text_source texts = { give_text, NULL };
	static const struct pm_select all;
	struct pm_query query;
	struct pm_err err;

	if (pm_query_init(&query, &all, c, &err) != PM_OK)
		return;
	for (enum pm_detail d = PM_DETAIL_ROW; d <= PM_DETAIL_SHOWN; d++)
		(void)pm_catalog_list_articles(c, &query, d, see_article,
		    NULL, &err);
	(void)pm_catalog_list_dups(c, &query, &dups, NULL, &err);
	(void)pm_catalog_list_missing(c, &query, &texts, see_missing, NULL,
	    &err);
	(void)pm_catalog_list_restorable(c, NULL, see_restorable, NULL, &err);
	(void)pm_catalog_list_restorable(c, &query, see_restorable, NULL,
	    &err);
	(void)pm_catalog_list_recipes(c, 0, see_restorable, NULL, &err);
	(void)pm_catalog_list_captures(c, see_capture, NULL, &err);
	(void)pm_catalog_list_runs(c, see_run, NULL, &err);
	(void)pm_catalog_list_sources(c, see_source, NULL, &err);
	(void)pm_catalog_list_languages(c, see_source, NULL, &err);
	(void)pm_catalog_list_teasers(c, see_teaser, NULL, &err);
	(void)pm_catalog_list_sightings(c, 0, &texts, see_sighting, NULL,
	    &err);
	(void)pm_catalog_list_pairs(c, PM_PAIRS_CANONICAL, see_pair, NULL,
	    &err);
	(void)pm_catalog_list_pairs(c, PM_PAIRS_ALL, see_pair, NULL, &err);
	(void)pm_catalog_list_shown(c, pm_bytes_of("d/a.html"), see_number,
	    NULL, &err);
}

static void
look_up(struct pm_catalog *c, uint64_t i)
{
	struct pm_capture_place capture;
	struct pm_article_row article;
	struct pm_teaser_row teaser;
	struct pm_frame_at at;
	struct pm_known_time time = { PM_TIME_UNKNOWN, 0, 0, 0 };
	char id[17], cluster[17];
	struct pm_err err;
	uint32_t volume;
	uint64_t n;
	bool gone;

	(void)pm_catalog_article(&article, c, i, &err);
	(void)pm_catalog_teaser(&teaser, c, i, &err);
	(void)pm_catalog_frame(&volume, &at, c, i, &err);
	(void)pm_catalog_capture_place(&capture, c, i, &err);
	if (pm_catalog_ids(id, cluster, c, i, &err) == PM_OK)
		must(strlen(id) == 16 && strlen(cluster) == 16);
	(void)pm_catalog_canonical(&n, c, i, &err);
	(void)pm_catalog_group_best(&n, c, i, &err);
	(void)pm_catalog_heir(&n, c, i, &err);
	(void)pm_catalog_forgotten_article(&gone, c, i, &err);
	(void)pm_catalog_is_redacted(&gone, c, i, &err);
	(void)pm_catalog_touches(&gone, c, 1, i, &err);
	(void)pm_catalog_article_time(&time, c, i, &err);
	(void)pm_catalog_teaser_time(&time, c, i, &err);
	(void)pm_catalog_related(c, i, see_number, NULL, &err);
	(void)pm_catalog_served_by(c, i, see_number, NULL, &err);
	(void)pm_catalog_give_article(c, i, PM_DETAIL_SHOWN, see_article,
	    NULL, &err);
	(void)pm_catalog_list_sightings(c, i, NULL, see_sighting, NULL, &err);
}

static void
compare(struct pm_catalog *c)
{
	struct pm_catalog *other;
	struct pm_err err;

	must(pm_catalog_open(&other, NULL, PM_CATALOG_TEMP, &err) == PM_OK);
	(void)pm_catalog_compare(c, other, see_difference, NULL, &err);
	(void)pm_catalog_compare(other, c, see_difference, NULL, &err);
	pm_catalog_close(other);
}

static void
ask(struct pm_catalog *c)
{
	struct pm_catalog_versions versions;
	struct pm_catalog_state state;
	struct pm_walk_start start;
	struct pm_counts counts = { 0 };
	struct pm_err err;
	uint64_t n;

	if (pm_catalog_versions(&versions, c, &err) == PM_OK)
		must(memchr(versions.policy, 0, sizeof versions.policy) !=
		    NULL);
	(void)pm_catalog_state(&state, c, &err);
	(void)pm_catalog_position(&start, c, 1, &err);
	(void)pm_catalog_counts(&counts, c, &err);
	(void)pm_catalog_text_only(&n, c, &err);
	(void)pm_catalog_unique(&n, c, &err);
	list(c);
	for (uint64_t i = 1; i <= ARTICLES; i++)
		look_up(c, i);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct pm_catalog *catalog;
	struct pm_err err;

	if (database.n == 0)
		set_up();
	if (n == 0)
		return 0;
	if (p[0] % 2 == 0)
		edit_rows((struct input){ p + 1, n - 1 });
	else
		edit_bytes((struct input){ p + 1, n - 1 });
	if (pm_catalog_open(&catalog, scratch, PM_CATALOG_READ, &err) !=
	    PM_OK) {
		must(p[0] % 2 == 1);
		return 0;
	}
	ask(catalog);
	if ((p[0] & 2) != 0)
		compare(catalog);
	pm_catalog_close(catalog);
	return 0;
}
