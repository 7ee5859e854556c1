/*
 * html_tree.h - an HTML page as a compact tree; owner of libxml2 (its push and
 * SAX parser, which repairs tag soup; no tree of its own is built).
 *
 * Nodes lie in document order in one array, so a subtree is node[i ..
 * node[i].end).  Names are folded to lower case.  Attributes that nobody asks
 * for are not kept.  Text has its references resolved; scripts are kept only
 * where they hold JSON-LD.  Depth, nodes and text are bounded; what goes past
 * is left out and `cut` is set.
 */
#ifndef PM_PAGE_HTML_TREE_H
#define PM_PAGE_HTML_TREE_H

#include <stdbool.h>

#include "base/mem.h"

/* Elements by which something is decided; X(name). */
#define PM_HTML_ELEMENTS(X) \
	X(a) X(abbr) X(address) X(article) X(aside) X(audio) X(b) X(base) \
	X(blockquote) X(body) X(br) X(button) X(canvas) X(caption) X(center) \
	X(cite) X(code) X(dd) X(del) X(details) X(dialog) X(div) X(dl) X(dt) \
	X(em) X(embed) X(fieldset) X(figcaption) X(figure) X(font) X(footer) \
	X(form) X(h1) X(h2) X(h3) X(h4) X(h5) X(h6) X(head) X(header) X(hr) \
	X(html) X(i) X(iframe) X(img) X(input) X(ins) X(kbd) X(label) \
	X(legend) X(li) X(link) X(main) X(map) X(mark) X(menu) X(meta) X(nav) \
	X(noscript) X(object) X(ol) X(option) X(p) X(picture) X(pre) X(q) \
	X(s) X(samp) X(script) X(section) X(select) X(small) X(source) \
	X(span) X(strike) X(strong) X(style) X(sub) X(summary) X(sup) X(svg) \
	X(table) X(tbody) X(td) X(template) X(textarea) X(tfoot) X(th) \
	X(thead) X(time) X(title) X(tr) X(tt) X(u) X(ul) X(var) X(video)

enum pm_html_element {
	PM_HTML_TEXT,                /* no element: text */
	PM_HTML_OTHER,               /* an element that is not in the list */
#define X(name) PM_HTML_##name,
	PM_HTML_ELEMENTS(X)
#undef X
	PM_HTML_ELEMENT_N
};

#define PM_HTML_ATTRIBUTES(X) \
	X(id) X(class) X(href) X(rel) X(name) X(property) X(content) \
	X(itemprop) X(itemtype) X(itemscope) X(datetime) X(pubdate) X(type) \
	X(lang) X(role) X(title) X(style) X(hidden) X(charset) X(src) X(alt)
/* Also kept: aria-hidden as hidden, xml:lang as lang, http-equiv as name,
 * data-testid, data-component and data-module as role when there is none. */

enum pm_html_attribute {
#define X(name) PM_HTML_AT_##name,
	PM_HTML_ATTRIBUTES(X)
#undef X
	PM_HTML_AT_N
};

struct pm_html_attr {
	enum pm_html_attribute name;
	struct pm_bytes value;       /* n may be 0 */
};

struct pm_html_node {
	uint16_t element;            /* enum pm_html_element */
	uint16_t attr_n;
	uint32_t parent;             /* of the root: itself (0) */
	uint32_t end;                /* first node behind the subtree */
	uint32_t attr;               /* into tree.attr */
	struct pm_bytes text;        /* of PM_HTML_TEXT; UTF-8, as in the page
	                              * but for references */
};

struct pm_html_tree {
	struct pm_html_node *node;
	uint32_t node_n;
	struct pm_html_attr *attr;
	uint32_t attr_n;
	bool cut;
};

/* text is UTF-8.  The tree is from the arena; strings are from it or of text.
 * PM_ENOMEM. */
int pm_html_tree_parse(struct pm_html_tree *out, struct pm_arena *arena,
    struct pm_bytes text, struct pm_err *err);

/* The value; p NULL when it is not there. */
struct pm_bytes pm_html_attr(const struct pm_html_tree *tree, uint32_t node,
    enum pm_html_attribute name);

/* The text of a subtree, references resolved, white space collapsed, trimmed;
 * elements that are not shown (script, style) left out; from the arena. */
int pm_html_text(struct pm_bytes *out, struct pm_arena *arena,
    const struct pm_html_tree *tree, uint32_t node, struct pm_err *err);

#endif
