/* Any bytes as an HTML page: parts make the bytes again, text is valid. */
#include <assert.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "page/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check_text(struct pm_bytes text)
{
	size_t bad;

	assert(pm_utf8_valid(text, &bad));
	for (size_t i = 0; i < text.n; i++)
		assert(text.p[i] >= ' ' || text.p[i] == '\n');
}

static void
check(const struct pm_page *page, struct pm_bytes text)
{
	size_t done = 0, from = 0;

	check_text(page->body);
	check_text(page->heading);
	for (size_t i = 0; i < page->teaser_n; i++) {
		check_text(page->teaser[i].title);
		check_text(page->teaser[i].snippet);
	}
	for (size_t i = 0; i < page->part_n; i++) {
		const struct pm_page_part *part = &page->part[i];

		assert(part->at >= done && part->from >= from);
		assert(part->n > 0 && part->n == part->text_n);
		assert(part->at + part->n <= text.n);
		assert(part->from + part->n <= page->body.n);
		assert(memcmp(text.p + part->at, page->body.p + part->from,
		    part->n) == 0);
		done = part->at + part->n;
		from = part->from + part->n;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct pm_bytes text = { p, n };
	struct pm_page_input in = { .capture = text };
	struct pm_page page = { .kind = PM_PAGE_OPAQUE };
	struct pm_arena arena;
	struct pm_err err;
	size_t bad;

	if (!pm_utf8_valid(text, &bad))
		text.n = in.capture.n = bad;
	pm_arena_init(&arena);
	assert(pm_page_read_html(&page, &arena, &in, text, &err) == PM_OK);
	check(&page, text);
	pm_arena_clear(&arena);
	return 0;
}
