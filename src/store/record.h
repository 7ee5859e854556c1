/*
 * record.h - one line of the metadata log: what a volume says of its articles,
 * teasers, captures and links.  The catalog is the fold of these lines in the
 * order of the volumes.
 *
 * JSON, one object a line; the first key names the kind.  Format:
 * src/FORMAT.md, "Metadata log".
 *
 * Numbers (article, teaser, capture, run) count from 1 over the whole archive
 * in the order of the log.
 */
#ifndef PM_STORE_RECORD_H
#define PM_STORE_RECORD_H

#include <stdbool.h>

#include "base/buf.h"
#include "store/sha256.h"
#include "text/dates.h"

struct pm_arena;

enum pm_log_kind {
	PM_LOG_RUN = 1, PM_LOG_ARTICLE, PM_LOG_TEASER, PM_LOG_CAPTURE,
	PM_LOG_LINK, PM_LOG_RUN_END, PM_LOG_RELATION, PM_LOG_FORGET, PM_LOG_LOST
};

enum pm_capture_kind {
	PM_CAPTURE_PAGE = 1, PM_CAPTURE_LIST = 2, PM_CAPTURE_OPAQUE = 3,
	PM_CAPTURE_RECORDS = 4   /* a record file: its records are captures of
	                          * their own, and it is made of them again */
};

/* Where a date comes from, strongest first (product.md). */
enum pm_date_source {
	PM_DATE_NONE = 0, PM_DATE_RECORD, PM_DATE_PAGE, PM_DATE_TEASER,
	PM_DATE_URL, PM_DATE_TEXT, PM_DATE_CRAWL
};
const char *pm_date_source_name(int source);     /* NULL for none */
const char *pm_capture_kind_name(int kind);

/* Why a teaser is joined to an article. */
enum pm_evidence {
	PM_EVIDENCE_PREFIX = 1,          /* the text begins with the snippet */
	PM_EVIDENCE_TITLE,               /* its page states the title, near in time */
	PM_EVIDENCE_LEAD,                /* the snippet stands in its lead */
	PM_EVIDENCE_URL                  /* its page has the address that the
	                                  * teaser leads to; before the title */
};
const char *pm_evidence_name(int evidence);      /* NULL for another number */
int pm_evidence_of_name(const char *name);       /* 0: none of them */

/* Relations that are stored; `identical` and `same` show in the articles. */
enum pm_relation_kind {
	PM_RELATION_NONE = 0, PM_RELATION_UPDATE, PM_RELATION_NEAR,
	PM_RELATION_CONTAINS
};
const char *pm_relation_name(int kind);              /* NULL for none */

struct pm_log_run {
	uint64_t number;
	int64_t started;                 /* UTC seconds */
	struct pm_bytes version, unicode, inputs;   /* inputs: one a line */
	struct pm_bytes policy;          /* how bodies are compared */
	int32_t normalizer, page_rules;
};

struct pm_log_run_end {
	uint64_t number;
	int64_t finished;
	uint64_t known;                  /* captures skipped as known */
};

struct pm_log_article {
	uint64_t number;
	uint64_t bytes;
	uint64_t same;                   /* first article of its `same` group, itself
	                                  * included; 0: alone so far */
	struct pm_bytes title;           /* the text's own headline; n = 0: none */
	struct pm_bytes lang;            /* detected; n = 0: unsure */
	double lang_score;
	/* Not in the line: from the item index and the binary member. */
	uint8_t sha256[PM_SHA256_BYTES];
	uint64_t norm;                   /* pm_body_norm: size and digest of the fold */
	uint64_t frame;
	uint32_t offset;
};

/*
 * Digests by which teasers of one article are known to each other
 * (catalog_group.c).  The snippet counts folded, without its ellipsis and its
 * last token if it is cut.
 */
struct pm_teaser_marks {
	uint64_t start;                  /* its first 6 tokens; of fewer: norm */
	uint64_t title;                  /* the folded title */
	uint64_t cut;                    /* its first 12 tokens, or all */
	uint64_t norm;                   /* title and snippet */
};

struct pm_log_teaser {
	uint64_t number;
	struct pm_bytes title, snippet;
	/* Not in the line. */
	uint8_t sha256[PM_SHA256_BYTES]; /* of title, newline, snippet */
	struct pm_teaser_marks marks;
	uint64_t frame;
	uint32_t ordinal;                /* among the teasers of its frame, from 0 */
};

struct pm_log_sighting {
	uint64_t teaser;
	const struct pm_bytes *tag;
	size_t tag_n;
	struct pm_bytes time_text;       /* n = 0: none */
	struct pm_when when;             /* precision 0: none */
	struct pm_bytes url;             /* n = 0: none */
};

struct pm_log_date {
	struct pm_when when;
	int32_t source;                  /* enum pm_date_source */
};

