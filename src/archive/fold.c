/*
 * Frames are decoded, checked and parsed on all threads, a window at a time,
 * and applied in order on this one.
 */
#include "archive/fold.h"

#include <stdio.h>
#include <stdlib.h>

#include "archive/analysis.h"
#include "archive/frames.h"
#include "archive/lead.h"
#include "archive/alike.h"
#include "base/list.h"
#include "base/err.h"

enum { WINDOW = 16, LEFT_OUT_MAX = 1 << 24 };

/* A tail of an article, and how that begins. */
struct tail_key {
	uint64_t key;
	uint32_t lead, article;          /* index in item, then number */
};

struct frame_job {
	struct pm_job job;
	/* Given. */
	const struct pm_fold_options *options;
	struct pm_buf packed;
	uint64_t frame;                  /* id */
	uint32_t plain_bytes;            /* as the marker says */
	const struct pm_item *item;      /* those that begin in this frame */
	uint32_t item_n;
	/* Made. */
	struct pm_frame_coder *coder;
	struct pm_buf plain, scratch;
	struct pm_arena arena;
	LIST(struct pm_log_record) records;
	LIST(struct pm_fold_place) places;       /* of the records */
	LIST(struct pm_sample) samples;         /* of the items */
	LIST(struct pm_run_entry) article_keys;  /* number: index in item */
	LIST(struct pm_run_entry) teaser_keys;
	LIST(struct pm_run_entry) later_keys;    /* if the prefix does not
	                                          * settle the teaser */
	LIST(struct pm_run_entry) title_keys;    /* number: of the article */
	LIST(struct pm_run_entry) body_keys;     /* number: index in item */
	LIST(struct tail_key) tail_keys;
	struct pm_analysis analysis;
	struct pm_err err;
	int status;
};

struct fold {
	const struct pm_fold_options *options;
	struct pm_volume_walk *walk;
	const struct pm_batch *batch;
	struct pm_frames *frames;        /* for titles */
	struct frame_job job[WINDOW];
	struct pm_group group;
	uint32_t item_done;              /* items of the batch given to lines */
	LIST(uint32_t) number;           /* of the articles of its items */
	LIST(struct pm_run_entry) article_keys;
	LIST(struct pm_run_entry) teaser_keys;
	LIST(struct pm_run_entry) later_keys, title_keys;
	LIST(uint32_t) settled;          /* teasers that the prefix linked */
	LIST(struct pm_run_entry) body_keys;
	LIST(struct tail_key) tail_keys;
	LIST(struct pm_run_entry) tail_entries;
	LIST(uint32_t) same;             /* articles that others stand for */
	LIST(uint64_t) ranks;            /* of the articles, in order */
	struct pm_folded folded;
	bool broken;                     /* damage in this batch */
};

/* Does the catalog get the batch at hand? */
static bool
is_told(const struct fold *fold)
{
	const struct pm_fold_options *options = fold->options;

	return options->catalog != NULL && !fold->broken &&
	    (options->until == 0 || fold->batch->sequence <= options->until);
}

/* ---- one frame, on any thread ---- */

static int
sample_item(struct frame_job *job, const struct pm_item *item)
{
	size_t n = item->bytes < PM_MEMBER_MAX ? (size_t)item->bytes :
	    PM_MEMBER_MAX;
	int rc = LIST_ROOM(job->samples, &job->err);

	if (rc == PM_OK && (item->offset > job->plain.n ||
	    n > job->plain.n - item->offset))
		rc = pm_fail(&job->err, PM_ECORRUPT,
		    "an article lies past the end of its frame");
	if (rc == PM_OK)
		pm_sample(&job->samples.p[job->samples.n++],
		    (struct pm_bytes){ job->plain.p + item->offset, n });
	return rc;
}

static int
check_item(struct frame_job *job, const struct pm_item *item)
{
	uint8_t sha256[PM_SHA256_BYTES];
	char id[17];

	if (item->bytes > PM_MEMBER_MAX)
		return PM_OK;            /* lies in several frames */
	if (item->offset > job->plain.n ||
	    item->bytes > job->plain.n - item->offset)
		return pm_fail(&job->err, PM_ECORRUPT,
		    "an article lies past the end of its frame");
	pm_sha256(sha256, (struct pm_bytes){ job->plain.p + item->offset,
	    (size_t)item->bytes });
	if (memcmp(sha256, item->sha256, PM_SHA256_BYTES) == 0)
		return PM_OK;
	pm_hex(id, item->sha256, 8);
	return pm_fail(&job->err, PM_ECORRUPT, "article %s is not what its "
	    "digest says", id);
}

