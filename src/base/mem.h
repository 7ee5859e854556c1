/*
 * mem.h - the only place that asks for memory.
 *
 * Tests replace mem.o to make the nth request fail.  Every function that can
 * fail returns NULL and stores PM_ENOMEM.  A request for 0 bytes gives a
 * pointer that may be freed.
 */
#ifndef PM_BASE_MEM_H
#define PM_BASE_MEM_H

#include <stddef.h>

#include "pressmark.h"

void *pm_alloc(size_t size, struct pm_err *err);
void *pm_alloc_zero(size_t size, struct pm_err *err);

/*
 * Grow or shrink p (or NULL) to count items of size bytes.  On failure p is
 * untouched and still the caller's.
 */
void *pm_realloc_array(void *p, size_t count, size_t size, struct pm_err *err);

/* Accepts NULL. */
void pm_free(void *p);

/* Give back to the system what was freed, where the allocator keeps it. */
void pm_mem_trim(void);

/*
 * Arena: many small allocations that die together.  init / reset / clear; a
 * reset keeps one block for reuse.  Memory is aligned for any type and not
 * zeroed.
 */
struct pm_arena_block;
struct pm_arena {
	struct pm_arena_block *first;
	size_t used;     /* of the first block */
};

void pm_arena_init(struct pm_arena *arena);
void pm_arena_clear(struct pm_arena *arena);
void pm_arena_reset(struct pm_arena *arena);
void *pm_arena_alloc(struct pm_arena *arena, size_t size, struct pm_err *err);
void *pm_arena_copy(struct pm_arena *arena, const void *p, size_t n,
    struct pm_err *err);

#endif
