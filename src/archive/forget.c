/*
 * forget: what goes is planned in the catalog (store/catalog_forget.h), said by
 * name, and written as lines of the log, in a batch of their own.  The catalog
 * and the cache then take that batch from the log, as after a crash.
 *
 * In the lines are numbers and digests alone.  What would also meet what stays
 * is not in them: the fold of a text of which another copy stays, the marks of
 * teasers when copies stay, the beginning of a body that another body has, the
 * title that another article has.
 */
#include <stdlib.h>
#include <time.h>

#include "archive/analysis.h"
#include "archive/archive.h"
#include "archive/lead.h"
#include "archive/parity.h"
#include "base/err.h"
#include "base/list.h"
#include "store/catalog_forget.h"
#include "store/catalog_query.h"

enum { LINES_FULL = 4 << 20, LEVEL = 10 };

struct forgetter {
	const struct pm_forget_options *options;
	struct pm_catalog *catalog;
	struct pm_frames *frames;
	struct pm_writer *writer;        /* NULL: a dry run */
	struct pm_receipt receipt;
	struct pm_log_forget line;       /* at, run, number, url */
	LIST(struct pm_log_gone_article) articles;
	LIST(struct pm_log_gone_teaser) teasers;
	LIST(uint64_t) captures;
	LIST(uint64_t) begins;
	LIST(uint64_t) addresses;
	LIST(uint64_t) payloads;
	bool same_stays;                 /* a copy of the same fold */
	struct pm_analysis analysis;
	struct pm_buf text, lines;
	uint64_t frame;                  /* that the lines go into */
	struct pm_frame_coder *coder;
	struct pm_err *err;
};

/* ---- what is asked for ---- */

struct match {
	uint64_t number;
	size_t n;
};

static int
note_match(void *context, struct pm_article *article,
    const struct pm_article_row *place)
{
	struct match *match = context;

	(void)article;
	match->number = place->number;
	return ++match->n > 1;
}

static int
plan_id(struct forgetter *forgetter, const char *id)
{
	const struct pm_select select = { .id = id };
	struct match match = { 0 };
	struct pm_query query;
	int rc = pm_query_init(&query, &select, forgetter->catalog,
	    forgetter->err);

	if (rc == PM_OK)
		rc = pm_catalog_list_articles(forgetter->catalog, &query,
		    PM_DETAIL_ROW, note_match, &match, forgetter->err);
	if (rc < 0)
		return rc;
	if (match.n == 0)
		return pm_fail(forgetter->err, PM_ENOTFOUND,
		    "no article has an id that begins with %s", id);
	if (match.n > 1)
		return pm_fail(forgetter->err, PM_EUSAGE, "several articles "
		    "have an id that begins with %s; give more digits", id);
	return pm_catalog_plan_article(forgetter->catalog, match.number,
	    forgetter->err);
}

static int
plan(struct forgetter *forgetter)
{
	const struct pm_forget_options *options = forgetter->options;
	struct pm_plan_counts counts;
	int rc = pm_catalog_plan_begin(forgetter->catalog, forgetter->err);

	for (size_t i = 0; i < options->id_n && rc == PM_OK; i++)
		rc = plan_id(forgetter, options->id[i]);
	if (rc == PM_OK && options->url != NULL)
		rc = pm_catalog_plan_url(forgetter->catalog, options->url,
		    forgetter->err);
	if (rc == PM_OK)
		rc = pm_catalog_plan_copies(forgetter->catalog,
		    options->copies == PM_COPIES_GO, forgetter->err);
	if (rc == PM_OK)
		rc = pm_catalog_plan_finish(forgetter->catalog,
		    forgetter->err);
	if (rc == PM_OK)
		rc = pm_catalog_plan_counts(&counts, forgetter->catalog,
		    forgetter->err);
	if (rc == PM_OK)
		forgetter->receipt = (struct pm_receipt){
		    .articles = counts.articles, .copies = counts.copies,
		    .captures = counts.captures, .teasers = counts.teasers,
		    .sightings = counts.sightings, .cut = counts.cut,
		    .dry_run = options->dry_run, .in_volumes = counts.articles +
		    counts.captures + counts.teasers > 0 };
	return rc;
}

