/*
 * Which lines of a page are its body.
 *
 * Within the container what is prose is kept; what is short is judged by
 * where it stands: between prose, in a list or a table, under a heading.
 * Outside of it stand standfirsts, and parts that a site cut off.
 */
#include "page/html_internal.h"

enum {
	LEAD_CHARS = 40, ABOVE_MAX = 8, BODY_CHARS = 80,
	STATED_CHARS = 20, STATED_BYTES = 40, STATED_MIN = 200,
	STATED_LOOKED = 1 << 26      /* bytes of a page, all lines together */
};

struct choice {
	struct pm_html_look *l;
	const struct pm_html_node *node;
	struct pm_bytes title;
	struct pm_buf text, scratch;
	uint32_t from, to;           /* blocks within the container */
	size_t looked;               /* for what is stated */
	uint32_t first, last;        /* prose among them; last < first: none */
};

static unsigned
element_of(const struct choice *c, const struct pm_html_block *b)
{
	return c->node[b->owner].element;
}

static bool
above_says(const struct choice *c, uint32_t i, uint32_t words, int most)
{
	for (int k = 0; k < most && i > 0; k++, i = c->node[i].parent)
		if (c->l->words[i] & words)
			return true;
	return false;
}

/* The nearest such element at or above i within the container, or 0. */
static uint32_t
above_is(const struct choice *c, uint32_t i, enum pm_html_element a,
    enum pm_html_element b)
{
	for (int k = 0; k < ABOVE_MAX && i > c->l->container;
	    k++, i = c->node[i].parent)
		if (c->node[i].element == a || c->node[i].element == b)
			return i;
	return 0;
}

static bool
is_linky(const struct pm_html_block *b)
{
	return b->links * 2 > b->chars;
}

/* Most of a list's or a table's characters are links. */
static bool
holds_links(const struct choice *c, uint32_t i)
{
	const struct pm_html_sums *s = &c->l->sums[i];

	return i != 0 && s->links * 10 > s->chars * 4;
}

static bool
keep_short(const struct choice *c, uint32_t at, const struct pm_html_block *b)
{
	bool between = at > c->first && at < c->last;
	uint32_t list;

	if (c->l->thin)
		return true;
	switch (element_of(c, b)) {
	case PM_HTML_li: case PM_HTML_dd: case PM_HTML_dt:
		list = above_is(c, b->owner, PM_HTML_ul, PM_HTML_ol);
		return !holds_links(c, list);
	case PM_HTML_tr: case PM_HTML_td: case PM_HTML_th:
		list = above_is(c, b->owner, PM_HTML_table, PM_HTML_table);
		return !holds_links(c, list) &&
		    (between || c->l->sums[list].chars >= BODY_CHARS);
	case PM_HTML_p:
		return between || b->stop;
	case PM_HTML_blockquote: case PM_HTML_pre: case PM_HTML_code:
		return true;
	default:
		return between && (b->stop || b->chars >= 40);
	}
}

static bool
keep_linky(const struct choice *c, uint32_t at, const struct pm_html_block *b)
{
	uint32_t own = b->chars - b->links, list;
	bool between = at > c->first && at < c->last;

	switch (element_of(c, b)) {
	case PM_HTML_li:
		list = above_is(c, b->owner, PM_HTML_ul, PM_HTML_ol);
		return between && !holds_links(c, list);
	case PM_HTML_p: case PM_HTML_blockquote: case PM_HTML_dd:
		return between && b->stop && own >= 20;
	case PM_HTML_tr: case PM_HTML_td:
		list = above_is(c, b->owner, PM_HTML_table, PM_HTML_table);
		return between && !holds_links(c, list);
	default:
		return false;
	}
}

static int
look_up_heading(struct choice *c, const struct pm_html_block *b, bool *related)
{
	enum pm_page_heading found;
	struct pm_span all;
	int rc;

	*related = false;
	if (b->chars > 80)
		return PM_OK;
	pm_buf_reset(&c->text);
	if ((rc = pm_html_block_text(&c->text, c->l, b)) != PM_OK)
		return rc;
	all = (struct pm_span){ 0, c->text.n };
	rc = pm_page_heading_look_up(&found, pm_buf_bytes(&c->text), all,
	    &c->scratch, c->l->err);
	*related = found == PM_PAGE_HEADING_KNOWN;
	return rc;
}

