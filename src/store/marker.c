/*
 * Commit markers.  All offsets below are those of FORMAT.md's table.
 */
#include "store/volume_internal.h"

#include "base/err.h"
#include "base/mem.h"

static const char marker_magic[] = "PMCOMMIT";

/* What comes before the chain value, from the start of the payload. */
enum {
	AT_FORMAT = 8, AT_VOLUME = 12, AT_RUN = 16, AT_SEQUENCE = 24,
	AT_START = 32, AT_DATA = 40, AT_FIRST = 48, AT_FLAGS = 56,
	AT_FRAMES = 60, AT_ITEMS = 64
};

static const char cannot_be_read[] = "it cannot be read";

/* The end of a marker: previous, data SHA-256, size, chain. */
static const char *
parse_tail(struct pm_marker *out, struct pm_view view, uint64_t payload)
{
	uint8_t tail[PM_MARKER_TAIL];

	if (!pm_volume_file_get(view.file, tail, sizeof tail,
	    out->end - sizeof tail))
		return cannot_be_read;
	memcpy(out->previous, tail, PM_SHA256_BYTES);
	memcpy(out->data_sha256, tail + PM_SHA256_BYTES, PM_SHA256_BYTES);
	memcpy(out->chain, tail + 2 * PM_SHA256_BYTES + 4, PM_SHA256_BYTES);
	return pm_le32_get(tail + 2 * PM_SHA256_BYTES) != payload ?
	    "its two sizes differ" : NULL;
}

const char *
pm_marker_parse_moved(struct pm_marker *out, struct pm_view view,
    uint64_t offset, uint32_t volume)
{
	uint64_t payload, expected;
	const uint8_t *p;

	if (offset > view.n || view.n - offset < PM_MARKER_BYTES_MIN)
		return "it is cut short";
	if ((p = pm_volume_file_at(view.file, offset,
	    PM_SKIP_HEADER + PM_MARKER_FIXED)) == NULL)
		return cannot_be_read;
	payload = pm_le32_get(p + 4);
	if (pm_le32_get(p) != PM_MAGIC_MARKER ||
	    memcmp(p + PM_SKIP_HEADER, marker_magic, 8) != 0)
		return "it is no commit marker";
	if (payload > PM_MARKER_PAYLOAD_MAX ||
	    payload > view.n - offset - PM_SKIP_HEADER)
		return "it does not fit in the volume";
	p += PM_SKIP_HEADER;
	*out = (struct pm_marker){ .offset = offset,
	    .end = offset + PM_SKIP_HEADER + payload,
	    .run = pm_le64_get(p + AT_RUN),
	    .sequence = pm_le64_get(p + AT_SEQUENCE),
	    .start = pm_le64_get(p + AT_START),
	    .data_bytes = pm_le64_get(p + AT_DATA),
	    .first_frame = pm_le64_get(p + AT_FIRST),
	    .volume = pm_le32_get(p + AT_VOLUME),
	    .frame_n = pm_le32_get(p + AT_FRAMES),
	    .item_n = pm_le32_get(p + AT_ITEMS),
	    .seals = pm_le32_get(p + AT_FLAGS) == PM_MARKER_SEALS };
	expected = PM_MARKER_FIXED + (uint64_t)PM_MARKER_FRAME *
	    out->frame_n + (uint64_t)PM_MARKER_ITEM * out->item_n +
	    PM_MARKER_TAIL;
	if (payload != expected)
		return "its counts do not fit its size";
	if (pm_le32_get(p + AT_FORMAT) != PM_FORMAT_VERSION ||
	    pm_le32_get(p + AT_FLAGS) > PM_MARKER_SEALS)
		return "it has a format or flags this version does not know";
	if (out->volume != volume)
		return "it belongs to another volume";
	if (out->sequence == 0 || out->sequence > INT64_MAX ||
	    out->first_frame == 0 ||
	    out->first_frame > (uint64_t)INT64_MAX - out->frame_n)
		return "its numbers are out of range";
	return parse_tail(out, view, payload);
}

const char *
pm_marker_parse(struct pm_marker *out, struct pm_view view, uint64_t offset,
    uint32_t volume)
{
	const char *fault = pm_marker_parse_moved(out, view, offset, volume);

	if (fault == NULL && (out->start > offset ||
	    out->data_bytes != offset - out->start))
		fault = "it does not stand where its batch ends";
	return fault;
}

