/*
 * Writing batches (volume.h: V2 to V5).  What happens when an archive is
 * opened after a kill is in volume_adopt.c.
 */
#include "store/volume_writer.h"

#include <stdio.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"

enum { SEAL_LEVEL = 3 };

const struct pm_head *
pm_volume_writer_head(const struct pm_volume_writer *writer)
{
	return &writer->head;
}

uint64_t
pm_volume_writer_bytes(const struct pm_volume_writer *writer)
{
	return writer->fd < 0 ? 0 : writer->at;
}

enum opening { OPEN_ADOPT, OPEN_DAMAGED };

static int
writer_open(struct pm_volume_writer **out, const char *archive,
    enum opening how, struct pm_err *err)
{
	struct pm_volume_writer *writer = pm_alloc_zero(sizeof *writer, err);
	size_t n = strlen(archive) + 1;
	int rc = PM_ENOMEM;

	if (writer == NULL)
		return PM_ENOMEM;
	writer->fd = writer->lock = -1;
	if ((writer->archive = pm_alloc(n, err)) == NULL ||
	    (writer->directory = pm_volume_directory(archive, err)) == NULL ||
	    (writer->sha = pm_sha256_new(err)) == NULL)
		goto done;
	memcpy(writer->archive, archive, n);
	if ((rc = pm_fs_lock(&writer->lock, archive, err)) != PM_OK)
		goto done;
	if (how == OPEN_ADOPT && (rc = pm_volume_adopt(writer, err)) != PM_OK)
		goto done;
	*out = writer;
	writer = NULL;
done:
	pm_volume_writer_close(writer);
	return rc;
}

int
pm_volume_writer_open(struct pm_volume_writer **out, const char *archive,
    struct pm_err *err)
{
	return writer_open(out, archive, OPEN_ADOPT, err);
}

int
pm_volume_writer_open_damaged(struct pm_volume_writer **out,
    const char *archive, struct pm_err *err)
{
	return writer_open(out, archive, OPEN_DAMAGED, err);
}

void
pm_volume_close_file(struct pm_volume_writer *writer)
{
	pm_fs_close(writer->fd);
	writer->fd = -1;
	pm_free(writer->path);
	writer->path = NULL;
}

/* Take back a batch that was begun and not committed.  Only a courtesy: the
 * next writer would do it. */
static void
drop_batch(struct pm_volume_writer *writer)
{
	struct pm_err ignored;

	if (writer->new_file)
		(void)pm_fs_remove(writer->path, &ignored);
	else
		(void)pm_fs_truncate(writer->fd, writer->head.length,
		    writer->path, &ignored);
}

void
pm_volume_writer_close(struct pm_volume_writer *writer)
{
	if (writer == NULL)
		return;
	/* After a failure nobody knows what HEAD says: hands off. */
	if (writer->in_batch && !writer->failed)
		drop_batch(writer);
	pm_volume_close_file(writer);
	if (writer->rewriting)
		pm_volume_abandon(writer);
	pm_fs_close(writer->lock);
	pm_sha256_free(writer->sha);
	pm_buf_clear(&writer->bytes);
	pm_free(writer->frame);
	pm_free(writer->item);
	pm_free(writer->directory);
	pm_free(writer->archive);
	pm_free(writer);
}

static int
usable(struct pm_volume_writer *writer, bool in_batch, struct pm_err *err)
{
	if (writer->failed)
		return pm_fail(err, PM_EIO, "%s: an earlier write or "
		    "commit failed", writer->archive);
	if (writer->in_batch != in_batch)
		return pm_fail(err, PM_EUSAGE, in_batch ?
		    "no batch was begun" : "a batch is open");
	return PM_OK;
}

/* Append to the volume; hashed when it is data of the batch. */
static int
put(struct pm_volume_writer *writer, struct pm_bytes bytes, bool data,
    struct pm_err *err)
{
	int rc = pm_fs_write_at(writer->fd, bytes.p, bytes.n, writer->at,
	    writer->path, err);

	if (rc != PM_OK) {
		writer->failed = true;
		return rc;
	}
	if (data)
		pm_sha256_update(writer->sha, bytes);
	writer->at += bytes.n;
	return PM_OK;
}

