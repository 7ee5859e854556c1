/*
 * repair_parity.h - what repair asks of parity.
 */
#ifndef PM_ARCHIVE_REPAIR_PARITY_H
#define PM_ARCHIVE_REPAIR_PARITY_H

#include <stdbool.h>

#include "base/list.h"
#include "base/pool.h"

struct pm_volume_numbers {
	LIST(uint32_t) list;
};

/* Add the volumes that have parity and are missing, or with all: every one
 * that has parity or is there; in order. */
int pm_repair_volumes(struct pm_volume_numbers *out, const char *archive,
    bool all, struct pm_err *err);

/*
 * Put what parity makes of a volume in its place, when that is all of it:
 * *changed.  The file as it was stays beside it until pm_repair_settle, as
 * NAME.damaged.  When it is not all of it, it is left beside the volume, as
 * NAME.mended, for a salvage to look at both.
 */
#define PM_REPAIR_MENDED ".mended"
int pm_repair_volume(bool *changed, const char *archive, uint32_t volume,
    struct pm_err *err);
/* A run before this one was interrupted: a volume that is missing is put back
 * as it was, and half a copy is removed. */
int pm_repair_resume(const char *archive, struct pm_err *err);
/* The archive verifies: remove files as they were. */
int pm_repair_settle(const char *archive, struct pm_err *err);

/* parity/ for the volumes there are now, and for no others. */
int pm_repair_renew(const char *archive, struct pm_pool *pool,
    unsigned threads, struct pm_err *err);

#endif
