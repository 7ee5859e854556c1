/* The allocator itself with its three ways to the system's replaced, so that
 * arenas, sizes and errors are those of the real one. */
#include "fail_mem.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

static _Atomic uint64_t requests, failures;
static _Atomic uint64_t fail_at;
static _Atomic int fail_mode;

void
fail_mem_set(uint64_t nth, enum fail_mem_mode mode)
{
	fail_at = nth;
	fail_mode = mode;
	requests = failures = 0;
}

uint64_t
fail_mem_requests(void)
{
	return requests;
}

uint64_t
fail_mem_failures(void)
{
	return failures;
}

static int
fails(void)
{
	uint64_t n = ++requests, at = fail_at;

	if (at == 0 || n < at || (n > at && fail_mode == FAIL_MEM_ONCE))
		return 0;
	failures++;
	return 1;
}

static void *
counted_malloc(size_t size)
{
	return fails() ? NULL : malloc(size);
}

static void *
counted_calloc(size_t count, size_t size)
{
	return fails() ? NULL : calloc(count, size);
}

static void *
counted_realloc(void *p, size_t size)
{
	return fails() ? NULL : realloc(p, size);
}

#define malloc counted_malloc
#define calloc counted_calloc
#define realloc counted_realloc
#include "../../src/base/mem.c"
