/*
 * ingest_internal.h - the state of one ingest; for ingest.c, layout.c,
 * link*.c and relate.c alone.
 */
#ifndef PM_ARCHIVE_INGEST_INTERNAL_H
#define PM_ARCHIVE_INGEST_INTERNAL_H

#include "archive/forget.h"
#include "archive/ingest.h"
#include "base/list.h"
#include "archive/map.h"
#include "archive/recipe.h"

/* An article that this batch brought. */
struct new_article {
	uint64_t number, same;           /* same 0: alone so far */
	uint64_t frame;
	uint32_t offset;
	bool shown;                      /* by a capture so far */
	const struct pm_analysed *from;
};

/* A teaser that this batch brought. */
struct new_teaser {
	uint64_t number, frame;
	uint32_t ordinal;
	bool settled;                    /* by prefix (link.c) */
	const struct pm_analysed_teaser *from;
};

/* An article of the archive that this batch shows again. */
struct shown_article {
	uint64_t number;
	const struct pm_analysed *from;
};

/* A capture that this batch brought. */
struct new_capture {
	uint64_t number;
	const struct pm_analysed *from;
	bool text_only;
};

/* The frame that is being filled: of texts, or of metadata. */
struct frame_builder {
	uint64_t id;                     /* it will have */
	struct pm_buf texts;             /* tar members */
	struct pm_buf lines;             /* of the meta member */
	struct pm_buf norms, digests, recipes;       /* of the data member */
	size_t first_record;             /* whose places are not final yet */
	uint32_t teaser_n;
	uint32_t target_bytes;
};

struct pm_ingest {
	struct pm_ingest_options options;
	struct pm_counts counts;
	struct pm_catalog_state numbers;
	uint64_t run;

	/* Of the batch between pm_ingest_batch and pm_ingest_commit. */
	struct pm_capture_batch batch;
	struct pm_arena arena;
	uint64_t first_frame;
	struct frame_builder frame;
	LIST(struct pm_log_record) records;
	LIST(struct pm_item) items;
	LIST(struct new_article) articles;
	LIST(struct new_teaser) teasers;
	/* Of the archive, seen again; they may be there more than once. */
	LIST(struct new_teaser) seen_teasers;
	LIST(struct shown_article) shown_articles;
	LIST(struct new_capture) captures;
	LIST(struct pm_run_entry) article_keys;
	LIST(struct pm_run_entry) teaser_keys;
	LIST(struct pm_run_entry) body_keys;
	LIST(struct pm_run_entry) tail_keys;
	LIST(struct pm_article_row) old_articles;    /* looked up so far */
	struct pm_map old_by_number;
	struct pm_map article_by_sha, article_by_norm, teaser_by_sha,
	    teaser_by_norm, capture_by_sha, capture_by_identity,
	    url_by_teaser;
	/* The record file whose records are coming in: its number in the log, and
	 * the captures that make it, in order (recipe.h). */
	uint64_t file_serial, file_number;
	struct pm_buf file_steps;
	uint64_t file_first, file_n;
	bool file_text_only;                 /* a record of it is */
	bool file_cut;                       /* a record is refused or cut */
	uint64_t file_bytes;                 /* that these captures make */
	bool forgets;                        /* the archive has tombstones */
	struct pm_cutter *cutter;            /* with forgets alone */
	unsigned ticks;
	bool begun;                      /* the sink knows of it */
	struct pm_buf scratch, other;
};

/* One more piece of work is done: does the caller want to stop? */
int pm_ingest_tick(struct pm_ingest *ingest, struct pm_err *err);

/* An article of the archive, looked up once a batch; number 0: there is none. */
int pm_ingest_old_article(struct pm_article_row *out,
    struct pm_ingest *ingest, uint64_t number, struct pm_err *err);
/* The same, and its first `bytes` are wanted. */
int pm_ingest_want(struct pm_ingest *ingest, uint64_t number, uint64_t bytes,
    struct pm_err *err);
/* What was wanted of old frames, as far as the memory of a batch goes. */
int pm_ingest_fetch(struct pm_ingest *ingest, struct pm_err *err);

/* ---- layout.c: records and bytes into frames ---- */

/* Put a body into a text frame; fills the article's place. */
int pm_layout_text(struct pm_ingest *ingest, struct new_article *article,
    struct pm_err *err);
/* No more texts in this batch. */
int pm_layout_close_texts(struct pm_ingest *ingest, struct pm_err *err);

/* Append to the records and the open frame's lines. */
int pm_layout_record(struct pm_ingest *ingest,
    const struct pm_log_record *record, struct pm_err *err);
/* The line of an article, with its digest. */
int pm_layout_article(struct pm_ingest *ingest, struct new_article *article,
    struct pm_err *err);
/* The recipe of a capture; its place is in *capture when the frame closes.
 * cut: of teasers that are refused the place among these, from 1, else 0; NULL:
 * none is.  Then *capture says what is left of it. */
int pm_layout_recipe(struct pm_ingest *ingest, const struct pm_analysed *item,
    struct pm_log_capture *capture, const struct new_teaser *teaser,
    const uint32_t *cut, uint64_t article_frame, uint32_t article_offset,
    struct pm_err *err);
/* Close the open frame when it has reached its size, or always. */
int pm_layout_close_full(struct pm_ingest *ingest, struct pm_err *err);
int pm_layout_close(struct pm_ingest *ingest, struct pm_err *err);

/* ---- refuse.c ---- */

/* Is a capture to be refused, because it was forgotten? */
int pm_refuse_capture(bool *out, struct pm_ingest *ingest,
    const struct pm_analysed *item, struct pm_err *err);
/* Which of its teasers are, as pm_layout_recipe takes it; from the arena. */
int pm_refuse_teasers(const uint32_t **cut, struct pm_ingest *ingest,
    const struct pm_analysed *item, struct pm_err *err);

/* ---- link.c ---- */

/* Links of the batch's teasers, and of older ones to the batch's articles:
 * open finds which may be, and wants their texts. */
struct linker;
int pm_link_open(struct linker **out, struct pm_ingest *ingest,
    struct pm_err *err);
int pm_link_batch(struct linker *linker);
void pm_link_close(struct linker *linker);           /* accepts NULL */

/* Do so many articles begin with this key that it names none (K2)? */
int pm_link_is_common(bool *out, struct pm_ingest *ingest, uint64_t key,
    struct pm_err *err);

/* ---- link_cascade.c ---- */

/* The steps behind the prefix (K3 to K5), for teasers that it did not settle;
 * settled: numbers of older ones that it did in this batch. */
int pm_link_cascade(struct pm_ingest *ingest, const struct pm_map *settled,
    struct pm_err *err);

/* ---- relate.c ---- */

/* Relations of the batch's bodies to all others: open begins to look which may
 * be, beside what the caller does, and want ends it and wants their texts;
 * batch decides. */
struct relater;
int pm_relate_open(struct relater **out, struct pm_ingest *ingest,
    struct pm_err *err);
int pm_relate_want(struct relater *relater, struct pm_err *err);
int pm_relate_batch(struct relater *relater);
void pm_relate_close(struct relater *relater);       /* accepts NULL */

#endif
