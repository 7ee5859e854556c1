#include "base/fs.h"

#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

static int
open_flags(int *fd, const char *path, int flags, uint32_t mode,
    struct pm_err *err)
{
	int opened;

	do {
		opened = open(path, flags | O_CLOEXEC, (mode_t)mode);
	} while (opened < 0 && errno == EINTR);
	if (opened < 0)
		return pm_fail_errno(err, "%s", path);
	*fd = opened;
	return PM_OK;
}

int
pm_fs_open_read(int *fd, const char *path, struct pm_err *err)
{
	return open_flags(fd, path, O_RDONLY, 0, err);
}

int
pm_fs_open_found(int *fd, const char *path, struct pm_err *err)
{
	return open_flags(fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY, 0, err);
}

int
pm_fs_open_write(int *fd, const char *path, struct pm_err *err)
{
	return open_flags(fd, path, O_RDWR | O_CREAT, 0666, err);
}

int
pm_fs_create(int *fd, const char *path, uint32_t mode, struct pm_err *err)
{
	int rc = open_flags(fd, path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW,
	    mode, err);

	if (rc != PM_OK && err->sys_errno == EEXIST)
		err->status = rc = PM_EBUSY;
	return rc;
}

const char *
pm_fs_temp_directory(void)
{
	const char *directory = getenv("TMPDIR");

	return directory == NULL || directory[0] == '\0' ? "/tmp" : directory;
}

int
pm_fs_open_temp(int *fd, struct pm_err *err)
{
	char path[4096];
	int opened;

	do {
		if (snprintf(path, sizeof path, "%s/pressmark-XXXXXX",
		    pm_fs_temp_directory()) >= (int)sizeof path)
			return pm_fail(err, PM_EUSAGE, "TMPDIR is too long");
		opened = mkstemp(path);
	} while (opened < 0 && errno == EINTR);
	if (opened < 0)
		return pm_fail_errno(err, "%s", path);
	(void)fcntl(opened, F_SETFD, FD_CLOEXEC);
	(void)unlink(path);
	*fd = opened;
	return PM_OK;
}

void
pm_fs_close(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

uint64_t
pm_fs_free_bytes(int fd)
{
	struct statvfs info;

	return fstatvfs(fd, &info) != 0 ? 0 :
	    (uint64_t)info.f_bavail * info.f_frsize;
}

static void
info_from_stat(struct pm_file_info *out, const struct stat *st)
{
	out->kind = S_ISREG(st->st_mode) ? PM_FILE_REGULAR :
	    S_ISDIR(st->st_mode) ? PM_FILE_DIRECTORY :
	    S_ISLNK(st->st_mode) ? PM_FILE_LINK :
	    S_ISFIFO(st->st_mode) ? PM_FILE_PIPE : PM_FILE_OTHER;
	out->bytes = (uint64_t)st->st_size;
	out->mtime_ns = pm_fs_nanoseconds(st->st_mtim.tv_sec,
	    st->st_mtim.tv_nsec);
	out->mode = (uint32_t)st->st_mode & 07777;
	out->device = (uint64_t)st->st_dev;
	out->inode = (uint64_t)st->st_ino;
}

int
pm_fs_stat(struct pm_file_info *out, const char *path, struct pm_err *err)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return pm_fail_errno(err, "%s", path);
	info_from_stat(out, &st);
	return PM_OK;
}

int
pm_fs_lstat(struct pm_file_info *out, const char *path, struct pm_err *err)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return pm_fail_errno(err, "%s", path);
	info_from_stat(out, &st);
	return PM_OK;
}

int
pm_fs_fstat(struct pm_file_info *out, int fd, const char *path,
    struct pm_err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return pm_fail_errno(err, "%s", path);
	info_from_stat(out, &st);
	return PM_OK;
}

bool
pm_fs_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

int
pm_fs_look(bool *there, const char *path, struct pm_err *err)
{
	struct stat st;

	*there = lstat(path, &st) == 0;
	return *there || errno == ENOENT || errno == ENOTDIR ? PM_OK :
	    pm_fail_errno(err, "%s", path);
}

int
pm_fs_read(int fd, void *p, size_t n, size_t *got, const char *path,
    struct pm_err *err)
{
	size_t done = 0;

	while (done < n) {
		ssize_t r = read(fd, (char *)p + done, n - done);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return pm_fail_errno(err, "%s", path);
		if (r == 0)
			break;
		done += (size_t)r;
	}
	*got = done;
	return PM_OK;
}