static int
item_keys(struct frame_job *job, uint32_t index)
{
	const struct pm_item *item = &job->item[index];
	struct pm_analysed_body body;
	uint64_t bytes = item->bytes;
	int rc;

	if (bytes > PM_MEMBER_MAX)
		bytes = PM_MEMBER_MAX;   /* enough for its beginning */
	if (item->offset > job->plain.n ||
	    bytes > job->plain.n - item->offset)
		return pm_fail(&job->err, PM_ECORRUPT,
		    "an article lies past the end of its frame");
	rc = pm_analyse_body(&body, &job->analysis, (struct pm_bytes){
	    job->plain.p + item->offset, (size_t)bytes }, &job->err);
	for (size_t i = 0; i < body.prefix_n && rc == PM_OK; i++)
		if ((rc = LIST_ROOM(job->article_keys, &job->err)) == PM_OK)
			job->article_keys.p[job->article_keys.n++] =
			    (struct pm_run_entry){ body.prefix[i], index };
	for (size_t i = 0; i < body.lead_key_n && rc == PM_OK; i++)
		if ((rc = LIST_ROOM(job->article_keys, &job->err)) == PM_OK)
			job->article_keys.p[job->article_keys.n++] =
			    (struct pm_run_entry){ body.lead_key[i], index };
	/* A body in several parts is too long to be compared. */
	for (size_t i = 0; i < body.key_n && rc == PM_OK &&
	    item->bytes <= PM_BODY_COMPARED_MAX; i++)
		if ((rc = LIST_ROOM(job->body_keys, &job->err)) == PM_OK)
			job->body_keys.p[job->body_keys.n++] =
			    (struct pm_run_entry){ body.key[i], index };
	for (size_t i = 0; i < body.tails.n && rc == PM_OK &&
	    item->bytes <= PM_BODY_COMPARED_MAX; i++)
		if ((rc = LIST_ROOM(job->tail_keys, &job->err)) == PM_OK)
			job->tail_keys.p[job->tail_keys.n++] =
			    (struct tail_key){ body.tails.key[i],
			    body.tails.lead, index };
	return rc;
}

static int
add_later(struct frame_job *job, uint64_t key, uint64_t teaser)
{
	int rc = LIST_ROOM(job->later_keys, &job->err);

	if (rc == PM_OK)
		job->later_keys.p[job->later_keys.n++] = (struct pm_run_entry){
		    key, (uint32_t)teaser };
	return rc;
}

static int
finish_teaser(struct frame_job *job, struct pm_log_teaser *teaser,
    uint32_t ordinal)
{
	struct pm_analysed_teaser analysed = { .title = teaser->title,
	    .snippet = teaser->snippet };
	int rc = pm_analyse_teaser(&analysed, &job->scratch, &job->err);

	if (rc != PM_OK)
		return rc;
	memcpy(teaser->sha256, analysed.sha256, PM_SHA256_BYTES);
	teaser->marks = analysed.marks;
	teaser->frame = job->frame;
	teaser->ordinal = ordinal;
	if (job->options->teasers == NULL)
		return PM_OK;
	if (analysed.key != 0) {
		if ((rc = LIST_ROOM(job->teaser_keys, &job->err)) != PM_OK)
			return rc;
		job->teaser_keys.p[job->teaser_keys.n++] =
		    (struct pm_run_entry){ analysed.key,
		    (uint32_t)teaser->number };
	}
	if (analysed.title_key != 0 && (rc = add_later(job, analysed.title_key,
	    teaser->number)) != PM_OK)
		return rc;
	for (size_t i = 0; i < analysed.lead_key_n && rc == PM_OK; i++)
		rc = add_later(job, analysed.lead_key[i], teaser->number);
	return rc;
}

