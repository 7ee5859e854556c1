/*
 * A page as lines, with what the names of elements say of them; and the
 * element that holds the body.
 *
 * A line weighs what it has of prose: its characters outside of links, when it
 * is long or ends as a sentence does; lines of links weigh against.  The
 * container is the element with the largest sum: a smaller one misses prose,
 * a larger one takes in links (Pasternack and Roth 2009 do so for tokens).
 */
#include "page/html_internal.h"

enum {
	LONG_CHARS = 80, SENTENCE_CHARS = 25,
	OWN_CHARS = 50,              /* outside of links */
	UNSEEN_NODES = 500,          /* more: nobody closed it */
	TAKEN_TIMES = 3,             /* so much more was there before */
	REST_CHARS = 250             /* of prose elsewhere, before a name may
	                              * take a part away */
};

/* ---- lines ---- */

static bool
parts_lines(const struct pm_html_look *l, uint32_t i)
{
	unsigned element = l->tree->node[i].element;

	return !pm_html_is_inline(element) && element != PM_HTML_br &&
	    l->owner[i] == i;
}

/* Cells of a row stand in one line, unless one has lines of its own. */
static void
find_owners(struct pm_html_look *l)
{
	const struct pm_html_node *node = l->tree->node;
	uint8_t *deep = l->drop;     /* free until later */

	for (uint32_t i = l->tree->node_n; i-- > 1; ) {
		unsigned e = node[i].element;
		bool cell = e == PM_HTML_td || e == PM_HTML_th;

		if (cell && deep[i] == 1)
			deep[node[i].parent] = 2;
		if (deep[i] || (!pm_html_is_inline(e) && e != PM_HTML_br &&
		    !cell && e != PM_HTML_tr))
			deep[node[i].parent] |= 1;
	}
	l->owner[0] = 0;
	for (uint32_t i = 1; i < l->tree->node_n; i++) {
		unsigned e = node[i].element;
		bool cell = e == PM_HTML_td || e == PM_HTML_th;

		if (pm_html_is_inline(e) || e == PM_HTML_br || (cell &&
		    node[node[i].parent].element == PM_HTML_tr &&
		    deep[node[i].parent] == 0))
			l->owner[i] = l->owner[node[i].parent];
		else
			l->owner[i] = i;
	}
	memset(deep, 0, l->tree->node_n);
}

static bool
is_link(const struct pm_html_tree *tree, uint32_t i)
{
	struct pm_bytes href;

	if (tree->node[i].element != PM_HTML_a)
		return false;
	href = pm_html_attr(tree, i, PM_HTML_AT_href);
	return href.n > 0 && href.p[0] != '#';
}

static bool
has_words(unsigned element)
{
	switch (element) {
	case PM_HTML_TEXT: case PM_HTML_a: case PM_HTML_b: case PM_HTML_br:
	case PM_HTML_em: case PM_HTML_font: case PM_HTML_i: case PM_HTML_img:
	case PM_HTML_strong: case PM_HTML_sub: case PM_HTML_sup:
	case PM_HTML_source: case PM_HTML_script: case PM_HTML_link:
	case PM_HTML_meta: case PM_HTML_input: case PM_HTML_option:
	case PM_HTML_html: case PM_HTML_body:
		return false;
	default:
		return true;
	}
}

/* Characters that are seen; of scripts without spaces each counts twice. */
static uint32_t
count(struct pm_bytes text)
{
	uint32_t n = 0;
	bool space = true;

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		bool blank = pm_html_is_space(c);

		n += blank ? !space : (c & 0xc0) != 0x80;
		n += c >= 0xe3 && c < 0xee;
		space = blank;
	}
	return n;
}

/* "Copyright 2025", "© The Daily": whatever its length. */
static bool
is_notice(const struct pm_html_look *l, const struct pm_html_block *b)
{
	struct pm_bytes text = l->tree->node[b->first].text;
	struct pm_span at = pm_page_trim(text, 0, text.n);

	text = pm_page_bytes(text, at);
	return b->chars < 300 && text.n >= 9 &&
	    (memcmp(text.p, "\xc2\xa9", 2) == 0 ||
	    memcmp(text.p, "Copyright", 9) == 0 ||
	    memcmp(text.p, "(c) ", 4) == 0 || memcmp(text.p, "(C) ", 4) == 0);
}

