/*
 * How does each new body stand to the others?
 *
 * candidates.h says which pairs are worth a look; each is decided on the full
 * text but for footers (footers.h).  What a batch changes for older pairs is
 * made good, so that what is related depends on the corpus alone:
 *
 *  - where larger bodies displaced others from a crowded bucket (B2), the
 *    relations of those are withdrawn if nothing else makes candidates of
 *    them;
 *  - where a tail became a footer (H1), the bodies that have it are related
 *    anew.
 */
#include <stdlib.h>

#include "archive/candidates.h"
#include "archive/ingest_internal.h"
#include "base/err.h"

enum { PAIRS_AT_ONCE = 1 << 20, KEPT_BYTES_MAX = 64 << 20 };

struct pair {
	uint32_t a, b;                   /* a < b; b is new */
};

struct relater {
	struct pm_job job;               /* finds what the keys find */
	struct pm_group group;
	struct pm_err found;             /* its status and what it says */
	struct pm_ingest *ingest;
	struct pm_err *err;
	struct pm_ranking ranking;
	struct pm_candidates *candidates;
	struct pm_candidate_body *fresh;     /* new bodies that have keys */
	size_t fresh_n;
	size_t paired;                       /* of them, candidates listed */
	struct pm_footers *footers;
	LIST(struct pair) pairs;
	struct pm_body_room room;
	uint32_t first_number;           /* whose body is in first; 0: none */
	struct pm_body first;
	struct pm_body *kept;            /* of each new article; gram NULL: not */
	size_t kept_bytes;
	LIST(uint32_t) related;          /* to an older body */
	LIST(uint32_t) touched;          /* older bodies to relate anew */
};

static bool
is_new(const struct relater *relater, uint32_t number)
{
	return number >= relater->ingest->articles.p[0].number;
}

static const struct new_article *
new_article_of(const struct relater *relater, uint32_t number)
{
	return &relater->ingest->articles.p[number -
	    relater->ingest->articles.p[0].number];
}

static uint64_t
rank_of(void *context, uint32_t number)
{
	const struct relater *relater = context;

	return is_new(relater, number) ?
	    new_article_of(relater, number)->from->text.norm :
	    pm_ranks_get(relater->ingest->options.ranks, number);
}

/* ---- texts ---- */

static int
read_text(struct pm_bytes *out, struct relater *relater, uint32_t number)
{
	struct pm_ingest *ingest = relater->ingest;
	struct pm_article_row row;
	int rc;

	*out = (struct pm_bytes){ 0 };
	if (is_new(relater, number)) {
		*out = new_article_of(relater, number)->from->body;
		return PM_OK;
	}
	rc = pm_ingest_old_article(&row, ingest, number, relater->err);
	/* A cache from before a crash may name articles that never were. */
	if (rc != PM_OK || row.number == 0)
		return rc;
	pm_buf_reset(&ingest->other);
	rc = pm_frames_article(&ingest->other, ingest->options.frames,
	    row.frame, row.offset, row.bytes, relater->err);
	*out = pm_buf_bytes(&ingest->other);
	return rc;
}

/* In the relater's room, until the next. */
static int
read_body(struct pm_body *out, struct relater *relater, uint32_t number)
{
	struct pm_bytes text, folded;
	int rc = read_text(&text, relater, number);

	return rc == PM_OK ? pm_body_text(out, &folded, &relater->room, text,
	    relater->err) : rc;
}

static int
cut_footer(struct pm_body *body, struct relater *relater)
{
	struct pm_body_tails tails;
	size_t n;
	int rc;

	pm_body_tails(&tails, body, &relater->room);
	rc = pm_footers_cut(&n, relater->footers, body, &tails, relater->err);
	if (rc == PM_OK && n < body->token_n)
		pm_body_cut(body, &relater->room, n);
	return rc;
}

/* Numbers of its own for *body, in place of those in the room. */
static int
own(struct pm_body *body, struct pm_err *err)
{
	uint64_t *gram = pm_alloc((body->gram_n + 1) * sizeof *gram, err);

	if (gram == NULL)
		return PM_ENOMEM;
	if (body->gram_n > 0)
		memcpy(gram, body->gram, body->gram_n * sizeof *gram);
	body->gram = gram;
	body->token = NULL;
	return PM_OK;
}

