/*
 * Rows for people: the questions of ls, show and stats.
 */
#include "store/catalog_query.h"

#include <stdio.h>

#include "base/err.h"
#include "base/list.h"
#include "store/catalog_internal.h"

/* ---- rows of articles ---- */

struct text_list {
	const char **p;
	size_t n, capacity;
};

struct lister {
	struct pm_catalog *catalog;
	struct pm_err *err;
	struct pm_arena arena;           /* of one row, its strings */
	struct text_list tag, own_tag;   /* of one row, and the next three */
	LIST(struct pm_bytes) path;
	LIST(struct pm_relation) relation;
	LIST(struct pm_other_date) date;
	sqlite3_stmt *tags, *paths, *relations, *twins;
	sqlite3_stmt *own_tags, *dates, *modified;       /* for show alone */
	int status;                      /* the first fault of a row */
};

static const char *
keep_text(struct lister *lister, struct pm_bytes text)
{
	char *copy = pm_arena_alloc(&lister->arena, text.n + 1, lister->err);

	if (copy == NULL) {
		lister->status = PM_ENOMEM;
		return "";
	}
	if (text.n > 0)
		memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	return copy;
}

static const char *
text_column(struct lister *lister, sqlite3_stmt *st, int column)
{
	if (sqlite3_column_type(st, column) == SQLITE_NULL)
		return NULL;
	return keep_text(lister, pm_catalog_column(st, column));
}

static const char *
time_text(struct lister *lister, int64_t seconds, int64_t offset)
{
	struct pm_when when = { .utc_seconds = seconds,
	    .offset_minutes = (int32_t)offset };
	char text[PM_WHEN_CHARS];
	size_t n = pm_when_format(text, &when);

	return keep_text(lister, (struct pm_bytes){ (uint8_t *)text, n });
}

static const char *
time_column(struct lister *lister, sqlite3_stmt *st, int column)
{
	if (sqlite3_column_type(st, column) == SQLITE_NULL)
		return NULL;
	return time_text(lister, sqlite3_column_int64(st, column), 0);
}

/* 16 digits; 32 when another article has the same 16. */
static const char *
id_text(struct lister *lister, int64_t key, struct pm_bytes rest)
{
	char id[33];
	int64_t twins = 0;

	pm_catalog_id(id, key);
	sqlite3_reset(lister->twins);
	sqlite3_bind_int64(lister->twins, 1, key);
	if (pm_catalog_step(lister->catalog, lister->twins, lister->err) ==
	    PM_OK)
		twins = sqlite3_column_int64(lister->twins, 0);
	if (twins > 1 && rest.n >= 8)
		pm_hex(id + 16, rest.p, 8);
	return keep_text(lister, pm_bytes_of(id));
}

/* Begin a question about an article; its rows come from next_row. */
static sqlite3_stmt *
about(sqlite3_stmt *st, uint64_t number)
{
	sqlite3_reset(st);
	sqlite3_bind_int64(st, 1, (int64_t)number);
	return st;
}

static bool
next_row(struct lister *lister, sqlite3_stmt *st)
{
	int rc = pm_catalog_step(lister->catalog, st, lister->err);

	if (rc != PM_OK && rc != PM_END && lister->status == PM_OK)
		lister->status = rc;
	return rc == PM_OK;
}

static void
list_paths(struct lister *lister, uint64_t article)
{
	sqlite3_stmt *st = about(lister->paths, article);

	lister->path.n = 0;
	while (next_row(lister, st)) {
		struct pm_bytes text = pm_catalog_column(st, 0);

		if (LIST_ROOM(lister->path, lister->err) != PM_OK) {
			lister->status = PM_ENOMEM;
			return;
		}
		lister->path.p[lister->path.n++] = (struct pm_bytes){
		    (const uint8_t *)keep_text(lister, text), text.n };
	}
}

