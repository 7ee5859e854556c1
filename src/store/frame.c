#include "store/frame.h"

#include <zstd.h>

#include "base/err.h"
#include "base/mem.h"

enum {
	WINDOW_LOG_MAX = 23,     /* plain `zstd -d` must read every frame */
	LEVEL_MAX = 22,
	/* Levels above 19 take windows over 8 MiB if they are let. */
	LEVEL_WIDE = 19
};

#define MAGIC_FRAME 0xFD2FB528u
#define MAGIC_SKIPPABLE 0x184D2A50u      /* low four bits are free */

struct pm_frame_coder {
	ZSTD_CCtx *packer;               /* both made at first use */
	ZSTD_DCtx *opener;
};

struct pm_zstd_stream {
	ZSTD_CCtx *packer;
};

static int
set_parameters(ZSTD_CCtx *packer, int level, int window_log,
    struct pm_err *err)
{
	if (level < ZSTD_minCLevel() || level > LEVEL_MAX)
		return pm_fail(err, PM_EUSAGE, "compression level %d: "
		    "not within %d to %d", level, ZSTD_minCLevel(), LEVEL_MAX);
	if (ZSTD_isError(ZSTD_CCtx_setParameter(packer,
	    ZSTD_c_compressionLevel, level)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(packer, ZSTD_c_windowLog,
	    window_log)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(packer, ZSTD_c_checksumFlag,
	    1)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(packer,
	    ZSTD_c_contentSizeFlag, 1)))
		return pm_fail(err, PM_ENOMEM, "zstd refuses its parameters");
	return PM_OK;
}

int
pm_frame_coder_new(struct pm_frame_coder **out, struct pm_err *err)
{
	struct pm_frame_coder *coder = pm_alloc_zero(sizeof *coder, err);

	if (coder == NULL)
		return PM_ENOMEM;
	*out = coder;
	return PM_OK;
}

void
pm_frame_coder_free(struct pm_frame_coder *coder)
{
	if (coder == NULL)
		return;
	(void)ZSTD_freeCCtx(coder->packer);      /* both accept NULL */
	(void)ZSTD_freeDCtx(coder->opener);
	pm_free(coder);
}

int
pm_frame_encode(struct pm_frame_coder *coder, struct pm_buf *out,
    struct pm_bytes plain, int level, struct pm_err *err)
{
	size_t bound = ZSTD_compressBound(plain.n), n;
	int rc;

	if (plain.n > PM_FRAME_PLAIN_MAX)
		return pm_fail(err, PM_ELIMIT, "a frame of %zu bytes is over "
		    "the limit of %d", plain.n, PM_FRAME_PLAIN_MAX);
	if (coder->packer == NULL &&
	    (coder->packer = ZSTD_createCCtx()) == NULL)
		return pm_fail(err, PM_ENOMEM, "no memory for zstd");
	/* A frame smaller than the window gets a window of its own size. */
	if ((rc = set_parameters(coder->packer, level, WINDOW_LOG_MAX,
	    err)) != PM_OK ||
	    (rc = pm_buf_reserve(out, bound, err)) != PM_OK)
		return rc;
	n = ZSTD_compress2(coder->packer, out->p + out->n, bound, plain.p,
	    plain.n);
	if (ZSTD_isError(n))
		return pm_fail(err, PM_ENOMEM, "zstd: %s",
		    ZSTD_getErrorName(n));
	out->n += n;
	return PM_OK;
}

int
pm_frame_decode(struct pm_frame_coder *coder, struct pm_buf *out,
    struct pm_bytes packed, struct pm_err *err)
{
	unsigned long long claim;
	size_t n;
	int rc;

