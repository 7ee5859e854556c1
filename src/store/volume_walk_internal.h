/*
 * volume_walk_internal.h - what volume_walk.c (the log and its volumes) and
 * volume_walk_batch.c (the next batch in a volume) share.
 */
#ifndef PM_STORE_VOLUME_WALK_INTERNAL_H
#define PM_STORE_VOLUME_WALK_INTERNAL_H

#include "store/volume_internal.h"

struct pm_volume_walk {
	char *archive;
	struct pm_walk_options options;
	struct pm_head head;
	bool bounded;            /* head is known: walk up to it */
	bool adopting;
	bool done;
	int failed;              /* the status every later call gives */

	uint32_t *volumes;
	size_t volume_n;
	size_t volume_i;         /* the next to open */

	bool open;               /* of one volume, from here on */
	uint32_t volume;
	struct pm_volume_file file;
	struct pm_err read_error;        /* of a file that was closed */
	uint64_t limit;          /* bytes of it to walk */
	uint64_t at;
	bool seals;              /* the last batch was the sealing one */
	bool stepped;            /* a batch of it was given */
	bool gap;                /* a batch of it was skipped */
	uint64_t budget;
	struct pm_marks marks;
	size_t mark_i;           /* the first at or after `at` */

	bool certain;            /* state is the batch before the next */
	struct pm_head state;    /* the last batch that verified */
	struct pm_batch_store store;
	struct pm_buf room;      /* of the marker at hand */
	struct pm_frame_coder *coder;
	struct pm_buf packed, plain;
};

/* Tell of damage: ends the walk with PM_ECORRUPT, or is handed to the caller
 * and PM_OK.  What could not be read is no damage: that error ends it. */
int pm_walk_report(struct pm_volume_walk *walk,
    const struct pm_damage *where, struct pm_err *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* What of the open volume is ours to walk. */
static inline struct pm_view
pm_walk_view(struct pm_volume_walk *walk)
{
	return (struct pm_view){ &walk->file, walk->limit };
}

/* A place in the volume that is open. */
static inline struct pm_damage
pm_walk_place(const struct pm_volume_walk *walk, uint64_t offset,
    uint64_t frame,
    uint64_t sequence)
{
	return (struct pm_damage){ .volume = walk->volume, .offset = offset,
	    .frame = frame, .sequence = sequence };
}

/* Of the batch at hand; 0 when damage made that unknown. */
static inline uint64_t
pm_walk_expected(const struct pm_volume_walk *walk)
{
	return walk->certain ? walk->state.sequence + 1 : 0;
}

/* The next batch of the open volume into walk->store.  PM_END: it has no more
 * that verify, and that was reported. */
int pm_walk_batch(struct pm_volume_walk *walk, struct pm_err *err);

#endif
