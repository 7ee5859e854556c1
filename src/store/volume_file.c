/*
 * A volume's bytes, by pread: where a disk fails, an error comes and no
 * signal.
 */
#include "store/volume_internal.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"

/* What is read at once: markers lie close together, or far apart. */
enum { WINDOW_BYTES = 64 << 10 };

void
pm_volume_file_init(struct pm_volume_file *file)
{
	*file = (struct pm_volume_file){ .fd = -1 };
	pm_buf_init(&file->window);
}

int
pm_volume_file_open(struct pm_volume_file *file, const char *archive,
    uint32_t volume, struct pm_err *err)
{
	return pm_volume_file_open_beside(file, archive, volume, "", err);
}

int
pm_volume_file_open_beside(struct pm_volume_file *file, const char *archive,
    uint32_t volume, const char *suffix, struct pm_err *err)
{
	size_t more = strlen(suffix) + 1;
	struct pm_file_info info;
	char *path;
	int rc;

	if ((file->path = pm_volume_path(archive, volume, err)) == NULL ||
	    (path = pm_realloc_array(file->path, strlen(file->path) + more, 1,
	    err)) == NULL)
		return PM_ENOMEM;
	memcpy(path + strlen(path), suffix, more);
	file->path = path;
	if ((rc = pm_fs_open_read(&file->fd, file->path, err)) != PM_OK ||
	    (rc = pm_fs_fstat(&info, file->fd, file->path, err)) != PM_OK)
		return rc;
	file->bytes = info.bytes;
	return PM_OK;
}

void
pm_volume_file_close(struct pm_volume_file *file)
{
	pm_fs_close(file->fd);
	pm_free(file->path);
	pm_buf_clear(&file->window);
	pm_volume_file_init(file);
}

int
pm_volume_file_failed(const struct pm_volume_file *file, struct pm_err *err)
{
	if (file->failure.status != PM_OK)
		*err = file->failure;
	return file->failure.status;
}

/* False: it failed, now or before. */
static bool
read_at(struct pm_volume_file *file, uint8_t *p, size_t n, uint64_t offset)
{
	if (file->failure.status == PM_OK)
		(void)pm_fs_read_at(file->fd, p, n, offset, file->path,
		    &file->failure);
	return file->failure.status == PM_OK;
}

static bool
fill_window(struct pm_volume_file *file, uint64_t offset, size_t n)
{
	pm_buf_reset(&file->window);
	file->window_at = offset;
	if (file->failure.status != PM_OK ||
	    pm_buf_reserve(&file->window, n, &file->failure) != PM_OK ||
	    !read_at(file, file->window.p, n, offset))
		return false;
	file->window.n = n;
	return true;
}

const uint8_t *
pm_volume_file_from(struct pm_volume_file *file, uint64_t offset, size_t *n)
{
	uint64_t inside = offset - file->window_at;

	if (offset >= file->bytes)
		return NULL;
	if (offset < file->window_at || inside >= file->window.n) {
		uint64_t left = file->bytes - offset;

		if (!fill_window(file, offset, left < WINDOW_BYTES ?
		    (size_t)left : WINDOW_BYTES))
			return NULL;
		inside = 0;
	}
	*n = file->window.n - (size_t)inside;
	return file->window.p + inside;
}

const uint8_t *
pm_volume_file_at(struct pm_volume_file *file, uint64_t offset, size_t n)
{
	const uint8_t *p;
	size_t there;

	if (offset > file->bytes || n > file->bytes - offset)
		return NULL;
	p = pm_volume_file_from(file, offset, &there);
	if (p == NULL || there >= n)
		return p;
	if (n < WINDOW_BYTES && file->bytes - offset >= WINDOW_BYTES)
		return fill_window(file, offset, WINDOW_BYTES) ?
		    file->window.p : NULL;
	return fill_window(file, offset, n) ? file->window.p : NULL;
}

bool
pm_volume_file_get(struct pm_volume_file *file, uint8_t *p, size_t n,
    uint64_t offset)
{
	return offset <= file->bytes && n <= file->bytes - offset &&
	    read_at(file, p, n, offset);
}

bool
pm_volume_file_load(struct pm_volume_file *file, struct pm_buf *out,
    uint64_t offset, uint64_t n)
{
	pm_buf_reset(out);
	if (offset > file->bytes || n > file->bytes - offset ||
	    file->failure.status != PM_OK ||
	    pm_buf_reserve(out, (size_t)n, &file->failure) != PM_OK ||
	    !read_at(file, out->p, (size_t)n, offset))
		return false;
	out->n = (size_t)n;
	return true;
}

bool
pm_volume_file_sha256(uint8_t out[PM_SHA256_BYTES],
    struct pm_volume_file *file, uint64_t offset, uint64_t n)
{
	struct pm_sha256_state *state;
	struct pm_buf chunk;
	bool good = file->failure.status == PM_OK;

	pm_buf_init(&chunk);
	if (!good || (state = pm_sha256_new(&file->failure)) == NULL)
		return false;
	while (good && n > 0) {
		uint64_t part = n < 1 << 20 ? n : 1 << 20;

		if ((good = pm_volume_file_load(file, &chunk, offset, part)))
			pm_sha256_update(state, pm_buf_bytes(&chunk));
		offset += part;
		n -= part;
	}
	pm_sha256_final(out, state);
	pm_sha256_free(state);
	pm_buf_clear(&chunk);
	return good;
}
