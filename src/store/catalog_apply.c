/*
 * Records of the log into rows.
 */
#include "base/err.h"
#include "store/catalog_internal.h"

static void
bind_number(sqlite3_stmt *statement, int column, uint64_t value)
{
	if (value == 0)
		sqlite3_bind_null(statement, column);
	else
		sqlite3_bind_int64(statement, column, (int64_t)value);
}

static int
apply_article(struct pm_catalog *catalog,
    const struct pm_log_article *article, struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_ARTICLE_INSERT,
	    err);
	int rc;

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)article->number);
	sqlite3_bind_int64(st, 2, pm_catalog_key(article->sha256));
	sqlite3_bind_blob(st, 3, article->sha256 + 8, 24, SQLITE_STATIC);
	sqlite3_bind_int64(st, 4, (int64_t)article->norm);
	sqlite3_bind_int64(st, 5, (int64_t)article->frame);
	sqlite3_bind_int64(st, 6, article->offset);
	sqlite3_bind_int64(st, 7, (int64_t)article->bytes);
	bind_number(st, 8, article->same);
	if (article->title.n > 0)
		pm_catalog_bind(st, 9, article->title);
	if (article->lang.n > 0) {
		pm_catalog_bind(st, 10, article->lang);
		sqlite3_bind_double(st, 11, article->lang_score);
	}
	if ((rc = pm_catalog_run(catalog, st, err)) != PM_OK)
		return rc;
	if (article->same != 0 && article->same != article->number) {
		if ((st = pm_catalog_statement(catalog, ST_ARTICLE_JOIN,
		    err)) == NULL)
			return err->status;
		sqlite3_bind_int64(st, 1, (int64_t)article->same);
		if ((rc = pm_catalog_run(catalog, st, err)) != PM_OK)
			return rc;
	}
	return pm_number_list_add(&catalog->touched_articles, article->number,
	    err);
}

static int
apply_teaser(struct pm_catalog *catalog, const struct pm_log_teaser *teaser,
    struct pm_err *err)
{
	sqlite3_stmt *st;
	bool repeat = false;
	int rc = PM_OK;

	/* For those who count unique ones later. */
	if (catalog->mode != PM_CATALOG_LEAN)
		rc = pm_catalog_has_teaser(&repeat, catalog, &teaser->marks,
		    err);
	if (rc != PM_OK)
		return rc;
	if ((st = pm_catalog_statement(catalog, ST_TEASER_INSERT, err)) ==
	    NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)teaser->number);
	sqlite3_bind_int64(st, 2, pm_catalog_key(teaser->sha256));
	sqlite3_bind_blob(st, 3, teaser->sha256 + 8, 8, SQLITE_STATIC);
	sqlite3_bind_int64(st, 4, pm_marks_start(&teaser->marks));
	sqlite3_bind_int64(st, 5, pm_marks_pack(&teaser->marks) |
	    (repeat ? PM_MARKS_REPEAT : 0));
	sqlite3_bind_int64(st, 6, (int64_t)teaser->frame);
	sqlite3_bind_int64(st, 7, teaser->ordinal);
	if ((rc = pm_catalog_run(catalog, st, err)) != PM_OK)
		return rc;
	if (catalog->first_teaser == 0)
		catalog->first_teaser = teaser->number;
	return pm_number_list_add(&catalog->regroup, teaser->number, err);
}

/* The tags as a JSON array of their ids, interned. */
int
pm_catalog_intern_tags(int64_t *set, struct pm_catalog *catalog,
    const struct pm_bytes *tag, size_t n, struct pm_err *err)
{
	struct pm_buf text;
	int rc = PM_OK;

	pm_buf_init(&text);
	for (size_t i = 0; i < n && rc == PM_OK; i++) {
		int64_t id = 0;

		rc = pm_catalog_intern(&id, catalog, DICT_TAG, tag[i], 0, 0,
		    err);
		if (rc == PM_OK)
			rc = pm_buf_printf(&text, err, "%c%lld",
			    i == 0 ? '[' : ',', (long long)id);
	}
	if (rc == PM_OK)
		rc = pm_buf_append_byte(&text, ']', err);
	if (rc == PM_OK)
		rc = pm_catalog_intern(set, catalog, DICT_TAG_SET,
		    pm_buf_bytes(&text), 0, 0, err);
	pm_buf_clear(&text);
	return rc;
}

