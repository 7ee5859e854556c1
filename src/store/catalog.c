/*
 * Statements, dictionaries, transactions.  Opening is in catalog_open.c,
 * filling in catalog_apply.c, what follows from it in catalog_refresh.c,
 * questions in catalog_query.c.
 */
#include "store/catalog.h"

#include <stdio.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "store/catalog_internal.h"

static const char *const sql[ST_COUNT] = {
	[ST_ARTICLE_INSERT] = "INSERT INTO article(number, key, rest, norm,"
	    " frame, offset, bytes, same, title, detected, lang_score)"
	    " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)",
	[ST_ARTICLE_JOIN] = "UPDATE article SET same = ?1 WHERE number = ?1",
	[ST_TEASER_INSERT] = "INSERT INTO teaser(number, key, rest, start,"
	    " marks, frame, ordinal) VALUES(?1,?2,?3,?4,?5,?6,?7)",
	[ST_CAPTURE_INSERT] = "INSERT INTO capture VALUES(?1,?2,?3,?4,?5,?6,"
	    "?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23)",
	[ST_CAPTURE_LIKE] = "SELECT key, rest, recipe_frame, recipe_offset"
	    " FROM capture WHERE number = ?1",
	[ST_SIGHTING_INSERT] = "INSERT INTO sighting"
	    " VALUES(?1,?2,?3,?4,?5,?6)",
	[ST_LINK_OLD] = "SELECT article FROM teaser WHERE number = ?1",
	[ST_LINK] = "UPDATE teaser SET article = ?2, evidence = ?3,"
	    " score = ?4, ambiguous = ?5 WHERE number = ?1",
	[ST_SERVED_BY] = "SELECT article FROM serve WHERE teaser = ?1"
	    " ORDER BY article",
	[ST_SERVE_CLEAR] = "DELETE FROM serve WHERE teaser = ?1",
	[ST_SERVE_ADD] = "INSERT OR IGNORE INTO serve VALUES(?1, ?2)",
	[ST_RUN_INSERT] = "INSERT INTO run(id, started, version, normalizer,"
	    " unicode, page_rules, inputs, policy)"
	    " VALUES(?1,?2,?3,?4,?5,?6,?7,?8)",
	[ST_RUN_END] = "UPDATE run SET finished = ?2, known = ?3"
	    " WHERE id = ?1",
	[ST_LOST_INSERT] = "INSERT INTO lost(what, number, last, path, title,"
	    " bytes, crawled, key, rest) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)",
	[ST_BATCH_INSERT] = "INSERT INTO batch VALUES(?1,?2,?3,?4,?5,?6,?7)",
	[ST_FRAME_INSERT] = "INSERT INTO frame VALUES(?1,?2,?3,?4,?5)",
	[ST_FIND_ARTICLE] = "SELECT number, same, frame, offset, bytes, key,"
	    " rest, norm FROM article WHERE key >> 32 = ?1 >> 32"
	    " AND +key = ?1 AND rest = ?2",
	[ST_FIND_NORM] = "SELECT number, same, frame, offset, bytes, key,"
	    " rest, norm FROM article WHERE norm >> 32 = ?1 >> 32"
	    " AND +norm = ?1 ORDER BY number LIMIT 1",
	[ST_ARTICLE] = "SELECT number, same, frame, offset, bytes, key, rest,"
	    " norm FROM article WHERE number = ?1",
	[ST_FIND_TEASER] = "SELECT number, article, frame, ordinal, ambiguous,"
	    " evidence, score"
	    " FROM teaser WHERE key = ?1 AND rest = ?2",
	[ST_TEASER_MARKS] = "SELECT number FROM teaser WHERE start = ?1"
	    " AND marks IN (?2, ?2 | 1) LIMIT 1",
	[ST_TEASER] = "SELECT number, article, frame, ordinal, ambiguous,"
	    " evidence, score"
	    " FROM teaser WHERE number = ?1",
	[ST_FIND_CAPTURE] = "SELECT number, article, kind,"
	    " recipe_frame FROM capture"
	    " WHERE key = ?1 AND rest = ?2 AND kind <> 4 LIMIT 1",
	[ST_HAS_TEASER_URL] = "SELECT 1 FROM teaser_url WHERE teaser = ?1"
	    " AND url_key = ?2 AND form = ?3",
	[ST_ARTICLE_AT] = "SELECT a.number FROM stated s JOIN capture c ON"
	    " c.number = s.capture JOIN article a ON a.number = c.article"
	    " WHERE s.url_key = ?1 AND s.revisit IS NULL"
	    " ORDER BY a.bytes DESC, a.key, a.rest"
	    " LIMIT 1",
	[ST_TEASERS_TO] = "SELECT teaser FROM teaser_url WHERE url_key = ?1",
	[ST_TEASER_URLS] = "SELECT url_key FROM teaser_url WHERE teaser = ?1",
	[ST_FIND_WHOLE] = "SELECT number FROM capture WHERE key = ?1"
	    " AND rest = ?2 AND kind <> 4 AND recipe_frame <> 0 LIMIT 1",
	[ST_STATED_INSERT] = "INSERT INTO stated"
	    " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)",
	[ST_OTHER_DATE_INSERT] = "INSERT INTO other_date"
	    " VALUES(?1,?2,?3,?4,?5,?6)",
	[ST_TEASER_URL_INSERT] = "INSERT OR IGNORE INTO teaser_url"
	    " VALUES(?1,?2,?3,?4)",
	[ST_RECIPE] = "SELECT recipe_frame, recipe_offset, bytes FROM capture"
	    " WHERE number = ?1",
	[ST_HAS_FILE] = "SELECT 1 FROM capture WHERE file = ?1 AND kind = 4",
	[ST_REVISITS] = "SELECT s.capture, c.article FROM stated s JOIN"
	    " capture c ON c.number = s.capture"
	    " WHERE s.payload = ?1 AND s.revisit = 1"
	    " AND c.article IS NOT ?2",
	[ST_PAYLOAD_ARTICLE] = "SELECT a.number FROM stated s JOIN capture c"
	    " ON c.number = s.capture JOIN article a ON a.number = c.article"
	    " WHERE s.payload = ?1 AND s.revisit IS NULL"
	    " ORDER BY a.key, a.rest LIMIT 1",
	[ST_ELECTED_TITLE] = "SELECT s.title FROM capture c JOIN stated s ON"
	    " s.capture = c.number WHERE c.article = ?1 AND s.title IS NOT"
	    " NULL GROUP BY s.title ORDER BY count(*) DESC, s.title LIMIT 1",
	[ST_ELECTED_LANG] = "SELECT s.lang FROM capture c JOIN stated s ON"
	    " s.capture = c.number WHERE c.article = ?1 AND s.lang IS NOT"
	    " NULL GROUP BY s.lang ORDER BY count(*) DESC, s.lang LIMIT 1",
	[ST_SET_SHOWN] = "UPDATE capture SET article = ?2 WHERE number = ?1"
	    " AND article IS NOT ?2",
	[ST_KNOWN_CAPTURE] = "SELECT file, recipe_frame = 0, recipe_frame = 0"
	    " AND EXISTS (SELECT 1 FROM redacted r WHERE r.capture = number)"
	    " FROM capture WHERE key = ?1 AND place = ?6 AND crawled = ?3"
	    " AND directory = ?4 AND name = ?5 AND rest = ?2 AND"
	    " CASE WHEN kind = 4 THEN 2 WHEN file IS NULL THEN 0 ELSE 1 END"
	    " = ?7 ORDER BY recipe_frame = 0 LIMIT 1",
	[ST_FRAME] = "SELECT volume, offset, packed_bytes, plain_bytes"
	    " FROM frame WHERE id = ?1",
	[ST_KNOWN_TITLE] = "SELECT a.title FROM teaser t JOIN article a ON"
	    " a.number = t.article WHERE t.number = ?1 AND a.title_teaser = ?1"
	    " AND a.title IS NOT NULL",
	[ST_STATED_TITLES] = "SELECT title FROM article WHERE number = ?1"
	    " AND coalesce(title_teaser, 0) = 0 AND title IS NOT NULL"
	    " UNION SELECT own_title FROM article WHERE number = ?1"
	    " AND own_title IS NOT NULL UNION SELECT s.title FROM capture c JOIN stated s ON"
	    " s.capture = c.number WHERE c.article = ?1"
	    " AND s.title IS NOT NULL",
	[ST_ARTICLE_TIMES] = "SELECT crawled, CASE WHEN date_source IN (1, 2,"
	    " 4) THEN published END, precision, offset_minutes FROM capture"
	    " WHERE article = ?1",
	[ST_TEASER_TIMES] = "SELECT c.crawled, s.published, x.precision,"
	    " x.offset_minutes FROM sighting s JOIN capture c ON"
	    " c.number = s.capture LEFT JOIN time_text x ON"
	    " x.id = s.time_text WHERE s.teaser = ?1",
	[ST_GROUPED] = "SELECT number, key, start, marks, article, leader"
	    " FROM teaser WHERE number = ?1",
	[ST_GROUPED_START] = "SELECT number, key, start, marks, article,"
	    " leader FROM teaser WHERE number IN (SELECT number FROM teaser"
	    " WHERE start = ?1 ORDER BY number LIMIT ?2) ORDER BY number",
	[ST_GROUPED_ARTICLE] = "SELECT number, key, start, marks, article,"
	    " leader FROM teaser WHERE article = ?1",
	[ST_SET_LEADER] = "UPDATE teaser SET leader = ?2 WHERE number = ?1",
	[ST_GROUP] = "SELECT number FROM article WHERE same = ?1",
	[ST_MEMBER] = "SELECT same, bytes, key, title_teaser, rest,"
	    " title IS NOT NULL AND coalesce(title_teaser, 0) = 0, detected"
	    " FROM article WHERE number = ?1",
	[ST_MEMBER_CAPTURES] = "SELECT c.crawled, i.name,"
	    " coalesce(s.source, c.input), c.published, c.offset_minutes,"
	    " c.precision, c.date_source, s.url, c.number, s.title, s.lang,"
	    " s.tag_set FROM capture c"
	    " LEFT JOIN stated s ON s.capture = c.number"
	    " JOIN input i ON i.id = coalesce(s.source, c.input)"
	    " WHERE c.article = ?1",
	[ST_MEMBER_TEASERS] = "SELECT t.number, t.key, t.frame, t.ordinal,"
	    " s.tag_set, s.published, x.precision, x.offset_minutes"
	    " FROM teaser t JOIN sighting s ON s.teaser = t.number"
	    " LEFT JOIN time_text x ON x.id = s.time_text"
	    " WHERE t.number IN (SELECT number FROM teaser WHERE"
	    " article = ?1 AND NOT (evidence = 2 AND ambiguous) UNION SELECT teaser FROM serve WHERE"
	    " article = ?1) ORDER BY t.number",
	[ST_TAG_SET] = "SELECT e.value FROM tag_set z, json_each(z.tags) e"
	    " WHERE z.id = ?1",
	[ST_UPDATE_ARTICLE] = "UPDATE article SET canonical = ?2,"
	    " copies = ?3, sightings = ?4, input = ?5, first_seen = ?6,"
	    " last_seen = ?7, published = ?8, offset_minutes = ?9,"
	    " precision = ?10, date_source = ?11, url_capture = ?12,"
	    " lang = ?13, lang_source = ?14 WHERE number = ?1",
	/* What the page says whose address it has is there. */
	[ST_UPDATE_TITLE] = "UPDATE article SET title = CASE WHEN ?3 = 0"
	    " AND ?2 = (SELECT s.title FROM stated s WHERE"
	    " s.capture = url_capture) THEN NULL ELSE ?2 END,"
	    " title_teaser = ?3, own_title = CASE WHEN ?3 = 0 AND"
	    " title_teaser IS NULL THEN title ELSE own_title END"
	    " WHERE number = ?1 AND (title_teaser IS NOT ?3 OR title IS NOT"
	    " CASE WHEN ?3 = 0 AND ?2 = (SELECT s.title FROM stated s WHERE"
	    " s.capture = url_capture) THEN NULL ELSE ?2 END)",
	[ST_TAGS_OF] = "SELECT tag FROM article_tag WHERE article = ?1"
	    " ORDER BY tag",
	[ST_TAGS_CLEAR] = "DELETE FROM article_tag WHERE article = ?1",
	[ST_RELATION_PUT] = "INSERT OR REPLACE INTO relation"
	    " VALUES(?1,?2,?3,?4,?5)",
	[ST_RELATION_DROP] = "DELETE FROM relation WHERE a = ?1 AND b = ?2",
	[ST_RELATED] = "SELECT b FROM relation WHERE a = ?1 UNION ALL"
	    " SELECT a FROM relation WHERE b = ?1 ORDER BY 1",
	[ST_GROUP_BEST] = "SELECT number, bytes, key FROM article"
	    " WHERE number = ?1 OR same = ?1"
	    " ORDER BY bytes DESC, key, rest LIMIT 1",
	[ST_UPDATE_CANONICAL] = "UPDATE article SET canonical = ?2"
	    " WHERE (number = ?1 OR same = ?1) AND canonical IS NOT ?2",
	[ST_TAG_ADD] = "INSERT INTO article_tag SELECT ?1, ?2, published"
	    " FROM article WHERE number = ?1",
	[ST_FORGETS] = "SELECT 1 FROM forgotten UNION ALL"
	    " SELECT 1 FROM redacted LIMIT 1",
	[ST_GONE_ARTICLE] = "SELECT 1 FROM forgotten_article"
	    " WHERE number = ?1",
	[ST_GONE_TEASER] = "SELECT 1 FROM forgotten_teaser WHERE number = ?1",
	[ST_GONE_CAPTURE] = "SELECT 1 FROM forgotten_capture"
	    " WHERE number = ?1",
	[ST_HEIR] = "SELECT heir FROM forgotten_article WHERE number = ?1"
	    " AND heir IS NOT NULL",
	[ST_GONE_SHOWN] = "SELECT t.number, t.frame, t.ordinal"
	    " FROM forgotten_sighting s JOIN forgotten_teaser t"
	    " ON t.number = s.teaser WHERE s.capture = ?1"
	    " ORDER BY t.number",
	[ST_IS_REDACTED] = "SELECT 1 FROM redacted WHERE capture = ?1",
	[ST_TOUCHES] = "SELECT 1 FROM forgotten_capture WHERE number"
	    " BETWEEN ?1 AND ?2 UNION ALL SELECT 1 FROM forgotten_sighting"
	    " WHERE capture BETWEEN ?1 AND ?2 UNION ALL SELECT 1 FROM"
	    " redacted WHERE capture BETWEEN ?1 AND ?2 LIMIT 1",
	[ST_CAPTURE_PLACE] = "SELECT kind, recipe_frame, recipe_offset, bytes"
	    " FROM capture WHERE number = ?1",
	[ST_REDACTED_INSERT] = "INSERT OR IGNORE INTO redacted VALUES(?1)",
	[ST_REFUSES_BODY] = "SELECT 1 FROM forgotten_article WHERE key = ?1"
	    " AND rest = ?2 UNION ALL SELECT 1 FROM forgotten_article"
	    " WHERE norm = ?3 LIMIT 1",
	[ST_REFUSES_URL] = "SELECT 1 FROM forgotten WHERE ?1 GLOB url LIMIT 1",
	[ST_REFUSES_TEASER] = "SELECT 1 FROM forgotten_teaser WHERE key = ?1"
	    " AND rest = ?2 UNION ALL SELECT 1 FROM forgotten_teaser"
	    " WHERE start = ?3 AND (marks >> 31 = ?4 >> 31"
	    " OR (marks >> 16 & 32767) = (?4 >> 16 & 32767)) UNION ALL"
	    " SELECT 1 FROM forgotten_key WHERE (kind = 0 AND key = ?5)"
	    " OR (kind = 1 AND key = ?6) UNION ALL"
	    " SELECT 1 FROM forgotten WHERE ?7 GLOB url LIMIT 1",
	[ST_REFUSES_KEY] = "SELECT 1 FROM forgotten_key WHERE kind = ?1"
	    " AND key = ?2"
};

