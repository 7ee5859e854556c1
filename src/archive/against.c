/*
 * What of the inputs is new to an archive.
 *
 * Nothing is written: the catalog and the candidate index are opened for
 * reading, inputs are read and analysed a batch at a time and forgotten.
 * Captures of the input are compared with the archive alone, not with each
 * other.
 */
#include <stdlib.h>

#include "archive/archive.h"
#include "archive/batch.h"
#include "archive/candidates.h"
#include "archive/confine.h"
#include "archive/policy.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/list.h"
#include "store/catalog_query.h"
#include "text/fold.h"

enum { MEMORY_DEFAULT = 384 << 20 };

struct side {
	struct pm_buf text, folded;
	struct pm_body_room room;
	struct pm_body body;
};

/* The best that was found for one capture. */
struct match {
	struct pm_article_row row;       /* number 0: none */
	struct pm_related related;
};

struct seeker {
	const struct pm_against_options *options;
	struct pm_archive *archive;
	struct pm_runs *bodies;
	struct pm_ranks *ranks;
	char *ranks_path;
	struct pm_footers *footers;
	struct pm_policy policy;
	struct pm_pool *pool;
	struct pm_batch_reader *reader;
	struct pm_counts input;
	struct pm_against_counts counts;
	struct side own, other;
	/* Of the batch at hand. */
	const struct pm_capture_batch *batch;
	uint32_t first_number;           /* above those of the archive */
	LIST(struct pm_candidate_body) fresh;
	LIST(uint32_t) fresh_item;       /* place in the batch of each */
	struct pm_candidates *candidates;
	LIST(uint32_t) number;           /* candidates of one body */
	struct pm_err *err;
};

/* ---- candidates ---- */

/* Bodies of the batch have numbers behind those of the archive. */
static uint64_t
rank_of(void *context, uint32_t number)
{
	const struct seeker *seeker = context;

	return number < seeker->first_number ?
	    pm_ranks_get(seeker->ranks, number) :
	    seeker->batch->item[seeker->fresh_item.p[number -
	    seeker->first_number]]->text.norm;
}

static int
add_fresh(struct seeker *seeker, size_t at)
{
	const struct pm_analysed_body *text = &seeker->batch->item[at]->text;
	int rc;

	if ((rc = LIST_ROOM(seeker->fresh, seeker->err)) != PM_OK ||
	    (rc = LIST_ROOM(seeker->fresh_item, seeker->err)) != PM_OK)
		return rc;
	seeker->fresh.p[seeker->fresh.n] = (struct pm_candidate_body){
	    seeker->first_number + (uint32_t)seeker->fresh.n, text->key,
	    text->key_n };
	seeker->fresh.n++;
	seeker->fresh_item.p[seeker->fresh_item.n++] = (uint32_t)at;
	return PM_OK;
}

static int
open_candidates(struct seeker *seeker, const struct pm_ranking *ranking)
{
	int rc = PM_OK;

	seeker->fresh.n = seeker->fresh_item.n = 0;
	for (size_t i = 0; i < seeker->batch->item_n && rc == PM_OK; i++)
		if (seeker->batch->item[i]->text.key_n > 0)
			rc = add_fresh(seeker, i);
	return rc == PM_OK ? pm_candidates_open(&seeker->candidates,
	    seeker->fresh.p, seeker->fresh.n,
	    pm_body_strong_keys(&seeker->policy), seeker->bodies, ranking,
	    seeker->err) : rc;
}

static int
compare_numbers(const void *p, const void *q)
{
	uint32_t x = *(const uint32_t *)p, y = *(const uint32_t *)q;

	return (x > y) - (x < y);
}

/* Those of the archive, in the order of their numbers, which is mostly that
 * of their frames. */
static int
find_candidates(struct seeker *seeker, size_t fresh)
{
	const uint32_t *number;
	size_t n;
	int rc = pm_candidates_of(&number, &n, seeker->candidates, fresh,
	    seeker->err);

	seeker->number.n = 0;
	for (size_t i = 0; i < n && rc == PM_OK; i++)
		if (number[i] < seeker->first_number &&
		    (rc = LIST_ROOM(seeker->number, seeker->err)) == PM_OK)
			seeker->number.p[seeker->number.n++] = number[i];
	if (seeker->number.n > 1)
		qsort(seeker->number.p, seeker->number.n,
		    sizeof *seeker->number.p, compare_numbers);
	return rc;
}

/* ---- deciding ---- */

