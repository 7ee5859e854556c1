/*
 * http.h - a response as it went over the wire: header, transfer and content
 * encodings.  Owner of zlib and brotli where pages are read.
 *
 * Lenient: line ends may be LF, lines folded, chunks broken, and an encoding
 * that the header names may have been undone by whoever saved the record.
 */
#ifndef PM_PAGE_HTTP_H
#define PM_PAGE_HTTP_H

#include "page/page.h"

enum {
	PM_HTTP_DECODED_MAX = 64 << 20,
	PM_HTTP_RATIO_MAX = 1000     /* of what is over 1 MiB */
};

/* One past the blank line behind a header; all when there is none. */
size_t pm_header_end(struct pm_bytes bytes);
/* The first field of that name, trimmed, or n = 0.  It may be folded. */
struct pm_bytes pm_header_field(struct pm_bytes header, const char *name);

/* "text/html; charset=x": what is before ";", and the charset, unquoted. */
struct pm_bytes pm_media_type(struct pm_bytes value);
struct pm_bytes pm_media_charset(struct pm_bytes value);
bool pm_equals_ignoring_case(struct pm_bytes s, const char *word);
struct pm_bytes pm_trim_blanks(struct pm_bytes s);

struct pm_http {
	unsigned status;             /* 0: no status line, all is payload */
	struct pm_bytes header;
	struct pm_bytes payload;     /* as it stands in the record */
	/* By pm_http_decode: without chunks, and as the page is. */
	struct pm_bytes unchunked, body;
	const char *refused;         /* static: why body is nothing */
};

void pm_http_parse(struct pm_http *out, struct pm_bytes bytes);
/* What was odd is noted in page.  Bytes are of the payload or the arena. */
int pm_http_decode(struct pm_http *http, struct pm_page *page,
    struct pm_arena *arena, struct pm_err *err);

#endif
