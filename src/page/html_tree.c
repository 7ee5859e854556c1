/*
 * Two steps.  The first goes through the tags and leaves out what nobody asks
 * for: scripts, styles, comments, drawings, most attributes; that is most of a
 * page's bytes, and it bounds what libxml2 would take quadratic time for (the
 * attributes of one tag).  The second is libxml2, which resolves references
 * and repairs the nesting, with callbacks that fill the array.
 *
 * JSON-LD does not go through libxml2: the script's content is replaced by its
 * number, and the number by the bytes of the page.
 */
#include "page/html_internal.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#include <libxml/HTMLparser.h>

#include "base/err.h"
#include "base/list.h"

enum {
	DEPTH_MAX = 256,             /* deeper is flattened */
	OPEN_MAX = 512,              /* libxml2 searches all that is open for
	                              * each end tag */
	NODES_MAX = 2000000,
	ATTRS_MAX = 4000000,
	TAG_ATTRS_MAX = 32,
	NAME_BYTES_MAX = 64,
	VALUE_BYTES_MAX = 4096,      /* of one attribute; content= may be more */
	CONTENT_BYTES_MAX = 65536,
	SCRIPTS_MAX = 256
};

static const char *const element_name[] = { "#text", "#other",
#define X(name) #name,
	PM_HTML_ELEMENTS(X)
#undef X
};

static const char *const attribute_name[] = {
#define X(name) #name,
	PM_HTML_ATTRIBUTES(X)
#undef X
};

