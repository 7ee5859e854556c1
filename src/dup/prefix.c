#include "dup/prefix.h"

#include "base/buf.h"
#include "dup/digest.h"

static const size_t counts[PM_PREFIX_COUNTS] = { 6, 12 };

/* The keys lie in files: bytes are hashed in one order on every machine.
 * XXH3 takes the length in, so that equal tokens under another count give
 * another key. */
static uint64_t
key_of_first(const uint64_t *token, size_t n)
{
	uint8_t bytes[PM_PREFIX_MAX * sizeof *token];
	uint64_t key;

	for (size_t i = 0; i < n; i++)
		pm_le64_put(bytes + i * sizeof *token, token[i]);
	key = pm_digest64((struct pm_bytes){ bytes, n * sizeof *token });
	return key == 0 ? 1 : key;
}

size_t
pm_prefix_keys(uint64_t out[PM_PREFIX_COUNTS], const uint64_t *token, size_t n)
{
	size_t keys = 0;

	while (keys < PM_PREFIX_COUNTS && counts[keys] <= n) {
		out[keys] = key_of_first(token, counts[keys]);
		keys++;
	}
	return keys;
}

uint64_t
pm_prefix_lookup_key(const uint64_t *token, size_t n)
{
	for (size_t i = PM_PREFIX_COUNTS; i > 0; i--) {
		if (counts[i - 1] <= n)
			return key_of_first(token, counts[i - 1]);
	}
	return 0;
}
