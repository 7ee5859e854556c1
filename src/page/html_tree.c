/*
 * Two steps.  The first goes through the tags and leaves out what nobody asks
 * for: scripts, styles, comments, drawings; that is most of a page's bytes.
 * It keeps the attributes that are asked for: libxml2 gets one for each tag,
 * its number (and takes quadratic time for the attributes of one tag).  The
 * second is libxml2, which resolves references and repairs the nesting, with
 * callbacks that fill the array.
 *
 * JSON-LD does not go through libxml2 either: the script's content is replaced
 * by its number, and the number by the bytes of the page.
 */
#include "page/html_internal.h"

#include <limits.h>
#include <string.h>

#include <libxml/HTMLparser.h>

#include "base/err.h"
#include "base/list.h"
#include "base/utf8.h"

enum {
	DEPTH_MAX = 256,             /* deeper is flattened */
	OPEN_MAX = 512,              /* libxml2 searches all that is open for
	                              * each end tag */
	NODES_MAX = 2000000
};

static const char *const element_name[] = { "#text", "#other",
#define X(name) #name,
	PM_HTML_ELEMENTS(X)
#undef X
};

const char *
pm_html_element_name(unsigned element)
{
	return element_name[element];
}

bool
pm_html_is_inline(unsigned element)
{
	switch (element) {
	case PM_HTML_TEXT: case PM_HTML_OTHER: case PM_HTML_a:
	case PM_HTML_abbr: case PM_HTML_b: case PM_HTML_cite:
	case PM_HTML_code: case PM_HTML_del: case PM_HTML_em:
	case PM_HTML_font: case PM_HTML_i: case PM_HTML_img:
	case PM_HTML_ins: case PM_HTML_kbd: case PM_HTML_label:
	case PM_HTML_mark: case PM_HTML_q: case PM_HTML_s:
	case PM_HTML_samp: case PM_HTML_small: case PM_HTML_span:
	case PM_HTML_strike: case PM_HTML_strong: case PM_HTML_sub:
	case PM_HTML_sup: case PM_HTML_time: case PM_HTML_tt:
	case PM_HTML_u: case PM_HTML_var: case PM_HTML_map:
		return true;
	default:
		return false;
	}
}

bool
pm_html_is_unseen(unsigned element)
{
	switch (element) {
	case PM_HTML_script: case PM_HTML_style: case PM_HTML_template:
	case PM_HTML_svg: case PM_HTML_iframe: case PM_HTML_object:
	case PM_HTML_embed: case PM_HTML_canvas: case PM_HTML_audio:
	case PM_HTML_video: case PM_HTML_textarea: case PM_HTML_select:
	case PM_HTML_option: case PM_HTML_noscript:
		return true;
	default:
		return false;
	}
}

/* libxml2 keeps each name once, so its address tells which it is. */
enum { KNOWN = 256 };
struct known {
	const void *name;
	unsigned is;
};

static struct known *
known_at(struct known table[KNOWN], const void *name)
{
	uintptr_t bits = (uintptr_t)name;

	return &table[(bits ^ bits >> 8 ^ bits >> 16) % KNOWN];
}

struct builder {
	struct pm_arena *arena;
	struct pm_err *err;
	int rc;
	htmlParserCtxtPtr parser;
	LIST(struct pm_html_node) node;
	struct known element[KNOWN];
	uint32_t open[DEPTH_MAX];
	size_t depth;                /* of what libxml2 has open; may be more */
	struct pm_buf text;          /* not yet a node */
	bool line_start;             /* white space here is not seen */
	bool cut;
	const struct pm_html_squeeze *from;
};

static unsigned
search_element(const char *name)
{
	unsigned low = PM_HTML_a, high = PM_HTML_ELEMENT_N;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		int order = strcmp(name, element_name[middle]);

		if (order == 0)
			return middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return PM_HTML_OTHER;
}

static unsigned
element_of(struct builder *b, const void *name)
{
	struct known *known = known_at(b->element, name);

	if (known->name != name)
		*known = (struct known){ name, search_element(name) };
	return known->is;
}

static void
stop(struct builder *b, int rc)
{
	b->rc = b->rc == PM_OK ? rc : b->rc;
	b->cut = true;
	xmlStopParser(b->parser);
}

static bool
add_node(struct builder *b, struct pm_html_node node)
{
	size_t above = b->depth < DEPTH_MAX ? b->depth : DEPTH_MAX;

	if (b->rc != PM_OK || b->node.n == NODES_MAX) {
		stop(b, PM_OK);
		return false;
	}
	if (LIST_ROOM(b->node, b->err) != PM_OK) {
		stop(b, PM_ENOMEM);
		return false;
	}
	node.parent = above == 0 ? 0 : b->open[above - 1];
	node.end = (uint32_t)b->node.n + 1;
	b->node.p[b->node.n++] = node;
	return true;
}