static int
article_title(struct frame_job *job, const struct pm_log_article *article)
{
	uint64_t key;
	int rc;

	if (job->options->articles == NULL)
		return PM_OK;
	rc = pm_title_key_of(&key, article->title, &job->scratch, &job->err);
	if (rc != PM_OK || key == 0)
		return rc;
	if ((rc = LIST_ROOM(job->title_keys, &job->err)) == PM_OK)
		job->title_keys.p[job->title_keys.n++] = (struct pm_run_entry){
		    key, (uint32_t)article->number };
	return rc;
}

/* The title that a capture states of the article it shows. */
static int
capture_title(struct frame_job *job, const struct pm_log_capture *capture)
{
	struct pm_log_article article = { .number = capture->article,
	    .title = capture->title };

	return capture->article == 0 || capture->title.n == 0 ? PM_OK :
	    article_title(job, &article);
}

static int
keep_place(struct frame_job *job, size_t at, size_t n)
{
	int rc = job->options->record == NULL ? PM_OK :
	    LIST_ROOM(job->places, &job->err);

	if (rc == PM_OK && job->options->record != NULL)
		job->places.p[job->places.n++] = (struct pm_fold_place){
		    job->frame, (uint32_t)at, (uint32_t)n, 0 };
	return rc;
}

static int
read_lines(struct frame_job *job, struct pm_bytes lines, size_t lines_at)
{
	struct pm_log_record record;
	uint32_t teasers = 0;
	size_t at = 0, before = 0;
	int rc;

	while ((rc = pm_log_decode(&record, &job->arena, lines, &at,
	    &job->err)) == PM_OK) {
		if (record.kind == PM_LOG_TEASER)
			rc = finish_teaser(job, &record.u.teaser, teasers++);
		else if (record.kind == PM_LOG_ARTICLE)
			rc = article_title(job, &record.u.article);
		else if (record.kind == PM_LOG_CAPTURE)
			rc = capture_title(job, &record.u.capture);
		if (rc == PM_OK)
			rc = keep_place(job, lines_at + before, at - before);
		if (rc == PM_OK)
			rc = LIST_ROOM(job->records, &job->err);
		if (rc != PM_OK)
			return rc;
		job->records.p[job->records.n++] = record;
		before = at;
	}
	return rc == PM_END ? PM_OK : rc;
}

/* The recipe that stands at *at of data; moves past it. */
static int
skip_recipe(struct frame_job *job, struct pm_bytes data, size_t *at)
{
	uint64_t n = 0;
	int rc = pm_varint_get(&n, data.p, data.n, at, &job->err);

	if (rc == PM_OK && n > data.n - *at)
		rc = pm_fail(&job->err, PM_ECORRUPT,
		    "a recipe is cut short");
	if (rc == PM_OK)
		*at += (size_t)n;
	return rc;
}

/* Layout L1: norms, digests, recipes, in the order of the lines. */
static int
read_data(struct frame_job *job, struct pm_bytes data, size_t data_at)
{
	size_t articles = 0, captures = 0, norm_at = 0, digest_at, recipe_at;
	int rc = PM_OK;

	for (size_t i = 0; i < job->records.n; i++) {
		const struct pm_log_record *record = &job->records.p[i];

		articles += record->kind == PM_LOG_ARTICLE;
		captures += record->kind == PM_LOG_CAPTURE &&
		    record->u.capture.like == 0;
	}
	if (data.n < articles * 8 + captures * PM_SHA256_BYTES)
		return pm_fail(&job->err, PM_ECORRUPT,
		    "its data member is cut short");
	digest_at = articles * 8;
	recipe_at = digest_at + captures * PM_SHA256_BYTES;
	for (size_t i = 0; i < job->records.n && rc == PM_OK; i++) {
		struct pm_log_record *record = &job->records.p[i];

		if (record->kind == PM_LOG_ARTICLE) {
			record->u.article.norm =
			    pm_le64_get(data.p + norm_at);
			norm_at += 8;
		} else if (record->kind == PM_LOG_CAPTURE &&
		    record->u.capture.like == 0) {
			memcpy(record->u.capture.sha256, data.p + digest_at,
			    PM_SHA256_BYTES);
			digest_at += PM_SHA256_BYTES;
			record->u.capture.recipe_frame = job->frame;
			record->u.capture.recipe_offset =
			    (uint32_t)(data_at + recipe_at);
			rc = skip_recipe(job, data, &recipe_at);
			if (job->places.n > i)
				job->places.p[i].recipe_n = (uint32_t)(data_at +
				    recipe_at) - record->u.capture.recipe_offset;
		}
	}
	return rc;
}

