/*
 * frame.h - one compressed frame of a volume, and the tar members in it.
 *
 * A frame is the smallest unit we can read back without touching its
 * neighbours.  Its plain bytes are whole ustar members.  Layout:
 * src/FORMAT.md, "Frame".  Does no I/O.  Owner of zstd.
 */
#ifndef PM_STORE_FRAME_H
#define PM_STORE_FRAME_H

#include "base/buf.h"

enum {
	PM_FRAME_PLAIN_MAX = 16 << 20,    /* reject larger claims unread */
	PM_MEMBER_MAX = 8 << 20,          /* data of one member */
	PM_TAR_BLOCK = 512
};

/*
 * Append a ustar header for a regular file of `bytes` bytes, mode 0644, owner
 * 0.  name: at most 100 bytes.  Data and padding are the caller's
 * (pm_tar_append does both).
 */
int pm_tar_header(struct pm_buf *out, const char *name, uint64_t bytes,
    int64_t mtime_seconds, struct pm_err *err);
/* Header, data, zero padding to 512. */
int pm_tar_append(struct pm_buf *out, const char *name, struct pm_bytes data,
    int64_t mtime_seconds, struct pm_err *err);

/* Walk the members of a frame's plain bytes.  *at starts at 0; PM_END after
 * the last; PM_ECORRUPT for a bad header or a member that does not fit. */
struct pm_tar_member {
	char name[101];
	struct pm_bytes data;
	size_t data_at;          /* offset of data in the frame */
};
int pm_tar_next(struct pm_tar_member *out, struct pm_bytes plain, size_t *at,
    struct pm_err *err);

/*
 * Compress plain[0..n) into one zstd frame (content size and checksum on,
 * window at most 8 MiB), appended to *out.  A coder keeps its memory between
 * frames; one a thread.
 */
struct pm_frame_coder;
int pm_frame_coder_new(struct pm_frame_coder **out, struct pm_err *err);
void pm_frame_coder_free(struct pm_frame_coder *coder);   /* accepts NULL */
int pm_frame_encode(struct pm_frame_coder *coder, struct pm_buf *out,
    struct pm_bytes plain, int level, struct pm_err *err);
/* Append the plain bytes of exactly one frame.  PM_ECORRUPT (bad header,
 * checksum, size, or trailing bytes), PM_ELIMIT (claims over
 * PM_FRAME_PLAIN_MAX, before any memory is taken), PM_ENOMEM. */
int pm_frame_decode(struct pm_frame_coder *coder, struct pm_buf *out,
    struct pm_bytes packed, struct pm_err *err);

/* Size of the frame or skippable frame at the start of bytes: found without
 * decoding; 0 when it is none or does not end within bytes. */
size_t pm_frame_measure(struct pm_bytes bytes);

/* A stream for `extract -o x.tar.zst` and `.jsonl.zst`. */
struct pm_zstd_stream;
int pm_zstd_stream_new(struct pm_zstd_stream **out, int level,
    struct pm_err *err);
void pm_zstd_stream_free(struct pm_zstd_stream *stream);  /* accepts NULL */
/* Append what comes out to *out; finish ends the frame. */
enum pm_zstd_flush { PM_ZSTD_GO_ON, PM_ZSTD_FINISH };
int pm_zstd_stream_write(struct pm_zstd_stream *stream, struct pm_buf *out,
    struct pm_bytes plain, enum pm_zstd_flush flush, struct pm_err *err);

#endif
