/* Any bytes as a page, read as they look.  The first byte chooses the name. */
#include "records.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *const path[] = { "a", "a.html", "a.json", "a.csv",
	    "a.tsv", "a.xml", "a.warc", "a.arc", "a.md", "a.txt", "a.jsonl" };
	struct pm_page_input in = { 0 };
	struct pm_page page;
	struct pm_arena arena;
	struct pm_err err;

	if (n == 0)
		return 0;
	in.capture = (struct pm_bytes){ p + 1, n - 1 };
	in.path = pm_bytes_of(path[p[0] % (sizeof path / sizeof *path)]);
	pm_arena_init(&arena);
	must(pm_page_parse(&page, &arena, &in, &err) == PM_OK);
	must_hold(&page, in.capture);
	pm_arena_clear(&arena);
	return 0;
}
