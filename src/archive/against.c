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
#include "archive/policy.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/list.h"
#include "store/catalog_query.h"
#include "text/fold.h"

enum {
	MEMORY_DEFAULT = 384 << 20,
	BUCKET_LARGEST = 64,             /* as B1 of relate.c */
	CROWDED_KEPT = 256               /* a power of two */
};

/* The largest bodies under a key that many have: found once. */
struct crowded {
	uint64_t key;
	uint32_t number[BUCKET_LARGEST];
	bool there;
};

struct member {
	uint64_t norm;
	uint32_t number;
};

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
	struct pm_policy policy;
	struct pm_pool *pool;
	struct pm_batch_reader *reader;
	struct pm_counts input;
	struct pm_against_counts counts;
	struct side own, other;
	LIST(uint32_t) candidates;
	LIST(struct member) members;
	struct crowded *crowded;
	int status;
	struct pm_err *err;
};

/* ---- candidates ---- */

static int
add_member(void *context, uint32_t number)
{
	struct seeker *seeker = context;

	if ((seeker->status = LIST_ROOM(seeker->members, seeker->err)) !=
	    PM_OK)
		return 1;
	seeker->members.p[seeker->members.n++] = (struct member){ 0, number };
	return 0;
}

/* Largest first; numbers too, so that no two rank alike. */
static int
compare_members(const void *p, const void *q)
{
	const struct member *x = p, *y = q;

	if (x->norm != y->norm)
		return x->norm > y->norm ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static int
rank_members(struct seeker *seeker)
{
	struct pm_article_row row;
	int rc;

	for (size_t i = 0; i < seeker->members.n; i++) {
		if ((rc = pm_catalog_article(&row, seeker->archive->catalog,
		    seeker->members.p[i].number, seeker->err)) != PM_OK)
			return rc;
		seeker->members.p[i].norm = row.norm;
	}
	qsort(seeker->members.p, seeker->members.n,
	    sizeof *seeker->members.p, compare_members);
	return PM_OK;
}

static int
add_candidate(struct seeker *seeker, uint32_t number)
{
	int rc = LIST_ROOM(seeker->candidates, seeker->err);

	if (rc == PM_OK)
		seeker->candidates.p[seeker->candidates.n++] = number;
	return rc;
}

static int
add_crowded(struct seeker *seeker, const struct crowded *crowded)
{
	int rc = PM_OK;

	for (int i = 0; i < BUCKET_LARGEST && rc == PM_OK; i++)
		rc = add_candidate(seeker, crowded->number[i]);
	return rc;
}

static int
add_key(struct seeker *seeker, uint64_t key)
{
	struct crowded *crowded = &seeker->crowded[(key ^ key >> 32) &
	    (CROWDED_KEPT - 1)];
	int rc;

	if (crowded->there && crowded->key == key)
		return add_crowded(seeker, crowded);
	seeker->members.n = 0;
	seeker->status = PM_OK;
	rc = pm_runs_find(seeker->bodies, key, add_member, seeker,
	    seeker->err);
	if (rc >= 0)
		rc = seeker->status;
	if (rc == PM_OK && seeker->members.n > BUCKET_LARGEST) {
		if ((rc = rank_members(seeker)) != PM_OK)
			return rc;
		crowded->there = true;
		crowded->key = key;
		for (int i = 0; i < BUCKET_LARGEST; i++)
			crowded->number[i] = seeker->members.p[i].number;
		return add_crowded(seeker, crowded);
	}
	for (size_t i = 0; i < seeker->members.n && rc == PM_OK; i++)
		rc = add_candidate(seeker, seeker->members.p[i].number);
	return rc;
}

static int
compare_numbers(const void *p, const void *q)
{
	uint32_t x = *(const uint32_t *)p, y = *(const uint32_t *)q;

	return (x > y) - (x < y);
}

/* In the order of their numbers, which is mostly that of their frames. */
static int
find_candidates(struct seeker *seeker, const struct pm_analysed *item)
{
	uint32_t *number;
	size_t n = 0;
	int rc = PM_OK;

	seeker->candidates.n = 0;
	for (size_t i = 0; i < item->body_key_n && rc == PM_OK; i++)
		rc = add_key(seeker, item->body_key[i]);
	number = seeker->candidates.p;
	if (seeker->candidates.n > 1)
		qsort(number, seeker->candidates.n, sizeof *number,
		    compare_numbers);
	for (size_t i = 0; i < seeker->candidates.n; i++)
		if (n == 0 || number[n - 1] != number[i])
			number[n++] = number[i];
	seeker->candidates.n = n;
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
fold_article(struct seeker *seeker, const struct pm_article_row *row)
{
	struct side *side = &seeker->other;
	int rc;

	pm_buf_reset(&side->text);
	rc = pm_frames_article(&side->text, seeker->archive->frames,
	    row->frame, row->offset, row->bytes, seeker->err);
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
	if ((rc = fold_article(seeker, &match.row)) != PM_OK ||
	    (rc = pm_body_read(&other->body, &other->room,
	    pm_buf_bytes(&other->folded), seeker->err)) != PM_OK)
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
    const struct pm_analysed *item)
{
	struct side *own = &seeker->own;
	int rc = find_candidates(seeker, item);

	if (rc != PM_OK || seeker->candidates.n == 0)
		return rc;
	if ((rc = fold_text(own, item->body, seeker->err)) != PM_OK ||
	    (rc = pm_body_read(&own->body, &own->room,
	    pm_buf_bytes(&own->folded), seeker->err)) != PM_OK)
		return rc;
	for (size_t i = 0; i < seeker->candidates.n && rc == PM_OK; i++)
		rc = try_candidate(best, seeker, seeker->candidates.p[i]);
	return rc;
}

static int
find_same(struct match *out, struct seeker *seeker,
    const struct pm_analysed *item)
{
	struct pm_article_row row;
	int rc = pm_catalog_find_norm(&row, seeker->archive->catalog,
	    item->norm, seeker->err);

	if (rc != PM_OK || row.number == 0 || !item->has_words)
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
    const struct pm_analysed *item, int *rc)
{
	*rc = pm_catalog_find_article(&match->row, seeker->archive->catalog,
	    item->body_sha256, seeker->err);
	match->related.jaccard = match->related.containment = 1;
	if (*rc != PM_OK || match->row.number != 0)
		return "identical";
	*rc = find_same(match, seeker, item);
	if (*rc != PM_OK || match->row.number != 0)
		return "same";
	*rc = find_related(match, seeker, item);
	return match->row.number == 0 ? "new" :
	    pm_relation_name(match->related.kind);
}

static int
judge(const char **status, struct match *match, struct seeker *seeker,
    const struct pm_analysed *item)
{
	struct pm_capture_row capture;
	bool known;
	int rc = pm_catalog_find_capture(&capture, &known,
	    seeker->archive->catalog, item->sha256, item->path,
	    item->crawled, seeker->err);

	*match = (struct match){ 0 };
	if (rc != PM_OK)
		return rc;
	if (item->body.n > 0)
		*status = judge_body(match, seeker, item, &rc);
	else
		*status = capture.number != 0 ? "identical" : "new";
	if (known)
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
	const char *status = "new";
	struct match match;
	int rc = PM_OK;

	for (size_t i = 0; i < batch->item_n && rc == PM_OK; i++) {
		rc = judge(&status, &match, seeker, batch->item[i]);
		if (rc == PM_OK)
			rc = give(seeker, batch->item[i], status, &match);
	}
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

	if (rc != PM_OK ||
	    pm_runs_sequence(seeker->bodies) >= state.at.sequence)
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

	pm_free(cache);
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
	    scan->memory_bytes) / 8, .policy = &seeker->policy,
	    .exclude = seeker->options->archive, .hooks = scan->hooks,
	    .counts = &seeker->input };
	struct pm_err *err = seeker->err;
	int rc;

	if ((rc = pm_archive_open(&seeker->archive, seeker->options->archive,
	    err)) != PM_OK ||
	    (rc = pm_policy_agree(&seeker->policy, &scan->thresholds,
	    seeker->archive->catalog, seeker->options->archive, err)) !=
	    PM_OK ||
	    (rc = open_index(seeker)) != PM_OK)
		return rc;
	seeker->crowded = pm_alloc_zero(CROWDED_KEPT *
	    sizeof *seeker->crowded, err);
	if (seeker->crowded == NULL)
		return PM_ENOMEM;
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
	pm_archive_close(seeker.archive);
	clear_side(&seeker.own);
	clear_side(&seeker.other);
	pm_free(seeker.candidates.p);
	pm_free(seeker.members.p);
	pm_free(seeker.crowded);
	return rc;
}
