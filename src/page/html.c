/*
 * The reader of HTML pages.
 */
#include "page/html_internal.h"

#include <stdio.h>

static int
read_parts_of(struct pm_page *out, struct pm_html_look *look,
    struct pm_bytes *stated)
{
	struct pm_html_body_at at = { 0, 0 };

	if (look->container != 0)
		at = (struct pm_html_body_at){ look->container,
		    look->tree->node[look->container].end };
	return pm_html_meta(out, stated, look->arena, look->tree, &at,
	    look->err);
}

/* ---- the title ---- */

enum { TITLE_CHARS_MIN = 12, TITLE_BYTES_MAX = 600, TITLE_FAR = 60 };

/* The h1 above the body, nearest to it; block_n: there is none. */
static uint32_t
find_h1(const struct pm_html_look *l)
{
	const struct pm_html_node *node = l->tree->node;
	uint32_t found = l->block_n, at = 0;

	for (; at < l->block_n && (l->block[at].first < l->container ||
	    l->block[at].weight <= 0); at++) {
		const struct pm_html_block *b = &l->block[at];
		uint32_t i = b->owner;

		for (int k = 0; k < 4 && i > 0 &&
		    node[i].element != PM_HTML_h1; k++)
			i = node[i].parent;
		if (node[i].element == PM_HTML_h1 && l->drop[b->first] == 0 &&
		    b->chars >= TITLE_CHARS_MIN)
			found = at;
	}
	return found != l->block_n && at - found <= TITLE_FAR ? found :
	    l->block_n;
}

static void
flatten(struct pm_buf *text)
{
	for (size_t i = 0; i < text->n; i++)
		if (text->p[i] == '\n')
			text->p[i] = ' ';
}

/* "Headline | Site" beside an h1 "Headline". */
static bool
is_title_with_more(struct pm_bytes title, struct pm_bytes h1)
{
	static const char *const mark[] = { "|", "-", "\u2013", "\u2014",
	    "\u00b7", "\u2022", "\u00ab", "\u00bb" };
	size_t at = h1.n;

	if (title.n <= h1.n || memcmp(title.p, h1.p, h1.n) != 0)
		return false;
	while (at < title.n && title.p[at] == ' ')
		at++;
	for (size_t i = 0; i < sizeof mark / sizeof *mark; i++)
		if (title.n - at > strlen(mark[i]) &&
		    memcmp(title.p + at, mark[i], strlen(mark[i])) == 0)
			return true;
	return false;
}

/* What the page says of itself, for it names the story to those who do not see
 * the page; the h1 shows where the name of the site begins. */
static int
choose_title(struct pm_page *page, const struct pm_html_look *l)
{
	uint32_t at = l->container == 0 ? l->block_n : find_h1(l);
	struct pm_buf text;
	int rc;

	if (at == l->block_n)
		return PM_OK;
	pm_buf_init(&text);
	rc = pm_html_block_text(&text, l, &l->block[at]);
	flatten(&text);
	if (rc == PM_OK && text.n > 0 && text.n <= TITLE_BYTES_MAX &&
	    (page->title.n == 0 || is_title_with_more(page->title,
	    pm_buf_bytes(&text)))) {
		page->title.n = text.n;
		page->title.p = pm_arena_copy(l->arena, text.p, text.n,
		    l->err);
		rc = page->title.p == NULL ? PM_ENOMEM : PM_OK;
		pm_page_note(page, "title", "the h1 above the text");
	}
	pm_buf_clear(&text);
	return rc;
}

/* ---- the body ---- */

enum { THIN_CHARS = 200, LIST_TEASERS = 4 };

static int
take_stated(struct pm_page *page, struct pm_arena *arena,
    struct pm_bytes stated, struct pm_err *err)
{
	uint8_t *p = pm_arena_alloc(arena, stated.n + 1, err);
	size_t n = 0;

	if (p == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < stated.n; i++) {
		uint8_t c = stated.p[i];

		if (c == '\n' || c == '\r')
			c = '\n';
		else if (pm_html_is_space(c))
			c = ' ';
		if (c > ' ' || (n > 0 && p[n - 1] > ' '))
			p[n++] = c;
		else if (c == '\n')
			p[n - (n > 0)] = c;
	}
	while (n > 0 && p[n - 1] <= ' ')
		n--;
	page->body = (struct pm_bytes){ p, n };
	pm_page_note(page, "body", "JSON-LD articleBody, for the page shows "
	    "less than half of it");
	return PM_OK;
}

