/*
 * confine.h - the sandbox that reading inputs is done in: which files that
 * needs.
 */
#ifndef PM_ARCHIVE_CONFINE_H
#define PM_ARCHIVE_CONFINE_H

#include "pressmark.h"

enum pm_confine_how { PM_CONFINE_READS, PM_CONFINE_WRITES };

/*
 * Before threads are started and inputs are opened; nothing where the input
 * does not ask for it.  archive, NULL if there is none, is read, or made and
 * written to.  What the system does not offer is told as a notice; hooks may be
 * NULL.
 */
int pm_confine(const struct pm_input *input, const char *archive,
    enum pm_confine_how how, const struct pm_hooks *hooks,
    struct pm_err *err);

#endif
