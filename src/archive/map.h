/*
 * map.h - 64-bit keys, which may repeat, to 32-bit values, in memory.
 *
 * For what one batch holds; keys are digests, so they are used as they are.
 *
 *	for (i = pm_map_first(&map, key); i != PM_MAP_END;
 *	    i = pm_map_next(&map, i))
 *		use(pm_map_value(&map, i));
 */
#ifndef PM_ARCHIVE_MAP_H
#define PM_ARCHIVE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "pressmark.h"

#define PM_MAP_END UINT32_MAX

struct pm_map_entry {
	uint64_t key;
	uint32_t next, value;
};

struct pm_map {
	uint32_t *head;
	size_t head_n;           /* a power of two, or 0 */
	struct pm_map_entry *entry;
	size_t n, capacity;
};

void pm_map_init(struct pm_map *map);
void pm_map_clear(struct pm_map *map);
void pm_map_reset(struct pm_map *map);       /* empty, memory kept */
int pm_map_add(struct pm_map *map, uint64_t key, uint32_t value,
    struct pm_err *err);
uint32_t pm_map_first(const struct pm_map *map, uint64_t key);
uint32_t pm_map_next(const struct pm_map *map, uint32_t at);
uint32_t pm_map_value(const struct pm_map *map, uint32_t at);

#endif
