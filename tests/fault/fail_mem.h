/*
 * fail_mem.h - src/base/mem.c whose nth request fails.
 *
 * Linked instead of mem.o.  What zstd, SQLite, libarchive and jansson ask of
 * malloc by themselves is not counted.
 */
#ifndef PM_TESTS_FAIL_MEM_H
#define PM_TESTS_FAIL_MEM_H

#include <stdint.h>

enum fail_mem_mode {
	FAIL_MEM_ONCE,           /* the nth alone */
	FAIL_MEM_ON              /* the nth and all after it */
};

/* Count from 1 again; the nth request fails.  0: none does. */
void fail_mem_set(uint64_t nth, enum fail_mem_mode mode);
/* Requests since fail_mem_set. */
uint64_t fail_mem_requests(void);
/* Of them, how many failed. */
uint64_t fail_mem_failures(void);

#endif
