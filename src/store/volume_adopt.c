/*
 * What a writer does first.  HEAD may be behind the volumes: the last writer
 * was killed between marker and HEAD, or HEAD came from a backup.  Batches
 * that verify past it are adopted (V6).  Bytes that hold no batch are cut;
 * but if a batch that verifies by itself lies behind something that does not,
 * that is damage and no torn end, and nothing is touched.
 */
#include "store/volume_writer.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"

enum { AGAIN_BYTES = 1 << 20 };

/* Where the log goes on, as far as HEAD knows; checked against the bytes. */
static int
tail_fault(struct pm_volume_file *file, const struct pm_head *head,
    struct pm_walk_start *start, const char **fault)
{
	struct pm_view whole = { file, head->length };
	struct pm_buf room;
	uint64_t end = head->sealed ? pm_seal_table_at(whole) : head->length;
	struct pm_marker marker;

	pm_buf_init(&room);
	*fault = end == 0 ? "it has no seek table" :
	    pm_marker_parse_back(&marker, whole, end, head->volume);
	if (*fault == NULL)
		*fault = pm_marker_check(&marker, whole, &room);
	pm_buf_clear(&room);
	if (*fault == NULL && (marker.sequence != head->sequence ||
	    marker.first_frame + marker.frame_n != head->next_frame ||
	    marker.seals != head->sealed ||
	    memcmp(marker.chain, head->chain, PM_SHA256_BYTES) != 0))
		*fault = "it is another batch";
	if (*fault != NULL)
		return PM_ECORRUPT;
	*start = (struct pm_walk_start){ .sequence = head->sequence,
	    .volume = head->volume, .end = end,
	    .next_frame = head->next_frame };
	memcpy(start->chain, head->chain, PM_SHA256_BYTES);
	return PM_OK;
}

/*
 * A marker that verifies by itself and whose data does not: after a power
 * failure the file system may have kept the one and lost the other.
 */
static bool
is_torn(struct pm_volume_file *file, const struct pm_marker *marker)
{
	uint8_t sum[PM_SHA256_BYTES];

	return pm_volume_file_sha256(sum, file, marker->start,
	    marker->data_bytes) && memcmp(sum, marker->data_sha256, sizeof sum) != 0;
}

/*
 * PM_ECORRUPT when the bytes from here on are more than the torn end of one
 * batch; another status when they cannot be read.
 */
static int
refuse_batches(struct pm_volume_writer *writer, uint32_t volume,
    uint64_t from, struct pm_err *err)
{
	struct pm_marker_search search = { from, writer->head.sequence,
	    writer->head.next_frame, volume };
	struct pm_volume_file file;
	struct pm_marker marker;
	struct pm_buf room;
	uint64_t budget;
	int found = PM_END, rc;

	pm_volume_file_init(&file);
	pm_buf_init(&room);
	if ((rc = pm_volume_file_open(&file, writer->archive, volume, err)) ==
	    PM_OK) {
		budget = pm_marker_budget(&file);
		found = pm_marker_search(&marker, pm_volume_view(&file),
		    &search, &room, &budget);
		if (found == PM_OK && marker.start == from &&
		    marker.sequence == writer->head.sequence + 1 &&
		    is_torn(&file, &marker)) {
			search.from++;   /* no batch but this starts here */
			found = pm_marker_search(&marker,
			    pm_volume_view(&file), &search, &room, &budget);
		}
		rc = pm_volume_file_failed(&file, err);
	}
	pm_buf_clear(&room);
	pm_volume_file_close(&file);
	if (rc != PM_OK)
		return rc;
	return found == PM_END ? PM_OK : pm_fail(err, PM_ECORRUPT,
	    "%s/%06u.tar.zst: bytes from %llu on are damaged or do not "
	    "continue the log, but batches follow: nothing was changed; "
	    "repair the archive first", writer->directory, (unsigned)volume,
	    (unsigned long long)from);
}

/* Bytes behind a sealed volume go first, so that the walk sees it as it was
 * (V5: its own bytes are never touched). */
static int
cut_sealed(struct pm_volume_writer *writer, const char *path, uint64_t bytes,
    struct pm_err *err)
{
	int fd = -1, rc;

	if (bytes == writer->head.length)
		return PM_OK;
	rc = refuse_batches(writer, writer->head.volume, writer->head.length,
	    err);
	if (rc == PM_OK && (rc = pm_fs_open_write(&fd, path, err)) == PM_OK &&
	    (rc = pm_fs_truncate(fd, writer->head.length, path, err)) == PM_OK)
		rc = pm_fs_sync(fd, path, err);
	pm_fs_close(fd);
	return rc;
}

static int
check_tail(struct pm_volume_writer *writer, struct pm_walk_start *start,
    struct pm_err *err)
{
	const struct pm_head *head = &writer->head;
	struct pm_volume_file file;
	const char *fault = NULL;
	int rc;

