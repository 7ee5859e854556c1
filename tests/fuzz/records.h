/*
 * records.h - what the drivers of readers of records share: text as readers may
 * have it, and what must hold of every page.
 */
#ifndef PM_TESTS_FUZZ_RECORDS_H
#define PM_TESTS_FUZZ_RECORDS_H

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "page/codec.h"
#include "page/fields.h"

/* A copy of its own, so that a byte too far is seen; bytes that are no UTF-8
 * are "?". */
static inline struct pm_bytes
as_text(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n == 0 ? 1 : n);
	struct pm_bytes text = { copy, n };
	size_t length;

	if (copy == NULL)
		abort();
	if (n > 0)
		memcpy(copy, p, n);
	for (size_t at = 0; at < n; at += length)
		if ((length = pm_utf8_length(text, at)) == 0 ||
		    copy[at] == 0) {
			copy[at] = '?';
			length = 1;
		}
	return text;
}

static inline void
must(int good)
{
	if (!good)
		abort();
}

static inline void
must_be_text(struct pm_bytes s)
{
	size_t bad;

	must(s.n == 0 || (pm_utf8_valid(s, &bad) &&
	    memchr(s.p, 0, s.n) == NULL));
}

static inline void
must_be_parts(const struct pm_page *page, struct pm_bytes capture)
{
	struct pm_err err;
	struct pm_buf out;

	pm_buf_init(&out);
	for (size_t i = 0; i < page->part_n; i++) {
		const struct pm_page_part *part = &page->part[i];

		must(part->at + part->n <= capture.n);
		if (part->kind != PM_PART_BODY)
			continue;
		must(part->from + part->text_n <= page->body.n);
		pm_buf_reset(&out);
		must(pm_codec_write(&out, part->codec, (struct pm_bytes){
		    page->body.p + part->from, part->text_n }, &err) ==
		    PM_OK);
		must(out.n == part->n && (out.n == 0 ||
		    memcmp(out.p, capture.p + part->at, out.n) == 0));
	}
	pm_buf_clear(&out);
}

static inline void
must_hold(const struct pm_page *page, struct pm_bytes capture)
{
	must(page->kind != PM_PAGE_OPAQUE || page->reason != NULL);
	must(page->kind != PM_PAGE_PAGE || page->body.n > 0);
	must(page->kind != PM_PAGE_LIST || page->teaser_n > 0);
	must_be_text(page->body);
	must_be_text(page->title);
	must_be_text(page->url);
	must_be_text(page->source);
	must_be_text(page->lang);
	for (size_t i = 0; i < page->tag_n; i++)
		must_be_text(page->tag[i]);
	for (size_t i = 0; i < page->teaser_n; i++) {
		must_be_text(page->teaser[i].title);
		must_be_text(page->teaser[i].snippet);
		must_be_text(page->teaser[i].url);
	}
	must_be_parts(page, capture);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#endif
