/* See calls.h.  Nothing here may ask for memory: fail_malloc.c is above it. */
#define _GNU_SOURCE
#include "calls.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))

enum call {
	CALL_OPEN = 1 << 0, CALL_CREATE = 1 << 1, CALL_READ = 1 << 2,
	CALL_WRITE = 1 << 3, CALL_SYNC = 1 << 4, CALL_RENAME = 1 << 5,
	CALL_REMOVE = 1 << 6, CALL_TRUNCATE = 1 << 7, CALL_MKDIR = 1 << 8,
	CALL_LIST = 1 << 9, CALL_STAT = 1 << 10, CALL_MAP = 1 << 11,
	CALL_LOCK = 1 << 12, CALL_ATTRIBUTES = 1 << 13
};

static const struct {
	unsigned calls;
	int error;
} kinds[CALLS_KINDS] = {
	[CALLS_EIO] = { ~0u, EIO },
	[CALLS_ENOSPC] = { CALL_CREATE | CALL_WRITE | CALL_TRUNCATE |
	    CALL_MKDIR | CALL_RENAME, ENOSPC },
	[CALLS_EINTR] = { CALL_OPEN | CALL_CREATE | CALL_READ | CALL_WRITE |
	    CALL_TRUNCATE, EINTR },
	[CALLS_SHORT] = { CALL_READ | CALL_WRITE, 0 },
	[CALLS_FSYNC] = { CALL_SYNC, EIO },
	[CALLS_RENAME] = { CALL_RENAME | CALL_REMOVE, EACCES }
};

const char *const calls_kind_name[CALLS_KINDS] = {
	[CALLS_EIO] = "EIO", [CALLS_ENOSPC] = "ENOSPC",
	[CALLS_EINTR] = "EINTR", [CALLS_SHORT] = "short",
	[CALLS_FSYNC] = "fsync", [CALLS_RENAME] = "rename"
};