static int
read_members(struct frame_job *job)
{
	struct pm_bytes lines = { 0 }, data = { 0 }, lost = { 0 };
	struct pm_tar_member member;
	size_t at = 0, data_at = 0, lines_at = 0, lost_at = 0;
	int rc;

	while ((rc = pm_tar_next(&member, pm_buf_bytes(&job->plain), &at,
	    &job->err)) == PM_OK) {
		if (strncmp(member.name, "meta/", 5) == 0) {
			lines = member.data;
			lines_at = member.data_at;
		} else if (strncmp(member.name, "data/", 5) == 0) {
			data = member.data;
			data_at = member.data_at;
		} else if (pm_is_lost_lines(member.name)) {
			lost = member.data;
			lost_at = member.data_at;
		}
	}
	if (rc == PM_END && lines.n > 0 &&
	    (rc = read_lines(job, lines, lines_at)) == PM_OK)
		rc = read_data(job, data, data_at);
	if ((rc == PM_END || rc == PM_OK) && lost.n > 0)
		rc = read_lines(job, lost, lost_at);
	return rc == PM_END ? PM_OK : rc;
}

static int
fold_frame(struct frame_job *job)
{
	int rc;

	if (job->coder == NULL && (rc = pm_frame_coder_new(&job->coder,
	    &job->err)) != PM_OK)
		return rc;
	if ((rc = pm_frame_decode(job->coder, &job->plain,
	    pm_buf_bytes(&job->packed), &job->err)) != PM_OK)
		return rc;
	if (job->plain.n != job->plain_bytes)
		return pm_fail(&job->err, PM_ECORRUPT,
		    "holds %zu bytes, its marker says %u", job->plain.n,
		    (unsigned)job->plain_bytes);
	for (uint32_t i = 0; i < job->item_n && rc == PM_OK; i++) {
		if (job->options->check == PM_FOLD_CHECK)
			rc = check_item(job, &job->item[i]);
		if (rc == PM_OK && job->options->articles != NULL)
			rc = item_keys(job, i);
		if (rc == PM_OK && job->options->sample != NULL)
			rc = sample_item(job, &job->item[i]);
	}
	return rc == PM_OK ? read_members(job) : rc;
}

static void
run_job(struct pm_job *base)
{
	struct frame_job *job = (struct frame_job *)base;

	job->status = fold_frame(job);
}

static void
prepare_job(struct fold *fold, struct frame_job *job, uint32_t index,
    uint32_t first_item)
{
	const struct pm_batch *batch = fold->batch;
	uint32_t end = first_item;

	while (end < batch->item_n && batch->item[end].frame == index)
		end++;
	pm_buf_reset(&job->plain);
	pm_arena_reset(&job->arena);
	job->records.n = job->article_keys.n = job->teaser_keys.n = 0;
	job->body_keys.n = job->tail_keys.n = 0;
	job->later_keys.n = job->title_keys.n = 0;
	job->places.n = job->samples.n = 0;
	job->analysis.policy = &fold->options->policy;
	job->options = fold->options;
	job->frame = batch->first_frame + index;
	job->plain_bytes = batch->frame[index].plain_bytes;
	job->item = batch->item + first_item;
	job->item_n = end - first_item;
	job->status = PM_OK;
	job->job.run = run_job;
}

/* ---- a batch, in order ---- */

static int
report_damage(struct fold *fold, const struct frame_job *job,
    struct pm_err *err)
{
	struct pm_damage damage = { .volume = fold->batch->volume,
	    .frame = job->frame, .sequence = fold->batch->sequence };

	*err = job->err;
	if (err->status != PM_ECORRUPT && err->status != PM_ELIMIT)
		return err->status;
	fold->broken = true;
	fold->folded.damages++;
	pm_err_context(err, "volume %u, frame %llu",
	    (unsigned)fold->batch->volume, (unsigned long long)job->frame);
	if (fold->options->damaged == NULL)
		return PM_ECORRUPT;
	damage.offset = fold->batch->frame[job->frame -
	    fold->batch->first_frame].offset;
	(void)snprintf(damage.text, sizeof damage.text, "%.*s",
	    (int)sizeof damage.text - 1, job->err.text);
	fold->options->damaged(fold->options->context, &damage);
	return PM_OK;
}