	/* libzstd also reads skippable frames and those of old versions. */
	if (packed.n < 4 || pm_le32_get(packed.p) != MAGIC_FRAME)
		return pm_fail(err, PM_ECORRUPT, "not a zstd frame");
	claim = ZSTD_getFrameContentSize(packed.p, packed.n);
	if (claim == ZSTD_CONTENTSIZE_ERROR ||
	    claim == ZSTD_CONTENTSIZE_UNKNOWN)
		return pm_fail(err, PM_ECORRUPT,
		    "the frame does not say its size");
	if (claim > PM_FRAME_PLAIN_MAX)
		return pm_fail(err, PM_ELIMIT, "the frame claims %llu bytes, "
		    "over the limit of %d", claim, PM_FRAME_PLAIN_MAX);
	if (pm_frame_measure(packed) != packed.n)
		return pm_fail(err, PM_ECORRUPT, "the frame is cut short, or "
		    "bytes follow it");
	if (coder->opener == NULL &&
	    (coder->opener = ZSTD_createDCtx()) == NULL)
		return pm_fail(err, PM_ENOMEM, "no memory for zstd");
	if ((rc = pm_buf_reserve(out, (size_t)claim + 1, err)) != PM_OK)
		return rc;
	n = ZSTD_decompressDCtx(coder->opener, out->p + out->n,
	    (size_t)claim, packed.p, packed.n);
	if (ZSTD_isError(n))
		return pm_fail(err, PM_ECORRUPT, "the frame does not decode: "
		    "%s", ZSTD_getErrorName(n));
	if (n != claim)
		return pm_fail(err, PM_ECORRUPT, "the frame claims %llu "
		    "bytes and has %zu", claim, n);
	out->n += n;
	return PM_OK;
}

size_t
pm_frame_measure(struct pm_bytes bytes)
{
	uint32_t magic;
	size_t n;

	if (bytes.n < 8)
		return 0;
	magic = pm_le32_get(bytes.p);
	if ((magic & ~(uint32_t)15) == MAGIC_SKIPPABLE) {
		uint32_t payload = pm_le32_get(bytes.p + 4);

		return payload <= bytes.n - 8 ? 8 + (size_t)payload : 0;
	}
	if (magic != MAGIC_FRAME)
		return 0;
	n = ZSTD_findFrameCompressedSize(bytes.p, bytes.n);
	return ZSTD_isError(n) || n > bytes.n ? 0 : n;
}

int
pm_zstd_stream_new(struct pm_zstd_stream **out, int level,
    struct pm_err *err)
{
	struct pm_zstd_stream *stream = pm_alloc_zero(sizeof *stream, err);
	int rc = PM_ENOMEM;

	if (stream == NULL)
		return PM_ENOMEM;
	if ((stream->packer = ZSTD_createCCtx()) == NULL)
		rc = pm_fail(err, PM_ENOMEM, "no memory for zstd");
	else
		rc = set_parameters(stream->packer, level,
		    level > LEVEL_WIDE ? WINDOW_LOG_MAX : 0, err);
	if (rc == PM_OK) {
		*out = stream;
		stream = NULL;
	}
	pm_zstd_stream_free(stream);
	return rc;
}

void
pm_zstd_stream_free(struct pm_zstd_stream *stream)
{
	if (stream == NULL)
		return;
	(void)ZSTD_freeCCtx(stream->packer);
	pm_free(stream);
}

int
pm_zstd_stream_write(struct pm_zstd_stream *stream, struct pm_buf *out,
    struct pm_bytes plain, enum pm_zstd_flush flush, struct pm_err *err)
{
	ZSTD_EndDirective mode = flush == PM_ZSTD_FINISH ? ZSTD_e_end :
	    ZSTD_e_continue;
	ZSTD_inBuffer in = { plain.p, plain.n, 0 };
	size_t left;
	int rc;

	do {
		ZSTD_outBuffer room;

		rc = pm_buf_reserve(out, ZSTD_CStreamOutSize(), err);
		if (rc != PM_OK)
			return rc;
		room = (ZSTD_outBuffer){ out->p + out->n,
		    ZSTD_CStreamOutSize(), 0 };
		left = ZSTD_compressStream2(stream->packer, &room, &in, mode);
		if (ZSTD_isError(left))
			return pm_fail(err, PM_ENOMEM, "zstd: %s",
			    ZSTD_getErrorName(left));
		out->n += room.pos;
	} while (flush == PM_ZSTD_FINISH ? left > 0 : in.pos < in.size);
	return PM_OK;
}
