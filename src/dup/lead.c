#include "dup/lead.h"

#include "base/buf.h"
#include "dup/digest.h"

/* So that keys of one kind do not meet those of another. */
#define LEAD_SALT UINT64_C(0x6c62272e07bb0142)
#define TITLE_SALT UINT64_C(0xaf63bd4c8601b7df)

enum { TITLE_TOKENS = 64 };      /* no more of a title are looked at */

/* The keys lie in files: bytes are hashed in one order on every machine. */
static uint64_t
key_of(const uint64_t *token, size_t n, uint64_t salt)
{
	uint8_t bytes[(TITLE_TOKENS + 1) * sizeof *token];
	uint64_t key;

	pm_le64_put(bytes, salt);
	for (size_t i = 0; i < n; i++)
		pm_le64_put(bytes + (i + 1) * sizeof *token, token[i]);
	key = pm_digest64((struct pm_bytes){ bytes, (n + 1) * sizeof *token });
	return key == 0 ? 1 : key;
}

/* Keep the smallest, in order. */
static void
offer(uint64_t out[PM_LEAD_KEYS], size_t *n, uint64_t key)
{
	size_t at = *n;

	while (at > 0 && out[at - 1] > key)
		at--;
	if (at == PM_LEAD_KEYS || (at > 0 && out[at - 1] == key))
		return;
	if (*n < PM_LEAD_KEYS)
		(*n)++;
	for (size_t i = *n - 1; i > at; i--)
		out[i] = out[i - 1];
	out[at] = key;
}

size_t
pm_lead_keys(uint64_t out[PM_LEAD_KEYS], const uint64_t *token, size_t n)
{
	size_t keys = 0;

	if (n < PM_LEAD_SNIPPET_MIN)
		return 0;
	if (n > PM_LEAD_KEY_TOKENS)
		n = PM_LEAD_KEY_TOKENS;
	for (size_t i = 0; i + PM_LEAD_GRAM <= n; i++)
		offer(out, &keys, key_of(token + i, PM_LEAD_GRAM, LEAD_SALT));
	return keys;
}

uint64_t
pm_title_key(const uint64_t *token, size_t n)
{
	if (n < PM_TITLE_TOKENS_MIN || n > TITLE_TOKENS)
		return 0;
	return key_of(token, n, TITLE_SALT);
}