const char *
pm_marker_load(struct pm_marker *marker, struct pm_view view,
    struct pm_buf *room)
{
	if (!pm_volume_file_load(view.file, room, marker->offset,
	    marker->end - marker->offset))
		return cannot_be_read;
	marker->frames = room->p + PM_SKIP_HEADER + PM_MARKER_FIXED;
	marker->items = marker->frames + (size_t)PM_MARKER_FRAME *
	    marker->frame_n;
	return NULL;
}

bool
pm_marker_stands(struct pm_bytes bytes)
{
	return bytes.n >= PM_MARKER_BYTES_MIN &&
	    (pm_le32_get(bytes.p) == PM_MAGIC_MARKER ||
	    memcmp(bytes.p + PM_SKIP_HEADER, marker_magic, 8) == 0);
}

const char *
pm_marker_parse_back(struct pm_marker *out, struct pm_view view, uint64_t end,
    uint32_t volume)
{
	uint8_t size[4];
	uint64_t whole;

	if (end > view.n || end < PM_MARKER_BYTES_MIN)
		return "it is cut short";
	if (!pm_volume_file_get(view.file, size, sizeof size,
	    end - PM_SHA256_BYTES - sizeof size))
		return cannot_be_read;
	whole = (uint64_t)pm_le32_get(size) + PM_SKIP_HEADER;
	if (whole > end)
		return "it does not fit in the volume";
	view.n = end;
	return pm_marker_parse(out, view, end - whole, volume);
}

uint32_t
pm_marker_packed(const struct pm_marker *marker, uint32_t i)
{
	return pm_le32_get(marker->frames + (size_t)PM_MARKER_FRAME * i);
}

uint32_t
pm_marker_plain(const struct pm_marker *marker, uint32_t i)
{
	return pm_le32_get(marker->frames + (size_t)PM_MARKER_FRAME * i + 4);
}

void
pm_marker_item(struct pm_item *out, const struct pm_marker *marker,
    uint32_t i)
{
	const uint8_t *p = marker->items + (size_t)PM_MARKER_ITEM * i;

	memcpy(out->sha256, p, PM_SHA256_BYTES);
	out->frame = pm_le32_get(p + 32);
	out->offset = pm_le32_get(p + 36);
	out->bytes = pm_le64_get(p + 40);
}

/* An item's bytes, or those of a long body's first part, lie in its frame. */
static bool
item_fits(const struct pm_item *item, uint32_t plain)
{
	uint64_t here = item->bytes < PM_MEMBER_MAX ? item->bytes :
	    PM_MEMBER_MAX;

	return item->offset <= plain && here <= plain - item->offset;
}

static const char *
tables_fault(const struct pm_marker *marker)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < marker->frame_n; i++) {
		uint32_t packed = pm_marker_packed(marker, i);

		if (packed < PM_PACKED_MIN || packed > PM_PACKED_MAX ||
		    pm_marker_plain(marker, i) > PM_FRAME_PLAIN_MAX)
			return "a frame has an impossible size";
		sum += packed;
	}
	if (marker->seals ? marker->frame_n != 1 || marker->item_n != 0 ||
	    marker->data_bytes < sum + PM_SKIP_HEADER + PM_INDEX_FIXED :
	    marker->data_bytes != sum)
		return "its frames do not fill its batch";
	for (uint32_t i = 0; i < marker->item_n; i++) {
		struct pm_item item;

		pm_marker_item(&item, marker, i);
		if (item.frame >= marker->frame_n || !item_fits(&item,
		    pm_marker_plain(marker, item.frame)))
			return "an item lies outside its frame";
	}
	return NULL;
}

const char *
pm_marker_check(struct pm_marker *marker, struct pm_view view,
    struct pm_buf *room)
{
	uint8_t chain[PM_SHA256_BYTES];
	const char *fault = pm_marker_load(marker, view, room);

	if (fault != NULL)
		return fault;
	pm_sha256(chain, (struct pm_bytes){ room->p,
	    room->n - PM_SHA256_BYTES });
	if (memcmp(chain, marker->chain, sizeof chain) != 0)
		return "its SHA-256 does not match";
	return tables_fault(marker);
}

