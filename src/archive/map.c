#include "archive/map.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"

void
pm_map_init(struct pm_map *map)
{
	*map = (struct pm_map){ 0 };
}

void
pm_map_clear(struct pm_map *map)
{
	pm_free(map->head);
	pm_free(map->entry);
	pm_map_init(map);
}

void
pm_map_reset(struct pm_map *map)
{
	map->n = 0;
	if (map->head_n > 0)
		memset(map->head, 0xff, map->head_n * sizeof *map->head);
}

/* Twice as many heads as entries may come. */
static int
grow(struct pm_map *map, struct pm_err *err)
{
	size_t capacity = map->capacity == 0 ? 1024 : map->capacity * 2;
	struct pm_map_entry *entry;
	uint32_t *head;

	if (capacity > PM_MAP_END / 2)
		return pm_fail(err, PM_ELIMIT, "a batch holds too much");
	entry = pm_realloc_array(map->entry, capacity, sizeof *entry, err);
	if (entry == NULL)
		return PM_ENOMEM;
	map->entry = entry;
	head = pm_realloc_array(map->head, capacity * 2, sizeof *head, err);
	if (head == NULL)
		return PM_ENOMEM;
	map->head = head;
	map->head_n = capacity * 2;
	map->capacity = capacity;
	memset(head, 0xff, map->head_n * sizeof *head);
	for (size_t i = 0; i < map->n; i++) {
		size_t at = entry[i].key & (map->head_n - 1);

		entry[i].next = head[at];
		head[at] = (uint32_t)i;
	}
	return PM_OK;
}

int
pm_map_add(struct pm_map *map, uint64_t key, uint32_t value,
    struct pm_err *err)
{
	size_t at;

	if (map->n == map->capacity && grow(map, err) != PM_OK)
		return err->status;
	at = key & (map->head_n - 1);
	map->entry[map->n] = (struct pm_map_entry){ key, map->head[at],
	    value };
	map->head[at] = (uint32_t)map->n++;
	return PM_OK;
}

static uint32_t
skip_others(const struct pm_map *map, uint32_t at, uint64_t key)
{
	while (at != PM_MAP_END && map->entry[at].key != key)
		at = map->entry[at].next;
	return at;
}

uint32_t
pm_map_first(const struct pm_map *map, uint64_t key)
{
	if (map->head_n == 0)
		return PM_MAP_END;
	return skip_others(map, map->head[key & (map->head_n - 1)], key);
}

uint32_t
pm_map_next(const struct pm_map *map, uint32_t at)
{
	return skip_others(map, map->entry[at].next, map->entry[at].key);
}

uint32_t
pm_map_value(const struct pm_map *map, uint32_t at)
{
	return map->entry[at].value;
}