/* The k-th article line of a batch is its k-th item. */
static int
place_article(struct fold *fold, struct pm_log_article *article,
    struct pm_err *err)
{
	const struct pm_item *item;

	if (fold->item_done >= fold->batch->item_n)
		return pm_fail(err, PM_ECORRUPT, "batch %llu has more "
		    "article lines than items",
		    (unsigned long long)fold->batch->sequence);
	item = &fold->batch->item[fold->item_done++];
	if (item->bytes != article->bytes)
		return pm_fail(err, PM_ECORRUPT, "article %llu: line and "
		    "item index disagree",
		    (unsigned long long)article->number);
	memcpy(article->sha256, item->sha256, PM_SHA256_BYTES);
	article->frame = fold->batch->first_frame + item->frame;
	article->offset = item->offset;
	return PM_OK;
}

/* Numbers of articles are those of their items until the lines, which come
 * behind the texts, have said where they begin. */
static int
collect_keys(struct fold *fold, struct frame_job *job, struct pm_err *err)
{
	uint32_t first = (uint32_t)(job->item - fold->batch->item);
	int rc = PM_OK;

	for (size_t i = 0; i < job->article_keys.n && rc == PM_OK; i++) {
		struct pm_run_entry entry = job->article_keys.p[i];

		entry.number += first;
		if ((rc = LIST_ROOM(fold->article_keys, err)) == PM_OK)
			fold->article_keys.p[fold->article_keys.n++] = entry;
	}
	for (size_t i = 0; i < job->body_keys.n && rc == PM_OK; i++) {
		struct pm_run_entry entry = job->body_keys.p[i];

		entry.number += first;
		if ((rc = LIST_ROOM(fold->body_keys, err)) == PM_OK)
			fold->body_keys.p[fold->body_keys.n++] = entry;
	}
	for (size_t i = 0; i < job->tail_keys.n && rc == PM_OK; i++) {
		struct tail_key tail = job->tail_keys.p[i];

		tail.article += first;
		if ((rc = LIST_ROOM(fold->tail_keys, err)) == PM_OK)
			fold->tail_keys.p[fold->tail_keys.n++] = tail;
	}
	for (size_t i = 0; i < job->teaser_keys.n && rc == PM_OK; i++)
		if ((rc = LIST_ROOM(fold->teaser_keys, err)) == PM_OK)
			fold->teaser_keys.p[fold->teaser_keys.n++] =
			    job->teaser_keys.p[i];
	for (size_t i = 0; i < job->later_keys.n && rc == PM_OK; i++)
		if ((rc = LIST_ROOM(fold->later_keys, err)) == PM_OK)
			fold->later_keys.p[fold->later_keys.n++] =
			    job->later_keys.p[i];
	for (size_t i = 0; i < job->title_keys.n && rc == PM_OK; i++)
		if ((rc = LIST_ROOM(fold->title_keys, err)) == PM_OK)
			fold->title_keys.p[fold->title_keys.n++] =
			    job->title_keys.p[i];
	return rc;
}

/* 0 where damage took the line. */
static uint32_t
number_of(const struct fold *fold, uint32_t item)
{
	return item < fold->number.n ? fold->number.p[item] : 0;
}

static void
number_keys(struct fold *fold)
{
	struct pm_run_entry *entry = fold->article_keys.p;

	for (size_t i = 0; i < fold->article_keys.n; i++)
		entry[i].number = number_of(fold, entry[i].number);
	entry = fold->body_keys.p;
	for (size_t i = 0; i < fold->body_keys.n; i++)
		entry[i].number = number_of(fold, entry[i].number);
	for (size_t i = 0; i < fold->tail_keys.n; i++)
		fold->tail_keys.p[i].article = number_of(fold,
		    fold->tail_keys.p[i].article);
}

/* Ranks are dense; a repair may have left numbers out. */
static int
rank_left_out(struct fold *fold, uint64_t number, struct pm_err *err)
{
	const struct pm_ranks *ranks = fold->options->ranks;
	uint64_t next;
	int rc = PM_OK;

	if (ranks == NULL || fold->batch->sequence <=
	    pm_ranks_sequence(ranks))
		return PM_OK;
	next = pm_ranks_count(ranks) + fold->ranks.n + 1;
	if (number > next && number - next > LEFT_OUT_MAX)
		return pm_fail(err, PM_ECORRUPT, "article %llu does not follow "
		    "article %llu", (unsigned long long)number,
		    (unsigned long long)next - 1);
	for (; next < number && rc == PM_OK; next++)
		if ((rc = LIST_ROOM(fold->ranks, err)) == PM_OK)
			fold->ranks.p[fold->ranks.n++] = 0;
	return rc;
}