static void
disown(struct pm_body *body)
{
	pm_free((void *)(uintptr_t)body->gram);
	*body = (struct pm_body){ 0 };
}

static int
read_own(struct pm_body *out, struct relater *relater, uint32_t number)
{
	struct pm_body body;
	int rc;

	if ((rc = read_body(&body, relater, number)) == PM_OK &&
	    (rc = cut_footer(&body, relater)) == PM_OK &&
	    (rc = own(&body, relater->err)) == PM_OK)
		*out = body;
	return rc;
}

static void
drop_kept(struct relater *relater)
{
	for (size_t i = 0; i < relater->ingest->articles.n &&
	    relater->kept != NULL; i++)
		disown(&relater->kept[i]);
	relater->kept_bytes = 0;
}

/* A new body is compared with many: it is read once, as far as there is
 * memory. */
static int
keep(struct pm_body **out, struct relater *relater, uint32_t number)
{
	int rc;

	*out = &relater->kept[number -
	    relater->ingest->articles.p[0].number];
	if ((*out)->gram != NULL)
		return PM_OK;
	if ((rc = read_own(*out, relater, number)) == PM_OK)
		relater->kept_bytes += (*out)->gram_n * sizeof *(*out)->gram;
	return rc;
}

/* The first of a pair: pairs come in its order. */
static int
load_first(struct pm_body **out, struct relater *relater, uint32_t number)
{
	int rc = PM_OK;

	if (is_new(relater, number))
		return keep(out, relater, number);
	*out = &relater->first;
	if (relater->first_number == number)
		return PM_OK;
	relater->first_number = 0;
	disown(&relater->first);
	if ((rc = read_own(&relater->first, relater, number)) == PM_OK)
		relater->first_number = number;
	return rc;
}

/* ---- deciding ---- */

static void
count(struct pm_counts *counts, int kind)
{
	if (kind == PM_RELATION_UPDATE)
		counts->update++;
	else if (kind == PM_RELATION_NEAR)
		counts->near++;
	else
		counts->contains++;
}

static int
write_relation(struct relater *relater, uint32_t a, uint32_t b,
    const struct pm_related *found)
{
	struct pm_log_record record = { .kind = PM_LOG_RELATION };

	record.u.relation = (struct pm_log_relation){ a < b ? a : b,
	    a < b ? b : a, found->kind, found->jaccard, found->containment };
	return pm_layout_record(relater->ingest, &record, relater->err);
}

static int
decide(struct relater *relater, const struct pair *pair)
{
	struct pm_related found;
	struct pm_body *first, *second;
	int rc;

	if (relater->kept_bytes > KEPT_BYTES_MAX)
		drop_kept(relater);
	if ((rc = pm_ingest_tick(relater->ingest, relater->err)) != PM_OK ||
	    (rc = load_first(&first, relater, pair->a)) != PM_OK ||
	    (rc = keep(&second, relater, pair->b)) != PM_OK)
		return rc;
	pm_body_relate(&found, first, second,
	    &relater->ingest->options.policy, false);
	if (found.kind == PM_RELATION_NONE)
		return PM_OK;
	count(&relater->ingest->counts, found.kind);
	return write_relation(relater, pair->a, pair->b, &found);
}

static int
compare_pairs(const void *p, const void *q)
{
	const struct pair *x = p, *y = q;

	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	return (x->b > y->b) - (x->b < y->b);
}

/* In the order of their first, so that each old text is read once. */
static int
decide_all(struct relater *relater)
{
	int rc = PM_OK;

	for (size_t i = 0; i < relater->pairs.n && rc == PM_OK; i++)
		rc = decide(relater, &relater->pairs.p[i]);
	relater->pairs.n = 0;
	return rc;
}

/* A first that was forgotten has left its keys to another of its group. */
static int
who_stands(uint32_t *out, struct relater *relater, uint32_t number)
{
	uint64_t heir = 0;
	int rc = PM_OK;

	*out = number;
	if (relater->ingest->forgets && !is_new(relater, number))
		rc = pm_catalog_heir(&heir, relater->ingest->options.catalog,
		    number, relater->err);
	if (heir != 0)
		*out = (uint32_t)heir;
	return rc;
}

