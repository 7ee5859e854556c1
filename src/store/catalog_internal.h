/*
 * catalog_internal.h - shared by the catalog_*.c files alone.
 */
#ifndef PM_STORE_CATALOG_INTERNAL_H
#define PM_STORE_CATALOG_INTERNAL_H

#include <sqlite3.h>

#include "store/catalog_query.h"

enum statement {
	ST_ARTICLE_INSERT, ST_ARTICLE_JOIN, ST_TEASER_INSERT,
	ST_CAPTURE_INSERT, ST_CAPTURE_LIKE, ST_SIGHTING_INSERT, ST_LINK_OLD,
	ST_LINK, ST_SERVED_BY, ST_SERVE_CLEAR, ST_SERVE_ADD, ST_RUN_INSERT,
	ST_RUN_END, ST_BATCH_INSERT,
	ST_FRAME_INSERT, ST_FIND_ARTICLE, ST_FIND_NORM, ST_ARTICLE,
	ST_FIND_TEASER, ST_TEASER_MARKS, ST_TEASER, ST_FIND_CAPTURE,
	ST_KNOWN_CAPTURE, ST_FRAME, ST_STATED_TITLES, ST_STATED_INSERT,
	ST_OTHER_DATE_INSERT, ST_TEASER_URL_INSERT, ST_RECIPE, ST_HAS_FILE,
	ST_FIND_WHOLE, ST_ARTICLE_AT, ST_HAS_TEASER_URL, ST_TEASERS_TO,
	ST_TEASER_URLS, ST_REVISITS, ST_PAYLOAD_ARTICLE, ST_SET_SHOWN,
	ST_ELECTED_TITLE, ST_ELECTED_LANG,
	ST_KNOWN_TITLE,
	ST_ARTICLE_TIMES, ST_TEASER_TIMES, ST_GROUPED, ST_GROUPED_START,
	ST_GROUPED_ARTICLE, ST_SET_LEADER,
	ST_GROUP, ST_MEMBER, ST_MEMBER_CAPTURES, ST_MEMBER_TEASERS,
	ST_TAG_SET, ST_UPDATE_ARTICLE, ST_UPDATE_TITLE, ST_TAGS_OF,
	ST_TAGS_CLEAR, ST_TAG_ADD, ST_RELATION_PUT, ST_RELATION_DROP,
	ST_RELATED, ST_GROUP_BEST, ST_UPDATE_CANONICAL,
	ST_FORGETS, ST_GONE_ARTICLE, ST_GONE_TEASER, ST_GONE_CAPTURE, ST_HEIR,
	ST_GONE_SHOWN, ST_IS_REDACTED, ST_TOUCHES, ST_CAPTURE_PLACE, ST_REDACTED_INSERT, ST_REFUSES_BODY,
	ST_REFUSES_URL, ST_REFUSES_TEASER, ST_REFUSES_KEY, ST_LOST_INSERT, ST_COUNT
};

/* Dictionaries: a string (and up to two numbers) to a small number. */
enum dictionary {
	DICT_INPUT, DICT_DIRECTORY, DICT_REASON, DICT_TAG, DICT_TAG_SET,
	DICT_TIME, DICT_COUNT
};

enum { DICT_SLOTS = 4096 };

struct dict_slot {
	uint64_t hash;
	int64_t id;              /* 0: empty */
	int64_t a, b;
	struct pm_buf key;
};

struct number_list {
	uint64_t *p;
	size_t n, capacity;
};

struct pm_catalog {
	sqlite3 *db;
	enum pm_catalog_mode mode;
	char *path;
	bool in_transaction;
	sqlite3_stmt *statement[ST_COUNT];
	sqlite3_stmt *dict_find[DICT_COUNT], *dict_add[DICT_COUNT];
	struct dict_slot slot[DICT_COUNT][DICT_SLOTS];
	struct number_list touched_articles, touched_teasers;
	struct number_list touched_groups;   /* whose relations changed */
	struct number_list touched_payloads; /* digests seen or referred to */
	/* For catalog_group.c: teasers that are new or were linked anew, those
	 * of them that were linked, articles that a link left, and the first
	 * teaser that is new (0: none is). */
	struct number_list regroup, relinked, left_articles;
	uint64_t first_teaser;
	bool forgot;             /* rows went: what was touched may be gone */
	uint64_t run;            /* of the records being applied */
	char *gate;              /* the directory whose lock C4 is about */
	int share;               /* READ: held while open; -1: not needed */
	bool has_functions;      /* that questions call */
	int wal_pages;           /* WRITE: in the WAL after the last commit */
};

