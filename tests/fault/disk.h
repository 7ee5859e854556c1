/*
 * disk.h - what a disk may hold after power is lost: all changes of files
 * below a directory are noted as they happen, and from them the states that
 * may be found at any moment are made.
 *
 * A write or truncation is certain once its file was synced after it, a name
 * that was made, renamed or removed once its directory was.  What is not
 * certain may be there or not, each by itself, a write by sectors of 512
 * bytes, and a file may have its length without its bytes.  What was written
 * before an fsync that failed never becomes certain: the kernel takes lost
 * pages for clean.
 */
#ifndef PM_TESTS_DISK_H
#define PM_TESTS_DISK_H

#include "../unit/support.h"

struct disk;

/* Notes from now on; what is in `directory` now is certain. */
struct disk *disk_begin(const char *directory);
void disk_end(struct disk *disk);        /* stops noting */
void disk_free(struct disk *disk);

/* The moment when noting began, and the last one. */
size_t disk_first(const struct disk *disk);
size_t disk_changes(const struct disk *disk);
/* Is the change before this moment an fsync? */
bool disk_is_sync(const struct disk *disk, size_t moment);

enum disk_loss {
	DISK_NOTHING,            /* the process was killed */
	DISK_ALL,                /* all that is not certain is lost */
	DISK_SOME                /* by chance */
};
/* Make what is found after `moment` under `into`, which is not there yet. */
void disk_state(const struct disk *disk, size_t moment, enum disk_loss loss,
    uint64_t *seed, const char *into);

#endif
