/*
 * Which article was a teaser cut from?
 *
 * Candidates meet under a prefix key (dup/prefix.h) and are confirmed on the
 * text.  Either side may come first: the batch's teasers ask the index of
 * articles, the batch's articles ask the index of teasers.
 *
 * K1  The answer depends on the articles in the corpus, not on their order:
 *     the longest that is confirmed, then the smallest SHA-256; `ambiguous`
 *     when confirmed articles are of more than one `same` group.  The others
 *     are served too: they are edited or cut copies that begin alike, and a
 *     title is theirs as well.
 * K2  More than BUCKET_MAX articles under the teaser's key: no link, by
 *     whatever evidence, because so common a beginning names no article.
 *     Also a function of the corpus alone, so a link that was made before is
 *     taken back.
 *
 * What this step does not settle is for the next ones, in link_cascade.c; it
 * takes the place of what they found before.
 */
#include <stdlib.h>

#include "archive/ingest_internal.h"
#include "base/err.h"

enum { BUCKET_MAX = 1000 };

struct candidate {
	uint64_t number, group, bytes;
	const uint8_t *sha256;
};

struct choice {
	uint64_t number, group, bytes;   /* number 0: none */
	uint8_t sha256[PM_SHA256_BYTES];
	bool ambiguous;
	uint64_t other[BUCKET_MAX + 1];  /* confirmed too */
	size_t other_n;
};

/* The old articles under a key. */
struct bucket {
	uint32_t number[BUCKET_MAX + 1];
	size_t n;
};

/* An older teaser that has the key of new articles. */
struct waiting {
	uint64_t key, frame;
	uint32_t ordinal, teaser;
};

/* A new teaser, and the first article of the archive it may be cut from. */
struct turn {
	uint32_t article, teaser;
};

struct linker {
	struct pm_ingest *ingest;
	struct pm_err *err;
	struct bucket bucket;
	struct choice choice;
	struct pm_map settled;           /* numbers of older teasers */
	LIST(struct turn) turns;         /* of new teasers */
	LIST(struct waiting) waiting;    /* older ones */
};

/* ---- choosing (K1) ---- */

static void
add_other(struct choice *choice, uint64_t number)
{
	if (choice->other_n < BUCKET_MAX)
		choice->other[choice->other_n++] = number;
}

static void
offer(struct choice *choice, const struct candidate *candidate)
{
	if (choice->number != 0) {
		if (choice->group != candidate->group)
			choice->ambiguous = true;
		if (candidate->bytes < choice->bytes ||
		    (candidate->bytes == choice->bytes &&
		    memcmp(candidate->sha256, choice->sha256,
		    PM_SHA256_BYTES) >= 0)) {
			add_other(choice, candidate->number);
			return;
		}
		add_other(choice, choice->number);
	}
	choice->number = candidate->number;
	choice->group = candidate->group;
	choice->bytes = candidate->bytes;
	memcpy(choice->sha256, candidate->sha256, PM_SHA256_BYTES);
}

static uint64_t
group_of(uint64_t number, uint64_t same)
{
	return same != 0 ? same : number;
}

static int
offer_new(struct linker *linker, struct choice *choice,
    const struct new_article *article, struct pm_bytes snippet)
{
	bool begins;
	int rc = pm_snippet_begins(&begins, snippet, article->from->body,
	    &linker->ingest->scratch, linker->err);

	if (rc == PM_OK && begins)
		offer(choice, &(struct candidate){ article->number,
		    group_of(article->number, article->same),
		    article->from->body.n, article->from->body_sha256 });
	return rc;
}

static int
offer_old(struct linker *linker, struct choice *choice, uint64_t number,
    struct pm_bytes snippet)
{
	struct pm_ingest *ingest = linker->ingest;
	struct pm_article_row row;
	bool begins;
	int rc = pm_ingest_old_article(&row, ingest, number, linker->err);

	/* A cache from before a crash may name articles that never were. */
	if (rc != PM_OK || row.number == 0)
		return rc;
	pm_buf_reset(&ingest->other);
	rc = pm_frames_article(&ingest->other, ingest->options.frames,
	    row.frame, row.offset, row.bytes < PM_LEAD_BODY_MAX ? row.bytes :
	    PM_LEAD_BODY_MAX, linker->err);
	if (rc == PM_OK)
		rc = pm_snippet_begins(&begins, snippet,
		    pm_buf_bytes(&ingest->other), &ingest->scratch,
		    linker->err);
	if (rc == PM_OK && begins)
		offer(choice, &(struct candidate){ row.number,
		    group_of(row.number, row.same), row.bytes, row.sha256 });
	return rc;
}

