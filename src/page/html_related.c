/*
 * Teasers of other articles.
 *
 * An item is the largest element that holds one linked title and is small: the
 * title, perhaps a snippet, a time, a tag.  Items side by side are a group.  A
 * group is of teasers when a heading above it or a name around it says so, or
 * when its items have snippets or times, or headings for titles.
 */
#include "page/html_internal.h"

#include "base/err.h"
#include "base/list.h"

enum {
	TITLE_CHARS_MIN = 15, TITLE_CHARS_MAX = 300, TITLE_WORDS_MIN = 3,
	ITEM_CHARS_MAX = 700, SNIPPET_CHARS_MIN = 40, TAG_CHARS_MAX = 40,
	CLIMB_MAX = 12, LOOK_BACK = 3, WORDS_ABOVE = 6, TIME_CHARS_MAX = 60,
	GROUP_MIN = 2
};

struct item {
	uint32_t block;              /* of the title */
	uint32_t root, parent;       /* nodes */
	uint32_t from, to;           /* blocks */
	bool rich;                   /* a snippet, a time, or a heading */
	bool named;                  /* what is around it is called related */
};

struct finding {
	struct pm_html_look *l;
	const struct pm_html_node *node;
	struct pm_page *page;        /* NULL: items are only dropped */
	uint32_t *titles;            /* by node: linked titles within */
	LIST(struct item) item;
	struct pm_buf text, scratch;
};

static bool
is_title(const struct pm_html_look *l, const struct pm_html_block *b)
{
	return b->chars >= TITLE_CHARS_MIN && b->chars <= TITLE_CHARS_MAX &&
	    b->links * 10 >= b->chars * 8 &&
	    l->drop[b->first] != PM_HTML_NAVIGATION &&
	    l->drop[b->first] != PM_HTML_SHARING &&
	    l->drop[b->first] != PM_HTML_HIDDEN &&
	    l->drop[b->first] != PM_HTML_COMMENTS;
}

static uint32_t
href_node(const struct finding *f, const struct pm_html_block *b)
{
	for (uint32_t i = b->first, k = 0; k < CLIMB_MAX && i > 0;
	    i = f->node[i].parent, k++)
		if (f->node[i].element == PM_HTML_a)
			return i;
	for (uint32_t i = b->first; i < b->end; i++)
		if (f->node[i].element == PM_HTML_a)
			return i;
	return 0;
}

static bool
within_heading(const struct finding *f, uint32_t i)
{
	for (int k = 0; k < 3 && i > 0; k++, i = f->node[i].parent)
		if (pm_html_is_heading(f->node[i].element))
			return true;
	return false;
}

static uint32_t
words_above(const struct finding *f, uint32_t i)
{
	uint32_t all = 0;

	for (int k = 0; k < WORDS_ABOVE && i > 0; k++, i = f->node[i].parent)
		all |= f->l->words[i];
	return all;
}

/* Characters of a subtree, whether dropped or not. */
static void
count_titles(struct finding *f, uint32_t *chars)
{
	const struct pm_html_look *l = f->l;

	for (uint32_t i = 0; i < l->block_n; i++) {
		chars[l->block[i].owner] += l->block[i].chars;
		if (is_title(l, &l->block[i]))
			f->titles[l->block[i].owner]++;
	}
	for (uint32_t i = l->tree->node_n; i-- > 1; ) {
		f->titles[f->node[i].parent] += f->titles[i];
		chars[f->node[i].parent] += chars[i];
	}
}

static uint32_t
climb(const struct finding *f, uint32_t i, const uint32_t *chars)
{
	for (int k = 0; k < CLIMB_MAX; k++) {
		uint32_t above = f->node[i].parent;

		if (above == 0 || f->titles[above] > 1 ||
		    chars[above] > ITEM_CHARS_MAX ||
		    f->node[above].element == PM_HTML_body)
			break;
		i = above;
	}
	return i;
}