static int
apply_sighting(struct pm_catalog *catalog,
    const struct pm_log_sighting *sighting, uint64_t capture,
    size_t position, struct pm_err *err)
{
	int64_t tag_set = 0, time_text = 0;
	sqlite3_stmt *st;
	int rc = PM_OK;

	if (sighting->tag_n > 0 && catalog->mode != PM_CATALOG_LEAN)
		rc = pm_catalog_intern_tags(&tag_set, catalog, sighting->tag,
		    sighting->tag_n, err);
	if (rc == PM_OK && sighting->time_text.n > 0)
		rc = pm_catalog_intern(&time_text, catalog, DICT_TIME,
		    sighting->time_text, sighting->when.precision,
		    sighting->when.offset_minutes, err);
	if (rc != PM_OK)
		return rc;
	if ((st = pm_catalog_statement(catalog, ST_SIGHTING_INSERT, err)) ==
	    NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)sighting->teaser);
	sqlite3_bind_int64(st, 2, (int64_t)capture);
	sqlite3_bind_int64(st, 3, (int64_t)position);
	bind_number(st, 4, (uint64_t)tag_set);
	bind_number(st, 5, (uint64_t)time_text);
	if (sighting->when.precision != 0)
		sqlite3_bind_int64(st, 6, sighting->when.utc_seconds);
	if ((rc = pm_catalog_run(catalog, st, err)) != PM_OK ||
	    (rc = pm_catalog_apply_teaser_url(catalog, sighting->teaser,
	    sighting->url, err)) != PM_OK)
		return rc;
	return pm_number_list_add(&catalog->touched_teasers, sighting->teaser,
	    err);
}

void
pm_catalog_split_path(struct pm_bytes *directory, struct pm_bytes *name,
    struct pm_bytes path)
{
	size_t slash = path.n;

	while (slash > 1 && path.p[slash - 1] != '/')
		slash--;
	if (slash <= 1) {
		*directory = (struct pm_bytes){ path.p, 0 };
		*name = path;
		return;
	}
	*directory = (struct pm_bytes){ path.p, slash - 1 };
	*name = (struct pm_bytes){ path.p + slash, path.n - slash };
}

static int
bind_digest_and_recipe(struct pm_catalog *catalog, sqlite3_stmt *st,
    const struct pm_log_capture *capture, struct pm_err *err)
{
	sqlite3_stmt *like;
	struct pm_bytes rest;
	int rc;

	if (capture->like == 0) {
		sqlite3_bind_int64(st, 4, pm_catalog_key(capture->sha256));
		sqlite3_bind_blob(st, 5, capture->sha256 + 8, 24,
		    SQLITE_STATIC);
		sqlite3_bind_int64(st, 15, capture->text_only ? 0 :
		    (int64_t)capture->recipe_frame);
		sqlite3_bind_int64(st, 16, capture->recipe_offset);
		return PM_OK;
	}
	if ((like = pm_catalog_statement(catalog, ST_CAPTURE_LIKE, err)) ==
	    NULL)
		return err->status;
	sqlite3_bind_int64(like, 1, (int64_t)capture->like);
	if ((rc = pm_catalog_step(catalog, like, err)) != PM_OK)
		return rc == PM_END ? pm_fail(err, PM_ECORRUPT,
		    "capture %llu is like capture %llu, which is not there",
		    (unsigned long long)capture->number,
		    (unsigned long long)capture->like) : rc;
	rest = pm_catalog_column(like, 1);
	sqlite3_bind_int64(st, 4, sqlite3_column_int64(like, 0));
	sqlite3_bind_blob(st, 5, rest.p, (int)rest.n, SQLITE_TRANSIENT);
	sqlite3_bind_int64(st, 15, sqlite3_column_int64(like, 2));
	sqlite3_bind_int64(st, 16, sqlite3_column_int64(like, 3));
	sqlite3_reset(like);
	return PM_OK;
}