static void
weigh(struct pm_html_look *l, struct pm_html_block *b)
{
	const struct pm_html_node *node = l->tree->node;
	uint32_t last = b->end;
	uint32_t own = b->chars - b->links;

	while (last-- > b->first) {
		struct pm_bytes text = node[last].text;
		struct pm_span span = pm_page_trim(text, 0, text.n);

		if (node[last].element != PM_HTML_TEXT || span.n == 0)
			continue;
		b->stop = pm_page_ends_sentence(text, span);
		break;
	}
	if ((b->notice = is_notice(l, b)))
		b->weight = -(int32_t)b->chars;
	else if (b->links * 2 > b->chars && !(b->stop && own >= OWN_CHARS &&
	    node[b->owner].element == PM_HTML_p &&
	    b->links * 4 <= b->chars * 3))
		b->weight = -(int32_t)(b->links + own / 2);
	else if (pm_html_is_heading(node[b->owner].element))
		b->weight = 0;
	else if (b->chars >= LONG_CHARS || (b->stop &&
	    b->chars >= SENTENCE_CHARS))
		b->weight = (int32_t)own;
	else
		b->weight = -(int32_t)(b->chars / 4 + 3);
}

struct lines {
	struct pm_html_look *l;
	struct pm_html_block *open;  /* the last one may go on */
	bool br;                     /* one stood directly before */
};

static void
add_text(struct lines *s, uint32_t i)
{
	struct pm_html_look *l = s->l;
	uint32_t chars = count(l->tree->node[i].text);

	if (chars == 0)
		return;
	s->br = false;
	if (s->open == NULL || s->open->owner != l->owner[i]) {
		s->open = &l->block[l->block_n++];
		*s->open = (struct pm_html_block){ .first = i,
		    .owner = l->owner[i] };
	}
	s->open->end = i + 1;
	s->open->chars += chars;
	if (l->link[i])
		s->open->links += chars;
}

static int
find_lines(struct pm_html_look *l)
{
	const struct pm_html_tree *tree = l->tree;
	struct lines s = { .l = l };
	size_t texts = 0;

	for (uint32_t i = 0; i < tree->node_n; i++)
		texts += tree->node[i].element == PM_HTML_TEXT;
	if ((l->block = pm_arena_alloc(l->arena, texts * sizeof *l->block,
	    l->err)) == NULL)
		return PM_ENOMEM;
	for (uint32_t i = 1; i < tree->node_n; ) {
		const struct pm_html_node *node = &tree->node[i];

		l->link[i] = l->link[node->parent] || is_link(tree, i);
		if (has_words(node->element))
			l->words[i] = pm_html_words(tree, i);
		if ((pm_html_is_unseen(node->element) &&
		    node->end - i <= UNSEEN_NODES) ||
		    node->element == PM_HTML_head) {
			s.open = NULL;
			i = node->end;
			continue;
		}
		if (node->element == PM_HTML_TEXT) {
			add_text(&s, i);
		} else if (node->element == PM_HTML_br) {
			if (s.br)
				s.open = NULL;
			s.br = true;
		} else if (parts_lines(l, i)) {
			s.open = NULL;
		}
		i++;
	}
	for (uint32_t i = 0; i < l->block_n; i++)
		weigh(l, &l->block[i]);
	return PM_OK;
}

/* ---- sums ---- */

static void
add_up(struct pm_html_look *l)
{
	const struct pm_html_node *node = l->tree->node;

	memset(l->sums, 0, l->tree->node_n * sizeof *l->sums);
	for (uint32_t i = 0; i < l->block_n; i++) {
		const struct pm_html_block *b = &l->block[i];
		struct pm_html_sums *to = &l->sums[b->owner];

		if (l->drop[b->first])
			continue;
		to->chars += b->chars;
		to->links += b->links;
		to->prose += b->weight > 0 ? (uint32_t)b->weight : 0;
		to->weight += b->weight;
	}
	for (uint32_t i = l->tree->node_n; i-- > 1; ) {
		struct pm_html_sums *to = &l->sums[node[i].parent];
		const struct pm_html_sums *from = &l->sums[i];

		to->chars += from->chars;
		to->links += from->links;
		to->prose += from->prose;
		to->weight += from->weight;
	}
}

/* ---- what is dropped ---- */

/* May a part with so much prose be taken away?  times_10: how much must be
 * left, in tenths of it. */
static bool
enough_left(const struct pm_html_look *l, uint32_t i, uint64_t times_10)
{
	uint64_t all = l->sums[0].prose, part = l->sums[i].prose;

	return part == 0 || ((all - part >= REST_CHARS ||
	    all - part >= part * 3) && (all - part) * 10 >= part * times_10);
}