static const char *const dict_find_sql[DICT_COUNT] = {
	"SELECT id FROM input WHERE name = ?1",
	"SELECT id FROM directory WHERE path = ?1",
	"SELECT id FROM reason WHERE text = ?1",
	"SELECT id FROM tag WHERE text = ?1",
	"SELECT id FROM tag_set WHERE tags = ?1",
	"SELECT id FROM time_text WHERE text = ?1 AND precision = ?2"
	" AND offset_minutes = ?3"
};

static const char *const dict_add_sql[DICT_COUNT] = {
	"INSERT INTO input(name) VALUES(?1)",
	"INSERT INTO directory(path) VALUES(?1)",
	"INSERT INTO reason(text) VALUES(?1)",
	"INSERT INTO tag(text) VALUES(?1)",
	"INSERT INTO tag_set(tags) VALUES(?1)",
	"INSERT INTO time_text(text, precision, offset_minutes)"
	" VALUES(?1, ?2, ?3)"
};

int
pm_catalog_fail(struct pm_catalog *catalog, const char *doing,
    struct pm_err *err)
{
	int code = sqlite3_errcode(catalog->db);
	const char *text = sqlite3_errmsg(catalog->db);
	int status;

	/* A journal that only a writer may roll back. */
	if (sqlite3_extended_errcode(catalog->db) == SQLITE_READONLY_ROLLBACK)
		return pm_fail(err, PM_ECORRUPT, "%s: power was lost while it "
		    "was written; the next add mends it, or reindex",
		    catalog->path);
	switch (code & 0xff) {
	case SQLITE_NOMEM:
		status = PM_ENOMEM;
		break;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR:       /* a table or column that is not there */
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
		status = PM_ECORRUPT;
		break;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		status = PM_EBUSY;
		break;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
	case SQLITE_CANTOPEN:
		status = PM_EPERM;
		break;
	default:
		status = PM_EIO;
		break;
	}
	return pm_fail(err, status, "%s: %s: %s", catalog->path, doing, text);
}

