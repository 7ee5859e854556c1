/*
 * pack.h - the sink of add: frames are compressed on all threads and appended
 * to the volumes in order.
 */
#ifndef PM_ARCHIVE_PACK_H
#define PM_ARCHIVE_PACK_H

#include "archive/ingest.h"
#include "base/pool.h"

struct pm_packer;

struct pm_packer_options {
	struct pm_volume_writer *volumes;
	struct pm_pool *pool;
	unsigned threads;                    /* of the pool */
	int level;
	uint64_t pending_bytes;              /* plain bytes waiting at most */
	/* As in struct pm_ingest_options. */
	int (*tick)(void *context, struct pm_err *err);
	void *tick_context;
};

int pm_packer_new(struct pm_packer **out,
    const struct pm_packer_options *options, struct pm_err *err);
void pm_packer_free(struct pm_packer *packer);       /* accepts NULL */

/* Where to give frames. */
struct pm_sink pm_packer_sink(struct pm_packer *packer);

#endif
