/*
 * warc_digest.h - digests as WARC headers print them.  Owner of libcrypto on
 * this floor.
 */
#ifndef PM_PAGE_WARC_DIGEST_H
#define PM_PAGE_WARC_DIGEST_H

#include <stdbool.h>

#include "base/buf.h"

enum pm_digest_check {
	PM_DIGEST_UNKNOWN,           /* absent, or not of a kind known here */
	PM_DIGEST_SAME, PM_DIGEST_OTHER
};

/* printed: "sha1:", "sha256:" or "md5:", then base32 or hexadecimal. */
enum pm_digest_check pm_warc_digest_check(struct pm_bytes printed,
    struct pm_bytes bytes);

#endif
