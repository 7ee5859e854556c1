#include "dup/digest.h"

#include <xxhash.h>

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
