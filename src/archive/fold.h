/*
 * fold.h - the log of the volumes, batch by batch, into a catalog and a
 * cache.  Serves reindex, verify, and add after a crash.
 */
#ifndef PM_ARCHIVE_FOLD_H
#define PM_ARCHIVE_FOLD_H

#include "base/pool.h"
#include "archive/body.h"
#include "dup/ranks.h"
#include "dup/runs.h"
#include "store/catalog.h"

struct pm_sample;

/* Where a record stands in the plain bytes of its frame. */
struct pm_fold_place {
	uint64_t frame;
	uint32_t line_at, line_n;
	uint32_t recipe_n;               /* of a capture without `like` */
};

struct pm_fold_options {
	const char *archive;
	struct pm_walk_start start;      /* behind this batch */
	const struct pm_head *head;      /* to go by; NULL: the archive's */
	struct pm_catalog *catalog;      /* NULL: not filled */
	uint64_t until;                  /* last batch it gets; 0: of all */
	/* The cache; all NULL: not filled. */
	struct pm_runs *articles, *teasers, *bodies;
	struct pm_ranks *ranks;
	struct pm_runs *tails;
	struct pm_policy policy;                 /* for bodies */
	struct pm_pool *pool;
	/* Compare each body with its digest, each line with its place. */
	enum { PM_FOLD_TRUST, PM_FOLD_CHECK } check;
	/* As in struct pm_walk_options; also for what is found in frames.
	 * NULL: the first damage ends the fold. */
	void (*damaged)(void *context, const struct pm_damage *damage);
	void *context;
	/* Told after each batch; non-zero: PM_ECANCELLED. */
	int (*progress)(void *context, uint64_t frames, uint64_t bytes);
	void *progress_context;
	/* Told of each record in the order of the log, and of the sample of each
	 * text in the order of their items.  NULL: not. */
	int (*record)(void *context, const struct pm_log_record *record,
	    const struct pm_fold_place *place, struct pm_err *err);
	int (*sample)(void *context, const struct pm_sample *sample,
	    struct pm_err *err);
	void *record_context;
};

struct pm_folded {
	uint64_t batches, frames, bytes;     /* bytes: plain */
	uint64_t damages;
};

int pm_fold_log(struct pm_folded *out, const struct pm_fold_options *options,
    struct pm_err *err);

#endif
