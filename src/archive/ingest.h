/*
 * ingest.h - a batch of analysed captures meets the corpus: what is known,
 * what is the same, what goes into which frame, which teaser was cut from
 * which article.
 *
 * One thread.  The same for add (frames are packed into volumes) and scan
 * (frames go plain into a temporary file); the difference is the sink.
 *
 * Calling sequence: pm_ingest_open, then for each batch pm_ingest_batch and
 * pm_ingest_commit (a batch may be prepared only when the one before is
 * committed), pm_ingest_close.
 */
#ifndef PM_ARCHIVE_INGEST_H
#define PM_ARCHIVE_INGEST_H

#include "archive/batch.h"
#include "archive/frames.h"
#include "dup/ranks.h"
#include "dup/runs.h"

/* Where frames go. */
struct pm_sink {
	/* A batch begins; the id its first frame will have.  Again without a
	 * frame or a commit between: no difference. */
	int (*begin)(void *context, uint64_t run, uint64_t *next_frame,
	    struct pm_err *err);
	/* One more frame; takes the bytes out of *plain. */
	int (*frame)(void *context, struct pm_buf *plain,
	    struct pm_err *err);
	/* All frames are safe; says where they are. */
	int (*commit)(void *context, const struct pm_item *item,
	    uint32_t item_n, const struct pm_batch **out,
	    struct pm_err *err);
	void *context;
	/* The bodies and teasers are wanted, but nothing is restored. */
	bool without_recipes;
};

/* Titles, dates and clusters in each transaction, or not at all. */
enum pm_ingest_refresh { PM_INGEST_REFRESH, PM_INGEST_NO_REFRESH };

struct pm_ingest_options {
	struct pm_catalog *catalog;
	struct pm_frames *frames;
	struct pm_runs *articles, *teasers;  /* prefix indexes */
	struct pm_runs *bodies;              /* by pm_body_keys */
	struct pm_ranks *ranks;              /* pm_body_norm of each article */
	struct pm_runs *tails;               /* leads by tail: footers.h */
	struct pm_policy policy;
	struct pm_sink sink;
	/* Asked every now and then; what is not PM_OK ends the call.  NULL: not. */
	int (*tick)(void *context, struct pm_err *err);
	void *tick_context;
	/* The frames of a batch are safe, what is left is catalog and cache: others
	 * may have the processors.  With tick_context; NULL: not told. */
	void (*packed)(void *context);
	uint32_t frame_bytes;
	bool text_only;                      /* of HTML the bytes are not kept */
	struct pm_pool *pool;                /* reads old frames, too */
	unsigned threads;                    /* of the pool; 0: none */
	enum pm_ingest_refresh refresh;
};

struct pm_ingest;

int pm_ingest_open(struct pm_ingest **out,
    const struct pm_ingest_options *options, struct pm_err *err);
void pm_ingest_close(struct pm_ingest *ingest);      /* accepts NULL */

/* The line that begins a run; goes into the first batch.  Strings must live
 * until its commit. */
int pm_ingest_run(struct pm_ingest *ingest, const struct pm_log_run *run,
    struct pm_err *err);

/* Takes *batch. */
int pm_ingest_batch(struct pm_ingest *ingest, struct pm_capture_batch *batch,
    struct pm_err *err);
/* Nothing is written for a batch that brought nothing. */
int pm_ingest_commit(struct pm_ingest *ingest, struct pm_err *err);

/* The line that ends the run, and the commit of it with whatever was
 * prepared. */
int pm_ingest_finish(struct pm_ingest *ingest, int64_t finished,
    struct pm_err *err);

/* What this ingest did so far; no sizes. */
const struct pm_counts *pm_ingest_counts(const struct pm_ingest *ingest);
uint64_t pm_ingest_next_run(const struct pm_ingest *ingest);

#endif
