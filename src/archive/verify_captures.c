/*
 * Every capture, made again and compared with its digest: on all threads, each
 * with frames and a catalog of its own, a stretch of captures at a time, so
 * that what lies together is decoded once.
 */
#include "archive/verify_internal.h"

#include <stdio.h>

#include "archive/forget.h"
#include "archive/recipe.h"
#include "base/err.h"
#include "base/list.h"
#include "store/catalog_query.h"

enum { STRETCH = 64, SLOTS_MAX = 64, PATH_SHOWN = 150 };

struct hand {                            /* what one thread works with */
	struct pm_catalog *catalog;      /* its own; NULL: the verifier's */
	struct pm_frames *frames;
	struct pm_redactor *redactor;
	struct pm_sha256_state *sha256;
};

struct capture {
	uint64_t number, recipe_frame, bytes;
	uint32_t recipe_offset;
	uint8_t sha256[PM_SHA256_BYTES];
	char path[PATH_SHOWN + 1];
};

struct found {
	char text[512];
};

struct slot {
	struct pm_job job;
	struct pm_group group;
	struct deep *deep;
	bool used;
	size_t n;
	struct capture capture[STRETCH];
	LIST(struct found) found;
	struct pm_err err;
	int status;
};

struct deep {
	struct verifier *verifier;
	struct hand *hand;
	size_t hand_n;
	struct slot *slot;
	size_t slot_n, next;
	int status;                      /* why the listing was ended */
};

/* ---- on any thread ---- */

static int
hash_piece(void *context, struct pm_bytes piece, struct pm_err *err)
{
	(void)err;
	pm_sha256_update(context, piece);
	return PM_OK;
}

/* Of a capture that shows what was forgotten (forget.h) there is no digest:
 * what is left of it must be there. */
static int
rebuild(struct hand *hand, const struct capture *capture, struct pm_err *err)
{
	uint8_t sha256[PM_SHA256_BYTES];
	enum pm_fate fate;
	int rc = pm_redactor_fate(&fate, hand->redactor, capture->number,
	    err);

	if (rc != PM_OK || fate == PM_FATE_WITHHELD)
		return rc;
	if (fate == PM_FATE_CUT)
		rc = pm_redactor_run(hand->redactor, capture->number,
		    hash_piece, hand->sha256, err);
	else
		rc = pm_recipe_run(hand->frames, capture->recipe_frame,
		    capture->recipe_offset, capture->bytes, hash_piece,
		    hand->sha256, err);
	pm_sha256_final(sha256, hand->sha256);
	return rc == PM_OK && fate == PM_FATE_WHOLE && memcmp(sha256,
	    capture->sha256, sizeof sha256) != 0 ? pm_fail(err, PM_ECORRUPT,
	    "its bytes are not what its digest says") : rc;
}

static int
check_capture(struct slot *slot, struct hand *hand,
    const struct capture *capture)
{
	struct pm_err *err = &slot->err;
	int rc = rebuild(hand, capture, err);

	if (rc != PM_ECORRUPT && rc != PM_ENOTFOUND && rc != PM_ELIMIT)
		return rc;
	/* The text names the frame that is damaged, which need not be the one
	 * with the recipe. */
	if (LIST_ROOM(slot->found, err) != PM_OK)
		return PM_ENOMEM;
	(void)snprintf(slot->found.p[slot->found.n++].text,
	    sizeof slot->found.p->text, "capture %s: %.300s", capture->path,
	    err->text);
	return PM_OK;
}

static void
run_slot(struct pm_job *base)
{
	struct slot *slot = (struct slot *)base;
	struct deep *deep = slot->deep;
	struct hand *hand = &deep->hand[base->worker < deep->hand_n ?
	    base->worker : 0];

	slot->status = PM_OK;
	for (size_t i = 0; i < slot->n && slot->status == PM_OK; i++)
		slot->status = check_capture(slot, hand, &slot->capture[i]);
}

/* ---- slots, in order ---- */

static int
finish_slot(struct deep *deep, struct slot *slot)
{
	struct verifier *verifier = deep->verifier;

	if (!slot->used)
		return PM_OK;
	pm_group_wait(verifier->pool, &slot->group);
	slot->used = false;
	verifier->verified.captures += slot->n;
	slot->n = 0;
	for (size_t i = 0; i < slot->found.n; i++)
		pm_verify_report(verifier, "volumes", 0, 0,
		    slot->found.p[i].text);
	slot->found.n = 0;
	if (slot->status != PM_OK)
		*verifier->err = slot->err;
	return slot->status;
}

static int
submit_slot(struct deep *deep)
{
	struct verifier *verifier = deep->verifier;
	struct slot *slot = &deep->slot[deep->next];
	int rc;

	slot->used = true;
	slot->job.run = run_slot;
	if (deep->hand_n > 1) {
		pm_pool_submit(verifier->pool, &slot->group, &slot->job);
	} else {
		slot->job.worker = 0;
		run_slot(&slot->job);
	}
	deep->next = (deep->next + 1) % deep->slot_n;
	rc = finish_slot(deep, &deep->slot[deep->next]);
	if (rc == PM_OK)
		rc = pm_verify_tell(verifier);
	return rc;
}

