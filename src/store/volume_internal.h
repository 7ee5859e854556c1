/*
 * volume_internal.h - what the files behind volume.h share: paths, commit
 * markers and the two tables of a sealed volume.  Bytes: src/FORMAT.md.
 *
 * Nothing here trusts what it reads: a marker is looked at only after
 * pm_marker_parse found that it fits, and believed only after
 * pm_marker_check.
 */
#ifndef PM_STORE_VOLUME_INTERNAL_H
#define PM_STORE_VOLUME_INTERNAL_H

#include "store/volume.h"

#define PM_MAGIC_MARKER 0x184D2A50u
#define PM_MAGIC_INDEX 0x184D2A51u
#define PM_MAGIC_TABLE 0x184D2A5Eu
#define PM_MAGIC_TABLE_END 0x8F92EAB1u

enum {
	PM_SKIP_HEADER = 8,              /* magic and size of such a frame */
	PM_MARKER_FIXED = 68,
	PM_MARKER_FRAME = 8,
	PM_MARKER_ITEM = 48,
	PM_MARKER_TAIL = 3 * PM_SHA256_BYTES + 4,
	PM_MARKER_BYTES_MIN = PM_SKIP_HEADER + PM_MARKER_FIXED +
	    PM_MARKER_TAIL,
	PM_MARKER_PAYLOAD_MAX = 256 << 20,
	PM_MARKER_SEALS = 1,             /* the one flag */

	PM_PACKED_MIN = 9,               /* no zstd frame is smaller */
	PM_PACKED_MAX = 32 << 20,

	PM_INDEX_FIXED = 24,
	PM_INDEX_ITEM = 56,
	PM_INDEX_ITEMS_MAX = 1 << 26,    /* so that its size fits in 32 bits */

	PM_TABLE_ENTRY = 8,
	PM_TABLE_FOOTER = 9,
	PM_TABLE_ENTRIES_MAX = 1 << 27   /* the seekable format's own limit */
};

/* volume_paths: ARCHIVE/volumes, and a volume's file; free with pm_free. */
char *pm_volume_directory(const char *archive, struct pm_err *err);
char *pm_volume_path(const char *archive, uint32_t volume,
    struct pm_err *err);
/* Numbers of the volumes that are there, ascending; free with pm_free. */
int pm_volume_list(uint32_t **out, size_t *n, const char *archive,
    struct pm_err *err);

/*
 * A volume open for reading.  The first read that fails is kept: from then on
 * every read fails, what depends on one finds nothing, and who acts on that
 * asks pm_volume_file_failed first.
 */
struct pm_volume_file {
	int fd;
	char *path;
	uint64_t bytes;          /* when it was opened */
	struct pm_err failure;   /* status PM_OK: none */
	struct pm_buf window;
	uint64_t window_at;
};
void pm_volume_file_init(struct pm_volume_file *file);
/* After init; on failure too it is to be closed. */
int pm_volume_file_open(struct pm_volume_file *file, const char *archive,
    uint32_t volume, struct pm_err *err);
/* The same for the file whose name has this behind it. */
int pm_volume_file_open_beside(struct pm_volume_file *file,
    const char *archive, uint32_t volume, const char *suffix,
    struct pm_err *err);
void pm_volume_file_close(struct pm_volume_file *file);
int pm_volume_file_failed(const struct pm_volume_file *file,
    struct pm_err *err);
/* n bytes at offset, or some from there on; borrowed until the next call of
 * one of these two.  NULL: there are none, or it failed. */
const uint8_t *pm_volume_file_at(struct pm_volume_file *file,
    uint64_t offset, size_t n);
const uint8_t *pm_volume_file_from(struct pm_volume_file *file,
    uint64_t offset, size_t *n);
/* The same into memory of the caller; false: not all there, or it failed. */
bool pm_volume_file_get(struct pm_volume_file *file, uint8_t *p, size_t n,
    uint64_t offset);
bool pm_volume_file_load(struct pm_volume_file *file, struct pm_buf *out,
    uint64_t offset, uint64_t n);
bool pm_volume_file_sha256(uint8_t out[PM_SHA256_BYTES],
    struct pm_volume_file *file, uint64_t offset, uint64_t n);

/* As much of a volume as may be looked at. */
struct pm_view {
	struct pm_volume_file *file;
	uint64_t n;
};
static inline struct pm_view
pm_volume_view(struct pm_volume_file *file)
{
	return (struct pm_view){ file, file->bytes };
}

/* A marker in a volume; frames and items once it was loaded. */
struct pm_marker {
	uint64_t offset;
	uint64_t end;
	uint64_t run;
	uint64_t sequence;
	uint64_t start;
	uint64_t data_bytes;             /* from start to offset */
	uint64_t first_frame;
	uint32_t volume;
	uint32_t frame_n;
	uint32_t item_n;
	bool seals;
	const uint8_t *frames;   /* in the buffer it was loaded into */
	const uint8_t *items;
	uint8_t previous[PM_SHA256_BYTES];
	uint8_t data_sha256[PM_SHA256_BYTES];
	uint8_t chain[PM_SHA256_BYTES];
};

