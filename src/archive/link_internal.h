/*
 * link_internal.h - shared by link_cascade.c, link_title.c and link_lead.c
 * alone.
 */
#ifndef PM_ARCHIVE_LINK_INTERNAL_H
#define PM_ARCHIVE_LINK_INTERNAL_H

#include "archive/ingest_internal.h"
#include "archive/lead.h"

enum {
	PM_CASCADE_BUCKET_MAX = 32       /* a key of more articles finds none */
};

struct pm_answer {
	uint64_t article, group, bytes;  /* article 0: none */
	uint8_t sha256[PM_SHA256_BYTES];
	int32_t evidence;
	double score;
	int64_t gap;                     /* K4: seconds */
	double second_score;             /* of another group; < 0: none */
	int64_t second_gap;              /* of another group; < 0: none */
};

/* A teaser that is asked about. */
struct pm_question {
	uint64_t number, frame;
	uint32_t ordinal;
	const struct pm_analysed_teaser *from;   /* NULL: not read yet */
	struct pm_teaser_row before;     /* number 0: new */
	bool leads;                      /* not its times alone are other ones */
	bool as_before;                  /* found without asking */
	struct pm_answer answer;
};

struct pair {
	uint32_t article, question;
};

/* A key of an address, and the article there or the teaser that leads there. */
struct pm_url_entry {
	int64_t key;
	uint64_t number;
};

/* A time that the batch brought. */
struct stamp {
	uint64_t number;
	struct pm_known_time time;
};

struct pm_cascade_numbers {
	uint32_t number[PM_CASCADE_BUCKET_MAX + 1];
	size_t n;
};

struct pm_cascade {
	struct pm_ingest *ingest;
	const struct pm_map *settled;
	struct pm_err *err;
	LIST(struct pm_question) questions;
	LIST(struct pair) pairs;
	LIST(struct pm_run_entry) titles, leads;     /* of the batch */
	LIST(uint64_t) asked;            /* older teasers: twice the number,
	                                  * and 1 if for their times alone */
	LIST(struct pm_url_entry) pages;     /* of the batch, by key */
	LIST(struct pm_url_entry) leads_to;  /* of the batch, by teaser */
	LIST(struct stamp) article_stamps, teaser_stamps;
	bool stamped;
	struct pm_arena arena;           /* texts of older teasers */
	struct pm_buf text;
	struct pm_lead lead, snippet;
};

/* ---- link_cascade.c ---- */

/* The articles under key: of the archive, and those of the batch's entries,
 * which are sorted; none when there are more than PM_CASCADE_BUCKET_MAX. */
int pm_cascade_articles(struct pm_cascade_numbers *out,
    struct pm_cascade *cascade, const struct pm_run_entry *entry, size_t n,
    uint64_t key);
/* An article of the batch; NULL: it is none. */
const struct new_article *pm_cascade_new_article(
    const struct pm_ingest *ingest, uint64_t number);
/* Whose answer it may be; number 0 when a cache from before a crash names an
 * article that never was. */
int pm_cascade_candidate(struct pm_article_row *out,
    struct pm_cascade *cascade, uint64_t number);
/* In any order. */
void pm_answer_offer(struct pm_answer *best,
    const struct pm_article_row *row, int32_t evidence, double score,
    int64_t gap);

/* ---- link_title.c: K4 ---- */

int pm_cascade_ask_titles(struct pm_cascade *cascade,
    struct pm_question *question);
bool pm_title_is_ambiguous(const struct pm_answer *answer);
/* When an article was, this batch included. */
int pm_cascade_article_time(struct pm_known_time *out,
    struct pm_cascade *cascade, uint64_t number);

/* ---- link_url.c: K6 ---- */

int pm_cascade_read_urls(struct pm_cascade *cascade);
int pm_cascade_urls_of_pages(struct pm_cascade *cascade,
    int (*teaser)(void *context, uint64_t number), void *context);
int pm_cascade_ask_urls(struct pm_cascade *cascade,
    struct pm_question *question);

/* ---- link_lead.c: K5 ---- */

/* Collects pairs to compare ... */
int pm_cascade_ask_leads(struct pm_cascade *cascade,
    struct pm_question *question, uint32_t index);
/* ... and compares them. */
int pm_cascade_compare_leads(struct pm_cascade *cascade);
bool pm_lead_is_ambiguous(const struct pm_answer *answer);

#endif
