/*
 * Groups (C3): teasers of one article, whether it is here or not.
 *
 * Sites cut the same article at different places, and edit headlines; what is
 * alike is found by digests (struct pm_teaser_marks), because the texts are
 * in the volumes.
 *
 * G1  Two teasers whose snippets have the first six tokens in common belong
 *     together when their titles are equal, or when their first twelve
 *     tokens (all, where there are fewer) are and not both are linked, to
 *     different articles.  Snippets under six tokens: when all is equal.
 * G2  So do those that are linked to one article.
 * G3  A beginning that more than BUCKET_MAX teasers have names no article, as
 *     in K2: then G1 does not hold for it.
 *
 * A group is a component of these, and its leader the member with the
 * smallest id.  All is a function of the teasers and links that there are; a
 * component that is touched is made anew.
 */
#include <stdlib.h>

#include "base/err.h"
#include "base/list.h"
#include "store/catalog_internal.h"

enum { BUCKET_MAX = 64 };

#define ARTICLE (UINT64_C(1) << 63)

struct node {
	uint64_t number, article, leader;
	int64_t key, start, marks;
};

struct grouper {
	struct pm_catalog *catalog;
	struct pm_err *err;
	LIST(struct node) bucket;        /* of one question */
	LIST(struct node) members;       /* of the component so far */
	struct number_list seeds;
	uint64_t *slot;                  /* numbers that were reached, and of
	                                  * articles with ARTICLE; 0: free */
	size_t slots, reached;
};

/* ---- marks ---- */

int64_t
pm_marks_start(const struct pm_teaser_marks *marks)
{
	return (int64_t)(marks->start & UINT32_MAX) - INT32_MAX - 1;
}

int64_t
pm_marks_pack(const struct pm_teaser_marks *marks)
{
	return (int64_t)((marks->title & 0xffff) << 31 |
	    (marks->cut & 0x7fff) << 16 | (marks->norm & 0x7fff) << 1);
}

/* G1, for two with one start. */
static bool
alike(const struct node *a, const struct node *b)
{
	int64_t differ = a->marks ^ b->marks;

	if (differ >> 31 == 0)
		return true;
	return (differ >> 16 & 0x7fff) == 0 && (a->article == 0 ||
	    b->article == 0 || a->article == b->article);
}

/* ---- what was reached ---- */

static uint64_t *
slot_of(const struct grouper *grouper, uint64_t number)
{
	size_t at = (size_t)(number * UINT64_C(0x9e3779b97f4a7c15) >> 32);

	for (;; at++) {
		uint64_t *slot = &grouper->slot[at & (grouper->slots - 1)];

		if (*slot == 0 || *slot == number)
			return slot;
	}
}

static int
make_room(struct grouper *grouper)
{
	uint64_t *old = grouper->slot;
	size_t old_slots = grouper->slots;

	if (grouper->reached * 2 < grouper->slots)
		return PM_OK;
	grouper->slots = old_slots == 0 ? 1024 : old_slots * 2;
	grouper->slot = pm_alloc_zero(grouper->slots * sizeof *old,
	    grouper->err);
	if (grouper->slot == NULL) {
		grouper->slot = old;
		grouper->slots = old_slots;
		return PM_ENOMEM;
	}
	for (size_t i = 0; i < old_slots; i++)
		if (old[i] != 0)
			*slot_of(grouper, old[i]) = old[i];
	pm_free(old);
	return PM_OK;
}

/* Is this the first time? */
static int
mark(bool *first, struct grouper *grouper, uint64_t number)
{
	uint64_t *slot;
	int rc = make_room(grouper);

	if (rc != PM_OK)
		return rc;
	slot = slot_of(grouper, number);
	*first = *slot == 0;
	if (*first)
		grouper->reached++;
	*slot = number;
	return PM_OK;
}

/* Into the component, unless it was reached before. */
static int
reach(struct grouper *grouper, const struct node *node)
{
	bool first = false;
	int rc = mark(&first, grouper, node->number);

	if (rc != PM_OK || !first ||
	    (rc = LIST_ROOM(grouper->members, grouper->err)) != PM_OK)
		return rc;
	grouper->members.p[grouper->members.n++] = *node;
	return PM_OK;
}

/* ---- questions ---- */

static int
ask(struct grouper *grouper, enum statement which, int64_t value,
    int64_t limit)
{
	sqlite3_stmt *st = pm_catalog_statement(grouper->catalog, which,
	    grouper->err);
	int rc;

	grouper->bucket.n = 0;
	if (st == NULL)
		return grouper->err->status;
	sqlite3_bind_int64(st, 1, value);
	if (limit > 0)
		sqlite3_bind_int64(st, 2, limit);
	while ((rc = pm_catalog_step(grouper->catalog, st, grouper->err)) ==
	    PM_OK) {
		if ((rc = LIST_ROOM(grouper->bucket, grouper->err)) != PM_OK)
			return rc;
		grouper->bucket.p[grouper->bucket.n++] = (struct node){
		    .number = (uint64_t)sqlite3_column_int64(st, 0),
		    .key = sqlite3_column_int64(st, 1),
		    .start = sqlite3_column_int64(st, 2),
		    .marks = sqlite3_column_int64(st, 3),
		    .article = (uint64_t)sqlite3_column_int64(st, 4),
		    .leader = (uint64_t)sqlite3_column_int64(st, 5) };
	}
	return rc == PM_END ? PM_OK : rc;
}

static int
ask_start(struct grouper *grouper, int64_t start)
{
	return ask(grouper, ST_GROUPED_START, start, BUCKET_MAX + 1);
}

/* ---- components ---- */