/* ---- buckets ---- */

static int
compare_entries(const void *a, const void *b)
{
	const struct pm_run_entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

/* The batch's articles under key: [*from, *from + return value). */
static size_t
new_under_key(const struct pm_ingest *ingest, uint64_t key, size_t *from)
{
	size_t low = 0, high = ingest->article_keys.n, n = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ingest->article_keys.p[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	*from = low;
	while (low + n < ingest->article_keys.n &&
	    ingest->article_keys.p[low + n].key == key)
		n++;
	return n;
}

static const struct new_article *
new_article_of(const struct pm_ingest *ingest, uint32_t number)
{
	return &ingest->articles.p[number - ingest->articles.p[0].number];
}

static int
add_to_bucket(void *context, uint32_t number)
{
	struct bucket *bucket = context;

	bucket->number[bucket->n++] = number;
	return bucket->n > BUCKET_MAX;
}

static int
fill_bucket(struct bucket *out, struct pm_ingest *ingest, uint64_t key,
    struct pm_err *err)
{
	int rc;

	out->n = 0;
	rc = pm_runs_find(ingest->options.articles, key, add_to_bucket, out,
	    err);
	return rc < 0 ? rc : PM_OK;
}

int
pm_link_is_common(bool *out, struct pm_ingest *ingest, uint64_t key,
    struct pm_err *err)
{
	struct bucket bucket;
	size_t from;
	int rc = fill_bucket(&bucket, ingest, key, err);

	*out = bucket.n + new_under_key(ingest, key, &from) > BUCKET_MAX;
	return rc;
}

/* ---- links ---- */

static int
write_link(struct linker *linker, uint64_t teaser,
    const struct choice *choice)
{
	struct pm_log_record record = { .kind = PM_LOG_LINK };
	uint64_t *serves = pm_arena_copy(&linker->ingest->arena,
	    choice->other, choice->other_n * sizeof *serves, linker->err);

	if (serves == NULL)
		return PM_ENOMEM;
	record.u.link = (struct pm_log_link){ .teaser = teaser,
	    .article = choice->number, .evidence = PM_EVIDENCE_PREFIX,
	    .score = 1.0, .ambiguous = choice->ambiguous, .serves = serves,
	    .serves_n = choice->other_n };
	return pm_layout_record(linker->ingest, &record, linker->err);
}

static void
reset(struct choice *choice)
{
	choice->number = 0;
	choice->ambiguous = false;
	choice->other_n = 0;
}

static int
link_new_teaser(struct linker *linker, struct new_teaser *teaser)
{
	struct pm_ingest *ingest = linker->ingest;
	struct choice *choice = &linker->choice;
	size_t from, n;
	int rc = fill_bucket(&linker->bucket, ingest, teaser->from->key,
	    linker->err);

	if (rc != PM_OK)
		return rc;
	n = new_under_key(ingest, teaser->from->key, &from);
	if (linker->bucket.n + n > BUCKET_MAX) {         /* K2 */
		teaser->settled = true;
		return PM_OK;
	}
	reset(choice);
	for (size_t i = 0; i < linker->bucket.n && rc == PM_OK; i++)
		rc = offer_old(linker, choice, linker->bucket.number[i],
		    teaser->from->snippet);
	for (size_t i = from; i < from + n && rc == PM_OK; i++)
		rc = offer_new(linker, choice, new_article_of(ingest,
		    ingest->article_keys.p[i].number), teaser->from->snippet);
	if (rc != PM_OK || choice->number == 0)
		return rc;
	teaser->settled = true;
	ingest->counts.links++;
	return write_link(linker, teaser->number, choice);
}

static int
add_served(void *context, uint64_t number)
{
	add_other(context, number);
	return PM_OK;
}

static int
current_choice(struct choice *out, struct linker *linker,
    const struct pm_teaser_row *row)
{
	struct pm_article_row article;
	int rc;

	reset(out);
	if (row->evidence != PM_EVIDENCE_PREFIX)
		return PM_OK;
	rc = pm_ingest_old_article(&article, linker->ingest, row->article,
	    linker->err);
	if (rc != PM_OK || article.number == 0)
		return rc;
	offer(out, &(struct candidate){ article.number,
	    group_of(article.number, article.same), article.bytes,
	    article.sha256 });
	out->ambiguous = row->ambiguous;
	return pm_catalog_served_by(linker->ingest->options.catalog,
	    row->number, add_served, out, linker->err);
}

/* What the batch's articles [from, from + n) change for an older teaser. */
static int
offer_batch(struct linker *linker, const struct waiting *waiting,
    size_t from, size_t n)
{
	struct pm_ingest *ingest = linker->ingest;
	struct pm_bytes title, snippet;
	int rc;

	rc = pm_frames_teaser(&title, &snippet, ingest->options.frames,
	    waiting->frame, waiting->ordinal, linker->err);
	for (size_t i = from; i < from + n && rc == PM_OK; i++)
		rc = offer_new(linker, &linker->choice, new_article_of(ingest,
		    ingest->article_keys.p[i].number), snippet);
	return rc;
}

/* K2 */
static int
unlink_common(struct linker *linker, const struct pm_teaser_row *row)
{
	struct pm_counts *counts = &linker->ingest->counts;
	int rc = pm_map_add(&linker->settled, row->number, 0, linker->err);

	if (rc != PM_OK || row->article == 0)
		return rc;
	if (counts->links > 0)
		counts->links--;         /* of this run, perhaps */
	reset(&linker->choice);
	return write_link(linker, row->number, &linker->choice);
}

static int
relink(struct linker *linker, const struct waiting *waiting, size_t from,
    size_t n)
{
	struct choice *choice = &linker->choice;
	struct pm_teaser_row row;
	uint64_t before;
	size_t others;
	int rc;

	if ((rc = pm_catalog_teaser(&row, linker->ingest->options.catalog,
	    waiting->teaser, linker->err)) != PM_OK || row.number == 0)
		return rc;
	if (linker->bucket.n + n > BUCKET_MAX)
		return unlink_common(linker, &row);
	if ((rc = current_choice(choice, linker, &row)) != PM_OK)
		return rc;
	before = choice->number;
	others = choice->other_n;
	rc = offer_batch(linker, waiting, from, n);
	if (rc != PM_OK || (choice->number == before &&
	    choice->other_n == others))
		return rc;
	if (row.article == 0)
		linker->ingest->counts.links++;
	if ((rc = pm_map_add(&linker->settled, row.number, 0, linker->err)) !=
	    PM_OK)
		return rc;
	return write_link(linker, waiting->teaser, choice);
}

struct gather {
	struct linker *linker;
	uint64_t key;
	int status;
};

static int
gather_teaser(void *context, uint32_t number)
{
	struct gather *gather = context;
	struct linker *linker = gather->linker;
	struct pm_teaser_row row;

	gather->status = pm_catalog_teaser(&row,
	    linker->ingest->options.catalog, number, linker->err);
	if (gather->status == PM_OK && row.number != 0)
		gather->status = pm_frames_want_teaser(
		    linker->ingest->options.frames, row.frame, row.ordinal,
		    linker->err);
	if (gather->status == PM_OK)
		gather->status = LIST_ROOM(linker->waiting, linker->err);
	if (gather->status != PM_OK)
		return 1;
	if (row.number != 0)
		linker->waiting.p[linker->waiting.n++] = (struct waiting){
		    gather->key, row.frame, row.ordinal, number };
	return 0;
}

static int
compare_waiting(const void *a, const void *b)
{
	const struct waiting *x = a, *y = b;

	if (x->frame != y->frame)
		return x->frame < y->frame ? -1 : 1;
	return (x->ordinal > y->ordinal) - (x->ordinal < y->ordinal);
}

/* Teasers that were here before the articles they were cut from. */
static int
link_old_teasers(struct linker *linker)
{
	const struct waiting *waiting = linker->waiting.p;
	const size_t waiting_n = linker->waiting.n;
	uint64_t key = 0;
	size_t from = 0, n = 0;
	int rc = PM_OK;

	for (size_t i = 0; i < waiting_n && rc == PM_OK; i++) {
		if (waiting[i].key != key) {
			key = waiting[i].key;
			n = new_under_key(linker->ingest, key, &from);
			rc = fill_bucket(&linker->bucket, linker->ingest,
			    key, linker->err);
		}
		if (rc == PM_OK)
			rc = relink(linker, &waiting[i], from, n);
	}
	return rc;
}

static int
gather_old_teasers(struct linker *linker)
{
	struct pm_ingest *ingest = linker->ingest;
	struct gather gather = { .linker = linker };
	int rc = PM_OK;

	for (size_t i = 0; i < ingest->article_keys.n && rc == PM_OK; i++) {
		uint64_t key = ingest->article_keys.p[i].key;

		if (i > 0 && key == ingest->article_keys.p[i - 1].key)
			continue;
		gather.key = key;
		rc = pm_runs_find(ingest->options.teasers, key,
		    gather_teaser, &gather, linker->err);
		rc = rc < 0 ? rc : gather.status;
	}
	/* In the order of their frames, so that each is read once. */
	if (rc == PM_OK && linker->waiting.n > 1)
		qsort(linker->waiting.p, linker->waiting.n,
		    sizeof *linker->waiting.p, compare_waiting);
	return rc;
}

/* The first few articles of the archive under a new teaser's key. */
struct few {
	uint32_t number[8];
	size_t n;
};

static int
note_few(void *context, uint32_t number)
{
	struct few *few = context;

	few->number[few->n++] = number;
	return few->n == sizeof few->number / sizeof *few->number;
}

static int
compare_turns(const void *p, const void *q)
{
	const struct turn *x = p, *y = q;

	if (x->article != y->article)
		return x->article < y->article ? -1 : 1;
	return (x->teaser > y->teaser) - (x->teaser < y->teaser);
}

static int
add_turn(struct linker *linker, uint32_t index)
{
	struct pm_ingest *ingest = linker->ingest;
	struct few few = { .n = 0 };
	int rc = pm_runs_find(ingest->options.articles,
	    ingest->teasers.p[index].from->key, note_few, &few, linker->err);

	if (rc >= 0)
		rc = LIST_ROOM(linker->turns, linker->err);
	if (rc != PM_OK)
		return rc;
	linker->turns.p[linker->turns.n++] = (struct turn){
	    few.n == 0 ? 0 : few.number[0], index };
	for (size_t i = 0; i < few.n && rc == PM_OK; i++)
		rc = pm_ingest_want(ingest, few.number[i], PM_LEAD_BODY_MAX,
		    linker->err);
	return rc;
}

/* In the order of the articles they ask for, so that a frame is read once. */
static int
gather_new_teasers(struct linker *linker)
{
	struct pm_ingest *ingest = linker->ingest;
	int rc = PM_OK;

	for (size_t i = 0; i < ingest->teasers.n && rc == PM_OK; i++)
		if (ingest->teasers.p[i].from->key != 0)
			rc = add_turn(linker, (uint32_t)i);
	if (rc == PM_OK && linker->turns.n > 1)
		qsort(linker->turns.p, linker->turns.n,
		    sizeof *linker->turns.p, compare_turns);
	return rc;
}

static int
link_new_teasers(struct linker *linker)
{
	struct pm_ingest *ingest = linker->ingest;
	int rc = PM_OK;

	for (size_t i = 0; i < linker->turns.n && rc == PM_OK; i++)
		if ((rc = pm_ingest_tick(ingest, linker->err)) == PM_OK)
			rc = link_new_teaser(linker, &ingest->teasers.p[
			    linker->turns.p[i].teaser]);
	return rc;
}

int
pm_link_open(struct linker **out, struct pm_ingest *ingest,
    struct pm_err *err)
{
	struct linker *linker = pm_alloc_zero(sizeof *linker, err);
	int rc;

	if (linker == NULL)
		return PM_ENOMEM;
	linker->ingest = ingest;
	linker->err = err;
	pm_map_init(&linker->settled);
	if (ingest->article_keys.n > 1)
		qsort(ingest->article_keys.p, ingest->article_keys.n,
		    sizeof *ingest->article_keys.p, compare_entries);
	if ((rc = gather_new_teasers(linker)) == PM_OK &&
	    (rc = gather_old_teasers(linker)) == PM_OK)
		*out = linker;
	else
		pm_link_close(linker);
	return rc;
}

int
pm_link_batch(struct linker *linker)
{
	int rc = link_new_teasers(linker);

	if (rc == PM_OK)
		rc = link_old_teasers(linker);
	return rc == PM_OK ? pm_link_cascade(linker->ingest,
	    &linker->settled, linker->err) : rc;
}

void
pm_link_close(struct linker *linker)
{
	if (linker == NULL)
		return;
	pm_map_clear(&linker->settled);
	pm_free(linker->turns.p);
	pm_free(linker->waiting.p);
	pm_free(linker);
}