static int
list_candidates(struct relater *relater, size_t at)
{
	const uint32_t *number;
	size_t n;
	int rc = pm_ingest_tick(relater->ingest, relater->err);

	if (rc == PM_OK)
		rc = pm_candidates_of(&number, &n, relater->candidates, at,
		    relater->err);
	for (size_t k = 0; rc == PM_OK && k < n; k++) {
		uint32_t first;

		if ((rc = who_stands(&first, relater, number[k])) == PM_OK &&
		    (rc = LIST_ROOM(relater->pairs, relater->err)) == PM_OK)
			relater->pairs.p[relater->pairs.n++] = (struct pair){
			    first, relater->fresh[at].number };
	}
	return rc;
}

static int
list_pairs(struct relater *relater)
{
	int rc = PM_OK;

	while (rc == PM_OK && relater->paired < relater->fresh_n &&
	    relater->pairs.n <= PAIRS_AT_ONCE)
		rc = list_candidates(relater, relater->paired++);
	if (relater->pairs.n > 1)
		qsort(relater->pairs.p, relater->pairs.n,
		    sizeof *relater->pairs.p, compare_pairs);
	return rc;
}

static int
want_texts(struct relater *relater)
{
	const struct pair *pair = relater->pairs.p;
	int rc = PM_OK;

	for (size_t i = 0; i < relater->pairs.n && rc == PM_OK; i++)
		if (!is_new(relater, pair[i].a) &&
		    (i == 0 || pair[i].a != pair[i - 1].a))
			rc = pm_ingest_want(relater->ingest, pair[i].a,
			    UINT64_MAX, relater->err);
	return rc;
}

static int
relate(struct relater *relater)
{
	int rc;

	while ((rc = decide_all(relater)) == PM_OK &&
	    relater->paired < relater->fresh_n)
		if ((rc = list_pairs(relater)) != PM_OK)
			return rc;
	return rc;
}

/* ---- what changes for older bodies ---- */

static int
add_related(void *context, uint64_t number)
{
	struct relater *relater = context;
	int rc = LIST_ROOM(relater->related, relater->err);

	if (rc == PM_OK)
		relater->related.p[relater->related.n++] = (uint32_t)number;
	return rc;
}

/* Keys of an old body, from the analysis' room: until it is used again. */
static int
keys_of(struct pm_candidate_body *out, struct relater *relater,
    uint32_t number)
{
	struct pm_body body;
	int rc = read_body(&body, relater, number);

	*out = (struct pm_candidate_body){ .number = number };
	return rc == PM_OK ? pm_body_keys(&out->key, &out->key_n,
	    &relater->room, &body, &relater->ingest->options.policy,
	    relater->err) : rc;
}

/* Keys of its own. */
static int
own_keys(struct pm_candidate_body *body, struct pm_err *err)
{
	uint64_t *key = pm_alloc((body->key_n + 1) * sizeof *key, err);

	if (key == NULL)
		return PM_ENOMEM;
	if (body->key_n > 0)
		memcpy(key, body->key, body->key_n * sizeof *key);
	body->key = key;
	return PM_OK;
}

static void
disown_keys(struct pm_candidate_body *body)
{
	pm_free((void *)(uintptr_t)body->key);
}

static int
list_related(struct relater *relater, uint32_t number)
{
	relater->related.n = 0;
	return pm_catalog_related(relater->ingest->options.catalog, number,
	    add_related, relater, relater->err);
}

static int
withdraw_if(struct relater *relater, const struct pm_candidate_body *body,
    uint32_t other)
{
	struct pm_candidate_body second;
	bool holds;
	int rc;

	if (is_new(relater, other))
		return PM_OK;            /* decided just now */
	if ((rc = keys_of(&second, relater, other)) != PM_OK ||
	    (rc = pm_candidates_hold(&holds, relater->candidates, body,
	    &second, relater->err)) != PM_OK || holds)
		return rc;
	return write_relation(relater, body->number, other,
	    &(struct pm_related){ .kind = PM_RELATION_NONE });
}

