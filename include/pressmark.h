/*
 * pressmark.h - archive and deduplicate scraped news corpora.
 *
 * The whole public interface of libpressmark; the pressmark command uses
 * nothing else.  See README.md for what an archive is and src/FORMAT.md for
 * its bytes.
 *
 * Conventions, unless stated otherwise: sizes are bytes; strings are
 * NUL-terminated; pointers are non-NULL; functions returning int give PM_OK
 * or a negative pm_status and fill *err; on failure outputs are untouched.
 * Nothing here prints, exits or installs signal handlers.  A handle may be
 * used by one thread at a time; different handles are independent.
 */
#ifndef PRESSMARK_H
#define PRESSMARK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PM_VERSION "0.1.0"

enum pm_status {
	PM_OK = 0,
	PM_END = 1,         /* iteration is over; not a failure */
	PM_EINPUT = -1,     /* one input is bad: count it, go on */
	PM_ECORRUPT = -2,   /* stored data fails its check */
	PM_EIO = -3,        /* the system refused a read or a write */
	PM_ENOMEM = -4,
	PM_ELIMIT = -5,     /* a documented limit was passed */
	PM_EBUSY = -6,      /* another process writes to the archive */
	PM_EVERSION = -7,   /* written by a newer pressmark */
	PM_ENOTFOUND = -8,
	PM_EPERM = -9,
	PM_ECANCELLED = -10,
	PM_EUSAGE = -11     /* an argument makes no sense */
};

/* Filled once, where a fault is first seen; callers only add context. */
struct pm_err {
	int status;      /* a pm_status */
	int sys_errno;   /* errno of the failed call, or 0 */
	char text[512];  /* one line: what happened, to which file */
};

/* Borrowed bytes: valid as long as the function that gives them says. */
struct pm_bytes {
	const uint8_t *p;
	size_t n;
};

#ifdef __cplusplus
}
#endif

#endif
