/*
 * unpack.h - compressed files of many members, read past damage: .warc.gz and
 * its like, where each record is a gzip member or a zstd frame.
 *
 * libarchive ends where a member is broken, and knows nothing of the
 * dictionary that may lead a .warc.zst (a skippable frame 0x184D2A5D, itself
 * perhaps compressed).
 *
 * unpack.c     where members begin, also behind damage
 * gzip.c       one gzip member
 * zst_dict.c   the dictionary, and one zstd frame
 */
#ifndef PM_INTAKE_UNPACK_H
#define PM_INTAKE_UNPACK_H

#include <stdbool.h>

#include "base/buf.h"
#include "intake/intake_internal.h"

/* Is the file one of those? */
bool pm_unpack_takes(enum pm_format format, struct pm_bytes head,
    struct pm_bytes path);

/* The next bytes of the file, which live until the next call; *n 0 at its
 * end; PM_EIO when they cannot be read, which was reported; PM_ENOMEM. */
typedef int pm_unpack_pull(void *context, const uint8_t **p, size_t *n,
    struct pm_err *err);

struct pm_unpack;
int pm_unpack_open(struct pm_unpack **out, enum pm_format format,
    pm_unpack_pull *pull, void *context, struct pm_err *err);
void pm_unpack_close(struct pm_unpack *unpack);   /* accepts NULL */

/*
 * Bytes that live until the next call; *n 0 at the end.  PM_EINPUT: a member
 * is broken, err says how and where; the next call goes on with the next
 * member.
 */
int pm_unpack_read(struct pm_unpack *unpack, const uint8_t **p, size_t *n,
    struct pm_err *err);

/* ---- codecs ---- */

enum pm_unpack_result {
	PM_UNPACK_GOES_ON,           /* all input was used, or all room */
	PM_UNPACK_ENDED,             /* the member ends here */
	PM_UNPACK_BROKEN, PM_UNPACK_NO_MEMORY
};

struct pm_unpack_step {
	const uint8_t *in;           /* advanced, as is out */
	size_t in_n;
	uint8_t *out;
	size_t out_n;
};

struct pm_unpack_codec {
	uint8_t magic[4];            /* with which a member begins */
	size_t magic_n;
	void *(*open)(struct pm_err *err);   /* NULL: PM_ENOMEM */
	void (*close)(void *state);          /* accepts NULL */
	void (*restart)(void *state);
	enum pm_unpack_result (*decode)(void *state,
	    struct pm_unpack_step *step);
	const char *(*reason)(void *state);  /* behind PM_UNPACK_BROKEN */
};

extern const struct pm_unpack_codec pm_unpack_gzip, pm_unpack_zstd;

#endif
