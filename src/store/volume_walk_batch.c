/*
 * The next batch of a volume.  Its marker stands behind its data, so it is
 * found in one of three ways, the cheap one first: by following the markers
 * of the volume back from its end; by hopping from frame to frame; and, where
 * damage is to be survived, by searching for the next one that verifies by
 * itself.
 */
#include "store/volume_walk_internal.h"

#include "base/err.h"

enum { MEASURED_BYTES = 64 << 10 };

/* What stands in the way of the next marker. */
struct fault {
	const char *why;         /* NULL: nothing */
	uint64_t offset;
	uint64_t frame;
};

/* A marker at this offset that may come next.  NULL, or why not. */
static const char *
candidate(struct pm_volume_walk *walk, struct pm_marker *out, uint64_t offset)
{
	struct pm_view view = pm_walk_view(walk);
	const char *fault = pm_marker_parse(out, view, offset, walk->volume);

	if (fault == NULL)
		fault = pm_marker_check(out, view, &walk->room);
	if (fault == NULL && out->start != walk->at)
		fault = "its batch starts elsewhere";
	if (fault == NULL && (out->sequence <= walk->state.sequence ||
	    out->first_frame < walk->state.next_frame))
		fault = "it repeats an earlier batch";
	return fault;
}

/* True: out is the marker that the volume's end led us to. */
static bool
find_by_marks(struct pm_volume_walk *walk, struct pm_marker *out)
{
	const struct pm_marks *marks = &walk->marks;

	while (walk->mark_i < marks->n &&
	    marks->offset[walk->mark_i] < walk->at)
		walk->mark_i++;
	if (walk->mark_i == marks->n)
		return false;
	/* Cheap: a marker of a later batch is not to be hashed here. */
	return pm_marker_parse(out, pm_walk_view(walk),
	    marks->offset[walk->mark_i], walk->volume) == NULL && out->start == walk->at &&
	    candidate(walk, out, out->offset) == NULL;
}

static bool
stands(struct pm_volume_walk *walk, uint64_t at)
{
	const uint8_t *p;

	return walk->limit - at >= PM_MARKER_BYTES_MIN &&
	    (p = pm_volume_file_at(&walk->file, at, PM_MARKER_BYTES_MIN)) !=
	    NULL && pm_marker_stands((struct pm_bytes){ p,
	    PM_MARKER_BYTES_MIN });
}

/* Size of the frame at `at`, 0 when there is none.  That of a zstd frame is
 * known only from its blocks, so more and more is looked at. */
static uint64_t
measure(struct pm_volume_walk *walk, uint64_t at)
{
	uint64_t left = walk->limit - at;
	const uint8_t *p = pm_volume_file_at(&walk->file, at, PM_SKIP_HEADER);
	size_t found = 0;

	if (p == NULL)
		return 0;
	if (pm_le32_get(p) >> 4 == PM_MAGIC_MARKER >> 4) {
		uint64_t n = PM_SKIP_HEADER + (uint64_t)pm_le32_get(p + 4);

		return n <= left ? n : 0;
	}
	for (uint64_t n = MEASURED_BYTES; found == 0; n *= 2) {
		if (n > left)
			n = left;
		p = pm_volume_file_at(&walk->file, at, (size_t)n);
		if (p != NULL)
			found = pm_frame_measure((struct pm_bytes){ p,
			    (size_t)n });
		if (p == NULL || n == left || n >= PM_PACKED_MAX)
			break;
	}
	return found;
}

/* Hop over frames to a marker; fault says where that ended otherwise. */
static bool
find_by_hops(struct pm_volume_walk *walk, struct pm_marker *out,
    struct fault *fault)
{
	uint64_t id = walk->certain ? walk->state.next_frame : 0;
	uint64_t at = walk->at;

	while (walk->limit - at >= PM_SKIP_HEADER) {
		uint64_t n;

		if (stands(walk, at)) {
			const char *why = candidate(walk, out, at);

			*fault = (struct fault){ why, at, 0 };
			return why == NULL;
		}
		if ((n = measure(walk, at)) == 0)
			break;
		at += n;
		if (id != 0)
			id++;
	}
	*fault = (struct fault){ at == walk->limit ?
	    "the volume ends without a commit marker" :
	    "here should be a frame or a commit marker", at,
	    at == walk->limit ? 0 : id };
	return false;
}

/*
 * The marker of the next batch.  PM_END: none in the rest of this volume,
 * and that was reported.  fault: damage that was met on the way and is still
 * to be reported.
 */
static int
find_marker(struct pm_volume_walk *walk, struct pm_marker *out,
    struct fault *fault, struct pm_err *err)
{
	struct pm_marker_search search = { walk->at, walk->state.sequence,
	    walk->state.next_frame, walk->volume };
	struct pm_damage where;
	int rc = PM_END;

	*fault = (struct fault){ 0 };
	if (find_by_marks(walk, out) || find_by_hops(walk, out, fault))
		return PM_OK;
	if (walk->options.damaged != NULL)
		rc = pm_marker_search(out, pm_walk_view(walk), &search,
		    &walk->room, &walk->budget);
	if (rc == PM_OK && out->start == walk->at)
		return PM_OK;
	where = pm_walk_place(walk, fault->offset, fault->frame,
	    pm_walk_expected(walk));
	if (rc == PM_OK) {
		walk->gap = true;
		walk->certain = false;
		walk->at = out->start;
		rc = pm_walk_report(walk, &where, err,
		    "%s; the bytes up to %llu "
		    "belong to no batch that verifies", fault->why,
		    (unsigned long long)out->start);
	} else {
		walk->certain = false;
		rc = pm_walk_report(walk, &where, err, "%s%s", fault->why,
		    rc == PM_ELIMIT ? "; too many false markers follow" :
		    walk->options.damaged != NULL ?
		    "; no batch after it verifies in this volume" : "");
		if (rc == PM_OK)
			rc = PM_END;
	}
	*fault = (struct fault){ 0 };
	return rc;
}

