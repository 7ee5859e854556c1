/*
 * What stays, and what is found in the volumes behind it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "archive/repair_parity.h"
#include "archive/salvage.h"
#include "base/err.h"

/* ---- what stays ---- */

/* The last batch of the volumes that are whole, one after another. */
static int
find_end(struct salvage *salvage, bool *whole)
{
	struct pm_walk_options options = { .level = PM_WALK_FULL };
	struct pm_walk_start last = { 0 };
	struct pm_volume_walk *walk = NULL;
	const struct pm_batch *batch;
	int rc = salvage->headed ? pm_volume_walk_open(&walk,
	    salvage->archive, &options, salvage->err) :
	    pm_volume_walk_adopt(&walk, salvage->archive, &options.start,
	    salvage->err);

	while (rc == PM_OK && (rc = pm_volume_walk_next(walk, &batch,
	    salvage->err)) == PM_OK) {
		if (batch->volume != last.volume)
			salvage->after = last;
		last = (struct pm_walk_start){ .sequence = batch->sequence,
		    .volume = batch->volume, .end = batch->end,
		    .next_frame = batch->first_frame + batch->frame_n };
		memcpy(last.chain, batch->chain, PM_SHA256_BYTES);
	}
	pm_volume_walk_close(walk);
	*whole = rc == PM_END && salvage->headed;
	if (rc == PM_END && salvage->headed && salvage->head.sealed)
		salvage->after = last;
	if (salvage->after.next_frame == 0)
		salvage->after.next_frame = 1;
	return rc == PM_END || rc == PM_ECORRUPT || rc == PM_EIO ? PM_OK : rc;
}

static void
note_number(uint64_t *most, uint64_t number)
{
	if (number > *most)
		*most = number;
}

static int
note_lost(struct salvage *salvage, const struct pm_log_lost *lost)
{
	enum { TOO_MANY = 1 << 24 };
	struct pm_map *listed = &salvage->listed[lost->what - 1];
	int rc = PM_OK;

	for (uint64_t i = lost->number; i <= lost->to && rc == PM_OK &&
	    listed->n < TOO_MANY; i++)
		rc = pm_map_add(listed, i, 0, salvage->err);
	return rc;
}

/* Numbers used, what was lost before, and the policy. */
static int
note_lines(struct salvage *salvage)
{
	int rc = PM_OK;

	for (size_t i = 0; i < salvage->record.n && rc == PM_OK; i++) {
		const struct pm_log_record *record = &salvage->record.p[i];

		if (record->kind == PM_LOG_CAPTURE)
			note_number(&salvage->captures,
			    record->u.capture.number);
		else if (record->kind == PM_LOG_TEASER)
			note_number(&salvage->teasers,
			    record->u.teaser.number);
		else if (record->kind == PM_LOG_ARTICLE)
			note_number(&salvage->articles,
			    record->u.article.number);
		else if (record->kind == PM_LOG_LOST)
			rc = note_lost(salvage, &record->u.lost);
		else if (record->kind == PM_LOG_RUN &&
		    (rc = pm_map_add(&salvage->run, record->u.run.number, 0,
		    salvage->err)) == PM_OK)
			(void)snprintf(salvage->policy,
			    sizeof salvage->policy, "%.*s",
			    (int)record->u.run.policy.n,
			    (const char *)record->u.run.policy.p);
	}
	return rc;
}

static int
note_batch(struct salvage *salvage, struct pm_volume_walk *walk,
    const struct pm_batch *batch)
{
	int rc = PM_OK;

	for (uint32_t i = 0; i < batch->frame_n && rc == PM_OK; i++) {
		pm_buf_reset(&salvage->plain);
		if ((rc = pm_volume_walk_packed(walk, i, &salvage->packed,
		    salvage->err)) == PM_OK &&
		    (rc = pm_frame_decode(salvage->coder, &salvage->plain,
		    pm_buf_bytes(&salvage->packed), salvage->err)) == PM_OK &&
		    (rc = pm_salvage_lines(salvage, batch->first_frame + i)) ==
		    PM_OK)
			rc = note_lines(salvage);
	}
	return rc;
}

