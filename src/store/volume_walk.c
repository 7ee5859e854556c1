/*
 * Walking the log: HEAD, one volume after another, and the tables that end
 * each.  The batches in a volume: volume_walk_batch.c.
 */
#include "store/volume_walk_internal.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"

int
pm_walk_report(struct pm_volume_walk *walk, const struct pm_damage *where,
    struct pm_err *err, const char *fmt, ...)
{
	struct pm_damage damage = *where;
	va_list ap;

	if (pm_volume_file_failed(&walk->file, err) != PM_OK)
		return err->status;
	va_start(ap, fmt);
	(void)vsnprintf(damage.text, sizeof damage.text, fmt, ap);
	va_end(ap);
	if (walk->options.damaged != NULL) {
		walk->options.damaged(walk->options.context, &damage);
		return PM_OK;
	}
	if (damage.volume == 0)
		return pm_fail(err, PM_ECORRUPT, "%s: %s", walk->archive,
		    damage.text);
	return pm_fail(err, PM_ECORRUPT, "%s/volumes/%06u.tar.zst: byte %llu: "
	    "%s", walk->archive, (unsigned)damage.volume,
	    (unsigned long long)damage.offset, damage.text);
}

/*
 * Opening and closing one volume.
 */

static void
close_volume(struct pm_volume_walk *walk)
{
	if (walk->file.failure.status != PM_OK)
		walk->read_error = walk->file.failure;
	pm_volume_file_close(&walk->file);
	walk->open = false;
	pm_marks_free(&walk->marks);
}

/* How much of the file is ours to walk, and whether it is all there. */
static int
set_limit(struct pm_volume_walk *walk, struct pm_err *err)
{
	const struct pm_head *head = &walk->head;
	struct pm_damage end = pm_walk_place(walk, walk->file.bytes, 0,
	    0);

	walk->limit = walk->file.bytes;
	if (!walk->bounded || walk->volume != head->volume)
		return PM_OK;
	if (walk->file.bytes < head->length)
		return pm_walk_report(walk, &end, err,
		    "the volume ends here: %llu "
		    "bytes are missing",
		    (unsigned long long)(head->length - walk->file.bytes));
	walk->limit = head->length;
	if (head->sealed && walk->file.bytes > head->length) {
		end.offset = head->length;
		return pm_walk_report(walk, &end, err,
		    "%llu bytes follow the end of "
		    "the sealed volume",
		    (unsigned long long)(walk->file.bytes - head->length));
	}
	return PM_OK;
}

/* Begin behind the batch that the caller knows. */
static int
set_start(struct pm_volume_walk *walk, struct pm_err *err)
{
	const struct pm_walk_start *start = &walk->options.start;
	struct pm_damage where = pm_walk_place(walk, start->end, 0,
	    start->sequence);
	struct pm_marker marker;
	const char *fault;

	walk->at = 0;
	if (walk->volume != start->volume || start->end == 0)
		return PM_OK;
	walk->at = start->end;
	if (start->end > walk->limit) {
		walk->at = walk->limit;
		return pm_walk_report(walk, &where, err,
		    "batch %llu, known from "
		    "before, is not there any more",
		    (unsigned long long)start->sequence);
	}
	fault = pm_marker_parse_back(&marker, pm_volume_view(&walk->file),
	    start->end, walk->volume);
	if (fault == NULL)
		fault = pm_marker_check(&marker, pm_volume_view(&walk->file),
		    &walk->room);
	if (fault == NULL && (marker.sequence != start->sequence ||
	    memcmp(marker.chain, start->chain, PM_SHA256_BYTES) != 0))
		fault = "it is another batch";
	if (fault == NULL)
		walk->seals = marker.seals;
	else
		return pm_walk_report(walk, &where, err,
		    "batch %llu, known from "
		    "before, does not end here: %s",
		    (unsigned long long)start->sequence, fault);
	return PM_OK;
}

/* Markers found from the end; the end of a volume that is still being
 * written is known from HEAD only. */
static int
find_marks(struct pm_volume_walk *walk, struct pm_err *err)
{
	struct pm_view view = pm_walk_view(walk);
	uint64_t end = pm_seal_table_at(view);

	return pm_marks_find(&walk->marks, view,
	    end != 0 ? end : walk->limit, walk->volume, err);
}

