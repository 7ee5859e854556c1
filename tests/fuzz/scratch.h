/*
 * scratch.h - a directory for drivers whose subject reads files; in memory
 * where there is /dev/shm.  It goes when the process ends well.
 */
#ifndef PM_TESTS_FUZZ_SCRATCH_H
#define PM_TESTS_FUZZ_SCRATCH_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[64];
static const char *scratch_file;

static inline void
scratch_path(char out[128], const char *name)
{
	(void)snprintf(out, 128, "%s/%s", scratch, name);
}

static inline void
scratch_remove(void)
{
	static const char *const name[] = { "volumes", "parity", "HEAD" };
	char path[128];

	scratch_path(path, scratch_file);
	(void)unlink(path);
	for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
		scratch_path(path, name[i]);
		(void)(rmdir(path) == 0 || unlink(path) == 0);
	}
	(void)rmdir(scratch);
}

/* file: the one that is going to be in it beside HEAD. */
static inline void
scratch_make(const char *file)
{
	if (*scratch != '\0')
		return;
	(void)snprintf(scratch, sizeof scratch, "%s/pm-fuzz-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(scratch) == NULL)
		abort();
	scratch_file = file;
	(void)atexit(scratch_remove);
}

static inline void
scratch_put(const char *name, const void *p, size_t n)
{
	char path[128];
	int fd;

	scratch_path(path, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, p, n) != (ssize_t)n || close(fd) != 0)
		abort();
}

#endif