/* It says what the title says. */
static int
is_title(struct choice *c, const struct pm_html_block *b, bool *same)
{
	int rc;

	*same = false;
	if (c->title.n == 0 || b->chars > 400)
		return PM_OK;
	pm_buf_reset(&c->text);
	if ((rc = pm_html_block_text(&c->text, c->l, b)) != PM_OK)
		return rc;
	*same = pm_bytes_equal(pm_buf_bytes(&c->text), c->title);
	return PM_OK;
}

/* Headings wait for what they stand above. */
struct waiting {
	uint32_t block[4];
	unsigned n;
};

static int
take_heading(struct choice *c, struct waiting *w, uint32_t at)
{
	const struct pm_html_block *b = &c->l->block[at];
	bool related, same;
	int rc;

	if ((rc = look_up_heading(c, b, &related)) != PM_OK ||
	    (rc = is_title(c, b, &same)) != PM_OK)
		return rc;
	if (related || same || is_linky(b) ||
	    (at < c->first && element_of(c, b) == PM_HTML_h1)) {
		w->n = 0;
		return PM_OK;
	}
	if (w->n == sizeof w->block / sizeof *w->block) {
		memmove(w->block, w->block + 1, sizeof w->block -
		    sizeof *w->block);
		w->n--;
	}
	w->block[w->n++] = at;
	return PM_OK;
}

static bool
ends_waiting(const struct pm_html_look *l, const struct pm_html_block *b)
{
	switch (l->drop[b->first]) {
	case PM_HTML_RELATED: case PM_HTML_NAVIGATION: case PM_HTML_COMMENTS:
	case PM_HTML_ASIDE:
		return true;
	default:
		return false;
	}
}

static int
choose_within(struct choice *c)
{
	struct waiting w = { .n = 0 };
	int rc;

	for (uint32_t at = c->from; at < c->to; at++) {
		struct pm_html_block *b = &c->l->block[at];
		bool related = false;

		if (c->l->drop[b->first] || b->notice) {
			w.n = ends_waiting(c->l, b) ? 0 : w.n;
			continue;
		}
		if (pm_html_is_heading(element_of(c, b))) {
			if ((rc = take_heading(c, &w, at)) != PM_OK)
				return rc;
			continue;
		}
		b->keep = b->weight > 0 || (is_linky(b) ?
		    keep_linky(c, at, b) : keep_short(c, at, b));
		if (b->keep && b->chars <= 80 &&
		    (rc = look_up_heading(c, b, &related)) != PM_OK)
			return rc;
		if (related)
			b->keep = false;
		for (unsigned k = 0; k < w.n && b->keep; k++)
			c->l->block[w.block[k]].keep = true;
		if (b->keep || is_linky(b))
			w.n = 0;
	}
	return PM_OK;
}

/* Standfirsts above the container, and parts beside it. */
static void
choose_beside(struct choice *c)
{
	struct pm_html_look *l = c->l;

	for (uint32_t at = 0; at < l->block_n; at++) {
		struct pm_html_block *b = &l->block[at];

		if ((at >= c->from && at < c->to) || l->drop[b->first])
			continue;
		if (at < c->from && b->chars >= LEAD_CHARS && !is_linky(b) &&
		    above_says(c, b->owner, PM_HTML_W_LEAD, 3))
			b->keep = true;
		else if (b->weight > 0 &&
		    above_says(c, b->owner, PM_HTML_W_BODY, ABOVE_MAX))
			b->keep = true;
	}
}

static void
find_range(struct choice *c)
{
	const struct pm_html_look *l = c->l;
	uint32_t end = c->node[l->container].end;

	c->from = c->to = 0;
	while (c->from < l->block_n && l->block[c->from].first < l->container)
		c->from++;
	for (c->to = c->from; c->to < l->block_n &&
	    l->block[c->to].first < end; )
		c->to++;
	c->first = c->to;
	c->last = 0;
	for (uint32_t i = c->from; i < c->to; i++)
		if (l->block[i].weight > 0 && l->drop[l->block[i].first] == 0) {
			c->first = c->first == c->to ? i : c->first;
			c->last = i;
		}
}

/* ---- beside what the page says its body is ---- */

/* Does the line begin there as it does here? */
static int
is_stated(struct choice *c, const struct pm_html_block *b,
    struct pm_bytes stated, bool *found)
{
	size_t n;
	int rc;

	*found = false;
	if (b->chars < STATED_CHARS || c->looked > STATED_LOOKED)
		return PM_OK;
	pm_buf_reset(&c->text);
	if ((rc = pm_html_block_text(&c->text, c->l, b)) != PM_OK)
		return rc;
	n = c->text.n < STATED_BYTES ? c->text.n : STATED_BYTES;
	c->looked += stated.n;
	*found = n > 0 && pm_html_find(stated, 0, c->text.p, n) < stated.n;
	return PM_OK;
}