/* PM_END when there is no further volume to walk. */
static int
open_volume(struct pm_volume_walk *walk, struct pm_err *err)
{
	uint32_t number;
	int rc;

	if (walk->volume_i == walk->volume_n)
		return PM_END;
	number = walk->volumes[walk->volume_i];
	if (walk->bounded && number > walk->head.volume)
		return PM_END;
	if ((rc = pm_volume_file_open(&walk->file, walk->archive, number,
	    err)) != PM_OK)
		return rc;
	walk->volume_i++;
	walk->open = true;
	walk->volume = number;
	walk->seals = false;
	walk->stepped = walk->gap = false;
	walk->mark_i = 0;
	walk->budget = pm_marker_budget(&walk->file);
	if ((rc = set_limit(walk, err)) == PM_OK &&
	    (rc = set_start(walk, err)) == PM_OK)
		rc = find_marks(walk, err);
	return rc;
}

/*
 * The end of a volume.
 */

/* How many bytes from walk->at on are these. */
static size_t
equal_bytes(struct pm_volume_walk *walk, struct pm_bytes wanted)
{
	size_t same = 0;

	while (same < wanted.n && walk->at + same < walk->limit) {
		size_t n, i = 0;
		const uint8_t *p = pm_volume_file_from(&walk->file,
		    walk->at + same, &n);

		if (p == NULL)
			break;
		if (n > walk->limit - walk->at - same)
			n = (size_t)(walk->limit - walk->at - same);
		while (i < n && same < wanted.n && p[i] == wanted.p[same]) {
			i++;
			same++;
		}
		if (i < n)
			break;
	}
	return same;
}

static int
check_table(struct pm_volume_walk *walk, const struct pm_marks *marks,
    struct pm_err *err)
{
	uint64_t left = walk->limit - walk->at;
	struct pm_damage where = pm_walk_place(walk, walk->at, 0, 0);
	struct pm_buf table;
	size_t same;
	int rc;

	pm_buf_init(&table);
	rc = pm_seal_table(&table, pm_walk_view(walk), marks, walk->volume,
	    err);
	if (rc == PM_OK) {
		same = equal_bytes(walk, pm_buf_bytes(&table));
		where.offset += same;
		if (same != left || same != table.n)
			rc = pm_walk_report(walk, &where, err,
			    "the seek table is not what the frames say");
	}
	pm_buf_clear(&table);
	return rc;
}

/* The tables of a volume whose sealing marker was just passed. */
static int
check_seal(struct pm_volume_walk *walk, struct pm_err *err)
{
	struct pm_view view = pm_walk_view(walk);
	struct pm_damage where = pm_walk_place(walk, walk->at, 0,
	    walk->state.sequence);
	struct pm_marks marks = { 0 };
	const char *fault = NULL;
	int rc;

	/* What was skipped was reported, and the rest cannot be compared;
	 * so the end can only be taken as HEAD has it. */
	if (walk->gap) {
		walk->certain = false;
		return PM_OK;
	}
	if ((rc = pm_marks_find(&marks, view, walk->at, walk->volume, err)) !=
	    PM_OK)
		return rc;
	if (!marks.whole)
		rc = pm_walk_report(walk, &where, err,
		    "an earlier commit marker of "
		    "this volume is damaged");
	else if (walk->options.level == PM_WALK_FULL && walk->stepped &&
	    (fault = pm_seal_index_fault(view, &marks, walk->volume)) != NULL)
		rc = pm_walk_report(walk, &where, err,
		    "the item index before this "
		    "marker is not that of the batches: %s", fault);
	if (rc == PM_OK && marks.whole)
		rc = check_table(walk, &marks, err);
	if (rc == PM_OK) {
		/* What was reported is not to be reported of HEAD again. */
		walk->state.length = walk->limit;
		walk->state.sealed = true;
	}
	pm_marks_free(&marks);
	return rc;
}

/* Called where no batch can follow in this volume. */
static int
end_volume(struct pm_volume_walk *walk, struct pm_err *err)
{
	struct pm_damage where = pm_walk_place(walk, walk->at, 0,
	    pm_walk_expected(walk));
	int rc = PM_OK;

	if (walk->seals)
		rc = check_seal(walk, err);
	else if (walk->adopting)
		walk->volume_i = walk->volume_n;
	else if (walk->bounded ? walk->volume < walk->head.volume :
	    walk->volume_i < walk->volume_n)
		rc = pm_walk_report(walk, &where, err,
		    "the volume ends here and is "
		    "not sealed, although another follows it");
	if (rc == PM_OK)
		close_volume(walk);
	return rc;
}

