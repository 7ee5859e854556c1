/*
 * The two tables of a sealed volume.  Both follow from the volume's markers
 * alone, so a half-written seal can be completed and a finished one checked.
 */
#include "store/volume_internal.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"

static const char index_magic[] = "PMINDEX1";

/* Order of the index: SHA-256, then frame id, then offset. */
static int
compare_entries(const void *a, const void *b)
{
	const uint8_t *x = a, *y = b;
	uint64_t p = pm_le64_get(x + 32), q = pm_le64_get(y + 32);
	uint32_t r = pm_le32_get(x + 40), s = pm_le32_get(y + 40);
	int order = memcmp(x, y, PM_SHA256_BYTES);

	return order != 0 ? order : p != q ? (p > q) - (p < q) :
	    (r > s) - (r < s);
}

static void
put_entry(uint8_t *p, const struct pm_marker *marker, uint32_t i)
{
	struct pm_item item;

	pm_marker_item(&item, marker, i);
	memcpy(p, item.sha256, PM_SHA256_BYTES);
	pm_le64_put(p + 32, marker->first_frame + item.frame);
	pm_le32_put(p + 40, item.offset);
	pm_le32_put(p + 44, 0);
	pm_le64_put(p + 48, item.bytes);
}

/* The marks were parsed once; the volume cannot have changed since, but a
 * failing disk can give other bytes at a second look. */
static int
marker_again(struct pm_marker *out, struct pm_view view, uint64_t offset,
    uint32_t volume, struct pm_buf *room, struct pm_err *err)
{
	const char *fault = pm_marker_parse(out, view, offset, volume);

	if (fault == NULL)
		fault = pm_marker_load(out, view, room);
	if (pm_volume_file_failed(view.file, err) != PM_OK)
		return err->status;
	return fault == NULL ? PM_OK : pm_fail(err, PM_ECORRUPT,
	    "volume %u: commit marker at byte %llu: %s", (unsigned)volume,
	    (unsigned long long)offset, fault);
}

/* The entries of one batch; *n counts them all. */
static int
put_entries(struct pm_buf *out, uint64_t *n, const struct pm_marker *marker,
    struct pm_err *err)
{
	int rc;

	*n += marker->item_n;
	if (*n > PM_INDEX_ITEMS_MAX)
		return pm_fail(err, PM_ELIMIT, "volume %u has over %d items",
		    (unsigned)marker->volume, PM_INDEX_ITEMS_MAX);
	rc = pm_buf_reserve(out, (size_t)PM_INDEX_ITEM * marker->item_n, err);
	for (uint32_t k = 0; rc == PM_OK && k < marker->item_n; k++) {
		put_entry(out->p + out->n, marker, k);
		out->n += PM_INDEX_ITEM;
	}
	return rc;
}

int
pm_seal_index(struct pm_buf *out, struct pm_view view,
    const struct pm_marks *marks, uint32_t volume, struct pm_err *err)
{
	uint8_t header[PM_SKIP_HEADER + PM_INDEX_FIXED] = { 0 };
	struct pm_buf room;
	size_t at = out->n;
	uint64_t n = 0;
	int rc;

	pm_buf_init(&room);
	rc = pm_buf_append(out, header, sizeof header, err);
	for (size_t i = 0; rc == PM_OK && i < marks->n; i++) {
		struct pm_marker marker = { 0 };

		if ((rc = marker_again(&marker, view, marks->offset[i],
		    volume, &room, err)) == PM_OK)
			rc = put_entries(out, &n, &marker, err);
	}
	pm_buf_clear(&room);
	if (rc != PM_OK)
		return rc;
	pm_le32_put(out->p + at, PM_MAGIC_INDEX);
	pm_le32_put(out->p + at + 4, (uint32_t)(PM_INDEX_FIXED +
	    PM_INDEX_ITEM * n));
	memcpy(out->p + at + 8, index_magic, 8);
	pm_le32_put(out->p + at + 16, volume);
	pm_le64_put(out->p + at + 24, n);
	qsort(out->p + at + sizeof header, (size_t)n, PM_INDEX_ITEM,
	    compare_entries);
	return PM_OK;
}