static int
fold_text(struct side *side, struct pm_bytes text, struct pm_err *err)
{
	pm_buf_reset(&side->folded);
	return pm_fold(&side->folded, text, err);
}

static int
read_article(struct seeker *seeker, const struct pm_article_row *row)
{
	struct side *side = &seeker->other;

	pm_buf_reset(&side->text);
	return pm_frames_article(&side->text, seeker->archive->frames,
	    row->frame, row->offset, row->bytes, seeker->err);
}

static int
fold_article(struct seeker *seeker, const struct pm_article_row *row)
{
	struct side *side = &seeker->other;
	int rc = read_article(seeker, row);

	return rc == PM_OK ? fold_text(side, pm_buf_bytes(&side->text),
	    seeker->err) : rc;
}

/* The longest of its group stands for it, whichever came first. */
static int
stand_in(struct pm_article_row *row, struct seeker *seeker)
{
	uint64_t number = row->same != 0 ? row->same : row->number;
	int rc = pm_catalog_group_best(&number, seeker->archive->catalog,
	    number, seeker->err);

	return rc == PM_OK ? pm_catalog_article(row,
	    seeker->archive->catalog, number, seeker->err) : rc;
}

/* The first relation that product.md names, then the larger figure, then the
 * smaller id. */
static bool
is_better(const struct match *x, const struct match *y)
{
	if (y->row.number == 0 || x->related.kind != y->related.kind)
		return y->row.number == 0 ||
		    x->related.kind < y->related.kind;
	if (x->related.jaccard != y->related.jaccard)
		return x->related.jaccard > y->related.jaccard;
	return memcmp(x->row.sha256, y->row.sha256, PM_SHA256_BYTES) < 0;
}

/* A body without its footer. */
static int
read_side(struct side *side, struct seeker *seeker, struct pm_bytes text)
{
	struct pm_body_tails tails;
	struct pm_bytes folded;
	size_t n;
	int rc;

	if ((rc = pm_body_text(&side->body, &folded, &side->room, text,
	    seeker->err)) != PM_OK)
		return rc;
	pm_body_tails(&tails, &side->body, &side->room);
	rc = pm_footers_cut(&n, seeker->footers, &side->body, &tails,
	    seeker->err);
	if (rc == PM_OK && n < side->body.token_n)
		pm_body_cut(&side->body, &side->room, n);
	return rc;
}

static int
try_candidate(struct match *best, struct seeker *seeker, uint32_t number)
{
	struct side *other = &seeker->other;
	struct match match;
	int rc = pm_catalog_article(&match.row, seeker->archive->catalog,
	    number, seeker->err);

	/* The cache may know of a batch that the catalog does not. */
	if (rc != PM_OK || match.row.number == 0)
		return rc;
	if ((rc = read_article(seeker, &match.row)) != PM_OK ||
	    (rc = read_side(other, seeker, pm_buf_bytes(&other->text))) !=
	    PM_OK)
		return rc;
	pm_body_relate(&match.related, &seeker->own.body, &other->body,
	    &seeker->policy, false);
	if (match.related.kind == PM_RELATION_NONE)
		return PM_OK;
	rc = stand_in(&match.row, seeker);
	if (rc == PM_OK && is_better(&match, best))
		*best = match;
	return rc;
}

static int
find_related(struct match *best, struct seeker *seeker,
    const struct pm_analysed *item, size_t fresh)
{
	int rc;

	if (item->text.key_n == 0)
		return PM_OK;
	rc = find_candidates(seeker, fresh);
	if (rc != PM_OK || seeker->number.n == 0)
		return rc;
	rc = read_side(&seeker->own, seeker, item->body);
	for (size_t i = 0; i < seeker->number.n && rc == PM_OK; i++)
		rc = try_candidate(best, seeker, seeker->number.p[i]);
	return rc;
}

static int
find_same(struct match *out, struct seeker *seeker,
    const struct pm_analysed *item)
{
	struct pm_article_row row;
	int rc = pm_catalog_find_norm(&row, seeker->archive->catalog,
	    item->text.norm, seeker->err);

	if (rc != PM_OK || row.number == 0 || !item->text.has_words)
		return rc;
	if ((rc = fold_text(&seeker->own, item->body, seeker->err)) !=
	    PM_OK || (rc = fold_article(seeker, &row)) != PM_OK)
		return rc;
	if (!pm_bytes_equal(pm_buf_bytes(&seeker->own.folded),
	    pm_buf_bytes(&seeker->other.folded)))
		return PM_OK;
	out->row = row;
	return stand_in(&out->row, seeker);
}

/* ---- one capture ---- */

