/*
 * support.h - scratch directories, files and chance for tests.
 *
 * Everything asserts that it worked.  Scratch directories lie in memory where
 * there is /dev/shm, because commits are fsynced.
 */
#ifndef PM_TESTS_SUPPORT_H
#define PM_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"

enum { SCRATCH_CHARS = 1024 };

static inline void
scratch_make(char out[SCRATCH_CHARS], const char *name)
{
	(void)snprintf(out, SCRATCH_CHARS, "%s/pm-%s-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", name);
	assert_non_null(mkdtemp(out));
}

static inline void
scratch_remove(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	if (directory == NULL) {
		assert_int_equal(unlink(path), 0);
		return;
	}
	while ((entry = readdir(directory)) != NULL) {
		char below[2 * SCRATCH_CHARS];
		struct stat st;

		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(below, sizeof below, "%s/%s", path,
		    entry->d_name);
		assert_int_equal(lstat(below, &st), 0);
		if (S_ISDIR(st.st_mode))
			scratch_remove(below);
		else
			assert_int_equal(unlink(below), 0);
	}
	assert_int_equal(closedir(directory), 0);
	assert_int_equal(rmdir(path), 0);
}

static inline void
scratch_join(char out[SCRATCH_CHARS], const char *directory, const char *name)
{
	int n = snprintf(out, SCRATCH_CHARS, "%s/%s", directory, name);

	assert_true(n > 0 && n < SCRATCH_CHARS);
}

/* Write a file, with the directories above it. */
static inline void
file_put(const char *path, const void *p, size_t n)
{
	char above[SCRATCH_CHARS];
	struct pm_err err;
	char *slash;
	int fd = -1;

	(void)snprintf(above, sizeof above, "%s", path);
	if ((slash = strrchr(above, '/')) != NULL && slash != above) {
		*slash = '\0';
		assert_int_equal(pm_fs_make_directories(above, &err), PM_OK);
	}
	assert_int_equal(pm_fs_open_write(&fd, path, &err), PM_OK);
	assert_int_equal(pm_fs_truncate(fd, 0, path, &err), PM_OK);
	assert_int_equal(pm_fs_write_at(fd, p, n, 0, path, &err), PM_OK);
	pm_fs_close(fd);
}

static inline void
file_put_str(const char *directory, const char *name, const char *text)
{
	char path[SCRATCH_CHARS];

	scratch_join(path, directory, name);
	file_put(path, text, strlen(text));
}

/* The whole file, into an emptied buffer. */
static inline void
file_get(struct pm_buf *out, const char *path)
{
	struct pm_err err;

	pm_buf_reset(out);
	assert_int_equal(pm_fs_read_file(out, path, (size_t)1 << 30, &err),
	    PM_OK);
}

/* SplitMix64: small, and the same everywhere. */
static inline uint64_t
chance(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* 0 to n - 1 */
static inline size_t
chance_below(uint64_t *state, size_t n)
{
	return (size_t)(chance(state) % n);
}

/* PM_SEED, else `otherwise`. */
static inline uint64_t
chance_seed(uint64_t otherwise)
{
	const char *text = getenv("PM_SEED");

	return text == NULL ? otherwise : strtoull(text, NULL, 0);
}

#endif
