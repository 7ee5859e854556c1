#include "page/warc_digest.h"

#include <openssl/evp.h>

enum { DIGEST_BYTES_MAX = 32 };

static const struct {
	const char *name;
	size_t bytes;
	const EVP_MD *(*algorithm)(void);
} known[] = {
	{ "sha1:", 20, EVP_sha1 }, { "sha256:", 32, EVP_sha256 },
	{ "sha-1:", 20, EVP_sha1 }, { "sha-256:", 32, EVP_sha256 },
	{ "md5:", 16, EVP_md5 },
};

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* -1: no digit. */
static int
digit_of(uint8_t c, unsigned bits)
{
	c = lower(c);
	if (bits == 4)
		return c >= '0' && c <= '9' ? c - '0' :
		    c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
	return c >= 'a' && c <= 'z' ? c - 'a' :
	    c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

static bool
decode(uint8_t *out, size_t bytes, struct pm_bytes text)
{
	unsigned bits = text.n == 2 * bytes ? 4 : 5, held_n = 0;
	uint32_t held = 0;

	while (bits == 5 && text.n > 0 && text.p[text.n - 1] == '=')
		text.n--;
	if (text.n != (8 * bytes + bits - 1) / bits)
		return false;
	for (size_t i = 0, n = 0; i < text.n; i++) {
		int digit = digit_of(text.p[i], bits);

		if (digit < 0)
			return false;
		held = (held << bits | (uint32_t)digit) & 0xfff;
		held_n += bits;
		if (held_n >= 8 && n < bytes) {
			held_n -= 8;
			out[n++] = (uint8_t)(held >> held_n);
		}
	}
	return true;
}

enum pm_digest_check
pm_warc_digest_check(struct pm_bytes printed, struct pm_bytes bytes)
{
	uint8_t want[DIGEST_BYTES_MAX], have[EVP_MAX_MD_SIZE];
	const uint8_t none = 0;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		size_t n = strlen(known[i].name), k = 0;

		while (k < n && k < printed.n &&
		    lower(printed.p[k]) == (uint8_t)known[i].name[k])
			k++;
		if (k < n)
			continue;
		if (!decode(want, known[i].bytes, (struct pm_bytes){
		    printed.p + n, printed.n - n }) ||
		    EVP_Digest(bytes.n == 0 ? &none : bytes.p, bytes.n, have,
		    NULL, known[i].algorithm(), NULL) != 1)
			return PM_DIGEST_UNKNOWN;
		return memcmp(want, have, known[i].bytes) == 0 ?
		    PM_DIGEST_SAME : PM_DIGEST_OTHER;
	}
	return PM_DIGEST_UNKNOWN;
}