int
pm_fs_read_soon(int fd, void *p, size_t n, size_t *got, int milliseconds,
    const char *path, struct pm_err *err)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	ssize_t r = -1;
	int ready = poll(&wait, 1, milliseconds);

	if (ready > 0)
		r = read(fd, p, n);
	if (ready == 0 || (r < 0 && (errno == EINTR || errno == EAGAIN)))
		return pm_fail(err, PM_EBUSY, "%s: says nothing", path);
	if (r < 0)
		return pm_fail_errno(err, "%s", path);
	*got = (size_t)r;
	return PM_OK;
}

int
pm_fs_read_at(int fd, void *p, size_t n, uint64_t offset, const char *path,
    struct pm_err *err)
{
	size_t done = 0;

	while (done < n) {
		ssize_t r = pread(fd, (char *)p + done, n - done,
		    (off_t)(offset + done));

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return pm_fail_errno(err, "%s", path);
		if (r == 0)
			return pm_fail(err, PM_ECORRUPT,
			    "%s: ends at byte %llu, %zu bytes missing", path,
			    (unsigned long long)(offset + done), n - done);
		done += (size_t)r;
	}
	return PM_OK;
}

int
pm_fs_read_file(struct pm_buf *out, const char *path, size_t max,
    struct pm_err *err)
{
	size_t start = out->n, got = 1;
	int fd = -1, rc;

	if ((rc = pm_fs_open_read(&fd, path, err)) != PM_OK)
		return rc;
	while (got > 0) {
		size_t want = 64 << 10;

		if ((rc = pm_buf_reserve(out, want, err)) != PM_OK ||
		    (rc = pm_fs_read(fd, out->p + out->n, want, &got, path,
		    err)) != PM_OK)
			break;
		out->n += got;
		if (out->n - start > max) {
			rc = pm_fail(err, PM_ELIMIT,
			    "%s: longer than %zu bytes", path, max);
			break;
		}
	}
	pm_fs_close(fd);
	if (rc != PM_OK)
		out->n = start;
	return rc;
}

int
pm_fs_write(int fd, const void *p, size_t n, const char *path,
    struct pm_err *err)
{
	size_t done = 0;

	while (done < n) {
		ssize_t r = write(fd, (const char *)p + done, n - done);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return pm_fail_errno(err, "%s", path);
		done += (size_t)r;
	}
	return PM_OK;
}

int
pm_fs_write_at(int fd, const void *p, size_t n, uint64_t offset,
    const char *path, struct pm_err *err)
{
	size_t done = 0;

	while (done < n) {
		ssize_t r = pwrite(fd, (const char *)p + done, n - done,
		    (off_t)(offset + done));

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return pm_fail_errno(err, "%s", path);
		done += (size_t)r;
	}
	return PM_OK;
}

int
pm_fs_truncate(int fd, uint64_t bytes, const char *path, struct pm_err *err)
{
	int rc;

	do {
		rc = ftruncate(fd, (off_t)bytes);
	} while (rc != 0 && errno == EINTR);
	return rc == 0 ? PM_OK : pm_fail_errno(err, "%s", path);
}

int
pm_fs_sync(int fd, const char *path, struct pm_err *err)
{
	if (fsync(fd) != 0)
		return pm_fail_errno(err, "%s: fsync", path);
	return PM_OK;
}

int
pm_fs_sync_directory(const char *path, struct pm_err *err)
{
	int fd = -1;
	int rc = open_flags(&fd, path, O_RDONLY | O_DIRECTORY, 0, err);

	if (rc != PM_OK)
		return rc;
	/* Some file systems cannot sync a directory; that is no fault. */
	if (fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP)
		rc = pm_fail_errno(err, "%s: fsync", path);
	pm_fs_close(fd);
	return rc;
}

int
pm_fs_make_directory(const char *path, struct pm_err *err)
{
	struct stat st;

	if (mkdir(path, 0777) == 0)
		return PM_OK;
	if (errno == EEXIST && stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return PM_OK;
		errno = ENOTDIR;
	}
	return pm_fail_errno(err, "%s", path);
}

int
pm_fs_make_directories(const char *path, struct pm_err *err)
{
	size_t n = strlen(path);
	char *copy = pm_alloc(n + 1, err);
	int rc = PM_OK;

	if (copy == NULL)
		return PM_ENOMEM;
	memcpy(copy, path, n + 1);
	for (size_t i = 1; i <= n && rc == PM_OK; i++) {
		if (copy[i] != '/' && copy[i] != '\0')
			continue;
		copy[i] = '\0';
		rc = pm_fs_make_directory(copy, err);
		copy[i] = path[i];
	}
	pm_free(copy);
	return rc;
}

static char *
directory_of(const char *path, struct pm_err *err)
{
	size_t n = strlen(path);
	char *directory = pm_alloc(n + 2, err);

	if (directory == NULL)
		return NULL;
	while (n > 1 && path[n - 1] == '/')      /* "a/b//" is in "a" */
		n--;
	while (n > 0 && path[n - 1] != '/')
		n--;
	while (n > 1 && path[n - 1] == '/')
		n--;
	memcpy(directory, n == 0 ? "." : path, n == 0 ? 1 : n);
	directory[n == 0 ? 1 : n] = '\0';
	return directory;
}

