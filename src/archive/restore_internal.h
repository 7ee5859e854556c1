/*
 * restore_internal.h - shared by restore.c and restore_ahead.c alone.
 */
#ifndef PM_ARCHIVE_RESTORE_INTERNAL_H
#define PM_ARCHIVE_RESTORE_INTERNAL_H

#include "archive/archive.h"
#include "archive/forget.h"
#include "store/catalog_query.h"

struct restorer {
	const struct pm_restore_options *options;
	struct pm_archive *archive;
	struct pm_frames *frames;        /* the archive's, or of this thread */
	struct pm_err *err;
	struct pm_buf name;              /* of the capture, in the archive */
	struct pm_buf path;              /* of the file being made */
	struct pm_buf directory;         /* the last one made */
	struct pm_sha256_state *sha256;
	struct pm_buf bytes;             /* written in one go when small */
	int fd;
	uint64_t captures, failed, written;
	struct pm_redactor *redactor;
	bool cut;                        /* this one */
	uint64_t withheld, cut_n, measured;
};

/*
 * One capture of the listing; pm_restore_ahead with the restorer as context
 * does the same for all of them.
 */
int pm_restore_capture(struct restorer *restorer,
    const struct pm_restorable *capture);
/* The capture is in a new file under the name it has in the archive.  False:
 * that is not so simple, and nothing was done; for pm_restore_capture. */
bool pm_restore_plainly(struct restorer *hand,
    const struct pm_restorable *capture);
/* After each capture: tells of progress. */
int pm_restore_tell(struct restorer *restorer);

/* restore_ahead.c */
int pm_restore_ahead(struct restorer *restorer,
    const struct pm_query *query);

#endif
