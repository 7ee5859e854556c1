/*
 * html_internal.h - what the readers of HTML pages share.
 */
#ifndef PM_PAGE_HTML_INTERNAL_H
#define PM_PAGE_HTML_INTERNAL_H

#include "page/html_meta.h"
#include "page/html_tree.h"
#include "page/page_internal.h"

/* html_tree.c */

/* It stands in a line of text; all others begin a line of their own. */
bool pm_html_is_inline(unsigned element);
/* script, style and their like: nobody sees what is in them. */
bool pm_html_is_unseen(unsigned element);

/* Where it begins at or behind `at`; in.n when it does not.  For short ones: it
 * may take n times the time of one pass. */
size_t pm_html_find(struct pm_bytes in, size_t at, const void *what, size_t n);

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