static void
bind_page_date(sqlite3_stmt *st, const struct pm_log_capture *capture)
{
	if (capture->date.precision != 0) {
		sqlite3_bind_int64(st, 18, capture->date.utc_seconds);
		sqlite3_bind_int64(st, 19, capture->date.offset_minutes);
		sqlite3_bind_int64(st, 20, capture->date.precision);
		sqlite3_bind_int64(st, 21, capture->date_source);
	}
}

/* Nothing where the file's time is the crawl's; whole seconds are usual. */
static void
bind_mtime(sqlite3_stmt *st, const struct pm_log_capture *capture)
{
	int64_t rest = capture->mtime_ns % 1000000000;
	int64_t seconds = capture->mtime_ns / 1000000000;

	if (rest < 0) {
		rest += 1000000000;
		seconds--;
	}
	if (seconds != capture->crawled)
		sqlite3_bind_int64(st, 7, seconds);
	if (rest != 0)
		sqlite3_bind_int64(st, 17, rest);
}

int64_t
pm_catalog_place_of(struct pm_bytes path, int64_t crawled)
{
	uint8_t sha256[PM_SHA256_BYTES];

	pm_sha256(sha256, path);
	return (pm_le32_get(sha256) ^ (uint32_t)((uint64_t)crawled *
	    UINT64_C(0x9e3779b97f4a7c15) >> 32)) & 0x7fff;
}

static int
insert_capture(struct pm_catalog *catalog,
    const struct pm_log_capture *capture, struct pm_err *err)
{
	struct pm_bytes directory, name;
	int64_t directory_id = 0, input_id = 0, reason_id = 0;
	sqlite3_stmt *st;
	int rc;

	pm_catalog_split_path(&directory, &name, capture->path);
	if ((rc = pm_catalog_intern(&directory_id, catalog, DICT_DIRECTORY,
	    directory, 0, 0, err)) != PM_OK ||
	    (rc = pm_catalog_intern(&input_id, catalog, DICT_INPUT,
	    capture->input, 0, 0, err)) != PM_OK)
		return rc;
	if (capture->reason.n > 0 &&
	    (rc = pm_catalog_intern(&reason_id, catalog, DICT_REASON,
	    capture->reason, 0, 0, err)) != PM_OK)
		return rc;
	if ((st = pm_catalog_statement(catalog, ST_CAPTURE_INSERT, err)) ==
	    NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)capture->number);
	sqlite3_bind_int64(st, 2, directory_id);
	pm_catalog_bind(st, 3, name);
	if ((rc = bind_digest_and_recipe(catalog, st, capture, err)) != PM_OK)
		return rc;
	sqlite3_bind_int64(st, 6, capture->crawled);
	bind_mtime(st, capture);
	sqlite3_bind_int64(st, 8, capture->mode);
	sqlite3_bind_int64(st, 9, (int64_t)capture->bytes);
	sqlite3_bind_int64(st, 10, capture->kind);
	bind_number(st, 11, (uint64_t)reason_id);
	bind_number(st, 12, capture->article);
	sqlite3_bind_int64(st, 13, (int64_t)catalog->run);
	sqlite3_bind_int64(st, 14, input_id);
	bind_page_date(st, capture);
	sqlite3_bind_int64(st, 22, pm_catalog_place_of(capture->path,
	    capture->crawled));
	bind_number(st, 23, capture->file);
	return pm_catalog_run(catalog, st, err);
}

static int
note_redacted(struct pm_catalog *catalog, uint64_t capture,
    struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_REDACTED_INSERT,
	    err);

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)capture);
	return pm_catalog_run(catalog, st, err);
}

static int
apply_capture(struct pm_catalog *catalog,
    const struct pm_log_capture *capture, struct pm_err *err)
{
	int rc = insert_capture(catalog, capture, err);

	if (rc == PM_OK && capture->redacted)
		rc = note_redacted(catalog, capture->number, err);
	if (rc == PM_OK)
		rc = pm_catalog_apply_stated(catalog, capture, err);
	for (size_t i = 0; i < capture->sighting_n && rc == PM_OK; i++)
		rc = apply_sighting(catalog, &capture->sighting[i],
		    capture->number, i, err);
	if (rc == PM_OK && capture->article != 0)
		rc = pm_number_list_add(&catalog->touched_articles,
		    capture->article, err);
	return rc;
}