int
pm_catalog_prepare(sqlite3_stmt **out, struct pm_catalog *catalog,
    const char *text, struct pm_err *err)
{
	if (sqlite3_prepare_v3(catalog->db, text, -1,
	    SQLITE_PREPARE_PERSISTENT, out, NULL) != SQLITE_OK)
		return pm_catalog_fail(catalog, "cannot ask", err);
	return PM_OK;
}

sqlite3_stmt *
pm_catalog_statement(struct pm_catalog *catalog, enum statement which,
    struct pm_err *err)
{
	sqlite3_stmt **statement = &catalog->statement[which];

	if (*statement == NULL) {
		if (pm_catalog_prepare(statement, catalog, sql[which], err) !=
		    PM_OK)
			return NULL;
	} else {
		sqlite3_reset(*statement);
		sqlite3_clear_bindings(*statement);
	}
	return *statement;
}

int
pm_catalog_step(struct pm_catalog *catalog, sqlite3_stmt *statement,
    struct pm_err *err)
{
	int code = sqlite3_step(statement);

	if (code == SQLITE_ROW)
		return PM_OK;
	if (code == SQLITE_DONE) {
		sqlite3_reset(statement);
		return PM_END;
	}
	return pm_catalog_fail(catalog, "cannot read or write", err);
}