static int
put_frame(struct pm_volume_writer *writer, struct pm_bytes packed,
    uint32_t plain_bytes, struct pm_err *err)
{
	uint64_t offset = writer->at;
	int rc;

	if (writer->frame_n == writer->frame_capacity) {
		size_t more = writer->frame_capacity == 0 ? 64 :
		    2 * writer->frame_capacity;
		struct pm_frame_at *grown = pm_realloc_array(writer->frame,
		    more, sizeof *grown, err);

		if (grown == NULL)
			return PM_ENOMEM;
		writer->frame = grown;
		writer->frame_capacity = more;
	}
	if ((rc = put(writer, packed, true, err)) != PM_OK)
		return rc;
	writer->frame[writer->frame_n++] = (struct pm_frame_at){ offset,
	    (uint32_t)packed.n, plain_bytes };
	return PM_OK;
}

/* Encode these plain bytes and put them as a frame. */
static int
put_plain(struct pm_volume_writer *writer, struct pm_bytes plain,
    struct pm_err *err)
{
	struct pm_frame_coder *coder = NULL;
	struct pm_buf packed;
	int rc;

	pm_buf_init(&packed);
	if ((rc = pm_frame_coder_new(&coder, err)) == PM_OK &&
	    (rc = pm_frame_encode(coder, &packed, plain, SEAL_LEVEL, err)) ==
	    PM_OK)
		rc = put_frame(writer, pm_buf_bytes(&packed),
		    (uint32_t)plain.n, err);
	pm_frame_coder_free(coder);
	pm_buf_clear(&packed);
	return rc;
}

/* The frame that says what the file is. */
static int
put_first_frame(struct pm_volume_writer *writer, uint32_t volume,
    struct pm_err *err)
{
	struct pm_buf line, plain;
	char name[40];
	int rc;

	pm_buf_init(&line);
	pm_buf_init(&plain);
	(void)snprintf(name, sizeof name, "volume-%06u.json",
	    (unsigned)volume);
	rc = pm_buf_printf(&line, err, "{\"format\":%d,\"volume\":%u,"
	    "\"program\":\"pressmark %s\"}\n", PM_FORMAT_VERSION,
	    (unsigned)volume, PM_VERSION);
	if (rc == PM_OK)
		rc = pm_tar_append(&plain, name, pm_buf_bytes(&line), 0, err);
	if (rc == PM_OK)
		rc = put_plain(writer, pm_buf_bytes(&plain), err);
	pm_buf_clear(&line);
	pm_buf_clear(&plain);
	return rc;
}

static int
new_volume(struct pm_volume_writer *writer, struct pm_err *err)
{
	uint32_t volume = writer->head.volume + 1;
	int rc;

	if (volume == 0)
		return pm_fail(err, PM_ELIMIT, "%s: no volume number is left",
		    writer->archive);
	writer->path = pm_volume_path(writer->archive, volume, err);
	if (writer->path == NULL)
		return PM_ENOMEM;
	rc = pm_fs_create(&writer->fd, writer->path, 0666, err);
	if (rc != PM_OK) {
		pm_volume_close_file(writer);
		return rc;
	}
	writer->volume = volume;
	writer->at = 0;
	writer->volume_items = writer->volume_entries = 0;
	writer->new_file = true;
	return PM_OK;
}

static void
begin_batch(struct pm_volume_writer *writer, uint64_t run)
{
	uint8_t unused[PM_SHA256_BYTES];

	writer->run = run;
	writer->start = writer->at;
	writer->frame_n = 0;
	writer->in_batch = true;
	pm_sha256_final(unused, writer->sha);
}

int
pm_volume_writer_begin(struct pm_volume_writer *writer, uint64_t run,
    uint64_t *next_frame, struct pm_err *err)
{
	int rc;

	if ((rc = usable(writer, false, err)) != PM_OK)
		return rc;
	if (writer->fd < 0 && (rc = new_volume(writer, err)) != PM_OK)
		return rc;
	begin_batch(writer, run);
	if (writer->new_file && (rc = put_first_frame(writer, writer->volume,
	    err)) != PM_OK) {
		writer->failed = true;
		return rc;
	}
	writer->own_frames = (uint32_t)writer->frame_n;
	*next_frame = writer->head.next_frame + writer->frame_n;
	return PM_OK;
}

