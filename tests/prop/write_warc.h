/*
 * write_warc.h - WARC and ARC files: responses as they went over the wire,
 * revisits, conversions, and lengths that are wrong.
 */
#ifndef PM_TESTS_PROP_WRITE_WARC_H
#define PM_TESTS_PROP_WRITE_WARC_H

#include <zlib.h>

#include "write_page.h"

/* Append what zlib makes of text: gzip, zlib's own, or bare deflate. */
static inline void
put_deflated(struct writer *w, const struct pm_buf *text, int window)
{
	z_stream z = { 0 };
	uLong most;
	Bytef *p;

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, window, 8,
	    Z_DEFAULT_STRATEGY), Z_OK);
	most = deflateBound(&z, (uLong)text->n) + 64;
	assert_non_null(p = malloc(most));
	z.next_in = text->p;
	z.avail_in = (uInt)text->n;
	z.next_out = p;
	z.avail_out = (uInt)most;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	put(w, p, (size_t)(most - z.avail_out));
	assert_int_equal(deflateEnd(&z), Z_OK);
	free(p);
}

static inline void
put_chunks(struct writer *w, const struct pm_buf *text)
{
	size_t at = 0;

	while (at < text->n) {
		size_t n = 1 + below(w, 400);

		n = n < text->n - at ? n : text->n - at;
		putf(w, once_in(w, 2) ? "%zx\r\n" : "%zX;a=b\r\n",
		    once_in(w, 200) ? n + 7 : n);
		put(w, text->p + at, n);
		put_s(w, "\r\n");
		at += n;
	}
	put_s(w, ANY(w, "0\r\n\r\n", "0\r\nX: y\r\n\r\n", "0\r\n", ""));
}

static inline void
put_payload(struct writer *w, const struct pm_buf *page, const char *type)
{
	const char *end = once_in(w, 9) ? "\n" : "\r\n";
	struct pm_buf body;
	struct writer inner = aside(w, &body);
	unsigned coding = (unsigned)below(w, 5);
	bool chunked = once_in(w, 2);

	pm_buf_init(&body);
	if (coding < 2)
		put_deflated(&inner, page, coding == 0 ? 31 : 15);
	else
		put_buf(&inner, page);
	putf(w, "HTTP/1.%zu %s%sContent-Type: %s%s", below(w, 2),
	    ANY(w, "200 OK", "200 OK", "200", "404 Not Found", "301 Moved"),
	    end, type, end);
	if (coding < 2)
		putf(w, "Content-Encoding: %s%s", coding == 0 ? "gzip" :
		    "deflate", end);
	if (chunked)
		putf(w, "Transfer-Encoding: chunked%s", end);
	else if (once_in(w, 2))
		putf(w, "content-length: %zu%s", body.n + (once_in(w, 20) ?
		    9 : 0), end);
	put_s(w, end);
	if (chunked)
		put_chunks(w, &body);
	else
		put_buf(w, &body);
	pm_buf_clear(&body);
}

static inline void
put_response(struct writer *w)
{
	struct pm_buf page;
	struct writer inner = aside(w, &page);
	bool text = once_in(w, 4);

	pm_buf_init(&page);
	if (text)
		write_text(&inner);
	else if (once_in(w, 3))
		write_encoded(&inner);
	else
		write_html(&inner);
	put_payload(w, &page, text ? "text/plain; charset=utf-8" :
	    ANY(w, "text/html", "text/html; charset=UTF-8", "image/png"));
	pm_buf_clear(&page);
}

static inline void
put_length(struct writer *w, size_t n)
{
	if (once_in(w, 25))
		put_s(w, ANY(w, "99999999999999999999", "-1", "", "12x", "7"));
	else
		putf(w, "%zu", once_in(w, 25) ? n + below(w, 90) : n);
}

static inline void
put_warc_block(struct writer *w, const char *type)
{
	if (strcmp(type, "response") == 0)
		put_response(w);
	else if (strcmp(type, "conversion") == 0)
		put_text(w, any_story(w));
	else if (strcmp(type, "revisit") == 0)
		put_s(w, ANY(w, "HTTP/1.1 200 OK\r\n\r\n", "", "HTTP/1.0 304 "
		    "Not Modified\r\nA: b\r\n\r\n"));
	else
		put_s(w, "software: x\r\nformat: WARC File Format 1.1\r\n");
}

static inline void
put_warc_record(struct writer *w)
{
	const char *type = ANY(w, "response", "response", "response",
	    "conversion", "revisit", "request", "warcinfo", "metadata");
	const char *end = once_in(w, 9) ? "\n" : "\r\n";
	const struct story *story = any_story(w);
	struct pm_buf block;
	struct writer inner = aside(w, &block);

	pm_buf_init(&block);
	put_warc_block(&inner, type);
	putf(w, "WARC/%s%sWARC-Type: %s%sWARC-Target-URI: ", ANY(w, "1.0",
	    "1.1", "0.17", "0.18"), end, type, end);
	put_url(w, story);
	putf(w, "%sWARC-Date: 2025-02-1%zuT08:00:00Z%s", end, below(w, 10),
	    end);
	if (strcmp(type, "revisit") == 0)
		putf(w, "WARC-Profile: http://netpreserve.org/warc/1.1/"
		    "revisit/identical-payload-digest%s", end);
	if (once_in(w, 2))
		putf(w, "WARC-Payload-Digest: sha1:%s%s", ANY(w,
		    "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", "x"), end);
	put_s(w, "Content-Length: ");
	put_length(w, block.n);
	putf(w, "%s%s", end, end);
	put_buf(w, &block);
	put_s(w, once_in(w, 30) ? "\n" : "\r\n\r\n");
	pm_buf_clear(&block);
}

static inline void
write_warc(struct writer *w)
{
	for (size_t i = 0, n = 1 + below(w, 6); i < n; i++)
		put_warc_record(w);
}

static inline void
write_arc(struct writer *w)
{
	put_s(w, "filedesc://a.arc 127.0.0.1 20140301000000 text/plain 6\n"
	    "1 0 x\n\n");
	for (size_t i = 0, n = below(w, 5); i < n; i++) {
		const struct story *story = any_story(w);
		struct pm_buf block;
		struct writer inner = aside(w, &block);

		pm_buf_init(&block);
		put_response(&inner);
		put_url(w, story);
		put_s(w, " 1.2.3.4 2024050607080");
		putf(w, "%zu text/html ", below(w, 10));
		put_length(w, block.n);
		put_s(w, "\n");
		put_buf(w, &block);
		put_s(w, once_in(w, 20) ? "" : "\n");
		pm_buf_clear(&block);
	}
}

#endif
