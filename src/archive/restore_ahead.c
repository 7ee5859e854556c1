/*
 * Captures are made on all threads, a stretch of neighbours at a time, so that
 * what lies together is decoded once; the listing goes on meanwhile.
 *
 * Threads only make new files under the names that the captures have.  What is
 * not so simple (a name that is taken or refused, damage, what was forgotten)
 * is left to the one thread that lists, which goes through all captures in
 * their order: so notices come in that order, and no name depends on which
 * thread was the first.
 */
#include "archive/restore_internal.h"
#include "base/err.h"
#include "base/mem.h"

enum {
	STRETCH = 128, STRETCH_BYTES = 4 << 20, LARGE = 8 << 20,
	SLOTS_MORE = 3, THREADS_MAX = 64
};

struct wanted {
	struct pm_restorable capture;    /* its path in the slot's arena */
	bool plain;                      /* for any thread */
	bool done;
};

struct slot {
	struct pm_job job;
	struct pm_group group;
	struct ahead *ahead;
	struct pm_arena arena;
	size_t n;
	uint64_t bytes;
	struct wanted wanted[STRETCH];
};

struct hand {
	struct restorer restorer;
	struct pm_err err;
};

struct ahead {
	struct restorer *restorer;
	struct pm_pool *pool;
	struct hand *hand;
	size_t hand_n;
	struct slot *slot;
	size_t slot_n, next;
};

static void
run_slot(struct pm_job *job)
{
	struct slot *slot = (struct slot *)job;
	struct hand *hand = &slot->ahead->hand[job->worker];

	for (size_t i = 0; i < slot->n; i++)
		if (slot->wanted[i].plain)
			slot->wanted[i].done = pm_restore_plainly(
			    &hand->restorer, &slot->wanted[i].capture);
}

/* In order: count what is done, do what is not. */
static int
finish_slot(struct ahead *ahead, struct slot *slot)
{
	struct restorer *restorer = ahead->restorer;
	int rc = PM_OK;

	pm_group_wait(ahead->pool, &slot->group);
	for (size_t i = 0; i < slot->n && rc == PM_OK; i++) {
		const struct wanted *wanted = &slot->wanted[i];

		if (!wanted->done) {
			rc = pm_restore_capture(restorer, &wanted->capture);
			continue;
		}
		if ((rc = pm_restore_tell(restorer)) != PM_OK)
			break;
		restorer->captures++;
		restorer->written += wanted->capture.bytes;
	}
	slot->n = 0;
	slot->bytes = 0;
	pm_arena_reset(&slot->arena);
	return rc;
}

static int
submit_slot(struct ahead *ahead)
{
	struct slot *slot = &ahead->slot[ahead->next];

	slot->job.run = run_slot;
	pm_pool_submit(ahead->pool, &slot->group, &slot->job);
	ahead->next = (ahead->next + 1) % ahead->slot_n;
	return finish_slot(ahead, &ahead->slot[ahead->next]);
}

static int
take_capture(void *context, const struct pm_restorable *capture)
{
	struct ahead *ahead = context;
	struct slot *slot = &ahead->slot[ahead->next];
	struct pm_err *err = ahead->restorer->err;
	struct wanted *wanted = &slot->wanted[slot->n];
	enum pm_fate fate;
	int rc = pm_redactor_fate(&fate, ahead->restorer->redactor,
	    capture->capture, err);

	if (rc != PM_OK)
		return rc;
	*wanted = (struct wanted){ .capture = *capture,
	    .plain = fate == PM_FATE_WHOLE && capture->bytes <= LARGE };
	wanted->capture.path.p = pm_arena_copy(&slot->arena, capture->path.p,
	    capture->path.n, err);
	if (capture->path.n > 0 && wanted->capture.path.p == NULL)
		return PM_ENOMEM;
	slot->n++;
	slot->bytes += wanted->plain ? capture->bytes : 0;
	return slot->n == STRETCH || slot->bytes >= STRETCH_BYTES ?
	    submit_slot(ahead) : PM_OK;
}

/* ---- hands ---- */

static int
open_hand(struct hand *hand, struct restorer *restorer)
{
	hand->restorer = (struct restorer){ .options = restorer->options,
	    .archive = restorer->archive, .err = &hand->err, .fd = -1 };
	if ((hand->restorer.sha256 = pm_sha256_new(restorer->err)) == NULL)
		return PM_ENOMEM;
	return pm_frames_open_beside(&hand->restorer.frames, restorer->frames,
	    restorer->err);
}

static void
close_hand(struct hand *hand)
{
	struct restorer *restorer = &hand->restorer;

	pm_frames_close(restorer->frames);
	pm_sha256_free(restorer->sha256);
	pm_buf_clear(&restorer->name);
	pm_buf_clear(&restorer->path);
	pm_buf_clear(&restorer->directory);
	pm_buf_clear(&restorer->bytes);
}

static int
open_ahead(struct ahead *ahead, struct pm_err *err)
{
	unsigned threads = pm_processors();
	int rc;

	if (threads > THREADS_MAX)
		threads = THREADS_MAX;
	if (threads == 1)
		threads = 0;
	if ((rc = pm_pool_new(&ahead->pool, threads, err)) != PM_OK)
		return rc;
	ahead->slot = pm_alloc_zero((threads + SLOTS_MORE) *
	    sizeof *ahead->slot, err);
	ahead->hand = pm_alloc_zero((threads + 1) * sizeof *ahead->hand, err);
	if (ahead->slot == NULL || ahead->hand == NULL)
		return PM_ENOMEM;
	for (; ahead->slot_n < threads + SLOTS_MORE; ahead->slot_n++) {
		ahead->slot[ahead->slot_n].ahead = ahead;
		pm_arena_init(&ahead->slot[ahead->slot_n].arena);
	}
	while (ahead->hand_n < threads + 1 && rc == PM_OK)
		rc = open_hand(&ahead->hand[ahead->hand_n++],
		    ahead->restorer);
	return rc;
}

static void
close_ahead(struct ahead *ahead)
{
	for (size_t i = 0; i < ahead->slot_n; i++)
		pm_group_wait(ahead->pool, &ahead->slot[i].group);
	pm_pool_free(ahead->pool);
	for (size_t i = 0; i < ahead->slot_n; i++)
		pm_arena_clear(&ahead->slot[i].arena);
	for (size_t i = 0; i < ahead->hand_n; i++)
		close_hand(&ahead->hand[i]);
	pm_free(ahead->slot);
	pm_free(ahead->hand);
}

int
pm_restore_ahead(struct restorer *restorer, const struct pm_query *query)
{
	struct ahead ahead = { .restorer = restorer };
	int rc = open_ahead(&ahead, restorer->err);

	if (rc == PM_OK)
		rc = pm_catalog_list_restorable(restorer->archive->catalog,
		    query, take_capture, &ahead, restorer->err);
	for (size_t i = 0; i <= ahead.slot_n && rc == PM_OK &&
	    ahead.slot_n > 0; i++)
		rc = submit_slot(&ahead);
	close_ahead(&ahead);
	return rc;
}