/* Texts of tags, from a question that gives one a row. */
static void
list_tags(struct text_list *out, struct lister *lister,
    sqlite3_stmt *question, uint64_t number)
{
	sqlite3_stmt *st = about(question, number);

	out->n = 0;
	while (next_row(lister, st)) {
		if (LIST_ROOM(*out, lister->err) != PM_OK) {
			lister->status = PM_ENOMEM;
			return;
		}
		out->p[out->n++] = text_column(lister, st, 0);
	}
}

static void
list_dates(struct lister *lister, uint64_t article)
{
	sqlite3_stmt *st = about(lister->dates, article);

	lister->date.n = 0;
	while (next_row(lister, st)) {
		if (LIST_ROOM(lister->date, lister->err) != PM_OK) {
			lister->status = PM_ENOMEM;
			return;
		}
		lister->date.p[lister->date.n++] = (struct pm_other_date){
		    time_text(lister, sqlite3_column_int64(st, 0),
		    sqlite3_column_int64(st, 1)),
		    pm_precision_name(sqlite3_column_int(st, 2)),
		    pm_date_source_name(sqlite3_column_int(st, 3)) };
	}
}

/* All that hold, those to the members of its group included. */
static void
list_relations(struct lister *lister, uint64_t article)
{
	sqlite3_stmt *st = about(lister->relations, article);

	lister->relation.n = 0;
	while (next_row(lister, st)) {
		if (LIST_ROOM(lister->relation, lister->err) != PM_OK) {
			lister->status = PM_ENOMEM;
			return;
		}
		lister->relation.p[lister->relation.n++] =
		    (struct pm_relation){ id_text(lister,
		    sqlite3_column_int64(st, 0), pm_catalog_column(st, 1)),
		    sqlite3_column_int(st, 2) == 0 ? "same" :
		    pm_relation_name(sqlite3_column_int(st, 2)),
		    sqlite3_column_double(st, 3),
		    sqlite3_column_double(st, 4) };
	}
}

const char pm_catalog_articles_sql[] = "SELECT " PM_ARTICLE_COLUMNS_SQL("a.published")
    " FROM article a JOIN article c ON c.number = a.canonical"
    " LEFT JOIN input i ON i.id = a.input"
    " LEFT JOIN stated u ON u.capture = a.url_capture WHERE 1";

static void
read_place(struct pm_article_row *place, sqlite3_stmt *st)
{
	struct pm_bytes rest = pm_catalog_column(st, 2);
	uint64_t key = (uint64_t)sqlite3_column_int64(st, 1) ^
	    UINT64_C(1) << 63;

	memset(place, 0, sizeof *place);
	place->number = (uint64_t)sqlite3_column_int64(st, 0);
	place->bytes = (uint64_t)sqlite3_column_int64(st, 10);
	place->frame = (uint64_t)sqlite3_column_int64(st, 18);
	place->offset = (uint32_t)sqlite3_column_int64(st, 19);
	place->same = (uint64_t)sqlite3_column_int64(st, 20);
	for (int i = 0; i < 8; i++)
		place->sha256[i] = (uint8_t)(key >> (56 - 8 * i));
	if (rest.n == 24)
		memcpy(place->sha256 + 8, rest.p, 24);
}

static const char *
language_column(struct lister *lister, sqlite3_stmt *st, int column)
{
	const char *lang = text_column(lister, st, column);

	return lang == NULL ? "und" : lang;
}

static const char *
language_source(int source)
{
	return source == 1 ? "stated" : source == 2 ? "detected" : NULL;
}

static void
read_full(struct pm_article *out, struct lister *lister, uint64_t number)
{
	out->full = 1;
	list_paths(lister, number);
	out->path = lister->path.p;
	out->path_n = lister->path.n;
	list_relations(lister, number);
	out->relation = lister->relation.p;
	out->relation_n = lister->relation.n;
}

static void
read_shown(struct pm_article *out, struct lister *lister, uint64_t number)
{
	out->shown = 1;
	list_tags(&lister->own_tag, lister, lister->own_tags, number);
	out->own_tag = lister->own_tag.p;
	out->own_tag_n = lister->own_tag.n;
	list_dates(lister, number);
	out->other_date = lister->date.p;
	out->other_date_n = lister->date.n;
	if (next_row(lister, about(lister->modified, number)))
		out->modified = time_text(lister,
		    sqlite3_column_int64(lister->modified, 0),
		    sqlite3_column_int64(lister->modified, 1));
	sqlite3_reset(lister->modified);
}