/* B2 */
static int
recheck(struct relater *relater, uint32_t number)
{
	struct pm_candidate_body body;
	int rc;

	if ((rc = list_related(relater, number)) != PM_OK ||
	    relater->related.n == 0 ||
	    (rc = keys_of(&body, relater, number)) != PM_OK ||
	    (rc = own_keys(&body, relater->err)) != PM_OK)
		return rc;
	for (size_t i = 0; i < relater->related.n && rc == PM_OK; i++)
		rc = withdraw_if(relater, &body, relater->related.p[i]);
	disown_keys(&body);
	return rc;
}

static int
recheck_displaced(struct relater *relater)
{
	size_t n;
	const uint32_t *number = pm_candidates_displaced(&n,
	    relater->candidates);
	int rc = PM_OK;

	for (size_t i = 0; i < n && rc == PM_OK; i++)
		if ((rc = pm_ingest_tick(relater->ingest, relater->err)) ==
		    PM_OK)
			rc = recheck(relater, number[i]);
	return rc;
}

/* ---- footers (H1) ---- */

static bool
is_related(const struct relater *relater, uint32_t number)
{
	for (size_t i = 0; i < relater->related.n; i++)
		if (relater->related.p[i] == number)
			return true;
	return false;
}

/* A pair of an older body whose footer is new; the first is loaded. */
static int
decide_anew(struct relater *relater, const struct pm_body *first, uint32_t a,
    uint32_t b)
{
	struct pm_related found;
	struct pm_body second = { 0 };
	int rc = PM_OK;

	if (is_new(relater, b))
		return PM_OK;            /* decided just now */
	if ((rc = pm_ingest_tick(relater->ingest, relater->err)) != PM_OK ||
	    (rc = read_own(&second, relater, b)) != PM_OK)
		return rc;
	pm_body_relate(&found, first, &second,
	    &relater->ingest->options.policy, false);
	if (found.kind != PM_RELATION_NONE || is_related(relater, b))
		rc = write_relation(relater, a, b, &found);
	disown(&second);
	return rc;
}

static int
relate_anew(struct relater *relater, uint32_t number)
{
	struct pm_candidate_body body;
	struct pm_body first = { 0 };
	const uint32_t *other;
	size_t n;
	int rc;

	if ((rc = list_related(relater, number)) != PM_OK ||
	    (rc = keys_of(&body, relater, number)) != PM_OK ||
	    (rc = own_keys(&body, relater->err)) != PM_OK)
		return rc;
	if ((rc = pm_candidates_of_any(&other, &n, relater->candidates, &body,
	    relater->err)) == PM_OK)
		rc = read_own(&first, relater, number);
	for (size_t i = 0; i < n && rc == PM_OK; i++)
		rc = decide_anew(relater, &first, number, other[i]);
	disown(&first);
	disown_keys(&body);
	return rc;
}

static int
add_touched(void *context, uint32_t number)
{
	struct relater *relater = context;

	if (LIST_ROOM(relater->touched, relater->err) != PM_OK)
		return 1;
	relater->touched.p[relater->touched.n++] = number;
	return 0;
}

/* Has it a tail that became a footer, or does it only begin as one that has? */
static int
has_crossed(bool *out, struct relater *relater, uint32_t number)
{
	struct pm_body_tails tails;
	struct pm_body body;
	int rc = read_body(&body, relater, number);

	if (rc != PM_OK)
		return rc;
	pm_body_tails(&tails, &body, &relater->room);
	*out = pm_footers_has_crossed(relater->footers, &tails);
	return PM_OK;
}

static int
relate_crossed(struct relater *relater)
{
	size_t n;
	const uint32_t *lead = pm_footers_crossed(&n, relater->footers);
	int rc = PM_OK;

	relater->err->status = PM_OK;
	for (size_t i = 0; i < n && rc == PM_OK; i++) {
		rc = pm_runs_find(relater->ingest->options.bodies,
		    pm_body_lead_key(lead[i]), add_touched, relater,
		    relater->err);
		if (rc == PM_OK)
			rc = relater->err->status;
	}
	for (size_t i = 0; i < relater->touched.n && rc == PM_OK; i++) {
		bool crossed = false;

		rc = has_crossed(&crossed, relater, relater->touched.p[i]);
		if (rc == PM_OK && crossed)
			rc = relate_anew(relater, relater->touched.p[i]);
	}
	return rc;
}

/* ---- a batch ---- */

