/*
 * How does each new body stand to the others?
 *
 * Candidates meet under a key (archive/body.h) in the index `bodies`, old
 * ones and those of the batch alike, and are decided on the full text.  One
 * article stands for its `same` group: the first, which never changes.
 *
 * B1  Under a key with more than BUCKET_LARGEST bodies only pairs with one of
 *     the largest are looked at: others of the same text relate to these too,
 *     and a million pages made to share a key cost a million comparisons,
 *     not their square.  The largest are those at the time: a relation found
 *     through one that a longer body displaced later stays, so in such a
 *     bucket the relations depend on the order of arrival.
 */
#include <stdlib.h>

#include "archive/ingest_internal.h"
#include "base/err.h"
#include "text/fold.h"

enum {
	BUCKET_LARGEST = 64,
	PAIRS_AT_ONCE = 1 << 20,
	KEPT_BYTES_MAX = 64 << 20
};

struct pair {
	uint32_t a, b;                   /* a < b; b is new */
};

struct member {
	uint64_t norm;                   /* its rank */
	uint32_t number;
};

/* Room to read a body in. */
struct side {
	struct pm_body_room room;
	struct pm_buf folded;
};

struct relater {
	struct pm_ingest *ingest;
	struct pm_err *err;
	LIST(struct member) members;     /* of one bucket */
	LIST(struct pair) pairs;
	struct side side;
	uint32_t first_number;           /* whose body is in first; 0: none */
	struct pm_body first;
	struct pm_body *kept;            /* of each new article; gram NULL: not */
	size_t kept_bytes;
	int status;
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

/* ---- deciding ---- */

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
	rc = pm_catalog_article(&row, ingest->options.catalog, number,
	    relater->err);
	/* A cache from before a crash may name articles that never were. */
	if (rc != PM_OK || row.number == 0)
		return rc;
	pm_buf_reset(&ingest->other);
	rc = pm_frames_article(&ingest->other, ingest->options.frames,
	    row.frame, row.offset, row.bytes, relater->err);
	*out = pm_buf_bytes(&ingest->other);
	return rc;
}

static int
read_body(struct pm_body *out, struct relater *relater, uint32_t number)
{
	struct side *side = &relater->side;
	struct pm_bytes text;
	int rc;

	pm_buf_reset(&side->folded);
	if ((rc = read_text(&text, relater, number)) != PM_OK ||
	    (rc = pm_fold(&side->folded, text, relater->err)) != PM_OK)
		return rc;
	return pm_body_read(out, &side->room, pm_buf_bytes(&side->folded),
	    relater->err);
}

/* Numbers of its own for *body, in place of those in the room. */
static int
own(struct pm_body *body, struct pm_err *err)
{
	uint64_t *gram = pm_alloc((body->gram_n + 1) * sizeof *gram, err);

	if (gram == NULL)
		return PM_ENOMEM;
	memcpy(gram, body->gram, body->gram_n * sizeof *gram);
	body->gram = gram;
	return PM_OK;
}

static void
disown(struct pm_body *body)
{
	pm_free((void *)(uintptr_t)body->gram);
	*body = (struct pm_body){ 0 };
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
	if (relater->kept_bytes > KEPT_BYTES_MAX)
		drop_kept(relater);
	if ((rc = read_body(*out, relater, number)) != PM_OK ||
	    (rc = own(*out, relater->err)) != PM_OK) {
		(*out)->gram = NULL;
		return rc;
	}
	relater->kept_bytes += (*out)->gram_n * sizeof *(*out)->gram;
	return PM_OK;
}

static int
load_first(struct relater *relater, uint32_t number)
{
	int rc;

	if (relater->first_number == number)
		return PM_OK;
	relater->first_number = 0;
	disown(&relater->first);
	if ((rc = read_body(&relater->first, relater, number)) != PM_OK ||
	    (rc = own(&relater->first, relater->err)) != PM_OK) {
		relater->first.gram = NULL;
		return rc;
	}
	relater->first_number = number;
	return PM_OK;
}

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
decide(struct relater *relater, const struct pair *pair)
{
	struct pm_log_record record = { .kind = PM_LOG_RELATION };
	struct pm_related found;
	struct pm_body *second;
	int rc;

	if ((rc = load_first(relater, pair->a)) != PM_OK ||
	    (rc = keep(&second, relater, pair->b)) != PM_OK)
		return rc;
	pm_body_relate(&found, &relater->first, second,
	    &relater->ingest->options.policy, false);
	if (found.kind == PM_RELATION_NONE)
		return PM_OK;
	count(&relater->ingest->counts, found.kind);
	record.u.relation = (struct pm_log_relation){ pair->a, pair->b,
	    found.kind, found.jaccard, found.containment };
	return pm_layout_record(relater->ingest, &record, relater->err);
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
	const struct pair *pair = relater->pairs.p;
	size_t n = relater->pairs.n;
	int rc = PM_OK;

	if (n > 1)
		qsort(relater->pairs.p, n, sizeof *pair, compare_pairs);
	for (size_t i = 0; i < n && rc == PM_OK; i++)
		if (i == 0 || compare_pairs(&pair[i - 1], &pair[i]) != 0)
			rc = decide(relater, &pair[i]);
	relater->pairs.n = 0;
	return rc;
}