/* &#146; and its like mean windows-1252, as browsers read it. */
static size_t
mend_controls(uint8_t *out, const uint8_t *p, size_t n)
{
	static const uint16_t meant[32] = { 0x20ac, 0, 0x201a, 0x192, 0x201e,
	    0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0,
	    0x17d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013,
	    0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0, 0x17e, 0x178 };
	size_t to = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t c;

		if (p[i] != 0xc2 || i + 1 == n || p[i + 1] >= 0xa0) {
			out[to++] = p[i];
			continue;
		}
		c = meant[p[++i] & 31];
		if (c >= 0x800) {
			out[to++] = (uint8_t)(0xe0 | c >> 12);
			out[to++] = (uint8_t)(0x80 | (c >> 6 & 63));
		} else if (c > 0) {
			out[to++] = (uint8_t)(0xc0 | c >> 6);
		}
		if (c > 0)
			out[to++] = (uint8_t)(0x80 | (c & 63));
	}
	return to;
}

/* The bytes of one text or value, owned by the arena. */
static struct pm_bytes
kept(struct builder *b, const void *p, size_t n)
{
	/* Two bytes may become three: read behind what is written. */
	bool mend = n > 1 && memchr(p, 0xc2, n) != NULL;
	uint8_t *copy = pm_arena_alloc(b->arena, mend ? n + n / 2 : n, b->err);
	struct pm_bytes none = { NULL, 0 };

	if (copy == NULL) {
		stop(b, PM_ENOMEM);
		return none;
	}
	if (mend) {
		memcpy(copy + n / 2, p, n);
		n = mend_controls(copy, copy + n / 2, n);
	} else {
		memcpy(copy, p, n);
	}
	return (struct pm_bytes){ copy, n };
}

static void
flush_text(struct builder *b)
{
	struct pm_html_node node = { .element = PM_HTML_TEXT };
	size_t blank = 0;

	if (b->text.n == 0)
		return;
	while (blank < b->text.n && pm_html_is_space(b->text.p[blank]))
		blank++;
	if (blank == b->text.n) {
		node.text = (struct pm_bytes){ (const uint8_t *)" ", 1 };
		if (!b->line_start)
			(void)add_node(b, node);
	} else {
		node.text = kept(b, b->text.p, b->text.n);
		if (b->rc == PM_OK)
			(void)add_node(b, node);
	}
	b->line_start = false;
	pm_buf_reset(&b->text);
}

static void
on_text(void *context, const xmlChar *p, int n)
{
	struct builder *b = context;

	if (n > 0 && b->rc == PM_OK && !b->cut &&
	    pm_buf_append(&b->text, p, (size_t)n, b->err) != PM_OK)
		stop(b, PM_ENOMEM);
}

/* The only attribute is the number that put_number wrote. */
static void
add_attributes(struct builder *b, const xmlChar **given)
{
	struct pm_html_node *node = &b->node.p[b->node.n - 1];
	size_t i = 0;

	if (given == NULL || given[0] == NULL || given[1] == NULL)
		return;
	for (const xmlChar *p = given[1]; *p >= '0' && *p <= '9' &&
	    i < b->from->tag.n; p++)
		i = i * 10 + (size_t)(*p - '0');
	if (i >= b->from->tag.n)
		return;
	node->attr = b->from->tag.p[i].from;
	node->attr_n = b->from->tag.p[i].n;
}

static void
on_start(void *context, const xmlChar *name, const xmlChar **given)
{
	struct builder *b = context;
	unsigned element = element_of(b, name);

	if (b->rc != PM_OK || b->cut)
		return;
	flush_text(b);
	if (!add_node(b, (struct pm_html_node){ .element = (uint16_t)element }))
		return;
	if (b->depth < DEPTH_MAX)
		b->open[b->depth] = (uint32_t)b->node.n - 1;
	b->depth++;
	add_attributes(b, given);
	if (!pm_html_is_inline(element))
		b->line_start = true;
	if (b->parser->nameNr > OPEN_MAX)
		stop(b, PM_OK);
}

/* The number of a script, put there by read_raw. */
static void
resolve_script(struct builder *b)
{
	struct pm_html_node node = { .element = PM_HTML_TEXT };
	size_t i = 0;

	for (size_t k = 0; k < b->text.n; k++)
		i = i * 10 + (size_t)(b->text.p[k] - '0');
	if (b->text.n == 3 && i < b->from->script_n) {
		node.text = b->from->script[i];
		(void)add_node(b, node);
	}
	pm_buf_reset(&b->text);
}

static void
on_end(void *context, const xmlChar *name)
{
	struct builder *b = context;
	unsigned element = element_of(b, name);

	if (b->rc != PM_OK || b->cut || b->depth == 0)
		return;
	if (element == PM_HTML_script)
		resolve_script(b);
	else
		flush_text(b);
	b->depth--;
	if (b->depth < DEPTH_MAX)
		b->node.p[b->open[b->depth]].end = (uint32_t)b->node.n;
	if (!pm_html_is_inline(element))
		b->line_start = true;
}