/* The end of the log: it must be what HEAD says. */
static int
finish(struct pm_volume_walk *walk, struct pm_err *err)
{
	const struct pm_head *head = &walk->head, *state = &walk->state;
	struct pm_damage where = { 0 };

	walk->done = true;
	if (!walk->bounded)
		return PM_END;
	if (head->volume != 0 && (walk->volume_n == 0 ||
	    walk->volume < head->volume))
		where = (struct pm_damage){ .volume = head->volume,
		    .sequence = head->sequence };
	if (where.volume != 0)
		return pm_walk_report(walk, &where, err,
		    "the volume is missing: "
		    "HEAD says it has %llu bytes",
		    (unsigned long long)head->length) == PM_OK ? PM_END :
		    PM_ECORRUPT;
	if (!walk->certain)
		return PM_END;           /* reported where it was met */
	if (state->volume != head->volume || state->length != head->length ||
	    state->sequence != head->sequence ||
	    state->next_frame != head->next_frame ||
	    state->sealed != head->sealed ||
	    memcmp(state->chain, head->chain, PM_SHA256_BYTES) != 0)
		return pm_walk_report(walk, &where, err,
		    "HEAD names batch %llu, byte "
		    "%llu of volume %u; the log ends with batch %llu, byte "
		    "%llu of volume %u", (unsigned long long)head->sequence,
		    (unsigned long long)head->length, (unsigned)head->volume,
		    (unsigned long long)state->sequence,
		    (unsigned long long)state->length,
		    (unsigned)state->volume) == PM_OK ? PM_END : PM_ECORRUPT;
	return PM_END;
}

/*
 * Opening the walk.
 */

/* Whether any volume holds a batch that verifies by itself. */
static int
any_committed(struct pm_volume_walk *walk, bool *out, struct pm_err *err)
{
	*out = false;
	for (size_t i = 0; i < walk->volume_n && !*out; i++) {
		struct pm_marker_search search = { 0, 0, 0,
		    walk->volumes[i] };
		struct pm_marker marker;
		uint64_t budget;
		int rc = pm_volume_file_open(&walk->file, walk->archive,
		    walk->volumes[i], err);

		budget = pm_marker_budget(&walk->file);
		*out = rc == PM_OK && pm_marker_search(&marker,
		    pm_volume_view(&walk->file), &search, &walk->room,
		    &budget) != PM_END;
		if (rc == PM_OK)
			rc = pm_volume_file_failed(&walk->file, err);
		pm_volume_file_close(&walk->file);
		if (rc != PM_OK)
			return rc;
	}
	return PM_OK;
}

/* HEAD could not be read. */
static int
without_head(struct pm_volume_walk *walk, const struct pm_err *reason,
    struct pm_err *err)
{
	struct pm_damage where = { 0 };
	bool committed = false;
	int rc;

	if (reason->status == PM_ECORRUPT)
		return pm_walk_report(walk, &where, err, "HEAD is damaged: "
		    "%.200s", reason->text);
	if (reason->status != PM_ENOTFOUND) {
		*err = *reason;
		return reason->status;
	}
	/* Killed while it was being created: empty. */
	if ((rc = any_committed(walk, &committed, err)) != PM_OK)
		return rc;
	walk->done = !committed;
	return committed ? pm_walk_report(walk, &where, err, "HEAD is "
	    "missing, although volumes have batches") : PM_OK;
}

/* V7: volumes that were replaced and are still there. */
static void
leave_out_dropped(struct pm_volume_walk *walk)
{
	size_t n = 0;

	for (size_t i = 0; i < walk->volume_n; i++) {
		uint32_t volume = walk->volumes[i];

		if (volume < walk->head.drop_from ||
		    volume > walk->head.drop_to)
			walk->volumes[n++] = volume;
	}
	walk->volume_n = n;
}

/* Skip the volumes before the start. */
static int
find_start(struct pm_volume_walk *walk, struct pm_err *err)
{
	const struct pm_walk_start *start = &walk->options.start;
	struct pm_damage where = { .volume = start->volume,
	    .sequence = start->sequence };

	walk->certain = true;
	walk->volume = start->volume;
	walk->state = (struct pm_head){ .format = PM_FORMAT_VERSION,
	    .volume = start->volume, .length = start->end,
	    .sequence = start->sequence, .next_frame = start->next_frame };
	memcpy(walk->state.chain, start->chain, PM_SHA256_BYTES);
	if (walk->state.next_frame == 0)
		walk->state.next_frame = 1;
	while (walk->volume_i < walk->volume_n &&
	    walk->volumes[walk->volume_i] < start->volume)
		walk->volume_i++;
	if (start->volume == 0 || (walk->volume_i < walk->volume_n &&
	    walk->volumes[walk->volume_i] == start->volume))
		return PM_OK;
	return pm_walk_report(walk, &where, err,
	    "the volume is missing: it had %llu "
	    "bytes", (unsigned long long)start->end);
}

