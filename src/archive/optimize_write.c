/*
 * The new log: all texts, then what is said of them, then the runs with their
 * captures.  Frames are as layout.c makes them (L1 to L3 hold), but a batch of
 * texts is as large as may be, so that likeness reaches across the archive.
 */
#include <stdlib.h>

#include "archive/optimize_internal.h"
#include "base/err.h"

enum {
	META_BYTES = PM_FRAME_LARGEST,   /* of a metadata frame */
	DATA_ROOM = PM_MEMBER_MAX - (64 << 10),
	LINES_ROOM = PM_MEMBER_MAX - (64 << 10),
	NUMBER_CHARS = 11,               /* by which a line may grow, each */
	BATCH_ARTICLES = 1 << 16, BATCH_TEASERS = 1 << 18,
	RELATION_CHARS = 128
};

#define BATCH_BYTES ((uint64_t)512 << 20)
#define VOLUME_BYTES ((uint64_t)1 << 30)

/* ---- frames ---- */

int
pm_optimize_begin(struct new_log *log, uint32_t run)
{
	int rc;

	if (log->begun)
		return PM_OK;
	rc = log->sink.begin(log->sink.context, run == 0 ? 1 : run,
	    &log->first_frame, log->err);
	log->frame = log->first_frame;
	log->begun = rc == PM_OK;
	return rc;
}

static int
send_frame(struct new_log *log, struct pm_buf *plain)
{
	log->plain_bytes += plain->n;
	log->frame++;
	return log->sink.frame(log->sink.context, plain, log->err);
}

static size_t
data_bytes(const struct new_log *log)
{
	return log->norms.n + log->digests.n + log->recipes.n;
}

static int
append_data(struct new_log *log, struct pm_buf *plain)
{
	static const struct pm_buf none;
	const struct pm_buf *part[] = { &log->norms, &log->digests,
	    &log->recipes, &none };
	size_t n = data_bytes(log), base;
	char name[PM_MEMBER_NAME_CHARS];
	int rc;

	if (n == 0)
		return PM_OK;
	pm_name_data(name, log->frame);
	if ((rc = pm_tar_header(plain, name, n, 0, log->err)) != PM_OK)
		return rc;
	base = plain->n + log->norms.n + log->digests.n;
	for (size_t i = 0; i < log->open.n; i++)
		NUMBERED(log->optimizer->captures, log->open.p[i])->
		    new_offset += (uint32_t)base;
	for (size_t i = 0; part[i] != &none && rc == PM_OK; i++)
		rc = pm_buf_append(plain, part[i]->p, part[i]->n, log->err);
	return rc == PM_OK ? pm_buf_append_zero(plain, (PM_TAR_BLOCK -
	    n % PM_TAR_BLOCK) % PM_TAR_BLOCK, log->err) : rc;
}

static int
close_frame(struct new_log *log)
{
	char name[PM_MEMBER_NAME_CHARS];
	struct pm_buf plain;
	int rc = PM_OK;

	if (log->lines.n == 0)
		return PM_OK;
	pm_buf_init(&plain);
	pm_name_meta(name, log->frame);
	rc = pm_tar_append(&plain, name, pm_buf_bytes(&log->lines), 0,
	    log->err);
	if (rc == PM_OK)
		rc = append_data(log, &plain);
	if (rc == PM_OK)
		rc = send_frame(log, &plain);
	pm_buf_clear(&plain);
	pm_buf_reset(&log->lines);
	pm_buf_reset(&log->norms);
	pm_buf_reset(&log->digests);
	pm_buf_reset(&log->recipes);
	log->open.n = 0;
	log->teaser_n = 0;
	return rc;
}

int
pm_optimize_room(struct new_log *log, uint64_t n, uint64_t numbers, uint64_t more)
{
	size_t data = data_bytes(log);
	uint64_t line = n + numbers * NUMBER_CHARS;

	if (log->lines.n + line <= LINES_ROOM && data + more <= DATA_ROOM &&
	    log->lines.n + data < META_BYTES)
		return PM_OK;
	if (more > DATA_ROOM || line > LINES_ROOM)
		return pm_fail(log->err, PM_ELIMIT, "a capture is larger than "
		    "a frame");
	return close_frame(log);
}

