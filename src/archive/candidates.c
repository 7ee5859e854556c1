#include "archive/candidates.h"

#include <stdlib.h>

#include "base/list.h"

enum {
	STRONG = 1 << 20,            /* beyond any number of weak ones */
	/* 3-grams of the shorter body for each weak key it must share: it has
	 * one fingerprint in 16.5 of them, so an eighth of those. */
	GRAMS_PER_WEAK = 132,
	TALLY_KEPT = 1 << 14         /* entries; emptied for each body */
};

#define IN_TOP UINT32_C(0x80000000)
#define NO_BUCKET UINT32_C(0x7fffffff)

struct bucket {
	uint64_t key, place;
	size_t old_at, member_at;
	uint32_t old_n;              /* known, at most PM_BUCKET_LARGEST + 1 */
	uint32_t member_n;           /* of the batch */
	uint32_t top_old, top_new;   /* of them, among the largest */
};

/* A body of the batch in a bucket. */
struct member {
	uint64_t rank;
	uint32_t at;                 /* place in body */
};

/* How often a number was met; number 0: free. */
struct tally {
	uint32_t number, count;
};

struct pm_candidates {
	const struct pm_candidate_body *body;
	size_t body_n, strong_n;
	struct pm_runs *index;
	const struct pm_ranking *ranking;
	struct pm_err *err;
	/* A slot is a key of a body. */
	size_t *first_slot;          /* of each body */
	uint32_t *body_of;           /* each slot */
	uint32_t *bucket_of;         /* each slot; with IN_TOP */
	LIST(struct pm_run_entry) entry;     /* place, slot */
	LIST(struct bucket) buckets;         /* by place */
	LIST(uint32_t) old;          /* numbers, by bucket and rank */
	LIST(struct member) member;  /* by bucket and rank */
	LIST(uint64_t) key;          /* one for each place */
	LIST(uint32_t) displaced;
	struct tally *tally;
	size_t tally_capacity, tally_n;
	LIST(uint32_t) found;
	int status;
};

static uint64_t
rank_of(const struct pm_candidates *c, uint32_t number)
{
	return c->ranking->rank(c->ranking->context, number);
}

/* ---- buckets ---- */

static int
sort_slots(struct pm_candidates *c)
{
	size_t slots = 0;

	c->first_slot = pm_alloc((c->body_n + 1) * sizeof *c->first_slot,
	    c->err);
	if (c->first_slot == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < c->body_n; i++) {
		c->first_slot[i] = slots;
		slots += c->body[i].key_n;
	}
	c->first_slot[c->body_n] = slots;
	c->bucket_of = pm_alloc(slots * sizeof *c->bucket_of, c->err);
	c->body_of = pm_alloc(slots * sizeof *c->body_of, c->err);
	c->entry.p = pm_alloc(slots * sizeof *c->entry.p, c->err);
	if (c->bucket_of == NULL || c->body_of == NULL || c->entry.p == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < c->body_n; i++)
		for (size_t k = 0; k < c->body[i].key_n; k++) {
			uint32_t slot = (uint32_t)c->entry.n;

			c->bucket_of[slot] = NO_BUCKET;
			c->body_of[slot] = (uint32_t)i;
			c->entry.p[c->entry.n++] = (struct pm_run_entry){
			    pm_runs_place(c->body[i].key[k]), slot };
		}
	c->entry.n = pm_runs_sort(c->entry.p, c->entry.n);
	return PM_OK;
}

static uint64_t
key_of_slot(const struct pm_candidates *c, uint32_t slot)
{
	uint32_t at = c->body_of[slot];

	return c->body[at].key[slot - c->first_slot[at]];
}

static int
list_keys(struct pm_candidates *c)
{
	int rc = PM_OK;

	for (size_t i = 0; i < c->entry.n && rc == PM_OK; i++) {
		if (i > 0 && c->entry.p[i].key == c->entry.p[i - 1].key)
			continue;
		if ((rc = LIST_ROOM(c->key, c->err)) == PM_OK)
			c->key.p[c->key.n++] = key_of_slot(c,
			    c->entry.p[i].number);
	}
	return rc;
}

/* An old body under key[index], the largest first. */
static int
add_old(void *context, size_t index, uint32_t number)
{
	struct pm_candidates *c = context;
	uint64_t key = c->key.p[index];
	struct bucket *last = c->buckets.n == 0 ? NULL :
	    &c->buckets.p[c->buckets.n - 1];

	if (last == NULL || last->key != key) {
		if ((c->status = LIST_ROOM(c->buckets, c->err)) != PM_OK)
			return 1;
		last = &c->buckets.p[c->buckets.n++];
		*last = (struct bucket){ .key = key,
		    .place = pm_runs_place(key), .old_at = c->old.n };
	}
	if ((c->status = LIST_ROOM(c->old, c->err)) != PM_OK)
		return 1;
	c->old.p[c->old.n++] = number;
	return ++last->old_n > PM_BUCKET_LARGEST;
}

