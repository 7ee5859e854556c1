/*
 * The file of a volume: markers, marks found from the end, the search past
 * damage, index and seek table, and a walk that adopts what verifies; what was
 * adopted then walks without a fault.
 *
 * If the first byte is odd, the markers in the rest get the digests that they
 * should have, so that what is behind those is met too.
 */
#include "records.h"
#include "scratch.h"
#include "store/volume_internal.h"

static const char name[] = "volumes/000001.tar.zst";

/* ---- digests ---- */

/* The payload of a marker at `at`; 0: there is none. */
static size_t
payload_at(struct pm_bytes file, size_t at)
{
	size_t n, left = file.n - at;

	if (left < PM_MARKER_BYTES_MIN ||
	    pm_le32_get(file.p + at) != PM_MAGIC_MARKER)
		return 0;
	n = pm_le32_get(file.p + at + 4);
	return n >= PM_MARKER_FIXED + PM_MARKER_TAIL &&
	    n <= left - PM_SKIP_HEADER ? n : 0;
}

static void
mend_marker(uint8_t *p, size_t at, size_t payload, const uint8_t *previous)
{
	uint8_t *tail = p + at + PM_SKIP_HEADER + payload - PM_MARKER_TAIL;
	uint64_t start = pm_le64_get(p + at + PM_SKIP_HEADER + 32);

	memcpy(tail, previous, PM_SHA256_BYTES);
	if (start <= at)
		pm_sha256(tail + PM_SHA256_BYTES, (struct pm_bytes){
		    p + start, at - (size_t)start });
	pm_sha256(tail + 2 * PM_SHA256_BYTES + 4, (struct pm_bytes){ p + at,
	    PM_SKIP_HEADER + payload - PM_SHA256_BYTES });
}

static void
mend(uint8_t *p, size_t n)
{
	uint8_t previous[PM_SHA256_BYTES] = { 0 };
	struct pm_bytes file = { p, n };

	for (size_t at = 0, payload; at < n; at++) {
		if ((payload = payload_at(file, at)) == 0)
			continue;
		mend_marker(p, at, payload, previous);
		at += PM_SKIP_HEADER + payload - 1;
		memcpy(previous, p + at + 1 - PM_SHA256_BYTES,
		    sizeof previous);
	}
}

/* ---- one volume ---- */

static void
look_at(struct pm_view view, uint64_t offset)
{
	struct pm_batch_store store = { 0 };
	struct pm_marker marker;
	struct pm_buf room;
	struct pm_err err;

	pm_buf_init(&room);
	if (pm_marker_parse(&marker, view, offset, 1) == NULL &&
	    pm_marker_check(&marker, view, &room) == NULL) {
		must(marker.end <= view.n && marker.start <= offset);
		must(pm_batch_fill(&store, &marker, &err) == PM_OK);
		must(store.batch.frame_n == marker.frame_n);
	}
	(void)pm_marker_parse_back(&marker, view, offset, 1);
	pm_batch_clear(&store);
	pm_buf_clear(&room);
}

static void
search(struct pm_view view)
{
	struct pm_marker_search wanted = { .volume = 1 };
	uint64_t budget = pm_marker_budget(view.file);
	struct pm_marker marker;
	struct pm_buf room;

	pm_buf_init(&room);
	for (int i = 0; i < 8 && pm_marker_search(&marker, view, &wanted,
	    &room, &budget) == PM_OK; i++) {
		must(marker.offset >= wanted.from && marker.end <= view.n);
		wanted.from = marker.end;
	}
	pm_buf_clear(&room);
}

static void
read_tables(struct pm_view view)
{
	struct pm_marks marks = { 0 };
	struct pm_buf table;
	struct pm_err err;

	must(pm_seal_table_at(view) <= view.n);
	must(pm_marks_find(&marks, view, view.n, 1, &err) == PM_OK);
	pm_buf_init(&table);
	for (size_t i = 1; i < marks.n; i++)
		must(marks.offset[i - 1] < marks.offset[i]);
	if (marks.n > 0) {
		(void)pm_seal_index_fault(view, &marks, 1);
		(void)pm_seal_index(&table, view, &marks, 1, &err);
		(void)pm_seal_table(&table, view, &marks, 1, &err);
	}
	pm_buf_clear(&table);
	pm_marks_free(&marks);
}

