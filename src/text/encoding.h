/*
 * encoding.h - bytes of any encoding to UTF-8.  Owner of uchardet; converters
 * are ICU's.
 *
 * In this order: BOM, valid UTF-8, what was declared (HTTP, <meta>, an XML
 * declaration: labels of the WHATWG Encoding standard, section 4.2), the
 * detector over some KB that have bytes past 0x7F.  A declared encoding that
 * cannot be (bytes it has no meaning for, or UTF-8 that is none) is passed
 * over, and so is one that makes no sense of bytes that another makes sense of.
 * UTF-8 with few bad bytes is valid here, but utf8 is false.
 */
#ifndef PM_TEXT_ENCODING_H
#define PM_TEXT_ENCODING_H

#include <stdbool.h>

#include "base/buf.h"

enum pm_encoding_source {
	PM_ENCODING_BOM = 1, PM_ENCODING_VALID, PM_ENCODING_DECLARED,
	PM_ENCODING_DETECTED
};

struct pm_encoding {
	char name[32];               /* "UTF-8", "windows-1251" ... */
	enum pm_encoding_source source;
	size_t bom_n;
	bool utf8;                   /* bytes past the BOM are the text */
};

/* False when the bytes are no text in any encoding. */
bool pm_encoding_find(struct pm_encoding *out, struct pm_bytes bytes,
    struct pm_bytes declared);
/* The label in <meta charset>, <meta http-equiv> or <?xml encoding> of the
 * first KB; n = 0: none. */
struct pm_bytes pm_encoding_declared(struct pm_bytes bytes);

/* Append as UTF-8, without the BOM.  What has no meaning becomes U+FFFD,
 * counted in *bad; NUL too.  PM_ENOMEM. */
int pm_encoding_decode(struct pm_buf *out, uint64_t *bad,
    const struct pm_encoding *encoding, struct pm_bytes bytes,
    struct pm_err *err);

#endif
