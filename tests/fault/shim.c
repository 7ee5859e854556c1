/*
 * shim.so - loaded before a command (LD_PRELOAD) it makes the nth request for
 * memory of the whole process fail, libraries and all, or with calls.c the
 * nth file call.  From the environment:
 *
 *	SHIM_MALLOC=N   the Nth request fails; SHIM_ON=1: and all after it
 *	SHIM_KIND=EIO   and SHIM_CALL=N: calls.h, in files under SHIM_UNDER=DIR
 *	SHIM_COUNT=FILE at the end "REQUESTS CALLS FAILED\n" is written there
 */
#define _GNU_SOURCE
#include "calls.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))

static _Atomic unsigned long requests, failures;
static unsigned long fail_at;
static int fail_on, armed;

PUBLIC void *malloc(size_t n);
PUBLIC void *calloc(size_t n, size_t size);
PUBLIC void *realloc(void *p, size_t n);
PUBLIC void free(void *p);

/* dlsym itself may ask before it has answered. */
static char early[4096];
static size_t early_used;

static void *
early_alloc(size_t n)
{
	size_t at = early_used;

	if (n > sizeof early - at)
		return NULL;
	early_used += (n + 15) / 16 * 16;
	return early + at;
}

static void *
real_of(const char *name)
{
	static _Thread_local int asking;
	void *found = NULL;

	if (asking == 0) {
		asking = 1;
		found = dlsym(RTLD_NEXT, name);
		asking = 0;
	}
	return found;
}

static int
fails(void)
{
	unsigned long n;

	if (!armed)
		return 0;
	n = ++requests;
	if (fail_at == 0 || n < fail_at || (n > fail_at && !fail_on))
		return 0;
	failures++;
	errno = ENOMEM;
	return 1;
}

PUBLIC void *
malloc(size_t n)
{
	static void *(*real)(size_t);
	void *found;

	if (real == NULL) {
		if ((found = real_of("malloc")) == NULL)
			return early_alloc(n);
		memcpy(&real, &found, sizeof real);
	}
	return fails() ? NULL : real(n);
}

PUBLIC void *
calloc(size_t n, size_t size)
{
	static void *(*real)(size_t, size_t);
	void *found;

	if (real == NULL) {
		if ((found = real_of("calloc")) == NULL)
			return early_alloc(n * size);
		memcpy(&real, &found, sizeof real);
	}
	return fails() ? NULL : real(n, size);
}

PUBLIC void *
realloc(void *p, size_t n)
{
	static void *(*real)(void *, size_t);
	void *found;

	if (real == NULL) {
		if ((found = real_of("realloc")) == NULL)
			return NULL;
		memcpy(&real, &found, sizeof real);
	}
	return fails() ? NULL : real(p, n);
}

PUBLIC void
free(void *p)
{
	static void (*real)(void *);
	void *found;

	if ((char *)p >= early && (char *)p < early + sizeof early)
		return;
	if (real == NULL) {
		if ((found = real_of("free")) == NULL)
			return;
		memcpy(&real, &found, sizeof real);
	}
	real(p);
}

static unsigned long
number(const char *name)
{
	const char *text = getenv(name);

	return text == NULL ? 0 : strtoul(text, NULL, 10);
}

__attribute__((constructor)) static void
begin(void)
{
	const char *kind = getenv("SHIM_KIND");

	fail_at = number("SHIM_MALLOC");
	fail_on = number("SHIM_ON") != 0;
	if (getenv("SHIM_UNDER") != NULL)
		calls_watch(getenv("SHIM_UNDER"));
	for (int i = 0; kind != NULL && i < CALLS_KINDS; i++)
		if (strcmp(kind, calls_kind_name[i]) == 0)
			calls_fail((enum calls_kind)i, number("SHIM_CALL"),
			    fail_on ? CALLS_ON : CALLS_ONCE);
	armed = 1;
}

__attribute__((destructor)) static void
end(void)
{
	const char *path = getenv("SHIM_COUNT");
	char text[100];
	int fd, n;

	armed = 0;
	calls_watch(NULL);
	if (path == NULL || (fd = open(path, O_WRONLY | O_CREAT | O_TRUNC,
	    0666)) < 0)
		return;
	n = snprintf(text, sizeof text, "%lu %llu %llu\n",
	    (unsigned long)requests, (unsigned long long)calls_seen(),
	    (unsigned long long)(failures + calls_failed()));
	if (write(fd, text, (size_t)n) < 0)
		_exit(98);
	(void)close(fd);
}
