/*
 * fs.h - the only place that touches files.
 *
 * Tests replace fs.o to make the nth call fail.  Reads and writes go on
 * after EINTR and short counts.  Errors name the path.
 */
#ifndef PM_BASE_FS_H
#define PM_BASE_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pressmark.h"

struct pm_buf;

enum pm_file_kind {
	PM_FILE_REGULAR,
	PM_FILE_DIRECTORY,
	PM_FILE_LINK,
	PM_FILE_PIPE,
	PM_FILE_OTHER        /* device, socket */
};

struct pm_file_info {
	enum pm_file_kind kind;
	uint64_t bytes;
	int64_t mtime_ns;    /* since the epoch, see pm_fs_nanoseconds */
	uint32_t mode;       /* permission bits, 07777 */
	uint64_t device, inode;      /* together they name the file */
};

/* Times that are told apart: 1677 to 2262. */
#define PM_FS_SECONDS_MAX (INT64_MAX / 1000000000)
#define PM_FS_TIME_MAX (PM_FS_SECONDS_MAX * 1000000000)
#define PM_FS_TIME_MIN (-PM_FS_TIME_MAX)

/* Nanoseconds since the epoch; of a time beyond, the nearest of these. */
static inline int64_t
pm_fs_nanoseconds(int64_t seconds, int64_t nanoseconds)
{
	if (seconds >= PM_FS_SECONDS_MAX)
		return PM_FS_TIME_MAX;
	if (seconds < -PM_FS_SECONDS_MAX)
		return PM_FS_TIME_MIN;
	return seconds * 1000000000 + nanoseconds;
}

int pm_fs_open_read(int *fd, const char *path, struct pm_err *err);
/* The same for a name that was found in a directory and may have become
 * something else since: no link is followed, no pipe waited for. */
int pm_fs_open_found(int *fd, const char *path, struct pm_err *err);
/* Create or open for reading and writing; existing bytes stay. */
int pm_fs_open_write(int *fd, const char *path, struct pm_err *err);
/* PM_EBUSY when the file is there already. */
int pm_fs_create(int *fd, const char *path, uint32_t mode,
    struct pm_err *err);
/* A file without a name in $TMPDIR (else /tmp), gone when it is closed. */
int pm_fs_open_temp(int *fd, struct pm_err *err);
/* Its path for the calls below, so that errors tell which disk is meant. */
const char *pm_fs_temp_directory(void);
/* Accepts -1. */
void pm_fs_close(int fd);
/* What its disk has left for this user; 0 when that cannot be told. */
uint64_t pm_fs_free_bytes(int fd);

int pm_fs_stat(struct pm_file_info *out, const char *path,
    struct pm_err *err);   /* follows links */
int pm_fs_lstat(struct pm_file_info *out, const char *path,
    struct pm_err *err);   /* does not */
int pm_fs_fstat(struct pm_file_info *out, int fd, const char *path,
    struct pm_err *err);
/* False also when that cannot be told, where it makes no difference. */
bool pm_fs_exists(const char *path);
/* The same where it does. */
int pm_fs_look(bool *there, const char *path, struct pm_err *err);

/* Up to n bytes; *got is 0 at the end of the file. */
int pm_fs_read(int fd, void *p, size_t n, size_t *got, const char *path,
    struct pm_err *err);
/* What a pipe or terminal has to say, up to n bytes; PM_EBUSY when that is
 * nothing for so long. */
int pm_fs_read_soon(int fd, void *p, size_t n, size_t *got, int milliseconds,
    const char *path, struct pm_err *err);
/* All n bytes at offset; PM_ECORRUPT when the file ends before. */
int pm_fs_read_at(int fd, void *p, size_t n, uint64_t offset,
    const char *path, struct pm_err *err);
/* The whole file, appended; PM_ELIMIT when it is longer than max. */
int pm_fs_read_file(struct pm_buf *out, const char *path, size_t max,
    struct pm_err *err);
int pm_fs_write(int fd, const void *p, size_t n, const char *path,
    struct pm_err *err);
int pm_fs_write_at(int fd, const void *p, size_t n, uint64_t offset,
    const char *path, struct pm_err *err);
int pm_fs_truncate(int fd, uint64_t bytes, const char *path,
    struct pm_err *err);
int pm_fs_sync(int fd, const char *path, struct pm_err *err);
int pm_fs_sync_directory(const char *path, struct pm_err *err);
/* The directory that path is in. */
int pm_fs_sync_above(const char *path, struct pm_err *err);

/* One directory; succeeds when it is there already. */
int pm_fs_make_directory(const char *path, struct pm_err *err);
/* path and all above it. */
int pm_fs_make_directories(const char *path, struct pm_err *err);
/* path holds exactly these bytes after a crash at any moment, or what it
 * held before: temporary file, fsync, rename, fsync of the directory. */
int pm_fs_replace_file(const char *path, const void *p, size_t n,
    struct pm_err *err);
int pm_fs_rename(const char *from, const char *to, struct pm_err *err);
/* No error when it is not there. */
int pm_fs_remove(const char *path, struct pm_err *err);
/* An empty directory; one with something in it stays, which is no error
 * either. */
int pm_fs_remove_directory(const char *path, struct pm_err *err);
int pm_fs_set_times_and_mode(int fd, int64_t mtime_ns, uint32_t mode,
    const char *path, struct pm_err *err);

/* Names in a directory, without . and .., in byte order.  free with
 * pm_fs_names_free. */
struct pm_names {
	char **name;
	size_t n;
};
int pm_fs_list(struct pm_names *out, const char *path, struct pm_err *err);
void pm_fs_names_free(struct pm_names *names);

/* Read-only mapping of a whole file; an empty file maps to n = 0. */
int pm_fs_map(struct pm_bytes *out, const char *path, struct pm_err *err);
/* The same of what is open; path is for messages. */
int pm_fs_map_open(struct pm_bytes *out, int fd, const char *path,
    struct pm_err *err);
void pm_fs_unmap(struct pm_bytes map);
/* Bytes from..to of a mapping are not needed for now: the process holds them
 * no longer, and they are read again when they are. */
void pm_fs_release(struct pm_bytes map, size_t from, size_t to);

/*
 * One writer at a time: flock on the directory, which the kernel drops with
 * the process.  PM_EBUSY when another holds it for a tenth of a second.
 * Unlock by closing *fd.
 */
int pm_fs_lock(int *fd, const char *directory, struct pm_err *err);
/* Asks without being in the way for longer than that. */
bool pm_fs_is_locked(const char *directory);
/* Many at once, and no writer meanwhile: waits for one for up to ten seconds.
 * PM_EBUSY; another status where the file system has no such locks. */
int pm_fs_share(int *fd, const char *directory, struct pm_err *err);

/* The absolute path without links; free with pm_free. */
int pm_fs_real_path(char **out, const char *path, struct pm_err *err);

/* Join with one slash into a new string; free with pm_free. */
char *pm_fs_join(const char *directory, const char *name,
    struct pm_err *err);

#endif