static void
read_article(struct pm_article *out, struct lister *lister,
    sqlite3_stmt *st, enum pm_detail detail)
{
	uint64_t number = (uint64_t)sqlite3_column_int64(st, 0);

	*out = (struct pm_article){
	    .id = id_text(lister, sqlite3_column_int64(st, 1),
	    pm_catalog_column(st, 2)),
	    .title = text_column(lister, st, 3),
	    .published_precision =
	    pm_precision_name(sqlite3_column_int(st, 6)),
	    .published_source =
	    pm_date_source_name(sqlite3_column_int(st, 7)),
	    .lang = language_column(lister, st, 8),
	    .lang_source = language_source(sqlite3_column_int(st, 22)),
	    .lang_score = sqlite3_column_double(st, 23),
	    .url = text_column(lister, st, 21),
	    .source = text_column(lister, st, 9),
	    .bytes = (uint64_t)sqlite3_column_int64(st, 10),
	    .sightings = (uint64_t)sqlite3_column_int64(st, 11),
	    .copies = (uint64_t)sqlite3_column_int64(st, 12),
	    .first_seen = time_column(lister, st, 13),
	    .last_seen = time_column(lister, st, 14),
	    .cluster = id_text(lister, sqlite3_column_int64(st, 15),
	    pm_catalog_column(st, 16)),
	    .canonical = sqlite3_column_int64(st, 17) == (int64_t)number };
	if (out->published_precision != NULL)
		out->published = time_text(lister,
		    sqlite3_column_int64(st, 4), sqlite3_column_int64(st, 5));
	list_tags(&lister->tag, lister, lister->tags, number);
	out->tag = lister->tag.p;
	out->tag_n = lister->tag.n;
	if (detail >= PM_DETAIL_FULL)
		read_full(out, lister, number);
	if (detail >= PM_DETAIL_SHOWN)
		read_shown(out, lister, number);
}

/* What is asked of captures of an article, when it is shown. */
static int
prepare_shown(struct lister *lister)
{
	struct pm_catalog *catalog = lister->catalog;
	struct pm_err *err = lister->err;
	int rc;

	if ((rc = pm_catalog_prepare(&lister->own_tags, catalog,
	    "SELECT DISTINCT g.text FROM capture c JOIN stated s"
	    " ON s.capture = c.number JOIN tag_set z ON z.id = s.tag_set,"
	    " json_each(z.tags) e JOIN tag g ON g.id = e.value"
	    " WHERE c.article = ?1 ORDER BY g.text", err)) != PM_OK ||
	    (rc = pm_catalog_prepare(&lister->dates, catalog,
	    "SELECT DISTINCT o.published, o.offset_minutes, o.precision,"
	    " o.date_source FROM capture c JOIN other_date o"
	    " ON o.capture = c.number WHERE c.article = ?1"
	    " ORDER BY 1, 2, 3, 4", err)) != PM_OK)
		return rc;
	return pm_catalog_prepare(&lister->modified, catalog,
	    "SELECT s.modified, s.modified_offset FROM capture c JOIN stated"
	    " s ON s.capture = c.number WHERE c.article = ?1"
	    " AND s.modified IS NOT NULL"
	    " ORDER BY s.modified DESC, s.modified_offset LIMIT 1", err);
}

static int
lister_open(struct lister *lister, struct pm_catalog *catalog,
    struct pm_err *err)
{
	int rc;

