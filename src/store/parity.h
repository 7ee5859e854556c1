/*
 * parity.h - bytes beside the volumes that make damage good.
 *
 *	ARCHIVE/parity/000001-0000.par, 000001-0001.par, ...
 *
 * One file for each 64 MiB of a volume, a group: Reed-Solomon blocks, a digest
 * for each block, and HEAD as it was.  Bytes: src/FORMAT.md, "Parity".  A
 * reader of an archive never needs them.  Invariants:
 *
 * P1  A group's file is made in ascending order of (volume, group), so only
 *     the last one there is may cover less than its group has by now, and what
 *     is behind it may have none: an add was interrupted.  That is no fault;
 *     the next update makes it good.
 * P2  A file is replaced only by one for bytes that include those the old one
 *     vouches for: it is not made anew over damage.
 * P3  Nothing here writes to volumes or HEAD.
 *
 * Sizes are bytes; functions returning int give PM_OK or a negative pm_status
 * and fill *err.  A callback's answer other than 0 ends the call, which
 * returns it.
 */
#ifndef PM_STORE_PARITY_H
#define PM_STORE_PARITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pressmark.h"

struct pm_pool;

#define PM_PARITY_GROUP_BYTES ((uint64_t)64 << 20)

enum {
	PM_PARITY_AS_IT_IS = -1, /* what the archive has */
	PM_PARITY_DEFAULT = 5,   /* percent of the bytes that are covered */
	PM_PARITY_MAX = 30
};

/* What is wrong, or worth knowing, about one group's parity. */
struct pm_parity_fault {
	uint32_t volume;
	uint32_t group;
	char file[48];           /* "parity/000001-0000.par" */
	char text[256];
};
struct pm_parity_tell {
	int (*fault)(void *context, const struct pm_parity_fault *fault);
	void *context;           /* fault NULL: nobody asks */
};

/*
 * Bring parity/ up to HEAD: groups without a file get one, and the last one is
 * replaced if its group has grown.  Reads nothing but those groups, and the
 * header of the last file.  For whoever holds the archive's lock.
 *
 * percent: 1 to PM_PARITY_MAX: files of another percentage are made anew,
 * all of them (this reads every header).  PM_PARITY_AS_IT_IS: that of the last
 * file, the default when parity/ is empty, nothing where there is no parity/.
 * 0: removes the files, and parity/ unless others lie in it.
 *
 * A group that is not what its file vouches for any more keeps that file (P2)
 * and is told as a fault; so is a group that cannot be read.
 */
struct pm_parity_options {
	int percent;
	struct pm_pool *pool;
	unsigned threads;        /* of the pool */
	bool thorough;           /* look at every file as pm_parity_check does,
	                          * and make anew what is damaged: for repair */
	struct pm_parity_tell tell;
};
int pm_parity_update(const char *archive,
    const struct pm_parity_options *options, struct pm_err *err);

/* Is there a parity/ in the archive?  That is how an archive remembers whether
 * it is to have one: make it when the archive is made. */
int pm_parity_wanted(bool *out, const char *archive, struct pm_err *err);
int pm_parity_begin(const char *archive, struct pm_err *err);

/* Remove the files of volumes from..to, which are none any more. */
int pm_parity_drop(const char *archive, uint32_t from, uint32_t to,
    struct pm_err *err);

/*
 * Is each file sound, and is there one for every group up to the last that has
 * one?  HEADERS: both headers of each file.  WHOLE: all of its bytes.  VOLUMES:
 * also whether the volume is what the file says.  PM_OK also with faults.
 */
enum pm_parity_level {
	PM_PARITY_HEADERS, PM_PARITY_WHOLE, PM_PARITY_VOLUMES
};
int pm_parity_check(const char *archive, enum pm_parity_level level,
    const struct pm_parity_tell *tell, struct pm_err *err);

/* A stretch of the mended volume that is not simply copied. */
enum pm_parity_state {
	PM_PARITY_MENDED,        /* as it once was, by its digest */
	PM_PARITY_MOVED,         /* the same, found elsewhere in the file */
	PM_PARITY_LOST,          /* damaged beyond this parity: what is there at
	                          * that place, zeros behind the file's end */
	PM_PARITY_BARE           /* no parity speaks of it: what is there */
};
struct pm_parity_stretch {
	uint64_t offset, bytes;
	enum pm_parity_state state;
};

struct pm_parity_mended {
	uint64_t bytes;          /* of the new file */
	uint64_t mended, moved, lost, bare;
	uint64_t cut;            /* at the file's end, left out: a whole volume
	                          * ends before, or nothing of ours begins there */
	bool changed;            /* it is not what the old file is */
};

/*
 * Write to the new file `to` (PM_EBUSY: it is there) what the volume was, as
 * far as parity and what is left of it tell, and fsync it.  On failure there
 * is no such file.  The volume may be missing, damaged, cut, or have bytes too
 * many or too few anywhere; it is not touched.  stretch (may be NULL) is told
 * ascending, adjoining stretches of one state as one.  All bytes but those
 * LOST and BARE are as they were when their parity was made.
 *
 * Takes some 100 MiB of memory.  Errors: PM_ENOTFOUND (neither the volume nor
 * any parity of it), PM_EIO (writing; a volume that cannot be read at some
 * place is damaged there), PM_ENOMEM.
 */
struct pm_parity_mend {
	uint32_t volume;
	int (*stretch)(void *context,
	    const struct pm_parity_stretch *stretch);
	void *context;
};
int pm_parity_mend(struct pm_parity_mended *out, const char *archive,
    const struct pm_parity_mend *mend, const char *to, struct pm_err *err);

/*
 * The same for HEAD: the newest one that any parity file has a copy of.  It
 * may name an earlier batch than the lost one did; batches that verify behind
 * it are for the writer to adopt.  PM_ENOTFOUND: no file has one.
 */
int pm_parity_mend_head(const char *archive, const char *to,
    struct pm_err *err);

#endif