static int
seed_bucket(struct grouper *grouper)
{
	int rc = PM_OK;

	for (size_t i = 0; i < grouper->bucket.n && rc == PM_OK; i++)
		rc = pm_number_list_add(&grouper->seeds,
		    grouper->bucket.p[i].number, grouper->err);
	return rc;
}

static int
expand(struct grouper *grouper, const struct node *node)
{
	bool first = false;
	int rc = ask_start(grouper, node->start);

	if (grouper->bucket.n > BUCKET_MAX) {            /* G3 */
		/* Since this batch?  Then it lets go of those it held. */
		if (rc == PM_OK && grouper->bucket.p[BUCKET_MAX].number >=
		    grouper->catalog->first_teaser)
			rc = seed_bucket(grouper);
		grouper->bucket.n = 0;
	}
	for (size_t i = 0; i < grouper->bucket.n && rc == PM_OK; i++)
		if (alike(node, &grouper->bucket.p[i]))
			rc = reach(grouper, &grouper->bucket.p[i]);
	/* All that an article holds together are reached at once. */
	if (rc == PM_OK && node->article != 0)
		rc = mark(&first, grouper, ARTICLE | node->article);
	if (rc != PM_OK || !first)
		return rc;
	rc = ask(grouper, ST_GROUPED_ARTICLE, (int64_t)node->article, 0);
	for (size_t i = 0; i < grouper->bucket.n && rc == PM_OK; i++)
		rc = reach(grouper, &grouper->bucket.p[i]);
	return rc;
}

static int
set_leader(struct grouper *grouper, uint64_t number, uint64_t leader)
{
	sqlite3_stmt *st = pm_catalog_statement(grouper->catalog,
	    ST_SET_LEADER, grouper->err);

	if (st == NULL)
		return grouper->err->status;
	sqlite3_bind_int64(st, 1, (int64_t)number);
	if (leader != 0)
		sqlite3_bind_int64(st, 2, (int64_t)leader);
	return pm_catalog_run(grouper->catalog, st, grouper->err);
}

static int
lead_component(struct grouper *grouper)
{
	const struct node *first = &grouper->members.p[0];
	uint64_t leader = 0;
	int rc = PM_OK;

	for (size_t i = 1; i < grouper->members.n; i++) {
		if (grouper->members.p[i].key < first->key)
			first = &grouper->members.p[i];
		leader = first->number;
	}
	for (size_t i = 0; i < grouper->members.n && rc == PM_OK; i++)
		if (grouper->members.p[i].leader != leader)
			rc = set_leader(grouper, grouper->members.p[i].number,
			    leader);
	return rc;
}

static int
group_one(struct grouper *grouper, uint64_t number)
{
	int rc;

	if (grouper->slots > 0 && *slot_of(grouper, number) != 0)
		return PM_OK;
	grouper->members.n = 0;
	if ((rc = ask(grouper, ST_GROUPED, (int64_t)number, 0)) != PM_OK ||
	    grouper->bucket.n == 0 ||
	    (rc = reach(grouper, &grouper->bucket.p[0])) != PM_OK)
		return rc;
	for (size_t i = 0; i < grouper->members.n && rc == PM_OK; i++) {
		struct node node = grouper->members.p[i];

		rc = expand(grouper, &node);
	}
	return rc == PM_OK ? lead_component(grouper) : rc;
}

/* ---- what was touched ---- */

/* A link decides in G1 on all that begin so. */
static int
seed_relinked(struct grouper *grouper, uint64_t number)
{
	int rc = ask(grouper, ST_GROUPED, (int64_t)number, 0);

	if (rc != PM_OK || grouper->bucket.n == 0 ||
	    (rc = ask_start(grouper, grouper->bucket.p[0].start)) != PM_OK)
		return rc;
	return grouper->bucket.n <= BUCKET_MAX ? seed_bucket(grouper) : PM_OK;
}

static int
seed_all(struct grouper *grouper)
{
	struct pm_catalog *catalog = grouper->catalog;
	int rc = PM_OK;

	/* From here on: no teaser is newer than this. */
	if (catalog->first_teaser == 0)
		catalog->first_teaser = UINT64_MAX;
	for (size_t i = 0; i < catalog->regroup.n && rc == PM_OK; i++)
		rc = pm_number_list_add(&grouper->seeds,
		    catalog->regroup.p[i], grouper->err);
	for (size_t i = 0; i < catalog->relinked.n && rc == PM_OK; i++)
		if (catalog->relinked.p[i] < catalog->first_teaser)
			rc = seed_relinked(grouper, catalog->relinked.p[i]);
	/* Those that a teaser left hold together: one of them is enough. */
	for (size_t i = 0; i < catalog->left_articles.n && rc == PM_OK; i++) {
		rc = ask(grouper, ST_GROUPED_ARTICLE,
		    (int64_t)catalog->left_articles.p[i], 0);
		if (grouper->bucket.n > 1)
			grouper->bucket.n = 1;
		if (rc == PM_OK)
			rc = seed_bucket(grouper);
	}
	return rc;
}

void
pm_catalog_forget_groups(struct pm_catalog *catalog)
{
	catalog->regroup.n = catalog->relinked.n = 0;
	catalog->left_articles.n = 0;
	catalog->first_teaser = 0;
	catalog->forgot = false;
}

int
pm_catalog_group(struct pm_catalog *catalog, struct pm_err *err)
{
	struct grouper grouper = { .catalog = catalog, .err = err };
	int rc = seed_all(&grouper);

	for (size_t i = 0; i < grouper.seeds.n && rc == PM_OK; i++)
		rc = group_one(&grouper, grouper.seeds.p[i]);
	pm_catalog_forget_groups(catalog);
	pm_free(grouper.bucket.p);
	pm_free(grouper.members.p);
	pm_free(grouper.seeds.p);
	pm_free(grouper.slot);
	return rc;
}