static int
read_what_stays(struct salvage *salvage)
{
	struct pm_walk_options options = { .level = PM_WALK_QUICK };
	struct pm_volume_walk *walk = NULL;
	const struct pm_batch *batch;
	uint64_t sequence = 0;
	int rc;

	if (salvage->after.sequence == 0)
		return PM_OK;
	rc = salvage->headed ? pm_volume_walk_open(&walk, salvage->archive,
	    &options, salvage->err) : pm_volume_walk_adopt(&walk,
	    salvage->archive, &options.start, salvage->err);
	while (rc == PM_OK && sequence < salvage->after.sequence &&
	    (rc = pm_volume_walk_next(walk, &batch, salvage->err)) == PM_OK) {
		sequence = batch->sequence;
		rc = note_batch(salvage, walk, batch);
	}
	pm_volume_walk_close(walk);
	return rc == PM_END ? PM_OK : rc;
}

/* ---- what is found ---- */

static uint64_t
number_in(const char *name, size_t from, const char *end)
{
	char *stop;
	unsigned long long number;

	if (name[from] < '0' || name[from] > '9')
		return 0;
	number = strtoull(name + from, &stop, 10);
	return number <= INT64_MAX && strncmp(stop, end, strlen(end)) == 0 ?
	    number : 0;
}

static int
note_text(struct salvage *salvage, const struct pm_tar_member *member)
{
	struct salvage_text *text;
	const char *rest = strstr(member->name, ".txt");
	int rc = LIST_ROOM(salvage->text, salvage->err);

	if (rc != PM_OK)
		return rc;
	text = &salvage->text.p[salvage->text.n++];
	*text = (struct salvage_text){
	    .article = number_in(member->name, 5, ".txt"),
	    .bytes = member->data.n, .frame = (uint32_t)salvage->frame.n,
	    .offset = (uint32_t)member->data_at };
	if (rest != NULL && rest[4] == '.')
		text->part = 1 + (uint32_t)strtoul(rest + 5, NULL, 10);
	else
		pm_sha256(text->sha256, member->data);
	return PM_OK;
}

/* Kind, name and texts of a frame, from its members. */
static int
note_members(struct salvage *salvage, struct salvage_frame *frame,
    struct pm_bytes plain)
{
	struct pm_tar_member member;
	struct pm_err ignored;
	size_t at = 0, members = 0;
	int rc = PM_OK;

	while (rc == PM_OK && pm_tar_next(&member, plain, &at, &ignored) ==
	    PM_OK) {
		members++;
		if (strncmp(member.name, "text/", 5) == 0) {
			frame->kind = SALVAGE_TEXT;
			rc = note_text(salvage, &member);
		} else if (strncmp(member.name, "meta/", 5) == 0 ||
		    pm_is_lost_lines(member.name)) {
			frame->kind = SALVAGE_META;
			frame->named = number_in(member.name, 5, ".jsonl");
		} else if (strncmp(member.name, "data/", 5) == 0) {
			if (frame->kind == SALVAGE_OTHER)
				frame->kind = SALVAGE_PIECE;
			frame->named = number_in(member.name, 5, ".bin");
		} else if (strncmp(member.name, "lost/", 5) == 0) {
			frame->named = number_in(member.name, 5, ".");
		} else if (strncmp(member.name, "volume-", 7) == 0) {
			frame->kind = SALVAGE_OWN;
		}
	}
	if (members == 0)
		frame->kind = SALVAGE_OWN;
	return rc;
}

static int
found_frame(void *context, const struct pm_frame_at *at,
    struct pm_bytes plain, struct pm_err *err)
{
	struct salvage *salvage = context;
	struct salvage_frame frame = { .at = *at, .kind = SALVAGE_OTHER,
	    .volume = salvage->scanned, .mended = salvage->mended,
	    .text = (uint32_t)salvage->text.n };
	int rc;

	if (salvage->frame.n >= UINT32_MAX - 1)
		return pm_fail(err, PM_ELIMIT, "too many frames");
	if ((rc = LIST_ROOM(salvage->frame, err)) != PM_OK ||
	    (rc = note_members(salvage, &frame, plain)) != PM_OK)
		return rc;
	frame.text_n = (uint32_t)salvage->text.n - frame.text;
	salvage->frame.p[salvage->frame.n++] = frame;
	return PM_OK;
}

static int
found_batch(void *context, const struct pm_scanned_batch *found,
    struct pm_err *err)
{
	struct salvage *salvage = context;
	const struct pm_batch *batch = found->batch;
	struct salvage_mark mark = { .sequence = batch->sequence,
	    .run = batch->run, .first_frame = batch->first_frame,
	    .end = found->end, .volume = batch->volume,
	    .frame_n = batch->frame_n, .item_n = batch->item_n,
	    .frame = salvage->mark_frame.n, .item = salvage->mark_item.n,
	    .seals = found->seals, .begins = batch->start == 0,
	    .mended = salvage->mended };
	int rc = LIST_ROOM(salvage->mark, err);