/* V1, second half: the marker names the one before. */
static int
check_link(struct pm_volume_walk *walk, const struct pm_marker *marker,
    struct pm_err *err)
{
	const struct pm_head *state = &walk->state;
	struct pm_damage where = pm_walk_place(walk, marker->offset, 0,
	    marker->sequence);

	if (!walk->certain)
		return PM_OK;
	if (marker->sequence != state->sequence + 1)
		return pm_walk_report(walk, &where, err,
		    "batch %llu follows batch "
		    "%llu: those between are missing",
		    (unsigned long long)marker->sequence,
		    (unsigned long long)state->sequence);
	if (marker->first_frame != state->next_frame ||
	    memcmp(marker->previous, state->chain, PM_SHA256_BYTES) != 0)
		return pm_walk_report(walk, &where, err, "batch %llu does not "
		    "continue the batch before it",
		    (unsigned long long)marker->sequence);
	return PM_OK;
}

/*
 * V1, first half: the data.
 */

static const char *
frame_fault(struct pm_volume_walk *walk, const struct pm_frame_at *frame,
    struct pm_err *err)
{
	int rc;

	if (walk->coder == NULL &&
	    pm_frame_coder_new(&walk->coder, err) != PM_OK)
		return NULL;
	pm_buf_reset(&walk->plain);
	if (!pm_volume_file_load(&walk->file, &walk->packed, frame->offset,
	    frame->packed_bytes))
		return "it cannot be read";
	rc = pm_frame_decode(walk->coder, &walk->plain,
	    pm_buf_bytes(&walk->packed), err);
	if (rc == PM_OK && walk->plain.n == frame->plain_bytes)
		return NULL;
	if (rc == PM_ENOMEM)
		return NULL;
	return rc == PM_OK ? "the frame has another size" : err->text;
}

/* Which frames of a batch whose data changed are to blame. */
static int
report_data(struct pm_volume_walk *walk, struct pm_err *err)
{
	const struct pm_batch *batch = &walk->store.batch;
	struct pm_err reason = { 0 };
	struct pm_damage where;
	uint32_t bad = 0;
	int rc = PM_OK;

	for (uint32_t i = 0; rc == PM_OK && i < batch->frame_n; i++) {
		const struct pm_frame_at *frame = &batch->frame[i];
		const char *why = frame_fault(walk, frame, &reason);

		if (reason.status == PM_ENOMEM) {
			*err = reason;
			return PM_ENOMEM;
		}
		if (why == NULL)
			continue;
		bad++;
		where = pm_walk_place(walk, frame->offset,
		    batch->first_frame + i,
		    batch->sequence);
		rc = pm_walk_report(walk, &where, err,
		    "frame %llu is damaged: %.150s",
		    (unsigned long long)where.frame, why);
	}
	if (rc != PM_OK || bad > 0)
		return rc;
	where = pm_walk_place(walk, batch->start, 0, batch->sequence);
	return pm_walk_report(walk, &where, err,
	    "the data of batch %llu changed "
	    "after it was written, although all of its frames decode",
	    (unsigned long long)batch->sequence);
}

static int
check_data(struct pm_volume_walk *walk, const struct pm_marker *marker,
    const struct fault *fault, struct pm_err *err)
{
	struct pm_damage where = pm_walk_place(walk, fault->offset,
	    fault->frame,
	    marker->sequence);
	uint8_t sum[PM_SHA256_BYTES];

	if (walk->options.level == PM_WALK_FULL &&
	    (walk->options.wanted == NULL ||
	    walk->options.wanted(walk->options.context, &walk->store.batch))) {
		if (!pm_volume_file_sha256(sum, &walk->file, marker->start,
		    marker->data_bytes))
			return pm_volume_file_failed(&walk->file, err);
		if (memcmp(sum, marker->data_sha256, sizeof sum) != 0)
			return report_data(walk, err);
	}
	return fault->why == NULL ? PM_OK : pm_walk_report(walk, &where, err,
	    "%s",
	    fault->why);
}

static void
accept_batch(struct pm_volume_walk *walk, const struct pm_marker *marker)
{
	walk->at = marker->end;
	walk->seals = marker->seals;
	walk->stepped = true;
	walk->certain = true;
	walk->state.volume = walk->volume;
	walk->state.length = marker->end;
	walk->state.sequence = marker->sequence;
	walk->state.next_frame = marker->first_frame + marker->frame_n;
	walk->state.sealed = false;
	memcpy(walk->state.chain, marker->chain, PM_SHA256_BYTES);
}

int
pm_walk_batch(struct pm_volume_walk *walk, struct pm_err *err)
{
	struct pm_marker marker;
	struct fault fault;
	int rc;

	if ((rc = find_marker(walk, &marker, &fault, err)) != PM_OK ||
	    (rc = check_link(walk, &marker, err)) != PM_OK ||
	    (rc = pm_batch_fill(&walk->store, &marker, err)) != PM_OK ||
	    (rc = check_data(walk, &marker, &fault, err)) != PM_OK)
		return rc;
	accept_batch(walk, &marker);
	return PM_OK;
}
