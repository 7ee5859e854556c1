/* Any bytes as a page of plain text. */
#include "records.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct pm_page_input in = { .capture = { p, n },
	    .reader = PM_READER_TEXT };
	struct pm_page page;
	struct pm_arena arena;
	struct pm_err err;

	pm_arena_init(&arena);
	must(pm_page_parse(&page, &arena, &in, &err) == PM_OK);
	must_hold(&page, in.capture);
	pm_arena_clear(&arena);
	return 0;
}
