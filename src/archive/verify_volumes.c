/*
 * The data of the volumes.  This thread walks the log and hashes what a marker
 * vouches for; meanwhile the others decode the frames of the batch before and
 * compare each article with its digest.
 */
#include "archive/verify_internal.h"

#include <stdio.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/list.h"

enum { SLOTS_MAX = 64 };

struct slot {
	struct pm_job job;
	struct pm_group group;
	bool used;
	struct pm_err err;
	int status;
	/* A frame ... */
	uint64_t frame, offset, sequence;
	uint32_t volume, plain_bytes;
	struct pm_buf packed, plain;
	struct pm_frame_coder *coder;
	LIST(struct pm_item) items;
	/* ... or a whole file, where this is not NULL. */
	char *path;
	const struct pm_sums_line *line;
};

struct checker {
	struct verifier *verifier;
	struct pm_volume_walk *walk;
	const struct pm_batch *batch;
	struct slot *slot;
	size_t slot_n, next;
	bool wanted;                     /* the batch at hand */
	bool restart;                    /* the place is of another log */
	uint64_t last;                   /* sequence seen */
};

/* ---- on any thread ---- */

static int
check_item(struct slot *slot, const struct pm_item *item)
{
	uint8_t sha256[PM_SHA256_BYTES];
	char id[17];

	if (item->bytes > PM_MEMBER_MAX)
		return PM_OK;            /* lies in several frames */
	if (item->offset > slot->plain.n ||
	    item->bytes > slot->plain.n - item->offset)
		return pm_fail(&slot->err, PM_ECORRUPT,
		    "an article lies past the end of its frame");
	pm_sha256(sha256, (struct pm_bytes){ slot->plain.p + item->offset,
	    (size_t)item->bytes });
	if (memcmp(sha256, item->sha256, PM_SHA256_BYTES) == 0)
		return PM_OK;
	pm_hex(id, item->sha256, 8);
	return pm_fail(&slot->err, PM_ECORRUPT, "article %s is not what its "
	    "digest says", id);
}

static int
check_frame(struct slot *slot)
{
	int rc = PM_OK;

	if (slot->coder == NULL)
		rc = pm_frame_coder_new(&slot->coder, &slot->err);
	pm_buf_reset(&slot->plain);
	if (rc == PM_OK)
		rc = pm_frame_decode(slot->coder, &slot->plain,
		    pm_buf_bytes(&slot->packed), &slot->err);
	if (rc == PM_OK && slot->plain.n != slot->plain_bytes)
		rc = pm_fail(&slot->err, PM_ECORRUPT, "holds %zu bytes, its "
		    "marker says %u", slot->plain.n,
		    (unsigned)slot->plain_bytes);
	for (size_t i = 0; i < slot->items.n && rc == PM_OK; i++)
		rc = check_item(slot, &slot->items.p[i]);
	return rc;
}

static int
check_file(struct slot *slot)
{
	uint8_t sha256[PM_SHA256_BYTES];
	int rc = pm_file_sha256(sha256, slot->path, &slot->err);

	if (rc == PM_OK && memcmp(sha256, slot->line->sha256, sizeof sha256)
	    != 0)
		rc = pm_fail(&slot->err, PM_ECORRUPT,
		    "is not what manifest-sha256.txt says");
	return rc;
}

static void
run_slot(struct pm_job *base)
{
	struct slot *slot = (struct slot *)base;

	slot->status = slot->path != NULL ? check_file(slot) :
	    check_frame(slot);
}

/* ---- slots, in order ---- */

/* A whole file differs.  Of parity a writer that is at work may have made
 * another, or have taken it away. */
static int
finish_file(struct verifier *verifier, const struct slot *slot)
{
	if (slot->status != PM_ECORRUPT &&
	    !(slot->line->parity && slot->status == PM_ENOTFOUND)) {
		*verifier->err = slot->err;
		return slot->status;
	}
	if (!slot->line->parity || !pm_fs_is_locked(verifier->path))
		pm_verify_report(verifier, slot->line->name,
		    slot->line->volume, 0, slot->err.text);
	return PM_OK;
}