/* Kept under another name. */
static const struct {
	const char *name;
	enum pm_html_attribute as;
	bool weak;                   /* only when it is not there itself */
} renamed[] = {
	{ "aria-hidden", PM_HTML_AT_hidden, false },
	{ "xml:lang", PM_HTML_AT_lang, true },
	{ "http-equiv", PM_HTML_AT_name, true },
	{ "data-testid", PM_HTML_AT_role, true },
	{ "data-component", PM_HTML_AT_role, true },
	{ "data-module", PM_HTML_AT_role, true },
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

/* ---- the first step ---- */

struct squeeze {
	struct pm_bytes in;
	size_t at;
	struct pm_buf out;
	struct pm_bytes script[SCRIPTS_MAX];
	size_t script_n;
	bool no_svg_end;
	struct pm_err *err;
	int rc;
};

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool
is_letter(uint8_t c)
{
	return lower(c) >= 'a' && lower(c) <= 'z';
}

static void
put(struct squeeze *s, const void *p, size_t n)
{
	if (s->rc == PM_OK)
		s->rc = pm_buf_append(&s->out, p, n, s->err);
}

static void
put_str(struct squeeze *s, const char *text)
{
	put(s, text, strlen(text));
}

/* NUL would end the input of libxml2's loops. */
static void
put_text(struct squeeze *s, const uint8_t *p, size_t n)
{
	uint8_t *at;

	put(s, p, n);
	if (s->rc != PM_OK || n == 0)
		return;
	for (at = s->out.p + s->out.n - n; n > 0 && (at = memchr(at, '\0',
	    (size_t)(s->out.p + s->out.n - at))) != NULL; )
		*at = ' ';
}

/* Every such byte written as a reference. */
static void
put_without(struct squeeze *s, struct pm_bytes text, uint8_t byte,
    const char *reference)
{
	const uint8_t *p;

	while (text.n > 0 && (p = memchr(text.p, byte, text.n)) != NULL) {
		size_t n = (size_t)(p - text.p);

		put_text(s, text.p, n);
		put_str(s, reference);
		text.p += n + 1;
		text.n -= n + 1;
	}
	put_text(s, text.p, text.n);
}

/* Where "</name" begins at or behind `at`; in.n when it does not. */
static size_t
find_end_tag(const struct squeeze *s, size_t at, const char *name, size_t n)
{
	const uint8_t *p;

	while (at < s->in.n &&
	    (p = memchr(s->in.p + at, '<', s->in.n - at)) != NULL) {
		at = (size_t)(p - s->in.p);
		if (s->in.n - at > n + 2 && p[1] == '/' &&
		    strncasecmp((const char *)p + 2, name, n) == 0 &&
		    !is_letter(p[n + 2]))
			return at;
		at++;
	}
	return s->in.n;
}

size_t
pm_html_find(struct pm_bytes in, size_t at, const void *what, size_t n)
{
	const uint8_t *p, first = *(const uint8_t *)what;

	while (at < in.n && in.n - at >= n && (p = memchr(in.p + at, first,
	    in.n - at - n + 1)) != NULL) {
		if (memcmp(p, what, n) == 0)
			return (size_t)(p - in.p);
		at = (size_t)(p - in.p) + 1;
	}
	return in.n;
}

/* "<!" or "<?" or "</" and no letter */
static void
skip_comment(struct squeeze *s)
{
	struct pm_bytes in = s->in;
	bool dashes = in.n - s->at >= 4 &&
	    memcmp(in.p + s->at, "<!--", 4) == 0;
	size_t end;

	if (dashes && in.n - s->at >= 5 && in.p[s->at + 4] != '>') {
		end = pm_html_find(in, s->at + 2, "-->", 3);
		s->at = end == in.n ? end : end + 3;
	} else {
		end = pm_html_find(in, s->at, ">", 1);
		s->at = end == in.n ? end : end + 1;
	}
}

struct tag {
	char name[NAME_BYTES_MAX + 1];
	size_t name_n;
	size_t attr_n;
	bool have[PM_HTML_AT_N];
	struct pm_bytes weak[PM_HTML_AT_N];
	bool json;                   /* type= names JSON-LD */
};

/* A name in lower case, up to white space, "/", ">" or stop; what is too long
 * is cut. */
static size_t
read_name(struct squeeze *s, char out[NAME_BYTES_MAX + 1], uint8_t stop)
{
	size_t n = 0;

	for (; s->at < s->in.n; s->at++) {
		uint8_t c = s->in.p[s->at];

		if (c <= ' ' || c == '/' || c == '>' || c == stop)
			break;
		if (n < NAME_BYTES_MAX)
			out[n++] = (char)lower(c);
	}
	out[n] = '\0';
	return n;
}

static void
skip_space(struct squeeze *s)
{
	while (s->at < s->in.n && s->in.p[s->at] <= ' ')
		s->at++;
}

static struct pm_bytes
read_value(struct squeeze *s)
{
	const uint8_t *p = s->in.p + s->at, *end;
	size_t n = 0, left = s->in.n - s->at;

	if (left > 0 && (*p == '"' || *p == '\'')) {
		end = memchr(p + 1, *p, left - 1);
		n = end == NULL ? left - 1 : (size_t)(end - p) - 1;
		s->at += end == NULL ? left : n + 2;
		return (struct pm_bytes){ p + 1, n };
	}
	while (n < left && p[n] > ' ' && p[n] != '>')
		n++;
	s->at += n;
	return (struct pm_bytes){ p, n };
}

static void
put_attribute(struct squeeze *s, struct tag *tag, enum pm_html_attribute name,
    struct pm_bytes value)
{
	if (tag->have[name] || tag->attr_n == TAG_ATTRS_MAX || value.n >
	    (name == PM_HTML_AT_content ? CONTENT_BYTES_MAX : VALUE_BYTES_MAX))
		return;
	tag->have[name] = true;
	tag->attr_n++;
	put_str(s, " ");
	put_str(s, attribute_name[name]);
	put_str(s, "=\"");
	put_without(s, value, '"', "&quot;");
	put_str(s, "\"");
}

static void
keep_attribute(struct squeeze *s, struct tag *tag, const char *name,
    struct pm_bytes value)
{
	for (unsigned i = 0; i < PM_HTML_AT_N; i++)
		if (attribute_name[i][0] == name[0] &&
		    strcmp(attribute_name[i], name) == 0) {
			if (i == PM_HTML_AT_type && pm_html_find(value, 0,
			    "ld+json", 7) < value.n)
				tag->json = true;
			put_attribute(s, tag, i, value);
			return;
		}
	for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++) {
		if (renamed[i].name[0] != name[0] || strcmp(renamed[i].name, name) != 0)
			continue;
		if (!renamed[i].weak && !(value.n == 5 &&
		    strncasecmp((const char *)value.p, "false", 5) == 0))
			put_attribute(s, tag, renamed[i].as, value);
		else if (renamed[i].weak && tag->weak[renamed[i].as].p == NULL)
			tag->weak[renamed[i].as] = value;
	}
}