static int
run_parser(struct builder *b, const struct pm_html_squeeze *s)
{
	xmlSAXHandler sax;

	memset(&sax, 0, sizeof sax);
	sax.startElement = on_start;
	sax.endElement = on_end;
	sax.characters = on_text;
	sax.ignorableWhitespace = on_text;
	sax.cdataBlock = on_text;
	xmlInitParser();
	b->parser = htmlCreateMemoryParserCtxt((const char *)s->out.p,
	    (int)s->out.n);
	if (b->parser == NULL)
		return pm_fail(b->err, PM_ENOMEM, "out of memory (HTML)");
	*b->parser->sax = sax;
	b->parser->userData = b;
	(void)htmlCtxtUseOptions(b->parser, HTML_PARSE_RECOVER |
	    HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
	    HTML_PARSE_IGNORE_ENC);
	b->parser->charset = XML_CHAR_ENCODING_UTF8;
	(void)htmlParseDocument(b->parser);
	if (b->rc == PM_OK && b->parser->errNo == XML_ERR_NO_MEMORY)
		b->rc = pm_fail(b->err, PM_ENOMEM, "out of memory (HTML)");
	if (b->rc == PM_OK)
		flush_text(b);
	htmlFreeParserCtxt(b->parser);
	b->parser = NULL;
	return b->rc;
}

static int
hand_over(struct pm_html_tree *out, struct builder *b)
{
	*out = (struct pm_html_tree){ .node_n = (uint32_t)b->node.n,
	    .attr_n = (uint32_t)b->from->attr.n, .cut = b->cut };
	for (size_t i = 0; i < b->depth && i < DEPTH_MAX; i++)
		b->node.p[b->open[i]].end = (uint32_t)b->node.n;
	out->node = pm_arena_copy(b->arena, b->node.p,
	    b->node.n * sizeof *out->node, b->err);
	out->attr = pm_arena_copy(b->arena, b->from->attr.p,
	    b->from->attr.n * sizeof *out->attr, b->err);
	return out->node == NULL || out->attr == NULL ? PM_ENOMEM : PM_OK;
}

int
pm_html_tree_parse(struct pm_html_tree *out, struct pm_arena *arena,
    struct pm_bytes text, struct pm_err *err)
{
	struct pm_html_squeeze *from = pm_alloc_zero(sizeof *from, err);
	struct builder b = { .arena = arena, .err = err, .line_start = true,
	    .from = from };
	int rc;

	*out = (struct pm_html_tree){ 0 };
	if (from == NULL)
		return PM_ENOMEM;
	if (text.n > PM_PAGE_BYTES_MAX) {
		text.n = PM_PAGE_BYTES_MAX;
		b.cut = true;
	}
	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
		text = (struct pm_bytes){ text.p + 3, text.n - 3 };
	*from = (struct pm_html_squeeze){ .in = text, .arena = arena,
	    .err = err };
	pm_html_squeeze(from);
	rc = from->rc;
	if (rc == PM_OK && from->out.n > INT_MAX / 2)
		from->out.n = INT_MAX / 2;
	if (rc == PM_OK && from->out.n > 0)
		rc = run_parser(&b, from);
	if (rc == PM_OK)
		rc = hand_over(out, &b);
	pm_free(b.node.p);
	pm_free(from->attr.p);
	pm_free(from->tag.p);
	pm_buf_clear(&b.text);
	pm_buf_clear(&from->out);
	pm_free(from);
	return rc;
}

struct pm_bytes
pm_html_attr(const struct pm_html_tree *tree, uint32_t node,
    enum pm_html_attribute name)
{
	const struct pm_html_node *at = &tree->node[node];

	for (uint32_t i = 0; i < at->attr_n; i++)
		if (tree->attr[at->attr + i].name == name)
			return tree->attr[at->attr + i].value;
	return (struct pm_bytes){ NULL, 0 };
}

/* Append with white space collapsed; room was made. */
static size_t
collapse(uint8_t *to, size_t n, struct pm_bytes text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (!pm_html_is_space(text.p[i]))
			to[n++] = text.p[i];
		else if (n > 0 && to[n - 1] != ' ')
			to[n++] = ' ';
	}
	return n;
}

static uint32_t
next_seen(const struct pm_html_tree *tree, uint32_t i)
{
	return pm_html_is_unseen(tree->node[i].element) ?
	    tree->node[i].end : i + 1;
}

int
pm_html_text(struct pm_bytes *out, struct pm_arena *arena,
    const struct pm_html_tree *tree, uint32_t node, struct pm_err *err)
{
	const uint32_t end = tree->node[node].end;
	const struct pm_bytes space = { (const uint8_t *)" ", 1 };
	size_t room = 0, n = 0;
	uint8_t *to;

	for (uint32_t i = node; i < end; i++)
		room += tree->node[i].text.n + 1;
	if ((to = pm_arena_alloc(arena, room, err)) == NULL)
		return PM_ENOMEM;
	for (uint32_t i = node; i < end; i = next_seen(tree, i)) {
		if (tree->node[i].element == PM_HTML_TEXT)
			n = collapse(to, n, tree->node[i].text);
		else if (!pm_html_is_inline(tree->node[i].element))
			n = collapse(to, n, space);
	}
	if (n > 0 && to[n - 1] == ' ')
		n--;
	*out = (struct pm_bytes){ to, n };
	return PM_OK;
}