static bool
reads_as_time(struct finding *f, const struct pm_html_block *b,
    struct pm_time_text *when)
{
	if (b->chars > TIME_CHARS_MAX)
		return false;
	pm_buf_reset(&f->text);
	return pm_html_block_text(&f->text, f->l, b) == PM_OK &&
	    f->text.n > 0 && pm_time_parse(when, pm_buf_bytes(&f->text));
}

static void
describe(struct finding *f, struct item *item, uint32_t at)
{
	const struct pm_html_look *l = f->l;
	const struct pm_html_node *root = &f->node[item->root];
	struct pm_time_text when;

	item->from = item->to = at;
	while (item->from > 0 && l->block[item->from - 1].first >= item->root)
		item->from--;
	while (item->to < l->block_n && l->block[item->to].first < root->end)
		item->to++;
	item->named = (words_above(f, item->root) &
	    (PM_HTML_W_RELATED | PM_HTML_W_TEASER)) != 0;
	item->rich = within_heading(f, l->block[at].owner);
	for (uint32_t i = item->from; i < item->to && !item->rich; i++)
		item->rich = i != at && (l->block[i].weight > 0 ||
		    reads_as_time(f, &l->block[i], &when));
}

static int
find_items(struct finding *f)
{
	const size_t n = f->l->tree->node_n;
	uint32_t *chars = pm_alloc_zero(n * sizeof *chars, f->l->err);
	int rc = chars == NULL ? PM_ENOMEM : PM_OK;

	if (rc == PM_OK)
		count_titles(f, chars);
	for (uint32_t i = 0; i < f->l->block_n && rc == PM_OK; i++) {
		struct item *item;

		if (!is_title(f->l, &f->l->block[i]) ||
		    chars[f->l->block[i].owner] > ITEM_CHARS_MAX)
			continue;
		if ((rc = LIST_ROOM(f->item, f->l->err)) != PM_OK)
			break;
		item = &f->item.p[f->item.n++];
		*item = (struct item){ .block = i };
		item->root = climb(f, f->l->block[i].owner, chars);
		item->parent = f->node[item->root].parent;
		describe(f, item, i);
	}
	pm_free(chars);
	return rc;
}

/* ---- groups ---- */

/* One past the last item that stands beside item[at]. */
static size_t
group_end(const struct finding *f, size_t at)
{
	uint32_t parent = f->item.p[at].parent;
	size_t end = at + 1;

	while (end < f->item.n && f->item.p[end].parent == parent)
		end++;
	return end;
}

/* A heading among the lines directly above the group, into *block. */
static int
find_heading(struct finding *f, const struct item *first, uint32_t *block,
    enum pm_page_heading *kind)
{
	*kind = PM_PAGE_HEADING_UNKNOWN;
	for (uint32_t k = 1; k <= LOOK_BACK && k <= first->from; k++) {
		const struct pm_html_block *b = &f->l->block[first->from - k];
		struct pm_span all;
		int rc;

		if (b->chars > 80)
			break;
		pm_buf_reset(&f->text);
		if ((rc = pm_html_block_text(&f->text, f->l, b)) != PM_OK)
			return rc;
		all = (struct pm_span){ 0, f->text.n };
		rc = pm_page_heading_look_up(kind, pm_buf_bytes(&f->text), all,
		    &f->scratch, f->l->err);
		*block = first->from - k;
		if (rc != PM_OK || *kind != PM_PAGE_HEADING_UNKNOWN)
			return rc;
	}
	return PM_OK;
}

struct group {
	size_t from, to;             /* items */
	size_t rich, named;
	enum pm_page_heading kind;
	uint32_t heading;            /* block */
};

static int
judge(struct finding *f, struct group *g)
{
	g->to = group_end(f, g->from);
	g->rich = g->named = 0;
	for (size_t i = g->from; i < g->to; i++) {
		g->rich += f->item.p[i].rich;
		g->named += f->item.p[i].named;
	}
	return find_heading(f, &f->item.p[g->from], &g->heading, &g->kind);
}

