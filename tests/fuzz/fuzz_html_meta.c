/*
 * A page as a tree, and what it says of itself.  The first bytes, up to a line
 * end, are the address it was fetched from.
 */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "page/html_meta.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(const struct pm_bytes s)
{
	size_t bad;

	if (s.n > 0 && (!pm_utf8_valid(s, &bad) || memchr(s.p, 0, s.n)))
		abort();
}

static void
check_page(const struct pm_page *page)
{
	check(page->title);
	check(page->url);
	check(page->source);
	check(page->lang);
	for (size_t i = 0; i < page->tag_n; i++)
		check(page->tag[i]);
	for (size_t i = 0; i < page->date_n; i++) {
		const struct pm_time_text *when = &page->date[i].when;

		if (page->date[i].from == NULL ||
		    (when->kind == PM_TIME_ABSOLUTE && when->year != 0 &&
		    (when->year < 1990 || when->year > 2100)))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const uint8_t *end = n == 0 ? NULL : memchr(p, '\n', n);
	struct pm_page page = { .kind = PM_PAGE_OPAQUE };
	struct pm_html_body_at body = { 0, 0 };
	struct pm_html_tree tree;
	struct pm_bytes text = { p, n }, stated;
	struct pm_arena arena;
	struct pm_err err;
	size_t bad;

	if (!pm_utf8_valid(text, &bad))
		return 0;
	if (end != NULL) {
		page.url = (struct pm_bytes){ p, (size_t)(end - p) };
		text = (struct pm_bytes){ end + 1, n - page.url.n - 1 };
	}
	if (page.url.n > 0 && memchr(page.url.p, 0, page.url.n) != NULL)
		return 0;
	pm_arena_init(&arena);
	if (pm_html_tree_parse(&tree, &arena, text, &err) != PM_OK)
		abort();
	if (tree.node_n > 4) {
		body.first = tree.node_n / 2;
		body.end = tree.node[body.first].end;
	}
	if (pm_html_meta(&page, &stated, &arena, &tree, &body, &err) != PM_OK)
		abort();
	check_page(&page);
	check(stated);
	pm_arena_clear(&arena);
	return 0;
}