/* The largest first; no two bodies of one text are compared, so no two of
 * one rank. */
static int
compare_members(const void *p, const void *q)
{
	const struct member *x = p, *y = q;

	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

/* The bodies of entry[from..end), in the order of their ranks. */
static int
add_members(struct pm_candidates *c, struct bucket *bucket, size_t from,
    size_t end)
{
	uint32_t last = UINT32_MAX;
	int rc;

	bucket->member_at = c->member.n;
	for (size_t i = from; i < end; i++) {
		uint32_t at = c->body_of[c->entry.p[i].number];

		/* A text may have one fingerprint twice. */
		if (at == last)
			continue;
		if ((rc = LIST_ROOM(c->member, c->err)) != PM_OK)
			return rc;
		c->member.p[c->member.n++] = (struct member){
		    rank_of(c, c->body[at].number), at };
		last = at;
	}
	bucket->member_n = (uint32_t)(c->member.n - bucket->member_at);
	if (bucket->member_n > 1)
		qsort(c->member.p + bucket->member_at, bucket->member_n,
		    sizeof *c->member.p, compare_members);
	return PM_OK;
}

/* B1: how many old ones and how many new ones are the largest. */
static void
find_top(const struct pm_candidates *c, struct bucket *bucket)
{
	const uint32_t *old = c->old.p + bucket->old_at;
	const struct member *member = c->member.p + bucket->member_at;
	uint32_t a = 0, b = 0;

	while (a + b < PM_BUCKET_LARGEST && (a < bucket->old_n ||
	    b < bucket->member_n)) {
		if (b == bucket->member_n || (a < bucket->old_n &&
		    rank_of(c, old[a]) >= member[b].rank))
			a++;
		else
			b++;
	}
	bucket->top_old = a;
	bucket->top_new = b;
}

/* B2: old ones that were among the largest, if there are pairs of them with
 * others that are not. */
static int
note_displaced(struct pm_candidates *c, const struct bucket *bucket)
{
	const uint32_t *old = c->old.p + bucket->old_at;
	int rc = PM_OK;

	if (bucket->old_n < bucket->top_old + 2)
		return PM_OK;
	for (uint32_t i = bucket->top_old; i < bucket->old_n &&
	    i < PM_BUCKET_LARGEST && rc == PM_OK; i++)
		if ((rc = LIST_ROOM(c->displaced, c->err)) == PM_OK)
			c->displaced.p[c->displaced.n++] = old[i];
	return rc;
}

static void
mark_slots(struct pm_candidates *c, const struct bucket *bucket, size_t from,
    size_t end)
{
	const struct member *member = c->member.p + bucket->member_at;
	uint32_t id = (uint32_t)(bucket - c->buckets.p);

	for (size_t i = from; i < end; i++) {
		uint32_t slot = c->entry.p[i].number;
		bool top = bucket->member_n == bucket->top_new;

		/* A key that a body has twice counts once. */
		if (i > from && c->body_of[slot] ==
		    c->body_of[c->entry.p[i - 1].number])
			continue;
		for (uint32_t k = 0; k < bucket->top_new && !top; k++)
			top = member[k].at == c->body_of[slot];
		c->bucket_of[slot] = id | (top ? IN_TOP : 0);
	}
}

/* Buckets with old ones are there; now those of the batch come in, and the
 * order by place is kept by building the list anew. */
static int
fill_buckets(struct pm_candidates *c)
{
	LIST(struct bucket) all = { 0 };
	size_t at = 0, end;
	int rc = PM_OK;

	for (size_t i = 0; i < c->entry.n && rc == PM_OK; i = end) {
		struct bucket bucket = { .place = c->entry.p[i].key };

		for (end = i + 1; end < c->entry.n &&
		    c->entry.p[end].key == bucket.place;)
			end++;
		if (at < c->buckets.n && c->buckets.p[at].place ==
		    bucket.place)
			bucket = c->buckets.p[at++];
		else if (end - i < 2)
			continue;
		else
			bucket.key = key_of_slot(c, c->entry.p[i].number);
		if ((rc = LIST_ROOM(all, c->err)) == PM_OK &&
		    (rc = add_members(c, &bucket, i, end)) == PM_OK) {
			find_top(c, &bucket);
			all.p[all.n++] = bucket;
			rc = note_displaced(c, &bucket);
		}
	}
	pm_free(c->buckets.p);
	memcpy(&c->buckets, &all, sizeof all);
	return rc;
}

static void
mark_all(struct pm_candidates *c)
{
	size_t at = 0, end;

	for (size_t i = 0; i < c->entry.n; i = end) {
		for (end = i + 1; end < c->entry.n &&
		    c->entry.p[end].key == c->entry.p[i].key;)
			end++;
		if (at < c->buckets.n &&
		    c->buckets.p[at].place == c->entry.p[i].key)
			mark_slots(c, &c->buckets.p[at++], i, end);
	}
}

static int
compare_numbers(const void *p, const void *q)
{
	const uint32_t *x = p, *y = q;

	return (*x > *y) - (*x < *y);
}

static void
sort_displaced(struct pm_candidates *c)
{
	size_t kept = 0;

	if (c->displaced.n > 1)
		qsort(c->displaced.p, c->displaced.n, sizeof *c->displaced.p,
		    compare_numbers);
	for (size_t i = 0; i < c->displaced.n; i++)
		if (kept == 0 || c->displaced.p[kept - 1] !=
		    c->displaced.p[i])
			c->displaced.p[kept++] = c->displaced.p[i];
	c->displaced.n = kept;
}

int
pm_candidates_open(struct pm_candidates **out,
    const struct pm_candidate_body *body, size_t n, size_t strong_n,
    struct pm_runs *index, const struct pm_ranking *ranking,
    struct pm_err *err)
{
	struct pm_candidates *c = pm_alloc_zero(sizeof *c, err);
	int rc = PM_OK;

	if (c == NULL)
		return PM_ENOMEM;
	*c = (struct pm_candidates){ .body = body, .body_n = n,
	    .strong_n = strong_n, .index = index, .ranking = ranking,
	    .err = err };
	if (n > 0 && (rc = sort_slots(c)) == PM_OK &&
	    (rc = list_keys(c)) == PM_OK &&
	    (rc = pm_runs_find_many(index, c->key.p, c->key.n, add_old, c,
	    err)) == PM_OK && (rc = c->status) == PM_OK)
		rc = fill_buckets(c);
	if (rc == PM_OK) {
		mark_all(c);
		sort_displaced(c);
		*out = c;
	} else {
		pm_candidates_close(c);
	}
	return rc;
}

void
pm_candidates_close(struct pm_candidates *c)
{
	if (c == NULL)
		return;
	pm_free(c->first_slot);
	pm_free(c->bucket_of);
	pm_free(c->body_of);
	pm_free(c->entry.p);
	pm_free(c->buckets.p);
	pm_free(c->old.p);
	pm_free(c->member.p);
	pm_free(c->key.p);
	pm_free(c->displaced.p);
	pm_free(c->tally);
	pm_free(c->found.p);
	pm_free(c);
}

const uint32_t *
pm_candidates_displaced(size_t *n, const struct pm_candidates *c)
{
	*n = c->displaced.n;
	return c->displaced.p;
}

/* ---- what a body meets ---- */

static struct tally *
tally_of(const struct pm_candidates *c, uint32_t number)
{
	size_t mask = c->tally_capacity - 1;
	size_t at = number * UINT32_C(0x9e3779b1) & mask;

	while (c->tally[at].number != 0 && c->tally[at].number != number)
		at = (at + 1) & mask;
	return &c->tally[at];
}

static int
grow_tally(struct pm_candidates *c)
{
	struct tally *before = c->tally;
	size_t n = c->tally_capacity, capacity = n == 0 ? 4096 : 2 * n;
	struct tally *tally = pm_alloc_zero(capacity * sizeof *tally, c->err);

	if (tally == NULL)
		return PM_ENOMEM;
	c->tally = tally;
	c->tally_capacity = capacity;
	for (size_t i = 0; i < n; i++)
		if (before[i].number != 0)
			*tally_of(c, before[i].number) = before[i];
	pm_free(before);
	return PM_OK;
}

static int
meet(struct pm_candidates *c, uint32_t number, uint32_t weight)
{
	struct tally *tally;
	int rc;

	if (2 * (c->tally_n + 1) > c->tally_capacity &&
	    (rc = grow_tally(c)) != PM_OK)
		return rc;
	tally = tally_of(c, number);
	if (tally->number == 0) {
		tally->number = number;
		c->tally_n++;
		if ((rc = LIST_ROOM(c->found, c->err)) != PM_OK)
			return rc;
		c->found.p[c->found.n++] = number;
	}
	tally->count += weight;
	return PM_OK;
}

static void
reset_tally(struct pm_candidates *c)
{
	if (c->tally_capacity > TALLY_KEPT) {
		pm_free(c->tally);
		c->tally = NULL;
		c->tally_capacity = 0;
	} else if (c->found.n > 0) {
		memset(c->tally, 0, c->tally_capacity * sizeof *c->tally);
	}
	c->tally_n = c->found.n = 0;
}

struct meeting {
	struct pm_candidates *c;
	uint32_t weight;
};

static int
meet_old(void *context, uint32_t number)
{
	struct meeting *meeting = context;

	meeting->c->status = meet(meeting->c, number, meeting->weight);
	return meeting->c->status != PM_OK;
}

static int
meet_bucket(struct pm_candidates *c, const struct bucket *bucket, size_t at,
    bool top, uint32_t weight)
{
	const uint32_t *old = c->old.p + bucket->old_at;
	const struct member *member = c->member.p + bucket->member_at;
	uint32_t old_n = top ? bucket->old_n : bucket->top_old;
	uint32_t member_n = top ? bucket->member_n : bucket->top_new;
	struct meeting meeting = { c, weight };
	int rc = PM_OK;

	c->status = PM_OK;
	if (top && bucket->old_n > PM_BUCKET_LARGEST) {
		rc = pm_runs_find(c->index, bucket->key, meet_old, &meeting,
		    c->err);
		rc = rc == PM_OK ? c->status : rc;
		old_n = 0;
	}
	for (uint32_t i = 0; i < old_n && rc == PM_OK; i++)
		rc = meet(c, old[i], weight);
	for (uint32_t i = 0; i < member_n && rc == PM_OK; i++)
		if (member[i].at < at)
			rc = meet(c, c->body[member[i].at].number, weight);
	return rc;
}

/* Do two bodies share enough? */
static bool
enough(const struct pm_candidates *c, uint32_t a, uint32_t b, uint32_t count)
{
	uint64_t x = rank_of(c, a) >> PM_NORM_GRAMS_SHIFT;
	uint64_t y = rank_of(c, b) >> PM_NORM_GRAMS_SHIFT;
	uint64_t need = (x < y ? x : y) / GRAMS_PER_WEAK;

	return count >= (need < 1 ? 1 : need);
}

int
pm_candidates_of(const uint32_t **number, size_t *n, struct pm_candidates *c,
    size_t at, struct pm_err *err)
{
	const struct pm_candidate_body *body = &c->body[at];
	size_t kept = 0;
	int rc = PM_OK;

	c->err = err;
	reset_tally(c);
	for (size_t k = 0; k < body->key_n && rc == PM_OK; k++) {
		uint32_t mark = c->bucket_of[c->first_slot[at] + k];

		if (mark != NO_BUCKET)
			rc = meet_bucket(c, &c->buckets.p[mark & ~IN_TOP], at,
			    (mark & IN_TOP) != 0,
			    k < c->strong_n ? STRONG : 1);
	}
	if (rc != PM_OK)
		return rc;
	for (size_t i = 0; i < c->found.n; i++)
		if (enough(c, body->number, c->found.p[i],
		    tally_of(c, c->found.p[i])->count))
			c->found.p[kept++] = c->found.p[i];
	*number = c->found.p;
	*n = kept;
	return PM_OK;
}

static const struct bucket *
find_bucket(const struct pm_candidates *c, uint64_t place)
{
	size_t low = 0, high = c->buckets.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (c->buckets.p[middle].place < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low < c->buckets.n && c->buckets.p[low].place == place ?
	    &c->buckets.p[low] : NULL;
}

static bool
has_place(const struct pm_candidate_body *body, size_t from, size_t end,
    uint64_t place)
{
	for (size_t i = from; i < end && i < body->key_n; i++)
		if (pm_runs_place(body->key[i]) == place)
			return true;
	return false;
}

/* ---- a body that is in the index ---- */

struct largest {
	struct pm_candidates *c;
	uint32_t number[PM_BUCKET_LARGEST + 1];
	uint32_t n;
};

static int
add_largest(void *context, uint32_t number)
{
	struct largest *largest = context;

	largest->number[largest->n++] = number;
	return largest->n == PM_BUCKET_LARGEST + 1;
}

/* The largest of a bucket as it is with the batch. */
static int
find_largest(struct largest *out, struct pm_candidates *c, uint64_t key)
{
	const struct bucket *bucket = find_bucket(c, pm_runs_place(key));

	out->n = 0;
	if (bucket == NULL)
		return pm_runs_find(c->index, key, add_largest, out, c->err);
	for (uint32_t i = 0; i < bucket->top_old; i++)
		out->number[out->n++] = c->old.p[bucket->old_at + i];
	for (uint32_t i = 0; i < bucket->top_new; i++)
		out->number[out->n++] = c->body[
		    c->member.p[bucket->member_at + i].at].number;
	return PM_OK;
}

static int
meet_all(struct pm_candidates *c, uint64_t key, uint32_t weight)
{
	const struct bucket *bucket = find_bucket(c, pm_runs_place(key));
	struct meeting meeting = { c, weight };
	int rc;

	c->status = PM_OK;
	rc = pm_runs_find(c->index, key, meet_old, &meeting, c->err);
	if (rc == PM_OK)
		rc = c->status;
	for (uint32_t i = 0; bucket != NULL && i < bucket->member_n &&
	    rc == PM_OK; i++)
		rc = meet(c, c->body[c->member.p[bucket->member_at +
		    i].at].number, weight);
	return rc;
}

static int
meet_key(struct pm_candidates *c, uint32_t number, uint64_t key,
    uint32_t weight)
{
	struct largest largest;
	bool top = false;
	int rc = find_largest(&largest, c, key);

	if (rc != PM_OK)
		return rc;
	for (uint32_t i = 0; i < largest.n && i < PM_BUCKET_LARGEST; i++)
		top |= largest.number[i] == number;
	if (top)
		return meet_all(c, key, weight);
	for (uint32_t i = 0; i < largest.n && i < PM_BUCKET_LARGEST &&
	    rc == PM_OK; i++)
		rc = meet(c, largest.number[i], weight);
	return rc;
}

int
pm_candidates_of_any(const uint32_t **number, size_t *n,
    struct pm_candidates *c, const struct pm_candidate_body *body,
    struct pm_err *err)
{
	size_t kept = 0;
	int rc = PM_OK;

	c->err = err;
	reset_tally(c);
	for (size_t k = 0; k < body->key_n && rc == PM_OK; k++)
		if (!has_place(body, 0, k, pm_runs_place(body->key[k])))
			rc = meet_key(c, body->number, body->key[k],
			    k < c->strong_n ? STRONG : 1);
	if (rc != PM_OK)
		return rc;
	for (size_t i = 0; i < c->found.n; i++)
		if (c->found.p[i] != body->number && enough(c, body->number,
		    c->found.p[i], tally_of(c, c->found.p[i])->count))
			c->found.p[kept++] = c->found.p[i];
	*number = c->found.p;
	*n = kept;
	return PM_OK;
}

/* ---- two given bodies ---- */

struct holding {
	uint32_t a, b;
	unsigned seen;
	bool found;
};

static int
look_for(void *context, uint32_t number)
{
	struct holding *holding = context;

	holding->found |= number == holding->a || number == holding->b;
	return holding->found || ++holding->seen == PM_BUCKET_LARGEST;
}

/* Is one of the two among the largest under the key? */
static int
one_is_large(bool *out, struct pm_candidates *c, uint64_t key,
    const struct pm_candidate_body *a, const struct pm_candidate_body *b,
    struct pm_err *err)
{
	const struct bucket *bucket = find_bucket(c, pm_runs_place(key));
	struct holding holding = { .a = a->number, .b = b->number };
	int rc;

	if (bucket == NULL) {
		rc = pm_runs_find(c->index, key, look_for, &holding, err);
		*out = holding.found;
		return rc;
	}
	for (uint32_t i = 0; i < bucket->top_old; i++)
		(void)look_for(&holding, c->old.p[bucket->old_at + i]);
	for (uint32_t i = 0; i < bucket->top_new; i++)
		(void)look_for(&holding, c->body[
		    c->member.p[bucket->member_at + i].at].number);
	*out = holding.found;
	return PM_OK;
}

int
pm_candidates_hold(bool *out, struct pm_candidates *c,
    const struct pm_candidate_body *a, const struct pm_candidate_body *b,
    struct pm_err *err)
{
	uint32_t count = 0;

	for (size_t i = 0; i < a->key_n; i++) {
		uint64_t place = pm_runs_place(a->key[i]);
		bool strong = i < c->strong_n, large;
		int rc;

		/* Keys of different kinds do not meet but by chance. */
		if (!has_place(b, strong ? 0 : c->strong_n,
		    strong ? c->strong_n : SIZE_MAX, place) ||
		    has_place(a, 0, i, place))
			continue;
		if ((rc = one_is_large(&large, c, a->key[i], a, b, err)) !=
		    PM_OK)
			return rc;
		if (large)
			count += strong ? STRONG : 1;
	}
	*out = count > 0 && enough(c, a->number, b->number, count);
	return PM_OK;
}