static int
finish_slot(struct checker *checker, struct slot *slot)
{
	struct verifier *verifier = checker->verifier;
	struct pm_damage damage = { .volume = slot->volume,
	    .offset = slot->offset, .frame = slot->frame,
	    .sequence = slot->sequence };

	if (!slot->used)
		return PM_OK;
	pm_group_wait(verifier->pool, &slot->group);
	slot->used = false;
	if (slot->path == NULL) {
		verifier->verified.frames++;
		verifier->verified.bytes += slot->plain.n;
	}
	pm_free(slot->path);
	slot->path = NULL;
	if (slot->status == PM_OK)
		return PM_OK;
	if (slot->frame == 0)
		return finish_file(verifier, slot);
	if (slot->status != PM_ECORRUPT && slot->status != PM_ELIMIT) {
		*verifier->err = slot->err;
		return slot->status;
	}
	(void)snprintf(damage.text, sizeof damage.text, "%.*s",
	    (int)sizeof damage.text - 1, slot->err.text);
	pm_verify_damaged(verifier, &damage);
	return PM_OK;
}

static int
take_slot(struct slot **out, struct checker *checker)
{
	struct slot *slot = &checker->slot[checker->next];
	int rc = finish_slot(checker, slot);

	checker->next = (checker->next + 1) % checker->slot_n;
	slot->items.n = 0;
	slot->frame = slot->offset = 0;
	slot->volume = checker->batch->volume;
	slot->sequence = checker->batch->sequence;
	slot->job.run = run_slot;
	*out = slot;
	return rc;
}

static void
submit(struct checker *checker, struct slot *slot)
{
	slot->used = true;
	pm_pool_submit(checker->verifier->pool, &slot->group, &slot->job);
}

static int
finish_all(struct checker *checker)
{
	int rc = PM_OK;

	for (size_t i = 0; i < checker->slot_n; i++) {
		struct slot *slot = &checker->slot[(checker->next + i) %
		    checker->slot_n];
		int done = finish_slot(checker, slot);

		rc = rc == PM_OK ? done : rc;
	}
	return rc;
}

/* ---- batches ---- */

static int
submit_frame(struct checker *checker, uint32_t i, uint32_t *item)
{
	const struct pm_batch *batch = checker->batch;
	struct pm_err *err = checker->verifier->err;
	struct slot *slot;
	int rc = take_slot(&slot, checker);

	for (; rc == PM_OK && *item < batch->item_n &&
	    batch->item[*item].frame == i; ++*item)
		if ((rc = LIST_ROOM(slot->items, err)) == PM_OK)
			slot->items.p[slot->items.n++] = batch->item[*item];
	if (rc != PM_OK)
		return rc;
	slot->frame = batch->first_frame + i;
	slot->offset = batch->frame[i].offset;
	slot->plain_bytes = batch->frame[i].plain_bytes;
	if ((rc = pm_volume_walk_packed(checker->walk, i, &slot->packed,
	    err)) == PM_OK)
		submit(checker, slot);
	return rc;
}

static int
submit_file(struct checker *checker, const struct pm_sums_line *line)
{
	struct verifier *verifier = checker->verifier;
	struct slot *slot;
	int rc = take_slot(&slot, checker);

	if (rc != PM_OK)
		return rc;
	slot->line = line;
	slot->path = pm_fs_join(verifier->path, line->name, verifier->err);
	if (slot->path == NULL)
		return PM_ENOMEM;
	submit(checker, slot);
	return PM_OK;
}

/* A volume ends with the batch at hand: are its files what the manifest
 * says? */
static int
submit_files(struct checker *checker)
{
	const struct pm_sums *manifest = &checker->verifier->manifest;
	int rc = PM_OK;

	for (size_t i = 0; i < manifest->n && rc == PM_OK; i++)
		if (manifest->line[i].volume == checker->batch->volume)
			rc = submit_file(checker, &manifest->line[i]);
	return rc;
}

static int
check_batch(struct checker *checker)
{
	struct verifier *verifier = checker->verifier;
	const struct pm_batch *batch = checker->batch;
	uint32_t item = 0;
	int rc = PM_OK;

	for (uint32_t i = 0; i < batch->frame_n && rc == PM_OK; i++)
		rc = submit_frame(checker, i, &item);
	if (rc == PM_OK && batch->seals)
		rc = submit_files(checker);
	if (rc != PM_OK)
		return rc;
	verifier->verified.batches++;
	verifier->verified.packed += batch->end - batch->start;
	verifier->place.sequence = batch->sequence;
	memcpy(verifier->place.chain, batch->chain, PM_SHA256_BYTES);
	return pm_verify_tell(verifier);
}