	*lister = (struct lister){ .catalog = catalog, .err = err };
	pm_arena_init(&lister->arena);
	if ((rc = pm_catalog_prepare(&lister->tags, catalog, "SELECT t.text"
	    " FROM article_tag x JOIN tag t ON t.id = x.tag"
	    " WHERE x.article = ?1 ORDER BY t.text", err)) != PM_OK ||
	    (rc = pm_catalog_prepare(&lister->paths, catalog,
	    "SELECT DISTINCT CASE WHEN d.path = '' THEN c.name ELSE d.path"
	    " || '/' || c.name END AS p FROM capture c JOIN directory d ON"
	    " d.id = c.directory WHERE c.article = ?1"
	    " ORDER BY CAST(p AS BLOB)", err)) != PM_OK ||
	    (rc = pm_catalog_prepare(&lister->relations, catalog,
	    "SELECT b.key, b.rest, 0, 1.0, 1.0 FROM article a JOIN article b"
	    " ON b.same = a.same AND b.number <> a.number"
	    " WHERE a.number = ?1 UNION ALL"
	    " SELECT b.key, b.rest, r.kind, r.jaccard, r.containment"
	    " FROM article a JOIN relation r ON r.a = coalesce(a.same,"
	    " a.number) JOIN article b ON b.number = r.b OR b.same = r.b"
	    " WHERE a.number = ?1 UNION ALL"
	    " SELECT b.key, b.rest, r.kind, r.jaccard, r.containment"
	    " FROM article a JOIN relation r ON r.b = coalesce(a.same,"
	    " a.number) JOIN article b ON b.number = r.a OR b.same = r.a"
	    " WHERE a.number = ?1 ORDER BY 1, 2", err)) != PM_OK)
		return rc;
	return pm_catalog_prepare(&lister->twins, catalog,
	    "SELECT count(*) FROM article WHERE key >> 32 = ?1 >> 32"
	    " AND +key = ?1", err);
}

static void
lister_close(struct lister *lister)
{
	sqlite3_finalize(lister->tags);
	sqlite3_finalize(lister->paths);
	sqlite3_finalize(lister->relations);
	sqlite3_finalize(lister->twins);
	sqlite3_finalize(lister->own_tags);
	sqlite3_finalize(lister->dates);
	sqlite3_finalize(lister->modified);
	pm_arena_clear(&lister->arena);
	pm_free(lister->tag.p);
	pm_free(lister->own_tag.p);
	pm_free(lister->date.p);
	pm_free(lister->path.p);
	pm_free(lister->relation.p);
}

int
pm_lister_new(struct lister **out, struct pm_catalog *catalog,
    struct pm_err *err)
{
	struct lister *lister = pm_alloc(sizeof *lister, err);
	int rc;

	if (lister == NULL)
		return PM_ENOMEM;
	if ((rc = lister_open(lister, catalog, err)) == PM_OK)
		*out = lister;
	else
		pm_lister_free(lister);
	return rc;
}

void
pm_lister_free(struct lister *lister)
{
	if (lister == NULL)
		return;
	lister_close(lister);
	pm_free(lister);
}

int
pm_lister_articles(struct lister *lister, sqlite3_stmt *st,
    enum pm_detail detail, int (*answer)(void *context,
    struct pm_article *article, const struct pm_article_row *place),
    void *context)
{
	struct pm_article article;
	struct pm_article_row place;
	int answered = PM_OK, rc = PM_OK;

	while (answered == PM_OK && (rc = pm_catalog_step(lister->catalog, st,
	    lister->err)) == PM_OK) {
		pm_arena_reset(&lister->arena);
		read_article(&article, lister, st, detail);
		read_place(&place, st);
		answered = lister->status != PM_OK ? lister->status :
		    answer(context, &article, &place);
	}
	return answered != PM_OK ? answered : rc == PM_END ? PM_OK : rc;
}

int
pm_catalog_list_articles(struct pm_catalog *catalog,
    const struct pm_query *query, enum pm_detail detail,
    int (*answer)(void *context, struct pm_article *article,
    const struct pm_article_row *place), void *context, struct pm_err *err)
{
	struct lister lister;
	sqlite3_stmt *st = NULL;
	int rc = lister_open(&lister, catalog, err);

	if (rc == PM_OK && detail == PM_DETAIL_SHOWN)
		rc = prepare_shown(&lister);
	if (rc == PM_OK)
		rc = pm_query_prepare_articles(&st, catalog, query, err);
	if (rc == PM_OK)
		rc = pm_lister_articles(&lister, st, detail, answer, context);
	sqlite3_finalize(st);
	lister_close(&lister);
	return rc;
}

