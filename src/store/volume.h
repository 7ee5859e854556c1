/*
 * volume.h - the volumes of an archive: frames in batches, each batch ended
 * by a commit marker, and HEAD, which names the last one.
 *
 *	ARCHIVE/HEAD
 *	ARCHIVE/volumes/000001.tar.zst, 000002.tar.zst, ...
 *
 * Bytes: src/FORMAT.md.  Invariants (cited by code and tests):
 *
 * V1  A batch is committed when its marker verifies: its SHA-256 over all
 *     compressed bytes since the previous marker, its chain value over itself
 *     and the previous chain value.
 * V2  Order of a commit: frames and marker written, fsync of the volume,
 *     fsync of volumes/ if the file is new, HEAD replaced.  Only then may the
 *     caller tell the catalog.  When an fsync fails the batch is taken back;
 *     what is adopted is written once more before its fsync.
 * V3  A batch lies in one volume.  Frame ids count frames over all volumes in
 *     the order of the log, from 1; the marker says the first of its batch.
 * V4  Bytes before the last verified marker are never written again.
 * V5  A sealed volume never changes.
 * V6  Readers never write.  They see the batches up to HEAD; a writer adopts
 *     batches that verify past HEAD and cuts the rest.
 * V7  A log that is written anew stands in volumes behind the last one, and
 *     takes the place of the old one when HEAD is replaced, at once.  Until
 *     then HEAD says from which volume on nothing counts; after that which
 *     volumes do not count any more, until nobody reads them and they are
 *     removed.
 */
#ifndef PM_STORE_VOLUME_H
#define PM_STORE_VOLUME_H

#include <stdbool.h>

#include "base/buf.h"
#include "store/frame.h"
#include "store/sha256.h"

enum { PM_FORMAT_VERSION = 1 };

/* One entry of a marker's item index: an article's body. */
struct pm_item {
	uint8_t sha256[PM_SHA256_BYTES];
	uint32_t frame;          /* index within the batch */
	uint32_t offset;         /* of the first byte in the frame's plain bytes */
	uint64_t bytes;          /* a body over PM_MEMBER_MAX goes on in the
	                          * first data of the following frames */
};

struct pm_frame_at {
	uint64_t offset;         /* in the volume file */
	uint32_t packed_bytes;
	uint32_t plain_bytes;
};

/* One committed batch, as its marker describes it. */
struct pm_batch {
	uint64_t sequence;       /* 1, 2, 3 ... over the whole archive */
	uint64_t run;
	uint32_t volume;
	uint64_t start;          /* offset of its first byte: the end of the
	                          * previous marker */
	uint64_t marker;         /* offset of its marker */
	uint64_t end;            /* offset after its marker */
	uint64_t first_frame;    /* id of frame[0] */
	const struct pm_frame_at *frame;
	uint32_t frame_n;
	const struct pm_item *item;
	uint32_t item_n;
	bool seals;              /* its volume ends with it */
	uint8_t chain[PM_SHA256_BYTES];
};

/* What HEAD says; sequence 0 and volume 0: nothing was committed yet. */
struct pm_head {
	uint32_t format;
	uint32_t volume;
	uint64_t length;         /* bytes of that volume that are committed,
	                          * with its tables once it is sealed */
	uint64_t sequence;
	uint64_t next_frame;
	bool sealed;
	uint8_t chain[PM_SHA256_BYTES];
	uint32_t rewrite;        /* first volume of an unfinished rewrite that
	                          * goes on up to the last file; 0: none */
	uint32_t drop_from;      /* volumes that were replaced and are still to */
	uint32_t drop_to;        /* be removed, both ends included; 0: none */
};

/* PM_ENOTFOUND (no archive here), PM_ECORRUPT, PM_EVERSION. */
int pm_head_read(struct pm_head *out, const char *archive, struct pm_err *err);
/* The text of one; path names it in errors. */
int pm_head_parse(struct pm_head *out, struct pm_bytes text, const char *path,
    struct pm_err *err);
int pm_head_write(const char *archive, const struct pm_head *head,
    struct pm_err *err);

/*
 * Writing.  open: an archive whose directories exist; takes the lock
 * (PM_EBUSY), reads HEAD (none: a new archive, one is written), verifies and
 * adopts batches past it, cuts what does not verify.  Then for each batch
 * frame ... commit; seal ends the open volume (the next frame starts a new
 * one).  A write error leaves the writer unusable but for close; what was
 * committed stays.
 */
struct pm_volume_writer;
struct pm_walk_start;
int pm_volume_writer_open(struct pm_volume_writer **out, const char *archive,
    struct pm_err *err);
/* The same for repair: takes the lock and looks at nothing.  Then only assume,
 * drop, rewrite and what follows that can be called, or close. */
int pm_volume_writer_open_damaged(struct pm_volume_writer **out,
    const char *archive, struct pm_err *err);
/* Go by this HEAD, the archive's or one where there is none to go by.  Before
 * a rewrite its volume is the last of the files in volumes/, so that none of
 * them is written or removed before the new log stands. */
void pm_volume_writer_assume(struct pm_volume_writer *writer,
    const struct pm_head *head);
void pm_volume_writer_close(struct pm_volume_writer *writer);
const struct pm_head *pm_volume_writer_head(
    const struct pm_volume_writer *writer);

