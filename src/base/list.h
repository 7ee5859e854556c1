/*
 * list.h - growing arrays of any type.
 *
 *	LIST(struct thing) things = { 0 };
 *
 *	if ((rc = LIST_ROOM(things, err)) == PM_OK)
 *		things.p[things.n++] = thing;
 *	...
 *	pm_free(things.p);
 */
#ifndef PM_BASE_LIST_H
#define PM_BASE_LIST_H

#include <string.h>

#include "base/mem.h"

#define LIST(type) struct { type *p; size_t n, capacity; }

/* Make room for one more. */
#define LIST_ROOM(list, err) \
	pm_list_room(&(list).p, (list).p, (list).n, &(list).capacity, \
	    sizeof *(list).p, err)

/* slot is the address of the list's pointer, whatever its type. */
static inline int
pm_list_room(void *slot, void *p, size_t n, size_t *capacity, size_t size,
    struct pm_err *err)
{
	size_t bigger = *capacity == 0 ? 256 : *capacity * 2;

	if (n < *capacity)
		return PM_OK;
	if ((p = pm_realloc_array(p, bigger, size, err)) == NULL)
		return PM_ENOMEM;
	memcpy(slot, &p, sizeof p);
	*capacity = bigger;
	return PM_OK;
}

#endif