static void
note_body(struct pm_page *page, const struct pm_html_look *l)
{
	static const char *const named[PM_HTML_DROPS] = { "", "hidden",
	    "navigation", "sharing", "comments", "related", "noise", "aside",
	    "author", "captions", "small" };
	uint32_t kept = 0, dropped[PM_HTML_DROPS] = { 0 };
	char list[160] = "";
	size_t n = 0;

	for (uint32_t i = 0; i < l->block_n; i++) {
		kept += l->block[i].keep;
		dropped[l->drop[l->block[i].first]]++;
	}
	pm_page_notef(page, l->arena, "body", "%s (%s): %u of %u lines kept",
	    l->why, pm_html_element_name(l->tree->node[l->container].element),
	    kept, l->block_n);
	for (unsigned i = 1; i < PM_HTML_DROPS; i++)
		if (dropped[i] > 0 && n < sizeof list - 32)
			n += (size_t)snprintf(list + n, sizeof list - n,
			    "%s%u %s", n == 0 ? "" : ", ", dropped[i],
			    named[i]);
	if (n > 0)
		pm_page_notef(page, l->arena, "dropped", "lines: %s", list);
	for (unsigned i = 1; i < PM_HTML_DROPS; i++)
		if (l->trusted & 1u << i)
			pm_page_notef(page, l->arena, "dropped", "nothing as "
			    "%s: most of the text is called so", named[i]);
}

/* The whole text, when nothing better is known. */
static void
keep_all(struct pm_html_look *l)
{
	for (uint32_t i = 0; i < l->block_n; i++) {
		struct pm_html_block *b = &l->block[i];

		b->keep = b->links * 2 <= b->chars &&
		    (l->drop[b->first] == 0 || l->drop[b->first] ==
		    PM_HTML_HIDDEN);
	}
	l->why = "nothing reads as prose: all text that is no link";
}

static bool
is_list(const struct pm_page *page, const struct pm_html_look *l)
{
	return page->teaser_n >= LIST_TEASERS &&
	    (l->container == 0 || l->listing);
}

static int
fill_body(struct pm_page *page, struct pm_html_look *l, struct pm_bytes stated)
{
	int rc;

	if ((rc = pm_html_body_choose(l, page->title, stated)) != PM_OK ||
	    (rc = pm_html_body_write(&page->body, l)) != PM_OK)
		return rc;
	if (stated.n >= THIN_CHARS && page->body.n < stated.n / 2)
		return take_stated(page, l->arena, stated, l->err);
	if (is_list(page, l)) {
		page->body.n = 0;
		pm_page_note(page, "body", "none: a list of teasers");
		return PM_OK;
	}
	if (page->body.n == 0) {
		keep_all(l);
		rc = pm_html_body_write(&page->body, l);
	}
	note_body(page, l);
	return rc;
}

static void
decide_kind(struct pm_page *page)
{
	if (page->body.n > 0)
		page->kind = PM_PAGE_PAGE;
	else if (page->teaser_n > 0)
		page->kind = PM_PAGE_LIST;
	else
		page->reason = "no text";
	if (page->teaser_n > 0)
		pm_page_note(page, "teasers", page->heading.n > 0 ?
		    "linked titles under a heading that is known" :
		    "linked titles in blocks that are called related, or "
		    "with snippets or times");
}

int
pm_page_read_html(struct pm_page *out, struct pm_arena *arena,
    const struct pm_page_input *in, struct pm_bytes text, struct pm_err *err)
{
	struct pm_html_tree tree;
	struct pm_html_look look;
	struct pm_bytes stated = { NULL, 0 };
	int rc;

	out->reader = "html";
	if (out->url.n == 0)
		out->url = pm_bytes_of("");
	out->reason = "no text";
	if ((rc = pm_html_tree_parse(&tree, arena, text, err)) != PM_OK ||
	    tree.node_n == 0)
		return rc;
	out->reason = NULL;
	if (tree.cut)
		pm_page_note(out, "format", "too deep or too long: the end of "
		    "the page is left out");
	if ((rc = pm_html_look(&look, arena, &tree, err)) != PM_OK ||
	    (rc = read_parts_of(out, &look, &stated)) != PM_OK ||
	    (rc = choose_title(out, &look)) != PM_OK ||
	    (rc = pm_html_related(out, &look)) != PM_OK ||
	    (rc = fill_body(out, &look, stated)) != PM_OK)
		return rc;
	decide_kind(out);
	if (in->capture.p != text.p || in->capture.n != text.n)
		return PM_OK;
	return pm_html_body_parts(out, arena, text, err);
}
