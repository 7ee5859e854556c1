#include "archive/footers.h"

#include <stdlib.h>

#include "base/list.h"

#define TAIL_SALT UINT64_C(0x2f6a9e13c5b70d84)

/* A tail of the batch. */
struct tail {
	uint64_t place;
	size_t old_at, old_n;            /* leads of the index, at most LEADS */
	uint32_t leads;                  /* with those of the batch, as many */
};

struct pm_footers {
	struct pm_runs *index;
	LIST(struct pm_run_entry) entry; /* of the batch: place, lead */
	LIST(uint64_t) key;              /* one for each place */
	LIST(struct tail) tails;         /* by place */
	LIST(uint32_t) old;
	LIST(uint32_t) crossed;
	struct pm_err *err;
	int status;
};

void
pm_body_tails(struct pm_body_tails *out, const struct pm_body *body,
    const struct pm_body_room *room)
{
	const uint64_t *masked = (const uint64_t *)(const void *)
	    room->masked.p;

	out->n = 0;
	out->lead = pm_body_lead(body);
	if (body->gram_n == 0)
		return;
	for (size_t i = 0; i < body->tail_n; i++) {
		size_t n = body->token_n - body->tail[i];

		if (n == 0)
			continue;
		out->at[out->n] = body->tail[i];
		out->key[out->n++] = pm_digest64((struct pm_bytes){
		    (const uint8_t *)(masked + body->tail[i]),
		    n * sizeof *masked }) + TAIL_SALT;
	}
}

/* ---- a batch ---- */

static int
add_old(void *context, size_t index, uint32_t lead)
{
	struct pm_footers *footers = context;
	struct tail *tail = &footers->tails.p[index];

	if ((footers->status = LIST_ROOM(footers->old, footers->err)) !=
	    PM_OK)
		return 1;
	if (tail->old_n == 0)
		tail->old_at = footers->old.n;
	footers->old.p[footers->old.n++] = lead;
	return ++tail->old_n == PM_FOOTER_LEADS;
}

static int
compare_keys(const void *p, const void *q)
{
	uint64_t x = pm_runs_place(*(const uint64_t *)p);
	uint64_t y = pm_runs_place(*(const uint64_t *)q);

	return (x > y) - (x < y);
}

/* Every key, sorted by place, one for each place. */
static int
list_keys(struct pm_footers *footers,
    const struct pm_body_tails *const *body, size_t n)
{
	size_t kept = 0;
	int rc = PM_OK;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < body[i]->n && rc == PM_OK; k++) {
			uint64_t key = body[i]->key[k];

			if ((rc = LIST_ROOM(footers->key, footers->err)) !=
			    PM_OK || (rc = LIST_ROOM(footers->entry,
			    footers->err)) != PM_OK)
				return rc;
			footers->key.p[footers->key.n++] = key;
			footers->entry.p[footers->entry.n++] =
			    (struct pm_run_entry){ pm_runs_place(key),
			    body[i]->lead };
		}
	footers->entry.n = pm_runs_sort(footers->entry.p, footers->entry.n);
	if (footers->key.n > 1)
		qsort(footers->key.p, footers->key.n, sizeof *footers->key.p,
		    compare_keys);
	for (size_t i = 0; i < footers->key.n; i++)
		if (kept == 0 || compare_keys(&footers->key.p[kept - 1],
		    &footers->key.p[i]) != 0)
			footers->key.p[kept++] = footers->key.p[i];
	footers->key.n = kept;
	return PM_OK;
}

static int
list_tails(struct pm_footers *footers)
{
	int rc = PM_OK;

	for (size_t i = 0; i < footers->key.n && rc == PM_OK; i++)
		if ((rc = LIST_ROOM(footers->tails, footers->err)) == PM_OK)
			footers->tails.p[footers->tails.n++] = (struct tail){
			    .place = pm_runs_place(footers->key.p[i]) };
	if (rc == PM_OK)
		rc = pm_runs_find_many(footers->index, footers->key.p,
		    footers->key.n, add_old, footers, footers->err);
	return rc == PM_OK ? footers->status : rc;
}

static bool
is_old(const struct pm_footers *footers, const struct tail *tail,
    uint32_t lead)
{
	for (size_t i = 0; i < tail->old_n; i++)
		if (footers->old.p[tail->old_at + i] == lead)
			return true;
	return false;
}

static int
note_crossed(struct pm_footers *footers, const struct tail *tail)
{
	int rc = PM_OK;

	if (tail->leads < PM_FOOTER_LEADS || tail->old_n >= PM_FOOTER_LEADS)
		return PM_OK;
	for (size_t i = 0; i < tail->old_n && rc == PM_OK; i++)
		if ((rc = LIST_ROOM(footers->crossed, footers->err)) == PM_OK)
			footers->crossed.p[footers->crossed.n++] =
			    footers->old.p[tail->old_at + i];
	return rc;
}

