/*
 * The functions of OpenSSL 1.1, which 3 has as well: their state is plain
 * memory, so that nothing can fail.  EVP asks for memory at each digest, and
 * without one there is nothing to go on with.
 */
#define OPENSSL_API_COMPAT 0x10101000L
#include "store/sha256.h"

#include <openssl/sha.h>

#include "base/mem.h"

struct pm_sha256_state {
	SHA256_CTX context;
};

void
pm_sha256(uint8_t out[PM_SHA256_BYTES], struct pm_bytes bytes)
{
	SHA256_CTX context;

	(void)SHA256_Init(&context);
	if (bytes.n > 0)
		(void)SHA256_Update(&context, bytes.p, bytes.n);
	(void)SHA256_Final(out, &context);
}

struct pm_sha256_state *
pm_sha256_new(struct pm_err *err)
{
	struct pm_sha256_state *state = pm_alloc(sizeof *state, err);

	if (state != NULL)
		(void)SHA256_Init(&state->context);
	return state;
}

void
pm_sha256_update(struct pm_sha256_state *state, struct pm_bytes bytes)
{
	if (bytes.n > 0)
		(void)SHA256_Update(&state->context, bytes.p, bytes.n);
}

void
pm_sha256_final(uint8_t out[PM_SHA256_BYTES], struct pm_sha256_state *state)
{
	(void)SHA256_Final(out, &state->context);
	(void)SHA256_Init(&state->context);
}

void
pm_sha256_peek(uint8_t out[PM_SHA256_BYTES],
    const struct pm_sha256_state *state)
{
	SHA256_CTX copy = state->context;

	(void)SHA256_Final(out, &copy);
}

void
pm_sha256_free(struct pm_sha256_state *state)
{
	pm_free(state);
}

void
pm_hex(char *out, const uint8_t *p, size_t n)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*out++ = digit[p[i] >> 4];
		*out++ = digit[p[i] & 15];
	}
	*out = '\0';
}