static int
touch_article(void *context, uint64_t number)
{
	struct pm_catalog *catalog = context;
	struct pm_err ignored;

	return pm_number_list_add(&catalog->touched_articles, number,
	    &ignored);
}

/* The articles it led to until now need a fresh look too. */
static int
touch_old_link(struct pm_catalog *catalog, uint64_t teaser,
    struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_LINK_OLD, err);
	int rc;

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)teaser);
	rc = pm_catalog_step(catalog, st, err);
	if (rc == PM_END)
		return pm_fail(err, PM_ECORRUPT,
		    "link of teaser %llu, which is not there",
		    (unsigned long long)teaser);
	if (rc == PM_OK && sqlite3_column_type(st, 0) == SQLITE_INTEGER) {
		uint64_t article = (uint64_t)sqlite3_column_int64(st, 0);

		rc = pm_number_list_add(&catalog->touched_articles, article,
		    err);
		if (rc == PM_OK)
			rc = pm_number_list_add(&catalog->left_articles,
			    article, err);
	}
	sqlite3_reset(st);
	return rc == PM_OK ? pm_catalog_served_by(catalog, teaser,
	    touch_article, catalog, err) : rc;
}

static int
apply_serves(struct pm_catalog *catalog, const struct pm_log_link *link,
    struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_SERVE_CLEAR, err);
	int rc;

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)link->teaser);
	rc = pm_catalog_run(catalog, st, err);
	for (size_t i = 0; i < link->serves_n && rc == PM_OK; i++) {
		if ((st = pm_catalog_statement(catalog, ST_SERVE_ADD, err)) ==
		    NULL)
			return err->status;
		sqlite3_bind_int64(st, 1, (int64_t)link->serves[i]);
		sqlite3_bind_int64(st, 2, (int64_t)link->teaser);
		rc = pm_catalog_run(catalog, st, err);
	}
	return rc;
}

static int
apply_link(struct pm_catalog *catalog, const struct pm_log_link *link,
    struct pm_err *err)
{
	sqlite3_stmt *st;
	int rc;

	if ((rc = touch_old_link(catalog, link->teaser, err)) != PM_OK)
		return rc;
	if ((st = pm_catalog_statement(catalog, ST_LINK, err)) == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)link->teaser);
	if (link->article != 0) {
		sqlite3_bind_int64(st, 2, (int64_t)link->article);
		sqlite3_bind_int64(st, 3, link->evidence);
		sqlite3_bind_double(st, 4, link->score);
		sqlite3_bind_int64(st, 5, link->ambiguous);
	}
	if ((rc = pm_catalog_run(catalog, st, err)) != PM_OK ||
	    (rc = apply_serves(catalog, link, err)) != PM_OK ||
	    (rc = pm_number_list_add(&catalog->regroup, link->teaser, err)) !=
	    PM_OK || (rc = pm_number_list_add(&catalog->relinked,
	    link->teaser, err)) != PM_OK)
		return rc;
	return pm_number_list_add(&catalog->touched_teasers, link->teaser,
	    err);
}

static int
apply_relation(struct pm_catalog *catalog,
    const struct pm_log_relation *relation, struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog,
	    relation->kind == PM_RELATION_NONE ? ST_RELATION_DROP :
	    ST_RELATION_PUT, err);
	int rc;

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)relation->a);
	sqlite3_bind_int64(st, 2, (int64_t)relation->b);
	if (relation->kind != PM_RELATION_NONE) {
		sqlite3_bind_int64(st, 3, relation->kind);
		sqlite3_bind_double(st, 4, relation->jaccard);
		sqlite3_bind_double(st, 5, relation->containment);
	}
	if ((rc = pm_catalog_run(catalog, st, err)) != PM_OK ||
	    (rc = pm_number_list_add(&catalog->touched_groups, relation->a,
	    err)) != PM_OK)
		return rc;
	return pm_number_list_add(&catalog->touched_groups, relation->b, err);
}

