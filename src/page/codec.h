/*
 * codec.h - how a stretch of text is written inside a record, so that the
 * record's bytes are made again from the text that is stored once.
 *
 * PLAIN: as it is.  JSON_*: the inside of a JSON string (RFC 8259): `"` and
 * `\` as \" and \\, the control characters \b \f \n \r \t so, others as \u00xx.
 * ASCII: all past U+007F as \uxxxx too, pairs for what lies past the BMP.
 * SLASH: `/` as \/.  UPPER: hexadecimal digits A to F.  CSV: the inside of a
 * quoted field, `"` doubled.  XML: & < > as entities, and QUOT " as well.
 *
 * Numbers are in volumes: never change one.
 */
#ifndef PM_PAGE_CODEC_H
#define PM_PAGE_CODEC_H

#include <stdbool.h>

#include "base/buf.h"

enum pm_codec {
	PM_CODEC_PLAIN = 0,
	PM_CODEC_JSON = 1,                   /* with these bits: */
	PM_CODEC_JSON_ASCII = 1 | 2,
	PM_CODEC_JSON_SLASH = 1 | 4,
	PM_CODEC_JSON_UPPER = 1 | 8,         /* up to 15 */
	PM_CODEC_CSV = 16,
	PM_CODEC_XML = 17,
	PM_CODEC_XML_QUOT = 18
};

bool pm_codec_known(int codec);
/* Append text as the codec writes it.  Text is valid UTF-8. */
int pm_codec_write(struct pm_buf *out, int codec, struct pm_bytes text,
    struct pm_err *err);
/* How many bytes that would be, and how many at its beginning are written as
 * they are. */
size_t pm_codec_length(int codec, struct pm_bytes text);
size_t pm_codec_run(int codec, struct pm_bytes text);
/* The codec that makes exactly `written` of text, or -1.  Allocates nothing. */
int pm_codec_find(struct pm_bytes written, struct pm_bytes text);

#endif
