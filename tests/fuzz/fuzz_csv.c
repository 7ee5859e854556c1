/* A row; the first line is the header if the first byte is no space. */
#include "records.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct pm_bytes all = as_text(p, n), text = all;
	struct pm_page_input in = { .reader = PM_READER_CSV };
	struct pm_page page = { .kind = PM_PAGE_OPAQUE };
	const uint8_t *end = n == 0 || p[0] == ' ' ? NULL :
	    memchr(all.p, '\n', n);
	struct pm_arena arena;
	struct pm_err err;

	if (end != NULL) {
		in.context = (struct pm_bytes){ all.p,
		    (size_t)(end - all.p) };
		text = (struct pm_bytes){ end + 1, n - in.context.n - 1 };
	}
	in.capture = text;
	pm_arena_init(&arena);
	must(pm_page_read_csv(&page, &arena, &in, text, &err) == PM_OK);
	must_hold(&page, text);
	pm_arena_clear(&arena);
	free((void *)(uintptr_t)all.p);
	return 0;
}
