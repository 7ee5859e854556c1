/*
 * Bytes to UTF-8 by ICU's converters, block by block.
 */
#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>

#include "base/err.h"
#include "text/encoding_internal.h"

enum { BLOCK = 8192 };

static const uint8_t replacement[] = { 0xef, 0xbf, 0xbd };

/* What the converter calls for bytes that have no meaning. */
static void
replace(const void *context, UConverterToUnicodeArgs *args, const char *bytes,
    int32_t n, UConverterCallbackReason reason, UErrorCode *status)
{
	static const UChar mark = 0xfffd;
	const void *const *to = context;

	(void)bytes;
	(void)n;
	if (reason > UCNV_IRREGULAR)
		return;
	*status = U_ZERO_ERROR;
	++*(uint64_t *)(uintptr_t)*to;
	ucnv_cbToUWriteUChars(args, &mark, 1, 0, status);
}

/* NUL has no meaning in a text. */
static int
append(struct pm_buf *out, uint64_t *bad, const uint8_t *p, size_t n,
    struct pm_err *err)
{
	int rc = PM_OK;

	while (rc == PM_OK && n > 0) {
		const uint8_t *nul = memchr(p, 0, n);
		size_t part = nul == NULL ? n : (size_t)(nul - p);

		rc = pm_buf_append(out, p, part, err);
		if (rc == PM_OK && nul != NULL) {
			rc = pm_buf_append(out, replacement, 3, err);
			++*bad;
			part++;
		}
		p += part;
		n -= part;
	}
	return rc;
}

static int
convert(struct pm_buf *out, uint64_t *bad, UConverter *to, UConverter *from,
    struct pm_bytes bytes, struct pm_err *err)
{
	UChar pivot[1024], *read = pivot, *write = pivot;
	const char *at = (const char *)bytes.p, *end = at + bytes.n;
	char block[BLOCK];
	int rc = PM_OK;
	UErrorCode status;

	do {
		char *p = block;

		status = U_ZERO_ERROR;
		ucnv_convertEx(to, from, &p, block + BLOCK, &at, end, pivot,
		    &read, &write, pivot + 1024, false, true, &status);
		rc = append(out, bad, (uint8_t *)block, (size_t)(p - block),
		    err);
	} while (rc == PM_OK && status == U_BUFFER_OVERFLOW_ERROR);
	if (rc == PM_OK && U_FAILURE(status))
		rc = pm_fail(err, status == U_MEMORY_ALLOCATION_ERROR ?
		    PM_ENOMEM : PM_EINPUT, "converter: %s",
		    u_errorName(status));
	return rc;
}

int
pm_encoding_decode(struct pm_buf *out, uint64_t *bad,
    const struct pm_encoding *encoding, struct pm_bytes bytes,
    struct pm_err *err)
{
	UErrorCode status = U_ZERO_ERROR;
	UConverter *from, *to;
	const void *count = bad;
	size_t before = out->n;
	int rc;

	bytes.p += encoding->bom_n;
	bytes.n -= encoding->bom_n;
	if (encoding->utf8)
		return append(out, bad, bytes.p, bytes.n, err);
	from = ucnv_open(pm_charset_icu(encoding->name), &status);
	to = ucnv_open("UTF-8", &status);
	if (U_SUCCESS(status))
		ucnv_setToUCallBack(from, replace, &count, NULL, NULL, &status);
	rc = U_SUCCESS(status) ? convert(out, bad, to, from, bytes, err) :
	    pm_fail(err, status == U_MEMORY_ALLOCATION_ERROR ? PM_ENOMEM :
	    PM_EINPUT, "%s: %s", encoding->name, u_errorName(status));
	ucnv_close(from);
	ucnv_close(to);
	if (rc != PM_OK)
		out->n = before;
	return rc;
}