enum { FILES = 512, PATH_CHARS = 400 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char watched[PATH_CHARS];
static struct {
	bool on;
	int id;
	char path[PATH_CHARS];
} files[FILES];                          /* by descriptor */
static struct {
	DIR *handle;
	char path[PATH_CHARS];
} listed[8];
static enum calls_kind fail_kind;
static enum calls_mode fail_mode;
static uint64_t fail_at, seen, failed;
static char first_failed[PATH_CHARS + 20];
static int (*note)(void *context, const struct calls_event *event);
static void *note_context;

bool
calls_kind_is_harmless(enum calls_kind kind)
{
	return kind == CALLS_EINTR || kind == CALLS_SHORT;
}

void
calls_watch(const char *directory)
{
	(void)snprintf(watched, sizeof watched, "%s",
	    directory == NULL ? "" : directory);
	memset(files, 0, sizeof files);
	memset(listed, 0, sizeof listed);
}

void
calls_fail(enum calls_kind kind, uint64_t nth, enum calls_mode mode)
{
	fail_kind = kind;
	fail_at = nth;
	fail_mode = mode;
	seen = failed = 0;
	first_failed[0] = '\0';
}

uint64_t
calls_seen(void)
{
	return seen;
}

uint64_t
calls_failed(void)
{
	return failed;
}

const char *
calls_first_failed(void)
{
	return first_failed;
}

void
calls_note(int (*function)(void *context, const struct calls_event *event),
    void *context)
{
	note = function;
	note_context = context;
}

static bool
is_watched(const char *path)
{
	size_t n = strlen(watched);

	return n > 0 && strncmp(path, watched, n) == 0 &&
	    (path[n] == '/' || path[n] == '\0');
}

/* The path of a watched descriptor, or NULL. */
static const char *
path_of(int fd)
{
	return fd >= 0 && fd < FILES && files[fd].on ? files[fd].path : NULL;
}

/* Is this the call that fails?  errno is set then. */
static bool
fails(enum call call, const char *name, const char *path)
{
	bool does;

	if (path == NULL)
		return false;
	if (fail_mode == CALLS_DEAD && failed > 0) {
		errno = EIO;
		return true;
	}
	if ((kinds[fail_kind].calls & call) == 0)
		return false;
	(void)pthread_mutex_lock(&lock);
	seen++;
	does = fail_at > 0 && (seen == fail_at ||
	    (seen > fail_at && fail_mode == CALLS_ON));
	if (does && failed++ == 0)
		(void)snprintf(first_failed, sizeof first_failed, "%s %s",
		    name, path);
	(void)pthread_mutex_unlock(&lock);
	if (does)
		errno = kinds[fail_kind].error;
	return does;
}

static int
tell(struct calls_event event)
{
	int told = -1, kept = errno;

	if (note == NULL)
		return -1;
	(void)pthread_mutex_lock(&lock);
	told = note(note_context, &event);
	(void)pthread_mutex_unlock(&lock);
	errno = kept;
	return told;
}

/* Of libc, or of a sanitizer before it. */
#define REAL(type, name, ...) \
	static type (*real)(__VA_ARGS__); \
	if (real == NULL) { \
		void *found = dlsym(RTLD_NEXT, name); \
		memcpy(&real, &found, sizeof real); \
	}

/* ---- opening ---- */

static void
opened(int fd, const char *path, int flags)
{
	struct stat st;
	struct calls_event event = { .change = CALLS_OPENED, .path = path };

	if (fd < 0 || fd >= FILES || !is_watched(path))
		return;
	files[fd].on = true;
	files[fd].id = -1;
	(void)snprintf(files[fd].path, PATH_CHARS, "%s", path);
	if (note == NULL || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return;
	files[fd].id = tell(event);
	if ((flags & O_TRUNC) != 0)
		(void)tell((struct calls_event){ .change = CALLS_TRUNCATED,
		    .id = files[fd].id, .path = path });
}

static int
open_with(int (*real)(const char *, int, ...), const char *path, int flags,
    mode_t mode)
{
	int fd;

	if (is_watched(path) && fails((flags & O_CREAT) != 0 ? CALL_CREATE :
	    CALL_OPEN, "open", path))
		return -1;
	fd = real(path, flags, mode);
	opened(fd, path, flags);
	return fd;
}

#define OPEN(name) \
PUBLIC int \
name(const char *path, int flags, ...) \
{ \
	REAL(int, #name, const char *, int, ...) \
	mode_t mode = 0; \
	va_list rest; \
\
	if ((flags & (O_CREAT | __O_TMPFILE)) != 0) { \
		va_start(rest, flags); \
		mode = va_arg(rest, mode_t); \
		va_end(rest); \
	} \
	return open_with(real, path, flags, mode); \
}
OPEN(open)
OPEN(open64)

PUBLIC int
mkstemp(char *path)
{
	REAL(int, "mkstemp", char *)
	int fd;

	if (is_watched(path) && fails(CALL_CREATE, "mkstemp", path))
		return -1;
	fd = real(path);
	opened(fd, path, 0);
	return fd;
}

PUBLIC int
close(int fd)
{
	REAL(int, "close", int)

	if (fd >= 0 && fd < FILES)
		files[fd].on = false;
	return real(fd);
}

/* ---- reading and writing ---- */

#define READ(name, ...) \
	if (fails(CALL_READ, #name, path_of(fd))) { \
		if (fail_kind != CALLS_SHORT) \
			return -1; \
		n = n > 1 ? n / 2 : n; \
	} \
	return real(fd, p, n __VA_ARGS__)

PUBLIC ssize_t
read(int fd, void *p, size_t n)
{
	REAL(ssize_t, "read", int, void *, size_t)
	READ(read, );
}

PUBLIC ssize_t
pread(int fd, void *p, size_t n, off_t offset)
{
	REAL(ssize_t, "pread", int, void *, size_t, off_t)
	READ(pread, , offset);
}

PUBLIC ssize_t
pread64(int fd, void *p, size_t n, off64_t offset)
{
	REAL(ssize_t, "pread64", int, void *, size_t, off64_t)
	READ(pread64, , offset);
}

static bool
write_fails(const char *name, int fd, size_t *n)
{
	if (!fails(CALL_WRITE, name, path_of(fd)))
		return false;
	if (fail_kind != CALLS_SHORT)
		return true;
	*n = *n > 1 ? *n / 2 : *n;
	return false;
}

static ssize_t
wrote(int fd, const void *p, ssize_t n, off_t offset)
{
	if (n > 0 && path_of(fd) != NULL && files[fd].id >= 0)
		(void)tell((struct calls_event){ .change = CALLS_WROTE,
		    .id = files[fd].id, .path = files[fd].path,
		    .offset = (uint64_t)offset, .p = p, .n = (size_t)n });
	return n;
}

PUBLIC ssize_t
write(int fd, const void *p, size_t n)
{
	REAL(ssize_t, "write", int, const void *, size_t)
	off_t at = path_of(fd) == NULL ? 0 : lseek(fd, 0, SEEK_CUR);

	if (write_fails("write", fd, &n))
		return -1;
	return wrote(fd, p, real(fd, p, n), at);
}

PUBLIC ssize_t
pwrite(int fd, const void *p, size_t n, off_t offset)
{
	REAL(ssize_t, "pwrite", int, const void *, size_t, off_t)

	if (write_fails("pwrite", fd, &n))
		return -1;
	return wrote(fd, p, real(fd, p, n, offset), offset);
}

PUBLIC ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t offset)
{
	REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t)

	if (write_fails("pwrite64", fd, &n))
		return -1;
	return wrote(fd, p, real(fd, p, n, offset), offset);
}

static int
truncated(int fd, int rc, off_t bytes)
{
	if (rc == 0 && path_of(fd) != NULL && files[fd].id >= 0)
		(void)tell((struct calls_event){ .change = CALLS_TRUNCATED,
		    .id = files[fd].id, .path = files[fd].path,
		    .offset = (uint64_t)bytes });
	return rc;
}

PUBLIC int
ftruncate(int fd, off_t bytes)
{
	REAL(int, "ftruncate", int, off_t)

	if (fails(CALL_TRUNCATE, "ftruncate", path_of(fd)))
		return -1;
	return truncated(fd, real(fd, bytes), bytes);
}

PUBLIC int
ftruncate64(int fd, off64_t bytes)
{
	REAL(int, "ftruncate64", int, off64_t)

	if (fails(CALL_TRUNCATE, "ftruncate64", path_of(fd)))
		return -1;
	return truncated(fd, real(fd, bytes), bytes);
}

static int
synced(int fd, const char *name, int (*real)(int))
{
	const char *path = path_of(fd);
	bool bad = fails(CALL_SYNC, name, path);
	int rc = bad ? -1 : real(fd);

	if (path != NULL)
		(void)tell((struct calls_event){ .change = rc == 0 ?
		    CALLS_SYNCED : CALLS_SYNC_FAILED, .id = files[fd].id,
		    .path = path });
	return rc;
}

PUBLIC int
fsync(int fd)
{
	REAL(int, "fsync", int)
	return synced(fd, "fsync", real);
}

PUBLIC int
fdatasync(int fd)
{
	REAL(int, "fdatasync", int)
	return synced(fd, "fdatasync", real);
}

#define MAP(name, offset_type) \
PUBLIC void * \
name(void *at, size_t n, int protection, int flags, int fd, \
    offset_type offset) \
{ \
	REAL(void *, #name, void *, size_t, int, int, int, offset_type) \
\
	if (fd >= 0 && fails(CALL_MAP, "mmap", path_of(fd))) \
		return MAP_FAILED; \
	return real(at, n, protection, flags, fd, offset); \
}
MAP(mmap, off_t)
MAP(mmap64, off64_t)

/* ---- names ---- */

PUBLIC int
rename(const char *from, const char *to)
{
	REAL(int, "rename", const char *, const char *)
	int rc;

	if (is_watched(to) && fails(CALL_RENAME, "rename", from))
		return -1;
	rc = real(from, to);
	if (rc == 0 && is_watched(to))
		(void)tell((struct calls_event){ .change = CALLS_RENAMED,
		    .path = from, .to = to });
	return rc;
}

#define REMOVE(name) \
PUBLIC int \
name(const char *path) \
{ \
	REAL(int, #name, const char *) \
	int rc; \
\
	if (is_watched(path) && fails(CALL_REMOVE, #name, path)) \
		return -1; \
	rc = real(path); \
	if (rc == 0 && is_watched(path)) \
		(void)tell((struct calls_event){ .change = CALLS_REMOVED, \
		    .path = path }); \
	return rc; \
}
REMOVE(unlink)
REMOVE(rmdir)

PUBLIC int
mkdir(const char *path, mode_t mode)
{
	REAL(int, "mkdir", const char *, mode_t)
	int rc;

	if (is_watched(path) && fails(CALL_MKDIR, "mkdir", path))
		return -1;
	rc = real(path, mode);
	if (rc == 0 && is_watched(path))
		(void)tell((struct calls_event){
		    .change = CALLS_MADE_DIRECTORY, .path = path });
	return rc;
}

PUBLIC DIR *
opendir(const char *path)
{
	REAL(DIR *, "opendir", const char *)
	DIR *handle;

	if (is_watched(path) && fails(CALL_LIST, "opendir", path))
		return NULL;
	handle = real(path);
	for (size_t i = 0; handle != NULL && is_watched(path) &&
	    i < sizeof listed / sizeof *listed; i++)
		if (listed[i].handle == NULL) {
			listed[i].handle = handle;
			(void)snprintf(listed[i].path, PATH_CHARS, "%s", path);
			break;
		}
	return handle;
}

static bool
list_fails(DIR *handle)
{
	for (size_t i = 0; i < sizeof listed / sizeof *listed; i++)
		if (listed[i].handle == handle)
			return fails(CALL_LIST, "readdir", listed[i].path);
	return false;
}

PUBLIC struct dirent *
readdir(DIR *handle)
{
	REAL(struct dirent *, "readdir", DIR *)
	return list_fails(handle) ? NULL : real(handle);
}

PUBLIC struct dirent64 *
readdir64(DIR *handle)
{
	REAL(struct dirent64 *, "readdir64", DIR *)
	return list_fails(handle) ? NULL : real(handle);
}

PUBLIC int
closedir(DIR *handle)
{
	REAL(int, "closedir", DIR *)

	for (size_t i = 0; i < sizeof listed / sizeof *listed; i++)
		if (listed[i].handle == handle)
			listed[i].handle = NULL;
	return real(handle);
}

/* ---- what is asked of files ---- */

#define STAT(name, type) \
PUBLIC int \
name(const char *path, struct type *out) \
{ \
	REAL(int, #name, const char *, struct type *) \
\
	if (is_watched(path) && fails(CALL_STAT, #name, path)) \
		return -1; \
	return real(path, out); \
}
STAT(stat, stat)
STAT(lstat, stat)
STAT(stat64, stat64)
STAT(lstat64, stat64)

PUBLIC int
access(const char *path, int mode)
{
	REAL(int, "access", const char *, int)

	if (is_watched(path) && fails(CALL_STAT, "access", path))
		return -1;
	return real(path, mode);
}

#define FSTAT(name, type) \
PUBLIC int \
name(int fd, struct type *out) \
{ \
	REAL(int, #name, int, struct type *) \
\
	if (fails(CALL_STAT, #name, path_of(fd))) \
		return -1; \
	return real(fd, out); \
}
FSTAT(fstat, stat)
FSTAT(fstat64, stat64)

PUBLIC int
fchmod(int fd, mode_t mode)
{
	REAL(int, "fchmod", int, mode_t)

	if (fails(CALL_ATTRIBUTES, "fchmod", path_of(fd)))
		return -1;
	return real(fd, mode);
}

PUBLIC int
futimens(int fd, const struct timespec times[2])
{
	REAL(int, "futimens", int, const struct timespec *)

	if (fails(CALL_ATTRIBUTES, "futimens", path_of(fd)))
		return -1;
	return real(fd, times);
}

PUBLIC int
flock(int fd, int how)
{
	REAL(int, "flock", int, int)

	if (fails(CALL_LOCK, "flock", path_of(fd)))
		return -1;
	return real(fd, how);
}

/* Every use of it here takes a number, a pointer or nothing. */
#define FCNTL(name) \
PUBLIC int \
name(int fd, int how, ...) \
{ \
	REAL(int, #name, int, int, ...) \
	va_list rest; \
	void *p; \
\
	va_start(rest, how); \
	p = va_arg(rest, void *); \
	va_end(rest); \
	if ((how == F_SETLK || how == F_SETLKW) && \
	    fails(CALL_LOCK, #name, path_of(fd))) \
		return -1; \
	return real(fd, how, p); \
}
FCNTL(fcntl)
FCNTL(fcntl64)