/* Lines that were dropped and are stated are kept; when most is stated, what
 * stands behind the last such line is none. */
static int
compare_stated(struct choice *c, struct pm_bytes stated)
{
	uint64_t kept = 0, both = 0;
	uint32_t last = 0;

	for (uint32_t i = c->from; i < c->to; i++) {
		struct pm_html_block *b = &c->l->block[i];
		bool found;
		int rc;

		if (b->weight <= 0 && !b->keep)
			continue;
		if ((rc = is_stated(c, b, stated, &found)) != PM_OK)
			return rc;
		b->keep = b->keep || found;
		kept += b->keep ? b->chars : 0;
		both += found ? b->chars : 0;
		last = found ? i : last;
	}
	for (uint32_t i = last + 1; both * 10 >= kept * 7 && i < c->to; i++)
		c->l->block[i].keep = false;
	return PM_OK;
}

int
pm_html_body_choose(struct pm_html_look *look, struct pm_bytes title,
    struct pm_bytes stated)
{
	struct choice c = { .l = look, .node = look->tree->node,
	    .title = title };
	int rc;

	if (look->container == 0)
		return PM_OK;
	find_range(&c);
	rc = choose_within(&c);
	if (rc == PM_OK && stated.n >= STATED_MIN)
		rc = compare_stated(&c, stated);
	if (rc == PM_OK)
		choose_beside(&c);
	pm_buf_clear(&c.text);
	pm_buf_clear(&c.scratch);
	return rc;
}

/* ---- writing ---- */

static int
append_collapsed(struct pm_buf *out, size_t start, struct pm_bytes text,
    struct pm_err *err)
{
	uint8_t *to;
	int rc;

	if ((rc = pm_buf_reserve(out, text.n, err)) != PM_OK)
		return rc;
	to = out->p;
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		bool wide = i + 1 < text.n && c == 0xc2 &&
		    text.p[i + 1] == 0xa0;       /* no-break space */

		if (!pm_html_is_space(c) && !wide)
			to[out->n++] = c;
		else if (out->n > start && to[out->n - 1] > ' ')
			to[out->n++] = ' ';
		i += wide;
	}
	return PM_OK;
}

static void
trim_line(struct pm_buf *out, size_t start)
{
	while (out->n > start && out->p[out->n - 1] <= ' ')
		out->n--;
}

int
pm_html_block_text(struct pm_buf *out, const struct pm_html_look *look,
    const struct pm_html_block *block)
{
	const struct pm_html_node *node = look->tree->node;
	const struct pm_bytes space = { (const uint8_t *)" ", 1 };
	size_t start = out->n, line = start;
	int rc = PM_OK;

	for (uint32_t i = block->first; i < block->end && rc == PM_OK; ) {
		unsigned e = node[i].element;

		if (pm_html_is_unseen(e) ||
		    (look->drop[i] && !look->drop[block->first])) {
			i = node[i].end;
			continue;
		}
		if (e == PM_HTML_TEXT) {
			rc = append_collapsed(out, line, node[i].text,
			    look->err);
		} else if (e == PM_HTML_br) {
			trim_line(out, line);
			if (out->n > line)
				rc = pm_buf_append_byte(out, '\n', look->err);
			line = out->n;
		} else if (!pm_html_is_inline(e)) {
			rc = append_collapsed(out, line, space, look->err);
		}
		i++;
	}
	trim_line(out, start);
	return rc;
}

int
pm_html_body_write(struct pm_bytes *out, struct pm_html_look *look)
{
	struct pm_buf all;
	int rc = PM_OK;

	pm_buf_init(&all);
	for (uint32_t i = 0; i < look->block_n && rc == PM_OK; i++) {
		size_t before = all.n;

		if (!look->block[i].keep)
			continue;
		rc = pm_html_block_text(&all, look, &look->block[i]);
		if (rc == PM_OK && all.n > before)
			rc = pm_buf_append_byte(&all, '\n', look->err);
	}
	if (rc == PM_OK && all.n > 0) {
		out->n = all.n - 1;      /* the last line has no end */
		out->p = pm_arena_copy(look->arena, all.p, all.n, look->err);
		rc = out->p == NULL ? PM_ENOMEM : PM_OK;
	}
	pm_buf_clear(&all);
	return rc;
}