/* ---- candidates ---- */

static int
add_member(struct relater *relater, uint32_t number, uint64_t norm)
{
	int rc = LIST_ROOM(relater->members, relater->err);

	if (rc == PM_OK)
		relater->members.p[relater->members.n++] = (struct member){
		    norm, number };
	return rc;
}

static int
add_old(void *context, uint32_t number)
{
	struct relater *relater = context;

	relater->status = add_member(relater, number, 0);
	return relater->status != PM_OK;
}

/* Numbers too, so that no two rank alike. */
static int
compare_members(const void *p, const void *q)
{
	const struct member *x = p, *y = q;

	if (x->norm != y->norm)
		return x->norm > y->norm ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

/* B1 */
static int
largest_first(struct relater *relater)
{
	for (size_t i = 0; i < relater->members.n; i++) {
		struct member *member = &relater->members.p[i];
		struct pm_article_row row;
		int rc;

		if (is_new(relater, member->number)) {
			member->norm = new_article_of(relater,
			    member->number)->from->norm;
			continue;
		}
		if ((rc = pm_catalog_article(&row,
		    relater->ingest->options.catalog, member->number,
		    relater->err)) != PM_OK)
			return rc;
		member->norm = row.norm;
	}
	qsort(relater->members.p, relater->members.n,
	    sizeof *relater->members.p, compare_members);
	return PM_OK;
}

static int
pair_members(struct relater *relater)
{
	const struct member *member = relater->members.p;
	size_t n = relater->members.n;
	size_t firsts = n < BUCKET_LARGEST ? n : BUCKET_LARGEST;
	int rc = PM_OK;

	for (size_t i = 0; i < firsts; i++)
		for (size_t k = i + 1; k < n; k++) {
			uint32_t a = member[i].number, b = member[k].number;

			if (a > b) {
				uint32_t other = a;

				a = b;
				b = other;
			}
			if (!is_new(relater, b) || a == b)
				continue;
			if ((rc = LIST_ROOM(relater->pairs, relater->err)) !=
			    PM_OK)
				return rc;
			relater->pairs.p[relater->pairs.n++] =
			    (struct pair){ a, b };
		}
	return PM_OK;
}

static int
candidates(struct relater *relater, const struct pm_run_entry *entry,
    size_t n)
{
	int rc;

	relater->members.n = 0;
	relater->status = PM_OK;
	rc = pm_runs_find(relater->ingest->options.bodies, entry->key,
	    add_old, relater, relater->err);
	if (rc >= 0)
		rc = relater->status;
	if (rc != PM_OK || relater->members.n + n < 2)
		return rc;
	for (size_t i = 0; i < n && rc == PM_OK; i++)
		rc = add_member(relater, entry[i].number, 0);
	if (rc == PM_OK && relater->members.n > BUCKET_LARGEST)
		rc = largest_first(relater);
	if (rc == PM_OK)
		rc = pair_members(relater);
	return rc == PM_OK && relater->pairs.n > PAIRS_AT_ONCE ?
	    decide_all(relater) : rc;
}

static int
compare_entries(const void *a, const void *b)
{
	const struct pm_run_entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static int
relate(struct relater *relater)
{
	struct pm_run_entry *entry = relater->ingest->body_keys.p;
	size_t n = relater->ingest->body_keys.n, end;
	int rc = PM_OK;

	if (n > 1)
		qsort(entry, n, sizeof *entry, compare_entries);
	for (size_t i = 0; i < n && rc == PM_OK; i = end) {
		for (end = i + 1; end < n && entry[end].key == entry[i].key;)
			end++;
		rc = candidates(relater, entry + i, end - i);
	}
	return rc == PM_OK ? decide_all(relater) : rc;
}

int
pm_relate_batch(struct pm_ingest *ingest, struct pm_err *err)
{
	struct relater *relater;
	int rc = PM_ENOMEM;

	if (ingest->body_keys.n == 0)
		return PM_OK;
	if ((relater = pm_alloc_zero(sizeof *relater, err)) == NULL)
		return PM_ENOMEM;
	relater->ingest = ingest;
	relater->err = err;
	relater->kept = pm_alloc_zero(ingest->articles.n *
	    sizeof *relater->kept, err);
	if (relater->kept != NULL)
		rc = relate(relater);
	drop_kept(relater);
	disown(&relater->first);
	pm_free(relater->kept);
	pm_body_room_clear(&relater->side.room);
	pm_buf_clear(&relater->side.folded);
	pm_free(relater->members.p);
	pm_free(relater->pairs.p);
	pm_free(relater);
	return rc;
}