int
pm_fs_sync_above(const char *path, struct pm_err *err)
{
	char *directory = directory_of(path, err);
	int rc = directory == NULL ? PM_ENOMEM :
	    pm_fs_sync_directory(directory, err);

	pm_free(directory);
	return rc;
}

static int
write_new_file(const char *path, const void *p, size_t n, struct pm_err *err)
{
	int fd = -1, rc;

	rc = open_flags(&fd, path, O_WRONLY | O_CREAT | O_TRUNC, 0666, err);
	if (rc == PM_OK)
		rc = pm_fs_write(fd, p, n, path, err);
	if (rc == PM_OK)
		rc = pm_fs_sync(fd, path, err);
	pm_fs_close(fd);
	return rc;
}

int
pm_fs_replace_file(const char *path, const void *p, size_t n,
    struct pm_err *err)
{
	struct pm_buf temporary;
	char *directory = NULL;
	int rc;

	pm_buf_init(&temporary);
	if ((rc = pm_buf_printf(&temporary, err, "%s.new", path)) != PM_OK ||
	    (rc = pm_buf_append_byte(&temporary, 0, err)) != PM_OK)
		goto done;
	rc = PM_ENOMEM;
	if ((directory = directory_of(path, err)) == NULL)
		goto done;
	rc = write_new_file((char *)temporary.p, p, n, err);
	if (rc == PM_OK)
		rc = pm_fs_rename((char *)temporary.p, path, err);
	if (rc == PM_OK)
		rc = pm_fs_sync_directory(directory, err);
	else
		(void)unlink((char *)temporary.p);
done:
	pm_free(directory);
	pm_buf_clear(&temporary);
	return rc;
}

int
pm_fs_rename(const char *from, const char *to, struct pm_err *err)
{
	if (rename(from, to) != 0)
		return pm_fail_errno(err, "%s: cannot rename to %s", from, to);
	return PM_OK;
}

int
pm_fs_remove(const char *path, struct pm_err *err)
{
	if (unlink(path) != 0 && errno != ENOENT)
		return pm_fail_errno(err, "%s: cannot remove", path);
	return PM_OK;
}

int
pm_fs_remove_directory(const char *path, struct pm_err *err)
{
	if (rmdir(path) != 0 && errno != ENOENT && errno != ENOTEMPTY &&
	    errno != EEXIST)
		return pm_fail_errno(err, "%s: cannot remove", path);
	return PM_OK;
}

int
pm_fs_set_times_and_mode(int fd, int64_t mtime_ns, uint32_t mode,
    const char *path, struct pm_err *err)
{
	struct timespec times[2];
	int64_t seconds = mtime_ns / 1000000000;
	int64_t rest = mtime_ns % 1000000000;

	if (rest < 0) {
		rest += 1000000000;
		seconds--;
	}
	if (fchmod(fd, (mode_t)(mode & 07777)) != 0)
		return pm_fail_errno(err, "%s: chmod", path);
	times[0] = (struct timespec){ .tv_nsec = UTIME_OMIT };
	times[1] = (struct timespec){ .tv_sec = (time_t)seconds,
	    .tv_nsec = (long)rest };
	if (futimens(fd, times) != 0)
		return pm_fail_errno(err, "%s: cannot set its time", path);
	return PM_OK;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
append_name(struct pm_names *names, size_t *capacity, const char *name,
    struct pm_err *err)
{
	size_t n = strlen(name) + 1;

	if (names->n == *capacity) {
		size_t bigger = *capacity == 0 ? 64 : *capacity * 2;
		char **grown = pm_realloc_array(names->name, bigger,
		    sizeof *grown, err);

		if (grown == NULL)
			return PM_ENOMEM;
		names->name = grown;
		*capacity = bigger;
	}
	if ((names->name[names->n] = pm_alloc(n, err)) == NULL)
		return PM_ENOMEM;
	memcpy(names->name[names->n++], name, n);
	return PM_OK;
}

int
pm_fs_list(struct pm_names *out, const char *path, struct pm_err *err)
{
	struct pm_names names = { 0 };
	struct dirent *entry;
	size_t capacity = 0;
	int rc = PM_OK;
	DIR *directory = opendir(path);

	if (directory == NULL)
		return pm_fail_errno(err, "%s", path);
	for (errno = 0; rc == PM_OK && (entry = readdir(directory)) != NULL;
	    errno = 0) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		rc = append_name(&names, &capacity, entry->d_name, err);
	}
	if (rc == PM_OK && errno != 0)
		rc = pm_fail_errno(err, "%s", path);
	(void)closedir(directory);
	if (rc != PM_OK) {
		pm_fs_names_free(&names);
		return rc;
	}
	if (names.n > 1)
		qsort(names.name, names.n, sizeof *names.name, compare_names);
	*out = names;
	return PM_OK;
}

