/*
 * html_meta_internal.h - what the files of html_meta.h share.
 *
 *   html_meta.c        one pass over the head; title, tags, address, language
 *   html_meta_names.c  names of <meta>; small things about strings
 *   html_jsonld.c      JSON-LD into objects, and which of them is the page
 *   html_date.c        dates in the page, each with how much it is worth
 *   html_date_words.c  words of classes and labels that tell of dates
 *   html_date_settle.c which of all dates are the page's
 */
#ifndef PM_PAGE_HTML_META_INTERNAL_H
#define PM_PAGE_HTML_META_INTERNAL_H

#include "base/buf.h"
#include "page/html_meta.h"

/* ---- html_meta_names.c ---- */

enum pm_meta_field {
	PM_META_NONE, PM_META_TITLE, PM_META_PUBLISHED, PM_META_MODIFIED,
	PM_META_SECTION, PM_META_TAG, PM_META_SITE, PM_META_URL, PM_META_LANG,
	PM_META_FIELD_N
};

struct pm_meta_name {
	const char *name;            /* '-' for each of ". : _" */
	enum pm_meta_field field;
	unsigned rank;               /* 0 is the strongest */
	const char *from;            /* as people write it; NULL: name */
};

/* NULL when nobody asks for it. */
const struct pm_meta_name *pm_meta_name_find(struct pm_bytes name);

struct pm_bytes pm_meta_trim(struct pm_bytes s);
/* Equal but for ASCII case. */
bool pm_meta_is(struct pm_bytes s, const char *lower);
/* Do letters and digits of both begin alike, as far as the shorter goes or
 * nearly so?  For headlines. */
bool pm_meta_same_title(struct pm_bytes a, struct pm_bytes b);
/* Letters and digits of a are inside those of b. */
bool pm_meta_inside(struct pm_bytes a, struct pm_bytes b);
/* Same page, whatever scheme, "www.", query or last slash. */
bool pm_meta_same_url(struct pm_bytes a, struct pm_bytes b);
/* Text out of a string that may hold references and tags; lines: blocks are
 * on lines of their own.  Borrowed when there is nothing to do. */
int pm_meta_plain(struct pm_bytes *out, struct pm_arena *arena,
    struct pm_bytes text, bool lines, struct pm_err *err);

/* ---- html_jsonld.c ---- */

enum { PM_JSONLD_OBJECTS_MAX = 32, PM_JSONLD_WORDS_MAX = 32 };

struct pm_jsonld {
	int kind;                    /* 3 article, 2 page, 1 other thing */
	struct pm_bytes headline, body, published, modified, created, lang,
	    publisher, url;
	struct pm_bytes section[4], keyword[PM_JSONLD_WORDS_MAX];
	size_t section_n, keyword_n;
};

struct pm_jsonld_list {
	struct pm_jsonld *object;    /* from the arena */
	size_t n;
	size_t bytes;                /* of all scripts read */
};

/* Adds what is in one script; what cannot be read adds nothing. */
int pm_jsonld_read(struct pm_jsonld_list *list, struct pm_arena *arena,
    struct pm_bytes script, struct pm_err *err);
/* The best of them first; those of other pages are taken out. */
void pm_jsonld_choose(struct pm_jsonld_list *list, struct pm_bytes url,
    struct pm_bytes title);

/* ---- html_date_words.c ---- */

enum {
	PM_SIGN_DATE = 1,            /* names a date: "pubdate" */
	PM_SIGN_META = 2,            /* where dates stand: "byline" */
	PM_SIGN_MODIFIED = 4,
	PM_SIGN_OTHER = 8,           /* other articles, or none: "related" */
	PM_SIGN_PUBLISHED = 16
};

/* Of the words in a class or id. */
unsigned pm_date_signs(struct pm_bytes names);
/* Of the words before a date in text: PUBLISHED, MODIFIED, OTHER ("©"). */
unsigned pm_date_label(struct pm_bytes text);

/* ---- html_date.c ---- */

enum { PM_HTML_DATES_MAX = 64 };

struct pm_html_date {
	struct pm_time_text when;
	int worth;                   /* more is better */
	bool modified;
	const char *from;
};

struct pm_html_dates {
	struct pm_html_date date[PM_HTML_DATES_MAX];
	size_t n;
	bool month_first;            /* 2/11/2025 is in February */
};

/* How much what a machine was told is worth, beside a place in the page. */
enum {
	PM_WORTH_JSONLD = 1000, PM_WORTH_META = 900, PM_WORTH_THING = 260,
	PM_WORTH_TEXT = 100
};

/* A value that should be a time.  False when it is none, or not of 1995 to
 * 2100. */
bool pm_html_date_parse(struct pm_time_text *out, struct pm_bytes text,
    bool month_first);
/* Dates that stand in the page.  headline: node, 0 when there is none. */
void pm_html_dates_find(struct pm_html_dates *dates,
    const struct pm_html_tree *tree, const struct pm_html_body_at *body,
    uint32_t headline);

/* ---- html_date_settle.c ---- */

/* Once a day: with the most it was worth. */
void pm_html_date_add(struct pm_html_dates *dates,
    const struct pm_time_text *when, int worth, bool modified,
    const char *from);
/* Into page->date and page->modified. */
void pm_html_dates_settle(struct pm_page *page, struct pm_html_dates *dates);

#endif