/* One article stands for all that are the same: the first. */
static int
list_fresh(struct relater *relater)
{
	struct pm_ingest *ingest = relater->ingest;

	relater->fresh = pm_alloc(ingest->articles.n * sizeof *relater->fresh,
	    relater->err);
	if (relater->fresh == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < ingest->articles.n; i++) {
		const struct new_article *article = &ingest->articles.p[i];
		const struct pm_analysed_body *text = &article->from->text;

		if (text->key_n == 0 || (article->same != 0 &&
		    article->same != article->number))
			continue;
		relater->fresh[relater->fresh_n++] =
		    (struct pm_candidate_body){ (uint32_t)article->number,
		    text->key, text->key_n };
	}
	return PM_OK;
}

static int
open_footers(struct relater *relater)
{
	const struct pm_body_tails **tails = pm_alloc((relater->fresh_n + 1) *
	    sizeof *tails, relater->err);
	int rc;

	if (tails == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < relater->fresh_n; i++)
		tails[i] = &new_article_of(relater,
		    relater->fresh[i].number)->from->text.tails;
	rc = pm_footers_open(&relater->footers, tails, relater->fresh_n,
	    relater->ingest->options.tails, relater->err);
	pm_free(tails);
	return rc;
}

/* Asks the indexes alone, so it may run beside what asks the catalog. */
static void
find_buckets(struct pm_job *job)
{
	struct relater *relater = (struct relater *)job;
	struct pm_ingest *ingest = relater->ingest;
	int rc;

	relater->err = &relater->found;
	if ((rc = open_footers(relater)) == PM_OK)
		rc = pm_candidates_open(&relater->candidates, relater->fresh,
		    relater->fresh_n,
		    pm_body_strong_keys(&ingest->options.policy),
		    ingest->options.bodies, &relater->ranking, relater->err);
	relater->found.status = rc;
}

int
pm_relate_open(struct relater **out, struct pm_ingest *ingest,
    struct pm_err *err)
{
	struct relater *relater = pm_alloc_zero(sizeof *relater, err);
	int rc = PM_OK;

	if (relater == NULL)
		return PM_ENOMEM;
	relater->ingest = ingest;
	relater->err = err;
	relater->ranking = (struct pm_ranking){ rank_of, relater };
	relater->job.run = find_buckets;
	if (ingest->articles.n > 0 && (rc = list_fresh(relater)) == PM_OK) {
		/* Indexes on disk are mended with the catalog's help. */
		if (ingest->options.sink.without_recipes)
			pm_pool_submit(ingest->options.pool, &relater->group,
			    &relater->job);
		else
			find_buckets(&relater->job);
	}
	if (rc == PM_OK)
		*out = relater;
	else
		pm_relate_close(relater);
	return rc;
}

int
pm_relate_want(struct relater *relater, struct pm_err *err)
{
	int rc;

	if (relater->ingest->articles.n == 0)
		return PM_OK;
	pm_group_wait(relater->ingest->options.pool, &relater->group);
	relater->err = err;
	if (relater->found.status != PM_OK) {
		*err = relater->found;
		return err->status;
	}
	rc = list_pairs(relater);
	return rc == PM_OK ? want_texts(relater) : rc;
}

int
pm_relate_batch(struct relater *relater)
{
	size_t n = relater->ingest->articles.n;
	int rc;

	if (n == 0)
		return PM_OK;
	relater->kept = pm_alloc_zero(n * sizeof *relater->kept,
	    relater->err);
	if (relater->kept == NULL)
		return PM_ENOMEM;
	if ((rc = relate(relater)) != PM_OK ||
	    (rc = relate_crossed(relater)) != PM_OK)
		return rc;
	return recheck_displaced(relater);
}

void
pm_relate_close(struct relater *relater)
{
	if (relater == NULL)
		return;
	pm_group_wait(relater->ingest->options.pool, &relater->group);
	drop_kept(relater);
	disown(&relater->first);
	pm_candidates_close(relater->candidates);
	pm_footers_close(relater->footers);
	pm_free(relater->kept);
	pm_free(relater->fresh);
	pm_free(relater->related.p);
	pm_free(relater->touched.p);
	pm_free(relater->pairs.p);
	pm_body_room_clear(&relater->room);
	pm_free(relater);
}