static enum pm_html_drop
by_element(const struct pm_html_look *l, uint32_t i)
{
	switch (l->tree->node[i].element) {
	case PM_HTML_nav: case PM_HTML_menu:
		return enough_left(l, i, 10) ? PM_HTML_NAVIGATION : 0;
	case PM_HTML_footer:
		return enough_left(l, i, 15) ? PM_HTML_NAVIGATION : 0;
	case PM_HTML_aside:
		return enough_left(l, i, 15) ? PM_HTML_ASIDE : 0;
	case PM_HTML_form: case PM_HTML_fieldset: case PM_HTML_dialog:
		return enough_left(l, i, 30) ? PM_HTML_NOISE : 0;
	case PM_HTML_button: case PM_HTML_label: case PM_HTML_legend:
		return PM_HTML_NOISE;
	case PM_HTML_figcaption:
		return PM_HTML_CAPTION;
	default:
		return PM_HTML_KEPT;
	}
}

static bool
is_short(const struct pm_html_look *l, uint32_t i, uint32_t chars)
{
	const struct pm_html_sums *s = &l->sums[i];

	return s->chars < chars || s->links * 2 > s->chars;
}

static enum pm_html_drop
by_words(const struct pm_html_look *l, uint32_t i)
{
	uint32_t w = l->words[i];

	if ((w & PM_HTML_W_UNSHOWN) && enough_left(l, i, 10))
		return PM_HTML_HIDDEN;
	if ((w & PM_HTML_W_HIDDEN) && enough_left(l, i, 20))
		return PM_HTML_HIDDEN;
	if ((w & PM_HTML_W_CONSENT) && enough_left(l, i, 1))
		return PM_HTML_NOISE;
	if ((w & PM_HTML_W_COMMENT) && enough_left(l, i, 1))
		return PM_HTML_COMMENTS;
	if ((w & PM_HTML_W_RELATED) && enough_left(l, i, 5))
		return PM_HTML_RELATED;
	if ((w & PM_HTML_W_SHARE) && enough_left(l, i, 10))
		return PM_HTML_SHARING;
	if ((w & PM_HTML_W_SIDE) && enough_left(l, i, 5))
		return PM_HTML_ASIDE;
	if ((w & PM_HTML_W_NAV) && enough_left(l, i, 10))
		return PM_HTML_NAVIGATION;
	if ((w & PM_HTML_W_NOISE) && enough_left(l, i, 5))
		return PM_HTML_NOISE;
	if ((w & PM_HTML_W_CAPTION) && enough_left(l, i, 20))
		return PM_HTML_CAPTION;
	if ((w & PM_HTML_W_BYLINE) && enough_left(l, i, 20))
		return PM_HTML_AUTHOR;
	if ((w & PM_HTML_W_TEASER) && !(w & PM_HTML_W_LEAD) &&
	    l->sums[i].links * 3 > l->sums[i].chars)
		return PM_HTML_RELATED;
	if ((w & (PM_HTML_W_WEAK | PM_HTML_W_META)) && is_short(l, i, 120) &&
	    enough_left(l, i, 20))
		return PM_HTML_SMALL;
	return PM_HTML_KEPT;
}

static bool
may_drop(const struct pm_html_look *l, uint32_t i)
{
	switch (l->tree->node[i].element) {
	case PM_HTML_html: case PM_HTML_body: case PM_HTML_main:
	case PM_HTML_h1: case PM_HTML_TEXT:
		return false;
	case PM_HTML_article:
		return (l->words[i] & (PM_HTML_W_COMMENT | PM_HTML_W_RELATED |
		    PM_HTML_W_TEASER)) != 0;
	default:
		return true;
	}
}

static void
drop_parts(struct pm_html_look *l)
{
	const struct pm_html_node *node = l->tree->node;

	for (uint32_t i = 1; i < l->tree->node_n; i++) {
		enum pm_html_drop drop;

		l->drop[i] = l->drop[node[i].parent];
		if (l->drop[i] || !may_drop(l, i))
			continue;
		drop = by_element(l, i);
		if (drop == PM_HTML_KEPT && l->words[i] != 0)
			drop = by_words(l, i);
		if (!(l->trusted & 1u << drop))
			l->drop[i] = (uint8_t)drop;
	}
}

