#include "intake/unpack.h"

#include <limits.h>
#include <zlib.h>

static void *
zlib_alloc(void *context, unsigned count, unsigned size)
{
	struct pm_err ignored;

	(void)context;
	return pm_alloc((size_t)count * size, &ignored);
}

static void
zlib_free(void *context, void *p)
{
	(void)context;
	pm_free(p);
}

static void *
open_gzip(struct pm_err *err)
{
	z_stream *z = pm_alloc_zero(sizeof *z, err);

	if (z == NULL)
		return NULL;
	z->zalloc = zlib_alloc;
	z->zfree = zlib_free;
	if (inflateInit2(z, 15 + 16) == Z_OK)
		return z;
	pm_free(z);
	return NULL;
}

static void
close_gzip(void *state)
{
	if (state != NULL)
		(void)inflateEnd(state);
	pm_free(state);
}

static void
restart_gzip(void *state)
{
	(void)inflateReset(state);
}

static unsigned
bounded(size_t n)
{
	return n > UINT_MAX ? UINT_MAX : (unsigned)n;
}

static enum pm_unpack_result
decode_gzip(void *state, struct pm_unpack_step *step)
{
	z_stream *z = state;
	int code;

	/* zlib's pointer is to bytes that it does not write. */
	z->next_in = (Bytef *)(uintptr_t)step->in;
	z->avail_in = bounded(step->in_n);
	z->next_out = step->out;
	z->avail_out = bounded(step->out_n);
	code = inflate(z, Z_NO_FLUSH);
	step->in_n -= (size_t)(z->next_in - step->in);
	step->in = z->next_in;
	step->out_n -= (size_t)(z->next_out - step->out);
	step->out = z->next_out;
	if (code == Z_STREAM_END)
		return PM_UNPACK_ENDED;
	if (code == Z_MEM_ERROR)
		return PM_UNPACK_NO_MEMORY;
	return code == Z_OK || code == Z_BUF_ERROR ? PM_UNPACK_GOES_ON :
	    PM_UNPACK_BROKEN;
}

static const char *
reason_gzip(void *state)
{
	const z_stream *z = state;

	return z->msg == NULL ? "broken" : z->msg;
}

const struct pm_unpack_codec pm_unpack_gzip = {
	.magic = { 0x1f, 0x8b, 0x08 }, .magic_n = 3,
	.open = open_gzip, .close = close_gzip, .restart = restart_gzip,
	.decode = decode_gzip, .reason = reason_gzip,
};
