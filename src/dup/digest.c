#include "dup/digest.h"

/* Inline: a token is a few bytes, and a call costs as much as its hash. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "text/fold.h"

struct pm_digest
pm_digest128(struct pm_bytes bytes)
{
	XXH128_hash_t hash = XXH3_128bits(bytes.p, bytes.n);

	return (struct pm_digest){ hash.high64, hash.low64 };
}

uint64_t
pm_digest64(struct pm_bytes bytes)
{
	return XXH3_64bits(bytes.p, bytes.n);
}

void
pm_digest64_tokens(uint64_t *out, struct pm_bytes text,
    const struct pm_token *token, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = XXH3_64bits(text.p + token[i].start,
		    token[i].end - token[i].start);
}
