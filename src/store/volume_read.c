#include "store/volume_internal.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"

enum { OPEN_MAX_VOLUMES = 8 };

struct open_volume {
	uint32_t volume;         /* 0: free */
	int fd;
	uint64_t used;           /* the reader's clock when it was last used */
	char *path;
};

struct pm_volume_reader {
	char *archive;
	uint64_t clock;
	struct open_volume open[OPEN_MAX_VOLUMES];
};

int
pm_volume_reader_open(struct pm_volume_reader **out, const char *archive,
    struct pm_err *err)
{
	struct pm_volume_reader *reader = pm_alloc_zero(sizeof *reader, err);
	size_t n = strlen(archive) + 1;

	if (reader == NULL)
		return PM_ENOMEM;
	if ((reader->archive = pm_alloc(n, err)) == NULL) {
		pm_free(reader);
		return PM_ENOMEM;
	}
	memcpy(reader->archive, archive, n);
	*out = reader;
	return PM_OK;
}

static void
forget(struct open_volume *slot)
{
	if (slot->volume == 0)
		return;
	pm_fs_close(slot->fd);
	pm_free(slot->path);
	*slot = (struct open_volume){ 0 };
}

void
pm_volume_reader_close(struct pm_volume_reader *reader)
{
	if (reader == NULL)
		return;
	for (size_t i = 0; i < OPEN_MAX_VOLUMES; i++)
		forget(&reader->open[i]);
	pm_free(reader->archive);
	pm_free(reader);
}

/* The volume's slot, else the one that was not used for longest. */
static struct open_volume *
choose_slot(struct pm_volume_reader *reader, uint32_t volume)
{
	struct open_volume *oldest = &reader->open[0];

	for (size_t i = 0; i < OPEN_MAX_VOLUMES; i++) {
		if (reader->open[i].volume == volume)
			return &reader->open[i];
		if (reader->open[i].used < oldest->used)
			oldest = &reader->open[i];
	}
	return oldest;
}

static int
find_slot(struct pm_volume_reader *reader, uint32_t volume,
    struct open_volume **out, struct pm_err *err)
{
	struct open_volume *slot = choose_slot(reader, volume);
	char *path;
	int fd = -1, rc;

	if (slot->volume != volume) {
		path = pm_volume_path(reader->archive, volume, err);
		if (path == NULL)
			return PM_ENOMEM;
		if ((rc = pm_fs_open_read(&fd, path, err)) != PM_OK) {
			pm_free(path);
			return rc;
		}
		forget(slot);
		*slot = (struct open_volume){ .volume = volume, .fd = fd,
		    .path = path };
	}
	slot->used = ++reader->clock;
	*out = slot;
	return PM_OK;
}

int
pm_volume_reader_packed(struct pm_volume_reader *reader, struct pm_buf *out,
    uint32_t volume, const struct pm_frame_at *frame, struct pm_err *err)
{
	struct open_volume *slot = NULL;
	int rc;

	if (volume == 0)
		return pm_fail(err, PM_EUSAGE, "there is no volume 0");
	if (frame->packed_bytes > PM_PACKED_MAX ||
	    frame->offset > INT64_MAX - (uint64_t)PM_PACKED_MAX)
		return pm_fail(err, PM_ELIMIT, "volume %u: no frame has %u "
		    "bytes at byte %llu", (unsigned)volume,
		    (unsigned)frame->packed_bytes,
		    (unsigned long long)frame->offset);
	if ((rc = find_slot(reader, volume, &slot, err)) != PM_OK ||
	    (rc = pm_buf_reserve(out, frame->packed_bytes, err)) != PM_OK ||
	    (rc = pm_fs_read_at(slot->fd, out->p + out->n,
	    frame->packed_bytes, frame->offset, slot->path, err)) != PM_OK)
		return rc;
	out->n += frame->packed_bytes;
	return PM_OK;
}
