/*
 * Writing the log anew (volume.h: V7).  HEAD alone says which volumes count,
 * so that whatever the moment of a crash, one log stands and the next writer
 * knows what of the other is to be removed.
 */
#include "store/volume_writer.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"

/* Remove the volumes from..to that are there, the last one first, so that
 * what is left after a crash is the beginning of a log. */
static int
remove_range(struct pm_volume_writer *writer, uint32_t from, uint32_t to,
    struct pm_err *err)
{
	uint32_t *volumes = NULL;
	bool removed = false;
	size_t n = 0;
	int rc = pm_volume_list(&volumes, &n, writer->archive, err);

	while (rc == PM_OK && n-- > 0) {
		char *path;

		if (volumes[n] < from || volumes[n] > to)
			continue;
		path = pm_volume_path(writer->archive, volumes[n], err);
		rc = path == NULL ? PM_ENOMEM : pm_fs_remove(path, err);
		pm_free(path);
		removed = true;
	}
	pm_free(volumes);
	return rc == PM_OK && removed ?
	    pm_fs_sync_directory(writer->directory, err) : rc;
}

static int
count_range(uint32_t *out, struct pm_volume_writer *writer, uint32_t from,
    uint32_t to, struct pm_err *err)
{
	uint32_t *volumes = NULL;
	size_t n = 0;
	int rc = pm_volume_list(&volumes, &n, writer->archive, err);

	*out = 0;
	for (size_t i = 0; i < n; i++)
		*out += volumes[i] >= from && volumes[i] <= to;
	pm_free(volumes);
	return rc;
}

static int
refuse_state(struct pm_volume_writer *writer, bool rewriting,
    struct pm_err *err)
{
	if (writer->failed)
		return pm_fail(err, PM_EIO, "%s: an earlier write or commit "
		    "failed", writer->archive);
	if (writer->in_batch)
		return pm_fail(err, PM_EUSAGE, "a batch is open");
	if (writer->rewriting != rewriting)
		return pm_fail(err, PM_EUSAGE, rewriting ?
		    "no rewrite was begun" : "a rewrite is under way");
	return PM_OK;
}

int
pm_volume_writer_rewrite(struct pm_volume_writer *writer,
    const struct pm_walk_start *after, struct pm_err *err)
{
	struct pm_head standing;
	uint32_t left;
	int rc;

	if ((rc = refuse_state(writer, false, err)) != PM_OK)
		return rc;
	/* HEAD has room for one range of replaced volumes. */
	if ((rc = pm_volume_writer_drop(writer, &left, err)) != PM_OK)
		return rc;
	if (left > 0)
		return pm_fail(err, PM_EBUSY, "%s: volumes that were replaced "
		    "before are still being read", writer->directory);
	standing = writer->head;
	if (standing.volume == UINT32_MAX)
		return pm_fail(err, PM_ELIMIT, "%s: no volume number is left",
		    writer->archive);
	standing.rewrite = standing.volume + 1;
	if ((rc = pm_head_write(writer->archive, &standing, err)) != PM_OK) {
		writer->failed = true;
		return rc;
	}
	pm_volume_close_file(writer);
	writer->rewriting = true;
	writer->standing = standing;
	writer->kept = after->volume;
	writer->head = (struct pm_head){ .format = PM_FORMAT_VERSION,
	    .volume = standing.volume, .sequence = after->sequence,
	    .next_frame = after->next_frame == 0 ? 1 : after->next_frame };
	memcpy(writer->head.chain, after->chain, PM_SHA256_BYTES);
	return PM_OK;
}

void
pm_volume_writer_assume(struct pm_volume_writer *writer,
    const struct pm_head *head)
{
	writer->head = *head;
}

void
pm_volume_writer_rewritten(struct pm_head *out,
    const struct pm_volume_writer *writer)
{
	*out = writer->head;
	if (writer->standing.volume > writer->kept) {
		out->drop_from = writer->kept + 1;
		out->drop_to = writer->standing.volume;
	}
}

int
pm_volume_writer_replace(struct pm_volume_writer *writer, struct pm_err *err)
{
	struct pm_head head;
	int rc;

	if ((rc = refuse_state(writer, true, err)) != PM_OK)
		return rc;
	if (writer->head.volume == writer->standing.volume)
		return pm_fail(err, PM_EUSAGE, "the new log has no batch");
	pm_volume_writer_rewritten(&head, writer);
	if ((rc = pm_head_write(writer->archive, &head, err)) != PM_OK) {
		writer->failed = true;
		writer->rewriting = false;       /* who knows which stands */
		return rc;
	}
	writer->head = head;
	writer->rewriting = false;
	return PM_OK;
}

int
pm_volume_writer_drop(struct pm_volume_writer *writer, uint32_t *left,
    struct pm_err *err)
{
	struct pm_head head = writer->head;
	int lock = -1, rc;

	*left = 0;
	if ((rc = refuse_state(writer, false, err)) != PM_OK ||
	    head.drop_from == 0)
		return rc;
	/* A reader may open any of them as long as it has its lock. */
	rc = pm_fs_lock(&lock, writer->directory, err);
	if (rc == PM_EBUSY)
		return count_range(left, writer, head.drop_from, head.drop_to,
		    err);
	if (rc != PM_OK)
		return rc;
	rc = remove_range(writer, head.drop_from, head.drop_to, err);
	head.drop_from = head.drop_to = 0;
	if (rc == PM_OK &&
	    (rc = pm_head_write(writer->archive, &head, err)) == PM_OK)
		writer->head = head;
	pm_fs_close(lock);
	return rc;
}

int
pm_volume_tidy(struct pm_volume_writer *writer, struct pm_err *err)
{
	struct pm_head *head = &writer->head;
	int rc;

	if (head->rewrite == 0)
		return PM_OK;
	rc = remove_range(writer, head->rewrite, UINT32_MAX, err);
	head->rewrite = 0;
	return rc == PM_OK ? pm_head_write(writer->archive, head, err) : rc;
}

void
pm_volume_abandon(struct pm_volume_writer *writer)
{
	struct pm_err ignored;

	if (remove_range(writer, writer->standing.rewrite, UINT32_MAX,
	    &ignored) != PM_OK)
		return;
	writer->standing.rewrite = 0;
	(void)pm_head_write(writer->archive, &writer->standing, &ignored);
}