int
pm_optimize_put(struct new_log *log, const struct pm_log_record *record)
{
	int rc = pm_log_encode(&log->lines, record, log->err);

	return rc == PM_OK ? pm_optimize_tell(log->optimizer,
	    PM_PHASE_WRITE) : rc;
}

int
pm_optimize_piece(struct new_log *log, struct pm_bytes piece)
{
	char name[PM_MEMBER_NAME_CHARS];
	struct pm_buf plain;
	int rc = close_frame(log);

	pm_buf_init(&plain);
	pm_name_data(name, log->frame);
	if (rc == PM_OK && piece.n > PM_MEMBER_MAX)
		rc = pm_fail(log->err, PM_ELIMIT, "a piece is larger than a "
		    "member");
	if (rc == PM_OK)
		rc = pm_tar_append(&plain, name, piece, 0, log->err);
	if (rc == PM_OK)
		rc = send_frame(log, &plain);
	pm_buf_clear(&plain);
	return rc;
}

/* ---- texts ---- */

static int
close_texts(struct new_log *log)
{
	int rc;

	if (log->texts.n == 0)
		return PM_OK;
	rc = send_frame(log, &log->texts);
	pm_buf_reset(&log->texts);
	return rc;
}

static int
read_body(struct pm_buf *out, struct new_log *log,
    const struct old_article *article, uint64_t at, uint64_t n)
{
	uint64_t part = at / PM_MEMBER_MAX;

	return pm_frames_copy(out, log->optimizer->writer.frames,
	    article->frame + part, part == 0 ? article->offset : PM_TAR_BLOCK,
	    n, log->err);
}

/* A body over PM_MEMBER_MAX: each part in a frame of its own. */
static int
write_parts(struct new_log *log, const struct old_article *article)
{
	char name[PM_MEMBER_NAME_CHARS];
	struct pm_buf plain;
	unsigned part = 0;
	int rc = PM_OK;

	pm_buf_init(&plain);
	for (uint64_t at = 0; at < article->bytes && rc == PM_OK;
	    at += PM_MEMBER_MAX) {
		uint64_t n = article->bytes - at < PM_MEMBER_MAX ?
		    article->bytes - at : PM_MEMBER_MAX;

		pm_name_article_part(name, article->number, part++);
		rc = pm_tar_header(&plain, name, n, 0, log->err);
		if (rc == PM_OK)
			rc = read_body(&plain, log, article, at, n);
		if (rc == PM_OK)
			rc = pm_buf_append_zero(&plain, (PM_TAR_BLOCK -
			    n % PM_TAR_BLOCK) % PM_TAR_BLOCK, log->err);
		if (rc == PM_OK)
			rc = send_frame(log, &plain);
		pm_buf_reset(&plain);
	}
	pm_buf_clear(&plain);
	return rc;
}

static int
add_item(struct new_log *log, const struct old_article *article)
{
	struct pm_item *item;
	int rc = LIST_ROOM(log->items, log->err);

	if (rc != PM_OK)
		return rc;
	item = &log->items.p[log->items.n++];
	memcpy(item->sha256, article->sha256, sizeof item->sha256);
	item->frame = (uint32_t)(article->new_frame - log->first_frame);
	item->offset = article->new_offset;
	item->bytes = article->bytes;
	return PM_OK;
}

/* The first of a group in the new log stands for it there. */
static void
number_article(struct new_log *log, struct old_article *article)
{
	struct old_article *head = article->same == 0 ? article :
	    NUMBERED(log->optimizer->articles, article->same);

	article->number = ++log->articles;
	if (head->group == 0)
		head->group = article->number;
}

static int
write_text(struct new_log *log, struct old_article *article)
{
	struct pm_buf *texts = &log->texts;
	uint64_t target = log->frame_bytes;
	char name[PM_MEMBER_NAME_CHARS];
	int rc = pm_optimize_begin(log, 0);

	if (rc == PM_OK && (article->bytes > PM_MEMBER_MAX || texts->n +
	    PM_TAR_BLOCK + article->bytes > target))
		rc = close_texts(log);
	if (rc != PM_OK)
		return rc;
	number_article(log, article);
	article->new_frame = log->frame;
	article->new_offset = (uint32_t)(texts->n + PM_TAR_BLOCK);
	if (article->bytes > PM_MEMBER_MAX) {
		rc = write_parts(log, article);
	} else {
		pm_name_article(name, article->number);
		rc = pm_tar_header(texts, name, article->bytes, 0, log->err);
		if (rc == PM_OK)
			rc = read_body(texts, log, article, 0,
			    article->bytes);
		if (rc == PM_OK)
			rc = pm_buf_append_zero(texts, (size_t)((PM_TAR_BLOCK -
			    article->bytes % PM_TAR_BLOCK) % PM_TAR_BLOCK),
			    log->err);
	}
	log->optimizer->told += article->bytes;
	return rc == PM_OK ? add_item(log, article) : rc;
}

