/*
 * page.h - a capture taken apart: body, teasers, title, dates, and the shell
 * that is left.
 *
 * Everything is a span of the capture's bytes, so that parts and shell make
 * the exact bytes again: the body is body[0..body_n) joined without anything
 * between, and what no span covers is shell.  Spans do not overlap and stand
 * in the order of the page, except that title may lie inside body.
 *
 * What counts as a page in this version: valid UTF-8 text (a BOM is shell)
 * without control characters that is not the beginning of HTML, XML, JSON,
 * WARC, CSV by name, or another format that has its own reader; a leading
 * YAML front matter block is shell.
 */
#ifndef PM_PAGE_PAGE_H
#define PM_PAGE_PAGE_H

#include "base/mem.h"
#include "text/dates.h"

enum { PM_PAGE_RULES_VERSION = 1 };
enum { PM_PAGE_TAGS_MAX = 8, PM_PAGE_TEASERS_MAX = 10000 };

enum pm_page_kind {
	PM_PAGE_OPAQUE,      /* not understood: reason says why */
	PM_PAGE_PAGE,        /* a body, perhaps teasers */
	PM_PAGE_LIST         /* teasers without a body */
};

struct pm_span {
	size_t at, n;        /* n = 0: absent */
};

struct pm_page_teaser {
	struct pm_span title;
	struct pm_span snippet;      /* may hold line ends; n = 0: none */
	struct pm_span tag[PM_PAGE_TAGS_MAX];
	size_t tag_n;
	struct pm_span time;         /* as printed */
	struct pm_time_text when;    /* valid when time.n > 0 */
};

struct pm_page {
	enum pm_page_kind kind;
	const char *reason;          /* opaque: static text, e.g. "empty" */
	struct pm_span *body;
	size_t body_n;
	struct pm_span title;        /* the page's own headline, if it has one */
	struct pm_span heading;      /* the line above the teasers */
	struct pm_page_teaser *teaser;
	size_t teaser_n;
	struct pm_time_text dateline;   /* a line that is a date, beside body */
	struct pm_time_text prose;      /* the first date in the lead */
	bool has_dateline, has_prose;
};

/*
 * Take apart the capture, of which path is looked at for its extension only.
 * Arrays are from the arena.  Fails only with PM_ENOMEM.  Thread-safe.
 */
int pm_page_parse(struct pm_page *out, struct pm_arena *arena,
    struct pm_bytes capture, struct pm_bytes path, struct pm_err *err);

#endif