static void
read_attributes(struct squeeze *s, struct tag *tag)
{
	char name[NAME_BYTES_MAX + 1];

	for (;;) {
		struct pm_bytes value = { (const uint8_t *)"", 0 };

		skip_space(s);
		if (s->at == s->in.n || s->in.p[s->at] == '>')
			break;
		if (s->in.p[s->at] == '/') {
			s->at++;
			continue;
		}
		if (s->in.p[s->at] == '=')       /* begins a name, HTML says */
			s->at++;
		(void)read_name(s, name, '=');
		skip_space(s);
		if (s->at < s->in.n && s->in.p[s->at] == '=') {
			s->at++;
			skip_space(s);
			value = read_value(s);
		}
		keep_attribute(s, tag, name, value);
	}
	for (unsigned i = 0; i < PM_HTML_AT_N; i++)
		if (tag->weak[i].p != NULL)
			put_attribute(s, tag, i, tag->weak[i]);
	s->at += s->at < s->in.n;                /* ">" */
}

/* Content that is no markup: left out, but for JSON-LD and titles. */
static void
read_raw(struct squeeze *s, const struct tag *tag)
{
	size_t end = find_end_tag(s, s->at, tag->name, tag->name_n);
	struct pm_bytes raw = { s->in.p + s->at, end - s->at };

	if (tag->json && strcmp(tag->name, "script") == 0 &&
	    s->script_n < SCRIPTS_MAX) {
		char number[8];
		size_t n = 0;

		for (size_t left = s->script_n, unit = 100; unit > 0;
		    left %= unit, unit /= 10)
			number[n++] = (char)('0' + left / unit);
		s->script[s->script_n++] = raw;
		put(s, number, n);
	} else if (strcmp(tag->name, "title") == 0) {
		put_without(s, raw, '<', "&lt;");
	}
	s->at = end;
}

static bool
is_raw(const char *name)
{
	static const char *const raw[] = { "script", "style", "title",
	    "textarea", "iframe", "noembed", "noframes", "xmp" };

	for (size_t i = 0; i < sizeof raw / sizeof *raw; i++)
		if (strcmp(raw[i], name) == 0)
			return true;
	return false;
}

static void
skip_svg(struct squeeze *s)
{
	size_t end;

	if (s->no_svg_end)
		return;
	if ((end = find_end_tag(s, s->at, "svg", 3)) == s->in.n)
		s->no_svg_end = true;
	else
		s->at = end;
}

/* At "<" or "</" and a letter. */
static void
read_tag(struct squeeze *s)
{
	struct tag tag = { 0 };
	bool end = s->in.p[s->at + 1] == '/';
	size_t before = s->out.n;

	s->at += end ? 2 : 1;
	tag.name_n = read_name(s, tag.name, '>');
	put_str(s, end ? "</" : "<");
	put(s, tag.name, tag.name_n);
	if (end) {
		while (s->at < s->in.n && s->in.p[s->at] != '>')
			s->at++;
		s->at += s->at < s->in.n;
	} else {
		read_attributes(s, &tag);
	}
	if (s->at == s->in.n && s->in.p[s->at - 1] != '>')
		s->out.n = before;           /* the file ends in the tag */
	else
		put_str(s, ">");
	if (!end && is_raw(tag.name))
		read_raw(s, &tag);
	else if (!end && strcmp(tag.name, "svg") == 0)
		skip_svg(s);
}

