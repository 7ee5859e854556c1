/*
 * analysis.h - what is computed of one capture alone, on any thread, before
 * it meets the others: its parts, digests, fold and prefix keys.
 */
#ifndef PM_ARCHIVE_ANALYSIS_H
#define PM_ARCHIVE_ANALYSIS_H

#include "archive/body.h"
#include "archive/footers.h"
#include "archive/likeness.h"
#include "base/mem.h"
#include "dup/digest.h"
#include "dup/lead.h"
#include "dup/prefix.h"
#include "page/page.h"
#include "store/record.h"
#include "text/language.h"

enum {
	PM_ARTICLE_KEYS_MAX = PM_PREFIX_COUNTS * PM_PREFIX_PARAGRAPHS,
	/* A capture larger than this is kept as opaque pieces. */
	PM_CAPTURE_WHOLE_MAX = 64 << 20,
	/* No more of a body is looked at for prefixes. */
	PM_LEAD_BODY_MAX = 64 << 10,
	/* Titles, snippets, tags and times of one page. */
	PM_TEASERS_BYTES_MAX = 2 << 20
};

struct pm_analysed_teaser {
	uint8_t sha256[PM_SHA256_BYTES];     /* of title, newline, snippet */
	struct pm_bytes title, snippet;
	struct pm_teaser_marks marks;
	uint64_t key;                        /* prefix key; 0: too short */
	uint64_t title_key;                  /* 0: too short */
	uint64_t lead_key[PM_LEAD_KEYS];
	size_t lead_key_n;
	struct pm_when when;                 /* precision 0: none */
};

/* What is found of a body, for a batch and for rebuilding the cache. */
struct pm_analysed_body {
	uint64_t norm;                       /* pm_body_norm */
	bool has_words;                      /* the fold is not empty */
	uint64_t prefix[PM_ARTICLE_KEYS_MAX];        /* dup/prefix.h, each once */
	size_t prefix_n;
	uint64_t lead_key[PM_LEAD_KEYS];     /* dup/lead.h */
	size_t lead_key_n;
	const uint64_t *key;                 /* pm_body_keys; see body.h */
	size_t key_n;
	struct pm_body_tails tails;
};

struct pm_analysed {
	/* Given. */
	struct pm_bytes capture, path, input;
	enum pm_reader reader;
	struct pm_bytes context;             /* page.h */
	/* Of a record file: another number for each that was read; 0: of none.
	 * The last of them is the file itself (whole): bytes and sha256 are those
	 * of all, capture is what stands before the first record. */
	uint64_t file;
	bool whole;
	size_t position;                     /* in the batch, as it was read */
	int64_t crawled, mtime_ns;
	uint32_t mode;
	uint64_t bytes;                      /* of the capture */
	int spill_fd;                        /* too large for memory: its bytes are
	                                      * in this file, sha256 is given; else -1 */
	/* Found. */
	uint8_t sha256[PM_SHA256_BYTES];
	struct pm_page page;
	struct pm_bytes body;                /* in one piece; n = 0: none */
	uint8_t body_sha256[PM_SHA256_BYTES];
	struct pm_analysed_body text;        /* of the body; keys in the arena */
	uint64_t title_key;                  /* of its own title; 0: none */
	struct pm_analysed_teaser *teaser;   /* as page.teaser */
	struct pm_when date;                 /* the page's own */
	int date_source;                     /* enum pm_date_source */
	struct pm_log_date other_date[PM_PAGE_DATES_MAX];    /* that differ */
	size_t other_date_n;
	struct pm_when modified;
	struct pm_language detected, stated; /* code "": not */
	struct pm_sketch sketch;             /* see likeness.h; when asked for */
};

/* What stays the same for many captures, and room to work in. */
struct pm_analysis {
	const struct pm_zone *zone;          /* NULL: UTC */
	const struct pm_when *crawled;       /* --crawled, or NULL */
	const struct pm_policy *policy;      /* NULL: no body keys */
	struct pm_buf scratch;
	struct pm_body_room room;
};
void pm_analysis_clear(struct pm_analysis *analysis);

/* Everything found is from the arena or borrows from what is given. */
int pm_analyse(struct pm_analysed *item, struct pm_arena *arena,
    struct pm_analysis *analysis, struct pm_err *err);
/* text->key borrows from analysis until its next use. */
int pm_analyse_body(struct pm_analysed_body *out,
    struct pm_analysis *analysis, struct pm_bytes body, struct pm_err *err);

/* Teasers without the rest of the capture, for rebuilding the cache. */
int pm_analyse_teaser(struct pm_analysed_teaser *teaser,
    struct pm_buf *scratch, struct pm_err *err);

/* Does it end in an ellipsis? */
bool pm_snippet_is_cut(struct pm_bytes snippet);

/*
 * True in *out when the snippet's tokens, without the last when it is cut,
 * begin the body or one of its first paragraphs.
 */
int pm_snippet_begins(bool *out, struct pm_bytes snippet,
    struct pm_bytes body, struct pm_buf *scratch, struct pm_err *err);

/* When it was crawled: given (precision 0: not), else a date in the path,
 * made finer by the file's time when that falls on the same day, else the
 * file's time. */
int64_t pm_crawl_time(const struct pm_when *given, struct pm_bytes path,
    int64_t mtime_ns, const struct pm_zone *zone);

#endif
