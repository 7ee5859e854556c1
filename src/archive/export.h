/*
 * export.h - a container being written: tar, zip or a directory.  Owner of
 * libarchive on the way out.
 */
#ifndef PM_ARCHIVE_EXPORT_H
#define PM_ARCHIVE_EXPORT_H

#include "base/buf.h"

enum pm_export_kind {
	PM_EXPORT_DIRECTORY, PM_EXPORT_TAR, PM_EXPORT_TAR_ZST, PM_EXPORT_ZIP,
	PM_EXPORT_JSONL, PM_EXPORT_JSONL_ZST, PM_EXPORT_STREAM,
	PM_EXPORT_WARC_GZ
};

/* By the name: "-" is a stream, an unknown ending a directory; but
 * pm_export_open refuses the endings of other kinds of files. */
enum pm_export_kind pm_export_kind_of(const char *destination);

struct pm_export;

/*
 * A file is written beside its name and renamed by commit, so that a name
 * never holds half a container.  A directory is made and filled in place.
 * PM_EUSAGE for a name like "a.tar.gz".
 * stream: where the bytes of PM_EXPORT_STREAM go.
 */
int pm_export_open(struct pm_export **out, const char *destination,
    int (*stream)(void *context, const void *p, size_t n), void *context,
    struct pm_err *err);
/* Exactly one of the two ends it. */
int pm_export_commit(struct pm_export *export, struct pm_err *err);
void pm_export_abort(struct pm_export *export);      /* accepts NULL */

/* A file in the container; not for the kinds of JSONL. */
int pm_export_file(struct pm_export *export, const char *name,
    struct pm_bytes bytes, int64_t mtime_seconds, struct pm_err *err);
/* Bytes of a file that is not made here: a WARC. */
int pm_export_bytes(struct pm_export *export, struct pm_bytes bytes,
    struct pm_err *err);
/* A line of articles.jsonl, or of the file itself. */
int pm_export_line(struct pm_export *export, struct pm_bytes line,
    struct pm_err *err);

#endif
