#include "store/volume_scan.h"

#include "base/err.h"
#include "base/mem.h"
#include "store/volume_internal.h"

enum {
	MAGIC_BYTES = 4,
	READ_FIRST = 64 << 10,   /* most frames end within so many bytes */
	SECTOR_BYTES = 4096,
	BUDGET_TIMES = 16, BUDGET_MORE = 64 << 20
};

#define MAGIC_FRAME 0xFD2FB528u

struct scan {
	const struct pm_scan_sink *sink;
	struct pm_volume_file file;
	uint32_t volume;
	uint64_t at;
	uint64_t budget;         /* bytes to decode that may come to nothing */
	struct pm_batch_store store;
	struct pm_frame_coder *coder;
	struct pm_buf room, packed, plain;
};

static struct pm_view
view_of(struct scan *scan)
{
	return pm_volume_view(&scan->file);
}

/* A sector that cannot be read holds nothing; true: there was one. */
static bool
pass_unreadable(struct scan *scan)
{
	if (scan->file.failure.status != PM_EIO)
		return false;
	scan->file.failure = (struct pm_err){ 0 };
	scan->file.window.n = 0;
	scan->at = (scan->at / SECTOR_BYTES + 1) * SECTOR_BYTES;
	return true;
}

static uint32_t
magic_at(struct scan *scan)
{
	uint8_t bytes[MAGIC_BYTES];

	return pm_volume_file_get(&scan->file, bytes, sizeof bytes,
	    scan->at) ? pm_le32_get(bytes) : 0;
}

/* Spend it; false: there is none left. */
static bool
afford(struct scan *scan, uint64_t bytes)
{
	if (bytes > scan->budget) {
		scan->at = scan->file.bytes;
		return false;
	}
	scan->budget -= bytes;
	return true;
}

/* PM_END: no marker that verifies by itself stands here. */
static int
take_marker(struct scan *scan, struct pm_err *err)
{
	struct pm_scanned_batch batch = { .at = scan->at };
	struct pm_marker marker;
	int rc;

	if (pm_marker_parse_moved(&marker, view_of(scan), scan->at,
	    scan->volume) != NULL || !afford(scan, marker.end - scan->at) ||
	    pm_marker_check(&marker, view_of(scan), &scan->room) != NULL)
		return PM_END;
	if ((rc = pm_batch_fill(&scan->store, &marker, err)) != PM_OK)
		return rc;
	batch.batch = &scan->store.batch;
	batch.seals = marker.seals;
	batch.end = marker.end;
	memcpy(batch.previous, marker.previous, PM_SHA256_BYTES);
	scan->budget += marker.end - scan->at;
	scan->at = marker.end;
	return scan->sink->batch(scan->sink->context, &batch, err);
}

/* Bytes of the frame that begins here; 0: it does not end. */
static size_t
load_frame(struct scan *scan)
{
	uint64_t left = scan->file.bytes - scan->at;
	uint64_t n = READ_FIRST;
	size_t whole = 0;

	if (left > PM_PACKED_MAX)
		left = PM_PACKED_MAX;
	do {
		n = n < left ? n : left;
		if (!afford(scan, n) || !pm_volume_file_load(&scan->file,
		    &scan->packed, scan->at, n))
			return 0;
		whole = pm_frame_measure(pm_buf_bytes(&scan->packed));
		scan->budget += whole > 0 ? n : 0;
		n *= 8;
	} while (whole == 0 && scan->packed.n < left);
	return whole;
}

static int
take_frame(struct scan *scan, struct pm_err *err)
{
	struct pm_err ignored;
	struct pm_frame_at frame;
	size_t n = load_frame(scan);
	int rc;

	if (n == 0 || !afford(scan, n))
		return PM_END;
	pm_buf_reset(&scan->plain);
	rc = pm_frame_decode(scan->coder, &scan->plain, (struct pm_bytes){
	    scan->packed.p, n }, &ignored);
	if (rc != PM_OK)
		return rc == PM_ENOMEM ? pm_fail(err, rc, "%s",
		    ignored.text) : PM_END;
	frame = (struct pm_frame_at){ scan->at, (uint32_t)n,
	    (uint32_t)scan->plain.n };
	scan->budget += n;
	scan->at += n;
	return scan->sink->frame(scan->sink->context, &frame,
	    pm_buf_bytes(&scan->plain), err);
}

/* The next place behind this one where a frame or marker could begin. */
static void
search(struct scan *scan)
{
	uint64_t last = scan->file.bytes;

	for (scan->at++; scan->at + MAGIC_BYTES <= last;) {
		const uint8_t *p;
		size_t n, i = 0;

		p = pm_volume_file_from(&scan->file, scan->at, &n);
		if (p == NULL && pass_unreadable(scan))
			continue;
		if (p == NULL)
			break;
		while (i < n && p[i] != (uint8_t)(MAGIC_FRAME & 0xff) &&
		    p[i] != (uint8_t)(PM_MAGIC_MARKER & 0xff))
			i++;
		scan->at += i;
		if (i < n) {
			uint32_t magic = magic_at(scan);

			if (magic == MAGIC_FRAME || magic == PM_MAGIC_MARKER)
				return;
			scan->at++;
		}
	}
	scan->at = last;
}

/* Tables are looked through like damage: a frame may have come to lie in one. */
static int
step(struct scan *scan, struct pm_err *err)
{
	uint32_t magic = magic_at(scan);
	int rc = PM_END;

	if (magic == PM_MAGIC_MARKER)
		rc = take_marker(scan, err);
	else if (magic == MAGIC_FRAME)
		rc = take_frame(scan, err);
	if (pass_unreadable(scan))
		return rc == PM_END ? PM_OK : rc;
	if (rc == PM_END) {
		search(scan);
		rc = PM_OK;
	}
	return rc;
}

int
pm_volume_scan(const char *archive, uint32_t volume, const char *suffix,
    const struct pm_scan_sink *sink, struct pm_err *err)
{
	struct scan scan = { .sink = sink, .volume = volume };
	int rc;

	pm_volume_file_init(&scan.file);
	if ((rc = pm_volume_file_open_beside(&scan.file, archive, volume,
	    suffix, err)) == PM_OK)
		rc = pm_frame_coder_new(&scan.coder, err);
	scan.budget = scan.file.bytes * BUDGET_TIMES + BUDGET_MORE;
	while (rc == PM_OK && scan.at < scan.file.bytes)
		rc = step(&scan, err);
	if (rc == PM_OK)
		rc = pm_volume_file_failed(&scan.file, err);
	pm_volume_file_close(&scan.file);
	pm_batch_clear(&scan.store);
	pm_frame_coder_free(scan.coder);
	pm_buf_clear(&scan.room);
	pm_buf_clear(&scan.packed);
	pm_buf_clear(&scan.plain);
	return rc;
}