/* ---- by name ---- */

static int
tell(struct forgetter *forgetter, const struct pm_forgotten *forgotten)
{
	return forgetter->options->forgotten == NULL ? PM_OK :
	    forgetter->options->forgotten(forgetter->options->context,
	    forgotten);
}

struct named {
	struct forgetter *forgetter;
	const struct pm_plan_article *plan;
};

static int
name_article(void *context, struct pm_article *article,
    const struct pm_article_row *place)
{
	struct named *named = context;
	const struct pm_plan_article *plan = named->plan;

	(void)place;
	return tell(named->forgetter, &(struct pm_forgotten){
	    .what = plan->relation == NULL ? "article" : "copy",
	    .stays = plan->stays, .id = article->id,
	    .relation = plan->relation, .title = article->title == NULL ?
	    (struct pm_bytes){ 0 } : pm_bytes_of(article->title) });
}

static int
tell_article(void *context, const struct pm_plan_article *plan)
{
	struct forgetter *forgetter = context;
	struct named named = { forgetter, plan };
	int rc = PM_OK;

	if (plan->stays && plan->relation != NULL &&
	    strcmp(plan->relation, "same") == 0)
		forgetter->same_stays = true;
	if (forgetter->options->forgotten != NULL)
		rc = pm_catalog_give_article(forgetter->catalog, plan->number,
		    PM_DETAIL_ROW, name_article, &named, forgetter->err);
	if (rc != PM_OK || plan->stays ||
	    (rc = LIST_ROOM(forgetter->articles, forgetter->err)) != PM_OK)
		return rc;
	struct pm_log_gone_article *gone =
	    &forgetter->articles.p[forgetter->articles.n++];

	gone->number = plan->number;
	gone->norm = plan->row.norm;
	memcpy(gone->sha256, plan->row.sha256, PM_SHA256_BYTES);
	return PM_OK;
}

static int
tell_teaser(void *context, const struct pm_plan_teaser *plan)
{
	struct forgetter *forgetter = context;
	struct pm_bytes title, snippet;
	char id[17];
	int rc = pm_frames_teaser(&title, &snippet, forgetter->frames,
	    plan->frame, plan->ordinal, forgetter->err);

	pm_hex(id, plan->gone.sha256, 8);
	if (rc == PM_OK)
		rc = tell(forgetter, &(struct pm_forgotten){
		    .what = "teaser", .id = id, .title = title });
	if (rc == PM_OK)
		rc = LIST_ROOM(forgetter->teasers, forgetter->err);
	if (rc != PM_OK)
		return rc;
	forgetter->teasers.p[forgetter->teasers.n] = plan->gone;
	forgetter->teasers.p[forgetter->teasers.n++].has_marks =
	    forgetter->receipt.copies == 0;
	return PM_OK;
}

static int
tell_capture(void *context, uint64_t number, struct pm_bytes path)
{
	struct forgetter *forgetter = context;
	int rc = tell(forgetter, &(struct pm_forgotten){ .what = "capture",
	    .path = path });

	if (rc == PM_OK)
		rc = LIST_ROOM(forgetter->captures, forgetter->err);
	if (rc == PM_OK)
		forgetter->captures.p[forgetter->captures.n++] = number;
	return rc;
}

static int
note_address(void *context, int64_t key)
{
	struct forgetter *forgetter = context;
	int rc = LIST_ROOM(forgetter->addresses, forgetter->err);

	if (rc == PM_OK)
		forgetter->addresses.p[forgetter->addresses.n++] =
		    (uint64_t)key;
	return rc;
}

static int
note_payload(void *context, int64_t key)
{
	struct forgetter *forgetter = context;
	int rc = LIST_ROOM(forgetter->payloads, forgetter->err);

	if (rc == PM_OK)
		forgetter->payloads.p[forgetter->payloads.n++] =
		    (uint64_t)key;
	return rc;
}

