/*
 * place.h - where under a directory a stored path goes.
 *
 * A stored path may be anything a container held.  It is made harmless:
 * empty, "." and ".." parts are left out, and a NUL byte becomes "_".  A name
 * that a file system refuses is made shorter, the same way every time.
 */
#ifndef PM_ARCHIVE_PLACE_H
#define PM_ARCHIVE_PLACE_H

#include "base/buf.h"

enum pm_placing {
	PM_PLACE_AS_STORED,
	/* Parts over 255 bytes: their beginning, "~", 16 digits of the
	 * SHA-256 of the part, and its extension. */
	PM_PLACE_SHORTENED,
	/* One part for the whole path: of the last part what is ASCII and at
	 * most 100 bytes, and 16 digits of the SHA-256 of the path. */
	PM_PLACE_ONE_PART,
	PM_PLACINGS
};

/* DIRECTORY/..., with a NUL behind, into an emptied buffer. */
int pm_place(struct pm_buf *out, const char *directory, struct pm_bytes path,
    enum pm_placing placing, struct pm_err *err);

#endif