static int
take_capture(void *context, const struct pm_restorable *from)
{
	struct deep *deep = context;
	struct verifier *verifier = deep->verifier;
	struct slot *slot = &deep->slot[deep->next];
	uint64_t stretch = (from->capture - 1) / STRETCH;
	struct capture *to;

	if (!pm_verify_in_part(verifier, stretch))
		return 0;
	/* Where a stretch begins; what was begun is done. */
	if (slot->n > 0 && (slot->n == STRETCH ||
	    (verifier->place.capture - 1) / STRETCH != stretch)) {
		if ((deep->status = submit_slot(deep)) != PM_OK)
			return 1;
		slot = &deep->slot[deep->next];
	}
	if (slot->n == 0 && !pm_verify_goes_on(verifier)) {
		verifier->verified.captures_left++;
		return 0;
	}
	to = &slot->capture[slot->n++];
	to->number = from->capture;
	to->recipe_frame = from->recipe_frame;
	to->recipe_offset = from->recipe_offset;
	to->bytes = from->bytes;
	memcpy(to->sha256, from->sha256, sizeof to->sha256);
	(void)snprintf(to->path, sizeof to->path, "%.*s",
	    (int)(from->path.n < PATH_SHOWN ? from->path.n : PATH_SHOWN),
	    (const char *)from->path.p);
	verifier->place.capture = from->capture;
	return 0;
}

/* ---- hands ---- */

/* catalog NULL: the verifier's. */
static int
open_hand(struct deep *deep, struct hand *hand, struct pm_catalog *catalog)
{
	struct verifier *verifier = deep->verifier;
	struct pm_catalog *from = catalog != NULL ? catalog :
	    verifier->catalog;
	int rc;

	hand->catalog = catalog;
	if ((hand->sha256 = pm_sha256_new(verifier->err)) == NULL)
		return PM_ENOMEM;
	rc = pm_frames_open(&hand->frames, from, verifier->path, -1,
	    verifier->err);
	return rc != PM_OK ? rc : pm_redactor_open(&hand->redactor, from,
	    hand->frames, verifier->err);
}

static void
close_hands(struct deep *deep)
{
	for (size_t i = 0; i < deep->hand_n; i++) {
		pm_redactor_close(deep->hand[i].redactor);
		pm_frames_close(deep->hand[i].frames);
		pm_catalog_close(deep->hand[i].catalog);
		pm_sha256_free(deep->hand[i].sha256);
	}
	deep->hand_n = 0;
}

/* A catalog of its own for each thread, in the state of the verifier's.
 * PM_END: there is a newer one by now. */
static int
open_more_hands(struct deep *deep, size_t n)
{
	struct verifier *verifier = deep->verifier;
	struct pm_catalog_state state;
	struct pm_catalog *catalog;
	int rc = PM_OK;

	while (rc == PM_OK && deep->hand_n < n) {
		catalog = NULL;
		if ((rc = pm_catalog_open(&catalog, verifier->path,
		    PM_CATALOG_READ, verifier->err)) != PM_OK)
			return rc == PM_ENOMEM ? rc : PM_END;
		rc = open_hand(deep, &deep->hand[deep->hand_n++], catalog);
		if (rc == PM_OK)
			rc = pm_catalog_state(&state, catalog, verifier->err);
		if (rc == PM_OK && memcmp(state.at.chain, verifier->at.chain,
		    PM_SHA256_BYTES) != 0)
			rc = PM_END;
	}
	return rc;
}

/* The last hand is of this thread, which lists, and helps while it waits. */
static int
open_hands(struct deep *deep)
{
	size_t more = deep->verifier->threads == 1 ? 0 :
	    deep->verifier->threads;
	int rc;

	deep->hand = pm_alloc_zero((more + 1) * sizeof *deep->hand,
	    deep->verifier->err);
	if (deep->hand == NULL)
		return PM_ENOMEM;
	rc = open_more_hands(deep, more);
	if (rc == PM_END)
		close_hands(deep);
	return rc != PM_OK && rc != PM_END ? rc :
	    open_hand(deep, &deep->hand[deep->hand_n++], NULL);
}

static int
check_listed(struct deep *deep)
{
	struct verifier *verifier = deep->verifier;
	int rc = pm_catalog_list_recipes(verifier->catalog,
	    verifier->place.capture, take_capture, deep, verifier->err);

	if (deep->status != PM_OK)
		rc = deep->status;
	/* A catalog too damaged to list them is one more problem. */
	if (rc == PM_ECORRUPT) {
		pm_verify_report(verifier, "catalog.db", 0, 0,
		    verifier->err->text);
		rc = PM_OK;
	}
	if (rc == PM_OK && deep->slot[deep->next].n > 0)
		rc = submit_slot(deep);
	for (size_t i = 0; i < deep->slot_n; i++) {
		int done = finish_slot(deep, &deep->slot[(deep->next + i) %
		    deep->slot_n]);

		rc = rc == PM_OK ? done : rc;
	}
	return rc;
}

int
pm_verify_captures(struct verifier *verifier)
{
	struct deep deep = { .verifier = verifier,
	    .slot_n = 2 * (size_t)verifier->threads + 2 };
	int rc = PM_OK;

	if (verifier->catalog == NULL)
		return PM_OK;
	if (deep.slot_n > SLOTS_MAX)
		deep.slot_n = SLOTS_MAX;
	deep.slot = pm_alloc_zero(deep.slot_n * sizeof *deep.slot,
	    verifier->err);
	if (deep.slot == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < deep.slot_n; i++)
		deep.slot[i].deep = &deep;
	if ((rc = open_hands(&deep)) == PM_OK)
		rc = check_listed(&deep);
	close_hands(&deep);
	pm_free(deep.hand);
	for (size_t i = 0; i < deep.slot_n; i++)
		pm_free(deep.slot[i].found.p);
	pm_free(deep.slot);
	return rc;
}
