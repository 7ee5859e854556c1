/*
 * A zstd frame, perhaps with a dictionary that leads the file.  Owner of
 * libzstd on this floor; frames without a dictionary in other files are
 * libarchive's.
 */
#include "intake/unpack.h"

#include <zstd.h>

#include "base/err.h"

enum {
	HEAD_BYTES = 8,                      /* magic and size */
	DICTIONARY_MAX = 64 << 20,
	PACKED_MAX = 16 << 20                /* as it stands in the file */
};
#define DICTIONARY_MAGIC 0x184D2A5Du
#define FRAME_MAGIC 0xFD2FB528u

struct zstd {
	ZSTD_DCtx *frames;
	bool begun, leading;                 /* in what leads the file */
	struct pm_buf head;                  /* the leading frame, so far */
	const char *reason;
};

static void
close_zstd(void *state)
{
	struct zstd *z = state;

	if (z == NULL)
		return;
	(void)ZSTD_freeDCtx(z->frames);
	pm_buf_clear(&z->head);
	pm_free(z);
}

static void *
open_zstd(struct pm_err *err)
{
	struct zstd *z = pm_alloc_zero(sizeof *z, err);

	if (z == NULL)
		return NULL;
	if ((z->frames = ZSTD_createDCtx()) != NULL)
		return z;
	(void)pm_fail(err, PM_ENOMEM, "out of memory");
	close_zstd(z);
	return NULL;
}

static void
restart_zstd(void *state)
{
	struct zstd *z = state;

	(void)ZSTD_DCtx_reset(z->frames, ZSTD_reset_session_only);
}

/* ---- the dictionary ---- */

static enum pm_unpack_result
broken(struct zstd *z, const char *reason)
{
	z->reason = reason;
	return PM_UNPACK_BROKEN;
}

static enum pm_unpack_result
load(struct zstd *z, struct pm_bytes dictionary)
{
	size_t code = ZSTD_DCtx_loadDictionary(z->frames, dictionary.p,
	    dictionary.n);

	return ZSTD_isError(code) ? broken(z, "a dictionary that cannot be "
	    "used") : PM_UNPACK_ENDED;
}

static enum pm_unpack_result
load_packed(struct zstd *z, struct pm_bytes packed)
{
	unsigned long long n = ZSTD_getFrameContentSize(packed.p, packed.n);
	enum pm_unpack_result result;
	struct pm_buf plain;
	struct pm_err err;
	size_t got;

	pm_buf_init(&plain);
	/* Writers that do not know the size leave it out. */
	if (n == ZSTD_CONTENTSIZE_UNKNOWN)
		n = DICTIONARY_MAX;
	if (n > DICTIONARY_MAX)
		return broken(z, "a dictionary that is too large");
	if (pm_buf_reserve(&plain, (size_t)n, &err) != PM_OK)
		return PM_UNPACK_NO_MEMORY;
	got = ZSTD_decompressDCtx(z->frames, plain.p, (size_t)n, packed.p,
	    packed.n);
	result = ZSTD_isError(got) ? broken(z, ZSTD_getErrorName(got)) :
	    load(z, (struct pm_bytes){ plain.p, got });
	pm_buf_clear(&plain);
	return result;
}

static bool
move(struct pm_buf *to, size_t until, struct pm_unpack_step *step)
{
	size_t n = until - to->n;
	struct pm_err err;

	if (n > step->in_n)
		n = step->in_n;
	if (pm_buf_append(to, step->in, n, &err) != PM_OK)
		return false;
	step->in += n;
	step->in_n -= n;
	return true;
}

static enum pm_unpack_result
read_dictionary(struct zstd *z, struct pm_unpack_step *step)
{
	enum pm_unpack_result result;
	struct pm_bytes content;
	uint32_t n;

	if (z->head.n < HEAD_BYTES && !move(&z->head, HEAD_BYTES, step))
		return PM_UNPACK_NO_MEMORY;
	if (z->head.n < HEAD_BYTES)
		return PM_UNPACK_GOES_ON;
	n = pm_le32_get(z->head.p + 4);
	if (n > PACKED_MAX) {
		z->leading = false;
		return broken(z, "a dictionary that is too large");
	}
	if (!move(&z->head, HEAD_BYTES + (size_t)n, step))
		return PM_UNPACK_NO_MEMORY;
	if (z->head.n < HEAD_BYTES + (size_t)n)
		return PM_UNPACK_GOES_ON;
	content = (struct pm_bytes){ z->head.p + HEAD_BYTES, n };
	result = n >= 4 && pm_le32_get(content.p) == FRAME_MAGIC ?
	    load_packed(z, content) : load(z, content);
	z->leading = false;
	pm_buf_clear(&z->head);
	return result;
}

/* ---- frames ---- */

static enum pm_unpack_result
decode_zstd(void *state, struct pm_unpack_step *step)
{
	struct zstd *z = state;
	ZSTD_inBuffer in = { step->in, step->in_n, 0 };
	ZSTD_outBuffer out = { step->out, step->out_n, 0 };
	size_t code;

	/* The magic is all there: the file was looked at. */
	if (!z->begun && step->in_n >= 4)
		z->leading = pm_le32_get(step->in) == DICTIONARY_MAGIC;
	z->begun = true;
	if (z->leading)
		return read_dictionary(z, step);
	code = ZSTD_decompressStream(z->frames, &out, &in);
	step->in += in.pos;
	step->in_n -= in.pos;
	step->out += out.pos;
	step->out_n -= out.pos;
	if (ZSTD_isError(code))
		return broken(z, ZSTD_getErrorName(code));
	return code == 0 ? PM_UNPACK_ENDED : PM_UNPACK_GOES_ON;
}

static const char *
reason_zstd(void *state)
{
	const struct zstd *z = state;

	return z->reason == NULL ? "broken" : z->reason;
}

const struct pm_unpack_codec pm_unpack_zstd = {
	.magic = { 0x28, 0xb5, 0x2f, 0xfd }, .magic_n = 4,
	.open = open_zstd, .close = close_zstd, .restart = restart_zstd,
	.decode = decode_zstd, .reason = reason_zstd,
};