struct pm_log_capture {
	uint64_t number;
	struct pm_bytes path;            /* any bytes */
	struct pm_bytes input;
	int64_t crawled;                 /* UTC seconds */
	int64_t mtime_ns;
	uint32_t mode;
	uint64_t bytes;
	int32_t kind;                    /* enum pm_capture_kind */
	struct pm_bytes reason;          /* opaque captures */
	uint64_t article;                /* 0: none */
	uint64_t like;                   /* capture with the same bytes, whose recipe
	                                  * serves; 0: has its own */
	struct pm_when date;             /* the page's own; precision 0: none */
	int32_t date_source;             /* enum pm_date_source */
	const struct pm_log_date *other_date;        /* that say otherwise */
	size_t other_date_n;
	struct pm_when modified;         /* precision 0: none */
	uint64_t file;                   /* the record file that it is a record of,
	                                  * or is: a capture number that no other
	                                  * file has; 0: none */
	struct pm_bytes title;           /* not from the text; n = 0: none */
	struct pm_bytes url, source;     /* n = 0: not stated */
	struct pm_bytes lang;            /* as stated, a code; n = 0 */
	const struct pm_bytes *tag;
	size_t tag_n;
	struct pm_bytes payload;         /* digest of a response's payload, or of
	                                  * the one that a revisit refers to */
	bool revisit;
	bool text_only;                  /* its bytes were not kept */
	bool redacted;                   /* what was forgotten is cut out: `bytes`
	                                  * is what its recipe makes, the digest
	                                  * that of the page as it was scraped */
	const struct pm_log_sighting *sighting;
	size_t sighting_n;
	/* Not in the line. */
	uint8_t sha256[PM_SHA256_BYTES];
	uint64_t recipe_frame;
	uint32_t recipe_offset;
};

struct pm_log_link {
	uint64_t teaser;
	uint64_t article;                /* 0: no longer linked */
	int32_t evidence;
	double score;
	bool ambiguous;
	/* Other articles whose text begins with the snippet: edited or cut
	 * copies.  What the teaser says serves them too. */
	const uint64_t *serves;
	size_t serves_n;
};

/* Between two `same` groups, each known by its first article; a < b. */
struct pm_log_relation {
	uint64_t a, b;
	int32_t kind;                    /* none: it holds no longer */
	double jaccard, containment;
};

/* What a repair could not save.  Lines of a lost member alone, which who does
 * not know it passes over. */
enum pm_lost_what { PM_LOST_CAPTURE = 1, PM_LOST_ARTICLE, PM_LOST_BATCH };
const char *pm_lost_name(int what);              /* NULL for another number */
struct pm_log_lost {
	int32_t what;                    /* enum pm_lost_what */
	uint64_t number, to;             /* those numbers; one: to = number */
	/* Of one, where it is known. */
	struct pm_bytes path;            /* any bytes; n = 0: not known */
	struct pm_bytes title;
	uint64_t bytes;
	bool has_crawled, has_sha256;
	int64_t crawled;
	uint8_t sha256[PM_SHA256_BYTES];
};

/*
 * From here on these rows are gone (catalog_forget.c), and what has one of the
 * digests, or an address like the pattern, is refused.  No text of theirs is in
 * the line.  A forgetting of many is several lines with one number.  Articles
 * and teasers of number 0 are in this log no more (it was written anew without
 * them), and are refused all the same.
 */
struct pm_log_gone_article {
	uint64_t number, norm;           /* norm 0: it has no words */
	uint8_t sha256[PM_SHA256_BYTES];
};
struct pm_log_gone_teaser {
	uint64_t number;
	uint8_t sha256[16];              /* the first half */
	bool has_marks;                  /* other cuts of it are refused too */
	int64_t start, marks;            /* as the catalog has them */
};
struct pm_log_forget {
	uint64_t number;                 /* of the forgetting */
	uint64_t run;                    /* the last that had begun */
	int64_t at;                      /* UTC seconds */
	struct pm_bytes url;             /* GLOB; n = 0: none */
	const struct pm_log_gone_article *article;
	size_t article_n;
	const struct pm_log_gone_teaser *teaser;
	size_t teaser_n;
	const uint64_t *capture;
	size_t capture_n;
	const uint64_t *begins;          /* keys of how its bodies begin */
	size_t begins_n;
	const uint64_t *address;         /* keys of where they were */
	size_t address_n;
	const uint64_t *payload;         /* keys by which revisits show them */
	size_t payload_n;
};
/* At most so many of each in one line. */
enum { PM_LOG_GONE_MAX = 10000 };

struct pm_log_record {
	enum pm_log_kind kind;
	union {
		struct pm_log_run run;
		struct pm_log_run_end run_end;
		struct pm_log_article article;
		struct pm_log_teaser teaser;
		struct pm_log_capture capture;
		struct pm_log_link link;
		struct pm_log_relation relation;
		struct pm_log_lost lost;
		struct pm_log_forget forget;
	} u;
};

/* Append the line, with its newline. */
int pm_log_encode(struct pm_buf *out, const struct pm_log_record *record,
    struct pm_err *err);

/*
 * Read the line at line[*at..], advancing *at past its newline.  Strings are
 * from the arena.  Members not in the line are zero.  PM_END at the end,
 * PM_ECORRUPT for anything that pm_log_encode does not write; keys that are
 * not known are passed over.
 */
int pm_log_decode(struct pm_log_record *out, struct pm_arena *arena,
    struct pm_bytes lines, size_t *at, struct pm_err *err);

/* How the file names of tar members are made. */
enum { PM_MEMBER_NAME_CHARS = 64 };
void pm_name_article(char out[PM_MEMBER_NAME_CHARS], uint64_t article);
void pm_name_article_part(char out[PM_MEMBER_NAME_CHARS], uint64_t article,
    unsigned part);
void pm_name_meta(char out[PM_MEMBER_NAME_CHARS], uint64_t frame);
void pm_name_data(char out[PM_MEMBER_NAME_CHARS], uint64_t frame);
void pm_name_lost(char out[PM_MEMBER_NAME_CHARS], uint64_t frame,
    const char *extension);
/* Is it the name of a member with lines of the lost? */
bool pm_is_lost_lines(const char *name);

#endif
