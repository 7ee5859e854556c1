/*
 * policy.h - which thresholds a command goes by.
 *
 * An archive has one policy, that of its runs: relations found with another
 * would not be comparable, and the candidate index would miss some.  So what
 * is asked for must be what the archive has.
 */
#ifndef PM_ARCHIVE_POLICY_H
#define PM_ARCHIVE_POLICY_H

#include "archive/body.h"
#include "store/catalog.h"

/* What is asked for, where nothing is the default.  PM_EUSAGE. */
int pm_policy_new(struct pm_policy *out, const struct pm_thresholds *asked,
    struct pm_err *err);

/* That of an archive's runs; the default before the first. */
int pm_policy_of(struct pm_policy *out, struct pm_catalog *catalog,
    struct pm_err *err);

/* That of an archive's runs, or of its first; PM_EUSAGE when another is
 * asked for.  archive: its name, for messages. */
int pm_policy_agree(struct pm_policy *out, const struct pm_thresholds *asked,
    struct pm_catalog *catalog, const char *archive, struct pm_err *err);

#endif