/* Are these teasers? */
static bool
is_group(const struct group *g)
{
	size_t n = g->to - g->from;

	if (g->kind == PM_PAGE_HEADING_KNOWN || g->named == n)
		return true;
	return n >= GROUP_MIN && (g->kind == PM_PAGE_HEADING_WEAK ||
	    g->rich * 2 > n);
}

static void
drop_subtree(struct pm_html_look *l, uint32_t i)
{
	for (uint32_t k = i; k < l->tree->node[i].end; k++)
		if (l->drop[k] == 0)
			l->drop[k] = PM_HTML_RELATED;
}

static bool
holds_own_title(const struct finding *f, const struct item *item)
{
	for (uint32_t i = item->from; i < item->to; i++) {
		uint32_t k = f->l->block[i].owner;

		if (f->node[k].element == PM_HTML_h1)
			return true;
	}
	return false;
}

static void
drop_group(struct finding *f, const struct group *g)
{
	for (size_t i = g->from; i < g->to; i++) {
		const struct item *item = &f->item.p[i];

		if (holds_own_title(f, item) ||
		    pm_html_is_heading(f->node[item->root].element) ||
		    (item->to - item->from == 1 && g->named == 0 &&
		    g->kind != PM_PAGE_HEADING_KNOWN))
			continue;
		drop_subtree(f->l, item->root);
		f->l->items++;
	}
}

/* ---- into the page ---- */

static int
keep_text(struct finding *f, struct pm_bytes *out,
    const struct pm_html_block *b)
{
	int rc;

	pm_buf_reset(&f->text);
	if ((rc = pm_html_block_text(&f->text, f->l, b)) != PM_OK)
		return rc;
	for (size_t i = 0; i < f->text.n; i++)
		if (f->text.p[i] == '\n')
			f->text.p[i] = ' ';
	out->n = f->text.n;
	out->p = pm_arena_copy(f->l->arena, f->text.p, f->text.n, f->l->err);
	return out->p == NULL ? PM_ENOMEM : PM_OK;
}

/* Times and tags side by side in one line. */
static int
add_pieces(struct finding *f, struct pm_page_teaser *t,
    const struct pm_html_block *b)
{
	int rc = PM_OK;

	for (uint32_t i = b->first; i < b->end && rc == PM_OK; i++) {
		uint32_t above = f->node[i].parent;
		struct pm_html_block piece = { .first = i, .end = i + 1 };
		struct pm_time_text when;

		if (f->node[i].element != PM_HTML_TEXT ||
		    f->node[i].text.n > TAG_CHARS_MAX * 4)
			continue;
		if (f->node[above].element == PM_HTML_time &&
		    t->time.n == 0 && reads_as_time(f, &piece, &when)) {
			t->when = when;
			rc = keep_text(f, &t->time, &piece);
		} else if (f->node[above].element == PM_HTML_a &&
		    t->tag_n < PM_PAGE_TAGS_MAX && f->node[i].text.n > 1) {
			rc = keep_text(f, &t->tag[t->tag_n], &piece);
			t->tag_n += t->tag[t->tag_n].n > 0;
		}
	}
	return rc;
}

static int
add_detail(struct finding *f, struct pm_page_teaser *t,
    const struct pm_html_block *b, bool behind)
{
	struct pm_time_text when;

	if (t->time.n == 0 && reads_as_time(f, b, &when)) {
		t->when = when;
		return keep_text(f, &t->time, b);
	}
	if (behind && t->snippet.n == 0 && b->links * 2 <= b->chars &&
	    (b->weight > 0 || b->chars >= SNIPPET_CHARS_MIN))
		return keep_text(f, &t->snippet, b);
	return b->chars <= TAG_CHARS_MAX * 2 ? add_pieces(f, t, b) : PM_OK;
}