static int
walk_open(struct pm_volume_walk **out, const char *archive,
    const struct pm_walk_options *options, bool adopting, struct pm_err *err)
{
	size_t n = strlen(archive) + 1;
	struct pm_volume_walk *walk = pm_alloc_zero(sizeof *walk, err);
	struct pm_err reason = { 0 };
	int head, rc = PM_ENOMEM;

	if (walk == NULL)
		return PM_ENOMEM;
	pm_volume_file_init(&walk->file);
	walk->options = *options;
	walk->adopting = adopting;
	if ((walk->archive = pm_alloc(n, err)) == NULL)
		goto done;
	memcpy(walk->archive, archive, n);
	/* HEAD first: what it names is there by then. */
	head = PM_OK;
	if (options->head != NULL)
		walk->head = *options->head;
	else if (!adopting)
		head = pm_head_read(&walk->head, archive, &reason);
	walk->bounded = head == PM_OK && !adopting;
	rc = pm_volume_list(&walk->volumes, &walk->volume_n, archive, err);
	if (rc == PM_OK && walk->bounded)
		leave_out_dropped(walk);
	if (rc == PM_OK && head != PM_OK)
		rc = without_head(walk, &reason, err);
	if (rc == PM_OK)
		rc = find_start(walk, err);
	if (rc == PM_OK) {
		*out = walk;
		walk = NULL;
	}
done:
	pm_volume_walk_close(walk);
	return rc;
}

int
pm_volume_walk_open(struct pm_volume_walk **out, const char *archive,
    const struct pm_walk_options *options, struct pm_err *err)
{
	return walk_open(out, archive, options, false, err);
}

int
pm_volume_walk_adopt(struct pm_volume_walk **out, const char *archive,
    const struct pm_walk_start *start, struct pm_err *err)
{
	struct pm_walk_options options = { .start = *start,
	    .level = PM_WALK_FULL };

	return walk_open(out, archive, &options, true, err);
}

void
pm_volume_walk_state(const struct pm_volume_walk *walk, struct pm_head *out,
    bool *seals)
{
	*out = walk->state;
	*seals = walk->open && walk->seals && !walk->state.sealed;
}

void
pm_volume_walk_close(struct pm_volume_walk *walk)
{
	if (walk == NULL)
		return;
	close_volume(walk);
	pm_batch_clear(&walk->store);
	pm_frame_coder_free(walk->coder);
	pm_buf_clear(&walk->room);
	pm_buf_clear(&walk->packed);
	pm_buf_clear(&walk->plain);
	pm_free(walk->volumes);
	pm_free(walk->archive);
	pm_free(walk);
}

/*
 * Going on.
 */

/* One step: PM_OK with a batch or PM_END; *again when there is more to do. */
static int
step(struct pm_volume_walk *walk, bool *again, struct pm_err *err)
{
	int rc = PM_OK;

	*again = true;
	if (!walk->open) {
		if ((rc = open_volume(walk, err)) == PM_END) {
			*again = false;
			rc = finish(walk, err);
		}
	} else if (walk->seals || walk->at == walk->limit) {
		rc = end_volume(walk, err);
	} else if ((rc = pm_walk_batch(walk, err)) == PM_END) {
		close_volume(walk);
		rc = PM_OK;
	} else {
		*again = false;
	}
	return rc;
}

/* Nothing that follows from bytes that could not be read is told. */
static int
step_and_read(struct pm_volume_walk *walk, bool *again, struct pm_err *err)
{
	int rc = step(walk, again, err);

	if (walk->read_error.status != PM_OK)
		*err = walk->read_error;
	else if (pm_volume_file_failed(&walk->file, err) == PM_OK)
		return rc;
	return err->status;
}

int
pm_volume_walk_next(struct pm_volume_walk *walk, const struct pm_batch **out,
    struct pm_err *err)
{
	bool again = true;
	int rc = PM_OK;

	if (walk->failed != PM_OK)
		return pm_fail(err, walk->failed, "%s: the walk has failed",
		    walk->archive);
	if (walk->done)
		return PM_END;
	while (rc == PM_OK && again)
		rc = step_and_read(walk, &again, err);
	if (rc < 0)
		walk->failed = rc;
	else if (rc == PM_OK)
		*out = &walk->store.batch;
	return rc;
}

int
pm_volume_walk_packed(struct pm_volume_walk *walk, uint32_t i,
    struct pm_buf *out, struct pm_err *err)
{
	const struct pm_batch *batch = &walk->store.batch;

	if (!walk->open || i >= batch->frame_n)
		return pm_fail(err, PM_EUSAGE, "the batch has no frame %u",
		    (unsigned)i);
	return pm_volume_file_load(&walk->file, out, batch->frame[i].offset,
	    batch->frame[i].packed_bytes) ? PM_OK :
	    pm_volume_file_failed(&walk->file, err);
}