int
pm_volume_writer_frame(struct pm_volume_writer *writer,
    struct pm_bytes packed, uint32_t plain_bytes, struct pm_err *err)
{
	int rc;

	if ((rc = usable(writer, true, err)) != PM_OK)
		return rc;
	if (packed.n < PM_PACKED_MIN || packed.n > PM_PACKED_MAX ||
	    plain_bytes > PM_FRAME_PLAIN_MAX)
		return pm_fail(err, PM_ELIMIT, "a frame of %zu bytes, %u "
		    "before compression, is out of bounds", packed.n,
		    (unsigned)plain_bytes);
	/* Marker and tables must stay skippable, and frames real ones. */
	if (pm_le32_get(packed.p) >> 4 == PM_MAGIC_MARKER >> 4 ||
	    pm_frame_measure(packed) != packed.n)
		return pm_fail(err, PM_EUSAGE, "not exactly one zstd frame");
	return put_frame(writer, packed, plain_bytes, err);
}

/* The marker of what was put since begin. */
static int
finish_batch(struct pm_volume_writer *writer, struct pm_batch *batch,
    bool seals, struct pm_err *err)
{
	uint8_t data[PM_SHA256_BYTES];
	struct pm_marker_facts facts = { writer->head.chain, data, seals };
	int rc;

	*batch = (struct pm_batch){ .sequence = writer->head.sequence + 1,
	    .run = writer->run, .volume = writer->volume,
	    .start = writer->start, .marker = writer->at,
	    .first_frame = writer->head.next_frame, .frame = writer->frame,
	    .frame_n = (uint32_t)writer->frame_n, .item = writer->item,
	    .item_n = (uint32_t)writer->item_n };
	pm_buf_reset(&writer->bytes);
	pm_sha256_final(data, writer->sha);
	if ((rc = pm_marker_write(&writer->bytes, batch, &facts, err)) !=
	    PM_OK)
		return rc;
	return put(writer, pm_buf_bytes(&writer->bytes), false, err);
}

/* After a failed fsync the kernel may take for clean what never reached the
 * disk, and a second one succeeds.  So a batch whose fsync failed is taken
 * back, lest the next writer adopt it. */
static int
make_durable(struct pm_volume_writer *writer, struct pm_err *err)
{
	int rc = pm_fs_sync(writer->fd, writer->path, err);

	if (rc == PM_OK && writer->new_file)
		rc = pm_fs_sync_directory(writer->directory, err);
	if (rc != PM_OK)
		drop_batch(writer);
	return rc;
}

/* V2: the volume is durable before HEAD names the batch; V7: which it does
 * not while the log is written anew. */
static int
publish(struct pm_volume_writer *writer, const struct pm_batch *batch,
    bool sealed, struct pm_err *err)
{
	struct pm_head head = { .format = PM_FORMAT_VERSION,
	    .volume = writer->volume, .length = writer->at,
	    .sequence = batch->sequence,
	    .next_frame = batch->first_frame + batch->frame_n,
	    .sealed = sealed, .drop_from = writer->head.drop_from,
	    .drop_to = writer->head.drop_to };
	int rc;

	memcpy(head.chain, batch->chain, PM_SHA256_BYTES);
	if ((rc = make_durable(writer, err)) != PM_OK)
		return rc;
	if (!writer->rewriting &&
	    (rc = pm_head_write(writer->archive, &head, err)) != PM_OK)
		return rc;
	writer->new_file = false;
	writer->in_batch = false;
	writer->head = head;
	return PM_OK;
}

/* The caller's items, counted from the batch's true first frame. */
static int
take_items(struct pm_volume_writer *writer, const struct pm_item *item,
    uint32_t item_n, struct pm_err *err)
{
	struct pm_item *copy;

	writer->item_n = 0;
	if (item_n > PM_INDEX_ITEMS_MAX - writer->volume_items ||
	    writer->frame_n + 4 > PM_TABLE_ENTRIES_MAX -
	    writer->volume_entries)
		return pm_fail(err, PM_ELIMIT, "%s: too many items or frames "
		    "for one volume", writer->path);
	copy = pm_realloc_array(writer->item, (size_t)item_n + 1,
	    sizeof *copy, err);
	if (copy == NULL)
		return PM_ENOMEM;
	writer->item = copy;
	for (uint32_t i = 0; i < item_n; i++) {
		copy[i] = item[i];
		if (item[i].frame > UINT32_MAX - writer->own_frames)
			return pm_fail(err, PM_EUSAGE,
			    "item %u of the batch has no frame", (unsigned)i);
		copy[i].frame += writer->own_frames;
	}
	writer->item_n = item_n;
	return PM_OK;
}

