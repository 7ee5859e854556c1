/*
 * Any bytes: an encoding is found or none; what is decoded is UTF-8 without
 * NUL, and has a language.  The first byte says how many of those behind it
 * are a label and what is stated of the language.
 */
#include <stdlib.h>

#include "base/utf8.h"
#include "text/encoding.h"
#include "text/language.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct pm_encoding encoding;
	struct pm_language language;
	struct pm_bytes said, bytes, text;
	struct pm_buf out;
	struct pm_err err;
	uint64_t bad = 0;
	size_t label, at;

	if (n == 0)
		return 0;
	label = p[0] % 64 < n - 1 ? p[0] % 64 : n - 1;
	said = (struct pm_bytes){ p + 1, label };
	bytes = (struct pm_bytes){ p + 1 + label, n - 1 - label };
	if (label == 0)
		said = pm_encoding_declared(bytes);
	pm_buf_init(&out);
	if (pm_encoding_find(&encoding, bytes, said) &&
	    pm_encoding_decode(&out, &bad, &encoding, bytes, &err) == PM_OK) {
		text = pm_buf_bytes(&out);
		if (!pm_utf8_valid(text, &at) ||
		    (text.n > 0 && memchr(text.p, 0, text.n) != NULL))
			abort();
		pm_language_of(&language, text, said);
		if (memchr(language.code, 0, sizeof language.code) == NULL ||
		    !(language.score >= 0 && language.score <= 1))
			abort();
		(void)pm_language_answers(pm_bytes_of(language.code), said);
	}
	pm_buf_clear(&out);
	return 0;
}