static bool
is_known(const struct pm_page *page, const struct pm_page_teaser *t)
{
	size_t from = page->teaser_n > 64 ? page->teaser_n - 64 : 0;

	for (size_t i = from; i < page->teaser_n; i++)
		if (pm_bytes_equal(page->teaser[i].title, t->title) ||
		    (t->url.n > 0 && pm_bytes_equal(page->teaser[i].url,
		    t->url)))
			return true;
	return pm_bytes_equal(page->title, t->title) ||
	    (t->url.n > 0 && pm_bytes_equal(page->url, t->url));
}

static int
add_teaser(struct finding *f, const struct item *item)
{
	const struct pm_html_block *title = &f->l->block[item->block];
	struct pm_page_teaser t = { .tag_n = 0 };
	uint32_t a = href_node(f, title);
	struct pm_bytes href = pm_html_attr(f->l->tree, a, PM_HTML_AT_href);
	struct pm_span all;
	int rc = keep_text(f, &t.title, title);

	all = (struct pm_span){ 0, t.title.n };
	if (rc != PM_OK || !pm_page_has_more_words(t.title, all,
	    TITLE_WORDS_MIN - 1))
		return rc;
	if (href.n > 0 && (rc = pm_url_resolve(&t.url, f->l->arena,
	    f->page->url, href, f->l->err)) != PM_OK)
		return rc;
	for (uint32_t i = item->from; i < item->to && rc == PM_OK; i++)
		if (i != item->block)
			rc = add_detail(f, &t, &f->l->block[i],
			    i > item->block);
	if (rc == PM_OK && !is_known(f->page, &t))
		f->page->teaser[f->page->teaser_n++] = t;
	return rc;
}

static int
add_group(struct finding *f, const struct group *g)
{
	int rc = PM_OK;

	if (g->kind != PM_PAGE_HEADING_UNKNOWN && f->page->heading.n == 0)
		rc = keep_text(f, &f->page->heading, &f->l->block[g->heading]);
	for (size_t i = g->from; i < g->to && rc == PM_OK; i++)
		if (f->page->teaser_n < PM_PAGE_TEASERS_MAX &&
		    !holds_own_title(f, &f->item.p[i]))
			rc = add_teaser(f, &f->item.p[i]);
	return rc;
}

static int
walk_groups(struct finding *f)
{
	struct group g = { .from = 0 };
	int rc = PM_OK;

	for (; g.from < f->item.n && rc == PM_OK; g.from = g.to) {
		if ((rc = judge(f, &g)) != PM_OK || !is_group(&g))
			continue;
		if (f->page == NULL)
			drop_group(f, &g);
		else
			rc = add_group(f, &g);
	}
	return rc;
}

static int
run(struct pm_html_look *look, struct pm_page *page)
{
	struct finding f = { .l = look, .node = look->tree->node,
	    .page = page };
	int rc;

	f.titles = pm_alloc_zero(look->tree->node_n * sizeof *f.titles,
	    look->err);
	rc = f.titles == NULL ? PM_ENOMEM : find_items(&f);
	if (rc == PM_OK && page != NULL && f.item.n > 0) {
		size_t n = f.item.n < PM_PAGE_TEASERS_MAX ? f.item.n :
		    PM_PAGE_TEASERS_MAX;

		page->teaser = pm_arena_alloc(look->arena,
		    n * sizeof *page->teaser, look->err);
		rc = page->teaser == NULL ? PM_ENOMEM : PM_OK;
	}
	if (rc == PM_OK)
		rc = walk_groups(&f);
	pm_free(f.titles);
	pm_free(f.item.p);
	pm_buf_clear(&f.text);
	pm_buf_clear(&f.scratch);
	return rc;
}

int
pm_html_related_drop(struct pm_html_look *look)
{
	return look->tree->node_n == 0 ? PM_OK : run(look, NULL);
}

int
pm_html_related(struct pm_page *page, struct pm_html_look *look)
{
	return look->tree->node_n == 0 ? PM_OK : run(look, page);
}
