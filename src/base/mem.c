#include "base/mem.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/err.h"

enum { ARENA_BLOCK_BYTES = 64 << 10 };

struct pm_arena_block {
	struct pm_arena_block *next;
	size_t size;
	alignas(max_align_t) unsigned char data[];
};

void *
pm_alloc(size_t size, struct pm_err *err)
{
	void *p = malloc(size == 0 ? 1 : size);

	if (p == NULL)
		pm_fail(err, PM_ENOMEM, "out of memory (%zu bytes)", size);
	return p;
}

void *
pm_alloc_zero(size_t size, struct pm_err *err)
{
	void *p = calloc(1, size == 0 ? 1 : size);

	if (p == NULL)
		pm_fail(err, PM_ENOMEM, "out of memory (%zu bytes)", size);
	return p;
}

void *
pm_realloc_array(void *p, size_t count, size_t size, struct pm_err *err)
{
	void *bigger = NULL;

	if (size != 0 && count <= SIZE_MAX / size)
		bigger = realloc(p, count * size == 0 ? 1 : count * size);
	if (bigger == NULL)
		pm_fail(err, PM_ENOMEM, "out of memory (%zu * %zu bytes)",
		    count, size);
	return bigger;
}

void
pm_free(void *p)
{
	free(p);
}

/* glibc keeps what was freed in the heap of each thread: a third of what a
 * long add holds, otherwise. */
void
pm_mem_trim(void)
{
#ifdef __GLIBC__
	(void)malloc_trim(0);
#endif
}

void
pm_arena_init(struct pm_arena *arena)
{
	arena->first = NULL;
	arena->used = 0;
}

static void
free_blocks(struct pm_arena_block *block)
{
	while (block != NULL) {
		struct pm_arena_block *next = block->next;

		pm_free(block);
		block = next;
	}
}

void
pm_arena_clear(struct pm_arena *arena)
{
	free_blocks(arena->first);
	pm_arena_init(arena);
}

void
pm_arena_reset(struct pm_arena *arena)
{
	if (arena->first != NULL) {
		free_blocks(arena->first->next);
		arena->first->next = NULL;
	}
	arena->used = 0;
}

void *
pm_arena_alloc(struct pm_arena *arena, size_t size, struct pm_err *err)
{
	const size_t align = alignof(max_align_t);
	struct pm_arena_block *block = arena->first;
	void *p;

	if (size > SIZE_MAX / 2) {
		pm_fail(err, PM_ENOMEM, "out of memory (%zu bytes)", size);
		return NULL;
	}
	size = (size + align - 1) / align * align;
	if (block == NULL || size > block->size - arena->used) {
		size_t want = size > ARENA_BLOCK_BYTES ? size :
		    ARENA_BLOCK_BYTES;

		if ((block = pm_alloc(sizeof *block + want, err)) == NULL)
			return NULL;
		block->size = want;
		block->next = arena->first;
		arena->first = block;
		arena->used = 0;
	}
	p = block->data + arena->used;
	arena->used += size;
	return p;
}

void *
pm_arena_copy(struct pm_arena *arena, const void *p, size_t n,
    struct pm_err *err)
{
	void *copy = pm_arena_alloc(arena, n, err);

	if (copy != NULL && n > 0)
		memcpy(copy, p, n);
	return copy;
}