	pm_volume_file_init(&file);
	rc = pm_volume_file_open(&file, writer->archive, head->volume, err);
	if (rc == PM_ENOTFOUND)
		rc = pm_fail(err, PM_ECORRUPT, "%s: missing; HEAD says it has "
		    "%llu bytes", file.path,
		    (unsigned long long)head->length);
	else if (rc == PM_OK && file.bytes < head->length)
		rc = pm_fail(err, PM_ECORRUPT, "%s: ends at byte %llu, %llu "
		    "bytes missing", file.path, (unsigned long long)file.bytes,
		    (unsigned long long)(head->length - file.bytes));
	else if (rc == PM_OK && tail_fault(&file, head, start, &fault) !=
	    PM_OK && (rc = pm_volume_file_failed(&file, err)) == PM_OK)
		rc = pm_fail(err, PM_ECORRUPT, "%s: HEAD says that batch %llu "
		    "ends at byte %llu: %s", file.path,
		    (unsigned long long)head->sequence,
		    (unsigned long long)head->length, fault);
	if (rc == PM_OK && head->sealed)
		rc = cut_sealed(writer, file.path, file.bytes, err);
	pm_volume_file_close(&file);
	return rc;
}

/* Volumes past the last one with a batch hold nothing that counts. */
static int
remove_volumes(struct pm_volume_writer *writer, const uint32_t *volumes,
    size_t n, struct pm_err *err)
{
	bool removed = false;
	int rc = PM_OK;

	for (size_t i = 0; rc == PM_OK && i < n; i++)
		if (volumes[i] > writer->head.volume)
			rc = refuse_batches(writer, volumes[i], 0, err);
	for (size_t i = 0; rc == PM_OK && i < n; i++) {
		char *path;

		if (volumes[i] <= writer->head.volume)
			continue;
		path = pm_volume_path(writer->archive, volumes[i], err);
		rc = path == NULL ? PM_ENOMEM : pm_fs_remove(path, err);
		pm_free(path);
		removed = true;
	}
	return rc == PM_OK && removed ?
	    pm_fs_sync_directory(writer->directory, err) : rc;
}

/* Open the last volume and cut it to what is committed. */
static int
open_last(struct pm_volume_writer *writer, struct pm_err *err)
{
	struct pm_file_info info;
	int rc;

	writer->volume = writer->head.volume;
	writer->at = writer->head.length;
	writer->path = pm_volume_path(writer->archive, writer->volume, err);
	if (writer->path == NULL)
		return PM_ENOMEM;
	if ((rc = pm_fs_open_write(&writer->fd, writer->path, err)) != PM_OK ||
	    (rc = pm_fs_fstat(&info, writer->fd, writer->path, err)) != PM_OK)
		return rc;
	if (info.bytes > writer->head.length &&
	    (rc = refuse_batches(writer, writer->volume, writer->head.length,
	    err)) == PM_OK &&
	    (rc = pm_fs_truncate(writer->fd, writer->head.length,
	    writer->path, err)) == PM_OK)
		rc = pm_fs_sync(writer->fd, writer->path, err);
	return rc;
}

/* Run and table sizes of the open volume, from its markers. */
static int
count_volume(struct pm_volume_writer *writer, struct pm_err *err)
{
	struct pm_marks marks = { 0 };
	struct pm_volume_file file;
	int rc;

	pm_volume_file_init(&file);
	if ((rc = pm_volume_file_open(&file, writer->archive, writer->volume,
	    err)) == PM_OK)
		rc = pm_marks_find(&marks, pm_volume_view(&file), file.bytes,
		    writer->volume, err);
	for (size_t i = 0; rc == PM_OK && i < marks.n; i++) {
		struct pm_marker marker;

		if (pm_marker_parse(&marker, pm_volume_view(&file),
		    marks.offset[i], writer->volume) != NULL)
			break;
		writer->volume_items += marker.item_n;
		writer->volume_entries += (uint64_t)marker.frame_n + 1;
		writer->last_run = marker.run;
	}
	pm_marks_free(&marks);
	if (rc == PM_OK)
		rc = pm_volume_file_failed(&file, err);
	pm_volume_file_close(&file);
	return rc;
}

/* Walk past HEAD; sets head to the last batch that verifies. */
static int
walk_tail(struct pm_volume_writer *writer, const struct pm_walk_start *start,
    bool *seals, struct pm_err *err)
{
	struct pm_volume_walk *walk = NULL;
	const struct pm_batch *batch;
	struct pm_head state;
	int rc;

	rc = pm_volume_walk_adopt(&walk, writer->archive, start, err);
	if (rc != PM_OK)
		return rc;
	while ((rc = pm_volume_walk_next(walk, &batch, err)) == PM_OK)
		;
	pm_volume_walk_state(walk, &state, seals);
	pm_volume_walk_close(walk);
	if (rc != PM_END && rc != PM_ECORRUPT)
		return rc;
	if (writer->head.sealed && *seals &&
	    state.sequence == writer->head.sequence)
		return rc == PM_ECORRUPT ? rc : pm_fail(err, PM_ECORRUPT,
		    "%s: the last sealed volume is damaged",
		    writer->directory);
	if (state.sequence > 0) {
		state.drop_from = writer->head.drop_from;
		state.drop_to = writer->head.drop_to;
		writer->head = state;
	}
	return PM_OK;
}

