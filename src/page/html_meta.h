/*
 * html_meta.h - what an HTML page says of itself: title, dates, tags, section,
 * language, address, publisher.
 *
 * Strongest first (facts.md of the design): JSON-LD (NewsArticle and its
 * kin, @graph, arrays), article:* and og:*, Dublin Core, parsely, <time>,
 * itemprop, the date in the URL, visible text.
 */
#ifndef PM_PAGE_HTML_META_H
#define PM_PAGE_HTML_META_H

#include "page/html_tree.h"
#include "page/page.h"

/* Where in the page the body stands, for dates that are looked for beside it;
 * first = 0: it was not found. */
struct pm_html_body_at {
	uint32_t first, end;         /* nodes */
};

/*
 * Fills title, url, source, lang, tags, dates, modified and notes of *page.
 * page->url, when set already, is where the page was fetched.  JSON-LD
 * articleBody, if there is one, in *stated_body, as text.  PM_ENOMEM.
 */
int pm_html_meta(struct pm_page *page, struct pm_bytes *stated_body,
    struct pm_arena *arena, const struct pm_html_tree *tree,
    const struct pm_html_body_at *body, struct pm_err *err);

/* An address made absolute against base (RFC 3986, section 5.2); n = 0 when it
 * is none that can be fetched (mailto:, javascript:, #...).  PM_ENOMEM. */
int pm_url_resolve(struct pm_bytes *out, struct pm_arena *arena,
    struct pm_bytes base, struct pm_bytes reference, struct pm_err *err);
/* The host without "www."; n = 0: there is none. */
struct pm_bytes pm_url_host(struct pm_bytes url);
/* A date in the path of an address: /2025/02/11/, /20250211-, -2025-02-11. */
bool pm_url_date(struct pm_time_text *out, struct pm_bytes url);

#endif
