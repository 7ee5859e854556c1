/*
 * readable.h - inputs of which none can be opened.
 */
#ifndef PM_ARCHIVE_READABLE_H
#define PM_ARCHIVE_READABLE_H

#include <stdbool.h>

#include "pressmark.h"

/* Can one of the inputs be opened? */
bool pm_input_is_readable(const struct pm_input *input);

/* Tell of each why it cannot be; *out is 0 but for unreadable. */
int pm_input_tell_unreadable(struct pm_counts *out,
    const struct pm_input *input, const struct pm_hooks *hooks,
    struct pm_err *err);

#endif