/*
 * Lay a marker out at byte offset.  Returns NULL, or why there is none.
 * Costs little, and says nothing about whether its contents are true.
 */
const char *pm_marker_parse(struct pm_marker *out, struct pm_view view,
    uint64_t offset, uint32_t volume);
/* The same wherever its batch was: bytes before it may have gone or come. */
const char *pm_marker_parse_moved(struct pm_marker *out, struct pm_view view,
    uint64_t offset, uint32_t volume);
/* The same as the first for the marker that ends at byte end. */
const char *pm_marker_parse_back(struct pm_marker *out, struct pm_view view,
    uint64_t end, uint32_t volume);
/* Its tables, into room, where they stay until that changes.  Returns NULL,
 * or why not. */
const char *pm_marker_load(struct pm_marker *marker, struct pm_view view,
    struct pm_buf *room);
/* Whether a marker was written here: one of its two magics is whole, so that
 * a marker that lost the other is not taken for a frame. */
bool pm_marker_stands(struct pm_bytes bytes);
/* Load it, and find whether it verifies by itself: its chain value, and that
 * frames and items lie within its batch.  Returns NULL, or why not. */
const char *pm_marker_check(struct pm_marker *marker, struct pm_view view,
    struct pm_buf *room);
/* Packed and plain bytes of frame i. */
uint32_t pm_marker_packed(const struct pm_marker *marker, uint32_t i);
uint32_t pm_marker_plain(const struct pm_marker *marker, uint32_t i);
void pm_marker_item(struct pm_item *out, const struct pm_marker *marker,
    uint32_t i);

/* Append the marker of a batch; sets batch->end and batch->chain. */
struct pm_marker_facts {
	const uint8_t *previous;
	const uint8_t *data_sha256;
	bool seals;
};
int pm_marker_write(struct pm_buf *out, struct pm_batch *batch,
    const struct pm_marker_facts *facts, struct pm_err *err);

/* A batch with arrays of its own, refilled from one marker after another. */
struct pm_batch_store {
	struct pm_batch batch;
	struct pm_frame_at *frame;
	struct pm_item *item;
	size_t frame_capacity;
	size_t item_capacity;
};
int pm_batch_fill(struct pm_batch_store *store,
    const struct pm_marker *marker, struct pm_err *err);
void pm_batch_clear(struct pm_batch_store *store);

/*
 * Search for a marker that verifies by itself, at any offset from `from`.
 * Hashing is what a hostile volume could make endless: *budget is the bytes
 * of markers that may still be hashed.  PM_OK, PM_END (none), PM_ELIMIT
 * (budget spent; err untouched).
 */
struct pm_marker_search {
	uint64_t from;
	uint64_t sequence;       /* it must be after this batch, */
	uint64_t next_frame;     /* and its frames not before this one */
	uint32_t volume;
};
int pm_marker_search(struct pm_marker *out, struct pm_view view,
    const struct pm_marker_search *search, struct pm_buf *room,
    uint64_t *budget);
uint64_t pm_marker_budget(const struct pm_volume_file *file);

/*
 * The markers of a volume, found from the last one backwards: each says
 * where its batch starts, which is where the one before ends.  Parsed only.
 * whole: the first starts at byte 0.
 */
struct pm_marks {
	uint64_t *offset;        /* ascending */
	size_t n;
	bool whole;
};
int pm_marks_find(struct pm_marks *out, struct pm_view view, uint64_t end,
    uint32_t volume, struct pm_err *err);
void pm_marks_free(struct pm_marks *marks);

/* The item index of all markers up to now, as a skippable frame. */
int pm_seal_index(struct pm_buf *out, struct pm_view view,
    const struct pm_marks *marks, uint32_t volume, struct pm_err *err);
/* Why the index frame before the sealing marker, marks' last, is not the
 * index of all others; NULL when it is. */
const char *pm_seal_index_fault(struct pm_view view,
    const struct pm_marks *marks, uint32_t volume);
/* The seek table for all frames up to the sealing marker, marks' last. */
int pm_seal_table(struct pm_buf *out, struct pm_view view,
    const struct pm_marks *marks, uint32_t volume, struct pm_err *err);
/* Where the seek table that ends the volume starts; 0: there is none. */
uint64_t pm_seal_table_at(struct pm_view view);

/* volume_walk.c: a walk for the writer, which ignores HEAD, goes on to the
 * end of the files and stops before what does not verify. */
int pm_volume_walk_adopt(struct pm_volume_walk **out, const char *archive,
    const struct pm_walk_start *start, struct pm_err *err);
/* How far it came.  seals: the last batch ends its volume, but the seek table
 * behind it is torn or missing. */
void pm_volume_walk_state(const struct pm_volume_walk *walk,
    struct pm_head *out, bool *seals);

#endif