	memcpy(mark.chain, batch->chain, PM_SHA256_BYTES);
	for (uint32_t i = 0; i < batch->frame_n && rc == PM_OK; i++)
		if ((rc = LIST_ROOM(salvage->mark_frame, err)) == PM_OK)
			salvage->mark_frame.p[salvage->mark_frame.n++] =
			    batch->frame[i];
	for (uint32_t i = 0; i < batch->item_n && rc == PM_OK; i++)
		if ((rc = LIST_ROOM(salvage->mark_item, err)) == PM_OK)
			salvage->mark_item.p[salvage->mark_item.n++] =
			    batch->item[i];
	if (rc == PM_OK)
		salvage->mark.p[salvage->mark.n++] = mark;
	return rc;
}

static bool
is_of_the_log(const struct salvage *salvage, uint32_t volume)
{
	if (volume <= salvage->after.volume)
		return false;
	if (!salvage->headed)
		return true;
	return (volume < salvage->drop_from || volume > salvage->drop_to) &&
	    (salvage->head.rewrite == 0 || volume < salvage->head.rewrite);
}

/* Are there bytes behind all that was found of the volume? */
static int
note_end(struct salvage *salvage, uint32_t volume)
{
	struct pm_volume_file file;
	uint64_t end = 0;
	int rc;

	for (size_t i = salvage->frame.n; i > 0 &&
	    salvage->frame.p[i - 1].volume == volume && end == 0; i--)
		end = salvage->frame.p[i - 1].at.offset +
		    salvage->frame.p[i - 1].at.packed_bytes;
	salvage->torn = false;
	if (salvage->mark.n > 0 &&
	    salvage->mark.p[salvage->mark.n - 1].volume == volume &&
	    salvage->mark.p[salvage->mark.n - 1].end > end) {
		if (salvage->mark.p[salvage->mark.n - 1].seals)
			return PM_OK;
		end = salvage->mark.p[salvage->mark.n - 1].end;
	}
	pm_volume_file_init(&file);
	if ((rc = pm_volume_file_open(&file, salvage->archive, volume,
	    salvage->err)) == PM_OK)
		salvage->torn = file.bytes > end;
	pm_volume_file_close(&file);
	return rc;
}

/* The volume, and what parity made of it, where that is not all. */
static int
scan_volume(struct salvage *salvage, uint32_t volume)
{
	const struct pm_scan_sink sink = { found_frame, found_batch,
	    salvage };
	int rc;

	salvage->scanned = volume;
	salvage->mended = false;
	if ((rc = pm_volume_scan(salvage->archive, volume, "", &sink,
	    salvage->err)) == PM_OK)
		rc = note_end(salvage, volume);
	if (rc != PM_OK && rc != PM_ENOTFOUND)
		return rc;
	salvage->mended = true;
	rc = pm_volume_scan(salvage->archive, volume, PM_REPAIR_MENDED, &sink,
	    salvage->err);
	return rc == PM_ENOTFOUND ? PM_OK : rc;
}

static int
scan_volumes(struct salvage *salvage)
{
	struct pm_volume_numbers numbers = { 0 };
	uint32_t last = salvage->head.volume;
	int rc = pm_repair_volumes(&numbers, salvage->archive, true,
	    salvage->err);

	for (size_t i = 0; i < numbers.list.n && rc == PM_OK; i++) {
		uint32_t volume = numbers.list.p[i];

		last = volume > last ? volume : last;
		if (is_of_the_log(salvage, volume))
			rc = scan_volume(salvage, volume);
	}
	salvage->last_volume = last;
	pm_free(numbers.list.p);
	return rc;
}

int
pm_salvage_find(struct salvage *salvage)
{
	bool whole;
	int rc = pm_head_read(&salvage->head, salvage->archive, salvage->err);

	if (rc == PM_EVERSION || rc == PM_EPERM || rc == PM_ENOMEM)
		return rc;
	salvage->headed = rc == PM_OK;
	if (salvage->headed) {
		salvage->drop_from = salvage->head.drop_from;
		salvage->drop_to = salvage->head.drop_to;
	} else {
		salvage->head = (struct pm_head){
		    .format = PM_FORMAT_VERSION };
	}
	if ((rc = find_end(salvage, &whole)) == PM_OK &&
	    (rc = read_what_stays(salvage)) == PM_OK)
		rc = scan_volumes(salvage);
	salvage->last[0] = salvage->captures;
	salvage->last[1] = salvage->articles;
	return rc;
}
