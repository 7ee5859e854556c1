/*
 * batch.h - captures on their way in: read by one thread, analysed by the
 * others, handed on a batch at a time.
 *
 * A batch is a few tens of megabytes of captures in the order of the input.
 * Small captures share a chunk, which is the unit of work for a thread and
 * owns their bytes and all that was found in them.  With `ahead`, a thread
 * reads the next batch while the caller uses the last ones; hooks are called
 * on the caller's thread all the same.
 */
#ifndef PM_ARCHIVE_BATCH_H
#define PM_ARCHIVE_BATCH_H

#include "archive/analysis.h"
#include "base/pool.h"

struct pm_chunk;

struct pm_capture_batch {
	struct pm_analysed **item;       /* in the order of the input */
	size_t item_n, item_capacity;
	uint64_t bytes;                  /* of the captures */
	struct pm_chunk *chunk;          /* owner of the items */
};

struct pm_batch_reader;

struct pm_batch_reader_options {
	const struct pm_input *input;
	struct pm_pool *pool;
	uint64_t batch_bytes;            /* of captures; limits their number too */
	bool sketches;                   /* see likeness.h */
	bool ahead;                      /* see above */
	const struct pm_policy *policy;  /* NULL: no body keys */
	const char *exclude;             /* the archive itself, or NULL */
	struct pm_hooks hooks;
	/* Where `unreadable` is counted, and pages and bytes are looked up for
	 * progress. */
	struct pm_counts *counts;
};

int pm_batch_reader_open(struct pm_batch_reader **out,
    const struct pm_batch_reader_options *options, struct pm_err *err);
void pm_batch_reader_close(struct pm_batch_reader *reader);

/* PM_OK, or PM_END when there is nothing left.  *out is the caller's to
 * clear.  Analysed when it returns. */
int pm_batch_reader_next(struct pm_batch_reader *reader,
    struct pm_capture_batch *out, struct pm_err *err);
/* After a batch, when there is memory for one more: read on, `ahead`. */
void pm_batch_reader_read_on(struct pm_batch_reader *reader);
/* While a batch is worked on: progress, and PM_ECANCELLED when that says stop. */
int pm_batch_reader_tell(struct pm_batch_reader *reader, struct pm_err *err);
void pm_capture_batch_clear(struct pm_capture_batch *batch);

/* Zone and --crawled of struct pm_input, parsed; shared with inspect. */
struct pm_input_times {
	struct pm_zone *zone;
	struct pm_when crawled;          /* precision 0: not given */
};
int pm_input_times_init(struct pm_input_times *out,
    const struct pm_input *input, struct pm_err *err);
void pm_input_times_clear(struct pm_input_times *times);

#endif