/* ---- captures, runs ---- */

/* Run `text` and give each row to `row`, with a lister for its strings. */
static int
each_row(struct pm_catalog *catalog, const char *text,
    int (*row)(void *context, struct lister *lister, sqlite3_stmt *st),
    void *context, struct pm_err *err)
{
	struct lister lister;
	sqlite3_stmt *st = NULL;
	int answered = PM_OK, rc = lister_open(&lister, catalog, err);

	if (rc == PM_OK)
		rc = pm_catalog_prepare(&st, catalog, text, err);
	while (rc == PM_OK && answered == PM_OK &&
	    (rc = pm_catalog_step(catalog, st, err)) == PM_OK) {
		pm_arena_reset(&lister.arena);
		answered = row(context, &lister, st);
		if (answered == PM_OK)
			answered = lister.status;
	}
	sqlite3_finalize(st);
	lister_close(&lister);
	return answered != PM_OK ? answered : rc == PM_END ? PM_OK : rc;
}

struct capture_answer {
	int (*capture)(void *context,
	    const struct pm_listed_capture *capture);
	void *context;
};

static int
capture_row(void *context, struct lister *lister, sqlite3_stmt *st)
{
	struct capture_answer *answer = context;
	struct pm_listed_capture capture = {
	    .path = pm_catalog_column(st, 0),
	    .kind = pm_capture_kind_name(sqlite3_column_int(st, 1)),
	    .reason = text_column(lister, st, 2),
	    .crawled = time_column(lister, st, 3),
	    .source = text_column(lister, st, 6),
	    .bytes = (uint64_t)sqlite3_column_int64(st, 7),
	    .run = (uint64_t)sqlite3_column_int64(st, 8),
	    .url = text_column(lister, st, 11) };
	struct pm_bytes rest = pm_catalog_column(st, 10);

	if (sqlite3_column_type(st, 4) != SQLITE_NULL)
		capture.article = id_text(lister, sqlite3_column_int64(st, 4),
		    pm_catalog_column(st, 5));
	pm_catalog_id(capture.sha256, sqlite3_column_int64(st, 9));
	if (rest.n == 24)
		pm_hex(capture.sha256 + 16, rest.p, 24);
	return answer->capture(answer->context, &capture);
}

int
pm_catalog_list_captures(struct pm_catalog *catalog,
    int (*capture)(void *context, const struct pm_listed_capture *capture),
    void *context, struct pm_err *err)
{
	struct capture_answer answer = { capture, context };

	return each_row(catalog, "SELECT " PM_PATH_SQL " AS p, c.kind, r.text,"
	    " c.crawled, a.key, a.rest, i.name, c.bytes, c.run, c.key,"
	    " c.rest, u.url FROM capture c JOIN directory d"
	    " ON d.id = c.directory JOIN input i ON i.id = c.input"
	    " LEFT JOIN stated u ON u.capture = c.number LEFT JOIN reason r ON"
	    " r.id = c.reason LEFT JOIN article a ON a.number = c.article"
	    " WHERE c.kind <> 4"
	    " ORDER BY CAST(p AS BLOB), c.crawled, c.key", capture_row,
	    &answer, err);
}

struct run_answer {
	int (*run)(void *context, const struct pm_listed_run *run);
	void *context;
};

static int
run_row(void *context, struct lister *lister, sqlite3_stmt *st)
{
	struct run_answer *answer = context;
	struct pm_listed_run run = {
	    .run = (uint64_t)sqlite3_column_int64(st, 0),
	    .started = time_column(lister, st, 1),
	    .finished = time_column(lister, st, 2),
	    .version = text_column(lister, st, 3),
	    .unicode = text_column(lister, st, 4),
	    .normalizer = sqlite3_column_int(st, 5),
	    .page_rules = sqlite3_column_int(st, 6),
	    .inputs = text_column(lister, st, 7),
	    .captures = (uint64_t)sqlite3_column_int64(st, 8),
	    .articles = (uint64_t)sqlite3_column_int64(st, 9),
	    .policy = text_column(lister, st, 10) };

	return answer->run(answer->context, &run);
}