static int
note_article(struct fold *fold, const struct pm_log_article *article,
    struct pm_err *err)
{
	int rc = rank_left_out(fold, article->number, err);

	if (rc == PM_OK && (rc = LIST_ROOM(fold->number, err)) == PM_OK)
		fold->number.p[fold->number.n++] = (uint32_t)article->number;
	if (rc == PM_OK && (rc = LIST_ROOM(fold->ranks, err)) == PM_OK)
		fold->ranks.p[fold->ranks.n++] = article->norm;
	if (rc != PM_OK || article->same == 0 ||
	    article->same == article->number)
		return rc;
	if ((rc = LIST_ROOM(fold->same, err)) == PM_OK)
		fold->same.p[fold->same.n++] = (uint32_t)article->number;
	return rc;
}

static int
note_settled(struct fold *fold, uint64_t teaser, struct pm_err *err)
{
	int rc = LIST_ROOM(fold->settled, err);

	if (rc == PM_OK)
		fold->settled.p[fold->settled.n++] = (uint32_t)teaser;
	return rc;
}

static int
apply_frame(struct fold *fold, struct frame_job *job, struct pm_err *err)
{
	int rc = PM_OK;

	fold->folded.frames++;
	fold->folded.bytes += job->plain.n;
	if (job->status != PM_OK)
		return report_damage(fold, job, err);
	for (size_t i = 0; i < job->records.n && rc == PM_OK; i++) {
		struct pm_log_record *record = &job->records.p[i];

		if (record->kind == PM_LOG_ARTICLE) {
			rc = place_article(fold, &record->u.article, err);
			if (rc == PM_OK)
				rc = note_article(fold, &record->u.article,
				    err);
		}
		if (record->kind == PM_LOG_LINK &&
		    record->u.link.evidence == PM_EVIDENCE_PREFIX)
			rc = note_settled(fold, record->u.link.teaser, err);
		if (rc == PM_OK && is_told(fold))
			rc = pm_catalog_apply(fold->options->catalog, record,
			    err);
		if (rc == PM_OK && fold->options->record != NULL)
			rc = fold->options->record(
			    fold->options->record_context, record,
			    &job->places.p[i], err);
	}
	for (size_t i = 0; i < job->samples.n && rc == PM_OK; i++)
		rc = fold->options->sample(fold->options->record_context,
		    &job->samples.p[i], err);
	return rc;
}

static int
read_window(struct fold *fold, uint32_t from, uint32_t n, uint32_t *item,
    struct pm_err *err)
{
	int rc = PM_OK;

	for (uint32_t i = 0; i < n && rc == PM_OK; i++) {
		struct frame_job *job = &fold->job[i];

		prepare_job(fold, job, from + i, *item);
		*item += job->item_n;
		rc = pm_volume_walk_packed(fold->walk, from + i, &job->packed,
		    err);
		if (rc == PM_OK)
			pm_pool_submit(fold->options->pool, &fold->group,
			    &job->job);
	}
	pm_group_wait(fold->options->pool, &fold->group);
	return rc;
}

static int
title_from_frames(void *context, struct pm_buf *out, uint64_t teaser,
    uint64_t frame, uint32_t ordinal, struct pm_err *err)
{
	struct fold *fold = context;
	struct pm_bytes title, snippet;
	int rc = pm_frames_teaser(&title, &snippet, fold->frames, frame,
	    ordinal, err);

	(void)teaser;
	return rc == PM_OK ? pm_buf_append(out, title.p, title.n, err) : rc;
}

/* Is number among these, which ascend? */
static bool
has_number(const uint32_t *number, size_t n, uint32_t wanted)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (number[middle] < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && number[low] == wanted;
}

/* Without the entries of these numbers, which ascend. */
static size_t
drop_numbers(struct pm_run_entry *entry, size_t n, const uint32_t *number,
    size_t number_n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!has_number(number, number_n, entry[i].number))
			entry[kept++] = entry[i];
	return kept;
}

