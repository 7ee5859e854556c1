#include "intake/intake_internal.h"

#include <sys/types.h>

#include <archive.h>
#include <errno.h>
#include <stdio.h>

#include "base/err.h"

/*
 * How a container's bytes are given to libarchive:
 *   a regular file   from any offset; its head is left for I1
 *   in memory        what was read of a member, when that is all of it
 *   a stream         the head, then the rest; while opening, what is read
 *                    goes into the head first, so that it can be read again
 */

struct pm_bytes
pm_container_path(const struct pm_container *container)
{
	return pm_buf_bytes(container->transparent ?
	    &container->outer->source.path : &container->source.path);
}

static la_ssize_t
read_regular(struct pm_container *c, const void **out, struct pm_err *err)
{
	struct pm_source *source = &c->source;
	size_t n = PM_BLOCK_BYTES;

	if (c->offset >= source->info.bytes)
		return 0;
	if (n > source->info.bytes - c->offset)
		n = (size_t)(source->info.bytes - c->offset);
	if (c->block == NULL && (c->block = pm_alloc(n, err)) == NULL)
		return -1;
	if (pm_fs_read_at(source->fd, c->block, n, c->offset, "", err) !=
	    PM_OK) {
		source->failed = true;
		if (err->status == PM_ECORRUPT)
			pm_intake_report(c->intake, PM_INTAKE_CHANGED,
			    pm_container_path(c),
			    "became shorter while it was read");
		else
			pm_intake_report(c->intake, PM_INTAKE_UNREADABLE,
			    pm_container_path(c), "cannot be read: %s",
			    pm_intake_reason(err));
		return -1;
	}
	/* What is in the head was read and counted before. */
	if (c->offset + n > source->head.n)
		c->intake->bytes_read += c->offset >= source->head.n ? n :
		    c->offset + n - source->head.n;
	c->offset += n;
	*out = c->block;
	return (la_ssize_t)n;
}

/* I1: while opening, whatever is read stays in the head.  libarchive is done
 * with the block before when it asks for the next, so the head may move. */
static la_ssize_t
read_stream(struct pm_container *c, const void **out, struct pm_err *err)
{
	struct pm_source *source = &c->source;
	size_t got, block = c->outer == NULL ? PM_BLOCK_BYTES :
	    PM_NESTED_BYTES;

	if (source->head_at == source->head.n && c->opening) {
		if (source->head.n >= PM_HELD_BYTES ||
		    pm_source_fill(c->intake, source, source->head.n +
		    PM_HEAD_BYTES, err) != PM_OK)
			return -1;
		if (source->failed && source->head_at == source->head.n)
			return -1;
	}
	if (source->head_at < source->head.n) {
		*out = source->head.p + source->head_at;
		got = source->head.n - source->head_at;
		source->head_at = source->head.n;
		return (la_ssize_t)got;
	}
	if (c->opening)
		return 0;
	if (c->block == NULL && (c->block = pm_alloc(block, err)) == NULL)
		return -1;
	if (pm_source_read(c->intake, source, c->block, block, &got, err) !=
	    PM_OK)
		return -1;
	*out = c->block;
	return (la_ssize_t)got;
}

/* The next of its bytes; below 0 when they cannot be read. */
static la_ssize_t
pull(struct pm_container *c, const void **out)
{
	struct pm_err err = { 0 };
	la_ssize_t n;

	*out = NULL;
	if (c->memory) {
		*out = c->source.head.p + c->offset;
		n = (la_ssize_t)(c->source.head.n - c->offset);
		c->offset = c->source.head.n;
	} else {
		n = c->source.regular ? read_regular(c, out, &err) :
		    read_stream(c, out, &err);
	}
	if (n < 0) {
		c->no_memory = err.status == PM_ENOMEM;
		return n;
	}
	c->consumed += (uint64_t)n;
	if (n > 0) {
		c->last = *out;
		c->last_n = (size_t)n;
	}
	return n;
}

static la_ssize_t
on_read(struct archive *archive, void *data, const void **out)
{
	la_ssize_t n = pull(data, out);

	if (n < 0)
		archive_set_error(archive, EIO, "its bytes cannot be read");
	return n;
}

int
pm_container_pull(void *container, const uint8_t **p, size_t *n,
    struct pm_err *err)
{
	struct pm_container *c = container;
	const void *block;
	la_ssize_t got = pull(c, &block);

	if (got < 0)
		return c->no_memory ?
		    pm_fail(err, PM_ENOMEM, "out of memory") :
		    pm_fail(err, PM_EIO, "its bytes cannot be read");
	*p = block;
	*n = (size_t)got;
	return PM_OK;
}

static la_int64_t
on_seek(struct archive *archive, void *data, la_int64_t offset, int whence)
{
	struct pm_container *c = data;
	uint64_t size = c->memory ? c->source.head.n : c->source.info.bytes;
	int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ?
	    (int64_t)c->offset : (int64_t)size;

	(void)archive;
	if (offset > INT64_MAX - base || base + offset < 0)
		return ARCHIVE_FATAL;
	c->offset = (uint64_t)(base + offset);
	if (c->offset > size)
		c->offset = size;
	return (la_int64_t)c->offset;
}

static la_int64_t
on_skip(struct archive *archive, void *data, la_int64_t n)
{
	struct pm_container *c = data;
	uint64_t before = c->offset;

	if (n <= 0 || on_seek(archive, data, n, SEEK_CUR) < 0)
		return 0;
	return (la_int64_t)(c->offset - before);
}

int
pm_container_hold(struct pm_container *c, struct pm_err *err)
{
	size_t free_bytes = PM_HELD_BYTES;
	int rc;

	if (c->source.regular || c->format == PM_FORMAT_TAR ||
	    c->format == PM_FORMAT_CPIO || pm_format_is_filter(c->format))
		return PM_OK;
	for (struct pm_container *o = c->outer; o != NULL; o = o->outer)
		free_bytes -= o->source.head.n < free_bytes ?
		    o->source.head.n : free_bytes;
	if (c->source.head.n < free_bytes) {
		rc = pm_source_fill(c->intake, &c->source, free_bytes, err);
		if (rc != PM_OK)
			return rc;
	}
	c->memory = c->source.head.n < free_bytes && !c->source.failed;
	return c->memory || c->format == PM_FORMAT_ZIP ? PM_OK : PM_END;
}

void
pm_container_set_callbacks(struct pm_container *c)
{
	archive_read_set_read_callback(c->archive, on_read);
	if (c->memory || c->source.regular) {
		archive_read_set_seek_callback(c->archive, on_seek);
		archive_read_set_skip_callback(c->archive, on_skip);
	}
	archive_read_set_callback_data(c->archive, c);
}
