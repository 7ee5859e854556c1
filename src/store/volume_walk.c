/*
 * Walking the log.  A batch's marker stands behind its data, so it is found
 * in one of three ways, the cheap one first: by following the markers of the
 * volume back from its end; by hopping from frame to frame; and, where damage
 * is to be survived, by searching for the next one that verifies by itself.
 */
#include "store/volume_internal.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"

/* What stands in the way of the next marker. */
struct fault {
	const char *why;         /* NULL: nothing */
	uint64_t offset;
	uint64_t frame;
};

struct pm_volume_walk {
	char *archive;
	struct pm_walk_options options;
	struct pm_head head;
	bool bounded;            /* head is known: walk up to it */
	bool adopting;
	bool done;
	int failed;              /* the status every later call gives */

	uint32_t *volumes;
	size_t volume_n;
	size_t volume_i;         /* the next to open */

	bool open;               /* of one volume, from here on */
	uint32_t volume;
	struct pm_bytes map;
	uint64_t limit;          /* bytes of it to walk */
	uint64_t at;
	bool seals;              /* the last batch was the sealing one */
	bool gap;                /* a batch of it was skipped */
	uint64_t budget;
	struct pm_marks marks;
	size_t mark_i;           /* the first at or after `at` */

	bool certain;            /* state is the batch before the next */
	struct pm_head state;    /* the last batch that verified */
	struct pm_batch_store store;
	struct pm_frame_coder *coder;
	struct pm_buf plain;
};