static void
read_volume(void)
{
	struct pm_volume_file file;
	struct pm_view view;
	struct pm_err err;

	pm_volume_file_init(&file);
	must(pm_volume_file_open(&file, scratch, 1, &err) == PM_OK);
	view = pm_volume_view(&file);
	for (uint64_t at = 0; at <= view.n && at < 4096; at++)
		look_at(view, at);
	search(view);
	read_tables(view);
	must(pm_volume_file_failed(&file, &err) == PM_OK);
	pm_volume_file_close(&file);
}

/* ---- the log ---- */

static void
read_frames(struct pm_volume_walk *walk, const struct pm_batch *batch)
{
	static struct pm_frame_coder *coder;
	struct pm_tar_member member;
	struct pm_buf packed, plain;
	struct pm_err err;
	size_t at = 0;

	if (coder == NULL)
		must(pm_frame_coder_new(&coder, &err) == PM_OK);
	pm_buf_init(&packed);
	pm_buf_init(&plain);
	for (uint32_t i = 0; i < batch->frame_n; i++, at = 0) {
		pm_buf_reset(&plain);
		if (pm_volume_walk_packed(walk, i, &packed, &err) != PM_OK ||
		    pm_frame_decode(coder, &plain, pm_buf_bytes(&packed),
		    &err) != PM_OK)
			continue;
		while (pm_tar_next(&member, pm_buf_bytes(&plain), &at,
		    &err) == PM_OK)
			must(at <= plain.n);
	}
	pm_buf_clear(&packed);
	pm_buf_clear(&plain);
}

static uint64_t
walk_all(struct pm_volume_walk *walk)
{
	const struct pm_batch *batch;
	struct pm_err err;
	uint64_t n = 0;

	while (pm_volume_walk_next(walk, &batch, &err) == PM_OK) {
		must(batch->start <= batch->marker &&
		    batch->marker < batch->end);
		read_frames(walk, batch);
		n++;
	}
	return n;
}

static void
ignore_damage(void *context, const struct pm_damage *damage)
{
	(void)context;
	must(memchr(damage->text, 0, sizeof damage->text) != NULL);
}

static void
walk(void)
{
	static const struct pm_walk_start start;
	struct pm_walk_options options = { .level = PM_WALK_FULL };
	struct pm_volume_walk *adopting, *again;
	struct pm_head head;
	struct pm_err err;
	bool seals;

	if (pm_volume_walk_adopt(&adopting, scratch, &start, &err) != PM_OK)
		return;
	(void)walk_all(adopting);
	pm_volume_walk_state(adopting, &head, &seals);
	pm_volume_walk_close(adopting);
	if (head.sequence > 0)
		must(pm_head_write(scratch, &head, &err) == PM_OK);
	options.damaged = ignore_damage;
	if (pm_volume_walk_open(&again, scratch, &options, &err) != PM_OK)
		return;
	must(walk_all(again) >= head.sequence);
	pm_volume_walk_close(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct pm_err err;
	char path[128];
	struct pm_buf file;

	if (n == 0)
		return 0;
	if (*scratch == '\0') {
		scratch_make(name);
		scratch_path(path, "volumes");
		must(mkdir(path, 0700) == 0);
	}
	scratch_path(path, "HEAD");
	(void)unlink(path);
	pm_buf_init(&file);
	must(pm_buf_append(&file, p + 1, n - 1, &err) == PM_OK);
	if (p[0] % 2 == 1)
		mend(file.p, file.n);
	scratch_put(name, file.p, file.n);
	pm_buf_clear(&file);
	read_volume();
	walk();
	return 0;
}