/* catalog_open.c: after a commit, moves a WAL that has grown (C4). */
void pm_catalog_tidy(struct pm_catalog *catalog);
/* The one number that a query answers. */
int pm_catalog_number(int64_t *out, struct pm_catalog *catalog,
    const char *sql, struct pm_err *err);

/* Fill err from the database's last error. */
int pm_catalog_fail(struct pm_catalog *catalog, const char *doing,
    struct pm_err *err);
int pm_catalog_prepare(sqlite3_stmt **out, struct pm_catalog *catalog,
    const char *sql, struct pm_err *err);
/* The cached statement, reset and unbound; NULL with *err filled. */
sqlite3_stmt *pm_catalog_statement(struct pm_catalog *catalog,
    enum statement which, struct pm_err *err);
/* One step: PM_OK there is a row, PM_END there is none (and it is reset). */
int pm_catalog_step(struct pm_catalog *catalog, sqlite3_stmt *statement,
    struct pm_err *err);
/* Run to the end, expecting no rows. */
int pm_catalog_run(struct pm_catalog *catalog, sqlite3_stmt *statement,
    struct pm_err *err);
int pm_catalog_exec(struct pm_catalog *catalog, const char *sql,
    struct pm_err *err);

/* In order, each once. */
void pm_number_list_sort(struct number_list *list);
int pm_number_list_add(struct number_list *list, uint64_t number,
    struct pm_err *err);

/* Text when it is UTF-8 without NUL, else a blob.  Borrowed until reset. */
void pm_catalog_bind(sqlite3_stmt *statement, int column,
    struct pm_bytes value);
/* Borrowed until the next step. */
struct pm_bytes pm_catalog_column(sqlite3_stmt *statement, int column);

/* The id of a string in a dictionary; PM_END: it is not there. */
int pm_catalog_interned(int64_t *id, struct pm_catalog *catalog,
    enum dictionary dictionary, struct pm_bytes text, int64_t a, int64_t b,
    struct pm_err *err);
/* The same, made when it is new. */
int pm_catalog_intern(int64_t *id, struct pm_catalog *catalog,
    enum dictionary dictionary, struct pm_bytes text, int64_t a, int64_t b,
    struct pm_err *err);

/* path = directory "/" name; a slash that stands first stays in the name. */
void pm_catalog_split_path(struct pm_bytes *directory, struct pm_bytes *name,
    struct pm_bytes path);
/* 15 bits of where and when: of captures with the same bytes, however many, the
 * index finds the one that is asked for, without holding their names. */
int64_t pm_catalog_place_of(struct pm_bytes path, int64_t crawled);

int pm_catalog_intern_tags(int64_t *set, struct pm_catalog *catalog,
    const struct pm_bytes *tag, size_t n, struct pm_err *err);

/* catalog_lost.c */
int pm_catalog_apply_lost(struct pm_catalog *catalog,
    const struct pm_log_lost *lost, struct pm_err *err);

/* catalog_stated.c */
int pm_catalog_apply_stated(struct pm_catalog *catalog,
    const struct pm_log_capture *capture, struct pm_err *err);
int pm_catalog_apply_teaser_url(struct pm_catalog *catalog, uint64_t teaser,
    struct pm_bytes url, struct pm_err *err);
int pm_catalog_resolve_revisits(struct pm_catalog *catalog,
    struct pm_err *err);

/* R6 for the components of these groups (numbers of their first articles). */
int pm_catalog_cluster(struct pm_catalog *catalog, const uint64_t *group,
    size_t n, struct pm_err *err);

/* As the catalog has them: 32 bits of the start; of the title 16, of the cut
 * 15 and of the norm 15 bits in one number. */
int64_t pm_marks_start(const struct pm_teaser_marks *marks);
int64_t pm_marks_pack(const struct pm_teaser_marks *marks);
enum { PM_MARKS_REPEAT = 1 };    /* an earlier teaser folds to the same */

#define PM_PATH_SQL "CASE WHEN d.path = '' THEN c.name ELSE d.path || '/' ||" \
	" c.name END"

struct pm_text_source;
/* Into the temporary table teaser_text(teaser, title, snippet), for the rows
 * (number, frame, ordinal) that a question gives, in the order of places. */
int pm_catalog_gather_texts(struct pm_catalog *catalog, const char *which,
    const struct pm_text_source *source, struct pm_err *err);

