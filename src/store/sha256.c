#include "store/sha256.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"

struct pm_sha256_state {
	EVP_MD_CTX *context;
};

/* Fetched once: looking it up for each digest costs more than a short one. */
static const EVP_MD *algorithm;
static pthread_once_t algorithm_once = PTHREAD_ONCE_INIT;

static void
fetch_algorithm(void)
{
	algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (algorithm == NULL)
		algorithm = EVP_sha256();
}

/*
 * libcrypto can fail here only when it has no memory for its context.  There
 * is no digest to go on with then, and a wrong one would be silent loss.
 */
static void
must(int ok)
{
	if (ok != 1)
		abort();
}

void
pm_sha256(uint8_t out[PM_SHA256_BYTES], struct pm_bytes bytes)
{
	(void)pthread_once(&algorithm_once, fetch_algorithm);
	must(EVP_Digest(bytes.p, bytes.n, out, NULL, algorithm, NULL));
}

struct pm_sha256_state *
pm_sha256_new(struct pm_err *err)
{
	struct pm_sha256_state *state = pm_alloc_zero(sizeof *state, err);

	if (state == NULL)
		return NULL;
	(void)pthread_once(&algorithm_once, fetch_algorithm);
	if ((state->context = EVP_MD_CTX_new()) == NULL ||
	    EVP_DigestInit_ex(state->context, algorithm, NULL) != 1) {
		(void)pm_fail(err, PM_ENOMEM, "no memory for SHA-256");
		pm_sha256_free(state);
		return NULL;
	}
	return state;
}

void
pm_sha256_update(struct pm_sha256_state *state, struct pm_bytes bytes)
{
	if (bytes.n > 0)
		must(EVP_DigestUpdate(state->context, bytes.p, bytes.n));
}

void
pm_sha256_final(uint8_t out[PM_SHA256_BYTES], struct pm_sha256_state *state)
{
	must(EVP_DigestFinal_ex(state->context, out, NULL));
	must(EVP_DigestInit_ex(state->context, algorithm, NULL));
}

void
pm_sha256_peek(uint8_t out[PM_SHA256_BYTES],
    const struct pm_sha256_state *state)
{
	EVP_MD_CTX *copy = EVP_MD_CTX_new();

	must(copy != NULL && EVP_MD_CTX_copy_ex(copy, state->context) == 1 &&
	    EVP_DigestFinal_ex(copy, out, NULL) == 1);
	EVP_MD_CTX_free(copy);
}

void
pm_sha256_free(struct pm_sha256_state *state)
{
	if (state == NULL)
		return;
	EVP_MD_CTX_free(state->context);
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