/* Tell of damage: ends the walk, or is handed to the caller. */
static int report(struct pm_volume_walk *walk, const struct pm_damage *where,
    struct pm_err *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static int
report(struct pm_volume_walk *walk, const struct pm_damage *where,
    struct pm_err *err, const char *fmt, ...)
{
	struct pm_damage damage = *where;
	va_list ap;

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

/* A place in the volume that is open. */
static struct pm_damage
place(const struct pm_volume_walk *walk, uint64_t offset, uint64_t frame,
    uint64_t sequence)
{
	return (struct pm_damage){ .volume = walk->volume, .offset = offset,
	    .frame = frame, .sequence = sequence };
}

static uint64_t
expected_sequence(const struct pm_volume_walk *walk)
{
	return walk->certain ? walk->state.sequence + 1 : 0;
}

/*
 * Opening and closing one volume.
 */

static void
close_volume(struct pm_volume_walk *walk)
{
	if (walk->open)
		pm_fs_unmap(walk->map);
	walk->open = false;
	pm_marks_free(&walk->marks);
}

/* How much of the file is ours to walk, and whether it is all there. */
static int
set_limit(struct pm_volume_walk *walk, struct pm_err *err)
{
	const struct pm_head *head = &walk->head;
	struct pm_damage end = place(walk, walk->map.n, 0, 0);

	walk->limit = walk->map.n;
	if (!walk->bounded || walk->volume != head->volume)
		return PM_OK;
	if (walk->map.n < head->length)
		return report(walk, &end, err, "the volume ends here: %llu "
		    "bytes are missing",
		    (unsigned long long)(head->length - walk->map.n));
	walk->limit = head->length;
	if (head->sealed && walk->map.n > head->length) {
		end.offset = head->length;
		return report(walk, &end, err, "%llu bytes follow the end of "
		    "the sealed volume",
		    (unsigned long long)(walk->map.n - head->length));
	}
	return PM_OK;
}

/* Begin behind the batch that the caller knows. */
static int
set_start(struct pm_volume_walk *walk, struct pm_err *err)
{
	const struct pm_walk_start *start = &walk->options.start;
	struct pm_damage where = place(walk, start->end, 0, start->sequence);
	struct pm_marker marker;
	const char *fault;

	walk->at = 0;
	if (walk->volume != start->volume || start->end == 0)
		return PM_OK;
	walk->at = start->end;
	if (start->end > walk->limit) {
		walk->at = walk->limit;
		return report(walk, &where, err, "batch %llu, known from "
		    "before, is not there any more",
		    (unsigned long long)start->sequence);
	}
	fault = pm_marker_parse_back(&marker, walk->map, start->end,
	    walk->volume);
	if (fault == NULL)
		fault = pm_marker_check(&marker, walk->map);
	if (fault == NULL && (marker.sequence != start->sequence ||
	    memcmp(marker.chain, start->chain, PM_SHA256_BYTES) != 0))
		fault = "it is another batch";
	if (fault == NULL)
		walk->seals = marker.seals;
	else
		return report(walk, &where, err, "batch %llu, known from "
		    "before, does not end here: %s",
		    (unsigned long long)start->sequence, fault);
	return PM_OK;
}

/* Markers found from the end; the end of a volume that is still being
 * written is known from HEAD only. */
static int
find_marks(struct pm_volume_walk *walk, struct pm_err *err)
{
	struct pm_bytes whole = { walk->map.p, (size_t)walk->limit };
	uint64_t end = pm_seal_table_at(whole);

	return pm_marks_find(&walk->marks, whole,
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
	if ((rc = pm_volume_map(&walk->map, walk->archive, number, err)) !=
	    PM_OK)
		return rc;
	walk->volume_i++;
	walk->open = true;
	walk->volume = number;
	walk->seals = false;
	walk->gap = false;
	walk->mark_i = 0;
	walk->budget = pm_marker_budget(walk->map);
	if ((rc = set_limit(walk, err)) == PM_OK &&
	    (rc = set_start(walk, err)) == PM_OK)
		rc = find_marks(walk, err);
	return rc;
}

/*
 * The next marker.
 */

/* A marker at this offset that may come next.  NULL, or why not. */
static const char *
candidate(struct pm_volume_walk *walk, struct pm_marker *out, uint64_t offset)
{
	struct pm_bytes map = { walk->map.p, (size_t)walk->limit };
	const char *fault = pm_marker_parse(out, map, offset, walk->volume);

	if (fault == NULL)
		fault = pm_marker_check(out, map);
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
	struct pm_bytes map = { walk->map.p, (size_t)walk->limit };

	while (walk->mark_i < marks->n &&
	    marks->offset[walk->mark_i] < walk->at)
		walk->mark_i++;
	if (walk->mark_i == marks->n)
		return false;
	/* Cheap: a marker of a later batch is not to be hashed here. */
	return pm_marker_parse(out, map, marks->offset[walk->mark_i],
	    walk->volume) == NULL && out->start == walk->at &&
	    candidate(walk, out, out->offset) == NULL;
}

/* Hop over frames to a marker; fault says where that ended otherwise. */
static bool
find_by_hops(struct pm_volume_walk *walk, struct pm_marker *out,
    struct fault *fault)
{
	uint64_t id = walk->certain ? walk->state.next_frame : 0;
	uint64_t at = walk->at;

	while (walk->limit - at >= PM_SKIP_HEADER) {
		struct pm_bytes rest = { walk->map.p + at,
		    (size_t)(walk->limit - at) };
		size_t n;

		if (pm_le32_get(rest.p) == PM_MAGIC_MARKER) {
			const char *why = candidate(walk, out, at);

			*fault = (struct fault){ why, at, 0 };
			return why == NULL;
		}
		if ((n = pm_frame_measure(rest)) == 0)
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
	struct pm_bytes map = { walk->map.p, (size_t)walk->limit };
	struct pm_marker_search search = { walk->at, walk->state.sequence,
	    walk->state.next_frame, walk->volume };
	struct pm_damage where;
	int rc = PM_END;

	*fault = (struct fault){ 0 };
	if (find_by_marks(walk, out) || find_by_hops(walk, out, fault))
		return PM_OK;
	if (walk->options.damaged != NULL)
		rc = pm_marker_search(out, map, &search, &walk->budget);
	if (rc == PM_OK && out->start == walk->at)
		return PM_OK;
	where = place(walk, fault->offset, fault->frame,
	    expected_sequence(walk));
	if (rc == PM_OK) {
		walk->gap = true;
		walk->certain = false;
		walk->at = out->start;
		rc = report(walk, &where, err, "%s; the bytes up to %llu "
		    "belong to no batch that verifies", fault->why,
		    (unsigned long long)out->start);
	} else {
		walk->certain = false;
		rc = report(walk, &where, err, "%s%s", fault->why,
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
	struct pm_damage where = place(walk, marker->offset, 0,
	    marker->sequence);

	if (!walk->certain)
		return PM_OK;
	if (marker->sequence != state->sequence + 1)
		return report(walk, &where, err, "batch %llu follows batch "
		    "%llu: those between are missing",
		    (unsigned long long)marker->sequence,
		    (unsigned long long)state->sequence);
	if (marker->first_frame != state->next_frame ||
	    memcmp(marker->previous, state->chain, PM_SHA256_BYTES) != 0)
		return report(walk, &where, err, "batch %llu does not "
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
	struct pm_bytes packed = { walk->map.p + frame->offset,
	    frame->packed_bytes };
	int rc;

	if (walk->coder == NULL &&
	    pm_frame_coder_new(&walk->coder, err) != PM_OK)
		return NULL;
	pm_buf_reset(&walk->plain);
	rc = pm_frame_decode(walk->coder, &walk->plain, packed, err);
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
		where = place(walk, frame->offset, batch->first_frame + i,
		    batch->sequence);
		rc = report(walk, &where, err, "frame %llu is damaged: %.150s",
		    (unsigned long long)where.frame, why);
	}
	if (rc != PM_OK || bad > 0)
		return rc;
	where = place(walk, batch->start, 0, batch->sequence);
	return report(walk, &where, err, "the data of batch %llu changed "
	    "after it was written, although all of its frames decode",
	    (unsigned long long)batch->sequence);
}

static int
check_data(struct pm_volume_walk *walk, const struct pm_marker *marker,
    const struct fault *fault, struct pm_err *err)
{
	struct pm_damage where = place(walk, fault->offset, fault->frame,
	    marker->sequence);
	uint8_t sum[PM_SHA256_BYTES];

	if (walk->options.level == PM_WALK_FULL) {
		pm_sha256(sum, (struct pm_bytes){ walk->map.p + marker->start,
		    (size_t)marker->data_bytes });
		if (memcmp(sum, marker->data_sha256, sizeof sum) != 0)
			return report_data(walk, err);
	}
	return fault->why == NULL ? PM_OK : report(walk, &where, err, "%s",
	    fault->why);
}

/*
 * The end of a volume.
 */

static int
check_table(struct pm_volume_walk *walk, const struct pm_marks *marks,
    struct pm_err *err)
{
	struct pm_bytes map = { walk->map.p, (size_t)walk->limit };
	uint64_t left = walk->limit - walk->at, same = 0;
	struct pm_damage where = place(walk, walk->at, 0, 0);
	struct pm_buf table;
	int rc;

	pm_buf_init(&table);
	rc = pm_seal_table(&table, map, marks, walk->volume, err);
	if (rc == PM_OK) {
		while (same < left && same < table.n &&
		    table.p[same] == map.p[walk->at + same])
			same++;
		if (same != left || same != table.n) {
			where.offset += same;
			rc = report(walk, &where, err, "the seek table is not "
			    "what the frames say");
		}
	}
	pm_buf_clear(&table);
	return rc;
}

/* The tables of a volume whose sealing marker was just passed. */
static int
check_seal(struct pm_volume_walk *walk, struct pm_err *err)
{
	struct pm_bytes map = { walk->map.p, (size_t)walk->limit };
	struct pm_damage where = place(walk, walk->at, 0,
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
	if ((rc = pm_marks_find(&marks, map, walk->at, walk->volume, err)) !=
	    PM_OK)
		return rc;
	if (!marks.whole)
		rc = report(walk, &where, err, "an earlier commit marker of "
		    "this volume is damaged");
	else if (walk->options.level == PM_WALK_FULL &&
	    (fault = pm_seal_index_fault(map, &marks, walk->volume)) != NULL)
		rc = report(walk, &where, err, "the item index before this "
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
	struct pm_damage where = place(walk, walk->at, 0,
	    expected_sequence(walk));
	int rc = PM_OK;

	if (walk->seals)
		rc = check_seal(walk, err);
	else if (walk->adopting)
		walk->volume_i = walk->volume_n;
	else if (walk->bounded ? walk->volume < walk->head.volume :
	    walk->volume_i < walk->volume_n)
		rc = report(walk, &where, err, "the volume ends here and is "
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
		return report(walk, &where, err, "the volume is missing: "
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
		return report(walk, &where, err, "HEAD names batch %llu, byte "
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
		struct pm_bytes map;
		uint64_t budget;
		int rc = pm_volume_map(&map, walk->archive, walk->volumes[i],
		    err);

		if (rc != PM_OK)
			return rc;
		budget = pm_marker_budget(map);
		*out = pm_marker_search(&marker, map, &search, &budget) !=
		    PM_END;
		pm_fs_unmap(map);
	}
	return PM_OK;
}

/* Sets bounded, or reports what is wrong with HEAD. */
static int
read_head(struct pm_volume_walk *walk, struct pm_err *err)
{
	struct pm_damage where = { 0 };
	struct pm_err reason;
	bool committed = false;
	int rc = pm_head_read(&walk->head, walk->archive, &reason);

	walk->bounded = rc == PM_OK;
	if (rc == PM_OK)
		return PM_OK;
	if (rc == PM_ENOTFOUND) {
		/* Killed while it was being created: empty. */
		if ((rc = any_committed(walk, &committed, err)) != PM_OK)
			return rc;
		walk->done = !committed;
		return committed ? report(walk, &where, err, "HEAD is "
		    "missing, although volumes have batches") : PM_OK;
	}
	if (rc == PM_ECORRUPT)
		return report(walk, &where, err, "HEAD is damaged");
	*err = reason;
	return rc;
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
	return report(walk, &where, err, "the volume is missing: it had %llu "
	    "bytes", (unsigned long long)start->end);
}

static int
walk_open(struct pm_volume_walk **out, const char *archive,
    const struct pm_walk_options *options, bool adopting, struct pm_err *err)
{
	size_t n = strlen(archive) + 1;
	struct pm_volume_walk *walk = pm_alloc_zero(sizeof *walk, err);
	int rc = PM_ENOMEM;

	if (walk == NULL)
		return PM_ENOMEM;
	walk->options = *options;
	walk->adopting = adopting;
	if ((walk->archive = pm_alloc(n, err)) == NULL)
		goto done;
	memcpy(walk->archive, archive, n);
	rc = pm_volume_list(&walk->volumes, &walk->volume_n, archive, err);
	if (rc == PM_OK && !adopting)
		rc = read_head(walk, err);
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
	pm_buf_clear(&walk->plain);
	pm_free(walk->volumes);
	pm_free(walk->archive);
	pm_free(walk);
}

/*
 * Going on.
 */

static void
accept_batch(struct pm_volume_walk *walk, const struct pm_marker *marker)
{
	walk->at = marker->end;
	walk->seals = marker->seals;
	walk->certain = true;
	walk->state.volume = walk->volume;
	walk->state.length = marker->end;
	walk->state.sequence = marker->sequence;
	walk->state.next_frame = marker->first_frame + marker->frame_n;
	walk->state.sealed = false;
	memcpy(walk->state.chain, marker->chain, PM_SHA256_BYTES);
}

static int
next_batch(struct pm_volume_walk *walk, struct pm_err *err)
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
	} else if ((rc = next_batch(walk, err)) == PM_END) {
		close_volume(walk);
		rc = PM_OK;
	} else {
		*again = false;
	}
	return rc;
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
		rc = step(walk, &again, err);
	if (rc < 0)
		walk->failed = rc;
	else if (rc == PM_OK)
		*out = &walk->store.batch;
	return rc;
}

int
pm_volume_walk_packed(struct pm_volume_walk *walk, uint32_t i,
    struct pm_bytes *out, struct pm_err *err)
{
	const struct pm_batch *batch = &walk->store.batch;

	if (!walk->open || i >= batch->frame_n)
		return pm_fail(err, PM_EUSAGE, "the batch has no frame %u",
		    (unsigned)i);
	*out = (struct pm_bytes){ walk->map.p + batch->frame[i].offset,
	    batch->frame[i].packed_bytes };
	return PM_OK;
}
