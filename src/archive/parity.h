/*
 * parity.h - parity as the verbs use it.  Bytes and promises: store/parity.h.
 */
#ifndef PM_ARCHIVE_PARITY_H
#define PM_ARCHIVE_PARITY_H

#include "archive/archive.h"

/* When an archive was opened for writing: percent as in struct pm_add_options.
 * A new one gets its parity/, by which later runs know that it wants some. */
int pm_archive_parity_begin(const struct pm_writer *writer, int percent,
    struct pm_err *err);
/* Up to HEAD, for any verb that wrote volumes.  threads: of the pool.  Groups
 * that are damaged are noticed, and added to *damaged. */
int pm_archive_parity_update(uint64_t *damaged,
    const struct pm_writer *writer, int percent, unsigned threads,
    struct pm_err *err);

/* For verify: problems are told and counted in out.  The answer of problem
 * ends the call, which returns it. */
int pm_archive_parity_check(struct pm_verified *out, const char *path,
    const struct pm_verify_options *options, struct pm_err *err);

#endif
