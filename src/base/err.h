/*
 * err.h - how a function says what went wrong.
 *
 * Fill the error once, where the fault is first seen, naming the object;
 * callers may put context in front of it and never overwrite it.  All
 * functions return the status they store, so that a caller can write
 * `return pm_fail(err, PM_EIO, ...)`.
 */
#ifndef PM_BASE_ERR_H
#define PM_BASE_ERR_H

#include "pressmark.h"

/* Store status and text. */
int pm_fail(struct pm_err *err, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Store what errno says after fmt: "fmt: No space left on device".  The
 * status follows from errno: PM_ENOMEM, PM_EPERM (EACCES, EPERM, EROFS),
 * PM_ENOTFOUND (ENOENT, ENOTDIR), else PM_EIO.
 */
int pm_fail_errno(struct pm_err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Put "fmt: " in front of the text that is there.  Returns err->status. */
int pm_err_context(struct pm_err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