static void
squeeze(struct squeeze *s)
{
	while (s->at < s->in.n && s->rc == PM_OK) {
		const uint8_t *p = s->in.p + s->at;
		size_t left = s->in.n - s->at;
		const uint8_t *tag = memchr(p, '<', left);

		if (tag != p) {
			size_t n = tag == NULL ? left : (size_t)(tag - p);

			put_text(s, p, n);
			s->at += n;
		} else if (left > 1 && (is_letter(p[1]) ||
		    (left > 2 && p[1] == '/' && is_letter(p[2])))) {
			read_tag(s);
		} else if (left > 1 && strchr("!?/", p[1]) != NULL && p[1]) {
			skip_comment(s);
		} else {
			put_str(s, "&lt;");
			s->at++;
		}
	}
}

/* ---- the second step ---- */

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
	LIST(struct pm_html_attr) attr;
	struct known element[KNOWN], attribute[KNOWN];
	uint32_t open[DEPTH_MAX];
	size_t depth;                /* of what libxml2 has open; may be more */
	struct pm_buf text;          /* not yet a node */
	bool line_start;             /* white space here is not seen */
	bool cut;
	const struct squeeze *from;
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
search_attribute(const char *name)
{
	unsigned i = 0;

	while (i < PM_HTML_AT_N && strcmp(attribute_name[i], name) != 0)
		i++;
	return i;
}

static unsigned
element_of(struct builder *b, const void *name)
{
	struct known *known = known_at(b->element, name);

	if (known->name != name)
		*known = (struct known){ name, search_element(name) };
	return known->is;
}

static unsigned
attribute_of(struct builder *b, const void *name)
{
	struct known *known = known_at(b->attribute, name);

	if (known->name != name)
		*known = (struct known){ name, search_attribute(name) };
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

static void
add_attributes(struct builder *b, const xmlChar **given)
{
	struct pm_html_node *node = &b->node.p[b->node.n - 1];

	node->attr = (uint32_t)b->attr.n;
	for (; given != NULL && given[0] != NULL; given += 2) {
		const char *value = given[1] == NULL ? "" :
		    (const char *)given[1];
		unsigned name = attribute_of(b, given[0]);

		if (name == PM_HTML_AT_N || b->attr.n == ATTRS_MAX)
			continue;
		if (LIST_ROOM(b->attr, b->err) != PM_OK) {
			stop(b, PM_ENOMEM);
			return;
		}
		b->attr.p[b->attr.n].name = name;
		b->attr.p[b->attr.n++].value = kept(b, value, strlen(value));
		if (b->rc != PM_OK)
			return;
		node->attr_n++;
	}
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
run_parser(struct builder *b, const struct squeeze *s)
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
	    .attr_n = (uint32_t)b->attr.n, .cut = b->cut };
	for (size_t i = 0; i < b->depth && i < DEPTH_MAX; i++)
		b->node.p[b->open[i]].end = (uint32_t)b->node.n;
	out->node = pm_arena_copy(b->arena, b->node.p,
	    b->node.n * sizeof *out->node, b->err);
	out->attr = pm_arena_copy(b->arena, b->attr.p,
	    b->attr.n * sizeof *out->attr, b->err);
	return out->node == NULL || out->attr == NULL ? PM_ENOMEM : PM_OK;
}

int
pm_html_tree_parse(struct pm_html_tree *out, struct pm_arena *arena,
    struct pm_bytes text, struct pm_err *err)
{
	struct squeeze *from = pm_alloc_zero(sizeof *from, err);
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
	*from = (struct squeeze){ .in = text, .err = err };
	squeeze(from);
	rc = from->rc;
	if (rc == PM_OK && from->out.n > INT_MAX / 2)
		from->out.n = INT_MAX / 2;
	if (rc == PM_OK && from->out.n > 0)
		rc = run_parser(&b, from);
	if (rc == PM_OK)
		rc = hand_over(out, &b);
	pm_free(b.node.p);
	pm_free(b.attr.p);
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
