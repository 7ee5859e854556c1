/*
 * sandbox.h - giving up what is not needed, before bytes of strangers are
 * read.
 *
 * On Linux: seccomp refuses calls that start programs, talk to a network, look
 * into other processes or change the system; Landlock refuses files other
 * than those that are named.  Both hold for the calling thread and those it
 * starts, and for good.  What the kernel has not, or does not let us have, is
 * left out and said.  Files that are open already stay open.
 */
#ifndef PM_BASE_SANDBOX_H
#define PM_BASE_SANDBOX_H

#include "pressmark.h"

enum pm_sandbox_part {
	PM_SANDBOX_CALLS = 1,            /* EPERM for calls, see sandbox.c */
	PM_SANDBOX_FILES = 2             /* EACCES for other files */
};

struct pm_sandbox {
	/* Files, and directories with all below; those that cannot be opened
	 * are passed over.  "/" in `read`: everything may be read. */
	const char *const *read;
	size_t read_n;
	const char *const *write;        /* and read */
	size_t write_n;
};

/* Which parts hold from now on (bits of pm_sandbox_part); why says of those
 * that do not, "" if there is none. */
enum { PM_SANDBOX_WHY_CHARS = 160 };
unsigned pm_sandbox_enter(const struct pm_sandbox *sandbox,
    char why[PM_SANDBOX_WHY_CHARS]);

#endif