static const char *
judge_body(struct match *match, struct seeker *seeker,
    const struct pm_analysed *item, size_t fresh, int *rc)
{
	*rc = pm_catalog_find_article(&match->row, seeker->archive->catalog,
	    item->body_sha256, seeker->err);
	match->related.jaccard = match->related.containment = 1;
	if (*rc != PM_OK || match->row.number != 0)
		return "identical";
	*rc = find_same(match, seeker, item);
	if (*rc != PM_OK || match->row.number != 0)
		return "same";
	*rc = find_related(match, seeker, item, fresh);
	return match->row.number == 0 ? "new" :
	    pm_relation_name(match->related.kind);
}

static int
judge(const char **status, struct match *match, struct seeker *seeker,
    const struct pm_analysed *item, size_t fresh)
{
	struct pm_capture_row capture;
	struct pm_known before = { 0 };
	int rc = pm_catalog_find_capture(&capture, seeker->archive->catalog,
	    item->sha256, seeker->err);

	if (rc == PM_OK && capture.number != 0)
		rc = pm_catalog_known(&before, seeker->archive->catalog,
		    item->sha256, item->path, item->crawled, item->file != 0 ?
		    PM_ROLE_RECORD : PM_ROLE_ALONE, seeker->err);

	*match = (struct match){ 0 };
	if (rc != PM_OK)
		return rc;
	if (item->body.n > 0)
		*status = judge_body(match, seeker, item, fresh, &rc);
	else
		*status = capture.number != 0 ? "identical" : "new";
	if (before.known)
		*status = "known";
	return rc;
}

static void
count(struct pm_against_counts *counts, const char *status,
    const struct pm_analysed *item)
{
	const struct {
		const char *status;
		uint64_t *n;
	} slot[] = { { "known", &counts->known },
	    { "identical", &counts->identical }, { "same", &counts->same },
	    { "update", &counts->update }, { "near", &counts->near },
	    { "contains", &counts->contains }, { "new", &counts->fresh } };

	counts->captures++;
	counts->input_bytes += item->bytes;
	for (size_t i = 0; i < sizeof slot / sizeof *slot; i++)
		if (strcmp(slot[i].status, status) == 0)
			++*slot[i].n;
	if (strcmp(status, "new") == 0)
		counts->fresh_bytes += item->bytes;
}

static int
give(struct seeker *seeker, const struct pm_analysed *item,
    const char *status, const struct match *match)
{
	static const char *const kind[] = { [PM_PAGE_PAGE] = "page",
	    [PM_PAGE_LIST] = "list", [PM_PAGE_OPAQUE] = "opaque" };
	struct pm_against row = { .path = item->path,
	    .kind = kind[item->page.kind], .status = status,
	    .jaccard = match->related.jaccard,
	    .containment = match->related.containment };
	char id[17], cluster[17];
	int rc = PM_OK;

	if (match->row.number != 0) {
		rc = pm_catalog_ids(id, cluster, seeker->archive->catalog,
		    match->row.number, seeker->err);
		row.article = id;
		row.cluster = cluster;
	}
	count(&seeker->counts, status, item);
	return rc == PM_OK && seeker->options->capture != NULL ?
	    seeker->options->capture(seeker->options->context, &row) : rc;
}

static int
judge_batch(struct seeker *seeker, const struct pm_capture_batch *batch)
{
	struct pm_ranking ranking = { rank_of, seeker };
	const char *status = "new";
	struct match match;
	size_t fresh = 0;
	int rc;

	seeker->batch = batch;
	rc = open_candidates(seeker, &ranking);
	for (size_t i = 0; i < batch->item_n && rc == PM_OK; i++) {
		if (batch->item[i]->whole)
			continue;
		rc = judge(&status, &match, seeker, batch->item[i], fresh);
		if (rc == PM_OK)
			rc = give(seeker, batch->item[i], status, &match);
		fresh += batch->item[i]->text.key_n > 0;
	}
	pm_candidates_close(seeker->candidates);
	seeker->candidates = NULL;
	seeker->input.known = seeker->counts.known;
	seeker->input.identical = seeker->counts.identical;
	return rc;
}

/* ---- all ---- */

