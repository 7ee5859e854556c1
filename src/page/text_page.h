/*
 * text_page.h - a page of plain text taken apart: body, teasers, title, dates,
 * and the shell that is left.
 *
 * Everything is a span of the capture's bytes, so that parts and shell make
 * the exact bytes again: the body is body[0..body_n) joined without anything
 * between, and what no span covers is shell.  Spans do not overlap and stand
 * in the order of the page, except that title may lie inside body.
 *
 * Text is valid UTF-8 without control characters.  A BOM and a leading block of
 * YAML front matter are shell.
 */
#ifndef PM_PAGE_TEXT_PAGE_H
#define PM_PAGE_TEXT_PAGE_H

#include "page/page.h"

struct pm_span {
	size_t at, n;        /* n = 0: absent */
};

struct pm_text_teaser {
	struct pm_span title;
	struct pm_span snippet;      /* may hold line ends; n = 0: none */
	struct pm_span tag[PM_PAGE_TAGS_MAX];
	size_t tag_n;
	struct pm_span time;         /* as printed */
	struct pm_time_text when;    /* valid when time.n > 0 */
};

struct pm_text_page {
	enum pm_page_kind kind;
	const char *reason;          /* opaque: static text, e.g. "empty" */
	struct pm_span *body;
	size_t body_n;
	struct pm_span title;        /* the page's own headline, if it has one */
	struct pm_span heading;      /* the line above the teasers */
	struct pm_text_teaser *teaser;
	size_t teaser_n;
	struct pm_time_text dateline;   /* a line that is a date, beside body */
	struct pm_time_text prose;      /* the first date in the lead */
	bool has_dateline, has_prose;
};

/*
 * Take apart the text.  Arrays are from the arena.  Fails only with PM_ENOMEM.
 * Thread-safe.
 */
int pm_text_page_parse(struct pm_text_page *out, struct pm_arena *arena,
    struct pm_bytes text, struct pm_err *err);

#endif