/* What took most prose away, when most of it was taken away. */
static enum pm_html_drop
went_too_far(const struct pm_html_look *l, uint64_t before)
{
	uint64_t taken[PM_HTML_DROPS] = { 0 }, left = 0;
	enum pm_html_drop most = PM_HTML_KEPT;

	for (uint32_t i = 0; i < l->block_n; i++) {
		const struct pm_html_block *b = &l->block[i];

		if (b->weight <= 0)
			continue;
		if (l->drop[b->first])
			taken[l->drop[b->first]] += (uint64_t)b->weight;
		else
			left += (uint64_t)b->weight;
	}
	if (left * TAKEN_TIMES >= before || (left >= REST_CHARS * 4 &&
	    left * TAKEN_TIMES * 2 >= before))
		return PM_HTML_KEPT;
	for (unsigned i = 1; i < PM_HTML_DROPS; i++)
		if (taken[i] > taken[most])
			most = i;
	return most;
}

/* Names are wrong now and then; each part was small, all together were not. */
static void
drop_wisely(struct pm_html_look *l)
{
	uint64_t before = l->sums[0].prose;

	for (unsigned i = 0; i < PM_HTML_DROPS; i++) {
		enum pm_html_drop wrong;

		memset(l->drop, 0, l->tree->node_n);
		drop_parts(l);
		wrong = went_too_far(l, before);
		if (wrong == PM_HTML_KEPT || (l->trusted & 1u << wrong))
			return;
		l->trusted |= 1u << wrong;
	}
}

/* A page that is nothing but teasers keeps them: others decide what it is. */
static int
drop_teasers(struct pm_html_look *l)
{
	uint8_t *before = pm_arena_copy(l->arena, l->drop, l->tree->node_n,
	    l->err);
	uint64_t prose;
	int rc;

	if (before == NULL)
		return PM_ENOMEM;
	add_up(l);
	prose = l->sums[0].prose;
	if ((rc = pm_html_related_drop(l)) != PM_OK)
		return rc;
	add_up(l);
	if ((l->listing = l->sums[0].prose * TAKEN_TIMES < prose &&
	    l->sums[0].prose < REST_CHARS))
		memcpy(l->drop, before, l->tree->node_n);
	return PM_OK;
}

/* ---- the container ---- */

/* In percent. */
static int64_t
hint(const struct pm_html_look *l, uint32_t i, const char **why)
{
	unsigned element = l->tree->node[i].element;
	uint32_t w = l->words[i];

	if (w & PM_HTML_W_STATED) {
		*why = "itemprop articleBody";
		return 150;
	}
	if (w & PM_HTML_W_BODY) {
		*why = "named as an article's text";
		return 125;
	}
	if (element == PM_HTML_article) {
		*why = "article";
		return 120;
	}
	if (element == PM_HTML_main || (w & PM_HTML_W_ARTICLE)) {
		*why = element == PM_HTML_main ? "main" : "named as an article";
		return 108;
	}
	*why = "most prose, least links";
	return 100;
}

static void
choose_container(struct pm_html_look *l)
{
	int64_t best = 0;

	for (uint32_t i = 1; i < l->tree->node_n; i++) {
		const char *why;
		int64_t score = l->sums[i].weight;

		if (score <= 0 || l->drop[i] ||
		    pm_html_is_inline(l->tree->node[i].element))
			continue;
		score *= hint(l, i, &why);
		if (score < best)
			continue;
		best = score;
		l->container = i;
		l->why = why;
	}
}

static int
make_room(struct pm_html_look *l, size_t n)
{
	l->owner = pm_arena_alloc(l->arena, n * sizeof *l->owner, l->err);
	l->words = pm_arena_alloc(l->arena, n * sizeof *l->words, l->err);
	l->link = pm_arena_alloc(l->arena, n, l->err);
	l->drop = pm_arena_alloc(l->arena, n, l->err);
	l->sums = pm_arena_alloc(l->arena, n * sizeof *l->sums, l->err);
	if (l->owner == NULL || l->words == NULL || l->link == NULL ||
	    l->drop == NULL || l->sums == NULL)
		return PM_ENOMEM;
	memset(l->words, 0, n * sizeof *l->words);
	memset(l->link, 0, n);
	memset(l->drop, 0, n);
	return PM_OK;
}

int
pm_html_look(struct pm_html_look *out, struct pm_arena *arena,
    const struct pm_html_tree *tree, struct pm_err *err)
{
	int rc;

	*out = (struct pm_html_look){ .arena = arena, .tree = tree,
	    .err = err, .why = "nothing was found" };
	if (tree->node_n == 0)
		return PM_OK;
	if ((rc = make_room(out, tree->node_n)) != PM_OK)
		return rc;
	find_owners(out);
	if ((rc = find_lines(out)) != PM_OK)
		return rc;
	add_up(out);
	drop_wisely(out);
	if ((rc = drop_teasers(out)) != PM_OK)
		return rc;
	add_up(out);
	choose_container(out);
	return PM_OK;
}