int
pm_catalog_run(struct pm_catalog *catalog, sqlite3_stmt *statement,
    struct pm_err *err)
{
	int rc = pm_catalog_step(catalog, statement, err);

	return rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_exec(struct pm_catalog *catalog, const char *text,
    struct pm_err *err)
{
	if (sqlite3_exec(catalog->db, text, NULL, NULL, NULL) != SQLITE_OK)
		return pm_catalog_fail(catalog, text, err);
	return PM_OK;
}

int
pm_number_list_add(struct number_list *list, uint64_t number,
    struct pm_err *err)
{
	if (list->n == list->capacity) {
		size_t capacity = list->capacity == 0 ? 256 :
		    list->capacity * 2;
		uint64_t *p = pm_realloc_array(list->p, capacity, sizeof *p,
		    err);

		if (p == NULL)
			return PM_ENOMEM;
		list->p = p;
		list->capacity = capacity;
	}
	list->p[list->n++] = number;
	return PM_OK;
}

void
pm_catalog_bind(sqlite3_stmt *statement, int column, struct pm_bytes value)
{
	size_t bad;

	if (pm_utf8_valid(value, &bad) &&
	    (value.n == 0 || memchr(value.p, 0, value.n) == NULL))
		sqlite3_bind_text(statement, column, value.n == 0 ? "" :
		    (const char *)value.p, (int)value.n, SQLITE_STATIC);
	else
		sqlite3_bind_blob(statement, column, value.p, (int)value.n,
		    SQLITE_STATIC);
}

struct pm_bytes
pm_catalog_column(sqlite3_stmt *statement, int column)
{
	struct pm_bytes value;

	value.p = sqlite3_column_blob(statement, column);
	value.n = (size_t)sqlite3_column_bytes(statement, column);
	return value;
}

int64_t
pm_catalog_key(const uint8_t sha256[PM_SHA256_BYTES])
{
	uint64_t key = 0;

	for (int i = 0; i < 8; i++)
		key = key << 8 | sha256[i];
	return (int64_t)(key ^ UINT64_C(1) << 63);
}

void
pm_catalog_id(char out[17], int64_t key)
{
	(void)snprintf(out, 17, "%016llx",
	    (unsigned long long)((uint64_t)key ^ UINT64_C(1) << 63));
}

/* FNV-1a: only places a string in a cache that compares it in full. */
static uint64_t
hash_of(struct pm_bytes text, int64_t a, int64_t b)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)a ^
	    (uint64_t)b << 32;

	for (size_t i = 0; i < text.n; i++)
		hash = (hash ^ text.p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static int
dict_ask(int64_t *id, struct pm_catalog *catalog, sqlite3_stmt **statement,
    const char *text_sql, struct pm_bytes text, int64_t a, int64_t b,
    struct pm_err *err)
{
	int rc = PM_OK;

	if (*statement == NULL)
		rc = pm_catalog_prepare(statement, catalog, text_sql, err);
	if (rc != PM_OK)
		return rc;
	pm_catalog_bind(*statement, 1, text);
	if (sqlite3_bind_parameter_count(*statement) > 1) {
		sqlite3_bind_int64(*statement, 2, a);
		sqlite3_bind_int64(*statement, 3, b);
	}
	rc = pm_catalog_step(catalog, *statement, err);
	if (rc == PM_OK)
		*id = sqlite3_column_int64(*statement, 0);
	sqlite3_reset(*statement);
	return rc;
}

static struct dict_slot *
slot_of(struct pm_catalog *catalog, enum dictionary dictionary,
    struct pm_bytes text, int64_t a, int64_t b, uint64_t *hash)
{
	*hash = hash_of(text, a, b);
	return &catalog->slot[dictionary][(*hash ^ *hash >> 32) % DICT_SLOTS];
}

int
pm_catalog_interned(int64_t *id, struct pm_catalog *catalog,
    enum dictionary dictionary, struct pm_bytes text, int64_t a, int64_t b,
    struct pm_err *err)
{
	uint64_t hash;
	struct dict_slot *slot = slot_of(catalog, dictionary, text, a, b,
	    &hash);

	if (slot->id != 0 && slot->hash == hash && slot->a == a &&
	    slot->b == b &&
	    pm_bytes_equal(pm_buf_bytes(&slot->key), text)) {
		*id = slot->id;
		return PM_OK;
	}
	return dict_ask(id, catalog, &catalog->dict_find[dictionary],
	    dict_find_sql[dictionary], text, a, b, err);
}

int
pm_catalog_intern(int64_t *id, struct pm_catalog *catalog,
    enum dictionary dictionary, struct pm_bytes text, int64_t a, int64_t b,
    struct pm_err *err)
{
	uint64_t hash;
	struct dict_slot *slot = slot_of(catalog, dictionary, text, a, b,
	    &hash);
	int rc = pm_catalog_interned(id, catalog, dictionary, text, a, b,
	    err);

	if (rc == PM_OK && slot->id == *id)
		return PM_OK;
	if (rc == PM_END) {
		rc = dict_ask(id, catalog, &catalog->dict_add[dictionary],
		    dict_add_sql[dictionary], text, a, b, err);
		if (rc == PM_END) {
			*id = sqlite3_last_insert_rowid(catalog->db);
			rc = PM_OK;
		}
	}
	if (rc != PM_OK)
		return rc;
	slot->id = 0;
	pm_buf_reset(&slot->key);
	if ((rc = pm_buf_append(&slot->key, text.p, text.n, err)) != PM_OK)
		return rc;
	slot->hash = hash;
	slot->a = a;
	slot->b = b;
	slot->id = *id;
	return PM_OK;
}

static void
forget_dictionaries(struct pm_catalog *catalog)
{
	for (int d = 0; d < DICT_COUNT; d++)
		for (int i = 0; i < DICT_SLOTS; i++)
			catalog->slot[d][i].id = 0;
}

int
pm_catalog_number(int64_t *out, struct pm_catalog *catalog,
    const char *text, struct pm_err *err)
{
	sqlite3_stmt *statement = NULL;
	int rc = pm_catalog_prepare(&statement, catalog, text, err);

	if (rc == PM_OK)
		rc = pm_catalog_step(catalog, statement, err);
	if (rc == PM_OK)
		*out = sqlite3_column_int64(statement, 0);
	else if (rc == PM_END)
		rc = pm_fail(err, PM_ECORRUPT, "%s: no answer", text);
	sqlite3_finalize(statement);
	return rc;
}

/* ---- transactions ---- */

/* A batch in the middle of a run does not say which run again. */
int
pm_catalog_begin(struct pm_catalog *catalog, struct pm_err *err)
{
	int64_t run = 0;
	int rc = PM_OK;

	if (!catalog->in_transaction)
		rc = pm_catalog_exec(catalog, "BEGIN IMMEDIATE", err);
	if (rc != PM_OK)
		return rc;
	catalog->in_transaction = true;
	rc = pm_catalog_number(&run, catalog,
	    "SELECT coalesce(max(id), 0) FROM run", err);
	catalog->run = (uint64_t)run;
	return rc;
}

static void
forget_touched(struct pm_catalog *catalog)
{
	catalog->touched_articles.n = catalog->touched_teasers.n = 0;
	catalog->touched_groups.n = catalog->touched_payloads.n = 0;
	pm_catalog_forget_groups(catalog);
}

int
pm_catalog_commit(struct pm_catalog *catalog, struct pm_err *err)
{
	int rc = pm_catalog_exec(catalog, "COMMIT", err);

	/* In a scan nothing is refreshed. */
	forget_touched(catalog);
	if (rc != PM_OK)
		return rc;
	catalog->in_transaction = false;
	pm_catalog_tidy(catalog);
	return PM_OK;
}

void
pm_catalog_rollback(struct pm_catalog *catalog)
{
	if (!catalog->in_transaction)
		return;
	(void)sqlite3_exec(catalog->db, "ROLLBACK", NULL, NULL, NULL);
	catalog->in_transaction = false;
	forget_touched(catalog);
	forget_dictionaries(catalog);
}

/* The last batch at or before sequence. */
static int
read_position(struct pm_walk_start *out, struct pm_catalog *catalog,
    uint64_t sequence, struct pm_err *err)
{
	sqlite3_stmt *statement = NULL;
	struct pm_bytes chain;
	int rc = pm_catalog_prepare(&statement, catalog, "SELECT sequence,"
	    " volume, end, next_frame, chain FROM batch WHERE sequence <= ?1"
	    " ORDER BY sequence DESC LIMIT 1", err);

	memset(out, 0, sizeof *out);
	out->next_frame = 1;
	if (rc != PM_OK)
		return rc;
	sqlite3_bind_int64(statement, 1, (int64_t)sequence);
	rc = pm_catalog_step(catalog, statement, err);
	if (rc == PM_OK) {
		out->sequence = (uint64_t)sqlite3_column_int64(statement, 0);
		out->volume = (uint32_t)sqlite3_column_int64(statement, 1);
		out->end = (uint64_t)sqlite3_column_int64(statement, 2);
		out->next_frame = (uint64_t)sqlite3_column_int64(statement, 3);
		chain = pm_catalog_column(statement, 4);
		if (chain.n == sizeof out->chain)
			memcpy(out->chain, chain.p, chain.n);
		else
			rc = pm_fail(err, PM_ECORRUPT, "%s: bad chain value",
			    catalog->path);
	} else if (rc == PM_END) {
		rc = PM_OK;
	}
	sqlite3_finalize(statement);
	return rc;
}

int
pm_catalog_position(struct pm_walk_start *out, struct pm_catalog *catalog,
    uint64_t sequence, struct pm_err *err)
{
	int rc = read_position(out, catalog, sequence, err);

	if (rc == PM_OK && out->sequence != sequence)
		rc = pm_fail(err, PM_ENOTFOUND, "%s: no batch %llu",
		    catalog->path, (unsigned long long)sequence);
	return rc;
}

/* A number that was forgotten stays used. */
#define LARGEST(table) "SELECT max(coalesce((SELECT max(number) FROM " table \
	"), 0), coalesce((SELECT max(number) FROM forgotten_" table "), 0))"

int
pm_catalog_state(struct pm_catalog_state *out, struct pm_catalog *catalog,
    struct pm_err *err)
{
	static const char *const ask[] = {
		"SELECT coalesce(max(id), 0) FROM run",
		LARGEST("article"), LARGEST("teaser"), LARGEST("capture")
	};
	int64_t number[4] = { 0 };
	int rc = read_position(&out->at, catalog, INT64_MAX, err);

	for (int i = 0; i < 4 && rc == PM_OK; i++)
		rc = pm_catalog_number(&number[i], catalog, ask[i], err);
	out->runs = (uint64_t)number[0];
	out->articles = (uint64_t)number[1];
	out->teasers = (uint64_t)number[2];
	out->captures = (uint64_t)number[3];
	return rc;
}

int
pm_catalog_versions(struct pm_catalog_versions *out,
    struct pm_catalog *catalog, struct pm_err *err)
{
	sqlite3_stmt *statement = NULL;
	int rc = pm_catalog_prepare(&statement, catalog, "SELECT id,"
	    " normalizer, page_rules, policy FROM run ORDER BY id DESC LIMIT 1",
	    err);

	*out = (struct pm_catalog_versions){ 0 };
	if (rc == PM_OK)
		rc = pm_catalog_step(catalog, statement, err);
	if (rc == PM_OK) {
		out->runs = (uint64_t)sqlite3_column_int64(statement, 0);
		out->normalizer = sqlite3_column_int(statement, 1);
		out->page_rules = sqlite3_column_int(statement, 2);
		(void)snprintf(out->policy, sizeof out->policy, "%s",
		    (const char *)sqlite3_column_text(statement, 3));
	}
	sqlite3_finalize(statement);
	return rc == PM_END ? PM_OK : rc;
}
