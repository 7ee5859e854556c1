/*
 * digest.h - fast digests of bytes that are not trusted as identity (that is
 * SHA-256, store/sha256.h).  Owner of xxHash.
 */
#ifndef PM_DUP_DIGEST_H
#define PM_DUP_DIGEST_H

#include "pressmark.h"

struct pm_digest {
	uint64_t high, low;      /* XXH3-128, seed 0 */
};

struct pm_digest pm_digest128(struct pm_bytes bytes);
uint64_t pm_digest64(struct pm_bytes bytes);     /* XXH3-64, seed 0 */

/* pm_digest64 of each of n tokens of a text (text/fold.h). */
struct pm_token;
void pm_digest64_tokens(uint64_t *out, struct pm_bytes text,
    const struct pm_token *token, size_t n);

#endif