/* The sums of pm_marker_check, asked of a batch not yet written. */
static int
refuse_unreadable(const struct pm_batch *batch, struct pm_err *err)
{
	uint64_t payload = PM_MARKER_FIXED + PM_MARKER_TAIL +
	    (uint64_t)PM_MARKER_FRAME * batch->frame_n +
	    (uint64_t)PM_MARKER_ITEM * batch->item_n;

	if (payload > PM_MARKER_PAYLOAD_MAX)
		return pm_fail(err, PM_ELIMIT, "a batch of %u frames and %u "
		    "items is over the limit of its marker",
		    (unsigned)batch->frame_n, (unsigned)batch->item_n);
	for (uint32_t i = 0; i < batch->item_n; i++) {
		const struct pm_item *item = &batch->item[i];

		if (item->frame >= batch->frame_n || !item_fits(item,
		    batch->frame[item->frame].plain_bytes))
			return pm_fail(err, PM_EUSAGE, "item %u of the batch "
			    "lies outside its frame", (unsigned)i);
	}
	return PM_OK;
}

static void
put_fixed(uint8_t *p, const struct pm_batch *batch, bool seals)
{
	memcpy(p, marker_magic, 8);
	pm_le32_put(p + AT_FORMAT, PM_FORMAT_VERSION);
	pm_le32_put(p + AT_VOLUME, batch->volume);
	pm_le64_put(p + AT_RUN, batch->run);
	pm_le64_put(p + AT_SEQUENCE, batch->sequence);
	pm_le64_put(p + AT_START, batch->start);
	pm_le64_put(p + AT_DATA, batch->marker - batch->start);
	pm_le64_put(p + AT_FIRST, batch->first_frame);
	pm_le32_put(p + AT_FLAGS, seals ? PM_MARKER_SEALS : 0);
	pm_le32_put(p + AT_FRAMES, batch->frame_n);
	pm_le32_put(p + AT_ITEMS, batch->item_n);
}

static uint8_t *
put_tables(uint8_t *p, const struct pm_batch *batch)
{
	for (uint32_t i = 0; i < batch->frame_n; i++) {
		pm_le32_put(p, batch->frame[i].packed_bytes);
		pm_le32_put(p + 4, batch->frame[i].plain_bytes);
		p += PM_MARKER_FRAME;
	}
	for (uint32_t i = 0; i < batch->item_n; i++) {
		const struct pm_item *item = &batch->item[i];

		memcpy(p, item->sha256, PM_SHA256_BYTES);
		pm_le32_put(p + 32, item->frame);
		pm_le32_put(p + 36, item->offset);
		pm_le64_put(p + 40, item->bytes);
		p += PM_MARKER_ITEM;
	}
	return p;
}

int
pm_marker_write(struct pm_buf *out, struct pm_batch *batch,
    const struct pm_marker_facts *facts, struct pm_err *err)
{
	size_t payload, whole;
	uint8_t *p, *at;
	int rc;

	if ((rc = refuse_unreadable(batch, err)) != PM_OK)
		return rc;
	payload = PM_MARKER_FIXED + PM_MARKER_TAIL +
	    (size_t)PM_MARKER_FRAME * batch->frame_n +
	    (size_t)PM_MARKER_ITEM * batch->item_n;
	whole = PM_SKIP_HEADER + payload;
	if ((rc = pm_buf_reserve(out, whole, err)) != PM_OK)
		return rc;
	p = out->p + out->n;
	pm_le32_put(p, PM_MAGIC_MARKER);
	pm_le32_put(p + 4, (uint32_t)payload);
	put_fixed(p + PM_SKIP_HEADER, batch, facts->seals);
	at = put_tables(p + PM_SKIP_HEADER + PM_MARKER_FIXED, batch);
	memcpy(at, facts->previous, PM_SHA256_BYTES);
	memcpy(at + PM_SHA256_BYTES, facts->data_sha256, PM_SHA256_BYTES);
	pm_le32_put(at + 2 * PM_SHA256_BYTES, (uint32_t)payload);
	pm_sha256(batch->chain, (struct pm_bytes){ p,
	    whole - PM_SHA256_BYTES });
	memcpy(p + whole - PM_SHA256_BYTES, batch->chain, PM_SHA256_BYTES);
	batch->end = batch->marker + whole;
	out->n += whole;
	return PM_OK;
}

/* Grows *array to hold n items. */
static int
make_room(void **array, size_t *capacity, size_t n, size_t size,
    struct pm_err *err)
{
	void *grown;

	if (n <= *capacity)
		return PM_OK;
	if ((grown = pm_realloc_array(*array, n, size, err)) == NULL)
		return PM_ENOMEM;
	*array = grown;
	*capacity = n;
	return PM_OK;
}