static int
tell_all(struct forgetter *forgetter)
{
	int rc = pm_catalog_plan_articles(forgetter->catalog, tell_article,
	    forgetter, forgetter->err);

	if (rc == PM_OK)
		rc = pm_catalog_plan_teasers(forgetter->catalog, tell_teaser,
		    forgetter, forgetter->err);
	if (rc == PM_OK)
		rc = pm_catalog_plan_captures(forgetter->catalog,
		    tell_capture, forgetter, forgetter->err);
	if (rc == PM_OK)
		rc = pm_catalog_plan_addresses(forgetter->catalog,
		    note_address, forgetter, forgetter->err);
	return rc == PM_OK ? pm_catalog_plan_payloads(forgetter->catalog,
	    note_payload, forgetter, forgetter->err) : rc;
}

/* ---- how bodies begin, and their titles ---- */

static int
compare_gone(const void *a, const void *b)
{
	const struct pm_log_gone_article *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

struct kept {
	struct forgetter *forgetter;
	bool found;
};

/* Is this an article that stays? */
static int
is_kept(void *context, uint32_t number)
{
	struct kept *kept = context;
	struct forgetter *forgetter = kept->forgetter;
	struct pm_log_gone_article key = { .number = number };
	struct pm_article_row row;
	int rc;

	if (bsearch(&key, forgetter->articles.p, forgetter->articles.n,
	    sizeof key, compare_gone) != NULL)
		return 0;
	rc = pm_catalog_article(&row, forgetter->catalog, number,
	    forgetter->err);
	kept->found = rc == PM_OK && row.number != 0;
	return rc != PM_OK ? rc : kept->found;
}

static int
add_begin(struct forgetter *forgetter, uint64_t key)
{
	struct kept kept = { forgetter, false };
	int rc = pm_runs_find(forgetter->writer->articles, key, is_kept,
	    &kept, forgetter->err);

	if (rc < 0)
		return rc;
	if (kept.found)
		return PM_OK;
	if ((rc = LIST_ROOM(forgetter->begins, forgetter->err)) == PM_OK)
		forgetter->begins.p[forgetter->begins.n++] = key;
	return rc;
}

static int
add_title(void *context, struct pm_bytes title)
{
	struct forgetter *forgetter = context;
	uint64_t key;
	int rc = pm_title_key_of(&key, title, &forgetter->analysis.scratch,
	    forgetter->err);

	return rc == PM_OK && key != 0 ? add_begin(forgetter, key) : rc;
}

static int
digest_article(struct forgetter *forgetter, struct pm_log_gone_article *gone)
{
	struct pm_analysed_body body;
	struct pm_article_row row;
	int rc = pm_catalog_article(&row, forgetter->catalog, gone->number,
	    forgetter->err);

	pm_buf_reset(&forgetter->text);
	if (rc == PM_OK)
		rc = pm_frames_article(&forgetter->text, forgetter->frames,
		    row.frame, row.offset, row.bytes < PM_LEAD_BODY_MAX ?
		    row.bytes : PM_LEAD_BODY_MAX, forgetter->err);
	if (rc == PM_OK)
		rc = pm_analyse_body(&body, &forgetter->analysis,
		    pm_buf_bytes(&forgetter->text), forgetter->err);
	if (rc != PM_OK)
		return rc;
	if (!body.has_words || forgetter->same_stays)
		gone->norm = 0;
	for (size_t i = 0; i < body.prefix_n && rc == PM_OK; i++)
		rc = add_begin(forgetter, body.prefix[i]);
	return rc == PM_OK ? pm_catalog_stated_titles(forgetter->catalog,
	    gone->number, add_title, forgetter, forgetter->err) : rc;
}

static int
compare_keys(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Each once. */
static void
sort_begins(struct forgetter *forgetter)
{
	uint64_t *key = forgetter->begins.p;
	size_t n = 0;

	if (forgetter->begins.n > 1)
		qsort(key, forgetter->begins.n, sizeof *key, compare_keys);
	for (size_t i = 0; i < forgetter->begins.n; i++)
		if (n == 0 || key[n - 1] != key[i])
			key[n++] = key[i];
	forgetter->begins.n = n;
}

static int
digest_articles(struct forgetter *forgetter)
{
	int rc = PM_OK;

	if (forgetter->articles.n > 1)
		qsort(forgetter->articles.p, forgetter->articles.n,
		    sizeof *forgetter->articles.p, compare_gone);
	for (size_t i = 0; i < forgetter->articles.n && rc == PM_OK; i++)
		rc = digest_article(forgetter, &forgetter->articles.p[i]);
	sort_begins(forgetter);
	return rc;
}

/* ---- lines ---- */

static int
flush_lines(struct forgetter *forgetter)
{
	char name[PM_MEMBER_NAME_CHARS];
	struct pm_buf plain, packed;
	int rc;

	if (forgetter->lines.n == 0)
		return PM_OK;
	pm_buf_init(&plain);
	pm_buf_init(&packed);
	pm_name_meta(name, forgetter->frame++);
	rc = pm_tar_append(&plain, name, pm_buf_bytes(&forgetter->lines), 0,
	    forgetter->err);
	if (rc == PM_OK)
		rc = pm_frame_encode(forgetter->coder, &packed,
		    pm_buf_bytes(&plain), LEVEL, forgetter->err);
	if (rc == PM_OK)
		rc = pm_volume_writer_frame(forgetter->writer->volumes,
		    pm_buf_bytes(&packed), (uint32_t)plain.n, forgetter->err);
	pm_buf_reset(&forgetter->lines);
	pm_buf_clear(&plain);
	pm_buf_clear(&packed);
	return rc;
}

/* The next so many of n; moves past them. */
static size_t
next_part(size_t *at, size_t n)
{
	size_t part = n - *at < PM_LOG_GONE_MAX ? n - *at : PM_LOG_GONE_MAX;

	*at += part;
	return part;
}

static int
write_lines(struct forgetter *forgetter)
{
	size_t article = 0, teaser = 0, capture = 0, begin = 0, address = 0;
	size_t payload = 0;
	bool first = true;
	int rc = PM_OK;

	while (rc == PM_OK && (first || article < forgetter->articles.n ||
	    teaser < forgetter->teasers.n || capture < forgetter->captures.n
	    || begin < forgetter->begins.n ||
	    address < forgetter->addresses.n ||
	    payload < forgetter->payloads.n)) {
		struct pm_log_record record = { .kind = PM_LOG_FORGET,
		    .u.forget = forgetter->line };
		struct pm_log_forget *line = &record.u.forget;

		line->article = forgetter->articles.p + article;
		line->teaser = forgetter->teasers.p + teaser;
		line->capture = forgetter->captures.p + capture;
		line->begins = forgetter->begins.p + begin;
		line->address = forgetter->addresses.p + address;
		line->payload = forgetter->payloads.p + payload;
		line->article_n = next_part(&article, forgetter->articles.n);
		line->teaser_n = next_part(&teaser, forgetter->teasers.n);
		line->capture_n = next_part(&capture, forgetter->captures.n);
		line->begins_n = next_part(&begin, forgetter->begins.n);
		line->address_n = next_part(&address,
		    forgetter->addresses.n);
		line->payload_n = next_part(&payload, forgetter->payloads.n);
		if (!first)
			line->url.n = 0;
		first = false;
		rc = pm_log_encode(&forgetter->lines, &record,
		    forgetter->err);
		if (rc == PM_OK && forgetter->lines.n > LINES_FULL)
			rc = flush_lines(forgetter);
	}
	return rc == PM_OK ? flush_lines(forgetter) : rc;
}

static int
write_batch(struct forgetter *forgetter)
{
	struct pm_volume_writer *volumes = forgetter->writer->volumes;
	struct pm_catalog_state state;
	const struct pm_batch *batch;
	int rc = pm_catalog_state(&state, forgetter->catalog, forgetter->err);

	if (rc == PM_OK)
		rc = pm_catalog_next_forget(&forgetter->line.number,
		    forgetter->catalog, forgetter->err);
	if (rc == PM_OK)
		rc = pm_frame_coder_new(&forgetter->coder, forgetter->err);
	if (rc == PM_OK)
		rc = digest_articles(forgetter);
	if (rc != PM_OK)
		return rc;
	forgetter->line.run = state.runs;
	forgetter->line.at = (int64_t)time(NULL);
	if (forgetter->options->url != NULL)
		forgetter->line.url = pm_bytes_of(forgetter->options->url);
	rc = pm_volume_writer_begin(volumes, state.runs, &forgetter->frame,
	    forgetter->err);
	if (rc == PM_OK)
		rc = write_lines(forgetter);
	if (rc == PM_OK)
		rc = pm_volume_writer_commit(volumes, NULL, 0, &batch,
		    forgetter->err);
	return rc == PM_OK ? pm_writer_catch_up(forgetter->writer,
	    &forgetter->options->hooks, forgetter->err) : rc;
}

/* ---- all ---- */

static void
clear(struct forgetter *forgetter)
{
	pm_free(forgetter->articles.p);
	pm_free(forgetter->teasers.p);
	pm_free(forgetter->captures.p);
	pm_free(forgetter->begins.p);
	pm_free(forgetter->addresses.p);
	pm_free(forgetter->payloads.p);
	pm_analysis_clear(&forgetter->analysis);
	pm_buf_clear(&forgetter->text);
	pm_buf_clear(&forgetter->lines);
	pm_frame_coder_free(forgetter->coder);
}

static int
dry_run(struct forgetter *forgetter, const char *path)
{
	struct pm_archive *archive = NULL;
	int rc = pm_archive_open(&archive, path, forgetter->err);

	if (rc != PM_OK)
		return rc;
	forgetter->catalog = archive->catalog;
	forgetter->frames = archive->frames;
	if ((rc = plan(forgetter)) == PM_OK)
		rc = tell_all(forgetter);
	pm_archive_close(archive);
	return rc;
}

/* Names are told before the batch: when it is written they are gone. */
static int
forget(struct forgetter *forgetter, const char *path)
{
	struct pm_writer writer;
	uint64_t damaged = 0;            /* was noticed */
	int rc = pm_archive_probe(path, forgetter->err);

	if (rc == PM_OK)
		rc = pm_writer_open(&writer, path, 0, PM_WRITER_CATCH_UP,
		    &forgetter->options->hooks, forgetter->err);
	if (rc != PM_OK)
		return rc;
	forgetter->writer = &writer;
	forgetter->catalog = writer.catalog;
	forgetter->frames = writer.frames;
	if ((rc = plan(forgetter)) == PM_OK &&
	    (rc = tell_all(forgetter)) == PM_OK)
		rc = write_batch(forgetter);
	if (rc == PM_OK)
		rc = pm_archive_parity_update(&damaged, &writer, 0,
		    pm_processors(), forgetter->err);
	pm_writer_close(&writer);
	return rc;
}

int
pm_forget(struct pm_receipt *out, const char *path,
    const struct pm_forget_options *options, struct pm_err *err)
{
	struct forgetter forgetter = { .options = options, .err = err };
	int rc;

	if (options->id_n == 0 && options->url == NULL)
		return pm_fail(err, PM_EUSAGE, "nothing to forget is named");
	if (options->url != NULL && *options->url == '\0')
		return pm_fail(err, PM_EUSAGE, "the pattern is empty");
	rc = options->dry_run ? dry_run(&forgetter, path) :
	    forget(&forgetter, path);
	if (rc == PM_OK)
		*out = forgetter.receipt;
	clear(&forgetter);
	return rc;
}
