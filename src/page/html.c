/*
 * The reader of HTML pages.
 */
#include "page/html_internal.h"

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

int
pm_page_read_html(struct pm_page *out, struct pm_arena *arena,
    const struct pm_page_input *in, struct pm_bytes text, struct pm_err *err)
{
	struct pm_html_tree tree;
	struct pm_html_look look;
	struct pm_bytes stated = { NULL, 0 };
	int rc;

	(void)in;
	out->reader = "html";
	if ((rc = pm_html_tree_parse(&tree, arena, text, err)) != PM_OK ||
	    (rc = pm_html_look(&look, arena, &tree, err)) != PM_OK)
		return rc;
	if (tree.node_n > 0 &&
	    ((rc = read_parts_of(out, &look, &stated)) != PM_OK ||
	    (rc = choose_title(out, &look)) != PM_OK))
		return rc;
	if ((rc = pm_html_body_choose(&look, out->title, stated)) != PM_OK ||
	    (rc = pm_html_body_write(&out->body, &look)) != PM_OK ||
	    (rc = pm_html_related(out, &look)) != PM_OK)
		return rc;
	if (out->body.n > 0)
		out->kind = PM_PAGE_PAGE;
	else
		out->reason = "no text";
	return PM_OK;
}
