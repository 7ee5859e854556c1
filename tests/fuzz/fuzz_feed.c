/* A feed, and markup. */
#include "records.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct pm_bytes text = as_text(p, n), plain;
	struct pm_page_input in = { .capture = text };
	struct pm_page page = { .kind = PM_PAGE_OPAQUE };
	struct pm_arena arena;
	struct pm_err err;

	pm_arena_init(&arena);
	must(pm_page_read_feed(&page, &arena, &in, text, &err) == PM_OK);
	must_hold(&page, text);
	must(pm_field_markup(&plain, &arena, text, &err) == PM_OK);
	must_be_text(plain);
	pm_arena_clear(&arena);
	free((void *)(uintptr_t)text.p);
	return 0;
}
