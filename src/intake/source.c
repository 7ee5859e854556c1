#include "intake/intake_internal.h"

#include <string.h>

#include "base/err.h"

void
pm_source_init(struct pm_source *source)
{
	*source = (struct pm_source){ .fd = -1, .bytes = -1 };
}

static void
close_file(struct pm_source *source)
{
	if (!source->borrowed)
		pm_fs_close(source->fd);
	source->fd = -1;
}

void
pm_source_clear(struct pm_source *source)
{
	close_file(source);
	pm_buf_clear(&source->head);
	pm_buf_clear(&source->path);
	pm_source_init(source);
}

void
pm_source_reset(struct pm_source *source)
{
	struct pm_buf head = source->head, path = source->path;

	close_file(source);
	pm_source_init(source);
	source->head = head;
	source->path = path;
	pm_buf_reset(&source->head);
	pm_buf_reset(&source->path);
}

void
pm_source_check_changed(struct pm_intake *intake, struct pm_source *source)
{
	struct pm_file_info now;
	struct pm_err err;

	if (!source->regular || source->checked || source->failed)
		return;
	source->checked = true;
	if (pm_fs_fstat(&now, source->fd, "", &err) != PM_OK)
		return;
	if (now.bytes != source->info.bytes ||
	    now.mtime_ns != source->info.mtime_ns)
		pm_intake_report(intake, PM_INTAKE_CHANGED,
		    pm_buf_bytes(&source->path),
		    "changed while it was read");
}

/* A pipe may be silent for long: somebody may lose patience. */
static int
read_pipe(struct pm_intake *intake, struct pm_source *source, void *p,
    size_t n, size_t *got, struct pm_err *err)
{
	enum { PATIENCE_MS = 100 };
	int rc = PM_EBUSY;

	while (rc == PM_EBUSY && !intake->cancelled) {
		rc = pm_fs_read_soon(source->fd, p, n, got, PATIENCE_MS, "",
		    err);
		if (rc == PM_EBUSY && intake->waiting != NULL)
			intake->cancelled = intake->waiting(intake->context) !=
			    0;
	}
	return rc;
}

static int
read_file(struct pm_intake *intake, struct pm_source *source, void *p,
    size_t n, size_t *got, struct pm_err *err)
{
	int rc;

	*got = 0;
	if (source->fd < 0)
		return PM_OK;
	rc = source->regular ? pm_fs_read(source->fd, p, n, got, "", err) :
	    read_pipe(intake, source, p, n, got, err);
	if (rc != PM_OK) {
		source->failed = true;
		pm_intake_report(intake, PM_INTAKE_UNREADABLE,
		    pm_buf_bytes(&source->path), "cannot be read: %s",
		    pm_intake_reason(err));
		return pm_fail(err, PM_EINPUT, "%s", pm_intake_reason(err));
	}
	intake->bytes_read += *got;
	return PM_OK;
}

/* From behind the head. */
static int
read_rest(struct pm_intake *intake, struct pm_source *source, void *p,
    size_t n, size_t *got, struct pm_err *err)
{
	int rc;

	*got = 0;
	if (source->failed)
		return pm_fail(err, PM_EINPUT, "cannot be read");
	if (source->outer == NULL)
		return read_file(intake, source, p, n, got, err);
	rc = pm_container_read(source->outer, source, p, n, got, err);
	if (rc == PM_EINPUT)
		source->failed = true;
	return rc;
}

int
pm_source_read(struct pm_intake *intake, struct pm_source *source, void *p,
    size_t n, size_t *got, struct pm_err *err)
{
	size_t left = source->head.n - source->head_at;

	if (left == 0 || n == 0)
		return read_rest(intake, source, p, n, got, err);
	if (n > left)
		n = left;
	memcpy(p, source->head.p + source->head_at, n);
	source->head_at += n;
	*got = n;
	return PM_OK;
}

int
pm_source_fill(struct pm_intake *intake, struct pm_source *source, size_t n,
    struct pm_err *err)
{
	size_t got = 1;
	int rc = PM_OK;

	while (source->head.n < n && got > 0) {
		size_t want = n - source->head.n;

		if (want > PM_BLOCK_BYTES)
			want = PM_BLOCK_BYTES;
		rc = pm_buf_reserve(&source->head, want, err);
		if (rc != PM_OK)
			return rc;
		rc = read_rest(intake, source, source->head.p +
		    source->head.n, want, &got, err);
		source->head.n += got;
		if (rc != PM_OK)
			break;
	}
	/* What came before the fault is still there to be read. */
	return rc == PM_EINPUT ? PM_OK : rc;
}