int
pm_batch_fill(struct pm_batch_store *store, const struct pm_marker *marker,
    struct pm_err *err)
{
	uint64_t offset = marker->start;
	void *frame = store->frame, *item = store->item;
	int rc;

	rc = make_room(&frame, &store->frame_capacity, marker->frame_n,
	    sizeof *store->frame, err);
	store->frame = frame;
	if (rc == PM_OK)
		rc = make_room(&item, &store->item_capacity, marker->item_n,
		    sizeof *store->item, err);
	store->item = item;
	if (rc != PM_OK)
		return rc;
	for (uint32_t i = 0; i < marker->frame_n; i++) {
		store->frame[i] = (struct pm_frame_at){ offset,
		    pm_marker_packed(marker, i), pm_marker_plain(marker, i) };
		offset += store->frame[i].packed_bytes;
	}
	for (uint32_t i = 0; i < marker->item_n; i++)
		pm_marker_item(&store->item[i], marker, i);
	store->batch = (struct pm_batch){ .sequence = marker->sequence,
	    .run = marker->run, .volume = marker->volume,
	    .start = marker->start, .marker = marker->offset,
	    .end = marker->end, .seals = marker->seals,
	    .first_frame = marker->first_frame,
	    .frame = store->frame, .frame_n = marker->frame_n,
	    .item = store->item, .item_n = marker->item_n };
	memcpy(store->batch.chain, marker->chain, PM_SHA256_BYTES);
	return PM_OK;
}

void
pm_batch_clear(struct pm_batch_store *store)
{
	pm_free(store->frame);
	pm_free(store->item);
	*store = (struct pm_batch_store){ 0 };
}

uint64_t
pm_marker_budget(const struct pm_volume_file *file)
{
	return file->bytes * 4 + (64 << 20);
}

/* The next place from *at on where a marker could begin. */
static bool
next_magic(uint64_t *at, struct pm_view view)
{
	while (*at < view.n) {
		size_t n;
		const uint8_t *p = pm_volume_file_from(view.file, *at, &n);
		const uint8_t *hit;

		if (p == NULL)
			return false;
		if ((hit = memchr(p, (uint8_t)PM_MAGIC_MARKER, n)) != NULL) {
			*at += (uint64_t)(hit - p);
			return *at < view.n;
		}
		*at += n;
	}
	return false;
}

int
pm_marker_search(struct pm_marker *out, struct pm_view view,
    const struct pm_marker_search *search, struct pm_buf *room,
    uint64_t *budget)
{
	for (uint64_t at = search->from; next_magic(&at, view); at++) {
		uint64_t bytes;

		if (pm_marker_parse(out, view, at, search->volume) != NULL ||
		    out->start < search->from ||
		    out->sequence <= search->sequence ||
		    out->first_frame < search->next_frame)
			continue;
		bytes = out->end - out->offset;
		if (bytes > *budget)
			return PM_ELIMIT;
		*budget -= bytes;
		if (pm_marker_check(out, view, room) == NULL)
			return PM_OK;
	}
	return PM_END;
}

int
pm_marks_find(struct pm_marks *out, struct pm_view view, uint64_t end,
    uint32_t volume, struct pm_err *err)
{
	struct pm_marks marks = { 0 };
	struct pm_marker marker;
	size_t capacity = 0;

	while (end > 0 &&
	    pm_marker_parse_back(&marker, view, end, volume) == NULL) {
		if (marks.n == capacity) {
			size_t more = capacity == 0 ? 64 : 2 * capacity;
			uint64_t *grown = pm_realloc_array(marks.offset, more,
			    sizeof *grown, err);

			if (grown == NULL) {
				pm_marks_free(&marks);
				return PM_ENOMEM;
			}
			marks.offset = grown;
			capacity = more;
		}
		marks.offset[marks.n++] = marker.offset;
		end = marker.start;              /* always less than end */
	}
	marks.whole = end == 0 && marks.n > 0;
	for (size_t i = 0; i < marks.n / 2; i++) {
		uint64_t other = marks.offset[marks.n - 1 - i];

		marks.offset[marks.n - 1 - i] = marks.offset[i];
		marks.offset[i] = other;
	}
	*out = marks;
	return PM_OK;
}

void
pm_marks_free(struct pm_marks *marks)
{
	pm_free(marks->offset);
	*marks = (struct pm_marks){ 0 };
}
