/* A record or a listing of JSON. */
#include "records.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct pm_bytes text = as_text(p, n);
	struct pm_page_input in = { .capture = text };
	struct pm_page page = { .kind = PM_PAGE_OPAQUE };
	struct pm_arena arena;
	struct pm_err err;

	pm_arena_init(&arena);
	must(pm_page_read_json(&page, &arena, &in, text, &err) == PM_OK);
	must_hold(&page, text);
	(void)pm_json_is_listing(text);
	pm_arena_clear(&arena);
	free((void *)(uintptr_t)text.p);
	return 0;
}
