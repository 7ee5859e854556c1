/*
 * calls.h - the file calls of this process: those of src/base/fs.c and of
 * every library it uses.  The nth can be made to fail, and all that change
 * something can be noted.
 *
 * calls.c defines open, read, write and the others, and passes on to libc; what
 * the program defines goes before what its shared libraries would use.  Only
 * files below the watched directory count.  Descriptors opened before a
 * directory is watched do not.
 */
#ifndef PM_TESTS_CALLS_H
#define PM_TESTS_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum calls_kind {
	CALLS_EIO,               /* any call */
	CALLS_ENOSPC,            /* what may need room */
	CALLS_EINTR,             /* what can be interrupted and asked again */
	CALLS_SHORT,             /* reads and writes that do half */
	CALLS_FSYNC,             /* EIO */
	CALLS_RENAME,            /* rename and unlink: EACCES */
	CALLS_KINDS
};
extern const char *const calls_kind_name[CALLS_KINDS];
/* Nothing may come of it. */
bool calls_kind_is_harmless(enum calls_kind kind);

enum calls_mode {
	CALLS_ONCE, CALLS_ON,
	CALLS_DEAD               /* and every later call of any kind, as if the
	                          * process had been killed over it */
};

/* An absolute path; NULL: none. */
void calls_watch(const char *directory);
/* The nth call that this kind concerns fails, once or with all after it;
 * 0: none does.  Counts from 1 again. */
void calls_fail(enum calls_kind kind, uint64_t nth, enum calls_mode mode);
/* Calls concerned since, and how many of them failed. */
uint64_t calls_seen(void);
uint64_t calls_failed(void);
/* "pwrite /path": the first that failed. */
const char *calls_first_failed(void);

/* What changes files below the watched directory, as it happens. */
enum calls_change {
	CALLS_OPENED,            /* made if it was not there; id is asked for */
	CALLS_WROTE, CALLS_TRUNCATED, CALLS_SYNCED, CALLS_SYNC_FAILED,
	CALLS_RENAMED, CALLS_REMOVED, CALLS_MADE_DIRECTORY
};
struct calls_event {
	enum calls_change change;
	int id;                  /* of the open file: what `note` gave, or -1
	                          * for a directory */
	const char *path, *to;
	uint64_t offset;         /* or length */
	const void *p;
	size_t n;
};
void calls_note(int (*note)(void *context, const struct calls_event *event),
    void *context);

#endif