/* G1 to G3 for what was applied since the last time. */
int pm_catalog_group(struct pm_catalog *catalog, struct pm_err *err);
void pm_catalog_forget_groups(struct pm_catalog *catalog);

/* catalog_forget.c */
int pm_catalog_apply_forget(struct pm_catalog *catalog,
    const struct pm_log_forget *forget, struct pm_err *err);
/* Articles and groups that were touched and are not there any more are taken
 * out of the lists. */
int pm_catalog_drop_gone(struct pm_catalog *catalog, struct pm_err *err);
/* Kind of a key. */
enum { PM_FORGOTTEN_BEGIN, PM_FORGOTTEN_ADDRESS, PM_FORGOTTEN_PAYLOAD };

int64_t pm_catalog_payload_key(struct pm_bytes payload);
/* A revisit that shows an article that goes, but of whose payload another
 * response is left: it will show that one's.  `gone`: numbers of articles. */
#define PM_REVISIT_STAYS(capture, gone) \
	"EXISTS (SELECT 1 FROM stated v JOIN stated o ON o.payload ="\
	" v.payload JOIN capture w ON w.number = o.capture WHERE v.capture"\
	" = " capture " AND v.revisit = 1 AND o.revisit IS NULL"\
	" AND w.article IS NOT NULL AND w.article NOT IN " gone ")"

struct pm_query;
/* Prepare `select` + " AND ..." for each condition + `order`, parameters
 * bound; query NULL: no condition. */
int pm_query_prepare(sqlite3_stmt **out, struct pm_catalog *catalog,
    const struct pm_query *query, const char *select, const char *order,
    struct pm_err *err);

/* Its conditions alone, appended, and what they are bound to.  tags: ids as
 * "3,17" of the tags that are asked for, NULL: the caller sees to those. */
int pm_query_conditions(struct pm_buf *out, const struct pm_query *query,
    const char *tags, struct pm_err *err);
int pm_query_bind(sqlite3_stmt *statement, const struct pm_query *query,
    struct pm_err *err);
/* Ids of the tags that are one with one of the query's. */
int pm_query_tags(struct number_list *out, struct pm_catalog *catalog,
    const struct pm_query *query, struct pm_err *err);
int pm_query_tags_text(struct pm_buf *out, const struct number_list *tags,
    struct pm_err *err);
/* The condition of --unique with --keep, if it is asked for. */
int pm_query_keep(struct pm_buf *out, struct pm_catalog *catalog,
    const struct pm_query *query, struct pm_err *err);
/* What the conditions call. */
int pm_query_functions(struct pm_catalog *catalog, struct pm_err *err);
/* catalog_order.c: rows of pm_catalog_articles_sql, first published first, then
 * by id, as many as the query wants. */
int pm_query_prepare_articles(sqlite3_stmt **out, struct pm_catalog *catalog,
    const struct pm_query *query, struct pm_err *err);

/*
 * Rows of articles for people (catalog_query.c).  A question begins with
 * pm_catalog_articles_sql, which ends in a condition; st may have columns
 * behind those of it, from PM_ARTICLE_COLUMNS on.
 */
struct lister;
enum { PM_ARTICLE_COLUMNS = 24 };
#define PM_ARTICLE_COLUMNS_SQL(published) "a.number, a.key, a.rest," \
	" coalesce(a.title, u.title), " published ", a.offset_minutes," \
	" a.precision, a.date_source, a.lang, i.name, a.bytes, a.sightings," \
	" a.copies, a.first_seen, a.last_seen, c.key, c.rest, a.canonical," \
	" a.frame, a.offset, a.same, u.url, a.lang_source, a.lang_score"
extern const char pm_catalog_articles_sql[];
int pm_lister_new(struct lister **out, struct pm_catalog *catalog,
    struct pm_err *err);
void pm_lister_free(struct lister *lister);       /* accepts NULL */
/* Each row of st to the callback, until it answers non-zero. */
int pm_lister_articles(struct lister *lister, sqlite3_stmt *st,
    enum pm_detail detail, int (*answer)(void *context,
    struct pm_article *article, const struct pm_article_row *place),
    void *context);

/* Ids as they are stored, see catalog_schema.h. */
int64_t pm_catalog_key(const uint8_t sha256[PM_SHA256_BYTES]);
/* 16 digits and a NUL. */
void pm_catalog_id(char out[17], int64_t key);

#endif