static int
apply_run(struct pm_catalog *catalog, const struct pm_log_run *run,
    struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_RUN_INSERT, err);

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)run->number);
	sqlite3_bind_int64(st, 2, run->started);
	pm_catalog_bind(st, 3, run->version);
	sqlite3_bind_int64(st, 4, run->normalizer);
	pm_catalog_bind(st, 5, run->unicode);
	sqlite3_bind_int64(st, 6, run->page_rules);
	pm_catalog_bind(st, 7, run->inputs);
	pm_catalog_bind(st, 8, run->policy);
	catalog->run = run->number;
	return pm_catalog_run(catalog, st, err);
}

static int
apply_run_end(struct pm_catalog *catalog, const struct pm_log_run_end *end,
    struct pm_err *err)
{
	sqlite3_stmt *st = pm_catalog_statement(catalog, ST_RUN_END, err);

	if (st == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)end->number);
	sqlite3_bind_int64(st, 2, end->finished);
	sqlite3_bind_int64(st, 3, (int64_t)end->known);
	return pm_catalog_run(catalog, st, err);
}

int
pm_catalog_apply(struct pm_catalog *catalog,
    const struct pm_log_record *record, struct pm_err *err)
{
	switch (record->kind) {
	case PM_LOG_RUN:
		return apply_run(catalog, &record->u.run, err);
	case PM_LOG_ARTICLE:
		return apply_article(catalog, &record->u.article, err);
	case PM_LOG_TEASER:
		return apply_teaser(catalog, &record->u.teaser, err);
	case PM_LOG_CAPTURE:
		return apply_capture(catalog, &record->u.capture, err);
	case PM_LOG_LINK:
		return apply_link(catalog, &record->u.link, err);
	case PM_LOG_RUN_END:
		return apply_run_end(catalog, &record->u.run_end, err);
	case PM_LOG_RELATION:
		return apply_relation(catalog, &record->u.relation, err);
	case PM_LOG_LOST:
		return pm_catalog_apply_lost(catalog, &record->u.lost, err);
	case PM_LOG_FORGET:
		return pm_catalog_apply_forget(catalog, &record->u.forget,
		    err);
	}
	return pm_fail(err, PM_ECORRUPT, "a metadata record of no kind");
}

int
pm_catalog_batch(struct pm_catalog *catalog, const struct pm_batch *batch,
    struct pm_err *err)
{
	sqlite3_stmt *st;
	int rc = PM_OK;

	for (uint32_t i = 0; i < batch->frame_n && rc == PM_OK; i++) {
		if ((st = pm_catalog_statement(catalog, ST_FRAME_INSERT,
		    err)) == NULL)
			return err->status;
		sqlite3_bind_int64(st, 1, (int64_t)(batch->first_frame + i));
		sqlite3_bind_int64(st, 2, batch->volume);
		sqlite3_bind_int64(st, 3, (int64_t)batch->frame[i].offset);
		sqlite3_bind_int64(st, 4, batch->frame[i].packed_bytes);
		sqlite3_bind_int64(st, 5, batch->frame[i].plain_bytes);
		rc = pm_catalog_run(catalog, st, err);
	}
	if (rc != PM_OK)
		return rc;
	if ((st = pm_catalog_statement(catalog, ST_BATCH_INSERT, err)) == NULL)
		return err->status;
	sqlite3_bind_int64(st, 1, (int64_t)batch->sequence);
	sqlite3_bind_int64(st, 2, (int64_t)batch->run);
	sqlite3_bind_int64(st, 3, batch->volume);
	sqlite3_bind_int64(st, 4, (int64_t)batch->start);
	sqlite3_bind_int64(st, 5, (int64_t)batch->end);
	sqlite3_bind_int64(st, 6,
	    (int64_t)(batch->first_frame + batch->frame_n));
	sqlite3_bind_blob(st, 7, batch->chain, PM_SHA256_BYTES,
	    SQLITE_STATIC);
	return pm_catalog_run(catalog, st, err);
}