/* One article stands for its group: the lines, which come behind the texts,
 * say which. */
static int
drop_same(struct fold *fold, struct pm_err *err)
{
	int rc = PM_OK;

	fold->body_keys.n = drop_numbers(fold->body_keys.p, fold->body_keys.n,
	    fold->same.p, fold->same.n);
	for (size_t i = 0; i < fold->tail_keys.n && rc == PM_OK; i++) {
		const struct tail_key *tail = &fold->tail_keys.p[i];

		if (has_number(fold->same.p, fold->same.n, tail->article))
			continue;
		if ((rc = LIST_ROOM(fold->tail_entries, err)) == PM_OK)
			fold->tail_entries.p[fold->tail_entries.n++] =
			    (struct pm_run_entry){ tail->key, tail->lead };
	}
	return rc;
}

static int
compare_numbers(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* What the steps behind the prefix ask for (link_cascade.c). */
static int
add_cascade_keys(struct fold *fold, struct pm_err *err)
{
	int rc = PM_OK;

	if (fold->settled.n > 1)
		qsort(fold->settled.p, fold->settled.n,
		    sizeof *fold->settled.p, compare_numbers);
	fold->later_keys.n = drop_numbers(fold->later_keys.p,
	    fold->later_keys.n, fold->settled.p, fold->settled.n);
	for (size_t i = 0; i < fold->later_keys.n && rc == PM_OK; i++)
		if ((rc = LIST_ROOM(fold->teaser_keys, err)) == PM_OK)
			fold->teaser_keys.p[fold->teaser_keys.n++] =
			    fold->later_keys.p[i];
	for (size_t i = 0; i < fold->title_keys.n && rc == PM_OK; i++)
		if ((rc = LIST_ROOM(fold->article_keys, err)) == PM_OK)
			fold->article_keys.p[fold->article_keys.n++] =
			    fold->title_keys.p[i];
	return rc;
}

/* Where a crash left one part of the cache ahead of another, those ahead have
 * the batch already. */
static int
fill_cache(struct fold *fold, uint64_t sequence, struct pm_err *err)
{
	const struct pm_fold_options *options = fold->options;
	int rc = drop_same(fold, err);

	if (rc == PM_OK && sequence > pm_ranks_sequence(options->ranks))
		rc = pm_ranks_append(options->ranks, fold->ranks.p,
		    fold->ranks.n, sequence, err);
	if (rc == PM_OK && sequence > pm_runs_sequence(options->articles))
		rc = pm_runs_append(options->articles, fold->article_keys.p,
		    fold->article_keys.n, sequence, err);
	if (rc == PM_OK && sequence > pm_runs_sequence(options->teasers))
		rc = pm_runs_append(options->teasers, fold->teaser_keys.p,
		    fold->teaser_keys.n, sequence, err);
	if (rc == PM_OK && sequence > pm_runs_sequence(options->bodies))
		rc = pm_runs_append(options->bodies, fold->body_keys.p,
		    fold->body_keys.n, sequence, err);
	if (rc == PM_OK && sequence > pm_runs_sequence(options->tails))
		rc = pm_runs_append(options->tails, fold->tail_entries.p,
		    fold->tail_entries.n, sequence, err);
	return rc;
}

static int
finish_batch(struct fold *fold, struct pm_err *err)
{
	const struct pm_teaser_source source = { title_from_frames, fold };
	const struct pm_fold_options *options = fold->options;
	uint64_t sequence = fold->batch->sequence;
	int rc = PM_OK;

	number_keys(fold);
	if ((rc = add_cascade_keys(fold, err)) != PM_OK)
		return rc;
	if (is_told(fold)) {
		if ((rc = pm_catalog_batch(options->catalog, fold->batch,
		    err)) == PM_OK &&
		    (rc = pm_catalog_refresh(options->catalog, &source,
		    err)) == PM_OK)
			rc = pm_catalog_commit(options->catalog, err);
	}
	return rc == PM_OK && options->articles != NULL ?
	    fill_cache(fold, sequence, err) : rc;
}

static int
fold_batch(struct fold *fold, struct pm_err *err)
{
	uint32_t item = 0;
	int rc = PM_OK;

	fold->item_done = 0;
	fold->number.n = 0;
	fold->article_keys.n = fold->teaser_keys.n = 0;
	fold->body_keys.n = fold->same.n = fold->ranks.n = 0;
	fold->tail_keys.n = fold->tail_entries.n = 0;
	fold->later_keys.n = fold->title_keys.n = fold->settled.n = 0;
	if (is_told(fold))
		rc = pm_catalog_begin(fold->options->catalog, err);
	for (uint32_t at = 0; at < fold->batch->frame_n && rc == PM_OK;
	    at += WINDOW) {
		uint32_t n = fold->batch->frame_n - at < WINDOW ?
		    fold->batch->frame_n - at : WINDOW;

		rc = read_window(fold, at, n, &item, err);
		for (uint32_t i = 0; i < n && rc == PM_OK; i++)
			rc = apply_frame(fold, &fold->job[i], err);
		for (uint32_t i = 0; i < n && rc == PM_OK; i++)
			rc = collect_keys(fold, &fold->job[i], err);
	}
	if (rc == PM_OK && !fold->broken &&
	    fold->item_done != fold->batch->item_n)
		rc = pm_fail(err, PM_ECORRUPT, "batch %llu has fewer article "
		    "lines than items",
		    (unsigned long long)fold->batch->sequence);
	if (rc == PM_OK)
		rc = finish_batch(fold, err);
	if (rc != PM_OK && fold->options->catalog != NULL)
		pm_catalog_rollback(fold->options->catalog);
	return rc;
}

static int
fold_all(struct fold *fold, struct pm_err *err)
{
	const struct pm_fold_options *options = fold->options;
	int rc;

	while ((rc = pm_volume_walk_next(fold->walk, &fold->batch, err)) ==
	    PM_OK) {
		if ((rc = fold_batch(fold, err)) != PM_OK)
			return rc;
		fold->folded.batches++;
		if (options->progress != NULL &&
		    options->progress(options->progress_context,
		    fold->folded.frames, fold->folded.bytes) != 0)
			return pm_fail(err, PM_ECANCELLED, "interrupted");
	}
	return rc == PM_END ? PM_OK : rc;
}

static void
clear_job(struct frame_job *job)
{
	pm_frame_coder_free(job->coder);
	pm_buf_clear(&job->packed);
	pm_buf_clear(&job->plain);
	pm_buf_clear(&job->scratch);
	pm_arena_clear(&job->arena);
	pm_free(job->records.p);
	pm_free(job->places.p);
	pm_free(job->samples.p);
	pm_free(job->article_keys.p);
	pm_free(job->teaser_keys.p);
	pm_free(job->body_keys.p);
	pm_free(job->tail_keys.p);
	pm_free(job->later_keys.p);
	pm_free(job->title_keys.p);
	pm_analysis_clear(&job->analysis);
}

int
pm_fold_log(struct pm_folded *out, const struct pm_fold_options *options,
    struct pm_err *err)
{
	struct pm_walk_options walk = { .start = options->start,
	    .head = options->head,
	    .level = options->check == PM_FOLD_CHECK ? PM_WALK_FULL :
	    PM_WALK_QUICK, .damaged = options->damaged,
	    .context = options->context };
	struct fold *fold = pm_alloc_zero(sizeof *fold, err);
	int rc;

	if (fold == NULL)
		return PM_ENOMEM;
	fold->options = options;
	rc = pm_volume_walk_open(&fold->walk, options->archive, &walk, err);
	if (rc == PM_OK && options->catalog != NULL)
		rc = pm_frames_open(&fold->frames, options->catalog,
		    options->archive, -1, err);
	if (rc == PM_OK)
		rc = fold_all(fold, err);
	*out = fold->folded;
	for (int i = 0; i < WINDOW; i++)
		clear_job(&fold->job[i]);
	pm_free(fold->article_keys.p);
	pm_free(fold->teaser_keys.p);
	pm_free(fold->body_keys.p);
	pm_free(fold->tail_keys.p);
	pm_free(fold->tail_entries.p);
	pm_free(fold->same.p);
	pm_free(fold->number.p);
	pm_free(fold->ranks.p);
	pm_free(fold->later_keys.p);
	pm_free(fold->title_keys.p);
	pm_free(fold->settled.p);
	pm_frames_close(fold->frames);
	pm_volume_walk_close(fold->walk);
	pm_free(fold);
	return rc;
}
