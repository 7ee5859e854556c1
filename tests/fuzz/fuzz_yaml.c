/* A block of front matter, and a text that may begin with one. */
#include "records.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct pm_bytes text = as_text(p, n);
	struct pm_page_input in = { .capture = text };
	struct pm_page page = { .kind = PM_PAGE_OPAQUE }, block = page;
	struct pm_arena arena;
	struct pm_err err;

	pm_arena_init(&arena);
	must(pm_front_matter_read(&block, &arena, text, &err) == PM_OK);
	must_be_text(block.title);
	must(pm_page_read_text(&page, &arena, &in, &err) == PM_OK);
	must_hold(&page, text);
	pm_arena_clear(&arena);
	free((void *)(uintptr_t)text.p);
	return 0;
}