int
pm_catalog_list_runs(struct pm_catalog *catalog,
    int (*run)(void *context, const struct pm_listed_run *run),
    void *context, struct pm_err *err)
{
	struct run_answer answer = { run, context };

	return each_row(catalog, "SELECT r.id, r.started, r.finished,"
	    " r.version, r.unicode, r.normalizer, r.page_rules, r.inputs,"
	    " count(c.number), count(DISTINCT c.article), r.policy FROM run r"
	    " LEFT JOIN capture c ON c.run = r.id AND c.kind <> 4"
	    " GROUP BY r.id"
	    " ORDER BY r.id", run_row, &answer, err);
}

/* ---- teasers and sightings ---- */

struct teaser_answer {
	int (*teaser)(void *context, struct pm_listed_teaser *teaser,
	    uint64_t frame, uint32_t ordinal);
	void *context;
};

static int
teaser_row(void *context, struct lister *lister, sqlite3_stmt *st)
{
	struct teaser_answer *answer = context;
	struct pm_listed_teaser teaser = { 0 };
	char id[17], group[17];

	pm_catalog_id(id, sqlite3_column_int64(st, 0));
	pm_catalog_id(group, sqlite3_column_int64(st, 11));
	teaser.id = id;
	teaser.group = group;
	if (sqlite3_column_type(st, 3) != SQLITE_NULL) {
		teaser.article = id_text(lister, sqlite3_column_int64(st, 3),
		    pm_catalog_column(st, 4));
		teaser.evidence = pm_evidence_name(sqlite3_column_int(st, 5));
		teaser.score = sqlite3_column_double(st, 6);
		teaser.ambiguous = sqlite3_column_int(st, 7);
	}
	teaser.sightings = (uint64_t)sqlite3_column_int64(st, 8);
	teaser.first_seen = time_column(lister, st, 9);
	teaser.last_seen = time_column(lister, st, 10);
	teaser.url = text_column(lister, st, 12);
	return answer->teaser(answer->context, &teaser,
	    (uint64_t)sqlite3_column_int64(st, 1),
	    (uint32_t)sqlite3_column_int64(st, 2));
}

int
pm_catalog_list_teasers(struct pm_catalog *catalog,
    int (*teaser)(void *context, struct pm_listed_teaser *teaser,
    uint64_t frame, uint32_t ordinal), void *context, struct pm_err *err)
{
	struct teaser_answer answer = { teaser, context };

	return each_row(catalog, "SELECT t.key, t.frame, t.ordinal, a.key,"
	    " a.rest, t.evidence, t.score, t.ambiguous, count(*),"
	    " min(c.crawled), max(c.crawled), l.key, (SELECT min(u.url)"
	    " FROM teaser_url u WHERE u.teaser = t.number) FROM teaser t"
	    " JOIN sighting s ON s.teaser = t.number JOIN capture c"
	    " ON c.number = s.capture JOIN teaser l"
	    " ON l.number = coalesce(t.leader, t.number) LEFT JOIN article a"
	    " ON a.number = t.article GROUP BY t.number",
	    teaser_row, &answer, err);
}

static const char sighting_sql[] = "SELECT " PM_PATH_SQL " AS p, s.position,"
    " s.tag_set, x.text, s.published, x.offset_minutes, x.precision,"
    " c.crawled, t.number, t.frame, t.ordinal, t.score, t.evidence,"
    " t.ambiguous, t.article FROM teaser t JOIN sighting s"
    " ON s.teaser = t.number JOIN capture c ON c.number = s.capture"
    " JOIN directory d ON d.id = c.directory LEFT JOIN time_text x"
    " ON x.id = s.time_text";

