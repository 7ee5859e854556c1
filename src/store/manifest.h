/*
 * manifest.h - digests of whole files, in the form that sha256sum checks.
 *
 *	ARCHIVE/manifest-sha256.txt	sealed volumes and their parity files
 *	ARCHIVE/cache/catalog.sha256	catalog.db as its last writer left it
 *
 * Bytes: src/FORMAT.md, "Manifest".  The first is for people without us; no
 * reader needs it.  The second spares verify what catalog.db is compared with
 * otherwise: bytes that are those the writer left are equal to the fold (C2).
 */
#ifndef PM_STORE_MANIFEST_H
#define PM_STORE_MANIFEST_H

#include <stdbool.h>

#include "store/sha256.h"

enum { PM_MANIFEST_NAME_BYTES = 48 };

struct pm_sums_line {
	uint8_t sha256[PM_SHA256_BYTES];
	char name[PM_MANIFEST_NAME_BYTES];       /* "volumes/000001.tar.zst" */
	uint32_t volume;
	bool parity;             /* else the volume itself */
};

struct pm_sums {
	struct pm_sums_line *line;           /* by name */
	size_t n, capacity;
};

/* PM_ENOTFOUND (none), PM_ECORRUPT (a line that is none of ours). */
int pm_sums_read(struct pm_sums *out, const char *archive,
    struct pm_err *err);
void pm_sums_clear(struct pm_sums *manifest);
/* NULL: not listed. */
const struct pm_sums_line *pm_sums_find(
    const struct pm_sums *manifest, const char *name);
/* "volumes/000001.tar.zst" */
void pm_sums_volume_name(char out[PM_MANIFEST_NAME_BYTES],
    uint32_t volume);

/*
 * For who holds the lock: lists what is sealed and not listed yet, drops what
 * is gone.  Files that are listed are not read again, but parity files made
 * since.  Writes only where something changed, atomically.
 */
int pm_sums_update(const char *archive, struct pm_err *err);

/* Digest of a whole file. */
int pm_file_sha256(uint8_t out[PM_SHA256_BYTES], const char *path,
    struct pm_err *err);

/* Note catalog.db as it is now: at rest, complete. */
int pm_catalog_sum_write(const char *archive, struct pm_err *err);
/* *out: there is a note, no WAL with something in it, and catalog.db is what
 * was noted.  Without a note, or when it cannot be read: false. */
int pm_catalog_sum_holds(bool *out, const char *archive, struct pm_err *err);

#endif