/* Id that the next frame will have.  A new volume begins with a frame of its
 * own (the member that says what the file is), so call this after
 * pm_volume_writer_begin. */
int pm_volume_writer_begin(struct pm_volume_writer *writer, uint64_t run,
    uint64_t *next_frame, struct pm_err *err);
/* Append one frame from pm_frame_encode.  Frames get consecutive ids. */
int pm_volume_writer_frame(struct pm_volume_writer *writer,
    struct pm_bytes packed, uint32_t plain_bytes, struct pm_err *err);
/* item[].frame counts from the first frame after begin (the volume's own
 * first frame is not counted; the marker's index is adjusted inside).  *out
 * is borrowed until the next call on writer. */
int pm_volume_writer_commit(struct pm_volume_writer *writer,
    const struct pm_item *item, uint32_t item_n, const struct pm_batch **out,
    struct pm_err *err);
/* Bytes of the open volume; 0 when none is open. */
uint64_t pm_volume_writer_bytes(const struct pm_volume_writer *writer);
int pm_volume_writer_seal(struct pm_volume_writer *writer,
    struct pm_err *err);

/*
 * Writing the log anew (V7), from behind a batch that ends a volume, or all
 * of it (after: zeros).  From here on begin, frame, commit and seal write to
 * new volumes, whose first batch continues `after` (or is batch 1 with frame
 * 1); each commit is durable, but HEAD and what readers see stay as they were,
 * and frames of the standing log can be read.  Then either
 * replace: the new log is the archive's.  It must have a batch.  Or close: the
 * new volumes are removed, as the next writer does after a kill.
 */
int pm_volume_writer_rewrite(struct pm_volume_writer *writer,
    const struct pm_walk_start *after, struct pm_err *err);
int pm_volume_writer_replace(struct pm_volume_writer *writer,
    struct pm_err *err);
/* The HEAD that replace will write: with it the new log can be walked. */
void pm_volume_writer_rewritten(struct pm_head *out,
    const struct pm_volume_writer *writer);
/* Remove the volumes that were replaced, if nobody reads the archive; *left:
 * how many are still there, for the next writer to try again.  Until then a
 * catalog of the old log serves readers, so it must be of the new one now. */
int pm_volume_writer_drop(struct pm_volume_writer *writer, uint32_t *left,
    struct pm_err *err);

/*
 * Reading single frames; any number of readers, also while a writer works.
 * Keeps a few volumes open.  Thread-safe: no.
 */
struct pm_volume_reader;
int pm_volume_reader_open(struct pm_volume_reader **out, const char *archive,
    struct pm_err *err);
void pm_volume_reader_close(struct pm_volume_reader *reader);
/* Append the compressed bytes. */
int pm_volume_reader_packed(struct pm_volume_reader *reader,
    struct pm_buf *out, uint32_t volume, const struct pm_frame_at *frame,
    struct pm_err *err);

/*
 * Walking the log, batch by batch, verifying as it goes: V1 for every batch,
 * and at the end that HEAD is what was found.  A volume that cannot be read
 * ends the walk with PM_EIO, or why it could not.
 *
 * after: sequence of the batch to start behind, with its end and chain; all
 * zero for the beginning.
 */
struct pm_volume_walk;
struct pm_walk_start {
	uint64_t sequence;
	uint32_t volume;
	uint64_t end;
	uint64_t next_frame;
	uint8_t chain[PM_SHA256_BYTES];
};
/* What is wrong with the volumes, one thing at a time. */
struct pm_damage {
	uint32_t volume;         /* 0: HEAD or the directory */
	uint64_t offset;
	uint64_t frame;          /* id, 0 when it is no single frame */
	uint64_t sequence;       /* batch, 0 when unknown */
	char text[256];
};
struct pm_walk_options {
	struct pm_walk_start start;
	const struct pm_head *head;      /* to go by; NULL: the archive's */
	/* QUICK checks markers, chain, lengths and HEAD and does not read the
	 * data between; FULL also hashes the data (V1). */
	enum { PM_WALK_QUICK, PM_WALK_FULL } level;
	/* NULL: the first damage ends the walk with PM_ECORRUPT.  Else damage
	 * is told here and the walk goes on at the next marker that verifies
	 * by itself, also in the next volume. */
	void (*damaged)(void *context, const struct pm_damage *damage);
	void *context;
	/* With FULL: whether the data of this batch is hashed.  NULL: of all.
	 * Asked once, before the batch is given. */
	bool (*wanted)(void *context, const struct pm_batch *batch);
};
int pm_volume_walk_open(struct pm_volume_walk **out, const char *archive,
    const struct pm_walk_options *options, struct pm_err *err);
void pm_volume_walk_close(struct pm_volume_walk *walk);
/* PM_OK, PM_END.  *out is borrowed until the next call. */
int pm_volume_walk_next(struct pm_volume_walk *walk,
    const struct pm_batch **out, struct pm_err *err);
/* The compressed bytes of frame[i] of the current batch; *out holds nothing
 * else then. */
int pm_volume_walk_packed(struct pm_volume_walk *walk, uint32_t i,
    struct pm_buf *out, struct pm_err *err);

#endif
