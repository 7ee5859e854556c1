/*
 * verify_internal.h - what the files of verify share.
 *
 * What is checked falls into units: batches of the log (with them, where a
 * batch seals its volume, the volume's line of the manifest), the catalog, and
 * with PM_VERIFY_DEEP captures.  A run takes all, those of its part, or those
 * behind the place where the last run ended until its time is over.  The frame
 * of the log, that is markers, chain, tables, lengths and HEAD, is checked by
 * every run.
 */
#ifndef PM_ARCHIVE_VERIFY_INTERNAL_H
#define PM_ARCHIVE_VERIFY_INTERNAL_H

#include "archive/archive.h"
#include "archive/map.h"
#include "store/manifest.h"

/* How far a round of runs has come. */
struct verify_place {
	uint64_t sequence;               /* last batch that was checked */
	uint8_t chain[PM_SHA256_BYTES];  /* its chain value */
	uint64_t capture;                /* last capture, by number */
	bool catalog;                    /* was it compared? */
	int64_t began;                   /* the round, seconds since 1970 */
	uint64_t problems;               /* found in it so far */
};

struct verifier {
	const struct pm_verify_options *options;
	const char *path;
	struct pm_verified verified;
	struct pm_catalog *catalog;      /* the archive's; NULL: unreadable */
	struct pm_walk_start at;         /* where it stands */
	struct pm_catalog *fresh;        /* the fold */
	struct pm_pool *pool;
	unsigned threads;
	int share;                       /* lock of volumes/, or -1 */
	struct pm_head head;
	struct pm_sums manifest;
	struct pm_map named;             /* frames that were reported */
	struct verify_place place;
	int64_t until_ms;                /* by pm_verify_now; 0: no limit */
	bool worked;                     /* a unit was begun in this run */
	bool damaged;                    /* problems in the volumes */
	bool stopped;                    /* time was over with units left */
	int answer;                      /* non-zero from a callback */
	struct pm_err *err;
};

/* A problem; frame 0: of none in particular. */
void pm_verify_report(struct verifier *verifier, const char *file,
    uint64_t volume, uint64_t frame, const char *text);
/* As struct pm_walk_options wants it; context: the verifier. */
void pm_verify_damaged(void *context, const struct pm_damage *damage);
/* Tell progress.  PM_OK, PM_ECANCELLED, or the answer of the caller's. */
int pm_verify_tell(struct verifier *verifier);

/* PM_EBUSY when the log was replaced since HEAD was read. */
int pm_verify_same_log(struct verifier *verifier);

/* Is unit n, of those that are counted alike, of this run's part? */
bool pm_verify_in_part(const struct verifier *verifier, uint64_t n);
/* May another unit begin?  The first always may. */
bool pm_verify_goes_on(struct verifier *verifier);
int64_t pm_verify_now(void);             /* milliseconds, monotonic */

/* verify_volumes.c, verify_catalog.c, verify_captures.c: the units. */
int pm_verify_volumes(struct verifier *verifier);
int pm_verify_catalog(struct verifier *verifier);
int pm_verify_captures(struct verifier *verifier);

/* verify_place.c: where it is kept between runs.  One that is not there, or
 * makes no sense, is that of a new round. */
int pm_verify_place_read(struct verify_place *out, const char *path,
    struct pm_err *err);
int pm_verify_place_write(const char *path, const struct verify_place *place,
    struct pm_err *err);

#endif