/* Asked by the walk before it hashes a batch. */
static bool
is_wanted(void *context, const struct pm_batch *batch)
{
	struct checker *checker = context;
	struct verifier *verifier = checker->verifier;
	uint64_t bytes = batch->end - batch->start;

	checker->wanted = false;
	checker->last = batch->sequence;
	if (batch->sequence == verifier->place.sequence &&
	    memcmp(batch->chain, verifier->place.chain, PM_SHA256_BYTES) != 0)
		checker->restart = true;
	if (!pm_verify_in_part(verifier, batch->sequence))
		return false;
	verifier->verified.packed_all += bytes;
	if (batch->sequence <= verifier->place.sequence)
		return false;
	if (!pm_verify_goes_on(verifier)) {
		verifier->verified.packed_left += bytes;
		return false;
	}
	checker->wanted = true;
	return true;
}

/* The context of the walk is the checker. */
static void
walk_damaged(void *context, const struct pm_damage *damage)
{
	struct checker *checker = context;

	pm_verify_damaged(checker->verifier, damage);
}

static int
walk(struct checker *checker)
{
	struct verifier *verifier = checker->verifier;
	struct pm_walk_options options = { .level = PM_WALK_FULL,
	    .damaged = walk_damaged, .wanted = is_wanted,
	    .context = checker };
	int drained, rc;

	options.start.next_frame = 1;
	verifier->verified.packed_all = 0;
	rc = pm_volume_walk_open(&checker->walk, verifier->path, &options,
	    verifier->err);
	while (rc == PM_OK && verifier->answer == 0 &&
	    (rc = pm_volume_walk_next(checker->walk, &checker->batch,
	    verifier->err)) == PM_OK)
		if (checker->wanted)
			rc = check_batch(checker);
	if (rc == PM_END)
		rc = PM_OK;
	drained = finish_all(checker);
	pm_volume_walk_close(checker->walk);
	checker->walk = NULL;
	if (verifier->place.sequence > checker->last)
		checker->restart = true;
	return rc == PM_OK ? drained : rc;
}

/* A line of the manifest that is of no sealed volume.  HEAD is read behind
 * it, since an add may go on. */
static int
check_lines(struct verifier *verifier)
{
	const struct pm_sums *manifest = &verifier->manifest;
	struct pm_head head;
	char text[PM_MANIFEST_NAME_BYTES + 64];
	int rc = pm_head_read(&head, verifier->path, verifier->err);

	if (rc != PM_OK)                 /* the walk tells */
		return rc == PM_ENOMEM ? rc : PM_OK;
	for (size_t i = 0; i < manifest->n; i++) {
		const struct pm_sums_line *line = &manifest->line[i];

		if (line->volume < head.volume ||
		    (line->volume == head.volume && head.sealed))
			continue;
		(void)snprintf(text, sizeof text,
		    "lists %s, which is not finished", line->name);
		pm_verify_report(verifier, "manifest-sha256.txt",
		    line->volume, 0, text);
	}
	return PM_OK;
}

static int
read_manifest(struct verifier *verifier)
{
	int rc = pm_sums_read(&verifier->manifest, verifier->path,
	    verifier->err);

	if (rc == PM_ECORRUPT || rc == PM_ELIMIT)
		pm_verify_report(verifier, "manifest-sha256.txt", 0, 0,
		    "has a line that no pressmark wrote");
	else if (rc == PM_OK)
		rc = check_lines(verifier);
	return rc == PM_ECORRUPT || rc == PM_ELIMIT || rc == PM_ENOTFOUND ?
	    PM_OK : rc;
}

int
pm_verify_volumes(struct verifier *verifier)
{
	struct checker checker = { .verifier = verifier,
	    .slot_n = 2 * (size_t)verifier->threads + 2 };
	int rc;

	if (checker.slot_n > SLOTS_MAX)
		checker.slot_n = SLOTS_MAX;
	checker.slot = pm_alloc_zero(checker.slot_n * sizeof *checker.slot,
	    verifier->err);
	if (checker.slot == NULL)
		return PM_ENOMEM;
	rc = read_manifest(verifier);
	if (rc == PM_OK)
		rc = walk(&checker);
	/* The log was written anew since: a new round. */
	if (rc == PM_OK && checker.restart && verifier->answer == 0) {
		verifier->place = (struct verify_place){
		    .began = verifier->place.began };
		verifier->verified = (struct pm_verified){
		    .problems = verifier->verified.problems };
		verifier->worked = verifier->stopped = false;
		rc = walk(&checker);
	}
	for (size_t i = 0; i < checker.slot_n; i++) {
		struct slot *slot = &checker.slot[i];

		pm_buf_clear(&slot->packed);
		pm_buf_clear(&slot->plain);
		pm_frame_coder_free(slot->coder);
		pm_free(slot->items.p);
		pm_free(slot->path);
	}
	pm_free(checker.slot);
	return rc;
}