/* With an index that lacks batches, near texts would be called new. */
static int
check_cache(struct seeker *seeker)
{
	const char *path = seeker->options->archive;
	const struct pm_hooks *hooks = &seeker->options->scan.hooks;
	struct pm_catalog_state state;
	int rc = pm_catalog_state(&state, seeker->archive->catalog,
	    seeker->err);

	/* The cache may be ahead of the catalog. */
	seeker->first_number = UINT32_MAX / 2;
	if (rc != PM_OK ||
	    (pm_runs_sequence(seeker->bodies) >= state.at.sequence &&
	    pm_ranks_sequence(seeker->ranks) >= state.at.sequence))
		return rc;
	if (!pm_fs_is_locked(path))
		return pm_fail(seeker->err, PM_ENOTFOUND, "%s: cache/ is "
		    "missing or behind the catalog; run 'pressmark reindex "
		    "%s'", path, path);
	if (hooks->notice != NULL)
		hooks->notice(hooks->context, PM_NOTICE_INFO, path, "is being "
		    "added to; what comes in now may be called new");
	return PM_OK;
}

static int
open_index(struct seeker *seeker)
{
	char *cache = pm_fs_join(seeker->options->archive, "cache",
	    seeker->err);
	int rc = cache == NULL ? PM_ENOMEM : pm_runs_open(&seeker->bodies,
	    cache, "bodies", PM_RUNS_READ, seeker->err);

	if (rc == PM_OK && (seeker->ranks_path = pm_fs_join(cache, "ranks",
	    seeker->err)) == NULL)
		rc = PM_ENOMEM;
	if (rc == PM_OK)
		rc = pm_ranks_open(&seeker->ranks, seeker->ranks_path,
		    PM_RUNS_READ, seeker->err);
	pm_free(cache);
	if (rc != PM_OK)
		return rc;
	pm_runs_rank(seeker->bodies, pm_ranks_ranking(seeker->ranks));
	rc = pm_archive_footers(&seeker->footers, seeker->archive,
	    seeker->err);
	return rc == PM_OK ? check_cache(seeker) : rc;
}

static int
open_all(struct seeker *seeker)
{
	const struct pm_scan_options *scan = &seeker->options->scan;
	unsigned threads = scan->threads == 0 ? pm_processors() :
	    scan->threads;
	struct pm_batch_reader_options reader = { .input = &scan->input,
	    .batch_bytes = (scan->memory_bytes == 0 ? MEMORY_DEFAULT :
	    scan->memory_bytes) / 8, .ahead = threads > 1,
	    .policy = &seeker->policy,
	    .exclude = seeker->options->archive, .hooks = scan->hooks,
	    .counts = &seeker->input };
	struct pm_err *err = seeker->err;
	int rc;

	if ((rc = pm_archive_open(&seeker->archive, seeker->options->archive,
	    err)) != PM_OK ||
	    (rc = pm_policy_agree(&seeker->policy, &scan->thresholds,
	    seeker->archive->catalog, seeker->options->archive, err)) !=
	    PM_OK ||
	    (rc = open_index(seeker)) != PM_OK ||
	    (rc = pm_confine(&scan->input, seeker->options->archive,
	    PM_CONFINE_READS, &scan->hooks, err)) != PM_OK)
		return rc;
	if ((rc = pm_pool_new(&seeker->pool, threads == 1 ? 0 : threads,
	    err)) != PM_OK)
		return rc;
	reader.pool = seeker->pool;
	return pm_batch_reader_open(&seeker->reader, &reader, err);
}

static void
clear_side(struct side *side)
{
	pm_buf_clear(&side->text);
	pm_buf_clear(&side->folded);
	pm_body_room_clear(&side->room);
}

int
pm_scan_against(struct pm_against_counts *out,
    const struct pm_against_options *options, struct pm_err *err)
{
	struct seeker seeker = { .options = options, .err = err };
	struct pm_capture_batch batch;
	int rc = open_all(&seeker);

	while (rc == PM_OK && (rc = pm_batch_reader_next(seeker.reader,
	    &batch, err)) == PM_OK) {
		pm_batch_reader_read_on(seeker.reader);
		rc = judge_batch(&seeker, &batch);
		pm_capture_batch_clear(&batch);
	}
	if (rc == PM_END) {
		*out = seeker.counts;
		out->unreadable = seeker.input.unreadable;
		rc = PM_OK;
	}
	pm_batch_reader_close(seeker.reader);
	pm_pool_free(seeker.pool);
	pm_runs_close(seeker.bodies);
	pm_ranks_close(seeker.ranks);
	pm_free(seeker.ranks_path);
	pm_footers_close(seeker.footers);
	pm_archive_close(seeker.archive);
	clear_side(&seeker.own);
	clear_side(&seeker.other);
	pm_free(seeker.fresh.p);
	pm_free(seeker.fresh_item.p);
	pm_free(seeker.number.p);
	return rc;
}
