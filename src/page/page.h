/*
 * page.h - a capture taken apart: body, teasers, title, dates, tags; and how
 * the bytes of the capture are made of them.
 *
 * One structure for every reader (text, Markdown, HTML, a record of JSON or
 * CSV, a feed, a response in a WARC), so that what follows need not know what a
 * scraper left.  All text is valid UTF-8 without NUL.  Bytes are from the arena
 * or of the capture; n = 0 is absent.
 */
#ifndef PM_PAGE_PAGE_H
#define PM_PAGE_PAGE_H

#include "base/mem.h"
#include "text/dates.h"

enum { PM_PAGE_RULES_VERSION = 2 };
enum {
	PM_PAGE_TAGS_MAX = 8,            /* of a teaser */
	PM_PAGE_OWN_TAGS_MAX = 32,       /* of the page */
	PM_PAGE_DATES_MAX = 8,
	PM_PAGE_NOTES_MAX = 24,
	PM_PAGE_TEASERS_MAX = 10000,
	PM_PAGE_TAG_BYTES_MAX = 200
};

enum pm_page_kind {
	PM_PAGE_OPAQUE,      /* not understood: reason says why */
	PM_PAGE_PAGE,        /* a body, perhaps teasers */
	PM_PAGE_LIST         /* teasers without a body */
};

struct pm_page_teaser {
	struct pm_bytes title;
	struct pm_bytes snippet;     /* may hold line ends */
	struct pm_bytes url;         /* absolute */
	struct pm_bytes tag[PM_PAGE_TAGS_MAX];
	size_t tag_n;
	struct pm_bytes time;        /* as printed */
	struct pm_time_text when;    /* valid when time.n > 0 */
};

/* Where a page's word of its date stands, strongest first. */
enum pm_page_date_source {
	PM_PAGE_DATE_RECORD,         /* a field of the record or of front matter */
	PM_PAGE_DATE_PAGE,           /* metadata, <time>, a dateline */
	PM_PAGE_DATE_URL,
	PM_PAGE_DATE_TEXT            /* in prose */
};

struct pm_page_date {
	struct pm_time_text when;
	enum pm_page_date_source source;
	const char *from;            /* static or in the arena, in words:
	                              * "JSON-LD datePublished"; for `inspect
	                              * --why` */
};

/* How n bytes of the capture at `at` are made of what is stored elsewhere. */
enum pm_page_part_kind { PM_PART_BODY, PM_PART_TEASER };
struct pm_page_part {
	enum pm_page_part_kind kind;
	size_t at, n;
	/* Body: body[from .. from + text_n), written by the codec.  Teaser: its
	 * title, bytes of the capture's own, its snippet, all plain. */
	int codec;                   /* enum pm_codec of page/codec.h */
	size_t from, text_n;
	size_t teaser;               /* which one */
	size_t title_n, between_n;   /* n = title_n + between_n + snippet */
};

/* What was decided and why, for people: `inspect --why`. */
struct pm_page_note {
	const char *what;            /* static: "format", "body", "title" ... */
	const char *why;             /* static or in the arena */
};

struct pm_page {
	enum pm_page_kind kind;
	const char *reason;          /* opaque: text, static or in the arena:
	                              * "empty", "HTTP status 404" */
	const char *reader;          /* static: "text", "html", "json" ... */
	const char *encoding;        /* static or arena: "UTF-8" */
	bool markup;                 /* its bytes are HTML, or a response with it */
	struct pm_bytes body;        /* in one piece */
	struct pm_bytes title;       /* the page's own headline */
	bool title_in_text;          /* it was read out of the body, so every page
	                              * with this body has it */
	struct pm_bytes heading;     /* above the teasers */
	struct pm_page_teaser *teaser;
	size_t teaser_n;
	struct pm_page_date date[PM_PAGE_DATES_MAX];   /* strongest first; those
	                              * that say otherwise are kept */
	size_t date_n;
	struct pm_time_text modified, crawled;
	bool has_modified, has_crawled;
	struct pm_bytes url;         /* absolute; canonical when it says so */
	struct pm_bytes source;      /* publisher's host or name */
	struct pm_bytes lang;        /* as it says itself: "ru", "en-GB" */
	struct pm_bytes tag[PM_PAGE_OWN_TAGS_MAX];     /* section first */
	size_t tag_n;
	/* Of a response: digest of its payload ("sha1:..."), by which a revisit
	 * finds it; of a revisit: the one it refers to. */
	struct pm_bytes payload_digest;
	bool revisit;
	struct pm_page_part *part;   /* in order of at, not overlapping */
	size_t part_n;
	struct pm_page_note note[PM_PAGE_NOTES_MAX];
	size_t note_n;
};

struct pm_page_input {
	struct pm_bytes capture;
	struct pm_bytes path;        /* its ending is looked at */
	enum pm_reader reader;       /* PM_READER_AUTO: what it looks like */
	struct pm_bytes context;     /* what the reader needs beside the capture:
	                              * the header line of a CSV file */
	/* What came with it from outside, in a WARC; n = 0: nothing. */
	struct pm_bytes url, charset;
};

/*
 * Take the capture apart.  Arrays are from the arena.  Fails only with
 * PM_ENOMEM.  Thread-safe.
 */
int pm_page_parse(struct pm_page *out, struct pm_arena *arena,
    const struct pm_page_input *in, struct pm_err *err);

/* ---- for readers ---- */

void pm_page_note(struct pm_page *page, const char *what, const char *why);
/* why is formatted into the arena; a note lost for want of memory is lost. */
void pm_page_notef(struct pm_page *page, struct pm_arena *arena,
    const char *what, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* In its place by source; one more than there is room for is left out. */
void pm_page_add_date(struct pm_page *page,
    const struct pm_time_text *when, enum pm_page_date_source source,
    const char *from);
/* Trimmed; equal ones (but for ASCII case) and empty ones are left out. */
void pm_page_add_tag(struct pm_page *page, struct pm_bytes tag);

/*
 * Readers.  Each fills *out, which is zero but for url, and leaves kind at
 * PM_PAGE_OPAQUE with a reason when it finds nothing.  PM_ENOMEM alone fails.
 */
int pm_page_read_text(struct pm_page *out, struct pm_arena *arena,
    const struct pm_page_input *in, struct pm_err *err);
/* Text is the page in UTF-8; parts, if in->capture is the same bytes. */
int pm_page_read_html(struct pm_page *out, struct pm_arena *arena,
    const struct pm_page_input *in, struct pm_bytes text, struct pm_err *err);
int pm_page_read_json(struct pm_page *out, struct pm_arena *arena,
    const struct pm_page_input *in, struct pm_bytes text, struct pm_err *err);
int pm_page_read_csv(struct pm_page *out, struct pm_arena *arena,
    const struct pm_page_input *in, struct pm_bytes text, struct pm_err *err);
int pm_page_read_feed(struct pm_page *out, struct pm_arena *arena,
    const struct pm_page_input *in, struct pm_bytes text, struct pm_err *err);
/* Decodes the payload and hands it to one of the others. */
int pm_page_read_warc(struct pm_page *out, struct pm_arena *arena,
    const struct pm_page_input *in, struct pm_err *err);

#endif