static int
count_leads(struct pm_footers *footers)
{
	size_t at = 0;
	int rc = PM_OK;

	for (size_t i = 0; i < footers->tails.n && rc == PM_OK; i++) {
		struct tail *tail = &footers->tails.p[i];

		tail->leads = (uint32_t)tail->old_n;
		for (; at < footers->entry.n &&
		    footers->entry.p[at].key == tail->place; at++)
			if (tail->leads < PM_FOOTER_LEADS && !is_old(footers,
			    tail, footers->entry.p[at].number))
				tail->leads++;
		rc = note_crossed(footers, tail);
	}
	return rc;
}

static int
compare_leads(const void *p, const void *q)
{
	const uint32_t *x = p, *y = q;

	return (*x > *y) - (*x < *y);
}

static void
sort_crossed(struct pm_footers *footers)
{
	size_t kept = 0;

	if (footers->crossed.n > 1)
		qsort(footers->crossed.p, footers->crossed.n,
		    sizeof *footers->crossed.p, compare_leads);
	for (size_t i = 0; i < footers->crossed.n; i++)
		if (kept == 0 || footers->crossed.p[kept - 1] !=
		    footers->crossed.p[i])
			footers->crossed.p[kept++] = footers->crossed.p[i];
	footers->crossed.n = kept;
}

int
pm_footers_open(struct pm_footers **out,
    const struct pm_body_tails *const *body, size_t n, struct pm_runs *index,
    struct pm_err *err)
{
	struct pm_footers *footers = pm_alloc_zero(sizeof *footers, err);
	int rc;

	if (footers == NULL)
		return PM_ENOMEM;
	footers->index = index;
	footers->err = err;
	if ((rc = list_keys(footers, body, n)) == PM_OK &&
	    (rc = list_tails(footers)) == PM_OK &&
	    (rc = count_leads(footers)) == PM_OK) {
		sort_crossed(footers);
		*out = footers;
	} else {
		pm_footers_close(footers);
	}
	return rc;
}

void
pm_footers_close(struct pm_footers *footers)
{
	if (footers == NULL)
		return;
	pm_free(footers->entry.p);
	pm_free(footers->key.p);
	pm_free(footers->tails.p);
	pm_free(footers->old.p);
	pm_free(footers->crossed.p);
	pm_free(footers);
}

const uint32_t *
pm_footers_crossed(size_t *n, const struct pm_footers *footers)
{
	*n = footers->crossed.n;
	return footers->crossed.p;
}

/* ---- a body ---- */

static const struct tail *
find_tail(const struct pm_footers *footers, uint64_t key)
{
	uint64_t place = pm_runs_place(key);
	size_t low = 0, high = footers->tails.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (footers->tails.p[middle].place < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low < footers->tails.n &&
	    footers->tails.p[low].place == place ?
	    &footers->tails.p[low] : NULL;
}

static int
count_lead(void *context, uint32_t lead)
{
	size_t *n = context;

	(void)lead;
	return ++*n == PM_FOOTER_LEADS;
}

static int
is_footer(bool *out, struct pm_footers *footers, uint64_t key,
    struct pm_err *err)
{
	const struct tail *tail = find_tail(footers, key);
	size_t n = 0;
	int rc = PM_OK;

	if (tail != NULL)
		n = tail->leads;
	else
		rc = pm_runs_find(footers->index, key, count_lead, &n, err);
	*out = n >= PM_FOOTER_LEADS;
	return rc;
}

int
pm_footers_cut(size_t *out, struct pm_footers *footers,
    const struct pm_body *body, const struct pm_body_tails *tails,
    struct pm_err *err)
{
	size_t cut = body->token_n;
	bool footer = true;
	int rc = PM_OK;

	/* A longer tail is shared by no more texts than a shorter one. */
	for (size_t i = tails->n; i > 0 && footer && rc == PM_OK; i--) {
		rc = is_footer(&footer, footers, tails->key[i - 1], err);
		if (rc == PM_OK && footer &&
		    tails->at[i - 1] >= PM_BODY_TOKENS_MIN)
			cut = tails->at[i - 1];
	}
	*out = cut;
	return rc;
}

bool
pm_footers_has_crossed(const struct pm_footers *footers,
    const struct pm_body_tails *tails)
{
	for (size_t i = 0; i < tails->n; i++) {
		const struct tail *tail = find_tail(footers, tails->key[i]);

		if (tail != NULL && tail->leads >= PM_FOOTER_LEADS &&
		    tail->old_n < PM_FOOTER_LEADS)
			return true;
	}
	return false;
}