/* Every item of a marker is in the index, with its bytes. */
static bool
items_in_index(const struct pm_marker *marker, const uint8_t *entries,
    size_t n)
{
	for (uint32_t i = 0; i < marker->item_n; i++) {
		uint8_t entry[PM_INDEX_ITEM];
		const uint8_t *hit;

		put_entry(entry, marker, i);
		hit = bsearch(entry, entries, n, PM_INDEX_ITEM,
		    compare_entries);
		if (hit == NULL || memcmp(hit, entry, PM_INDEX_ITEM) != 0)
			return false;
	}
	return true;
}

/* Header and order of an index; *n: its entries. */
static const char *
index_shape_fault(uint64_t *n, struct pm_bytes index, uint32_t volume)
{
	const uint8_t *p = index.p;
	const uint8_t *entries = p + PM_SKIP_HEADER + PM_INDEX_FIXED;

	*n = pm_le64_get(p + 24);
	if (pm_le32_get(p) != PM_MAGIC_INDEX ||
	    pm_le32_get(p + 4) != index.n - PM_SKIP_HEADER ||
	    memcmp(p + 8, index_magic, 8) != 0 ||
	    pm_le32_get(p + 16) != volume || pm_le32_get(p + 20) != 0 ||
	    *n > PM_INDEX_ITEMS_MAX || index.n != PM_SKIP_HEADER +
	    PM_INDEX_FIXED + PM_INDEX_ITEM * *n)
		return "its header is wrong";
	for (uint64_t i = 1; i < *n; i++)
		if (compare_entries(entries + PM_INDEX_ITEM * (i - 1),
		    entries + PM_INDEX_ITEM * i) > 0)
			return "it is not sorted";
	return NULL;
}

/* Whether it has the items of all batches before the last, and no others. */
static const char *
index_items_fault(struct pm_bytes index, uint64_t n, struct pm_view view,
    const struct pm_marks *marks, uint32_t volume)
{
	const uint8_t *entries = index.p + PM_SKIP_HEADER + PM_INDEX_FIXED;
	const char *fault = NULL;
	struct pm_marker marker;
	struct pm_buf room;
	uint64_t seen = 0;

	pm_buf_init(&room);
	for (size_t i = 0; fault == NULL && i + 1 < marks->n; i++) {
		if (pm_marker_parse(&marker, view, marks->offset[i],
		    volume) != NULL ||
		    pm_marker_load(&marker, view, &room) != NULL)
			fault = "a marker before it is damaged";
		else if (!items_in_index(&marker, entries, (size_t)n))
			fault = "an item of a batch is not in it";
		else
			seen += marker.item_n;
	}
	pm_buf_clear(&room);
	return fault != NULL || seen == n ? fault :
	    "it has items that no batch has";
}

const char *
pm_seal_index_fault(struct pm_view view, const struct pm_marks *marks,
    uint32_t volume)
{
	struct pm_marker marker;
	struct pm_buf room, index;
	const char *fault = "it has no sealing marker";
	uint64_t packed, n;

	pm_buf_init(&room);
	pm_buf_init(&index);
	if (marks->n == 0 || pm_marker_parse(&marker, view,
	    marks->offset[marks->n - 1], volume) != NULL ||
	    pm_marker_load(&marker, view, &room) != NULL ||
	    !marker.seals || marker.frame_n != 1)
		goto done;
	packed = pm_marker_packed(&marker, 0);
	if (marker.data_bytes < packed + PM_SKIP_HEADER + PM_INDEX_FIXED)
		goto done;
	fault = "it cannot be read";
	if (!pm_volume_file_load(view.file, &index, marker.start + packed,
	    marker.data_bytes - packed))
		goto done;
	fault = index_shape_fault(&n, pm_buf_bytes(&index), volume);
	if (fault == NULL)
		fault = index_items_fault(pm_buf_bytes(&index), n, view,
		    marks, volume);
done:
	pm_buf_clear(&index);
	pm_buf_clear(&room);
	return fault;
}

