/*
 * html_internal.h - what the readers of HTML pages share.
 */
#ifndef PM_PAGE_HTML_INTERNAL_H
#define PM_PAGE_HTML_INTERNAL_H

#include "page/html_meta.h"
#include "page/html_tree.h"
#include "page/page_internal.h"

/* html_tree.c */

const char *pm_html_element_name(unsigned element);
/* It stands in a line of text; all others begin a line of their own. */
bool pm_html_is_inline(unsigned element);
/* script, style and their like: nobody sees what is in them. */
bool pm_html_is_unseen(unsigned element);

/* Where it begins at or behind `at`; in.n when it does not.  For short ones: it
 * may take n times the time of one pass. */
size_t pm_html_find(struct pm_bytes in, size_t at, const void *what, size_t n);

/* html_body_words.c: what names (class, id, role ...) say is in an element. */
enum {
	PM_HTML_W_BODY = 1 << 0,         /* the text of an article */
	PM_HTML_W_ARTICLE = 1 << 1,
	PM_HTML_W_CONTENT = 1 << 2,
	PM_HTML_W_LEAD = 1 << 3,         /* summary, standfirst, excerpt */
	PM_HTML_W_STATED = 1 << 4,       /* itemprop=articleBody */
	PM_HTML_W_NOISE = 1 << 5,        /* advertisement, cookies, login ... */
	PM_HTML_W_NAV = 1 << 6,
	PM_HTML_W_SHARE = 1 << 7,
	PM_HTML_W_COMMENT = 1 << 8,
	PM_HTML_W_RELATED = 1 << 9,
	PM_HTML_W_TEASER = 1 << 10,
	PM_HTML_W_SIDE = 1 << 11,
	PM_HTML_W_BYLINE = 1 << 12,      /* and what is told of the author */
	PM_HTML_W_CAPTION = 1 << 13,
	PM_HTML_W_META = 1 << 14,        /* dates, tags */
	PM_HTML_W_HIDDEN = 1 << 15,      /* a class says so; scripts may
	                                  * show it */
	PM_HTML_W_UNSHOWN = 1 << 16,     /* style or attribute say so */
	PM_HTML_W_WEAK = 1 << 17,        /* noise when it is short */
	PM_HTML_W_CONSENT = 1 << 18      /* cookies and privacy */
};
uint32_t pm_html_words(const struct pm_html_tree *tree, uint32_t node);

/* ---- html_body*.c ---- */

/* Why something is no body; 0: it may be. */
enum pm_html_drop {
	PM_HTML_KEPT, PM_HTML_HIDDEN, PM_HTML_NAVIGATION, PM_HTML_SHARING,
	PM_HTML_COMMENTS, PM_HTML_RELATED, PM_HTML_NOISE, PM_HTML_ASIDE,
	PM_HTML_AUTHOR, PM_HTML_CAPTION, PM_HTML_SMALL, PM_HTML_DROPS
};

/* A line of the page: text without block elements between. */
struct pm_html_block {
	uint32_t first, end;         /* nodes, all of them inline */
	uint32_t owner;              /* the block element it stands in */
	uint32_t chars, links;       /* characters, and those within links; of
	                              * scripts without spaces twice */
	int32_t weight;              /* > 0: prose; < 0: links */
	bool stop;                   /* ends as a sentence does */
	bool notice;                 /* of copyright */
	bool keep;                   /* is body */
};

/* Sums over a subtree. */
struct pm_html_sums {
	uint32_t chars, links;
	uint32_t prose;              /* weights > 0 */
	int64_t weight;              /* of what is not dropped */
};

struct pm_html_look {
	struct pm_arena *arena;
	const struct pm_html_tree *tree;
	struct pm_err *err;
	uint32_t *owner;             /* by node */
	uint32_t *words;
	uint8_t *link;               /* inside of <a href> */
	uint8_t *drop;               /* enum pm_html_drop, of it or above */
	struct pm_html_sums *sums;
	struct pm_html_block *block;
	uint32_t block_n;
	unsigned trusted;            /* bits of reasons that were wrong here */
	uint32_t container;          /* 0: none */
	const char *why;             /* it was chosen; static */
	bool listing;                /* most prose is in teasers */
	size_t items;                /* of teasers, that stood in the way */
};

/* Blocks, sums, what is dropped, and the container. */
int pm_html_look(struct pm_html_look *out, struct pm_arena *arena,
    const struct pm_html_tree *tree, struct pm_err *err);
/* Which blocks are the body; title is none of them. */
int pm_html_body_choose(struct pm_html_look *look, struct pm_bytes title,
    struct pm_bytes stated);
/* Those that are kept, a line each. */
int pm_html_body_write(struct pm_bytes *out, struct pm_html_look *look);
/* One block's line, white space collapsed, `br` as a line end; appended. */
int pm_html_block_text(struct pm_buf *out, const struct pm_html_look *look,
    const struct pm_html_block *block);

/* html_body_parts.c: where lines of the body stand in text, as parts. */
int pm_html_body_parts(struct pm_page *page, struct pm_arena *arena,
    struct pm_bytes text, struct pm_err *err);

/* html_related.c: drop what is a teaser, before the container is chosen. */
int pm_html_related_drop(struct pm_html_look *look);
/* Teasers and their heading into *page, whose title and url are known. */
int pm_html_related(struct pm_page *page, struct pm_html_look *look);

static inline bool
pm_html_is_heading(unsigned element)
{
	return element >= PM_HTML_h1 && element <= PM_HTML_h6;
}

static inline bool
pm_html_is_space(uint8_t c)
{
	return c <= ' ' || c == 0x7f;
}

#endif
