/*
 * archive.h - an archive as a directory: opened for reading by everyone, for
 * writing by one.  Shared by the files of this floor alone.
 */
#ifndef PM_ARCHIVE_ARCHIVE_H
#define PM_ARCHIVE_ARCHIVE_H

#include "archive/frames.h"
#include "base/pool.h"
#include "dup/ranks.h"
#include "dup/runs.h"

struct pm_scanner;

struct pm_archive {
	char *path;                      /* NULL: scanned inputs */
	struct pm_catalog *catalog;
	struct pm_frames *frames;
	struct pm_runs *tails;           /* by pm_archive_footers */
	struct pm_scanner *scanner;      /* owner of the three, or NULL */
};

/* The footers of an archive as it is: footers.h.  Lives no longer than the
 * archive. */
struct pm_footers;
int pm_archive_footers(struct pm_footers **out, struct pm_archive *archive,
    struct pm_err *err);

/* For writing: locked, recovered, catalog and cache up to the last batch. */
struct pm_writer {
	const char *path;
	const struct pm_hooks *hooks;        /* NULL, or while it is open */
	struct pm_volume_writer *volumes;
	struct pm_catalog *catalog;
	struct pm_frames *frames;
	struct pm_runs *articles, *teasers, *bodies, *tails;
	struct pm_ranks *ranks;              /* of bodies */
	char *ranks_path;
	struct pm_pool *pool;
	uint64_t volume_bytes;               /* when it was opened */
	bool rebuilt;
};

/* Is there an archive, or the beginning of one, with whatever beside it?
 * PM_OK (yes), PM_ENOTFOUND (nothing there, or an empty directory), PM_EUSAGE
 * (something else). */
int pm_archive_probe(const char *path, struct pm_err *err);

/* scan.c; accepts NULL. */
void pm_scanner_close(struct pm_scanner *scanner);

enum pm_writer_how { PM_WRITER_CATCH_UP, PM_WRITER_REBUILD };
int pm_writer_open(struct pm_writer *out, const char *path,
    unsigned threads, enum pm_writer_how how, const struct pm_hooks *hooks,
    struct pm_err *err);
/* Fold what the catalog and the cache do not know yet. */
int pm_writer_catch_up(struct pm_writer *writer,
    const struct pm_hooks *hooks, struct pm_err *err);
/* Catalog and cache made again after the log was replaced (store/volume.h,
 * V7).  The old catalog serves readers until the new one takes its place at
 * once.  cache_bytes: as in pm_catalog_cache; 0: the usual. */
int pm_writer_renew(struct pm_writer *writer, uint64_t cache_bytes,
    const struct pm_hooks *hooks, struct pm_err *err);
/* Remove the volumes that were replaced, and their parity, if nobody reads the
 * archive; *left: how many are still there. */
int pm_writer_drop(struct pm_writer *writer, uint32_t *left,
    struct pm_err *err);
void pm_writer_close(struct pm_writer *writer);

uint64_t pm_archive_catalog_bytes(const char *archive);
/* Bytes of all files directly in archive/name. */
uint64_t pm_archive_folder_bytes(const char *archive, const char *name);

#endif