static int
table_entry(struct pm_buf *out, uint64_t packed, uint32_t plain,
    struct pm_err *err)
{
	uint8_t entry[PM_TABLE_ENTRY];

	pm_le32_put(entry, (uint32_t)packed);
	pm_le32_put(entry + 4, plain);
	return pm_buf_append(out, entry, sizeof entry, err);
}

/* Entries of one batch: its frames, the index if it seals, its marker. */
static int
table_batch(struct pm_buf *out, const struct pm_marker *marker,
    struct pm_err *err)
{
	uint64_t rest = marker->data_bytes;
	int rc = PM_OK;

	for (uint32_t i = 0; rc == PM_OK && i < marker->frame_n; i++) {
		rest -= pm_marker_packed(marker, i);
		rc = table_entry(out, pm_marker_packed(marker, i),
		    pm_marker_plain(marker, i), err);
	}
	if (rc == PM_OK && marker->seals)
		rc = table_entry(out, rest, 0, err);
	if (rc == PM_OK)
		rc = table_entry(out, marker->end - marker->offset, 0, err);
	return rc;
}

int
pm_seal_table(struct pm_buf *out, struct pm_view view,
    const struct pm_marks *marks, uint32_t volume, struct pm_err *err)
{
	uint8_t footer[PM_TABLE_FOOTER] = { 0 };
	struct pm_buf room;
	size_t at = out->n;
	uint64_t n;
	int rc;

	pm_buf_init(&room);
	rc = pm_buf_append_zero(out, PM_SKIP_HEADER, err);
	for (size_t i = 0; rc == PM_OK && i < marks->n; i++) {
		struct pm_marker marker = { 0 };

		if ((rc = marker_again(&marker, view, marks->offset[i],
		    volume, &room, err)) == PM_OK)
			rc = table_batch(out, &marker, err);
	}
	pm_buf_clear(&room);
	if (rc != PM_OK)
		return rc;
	n = (out->n - at - PM_SKIP_HEADER) / PM_TABLE_ENTRY;
	if (n > PM_TABLE_ENTRIES_MAX)
		return pm_fail(err, PM_ELIMIT, "volume %u has over %d frames",
		    (unsigned)volume, PM_TABLE_ENTRIES_MAX);
	pm_le32_put(footer, (uint32_t)n);
	pm_le32_put(footer + 5, PM_MAGIC_TABLE_END);
	if ((rc = pm_buf_append(out, footer, sizeof footer, err)) != PM_OK)
		return rc;
	pm_le32_put(out->p + at, PM_MAGIC_TABLE);
	pm_le32_put(out->p + at + 4, (uint32_t)(PM_TABLE_ENTRY * n +
	    PM_TABLE_FOOTER));
	return PM_OK;
}

uint64_t
pm_seal_table_at(struct pm_view view)
{
	uint8_t footer[PM_TABLE_FOOTER], magic[4];
	uint64_t bytes;

	if (view.n < PM_SKIP_HEADER + PM_TABLE_FOOTER ||
	    !pm_volume_file_get(view.file, footer, sizeof footer,
	    view.n - sizeof footer) ||
	    pm_le32_get(footer + 5) != PM_MAGIC_TABLE_END)
		return 0;
	bytes = PM_SKIP_HEADER + PM_TABLE_FOOTER + (uint64_t)PM_TABLE_ENTRY *
	    pm_le32_get(footer);
	if (bytes > view.n || !pm_volume_file_get(view.file, magic,
	    sizeof magic, view.n - bytes) ||
	    pm_le32_get(magic) != PM_MAGIC_TABLE)
		return 0;
	return view.n - bytes;
}