struct sighting_walk {
	int (*sighting)(void *context, const struct pm_sighting_row *row);
	void *context;
	sqlite3_stmt *set, *text;        /* text: with articles alone */
};

static int
sighting_row(void *context, struct lister *lister, sqlite3_stmt *st)
{
	struct sighting_walk *walk = context;
	struct pm_sighting_row row = { 0 };

	row.sighting = (struct pm_sighting){
	    .path = pm_catalog_column(st, 0),
	    .position = (unsigned)sqlite3_column_int(st, 1),
	    .time_text = text_column(lister, st, 3),
	    .crawled = time_column(lister, st, 7) };
	if (sqlite3_column_type(st, 2) != SQLITE_NULL) {
		list_tags(&lister->tag, lister, walk->set,
		    (uint64_t)sqlite3_column_int64(st, 2));
		row.sighting.tag = lister->tag.p;
		row.sighting.tag_n = lister->tag.n;
	}
	if (sqlite3_column_type(st, 4) != SQLITE_NULL) {
		row.sighting.published = time_text(lister,
		    sqlite3_column_int64(st, 4), sqlite3_column_int64(st, 5));
		row.sighting.published_precision =
		    pm_precision_name(sqlite3_column_int(st, 6));
	}
	row.teaser = (uint64_t)sqlite3_column_int64(st, 8);
	row.frame = (uint64_t)sqlite3_column_int64(st, 9);
	row.ordinal = (uint32_t)sqlite3_column_int64(st, 10);
	row.sighting.score = sqlite3_column_double(st, 11);
	row.sighting.evidence = pm_evidence_name(sqlite3_column_int(st, 12));
	row.sighting.ambiguous = sqlite3_column_int(st, 13) != 0;
	if (walk->text != NULL) {
		if (next_row(lister, about(walk->text, row.teaser)))
			row.sighting.title = pm_catalog_column(walk->text, 0);
		list_paths(lister, (uint64_t)sqlite3_column_int64(st, 14));
		if (lister->path.n > 0)
			row.article_path = lister->path.p[0];
	}
	return lister->status != PM_OK ? lister->status :
	    walk->sighting(walk->context, &row);
}

int
pm_catalog_list_sightings(struct pm_catalog *catalog, uint64_t article,
    const struct pm_text_source *texts, int (*sighting)(void *context, const struct pm_sighting_row *row),
    void *context, struct pm_err *err)
{
	struct sighting_walk walk = { sighting, context, NULL, NULL };
	char text[1200];
	int rc = pm_catalog_prepare(&walk.set, catalog, "SELECT g.text FROM"
	    " tag_set z, json_each(z.tags) e JOIN tag g ON g.id = e.value"
	    " WHERE z.id = ?1", err);

	if (rc == PM_OK && article == 0)
		rc = pm_catalog_gather_texts(catalog, "SELECT number, frame,"
		    " ordinal FROM teaser WHERE article IS NOT NULL"
		    " ORDER BY frame, ordinal", texts, err);
	if (rc == PM_OK && article == 0)
		rc = pm_catalog_prepare(&walk.text, catalog, "SELECT title"
		    " FROM teaser_text WHERE teaser = ?1", err);
	if (article == 0)
		(void)snprintf(text, sizeof text, "%s WHERE t.article IS NOT"
		    " NULL ORDER BY CAST(p AS BLOB), c.crawled, c.key,"
		    " s.position", sighting_sql);
	else
		(void)snprintf(text, sizeof text, "%s WHERE t.article IN"
		    " (SELECT number FROM article WHERE number = %llu UNION"
		    " SELECT b.number FROM article a JOIN article b ON"
		    " b.same = a.same WHERE a.number = %llu)"
		    " ORDER BY c.crawled, CAST(p AS BLOB), s.position",
		    sighting_sql, (unsigned long long)article,
		    (unsigned long long)article);
	if (rc == PM_OK)
		rc = each_row(catalog, text, sighting_row, &walk, err);
	sqlite3_finalize(walk.set);
	sqlite3_finalize(walk.text);
	return rc;
}