int
pm_volume_writer_commit(struct pm_volume_writer *writer,
    const struct pm_item *item, uint32_t item_n, const struct pm_batch **out,
    struct pm_err *err)
{
	int rc;

	if ((rc = usable(writer, true, err)) != PM_OK)
		return rc;
	writer->failed = true;           /* until all of it is done */
	if ((rc = take_items(writer, item, item_n, err)) != PM_OK ||
	    (rc = finish_batch(writer, &writer->batch, false, err)) != PM_OK ||
	    (rc = publish(writer, &writer->batch, false, err)) != PM_OK)
		return rc;
	writer->failed = false;
	writer->last_run = writer->run;
	writer->volume_items += item_n;
	writer->volume_entries += writer->frame_n + 1;
	if (out != NULL)
		*out = &writer->batch;
	return PM_OK;
}

/* Two zero blocks end a tar archive. */
static int
put_end_of_archive(struct pm_volume_writer *writer, struct pm_err *err)
{
	static const uint8_t zero[2 * PM_TAR_BLOCK];

	return put_plain(writer, (struct pm_bytes){ zero, sizeof zero }, err);
}

/* A table that follows from the markers of the open volume up to `end`. */
static int
make_table(struct pm_volume_writer *writer, uint64_t end,
    int (*make)(struct pm_buf *out, struct pm_view view,
    const struct pm_marks *marks, uint32_t volume, struct pm_err *err),
    struct pm_err *err)
{
	struct pm_marks marks = { 0 };
	struct pm_volume_file file;
	int rc;

	pm_volume_file_init(&file);
	pm_buf_reset(&writer->bytes);
	if ((rc = pm_volume_file_open(&file, writer->archive, writer->volume,
	    err)) == PM_OK)
		rc = pm_marks_find(&marks, pm_volume_view(&file), end,
		    writer->volume, err);
	if (rc == PM_OK)
		rc = pm_volume_file_failed(&file, err);
	if (rc == PM_OK && !marks.whole)
		rc = pm_fail(err, PM_ECORRUPT, "%s: a commit marker is "
		    "damaged; verify the archive", writer->path);
	if (rc == PM_OK)
		rc = make(&writer->bytes, pm_volume_view(&file), &marks,
		    writer->volume, err);
	pm_marks_free(&marks);
	pm_volume_file_close(&file);
	return rc;
}

static int
put_index(struct pm_volume_writer *writer, struct pm_err *err)
{
	int rc = make_table(writer, writer->start, pm_seal_index, err);

	return rc == PM_OK ? put(writer, pm_buf_bytes(&writer->bytes), true,
	    err) : rc;
}

int
pm_volume_put_table(struct pm_volume_writer *writer, struct pm_err *err)
{
	int rc = make_table(writer, writer->at, pm_seal_table, err);

	return rc == PM_OK ? put(writer, pm_buf_bytes(&writer->bytes), false,
	    err) : rc;
}

int
pm_volume_writer_seal(struct pm_volume_writer *writer, struct pm_err *err)
{
	int rc;

	if ((rc = usable(writer, false, err)) != PM_OK)
		return rc;
	if (writer->fd < 0)
		return PM_OK;
	begin_batch(writer, writer->last_run);
	writer->failed = true;           /* until all of it is done */
	writer->item_n = 0;
	if ((rc = put_end_of_archive(writer, err)) != PM_OK ||
	    (rc = put_index(writer, err)) != PM_OK ||
	    (rc = finish_batch(writer, &writer->batch, true, err)) != PM_OK ||
	    (rc = pm_volume_put_table(writer, err)) != PM_OK ||
	    (rc = publish(writer, &writer->batch, true, err)) != PM_OK)
		return rc;
	writer->failed = false;
	pm_volume_close_file(writer);
	return PM_OK;
}