static int
write_article(struct new_log *log, const struct old_article *article)
{
	struct optimizer *optimizer = log->optimizer;
	const struct old_article *head = article->same == 0 ? article :
	    NUMBERED(optimizer->articles, article->same);
	struct pm_log_record record;
	uint8_t norm[8];
	int rc = pm_optimize_room(log, article->line.n, 2, sizeof norm);

	if (rc == PM_OK)
		rc = pm_optimize_line(&record, optimizer, &article->line);
	if (rc != PM_OK)
		return rc;
	record.u.article.number = article->number;
	record.u.article.same = head->group == article->number ? 0 :
	    head->group;
	pm_le64_put(norm, article->norm);
	rc = pm_buf_append(&log->norms, norm, sizeof norm, log->err);
	return rc == PM_OK ? pm_optimize_put(log, &record) : rc;
}

/* ---- batches ---- */

static int
compare_numbers(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Numbers of the new log in place of the old one's. */
static int
write_link(struct new_log *log, const struct old_teaser *teaser)
{
	struct optimizer *optimizer = log->optimizer;
	struct pm_log_record record;
	struct pm_log_link *link = &record.u.link;
	uint64_t *serves;
	size_t n = 0;
	int rc = pm_optimize_line(&record, optimizer, &teaser->link);

	if (rc == PM_OK)
		rc = pm_optimize_room(log, teaser->link.n, link->serves_n + 2, 0);
	/* To what is gone nothing is linked (O4). */
	if (rc != PM_OK || NUMBERED(optimizer->articles, link->article)->gone)
		return rc;
	if ((serves = pm_arena_alloc(&optimizer->arena,
	    link->serves_n * sizeof *serves, log->err)) == NULL)
		return PM_ENOMEM;
	link->teaser = teaser->number;
	link->article = NUMBERED(optimizer->articles, link->article)->number;
	for (size_t i = 0; i < link->serves_n; i++) {
		const struct old_article *served = NUMBERED(
		    optimizer->articles, link->serves[i]);

		if (!served->gone)
			serves[n++] = served->number;
	}
	link->serves_n = n;
	if (link->serves_n > 1)
		qsort(serves, link->serves_n, sizeof *serves,
		    compare_numbers);
	link->serves = serves;
	return pm_optimize_put(log, &record);
}

/* In the batch of its teaser, which K1 counts on (fold.c). */
static int
write_links(struct new_log *log)
{
	int rc = PM_OK;

	for (size_t i = 0; i < log->batch_teasers.n && rc == PM_OK; i++) {
		const struct old_teaser *teaser = NUMBERED(
		    log->optimizer->teasers, log->batch_teasers.p[i]);

		if (teaser->link.frame != 0)
			rc = write_link(log, teaser);
	}
	log->batch_teasers.n = 0;
	return rc;
}

static int
note_places(struct new_log *log, const struct pm_batch *batch)
{
	struct pm_catalog *places = log->optimizer->places;
	int rc = pm_catalog_begin(places, log->err);

	if (rc == PM_OK)
		rc = pm_catalog_batch(places, batch, log->err);
	return rc == PM_OK ? pm_catalog_commit(places, log->err) : rc;
}

static int
commit(struct new_log *log)
{
	struct pm_volume_writer *volumes = log->optimizer->writer.volumes;
	const struct pm_batch *batch;
	int rc;

	if (!log->begun)
		return PM_OK;
	rc = close_texts(log);
	for (size_t i = 0; i < log->batch_articles.n && rc == PM_OK; i++)
		rc = write_article(log, NUMBERED(log->optimizer->articles,
		    log->batch_articles.p[i]));
	if (rc == PM_OK)
		rc = write_links(log);
	if (rc == PM_OK)
		rc = close_frame(log);
	if (rc == PM_OK)
		rc = log->sink.commit(log->sink.context, log->items.p,
		    (uint32_t)log->items.n, &batch, log->err);
	if (rc == PM_OK)
		rc = note_places(log, batch);
	log->items.n = log->batch_articles.n = 0;
	log->plain_bytes = 0;
	log->begun = false;
	if (rc == PM_OK && pm_volume_writer_bytes(volumes) >= VOLUME_BYTES)
		rc = pm_volume_writer_seal(volumes, log->err);
	return rc;
}

int
pm_optimize_commit_full(struct new_log *log)
{
	return log->batch_articles.n < BATCH_ARTICLES &&
	    log->batch_teasers.n < BATCH_TEASERS &&
	    log->plain_bytes < BATCH_BYTES ? PM_OK : commit(log);
}

static int
write_texts(struct new_log *log)
{
	struct optimizer *optimizer = log->optimizer;
	int rc = PM_OK;

	for (size_t i = 0; i < optimizer->articles.n && rc == PM_OK; i++) {
		uint32_t number = optimizer->article_order[i];

		if (NUMBERED(optimizer->articles, number)->gone)
			continue;
		rc = write_text(log, NUMBERED(optimizer->articles, number));
		if (rc == PM_OK)
			rc = LIST_ROOM(log->batch_articles, log->err);
		if (rc != PM_OK)
			return rc;
		log->batch_articles.p[log->batch_articles.n++] = number;
		if ((rc = pm_optimize_tell(optimizer, PM_PHASE_WRITE)) ==
		    PM_OK)
			rc = pm_optimize_commit_full(log);
	}
	return rc == PM_OK ? commit(log) : rc;
}

/* ---- relations ---- */

static uint64_t
group_of(const struct optimizer *optimizer, uint64_t number)
{
	const struct old_article *article = NUMBERED(optimizer->articles,
	    number);

	return article->same == 0 ? article->group :
	    NUMBERED(optimizer->articles, article->same)->group;
}

static int
compare_pairs(const void *a, const void *b)
{
	const struct pm_log_relation *x = &((const struct old_relation *)a)->last;
	const struct pm_log_relation *y = &((const struct old_relation *)b)->last;

	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	return (x->b > y->b) - (x->b < y->b);
}

/* Those between groups of which something is left; how many they are. */
static size_t
renumber_relations(struct optimizer *optimizer)
{
	size_t n = 0;

	for (size_t i = 0; i < optimizer->relations.n; i++) {
		struct old_relation *to = &optimizer->relations.p[n];
		uint64_t a, b;

		*to = optimizer->relations.p[i];
		a = group_of(optimizer, to->last.a);
		b = group_of(optimizer, to->last.b);
		to->last.a = a < b ? a : b;
		to->last.b = a < b ? b : a;
		n += a != 0 && b != 0;
	}
	optimizer->relations.n = n;
	return n;
}

static int
write_relations(struct new_log *log)
{
	struct optimizer *optimizer = log->optimizer;
	size_t n = renumber_relations(optimizer);
	int rc = n == 0 ? PM_OK : pm_optimize_begin(log, 0);

	if (n > 1)
		qsort(optimizer->relations.p, n,
		    sizeof *optimizer->relations.p, compare_pairs);
	for (size_t i = 0; i < n && rc == PM_OK; i++) {
		struct pm_log_record record = { .kind = PM_LOG_RELATION,
		    .u.relation = optimizer->relations.p[i].last };

		if ((rc = pm_optimize_room(log, RELATION_CHARS, 2, 0)) == PM_OK)
			rc = pm_optimize_put(log, &record);
	}
	return rc;
}

/* ---- what was forgotten, and what was lost ---- */

static int
write_forget(struct new_log *log, const struct old_line *line)
{
	struct pm_log_gone_article *article;
	struct pm_log_gone_teaser *teaser;
	struct pm_log_record record;
	int rc = pm_optimize_line(&record, log->optimizer, line);

	if (rc == PM_OK)
		rc = pm_optimize_room(log, line->n, 0, 0);
	if (rc != PM_OK)
		return rc;
	article = pm_arena_alloc(&log->optimizer->arena,
	    record.u.forget.article_n * sizeof *article, log->err);
	teaser = pm_arena_alloc(&log->optimizer->arena,
	    record.u.forget.teaser_n * sizeof *teaser, log->err);
	if (article == NULL || teaser == NULL)
		return PM_ENOMEM;
	pm_optimize_tombstone(&record.u.forget, article, teaser);
	return pm_optimize_put(log, &record);
}

/* Before all else, in a batch of their own: there is nothing yet that they
 * could take. */
static int
write_forgets(struct new_log *log)
{
	const struct optimizer *optimizer = log->optimizer;
	int rc = optimizer->forgets.n == 0 ? PM_OK :
	    pm_optimize_begin(log, 0);

	for (size_t i = 0; i < optimizer->forgets.n && rc == PM_OK; i++)
		rc = write_forget(log, &optimizer->forgets.p[i]);
	return rc == PM_OK ? commit(log) : rc;
}

static int
flush_lost(struct new_log *log)
{
	char name[PM_MEMBER_NAME_CHARS];
	struct pm_buf plain;
	int rc;

	if (log->shell.n == 0)
		return PM_OK;
	pm_buf_init(&plain);
	pm_name_lost(name, log->frame, "jsonl");
	rc = pm_tar_append(&plain, name, pm_buf_bytes(&log->shell), 0,
	    log->err);
	if (rc == PM_OK)
		rc = send_frame(log, &plain);
	pm_buf_clear(&plain);
	pm_buf_reset(&log->shell);
	return rc;
}

/* In the last batch, as repair writes them. */
static int
write_lost(struct new_log *log)
{
	struct optimizer *optimizer = log->optimizer;
	struct pm_log_record record;
	int rc = optimizer->lost.n == 0 ? PM_OK : pm_optimize_begin(log,
	    (uint32_t)optimizer->runs.n);

	if (rc == PM_OK)
		rc = close_frame(log);
	pm_buf_reset(&log->shell);
	for (size_t i = 0; i < optimizer->lost.n && rc == PM_OK; i++) {
		if (log->shell.n + optimizer->lost.p[i].n > LINES_ROOM)
			rc = flush_lost(log);
		if (rc == PM_OK)
			rc = pm_optimize_line(&record, optimizer,
			    &optimizer->lost.p[i]);
		if (rc == PM_OK)
			rc = pm_log_encode(&log->shell, &record, log->err);
	}
	return rc == PM_OK ? flush_lost(log) : rc;
}

/* ---- all ---- */

static int
write_all(struct new_log *log)
{
	const struct optimizer *optimizer = log->optimizer;
	uint32_t at = 0;
	int rc = write_forgets(log);

	if (rc == PM_OK)
		rc = write_texts(log);
	if (rc == PM_OK)
		rc = write_relations(log);
	for (uint32_t i = 0; i < optimizer->runs.n && rc == PM_OK; i++) {
		rc = pm_optimize_run(log, i + 1, at);
		at += optimizer->runs.p[i].n;
	}
	if (rc == PM_OK)
		rc = write_lost(log);
	return rc == PM_OK ? commit(log) : rc;
}

static void
clear_log(struct new_log *log)
{
	struct pm_buf *const buf[] = { &log->texts, &log->lines, &log->norms,
	    &log->digests, &log->recipes, &log->old_recipe, &log->recipe,
	    &log->shell, &log->stretch, &log->cut };

	for (size_t i = 0; i < sizeof buf / sizeof *buf; i++)
		pm_buf_clear(buf[i]);
	pm_free(log->items.p);
	pm_free(log->batch_articles.p);
	pm_free(log->batch_teasers.p);
	pm_free(log->open.p);
	pm_packer_free(log->packer);
}

static int
no_tick(void *context, struct pm_err *err)
{
	(void)context;
	(void)err;
	return PM_OK;
}

int
pm_optimize_write(struct optimizer *optimizer)
{
	const struct pm_optimize_options *options = optimizer->options;
	struct pm_packer_options packer = {
	    .volumes = optimizer->writer.volumes,
	    .pool = optimizer->writer.pool, .threads = optimizer->threads,
	    .level = options->level, .tick = no_tick,
	    .pending_bytes = options->memory_bytes / 8 };
	struct new_log log = { .optimizer = optimizer, .err = optimizer->err,
	    .frame_bytes = options->frame_bytes };
	int rc = pm_packer_new(&log.packer, &packer, optimizer->err);

	if (rc == PM_OK) {
		log.sink = pm_packer_sink(log.packer);
		rc = write_all(&log);
	}
	clear_log(&log);
	return rc;
}
