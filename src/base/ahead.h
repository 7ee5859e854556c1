/*
 * ahead.h - one thread that makes the next thing while the last is used.
 *
 * Calling sequence: pm_ahead_new; then pm_ahead_begin, pm_ahead_wait until it
 * says that make has returned, use what it made, begin again ...; at any time
 * pm_ahead_free, which waits for make to return.
 */
#ifndef PM_BASE_AHEAD_H
#define PM_BASE_AHEAD_H

#include <stdbool.h>

#include "pressmark.h"

struct pm_ahead;

/* make runs on the thread, one call for each begin, with context. */
int pm_ahead_new(struct pm_ahead **out, void (*make)(void *context),
    void *context, struct pm_err *err);
/* Only when make is not running. */
void pm_ahead_begin(struct pm_ahead *ahead);
/* True when make has returned (or never ran); waits at most so long. */
bool pm_ahead_wait(struct pm_ahead *ahead, unsigned milliseconds);
/* Accepts NULL. */
void pm_ahead_free(struct pm_ahead *ahead);

#endif