/*
 * The same bytes once more.  That a batch can be read says nothing of the
 * disk: its writer may have been killed over an fsync that failed, after
 * which the kernel takes lost pages for clean.
 */
static int
write_again(int fd, const char *path, uint64_t from, uint64_t to,
    struct pm_err *err)
{
	struct pm_buf bytes;
	int rc;

	pm_buf_init(&bytes);
	rc = pm_buf_reserve(&bytes, AGAIN_BYTES, err);
	while (rc == PM_OK && from < to) {
		size_t n = to - from < AGAIN_BYTES ? (size_t)(to - from) :
		    AGAIN_BYTES;

		if ((rc = pm_fs_read_at(fd, bytes.p, n, from, path, err)) ==
		    PM_OK)
			rc = pm_fs_write_at(fd, bytes.p, n, from, path, err);
		from += n;
	}
	pm_buf_clear(&bytes);
	return rc == PM_OK ? pm_fs_sync(fd, path, err) : rc;
}

/* What of a volume lies past the HEAD that was found. */
static int
secure_volume(struct pm_volume_writer *writer, uint32_t volume,
    const struct pm_head *old, struct pm_err *err)
{
	char *path = pm_volume_path(writer->archive, volume, err);
	struct pm_file_info info;
	int fd = -1, rc = PM_ENOMEM;

	if (path != NULL &&
	    (rc = pm_fs_open_write(&fd, path, err)) == PM_OK &&
	    (rc = pm_fs_fstat(&info, fd, path, err)) == PM_OK)
		rc = write_again(fd, path, volume == old->volume ?
		    old->length : 0, info.bytes, err);
	pm_fs_close(fd);
	pm_free(path);
	return rc;
}

/* V2, for what was adopted: after this HEAD may name it. */
static int
secure(struct pm_volume_writer *writer, const struct pm_head *old,
    const uint32_t *volumes, size_t n, struct pm_err *err)
{
	int rc = PM_OK;

	for (size_t i = 0; rc == PM_OK && i < n; i++)
		if (volumes[i] >= old->volume &&
		    volumes[i] <= writer->head.volume)
			rc = secure_volume(writer, volumes[i], old, err);
	return rc == PM_OK ? pm_fs_sync_directory(writer->directory, err) :
	    rc;
}

/* Open the volume that goes on, cut and completed. */
static int
settle(struct pm_volume_writer *writer, bool seals, struct pm_err *err)
{
	int rc = PM_OK;

	if (writer->head.volume != 0) {
		if ((rc = open_last(writer, err)) != PM_OK)
			return rc;
		if (seals) {
			if ((rc = pm_volume_put_table(writer, err)) != PM_OK)
				return rc;
			writer->head.length = writer->at;
			writer->head.sealed = true;
		}
	}
	return rc;
}

static int
close_if_sealed(struct pm_volume_writer *writer, struct pm_err *err)
{
	if (writer->fd < 0)
		return PM_OK;
	if (!writer->head.sealed)
		return count_volume(writer, err);
	pm_volume_close_file(writer);
	return PM_OK;
}

static bool
same_head(const struct pm_head *a, const struct pm_head *b)
{
	return a->volume == b->volume && a->length == b->length &&
	    a->sequence == b->sequence && a->next_frame == b->next_frame &&
	    a->sealed == b->sealed &&
	    memcmp(a->chain, b->chain, PM_SHA256_BYTES) == 0;
}

int
pm_volume_adopt(struct pm_volume_writer *writer, struct pm_err *err)
{
	struct pm_walk_start start = { 0 };
	struct pm_head old;
	uint32_t *volumes = NULL;
	size_t n = 0;
	bool seals = false, missing;
	int rc = pm_head_read(&writer->head, writer->archive, err);

	missing = rc == PM_ENOTFOUND;
	if (missing)
		writer->head = (struct pm_head){ .format = PM_FORMAT_VERSION,
		    .next_frame = 1 };
	else if (rc != PM_OK || (rc = pm_volume_tidy(writer, err)) != PM_OK)
		return rc;
	old = writer->head;
	if (old.volume != 0 && (rc = check_tail(writer, &start, err)) != PM_OK)
		return rc;
	if ((rc = walk_tail(writer, &start, &seals, err)) != PM_OK ||
	    (rc = pm_volume_list(&volumes, &n, writer->archive, err)) !=
	    PM_OK ||
	    (rc = remove_volumes(writer, volumes, n, err)) != PM_OK ||
	    (rc = settle(writer, seals, err)) != PM_OK)
		goto done;
	if ((missing || !same_head(&writer->head, &old)) &&
	    (rc = secure(writer, &old, volumes, n, err)) == PM_OK)
		rc = pm_head_write(writer->archive, &writer->head, err);
	if (rc == PM_OK)
		rc = close_if_sealed(writer, err);
done:
	pm_free(volumes);
	return rc;
}