void
pm_fs_names_free(struct pm_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		pm_free(names->name[i]);
	pm_free(names->name);
	*names = (struct pm_names){ 0 };
}

int
pm_fs_map_open(struct pm_bytes *out, int fd, const char *path,
    struct pm_err *err)
{
	struct pm_file_info info = { 0 };
	void *p = NULL;
	int rc = pm_fs_fstat(&info, fd, path, err);

	if (rc == PM_OK && info.bytes > 0) {
		p = mmap(NULL, (size_t)info.bytes, PROT_READ, MAP_SHARED, fd,
		    0);
		if (p == MAP_FAILED)
			rc = pm_fail_errno(err, "%s: mmap", path);
	}
	if (rc == PM_OK)
		*out = (struct pm_bytes){ p, (size_t)info.bytes };
	return rc;
}

int
pm_fs_map(struct pm_bytes *out, const char *path, struct pm_err *err)
{
	int fd = -1, rc;

	if ((rc = pm_fs_open_read(&fd, path, err)) != PM_OK)
		return rc;
	rc = pm_fs_map_open(out, fd, path, err);
	pm_fs_close(fd);
	return rc;
}

void
pm_fs_release(struct pm_bytes map, size_t from, size_t to)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	from = (from + page - 1) / page * page;
	to = to >= map.n ? map.n : to / page * page;
	/* Advice: what fails changes nothing. */
	if (from < to)
		(void)madvise((void *)(uintptr_t)(map.p + from), to - from,
		    MADV_DONTNEED);
}

void
pm_fs_unmap(struct pm_bytes map)
{
	union { const void *in; void *out; } cast = { map.p };

	if (map.n > 0)
		(void)munmap(cast.out, map.n);
}

/* Who only asks (pm_fs_is_locked) holds a lock for a moment; so try again
 * every hundredth of a second. */
static int
lock_directory(int *fd, const char *directory, int how, int tries,
    struct pm_err *err)
{
	const struct timespec moment = { .tv_nsec = 10000000 };
	int opened = -1;
	int rc = open_flags(&opened, directory, O_RDONLY | O_DIRECTORY, 0,
	    err);

	if (rc != PM_OK)
		return rc;
	while ((rc = flock(opened, how | LOCK_NB)) != 0 && --tries > 0 &&
	    (errno == EWOULDBLOCK || errno == EINTR))
		(void)nanosleep(&moment, NULL);
	if (rc == 0) {
		*fd = opened;
		return PM_OK;
	}
	rc = errno == EWOULDBLOCK ?
	    pm_fail(err, PM_EBUSY, "%s: another process is writing to this "
	    "archive; wait for it to end", directory) :
	    pm_fail_errno(err, "%s: cannot lock", directory);
	pm_fs_close(opened);
	return rc;
}

int
pm_fs_lock(int *fd, const char *directory, struct pm_err *err)
{
	return lock_directory(fd, directory, LOCK_EX, 10, err);
}

int
pm_fs_share(int *fd, const char *directory, struct pm_err *err)
{
	return lock_directory(fd, directory, LOCK_SH, 1000, err);
}

bool
pm_fs_is_locked(const char *directory)
{
	struct pm_err err;
	bool locked;
	int fd = -1;

	if (open_flags(&fd, directory, O_RDONLY | O_DIRECTORY, 0, &err) !=
	    PM_OK)
		return false;
	locked = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	pm_fs_close(fd);
	return locked;
}

char *
pm_fs_join(const char *directory, const char *name, struct pm_err *err)
{
	size_t n = strlen(directory), m = strlen(name);
	int slash = n > 0 && directory[n - 1] != '/';
	char *path = pm_alloc(n + m + 2, err);

	if (path == NULL)
		return NULL;
	memcpy(path, directory, n);
	if (slash)
		path[n++] = '/';
	memcpy(path + n, name, m + 1);
	return path;
}

int
pm_fs_real_path(char **out, const char *path, struct pm_err *err)
{
	char *real = realpath(path, NULL);
	size_t n;

	if (real == NULL)
		return pm_fail_errno(err, "%s", path);
	n = strlen(real) + 1;
	if ((*out = pm_alloc(n, err)) != NULL)
		memcpy(*out, real, n);
	free(real);   /* realpath's own malloc, not pm_alloc's */
	return *out == NULL ? PM_ENOMEM : PM_OK;
}
